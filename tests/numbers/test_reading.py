"""The mechanism that every number is read by: normalisation, order of errors, suggestions, silence."""

import copy
import pickle
import random
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from importlib import import_module, invalidate_caches
from pathlib import Path
from string import ascii_uppercase
from threading import Event
from types import FunctionType, ModuleType
from typing import Any
from unicodedata import category
from unicodedata import name as name_of
from unittest.mock import ANY

import pytest
import stdnum.exceptions as std
from attrs import evolve, fields, has
from attrs.exceptions import FrozenInstanceError
from hypothesis import example, given
from hypothesis import strategies as st

from vaxpolicy import _stdnum
from vaxpolicy._values import looks_like_a_number
from vaxpolicy.numbers import documents, reading
from vaxpolicy.numbers.documents import (
    EntryDocumentNumber,
    EntryPermitNumber,
    MobileNumber,
    NhiCardNumber,
    PassportNumber,
)
from vaxpolicy.numbers.id_numbers import IdNumber, NationalId, UiNumber, parse_id_number
from vaxpolicy.numbers.reading import (
    LONGEST_INPUT,
    Confusion,
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    Number,
    NumberError,
    normalise,
)

# The usual specimen, the official example of the immigration agency, and numbers nobody has.
SPECIMENS: dict[type[Number], str] = {
    NationalId: "A123456789",
    UiNumber: "A800000014",
    NhiCardNumber: "000012345678",
    EntryPermitNumber: "100012345678",
    EntryDocumentNumber: "10012345",
    PassportNumber: "L898902C3",
    MobileNumber: "+886900000000",
}
CLASSES: list[type[Number]] = [IdNumber, *SPECIMENS]

SEED = 1922
RNG = random.Random(SEED)  # noqa: S311  # no secret is made
HEADS = [f"{letter}{second}" for letter in reading.LETTERS for second in "1289ABCD"]
BODIES = [f"{RNG.choice(HEADS)}{RNG.randrange(10**7):07d}" for _ in range(60)]
GENERATED = [body + IdNumber.check_digit(body) for body in BODIES]

every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
every_specimen = pytest.mark.parametrize(
    ("cls", "text"), SPECIMENS.items(), ids=lambda value: getattr(value, "__name__", "")
)


def error_of(cls: type[Number], text: str, **kwargs: Any) -> NumberError:
    with pytest.raises(NumberError) as caught:
        cls.parse(text, **kwargs)
    return caught.value


def read(cls: type[Number], text: str, **kwargs: Any) -> tuple[Number | None, NumberError | None]:
    try:
        return cls.parse(text, **kwargs), None
    except NumberError as error:
        return None, error


# Numbers that are read


@every_specimen
def test_canonical_text_is_its_own_value(cls: type[Number], text: str) -> None:
    for strict in (False, True):
        assert cls.parse(text, strict=strict).value == text
        assert cls.validate(text, strict=strict) == text
        assert cls.is_valid(text, strict=strict)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


@every_specimen
def test_full_width_lower_case_blanks_and_hyphens_are_normalised(
    cls: type[Number], text: str
) -> None:
    assert cls.parse(full_width(text)).value == text
    assert cls.parse(full_width(text.lower())).value == text
    assert cls.parse(f"\u3000 -{' - '.join(text)}－ ").value == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a123456789", "invalid-character"),
        ("Ａ123456789", "invalid-character"),
        (" A123456789", "invalid-length"),
        ("A12345-6789", "invalid-length"),
    ],
)
def test_strict_refuses_what_is_not_canonical(text: str, code: str) -> None:
    assert NationalId.is_valid(text)
    assert not NationalId.is_valid(text, strict=True)
    assert error_of(NationalId, text, strict=True).code == code


