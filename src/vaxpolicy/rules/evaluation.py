"""Evaluates a compiled policy for one person: the sure days and the possible ones."""

from __future__ import annotations

from enum import Enum
from itertools import combinations
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from vaxpolicy.days import FIRST
from vaxpolicy.rules.compiled import birth_cell
from vaxpolicy.rules.conditions import EVERY_DAY, NO_DAY, implies

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from vaxpolicy.rules.compiled import BirthCell, CompiledOffer, CompiledPolicy, WindowUse
    from vaxpolicy.rules.conditions import Facts, Question, Span
    from vaxpolicy.rules.policy import Window


class Outcome(Enum):
    """Whether the person may be vaccinated under the policy."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


Found: TypeAlias = "Sequence[tuple[int, int]]"
"""Ranges of day numbers, in no particular order."""

_NO_DAYS: Final[Found] = ()

# Before Python 3.12, looking up a member of an enum costs as much as comparing several spans.
_ELIGIBLE: Final = Outcome.ELIGIBLE
_INELIGIBLE: Final = Outcome.INELIGIBLE

Obstacles: TypeAlias = tuple[int, int, int]
"""For one period of a policy the conditions that matter, as a bit each: those that hold on none of
its days, those that begin to hold after its first day, those that cease to before its last."""

OVER: Final = (-1, 0, 0)
"""The days are over."""

WindowCases: TypeAlias = "tuple[tuple[Window, ...], ...]"
"""The booking windows of an offer for a person, in each possible case."""


class Evaluation:
    """The days of every entry for one person, with each condition judged alone.

    Its sure days are sure. Its possible days may still be impossible if two conditions read the
    same unknown fact; `vaxpolicy.rules.every_case` settles that.

    Attributes:
        plan: the policy.
        facts: the person.
        from_day: the number of the day from which on days count.
        sure: the sure days of each entry.
        possible: the possible days of each entry.
        verdict: the outcome, if sure and possible days settle it; else None.
        is_open: whether the sure days of some entry are not its possible ones.
    """

    __slots__ = (
        "_cell",
        "_obstacles",
        "_spans",
        "_turning",
        "_whole",
        "_windows",
        "facts",
        "from_day",
        "is_open",
        "plan",
        "possible",
        "sure",
        "verdict",
    )

    def __init__(  # noqa: C901, PLR0912, PLR0915  # a call each would cost more
        self,
        plan: CompiledPolicy,
        facts: Facts,
        spans: Sequence[Span] | None = None,
        from_day: int = FIRST,
        *,
        whole: bool = True,
    ) -> None:
        """Evaluate a policy.

        Args:
            plan: the policy.
            facts: the person.
            spans: the days of each condition, where they are known.
            from_day: the number of the day from which on days count.
            whole: look at every condition at once; else at those alone that decide, which costs
                less where nobody asks for the others.
        """
        self.plan: CompiledPolicy = plan
        self.facts: Facts = facts
        self.from_day: int = from_day
        self._windows: dict[tuple[WindowUse, ...], WindowCases | None] = {}
        self._turning: dict[int, date | None] = {}
        self._obstacles: tuple[Obstacles, ...] | None = None
        cell: BirthCell = plan.cell_of(facts) if spans is None else birth_cell(plan, -1)
        self._cell = cell
        self._whole = spans
        known: list[Span | None] = cell.spans.copy() if spans is None else [*spans]
        self._spans = known
        blocked = [bits for bits, _, _ in self.obstacles] if whole else [*cell.blocked]
        bound = plan.spans
        born = facts.birth if plan.admits_the_unborn else FIRST
        self.sure: list[Found] = []
        self.possible: list[Found] = []
        any_sure = any_possible = is_open = cut = False
        for period, start, end, days_stated, alternatives in plan.rows:
            if start < from_day:
                start = from_day  # noqa: PLW2901  # a copy would cost more
            if start < born:  # nobody is vaccinated before birth
                start, cut = born, True  # noqa: PLW2901  # as above
            sure: list[tuple[int, int]] | None = None
            possible: list[tuple[int, int]] | None = None
            barred = blocked[period]
            row_open = False
            for bits, alternative in alternatives:
                if bits & barred:
                    continue
                sure_first = first = start
                sure_last = last = end
                for leaf in alternative:
                    span = known[leaf]
                    if span is None:
                        span = known[leaf] = bound[leaf](facts)
                    if span is EVERY_DAY:
                        continue
                    if span is NO_DAY:
                        barred |= 1 << leaf
                        break
                    a, b, c, d = span
                    if a > sure_first:  # comparisons: this loop is what a decision costs
                        sure_first = a
                    if b < sure_last:
                        sure_last = b
                    if c > first:
                        first = c
                    if d < last:
                        last = d
                    if first > last:
                        if c > end or d < start:
                            barred |= 1 << leaf
                        break
                else:
                    if first > last:
                        continue
                    if possible is None or sure is None:
                        sure, possible, any_possible = [], [], True
                    possible.append((first, last))
                    if sure_first <= sure_last and days_stated:
                        sure.append((sure_first, sure_last))
                        any_sure = True
                        if sure_first != first or sure_last != last:
                            row_open = True
                    else:
                        row_open = True
            if row_open:
                if sure and possible and _covers(sure, possible):
                    possible = sure
                else:
                    is_open = True
            blocked[period] = barred
            self.sure.append(sure or _NO_DAYS)
            self.possible.append(possible or _NO_DAYS)
        if cut and not any_possible:
            self.from_day, self._obstacles = max(from_day, born), None
        self.is_open: bool = is_open
        self.verdict: Outcome | None = (
            _ELIGIBLE if any_sure else None if any_possible else _INELIGIBLE
        )

    @property
    def spans(self) -> Sequence[Span]:
        """The days of each condition."""
        if self._whole is not None:
            return self._whole
        spans, bound, facts = self._spans, self.plan.spans, self.facts
        for leaf in self._cell.others:
            if spans[leaf] is None:
                spans[leaf] = bound[leaf](facts)
        self._whole = cast("Sequence[Span]", spans)  # none of them is None now
        return self._whole

    @property
    def obstacles(self) -> tuple[Obstacles, ...]:  # noqa: C901  # a call each would cost more
        """For each period of the policy the conditions that matter."""
        if self._obstacles is not None:
            return self._obstacles
        spans, from_day = self.spans, self.from_day
        found: list[Obstacles] = []
        for start, end, blocked, rest in self._cell.periods:
            if start < from_day:
                start = from_day  # noqa: PLW2901  # a copy would cost more
            if start > end:
                found.append(OVER)
                continue
            begins = ends = 0
            for leaf, bit in rest:
                span = spans[leaf]
                if span is EVERY_DAY:
                    continue
                if span is NO_DAY:
                    blocked |= bit  # noqa: PLW2901  # as above
                    continue
                _, _, first, last = span
                if first > end or last < start:
                    blocked |= bit  # noqa: PLW2901  # as above
                else:
                    if first > start:
                        begins |= bit
                    if last < end:
                        ends |= bit
            found.append((blocked, begins, ends))
        self._obstacles = tuple(found)
        return self._obstacles

    def turning_day(self, leaf: int) -> date | None:
        """The day on which a condition's answer for this person changes by itself."""
        turning = self._turning
        if leaf not in turning:
            turning[leaf] = self.plan.leaves[leaf].turning_day(self.facts)
        return turning[leaf]

    @property
    def is_separable(self) -> bool:
        """Whether the open conditions of each alternative ask for unrelated things.

        The possible days of each entry are then exact: the answers may be combined at will.
        """
        facts, leaves = self.facts, self.plan.leaves
        if facts.doses is None or facts.birth != facts.birth_to:
            return False
        for number, entry in enumerate(self.plan.entries):
            for alternative in entry.alternatives if self.possible[number] else ():
                spans = [(leaf, self.spans[leaf]) for leaf in alternative]
                asked = [
                    set(leaves[leaf].open_questions(facts)) for leaf, span in spans if span.is_open
                ]
                if any(_are_related(one, other) for one, other in combinations(asked, 2)):
                    return False
        return True

    @property
    def asks_the_sources_alone(self) -> bool:
        """Whether nothing is open but what no source states, and a yes to it can only add days.

        The days of each entry are then exact, and so are those of several together: if all of it
        is a no, the sure days are left; if all of it is a yes, the possible days are there.
        """
        spans, rows = self.spans, self.plan.rows
        if any(spans[leaf].is_open for leaf in self.plan.stated):
            return False
        each = zip(rows, self.possible, strict=True)
        return all(row.days_stated or not possible for row, possible in each)

    def windows_of(self, entry: CompiledOffer) -> WindowCases | None:
        """The booking windows of an entry for this person; None where something open decides."""
        if entry.always is not None:
            return entry.always
        windows = self._windows
        if entry.windows not in windows:
            windows[entry.windows] = self._admitting(entry)
        return windows[entry.windows]

    def _admitting(self, entry: CompiledOffer) -> WindowCases | None:
        first, last = entry.first, entry.last
        admitted = []
        for use in entry.windows:
            is_sure = is_possible = True
            for leaf in use.leaves:
                a, b, c, d = self.spans[leaf]
                if c > first or d < last:
                    is_possible = False
                    break
                if a > first or b < last:
                    is_sure = False
            if is_possible:
                if not is_sure:
                    return None
                admitted.append(use.window)
        return (tuple(admitted),)

    def questions_of(self, *entries: CompiledOffer) -> set[Question]:
        """The unknown facts that decide whether these entries together have a day."""
        return {
            question
            for leaves in self._open_leaves(entries)
            for leaf in leaves
            for question in self.plan.leaves[leaf].open_questions(self.facts)
        }

    def _open_leaves(self, entries: Iterable[CompiledOffer]) -> set[frozenset[int]]:
        """The open conditions of each alternative that can add days to what the others give."""
        found: set[tuple[frozenset[int], int, int, bool]] = set()
        for entry in entries:
            for alternative in entry.alternatives:
                spans = {leaf: self.spans[leaf] for leaf in alternative}
                first, last = max(entry.first, self.from_day), entry.last
                for span in spans.values():
                    first, last = max(first, span.possible_first), min(last, span.possible_last)
                if first <= last:
                    is_open = frozenset(leaf for leaf, span in spans.items() if span.is_open)
                    found.add((is_open, first, last, entry.days_stated))
        return {
            leaves
            for leaves, first, last, stated in found
            if not any(
                fewer < leaves and other_first <= first and last <= other_last and other >= stated
                for fewer, other_first, other_last, other in found
            )
        }


def _covers(sure: Found, possible: Found) -> bool:
    """Whether each range of possible days lies within one of sure days."""
    return all(
        any(start <= first and last <= end for start, end in sure) for first, last in possible
    )


def _are_related(one: Collection[Question], other: Collection[Question]) -> bool:
    """Whether an answer to a question of one condition may answer one of another condition."""
    return any(
        mine == its
        or (
            mine.fact == its.fact == "groups"
            and (implies(mine.item, its.item) or implies(its.item, mine.item))
        )
        for mine in one
        for its in other
    )
