"""Events as JSON: what is written is read again, in every form that was ever published.

The golden files in data/events hold one event of each form. A published file is never changed; a new
form gets a new file and an upcast. `python tests/booking/test_event_json.py` writes those that are missing.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve as altered
from attrs import fields
from hypothesis import given

from vaxpolicy import reservation
from vaxpolicy.booking import event_json, events, slots
from vaxpolicy.booking.event_json import (
    FORMS,
    UnreadableEvent,
    from_json,
    read_journey_event,
    read_slot_event,
    structure,
    to_json,
    unstructure,
)
from vaxpolicy.booking.events import AnyEvent, CloseReason, CorrectionReason
from vaxpolicy.booking.slots import BookingRef, Slot
from vaxpolicy.booking.streams import Actor
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose
from vaxpolicy.testing import Step, journeys

GOLDEN = Path(__file__).parents[1] / "data" / "events"

NOW = datetime(2021, 11, 3, 10, 0, 30, tzinfo=TAIWAN)
SLOT = Slot("site-1", date(2021, 11, 6), "morning", "BNT", 1)
ENDING = altered(SLOT, ends=time(12))
DOSE = Dose("BNT", date(2021, 11, 6))
REF = BookingRef("p-1", "c3")
WHO: dict[str, Any] = {"id": "c9", "actor": Actor.PERSON, "subject": "p-1"}
PLACE: dict[str, Any] = {"id": "s9", "actor": Actor.SITE}
POLICY = "tw/covid19-1922/round-13"
TICKED: dict[str, Any] = {"vaccines": ("AZ", "BNT"), "districts": ("臺北市大安區",)}
ROUND = ("1.0.0", "covid19", NOW + timedelta(days=1), date(2021, 11, 12), None)

EXAMPLES: dict[str, Any] = {
    "registered": events.Registered(1, NOW, events.Register(**WHO, **TICKED)),
    "amended": events.Amended(2, NOW, events.Amend(**WHO, **TICKED)),
    "withdrawn": events.Withdrawn(2, NOW, events.Withdraw(**WHO)),
    "vaccine-added": events.VaccineAdded(2, NOW, events.AddVaccine(**WHO, vaccine="Medigen")),
    "notified": events.Notified(
        2, NOW, events.Notify(**WHO, policy_id=POLICY), "1.0.0", "covid19", None
    ),
    "booked": events.Booked(3, NOW, events.Book(**WHO, policy_id=POLICY, slot=SLOT), *ROUND),
    "changed": events.Changed(
        4, NOW, events.Change(**WHO, policy_id=POLICY, booking="c3", slot=SLOT), *ROUND
    ),
    "walked-in": events.WalkedIn(
        3, NOW, events.WalkIn(**WHO, policy_id=POLICY, slot=SLOT), *ROUND[:-1], "0" * 64
    ),
    "booked-next": events.BookedNext(
        4, NOW, events.BookNext(**WHO, policy_id=POLICY, slot=altered(SLOT, dose=2)), *ROUND
    ),
    "moved": events.Moved(
        4, NOW, events.Move(**WHO, policy_id=POLICY, booking="c3", slot=ENDING), *ROUND
    ),
    "corrected": events.Corrected(
        6, NOW, events.Correct(**WHO, event=5, reason=CorrectionReason.WRONG_PERSON)
    ),
    "cancelled": events.Cancelled(4, NOW, events.Cancel(**WHO, booking="c3")),
    "session-cancelled": events.SessionCancelled(4, NOW, events.CancelSession(**WHO, booking="c3")),
    "arrived": events.Arrived(4, NOW, events.CheckIn(**WHO, booking="c3")),
    "vaccinated": events.Vaccinated(5, NOW, events.Vaccinate(**WHO, booking="c3"), 1, DOSE),
    "deferred": events.Deferred(5, NOW, events.Defer(**WHO, booking="c3")),
    "missed": events.Missed(4, NOW, events.Miss(**WHO, booking="c3")),
    "carried-over": events.CarriedOver(3, NOW, events.CarryOver(**WHO, policy_id=POLICY)),
    "dose-recorded": events.DoseRecorded(1, NOW, events.RecordDose(**WHO, dose=1, given=DOSE)),
    "closed": events.Closed(6, NOW, events.Close(**WHO, reason=CloseReason.COMPLETED)),
    "slot-opened": slots.Opened(1, NOW, slots.Open(**PLACE, slot=SLOT, places=90)),
    "slot-held": slots.Held(
        2, NOW, slots.Hold(**PLACE, booking=REF, until=NOW + timedelta(minutes=10))
    ),
    "slot-taken": slots.Taken(2, NOW, slots.Take(**PLACE, booking=REF)),
    "slot-confirmed": slots.Confirmed(3, NOW, slots.Confirm(**PLACE, booking=REF)),
    "slot-released": slots.Released(4, NOW, slots.Release(**PLACE, booking=REF)),
    "slot-waited": slots.Waited(5, NOW, slots.Wait(**PLACE, booking=REF)),
    "slot-capacity-changed": slots.CapacityChanged(
        5, NOW, slots.ChangeCapacity(**PLACE, places=80)
    ),
    "slot-closed": slots.Closed(6, NOW, slots.Close(**PLACE), (REF,)),
}


def golden(name: str, form: int) -> Path:
    return GOLDEN / f"{name}.{form}.json"


def pretty(event: Any) -> str:
    return json.dumps(unstructure(event), ensure_ascii=False, indent=2) + "\n"


@pytest.mark.parametrize("name", FORMS)
def test_every_published_form_is_read(name: str) -> None:
    _, current = FORMS[name]
    for form in range(1, current + 1):
        written = golden(name, form).read_text(encoding="utf-8")
        assert from_json(written) == EXAMPLES[name]


@pytest.mark.parametrize("name", FORMS)
def test_the_current_form_is_written_as_published(name: str) -> None:
    written = golden(name, FORMS[name][1]).read_text(encoding="utf-8")
    assert pretty(EXAMPLES[name]) == written


def test_there_is_a_golden_file_for_each_form_and_no_other() -> None:
    wanted = {
        golden(name, form) for name, (_, current) in FORMS.items() for form in range(1, current + 1)
    }
    assert set(GOLDEN.glob("*.json")) == wanted


def test_every_event_has_a_name_in_json() -> None:
    assert {kind for kind, _ in FORMS.values()} == {
        *events.EVENTS.values(),
        *slots.EVENTS.values(),
    }


@given(journeys())
def test_what_is_written_is_read_again(steps: tuple[Step, ...]) -> None:
    for event in steps[-1].after.history if steps else ():
        assert from_json(to_json(event)) == event


def test_an_opening_of_slots_that_share_places_is_read_again() -> None:
    mine, other = (altered(ENDING, vaccine=it, pool="people") for it in ("BNT", "AZ"))
    command = slots.Open(**PLACE, slot=mine, shared_with=[other], places=90)
    event = slots.Opened(1, NOW, command)
    assert from_json(to_json(event)) == event


def test_an_event_is_one_line() -> None:
    assert "\n" not in to_json(EXAMPLES["booked"])


def test_an_instant_keeps_its_offset() -> None:
    event = altered(EXAMPLES["withdrawn"], at=NOW.astimezone(UTC))
    assert unstructure(event)["at"] == "2021-11-03T02:00:30+00:00"
    assert unstructure(EXAMPLES["withdrawn"])["at"] == "2021-11-03T10:00:30+08:00"


def broken(name: str, *path: str, value: Any) -> dict[str, Any]:
    """An example's JSON with one value replaced, or added."""
    written: dict[str, Any] = json.loads(to_json(EXAMPLES[name]))
    inner = written
    for each in path[:-1]:
        inner = inner[each]
    inner[path[-1]] = value
    return written


