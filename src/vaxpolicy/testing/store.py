"""A store in memory, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from vaxpolicy._values import checked
from vaxpolicy.booking.streams import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Conflict(Exception):  # noqa: N818  # an outcome, named as such
    """A stream has moved on since it was read; read it again and decide again."""


@define(field_transformer=checked)
class MemoryStore:
    """A store in memory: streams of events by name, with compare and swap over several streams."""

    _streams: dict[str, list[Event]]

    @classmethod
    def empty(cls) -> MemoryStore:
        """A store without streams."""
        return cls({})

    def read(self, stream: str) -> tuple[Any, ...]:
        """The events of a stream, in order."""
        return tuple(self._streams.get(stream, ()))

    def append(self, changes: Mapping[str, Sequence[Event]]) -> None:
        """Append events to all these streams, or raise `Conflict` and append none.

        The version of an event is one more than the version for which it was decided.
        """
        for stream, events in changes.items():
            for ahead, event in enumerate(events, 1):
                if event.version != len(self._streams.get(stream, ())) + ahead:
                    raise Conflict(f"stream has moved on before event {event.version}")
        for stream, events in changes.items():
            self._streams.setdefault(stream, []).extend(events)
