"""Laws for the other members of the kinds of faults: whatever is spelled, nested or brought."""

from __future__ import annotations

import copy
import json
import pickle
import re
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import vaxpolicy
from tests.values.test_every_class import CLASSES, made
from tests.values.test_kinds_of_faults import AT, ERRORS, WHO
from tests.wire.test_every_class_crosses import NOT_SENT
from vaxpolicy import catalog, desk, reservation, testing, wire
from vaxpolicy._strict import (
    ExpectedError,
    InvalidDocument,
    read_day,
    read_instant,
    read_json,
    read_toml,
)
from vaxpolicy._values import InvalidType, InvalidValue
from vaxpolicy.booking.request import Request
from vaxpolicy.eligibility import Person, PolicyError, Willingness
from vaxpolicy.fhir import InvalidParameters
from vaxpolicy.fhir import Problem as FhirProblem
from vaxpolicy.identity import (
    COUNTIES,
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    NumberError,
)
from vaxpolicy.messages import MissingText
from vaxpolicy.population import BadRow, BadRowError, ColumnError, UnreadableError
from vaxpolicy.record import Difference, RecordError
from vaxpolicy.rules.conditions import LEAVES, AgeAtLeast, AllOf, Condition, InGroup, NotThat
from vaxpolicy.rules.people import COMMON_SPELLINGS
from vaxpolicy.rules.policy import Policy, Rule

SIGNS = "0123456789-+:.TtZzW /\u0661\uff10"
ALTERED = st.tuples(st.integers(0, 24), st.integers(0, 2), st.text(SIGNS, max_size=3))
DAYS, INSTANTS = st.dates(), st.datetimes(timezones=st.just(UTC))


def altered(text: str, change: tuple[int, int, str]) -> str:
    """A text with some characters of it replaced."""
    at, gone, put = change
    return text[:at] + put + text[at + gone :]


@given(DAYS, ALTERED)
def test_a_day_is_read_in_its_one_form_alone(day: date, change: tuple[int, int, str]) -> None:
    text = altered(day.isoformat(), change)
    try:
        found = read_day(text)
    except ExpectedError:
        return
    assert found.isoformat() == text


@given(INSTANTS, ALTERED)
def test_an_instant_is_read_as_in_rfc_3339_alone(
    at: datetime, change: tuple[int, int, str]
) -> None:
    text = altered(at.isoformat(), change)
    try:
        found = read_instant(text)
    except ExpectedError:
        return
    form = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
    assert re.fullmatch(form, text, re.ASCII)
    assert found.isoformat()[:19] == text[:19].upper().replace(" ", "T")


@pytest.mark.parametrize("digits", ["9", "987654", "9876543", "987654321", "9" * 15])
def test_a_fraction_of_a_second_is_cut_to_microseconds_by_every_reader(digits: str) -> None:
    text = f"2021-07-08T09:59:59.{digits}+08:00"
    instant = datetime.fromisoformat(f"2021-07-08T09:59:59.{digits[:6]:0<6}+08:00")
    assert read_instant(text) == instant < datetime.fromisoformat("2021-07-08T10:00:00+08:00")
    assert wire.load(Willingness, {"wanted": {"AZ": text}}).wanted["AZ"] == instant
    assert Draft202012Validator(wire.schema(Willingness)).is_valid({"wanted": {"AZ": text}})
    assert read_toml(f"at = {text}")["at"] == instant
    slot = {**wire.dump(made(reservation.Slot)), "ends": f"17:00:00.{digits}"}
    ends = wire.load(reservation.Slot, slot).ends
    assert ends is not None
    assert ends.microsecond == instant.microsecond
    assert Draft202012Validator(wire.schema(reservation.Slot)).is_valid(slot)


def test_a_county_is_kept_as_the_household_registry_writes_it() -> None:
    of_letters = {it.name for it in COUNTIES.values()}
    assert {*COMMON_SPELLINGS.values()} == {name for name in of_letters if "臺" in name}
    for common, name in COMMON_SPELLINGS.items():
        for person in (
            Person(registered_county=common, residence_county=common),
            wire.load(Person, {"registered_county": common, "residence_county": common}),
            catalog.person_from({"registered_county": common, "residence_county": common}),
        ):
            assert (person.registered_county, person.residence_county) == (name, name)
    assert Person(registered_county="澎湖縣").registered_county == "澎湖縣"
    for wrong in ("臺北市 ", " 臺北市"):
        with pytest.raises(InvalidValue, match=r"^registered_county: expected .* without a blank"):
            Person(registered_county=wrong)
        data = {"registered_county": wrong}
        assert not Draft202012Validator(wire.schema(Person)).is_valid(data)
        with pytest.raises(wire.InvalidData):
            wire.load(Person, data)


def with_keys_twice(text: str) -> list[str]:
    """Texts in each of which one key is written twice: every key that begins an object."""
    begun = re.finditer(r'\{("[^"]*"): ', text)
    return [f"{text[: it.start(1)]}{it[1]}: null, {text[it.start(1) :]}" for it in begun]


