"""Snapshots of journeys and slots, so that only the events after them are replayed.

A snapshot has one form, with a number: the status, the version and the events. `vaxpolicy.wire`
writes it with every event, so that it can be read anywhere. `to_snapshot` writes it with the few
events that the state mentions, and adds the other values of the state and the ids of the commands.
All other events stay in the store. They are read when somebody asks for them, such as for an old
command that is sent again.

A snapshot is read as strictly as an event. It is refused if a key is unknown, is missing or is
there twice, if a value is of another type, if a text looks like a person's number, or if its parts
contradict each other. A text of more than 16 MB is refused too.

An older form is brought up to the newest by `UPCASTS`. A short snapshot can always be made anew
from the events. If it cannot be read, the events are replayed.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from itertools import chain, pairwise
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

from vaxpolicy._strict import (
    ExpectedError,
    read_day,
    read_instant,
    read_json,
    read_time,
    write_instant,
)
from vaxpolicy._values import are_names, check_of, unchecked
from vaxpolicy.booking.event_json import read_journey_event, read_slot_event, unstructure
from vaxpolicy.booking.events import AnyBooking, BookedNext, Status
from vaxpolicy.booking.journey import MOST_STEPS, CorrectableStep, State
from vaxpolicy.booking.slots import (
    ALLOCATIONS,
    Allocation,
    BookingRef,
    Capacity,
    Closed,
    Kept,
    Open,
    Slot,
    SlotStatus,
    restored,
)
from vaxpolicy.booking.streams import Actor, History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = [
    "FORM",
    "UPCASTS",
    "UnreadableSnapshot",
    "journey_from_snapshot",
    "newest",
    "slot_from_snapshot",
    "snapshot_of",
    "to_snapshot",
]

FORM: Final = 2
"""The newest form of a snapshot. Form 1 had no number of its form."""

UPCASTS: Final[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    1: lambda written: {**written, "form": 2},
}
"""The functions that turn an older form of a snapshot into the next one."""

T = TypeVar("T")


class UnreadableSnapshot(ValueError):  # noqa: N818  # what it is
    """A text is not a snapshot of this form; replay the events instead."""


def snapshot_of(state: State | Capacity, events: Iterable[Any]) -> dict[str, Any]:
    """The members that every snapshot has, with these events as JSON's own types."""
    return {
        "form": FORM,
        "status": state.status.value,
        "version": state.version,
        "events": list(events),
    }


def newest(written: Any) -> Any:
    """A snapshot in its newest form; a form that is not known stays, to be refused."""
    form = written.get("form", 1) if isinstance(written, dict) else None
    while type(form) is int and form in UPCASTS:
        written = UPCASTS[form](written)
        form = written["form"]
    return written


def to_snapshot(state: State | Capacity) -> str:
    """The short snapshot of a state, as text.

    >>> from vaxpolicy.booking import slots
    >>> to_snapshot(slots.initial()).startswith('{"form":2,"status":"new","version":0,"events":[]')
    True
    """
    events, kind = _Events(), "journey" if isinstance(state, State) else "slot"
    events.add(state.history.last)
    values = _journey(state, events) if isinstance(state, State) else _slot(state)
    written = {
        **snapshot_of(state, (events.written[each] for each in sorted(events.written))),
        "kind": kind,
        "commands": state.history.command_ids(),
        "values": values,
    }
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def journey_from_snapshot(text: str, earlier: Callable[[], Sequence[Any]]) -> State:
    """The journey of a snapshot.

    Args:
        text: the snapshot.
        earlier: reads the events up to the snapshot's version. It is called when one of them is
            asked for.

    Raises:
        UnreadableSnapshot: the text is of a form that is not known, or not a short snapshot of a
            journey.
    """
    return _read("journey", text, earlier, _read_journey)


def slot_from_snapshot(text: str, earlier: Callable[[], Sequence[Any]]) -> Capacity:
    """The places of a slot from its snapshot; see `journey_from_snapshot`."""
    return _read("slot", text, earlier, _read_slot)


def _read(
    kind: str,
    text: str,
    earlier: Callable[[], Sequence[Any]],
    read: Callable[[dict[str, Any], Callable[[], Sequence[Any]]], T],
) -> T:
    try:
        written = newest(read_json(text))
        _must(written.keys() == _PARTS and (written["form"], written["kind"]) == (FORM, kind))
        return read(written, earlier)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        pass
    raise UnreadableSnapshot("expected a snapshot of this form and kind")


_PARTS: Final = {"form", "status", "version", "events", "kind", "commands", "values"}


def _must(fits: object) -> None:
    """Refuse a snapshot where something does not fit; `_read` says so without a value."""
    if not fits:
        raise ExpectedError("a snapshot")


