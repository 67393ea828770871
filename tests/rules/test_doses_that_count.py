"""Which doses count: to the day, and the reason names each dose that does not."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from random import Random
from time import process_time
from typing import Any

import pytest

from tests.helpers import policy_of
from vaxpolicy import catalog
from vaxpolicy.eligibility import Dose, Effect, PartialDate, Person, Policy, Reason, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.policy import Rule
from vaxpolicy.rules.validity import Minimum, Spacing

BORN, FIRST_GIVEN = date(1990, 1, 1), date(2021, 7, 1)
CITED = ("source",)
SECOND = Rule("second", 2, ("AZ", "BNT"), ())
AGE = (FIRST_GIVEN - BORN).days
"""The age at the first dose, in days."""


def policy(*minimums: Minimum, spacings: tuple[Spacing, ...] = ()) -> Policy:
    return policy_of(SECOND, minimums=minimums, spacings=spacings)


def minimum(dose: int, *vaccines: str, **more: Any) -> Minimum:
    return Minimum(vaccines or ("AZ",), dose, CITED, **more)


def given(*days: int, vaccines: tuple[str, ...] = ()) -> tuple[Dose, ...]:
    """Doses so many days after the first one."""
    names = vaccines or ("AZ",) * len(days)
    both = zip(names, days, strict=True)
    return tuple(Dose(name, FIRST_GIVEN + timedelta(days=day)) for name, day in both)


def void(policy: Policy, doses: tuple[Dose, ...]) -> list[Reason]:
    """The reasons that name doses that do not count."""
    reasons = decide(policy, Person(BORN, doses)).reasons
    return [it for it in reasons if it.code.startswith("dose-too-")]


@pytest.mark.parametrize(
    ("its", "days", "code", "number"),
    [
        (minimum(1, age_days=AGE), (0,), "", 0),
        (minimum(1, age_days=AGE + 1), (0,), "dose-too-young", 1),
        (minimum(1, age_days=AGE + 4, grace_days=4), (0,), "", 0),
        (minimum(1, age_days=AGE + 5, grace_days=4), (0,), "dose-too-young", 1),
        (
            minimum(1, age_days=AGE + 1, grace_days=4, grace_for_age=False),
            (0,),
            "dose-too-young",
            1,
        ),
        (minimum(1, age_days=AGE, grace_days=4, grace_for_age=False), (0,), "", 0),
        (minimum(2, after_last_days=28), (0, 28), "", 0),
        (minimum(2, after_last_days=28), (0, 27), "dose-too-soon", 2),
        (minimum(2, after_last_days=28, grace_days=4), (0, 24), "", 0),
        (minimum(2, after_last_days=28, grace_days=4), (0, 23), "dose-too-soon", 2),
        (minimum(3, after_first_days=180), (0, 28, 180), "", 0),
        (minimum(3, after_first_days=180), (0, 28, 179), "dose-too-soon", 3),
        (minimum(3, after_first_days=180, grace_days=4), (0, 28, 176), "", 0),
        (minimum(3, after_first_days=180, grace_days=4), (0, 28, 175), "dose-too-soon", 3),
        (minimum(2, after_last_days=28, first_at_days=AGE), (0, 27), "dose-too-soon", 2),
        (minimum(2, after_last_days=28, first_at_days=AGE + 1), (0, 27), "", 0),
    ],
)
def test_a_dose_counts_from_a_day_on(
    its: Minimum, days: tuple[int, ...], code: str, number: int
) -> None:
    found = void(policy(its), given(*days))
    if not code:
        assert found == []
        return
    (reason,) = found
    last = FIRST_GIVEN + timedelta(days=days[-1])
    assert (reason.code, reason.dose, reason.vaccine, reason.day) == (code, number, "AZ", last)
    assert (reason.effect, reason.rule_id, reason.fact) == (Effect.NARROWS, "", None)


def test_one_of_several_minimums_is_enough() -> None:
    early, late = minimum(2, after_last_days=28), minimum(2, after_first_days=60)
    assert void(policy(early, late), given(0, 28)) == []
    assert void(policy(late, early), given(0, 28)) == []
    (reason,) = void(policy(early, late), given(0, 27))
    assert reason.code == "dose-too-soon"
    young = minimum(1, age_days=AGE + 1)
    assert void(policy(young, minimum(1, age_days=AGE)), given(0)) == []


def test_an_interval_starts_at_the_last_dose_whether_it_counts_or_not() -> None:
    second = minimum(2, after_last_days=28)
    found = void(policy(second), given(0, 20, 47))
    assert [(it.code, it.dose) for it in found] == [("dose-too-soon", 2)] * 2
    assert [(it.dose, it.day) for it in void(policy(second), given(0, 20, 48))] == [
        (2, FIRST_GIVEN + timedelta(days=20))
    ]


def test_the_first_dose_that_counts_begins_the_longer_interval() -> None:
    asked = minimum(1, age_days=AGE + 1), minimum(2, after_first_days=100)
    found = void(policy(*asked), given(0, 10, 109))
    assert [(it.code, it.dose) for it in found] == [("dose-too-young", 1), ("dose-too-soon", 2)]
    assert len(void(policy(*asked), given(0, 10, 110))) == 1


def test_vaccines_of_one_series_are_counted_together() -> None:
    together = minimum(2, "AZ", "BNT", after_last_days=28)
    (reason,) = void(policy(together), given(0, 27, vaccines=("AZ", "BNT")))
    assert (reason.vaccine, reason.dose) == ("BNT", 2)
    assert void(policy(minimum(2, after_last_days=28)), given(0, 27, vaccines=("AZ", "BNT"))) == []


@pytest.mark.parametrize(("days", "is_void"), [(0, False), (1, True), (27, True), (28, False)])
def test_other_vaccines_are_given_on_one_day_or_far_enough_apart(
    days: int, *, is_void: bool
) -> None:
    apart = policy(spacings=(Spacing(("AZ", "BNT"), 28, CITED),))
    for vaccines in (("AZ", "BNT"), ("BNT", "AZ")):
        doses = given(0, days, vaccines=vaccines)
        if days:
            found = [(it.code, it.dose, it.vaccine) for it in void(apart, doses)]
            assert found == ([("dose-too-close", 1, vaccines[1])] if is_void else [])
    assert void(apart, given(0, max(days, 1))) == []  # a spacing is not an interval


def test_a_dose_that_does_not_count_is_not_a_dose_of_the_person() -> None:
    its = policy(minimum(1, age_days=AGE + 1))
    decision = decide(its, Person(BORN, given(0)))
    assert [it.code for it in decision.reasons] == ["dose-too-young", "earlier-dose-missing"]
    assert decide(its, Person(BORN, given(1))).offers


def test_a_birth_date_that_decides_which_doses_count_is_asked_for() -> None:
    its = policy(minimum(1, age_days=AGE - 5))
    open_ = decide(its, Person(PartialDate(1990, 1), given(0)))
    assert (open_.outcome.value, open_.missing) == ("undetermined", ("birth_date",))
    assert [(it.code, it.fact) for it in open_.reasons] == [("birth-date-unknown", "birth_date")]
    sure = decide(its, Person(PartialDate(1989, 12), given(0)))
    assert sure.outcome.value == "eligible"
    none = decide(its, Person(PartialDate(1990, 2), given(0)))
    assert none.outcome.value == "ineligible"


CHILDHOOD = catalog.load("tw/childhood/2025")
IN_ITS_RULES = [
    vaccine for stage in CHILDHOOD.stages for rule in stage.rules for vaccine in rule.vaccines
]


def some_history(of: Random) -> list[Dose]:
    """Doses of a child, some of them too early or too close."""
    days = sorted(of.sample(range(900), of.randint(1, 9)))
    few = of.sample(IN_ITS_RULES, 3)
    return [Dose(of.choice(few), date(2020, 3, 1) + timedelta(days=day)) for day in days]


@pytest.mark.parametrize("seed", range(60))
def test_doses_are_undecided_if_and_only_if_the_birth_date_decides_which_count(seed: int) -> None:
    plan, doses = compile_policy(CHILDHOOD), some_history(Random(seed))  # noqa: S311  # a test, not a secret
    first, last = doses[0].on - timedelta(days=40), doses[0].on
    days = [first + timedelta(days=it) for it in range((last - first).days + 1)]
    each = {day: plan.read(Person(day, doses)).void for day in days}
    facts = plan.read(Person(None, doses)).facts
    if facts.undecided:
        parts = [0, *(edge for edge in plan.validity.edges(facts)), last.toordinal()]  # type: ignore[union-attr]
        for before, end in pairwise(parts):  # between two edges the same doses count
            within = [void for day, void in each.items() if before < day.toordinal() <= end]
            assert len({*within}) <= 1
    else:
        assert len({*each.values()}) == 1
    for at, day in enumerate(days[:-1]):
        narrow = facts.but(birth=day.toordinal(), birth_to=days[at + 1].toordinal())
        if facts.undecided:
            found = plan.more_of(narrow, lambda _: None)
            assert bool(found.undecided) == (each[day] != each[days[at + 1]])


@pytest.mark.parametrize("born", [None, PartialDate(2014), date(2014, 6, 1)])
@pytest.mark.parametrize("step", [1, 30])
def test_a_decision_about_a_great_many_doses_is_limited_in_its_work(
    born: date | PartialDate | None, step: int
) -> None:
    days = [date(2015, 1, 1) + timedelta(days=step * at) for at in range(2_000)]
    doses = [Dose(IN_ITS_RULES[at % len(IN_ITS_RULES)], day) for at, day in enumerate(days)]
    decide(CHILDHOOD, Person())
    before = process_time()
    decision = decide(CHILDHOOD, Person(born, doses))
    assert process_time() - before < 2  # without a limit it takes twenty times as long
    if not isinstance(born, date):
        assert decision.outcome.value == "undetermined"
        assert "too-many-cases" in {reason.code for reason in decision.reasons}
