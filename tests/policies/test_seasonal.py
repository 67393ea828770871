"""The influenza and COVID-19 campaigns of 2024 to 2026, held against what was announced.

The figures (opening days, cut-off years, intervals) are those collected from the announcements and
their reports; the sources are in the policy files.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy import catalog
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import (
    DatedFact,
    Decision,
    Dose,
    Outcome,
    PartialDate,
    Person,
    decide,
)
from vaxpolicy.rules.conditions import AllOf, AnyCondition, AnyOf, InGroup, NotThat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.rules.policy import Policy

IDS = (
    "tw/covid19/2024",
    "tw/covid19/2025",
    "tw/influenza/2024",
    "tw/influenza/2025",
    "tw/influenza/2026",
)
FLU_2024, FLU_2025, FLU_2026 = (f"influenza/{year}" for year in (2024, 2025, 2026))
COVID_2024, COVID_2025 = "covid19/2024", "covid19/2025"
PRESCHOOL, LISTED = "flu-2024/preschool", "flu-2024/phase-1"


def asked(
    campaign: str,
    born: date | PartialDate | None,
    *groups: str,
    doses: tuple[tuple[str, date], ...] | None = (),
    as_of: date | None = None,
) -> Decision:
    """The answer of a campaign to a national."""
    person = Person(
        birth_date=born,
        groups={"status/national", *groups},
        doses=None if doses is None else [Dose(*dose) for dose in doses],
        dated_facts=[DatedFact("covid19-infection", "never")],
    )
    return decide(catalog.load(f"tw/{campaign}", as_of=as_of), person)


def days(decision: Decision, *, dose: int = 1, vaccine: str | None = None) -> DaySet:
    """The days that are sure, by whatever rule."""
    found = DaySet.none()
    for offer in decision.offers:
        if offer.dose == dose and vaccine in {None, offer.vaccine}:
            found |= offer.days
    return found


def possible(decision: Decision, rule: str) -> DaySet:
    """The days that are possible by one rule."""
    found = DaySet.none()
    for offer in (*decision.offers, *decision.possible_offers):
        if rule in offer.rule_id.split("|"):
            found |= offer.possible_days
    return found


def first(decision: Decision, *, dose: int = 1, vaccine: str | None = None) -> date | None:
    return days(decision, dose=dose, vaccine=vaccine).first


def year(number: int) -> DaySet:
    return DaySet.between(date(number, 1, 1), date(number, 12, 31))


def groups_in(policy: Policy) -> Iterator[str]:
    def walk(condition: AnyCondition) -> Iterator[str]:
        match condition:
            case AllOf(parts) | AnyOf(parts):
                for part in parts:
                    yield from walk(part)
            case NotThat(part):
                yield from walk(part)
            case InGroup(group):
                yield group

    for stage in policy.stages:
        for rule in stage.rules:
            yield from walk(AllOf(rule.all))


def test_the_campaigns_are_bundled_and_verified() -> None:
    assert set(IDS) <= set(catalog.ids())
    assert [name for name in IDS if not catalog.load(name).verified] == []


@pytest.mark.parametrize("name", IDS)
def test_every_source_is_cited_and_every_group_is_defined(name: str) -> None:
    policy = catalog.load(name)
    cited = {key for stage in policy.stages for key in stage.cites}
    cited |= {key for stage in policy.stages for rule in stage.rules for key in rule.cites}
    assert cited == set(policy.sources)
    assert set(groups_in(policy)) <= set(catalog.groups())


@pytest.mark.parametrize("name", IDS)
def test_a_campaign_counts_doses_from_its_first_day_on(name: str) -> None:
    policy = catalog.load(name)
    assert policy.counts_from == min(stage.vaccination_days.first for stage in policy.stages)


def test_only_texts_of_the_authority_count_as_official() -> None:
    for name in IDS:
        for source in catalog.load(name).sources.values():
            relayed = "relaying" in source.publisher
            of_the_authority = source.publisher.startswith("Taiwan Centers for Disease Control")
            assert (source.support == "official") == (relayed or of_the_authority)
    supports = {it.support for it in catalog.load("tw/influenza/2026").sources.values()}
    assert supports == {"official", "secondary"}


OLD, ADULT, YOUNG = date(1950, 5, 5), date(1970, 5, 5), date(1990, 5, 5)


@pytest.mark.parametrize(
    ("campaign", "born", "groups", "opens"),
    [
        (FLU_2024, OLD, (), date(2024, 10, 1)),
        (FLU_2024, ADULT, (), date(2024, 11, 1)),
        (FLU_2024, YOUNG, (), date(2025, 1, 1)),
        (FLU_2024, YOUNG, ("flu-2024/phase-1/pregnant",), date(2024, 10, 1)),
        (FLU_2024, YOUNG, ("flu-2024/phase-1/institutions/staff",), date(2024, 10, 1)),
        (FLU_2024, date(2010, 5, 5), ("flu-2024/phase-1/students",), date(2024, 10, 1)),
        (FLU_2024, date(2021, 5, 5), (PRESCHOOL,), date(2024, 10, 1)),
        (FLU_2024, YOUNG, ("flu-2024/chronic",), date(2024, 10, 1)),
        (FLU_2024, date(1965, 5, 5), ("status/indigenous",), date(2024, 10, 1)),
        (FLU_2025, OLD, (), date(2025, 10, 1)),
        (FLU_2025, ADULT, (), date(2025, 11, 1)),
        (FLU_2025, YOUNG, (), None),  # no stage for everyone
        (FLU_2025, YOUNG, ("flu-2024/phase-1/infant-parents",), date(2025, 10, 1)),
        (FLU_2026, OLD, (), date(2026, 10, 1)),
        (FLU_2026, date(1975, 5, 5), (), date(2026, 11, 2)),
        (FLU_2026, YOUNG, (), None),
        (FLU_2026, YOUNG, ("flu-2026/phase-1/infant-carers",), date(2026, 10, 1)),
        (FLU_2026, YOUNG, ("flu-2024/phase-1/infant-parents",), None),  # another season's list
        (COVID_2024, OLD, (), date(2024, 10, 1)),
        (COVID_2024, YOUNG, (), date(2024, 11, 1)),
        (COVID_2024, YOUNG, ("flu-2024/phase-1/livestock",), date(2024, 10, 1)),
        (COVID_2025, OLD, (), date(2025, 10, 1)),
        (COVID_2025, ADULT, (), date(2025, 11, 1)),
        (COVID_2025, YOUNG, (), date(2026, 1, 1)),
        (COVID_2025, YOUNG, ("flu-2024/phase-1/livestock",), date(2026, 1, 1)),
        (COVID_2025, YOUNG, ("covid19-2025/phase-1/high-risk/dementia",), date(2025, 10, 1)),
        (COVID_2025, date(2010, 5, 5), ("flu-2024/phase-1/students",), date(2026, 1, 1)),
    ],
)
def test_each_phase_opens_for_its_groups(
    campaign: str, born: date, groups: tuple[str, ...], opens: date | None
) -> None:
    decision = asked(campaign, born, *groups)
    assert first(decision) == opens
    assert decision.outcome is (Outcome.ELIGIBLE if opens else Outcome.INELIGIBLE)


def test_the_purchase_of_february_2025_is_for_phase_1_alone() -> None:
    bought = DaySet.between(date(2025, 2, 20), None)
    for born, groups, expected in (
        (OLD, (), True),
        (YOUNG, ("flu-2024/phase-1/pregnant",), True),
        (ADULT, (), False),
        (YOUNG, (), False),
    ):
        decision = asked(FLU_2024, born, *groups)
        found = [it.possible_days & bought for it in (*decision.offers, *decision.possible_offers)]
        assert any(found) is expected


def test_before_it_was_announced_the_end_was_open_for_everyone() -> None:
    def last(as_of: date) -> date | None:
        return days(asked(FLU_2024, YOUNG, as_of=as_of)).last

    assert last(date(2025, 2, 11)) == date(2025, 9, 30)
    assert last(date(2025, 2, 12)) == date(2025, 1, 31)


@pytest.mark.parametrize(
    ("campaign", "day", "rule"),
    [
        (FLU_2024, date(2024, 12, 17), "everyone"),
        (COVID_2024, date(2024, 12, 31), "novavax"),
        (COVID_2024, date(2025, 3, 18), "second-elders"),
        (COVID_2025, date(2025, 11, 3), "novavax-adults"),
        (COVID_2025, date(2025, 12, 12), "everyone"),
        (COVID_2025, date(2026, 3, 12), "second-elders"),
    ],
)
def test_a_stage_is_in_force_from_its_announcement_on(campaign: str, day: date, rule: str) -> None:
    def rules(as_of: date) -> set[str]:
        policy = catalog.load(f"tw/{campaign}", as_of=as_of)
        return {it.id for stage in policy.stages for it in stage.rules}

    assert rule not in rules(day - timedelta(days=1))
    assert rule in rules(day)


def test_the_stage_for_everyone_of_2026_was_extended_on_24_february() -> None:
    def span(as_of: date | None) -> tuple[date | None, date | None]:
        found = days(asked(COVID_2025, YOUNG, as_of=as_of))
        return found.first, found.last

    assert span(date(2026, 2, 23)) == (date(2026, 1, 1), date(2026, 2, 28))
    assert span(date(2026, 2, 24)) == span(None) == (date(2026, 1, 1), date(2026, 4, 30))


def test_where_sources_differ_on_the_last_day_the_days_between_are_possible() -> None:
    (offer,) = (it for it in asked(COVID_2024, YOUNG).offers if it.vaccine == "Moderna")
    assert (offer.days.last, offer.possible_days.last) == (date(2025, 9, 28), date(2025, 9, 30))


def test_what_applied_after_april_2026_is_open() -> None:
    offers = asked(COVID_2025, OLD).offers
    (offer,) = (it for it in offers if it.rule_id == "1-elders")
    assert (offer.days.last, offer.possible_days.last) == (date(2026, 4, 30), date(2026, 9, 30))
    (everyone,) = {it.possible_days.last for it in offers if it.rule_id == "everyone"}
    assert everyone == date(2026, 4, 30)


@pytest.mark.parametrize(
    ("campaign", "rule", "groups", "cutoffs"),
    [
        (FLU_2024, "1-elders", (), {2024: 1959, 2025: 1960}),
        (FLU_2024, "1-indigenous", ("status/indigenous",), {2024: 1969, 2025: 1970}),
        (FLU_2024, "1-chronic", ("flu-2024/chronic",), {2024: 2005, 2025: 2006}),
        (FLU_2024, "2-adults", (), {2024: 1974, 2025: 1975}),
        (FLU_2025, "1-elders", (), {2025: 1960, 2026: 1961}),
        (FLU_2025, "1-indigenous", ("status/indigenous",), {2025: 1970, 2026: 1971}),
        (FLU_2025, "2-adults", (), {2025: 1975, 2026: 1976}),
        (FLU_2026, "1-elders", (), {2026: 1961, 2027: 1962}),
        (FLU_2026, "1-indigenous", ("status/indigenous",), {2026: 1971, 2027: 1972}),
        (FLU_2026, "2-adults", (), {2026: 1976, 2027: 1977}),
        (COVID_2025, "1-elders", (), {2025: 1960, 2026: 1961}),
        (COVID_2025, "1-indigenous", ("status/indigenous",), {2025: 1970, 2026: 1971}),
        (COVID_2025, "2-adults", (), {2025: 1975, 2026: 1976}),
    ],
)
def test_the_cut_off_is_the_end_of_a_year_of_birth_and_moves_on_1_january(
    campaign: str, rule: str, groups: tuple[str, ...], cutoffs: dict[int, int]
) -> None:
    """By the reading by calendar year, which is one of two where no source states it."""
    for of_year, born in cutoffs.items():
        last = date(born, 12, 31)
        for birth, expected in ((last, True), (last + timedelta(days=1), False)):
            found = possible(asked(campaign, birth, *groups), rule) & year(of_year)
            assert bool(found) is expected


@pytest.mark.parametrize(
    ("campaign", "years"),
    [(FLU_2024, {2024: 1960, 2025: 1961}), (FLU_2025, {2025: 1961, 2026: 1962})],
)
def test_adults_of_50_to_64_end_where_elders_begin(campaign: str, years: dict[int, int]) -> None:
    for of_year, born in years.items():
        adult, elder = date(born, 1, 1), date(born - 1, 12, 31)
        for birth, rules in ((adult, (True, False)), (elder, (False, True))):
            decision = asked(campaign, birth)
            found = (possible(decision, rule) & year(of_year) for rule in ("2-adults", "1-elders"))
            assert tuple(map(bool, found)) == rules


@pytest.mark.parametrize(
    ("campaign", "born", "opens"),
    [
        (FLU_2024, date(1959, 12, 31), date(2024, 10, 1)),
        (FLU_2024, date(1960, 1, 1), date(2024, 11, 1)),  # 64: with the adults
        (FLU_2025, date(1975, 12, 31), date(2025, 11, 1)),
        (FLU_2025, date(1976, 1, 1), date(2026, 1, 1)),
        (FLU_2025, date(1976, 12, 31), date(2026, 1, 1)),
        (FLU_2025, date(1977, 1, 1), None),
    ],
)
def test_by_calendar_year_the_birthday_does_not_count(
    campaign: str, born: date, opens: date | None
) -> None:
    assert first(asked(campaign, born)) == opens


def test_where_the_reckoning_is_not_stated_only_those_whom_it_places_differently_are_open() -> None:
    groups = ("status/indigenous",)
    assert asked(FLU_2025, date(1970, 10, 1), *groups).outcome is Outcome.ELIGIBLE
    unsure = date(1970, 10, 2)  # 55 by calendar year, not yet on the first day
    decision = asked(FLU_2025, unsure, *groups)
    assert first(decision) == date(2025, 11, 1)  # with the adults, however it is reckoned
    assert possible(decision, "1-indigenous").first == date(2025, 10, 1)
    chronic = asked(FLU_2024, date(2005, 12, 31), "flu-2024/chronic")
    assert first(chronic) == date(2025, 1, 1)  # with everyone
    of_2025 = asked(FLU_2025, date(2006, 12, 31), "flu-2024/chronic")
    assert (of_2025.outcome, of_2025.missing) == (Outcome.UNDETERMINED, ())


def test_two_bands_whose_reckoning_nobody_states_leave_no_gap() -> None:
    """People who turn 65 between the phases are in one of them, however either is reckoned."""
    for born in (date(1960, 10, 2), date(1960, 10, 15), date(1960, 11, 1), date(1960, 11, 2)):
        assert first(asked(COVID_2025, born)) == date(2025, 11, 1)


@pytest.mark.parametrize(
    ("born", "opens"),
    [
        (date(2025, 4, 1), date(2025, 10, 1)),
        (date(2025, 4, 2), date(2025, 10, 2)),
        (date(2025, 5, 31), date(2025, 12, 1)),  # there is no 31 November
        (date(2025, 8, 31), date(2026, 3, 1)),
        (date(2026, 3, 30), date(2026, 9, 30)),
        (date(2026, 3, 31), None),
    ],
)
def test_infants_come_with_six_completed_months(born: date, opens: date | None) -> None:
    assert first(asked(FLU_2025, born, PRESCHOOL)) == opens


def test_a_six_year_old_not_yet_at_school_has_influenza_but_not_covid_in_2025() -> None:
    born = date(2019, 9, 15)
    assert first(asked(FLU_2025, born, PRESCHOOL)) == date(2025, 10, 1)
    assert first(asked(COVID_2025, born, PRESCHOOL)) == date(2026, 1, 1)  # with everyone
    assert not days(asked(FLU_2025, born))  # nor, out of school, unless said so


@pytest.mark.parametrize(
    ("born", "last"),
    [(date(2019, 10, 1), None), (date(2019, 10, 2), 1), (date(2019, 12, 31), 91)],
)
def test_the_covid_group_of_children_ends_with_the_sixth_birthday(
    born: date, last: int | None
) -> None:
    found = days(asked(COVID_2025, born)) & year(2025)
    assert found.last == (date(2025, 9, 30) + timedelta(days=last) if last else None)


def test_a_preschool_child_of_covid_2024_has_no_upper_age() -> None:
    assert first(asked(COVID_2024, date(2018, 9, 1), PRESCHOOL)) == date(2024, 10, 1)
    assert first(asked(COVID_2024, date(2018, 9, 1))) == date(2024, 11, 1)


@pytest.mark.parametrize("campaign", [COVID_2024, COVID_2025])
@pytest.mark.parametrize(("back", "wait"), [(83, 1), (84, 0), (400, 0), (1, 83)])
def test_the_first_dose_of_a_season_waits_84_days_after_the_last_of_another(
    campaign: str, back: int, wait: int
) -> None:
    opens = catalog.load(f"tw/{campaign}").stages[0].vaccination_days.first
    history = (("BNT", opens - timedelta(days=back)),)
    found = first(asked(campaign, OLD, doses=history), vaccine="Moderna")
    assert found == opens + timedelta(days=wait)


def test_influenza_waits_for_nothing_and_counts_no_covid_dose() -> None:
    history = (("Influenza", date(2025, 9, 30)), ("Moderna", date(2025, 10, 1)))
    assert first(asked(FLU_2025, OLD, doses=history)) == date(2025, 10, 1)
    this_season = asked(FLU_2025, OLD, doses=(("Influenza", date(2025, 10, 1)),))
    assert this_season.outcome is Outcome.INELIGIBLE


@pytest.mark.parametrize(
    ("campaign", "given_on", "opens"),
    [
        (COVID_2024, date(2024, 10, 1), date(2024, 10, 29)),
        (COVID_2025, date(2026, 1, 5), date(2026, 2, 2)),
    ],
)
def test_a_child_never_vaccinated_before_has_a_second_dose_after_28_days(
    campaign: str, given_on: date, opens: date
) -> None:
    born = date(2022, 2, 2)
    dose = ("Moderna", given_on)
    assert first(asked(campaign, born, doses=(dose,)), dose=2) == opens
    before = ("BNT", date(2023, 9, 1))
    assert first(asked(campaign, born, doses=(before, dose)), dose=2) is None
    assert first(asked(campaign, date(2018, 2, 2), doses=(dose,)), dose=2) is None


def test_a_child_who_turns_five_between_two_doses_is_open() -> None:
    dose = ("Moderna", date(2024, 10, 10))  # the second is due on 7 November
    for born, sure, maybe in (
        (date(2019, 11, 8), True, True),
        (date(2019, 11, 7), False, True),
        (date(2019, 10, 11), False, True),
        (date(2019, 10, 10), False, False),  # five on the day of the first
    ):
        decision = asked(COVID_2024, born, PRESCHOOL, doses=(dose,))
        assert bool(days(decision, dose=2)) is sure
        assert bool(possible(decision, "children-second")) is maybe


@pytest.mark.parametrize(
    ("born", "groups", "given_on", "opens"),
    [
        (OLD, (), date(2025, 10, 1), date(2026, 4, 7)),
        (OLD, (), date(2025, 10, 9), date(2026, 4, 7)),
        (OLD, (), date(2025, 10, 10), date(2026, 4, 8)),
        (OLD, (), date(2025, 11, 1), date(2026, 4, 30)),
        (date(1968, 1, 1), ("status/indigenous",), date(2025, 10, 10), date(2026, 4, 8)),
        (YOUNG, ("covid19-2024/immunocompromised",), date(2025, 10, 10), date(2026, 4, 8)),
        (date(1968, 1, 1), (), date(2025, 10, 1), None),
        (YOUNG, ("covid19-2025/phase-1/pregnant",), date(2025, 10, 1), None),
    ],
)
def test_the_second_dose_of_2026_is_due_after_180_days_for_those_at_most_risk(
    born: date, groups: tuple[str, ...], given_on: date, opens: date | None
) -> None:
    for brand in ("Moderna", "Novavax"):
        decision = asked(COVID_2025, born, *groups, doses=(("Moderna", given_on),))
        assert first(decision, dose=2, vaccine=brand) == opens


def test_a_second_dose_due_in_may_2026_is_open() -> None:
    decision = asked(COVID_2025, OLD, doses=(("Moderna", date(2025, 11, 2)),))
    assert not days(decision, dose=2)
    assert possible(decision, "second-elders").first == date(2026, 5, 1)


def test_an_immunocompromised_child_has_moderna_alone() -> None:
    groups = ("covid19-2024/immunocompromised",)
    dose = ("Moderna", date(2025, 10, 1))
    for born, brands in (
        (date(2018, 1, 1), {"Moderna"}),
        (date(2012, 1, 1), {"Moderna", "Novavax"}),
    ):
        offers = asked(COVID_2025, born, *groups, doses=(dose,)).offers
        assert {it.vaccine for it in offers if it.dose == 2} == brands


def test_a_third_dose_of_a_child_who_began_with_two_is_open() -> None:
    doses = (("Moderna", date(2025, 10, 1)), ("Moderna", date(2025, 10, 29)))
    decision = asked(COVID_2025, date(2023, 1, 1), "covid19-2024/immunocompromised", doses=doses)
    assert possible(decision, "third-immunocompromised").first == date(2026, 4, 27)
    assert not days(decision, dose=3)


@pytest.mark.parametrize(
    ("campaign", "groups", "opens"),
    [
        (COVID_2024, (), date(2025, 1, 1)),
        (COVID_2025, ("covid19-2025/phase-1",), date(2025, 11, 12)),
    ],
)
def test_novavax_comes_later_and_from_12_years_on(
    campaign: str, groups: tuple[str, ...], opens: date
) -> None:
    for born, expected in (
        (date(1990, 1, 1), opens),
        (opens.replace(year=opens.year - 12), opens),
        (date(opens.year - 12, opens.month, opens.day + 1), opens + timedelta(days=1)),
        (date(opens.year - 11, 12, 31), None),
    ):
        assert first(asked(campaign, born, *groups), vaccine="Novavax") == expected
    assert first(asked(campaign, date(2019, 11, 1), *groups), vaccine="Novavax") is None


def test_whoever_had_one_brand_in_a_season_has_no_other_as_a_first_dose() -> None:
    for one, other in (("Moderna", "Novavax"), ("Novavax", "Moderna")):
        decision = asked(COVID_2025, YOUNG, doses=((one, date(2026, 1, 1)),))
        assert not days(decision, vaccine=other)
        assert decision.outcome is Outcome.INELIGIBLE


@pytest.mark.parametrize(
    ("born", "before", "groups", "expected"),
    [
        (date(2022, 1, 1), 0, (PRESCHOOL,), Outcome.ELIGIBLE),
        (date(2022, 1, 1), 1, (PRESCHOOL,), Outcome.INELIGIBLE),
        (date(2017, 1, 1), 0, (LISTED + "/students",), Outcome.UNDETERMINED),
        (date(2016, 10, 2), 0, (LISTED + "/students",), Outcome.UNDETERMINED),
        (date(2016, 10, 1), 0, (LISTED + "/students",), Outcome.INELIGIBLE),  # nine
        (date(2017, 1, 1), 1, (LISTED + "/students",), Outcome.INELIGIBLE),
    ],
)
def test_in_2025_under_nine_and_never_vaccinated_means_two_doses(
    born: date, before: int, groups: tuple[str, ...], expected: Outcome
) -> None:
    earlier = [("Influenza", date(2024 - n, 11, 1)) for n in range(before)]
    decision = asked(FLU_2025, born, *groups, doses=(*earlier, ("Influenza", date(2025, 10, 1))))
    assert decision.outcome is expected
    if expected is Outcome.ELIGIBLE:
        assert first(decision, dose=2) == date(2025, 10, 29)


@pytest.mark.parametrize(
    ("born", "before", "expected"),
    [
        (date(2024, 1, 1), 0, True),
        (date(2024, 1, 1), 1, True),
        (date(2024, 1, 1), 2, False),
        (date(2023, 10, 2), 1, True),  # three on the day after the first dose
        (date(2023, 10, 1), 1, False),  # three on its day
        (date(2023, 10, 1), 0, True),
        (date(2020, 1, 1), 0, True),
        (date(2020, 1, 1), 1, False),
    ],
)
def test_in_2026_the_age_at_the_first_dose_and_all_doses_before_decide(
    born: date, before: int, *, expected: bool
) -> None:
    earlier = [("Influenza", date(2025, 11, 1) - timedelta(days=28 * n)) for n in range(before)]
    dose = ("Influenza", date(2026, 10, 1))
    decision = asked(FLU_2026, born, "flu-2026/preschool", doses=(*earlier, dose))
    assert first(decision, dose=2) == (date(2026, 10, 29) if expected else None)


def test_in_2026_a_pupils_second_dose_is_not_the_programmes() -> None:
    dose = ("Influenza", date(2026, 10, 1))
    decision = asked(FLU_2026, date(2019, 1, 1), "flu-2026/phase-1/students", doses=(dose,))
    assert decision.outcome is Outcome.INELIGIBLE


def test_chronic_patients_under_19_are_open_where_the_wordings_differ() -> None:
    child = date(2009, 1, 1)
    assert not days(asked(FLU_2024, child, "flu-2024/chronic")) & year(2024)
    for campaign, group in ((FLU_2025, "flu-2024/chronic"), (FLU_2026, "flu-2026/chronic")):
        assert asked(campaign, child, group).outcome is Outcome.UNDETERMINED


def test_the_plan_of_2026_lists_a_body_mass_index_of_30() -> None:
    assert first(asked(FLU_2026, YOUNG, "flu-2026/bmi-30")) == date(2026, 10, 1)


@pytest.mark.parametrize("day_of_birth", [1, 15, 30])
@pytest.mark.parametrize("day_before", [1, 10, 31])
@pytest.mark.parametrize(
    ("given", "second"),
    [(date(2026, 10, 1), True), (date(2026, 10, 31), True), (date(2026, 12, 1), False)],
)
def test_the_plans_own_examples_of_a_second_dose(
    day_of_birth: int, day_before: int, given: date, *, second: bool
) -> None:
    """Born in November 2023, one dose in December 2025: by the day of the season's first dose."""
    doses = (("Influenza", date(2025, 12, day_before)), ("Influenza", given))
    decision = asked(FLU_2026, date(2023, 11, day_of_birth), "flu-2026/preschool", doses=doses)
    due = given + timedelta(days=28)
    assert first(decision, dose=2) == (due if second else None)


