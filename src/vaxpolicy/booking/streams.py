"""The common parts of journeys and slots: commands, events and the history of a stream.

An event is an accepted command. It keeps the command, the actor, the instant and the result. The
state is the sum of the events. The id of a command identifies it within its stream: the same
command again is not done again, and another command with the same id is refused.

Events and commands hold neither numbers of documents, nor mobile numbers, nor groups. They name
people by pseudonyms (see `vaxpolicy.identity.pseudonym`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from attrs import define, frozen

from vaxpolicy._values import StreamVersion, checked
from vaxpolicy.booking.refusals import Rejected

__all__ = [
    "Actor",
    "BrokenStream",
    "Command",
    "Event",
    "History",
    "answered",
    "follows",
]


class Actor(Enum):
    """The sender of a command.

    The individual clerk or device belongs in the portal's log, keyed by `Event.cause`.
    """

    if not TYPE_CHECKING:  # to checkers it is the hash of any enum
        __hash__ = object.__hash__  # before 3.12, an enum's own is a function in Python

    PERSON = "person"
    HELPER = "helper"
    """Somebody who acts for the person: a health centre, the call centre, a relative."""
    SITE = "site"
    """The vaccination site."""
    PROGRAMME = "programme"
    """The programme's own office or a job of the portal."""


class BrokenStream(ValueError):  # noqa: N818  # what it is
    """Events do not form a stream: one is missing, doubled, or from another stream."""


@frozen(kw_only=True, field_transformer=checked)
class Command:
    """A request to do something; `id` identifies it within the stream."""

    id: str
    actor: Actor


@frozen(field_transformer=checked)
class Event:
    """An accepted command, with its instant; subclasses add the result.

    Attributes:
        version: its place in the stream, from 1; to be stored only where the one before is the
            stream's last, so that a store can compare and swap.
        at: the instant.
        command: the command, with its actor.
    """

    version: StreamVersion
    at: datetime
    command: Command

    @property
    def actor(self) -> Actor:
        """The actor of the command."""
        return self.command.actor

    @property
    def cause(self) -> str:
        """The id of the command."""
        return self.command.id


E = TypeVar("E", bound=Event)


class History(Sequence[E]):
    """The events of a stream up to a version.

    Appending and finding a command by its id take the same time however long the stream is: the
    histories of one stream share a list, of which each sees its own part. Appending to a
    history that has a later event makes a copy.

    A history also keeps notes: values under a key, each from the event on with which it was made.
    """

    __slots__ = ("_length", "_shared", "last")

    last: E | None
    """The last event; None before the first."""

    def __init__(
        self, events: Iterable[E] = (), notes: Iterable[tuple[Hashable, int, Any]] = ()
    ) -> None:
        kept = {key: [(place, value)] for key, place, value in notes}
        self._shared: _Shared[E] = _Shared(list(events), {}, kept)
        for place, event in enumerate(self._shared.events):
            self._shared.by_id.setdefault(event.command.id, place)
        self._length = len(self._shared.events)
        self.last = self._shared.events[-1] if self._length else None

    @classmethod
    def late(
        cls,
        commands: Sequence[str],
        last: E | None,
        notes: Iterable[tuple[Hashable, Any]],
        load: Callable[[], list[E]],
    ) -> History[E]:
        """A history whose events are loaded when somebody asks for them.

        Args:
            commands: the ids of their commands, in order.
            last: the last event; None if there is none.
            notes: the last value of each key.
            load: reads the events.
        """
        made = cls((), ((key, -1, value) for key, value in notes))
        made._shared.events = _LateEvents(len(commands), last, load)
        made._shared.by_id.update(zip(commands, range(len(commands)), strict=True))
        made._length, made.last = len(commands), last
        return made

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> E: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[E, ...]: ...
    def __getitem__(self, place: int | slice) -> E | tuple[E, ...]:
        if isinstance(place, slice):
            return tuple(self._shared.events[: self._length][place])
        if not -self._length <= place < self._length:
            raise IndexError(place)
        return self._shared.events[place if place >= 0 else self._length + place]

    def __iter__(self) -> Iterator[E]:
        return islice(self._shared.events, self._length)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, History):
            same = self._shared is other._shared and self._length == other._length
            return same or tuple(self) == tuple(other)
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"<History: {self._length} events>"

    def __reduce__(self) -> tuple[Any, ...]:
        return History, (tuple(self), self.notes())

    def find(self, command_id: str) -> E | None:
        """The event of the command with this id; None if there is none."""
        place = self._shared.by_id.get(command_id)
        return None if place is None or place >= self._length else self._shared.events[place]

    def _noted(self, key: Hashable) -> tuple[int, Any] | None:
        for place, value in reversed(self._shared.notes.get(key, ())):
            if place < self._length:
                return place, value
        return None

    def note(self, key: Hashable) -> Any:
        """The last value noted under a key; None if there is none."""
        for place, value in reversed(self._shared.notes.get(key, ())):
            if place < self._length:
                return value
        return None

    def noted_at(self, key: Hashable) -> int | None:
        """The place of the event with which the last value under a key was noted; None: none."""
        noted = self._noted(key)
        return None if noted is None else noted[0]

    def append(self, event: E, notes: Iterable[tuple[Hashable, Any]] = ()) -> History[E]:
        """The history with one more event and its notes."""
        shared, place = self._shared, self._length
        if place == 0:  # every new stream begins with the same empty history
            shared = _Shared([event], {event.command.id: 0}, {})
        else:
            if place == len(shared.events):
                shared.events.append(event)
            if shared.events[place] is not event:  # somebody else has appended before
                copied = History((*self, event), self.notes())
                shared = copied._shared
            shared.by_id.setdefault(event.command.id, place)
        for key, value in notes:
            shared.notes.setdefault(key, []).append((place, value))
        grown: History[E] = History.__new__(History)
        grown._shared, grown._length, grown.last = shared, place + 1, event
        return grown

    def command_ids(self) -> list[str]:
        """The ids of the commands, in order."""
        return list(islice(self._shared.by_id, self._length))

    def notes(self) -> list[tuple[Hashable, int, Any]]:
        """Each key with the place of the event of its last value, and the value."""
        found = ((key, self._noted(key)) for key in list(self._shared.notes))
        return [(key, *noted) for key, noted in found if noted is not None]


