"""Reads Arrow columns of texts, days and instants, whatever their layout, as NumPy arrays."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from vaxpolicy._strict import read_instant
from vaxpolicy._values import BirthDay, FactDay, check_of_field
from vaxpolicy.days import FIRST, LAST
from vaxpolicy.population.arrays import (
    Flags,
    Int32,
    Int64,
    filled,
    narrow,
    numbers_of,
    unflagged,
    where_true,
    wide,
    zeros,
)
from vaxpolicy.population.schema import ColumnError
from vaxpolicy.rules.people import Dose, PartialDate, parse_birth_date

if TYPE_CHECKING:
    from collections.abc import Callable


EPOCH: Final = date(1970, 1, 1).toordinal()
"""The day number of Arrow's day 0."""
_MICROSECONDS_A_DAY: Final = 86_400_000_000
_A_DAY: Final = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_text(kind: Any) -> bool:
    """Whether a type holds texts, in any layout."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return kind in _TEXTS


def is_list(kind: Any) -> bool:
    """Whether a type is a list with adjacent rows."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


_TEXTS: Final = (pa.string(), pa.large_string(), pa.string_view())


def plain_texts(array: Any, name: str, expected: str = "texts") -> Any:
    """The column as `string`."""
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), pa.string())
    if not is_text(array.type):
        raise ColumnError(name, array.type, expected)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array if pa.types.is_string(array.type) else array.cast(pa.string())


def null_flags(array: Any) -> Flags:
    """The null flags of a column."""
    return where_true(array.is_null()) if array.null_count else unflagged(len(array))


@frozen(eq=False)
class Coded:
    """A column of texts as numbers of distinct texts; -1 is null."""

    codes: Int32
    texts: tuple[str, ...]

    def translated(self, meaning: Callable[[str], int], null: int = -1) -> Int32:
        """The meaning of each row's text; each distinct text is asked for once."""
        each = narrow([*map(meaning, self.texts), null])
        return each[self.codes]  # -1 is the last one

    def matching(self, test: Callable[[str], bool]) -> Flags:
        """The rows whose text passes a test; a null passes none."""
        found: Flags = self.translated(test, 0) != 0
        return found

    @property
    def is_refused(self) -> Flags:
        """The rows whose text is not a fact: blank, too long, unprintable, or like a number."""
        return self.matching(lambda text: _fault_of_text(text) is not None)


_fault_of_text: Final = check_of_field(Dose, "vaccine", empty=False)


def coded(array: Any, name: str, expected: str = "texts") -> Coded:
    """Number the texts of a column in the order in which they come."""
    if pa.types.is_dictionary(array.type):
        if not is_text(array.type.value_type):
            raise ColumnError(name, array.type, expected)
        codes, texts = array.indices.cast(pa.int32()), array.dictionary.cast(pa.string())
        array = pa.DictionaryArray.from_arrays(codes, texts)
    else:
        array = plain_texts(array, name, expected).dictionary_encode()
    codes = numbers_of(array.indices, -1)
    texts = array.dictionary.to_pylist()
    if None in texts:  # a null may be written as a code of a null, too
        codes = np.array([-1 if text is None else at for at, text in enumerate(texts)])[codes]
    return Coded(narrow(codes), tuple(text or "" for text in texts))


@frozen(eq=False)
class Days:
    """A column of days: the first and the last possible day of each row.

    Attributes:
        first: day numbers; `FIRST` if nothing is known.
        last: day numbers; `LAST` if nothing is known.
        bad: the rows that do not hold a day.
    """

    first: Int32
    last: Int32
    bad: Flags

    @property
    def unknown(self) -> Flags:
        """The rows for which nothing is known."""
        found: Flags = (self.first == FIRST) & (self.last == LAST)
        return found

    def within(self, time: DayBounds) -> Days:
        """These days; a row with a day outside of this time becomes bad.

        A year or a month has its own bounds, those of `PartialDate`.
        """
        low, high = time
        outside = (self.first == self.last) & ((self.first < low) | (self.last > high))
        if not outside.any():
            return self
        return Days(
            narrow(np.where(outside, FIRST, self.first)),
            narrow(np.where(outside, LAST, self.last)),
            self.bad | outside,
        )


DayBounds: TypeAlias = tuple[int, int]
"""The first and the last day of a time, as day numbers."""


def _bounds(kind: Any) -> DayBounds:
    """The bounds that a type of `vaxpolicy._values` names."""
    between = get_args(kind)[1]
    return between.low.toordinal(), between.high.toordinal()


BIRTHS: Final = _bounds(BirthDay)
"""The time in which a person may be born."""
EVENTS: Final = _bounds(FactDay)
"""The time in which a dose or another event may be."""


