"""The work of one command: it reads streams once, decides, and appends all events together.

A `Work` is what a command sees and what it adds. It reads a stream when it is first asked for and
keeps what was decided on it, so that a later question sees it. `Work.changes` is one append. The
rules are in `vaxpolicy.reservation` and `vaxpolicy.booking.slots`; here they are only asked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import reduce
from itertools import chain, count, takewhile
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeAlias, TypeVar

from attrs import define, field
from attrs import evolve as altered

from vaxpolicy import eligibility, reservation
from vaxpolicy.booking import slots, snapshots
from vaxpolicy.booking.slots import BookingRef, Capacity, Hold, Release, Take, Wait, Waited
from vaxpolicy.booking.streams import Actor, History, answered
from vaxpolicy.days import TAIWAN
from vaxpolicy.desk.store import (
    Event,
    Snapshot,
    SnapshotStore,
    Store,
    Unavailable,
    joined,
    journey_stream,
    slot_stream,
)
from vaxpolicy.eligibility import Policy
from vaxpolicy.reservation import (
    Book,
    Booking,
    BookNext,
    Change,
    Defer,
    Miss,
    Move,
    Moved,
    Programme,
    Rejected,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vaxpolicy.booking.slots import Slot, SlotCommand, SlotEvent
    from vaxpolicy.desk.store import Change as StoreChange
    from vaxpolicy.eligibility import Person
    from vaxpolicy.reservation import (
        AnyBooking,
        AnyCommand,
        AnyEvent,
        Cancel,
        CancelSession,
        WalkIn,
    )

__all__ = ["Recent", "Work"]

S = TypeVar("S", State, Capacity)
Restore: TypeAlias = Callable[[str, Callable[[], Any]], S]
"""Reads a snapshot; the second argument reads the events up to it."""


class Machine(Protocol[S]):
    """A state machine: `vaxpolicy.reservation` or `vaxpolicy.booking.slots`."""

    def initial(self) -> S:
        """The state before the first event."""

    def evolve(self, state: S, event: Any, /) -> S:
        """The state after one more event."""


class Recent(Generic[S]):
    """The states of recently read streams, so that only new events are replayed.

    A stream only grows: what came after a state that was kept is read from the store and added. If
    the store does not have the last event of the state, an older copy of the database was put in
    its place. All states are forgotten then.
    """

    def __init__(self, machine: Machine[S], restore: Restore[S], most: int, every: int) -> None:
        self._machine: Machine[S] = machine
        self._restore: Restore[S] = restore
        self._most = most
        self._every = every
        self._kept: OrderedDict[str, S] = OrderedDict()
        self._saved: dict[str, int] = {}
        self._lock = Lock()

    def read(self, store: Store, stream: str) -> S:
        """The state of a stream as the store has it now."""
        with self._lock:
            state = self._kept.get(stream)
        if state is None or (found := self._since(store, stream, state)) is None:
            state = self._snapshot(store, stream)
            found = store.read(stream, state.version)
        for event in found:
            state = self._machine.evolve(state, event)
        self.keep(stream, state)
        self._save(store, stream, state)
        return state

    def _since(self, store: Store, stream: str, state: S) -> Sequence[Event] | None:
        """The events after a state; None if the stored stream does not continue it."""
        last = state.history.last
        if last is None:
            return store.read(stream)
        before, *found = store.read(stream, state.version - 1) or (None,)
        if before == last:
            return found
        with self._lock:
            self._kept.clear()
            self._saved.clear()
        return None

    def _snapshot(self, store: Store, stream: str) -> S:
        """The state of the snapshot; the initial state if there is none that can be read."""
        found = store.snapshot(stream) if self._every and isinstance(store, SnapshotStore) else None
        if found is not None:
            with suppress(snapshots.UnreadableSnapshot):
                state = self._restore(found.state, lambda: store.read(stream)[: found.version])
                if state.version == found.version:
                    with self._lock:
                        self._saved[stream] = found.version
                    return state
        return self._machine.initial()

    def _save(self, store: Store, stream: str, state: S) -> None:
        """Keep a snapshot if the stream has grown by a half, so that all of them cost little."""
        with self._lock:
            saved = self._saved.get(stream, 0)
            due = self._every and state.version - saved >= max(self._every, saved // 2)
            if due:
                self._saved[stream] = state.version
        if due and isinstance(store, SnapshotStore):
            text = snapshots.to_snapshot(state)
            with suppress(Unavailable):  # it is not needed
                store.keep_snapshot(stream, Snapshot(state.version, snapshots.FORM, text))

    def current(self, store: Store, stream: str, version: int) -> S:
        """The state of a stream that had this version just now."""
        with self._lock:
            state = self._kept.get(stream)
        return self.read(store, stream) if state is None or state.version != version else state

    def keep(self, stream: str, state: S) -> None:
        """Keep a state that is stored, unless a later one is known."""
        with self._lock:
            kept = self._kept.get(stream)
            if kept is None or kept.version < state.version:
                self._kept[stream] = state
            self._kept.move_to_end(stream)
            if len(self._kept) > self._most:
                oldest, _ = self._kept.popitem(last=False)
                self._saved.pop(oldest, None)


@define
class Work:
    """The streams that one command reads, and the events that it adds.

    Attributes:
        store: where the streams are.
        policies: the policies by id.
        programme: the settings that apply across rounds.
        now: the instant.
        journeys: the states of journeys that were read last.
        capacities: the same for slots.
    """

    store: Store
    policies: Mapping[str, Policy]
    programme: Programme
    now: datetime
    journeys: Recent[State]
    capacities: Recent[Capacity]
    _journey_states: dict[str, State] = field(factory=dict)
    _slot_states: dict[str, Capacity] = field(factory=dict)
    _read: dict[str, int] = field(factory=dict)
    _added: dict[str, list[Event]] = field(factory=dict)
    _decisions: dict[tuple[str, str, int, bool], eligibility.Decision] = field(factory=dict)

    def journey(self, subject: str) -> State:
        """The journey, with what was decided in this piece of work."""
        stream = journey_stream(subject)
        if stream not in self._journey_states:
            state = self._journey_states[stream] = self.journeys.read(self.store, stream)
            self._read[stream] = state.version
        return self._journey_states[stream]

    def capacity(self, slot: Slot) -> Capacity:
        """The slot, with what was decided in this piece of work."""
        stream = slot_stream(slot)
        if stream not in self._slot_states:
            state = self._slot_states[stream] = self.capacities.read(self.store, stream)
            self._read[stream] = state.version
        return self._slot_states[stream]

    def _add(self, stream: str, events: Iterable[Event]) -> None:
        for event in events:
            self._added.setdefault(stream, []).append(event)

    def changes(self) -> list[StoreChange]:
        """The changes to append, all or none of them.

        A stream that was only read is named too, so that the append fails if it has changed.
        """
        if not self._added:
            return []
        return [(each, read, self._added.get(each, ())) for each, read in self._read.items()]

    def remember(self) -> None:
        """Keep the states that were reached; their events have been stored."""
        for stream in self._added:
            if stream in self._journey_states:
                self.journeys.keep(stream, self._journey_states[stream])
            else:
                self.capacities.keep(stream, self._slot_states[stream])

    def to_slot(self, slot: Slot, command: SlotCommand) -> tuple[SlotEvent, ...]:
        """Decide a command on a slot; who cannot book leaves its waiting list before."""
        stream, state = slot_stream(slot), self.capacity(slot)
        events = self.slot_events(state, slot, command)
        self._slot_states[stream] = reduce(slots.evolve, events, state)
        self._add(stream, events)
        return events

    def slot_events(
        self, capacity: Capacity, slot: Slot, *commands: SlotCommand
    ) -> tuple[SlotEvent, ...]:
        """The events that would follow commands on a slot; none is added.

        A slot that shares a stream with opened ones, and is none of them, has no places.
        """
        state, made, last = capacity, list[Any](), tuple[Any, ...]()
        for command in commands:
            first, state = list[Release](), reduce(slots.evolve, last, state)
            if isinstance(command, Hold | Take | Wait) and not answered(state.history, command):
                if state.slots and slot not in state.slots:
                    raise Rejected("capacity-unknown", version=state.version)
                first = self.leaving(state, command.booking.subject)
            for each in first:
                made += slots.decide(state, each, now=self.now)
                state = slots.evolve(state, made[-1])
            last = slots.decide(state, command, now=self.now)
            made += last
        return tuple(made)

    def leaving(self, capacity: Capacity, subject: str) -> list[Release]:
        """The releases of the bookings on a waiting list that keep a free place from others.

        They are those who come before the places are given to others and cannot book any more, as
        `waits` says, and those of the person who asks.
        """
        if not capacity.waiting:
            return []
        left, found = slots.free(capacity, self.now), list[BookingRef]()
        for booking in capacity.waiting:
            if left < 1 and booking.subject != subject:
                continue
            if self.waits(capacity, booking):
                left -= 1
            else:
                found.append(booking)
        return [
            Release(
                id=own_id(capacity.history, each.subject, each.id, "leave", str(capacity.version)),
                actor=Actor.PROGRAMME,
                booking=each,
            )
            for each in found
        ]

    def line(self, capacity: Capacity) -> tuple[BookingRef, ...]:
        """The bookings on the waiting list that still wait."""
        return tuple(each for each in capacity.waiting if self.waits(capacity, each))

    def waits(self, capacity: Capacity, booking: BookingRef) -> bool:
        """Whether a booking on the waiting list still waits, as far as the journey knows.

        It does not if the person has booked something since, if its id belongs to another command,
        or if no command could book one of the slots.
        """
        state = self.journey(booking.subject)
        if state.history.find(booking.id) is not None or _booked_since(state, capacity, booking):
            return False
        return any(
            self._may_follow(state, command)
            for slot in capacity.slots
            for command in _bookings_of(state, slot, booking, self.policies)
        )

    def _may_follow(self, state: State, command: Book | BookNext | Change) -> bool:
        """Whether nothing in the journey itself is against a booking, now or later."""
        policy = self.policies[command.policy_id]
        (possible,) = reservation.may(
            state, command, now=self.now, programme=self.programme, policy=policy
        )
        return _BY_THE_JOURNEY.isdisjoint(each.code for each in possible.lacks)

    def to_journey(
        self, command: AnyCommand, *, person: Person | None = None, **brought: Any
    ) -> tuple[AnyEvent, ...]:
        """Decide a command on a journey, and add what follows."""
        events = self.judged(command, person=person, **brought)
        stream, state = journey_stream(command.subject), self.journey(command.subject)
        self._journey_states[stream] = reduce(reservation.evolve, events, state)
        self._add(stream, events)
        return events

    def judged(
        self,
        command: AnyCommand,
        *,
        person: Person | None = None,
        also_known_as: str | None = None,
        **brought: Any,
    ) -> tuple[AnyEvent, ...]:
        """The events that would follow a command on a journey; none is added.

        The person's decisions are made here, from today on, from the facts and what the journey
        knows. For the next dose, the booked one counts as given on its day.
        """
        state = self.journey(command.subject)
        policy = self._policy(command, state)
        ahead = isinstance(command, BookNext)
        return reservation.decide(
            state,
            command,
            now=self.now,
            programme=self.programme,
            policy=policy,
            decision=self._decision(policy, person, command.subject, ahead=ahead),
            gate=self._decision(self.programme.gate, person, command.subject),
            other=None if also_known_as is None else self.journey(also_known_as),
            supposes=state.booked_dose if ahead else None,
            **brought,
        )

    def _policy(self, command: AnyCommand, state: State) -> Policy | None:
        """The policy that the command names, or else that of the booking."""
        name = getattr(command, "policy_id", None)
        if name is None and state.booking is not None:
            name = state.booking.policy_id
        return None if name is None else self.policies.get(name)

    def decision(
        self, policy: Policy, person: Person, subject: str, *, ahead: bool = False
    ) -> eligibility.Decision:
        """The person's decision from today on, made once for each state of the journey."""
        state = self.journey(subject)
        made = (policy.id, subject, state.version, ahead)
        if made not in self._decisions:
            known = _about(person, state, subject, ahead=ahead)
            today = self.now.astimezone(TAIWAN).date()
            self._decisions[made] = eligibility.decide(policy, known, from_day=today)
        return self._decisions[made]

    def _decision(
        self, policy: Policy | None, person: Person | None, subject: str, *, ahead: bool = False
    ) -> eligibility.Decision | None:
        """The decision, if both policy and person are known."""
        if policy is None or person is None:
            return None
        return self.decision(policy, person, subject, ahead=ahead)

    def book(
        self, command: Book | BookNext | Change | WalkIn | Move, **brought: Any
    ) -> tuple[AnyEvent, ...]:
        """Take a place and book it; for a change, release the old place last.

        A change within a pool needs no second place: the old one is released first.
        """
        state = self.journey(command.subject)
        mine = BookingRef(command.subject, command.id)
        no_place = None
        if not answered(state.history, command):
            old = booked_in_pool(state, command)
            if old is not None:
                self.release(old, command.actor)
            no_place = self.take(command.slot, mine, command.actor)
        place = slots.place(self.capacity(command.slot), command.slot, mine, self.now)
        try:
            events = self.to_journey(command, place=place, **brought)
        except Rejected as refused:
            raise more_telling(refused, no_place) from None
        if events and isinstance(command, Change | Move) and state.booking is not None:
            self.release(state.booking, command.actor)
        return events

    def end(self, command: Cancel | CancelSession | Miss | Defer) -> tuple[AnyEvent, ...]:
        """End a booking, and give back the places that it does not use any more.

        A missed day uses its place. The booking of the next dose ends as well, and its place is
        given back.
        """
        before = self.journey(command.subject)
        events = self.to_journey(command)
        after = self.journey(command.subject)
        kept = {each.id for each in (after.booking, after.next_booking) if each is not None}
        if isinstance(command, Miss | Defer) and before.booking is not None:
            kept.add(before.booking.id)
        for each in (before.booking, before.next_booking):
            if each is not None and each.id not in kept:
                self.release(each, command.actor)
        return events

    def take(self, slot: Slot, booking: BookingRef, actor: Actor) -> Rejected | None:
        """Take a place for a booking, if it may have one; the refusal if not."""
        before = self.capacity(slot)
        if slots.keeping(before, booking, self.now) is slots.Allocation.TAKEN:
            return None
        name = own_id(before.history, booking.subject, booking.id, "take", str(before.version))
        try:
            self.to_slot(slot, Take(id=name, actor=actor, booking=booking))
        except Rejected as refused:
            return refused
        return None

    def release(self, booking: Booking, actor: Actor) -> None:
        """Give the place of a booking back, where it still uses one."""
        self.free(booking.slot, BookingRef(booking.subject, booking.id), actor)

    def free(self, slot: Slot, booking: BookingRef, actor: Actor) -> None:
        """Give a place back, where the booking still uses one."""
        before = self.capacity(slot)
        if slots.USES_A_PLACE[slots.keeping(before, booking, self.now)]:
            name = own_id(
                before.history, booking.subject, booking.id, "release", str(before.version)
            )
            self.to_slot(slot, Release(id=name, actor=actor, booking=booking))


