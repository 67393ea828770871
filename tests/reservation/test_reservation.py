"""A journey on the rounds of 2021 and 2022, from registration to vaccination and past it."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from attrs import evolve as altered
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import NEEDS_DOCSTRINGS, at
from tests.values.test_every_class import made
from vaxpolicy import catalog, eligibility, reservation
from vaxpolicy._values import InvalidValue
from vaxpolicy.booking.events import ACTORS
from vaxpolicy.eligibility import Decision, Dose, Person, Willingness
from vaxpolicy.identity import IdentityForm, MobileNumber, RegistryAnswer, check_form
from vaxpolicy.reservation import (
    ROUND_4_EDIT_LOCK,
    Actor,
    AddVaccine,
    Amend,
    Book,
    Booked,
    BookingRef,
    BrokenStream,
    Cancel,
    CancelSession,
    CancelUntil,
    CarryOver,
    Change,
    CheckIn,
    Close,
    CloseReason,
    Correct,
    CorrectionReason,
    Defer,
    Miss,
    Move,
    Notify,
    Place,
    PlaceAnswer,
    Programme,
    RecordDose,
    Register,
    Rejected,
    Slot,
    State,
    Status,
    Vaccinate,
    Withdraw,
    evolve,
    initial,
    replay,
)
from vaxpolicy.rules.policy import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUND_13 = catalog.load("tw/covid19-1922/round-13")
ROUND_19 = catalog.load("tw/covid19-1922/round-19")
ANNA = "anna"


PROGRAMME = Programme(
    registration_windows=(Window(opens=at("2021-07-06 10:00"), closes=at("2021-12-13 06:00")),)
)
FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
IDENTITY: dict[str, Any] = {
    "claim": check_form(FORM, on=date(2021, 10, 1)),
    "registry": RegistryAnswer.MATCHED,
    "mobile": MobileNumber.parse("0912345678"),
}
PERSON = Person(birth_date=date(1960, 5, 1), doses=(), groups=frozenset())
REGISTER = Register(
    id="r", actor=Actor.PERSON, subject=ANNA, vaccines=("AZ", "BNT"), districts=("臺北市大安區",)
)
NOTIFY = Notify(id="n", actor=Actor.PROGRAMME, subject=ANNA, policy_id=ROUND_13.id)
SLOT = Slot("site-1", date(2021, 11, 6), "morning", "BNT", 1)
BOOK = Book(id="b", actor=Actor.PERSON, subject=ANNA, policy_id=ROUND_13.id, slot=SLOT)
VACCINATE = Vaccinate(id="v", actor=Actor.SITE, subject=ANNA, booking="b")


def do(state: State, command: Any, when: str, **brought: Any) -> State:
    known: dict[str, Any] = {"programme": PROGRAMME, **brought}
    events = reservation.decide(state, command, now=at(when), **known)
    for event in events:
        state = reservation.evolve(state, event)
    return state


def kept(command: Any, answer: PlaceAnswer = PlaceAnswer.KEPT) -> Place:
    return Place(command.slot, BookingRef(command.subject, command.id), answer)


def decision_for(state: State, person: Person = PERSON) -> Decision:
    return eligibility.decide(ROUND_13, reservation.with_journey(person, state))


def registered() -> State:
    return do(initial(), REGISTER, "2021-10-01 09:00", **IDENTITY)


def notified() -> State:
    state = registered()
    return do(
        state,
        NOTIFY,
        "2021-11-02 14:00",
        policy=ROUND_13,
        decision=decision_for(state),
        delivery=reservation.Delivery.DELIVERED,
    )


def book(state: State, when: str = "2021-11-03 10:00", command: Any = BOOK, **other: Any) -> State:
    brought = {
        **IDENTITY,
        "policy": ROUND_13,
        "decision": decision_for(state),
        "place": kept(command),
    }
    return do(state, command, when, **{**brought, **other})


def test_the_straight_path() -> None:
    state = notified()
    assert state.status is Status.NOTIFIED
    state = book(state)
    assert state.status is Status.BOOKED
    assert state.booking is not None
    assert state.booking.slot == SLOT
    state = do(state, VACCINATE, "2021-11-06 09:30")
    assert state.status is Status.VACCINATED
    assert state.booking is None
    assert [each.given for each in state.doses] == [Dose("BNT", date(2021, 11, 6))]
    assert replay(state.history) == state


def test_nobody_books_who_is_not_eligible() -> None:
    child = altered(PERSON, birth_date=date(2015, 1, 1))
    with pytest.raises(Rejected) as refused:
        book(notified(), decision=decision_for(notified(), child))
    assert refused.value.code == "not-eligible"
    assert refused.value.reasons[0].code == "too-young"


def test_nobody_books_before_the_window_opens() -> None:
    with pytest.raises(Rejected) as refused:
        book(notified(), "2021-11-03 09:59")
    assert refused.value.code == "window-not-open"
    assert refused.value.possible_from == at("2021-11-03 10:00")


def test_a_day_that_is_not_offered_is_refused_and_the_days_are_named() -> None:
    slot = altered(SLOT, day=date(2021, 11, 13))
    with pytest.raises(Rejected) as refused:
        book(notified(), command=altered(BOOK, slot=slot))
    assert refused.value.code == "day-not-offered"
    assert refused.value.days is not None
    assert refused.value.days.last == date(2021, 11, 12)


def test_nobody_books_twice() -> None:
    with pytest.raises(Rejected) as refused:
        book(book(notified()), command=altered(BOOK, id="b2"))
    assert refused.value.code == "already-booked"


def asked(kind: Any, name: str, actor: Actor = Actor.PERSON, **content: Any) -> Any:
    return kind(id=name, actor=actor, subject=ANNA, **content)


def code_of(state: State, command: Any, when: str, **brought: Any) -> Rejected:
    with pytest.raises(Rejected) as refused:
        do(state, command, when, **brought)
    return refused.value


def tick(name: str, *vaccines: str) -> Amend:
    amended: Amend = asked(Amend, name, vaccines=vaccines, districts=("臺北市大安區",))
    return amended


@pytest.mark.parametrize(
    ("lacking", "code"),
    [
        ({"claim": None}, "identity-not-verified"),
        ({"registry": RegistryAnswer.NOT_MATCHED}, "not-matched"),
        ({"registry": RegistryAnswer.UNAVAILABLE}, "registry-unavailable"),
        ({"mobile": None}, "mobile-missing"),
    ],
)
def test_registering_takes_a_verified_claim_a_match_and_a_number(
    lacking: dict[str, Any], code: str
) -> None:
    refused = code_of(initial(), REGISTER, "2021-10-01 09:00", **{**IDENTITY, **lacking})
    assert refused.code == code
    assert refused.retry == (code == "registry-unavailable")


def test_registration_opens_and_closes() -> None:
    refused = code_of(initial(), REGISTER, "2021-07-06 09:59", **IDENTITY)
    assert (refused.code, refused.possible_from) == (
        "registration-not-open",
        at("2021-07-06 10:00"),
    )
    late = code_of(initial(), REGISTER, "2021-12-13 06:00", **IDENTITY)
    assert (late.code, late.possible_from) == ("registration-not-open", None)


def test_a_programme_without_stated_windows_registers_nobody() -> None:
    with pytest.raises(Rejected, match="registration-not-stated"):
        reservation.decide(initial(), REGISTER, now=at("2021-10-01 09:00"), **IDENTITY)


def test_the_gate_of_1922_lets_people_in_by_age_and_day() -> None:
    """Everyone born in or before 2003 could register from 2021-07-13 at 09:00, not before."""
    gate = catalog.load("tw/covid19-1922/registration")
    programme = Programme(gate=gate)
    command = altered(REGISTER, vaccines=("AZ",))
    facts = altered(PERSON, birth_date=date(1985, 5, 1), key=ANNA)
    brought = {**IDENTITY, "programme": programme, "gate": eligibility.decide(gate, facts)}
    with pytest.raises(Rejected, match="registration-gate-closed"):
        reservation.decide(initial(), command, now=at("2021-07-12 10:00"), **brought)
    (event,) = reservation.decide(initial(), command, now=at("2021-07-13 09:00"), **brought)
    assert event.subject == ANNA


def test_amending_keeps_the_instant_of_what_stays() -> None:
    state = do(registered(), tick("a", "BNT", "Moderna"), "2021-10-05 09:00")
    assert dict(state.wanted) == {"BNT": at("2021-10-01 09:00"), "Moderna": at("2021-10-05 09:00")}
    assert state.districts == notified().districts == ("臺北市大安區",)
    facts = reservation.with_journey(PERSON, state)
    assert facts.willingness is not None
    assert facts.willingness.wanted == dict(state.wanted)


def test_withdrawing_leaves_nothing_and_one_may_register_again() -> None:
    state = do(registered(), asked(Withdraw, "w"), "2021-10-05 09:00")
    assert (state.status, state.wanted, state.districts) == (Status.WITHDRAWN, (), ())
    state = do(state, altered(REGISTER, id="r2"), "2021-10-06 09:00", **IDENTITY)
    assert dict(state.wanted)["AZ"] == at("2021-10-06 09:00")


def test_a_new_vaccine_extends_earlier_registrations_and_can_be_unticked() -> None:
    add = asked(AddVaccine, "add", Actor.PROGRAMME, vaccine="Medigen")
    state = do(registered(), add, "2021-10-05 09:00")
    assert [vaccine for vaccine, _ in state.wanted] == ["AZ", "BNT", "Medigen"]
    state = do(state, tick("a", "AZ", "BNT"), "2021-10-06 09:00")
    assert [vaccine for vaccine, _ in state.wanted] == ["AZ", "BNT"]


ROUND_4 = altered(PROGRAMME, edit_lock=ROUND_4_EDIT_LOCK)


def edit(state: State, when: str, programme: Programme) -> str:
    """The answer to an edit."""
    try:
        reservation.decide(state, tick("e", "BNT"), now=at(when), programme=programme)
    except Rejected as refused:
        return refused.code
    return "done"


def test_an_edit_lock_that_is_not_stated_refuses_only_where_it_could_matter() -> None:
    assert edit(registered(), "2021-11-03 10:00", PROGRAMME) == "done"
    assert edit(notified(), "2021-11-03 10:00", PROGRAMME) == "edit-lock-not-stated"
    assert edit(book(notified()), "2021-11-03 10:00", PROGRAMME) == "edit-lock-not-stated"


def test_the_edit_lock_of_round_4() -> None:
    """Notified: until booking closes. Booked: from 17:00 on the day after the last day."""
    assert edit(notified(), "2021-11-05 11:59", ROUND_4) == "done"
    assert edit(notified(), "2021-11-05 12:00", ROUND_4) == "edit-locked"
    booked = book(notified())
    missed = do(booked, asked(Miss, "m", Actor.SITE, booking="b"), "2021-11-07 00:00")
    assert edit(booked, "2021-11-03 11:00", ROUND_4) == "edit-locked"
    assert edit(missed, "2021-11-13 16:59", ROUND_4) == "edit-locked"
    assert edit(missed, "2021-11-13 17:00", ROUND_4) == "done"
    assert edit(booked, "2021-11-13 17:00", ROUND_4) == "edit-locked"  # the booking is still there


def test_who_cancels_may_edit_again() -> None:
    state = do(book(notified()), asked(Cancel, "x", booking="b"), "2021-11-03 11:00")
    assert edit(state, "2021-11-03 11:01", ROUND_4) == "done"


def other(name: str, **slot: Any) -> Change:
    changed: Change = asked(
        Change, name, policy_id=ROUND_13.id, booking="b", slot=altered(SLOT, **slot)
    )
    return changed


def test_a_change_is_one_event_and_leaves_one_booking() -> None:
    before = book(notified())
    after = book(before, "2021-11-03 11:00", other("c", session="evening"))
    assert len(after.history) == len(before.history) + 1
    assert after.booking is not None
    assert (after.booking.id, after.booking.slot.session) == ("c", "evening")


def test_nobody_changes_when_their_window_has_closed_or_cancels_when_the_rounds_have() -> None:
    state = book(notified())
    with pytest.raises(Rejected, match="window-not-open"):
        book(state, "2021-11-04 12:00", other("c", session="evening"))
    cancel = asked(Cancel, "x", booking="b")
    assert do(state, cancel, "2021-11-05 11:59").booking is None
    assert code_of(state, cancel, "2021-11-05 12:00").code == "cancel-too-late"


def test_a_programme_may_say_until_when_one_cancels() -> None:
    state = book(notified())
    programme = altered(PROGRAMME, cancel=CancelUntil(days_before=1, at=time(20)))
    cancel = asked(Cancel, "x", booking="b")
    events = reservation.decide(state, cancel, now=at("2021-11-05 19:59"), programme=programme)
    assert len(events) == 1
    with pytest.raises(Rejected, match="cancel-too-late"):
        reservation.decide(state, cancel, now=at("2021-11-05 20:00"), programme=programme)


def test_a_window_without_a_stated_hour_is_not_open() -> None:
    window = Window(opens=date(2021, 11, 3), closes=date(2021, 11, 5))
    decision = decision_for(notified())
    offers = tuple(altered(each, window_cases=((window,),)) for each in decision.offers)
    unstated = altered(decision, offers=offers)
    with pytest.raises(Rejected, match="window-not-stated"):
        book(notified(), "2021-11-03 12:00", decision=unstated)
    assert book(notified(), "2021-11-04 00:00", decision=unstated).booking is not None


def test_an_event_keeps_when_the_round_closes_and_not_the_persons_own_window() -> None:
    """Round 13 closed a day later for an added group; the event of anybody says the later one."""
    state = book(notified())
    assert state.booking is not None
    assert state.booking.closes == at("2021-11-05 12:00")
    assert state.notices[0].closes == at("2021-11-05 12:00")
    unstated = Window(opens=at("2021-11-03 10:00"), closes="not-stated")
    stages = (altered(ROUND_13.stages[0], windows=(unstated,)),)
    policy = altered(ROUND_13, stages=stages)
    open_ended = book(notified(), policy=policy)
    assert open_ended.booking is not None
    assert open_ended.booking.closes is None
    cancel = asked(Cancel, "x", booking="b")
    assert do(open_ended, cancel, "2021-11-05 23:59").booking is None
    assert code_of(open_ended, cancel, "2021-11-06 00:00").code == "cancel-too-late"


def test_the_bands_of_round_19_are_not_stated_and_open_for_sure_when_the_next_one_does() -> None:
    """Born 1957-06-01: 64 or 65, as one reckons; at 12:00 the window is open either way."""
    doses = (Dose("AZ", date(2021, 5, 1)), Dose("AZ", date(2021, 9, 1)))
    person = Person(birth_date=date(1957, 6, 1), doses=doses, groups=frozenset(), key=ANNA)
    slot = Slot("site-1", date(2022, 1, 17), "morning", "Moderna", 3)
    command = altered(BOOK, policy_id=ROUND_19.id, slot=slot)
    brought: dict[str, Any] = {
        "programme": Programme(registration="none"),
        "policy": ROUND_19,
        "decision": eligibility.decide(ROUND_19, person),
        "place": kept(command),
        **IDENTITY,
    }
    with pytest.raises(Rejected, match="window-not-stated"):
        reservation.decide(initial(), command, now=at("2022-01-15 10:30"), **brought)
    (event,) = reservation.decide(initial(), command, now=at("2022-01-15 12:30"), **brought)
    assert isinstance(event, Booked)
    assert event.closes == at("2022-01-16 12:00")
    assert not hasattr(event, "rule_id")


def test_the_second_dose_is_like_the_first_where_the_programme_says_so() -> None:
    fixed = altered(PROGRAMME, same_vaccine=True)
    dose = asked(RecordDose, "d", Actor.PROGRAMME, dose=1, given=Dose("AZ", date(2021, 8, 1)))
    state = do(registered(), dose, "2021-10-02 09:00")
    for vaccines, answer in ((("AZ",), "done"), (("AZ", "BNT"), "vaccine-fixed")):
        try:
            reservation.decide(
                state, tick("e", *vaccines), now=at("2021-10-03 09:00"), programme=fixed
            )
            found = "done"
        except Rejected as refused:
            found = refused.code
        assert found == answer


def test_doses_count_anew_in_each_season_where_the_policy_says_so() -> None:
    """Last winter's dose 1 does not hinder this winter's."""
    dose = asked(RecordDose, "d", Actor.PROGRAMME, dose=1, given=Dose("BNT", date(2021, 8, 1)))
    state = do(notified(), dose, "2021-11-03 09:00")
    with pytest.raises(Rejected, match="dose-already-given"):
        book(state, decision=decision_for(notified()))
    season = altered(ROUND_13, counts_from=date(2021, 10, 1))
    assert book(state, policy=season, decision=decision_for(notified())).booking is not None


def check_in(state: State, when: str) -> State:
    command = asked(CheckIn, "ci", Actor.SITE, booking="b")
    return do(state, command, when, policy=ROUND_13, decision=decision_for(state))


@pytest.mark.parametrize("hour", ["00:00", "12:00", "23:59"])
def test_one_may_come_at_any_hour_of_the_day(hour: str) -> None:
    assert check_in(book(notified()), f"2021-11-06 {hour}").status is Status.ARRIVED


@pytest.mark.parametrize("when", ["2021-11-05 23:59", "2021-11-07 00:00"])
def test_another_day_is_not_the_day(when: str) -> None:
    with pytest.raises(Rejected, match="not-the-day"):
        check_in(book(notified()), when)


@pytest.mark.parametrize("kind", get_args(reservation.AnyCommand))
def test_every_command_is_for_the_own_journey_not_before_its_last_event_and_from_its_actors(
    kind: Any,
) -> None:
    state, now = registered(), "2021-10-01 09:00"
    command = altered(made(kind), subject=ANNA, id="another")
    wrong = [
        (altered(command, subject="bert"), now, "other-person"),
        (command, "2021-10-01 08:59", "clock-behind"),
        *(
            (altered(command, actor=it), now, "actor-not-allowed")
            for it in set(Actor) - ACTORS[kind]
        ),
    ]
    for each, when, code in wrong:
        assert code_of(state, each, when).code == code
        (possible,) = reservation.may(state, each, now=at(when))
        assert code in {it.code for it in possible.lacks}


def test_nobody_checks_in_under_a_policy_against_another_disease() -> None:
    state, other = book(notified()), altered(ROUND_13, disease="influenza")
    arrive = asked(CheckIn, "in", Actor.SITE, booking="b")
    refusal = code_of(state, arrive, "2021-11-06 09:00", policy=other, decision=decision_for(state))
    assert refusal.code == "other-programme"


def test_the_day_is_taiwans() -> None:
    state = book(notified())
    command = asked(CheckIn, "ci", Actor.SITE, booking="b")
    night = datetime(2021, 11, 5, 16, 0, tzinfo=UTC)
    known: dict[str, Any] = {"policy": ROUND_13, "decision": decision_for(state)}
    assert reservation.decide(state, command, now=night, **known)
    with pytest.raises(Rejected, match="not-the-day"):
        reservation.decide(state, command, now=night - timedelta(seconds=1), **known)


def test_who_does_not_come_may_book_in_the_next_round() -> None:
    booked = book(notified())
    miss = asked(Miss, "m", Actor.PROGRAMME, booking="b")
    early = code_of(booked, miss, "2021-11-06 23:59")
    assert (early.code, early.possible_from) == ("day-not-over", at("2021-11-07 00:00"))
    missed = do(booked, miss, "2021-11-07 00:00")
    assert next_round(missed).status is Status.BOOKED


ROUND_15 = catalog.load("tw/covid19-1922/round-15")


def next_round(state: State, person: Person = PERSON) -> State:
    """Booked in round 15, three weeks later; the person is notified there as well."""
    facts = reservation.with_journey(person, state)
    brought = {"policy": ROUND_15, "decision": eligibility.decide(ROUND_15, facts)}
    told = asked(Notify, "n15", Actor.PROGRAMME, policy_id=ROUND_15.id)
    delivered = reservation.Delivery.DELIVERED
    state = do(state, told, "2021-11-22 14:00", **brought, delivery=delivered)
    slot = altered(SLOT, day=date(2021, 11, 26))
    command = altered(BOOK, id="b15", policy_id=ROUND_15.id, slot=slot)
    return do(state, command, "2021-11-23 16:00", **brought, **IDENTITY, place=kept(command))


def test_not_vaccinated_on_medical_advice_is_no_dose_and_the_turn_stays() -> None:
    arrived = check_in(book(notified()), "2021-11-06 09:00")
    deferred = do(arrived, asked(Defer, "d", Actor.SITE, booking="b"), "2021-11-06 09:30")
    assert (deferred.status, deferred.doses) == (Status.DEFERRED, ())
    assert next_round(deferred).status is Status.BOOKED


def test_a_cancelled_session_keeps_the_turn_and_goes_into_the_next_round() -> None:
    booked = book(notified())
    typhoon = asked(CancelSession, "t", Actor.SITE, booking="b")
    state = do(booked, typhoon, "2021-11-05 18:00")
    assert (state.status, state.carried) == (Status.CARRIED_OVER, ROUND_13.id)
    assert state.wanted == booked.wanted
    following = catalog.load("tw/covid19-1922/round-15")
    told = asked(Notify, "n2", Actor.PROGRAMME, policy_id=following.id)
    decision = eligibility.decide(following, reservation.with_journey(PERSON, state))
    state = do(
        state,
        told,
        "2021-11-22 14:00",
        policy=following,
        decision=decision,
        delivery=reservation.Delivery.DELIVERED,
    )
    assert state.status is Status.NOTIFIED


def test_a_round_that_notifies_nobody_sends_nothing() -> None:
    told = asked(Notify, "n2", Actor.PROGRAMME, policy_id=ROUND_19.id)
    assert code_of(registered(), told, "2022-01-14 14:00", policy=ROUND_19).code == (
        "no-notification"
    )


def test_who_was_told_and_did_not_book_is_carried_over_when_the_round_is_over() -> None:
    carry = asked(CarryOver, "co", Actor.PROGRAMME, policy_id=ROUND_13.id)
    assert code_of(notified(), carry, "2021-11-05 11:59").code == "round-still-open"
    state = do(notified(), carry, "2021-11-05 12:00")
    assert (state.status, state.carried) == (Status.CARRIED_OVER, ROUND_13.id)


def test_a_vaccination_is_a_dose_and_the_journey_goes_on_to_the_next() -> None:
    """A person who has had dose 1 cannot book it again, whatever decision is brought."""
    state = do(book(notified()), VACCINATE, "2021-11-06 09:30")
    facts = reservation.with_journey(PERSON, state)
    assert facts.doses == (Dose("BNT", date(2021, 11, 6)),)
    again = eligibility.decide(ROUND_13, facts)
    assert not any(date(2021, 11, 7) in offer.days for offer in again.offers)
    assert reservation.with_journey(altered(PERSON, doses=None), state).doses is None
    assert reservation.with_journey(facts, state).doses == facts.doses
    later = altered(BOOK, id="b2", slot=altered(SLOT, day=date(2021, 11, 7)))
    with pytest.raises(Rejected, match="dose-already-given"):
        book(state, "2021-11-06 10:00", later, decision=decision_for(notified()))
    assert edit(state, "2021-11-13 17:00", ROUND_4) == "done"


def test_a_closed_journey_is_over() -> None:
    state = do(
        registered(),
        asked(Close, "z", Actor.PROGRAMME, reason=CloseReason.PROGRAMME_ENDED),
        "2022-04-01 09:00",
    )
    assert reservation.is_terminal(state)
    assert not reservation.is_terminal(registered())
    assert code_of(state, altered(REGISTER, id="r2"), "2022-04-02 09:00").code == "journey-closed"


def test_a_command_that_comes_again_gives_no_event_even_when_it_no_longer_could() -> None:
    state = book(notified())
    assert reservation.decide(state, BOOK, now=at("2022-01-01 00:00")) == ()
    with pytest.raises(Rejected, match="command-id-reused"):
        reservation.decide(state, altered(NOTIFY, id="b"), now=at("2021-11-03 10:00"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: altered(REGISTER, vaccines=()),
        lambda: altered(REGISTER, vaccines=("AZ", "AZ")),
        lambda: altered(REGISTER, districts=("",)),
        lambda: altered(REGISTER, subject="A123456789"),
        lambda: altered(REGISTER, id=""),
        lambda: altered(BOOK, policy_id=" "),
        lambda: reservation.decide(initial(), REGISTER, now=datetime(2021, 10, 1)),  # noqa: DTZ001  # refused
    ],
)
def test_what_makes_no_sense_is_an_error(make: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        make()


def test_one_text_is_not_several() -> None:
    with pytest.raises(TypeError):
        altered(REGISTER, vaccines="AZ")


def test_another_persons_event_breaks_the_stream() -> None:
    state = book(notified())
    told: Any = state.history[1]
    theirs = altered(told, command=altered(NOTIFY, subject="bert"))
    with pytest.raises(BrokenStream, match="another journey"):
        replay((state.history[0], theirs))


def test_an_event_about_another_booking_breaks_the_stream() -> None:
    state = do(book(notified()), VACCINATE, "2021-11-06 09:30")
    given: Any = state.history[-1]
    stray = altered(given, command=altered(VACCINATE, booking="other"))
    with pytest.raises(BrokenStream, match="not about the live booking"):
        replay((*state.history[:-1], stray))


def test_a_vaccination_with_another_dose_than_was_booked_breaks_the_stream() -> None:
    state = do(book(notified()), VACCINATE, "2021-11-06 09:30")
    given: Any = state.history[-1]
    assert given.given == Dose(SLOT.vaccine, SLOT.day)
    for change in ({"dose": 2}, {"given": Dose("AZ", SLOT.day)}):
        with pytest.raises(BrokenStream, match="another dose than was booked"):
            replay((*state.history[:-1], altered(given, **change)))


def test_a_dose_that_is_recorded_twice_breaks_the_stream() -> None:
    dose = Dose("BNT", date(2021, 7, 1))
    command = RecordDose(id="d", actor=Actor.PROGRAMME, subject=ANNA, dose=1, given=dose)
    state = do(initial(), command, "2021-10-01 09:00")
    first: Any = state.history[0]
    second = altered(first, version=2, command=altered(command, id="d2", dose=2))
    with pytest.raises(BrokenStream, match="event 2 records a dose that is on record"):
        evolve(state, second)


def test_an_event_that_is_not_its_actors_task_breaks_the_stream() -> None:
    state = registered()
    event: Any = state.history[0]
    with pytest.raises(BrokenStream, match="event 1 is not a task of its actor"):
        replay([altered(event, command=altered(REGISTER, actor=Actor.SITE))])


def test_the_policy_brought_when_one_comes_is_that_of_the_booking() -> None:
    arrives = asked(CheckIn, "c", Actor.SITE, booking="b")
    found = code_of(book(notified()), arrives, "2021-11-06 09:00", policy=ROUND_19)
    assert found.code == "other-policy"


def test_a_recorded_dose_is_the_one_that_the_command_names() -> None:
    given = Dose("BNT", date(2021, 7, 1))
    command = RecordDose(id="d", actor=Actor.PROGRAMME, subject=ANNA, dose=1, given=given)
    (recorded,) = do(initial(), command, "2021-10-01 09:00").doses
    assert (recorded.dose, recorded.given) == (1, given)


@given(st.lists(st.sampled_from(["AZ", "BNT", "Moderna"]), min_size=1, unique=True))
def test_equal_events_give_equal_states(vaccines: list[str]) -> None:
    states = [
        do(initial(), altered(REGISTER, vaccines=vaccines), "2021-10-01 09:00", **IDENTITY)
        for _ in range(2)
    ]
    assert states[0] == states[1]
    assert hash(states[0]) == hash(states[1])
    assert states[0].version == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, REGISTER, at("2021-10-01 09:00")), "state: expected a State"),
        ((initial(), {}, at("2021-10-01 09:00")), "command: expected a command of a journey"),
        ((initial(), REGISTER, None), "now: expected a datetime with a UTC offset"),
        ((initial(), REGISTER, date(2021, 10, 1)), "now: expected a datetime with a UTC offset"),
    ],
)
def test_a_wrong_argument_is_named(arguments: Any, message: str) -> None:
    state, command, now = arguments
    with pytest.raises(TypeError, match=message):
        reservation.decide(state, command, now=now)


def test_a_fault_of_a_guard_goes_out_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is blamed on an argument only if one has a wrong type."""

    def faulty(_: object) -> None:
        raise AttributeError("our own fault")

    monkeypatch.setitem(reservation.GUARDS, Register, (faulty,))
    when = at("2021-10-01 09:00")
    with pytest.raises(AttributeError, match="our own fault"):
        reservation.decide(initial(), REGISTER, now=when, **IDENTITY)
    wrong: Any = "matched"
    with pytest.raises(TypeError, match="registry: expected"):
        reservation.decide(initial(), REGISTER, now=when, **{**IDENTITY, "registry": wrong})


