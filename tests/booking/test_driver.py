"""The random driver, and the faults that are planted for it: each takes a rule away."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve as altered
from attrs import fields

from tests.booking import driver
from vaxpolicy import reservation, testing
from vaxpolicy.booking import slots
from vaxpolicy.eligibility import Dose
from vaxpolicy.reservation import Actor, Rejected, Slot
from vaxpolicy.testing.journey_laws import broken
from vaxpolicy.testing.slot_laws import broken_slot, slot_step


def test_two_thousand_steps_are_as_the_manual_says() -> None:
    counted = driver.run(seed=1, steps=2_000)
    kinds = {answer.split(":")[0] for answer in counted}
    assert {*driver.TABLE} <= kinds | {"Close", "BookNext"}
    assert counted["Book: accepted"] > 0


def test_places_that_slots_share_are_never_oversold() -> None:
    """The driver counts the live bookings of all slots of a pool against its places."""
    counted = driver.run(seed=3, steps=4_000, pools=True)
    assert counted["Change: accepted"] > 0
    assert counted["Book: slot-full"] > 0


def test_a_world_that_books_ahead_is_as_the_manual_says() -> None:
    world = driver.World.new(10)
    for _ in range(1_500):
        world.step()
    assert world.programme.books_next_dose
    assert world.counted["BookNext: accepted"] > 0
    for code in ("not-next-dose", "next-dose-booked", "booking-over"):
        assert world.counted[f"BookNext: {code}"] > 0


def rules(table: dict[Any, tuple[Any, ...]]) -> list[Any]:
    """Each guard of a table once."""
    return list(dict.fromkeys(guard for row in table.values() for guard in row))


FAULTS = [
    pytest.param(table, guard, id=f"{name}-{guard.__name__.lstrip('_')}")
    for name, table in (("journey", reservation.GUARDS), ("slot", slots.GUARDS))
    for guard in rules(table)
]
WORLDS = 60
SPEAKS: dict[str, tuple[int, str]] = {
    "_actor_may": (2, "each_to_their_task"),
    "_clock_right": (2, "the_clock_is_right"),
    "_hold_ends_later": (2, "a_place_for_who_has_it"),
    "_hold_is_short": (1, "a_hold_only_grows"),
    "_in_turn": (1, "places_are_for_those_who_wait"),
    "_not_over": (2, "no_place_after_the_day"),
    "_nothing_left": (1, "who_waits_cannot_have_a_place"),
    "_one_hold_each": (3, "one_hold_each"),
    "_place_allows": (1, "a_place_for_who_has_it"),
    "_place_left": (1, "a_place_for_who_has_it"),
    "_room_for_taken": (2, "the_capacity_is_what_was_said"),
    "_slot_allows": (1, "nothing_is_lost"),
    "actor_may": (1, "each_to_their_task"),
    "another_slot": (2, "a_change_keeps_a_booking"),
    "booked_once": (2, "nobody_booked_twice"),
    "booked_vaccine_kept": (7, "a_booked_vaccine_stays"),
    "booking_not_over": (46, "a_booking_ends_with_its_day"),
    "correctable": (1, "a_correction_takes_back_what_happened"),
    "day_has_come": (1, "on_the_right_day"),
    "day_is_over": (1, "on_the_right_day"),
    "day_not_over": (1, "no_day_that_is_over"),
    "day_offered": (8, "on_a_day_offered_in_an_open_window"),
    "decided": (44, "only_whose_turn_it_is"),
    "decided_by_this_policy": (2, "only_whose_turn_it_is"),
    "delivered": (1, "notified_for_sure"),
    "dose_in_order": (1, "doses_are_numbered"),
    "dose_not_given": (6, "no_dose_twice"),
    "dose_not_in_future": (2, "on_the_right_day"),
    "dose_not_recorded": (3, "no_dose_twice"),
    "dose_of_this_disease": (2, "doses_are_numbered"),
    "edit_not_locked": (2, "edits_are_not_locked"),
    "eligible": (7, "only_whose_turn_it_is"),
    "few_districts": (2, "registered_for_what_is_given"),
    "first_notice": (1, "notified_once"),
    "gate_passed": (4, "registered_through_the_gate"),
    "identified": (4, "registered_by_the_matched"),
    "identified_again": (3, "booked_by_the_matched"),
    "in_booked_round": (5, "a_booking_stays_in_its_round"),
    "in_programme": (4, "registered_for_what_is_given"),
    "matched": (2, "registered_by_the_matched"),
    "matched_again": (13, "booked_by_the_matched"),
    "may_cancel": (9, "cancelled_in_time"),
    "may_follow": (2, "the_table_is_kept"),
    "next_dose": (19, "the_next_dose_follows_the_booked_one"),
    "next_not_booked": (22, "a_change_keeps_a_booking"),
    "not_booked_elsewhere": (12, "nobody_booked_twice"),
    "not_registered_yet": (1, "one_registration"),
    "notified_if_asked": (1, "notified_before_booking"),
    "of_booked_policy": (55, "in_the_round_named"),
    "of_named_policy": (8, "in_the_round_named"),
    "of_this_disease": (2, "in_the_round_named"),
    "on_the_day": (1, "on_the_right_day"),
    "one_dose_ahead": (10, "nothing_is_lost"),
    "own_booking": (3, "the_booking_named"),
    "own_booking_or_next": (3, "the_booking_named"),
    "own_journey": (1, "each_to_their_task"),
    "place_kept": (1, "a_place_for_every_booking"),
    "reachable": (1, "registered_by_the_matched"),
    "registered": (1, "one_registration"),
    "registered_if_asked": (2, "registered_before_booking"),
    "registered_once": (2, "one_registration"),
    "registration_open": (17, "registered_while_open"),
    "round_notifies": (5, "notified_once"),
    "round_over": (2, "carried_over_when_over"),
    "same_dose": (1, "a_move_keeps_the_dose"),
    "same_vaccine": (4, "second_dose_like_the_first"),
    "still_bookable": (1, "notified_who_can_book"),
    "supposes_the_booking": (11, "the_next_dose_follows_the_booked_one"),
    "time_goes_on": (2, "time_goes_on"),
    "today_is_booked": (2, "on_the_right_day"),
    "vaccination_has_come": (3, "on_the_right_day"),
    "vaccination_is_new": (8, "no_dose_twice"),
    "vaccine_is_new": (2, "a_new_vaccine_extends"),
    "vaccine_registered": (5, "registered_before_booking"),
    "window_open": (2, "on_a_day_offered_in_an_open_window"),
}
"""For each rule a world that misses it, and a named invariant that speaks there.

