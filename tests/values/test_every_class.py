"""All public value classes at once: each checks every field, and each field refuses what is wrong.

A class that is added to a public room without checks, or without a sample here, fails.
"""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, time
from enum import Enum
from importlib import import_module
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest

import vaxpolicy
from vaxpolicy import catalog, record, reservation, testing
from vaxpolicy._values import CHECKED, Between, Form, InvalidType, InvalidValue
from vaxpolicy.booking import slots
from vaxpolicy.booking.events import AnyEvent
from vaxpolicy.booking.slots import SlotEvent
from vaxpolicy.booking.streams import History
from vaxpolicy.catalog import Campaign
from vaxpolicy.eligibility import PartialDate, Person, Willingness, decide
from vaxpolicy.identity import (
    Confusion,
    EntryPermitNumber,
    IdentityForm,
    NationalId,
    PassportNumber,
    RegistryAnswer,
    Suggestion,
    UiNumber,
    check_form,
    match_claim,
)
from vaxpolicy.rules import conditions
from vaxpolicy.rules.policy import PolicyFile

INSIDE = ["booking.slots", "booking.programme", "booking.refusals", "rules.people", "rules.policy"]
"""Modules whose values are public by way of others."""
AN_ANSWER = "an answer of this library, which nothing takes"
NOT_VALUES = {
    "DaySet": "made by its class methods, which check",
    "Request": "what guards are given; not a value",
    "Number": "made of text that was read; it validates itself",
    "Condition": "a base without fields",
    "CompiledPolicy": "a policy made ready; not a value",
    "CompiledOffer": "a policy made ready; not a value",
    "Change": "what is worked out for one person; nothing takes it",
    "Ranking": "what is worked out for one person; nothing takes it",
    "Between": "part of an annotation",
    "Labels": "words of pictures, made from the catalogues",
    "Wording": "what texts are made with; not a value",
    "Snapshot": "it goes from the desk to a store and back",
    "MemoryStore": "a store; made by `empty`",
    "Recorder": "it records steps; not a value",
    **dict.fromkeys(
        ("Attendance", "BadRow", "ChangeInWords", "Comparison", "Difference", "Done", "Forecast", "ForecastOffer", "Imported",
         "Leak", "Line", "PolicyDiff", "Possible", "Predicate", "Problem", "ReasonInWords", "SeasonDiff", "SlotAnswer",
         "Stranded", "Unsettled", "Waiting"),
        AN_ANSWER,
    ),
}  # fmt: skip
AT = datetime(2021, 7, 8, 9, tzinfo=UTC)
FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)


def public() -> dict[str, type[Any]]:
    """Every value class of every public room, found by its export; a new room is found as well."""
    found: dict[str, type[Any]] = {}
    for room in [*dir(vaxpolicy), *INSIDE]:
        if room.startswith("_"):
            continue
        module = import_module(f"vaxpolicy.{room}")
        for name in vars(module) if room in INSIDE else getattr(module, "__all__", ()):
            it = getattr(module, name)
            ours = isinstance(it, type) and attrs.has(it) and it.__module__.startswith("vaxpolicy")
            if ours and not name.startswith("_") and name not in NOT_VALUES:
                found[f"{it.__module__}.{it.__qualname__}"] = it
    return {
        name: it
        for name, it in found.items()
        if not any(base.__name__ == "Number" for base in it.__mro__)
    }


CLASSES = public()


def test_each_exception_is_still_there() -> None:
    exported = {
        name
        for room in [*dir(vaxpolicy), *INSIDE]
        if not room.startswith("_")
        for name in vars(import_module(f"vaxpolicy.{room}"))
    }
    assert set(NOT_VALUES) <= exported


def has_checks(field: attrs.Attribute[Any]) -> bool:
    return CHECKED in field.metadata


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_of_a_public_class_is_checked(name: str) -> None:
    unchecked = [it.name for it in attrs.fields(CLASSES[name]) if it.init and not has_checks(it)]
    assert not unchecked