_ENTRY = r"^ {4}(\w+): "
"""An argument or attribute of a docstring."""


@NEEDS_DOCSTRINGS
def test_what_is_brought_has_one_order_everywhere() -> None:
    asked = list(inspect.signature(reservation.decide).parameters)
    explained = re.findall(_ENTRY, inspect.getdoc(reservation.decide) or "", re.MULTILINE)
    kept = [each.name for each in fields(reservation.Request) if each.init]
    described = re.findall(_ENTRY, inspect.getdoc(reservation.Request) or "", re.MULTILINE)
    assert asked == kept == described
    assert asked == [name for name in explained if name.islower()]


ROOT = Path(__file__).parents[2]
ORDER = [each.name for each in fields(reservation.Request) if each.init]
PAGES = sorted(
    path
    for folder in ("docs", "examples", "benchmarks", "src")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".md", ".py"} and "decide(" in path.read_text(encoding="utf-8")
)


def names_of_calls(text: str) -> Iterator[list[str]]:
    """The arguments of `reservation.decide` by name, in each call of a page or program."""
    fenced = re.findall("^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for code in fenced or [text]:
        for call in ast.walk(ast.parse(code)):
            names = [it.arg for it in call.keywords if it.arg] if isinstance(call, ast.Call) else []
            if {"now", "decision"} <= set(names):
                yield [name for name in names if name in ORDER]


def test_pages_and_programs_bring_it_in_that_order() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in PAGES}
    calls = {
        path: list(names_of_calls(text))
        for path, text in texts.items()
        if path.suffix == ".py" or "```python" in text
    }
    wrong = {
        str(path.relative_to(ROOT)): names
        for path, found in calls.items()
        for names in found
        if names != sorted(names, key=ORDER.index)
    }
    assert not wrong
    assert sum(map(len, calls.values())) > 4  # the check finds calls at all


