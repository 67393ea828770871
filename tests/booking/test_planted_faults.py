"""Faults that are planted elsewhere than in the guards: a named invariant speaks of each.

The driver's worlds give the steps; `tests/booking/test_driver.py` plants the faults of the guards.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.booking import driver
from tests.booking.test_driver import SPEAKS, laws_broken
from vaxpolicy.booking import request, slots
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.slots import Allocation

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxpolicy.booking.journey import State
    from vaxpolicy.reservation import Policy

    Plant = Callable[[pytest.MonkeyPatch], None]


def replaced(name: str, instead: Any) -> Plant:
    """A function of the library is another one."""
    return lambda patch: patch.setattr(f"vaxpolicy.{name}", instead)


def in_table(table: Any, key: Any, value: Any) -> Plant:
    """A row of a table is another one."""
    return lambda patch: patch.setitem(table, key, value)


def a_refusal(self: Any, code: str, **known: Any) -> Rejected:
    """A refusal that does not look whether its instant has passed."""
    return Rejected(code, version=self.state.version, **known)


def ends_with_an_own_window(policy: Policy) -> Any:
    """The end of booking for some people, from which a group can be read."""
    closes, last = request.ends_of(policy)
    return None if closes is None else closes - timedelta(hours=20), last


def the_last_notice(self: State, policy_id: str) -> list[Any]:
    """The last notification of all, if it is of the round."""
    return [each for each in self.notices[-1:] if each.command.policy_id == policy_id]


def one_more(state: slots.Capacity, now: datetime) -> int:
    """One free place more than there is."""
    return state.places - slots.consuming(state, now) + 1


PLANTED: dict[str, tuple[Plant, str]] = {
    "a refusal names an instant that has passed": (
        replaced("booking.request.Request.rejected", a_refusal),
        "a_refusal_looks_ahead",
    ),
    "an event tells the window of the person": (
        replaced("reservation.ends_of", ends_with_an_own_window),
        "events_hold_no_personal_data",
    ),
    "the last notification alone counts": (
        replaced("booking.journey.State.notices_of", the_last_notice),
        "notified_once",
    ),
    "no dose counts": (
        replaced("booking.guards.counted", lambda _: []),
        "no_dose_twice",
    ),
    "a window is never over": (
        replaced("booking.guards.is_over", lambda *_: False),
        "notified_who_can_book",
    ),
    "a wrong reason is given": (
        replaced("booking.guards.refusal", lambda *_: "journey-closed"),
        "a_refusal_is_true",
    ),
    "every event can be taken back": (
        replaced("booking.guards.taken_back", lambda state, _: state),
        "a_correction_takes_back_what_happened",
    ),
    "what was done is done again": (
        replaced("reservation.answered", lambda *_: False),
        "done_once",
    ),
    "a free place more than there is": (
        replaced("booking.slots.free", one_more),
        "a_place_for_who_has_it",
    ),
    "a hold that has ended is confirmed": (
        in_table(slots.ALLOCATIONS, (Allocation.EXPIRED, slots.Confirm), Allocation.TAKEN),
        "only_a_hold_is_confirmed",
    ),
    "a place is given back twice": (
        in_table(slots.ALLOCATIONS, (Allocation.RELEASED, slots.Release), Allocation.RELEASED),
        "what_is_given_back_is_free",
    ),
    "a hold has no longest time": (
        replaced("booking.slots.LONGEST_HOLD", timedelta(days=9)),
        "a_hold_only_grows",
    ),
}

SEEDS = range(1, 8)
LOOKED_AT = 400
"""The number of a world's steps that every invariant judges, beside the one that the driver finds."""


@pytest.mark.parametrize("fault", PLANTED)
def test_a_named_invariant_speaks(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, law = PLANTED[fault]
    plant(monkeypatch)
    assert law in broken_in_some_world(law)


def broken_in_some_world(law: str) -> set[str]:
    """The laws that the steps of some worlds break, until this one does."""
    found: set[str] = set()
    for seed in SEEDS:
        world = driver.World.new(seed)
        for number in range(driver.STEPS_OF_A_WORLD):
            try:
                world.step()
            except (driver.Finding, LookupError, Rejected, ValueError):
                found.update(laws_broken(world))
                break
            if number < LOOKED_AT and world.asked is not None:
                found.update(laws_broken(world))
        if law in found:
            break
    return found


ROWS = {
    "examples that oversell": ("place_kept", "_place_left"),
    "an old answer": ("place_kept",),
    "nobody is asked who they are": ("identified_again", "matched_again"),
    "only the last is remembered": ("first_notice", "notified_if_asked"),
    "after the day": ("booking_not_over", "in_booked_round", "may_cancel"),
    "a recorded dose takes anything": ("dose_of_this_disease", "dose_in_order"),
    "two countings": ("dose_in_order", "dose_not_given"),
    "a shorter hold": ("_hold_ends_later", "_hold_is_short"),
    "time goes back": ("time_goes_on",),
    "one clock ahead": ("_clock_right", "time_goes_on"),
    "a command that was done": ("may_follow",),
    "nobody can book": ("window_open",),
    "two pseudonyms": ("booked_once", "registered_once"),
    "holds without a bound": ("_hold_is_short", "_one_hold_each"),
    "a session's hours": ("day_not_over", "_not_over"),
    "a waiting list": ("_in_turn", "_nothing_left"),
    "dose 1 and 2 together": ("one_dose_ahead", "next_dose", "supposes_the_booking"),
}
"""The kinds of faults that were found in the reservation, and the rules that each of them lacked."""


def test_each_kind_of_fault_has_a_rule_whose_loss_is_spoken_of() -> None:
    assert {rule for rules in ROWS.values() for rule in rules} <= SPEAKS.keys()
