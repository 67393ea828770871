"""The work of a decision is bounded where a policy names many groups; the answers stay the same.

The work is counted in calls of functions, so that no clock decides.
"""

from __future__ import annotations

import sys
from datetime import date
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import policy_of
from vaxpolicy.eligibility import Outcome, Person, Policy, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    EVERY_DAY,
    NO_DAY,
    NOT_KNOWN,
    AgeAtLeast,
    AllOf,
    AnyOf,
    Context,
    Facts,
    InAnyGroup,
    InGroup,
    NotThat,
    RegisteredIn,
    implies,
    with_whole,
)
from vaxpolicy.rules.every_case import EveryCase
from vaxpolicy.rules.policy import Rule

MANY = [f"g{number}" for number in range(200)]
GROUPS = ["a", "a/1", "a/1/x", "a/2", "a1", "b", "b/1", "c"]


def of(*conditions: Any, dose: int = 1) -> Policy:
    return policy_of(Rule("r", dose, ("AZ",), (), conditions))


ADULT = AgeAtLeast(18, "day")
WIDE: dict[str, Policy] = {
    "any of them": of(InAnyGroup(tuple(MANY)), ADULT),
    "one alternative each": of(AnyOf(tuple(map(InGroup, MANY))), ADULT),
    "all of them": of(*map(InGroup, MANY), ADULT),
    "none of them": of(*(NotThat(InGroup(it)) for it in MANY), ADULT),
    "parts of one": of(InAnyGroup(tuple(f"a/{it}" for it in MANY)), NotThat(InGroup("a")), ADULT),
    "each with a county": of(
        AnyOf(tuple(AllOf((InGroup(it), RegisteredIn((it,)))) for it in MANY[:100])), ADULT
    ),
    "a rule each": policy_of(
        *(
            Rule(
                f"r{number}",
                number % 4 + 1,
                ("AZ",),
                (),
                (AnyOf((InGroup(it), NotThat(InGroup("g0")))),),
            )
            for number, it in enumerate(MANY[1:])
        )
    ),
}


OUTCOMES = {"parts of one": Outcome.INELIGIBLE}
"""Whoever belongs to a part belongs to the whole, and that is excluded."""


def calls(policy: Policy, person: Person) -> int:
    """The number of functions of Python that one decision calls."""
    compile_policy(policy)
    number = count()

    def seen(_frame: Any, event: str, _argument: Any) -> None:
        if event == "call":
            next(number)

    kept = sys.getprofile()
    sys.setprofile(seen)
    try:
        decide(policy, person)
    finally:
        sys.setprofile(kept)
    return next(number)


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("person", [Person(date(1990, 1, 1), ()), Person()], ids=["groups", "all"])
def test_many_unknown_groups_take_bounded_work(name: str, person: Person) -> None:
    policy = WIDE[name]
    outcome = decide(policy, person, explain=False).outcome
    assert outcome is OUTCOMES.get(name, Outcome.UNDETERMINED)
    assert calls(policy, person) < 400_000  # it was up to 10,000,000


SOME = st.frozensets(st.sampled_from(GROUPS), max_size=3)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Facts about groups: some of which somebody is a member, some not, some unknown."""
    members = draw(SOME)
    others = {it for it in draw(SOME) if not any(implies(member, it) for member in members)}
    closed = draw(st.booleans())
    return Facts(
        groups=with_whole(members),
        not_groups=frozenset(others),
        open_groups=draw(SOME) if closed else frozenset(),
        groups_closed=closed,
    )


@given(facts(), st.sampled_from(GROUPS))
def test_a_member_of_a_part_is_one_of_the_whole_and_who_is_in_no_whole_is_in_no_part(
    its: Facts, group: str
) -> None:
    expected: bool | None = None
    if group in its.groups:
        expected = True
    elif any(implies(group, other) for other in its.not_groups):
        expected = False
    elif its.groups_closed:
        open_parts = [
            other
            for other in its.open_groups
            if implies(other, group) and not any(implies(other, no) for no in its.not_groups)
        ]
        is_open = open_parts or any(implies(group, other) for other in its.open_groups)
        expected = None if is_open else False
    assert its.member(group) is expected
    if expected is None:
        questions = its.open_parts(group)
        assert list(questions) == sorted(questions)
        assert questions == [group] or all(implies(it, group) for it in questions)


@given(facts(), st.lists(st.sampled_from(GROUPS), min_size=1, max_size=4, unique=True))
def test_any_group_asks_what_each_of_its_groups_asks(its: Facts, groups: list[str]) -> None:
    members = {its.member(group) for group in groups}
    expected = EVERY_DAY if True in members else NOT_KNOWN if None in members else NO_DAY
    assert InAnyGroup(tuple(groups)).bind(Context(1, 2))(its) is expected


@given(st.lists(st.tuples(st.sampled_from(GROUPS), st.booleans()), min_size=1, max_size=5))
def test_a_group_has_a_vote_if_it_and_its_relations_open_offers_by_one_answer(
    asked: list[tuple[str, bool]],
) -> None:
    conditions = tuple(InGroup(it) if yes else NotThat(InGroup(it)) for it, yes in asked)
    plan = compile_policy(of(AnyOf(conditions)))
    found = EveryCase(plan, plan.read(Person(date(1990, 1, 1), ())).facts).votes
    wanted: dict[str, set[bool]] = {}
    for leaf in plan.leaves:
        if isinstance(leaf.condition, InGroup):
            wanted.setdefault(leaf.condition.group, set()).add(not leaf.negated)
    expected = {
        group: min(its)
        for group, its in wanted.items()
        if len(its) == 1
        and all(
            its == others
            for other, others in wanted.items()
            if implies(other, group) or implies(group, other)
        )
    }
    assert {question.item: yes for question, yes in found.items()} == expected