def test_what_commands_take_can_be_imported_from_here() -> None:
    wanted = {"Dose", "Window", "Claim", "RegistryAnswer", "MobileNumber", "Decision", "Policy"}
    assert wanted <= set(reservation.__all__)
    assert all(hasattr(reservation, name) for name in reservation.__all__)


def test_a_page_can_ask_what_may_follow_and_what_each_command_lacks() -> None:
    possible = reservation.may(initial(), now=at("2021-10-01 09:00"))
    assert {each.lacks for each in possible} == {()}
    kinds = {each.command for each in possible}
    assert {Register, Book, RecordDose} <= kinds
    assert Cancel not in kinds
    state = notified()
    brought: dict[str, Any] = {
        "policy": ROUND_13,
        "decision": decision_for(state),
        "programme": PROGRAMME,
    }
    cancel = asked(Cancel, "x", booking="b")
    book, none = reservation.may(state, BOOK, cancel, now=at("2021-11-03 09:59"), **brought)
    codes = {each.code: each.possible_from for each in book.lacks}
    assert codes["window-not-open"] == at("2021-11-03 10:00")
    assert set(codes) == {
        *("identity-not-verified", "registry-unavailable", "window-not-open", "capacity-unknown")
    }
    assert [each.code for each in none.lacks] == ["no-booking"]
    place = kept(BOOK)
    (book,) = reservation.may(
        state, BOOK, now=at("2021-11-03 10:00"), **brought, **IDENTITY, place=place
    )
    assert book == reservation.Possible(Book, ())


