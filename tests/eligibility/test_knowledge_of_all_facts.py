"""More knowledge takes nothing back, whatever facts a policy asks for.

Policies are made up of every condition that the format has, with and without products, dated facts,
the sex, seasons, minimums and spacings. Somebody is known from nothing to everything, one fact or
one part of a fact more each time: year, month and day of birth, the doses, groups one by one, and so
on. On the way no yes becomes a no, no no a yes, no sure day unsure and no impossible day possible.
"""

from __future__ import annotations

from datetime import date, timedelta

import attrs
import pytest
from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st

from tests.eligibility.test_oracle import PEOPLE, STATED
from tests.helpers import FIRST, conditions, policy_of
from tools import brute_force
from vaxpolicy.eligibility import DatedFact, Person, Policy, PolicyError
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    LEAVES,
    AgeAtDoseOf,
    AgeAtLeastDays,
    AgeAtMostDays,
    AgeAtMostMonths,
    ApartFrom,
    Condition,
    DaysSinceDoseOf,
    DaysSinceFact,
    DosesOf,
    EarlierDosesAtLeast,
    HasFact,
    InAnyGroup,
    NotStated,
    OfSex,
    PreviousDoseBeforeAge,
)
from vaxpolicy.rules.policy import Rule
from vaxpolicy.rules.validity import Minimum, Spacing

FACTS = ("infection", "pregnancy")
SOME_PRODUCTS = st.sampled_from([("AZ",), ("BNT",), ("AZ", "BNT")])
NUMBER = st.none() | st.integers(1, 2)
SEASON = date(2021, 12, 30)
OF_FACTS = st.one_of(
    st.builds(HasFact, st.sampled_from(FACTS)),
    st.builds(DaysSinceFact, st.sampled_from(FACTS), st.integers(0, 3), or_never=st.booleans()),
    st.builds(
        DaysSinceFact,
        st.sampled_from(FACTS),
        at_most=st.integers(0, 3),
        or_never=st.booleans(),
    ),
    st.builds(OfSex, st.sampled_from(("female", "male"))),
    st.builds(InAnyGroup, st.just(("list/1", "list/3"))),
    st.builds(AgeAtMostMonths, st.just(215), st.sampled_from(["day", "first-day"])),
    st.builds(AgeAtLeastDays, st.just(6574), st.just("day")),
    st.builds(AgeAtMostDays, st.just(6574), st.just("day")),
    st.builds(NotStated, st.sampled_from(("x", "y"))),
)
OF_PRODUCTS = st.one_of(
    st.builds(DosesOf, SOME_PRODUCTS, st.integers(1, 2)),
    st.builds(DaysSinceDoseOf, SOME_PRODUCTS, st.integers(0, 3), NUMBER, st.booleans()),
    st.builds(AgeAtDoseOf, SOME_PRODUCTS, st.just(216), number=NUMBER),
)
OF_SEASONS = st.builds(EarlierDosesAtLeast, st.integers(1, 2)) | st.builds(
    PreviousDoseBeforeAge, st.just(18)
)

EVERY_CONDITION = STATED | OF_FACTS | OF_PRODUCTS | OF_SEASONS
"""But for spacings, whose opposite cannot be asked: rules ask for them beside."""


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """One or two rules of any conditions, with or without a season, products and tables."""
    has_products, has_season = draw(st.booleans()), draw(st.booleans())
    leaves = STATED | OF_FACTS
    if has_products:
        leaves |= OF_PRODUCTS
    if has_season:
        leaves |= OF_SEASONS
    rules = []
    for number in range(draw(st.integers(1, 2))):
        asked = draw(st.lists(conditions(leaves), min_size=1, max_size=3))
        if has_products and draw(st.booleans()):
            asked.append(ApartFrom(("Moderna",), draw(st.integers(1, 3))))
        vaccines = draw(st.sampled_from([("AZ",), ("BNT",), ("AZ", "BNT")]))
        rules.append(Rule(f"r{number}", draw(st.integers(1, 2)), vaccines, (), tuple(asked)))
    policy = policy_of(
        *rules,
        season=SEASON if has_season else None,
        minimums=draw(st.sampled_from([(), (Minimum(("AZ",), 1, ("s",), age_days=6573),)])),
        spacings=draw(st.sampled_from([(), (Spacing(("AZ", "BNT"), 2, ("s",)),)])),
    )
    try:
        compile_policy(policy)
    except PolicyError:  # such as an earlier dose of a season for dose 1
        assume(False)  # noqa: FBT003  # how it is called
    return policy


HAPPENED = st.sampled_from(
    ["never", *(FIRST - timedelta(days=3) + timedelta(days=n) for n in range(9))]
)
WHOLE = st.builds(
    attrs.evolve,
    PEOPLE,
    sex=st.sampled_from(("female", "male")),
    dated_facts=st.tuples(*(st.builds(DatedFact, st.just(fact), HAPPENED) for fact in FACTS)),
)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@pytest.mark.slow
@settings(suppress_health_check=SLOW)
@given(policy=policies(), whole=WHOLE, seed=st.integers(0, 99))
def test_more_knowledge_takes_nothing_back(policy: Policy, whole: Person, seed: int) -> None:
    assert brute_force.go_back(policy, whole, seed) == []


@pytest.mark.parametrize("leaf", [it for it in LEAVES if it is not ApartFrom])
def test_every_condition_may_be_in_a_made_up_policy(leaf: type[Condition]) -> None:
    few = settings(max_examples=2_000, phases=[Phase.generate], derandomize=True, database=None)
    find(EVERY_CONDITION, lambda condition: isinstance(condition, leaf), settings=few)
