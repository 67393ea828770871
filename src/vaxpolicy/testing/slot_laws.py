"""The laws of every step of a slot, each with a name.

The counterpart of `vaxpolicy.testing.journey_laws` for `vaxpolicy.booking.slots`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

from attrs import evolve as altered
from attrs import field, frozen

from vaxpolicy._values import checked, front_door
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.slots import (
    USES_A_PLACE,
    Allocation,
    BookingRef,
    Capacity,
    CapacityChanged,
    ChangeCapacity,
    Closed,
    Confirmed,
    Held,
    Hold,
    Open,
    Opened,
    PlaceAnswer,
    Released,
    Slot,
    SlotCommand,
    SlotEvent,
    SlotStatus,
    Taken,
    Wait,
    Waited,
    consuming,
    decide,
    free,
    keeping,
    place,
    replay,
)
from vaxpolicy.booking.streams import Actor, BrokenStream
from vaxpolicy.days import TAIWAN

__all__ = [
    "SLOT_INVARIANTS",
    "SLOT_REFUSAL_ASSERTIONS",
    "SlotInvariant",
    "SlotStep",
    "broken_slot",
    "slot_step",
]


def _kept_of(state: Capacity) -> str:
    return f"{len(state.kept)} of {state.places}"


@frozen(field_transformer=checked)
class SlotStep:
    """One command to a slot, and its result; the fields are those of `Step`."""

    before: Capacity = field(repr=_kept_of)
    command: SlotCommand
    now: datetime
    events: tuple[SlotEvent, ...]
    refused: Rejected | None
    after: Capacity = field(repr=_kept_of)

    @property
    def event(self) -> SlotEvent | None:
        """The event; None if there is none."""
        return self.events[0] if self.events else None

    @property
    def booking(self) -> BookingRef | None:
        """The booking that the command names."""
        return getattr(self.command, "booking", None)


def slot_step(before: Capacity, command: SlotCommand, *, now: datetime) -> SlotStep:
    """Judge a command and add its events.

    If an event cannot follow, the state stays unchanged, and the laws say what is wrong.
    """
    try:
        events = decide(before, command, now=now)
    except Rejected as refused:
        return SlotStep(before, command, now, (), refused, before)
    try:
        after = replay(events, since=before)
    except BrokenStream:
        after = before
    return SlotStep(before, command, now, events, None, after)


def a_refusal_changes_nothing(taken: SlotStep) -> bool:
    """A refused command leaves the slot unchanged and gives no event."""
    return taken.refused is None or (taken.after == taken.before and not taken.events)


def a_refusal_is_true(taken: SlotStep) -> bool:
    """The code of a refusal is true."""
    return taken.refused is None or SLOT_REFUSAL_ASSERTIONS[taken.refused.code](taken)


def one_command_one_event(taken: SlotStep) -> bool:
    """A command gives one event, or none if it was refused or done before."""
    again = any(event.cause == taken.command.id for event in taken.before.history)
    return len(taken.events) == (0 if again or taken.refused is not None else 1)


def done_once(taken: SlotStep) -> bool:
    """A repeated command does nothing; one with the same id and other content is refused."""
    for event in taken.before.history:
        if event.cause == taken.command.id:
            return taken.after == taken.before and (taken.refused is None) == (
                event.command == taken.command
            )
    return True


def events_are_numbered(taken: SlotStep) -> bool:
    """An event follows the version that was judged, and no event comes before an earlier one."""
    history = taken.after.history
    return [event.version for event in history] == list(range(1, len(history) + 1)) and all(
        one.at <= next_one.at for one, next_one in itertools.pairwise(history)
    )


def nothing_is_lost(taken: SlotStep) -> bool:
    """The earlier events and the new ones give the state after: equal events, equal states."""
    return (
        taken.after.history == (*taken.before.history, *taken.events)
        and replay(taken.after.history) == taken.after
    )


def nothing_follows_the_end(taken: SlotStep) -> bool:
    """A closed slot never changes."""
    return taken.before.status is not SlotStatus.CLOSED or taken.after == taken.before


def each_to_their_task(taken: SlotStep) -> bool:
    """A person who books cannot open, close or resize a slot."""
    booking = isinstance(taken.event, Held | Taken | Confirmed | Released | Waited)
    return taken.event is None or booking or taken.command.actor in (Actor.SITE, Actor.PROGRAMME)


def no_more_than_there_are(taken: SlotStep) -> bool:
    """Free and used places add up to the capacity, and neither number is negative."""
    left, used = free(taken.after, taken.now), consuming(taken.after, taken.now)
    return left >= 0 and used >= 0 and left + used == taken.after.places


def a_place_for_who_has_it(taken: SlotStep) -> bool:
    """A booking has one place after it is held or taken, and none after a release."""
    booking = taken.booking
    if taken.event is None or booking is None or isinstance(taken.event, Waited):
        return True
    if isinstance(taken.event, Released) and booking in taken.before.waiting:
        return booking not in taken.after.waiting
    mine = [each for each in taken.after.kept if each.booking == booking]
    kept = keeping(taken.after, booking, taken.now)
    wanted = {
        Held: Allocation.HELD,
        Taken: Allocation.TAKEN,
        Confirmed: Allocation.TAKEN,
        Released: Allocation.RELEASED,
    }
    return len(mine) == 1 and kept is wanted[type(taken.event)]


def a_hold_only_grows(taken: SlotStep) -> bool:
    """A prolonged hold does not end earlier, and ends at most half an hour after it began."""
    if not isinstance(taken.event, Held) or taken.booking is None:
        return True
    before, after = taken.before.of(taken.booking), taken.after.of(taken.booking)
    if after is None or after.until is None or after.since is None:
        return False
    short = after.until - after.since <= timedelta(minutes=30)
    held = keeping(taken.before, taken.booking, taken.now) is Allocation.HELD
    if not held or before is None or before.until is None:
        return short
    return short and after.until >= before.until and after.since == before.since


def one_hold_each(taken: SlotStep) -> bool:
    """A person holds one place of a slot at a time."""
    if not isinstance(taken.event, Held):
        return True
    holders = [
        each.booking.subject
        for each in taken.after.kept
        if each.at(taken.event.at) is Allocation.HELD
    ]
    return holders.count(taken.event.command.booking.subject) == 1


def places_are_for_those_who_wait(taken: SlotStep) -> bool:
    """Nobody gets a place before those who have waited longer."""
    if not isinstance(taken.event, Held | Taken) or taken.booking is None:
        return True
    if USES_A_PLACE[keeping(taken.before, taken.booking, taken.now)]:
        return True
    listed, left = waiting(taken.before.history), free(taken.before, taken.now)
    return taken.booking in listed[:left] or len(listed) < left


def who_waits_is_listed(taken: SlotStep) -> bool:
    """The waiting list follows from the events: each person once, and no booking with a place."""
    listed = waiting(taken.after.history)
    people = {each.subject for each in listed}
    return list(taken.after.waiting) == listed and len(people) == len(listed)


def no_place_after_the_day(taken: SlotStep) -> bool:
    """No place is given after the slot's day, nor to people after its session."""
    if not isinstance(taken.event, Opened | Held | Taken | Confirmed | Waited):
        return True
    site = taken.command.actor in (Actor.SITE, Actor.PROGRAMME)
    end = _midnight_after(taken) if site else _session_end(taken)
    return taken.event.at < end


