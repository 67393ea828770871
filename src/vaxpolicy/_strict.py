"""Reads TOML and JSON strictly: nothing is guessed, and everything unexpected is refused.

`read_json` and `read_toml` read bytes or text into a document. They refuse everything that a
careless reader would lose or guess: a repeated key, a number that is not whole, half a character,
bytes that are not UTF-8, and documents that are too long or too deep. `converter` turns a document
into values: it knows every key, and never takes a text for a number or for a list of characters.
`problems_of` lists every problem of a document with its path and a code, but never with a value.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from enum import Enum
from itertools import islice, repeat
from types import GenericAlias, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

import attrs
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, make_mapping_structure_fn

from vaxpolicy._values import (
    CHECKED,
    InvalidValue,
    OneOf,
    Prose,
    check_of_field,
    checked,
    field_types,
    unchecked,
)
from vaxpolicy._values import CODES as VALUE_CODES
from vaxpolicy.days import parse_day

T = TypeVar("T")

LONGEST: Final = 16_000_000
"""The most characters or bytes of a document."""
DEEPEST: Final = 64
"""The deepest nesting of lists and tables."""
_LONGEST_NUMBER: Final = 20


CODES: Final = (
    "missing",
    "unknown-key",
    "unknown-condition",
    "not-a-date",
    "not-an-instant",
    "not-a-time",
    "not-whole",
    "said-twice",
    "not-json",
    "not-toml",
    "not-utf-8",
    "too-deep",
    "too-large",
    "invalid",
)
"""The codes of a `Problem` besides those of `vaxpolicy._values.CODES`."""


@attrs.frozen(field_transformer=checked)
class Problem:
    """One problem of a document.

    Attributes:
        path: the place, as in ``$.doses[0].on``.
        code: the kind of problem, as a word that does not change between releases.
        expected: the expected value, in English.
    """

    path: Prose
    code: Annotated[str, OneOf((*CODES, *VALUE_CODES))]
    expected: Prose

    @property
    def place(self) -> str:
        """The place; for a missing or unknown key, the path of its table."""
        return self.path.rpartition(".")[0] if self._is_of_a_key else self.path

    @property
    def reason(self) -> str:
        """The expected value, in English, without the one that was found."""
        key = self.path.rpartition(".")[2]
        if self.code == "missing":
            return f"the key {key} is missing"
        if self.code == "unknown-key":
            return f"unknown key {key}: expected {self.expected}"
        return f"{'not' if self.code == 'not-toml' else 'expected'} {self.expected}"

    @property
    def _is_of_a_key(self) -> bool:
        return self.code in {"missing", "unknown-key"}

    def __str__(self) -> str:
        """The reason and the place."""
        return f"{self.reason} at {self.place}"


_problem: Final = unchecked(Problem)


class InvalidDocument(ValueError):  # noqa: N818  # what it is
    """A document was refused; `problems` has every problem."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        """Every problem with its path."""
        return "; ".join(map(str, self.problems))


class ExpectedError(ValueError):
    """A value is of the wrong kind; the message says which kind was expected."""

    def __init__(self, expected: str, code: str = "wrong-type") -> None:
        super().__init__(expected, code)
        self.expected, self.code = expected, code

    def __str__(self) -> str:
        """The expected kind of value."""
        return f"expected {self.expected}"


def exactly(kind: type[T], name: str) -> Callable[[Any, Any], T]:
    """Make a hook that accepts only values of one type."""

    def take(value: Any, _: Any) -> T:
        if type(value) is not kind:
            raise ExpectedError(f"{name}, found {kind_of(value)}")
        return value

    return take


_KINDS: Final[Mapping[type, str]] = {
    dict: "a table",
    list: "an array",
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number with a point",
    datetime: "a date with a time",
    type(None): "nothing",
}


def kind_of(value: object) -> str:
    """The kind of a value in words, without the value."""
    return _KINDS.get(type(value), type(value).__name__)


def is_type(union: object) -> Callable[[object], bool]:
    """Whether a kind is exactly this union."""
    return lambda kind: kind == union


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _one_of(value: Any, kind: Any) -> Any:
    names = get_args(kind)
    if any(type(value) is type(name) and value == name for name in names):
        return value
    raise ExpectedError(" or ".join(str(name).lower() for name in names), "unknown-value")


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _member(value: Any, kind: type[Enum]) -> Enum:
    for member in kind:
        if type(value) is str and member.value == value:
            return member
    raise ExpectedError(" or ".join(str(member.value) for member in kind), "unknown-value")


def table_hook(kind: type[T], converter: Converter) -> Callable[[Any, Any], T]:
    """Make a hook that reads a class from a table."""
    structure = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True)

    def take(value: Any, _: Any) -> T:
        if not isinstance(value, dict):
            raise ExpectedError(f"a table, found {kind_of(value)}")
        try:
            return structure(value, kind)
        except ClassValidationError as error:
            unread = {note.name for _, note in error.group_exceptions()[0]}
            refused = [it for it in error.exceptions if isinstance(it, InvalidValue)]
            found = () if refused else tuple(problems_of(error))
            faults = tuple(_faults(value, kind, converter, unread))
            if not (refused or faults):
                raise
        whole = tuple(Problem(f"${_step(it.field)}", it.code, it.expected) for it in refused)
        # the error of the value itself has no place
        raise InvalidDocument((*found, *(faults or whole)))

    return take


def _faults(
    table: Mapping[str, Any], kind: Any, converter: Converter, unread: Container[str]
) -> Iterator[Problem]:
    """Every field that could be read and that the constructor refuses; it stops at the first."""
    hints = field_types(kind)
    for it in attrs.fields(kind):
        if CHECKED in it.metadata and it.name in table and it.name not in unread:
            found = converter.structure(table[it.name], hints[it.name])
            fault = check_of_field(kind, it.name, empty=it.default == "")(found)
            if fault is not None:
                yield Problem(f"${_step(it.name)}", *fault)


def _is_array(kind: Any) -> bool:
    return get_origin(kind) in {tuple, frozenset} and get_args(kind)[1:] in {(), (...,)}


def _array(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Make a hook that reads a tuple or a set from an array."""
    collection: Any = get_origin(kind)
    each: Any = (*get_args(kind), Any)[0]

    def take(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise ExpectedError(f"an array, found {kind_of(value)}")
        items = _items(converter, value, repeat(each))
        found = collection(items)
        if len(found) < len(items):
            raise ExpectedError("none of them twice", "repeated")
        return found

    return take


def _is_fixed(kind: Any) -> bool:
    return get_origin(kind) is tuple and not _is_array(kind)


def _fixed(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Make a hook that reads a tuple of a fixed length from an array of that length."""
    parts = get_args(kind)

    def take(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise ExpectedError(f"an array, found {kind_of(value)}")
        if len(value) != len(parts):
            raise ExpectedError(f"an array of {len(parts)}")
        return tuple(_items(converter, value, parts))

    return take


def _items(converter: Converter, array: list[Any], kinds: Iterable[Any]) -> list[Any]:
    """Read the items of an array, each as its kind. Raises InvalidDocument with their problems."""
    found: list[Any] = []
    problems: list[Problem] = []
    for at, (item, kind) in enumerate(zip(array, kinds, strict=False)):
        try:
            found.append(converter.structure(item, kind))
        except (ValueError, TypeError, BaseValidationError) as error:
            problems += problems_of(error, f"$[{at}]")
            if len(problems) >= MOST_PROBLEMS:
                break
    if problems:
        raise InvalidDocument(tuple(problems[:MOST_PROBLEMS]))
    return found


def _is_plain_annotated(kind: Any) -> bool:
    return get_origin(kind) is Annotated


def _unannotated(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    inner: Any = get_args(kind)[0]
    return lambda value, _: converter.structure(value, inner)


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) in {dict, Mapping}


def _mapping(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    each: Any = GenericAlias(dict, get_args(kind))
    # the converter's own maker would put its hook in the place of this one for every later value
    structure = make_mapping_structure_fn(
        each, converter, dict, detailed_validation=converter.detailed_validation
    )

    def take(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise ExpectedError(f"a table, found {kind_of(value)}")
        return structure(value, each)

    return take


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType} and len(set(get_args(kind)) - {NoneType}) > 1


def _either(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Make a hook that reads the member of a union that fits a table, an array or a value."""
    parts = get_args(kind)
    by_kind: dict[type, list[Any]] = {
        dict: [part for part in parts if attrs.has(part)],
        list: [part for part in parts if _is_array(part)],
    }
    plain = [part for part in parts if not attrs.has(part) and not _is_array(part)]

    def take(value: Any, _: Any) -> Any:
        if value is None and NoneType in parts:
            return None
        fitting = by_kind.get(type(value)) or [it for it in plain if it is not NoneType]
        return converter.structure(value, (fitting or parts)[0])

    return take


def converter() -> Converter:
    """Make a converter that converts no types and refuses unknown keys."""
    found = Converter(forbid_extra_keys=True)
    found.register_structure_hook(int, exactly(int, "a whole number"))
    found.register_structure_hook(str, exactly(str, "text"))
    found.register_structure_hook(bool, exactly(bool, "true or false"))
    found.register_structure_hook_func(_is_literal, _one_of)
    found.register_structure_hook_func(_is_enum, _member)
    found.register_structure_hook_factory(_is_union, _either)
    found.register_structure_hook_factory(attrs.has, table_hook)
    found.register_structure_hook_factory(_is_array, _array)
    found.register_structure_hook_factory(_is_fixed, _fixed)
    found.register_structure_hook_factory(_is_mapping, _mapping)
    found.register_structure_hook_factory(_is_plain_annotated, _unannotated)
    return found


def json_converter() -> Converter:
    """Make a converter for JSON: a date is YYYY-MM-DD, an instant is as in RFC 3339."""
    found = converter()
    found.register_structure_hook(date, lambda value, _: read_day(value))
    found.register_structure_hook(datetime, lambda value, _: read_instant(value))
    found.register_structure_hook(time, lambda value, _: read_time(value))
    return found


_INSTANT: Final = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?"
    "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_TIME: Final = re.compile("([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?")
_BEYOND_MICROSECONDS: Final = re.compile("(?<=[.][0-9]{6})[0-9]+")


def in_microseconds(text: str) -> str:
    """The text of an instant or a time of day, its fraction of a second cut to microseconds."""
    return _BEYOND_MICROSECONDS.sub("", text)


def read_day(value: object) -> date:
    """Read a day in the form YYYY-MM-DD; other forms of ISO 8601 are refused."""
    if isinstance(value, str):
        try:
            return parse_day(value)
        except ValueError:
            pass
    raise ExpectedError("a date as ISO 8601 text, YYYY-MM-DD", "not-a-date")


def read_instant(value: object) -> datetime:
    """Read an instant as in RFC 3339: date, time with seconds, and offset.

    The fraction of a second may have any number of digits. Those beyond the microsecond are cut
    off, as TOML has it: so no instant moves past a later one.
    """
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(in_microseconds(value.upper()))
        except ValueError:
            pass
    raise ExpectedError("an instant as RFC 3339 text, with its UTC offset", "not-an-instant")


def read_time(value: object) -> time:
    """Read a time of day, HH:MM, with seconds or without."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        return time.fromisoformat(in_microseconds(value))
    raise ExpectedError("a time of day as text, HH:MM", "not-a-time")


def write_instant(instant: datetime) -> str:
    """Write an instant as RFC 3339 text."""
    text = instant.isoformat()
    if text[-len("+08:00")] in "+-":
        return text
    return datetime.fromtimestamp(instant.timestamp(), tz=UTC).isoformat()


_SHOWN: Final = re.compile("[A-Za-z_-]{1,40}")


def _step(name: str) -> str:
    """A key as a step of a path. A key that may be a value of a person is hidden."""
    text = {"not_": "not"}.get(name, name)
    return f".{text}" if _SHOWN.fullmatch(text) else ".(key)"


def problems_of(error: BaseException, path: str = "$") -> Iterator[Problem]:
    """Every problem in an exception that a converter raised."""
    if isinstance(error, ClassValidationError | IterableValidationError):
        noted, rest = error.group_exceptions()
        for inner, note in noted:
            name = note.name if isinstance(note, AttributeValidationNote) else note.index
            yield from problems_of(inner, path + _step(str(name)))  # of a field or of a table
        for inner in rest:
            yield from problems_of(inner, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        known = ", ".join(_step(it.name)[1:] for it in attrs.fields(error.cl))
        for name in sorted(map(str, error.extra_fields)):
            yield _problem(path + _step(name), "unknown-key", f"one of {known}")
    elif isinstance(error, KeyError):
        yield _problem(path, "missing", "this key")
    elif isinstance(error, InvalidDocument):
        yield from (attrs.evolve(it, path=path + it.path[1:]) for it in error.problems)
    elif isinstance(error, InvalidValue):
        yield _problem(path + _step(error.field), error.code, error.expected)
    elif isinstance(error, ExpectedError):
        yield _problem(path, error.code, error.expected)
    else:
        yield _problem(path, "invalid", f"a value without this fault: {error}")


def structure(converter: Converter, document: object, kind: Any) -> Any:
    """Read a value from a document. Raises InvalidDocument with every problem, up to a thousand."""
    if depth_exceeds(document, DEEPEST):
        raise InvalidDocument((TOO_DEEP,))
    try:
        return converter.structure(document, kind)
    except (ClassValidationError, IterableValidationError, ExpectedError, InvalidValue) as error:
        found = tuple(islice(problems_of(error), MOST_PROBLEMS))
    raise InvalidDocument(found)


MOST_PROBLEMS: Final = 1_000
"""The most problems that a refusal names: a document can have a million."""
TOO_DEEP: Final = Problem("$", "too-deep", f"at most {DEEPEST} levels")
"""The problem of a document with too many levels."""


def depth_exceeds(document: object, most: int) -> bool:
    """Whether lists and tables are nested deeper than this. The check does not recurse."""
    level: list[object] = [document]
    for _ in range(most):
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _decoded(text: str | bytes | bytearray) -> str:
    if not isinstance(text, str | bytes | bytearray):
        raise InvalidDocument((Problem("$", "wrong-type", "text or bytes"),))
    if len(text) > LONGEST:
        raise InvalidDocument((Problem("$", "too-large", f"at most {LONGEST} bytes"),))
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise InvalidDocument((Problem("$", "not-utf-8", "UTF-8"),))


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ExpectedError("each key once in an object", "said-twice")
    return found


def _not_whole(_: str) -> Any:
    raise ExpectedError("a whole number", "not-whole")


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ExpectedError(f"a number of at most {_LONGEST_NUMBER} digits", "out-of-range")
    return int(digits)


def read_json(text: str | bytes | bytearray) -> Any:
    """Read a JSON text. Raises InvalidDocument for a text that is not strict JSON."""
    decoded = _decoded(text)
    try:
        document = json.loads(
            decoded,
            object_pairs_hook=_pairs,
            parse_float=_not_whole,
            parse_constant=_not_whole,
            parse_int=_whole,
        )
        if not decoded.isascii() or "\\u" in decoded:
            json.dumps(document, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        problem = Problem("$", "not-json", f"JSON (line {error.lineno}, column {error.colno})")
    except ExpectedError as error:
        problem = Problem("$", error.code, error.expected)
    except UnicodeEncodeError:
        problem = Problem("$", "not-utf-8", "UTF-8, with no half of a surrogate pair")
    except RecursionError:
        problem = TOO_DEEP
    else:
        return document
    raise InvalidDocument((problem,))


_TOKENS: Final = re.compile(
    r'''"""(?:[^\\]|\\.)*?(?:"""|\Z)|"(?:[^"\\\n]|\\.)*+"?|'''
    r"""'''.*?(?:'''|\Z)|'[^'\n]*+'?|"""
    r"#[^\n]*+|[.]|[\n=,{}\[\]]",
    re.DOTALL,
)
"""The parts of a TOML text that show how deep its keys are: texts, comments, dots, ends of keys."""


def _has_deep_key(text: str) -> bool:
    """Whether a key of a TOML text has more parts than a document may have levels.

    The parser would make a table for each part, and a name for each table of all parts before it.
    """
    if all(line.count(".") < DEEPEST for line in text.splitlines()):
        return False
    dots = 0
    for token in _TOKENS.finditer(text):
        sign = token.group()
        if sign == ".":
            dots += 1
            if dots >= DEEPEST:
                return True
        elif sign in "\n=,{}[]":
            dots = 0
    return False


_DATES: Final = re.compile(r"(?<![0-9-])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9-])")


def read_toml(text: str | bytes | bytearray) -> dict[str, Any]:
    """Read a TOML text. Raises InvalidDocument; its problems include every impossible date."""
    decoded = _decoded(text)
    if _has_deep_key(decoded):
        raise InvalidDocument((TOO_DEEP,))
    try:
        return tomllib.loads(decoded)
    except (ValueError, RecursionError) as error:
        found = list(islice(_impossible_dates(decoded), MOST_PROBLEMS))
        if isinstance(error, RecursionError):
            found = [TOO_DEEP]
        elif not found:
            said = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a number too long"
            found = [Problem("$", "not-toml", f"TOML: {said}")]
    raise InvalidDocument(tuple(found))


def _impossible_dates(text: str) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), start=1):
        for day in _DATES.findall(line.partition("#")[0]):
            try:
                date.fromisoformat(day)
            except ValueError:
                expected = f"a day of the calendar, found {day}"
                yield Problem(f"line {number}", "not-a-date", expected)
