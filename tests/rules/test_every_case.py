"""Everybody whom a person's facts allow: how they are divided, and the days that some or all have."""

from __future__ import annotations

from datetime import date, timedelta

from tests.helpers import FIRST, LAST, policy_of
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import Dose, PartialDate, Person
from vaxpolicy.rules.compiled import CompiledPolicy, compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtDoseOf,
    AgeAtLeast,
    AnyCondition,
    DoseDue,
    DosesOf,
    Question,
)
from vaxpolicy.rules.every_case import EveryCase
from vaxpolicy.rules.policy import Rule
from vaxpolicy.rules.unknowns import Budget, Case

BIRTH_DATE, DOSES = Question("birth_date"), Question("doses")
ALL_DAYS = DaySet.between(FIRST, LAST)
BORN = date(2003, 12, 31)


def plan_of(*conditions: AnyCondition, dose: int = 2) -> CompiledPolicy:
    return compile_policy(policy_of(Rule("a", dose, ("AZ",), cites=(), all=conditions)))


def number_of(plan: CompiledPolicy, kind: type) -> int:
    """The number of the condition of this kind."""
    (number,) = (n for n, it in enumerate(plan.leaves) if isinstance(it.condition, kind))
    return number


def case_of(plan: CompiledPolicy, person: Person) -> Case:
    return Case(plan, plan.read(person).facts, Budget(1000))


def test_known_facts_divide_nobody() -> None:
    plan = plan_of(AgeAtLeast(18, "day"), DoseDue(28, "day"))
    case = case_of(plan, Person(BORN, (Dose("AZ", date(2021, 11, 1)),), frozenset()))
    assert case.split(BIRTH_DATE, number_of(plan, AgeAtLeast)) == [case]
    assert case.split(DOSES, number_of(plan, DoseDue)) == [case]


def test_nobody_is_born_outside_the_range() -> None:
    plan = plan_of(AgeAtLeast(18, "day"), dose=1)
    case = case_of(plan, Person(PartialDate(2003, 12), (), frozenset()))
    first, last = date(2003, 12, 1).toordinal(), date(2003, 12, 31).toordinal()
    (part,) = case.between(first - 9, first + 9)
    assert (part.facts.birth, part.facts.birth_to) == (first, first + 9)
    assert case.between(last + 1, last + 9) == []


def test_nobody_at_a_corner_had_a_dose_before_the_birth() -> None:
    plan = plan_of(AgeAtLeast(0, "day"), DoseDue(28, "day"))
    born, given = date(2021, 1, 1).toordinal(), date(2021, 6, 1)
    facts = plan.read(Person(PartialDate(2021), (Dose("AZ", given),), frozenset())).facts
    for birth_to in (facts.birth_to, given.toordinal() + 9):
        case = Case(plan, facts.but(birth_to=birth_to), Budget(1000))
        births = {corner.facts.birth for corner in case.corners()}
        assert min(births) == born
        assert max(births) <= given.toordinal()


def test_no_day_is_possible_when_the_days_are_over() -> None:
    plan = plan_of(AgeAtLeast(18, "day"), dose=1)
    facts = plan.read(Person(None, (), frozenset())).facts
    assert EveryCase(plan, facts, LAST.toordinal()).possible_days(0) == DaySet.of(LAST)
    over = LAST + timedelta(days=1)
    assert EveryCase(plan, facts, over.toordinal()).possible_days(0) == DaySet.none()


def test_doses_of_a_product_are_possible_and_not_sure_in_a_history_that_is_not_known() -> None:
    plan = plan_of(DosesOf(("BNT",)))
    cases = EveryCase(plan, plan.read(Person(BORN, None, frozenset())).facts)
    assert cases.possible_days(0) == ALL_DAYS
    assert cases.sure_days([0]) == DaySet.none()


def test_an_age_at_a_dose_is_possible_and_not_sure_where_only_the_year_of_birth_is_known() -> None:
    plan = plan_of(AgeAtDoseOf(("AZ",), at_least_months=216))
    doses = (Dose("AZ", date(2021, 6, 1)),)
    cases = EveryCase(plan, plan.read(Person(PartialDate(2003), doses, frozenset())).facts)
    assert cases.possible_days(0) == ALL_DAYS
    assert cases.sure_days([0]) == DaySet.none()