@pytest.mark.parametrize(
    ("written", "path", "code"),
    [
        (broken("booked", "extra", value=1), "$.extra", "unknown-key"),
        (broken("booked", "command", "slot", "extra", value=1), "$.command.slot.extra", "unknown-key"),
        (broken("booked", "at", value="2021-11-03T10:00:00"), "$.at", "not-an-instant"),
        (broken("booked", "at", value=5), "$.at", "not-an-instant"),
        (broken("booked", "at", value="2021-W44-3T10:00:00+08:00"), "$.at", "not-an-instant"),
        (broken("booked", "at", value="2021-11-03T10:00:00+08:60"), "$.at", "not-an-instant"),
        (broken("booked", "version", value="3"), "$.version", "wrong-type"),
        (broken("booked", "version", value=True), "$.version", "wrong-type"),
        (broken("booked", "version", value=0), "$.version", "out-of-range"),
        (broken("booked", "record", value=5), "$.record", "wrong-type"),
        (broken("booked", "type", value="boked"), "$.type", "unknown-value"),
        (broken("booked", "type", value=["booked"]), "$.type", "unknown-value"),
        (broken("booked", "form", value=4), "$.form", "unknown-value"),
        (broken("booked", "form", value="1"), "$.form", "unknown-value"),
        (broken("booked", "form", value=0), "$.form", "unknown-value"),
        (broken("booked", "round_ends", value="20211112"), "$.round_ends", "not-a-date"),
        (broken("moved", "command", "slot", "ends", value="12"), "$.command.slot.ends", "not-a-time"),
        (broken("moved", "command", "slot", "ends", value="24:00"), "$.command.slot.ends", "not-a-time"),
        (broken("booked", "command", value={}), "$.command.id", "missing"),
        (broken("registered", "command", "vaccines", value="AZ"), "$.command.vaccines", "wrong-type"),
        (broken("registered", "command", "vaccines", value={"AZ": 1}), "$.command.vaccines", "wrong-type"),
        (broken("slot-closed", "affected", value=""), "$.affected", "wrong-type"),
        (broken("slot-opened", "command", "shared_with", value=[unstructure(EXAMPLES["slot-opened"])["command"]["slot"]]), "$.command.shared_with", "contradiction"),
        (broken("closed", "command", "reason", value="tired"), "$.command.reason", "unknown-value"),
        (broken("dose-recorded", "command", "dose", value="1"), "$.command.dose", "wrong-type"),
        (broken("dose-recorded", "command", "given", "on", value="2021-W43"), "$.command.given.on", "not-a-date"),
    ],
)  # fmt: skip
def test_what_is_not_as_published_is_refused_with_path_and_code(
    written: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(UnreadableEvent) as refused:
        structure(written)
    assert (path, code) in {(it.path, it.code) for it in refused.value.problems}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "not-json"),
        ("[]", "wrong-type"),
        ("[" * 200_000, "too-deep"),
        ("9" * 5_000, "out-of-range"),
        (b"\xff\xfe", "not-utf-8"),
        ('{"type": "\\ud800"}', "not-utf-8"),
        ('{"type": "closed", "type": "closed"}', "said-twice"),
        ('{"type": NaN}', "not-whole"),
    ],
    ids=["half", "array", "deep", "long number", "not UTF-8", "half a pair", "twice", "NaN"],
)
def test_what_is_not_an_object_in_strict_json_is_refused(text: Any, code: str) -> None:
    for reader in (from_json, read_journey_event, read_slot_event):
        with pytest.raises(UnreadableEvent) as refused:
            reader(text)
        assert [it.code for it in refused.value.problems] == [code]


