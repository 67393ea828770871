"""`explain` shows what a decision was made from, condition by condition."""

from __future__ import annotations

import json
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers import run as run_app
from vaxpolicy import catalog
from vaxpolicy.cli.explain import RuleAnswer, rule_answers
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import Dose, Outcome, Person, decide
from vaxpolicy.messages import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path

ROUND_13 = "tw/covid19-1922/round-13"
ROUND_19 = "tw/covid19-1922/round-19"
DOSES = (Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 10, 28)))
PEOPLE = (
    Person(),
    Person(date(1960, 5, 1), (), ()),
    Person(date(2004, 1, 23), DOSES, ()),
    Person(date(1990, 1, 1), DOSES, None),
    Person(date(2020, 1, 1), (Dose("AZ", date(2019, 1, 1)),), ()),
)


run = partial(run_app, "explain")


def walk(policy: str, person: Person, vaccine: str) -> RuleAnswer:
    (found,) = [it for it in rule_answers(catalog.load(policy), person) if vaccine in it.vaccines]
    return found


def test_each_condition_has_its_answer() -> None:
    found = walk(ROUND_19, Person(date(2004, 1, 23), DOSES), "AZ")
    (way,) = found.ways
    assert {step.text: step.answer for step in way} == {
        "at least 2 doses so far": "yes",
        "at most 2 doses so far": "yes",
        "at least 18 years old on the last vaccination day": "yes",
        "at least 84 days after dose 2 on the vaccination day": "some-days",
        "at least 18 years old on the vaccination day (by the vaccine’s licence)": "some-days",
    }
    assert found.days == DaySet.of(date(2022, 1, 23))


def test_what_is_not_known_and_what_does_not_hold_are_told_apart() -> None:
    found = walk(ROUND_19, Person(date(2015, 1, 1)), "AZ")
    answers = {step.text: step.answer for step in found.ways[0]}
    assert answers["at least 2 doses so far"] == "unknown"
    assert answers["at least 18 years old on the last vaccination day"] == "no"
    assert not found.possible_days


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("policy", catalog.ids())
def test_the_days_of_a_walk_follow_from_its_answers(policy: str, person: Person) -> None:
    for found in rule_answers(catalog.load(policy), person):
        together = DaySet.none()
        for way in found.ways:
            days = found.first_to_last or DaySet.none()
            for step in way:
                days &= step.days
            together |= days
        assert together == found.days
        if found.ways and all(any(step.answer == "no" for step in way) for way in found.ways):
            assert not found.possible_days


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("policy", catalog.ids())
def test_a_walk_agrees_with_the_decision(policy: str, person: Person) -> None:
    loaded = catalog.load(policy)
    found = rule_answers(loaded, person)
    decision = decide(loaded, person)
    sure = {(it.rule_id, code) for it in found for code in it.vaccines if it.days}
    offered = {(offer.rule_id, offer.vaccine) for offer in decision.offers}
    assert sure <= offered
    if not any(it.possible_days for it in found):
        assert decision.outcome is Outcome.INELIGIBLE


def test_doses_that_contradict_each_other_are_not_known() -> None:
    person = Person(date(1990, 1, 1), (Dose("AZ", date(1989, 1, 1)),))
    answers = {step.text: step.answer for step in walk(ROUND_19, person, "AZ").ways[0]}
    assert answers["at least 2 doses so far"] == "unknown"


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_bundled_policy_can_be_explained(lang: str) -> None:
    known = ("--born", "1990-01-01", "--no-doses", "--no-groups", "--wants-none")
    result = run("--all", "--lang", lang, *known)
    assert result.exit_code == 0
    assert all(name in result.stdout for name in catalog.ids())
    assert "{" not in result.stdout


