"""The seasonal campaigns: what was amended while they ran, and what no source of theirs says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypeAlias

import pytest

from vaxpolicy import catalog
from vaxpolicy.eligibility import DatedFact, Decision, Dose, Offer, Outcome, Person, decide

NATIONAL = frozenset({"status/national"})
NOBODY: frozenset[str] = frozenset()
Facts: TypeAlias = dict[str, Any]
NEVER_INFECTED = DatedFact("covid19-infection", "never")


def asked(campaign: str, *, as_of: date | None = None, **facts: Any) -> Decision:
    """The answer of a campaign to a national without doses, unless given."""
    facts = {"groups": NATIONAL, "doses": (), "dated_facts": [NEVER_INFECTED], **facts}
    return decide(catalog.load(f"tw/{campaign}", as_of=as_of), Person(**facts))


def of_dose(offers: tuple[Offer, ...], dose: int) -> dict[str, date | None]:
    """The first day, by rule."""
    return {it.rule_id: it.days.first for it in offers if it.dose == dose}


AMENDED = date(2025, 6, 5)
IN_FORCE = date(2025, 6, 11)


@pytest.mark.parametrize("vaccine", ["Moderna", "Novavax"])
@pytest.mark.parametrize(
    ("given", "before", "after"),
    [
        (date(2024, 10, 1), date(2025, 4, 8), date(2025, 4, 8)),
        (date(2024, 12, 12), date(2025, 6, 10), date(2025, 6, 10)),  # 180 days, on the eve
        (date(2024, 12, 13), date(2025, 6, 11), IN_FORCE),
        (date(2025, 3, 1), date(2025, 8, 28), IN_FORCE),
        (date(2025, 4, 12), None, IN_FORCE),  # 60 days
        (date(2025, 4, 13), None, date(2025, 6, 12)),
        (date(2025, 7, 30), None, date(2025, 9, 28)),
    ],
)
def test_60_days_are_enough_for_the_second_dose_from_11_june_2025_on(
    vaccine: str, given: date, before: date | None, after: date
) -> None:
    def first(as_of: date | None) -> date | None:
        doses = [Dose(vaccine, given)]
        decision = asked("covid19/2024", as_of=as_of, birth_date=date(1950, 1, 1), doses=doses)
        return of_dose(decision.offers, 2).get("second-elders")

    assert first(AMENDED - timedelta(days=1)) == before
    assert first(AMENDED) == first(None) == after


@pytest.mark.parametrize(
    ("born", "group"),
    [
        (date(1968, 1, 1), "status/indigenous"),
        (date(1990, 1, 1), "covid19-2024/immunocompromised"),
        (date(1990, 1, 1), None),
    ],
)
def test_the_shorter_interval_is_for_the_groups_that_had_the_second_dose(
    born: date, group: str | None
) -> None:
    person: Facts = {
        "birth_date": born,
        "doses": [Dose("Moderna", date(2025, 3, 1))],
        "groups": NATIONAL | ({group} if group else set()),
    }
    earlier = of_dose(asked("covid19/2024", as_of=date(2025, 6, 4), **person).offers, 2)
    later = of_dose(asked("covid19/2024", **person).offers, 2)
    assert set(earlier.values()) == ({date(2025, 8, 28)} if group else set())
    assert set(later.values()) == ({IN_FORCE} if group else set())


@pytest.mark.parametrize("given", [date(2023, 1, 1), date(2024, 9, 30)])
def test_novavax_of_2024_names_no_interval_and_none_could_matter(given: date) -> None:
    """The 84 days of Moderna after the last day of the season before are over by 1 January."""
    decision = asked("covid19/2024", birth_date=date(1990, 1, 1), doses=[Dose("BNT", given)])
    first = {it.vaccine: it.days.first for it in decision.offers}
    assert first == {
        "Moderna": max(date(2024, 11, 1), given + timedelta(days=84)),
        "Novavax": date(2025, 1, 1),
    }
    assert date(2024, 9, 30) + timedelta(days=84) < date(2025, 1, 1)


def test_novavax_of_2024_is_not_for_those_who_had_moderna_of_the_campaign() -> None:
    doses = [Dose("Moderna", date(2024, 12, 31))]
    decision = asked("covid19/2024", birth_date=date(1990, 1, 1), doses=doses)
    assert {it.vaccine for it in decision.offers} == {"Moderna"}  # up to that dose


@pytest.mark.parametrize(
    ("born", "earlier", "groups", "expected"),
    [
        (date(2020, 5, 1), (), {"flu-2024/preschool"}, True),
        (date(2020, 5, 1), (date(2023, 11, 1),), {"flu-2024/preschool"}, True),
        (date(2012, 5, 1), (), {"flu-2024/phase-1"}, True),
        (date(2006, 10, 2), (), {"flu-2024/phase-1"}, True),
        (date(2006, 10, 1), (), {"flu-2024/phase-1"}, False),  # 18 on the day of the first dose
        (date(1950, 1, 1), (), set(), False),
    ],
)
def test_a_childs_second_dose_of_influenza_2024_is_open_and_an_adults_refused(
    born: date, earlier: tuple[date, ...], groups: set[str], expected: bool
) -> None:
    days = (*earlier, date(2024, 10, 1))
    decision = asked(
        "influenza/2024",
        birth_date=born,
        doses=[Dose("Influenza", day) for day in days],
        groups=NATIONAL | groups,
    )
    assert not of_dose(decision.offers, 2)
    open_ = {it.rule_id for it in decision.possible_offers if it.dose == 2}
    assert open_ == ({"1-children-second"} if expected else set())


def test_the_day_on_which_the_vaccine_of_2024_ran_out_is_open() -> None:
    adult = {"birth_date": date(1990, 1, 1)}
    (offer,) = asked("influenza/2024", **adult).offers
    assert (offer.rule_id, offer.days.first, offer.days.last) == (
        "everyone",
        date(2025, 1, 1),
        date(2025, 1, 31),
    )
    assert offer.possible_days.last == date(2025, 2, 19)


@pytest.mark.parametrize("campaign", ["influenza/2025", "covid19/2025"])
@pytest.mark.parametrize("status", ["national", "residence-certificate", "official-card"])
def test_the_campaigns_of_2025_take_nationals_and_holders_of_certificates_and_cards(
    campaign: str, status: str
) -> None:
    old = {"birth_date": date(1950, 1, 1)}
    assert asked(campaign, **old, groups={f"status/{status}"}).outcome is Outcome.ELIGIBLE
    assert asked(campaign, **old, groups=NOBODY).outcome is Outcome.INELIGIBLE


@pytest.mark.parametrize(("campaign", "year"), [("covid19/2025", 2025), ("covid19/2026", 2026)])
def test_the_dose_waits_for_84_days_after_an_infection(campaign: str, year: int) -> None:
    infected = [DatedFact("covid19-infection", date(year, 9, 1))]
    old = {"birth_date": date(1950, 1, 1)}
    found = of_dose(asked(campaign, **old, dated_facts=infected).offers, 1)
    assert found["1-elders"] == date(year, 9, 1) + timedelta(days=84)
    decision = asked(campaign, **old, dated_facts=())
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == ("dated_facts/covid19-infection",)


def test_the_stage_for_everyone_of_influenza_2024_takes_those_who_wait_for_a_certificate() -> None:
    adult = {"birth_date": date(1990, 1, 1)}
    for status in ("residence-certificate", "official-card", "residence-certificate-applied"):
        decision = asked("influenza/2024", **adult, groups={f"status/{status}"})
        assert {it.rule_id for it in decision.offers} == {"everyone"}


@pytest.mark.parametrize("campaign", ["influenza/2026", "covid19/2024"])
def test_where_no_source_names_the_identity_only_nationals_are_sure(campaign: str) -> None:
    old = {"birth_date": date(1950, 1, 1)}
    assert asked(campaign, **old).outcome is Outcome.ELIGIBLE
    for groups in (NOBODY, {"status/residence-certificate"}):
        decision = asked(campaign, **old, groups=groups)
        assert decision.outcome is Outcome.UNDETERMINED
        assert decision.missing == ()  # nothing about the person could close it
