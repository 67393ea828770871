"""An answer changes at the edges of its conditions only, and "not" gives the other days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers import FIRST, LAST, STAGE, policy_of, small_policy
from vaxpolicy.eligibility import Dose, Outcome, Person, Policy, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtLeastMonths,
    AgeAtMost,
    AgeAtMostMonths,
    AllOf,
    AnyCondition,
    BornOnOrAfter,
    BornOnOrBefore,
    DoseDue,
    DosesAtLeast,
    InGroup,
    NotThat,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    Reckoning,
)
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays

if TYPE_CHECKING:
    from vaxpolicy.days import DaySet

DAY = timedelta(days=1)
BIRTHS = [date(2003, 12, 20) + number * DAY for number in range(30)]
"""The days on which people were born who become 18 about the stage."""
GIVEN = [date(2021, 11, 25) + number * DAY for number in range(45)]
"""The days of a dose after which the next is due about the stage, and some after the stage."""
SEASON = date(2021, 11, 20)
ABOUT_BIRTHS: list[AnyCondition] = [
    AgeAtLeast(18, "day"),
    AgeAtLeast(18, "first-day"),
    AgeAtLeast(18, "last-day"),
    AgeAtLeast(18, "calendar-year"),
    AgeAtLeast(18, date(2022, 1, 1)),
    AgeAtMost(17, "day"),
    AgeAtMost(17, "calendar-year"),
    AgeAtLeastMonths(216, "day"),
    AgeAtLeastMonths(216, "last-day"),
    AllOf((AgeAtLeast(17, "day"), AgeAtMost(17, "day"))),
    BornOnOrBefore(date(2004, 1, 2)),
    BornOnOrAfter(date(2004, 1, 2)),
]
ABOUT_DOSES: list[AnyCondition] = [
    DosesAtLeast(1),
    DoseDue(28, "day"),
    DoseDue(28, "first-day"),
    DoseDue(28, "last-day"),
    PreviousDoseOnOrBefore(date(2021, 12, 10)),
    PreviousDoseOnOrAfter(date(2021, 12, 10)),
    PreviousDoseBeforeAge(18),
    PreviousDoseOf(("AZ",)),
]


def days(policy: Policy, person: Person) -> set[date]:
    return {day for offer in decide(policy, person, explain=False).offers for day in offer.days}


def answer(policy: Policy, person: Person) -> list[tuple[DaySet, DaySet]]:
    """The sure and the possible days of each offer."""
    decision = decide(policy, person, explain=False)
    return [(it.days, it.possible_days) for it in (*decision.offers, *decision.possible_offers)]


def of(condition: AnyCondition, dose: int = 1) -> Policy:
    return policy_of(Rule("r", dose, ("AZ",), (), (condition,)), season=SEASON)


def changes(policy: Policy, people: dict[date, Person]) -> set[int]:
    """The days after which the answer is another one."""
    found = {day: answer(policy, person) for day, person in people.items()}
    return {
        day.toordinal() for day in found if day + DAY in found and found[day] != found[day + DAY]
    }


@pytest.mark.parametrize("condition", ABOUT_BIRTHS, ids=repr)
def test_an_answer_changes_at_edges_of_the_birth_dates(condition: AnyCondition) -> None:
    people = {born: Person(born, ()) for born in BIRTHS}
    for asked in (condition, NotThat(condition)):
        policy = of(asked)
        found = changes(policy, people)
        assert found
        assert found <= compile_policy(policy).edges.births


LONG: VaccinationDays = VaccinationDays(date(2020, 12, 30), date(2023, 6, 3))
"""Days in four calendar years."""
NEW_YEARS = [date(year, 12, 31) + day * DAY for year in range(2000, 2008) for day in (0, 1)]


@pytest.mark.parametrize("on", ["calendar-year", "not-stated"])
@pytest.mark.parametrize("kind", [AgeAtLeast, AgeAtMost])
def test_an_age_by_calendar_year_has_an_edge_at_every_new_year_of_a_long_stage(
    kind: type[AgeAtLeast | AgeAtMost], on: Reckoning
) -> None:
    policy = policy_of(Rule("r", 1, ("AZ",), (), (kind(18, on),)), days=LONG)
    found = changes(policy, {born: Person(born, ()) for born in NEW_YEARS})
    assert found
    assert found <= compile_policy(policy).edges.births


def test_everybody_has_a_day_if_each_birth_date_has_one() -> None:
    """The one year in which people are 18 is another one for each year of birth."""
    asked = (
        (AgeAtLeast(18, "calendar-year"), AgeAtMost(18, "calendar-year")),
        (BornOnOrBefore(date(2002, 12, 31)),),
        (BornOnOrAfter(date(2005, 1, 1)),),
    )
    rules = [Rule(f"r{number}", 1, ("AZ",), (), its) for number, its in enumerate(asked)]
    policy = policy_of(*rules, days=LONG)
    for person in (Person(None, ()), *(Person(born, ()) for born in NEW_YEARS)):
        assert decide(policy, person).outcome is Outcome.ELIGIBLE


@pytest.mark.parametrize("condition", ABOUT_DOSES, ids=repr)
def test_an_answer_changes_at_edges_of_the_doses(condition: AnyCondition) -> None:
    born = date(2003, 12, 9)
    people = {given: Person(born, (Dose("AZ", given),)) for given in GIVEN}
    policy = of(condition, dose=2)
    found = changes(policy, people)
    assert found
    assert found <= compile_policy(policy).edges.doses


@pytest.mark.parametrize("condition", ABOUT_DOSES, ids=repr)
def test_no_edge_is_before_the_season(condition: AnyCondition) -> None:
    assert min(compile_policy(of(condition, dose=2)).edges.doses) >= SEASON.toordinal() - 1


def test_a_dose_ends_the_days_of_every_stage() -> None:
    second = VaccinationDays(LAST + 5 * DAY, LAST + 9 * DAY)
    rules = (Rule("r", 1, ("AZ",), ()),)
    policy = small_policy(
        Stage("one", VaccinationDays(FIRST, LAST), rules), Stage("two", second, rules)
    )
    every = [FIRST - 3 * DAY + number * DAY for number in range(20)]
    people = {given: Person(None, (Dose("AZ", given),)) for given in every}
    found = changes(policy, people)
    of_stages = {day.toordinal() for day in (*STAGE, *(second.first + n * DAY for n in range(5)))}
    assert found == of_stages
    edges = compile_policy(policy).edges.doses
    assert found | {FIRST.toordinal() - 1, second.first.toordinal() - 1} <= edges


@pytest.mark.parametrize("condition", ABOUT_BIRTHS + ABOUT_DOSES, ids=repr)
def test_the_opposite_holds_on_the_other_days(condition: AnyCondition) -> None:
    known: dict[str, Any] = {"dose": 2 if condition in ABOUT_DOSES else 1}
    given = (Dose("BNT", date(2021, 12, 3)),) if condition in ABOUT_DOSES else ()
    holds, fails = of(condition, **known), of(NotThat(condition), **known)
    both = policy_of(
        Rule("r", known["dose"], ("AZ",), (), (condition,)),
        Rule("n", known["dose"], ("AZ",), (), (NotThat(condition),)),
        season=SEASON,
    )
    for born in BIRTHS:
        person = Person(born, given)
        assert days(holds, person) | days(fails, person) == set(STAGE)
        assert not days(holds, person) & days(fails, person)
        assert days(both, person) == set(STAGE)


CODES: list[tuple[AnyCondition, str, str]] = [
    (AgeAtLeast(18, "day"), "too-young", "too-old"),
    (AgeAtMost(17, "day"), "too-old", "too-young"),
    (AgeAtLeastMonths(216, "day"), "too-young", "too-old"),
    (AgeAtMostMonths(215, "day"), "too-old", "too-young"),
    (BornOnOrBefore(date(2004, 1, 2)), "born-too-late", "born-too-early"),
    (BornOnOrAfter(date(2004, 1, 2)), "born-too-early", "born-too-late"),
    (DoseDue(28, "day"), "interval-too-short", "interval-too-long"),
    (
        PreviousDoseOnOrBefore(date(2021, 12, 10)),
        "previous-dose-too-late",
        "previous-dose-too-early",
    ),
    (
        PreviousDoseOnOrAfter(date(2021, 12, 10)),
        "previous-dose-too-early",
        "previous-dose-too-late",
    ),
    (PreviousDoseBeforeAge(18), "too-old-at-previous-dose", "too-young-at-previous-dose"),
    (PreviousDoseOf(("AZ",)), "other-vaccine-before", "excluded-vaccine-before"),
    (InGroup("g"), "not-in-group", "in-excluded-group"),
]


@pytest.mark.parametrize(("condition", "code", "negated"), CODES, ids=repr)
def test_a_condition_and_its_opposite_refuse_with_codes_of_their_own(
    condition: AnyCondition, code: str, negated: str
) -> None:
    people = [
        Person(born, (Dose(vaccine, given),), groups)
        for born in BIRTHS[::4]
        for given in GIVEN[:31:5]
        for vaccine in ("AZ", "BNT")
        for groups in ((), ("g",))
    ]
    for asked, wanted in ((condition, code), (NotThat(condition), negated)):
        policy = of(asked, dose=2)
        refused = [it for person in people for it in decide(policy, person).reasons]
        codes = {it.code for it in refused if it.condition == condition}
        assert codes == {wanted}