The other worlds are asked where the driver has changed.
"""


def test_every_rule_has_an_invariant_that_speaks() -> None:
    tables = (reservation.GUARDS, slots.GUARDS)
    assert {guard.__name__ for table in tables for guard in rules(table)} == SPEAKS.keys()
    assert len(SPEAKS) > 60


@pytest.mark.slow
@pytest.mark.parametrize(("table", "guard"), FAULTS)
def test_a_rule_that_is_taken_away_is_missed(
    table: dict[Any, tuple[Any, ...]], guard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver finds it, and a named invariant speaks where a wrong command was accepted."""
    for kind, row in table.items():
        monkeypatch.setitem(table, kind, tuple(each for each in row if each is not guard))
    seed, law = SPEAKS[guard.__name__]
    for other in (seed, *(each for each in range(1, WORLDS) if each != seed)):
        world = driver.World.new(other)
        if "accepted" in finding(world) and law in laws_broken(world):
            return
    raise AssertionError(f"nobody has missed {guard.__name__}")


def finding(world: driver.World) -> str:
    """The faults that a world finds; empty if all of its steps are as the manual says."""
    for _ in range(driver.STEPS_OF_A_WORLD):
        try:
            world.step()
        except (driver.Finding, LookupError, Rejected, ValueError) as found:
            return str(found)
    return ""


def laws_broken(world: driver.World) -> tuple[str, ...]:
    """The named invariants that the last step of a world breaks."""
    assert world.asked is not None
    state, command, brought, now = world.asked
    if isinstance(state, slots.Capacity):
        return broken_slot(slot_step(state, command, now=now))
    return broken(testing.step(state, command, now=now, **brought))


OTHERWISE: dict[str, Any] = {
    "actor": None,
    "subject": "another",
    "vaccines": ("Moderna",),
    "districts": ("another district",),
    "vaccine": "Moderna",
    "policy_id": "another",
    "stage": "another",
    "slot": Slot("another", driver.SLOTS[0].day, "another", "Moderna", 2, None, "another"),
    "booking": "another",
    "given": Dose("Moderna", driver.SLOTS[0].day),
    "event": 77,
}
KEPT = {
    "id": "the name of the command: a command with a used id is refused, and a booking has it",
    "reason": "kept in the event, for those who read it",
}


