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


def test_a_world_that_books_ahead_is_as_the_manual_says() -> None:
    world = driver.World.new(19)
    for _ in range(1_500):
        world.step()
    assert world.programme.books_next_dose
    assert world.counted["BookNext: accepted"] > 0
    for code in ("not-next-dose", "supposes-another-dose", "next-dose-booked"):
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
SEEDS: dict[str, int] = {
    "_actor_may": 2,
    "_clock_right": 2,
    "_hold_ends_later": 2,
    "_not_over": 2,
    "_one_hold_each": 3,
    "another_slot": 2,
    "booked_once": 5,
    "next_dose": 19,
    "next_not_booked": 19,
    "one_dose_ahead": 19,
    "own_booking_or_next": 19,
    "supposes_the_booking": 19,
    "booked_vaccine_kept": 7,
    "booking_not_over": 46,
    "day_not_over": 9,
    "day_offered": 2,
    "decided_by_this_policy": 2,
    "dose_not_given": 6,
    "dose_not_in_future": 2,
    "dose_of_this_disease": 2,
    "edit_not_locked": 2,
    "eligible": 7,
    "few_districts": 2,
    "gate_passed": 4,
    "identified": 4,
    "identified_again": 3,
    "in_booked_round": 5,
    "in_programme": 4,
    "matched": 2,
    "matched_again": 13,
    "may_cancel": 9,
    "not_booked_elsewhere": 12,
    "of_booked_policy": 2,
    "of_this_disease": 2,
    "own_booking": 3,
    "registered_if_asked": 2,
    "registered_once": 2,
    "registration_open": 17,
    "round_notifies": 5,
    "round_over": 2,
    "same_vaccine": 4,
    "time_goes_on": 2,
    "today_is_booked": 2,
    "vaccination_has_come": 3,
    "vaccination_is_new": 9,
    "vaccine_is_new": 2,
    "vaccine_registered": 5,
    "window_open": 2,
}
"""The world in which a fault is found soonest; the others are asked where the driver has changed."""


@pytest.mark.slow
@pytest.mark.parametrize(("table", "guard"), FAULTS)
def test_a_rule_that_is_taken_away_is_missed(
    table: dict[Any, tuple[Any, ...]], guard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver finds it, and a named invariant speaks where a wrong command was accepted."""
    for kind, row in table.items():
        monkeypatch.setitem(table, kind, tuple(each for each in row if each is not guard))
    world, finding = found(guard.__name__)
    if "accepted" in str(finding):
        assert laws_broken(world)


def found(name: str) -> tuple[driver.World, Exception]:
    """The world that met a fault, and what it found."""
    first = SEEDS.get(name, 1)
    for seed in (first, *(each for each in range(1, WORLDS) if each != first)):
        world = driver.World.new(seed)
        try:
            for _ in range(driver.STEPS_OF_A_WORLD):
                world.step()
        except (driver.Finding, LookupError, Rejected, ValueError) as finding:
            return world, finding
    raise AssertionError(f"nobody has missed {name}")


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
    "slot": Slot("another", driver.SLOTS[0].day, "another", "Moderna", 2),
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
"""So many worlds have every setting of a programme."""


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
    """What comes of a command: a code, or the journey after it and what its event holds."""
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
"""What the manual says that each command asks for."""
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
