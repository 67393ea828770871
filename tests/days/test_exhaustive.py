"""What is finite is gone through: sets over a few days, and ages over a century and more."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest

from vaxpolicy.days import FIRST, LAST, DaySet, attained, completed_age, last_day_aged

START = date(2021, 1, 1).toordinal()
PLACES = [(FIRST, START - 1), *((START + n, START + n) for n in range(6)), (START + 6, LAST)]
"""Six days, all days before them and all days after them."""
SETS = [
    (members, DaySet.of_spans(span for span, member in zip(PLACES, members, strict=True) if member))
    for members in product((False, True), repeat=len(PLACES))
]
BY_MEMBERS = dict(SETS)


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