Accepted = tuple[Any, Any, dict[str, Any], Any]


class Recorded(driver.World):
    """A world that keeps every command that was accepted, and all that was brought with it."""

    def append(self, stream: str, event: Any, now: Any) -> None:
        """Keep the command of a journey's event."""
        if stream.startswith("journey/") and self.asked is not None:
            KNOWN.setdefault(type(event.command), []).append(self.asked)
        super().append(stream, event, now)


KNOWN: dict[type[Any], list[Accepted]] = {}
SETTINGS = 12
"""The number of worlds that together have every setting of a programme."""


@pytest.fixture(scope="module")
def accepted() -> dict[type[Any], list[Accepted]]:
    """Commands of each kind that were accepted, in all their circumstances."""
    for seed in range(1, 60):
        world = Recorded.new(seed)
        for _ in range(1_500):
            world.step()
        if KNOWN.keys() == reservation.GUARDS.keys() and seed > SETTINGS:
            break
    return KNOWN


def outcome(state: Any, command: Any, brought: dict[str, Any], now: Any) -> Any:
    """The result of a command: a code, or the journey after it and the content of its event."""
    try:
        (event,) = reservation.decide(state, command, now=now, **brought)
    except (Rejected, TypeError, ValueError) as refusal:
        return getattr(refusal, "code", type(refusal).__name__)
    after = reservation.evolve(state, event)
    noticed = [(each.command.stage, each.command.dose) for each in after.notices]
    booked = None if after.booking is None else after.booking.slot
    doses = [(each.given, each.dose) for each in after.doses]
    record = getattr(event, "record", None)
    return (after.status, after.wanted, after.districts, noticed, booked, doses, record)


@pytest.mark.slow
def test_no_field_of_a_command_is_accepted_and_ignored(
    accepted: dict[type[Any], list[Accepted]],
) -> None:
    ignored = []
    for kind, known in accepted.items():
        for field in fields(kind):
            if field.name in KEPT:
                continue
            if not any(matters(field.name, it) for it in known[:40]):
                ignored.append((kind.__name__, field.name))
    assert ignored == []


def matters(name: str, it: Accepted) -> bool:
    """Whether another value of a field of a command has another outcome."""
    state, command, brought, now = it
    other = altered(command, **{name: otherwise(command, name)})
    return bool(outcome(*it) != outcome(state, other, brought, now))


def otherwise(command: Any, name: str) -> Any:
    """Another value for a field of a command."""
    if name == "actor":
        return next(each for each in Actor if each not in reservation.ACTORS[type(command)])
    if name == "dose":
        return 7 if command.dose is None else command.dose + 1
    return OTHERWISE[name]


ASKED: dict[str, tuple[str, ...]] = {
    **driver.ASKED,
    "Notify": (*driver.ASKED["Notify"], "policy", "decision"),
    "Book": (*driver.ASKED["Book"], "policy", "decision", "place", "record"),
    "BookNext": (*driver.ASKED["BookNext"], "policy", "decision", "place", "record", "supposes"),
    "WalkIn": (*driver.ASKED["WalkIn"], "policy", "decision", "place", "record"),
    "Change": (*driver.ASKED["Change"], "policy", "decision", "place", "record"),
    "Move": ("policy", "decision", "place", "record"),
    "CheckIn": ("policy", "decision"),
    "RecordDose": ("policy",),
}
"""The guards that the manual names for each command."""
NOT_THERE: dict[str, Any] = {
    "registry": reservation.RegistryAnswer.UNAVAILABLE,
    "elsewhere": reservation.Elsewhere.UNKNOWN,
    "delivery": reservation.Delivery.UNKNOWN,
    "record": "0" * 64,
    "policy": driver.INFLUENZA,
}


@pytest.mark.slow
def test_nothing_that_a_command_asks_for_is_accepted_and_ignored(
    accepted: dict[type[Any], list[Accepted]],
) -> None:
    ignored = []
    for kind, known in accepted.items():
        for name in ASKED.get(kind.__name__, ()):
            missing = {name: NOT_THERE.get(name)}
            if all(outcome(*it) == outcome(*it[:2], it[2] | missing, it[3]) for it in known):
                ignored.append((kind.__name__, name))
    assert ignored == []