def test_every_full_width_form_and_nothing_else_is_normalised() -> None:
    changed = {c: normalise(c) for c in map(chr, range(0x110000)) if normalise(c) != c}
    small = {chr(c): chr(c).upper() for c in range(ord("a"), ord("z") + 1)}
    dropped = dict.fromkeys((" ", "-", "\u3000", "－"), "")
    wide = {chr(c): chr(c - 0xFEE0).upper() for c in range(0xFF01, 0xFF5F)}
    assert changed == small | wide | dropped


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ı123456789", id="dotless i"),
        pytest.param("İ123456789", id="dotted I"),
        pytest.param("ß12345678", id="sharp s, two letters in upper case"),
        pytest.param("A1²3456789", id="superscript"),
        pytest.param("A₁23456789", id="subscript"),
        pytest.param("A١٢٣٤٥٦٧٨٩", id="Arabic-Indic digits"),
        pytest.param("A१२३४५६७८९", id="Devanagari digits"),
        pytest.param("A𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", id="mathematical digits"),
        pytest.param("Α123456789", id="Greek Alpha"),
        pytest.param("А123456789", id="Cyrillic A"),
        pytest.param("Á123456789", id="accent"),
        pytest.param("A\u0301123456789", id="combining accent"),
        pytest.param("A1234\u200b56789", id="zero-width space"),
        pytest.param("\ufeffA123456789", id="byte order mark"),
        pytest.param("\u202eA123456789", id="right-to-left override"),
        pytest.param("A123456789\n", id="newline"),
        pytest.param("A123456789\t", id="tab"),
        pytest.param("A123456789\x00", id="null"),
        pytest.param("A\u00a0123456789", id="no-break space"),
        pytest.param("A123\u2010456789", id="true hyphen"),
        pytest.param("A123\u2212456789", id="minus sign"),
        pytest.param("A12345678\ud800", id="lone surrogate"),
        pytest.param("Ⓐ123456789", id="circled letter"),
        pytest.param("一123456789", id="Chinese digit"),
    ],
)
def test_no_other_characters_stand_for_letters_or_digits(text: str) -> None:
    for cls in CLASSES:
        assert not cls.is_valid(text)
    assert isinstance(error_of(IdNumber, text), InvalidFormat)


# In which order


def test_type_comes_first() -> None:
    others: list[Any] = [None, 123456789, b"A123456789", ["A"]]
    for cls in CLASSES:
        for text in others:
            for call in (cls.parse, cls.validate, cls.is_valid, cls.compact, cls.format):
                with pytest.raises(TypeError, match=r"^text: expected the .* as text"):
                    call(text)


@pytest.mark.parametrize("on", ["2026-11-23", datetime(2026, 11, 23), 20261123])  # noqa: DTZ001
def test_the_day_is_a_date_and_no_instant(on: Any) -> None:
    for text in ("A123456789", "AB12345677"):
        with pytest.raises(TypeError, match="on: expected a date"):
            parse_id_number(text, on=on)


def test_length_comes_before_characters_and_characters_before_the_check_digit() -> None:
    assert type(error_of(IdNumber, "$%&")) is InvalidLength
    assert type(error_of(IdNumber, "A12345678$0")) is InvalidLength
    assert type(error_of(IdNumber, "A$00000000")) is InvalidFormat
    assert type(error_of(NationalId, "A800000015")) is InvalidChecksum
    assert type(error_of(NationalId, "A800000014")) is InvalidComponent
    assert type(error_of(UiNumber, "AB12345678", on=date(2031, 1, 1))) is InvalidChecksum
    assert type(error_of(UiNumber, "AB12345677", on=date(2031, 1, 1))) is InvalidComponent


@pytest.mark.parametrize(
    ("text", "ours", "theirs"),
    [
        ("A12345678", InvalidLength, std.InvalidLength),
        ("A12345678", InvalidFormat, std.InvalidFormat),
        ("A12345678X", InvalidFormat, std.InvalidFormat),
        ("A123456788", InvalidChecksum, std.InvalidChecksum),
        ("A300000005", InvalidComponent, std.InvalidComponent),
    ],
)
def test_errors_are_ours_stdnums_and_value_errors(text: str, ours: type, theirs: type) -> None:
    error = error_of(IdNumber, text)
    assert isinstance(error, ours)
    assert isinstance(error, theirs)
    assert isinstance(error, std.ValidationError)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    ("text", "position", "allowed"),
    [
        ("1123456789", 0, reading.LETTERS),
        ("AE23456789", 1, "1289ABCD"),
        ("A%23456789", 1, "1289ABCD"),
        ("A12345678X", 9, reading.DIGITS),
        ("A1234X678Y", 5, reading.DIGITS),
        (" a-1234 X 6789", 8, reading.DIGITS),
        ("a1²3456789", 2, reading.DIGITS),
    ],
)
def test_the_first_bad_character_and_what_may_stand_there_are_named(
    text: str, position: int, allowed: str
) -> None:
    error = error_of(IdNumber, text)
    assert (error.code, error.position, error.allowed) == ("invalid-character", position, allowed)


