"""All public value classes at once: each checks every field, and each field refuses what is wrong.

A class that is added to a public room without checks, or without a sample here, fails.
"""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from enum import Enum
from importlib import import_module
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeGuard,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs
import pytest

import vaxpolicy
from vaxpolicy import catalog, record, reservation, testing, wire
from vaxpolicy._values import CHECKED, Between, Form, InvalidType, InvalidValue, Kind, OneOf
from vaxpolicy.analysis.profiles import Registered
from vaxpolicy.booking import slots
from vaxpolicy.booking.events import AnyEvent
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.slots import SlotEvent
from vaxpolicy.booking.streams import History
from vaxpolicy.catalog import Campaign
from vaxpolicy.eligibility import PartialDate, Person, Willingness, decide
from vaxpolicy.identity import (
    Confusion,
    EntryDocumentNumber,
    EntryPermitNumber,
    IdentityForm,
    MobileNumber,
    NationalId,
    NhiCardNumber,
    PassportNumber,
    RegistryAnswer,
    Suggestion,
    UiNumber,
    check_form,
    match_claim,
)
from vaxpolicy.numbers.reading import Number, NumberError
from vaxpolicy.rules import conditions
from vaxpolicy.rules.conditions.facts import Facts
from vaxpolicy.rules.policy import FactKind, Group, PolicyFile
from vaxpolicy.rules.validity import Spacing

if TYPE_CHECKING:
    from collections.abc import Iterator

INSIDE = [
    *("booking.slots", "booking.programme", "booking.refusals"),
    *("rules.people", "rules.policy"),
]
"""Modules whose values are public by way of others."""
AT = datetime(2021, 7, 8, 9, tzinfo=UTC)
FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)


def is_ours(it: object) -> TypeGuard[type[Any]]:
    """Whether it is a class of this library with fields; a private one is not public."""
    named = isinstance(it, type) and not it.__name__.startswith("_")
    return named and attrs.has(it) and it.__module__.startswith("vaxpolicy")  # type: ignore[arg-type]  # a class


def exported() -> Iterator[object]:
    """Whatever the public rooms export, and every condition; a new room is found as well."""
    yield from conditions.LEAVES
    for room in [*dir(vaxpolicy), *INSIDE]:
        if not room.startswith("_"):
            module = import_module(f"vaxpolicy.{room}")
            names = vars(module) if room in INSIDE else getattr(module, "__all__", ())
            yield from (getattr(module, name) for name in names if not name.startswith("_"))


def returned(it: object) -> Iterator[object]:
    """The classes that a public function, or a public method of a class, says it returns."""
    members = vars(it).items() if isinstance(it, type) else [("", it)]
    for name, member in members:
        function = getattr(member, "fget", getattr(member, "__func__", member))
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        own = inspect.unwrap(function)
        words = re.findall(r"\w+", str(own.__annotations__.get("return", "")))
        yield from (own.__globals__.get(word) for word in words)


def parts(kind: Any) -> Iterator[Any]:
    """A kind, and the kinds of which it is made."""
    yield kind
    for part in get_args(kind):
        for each in part if isinstance(part, list | tuple) else [part]:
            yield from parts(each)


def hints_of(kind: type) -> dict[str, Any]:
    """The annotations of the fields, read where the class stands that has them."""
    owner = Number if issubclass(kind, Number) else kind
    return get_type_hints(owner, include_extras=True)


def public() -> dict[str, type[Any]]:
    """The value classes that are exported, that public functions return, and their parts."""
    found: dict[str, type[Any]] = {}
    rest = [*exported()]
    while rest:
        it = rest.pop()
        if it is Facts:  # the conditions hand it on; nobody gives it to a public function
            continue
        if is_ours(it) and (name := f"{it.__module__}.{it.__qualname__}") not in found:
            found[name] = it
            rest += [each for kind in hints_of(it).values() for each in parts(kind)]
        if inspect.isfunction(it) or (is_ours(it) or inspect.isclass(it)):
            rest += [each for each in returned(it) if is_ours(each) and each not in found.values()]
    return found


