"""Boundary people for the tables that decide which doses count.

For each number of a minimum, somebody has a dose a day too early, and somebody on the first day
that counts; the other numbers are met with days to spare. For each spacing there are two such
people for each pair of its vaccines.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import permutations, product
from typing import TYPE_CHECKING, Final

from attrs import evolve

from vaxpolicy.analysis.possible_people import possible_ones
from vaxpolicy.rules.people import Dose, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
    from vaxpolicy.rules.validity import Minimum, Validity

_DELAYS: Final = (0, 500)
"""An earlier dose is given as early as it counts, or this many days later."""

_OLD: Final = 800
"""An age in days at which a first dose of any vaccine counts."""


def people_of_tables(
    plan: CompiledPolicy, bases: Mapping[CompiledOffer, Person]
) -> Iterator[tuple[CompiledOffer, str, Person]]:
    """The people at the edges of the tables, each with the offer of the dose in question.

    Args:
        plan: the policy.
        bases: somebody for each offer; the people have the same groups and other doses.
    """
    validity = plan.validity
    around = _around_the_tables(validity, bases) if validity else ()
    made = possible_ones(((entry, name), make) for entry, name, make in around)
    return ((entry, name, person) for (entry, name), person in made)


def _around_the_tables(
    validity: Validity, bases: Mapping[CompiledOffer, Person]
) -> Iterator[tuple[CompiledOffer, str, Callable[[], Person]]]:
    for minimum in validity.minimums:
        entry = _offer_of(bases, minimum.vaccines, minimum.dose)
        if entry is not None:
            for name, days in _around(validity, minimum, entry.vaccine):
                doses = [(entry.vaccine, day) for day in days]
                make = partial(_at_the_start, bases[entry], entry, minimum.vaccines, doses)
                yield entry, name, make
    for spacing in validity.spacings:
        for one, other in permutations(spacing.vaccines, 2):
            entry = _offer_of(bases, (other,), 1)
            if entry is not None:
                for name, wait in _days_around(f"{spacing.days} days after {one}", spacing.days):
                    doses = [(one, _OLD), (other, _OLD + wait)]
                    make = partial(_at_the_start, bases[entry], entry, spacing.vaccines, doses)
                    yield entry, name, make


def _offer_of(
    offers: Iterable[CompiledOffer], vaccines: Sequence[str], dose: int
) -> CompiledOffer | None:
    """The first offer of a dose of one of these vaccines."""
    found = (it for it in offers if it.vaccine in vaccines and it.rule.dose == dose)
    return next(found, None)


def _days_around(what: str, day: int) -> Iterator[tuple[str, int]]:
    """The last day on which a dose does not count, and the first on which it does."""
    yield f"{what}: a day too early", day - 1
    yield f"{what}: the first day", day


def _around(
    validity: Validity, minimum: Minimum, vaccine: str
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Ages in days at the doses of a series, around each number of a minimum."""
    others = [
        it
        for it in validity.minimums
        if it is not minimum and it.dose == minimum.dose and vaccine in it.vaccines
    ]
    for field in ("age_days", "after_last_days", "after_first_days"):
        if not getattr(minimum, field):
            continue
        for given in _series(validity, vaccine, minimum.dose - 1):
            bounds = _bounds(minimum, given)
            day = bounds.pop(field)
            first = given[0] if given else None
            if (
                minimum.is_for(0, first)
                and all(day > bound + 1 for bound in bounds.values())
                and all(day < _first_day(it, given) - 1 for it in others if it.is_for(0, first))
            ):
                what = f"{field} {getattr(minimum, field)}"
                for name, on in _days_around(what, day):
                    yield name, (*given, on)
                break
    if minimum.first_at_days:
        for name, first in _days_around(
            f"first_at_days {minimum.first_at_days}", minimum.first_at_days
        ):
            yield name, (first, _first_day(minimum, (first,)))


def _series(validity: Validity, vaccine: str, number: int) -> Iterator[tuple[int, ...]]:
    """Ages in days at a number of doses that count, some as early as they can be."""
    for delays in product(_DELAYS, repeat=number):
        given: tuple[int, ...] = ()
        for delay in delays:
            its = [
                _first_day(it, given)
                for it in validity.minimums
                if vaccine in it.vaccines
                and it.dose == len(given) + 1
                and it.is_for(0, given[0] if given else None)
            ]
            given = (*given, min(its, default=given[-1] + 1 if given else 0) + delay)
        yield given


def _bounds(minimum: Minimum, given: Sequence[int]) -> dict[str, int]:
    """The first age in days that each number of a minimum allows, after these doses."""
    grace = minimum.grace_days
    bounds = {"age_days": minimum.age_days - (grace if minimum.grace_for_age else 0)}
    if given:
        bounds["after_last_days"] = given[-1] + minimum.after_last_days - grace
        bounds["after_first_days"] = given[0] + minimum.after_first_days - grace
    return bounds


def _first_day(minimum: Minimum, given: Sequence[int]) -> int:
    """The first age in days at which a dose meets a minimum, after these doses."""
    after = given[-1] + 1 if given else 0
    return max(after, *_bounds(minimum, given).values())


def _at_the_start(
    base: Person, entry: CompiledOffer, series: Sequence[str], doses: Sequence[tuple[str, int]]
) -> Person:
    """The person with doses at these ages in days, the last one on the first day of an offer.

    The other doses stay, at the same ages, if they are before that one.
    """
    last = doses[-1][1]
    birth = entry.first - last
    born = base.birth_date if isinstance(base.birth_date, date) else date.fromordinal(birth)
    rest = [
        Dose(it.vaccine, date.fromordinal(birth + (it.on - born).days))
        for it in base.doses or ()
        if it.vaccine not in series and (it.on - born).days < last
    ]
    these = [Dose(vaccine, date.fromordinal(birth + day)) for vaccine, day in doses]
    return evolve(base, birth_date=date.fromordinal(birth), doses=(*rest, *these))
