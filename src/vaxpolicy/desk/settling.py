"""Finds places without a booking and bookings without a place.

One store has none of them, because place and booking are appended together. If places are in one
database and journeys in another, a crash between two writes can leave one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from vaxpolicy._values import checked, front_door
from vaxpolicy.booking.slots import Allocation, BookingRef, Slot, SlotStatus, keeping
from vaxpolicy.reservation import (
    Arrived,
    BookedNext,
    Booking,
    Cancelled,
    Deferred,
    Missed,
    SessionCancelled,
    Vaccinated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from vaxpolicy.booking.slots import Capacity
    from vaxpolicy.reservation import State

__all__ = ["Leak", "Unsettled", "unsettled"]


@frozen(field_transformer=checked)
class Leak:
    """A place that is taken for a booking that does not exist, or that was given up.

    Attributes:
        slot: the slot; of a pool the first one.
        booking: the booking.
    """

    slot: Slot
    booking: BookingRef


@frozen(field_transformer=checked)
class Unsettled:
    """The places and bookings that do not fit together; false if everything fits.

    Attributes:
        leaked: places that are taken and have no booking; to be released.
        placeless: bookings whose place is not taken; to be given one, or carried over.
    """

    leaked: tuple[Leak, ...] = ()
    placeless: tuple[Booking, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything has to be repaired."""
        return bool(self.leaked or self.placeless)


@front_door
def unsettled(
    journeys: Iterable[State], capacities: Iterable[Capacity], now: datetime
) -> Unsettled:
    """Find the places and bookings that do not fit together.

    Give every journey that has a place in one of the slots, and every slot that one of the journeys
    has booked: a journey or slot that is not given counts as missing.
    """
    known = {slot: each for each in capacities for slot in each.slots}
    booked: set[tuple[Slot, BookingRef]] = set()
    placeless = []
    for journey in journeys:
        with_place = _with_place(journey)
        booked.update((known[slot].slots[0], mine) for slot, mine in with_place if slot in known)
        placeless += [
            booking
            for booking in (journey.booking, journey.next_booking)
            if booking is not None and not _has_place(booking, known.get(booking.slot), now)
        ]
    leaked = [
        Leak(slot, kept.booking)
        for slot, capacity in known.items()
        if capacity.status is SlotStatus.OPEN and slot == capacity.slot
        for kept in capacity.kept
        if kept.keeping is Allocation.TAKEN and (slot, kept.booking) not in booked
    ]
    return Unsettled(tuple(leaked), tuple(placeless))


def _with_place(journey: State) -> set[tuple[Slot, BookingRef]]:
    """The bookings of a journey that use a place; those that were given up are left out.

    The booking of a next dose uses its place while it is live, and after its day. If it ended with
    the booking of the dose before, nothing has happened to it.
    """
    found: dict[str, Booking] = {}
    live = {each.id for each in (journey.booking, journey.next_booking) if each is not None}
    for event in journey.history:
        if isinstance(event, Booking):
            found.pop(getattr(event.command, "booking", ""), None)
            found[event.id] = event
        elif isinstance(event, Cancelled | SessionCancelled):
            del found[event.command.booking]
        elif isinstance(event, Arrived | Vaccinated | Deferred | Missed):
            live.add(event.command.booking)
    return {
        (each.slot, BookingRef(each.subject, each.id))
        for each in found.values()
        if each.id in live or not isinstance(each, BookedNext)
    }


def _has_place(booking: Booking, capacity: Capacity | None, now: datetime) -> bool:
    mine = BookingRef(booking.subject, booking.id)
    return capacity is not None and keeping(capacity, mine, now) is Allocation.TAKEN
