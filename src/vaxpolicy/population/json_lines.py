"""Reads JSON lines in two passes: first the columns and their types, then the rows.

Arrow's own reader fixes the types at the first block. It refuses a file whose first value of a
column comes later, and takes texts such as "2021-07-10T09:00:00+08:00" for instants without a zone.
Here texts stay texts, and a column may begin in any line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.json as pa_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["TwoKindsError", "columns_of_lines", "read_lines"]

BLOCK: Final = 1 << 22
"""The bytes that are read at once; a block ends at the end of a line."""
_CHANGED: Final = re.compile(r"Column\(/([^/)]+).*\) changed from")


class TwoKindsError(ValueError):
    """A column has values of two kinds, such as texts and numbers."""

    def __init__(self, column: str) -> None:
        super().__init__(f"column {column} has values of two kinds, such as texts and numbers")


def columns_of_lines(path: Path) -> tuple[Any, int]:
    """The columns of a file with their types, and the number of its rows.

    Raises TwoKindsError, UnicodeDecodeError, or ArrowInvalid for lines that are not JSON objects.
    """
    found: dict[str, Any] = {}
    rows = 0
    for block in _blocks(path):
        table = _parsed(block)
        rows += table.num_rows
        for each in table.schema:
            found[each.name] = _together(found.get(each.name), _with_texts(each))
    if not found:
        raise pa.ArrowInvalid("not a line with a value")
    return pa.schema(list(found.values())), rows


def read_lines(path: Path, schema: Any) -> Iterator[Any]:
    """The rows with these columns alone."""
    options = pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    for block in _blocks(path):
        yield from _parsed(block, options).to_batches()


def _blocks(path: Path) -> Iterator[bytes]:
    """Whole lines, checked to be UTF-8, which Arrow does not check."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            block += file.readline()
            block.decode()
            if not block.isspace():
                yield block


def _parsed(block: bytes, options: Any = None) -> Any:
    reading = pa_json.ReadOptions(use_threads=False, block_size=len(block))
    try:
        return pa_json.read_json(pa.BufferReader(block), reading, options)
    except pa.ArrowInvalid as error:
        changed = _CHANGED.search(str(error))
        if changed is None:
            raise
        raise TwoKindsError(changed[1]) from None


def _with_texts(column: Any) -> Any:
    """The column, in which texts that look like instants are texts."""
    return column.with_type(_texts_in(column.type))


def _texts_in(kind: Any) -> Any:
    if pa.types.is_timestamp(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_texts_in(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([_with_texts(each) for each in kind])
    return kind


def _together(one: Any, other: Any) -> Any:
    """A column that has the values of both."""
    if one is None:
        return other
    schemas = [pa.schema([each]) for each in (one, other)]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field(0)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise TwoKindsError(one.name) from None