@pytest.mark.parametrize(
    ("campaign", "group", "brands"),
    [
        (FLU_2025, "flu-2025/infant-parents", {"Influenza"}),
        (COVID_2025, "covid19-2025/infant-parents", {"Moderna", "Novavax"}),
    ],
)
def test_both_parents_of_infants_come_with_the_letter_of_12_november(
    campaign: str, group: str, brands: set[str]
) -> None:
    for day, expected in ((date(2025, 11, 11), set()), (date(2025, 11, 12), brands)):
        policy = catalog.load(f"tw/{campaign}", as_of=day)
        rules = [rule for stage in policy.stages for rule in stage.rules]
        named = [rule for rule in rules if "infant-parents" in rule.id]
        assert {brand for rule in named for brand in rule.vaccines} == expected
    decision = asked(campaign, YOUNG, group)
    found = {offer.vaccine for offer in decision.offers if "infant-parents" in offer.rule_id}
    assert found == brands


def test_influenza_of_2025_has_the_groups_of_2024_and_no_stage_for_everyone() -> None:
    of_2024, of_2025 = (catalog.load(f"tw/{it}") for it in (FLU_2024, FLU_2025))

    def lists(policy: Policy) -> set[str]:
        return {it for it in groups_in(policy) if it.startswith("flu-")}

    assert lists(of_2024) == lists(of_2025) - {"flu-2025/infant-parents"}
    assert [it.id for it in of_2024.stages] == ["phase-1", "phase-2", "everyone"]
    assert [it.id for it in of_2025.stages] == ["phase-1", "phase-2"]