@pytest.mark.parametrize(
    ("cls", "allowed"), [(NationalId, "12"), (UiNumber, "89ABCD"), (IdNumber, "1289ABCD")]
)
def test_what_may_stand_there_depends_on_the_number_asked_for(
    cls: type[Number], allowed: str
) -> None:
    assert error_of(cls, "AE23456789").allowed == allowed


@pytest.mark.parametrize(
    ("cls", "text", "message"),
    [
        (NationalId, "A12345678", "national ID: expected 10 characters, found 9"),
        (NhiCardNumber, "", "NHI card number: expected 12 characters, found 0"),
        (PassportNumber, "X123", "passport number: expected 5 to 20 characters, found 4"),
        (
            PassportNumber,
            "X" * 300,
            "passport number: expected 5 to 20 characters, found more than 256",
        ),
        (NationalId, "A800000014", "national ID: this is a UI number"),
    ],
)
def test_messages_say_what_was_expected(cls: type[Number], text: str, message: str) -> None:
    assert str(error_of(cls, text)) == message


def test_strict_positions_are_those_of_the_text() -> None:
    assert error_of(IdNumber, "A12345678９", strict=True).position == 9
    assert error_of(IdNumber, "A1234 6789", strict=True).position == 5


# Suggestions


def slips(cls: type[Number], text: str, **kwargs: Any) -> list[tuple[Confusion, int, str]]:
    suggestions = error_of(cls, text, **kwargs).suggestions
    return [(s.change, s.position, s.number.value) for s in suggestions]


@pytest.mark.parametrize(
    ("typed", "change", "position"),
    [
        ("Al23456789", Confusion.I_1_L, 1),
        ("AI23456789", Confusion.I_1_L, 1),
        ("A1234S6789", Confusion.S_5, 5),
        ("ａ－1234Ｓ6789", Confusion.S_5, 6),
        ("A1Z3456789", Confusion.Z_2, 2),
        ("A2 13456789", Confusion.SWAPPED, 1),
        ("1A23456789", Confusion.SWAPPED, 0),
        ("A1234567889", Confusion.DOUBLED, 9),
        ("A12345678 9-9", Confusion.DOUBLED, 12),
        ("A12345679", Confusion.LOST, 8),
        ("A123456 78", Confusion.LOST, 10),
    ],
)
def test_one_slip_that_explains_the_text_is_suggested(
    typed: str, change: Confusion, position: int
) -> None:
    assert (change, position, "A123456789") in slips(NationalId, typed)


@pytest.mark.parametrize("text", GENERATED)
def test_every_slip_with_a_number_is_explained(text: str) -> None:
    """Unless it makes another valid number, which nobody can tell from what was meant."""
    for change, wrong in slips_with(text):
        if not IdNumber.is_valid(wrong):
            assert (change, text) in {(c, value) for c, _, value in slips(IdNumber, wrong)}


def slips_with(text: str) -> list[tuple[Confusion, str]]:
    """The results of a number with one slip at any place."""
    groups = {Confusion.O_0: "0O", Confusion.I_1_L: "1IL", Confusion.B_8: "8B"}
    groups |= {Confusion.S_5: "5S", Confusion.Z_2: "2Z"}
    typed: list[tuple[Confusion, str]] = []
    for i, character in enumerate(text):
        before, after = text[:i], text[i + 1 :]
        for change, group in groups.items():
            if character in group:
                typed += [(change, before + other + after) for other in group if other != character]
        if after and after[0] != character:
            typed.append((Confusion.SWAPPED, f"{before}{after[0]}{character}{after[1:]}"))
        typed.append((Confusion.DOUBLED, f"{before}{character}{character}{after}"))
        typed.append((Confusion.LOST, before + after))
    return typed


@pytest.mark.parametrize("text", GENERATED)
def test_a_look_alike_used_throughout_is_one_slip(text: str) -> None:
    typed = text[:2] + text[2:].replace("0", "O")
    if typed != text:
        assert (Confusion.O_0, typed.index("O", 2), text) in slips(IdNumber, typed)
    typed = text[:2] + text[2:].replace("1", "I", 1).replace("1", "l")
    if typed != text:
        assert (Confusion.I_1_L, typed.index("I", 2), text) in slips(IdNumber, typed)


