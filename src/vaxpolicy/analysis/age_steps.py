"""Staircases of cells, each as one range with an age in it: "the dose before the ninth birthday".

Where a rule asks how old somebody was on the day of a dose, or is so many days after it, those whom
it concerns make a staircase in birth dates and days of the dose: a cell for each birth date. Told
as the age itself they are one range again. Which ages and numbers of days there are to be tried
follows from the rules; what is no staircase stays as it is.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from attrs import frozen

from vaxpolicy.analysis.profiles import AgeThen
from vaxpolicy.analysis.regions import Region, Spans, merged
from vaxpolicy.days import DaySet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["AgeStep", "as_age_steps"]


@frozen
class AgeStep:
    """The people of a cell whose dose in one place came at a certain age.

    Attributes:
        cell: the ranges, the birth and the dose as if they were free of each other.
        steps: the same people as plain cells.
        place: the place of the dose; None: no age is asked.
        age: how old they are then.
    """

    cell: Region
    steps: tuple[Region, ...]
    place: int | None = None
    age: AgeThen | None = None


_Row: TypeAlias = tuple[int, int, int, int]
"""The first and last birth date, the first and last day of the dose."""
_FEWEST: Final = 3
"""Fewer cells than this are as easily read one by one."""


def as_age_steps(cells: list[Region], everything: Region, ages: Iterable[AgeThen]) -> list[AgeStep]:
    """The same people in few cells; staircases by one of these ages are one cell each."""
    plain = merged(cells, everything)
    tried = sorted(ages, key=lambda age: (age.days, age.months, age.attained))
    for place in range(sum(name.startswith("dose/") for name in everything)):
        if len(plain) < _FEWEST or not tried:
            break
        found = list(_by_group(plain, everything, place, tried))
        if len(found) < len(plain):
            return found
    return [AgeStep(cell, (cell,)) for cell in plain]


def _by_group(
    cells: list[Region], everything: Region, place: int, ages: list[AgeThen]
) -> Iterator[AgeStep]:
    """Those who differ in nothing but birth and dose, each group in few cells."""
    name = f"dose/{place}"
    groups: dict[object, list[Region]] = {}
    for cell in cells:
        rest = frozenset((key, it) for key, it in cell.items() if key not in ("birth", name))
        groups.setdefault(rest, []).append(cell)
    for group in groups.values():
        found = list(_staircases(group, everything, place, ages))
        yield from found if len(found) < len(group) else (AgeStep(it, (it,)) for it in group)


def _staircases(
    group: list[Region], everything: Region, place: int, ages: list[AgeThen]
) -> Iterator[AgeStep]:
    name = f"dose/{place}"
    rest = {key: it for key, it in group[0].items() if key not in ("birth", name)}

    def cell(row: _Row) -> Region:
        return {**rest, "birth": ((row[0], row[1]),), name: ((row[2], row[3]),)}

    rows, others = _rows(group, everything, name)
    left = [{**rest, "birth": (born,), name: days} for born, days in others]
    at = 0
    while at < len(rows):
        steps, age = max(
            ((_run(rows, at, age), age) for age in ages),
            key=lambda it: len(it[0]),
            default=([], None),
        )
        if age is None or len(steps) < _FEWEST:
            left.append(cell(rows[at]))
            at += 1
            continue
        whole = (steps[0][0], steps[-1][1], min(it[2] for it in steps), max(it[3] for it in steps))
        yield AgeStep(cell(whole), tuple(map(cell, steps)), place, age)
        at += len(steps)
    yield from (AgeStep(it, (it,)) for it in merged(left, everything))


def _rows(
    group: list[Region], everything: Region, name: str
) -> tuple[list[_Row], list[tuple[tuple[int, int], Spans]]]:
    """The days of the dose by birth date; apart, where they are not one range."""
    each = [
        (cast("Spans", (everything | it)["birth"]), cast("Spans", (everything | it)[name]))
        for it in group
    ]
    ends = sorted({end for births, _ in each for low, high in births for end in (low, high + 1)})
    rows: list[_Row] = []
    others: list[tuple[tuple[int, int], Spans]] = []
    for low, after in pairwise(ends):
        days = DaySet.of_spans(
            span
            for births, doses in each
            if any(first <= low and after - 1 <= last for first, last in births)
            for span in doses
        ).spans
        if len(days) == 1:
            rows.append((low, after - 1, *days[0]))
        elif days:
            others.append(((low, after - 1), days))
    return rows, others


def _run(rows: list[_Row], start: int, age: AgeThen) -> list[_Row]:
    """The longest staircase from a row on: neighbours whose days end, or begin, at that age."""
    take = _from_the_age_on if age.attained else _before_the_age
    run: list[_Row] = []
    steps = 0
    for row in rows[start:]:
        if run and row[0] != run[-1][1] + 1:
            break
        on_top = len(run) > steps  # once on the level nothing rises above it
        is_step = take(run, row, age.turn(row[0]), age.turn(row[1]), on_top=on_top)
        if is_step is None:
            break
        steps += is_step
        run.append(row)
    return run if steps > 1 else []


def _before_the_age(
    run: list[_Row], row: _Row, turn: int, last_turn: int, *, on_top: bool
) -> bool | None:
    """Whether a row goes on as a step, or as the level at the top (False); None: neither."""
    _, _, first, last = row
    if run and (first != run[0][2] or last < run[-1][3] or (on_top and last != run[-1][3])):
        return None
    if turn == last_turn == last + 1:
        return True
    return False if turn > last else None


def _from_the_age_on(
    run: list[_Row], row: _Row, turn: int, last_turn: int, *, on_top: bool
) -> bool | None:
    """Whether a row goes on as a step, or as the level at the bottom (False); None: neither."""
    del on_top  # here the level comes first
    _, _, first, last = row
    if run and (last != run[0][3] or first < run[-1][2]):
        return None
    if turn == last_turn == first:
        return True
    return False if last_turn < first and (not run or first == run[0][2]) else None
