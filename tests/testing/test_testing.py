"""The tools for users' own tests: strategies that draw every kind of input, and invariants."""

import sys
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve as altered
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from vaxpolicy import reservation
from vaxpolicy.booking import slots as slot_stream
from vaxpolicy.booking.events import COMMANDS, EVENTS
from vaxpolicy.booking.slots import BookingRef, Hold, Open, Release, Slot, Take
from vaxpolicy.booking.streams import Actor
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Decision, Dose, Offer, Outcome
from vaxpolicy.identity import IdentityForm, MobileNumber, RegistryAnswer, check_form
from vaxpolicy.rules.validity import Minimum
from vaxpolicy.testing import (
    INVARIANTS,
    PROGRAMME,
    REFUSAL_ASSERTIONS,
    ROUND,
    SLOT_INVARIANTS,
    SLOT_REFUSAL_ASSERTIONS,
    Step,
    broken,
    broken_slot,
    circumstances,
    commands,
    instants,
    journeys,
    slot_histories,
    slot_step,
    slots,
    step,
    steps,
)

NOW = datetime(2021, 11, 3, 15, tzinfo=TAIWAN)
FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
SLOT = Slot("site-1", date(2021, 11, 6), "morning", "BNT", 1)


def drawn(strategy: st.SearchStrategy[Any]) -> list[Any]:
    """Several hundred examples, the same each time: what may be drawn does not depend on luck."""
    found: list[Any] = []

    @settings(
        max_examples=800,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
    )
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


@given(journeys())
def test_every_step_of_a_drawn_journey_holds_every_invariant(steps: tuple[Step, ...]) -> None:
    for before, after in pairwise(steps):
        assert after.before == before.after
        assert before.now <= after.now
    for each in steps:
        assert not broken(each), broken(each)


@given(st.data())
def test_every_step_of_a_drawn_slot_holds_every_invariant(data: st.DataObject) -> None:
    slot = data.draw(slots())
    for each in data.draw(slot_histories(slot)):
        assert not broken_slot(each), broken_slot(each)
        assert each.after.slot in {None, slot}


@pytest.mark.slow
def test_every_event_happens_and_most_codes_come_up_in_drawn_journeys() -> None:
    steps = [it for journey in drawn(journeys()) for it in journey]
    assert {type(it.event) for it in steps if it.event} == set(EVENTS.values())
    assert {type(it.command) for it in steps} == set(COMMANDS)
    codes = {it.refused.code for it in steps if it.refused}
    assert len(codes) > len(REFUSAL_ASSERTIONS) / 2


@pytest.mark.slow
def test_every_event_happens_and_every_code_comes_up_in_drawn_slots() -> None:
    steps = [it for history in drawn(slot_histories(SLOT)) for it in history]
    assert {type(it.event) for it in steps if it.event} == set(slot_stream.EVENTS.values())
    assert {it.refused.code for it in steps if it.refused} >= {*SLOT_REFUSAL_ASSERTIONS} - {
        "slot-not-open",  # the first step opens it
        "session-over",  # this slot lasts all day
    }


def test_a_step_shows_no_more_than_one_can_read() -> None:
    right = booked()
    assert len(repr(right)) < 1500
    assert "before=new" in repr(right)
    opened = slot_step(
        slot_stream.initial(), Open(id="o", actor=Actor.SITE, slot=SLOT, places=1), now=NOW
    )
    assert "after=0 of 1" in repr(opened)


def test_instants_lie_on_both_sides_of_the_window() -> None:
    found = drawn(instants())
    assert min(found) < NOW < max(found)


@given(st.data())
def test_what_is_brought_may_be_given_to_decide(data: st.DataObject) -> None:
    command = data.draw(commands())
    it = step(reservation.initial(), command, now=NOW, **data.draw(circumstances(command)))
    assert (it.refused is None) == bool(it.events)


