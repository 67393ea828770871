"""A waiting list keeps a free place for those who can book it, and for nobody else."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from attrs import evolve as altered
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.desk.desks import (
    AFTERNOON,
    MORNING,
    ON_THE_DAY,
    OPEN,
    PEOPLE,
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
from vaxpolicy.booking.slots import BookingRef, Slot
from vaxpolicy.desk import BookingService, MemoryStore
from vaxpolicy.eligibility import Dose
from vaxpolicy.reservation import Actor, RecordDose, Rejected, WalkIn, Withdraw


def later(minutes: int) -> datetime:
    return OPEN + timedelta(minutes=minutes)


def a_desk(places: int = 1) -> BookingService:
    service = desk_on(MemoryStore())
    for slot in (MORNING, AFTERNOON):
        open_slot(service, slot, places)
    for subject in PEOPLE:
        register(service, subject)
    return service


@pytest.fixture
def full() -> BookingService:
    """A desk where anna has the only place of the morning, and carl waits for it."""
    service = a_desk()
    book(service, "anna")
    service.wait(a_booking("carl", name="w"), now=later(1), **facts())
    return service


def leaves(service: BookingService, subject: str, minutes: int) -> None:
    booking = service.journey(subject).booking
    assert booking is not None
    service.cancel(a_cancellation(subject, booking.id, f"x-{booking.id}"), now=later(minutes))


def test_a_slot_that_was_not_opened_takes_and_keeps_no_place_of_another() -> None:
    service = a_desk()
    other = altered(MORNING, ends=time(12))
    until = later(9)
    hold = code_of(service.hold, other, ref("bert"), until=until, actor=Actor.PERSON, now=OPEN)
    book(service, "anna")
    wait = code_of(service.wait, a_booking("carl", other), now=OPEN, **facts())
    booked = code_of(book, service, "dora", other)
    assert {hold, wait, booked} == {"capacity-unknown"}
    assert service.capacity(MORNING).waiting == ()


def test_who_books_something_else_waits_no_longer(full: BookingService) -> None:
    full.book(a_booking("carl", AFTERNOON, "b2"), now=later(2), **facts())
    assert full.waiting("carl", now=later(3)) == ()
    leaves(full, "anna", 3)
    answers = full.slots_for("dora", ROUND.id, now=later(4), **facts())
    assert [each.slot for each in answers if each.bookable] == [MORNING]
    full.hold(MORNING, ref("dora"), until=later(9), actor=Actor.PERSON, now=later(4))
    full.book(a_booking("dora"), now=later(5), **facts())
    assert full.capacity(MORNING).waiting == ()


def test_who_has_a_booking_and_waits_for_a_better_one_stays_in_line(full: BookingService) -> None:
    book(full, "bert", AFTERNOON)
    full.wait(a_change("bert", slot=MORNING, name="w"), now=later(2), **facts())
    full.stop_waiting(MORNING, BookingRef("carl", "w"), actor=Actor.PERSON, now=later(3))
    leaves(full, "anna", 4)
    assert code_of(full.book, a_booking("dora"), now=later(5), **facts()) == "others-wait"
    full.change(a_change("bert", slot=MORNING, name="w"), now=later(6), **facts())
    assert free(full) == 0


def test_who_has_had_the_dose_or_withdrawn_waits_no_longer(full: BookingService) -> None:
    dose = RecordDose(
        id="d", actor=Actor.PROGRAMME, subject="carl", dose=1, given=Dose("BNT", OPEN.date())
    )
    full.record_dose(dose, now=later(2))
    full.wait(a_booking("bert", name="w"), now=later(3), **facts())
    full.withdraw(Withdraw(id="x", actor=Actor.PERSON, subject="bert"), now=later(4))
    leaves(full, "anna", 5)
    full.book(a_booking("dora"), now=later(6), **facts())
    assert full.capacity(MORNING).waiting == ()


def test_nobody_waits_under_the_id_of_another_command(full: BookingService) -> None:
    """A booking with this id would be refused for ever."""
    leaves(full, "anna", 2)
    full.book(a_booking("carl", name="w"), now=later(3), **facts())
    again = a_booking("anna")
    assert code_of(full.wait, again, now=later(4), **facts()) == "command-id-reused"
    full.wait(a_booking("dora", name="w"), now=later(4), **facts())
    full.book(a_booking("dora", AFTERNOON), now=later(5), **facts())
    full.cancel(a_cancellation("dora", name="w"), now=later(6))
    leaves(full, "carl", 7)
    full.book(a_booking("bert"), now=later(8), **facts())


def test_somebody_who_left_the_list_by_booking_can_wait_again(full: BookingService) -> None:
    full.wait(a_booking("dora", name="w"), now=later(1), **facts())
    full.book(a_booking("carl", AFTERNOON, "b2"), now=later(2), **facts())
    leaves(full, "carl", 3)
    full.wait(a_booking("carl", name="w"), now=later(4), **facts())
    (mine,) = full.waiting("carl", now=later(4))
    assert mine.place == 2


def test_on_the_day_the_site_gives_the_place_to_who_is_there(full: BookingService) -> None:
    """Whoever waits at home cannot book any more."""
    leaves(full, "anna", 2)
    walk_in = WalkIn(id="i", actor=Actor.SITE, subject="dora", policy_id=ROUND.id, slot=MORNING)
    full.walk_in(walk_in, now=ON_THE_DAY, **facts())
    assert free(full, now=ON_THE_DAY) == 0


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("book", "book", "wait", "wait", "cancel", "change", "withdraw", "dose")),
        st.sampled_from(PEOPLE),
        st.sampled_from((MORNING, AFTERNOON)),
    ),
    min_size=4,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_a_free_place_can_be_booked_by_the_first_in_line_or_by_anybody(steps: Any) -> None:
    service = a_desk()
    for number, (what, subject, slot) in enumerate(steps):
        try:
            _do(service, what, subject, slot, number)
        except Rejected:
            continue
    now = later(len(steps))
    register(service, "zoe")
    for slot in (MORNING, AFTERNOON):
        if not free(service, slot, now):
            continue
        lists = {
            each: it.booking.id
            for each in PEOPLE
            for it in service.waiting(each, now=now)
            if slot in it.slots and it.place == 1
        }
        for subject, name in lists.items() or [("zoe", slot.session)]:
            _book_or_change(service, subject, slot, name, now)
            leaves(service, subject, len(steps) + 1)
        now = later(len(steps) + 1)


def _book_or_change(
    service: BookingService, subject: str, slot: Slot, name: str, now: datetime
) -> None:
    booking = service.journey(subject).booking
    if booking is None:
        service.book(a_booking(subject, slot, name), now=now, **facts())
    else:
        service.change(a_change(subject, booking.id, slot, name), now=now, **facts())


def _do(service: BookingService, what: str, subject: str, slot: Slot, number: int) -> None:
    booking, now, name = service.journey(subject).booking, later(number), f"c{number}"
    old = "-" if booking is None else booking.id
    if what == "book":
        service.book(a_booking(subject, slot, name), now=now, **facts())
    elif what == "wait":
        wanted: Any = a_booking(subject, slot, name)
        if booking is not None:
            wanted = a_change(subject, old, slot, name)
        service.wait(wanted, now=now, **facts())
    elif what == "cancel":
        service.cancel(a_cancellation(subject, old, name), now=now)
    elif what == "change":
        service.change(a_change(subject, old, slot, name), now=now, **facts())
    elif what == "withdraw":
        service.withdraw(Withdraw(id=name, actor=Actor.PERSON, subject=subject), now=now)
    else:
        dose = Dose("BNT", OPEN.date())
        recorded = RecordDose(id=name, actor=Actor.PROGRAMME, subject=subject, dose=1, given=dose)
        service.record_dose(recorded, now=now)
