"""Long lives: one person in any order of commands, and many people over few slots.

In the second, everyone reads, decides and appends with whatever has happened in between: what was
read may be stale, a step may be left half done, a clock may be slow. The store's compare and swap
and the two deciders are all there is to keep them from selling a place twice.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from attrs import evolve as altered
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from tests.helpers import append
from vaxpolicy import reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import (
    Allocation,
    BookingRef,
    Capacity,
    ChangeCapacity,
    Close,
    Confirm,
    Hold,
    Open,
    Release,
    Slot,
    Take,
)
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.desk import Conflict, MemoryStore
from vaxpolicy.eligibility import Decision, Offer, Outcome
from vaxpolicy.identity import IdentityForm, RegistryAnswer, check_form
from vaxpolicy.reservation import (
    Actor,
    Book,
    Booking,
    Cancel,
    CancelSession,
    Change,
    Elsewhere,
    Programme,
    State,
)
from vaxpolicy.testing import (
    PROGRAMME,
    ROUND,
    broken,
    broken_slot,
    circumstances,
    commands,
    slot_step,
    step,
)

OPENS = datetime(2021, 11, 3, 10, tzinfo=TAIWAN)
CALM = settings(deadline=None, max_examples=max(25, settings().max_examples // 4))


class OnePerson(RuleBasedStateMachine):
    """Any command with anything brought, at instants that go on."""

    def __init__(self) -> None:
        super().__init__()
        self.state = reservation.initial()
        self.now = OPENS - timedelta(hours=12)

    @rule(hours=st.integers(1, 48))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(data=st.data())
    def something_is_asked(self, data: st.DataObject) -> None:
        command = data.draw(commands(self.state))
        it = step(self.state, command, now=self.now, **data.draw(circumstances(command)))
        assert not broken(it), broken(it)
        self.state = it.after

    @rule()
    def the_last_command_comes_again(self) -> None:
        if self.state.history:
            it = step(self.state, self.state.history[-1].command, now=self.now)
            assert not broken(it), broken(it)
            assert it.after is self.state

    @invariant()
    def the_events_are_the_state(self) -> None:
        assert reservation.replay(self.state.history) == self.state


FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
CLAIM = check_form(FORM, on=OPENS.date())
PEOPLE = ("anna", "bert", "carl", "dora")
DAY = date(2021, 11, 6)
SLOTS = tuple(Slot("site", DAY, session, "BNT", 1) for session in ("morning", "afternoon"))
NO_REGISTRATION: Programme = altered(PROGRAMME, registration="none")


def decided(subject: str) -> Decision:
    window = ROUND.stages[0].windows
    offer = Offer("rule", "BNT", 1, DaySet.of(DAY), DaySet.none(), (window,))
    return Decision(
        *(ROUND.id, ROUND.version, ROUND.digest, subject, Outcome.ELIGIBLE), (offer,), (), (), ()
    )


class ManyPeople(RuleBasedStateMachine):
    """Four people, two slots of up to two places, one store, and reads that grow stale."""

    reads = Bundle("reads")

    def __init__(self) -> None:
        super().__init__()
        self.store: Any = MemoryStore()
        self.now = OPENS
        self.count = 0

    @initialize(places=st.lists(st.integers(0, 2), min_size=2, max_size=2))
    def the_site_opens(self, places: list[int]) -> None:
        for slot, number in zip(SLOTS, places, strict=True):
            self.to_slot(slot, Open(id="open", actor=Actor.SITE, slot=slot, places=number))

    def journey(self, subject: str) -> State:
        return reservation.replay(self.store.read(subject))

    def slot(self, slot: Slot) -> Capacity:
        return slots.replay(self.store.read(slot.session))

    def new_id(self) -> str:
        self.count += 1
        return f"c{self.count}"

    def to_slot(self, slot: Slot, command: Any, now: datetime | None = None) -> None:
        it = slot_step(self.slot(slot), command, now=now or self.now)
        assert not broken_slot(it), broken_slot(it)
        append(self.store, {slot.session: it.events})

    @rule(minutes=st.integers(1, 20))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(target=reads, subject=st.sampled_from(PEOPLE), slot=st.sampled_from(SLOTS))
    def somebody_reads(self, subject: str, slot: Slot) -> Any:
        state = self.journey(subject)
        old = None if state.booking is None else self.slot(state.booking.slot)
        return subject, slot, state, self.slot(slot), old, self.new_id()

    @rule(read=consumes(reads), held=st.booleans())
    def somebody_books_or_changes(self, read: Any, held: bool) -> None:
        """On what was read then, now: place, booking and the old place's return at once."""
        subject, slot, state, place_of, old, name = read
        mine = BookingRef(subject, name)
        if held:  # on a hold of its own, that others may see
            hold = Hold(
                id=f"{subject}/{name}/hold",
                actor=Actor.PERSON,
                booking=mine,
                until=self.now + timedelta(minutes=10),
            )
            self.to_slot(slot, hold)
            place_of = self.slot(slot)
        kind: Any = Confirm if held else Take
        taken = slot_step(
            place_of, kind(id=f"{subject}/{name}", actor=Actor.PERSON, booking=mine), now=self.now
        )
        basis: Any = {"id": name, "actor": Actor.PERSON, "subject": subject, "policy_id": ROUND.id}
        command: Any = (
            Book(**basis, slot=slot)
            if state.booking is None
            else Change(**basis, slot=slot, booking=state.booking.id)
        )
        it = step(
            state,
            command,
            now=self.now,
            programme=NO_REGISTRATION,
            policy=ROUND,
            decision=decided(subject),
            elsewhere=Elsewhere.NOT_BOOKED,
            claim=CLAIM,
            registry=RegistryAnswer.MATCHED,
            place=slots.place(taken.after, slot, mine, self.now),
        )
        assert not broken(it), broken(it)
        if not it.events:
            return
        changes: dict[str, Any] = {subject: it.events, slot.session: taken.events}
        if state.booking is not None and old is not None:
            changes[state.booking.slot.session] = self.released(state.booking, subject, old)
        with suppress(Conflict):
            append(self.store, changes)

    def released(self, booking: Booking, subject: str, place_of: Capacity) -> Any:
        mine = BookingRef(subject, booking.id)
        release = Release(id=f"{subject}/{booking.id}/back", actor=Actor.PERSON, booking=mine)
        return slots.decide(place_of, release, now=self.now)

    @rule(read=consumes(reads))
    def somebody_cancels(self, read: Any) -> None:
        subject, _, state, _, old, name = read
        if state.booking is None:
            return
        command = Cancel(id=name, actor=Actor.PERSON, subject=subject, booking=state.booking.id)
        it = step(state, command, now=self.now, programme=NO_REGISTRATION)
        assert not broken(it), broken(it)
        if it.events:
            given_back = self.released(state.booking, subject, old)
            with suppress(Conflict):
                append(self.store, {subject: it.events, state.booking.slot.session: given_back})

    @rule(subject=st.sampled_from(PEOPLE), slot=st.sampled_from(SLOTS), back=st.integers(0, 30))
    def somebody_holds_and_goes_away(self, subject: str, slot: Slot, back: int) -> None:
        hold = Hold(
            id=self.new_id(),
            actor=Actor.PERSON,
            booking=BookingRef(subject, f"never-{self.count}"),
            until=self.now + timedelta(minutes=5),
        )
        self.to_slot(slot, hold, self.now - timedelta(minutes=back))

    @rule(slot=st.sampled_from(SLOTS), places=st.integers(0, 3))
    def the_site_changes_its_capacity(self, slot: Slot, places: int) -> None:
        self.to_slot(slot, ChangeCapacity(id=self.new_id(), actor=Actor.SITE, places=places))

    @rule(slot=st.sampled_from(SLOTS))
    def a_typhoon_comes(self, slot: Slot) -> None:
        """The slot closes, and every journey that it names is told, at once."""
        before = self.slot(slot)
        if before.status is not slots.SlotStatus.OPEN or self.now < OPENS + timedelta(hours=1):
            return
        it = slot_step(before, Close(id="typhoon", actor=Actor.SITE), now=self.now)
        assert not broken_slot(it), broken_slot(it)
        changes: dict[str, Any] = {slot.session: it.events}
        for each in it.after.history[-1].affected:  # type: ignore[union-attr]
            state = self.journey(each.subject)
            if state.booking is None or state.booking.id != each.id:
                continue  # a hold that never became a booking
            command = CancelSession(
                id=f"typhoon-{slot.session}",
                actor=Actor.SITE,
                subject=each.subject,
                booking=each.id,
            )
            told = step(state, command, now=self.now)
            assert not broken(told), broken(told)
            changes[each.subject] = told.events
        append(self.store, changes)

    @invariant()
    def no_slot_is_over_its_capacity(self) -> None:
        for slot in SLOTS:
            state = self.slot(slot)
            used = slots.consuming(state, self.now)
            assert 0 <= used <= state.places
            assert used + slots.free(state, self.now) == state.places

    @invariant()
    def every_booking_has_its_place_and_every_place_its_booking(self) -> None:
        booked = set()
        for subject in PEOPLE:
            booking = self.journey(subject).booking
            if booking is not None:
                booked.add((booking.slot, BookingRef(subject, booking.id)))
        taken = {
            (slot, each.booking)
            for slot in SLOTS
            for each in self.slot(slot).kept
            if each.keeping is Allocation.TAKEN
        }
        assert taken == booked

    @invariant()
    def nobody_has_two(self) -> None:
        for subject in PEOPLE:
            taken = [
                each
                for slot in SLOTS
                for each in self.slot(slot).kept
                if each.booking.subject == subject and each.keeping is Allocation.TAKEN
            ]
            assert len(taken) <= 1


TestOnePerson = OnePerson.TestCase
TestOnePerson.settings = CALM
TestManyPeople = ManyPeople.TestCase
TestManyPeople.settings = CALM
