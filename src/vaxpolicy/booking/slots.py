"""The places of one slot: taken, held, confirmed, given back; never more than there are.

A slot is a site, a day, a session, a vaccine and a dose; each has its own places, for a total over
vaccines or doses would hide which of them are left. `USES_A_PLACE` lists the states that use up a
place. A hold ends by itself: nothing has to run for its place to be free again.

How many places are left is a fold over events, and every event carries its version: a store that
appends only where the version before is its last one cannot sell a place twice. What `place` says
of a slot and a booking is the evidence that `vaxpolicy.reservation.decide` asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final, TypeAlias, get_args

from attrs import field, frozen

from vaxpolicy._values import DoseDay, DoseNumber, checked
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.streams import (
    Actor,
    BrokenStream,
    Command,
    Event,
    answered,
    as_instant,
)

__all__ = [
    "GUARDS",
    "TRANSITIONS",
    "USES_A_PLACE",
    "Allocation",
    "BookingRef",
    "Capacity",
    "CapacityChanged",
    "ChangeCapacity",
    "Close",
    "Closed",
    "Confirm",
    "Confirmed",
    "Held",
    "Hold",
    "Kept",
    "Open",
    "Opened",
    "Place",
    "PlaceAnswer",
    "Release",
    "Released",
    "Slot",
    "SlotCommand",
    "SlotEvent",
    "SlotStatus",
    "Take",
    "Taken",
    "consuming",
    "decide",
    "evolve",
    "free",
    "initial",
    "is_terminal",
    "keeping",
    "place",
    "replay",
]

# -- a slot, a booking, and what is known of its place ---------------------------------------------


@frozen(field_transformer=checked)
class Slot:
    """What one books: a dose of a vaccine in a session of a day at a site."""

    site: str
    day: DoseDay
    session: str
    vaccine: str
    dose: DoseNumber


@frozen(field_transformer=checked)
class BookingRef:
    """A booking by the person's pseudonym and the id of the command that made it.

    Ids belong to a stream: two people's commands may share one, their bookings never do.
    """

    subject: str
    id: str


class PlaceAnswer(Enum):
    """What is known of a place in a slot for a booking."""

    KEPT = "kept"
    """It is taken, or held at this instant, for this booking."""
    FULL = "full"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    """No answer, or not one for this booking: "there were some left" is not a place."""


@frozen(field_transformer=checked)
class Place:
    """The answer of a slot's stream about one booking."""

    slot: Slot
    booking: BookingRef
    answer: PlaceAnswer


# -- statuses and the one table of what consumes ---------------------------------------------------


class Allocation(Enum):
    """How a place is kept for a booking."""

    NONE = "none"
    HELD = "held"
    TAKEN = "taken"
    EXPIRED = "expired"
    """Held until a time that has passed."""
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    """The site has closed the slot."""


USES_A_PLACE: Final[Mapping[Allocation, bool]] = {
    Allocation.NONE: False,
    Allocation.HELD: True,
    Allocation.TAKEN: True,
    Allocation.EXPIRED: False,
    Allocation.RELEASED: False,
    Allocation.WITHDRAWN: False,
}
"""Which ways of keeping consume a place: free places and these make up the capacity, always."""


class SlotStatus(Enum):
    """Whether places may be taken."""

    NEW = "new"
    OPEN = "open"
    CLOSED = "closed"


# -- commands and events ---------------------------------------------------------------------------


@frozen(kw_only=True, field_transformer=checked)
class Open(Command):
    """Open the slot with so many places."""

    slot: Slot
    places: int


@frozen(kw_only=True, field_transformer=checked)
class Hold(Command):
    """Keep a place for a booking until an instant; again: until a later one."""

    booking: BookingRef
    until: datetime


@frozen(kw_only=True, field_transformer=checked)
class Take(Command):
    """Take a place for a booking; one that is held for it becomes that place."""

    booking: BookingRef


@frozen(kw_only=True, field_transformer=checked)
class Confirm(Command):
    """Take the place that is held for a booking, and no other."""

    booking: BookingRef