def own_id(history: History[Any], *parts: str) -> str:
    """The id of a command of the desk's own, made from parts; no command of the stream has it.

    Callers choose the ids of theirs. If one of them is the same, the desk's gets a number more.
    """
    names = (joined(*parts, *more) for more in chain([()], ((str(it),) for it in count(2))))
    return next(name for name in names if history.find(name) is None)


_BY_THE_JOURNEY: Final = frozenset(
    {
        *("journey-closed", "already-booked", "already-arrived", "no-booking", "booking-over"),
        *("not-registered", "vaccine-not-registered", "vaccine-fixed", "other-programme"),
        *("same-slot", "next-dose-booked", "not-next-dose", "one-dose-at-a-time"),
        *("dose-already-given", "day-over", "session-over"),
    }
)
"""The refusals of a booking that come from the journey, the slot and the programme alone."""


def _booked_since(state: State, capacity: Capacity, booking: BookingRef) -> bool:
    """Whether the person has booked something after the booking began to wait."""
    since = next(
        event.at
        for event in reversed(capacity.history)
        if isinstance(event, Waited) and event.command.booking == booking
    )
    later = takewhile(lambda event: event.at > since, reversed(state.history))
    return any(isinstance(event, Booking) and not isinstance(event, Moved) for event in later)


