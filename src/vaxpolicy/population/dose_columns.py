"""Reads the doses of a batch from a list for each row, or from flat columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vaxpolicy.population.arrays import filled, unflagged
from vaxpolicy.population.layout import DOSE_COUNT
from vaxpolicy.population.lists import fields, integers, items_of, merged, only, rows_of
from vaxpolicy.population.people import Doses, Items
from vaxpolicy.population.texts_and_days import EVENTS, Coded, coded, days, null_flags

if TYPE_CHECKING:
    from vaxpolicy.population.layout import Table
    from vaxpolicy.population.people import People

__all__ = ["read_doses"]

_DOSES: Final = "list<struct<vaccine: string, on: date32>>"


def read_doses(table: Table, batch: Any, people: People) -> Doses | None:
    """The doses of each row; None if no column has doses."""
    listed = _listed_doses(batch, people) if "doses" in table.names else None
    flat = _flat_doses(table, batch, people)
    if listed is None or flat is None:
        return listed or flat
    both = listed.items.known & flat.items.known
    people.note(both, "invalid-doses")
    return Doses(
        *merged((listed.items, listed.vaccine, listed.day), (flat.items, flat.vaccine, flat.day))
    )


def _listed_doses(batch: Any, people: People) -> Doses:
    items, values = items_of(batch.column("doses"), "doses", _DOSES)
    names = ("vaccine", "on")
    vaccine, on = fields(values, "doses", names, _DOSES)
    given, day = coded(vaccine, "doses.vaccine"), days(on, "doses.on").within(EVENTS)
    wrong = (given.codes < 0) | given.is_refused | day.bad | day.unknown
    if values is not None:
        wrong |= null_flags(values)
    people.note(rows_of(items, wrong), "invalid-doses")
    return Doses(items.those(~wrong), only(given, ~wrong), day.first[~wrong])


def _flat_doses(table: Table, batch: Any, people: People) -> Doses | None:
    """Doses in separate columns, which have all doses of a row.

    The doses of an empty row are unknown, unless `dose_count` is 0.
    """
    pairs = table.flat_doses
    if not pairs and DOSE_COUNT not in table.names:
        return None
    rows, most = people.rows, len(pairs)
    day = filled((rows, most), 0)
    codes = filled((rows, most), 0)
    there, wrong = unflagged((rows, most)), unflagged(rows)
    names: list[str] = []
    for place, (vaccine, on) in enumerate(pairs):
        given = coded(batch.column(vaccine), vaccine)
        when = days(batch.column(on), on).within(EVENTS)
        no_vaccine = given.codes < 0
        there[:, place] = ~no_vaccine
        wrong |= (no_vaccine != (when.unknown & ~when.bad)) | when.bad | given.is_refused
        day[:, place], codes[:, place] = when.first, given.codes + len(names)
        names += given.texts
    counted = there.sum(axis=1)
    known = counted > 0
    if most:
        wrong |= (there[:, 1:] & ~there[:, :-1]).any(axis=1)  # a gap
    if DOSE_COUNT in table.names:
        count, null = integers(batch.column(DOSE_COUNT), DOSE_COUNT)
        wrong |= ~null & (count != counted)
        known = ~null
        there[null] = False
    people.note(wrong, "invalid-doses")
    there[wrong] = False
    row, place_of = np.nonzero(there)
    vaccines = Coded(codes[row, place_of], tuple(names))
    return Doses(Items.of_rows(row, known), vaccines, day[row, place_of])
