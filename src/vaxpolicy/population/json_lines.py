"""Reads JSON lines in two passes: first the columns and their types, then the rows.

Arrow's own reader fixes the types at the first block. It refuses a file whose first value of a
column comes later, and takes texts such as "2021-07-10T09:00:00+08:00" for instants without a zone.
Here texts stay texts, and a column may begin in any line. Arrow calls itself for each level of
lists and objects, without a bound. So the levels are counted before it sees a block.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.json as pa_json

from vaxpolicy._strict import LONGEST
from vaxpolicy.population.schema import MOST_LEVELS, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LinesError", "columns_of_lines", "read_lines"]

BLOCK: Final = 1 << 22
"""The bytes that are read at once; a block ends at the end of a line."""
_CHANGED: Final = re.compile(r"Column\(/([^/)]+).*\) changed from")


class LinesError(ValueError):
    """The lines cannot be read; the message says why, and repeats no cell."""


def _two_kinds(column: str) -> LinesError:
    name = shown(column)
    return LinesError(f"column {name} has values of two kinds, such as texts and numbers")


def columns_of_lines(path: Path) -> tuple[Any, int]:
    """The columns of a file with their types, and the number of its rows.

    Raises LinesError, or ArrowInvalid for lines that are not JSON objects in UTF-8.
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
    """The rows with these columns alone. Raises as `columns_of_lines` does."""
    options = pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    for block in _blocks(path):
        yield from _parsed(block, options).to_batches()


def _blocks(path: Path) -> Iterator[bytes]:
    """Whole lines that Arrow may parse: in UTF-8, which it does not check, and not too deep."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            begun = len(block) - block.rfind(b"\n") - 1
            rest = file.readline(LONGEST + 1 - begun)
            if begun + len(rest) > LONGEST:
                raise LinesError(f"expected lines of at most {LONGEST} bytes")
            block += rest
            _require_utf_8(block)
            if is_too_deep(block):
                raise LinesError(f"expected at most {MOST_LEVELS} levels of lists and objects")
            if not block.isspace():
                yield block


def _require_utf_8(block: bytes) -> None:
    """Raise ArrowInvalid for bytes that are not UTF-8; Arrow is faster here than Python."""
    ends = pa.array([0, len(block)], pa.int32()).buffers()[1]
    pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(block)]).validate(full=True)


_NO_SIGNS: Final = bytes(set(range(256)).difference(b'"[]{}'))
_AS_LISTS: Final = bytes.maketrans(b"{}", b"[]")
_TEXT: Final = re.compile(rb'"[^"]*(?:"|\Z)')


def is_too_deep(block: bytes) -> bool:
    """Whether the values of a block of JSON have more than 32 levels of lists and objects.

    The time is linear, and brackets in texts do not count. For a block that is not JSON, the answer
    may be no up to twice as many levels.
    """
    if b"\\" in block:
        block = block.replace(b"\\\\", b"").replace(b'\\"', b"")
    signs = block.translate(_AS_LISTS, _NO_SIGNS).replace(b'""', b"")
    if b'"' in signs:
        signs = _TEXT.sub(b"", signs)
    for _ in range(MOST_LEVELS):  # each time, the innermost lists go
        before = len(signs)
        signs = signs.replace(b"[]", b"")
        if len(signs) == before:  # what is left has no end
            return before > MOST_LEVELS
    return bool(signs)


def _parsed(block: bytes, options: Any = None) -> Any:
    reading = pa_json.ReadOptions(use_threads=False, block_size=len(block))
    try:
        return pa_json.read_json(pa.BufferReader(block), reading, options)
    except pa.ArrowInvalid as error:
        changed = _CHANGED.search(str(error))
        if changed is None:
            raise
        raise _two_kinds(changed[1]) from None


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
        raise _two_kinds(one.name) from None