CLASSES = dict(sorted(public().items()))


def test_the_values_that_only_functions_give_and_their_parts_are_found_as_well() -> None:
    found = {name.rpartition(".")[2] for name in CLASSES}
    assert {"Finding", "Spot", "Profile", "Tally", "Done", "RuleChange", "NationalId"} <= found
    assert len(CLASSES) > 150


def has_checks(field: attrs.Attribute[Any]) -> bool:
    return CHECKED in field.metadata


EQUAL_TO_ITSELF = {"Step", "SlotStep", "Request", "Possible"}


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_of_a_public_class_is_checked(name: str) -> None:
    unchecked = [it.name for it in attrs.fields(CLASSES[name]) if it.init and not has_checks(it)]
    assert not unchecked


def good(kind: Any, name: str = "") -> Any:  # noqa: C901, PLR0911  # one for each kind
    """A value that an annotation takes."""
    if kind in SAMPLES:
        return SAMPLES[kind]
    if isinstance(kind, TypeVar):
        return good(kind.__bound__)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        between = [it for it in parts[1:] if isinstance(it, Between)]
        if names := [it.names for it in parts[1:] if isinstance(it, OneOf)]:
            return names[0][0]
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


def no_events(_: str) -> tuple[AnyEvent, ...]:
    """Read a stream that is not there."""
    return ()


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
    EntryDocumentNumber: EntryDocumentNumber.parse("000012345678"),
    MobileNumber: MobileNumber.parse("0912345678"),
    NhiCardNumber: NhiCardNumber.parse("000012345678"),
    Number: NationalId.parse("A123456789"),
    Rejected: Rejected("slot-full"),
    Registered: Registered(((AT, None),)),
    type[reservation.JourneyCommand]: reservation.Withdraw,
    conditions.AnyCondition: conditions.InGroup("own/1"),
    conditions.Condition: conditions.InGroup("own/1"),
}
RECORD = record.make(DAYS, Person(date(1950, 5, 5), (), (), key="0" * 64), at=AT, sign_with=None)
MADE: dict[str, Any] = {
    "Policy": DAYS,
    "PolicyFile": PolicyFile("x", "1", AT.date(), "covid19", "none", {}, DAYS.stages),
    "FactKind": FactKind("own/a", {"en": "x"}),
    "Group": Group("own/b", {"en": "x"}, ()),
    "Spacing": Spacing(("AZ", "BNT"), 28, ()),
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
    "DaysSinceFact": conditions.DaysSinceFact("own/a", 3),
    "AgeAtDoseOf": conditions.AgeAtDoseOf(("AZ",), at_least_days=3),
    "VaccinationDays": DAYS.stages[0].vaccination_days,
    "MatchedClaim": match_claim(check_form(FORM, on=date(2021, 7, 8)), RegistryAnswer.MATCHED),
    "NhiClaim": check_form(FORM, on=date(2021, 7, 8)),
    "Recorder": testing.Recorder(no_events),
    "Suggestion": Suggestion(NationalId.parse("A123456789"), Confusion.LOST, 3),
}


def made(kind: Any) -> Any:
    """A value of a class, each field with a value that its annotation takes."""
    if kind in SAMPLES or kind.__name__ in MADE:
        return SAMPLES[kind] if kind in SAMPLES else MADE[kind.__name__]
    hints = hints_of(kind)
    return kind(**{it.alias: good(hints[it.name], it.name) for it in attrs.fields(kind) if it.init and it.default is attrs.NOTHING})  # fmt: skip


WRONG: list[Any] = [object(), 1.5, -1, 10**12, "", "  ", "A123456789", "\ud800", "nothing of the kind",
                    b"x", datetime(2021, 1, 1), date(79, 5, 1), ["x"], {"x": object()}, True, None, ()]  # noqa: DTZ001  # fmt: skip