def test_a_key_twice_is_refused_in_every_value_wherever_it_lies() -> None:
    tried = 0
    for name in sorted(CLASSES.keys() - NOT_SENT):
        text = json.dumps(wire.dump(made(CLASSES[name])))
        for twice in with_keys_twice(text)[:12]:
            tried += 1
            with pytest.raises(InvalidDocument) as raised:
                read_json(twice)
            assert [it.code for it in raised.value.problems] == ["said-twice"]
    assert tried > 200


def exceptions() -> set[type[BaseException]]:
    """Every exception that a public room exports."""
    found = set()
    for room in dir(vaxpolicy):
        module = import_module(f"vaxpolicy.{room}") if not room.startswith("_") else None
        for name in getattr(module, "__all__", ()):
            it = getattr(module, name)
            if isinstance(it, type) and issubclass(it, BaseException):
                found.add(it)
    return found


MORE_ERRORS: list[BaseException] = [
    desk.Conflict("the stream has moved on"),
    desk.Unavailable("no answer"),
    desk.WrongTables("tables of a newer version"),
    PolicyError("rule a: a fault"),
    InvalidParameters((FhirProblem("Parameters", "assessment-date-not-valid"),)),
    InvalidChecksum("a number", code="wrong-check-digit"),
    InvalidComponent("a number", code="no-such-county"),
    InvalidFormat("a number", code="invalid-character"),
    InvalidLength("a number", code="invalid-length"),
    NumberError("a number", code="invalid-length"),
    MissingText("outcome/eligible"),
    BadRowError(BadRow(3, "invalid-doses")),
    ColumnError("doses", "int64", "a list"),
    UnreadableError("people.parquet"),
    RecordError((Difference("not-a-record", "policy", now="an object"),)),
]


def test_every_exception_that_is_exported_travels() -> None:
    tried = {type(it) for it in (*ERRORS, *MORE_ERRORS)}
    assert {it.__name__ for it in exceptions() - tried} == set()
    for error in MORE_ERRORS:
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301  # our own
            assert type(twin) is type(error)
            assert str(twin) == str(error)
            assert repr(vars(twin)) == repr(vars(error))


BROUGHT = [
    it.name
    for it in attrs.fields(Request)
    if it.init and it.name not in {"state", "command", "now", "programme"}
]


@pytest.mark.parametrize("name", BROUGHT)
def test_a_slip_in_what_is_brought_is_a_type_error_and_no_refusal(name: str) -> None:
    journey = reservation.initial()
    for command in (
        reservation.Register(**WHO, vaccines=["AZ"], districts=["x"]),
        reservation.Book(**WHO, policy_id="own/x", slot=made(reservation.Slot)),
    ):
        for wrong in (object(), 5, b"x", "matched " * 40):
            brought: dict[str, Any] = {name: wrong}
            with pytest.raises((InvalidType, ValueError), match=rf"^{name}: expected "):
                reservation.decide(journey, command, now=AT, **brought)


def test_a_programme_of_another_type_is_a_type_error() -> None:
    leave: Any = reservation.Withdraw(**WHO)
    settings: Any = {"registration": "none"}
    with pytest.raises(TypeError, match="programme"):
        reservation.decide(
            reservation.initial(),
            reservation.Register(**WHO, vaccines=["AZ"], districts=["x"]),
            now=AT,
            programme=settings,
        )
    with pytest.raises(reservation.Rejected):
        reservation.decide(reservation.initial(), leave, now=AT)


def test_no_condition_has_the_key_of_another_one() -> None:
    keys = {attrs.fields(kind)[0].name for kind in LEAVES}
    for kind in LEAVES:
        assert not keys & {it.name for it in attrs.fields(kind)[1:]}


def test_a_condition_is_loaded_by_its_class() -> None:
    older = AgeAtLeast(18, "day")
    assert wire.load(AgeAtLeast, wire.dump(older)) == older
    assert wire.load(Condition, wire.dump(older)) == older
    for it in (NotThat(older), AllOf((older, InGroup("own/1")))):
        assert wire.load(type(it), wire.dump(it)) == it
    others: list[Any] = [{"group": "own/1"}, {"all": []}, [], None]
    for wrong in others:
        with pytest.raises(wire.InvalidData):
            wire.load(AgeAtLeast, wrong)


@pytest.mark.parametrize("call", [lambda kind: wire.load(kind, {"read": 5}), wire.schema])
def test_a_class_whose_field_is_no_data_is_a_type_error(call: Any) -> None:
    with pytest.raises(TypeError, match=r"cannot load a Recorder|has no form in JSON"):
        call(testing.Recorder)


def test_an_unknown_fact_is_loaded_as_unknown() -> None:
    assert wire.load(Person, {}) == Person()
    assert catalog.person_from({}) == Person()


def test_only_a_whole_policy_is_asked_for_citations() -> None:
    alone = Rule("r", 1, ("AZ",), ())
    data = wire.dump(alone)
    assert wire.load(Rule, data) == alone
    assert Draft202012Validator(wire.schema(Rule)).is_valid(data)
    of_policy = wire.schema(Policy)["$defs"]["Rule"]["properties"]["cites"]
    assert of_policy["minItems"] == 1
