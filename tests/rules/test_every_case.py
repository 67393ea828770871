"""The bound on what one decision looks at."""

from __future__ import annotations

from datetime import date

from tests.helpers import FIRST, LAST, policy_of
from vaxpolicy import catalog
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import Outcome, PartialDate, Person, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import DosesOf, NotStated
from vaxpolicy.rules.every_case import EveryCase
from vaxpolicy.rules.policy import Rule


def test_facts_that_cannot_be_ruled_out_within_the_bound_stay_missing() -> None:
    policy = catalog.load("tw/covid19/2024")
    found = decide(policy, Person(PartialDate(1959), groups=()))
    assert found.outcome is Outcome.UNDETERMINED
    assert "too-many-cases" in {reason.code for reason in found.reasons}
    assert {"doses", "birth_date"} <= set(found.missing)
    assert found.possible_offers


def test_an_answer_that_needs_few_cases_is_exact() -> None:
    policy = catalog.load("tw/covid19-1922/round-15")
    found = decide(policy, Person())
    assert found.outcome is Outcome.UNDETERMINED
    assert "too-many-cases" not in {reason.code for reason in found.reasons}


def test_with_known_doses_and_birth_date_an_answer_by_product_is_exact() -> None:
    policy = catalog.load("tw/pneumococcal/2026")
    known = Person(date(1958, 5, 5), doses=())
    codes = {reason.code for reason in decide(policy, known).reasons}
    assert "group-unknown" in codes
    assert "too-many-cases" not in codes
    for less in (Person(date(1958, 5, 5)), Person(PartialDate(1960), doses=())):
        assert "too-many-cases" in {reason.code for reason in decide(policy, less).reasons}


def test_histories_too_many_to_go_through_leave_every_day_possible_and_none_sure() -> None:
    rule = Rule("r", 2, ("AZ",), (), (DosesOf(("BNT",)),))
    plan = compile_policy(policy_of(rule))
    cases = EveryCase(plan, plan.read(Person(date(1990, 1, 1))).facts)
    assert cases.possible_days(0) == DaySet.between(FIRST, LAST)
    assert cases.sure_days([0]) == DaySet.none()


def test_what_no_source_states_is_possible_and_not_sure_and_no_fact_is_asked() -> None:
    plan = compile_policy(policy_of(Rule("r", 1, ("AZ",), (), (NotStated("who is asked"),))))
    cases = EveryCase(plan, plan.read(Person(date(1990, 1, 1), doses=())).facts)
    assert cases.possible_days(0) == DaySet.between(FIRST, LAST)
    assert cases.sure_days([0]) == DaySet.none()
