"""The places of one slot: they are taken, held, confirmed and released, never more than exist.

A slot is a site, a day, a session, a vaccine and a dose. A slot has its own places. If a site
counts the people of a session and not the doses, the slots of that session can share places: they
name the same pool, and one stream counts for all of them. `USES_A_PLACE` lists the states that use
up a place. A hold ends by itself: no job has to run to free its place. When a slot is full,
bookings can wait in a list; the first of them gets the next free place.

Places can be held, taken and confirmed until the slot's day is over; people can do so until its
session is over. If the clock is behind the last event by at most a day, the event's instant counts.
A clock that is further behind is refused, and so is one more than 400 days after the slot's day.

The capacity is the sum of events, and every event has a version. So a store that checks the version
when it appends cannot sell a place twice. `place` gives the evidence that
`vaxpolicy.reservation.decide` needs. The time for a decision does not depend on the number of
events.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeAlias, TypeVar, get_args

from attrs import field, fields, frozen

from vaxpolicy._values import (
    DISTINCT,
    DoseDay,
    DoseNumber,
    InvalidType,
    InvalidValue,
    as_tuple,
    checked,
    not_after,
    require,
    require_type,
    unchecked,
    with_fixed_offset,
)
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.streams import (
    Actor,
    BrokenStream,
    Command,
    Event,
    History,
    answered,
    follows,
)
from vaxpolicy.days import in_taiwan

__all__ = [
    "GUARDS",
    "LONGEST_HOLD",
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
    "Wait",
    "Waited",
    "consuming",
    "decide",
    "decide_together",
    "evolve",
    "free",
    "initial",
    "is_terminal",
    "keeping",
    "place",
    "replay",
]

LONGEST_HOLD: Final = timedelta(minutes=30)
"""The longest time for which a place can be held for one booking, with prolongations."""

_SLOWEST_CLOCK: Final = timedelta(days=1)
"""A clock that is further behind the last event is refused; one less behind is corrected."""

_LONGEST_AFTER: Final = timedelta(days=400)
"""The time after its day in which the records of a slot may be corrected."""


@frozen(field_transformer=checked)
class Slot:
    """A slot: a dose of a vaccine in a session of a day at a site.

    Attributes:
        site: the vaccination site.
        day: the vaccination day.
        session: the session of that day.
        vaccine: the code of the vaccine.
        dose: the number of the dose, from 1.
        ends: the time of day, Taiwan's, at which the session ends; None: at the end of the day.
        pool: the name of the places that it shares with other slots of its session; None: it has
            its own places.
    """

    site: str
    day: DoseDay
    session: str
    vaccine: str
    dose: DoseNumber
    ends: time | None = None
    pool: str | None = None

    def shares_places(self, other: Slot) -> bool:
        """Whether one count of places is for both slots: they are equal, or of one pool."""
        if self.pool is None:
            return self == other
        mine = (self.site, self.day, self.session, self.pool)
        return mine == (other.site, other.day, other.session, other.pool)

    @property
    def day_over(self) -> datetime:
        """The instant at which the day is over."""
        return in_taiwan(self.day) + timedelta(days=1)

    @property
    def over(self) -> datetime:
        """The instant from which on nobody can come to the session."""
        ends = self.ends
        return self.day_over if ends is None else in_taiwan(self.day, ends)


@frozen(field_transformer=checked)
class BookingRef:
    """A booking by the person's pseudonym and the id of the command that made it.

    Ids belong to a stream: the commands of two people may share one, their bookings never do.
    """

    subject: str
    id: str


class PlaceAnswer(Enum):
    """The answer about a place in a slot for a booking."""

    KEPT = "kept"
    """A place is taken, or held at this instant, for this booking."""
    FULL = "full"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    """There is no answer about this booking. "Some places are left" is not an answer."""


@frozen(field_transformer=checked)
class Place:
    """The answer of a slot's stream about one booking.

    Attributes:
        slot: the slot.
        booking: the booking.
        answer: what is known.
        until: before when it is true, for a place that is held; None: it has no end.
        version: the version of the stream that answered.
    """

    slot: Slot
    booking: BookingRef
    answer: PlaceAnswer
    until: datetime | None = None
    version: int = 0


class Allocation(Enum):
    """The kinds of place that a booking has."""

    if not TYPE_CHECKING:  # to checkers it is the hash of any enum
        __hash__ = object.__hash__  # before 3.12, an enum's own is a function in Python

    NONE = "none"
    HELD = "held"
    TAKEN = "taken"
    EXPIRED = "expired"
    """The hold has ended."""
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
"""The allocations that use up a place: free places and these always make up the capacity."""


class SlotStatus(Enum):
    """Whether places may be taken."""

    if not TYPE_CHECKING:  # to checkers it is the hash of any enum
        __hash__ = object.__hash__  # before 3.12, an enum's own is a function in Python

    NEW = "new"
    OPEN = "open"
    CLOSED = "closed"


def _several(slots: Iterable[Slot]) -> tuple[Slot, ...]:
    return as_tuple(slots)


@frozen(kw_only=True, field_transformer=checked)
class Open(Command):
    """Open the slot with this number of places; the slots of a pool are opened together.

    Attributes:
        slot: the slot.
        places: the number of places.
        shared_with: the other slots of its pool, which share the places.
    """

    slot: Slot
    places: int
    shared_with: Annotated[tuple[Slot, ...], DISTINCT] = field(default=(), converter=_several)

    def __attrs_post_init__(self) -> None:
        """Refuse slots that cannot have one count of places."""
        slot = self.slot
        for each in self.shared_with:
            if each == slot or not each.shares_places(slot) or each.ends != slot.ends:
                expected = "other slots of the same session, end and pool"
                raise InvalidValue("contradiction", "shared_with", expected)


@frozen(kw_only=True, field_transformer=checked)
class PlaceCommand(Command):
    """A command about the place of one booking."""

    booking: BookingRef


@frozen(kw_only=True, field_transformer=checked)
class Hold(PlaceCommand):
    """Keep a place for a booking until an instant; a second hold can only prolong it."""

    until: datetime


@frozen(kw_only=True, field_transformer=checked)
class Take(PlaceCommand):
    """Take a place for a booking; one that is held for it becomes that place."""


@frozen(kw_only=True, field_transformer=checked)
class Confirm(PlaceCommand):
    """Take the place that is held for a booking, and no other."""


@frozen(kw_only=True, field_transformer=checked)
class Release(PlaceCommand):
    """Give the place of a booking back, or leave the waiting list."""


@frozen(kw_only=True, field_transformer=checked)
class Wait(PlaceCommand):
    """Put a booking on the waiting list of a full slot."""


@frozen(kw_only=True, field_transformer=checked)
class ChangeCapacity(Command):
    """Set the number of places from now on; never fewer than are taken or held."""

    places: int


@frozen(kw_only=True, field_transformer=checked)
class Close(Command):
    """Close the slot for good, as in a typhoon; the event names its bookings."""


SlotCommand: TypeAlias = Open | Hold | Take | Confirm | Release | ChangeCapacity | Close | Wait


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
    """A place is free again, or a booking has left the waiting list."""

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


@frozen(field_transformer=checked)
class Waited(Event):
    """A booking is on the waiting list."""

    command: Wait


SlotEvent: TypeAlias = (
    Opened | Held | Taken | Confirmed | Released | CapacityChanged | Closed | Waited
)

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
    (SlotStatus.OPEN, Wait): SlotStatus.OPEN,
    (SlotStatus.OPEN, ChangeCapacity): SlotStatus.OPEN,
    (SlotStatus.OPEN, Close): SlotStatus.CLOSED,
}
"""The status to which a command leads, by status and command."""

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
"""The commands that may follow for one booking's place in an open slot."""