def test_other_letters_do_not_look_like_digits() -> None:
    groups = ("0O", "1IL", "8B", "5S", "2Z")
    for place, digit in enumerate("23456789", start=2):
        for letter in ascii_uppercase:
            alike = any(digit in group and letter in group for group in groups)
            typed = "A123456789"[:place] + letter + "A123456789"[place + 1 :]
            assert ("A123456789" in {value for _, _, value in slips(NationalId, typed)}) is alike


def test_two_slips_are_not_explained() -> None:
    assert slips(NationalId, "AI234S6789") == []
    assert slips(NationalId, "A123456780") == []


def test_the_lost_twin_of_its_neighbour_comes_first() -> None:
    twins = [text for text in GENERATED if text[3] == text[4]]
    assert twins
    for text in twins:
        first = slips(IdNumber, text[:4] + text[5:])
        assert text in [value for _, _, value in first[:3]]


def test_lost_characters_are_not_suggested_without_a_check_digit() -> None:
    assert slips(NhiCardNumber, "00001234567") == []
    assert slips(NhiCardNumber, "0000012345678") == [(Confusion.DOUBLED, 1, "000012345678")]
    assert slips(NhiCardNumber, "OOOO12345678") == [(Confusion.O_0, 0, "000012345678")]


@pytest.mark.parametrize(
    ("typed", "change", "position"),
    [
        ("A12345678９", Confusion.FULL_WIDTH, 9),
        ("a123456789", Confusion.LOWER_CASE, 0),
        ("ａ123456789", Confusion.FULL_WIDTH, 0),
        ("A12345 6789", Confusion.SEPARATOR, 6),
        ("A12345\u30006789", Confusion.SEPARATOR, 6),
    ],
)
def test_strict_reading_suggests_the_canonical_text(
    typed: str, change: Confusion, position: int
) -> None:
    assert (change, position, "A123456789") in slips(NationalId, typed, strict=True)


def test_a_format_that_is_no_longer_accepted_is_not_suggested() -> None:
    typed = "AB1234567"
    legacy = {value for _, _, value in slips(UiNumber, typed)}
    assert "AB12345677" in legacy
    later = {value for _, _, value in slips(UiNumber, typed, on=date(2031, 1, 1))}
    assert later == {value for value in legacy if value[1] in "89"}


def test_a_suggestion_is_masked_and_says_nothing_of_the_number() -> None:
    [suggestion] = error_of(NationalId, "A213456789").suggestions
    assert suggestion.masked == "A12345****"
    assert suggestion.number == NationalId.parse("A123456789")
    assert "123" not in f"{suggestion} {suggestion!r}"


@given(st.sampled_from(CLASSES), st.text(alphabet="AB0O1IL8S5Z2 -Ａ０g", max_size=14))
def test_suggestions_are_valid_and_never_applied(cls: type[Number], text: str) -> None:
    number, error = read(cls, text)
    if error is None:
        assert number is not None
        assert cls is MobileNumber or number.value == normalise(text)
        return
    for suggestion in error.suggestions:
        assert cls.is_valid(suggestion.number.value, strict=True)
        assert suggestion.number.value != normalise(text)
        assert 0 <= suggestion.position <= len(text)
    values = [suggestion.number.value for suggestion in error.suggestions]
    assert len(values) == len(set(values))


# Any text at all


anything = st.one_of(
    st.text(),
    st.text(alphabet=st.characters(categories=["Cs", "Nd", "No", "Mn", "Cf", "Zs"])),
    st.text(alphabet="A0Ａ０ -\u3000", min_size=8, max_size=300),
    st.text(min_size=1, max_size=20).map(lambda text: text * 100_000),
)


def links(error: BaseException | None) -> list[BaseException]:
    chain = []
    while error is not None:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


@pytest.mark.slow
@given(st.sampled_from(CLASSES), anything, st.booleans())
@example(cls=NationalId, text="A12345678\udfff", strict=False)
@example(cls=MobileNumber, text="+999999999999", strict=False)
def test_any_text_ends_in_a_value_or_an_error_of_ours_that_stands_alone(
    cls: type[Number], text: str, strict: bool
) -> None:
    number, error = read(cls, text, strict=strict)
    assert cls.is_valid(text, strict=strict) is (error is None)
    if error is None:
        assert number is not None
        assert cls.parse(number.value, strict=True) == number
        return
    assert links(error) == [error]
    assert error.code
    assert (error.position is None) == (error.allowed == "")
    assert error.position is None or text[error.position] not in error.allowed


