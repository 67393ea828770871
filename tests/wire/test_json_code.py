"""The fast reader and the strict one are one reader: whatever the fast one takes, both take alike."""

from __future__ import annotations

import copy
import functools
import gc
import inspect
import json
import operator
import random
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, get_args

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.wire.test_wire import AT, COMMANDS, OTHERS, PEOPLE, mutated
from vaxpolicy import _json_code, _strict, catalog, wire
from vaxpolicy._json_code import DOUBTS, Doubt, Readers, Writers, recurring
from vaxpolicy._strict import InvalidDocument
from vaxpolicy._values import (
    DISTINCT,
    Between,
    Form,
    InvalidValue,
    Prose,
    check_of,
    checked,
    field_types,
)
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import (
    Decision,
    Dose,
    Effect,
    Offer,
    Person,
    Reason,
    Willingness,
    decide,
)
from vaxpolicy.rules.conditions import AgeAtLeast, Condition
from vaxpolicy.rules.policy import Window, WindowAges

READERS, PLAIN = wire.FAST_READERS, wire.STRICT_CONVERTER
FULL = wire.load(
    Person,
    {
        "birth_date": "1950-05-05",
        "doses": [{"vaccine": "AZ", "on": "2021-07-01"}],
        "groups": ["own/1"],
        "unknown_groups": ["own/2"],
        "registered_county": "澎湖縣",
        "willingness": {"wanted": {"AZ": "2021-07-06T10:00:00+08:00"}},
        "key": "someone",
    },
)
DECISIONS = [
    decide(catalog.load(name), FULL) for name in ("tw/covid19-1922/round-13", "tw/covid19/2025")
]
ENDS = st.none() | st.dates(date(2021, 7, 1), date(2021, 7, 20))
RANGES = st.tuples(ENDS, ENDS).filter(lambda it: it[0] is None or it[1] is None or it[0] <= it[1])
DAY_SETS = st.lists(RANGES.map(lambda it: DaySet.between(*it)), max_size=4).map(
    lambda several: functools.reduce(operator.or_, several, DaySet.none())
)


def fast(kind: Any, data: Any) -> Any:
    """The value of the fast reader; None where it has a doubt."""
    reader = READERS.of(kind)
    assert reader is not None
    try:
        return reader(data)
    except DOUBTS:
        return None


def strict(kind: Any, data: Any) -> Any:
    """The value of the strict reader; None where it refuses the data."""
    try:
        return _strict.structure(PLAIN, data, kind)
    except InvalidDocument:
        return None


@given(PEOPLE)
def test_people_are_read_by_the_fast_reader(person: Person) -> None:
    data = wire.dump(person)
    assert fast(Person, data) == strict(Person, data) == person


def fast_values() -> list[Any]:
    return [it for it in (*COMMANDS, *OTHERS, *DECISIONS, FULL) if READERS.of(type(it)) is not None]


@pytest.mark.parametrize("value", fast_values(), ids=lambda it: type(it).__name__)
def test_values_are_read_by_the_fast_reader(value: Any) -> None:
    data = json.loads(json.dumps(wire.dump(value)))
    assert fast(type(value), data) == strict(type(value), data) == value


def test_mutated_documents_are_read_alike_or_left_to_the_strict_reader() -> None:
    chance = random.Random(2026)  # noqa: S311  # not for secrets
    values, taken = fast_values(), 0
    for _ in range(1_500):
        value = chance.choice(values)
        data = mutated(chance, wire.dump(value))
        found = fast(type(value), data)
        if found is not None:
            taken += 1
            assert found == strict(type(value), data)
            assert type(found) is type(value)
    assert taken > 60


def test_a_class_that_is_not_read_by_its_fields_has_no_fast_reader() -> None:
    assert READERS.of(Rejected) is None
    assert READERS.of(int) is None


