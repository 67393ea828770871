"""Offers and reasons say what they rest on, and an answer says whether its policy is verified."""

from __future__ import annotations

from datetime import date

import pytest

from vaxpolicy import catalog, wire
from vaxpolicy.eligibility import Decision, Dose, Effect, Outcome, Person, Willingness, decide
from vaxpolicy.rules.conditions import InGroup

ROUND_19 = catalog.load("tw/covid19-1922/round-19")
DOSES = (Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 10, 28)))


def rule_cites(policy_id: str) -> dict[str, tuple[str, ...]]:
    policy = catalog.load(policy_id)
    return {rule.id: rule.cites for stage in policy.stages for rule in stage.rules}


def test_an_offer_and_what_narrows_it_cite_the_sources_of_the_rule() -> None:
    decision = decide(ROUND_19, Person(date(1990, 1, 1), DOSES, frozenset()))
    cites = rule_cites(ROUND_19.id)["19a"]
    assert {offer.cites for offer in decision.offers} == {cites}
    assert {reason.cites for reason in decision.reasons} == {cites}


@pytest.mark.parametrize(
    ("policy_id", "person"),
    [
        ("tw/covid19-1922/round-19", Person(date(2010, 1, 1), DOSES, frozenset())),
        ("tw/covid19-1922/round-19", Person(date(1990, 1, 1))),
        ("tw/covid19/2024", Person(date(1990, 1, 1), (), frozenset({"status/national"}))),
        ("tw/rotavirus/2027", Person(date(2026, 11, 1), (), frozenset())),
    ],
)
def test_every_reason_of_a_rule_cites_its_sources_or_those_of_the_licence(
    policy_id: str, person: Person
) -> None:
    rules = rule_cites(policy_id)
    reasons = [it for it in decide(catalog.load(policy_id), person).reasons if it.rule_id]
    assert reasons
    for reason in reasons:
        if reason.basis == "rule":
            assert reason.cites == rules[reason.rule_id]
        else:
            assert reason.vaccine is not None
            licences = catalog.vaccines()[reason.vaccine].licences
            assert set(reason.cites) <= {key for it in licences for key in it.cites}
            assert reason.cites


def test_a_refusal_by_the_licence_and_one_after_the_days_cite_their_sources() -> None:
    policy = catalog.load("tw/covid19-1922/round-05")
    child = decide(policy, Person(date(2015, 1, 1), (), frozenset(), willingness=Willingness({})))
    (licence,) = (it for it in child.reasons if it.basis == "licence")
    assert "taiwannews-moderna" in licence.cites
    assert "taipeitimes-children" not in licence.cites  # that licence came later
    over = decide(ROUND_19, Person(date(1990, 1, 1), DOSES), from_day=date(2026, 1, 1))
    assert {it.code for it in over.reasons} == {"days-over"}
    assert all(it.cites for it in over.reasons)


def test_an_offer_of_several_rules_together_cites_the_sources_of_all() -> None:
    policy = catalog.load("tw/covid19/2024")
    person = Person(date(1950, 1, 1), (), frozenset(), frozenset({"status/national"}))
    together = [it for it in decide(policy, person).offers if "|" in it.rule_id]
    rules = rule_cites(policy.id)
    for offer in together:
        named = {key for rule in offer.rule_id.split("|") for key in rules[rule]}
        assert set(offer.cites) == named


def test_what_is_offered_at_the_registration_is_a_registration() -> None:
    policy = catalog.load("tw/covid19-1922/registration")
    decision = decide(policy, Person(date(1950, 1, 1), (), frozenset()))
    assert decision.outcome is Outcome.ELIGIBLE
    assert {offer.kind for offer in decision.offers} == {"registration"}
    jab = decide(ROUND_19, Person(date(1990, 1, 1), DOSES, frozenset()))
    assert {offer.kind for offer in jab.offers} == {"accepted"}


def test_days_that_are_recommended_are_not_only_accepted() -> None:
    newborn = Person(date(2026, 1, 1), (), frozenset({"status/national", "status/parent-covered"}))
    kinds = {it.kind for it in decide(catalog.load("tw/childhood/2025"), newborn).offers}
    assert kinds <= {"accepted", "recommended", "overdue"}
    assert "recommended" in kinds


def test_a_decision_says_whether_its_policy_is_verified() -> None:
    assert decide(ROUND_19, Person()).verified
    decision = decide(catalog.load("tw/rotavirus/2027"), Person())
    assert not decision.verified
    assert all(it.effect is not Effect.NARROWS for it in decision.reasons)


def test_a_reason_about_a_group_that_is_an_age_band_has_the_condition_of_the_policy() -> None:
    decision = decide(catalog.load("tw/covid19-1922/round-01"), Person(date(2004, 1, 1), groups=()))
    bands = [it for it in decision.reasons if isinstance(it.condition, InGroup)]
    assert {it.condition for it in bands} == {InGroup("cecc-2021-06-21/10")}
    assert wire.load(Decision, wire.dump(decision)) == decision
