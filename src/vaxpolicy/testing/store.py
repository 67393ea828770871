"""A store in memory, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from vaxpolicy.booking.streams import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Conflict(Exception):  # noqa: N818  # an outcome, named as such
    """A stream has moved on since it was read; read it again and decide again."""


@frozen
class MemoryStore:
    """Streams of events by name, in memory, with compare and swap over several streams at once."""

    _streams: dict[str, list[Event]]

    @classmethod
    def empty(cls) -> MemoryStore:
        """A store without streams."""
        return cls({})

    def read(self, stream: str) -> tuple[Any, ...]:
        """The events of a stream, to be replayed."""
        return tuple(self._streams.get(stream, ()))

    def append(self, changes: Mapping[str, Sequence[Event]]) -> None:
        """Append events to each stream named, or to none: raises `Conflict`.

        An event's version is one more than that of the stream for which it was decided.
        """
        for stream, events in changes.items():
            for ahead, event in enumerate(events, 1):
                if event.version != len(self._streams.get(stream, ())) + ahead:
                    raise Conflict(f"stream has moved on before event {event.version}")
        for stream, events in changes.items():
            self._streams.setdefault(stream, []).extend(events)
