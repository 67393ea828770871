"""Slots and appointments follow the state of the reservation."""

from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

import pytest
from attrs import evolve as altered
from hypothesis import HealthCheck, given, settings

from vaxpolicy import fhir
from vaxpolicy.booking import slots
from vaxpolicy.booking.events import (
    Arrived,
    Book,
    Booked,
    Booking,
    Cancel,
    Cancelled,
    CancelSession,
    CheckIn,
    Defer,
    Deferred,
    Miss,
    Missed,
    SessionCancelled,
    Vaccinate,
    Vaccinated,
)
from vaxpolicy.booking.journey import initial, replay
from vaxpolicy.booking.streams import Actor
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose
from vaxpolicy.testing import journeys

SLOT = slots.Slot("site-1", date(2022, 1, 20), "morning", "Moderna", 3)
START = datetime(2022, 1, 20, 9, tzinfo=TAIWAN)
END = START + timedelta(hours=3)
NOW = datetime(2022, 1, 15, 9, tzinfo=TAIWAN)
MINE = slots.BookingRef("someone", "b1")
HOUSE: dict[str, Any] = {"actor": Actor.SITE}


def capacity(*commands: Any) -> slots.Capacity:
    state = slots.initial()
    for command in commands:
        for event in slots.decide(state, command, now=NOW):
            state = slots.evolve(state, event)
    return state


def written(state: slots.Capacity, **more: Any) -> dict[str, Any]:
    hours = {"start": START, "end": END, "schedule": "Schedule/1", **more}
    return fhir.slot(state, now=NOW, **hours)


OPEN = slots.Open(id="1", slot=SLOT, places=1, **HOUSE)
TAKE = slots.Take(id="2", booking=MINE, **HOUSE)
CLOSE = slots.Close(id="3", **HOUSE)


def test_a_slot_is_free_while_a_place_is_left() -> None:
    assert written(capacity(OPEN))["status"] == "free"
    assert written(capacity(OPEN, TAKE))["status"] == "busy"
    assert written(capacity(OPEN, CLOSE))["status"] == "busy-unavailable"


def test_a_slot_comes_back() -> None:
    found = written(capacity(OPEN))
    assert fhir.read_slot(found) == SLOT
    assert found["id"] == written(capacity(OPEN, TAKE))["id"]
    with pytest.raises(ValueError, match="resource: expected a Slot"):
        fhir.read_slot({"identifier": [{"system": "urn:x"}]})


@pytest.mark.parametrize(
    "identifier",
    [
        *("x", [[]], [None], {"system": "urn:vaxpolicy:slot"}),
        *(
            [{"system": "urn:vaxpolicy:slot", "value": value}]
            for value in (
                *(None, 5, "", "{", "5", "[]", "[" * 100_000, '["A123456789", 1, 1, 1, 1]'),
                *(
                    '["a", "2022-01-20", "b", "AZ", 1, "p", "q"]',
                    '["a", "2022-01-20", "b", "AZ", 1, null, "12"]',
                    '["a", "2022-01-20", "b", "AZ", 1, null]',
                    '["a", "2022-01-20", "b", "AZ", 1, "p", "12:00:00", "q"]',
                    '["a", "2022-02-30", "b", "AZ", 1]',
                ),
            )
        ),
    ],
)
def test_a_slot_that_another_system_has_written_is_refused(identifier: Any) -> None:
    with pytest.raises(ValueError, match="resource: expected a Slot") as caught:
        fhir.read_slots({"identifier": identifier})
    assert type(caught.value) is ValueError
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("pool", [None, "people"])
def test_the_end_of_a_session_comes_back(pool: str | None) -> None:
    """The resource keeps its id: whether a session has an end does not change whose places it has."""
    slot = altered(SLOT, ends=time(12, 30), pool=pool)
    found = written(capacity(altered(OPEN, slot=slot)))
    assert fhir.read_slot(found) == slot
    assert found["id"] == written(capacity(altered(OPEN, slot=altered(slot, ends=None))))["id"]


