"""Every public value class crosses the wire and comes back equal, or says why it does not."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest
from jsonschema import Draft202012Validator

from tests.values.test_every_class import BASES, CLASSES, made
from vaxpolicy import wire
from vaxpolicy.days import DayRange
from vaxpolicy.rules.conditions import Condition
from vaxpolicy.rules.policy import VaccinationDays

A_NUMBER = "it holds a person's number, which is never written"
A_BASE = "the base of classes that are written"
A_COUNT = "counts of pairs; `population` writes them as tables"
A_TEST = "a step of a test, which is not sent"
NOT_SENT = {
    "vaxpolicy.identity.IdentityForm": A_NUMBER,
    "vaxpolicy.identity.MatchedClaim": A_NUMBER,
    "vaxpolicy.identity.NhiClaim": A_NUMBER,
    "vaxpolicy.identity.PassportClaim": A_NUMBER,
    "vaxpolicy.identity.PermitClaim": A_NUMBER,
    "vaxpolicy.numbers.reading.Suggestion": A_NUMBER,
    "vaxpolicy.booking.request.Request": A_NUMBER,
    "vaxpolicy.fhir.people.Imported": A_NUMBER,
    "vaxpolicy.numbers.documents.EntryDocumentNumber": A_NUMBER,
    "vaxpolicy.numbers.documents.EntryPermitNumber": A_NUMBER,
    "vaxpolicy.numbers.documents.MobileNumber": A_NUMBER,
    "vaxpolicy.numbers.documents.NhiCardNumber": A_NUMBER,
    "vaxpolicy.numbers.documents.PassportNumber": A_NUMBER,
    "vaxpolicy.numbers.id_numbers.IdNumber": A_NUMBER,
    "vaxpolicy.numbers.id_numbers.NationalId": A_NUMBER,
    "vaxpolicy.numbers.id_numbers.UiNumber": A_NUMBER,
    "vaxpolicy.numbers.reading.Number": A_NUMBER,
    "vaxpolicy.booking.events.Booking": A_BASE,
    "vaxpolicy.rules.conditions.base.Condition": A_BASE,
    "vaxpolicy.booking.events.JourneyEvent": A_BASE,
    "vaxpolicy.booking.streams.Event": A_BASE,
    "vaxpolicy.rules.conditions.ages.Age": A_BASE,
    "vaxpolicy.testing.slot_laws.SlotStep": A_TEST,
    "vaxpolicy.testing.steps.Step": A_TEST,
    "vaxpolicy.testing.recorder.Recorder": A_TEST,
    "vaxpolicy.reservation.Asked": "a command with what `decide` takes beside it, in one process",
    "vaxpolicy.reservation.Possible": "it names a class of commands, for the buttons of a page",
    "vaxpolicy.messages.conditions.Wording": "it holds a function, and writes texts in one process",
    "vaxpolicy.population.comparison.Comparison": A_COUNT,
    "vaxpolicy.population.tallies.Tally": A_COUNT,
    "vaxpolicy.population.sql.Predicate": "a query with its parameters, which are days of Python",
}
"""The classes that do not cross, each with the reason. A new class is not among them."""


def test_each_exception_is_still_a_public_class() -> None:
    assert set(NOT_SENT) <= set(CLASSES)


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - NOT_SENT))
def test_a_public_value_crosses_the_wire_and_fits_its_schema(name: str) -> None:
    kind: Any = CLASSES[name]
    value = made(kind)
    data = json.loads(json.dumps(wire.dump(value), allow_nan=False))
    assert wire.load(kind, data) == value
    schema = wire.schema(kind)
    Draft202012Validator.check_schema(schema)
    assert [it for it in schema["$defs"] if it.startswith("_")] == []
    assert [it.message for it in Draft202012Validator(schema).iter_errors(data)] == []


OUT_OF_RANGE: dict[str | int, object] = {
    **{day.isoformat(): day for day in (date(1799, 12, 31), date(9001, 1, 1))},
    "1799-12-31T00:00:00Z": datetime(1799, 12, 31, tzinfo=UTC),
    -1: -1,
}


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - NOT_SENT))
def test_what_the_constructor_finds_out_of_range_is_not_read_either(name: str) -> None:
    kind: Any = CLASSES[name]
    value = made(kind)
    data = json.loads(json.dumps(wire.dump(value)))
    for it in attrs.fields(kind):
        for written, wrong in OUT_OF_RANGE.items():
            if it.name not in data or not it.init:
                continue
            try:
                attrs.evolve(value, **{it.alias: wrong})
            except ValueError as error:
                if getattr(error, "code", "") != "out-of-range":
                    continue
            else:
                continue
            with pytest.raises(wire.InvalidData):
                wire.load(kind, {**data, it.name: written})


def problems(kind: Any, data: Any) -> set[tuple[str, str]]:
    """Where the data is refused, and with which codes."""
    try:
        wire.load(kind, data)
    except wire.InvalidData as invalid:
        return {(it.path, it.code) for it in invalid.problems}
    return set()


JUNK: list[Any] = [None, [], {}, "", " ", -1, 10**9, 1, [" "], [0], {" ": " "}, "a b", True]


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - NOT_SENT))
def test_each_of_several_wrong_fields_is_told(name: str) -> None:
    """The problems of some wrong fields are those of each alone, however each of them is wrong."""
    kind: Any = CLASSES[name]
    data = json.loads(json.dumps(wire.dump(made(kind))))
    alone: dict[str, list[tuple[Any, set[tuple[str, str]]]]] = {}
    if not isinstance(data, dict):
        return
    for key in data.keys() - {"type", "form"}:  # they say which fields there are
        for junk in JUNK:
            found = problems(kind, {**data, key: junk})
            if found and all(path.startswith(f"$.{key}") for path, _ in found):
                alone.setdefault(key, []).append((junk, found))
    for start in range(len(JUNK)):
        chosen = {key: ways[(start + n) % len(ways)] for n, (key, ways) in enumerate(alone.items())}
        wrong = {**data, **{key: junk for key, (junk, _) in chosen.items()}}
        assert problems(kind, wrong) == set().union(*(found for _, found in chosen.values()))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (VaccinationDays, {"first": "2022-02-01", "last": "2022-01-31"}),
        (DayRange, {"first": "2022-02-01", "last": "2022-01-31"}),
    ],
)
def test_ends_that_are_not_in_order_are_not_read(kind: Any, data: Any) -> None:
    with pytest.raises(wire.InvalidData) as caught:
        wire.load(kind, data)
    assert [it.code for it in caught.value.problems] == ["wrong-order"]
    data["last"] = data["first"]
    assert wire.dump(wire.load(kind, data)).items() >= data.items()


NUMBERS = {name for name in BASES if name.endswith("Number")}


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, why in NOT_SENT.items()
        if why in {A_NUMBER, A_BASE, A_COUNT} and name not in NUMBERS
    ],
)
def test_what_holds_a_number_or_does_not_leave_the_process_is_not_written(name: str) -> None:
    kind: Any = CLASSES[name]
    value = kind() if issubclass(kind, Condition) else made(kind)
    with pytest.raises(TypeError, match="cannot dump"):
        wire.dump(value)


def test_a_record_on_the_wire_is_the_record_of_a_file() -> None:
    value = made(CLASSES["vaxpolicy.record.format.Record"])
    data = wire.dump(value)
    assert data == json.loads(value.to_json())
    with pytest.raises(wire.InvalidData) as raised:
        wire.load(type(value), {**data, "subject": "A123456789"})
    assert "A123456789" not in str(raised.value)
    assert [it.path for it in raised.value.problems] == ["$.subject"]
