"""Partly known people: the answer is the one that every way in which the facts turn out gives.

And more knowledge takes nothing back: it turns no yes into a no and no no into a yes.
`tools.brute_force` does the same for as many people as one likes: `nox -s brute-force`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.eligibility.test_oracle import PEOPLE, policies
from tools import brute_force
from vaxpolicy import catalog
from vaxpolicy.eligibility import DatedFact, Decision, Dose, Outcome, Person, Policy, decide

FEW = [
    "tw/covid19-1922/registration",
    "tw/covid19-1922/round-05",
    "tw/covid19-1922/round-19",
    "tw/hpv/2025",
    "tw/influenza/2025",
]


@pytest.mark.parametrize("policy_id", FEW)
def test_a_decision_says_what_every_way_says_in_which_the_facts_turn_out(policy_id: str) -> None:
    tally = brute_force.compare(catalog.load(policy_id), people=3)
    assert tally.wrong == []
    assert tally.cases > tally.people == 3


def test_the_births_that_are_tried_lie_close_enough_for_an_age_that_ends() -> None:
    # the recommended age for BCG lasts four months: births five months apart left days out
    policy = catalog.load("tw/childhood/2025")
    universe = brute_force.Universe(policy)
    dated = [DatedFact(fact, "never") for fact in universe.dated]
    doses = (Dose("HepB", date(2025, 4, 1)),)
    person = Person(None, doses, ["status/national"], dated_facts=dated, registered_county="臺北市")
    forced = brute_force.by_force(universe, person)
    assert forced is not None
    assert brute_force.differences(decide(policy, person), forced) == []


def test_a_difference_says_how_to_find_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brute_force, "differences", lambda *_: ["days"])
    monkeypatch.setattr(brute_force, "go_back", lambda *_: ["taken back"])
    wrong = brute_force.compare(catalog.load("tw/hpv/2025"), people=10, seed=7).wrong
    assert "--seed 7 --people 1 -p tw/hpv/2025" in wrong[0]
    assert wrong[-1] == "taken back: chain 1, --seed 7 --people 10 -p tw/hpv/2025"


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", sorted({*catalog.ids()} - {*FEW}))
def test_so_it_does_for_every_policy(policy_id: str) -> None:
    assert brute_force.compare(catalog.load(policy_id), people=3).wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", catalog.ids())
def test_more_knowledge_takes_nothing_back_under_any_policy(policy_id: str) -> None:
    policy = catalog.load(policy_id)
    universe, chance = brute_force.Universe(policy), brute_force.drawing(policy_id)
    for seed in range(3):
        assert brute_force.go_back(policy, brute_force.somebody(universe, chance), seed) == []


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(policy=policies(), person=PEOPLE, seed=st.integers(0, 99))
def test_more_knowledge_takes_nothing_back_under_generated_policies(
    policy: Policy, person: Person, seed: int
) -> None:
    assert brute_force.go_back(policy, person, seed) == []


@pytest.fixture(scope="module", name="decided")
def _decided() -> tuple[Decision, brute_force.Answer]:
    """A decision about somebody partly known, and what brute force says."""
    policy = catalog.load("tw/covid19-1922/round-05")
    universe, chance = brute_force.Universe(policy), brute_force.drawing("5")
    while True:
        person = brute_force.blanked(universe, brute_force.somebody(universe, chance), chance)
        found = decide(policy, person)
        forced = brute_force.by_force(universe, person)
        if forced is not None and found.possible_offers and found.missing:
            return found, forced


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"outcome": Outcome.ELIGIBLE}, "outcome eligible, by force undetermined"),
        ({"missing": ()}, "missing: too many [], too few"),
        ({"missing": ("doses", "groups/other")}, "groups/other"),
        ({"possible_offers": ()}, "possible days"),
    ],
)
def test_brute_force_finds_what_is_wrong(
    decided: tuple[Decision, brute_force.Answer], changed: dict[str, Any], says: str
) -> None:
    found, forced = decided
    assert brute_force.differences(found, forced) == []
    wrong = brute_force.differences(attrs.evolve(found, **changed), forced)
    assert any(says in it for it in wrong)


def test_a_day_called_sure_that_is_not_is_found(
    decided: tuple[Decision, brute_force.Answer],
) -> None:
    found, forced = decided
    offer = found.possible_offers[0]
    rash = attrs.evolve(found, offers=(attrs.evolve(offer, days=offer.possible_days),))
    wrong = brute_force.differences(rash, forced)
    assert {"sure days", "days that several rules give together"} <= set(wrong)
    back = brute_force.taken_back(rash, found)
    assert "a sure day became unsure" in back


def test_an_answer_that_is_not_exact_may_say_too_little_and_never_too_much() -> None:
    policy = catalog.load("tw/hpv/2025")
    found = decide(policy, Person())
    assert any(reason.code == "too-many-cases" for reason in found.reasons)
    offer = found.possible_offers[0]
    key = (offer.rule_id, offer.vaccine, offer.dose)
    forced = brute_force.Answer(
        found.outcome, {}, {key: offer.possible_days}, {}, frozenset(found.missing)
    )
    assert brute_force.differences(found, forced) == []
    rash = attrs.evolve(found, offers=(attrs.evolve(offer, days=offer.possible_days),))
    assert brute_force.differences(rash, forced) == ["days called sure that are not"]
    closed = attrs.evolve(found, possible_offers=())
    assert brute_force.differences(closed, forced) == ["days called impossible that are possible"]
    silent = attrs.evolve(found, missing=())
    assert brute_force.differences(silent, forced) == ["a fact that is missing is not named"]
    wrong = attrs.evolve(found, outcome=Outcome.ELIGIBLE)
    assert "outcome eligible" in brute_force.differences(wrong, forced)[0]


def test_what_more_knowledge_takes_back_is_found() -> None:
    policy = catalog.load("tw/covid19-1922/round-19")
    unknown = decide(policy, Person())
    refused = attrs.evolve(unknown, outcome=Outcome.INELIGIBLE, possible_offers=())
    back = brute_force.taken_back(refused, attrs.evolve(unknown, outcome=Outcome.ELIGIBLE))
    assert back[0] == "ineligible became eligible"
    assert "a day that was impossible became possible" in back
    assert brute_force.taken_back(unknown, refused) == []


def test_the_command_prints_each_policy_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert brute_force.main(["--people", "2", "-p", "tw/covid19-1922/round-04"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("tw/covid19-1922/round-04: 2 people of 2 patterns, ")
    assert lines[-1].startswith("all: 2 people of 2 patterns, ")
