"""Failures of other booking systems, each by its name, and why they cannot happen here.

A small portal keeps journeys and slots in one store, as a real one would: it reads, decides, and
appends what was decided to all streams at once or to none.
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve as altered
from attrs import field, frozen

from tests.helpers import append, code_of
from vaxpolicy import reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import (
    BookingRef,
    Capacity,
    Hold,
    Open,
    PlaceAnswer,
    Release,
    Slot,
    Take,
)
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.desk import Conflict, MemoryStore
from vaxpolicy.eligibility import Decision, Offer, Outcome
from vaxpolicy.identity import IdentityForm, MobileNumber, RegistryAnswer, check_form
from vaxpolicy.reservation import (
    Actor,
    Book,
    BrokenStream,
    Cancel,
    Change,
    Delivery,
    Elsewhere,
    Notify,
    Place,
    Register,
    Rejected,
    State,
    Status,
    Withdraw,
)
from vaxpolicy.rules.policy import Window
from vaxpolicy.testing import PROGRAMME, ROUND

OPEN = datetime(2021, 11, 3, 15, tzinfo=TAIWAN)
DAY = date(2021, 11, 6)
OPENS, CLOSES = datetime(2021, 11, 3, 10, tzinfo=TAIWAN), datetime(2021, 11, 5, 10, tzinfo=TAIWAN)
WINDOW = Window(opens=OPENS, closes=CLOSES)
MORNING = Slot("site", DAY, "morning", "BNT", 1)
AFTERNOON = altered(MORNING, session="afternoon")
FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
CLAIM = check_form(FORM, on=OPEN.date())


def offer(*days: date, vaccine: str = "BNT", window: Window = WINDOW) -> Offer:
    return Offer("rule", vaccine, 1, DaySet.of(*days), DaySet.none(), ((window,),))


def decided(subject: str, *offers: Offer) -> Decision:
    return Decision(
        *(ROUND.id, ROUND.version, ROUND.digest, subject, Outcome.ELIGIBLE),
        *(offers or (offer(DAY),), (), (), ()),
    )


@frozen
class Portal:
    """Journeys and slots in one store."""

    store: Any = field(factory=MemoryStore)

    def journey(self, subject: str) -> State:
        return reservation.replay(self.store.read(subject))

    def slot(self, slot: Slot) -> Capacity:
        return slots.replay(self.store.read(repr(slot)))

    def open(self, slot: Slot, places: int) -> None:
        self.to_slot(slot, Open(id="open", actor=Actor.SITE, slot=slot, places=places))

    def to_slot(self, slot: Slot, command: Any, now: datetime = OPEN) -> None:
        events = slots.decide(self.slot(slot), command, now=now)
        append(self.store, {repr(slot): events})

    def send(self, command: Any, now: datetime = OPEN, **brought: Any) -> None:
        state = self.journey(command.subject)
        events = reservation.decide(state, command, now=now, programme=PROGRAMME, **brought)
        append(self.store, {command.subject: events})

    def register(self, subject: str) -> None:
        self.send(
            Register(
                id="r", actor=Actor.PERSON, subject=subject, vaccines=("BNT",), districts=("d",)
            ),
            claim=CLAIM,
            registry=RegistryAnswer.MATCHED,
            mobile=MobileNumber.parse("0912345678"),
            now=OPENS - timedelta(days=2),
        )

    def book(self, command: Any, now: datetime = OPEN, **other: Any) -> None:
        """Take a place, book or change, give the old place back: all of it or nothing."""
        subject, slot = command.subject, command.slot
        mine = BookingRef(subject, command.id)
        state, place_of = self.journey(subject), self.slot(slot)
        taken = slots.decide(
            place_of, Take(id=f"{subject}/{command.id}", actor=Actor.PERSON, booking=mine), now=now
        )
        for event in taken:
            place_of = slots.evolve(place_of, event)
        brought = {
            "policy": ROUND,
            "decision": decided(subject),
            "place": slots.place(place_of, slot, mine, now),
            "elsewhere": Elsewhere.NOT_BOOKED,
            "claim": CLAIM,
            "registry": RegistryAnswer.MATCHED,
        }
        events = reservation.decide(
            state, command, now=now, programme=PROGRAMME, **{**brought, **other}
        )
        changes: dict[str, Any] = {subject: events, repr(slot): taken}
        if isinstance(command, Change) and events and state.booking is not None:
            changes[repr(state.booking.slot)] = self.released(state.booking, subject, now)
        append(self.store, changes)

    def cancel(self, command: Cancel, now: datetime = OPEN) -> None:
        state = self.journey(command.subject)
        events = reservation.decide(state, command, now=now, programme=PROGRAMME)
        changes: dict[str, Any] = {command.subject: events}
        if events and state.booking is not None:
            old = state.booking
            changes[repr(old.slot)] = self.released(old, command.subject, now)
        append(self.store, changes)

    def released(self, booking: Any, subject: str, now: datetime) -> Any:
        release = Release(
            id=f"{subject}/{booking.id}/release",
            actor=Actor.PERSON,
            booking=BookingRef(subject, booking.id),
        )
        return slots.decide(self.slot(booking.slot), release, now=now)

    def free(self, slot: Slot, now: datetime = OPEN) -> int:
        return slots.free(self.slot(slot), now)


def a_booking(subject: str, slot: Slot = MORNING, name: str = "b1") -> Book:
    return Book(id=name, actor=Actor.PERSON, subject=subject, policy_id=ROUND.id, slot=slot)


def a_change(subject: str, booking: str = "b1", slot: Slot = AFTERNOON, name: str = "c1") -> Change:
    return Change(
        id=name,
        actor=Actor.PERSON,
        subject=subject,
        policy_id=ROUND.id,
        booking=booking,
        slot=slot,
    )


def a_hold(subject: str, until: datetime, name: str = "h") -> Hold:
    return Hold(
        id=f"{subject}/{name}", actor=Actor.PERSON, booking=BookingRef(subject, "b1"), until=until
    )


@pytest.fixture
def portal() -> Portal:
    """One place in the morning, one in the afternoon; Anna and Bert have registered."""
    portal = Portal()
    portal.open(MORNING, 1)
    portal.open(AFTERNOON, 1)
    portal.register("anna")
    portal.register("bert")
    return portal


def test_check_then_act_oversell(portal: Portal) -> None:
    """Two who both saw the last place: the store takes one, the other decides again and is told."""
    seen = portal.slot(MORNING)
    both = [
        slots.decide(
            seen, Take(id=name, actor=Actor.PERSON, booking=BookingRef(name, "b1")), now=OPEN
        )
        for name in ("anna", "bert")
    ]
    append(portal.store, {repr(MORNING): both[0]})
    with pytest.raises(Conflict):
        append(portal.store, {repr(MORNING): both[1]})
    assert code_of(portal.book, a_booking("bert")) == "slot-full"
    assert portal.free(MORNING) == 0


@pytest.mark.parametrize(
    ("brought", "code"),
    [
        ({"place": None}, "capacity-unknown"),
        (
            {"place": Place(MORNING, BookingRef("anna", "b1"), PlaceAnswer.UNKNOWN)},
            "capacity-unknown",
        ),
        ({"elsewhere": Elsewhere.UNKNOWN}, "elsewhere-unknown"),
        ({"decision": None}, "not-decided"),
        ({"policy": None}, "other-policy"),
    ],
)
def test_fail_open_on_a_store_error(portal: Portal, brought: dict[str, Any], code: str) -> None:
    """A failed read is not a success, and nothing of the attempt remains."""
    assert code_of(portal.book, a_booking("anna"), **brought) == code
    assert portal.free(MORNING) == 1
    assert portal.journey("anna").booking is None


def test_an_answer_that_may_come_later_says_so(portal: Portal) -> None:
    with pytest.raises(Rejected) as refused:
        portal.book(a_booking("anna"), place=None)
    assert refused.value.retry
    portal.book(a_booking("anna"))
    assert portal.journey("anna").status is Status.BOOKED


def test_capacity_leak_on_partial_failure(portal: Portal) -> None:
    """A place is taken with its booking or not at all; a hold that leads nowhere ends by itself."""
    assert code_of(portal.book, a_booking("anna"), decision=decided("bert")) == (
        "decision-of-another-person"
    )
    assert portal.free(MORNING) == 1
    portal.to_slot(MORNING, a_hold("anna", OPEN + timedelta(minutes=10)))
    assert portal.free(MORNING, OPEN + timedelta(minutes=9)) == 0
    assert portal.free(MORNING, OPEN + timedelta(minutes=10)) == 1


def test_held_place_invisible_to_availability(portal: Portal) -> None:
    portal.to_slot(MORNING, a_hold("anna", OPEN + timedelta(minutes=10)))
    assert portal.free(MORNING) == 0
    assert code_of(portal.book, a_booking("bert")) == "slot-full"


def test_held_place_that_blocks_its_own_owner(portal: Portal) -> None:
    portal.to_slot(MORNING, a_hold("anna", OPEN + timedelta(minutes=10)))
    portal.book(a_booking("anna"))
    assert portal.journey("anna").status is Status.BOOKED


def test_hold_not_consumed_by_its_booking(portal: Portal) -> None:
    """The hold becomes the place: one is used, before and after the hold would have ended."""
    portal.to_slot(MORNING, a_hold("anna", OPEN + timedelta(minutes=10)))
    portal.book(a_booking("anna"))
    for minutes in (0, 9, 10, 60):
        now = OPEN + timedelta(minutes=minutes)
        assert slots.consuming(portal.slot(MORNING), now) == 1


def test_cancelled_place_not_returned(portal: Portal) -> None:
    portal.book(a_booking("anna"))
    portal.cancel(Cancel(id="x", actor=Actor.PERSON, subject="anna", booking="b1"))
    assert portal.free(MORNING) == 1
    portal.book(a_booking("bert"))
    assert portal.journey("bert").status is Status.BOOKED


def test_dose_capacity_hidden_in_a_total(portal: Portal) -> None:
    """Each dose and vaccine has its own places; one being full says nothing of the other."""
    second = altered(MORNING, dose=2)
    portal.open(second, 5)
    portal.book(a_booking("anna"))
    assert (portal.free(MORNING), portal.free(second)) == (0, 5)
    mine = BookingRef("bert", "b1")
    elsewhere = slots.place(portal.slot(second), second, mine, OPEN)
    assert code_of(portal.book, a_booking("bert")) == "slot-full"
    state = portal.journey("bert")
    assert "other-place" == code_of(
        reservation.decide,
        state,
        a_booking("bert"),
        now=OPEN,
        programme=PROGRAMME,
        policy=ROUND,
        decision=decided("bert"),
        elsewhere=Elsewhere.NOT_BOOKED,
        claim=CLAIM,
        registry=RegistryAnswer.MATCHED,
        place=altered(elsewhere, answer=PlaceAnswer.KEPT),
    )


def test_stale_availability(portal: Portal) -> None:
    """Places that were left a while ago are not evidence, nor is a hold that has ended since."""
    mine = BookingRef("anna", "b1")
    assert portal.free(MORNING) == 1
    left = slots.place(portal.slot(MORNING), MORNING, mine, OPEN)
    assert left.answer is PlaceAnswer.UNKNOWN
    assert code_of(portal.book, a_booking("anna"), place=left) == "capacity-unknown"
    portal.to_slot(MORNING, a_hold("anna", OPEN + timedelta(minutes=10)))
    later = OPEN + timedelta(minutes=11)
    held = slots.place(portal.slot(MORNING), MORNING, mine, later)
    assert held.answer is PlaceAnswer.UNKNOWN
    assert code_of(portal.book, a_booking("anna"), later, place=held) == "capacity-unknown"


def test_a_retry_that_books_twice(portal: Portal) -> None:
    portal.book(a_booking("anna"))
    before = portal.journey("anna")
    portal.book(a_booking("anna"))
    assert portal.journey("anna") == before
    assert code_of(portal.book, a_booking("anna", AFTERNOON, "b2")) == "already-booked"
    assert portal.free(AFTERNOON) == 1


def test_idempotency_key_wrong_after_change(portal: Portal) -> None:
    """The first booking's command, come late, neither books again nor undoes the change."""
    portal.book(a_booking("anna"))
    portal.book(a_change("anna"))
    changed = portal.journey("anna")
    retry = reservation.decide(changed, a_booking("anna"), now=OPEN, programme=PROGRAMME)
    assert retry == ()
    assert changed.booking is not None
    assert changed.booking.slot == AFTERNOON
    other = a_booking("anna", altered(MORNING, session="evening"))
    assert code_of(reservation.decide, changed, other, now=OPEN) == "command-id-reused"


