"""Goes through finite spaces: sets over a few days, and ages over a century and more."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice, pairwise, product

import pytest

from vaxpolicy._values import InvalidValue
from vaxpolicy.days import (
    FIRST,
    LAST,
    DaySet,
    attained,
    completed_age,
    earliest_birth,
    last_day_aged,
    latest_birth,
)

START = date(2021, 1, 1).toordinal()
PLACES = [(FIRST, START - 1), *((START + n, START + n) for n in range(6)), (START + 6, LAST)]
"""Six days, all days before them and all days after them."""
SETS = [
    (members, DaySet.of_spans(span for span, member in zip(PLACES, members, strict=True) if member))
    for members in product((False, True), repeat=len(PLACES))
]
BY_MEMBERS = dict(SETS)


@pytest.mark.slow
def test_every_pair_of_sets_combines_as_logic_says() -> None:
    """The sets are equal just when their members are, so one look-up checks a result."""
    assert len(set(BY_MEMBERS.values())) == len(SETS) == 256
    for (ours, a), (theirs, b) in product(SETS, repeat=2):
        both = list(zip(ours, theirs, strict=True))
        assert a & b == BY_MEMBERS[tuple(x and y for x, y in both)]
        assert a | b == BY_MEMBERS[tuple(x or y for x, y in both)]
        assert a - b == BY_MEMBERS[tuple(x and not y for x, y in both)]
        assert (a <= b) == all(y or not x for x, y in both)


def test_every_set_has_its_complement_and_its_members() -> None:
    for members, a in SETS:
        assert ~a == BY_MEMBERS[tuple(not x for x in members)]
        assert bool(a) == any(members)
        assert a.is_empty == (not any(members))
        days = [date.fromordinal(START + n) for n in range(-1, 7)]
        assert tuple(day in a for day in days) == members


@pytest.mark.slow
def test_every_birth_from_1900_to_2030_reaches_every_age_up_to_100_on_its_day() -> None:
    """An age is reached on the birthday; on 1 March by those born on 29 February, where it lacks.

    Within a year the age changes where a day passes the birthday of that year, and nowhere else. So
    the days on either side of each birthday and of each new year prove the ages of a century of
    days without going through them.
    """
    day, one = date(1900, 1, 1), timedelta(days=1)
    new_years = {year: date(year, 1, 1) for year in range(1900, 2131)}
    last_days = {year: date(year, 12, 31) for year in range(1900, 2131)}
    while day.year <= 2030:
        assert completed_age(day, day) == 0
        for years in range(1, 101):
            year = day.year + years
            try:
                birthday = day.replace(year=year)
            except ValueError:
                birthday = date(year, 3, 1)
            assert attained(day, years) == birthday
            assert completed_age(day, birthday) == completed_age(day, last_days[year]) == years
            assert completed_age(day, birthday - one) == years - 1
            assert completed_age(day, new_years[year]) == years - (birthday > new_years[year])
        day += one


@pytest.mark.slow
def test_every_day_of_a_century_has_the_last_birth_of_every_age_up_to_100() -> None:
    """Later births reach an age later, so the birth and the one after it prove all the others."""
    one = timedelta(days=1)
    for number in range(date(2000, 1, 1).toordinal(), date(2100, 1, 1).toordinal()):
        day = date.fromordinal(number)
        for years in range(101):
            try:
                last = day.replace(year=day.year - years)
            except ValueError:
                last = date(day.year - years, 2, 28)
            assert latest_birth(years, day) == last
            assert attained(last, years) <= day < attained(last + one, years)


def test_whoever_is_born_on_any_day_is_an_age_until_the_day_before_the_birthday() -> None:
    for number in range(date(1900, 1, 1).toordinal(), date(2031, 1, 1).toordinal()):
        birth = date.fromordinal(number)
        assert last_day_aged(birth, 17).toordinal() + 1 == attained(birth, 18).toordinal()


def months_later(birth: date, months: int) -> date:
    """The same day of a later month; the day after the month's end where it has no such day."""
    later = birth.year * 12 + birth.month - 1 + months
    year, month = divmod(later, 12)
    try:
        return date(year, month + 1, birth.day)
    except ValueError:
        year, month = divmod(later + 1, 12)
        return date(year, month + 1, 1)


