"""Single conditions: the days that they give, what they ask, and how they may be written."""

from __future__ import annotations

from datetime import date

import pytest

from tests.helpers import policy_of
from vaxpolicy.days import LAST
from vaxpolicy.eligibility import DatedFact, Dose, Outcome, PartialDate, Person, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    EVERY_DAY,
    NO_DAY,
    AgeAtDoseOf,
    AgeAtLeast,
    AgeAtLeastDays,
    AgeAtLeastMonths,
    AgeAtMost,
    AnyCondition,
    ApartFrom,
    Condition,
    DaysSinceDoseOf,
    DaysSinceFact,
    DoseDue,
    DosesAtLeast,
    DosesOf,
    EarlierDosesAtLeast,
    FromDay,
    HasFact,
    InAnyGroup,
    NotThat,
    PolicyError,
    Question,
    Reckoning,
    opposite,
)
from vaxpolicy.rules.dose_histories import histories
from vaxpolicy.rules.policy import Policy, Rule, VaccinationDays
from vaxpolicy.rules.unknowns import DOSES, Budget, Case

ADULT = date(1990, 1, 1)


def asking(condition: AnyCondition, dose: int = 1) -> Policy:
    """A policy whose only rule has this condition."""
    return policy_of(Rule("a", dose, ("AZ",), cites=(), all=(condition,)))


@pytest.mark.parametrize(
    ("on", "outcome"),
    [(date(2021, 10, 31), Outcome.INELIGIBLE), (date(2021, 11, 1), Outcome.ELIGIBLE)],
)
def test_only_doses_from_a_given_day_on_count(on: date, outcome: Outcome) -> None:
    policy = asking(DosesOf(("BNT",), 1, date(2021, 11, 1)), dose=2)
    person = Person(ADULT, (Dose("BNT", on),), frozenset())
    assert decide(policy, person).outcome is outcome


def test_only_the_unknown_ones_of_several_groups_are_missing() -> None:
    policy = asking(InAnyGroup(("list/1", "list/3")))
    decision = decide(policy, Person(ADULT, (), frozenset(), frozenset({"list/3"})))
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == ("groups/list/3",)


@pytest.mark.parametrize(
    ("condition", "born", "outcome"),
    [
        (AgeAtLeast(18, "day"), PartialDate(2004, 2), Outcome.UNDETERMINED),
        (AgeAtLeast(18, "day"), date(2004, 2, 1), Outcome.ELIGIBLE),
        (AgeAtLeast(18, "day"), date(2004, 2, 2), Outcome.INELIGIBLE),
        (AgeAtMost(17, "day"), PartialDate(2004, 1), Outcome.UNDETERMINED),
        (AgeAtMost(17, "day"), date(2004, 1, 31), Outcome.ELIGIBLE),
        (AgeAtMost(17, "day"), date(2004, 1, 30), Outcome.INELIGIBLE),
    ],
)
def test_an_age_that_only_the_last_or_the_first_day_may_have_asks_for_the_birth_date(
    condition: AnyCondition, born: date | PartialDate, outcome: Outcome
) -> None:
    rule = Rule("a", 1, ("AZ",), cites=(), all=(condition,))
    policy = policy_of(rule, days=VaccinationDays(date(2022, 1, 30), date(2022, 2, 1)))
    decision = decide(policy, Person(born, (), frozenset()))
    assert decision.outcome is outcome
    assert decision.missing == (("birth_date",) if outcome is Outcome.UNDETERMINED else ())


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (InAnyGroup(("list/1", "list/2")), "rule a: any_group: list/2 is an age band"),
        (NotThat(ApartFrom(("BNT",), 28)), "rule a: apart_from: its opposite cannot be asked"),
    ],
)
def test_a_condition_that_is_not_one_range_of_days_is_refused(
    condition: AnyCondition, problem: str
) -> None:
    with pytest.raises(PolicyError, match=problem):
        compile_policy(asking(condition))


@pytest.mark.parametrize("on", ["day", "calendar-year"])
def test_nobody_reaches_an_age_after_the_end_of_the_calendar(on: Reckoning) -> None:
    plan = compile_policy(asking(AgeAtLeast(18, on)))
    (adult,) = (it for it in plan.leaves if isinstance(it.condition, AgeAtLeast))
    facts = plan.read(Person(ADULT, (), frozenset())).facts
    assert adult.turning_day(facts) == date(2008, 1, 1)
    assert adult.turning_day(facts.but(birth=LAST, birth_to=LAST)) is None


