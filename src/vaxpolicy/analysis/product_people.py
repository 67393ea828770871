"""Boundary people of rules that look at the doses of given vaccines.

There are too many histories to go through: somebody to start from is built from what the conditions
ask, and one dose is then changed at a time.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING, Final

from attrs import evolve

from vaxpolicy.days import latest_birth
from vaxpolicy.rules.conditions import (
    AgeAtDoseOf,
    DaysSinceDoseOf,
    DosesOf,
    InAnyGroup,
    InGroup,
    OfDatedFact,
    OfSex,
)
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.people import DatedFact, Dose, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
    from vaxpolicy.rules.conditions import ByProduct
    from vaxpolicy.rules.people import Sex

_A_YEAR: Final = 365.25
_AGES: Final = (0, 1, 5, 14, 17, 40, 70)
_BIRTHS: Final = 24
_STARTS: Final = (0, 60, 400, 1500, 3300, 5500)
_GAPS: Final = (30, 70, 200, 400)
_APART: Final = 29


def with_products(one: CompiledPolicy) -> Person | None:
    """Somebody to whom an entry offers its vaccine on as many days as can be found."""
    (entry,) = one.entries
    needed, groups = _asked(one)
    facts, sex = _dated_facts(one), sex_asked(one)
    births = sorted(one.edges.births)
    births = births or [entry.first - round(years * _A_YEAR) for years in _AGES]
    births = births[:: max(len(births) // _BIRTHS, 1)] + births[-1:]
    best, found = (0, 0), None
    starts = product(births, _STARTS, _GAPS) if needed else product(births, (0,), (0,))
    for birth, start, gap in starts:
        doses = [
            Dose(code, date.fromordinal(birth + start + place * _APART + number * gap))
            for place, (code, count) in enumerate(needed.items())
            for number in range(count)
        ]
        person = Person(
            birth_date=date.fromordinal(birth),
            doses=doses,
            groups=groups,
            dated_facts=facts,
            sex=sex,
        )
        evaluation = Evaluation(one, one.read(person).facts)
        days = [last - first for first, last in evaluation.sure[0] or evaluation.possible[0]]
        worth = (1 + bool(evaluation.sure[0]), max(days)) if days else (0, 0)
        if worth > best:
            best, found = worth, person
    return found


def _dated_facts(one: CompiledPolicy) -> tuple[DatedFact, ...]:
    """Every dated fact that a condition asks for: a day if the one alternative needs one."""
    (entry,) = one.entries
    found = {fact: DatedFact(fact, "never") for fact in one.dated_facts}
    for leaf in (one.leaves[number] for number in entry.alternatives[0]):
        condition = leaf.condition
        if isinstance(condition, OfDatedFact) and not (leaf.negated or condition.holds_without):
            day = date.fromordinal(entry.first - condition.wait)
            found[condition.dated_fact] = DatedFact(condition.dated_fact, day)
    return tuple(found.values())


def sex_asked(one: CompiledPolicy) -> Sex | None:
    """The sex that a condition asks for, if there is any."""
    conditions = [leaf.condition for leaf in one.leaves]
    return next((it.sex for it in conditions if isinstance(it, OfSex)), None)


def with_fact(person: Person, fact: DatedFact) -> Person:
    """The person with this dated fact, in place of another date of it."""
    rest = (it for it in person.dated_facts if it.fact != fact.fact)
    return evolve(person, dated_facts=(*rest, fact))


def _asked(one: CompiledPolicy) -> tuple[dict[str, int], frozenset[str]]:
    """How many doses of which vaccine the conditions of the one alternative ask, and the groups."""
    needed: dict[str, int] = {}
    groups: set[str] = set()
    (alternative,) = one.entries[0].alternatives
    for leaf in (one.leaves[number] for number in alternative):
        if leaf.negated:
            continue
        match leaf.condition:
            case DosesOf(vaccines, count):
                needed[vaccines[0]] = max(needed.get(vaccines[0], 0), count)
            case DaysSinceDoseOf(vaccines, or_none=False) | AgeAtDoseOf(vaccines):
                if not any(vaccine in needed for vaccine in vaccines):
                    needed[vaccines[0]] = leaf.condition.number or 1
            case InAnyGroup(names):
                groups.add(names[0])
            case InGroup(name):
                groups.add(name)
    return needed, frozenset(groups)


def products_around(
    base: Person, condition: ByProduct, entry: CompiledOffer
) -> Iterator[tuple[str, Person]]:
    """The person without a dose, with one more, and with the last one on the days of an edge."""
    history = base.doses or ()
    given = [dose for dose in history if dose.vaccine in condition.products]
    for dose in given:
        rest = tuple(it for it in history if it is not dose)
        yield f"without {dose.vaccine} on {dose.on}", evolve(base, doses=rest)
    on = date.fromordinal(entry.first)
    for vaccine in condition.products:
        more = (*history, Dose(vaccine, on))
        yield f"with {vaccine} on {on}", evolve(base, doses=more)
    if given and isinstance(condition, DaysSinceDoseOf):
        rest = tuple(it for it in history if it is not given[-1])
        for day in range(-1, 2):
            moved = date.fromordinal(entry.last - condition.at_least + day)
            doses = (*rest, evolve(given[-1], on=moved))
            yield f"{given[-1].vaccine} on {moved}", evolve(base, doses=doses)
    if isinstance(condition, AgeAtDoseOf):
        yield from _ages_at(base, condition, given)


def _ages_at(
    base: Person, condition: AgeAtDoseOf, given: list[Dose]
) -> Iterator[tuple[str, Person]]:
    """People who reach the age just before, on and after the day of the dose, and older ones."""
    number = condition.number or len(given)
    if not 0 < number <= len(given):
        return
    dose = given[number - 1]
    if condition.at_least_days is not None:
        edge = dose.on - timedelta(days=condition.at_least_days)
    else:
        edge = latest_birth(0, dose.on, months=condition.at_least_months or 0)
    for step in (-1, 0, 1):
        born = edge + timedelta(days=step)
        yield f"born {born}, with {dose.vaccine} on {dose.on}", evolve(base, birth_date=born)
