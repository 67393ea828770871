"""Snapshots of journeys and slots, so that only the events after them are replayed.

A snapshot has one form, with a number: the status, the version and the events. `vaxpolicy.wire`
writes it with every event, so that it can be read anywhere. `to_snapshot` writes it with the few
events that the state mentions, and adds the other values of the state and the ids of the commands.
All other events stay in the store. They are read when somebody asks for them, such as for an old
command that is sent again.

An older form is brought up to the newest by `UPCASTS`. A short snapshot can always be made anew
from the events. If it cannot be read, the events are replayed.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from vaxpolicy._values import unchecked
from vaxpolicy.booking.event_json import structure, unstructure
from vaxpolicy.booking.events import Status
from vaxpolicy.booking.journey import CorrectableStep, State
from vaxpolicy.booking.slots import (
    Allocation,
    BookingRef,
    Capacity,
    Kept,
    Slot,
    SlotStatus,
    restored,
)
from vaxpolicy.booking.streams import History

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
        written = newest(json.loads(text))
        if (written["form"], written["kind"]) == (FORM, kind):
            return read(written, earlier)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        pass
    raise UnreadableSnapshot("expected a snapshot of this form and kind")


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
        "wanted": [[vaccine, since.isoformat()] for vaccine, since in state.wanted],
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


def _read_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _read_journey(written: dict[str, Any], earlier: Callable[[], Sequence[Any]]) -> State:
    values, found = written["values"], [structure(event) for event in written["events"]]
    known: dict[int | None, Any] = {None: None, **{event.version: event for event in found}}
    last = known[written["version"] or None]

    def load() -> list[Any]:
        """The events; those that the state mentions are the very same objects."""
        every = list(earlier())
        for event in found:
            every[event.version - 1] = event
        return every

    step: CorrectableStep | None = None
    for version, status, booking, following, ends, depth in reversed(values["steps"]):
        day = _read_day(ends)
        step = CorrectableStep(
            version, Status(status), known[booking], day, step, depth, known[following]
        )
    return State(
        subject=values["subject"],
        status=Status(written["status"]),
        wanted=tuple((it, datetime.fromisoformat(since)) for it, since in values["wanted"]),
        notices=tuple(known[it] for it in values["notices"]),
        booking=known[values["booking"]],
        next_booking=known[values["next_booking"]],
        doses=tuple(known[it] for it in values["doses"]),
        booked_round_ends=_read_day(values["booked_round_ends"]),
        disease=values["disease"],
        registered_here=values["registered_here"],
        step=step,
        history=History.late(written["commands"], last, [], load),
    )


def _slot(state: Capacity) -> dict[str, Any]:
    places, holds = [], []
    noted: list[tuple[Any, int, Any]] = state.history.notes()
    for key, _, value in noted:
        if isinstance(value, Kept):
            spans = [None if it is None else it.isoformat() for it in (value.until, value.since)]
            if spans == [None, None]:
                spans = []
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
    over = None if ends is None else time.fromisoformat(ends)
    return Slot(site, date.fromisoformat(day), session, vaccine, dose, over, pool)


_new_booking: Final = unchecked(BookingRef)
_new_kept: Final = unchecked(Kept)


def _read_slot(written: dict[str, Any], earlier: Callable[[], Sequence[Any]]) -> Capacity:
    notes: list[tuple[Any, Any]] = []
    values = written["values"]
    for subject, name, keeping, *spans in values["kept"]:
        mine = _new_booking(subject, name)
        until, since = [datetime.fromisoformat(it) for it in spans] or (None, None)
        notes.append((mine, _new_kept(mine, Allocation(keeping), until, since)))
    notes += [(subject, BookingRef(subject, name)) for subject, name in values["holds"]]
    last: Any = next(map(structure, written["events"]), None)
    return restored(
        tuple(map(_slot_of, values["slots"])),
        SlotStatus(written["status"]),
        values["places"],
        tuple(BookingRef(*it) for it in values["waiting"]),
        History.late(written["commands"], last, notes, lambda: list(earlier())),
    )