@pytest.mark.parametrize(
    ("now", "code"),
    [(datetime(2021, 10, 1, 9), "no-offset"), (at("9999-01-01 09:00"), "out-of-range")],  # noqa: DTZ001  # the point
)
def test_the_instant_of_a_page_has_an_offset_and_is_in_range(now: datetime, code: str) -> None:
    for commands in ((), (BOOK,)):
        with pytest.raises(InvalidValue) as refused:
            reservation.may(initial(), *commands, now=now)
        assert (refused.value.field, refused.value.code) == ("now", code)


def test_who_has_not_registered_is_told_to_register() -> None:
    """Of several refusals the one that the person can act on."""
    facts = altered(PERSON, key=ANNA)
    decision = eligibility.decide(ROUND_13, reservation.with_journey(facts, initial()))
    policy = altered(ROUND_13, notification="reminder")
    with pytest.raises(Rejected, match="not-registered"):
        book(initial(), policy=policy, decision=decision)


def test_who_has_not_registered_for_the_vaccine_is_told_so_rather_than_to_wait_for_a_notice() -> (
    None
):
    policy = altered(ROUND_13, notification="required")
    for vaccines, code in (
        (("AZ",), "vaccine-not-registered"),
        (("AZ", "BNT"), "not-notified"),
    ):
        state = do(initial(), altered(REGISTER, vaccines=vaccines), "2021-10-01 09:00", **IDENTITY)
        assert decision_for(state).outcome is eligibility.Outcome.ELIGIBLE
        with pytest.raises(Rejected) as refused:
            book(state, policy=policy)
        assert refused.value.code == code


