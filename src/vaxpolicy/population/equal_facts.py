"""Numbers the facts of people so that equal numbers mean equal answers of one policy.

The edges of a policy are the days, instants, vaccines and counties at which an answer changes.
Between two edges no answer changes. So each fact of a row becomes the number of its *class*: the
range between two edges, not the value. Conditions are asked once for each class, whatever the
number of its rows.

Classes cannot express implausible dose histories. The scalar decision judges those, from
`People.person` with all days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from vaxpolicy.days import FIRST, LAST
from vaxpolicy.population.arrays import (
    Flags,
    Int32,
    Int64,
    filled,
    numbers_of,
    unflagged,
    wide,
    zeros,
)
from vaxpolicy.population.texts_and_days import Coded, microseconds
from vaxpolicy.rules.conditions import InAnyGroup, InBand, InGroup, implies

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vaxpolicy.population.people import Doses, Groups, Items, People, Wishes
    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.conditions import Condition

__all__ = [
    "FactClasses",
    "Numbers",
    "combined",
    "first_rows",
    "groups_asked",
    "groups_of",
    "numbered",
]

_UNKNOWN: Final = 0
_BITS: Final = 62
"""The number of bits of a code that are used."""
_LARGEST: Final = 1 << _BITS
_YOUNG: Final = 5 * 366
"""Days before the first dose that matters. People born later may be too young to have had it, so
each birth date among them is its own class."""
_BIRTHS: Final = range(657_438, 767_010)
"""The birth dates that one table holds: 1801 to 2100."""


def numbered(codes: Int64) -> tuple[Int64, Int64]:
    """The distinct codes, and the place of each row's code among them."""
    coded = pa.array(codes).dictionary_encode()
    return numbers_of(coded.dictionary), wide(numbers_of(coded.indices))


def combined(parts: Iterable[Int64]) -> Int64:
    """One code for several codes: equal if and only if all of them are equal."""
    total, most = zeros(0), 1
    for part in parts:
        size = int(part.max(initial=0)) + 1
        if most == 1:
            total, most = wide(part), size
            continue
        if most * size >= _LARGEST:
            distinct, total = numbered(total)
            most = max(len(distinct), 1)
        total, most = total * size + part, most * size
    return total


class Numbers:
    """Numbers from 0 on for tuples of codes, the same in every batch."""

    def __init__(self, first: int = 0) -> None:
        self._next = first
        self._tables: dict[int, _Known] = {}

    def __len__(self) -> int:
        return self._next

    def of(self, parts: Sequence[Int64]) -> Int64:
        """The number of each row; `parts` hold its codes, none below 0."""
        table = self._tables.setdefault(len(parts), _Known(len(parts)))
        found, self._next = table.numbers(parts, self._next)
        return found


