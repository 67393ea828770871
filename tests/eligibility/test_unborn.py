"""Nobody is eligible on a day before the birth."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import FIRST, STAGE, policy_of
from vaxpolicy import catalog
from vaxpolicy.eligibility import Outcome, PartialDate, Person, Policy, decide
from vaxpolicy.population import decide_table
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    AnyCondition,
    BornOnOrAfter,
    BornOnOrBefore,
    InGroup,
    NotThat,
)
from vaxpolicy.rules.policy import Rule

DAY = timedelta(days=1)
ADMITTING: tuple[AnyCondition, ...] = (
    AgeAtMost(64, "day"),
    NotThat(AgeAtLeast(65, "day")),
    BornOnOrAfter(date(1990, 1, 1)),
    BornOnOrBefore(STAGE[-1]),
    InGroup("status/national"),
)


def of(*conditions: AnyCondition) -> Policy:
    return policy_of(Rule("rule", 1, ("AZ",), ("source",), conditions))


def born(on: date | PartialDate) -> Person:
    return Person(on, (), frozenset({"status/national"}))


@pytest.mark.parametrize("condition", [None, *ADMITTING], ids=repr)
def test_days_before_the_birth_are_not_offered(condition: AnyCondition | None) -> None:
    policy = of(*(() if condition is None else (condition,)))
    assert compile_policy(policy).admits_the_unborn
    for at, day in enumerate(STAGE):
        decision = decide(policy, born(day))
        assert [*decision.offers[0].days] == [*STAGE[at:]]
    late = decide(policy, born(STAGE[-1] + DAY))
    assert late.outcome is Outcome.INELIGIBLE
    assert late.reasons
    assert not late.possible_offers
    assert decide(policy, born(date(1990, 5, 1))).outcome is Outcome.ELIGIBLE


def test_a_birth_date_that_is_known_in_part_counts_from_its_first_day() -> None:
    assert decide(of(), born(PartialDate(STAGE[-1].year + 1))).outcome is Outcome.INELIGIBLE
    assert decide(of(), born(PartialDate(FIRST.year))).outcome is Outcome.ELIGIBLE


def test_most_rules_ask_for_an_age_that_nobody_has_before_birth() -> None:
    assert not compile_policy(of(AgeAtLeast(1, "day"))).admits_the_unborn
    assert not compile_policy(of(BornOnOrBefore(FIRST))).admits_the_unborn
    assert not compile_policy(catalog.load("tw/covid19-1922/round-19")).admits_the_unborn
    assert not compile_policy(policy_of()).admits_the_unborn


@pytest.mark.parametrize("policy_id", catalog.ids())
def test_no_bundled_policy_offers_a_day_before_the_birth(policy_id: str) -> None:
    policy = catalog.load(policy_id)
    days = {day for stage in policy.stages for day in stage_days(policy_id)}
    for birth in sorted(days):
        decision = decide(policy, Person(birth, ()))
        for offer in (*decision.offers, *decision.possible_offers):
            assert min(offer.days, default=birth) >= birth


def stage_days(policy_id: str) -> set[date]:
    plan = compile_policy(catalog.load(policy_id))
    ends = {day for entry in plan.entries for day in (entry.first + 1, entry.last, entry.last + 1)}
    return {date.fromordinal(day) for day in ends}


@given(
    st.lists(st.sampled_from(ADMITTING), max_size=2).map(tuple),
    st.lists(st.dates(FIRST - 3 * DAY, STAGE[-1] + 3 * DAY), min_size=1, max_size=8),
    st.sampled_from([None, *STAGE[:3]]),
)
def test_the_table_says_the_same(
    conditions: tuple[AnyCondition, ...], births: list[date], from_day: date | None
) -> None:
    policy = of(*conditions)
    groups = [["status/national"]] * len(births)
    table = pa.table(
        {"birth_date": births, "groups": groups, "doses": pa.array([[]] * len(births), DOSES)}
    )
    rows = pa.table(decide_table(policy, table, from_day)).to_pylist()
    for birth, row in zip(births, rows, strict=True):
        decision = decide(policy, born(birth), from_day=from_day)
        assert row["outcome"] == decision.outcome.value
        found = [(it["first_day"], it["last_day"]) for it in row["offers"]]
        assert found == [(min(it.days), max(it.days)) for it in decision.offers]
        assert row["reason"] == (decision.reasons[0].code if decision.reasons else None)


DOSES = pa.list_(pa.struct([("vaccine", pa.string()), ("on", pa.date32())]))