def _bookings_of(
    state: State, slot: Slot, booking: BookingRef, policies: Iterable[str]
) -> Iterator[Book | BookNext | Change]:
    """The commands with which a booking on the waiting list could take a place in the slot."""
    for policy_id in policies:
        common: dict[str, Any] = {
            "id": booking.id,
            "actor": Actor.PERSON,
            "subject": booking.subject,
            "policy_id": policy_id,
            "slot": slot,
        }
        if state.booking is None:
            yield Book(**common)
        else:
            yield BookNext(**common)
            if state.booking.policy_id == policy_id:
                yield Change(**common, booking=state.booking.id)


def booked_in_pool(
    state: State, command: Book | BookNext | Change | WalkIn | Move
) -> AnyBooking | None:
    """The booking that a command changes, if both slots have the same places."""
    old = state.booking
    is_change = isinstance(command, Change | Move)
    return old if is_change and old is not None and old.slot.shares_places(command.slot) else None


def more_telling(refused: Rejected, no_place: Rejected | None) -> Rejected:
    """The slot's refusal, if the journey only knows that the place is missing."""
    return refused if no_place is None or refused.code != "capacity-unknown" else no_place


def _about(person: Person, state: State, subject: str, *, ahead: bool) -> Person:
    """The facts, with those of the journey, under the journey's name.

    Raises `Rejected` for the facts of another person.
    """
    if person.key not in (None, subject):
        raise Rejected("decision-of-another-person", version=state.version)
    joined_with = reservation.supposing if ahead else reservation.with_journey
    return altered(joined_with(person, state), key=subject)
