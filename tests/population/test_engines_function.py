"""The function for engines: on tables, on batches and on iterators of batches, also after a trip."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest

from tests.population.test_streams import BAD, EXPECTED, POLICY, TABLE
from vaxpolicy.population import BadRowError, arrow_function


def test_a_table_gives_a_table_and_a_batch_a_batch() -> None:
    function = arrow_function(POLICY)
    assert function(TABLE).to_pylist() == EXPECTED
    (batch,) = TABLE.to_batches()
    assert isinstance(function(batch), pa.RecordBatch)
    assert function(batch).to_pylist() == EXPECTED


def test_a_table_without_a_batch_gives_the_columns() -> None:
    function = arrow_function(POLICY)
    found = function(pa.Table.from_batches([], TABLE.schema))
    assert found.num_rows == 0
    assert found.schema == function(TABLE).schema


def test_an_iterator_of_batches_gives_an_iterator() -> None:
    found = arrow_function(POLICY)(iter(TABLE.to_batches(max_chunksize=9)))
    assert [row for batch in found for row in batch.to_pylist()] == EXPECTED


def test_it_travels() -> None:
    function = arrow_function(POLICY, keep=["district"])
    table = TABLE.append_column("district", pa.array(["d"] * len(TABLE)))
    assert len(function(table)["district"]) == len(TABLE)
    arrived = pickle.loads(pickle.dumps(function))  # noqa: S301 - our own
    assert arrived(table).equals(function(table))


def test_bad_rows_stop_it_where_asked() -> None:
    assert arrow_function(POLICY)(BAD)["reason"].to_pylist()[1] == "invalid-birth-date"
    with pytest.raises(BadRowError, match="row 1: invalid-birth-date"):
        arrow_function(POLICY, stop_at_bad_rows=True)(BAD)
    assert arrow_function(POLICY, stop_at_bad_rows=True)(TABLE).to_pylist() == EXPECTED
