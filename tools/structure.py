"""Counts the rooms of the package and the floors they are on, and draws them.

`python -m tools.structure` prints the counts and what exceeds a limit. `tools.site` draws it
on the architecture page. A room is a public module or package directly below ``vaxpolicy``. A room
imports only rooms of lower floors; its floor is one above the highest that it imports.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from html import escape
from typing import TYPE_CHECKING, Final

import grimp
from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = "vaxpolicy"
MOST_ROOMS: Final = 18
"""Fifteen, and `fhir`, `desk` and `population`, which came later."""
MOST_FLOORS: Final = 7

PURPOSES: Final[Mapping[str, str]] = {
    "days": "sets of days, ages",
    "numbers": "numbers on documents",
    "identity": "WHO ARE YOU?",
    "rules": "the language of rules",
    "eligibility": "IS IT YOUR TURN?",
    "analysis": "the same rules for everybody",
    "booking": "commands, events, slots",
    "catalog": "policies by id or path",
    "picture": "drawings",
    "reservation": "WHAT MAY HAPPEN NOW?",
    "record": "decision records",
    "messages": "five languages",
    "wire": "values as JSON",
    "fhir": "FHIR R4",
    "desk": "the seam to a database",
    "population": "many people at once",
    "testing": "strategies and laws",
    "cli": "the command line",
}
"""The purpose of each room, in a few words."""


@frozen
class Structure:
    """The rooms of the package and which rooms each imports."""

    imports: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, package: str = PACKAGE) -> Structure:
        """The structure of the installed package, from its import statements."""
        graph = grimp.build_graph(package)
        rooms = {name.rpartition(".")[2] for name in graph.find_children(package)}
        public = {name for name in rooms if not name.startswith("_")}
        imports: dict[str, set[str]] = {name: set() for name in public}
        for module in graph.modules - {package}:
            room = module.split(".")[1]
            for imported in graph.find_modules_directly_imported_by(module) - {package}:
                other = imported.split(".")[1]
                if {room, other} <= public and room != other:
                    imports[room].add(other)
        return cls({room: frozenset(imports[room]) for room in sorted(public)})

    @property
    def circle(self) -> tuple[str, ...]:
        """Rooms that import each other in a circle, or none."""
        try:
            TopologicalSorter(self.imports).prepare()
        except CycleError as error:
            return tuple(error.args[1])
        return ()

    @property
    def floors(self) -> tuple[tuple[str, ...], ...]:
        """The rooms by floor, from the lowest; needs a structure without a circle."""
        floor: dict[str, int] = {}
        for room in TopologicalSorter(self.imports).static_order():
            floor[room] = 1 + max((floor[other] for other in self.imports[room]), default=0)
        highest = max(floor.values(), default=0)
        return tuple(
            tuple(sorted(room for room in floor if floor[room] == level))
            for level in range(1, highest + 1)
        )

    @property
    def arrows(self) -> int:
        """The number of pairs of rooms of which one imports the other."""
        return sum(len(others) for others in self.imports.values())

    def problems(self) -> Iterator[str]:
        """The limits that are exceeded, and the rules that are broken."""
        if self.circle:
            yield f"rooms import each other: {' -> '.join(self.circle)}"
            return
        if len(self.imports) > MOST_ROOMS:
            yield f"{len(self.imports)} rooms; at most {MOST_ROOMS}"
        if len(self.floors) > MOST_FLOORS:
            yield f"{len(self.floors)} floors; at most {MOST_FLOORS}"

    def summary(self) -> str:
        """The counts in one line."""
        return f"{len(self.imports)} rooms on {len(self.floors)} floors, {self.arrows} imports"


WIDTH: Final = 980
HEIGHT: Final = 62
GAP: Final = 12
LEFT: Final = 30


def svg(structure: Structure) -> str:
    """The floors as a drawing, the highest at the top."""
    floors = structure.floors
    height = len(floors) * (HEIGHT + GAP) + GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
        f' aria-label="{escape(structure.summary())}" font-family="sans-serif">',
    ]
    for level, rooms in enumerate(floors, start=1):
        top = height - level * (HEIGHT + GAP)
        lines.append(
            f'<text x="8" y="{top + HEIGHT / 2 + 5:.0f}" font-size="14" fill="currentColor">'
            f"{level}</text>"
        )
        width = (WIDTH - LEFT - GAP * len(rooms)) / len(rooms)
        for place, room in enumerate(rooms):
            left = LEFT + place * (width + GAP)
            middle = left + width / 2
            lines.append(
                f'<rect x="{left:.0f}" y="{top}" width="{width:.0f}" height="{HEIGHT}" rx="6"'
                ' fill="none" stroke="currentColor"/>'
            )
            lines.append(
                f'<text x="{middle:.0f}" y="{top + 26}" font-size="16" font-weight="bold"'
                f' text-anchor="middle" fill="currentColor">{escape(room)}</text>'
            )
            lines.append(
                f'<text x="{middle:.0f}" y="{top + 46}" font-size="12" text-anchor="middle"'
                f' fill="currentColor">{escape(PURPOSES[room])}</text>'
            )
    return "\n".join([*lines, "</svg>"])


def main() -> int:
    """Print the floors and the problems; 1 where there is one."""
    structure = Structure.read()
    problems = list(structure.problems())
    if not structure.circle:
        for level, rooms in reversed(list(enumerate(structure.floors, start=1))):
            sys.stdout.write(f"{level}  {', '.join(rooms)}\n")
        sys.stdout.write(structure.summary() + "\n")
    sys.stdout.writelines(f"structure: {problem}\n" for problem in problems)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
