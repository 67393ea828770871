"""Staircases: people told by an age at a dose are the same people as cell by cell."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vaxpolicy.analysis.age_steps import AgeStep, as_age_steps
from vaxpolicy.analysis.profiles import AgeThen
from vaxpolicy.days import FIRST, LAST, attained

if TYPE_CHECKING:
    from vaxpolicy.analysis.regions import Region, Spans

BORN = range(date(2016, 2, 20).toordinal(), date(2016, 3, 12).toordinal())
GIVEN = range(date(2025, 2, 10).toordinal(), date(2025, 3, 20).toordinal())
EVERYTHING: Region = {"birth": ((FIRST, LAST),), "dose/0": ((FIRST, LAST),)}
NINE = 9 * 12
AGES = tuple(AgeThen(*it) for it in product((NINE, NINE + 6), (False, True), (0, 28)))


def region(
    births: tuple[int, int],
    days: tuple[int, int],
    age: AgeThen | None = None,
    rest: Region | None = None,
) -> list[Region]:
    """A cell for each birth date."""
    cells: list[Region] = []
    for birth in range(births[0], births[1] + 1):
        low, high = days
        if age is not None:
            turn = age.turn(birth)
            low, high = (max(low, turn), high) if age.attained else (low, min(high, turn - 1))
        if low <= high:
            cells.append({"birth": ((birth, birth),), "dose/0": ((low, high),), **(rest or {})})
    return cells


def holds(cell: Region, birth: int, day: int) -> bool:
    return all(
        any(low <= value <= high for low, high in cast("Spans", cell.get(name, EVERYTHING[name])))
        for name, value in (("birth", birth), ("dose/0", day))
    )


def meant(flight: AgeStep, birth: int, day: int) -> bool:
    if not holds(flight.cell, birth, day):
        return False
    age = flight.age
    return age is None or (day >= age.turn(birth)) is age.attained


def ranges(days: range) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.sampled_from(days), st.sampled_from(days)).map(
        lambda ends: (min(ends), max(ends))
    )


@example(  # a level that is lower than the steps after it
    [
        region((BORN[0], BORN[0]), (GIVEN[0], GIVEN[0])),
        region((BORN[1], BORN[2]), (GIVEN[0], GIVEN[11]), AgeThen(NINE, attained=False)),
    ]
)
@example(  # and one that is higher than the steps after it
    [
        region((BORN[0], BORN[0]), (GIVEN[15], GIVEN[20])),
        region((BORN[1], BORN[4]), (GIVEN[0], GIVEN[20]), AgeThen(NINE, attained=True)),
    ]
)
@given(
    st.lists(
        st.builds(region, ranges(BORN), ranges(GIVEN), st.none() | st.sampled_from(AGES)),
        max_size=3,
    )
)
def test_the_same_people_each_in_one_flight_and_in_its_steps(regions: list[list[Region]]) -> None:
    cells = [cell for each in regions for cell in each]
    flights = as_age_steps(cells, EVERYTHING, AGES)
    for birth, day in product(BORN, GIVEN):
        found = sum(meant(flight, birth, day) for flight in flights)
        assert found == any(holds(cell, birth, day) for cell in cells)
        steps = sum(holds(step, birth, day) for flight in flights for step in flight.steps)
        assert steps == found


def whole(days: range) -> tuple[int, int]:
    return days[0], days[-1]


def test_a_dose_before_a_birthday_is_one_range_of_births_and_one_of_days() -> None:
    before_nine = AgeThen(NINE, attained=False)
    (flight,) = as_age_steps(region(whole(BORN), whole(GIVEN), before_nine), EVERYTHING, AGES)
    assert (flight.place, flight.age) == (0, before_nine)
    eve = before_nine.turn(BORN[-1]) - 1
    assert flight.cell == {"birth": (whole(BORN),), "dose/0": ((GIVEN[0], eve),)}
    assert len(flight.steps) > 10


@pytest.mark.parametrize("attained", [False, True])
@pytest.mark.parametrize("days", [0, 28])
def test_an_age_is_asked_on_the_day_of_the_dose_or_days_after_it(
    days: int, *, attained: bool
) -> None:
    age = AgeThen(NINE, attained, days)
    given = GIVEN[0] - days, GIVEN[-1] - days
    (flight,) = as_age_steps(region(whole(BORN), given, age), EVERYTHING, AGES)
    assert flight.age == age


def test_groups_that_differ_otherwise_stay_apart() -> None:
    before_nine = AgeThen(NINE, attained=False)
    born, given = whole(BORN), whole(GIVEN)
    cells = region(born, given, before_nine, {"group/a": frozenset({True})})
    cells += region(born, given, rest={"group/a": frozenset({False})})
    flights = as_age_steps(cells, EVERYTHING, AGES)
    assert {flight.age for flight in flights} == {None, before_nine}
    assert len(flights) == 2


def test_what_is_no_staircase_by_such_an_age_stays_as_it_is() -> None:
    cells = region(whole(BORN), whole(GIVEN), AgeThen(NINE + 1, attained=False))
    flights = as_age_steps(cells, EVERYTHING, AGES)
    assert {flight.age for flight in flights} == {None}
    assert as_age_steps([], EVERYTHING, AGES) == []
    assert len(as_age_steps(cells, EVERYTHING, ())) == len(flights)


def test_days_in_two_ranges_are_told_as_they_are() -> None:
    cells = [
        {**cell, "dose/0": ((GIVEN[0] - 9, GIVEN[0] - 5), *cast("Spans", cell["dose/0"]))}
        for cell in region(whole(BORN), whole(GIVEN), AgeThen(NINE, attained=False))
    ]
    assert {flight.age for flight in as_age_steps(cells, EVERYTHING, AGES)} == {None}


def test_an_age_is_attained_on_the_day_after_a_birthday_that_the_year_lacks() -> None:
    leap = date(2016, 2, 29)
    assert AgeThen(NINE, attained=False).turn(leap.toordinal()) == attained(leap, 9).toordinal()
    assert AgeThen(NINE, attained=True, days=28).turn(leap.toordinal()) == (
        date(2025, 3, 1).toordinal() - 28
    )
    assert AgeThen(NINE, attained=True).turn(LAST) > LAST
