"""Checks a column of national IDs and UI numbers on the buffers of Arrow.

A number has ten characters. They are looked up two at a time: the table of each pair holds its part
of the weighted sum, and a special value for a pair that cannot be in a number. So a number costs
five look-ups and no copy. The tables are built from those of the scalar check
(`vaxpolicy.identity.is_valid_id_number`).

A text of another length goes to the scalar check, unless it is too short for a number. Blanks and
hyphens may be dropped, but nothing is added.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vaxpolicy.numbers.id_numbers import is_valid_id_number, pair_sums
from vaxpolicy.population.arrays import unflagged, where_true

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Bytes: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
    Pairs: TypeAlias = np.ndarray[Any, np.dtype[np.uint16]]
    Lengths: TypeAlias = np.ndarray[Any, np.dtype[Any]]
    Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

__all__ = ["valid_id_numbers"]

_LENGTH: Final = 10
_PAIRS: Final = _LENGTH // 2
_NO_PAIR: Final = 51
"""More than the sum of five pairs; five times this value still fits into a byte."""
_BLOCK: Final = 1 << 15
"""The rows in one step: few enough for the interim results to stay in a fast cache."""
_VIEW: Final = 16
"""The bytes of an entry of a string_view: its length, and up to twelve bytes of text."""


def valid_id_numbers(column: Any) -> Any:
    """Whether each text of a column is a national ID or a UI number, in either format.

    The column is an Arrow column of `string`, `large_string`, `string_view` or a dictionary of one
    of them, whole or in chunks, or any object with ``__arrow_c_array__`` or ``__arrow_c_stream__``.
    The result is an Arrow column of booleans in the same chunks; null stays null. Raises TypeError
    for a column of another type.

    >>> valid_id_numbers(pa.array(["A123456789", "A123456788", None])).to_pylist()
    [True, False, None]
    """
    if isinstance(column, pa.ChunkedArray):
        return pa.chunked_array([_valid(chunk) for chunk in column.chunks], pa.bool_())
    if isinstance(column, pa.Array):
        return _valid(column)
    if hasattr(column, "__arrow_c_stream__"):
        return valid_id_numbers(pa.chunked_array(column))
    if hasattr(column, "__arrow_c_array__"):
        return _valid(pa.array(column))
    raise TypeError(f"column: expected an Arrow column of texts, got {type(column).__name__}")


def _valid(array: Any) -> Any:
    kind = array.type
    if pa.types.is_dictionary(kind):
        return pc.take(_valid(array.dictionary), array.indices)
    read = _READERS.get(kind.id)
    if read is None:
        raise TypeError(f"column: expected texts, found {kind}")
    valid = None
    if array.null_count:
        valid = _bits(where_true(array.is_valid()))
    return pa.Array.from_buffers(pa.bool_(), len(array), [valid, _bits(read(array))])


def _bits(flags: Flags) -> Any:
    """Flags as Arrow keeps them, eight in a byte."""
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def _by_offsets(width: type[Any]) -> Callable[[Any], Flags]:
    """Check an array of adjacent texts, with offsets of this width."""

    def check(array: Any) -> Flags:
        rows = len(array)
        _, offsets, data = array.buffers()
        if rows == 0 or data is None:
            return unflagged(rows)
        ends = np.frombuffer(offsets, width)[array.offset : array.offset + rows + 1]
        texts = np.frombuffer(data, np.uint8)
        starts = ends[:-1]
        if _are_whole(ends):
            first = int(starts[0])
            return _sums_hold(
                texts[first : first + rows * _LENGTH].view("<u2").reshape(rows, _PAIRS)
            )
        lengths = np.diff(ends)
        flags = unflagged(rows)
        whole = np.flatnonzero(lengths == _LENGTH)
        # every pair of neighbours, wherever it begins
        neighbours = np.ndarray((max(len(texts) - 1, 0),), "<u2", data, strides=(1,))
        for low in range(0, len(whole), _BLOCK):
            block = whole[low : low + _BLOCK]
            at = starts[block]
            pairs = np.stack([neighbours[at + place] for place in range(0, _LENGTH, 2)], axis=1)
            flags[block] = _sums_hold(pairs)
        return _with_longer(array, lengths, flags)

    return check


def _are_whole(ends: Lengths) -> bool:
    """Whether each text between two of these ends has the length of a number."""
    blocks = (ends[low : low + _BLOCK + 1] for low in range(0, len(ends) - 1, _BLOCK))
    return all(bool((np.diff(block) == _LENGTH).all()) for block in blocks)


def _by_views(array: Any) -> Flags:
    """Check an array of views; a text of ten bytes is inside its view."""
    rows = len(array)
    if rows == 0:
        return unflagged(rows)
    views = np.frombuffer(array.buffers()[1], "<u2").reshape(-1, _VIEW // 2)
    views = views[array.offset : array.offset + rows]
    lengths = views[:, 0].astype(np.uint32) | (views[:, 1].astype(np.uint32) << 16)
    flags = _sums_hold(views[:, 2 : 2 + _PAIRS]) & (lengths == _LENGTH)
    return _with_longer(array, lengths, flags)


_READERS: Final[dict[int, Callable[[Any], Flags]]] = {
    pa.string().id: _by_offsets(np.int32),
    pa.large_string().id: _by_offsets(np.int64),
    pa.string_view().id: _by_views,
}


def _with_longer(array: Any, lengths: Lengths, flags: Flags) -> Flags:
    """The flags, completed for the texts that are longer than a number."""
    for row in np.flatnonzero(lengths > _LENGTH).tolist():
        text = array[row].as_py()
        flags[row] = text is not None and is_valid_id_number(text)
    return flags


@cache
def _tables() -> tuple[list[Bytes], Flags]:
    """A table for each pair of characters, and the meaning of each sum of all five."""
    tables = []
    for sums in pair_sums():
        table = np.full(1 << 16, _NO_PAIR, np.uint8)
        for pair, part in sums.items():
            for first in {pair[0], pair[0].lower()}:
                for second in {pair[1], pair[1].lower()}:
                    table[ord(first) | ord(second) << 8] = part % 10
        tables.append(table)
    means = unflagged(1 << 8)
    means[0:_NO_PAIR:10] = True
    return tables, means


def _sums_hold(pairs: Pairs) -> Flags:
    """Whether each row of five pairs is a number whose weighted sum ends in 0."""
    tables, means = _tables()
    flags = unflagged(len(pairs))
    totals, parts = np.empty(_BLOCK, np.uint8), np.empty(_BLOCK, np.uint8)
    for low in range(0, len(pairs), _BLOCK):
        block = pairs[low : low + _BLOCK]
        total, part = totals[: len(block)], parts[: len(block)]
        _look_up(tables[0], block[:, 0], total)
        for place in range(1, _PAIRS):
            _look_up(tables[place], block[:, place], part)
            np.add(total, part, out=total)
        _look_up(means, total, flags[low : low + _BLOCK])
    return flags


def _look_up(table: Any, places: Any, found: Any) -> None:
    """Look these places up; "wrap" spares the check of bounds, as each of them is in the table."""
    table.take(places, out=found, mode="wrap")
