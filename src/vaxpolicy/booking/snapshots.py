"""Snapshots of journeys and slots, so that only the events after them are replayed.

A snapshot is JSON text: the values of a state, the ids of its commands, and the number of the
form. The events stay in the store. They are read when somebody asks for them, such as for an old
command that is sent again.

A snapshot can always be made anew from the events. So an older form is not converted: it is
refused, and the events are replayed.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from vaxpolicy._values import unchecked
from vaxpolicy.booking.event_json import structure, unstructure
from vaxpolicy.booking.events import Status
from vaxpolicy.booking.journey import State, Step
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
    from collections.abc import Callable, Sequence

__all__ = [
    "FORM",
    "UnreadableSnapshot",
    "journey_from_snapshot",
    "slot_from_snapshot",
    "to_snapshot",
]

FORM: Final = 1
"""The form in which snapshots are written, and the one form that is read."""

T = TypeVar("T")


class UnreadableSnapshot(ValueError):  # noqa: N818  # what it is
    """A text is not a snapshot of this form; replay the events instead."""


def to_snapshot(state: State | Capacity) -> str:
    """The snapshot of a state.

    >>> from vaxpolicy.booking import slots
    >>> to_snapshot(slots.initial()).startswith('{"form":1,"kind":"slot","commands":[]')
    True
    """
    kind, values = (
        ("journey", _journey(state)) if isinstance(state, State) else ("slot", _slot(state))
    )
    commands = state.history.command_ids()
    written = {"form": FORM, "kind": kind, "commands": commands, **values}
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def journey_from_snapshot(text: str, earlier: Callable[[], Sequence[Any]]) -> State:
    """The journey of a snapshot.

    Args:
        text: the snapshot.
        earlier: reads the events up to the snapshot's version. It is called when one of them is
            asked for.

    Raises:
        UnreadableSnapshot: the text is of another form, or not a snapshot of a journey.
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
        written = json.loads(text)
        if (written["form"], written["kind"]) == (FORM, kind):
            return read(written, earlier)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
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
        if event.version not in self.written:
            self.written[event.version] = unstructure(event)
        return cast("int", event.version)


def _journey(state: State) -> dict[str, Any]:
    events, steps, step = _Events(), list[Any](), state.step
    while step is not None:
        ends = _day(step.booked_round_ends)
        bookings = events.add(step.booking), events.add(step.next_booking)
        steps.append([step.version, step.status.value, *bookings, ends, step.depth])
        step = step.earlier
    return {
        "subject": state.subject,
        "status": state.status.value,
        "wanted": [[vaccine, since.isoformat()] for vaccine, since in state.wanted],
        "notices": list(map(events.add, state.notices)),
        "booking": events.add(state.booking),
        "next_booking": events.add(state.next_booking),
        "doses": list(map(events.add, state.doses)),
        "booked_round_ends": _day(state.booked_round_ends),
        "disease": state.disease,
        "registered_here": state.registered_here,
        "steps": steps,
        "last": events.add(state.history.last),
        "events": list(events.written.items()),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _read_journey(written: dict[str, Any], earlier: Callable[[], Sequence[Any]]) -> State:
    known: dict[int | None, Any] = {n: structure(event) for n, event in written["events"]}
    known[None] = None

    def load() -> list[Any]:
        """The events; those that the state mentions are the very same objects."""
        found = list(earlier())
        for version, event in known.items():
            if version is not None:
                found[version - 1] = event
        return found

    step: Step | None = None
    for version, status, booking, following, ends, depth in reversed(written["steps"]):
        day = _read_day(ends)
        step = Step(version, Status(status), known[booking], day, step, depth, known[following])
    return State(
        subject=written["subject"],
        status=Status(written["status"]),
        wanted=tuple((it, datetime.fromisoformat(since)) for it, since in written["wanted"]),
        notices=tuple(known[it] for it in written["notices"]),
        booking=known[written["booking"]],
        next_booking=known[written["next_booking"]],
        doses=tuple(known[it] for it in written["doses"]),
        booked_round_ends=_read_day(written["booked_round_ends"]),
        disease=written["disease"],
        registered_here=written["registered_here"],
        step=step,
        history=History.late(written["commands"], known[written["last"]], [], load),
    )


def _slot(state: Capacity) -> dict[str, Any]:
    slot, places, holds = state.slot, [], []
    noted: list[tuple[Any, int, Any]] = state.history.notes()
    for key, _, value in noted:
        if isinstance(value, Kept):
            spans = [None if it is None else it.isoformat() for it in (value.until, value.since)]
            if spans == [None, None]:
                spans = []
            places.append([key.subject, key.id, value.keeping.value, *spans])
        else:
            holds.append([key, value.id])
    last = state.history.last
    return {
        "slot": None
        if slot is None
        else [
            slot.site,
            slot.day.isoformat(),
            slot.session,
            slot.vaccine,
            slot.dose,
            None if slot.ends is None else slot.ends.isoformat(),
        ],
        "status": state.status.value,
        "places": state.places,
        "waiting": [[it.subject, it.id] for it in state.waiting],
        "kept": places,
        "holds": holds,
        "last": None if last is None else unstructure(last),
    }


_new_booking: Final = unchecked(BookingRef)
_new_kept: Final = unchecked(Kept)


def _read_slot(written: dict[str, Any], earlier: Callable[[], Sequence[Any]]) -> Capacity:
    notes: list[tuple[Any, Any]] = []
    for subject, name, keeping, *spans in written["kept"]:
        mine = _new_booking(subject, name)
        until, since = [datetime.fromisoformat(it) for it in spans] or (None, None)
        notes.append((mine, _new_kept(mine, Allocation(keeping), until, since)))
    notes += [(subject, BookingRef(subject, name)) for subject, name in written["holds"]]
    last: Any = None if written["last"] is None else structure(written["last"])
    slot = written["slot"]
    if slot is not None:
        site, day, session, vaccine, dose, ends = slot
        over = None if ends is None else time.fromisoformat(ends)
        slot = Slot(site, date.fromisoformat(day), session, vaccine, dose, over)
    return restored(
        slot,
        SlotStatus(written["status"]),
        written["places"],
        tuple(BookingRef(*it) for it in written["waiting"]),
        History.late(written["commands"], last, notes, lambda: list(earlier())),
    )