def test_the_list_of_2026_widens_parents_to_carers() -> None:
    of_2024, of_2026 = (
        {it.removeprefix(name) for it in catalog.groups() if it.startswith(name)}
        for name in ("flu-2024/", "flu-2026/")
    )
    assert of_2026 - of_2024 == {"phase-1/infant-carers", "bmi-30"}
    assert of_2024 - of_2026 == {"phase-1/infant-parents", "phase-1/bmi-30"}


@pytest.mark.parametrize(
    ("born", "group"),
    [
        (date(2010, 5, 5), "flu-2024/phase-1/students"),
        (YOUNG, "flu-2024/phase-1/livestock"),
        (YOUNG, "status/indigenous"),
    ],
)
def test_whom_covid_of_2025_no_longer_covers_in_its_own_year(born: date, group: str) -> None:
    assert days(asked(COVID_2024, born, group)) & year(2024)
    assert not days(asked(COVID_2025, born, group)) & year(2025)


def test_covid_of_2025_widens_high_risk_by_four() -> None:
    four = {"tuberculosis", "disability", "mental-illness", "dementia"}
    prefix = "covid19-2025/phase-1/high-risk/"
    parts = {it.removeprefix(prefix) for it in catalog.groups() if it.startswith(prefix)}
    assert parts - four == {"chronic", "bmi-30", "rare-disease", "catastrophic-illness"}
    for part in four:
        assert first(asked(COVID_2025, date(2015, 1, 1), prefix + part)) == date(2025, 10, 1)


