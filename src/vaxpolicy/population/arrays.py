"""Arrays with a number or a flag for each row of a batch, and columns of Arrow as such arrays.

How many bytes a number has is said here alone: 4 for days and for codes of texts, 8 for sums and
for codes made of several others.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

__all__ = ["Flags", "Int32", "Int64"]
__all__ += ["filled", "narrow", "numbers_of", "unflagged", "where_true", "wide", "zeros"]

Int32: TypeAlias = np.ndarray[Any, np.dtype[np.int32]]
Int64: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


def zeros(shape: int | tuple[int, ...]) -> Int64:
    """Numbers of 8 bytes, all of them 0."""
    return np.zeros(shape, np.int64)


def filled(shape: int | tuple[int, ...], value: int) -> Int32:
    """Numbers of 4 bytes, all of them this one."""
    return np.full(shape, value, np.int32)


def unflagged(shape: int | tuple[int, ...]) -> Flags:
    """Flags, all of them false."""
    return np.zeros(shape, bool)


def narrow(numbers: Any) -> Int32:
    """The numbers, of 4 bytes each."""
    return np.asarray(numbers, np.int32)


def wide(numbers: Any) -> Int64:
    """The numbers, of 8 bytes each."""
    return np.asarray(numbers, np.int64)


def numbers_of(column: Any, null: int = 0) -> Any:
    """A column of numbers of Arrow as an array, with this number for null."""
    return np.asarray(column.fill_null(null))


def where_true(column: Any) -> Flags:
    """The rows in which a column of booleans of Arrow is true."""
    return np.asarray(column.fill_null(fill_value=False))
