"""Boundary people notice it when any number or day of a bundled policy is changed by one.

The exceptions are listed with their reasons.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from vaxpolicy import catalog
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.eligibility import Person, Policy, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import AllOf, AnyOf, NotThat, PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.rules.conditions import AnyCondition


def by_one(value: Any, *fields: str) -> Iterator[tuple[str, Any]]:
    """The value with one of its numbers and days changed by one, each way."""
    for name in fields or [field.name for field in attrs.fields(type(value))]:
        number = getattr(value, name)
        if type(number) not in {int, date}:
            continue
        for step in (-1, 1):
            by = timedelta(days=step) if type(number) is date else step
            change: dict[str, Any] = {name: number + by}
            try:
                yield f"{name} {number} -> {number + by}", attrs.evolve(value, **change)
            except (PolicyError, ValueError):  # not a value of the format
                continue


def mutants(condition: AnyCondition) -> Iterator[tuple[str, AnyCondition]]:
    """The condition with one number or day changed by one."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for changed in replaced(parts, mutants):
                yield changed[0], type(condition)(changed[1])
        case NotThat(inner):
            for name, changed_inner in mutants(inner):
                yield f"not {name}", NotThat(changed_inner)
        case _:
            yield from by_one(condition)


def replaced(parts: tuple[Any, ...], change: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The parts with one of them changed."""
    for at, part in enumerate(parts):
        for name, changed in change(part):
            yield name, (*parts[:at], changed, *parts[at + 1 :])


def of_rule(rule: Any) -> Iterator[tuple[str, Any]]:
    for name, asked in replaced(rule.all, mutants):
        yield f"{rule.id}: {name}", attrs.evolve(rule, all=asked)
    for name, changed in by_one(rule, "dose"):
        yield f"{rule.id}: {name}", changed


def of_window(window: Any) -> Iterator[tuple[str, Any]]:
    if window.ages is not None:
        for name, ages in by_one(window.ages):
            yield f"window {name}", attrs.evolve(window, ages=ages)


def of_stage(stage: Any) -> Iterator[tuple[str, Any]]:
    for name, rules in replaced(stage.rules, of_rule):
        yield name, attrs.evolve(stage, rules=rules)
    for name, windows in replaced(stage.windows, of_window):
        yield f"{stage.id}: {name}", attrs.evolve(stage, windows=windows)
    for name, days in by_one(stage.vaccination_days):
        yield f"{stage.id}: {name}", attrs.evolve(stage, vaccination_days=days)


def mutated(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """The policy with one number or day changed by one."""
    for name, stages in replaced(policy.stages, of_stage):
        yield name, attrs.evolve(policy, stages=stages)
    for name, changed in by_one(policy, "counts_from"):
        yield name, changed
    for name, minimums in replaced(policy.minimums, by_one):
        yield f"minimum: {name}", attrs.evolve(policy, minimums=minimums)
    for name, spacings in replaced(policy.spacings, by_one):
        yield f"spacing: {name}", attrs.evolve(policy, spacings=spacings)


def unnoticed(policy: Policy) -> list[str]:
    """The changes under which every boundary person gets the same answer."""

    @cache
    def known(person: Person) -> tuple[object, ...]:
        return answer(policy, person)

    people = boundary_people(policy)
    found = []
    for name, changed in mutated(policy):
        try:
            compile_policy(changed)
        except PolicyError:  # such a policy cannot be loaded
            continue
        rule = name.partition(":")[0]
        # those of the rule first, and those of whom everything is known: they are decided fast
        each = sorted(people, key=lambda it: (it.rule_id != rule, "not known" in it.name))
        if all(answer(changed, it.person) == known(it.person) for it in each):
            found.append(name)
    return found


def answer(policy: Policy, person: Person) -> tuple[object, ...]:
    decision = decide(policy, person, explain=False)
    return decision.outcome, decision.offers, decision.possible_offers


LICENCE = "the licence of the vaccine asks the same age"
OVER = "84 days after a dose before the season are over before the stage begins"
PRODUCTS = "a few histories are tried where a policy looks at products, and none has this edge"
TURNS_FIFTY = "whoever is tried on that day turns 50 on it, so the age leaves her open anyway"
AGED_THREE = "nobody with one earlier dose and a dose between the third and the fourth birthday"
EXCEPTIONS: dict[str, dict[str, str]] = {
    "tw/covid19/2025": {
        "1-listed: age_at_least_months 6 -> 5": LICENCE,
        "1-infant-parents: age_at_least_months 6 -> 5": LICENCE,
        "1-children: age_at_least_months 6 -> 5": LICENCE,
        "novavax-listed: age_at_least 12 -> 11": LICENCE,
        "novavax-infant-parents: age_at_least 12 -> 11": LICENCE,
        "everyone: age_at_least_months 6 -> 5": LICENCE,
        "everyone: dose_due_after_days 84 -> 83": OVER,
        "everyone: dose_due_after_days 84 -> 85": OVER,
        "second-immunocompromised: age_at_least_months 6 -> 5": LICENCE,
    },
    "tw/covid19/2026": {
        "1-listed: age_at_least_months 6 -> 5": LICENCE,
        "1-children: age_at_least_months 6 -> 5": LICENCE,
        "second-immunocompromised: age_at_least_months 6 -> 5": LICENCE,
    },
    "tw/hpv/2025": {
        "third: at_least 184 -> 183": PRODUCTS,
        "third: at_least 184 -> 185": PRODUCTS,
    },
    "tw/influenza/2026": {"1-children-second: previous_dose_before_age 3 -> 4": AGED_THREE},
    "tw/mmr-women/2026": {"women: sure_until 2026-12-31 -> 2027-01-01": TURNS_FIFTY},
    "tw/pneumococcal/2026": {
        "conjugate-only: age_at_least 65 -> 64": PRODUCTS,
        "conjugate-only: age_at_least 65 -> 66": PRODUCTS,
        "again-at-65: not at_least 1 -> 2": PRODUCTS,
        "august-conjugate-only: age_at_least 65 -> 64": PRODUCTS,
        "august-conjugate-only: age_at_least 65 -> 66": PRODUCTS,
        "august-again-at-65: not at_least 1 -> 2": PRODUCTS,
    },
    "tw/rotavirus/2027": {
        "rv1-2: not at_least 1 -> 2": PRODUCTS,
        "rv5-2: not at_least 1 -> 2": PRODUCTS,
        "rv5-3: not at_least 1 -> 2": PRODUCTS,
        "infants: sure_until 2027-12-31 -> 2027-12-30": PRODUCTS,
        "infants: sure_until 2027-12-31 -> 2028-01-01": PRODUCTS,
    },
}
"""Changes that no boundary person notices, by policy, each with its reason."""
TAKES_MINUTES = {"tw/childhood/2025", "tw/covid19/2024"}
"""Their boundary people and rules are many; they are not searched here."""


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", sorted({*catalog.ids()} - TAKES_MINUTES))
def test_no_number_of_a_policy_changes_unnoticed(policy_id: str) -> None:
    assert unnoticed(catalog.load(policy_id)) == list(EXCEPTIONS.get(policy_id, {}))


def test_the_age_at_the_dose_before_does_not_change_unnoticed() -> None:
    policy = catalog.load("tw/influenza/2025")
    people = [
        one.person for one in boundary_people(policy) if "previous_dose_before_age" in one.name
    ]
    changes = [it for it in mutated(policy) if "previous_dose_before_age 9" in it[0]]
    assert len(changes) == 2
    for _, changed in changes:
        assert any(answer(changed, person) != answer(policy, person) for person in people)