def good(kind: Any, name: str = "") -> Any:  # noqa: C901, PLR0911  # one for each kind
    """A value that an annotation takes."""
    if kind in SAMPLES:
        return SAMPLES[kind]
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        between = [it for it in parts[1:] if isinstance(it, Between)]
        if any(isinstance(it, Form) for it in parts[1:]):
            return "0" * (128 if "128" in str(kind) else 64)
        return between[0].low if between else good(parts[0], name)
    if origin is Literal:
        return parts[0]
    if origin in {tuple, frozenset}:
        return origin([good(parts[0])])
    if origin is not None and isinstance(origin, type) and issubclass(origin, dict):
        return {}
    if parts and NoneType in parts:
        return None
    if kind == History[SlotEvent] or kind == History[AnyEvent]:
        return History()
    if parts:
        return {} if "Mapping" in str(origin) else good(parts[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    return made(kind)


DAYS = catalog.load("tw/covid19-1922/round-13")
DECISION = decide(DAYS, Person(date(1950, 5, 5), (), (), willingness=Willingness({"AZ": AT})))
SAMPLES: dict[Any, Any] = {
    str: "x",
    int: 1,
    bool: True,
    date: date(2021, 7, 1),
    datetime: AT,
    time: time(17),
    NationalId: NationalId.parse("A123456789"),
    UiNumber: UiNumber.parse("A800000014"),
    PassportNumber: PassportNumber.parse("X1234567"),
    EntryPermitNumber: EntryPermitNumber.parse("000012345678"),
    conditions.AnyCondition: conditions.InGroup("own/1"),
    conditions.Condition: conditions.InGroup("own/1"),
}
RECORD = record.make(DAYS, Person(date(1950, 5, 5), (), (), key="0" * 64), at=AT, sign_with=None)
MADE: dict[str, Any] = {
    "Policy": DAYS,
    "PolicyFile": PolicyFile("x", "1", AT.date(), "covid19", "none", {}, DAYS.stages),
    "Campaign": Campaign(DAYS, {}, {}, reservation.Programme()),
    "Record": RECORD,
    "RecordedDecision": RECORD.decision,
    "State": reservation.initial(),
    "Capacity": slots.initial(),
    "Kept": slots.Kept(slots.BookingRef("p", "b"), slots.Allocation.TAKEN),
    "Step": testing.step(
        reservation.initial(),
        reservation.Withdraw(id="c1", actor=reservation.Actor.PERSON, subject="p-1"),
        now=AT,
    ),
    "SlotStep": testing.slot_step(
        slots.initial(), slots.Close(id="c1", actor=reservation.Actor.SITE), now=AT
    ),
    "PartialDate": PartialDate(1950, 3),
    "VaccinationDays": DAYS.stages[0].vaccination_days,
    "MatchedClaim": match_claim(check_form(FORM, on=date(2021, 7, 8)), RegistryAnswer.MATCHED),
    "NhiClaim": check_form(FORM, on=date(2021, 7, 8)),
    "Suggestion": Suggestion(NationalId.parse("A123456789"), Confusion.LOST, 3),
}


def made(kind: Any) -> Any:
    """A value of a class, each field with a value that its annotation takes."""
    if kind.__name__ in MADE:
        return MADE[kind.__name__]
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{it.alias: good(hints[it.name], it.name) for it in attrs.fields(kind) if it.init and it.default is attrs.NOTHING})  # fmt: skip


WRONG: list[Any] = [object(), 1.5, -1, 10**12, "", "  ", "A123456789", "\ud800", "nothing of the kind",
                    b"x", datetime(2021, 1, 1), date(79, 5, 1), ["x"], {"x": object()}, True, None, ()]  # noqa: DTZ001  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_a_wrong_value_in_any_field_is_refused_with_a_code(name: str) -> None:
    kind = CLASSES[name]
    try:
        sample = made(kind)
    except (InvalidValue, TypeError, AttributeError, NotImplementedError):
        pytest.fail(f"{name} has no sample: add one to MADE")
    for field in attrs.fields(kind):
        refused = 0
        for wrong in WRONG if field.init else ():
            try:
                attrs.evolve(sample, **{field.alias: wrong})
            except InvalidValue as error:
                refused += 1
                told = error
                assert isinstance(told, InvalidType) == (told.code == "wrong-type")
                assert told.code
                assert told.expected
                assert "A123456789" not in str(told)
        assert refused >= 3 or not field.init, f"{name}.{field.name} takes nearly everything"


BASE = "vaxpolicy.rules.conditions.ages.Age"
"""A class without values of its own."""


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - {BASE}))
def test_a_value_of_each_class_travels(name: str) -> None:
    value = made(CLASSES[name])
    for twin in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):  # noqa: S301  # our own
        assert type(twin) is type(value)
        assert repr(twin) == repr(value)
        # a step holds an exception, and an exception is equal to itself alone
        assert twin == value or getattr(value, "refused", None) is not None
