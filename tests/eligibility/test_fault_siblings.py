"""Relatives of the answers in `test_faults`: other policies, facts, commands and ways to ask."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest

from tests.helpers import policy_of, run
from vaxpolicy import catalog, messages, record
from vaxpolicy._values import InvalidValue
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Outcome, PartialDate, Person, decide
from vaxpolicy.messages.language import words
from vaxpolicy.messages.texts import TEXTS
from vaxpolicy.rules.compiled import BoundCondition, compile_policy
from vaxpolicy.rules.conditions import (
    LEAVES,
    AgeAtDoseOf,
    Condition,
    Context,
    DoseDue,
    PreviousDoseBeforeAge,
    Term,
)
from vaxpolicy.rules.policy import Rule, VaccinationDays

FLU, ROUND_19 = "tw/influenza/2026", "tw/covid19-1922/round-19"
NOW = date(2026, 11, 27)
ELDER = Person(
    date(1950, 5, 5),
    (Dose("Influenza", date(2026, 10, 15)),),
    groups=frozenset({"status/national"}),
    key="ab" * 32,
)
WORDS = ("--born", "1950-05-05", "--dose", "Influenza@2026-10-15", "--group", "status/national")
AT = datetime(2026, 11, 27, 10, tzinfo=TAIWAN)


# From today on


def test_every_command_says_of_a_dose_in_october_that_it_was_given() -> None:
    """The line of the list of faults, and its relatives: as JSON, explained, in turn, recorded."""
    checked = run("check", "-p", FLU, *WORDS, "--now", "2026-11-27T10:00")
    assert checked.exit_code == 1
    explained = run("explain", "-p", FLU, *WORDS, "--on", "2026-11-27")
    in_turn = run("timeline", "-p", FLU, *WORDS, "--from-day", "2026-11-27")
    for result in (checked, explained, in_turn):
        text = result.stdout
        assert "not eligible" in text
        assert "Counting the days from 27 November 2026 on." in text
        assert "You have already had dose 1. That dose was on 15 October 2026." in text
        assert "Choose" not in text
    lines = [line for line in in_turn.stdout.splitlines() if line.startswith("  ")]
    assert len(lines) == 1  # the first reason alone: it says what is in the way
    assert "You have already had dose 1." in lines[0]
    (answer,) = json.loads(
        run("check", "-p", FLU, *WORDS, "--now", "2026-11-27T10:00", "--json").stdout
    )
    assert (answer["outcome"], answer["offers"]) == ("ineligible", [])
    assert answer["reasons"][0]["code"] == "dose-already-given"
    who = ("--subject", "ab" * 32, "--at", "2026-11-27T10:00")
    (line,) = run("record", "make", "-p", FLU, *who, *WORDS).stdout.splitlines()
    kept = json.loads(line)["decision"]
    assert (kept["outcome"], kept["offers"], kept["from_day"]) == ("ineligible", [], str(NOW))
    assert kept["reasons"][0]["code"] == "dose-already-given"


@pytest.mark.parametrize(
    ("policy_id", "vaccine"),
    [
        ("tw/influenza/2024", "Influenza"),
        ("tw/influenza/2025", "Influenza"),
        (FLU, "Influenza"),
        ("tw/covid19/2024", "Moderna"),
        ("tw/covid19/2025", "Moderna"),
        ("tw/covid19/2026", "Moderna"),
    ],
)
def test_whoever_has_had_the_dose_of_a_season_is_told_so_first(
    policy_id: str, vaccine: str
) -> None:
    policy = catalog.load(policy_id)
    first = policy.stages[0].vaccination_days.first
    given, asked = first.replace(day=15), first.replace(month=first.month + 1, day=27)
    person = Person(date(1950, 5, 5), (Dose(vaccine, given),), groups={"status/national"})
    before = decide(policy, person, from_day=first)
    assert all(max(offer.days) < given for offer in before.offers if offer.dose == 1)
    decision = decide(policy, person, from_day=asked)
    assert not any(offer.dose == 1 for offer in (*decision.offers, *decision.possible_offers))
    if decision.outcome is Outcome.INELIGIBLE:
        assert decision.reasons[0].code in {"dose-already-given", "interval-too-short"}


def test_a_record_made_from_a_day_on_and_one_in_retrospect_are_both_true() -> None:
    policy = catalog.load(FLU)
    from_today = record.make(policy, ELDER, at=AT, from_day=NOW)
    in_retrospect = record.make(policy, ELDER, at=AT)
    assert from_today.decision.outcome is Outcome.INELIGIBLE
    assert in_retrospect.decision.outcome is Outcome.ELIGIBLE
    for offer in in_retrospect.decision.offers:
        assert offer.bookable is not True  # its days are over at that instant
    assert record.verify(from_today) == record.verify(in_retrospect) == ()


def test_every_round_is_over_today() -> None:
    for number in range(1, 29):
        policy = catalog.load(f"tw/covid19-1922/round-{number:02}")
        decision = decide(policy, Person(), from_day=NOW)
        assert (decision.outcome, decision.missing) == (Outcome.INELIGIBLE, ())
        assert {reason.code for reason in decision.reasons} == {"days-over"}
        assert decision.offers == decision.possible_offers == ()


def test_no_offer_can_be_booked_once_its_days_are_over() -> None:
    """Asked in retrospect, a policy has offers; none of them can be booked after its last day."""
    for policy_id in catalog.ids():
        decision = decide(catalog.load(policy_id), Person(), explain=False)
        for offer in (*decision.offers, *decision.possible_offers):
            last = offer.possible_days.last
            assert last is not None
            day_after = datetime.fromordinal(last.toordinal() + 1).replace(tzinfo=TAIWAN)
            assert offer.bookable(day_after) is False


ADVICE_WITH_A_DAY = [
    key for key, text in TEXTS.items() if key.startswith("advice/") and "{day}" in text
]


def test_advice_in_no_language_names_a_past_day() -> None:
    """For somebody whose age or dose decided on a past day: the day is known and not advised."""
    assert ADVICE_WITH_A_DAY == ["advice/earlier-day", "advice/later-day", "advice/wait-until"]
    seen = 0
    for policy_id in catalog.ids():
        policy = catalog.load(policy_id)
        asked = max(stage.vaccination_days.last for stage in policy.stages)
        decision = decide(policy, Person(PartialDate(1950), (), groups=()), from_day=asked)
        for reason in decision.reasons:
            if reason.day is None or reason.day >= asked:
                continue
            seen += 1
            for lang in messages.LANGUAGES:
                say = words(lang)
                text = messages.describe_reason(reason, lang, decision.from_day)
                for key in ADVICE_WITH_A_DAY:
                    assert say(key, day=say.date(reason.day)) not in text
    assert seen


# Eligibility


NOT_ABOUT_DAYS = {
    "ApartFrom",  # its two ranges are conditions of their own
    "EarlierDosesAtLeast",
    "InAnyGroup",
    "InGroup",
    "NotStated",
    "OfSex",
    "PreviousDoseOf",
    "RegisteredIn",
    "ResidentIn",
}
"""Conditions that nobody misses by days."""


@pytest.mark.parametrize("leaf", LEAVES)
def test_each_condition_about_days_is_measured_in_days(leaf: type[Condition]) -> None:
    """So a reason that misses by 67 years does not come before one that misses by a month."""
    turns = leaf.turning is not Condition.turning
    is_measured = leaf.missed_by is not Condition.missed_by
    assert (turns or is_measured) is (leaf.__name__ not in NOT_ABOUT_DAYS)


@pytest.mark.parametrize(
    ("birth", "days"),
    [(date(2014, 1, 10), 0), (date(2014, 1, 9), 1), (date(2013, 1, 10), 365)],
)
def test_an_age_at_a_dose_is_missed_by_the_days_between_the_birth_and_the_bound(
    birth: date, days: int
) -> None:
    dose = Dose("AZ", date(2023, 1, 10))  # those born by 2014-01-10 are nine or older
    season = VaccinationDays(date(2023, 1, 1), date(2023, 12, 31))
    policy = policy_of(
        Rule("r", 2, ("AZ",), (), (PreviousDoseBeforeAge(9),)), days=season, season=season.first
    )
    plan = compile_policy(policy)
    (leaf,) = (it for it in plan.leaves if isinstance(it.condition, PreviousDoseBeforeAge))
    assert leaf.missed_by(plan.read(Person(birth, (dose,))).facts) == days
    assert leaf.missed_by(plan.read(Person(birth, ())).facts) == 0
    assert leaf.missed_by(plan.read(Person(birth)).facts) == 0
    by_product = BoundCondition(
        Term(AgeAtDoseOf(("AZ",), at_least_months=9 * 12)), Context(1, 2, vaccine="AZ")
    )
    assert by_product.missed_by(plan.read(Person(birth, (dose,))).facts) == days
    assert by_product.missed_by(plan.read(Person(birth, ())).facts) == 0
    assert by_product.missed_by(plan.read(Person(birth)).facts) == 0


def test_of_a_wait_and_an_age_at_the_dose_before_the_nearer_comes_first() -> None:
    season = VaccinationDays(date(2023, 1, 1), date(2023, 3, 31))
    policy = policy_of(
        Rule("age", 2, ("AZ",), (), (PreviousDoseBeforeAge(9),)),
        Rule("wait", 2, ("AZ",), (), (DoseDue(28, "day"),)),
        days=season,
        season=season.first,
    )
    dose = (Dose("AZ", date(2023, 3, 10)),)  # the wait is over a week after the last day
    for birth, rules in (
        (date(1950, 1, 1), ["wait", "age"]),
        (date(2014, 3, 8), ["age", "wait"]),  # born two days too early
    ):
        reasons = decide(policy, Person(birth, dose)).reasons
        assert [reason.rule_id for reason in reasons] == rules


def test_a_stage_lasts_at_most_fifty_years() -> None:
    fifty = VaccinationDays(date(2026, 1, 1), date(2076, 1, 1))
    assert decide(policy_of(Rule("r", 1, ("AZ",), ()), days=fifty), Person(doses=())).offers
    with pytest.raises(InvalidValue, match="last: expected a day at most fifty years after"):
        VaccinationDays(date(2026, 1, 1), date(2076, 1, 3))
    with pytest.raises(InvalidValue, match="fifty years"):
        VaccinationDays(date(1800, 1, 1), date(9000, 12, 31))
