"""Decides for many people at once, on Apache Arrow columns (extra ``population``)."""

from __future__ import annotations

from vaxpolicy.population.comparison import Comparison, compare
from vaxpolicy.population.decisions import BadRow, BadRowError
from vaxpolicy.population.engines import SPARK_SCHEMA, ArrowFunction, arrow_function
from vaxpolicy.population.id_numbers import valid_id_numbers
from vaxpolicy.population.inputs import UnreadableError
from vaxpolicy.population.sample import sample_batches, sample_people
from vaxpolicy.population.schema import DECISIONS, PEOPLE, ColumnError
from vaxpolicy.population.sql import Predicate, where
from vaxpolicy.population.streams import decide_table

__all__ = [
    "DECISIONS",
    "PEOPLE",
    "SPARK_SCHEMA",
    "ArrowFunction",
    "BadRow",
    "BadRowError",
    "ColumnError",
    "Comparison",
    "Predicate",
    "UnreadableError",
    "arrow_function",
    "compare",
    "decide_table",
    "sample_batches",
    "sample_people",
    "valid_id_numbers",
    "where",
]
