"""What is sure, what is possible, and the cases that what is not known falls into.

A `Sweep` gives the days of every rule for one person's facts: those that are sure and those that
are possible. Where the two differ, something is not known; `open_questions` names it, and `cases`
goes through the ways in which it may turn out, one for each that the conditions can tell apart.
Between two edges nothing changes, so that the cases are exact, not samples.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from itertools import combinations_with_replacement, pairwise, product
from typing import TYPE_CHECKING, Final

from vaxpolicy.conditions import Facts, with_whole
from vaxpolicy.days import FIRST, LAST, TAIWAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxpolicy.plan import Entry, Plan


class Outcome(Enum):
    """Whether the person may be vaccinated under the policy."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


Found = list[tuple[int, int]]
"""Ranges of day numbers, in no particular order."""


class Sweep:
    """Every entry's days for one person: those that are sure and those that are possible."""

    __slots__ = ("facts", "plan", "possible", "spans", "sure", "verdict")

    def __init__(self, plan: Plan, facts: Facts) -> None:
        self.plan, self.facts = plan, facts
        self.spans = spans = [span(facts) for span in plan.spans]
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
                    if d < last:
                        last = d
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


_ORDER: Final = ("groups", "registered_county", "residence_county", "willingness", "doses", "birth")


def rank(question: str) -> int:
    """The order in which questions are told apart: few cases first, those of the policy last."""
    return next((rank for rank, it in enumerate(_ORDER) if question.startswith(it)), len(_ORDER))


def open_questions(sweep: Sweep) -> list[str]:
    """What is not known and bears on an offer that is possible and not sure."""
    found: set[str] = set()
    for number, entry in enumerate(sweep.plan.entries):
        if sweep.possible[number] and not sweep.sure[number]:
            found |= questions_of(sweep, entry)
    return sorted(found, key=lambda question: (rank(question), question))


def questions_of(sweep: Sweep, entry: Entry) -> set[str]:
    """What is not known and bears on this entry."""
    return {
        question
        for leaves in _open_leaves(sweep, entry)
        for leaf in leaves
        for question in sweep.plan.leaves[leaf].open_questions(sweep.facts)
    }


def _open_leaves(sweep: Sweep, entry: Entry) -> list[frozenset[int]]:
    """The open leaves of each alternative that can add days to what the others may give."""
    found: list[tuple[frozenset[int], int, int]] = []
    for alternative in entry.alternatives:
        spans = {leaf: sweep.spans[leaf] for leaf in alternative}
        first = max(entry.first, *(span[2] for span in spans.values()))
        last = min(entry.last, *(span[3] for span in spans.values()))
        if first <= last:
            is_open = frozenset(leaf for leaf, span in spans.items() if span[:2] != span[2:])
            found.append((is_open, first, last))
    return [
        leaves
        for leaves, first, last in found
        if not any(
            fewer < leaves and other_first <= first and last <= other_last
            for fewer, other_first, other_last in found
        )
    ]


def open_facts(sweep: Sweep) -> list[str]:
    """Those of the open questions that are facts of the person, not of the policy."""
    return [question for question in open_questions(sweep) if not question.startswith("?")]


def cases(sweep: Sweep, question: str) -> Iterator[Sweep]:
    """The ways in which a question may turn out, one for each that conditions can tell apart."""
    plan, facts = sweep.plan, sweep.facts
    kind, _, item = question.partition("/")
    for change in _answers(plan, facts, kind, item, question):
        case = facts.copy()
        for name, value in change.items():
            setattr(case, name, value)
        yield Sweep(plan, case)


def _answers(
    plan: Plan, facts: Facts, kind: str, item: str, question: str
) -> Iterable[dict[str, object]]:
    if kind.startswith("?"):
        return ({"assumed": {**facts.assumed, question: value}} for value in (0, 1))
    if kind == "groups":
        return (
            {"not_groups": facts.not_groups | {item}},
            {"groups": facts.groups | with_whole([item])},
        )
    if kind == "willingness":
        return ({"wanted": {**facts.wanted, item: at}} for at in _instants(plan, item))
    if kind == "doses":
        return _histories(plan)
    if kind == "birth_date":
        return ({"birth": day, "birth_to": day} for day in _births(plan, facts))
    place = ("registered_county", "residence_county").index(kind)
    return (
        {"counties": tuple(name if place == at else facts.counties[at] for at in (0, 1))}
        for name in ("", *sorted(plan.edges.counties))
    )


def _births(plan: Plan, facts: Facts) -> Iterator[int]:
    """A birth date in each range within which no condition changes its answer."""
    yield facts.birth
    for edge in sorted(plan.edges.births):
        if facts.birth <= edge < facts.birth_to:
            yield edge + 1


_SOME_INSTANT: Final = datetime(2000, 1, 1, tzinfo=TAIWAN)
"""Any will do where conditions tell none apart."""


def _instants(plan: Plan, vaccine: str) -> Iterator[datetime | None]:
    """Never, and an instant in each range within which no condition changes its answer."""
    yield None
    edges = sorted(plan.instants.get(vaccine, ()))
    yield from edges
    yield edges[-1] + timedelta(microseconds=1) if edges else _SOME_INSTANT


def _histories(plan: Plan) -> Iterator[dict[str, object]]:
    """A dose history of each kind that conditions can tell apart, the shortest first."""
    seasonal = plan.season > FIRST
    edges = sorted(plan.edges.doses | ({plan.season - 1} if seasonal else set()))
    room = dict(zip(edges, [LAST, *(b - a for a, b in pairwise(edges))], strict=True))
    room[edges[-1] + 1] = LAST
    told_apart = sorted(plan.edges.vaccines & plan.vaccines)
    others = sorted(plan.vaccines - plan.edges.vaccines)[:1]
    asked = {entry.rule.dose for entry in plan.entries}
    first_asked = 0 if seasonal else max(min(asked) - 2, 0)
    for count in range(max(asked) + 1 + seasonal):
        before = min(first_asked, count)
        for days in combinations_with_replacement(room, count - before):
            if any(days.count(day) > room[day] for day in days):
                continue
            for vaccines in product([*told_apart, *others], repeat=count - before):
                history = (edges[0],) * before + days
                yield {
                    "doses": history,
                    "vaccines": (*(told_apart + others)[:1] * before, *vaccines),
                    "before_season": sum(day < plan.season for day in history),
                }
