"""Answers from a day on, without reasons, and within bounds; reasons that say what must change."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.helpers import FIRST, LAST, policy_of
from vaxpolicy import catalog
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import (
    Dose,
    Outcome,
    Person,
    decide,
)
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    DosesAtLeast,
    InGroup,
    RegisteredIn,
)
from vaxpolicy.rules.policy import Policy, Rule

NATIONAL = frozenset({"status/national"})
VACCINATED = Person(
    birth_date=date(1950, 5, 5), doses=(Dose("Influenza", date(2026, 10, 15)),), groups=NATIONAL
)
DAY = timedelta(days=1)


def rules(*conditions: tuple[object, ...], vaccine: str = "AZ") -> Policy:
    return policy_of(
        *(
            Rule(f"r{number}", 1, (vaccine,), (), asked)  # type: ignore[arg-type]  # conditions
            for number, asked in enumerate(conditions)
        )
    )


def test_who_has_the_dose_is_not_offered_it_again() -> None:
    policy = catalog.load("tw/influenza/2026")
    assert decide(policy, VACCINATED).outcome is Outcome.ELIGIBLE  # in retrospect
    today = date(2026, 11, 27)
    decision = decide(policy, VACCINATED, from_day=today)
    assert decision.outcome is Outcome.INELIGIBLE
    assert not decision.offers
    assert decision.from_day == today
    assert {reason.code for reason in decision.reasons} >= {"dose-already-given"}


@pytest.mark.parametrize("explain", [True, False])
def test_nothing_is_offered_when_the_days_are_over(explain: bool) -> None:
    policy = rules((InGroup("list/1"),))
    person = Person(date(1990, 1, 1), (), frozenset({"list/1"}))
    assert decide(policy, person, from_day=LAST, explain=explain).offers
    over = decide(policy, person, from_day=LAST + DAY, explain=explain)
    assert (over.outcome, over.offers) == (Outcome.INELIGIBLE, ())


def test_no_offer_and_no_reason_names_a_day_that_is_over() -> None:
    for policy_id in catalog.ids():
        policy = catalog.load(policy_id)
        last = max(stage.vaccination_days.last for stage in policy.stages)
        decision = decide(policy, Person(groups=NATIONAL), from_day=last)
        for offer in (*decision.offers, *decision.possible_offers):
            assert offer.possible_days.first is not None
            assert offer.possible_days.first >= last
        over = decide(policy, Person(groups=NATIONAL), from_day=last + DAY)
        assert over.outcome is Outcome.INELIGIBLE
        assert not over.possible_offers
        assert {reason.code for reason in over.reasons} == {"days-over"}


def test_an_offer_whose_days_are_over_is_not_bookable() -> None:
    policy = rules((AgeAtLeast(18, "day"),))
    person = Person(birth_date=date(1990, 1, 1), doses=(Dose("AZ", FIRST + DAY),))
    (offer,) = decide(policy, person).offers
    assert offer.days.last == FIRST
    assert offer.bookable(datetime(2021, 12, 31, 9, tzinfo=TAIWAN)) is False


def test_without_reasons_the_answer_is_the_same() -> None:
    policy = catalog.load("tw/influenza/2026")
    brief = decide(policy, VACCINATED, explain=False)
    assert brief.reasons == ()
    assert brief.offers == decide(policy, VACCINATED).offers


def test_arguments_of_another_type_are_refused_by_name() -> None:
    policy = rules(())
    with pytest.raises(TypeError, match=r"^policy: expected a Policy"):
        decide("id", Person())  # type: ignore[arg-type]  # refused
    with pytest.raises(TypeError, match=r"^person: expected a Person"):
        decide(policy, {})  # type: ignore[arg-type]  # refused
    with pytest.raises(TypeError, match=r"^from_day: expected a date"):
        decide(policy, Person(), from_day="2026-11-27")  # type: ignore[arg-type]  # refused
    (offer,) = decide(policy, Person(doses=())).offers
    with pytest.raises(TypeError, match=r"^now: expected a datetime"):
        offer.bookable(None)  # type: ignore[arg-type]  # refused
    with pytest.raises(ValueError, match=r"^now: expected a datetime with a UTC offset"):
        offer.bookable(datetime(2021, 12, 31))  # noqa: DTZ001  # refused


def test_reasons_say_what_must_change_the_smallest_change_first() -> None:
    policy = rules((InGroup("g"), RegisteredIn(("澎湖縣",))), (AgeAtLeast(18, "day"),))
    person = Person(
        birth_date=LAST.replace(year=2004) + DAY, doses=(), groups=(), registered_county="臺北市"
    )
    codes = [(reason.code, reason.also) for reason in decide(policy, person).reasons]
    assert codes == [
        ("too-young", ()),
        ("not-in-group", ("registered_county",)),
        ("not-in-county", ("groups/g",)),
    ]


def test_a_way_that_contradicts_itself_admits_nobody() -> None:
    policy = policy_of(
        Rule("r", 2, ("AZ",), (), (DosesAtLeast(2), AgeAtLeast(65, "day"))), season=FIRST
    )
    assert decide(policy, Person()).outcome is Outcome.INELIGIBLE
