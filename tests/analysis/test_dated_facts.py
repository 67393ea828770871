"""Policies that ask for dated facts and the sex, compared, in words, and their boundary people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from tests.helpers import FIRST, policy_of
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.analysis.diff import Kind, diff
from vaxpolicy.eligibility import DatedFact, PartialDate, Policy, decide
from vaxpolicy.messages import describe_changes, describe_person
from vaxpolicy.rules.conditions import (
    AnyCondition,
    AnyOf,
    DaysSinceFact,
    HasFact,
    NotThat,
    OfSex,
)
from vaxpolicy.rules.policy import Rule

DAY = timedelta(days=1)


def of(*conditions: AnyCondition) -> Policy:
    return policy_of(Rule("rule", 1, ("AZ",), ("source",), conditions))


EVERYBODY = of()
WAITED = of(DaysSinceFact("infection", at_least=10, or_never=True))


def test_those_lose_who_have_not_waited() -> None:
    changes = diff(EVERYBODY, WAITED).changes
    assert {it.kind for it in changes} == {Kind.LOSES, Kind.MOVES}
    for change in changes:
        assert change.who.matches(change.example)
        (fact,) = change.who.dated_facts
        assert not fact.never
        never = evolve(change.example, dated_facts=[DatedFact("infection", "never")])
        assert not change.who.matches(never)
        unknown = evolve(change.example, dated_facts=[])
        with pytest.raises(ValueError, match="dated_facts"):
            change.who.matches(unknown)
    said = " ".join(text for it in describe_changes(changes) for text in (*it.who, *it.example))
    assert "infection" in said


def test_those_gain_to_whom_it_never_happened() -> None:
    changes = diff(of(HasFact("infection")), EVERYBODY).changes
    assert any(fact.never for it in changes for fact in it.who.dated_facts)
    words = [text for it in describe_changes(changes) for text in it.who]
    assert any("never happened: infection" in text for text in words)


def test_a_sex_that_gains() -> None:
    (change,) = diff(of(OfSex("female")), EVERYBODY).changes
    assert (change.who.sex, change.example.sex) == ("male", "male")
    assert describe_changes([change])[0].who[-1] == "male"
    assert not change.who.matches(evolve(change.example, sex="female"))
    with pytest.raises(ValueError, match="sex"):
        change.who.matches(evolve(change.example, sex=None))


def test_equal_policies_do_not_differ() -> None:
    assert not diff(WAITED, of(DaysSinceFact("infection", at_least=10, or_never=True)))


def test_boundary_people_have_the_event_around_its_edges() -> None:
    policy = of(DaysSinceFact("infection", 10), OfSex("female"))
    found = {one.name: one.person for one in boundary_people(policy)}
    assert any("the last day" in name for name in found)
    assert any(name.endswith("infection never") for name in found)
    assert any(name.endswith("day of infection not known") for name in found)
    assert {person.sex for person in found.values()} == {"female", "male", None}
    assert {decide(policy, person).outcome.value for person in found.values()} == {
        "eligible",
        "ineligible",
        "undetermined",
    }


def test_only_the_dated_facts_of_a_way_are_tested_as_not_known() -> None:
    either = of(AnyOf((HasFact("infection"), NotThat(HasFact("pregnancy")))))
    names = [one.name for one in boundary_people(either)]
    assert [it for it in names if it.endswith("not known")] == [
        "rule AZ: doses not known",
        "rule AZ: infection not known",
        "rule AZ: day of infection not known",
        "rule AZ: pregnancy not known",
    ]


def test_somebody_to_whom_it_happened_at_any_time_has_a_usual_day() -> None:
    changes = diff(EVERYBODY, of(NotThat(HasFact("infection")))).changes
    assert {it.kind for it in changes} == {Kind.LOSES}  # only the last event is known
    either = diff(EVERYBODY, of(HasFact("infection"), DaysSinceFact("infection", 10))).changes
    for change in (*changes, *either):
        assert change.who.matches(change.example)


def test_a_dated_fact_that_makes_no_difference_is_not_named() -> None:
    both = of(HasFact("infection"), HasFact("pregnancy"))
    changes = diff(EVERYBODY, both).changes
    assert {it.kind for it in changes} == {Kind.LOSES, Kind.MOVES}
    named = [{fact.fact for fact in it.who.dated_facts} for it in changes]
    assert {"infection"} in named
    for change in changes:
        has = {fact.fact for fact in change.example.dated_facts}
        assert has == {fact.fact for fact in change.who.dated_facts}


def test_a_person_in_words() -> None:
    person = next(iter(boundary_people(of(OfSex("male"))))).person
    facts = (
        DatedFact("blood-product", PartialDate(2026, 9)),
        DatedFact("pregnancy", "never"),
        DatedFact("mine", FIRST),
    )
    words = describe_person(evolve(person, dated_facts=facts, sex="male"))
    assert "male" in words
    assert any(text.startswith("happened in September 2026: Transfusion") for text in words)
    assert any(text.startswith("never happened: Pregnancy") for text in words)
    assert "happened on 30 December 2021: mine" in words