@pytest.mark.parametrize("months", [1, 6, 18, 216])
def test_every_birth_from_1900_to_2030_reaches_ages_in_months_and_the_bounds_are_their_inverse(
    months: int,
) -> None:
    """Both functions never fall as days pass, so the days around each change prove all others."""
    one, before = timedelta(days=1), date.min
    for number in range(date(1900, 1, 1).toordinal(), date(2031, 1, 1).toordinal()):
        birth = date.fromordinal(number)
        day = attained(birth, months=months)
        assert day == months_later(birth, months) >= before
        assert (
            latest_birth(0, day - one, months=months) < birth <= latest_birth(0, day, months=months)
        )
        before = day


@pytest.mark.slow
def test_every_birth_around_a_century_without_29_february_reaches_every_age_in_months() -> None:
    """Ages of up to twenty years, to and from every month, also February of 1900 and of 1904."""
    for number in range(date(1895, 1, 1).toordinal(), date(1905, 1, 1).toordinal()):
        birth = date.fromordinal(number)
        for months in range(1, 241):
            assert attained(birth, months=months) == months_later(birth, months)


def test_every_birth_from_1900_to_2030_is_inside_the_earliest_birth_until_the_age_is_over() -> None:
    one = timedelta(days=1)
    for number in range(date(1900, 1, 1).toordinal(), date(2031, 1, 1).toordinal()):
        birth = date.fromordinal(number)
        last = last_day_aged(birth, 64)
        assert earliest_birth(64, last) <= birth < earliest_birth(64, last + one)


def small_sets(length: int) -> list[DaySet]:
    """Every set of these days, of those before and of those after."""
    places = [
        (FIRST, START - 1),
        *((START + n,) * 2 for n in range(length)),
        (START + length, LAST),
    ]
    return [
        DaySet.of_spans(span for span, member in zip(places, members, strict=True) if member)
        for members in product((False, True), repeat=len(places))
    ]


def test_every_three_small_sets_obey_the_laws_of_an_algebra() -> None:
    for a, b, c in product(small_sets(2), repeat=3):
        assert (a & b) & c == a & (b & c)
        assert (a | b) | c == a | (b | c)
        assert a & (b | c) == (a & b) | (a & c)
        assert a | (b & c) == (a | b) & (a | c)
        assert a <= c or not a <= b <= c


def test_every_set_is_the_union_of_its_ranges_in_order() -> None:
    for _, a in SETS:
        parts = [DaySet.between(it.first, it.last) for it in a.ranges]
        union = DaySet.none()
        for part in parts:
            assert not union or union.last is not None
            union |= part
        assert union == a
        assert all(not one & other for one, other in product(parts, repeat=2) if one != other)
        assert (a.first, a.last) == (
            (a.ranges[0].first, a.ranges[-1].last) if a.ranges else (None, None)
        )


def test_every_list_of_small_ranges_makes_the_set_of_its_days() -> None:
    """Every three ranges over five days, also empty ones, in any order, apart or overlapping."""
    days = range(START, START + 5)
    for spans in product(product(days, days), repeat=3):
        found = DaySet.of_spans(spans)
        members = tuple(any(low <= day <= high for low, high in spans) for day in days)
        assert found == BY_MEMBERS[(False, *members, False, False)]


@pytest.mark.parametrize("length", [1, 2])
def test_a_set_is_made_directly_of_its_normal_form_alone(length: int) -> None:
    ends = (FIRST, *range(START, START + 6), LAST)
    for spans in product(product(ends, ends), repeat=length):
        in_order = all(low <= high for low, high in spans)
        if in_order and all(one[1] + 1 < other[0] for one, other in pairwise(spans)):
            assert DaySet(spans).spans == DaySet.of_spans(spans).spans == spans
        else:
            with pytest.raises(InvalidValue, match="ranges in order"):
                DaySet(spans)


def test_going_through_every_set_gives_its_members_in_order() -> None:
    for members, a in SETS:
        if members[0]:
            with pytest.raises(ValueError, match="without a first day"):
                next(iter(a))
            continue
        inner = [date.fromordinal(START + n) for n in range(6) if members[n + 1]]
        later = [date.fromordinal(START + 6)] if members[-1] else []
        assert list(islice(a, len(inner) + len(later))) == inner + later
        if not later:
            assert list(a) == inner