class _Known:
    """The tuples of one length that have a number.

    Each is packed into one code, by the bits that its parts need. The codes are kept in order, so
    that a whole batch is looked up at once.
    """

    def __init__(self, parts: int) -> None:
        self._bits = [0] * parts
        self._halves: tuple[Numbers, Numbers] | None = None
        self._parts = [zeros(0)] * parts
        self._given = self._codes = self._numbers = zeros(0)

    def numbers(self, parts: Sequence[Int64], first: int) -> tuple[Int64, int]:
        """The number of each row, and the next number to give; the first new one gets `first`."""
        self._widen(parts)
        codes, places = numbered(self._packed(parts))
        at = np.searchsorted(self._codes, codes)
        inside = np.flatnonzero(at < len(self._codes))
        same = inside[self._codes[at[inside]] == codes[inside]]
        found = np.full(len(codes), -1)
        found[same] = self._numbers[at[same]]
        new = np.flatnonzero(found < 0)
        if len(new):
            found[new] = first + np.arange(len(new))
            rows = first_rows(places, len(codes))[new]
            self._keep([part[rows] for part in parts], codes[new], found[new])
        return found[places], first + len(new)

    def _keep(self, parts: list[Int64], codes: Int64, numbers: Int64) -> None:
        self._parts = [
            np.concatenate([known, part]) for known, part in zip(self._parts, parts, strict=True)
        ]
        self._given = np.concatenate([self._given, numbers])
        order = np.argsort(codes)
        at = np.searchsorted(self._codes, codes[order])
        self._codes = np.insert(self._codes, at, codes[order])
        self._numbers = np.insert(self._numbers, at, numbers[order])

    def _widen(self, parts: Sequence[Int64]) -> None:
        """Give each part the bits that its largest code needs, and pack what is known anew."""
        wanted = [int(part.max(initial=0)).bit_length() for part in parts]
        if all(own <= bits for own, bits in zip(wanted, self._bits, strict=True)):
            return
        self._bits = [max(each) for each in zip(wanted, self._bits, strict=True)]
        if sum(self._bits) > _BITS and len(parts) > 1 and self._halves is None:
            self._halves = Numbers(), Numbers()
        packed = self._packed(self._parts)
        order = np.argsort(packed)
        self._codes, self._numbers = packed[order], self._given[order]

    def _packed(self, parts: Sequence[Int64]) -> Int64:
        """One code for several, by their bits; where these are too many, by numbers of halves."""
        if self._halves is not None:
            middle = len(parts) // 2
            one, other = self._halves
            return (one.of(parts[:middle]) << _BITS // 2) | other.of(parts[middle:])
        total = wide(parts[0])
        for part, width in zip(parts[1:], self._bits[1:], strict=True):
            total = (total << width) | part
        return total


def first_rows(places: Int64, distinct: int) -> Int64:
    """The first row with each distinct code that `numbered` found."""
    first = zeros(distinct)
    first[places[::-1]] = np.arange(len(places) - 1, -1, -1)
    return first


def groups_of(condition: Condition) -> tuple[str, ...]:
    """The groups that a condition names."""
    if isinstance(condition, InAnyGroup):
        return condition.any_group
    return (condition.group,) if isinstance(condition, InGroup | InBand) else ()


def groups_asked(plan: CompiledPolicy) -> frozenset[str]:
    """The groups that the conditions of a policy name."""
    return frozenset(group for leaf in plan.leaves for group in groups_of(leaf.condition))


def _ranges(edges: Iterable[int]) -> Int64:
    return wide(sorted(edges))


class FactClasses:
    """The classes of facts under one policy."""

    def __init__(self, plan: CompiledPolicy, facts: frozenset[str]) -> None:
        self.facts = facts
        """The fields of `Person` that the policy reads."""
        edges = plan.edges
        births = set(edges.births)
        if edges.doses:
            births |= set(range(min(edges.doses) - _YOUNG, max(edges.doses) + 2))
        self._births = _ranges(births)
        self._birth_table = np.searchsorted(self._births, np.arange(_BIRTHS.start, _BIRTHS.stop))
        self._doses = _ranges(edges.doses | ({plan.season - 1} if plan.season > FIRST else set()))
        self._all_are_born = LAST
        if plan.admits_the_unborn:
            self._all_are_born = min(entry.first for entry in plan.entries)
        self._read = plan.vaccines | plan.others
        self._known = plan.known_vaccines
        self._first_days = plan.first_days
        self._told_apart = sorted(edges.vaccines & self._read)
        self.instants: dict[str, Int64] = {
            vaccine: _ranges(map(microseconds, instants))
            for vaccine, instants in plan.instants.items()
        }
        """The instants at which an answer changes, by vaccine, in microseconds."""
        self._counties = sorted(edges.counties)
        # what has never happened comes after the last day
        self._dated = {fact: _ranges({*days, LAST}) for fact, days in plan.dated_edges.items()}
        self.asked_groups: frozenset[str] = groups_asked(plan)
        self._groups: dict[str, int] = {}  # those that matter, as they come
        self._partial_births = Numbers(len(self._births) + 2)
        self._histories, self._memberships, self._wishes = Numbers(1), Numbers(1), Numbers(1)
        self._events = Numbers(1)

    def of(self, people: People) -> tuple[dict[str, Int64], Flags]:
        """The class of each fact of each row, and the rows that need a decision of their own."""
        rows = people.rows
        found: dict[str, Int64] = {}
        for fact in sorted(self.facts):
            if fact == "birth_date":
                found[fact] = self._birth_classes(people)
            elif fact == "doses":
                found[fact] = self._dose_classes(people)
            elif fact == "groups":
                found[fact] = self._group_classes(people.groups, rows)
            elif fact == "willingness":
                found[fact] = self._wish_classes(people.willingness, rows)
            elif fact == "dated_facts":
                found[fact] = self._event_classes(people)
            elif fact == "sex":
                found[fact] = zeros(rows)
                if people.sex is not None:
                    found[fact] += people.sex + 1
            else:
                place = ("registered_county", "residence_county").index(fact)
                found[fact] = self._county_classes(people.counties[place], rows)
        return found, self._doubtful(people)

    def _doubtful(self, people: People) -> Flags:
        """The rows whose doses the scalar decision may treat as unknown, and those born late."""
        doubtful, doses = unflagged(people.rows), people.doses
        if people.birth is not None:
            doubtful |= people.birth.first > self._all_are_born
        if doses is None:
            return doubtful
        foreign = doses.vaccine.matching(lambda text: text not in self._known)
        doubtful[doses.items.row[foreign]] = True
        if self._first_days is not None:
            first = self._first_days.of
            earliest = doses.vaccine.translated(lambda text: first.get(text, 0))
            doubtful[doses.items.row[doses.day < earliest]] = True
        items, day, _ = self.in_order(doses)
        row = items.row
        same_row = row[1:] == row[:-1]
        doubtful[row[1:][same_row & (day[1:] == day[:-1])]] = True
        if people.birth is not None:
            doubtful[row[day < people.birth.first[row]]] = True
        return doubtful

    def _birth_classes(self, people: People) -> Int64:
        if people.birth is None:
            return zeros(people.rows)
        first, last = people.birth.first, people.birth.last
        low = first - _BIRTHS.start
        inside = (low >= 0) & (low < len(_BIRTHS))
        cells = self._birth_table.take(low, mode="clip")
        if not inside.all():
            cells = np.where(inside, cells, np.searchsorted(self._births, first))
        cells = wide(cells) + 1  # 0 is "not known"
        partial = np.flatnonzero(first != last)
        if len(partial):
            cells[partial] = _UNKNOWN
            capped = last[partial]
            if people.doses is not None:  # nobody is vaccinated before birth
                given = people.doses
                earliest = filled(people.rows, LAST)
                is_read = given.vaccine.matching(lambda text: text in self._read)
                np.minimum.at(earliest, given.items.row[is_read], given.day[is_read])
                capped = np.minimum(capped, earliest[partial])
            known = (first[partial] > FIRST) | (capped < LAST)
            ends = [
                np.searchsorted(self._births, end[known])
                for end in (first[partial], last[partial], capped)
            ]
            cells[partial[known]] = self._partial_births.of(ends)
        return cells

    def _dose_classes(self, people: People) -> Int64:
        rows, doses = people.rows, people.doses
        if doses is None:
            return zeros(rows)
        items, day, vaccine = self.in_order(doses)
        size = len(self._told_apart) + 1
        symbols = np.searchsorted(self._doses, day) * size + vaccine + 1
        most = (len(self._doses) + 1) * size + 1
        codes, largest = [zeros(rows)], 1
        counts = np.diff(items.starts)
        for place in range(int(counts.max(initial=0))):
            if largest * most >= _LARGEST:
                codes.append(zeros(rows))
                largest = 1
            largest *= most
            there = np.flatnonzero(counts > place)
            codes[-1] *= most
            codes[-1][there] += symbols[items.starts[there] + place]
        # the number of doses, for a shorter history does not end in what a longer one begins with
        found = self._histories.of([counts, *codes])
        found[~items.known] = _UNKNOWN
        return found

    def in_order(self, doses: Doses) -> tuple[Items, Int32, Int32]:
        """The doses that the policy reads, earliest first, with the numbers of their vaccines."""
        numbers = {code: at for at, code in enumerate(self._told_apart)}
        other = len(numbers)
        vaccine = doses.vaccine.translated(
            lambda text: numbers.get(text, other) if text in self._read else -1
        )
        kept = vaccine >= 0
        items, day = doses.items.those(kept), doses.day
        if not kept.all():
            day, vaccine = day[kept], vaccine[kept]
        row = items.row
        if ((day[1:] < day[:-1]) & (row[1:] == row[:-1])).any():
            order = np.lexsort((day, row))
            day, vaccine = day[order], vaccine[order]
        return items, day, vaccine

    def _bears_on(self, group: str) -> bool:
        return any(implies(group, asked) or implies(asked, group) for asked in self.asked_groups)

    def _group_classes(self, groups: Groups | None, rows: int) -> Int64:
        if groups is None:
            return zeros(rows)
        for name in (*groups.group.texts, *groups.unknown_group.texts, *groups.columns):
            if name not in self._groups and self._bears_on(name):
                self._groups[name] = len(self._groups)
        parts = [wide(groups.listed.known)]
        for items, names in (
            (groups.listed, groups.group),
            (groups.unknown, groups.unknown_group),
        ):
            parts += _sets(items, names, self._groups, rows)
        parts += [
            wide(column) + 1 for name, column in groups.columns.items() if name in self._groups
        ]
        return self._memberships.of(parts)

    def _wish_classes(self, wishes: Wishes | None, rows: int) -> Int64:
        if wishes is None:
            return zeros(rows)
        parts = [wide(wishes.items.known)]
        for vaccine, edges in self.instants.items():
            there, since = wishes.of(vaccine)
            parts.append(np.where(there > 1, np.searchsorted(edges, since) + 1, 0))
        return self._wishes.of(parts)

    def _event_classes(self, people: People) -> Int64:
        """For each dated fact the ranges of its first and its last possible day."""
        parts = []
        for fact, edges in self._dated.items():
            happened = people.dated_facts.get(fact)
            if happened is None:
                continue
            for end in (happened.first, happened.last):
                cell = np.searchsorted(edges, end)
                parts.append(np.where(happened.known, cell + 1, _UNKNOWN))
        return self._events.of(parts) if parts else zeros(people.rows)

    def _county_classes(self, county: Coded | None, rows: int) -> Int64:
        if county is None:
            return zeros(rows)
        places = {name: at for at, name in enumerate(self._counties, 2)}
        return wide(county.translated(lambda text: places.get(text, 1), _UNKNOWN))


def _sets(items: Items, names: Coded, numbers: dict[str, int], rows: int) -> list[Int64]:
    """The numbered texts of each row, as bits of as few codes as possible."""
    places = names.translated(lambda text: numbers.get(text, -1))
    found = []
    for low in range(0, len(numbers), _BITS):
        own = (places >= low) & (places < low + _BITS)
        bits = zeros(rows)
        np.bitwise_or.at(bits, items.row[own], 1 << wide(places[own] - low))
        found.append(bits)
    return found
