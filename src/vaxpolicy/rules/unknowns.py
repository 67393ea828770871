"""Enumerates the completions of unknown facts.

An `Evaluation` gives the certain and the possible days of every rule for one person. Where the two
differ, a fact is unknown. `open_questions` names it, and `completions` goes through its values, one
for each that the conditions distinguish. Between two edges no condition changes, so the completions
are exact, not sampled.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from vaxpolicy.days import TAIWAN
from vaxpolicy.rules.conditions import (
    Facts,
    Question,
    with_whole,
)
from vaxpolicy.rules.dose_histories import _candidates, _histories, _kind, _parts
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy


def adjacent_births(sweep: Evaluation) -> Iterator[Evaluation]:
    """Pairs of birth dates, on either side of each edge: nothing is known but that it is one."""
    for edge in sorted(sweep.plan.edges.births):
        if sweep.facts.birth <= edge < sweep.facts.birth_to:
            yield Evaluation(sweep.plan, sweep.facts.but(birth=edge, birth_to=edge + 1))


def next_question(questions: Collection[Question]) -> Question:
    """Which of these to tell apart first, where only the outcome counts.

    The birth date and the doses: few kinds stand for all, and finding them costs more than going
    through the cases of the rest.
    """
    return min(
        questions, key=lambda it: (it.fact != "birth_date", it.fact != "doses", rank(it), it)
    )


_ORDER: Final = (
    "groups",
    "registered_county",
    "residence_county",
    "willingness",
    "doses",
    "birth_date",
)


def rank(question: Question) -> int:
    """The order in which questions are told apart: few cases first, those of the policy last."""
    return _ORDER.index(question.fact) if question.fact in _ORDER else len(_ORDER)


def open_questions(sweep: Evaluation) -> list[Question]:
    """What is not known and bears on an offer that is possible and not sure."""
    entries = [
        entry
        for entry, sure, possible in zip(
            sweep.plan.entries, sweep.sure, sweep.possible, strict=True
        )
        if possible and not sure
    ]
    return questions_of(sweep, *entries)


def questions_of(sweep: Evaluation, *entries: CompiledOffer) -> list[Question]:
    """What is not known and bears on whether these entries, taken together, have a day.

    In the order in which it is told apart: one that no set's order decides, for records hold it.
    """
    found = {
        question
        for leaves in _open_leaves(sweep, entries)
        for leaf in leaves
        for question in sweep.plan.leaves[leaf].open_questions(sweep.facts)
    }
    return sorted(found, key=lambda question: (rank(question), question))


def _open_leaves(sweep: Evaluation, entries: Iterable[CompiledOffer]) -> set[frozenset[int]]:
    """The open leaves of each alternative that can add days to what the others may give."""
    found: set[tuple[frozenset[int], int, int, bool]] = set()
    for entry in entries:
        for alternative in entry.alternatives:
            spans = {leaf: sweep.spans[leaf] for leaf in alternative}
            first = max(entry.first, *(span[2] for span in spans.values()))
            last = min(entry.last, *(span[3] for span in spans.values()))
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


def open_facts(sweep: Evaluation) -> list[Question]:
    """Those of the open questions that are facts of the person, not of the policy."""
    return [question for question in open_questions(sweep) if not question.is_about_policy]


def completions(sweep: Evaluation, question: Question) -> Iterator[Evaluation]:
    """The ways in which a question may turn out, one for each that conditions can tell apart."""
    plan, facts = sweep.plan, sweep.facts
    for change in _answers(plan, facts, question):
        yield Evaluation(plan, facts.but(**change))


def _answers(plan: CompiledPolicy, facts: Facts, question: Question) -> Iterable[dict[str, object]]:
    kind, item = question
    if question.is_about_policy:
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


def _births(plan: CompiledPolicy, facts: Facts) -> Iterator[int]:
    """A birth date in each range within which no condition changes its answer."""
    yield facts.birth
    for edge in sorted(plan.edges.births):
        if facts.birth <= edge < facts.birth_to:
            yield edge + 1


_SOME_INSTANT: Final = datetime(2000, 1, 1, tzinfo=TAIWAN)
"""Any will do where conditions tell none apart."""


def _instants(plan: CompiledPolicy, vaccine: str) -> Iterator[datetime | None]:
    """Never, and an instant in each range within which no condition changes its answer."""
    yield None
    edges = sorted(plan.instants.get(vaccine, ()))
    yield from edges
    yield edges[-1] + timedelta(microseconds=1) if edges else _SOME_INSTANT


def representatives(sweep: Evaluation, question: Question) -> Iterator[Evaluation]:
    """The ways in which a question may turn out, one for each outcome that they can lead to.

    Like `completions`, but it stands by whether a rule leaves days, not by which.
    """
    plan, facts = sweep.plan, sweep.facts
    if question.fact == "doses":
        leaves, parts = plan.on_doses, _parts(sweep, plan.on_doses)
        found: Iterable[dict[str, object]] = _candidates(sweep, parts)
    elif question.fact == "birth_date" and facts.doses is not None:
        leaves, parts = plan.on_birth, _parts(sweep, plan.on_birth)
        found = ({"birth": day, "birth_to": day} for day in _births(plan, facts))
    else:
        yield from completions(sweep, question)
        return
    seen = set[object]()
    for change in found:
        case = facts.but(**change)
        kind = _kind({leaf: plan.spans[leaf](case) for leaf in leaves}, parts)
        if kind not in seen:
            seen.add(kind)
            yield Evaluation(plan, case)
