"""Reads the dated facts of a batch from a list for each row, or from flat columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vaxpolicy.population.arrays import narrow, unflagged, where_true
from vaxpolicy.population.lists import fields, items_of, rows_of
from vaxpolicy.population.people import Happened
from vaxpolicy.population.texts_and_days import (
    EVENTS,
    Days,
    coded,
    days,
    is_text,
    null_flags,
    plain_texts,
)
from vaxpolicy.rules.conditions import NEVER

if TYPE_CHECKING:
    from vaxpolicy.population.layout import Table
    from vaxpolicy.population.people import People

__all__ = ["read_dated_facts"]

_FACTS: Final = "list<struct<fact: string, on: string>>"


def read_dated_facts(table: Table, batch: Any, people: People) -> dict[str, Happened]:
    """The days of each dated fact that has a column, by its id."""
    found: dict[str, Happened] = {}
    if "dated_facts" in table.names:
        _listed(batch.column("dated_facts"), people, found)
    for fact, name in table.dated_facts:
        when = _when(batch.column(name), name)
        people.note(when.bad, "invalid-dated-facts")
        rows = np.flatnonzero(~when.unknown & ~when.bad)
        _note(found, fact, rows, when, rows, people)
    return found


def _listed(column: Any, people: People, found: dict[str, Happened]) -> None:
    items, values = items_of(column, "dated_facts", _FACTS)
    fact, on = fields(values, "dated_facts", ("fact", "on"), _FACTS)
    named, when = coded(fact, "dated_facts.fact"), _when(on, "dated_facts.on")
    wrong = (named.codes < 0) | named.is_refused | when.bad | when.unknown
    if values is not None:
        wrong |= null_flags(values)
    people.note(rows_of(items, wrong), "invalid-dated-facts")
    for code, name in enumerate(named.texts):
        own = np.flatnonzero((named.codes == code) & ~wrong)
        _note(found, name, items.row[own], when, own, people)


def _note(  # noqa: PLR0917  # the rows of one fact, and where they are
    found: dict[str, Happened], fact: str, rows: Any, when: Days, places: Any, people: People
) -> None:
    """Note the days of one fact in these rows; two days in one row are an error."""
    mine = found.get(fact)
    if mine is None:
        mine = found[fact] = Happened.nowhere(people.rows)
    twice = mine.known[rows]
    twice[1:] |= rows[1:] == rows[:-1]
    wrong = unflagged(people.rows)
    wrong[rows[twice]] = True
    people.note(wrong, "invalid-dated-facts")
    mine.known[rows] = True
    mine.first[rows], mine.last[rows] = when.first[places], when.last[places]


def _when(array: Any, name: str) -> Days:
    """The days of a column; `NEVER` for the text "never"."""
    if not is_text(array.type):
        return days(array, name, partial=True).within(EVENTS)
    texts = plain_texts(array, name)
    never = where_true(pc.equal(texts, "never"))
    rest = pc.if_else(pa.array(never), pa.scalar(None, pa.string()), texts)
    found = days(rest, name, partial=True).within(EVENTS)
    first, last = (narrow(np.where(never, NEVER, end)) for end in (found.first, found.last))
    return Days(first, last, found.bad)
