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

WindowCases: TypeAlias = "tuple[tuple[Window, ...], ...]"
"""The booking windows of an offer for a person, once for each way in which that turns out."""


class Evaluation:
    """Every entry's days for one person, each condition looked at by itself.

    What is sure here is sure; what is possible here may still be impossible, where two conditions
    ask for the same unknown fact. `vaxpolicy.rules.every_case` settles that.

    Attributes:
        plan: the policy.
        facts: the person.
        from_day: the number of the day from which on days count.
        sure: the sure days of each entry.
        possible: the possible days of each entry.
        verdict: the outcome, where sure and possible days settle it; else None.
        cell: what the birth date alone decides.
        is_open: whether the sure days of some entry are not its possible ones.
    """

    __slots__ = (
        "_is_whole",
        "_spans",
        "_turning",
        "_windows",
        "cell",
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
    ) -> None:
        self.plan: CompiledPolicy = plan
        self.facts: Facts = facts
        self.from_day: int = from_day
        self._windows: dict[tuple[WindowUse, ...], WindowCases | None] = {}
        self._turning: dict[int, date | None] = {}
        self.cell: BirthCell = plan.cell_of(facts) if spans is None else birth_cell(plan, -1)
        self._is_whole = spans is not None
        bound = plan.spans
        known: list[Span | None] = self.cell.spans.copy() if spans is None else [*spans]
        self._spans = known
        self.sure: list[Found] = []
        self.possible: list[Found] = []
        any_sure = any_possible = is_open = False
        for start, end, days_stated, alternatives in plan.rows:
            if start < from_day:
                start = from_day  # noqa: PLW2901  # a copy would cost more
            sure: list[tuple[int, int]] | None = None
            possible: list[tuple[int, int]] | None = None
            for alternative in alternatives if start <= end else ():
                sure_first = first = start
                sure_last = last = end
                for leaf in alternative:
                    span = known[leaf]
                    if span is None:
                        span = known[leaf] = bound[leaf](facts)
                    if span is EVERY_DAY:
                        continue
                    if span is NO_DAY:
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
                        break
                else:
                    if possible is None or sure is None:
                        sure, possible, any_possible = [], [], True
                    possible.append((first, last))
                    if sure_first <= sure_last and days_stated:
                        sure.append((sure_first, sure_last))
                        any_sure = True
                        if sure_first != first or sure_last != last:
                            is_open = True
                    else:
                        is_open = True
            self.sure.append(sure or _NO_DAYS)
            self.possible.append(possible or _NO_DAYS)
        self.is_open: bool = is_open
        self.verdict: Outcome | None = (
            Outcome.ELIGIBLE if any_sure else None if any_possible else Outcome.INELIGIBLE
        )

    def span(self, leaf: int) -> Span:
        """The days of a condition."""
        span = self._spans[leaf]
        if span is None:
            span = self._spans[leaf] = self.plan.spans[leaf](self.facts)
        return span

    @property
    def spans(self) -> Sequence[Span]:
        """The days of every condition."""
        spans = self._spans
        if not self._is_whole:
            bound, facts = self.plan.spans, self.facts
            for leaf in self.cell.others:
                if spans[leaf] is None:
                    spans[leaf] = bound[leaf](facts)
            self._is_whole = True
        return cast("Sequence[Span]", spans)  # none of them is None now

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
                spans = [(leaf, self.span(leaf)) for leaf in alternative]
                asked = [
                    set(leaves[leaf].open_questions(facts)) for leaf, span in spans if span.is_open
                ]
                if any(_are_related(one, other) for one, other in combinations(asked, 2)):
                    return False
        return True

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
                a, b, c, d = self.span(leaf)
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
        """What is not known and decides whether these entries, taken together, have a day."""
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
                spans = {leaf: self.span(leaf) for leaf in alternative}
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
