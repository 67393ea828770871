"""Facts with a date, and the sex: conditions on them, held against a naive reading day by day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import FIRST, STAGE, policy_of
from vaxpolicy._values import InvalidValue
from vaxpolicy.eligibility import DatedFact, Outcome, PartialDate, Person, Policy, decide
from vaxpolicy.rules.conditions import (
    AllOf,
    AnyCondition,
    AnyOf,
    DaysSinceFact,
    HasFact,
    NotThat,
    OfSex,
)
from vaxpolicy.rules.policy import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.rules.people import FactDate, Sex

DAY = timedelta(days=1)
FACTS = ("infection", "transfusion")
DAYS = [date(2021, 12, 25) + n * DAY for n in range(14)]
"""Every day on which the answer of one of the conditions may change, and some on either side."""


def of(*conditions: AnyCondition) -> Policy:
    return policy_of(Rule("rule", 1, ("AZ",), ("source",), conditions))


def someone(*facts: DatedFact, sex: Sex | None = None) -> Person:
    return Person(date(1990, 1, 1), (), frozenset(), dated_facts=facts, sex=sex)


def days(policy: Policy, person: Person) -> set[date]:
    return {day for offer in decide(policy, person).offers for day in offer.days}


def infected(on: date) -> Person:
    return someone(DatedFact("infection", on))


NEVER_INFECTED = someone(DatedFact("infection", "never"))


def test_days_since_a_fact_begin_that_many_days_after_it() -> None:
    policy = of(DaysSinceFact("infection", at_least=84))
    assert days(policy, infected(FIRST - 84 * DAY)) == set(STAGE)
    assert days(policy, infected(FIRST - 83 * DAY)) == set(STAGE[1:])
    assert days(policy, NEVER_INFECTED) == set()
    reason = decide(policy, infected(FIRST)).reasons[0]
    assert (reason.code, reason.day) == ("fact-too-recent", FIRST + 84 * DAY)
    assert decide(policy, NEVER_INFECTED).reasons[0].code == "fact-missing"


def test_or_never_admits_those_to_whom_it_never_happened() -> None:
    policy = of(DaysSinceFact("infection", at_least=84, or_never=True))
    assert days(policy, NEVER_INFECTED) == set(STAGE)
    assert days(policy, infected(FIRST - DAY)) == set()


def test_at_most_and_both_bounds_end_the_days() -> None:
    recent = of(DaysSinceFact("infection", at_most=2))
    assert days(recent, infected(FIRST)) == set(STAGE[:3])
    assert days(recent, infected(STAGE[1])) == set(STAGE[1:4])
    assert days(recent, NEVER_INFECTED) == set()
    assert decide(recent, infected(FIRST - 3 * DAY)).reasons[0].code == "fact-too-long-ago"
    weeks = of(DaysSinceFact("pregnancy", at_least=189, at_most=258))
    for day, found in ((188, STAGE[1:]), (189, STAGE), (254, STAGE), (258, STAGE[:1]), (259, [])):
        began = DatedFact("pregnancy", FIRST - day * DAY)
        assert days(weeks, someone(began)) == set(found)


def test_a_fact_holds_from_its_day_on() -> None:
    policy, without = of(HasFact("infection")), of(NotThat(HasFact("infection")))
    assert days(policy, infected(STAGE[2])) == set(STAGE[2:])
    assert days(without, infected(STAGE[2])) == set()
    assert days(without, NEVER_INFECTED) == set(STAGE)
    assert decide(without, infected(FIRST)).reasons[0].code == "fact-excluded"


def test_days_before_the_last_event_are_not_sure() -> None:
    """There may have been another event before; only the last one is known."""
    recent = DaysSinceFact("infection", at_most=1)
    policy = of(NotThat(recent))
    assert days(policy, infected(STAGE[3])) == set(STAGE[5:])
    assert days(policy, infected(FIRST - 2 * DAY)) == set(STAGE)
    assert days(policy, infected(STAGE[-1] + DAY)) == set()
    assert days(policy, someone(DatedFact("infection", PartialDate(2027)))) == set()
    assert days(policy, NEVER_INFECTED) == set(STAGE)
    early = of(NotThat(DaysSinceFact("infection", at_least=3)))
    assert days(early, infected(STAGE[1])) == set(STAGE[1:4])
    assert days(early, NEVER_INFECTED) == set(STAGE)


def test_the_sex_is_asked_for_where_a_rule_asks() -> None:
    policy = of(OfSex("female"))
    assert days(policy, someone(sex="female")) == set(STAGE)
    assert decide(policy, someone(sex="male")).reasons[0].code == "other-sex"
    unknown = decide(policy, someone())
    assert (unknown.outcome, unknown.missing) == (Outcome.UNDETERMINED, ("sex",))
    either = of(AnyOf((OfSex("female"), OfSex("male"))))
    assert decide(either, someone()).outcome is Outcome.ELIGIBLE


def test_a_fact_that_is_not_known_is_missing_only_where_it_matters() -> None:
    policy = of(DaysSinceFact("infection", at_least=84, or_never=True))
    decision = decide(policy, someone())
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == ("dated_facts/infection",)
    assert decision.reasons[0].code == "fact-unknown"
    long_ago = someone(DatedFact("infection", PartialDate(2021, 8)))
    assert decide(policy, long_ago).outcome is Outcome.ELIGIBLE
    some_time = someone(DatedFact("infection", PartialDate(2021)))
    assert decide(policy, some_time).missing == ("dated_facts/infection",)
    split = of(
        AnyOf((DaysSinceFact("infection", at_least=2), DaysSinceFact("infection", at_most=1)))
    )
    assert decide(split, some_time).outcome is Outcome.ELIGIBLE  # a day of the stage is left
    later = someone(DatedFact("infection", PartialDate(2022)))
    assert decide(split, later).outcome is Outcome.UNDETERMINED  # it may be after the stage


def test_other_facts_of_a_person_do_not_matter() -> None:
    policy = of(HasFact("infection"))
    assert days(policy, someone(DatedFact("transfusion", FIRST))) == set()
    assert decide(policy, someone(DatedFact("transfusion", FIRST))).missing == (
        "dated_facts/infection",
    )


BOUNDS = st.none() | st.integers(0, 3)
LEAVES: st.SearchStrategy[AnyCondition] = st.one_of(
    st.builds(HasFact, st.sampled_from(FACTS)),
    st.builds(OfSex, st.sampled_from(("female", "male"))),
    st.builds(
        lambda fact, low, more, never: DaysSinceFact(
            fact, low, None if more is None else (low or 0) + more, or_never=never
        ),
        st.sampled_from(FACTS),
        st.integers(0, 3),
        BOUNDS,
        st.booleans(),
    ),
    st.builds(
        lambda fact, most, never: DaysSinceFact(fact, None, most, or_never=never),
        st.sampled_from(FACTS),
        st.integers(0, 3),
        st.booleans(),
    ),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(NotThat, inner),
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=2).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=2).map(tuple)),
    ),
    max_leaves=4,
)


def holds(  # noqa: PLR0911  # one line a condition
    condition: AnyCondition, person: Person, day: date
) -> bool | None:
    """A second reading of the conditions; None on days before an event, which is only the last."""
    facts = {fact.fact: fact.on for fact in person.dated_facts}
    match condition:
        case AllOf(parts):
            every = {holds(part, person, day) for part in parts}
            return False if False in every else None if None in every else True
        case AnyOf(parts):
            every = {holds(part, person, day) for part in parts}
            return True if True in every else None if None in every else False
        case NotThat(inner):
            found = holds(inner, person, day)
            return None if found is None else not found
        case HasFact(fact):
            on = facts[fact]
            return False if not isinstance(on, date) else True if on <= day else None
        case DaysSinceFact(fact, low, high, or_never):
            on = facts[fact]
            if not isinstance(on, date):
                return or_never
            if on > day:
                return None
            return (low or 0) <= (day - on).days and (high is None or (day - on).days <= high)
        case OfSex(sex):
            return person.sex == sex
    raise AssertionError(condition)


def everybody(person: Person) -> Iterator[tuple[tuple[str, ...], Person]]:
    """Everybody whom the facts allow, with the answers to what is not known."""
    known = {fact.fact: fact for fact in person.dated_facts}
    choices = []
    for fact in FACTS:
        given = known.get(fact)
        every = [DatedFact(fact, "never"), *(DatedFact(fact, day) for day in DAYS)]
        if given is not None and isinstance(given.on, PartialDate):
            first, last = given.on.earliest.toordinal(), given.on.latest.toordinal()
            days = map(date.fromordinal, range(first, last + 1))
            every = [DatedFact(fact, day) for day in days]
        elif given is not None:
            every = [given]
        choices.append(every)
    sexes: tuple[Sex, ...] = ("female", "male") if person.sex is None else (person.sex,)
    for facts, sex in product(product(*choices), sexes):
        answers = (*(str(fact.on) for fact in facts), sex)
        yield answers, someone(*facts, sex=sex)


HAPPENED: st.SearchStrategy[FactDate | None] = st.one_of(
    st.none(),
    st.just("never"),
    st.sampled_from(DAYS),
    st.sampled_from((PartialDate(2021, 12), PartialDate(2022, 1))),
)


@settings(max_examples=60, deadline=None)
@given(CONDITIONS, HAPPENED, HAPPENED, st.sampled_from((None, "female", "male")))
def test_decisions_are_those_of_everybody_whom_the_facts_allow(
    condition: AnyCondition, one: FactDate | None, other: FactDate | None, sex: Sex | None
) -> None:
    policy = of(condition)
    facts = [
        DatedFact(fact, on) for fact, on in zip(FACTS, (one, other), strict=True) if on is not None
    ]
    person = someone(*facts, sex=sex)
    outcomes: dict[tuple[str, ...], bool] = {}
    every: list[set[date]] = []
    for answers, whole in everybody(person):
        held = {day for day in STAGE if holds(condition, whole, day)}
        outcomes[answers] = bool(held)
        every.append(held)
    decision = decide(policy, person)
    offers = (*decision.offers, *decision.possible_offers)
    sure = {day for it in decision.offers for day in it.days}
    possible = {day for it in offers for day in it.days | it.possible_days}
    assert possible == set().union(*every)
    assert sure == set.intersection(*every)
    seen = set(outcomes.values())
    outcome = Outcome.UNDETERMINED if len(seen) > 1 else _OUTCOMES[seen.pop()]
    assert decision.outcome is outcome
    names = (*(f"dated_facts/{fact}" for fact in FACTS), "sex")
    assert set(decision.missing) == {
        name for place, name in enumerate(names) if _decides(place, outcomes)
    }


_OUTCOMES = {True: Outcome.ELIGIBLE, False: Outcome.INELIGIBLE}


def _decides(place: int, outcomes: dict[tuple[str, ...], bool]) -> bool:
    by_rest: dict[tuple[str, ...], bool] = {}
    return any(
        by_rest.setdefault((*answers[:place], *answers[place + 1 :]), held) is not held
        for answers, held in outcomes.items()
    )


@pytest.mark.parametrize(
    ("make", "code", "field"),
    [
        (lambda: DaysSinceFact("infection"), "contradiction", "days_since_fact"),
        (lambda: DaysSinceFact("infection", 3, 2), "wrong-order", "at_most"),
        (lambda: DatedFact("infection", "once"), "unknown-value", "on"),  # type: ignore[arg-type]
        (lambda: DatedFact("infection", date(1899, 1, 1)), "out-of-range", "on"),
        (lambda: DatedFact("", "never"), "blank", "fact"),
        (
            lambda: someone(DatedFact("infection", "never"), DatedFact("infection", FIRST)),
            "repeated",
            "dated_facts",
        ),
        (lambda: Person(dated_facts="never"), "wrong-type", "dated_facts"),  # type: ignore[arg-type]
        (lambda: Person(sex="f"), "unknown-value", "sex"),  # type: ignore[arg-type]
        (lambda: OfSex("woman"), "unknown-value", "sex"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_is_refused(make: object, code: str, field: str) -> None:
    with pytest.raises(InvalidValue) as found:
        make()  # type: ignore[operator]
    assert (found.value.code, found.value.field) == (code, field)


def test_a_list_of_facts_becomes_a_tuple() -> None:
    assert Person(dated_facts=[DatedFact("infection", "never")]) == Person(
        dated_facts=(DatedFact("infection", "never"),)
    )
