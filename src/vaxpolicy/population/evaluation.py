"""Evaluates a compiled policy for many classes of facts at once.

The column form of a condition is its scalar form, asked once for each class of the facts that it
reads: the same first and last days, as arrays of day numbers. "All of" is then the largest first
day and the smallest last day, row by row, as in `vaxpolicy.rules.evaluation` for one person.

Unknown facts may leave a row open. `vaxpolicy.eligibility.decide` settles such rows.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from attrs import frozen

from vaxpolicy.days import FIRST
from vaxpolicy.population.arrays import Flags, Int32, Int64, filled, unflagged, zeros
from vaxpolicy.population.equal_facts import Numbers
from vaxpolicy.rules.conditions import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
    from vaxpolicy.rules.people import Person

__all__ = ["Alike", "ColumnEvaluation", "LeafTables"]

PersonOf: TypeAlias = "Callable[[int, frozenset[str]], Person]"
"""Makes the person of a row, with these facts alone."""


class Alike:
    """Numbers equal answers; several threads can use it at the same time."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self._next = count()

    def number(self, answers: tuple[object, ...]) -> int:
        """The number of these answers."""
        found = self._numbers.get(answers)
        # if two threads have the same new answers, one sets the number and both get it
        return self._numbers.setdefault(answers, next(self._next)) if found is None else found


class LeafTables:
    """The answers of each leaf of a policy for each class of facts seen so far."""

    def __init__(self, plan: CompiledPolicy, alike: Alike) -> None:
        self.plan = plan
        by_facts: dict[frozenset[str], list[int]] = {}
        for number, leaf in enumerate(plan.leaves):
            by_facts.setdefault(leaf.condition.reads, []).append(number)
        self._tables = [_Table(plan, facts, numbers, alike) for facts, numbers in by_facts.items()]

    @property
    def facts(self) -> frozenset[str]:
        """The fields of `Person` that the policy reads."""
        return frozenset().union(*(table.facts for table in self._tables))

    def look_up(
        self, classes: Mapping[str, Int64], person_of: PersonOf
    ) -> tuple[list[Int32], list[Int64]]:
        """For each leaf its `Span` as an array of four rows; and codes that compare rows.

        There is a code for each set of facts. Two rows have the same code if the leaves on these
        facts have the same answers on the policy's days, with the same codes of reasons.
        """
        found: list[Int32] = [filled((4, 0), 0)] * len(self.plan.leaves)
        alike = []
        for table in self._tables:
            answers, codes = table.look_up(classes, person_of)
            if codes is not None:
                alike.append(codes)
            for number, each in answers:
                found[number] = each
        return found, alike


class _Table:
    """The answers of all leaves that read the same facts."""

    def __init__(
        self, plan: CompiledPolicy, facts: frozenset[str], leaves: list[int], alike: Alike
    ) -> None:
        self.plan, self.facts, self.leaves, self._number_of = plan, facts, leaves, alike
        self._numbers = Numbers()
        self._answers = filled((len(leaves), 4, 64), 0)
        self._asked = unflagged(64)
        self._alike = zeros(64)
        entries = plan.entries
        self._days = (
            min(entry.first for entry in entries) - 1,
            max(entry.last for entry in entries) + 1,
        )

    def look_up(
        self, classes: Mapping[str, Int64], person_of: PersonOf
    ) -> tuple[list[tuple[int, Int32]], Int64 | None]:
        """The answers for each row, by leaf, and the code of all of them together."""
        names = sorted(self.facts)
        if not names:
            if not self._asked[0]:
                self._ask(0, 0, person_of)
            return [(leaf, self._answers[at, :, :1]) for at, leaf in enumerate(self.leaves)], None
        own = classes[names[0]]
        if len(names) > 1:
            own = self._numbers.of([classes[name] for name in names])
        self._grow(int(own.max(initial=0)))
        for place in np.flatnonzero(~self._asked[own]).tolist():
            number = int(own[place])
            if not self._asked[number]:
                self._ask(number, place, person_of)
        answers = [(leaf, self._answers[at][:, own]) for at, leaf in enumerate(self.leaves)]
        return answers, self._alike[own]

    def _grow(self, largest: int) -> None:
        size = len(self._asked)
        if largest >= size:
            more = max(largest + 1, 2 * size) - size
            self._answers = np.pad(self._answers, ((0, 0), (0, 0), (0, more)))
            self._asked = np.pad(self._asked, (0, more))
            self._alike = np.pad(self._alike, (0, more))

    def _ask(self, number: int, place: int, person_of: PersonOf) -> None:
        """Ask the scalar form of each leaf."""
        plan = self.plan
        facts = plan.read(person_of(place, self.facts)).facts
        low, high = self._days
        alike: list[object] = []
        for at, leaf in enumerate(self.leaves):
            bound = plan.leaves[leaf]
            span = bound.span(facts)
            self._answers[at, :, number] = span
            alike.extend(min(max(day, low), high) for day in span)
            if bound.fixed_code is None and not span.is_open:
                alike.append(bound.code(facts))
        self._alike[number] = self._number_of.number((*sorted(self.facts), *alike))
        self._asked[number] = True


