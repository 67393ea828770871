"""A crash between two stores leaves something unsettled, which is named and mended.

Places are kept in one store and journeys in another. The order is: the place, then the journey, and
a release last. Each test stops after one of the writes.
"""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve as altered

from tests.desk.desks import (
    AFTERNOON,
    DAY,
    MORNING,
    OPEN,
    PROGRAMME,
    a_booking,
    a_cancellation,
    book,
    desk_on,
    free,
    open_slot,
    ref,
    register,
)
from vaxpolicy import reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import Release, Slot, Take
from vaxpolicy.desk import (
    BookingService,
    Leak,
    MemoryStore,
    Unsettled,
    journey_stream,
    slot_stream,
    unsettled,
)
from vaxpolicy.reservation import Actor, Rejected, Status

LATER = OPEN + timedelta(minutes=11)


def to_slot_alone(service: BookingService, slot: Slot, command: Any) -> None:
    """A write to the store of the places, after which nothing follows."""
    state = service.capacity(slot)
    events = slots.decide(state, command, now=OPEN)
    service.store.append([(slot_stream(slot), state.version, events)])


def take_alone(service: BookingService, subject: str, name: str = "b1") -> None:
    command = Take(id=f"take-{subject}", actor=Actor.PERSON, booking=ref(subject, name))
    to_slot_alone(service, MORNING, command)


def release_alone(service: BookingService, subject: str) -> None:
    command = Release(id=f"release-{subject}", actor=Actor.PERSON, booking=ref(subject))
    to_slot_alone(service, MORNING, command)


def cancel_alone(service: BookingService, subject: str) -> None:
    """A write to the store of the journeys, after which nothing follows."""
    state = service.journey(subject)
    events = reservation.decide(state, a_cancellation(subject), now=OPEN, programme=PROGRAMME)
    service.store.append([(journey_stream(subject), state.version, events)])


def test_a_desk_with_one_store_has_nothing_to_settle(service: BookingService) -> None:
    book(service, "anna")
    book(service, "bert", AFTERNOON)
    service.cancel(a_cancellation("bert"), now=OPEN)
    assert not service.unsettled(now=OPEN)
    assert service.reconcile(now=LATER) == Unsettled()


def test_a_place_that_was_taken_and_not_booked_is_released(service: BookingService) -> None:
    take_alone(service, "anna")
    leak = Leak(MORNING, ref("anna"))
    assert service.unsettled(now=OPEN) == Unsettled(leaked=(leak,))
    assert service.reconcile(now=OPEN) == Unsettled()  # its booking may be under way
    ended = OPEN + timedelta(minutes=10)
    assert service.reconcile(now=ended - timedelta(microseconds=1)) == Unsettled()
    assert service.reconcile(now=ended) == Unsettled(leaked=(leak,))
    assert not service.reconcile(now=ended)
    assert free(service) == 2


def test_a_place_that_was_taken_is_used_when_the_command_comes_again(
    service: BookingService,
) -> None:
    take_alone(service, "anna")
    book(service, "anna")
    assert not service.unsettled(now=OPEN)
    assert free(service) == 1


def test_the_command_may_come_again_after_its_place_was_released(service: BookingService) -> None:
    take_alone(service, "anna")
    service.reconcile(now=LATER)
    assert book(service, "anna").journey.status is Status.BOOKED
    assert free(service) == 1


def test_a_place_that_was_not_released_is_released(service: BookingService) -> None:
    book(service, "anna")
    cancel_alone(service, "anna")
    assert service.reconcile(now=LATER).leaked == (Leak(MORNING, ref("anna")),)
    assert free(service) == 2


def test_a_booking_that_lost_its_place_gets_one(service: BookingService) -> None:
    book(service, "anna")
    release_alone(service, "anna")
    (booking,) = service.unsettled(now=OPEN).placeless
    assert service.reconcile(now=OPEN) == Unsettled(placeless=(booking,))
    assert service.journey("anna").status is Status.BOOKED
    assert free(service) == 1
    assert not service.unsettled(now=OPEN)


def test_a_booking_for_which_no_place_is_left_is_carried_over(service: BookingService) -> None:
    book(service, "anna")
    release_alone(service, "anna")
    book(service, "bert")
    book(service, "carl")
    assert len(service.reconcile(now=OPEN).placeless) == 1
    assert service.journey("anna").status is Status.CARRIED_OVER
    assert not service.unsettled(now=OPEN)


def test_a_booking_of_a_closed_slot_is_carried_over(service: BookingService) -> None:
    book(service, "anna")
    to_slot_alone(service, MORNING, slots.Close(id="close", actor=Actor.SITE))
    assert len(service.reconcile(now=OPEN).placeless) == 1
    assert service.journey("anna").status is Status.CARRIED_OVER


def test_a_place_held_is_not_a_booking(service: BookingService) -> None:
    """A booking on a hold that nobody confirmed loses its place by itself: it has none."""
    until = OPEN + timedelta(minutes=5)
    service.hold(MORNING, ref("anna"), until=until, actor=Actor.PERSON, now=OPEN)
    assert not service.unsettled(now=OPEN)
    held = slots.place(service.capacity(MORNING), MORNING, ref("anna"), OPEN)
    other = desk_on(MemoryStore())
    for slot in (MORNING, AFTERNOON):
        open_slot(other, slot)
    register(other, "anna")
    book(other, "anna")
    on_a_hold = unsettled([other.journey("anna")], [service.capacity(MORNING)], OPEN)
    assert held.answer is slots.PlaceAnswer.KEPT
    assert [each.id for each in on_a_hold.placeless] == ["b1"]


def test_what_somebody_else_mends_first_is_left_alone(service: BookingService) -> None:
    class Late(BookingService):
        """A report that was made before the others were done."""

        def unsettled(self, **_: Any) -> Unsettled:
            return report

    book(service, "anna")
    release_alone(service, "anna")
    take_alone(service, "bert")
    report = service.unsettled(now=LATER)
    assert len(report.leaked) == len(report.placeless) == 1
    service.reconcile(now=LATER)
    late = Late(service.store, policies=[], programme=PROGRAMME)
    assert late.reconcile(now=LATER) == Unsettled()


def test_a_slot_that_was_never_given_counts_as_not_there(service: BookingService) -> None:
    book(service, "anna")
    nothing = slots.initial()
    other_day = altered(MORNING, day=DAY + timedelta(days=1))
    open_slot(service, other_day)
    found = unsettled([service.journey("anna")], [nothing, service.capacity(other_day)], OPEN)
    assert len(found.placeless) == 1
    with pytest.raises(Rejected):
        service.book(a_booking("anna", name="b2"), now=OPEN)