EDGES: list[Any] = [
    *("0079-01-01", "0110-07-01", "1799-12-31", "1800-01-01", "1879-12-31", "1880-01-01"),
    *("9000-12-31", "9001-01-01", "9999-12-31", "0079", "1879", "1880", "9000", "9001", "0079-05"),
    *("1799-12-31T23:59:59Z", "9001-01-01T00:00:00Z", "0079-01-01T00:00:00Z", "not-stated", "day"),
    *("never", "", None, 5, [], {}, [{"first": "0079-01-01", "last": "9999-12-31"}]),
    *([{"first": None, "last": None}], {"age_at_least": 150, "on": "0079-01-01"}),
    *({"age_at_least": 151, "on": "day"}, {"group": "A123456789"}, {"group": ""}),
]


@pytest.mark.parametrize("kind", READERS.hooks, ids=str)
def test_a_hook_of_the_fast_reader_takes_nothing_that_a_constructor_refuses(kind: Any) -> None:
    taken = 0
    for data in EDGES:
        try:
            found = READERS.hooks[kind](data)
        except DOUBTS:
            continue
        taken += 1
        assert check_of(kind)(found) is None, data
    assert taken > 0 or kind is Condition


OTHER_DAYS = [
    "20210701",
    "2021-W26-4",
    "2021W264",
    "2021-7-1",
    "2021-07-01T00:00",
    "２021-07-01",
    5,
]
OTHER_INSTANTS = [
    *("2021-07-01", "20210701T090000Z", "2021-07-01 09:00:00Z", "2021-07-01T09:00Z", "2021-07-01T24:00:00Z", 5),
]  # fmt: skip


def test_days_and_instants_in_other_forms_are_left_to_the_strict_reader() -> None:
    """Python itself reads some of them."""
    day, instant = {"vaccine": "AZ", "on": "2021-07-01"}, "2021-07-01T09:00:00Z"
    assert fast(Dose, day) == Dose("AZ", date(2021, 7, 1))
    assert fast(Willingness, {"wanted": {"AZ": instant}}) is not None
    for text in OTHER_DAYS:
        assert fast(Dose, {**day, "on": text}) is None
        assert fast(Person, {"birth_date": text}) is None
    for text in OTHER_INSTANTS:
        assert fast(Willingness, {"wanted": {"AZ": text}}) is None


@given(DAY_SETS)
def test_days_of_any_number_of_ranges_are_read_by_the_fast_reader(days: DaySet) -> None:
    assert READERS.hooks[DaySet](wire.dump(days)) == days


@pytest.mark.parametrize(
    ("kind", "field", "rest"),
    [
        (Window, "opens", {"closes": "not-stated"}),
        (Window, "closes", {"opens": "2021-07-01"}),
        (WindowAges, "on", {}),
    ],
)
def test_a_moment_that_cannot_be_is_refused_over_the_wire_and_by_the_schema(
    kind: Any, field: str, rest: dict[str, str]
) -> None:
    schema = Draft202012Validator(wire.schema(kind))
    for text in ("0079-01-01", "0110-07-01", "1799-12-31", "9001-01-01", "9999-12-31"):
        data = {field: text, **rest}
        with pytest.raises(wire.InvalidData) as raised:
            wire.load(kind, data)
        assert [it.path for it in raised.value.problems] == [f"$.{field}"]
        assert not schema.is_valid(data)
    good = {field: "9000-12-31", **rest}
    assert schema.is_valid(good)
    assert wire.dump(wire.load(kind, good)) == good


def test_the_schema_takes_a_day_after_the_last_of_a_fact_where_the_constructor_does() -> None:
    schema = Draft202012Validator(wire.schema(Reason))
    for year in (1800, 1999, 2026, 9000, 9001, 9999):
        reason = Reason("too-young", "a", Effect.REFUSES, 1, day=date(year, 12, 31))
        assert schema.is_valid(wire.dump(reason))
    for text in ("1799-12-31", "0079-01-01", "9999-13-01", "99999-12-31"):
        assert not schema.is_valid({**wire.dump(reason), "day": text})