def days(array: Any, name: str, *, partial: bool = False) -> Days:
    """Read a column of dates, of timestamps at midnight without a zone, or of texts.

    With `partial`, a text may be a year, or a year and a month.
    """
    kind, rows = array.type, len(array)
    text = "2004-01-23, 2004-01 or 2004" if partial else "2004-01-23"
    if pa.types.is_null(kind):
        unknown = filled(rows, FIRST), filled(rows, LAST)
        return Days(*unknown, unflagged(rows))
    if is_text(kind):
        return _days_of_texts(coded(array, name), partial=partial)
    whole = ~unflagged(rows)
    if pa.types.is_timestamp(kind) and kind.tz is None:
        numbers, past = np.divmod(numbers_of(array.cast(pa.int64())), _A_DAY[kind.unit])
        whole = past == 0
    elif pa.types.is_date64(kind):
        numbers, past = np.divmod(numbers_of(array.cast(pa.int64())), _A_DAY["ms"])
        whole = past == 0
    elif pa.types.is_date32(kind):
        numbers = wide(numbers_of(array.cast(pa.int32())))
    else:
        raise ColumnError(name, kind, f"dates (date32), or texts such as {text}")
    numbers = numbers + EPOCH
    null = null_flags(array)
    bad = ~null & ~((numbers >= FIRST) & (numbers <= LAST) & whole)
    none = null | bad
    first, last = (narrow(np.where(none, end, numbers)) for end in (FIRST, LAST))
    return Days(first, last, bad)


def _days_of_texts(texts: Coded, *, partial: bool) -> Days:
    """Read each distinct text once."""
    ends = [_ends(text, partial=partial) for text in texts.texts]
    first, last = narrow([*(it or (FIRST, LAST) for it in ends), (FIRST, LAST)]).T
    bad = np.array([*(it is None for it in ends), False])
    return Days(first[texts.codes], last[texts.codes], bad[texts.codes])


def _ends(text: str, *, partial: bool) -> tuple[int, int] | None:
    """The first and the last possible day of a text; None if it is not a date."""
    if not partial and not _DAY.fullmatch(text):
        return None
    try:
        found = parse_birth_date(text)
    except ValueError:
        return None
    if isinstance(found, PartialDate):
        return found.earliest.toordinal(), found.latest.toordinal()
    return found.toordinal(), found.toordinal()


@frozen(eq=False)
class Instants:
    """A column of instants, in microseconds of UTC since 1970.

    Attributes:
        microseconds: the instants.
        null: the rows without an instant.
        bad: the rows with a value that is not an instant.
    """

    microseconds: Int64
    null: Flags
    bad: Flags


_EARLIEST: Final = (FIRST - EPOCH + 1) * _MICROSECONDS_A_DAY
_LATEST: Final = (LAST - EPOCH) * _MICROSECONDS_A_DAY
"""A day before the end of `datetime`, so that each time zone has the instant."""


def instants(array: Any, name: str) -> Instants:
    """Read a column of timestamps with a zone, or of texts with an offset."""
    kind, rows = array.type, len(array)
    if pa.types.is_null(kind):
        return Instants(zeros(rows), ~unflagged(rows), unflagged(rows))
    if is_text(kind):
        texts = coded(array, name)
        found = [_microseconds(text) for text in texts.texts]
        each = wide([*(it or 0 for it in found), 0])
        bad = np.array([*(it is None for it in found), False])[texts.codes]
        return Instants(each[texts.codes], texts.codes < 0, bad)
    if not pa.types.is_timestamp(kind) or kind.tz is None:
        expected = "timestamps with a time zone, or texts such as 2021-07-10T09:00:00+08:00"
        raise ColumnError(name, kind, expected)
    numbers = numbers_of(_in_microseconds(array))
    null = null_flags(array)
    return Instants(numbers, null, ~null & ((numbers < _EARLIEST) | (numbers >= _LATEST)))


def _in_microseconds(array: Any) -> Any:
    """Whole microseconds, rounded down, also before 1970."""
    if array.type.unit == "ns":
        nanoseconds = array.cast(pa.int64())
        return pc.subtract(
            pc.divide(nanoseconds, 1000),
            pc.if_else(pc.less(_remainder(nanoseconds), 0), 1, 0),
        )
    try:
        return array.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    except pa.ArrowInvalid:  # too far away to count in microseconds: outside of every calendar
        return pa.array(np.where(null_flags(array), 0, _LATEST))


def _remainder(numbers: Any) -> Any:
    return pc.subtract(numbers, pc.multiply(pc.divide(numbers, 1000), 1000))


_UNIX: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _microseconds(text: str) -> int | None:
    try:
        instant = read_instant(text)
    except ValueError:
        return None
    return microseconds(instant) if _within(microseconds(instant)) else None


def _within(number: int) -> bool:
    return _EARLIEST <= number < _LATEST


def microseconds(instant: datetime) -> int:
    """The instant as a number."""
    past = instant - _UNIX
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds
