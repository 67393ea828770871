"""The promises of a store of events, and a store in memory that keeps them.

A stream is the list of events of one journey or of one slot. Three promises are enough for booking:

1. `Store.append` adds events to several streams, or to none of them.
2. It adds them only if each stream still has the version that was read. Otherwise it raises
   `Conflict`: read again, and decide again.
3. One command has at most one event in a stream. The id of the command identifies it.

A stored event is never changed and never removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Final, Protocol, TypeAlias, runtime_checkable

from attrs import frozen

from vaxpolicy._values import (
    MOST,
    MOST_OF_A_NAME,
    Between,
    StreamVersion,
    Written,
    checked,
    front_door,
    looks_like_a_number,
    require,
)
from vaxpolicy.booking.event_json import to_json
from vaxpolicy.booking.events import AnyEvent
from vaxpolicy.booking.slots import SlotEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaxpolicy.booking.slots import Slot

__all__ = [
    "Change",
    "Conflict",
    "Event",
    "MemoryStore",
    "Row",
    "Snapshot",
    "SnapshotStore",
    "Store",
    "Unavailable",
    "WrongTables",
    "journey_stream",
    "slot_stream",
]

Event: TypeAlias = AnyEvent | SlotEvent
"""An event of a journey or of a slot."""

Change: TypeAlias = tuple[str, int, Sequence[Event]]
"""A stream, the version that it is expected to have, and the events to append."""

Row: TypeAlias = tuple[str, int, str, str]
"""An event as a row: stream, version, id of the command, and the event as JSON."""


@frozen(field_transformer=checked)
class Snapshot:
    """The state of a stream at a version, as `vaxpolicy.booking.snapshots` writes it.

    Attributes:
        version: the version of the stream.
        form: the number of the form of the text.
        state: the text.
    """

    version: StreamVersion
    form: Annotated[int, Between(1, MOST)]
    state: Written


class Conflict(Exception):  # noqa: N818  # an outcome, not a fault
    """A stream has moved on since it was read. Read it again and decide again."""


class Unavailable(Exception):  # noqa: N818  # an outcome, not a fault
    """The database did not answer. Whether the events were stored is unknown.

    Send the same command again: its id makes sure that it is done once.
    """


class WrongTables(Exception):  # noqa: N818  # an outcome, not a fault
    """The tables of the database have another form than those of this version of the library.

    A newer version has made them. Use that version, or a later one.
    """


class Store(Protocol):
    """A store of events. Each method is safe to call from several threads."""

    def append(self, changes: Iterable[Change]) -> None:
        """Append events to every stream named, or to none.

        An empty list of events only checks the version.

        Raises:
            Conflict: a stream does not have the version expected, or has the command already.
            Unavailable: the database did not answer.
            ValueError: the events do not continue the version expected.
        """
        ...

    def read(self, stream: str, after: int = 0) -> tuple[Event, ...]:
        """The events of a stream after a version, in order; empty if there is no stream."""
        ...

    def versions(self, prefix: str = "") -> Mapping[str, int]:
        """The version of every stream whose name starts with `prefix`, in order of the names."""
        ...


@runtime_checkable
class SnapshotStore(Store, Protocol):
    """A store that keeps a snapshot of a stream beside its events, so that reading stays short.

    A snapshot can always be made anew from the events: a store may lose it.
    """

    def snapshot(self, stream: str) -> Snapshot | None:
        """The snapshot of a stream; None if there is none."""
        ...

    def keep_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """Keep a snapshot instead of one of an earlier version or form.

        Raises:
            Unavailable: the database did not answer.
        """
        ...


def _part(text: str) -> str:
    """The text without a slash, so that two names never become one.

    A slash becomes a sign and not a code of letters and digits: these would run into the text
    beside them, and a random id could then be taken for a person's number.
    """
    return text.replace("%", "%%").replace("/", "%:")


def _path(*parts: str) -> str:
    return "/".join(map(_part, parts))


def joined(*parts: str) -> str:
    """The id of a command, made from parts; different parts make a different id.

    If the parts are ids that a command may have, so is the whole: one that would be too long, or
    would look like a person's number, becomes its SHA-256 digest.
    """
    name = _path(*parts)
    if len(name) <= MOST_OF_A_NAME and not looks_like_a_number(name):
        return name
    return sha256(name.encode()).hexdigest()


@front_door
def journey_stream(subject: str) -> str:
    """The name of the stream of a person's journey."""
    require("subject", str, subject)
    return f"journey/{_part(subject)}"