def test_another_persons_journey_is_refused_and_the_key_and_the_wish_are_kept() -> None:
    wish = Willingness({"AZ": at("2021-07-10 09:00")})
    kept_facts = reservation.with_journey(Person(key="me", willingness=wish), initial())
    assert (kept_facts.key, kept_facts.willingness) == ("me", wish)
    with pytest.raises(ValueError, match="another person"):
        reservation.with_journey(Person(key="other"), registered())


def correct(state: State, event: int, when: str, name: str = "k") -> State:
    reason = CorrectionReason.ENTERED_IN_ERROR
    return do(state, asked(Correct, name, Actor.SITE, event=event, reason=reason), when)


def test_a_dose_entered_in_error_is_taken_back_and_the_booking_lives_again() -> None:
    booked = book(notified())
    given = do(booked, VACCINATE, "2021-11-06 09:30")
    state = correct(given, given.version, "2021-11-06 09:40")
    assert (state.status, state.doses, state.booking) == (Status.BOOKED, (), booked.booking)
    assert replay(state.history) == state
    with pytest.raises(Rejected, match="not-correctable"):
        correct(state, given.version, "2021-11-06 09:50", "k2")


def test_another_product_and_day_may_be_given_than_booked() -> None:
    other_dose = Dose("Moderna", date(2021, 11, 7))
    state = do(book(notified()), altered(VACCINATE, given=other_dose), "2021-11-08 09:00")
    assert [each.given for each in state.doses] == [other_dose]
    with pytest.raises(Rejected, match="dose-in-future"):
        do(book(notified()), altered(VACCINATE, given=other_dose), "2021-11-06 09:00")