@frozen(kw_only=True, field_transformer=checked)
class Release(Command):
    """Give the place of a booking back."""

    booking: BookingRef


@frozen(kw_only=True, field_transformer=checked)
class ChangeCapacity(Command):
    """Let the slot have so many places from now on; never fewer than are taken or held."""

    places: int


@frozen(kw_only=True, field_transformer=checked)
class Close(Command):
    """Close the slot for good, as in a typhoon; its bookings are named by the event."""


SlotCommand: TypeAlias = Open | Hold | Take | Confirm | Release | ChangeCapacity | Close


@frozen(field_transformer=checked)
class Opened(Event):
    """The slot has places."""

    command: Open


@frozen(field_transformer=checked)
class Held(Event):
    """A place is held."""

    command: Hold


@frozen(field_transformer=checked)
class Taken(Event):
    """A place is taken."""

    command: Take


@frozen(field_transformer=checked)
class Confirmed(Event):
    """A held place is taken."""

    command: Confirm


@frozen(field_transformer=checked)
class Released(Event):
    """A place is free again."""

    command: Release


@frozen(field_transformer=checked)
class CapacityChanged(Event):
    """The slot has another number of places."""

    command: ChangeCapacity


@frozen(field_transformer=checked)
class Closed(Event):
    """The slot is closed, and these bookings have lost their places."""

    command: Close
    affected: tuple[BookingRef, ...]


SlotEvent: TypeAlias = Opened | Held | Taken | Confirmed | Released | CapacityChanged | Closed

EVENTS: Final[Mapping[type[Command], type[SlotEvent]]] = dict(
    zip(get_args(SlotCommand), get_args(SlotEvent), strict=True)
)
"""The event of each command."""

TRANSITIONS: Final[Mapping[tuple[SlotStatus, type[Command]], SlotStatus]] = {
    (SlotStatus.NEW, Open): SlotStatus.OPEN,
    (SlotStatus.OPEN, Hold): SlotStatus.OPEN,
    (SlotStatus.OPEN, Take): SlotStatus.OPEN,
    (SlotStatus.OPEN, Confirm): SlotStatus.OPEN,
    (SlotStatus.OPEN, Release): SlotStatus.OPEN,
    (SlotStatus.OPEN, ChangeCapacity): SlotStatus.OPEN,
    (SlotStatus.OPEN, Close): SlotStatus.CLOSED,
}
"""Which command may follow in which status, and what it leads to."""

ALLOCATIONS: Final[Mapping[tuple[Allocation, type[Command]], Allocation]] = {
    (Allocation.NONE, Hold): Allocation.HELD,
    (Allocation.NONE, Take): Allocation.TAKEN,
    (Allocation.HELD, Hold): Allocation.HELD,
    (Allocation.HELD, Take): Allocation.TAKEN,
    (Allocation.HELD, Confirm): Allocation.TAKEN,
    (Allocation.HELD, Release): Allocation.RELEASED,
    (Allocation.TAKEN, Release): Allocation.RELEASED,
    (Allocation.EXPIRED, Hold): Allocation.HELD,
    (Allocation.EXPIRED, Take): Allocation.TAKEN,
    (Allocation.RELEASED, Hold): Allocation.HELD,
    (Allocation.RELEASED, Take): Allocation.TAKEN,
}
"""The same for one booking's place within an open slot."""

# -- the state -------------------------------------------------------------------------------------


@frozen(field_transformer=checked)
class Kept:
    """A booking's place as last recorded; `until` for a hold."""

    booking: BookingRef
    keeping: Allocation
    until: datetime | None = None

    def at(self, now: datetime) -> Allocation:
        """How it is kept at an instant: a hold has expired from `until` on."""
        over = self.until is not None and self.until <= now
        return Allocation.EXPIRED if self.keeping is Allocation.HELD and over else self.keeping