def booked() -> Step:
    """A booking as it should be."""
    command = reservation.Book(
        id="b", actor=Actor.PERSON, subject="someone", policy_id=ROUND.id, slot=SLOT
    )
    window = ROUND.stages[0].windows
    days = DaySet.of(SLOT.day)
    offer = Offer("rule", "BNT", 1, days, days, (window,))
    decision = Decision(
        *(ROUND.id, ROUND.version, ROUND.digest, "someone", Outcome.ELIGIBLE),
        *((offer,), (), (), ()),
    )
    mine = BookingRef("someone", "b")
    return step(
        reservation.initial(),
        command,
        now=NOW,
        programme=altered(PROGRAMME, registration="none"),
        policy=ROUND,
        decision=decision,
        elsewhere=reservation.Elsewhere.NOT_BOOKED,
        claim=check_form(FORM, on=NOW.date()),
        registry=RegistryAnswer.MATCHED,
        place=reservation.Place(SLOT, mine, reservation.PlaceAnswer.KEPT),
    )


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"events": ()}, "one_command_one_event"),
        ({"now": NOW + timedelta(days=2)}, "on_a_day_offered_in_an_open_window"),
        ({"brought": {}}, "only_whose_turn_it_is"),
        ({"brought": {}}, "a_place_for_every_booking"),
        ({"after": reservation.initial()}, "nothing_is_lost"),
        ({"before": booked().after}, "the_table_is_kept"),
        (
            {"before": altered(booked().after, status=reservation.Status.CLOSED)},
            "nothing_follows_the_end",
        ),
        ({"command": altered(booked().command, actor=Actor.SITE)}, "each_to_their_task"),
    ],
)
def test_a_portals_own_step_that_is_wrong_is_found(change: dict[str, Any], name: str) -> None:
    right = booked()
    assert broken(right) == ()
    assert name in broken(altered(right, **change))


def test_a_slots_own_step_that_is_wrong_is_found() -> None:
    opening = Open(id="o", actor=Actor.SITE, slot=SLOT, places=1)
    opened = slot_step(slot_stream.initial(), opening, now=NOW)
    take = Take(id="t", actor=Actor.PERSON, booking=BookingRef("someone", "b"))
    right = slot_step(opened.after, take, now=NOW)
    assert broken_slot(right) == ()
    oversold = altered(right, after=altered(right.after, places=0))
    assert "no_more_than_there_are" in broken_slot(oversold)


def test_two_bookings_at_once_are_found_from_the_events_alone() -> None:
    right = booked()
    second = altered(right.events[0], version=2)
    history = (*right.events, second)
    twice = altered(right, events=(second,), after=altered(right.after, history=history))
    assert "nobody_booked_twice" in broken(twice)


def test_a_cancellation_without_a_booking_is_never_in_time() -> None:
    right = booked()
    command = reservation.Cancel(id="x", actor=Actor.PERSON, subject="someone", booking="b")
    event = reservation.Cancelled(1, NOW, command)
    wrong = altered(right, command=command, events=(event,))
    assert {"cancelled_in_time", "the_booking_named"} <= set(broken(wrong))


REFUSED = step(
    booked().after,
    reservation.CheckIn(id="c", actor=Actor.SITE, subject="someone", booking="b"),
    now=NOW,
)


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda it: it.__name__)
def test_every_invariant_holds_of_a_refusal_too(invariant: Any) -> None:
    assert REFUSED.refused is not None
    assert invariant(REFUSED)


def test_a_journey_that_is_kept_under_a_number_of_a_document_is_found() -> None:
    right = booked()
    form = IdentityForm(id_number="A800000014", passport="AB123456", captcha_passed=True)
    claim = check_form(form, on=NOW.date())
    command = altered(right.command, subject="passport AB123456")
    booking: Any = right.event
    event = altered(booking, command=command)
    brought = {**right.brought, "claim": claim}
    assert "events_hold_no_personal_data" not in broken(altered(right, brought=brought))
    wrong = altered(right, command=command, events=(event,), brought=brought)
    assert "events_hold_no_personal_data" in broken(wrong)