@front_door
def slot_stream(slot: Slot) -> str:
    """The name of the stream of a slot; the slots of one site share a prefix, those of a pool all.

    A pool has one part less than a slot, so that no pool is taken for a slot.
    """
    own = (slot.vaccine, str(slot.dose)) if slot.pool is None else (slot.pool,)
    return slots_of_site(slot.site) + _path(slot.day.isoformat(), slot.session, *own)


def slots_of_site(site: str) -> str:
    """The beginning of the names of the streams of all slots of a site."""
    require("site", str, site)
    return f"slot/{_part(site)}/"


LAST: Final = "\U0010ffff"
"""No name has this character, so it ends the range of a prefix."""


def in_order(changes: Iterable[Change]) -> list[Change]:
    """The changes in the order of the streams, so that two writers never wait for each other.

    Raises ValueError where a stream is named twice or events do not continue their stream.
    """
    ordered = sorted(changes, key=lambda change: change[0])
    names = [stream for stream, _, __ in ordered]
    if len(set(names)) != len(names):
        raise ValueError("changes: expected each stream once")
    for _, expected, events in ordered:
        if type(expected) is not int or expected < 0:
            raise ValueError("changes: expected a version from 0")
        if [event.version for event in events] != _following(expected, len(events)):
            raise ValueError("changes: expected events that continue the version")
    return ordered


def _following(version: int, count: int) -> list[int]:
    return list(range(version + 1, version + 1 + count))


def rows(stream: str, events: Iterable[Event]) -> list[Row]:
    """The events of a change as rows of the table.

    Raises ValueError for the one character that no database stores in a text. No text of an event
    has it.
    """
    if "\0" in stream:
        raise ValueError("changes: expected texts without the character NUL")
    return [(stream, event.version, event.cause, to_json(event)) for event in events]


class MemoryStore:
    """A store in memory, for tests and demonstrations. It ends with the process."""

    def __init__(self) -> None:
        self._streams: dict[str, list[Event]] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._lock = Lock()

    def append(self, changes: Iterable[Change]) -> None:
        """Append events; see `Store.append`."""
        ordered = in_order(changes)
        with self._lock:
            for stream, expected, events in ordered:
                stored = self._streams.get(stream, [])
                causes = [event.cause for event in (*stored, *events)]
                if len(stored) != expected or len(set(causes)) != len(causes):
                    raise Conflict(CONFLICT)
            for stream, _, events in ordered:
                if events:
                    self._streams.setdefault(stream, []).extend(events)

    def read(self, stream: str, after: int = 0) -> tuple[Event, ...]:
        """Read a stream; see `Store.read`."""
        with self._lock:
            return tuple(self._streams.get(stream, ())[after:])

    def versions(self, prefix: str = "") -> dict[str, int]:
        """List versions; see `Store.versions`."""
        with self._lock:
            names = sorted(name for name in self._streams if name.startswith(prefix))
            return {name: len(self._streams[name]) for name in names}

    def snapshot(self, stream: str) -> Snapshot | None:
        """Read a snapshot; see `SnapshotStore.snapshot`."""
        return self._snapshots.get(stream)

    def keep_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """Keep a snapshot; see `SnapshotStore.keep_snapshot`."""
        with self._lock:
            before = self._snapshots.get(stream)
            if before is None or (before.form, before.version) < (snapshot.form, snapshot.version):
                self._snapshots[stream] = snapshot


CONFLICT: Final = "a stream has moved on since it was read; read it again and decide again"
UNAVAILABLE: Final = "the database did not answer; send the same command again"
WRONG_TABLES: Final = (
    "the tables of this database were made by another version of the library; use that version"
    " or a later one"
)

TABLES: Final = 1
"""The form of the tables that this version makes and reads; the table `desk_form` has it."""
FORM_OF_TABLES: Final = "SELECT form FROM desk_form ORDER BY form"
MARK_TABLES: Final = "INSERT INTO desk_form SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM desk_form)"
"""The statement that writes the form into new tables."""


def are_of_this_form(found: Iterable[Sequence[object]]) -> bool:
    """Whether the rows of `desk_form` say that the tables have the form of this version."""
    return [tuple(row) for row in found] == [(TABLES,)]
