"""Reads columns of lists, structs and whole numbers."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vaxpolicy.population.arrays import Flags, Int64, narrow, numbers_of, unflagged, wide, zeros
from vaxpolicy.population.people import Items
from vaxpolicy.population.schema import ColumnError
from vaxpolicy.population.texts_and_days import Coded, is_list, null_flags

__all__ = ["fields", "integers", "items_of", "merged", "only", "rows_of"]


def integers(array: Any, name: str) -> tuple[Int64, Flags]:
    """A column of whole numbers, with 0 for null; and the null flags."""
    if pa.types.is_null(array.type):
        array = array.cast(pa.int64())
    if not pa.types.is_integer(array.type):
        raise ColumnError(name, array.type, "whole numbers")
    return wide(numbers_of(array)), null_flags(array)


def items_of(array: Any, name: str, expected: str) -> tuple[Items, Any]:
    """The items of a column of lists."""
    rows = len(array)
    if pa.types.is_null(array.type):
        return Items.of_rows(zeros(0), unflagged(rows)), None
    if not is_list(array.type):
        raise ColumnError(name, array.type, expected)
    known = ~null_flags(array)
    values = array.flatten()  # a null may still have items below it
    counts = numbers_of(pc.list_value_length(array))
    starts = zeros(rows + 1)
    np.cumsum(counts, out=starts[1:])
    return Items(np.repeat(np.arange(rows), counts), known, starts), values


def rows_of(items: Items, bad: Flags) -> Flags:
    """The rows of bad items."""
    found = unflagged(len(items.known))
    found[items.row[bad]] = True
    return found


def only(names: Coded, kept: Flags) -> Coded:
    """The texts of the kept items."""
    return names if kept.all() else Coded(names.codes[kept], names.texts)


def fields(values: Any, name: str, names: tuple[str, str], expected: str) -> tuple[Any, Any]:
    """Two fields of a column of structs."""
    if values is None or pa.types.is_null(values.type):
        nothing = pa.nulls(0 if values is None else len(values))
        return nothing, nothing
    if not pa.types.is_struct(values.type):
        raise ColumnError(name, f"list<{values.type}>", expected)
    if any(values.type.get_field_index(each) < 0 for each in names):
        raise ColumnError(name, f"list<{values.type}>", expected)
    one, other = (values.field(each) for each in names)
    return one, other


_List: TypeAlias = "tuple[Items, Coded, Any]"
"""The items of each row, their names, and the number of each name."""


def merged(one: _List, other: _List) -> _List:
    """The lists of two columns as one column."""
    row = np.concatenate([one[0].row, other[0].row])
    order = np.lexsort((row,))  # the items of a row keep their order
    codes = np.concatenate([one[1].codes, other[1].codes + len(one[1].texts)])[order]
    names = Coded(narrow(codes), (*one[1].texts, *other[1].texts))
    items = Items.of_rows(row[order], one[0].known | other[0].known)
    return items, names, np.concatenate([one[2], other[2]])[order]
