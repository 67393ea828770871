"""Writes events as JSON with the number of their form, so that old events stay readable.

An event is one JSON object. `type` names what happened, and `form` is the version of how that is
written. The rest are the event's fields, with the command inside. A field that the form does not
have is refused, because a misspelt one would be lost without notice. When a type gets a new form,
the old one keeps its entry in `UPCASTS`, which says how to read it. Every published form stays
readable.

`from_json` reads an event of either kind. `read_journey_event` and `read_slot_event` read the
events of one kind of stream and refuse the other, so that `replay` gets what it takes.

>>> from datetime import UTC, datetime
>>> from vaxpolicy.reservation import Actor, Withdraw, Withdrawn
>>> command = Withdraw(id="c7", actor=Actor.PERSON, subject="p-1")
>>> event = Withdrawn(2, datetime(2021, 7, 8, 9, tzinfo=UTC), command)
>>> from_json(to_json(event)) == event, read_journey_event(to_json(event)) == event
(True, True)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeGuard

from vaxpolicy import _strict
from vaxpolicy._strict import InvalidDocument, Problem, read_json, write_instant
from vaxpolicy.booking import events, slots

if TYPE_CHECKING:
    from vaxpolicy.booking.events import AnyEvent
    from vaxpolicy.booking.slots import SlotEvent
    from vaxpolicy.booking.streams import Event

__all__ = [
    "FORMS",
    "UPCASTS",
    "UnreadableEvent",
    "from_json",
    "read_journey_event",
    "read_slot_event",
    "structure",
    "to_json",
    "unstructure",
]

Written: TypeAlias = dict[str, Any]
"""An event as JSON's own types."""

Upcast: TypeAlias = Callable[[Written], Written]
"""The function that makes the next form of an event; it gets no `type` and `form`."""


class UnreadableEvent(InvalidDocument):
    """JSON is not an event of a known type and form.

    `problems` has the path, a code and what was expected, and repeats no value. It names at most
    twenty problems.
    """


FORMS: Final[Mapping[str, tuple[type[Event], int]]] = {
    "registered": (events.Registered, 1),
    "amended": (events.Amended, 1),
    "withdrawn": (events.Withdrawn, 1),
    "vaccine-added": (events.VaccineAdded, 1),
    "notified": (events.Notified, 2),
    "booked": (events.Booked, 3),
    "changed": (events.Changed, 3),
    "cancelled": (events.Cancelled, 1),
    "session-cancelled": (events.SessionCancelled, 1),
    "arrived": (events.Arrived, 1),
    "vaccinated": (events.Vaccinated, 2),
    "deferred": (events.Deferred, 1),
    "missed": (events.Missed, 1),
    "carried-over": (events.CarriedOver, 1),
    "dose-recorded": (events.DoseRecorded, 1),
    "walked-in": (events.WalkedIn, 2),
    "booked-next": (events.BookedNext, 2),
    "moved": (events.Moved, 2),
    "corrected": (events.Corrected, 1),
    "closed": (events.Closed, 1),
    "slot-opened": (slots.Opened, 3),
    "slot-held": (slots.Held, 1),
    "slot-taken": (slots.Taken, 1),
    "slot-confirmed": (slots.Confirmed, 1),
    "slot-released": (slots.Released, 1),
    "slot-waited": (slots.Waited, 1),
    "slot-capacity-changed": (slots.CapacityChanged, 1),
    "slot-closed": (slots.Closed, 1),
}
"""The types of events by their names in JSON, with the number of their newest form."""


def _without_rule(written: Written) -> Written:
    """Form 2 of a booking has no rule, because a rule can reveal a group. Its session can end."""
    kept = {name: value for name, value in written.items() if name != "rule_id"}
    return {"record": None, **_with_end(kept)}


def _in_slot(**new: object) -> Upcast:
    """Make a form in which the slot of the command has more fields than in the one before."""

    def upcast(written: Written) -> Written:
        command = written.get("command")
        slot = command.get("slot") if isinstance(command, dict) else None
        if not isinstance(command, dict) or not isinstance(slot, dict):
            return written
        return {**written, "command": {**command, "slot": {**new, **slot}}}

    return upcast


_with_end: Final = _in_slot(ends=None)
"""The session can have an end."""
_with_pool: Final = _in_slot(pool=None)
"""The slot can share its places."""


def _with_shared_places(written: Written) -> Written:
    """Form 3 of an opening: the places can be for several slots."""
    return _in_command(shared_with=[])(_with_pool(written))


