"""Doses against other diseases, in tables and in SQL."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING

import attrs

from tests.helpers import FIRST, STAGE, VACCINES, policy_of
from tests.population.people_tables import batch_of, expected
from vaxpolicy.eligibility import Dose, PartialDate, Person
from vaxpolicy.population.decisions import Decider
from vaxpolicy.population.sql import where
from vaxpolicy.rules.conditions import AgeAtLeast, ApartFrom, DosesOf, NotThat
from vaxpolicy.rules.policy import Rule, Vaccine
from vaxpolicy.rules.validity import Minimum, Spacing

if TYPE_CHECKING:
    from vaxpolicy.eligibility import Policy

KNOWN = {**VACCINES, **{code: Vaccine(code, ("flu",)) for code in ("Influenza", "Other")}}
APART = policy_of(
    Rule("first", 1, ("AZ",), ("source",), (ApartFrom(("Influenza",), 2), AgeAtLeast(18, "day"))),
    Rule("second", 2, ("BNT",), ("source",), (NotThat(DosesOf(("Influenza",), 2)),)),
    vaccines=KNOWN,
)
TOO_YOUNG = policy_of(
    Rule("first", 1, ("AZ",), ("source",)),
    Rule("second", 2, ("AZ",), ("source",)),
    vaccines=KNOWN,
    minimums=(Minimum(("AZ",), 1, ("source",), age_days=7000),),
    spacings=(Spacing(("AZ", "Influenza"), 2, ("source",)),),
)


def people(seed: int) -> list[Person]:
    draw = random.Random(seed)  # noqa: S311  # made-up people, not secrets
    days = [FIRST + timedelta(days=it) for it in range(-3, 4)]
    births: list[date | PartialDate | None] = [None, PartialDate(2021, 12)]
    births += [date(2003, 12, 31), date(1990, 1, 1)]
    return [
        Person(
            draw.choice(births),
            [Dose(draw.choice([*KNOWN]), on) for on in draw.sample(days, draw.randrange(4))],
            frozenset(),
        )
        for _ in range(150)
    ]


def test_the_table_says_what_decide_says() -> None:
    for policy in (APART, TOO_YOUNG):
        batch = batch_of(people(3))
        found = Decider(policy, batch.schema).decide(batch).to_pylist()
        for person, row in zip(people(3), found, strict=True):
            assert row == expected(policy, person), person.doses


def rows(policy: Policy, person: Person) -> list[tuple[int | None, int]]:
    """What SQL says of a person whose columns have the doses against the disease alone."""
    found = where(policy, on=STAGE[0], dialect="sqlite")
    doses = [it for it in person.doses or () if it.vaccine in VACCINES]
    facts: dict[str, object] = {"birth_date": str(person.birth_date), "dose_count": len(doses)}
    for place, dose in enumerate(doses, start=1):
        facts |= {f"dose_{place}_on": str(dose.on), f"dose_{place}_vaccine": dose.vaccine}
    names = ", ".join(f'"{name}"' for name in found.columns)
    holders = ", ".join("?" * len(found.columns))
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(f"CREATE TABLE people ({names})")
        row = [facts.get(name) for name in found.columns]
        database.execute(f"INSERT INTO people VALUES ({holders})", row)  # noqa: S608  # made here
        query = f"SELECT {found.surely}, {found.possibly} FROM people"  # noqa: S608  # made here
        return database.execute(query, dict(found.parameters)).fetchall()


def test_sql_leaves_doses_against_other_diseases_open() -> None:
    nobody = Person(date(1990, 1, 1), (), frozenset())
    assert rows(APART, nobody) == [(None, 1)]
    left = where(APART, on=FIRST, dialect="sqlite").left_open
    assert any("apart_from" in text for text in left)


def test_sql_leaves_doses_open_where_some_may_not_count() -> None:
    born = date(2003, 12, 31)
    first = Person(born, [Dose("AZ", date(2010, 1, 1))], frozenset())
    assert rows(TOO_YOUNG, first) == [(None, 1)]
    assert rows(TOO_YOUNG, attrs.evolve(first, doses=())) == [(1, 1)]
