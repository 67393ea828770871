"""Strategies for people, for policies of one's own, and the recorder: what users' tests are given."""

from datetime import date, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, find, given, settings

from tests.helpers import LAST, VACCINES, policy_of
from vaxpolicy import catalog, reservation
from vaxpolicy.analysis.boundary import somebody_offered
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.days import TAIWAN
from vaxpolicy.desk import MemoryStore
from vaxpolicy.eligibility import Outcome, PartialDate, Person, decide
from vaxpolicy.identity import IdentityForm, InvalidForm, check_form, is_valid_id_number
from vaxpolicy.reservation import Actor, Programme, Register, Withdraw
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import BornOnOrAfter, HasFact, InGroup, NotThat
from vaxpolicy.rules.policy import FirstGiven, Rule
from vaxpolicy.testing import (
    Recorder,
    Step,
    broken,
    forms,
    id_numbers,
    journeys,
    persons,
    slots,
)

ROUND_19 = catalog.load("tw/covid19-1922/round-19")
OWN = Programme(registration="none", vaccines=frozenset({"AZ"}), identity_at_booking=False)


@given(id_numbers())
def test_every_number_that_is_drawn_has_a_right_check_digit(text: str) -> None:
    assert is_valid_id_number(text)


def test_forms_are_mostly_right_and_never_crash() -> None:
    outcomes: set[str] = set()

    @settings(max_examples=200, derandomize=True, database=None)
    @given(forms())
    def checked(form: IdentityForm) -> None:
        try:
            check_form(form, on=datetime(2026, 11, 23, tzinfo=TAIWAN).date())
        except InvalidForm as error:
            outcomes.update(it.code for it in error.errors)
        else:
            outcomes.add("claim")

    checked()
    assert {"claim", "missing", "invalid-length", "captcha-not-passed"} <= outcomes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tw/covid19-1922/round-19", "tw/influenza/2026"])