def test_the_same_id_in_two_journeys_is_two_commands(portal: Portal) -> None:
    portal.open(altered(MORNING, site="other"), 2)
    for subject in ("anna", "bert"):
        portal.book(a_booking(subject, altered(MORNING, site="other")))
    assert portal.free(altered(MORNING, site="other")) == 0


def test_booking_gone_without_an_event(portal: Portal) -> None:
    """A stream that lost an event, or got another's, is not taken for a journey."""
    portal.book(a_booking("anna"))
    events = portal.store.read("anna")
    with pytest.raises(BrokenStream):
        reservation.replay(events[1:])
    with pytest.raises(BrokenStream):
        reservation.replay((*events[:1], altered(events[1], version=3)))
    with pytest.raises(BrokenStream):
        reservation.replay((*events, events[-1]))
    with pytest.raises(BrokenStream):
        reservation.replay((*portal.store.read("bert"), events[1]))
    with pytest.raises(AttributeError):
        portal.journey("anna").booking = None  # type: ignore[misc]


def test_reschedule_with_nothing_or_two(portal: Portal) -> None:
    """A refused change leaves the old booking as it is; a change that is done leaves the new one alone."""
    portal.book(a_booking("anna"))
    portal.book(a_booking("bert", AFTERNOON))
    assert code_of(portal.book, a_change("anna")) == "slot-full"
    old = portal.journey("anna").booking
    assert old is not None
    assert old.slot == MORNING
    portal.cancel(Cancel(id="x", actor=Actor.PERSON, subject="bert", booking="b1"))
    portal.book(a_change("anna"))
    new = portal.journey("anna").booking
    assert new is not None
    assert new.slot == AFTERNOON
    assert (portal.free(MORNING), portal.free(AFTERNOON)) == (1, 0)