def the_clock_is_right(taken: SlotStep) -> bool:
    """An event is not days before the last event, nor years after the slot's day."""
    if taken.event is None:
        return True
    behind = _last(taken) - taken.now > timedelta(days=1)
    return not behind and taken.now <= _midnight_after(taken) + timedelta(days=400)


def a_hold_is_used_by_its_booking(taken: SlotStep) -> bool:
    """Taking or confirming a held place does not use a second place."""
    if not isinstance(taken.event, Taken | Confirmed | Held) or taken.booking is None:
        return True
    held = USES_A_PLACE[keeping(taken.before, taken.booking, taken.now)]
    return consuming(taken.after, taken.now) == consuming(taken.before, taken.now) + (
        0 if held else 1
    )


def only_a_hold_is_confirmed(taken: SlotStep) -> bool:
    """Only a live hold is confirmed."""
    return not isinstance(taken.event, Confirmed) or (
        taken.booking is not None
        and keeping(taken.before, taken.booking, taken.now) is Allocation.HELD
    )


def what_is_given_back_is_free(taken: SlotStep) -> bool:
    """A release frees one place, or removes a booking from the waiting list."""
    if not isinstance(taken.event, Released):
        return True
    back = free(taken.after, taken.now) - free(taken.before, taken.now)
    return back == (0 if taken.booking in taken.before.waiting else 1)


