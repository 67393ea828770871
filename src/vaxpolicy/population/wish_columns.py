"""Reads the willingness of a batch from a list for each row, a struct, or flat columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vaxpolicy.population.arrays import Flags, Int64, narrow, unflagged, zeros
from vaxpolicy.population.lists import fields, items_of, merged, only, rows_of
from vaxpolicy.population.people import Items, Wishes
from vaxpolicy.population.texts_and_days import Coded, coded, instants, is_text, null_flags

if TYPE_CHECKING:
    from vaxpolicy.population.layout import Table
    from vaxpolicy.population.people import People

__all__ = ["read_willingness"]

_WISHES: Final = "list<struct<vaccine: string, since: timestamp with a zone>>"


def read_willingness(table: Table, batch: Any, people: People) -> Wishes | None:
    """The willingness of each row; None if no column has it."""
    listed = None
    if "willingness" in table.names:
        column = batch.column("willingness")
        kind = column.type
        if pa.types.is_struct(kind):
            listed = _wishes_of_struct(column, people)
        else:
            listed = _listed_wishes(column, people)
    if not table.wishes:
        return listed
    columns = {vaccine: batch.column(name) for vaccine, name in table.wishes}
    flat = _wishes_of_columns(columns, None, people)
    if listed is None:
        return flat
    both = listed.items.known & flat.items.known
    people.note(both, "invalid-willingness")
    mine = listed.items, listed.vaccine, listed.since
    return Wishes(*merged(mine, (flat.items, flat.vaccine, flat.since)))


def _wishes_of_struct(column: Any, people: People) -> Wishes:
    """A struct of vaccines, or ``{"wanted": {...}}``, as `vaxpolicy.wire` writes willingness."""
    known = ~null_flags(column)
    names = [each.name for each in column.type]
    if names == ["wanted"] and not is_text(column.type.field(0).type):
        column = column.field(0)
        known &= ~null_flags(column)
        names = [each.name for each in column.type] if pa.types.is_struct(column.type) else []
    return _wishes_of_columns({name: column.field(name) for name in names}, known, people)


def _listed_wishes(column: Any, people: People) -> Wishes:
    if pa.types.is_map(column.type):
        kind = column.type
        named = [("vaccine", kind.key_type), ("since", kind.item_type)]
        column = column.cast(pa.list_(pa.struct(named)))
    items, values = items_of(column, "willingness", _WISHES)
    vaccine, since = fields(values, "willingness", ("vaccine", "since"), _WISHES)
    wanted, instant = coded(vaccine, "willingness.vaccine"), instants(since, "willingness.since")
    wrong = (wanted.codes < 0) | wanted.is_refused | instant.null | instant.bad
    if values is not None:
        wrong |= null_flags(values)
    wrong |= _again(items.row * (len(wanted.texts) + 1) + wanted.codes)
    people.note(rows_of(items, wrong), "invalid-willingness")
    kept = ~wrong
    return Wishes(items.those(kept), only(wanted, kept), instant.microseconds[kept])


def _again(codes: Int64) -> Flags:
    """The places of codes that came before."""
    found = unflagged(len(codes))
    ordered = np.sort(codes)
    if (ordered[1:] == ordered[:-1]).any():  # seldom, and to find where takes longer
        found[:] = True
        found[np.unique(codes, return_index=True)[1]] = False
    return found


def _wishes_of_columns(columns: dict[str, Any], known: Flags | None, people: People) -> Wishes:
    """Instants in a column for each vaccine, which have all wanted vaccines of a row.

    An empty row is unknown, unless another column says that it is known.
    """
    rows = people.rows
    since = zeros((rows, len(columns)))
    there = unflagged((rows, len(columns)))
    for place, (vaccine, column) in enumerate(columns.items()):
        instant = instants(column, f"wants_{vaccine}")
        people.note(instant.bad, "invalid-willingness")
        since[:, place] = instant.microseconds
        there[:, place] = ~instant.null & ~instant.bad
    listed = np.asarray(there.any(axis=1) if known is None else known)
    there[~listed] = False
    row, place_of = np.nonzero(there)
    names = Coded(narrow(place_of), tuple(columns))
    return Wishes(Items.of_rows(row, listed), names, since[row, place_of])