class _LateEvents(Sequence[E]):
    """A list of events whose first ones are loaded when somebody asks for them."""

    def __init__(self, count: int, last: E | None, load: Callable[[], list[E]]) -> None:
        self._count, self._last, self._load = count, last, load
        self._loaded: list[E] | None = None
        self._more: list[E] = []

    def __len__(self) -> int:
        return self._count + len(self._more)

    def append(self, event: E) -> None:
        """Add an event."""
        self._more.append(event)

    def _earlier(self) -> list[E]:
        if self._loaded is None:
            loaded = self._load()[: self._count]
            if len(loaded) != self._count:
                raise BrokenStream("expected the events up to the snapshot")
            self._loaded = loaded
        return self._loaded

    @overload
    def __getitem__(self, place: int) -> E: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[E]: ...
    def __getitem__(self, place: int | slice) -> E | Sequence[E]:
        if isinstance(place, int):
            if place >= self._count:
                return self._more[place - self._count]
            if place == self._count - 1 and self._last is not None:
                return self._last
            return self._earlier()[place]
        return [*self][place]

    def __iter__(self) -> Iterator[E]:
        yield from self._earlier()
        yield from self._more


@define
class _Shared(Generic[E]):
    """The shared part of the histories of one stream; it only grows."""

    events: list[E] | _LateEvents[E]
    by_id: dict[str, int]
    notes: dict[Hashable, list[tuple[int, Any]]]


def answered(history: History[Any], command: Command) -> bool:
    """Whether this command was done before.

    Raises `Rejected` ("command-id-reused") where its id belongs to a command of other content.
    """
    place = history._shared.by_id.get(command.id)  # noqa: SLF001  # the same module
    if place is None or place >= history._length:  # noqa: SLF001
        return False
    if history[place].command == command:
        return True
    raise Rejected("command-id-reused", version=len(history))


def follows(history: History[Any], event: Event) -> None:
    """Raise `BrokenStream` for an event that cannot be the next of its stream."""
    last = history.last
    version = 0 if last is None else last.version
    if event.version != version + 1:
        raise BrokenStream(f"event {event.version} cannot follow event {version}")
    place = history._shared.by_id.get(event.command.id)  # noqa: SLF001  # the same module
    if place is not None and place < history._length:  # noqa: SLF001
        raise BrokenStream(f"event {event.version}: its command was done before")
    if last is not None and event.at < last.at:
        raise BrokenStream(f"event {event.version} is earlier than event {version}")
