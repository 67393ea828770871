"""Evaluates a compiled policy for one person: its certain and its possible days."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.conditions import Facts, Span


class Outcome(Enum):
    """Whether the person may be vaccinated under the policy."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


Found = list[tuple[int, int]]
"""Ranges of day numbers, in no particular order."""


class Evaluation:
    """Every entry's days for one person: those that are sure and those that are possible.

    The days come from `spans`, the answers of the plan's conditions. Without them, the conditions
    answer for the facts. A comparison of policies gives the answers for many people at once.
    """

    __slots__ = ("facts", "plan", "possible", "spans", "sure", "turns", "verdict")

    def __init__(  # noqa: C901  # a call each would cost more
        self, plan: CompiledPolicy, facts: Facts, spans: list[Span] | None = None
    ) -> None:
        self.plan, self.facts = plan, facts
        self.turns: dict[int, tuple[str, date | None]] = {}  # of the leaves that give a reason
        if spans is None:
            spans = [span(facts) for span in plan.spans]
        self.spans = spans
        self.sure: list[Found] = []
        self.possible: list[Found] = []
        any_sure = any_possible = False
        for entry in plan.entries:
            sure: Found = []
            possible: Found = []
            for alternative in entry.alternatives:
                sure_first = first = entry.first
                sure_last = last = entry.last
                for leaf in alternative:
                    a, b, c, d = spans[leaf]
                    if a > sure_first:  # comparisons: this loop is what a decision costs
                        sure_first = a
                    if b < sure_last:
                        sure_last = b
                    if c > first:
                        first = c
                        if c > last:
                            break
                    if d < last:
                        last = d
                        if d < first:
                            break
                if first <= last:
                    possible.append((first, last))
                    any_possible = True
                    if sure_first <= sure_last and entry.days_stated:
                        sure.append((sure_first, sure_last))
                        any_sure = True
            self.sure.append(sure)
            self.possible.append(possible)
        self.verdict: Outcome | None = (
            Outcome.ELIGIBLE if any_sure else None if any_possible else Outcome.INELIGIBLE
        )
