"""Chooses the first reason if it depends on the days by which people miss a condition.

People between the same edges have the same conditions in the way. `vaxpolicy.rules.changes.contest`
names the changes that would help them, once for all of them. The smallest of these changes depends
on the days by which each person misses it. These days also come from the scalar form of the
conditions: once for each day of birth, day of a dose or day of registration that a condition reads,
and then as columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from attrs import frozen

from vaxpolicy.days import FIRST, LAST
from vaxpolicy.population.arrays import Int32, Int64, filled, wide, zeros
from vaxpolicy.population.equal_facts import Numbers
from vaxpolicy.population.people import Doses, Items, People
from vaxpolicy.population.texts_and_days import EPOCH
from vaxpolicy.rules.changes import days_reached
from vaxpolicy.rules.conditions import NEVER, PreviousDoseBeforeAge

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from vaxpolicy.rules.changes import Contest, Rival
    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.people import Person

__all__ = ["ExactFacts", "FirstReasons"]

_MICROSECONDS_A_DAY: Final = 86_400_000_000
_FIRST_INSTANT: Final = (FIRST - EPOCH) * _MICROSECONDS_A_DAY
_BY_CLASS: Final = frozenset({"groups", "registered_county", "residence_county", "sex"})
_BY_DAY: Final = frozenset({"birth_date", "doses", "willingness"})


class FirstReasons:
    """Chooses the first reason by days, under one policy."""

    def __init__(self, plan: CompiledPolicy) -> None:
        self._plan = plan
        self._measured: dict[int, _Measured] = {}

    def knows(self, contest: Contest) -> bool:
        """Whether this class can number the facts that decide the days of all its conditions."""
        return all(
            self._plan.leaves[leaf].condition.reads <= _BY_CLASS | _BY_DAY
            and leaf not in self._plan.on_whole_history
            for leaf in _leaves(contest)
        )

    def of_rows(self, contests: Sequence[Contest], of_row: Int64, facts: ExactFacts) -> Any:
        """The code of the first reason of each row; `of_row` has the place of its contest."""
        reached = {
            leaf: self._days(leaf, facts)
            for leaf in sorted({leaf for each in contests for leaf in _leaves(each)})
        }
        names: dict[str, int] = {}
        found = filled(len(of_row), 0)
        order = np.argsort(of_row)
        ends = np.cumsum(np.bincount(of_row, minlength=len(contests)))
        for among, rows in zip(contests, np.split(order, ends[:-1]), strict=True):
            codes, first = _first(among, rows, reached)
            found[rows] = np.array([names.setdefault(code, len(names)) for code in codes])[first]
        return pa.DictionaryArray.from_arrays(pa.array(found), pa.array(list(names)))

    def _days(self, leaf: int, facts: ExactFacts) -> Int64:
        if leaf not in self._measured:
            self._measured[leaf] = _Measured(self._plan, leaf)
        return self._measured[leaf].of(facts)


def _leaves(contest: Contest) -> Iterator[int]:
    for offer in contest:
        for alternative in offer:
            for rival in alternative:
                yield from rival.conditions


def _first(contest: Contest, rows: Int64, reached: Mapping[int, Int64]) -> tuple[list[str], Int64]:
    """The codes of the changes, and for each row the place of the first one."""

    def missed(rival: Rival) -> Int64:
        most = zeros(len(rows))
        for leaf in rival.conditions:
            begins, ends, days = reached[leaf][:, rows]
            outside = np.where(begins > rival.last, begins - rival.last, rival.first - ends)
            np.maximum(most, np.where(days < 0, outside, days), out=most)
        return most

    codes: list[str] = []
    offers = []
    for offer in contest:
        alternatives = []
        for alternative in offer:
            misses = np.stack([missed(rival) for rival in alternative])
            own = misses.argmin(axis=0) + len(codes)
            alternatives.append(np.stack([misses[0], misses.min(axis=0), own]))
            codes += [rival.code for rival in alternative]
        offers.append(_smallest(alternatives)[1:])
    return codes, _smallest(offers)[1]


def _smallest(each: Sequence[Int64]) -> Int64:
    """For each column, the numbers of the first row whose first number is the smallest."""
    if len(each) == 1:
        return each[0]
    stacked = np.stack(each)
    chosen = stacked[:, 0].argmin(axis=0)
    found: Int64 = stacked[chosen, :, np.arange(stacked.shape[2])].T
    return found


class _Measured:
    """The days that one condition reaches, for each day that it read so far."""

    def __init__(self, plan: CompiledPolicy, leaf: int) -> None:
        self._plan, self._leaf = plan, plan.leaves[leaf]
        self._doses = plan.dose_numbers.get(leaf, ())
        self._numbers = Numbers()
        self._reached = zeros((3, 0))

    def of(self, facts: ExactFacts) -> Int64:
        """The three numbers of `days_reached` for each row."""
        condition = self._leaf.condition
        if not isinstance(condition, PreviousDoseBeforeAge):
            return self._asked(facts, condition.reads)
        # births and doses together are as many as people: here each is asked for alone
        bounds = self._asked(facts, frozenset({"doses"}))[2]
        misses = np.stack([np.abs(births - bounds) for births in facts.births()]).min(axis=0)
        nothing = np.zeros_like(misses)
        return np.stack([nothing, nothing, np.where(bounds == NEVER, 0, misses)])

    def _asked(self, facts: ExactFacts, reads: frozenset[str]) -> Int64:
        parts = [zeros(len(facts.rows))]
        for fact in sorted(reads):
            if fact == "birth_date":
                parts += facts.births()
            elif fact == "doses":
                parts += facts.doses(self._doses, self._plan.season)
            elif fact == "willingness":
                parts += facts.wishes(self._leaf.context.vaccine)
            else:
                parts.append(facts.classes[fact][facts.rows])
        known = len(self._numbers)
        numbers = self._numbers.of(parts)
        if len(self._numbers) > known:
            new = np.flatnonzero(numbers >= known)
            first = new[np.unique(numbers[new], return_index=True)[1]]
            found = [self._ask(facts.person(int(facts.rows[place]), reads)) for place in first]
            self._reached = np.concatenate([self._reached, np.array(found).T], axis=1)
        return self._reached[:, numbers]

    def _ask(self, person: Person) -> tuple[int, int, int]:
        facts, condition = self._plan.read(person).facts, self._leaf.condition
        if isinstance(condition, PreviousDoseBeforeAge):
            bound = condition.bound(facts, self._leaf.context)
            return 0, 0, NEVER if bound is None else bound
        return days_reached(self._leaf, facts)


@frozen(eq=False)
class ExactFacts:
    """The facts of some rows of a batch, as numbers; equal numbers mean equal facts.

    Attributes:
        people: the batch.
        rows: the rows.
        classes: the classes of the facts of all rows of the batch.
        edges: the instants at which an answer changes, by vaccine, in microseconds.
        in_order: the doses that count, by row and day: their items, days and vaccines.
    """

    people: People
    rows: Int64
    classes: Mapping[str, Int64]
    edges: Mapping[str, Int64]
    in_order: tuple[Items, Int32, Int32] | None

    @property
    def person(self) -> Callable[[int, frozenset[str]], Person]:
        """The person of a row."""
        return self.people.person

    def births(self) -> list[Int64]:
        """The birth dates; none is after the first dose."""
        birth, rows = self.people.birth, self.rows
        if birth is None:
            first, last = (wide(filled(len(rows), end)) for end in (FIRST, LAST))
        else:
            first, last = (wide(end[rows]) for end in (birth.first, birth.last))
        if self.in_order is not None and (first != last).any():
            items, day, _ = self.in_order
            starts = items.starts[rows]
            given = items.starts[rows + 1] > starts
            earliest = filled(len(rows), LAST)
            earliest[given] = day[starts[given]]
            last = np.where(first != last, np.minimum(last, earliest), last)
        return [first, last]

    def doses(self, numbers: tuple[int, ...], season: int) -> list[Int64]:
        """The number of doses, and the days and vaccines of the doses with these numbers."""
        if self.in_order is None:
            return []
        items, day, vaccine = self.in_order
        starts, rows = items.starts, self.rows
        counts = starts[rows + 1] - starts[rows]
        before = zeros(len(rows))
        if season > FIRST:
            earlier = np.concatenate([[0], np.cumsum(day < season)])
            before = earlier[starts[rows + 1]] - earlier[starts[rows]]
        parts = [counts + 1, before]
        parts[0][~items.known[rows]] = 0
        for number in numbers:
            place = before + number - 1
            there = (place >= 0) & (place < counts)
            at = (starts[rows] + place)[there]
            for column in (day, vaccine):
                part = zeros(len(rows))
                part[there] = wide(column[at]) + 1
                parts.append(part)
        return parts

    def wishes(self, vaccine: str) -> list[Int64]:
        """The days between the registration for a vaccine and each instant that matters."""
        there, since = self._since(vaccine)
        parts = [self.classes["willingness"][self.rows]]
        for edge in self.edges[vaccine].tolist():
            for instant in (edge, edge + 1):  # the last one before a change, and the first after it
                days = np.abs(since - instant) // _MICROSECONDS_A_DAY
                parts.append(np.where(there > 1, days + 1, 0))
        return parts

    def _since(self, vaccine: str) -> tuple[Int64, Int64]:
        """Whether the rows are registered for a vaccine, and since when, as `Wishes.of` has it."""
        if self.people.willingness is None:
            there, since = zeros((2, len(self.rows)))
            return there, since
        there, since = self.people.willingness.of(vaccine)
        return there[self.rows], since[self.rows]

    def everything(
        self, facts: Collection[str], vaccine_number: Callable[[str], int], unlike: int
    ) -> list[Int64]:
        """All these facts; rows whose facts have no numbers get distinct ones from `unlike` on."""
        parts = [zeros(len(self.rows))]
        for fact in sorted(facts):
            if fact == "birth_date" and self.people.birth is not None:
                birth = self.people.birth
                parts += [wide(end[self.rows]) for end in (birth.first, birth.last)]
            elif fact == "doses" and self.people.doses is not None:
                parts += self._histories(self.people.doses, vaccine_number)
            elif fact == "willingness" and self.people.willingness is not None:
                for vaccine in self.edges:
                    there, since = self._since(vaccine)
                    parts += [there, *np.divmod(since - _FIRST_INSTANT, _MICROSECONDS_A_DAY)]
            elif fact in _BY_CLASS:
                parts.append(self.classes[fact][self.rows])
            elif fact not in _BY_DAY:
                parts.append(unlike + np.arange(len(self.rows)))
        return parts

    def _histories(self, doses: Doses, vaccine_number: Callable[[str], int]) -> list[Int64]:
        """The number of the given doses, and the day and the vaccine of each, as numbers."""
        vaccine = doses.vaccine.translated(vaccine_number)
        kept = vaccine > 0
        items, day, vaccine = doses.items.those(kept), doses.day[kept], vaccine[kept]
        starts = items.starts
        counts = starts[self.rows + 1] - starts[self.rows]
        parts = [counts, wide(items.known[self.rows])]
        for place in range(int(counts.max(initial=0))):
            there = counts > place
            at = (starts[self.rows] + place)[there]
            for column in (day, vaccine):
                part = zeros(len(self.rows))
                part[there] = column[at]
                parts.append(part)
        return parts