class _Colour(Enum):
    RED = "red"


@frozen
class _Loose:
    """A class without checks."""

    name: str
    number: int = 3
    day: Annotated[int, Between(1, 2)] = 1
    names: list[str] = field(factory=list)
    at: datetime | None = None
    since: date | None = None
    numbers: Annotated[tuple[int, ...], DISTINCT] = ()


@frozen(field_transformer=checked)
class _Every:
    """A field of each kind that a class may have."""

    colour: _Colour
    word: Literal["a", "b"]
    flag: bool
    text: Annotated[str, Form("[0-9]+", "digits")]
    prose: Prose
    pair: tuple[str, int]
    several: Annotated[tuple[int, ...], DISTINCT] = ()
    sign: Literal[1, -1] = 1
    counts: dict[str, int] = field(factory=dict)
    odd: int = field(default=1)
    note: str = ""
    code: Annotated[str, Form("[a-z-]+", "letters")] = "x"

    @odd.validator
    def _is_odd(self, _: object, value: int) -> None:
        if value % 2 == 0:
            raise InvalidValue("out-of-range", "odd", "an odd number")


@frozen(field_transformer=checked)
class _Pair:
    """A field that the strict reader reads and whose checks are its own."""

    pair: tuple[str, int]


CONVERTER = _strict.json_converter()
OWN = Readers(CONVERTER.structure, {}, lambda _: False)
WRITERS = Writers(lambda _: None, lambda _: {}, sparse=frozenset(), kept=frozenset())
GOOD: dict[str, Any] = {
    "colour": "red", "word": "a", "flag": True, "text": "12", "prose": "x y", "pair": ["x", 1], "several": [1, 2],
    "sign": -1, "counts": {"x": 1}, "odd": 3, "note": "n", "code": "too-young",
}  # fmt: skip
WRONG: dict[str, list[Any]] = {
    "colour": ["blue", 1, []], "word": ["c", 1, []], "flag": [1, None], "text": ["x", 1, None], "prose": [" ", 5],
    "pair": [["x"], 5, [1, 1], ["", 1]], "several": [[1, 1], 5, ["x"], [True]], "sign": [2, "1"],
    "counts": [{"x": "y"}, [], {"": 1}], "odd": [2, "1", -1], "note": [5, None], "code": ["A123456789", "", 5], "other": [1],
}  # fmt: skip


def test_each_kind_of_field_is_read_and_a_wrong_one_is_left_to_the_strict_reader() -> None:
    read = OWN.of(_Every)
    assert read is not None
    found = read(GOOD)
    assert found == CONVERTER.structure(GOOD, _Every)
    assert WRITERS.write(found) == GOOD
    small = {name: GOOD[name] for name in ("colour", "word", "flag", "text", "prose", "pair")}
    assert read(small) == CONVERTER.structure(small, _Every)
    for name, values in WRONG.items():
        for wrong in values:
            with pytest.raises(DOUBTS):
                read({**GOOD, name: wrong})
    others: tuple[Any, ...] = (
        [],
        None,
        {"x": 1},
        {name: GOOD[name] for name in GOOD if name != "word"},
    )
    for data in others:
        with pytest.raises(DOUBTS):
            read(data)


def test_a_value_shares_nothing_with_the_data_that_it_was_read_from() -> None:
    read = OWN.of(_Every)
    assert read is not None
    data = copy.deepcopy(GOOD)
    found = read(data)
    data["counts"]["y"] = 2
    data["several"].append(3)
    assert found == read(GOOD)


def test_only_the_kinds_that_no_code_is_made_for_are_left_to_the_strict_reader() -> None:
    asked: list[Any] = []

    def strictly(value: Any, kind: Any) -> Any:
        asked.append(kind)
        return CONVERTER.structure(value, kind)

    read = Readers(strictly, {}, lambda _: False).of(_Every)
    assert read is not None
    assert read(GOOD) == CONVERTER.structure(GOOD, _Every)
    assert asked == [tuple[str, int], Literal[1, -1]]


