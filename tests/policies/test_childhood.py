"""The routine schedule for children, held against a second reading of the table of April 2025.

The expected days below were written from the table, not from the policy file: a week is 7 days, a
month 30, a year 365.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from vaxpolicy import catalog
from vaxpolicy.eligibility import (
    DatedFact,
    Decision,
    Dose,
    Outcome,
    PartialDate,
    Person,
    decide,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

BORN = date(2025, 5, 1)
WEEK, MONTH, YEAR = 7, 30, 365
FIVE, JEI = "DTaP-Hib-IPV", "JE-inactivated"
GRACE = 4

# vaccine, ages at the doses before, the age at which the next one is accepted, what sets that age,
# and by how many days it may be too early and still count
TABLE: list[tuple[str, tuple[int, ...], int, str, int]] = [
    ("BCG", (), 0, "age", 0),
    ("HepB", (), 0, "age", 0),
    ("HepB", (0,), 4 * WEEK, "wait", GRACE),
    ("HepB", (0, 5 * WEEK), 16 * WEEK, "wait", GRACE),
    ("HepB", (0, 10 * WEEK), 18 * WEEK, "wait", GRACE),
    (FIVE, (), 6 * WEEK, "age", GRACE),
    (FIVE, (6 * WEEK,), 10 * WEEK, "wait", GRACE),
    (FIVE, (6 * WEEK, 10 * WEEK), 14 * WEEK, "wait", GRACE),
    (FIVE, (60, 120, 240), 240 + 6 * MONTH, "wait", GRACE),
    (FIVE, (60, 120, 180), YEAR, "age", 0),
    ("PCV13", (), 6 * WEEK, "age", GRACE),
    ("PCV13", (6 * WEEK,), 14 * WEEK, "wait", GRACE),
    ("PCV13", (7 * MONTH,), 7 * MONTH + 4 * WEEK, "wait", GRACE),
    ("PCV13", (7 * MONTH - 1,), 7 * MONTH - 1 + 8 * WEEK, "wait", GRACE),
    ("PCV13", (60, 120), YEAR, "age", GRACE),
    ("PCV13", (60, 350), 350 + 8 * WEEK, "wait", GRACE),
    ("Varicella", (), 12 * MONTH, "age", 0),
    ("MMR", (), 12 * MONTH, "age", 0),
    ("MMR", (12 * MONTH,), 12 * MONTH + 4 * WEEK, "wait", 0),
    ("JE-live", (), 12 * MONTH, "age", 0),
    ("JE-live", (450,), 450 + 12 * MONTH, "wait", 0),
    (JEI, (), 12 * MONTH, "age", GRACE),
    (JEI, (450,), 450 + 4 * WEEK, "wait", GRACE),
    (JEI, (450, 480), 480 + 6 * MONTH, "wait", GRACE),
    (JEI, (450, 480, 840), 4 * YEAR, "age", GRACE),
    (JEI, (450, 480, 4 * YEAR), 4 * YEAR + 6 * MONTH, "wait", GRACE),
    ("DTaP-IPV", (), 4 * YEAR, "age", GRACE),
    ("HepA", (), 12 * MONTH, "age", GRACE),
    ("HepA", (540,), 540 + 6 * MONTH, "wait", 0),
]


def day(age: int) -> date:
    return BORN + timedelta(days=age)


def given(vaccine: str, ages: Sequence[int]) -> list[Dose]:
    return [Dose(vaccine, day(age)) for age in ages]


WAITS = {
    "immunoglobulin": 3 * MONTH,
    "immunoglobulin-measles": 6 * MONTH,
    "blood-product": 6 * MONTH,
    "immunoglobulin-high-dose": 11 * MONTH,
}
"""The days that live vaccines wait after each of these."""
NOTHING = {fact: DatedFact(fact, "never") for fact in WAITS}


def asked(
    *doses: Dose,
    born: date | PartialDate = BORN,
    group: str = "status/national",
    facts: Sequence[DatedFact] = tuple(NOTHING.values()),
) -> Decision:
    person = Person(birth_date=born, doses=doses, groups=frozenset({group}), dated_facts=facts)
    return decide(catalog.load("tw/childhood/2025"), person)


LAST_SURE = date(2027, 12, 31)


def accepted(decision: Decision, vaccine: str, number: int, on: date) -> bool:
    """Whether the dose is accepted on a day: surely, or after 2027 possibly."""
    offers = (*decision.offers, *decision.possible_offers)
    same = (it for it in offers if (it.vaccine, it.dose) == (vaccine, number))
    return any(on in (it.days if on <= LAST_SURE else it.possible_days) for it in same)


@pytest.mark.parametrize("row", TABLE)
def test_a_dose_is_accepted_from_its_day_on(
    row: tuple[str, tuple[int, ...], int, str, int],
) -> None:
    vaccine, before, age, *_ = row
    decision = asked(*given(vaccine, before))
    number = len(before) + 1
    found = [accepted(decision, vaccine, number, day(at)) for at in (age - 1, age, age + 1)]
    assert found == [False, True, True]


@pytest.mark.parametrize(("vaccine", "before", "age", "by", "grace"), TABLE)
def test_a_dose_counts_up_to_the_days_of_grace_too_early(
    vaccine: str, before: tuple[int, ...], age: int, by: str, grace: int
) -> None:
    code = {"age": "dose-too-young", "wait": "dose-too-soon"}[by]
    for at, counts in ((age - grace - 1, False), (age - grace, True), (age, True)):
        if at < max((*before, -1)) or at < 0:
            continue
        decision = asked(*given(vaccine, (*before, at)))
        void = [it for it in decision.reasons if it.code.startswith("dose-too-")]
        assert [(it.code, it.day, it.vaccine) for it in void] == (
            [] if counts else [(code, day(at), vaccine)]
        )


def test_a_dose_that_does_not_count_is_given_again_after_its_own_wait() -> None:
    decision = asked(*given(FIVE, (60, 70)))
    assert [it.code for it in decision.reasons][:1] == ["dose-too-soon"]
    found = [accepted(decision, FIVE, 2, day(70 + at)) for at in (27, 28)]
    assert found == [False, True]


@pytest.mark.parametrize("other", ["Varicella", "JE-live"])
def test_live_vaccines_are_given_on_one_day_or_28_days_apart(other: str) -> None:
    decision = asked(*given(other, (400,)))
    found = {at: accepted(decision, "MMR", 1, day(400 + at)) for at in (0, 1, 27, 28, 29)}
    assert found == {0: True, 1: False, 27: False, 28: True, 29: True}


def test_a_live_vaccine_too_soon_after_another_one_is_void_and_repeated_28_days_later() -> None:
    for apart, counts in ((0, True), (1, False), (27, False), (28, True)):
        decision = asked(*given("Varicella", (400,)), *given("MMR", (400 + apart,)))
        assert ("dose-too-close" not in {it.code for it in decision.reasons}) is counts
        if not counts:
            found = [accepted(decision, "MMR", 1, day(400 + apart + at)) for at in (27, 28)]
            assert found == [False, True]


def test_a_void_dose_of_a_live_vaccine_is_not_waited_for_a_whole_year() -> None:
    decision = asked(*given("JE-live", (450, 820)), *given("MMR", (815,)))
    assert "dose-too-close" in {it.code for it in decision.reasons}
    found = [accepted(decision, "JE-live", 2, day(820 + at)) for at in (27, 28)]
    assert found == [False, True]


def test_an_mmr_dose_before_twelve_months_does_not_count() -> None:
    decision = asked(*given("MMR", (200,)))
    assert accepted(decision, "MMR", 1, day(360))
    assert not any(offer.dose == 2 for offer in decision.offers if offer.vaccine == "MMR")


def test_the_booster_before_school_is_waived_after_a_fourth_dose_at_four_years() -> None:
    for age, offered in ((4 * YEAR - 1, True), (4 * YEAR, False)):
        decision = asked(*given(FIVE, (60, 120, 180, age)))
        assert accepted(decision, "DTaP-IPV", 1, day(5 * YEAR + 10)) is offered


def test_vaccines_are_recommended_later_than_they_are_accepted() -> None:
    offers = {offer.rule_id: offer.days.first for offer in asked().offers}
    assert offers["five-in-one-1"] == day(42)
    assert offers["five-in-one-1-recommended"] == date(2025, 7, 1)
    assert offers["mmr-1-recommended"] == date(2026, 5, 1)


@pytest.mark.parametrize("fact", WAITS)
def test_live_vaccines_wait_after_blood_products(fact: str) -> None:
    on = day(12 * MONTH + 10)
    facts = {**NOTHING, fact: DatedFact(fact, on - timedelta(days=WAITS[fact]))}
    decision = asked(facts=tuple(facts.values()))
    for vaccine in ("MMR", "Varicella", "JE-live"):
        found = [accepted(decision, vaccine, 1, on + timedelta(days=it)) for it in (-1, 0, 1)]
        assert found == [False, True, True]
    assert accepted(decision, "HepA", 1, on - timedelta(days=1))
    unknown = asked(facts=[it for it in NOTHING.values() if it.fact != fact])
    assert not accepted(unknown, "MMR", 1, on)
    assert accepted(unknown, "HepA", 1, on)


def test_a_foreign_child_is_covered_through_a_parent() -> None:
    assert asked(group="status/parent-covered").outcome is Outcome.ELIGIBLE
    assert asked(group="status/residence-certificate").outcome is Outcome.INELIGIBLE


def test_a_birth_date_that_decides_whether_a_dose_counts_leaves_the_doses_unknown() -> None:
    decision = asked(Dose("MMR", date(2026, 5, 10)), born=PartialDate(2025, 5))
    assert decision.outcome is Outcome.UNDETERMINED
    assert "birth_date" in decision.missing
    known = asked(Dose("MMR", date(2026, 6, 30)), born=PartialDate(2025, 5))
    assert accepted(known, "Varicella", 1, date(2026, 6, 30))


def test_unknown_doses_never_give_an_answer() -> None:
    person = Person(
        birth_date=BORN,
        groups=frozenset({"status/national"}),
        dated_facts=tuple(NOTHING.values()),
    )
    decision = decide(catalog.load("tw/childhood/2025"), person)
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == ("doses",)
    adult = decide(catalog.load("tw/childhood/2025"), Person(birth_date=date(1980, 1, 1)))
    assert adult.outcome is Outcome.INELIGIBLE


def test_two_vaccines_of_different_diseases_may_be_given_on_one_day() -> None:
    decision = asked(*given(FIVE, (60,)), *given("PCV13", (60,)))
    assert "doses-on-one-day" not in {it.code for it in decision.reasons}
    both = asked(*given("JE-live", (400,)), *given(JEI, (400,)))
    assert "doses-on-one-day" in {it.code for it in both.reasons}


RECOMMENDED: list[tuple[str, tuple[int, ...], date, date | None]] = [
    ("BCG", (), date(2025, 10, 1), date(2026, 1, 31)),
    ("HepB", (), date(2025, 5, 1), date(2025, 5, 2)),
    ("HepB", (0,), date(2025, 6, 1), None),
    ("HepB", (0, 31), date(2025, 11, 1), None),
    (FIVE, (), date(2025, 7, 1), None),
    (FIVE, (61,), date(2025, 9, 1), None),
    (FIVE, (61, 123), date(2025, 11, 1), None),
    (FIVE, (61, 123, 184), date(2026, 11, 1), None),
    ("PCV13", (), date(2025, 7, 1), None),
    ("PCV13", (61,), date(2025, 9, 1), None),
    ("PCV13", (61, 123), date(2026, 5, 1), None),
    ("Varicella", (), date(2026, 5, 1), None),
    ("MMR", (), date(2026, 5, 1), None),
    ("MMR", (365,), date(2030, 5, 1), None),
    ("JE-live", (), date(2026, 8, 1), None),
    ("JE-live", (457,), date(2027, 8, 1), None),
    (JEI, (), date(2026, 8, 1), None),
    (JEI, (457,), date(2026, 9, 1), None),
    (JEI, (457, 488), date(2027, 9, 1), None),
    (JEI, (457, 488, 853), date(2030, 5, 1), None),
    ("DTaP-IPV", (), date(2030, 5, 1), None),
    ("HepA", (), date(2026, 11, 1), None),
    ("HepA", (549,), date(2027, 8, 1), None),
]
"""Vaccine, ages at the doses before, and the first day on which the next one is recommended.

