"""The shapes of dose histories: how many doses there are, by what seasons they are counted.

Within a shape every dose has a range of days; which shapes there are follows from what the
conditions of two policies ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import product
from typing import TYPE_CHECKING

from attrs import frozen

from vaxpolicy.analysis.profiles import DoseNumber, season_day
from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.conditions import DosesAtLeast
from vaxpolicy.rules.dose_histories import most_before

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from vaxpolicy.rules.conditions import Condition


@frozen
class DosePlace:
    """One dose of a history: the season and number by which it is named, and its bounds."""

    season: int
    number: int
    low: int
    high: int


@frozen
class Shape:
    """The numbers of doses before, between and in the seasons of both policies."""

    counts: tuple[DoseNumber, ...]
    places: tuple[DosePlace, ...]
    before: Mapping[int, int]
    """The number of doses before each season."""
    had_it: bool
    """Whether the dose in question is among them, as one of the policies counts."""


def shapes(
    dose: int, seasons: Sequence[int], conditions: Collection[Condition], numbers: Iterable[int]
) -> Iterator[Shape]:
    """Every number of doses that can make a difference to whether a dose is offered.

    `numbers` are those under which conditions name doses, counted from the first of a season. Doses
    beyond those that a condition asks for make none, nor do those before the last few that were
    given before a season.
    """
    top = max([dose, *(it.doses_at_least for it in conditions if isinstance(it, DosesAtLeast))])
    kept = most_before(conditions, numbers)
    starts = [*([FIRST] if seasons[0] > FIRST else []), *seasons]
    caps = [top + kept if start in seasons else kept for start in starts[:-1]]
    least = 0 if len(seasons) > 1 else dose - 1
    for chosen in product(*(range(cap + 1) for cap in caps), range(least, top + 1)):
        yield _shape(dose, seasons, starts, [*caps, top], chosen)


def _shape(
    dose: int, seasons: Sequence[int], starts: list[int], caps: list[int], numbers: tuple[int, ...]
) -> Shape:
    places: list[DosePlace] = []
    counts: list[DoseNumber] = []
    before: dict[int, int] = {}
    top = caps[-1]
    for start, end, cap, number in zip(starts, [*starts[1:], LAST + 1], caps, numbers, strict=True):
        before[start] = len(places)
        for index in range(number):
            # of more doses than matter, the first are named from the start, the last from the end
            from_end = start not in seasons or (number == cap > top and index >= top)
            name = (end, index - number + 1) if from_end else (start, index + 1)
            places.append(DosePlace(*name, start, end - 1))
        if cap:
            until = None if end > LAST else date.fromordinal(end)
            counts.append(DoseNumber(season_day(start), until, number, or_more=number == cap))
    in_season = max(len(places) - before[season] for season in seasons)
    return Shape(tuple(counts), tuple(places), before, in_season >= dose)