def test_a_change_that_meets_another_is_done_whole_or_not_at_all(portal: Portal) -> None:
    portal.book(a_booking("anna"))
    seen = portal.journey("anna")
    portal.cancel(Cancel(id="x", actor=Actor.PERSON, subject="anna", booking="b1"))
    late = reservation.decide(
        seen,
        a_change("anna"),
        now=OPEN,
        programme=PROGRAMME,
        policy=ROUND,
        decision=decided("anna"),
        place=Place(AFTERNOON, BookingRef("anna", "c1"), PlaceAnswer.KEPT),
        claim=CLAIM,
        registry=RegistryAnswer.MATCHED,
    )
    take = Take(id="t", actor=Actor.PERSON, booking=BookingRef("anna", "c1"))
    taken = slots.decide(portal.slot(AFTERNOON), take, now=OPEN)
    with pytest.raises(Conflict):
        append(portal.store, {repr(AFTERNOON): taken, "anna": late})
    assert portal.free(AFTERNOON) == 1


def test_a_stale_cancellation_hits_no_other_booking(portal: Portal) -> None:
    portal.book(a_booking("anna"))
    portal.book(a_change("anna"))
    stale = Cancel(id="x", actor=Actor.PERSON, subject="anna", booking="b1")
    assert code_of(portal.cancel, stale) == "other-booking"
    assert portal.journey("anna").status is Status.BOOKED