def test_a_dose_given_elsewhere_is_recorded_while_booked() -> None:
    dose = asked(RecordDose, "d", Actor.PROGRAMME, dose=1, given=Dose("AZ", date(2021, 11, 4)))
    state = do(book(notified()), dose, "2021-11-05 09:00")
    assert (state.status, len(state.doses)) == (Status.BOOKED, 1)


def test_after_its_day_a_booking_is_neither_changed_nor_cancelled() -> None:
    state = book(notified())
    with pytest.raises(Rejected, match="booking-over"):
        book(state, "2021-11-23 16:00", other("c", session="evening"))
    cancel = asked(Cancel, "x", booking="b")
    assert code_of(state, cancel, "2021-11-23 16:00").code == "booking-over"


@pytest.mark.parametrize(("kind", "actor"), [(Change, Actor.PERSON), (Move, Actor.SITE)])
def test_a_booking_goes_to_another_slot_and_not_after_its_day(kind: Any, actor: Actor) -> None:
    state = book(notified())
    round_13 = {"policy_id": ROUND_13.id, "booking": "b"}
    same = asked(kind, "c", actor, **round_13, slot=SLOT)
    later = altered(same, slot=altered(SLOT, day=date(2021, 11, 7)))
    with pytest.raises(Rejected, match="same-slot"):
        book(state, "2021-11-03 11:00", same)
    with pytest.raises(Rejected, match="booking-over"):
        book(state, "2021-11-07 00:00", later)
    moved = book(state, "2021-11-03 11:00", later).booking
    assert moved is not None
    assert (moved.id, moved.slot) == ("c", later.slot)


