"""Each command of a booking desk, from the request to the stored events.

`BookingService` reads the streams that a command concerns, asks `vaxpolicy.reservation` and
`vaxpolicy.booking.slots`, and appends all events together. It does not have rules itself. If
another command came first, it reads and asks again, a bounded number of times. A command that was
done before is not done again: you can send it repeatedly with the same id.

The time is an argument of every call. The module reads no clock and writes no log.
"""

from __future__ import annotations

import itertools
import random
import time
from datetime import date, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol, TypedDict, TypeVar

from attrs import frozen

from vaxpolicy._values import MOST, Between, checked, require, require_type, with_fixed_offset
from vaxpolicy.booking import journey, slots, snapshots
from vaxpolicy.booking.slots import Allocation, BookingRef, Capacity, PlaceAnswer, Slot, SlotStatus
from vaxpolicy.booking.streams import Actor
from vaxpolicy.days import DaySet
from vaxpolicy.desk.settling import Leak, Unsettled, unsettled
from vaxpolicy.desk.store import Conflict, joined, journey_stream, slot_stream, slots_of_site
from vaxpolicy.desk.work import Recent, Work, booked_in_pool, more_telling, own_id
from vaxpolicy.eligibility import Policy
from vaxpolicy.reservation import (
    AnyBooking,
    AnyEvent,
    Book,
    Booking,
    BookNext,
    Cancel,
    CancelSession,
    Change,
    Correct,
    CorrectionReason,
    Delivery,
    Move,
    Place,
    Programme,
    Rejected,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Unpack

    from vaxpolicy.booking.slots import SlotCommand
    from vaxpolicy.desk.store import Store
    from vaxpolicy.eligibility import Decision, Person
    from vaxpolicy.identity import Claim, MobileNumber, RegistryAnswer
    from vaxpolicy.reservation import (
        AddVaccine,
        Amend,
        AnyCommand,
        CarryOver,
        CheckIn,
        Close,
        Defer,
        Elsewhere,
        Miss,
        Notify,
        RecordDose,
        Register,
        Vaccinate,
        WalkIn,
        Withdraw,
    )
    from vaxpolicy.rules.policy import VaccinationDays

__all__ = [
    "Attendance",
    "BookingService",
    "Brought",
    "Done",
    "Gateway",
    "SlotAnswer",
    "Waiting",
]

T = TypeVar("T")

_STRIPES: Final = 256
_LONGEST_PAUSE: Final = 0.05


class Brought(TypedDict, total=False):
    """The answers that come with a command; a missing answer counts as unknown.

    `person` has the facts from which the decisions are made, and `also_known_as` is the person's
    other pseudonym, whose journey is read too. The others are as in `vaxpolicy.reservation.decide`.
    """

    person: Person | None
    claim: Claim | None
    registry: RegistryAnswer
    mobile: MobileNumber | None
    elsewhere: Elsewhere
    also_known_as: str
    record: str


class Gateway(Protocol):
    """A sender of messages, such as an SMS gateway."""

    def send(self, key: str, notice: Notify) -> Delivery:
        """Send the message of a notice, and say whether it arrived.

        The key is the same whenever the same notice is sent again; a gateway sends one message for
        one key.
        """
        ...


@frozen(field_transformer=checked)
class Done:
    """A command that was done.

    Attributes:
        journey: the journey after it.
        events: the events added now; empty if the command was done before.
    """

    journey: State
    events: tuple[AnyEvent, ...]


@frozen(field_transformer=checked)
class SlotAnswer:
    """Whether a person may book a slot now.

    Attributes:
        slot: the slot.
        free: the number of free places.
        refusal: the refusal; None if the person may book it.
        waiting: the person's booking on the waiting list of the slot; its id is that of the `Book`,
            `BookNext` or `Change` that follows. None if the person does not wait.
    """

    slot: Slot
    free: int
    refusal: Rejected | None
    waiting: BookingRef | None = None

    @property
    def bookable(self) -> bool:
        """Whether the person may book it now."""
        return self.refusal is None


@frozen(field_transformer=checked)
class Waiting:
    """A booking on the waiting list of a slot.

    Attributes:
        slots: the slots whose free place the booking gets; several slots share their places.
        booking: the booking that waits.
        place: its place in the list, from 1.
        free: the number of free places; the first bookings of the list get them.
    """

    slots: tuple[Slot, ...]
    booking: BookingRef
    place: Annotated[int, Between(1, MOST)]
    free: int


@frozen(field_transformer=checked)
class Attendance:
    """A person with a place in a slot.

    Attributes:
        booking: the booking.
        journey: the person's journey.
    """

    booking: AnyBooking
    journey: State


class BookingService:
    """The commands of a booking desk; each is stored completely or not at all.

    Every method that changes something raises `vaxpolicy.reservation.Rejected` if the command is
    not allowed, `vaxpolicy.desk.Conflict` if others came first at every attempt, and
    `vaxpolicy.desk.Unavailable` if the database did not answer. After the last two, send the same
    command again.

    The methods may be called from several threads and from several processes. In asynchronous code
    call them in a thread: `await asyncio.to_thread(service.book, command, now=now)`.
    """

    def __init__(
        self,
        store: Store,
        *,
        policies: Iterable[Policy],
        programme: Programme | None = None,
        attempts: int = 50,
        keep: int = 10_000,
        snapshot_every: int = 1_000,
    ) -> None:
        """Make a desk over a store.

        Args:
            store: where the events are.
            policies: the rounds that people may book in.
            programme: the settings across rounds.
            attempts: the most attempts for one command if others come first.
            keep: the number of journeys and slots whose state is kept in memory.
            snapshot_every: the number of events after which a snapshot of a stream is kept in a
                `SnapshotStore`; later ones are kept when it has grown by a half. 0: never.
        """
        self.store = store
        self.policies: dict[str, Policy] = {}
        for each in policies:
            require_type("policies", Policy, each)
            self.policies[each.id] = each
        self.programme: Programme = Programme() if programme is None else programme
        self._attempts = attempts
        self._journeys: Recent[State] = Recent(
            journey, snapshots.journey_from_snapshot, keep, snapshot_every
        )
        self._capacities: Recent[Capacity] = Recent(
            slots, snapshots.slot_from_snapshot, keep, snapshot_every
        )
        self._turns = [Lock() for _ in range(_STRIPES)]

    def _work(self, now: datetime) -> Work:
        require("now", datetime, now)
        return Work(
            store=self.store,
            policies=self.policies,
            programme=self.programme,
            now=with_fixed_offset(now),
            journeys=self._journeys,
            capacities=self._capacities,
        )

    def _run(self, now: datetime, what: Callable[[Work], T], stream: str) -> T:
        """Do a piece of work and store it; repeat it if others came first.

        The threads of one process take turns at a stream, so that they do not get in each other's
        way; between processes the store decides.
        """
        for attempt in range(self._attempts):
            with self._turns[hash(stream) % _STRIPES]:
                work = self._work(now)
                found = what(work)
                changes = work.changes()
                try:
                    if changes:
                        self.store.append(changes)
                        work.remember()
                except Conflict:
                    pass
                else:
                    return found
            longest = min(_LONGEST_PAUSE, 0.001 * 2**attempt)
            time.sleep(random.uniform(0, longest))  # noqa: S311  # no secret
        raise Conflict(f"others came first {self._attempts} times; send the same command again")

    def _send(self, command: AnyCommand, now: datetime, brought: Brought, **more: Any) -> Done:
        """Do a command that concerns only the journey."""

        def step(work: Work) -> Done:
            events = work.to_journey(command, **brought, **more)
            return Done(work.journey(command.subject), events)

        return self._run(now, step, journey_stream(command.subject))

    def journey(self, subject: str) -> State:
        """The journey of a person, as stored now."""
        return self._journeys.read(self.store, journey_stream(subject))

    def capacity(self, slot: Slot) -> Capacity:
        """The places of a slot, as stored now."""
        return self._capacities.read(self.store, slot_stream(slot))

    def capacities(self, *, site: str | None = None, day: date | None = None) -> list[Capacity]:
        """Every opened slot, or those of one site or day."""
        prefix = "slot/" if site is None else slots_of_site(site)
        found = [
            self._capacities.current(self.store, stream, version)
            for stream, version in self.store.versions(prefix).items()
        ]
        return [
            each
            for each in found
            if each.slot is not None and (day is None or each.slot.day == day)
        ]

    def register(self, command: Register, *, now: datetime, **brought: Unpack[Brought]) -> Done:
        """Register willingness."""
        return self._send(command, now, brought)

    def amend(self, command: Amend, *, now: datetime, **brought: Unpack[Brought]) -> Done:
        """Change the registration."""
        return self._send(command, now, brought)

    def withdraw(self, command: Withdraw, *, now: datetime, **brought: Unpack[Brought]) -> Done:
        """Withdraw the registration."""
        return self._send(command, now, brought)

    def add_vaccine(self, command: AddVaccine, *, now: datetime) -> Done:
        """Extend a registration by a vaccine that is new in the programme."""
        return self._send(command, now, {})

    def check_notice(self, command: Notify, *, now: datetime, **brought: Unpack[Brought]) -> bool:
        """Whether a message has to be sent: the first of the three steps of a notification.

        False if the receipt was recorded before. Raises `Rejected` if the person must not be
        notified.
        """
        work = self._work(now)
        return bool(work.judged(command, delivery=Delivery.DELIVERED, **brought))

    def record_receipt(
        self, command: Notify, delivery: Delivery, *, now: datetime, **brought: Unpack[Brought]
    ) -> Done:
        """Record what the gateway said: the last of the three steps of a notification."""
        return self._send(command, now, brought, delivery=delivery)

    def notify(
        self, command: Notify, *, gateway: Gateway, now: datetime, **brought: Unpack[Brought]
    ) -> Done:
        """Notify a person of a round: decide, send the message, record the receipt.

        After a crash, repeat the same call: the gateway gets the same key.
        """
        if not self.check_notice(command, now=now, **brought):
            return Done(self.journey(command.subject), ())
        delivery = gateway.send(joined(command.subject, command.id), command)
        return self.record_receipt(command, delivery, now=now, **brought)

    def carry_over(self, command: CarryOver, *, now: datetime) -> Done:
        """Record that a notified person did not book and goes on to the next round."""
        return self._send(command, now, {})

    def manage(self, slot: Slot, command: SlotCommand, *, now: datetime) -> Capacity:
        """Open a slot or a pool of slots, or give it another number of places.

        For a pool, give any of its slots. To close one, use `close_session`: it carries the people
        over. Raises ValueError for the opening of another slot.
        """
        if isinstance(command, slots.Open) and slot not in (command.slot, *command.shared_with):
            raise ValueError("command: expected an opening of this slot")

        def step(work: Work) -> Capacity:
            work.to_slot(slot, command)
            return work.capacity(slot)

        return self._run(now, step, slot_stream(slot))

    def open_round(
        self,
        policy_id: str,
        places: Mapping[str, int],
        *,
        sessions: Iterable[str],
        days: DaySet,
        actor: Actor,
        now: datetime,
        pool: str | None = None,
    ) -> int:
        """Open the slots of a round that are not open yet, and return how many were opened.

        There is one for each site, day, session, vaccine and dose of the round.

        Args:
            policy_id: the round.
            places: the places of each slot, by site; with a pool, of each session.
            sessions: the sessions of a day.
            days: the days; those on which the round does not vaccinate are left out.
            actor: the site or the programme.
            now: the instant.
            pool: the name of the places that all slots of a session share; None: each slot has its
                own.

        Raises:
            ValueError: the desk does not know the round.
        """
        require("now", datetime, now)
        doses, opened = _doses_of(self._round(policy_id), days), 0
        for site, session in itertools.product(places, dict.fromkeys(sessions)):
            counted: dict[str, list[Slot]] = {}
            for day, vaccine, dose in doses:
                slot = Slot(site, day, session, vaccine, dose, pool=pool)
                counted.setdefault(slot_stream(slot), []).append(slot)
            for first, *others in counted.values():
                if not self.capacity(first).version:
                    command = slots.Open(
                        id=joined("open", policy_id),
                        actor=actor,
                        slot=first,
                        shared_with=others,
                        places=places[site],
                    )
                    self.manage(first, command, now=now)
                    opened += 1 + len(others)
        return opened

    def decision(self, subject: str, policy_id: str, *, now: datetime, person: Person) -> Decision:
        """The person's decision in a round from today on, with what the journey knows.

        Raises ValueError if the desk does not know the round.
        """
        return self._work(now).decision(self._round(policy_id), person, subject)

    def _round(self, policy_id: str) -> Policy:
        if policy_id not in self.policies:
            raise ValueError("policy_id: expected a round of this desk")
        return self.policies[policy_id]

    def slots_for(
        self,
        subject: str,
        policy_id: str,
        *,
        now: datetime,
        site: str | None = None,
        day: date | None = None,
        actor: Actor = Actor.PERSON,
        kind: type[Book | BookNext | Change | WalkIn | Move] | None = None,
        after: Book | None = None,
        **brought: Unpack[Brought],
    ) -> tuple[SlotAnswer, ...]:
        """List the open slots, and whether the person may book each of them now.

        Each is asked of `vaxpolicy.reservation.decide`, with the place that the person would get.

        Args:
            subject: the person's pseudonym.
            policy_id: the round.
            now: the instant.
            site: the site; None: every site.
            day: the day; None: every day.
            actor: the sender of the command.
            kind: the command: `Book`, `BookNext`, `Change`, `WalkIn` or `Move`; None: `Change` if
                the person has a booking, otherwise `Book`.
            after: a booking that is made in the same step: for `BookNext`, the slots that can be
                booked together with this one. It is not stored, but its place counts as taken.
            brought: what is brought with the command.

        Raises:
            Rejected: the booking of `after` is not allowed.
        """
        work, answers = self._work(now), []
        if after is not None:
            work.book(after, **brought)
        state = work.journey(subject)
        for stored in self.capacities(site=site, day=day):
            if stored.status is not SlotStatus.OPEN:
                continue
            booked = after is not None and after.slot in stored.slots
            capacity = work.capacity(stored.slots[0]) if booked else stored
            waits = next((it for it in work.line(capacity) if it.subject == subject), None)
            common: dict[str, Any] = {
                "id": own_id(state.history, "may") if waits is None else waits.id,
                "actor": actor,
                "subject": subject,
                "policy_id": policy_id,
            }
            free = slots.free(capacity, now)
            for slot in capacity.slots:
                wanted = _wanted(state, slot, kind, common)
                refusal = _refusal(work, wanted, capacity, brought)
                answers.append(SlotAnswer(slot, free, refusal, waits))
        return tuple(answers)

    def slots_together(
        self, people: Mapping[str, Brought], policy_id: str, *, now: datetime
    ) -> tuple[tuple[SlotAnswer, ...], ...]:
        """List the ways in which several people can book one session together, with `book_all`.

        Each way has a slot for each person, in their order. The places are enough for all of them,
        and everybody gets the vaccine of the first person where it is offered to them.

        Args:
            people: what is brought for each person, by subject.
            policy_id: the round.
            now: the instant.
        """
        require("now", datetime, now)
        if not people:
            return ()
        mine, *others = [
            [it for it in self.slots_for(subject, policy_id, now=now, **more) if it.bookable]
            for subject, more in people.items()
        ]
        ways = []
        for first in mine:
            way = [first]
            for answers in others:
                fitting = [it for it in answers if _same_session(it, first) and _is_left(it, way)]
                way += sorted(fitting, key=lambda it: it.slot.vaccine != first.slot.vaccine)[:1]
            if len(way) == len(people):
                ways.append(tuple(way))
        return tuple(ways)

    def attendance(self, site: str, day: date, *, now: datetime) -> tuple[Attendance, ...]:
        """List everybody who has a place at a site on a day, for its staff."""
        require("now", datetime, now)
        found = []
        for capacity in self.capacities(site=site, day=day):
            for kept in capacity.kept:
                if kept.at(now) is Allocation.TAKEN:
                    state = self.journey(kept.booking.subject)
                    made = (it for it in state.history if isinstance(it, Booking))
                    found += [Attendance(it, state) for it in made if it.id == kept.booking.id]
        return tuple(found)

    def correctable(self, subject: str, *, actor: Actor, now: datetime) -> tuple[AnyEvent, ...]:
        """List the events of a journey that `correct` would take back now, the last one first."""
        require("now", datetime, now)
        state = self.journey(subject)
        found = []
        for event in reversed(state.history):
            command = Correct(
                id=own_id(state.history, "may"),
                actor=actor,
                subject=subject,
                event=event.version,
                reason=CorrectionReason.ENTERED_IN_ERROR,
            )
            try:
                self._work(now).judged(command)
            except Rejected:
                continue
            found.append(event)
        return tuple(found)

    def hold(
        self, slot: Slot, booking: BookingRef, *, until: datetime, actor: Actor, now: datetime
    ) -> Capacity:
        """Keep a place until an instant, while the person fills in the rest.

        The booking's id is that of the `Book`, `BookNext` or `Change` that follows and takes the
        place.
        """
        name = joined(booking.subject, booking.id, "hold", until.isoformat())
        return self.manage(
            slot, slots.Hold(id=name, actor=actor, booking=booking, until=until), now=now
        )

    def book(self, command: Book, *, now: datetime, **brought: Unpack[Brought]) -> Done:
        """Take a place and book it."""
        return self.book_all([command], now=now, brought={command.subject: brought})[0]

    def change(self, command: Change, *, now: datetime, **brought: Unpack[Brought]) -> Done:
        """Take the new place, change the booking, release the old place."""
        return self.book_all([command], now=now, brought={command.subject: brought})[0]

    def book_all(
        self,
        commands: Iterable[Book | BookNext | Change | WalkIn | Move],
        *,
        now: datetime,
        brought: Mapping[str, Brought],
    ) -> tuple[Done, ...]:
        """Book for several people in one step, such as a household: for all of them or for none.

        One person may book two doses in one step: give `Book`, then `BookNext`.

        Args:
            commands: one for each booking, in order.
            now: the instant.
            brought: what is brought for each person, by subject; for a person who is not there,
                nothing is.
        """
        require("now", datetime, now)
        wanted = tuple(commands)

        def step(work: Work) -> tuple[Done, ...]:
            made = [(each, work.book(each, **brought.get(each.subject, {}))) for each in wanted]
            return tuple(Done(work.journey(each.subject), events) for each, events in made)

        return self._run(now, step, slot_stream(wanted[0].slot)) if wanted else ()

    def book_next(self, command: BookNext, *, now: datetime, **brought: Unpack[Brought]) -> Done:
        """Book the next dose as well, before the booked one is given; a place is taken."""
        return self.book_all([command], now=now, brought={command.subject: brought})[0]

    def walk_in(self, command: WalkIn, *, now: datetime, **brought: Unpack[Brought]) -> Done:
        """Record that a person without a booking has come; a place is taken."""
        return self.book_all([command], now=now, brought={command.subject: brought})[0]

    def move(self, command: Move, *, now: datetime, **brought: Unpack[Brought]) -> Done:
        """Move a booking to another slot, for the site; the old place is released."""
        return self.book_all([command], now=now, brought={command.subject: brought})[0]

    def wait(
        self, command: Book | BookNext | Change, *, now: datetime, **brought: Unpack[Brought]
    ) -> Capacity:
        """Put a booking on the waiting list of a full slot.

        The command is the one that books the place when it is free; it is not stored. It is refused
        as it would be if a place were free, so that nobody waits for a place that they cannot book.

        Who books something else leaves the list, and so does who cannot book any more, as far as
        the journey knows: with the next command that gives a place of the slot to somebody.
        """
        mine = BookingRef(command.subject, command.id)

        def step(work: Work) -> Capacity:
            before = work.capacity(command.slot)
            if mine in work.line(before):
                return before
            if work.journey(mine.subject).history.find(mine.id) is not None:
                raise Rejected("command-id-reused", version=before.version)
            refused = _refusal(work, command, before, brought)
            if refused is not None and refused.code not in _NO_PLACE_LEFT:
                raise refused
            name = own_id(before.history, mine.subject, mine.id, "wait", str(before.version))
            work.to_slot(command.slot, slots.Wait(id=name, actor=command.actor, booking=mine))
            return work.capacity(command.slot)

        return self._run(now, step, slot_stream(command.slot))

    def waiting(self, subject: str, *, now: datetime) -> tuple[Waiting, ...]:
        """List the slots on whose waiting list the person is."""
        work = self._work(now)
        return tuple(
            Waiting(capacity.slots, booking, place, slots.free(capacity, now))
            for capacity in self.capacities()
            if any(each.subject == subject for each in capacity.waiting)
            for place, booking in enumerate(work.line(capacity), 1)
            if booking.subject == subject
        )

    def stop_waiting(
        self, slot: Slot, booking: BookingRef, *, actor: Actor, now: datetime
    ) -> Capacity:
        """Take a booking off the waiting list of a slot; do nothing if it is not on it."""

        def step(work: Work) -> Capacity:
            before = work.capacity(slot)
            if booking in before.waiting:
                name = own_id(
                    before.history, booking.subject, booking.id, "leave", str(before.version)
                )
                work.to_slot(slot, slots.Release(id=name, actor=actor, booking=booking))
            return work.capacity(slot)

        return self._run(now, step, slot_stream(slot))

    def correct(self, command: Correct, *, now: datetime) -> Done:
        """Take back an event that was entered in error."""
        return self._send(command, now, {})

    def cancel(self, command: Cancel, *, now: datetime) -> Done:
        """Cancel a booking and give its place back; the booking of the next dose ends too."""
        return self._end(command, now)

    def _end(self, command: Cancel | Miss | Defer, now: datetime) -> Done:
        """Do a command that ends a booking, and give back the places that are not used."""

        def step(work: Work) -> Done:
            events = work.end(command)
            return Done(work.journey(command.subject), events)

        return self._run(now, step, journey_stream(command.subject))

    def check_in(self, command: CheckIn, *, now: datetime, **brought: Unpack[Brought]) -> Done:
        """Record that the person has come."""
        return self._send(command, now, brought)

    def vaccinate(self, command: Vaccinate, *, now: datetime) -> Done:
        """Record that the dose was given."""
        return self._send(command, now, {})

    def defer(self, command: Defer, *, now: datetime) -> Done:
        """Record that the person came and was not vaccinated."""
        return self._end(command, now)

    def miss(self, command: Miss, *, now: datetime) -> Done:
        """Record that the person was not vaccinated on the booked day."""
        return self._end(command, now)

    def record_dose(self, command: RecordDose, *, now: datetime) -> Done:
        """Record a dose that was given elsewhere."""
        return self._send(command, now, {})

    def close(self, command: Close, *, now: datetime) -> Done:
        """End a journey for good."""
        return self._send(command, now, {})

    def close_session(
        self,
        site: str,
        day: date,
        session: str,
        *,
        cause: str,
        actor: Actor,
        now: datetime,
    ) -> tuple[Done, ...]:
        """Close every slot of a session, and carry over everybody who was booked into it.

        Slots and people are changed in one append; `cause` is the id of the command in each stream.
        """
        concerned = [
            each.slot
            for each in self.capacities(site=site, day=day)
            if each.slot is not None and each.slot.session == session
        ]

        def step(work: Work) -> tuple[Done, ...]:
            done = []
            for slot in concerned:
                if work.capacity(slot).status is not SlotStatus.CLOSED:
                    work.to_slot(slot, slots.Close(id=cause, actor=actor))
                for kept in work.capacity(slot).kept:
                    if kept.keeping is Allocation.WITHDRAWN:
                        done += self._carried(work, kept.booking, cause, actor)
            return tuple(done)

        return self._run(now, step, joined(site, day.isoformat(), session))

    def _carried(self, work: Work, booking: BookingRef, name: str, actor: Actor) -> list[Done]:
        """Carry the person over if the booking is still theirs."""
        state = work.journey(booking.subject)
        theirs = [each.id for each in (state.booking, state.next_booking) if each is not None]
        if booking.id not in theirs:
            return []
        command = CancelSession(
            id=own_id(state.history, name, booking.id),
            actor=actor,
            subject=booking.subject,
            booking=booking.id,
        )
        events = work.end(command)
        return [Done(work.journey(booking.subject), events)]

    def unsettled(self, *, now: datetime) -> Unsettled:
        """Places without a booking and bookings without a place, over the whole store.

        While people are booking, one that is under way may be among them. `reconcile` looks again
        at each before it repairs it.
        """
        require("now", datetime, now)
        states = (
            self._journeys.current(self.store, stream, version)
            for stream, version in self.store.versions("journey/").items()
        )
        return unsettled(states, self.capacities(), now)

    def reconcile(self, *, now: datetime, grace: timedelta = timedelta(minutes=10)) -> Unsettled:
        """Repair leaked places and placeless bookings, and return them.

        A leaked place is released once nothing has touched it for the time of `grace`; a booking
        without a place gets one, or is carried over where its slot is full or closed.
        """
        require("now", datetime, now)
        now = with_fixed_offset(now)
        found = self.unsettled(now=now)
        leaked = [each for each in found.leaked if self._mend_leak(each, now, grace)]
        placeless = [each for each in found.placeless if self._mend_placeless(each, now)]
        return Unsettled(tuple(leaked), tuple(placeless))

    def _mend_leak(self, leak: Leak, now: datetime, grace: timedelta) -> bool:
        def step(work: Work) -> bool:
            state, capacity = work.journey(leak.booking.subject), work.capacity(leak.slot)
            touched = max(
                event.at
                for event in capacity.history
                if getattr(event.command, "booking", None) == leak.booking
            )
            if leak not in unsettled([state], [capacity], now).leaked or touched > now - grace:
                return False
            work.free(leak.slot, leak.booking, Actor.PROGRAMME)
            return True

        return self._run(now, step, slot_stream(leak.slot))

    def _mend_placeless(self, booking: Booking, now: datetime) -> bool:
        mine = BookingRef(booking.subject, booking.id)

        def step(work: Work) -> bool:
            state, capacity = work.journey(booking.subject), work.capacity(booking.slot)
            if booking not in unsettled([state], [capacity], now).placeless:
                return False
            work.take(booking.slot, mine, Actor.PROGRAMME)
            if booking in unsettled([state], [work.capacity(booking.slot)], now).placeless:
                self._carried(work, mine, joined("reconcile", str(state.version)), Actor.PROGRAMME)
            return True

        return self._run(now, step, slot_stream(booking.slot))


def _doses_of(policy: Policy, days: DaySet) -> dict[tuple[date, str, int], None]:
    """The days, vaccines and doses of a round, each once."""
    return {
        (day, vaccine, rule.dose): None
        for stage in policy.stages
        for rule in stage.rules
        for day in _each_day(days, stage.vaccination_days)
        for vaccine in rule.vaccines
    }


def _each_day(days: DaySet, given: VaccinationDays) -> Iterator[date]:
    for first, last in (days & DaySet.between(given.first, given.last)).spans:
        yield from map(date.fromordinal, range(first, last + 1))


def _same_session(one: SlotAnswer, other: SlotAnswer) -> bool:
    a, b = one.slot, other.slot
    return (a.site, a.day, a.session) == (b.site, b.day, b.session)


def _is_left(answer: SlotAnswer, way: list[SlotAnswer]) -> bool:
    """Whether a place is left in the slot after those of the way are taken."""
    return answer.free > sum(each.slot.shares_places(answer.slot) for each in way)


def _wanted(
    state: State,
    slot: Slot,
    kind: type[Book | BookNext | Change | WalkIn | Move] | None,
    common: dict[str, Any],
) -> Book | BookNext | Change | WalkIn | Move:
    """The command that would book the slot; a change if the person has a booking."""
    made: Any = kind or (Book if state.booking is None else Change)
    if made in (Change, Move):
        common["booking"] = "-" if state.booking is None else state.booking.id
    command: Book | BookNext | Change | WalkIn | Move = made(**common, slot=slot)
    return command


_NO_PLACE_LEFT: Final = frozenset({"slot-full", "others-wait"})
"""The refusals after which a person may wait for a place."""


def _refusal(
    work: Work,
    wanted: Book | BookNext | Change | WalkIn | Move,
    capacity: Capacity,
    brought: Brought,
) -> Rejected | None:
    """The refusal of a slot; no place is taken."""
    mine, no_place = BookingRef(wanted.subject, wanted.id), None
    place = Place(wanted.slot, mine, PlaceAnswer.KEPT)
    named = {"actor": wanted.actor}
    take = slots.Take(id=own_id(capacity.history, "may", "take"), booking=mine, **named)
    asked: list[SlotCommand] = [take]
    old = booked_in_pool(work.journey(wanted.subject), wanted)
    if old is not None:
        name, given_up = own_id(capacity.history, "may"), BookingRef(old.subject, old.id)
        asked.insert(0, slots.Release(id=name, booking=given_up, **named))
    try:
        work.slot_events(capacity, wanted.slot, *asked)
    except Rejected as refused:
        no_place, place = refused, Place(wanted.slot, mine, PlaceAnswer.UNKNOWN)
    try:
        work.judged(wanted, place=place, **brought)
    except Rejected as refused:
        return more_telling(refused, no_place)
    return None