@frozen(field_transformer=checked)
class Kept:
    """The place of a booking after its last event.

    Attributes:
        booking: whose place it is.
        keeping: how it is kept.
        until: when the hold ends; None for anything but a hold.
        since: when the hold began; None for anything but a hold.
    """

    booking: BookingRef
    keeping: Allocation
    until: datetime | None = None
    since: datetime | None = field(default=None, validator=not_after("until"))

    def at(self, now: datetime) -> Allocation:
        """The kind of place at an instant; a hold has expired from `until` on."""
        over = self.until is not None and self.until <= now
        return Allocation.EXPIRED if self.keeping is Allocation.HELD and over else self.keeping


@frozen
class _Ends:
    """The ends of holds as a leftist heap: the earliest, and two heaps of later ones.

    The hold of a booking counts if it is that of the last event about the booking. `place` is the
    place of the event of the hold, as in `History.noted_at`.
    """

    until: datetime
    booking: BookingRef
    place: int | None
    rank: int = 1
    left: _Ends | None = None
    right: _Ends | None = None


def _merged(one: _Ends | None, other: _Ends | None) -> _Ends | None:
    if one is None or other is None:
        return one or other
    if other.until < one.until:
        one, other = other, one
    left, right = one.left, _merged(one.right, other)
    if left is None or (right is not None and left.rank < right.rank):
        left, right = right, left
    return _Ends(
        one.until, one.booking, one.place, 1 if right is None else right.rank + 1, left, right
    )