SERIALS = st.integers(0, 10**8 - 1).map("{:08d}".format)


@given(SERIALS, st.sampled_from(["A1{}X", "A1{}", "A1{}00", "A3{}", "{}", "A1{}$", "09{}1"]))
def test_errors_show_nothing_of_what_was_typed(serial: str, shape: str) -> None:
    text = shape.format(serial)
    for cls in CLASSES:
        _, error = read(cls, text)
        if error is None:
            continue
        shown = "".join(traceback.format_exception_only(error))
        shown += f"{error} {error!r} {error.args} {error.suggestions}"
        parts = {text[i : i + 3] for i in range(2, len(text) - 2)}
        assert not {part for part in parts if part in shown}


@pytest.mark.parametrize("length", [0, 9, 10, 11, 40, LONGEST_INPUT, LONGEST_INPUT + 1, 10**6])
@every_class
def test_the_work_is_bounded_whatever_the_length(
    cls: type[Number], length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    normalised: list[int] = []
    read_: list[str] = []

    def counting_normalise(text: str) -> str:
        normalised.append(len(text))
        return normalise(text)

    def counting_is_valid(text: str, *, on: None = None, strict: bool = False) -> bool:
        read_.append(text)
        return original(text, on=on, strict=strict)

    original = cls.is_valid
    monkeypatch.setattr(reading, "normalise", counting_normalise)
    monkeypatch.setattr(cls, "is_valid", staticmethod(counting_is_valid))
    for text in ("A" * length, "0" * length, " " * length, "²" * length):
        normalised.clear()
        read_.clear()
        cls.is_valid(text)
        assert sum(normalised) <= LONGEST_INPUT
        read(cls, text)
        # Characters that are looked at: the text a few times over, and candidates of its own length.
        assert sum(normalised) <= 20 * min(length, LONGEST_INPUT) + 20
        assert len(read_) <= 300


def test_texts_beyond_bounds_are_refused_unread() -> None:
    error = error_of(NationalId, "A123456789" + " " * LONGEST_INPUT)
    assert isinstance(error, InvalidLength)
    assert NationalId.is_valid("A123456789" + " " * (LONGEST_INPUT - 10))
    for call in (NationalId.compact, NationalId.format):
        with pytest.raises(InvalidLength):
            call("A" * (LONGEST_INPUT + 1))


# The value


@every_specimen
def test_a_number_shows_its_kind_alone(cls: type[Number], text: str) -> None:
    number = cls.parse(text)
    assert str(number) == repr(number) == f"{number}" == f"<{cls.__name__}>"


def test_kinds_are_told_apart() -> None:
    assert len({cls.kind for cls in CLASSES}) == len({cls.name for cls in CLASSES}) == len(CLASSES)


@every_specimen
def test_the_last_four_characters_are_masked(cls: type[Number], text: str) -> None:
    assert cls.parse(text).masked == text[:-4] + "****"


@every_specimen
def test_numbers_are_equal_by_class_and_text(cls: type[Number], text: str) -> None:
    number = cls.parse(text)
    assert number == cls.parse(text)
    assert hash(number) == hash(cls.parse(text))
    assert number != text
    assert number == ANY  # which is asked, if the number cannot tell


def test_the_same_text_in_another_class_is_another_number() -> None:
    text = "000012345678"
    assert NhiCardNumber.parse(text) != EntryPermitNumber.parse(text)
    assert len({NhiCardNumber.parse(text), EntryPermitNumber.parse(text)}) == 2
    assert UiNumber.parse("A800000014") != UiNumber.parse("AB12345677")


@every_specimen
def test_numbers_are_frozen_slotted_attrs_classes(cls: type[Number], text: str) -> None:
    number = cls.parse(text)
    assert has(cls)
    assert [field.name for field in fields(cls)] == ["value"]
    assert not hasattr(number, "__dict__")
    with pytest.raises(FrozenInstanceError):
        number.value = text  # type: ignore[misc]


@every_specimen
def test_pickles_and_copies_hold_the_number(cls: type[Number], text: str) -> None:
    number = cls.parse(text)
    assert pickle.loads(pickle.dumps(number)) == number  # noqa: S301
    assert copy.deepcopy(number) == number
    assert text.encode() in pickle.dumps(number)


def test_errors_survive_pickling_with_what_they_say() -> None:
    error = error_of(NationalId, "A213456789")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(again), again.args, again.__dict__) == (type(error), error.args, error.__dict__)
    assert again.suggestions == error.suggestions


