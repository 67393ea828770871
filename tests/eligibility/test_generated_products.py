"""Generated policies that ask for the doses of given vaccines, against all that people may be.

The universe is small: births around an eighteenth birthday, and a few days for the doses. If
`decide` says that its answer is not exact, the answer may say too little and never too much.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from tests.helpers import FIRST, STAGE, conditions, policy_of
from tools import brute_force
from vaxpolicy.eligibility import Policy, decide
from vaxpolicy.rules.conditions import (
    AgeAtDoseOf,
    AgeAtLeast,
    AgeAtMost,
    ApartFrom,
    ByProduct,
    DaysSinceDoseOf,
    DoseDue,
    DosesOf,
    InGroup,
    NotThat,
    PolicyError,
    PreviousDoseOf,
)
from vaxpolicy.rules.policy import Rule
from vaxpolicy.rules.validity import Minimum, Spacing

SOME = st.sampled_from([("AZ",), ("BNT",), ("AZ", "BNT")])
NUMBERS = st.none() | st.integers(1, 2)
BY_PRODUCT = st.one_of(
    st.builds(DosesOf, SOME, st.integers(1, 2)),
    st.builds(DaysSinceDoseOf, SOME, st.integers(1, 4), NUMBERS, st.booleans()),
    st.builds(AgeAtDoseOf, SOME, at_least_months=st.just(216), number=NUMBERS),
)
OTHERS = st.one_of(
    st.builds(DosesOf, SOME, st.integers(1, 2), st.sampled_from([FIRST, STAGE[2]])),
    st.builds(ApartFrom, SOME, st.integers(1, 3)),
    st.builds(PreviousDoseOf, SOME),
    st.builds(DoseDue, st.integers(1, 4), st.just("day")),
    st.builds(AgeAtLeast, st.just(18), st.just("day")),
    st.builds(AgeAtMost, st.just(17), st.just("day")),
    st.builds(InGroup, st.sampled_from(["g", "g/a"])),
)
COUNTING: dict[str, Any] = {
    "minimums": (Minimum(("AZ",), 1, ("x",), age_days=6_575), Minimum(("AZ",), 2, ("x",), 0, 3)),
    "spacings": (Spacing(("AZ", "BNT"), 2, ("x",)),),
}
"""The tables that say which doses count."""


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = [
        Rule(
            id=f"r{number}",
            dose=draw(st.integers(1, 2)),
            vaccines=draw(SOME),
            cites=(),
            all=(
                draw(BY_PRODUCT | BY_PRODUCT.map(NotThat)),
                *draw(st.lists(conditions(BY_PRODUCT | OTHERS), max_size=2)),
            ),
            counts=draw(st.sampled_from([(), ("AZ",), ("AZ", "BNT")])),
        )
        for number in range(draw(st.integers(1, 2)))
    ]
    tables = draw(st.sets(st.sampled_from(sorted(COUNTING)), max_size=1))
    return policy_of(*rules, **{name: COUNTING[name] for name in tables})


def universe_of(policy: Policy) -> brute_force.Universe:
    """The universe of a policy, with a dose of any number on each of its few days.

    A few more of these days come after those of the policy, so that all doses can be later.
    """
    try:
        universe = brute_force.Universe(policy)
    except PolicyError:  # its conditions contradict each other
        reject()
    if universe.kinds:
        # not from the library's own list of histories: nothing is held against itself
        universe.kinds = ["AZ", "BNT"]
        looked_at: dict[object, int] = {}
        for leaf in universe.plan.leaves:
            if isinstance(condition := leaf.condition, ByProduct):
                key = condition.products, condition.which is None
                looked_at[key] = max(looked_at.get(key, 0), condition.which or 1)
        universe.most_doses = sum(looked_at.values())
    later = [universe.dose_days[-1] + more for more in range(1, universe.most_doses)]
    universe.key_days = universe.dose_days = [*universe.dose_days, *later]
    return universe


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    max_examples=settings().max_examples // 3,
)
@given(policy=policies(), seed=st.integers(0, 999))
def test_a_decision_by_product_says_what_every_way_says_in_which_the_facts_turn_out(
    policy: Policy, seed: int
) -> None:
    universe = universe_of(policy)
    chance = brute_force.drawing(str(seed))
    person = brute_force.blanked(universe, brute_force.somebody(universe, chance), chance)
    forced = brute_force.by_force(universe, person)
    if forced is None:  # too many ways, or doses that contradict the birth date
        reject()
    assert brute_force.differences(decide(policy, person), forced) == []
