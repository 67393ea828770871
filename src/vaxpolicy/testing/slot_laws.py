"""What must be true of every step of a slot's places, each thing by its name.

The counterpart of `vaxpolicy.testing.journey_laws` for `vaxpolicy.booking.slots`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeAlias

from attrs import field, frozen

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
    Released,
    SlotCommand,
    SlotEvent,
    SlotStatus,
    Taken,
    consuming,
    decide,
    evolve,
    free,
    keeping,
    replay,
)
from vaxpolicy.booking.streams import Actor

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


@frozen
class SlotStep:
    """One command to a slot, and what came of it; the fields are those of `Step`."""

    before: Capacity = field(repr=_kept_of)
    command: SlotCommand
    now: datetime
    events: tuple[SlotEvent, ...]
    refused: Rejected | None
    after: Capacity = field(repr=_kept_of)

    @property
    def event(self) -> SlotEvent | None:
        """The event, where there is one."""
        return self.events[0] if self.events else None

    @property
    def booking(self) -> BookingRef | None:
        """The booking that the command is about."""
        return getattr(self.command, "booking", None)


def slot_step(before: Capacity, command: SlotCommand, *, now: datetime) -> SlotStep:
    """Judge a command and add what comes of it."""
    try:
        events = decide(before, command, now=now)
    except Rejected as refused:
        return SlotStep(before, command, now, (), refused, before)
    after = before
    for event in events:
        after = evolve(after, event)
    return SlotStep(before, command, now, events, None, after)


def a_refusal_changes_nothing(it: SlotStep) -> bool:
    """A command that is refused leaves the slot as it was, and gives no event."""
    return it.refused is None or (it.after == it.before and not it.events)


def a_refusal_is_true(it: SlotStep) -> bool:
    """The code of a refusal says what is so."""
    return it.refused is None or SLOT_REFUSAL_ASSERTIONS[it.refused.code](it)


def one_command_one_event(it: SlotStep) -> bool:
    """A command gives one event, or none where it was refused or done before."""
    again = any(event.cause == it.command.id for event in it.before.history)
    return len(it.events) == (0 if again or it.refused is not None else 1)


def done_once(it: SlotStep) -> bool:
    """A command that comes again does nothing, and with other content it is refused."""
    for event in it.before.history:
        if event.cause == it.command.id:
            return it.after == it.before and (it.refused is None) == (event.command == it.command)
    return True


def events_are_numbered(it: SlotStep) -> bool:
    """An event follows the version that was judged, and no event comes before an earlier one."""
    history = it.after.history
    return [event.version for event in history] == list(range(1, len(history) + 1)) and all(
        one.at <= next_one.at for one, next_one in itertools.pairwise(history)
    )


def nothing_is_lost(it: SlotStep) -> bool:
    """The events before and this one are the state after: equal events, equal states."""
    return (
        it.after.history == (*it.before.history, *it.events)
        and replay(it.after.history) == it.after
    )


def nothing_follows_the_end(it: SlotStep) -> bool:
    """A closed slot stays as it is."""
    return it.before.status is not SlotStatus.CLOSED or it.after == it.before


def each_to_their_task(it: SlotStep) -> bool:
    """Who books cannot open, close or resize a slot."""
    booking = isinstance(it.event, Held | Taken | Confirmed | Released)
    return it.event is None or booking or it.command.actor in (Actor.SITE, Actor.PROGRAMME)


def no_more_than_there_are(it: SlotStep) -> bool:
    """Free and consuming places are the capacity, and neither is ever below nothing."""
    left, used = free(it.after, it.now), consuming(it.after, it.now)
    return left >= 0 and used >= 0 and left + used == it.after.places


def a_place_for_who_has_it(it: SlotStep) -> bool:
    """After a place is held or taken the booking has exactly one, and after a release none."""
    booking = it.booking
    if it.event is None or booking is None:
        return True
    mine = [each for each in it.after.kept if each.booking == booking]
    kept = keeping(it.after, booking, it.now)
    wanted = {
        Held: Allocation.HELD,
        Taken: Allocation.TAKEN,
        Confirmed: Allocation.TAKEN,
        Released: Allocation.RELEASED,
    }
    return len(mine) == 1 and kept is wanted[type(it.event)]


def a_hold_is_used_by_its_booking(it: SlotStep) -> bool:
    """Taking or confirming what is held for the booking takes no second place."""
    if not isinstance(it.event, Taken | Confirmed | Held) or it.booking is None:
        return True
    held = USES_A_PLACE[keeping(it.before, it.booking, it.now)]
    return consuming(it.after, it.now) == consuming(it.before, it.now) + (0 if held else 1)


def only_a_hold_is_confirmed(it: SlotStep) -> bool:
    """A hold that is over, or never was, is not confirmed."""
    return not isinstance(it.event, Confirmed) or (
        it.booking is not None and keeping(it.before, it.booking, it.now) is Allocation.HELD
    )


def what_is_given_back_is_free(it: SlotStep) -> bool:
    """A release makes one place free, and takes it from nobody else."""
    return (
        not isinstance(it.event, Released) or free(it.after, it.now) == free(it.before, it.now) + 1
    )


def nobody_else_is_moved(it: SlotStep) -> bool:
    """A booking's command changes no other booking's place."""
    if it.event is None or isinstance(it.event, Closed):
        return True
    others = [each for each in it.before.kept if each.booking != it.booking]
    return [each for each in it.after.kept if each.booking != it.booking] == others


def the_capacity_is_what_was_said(it: SlotStep) -> bool:
    """Only a change of capacity changes it, and a closed slot has none."""
    if isinstance(it.event, CapacityChanged):
        return it.after.places == it.event.command.places
    same = it.after.places == it.before.places or it.before.status is SlotStatus.NEW
    return it.after.places == 0 if isinstance(it.event, Closed) else same


def who_loses_a_place_is_named(it: SlotStep) -> bool:
    """Closing names every booking that had a place, and leaves none with one."""
    if not isinstance(it.event, Closed):
        return True
    had = {each.booking for each in it.before.kept if USES_A_PLACE[each.at(it.event.at)]}
    return set(it.event.affected) == had and consuming(it.after, it.now) == 0


SlotInvariant: TypeAlias = Callable[[SlotStep], bool]

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
    a_place_for_who_has_it,
    a_hold_is_used_by_its_booking,
    only_a_hold_is_confirmed,
    what_is_given_back_is_free,
    nobody_else_is_moved,
    the_capacity_is_what_was_said,
    who_loses_a_place_is_named,
)
"""What is true of every step of a slot."""


def broken_slot(it: SlotStep) -> tuple[str, ...]:
    """The names of the invariants that a step breaks; empty where all is well."""
    return tuple(invariant.__name__ for invariant in SLOT_INVARIANTS if not invariant(it))


def _open(it: SlotStep) -> bool:
    return it.before.status is SlotStatus.OPEN


def _kept(it: SlotStep) -> Allocation:
    return Allocation.NONE if it.booking is None else keeping(it.before, it.booking, it.now)


def _too_early(it: SlotStep) -> bool:
    return isinstance(it.command, Hold) and it.command.until <= max(
        [it.now, *(event.at for event in it.before.history)]
    )


SLOT_REFUSAL_ASSERTIONS: Final[Mapping[str, SlotInvariant]] = {
    "command-id-reused": lambda it: any(
        event.cause == it.command.id and event.command != it.command for event in it.before.history
    ),
    "actor-not-allowed": lambda it: it.command.actor not in (Actor.SITE, Actor.PROGRAMME),
    "slot-not-open": lambda it: it.before.status is SlotStatus.NEW,
    "slot-already-open": lambda it: it.before.status is SlotStatus.OPEN,
    "slot-closed": lambda it: it.before.status is SlotStatus.CLOSED,
    "slot-full": lambda it: (
        _open(it) and free(it.before, it.now) == 0 and not USES_A_PLACE[_kept(it)]
    ),
    "place-taken": lambda it: _kept(it) is Allocation.TAKEN,
    "hold-over": lambda it: _open(it) and _kept(it) not in (Allocation.HELD, Allocation.TAKEN),
    "hold-ends-early": _too_early,
    "no-such-place": lambda it: _open(it) and not USES_A_PLACE[_kept(it)],
    "below-taken": lambda it: (
        isinstance(it.command, ChangeCapacity) and it.command.places < consuming(it.before, it.now)
    ),
}
"""What each code of a slot's refusal claims."""
