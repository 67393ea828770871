"""Held against a second, naive reading: day by day for whole facts, case by case for partial ones.

The policies are made up (`made_up`), with ages whose reckoning is not stated among them.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations, product
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.helpers import (
    COUNTIES,
    FIRST,
    LAST,
    NOON,
    STAGE,
    VACCINES,
    conditions,
    leaves,
    policy_of,
)
from vaxpolicy.days import attained, calendar_age, completed_age
from vaxpolicy.eligibility import (
    Decision,
    Dose,
    Outcome,
    PartialDate,
    Person,
    Policy,
    Willingness,
    decide,
)
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtLeastMonths,
    AgeAtMost,
    AllOf,
    AnyCondition,
    AnyOf,
    BornOnOrAfter,
    BornOnOrBefore,
    DoseDue,
    DosesAtLeast,
    FromDay,
    InGroup,
    NotStated,
    NotThat,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.rules.policy import Rule


def age_holds(condition: Any, person: Person, day: date, readings: dict[int, str]) -> bool:
    birth = person.birth_date
    assert isinstance(birth, date)
    if isinstance(condition, AgeAtLeastMonths):
        turned = attained(birth, months=condition.age_at_least_months)
        return turned <= {"day": day, "first-day": FIRST, "last-day": LAST}[condition.on]  # type: ignore[index]
    lower = isinstance(condition, AgeAtLeast)
    years: int = condition.age_at_least if lower else condition.age_at_most
    on: Any = condition.on
    if on == "not-stated":
        on = readings[years if lower else years + 1]
    if on == "calendar-year":
        age = calendar_age(birth, day)
    else:
        fixed = {"day": day, "first-day": FIRST, "last-day": LAST}
        age = completed_age(birth, on if isinstance(on, date) else fixed[on])
    return age >= years if lower else age <= years


def in_group(group: str, person: Person, day: date) -> bool:
    if group == "list/2":  # an age band: the birth date decides
        assert isinstance(person.birth_date, date)
        return calendar_age(person.birth_date, day) == 18
    return any(own == group or own.startswith(group + "/") for own in person.groups or ())


def holds(  # noqa: C901, PLR0911, PLR0912, PLR0917  # one line a condition
    condition: AnyCondition,
    person: Person,
    day: date,
    rule: Rule,
    vaccine: str,
    readings: dict[int, str],
) -> bool:
    def again(inner: AnyCondition) -> bool:
        return holds(inner, person, day, rule, vaccine, readings)

    doses = sorted(person.doses or (), key=lambda dose: dose.on)
    before = doses[rule.dose - 2] if 2 <= rule.dose <= len(doses) + 1 else None
    match condition:
        case AllOf(parts):
            return all(map(again, parts))
        case AnyOf(parts):
            return any(map(again, parts))
        case NotThat(inner):
            return not again(inner)
        case AgeAtLeast() | AgeAtMost() | AgeAtLeastMonths():
            return age_holds(condition, person, day, readings)
        case BornOnOrBefore(bound):
            return person.birth_date <= bound  # type: ignore[operator]
        case BornOnOrAfter(bound):
            return person.birth_date >= bound  # type: ignore[operator]
        case InGroup(group):
            return in_group(group, person, day)
        case RegisteredIn(counties):
            return person.registered_county in counties
        case ResidentIn(counties):
            return person.residence_county in counties
        case DosesAtLeast(number):
            return sum(dose.on <= day for dose in doses) >= number
        case DoseDue(days, on):
            if rule.dose == 1:
                return True
            fixed: dict[Any, date] = {"day": day, "first-day": FIRST, "last-day": LAST}
            return before is not None and before.on + timedelta(days=days) <= fixed[on]
        case PreviousDoseOf(vaccines):
            return before is not None and before.vaccine in vaccines
        case PreviousDoseOnOrBefore(bound):
            return before is not None and before.on <= bound
        case PreviousDoseOnOrAfter(bound):
            return before is not None and before.on >= bound
        case FromDay(bound):
            return day >= bound
        case Wanted(_, by, after):
            since = person.willingness.wanted.get(vaccine) if person.willingness else None
            return (
                since is not None
                and (by is None or since <= by)
                and (after is None or since >= after)
            )
    raise AssertionError(condition)


def naive(policy: Policy, person: Person, readings: dict[int, str]) -> dict[Any, set[date]]:
    """The days that each rule and vaccine offers, looked up day by day."""
    doses = person.doses or ()
    found: dict[Any, set[date]] = {}
    for rule in policy.stages[0].rules:
        for vaccine in rule.vaccines:
            days = {
                day
                for day in STAGE
                if sum(dose.on <= day for dose in doses) == rule.dose - 1
                and all(holds(part, person, day, rule, vaccine, readings) for part in rule.all)
            }
            if days:
                found[rule.id, vaccine] = days
    return found


def edges_not_stated(condition: AnyCondition) -> set[int]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return {edge for part in parts for edge in edges_not_stated(part)}
        case NotThat(inner):
            return edges_not_stated(inner)
        case AgeAtLeast(years, "not-stated"):
            return {years}
        case AgeAtMost(years, "not-stated"):
            return {years + 1}
    return set()


def naive_outcome(policy: Policy, person: Person) -> Outcome:
    """Eligible or not in every reading of what is not stated; else undetermined."""
    edges = sorted(
        {e for rule in policy.stages[0].rules for e in edges_not_stated(AllOf(rule.all))}
    )
    outcomes = {
        bool(naive(policy, person, dict(zip(edges, choice, strict=True))))
        for choice in product(("calendar-year", "first-day"), repeat=len(edges))
    }
    if len(outcomes) > 1:
        return Outcome.UNDETERMINED
    return Outcome.ELIGIBLE if outcomes.pop() else Outcome.INELIGIBLE


RECKONINGS = ["day", "first-day", "last-day", "calendar-year", date(2021, 12, 31)]
FIRST_DOSE = date(2021, 12, 28)
STATED = st.one_of(
    leaves(RECKONINGS, FIRST_DOSE),
    st.builds(Wanted, st.just(True), by=st.none() | st.sampled_from(NOON)),  # noqa: FBT003
    st.builds(Wanted, st.just(True), st.just(NOON[1]), st.sampled_from(NOON[:2])),  # noqa: FBT003
)
NOT_STATED = st.builds(AgeAtLeast, st.just(18), st.just("not-stated")) | st.builds(
    AgeAtMost, st.just(17), st.just("not-stated")
)


@st.composite
def policies(draw: st.DrawFn, leaves: st.SearchStrategy[Any] = STATED | NOT_STATED) -> Policy:
    rules = [
        Rule(
            id=f"r{number}",
            dose=draw(st.integers(1, 2)),
            vaccines=draw(st.sampled_from([("AZ",), ("BNT",), ("AZ", "BNT")])),
            cites=(),
            all=tuple(draw(st.lists(conditions(leaves), max_size=3))),
        )
        for number in range(draw(st.integers(1, 2)))
    ]
    return policy_of(*rules)


BIRTHS = st.dates(date(2003, 12, 27), date(2004, 1, 6))
DOSES = st.lists(
    st.builds(
        Dose, st.sampled_from(list(VACCINES)), st.dates(FIRST_DOSE, LAST + timedelta(days=1))
    ),
    max_size=3,
    unique_by=lambda dose: dose.on,
)
PEOPLE = st.builds(
    Person,
    birth_date=BIRTHS,
    doses=DOSES,
    groups=st.sets(st.sampled_from(["list/1", "list/1/a", "list/3"])),
    registered_county=st.sampled_from([*COUNTIES, "臺北市"]),
    residence_county=st.sampled_from([*COUNTIES, "臺北市"]),
    willingness=st.builds(
        Willingness,
        st.dictionaries(st.sampled_from(["AZ", "BNT"]), st.sampled_from(NOON), max_size=2),
    ),
)
SLOW = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def offered(decision: Decision) -> dict[Any, set[date]]:
    return {(offer.rule_id, offer.vaccine): set(offer.days) for offer in decision.offers}


@pytest.mark.slow
@SLOW
@given(policy=policies(STATED), person=PEOPLE)
def test_whole_facts_give_the_days_that_hold_one_by_one(policy: Policy, person: Person) -> None:
    decision = decide(policy, person)
    assert offered(decision) == naive(policy, person, {})
    assert decision.possible_offers == ()
    assert decision.missing == ()
    expected = Outcome.ELIGIBLE if decision.offers else Outcome.INELIGIBLE
    assert decision.outcome is expected


@pytest.mark.slow
@SLOW
@given(policy=policies(), person=PEOPLE)
def test_a_reckoning_that_is_not_stated_matters_only_where_readings_differ(
    policy: Policy, person: Person
) -> None:
    decision = decide(policy, person)
    assert decision.outcome is naive_outcome(policy, person)
    assert decision.missing == ()
    if decision.outcome is Outcome.UNDETERMINED:
        assert {reason.code for reason in decision.reasons} >= {"reckoning-not-stated"}


@pytest.mark.slow
@SLOW
@given(policy=policies(), person=PEOPLE)
def test_every_refusal_has_a_reason(policy: Policy, person: Person) -> None:
    decision = decide(policy, person)
    explained = {reason.rule_id for reason in decision.reasons}
    for rule in policy.stages[0].rules:
        offers = {o.vaccine for o in decision.offers if rule.id in o.rule_id.split("|")}
        if offers < set(rule.vaccines):
            assert rule.id in explained


def blank(person: Person, unknown: set[str]) -> Person:
    """The person with these facts not known; of the birth date the year and month stay."""
    known: dict[str, Any] = dict.fromkeys(unknown)
    if "birth_date" in unknown:
        assert isinstance(person.birth_date, date)
        known["birth_date"] = PartialDate(person.birth_date.year, person.birth_date.month)
    return attrs.evolve(person, **known)


def completions(fact: str, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Every way in which a fact may turn out, by the name under which it would be missing."""
    if fact == "birth_date":
        assert isinstance(person.birth_date, date)
        first = person.birth_date.replace(day=1)
        days = [first + timedelta(days=n) for n in range(31)]
        return {fact: [{fact: day} for day in days]}
    if fact == "doses":
        early = date(2021, 6, 1)
        days = [early, *(date(2021, 12, 25) + timedelta(days=n) for n in range(11))]
        histories: list[tuple[Dose, ...]] = [()]
        for count in (1, 2):
            histories += [
                tuple(map(Dose, vaccines, chosen))
                for chosen in combinations(days, count)
                for vaccines in product(VACCINES, repeat=count)
            ]
        return {fact: [{fact: history} for history in histories]}
    if fact == "groups":
        return {f"groups/{name}": [{name: False}, {name: True}] for name in ("list/1", "list/3")}
    if fact == "willingness":
        after = NOON[-1] + timedelta(days=1)
        times = [None, NOON[0] - timedelta(days=1), *NOON, after]
        return {f"willingness/{code}": [{code: at} for at in times] for code in ("AZ", "BNT")}
    return {fact: [{fact: county} for county in (*COUNTIES, "臺北市")]}


