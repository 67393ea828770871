"""The house: at most a number of rooms and floors, and no circle."""

from __future__ import annotations

import pytest

from tools.site import architecture
from tools.structure import MOST_FLOORS, MOST_ROOMS, PURPOSES, Structure, svg


def test_the_package_keeps_its_limits() -> None:
    assert list(Structure.read().problems()) == []


def test_every_room_has_its_purpose_in_the_picture() -> None:
    structure = Structure.read()
    assert structure.imports.keys() <= PURPOSES.keys()
    picture = svg(structure)
    assert all(f">{room}</text>" in picture for room in structure.imports)


def test_a_floor_is_one_above_the_highest_that_it_imports() -> None:
    structure = Structure(
        {"a": frozenset(), "b": frozenset({"a"}), "c": frozenset({"a"}), "d": frozenset({"b", "c"})}
    )
    assert structure.floors == (("a",), ("b", "c"), ("d",))
    assert structure.summary() == "4 rooms on 3 floors, 4 imports"


def test_a_circle_is_a_problem() -> None:
    structure = Structure({"a": frozenset({"b"}), "b": frozenset({"a"})})
    (problem,) = structure.problems()
    assert problem.startswith("rooms import each other: ")


@pytest.mark.parametrize(
    ("imports", "problem"),
    [
        ({f"room-{n}": frozenset[str]() for n in range(MOST_ROOMS + 1)}, "rooms; at most"),
        (
            {str(n): frozenset(str(m) for m in range(n)) for n in range(MOST_FLOORS + 1)},
            "floors; at most",
        ),
    ],
)
def test_too_many_rooms_or_floors_are_a_problem(
    imports: dict[str, frozenset[str]], problem: str
) -> None:
    (found,) = Structure(imports).problems()
    assert problem in found


def test_the_architecture_page_shows_the_structure_as_it_is() -> None:
    assert architecture.stale() == [], "run: python -m tools.site write"
