"""Writes FHIR Slots and Appointments from the state of slots and bookings.

A reservation knows the day and the name of a session, and at most when it ends; the hours are
arguments. The identifier of a Slot has all that the reservation knows, so that it is read back. A
visit without a dose, on medical advice, is ``fulfilled`` too: the visit took place.
"""

from __future__ import annotations

import json
from datetime import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from vaxpolicy._strict import read_json
from vaxpolicy._values import front_door, require
from vaxpolicy.booking.events import (
    Arrived,
    Booking,
    Cancelled,
    Deferred,
    Missed,
    SessionCancelled,
    Vaccinated,
)
from vaxpolicy.booking.slots import Capacity, Slot, SlotStatus, free
from vaxpolicy.days import TAIWAN, parse_day, require_instant
from vaxpolicy.fhir.codes import vaccine_concept
from vaxpolicy.fhir.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from vaxpolicy.booking.journey import State

SLOT: Final = "urn:vaxpolicy:slot"
BOOKING: Final = "urn:vaxpolicy:booking"
_CANCELLATION: Final = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
_STATUS: Final[Mapping[type, str]] = {
    Arrived: "arrived",
    Vaccinated: "fulfilled",
    Deferred: "fulfilled",
    Missed: "noshow",
    Cancelled: "cancelled",
    SessionCancelled: "cancelled",
}
"""The status of the appointment after an event; a booking makes it ``booked``."""
_CANCELLED_BY: Final = {
    Cancelled: {"system": _CANCELLATION, "code": "pat", "display": "Patient"},
    SessionCancelled: {"system": _CANCELLATION, "code": "prov", "display": "Provider"},
}


@front_door
def slot(
    capacity: Capacity, *, now: datetime, schedule: str, start: datetime, end: datetime
) -> dict[str, Any]:
    """Write the Slot (R4) of a session: ``free`` while a place is left at the instant `now`.

    Slots that share their places are one resource, with an identifier for each.

    Args:
        capacity: the slot with its places.
        now: the instant.
        schedule: the reference to the Schedule, such as ``Schedule/1``.
        start: the start of the session, on the slot's day in Taiwan.
        end: its end.

    Raises:
        ValueError: the slot was never opened, the hours are not of its day, or the reference looks
            like a person's number.
    """
    require("schedule", str, schedule)
    if capacity.slot is None:
        raise ValueError("capacity: expected a slot that has been opened")
    _check_hours(capacity.slot, start, end)
    status = "free" if free(capacity, now) > 0 else "busy"
    if capacity.status is SlotStatus.CLOSED:
        status = "busy-unavailable"
    vaccines = dict.fromkeys(each.vaccine for each in capacity.slots)
    return {
        "resourceType": "Slot",
        "id": _id(_places_key(capacity.slot)),
        "identifier": [{"system": SLOT, "value": _slot_key(each)} for each in capacity.slots],
        "serviceType": [vaccine_concept(each) for each in vaccines],
        "schedule": {"reference": schedule},
        "status": status,
        "start": start.isoformat(),
        "end": end.isoformat(),
    }


@front_door
def appointment(
    state: State, *, patient: str, start: datetime, end: datetime
) -> dict[str, Any] | None:
    """Write the Appointment (R4) of a journey's last booking; None before the first booking.

    Args:
        state: the journey.
        patient: the reference to the Patient, such as ``Patient/1``.
        start: the start of the booked session, on the slot's day in Taiwan.
        end: its end.

    Raises:
        ValueError: the hours are not of the slot's day, or the reference looks like a person's
            number.
    """
    require("patient", str, patient)
    booking: Booking | None = None
    status, reason = "booked", None
    for event in state.history:
        if isinstance(event, Booking):
            booking, status, reason = event, "booked", None
        elif type(event) in _STATUS:
            status, reason = _STATUS[type(event)], _CANCELLED_BY.get(type(event))
    if booking is None:
        return None
    _check_hours(booking.slot, start, end)
    key = json.dumps([booking.command.subject, booking.id], ensure_ascii=False)
    found = {
        "resourceType": "Appointment",
        "id": _id(key),
        "identifier": [{"system": BOOKING, "value": key}],
        "status": status,
        "serviceType": [vaccine_concept(booking.slot.vaccine)],
        "start": start.isoformat(),
        "end": end.isoformat(),
        "created": booking.at.isoformat(),
        "slot": [{"reference": f"Slot/{_id(_places_key(booking.slot))}"}],
        "participant": [{"actor": {"reference": patient}, "status": "accepted"}],
    }
    return found if reason is None else {**found, "cancelationReason": {"coding": [reason]}}


@front_door
def read_slot(resource: Mapping[str, Any]) -> Slot:
    """Read the slot from a Slot resource of this library. Raises ValueError for others.

    If several slots share the places, use `read_slots`.
    """
    first, *others = read_slots(resource)
    if others:
        raise ValueError("resource: expected a Slot of one vaccine and dose")
    return first


@front_door
def read_slots(resource: Mapping[str, Any]) -> tuple[Slot, ...]:
    """Read the slots that share the places of a Slot resource of this library, at least one.

    Raises ValueError for other resources.
    """
    reader = Reader()
    found = [
        _slot_of(each.get("value"))
        for _, each in reader.objects(resource, "identifier", "Slot")
        if each.get("system") == SLOT
    ]
    slots = tuple(each for each in found if each is not None)
    if not slots or len(slots) < len(found) or reader.problems:
        raise ValueError("resource: expected a Slot that this library has written")
    return slots


def _slot_of(key: Any) -> Slot | None:
    """The slot of a key that `_slot_key` has written; None for another value."""
    try:
        site, day, session, vaccine, dose, *more = read_json(key)
        pool, end = (*more, None, None)[: max(2, len(more))]
        ends = None if end is None else time.fromisoformat(end)
        found = Slot(site, parse_day(day), session, vaccine, dose, ends, pool)
    except (TypeError, ValueError):
        return None
    return found if _slot_key(found) == key else None


def _slot_key(it: Slot) -> str:
    """The fields of a slot that a reservation knows, as JSON, with the pool and end if any."""
    content = [it.site, it.day.isoformat(), it.session, it.vaccine, it.dose]
    if it.ends is not None:
        content += [it.pool, it.ends.isoformat()]
    elif it.pool is not None:
        content.append(it.pool)
    return json.dumps(content, ensure_ascii=False)


def _places_key(it: Slot) -> str:
    """The key of the places of a slot; the slots of a pool have one."""
    own = [it.vaccine, it.dose] if it.pool is None else [it.pool]
    return json.dumps([it.site, it.day.isoformat(), it.session, *own], ensure_ascii=False)


def _id(key: str) -> str:
    return f"vp-{sha256(key.encode()).hexdigest()[:40]}"


def _check_hours(it: Slot, start: datetime, end: datetime) -> None:
    for name, instant in (("start", start), ("end", end)):
        require_instant(name, instant)
    if start.astimezone(TAIWAN).date() != it.day:
        raise ValueError("start: expected an instant of the slot's day in Taiwan")
    if end <= start:
        raise ValueError("end: expected an instant after start")