def complete(person: Person, parts: dict[str, dict[str, Any]]) -> Person:
    """The person with the unknown facts taken from the chosen completions."""
    known: dict[str, Any] = {}
    for name, part in parts.items():
        kind = name.partition("/")[0]
        if kind == "groups":
            ((group, member),) = part.items()
            known.setdefault("groups", set())
            known["groups"] |= {group} if member else set()
        elif kind == "willingness":
            wishes = {code: at for code, at in part.items() if at is not None}
            known["willingness"] = known.get("willingness", {}) | wishes
        else:
            known |= part
    if "willingness" in known:
        known["willingness"] = Willingness(known["willingness"])
    return attrs.evolve(person, **known)


SIMPLE_GROUPS = st.builds(InGroup, st.sampled_from(["list/1", "list/3"]))
PARTIAL_LEAVES = st.one_of(
    STATED.filter(lambda leaf: not isinstance(leaf, InGroup)), NOT_STATED, SIMPLE_GROUPS
)


def asked_by(condition: AnyCondition) -> set[str]:
    """The facts of a person that a condition asks for."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return {fact for part in parts for fact in asked_by(part)}
        case NotThat(inner):
            return asked_by(inner)
    return {condition.fact} - {""}


@st.composite
def unknowns(draw: st.DrawFn) -> tuple[Policy, Person, set[str]]:
    """A policy, a person, and one or two facts that the policy asks for and nobody knows."""
    policy, person = draw(policies(PARTIAL_LEAVES)), draw(PEOPLE)
    asked = {"doses"}.union(*(asked_by(AllOf(rule.all)) for rule in policy.stages[0].rules))
    unknown = draw(st.sets(st.sampled_from(sorted(asked)), min_size=1, max_size=2))
    assume(unknown != {"birth_date", "doses"})  # too many cases to go through by hand
    return policy, person, unknown


@pytest.mark.slow
@settings(parent=SLOW, max_examples=settings().max_examples // 2)
@given(given_=unknowns())
def test_undetermined_only_where_two_completions_differ_and_missing_is_exact(
    given_: tuple[Policy, Person, set[str]],
) -> None:
    policy, person, unknown = given_
    choices: dict[str, list[dict[str, Any]]] = {}
    for fact in unknown:
        choices |= completions(fact, person)
    names = sorted(choices)
    outcomes = {
        picks: naive_outcome(
            policy,
            complete(person, {n: choices[n][at] for n, at in zip(names, picks, strict=True)}),
        )
        for picks in product(*(range(len(choices[name])) for name in names))
    }
    decision = decide(policy, blank(person, unknown))

    seen = set(outcomes.values())
    assert decision.outcome is (seen.pop() if len(seen) == 1 else Outcome.UNDETERMINED)
    expected = {
        name
        for place, name in enumerate(names)
        if any(
            outcomes[picks] is not outcomes[(*picks[:place], other, *picks[place + 1 :])]
            for picks in outcomes
            for other in range(len(choices[name]))
        )
    }
    assert set(decision.missing) == expected


@pytest.mark.slow
@SLOW
@given(given_=unknowns())
def test_more_knowledge_never_takes_a_sure_day_away_nor_adds_a_possible_one(
    given_: tuple[Policy, Person, set[str]],
) -> None:
    policy, person, unknown = given_
    partial, whole = decide(policy, blank(person, unknown)), decide(policy, person)
    possible = {
        (offer.rule_id, offer.vaccine): set(offer.possible_days)
        for offer in (*partial.offers, *partial.possible_offers)
    }
    known = {
        (offer.rule_id, offer.vaccine): set(offer.possible_days)
        for offer in (*whole.offers, *whole.possible_offers)
    }
    for key, days in known.items():
        if "|" not in key[0]:
            assert days <= next(
                found
                for at, found in possible.items()
                if key[0] in at[0].split("|") and key[1] == at[1]
            )
    sure = {(offer.rule_id, offer.vaccine): set(offer.days) for offer in whole.offers}
    for key, days in offered(partial).items():
        together: set[date] = set()
        for (rule, vaccine), whole_days in sure.items():
            if vaccine == key[1] and set(rule.split("|")) & set(key[0].split("|")):
                together |= whole_days
        assert days <= together


def test_what_nobody_has_stated_is_never_a_yes() -> None:
    rule = Rule("r", 1, ("AZ",), (), (NotStated("the brand"),))
    decision = decide(policy_of(rule), Person(birth_date=FIRST, doses=()))
    assert decision.outcome is Outcome.UNDETERMINED
    assert [reason.code for reason in decision.reasons] == ["not-stated"]
    assert decision.missing == ()
    either = Rule("e", 1, ("AZ",), (), (AnyOf((NotStated("x"), NotThat(NotStated("x")))),))
    assert decide(policy_of(either), Person(doses=())).outcome is Outcome.ELIGIBLE
