"""Snapshots of journeys and slots: what a portal keeps of a stream, with its version."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from vaxpolicy import reservation, testing, wire
from vaxpolicy.booking import slots
from vaxpolicy.booking.event_json import from_json, to_json
from vaxpolicy.booking.snapshots import FORM

if TYPE_CHECKING:
    from vaxpolicy.testing import Step


@given(testing.journeys())
def test_a_journey_is_the_same_after_json(steps: tuple[Step, ...]) -> None:
    state = steps[-1].after
    data = json.loads(json.dumps(wire.dump(state)))
    again = wire.load(reservation.State, data)
    assert again == state
    assert (data["version"], again.version) == (state.version, state.version)


@given(testing.slots().flatmap(testing.slot_histories))
def test_a_slot_is_the_same_after_json(steps: tuple[testing.SlotStep, ...]) -> None:
    state = steps[-1].after
    data = json.loads(json.dumps(wire.dump(state)))
    again = wire.load(slots.Capacity, data)
    assert again == state
    now = datetime(2021, 11, 4, 12, tzinfo=UTC)
    assert slots.free(again, now) == slots.free(state, now)


@settings(max_examples=30)
@given(testing.journeys())
def test_every_command_of_a_journey_is_the_same_after_json(steps: tuple[Step, ...]) -> None:
    for each in steps:
        data = json.loads(json.dumps(wire.dump(each.command)))
        assert wire.load(type(each.command), data) == each.command
        for event in each.events:
            assert from_json(to_json(event)) == event
            assert wire.load(type(event), json.loads(json.dumps(wire.dump(event)))) == event


def opened() -> dict[str, Any]:
    """A snapshot of a slot that was just opened."""
    slot = slots.Slot("site-1", datetime(2021, 11, 6, tzinfo=UTC).date(), "morning", "AZ", 1)
    command = slots.Open(id="o", actor=reservation.Actor.SITE, slot=slot, places=2)
    now = datetime(2021, 11, 1, 9, tzinfo=UTC)
    data: dict[str, Any] = wire.dump(slots.replay(slots.decide(slots.initial(), command, now=now)))
    return data


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"status": "closed"}, {"events": []}, {"events": opened()["events"] * 2}],
)
def test_a_snapshot_of_a_slot_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(wire.InvalidData):
        wire.load(slots.Capacity, {**opened(), **change})


def test_a_snapshot_says_its_form_and_earlier_forms_are_read() -> None:
    data = opened()
    assert data["form"] == FORM
    without = {name: value for name, value in data.items() if name != "form"}
    assert wire.load(slots.Capacity, without) == wire.load(slots.Capacity, data)
    for form in (0, 3, "2", True, None):
        with pytest.raises(wire.InvalidData, match=r"at \$\.form$"):
            wire.load(slots.Capacity, {**data, "form": form})
    with pytest.raises(wire.InvalidData):
        wire.load(slots.Capacity, [data])


def test_a_slot_has_a_schema() -> None:
    assert "slot-opened" in json.dumps(wire.schema(slots.Capacity))


GOLDEN = sorted((Path(__file__).parents[1] / "data" / "events").iterdir())


@pytest.mark.parametrize("file", GOLDEN, ids=lambda each: each.stem)
def test_events_of_every_form_are_read_by_both_readers(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    event = from_json(text)
    assert wire.load(type(event), json.loads(text)) == event
