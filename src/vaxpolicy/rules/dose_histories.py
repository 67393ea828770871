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
        vaccines: the vaccine of each dose.
    """

    earliest: tuple[int, ...]
    latest: tuple[int, ...]
    before_season: int
    vaccines: tuple[str, ...]


@lru_cache(maxsize=1024)
def histories(plan: CompiledPolicy) -> tuple[History, ...]:
    """Every shape of history that the policy distinguishes, the shortest first."""
    return tuple(_by_product(plan) if plan.by_product else _histories(plan))


@lru_cache(maxsize=1024)
def are_countable(plan: CompiledPolicy) -> bool:
    """Whether the histories that a policy distinguishes are few enough to go through.

    They are not if its conditions on products are mixed with conditions on the numbers of doses, if
    tables decide which doses count, or if doses against several diseases may be on one day.
    """
    if not plan.by_product:
        return True
    if plan.on_doses - plan.by_order.keys() or plan.validity is not None or plan.diseases:
        return False
    return len(histories(plan)) <= _MOST_SHAPES


_MOST_SHAPES: Final = 200
"""The most shapes of histories by product that are gone through."""


def _by_product(plan: CompiledPolicy) -> Iterator[History]:
    """The shapes of a policy that looks at the doses of given vaccines: their vaccines in order.

    Such a condition looks at the dose of a number or at the last dose. A dose at which no condition
    looks, whatever its day, changes nothing: histories without such doses represent all.
    """
    most: dict[frozenset[str], int] = {}
    last: set[frozenset[str]] = set()
    for condition in plan.by_order.values():
        products = frozenset(condition.products)
        if condition.which is None:
            last.add(products)
        else:
            most[products] = max(condition.which, most.get(products, 0))
    kinds: dict[tuple[bool, ...], str] = {}
    for vaccine in sorted(plan.vaccines):
        kinds.setdefault(tuple(vaccine in its for its in (*most, *last)), vaccine)

    def is_read(vaccines: tuple[str, ...], place: int) -> bool:
        def number(products: frozenset[str], doses: tuple[str, ...]) -> int:
            return sum(it in products for it in doses)

        one, earlier, later = vaccines[place], vaccines[:place], vaccines[place + 1 :]
        return any(one in its and number(its, earlier) < most[its] for its in most) or any(
            one in its and not number(its, later) for its in last
        )

    found: list[tuple[str, ...]] = [()]
    for vaccines in found:
        if len(found) > _MOST_SHAPES:
            break
        longer = ((*vaccines, kind) for kind in kinds.values())
        found += [its for its in longer if all(is_read(its, place) for place in range(len(its)))]
    for vaccines in found:
        ranges = [(FIRST, LAST)] * len(vaccines)
        yield History(earliest_days(FIRST, ranges), latest_days(ranges), 0, vaccines)


def _histories(plan: CompiledPolicy) -> Iterator[History]:
    for in_season in range(_most_in_season(plan) + 1):
        for before in range(_most_before(plan) + 1):
            ranges = [(FIRST, plan.season - 1)] * before + [(plan.season, LAST)] * in_season
            vaccines = (ANY_VACCINE,) * len(ranges)
            yield History(earliest_days(FIRST, ranges), latest_days(ranges), before, vaccines)


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