@pytest.mark.parametrize("name", IDS)
def test_of_somebody_unknown_the_facts_that_matter_are_missing(name: str) -> None:
    decision = decide(catalog.load(name), Person())
    assert decision.outcome is Outcome.UNDETERMINED
    assert {"birth_date", "doses", "groups/status/national"} <= set(decision.missing)


def test_of_an_old_national_only_the_doses_are_missing() -> None:
    assert asked(FLU_2025, PartialDate(1950), doses=None).missing == ("doses",)
    assert asked(COVID_2025, PartialDate(1950), doses=None).missing == ("doses",)


BIRTHS = st.dates(date(1930, 1, 1), date(2026, 9, 30))
GROUPS = st.sets(
    st.sampled_from(
        [
            "status/indigenous",
            LISTED,
            PRESCHOOL,
            "flu-2024/chronic",
            "flu-2026/phase-1",
            "covid19-2025/phase-1",
            "covid19-2024/immunocompromised",
        ]
    )
)
CAMPAIGNS = st.sampled_from([name.removeprefix("tw/") for name in IDS])


def all_days(decision: Decision, *, sure: bool) -> dict[Any, DaySet]:
    found: dict[Any, DaySet] = {}
    for offer in (*decision.offers, *decision.possible_offers):
        key = offer.vaccine, offer.dose
        found[key] = found.get(key, DaySet.none()) | (offer.days if sure else offer.possible_days)
    return found


