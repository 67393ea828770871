"""Events as JSON, each with the number of its form, so that what was once written stays readable.

An event is one JSON object: `type` names what happened, `form` is the version of how that is
written, the rest are the event's fields, with the command inside. A field that the form does not
have is refused, for a misspelt one would be lost without a word. When a type gets a new form, the
old one keeps its entry in `UPCASTS`, which says how to read it; no published form is ever dropped.

>>> from datetime import UTC, datetime
>>> from vaxpolicy.reservation import Actor, Withdraw, Withdrawn
>>> command = Withdraw(id="c7", actor=Actor.PERSON, subject="p-1")
>>> event = Withdrawn(2, datetime(2021, 7, 8, 9, tzinfo=UTC), command)
>>> from_json(to_json(event)) == event
True
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_args, get_origin

from cattrs import BaseValidationError, Converter, transform_error
from cattrs.preconf.json import make_converter

from vaxpolicy.booking import events, slots
from vaxpolicy.booking.streams import Event, as_instant

if TYPE_CHECKING:
    from vaxpolicy.booking.events import AnyEvent
    from vaxpolicy.booking.slots import SlotEvent

__all__ = [
    "FORMS",
    "UPCASTS",
    "UnreadableEvent",
    "from_json",
    "structure",
    "to_json",
    "unstructure",
]

Written: TypeAlias = dict[str, Any]
"""An event as JSON's own types."""

Upcast: TypeAlias = Callable[[Written], Written]
"""What makes the next form of an event from an older one; `type` and `form` are left out."""


class UnreadableEvent(ValueError):  # noqa: N818  # what it is
    """JSON that is no event of a known type and form.

    `problems` says where and why, as in ``required field missing @ $.at``, and repeats no value.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


FORMS: Final[Mapping[str, tuple[type[Event], int]]] = {
    "registered": (events.Registered, 1),
    "amended": (events.Amended, 1),
    "withdrawn": (events.Withdrawn, 1),
    "vaccine-added": (events.VaccineAdded, 1),
    "notified": (events.Notified, 2),
    "booked": (events.Booked, 2),
    "changed": (events.Changed, 2),
    "cancelled": (events.Cancelled, 1),
    "session-cancelled": (events.SessionCancelled, 1),
    "arrived": (events.Arrived, 1),
    "vaccinated": (events.Vaccinated, 2),
    "deferred": (events.Deferred, 1),
    "missed": (events.Missed, 1),
    "carried-over": (events.CarriedOver, 1),
    "dose-recorded": (events.DoseRecorded, 1),
    "walked-in": (events.WalkedIn, 1),
    "moved": (events.Moved, 1),
    "corrected": (events.Corrected, 1),
    "closed": (events.Closed, 1),
    "slot-opened": (slots.Opened, 2),
    "slot-held": (slots.Held, 1),
    "slot-taken": (slots.Taken, 1),
    "slot-confirmed": (slots.Confirmed, 1),
    "slot-released": (slots.Released, 1),
    "slot-waited": (slots.Waited, 1),
    "slot-capacity-changed": (slots.CapacityChanged, 1),
    "slot-closed": (slots.Closed, 1),
}
"""Each type of event by its name in JSON, with the number of the form in which it is written."""


def _without_rule(written: Written) -> Written:
    """Form 2 of a booking: the rule, which can tell a group, is gone; a session can have an end."""
    kept = {name: value for name, value in written.items() if name != "rule_id"}
    return {"record": None, **_with_end(kept)}


def _with_end(written: Written) -> Written:
    """Form 2 of whatever has a slot in its command: a session can have an end."""
    command = written.get("command")
    slot = command.get("slot") if isinstance(command, dict) else None
    if not isinstance(command, dict) or not isinstance(slot, dict):
        return written
    return {**written, "command": {**command, "slot": {"ends": None, **slot}}}


def _in_command(**new: object) -> Upcast:
    """A form whose command has more fields than the one before."""

    def upcast(written: Written) -> Written:
        command = written.get("command")
        if not isinstance(command, dict):
            return written
        return {**written, "command": {**new, **command}}

    return upcast


UPCASTS: Final[Mapping[tuple[str, int], Upcast]] = {
    ("booked", 1): _without_rule,
    ("changed", 1): _without_rule,
    ("notified", 1): _in_command(stage=None, dose=None),
    ("vaccinated", 1): _in_command(given=None),
    ("slot-opened", 1): _with_end,
}
"""How an older form becomes the next."""

_MOST_PROBLEMS: Final = 20
"""How many problems an error names."""

_NAMES: Final = {kind: name for name, (kind, _) in FORMS.items()}


_DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HOUR: Final = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"


def _instant(value: object, _: type[datetime]) -> datetime:
    form = f"{_DAY}[T ]{_HOUR}(Z|[+-][0-9]{{2}}:[0-9]{{2}})"
    return as_instant(datetime.fromisoformat(_text(value, form)))


def _day(value: object, _: type[date]) -> date:
    return date.fromisoformat(_text(value, _DAY))


def _hour(value: object, _: type[time]) -> time:
    return time.fromisoformat(_text(value, _HOUR))


def _text(value: object, form: str) -> str:
    """A text of one form: what else ISO 8601 allows is not asked for."""
    if not isinstance(value, str) or not re.fullmatch(form, value):
        raise ValueError("expected a date or time as ISO 8601 text")
    return value


_CONVERTER: Final = make_converter(forbid_extra_keys=True)
_CONVERTER.register_structure_hook(datetime, _instant)
_CONVERTER.register_structure_hook(date, _day)
_CONVERTER.register_structure_hook(time, _hour)
_CONVERTER.register_unstructure_hook(time, time.isoformat)


def _exactly(kind: type[Any]) -> Callable[[object, type[Any]], Any]:
    """Refuse what is not of the type already: a number in quotes is not a number."""

    def hook(value: object, _: type[Any]) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}")
        return value

    return hook


for _kind in (str, int):
    _CONVERTER.register_structure_hook(_kind, _exactly(_kind))


def _is_array(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is tuple


def _array(kind: Any, converter: Converter) -> Callable[[object, Any], tuple[Any, ...]]:
    """Refuse what is no array: text is none of its characters, an object none of its keys."""
    each: Any = GenericAlias(list, get_args(kind)[:1])

    def hook(value: object, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise TypeError("expected an array")
        return tuple(converter.structure(value, each))

    return hook


_CONVERTER.register_structure_hook_factory(_is_array, _array)


def unstructure(event: AnyEvent | SlotEvent) -> Written:
    """The event as JSON's own types."""
    name = _NAMES[type(event)]
    return {"type": name, "form": FORMS[name][1], **_CONVERTER.unstructure(event)}


