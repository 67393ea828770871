"""Calendar arithmetic and sets of days, from which the library makes every answer.

A condition of a vaccination programme holds on some days and not on others. A `DaySet` is such a
set: a union of inclusive ranges of days, open at either end. "All of" is ``&``, "any of" is ``|``,
"not" is ``~``.

A person reaches an age at the start of the birthday. If the month has no such day (29 February in a
common year, or the 31st after a number of months), the person reaches it on the first day of the
next month: Taiwan's Civil Code ends the period with the last day of that month (articles 121 and
124, https://law.moj.gov.tw/ENG/LawClass/LawAll.aspx?pcode=B0000001).

The module is pure: it never reads a clock, and never accepts a `datetime` as a day.
"""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from attrs import field, frozen

from vaxpolicy._values import (
    AnyDay,
    Between,
    InvalidType,
    InvalidValue,
    checked,
    is_day,
    is_instant,
    not_before,
    require_day,
    require_instant,
    unchecked,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TAIWAN: Final = timezone(timedelta(hours=8))
"""Taiwan's time: eight hours ahead of UTC all year (no daylight saving time since 1980)."""

FIRST: Final = date.min.toordinal()
"""Day number of the first day of the calendar; as a bound it means "no first day"."""
LAST: Final = date.max.toordinal()
"""Day number of the last day of the calendar; as a bound it means "no last day"."""

__all__ = [
    "FIRST",
    "LAST",
    "TAIWAN",
    "DayRange",
    "DaySet",
    "attained",
    "calendar_age",
    "completed_age",
    "day_number",
    "earliest_birth",
    "earliest_birth_by_calendar_year",
    "first_day_of_calendar_age",
    "in_taiwan",
    "is_day",
    "is_instant",
    "last_day_aged",
    "last_day_of_calendar_age",
    "latest_birth",
    "latest_birth_by_calendar_year",
    "parse_day",
    "require_day",
    "require_instant",
]

_MONTHS_A_YEAR: Final = 12
_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""The days of each month of a common year."""


def in_taiwan(day: date, at: time = time.min) -> datetime:
    """The instant at which a clock in Taiwan shows this day and time; without a time, midnight.

    >>> in_taiwan(date(2021, 10, 31)).isoformat()
    '2021-10-31T00:00:00+08:00'
    """
    return datetime.combine(day, at, TAIWAN)


def day_number(day: date) -> int:
    """The number of the day (1 is 0001-01-01). Raises TypeError for a `datetime`."""
    require_day("day", day)
    return day.toordinal()


_WRITTEN: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


def parse_day(text: str) -> date:
    """Read a day in the form YYYY-MM-DD. Raises ValueError for every other form of ISO 8601.

    >>> parse_day("2021-10-31")
    datetime.date(2021, 10, 31)
    """
    if not isinstance(text, str):
        raise InvalidType("text", "a day as text, YYYY-MM-DD")
    if not re.fullmatch(_WRITTEN, text):
        raise ValueError("expected YYYY-MM-DD")
    return date.fromisoformat(text)


_DayNumber: TypeAlias = Annotated[int, Between(FIRST, LAST)]


@frozen(field_transformer=checked)
class DayRange:
    """All days from `first` to `last`, both included; None is an open end."""

    first: AnyDay | None
    last: AnyDay | None = field(validator=not_before("first"))


_new_range = unchecked(DayRange)


@frozen(weakref_slot=False, field_transformer=checked)
class DaySet:
    """A set of days: a union of inclusive ranges, open at either end, always in normal form.

    Two sets with the same days are equal objects. ``&``, ``|``, ``~`` and ``-`` are
    intersection, union, complement and difference; ``<=`` is "is a subset of"; an empty set is
    false.

    >>> january = DaySet.between(date(2022, 1, 1), date(2022, 1, 31))
    >>> january & DaySet.between(date(2022, 1, 17), None)
    DaySet(2022-01-17..2022-01-31)
    """

    _spans: tuple[tuple[_DayNumber, _DayNumber], ...] = field(default=())

    @_spans.validator
    def _are_in_order(self, _: object, spans: tuple[tuple[int, int], ...]) -> None:
        bounds = [bound for low, high in spans for bound in (low - 1, high)]
        if any(before >= after for before, after in pairwise(bounds)):
            raise InvalidValue("wrong-order", "spans", "ranges in order, with gaps between them")

    @classmethod
    def none(cls) -> DaySet:
        """The empty set."""
        return _NONE

    @classmethod
    def every(cls) -> DaySet:
        """All days."""
        return _EVERY

    @classmethod
    def between(cls, first: date | None, last: date | None) -> DaySet:
        """The days from `first` to `last`, both included; None is an open end."""
        return cls.of_spans(
            [
                (
                    FIRST if first is None else day_number(first),
                    LAST if last is None else day_number(last),
                )
            ]
        )

    @classmethod
    def of(cls, *days: date) -> DaySet:
        """The set of these days only."""
        return cls.of_spans((number, number) for number in map(day_number, days))

    @classmethod
    def of_spans(cls, spans: Iterable[tuple[int, int]]) -> DaySet:
        """The union of inclusive ranges of day numbers. A range can be empty: its end is first."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted(spans):
            first, last = max(low, FIRST), min(high, LAST)
            if first > last:
                continue
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return day_set(tuple(merged))

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The ranges as day numbers, in ascending order, with gaps between them."""
        return self._spans

    @property
    def ranges(self) -> tuple[DayRange, ...]:
        """The ranges in ascending order, with gaps between them."""
        return tuple(
            _new_range(
                None if low == FIRST else date.fromordinal(low),
                None if high == LAST else date.fromordinal(high),
            )
            for low, high in self._spans
        )

    @property
    def first(self) -> date | None:
        """The earliest day; None if the set is empty or open at its start."""
        return self.ranges[0].first if self._spans else None

    @property
    def last(self) -> date | None:
        """The latest day; None if the set is empty or open at its end."""
        return self.ranges[-1].last if self._spans else None

    @property
    def is_empty(self) -> bool:
        """Whether the set has no day."""
        return not self._spans

    def __bool__(self) -> bool:
        return bool(self._spans)

    def __contains__(self, day: date) -> bool:
        number = day_number(day)
        return any(low <= number <= high for low, high in self._spans)

    def __iter__(self) -> Iterator[date]:
        """The days in order. Raises ValueError for a set that is open at its start."""
        if self._spans and self._spans[0][0] == FIRST:
            raise ValueError("cannot list the days of a set without a first day")
        for low, high in self._spans:
            for number in range(low, high + 1):
                yield date.fromordinal(number)

    def __and__(self, other: DaySet) -> DaySet:
        if not isinstance(other, DaySet):
            return NotImplemented
        return DaySet.of_spans(
            (max(a, c), min(b, d)) for a, b in self._spans for c, d in other._spans
        )

    def __or__(self, other: DaySet) -> DaySet:
        if not isinstance(other, DaySet):
            return NotImplemented
        return DaySet.of_spans((*self._spans, *other._spans))

    def __invert__(self) -> DaySet:
        gaps: list[tuple[int, int]] = []
        start = FIRST
        for first, last in self._spans:
            gaps.append((start, first - 1))
            start = last + 1
        return DaySet.of_spans([*gaps, (start, LAST)])

    def __sub__(self, other: DaySet) -> DaySet:
        if not isinstance(other, DaySet):
            return NotImplemented
        return self & ~other

    def __le__(self, other: DaySet) -> bool:
        if not isinstance(other, DaySet):
            return NotImplemented
        return self & other == self

    def __repr__(self) -> str:
        """The ranges in ISO dates, with two dots between first and last; an open end is blank."""
        return f"DaySet({', '.join(map(_range_text, self.ranges))})"


day_set: Final = unchecked(DaySet)
"""Makes a set from ranges that are in normal form already; it checks nothing."""


def _range_text(days: DayRange) -> str:
    if days.first is not None and days.first == days.last:
        return days.first.isoformat()
    first, last = (day.isoformat() if day else "" for day in (days.first, days.last))
    return f"{first}..{last}"


_NONE: Final = DaySet()
_EVERY: Final = DaySet(((FIRST, LAST),))


def _months_later(day: date, months: int) -> tuple[int, int, int]:
    """Year, month and length of the month that is `months` months after the month of `day`."""
    year, month = divmod(day.year * _MONTHS_A_YEAR + day.month - 1 + months, _MONTHS_A_YEAR)
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError("the day lies outside the calendar (years 1 to 9999)")
    return year, month + 1, _LENGTHS[month] + (month == 1 and _is_leap(year))


def _is_leap(year: int) -> bool:
    """Whether a year has a 29 February; the module `calendar` would load `locale`."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def attained(birth: date, years: int = 0, *, months: int = 0) -> date:
    """The day on which somebody born on `birth` reaches an age of these years and months.

    If the month of the birthday has no such day, it is the first day of the next month. Raises
    OverflowError for a day after 9999-12-31.

    >>> attained(date(2004, 2, 29), 18)
    datetime.date(2022, 3, 1)
    """
    if not months:
        try:
            return date(birth.year + years, birth.month, birth.day)
        except ValueError:  # 29 February in a common year, or a year outside the calendar
            pass
    year, month, length = _months_later(birth, years * _MONTHS_A_YEAR + months)
    if birth.day <= length:
        return date(year, month, birth.day)
    return date(year, month, length) + timedelta(days=1)


def last_day_aged(birth: date, years: int) -> date:
    """The last day on which somebody born on `birth` is `years` old: the day before the birthday.

    >>> last_day_aged(date(2004, 2, 29), 17)
    datetime.date(2022, 2, 28)
    """
    return attained(birth, years + 1) - timedelta(days=1)


def latest_birth(years: int, day: date, *, months: int = 0) -> date:
    """The latest birth date of people who are at least these years and months old on `day`.

    The inverse of `attained`: ``attained(b, n) <= d`` exactly when ``b <= latest_birth(n, d)``.
    Raises OverflowError for a day before 0001-01-01.

    >>> latest_birth(18, date(2022, 2, 28))
    datetime.date(2004, 2, 28)
    """
    year, month, length = _months_later(day, -(years * _MONTHS_A_YEAR + months))
    return date(year, month, min(day.day, length))


def earliest_birth(years: int, day: date) -> date:
    """The earliest birth date of people who are at most `years` old on `day`.

    The inverse of `last_day_aged`: ``last_day_aged(b, n) >= d`` exactly when
    ``b >= earliest_birth(n, d)``.
    """
    return latest_birth(years + 1, day) + timedelta(days=1)


def completed_age(birth: date, day: date) -> int:
    """The age in completed years on `day`; negative before birth."""
    years = day.year - birth.year
    return years if attained(birth, years) <= day else years - 1


def calendar_age(birth: date, day: date) -> int:
    """The age by calendar year: the year of `day` minus the year of birth."""
    return day.year - birth.year


def first_day_of_calendar_age(birth: date, years: int) -> date:
    """The first day on which somebody born on `birth` has this age by calendar year: 1 January."""
    return date(birth.year + years, 1, 1)


def last_day_of_calendar_age(birth: date, years: int) -> date:
    """The last day on which somebody born on `birth` has this age by calendar year: 31 December."""
    return date(birth.year + years, 12, 31)


def latest_birth_by_calendar_year(years: int, day: date) -> date:
    """The latest birth date of people who are at least `years` old by calendar year on `day`."""
    return date(day.year - years, 12, 31)


def earliest_birth_by_calendar_year(years: int, day: date) -> date:
    """The earliest birth date of people who are at most `years` old by calendar year on `day`."""
    return date(day.year - years, 1, 1)