def nobody_else_is_moved(taken: SlotStep) -> bool:
    """The command of a booking does not change the place of another booking."""
    if taken.event is None or isinstance(taken.event, Closed):
        return True
    others = [each for each in taken.before.kept if each.booking != taken.booking]
    return [each for each in taken.after.kept if each.booking != taken.booking] == others


def the_capacity_is_what_was_said(taken: SlotStep) -> bool:
    """Only a change of capacity changes the capacity; a closed slot has none."""
    if isinstance(taken.event, CapacityChanged):
        return taken.after.places == taken.event.command.places
    same = taken.after.places == taken.before.places or taken.before.status is SlotStatus.NEW
    return taken.after.places == 0 if isinstance(taken.event, Closed) else same


def who_loses_a_place_is_named(taken: SlotStep) -> bool:
    """Closing names every booking that had a place; after it, none has a place."""
    if not isinstance(taken.event, Closed):
        return True
    had = {each.booking for each in taken.before.kept if USES_A_PLACE[each.at(taken.event.at)]}
    return set(taken.event.affected) == had and consuming(taken.after, taken.now) == 0


def each_slot_of_a_pool_has_the_place(taken: SlotStep) -> bool:
    """The places are those of the slots that were opened: each of them has the same answer.

    Another slot of the session has none.
    """
    opened = [it.command for it in taken.after.history if isinstance(it, Opened)]
    mine = taken.booking or BookingRef("nobody", "none")
    if not opened:
        return not taken.after.slots
    named = (opened[0].slot, *opened[0].shared_with)
    answers = {place(taken.after, each, mine, taken.now).answer for each in named}
    stranger = altered(named[0], session=f"not {named[0].session}")
    other = place(taken.after, stranger, mine, taken.now).answer
    return taken.after.slots == named and len(answers) == 1 and other is PlaceAnswer.UNKNOWN


SlotInvariant: TypeAlias = Callable[[SlotStep], bool]


def who_waits_cannot_have_a_place(taken: SlotStep) -> bool:
    """A booking waits only if it has no place and no place is left for it."""
    if not isinstance(taken.event, Waited) or taken.booking is None:
        return True
    before, at = taken.before, taken.event.at
    kept = keeping(before, taken.booking, at)
    left = free(before, at) - len(waiting(before.history))
    return left <= 0 and kept not in {Allocation.HELD, Allocation.TAKEN}


SLOT_INVARIANTS: Final[tuple[SlotInvariant, ...]] = (
    a_refusal_changes_nothing,
    a_refusal_is_true,
    one_command_one_event,
    done_once,
    events_are_numbered,
    nothing_is_lost,
    nothing_follows_the_end,
    each_to_their_task,
    no_more_than_there_are,
    each_slot_of_a_pool_has_the_place,
    who_waits_cannot_have_a_place,
    a_place_for_who_has_it,
    a_hold_is_used_by_its_booking,
    only_a_hold_is_confirmed,
    a_hold_only_grows,
    one_hold_each,
    places_are_for_those_who_wait,
    who_waits_is_listed,
    no_place_after_the_day,
    the_clock_is_right,
    what_is_given_back_is_free,
    nobody_else_is_moved,
    the_capacity_is_what_was_said,
    who_loses_a_place_is_named,
)
"""The laws of every step of a slot, by name."""


@front_door
def broken_slot(taken: SlotStep) -> tuple[str, ...]:
    """The names of the laws that a step breaks; empty if it breaks none."""
    return tuple(invariant.__name__ for invariant in SLOT_INVARIANTS if not invariant(taken))


def _open(taken: SlotStep) -> bool:
    return taken.before.status is SlotStatus.OPEN


def _kept(taken: SlotStep) -> Allocation:
    return (
        Allocation.NONE
        if taken.booking is None
        else keeping(taken.before, taken.booking, taken.now)
    )


def _last(taken: SlotStep) -> datetime:
    return max((event.at for event in taken.before.history), default=taken.now)


def _slot(taken: SlotStep) -> Slot | None:
    return taken.command.slot if isinstance(taken.command, Open) else taken.before.slot