def test_a_booking_ends_with_the_day_on_which_the_window_closes() -> None:
    """A window that closes on a day without its hour is open until the day is over."""
    right = booked()
    (stage,) = ROUND.stages
    window = altered(stage.windows[0], closes=date(2021, 11, 5))
    policy = altered(ROUND, stages=(altered(stage, windows=(window,)),))
    (offer,) = right.brought["decision"].offers
    decision = altered(
        right.brought["decision"], offers=(altered(offer, window_cases=((window,),)),)
    )
    brought = {**right.brought, "policy": policy, "decision": decision}
    again = step(right.before, right.command, now=NOW, **brought)
    booking: Any = again.event
    assert booking.closes == datetime(2021, 11, 6, tzinfo=TAIWAN)
    assert broken(again) == ()


@pytest.mark.parametrize("day", [date(2021, 11, 5), date(2021, 11, 6)])
def test_nobody_is_notified_when_the_day_on_which_the_window_closes_is_over(day: date) -> None:
    right = booked()
    (offer,) = right.brought["decision"].offers
    window = altered(offer.windows[0], closes=date(2021, 11, 5))
    decision = altered(
        right.brought["decision"], offers=(altered(offer, window_cases=((window,),)),)
    )
    it = step(
        reservation.initial(),
        reservation.Notify(id="n", actor=Actor.PROGRAMME, subject="someone", policy_id=ROUND.id),
        now=datetime.combine(day, NOW.time(), TAIWAN),
        **{**right.brought, "decision": decision, "delivery": reservation.Delivery.DELIVERED},
    )
    assert (it.refused is None) == (day == window.closes)
    assert it.refused is None or it.refused.code == "no-longer-bookable"
    assert broken(it) == ()


def test_a_vaccination_with_another_dose_than_was_booked_is_found() -> None:
    right = booked()
    command = reservation.Vaccinate(id="v", actor=Actor.SITE, subject="someone", booking="b")
    given = reservation.Dose("BNT", SLOT.day)
    event = reservation.Vaccinated(2, NOW, command, 2, given)
    wrong = altered(right, before=right.after, command=command, events=(event,))
    assert "a_vaccination_is_a_dose" in broken(wrong)


def test_a_hold_that_is_prolonged_and_made_anew_keeps_the_laws() -> None:
    mine, other = BookingRef("someone", "b"), BookingRef("another", "x")
    state, refusals = slot_stream.initial(), []

    def hold(name: str, booking: BookingRef, begins: int, ends: int) -> tuple[Hold, int]:
        until = NOW + timedelta(minutes=ends)
        return Hold(id=name, actor=Actor.PERSON, booking=booking, until=until), begins

    for command, minute in (
        (Open(id="o", actor=Actor.SITE, slot=SLOT, places=2), 0),
        hold("h1", mine, 0, 10),
        hold("h2", other, 1, 11),
        hold("h3", mine, 5, 20),
        hold("h4", mine, 6, 31),
        (Release(id="r", actor=Actor.PERSON, booking=mine), 7),
        hold("h5", mine, 8, 20),
        hold("h6", mine, 9, 38),
        hold("h7", mine, 10, 39),
    ):
        taken = slot_step(state, command, now=NOW + timedelta(minutes=minute))
        assert broken_slot(taken) == ()
        state = taken.after
        if taken.refused is not None:
            refusals.append(command.id)
    assert refusals == ["h4", "h7"]


@pytest.mark.parametrize(
    ("ends", "over", "code"),
    [
        (None, datetime(2021, 11, 7, tzinfo=TAIWAN), "day-over"),
        (time(12), datetime(2021, 11, 6, 12, tzinfo=TAIWAN), "session-over"),
    ],
)
def test_no_place_is_taken_when_the_session_is_over(
    ends: time | None, over: datetime, code: str
) -> None:
    opening = Open(id="o", actor=Actor.SITE, slot=altered(SLOT, ends=ends), places=1)
    opened = slot_step(slot_stream.initial(), opening, now=NOW).after
    take = Take(id="t", actor=Actor.PERSON, booking=BookingRef("someone", "b"))
    before = slot_step(opened, take, now=over - timedelta(microseconds=1))
    after = slot_step(opened, take, now=over)
    assert before.event is not None
    assert after.refused is not None
    assert after.refused.code == code
    assert broken_slot(before) == broken_slot(after) == ()


