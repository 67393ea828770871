"""A point that no source states needs no search: its answer is that of every case."""

import pytest

from tools import boundary
from vaxpolicy import catalog
from vaxpolicy.eligibility import Outcome, Person, Policy, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.evaluation import Evaluation

OF_EACH = {"tw/hpv/2025": 1, "tw/influenza/2026": 5, "tw/mpox/2026": 3}
"""Policies with such a question, and of how many of their boundary people one is asked."""


def compare(policy: Policy, people: list[Person], patch: pytest.MonkeyPatch) -> None:
    short = [decide(policy, each) for each in people]
    patch.setattr(Evaluation, "asks_the_sources_alone", property(lambda _: False))
    compared = 0
    for each, answer in zip(people, short, strict=True):
        searched = decide(policy, each)
        if not any(it.code == "too-many-cases" for it in searched.reasons):
            assert searched == answer
            compared += 1
    assert compared > len(people) // 2


@pytest.mark.parametrize("policy_id", OF_EACH)
def test_the_bounds_are_what_every_case_gives(
    policy_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = catalog.load(policy_id)
    people = [it.person for it in boundary.kept(policy_id)][:: OF_EACH[policy_id]]
    compare(policy, people, monkeypatch)


@pytest.mark.slow
def test_a_childs_schedule_is_read_off_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = catalog.load("tw/childhood/2025")
    people = [it.person for it in boundary.kept(policy.id)]
    plan = compile_policy(policy)
    open_ = [
        evaluation
        for each in people[::20]
        if (evaluation := Evaluation(plan, plan.read(each).facts)).is_open
    ]
    short = [it for it in open_ if it.asks_the_sources_alone]
    assert len(short) > len(open_) // 2
    assert {it.verdict for it in short} == {Outcome.ELIGIBLE, None}
    compare(policy, people[::150], monkeypatch)