def test_a_fifth_of_the_people_of_a_policy_is_eligible_and_a_tenth_is_not(name: str) -> None:
    policy = catalog.load(name)
    outcomes: list[Outcome] = []

    @settings(
        max_examples=100, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(persons(policy))
    def decided(person: Person) -> None:
        outcomes.append(decide(policy, person, explain=False).outcome)

    decided()
    assert outcomes.count(Outcome.ELIGIBLE) > 20
    assert outcomes.count(Outcome.INELIGIBLE) > 10
    assert outcomes.count(Outcome.UNDETERMINED) > 5


def test_nobody_is_offered_a_dose_where_no_rule_admits_anybody() -> None:
    nobody = policy_of(
        Rule("r", 1, ("AZ",), ("s",), all=(InGroup("own/1"), NotThat(InGroup("own/1"))))
    )
    assert somebody_offered(compile_policy(nobody), 0) is None
    at_once = settings(phases=[Phase.generate], database=None)
    find(persons(nobody), lambda it: not decide(nobody, it).offers, settings=at_once)


def test_nobody_had_a_vaccine_that_did_not_exist_yet() -> None:
    later = evolve(VACCINES["AZ"], first_given=FirstGiven(date(2023, 1, 1), ("s",)))
    policy = policy_of(Rule("r", 2, ("AZ",), ()), vaccines={"AZ": later})
    at_once = settings(phases=[Phase.generate], database=None)
    find(persons(policy), lambda it: it.doses == (), settings=at_once)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(journeys(policy=ROUND_19, programme=OWN))
def test_journeys_in_a_policy_of_ones_own_keep_the_laws(steps: tuple[Step, ...]) -> None:
    for it in steps:
        assert broken(it) == ()


@pytest.mark.slow
def test_journeys_in_a_policy_of_ones_own_are_booked_on_its_days() -> None:
    booked: set[Any] = set()

    @settings(
        max_examples=150, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(journeys(policy=ROUND_19, programme=OWN))
    def walked(steps: tuple[Step, ...]) -> None:
        booked.update(it.after.booking.slot for it in steps if it.after.booking)

    walked()
    days = ROUND_19.stages[0].vaccination_days
    assert booked
    assert all(days.first <= it.day <= days.last for it in booked)


@given(slots(3, ROUND_19))
def test_slots_of_a_policy_have_its_vaccines(slot: Any) -> None:
    assert slot.vaccine in {code for it in ROUND_19.stages[0].rules for code in it.vaccines}


NOW = datetime(2021, 7, 8, 9, tzinfo=TAIWAN)
WHO: dict[str, Any] = {"actor": Actor.PERSON, "subject": "p-1"}


def test_a_recorder_records_steps_and_refusals_of_a_store() -> None:
    store: Any = MemoryStore()
    recorder = Recorder(store.read)
    programme = Programme()

    def act(command: Any, brought: dict[str, Any]) -> None:
        events = store.read("p-1")
        decided = reservation.decide(reservation.replay(events), command, now=NOW, **brought)
        store.append([("p-1", len(events), decided)])

    register = Register(id="c1", vaccines=["AZ"], districts=["x"], **WHO)
    brought: dict[str, Any] = {"programme": programme}
    refused = recorder.record("p-1", register, lambda: act(register, brought), now=NOW, **brought)
    assert isinstance(refused.refused, Rejected)
    assert refused.events == ()
    assert recorder.broken == ()
    assert recorder.steps == [refused]


def test_a_recorder_names_the_laws_that_a_store_breaks() -> None:
    store: Any = MemoryStore()
    recorder = Recorder(store.read)
    leave = Withdraw(id="c1", **WHO)

    def write_without_asking() -> None:
        forged = reservation.Registered(
            1, NOW, Register(id="c1", vaccines=["AZ"], districts=["x"], **WHO)
        )
        store.append([("p-1", 0, [forged])])

    recorder.record("p-1", leave, write_without_asking, now=NOW)
    ((step, names),) = recorder.broken
    assert step.command == leave
    assert names


def test_people_are_drawn_for_a_policy_that_asks_no_age() -> None:
    seen: list[Person] = []

    @settings(max_examples=20, derandomize=True, database=None)
    @given(persons(policy_of(Rule("a", 1, ("AZ",), ("source",)))))
    def drawn(person: Person) -> None:
        seen.append(person)

    drawn()
    assert any(person.birth_date is not None for person in seen)


def test_drawn_doses_can_be_so_for_most_people() -> None:
    plan = compile_policy(ROUND_19)
    problems: list[str | None] = []

    @settings(max_examples=100, derandomize=True, database=None)
    @given(persons(ROUND_19))
    def drawn(person: Person) -> None:
        if person.doses:
            problems.append(plan.read(person).problem)

    drawn()
    assert None in problems
    assert problems.count(None) > len(problems) / 2


@pytest.mark.parametrize("kind", [date, PartialDate, str])
def test_dated_facts_are_drawn_as_days_months_and_never(kind: type) -> None:
    policy = policy_of(Rule("a", 1, ("AZ",), ("source",), (HasFact("infection"),)))

    def wanted(person: Person) -> bool:
        return any(type(it.on) is kind for it in person.dated_facts)

    often = settings(max_examples=1000, derandomize=True, database=None)
    assert wanted(find(persons(policy), wanted, settings=often))


def test_who_is_born_after_the_last_day_may_be_drawn_without_doses() -> None:
    policy = policy_of(Rule("a", 1, ("AZ",), ("source",), (BornOnOrAfter(LAST),)))

    def wanted(person: Person) -> bool:
        born = person.birth_date
        return isinstance(born, PartialDate) and born.earliest > LAST and person.doses == ()

    some = settings(max_examples=3000, derandomize=True, database=None, phases=[Phase.generate])
    assert wanted(find(persons(policy), wanted, settings=some))
