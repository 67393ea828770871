"""Two seasons compared: rules by their content, groups by their names, people by age."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import attrs
import pytest

from tests.helpers import policy_of, small_policy
from tests.helpers import run as run_app
from vaxpolicy import catalog
from vaxpolicy.analysis.diff import diff
from vaxpolicy.analysis.seasons import SeasonDiff, are_seasons, season_diff
from vaxpolicy.messages import LANGUAGES, describe_season
from vaxpolicy.rules.conditions import (
    AgeAtDoseOf,
    AgeAtLeast,
    AnyCondition,
    InAnyGroup,
    InGroup,
    PolicyError,
)
from vaxpolicy.rules.policy import Policy, Rule, Stage, VaccinationDays

PAIRS = [
    ("tw/influenza/2025", "tw/influenza/2026"),
    ("tw/covid19/2024", "tw/covid19/2025"),
    ("tw/influenza/2024", "tw/influenza/2025"),
]


def compared(old: str, new: str) -> SeasonDiff:
    return catalog.season_diff(catalog.load(old), catalog.load(new))


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_two_seasons_are_compared_in_sixty_lines(old: str, new: str) -> None:
    found = compared(old, new)
    assert found
    assert len(describe_season(found)) < 60


@pytest.mark.slow
def test_a_season_does_not_differ_from_itself() -> None:
    for policy_id in ("tw/influenza/2025", "tw/covid19/2025"):
        found = compared(policy_id, policy_id)
        assert not found
        assert describe_season(found) == ()


def test_what_is_known_of_the_influenza_seasons_is_found() -> None:
    found = compared("tw/influenza/2025", "tw/influenza/2026")
    assert found.years == 1
    fates = {it.rule: it.fate for it in found.rules}
    assert fates["1-bmi"] == "added"
    assert fates["1-infant-parents"] == "dropped"
    assert fates["1-chronic"] == "changed"
    assert found.groups_added == ("flu-2026/bmi-30",)
    assert "flu-2025/infant-parents" in found.groups_dropped
    assert [(it.stage, it.fate) for it in found.stages] == [("phase-2", "changed")]
    adults = next(it for it in found.people if "" in it.groups)
    assert (adults.old.sure.first, adults.new.sure.first) == (
        date(2026, 11, 1),
        date(2026, 11, 2),
    )


def test_seasons_are_policies_that_count_from_different_days() -> None:
    old = catalog.load("tw/influenza/2025")
    assert are_seasons(old, attrs.evolve(old, counts_from=date(2028, 10, 1)))
    assert not are_seasons(old, old)
    assert not are_seasons(old, attrs.evolve(old, counts_from=None))


def test_what_cannot_be_compared_is_refused_in_words() -> None:
    flu, covid = catalog.load("tw/influenza/2025"), catalog.load("tw/covid19/2025")
    with pytest.raises(PolicyError, match="different diseases: influenza and covid19"):
        catalog.season_diff(flu, covid)
    with pytest.raises(PolicyError, match="without counts_from"):
        catalog.season_diff(flu, attrs.evolve(flu, counts_from=None))


def test_groups_of_one_name_and_the_end_of_february_move_with_the_season() -> None:
    def season(year: int, first: date, *rules: Rule) -> Policy:
        days = VaccinationDays(first, date(year + 1, 3, 31))
        return policy_of(*rules, days=days, season=date(year, 10, 1), id=f"test/{year}")

    either = InAnyGroup(("old/x", "old/y")), InAnyGroup(("new/x", "new/y"))
    first = [Rule("first", 1, ("AZ",), cites=(), all=(it,)) for it in either]
    second = Rule("second", 2, ("AZ",), cites=(), all=(InGroup("new/x"),))
    old = season(2023, date(2024, 2, 29), first[0])
    found = season_diff(old, season(2024, date(2025, 3, 1), first[1], second), {})
    assert [(it.rule, it.fate) for it in found.rules] == [("second", "added")]
    assert (found.stages, found.groups_added, found.groups_dropped) == ((), (), ())
    (change,) = found.people
    assert (change.groups, change.dose) == (("new/x",), 2)
    assert not change.old.possible
    assert change.new.sure.first == date(2025, 3, 1)


def test_ages_at_doses_of_given_vaccines_are_compared_person_by_person() -> None:
    def season(year: int, months: int) -> Policy:
        days = VaccinationDays(date(year, 10, 1), date(year + 1, 3, 31))
        asked = AgeAtDoseOf(("AZ",), at_least_months=months)
        rule = Rule("second", 2, ("AZ",), cites=(), all=(asked,))
        return policy_of(rule, days=days, season=date(year, 10, 1), id=f"test/{year}")

    assert not season_diff(season(2024, 600), season(2025, 600), {}).people
    found = season_diff(season(2024, 600), season(2025, 660), {})
    assert {it.dose for it in found.people} == {2}
    assert all(it.old.sure and not it.new.possible for it in found.people)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({}, None),
        ({"all": ()}, "dropped"),
        ({"all": (AgeAtLeast(65, "first-day"), InGroup("x"), InGroup("y"))}, "added"),
        ({"all": (AgeAtLeast(50, "first-day"), InGroup("x"))}, "changed"),
        ({"vaccines": ("AZ",)}, "vaccines_dropped"),
        ({"vaccines": ("AZ", "BNT", "Moderna")}, "vaccines_added"),
    ],
)
def test_a_rule_that_differs_in_one_way_is_told_by_it(
    now: dict[str, Any], told: str | None
) -> None:
    def season(year: int, rule: Rule) -> Policy:
        days = VaccinationDays(date(year, 10, 1), date(year, 12, 31))
        return policy_of(rule, days=days, season=date(year, 10, 1), id=f"test/{year}")

    asked = (AgeAtLeast(65, "first-day"), InGroup("x"))
    rule = Rule("a", 1, ("AZ", "BNT"), cites=(), all=asked)
    found = season_diff(season(2024, rule), season(2025, attrs.evolve(rule, **now)), {})
    ways = ("dropped", "added", "changed", "vaccines_dropped", "vaccines_added")
    assert [[way for way in ways if getattr(it, way)] for it in found.rules] == (
        [[told]] if told else []
    )


def test_changed_rules_and_stages_in_words() -> None:
    def season(year: int, *stages: Stage) -> Policy:
        return small_policy(*stages, id=f"test/{year}", counts_from=date(year, 10, 1))

    def stage(name: str, year: int, *rules: Rule) -> Stage:
        return Stage(name, VaccinationDays(date(year, 10, 1), date(year, 12, 31)), rules)

    def rule(*conditions: AnyCondition, vaccines: tuple[str, ...] = ("AZ",)) -> Rule:
        return Rule("a", 1, vaccines, cites=(), all=conditions)

    was = rule(AgeAtLeast(65, "first-day"), InGroup("x"), vaccines=("AZ", "BNT"))
    now = rule(AgeAtLeast(50, "first-day"), InGroup("y"), vaccines=("AZ", "Moderna"))
    older = Rule("older", 1, ("AZ",), cites=(), all=(AgeAtLeast(80, "day"),))
    old = season(2024, stage("base", 2024, was, older), stage("gone", 2024))
    new = season(2025, stage("base", 2025, now), stage("come", 2025))
    found = season_diff(old, new, {})
    assert [(it.stage, it.fate) for it in found.stages] == [("gone", "dropped"), ("come", "added")]
    change, dropped = found.rules
    assert change.changed == ((AgeAtLeast(65, "first-day"), AgeAtLeast(50, "first-day")),)
    assert (change.dropped, change.added) == ((InGroup("x"),), (InGroup("y"),))
    assert (change.vaccines_dropped, change.vaccines_added) == (("BNT",), ("Moderna",))
    assert (dropped.rule, dropped.fate) == ("older", "dropped")
    assert describe_season(attrs.evolve(found, people=())) == (
        "- stage gone: vaccination days 1 October 2024 to 31 December 2024",
        "+ stage come: vaccination days 1 October 2025 to 31 December 2025",
        "Rules",
        "- older: AstraZeneca, dose 1: at least 80 years old on the vaccination day",
        "~ a",
        "    - at least 65 years old on the first vaccination day",
        "    + at least 50 years old on the first vaccination day",
        "    - Pfizer-BioNTech",
        "    + Moderna",
        "    - belongs to this group: x",
        "    + belongs to this group: y",
    )
    assert describe_season(attrs.evolve(found, stages=(), people=(), rules=())) == ()


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_comparison_speaks_every_language(lang: str) -> None:
    lines = describe_season(compared("tw/influenza/2025", "tw/influenza/2026"), lang)
    assert len(lines) < 60
    assert all(line.strip() for line in lines)


def run(*arguments: str) -> tuple[int, str]:
    result = run_app("policy", "diff", *arguments)
    return result.exit_code, result.output


def test_the_command_compares_seasons_by_rules_unless_it_is_asked_for_all_people() -> None:
    code, output = run("tw/influenza/2025", "tw/influenza/2026")
    assert code == 1
    assert "+ 1-bmi" in output
    assert "--exact" in output
    code, output = run("tw/influenza/2025", "tw/influenza/2026", "--json")
    plain = json.loads(output)
    assert (code, plain["years"]) == (1, 1)
    assert any("1-bmi" in line for line in plain["lines"])


def test_the_exact_diff_tells_how_far_it_has_come() -> None:
    seen: list[tuple[int, int]] = []
    old, new = (catalog.load(f"tw/covid19-1922/round-{number}") for number in ("19", "20"))
    diff(old, new, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] == len(seen)
