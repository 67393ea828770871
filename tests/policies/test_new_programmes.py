"""The programmes of 2025 to 2027, held against a second reading of their sources.

The expected answers were written from the tables of the sources, not from the policy files.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from vaxpolicy import catalog
from vaxpolicy.eligibility import DatedFact, Dose, Outcome, Person, decide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxpolicy.rules.people import FactDate

NATIONAL = "status/national"
RISK = "pneumococcal-2026/ipd-high-risk"
DAY = timedelta(1)


def offered(
    policy: str,
    born: date,
    on: date,
    doses: Iterable[Dose] = (),
    groups: Iterable[str] = (),
    **others: Any,
) -> set[tuple[str, int]]:
    """The vaccines and dose numbers that are surely offered on a day, without an infection."""
    facts = {"dated_facts": [DatedFact("covid19-infection", "never")], **others}
    person = Person(born, tuple(doses), frozenset({NATIONAL, *groups}), **facts)
    found = decide(catalog.load(policy), person).offers
    return {(it.vaccine, it.dose) for it in found if on in it.days}


def possible(
    policy: str, born: date, on: date, doses: Iterable[Dose] = (), groups: Iterable[str] = ()
) -> set[tuple[str, int]]:
    """Those that are possible, if the questions that no source answers turn out so."""
    person = Person(born, tuple(doses), frozenset({NATIONAL, *groups}))
    decision = decide(catalog.load(policy), person)
    every = (*decision.offers, *decision.possible_offers)
    return {(it.vaccine, it.dose) for it in every if on in it.possible_days}


MARCH, SEPTEMBER = date(2026, 3, 2), date(2026, 9, 1)
ELDER, ADULT = date(1950, 5, 5), date(1980, 5, 5)
JANUARY_TEXT = {"PCV20"}
AUGUST_TEXT = {"PCV20", "PCV21"}


def pneumococcal(
    on: date, *doses: Dose, born: date = ELDER, groups: tuple[str, ...] = ()
) -> set[str]:
    return {code for code, _ in offered("tw/pneumococcal/2026", born, on, doses, groups)}


@pytest.mark.parametrize(("on", "new"), [(MARCH, JANUARY_TEXT), (SEPTEMBER, AUGUST_TEXT)])
def test_whoever_has_had_none_is_given_one_of_the_new_vaccines(on: date, new: set[str]) -> None:
    assert pneumococcal(on) == new
    assert pneumococcal(on, born=ADULT) == set()
    assert pneumococcal(on, born=ADULT, groups=(RISK,)) == new
    assert pneumococcal(on, born=date(1971, 12, 31), groups=("status/indigenous",)) == new
    assert pneumococcal(on, born=date(1972, 1, 1), groups=("status/indigenous",)) == set()


@pytest.mark.parametrize("on", [MARCH, SEPTEMBER])
def test_the_year_of_birth_decides(on: date) -> None:
    assert pneumococcal(on, born=date(1961, 12, 31))
    assert not pneumococcal(on, born=date(1962, 1, 1))
    assert pneumococcal(on, born=date(2007, 12, 31), groups=(RISK,))
    assert not pneumococcal(on, born=date(2008, 1, 1), groups=(RISK,))


@pytest.mark.parametrize(("on", "new"), [(MARCH, JANUARY_TEXT), (SEPTEMBER, AUGUST_TEXT)])
def test_a_year_passes_after_the_polysaccharide_vaccine(on: date, new: set[str]) -> None:
    assert pneumococcal(on, Dose("PPV23", on - 365 * DAY)) == new
    assert pneumococcal(on, Dose("PPV23", on - 364 * DAY)) == set()


@pytest.mark.parametrize(("on", "new"), [(MARCH, {"PPV23"}), (SEPTEMBER, AUGUST_TEXT)])
@pytest.mark.parametrize("conjugate", ["PCV13", "PCV15"])
def test_after_an_older_conjugate_vaccine_a_year_or_eight_weeks_pass(
    on: date, new: set[str], conjugate: str
) -> None:
    year, weeks = Dose(conjugate, on - 365 * DAY), Dose(conjugate, on - 56 * DAY)
    assert pneumococcal(on, year) == new
    assert pneumococcal(on, Dose(conjugate, on - 364 * DAY)) == set()
    for group in (RISK, "pneumococcal-2026/institution", "pneumococcal-2026/dialysis"):
        assert pneumococcal(on, weeks, groups=(group,)) == new
        assert pneumococcal(on, Dose(conjugate, on - 55 * DAY), groups=(group,)) == set()
    assert pneumococcal(on, weeks, born=ADULT, groups=(RISK,)) == new
    assert pneumococcal(on, weeks, born=ADULT, groups=("pneumococcal-2026/dialysis",)) == set()


@pytest.mark.parametrize(("on", "new"), [(MARCH, JANUARY_TEXT), (SEPTEMBER, AUGUST_TEXT)])
def test_whoever_is_complete_has_nothing_more_but_at_65_after_five_years(
    on: date, new: set[str]
) -> None:
    both = (Dose("PCV13", date(2016, 1, 4)), Dose("PPV23", date(2017, 1, 9)))
    assert pneumococcal(on, *both) == set()
    assert pneumococcal(on, Dose("PCV20", date(2020, 1, 6))) == set()
    sixty_five = date(1961, 3, 1)
    assert pneumococcal(on, *both, born=sixty_five, groups=(RISK,)) == new
    assert pneumococcal(on, *both, born=sixty_five) == set()
    recent = (both[0], Dose("PPV23", date(2022, 1, 10)))
    assert pneumococcal(on, *recent, born=sixty_five, groups=(RISK,)) == set()


def test_foreigners_come_with_insurance_or_a_residence_certificate() -> None:
    policy = catalog.load("tw/pneumococcal/2026")
    for groups, outcome in (
        ((), Outcome.INELIGIBLE),
        (("status/insured",), Outcome.ELIGIBLE),
        (("status/residence-certificate",), Outcome.ELIGIBLE),
    ):
        assert decide(policy, Person(ELDER, (), frozenset(groups))).outcome is outcome


COVID = "tw/covid19/2026"
NOVEMBER = date(2026, 11, 16)
EARLIER = Dose("Moderna", date(2025, 10, 6))


@pytest.mark.parametrize(
    ("born", "doses", "found"),
    [
        (date(2026, 5, 16), (), {("Moderna", 1)}),
        (date(2026, 5, 17), (), set()),
        (date(2020, 11, 17), (), {("Moderna", 1)}),
        (date(2020, 11, 16), (), set()),
        (date(2022, 1, 1), (EARLIER,), set()),
        (date(1970, 1, 1), (), {("Moderna", 1), ("Novavax", 1)}),
        (date(1970, 1, 1), (EARLIER,), {("Moderna", 1), ("Novavax", 1)}),
        (date(1990, 1, 1), (), set()),
    ],
)
def test_covid_2026_takes_children_only_if_never_vaccinated_and_adults_from_50(
    born: date, doses: tuple[Dose, ...], found: set[tuple[str, int]]
) -> None:
    assert offered(COVID, born, NOVEMBER, doses) == found


def test_covid_2026_opens_in_two_phases() -> None:
    fifty = date(1970, 1, 1)
    assert offered(COVID, fifty, date(2026, 11, 1)) == set()
    assert offered(COVID, fifty, date(2026, 11, 2))
    assert offered(COVID, date(1950, 1, 1), date(2026, 10, 1))
    assert offered(COVID, date(1950, 1, 1), date(2026, 9, 30)) == set()


def test_covid_2026_waits_84_days_28_days_and_180_days() -> None:
    elder = date(1950, 1, 1)
    on = date(2026, 11, 16)
    assert offered(COVID, elder, on, [Dose("Moderna", on - 84 * DAY)])
    assert not offered(COVID, elder, on, [Dose("Moderna", on - 83 * DAY)])
    child = date(2024, 1, 1)
    first = Dose("Moderna", date(2026, 10, 19))
    assert offered(COVID, child, first.on + 28 * DAY, [first]) == {("Moderna", 2)}
    assert not offered(COVID, child, first.on + 27 * DAY, [first])
    season = Dose("Novavax", date(2026, 10, 12))
    due = season.on + 180 * DAY
    assert offered(COVID, elder, due, [season]) == {("Moderna", 2), ("Novavax", 2)}
    assert not offered(COVID, elder, due - DAY, [season])
    assert not offered(COVID, date(1970, 1, 1), due, [Dose("Novavax", date(2026, 11, 2))])


def test_covid_2026_waits_84_days_after_an_infection() -> None:
    elder, on = date(1950, 1, 1), date(2026, 11, 16)
    for days, found in ((84, True), (83, False)):
        facts = [DatedFact("covid19-infection", on - days * DAY)]
        assert bool(offered(COVID, elder, on, dated_facts=facts)) is found
    unknown = decide(catalog.load(COVID), Person(elder, (), frozenset({NATIONAL})))
    assert unknown.outcome is Outcome.UNDETERMINED
    assert unknown.missing == ("dated_facts/covid19-infection",)


def test_covid_2026_gives_novavax_from_12_years_on() -> None:
    carer = {"covid19-2026/phase-1/pregnant"}
    on = date(2026, 12, 1)
    assert offered(COVID, date(2014, 12, 1), on, groups=carer) == {("Moderna", 1), ("Novavax", 1)}
    assert offered(COVID, date(2014, 12, 2), on, groups=carer) == {("Moderna", 1)}


PUPIL = ("hpv-2025/pupils",)


def test_hpv_is_for_pupils_by_enrolment_and_counts_doses_by_the_age_at_the_first() -> None:
    young, old = date(2012, 3, 1), date(2010, 3, 1)
    autumn = date(2025, 10, 6)
    assert offered("tw/hpv/2025", young, autumn, groups=PUPIL) == {("HPV9", 1)}
    assert offered("tw/hpv/2025", young, autumn) == set()
    first = Dose("HPV9", date(2025, 9, 8))
    half_a_year = first.on + 184 * DAY
    assert possible("tw/hpv/2025", young, half_a_year, [first], PUPIL) == {("HPV9", 2)}
    assert possible("tw/hpv/2025", young, half_a_year - DAY, [first], PUPIL) == set()
    assert offered("tw/hpv/2025", old, first.on + 62 * DAY, [first], PUPIL) == {("HPV9", 2)}
    assert offered("tw/hpv/2025", old, first.on + 61 * DAY, [first], PUPIL) == set()
    two = [first, Dose("HPV9", date(2025, 11, 17))]
    assert possible("tw/hpv/2025", old, half_a_year, two, PUPIL) == {("HPV9", 3)}
    assert possible("tw/hpv/2025", old, half_a_year - DAY, two, PUPIL) == set()
    assert possible("tw/hpv/2025", young, half_a_year, two, PUPIL) == set()


def test_rotavirus_is_never_sure_and_possible_from_six_weeks_to_eight_months() -> None:
    born = date(2027, 2, 1)
    plan = "tw/rotavirus/2027"
    both = {("RV1", 1), ("RV5", 1)}
    assert offered(plan, born, born + 42 * DAY) == set()
    assert possible(plan, born, born + 42 * DAY) == both
    assert possible(plan, born, born + 41 * DAY) == set()
    assert possible(plan, born, date(2027, 9, 30)) == both
    assert possible(plan, born, date(2027, 10, 1)) == set()


def test_rotavirus_goes_on_with_its_vaccine_after_four_weeks() -> None:
    born = date(2027, 2, 1)
    plan = "tw/rotavirus/2027"
    for vaccine, doses in (("RV1", 2), ("RV5", 3)):
        given = [Dose(vaccine, born + 60 * DAY)]
        for number in range(2, doses + 1):
            on = given[-1].on + 28 * DAY
            assert possible(plan, born, on, given) == {(vaccine, number)}
            assert possible(plan, born, on - DAY, given) == set()
            given.append(Dose(vaccine, on))
        assert possible(plan, born, given[-1].on + 28 * DAY, given) == set()


def test_mpox_is_two_doses_four_weeks_apart_from_12_years_on() -> None:
    risk = ("mpox-2026/at-risk",)
    on = date(2026, 6, 1)
    assert offered("tw/mpox/2026", date(2014, 6, 1), on, groups=risk) == {("Mpox", 1)}
    assert offered("tw/mpox/2026", date(2014, 6, 2), on, groups=risk) == set()
    assert offered("tw/mpox/2026", ADULT, on) == set()
    first = Dose("Mpox", on)
    assert offered("tw/mpox/2026", ADULT, on + 28 * DAY, [first], risk) == {("Mpox", 2)}
    assert offered("tw/mpox/2026", ADULT, on + 27 * DAY, [first], risk) == set()


def test_mmr_is_one_dose_for_women_of_15_to_49_without_antibodies() -> None:
    on = date(2026, 6, 1)

    def found(born: date, *doses: Dose, tested: int | None = 30, sex: str = "female") -> bool:
        test: FactDate = "never" if tested is None else on - tested * DAY
        facts = [DatedFact("rubella-antibody-negative", test)]
        offers = offered("tw/mmr-women/2026", born, on, doses, dated_facts=facts, sex=sex)
        assert offers in (set(), {("MMR", 1)})
        return bool(offers)

    born = date(1990, 1, 1)
    assert found(born)
    assert not found(born, sex="male")
    assert not found(born, tested=None)
    assert found(born, tested=92)
    assert not found(born, tested=93)
    assert found(born, Dose("MMR", date(1991, 1, 7)), Dose("MMR", date(1996, 1, 8)))
    assert not found(born, Dose("MMR", date(2026, 5, 11)))
    assert not found(date(1976, 1, 1))
    assert not found(date(2012, 1, 1))


@pytest.mark.parametrize("on", [MARCH, SEPTEMBER])
def test_an_earlier_pcv20_is_enough_at_65_too(on: date) -> None:
    sixty_five = date(1961, 3, 1)
    assert (
        pneumococcal(on, Dose("PCV20", date(2020, 1, 6)), born=sixty_five, groups=(RISK,)) == set()
    )
