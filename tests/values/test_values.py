"""Every value checks itself: what is refused, by kind, and with which code."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

import pytest
from attrs import field, frozen
from hypothesis import assume, example, given
from hypothesis import strategies as st

from vaxpolicy._values import (
    CODES,
    DISTINCT,
    SOME,
    Between,
    InvalidType,
    InvalidValue,
    Json,
    Kind,
    OneOf,
    Prose,
    Text,
    Typed,
    Written,
    are_names,
    as_set,
    as_tuple,
    changing,
    check_of,
    checked,
    front_door,
    looks_like_a_number,
    require,
    unchecked,
)
from vaxpolicy.eligibility import Dose, Person, Willingness

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

A_CLASS = TypeVar("A_CLASS", bound=type[Enum])
A_NAME = Annotated[str, Kind("name")]
NUMBERS = {
    "national ID": "A123456789",
    "wrong check digit": "A123456788",
    "UI number": "A800000014",
    "legacy UI number": "AB12345677",
    "NHI card": "000012345678",
    "mobile": "0912345678",
    "mobile abroad": "+886912345678",
    "landline": "0223456789",
    "passport": "123456789",
    "passport with a letter": "X12345678",
}
HARMLESS = [
    "tw/covid19-1922/round-19",
    "cecc-2021-06-21/6/pregnant",
    "19a",
    "second|second-immunocompromised",
    "slot-2021-11-12-0900",
    "20211112-0007",
    "2021-11-12 09:00-12:00",
    "booking-12345678",
    "person-1234567",
    "c1234567",
    "e1234567",
    "v1.2021.07",
    "r1-2024-25",
    "covid19-2024/65-74",
    "slot/site/2021-11-12/0900/1000",
    "2021-11-12T09:00:00+08:00",
    "二〇二一年七月八日",
    "三重",
    "123456789012345678",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "澎湖縣",
    "DTaP-Hib-IPV",
]
GAPS = [
    "",
    " ",
    "-",
    "\u00a0",
    "\u2011",
    "\u2013",
    "\u2212",
    "\u200b",
    "\t",
    ".",
    "_",
    "\u00ad",
    "・",
]


def _full_width(text: str) -> str:
    return "".join(chr(ord(it) + 0xFEE0) if "!" <= it <= "~" else it for it in text)


@given(
    st.sampled_from(sorted(NUMBERS.values())),
    st.lists(st.sampled_from(GAPS), min_size=13, max_size=13),
    st.sampled_from(["", "p ", "urn:tw:", "journey/", "kept under ", "(", "民眾"]),
    st.sampled_from(["", "-1", " x", "/2", ")"]),
    st.sampled_from([str, str.lower, _full_width]),
)
def test_a_number_is_found_in_every_spelling_and_inside_a_text(
    number: str, gaps: list[str], before: str, after: str, spell: Any
) -> None:
    spelled = "".join(a + b for a, b in zip(number, (*gaps, ""), strict=False))
    text = before + spell(spelled) + after
    assert looks_like_a_number(text)
    with pytest.raises(InvalidValue) as raised:
        Person(key=text)
    assert raised.value.code in {"looks-like-a-number", "not-printable"}
    assert number[2:6] not in str(raised.value) + repr(raised.value)


@pytest.mark.parametrize("sign", ["/", ",", ":", "~", "|", "+", "\u3001", "\u4e00", " / "])
def test_a_number_in_its_usual_groups_is_found_whatever_separates_them(sign: str) -> None:
    for groups in (["a123", "456", "789"], ["A800", "000", "014"], ["0912", "345", "678"]):
        assert looks_like_a_number(f"p {sign.join(groups)}.")
    for groups in (
        ["0000", "1234", "5678"],
        ["123", "456", "789"],
        [*"A123456789"],
        [*"0912345678"],
    ):
        assert looks_like_a_number(f"p {sign.join(groups)}.")
    if sign != "\u4e00":  # which is a hyphen as it is typed, and the digit 1
        assert not looks_like_a_number(sign.join(["a12", "34", "56"]))
        assert not looks_like_a_number(sign.join(["round-13", "2021", "11", "12"]))
        assert not looks_like_a_number(sign.join(["2024", "2025", "2026"]))


@given(
    st.sampled_from(sorted(NUMBERS.values())),
    st.sampled_from(["", "-", "_", " ", "/"]),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.booleans(),
)
def test_a_number_beside_a_day_is_found(
    number: str,
    gap: str,
    day: date,
    first: bool,
) -> None:
    assert looks_like_a_number(f"{number}{gap}{day}" if first else f"{day}{gap}{number}")
    if number[0] in "AX":
        assert looks_like_a_number(f"{number}{day:%Y%m%d}")
        assert looks_like_a_number(f"{day:%Y%m%d}{number}")


@pytest.mark.parametrize("rest", ["abcdef", "abcdef0123", "abcdef01234567"])
def test_a_number_glued_to_hexadecimal_digits_is_no_hash(rest: str) -> None:
    assert looks_like_a_number(f"A123456789{rest}")
    assert not looks_like_a_number(f"e123456789{rest}")  # in one case: it is a hash


@given(
    st.lists(st.sampled_from(["A123456789", "B12345678X", "A800000014"]), min_size=2, max_size=4)
)
def test_numbers_without_a_gap_are_found(numbers: list[str]) -> None:
    assert looks_like_a_number("".join(numbers))
    for number in ("000012345678", "0912345678", "A123456789", "AB12345677"):
        assert looks_like_a_number(number * len(numbers))


@given(
    st.permutations(["T123456789", "000012345678", "0912345678"]),
    st.lists(st.dates(date(1900, 1, 1), date(2099, 12, 31)), min_size=1, max_size=2),
    st.integers(1, 3),
    st.randoms(),
)
def test_numbers_and_days_without_a_gap_are_found(
    numbers: list[str], days: list[date], count: int, chance: Random
) -> None:
    parts = [*numbers[:count], *(f"{it:%Y%m%d}" for it in days)]
    chance.shuffle(parts)
    assert looks_like_a_number("".join(parts))


@pytest.mark.parametrize("number", ["B1234567", "X 1234567", "AA1234567", "b-1234567", "p_1234567"])
def test_a_letter_or_two_with_seven_digits_are_the_number_of_a_passport(number: str) -> None:
    for text in (number, f"key {number}", f"urn:tw:{number}", f"{number}/2", f"{number}2021-07-01"):
        assert looks_like_a_number(text)


@pytest.mark.parametrize(
    "digits", ["〇一二三四五六七八九", "零壹貳參肆伍陸柒捌玖", "０１２３４５６７８９"]
)
def test_digits_of_chinese_are_digits(digits: str) -> None:
    for number in (*NUMBERS.values(), "B1234567"):
        assert looks_like_a_number(number.translate({48 + n: it for n, it in enumerate(digits)}))


def test_digits_of_any_kind_are_digits() -> None:
    for first in "0\u0660\uff10":
        assert looks_like_a_number("".join(chr(ord(first) + n) for n in (0, 9, *range(8))))
    assert looks_like_a_number("".join(chr(0x2780 + n) for n in range(9)))  # circled
    assert looks_like_a_number("".join(f"{n}\ufe0f\u20e3" for n in range(1, 10)))  # as on keys


@pytest.mark.parametrize("text", HARMLESS)
def test_a_code_a_day_and_a_name_are_not_taken_for_numbers(text: str) -> None:
    assert not looks_like_a_number(text)


@given(
    st.uuids().map(str)
    | st.sampled_from([4, 8, 10, 12, 16, 20, 32]).flatmap(
        lambda size: st.binary(min_size=size, max_size=size).map(bytes.hex)
    )
)
@example(str(UUID(int=0x12345678123456781234567812345678)))
def test_a_uuid_and_a_pseudonym_are_not_taken_for_numbers(text: str) -> None:
    assume(len({*text}) > 4)  # nobody draws one of a few digits
    assert not looks_like_a_number(text)
    assert Person(key=text).key == text


_MOST: Final = 256
SEVERAL: list[list[str]] = [
    [],
    [""],
    ["a", ""],
    ["p", "q", "p"],
    ["p q"],
    ["p "],
    [" p"],
    ["p\nq"],
    ["p\x00"],
    ["\u984f"],
    ["\u3164"],
    ["x" * _MOST],
    ["x" * (_MOST + 1)],
    ["2021-11-03", "A123456789"],
    ["2021-11-03", "round"],
    ["f" * 24 + "/A123456789"],
    ["f" * 24 + "/123456"],
    ["a123456789" * 3],
    ["123456789a" * 3],
    ["f47ac10b-58cc-4372-a567-0e02b2c3d479/123456"],
    ["f47ac10b-58cc-4372-a567-0e02b2c3d479", "0912345678"],
    ["x123456", "7"],
    ["x1234567"],
    ["\u0131" + "a123456789" + "f" * 20],
    ["a123456789" + "f" * 20 + "\u017f"],
    ["a123456789" + "f" * 20 + "A"],
    ["A" + "a123456789" + "f" * 20],
]


@pytest.mark.parametrize("texts", SEVERAL)
def test_many_names_are_checked_together_as_one_by_one(texts: list[str]) -> None:
    each = [check_of(str)(text) is None for text in texts]
    assert are_names(texts) == all(each)
    assert are_names(["p", *texts, "q"]) == all(each)


def test_many_names_are_texts() -> None:
    with pytest.raises(TypeError):
        are_names(["p", None])  # type: ignore[list-item]  # it is not a text


@pytest.mark.parametrize("letter", ["A", "x", "\u0130", "\u0131"])
def test_a_hash_beside_another_letter_is_not_one(letter: str) -> None:
    """So a number at its beginning is found, be the letter small, big or one that folds to it."""
    number = "a12345678920211103" + "f" * 8
    assert not looks_like_a_number(number)
    assert looks_like_a_number(f"A123456789{number}")
    assert looks_like_a_number(f"A12345678920211103{letter}")
    assert not looks_like_a_number(f"{number}-{letter}")


class _Colour(Enum):
    RED = "red"


KINDS: list[tuple[Any, object, object, str, str]] = [
    (str, "x", 5, "wrong-type", "text"),
    (str, "x", "", "blank", "not blank"),
    (str, "x", " \u3000", "blank", "not blank"),
    (str, "x y", "x ", "wrong-form", "without a blank at its beginning or end"),
    (str, "x y", " x", "wrong-form", "without a blank at its beginning or end"),
    (str, "x y", "x\u3164", "wrong-form", "without a blank at its beginning or end"),
    (str, "x", "a\x00", "not-printable", "printable"),
    (str, "x", "\ud800", "not-printable", "printable"),
    (str, "x", "x" * 257, "too-long", "at most 256"),
    (str, "x", "A123456789", "looks-like-a-number", "pseudonym"),
    (Prose, "x\ny", "", "blank", "not blank"),
    (Prose, "A123456789", None, "wrong-type", "text"),
    (Prose, "x", "\ud800", "not-printable", "printable"),
    (Prose, "x", "x" * 20_001, "too-long", "at most 20000"),
    (Text, "", "\x1b[31m", "not-printable", "printable"),
    (Typed, "\x00", 1, "wrong-type", "text"),
    (A_NAME, "x", "", "blank", "not blank"),
    (int, 0, True, "wrong-type", "whole number"),
    (int, 0, "1", "wrong-type", "whole number"),
    (int, 0, 1.0, "wrong-type", "whole number"),
    (int, 0, -1, "out-of-range", "from 0"),
    (Annotated[int, Between(1, 99)], 99, 100, "out-of-range", "1 to 99"),
    (bool, True, 1, "wrong-type", "true or false"),
    (date, date(2021, 1, 1), "2021-01-01", "wrong-type", "a date"),
    (date, date(2021, 1, 1), datetime(2021, 1, 1, tzinfo=UTC), "wrong-type", "a date"),
    (date, date(1800, 1, 1), date(110, 10, 28), "out-of-range", "1800"),
    (datetime, datetime(2021, 1, 1, tzinfo=UTC), date(2021, 1, 1), "wrong-type", "UTC offset"),
    (datetime, datetime(2021, 1, 1, tzinfo=UTC), datetime(2021, 1, 1), "no-offset", "UTC offset"),  # noqa: DTZ001  # that is the point
    (
        datetime,
        datetime(9000, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        "out-of-range",
        "9000",
    ),
    (time, time(17), "17:00", "wrong-type", "time of day"),
    (
        time,
        time(17),
        time(17, tzinfo=timezone(timedelta(hours=8))),
        "wrong-type",
        "without an offset",
    ),
    (Literal["a", "b"], "a", "A", "unknown-value", "a or b"),
    (Literal["a", "b"], "a", 5, "wrong-type", "a or b"),
    (Literal[True], True, 1, "wrong-type", "true"),
    (_Colour, _Colour.RED, "red", "wrong-type", "_Colour (red)"),
    (Dose, Dose("AZ", date(2021, 7, 1)), ("AZ", date(2021, 7, 1)), "wrong-type", "Dose"),
    (int | None, None, "x", "wrong-type", "whole number"),
    (datetime | date | None, None, datetime(2021, 1, 1), "no-offset", "UTC offset"),  # noqa: DTZ001  # as above
    (date | Literal["never"], "never", 5, "wrong-type", "a date or never"),
    (date | Literal["never"], "never", "x", "unknown-value", "never"),
    (tuple[str, ...], ("a",), ["a"], "wrong-type", "several values"),
    (tuple[str, ...], ("a",), "a", "wrong-type", "several values"),
    (tuple[str, ...], (), ("a", 5), "wrong-type", "text"),
    (tuple[str, int], ("a", 1), ("a",), "wrong-type", "tuple of 2"),
    (tuple[str, int], ("a", 1), ("a", "b"), "wrong-type", "whole number"),
    (frozenset[str], frozenset({"a"}), {"a"}, "wrong-type", "a set"),
    (Annotated[tuple[str, ...], SOME], ("a",), (), "empty", "at least one"),
    (Annotated[tuple[str, ...], DISTINCT], ("a",), ("a", "a"), "repeated", "none of them twice"),
    (dict[str, int], {"a": 1}, [("a", 1)], "wrong-type", "a mapping"),
    (dict[str, int], {"a": 1}, {"": 1}, "blank", "not blank"),
    (dict[str, int], {"a": 1}, {"a": None}, "wrong-type", "whole number"),
    (type[int], bool, 5, "wrong-type", "a class of int"),
    (type[int], int, str, "wrong-type", "a class of int"),
    (Annotated[str, OneOf(("a", "b"))], "a", "c", "unknown-value", "a or b"),
    (Annotated[str, OneOf(("a", "b"))], "b", 5, "wrong-type", "a or b"),
    (Written, "x" * 30_000, " \n", "blank", "not blank"),
    (Written, "x", 5, "wrong-type", "text"),
    (Counter[str], Counter({"a": 1}), {"a": 1}, "wrong-type", "a Counter"),
    (Counter[str], Counter(), Counter({"a": -1}), "out-of-range", "from 0"),
    (Json, {"a": [1, 0.5, True, None, "澎"]}, {"a": [object()]}, "wrong-type", "JSON data"),
    (Json, [], {5: 1}, "wrong-type", "JSON data"),
    (Json, "x", float("nan"), "wrong-type", "JSON data"),
    (Json, "x", {"a": "\ud800"}, "not-printable", "JSON data"),
    (A_CLASS, Enum, int, "wrong-type", "Enum"),
]


@pytest.mark.parametrize(("kind", "good", "bad", "code", "expected"), KINDS)
def test_a_kind_takes_what_it_says_and_refuses_the_rest(
    kind: Any, good: object, bad: object, code: str, expected: str
) -> None:
    require("it", kind, good)
    with pytest.raises(InvalidValue) as raised:
        require("it", kind, bad)
    assert (raised.value.code, raised.value.field) == (code, "it")
    assert expected in raised.value.expected
    assert code in CODES
    assert isinstance(raised.value, TypeError) == (code == "wrong-type")


def test_what_may_be_anything_is_not_asked() -> None:
    assert check_of(object)(5) is None
    assert check_of(Any)(None) is None


def test_an_error_names_the_field_and_what_was_expected() -> None:
    with pytest.raises(
        InvalidValue, match=r"^registered_county: expected a text that is not blank$"
    ):
        Person(registered_county="")
    with pytest.raises(TypeError, match=r"^doses: expected several values in a tuple, found text$"):
        Person(doses="")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^willingness: expected Willingness$"):
        Person(willingness={"AZ": 1})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error", [InvalidValue("blank", "key", "a text"), InvalidType("key", "text")]
)
def test_an_error_crosses_processes_and_copies(error: InvalidValue) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301  # our own
        assert type(twin) is type(error)
        assert (twin.code, twin.field, twin.expected) == (error.code, error.field, error.expected)
        assert str(twin) == str(error)


@frozen(field_transformer=checked)
class _Above:
    name: str
    _hidden: int = field(default=0, alias="hidden")
    made: int = field(init=False, default=-5)


@frozen(field_transformer=checked)
class _Below(_Above):
    even: int = field(default=0)
    note: str = ""

    @even.validator
    def _is_even(self, _: object, value: int) -> None:
        if value % 2:
            raise InvalidValue("out-of-range", "even", "an even number")


def test_a_subclass_checks_what_it_inherits_and_what_it_adds() -> None:
    assert _Below("x", 1, 2, "").even == 2
    for wrong in (("", 1), ("x", -1), ("x", 1, "2"), ("x", 1, 3), ("x", 1, 2, 5)):
        with pytest.raises(InvalidValue):
            _Below(*wrong)
    with pytest.raises(InvalidValue, match="hidden"):
        _Above("x", hidden=-1)


def test_a_constructor_without_checks_makes_equal_values() -> None:
    make = unchecked(_Below)
    assert make("x", 1, 2, "n") == _Below("x", 1, 2, "n")
    assert make("x", note="n") == _Below("x", note="n")
    assert make("").name == ""


def test_several_values_become_a_tuple_or_a_set_and_the_rest_is_left_to_the_check() -> None:
    assert as_tuple(iter("ab")) == ("a", "b")
    assert as_set(["a"]) == {"a"}
    for wrong in ("ab", b"ab", {"a": 1}, 5):
        for convert in (as_tuple, as_set):
            kept: object = convert(wrong)  # type: ignore[arg-type]
            assert kept is wrong


def test_a_person_shows_which_facts_are_known_and_none_of_them() -> None:
    person = Person(
        birth_date=date(1950, 5, 5), groups={"status/national"}, key="someone", doses=()
    )
    assert repr(person) == "<Person: birth_date, doses, groups, key>"
    assert repr(Person()) == "<Person: nothing known>"


def test_dates_that_nobody_alive_can_have_are_refused() -> None:
    """A year of the Republic that was not converted: 79 is 1990, 110 is 2021."""
    with pytest.raises(InvalidValue, match="birth_date"):
        Person(birth_date=date(79, 5, 1))
    with pytest.raises(InvalidValue, match="on: expected a date from 1900"):
        Dose("AZ", date(110, 7, 1))
    with pytest.raises(InvalidValue, match="wanted"):
        Willingness({"AZ": datetime(110, 7, 1, tzinfo=UTC)})


def test_a_text_where_something_else_belongs_is_named_as_a_text() -> None:
    wrong: Any = "2021-07-01"
    with pytest.raises(InvalidValue, match=r"^on: expected a date, found text$"):
        Dose("AZ", wrong)
    with pytest.raises(
        InvalidValue, match=r"^birth_date: expected a date or PartialDate, found text$"
    ):
        Person(birth_date=wrong)


@front_door
def _described(number: int | None, kinds: Iterable[int] = (), *, of: type[Enum] = _Colour) -> str:
    return f"{number} {list(kinds)} {of.__name__}"


def test_a_front_door_refuses_an_argument_of_another_type_and_names_it() -> None:
    assert _described(None, iter([1]), of=_Colour) == "None [1] _Colour"
    assert _described(5, kinds=[2]) == "5 [2] _Colour"
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("number", {"number": "5"}),
        ("number", {"number": True}),
        ("kinds", {"number": 5, "kinds": "12"}),
        ("kinds", {"number": 5, "kinds": None}),
        ("of", {"number": 5, "of": int}),
        ("of", {"number": 5, "of": _Colour.RED}),
    ]
    for name, given_ in wrong:
        with pytest.raises(InvalidType, match=f"^{name}: expected") as raised:
            _described(**given_)
        assert raised.value.field == name


def test_a_copy_with_a_field_that_a_class_does_not_have_is_refused() -> None:
    assert changing(Dose, "on")(Dose("AZ", date(2021, 7, 1)), date(2021, 7, 2)).on.day == 2
    with pytest.raises(TypeError, match="Dose lacks a field of these: vaccine, day"):
        changing(Dose, "vaccine", "day")