def test_every_notification_counts() -> None:
    """Notified of round 13, then of 15: round 13 is not notified again."""
    state = notified()
    facts = reservation.with_journey(PERSON, state)
    brought = {"policy": ROUND_15, "decision": eligibility.decide(ROUND_15, facts)}
    delivered = reservation.Delivery.DELIVERED
    told = asked(Notify, "n15", Actor.PROGRAMME, policy_id=ROUND_15.id)
    state = do(state, told, "2021-11-03 14:00", **brought, delivery=delivered)
    assert (
        code_of(state, altered(NOTIFY, id="n3"), "2021-11-03 15:00", policy=ROUND_13).code
        == "already-notified"
    )
    assert book(state, "2021-11-03 15:00").status is Status.BOOKED


def test_a_person_with_two_numbers_has_one_booking() -> None:
    two = altered(FORM, id_number="A800000014", also_known_as="AB12345677")
    claim = check_form(two, on=date(2021, 10, 1))
    state = notified()
    with pytest.raises(Rejected, match="other-journey-unknown"):
        book(state, claim=claim)
    theirs = altered(book(state), subject="anna-old")
    with pytest.raises(Rejected, match="already-booked"):
        book(state, claim=claim, other=theirs)
    assert book(state, claim=claim, other=initial()).status is Status.BOOKED
    with pytest.raises(Rejected, match="other-journey-unknown"):
        book(state, claim=claim, other=state)


