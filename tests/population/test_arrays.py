"""A batch of people is held in arrays: few bytes for each person, and no comparison of columns."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa
import pytest

from vaxpolicy import population
from vaxpolicy.population.arrays import numbers_of, where_true
from vaxpolicy.population.columns import read_people
from vaxpolicy.population.layout import Table
from vaxpolicy.population.people import Doses, Items, People
from vaxpolicy.population.schema import PEOPLE
from vaxpolicy.population.texts_and_days import Coded, Days, coded

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 8
COLUMNS: dict[str, Any] = {
    "key": [f"a{row}" for row in range(ROWS)],
    "birth_date": ["1990-01-23", "1990-01", "1990", None] * 2,
    "doses": [[{"vaccine": "AZ", "on": "2021-07-01"}], None] * 4,
    "groups": [["g/1"], None] * 4,
    "g/2": [True, None] * 4,
    "registered_county": ["臺北市", " "] * 4,
    "residence_county": ["台北市", None] * 4,
    "willingness": [[{"vaccine": "AZ", "since": "2021-07-10T09:00:00+08:00"}], None] * 4,
    "dated_facts": [[{"fact": "f", "on": "2021-07-01"}, {"fact": "g", "on": "never"}], []] * 4,
    "sex": ["female", None] * 4,
}


def read(columns: dict[str, Any]) -> People:
    batch = pa.RecordBatch.from_pydict(columns)
    return read_people(Table.of(batch.schema, {"g/2"}), batch, frozenset({"g/2"}), PEOPLE.names)


def arrays_of(value: object) -> Iterator[np.ndarray[Any, Any]]:
    """All arrays inside a value."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from arrays_of(each)
    elif isinstance(value, dict):
        yield from arrays_of([*value.values()])
    else:
        for name in fields_of(type(value)):
            yield from arrays_of(getattr(value, name))


def fields_of(kind: Any) -> list[str]:
    """The names of the fields of a class, if it has some."""
    return [part.name for part in attrs.fields(kind)] if attrs.has(kind) else []


FLAT: dict[str, Any] = {
    "birth_year": [1990, 1991] * 4,
    "dose_count": [1, 0] * 4,
    "dose_1_vaccine": ["AZ", None] * 4,
    "dose_1_on": ["2021-07-01", None] * 4,
    "fact_f": pa.array([1, None] * 4, pa.date32()),
    "wants_AZ": ["2021-07-10T09:00:00+08:00", None] * 4,
    "g/2": ["true", None] * 4,
}


@pytest.mark.parametrize(
    "columns",
    [
        COLUMNS,
        FLAT,
        COLUMNS | FLAT,
        {name: [None] * ROWS for name in COLUMNS},
        {"birth_date": pa.array([1, None] * 4, pa.date32())},
        {"birth_date": pa.array([1, None] * 4, pa.timestamp("s"))},
    ],
)
def test_days_and_codes_take_four_bytes_each(columns: dict[str, Any]) -> None:
    """Only the rows of items, where they begin, and instants take eight."""
    people = read(columns)
    wide = [part for part in arrays_of(people) if part.dtype.itemsize == 8]
    items = [it for it in (people.doses, people.willingness, people.groups) if it is not None]
    allowed = [array for each in items for array in arrays_of([*places_of(each)])]
    assert {part.dtype for part in arrays_of(people)} <= {np.dtype(it) for it in KINDS}
    assert {id(part) for part in wide} <= {id(array) for array in allowed}
    assert people.problems.nbytes == ROWS


KINDS = (np.int8, np.bool_, np.int32, np.int64)


def places_of(value: Any) -> Iterator[object]:
    """The items of these facts, and the instants of wishes."""
    for name in fields_of(type(value)):
        inside = getattr(value, name)
        if isinstance(inside, Items) or name == "since":
            yield inside


def test_a_column_of_arrow_as_an_array() -> None:
    assert numbers_of(pa.array([3, None], pa.int32())).tolist() == [3, 0]
    assert numbers_of(pa.array([3, None], pa.int32()), -1).dtype == np.int32
    assert where_true(pa.array([True, False, None])).tolist() == [True, False, False]


def test_a_row_without_a_text_matches_nothing() -> None:
    column = coded(pa.array(["a", None, "b", "a"]), "column")
    assert column.matching(lambda text: text == "a").tolist() == [True, False, False, True]
    assert column.matching(lambda _: True).tolist() == [True, False, True, True]


def held_in_arrays() -> Iterator[type[Any]]:
    """The classes of the room that have arrays or columns."""
    for module in pkgutil.iter_modules(population.__path__):
        its = vars(import_module(f"{population.__name__}.{module.name}"))
        for it in its.values():
            if isinstance(it, type) and attrs.has(it) and it.__module__ == its["__name__"]:
                kinds = {str(part.type) for part in attrs.fields(it)}
                if kinds & {"Int32", "Int64", "Flags", "Items", "Coded", "Any", "People"}:
                    yield it


def test_columns_are_not_compared() -> None:
    """Where the numbers of all rows are equal, there is no one answer: only identity counts."""
    classes = set(held_in_arrays())
    assert {Coded, Days, Doses, Items, People} <= classes
    assert [it for it in classes if "__eq__" in vars(it)] == []