def ways(kind: Any) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The kinds of which a field takes any, each with what its annotation says beside."""
    if get_origin(kind) is Annotated:
        base, *marks = get_args(kind)
        yield from ((each, (*own, *marks)) for each, own in ways(base))
    elif get_origin(kind) in {Union, UnionType}:
        for part in get_args(kind):
            yield from ways(part)
    else:
        yield kind, ()


def may_be(kind: Any, wrong: object, *, empty: bool) -> bool:
    """Whether a field may take a value that others refuse: a text may be any, JSON data too."""
    return any(_may_be(each, marks, wrong, empty=empty) for each, marks in ways(kind))


def _may_be(kind: Any, marks: tuple[Any, ...], wrong: object, *, empty: bool) -> bool:
    names = {it.name for it in marks if isinstance(it, Kind)}
    bounds = [it for it in marks if isinstance(it, Between)]
    origin = get_origin(kind) or kind
    if "json" in names:
        return isinstance(wrong, int | float | list | NoneType) or (
            isinstance(wrong, str) and wrong != "\ud800"
        )
    if kind is str and not any(isinstance(it, OneOf) for it in marks):
        if any(isinstance(it, Form) for it in marks):
            return False
        may_be_blank = empty or bool(names & {"text", "typed"})
        return (
            isinstance(wrong, str)
            and {
                "": may_be_blank,
                "  ": may_be_blank,
                "A123456789": empty or bool(names),
                "\ud800": bool(names & {"typed", "written"}),
                "nothing of the kind": True,
            }[wrong]
        )
    if isinstance(wrong, dict):
        return issubclass(origin, Mapping) and get_args(kind)[1] in {Any, object}
    if bounds and not isinstance(wrong, bool):
        low, high = cast("tuple[Any, Any]", (bounds[0].low, bounds[0].high))
        return isinstance(wrong, type(low)) and low <= wrong <= high
    several = (tuple, list) if origin in {tuple, frozenset, History} else ()
    is_true = wrong is True and (origin is bool or get_args(kind) == (True,))
    return isinstance(wrong, several) or is_true or kind is type(wrong)


BASES = {
    "vaxpolicy.numbers.id_numbers.IdNumber",
    "vaxpolicy.numbers.reading.Number",
    "vaxpolicy.rules.conditions.ages.Age",
}
"""Classes without values of their own."""


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - BASES))
def test_a_wrong_value_in_any_field_is_refused_with_a_code(name: str) -> None:
    sample = made(CLASSES[name])
    hints = hints_of(CLASSES[name])
    for field in attrs.fields(CLASSES[name]):
        for wrong in WRONG if field.init else ():
            refused = refusal(sample, field.alias, wrong)
            if refused is None:
                empty = field.default == ""
                assert may_be(hints[field.name], wrong, empty=empty), f"{field.name}: {wrong!r}"
                continue
            assert refused.code
            assert "A123456789" not in str(refused)
            if isinstance(refused, InvalidValue):
                assert isinstance(refused, InvalidType) == (refused.code == "wrong-type")
                assert refused.expected
            else:
                assert isinstance(sample, Number)


def refusal(sample: Any, field: str, wrong: object) -> InvalidValue | NumberError | None:
    """How the constructor refuses a value of a field, if it does."""
    try:
        attrs.evolve(sample, **{field: wrong})
    except (InvalidValue, NumberError) as error:
        return error
    return None


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - BASES))
def test_a_value_of_each_class_travels(name: str) -> None:
    value = made(CLASSES[name])
    for twin in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):  # noqa: S301  # our own
        assert type(twin) is type(value)
        # an exception is equal to itself alone, and so is what holds one, or what changes; the text
        # of a set has no order that stays
        is_itself_alone = CLASSES[name].__name__ in EQUAL_TO_ITSELF
        assert repr(twin) == repr(value) if is_itself_alone else twin == value


WITH_MAPPINGS = {
    "vaxpolicy.catalog.campaigns.Campaign",
    "vaxpolicy.picture.labels.Labels",
    "vaxpolicy.population.comparison.Comparison",
    "vaxpolicy.population.sql.Predicate",
    "vaxpolicy.population.tallies.Tally",
    "vaxpolicy.reservation.Asked",
    "vaxpolicy.rules.policy.PolicyFile",
    "vaxpolicy.testing.recorder.Recorder",
    "vaxpolicy.testing.steps.Step",
}
"""Classes whose values cannot be in a set: they hold tables, or change."""


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - BASES - WITH_MAPPINGS))
def test_a_value_of_each_class_may_be_in_a_set(name: str) -> None:
    value = made(CLASSES[name])
    members = {value}
    assert value in members


def mappings_of(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a value that have a mapping, however they are annotated."""
    for field in attrs.fields(type(value)):
        its = getattr(value, field.name)
        if isinstance(its, Mapping) and not isinstance(its, Counter):
            yield field.name, its


