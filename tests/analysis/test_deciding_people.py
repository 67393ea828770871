"""Boundary people for whom one condition alone decides."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.helpers import small_policy
from vaxpolicy.analysis.boundary import BoundaryPerson, boundary_people
from vaxpolicy.eligibility import Policy, decide
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    AllOf,
    AnyOf,
    DaysSinceDoseOf,
    DaysSinceFact,
    DosesOf,
    InGroup,
    NotStated,
    NotThat,
)
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST, SURE, LAST = date(2022, 5, 1), date(2022, 12, 31), date(2023, 12, 31)


def policy_of(
    *conditions: Any, days: VaccinationDays | None = None, counts: bool = False
) -> Policy:
    rule = Rule("r", 1, ("AZ",), (), conditions, counts=("AZ",) if counts else ())
    return small_policy(Stage("base", days or VaccinationDays(FIRST, SURE), (rule,)))


def noticed(old: Policy, new: Policy) -> list[BoundaryPerson]:
    """The boundary people of a policy to whom another one gives another answer."""
    return [it for it in boundary_people(old) if _answer(old, it) != _answer(new, it)]


def _answer(policy: Policy, one: BoundaryPerson) -> tuple[object, ...]:
    decision = decide(policy, one.person)
    return decision.outcome, decision.offers, decision.possible_offers


def born(people: Iterable[BoundaryPerson]) -> set[object]:
    return {it.person.birth_date for it in people}


@pytest.mark.parametrize("step", [-1, 1])
def test_somebody_is_sure_on_the_last_sure_day_and_would_be_on_the_next(step: int) -> None:
    """Whoever is built first turns 50 on the next day, after the test of a long time ago."""
    asked = (DaysSinceFact("t", at_most=92), AgeAtMost(49, "not-stated"))
    days = VaccinationDays(FIRST, LAST, sure_until=SURE)
    moved = attrs.evolve(days, sure_until=SURE + timedelta(days=step))
    assert noticed(policy_of(*asked, days=days), policy_of(*asked, days=moved))


def test_nobody_shows_the_last_sure_day_where_every_day_is_unsure() -> None:
    days = VaccinationDays(FIRST, LAST, sure_until=SURE)
    asked = (AgeAtLeast(1, "day"), AgeAtMost(49, "day"), NotStated("who else"))
    people = boundary_people(policy_of(*asked, days=days))
    assert [it.name for it in people if "from_day" in it.name] == []


def asking_twice(other: int, *beside: Any) -> Policy:
    """A rule that asks for 65 years at two places, or for another age at the second one."""
    older = AgeAtLeast(65, "calendar-year")
    return policy_of(
        *beside,
        AnyOf((older, AllOf((InGroup("young"), AgeAtLeast(55, "calendar-year"))))),
        AnyOf((InGroup("ill"), AllOf((InGroup("home"), AgeAtLeast(other, "calendar-year"))))),
        counts=bool(beside),
    )


def test_an_age_at_two_places_has_somebody_for_whom_the_second_place_decides() -> None:
    found = noticed(asking_twice(65), asking_twice(64))
    assert born(found) == {date(1958, 1, 1)}
    assert found[0].person.groups == frozenset({"young", "home"})
    assert "age_at_least 65, on calendar-year: born 1958-01-01" in found[0].name


def test_an_age_at_two_places_beside_a_dose_of_a_product() -> None:
    beside = (
        DosesOf(("BNT",)),
        NotThat(DosesOf(("Moderna",))),
        DaysSinceDoseOf(("BNT",), at_least=56),
    )
    found = noticed(asking_twice(65, *beside), asking_twice(64, *beside))
    assert date(1958, 1, 1) in born(found)


def test_an_age_at_two_places_that_nobody_can_miss_needs_nobody_else() -> None:
    """Without the age the second way is as wide as the third one; and nobody is 65 and under 61."""
    age, ill = AgeAtLeast(65, "day"), InGroup("ill")
    for never in (ill, AgeAtMost(60, "day")):
        people = boundary_people(policy_of(AnyOf((age, AllOf((age, never)), ill))))
        once = boundary_people(policy_of(AnyOf((age, ill))))
        assert {it.person for it in people} == {it.person for it in once}
