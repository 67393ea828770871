"""A batch of people: the facts of `Person`, as columns."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np
from attrs import define, field, frozen

from vaxpolicy.days import FIRST, LAST, TAIWAN
from vaxpolicy.population.arrays import Flags, Int32, Int64, filled, unflagged, wide, zeros
from vaxpolicy.population.schema import PEOPLE, PROBLEMS
from vaxpolicy.population.texts_and_days import Coded, Days
from vaxpolicy.rules.people import DatedFact, Dose, PartialDate, Person, Sex, Willingness

if TYPE_CHECKING:
    from collections.abc import Collection


__all__ = ["SEXES", "Doses", "Groups", "Happened", "Items", "People", "Wishes"]


@frozen(eq=False)
class Items:
    """The items of all lists of a column, in order.

    Attributes:
        row: the row of each item, in ascending order.
        known: the rows whose list is known.
        starts: the place at which each row begins, and the end as one more place.
    """

    row: Int64
    known: Flags
    starts: Int64

    @classmethod
    def of_rows(cls, row: Int64, known: Flags) -> Items:
        """Make items from their rows, which are in order."""
        starts = zeros(len(known) + 1)
        np.cumsum(np.bincount(row, minlength=len(known)), out=starts[1:])
        return cls(row, known, starts)

    def those(self, kept: Flags) -> Items:
        """The kept items alone."""
        return self if kept.all() else Items.of_rows(self.row[kept], self.known)


@frozen(eq=False)
class Doses:
    """The doses of all rows."""

    items: Items
    vaccine: Coded
    day: Int32


@frozen(eq=False)
class Groups:
    """The groups of all rows: from lists, and from one column for each group.

    Attributes:
        listed: the lists.
        group: the group of each item of these lists.
        unknown: the lists of unknown groups.
        unknown_group: the group of each item of those lists.
        columns: columns of booleans by group: 1, 0, or -1 for "not known".
    """

    listed: Items
    group: Coded
    unknown: Items
    unknown_group: Coded
    columns: dict[str, Int32]


@frozen(eq=False)
class Wishes:
    """The vaccines that all rows want, and since when."""

    items: Items
    vaccine: Coded
    since: Int64
    _by_vaccine: dict[str, tuple[Int64, Int64]] = field(factory=dict, init=False)

    def of(self, vaccine: str) -> tuple[Int64, Int64]:
        """0: nothing is known; 1: not registered for the vaccine; 2: registered; and since when."""
        if vaccine not in self._by_vaccine:
            own = self.vaccine.matching(lambda text: text == vaccine)
            row = self.items.row[own]
            there = wide(self.items.known)
            since = zeros(len(there))
            there[row] += 1
            since[row] = self.since[own]
            self._by_vaccine[vaccine] = there, since
        return self._by_vaccine[vaccine]


@frozen(eq=False)
class Happened:
    """The days of one dated fact.

    Attributes:
        known: the rows for which the day is known, or known in part.
        first: the first possible day; `NEVER` if it has not happened.
        last: the last possible day; `NEVER` if it has not happened.
    """

    known: Flags
    first: Int32
    last: Int32

    @classmethod
    def nowhere(cls, rows: int) -> Happened:
        """A dated fact that is unknown for every row."""
        return cls(unflagged(rows), filled(rows, 0), filled(rows, 0))


@define(eq=False)
class People:
    """A batch of people. A fact without a column is None."""

    rows: int
    problems: np.ndarray[Any, np.dtype[np.int8]]
    asked_groups: frozenset[str]
    key: Any = None
    birth: Days | None = None
    doses: Doses | None = None
    groups: Groups | None = None
    counties: list[Coded | None] = field(factory=lambda: [None, None])
    willingness: Wishes | None = None
    dated_facts: dict[str, Happened] = field(factory=dict)
    sex: Int32 | None = None
    """The place of each sex in `SEXES`; -1 if unknown."""

    def note(self, rows: Flags, code: str) -> None:
        """Note a problem of these rows, unless they have one already."""
        if rows.any():
            self.problems[rows & (self.problems == 0)] = PROBLEMS.index(code)

    def person(self, row: int, facts: Collection[str] = PEOPLE.names) -> Person:
        """A person with these facts of one row, without the key; other facts count as unknown.

        If the birth date is known in part, the doses are added, because nobody is vaccinated before
        birth.
        """
        said: dict[str, Any] = {}
        if "birth_date" in facts:
            said["birth_date"] = birth = self._birth(row)
            if not isinstance(birth, date):
                said["doses"] = self._doses(row)
        if "doses" in facts:
            said["doses"] = self._doses(row)
        if "groups" in facts:
            said |= self._groups(row)
        for place, name in enumerate(("registered_county", "residence_county")):
            if name in facts:
                said[name] = self._county(place, row)
        if "willingness" in facts:
            said["willingness"] = self._willingness(row)
        if "dated_facts" in facts:
            said["dated_facts"] = self._dated_facts(row)
        if "sex" in facts and self.sex is not None and self.sex[row] >= 0:
            said["sex"] = SEXES[self.sex[row]]
        return Person(**said)

    def _birth(self, row: int) -> date | PartialDate | None:
        if self.birth is None:
            return None
        first, last = int(self.birth.first[row]), int(self.birth.last[row])
        if (first, last) == (FIRST, LAST):
            return None
        return _day_of(first, last)

    def _dated_facts(self, row: int) -> tuple[DatedFact, ...]:
        found = []
        for fact, happened in self.dated_facts.items():
            first, last = int(happened.first[row]), int(happened.last[row])
            if not happened.known[row]:
                continue
            if first > LAST:
                found.append(DatedFact(fact, "never"))
            else:
                found.append(DatedFact(fact, _day_of(first, last)))
        return tuple(found)

    def _doses(self, row: int) -> tuple[Dose, ...] | None:
        doses = self.doses
        if doses is None or not doses.items.known[row]:
            return None
        places = range(*doses.items.starts[row : row + 2].tolist())
        return tuple(
            Dose(doses.vaccine.texts[doses.vaccine.codes[at]], date.fromordinal(doses.day[at]))
            for at in places
        )

    def _groups(self, row: int) -> dict[str, frozenset[str]]:
        groups = self.groups
        if groups is None:
            return {}
        member = {name for name, column in groups.columns.items() if column[row] == 1}
        unknown = {name for name, column in groups.columns.items() if column[row] < 0}
        unknown.update(_texts_of(groups.unknown, groups.unknown_group, row))
        if groups.listed.known[row]:
            member.update(_texts_of(groups.listed, groups.group, row))
        elif not groups.columns:
            return {"unknown_groups": frozenset(unknown)}
        else:
            unknown |= self.asked_groups - groups.columns.keys()
        return {"groups": frozenset(member), "unknown_groups": frozenset(unknown)}

    def _county(self, place: int, row: int) -> str | None:
        county = self.counties[place]
        if county is None or county.codes[row] < 0:
            return None
        return county.texts[int(county.codes[row])]

    def _willingness(self, row: int) -> Willingness | None:
        wishes = self.willingness
        if wishes is None or not wishes.items.known[row]:
            return None
        places = range(*wishes.items.starts[row : row + 2].tolist())
        return Willingness(
            {
                wishes.vaccine.texts[wishes.vaccine.codes[at]]: _UNIX
                + timedelta(microseconds=int(wishes.since[at]))
                for at in places
            }
        )


SEXES: Final = get_args(Sex)
_A_MONTH: Final = 30
_UNIX: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00").astimezone(TAIWAN)


def _day_of(first: int, last: int) -> date | PartialDate:
    """The date, or the known part of it, with this first and last possible day."""
    day = date.fromordinal(first)
    if first == last:
        return day
    return PartialDate(day.year, day.month if last - first <= _A_MONTH else None)


def _texts_of(items: Items, names: Coded, row: int) -> set[str]:
    places = range(*items.starts[row : row + 2].tolist())
    return {names.texts[names.codes[at]] for at in places}
