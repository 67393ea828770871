"""The bounds that announcements printed, and whether the rules give exactly them.

An announcement says "18 or older on the last day" and prints the birth date that follows. A rule is
written in the announcement's own terms; a printed bound is evidence that it was read rightly. It is
*proved* where ages (for birth dates) or intervals (for the dose before) alone give exactly that
date, *restated* where the date is itself a term of the rule, and *refuted* where no alternative of
the rule gives it.

The bound of an alternative is the latest (earliest) birth date, or day of the dose before, with
which it can still give a day, whatever the person's other facts. Vaccines' licences are left aside.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import attrs
from attrs import frozen

from vaxpolicy.analysis.witness import admitted, plan_of, unlicensed
from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.conditions import (
    BornOnOrAfter,
    BornOnOrBefore,
    Condition,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.policy import Policy, Rule, Stage

Status: TypeAlias = Literal["proved", "restated", "refuted"]

_DATES: Final[dict[str, type[Condition]]] = {
    "born_on_or_before": BornOnOrBefore,
    "born_on_or_after": BornOnOrAfter,
    "previous_dose_on_or_before": PreviousDoseOnOrBefore,
    "previous_dose_on_or_after": PreviousDoseOnOrAfter,
}
"""Each kind of bound, with the term that would restate it."""


@frozen
class PrintedBound:
    """A bound that an announcement printed for a rule.

    Attributes:
        rule_id: the rule.
        stage_id: its stage.
        kind: which bound: a field of `vaxpolicy.rules.policy.Printed`.
        printed: the date as printed.
        status: whether the rule proves it, restates it or refutes it.
        found: what the rule's alternatives give instead of a refuted bound; None: no bound.
    """

    rule_id: str
    stage_id: str
    kind: str
    printed: date
    status: Status
    found: tuple[date | None, ...] = ()

    @property
    def is_of_birth(self) -> bool:
        """Whether it bounds birth dates, not the day of the dose before."""
        return self.kind.startswith("born")


def bounds(policy: Policy) -> tuple[PrintedBound, ...]:
    """Every printed bound of every version of every rule, in the order of the file."""
    rules_alone = unlicensed(policy)
    return tuple(
        _compare(rules_alone, stage, rule, kind, printed)
        for stage in policy.written or policy.stages
        for rule in stage.rules
        for kind in _DATES
        if (printed := getattr(rule.printed, kind)) is not None
    )


def _compare(policy: Policy, stage: Stage, rule: Rule, kind: str, printed: date) -> PrintedBound:
    plan = plan_of(policy, [(stage, attrs.evolve(rule, vaccines=rule.vaccines[:1]))])
    found = []
    status: Status = "refuted"
    for alternative in _each_alternative(plan):
        bound = _bound(alternative, kind)
        if bound != printed:
            found.append(bound)
        elif _bound(_without(alternative, _DATES[kind]), kind) == printed:
            return PrintedBound(rule.id, stage.id, kind, printed, "proved")
        else:
            status = "restated"
    unlike = tuple(dict.fromkeys(found)) if status == "refuted" else ()
    return PrintedBound(rule.id, stage.id, kind, printed, status, unlike)


def _each_alternative(plan: CompiledPolicy) -> Iterator[CompiledPolicy]:
    (entry,) = plan.entries
    for alternative in entry.alternatives:
        yield attrs.evolve(plan, entries=(attrs.evolve(entry, alternatives=(alternative,)),))


def _without(plan: CompiledPolicy, term: type[Condition]) -> CompiledPolicy:
    """The one alternative without the terms of a kind."""
    (entry,) = plan.entries
    (alternative,) = entry.alternatives
    kept = tuple(leaf for leaf in alternative if not isinstance(plan.leaves[leaf].condition, term))
    return attrs.evolve(plan, entries=(attrs.evolve(entry, alternatives=(kept,)),))


def _bound(plan: CompiledPolicy, kind: str) -> date | None:
    """The outermost date with which there can be a day; None where there is none such."""
    ranges = admitted(plan, "births" if kind.startswith("born") else "dose-before")
    if not ranges:
        return None
    number = ranges[-1][1] if kind.endswith("before") else ranges[0][0]
    return date.fromordinal(number) if FIRST < number < LAST else None
