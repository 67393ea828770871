"""Boundary people of rules that look at the doses of given vaccines.

There are too many histories to go through: somebody to start from is built from what the conditions
ask, and one dose is then changed at a time.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final, cast

from attrs import evolve

from vaxpolicy.analysis.possible_people import EVENTS, if_possible, possible_ones
from vaxpolicy.analysis.regions import elsewhere
from vaxpolicy.days import TAIWAN, DaySet, attained, latest_birth
from vaxpolicy.rules.conditions import (
    AgeAtDoseOf,
    DaysSinceDoseOf,
    DosesOf,
    Facts,
    InAnyGroup,
    InGroup,
    OfDatedFact,
    OfSex,
    Wanted,
)
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.people import DatedFact, Dose, Person, Willingness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.conditions import ByProduct
    from vaxpolicy.rules.people import Sex

_A_YEAR: Final = 365.25
_AGES: Final = (0, 1, 5, 14, 17, 40, 70)
_BIRTHS: Final = 24
_STARTS: Final = (0, 60, 400, 1500, 3300, 5500)
_GAPS: Final = (30, 70, 200, 400)
_APART: Final = 29
_AGES_THEN: Final = (None, 400, 1500, 5000, 7500, 25_000)
_BETWEEN: Final = timedelta(days=200)


def with_products(one: CompiledPolicy, beside: CompiledPolicy) -> Person | None:
    """Somebody to whom an entry offers its vaccine on as many days as can be found.

    Args:
        one: the entry, with one of its alternatives.
        beside: the entry, with the other ones. Days that they do not give count first.
    """
    (entry,) = one.entries
    needed, groups = _asked(one)
    facts, sex = _dated_facts(one), sex_asked(one)
    registered, residence = _counties(one)
    wish = _wish(one)
    somebody = Person(
        groups=groups,
        registered_county=registered,
        residence_county=residence,
        willingness=wish,
        dated_facts=facts,
        sex=sex,
    )
    births = sorted(one.edges.births)
    births = births or [entry.first - round(years * _A_YEAR) for years in _AGES]
    births = births[:: max(len(births) // _BIRTHS, 1)] + births[-1:]
    best, found = (0, 0, 0), None
    for birth, gap in product(births, _GAPS if needed else (0,)):
        offsets = [
            (code, place * _APART + number * gap)
            for place, (code, count) in enumerate(needed.items())
            for number in range(count)
        ]
        last = max((offset for _, offset in offsets), default=0)
        due = [entry.first - wait - last for wait in _waits(one)]  # due on the first day
        starts = [birth + start for start in _STARTS] + [day for day in due if day >= birth]
        for start in starts if needed else (birth,):
            given = [(code, start + offset) for code, offset in offsets]
            person = if_possible(partial(_with, somebody, birth, given))
            if person is None:
                continue
            worth = _worth(one, beside, person)
            if worth > best:
                best, found = worth, person
    return found


def _with(person: Person, birth: int, given: Iterable[tuple[str, int]]) -> Person:
    """The person with a birth date and doses."""
    doses = [Dose(code, date.fromordinal(day)) for code, day in given]
    return evolve(person, birth_date=date.fromordinal(birth), doses=doses)


def _worth(one: CompiledPolicy, beside: CompiledPolicy, person: Person) -> tuple[int, int, int]:
    """Whether an alternative is sure for a person, its days that no other gives, and its days."""
    days = _days_of(one, person)
    if not days:
        return 0, 0, 0
    facts = one.read(person).facts
    is_sure = bool(Evaluation(one, facts).sure[0])
    others = Evaluation(beside, facts)
    rest = days - DaySet.of_spans(others.sure[0] if is_sure else others.possible[0])
    return 1 + is_sure, _number_of(rest), _number_of(days)


def _days_of(one: CompiledPolicy, person: Person) -> DaySet:
    """The days that an entry surely gives a person, or else may give."""
    evaluation = Evaluation(one, one.read(person).facts)
    return DaySet.of_spans(evaluation.sure[0] or evaluation.possible[0])


def _number_of(days: DaySet) -> int:
    return sum(last - first + 1 for first, last in days.spans)


def _waits(one: CompiledPolicy) -> list[int]:
    """The waits after doses that the one alternative asks for."""
    conditions = [one.leaves[leaf].condition for leaf in one.entries[0].alternatives[0]]
    return sorted({it.at_least for it in conditions if isinstance(it, DaysSinceDoseOf)})


def _dated_facts(one: CompiledPolicy) -> tuple[DatedFact, ...]:
    """Every dated fact that a condition asks for: a day if the one alternative needs one."""
    (entry,) = one.entries
    found = {fact: DatedFact(fact, "never") for fact in one.dated_facts}
    for leaf in (one.leaves[number] for number in entry.alternatives[0]):
        condition = leaf.condition
        if isinstance(condition, OfDatedFact) and not (leaf.negated or condition.holds_without):
            day = date.fromordinal(max(entry.first - condition.wait, EVENTS[0]))
            found[condition.dated_fact] = DatedFact(condition.dated_fact, day)
    return tuple(found.values())


def _counties(one: CompiledPolicy) -> tuple[str | None, str | None]:
    """Counties of registration and of residence that the one alternative admits; else others."""
    counties = one.edges.counties
    if not counties:
        return None, None
    every = [elsewhere(counties), *sorted(counties)]
    registered = max(every, key=lambda it: _met(one, Facts(counties=(it, None))))
    return registered, max(every, key=lambda it: _met(one, Facts(counties=(registered, it))))


def _wish(one: CompiledPolicy) -> Willingness | None:
    """A registration that the one alternative admits, or none; None if no condition asks."""
    if not any(isinstance(leaf.condition, Wanted) for leaf in one.leaves):
        return None
    vaccine = one.entries[0].vaccine
    noon = datetime.combine(date.fromordinal(one.entries[0].first), time(12), TAIWAN)
    wishes = [Willingness({})]
    wishes += [Willingness({vaccine: at}) for at in (*sorted(one.instants.get(vaccine, ())), noon)]
    return max(wishes, key=lambda it: _met(one, Facts(wanted=it.wanted, wanted_closed=True)))


def _met(one: CompiledPolicy, facts: Facts) -> int:
    """The number of conditions of the one alternative that surely hold on the first day."""
    (entry,) = one.entries
    spans = (one.leaves[leaf].span(facts) for leaf in entry.alternatives[0])
    return sum(span.first <= entry.first <= span.last for span in spans)


def sex_asked(one: CompiledPolicy) -> Sex | None:
    """The sex that a condition asks for, if there is any."""
    conditions = [leaf.condition for leaf in one.leaves]
    return next((it.sex for it in conditions if isinstance(it, OfSex)), None)


def with_fact(person: Person, fact: DatedFact) -> Person:
    """The person with this dated fact, in place of another date of it."""
    rest = (it for it in person.dated_facts if it.fact != fact.fact)
    return evolve(person, dated_facts=(*rest, fact))


def _asked(one: CompiledPolicy) -> tuple[dict[str, int], frozenset[str]]:
    """The doses of each vaccine that the conditions of one alternative ask, and the groups."""
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
    one: CompiledPolicy, base: Person, condition: ByProduct
) -> Iterator[tuple[str, Person]]:
    """The person without a dose, with one more, and with the last one on the days of an edge."""
    history = base.doses or ()
    given = [dose for dose in history if dose.vaccine in condition.products]
    for dose in given:
        rest = tuple(it for it in history if it is not dose)
        yield f"without {dose.vaccine} on {dose.on}", evolve(base, doses=rest)
    on = date.fromordinal(one.entries[0].first)
    on = max(on, _birth_of(base))
    while any(dose.on == on for dose in history):
        on += timedelta(days=1)
    yield from possible_ones(
        (f"with {vaccine} on {on}", partial(_given, base, history, [(vaccine, on)]))
        for vaccine in condition.products
    )
    if isinstance(condition, DaysSinceDoseOf):
        yield from _due_at_the_end(one, base, condition, given)
    if isinstance(condition, AgeAtDoseOf):
        yield from _ages_at(base, condition, given)


def _due_at_the_end(
    one: CompiledPolicy, base: Person, condition: DaysSinceDoseOf, given: list[Dose]
) -> Iterator[tuple[str, Person]]:
    """The person whose wait ends around the last day: with the last dose moved, or with all moved.

    All doses keep their distance. The birth moves along; or the person has an age at which somebody
    is offered the vaccine.
    """
    dose = given[(condition.number or len(given)) - 1 :][:1]
    due = one.entries[0].last - condition.at_least
    around = [date.fromordinal(due + day) for day in (-1, 0, 1)] if dose and due > 1 else []
    if around and dose[0] is given[-1]:
        rest = tuple(it for it in base.doses or () if it is not given[-1])
        yield from possible_ones(
            (f"{dose[0].vaccine} on {on}", partial(_given, base, rest, [(dose[0].vaccine, on)]))
            for on in around
        )
    if around:
        lives = [
            [if_possible(partial(_later, base, on - dose[0].on, due, age)) for on in around]
            for age in _AGES_THEN
        ]
        offered = (life for life in lives if any(it and _days_of(one, it) for it in life))
        for on, person in zip(around, next(offered, lives[0]), strict=True):
            if person is not None:
                yield f"born {person.birth_date}, {dose[0].vaccine} on {on}", person


def _birth_of(person: Person) -> date:
    """The birth date; everybody here has one."""
    return cast("date", person.birth_date)


def _later(base: Person, by: timedelta, due: int, age: int | None) -> Person:
    """The person with every dose later by some days, and the birth too, or of an age on a day."""
    doses = tuple(evolve(it, on=it.on + by) for it in base.doses or ())
    born = _birth_of(base) + by if age is None else date.fromordinal(due - age)
    return evolve(base, birth_date=born, doses=doses)


def _ages_at(
    base: Person, condition: AgeAtDoseOf, given: list[Dose]
) -> Iterator[tuple[str, Person]]:
    """People who reach the age just before, on and after the day of the dose.

    People with fewer doses get the missing ones, the last one around that age.
    """
    number = condition.number or len(given) or 1
    if len(given) < number:
        yield from _with_so_many(base, condition, given, number)
        return
    dose = given[number - 1]
    if condition.at_least_days is not None:
        edge = dose.on - timedelta(days=condition.at_least_days)
    else:
        edge = latest_birth(0, dose.on, months=condition.at_least_months or 0)
    births = [edge + timedelta(days=step) for step in (-1, 0, 1)]
    yield from possible_ones(
        (f"born {born}, with {dose.vaccine} on {dose.on}", partial(evolve, base, birth_date=born))
        for born in births
    )


def _with_so_many(
    base: Person, condition: AgeAtDoseOf, given: list[Dose], number: int
) -> Iterator[tuple[str, Person]]:
    """The person with some more doses, the last one around an age."""
    birth = _birth_of(base)
    if condition.at_least_days is not None:
        turns = birth + timedelta(days=condition.at_least_days)
    else:
        turns = attained(birth, months=condition.at_least_months or 0)
    rest = tuple(it for it in base.doses or () if it not in given)
    vaccine = condition.products[0]

    def doses_until(last: date) -> list[tuple[str, date]]:
        days = [last - _BETWEEN * place for place in reversed(range(number))]
        return [(vaccine, max(day, birth + timedelta(at))) for at, day in enumerate(days)]

    yield from possible_ones(
        (f"{vaccine} {number} on {last}", partial(_given, base, rest, doses_until(last)))
        for last in (turns + timedelta(days=step) for step in (-1, 0, 1))
    )


def _given(person: Person, kept: Iterable[Dose], more: Iterable[tuple[str, date]]) -> Person:
    """The person with these doses alone, some of them new."""
    return evolve(person, doses=(*kept, *(Dose(vaccine, day) for vaccine, day in more)))
