"""Cells of facts: each a product of ranges; and the same people in as few of them as can be.

A cell names the range of each fact that matters: a union of ranges of day numbers for a birth or a
dose, a set of values for anything else. What it does not name does not matter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias, cast

from vaxpolicy.days import DaySet

if TYPE_CHECKING:
    from collections.abc import Collection

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Inclusive ranges of day numbers, ascending, none touching the next."""
Values: TypeAlias = Spans | frozenset[str] | frozenset[int] | frozenset[bool]
Region: TypeAlias = dict[str, Values]
"""The range of each fact that matters, by name."""
Row: TypeAlias = tuple[Values, ...]
"""The ranges of a cell, by the place of their names in a list."""


def merged(cells: list[Region], everything: Region) -> list[Region]:
    """The same people in few cells, whatever the cuts: the least of two orders of their facts."""
    names = sorted(
        {name for cell in cells for name in cell if cell[name] != _all(everything, name)}
    )
    rows = [tuple(cell.get(name, _all(everything, name)) for name in names) for cell in cells]
    both = [
        [dict(zip(order, row, strict=True)) for row in _in_order(_reorder(rows, names, order))]
        for order in (names, names[::-1])
    ]
    return [
        {name: it for name, it in cell.items() if it != _all(everything, name)}
        for cell in min(both, key=len)
    ]


def _all(everything: Region, name: str) -> Values:
    return everything.get(name, frozenset({False, True}))


def _reorder(rows: list[Row], names: list[str], order: list[str]) -> list[Row]:
    return rows if names is order else [row[::-1] for row in rows]


def _in_order(rows: Collection[Row]) -> tuple[Row, ...]:
    """The union of the rows, cut by the first fact, what is left of it by the next, and so on.

    Ranges of a fact with the same people in the others become one: equal unions, equal rows.
    """
    if not rows or not next(iter(rows)):
        return tuple(dict.fromkeys(rows))
    together: dict[tuple[Row, ...], list[Values]] = {}
    rests: dict[tuple[Row, ...], tuple[Row, ...]] = {}
    for part, rest in _parts(rows):
        if rest not in rests:
            rests[rest] = _in_order(rest)
        together.setdefault(rests[rest], []).append(part)
    return tuple((_union(parts), *row) for rest, parts in together.items() if rest for row in rest)


def _parts(rows: Collection[Row]) -> list[tuple[Values, tuple[Row, ...]]]:
    """The smallest ranges, or single values, of the first fact; what the rows with each go on with.

    Of ranges, those between any two ends.
    """
    if not isinstance(next(iter(rows))[0], tuple):
        by_item: dict[str, dict[Row, None]] = {}
        for values, *rest in rows:
            for item in cast("frozenset[str]", values):
                by_item.setdefault(item, {})[tuple(rest)] = None
        return [(frozenset({item}), tuple(by_item[item])) for item in sorted(by_item)]
    spans = [span for values, *_ in rows for span in cast("Spans", values)]
    starts = sorted({low for low, _ in spans} | {high + 1 for _, high in spans})
    places = {start: place for place, start in enumerate(starts)}
    by_place: list[dict[Row, None]] = [{} for _ in starts[1:]]
    for values, *rest in rows:
        for low, high in cast("Spans", values):
            for place in range(places[low], places[high + 1]):
                by_place[place][tuple(rest)] = None
    return [
        (((low, after - 1),), tuple(found))
        for (low, after), found in zip(pairwise(starts), by_place, strict=True)
    ]


def _union(parts: list[Values]) -> Values:
    if isinstance(parts[0], tuple):
        return DaySet.of_spans(span for them in parts for span in cast("Spans", them)).spans
    return cast("Values", frozenset().union(*cast("list[frozenset[str]]", parts)))