The last day is here where the schedule names an age at which it ends.
"""


@pytest.mark.parametrize(("vaccine", "before", "first", "last"), RECOMMENDED)
def test_a_dose_is_recommended_from_its_age_on(
    vaccine: str, before: tuple[int, ...], first: date, last: date | None
) -> None:
    decision = asked(*given(vaccine, before))
    (days,) = (
        offer.days or offer.possible_days
        for offer in (*decision.offers, *decision.possible_offers)
        if (offer.vaccine, offer.dose, offer.kind) == (vaccine, len(before) + 1, "recommended")
    )
    assert days.first == first
    assert last is None or days.last == last


def test_a_third_dose_after_a_late_first_one_waits_for_the_first_year() -> None:
    decision = asked(*given("PCV13", (7 * MONTH, 8 * MONTH)))
    found = [accepted(decision, "PCV13", 3, day(YEAR + at)) for at in (-1, 0, 1)]
    assert found == [False, True, True]


def test_delayed_doses_go_on_and_never_start_again() -> None:
    born = date(2023, 5, 1)
    decision = asked(Dose(FIVE, date(2023, 7, 1)), born=born)
    numbers = {offer.dose for offer in decision.offers if offer.vaccine == FIVE}
    assert numbers == {2}


def test_a_vaccine_against_tuberculosis_is_given_at_any_time() -> None:
    decision = asked(*given("BCG", (400,)))
    assert all(accepted(decision, "MMR", 1, day(400 + at)) for at in (0, 1, 27))
    decision = asked(*given("BCG", (400,)), *given("MMR", (401,)))
    assert "dose-too-close" not in {it.code for it in decision.reasons}


def test_hepatitis_a_is_for_births_from_2017_on() -> None:
    for born, covered in ((date(2016, 12, 31), False), (date(2017, 1, 1), True)):
        decision = asked(born=born)
        every = (*decision.offers, *decision.possible_offers)
        assert any(offer.vaccine == "HepA" for offer in every) is covered


def test_the_row_on_influenza_is_decided_by_the_programme_of_the_season() -> None:
    """From six months on, and two doses four weeks apart for the first time."""
    plan = catalog.load("tw/influenza/2026")
    groups = frozenset({"status/national", "flu-2026/preschool"})
    born = date(2026, 5, 15)
    (first,) = decide(plan, Person(born, (), groups)).offers
    assert first.days.first == date(2026, 11, 15)
    assert (first.days.first - born).days >= 6 * MONTH
    one = Dose("Influenza", date(2026, 11, 15))
    (second,) = decide(plan, Person(born, (one,), groups)).offers
    assert (second.dose, second.days.first) == (2, one.on + timedelta(days=28))


def test_a_dose_that_counts_only_for_some_births_is_decided() -> None:
    """Of people who may be born before or after the least age at a dose, some have one dose less."""
    kinds = (
        "blood-product",
        "immunoglobulin",
        "immunoglobulin-high-dose",
        "immunoglobulin-measles",
    )
    person = Person(
        doses=[Dose("HepA", date(2019, 1, 21))],
        groups=["status/national"],
        dated_facts=[DatedFact(kind, "never") for kind in kinds],
    )
    decision = decide(catalog.load("tw/childhood/2025"), person)
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == ("birth_date",)