def test_slots_that_share_their_places_are_one_resource() -> None:
    mine, other = (altered(SLOT, vaccine=it, pool="people") for it in ("Moderna", "BNT"))
    opened = slots.Open(id="1", slot=mine, shared_with=[other], places=1, **HOUSE)
    found = written(capacity(opened))
    assert len(found["serviceType"]) == len(found["identifier"]) == 2
    assert fhir.read_slots(found) == (mine, other)
    assert fhir.read_slots(written(capacity(OPEN))) == (SLOT,)
    assert found["id"] not in (written(capacity(OPEN))["id"], None)
    with pytest.raises(ValueError, match="resource: expected a Slot of one"):
        fhir.read_slot(found)
    assert written(capacity(opened, TAKE))["id"] == found["id"]


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        ({"start": START.replace(tzinfo=None)}, "start: expected a datetime with"),
        ({"end": END.replace(tzinfo=None)}, "end: expected a datetime with"),
        ({"start": START - timedelta(days=1)}, "start: expected an instant of the slot's day"),
        ({"end": START}, "end: expected an instant after start"),
    ],
)
def test_the_hours_are_those_of_the_day(hours: dict[str, datetime], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        written(capacity(OPEN), **hours)


def test_a_slot_that_was_never_opened_is_none() -> None:
    with pytest.raises(ValueError, match="capacity: expected"):
        written(slots.initial())


STATUS = {
    Arrived: "arrived",
    Vaccinated: "fulfilled",
    Deferred: "fulfilled",
    Missed: "noshow",
    Cancelled: "cancelled",
    SessionCancelled: "cancelled",
}


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(journeys())
def test_an_appointment_follows_the_last_booking(steps: Any) -> None:
    for step in steps:
        state = step.after
        bookings = [event for event in state.history if isinstance(event, Booking)]
        if not bookings:
            found = fhir.appointment(state, patient="Patient/1", start=START, end=END)
            assert found is None
            continue
        day = bookings[-1].slot.day
        start = datetime(day.year, day.month, day.day, 9, tzinfo=TAIWAN)
        found = fhir.appointment(
            state, patient="Patient/1", start=start, end=start + timedelta(hours=1)
        )
        assert found is not None
        after = state.history[state.history.index(bookings[-1]) :]
        told = [STATUS[type(event)] for event in after if type(event) in STATUS]
        assert found["status"] == (told[-1] if told else "booked")
        assert ("cancelationReason" in found) is (found["status"] == "cancelled")
        assert found["participant"][0]["actor"] == {"reference": "Patient/1"}


GIVEN = (SLOT.dose, Dose(SLOT.vaccine, SLOT.day))


@pytest.mark.parametrize(
    ("kind", "happened", "more"),
    [
        *((CheckIn, Arrived, ()), (Vaccinate, Vaccinated, GIVEN), (Defer, Deferred, ())),
        *((Miss, Missed, ()), (Cancel, Cancelled, ()), (CancelSession, SessionCancelled, ())),
    ],
)
def test_each_end_of_a_booking_has_its_status(
    kind: Any, happened: Any, more: tuple[Any, ...]
) -> None:
    book = Book(id="b1", actor=Actor.PERSON, subject="someone", policy_id="own/round", slot=SLOT)
    booked = Booked(1, NOW, book, "1", "covid19", None, SLOT.day, None)
    actor = Actor.PERSON if kind is Cancel else Actor.SITE
    command = kind(id="c", actor=actor, subject="someone", booking="b1")
    state = replay([booked, happened(2, NOW, command, *more)])
    found = fhir.appointment(state, patient="Patient/1", start=START, end=END)
    assert found is not None
    assert found["status"] == STATUS[happened]


@pytest.mark.parametrize(
    ("kind", "happened", "reason"),
    [(Cancel, Cancelled, "pat"), (CancelSession, SessionCancelled, "prov")],
)
def test_a_cancelled_appointment_says_who_cancelled_it(
    kind: Any, happened: Any, reason: str
) -> None:
    book = Book(id="b1", actor=Actor.PERSON, subject="someone", policy_id="own/round", slot=SLOT)
    booked = Booked(1, NOW, book, "1", "covid19", None, SLOT.day, None)
    actor = Actor.PERSON if kind is Cancel else Actor.SITE
    cancel = kind(id="c", actor=actor, subject="someone", booking="b1")
    state = replay([booked, happened(2, NOW, cancel)])
    found = fhir.appointment(state, patient="Patient/1", start=START, end=END)
    assert found is not None
    assert found["status"] == "cancelled"
    system = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
    coding = {
        "system": system,
        "code": reason,
        "display": {"pat": "Patient", "prov": "Provider"}[reason],
    }
    assert found["cancelationReason"] == {"coding": [coding]}


def test_a_slot_and_an_appointment_have_these_elements_and_no_others() -> None:
    slot = written(capacity(OPEN))
    moderna = {
        "coding": [
            {"system": "http://hl7.org/fhir/sid/cvx", "code": "207"},
            {"system": "urn:vaxpolicy:vaccine", "code": "Moderna"},
        ],
        "text": "Moderna",
    }
    key = '["site-1", "2022-01-20", "morning", "Moderna", 3]'
    assert slot == {
        "resourceType": "Slot",
        "id": f"vp-{sha256(key.encode()).hexdigest()[:40]}",
        "identifier": [{"system": "urn:vaxpolicy:slot", "value": key}],
        "serviceType": [moderna],
        "schedule": {"reference": "Schedule/1"},
        "status": "free",
        "start": "2022-01-20T09:00:00+08:00",
        "end": "2022-01-20T12:00:00+08:00",
    }
    book = Book(id="b1", actor=Actor.PERSON, subject="someone", policy_id="own/round", slot=SLOT)
    state = replay([Booked(1, NOW, book, "1", "covid19", None, SLOT.day, None)])
    mine = '["someone", "b1"]'
    assert fhir.appointment(state, patient="Patient/1", start=START, end=END) == {
        "resourceType": "Appointment",
        "id": f"vp-{sha256(mine.encode()).hexdigest()[:40]}",
        "identifier": [{"system": "urn:vaxpolicy:booking", "value": mine}],
        "status": "booked",
        "serviceType": [moderna],
        "start": "2022-01-20T09:00:00+08:00",
        "end": "2022-01-20T12:00:00+08:00",
        "created": "2022-01-15T09:00:00+08:00",
        "slot": [{"reference": f"Slot/{slot['id']}"}],
        "participant": [{"actor": {"reference": "Patient/1"}, "status": "accepted"}],
    }


def test_no_booking_is_no_appointment() -> None:
    assert fhir.appointment(initial(), patient="Patient/1", start=START, end=END) is None


@pytest.mark.parametrize("number", ["A123456789", "A800000014", "ab-12345677"])
def test_no_reference_is_written_that_could_be_a_number(number: str) -> None:
    with pytest.raises(ValueError, match="patient: expected a"):
        fhir.appointment(initial(), patient=f"Patient/{number}", start=START, end=END)
    with pytest.raises(ValueError, match="schedule: expected a"):
        written(capacity(OPEN), schedule=f"Schedule/{number}")