@frozen(field_transformer=checked)
class Capacity:
    """A slot as its events left it.

    Attributes:
        slot: what it is the capacity of; None before it was opened.
        status: whether places may be taken.
        places: how many there are.
        kept: each booking that ever had one, in the order of the first time.
        history: every event, in order.
    """

    slot: Slot | None = None
    status: SlotStatus = SlotStatus.NEW
    places: int = 0
    kept: tuple[Kept, ...] = ()
    history: tuple[SlotEvent, ...] = field(default=(), repr=False)

    @property
    def version(self) -> int:
        """How many events there are; the next has this number plus one."""
        return len(self.history)


def initial() -> Capacity:
    """A slot before it is opened."""
    return _INITIAL


_INITIAL: Final = Capacity()


def is_terminal(state: Capacity) -> bool:
    """Whether nothing can follow: the slot is closed."""
    return state.status is SlotStatus.CLOSED


def _time(state: Capacity, now: datetime) -> datetime:
    """The instant, but never before the last event: a slow clock must not bring back a hold."""
    return max(as_instant(now), state.history[-1].at) if state.history else as_instant(now)


def keeping(state: Capacity, booking: BookingRef, now: datetime) -> Allocation:
    """How a place is kept for the booking at an instant."""
    now = _time(state, now)
    return next((each.at(now) for each in state.kept if each.booking == booking), Allocation.NONE)


def consuming(state: Capacity, now: datetime) -> int:
    """How many places are taken or held at an instant."""
    now = _time(state, now)
    return sum(USES_A_PLACE[each.at(now)] for each in state.kept)


def free(state: Capacity, now: datetime) -> int:
    """How many places are left at an instant; a held one is not."""
    return state.places - consuming(state, now)


def place(state: Capacity, slot: Slot, booking: BookingRef, now: datetime) -> Place:
    """What this stream knows of a place in `slot` for the booking: the evidence for a reservation.

    Free places are no evidence; another slot's stream, or one not opened, knows nothing.
    """
    if state.slot != slot:
        answer = PlaceAnswer.UNKNOWN
    elif state.status is SlotStatus.CLOSED:
        answer = PlaceAnswer.CLOSED
    elif USES_A_PLACE[keeping(state, booking, now)]:
        answer = PlaceAnswer.KEPT
    else:
        answer = PlaceAnswer.UNKNOWN if free(state, now) else PlaceAnswer.FULL
    return Place(slot, booking, answer)


# -- deciding --------------------------------------------------------------------------------------


@frozen(field_transformer=checked)
class _SlotRequest:
    """A command before a slot."""

    state: Capacity
    command: Any
    now: datetime

    def rejected(self, code: str, **more: Any) -> Rejected:
        return Rejected(code, version=self.state.version, **more)


_Guard: TypeAlias = Callable[[_SlotRequest], None]

_REFUSALS: Final = {
    SlotStatus.NEW: "slot-not-open",
    SlotStatus.OPEN: "slot-already-open",
    SlotStatus.CLOSED: "slot-closed",
}

_HOUSE: Final = frozenset({Actor.SITE, Actor.PROGRAMME})
"""Who may open, resize and close a slot; places are taken and given back for whoever books."""


def _actor_may(case: _SlotRequest) -> None:
    if case.command.actor not in _HOUSE:
        raise case.rejected("actor-not-allowed")


def _slot_allows(case: _SlotRequest) -> None:
    if (case.state.status, type(case.command)) not in TRANSITIONS:
        raise case.rejected(_REFUSALS[case.state.status])


_NOT_KEPT: Final = {
    (Allocation.TAKEN, Hold): "place-taken",
    (Allocation.TAKEN, Take): "place-taken",
    (Allocation.TAKEN, Confirm): "place-taken",
    (Allocation.NONE, Confirm): "hold-over",
    (Allocation.EXPIRED, Confirm): "hold-over",
    (Allocation.RELEASED, Confirm): "hold-over",
}


