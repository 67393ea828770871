"""Unknown dose histories as ranges: the number of doses, and the days of each.

A policy reads only a few doses: the first doses of the season, and the last doses before it. Other
doses change nothing. So a few shapes (the numbers of doses before the season and in it) represent
all histories. In a shape each dose has a range of days. Doses are on different days, and no dose is
before birth.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.conditions import EarlierDosesAtLeast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.conditions import Condition

ANY_VACCINE: Final = ""
"""The vaccine of a dose of which the vaccine is not known."""


class History(NamedTuple):
    """Dose histories of one shape.

    Attributes:
        earliest: the earliest day of each dose.
        latest: the latest day of each dose.
        before_season: how many of them were given before the season.
    """

    earliest: tuple[int, ...]
    latest: tuple[int, ...]
    before_season: int


@lru_cache(maxsize=1024)
def histories(plan: CompiledPolicy) -> tuple[History, ...]:
    """Every shape of history that the policy distinguishes, the shortest first."""
    return tuple(_histories(plan))


def _histories(plan: CompiledPolicy) -> Iterator[History]:
    for in_season in range(_most_in_season(plan) + 1):
        for before in range(_most_before(plan) + 1):
            ranges = [(FIRST, plan.season - 1)] * before + [(plan.season, LAST)] * in_season
            yield History(earliest_days(FIRST, ranges), latest_days(ranges), before)


def in_order(
    birth: int, ranges: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The earliest and the latest day of each dose, each after the one before it; None: impossible.

    The first one is not before the birth.
    """
    earliest, latest = earliest_days(birth, ranges), latest_days(ranges)
    if any(low > high for low, high in zip(earliest, latest, strict=True)):
        return None
    return earliest, latest


def earliest_days(birth: int, ranges: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """The earliest day of each dose, each after the one before it and none before the birth."""
    earliest: list[int] = []
    day = birth
    for low, _ in ranges:
        day = max(day, low)
        earliest.append(day)
        day += 1
    return tuple(earliest)


def latest_days(ranges: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The latest day of each dose, each before the one after it."""
    latest: list[int] = []
    day = LAST
    for _, high in reversed(ranges):
        day = min(day, high)
        latest.append(day)
        day -= 1
    latest.reverse()
    return tuple(latest)


def _most_in_season(plan: CompiledPolicy) -> int:
    """The highest number of a dose at which a condition looks."""
    return max((number for numbers in plan.dose_numbers.values() for number in numbers), default=0)


def _most_before(plan: CompiledPolicy) -> int:
    """The number of doses before the season that matter."""
    if plan.season == FIRST:
        return 0
    numbers = [number for numbers in plan.dose_numbers.values() for number in numbers]
    return most_before((leaf.condition for leaf in plan.leaves), numbers)


def most_before(conditions: Iterable[Condition], numbers: Iterable[int]) -> int:
    """The number of doses before a season that matter to conditions.

    `numbers` are those of the doses at which the conditions look; 1 is the first of the season.
    """
    asked = [it.earlier_doses_at_least for it in conditions if isinstance(it, EarlierDosesAtLeast)]
    return max([0, *asked, *(1 - number for number in numbers)])
