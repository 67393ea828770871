"""Searches all people at once, by the cells into which a policy's edges divide them.

Between two neighbouring edges no condition changes its answer, so one person represents a whole
cell. A search begins with a person about whom nothing is known. It divides the cases only while the
sure and the possible days leave the question open, so its result is exact. It reads days with
`vaxpolicy.rules.evaluation.Evaluation`, like a decision.

No cell has a dose before birth.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import attrs

from vaxpolicy.days import FIRST, DaySet
from vaxpolicy.rules.compiled import CompiledPolicy, compile_policy, day_of, dose_ranges
from vaxpolicy.rules.conditions import DosesAtLeast, EarlierDosesAtLeast, Facts, Question
from vaxpolicy.rules.evaluation import Evaluation, Found
from vaxpolicy.rules.people import Person
from vaxpolicy.rules.unknowns import Budget, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vaxpolicy.rules.policy import Policy, Rule, Stage

    Verdict = Callable[[Evaluation], bool | None]
    """Whether a case has what is looked for: in every completion, in none, or (None) in some."""


def plan_of(policy: Policy, parts: Sequence[tuple[Stage, Rule]]) -> CompiledPolicy:
    """These rules alone, each in its stage, in the form in which they are applied.

    Where no source states the days of the first one's stage, they are one and the same for all
    rules of that stage, and none of them is less sure than another.
    """
    alone = tuple(attrs.evolve(stage, rules=(rule,)) for stage, rule in parts)
    plan = compile_policy(attrs.evolve(policy, stages=alone))
    stages = [stage for stage, rule in parts for _ in rule.vaccines]
    return attrs.evolve(
        plan,
        entries=tuple(
            attrs.evolve(entry, days_stated=True) if stage is stages[0] else entry
            for stage, entry in zip(stages, plan.entries, strict=True)
        ),
    )


def unlicensed(policy: Policy) -> Policy:
    """A copy whose vaccines are licensed for everybody."""
    vaccines = {code: attrs.evolve(it, licences=()) for code, it in policy.vaccines.items()}
    return attrs.evolve(policy, vaccines=vaccines)


def anybody(plan: CompiledPolicy) -> Evaluation:
    """A person of whom nothing is known."""
    return Evaluation(plan, plan.read(Person()).facts)


def born(sweep: Evaluation, first: int, last: int | None = None) -> Evaluation:
    """A copy for people born on a day or between two days."""
    to = first if last is None else last
    return Evaluation(sweep.plan, sweep.facts.but(birth=first, birth_to=to))


def exists(
    sweep: Evaluation, verdict: Verdict, more: Callable[[Evaluation], set[Question]] | None = None
) -> bool:
    """Whether there is somebody for whom the verdict is true.

    `more` names further unknown facts that the verdict depends on. A verdict that is still open
    when every question is answered counts as true.
    """
    if not _is_possible(sweep.facts):
        return False
    answer = verdict(sweep)
    if answer is not None:
        return answer
    questions = more(sweep) if more else set[Question]()
    for entry in sweep.plan.entries:
        questions.update(sweep.questions_of(entry))
    if not questions:
        return True
    # the birth date goes first: it is halved, and a group that is an age band rests on it
    question = min(questions, key=lambda it: (it.fact != "birth_date", it.fact == "doses", it))
    return any(exists(case, verdict, more) for case in _split(sweep, question))


def is_offered(sweep: Evaluation) -> bool | None:
    """Whether the first entry has a day."""
    if not sweep.possible[0]:
        return False
    return True if sweep.sure[0] else None


def is_uncovered(sweep: Evaluation) -> bool | None:
    """Whether the first entry has a day that none of the others has."""
    if not sweep.possible[0]:
        return False
    others = [span for sure in sweep.sure[1:] for span in sure]
    if covers(others, sweep.possible[0]):
        return False
    others = [span for possible in sweep.possible[1:] for span in possible]
    return None if covers(others, sweep.sure[0]) else True


def covers(spans: Found, inner: Found) -> bool:
    """Whether every day of `inner` is one of `spans`."""
    if all(any(a <= c and d <= b for a, b in spans) for c, d in inner):
        return True
    return DaySet.of_spans(inner) <= DaySet.of_spans(spans)


def _is_possible(facts: Facts) -> bool:
    return not facts.doses or facts.doses[0] >= facts.birth


def _split(sweep: Evaluation, question: Question) -> Iterator[Evaluation]:
    """The cases of one question."""
    if question.fact == "birth_date":
        yield from _halves(sweep)
    elif question.fact == "doses" and _only_dose_before_counts(sweep.plan):
        for history in histories(sweep.plan):
            yield took(sweep, history)
    else:
        case = Case(sweep.plan, sweep.facts, Budget(_MANY))
        for part in case.split(question, 0):
            yield Evaluation(sweep.plan, part.facts)


_MANY: Final = 10_000
"""More than the cases of any one question."""


def _halves(sweep: Evaluation) -> Iterator[Evaluation]:
    """The older and the younger half of the cells; one person for the only cell that is left."""
    low, high = sweep.facts.birth, sweep.facts.birth_to
    edges = sorted(edge for edge in sweep.plan.edges.births if low <= edge < high)
    if not edges:
        yield born(sweep, low)
        return
    middle = edges[len(edges) // 2]
    yield born(sweep, low, middle)
    yield born(sweep, middle + 1, high)


History = tuple[tuple[int, ...], tuple[str, ...], int]
"""Days, vaccines, and how many of them were given before the season."""


def took(sweep: Evaluation, history: History) -> Evaluation:
    """A copy for people with these doses."""
    doses, vaccines, before = history
    facts = sweep.facts.but(doses=doses, vaccines=vaccines, before_season=before)
    return Evaluation(sweep.plan, facts)


def _only_dose_before_counts(plan: CompiledPolicy) -> bool:
    """Whether the entries offer the same dose and ask only for the dose before, and its successor.

    Having had the dose on offer ends all their days alike: whoever has not had it stands for all.
    """
    (dose, *others) = {entry.rule.dose for entry in plan.entries}
    asked = {
        (leaf.condition.doses_at_least, leaf.negated)
        for leaf in plan.leaves
        if isinstance(leaf.condition, DosesAtLeast)
    }
    return not others and asked <= {(dose - 1, False), (dose, True)}


def histories(plan: CompiledPolicy) -> Iterator[History]:
    """The doses of whoever lacks just the dose on offer, once for each cell of the dose before."""
    dose = plan.entries[0].rule.dose
    season = plan.season
    days = [day_of(cell) for cell in dose_ranges(plan)]
    told_apart = sorted(plan.edges.vaccines & plan.vaccines)
    vaccines = (told_apart + sorted(plan.vaccines - plan.edges.vaccines)[:1]) or [""]
    for earlier in _earlier(plan, [day for day in days if day < season], vaccines):
        if dose == 1:
            yield *earlier, len(earlier[0])
            continue
        for day, vaccine in product(days, vaccines):
            first = day - (dose - 2)
            if first >= season:
                yield (
                    (*earlier[0], *range(first, day + 1)),
                    (*earlier[1], *[vaccine] * (dose - 1)),
                    len(earlier[0]),
                )


def _earlier(
    plan: CompiledPolicy, days: list[int], vaccines: list[str]
) -> Iterator[tuple[tuple[int, ...], tuple[str, ...]]]:
    """What was given before the season: as many doses as are asked for, the last one in each cell.

    Only where the first dose of the season is on offer is that last one a dose before.
    """
    yield (), ()
    if plan.season == FIRST:
        return
    is_before = plan.entries[0].rule.dose == 1
    asked = [
        leaf.condition.earlier_doses_at_least
        for leaf in plan.leaves
        if isinstance(leaf.condition, EarlierDosesAtLeast)
    ]
    for count in range(1, max([*asked, 1 if is_before else 0]) + 1):
        for day, vaccine in product(days, vaccines) if is_before else [(days[-1], vaccines[0])]:
            yield tuple(range(day - count + 1, day + 1)), (vaccine,) * count
