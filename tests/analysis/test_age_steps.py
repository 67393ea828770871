"""Staircases: people told by an age at a dose are the same people as cell by cell."""

from __future__ import annotations

from datetime import date
from itertools import product

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vaxpolicy.analysis.age_steps import AgeStep, as_age_steps
from vaxpolicy.analysis.profiles import AgeThen
from vaxpolicy.analysis.regions import Range, Ranges, Region, is_in
from vaxpolicy.days import FIRST, LAST, attained

BORN = range(date(2016, 2, 20).toordinal(), date(2016, 3, 12).toordinal())
GIVEN = range(date(2025, 2, 10).toordinal(), date(2025, 3, 20).toordinal())
EVERY_DAY = ((FIRST, LAST),)
EVERYBODY = Region(EVERY_DAY, (EVERY_DAY,), (((0, 2),),), ((0, 0),), ((0, 0),), ((-1, 0),))
NINE = 9 * 12
AGES = tuple(AgeThen(*it) for it in product((NINE, NINE + 6), (False, True), (0, 28)))


def cell(births: Ranges, days: Ranges, rest: Region = EVERYBODY) -> Region:
    return attrs.evolve(rest, births=births).with_dose(0, days)


def region(
    births: Range, days: Range, age: AgeThen | None = None, rest: Region = EVERYBODY
) -> list[Region]:
    """A region for each birth date."""
    cells: list[Region] = []
    for birth in range(births[0], births[1] + 1):
        low, high = days
        if age is not None:
            turn = age.turn(birth)
            low, high = (max(low, turn), high) if age.attained else (low, min(high, turn - 1))
        if low <= high:
            cells.append(cell(((birth, birth),), ((low, high),), rest))
    return cells


def holds(it: Region, birth: int, day: int) -> bool:
    return is_in(birth, it.births) and is_in(day, it.doses[0])


def meant(step: AgeStep, birth: int, day: int) -> bool:
    if not holds(step.region, birth, day):
        return False
    age = step.age
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
def test_the_same_people_each_in_one_step_and_in_its_steps(regions: list[list[Region]]) -> None:
    cells = [it for each in regions for it in each]
    steps = as_age_steps(cells, EVERYBODY, AGES)
    for birth, day in product(BORN, GIVEN):
        found = sum(meant(step, birth, day) for step in steps)
        assert found == any(holds(it, birth, day) for it in cells)
        assert sum(holds(it, birth, day) for step in steps for it in step.steps) == found


def whole(days: range) -> tuple[int, int]:
    return days[0], days[-1]


def test_a_dose_before_a_birthday_is_one_range_of_births_and_one_of_days() -> None:
    before_nine = AgeThen(NINE, attained=False)
    (step,) = as_age_steps(region(whole(BORN), whole(GIVEN), before_nine), EVERYBODY, AGES)
    assert (step.place, step.age) == (0, before_nine)
    eve = before_nine.turn(BORN[-1]) - 1
    assert step.region == cell((whole(BORN),), ((GIVEN[0], eve),))
    assert len(step.steps) > 10


@pytest.mark.parametrize("attained", [False, True])
@pytest.mark.parametrize("days", [0, 28])
def test_an_age_is_asked_on_the_day_of_the_dose_or_days_after_it(
    days: int, *, attained: bool
) -> None:
    age = AgeThen(NINE, attained, days)
    given = GIVEN[0] - days, GIVEN[-1] - days
    (step,) = as_age_steps(region(whole(BORN), given, age), EVERYBODY, AGES)
    assert step.age == age


def test_groups_that_differ_otherwise_stay_apart() -> None:
    before_nine = AgeThen(NINE, attained=False)
    born, given = whole(BORN), whole(GIVEN)
    members = attrs.evolve(EVERYBODY, members=frozenset({"a"}))
    others = attrs.evolve(EVERYBODY, not_members=frozenset({"a"}))
    cells = region(born, given, before_nine, members) + region(born, given, rest=others)
    steps = as_age_steps(cells, EVERYBODY, AGES)
    assert {step.age for step in steps} == {None, before_nine}
    assert len(steps) == 2


def test_what_is_no_staircase_by_such_an_age_stays_as_it_is() -> None:
    cells = region(whole(BORN), whole(GIVEN), AgeThen(NINE + 1, attained=False))
    steps = as_age_steps(cells, EVERYBODY, AGES)
    assert {step.age for step in steps} == {None}
    assert as_age_steps([], EVERYBODY, AGES) == []
    assert len(as_age_steps(cells, EVERYBODY, ())) == len(steps)


def test_days_in_two_ranges_are_told_as_they_are() -> None:
    cells = [
        it.with_dose(0, ((GIVEN[0] - 9, GIVEN[0] - 5), *it.doses[0]))
        for it in region(whole(BORN), whole(GIVEN), AgeThen(NINE, attained=False))
    ]
    assert {step.age for step in as_age_steps(cells, EVERYBODY, AGES)} == {None}


def test_an_age_is_attained_on_the_day_after_a_birthday_that_the_year_lacks() -> None:
    leap = date(2016, 2, 29)
    assert AgeThen(NINE, attained=False).turn(leap.toordinal()) == attained(leap, 9).toordinal()
    assert AgeThen(NINE, attained=True, days=28).turn(leap.toordinal()) == (
        date(2025, 3, 1).toordinal() - 28
    )
    assert AgeThen(NINE, attained=True).turn(LAST) > LAST