def _in_command(**new: object) -> Upcast:
    """Make a form whose command has more fields than the one before."""

    def upcast(written: Written) -> Written:
        command = written.get("command")
        if not isinstance(command, dict):
            return written
        return {**written, "command": {**new, **command}}

    return upcast


UPCASTS: Final[Mapping[tuple[str, int], Upcast]] = {
    ("booked", 1): _without_rule,
    ("booked", 2): _with_pool,
    ("changed", 1): _without_rule,
    ("changed", 2): _with_pool,
    ("walked-in", 1): _with_pool,
    ("booked-next", 1): _with_pool,
    ("moved", 1): _with_pool,
    ("notified", 1): _in_command(stage=None, dose=None),
    ("vaccinated", 1): _in_command(given=None),
    ("slot-opened", 1): _with_end,
    ("slot-opened", 2): _with_shared_places,
}
"""The functions that turn an older form into the next one."""

_MOST_PROBLEMS: Final = 20
"""The most problems that an error names."""

_NAMES: Final = {kind: name for name, (kind, _) in FORMS.items()}
_CONVERTER: Final = _strict.json_converter()
_CONVERTER.register_unstructure_hook(date, date.isoformat)
_CONVERTER.register_unstructure_hook(datetime, write_instant)
_CONVERTER.register_unstructure_hook(time, time.isoformat)


def unstructure(event: AnyEvent | SlotEvent) -> Written:
    """The event as JSON's own types."""
    name = _NAMES[type(event)]
    return {"type": name, "form": FORMS[name][1], **_CONVERTER.unstructure(event)}


def structure(
    written: Mapping[str, Any], *, upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS
) -> AnyEvent | SlotEvent:
    """Read an event in any form. Raises `UnreadableEvent`."""
    rest = dict(written)
    name, form = rest.pop("type", None), rest.pop("form", None)
    if not isinstance(name, str) or name not in FORMS:
        raise _unreadable("$.type", "the name of an event")
    kind, current = FORMS[name]
    if type(form) is not int or form > current:
        raise _unreadable("$.form", f"a form of this type, up to {current}")
    while form < current:
        if (name, form) not in upcasts:
            raise _unreadable("$.form", "a form of this type")
        rest = upcasts[name, form](rest)
        form += 1
    try:
        event: AnyEvent | SlotEvent = _strict.structure(_CONVERTER, rest, kind)
    except InvalidDocument as error:
        problems = error.problems
    else:
        return event
    raise UnreadableEvent(problems[:_MOST_PROBLEMS])


def _unreadable(path: str, expected: str) -> UnreadableEvent:
    return UnreadableEvent((Problem(path, "unknown-value", expected),))


def to_json(event: AnyEvent | SlotEvent) -> str:
    """The event on one line of JSON."""
    return json.dumps(unstructure(event), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str | bytes) -> AnyEvent | SlotEvent:
    """Read an event from JSON text or UTF-8 bytes. Raises `UnreadableEvent`."""
    return structure(_object(text))


def _object(text: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    """The object of a text; a key that is written twice is refused."""
    if isinstance(text, Mapping):
        return text
    try:
        written = read_json(text)
    except InvalidDocument as error:
        problems = error.problems
    else:
        if isinstance(written, dict):
            return written
        problems = (Problem("$", "wrong-type", "an object"),)
    raise UnreadableEvent(problems)


def read_journey_event(written: str | bytes | Mapping[str, Any]) -> AnyEvent:
    """Read an event of a journey from text, bytes or a parsed object.

    Raises `UnreadableEvent` for anything else, and for the event of a slot.
    """
    event = structure(_object(written))
    if _is_of_journey(event):
        return event
    raise _unreadable("$.type", "the name of a journey's event")


def read_slot_event(written: str | bytes | Mapping[str, Any]) -> SlotEvent:
    """Read an event of a slot from text, bytes or a parsed object.

    Raises `UnreadableEvent` for anything else, and for the event of a journey.
    """
    event = structure(_object(written))
    if _is_of_slot(event):
        return event
    raise _unreadable("$.type", "the name of a slot's event")


_JOURNEY_EVENTS: Final = frozenset(events.EVENTS.values())


def _is_of_journey(event: Event) -> TypeGuard[AnyEvent]:
    return type(event) in _JOURNEY_EVENTS


def _is_of_slot(event: Event) -> TypeGuard[SlotEvent]:
    return type(event) not in _JOURNEY_EVENTS
