"""Goes through finite spaces: sets over a few days, and ages over a century and more."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest

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

    Between two such days an age does not change. So the days on either side of each prove the
    ages of a century of days without going through them.
    """
    day, one = date(1900, 1, 1), timedelta(days=1)
    while day.year <= 2030:
        for years in range(1, 101):
            try:
                birthday = day.replace(year=day.year + years)
            except ValueError:
                birthday = date(day.year + years, 3, 1)
            assert attained(day, years) == birthday
            assert completed_age(day, birthday) == years
            assert completed_age(day, birthday - one) == years - 1
        day += one


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
