"""Evaluates a compiled policy for many classes of facts at once.

The column form of a condition is its scalar form, asked once for each class of the facts that it
reads: the same first and last days, as arrays of day numbers. "All of" is then the largest first
day and the smallest last day, row by row, as `vaxpolicy.rules.evaluation` has it for one person.

Cases that something unknown leaves open are not closed here: `vaxpolicy.eligibility.decide` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from attrs import frozen

from vaxpolicy.days import FIRST
from vaxpolicy.population.equal_facts import Numbers
from vaxpolicy.population.texts_and_days import Flags, Int32, Int64

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
    from vaxpolicy.rules.people import Person

__all__ = ["ColumnEvaluation", "LeafTables"]

PersonOf: TypeAlias = "Callable[[int, frozenset[str]], Person]"
"""The person of a row, as far as these facts go."""


class LeafTables:
    """What each leaf of a policy answers for each class of facts that was asked about so far."""

    def __init__(self, plan: CompiledPolicy) -> None:
        self.plan = plan
        by_facts: dict[frozenset[str], list[int]] = {}
        for number, leaf in enumerate(plan.leaves):
            by_facts.setdefault(leaf.condition.reads, []).append(number)
        self._tables = [
            _Table(plan, facts, numbers, self.number_of) for facts, numbers in by_facts.items()
        ]
        self.codes: list[str] = []
        """The codes of refusals, in the order in which they came up."""

    @property
    def facts(self) -> frozenset[str]:
        """The fields of `Person` that the policy reads."""
        return frozenset().union(*(table.facts for table in self._tables))

    def look_up(self, classes: Mapping[str, Int64], person_of: PersonOf) -> list[Int32]:
        """For each leaf an array of five rows: its `Span`, and the code with which it refuses."""
        found: list[Int32] = [np.zeros((5, 0), np.int32)] * len(self.plan.leaves)
        for table in self._tables:
            for number, answers in table.look_up(classes, person_of):
                found[number] = answers
        return found

    def number_of(self, code: str) -> int:
        """The place of a code among the codes."""
        if code not in self.codes:
            self.codes.append(code)
        return self.codes.index(code)


class _Table:
    """The answers of all leaves that read the same facts."""

    def __init__(
        self,
        plan: CompiledPolicy,
        facts: frozenset[str],
        leaves: list[int],
        code: Callable[[str], int],
    ) -> None:
        self.plan, self.facts, self.leaves, self._code = plan, facts, leaves, code
        self._numbers = Numbers()
        self._answers = np.zeros((len(leaves), 5, 64), np.int32)
        self._asked = np.zeros(64, bool)

    def look_up(self, classes: Mapping[str, Int64], person_of: PersonOf) -> list[tuple[int, Int32]]:
        """The answers for each row, by leaf."""
        names = sorted(self.facts)
        if not names:
            if not self._asked[0]:
                self._ask(0, 0, person_of)
            return [(leaf, self._answers[at, :, :1]) for at, leaf in enumerate(self.leaves)]
        own = classes[names[0]]
        if len(names) > 1:
            own = self._numbers.of([classes[name] for name in names])
        self._grow(int(own.max(initial=0)))
        for place in np.flatnonzero(~self._asked[own]).tolist():
            number = int(own[place])
            if not self._asked[number]:
                self._ask(number, place, person_of)
        return [(leaf, self._answers[at][:, own]) for at, leaf in enumerate(self.leaves)]

    def _grow(self, largest: int) -> None:
        size = len(self._asked)
        if largest >= size:
            more = max(largest + 1, 2 * size) - size
            self._answers = np.pad(self._answers, ((0, 0), (0, 0), (0, more)))
            self._asked = np.pad(self._asked, (0, more))

    def _ask(self, number: int, place: int, person_of: PersonOf) -> None:
        """The scalar form of each leaf."""
        plan = self.plan
        facts = plan.read(person_of(place, self.facts)).facts
        for at, leaf in enumerate(self.leaves):
            bound = plan.leaves[leaf]
            code = bound.fixed_code or bound.condition.refusal(facts, bound.context)
            self._answers[at, :, number] = (*bound.span(facts), self._code(code))
        self._asked[number] = True


@frozen(eq=False)
class _Entry:
    """The days of one entry, row by row.

    Attributes:
        sure: rows with a day that is sure.
        first: the first of these days.
        last: the last of these days.
        days: how many these days are.
        narrowed_by: the code of the reason that narrows them; -1 where there is none.
        refused_by: the code of the reason that refuses it; only where nothing is possible.
        near: rows that a single condition refuses.
        possible: rows with a day that is possible.
    """

    sure: Flags
    first: Int32
    last: Int32
    days: Int32
    narrowed_by: Int32
    refused_by: Int32
    near: Flags
    possible: Flags


_NONE: Final = -1


class ColumnEvaluation:
    """Every entry's days for many rows: those that are sure, and which rows stay open.

    Attributes:
        entries: the entries in order.
        is_open: rows for which something unknown leaves days possible that are not sure.
        eligible: rows with a day that is sure.
        reason: the code of the first reason; -1 where there is none. Not of open rows.
    """

    def __init__(self, tables: LeafTables, leaves: list[Int32], rows: int, from_day: int) -> None:
        plan = tables.plan
        self._leaves, self._rows, self._tables = leaves, rows, tables
        self.is_open = np.zeros(rows, bool)
        self.eligible = np.zeros(rows, bool)
        self.entries = [self._entry(entry, max(entry.first, from_day)) for entry in plan.entries]
        self.reason = self._first_reason()

    def _full(self, value: int) -> Int32:
        return np.full(self._rows, value, np.int32)

    def _entry(self, entry: CompiledOffer, first_day: int) -> _Entry:
        """The loop of `vaxpolicy.rules.evaluation.Evaluation`, on columns."""
        ranges: list[tuple[Int32, Int32, Flags]] = []
        any_possible = np.zeros(self._rows, bool)
        for alternative in entry.alternatives:
            sure_first = first = self._full(first_day)
            sure_last = last = self._full(entry.last)
            for leaf in alternative:
                a, b, c, d, _ = self._leaves[leaf]
                sure_first, sure_last = np.maximum(sure_first, a), np.minimum(sure_last, b)
                first, last = np.maximum(first, c), np.minimum(last, d)
            possible = first <= last
            any_possible |= possible
            if entry.days_stated:
                same = (sure_first == first) & (sure_last == last)
                ranges.append((first, last, possible & same))
                self.is_open |= possible & ~same
            else:
                self.is_open |= possible
        nothing = np.zeros(self._rows, bool)
        sure = nothing.copy()
        for _, _, own in ranges:
            sure |= own
        self.eligible |= sure
        first, last, days = self._union(ranges)
        refused_by, near = self._refusal(entry, first_day)
        return _Entry(
            sure=sure,
            first=first,
            last=last,
            days=days,
            narrowed_by=self._narrowing(entry, first_day, ranges, sure),
            refused_by=refused_by,
            near=near,
            possible=any_possible,
        )

    def _union(self, ranges: list[tuple[Int32, Int32, Flags]]) -> tuple[Int32, Int32, Int32]:
        """The first day, the last day and the number of days of ranges taken together."""
        if not ranges:
            return self._full(0), self._full(0), self._full(0)
        if len(ranges) == 1:
            first, last, _ = ranges[0]
            return first, last, last - first + np.int32(1)
        never = np.int32(np.iinfo(np.int32).max)
        firsts = np.stack([np.where(own, first, never) for first, _, own in ranges])
        lasts = np.stack([np.where(own, last, FIRST - 1) for _, last, own in ranges])
        order = np.argsort(firsts, axis=0, kind="stable")
        firsts = np.take_along_axis(firsts, order, axis=0)
        lasts = np.take_along_axis(lasts, order, axis=0)
        reach, days = self._full(FIRST - 1), self._full(0)
        for low, high in zip(firsts, lasts, strict=True):
            days += np.maximum(high - np.maximum(low, reach + 1) + 1, 0) * (low < never)
            reach = np.maximum(reach, high)
        return firsts[0], reach, days

    def _narrowing(
        self,
        entry: CompiledOffer,
        first_day: int,
        ranges: list[tuple[Int32, Int32, Flags]],
        sure: Flags,
    ) -> Int32:
        """The code of the condition that cuts short the alternative with the earliest days."""
        found = self._full(_NONE)
        if not ranges:
            return found
        begins_late, ends_early = np.zeros(self._rows, bool), np.zeros(self._rows, bool)
        seen = np.zeros(self._rows, bool)
        for first, last, own in ranges:  # the first one's beginning, the last one's end
            begins_late |= own & ~seen & (first > first_day)
            seen |= own
            ends_early = np.where(own, last < entry.last, ends_early)
        cut = sure & (begins_late | ends_early)
        if not cut.any():
            return found
        earliest = self._full(entry.last + 1)
        for alternative in entry.alternatives:
            first, last = self._full(first_day), self._full(entry.last)
            begins, ends = self._full(_NONE), self._full(_NONE)
            for leaf in alternative:
                a, b, _, _, code = self._leaves[leaf]
                later, sooner = a > first, b < last
                first, begins = np.where(later, a, first), np.where(later, code, begins)
                last, ends = np.where(sooner, b, last), np.where(sooner, code, ends)
            better = (first <= last) & (first < earliest)
            earliest = np.where(better, first, earliest)
            found = np.where(better, np.where(begins >= 0, begins, ends), found)
        return np.where(cut, found, _NONE).astype(np.int32)

    def _refusal(self, entry: CompiledOffer, first_day: int) -> tuple[Int32, Flags]:
        """The code of the first condition that leaves no day, and whether it is the only one."""
        fewest = self._full(np.iinfo(np.int32).max)
        found = self._full(_NONE)
        for alternative in entry.alternatives:
            count, code_of = self._full(0), self._full(_NONE)
            latest, earliest_code = self._full(FIRST - 1), self._full(_NONE)
            for leaf in alternative:
                _, _, c, d, code = self._leaves[leaf]
                blocks = (c > entry.last) | (d < first_day)
                code_of = np.where(blocks & (count == 0), code, code_of)
                count += blocks
                later = c > latest
                latest = np.where(later, c, latest)
                earliest_code = np.where(later, code, earliest_code)
            none_alone = count == 0
            code_of = np.where(none_alone, earliest_code, code_of)
            count = np.where(none_alone, 2, count)  # the two that leave no day between them
            better = count < fewest
            fewest = np.where(better, count, fewest)
            found = np.where(better, code_of, found)
        if not entry.alternatives:
            found = self._full(self._tables.number_of("not-licensed"))
        return found.astype(np.int32), fewest == 1

    def _first_reason(self) -> Int32:
        """What narrows an offer; else what alone refuses one; else what refuses one."""
        found = self._full(_NONE)
        narrowed = [(entry.narrowed_by, entry.narrowed_by >= 0) for entry in self.entries]
        near = [(entry.refused_by, ~entry.possible & entry.near) for entry in self.entries]
        far = [(entry.refused_by, ~entry.possible) for entry in self.entries]
        for code, own in (*narrowed, *near, *far):
            found = np.where((found < 0) & own, code, found)
        return found.astype(np.int32)