@pytest.mark.parametrize(
    "data",
    [
        {"registered_county": "台北市", "residence_county": "台東縣"},
        {"willingness": {"wanted": {"AZ": "2021-07-06T10:00:00+08:00"}}},
        {"doses": [{"vaccine": "AZ", "on": "2021-07-01"}], "groups": ["own/1"]},
    ],
)
def test_what_a_constructor_makes_of_a_value_the_fast_reader_makes_too(data: Any) -> None:
    found, made = fast(Person, data), strict(Person, data)
    assert found == made
    for it in field_types(Person):
        assert type(getattr(found, it)) is type(getattr(made, it))
    if made.willingness is not None:
        with pytest.raises(TypeError):
            found.willingness.wanted["BNT"] = AT


def test_a_set_in_which_something_is_twice_is_left_to_the_strict_reader() -> None:
    assert fast(Person, {"groups": ["own/1", "own/2"]}) == Person(groups={"own/1", "own/2"})
    assert fast(Person, {"groups": ["own/1", "own/1"]}) is None
    with pytest.raises(wire.InvalidData) as raised:
        wire.load(Person, {"groups": ["own/1", "own/1"]})
    assert [(it.path, it.code) for it in raised.value.problems] == [("$.groups", "repeated")]


def test_a_class_without_checks_is_read_by_types_alone() -> None:
    read = OWN.of(_Loose)
    assert read is not None
    assert read({"name": ""}) == _Loose("")
    assert read({"name": "A123456789", "day": 5, "names": ["x"]}) == _Loose(
        "A123456789", 3, 5, ["x"]
    )
    early = {"name": "x", "at": "1000-01-01T00:00:00Z"}
    assert read(early) == _Loose("x", at=datetime(1000, 1, 1, tzinfo=UTC))
    long_ago = {"name": "x", "since": "0900-01-01", "numbers": [2, 2]}
    assert read(long_ago) == _Loose("x", since=date(900, 1, 1), numbers=(2, 2))
    assert read({"name": "x", "number": -1}) == _Loose("x", -1)
    with pytest.raises(Doubt):
        read({"name": 5})


def test_what_the_strict_reader_reads_is_checked_as_well() -> None:
    read = OWN.of(_Pair)
    assert read is not None
    assert read({"pair": ["x", 1]}) == _Pair(("x", 1))
    with pytest.raises(Doubt):
        read({"pair": ["", 1]})


def test_a_part_that_lies_too_deep_is_left_to_the_strict_reader() -> None:
    deep: Any = "x"
    for _ in range(60):
        deep = [deep]
    read = OWN.of(_Loose)
    assert read is not None
    with pytest.raises(Doubt):
        read({"name": "x", "names": deep})


def test_only_names_of_a_programme_are_kept_and_not_without_end() -> None:
    readers = Readers(CONVERTER.structure, {}, lambda _: False)
    read = readers.of(Dose)
    assert read is not None
    read({"vaccine": "AZ", "on": "2021-07-01"})
    longest = "x" * 64
    for name in (longest, f"{longest}x"):
        read({"vaccine": name, "on": "2021-07-01"})
    assert readers.names == {"AZ", longest}
    readers.names.discard(longest)
    assert readers.is_unknown("A123456789")
    for number in range(_json_code.MOST_NAMES + 5):
        assert not readers.is_unknown(f"name-{number}")
    assert len(readers.names) == _json_code.MOST_NAMES
    assert "someone" not in READERS.names


