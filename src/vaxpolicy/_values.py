"""Checks every value in its constructor, with checks made from the annotations of its class.

A class takes part with ``@frozen(field_transformer=checked)``. Its constructor then refuses a field
of the wrong type, an unknown literal, a blank text, an instant without a UTC offset, or a number or
date out of range. The error is an `InvalidValue`. It has a code, the field and what was expected;
it never has the value, which may be a fact about a person.

An annotation may say more than its type:

- `str`: the name of a thing. It is printable, has no blank at its ends, and does not look like the
  number of a document, a card or a telephone (`looks_like_a_number`).
- `Prose`: a text for readers, not blank. `Text`: the same, and it may be empty. `Typed`: whatever
  somebody typed. `Written`: what a program wrote, not blank, of any length. `Json`: JSON data.
- ``Annotated[str, OneOf(names)]``: one of several texts, such as a code.
- ``Annotated[int, Between(1, 99)]``: a number in a range; the same for dates.
- ``Annotated[tuple[str, ...], SOME]``, or of a mapping: at least one; ``DISTINCT``: none twice.

An instant in a field has a fixed offset from UTC: that of the zone in which it was given
(`with_fixed_offset`).

If two fields are the ends of a range, the later one has the validator `not_before` or
`not_after`.

The readers and the JSON Schemas use the same annotations.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timezone
from enum import Enum
from functools import cache, wraps
from inspect import CO_VARARGS
from math import isfinite
from operator import lt
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    NoReturn,
    TypeAlias,
    TypeGuard,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from unicodedata import category, normalize, numeric

import attrs

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., Any])


class InvalidValue(ValueError):  # noqa: N818  # what it is; an outcome that callers catch by name
    """A value was refused.

    Attributes:
        code: what is wrong, as a word that does not change between releases.
        field: the field or argument.
        expected: what was expected, in English.
    """

    def __init__(self, code: str, field: str, expected: str) -> None:
        super().__init__(code, field, expected)
        self.code: str = code
        self.field: str = field
        self.expected: str = expected

    def __str__(self) -> str:
        """The field and what was expected; never the value."""
        return f"{self.field}: expected {self.expected}"


class InvalidType(InvalidValue, TypeError):  # noqa: N818  # as above
    """A value of a wrong type was refused. This is a `TypeError` too."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__("wrong-type", field, expected)

    def __reduce__(self) -> tuple[type[InvalidType], tuple[str, str]]:
        """Pickle and copy by way of the two arguments."""
        return type(self), (self.field, self.expected)


CODES: Final = (
    "wrong-type",
    "unknown-value",
    "blank",
    "not-printable",
    "too-long",
    "wrong-form",
    "looks-like-a-number",
    "no-offset",
    "out-of-range",
    "empty",
    "repeated",
    "wrong-order",
    "contradiction",
)
"""Every code that an `InvalidValue` of this library has."""


Fault: TypeAlias = tuple[str, str]
"""The fault of a value: the code, and what was expected."""
Check: TypeAlias = Callable[[Any], Fault | None]


# Plain classes: `typing.NamedTuple` would make each of them at twenty times the cost, at import.
class Mark:
    """The rules for a field that its annotation adds to its type."""

    __slots__: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The class and its fields; the same in every process."""
        fields_ = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({fields_})"


class Between(Mark):
    """The lowest and the highest number or day that a field takes."""

    __slots__ = ("high", "low")

    def __init__(self, low: int | date, high: int | date) -> None:
        self.low: int | date = low
        self.high: int | date = high


class Form(Mark):
    """The form of a text, as a regular expression, and how it is called in an error."""

    __slots__ = ("expected", "pattern")

    def __init__(self, pattern: str, expected: str) -> None:
        self.pattern: str = pattern
        self.expected: str = expected


class OneOf(Mark):
    """The texts that a field takes, such as the keys of a table of codes."""

    __slots__ = ("names",)

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names: tuple[str, ...] = names


class Kind(Mark):
    """A kind of value, or what a collection must be, named in an annotation.

    The names are "name", "prose", "text", "typed", "written", "json", "some" and "distinct".
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name: str = name


SOME: Final = Kind("some")
"""At least one."""
DISTINCT: Final = Kind("distinct")
"""None of them twice."""

Prose: TypeAlias = Annotated[str, Kind("prose")]
"""A text for readers: not blank."""
Text: TypeAlias = Annotated[str, Kind("text")]
"""A text for readers, which may be empty."""
Typed: TypeAlias = Annotated[str, Kind("typed")]
"""A text as somebody typed it."""

Written: TypeAlias = Annotated[str, Kind("written")]
"""A text that a program wrote: not blank, of any length."""
Json: TypeAlias = Annotated[Any, Kind("json")]
"""JSON data."""

