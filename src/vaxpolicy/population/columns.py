"""Reads a batch of people from columns of any layout.

An unreadable row keeps its place and gets a code from `PROBLEMS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vaxpolicy.days import FIRST, LAST
from vaxpolicy.population.arrays import Flags, Int32, filled, narrow, unflagged, where_true, zeros
from vaxpolicy.population.dated_columns import read_dated_facts
from vaxpolicy.population.dose_columns import read_doses
from vaxpolicy.population.layout import MONTH, YEAR
from vaxpolicy.population.lists import integers, items_of, only, rows_of
from vaxpolicy.population.people import SEXES, Groups, Items, People
from vaxpolicy.population.texts_and_days import (
    BIRTHS,
    Coded,
    Days,
    coded,
    days,
    null_flags,
    plain_texts,
)
from vaxpolicy.population.wish_columns import read_willingness
from vaxpolicy.rules.conditions import implies
from vaxpolicy.rules.people import COMMON_SPELLINGS, Person

if TYPE_CHECKING:
    from collections.abc import Collection

    from vaxpolicy.population.layout import Table

__all__ = ["read_people"]


def read_people(
    table: Table, batch: Any, asked_groups: frozenset[str], facts: Collection[str]
) -> People:
    """Read these facts of a batch; raises `ColumnError` for a column of the wrong type."""
    rows = batch.num_rows
    people = People(rows, np.zeros(rows, np.int8), asked_groups)
    people.key = _key(table, batch, people)
    if "birth_date" in facts:
        people.birth = _birth(table, batch, people)
    if "doses" in facts:
        people.doses = read_doses(table, batch, people)
    if "groups" in facts:
        people.groups = _groups(table, batch, people)
    for place, name in enumerate(("registered_county", "residence_county")):
        if name in facts and name in table.names:
            county = coded(batch.column(name), name)
            refused = county.is_refused
            people.note(refused, "invalid-county")
            codes = narrow(np.where(refused, -1, county.codes))
            names = tuple(COMMON_SPELLINGS.get(text, text) for text in county.texts)
            people.counties[place] = Coded(codes, names)
    if "willingness" in facts:
        people.willingness = read_willingness(table, batch, people)
    if "dated_facts" in facts:
        people.dated_facts = read_dated_facts(table, batch, people)
    if "sex" in facts and "sex" in table.names:
        sex = coded(batch.column("sex"), "sex")
        people.sex = sex.translated(lambda text: SEXES.index(text) if text in SEXES else -1)
        people.note((people.sex < 0) & (sex.codes >= 0), "invalid-sex")
    return people


def _key(table: Table, batch: Any, people: People) -> Any:
    if "key" not in table.names:
        return pa.nulls(people.rows, pa.string())
    key = plain_texts(batch.column("key"), "key")
    suspects = np.flatnonzero(_long_enough(key))
    if len(suspects):
        some = key if len(suspects) == people.rows else key.take(pa.array(suspects))
        like = pc.or_(
            pc.and_not(
                pc.match_substring_regex(some, _SEVEN_DIGITS),
                pc.match_substring_regex(some, _MADE_BY_A_MACHINE),
            ),
            pc.invert(pc.string_is_ascii(some)),
        )
        doubtful = suspects[where_true(like)]
        refused = [row for row in doubtful.tolist() if not _may_be_key(key[row].as_py())]
        flags = unflagged(people.rows)
        flags[refused] = True
        people.note(flags, "invalid-key")
        if refused:  # a text that looks like a person's number is never passed on
            key = pc.if_else(pa.array(flags), pa.scalar(None, pa.string()), key)
    people.note(where_true(pc.equal(pc.utf8_trim_whitespace(key), "")), "invalid-key")
    return key


def _may_be_key(text: str) -> bool:
    try:
        Person(key=text)
    except ValueError:
        return False
    return True


_SEVEN_DIGITS: Final = "[0-9](?:[^0-9]*[0-9]){6}"
_MADE_BY_A_MACHINE: Final = (
    "^(?:[0-9a-f]{32,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"
)
"""Pseudonyms and UUIDs, as most keys are: they need not be looked at one by one."""
_SHORTEST: Final = 8


def _long_enough(texts: Any) -> Flags:
    return where_true(pc.greater_equal(pc.binary_length(texts), _SHORTEST))


def _birth(table: Table, batch: Any, people: People) -> Days | None:
    found = None
    if "birth_date" in table.names:
        found = days(batch.column("birth_date"), "birth_date", partial=True).within(BIRTHS)
        people.note(found.bad, "invalid-birth-date")
    if YEAR not in table.names:
        return found
    parts = _birth_parts(table, batch)
    people.note(parts.bad, "invalid-birth-date")
    if found is None:
        return parts
    first, last = np.maximum(found.first, parts.first), np.minimum(found.last, parts.last)
    apart = first > last  # the columns contradict each other
    people.note(apart, "invalid-birth-date")
    return Days(
        narrow(np.where(apart, FIRST, first)),
        narrow(np.where(apart, LAST, last)),
        found.bad | parts.bad | apart,
    )


def _birth_parts(table: Table, batch: Any) -> Days:
    """Birth dates from columns of numbers: a year and, if known, a month."""
    years, no_year = integers(batch.column(YEAR), YEAR)
    months, no_month = zeros(len(years)), ~unflagged(len(years))
    if MONTH in table.names:
        months, no_month = integers(batch.column(MONTH), MONTH)
    texts = [
        None if nothing else f"{year:04}" if half else f"{year:04}-{month:02}"
        for year, month, nothing, half in zip(
            years.tolist(), months.tolist(), no_year.tolist(), no_month.tolist(), strict=True
        )
    ]
    return days(pa.array(texts, pa.string()), YEAR, partial=True).within(BIRTHS)


_GROUPS: Final = "list<string>"


def _groups(table: Table, batch: Any, people: People) -> Groups | None:
    columns = {name: _yes_no(batch.column(name), name, people) for name in table.groups}
    found = []
    for name in ("groups", "unknown_groups"):
        if name in table.names:
            items, values = items_of(batch.column(name), name, _GROUPS)
            names = coded(pa.nulls(0) if values is None else values, name, _GROUPS)
            wrong = (names.codes < 0) | names.is_refused
            people.note(rows_of(items, wrong), "invalid-groups")
            found.append((items.those(~wrong), only(names, ~wrong)))
        else:
            nothing = Items.of_rows(zeros(0), unflagged(people.rows))
            found.append((nothing, Coded(filled(0, 0), ())))
    if not columns and not {"groups", "unknown_groups"} & table.names:
        return None
    (listed, group), (unknown, unknown_group) = found
    for whole, column in columns.items():
        parts = group.matching(lambda text, whole=whole: implies(text, whole))  # type: ignore[misc]  # a default binds the name
        member = rows_of(listed, parts)
        for name, other in columns.items():
            if name != whole and implies(name, whole):
                member |= other == 1
        people.note(member & (column == 0), "invalid-groups")
    return Groups(listed, group, unknown, unknown_group, columns)


_YES: Final = frozenset({"true", "t", "1"})
_NO: Final = frozenset({"false", "f", "0"})
_NEITHER: Final = -2


def _yes_no(array: Any, name: str, people: People) -> Int32:
    """1 for a member, 0 for somebody who is not one, and -1 if that is unknown."""
    if not pa.types.is_boolean(array.type):
        found = coded(array, name).translated(_yes_no_of_text)
        people.note(found == _NEITHER, "invalid-groups")
        return np.maximum(found, -1)
    return narrow(np.where(null_flags(array), -1, where_true(array)))


def _yes_no_of_text(text: str) -> int:
    if text.lower() in _YES:
        return 1
    return 0 if text.lower() in _NO else _NEITHER