@pytest.mark.parametrize(
    ("condition", "day"),
    [
        (DosesAtLeast(1), date(2021, 11, 1)),
        (DosesAtLeast(2), date(2021, 12, 1)),
        (DosesAtLeast(3), None),
        (DosesOf(("AZ",), 1), date(2020, 11, 1)),
        (DosesOf(("AZ",), 2), date(2021, 12, 1)),
        (DosesOf(("AZ",), 3), None),
        (DoseDue(28, "day"), date(2021, 12, 29)),
        (DaysSinceDoseOf(("AZ",), 28), date(2021, 12, 29)),
        (DaysSinceDoseOf(("AZ",), 28, number=1), date(2020, 11, 29)),
        (DaysSinceDoseOf(("Moderna",), 28), None),
        (HasFact("infection"), date(2021, 6, 1)),
        (DaysSinceFact("infection", 30), date(2021, 7, 1)),
        (AgeAtLeast(32, "day"), date(2022, 1, 1)),
        (AgeAtLeastMonths(385, "day"), date(2022, 2, 1)),
        (AgeAtLeastDays(11_689, "day"), date(2022, 1, 2)),
        (FromDay(date(2022, 1, 2)), date(2022, 1, 2)),
    ],
)
def test_an_answer_turns_on_the_day_that_the_condition_counts(
    condition: Condition, day: date | None
) -> None:
    """Doses are counted from the season on, and those of given vaccines over the whole life."""
    rule = Rule("a", 3, ("AZ",), cites=(), all=(condition,))
    plan = compile_policy(policy_of(rule, season=date(2021, 10, 1)))
    (leaf,) = (it for it in plan.leaves if it.condition == condition and not it.negated)
    given = {"AZ": [date(2020, 11, 1), date(2021, 12, 1)], "BNT": [date(2021, 11, 1)]}
    doses = [Dose(vaccine, on) for vaccine, days in given.items() for on in days]
    facts = [DatedFact("infection", date(2021, 6, 1))]
    assert leaf.turning_day(plan.read(Person(ADULT, doses, dated_facts=facts)).facts) == day


def test_nobody_has_a_dose_from_before_the_birth() -> None:
    season = date(2021, 10, 1)
    rule = Rule("a", 1, ("AZ",), cites=(), all=(EarlierDosesAtLeast(1),))
    plan = compile_policy(policy_of(rule, season=season))
    assert {it.before_season for it in histories(plan)} == {0, 1}
    born = season.toordinal()
    whole = Case(plan, plan.read(Person(date(2021, 10, 1))).facts, Budget(100))
    parts = whole.split(whole.branches(DOSES, 0))
    assert {(it.facts.birth, it.facts.before_season) for it in parts} == {(born, 0)}


def test_people_whose_doses_are_known_are_no_range_whatever_else_is_assumed() -> None:
    plan = compile_policy(asking(InAnyGroup(("list/1", "list/3"))))
    whole = Case(plan, plan.read(Person(ADULT, ())).facts, Budget(100))
    parts = whole.split(whole.branches(Question("groups", "list/1"), 0))
    assert [it.facts.member("list/1") for it in parts] == [False, True]
    assert all(it.latest is it.facts for it in (whole, *parts))


def test_what_was_found_about_people_costs_nothing_again() -> None:
    plan = compile_policy(asking(InAnyGroup(tuple(f"other/{it}" for it in range(40)))))
    (number,) = (it for it, leaf in enumerate(plan.leaves) if leaf.condition.fact == "groups")
    whole = Case(plan, plan.read(Person(ADULT, ())).facts, Budget(100))
    found = whole.span(number), whole.questions(number)
    left = whole.budget.left
    assert len(found[1]) == 40
    assert (whole.span(number), whole.questions(number)) == found
    assert whole.budget.left == left


@pytest.mark.parametrize(
    ("condition", "known", "outcome"),
    [
        (AgeAtDoseOf(("AZ",), at_least_months=0), True, Outcome.ELIGIBLE),
        (AgeAtDoseOf(("AZ",), at_least_months=60), True, Outcome.ELIGIBLE),
        (AgeAtDoseOf(("AZ",), at_least_months=60, number=2), True, Outcome.INELIGIBLE),
        (AgeAtDoseOf(("AZ",), at_least_months=0), False, Outcome.UNDETERMINED),
        (AgeAtDoseOf(("AZ",), at_least_months=60), False, Outcome.UNDETERMINED),
    ],
)
def test_an_age_at_a_dose_may_be_of_any_length(
    condition: AnyCondition, known: bool, outcome: Outcome
) -> None:
    person = Person(ADULT, [Dose("AZ", date(2021, 12, 1))]) if known else Person()
    assert decide(asking(condition, dose=2), person).outcome is outcome


def test_equal_ages_have_equal_edges() -> None:
    """Another condition like it may be asked about first, in another policy."""
    births = [compile_policy(asking(AgeAtLeast(18, "day"))).edges.births for _ in range(2)]
    assert births[0] == births[1]
    assert len(births[0]) == 5


def test_the_opposite_of_every_day_is_no_day() -> None:
    assert opposite(EVERY_DAY) is NO_DAY
    assert opposite(NO_DAY) is EVERY_DAY