def test_a_place_that_is_held_and_not_kept_is_found() -> None:
    opening = Open(id="o", actor=Actor.SITE, slot=SLOT, places=1)
    opened = slot_step(slot_stream.initial(), opening, now=NOW)
    until = NOW + timedelta(minutes=10)
    hold = Hold(id="h", actor=Actor.PERSON, booking=BookingRef("someone", "b"), until=until)
    right = slot_step(opened.after, hold, now=NOW)
    assert broken_slot(right) == ()
    assert "a_hold_only_grows" in broken_slot(altered(right, after=right.before))


def test_invariants_have_names_of_their_own() -> None:
    for invariants in (INVARIANTS, SLOT_INVARIANTS):
        names = [invariant.__name__ for invariant in invariants]
        assert len(set(names)) == len(names)
        if sys.flags.optimize < 2:  # else there are no docstrings
            assert all(invariant.__doc__ for invariant in invariants)


def test_what_a_step_without_a_slot_or_a_policy_says() -> None:
    left = step(
        reservation.initial(),
        reservation.Withdraw(id="w", actor=Actor.PERSON, subject="someone"),
        now=NOW,
    )
    assert left.day == date.max
    assert left.offers == ()
    assert altered(left, brought={"decision": booked().decision}).offers == ()
    assert not steps.dose_given(left)
    assert not steps.follows_the_booked(left)


def test_doses_are_counted_as_the_policy_counts_them() -> None:
    left, bnt, flu = booked(), Dose("BNT", date(2021, 7, 1)), Dose("Influenza", date(2021, 10, 1))
    without = altered(left, brought={})
    assert steps.ways_to_count(without, [bnt, flu], "BNT", 2) == {2}
    minimum = Minimum(("BNT",), 1, ("source",))
    strict = altered(left, brought={"policy": altered(ROUND, minimums=(minimum,))})
    assert steps.ways_to_count(strict, [bnt], "BNT", 2) == {0, 1}
    several = altered(left, brought={"policy": altered(ROUND, diseases=("influenza",))})
    assert steps.ways_to_count(several, [bnt, flu], "BNT", 2) == {1}
    assert steps.ways_to_count(several, [bnt, flu], "nothing-known", 2) == {0}


def carry_over(now: datetime) -> Step:
    """Somebody who was notified goes on to the next round."""
    told = step(
        reservation.initial(),
        reservation.Notify(id="n", actor=Actor.PROGRAMME, subject="someone", policy_id=ROUND.id),
        now=NOW,
        **{**booked().brought, "delivery": reservation.Delivery.DELIVERED},
    )
    command = reservation.CarryOver(
        id="c", actor=Actor.PROGRAMME, subject="someone", policy_id=ROUND.id
    )
    return step(told.after, command, now=now, **booked().brought)


def test_who_was_notified_is_carried_over_when_the_round_is_over() -> None:
    closes: Any = ROUND.stages[0].windows[0].closes
    early, right = carry_over(closes - timedelta(seconds=1)), carry_over(closes)
    assert early.refused is not None
    assert early.refused.code == "round-still-open"
    assert right.after.carried == ROUND.id
    assert broken(early) == broken(right) == ()
    assert "carried_over_when_over" in broken(altered(right, now=NOW))
    assert "carried_over_when_over" in broken(altered(right, before=reservation.initial()))


def test_a_next_booking_without_a_first_one_is_found() -> None:
    right = booked()
    first: Any = right.event
    slot = altered(SLOT, dose=2, day=date(2021, 12, 6))
    command = reservation.BookNext(
        id="b2", actor=Actor.PERSON, subject="someone", policy_id=ROUND.id, slot=slot
    )
    rest = (first.policy_version, first.disease, first.closes, first.round_ends, first.record)
    ahead = reservation.BookedNext(2, NOW, command, *rest)
    both = altered(right, after=altered(right.after, history=(first, ahead)))
    alone = altered(right, after=altered(right.after, history=(ahead,)))
    earlier = altered(ahead, command=altered(command, slot=altered(slot, day=SLOT.day)))
    same_day = altered(right, after=altered(right.after, history=(first, earlier)))
    assert "nobody_booked_twice" not in broken(both)
    assert "nobody_booked_twice" in broken(alone)
    assert "nobody_booked_twice" in broken(same_day)