def refuses_changes(its: Any) -> bool:
    key = next(iter(its), "x")
    changes = [
        lambda: its.__setitem__(key, None),
        lambda: its.__delitem__(key),
        lambda: its.update({key: None}),
        lambda: its.__ior__({key: None}),
        lambda: its.setdefault("another", None),
        lambda: its.pop(key, None),
        its.popitem,
        its.clear,
    ]
    before = dict(its)
    for change in changes:
        with pytest.raises((TypeError, AttributeError)):
            change()
    return dict(its) == before


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - BASES))
def test_no_mapping_of_a_value_can_be_changed(name: str) -> None:
    kind = CLASSES[name]
    for field in attrs.fields(kind):
        origins = {get_origin(part) for part in parts(hints_of(kind)[field.name])}
        if any(isinstance(it, type) and issubclass(it, Mapping) for it in origins - {Counter}):
            assert field.converter is not None, field.name
    for _, its in mappings_of(made(kind)):
        assert refuses_changes(its)


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - BASES))
def test_a_mapping_that_is_given_and_changed_later_changes_no_value(name: str) -> None:
    sample = made(CLASSES[name])
    for field, its in mappings_of(sample):
        given = dict(its)
        value = attrs.evolve(sample, **{field: given})
        given["another"] = given.pop(next(iter(given)), None) if given else None
        assert getattr(value, field) == its


@pytest.mark.parametrize("policy_id", ["tw/covid19-1922/round-13", "tw/childhood/2025"])
def test_a_loaded_policy_and_all_that_it_is_made_of_stay_as_they_are(policy_id: str) -> None:
    rest: list[Any] = [catalog.load(policy_id), catalog.group_lists()]
    rest += [catalog.vaccines(), catalog.groups(), catalog.dated_facts(), catalog.vaccine_sources()]
    again = [copy.deepcopy(it) for it in rest]
    assert again == rest == pickle.loads(pickle.dumps(rest))  # noqa: S301  # our own bytes
    rest += again
    seen: set[int] = set()
    while rest:
        it = rest.pop()
        if id(it) in seen:
            continue
        seen.add(id(it))
        assert not isinstance(it, list | set)
        if isinstance(it, Mapping):
            assert refuses_changes(it)
            rest += it.values()
        elif isinstance(it, tuple):
            rest += it
        elif attrs.has(type(it)):
            rest += [getattr(it, field.name) for field in attrs.fields(type(it))]


READ_WITH_MAPPINGS = [
    name
    for name in sorted(CLASSES.keys() - BASES - {"vaxpolicy.testing.steps.Step"})
    if next(mappings_of(made(CLASSES[name])), None) is not None
]
"""Those that are read from JSON; a step of a test is not."""


@pytest.mark.parametrize("name", READ_WITH_MAPPINGS)
def test_no_mapping_of_a_value_that_was_read_can_be_changed(name: str) -> None:
    kind = CLASSES[name]
    data = wire.dump(made(kind))
    needed = {it.name for it in attrs.fields(kind) if it.default is attrs.NOTHING}
    shorter = {key: value for key, value in data.items() if key in needed or value != {}}
    for given in (data, shorter):
        for _, its in mappings_of(wire.load(kind, given)):
            assert refuses_changes(its)