MOST: Final = 1_000_000_000
"""No count is higher."""
LanguageTag: TypeAlias = Annotated[
    str,
    Form("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "the tag of a language, such as en or zh-Hant"),
]
"""The tag of a language, as RFC 5646 writes most of them."""
Sha256: TypeAlias = Annotated[str, Form("[0-9a-f]{64}", "64 lower-case hex digits")]
"""A digest, in hexadecimal."""
AnyDay: TypeAlias = Annotated[date, Between(date.min, date.max)]
"""A day of the calendar, be it that of a fact or not."""
DoseNumber: TypeAlias = Annotated[int, Between(1, 99)]
"""The number of a dose, counted as its programme counts."""
StreamVersion: TypeAlias = Annotated[int, Between(1, MOST)]
DoseCount: TypeAlias = Annotated[int, Between(0, 99)]
Years: TypeAlias = Annotated[int, Between(0, 150)]
"""An age, or a part of one: nobody lives longer."""
Months: TypeAlias = Annotated[int, Between(0, 1_800)]
Days: TypeAlias = Annotated[int, Between(0, 54_787)]
"""An interval of days, up to a life."""
FIRST_BIRTH: Final = date(1880, 1, 1)
FIRST_DOSE: Final = date(1900, 1, 1)
FIRST_DAY: Final = date(1800, 1, 1)
LAST_DAY: Final = date(9000, 12, 31)
"""Within these days every age of a life has its day in the calendar."""
BirthDay: TypeAlias = Annotated[date, Between(FIRST_BIRTH, LAST_DAY)]
"""A birth date: nobody who was born earlier lives."""
TurningDay: TypeAlias = Annotated[date, Between(FIRST_DAY, date(9999, 12, 31))]
"""A day on which an answer changes: an age or interval after the latest day of a fact."""
DoseDay: TypeAlias = Annotated[date, Between(FIRST_DOSE, LAST_DAY)]
"""The day of a dose that somebody alive may have had."""
FactDay: TypeAlias = DoseDay
"""The day of any other event in the life of somebody alive."""

_FIRST_YEAR: Final = FIRST_DAY.year
_LAST_YEAR: Final = LAST_DAY.year

MOST_OF_A_NAME: Final = 256
MOST_OF_A_TEXT: Final = 20_000


_NO_MORE: Final = "(?![0-9A-Z])"
_ALONE: Final = "(?<![0-9A-Z])"
_YEAR: Final = "(?:19|20)[0-9]{2}"
_DAY: Final = f"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_DAY_OF_DIGITS: Final = f"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_PART: Final = "(?:(?:[A-Z][0-9A-D]|09)[0-9]{8}|0000[0-9]{8})"
_GLUED: Final = (
    f"(?:(?:{_DAY_OF_DIGITS})+{_PART}|{_PART}(?={_PART}|{_DAY_OF_DIGITS}))"
    f"(?:{_PART}|{_DAY_OF_DIGITS})*"
)
"""ID numbers, mobile numbers and cards without a gap: two or more, or one beside a day."""
_HARMLESS: Final = rf"""
      {_ALONE}[0-9A-F]{{8}}(?:-[0-9A-F]{{4}}){{3}}-[0-9A-F]{{12}}{_NO_MORE}  # UUID
    | {_ALONE}(?!{_GLUED}{_NO_MORE})[0-7][0-9A-HJKMNP-TV-Z]{{25}}{_NO_MORE}  # ULID
    | {_ALONE}(?!{_GLUED}{_NO_MORE})(?-i:[0-9a-f]{{16}}|[0-9A-F]{{16}}|[0-9a-f]{{20}}
      |[0-9A-F]{{20}}|[0-9a-f]{{24,}}|[0-9A-F]{{24,}}|[a-f][0-9]{{7}}){_NO_MORE}  # hash
    | (?<![0-9]){_DAY_OF_DIGITS}(?![0-9])
    """
"""Identifiers made by a machine and days hold digits and are not a person's."""
_GAP: Final = r"[\s._()\[\]\-]*"
_SIGN: Final = "[^0-9A-Z]{1,3}"
"""Any sign that separates the groups of a number, where the groups are those of its usual form."""
_YEARS: Final = f"(?:{_YEAR}{_SIGN}){{2}}{_YEAR}"
_NUMBER: Final = rf"""
      (?:[A-Z][A-Z0-9]?[0-9]|(?<![A-Z])[A-Z]{_GAP}[A-Z0-9]?{_GAP}[0-9])
      (?:{_GAP}[0-9]){{7}}(?={_DAY_OF_DIGITS}(?![0-9])|(?!{_GAP}[0-9]))  # ID, UI number, permit
    | (?<![0-9])[0-9](?:{_GAP}[0-9]){{8,13}}(?!{_GAP}[0-9])              # card, telephone, passport
    | {_ALONE}[A-Z]{{1,2}}[\s._\-]?[0-9](?:\s?[0-9]){{6}}{_NO_MORE}       # passport with a letter
    | {_ALONE}[A-Z]?[0-9](?:{_SIGN}[0-9]){{8,13}}(?![0-9])                # digit by digit
    | {_ALONE}(?:[A-Z]?[0-9]{{3}}|09[0-9]{{2}})(?:{_SIGN}[0-9]{{3}}){{2,3}}(?![0-9])
    | {_ALONE}(?!{_YEARS})[0-9]{{4}}(?:{_SIGN}[0-9]{{4}}){{2}}(?![0-9])      # the groups of a card
    | {_ALONE}{_GLUED}{_NO_MORE}
    """
_FEWEST: Final = 8
_BESIDE: Final = "[0-9A-Za-z\u0130\u0131\u017f\u212a]"
"""The letters and digits, also those that are equal to a letter in the other case."""
_COMMON_IDS: Final = rf"""
    (?<!{_BESIDE})(?:
        (?!{_GLUED.lower()}(?!{_BESIDE}))[0-9a-f]{{24,}}
      | [0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}
    )(?!{_BESIDE})
    """
"""Hashes and UUIDs in small letters; `_HARMLESS` has them too, and takes long to find them."""
_DOUBTFUL_LINE: Final = r"\n(?!\Z)(?!(?=[!-~])(?:[!-/:-~]*[0-9]){0,6}[!-/:-~]*\n)"
"""The end of a line before one that has a blank, another character than those of ASCII, nothing,
or as many digits as a number."""
_SEVEN_DIGITS: Final = "[0-9](?:[^0-9]*[0-9]){6}"


class _Patterns(NamedTuple):
    common_ids: re.Pattern[str]
    month: re.Pattern[str]
    digits: re.Pattern[str]
    day: re.Pattern[str]
    glued_day: re.Pattern[str]
    harmless: re.Pattern[str]
    number: re.Pattern[str]
    doubtful_line: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    """The patterns. They are compiled when the first text is checked, not at import."""
    return _Patterns(
        re.compile(_COMMON_IDS, re.VERBOSE),
        re.compile("-[0-9]{2}-"),
        re.compile(_SEVEN_DIGITS),
        re.compile(f"(?<![0-9]){_DAY}(?![0-9])"),
        re.compile(_DAY),
        re.compile(_HARMLESS, re.VERBOSE | re.IGNORECASE),
        re.compile(_NUMBER, re.VERBOSE),
        re.compile(_DOUBTFUL_LINE),
    )


def looks_like_a_number(text: str) -> bool:
    """Whether a text holds what could be the number of a document, a card or a telephone.

    It finds them in any spelling: full-width or Chinese digits, with spaces, hyphens or invisible
    characters between, in the groups of a card with any sign between, inside a longer text or a
    URN, next to a day or to another number without a gap, and with a wrong check digit.

    These are not taken for numbers: days, UUIDs, ULIDs, hashes (of 16, 20, 24 or more hexadecimal
    digits in one case, and those of 8 in small letters), and digits alone if they are fewer than
    nine or more than fourteen. A letter or two and seven digits are a passport's, such as those of
    Indonesia and Viet Nam, unless more letters come before: ``p-1234567`` is refused, and
    ``person-1234567`` is not.

    >>> looks_like_a_number("p A123-456-789"), looks_like_a_number("tw/covid19-1922/round-19")
    (True, False)
    """
    if text.isascii():
        return _has_number(text)
    plain = normalize("NFKC", text)
    # the digit one of Chinese is also typed as a hyphen, which it looks like
    readings = {plain, plain.replace("\u4e00", "-")}
    return any(_has_number("".join(map(_plainly, reading))) for reading in readings)


HIDDEN: Final = "(hidden)"
"""The word in an error for a text that looks like a person's number."""


def shown(text: object) -> str:
    """A text such as the name of a file, unless it looks like a person's number."""
    said = str(text)
    return HIDDEN if looks_like_a_number(said) else said


def _has_number(plain: str) -> bool:
    """Whether a text with its digits and separators in ASCII holds a number."""
    if len(plain) < _FEWEST:
        return False
    patterns = _patterns()
    if patterns.digits.search(plain) is None:  # every number has that many
        return False
    readings = {plain}
    if patterns.month.search(plain) is not None:
        readings = {day.sub("~", plain) for day in (patterns.day, patterns.glued_day)}
    return any(_has_number_beside_days(reading, patterns) for reading in readings)


def _has_number_beside_days(text: str, patterns: _Patterns) -> bool:
    for harmless in (patterns.common_ids, patterns.harmless):
        text = harmless.sub("~", text)
        if patterns.digits.search(text) is None:
            return False
    return patterns.number.search(text.upper()) is not None


_LIKE_HYPHENS: Final = frozenset(
    "\u00ad\u00b7\u02d7\u2022\u2027\u2043\u207b\u208b\u2212\u2500\u2501\u30fb\u30fc\uff65\uff70"
)
"""Characters that are typed as hyphens and are not dashes by their category: minus signs, dots in
the middle of a line, lines of a frame, and the long sound of Japanese, which its keyboards give."""
_UNSEEN: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that show nothing and are letters or signs by their category."""


_BLANK_ENDS: Final = _UNSEEN | {" "}
_NOTHING_SEEN: Final = dict.fromkeys(map(ord, _UNSEEN))


def as_separator(character: str) -> str | None:
    """A character between digits as a separator: a hyphen, a blank, or "" if it shows nothing.

    None: it is not a separator.
    """
    kind = category(character)
    if kind == "Pd" or character in _LIKE_HYPHENS:
        return "-"
    if kind in {"Zs", "Zl", "Zp"}:
        return " "
    return "" if kind in {"Cf", "Cc", "Mn", "Me"} or character in _UNSEEN else None


_DIGITS: Final = frozenset(range(10))


def _plainly(character: str) -> str:
    """A hyphen for every dash, a blank for every space, no invisible character, digits as ASCII."""
    value = numeric(character, None)
    if value in _DIGITS:
        return str(int(value))
    separator = as_separator(character)
    return character if separator is None else separator


def _formed(form: Form) -> Check:
    pattern, fault = re.compile(form.pattern), ("wrong-form", form.expected)

    def check(value: object) -> Fault | None:
        if not isinstance(value, str):
            return "wrong-type", form.expected
        return None if pattern.fullmatch(value) else fault

    return check


def _of_kind(kind: str) -> Check:
    """The check of a kind of value."""
    return {
        "name": _name,
        "prose": _prose,
        "text": _prose_or_nothing,
        "typed": _typed,
        "written": _written,
        "json": _json,
    }[kind]


_TEXT: Final = ("wrong-type", "text")
_JSON_TYPES: Final = frozenset({str, int, float, bool, NoneType})
_NOT_JSON: Final = ("wrong-type", "JSON data")
_BLANK: Final = ("blank", "a text that is not blank")
_BLANK_END: Final = ("wrong-form", "a text without a blank at its beginning or end")
_NUMBER_FOUND: Final = (
    "looks-like-a-number",
    "a pseudonym, code or name; this looks like the number of a document, card or telephone",
)


def _typed(value: object) -> Fault | None:
    return None if isinstance(value, str) else _TEXT


def _written(value: object) -> Fault | None:
    if isinstance(value, str) and (not value or value.isspace()):
        return _BLANK
    return _typed(value)


def _json(value: object) -> Fault | None:
    """The fault of what is not JSON data; parts of it are looked at one by one, to any depth."""
    parts = [value]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if not all(isinstance(key, str) for key in part):
                return _NOT_JSON
            parts += [*part, *part.values()]
        elif isinstance(part, list):
            parts += part
        elif type(part) not in _JSON_TYPES or (isinstance(part, float) and not isfinite(part)):
            return _NOT_JSON
        elif isinstance(part, str) and not _is_whole(part):
            return "not-printable", "JSON data with no half of a surrogate pair"
    return None


def _is_whole(text: str) -> bool:
    """Whether a text has no half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name(value: object) -> Fault | None:
    if not isinstance(value, str):
        return _TEXT
    if not value.strip() or (not value.isascii() and not value.translate(_NOTHING_SEEN).strip()):
        return _BLANK
    if not value.isprintable():
        return "not-printable", "a text of printable characters"
    if len(value) > MOST_OF_A_NAME:
        return "too-long", f"at most {MOST_OF_A_NAME} characters"
    if looks_like_a_number(value):
        return _NUMBER_FOUND
    return _BLANK_END if value[0] in _BLANK_ENDS or value[-1] in _BLANK_ENDS else None


def are_names(texts: Iterable[str]) -> bool:
    """Whether each of many texts is a name, as the check of a field says.

    The texts are checked together, which is quick, and one by one where there is a doubt. Raises
    TypeError for a value that is not a text.
    """
    each = list(dict.fromkeys(texts))
    lines, patterns = "\n".join(["", *each, ""]), _patterns()
    is_sure = (
        lines.count("\n") == len(each) + 1
        and max(map(len, each), default=0) <= MOST_OF_A_NAME
        and patterns.month.search(lines) is None
        and patterns.doubtful_line.search(patterns.common_ids.sub("~", lines)) is None
    )
    return is_sure or not any(map(_name, each))


def _prose_or_nothing(value: object) -> Fault | None:
    if not isinstance(value, str):
        return _TEXT
    if len(value) > MOST_OF_A_TEXT:
        return "too-long", f"at most {MOST_OF_A_TEXT} characters"
    if not value.isprintable() and any(
        category(it) in {"Cs", "Cc"} for it in value if it not in "\n\t"
    ):
        return "not-printable", "a text of printable characters"
    return None


def _prose(value: object) -> Fault | None:
    if isinstance(value, str) and not value.strip():
        return _BLANK
    return _prose_or_nothing(value)


def _number(low: int, high: int) -> Check:
    wrong = "wrong-type", f"a whole number from {low}" if high == MOST else f"{low} to {high}"
    outside = "out-of-range", wrong[1]

    def check(value: object) -> Fault | None:
        if type(value) is not int:
            return wrong
        return None if low <= value <= high else outside

    return check


def is_day(value: object) -> TypeGuard[date]:
    """Whether it is a day: a date, and not a datetime."""
    return isinstance(value, date) and not isinstance(value, datetime)


def is_instant(value: object) -> TypeGuard[datetime]:
    """Whether it is an instant: a datetime with a UTC offset."""
    return isinstance(value, datetime) and value.utcoffset() is not None


def _day(low: date, high: date) -> Check:
    outside = "out-of-range", f"a date from {low} to {high}"

    def check(value: object) -> Fault | None:
        if not is_day(value):
            return "wrong-type", "a date"
        return None if low <= value <= high else outside

    return check


def _instant(value: object) -> Fault | None:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        code = "no-offset" if isinstance(value, datetime) else "wrong-type"
        return code, "a datetime with a UTC offset"
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        return "out-of-range", f"an instant from {FIRST_DAY.year} to {LAST_DAY.year}"
    return None


def _clock(value: object) -> Fault | None:
    if not isinstance(value, time):
        return "wrong-type", "a time of day"
    return ("wrong-type", "a time of day without an offset") if value.tzinfo else None


def _literal(names: tuple[object, ...]) -> Check:
    expected = " or ".join(
        str(name).lower() if isinstance(name, bool) else str(name) for name in names
    )

    texts = frozenset(name for name in names if type(name) is str)

    def check(value: object) -> Fault | None:
        if type(value) is str and value in texts:
            return None
        if any(value == name and type(value) is type(name) for name in names):
            return None
        same = any(isinstance(value, type(name)) for name in names)
        return "unknown-value" if same else "wrong-type", expected

    return check


def _subclass(kind: Any) -> Check:
    fault = "wrong-type", f"a class of {getattr(kind, '__name__', 'any kind')}"
    base = kind if isinstance(kind, type) else object

    def check(value: object) -> Fault | None:
        return None if isinstance(value, type) and issubclass(value, base) else fault

    return check


def _instance(kind: type) -> Check:
    expected = "true or false" if kind is bool else kind.__name__
    if issubclass(kind, Enum):
        expected = f"{expected} ({', '.join(str(it.value) for it in kind)})"
    fault = "wrong-type", expected

    def check(value: object) -> Fault | None:
        return None if isinstance(value, kind) else fault

    return check


def _one_of(kinds: tuple[Any, ...]) -> Check:
    checks = [check_of(kind) for kind in kinds if kind is not NoneType]
    optional = len(checks) < len(kinds)
    if len(checks) == 1:
        (only,) = checks
        return lambda value: None if value is None else only(value)

    def check(value: object) -> Fault | None:
        if optional and value is None:
            return None
        faults = []
        for each in checks:
            fault = each(value)
            if fault is None:
                return None
            faults.append(fault)
        of_its_type = [fault for fault in faults if fault[0] != "wrong-type"]
        code, expected = of_its_type[0] if of_its_type else faults[0]
        if code in {"wrong-type", "unknown-value"}:  # then what the other kinds expect helps too
            expected = " or ".join(dict.fromkeys(fault[1] for fault in faults))
        return code, expected

    return check


def _many(collection: type[Any], item: Check, kinds: AbstractSet[str]) -> Check:
    some, distinct = "some" in kinds, "distinct" in kinds
    what = "several values in a tuple" if collection is tuple else "a set of values"
    fault = "wrong-type", what

    def check(value: Any) -> Fault | None:
        if not isinstance(value, collection):
            return fault
        if some and not value:
            return "empty", "at least one"
        if distinct and len(set(value)) < len(value):
            return "repeated", "none of them twice"
        for each in value:
            if (wrong := item(each)) is not None:
                return wrong
        return None

    return check


def _several(items: tuple[Check, ...]) -> Check:
    fault = "wrong-type", f"a tuple of {len(items)}"

    def check(value: Any) -> Fault | None:
        if not isinstance(value, tuple) or len(value) != len(items):
            return fault
        return next((it for it in map(_apply, items, value) if it is not None), None)

    return check


def _apply(check: Check, value: object) -> Fault | None:
    return check(value)


def _mapping(
    key: Check, item: Check, of: type[Any] = Mapping, kinds: AbstractSet[str] = frozenset()
) -> Check:
    some = "some" in kinds
    fault = "wrong-type", "a mapping" if of is Mapping else f"a {of.__name__}"

    def check(value: Any) -> Fault | None:
        if not isinstance(value, of):
            return fault
        if some and not value:
            return "empty", "at least one"
        for name, each in value.items():
            if (wrong := key(name) or item(each)) is not None:
                return wrong
        return None

    return check


def _anything(_: object) -> Fault | None:
    return None


_CHECKS: Final[Mapping[Any, Check]] = {
    str: _name,
    int: _number(0, MOST),
    date: _day(FIRST_DAY, LAST_DAY),
    datetime: _instant,
    time: _clock,
    object: _anything,
    Any: _anything,
}


def check_of(kind: Any) -> Check:
    """The check that an annotation asks for."""
    if kind in _CHECKS:
        return _CHECKS[kind]
    if isinstance(kind, TypeVar):
        return check_of(kind.__bound__)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _annotated(parts[0], parts[1:])
    if origin in {Union, UnionType}:
        return _one_of(parts)
    if origin is Literal:
        return _literal(parts)
    return _instance(kind) if origin is None else _collection(origin, parts, frozenset())


def _collection(origin: Any, parts: tuple[Any, ...], kinds: frozenset[str]) -> Check:
    if origin is tuple and parts[1:] != (...,):
        return _several(tuple(map(check_of, parts)))
    if origin in {tuple, frozenset}:
        return _many(origin, check_of(parts[0]), kinds)
    if origin is type:
        return _subclass(parts[0])
    if issubclass(origin, Counter):
        return _mapping(check_of(parts[0]), check_of(int), origin)
    if issubclass(origin, Mapping):
        return _mapping(check_of(parts[0]), check_of(parts[1]), kinds=kinds)
    return _instance(origin)


def _annotated(kind: Any, marks: tuple[object, ...]) -> Check:
    kinds = frozenset(mark.name for mark in marks if isinstance(mark, Kind))
    for mark in marks:
        if isinstance(mark, Between):
            of_days = isinstance(mark.low, date)
            return (_day if of_days else _number)(mark.low, mark.high)  # type: ignore[arg-type]  # both are
        if isinstance(mark, Form):
            return _formed(mark)
        if isinstance(mark, OneOf):
            return _literal(mark.names)
    if kind in {str, Any}:
        return _of_kind(next(iter(kinds)))
    return _collection(get_origin(kind), get_args(kind), kinds)


CHECKED: Final = "vaxpolicy.checked"
"""The metadata of a field that its constructor checks: the check that its annotation asks for."""
OWN: Final = "vaxpolicy.own"
"""The metadata of such a field: the check that its class adds; None if it adds none."""


def with_fixed_offset(value: Any) -> Any:
    """An instant with its own UTC offset and no zone; instants in a tuple or mapping as well.

    Python compares two instants of one zone by their clocks, also where the clocks were put back
    between them. Anything else stays as it is.
    """
    kind = type(value)
    if isinstance(value, datetime):
        if type(value.tzinfo) is timezone or (offset := value.utcoffset()) is None:
            return value
        return value.replace(tzinfo=timezone(offset), fold=0)
    if kind is tuple:
        return tuple(map(with_fixed_offset, value))
    if kind is dict or kind is Unchanging:
        return kind({key: with_fixed_offset(each) for key, each in value.items()})
    return value


_OF_INSTANTS: Final = re.compile(r"\b(datetime|WrittenMoment)\b")
"""The names of types in an annotation that have instants."""


def _with_converter(field: attrs.Attribute[Any]) -> attrs.Attribute[Any]:
    """A field that takes instants, with the converter to a fixed offset."""
    if _OF_INSTANTS.search(str(field.type)) is None:
        return field
    first, then = field.converter, with_fixed_offset
    return field.evolve(converter=then if first is None else attrs.converters.pipe(first, then))


def checked(cls: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """The fields of a class, each with a check made from its annotation."""
    return [field if CHECKED in field.metadata else _with_check(cls, field) for field in fields]


def _with_check(cls: type, field: attrs.Attribute[Any]) -> attrs.Attribute[Any]:
    if not field.init:
        return field
    field = _with_converter(field)
    mine = _validator((cls.__module__, cls.__qualname__), field)
    both = mine if field.validator is None else attrs.validators.and_(mine, field.validator)
    said = {CHECKED: mine, OWN: field.validator}
    return field.evolve(validator=both, metadata={**field.metadata, **said})


def _validator(
    owner: tuple[str, str], field: attrs.Attribute[Any]
) -> Callable[[Any, attrs.Attribute[Any], Any], None]:
    """A validator that reads the annotation when the first value is made: all names exist then."""
    check: Check | None = None
    name, empty = field.alias or field.name, field.default == ""

    def validate(instance: object, _: object, value: object) -> None:
        nonlocal check
        if check is None:
            check = check_of_field(_class_of(type(instance), owner), field.name, empty=empty)
        fault = check(value)
        if fault is not None:
            raise error(name, fault, value)

    return validate


Validator: TypeAlias = Callable[[Any, "attrs.Attribute[Any]", Any], None]


K = TypeVar("K")
V = TypeVar("V")


class Unchanging(dict[K, V]):
    """A mapping that refuses every change: values are shared by the whole process."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this mapping cannot be changed; make a dict of it and change that")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[Unchanging[K, V]], tuple[dict[K, V]]]:
        """Pickle and copy by way of a plain dict."""
        return Unchanging, (dict(self),)


def unchanging(given: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """A copy of a mapping that refuses changes. Anything else is returned as it is, to be refused.

    It is the converter of every field that has a mapping.
    """
    its: object = given
    if type(its) is Unchanging or not isinstance(its, Mapping):
        return given
    return Unchanging(given)


def not_before(first: str, precedes: Callable[[Any, Any], bool] = lt) -> Validator:
    """A validator: the field does not precede an earlier field of the class. None is an open end.

    ``until: date | None = field(default=None, validator=not_before("since"))`` refuses an `until`
    that precedes `since`, with the code ``wrong-order``.
    """
    return _in_order(first, "before", "lower", precedes)


def not_after(last: str, precedes: Callable[[Any, Any], bool] = lt) -> Validator:
    """A validator: an earlier field of the class does not precede the field, as `not_before`."""
    return _in_order(last, "after", "higher", lambda value, other: precedes(other, value))


def _in_order(name: str, side: str, than: str, is_wrong: Callable[[Any, Any], bool]) -> Validator:
    def validate(instance: object, field: attrs.Attribute[Any], value: object) -> None:
        other = getattr(instance, name)
        if value is None or other is None or not is_wrong(value, other):
            return
        what = f"a day or an instant that is not {side}"
        if isinstance(value, int):
            what = f"a number that is not {than} than"
        raise InvalidValue("wrong-order", field.alias or field.name, f"{what} `{name}`")

    return validate


def error(field: str, fault: Fault, value: object) -> InvalidValue:
    """The exception for a fault of a value. It says so where the value is a text instead."""
    code, expected = fault
    if code == "wrong-type":
        return InvalidType(field, expected + found_text(value))
    return InvalidValue(code, field, expected)


def found_text(value: object) -> str:
    """The end of what was expected, where a text was found: often a date that was not parsed."""
    return ", found text" if isinstance(value, str) else ""


def _class_of(kind: type, owner: tuple[str, str]) -> type:
    return next(it for it in kind.__mro__ if (it.__module__, it.__qualname__) == owner)


def check_of_field(cls: type, name: str, *, empty: bool) -> Check:
    """The check of a field; a text whose default is empty may be."""
    kind = field_types(cls)[name]
    return check_of(Text if kind is str and empty else kind)


@cache
def field_types(cls: type) -> Mapping[str, Any]:
    """The annotation of each field of a class, with what it says beside the type."""
    return get_type_hints(cls, include_extras=True)


def require(name: str, kind: Any, value: object) -> None:
    """Refuse an argument that is not what an annotation says; the error names the argument."""
    fault = check_of(kind)(value)
    if fault is not None:
        raise error(name, fault, value)


def require_type(name: str, kind: type, value: object) -> None:
    """Refuse an argument of another type; the error names the argument and the type."""
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise InvalidType(name, f"{article} {kind.__name__}")


def require_day(name: str, value: object) -> None:
    """Refuse an argument that is not a day; the error names the argument.

    Raises `InvalidType`, which is a `TypeError`. A `datetime` is not a day.
    """
    if not is_day(value):
        raise InvalidType(name, f"a date{found_text(value)}")


def require_instant(name: str, value: object) -> None:
    """Refuse an argument that is not a `datetime` with a UTC offset; the error names the argument.

    Raises `InvalidType` for a value of another type and `InvalidValue` for a naive datetime.
    """
    if not isinstance(value, datetime):
        raise InvalidType(name, "a datetime with a UTC offset")
    if not is_instant(value):
        raise InvalidValue("no-offset", name, "a datetime with a UTC offset")


def front_door(function: C) -> C:
    """Let a public function refuse an argument of another type; the error names the argument.

    The types are those of the annotations, by name: the module of a class need not be imported. An
    argument whose annotation names a type in `_OPEN` is not checked here.
    """
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    by_name = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    rest = code.co_varnames[len(by_name)] if code.co_flags & CO_VARARGS else ""
    annotations = function.__annotations__
    named = ((name, annotations[name]) for name in (*by_name, rest) if name in annotations)
    kinds = {name: its for name, it in named if _OPEN.isdisjoint(its := _named_kinds(it))}

    @wraps(function)
    def checking(*args: Any, **kwargs: Any) -> Any:
        for name, value in (*zip(positional, args, strict=False), *kwargs.items()):
            if name in kinds and not _is_of(kinds[name], value):
                raise InvalidType(name, _in_words(kinds[name]))
        if rest in kinds:
            for value in args[len(positional) :]:
                if not _is_of(kinds[rest], value):
                    raise InvalidType(rest, _in_words(kinds[rest]))
        return function(*args, **kwargs)

    return checking  # type: ignore[return-value]  # it takes and gives the same


_OPEN: Final = frozenset(
    {
        *("Any", "object", "Data", "T", "AnyCommand", "AnyEvent", "SlotCommand", "Claim"),
        *("Date", "Dialect", "BadRows", "Ed25519PrivateKey", "Ed25519PublicKey"),
    }
)
"""The names of types that are not classes, or for which other classes may be used."""
_BETWEEN_KINDS: Final = re.compile(r"\|(?![^\[]*\])")
"""The sign between two kinds of an annotation, outside of brackets."""
_GENERIC: Final[Mapping[str, str]] = {
    "Iterable": "several values",
    "Sequence": "several values",
    "Mapping": "a mapping",
    "Callable": "a function",
    "type": "a class",
}


def _named_kinds(annotation: str) -> tuple[str, ...]:
    return tuple(it.strip() for it in _BETWEEN_KINDS.split(annotation))


def _in_words(kinds: tuple[str, ...]) -> str:
    words = []
    for kind in kinds:
        name = kind.partition("[")[0]
        article = "an" if name[0] in "AEIOU" else "a"
        plain = f"{article} {name}" if name[0].isupper() and name != "None" else name
        words.append(_GENERIC[name] if name in _GENERIC and "[" in kind else plain)
    return " or ".join(dict.fromkeys(words))


def _is_of(kinds: tuple[str, ...], value: object) -> bool:
    """Whether a value is of one of the kinds, which are named as annotations name them."""
    own = type(value)
    if own in {type(None), bool}:
        return {type(None): "None", bool: "bool"}[own] in kinds
    found = {it.__name__ for it in own.__mro__}
    if isinstance(value, type):
        found = {f"type[{it.__name__}]" for it in value.__mro__}
    if not found.isdisjoint(kinds):
        return True
    generic = {it.partition("[")[0] for it in kinds if "[" in it}
    if "Callable" in generic and callable(value) and not isinstance(value, type):
        return True
    if "Mapping" in generic and isinstance(value, Mapping):
        return True
    return not generic.isdisjoint({"Iterable", "Sequence"}) and _are_several(value)


def as_tuple(values: Iterable[T]) -> tuple[T, ...]:
    """A converter: several values as a tuple. Anything else stays as it is, to be refused."""
    return tuple(values) if _are_several(values) else values  # type: ignore[return-value]  # see above


def as_set(values: Iterable[T]) -> frozenset[T]:
    """A converter: several values as a set. Anything else stays as it is, to be refused."""
    return frozenset(values) if _are_several(values) else values  # type: ignore[return-value]  # see above


_SEVERAL: Final = frozenset({tuple, list, set, frozenset})


def _are_several(values: object) -> bool:
    if type(values) in _SEVERAL:  # it costs less to ask
        return True
    return isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping)


def unchecked(cls: Callable[..., T]) -> Callable[..., T]:
    """A constructor of a class that takes its fields in order and checks nothing.

    It is for code that makes many values from others that were checked, such as a decision's
    offers. It is as fast as the constructor of a class without checks. If the class itself has no
    slot for weak references, it is twice as fast: the fields are set as those of a class that is
    not frozen. It runs no converter. If a factory makes the default of a field, all fields must be
    given.
    """
    kind: Any = cls
    fields = attrs.fields(kind)
    all_given = any(hasattr(it.default, "factory") for it in fields)
    taken, values = [], {}
    for it in fields:
        values[it.name] = it.name if it.init else f"default_{it.name}"
        if it.init:
            must_be_given = all_given or it.default is attrs.NOTHING
            taken.append(it.name if must_be_given else f"{it.name}=default_{it.name}")
    return _maker(cls, taken, values)


def changing(cls: Callable[..., T], *names: str) -> Callable[..., T]:
    """A function that copies a value of a class with these fields changed, and checks nothing.

    It takes the value and the new fields in the order of the names. It is several times faster than
    `attrs.evolve`.
    """
    kind: Any = cls
    fields = attrs.fields(kind)
    values = {it.name: f"_old.{it.name}" for it in fields}
    if not values.keys() >= set(names):
        raise TypeError(f"{kind.__name__} lacks a field of these: {', '.join(names)}")
    return _maker(cls, ["_old", *names], values | {name: name for name in names})


def _maker(cls: Callable[..., T], taken: list[str], values: Mapping[str, str]) -> Callable[..., T]:
    """A function that makes a value of a class from expressions for its fields."""
    kind: Any = cls
    names: dict[str, Any] = {"_new": object.__new__, "_kind": kind, "_open": kind}
    slots = kind.__dict__["__slots__"]
    is_frozen = kind.__setattr__ is not object.__setattr__
    if is_frozen and "__weakref__" not in slots:
        set_freely = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
        names["_open"] = type(kind.__name__, kind.__bases__, {"__slots__": slots, **set_freely})
    filled = []
    for it in attrs.fields(kind):
        names |= {
            f"set_{it.name}": getattr(kind, it.name).__set__,
            f"default_{it.name}": it.default,
        }
        by_setter = is_frozen and names["_open"] is kind
        its = values[it.name]
        filled.append(f"set_{it.name}(_made, {its})" if by_setter else f"_made.{it.name} = {its}")
    close = [] if names["_open"] is kind else ["_made.__class__ = _kind"]
    body = "; ".join(("_made = _new(_open)", *filled, *close, "return _made"))
    exec(f"def make({', '.join(taken)}): {body}", names)  # noqa: S102  # the names of our own fields
    made: Callable[..., T] = names["make"]
    return made