def test_window_closed_while_another_is_open(portal: Portal) -> None:
    """The platform is open again for an added group: whoever is not in it cannot book or change."""
    closed = CLOSES + timedelta(hours=4)
    added = Window(opens=closed, closes=closed + timedelta(days=1))
    portal.book(a_booking("anna"))
    theirs = decided("anna", offer(DAY), offer(DAY + timedelta(days=1), window=added))
    assert code_of(portal.book, a_change("anna"), closed, decision=theirs) == "window-not-open"
    theirs = decided("bert", offer(DAY), offer(DAY, vaccine="AZ", window=added))
    afternoon = a_booking("bert", AFTERNOON)
    assert code_of(portal.book, afternoon, closed, decision=theirs) == "window-not-open"
    added_group = decided("bert", offer(DAY), offer(DAY, window=added))
    portal.book(afternoon, closed, decision=added_group)
    assert portal.journey("bert").status is Status.BOOKED


def test_booking_the_evening_before_opening(portal: Portal) -> None:
    """As 310 people could on 2021-09-19, while the platform was being maintained."""
    evening = OPENS - timedelta(hours=12)
    with pytest.raises(Rejected) as refused:
        portal.book(a_booking("anna"), evening)
    assert refused.value.code == "window-not-open"
    assert refused.value.possible_from == OPENS


