"""Dated facts and the sex in columns: what is read, and that the table says what `decide` says."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa
import pytest

from tests.helpers import FIRST, LAST, NOON, STAGE, policy_of
from tests.population.people_tables import anybody, batch_of, expected
from vaxpolicy.eligibility import DatedFact, Dose, PartialDate, Person, Policy
from vaxpolicy.population.columns import read_people
from vaxpolicy.population.decisions import Decider
from vaxpolicy.population.first_reasons import ExactFacts
from vaxpolicy.population.layout import Table, columns_of
from vaxpolicy.population.schema import PROBLEMS, ColumnError
from vaxpolicy.population.sql import where
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AnyOf,
    BornOnOrAfter,
    DaysSinceFact,
    DoseDue,
    FromDay,
    HasFact,
    InGroup,
    NotThat,
    OfSex,
    PreviousDoseBeforeAge,
    Wanted,
)
from vaxpolicy.rules.policy import Rule

if TYPE_CHECKING:
    from vaxpolicy.rules.people import Sex

POLICY = policy_of(
    Rule("waited", 1, ("AZ",), ("source",), (DaysSinceFact("infection", 2, 4, or_never=True),)),
    Rule("women", 1, ("BNT",), ("source",), (OfSex("female"), NotThat(HasFact("transfusion")))),
    Rule(
        "either",
        1,
        ("Moderna",),
        ("source",),
        (AnyOf((DaysSinceFact("transfusion", at_most=1), HasFact("infection"))),),
    ),
)
FACTS = ("dated_facts", "sex")


def test_the_table_says_what_decide_says() -> None:
    dates: list[Any] = [None, "never", PartialDate(2021, 12), PartialDate(2022), PartialDate(2021)]
    sexes: list[Sex | None] = [None, "female", "male"]
    dates += [date(2021, 12, 24), date(2021, 12, 28), date(2021, 12, 31), date(2022, 1, 3)]
    people = [
        Person(
            date(1990, 1, 1),
            (),
            frozenset(),
            dated_facts=[
                DatedFact(name, on)
                for name, on in (("infection", one), ("transfusion", other), ("else", FIRST))
                if on is not None
            ],
            sex=sex,
        )
        for one, other, sex in product(dates, dates, sexes)
    ]
    batch = batch_of(people)
    found = Decider(POLICY, batch.schema).decide(batch).to_pylist()
    for person, row in zip(people, found, strict=True):
        assert row == expected(POLICY, person), person.dated_facts


def read(**columns: Any) -> tuple[list[Person], list[str]]:
    batch = pa.record_batch({name: pa.array(column) for name, column in columns.items()})
    table = Table.of(batch.schema, ())
    assert set(columns_of(table, FACTS)) == set(columns)
    people = read_people(table, batch, frozenset(), FACTS)
    persons = [people.person(row, FACTS) for row in range(batch.num_rows)]
    return persons, [PROBLEMS[code] for code in people.problems]


def test_a_list_and_columns_of_dated_facts() -> None:
    listed = [
        [{"fact": "a", "on": "2021-12-01"}, {"fact": "b", "on": "never"}],
        [{"fact": "a", "on": "2021"}],
        [],
        None,
    ]
    persons, problems = read(dated_facts=listed, fact_c=["2021-12", None, "never", None])
    assert problems == [""] * 4
    assert [person.dated_facts for person in persons] == [
        (
            DatedFact("a", date(2021, 12, 1)),
            DatedFact("b", "never"),
            DatedFact("c", PartialDate(2021, 12)),
        ),
        (DatedFact("a", PartialDate(2021)),),
        (DatedFact("c", "never"),),
        (),
    ]
    persons, _ = read(fact_a=pa.array([date(2021, 12, 1), None]))
    assert [person.dated_facts for person in persons] == [(DatedFact("a", date(2021, 12, 1)),), ()]


WRONG: list[Any] = [
    [{"fact": None, "on": "never"}],
    [{"fact": " ", "on": "never"}],
    [{"fact": "a", "on": None}],
    [{"fact": "a", "on": "once"}],
    [{"fact": "a", "on": "2021-12-01"}, {"fact": "a", "on": "never"}],
]


def test_dated_facts_that_are_none() -> None:
    _, problems = read(dated_facts=[*WRONG, [None], []])
    assert problems == ["invalid-dated-facts"] * 6 + [""]
    _, problems = read(
        dated_facts=[WRONG[0][:0], [{"fact": "a", "on": "2021"}]], fact_a=["x", "never"]
    )
    assert problems == ["invalid-dated-facts"] * 2
    assert read(dated_facts=pa.nulls(2))[1] == ["", ""]
    with pytest.raises(ColumnError, match="dated_facts"):
        read(dated_facts=["2021"])


def test_the_sex() -> None:
    persons, problems = read(sex=["female", "male", None, "f"])
    assert [person.sex for person in persons[:3]] == ["female", "male", None]
    assert problems == ["", "", "", "invalid-sex"]


@pytest.mark.parametrize("policy", [POLICY])
def test_sql_asks_for_the_sex_and_leaves_dated_facts_open(policy: Policy) -> None:
    found = where(policy, on=FIRST, dialect="sqlite")
    assert found.columns["sex"] == "text"
    assert "female" in found.parameters.values()
    assert any("infection" in text for text in found.left_open)


MIXED = policy_of(
    Rule(
        "wants", 1, ("AZ",), ("source",), (Wanted(wanted=True, by=NOON[1]), AgeAtLeast(18, "day"))
    ),
    Rule("due", 2, ("BNT",), ("source",), (DoseDue(2, "day"), AgeAtLeast(18, "day"))),
    Rule("band", 1, ("BNT",), ("source",), (InGroup("list/2"), FromDay(STAGE[1]))),
    Rule("sex", 1, ("Moderna",), ("source",), (OfSex("female"), HasFact("infection"))),
)


SEASON = policy_of(
    Rule("young", 2, ("AZ",), ("source",), (PreviousDoseBeforeAge(18),)), season=STAGE[0]
)


@pytest.mark.parametrize(
    "policy", [MIXED, SEASON, policy_of()], ids=["rules", "two facts", "without rules"]
)
@pytest.mark.parametrize(
    "without", [(), ("birth_date",), ("doses",), ("willingness",), ("sex", "dated_facts")]
)
def test_facts_without_a_column_are_not_known(policy: Policy, without: tuple[str, ...]) -> None:
    people = list(anybody(policy, 60, seed=7))
    batch = batch_of(people).drop_columns(list(without))
    decider = Decider(policy, batch.schema)
    unknown: dict[str, Any] = {name: () if name == "dated_facts" else None for name in without}
    for _ in range(2):  # the second batch finds the answers of the first one
        found = decider.decide(batch).to_pylist()
        for person, row in zip(people, found, strict=True):
            assert row == expected(policy, attrs.evolve(person, **unknown))


def test_the_day_before_a_birth_that_is_not_known_decides_the_first_reason() -> None:
    """A dose says that an unknown birth was not later: the reason is the one that `decide` gives."""
    policy = policy_of(
        Rule("born", 2, ("AZ",), ("source",), (BornOnOrAfter(LAST),)),
        Rule("due", 2, ("BNT",), ("source",), (DoseDue(30, "day"),)),
        Rule("first", 1, ("AZ",), ("source",)),
    )
    days = [FIRST - timedelta(days=back) for back in range(0, 30, 4)]
    people = [Person(doses=[Dose("AZ", day)]) for day in days]
    batch = batch_of(people).drop_columns(["birth_date"])
    found = Decider(policy, batch.schema).decide(batch).to_pylist()
    assert found == [expected(policy, person) for person in people]


def test_facts_without_a_column_have_no_numbers() -> None:
    batch = pa.record_batch({"key": ["a", "b"]})
    facts = ("birth_date", "doses", "willingness")
    people = read_people(Table.of(batch.schema, ()), batch, frozenset(), facts)
    nothing = np.zeros(2, np.int64)
    exact = ExactFacts(
        people, np.arange(2), {"willingness": nothing}, {"AZ": np.zeros(1, np.int64)}, None
    )
    assert [part.tolist() for part in exact.births()] == [[1, 1], [date.max.toordinal()] * 2]
    assert exact.doses((1,), 1) == []
    assert [part.tolist() for part in exact.wishes("AZ")] == [[0, 0]] * 3