@every_specimen
def test_called_directly_a_class_takes_canonical_text_alone(cls: type[Number], text: str) -> None:
    assert cls(text) == cls.parse(text)
    assert evolve(cls.parse(text), value=text) == cls.parse(text)
    for other in ("", f" {text}", text.lower() if text != text.lower() else "x"):
        with pytest.raises(NumberError):
            cls(other)


def test_a_value_that_is_not_canonical_is_refused_even_where_the_text_is_valid() -> None:
    with pytest.raises(InvalidFormat) as caught:
        MobileNumber("0900000000")
    assert caught.value.code == "not-canonical"


def test_the_number_for_both_kinds_makes_one_of_them() -> None:
    assert type(IdNumber.parse("A123456789")) is NationalId
    assert type(IdNumber.parse(" A800000014")) is UiNumber
    with pytest.raises(TypeError):
        IdNumber("A123456789")  # type: ignore[abstract]


class Shouting(str):
    """A str of someone else's, as numpy.str_ and Markup are."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"SHOUTING {super().__str__()}"


@every_specimen
def test_strings_of_other_classes_are_read_and_not_kept(cls: type[Number], text: str) -> None:
    for strict in (False, True):
        assert type(cls.parse(Shouting(text), strict=strict).value) is str


# In the place of a python-stdnum module


@every_specimen
def test_a_class_has_the_verbs_of_a_stdnum_module(cls: type[Number], text: str) -> None:
    typed = f" {text[:5]}-{text[5:]} "
    assert cls.compact(typed) == text
    assert cls.validate(typed) == text
    assert cls.is_valid(typed) is True
    assert cls.validate(cls.format(typed)) == text
    assert cls.parse(text).formatted == cls.format(text)
    with pytest.raises(std.ValidationError):
        cls.validate("")
    assert cls.is_valid("") is False


def test_formats() -> None:
    assert NhiCardNumber.format("000012345678") == "0000 1234 5678"
    assert MobileNumber.format("+886900000000") == "0900 000 000"
    assert NationalId.format(" a123-456789") == "A123456789"


def test_the_kinds_without_peculiarities_have_no_warnings() -> None:
    assert NationalId.parse("A123456789").warnings == ()


def test_the_module_of_documents_names_all_of_its_numbers() -> None:
    defined = {cls.__name__ for cls in CLASSES if cls.__module__ == documents.__name__}
    assert defined <= set(documents.__all__)


# Signs that are pasted together with a number


@pytest.mark.parametrize(
    "sign", ["\t", "\n", "\u00a0", "\u2011", "\u2013", "\u2212", "\u200b", "\ufeff", "\u202e"]
)
def test_a_pasted_sign_is_named_by_its_position_with_a_suggestion(sign: str) -> None:
    for text, position in ((f"A123{sign}456{sign}789", 4), (f"A123456789{sign}", 10)):
        error = error_of(NationalId, text)
        assert (error.code, error.position) == ("invalid-character", position)
        assert [(it.number.value, it.change) for it in error.suggestions] == [
            ("A123456789", Confusion.SEPARATOR)
        ]
    assert error_of(NationalId, f"A12{sign}").code == "invalid-length"


BETWEEN = [
    sign
    for sign in map(chr, range(0x110000))
    if category(sign) in {"Pd", "Zs", "Zl", "Zp", "Cf"} or "HYPHEN" in name_of(sign, "")
]
"""Every hyphen, blank and invisible character of Unicode."""
ALSO_TYPED = "\u30fc\uff70\u2500\u02d7\u2022\u207b\ufe0f\u034f\u3164\u2800\u00b7\u30fb"
"""Signs that are typed as hyphens, and more that show nothing."""


def test_any_hyphen_or_blank_is_read_or_named_with_a_suggestion_and_hides_no_number() -> None:
    assert len(BETWEEN) > 200
    for sign in (*BETWEEN, *ALSO_TYPED):
        text = f"A123{sign}456{sign}789"
        assert looks_like_a_number(text), hex(ord(sign))
        assert looks_like_a_number(sign.join("0912345678")), hex(ord(sign))
        if NationalId.is_valid(text):
            continue
        error = error_of(NationalId, text)
        assert (error.code, error.position) == ("invalid-character", 4), hex(ord(sign))
        assert [it.number.value for it in error.suggestions] == ["A123456789"], hex(ord(sign))


@pytest.mark.parametrize("text", ["0912.345.678", "(0912) 345-678", "+886 (912) 345.678"])
def test_a_telephone_number_is_read_with_brackets_and_dots(text: str) -> None:
    assert MobileNumber.parse(text).value == "+886912345678"
    with pytest.raises(InvalidFormat):
        NationalId.parse(text)


def test_stdnum_is_there_and_loads_nothing_that_reaches_a_network() -> None:
    """In a process of its own: what was imported here before does not count."""
    program = """