@given(campaign=CAMPAIGNS, born=BIRTHS, groups=GROUPS, more=GROUPS)
def test_no_group_takes_a_day_away(
    campaign: str, born: date, groups: set[str], more: set[str]
) -> None:
    fewer, wider = asked(campaign, born, *groups), asked(campaign, born, *groups, *more)
    for sure in (True, False):
        found = all_days(wider, sure=sure)
        assert all(
            offered <= found.get(key, DaySet.none())
            for key, offered in all_days(fewer, sure=sure).items()
        )


@given(campaign=CAMPAIGNS, born=BIRTHS, groups=GROUPS, data=st.data())
def test_a_dose_of_the_season_ends_the_days_of_a_first_one(
    campaign: str, born: date, groups: set[str], data: st.DataObject
) -> None:
    policy = catalog.load(f"tw/{campaign}")
    assert policy.counts_from is not None
    lowest = max(born, policy.counts_from)
    taken = data.draw(st.dates(lowest, lowest + timedelta(days=300)))
    vaccine = data.draw(st.sampled_from(policy.stages[0].rules[0].vaccines))
    fresh = all_days(asked(campaign, born, *groups), sure=True)
    decision = asked(campaign, born, *groups, doses=((vaccine, taken),))
    until = DaySet.between(None, taken - timedelta(days=1))
    for (brand, dose), found in all_days(decision, sure=True).items():
        if dose == 1:
            assert found == fresh[brand, 1] & until
        else:
            assert not found & until


@given(born=BIRTHS, groups=GROUPS)
def test_from_january_to_april_2026_everyone_of_six_months_has_covid_vaccine(
    born: date, groups: set[str]
) -> None:
    found = days(asked(COVID_2025, born, *groups), vaccine="Moderna")
    for day in (date(2026, 1, 1), date(2026, 2, 28), date(2026, 4, 30)):
        old_enough = (day.year - born.year) * 12 + day.month - born.month - (
            day.day < born.day
        ) >= 6
        assert (day in found) >= old_enough
        if not old_enough:
            assert day not in found


@given(born=BIRTHS, groups=GROUPS)
def test_without_doses_covid_of_2024_covers_all_whom_influenza_of_2024_does(
    born: date, groups: set[str]
) -> None:
    """The same groups in October, everyone from November on: nobody has only influenza."""
    flu = all_days(asked(FLU_2024, born, *groups), sure=False).get(("Influenza", 1), DaySet.none())
    covid = all_days(asked(COVID_2024, born, *groups), sure=False)
    assert flu <= covid.get(("Moderna", 1), DaySet.none())
