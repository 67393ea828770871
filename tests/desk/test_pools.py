"""Slots that share their places: one place for each booking, whatever the vaccine or the dose."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve as altered
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk.desks import (
    CLOSES,
    DAY,
    MORNING,
    ON_THE_DAY,
    OPEN,
    OPENS,
    PEOPLE,
    POOL,
    ROUND,
    a_booking,
    a_cancellation,
    a_change,
    book,
    desk_on,
    facts,
    free,
    open_slot,
    ref,
    register,
)
from tests.helpers import code_of
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import Slot
from vaxpolicy.days import DaySet
from vaxpolicy.desk import BookingService, Leak, MemoryStore, slot_stream
from vaxpolicy.reservation import Actor, Book, Change, CheckIn, Rejected, Status, Vaccinate

BNT, AZ = POOL


@pytest.fixture
def service() -> BookingService:
    return with_pool(2)


def with_pool(places: int) -> BookingService:
    made = desk_on(MemoryStore())
    open_slot(made, BNT, places, AZ)
    for subject in PEOPLE:
        register(made, subject)
    return made


def refusals(service: BookingService, subject: str, now: datetime = OPEN) -> dict[str, Any]:
    answers = service.slots_for(subject, ROUND.id, now=now, **facts())
    return {it.slot.vaccine: it.refusal and it.refusal.code for it in answers}


def test_both_vaccines_take_from_one_count(service: BookingService) -> None:
    assert slot_stream(BNT) == slot_stream(AZ) == f"slot/site/{DAY}/morning/people"
    assert slot_stream(MORNING) == f"slot/site/{DAY}/morning/BNT/1"
    book(service, "anna", BNT)
    assert free(service, BNT) == free(service, AZ) == 1
    assert refusals(service, "bert") == {"BNT": None, "AZ": None}
    book(service, "bert", AZ)
    assert refusals(service, "carl") == {"BNT": "slot-full", "AZ": "slot-full"}
    assert code_of(book, service, "carl", BNT) == "slot-full"
    assert not service.unsettled(now=OPEN)


def test_a_slot_that_the_pool_does_not_have(service: BookingService) -> None:
    stranger = altered(BNT, vaccine="Moderna")
    assert code_of(book, service, "anna", stranger) == "vaccine-not-registered"
    assert code_of(book, service, "anna", altered(BNT, ends=CLOSES.time())) == "capacity-unknown"
    assert free(service, BNT) == 2


def test_a_slot_is_opened_under_its_own_name(service: BookingService) -> None:
    wrong = slots.Open(id="o", actor=Actor.SITE, slot=MORNING, places=1)
    with pytest.raises(ValueError, match="command: expected an opening of this slot"):
        service.manage(altered(MORNING, dose=2), wrong, now=OPENS)
    again = slots.Open(id="open", actor=Actor.SITE, slot=BNT, shared_with=[AZ], places=2)
    assert service.manage(AZ, again, now=OPENS).version == 1


def test_a_change_within_the_pool_needs_no_second_place(service: BookingService) -> None:
    book(service, "anna", BNT)
    book(service, "bert", BNT)
    assert refusals(service, "anna") == {"BNT": "same-slot", "AZ": None}
    done = service.change(a_change("anna", slot=AZ), now=OPEN, **facts())
    assert done.journey.booking is not None
    assert done.journey.booking.slot == AZ
    assert service.change(a_change("anna", slot=AZ), now=OPEN, **facts()).events == ()
    capacity = service.capacity(BNT)
    assert (capacity.taken, slots.keeping(capacity, ref("anna"), OPEN).value) == (2, "released")
    assert not service.unsettled(now=OPEN)
    assert code_of(service.change, a_change("bert", "stale", AZ), now=OPEN, **facts()) == (
        "other-booking"
    )
    assert free(service, BNT) == 0


@pytest.mark.parametrize("name", ["release", "take", "may", "2"])
def test_a_change_within_a_full_pool_is_listed_whatever_its_commands_are_called(name: str) -> None:
    service = desk_on(MemoryStore())
    opening = slots.Open(id=name, actor=Actor.SITE, slot=BNT, shared_with=[AZ], places=1)
    service.manage(BNT, opening, now=OPENS)
    register(service, "anna")
    book(service, "anna", BNT)
    assert refusals(service, "anna") == {"BNT": "same-slot", "AZ": None}


def test_who_waits_comes_before_a_change_within_the_pool(service: BookingService) -> None:
    """And the booking stays as it was."""
    book(service, "anna", BNT)
    book(service, "bert", AZ)
    service.wait(a_booking("carl", AZ), now=OPEN, **facts())
    assert refusals(service, "anna")["AZ"] == "others-wait"
    change = a_change("anna", slot=AZ)
    assert code_of(service.change, change, now=OPEN, **facts()) == "others-wait"
    assert service.capacity(BNT).taken == 2
    (waits,) = service.waiting("carl", now=OPEN)
    assert (waits.slots, waits.place, waits.free) == ((BNT, AZ), 1, 0)
    service.cancel(a_cancellation("bert"), now=OPEN)
    assert refusals(service, "dora") == {"BNT": "others-wait", "AZ": "others-wait"}
    assert refusals(service, "carl") == {"BNT": None, "AZ": None}
    book(service, "carl", BNT)
    assert service.waiting("carl", now=OPEN) == ()


def test_a_pool_is_attended_and_closed_as_one(service: BookingService) -> None:
    book(service, "anna", BNT)
    book(service, "bert", AZ)
    here = service.attendance("site", DAY, now=ON_THE_DAY)
    assert {(it.booking.subject, it.booking.slot.vaccine) for it in here} == {
        ("anna", "BNT"),
        ("bert", "AZ"),
    }
    came = CheckIn(id="k", actor=Actor.SITE, subject="anna", booking="b1")
    service.check_in(came, now=ON_THE_DAY, **facts())
    given = Vaccinate(id="v", actor=Actor.SITE, subject="anna", booking="b1")
    service.vaccinate(given, now=ON_THE_DAY)
    closed = service.close_session(
        "site", DAY, "morning", cause="typhoon", actor=Actor.SITE, now=ON_THE_DAY
    )
    assert [it.journey.subject for it in closed] == ["bert"]
    assert closed[0].journey.status is Status.CARRIED_OVER
    assert not service.unsettled(now=ON_THE_DAY)


def test_a_household_gets_no_more_than_the_pool_has() -> None:
    service = with_pool(1)
    both = {subject: facts() for subject in ("anna", "bert")}
    assert service.slots_together(both, ROUND.id, now=OPEN) == ()
    more = slots.ChangeCapacity(id="two", actor=Actor.SITE, places=2)
    service.manage(AZ, more, now=OPEN)
    ways = service.slots_together(both, ROUND.id, now=OPEN)
    assert [[it.slot.vaccine for it in way] for way in ways] == [["BNT", "BNT"], ["AZ", "AZ"]]


def test_a_leak_and_a_lost_place_are_found_and_mended(service: BookingService) -> None:
    book(service, "anna", AZ)
    lost = slots.Release(id="lost", actor=Actor.SITE, booking=ref("anna"))
    service.manage(AZ, lost, now=OPEN)
    leaked = slots.Take(id="leaked", actor=Actor.SITE, booking=ref("bert"))
    service.manage(AZ, leaked, now=OPEN)
    found = service.unsettled(now=OPEN)
    assert found.leaked == (Leak(BNT, ref("bert")),)
    assert [it.subject for it in found.placeless] == ["anna"]
    later = OPEN + timedelta(minutes=11)
    assert service.reconcile(now=later) == found
    assert not service.unsettled(now=later)
    assert free(service, BNT, later) == 1


def test_a_round_is_opened_with_shared_places() -> None:
    service, days = desk_on(MemoryStore()), DaySet.between(DAY, DAY + timedelta(days=1))
    for opened in (8, 0):
        assert opened == service.open_round(
            ROUND.id,
            {"site": 3},
            sessions=["morning", "evening"],
            days=days,
            actor=Actor.SITE,
            now=OPENS,
            pool="people",
        )
    found = service.capacities()
    assert [(it.places, len(it.slots)) for it in found] == [(3, 2)] * 4
    assert BNT in service.capacity(BNT).slots
    open_slot(service)  # a slot of the same session that has its own places
    assert len(service.capacities(day=date(2021, 11, 6))) == 3


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("book", "change", "cancel", "resize", "hold", "wait")),
        st.sampled_from(PEOPLE),
        st.sampled_from((BNT, AZ)),
        st.integers(0, 4),
    ),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_no_more_are_booked_than_there_are_shared_places(steps: Any) -> None:
    """Counted from the journeys, over every vaccine of the pool."""
    service = with_pool(2)
    for number, step in enumerate(steps):
        try:
            _do(service, step, f"c{number}")
        except Rejected:
            continue
        booked = [service.journey(each).booking for each in PEOPLE]
        capacity = service.capacity(BNT)
        assert sum(it is not None for it in booked) == capacity.taken <= capacity.places
        assert not service.unsettled(now=OPEN)


def _do(service: BookingService, step: tuple[str, str, Slot, int], name: str) -> None:
    what, subject, slot, places = step
    booking = service.journey(subject).booking
    old = "-" if booking is None else booking.id
    if what == "book":
        service.book(a_booking(subject, slot, name), now=OPEN, **facts())
    elif what == "change":
        service.change(a_change(subject, old, slot, name), now=OPEN, **facts())
    elif what == "cancel":
        service.cancel(a_cancellation(subject, old, name), now=OPEN)
    elif what == "resize":
        resized = slots.ChangeCapacity(id=name, actor=Actor.SITE, places=places)
        service.manage(slot, resized, now=OPEN)
    elif what == "hold":
        until = OPEN + timedelta(minutes=5)
        service.hold(slot, ref(subject, name), until=until, actor=Actor.PERSON, now=OPEN)
    else:
        wanted: Book | Change = a_booking(subject, slot, name)
        if booking is not None:
            wanted = a_change(subject, old, slot, name)
        service.wait(wanted, now=OPEN, **facts())