@frozen(eq=False)
class _Entry:
    """The days of one entry, row by row.

    Attributes:
        sure: the rows with a sure day.
        first: the first of these days.
        last: the last of these days.
        days: the number of these days.
    """

    sure: Flags
    first: Int32
    last: Int32
    days: Int32


class ColumnEvaluation:
    """The sure days of every entry for many rows, and the rows that stay open.

    Attributes:
        entries: the entries in order.
        is_open: the rows with possible days that are not sure, because a fact is unknown.
        eligible: the rows with a sure day.
    """

    def __init__(self, tables: LeafTables, leaves: list[Int32], rows: int, from_day: int) -> None:
        plan = tables.plan
        self._leaves, self._rows, self._tables = leaves, rows, tables
        self.is_open: Flags = unflagged(rows)
        self.eligible: Flags = unflagged(rows)
        self.entries: list[_Entry] = [
            self._entry(entry, max(entry.first, from_day)) for entry in plan.entries
        ]

    def _full(self, value: int) -> Int32:
        return filled(self._rows, value)

    def _entry(self, entry: CompiledOffer, first_day: int) -> _Entry:
        """The loop of `vaxpolicy.rules.evaluation.Evaluation`, on columns."""
        ranges: list[tuple[Int32, Int32, Flags]] = []
        for alternative in entry.alternatives:
            sure_first = first = self._full(first_day)
            sure_last = last = self._full(entry.last)
            for leaf in alternative:
                a, b, c, d = self._leaves[leaf]
                sure_first, sure_last = np.maximum(sure_first, a), np.minimum(sure_last, b)
                first, last = np.maximum(first, c), np.minimum(last, d)
            possible = first <= last
            if entry.days_stated:
                same = (sure_first == first) & (sure_last == last)
                ranges.append((first, last, possible & same))
                self.is_open |= possible & ~same
            else:
                self.is_open |= possible
        nothing = unflagged(self._rows)
        sure = nothing.copy()
        for _, _, own in ranges:
            sure |= own
        self.eligible |= sure
        first, last, days = self._union(ranges)
        return _Entry(sure=sure, first=first, last=last, days=days)

    def _union(self, ranges: list[tuple[Int32, Int32, Flags]]) -> tuple[Int32, Int32, Int32]:
        """The first day, the last day and the number of days of several ranges together."""
        if not ranges:
            return self._full(0), self._full(0), self._full(0)
        if len(ranges) == 1:
            first, last, _ = ranges[0]
            return first, last, last - first + 1
        firsts = np.stack([np.where(own, first, NEVER) for first, _, own in ranges])
        lasts = np.stack([np.where(own, last, FIRST - 1) for _, last, own in ranges])
        order = np.argsort(firsts, axis=0)
        firsts = np.take_along_axis(firsts, order, axis=0)
        lasts = np.take_along_axis(lasts, order, axis=0)
        reach, days = self._full(FIRST - 1), self._full(0)
        for low, high in zip(firsts, lasts, strict=True):
            days += np.maximum(high - np.maximum(low, reach + 1) + 1, 0) * (low < NEVER)
            reach = np.maximum(reach, high)
        return firsts[0], reach, days
