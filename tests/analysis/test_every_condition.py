"""Every analysis takes a policy with any condition: it answers, or it raises PolicyError."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from vaxpolicy import catalog
from vaxpolicy._values import InvalidType
from vaxpolicy.analysis.possible_people import if_possible, possible_ones
from vaxpolicy.catalog import PolicyFileError
from vaxpolicy.eligibility import Person, PolicyError
from vaxpolicy.rules.conditions import LEAVES, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.eligibility import Policy

RECKONINGS = ["day", "first-day", "last-day", "calendar-year", "not-stated"]
AGES = ["age_at_least", "age_at_most"]
OF_AGES: list[dict[str, Any]] = [
    {f"{age}{unit}": number, "on": on}
    for age in AGES
    for unit, numbers in {"": (18, 150), "_months": (6, 1800), "_days": (366, 54_787)}.items()
    for number in numbers
    for on in RECKONINGS
    if not unit or on not in {"calendar-year", "not-stated"}
]
OF_DAYS: list[dict[str, Any]] = [
    {"born_on_or_before": date(1880, 1, 1)},
    {"born_on_or_after": date(2006, 2, 28)},
    {"born_on_or_after": date(9000, 12, 31)},
    {"from_day": date(2024, 9, 2)},
    {"days_since_fact": "covid19-infection", "at_least": 28},
    {"days_since_fact": "covid19-infection", "at_least": 54_787},
    {"days_since_fact": "covid19-infection", "at_most": 28},
    {"has_fact": "covid19-infection"},
]
OF_DOSES: list[dict[str, Any]] = [
    {"dose_due_after_days": 28, "on": "day"},
    {"dose_due_after_days": 54_787, "on": "day"},
    {"previous_dose_of": ["Influenza"]},
    {"previous_dose_on_or_before": date(2024, 3, 1)},
    {"previous_dose_on_or_after": date(2024, 3, 1)},
    {"previous_dose_before_age": 9},
    {"previous_dose_before_age": 150},
    {"earlier_doses_at_least": 2},
    {"doses_at_least": 1},
    {"apart_from": ["MMR"], "days": 28},
    {"days_since_dose_of": ["Influenza"], "at_least": 28},
    {"days_since_dose_of": ["Influenza"], "at_least": 54_787},
    {"age_at_dose_of": ["Influenza"], "at_least_months": 6},
    {"age_at_dose_of": ["Influenza"], "at_least_days": 54_787},
    {"doses_of": ["Influenza"], "at_least": 1},
]
OF_OTHERS: list[dict[str, Any]] = [
    {"group": "own/a"},
    {"any_group": ["own/a", "own/b"]},
    {"registered_in": ["臺北市"]},
    {"resident_in": ["臺北市"]},
    {"sex": "female"},
    {"wanted": True},
    {"wanted": True, "by": datetime(2024, 8, 1, tzinfo=UTC)},
    {"not_stated": "something"},
    {"not": {"age_at_least": 65, "on": "day"}},
    {"any": [{"group": "own/a"}, {"age_at_least_days": 366, "on": "day"}]},
]
WRITTEN = [*OF_AGES, *OF_DAYS, *OF_DOSES, *OF_OTHERS]


def policy(first: date, last: date, *asked: dict[str, Any], dose: int = 1, **more: Any) -> Policy:
    rule = {"id": "r", "dose": dose, "vaccines": ["Influenza"], "cites": ["n"], "all": [*asked]}
    days = {"first": first, "last": last}
    source = {"publisher": "p", "url": "https://example.org", "checked": date(2023, 8, 1)}
    content: dict[str, Any] = {
        "id": "own/x",
        "version": "1",
        "announced": date(2023, 8, 1),
        "disease": "influenza",
        "notification": "none",
        "sources": {"n": {**source, "support": "official"}},
        "stages": [{"id": "s", "vaccination_days": days, "rules": [rule]}],
        "groups": [
            {"id": f"own/{it}", "name": {"en": it, "zh-Hant": it}, "cites": ["n"]} for it in "ab"
        ],
        **more,
    }
    return catalog.parse_campaign(content).policy


def analyse(old: Policy, new: Policy) -> None:
    """Every analysis of two policies; PolicyError is an answer as well."""
    for apply in (
        lambda: catalog.diff(old, new),
        lambda: catalog.diff(new, old, in_retrospect=True),
        lambda: catalog.season_diff(old, new),
        lambda: catalog.season_diff(new, old),
        lambda: catalog.stranded(old, new),
        lambda: catalog.lint(old),
    ):
        try:
            apply()
        except PolicyError:
            continue


def policies(asked: dict[str, Any], first: date, last: date) -> Iterator[tuple[Policy, Policy]]:
    """Policies that ask a condition, each with one that does not; some count by season."""
    for dose in (1, 2):
        for season, next_one in ((None, None), (date(2024, 2, 29), date(2025, 3, 1))):
            with suppress(PolicyFileError):
                old = policy(first, last, asked, dose=dose, **counting(season))
                yield old, policy(first, last, dose=dose, **counting(next_one))


def counting(season: date | None) -> dict[str, Any]:
    return {} if season is None else {"counts_from": season}


@pytest.mark.parametrize("asked", WRITTEN, ids=str)
def test_no_condition_stops_an_analysis(asked: dict[str, Any]) -> None:
    pairs = [*policies(asked, date(2024, 9, 1), date(2024, 9, 3))]
    assert pairs
    for old, new in pairs:
        analyse(old, new)


def test_every_kind_of_condition_is_among_them() -> None:
    day = date(2024, 9, 1)
    every = [old for asked in WRITTEN for old, _ in policies(asked, day, day)]
    rules = [rule for it in every for stage in it.stages for rule in stage.rules]
    found = {type(it) for rule in rules for it in written(rule.all)}
    assert found >= {*LEAVES}


def test_seasons_too_far_apart_are_not_compared() -> None:
    days = date(2024, 9, 1), date(2024, 9, 3)
    old = policy(*days, **counting(date(1824, 3, 1)))
    with pytest.raises(PolicyError, match="200 years"):
        catalog.season_diff(old, policy(*days, **counting(date(2025, 3, 1))))


def test_a_fault_of_an_analysis_is_no_day_that_nobody_may_have() -> None:
    """Days out of range are left out; a value of another type is a fault, and is seen."""
    wrong: Any = 5
    births = [date(1700, 1, 1), date(1990, 1, 1)]
    made = possible_ones((day.year, partial(Person, birth_date=day)) for day in births)
    assert dict(made) == {1990: Person(birth_date=date(1990, 1, 1))}
    with pytest.raises(InvalidType):
        if_possible(partial(Person, birth_date=wrong))