def a_notice(subject: str, name: str = "n") -> Notify:
    return Notify(id=name, actor=Actor.PROGRAMME, subject=subject, policy_id=ROUND.id)


TOLD: dict[str, Any] = {
    "policy": ROUND,
    "delivery": Delivery.DELIVERED,
    "elsewhere": Elsewhere.NOT_BOOKED,
}


def test_notification_when_no_longer_bookable(portal: Portal) -> None:
    known = {**TOLD, "decision": decided("anna")}
    assert code_of(portal.send, a_notice("anna"), CLOSES, **known) == "no-longer-bookable"
    portal.send(a_notice("anna"), OPENS - timedelta(hours=20), **known)
    assert portal.journey("anna").status is Status.NOTIFIED


def test_notification_to_people_already_booked(portal: Portal) -> None:
    """As to some 168,000 who had booked in round 12, on 2021-11-02."""
    portal.book(a_booking("anna"))
    assert code_of(portal.send, a_notice("anna"), **TOLD, decision=decided("anna")) == (
        "already-booked"
    )
    local = {**TOLD, "elsewhere": Elsewhere.BOOKED, "decision": decided("bert")}
    assert code_of(portal.send, a_notice("bert"), **local) == "booked-elsewhere"


def test_the_same_message_twice(portal: Portal) -> None:
    portal.send(a_notice("anna"), **TOLD, decision=decided("anna"))
    told = portal.journey("anna")
    portal.send(a_notice("anna"), **TOLD, decision=decided("anna"))
    assert portal.journey("anna") == told
    again = a_notice("anna", "n2")
    assert code_of(portal.send, again, **TOLD, decision=decided("anna")) == "already-notified"


def test_duplicate_registration_where_cancelling_one_cancelled_all(portal: Portal) -> None:
    """There is one registration a journey, and withdrawing it touches no other journey."""
    twice = Register(
        id="r2", actor=Actor.PERSON, subject="anna", vaccines=("AZ",), districts=("d",)
    )
    assert code_of(portal.send, twice) == "already-registered"
    misdirected = Withdraw(id="w", actor=Actor.PERSON, subject="anna")
    state = portal.journey("bert")
    assert code_of(reservation.decide, state, misdirected, now=OPEN) == "other-person"
    portal.send(misdirected)
    assert portal.journey("anna").status is Status.WITHDRAWN
    assert portal.journey("bert") == state
    assert state.wanted


def test_booked_in_a_local_system_too(portal: Portal) -> None:
    """As some 115,000 people were in round 12."""
    assert code_of(portal.book, a_booking("anna"), elsewhere=Elsewhere.BOOKED) == "booked-elsewhere"
    assert portal.free(MORNING) == 1