def test_registration_is_open_in_the_windows_of_the_gate() -> None:
    window = ROUND.stages[0].windows[0]
    gate = altered(PROGRAMME, registration_windows=(), gate=ROUND)
    right = altered(booked(), brought={"programme": gate})
    assert isinstance(window.closes, datetime)
    assert steps.registration(right) is True
    assert steps.registration(altered(right, now=window.closes)) is False
    nothing = altered(right, brought={"programme": altered(gate, gate=None)})
    assert steps.registration(nothing) is None


def test_the_answer_of_the_gate_is_read_from_its_decision() -> None:
    brought = dict(booked().brought)
    command = reservation.Register(
        id="r",
        actor=Actor.PERSON,
        subject="someone",
        vaccines=("BNT",),
        districts=("臺北市大安區",),
    )
    days = DaySet.between(NOW.date(), SLOT.day)
    decision = brought["decision"]
    offer = altered(decision.offers[0], days=days, possible_days=days)
    lets_in = altered(decision, offers=(offer,))
    undetermined = altered(lets_in, outcome=Outcome.UNDETERMINED)
    cases: list[tuple[Any, tuple[str, ...], str]] = [
        (lets_in, ("BNT",), "open"),
        (lets_in, ("BNT", "AZ"), "closed"),
        (altered(lets_in, offers=(), outcome=Outcome.INELIGIBLE), ("BNT",), "closed"),
        (undetermined, ("BNT",), "undetermined"),
        (altered(lets_in, subject="another"), ("BNT",), "unchecked"),
        (altered(lets_in, policy_version="0"), ("BNT",), "unchecked"),
        (None, ("BNT",), "unchecked"),
    ]
    programme = altered(PROGRAMME, registration_windows=(), gate=ROUND)
    for given_decision, vaccines, answer in cases:
        it = step(
            reservation.initial(),
            altered(command, vaccines=vaccines),
            now=NOW,
            programme=programme,
            gate=given_decision,
            claim=brought["claim"],
            registry=RegistryAnswer.MATCHED,
            mobile=MobileNumber.parse("0912345678"),
        )
        assert steps.gate(it) == answer
        assert broken(it) == ()
        code = None if it.refused is None else it.refused.code
        assert code == (None if answer == "open" else f"registration-gate-{answer}")


def test_an_edit_is_locked_by_a_notice_as_long_as_its_window_is_not_known() -> None:
    notified = altered(reservation.initial(), status=reservation.Status.NOTIFIED)
    lock = reservation.EditLock(1, time(12), notified=True)
    locked = altered(
        booked(), before=notified, brought={"programme": altered(PROGRAMME, edit_lock=lock)}
    )
    assert steps.lock(locked) == "not-stated"
    free = altered(locked, brought={"programme": altered(PROGRAMME, edit_lock=None)})
    assert steps.lock(free) == "open"


def test_a_place_is_over_when_its_hold_ends() -> None:
    right = booked()
    held = altered(right.brought["place"], until=NOW)
    it = altered(right, brought={**right.brought, "place": held})
    assert steps.place(it) == "over"
    assert steps.place(altered(it, now=NOW - timedelta(seconds=1))) == "kept"


def test_a_dose_is_of_another_disease_by_the_policy_alone() -> None:
    given = Dose("BNT", date(2021, 10, 1))
    command = reservation.RecordDose(
        id="d", actor=Actor.PROGRAMME, subject="someone", dose=1, given=given
    )
    right = booked()
    against_flu = altered(right, brought={"policy": altered(ROUND, disease="influenza")})
    assert not steps.of_another_disease(right, command)
    assert steps.of_another_disease(against_flu, command)
    assert not steps.of_another_disease(altered(right, brought={}), command)