@pytest.mark.parametrize("name", FORMS)
def test_each_reader_takes_the_events_of_its_stream_alone(name: str) -> None:
    line = to_json(EXAMPLES[name])
    right, wrong = read_journey_event, read_slot_event
    if name.startswith("slot-"):
        right, wrong = wrong, right  # type: ignore[assignment]  # each has its own return type
    for written in (line, line.encode(), json.loads(line)):
        assert right(written) == EXAMPLES[name]
        with pytest.raises(UnreadableEvent, match=r"expected the name of a \w+'s event at \$.type"):
            wrong(written)


def test_replay_takes_what_the_typed_readers_give() -> None:
    registered, opened = EXAMPLES["registered"], EXAMPLES["slot-opened"]
    state = reservation.replay([read_journey_event(to_json(registered))])
    assert state.version == 1
    assert slots.replay([read_slot_event(to_json(opened))]).version == 1


def test_bytes_are_read_as_well() -> None:
    assert from_json(to_json(EXAMPLES["booked"]).encode()) == EXAMPLES["booked"]


def test_the_list_of_problems_has_an_end() -> None:
    with pytest.raises(UnreadableEvent) as refused:
        structure(broken("slot-closed", "affected", value=[1] * 1000))
    assert 1 < len(refused.value.problems) <= 20


@pytest.mark.parametrize("name", [name for name, _ in event_json.UPCASTS])
def test_an_older_form_that_is_not_one_is_refused_all_the_same(name: str) -> None:
    commands: list[Any] = [None, [], {}, {"slot": 1}]
    for command in commands:
        with pytest.raises(UnreadableEvent):
            structure({"type": name, "form": 1, "command": command})


def test_a_problem_repeats_no_value() -> None:
    with pytest.raises(UnreadableEvent) as refused:
        structure(broken("withdrawn", "command", "subject", value="A123456789"))
    assert refused.value.problems
    assert "A123456789" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_older_form_is_brought_up_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say forms 1 and 2 of a closing had no reason, and form 1 called the instant `when`."""
    monkeypatch.setitem(event_json.FORMS, "closed", (events.Closed, 3))
    oldest = unstructure(EXAMPLES["closed"])
    oldest["form"], oldest["when"] = 1, oldest.pop("at")
    del oldest["command"]["reason"]

    def second(written: dict[str, Any]) -> dict[str, Any]:
        return {"at": written["when"], **{k: it for k, it in written.items() if k != "when"}}

    def third(written: dict[str, Any]) -> dict[str, Any]:
        return {**written, "command": {**written["command"], "reason": "completed"}}

    upcasts = {("closed", 1): second, ("closed", 2): third}
    assert structure(oldest, upcasts=upcasts) == EXAMPLES["closed"]
    with pytest.raises(UnreadableEvent, match="expected a form of this type"):
        structure(oldest, upcasts={("closed", 1): second})


@pytest.mark.parametrize("name", FORMS)
def test_an_event_says_who_when_and_why_and_nothing_personal(name: str) -> None:
    written = unstructure(EXAMPLES[name])
    assert {"type", "form", "version", "at", "command"} <= set(written)
    assert {"id", "actor"} <= set(written["command"])
    names = {*written, *written["command"]}
    assert not names & {"id_number", "nhi_card", "permit", "passport", "mobile", "groups", "name"}


def test_no_field_of_an_event_or_command_could_hold_a_number_object() -> None:
    for kind, _ in FORMS.values():
        for attribute in (*fields(kind), *fields(type(EXAMPLES_BY_KIND[kind].command))):
            assert "Number" not in str(attribute.type)


EXAMPLES_BY_KIND: dict[type[Any], AnyEvent | Any] = {type(each): each for each in EXAMPLES.values()}


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for each, (_, newest) in FORMS.items():
        if not golden(each, newest).exists():
            golden(each, newest).write_text(pretty(EXAMPLES[each]), encoding="utf-8")