def test_names_of_a_decision_are_kept() -> None:
    """They recur in every decision, so that their checks need not be made anew."""
    readers = Readers(PLAIN.structure, READERS.hooks, READERS.is_special)
    read = readers.of(Reason)
    assert read is not None
    words = {"vaccine": "AZ", "code": "too-young", "rule_id": "1a", "cites": ["notice"]}
    read({"effect": "refuses", "dose": 1, **words})
    types = field_types(Reason)
    kinds = types["rule_id"], get_args(types["cites"])[0]
    kept = readers.names.union(*(readers.known_texts(kind)[0] for kind in kinds))
    assert kept == {"AZ", "too-young", "1a", "notice"}


def test_what_recurs_is_written_once_and_each_time_anew() -> None:
    window = Window(AT, "not-stated", cites=("x",))
    one, two = wire.dump(window), wire.dump(window)
    assert one == two
    assert one is not two
    assert one["cites"] is not two["cites"]
    calls: list[Window] = []

    def counted(it: Window) -> dict[str, int]:
        calls.append(it)
        return {"x": 1}

    write = recurring(counted)
    for _ in range(3):
        assert write(window) == {"x": 1}
    assert len(calls) == 1
    calls.clear()
    kept = inspect.getclosurevars(write).nonlocals["kept"]
    assert len(kept) == 1
    del window
    gc.collect()
    assert not kept
    assert write(Window(AT, "not-stated")) == {"x": 1}


@pytest.mark.parametrize("value", [1.5, object(), b"x"])
def test_what_is_not_data_is_not_written(value: object) -> None:
    with pytest.raises(TypeError, match="cannot dump a"):
        WRITERS.write(value)


def test_collections_are_written_as_arrays_and_objects() -> None:
    assert WRITERS.write({"x": (1, frozenset("ba"))}) == {"x": [1, ["a", "b"]]}


WRONG_DAYS: list[Any] = [
    5, [5], [{"first": None}], [{"first": None, "last": "x"}], [{"first": "2021-07-02", "last": "2021-07-01"}],
    [{"first": None, "last": None, "other": None}], [["first", "last"]],
]  # fmt: skip


@pytest.mark.parametrize("days", WRONG_DAYS)
def test_wrong_days_of_an_offer_are_left_to_the_strict_reader(days: Any) -> None:
    data = wire.dump(DECISIONS[0].offers[0] if DECISIONS[0].offers else DECISIONS[1].offers[0])
    assert fast(Offer, data) is not None
    assert fast(Offer, {**data, "days": days}) is None
    with pytest.raises(wire.InvalidData):
        wire.load(Offer, {**data, "days": days})
    assert fast(Person, {"birth_date": "1871-01-01"}) is None
    assert fast(Person, {"birth_date": None}) == Person()


def test_a_decision_is_read_by_the_fast_reader() -> None:
    for decision in DECISIONS:
        assert fast(Decision, json.loads(json.dumps(wire.dump(decision)))) == decision


@pytest.mark.parametrize("on", ["first-day", date(2021, 9, 1)])
def test_the_condition_of_a_reason_is_read_by_the_fast_reader(on: Any) -> None:
    reason = Reason("too-young", "rule", Effect.REFUSES, 1, condition=AgeAtLeast(18, on))
    data = wire.dump(reason)
    assert fast(Reason, data) == strict(Reason, data) == reason
    turned = {**data, "condition": dict(reversed(data["condition"].items()))}
    assert list(turned["condition"]) == ["on", "age_at_least"]
    assert fast(Reason, turned) == reason


@pytest.mark.parametrize(
    "condition", [5, [], {}, {"no-such-key": 1}, {"age_at_least": 18, "on": "some-day"}]
)
def test_a_wrong_condition_of_a_reason_is_left_to_the_strict_reader(condition: Any) -> None:
    reason = Reason("too-young", "rule", Effect.REFUSES, 1, condition=AgeAtLeast(18, "first-day"))
    data = {**wire.dump(reason), "condition": condition}
    assert fast(Reason, data) is None
    with pytest.raises(wire.InvalidData):
        wire.load(Reason, data)