@frozen(field_transformer=checked)
class Capacity:
    """The state of a slot after its events.

    Attributes:
        slot: what it is the capacity of, or the first slot of a pool; None before it was opened.
        status: whether places may be taken.
        places: how many there are.
        waiting: the bookings on the waiting list, in order.
        history: every event, in order.
        taken: how many places are taken for good.
        held: how many were held at the last event.
        ends: when the holds end, the earliest first.
        shared_with: the other slots that share the places.
    """

    slot: Slot | None = None
    status: SlotStatus = SlotStatus.NEW
    places: int = 0
    waiting: tuple[BookingRef, ...] = ()
    history: History[SlotEvent] = field(factory=History, repr=False)
    taken: int = field(default=0, eq=False)
    held: int = field(default=0, eq=False)
    ends: _Ends | None = field(default=None, eq=False, repr=False)
    shared_with: tuple[Slot, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot that has these places; more than one shares them."""
        return () if self.slot is None else (self.slot, *self.shared_with)

    @property
    def version(self) -> int:
        """The number of events; the next event has this number plus one."""
        return len(self.history)

    @property
    def kept(self) -> tuple[Kept, ...]:
        """Each booking that ever had a place, in the order of the first time."""
        asked = [
            event.command.booking
            for event in self.history
            if isinstance(event.command, PlaceCommand)
        ]
        found = (self.of(booking) for booking in dict.fromkeys(asked))
        return tuple(each for each in found if each is not None)

    def of(self, booking: BookingRef) -> Kept | None:
        """The place of a booking after its last event; None if it never had one."""
        kept: Kept | None = self.history.note(booking)
        if kept is None or self.status is not SlotStatus.CLOSED:
            return kept
        last = kept.at(self.history[-1].at)
        return Kept(booking, Allocation.WITHDRAWN if USES_A_PLACE[last] else last)

    def after(self, now: datetime) -> tuple[int, _Ends | None]:
        """The number of holds at an instant, and their ends."""
        held, ends = self.held, self.ends
        while ends is not None and ends.until <= now:
            if self.history.noted_at(ends.booking) == ends.place:
                held -= 1
            ends = _merged(ends.left, ends.right)
        return held, ends


_INITIAL: Final = Capacity()
_new_capacity = unchecked(Capacity)
_FIELDS: Final = tuple(it.name for it in fields(Capacity))


def _changed(state: Capacity, **changes: Any) -> Capacity:
    """The state with these fields changed; its events were checked when they were made."""
    return _new_capacity(
        *[changes[name] if name in changes else getattr(state, name) for name in _FIELDS]
    )


def restored(state: Capacity, kept: Iterable[Kept]) -> Capacity:
    """The state with the places that these bookings keep, which its history notes as well."""
    last = state.history.last
    if last is None or state.status is SlotStatus.CLOSED:
        return state
    held, taken, ends = 0, 0, None
    for each in kept:
        taken += each.keeping is Allocation.TAKEN
        if each.until is not None and each.until > last.at:
            place = state.history.noted_at(each.booking)
            held, ends = held + 1, _merged(ends, _Ends(each.until, each.booking, place))
    return _changed(state, taken=taken, held=held, ends=ends)


def initial() -> Capacity:
    """A slot before it is opened."""
    return _INITIAL


def is_terminal(state: Capacity) -> bool:
    """Whether the slot is closed."""
    return state.status is SlotStatus.CLOSED


def _time(state: Capacity, now: datetime) -> datetime:
    """The instant, but never before the last event: a slow clock must not bring back a hold."""
    require("now", datetime, now)
    now = with_fixed_offset(now)
    return max(now, state.history[-1].at) if state.history else now


def keeping(state: Capacity, booking: BookingRef, now: datetime) -> Allocation:
    """The kind of place that the booking has at an instant."""
    kept = state.of(booking)
    return Allocation.NONE if kept is None else kept.at(_time(state, now))


def consuming(state: Capacity, now: datetime) -> int:
    """The number of places that are taken or held at an instant."""
    return state.taken + state.after(_time(state, now))[0]


def free(state: Capacity, now: datetime) -> int:
    """The number of free places at an instant; held places are not free."""
    return state.places - consuming(state, now)


def place(state: Capacity, slot: Slot, booking: BookingRef, now: datetime) -> Place:
    """The evidence for a reservation: this stream's answer about a place for the booking.

    Free places are not evidence. The stream of another slot, or of one that was not opened, has no
    answer.
    """
    until = None
    if slot not in state.slots:
        answer = PlaceAnswer.UNKNOWN
    elif state.status is SlotStatus.CLOSED:
        answer = PlaceAnswer.CLOSED
    elif USES_A_PLACE[keeping(state, booking, now)]:
        kept = state.of(booking)
        answer, until = PlaceAnswer.KEPT, None if kept is None else kept.until
    else:
        answer = PlaceAnswer.UNKNOWN if free(state, now) else PlaceAnswer.FULL
    return Place(slot, booking, answer, until, state.version)


C_co = TypeVar("C_co", bound=Command, covariant=True)


@frozen
class _SlotRequest(Generic[C_co]):
    """A command before a slot; `now` is put right where the clock is slow, `clock` is not."""

    state: Capacity
    command: C_co
    now: datetime
    clock: datetime

    def rejected(self, code: str, affected: tuple[BookingRef, ...] = ()) -> Rejected:
        return Rejected(code, version=self.state.version, affected=affected)

    @property
    def slot(self) -> Slot | None:
        return self.command.slot if isinstance(self.command, Open) else self.state.slot


_Request: TypeAlias = _SlotRequest[Command]
_Guard: TypeAlias = Callable[[_SlotRequest[Any]], None]

C = TypeVar("C", bound=Command)


def _asks(
    command: type[C], *asked: Callable[[_SlotRequest[C]], None]
) -> tuple[type[Command], tuple[_Guard, ...]]:
    """A row of the table: every guard of the row takes requests with this command."""
    return command, asked


_REFUSALS: Final = {
    SlotStatus.NEW: "slot-not-open",
    SlotStatus.OPEN: "slot-already-open",
    SlotStatus.CLOSED: "slot-closed",
}

_OWNERS: Final = frozenset({Actor.SITE, Actor.PROGRAMME})
"""The actors that may open, resize and close a slot; anybody may take and release places."""


def _actor_may(request: _Request) -> None:
    """The site or the programme sends the command."""
    if request.command.actor not in _OWNERS:
        raise request.rejected("actor-not-allowed")


def _slot_allows(request: _Request) -> None:
    """The status of the slot allows the command."""
    if (request.state.status, type(request.command)) not in TRANSITIONS:
        raise request.rejected(_REFUSALS[request.state.status])


def _clock_right(request: _Request) -> None:
    """The clock is not days behind the last event, and not years after the slot's day."""
    if request.now - request.clock > _SLOWEST_CLOCK:
        raise request.rejected("clock-behind")
    slot = request.slot
    if slot is not None and request.clock - slot.day_over > _LONGEST_AFTER:
        raise request.rejected("clock-ahead")


def _not_over(request: _Request) -> None:
    """The slot's day is not over; if a person asks, its session is not over either."""
    slot = request.slot
    if slot is not None and request.now >= slot.day_over:
        raise request.rejected("day-over")
    if slot is not None and request.now >= slot.over and request.command.actor not in _OWNERS:
        raise request.rejected("session-over")


_NOT_KEPT: Final = {
    (Allocation.TAKEN, Hold): "place-taken",
    (Allocation.TAKEN, Take): "place-taken",
    (Allocation.TAKEN, Confirm): "place-taken",
    (Allocation.NONE, Confirm): "hold-over",
    (Allocation.EXPIRED, Confirm): "hold-over",
    (Allocation.RELEASED, Confirm): "hold-over",
}


def _place_allows(request: _SlotRequest[PlaceCommand]) -> None:
    """The place that the booking has, or does not have, allows the command."""
    command = request.command
    kept = keeping(request.state, command.booking, request.now)
    leaves = type(command) is Release and command.booking in request.state.waiting
    if (kept, type(command)) not in ALLOCATIONS and not leaves:
        raise request.rejected(_NOT_KEPT.get((kept, type(command)), "no-such-place"))


def _place_left(request: _SlotRequest[PlaceCommand]) -> None:
    """A place is left, or the booking has one."""
    if not _has_place(request) and free(request.state, request.now) < 1:
        raise request.rejected("slot-full")


def _in_turn(request: _SlotRequest[PlaceCommand]) -> None:
    """Bookings on the waiting list come first and leave a place, or the site asks on the day."""
    state, booking = request.state, request.command.booking
    if state.waiting and not _has_place(request) and not _at_the_site(request):
        left = free(state, request.now)
        if booking not in state.waiting[:left] and len(state.waiting) >= left:
            raise request.rejected("others-wait")


def _at_the_site(request: _SlotRequest[PlaceCommand]) -> bool:
    """Whether it is the day, and the site or the programme asks."""
    slot = request.state.slot
    on_the_day = slot is not None and request.now >= in_taiwan(slot.day)
    return on_the_day and request.command.actor in _OWNERS


def _has_place(request: _SlotRequest[PlaceCommand]) -> bool:
    return USES_A_PLACE[keeping(request.state, request.command.booking, request.now)]


def _nothing_left(request: _SlotRequest[Wait]) -> None:
    """No place is left, the booking has none, and the person does not wait for one yet."""
    state, booking = request.state, request.command.booking
    kept = keeping(state, booking, request.now)
    if USES_A_PLACE[kept]:
        raise request.rejected("already-held" if kept is Allocation.HELD else "place-taken")
    if any(each.subject == booking.subject for each in state.waiting):
        raise request.rejected("already-waiting")
    if free(state, request.now) > len(state.waiting):
        raise request.rejected("places-left")


def _hold_ends_later(request: _SlotRequest[Hold]) -> None:
    """The hold ends after this instant."""
    if request.command.until <= request.now:
        raise request.rejected("hold-ends-early")


def _hold_is_short(request: _SlotRequest[Hold]) -> None:
    """From its start to its end, the hold is not longer than half an hour, even if prolonged."""
    kept = request.state.of(request.command.booking)
    held = kept is not None and kept.at(request.now) is Allocation.HELD
    since = kept.since if kept is not None and held else None
    if request.command.until - (since or request.now) > LONGEST_HOLD:
        raise request.rejected("hold-too-long")


def _one_hold_each(request: _SlotRequest[Hold]) -> None:
    """The person does not hold another place of this slot."""
    other: BookingRef | None = request.state.history.note(request.command.booking.subject)
    if other is None or other == request.command.booking:
        return
    if keeping(request.state, other, request.now) is Allocation.HELD:
        raise request.rejected("already-held")


def _room_for_taken(request: _SlotRequest[ChangeCapacity]) -> None:
    """There are at least as many places as are taken or held.

    A refusal names the latest bookings that do not fit.
    """
    places = request.command.places
    if places < consuming(request.state, request.now):
        raise request.rejected("below-taken", affected=_in_use(request)[places:])


GUARDS: Final[dict[type[Command], tuple[_Guard, ...]]] = dict(
    [
        _asks(Open, _actor_may, _slot_allows, _not_over),
        _asks(
            Hold,
            _slot_allows,
            _clock_right,
            _not_over,
            _place_allows,
            _hold_ends_later,
            _hold_is_short,
            _one_hold_each,
            _place_left,
            _in_turn,
        ),
        _asks(Take, _slot_allows, _clock_right, _not_over, _place_allows, _place_left, _in_turn),
        _asks(Confirm, _slot_allows, _clock_right, _not_over, _place_allows),
        _asks(Release, _slot_allows, _clock_right, _place_allows),
        _asks(Wait, _slot_allows, _clock_right, _not_over, _nothing_left),
        _asks(ChangeCapacity, _actor_may, _slot_allows, _clock_right, _room_for_taken),
        _asks(Close, _actor_may, _slot_allows, _clock_right),
    ]
)
"""The guards of each command, in order; each raises `Rejected` or lets it pass."""


def decide(state: Capacity, command: SlotCommand, *, now: datetime) -> tuple[SlotEvent, ...]:
    """Judge a command and return its events: one event, or none if the command was done before.

    Raises `Rejected` where it is not allowed; TypeError for a state, a command or an instant that
    is something else; ValueError for an instant without its UTC offset.
    """
    require("now", datetime, now)
    if not isinstance(state, Capacity):
        raise InvalidType("state", "a Capacity")
    asked = GUARDS.get(type(command))
    if asked is None:
        raise InvalidType("command", "a command of a slot")
    if answered(state.history, command):
        return ()
    request = _SlotRequest(state, command, _time(state, now), with_fixed_offset(now))
    for guard in asked:
        guard(request)
    decided = (_in_use(request),) if isinstance(command, Close) else ()
    event: Callable[..., SlotEvent] = EVENTS[type(command)]
    return (event(state.version + 1, request.now, command, *decided),)


def decide_together(
    state: Capacity, *commands: SlotCommand, now: datetime
) -> tuple[SlotEvent, ...]:
    """The events of several commands to one slot, of all of them or of none: a household's places.

    Raises `Rejected` where one of them is not allowed.
    """
    after, decided = state, list[SlotEvent]()
    for command in commands:
        events = decide(after, command, now=now)
        after = replay(events, since=after)
        decided += events
    return tuple(decided)


def _in_use(request: _Request) -> tuple[BookingRef, ...]:
    """The bookings with a place, in the order in which they first had one."""
    kept = request.state.kept
    return tuple(each.booking for each in kept if USES_A_PLACE[each.at(request.now)])


def evolve(state: Capacity, event: SlotEvent) -> Capacity:
    """The slot after an event.

    Raises `BrokenStream` where the event cannot follow, and `InvalidType` for other types.
    """
    try:
        history, command = state.history, event.command
    except AttributeError:
        require_type("state", Capacity, state)
        raise InvalidType("event", "an event of a slot") from None
    status = TRANSITIONS.get((state.status, type(command)))
    if status is None:
        raise BrokenStream(
            f"event {event.version} cannot follow in a slot that is {state.status.value}"
        )
    follows(history, event)
    held, ends = state.after(event.at)
    now = _changed(state, status=status, held=held, ends=ends)
    match event:
        case Opened():
            slot, others = event.command.slot, event.command.shared_with
            after = _changed(now, slot=slot, shared_with=others, places=event.command.places)
        case CapacityChanged():
            after = _changed(now, places=event.command.places)
        case Closed():
            after = _changed(now, places=0, waiting=(), taken=0, held=0, ends=None)
        case Waited():
            after = _changed(now, waiting=(*now.waiting, event.command.booking))
        case _:
            return _with_place(now, event)
    if after.taken + after.held > after.places:
        raise BrokenStream(f"event {event.version}: more places are used than there are")
    return _changed(after, history=history.append(event))


def _with_place(now: Capacity, event: Held | Taken | Confirmed | Released) -> Capacity:
    """The slot with the place of one booking held, taken, confirmed or released."""
    booking = event.command.booking
    before = keeping(now, booking, event.at)
    waiting = now.waiting
    if isinstance(event, Released):
        if booking in waiting:
            left = tuple(each for each in waiting if each != booking)
            return _changed(now, waiting=left, history=now.history.append(event))
    elif waiting:  # who has a place does not wait for one
        waiting = tuple(each for each in waiting if each.subject != booking.subject)
    mine = _kept_by(now, event, before)
    taken = now.taken + _change(Allocation.TAKEN, before, mine.keeping)
    held = now.held + _change(Allocation.HELD, before, mine.keeping)
    if taken + held > now.places:
        raise BrokenStream(f"event {event.version}: more places are used than there are")
    ends = now.ends
    notes: list[tuple[Hashable, Any]] = [(booking, mine)]
    if mine.until is not None:
        ends = _merged(ends, _Ends(mine.until, booking, len(now.history)))
        notes.append((booking.subject, booking))
    history = now.history.append(event, notes)
    return _new_capacity(
        now.slot, now.status, now.places, waiting, history, taken, held, ends, now.shared_with
    )


def _change(which: Allocation, before: Allocation, after: Allocation) -> int:
    """By how many the places of an allocation change when one place goes from this to that."""
    if before is after:
        return 0
    if after is which:
        return 1
    return -1 if before is which else 0


def _kept_by(
    state: Capacity, event: Held | Taken | Confirmed | Released, before: Allocation
) -> Kept:
    """The booking's place after the event; a hold never ends earlier than it would have."""
    command = event.command
    after = ALLOCATIONS.get((before, type(command)))
    if after is None:
        raise BrokenStream(f"event {event.version}: a place that is {before.value}")
    if not isinstance(command, Hold):
        return Kept(command.booking, after)
    until, since = command.until, event.at
    if until < since:
        raise BrokenStream(f"event {event.version}: a hold that ends before it begins")
    held = state.of(command.booking) if before is Allocation.HELD else None
    if held is not None and held.until is not None and held.since is not None:
        until, since = max(until, held.until), held.since
    return Kept(command.booking, after, until, since)


def replay(events: Iterable[SlotEvent], since: Capacity = _INITIAL) -> Capacity:
    """Add up events to a slot, from the beginning or from a snapshot.

    A snapshot is a `Capacity` that was kept, in memory or pickled; the events are those after its
    `version`.
    """
    state = since
    for event in events:
        state = evolve(state, event)
    return state