def _midnight_after(taken: SlotStep) -> datetime:
    slot = _slot(taken)
    day = date.max - timedelta(days=500) if slot is None else slot.day
    return datetime.combine(day + timedelta(days=1), time.min, TAIWAN)


def _session_end(taken: SlotStep) -> datetime:
    slot = _slot(taken)
    if slot is None or slot.ends is None:
        return _midnight_after(taken)
    return datetime.combine(slot.day, slot.ends, TAIWAN)


def _held_since(taken: SlotStep) -> datetime:
    """The instant since which the place is held without a break; now if it is not held."""
    now = max(taken.now, _last(taken))
    since = until = None
    for event in taken.before.history:
        if getattr(event.command, "booking", None) != taken.booking:
            continue
        if not isinstance(event, Held):
            since = until = None
        elif until is None or until <= event.at:
            since, until = event.at, event.command.until
        else:
            until = max(until, event.command.until)
    return since if since is not None and until is not None and now < until else now


def waiting(history: Iterable[SlotEvent]) -> list[BookingRef]:
    """The waiting list, from the events alone."""
    listed: list[BookingRef] = []
    for event in history:
        if isinstance(event, Waited):
            listed.append(event.command.booking)
        elif isinstance(event, Released):
            listed = [each for each in listed if each != event.command.booking]
        elif isinstance(event, Held | Taken | Confirmed):
            mine = event.command.booking.subject
            listed = [each for each in listed if each.subject != mine]
        elif isinstance(event, Closed):
            listed = []
    return listed


def _too_early(taken: SlotStep) -> bool:
    return isinstance(taken.command, Hold) and taken.command.until <= max(
        [taken.now, *(event.at for event in taken.before.history)]
    )


SLOT_REFUSAL_ASSERTIONS: Final[Mapping[str, SlotInvariant]] = {
    "command-id-reused": lambda taken: any(
        event.cause == taken.command.id and event.command != taken.command
        for event in taken.before.history
    ),
    "actor-not-allowed": lambda taken: taken.command.actor not in (Actor.SITE, Actor.PROGRAMME),
    "slot-not-open": lambda taken: taken.before.status is SlotStatus.NEW,
    "slot-already-open": lambda taken: taken.before.status is SlotStatus.OPEN,
    "slot-closed": lambda taken: taken.before.status is SlotStatus.CLOSED,
    "slot-full": lambda taken: (
        _open(taken) and free(taken.before, taken.now) == 0 and not USES_A_PLACE[_kept(taken)]
    ),
    "place-taken": lambda taken: _kept(taken) is Allocation.TAKEN,
    "hold-over": lambda taken: (
        _open(taken) and _kept(taken) not in (Allocation.HELD, Allocation.TAKEN)
    ),
    "hold-ends-early": _too_early,
    "no-such-place": lambda taken: _open(taken) and not USES_A_PLACE[_kept(taken)],
    "clock-behind": lambda taken: _last(taken) - taken.now > timedelta(days=1),
    "clock-ahead": lambda taken: taken.now > _midnight_after(taken) + timedelta(days=400),
    "day-over": lambda taken: max(taken.now, _last(taken)) >= _midnight_after(taken),
    "session-over": lambda taken: max(taken.now, _last(taken)) >= _session_end(taken),
    "hold-too-long": lambda taken: (
        isinstance(taken.command, Hold)
        and taken.command.until - _held_since(taken) > timedelta(minutes=30)
    ),
    "already-held": lambda taken: any(
        (each.booking != taken.booking or isinstance(taken.command, Wait))
        and taken.booking is not None
        and each.booking.subject == taken.booking.subject
        and keeping(taken.before, each.booking, taken.now) is Allocation.HELD
        for each in taken.before.kept
    ),
    "others-wait": lambda taken: (
        _open(taken)
        and taken.booking not in waiting(taken.before.history)[: free(taken.before, taken.now)]
        and len(waiting(taken.before.history)) >= free(taken.before, taken.now)
    ),
    "already-waiting": lambda taken: (
        taken.booking is not None
        and taken.booking.subject in {each.subject for each in waiting(taken.before.history)}
    ),
    "places-left": lambda taken: free(taken.before, taken.now) > len(waiting(taken.before.history)),
    "below-taken": lambda taken: (
        isinstance(taken.command, ChangeCapacity)
        and taken.command.places < consuming(taken.before, taken.now)
    ),
}
"""The assertion that each refusal code of a slot makes."""