def _list(value: Any) -> list[Any]:
    _must(type(value) is list)
    items: list[Any] = value
    return items


def _rows(value: Any, *lengths: int) -> list[list[Any]]:
    """A list of lists of these lengths."""
    rows = _list(value)
    _must(set(map(type, rows)) <= {list} and set(map(len, rows)) <= {*lengths})
    return rows


def _events_of(written: dict[str, Any], read: Callable[[Any], Any]) -> list[Any]:
    """The events of a snapshot, the last one last, which fit the version and the commands."""
    version, commands = written["version"], _list(written["commands"])
    _must(type(version) is int and len(set(commands)) == len(commands) == version)
    found = []
    for each in _list(written["events"]):
        _must(type(each) is dict)
        found.append(read(each))
    for event in found:
        _must(commands[event.version - 1] == event.command.id)
    for event, later in pairwise(found):
        _must(event.version < later.version and event.at <= later.at)
    _must((found[-1].version if found else 0) == version)
    return found


class _Events:
    """The events that a state mentions, each written once under its version."""

    def __init__(self) -> None:
        self.written: dict[int, Any] = {}

    def add(self, event: Any) -> int | None:
        """Write an event; return its version."""
        if event is None:
            return None
        version: int = event.version
        if version not in self.written:
            self.written[version] = unstructure(event)
        return version


