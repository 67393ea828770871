"""Boundary people notice it when any number or day of a condition of a bundled policy is changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from vaxpolicy import catalog
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.eligibility import Policy, decide
from vaxpolicy.rules.conditions import AllOf, AnyOf, NotThat, PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.rules.conditions import AnyCondition


def mutants(condition: AnyCondition) -> Iterator[tuple[str, AnyCondition]]:
    """The condition with one number or day changed by one."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for at, part in enumerate(parts):
                for name, changed in mutants(part):
                    yield name, type(condition)((*parts[:at], changed, *parts[at + 1 :]))
        case NotThat(inner):
            for name, changed in mutants(inner):
                yield f"not {name}", NotThat(changed)
        case _:
            for field in attrs.fields(type(condition)):
                value = getattr(condition, field.name)
                if type(value) not in {int, date}:
                    continue
                for step in (-1, 1):
                    by = timedelta(days=step) if type(value) is date else step
                    change: dict[str, Any] = {field.name: value + by}
                    try:
                        yield (
                            f"{field.name} {value} -> {value + by}",
                            attrs.evolve(condition, **change),
                        )
                    except (PolicyError, ValueError):  # not a value of the format
                        continue


def mutated(policy: Policy) -> Iterator[tuple[str, Policy]]:
    for at, stage in enumerate(policy.stages):
        for number, rule in enumerate(stage.rules):
            for place, condition in enumerate(rule.all):
                for name, changed in mutants(condition):
                    asked = (*rule.all[:place], changed, *rule.all[place + 1 :])
                    rules = list(stage.rules)
                    rules[number] = attrs.evolve(rule, all=asked)
                    stages = list(policy.stages)
                    stages[at] = attrs.evolve(stage, rules=tuple(rules))
                    yield f"{rule.id}: {name}", attrs.evolve(policy, stages=tuple(stages))


def unnoticed(policy: Policy) -> list[str]:
    """The changes under which every boundary person gets the same answer."""
    people = [one.person for one in boundary_people(policy)]
    answers = [answer(policy, person) for person in people]
    return [
        name
        for name, changed in mutated(policy)
        if all(answer(changed, it) == one for it, one in zip(people, answers, strict=True))
    ]


def answer(policy: Policy, person: Any) -> tuple[object, ...]:
    decision = decide(policy, person)
    return decision.outcome, decision.offers, decision.possible_offers


ROUNDS = [name for name in catalog.ids() if name.startswith("tw/covid19-1922/")]
"""The seasonal campaigns take minutes each: their boundary people are many."""


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", ROUNDS)
def test_no_number_of_a_round_changes_unnoticed(policy_id: str) -> None:
    assert unnoticed(catalog.load(policy_id)) == []


def test_the_age_at_the_dose_before_does_not_change_unnoticed() -> None:
    policy = catalog.load("tw/influenza/2025")
    people = [
        one.person for one in boundary_people(policy) if "previous_dose_before_age" in one.name
    ]
    changes = [it for it in mutated(policy) if "previous_dose_before_age 9" in it[0]]
    assert len(changes) == 2
    for _, changed in changes:
        assert any(answer(changed, person) != answer(policy, person) for person in people)