import sys
from vaxpolicy.identity import InvalidLength
assert not {"ssl", "socket", "pydoc", "urllib", "stdnum.util"} & set(sys.modules)
import stdnum.exceptions
assert issubclass(InvalidLength, stdnum.exceptions.InvalidLength)
import stdnum.tw.ubn, stdnum
assert stdnum.get_cc_module("tw", "vat") is stdnum.tw.ubn
try:
    stdnum.nothing
except AttributeError:
    print("good")
"""
    before = "import stdnum, stdnum.exceptions as e\nfrom vaxpolicy.identity import InvalidLength\nassert issubclass(InvalidLength, e.InvalidLength)\nprint('good')"
    for text in (program, before):
        done = subprocess.run(  # noqa: S603  # our own text
            [sys.executable, "-c", text], capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.returncode) == ("good\n", 0), done.stderr


def test_stdnum_waits_until_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "stdnum")
    _stdnum.put_off("stdnum")
    waiting = sys.modules["stdnum"]
    assert waiting.__path__
    assert isinstance(waiting.get_cc_module, FunctionType)
    with pytest.raises(AttributeError, match="nothing"):
        _ = waiting.nothing
    _stdnum.put_off("stdnum")
    assert sys.modules["stdnum"] is waiting
    with pytest.raises(ModuleNotFoundError):
        _stdnum.put_off("no_such_package_at_all")
    assert not any(isinstance(it, _stdnum.Later) for it in sys.meta_path)


def test_whoever_puts_off_a_package_waits_while_another_thread_imports_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """CPython 3.14 finds a deadlock where one imports a part of a package that another one imports."""
    gate: Any = ModuleType("gate")
    gate.began, gate.go = Event(), Event()
    monkeypatch.setitem(sys.modules, "gate", gate)
    (tmp_path / "busy_package").mkdir()
    (tmp_path / "busy_package" / "__init__.py").write_text(
        "import gate\ngate.began.set()\ngate.go.wait(60)\nfrom busy_package.part import NAME\n"
    )
    (tmp_path / "busy_package" / "part.py").write_text("NAME = 'read'\n")
    monkeypatch.syspath_prepend(tmp_path)
    invalidate_caches()

    def put_off() -> Any:
        _stdnum.put_off("busy_package")
        return import_module("busy_package.part")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(import_module, "busy_package")
        assert gate.began.wait(60)
        second = pool.submit(put_off)
        with pytest.raises(TimeoutError):
            second.result(0.2)
        gate.go.set()
        assert (first.result(60).NAME, second.result(60).NAME) == ("read", "read")
    for name in ("busy_package", "busy_package.part"):
        del sys.modules[name]


def test_a_thread_waits_while_another_one_runs_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate: Any = ModuleType("gate")
    gate.began, gate.go = Event(), Event()
    monkeypatch.setitem(sys.modules, "gate", gate)
    text = "import gate\ngate.began.set()\ngate.go.wait(60)\nNAME = 'read'\n"
    (tmp_path / "put_off_package.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    _stdnum.put_off("put_off_package")
    waiting: Any = sys.modules.pop("put_off_package")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lambda: waiting.NAME)
        assert gate.began.wait(60)
        second = pool.submit(lambda: (gate.go.set(), waiting.NAME))
        assert (first.result(60), second.result(60)[1]) == ("read", "read")
