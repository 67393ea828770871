"""Evaluates a compiled policy for one person: the sure days and the possible ones."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from vaxpolicy.days import FIRST
from vaxpolicy.rules.conditions import EVERY_DAY, NO_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
    from vaxpolicy.rules.conditions import Facts, Question, Span


class Outcome(Enum):
    """Whether the person may be vaccinated under the policy."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


Found = list[tuple[int, int]]
"""Ranges of day numbers, in no particular order."""


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
        is_open: whether the sure days of some entry are not its possible ones.
    """

    __slots__ = (
        "_spans",
        "_turns",
        "_whole",
        "facts",
        "from_day",
        "is_open",
        "plan",
        "possible",
        "sure",
        "verdict",
    )

    def __init__(  # noqa: C901, PLR0912  # a call each would cost more
        self,
        plan: CompiledPolicy,
        facts: Facts,
        spans: Sequence[Span] | None = None,
        from_day: int = FIRST,
    ) -> None:
        self.plan: CompiledPolicy = plan
        self.facts: Facts = facts
        self.from_day: int = from_day
        self._turns: dict[int, tuple[str, date | None]] = {}
        self._whole = spans
        bound = plan.spans
        known: list[Span | None] = [None] * len(bound) if spans is None else [*spans]
        self._spans = known
        self.sure: list[Found] = []
        self.possible: list[Found] = []
        any_sure = any_possible = is_open = False
        for entry in plan.entries:
            sure: Found = []
            possible: Found = []
            start = max(entry.first, from_day)
            end = entry.last
            for alternative in entry.alternatives if start <= end else ():
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
                    possible.append((first, last))
                    any_possible = True
                    if sure_first <= sure_last and entry.days_stated:
                        sure.append((sure_first, sure_last))
                        any_sure = True
                        if sure_first != first or sure_last != last:
                            is_open = True
                    else:
                        is_open = True
            self.sure.append(sure)
            self.possible.append(possible)
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
        if self._whole is None:
            bound, facts = self.plan.spans, self.facts
            self._whole = [
                bound[leaf](facts) if span is None else span
                for leaf, span in enumerate(self._spans)
            ]
        return self._whole

    def turn(self, leaf: int) -> tuple[str, date | None]:
        """Why a condition refuses this person, and the day on which it changes by itself."""
        turn = self._turns.get(leaf)
        if turn is None:
            turn = self._turns[leaf] = self.plan.leaves[leaf].turn(self.facts)
        return turn

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
