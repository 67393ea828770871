"""The generated pages of the reservation: they are those of the tables, and leave nothing out."""

import re
import sys
from pathlib import Path

import pytest

from vaxpolicy import capacity, reservation
from vaxpolicy.events import COMMANDS, TRANSITIONS, WAITING, Status, refusal
from vaxpolicy.invariants import TRUTHS
from vaxpolicy.refusals import CODES, Rejected
from vaxpolicy.slot_invariants import SLOT_TRUTHS

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))  # as MkDocs does for its hooks
try:
    import reservation_pages
finally:
    sys.path.remove(str(DOCS))

ARROW = re.compile(r"^    (\w+) --> (\w+): (.+)$", re.MULTILINE)


def test_the_committed_pages_are_those_of_the_tables() -> None:
    assert reservation_pages.stale() == [], "run: python docs/reservation_pages.py"


def test_a_page_that_differs_is_stale_and_written_anew(tmp_path: Path) -> None:
    reservation_pages.write(tmp_path)
    assert reservation_pages.stale(tmp_path) == []
    (tmp_path / "reservation/codes.md").write_text("old\n")
    (tmp_path / "reservation/gone.md").write_text("gone\n")
    (tmp_path / "reservation/index.md").unlink()
    assert reservation_pages.stale(tmp_path) == [
        "reservation/codes.md",
        "reservation/gone.md",
        "reservation/index.md",
    ]


def test_the_diagram_is_the_table() -> None:
    page = reservation_pages.pages()["reservation/index.md"]
    drawn = set()
    for before, after, names in ARROW.findall(page):
        inside = [status.value for status in WAITING] if before == "waiting" else [before]
        for source in inside:
            drawn |= {(source.replace("_", "-"), it, after) for it in names.split(", ")}
    table = {
        (before.value, command.__name__, after.value.replace("-", "_"))
        for (before, command), after in TRANSITIONS.items()
        if command.__name__ not in {"Amend", "AddVaccine"}
    }
    assert drawn == table
    for name in ("Amend", "AddVaccine"):
        assert f"`{name}`" in page
    assert all(
        before is after
        for (before, command), after in TRANSITIONS.items()
        if command.__name__ in {"Amend", "AddVaccine"}
    )


def test_every_code_is_explained_and_every_explained_code_is_used() -> None:
    page = reservation_pages.pages()["reservation/codes.md"]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)) == set(CODES)
    assert set(CODES) == set(TRUTHS) | set(SLOT_TRUTHS)


@pytest.mark.parametrize("code", CODES)
def test_a_refusal_says_what_it_means_and_what_to_do(code: str) -> None:
    refused = Rejected(code)
    assert refused.help.means in str(refused)
    assert refused.help.do in str(refused)
    assert str(refused).startswith(f"{code}: ")
    assert refused.help.means.endswith(".")
    assert refused.help.do.endswith(".")


def test_no_refusal_has_a_code_of_its_own_making() -> None:
    with pytest.raises(KeyError):
        Rejected("no-such-code")


@pytest.mark.parametrize("status", Status)
def test_every_pair_is_in_the_table_or_has_a_code(status: Status) -> None:
    for command in COMMANDS:
        assert (refusal(status, command) is None) == ((status, command) in TRANSITIONS)
        assert refusal(status, command) in {None, *CODES}


def test_every_public_name_is_there() -> None:
    for room in (reservation, capacity):
        assert [name for name in room.__all__ if not hasattr(room, name)] == []