def structure(
    written: Mapping[str, Any], *, upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS
) -> AnyEvent | SlotEvent:
    """The event that was written, in whatever form; raises `UnreadableEvent`."""
    rest = dict(written)
    name, form = rest.pop("type", None), rest.pop("form", None)
    if not isinstance(name, str) or name not in FORMS:
        raise UnreadableEvent("not the name of an event @ $.type")
    kind, current = FORMS[name]
    if type(form) is not int or form > current:
        raise UnreadableEvent(f"expected a form of this type, up to {current} @ $.form")
    while form < current:
        if (name, form) not in upcasts:
            raise UnreadableEvent("not a form of this type @ $.form")
        rest = upcasts[name, form](rest)
        form += 1
    try:
        event: AnyEvent | SlotEvent = _CONVERTER.structure(rest, kind)  # type: ignore[assignment]
    except BaseValidationError as error:
        problems = transform_error(error, format_exception=_why)
        raise UnreadableEvent(*problems[:_MOST_PROBLEMS]) from None
    return event


def _why(error: BaseException, _: type[Any] | None) -> str:
    """A problem without the value that has it."""
    if isinstance(error, KeyError):
        return "required field missing"
    names: frozenset[str] | set[str] = getattr(error, "extra_fields", frozenset())
    if names:
        return f"unknown field ({len(names)})"
    return "not a value of this field"


def to_json(event: AnyEvent | SlotEvent) -> str:
    """The event on one line of JSON."""
    return json.dumps(unstructure(event), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str | bytes) -> AnyEvent | SlotEvent:
    """The event of a text of JSON, or of its UTF-8 bytes; raises `UnreadableEvent`."""
    try:
        plain = text if isinstance(text, str) else text.decode("utf-8")
        written = json.loads(plain)
        if "\\u" in plain:  # half a pair of escapes is no character, and cannot be stored
            json.dumps(written, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):  # not JSON, not UTF-8, too long a number, too deep
        raise UnreadableEvent("not JSON @ $") from None
    if not isinstance(written, dict):
        raise UnreadableEvent("expected an object @ $")
    return structure(written)
