"""Unknown dose histories as ranges: the number of doses, and the days of each.

A policy looks only at a few doses: the first doses of the season, the last doses before it, or the
first doses and the last dose of given vaccines. Other doses change nothing. So a few shapes
represent all histories. In a shape each dose has a range of days. Doses are on different days, and
no dose is before birth.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.conditions import EarlierDosesAtLeast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    """Every shape of history that the policy distinguishes, those with fewer doses first.

    Conditions look at the first doses of some kind, or at the last ones. A dose at which no
    condition looks, whatever its day, changes nothing: histories without such doses represent all.
    """
    kinds, looks = _by_product(plan) if plan.by_product else _by_number(plan)
    found: list[tuple[_Kind, ...]] = [()]
    for doses in found:
        if len(found) > _MOST_SHAPES:
            break
        longer = [(*doses, kind) for kind in kinds if not doses or doses[-1].first <= kind.first]
        found += [its for its in longer if all(_is_seen(its, it, looks) for it in range(len(its)))]
    shapes = [_shape(plan, doses) for doses in found]
    return tuple(sorted(shapes, key=lambda it: len(it.vaccines) - it.before_season))


@lru_cache(maxsize=1024)
def are_countable(plan: CompiledPolicy) -> bool:
    """Whether the histories that a policy distinguishes are few enough to go through.

    They are not if its conditions on products are mixed with conditions on the numbers of doses, if
    tables decide which doses count, or if doses against several diseases may be on one day.
    """
    mixed = plan.on_doses - plan.by_order.keys()
    if plan.by_product and (mixed or plan.validity is not None or plan.diseases):
        return False
    return len(histories(plan)) <= _MOST_SHAPES


_MOST_SHAPES: Final = 200
"""The most shapes of histories that are gone through."""


class _Kind(NamedTuple):
    """Doses that no condition distinguishes: their vaccine, and the range of their days."""

    vaccine: str
    first: int
    last: int


class _Look(NamedTuple):
    """What some condition looks at: this number of the first doses, and of the last, of kinds."""

    kinds: frozenset[_Kind]
    first: int
    last: int


def _by_number(plan: CompiledPolicy) -> tuple[list[_Kind], list[_Look]]:
    """The kinds of a policy that counts doses: those before the season, and those in it."""
    before = _Kind(ANY_VACCINE, FIRST, plan.season - 1)
    in_season = _Kind(ANY_VACCINE, plan.season, LAST)
    looks = [
        _Look(frozenset({before}), 0, _most_before(plan)),
        _Look(frozenset({in_season}), _most_in_season(plan), 0),
    ]
    return [before, in_season], looks


def _by_product(plan: CompiledPolicy) -> tuple[list[_Kind], list[_Look]]:
    """The kinds of a policy that looks at the doses of given vaccines: those vaccines.

    Such a condition looks at the dose of a number or at the last dose.
    """
    asked = [(frozenset(it.products), it.which) for it in plan.by_order.values()]
    kinds: dict[tuple[bool, ...], _Kind] = {}
    for vaccine in sorted(plan.vaccines):
        its = tuple(vaccine in products for products, _ in asked)
        kinds.setdefault(its, _Kind(vaccine, FIRST, LAST))
    looks = []
    for products, which in asked:
        its_kinds = frozenset(it for it in kinds.values() if it.vaccine in products)
        looks.append(_Look(its_kinds, which or 0, int(which is None)))
    return list(kinds.values()), looks


def _is_seen(doses: tuple[_Kind, ...], place: int, looks: Iterable[_Look]) -> bool:
    """Whether some condition looks at a dose."""
    for kinds, first, last in looks:
        if doses[place] in kinds:
            earlier = sum(it in kinds for it in doses[:place])
            later = sum(it in kinds for it in doses[place + 1 :])
            if earlier < first or later < last:
                return True
    return False


def _shape(plan: CompiledPolicy, doses: tuple[_Kind, ...]) -> History:
    """The histories of these doses."""
    ranges = [(it.first, it.last) for it in doses]
    before = sum(it.last < plan.season for it in doses)
    vaccines = tuple(it.vaccine for it in doses)
    return History(earliest_days(FIRST, ranges), latest_days(ranges), before, vaccines)


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