def _place_allows(case: _SlotRequest) -> None:
    kept = keeping(case.state, case.command.booking, case.now)
    if (kept, type(case.command)) not in ALLOCATIONS:
        raise case.rejected(_NOT_KEPT.get((kept, type(case.command)), "no-such-place"))


def _place_left(case: _SlotRequest) -> None:
    """A place is left, or the booking has one already, which is not asked for twice."""
    kept = keeping(case.state, case.command.booking, case.now)
    if not USES_A_PLACE[kept] and free(case.state, case.now) < 1:
        raise case.rejected("slot-full")


def _hold_ends_later(case: _SlotRequest) -> None:
    if case.command.until <= case.now:
        raise case.rejected("hold-ends-early")


def _room_for_taken(case: _SlotRequest) -> None:
    """Places are not taken away from under bookings; those that came last are named."""
    in_use = _in_use(case)
    if case.command.places < len(in_use):
        raise case.rejected("below-taken", affected=in_use[case.command.places :])


GUARDS: Final[dict[type[Command], tuple[_Guard, ...]]] = {
    Open: (_actor_may, _slot_allows),
    Hold: (_slot_allows, _place_allows, _hold_ends_later, _place_left),
    Take: (_slot_allows, _place_allows, _place_left),
    Confirm: (_slot_allows, _place_allows),
    Release: (_slot_allows, _place_allows),
    ChangeCapacity: (_actor_may, _slot_allows, _room_for_taken),
    Close: (_actor_may, _slot_allows),
}
"""What is asked of each command, in order; each guard raises `Rejected` or lets pass."""


def decide(state: Capacity, command: SlotCommand, *, now: datetime) -> tuple[SlotEvent, ...]:
    """The events of a command: one; none where the very command has been done before.

    Raises `Rejected` where it may not be done, and ValueError for an instant without its offset.
    """
    now = _time(state, now)
    if answered(state.history, command):
        return ()
    case = _SlotRequest(state, command, now)
    for guard in GUARDS[type(command)]:
        guard(case)
    decided = (_in_use(case),) if isinstance(command, Close) else ()
    event: Callable[..., SlotEvent] = EVENTS[type(command)]
    return (event(state.version + 1, now, command, *decided),)


def _in_use(case: _SlotRequest) -> tuple[BookingRef, ...]:
    return tuple(each.booking for each in case.state.kept if USES_A_PLACE[each.at(case.now)])


def evolve(state: Capacity, event: SlotEvent) -> Capacity:
    """The slot after an event; `BrokenStream` where it cannot follow."""
    status = TRANSITIONS.get((state.status, type(event.command)))
    if status is None or event.version != state.version + 1:
        raise BrokenStream(f"event {event.version} cannot follow event {state.version}")
    slot, places, kept = state.slot, state.places, state.kept
    match event:
        case Opened():
            slot, places = event.command.slot, event.command.places
        case CapacityChanged():
            places = event.command.places
        case Closed():
            places = 0
            kept = tuple(Kept(each.booking, _withdrawn(each, event.at)) for each in kept)
        case _:
            kept = _with(state, event)
    return Capacity(slot, status, places, kept, (*state.history, event))


def _withdrawn(each: Kept, at: datetime) -> Allocation:
    return Allocation.WITHDRAWN if USES_A_PLACE[each.at(at)] else each.at(at)


def _with(state: Capacity, event: Held | Taken | Confirmed | Released) -> tuple[Kept, ...]:
    """The places with the event's; the booking keeps its rank."""
    command = event.command
    before = keeping(state, command.booking, event.at)
    after = ALLOCATIONS.get((before, type(command)))
    if after is None:
        raise BrokenStream(f"event {event.version}: a place that is {before.value}")
    mine = Kept(command.booking, after, command.until if isinstance(command, Hold) else None)
    if before is Allocation.NONE:
        return (*state.kept, mine)
    return tuple(mine if each.booking == command.booking else each for each in state.kept)


def replay(events: Iterable[SlotEvent]) -> Capacity:
    """The slot that the events add up to."""
    state = initial()
    for event in events:
        state = evolve(state, event)
    return state
