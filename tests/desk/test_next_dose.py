"""Two doses of one person at the desk: both places in one append, and given back with them."""

from datetime import date, datetime
from typing import Any

import pytest
from attrs import evolve as altered

from tests.reservation.test_next_dose import (
    ANNA,
    BOOK,
    BOOK_NEXT,
    FIRST,
    ME,
    NEXT,
    PERSON,
    POLICY,
    PROGRAMME,
    SITE,
    WHO,
    at,
)
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import BookingRef, Slot
from vaxpolicy.desk import BookingService, MemoryStore
from vaxpolicy.reservation import (
    Actor,
    BookNext,
    Cancel,
    Defer,
    Miss,
    Rejected,
    Status,
    Vaccinate,
)

NOW = at("01-21 10:00")
BROUGHT: Any = {**WHO, "person": PERSON}


@pytest.fixture
def service() -> BookingService:
    made = BookingService(MemoryStore(), policies=[POLICY], programme=PROGRAMME)
    for slot in (FIRST, NEXT):
        opened = slots.Open(id="open", actor=Actor.SITE, slot=slot, places=1)
        made.manage(slot, opened, now=NOW)
    return made


def book_both(service: BookingService) -> None:
    service.book_all([BOOK, BOOK_NEXT], now=NOW, brought={ANNA: BROUGHT})


def left(service: BookingService, now: datetime = NOW) -> tuple[int, int]:
    first, following = (slots.free(service.capacity(slot), now) for slot in (FIRST, NEXT))
    assert not service.unsettled(now=now)
    return first, following


def test_both_places_are_taken_in_one_step(service: BookingService) -> None:
    book_both(service)
    state = service.journey(ANNA)
    assert state.booking is not None
    assert state.next_booking is not None
    assert left(service) == (0, 0)
    book_both(service)  # sent again: nothing is done again
    assert service.journey(ANNA).version == 2


def test_neither_is_booked_where_one_cannot_be(service: BookingService) -> None:
    early = altered(BOOK_NEXT, slot=altered(NEXT, day=date(2027, 3, 2)))
    opened = slots.Open(id="open", actor=Actor.SITE, slot=early.slot, places=1)
    service.manage(early.slot, opened, now=NOW)
    with pytest.raises(Rejected) as refusal:
        service.book_all([BOOK, early], now=NOW, brought={ANNA: BROUGHT})
    assert refusal.value.code == "day-not-offered"
    assert service.journey(ANNA).version == 0
    assert left(service) == (1, 1)


def test_the_slots_of_the_next_dose_are_listed_before_the_first_is_booked(
    service: BookingService,
) -> None:
    early = altered(NEXT, day=date(2027, 3, 2))
    opened = slots.Open(id="open", actor=Actor.SITE, slot=early, places=1)
    service.manage(early, opened, now=NOW)
    asked: Any = {"kind": BookNext, "now": NOW, **BROUGHT}
    alone = service.slots_for(ANNA, POLICY.id, **asked)
    assert {it.refusal and it.refusal.code for it in alone} == {"no-booking"}
    together = service.slots_for(ANNA, POLICY.id, after=BOOK, **asked)
    found = {it.slot: (it.free, it.refusal and it.refusal.code) for it in together}
    assert found == {
        FIRST: (0, "not-next-dose"),
        NEXT: (1, None),
        early: (1, "day-not-offered"),
    }
    assert service.journey(ANNA).version == 0
    assert left(service) == (1, 1)
    book_both(service)
    nobody = altered(BOOK, id="b9", slot=altered(FIRST, site="nowhere"))
    with pytest.raises(Rejected):
        service.slots_for("bert", POLICY.id, after=altered(nobody, subject="bert"), **asked)


def test_the_next_dose_can_be_booked_later(service: BookingService) -> None:
    service.book(BOOK, now=NOW, **BROUGHT)
    done = service.book_next(BOOK_NEXT, now=NOW, **BROUGHT)
    assert [type(event).__name__ for event in done.events] == ["BookedNext"]
    assert left(service) == (0, 0)


@pytest.mark.parametrize(
    ("command", "when", "expected"),
    [
        (Cancel(id="c", **ME, booking="b2"), "01-22 10:00", (0, 1)),
        (Cancel(id="c", **ME, booking="b1"), "01-22 10:00", (1, 1)),
        (Miss(id="m", **SITE, booking="b1"), "02-04 10:00", (0, 1)),
        (Defer(id="d", **SITE, booking="b1"), "02-03 10:00", (0, 1)),
        (Vaccinate(id="v", **SITE, booking="b1"), "02-03 10:00", (0, 0)),
    ],
)
def test_places_are_given_back(
    service: BookingService, command: Any, when: str, expected: tuple[int, int]
) -> None:
    book_both(service)
    method = getattr(service, type(command).__name__.lower())
    method(command, now=at(when))
    assert left(service, at(when)) == expected
    method(command, now=at(when))  # sent again
    assert left(service, at(when)) == expected


@pytest.mark.parametrize(
    ("slot", "status", "places"), [(FIRST, Status.CARRIED_OVER, 1), (NEXT, Status.BOOKED, 0)]
)
def test_a_closed_session_ends_what_rests_on_it(
    service: BookingService, slot: Slot, status: Status, places: int
) -> None:
    book_both(service)
    (done,) = service.close_session(
        slot.site, slot.day, slot.session, cause="typhoon", actor=Actor.SITE, now=NOW
    )
    assert done.journey.status is status
    other = NEXT if slot is FIRST else FIRST
    assert slots.free(service.capacity(other), NOW) == places
    assert not service.unsettled(now=NOW)


def test_a_next_booking_without_a_place_is_found_and_mended(service: BookingService) -> None:
    book_both(service)
    lost = slots.Release(id="lost", actor=Actor.SITE, booking=BookingRef(ANNA, "b2"))
    service.manage(NEXT, lost, now=NOW)
    (placeless,) = service.unsettled(now=NOW).placeless
    assert placeless.id == "b2"
    assert service.reconcile(now=NOW)
    assert left(service) == (0, 0)