def test_in_words() -> None:
    born = ("--born", "2004-01-23", "--dose", "AZ@2021-07-01", "--dose", "AZ@2021-10-28")
    text = run("-p", ROUND_19, *born).stdout
    assert "19a: AstraZeneca, dose 3, vaccination days 17 January 2022 to 23 January" in text
    assert "All of this must hold:" in text
    assert "- at least 2 doses so far: yes" in text
    assert "on the vaccination day: 20 January 2022 to 23 January 2022" in text
    assert "One of these 2 ways is enough, with everything in it:" in text
    assert "Way 2:" in text
    assert "offered on 23 January 2022" in text
    assert "Reasons:" in text


def test_what_is_missing_is_named() -> None:
    text = run("-p", ROUND_19, "--born", "1990-01-01").stdout
    assert "possible on 17 January 2022 to 23 January 2022" in text
    assert "To decide, find out: your doses so far" in text
    assert "not known" in text


def test_without_a_reason_none_is_announced() -> None:
    born = ("--born", "1960-01-01", "--dose", "AZ@2021-07-01", "--dose", "AZ@2021-10-01")
    text = run("-p", ROUND_19, *born).stdout
    assert "offered on 17 January 2022" in text
    assert "Reasons:" not in text
    assert "To decide" not in text


POLICY = """
id = "test/own"
version = "1.0.0"
title = "One rule"
disease = "covid19"
announced = 2021-01-01
notification = "none"
[sources.s]
publisher = "nobody"
url = "https://example.org/"
checked = 2021-01-01
support = "secondary"
[[stages]]
id = "a"
vaccination_days = { first = 2019-01-01, last = 2019-01-03STATED }
cites = ["s"]
[[stages.rules]]
id = "a1"
dose = 1
vaccines = ["AZ"]
cites = ["s"]
"""


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ("", "a1: AstraZeneca, dose 1, vaccination days 1 Jan"),
        (", stated = false", "days not stated"),
    ],
)
def test_a_vaccine_without_a_licence_says_so(tmp_path: Path, stated: str, said: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(POLICY.replace("STATED", stated), encoding="utf-8")
    text = run("-p", str(file), "--no-doses").stdout
    assert said in text
    assert "was not licensed" in text


def test_as_json() -> None:
    (found,) = json.loads(run("-p", ROUND_13, "--born", "1960-05-01", "--json").stdout)
    assert found["policy"] == ROUND_13
    assert found["outcome"] == "undetermined"
    rule: Any = next(rule for rule in found["rules"] if rule["rule"] == "13c")
    assert rule["vaccines"] == ["AZ"]
    assert {step["answer"] for step in rule["ways"][0]} == {"yes", "unknown"}
    assert rule["possible_days"] == [{"first": "2021-11-05", "last": "2021-11-12"}]
    assert "doses" in found["missing"]
    assert {"code", "text", "cites"} == {*found["reasons"][0]}
    assert set(found["reasons"][0]["cites"]) <= set(found["sources"])
    assert set(rule["cites"]) <= set(catalog.load(ROUND_13).sources)


def test_a_no_says_on_which_days_the_condition_holds() -> None:
    person = Person(
        date(1990, 1, 1), (Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 11, 20)))
    )
    steps = {it.text: it for it in walk(ROUND_19, person, "AZ").ways[0]}
    interval = steps["at least 84 days after dose 2 on the vaccination day"]
    assert (interval.answer, interval.holds.first) == ("no", date(2022, 2, 12))
    doses = ("--dose", "AZ@2021-07-01", "--dose", "AZ@2021-11-20")
    said = run("-p", ROUND_19, "--born", "1990", *doses)
    assert "on the vaccination day: no (from 12 February 2022 on)" in said.output


def test_an_offer_of_a_programme_without_booking_has_no_windows() -> None:
    born = ("--born", "1950-01-01", "--no-doses", "--group", "status/national")
    shown = run("-p", "tw/influenza/2025", *born, "--on", "2025-11-20")
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    offer = next(place for place, line in enumerate(lines) if ", dose 1" in line)
    assert lines[offer + 1] == ""
