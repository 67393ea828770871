"""People whom one policy gives a dose, and no policy the next one."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.helpers import policy_of, run, small_policy
from vaxpolicy import catalog
from vaxpolicy.catalog.next_doses import stranded
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import Dose, Effect, Person, decide
from vaxpolicy.rules.conditions import AgeAtLeast, DoseDue, PreviousDoseOnOrAfter
from vaxpolicy.rules.policy import Policy, Rule, Stage, VaccinationDays

FIRST = Rule("first", 1, ("AZ",), ("x",), (AgeAtLeast(18, "day"),))
SPRING = VaccinationDays(date(2021, 3, 1), date(2021, 3, 14))
SUMMER = VaccinationDays(date(2021, 6, 1), date(2021, 6, 14))


def second(age: int, days: int) -> Policy:
    conditions = (AgeAtLeast(age, "day"), DoseDue(days, "day"))
    return policy_of(Rule("second", 2, ("AZ",), ("x",), conditions), days=SUMMER)


SPRING_ROUND = policy_of(FIRST, days=SPRING)


def test_people_whom_the_next_round_does_not_take_are_found() -> None:
    (found,) = stranded(SPRING_ROUND, second(30, 28))
    assert (found.rule_id, found.vaccine, found.dose) == ("first", "AZ", 1)
    assert found.codes == ("too-young",)
    after = decide(second(30, 28), found.example)
    assert any(it.effect is Effect.REFUSES for it in after.reasons)
    assert stranded(SPRING_ROUND, second(18, 28)) == ()


def test_whoever_has_only_to_wait_is_not_left_behind() -> None:
    assert stranded(SPRING_ROUND, second(18, 300)) == ()


def test_a_next_dose_in_the_same_round_is_a_next_dose() -> None:
    both = policy_of(
        FIRST,
        Rule("second", 2, ("AZ",), ("x",), (DoseDue(28, "day"),)),
        days=VaccinationDays(date(2021, 3, 1), date(2021, 6, 30)),
    )
    assert stranded(both, both) == ()


def test_a_next_dose_in_a_later_stage_of_the_first_round_is_a_next_dose() -> None:
    dose_2 = Rule("second", 2, ("AZ",), ("x",), (DoseDue(28, "day"),))
    one = small_policy(
        Stage("spring", SPRING, (FIRST,)), Stage("summer", SUMMER, (dose_2,)), bands={}
    )
    autumn = VaccinationDays(date(2021, 9, 1), date(2021, 9, 14))
    for_the_old = Rule("second", 2, ("AZ",), ("x",), (AgeAtLeast(65, "day"),))
    assert stranded(one, policy_of(for_the_old, days=autumn)) == ()
    assert stranded(SPRING_ROUND, policy_of(for_the_old, days=autumn)) != ()


def test_a_next_dose_on_the_very_next_day_is_a_next_dose() -> None:
    one, two = (VaccinationDays(it, it) for it in (date(2021, 3, 1), date(2021, 3, 2)))
    dose_2 = Rule("second", 2, ("AZ",), ("x",), (DoseDue(1, "day"),))
    spring = small_policy(Stage("one", one, (FIRST,)), Stage("two", two, (dose_2,)), bands={})
    summer = policy_of(FIRST, days=SUMMER)
    assert stranded(spring, summer) == ()
    late = small_policy(Stage("one", two, (FIRST,)), Stage("two", one, (dose_2,)), bands={})
    assert [it.dose for it in stranded(late, summer)] == [1]


def test_a_round_without_a_second_dose_leaves_everybody_of_a_series_behind() -> None:
    known = catalog.vaccines()
    spring, summer = (policy_of(FIRST, days=it, vaccines=known) for it in (SPRING, SUMMER))
    (found,) = stranded(spring, summer)
    assert found.codes == ()
    assert stranded(SPRING_ROUND, policy_of(FIRST, days=SUMMER)) == ()  # without intervals


def test_nobody_is_tried_with_two_doses_on_one_day() -> None:
    at_once = Rule("second", 2, ("AZ",), ("x",), (PreviousDoseOnOrAfter(date(2021, 3, 14)),))
    spring = policy_of(FIRST, at_once, days=SPRING)
    had = Person(birth_date=date(1990, 1, 1), doses=(Dose("AZ", date(2021, 3, 14)),))
    assert [it.days for it in decide(spring, had).offers if it.dose == 2] == [
        DaySet.between(date(2021, 3, 14), date(2021, 3, 14))
    ]
    third = Rule("third", 3, ("AZ",), ("x",), (AgeAtLeast(90, "day"),))
    assert [it.dose for it in stranded(spring, policy_of(third, days=SUMMER))] == [1]


def test_a_dose_on_the_day_of_the_one_before_is_no_next_dose() -> None:
    one_day = VaccinationDays(date(2021, 3, 1), date(2021, 3, 1))
    at_once = Rule("second", 2, ("AZ",), ("x",), (AgeAtLeast(18, "day"),))
    spring, summer = policy_of(FIRST, at_once, days=one_day), policy_of(FIRST, days=SUMMER)
    assert 1 in [it.dose for it in stranded(spring, summer)]


def test_only_policies_are_compared() -> None:
    with pytest.raises(TypeError, match="new: expected a Policy"):
        stranded(SPRING_ROUND, "round")  # type: ignore[arg-type]  # the point


def test_the_command() -> None:
    words = ("policy", "stranded", "tw/covid19-1922/round-13", "tw/covid19-1922/round-14")
    found = json.loads(run(*words, "--json").stdout)
    said = run(*words)
    assert said.exit_code == int(bool(found))
    for it in found:
        assert f"{it['rule']}: people with dose {it['dose']} of " in said.stdout
    nobody = ("policy", "stranded", "tw/covid19-1922/round-19", "tw/covid19-1922/round-20")
    result = run(*nobody)
    assert result.exit_code == 0
    assert "Nobody who was tried" in result.stdout
