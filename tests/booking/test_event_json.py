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

from vaxpolicy.booking import event_json, events, slots
from vaxpolicy.booking.event_json import (
    FORMS,
    UnreadableEvent,
    from_json,
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
    ("written", "problem"),
    [
        (broken("booked", "extra", value=1), "unknown field (1) @ $"),
        (
            broken("booked", "command", "slot", "extra", value=1),
            "unknown field (1) @ $.command.slot",
        ),
        (broken("booked", "at", value="2021-11-03T10:00:00"), "not a value of this field @ $.at"),
        (broken("booked", "at", value=5), "not a value of this field @ $.at"),
        (broken("booked", "version", value="3"), "not a value of this field @ $.version"),
        (broken("booked", "version", value=True), "not a value of this field @ $.version"),
        (broken("booked", "record", value=5), "not a value of this field @ $.record"),
        (broken("booked", "type", value="boked"), "not the name of an event @ $.type"),
        (broken("booked", "type", value=["booked"]), "not the name of an event @ $.type"),
        (broken("booked", "form", value=3), "expected a form of this type, up to 2 @ $.form"),
        (broken("booked", "form", value="1"), "expected a form of this type, up to 2 @ $.form"),
        (
            broken("booked", "at", value="2021-W44-3T10:00:00+08:00"),
            "not a value of this field @ $.at",
        ),
        (
            broken("booked", "round_ends", value="20211112"),
            "not a value of this field @ $.round_ends",
        ),
        (
            broken("moved", "command", "slot", "ends", value="12"),
            "not a value of this field @ $.command.slot.ends",
        ),
        (broken("booked", "form", value=0), "not a form of this type @ $.form"),
        (broken("booked", "command", value={}), "required field missing @ $.command.id"),
        (
            broken("registered", "command", "vaccines", value="AZ"),
            "not a value of this field @ $.command.vaccines",
        ),
        (
            broken("registered", "command", "vaccines", value={"AZ": 1}),
            "not a value of this field @ $.command.vaccines",
        ),
        (broken("slot-closed", "affected", value=""), "not a value of this field @ $.affected"),
        (
            broken("closed", "command", "reason", value="tired"),
            "not a value of this field @ $.command.reason",
        ),
    ],
)
def test_what_is_not_as_published_is_refused(written: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnreadableEvent) as refused:
        structure(written)
    assert problem in refused.value.problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON @ $"),
        ("[]", "expected an object @ $"),
        ("[" * 200_000, "not JSON @ $"),
        ("9" * 5_000, "not JSON @ $"),
        (b"\xff\xfe", "not JSON @ $"),
        ('{"type": "\\ud800"}', "not JSON @ $"),
    ],
    ids=["half", "array", "deep", "long number", "not UTF-8", "half a pair"],
)
def test_what_is_no_object_is_refused(text: Any, problem: str) -> None:
    with pytest.raises(UnreadableEvent) as refused:
        from_json(text)
    assert refused.value.problems == (problem,)


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
    with pytest.raises(UnreadableEvent, match="not a form of this type"):
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