def _journey(state: State, events: _Events) -> dict[str, Any]:
    steps, step = list[Any](), state.step
    while step is not None:
        ends = _day(step.booked_round_ends)
        bookings = events.add(step.booking), events.add(step.next_booking)
        steps.append([step.version, step.status.value, *bookings, ends, step.depth])
        step = step.earlier
    return {
        "subject": state.subject,
        "wanted": [[vaccine, write_instant(since)] for vaccine, since in state.wanted],
        "notices": list(map(events.add, state.notices)),
        "booking": events.add(state.booking),
        "next_booking": events.add(state.next_booking),
        "doses": list(map(events.add, state.doses)),
        "booked_round_ends": _day(state.booked_round_ends),
        "disease": state.disease,
        "registered_here": state.registered_here,
        "steps": steps,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_instant(text: Any) -> datetime:
    instant = read_instant(text)
    _must(write_instant(instant) == text)
    return instant


_fault_of_day: Final = check_of(date | None)


def _read_day(text: Any) -> date | None:
    day = None if text is None else read_day(text)
    _must(_fault_of_day(day) is None)
    return day


class _Mentioned:
    """The events of a snapshot by their versions, and which of them the state mentions."""

    def __init__(self, events: list[Any]) -> None:
        self.by_version: dict[int, Any] = {event.version: event for event in events}
        self.versions: set[int] = {event.version for event in events[-1:]}

    def get(self, version: Any) -> Any:
        """The event with a version; None for None."""
        if version is None:
            return None
        _must(type(version) is int)
        self.versions.add(version)
        return self.by_version[version]


_JOURNEY: Final = {
    *("subject", "wanted", "notices", "booking", "next_booking", "doses", "booked_round_ends"),
    *("disease", "registered_here", "steps"),
}


def _read_journey(written: dict[str, Any], earlier: Callable[[], Sequence[Any]]) -> State:
    values, events = written["values"], _events_of(written, read_journey_event)
    commands, known = written["commands"], _Mentioned(events)
    _must(values.keys() == _JOURNEY and are_names(commands))

    def load() -> list[Any]:
        """The events; those that the state mentions are the very same objects."""
        return [known.by_version.get(event.version, event) for event in earlier()]

    state = State(
        subject=values["subject"],
        status=Status(written["status"]),
        wanted=tuple((it, _read_instant(since)) for it, since in _rows(values["wanted"], 2)),
        notices=tuple(map(known.get, _list(values["notices"]))),
        booking=known.get(values["booking"]),
        next_booking=known.get(values["next_booking"]),
        doses=tuple(map(known.get, _list(values["doses"]))),
        booked_round_ends=_read_day(values["booked_round_ends"]),
        disease=values["disease"],
        registered_here=values["registered_here"],
        step=_read_steps(_rows(values["steps"], len(_STEP)), known),
        history=History.late(commands, events[-1] if events else None, [], load),
    )
    _must(state.step is None or state.step.version <= state.version)
    _must(all(event.command.subject == state.subject for event in events))
    _must(known.versions == known.by_version.keys())
    _must(events or written == json.loads(to_snapshot(State())))
    return state


_STEP: Final = ("version", "status", "booking", "next_booking", "booked_round_ends", "depth")


def _read_steps(rows: list[list[Any]], known: _Mentioned) -> CorrectableStep | None:
    """The last step, and the steps before it, each of an earlier event than the one after it."""
    _must(len(rows) <= MOST_STEPS)
    step: CorrectableStep | None = None
    for version, status, booking, following, ends, depth in reversed(rows):
        before = 0 if step is None else step.version
        _must(type(version) is type(depth) is int and before < version and 0 <= depth < version)
        live, ahead, day = known.get(booking), known.get(following), _read_day(ends)
        _must(isinstance(live, _BOOKINGS) and isinstance(ahead, BookedNext | None))
        step = CorrectableStep(version, Status(status), live, day, step, depth, ahead)
    return step


_BOOKINGS: Final = (*get_args(AnyBooking), NoneType)


def _slot(state: Capacity) -> dict[str, Any]:
    places, holds = [], []
    noted: list[tuple[Any, int, Any]] = state.history.notes()
    for key, _, value in noted:
        if isinstance(value, Kept):
            spans = [write_instant(it) for it in (value.until, value.since) if it is not None]
            places.append([key.subject, key.id, value.keeping.value, *spans])
        else:
            holds.append([key, value.id])
    return {
        "slots": list(map(_written_slot, state.slots)),
        "places": state.places,
        "waiting": [[it.subject, it.id] for it in state.waiting],
        "kept": places,
        "holds": holds,
    }


def _written_slot(slot: Slot) -> list[Any]:
    ends = None if slot.ends is None else slot.ends.isoformat()
    where = [slot.site, slot.day.isoformat(), slot.session]
    return [*where, slot.vaccine, slot.dose, ends, slot.pool]


def _slot_of(written: list[Any]) -> Slot:
    site, day, session, vaccine, dose, ends, pool = written
    over = None if ends is None else read_time(ends)
    _must(over is None or over.isoformat() == ends)
    return Slot(site, read_day(day), session, vaccine, dose, over, pool)


_SLOT: Final = {"slots", "places", "waiting", "kept", "holds"}
_ROW_OF_SLOT: Final = 7
_KEEPINGS: Final = {each.value: each for each in set(ALLOCATIONS.values())}
"""The kinds of place that the last event about a booking can leave."""
_TAKEN_ROW: Final = ("subject", "id", "keeping")
_HELD_ROW: Final = (*_TAKEN_ROW, "until", "since")
_new_booking: Final = unchecked(BookingRef)  # its names are checked with all others
_new_kept: Final = unchecked(Kept)


def _read_slot(written: dict[str, Any], earlier: Callable[[], Sequence[Any]]) -> Capacity:
    values, events = written["values"], _events_of(written, read_slot_event)
    _must(values.keys() == _SLOT and len(events) <= 1)
    commands, kept = written["commands"], _read_kept(values["kept"])
    holds = _rows(values["holds"], 2)
    bookings = {(it.booking.subject, it.booking.id): it.booking for it in kept}
    _must(len(bookings) == len(kept) and len(dict(holds)) == len(holds))
    _must(are_names([*commands, *chain.from_iterable(bookings)]))
    notes: list[tuple[Any, Any]] = [(it.booking, it) for it in kept]
    notes += [(subject, bookings[subject, name]) for subject, name in holds]
    slots = tuple(map(_slot_of, _rows(values["slots"], _ROW_OF_SLOT)))
    state = Capacity(
        slot=slots[0] if slots else None,
        status=SlotStatus(written["status"]),
        places=values["places"],
        waiting=tuple(BookingRef(*it) for it in _rows(values["waiting"], 2)),
        history=History.late(
            commands, events[-1] if events else None, notes, lambda: list(earlier())
        ),
        shared_with=slots[1:],
    )
    state = restored(state, kept)
    if events:
        _follow_rules(state)
    else:
        _must(written == json.loads(to_snapshot(Capacity())))
    return state


def _read_kept(value: Any) -> list[Kept]:
    found = []
    for row in _rows(value, len(_TAKEN_ROW), len(_HELD_ROW)):
        booking, keeping = _new_booking(row[0], row[1]), _KEEPINGS[row[2]]
        is_held = keeping is Allocation.HELD
        _must(len(row) == len(_HELD_ROW if is_held else _TAKEN_ROW))
        if is_held:
            found.append(Kept(booking, keeping, _read_instant(row[3]), _read_instant(row[4])))
        else:
            found.append(_new_kept(booking, keeping, None, None))
    return found


def _follow_rules(state: Capacity) -> None:
    """Refuse a slot that no events make."""
    slot, *others = state.slots
    Open(id="open", actor=Actor.SITE, slot=slot, places=state.places, shared_with=others)
    is_closed = state.status is SlotStatus.CLOSED
    _must(state.status is not SlotStatus.NEW)
    _must(isinstance(state.history.last, Closed) == is_closed)
    _must(not (is_closed and (state.places or state.waiting)))
    _must(state.taken + state.held <= state.places)
