"""Sets of days obey the laws of sets; ages obey the law and the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy._values import InvalidValue
from vaxpolicy.days import (
    FIRST,
    LAST,
    TAIWAN,
    DayRange,
    DaySet,
    attained,
    calendar_age,
    completed_age,
    day_number,
    earliest_birth,
    earliest_birth_by_calendar_year,
    first_day_of_calendar_age,
    in_taiwan,
    is_day,
    is_instant,
    last_day_aged,
    last_day_of_calendar_age,
    latest_birth,
    latest_birth_by_calendar_year,
    parse_day,
    require_day,
    require_instant,
)

NEAR = st.dates(date(2021, 12, 20), date(2022, 1, 20))
BIRTHS = st.dates(date(1900, 1, 1), date(2030, 12, 31))
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
YEARS = st.integers(0, 120)
EVERY, NONE = DaySet.every(), DaySet.none()
ONE_DAY = timedelta(days=1)


@st.composite
def day_sets(draw: st.DrawFn) -> DaySet:
    """A union of up to four ranges near new year, any end of which may be open."""
    ends = st.tuples(st.none() | NEAR, st.none() | NEAR)
    found = NONE
    for first, last in draw(st.lists(ends, max_size=4)):
        found |= DaySet.between(first, last)
    return found


@given(a=day_sets(), b=day_sets(), day=NEAR)
def test_a_day_is_in_the_result_just_when_logic_says_so(a: DaySet, b: DaySet, day: date) -> None:
    assert (day in a & b) == (day in a and day in b)
    assert (day in a | b) == (day in a or day in b)
    assert (day in ~a) == (day not in a)
    assert (day in a - b) == (day in a and day not in b)


@given(a=day_sets(), b=day_sets())
def test_and_and_or_commute(a: DaySet, b: DaySet) -> None:
    assert a & b == b & a
    assert a | b == b | a


@given(a=day_sets(), b=day_sets(), c=day_sets())
def test_and_and_or_associate_and_distribute(a: DaySet, b: DaySet, c: DaySet) -> None:
    assert (a & b) & c == a & (b & c)
    assert (a | b) | c == a | (b | c)
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)


@given(a=day_sets(), b=day_sets())
def test_de_morgan(a: DaySet, b: DaySet) -> None:
    assert ~(a & b) == ~a | ~b
    assert ~(a | b) == ~a & ~b


@given(a=day_sets())
def test_complement_and_the_two_constants(a: DaySet) -> None:
    assert ~~a == a
    assert a & ~a == NONE
    assert a | ~a == EVERY
    assert a & EVERY == a | NONE == a
    assert a - a == NONE


@given(a=day_sets(), b=day_sets())
def test_subset_is_what_and_leaves_unchanged(a: DaySet, b: DaySet) -> None:
    assert (a <= b) == (a - b).is_empty
    assert a & b <= a <= a | b


@given(a=day_sets())
def test_normal_form_has_ascending_ranges_that_do_not_touch(a: DaySet) -> None:
    spans = a.spans
    assert all(low <= high for low, high in spans)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(spans))
    assert DaySet.of_spans(reversed(spans)) == a
    assert hash(DaySet.of_spans(reversed(spans))) == hash(a)


@given(a=day_sets())
def test_first_last_and_truth(a: DaySet) -> None:
    assert bool(a) is not a.is_empty
    assert a.first == (a.ranges[0].first if a else None)
    assert a.last == (a.ranges[-1].last if a else None)
    if a.first:
        assert a.first in a
        assert a.first - timedelta(days=1) not in a
    if a.last:
        assert a.last in a
        assert a.last + timedelta(days=1) not in a


@given(days=st.lists(NEAR))
def test_going_through_a_set_gives_its_days_in_order(days: list[date]) -> None:
    assert list(DaySet.of(*days)) == sorted(set(days))


def test_a_set_without_a_first_day_cannot_be_gone_through() -> None:
    with pytest.raises(ValueError, match="without a first day"):
        next(iter(DaySet.between(None, date(2022, 1, 1))))
    later = iter(DaySet.between(date(2022, 1, 1), None))
    assert next(later) == date(2022, 1, 1)


def test_ends_of_the_calendar_are_open_ends() -> None:
    assert DaySet.between(date.min, date.max) == EVERY
    assert EVERY.ranges == (DayRange(None, None),)
    assert EVERY.first is None
    assert EVERY.last is None
    assert (FIRST, LAST) == (1, date.max.toordinal())


def test_an_end_before_the_start_is_no_day() -> None:
    assert DaySet.between(date(2022, 1, 2), date(2022, 1, 1)) == NONE


def test_repr_reads_as_dates() -> None:
    days = DaySet.of(date(2022, 1, 1)) | DaySet.between(date(2022, 2, 1), None)
    assert repr(days) == "DaySet(2022-01-01, 2022-02-01..)"
    assert repr(EVERY) == "DaySet(..)"
    assert repr(NONE) == "DaySet()"


def test_an_instant_is_not_a_day() -> None:
    instant = datetime(2022, 1, 1, tzinfo=UTC)
    with pytest.raises(TypeError, match=r"^day: expected a date$"):
        _ = instant in EVERY
    with pytest.raises(TypeError, match="day: expected a date, found text"):
        day_number("2022-01-01")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        DaySet.of(instant)


@pytest.mark.parametrize("combine", ["__and__", "__or__", "__sub__", "__le__"])
def test_only_sets_of_days_combine(combine: str) -> None:
    assert getattr(EVERY, combine)(1) is NotImplemented


@given(birth=BIRTHS, years=YEARS, day=DAYS)
def test_latest_birth_is_the_inverse_of_attained(birth: date, years: int, day: date) -> None:
    assert (attained(birth, years) <= day) == (birth <= latest_birth(years, day))


@given(birth=BIRTHS, months=st.integers(0, 1500), day=DAYS)
def test_months_obey_the_same_law(birth: date, months: int, day: date) -> None:
    assert (attained(birth, months=months) <= day) == (birth <= latest_birth(0, day, months=months))


@given(birth=BIRTHS, years=YEARS)
def test_twelve_months_are_a_year(birth: date, years: int) -> None:
    assert attained(birth, years) == attained(birth, months=12 * years)


@given(birth=BIRTHS, years=YEARS, day=DAYS)
def test_earliest_birth_is_the_inverse_of_last_day_aged(birth: date, years: int, day: date) -> None:
    assert (last_day_aged(birth, years) >= day) == (birth >= earliest_birth(years, day))


@given(day=DAYS, years=YEARS, months=st.integers(0, 11))
def test_the_latest_birth_has_attained_the_age_and_a_day_later_has_not(
    day: date, years: int, months: int
) -> None:
    latest = latest_birth(years, day, months=months)
    assert attained(latest, years, months=months) <= day
    assert attained(latest + ONE_DAY, years, months=months) > day


@given(day=DAYS, years=YEARS)
def test_the_earliest_birth_still_has_the_age_and_a_day_earlier_has_not(
    day: date, years: int
) -> None:
    earliest = earliest_birth(years, day)
    assert last_day_aged(earliest, years) >= day
    assert last_day_aged(earliest - ONE_DAY, years) < day


@given(birth=BIRTHS, years=YEARS)
def test_an_age_ends_on_the_eve_of_the_next(birth: date, years: int) -> None:
    assert last_day_aged(birth, years) + ONE_DAY == attained(birth, years + 1)


@given(day=DAYS, years=YEARS)
def test_by_calendar_year_the_first_and_last_births_are_those_of_a_year(
    day: date, years: int
) -> None:
    earliest = earliest_birth_by_calendar_year(years, day)
    latest = latest_birth_by_calendar_year(years, day)
    assert (earliest.month, earliest.day, latest.month, latest.day) == (1, 1, 12, 31)
    assert calendar_age(earliest, day) == calendar_age(latest, day) == years


@given(birth=BIRTHS, day=DAYS)
def test_completed_age_is_held_from_its_day_to_the_eve_of_the_next(birth: date, day: date) -> None:
    years = completed_age(birth, day)
    assert attained(birth, years) <= day <= last_day_aged(birth, years)


@given(birth=BIRTHS, years=YEARS, day=DAYS)
def test_calendar_age_and_its_inverses(birth: date, years: int, day: date) -> None:
    older, younger = calendar_age(birth, day) >= years, calendar_age(birth, day) <= years
    assert older == (birth <= latest_birth_by_calendar_year(years, day))
    assert older == (first_day_of_calendar_age(birth, years) <= day)
    assert younger == (birth >= earliest_birth_by_calendar_year(years, day))
    assert younger == (last_day_of_calendar_age(birth, years) >= day)


@given(birth=BIRTHS, day=DAYS)
def test_ages_by_calendar_year_are_ahead_of_completed_ages_by_at_most_one(
    birth: date, day: date
) -> None:
    assert calendar_age(birth, day) - completed_age(birth, day) in {0, 1}


@pytest.mark.parametrize(
    ("birth", "years", "months", "day"),
    [
        (date(2004, 2, 29), 18, 0, date(2022, 3, 1)),
        (date(2004, 2, 29), 20, 0, date(2024, 2, 29)),
        (date(2004, 2, 28), 18, 0, date(2022, 2, 28)),
        (date(2024, 8, 31), 0, 6, date(2025, 3, 1)),
        (date(2024, 8, 30), 0, 6, date(2025, 3, 1)),
        (date(2024, 8, 28), 0, 6, date(2025, 2, 28)),
        (date(2024, 3, 31), 0, 6, date(2024, 10, 1)),
        (date(2024, 6, 30), 0, 6, date(2024, 12, 30)),
        (date(2021, 12, 31), 0, 2, date(2022, 3, 1)),
    ],
)
def test_days_on_which_an_age_is_attained(birth: date, years: int, months: int, day: date) -> None:
    assert attained(birth, years, months=months) == day


def test_the_calendar_has_ends() -> None:
    assert attained(date(9981, 12, 30), 18) == date(9999, 12, 30)
    assert attained(date(9998, 12, 31), months=12) == date.max
    assert latest_birth(18, date(19, 1, 1)) == date.min
    assert latest_birth(0, date(1, 2, 1), months=1) == date.min
    with pytest.raises(OverflowError):
        attained(date(9990, 1, 1), 18)
    with pytest.raises(OverflowError):
        latest_birth(18, date(10, 1, 1))


NOON = datetime(2021, 10, 1, 12, tzinfo=TAIWAN)


def test_a_day_and_an_instant_are_told_from_each_other() -> None:
    day, naive = date(2021, 10, 1), NOON.replace(tzinfo=None)
    assert [is_day(value) for value in (day, NOON, "2021-10-01")] == [True, False, False]
    assert [is_instant(value) for value in (NOON, naive, day)] == [True, False, False]


def test_an_argument_that_is_no_day_is_named() -> None:
    require_day("on", date(2021, 10, 1))
    with pytest.raises(TypeError, match=r"^on: expected a date$"):
        require_day("on", NOON)


@pytest.mark.parametrize(
    ("value", "error"), [(date(2021, 10, 1), TypeError), (NOON.replace(tzinfo=None), ValueError)]
)
def test_an_argument_that_is_no_instant_is_named(value: object, error: type[Exception]) -> None:
    require_instant("now", NOON)
    with pytest.raises(error, match=r"^now: expected a datetime with a UTC offset$"):
        require_instant("now", value)


def test_a_day_begins_at_midnight_in_taiwan() -> None:
    assert in_taiwan(date(2021, 10, 1)) == NOON.replace(hour=0)
    assert in_taiwan(date(2021, 10, 1), NOON.time()) == NOON


def test_a_range_does_not_end_before_it_begins() -> None:
    with pytest.raises(
        InvalidValue, match="last: expected a day or an instant that is not before `first`"
    ) as raised:
        DayRange(date(2021, 1, 2), date(2021, 1, 1))
    assert raised.value.code == "wrong-order"


def test_a_day_as_something_else_than_text_is_refused_with_its_name() -> None:
    value: Any = 20210102
    with pytest.raises(TypeError, match=r"^text: expected a day as text, YYYY-MM-DD"):
        parse_day(value)


@pytest.mark.parametrize(
    "spans",
    [((2, 1),), ((5, 6), (1, 2)), ((1, 5), (3, 9)), ((1, 2), (3, 4))],
    ids=["ends too early", "not in order", "overlap", "touch"],
)
def test_a_set_is_made_of_ranges_in_order_with_gaps(spans: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(InvalidValue, match="spans: expected ranges in order, with gaps") as raised:
        DaySet(spans)
    assert raised.value.code == "wrong-order"