def test_time_does_not_go_back() -> None:
    add = asked(AddVaccine, "add", Actor.PROGRAMME, vaccine="Medigen")
    assert code_of(registered(), add, "2021-09-30 09:00").code == "clock-behind"
    assert code_of(registered(), add, "2031-10-01 09:00").code == "clock-ahead"


def test_a_place_that_was_held_until_then_is_no_place_any_more() -> None:
    old = altered(kept(BOOK), until=at("2021-11-03 15:10"))
    assert book(notified(), "2021-11-03 15:00", place=old).booking is not None
    with pytest.raises(Rejected, match="hold-over"):
        book(notified(), "2021-11-03 18:00", place=old)


def test_the_willingness_of_who_never_registered_here_stays_unknown() -> None:
    """Whoever has withdrawn wants nothing: that is known."""
    unknown = Person(key=ANNA)
    assert reservation.with_journey(unknown, initial()).willingness is None
    given = reservation.Dose("AZ", date(2021, 7, 1))
    dose = reservation.RecordDose(
        id="d", actor=reservation.Actor.PROGRAMME, subject=ANNA, dose=1, given=given
    )
    with_dose = do(initial(), dose, "2021-10-01 09:00")
    assert reservation.with_journey(unknown, with_dose).willingness is None
    withdrawal = reservation.Withdraw(id="w", actor=reservation.Actor.PERSON, subject=ANNA)
    withdrawn = do(registered(), withdrawal, "2021-10-02 09:00")
    assert reservation.with_journey(unknown, withdrawn).willingness == Willingness({})
