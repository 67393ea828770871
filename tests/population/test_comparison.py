"""Comparing two policies on a population counts what `decide` says, person by person."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.population.people_tables import anybody, batch_of
from tests.population.test_streams import BAD
from vaxpolicy import catalog
from vaxpolicy.eligibility import Dose, Outcome, Person, decide
from vaxpolicy.population import compare
from vaxpolicy.population.tallies import Tally

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = (catalog.load(f"tw/covid19-1922/round-{number}") for number in (14, 15))


def change_of(person: Person) -> str:
    before, after = decide(OLD, person), decide(NEW, person)
    outcomes = before.outcome, after.outcome
    if outcomes[0] is outcomes[1]:
        offers = [
            {(offer.vaccine, offer.dose, offer.days) for offer in it.offers}
            for it in (before, after)
        ]
        return "same" if offers[0] == offers[1] else "moves"
    if Outcome.ELIGIBLE in outcomes:
        return "gains" if after.outcome is Outcome.ELIGIBLE else "loses"
    return "opens" if after.outcome is Outcome.UNDETERMINED else "closes"


def nonzero(counter: Counter[Any]) -> dict[Any, int]:
    return {key: count for key, count in counter.items() if count}


def test_a_comparison_counts_each_person_once() -> None:
    people = [*anybody(OLD, 120, seed=5), *anybody(NEW, 120, seed=6)]
    people += [
        Person(birth_date=date(1990, 1, 1), doses=[Dose("BNT", date(2021, 10, 25))], groups=()),
        Person(birth_date=date(1990, 1, 1)),
    ]
    found = compare(OLD, NEW, batch_of(people), batch_rows=50)
    assert (found.old, found.new) == (OLD.id, NEW.id)
    assert nonzero(found.changes.kinds) == Counter(map(change_of, people))
    assert nonzero(found.before.kinds) == Counter(decide(OLD, it).outcome.value for it in people)
    assert nonzero(found.after.kinds) == Counter(decide(NEW, it).outcome.value for it in people)
    assert sum(found.changes.birth_years.values()) == len(people)
    expected = Counter(
        (change_of(it), it.birth_date.year if it.birth_date else None) for it in people
    )
    assert nonzero(found.changes.birth_years) == expected
    by_county = Counter((change_of(it), it.residence_county) for it in people)
    assert nonzero(found.changes.counties) == by_county
    by_group = Counter((change_of(it), group) for it in people for group in it.groups or ())
    assert nonzero(found.changes.groups) == by_group


def test_rows_that_cannot_be_read_are_counted_apart() -> None:
    found = compare(OLD, NEW, BAD)
    assert found.changes.kinds["unreadable"] == 2
    assert found.before.kinds["unreadable"] == 2


def test_groups_in_columns_are_counted() -> None:
    table = pa.table({"status/mix-and-match": [True, False, None], "key": ["a", "b", "c"]})
    found = compare(OLD, NEW, table)
    assert nonzero(found.before.groups) == {("undetermined", "status/mix-and-match"): 1}


def test_tallies_of_parts_join() -> None:
    people = list(anybody(OLD, 60, seed=5))
    whole = compare(OLD, NEW, batch_of(people)).changes
    joined = Tally()
    for part in (people[:20], people[20:]):
        joined.join(compare(OLD, NEW, batch_of(part)).changes)
    assert joined == whole


def test_a_file_is_compared_like_a_table(tmp_path: Path) -> None:
    people = batch_of(list(anybody(OLD, 60, seed=5)))
    file = tmp_path / "people.parquet"
    pq.write_table(pa.Table.from_batches([people]), file)
    assert compare(OLD, NEW, file) == compare(OLD, NEW, people)


def test_a_population_may_have_any_other_columns() -> None:
    """Also one with the name of a column of decisions, as nothing is passed through."""
    table = pa.table({"birth_date": ["1990-01-01"], "reason": ["asked"], "outcome": [4]})
    assert nonzero(compare(OLD, NEW, table).changes.birth_years) == {("same", 1990): 1}
