"""Rewrites regions whose border follows an age as one region with an age condition.

If a rule asks how old somebody was on the day of a dose, or some days after it, the people it
concerns make a staircase in birth dates and days of the dose: one region for each birth date. The
age says the same in one region. The ages and numbers of days to try follow from the rules. Regions
that make no staircase stay as they are.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import evolve, frozen

from vaxpolicy.analysis.profiles import AgeThen
from vaxpolicy.analysis.regions import Range, Ranges, Region, is_in, joined, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["AgeStep", "as_age_steps"]


@frozen
class AgeStep:
    """People of a region whose age at one dose is bounded.

    Attributes:
        region: the ranges; birth and dose are bounded by the age as well.
        steps: the same people as plain regions.
        place: the position of the dose in the history; None: no age is asked.
        age: how old the people are then.
    """

    region: Region
    steps: tuple[Region, ...]
    place: int | None = None
    age: AgeThen | None = None


class _Row(NamedTuple):
    """A range of birth dates and a range of days of the dose."""

    born_from: int
    born_to: int
    first: int
    last: int


_FEWEST: Final = 3
"""Fewer regions than this are as easy to read one by one."""


def as_age_steps(
    regions: list[Region], everybody: Region, ages: Iterable[AgeThen]
) -> list[AgeStep]:
    """Join regions; a staircase that follows one of these ages becomes one region."""
    plain = merged(regions, everybody)
    tried = sorted(ages, key=lambda age: (age.days, age.months, age.attained))
    for place in range(len(everybody.doses)):
        if len(plain) < _FEWEST or not tried:
            break
        found = list(_by_group(plain, everybody, place, tried))
        if len(found) < len(plain):
            return found
    return [AgeStep(region, (region,)) for region in plain]


def _by_group(
    regions: list[Region], everybody: Region, place: int, ages: list[AgeThen]
) -> Iterator[AgeStep]:
    """Groups the regions that differ in birth and dose only, and looks for staircases in each."""
    groups: dict[Region, list[Region]] = {}
    for region in regions:
        rest = evolve(region, births=everybody.births).with_dose(place, everybody.doses[place])
        groups.setdefault(rest, []).append(region)
    for rest, group in groups.items():
        found = list(_staircases(group, rest, everybody, place, ages))
        yield from found if len(found) < len(group) else (AgeStep(it, (it,)) for it in group)


def _staircases(
    group: list[Region], rest: Region, everybody: Region, place: int, ages: list[AgeThen]
) -> Iterator[AgeStep]:
    def region(row: _Row) -> Region:
        born = evolve(rest, births=((row.born_from, row.born_to),))
        return born.with_dose(place, ((row.first, row.last),))

    rows, others = _rows(group, place)
    left = [evolve(rest, births=(born,)).with_dose(place, days) for born, days in others]
    at = 0
    while at < len(rows):
        steps, age = max(
            ((_run(rows, at, age), age) for age in ages), key=lambda found: len(found[0])
        )
        if len(steps) < _FEWEST:
            left.append(region(rows[at]))
            at += 1
            continue
        whole = _Row(
            steps[0].born_from,
            steps[-1].born_to,
            min(step.first for step in steps),
            max(step.last for step in steps),
        )
        yield AgeStep(region(whole), tuple(map(region, steps)), place, age)
        at += len(steps)
    yield from (AgeStep(it, (it,)) for it in merged(left, everybody))


def _rows(group: list[Region], place: int) -> tuple[list[_Row], list[tuple[Range, Ranges]]]:
    """The days of the dose by birth date: those that are one range, and the others apart."""
    ends = sorted(
        {end for region in group for low, high in region.births for end in (low, high + 1)}
    )
    rows: list[_Row] = []
    others: list[tuple[Range, Ranges]] = []
    for low, after in pairwise(ends):
        days = joined(
            span for region in group if is_in(low, region.births) for span in region.doses[place]
        )
        if len(days) == 1:
            rows.append(_Row(low, after - 1, *days[0]))
        elif days:
            others.append(((low, after - 1), days))
    return rows, others


def _run(rows: list[_Row], start: int, age: AgeThen) -> list[_Row]:
    """The longest staircase from a row on: neighbours whose days end, or begin, at that age."""
    take = _from_the_age_on if age.attained else _before_the_age
    run: list[_Row] = []
    steps = 0
    for row in rows[start:]:
        if run and row.born_from != run[-1].born_to + 1:
            break
        on_top = len(run) > steps  # after the level at the top, no row may rise above it
        is_step = take(run, row, age, on_top=on_top)
        if is_step is None:
            break
        steps += is_step
        run.append(row)
    return run if steps > 1 else []


def _before_the_age(run: list[_Row], row: _Row, age: AgeThen, *, on_top: bool) -> bool | None:
    """Whether a row goes on as a step, or as the level at the top (False); None: neither."""
    turn, last_turn = age.turn(row.born_from), age.turn(row.born_to)
    if run and (
        row.first != run[0].first
        or row.last < run[-1].last
        or (on_top and row.last != run[-1].last)
    ):
        return None
    if turn == last_turn == row.last + 1:
        return True
    return False if turn > row.last else None


def _from_the_age_on(run: list[_Row], row: _Row, age: AgeThen, *, on_top: bool) -> bool | None:
    """Whether a row goes on as a step, or as the level at the bottom (False); None: neither."""
    del on_top  # here the level comes first
    turn, last_turn = age.turn(row.born_from), age.turn(row.born_to)
    if run and (row.last != run[0].last or row.first < run[-1].first):
        return None
    if turn == last_turn == row.first:
        return True
    return False if last_turn < row.first and (not run or row.first == run[0].first) else None
