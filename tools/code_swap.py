"""Puts another code into functions that are loaded already, so that a mutant needs no new import.

To import the library and to collect its tests takes seconds; to run the tests that reach one line
often takes less. A process that has done both can be forked for each mutant of a function, and the
fork puts the mutant's code into the function: a property, a method and a function behind a
decorator are functions, too. Code that runs while a module is imported cannot be changed so: the
code of a module and of its classes, with decorators and default values.
"""

from __future__ import annotations

import gc
import inspect
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COMPARED: Final = (
    "co_name",
    "co_flags",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_code",
    "co_exceptiontable",
)


def functions_of(files: Iterable[str]) -> dict[str, list[FunctionType]]:
    """The functions in memory that were made from each of these files."""
    found: dict[str, list[FunctionType]] = {it: [] for it in files}
    for it in gc.get_objects():
        if type(it) is FunctionType and (its := found.get(it.__code__.co_filename)) is not None:
            its.append(it)
    return found


def swapped(
    old: CodeType, new: CodeType, functions: Iterable[FunctionType]
) -> list[tuple[FunctionType, CodeType]] | None:
    """Which of a module's functions gets which code; None where more changes than functions."""
    changes = _changes(old, new)
    if not changes:
        return None
    found: dict[int, tuple[FunctionType, CodeType]] = {}
    loaded = [(it, _key(it.__code__)) for it in functions]
    for before, after in changes:
        pairs = {_key(one): other for one, other in _inner(before, after)}
        placed = [(it, pairs[key]) for it, key in loaded if key in pairs]
        if not any(key == _key(before) for _, key in loaded):
            return None
        if any(it is None or it.co_freevars != one.__code__.co_freevars for one, it in placed):
            return None
        found |= {id(one): (one, it) for one, it in placed if it is not None}
    return list(found.values())


def swap(found: Iterable[tuple[FunctionType, CodeType]]) -> None:
    """Give each function its code."""
    for function, code in found:
        function.__code__ = code


def _key(code: CodeType) -> tuple[str, int, bytes]:
    """Where a code is in its file; its instructions change while it runs."""
    return code.co_qualname, code.co_firstlineno, code.co_linetable


def _changes(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """The outermost functions that differ; None where the code outside functions does."""
    if not _alike(old, new):
        return None
    found = []
    for before, after in zip(_codes(old), _codes(new), strict=True):
        if before.co_flags & inspect.CO_OPTIMIZED:  # a function, no body of a class
            if not _same(before, after):
                found.append((before, after))
        elif (inside := _changes(before, after)) is None:
            return None
        else:
            found += inside
    return found


def _inner(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType | None]]:
    """A code and all inside it, each with the code in its place; None where that is unknown."""
    yield old, new
    inside, others = _codes(old), _codes(new)
    if len(inside) == len(others):
        for one, other in zip(inside, others, strict=True):
            yield from _inner(one, other)
    else:
        yield from ((it, None) for one in inside for it, _ in _inner(one, one))


def _alike(old: CodeType, new: CodeType) -> bool:
    """Whether two codes do the same, whatever the codes inside them do."""
    return all(getattr(old, it) == getattr(new, it) for it in _COMPARED) and (
        [_shown(it) for it in old.co_consts] == [_shown(it) for it in new.co_consts]
    )


def _same(old: CodeType, new: CodeType) -> bool:
    """Whether two codes and those inside them do the same."""
    pairs = zip(_codes(old), _codes(new), strict=False)
    return _alike(old, new) and all(_same(one, other) for one, other in pairs)


def _codes(code: CodeType) -> list[CodeType]:
    return [it for it in code.co_consts if isinstance(it, CodeType)]


def _shown(constant: object) -> str:
    """A constant as text, as 1, 1.0 and True are equal; a code inside only as its place."""
    return "" if isinstance(constant, CodeType) else repr(constant)
