"""Whom rules and booking windows reach, whom they leave out, and what they say twice.

Each question here is about all people, and its answer is exact (see `vaxpolicy.analysis.witness`).
Where the
policy leaves something open that no source states, an answer counts that some reading of it gives.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from itertools import accumulate, groupby, product
from operator import or_
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from vaxpolicy.analysis.witness import (
    anybody,
    born,
    exists,
    is_offered,
    is_uncovered,
    plan_of,
    unlicensed,
)
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.rules.compiled import birth_ranges
from vaxpolicy.rules.conditions import Age, BornOnOrAfter, BornOnOrBefore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy, WindowUse
    from vaxpolicy.rules.conditions import AnyCondition, Question
    from vaxpolicy.rules.evaluation import Evaluation
    from vaxpolicy.rules.policy import Policy, Rule, Stage


@frozen
class Births:
    """A range of birth dates, as day numbers, both included."""

    first: int
    last: int

    def terms(self) -> tuple[AnyCondition, ...]:
        """The range as conditions."""
        after = BornOnOrAfter(date.fromordinal(self.first))
        return after, BornOnOrBefore(date.fromordinal(self.last))

    def __str__(self) -> str:
        """In words."""
        first, last = (date.fromordinal(number) for number in (self.first, self.last))
        if self.first == FIRST:
            return "of any birth date" if self.last == LAST else f"born by {last}"
        return f"born from {first} on" if self.last == LAST else f"born from {first} to {last}"


@frozen
class Gap:
    """The births between two rules that differ in their ages only, which neither takes in."""

    older: str
    younger: str
    births: Births


def admits_somebody(policy: Policy, stage: Stage, rule: Rule, vaccine: str) -> bool:
    """Whether the rule can give anybody this vaccine."""
    return exists(anybody(_plan(policy, [(stage, rule)], vaccine)), is_offered)


def offers_more(
    policy: Policy, one: tuple[Stage, Rule], other: tuple[Stage, Rule], vaccine: str
) -> bool:
    """Whether somebody has a day by the one rule that the other does not give."""
    return exists(anybody(_plan(policy, [one, other], vaccine)), is_uncovered)


def _plan(policy: Policy, parts: Iterable[tuple[Stage, Rule]], vaccine: str) -> CompiledPolicy:
    return plan_of(policy, [(stage, evolve(rule, vaccines=(vaccine,))) for stage, rule in parts])


# -- between age bands -----------------------------------------------------------------------------


def age_gaps(policy: Policy, stage: Stage, vaccine: str) -> Iterator[Gap]:
    """The gaps between rules of a stage for one vaccine that differ in their ages only.

    Somebody falls through who is neither taken in by these nor by any other rule of the stage, on a
    day on which someone older and someone younger are.
    """
    families: dict[tuple[int, frozenset[AnyCondition]], list[Rule]] = {}
    rules = [rule for rule in stage.rules if vaccine in rule.vaccines]
    for rule in rules:
        families.setdefault((rule.dose, frozenset(_rest(rule))), []).append(rule)
    for (dose, _), family in families.items():
        if len(family) == 1:  # one band leaves nobody out between its ends
            continue
        bands = [(stage, evolve(rule, all=tuple(filter(_is_age, rule.all)))) for rule in family]
        by_age = anybody(_plan(unlicensed(policy), bands, vaccine))
        beside = [(stage, rule) for rule in rules if rule.dose == dose]
        for reading in _readings(by_age.plan):
            for gap in _between(_read_as(by_age, reading), [rule.id for rule in family]):
                asked = evolve(family[0], all=(*_rest(family[0]), *gap.births.terms()))
                plan = _plan(policy, [(stage, asked), *beside], vaccine)
                if exists(_read_as(anybody(plan), reading), is_uncovered):
                    yield gap


def _is_age(part: AnyCondition) -> bool:
    return isinstance(part, (Age, BornOnOrBefore, BornOnOrAfter))


def _rest(rule: Rule) -> tuple[AnyCondition, ...]:
    return tuple(part for part in rule.all if not _is_age(part))


def _readings(plan: CompiledPolicy) -> Iterator[dict[Question, int]]:
    """The ways to read the ages whose reckoning no source states."""
    questions = sorted(
        {
            leaf.condition.question
            for leaf in plan.leaves
            if isinstance(leaf.condition, Age) and leaf.condition.on == "not-stated"
        }
    )
    for answers in product((0, 1), repeat=len(questions)):
        yield dict(zip(questions, answers, strict=True))


def _read_as(sweep: Evaluation, reading: dict[Question, int]) -> Evaluation:
    return type(sweep)(sweep.plan, sweep.facts.but(assumed=reading))


def _between(by_age: Evaluation, names: Sequence[str]) -> Iterator[Gap]:
    """Where bands leave out a day that they give to someone older and to someone younger."""
    cells = [Births(*cell) for cell in birth_ranges(by_age.plan)]
    given = [
        [DaySet.of_spans(days) for days in born(by_age, cell.first).possible] for cell in cells
    ]
    each = [reduce(or_, days) for days in given]
    to_older = list(accumulate(each, or_))
    to_younger = list(accumulate(reversed(each), or_))[::-1]
    found: list[Gap] = []
    for at in range(1, len(cells) - 1):
        missing = to_older[at - 1] & to_younger[at + 1] - each[at]
        if missing:
            older = _nearest(reversed(given[:at]), missing, names)
            younger = _nearest(given[at + 1 :], missing, names)
            found.append(Gap(older, younger, cells[at]))
    yield from _joined(found)


def _nearest(given: Iterable[Sequence[DaySet]], days: DaySet, names: Sequence[str]) -> str:
    return next(name for each in given for name, its in zip(names, each, strict=True) if its & days)


def _joined(gaps: list[Gap]) -> Iterator[Gap]:
    """The same, with what touches made one."""
    for (older, younger), same in groupby(gaps, key=lambda gap: (gap.older, gap.younger)):
        yield from (Gap(older, younger, births) for births in _together(it.births for it in same))


def _together(cells: Iterable[Births]) -> list[Births]:
    joined: list[Births] = []
    for cell in cells:
        if joined and joined[-1].last + 1 == cell.first:
            joined[-1] = Births(joined[-1].first, cell.last)
        else:
            joined.append(cell)
    return joined


# -- booking windows -------------------------------------------------------------------------------


@frozen
class ShutOut:
    """People whom a rule admits and no booking window of its stage does.

    `is_between`: whether there are windows for older people and for younger ones.
    """

    births: Births
    is_between: bool


def shut_out(policy: Policy, stage: Stage, rule: Rule, vaccine: str) -> Iterator[ShutOut]:
    """The people whom the rule admits and no window does, by birth date.

    A window admits whoever is of its ages on all days of the stage, as for `Offer.windows`.
    """
    somebody = anybody(_plan(policy, [(stage, rule)], vaccine))
    if not exists(somebody, _is_shut_out, _window_questions):
        return
    people = [(Births(*cell), born(somebody, cell[0])) for cell in birth_ranges(somebody.plan)]
    (entry,) = somebody.plan.entries
    admitted = [
        births.first
        for births, sweep in people
        if any(_admits(sweep, entry, use) is not False for use in entry.windows)
    ]
    for births in _together(
        births for births, sweep in people if exists(sweep, _is_shut_out, _window_questions)
    ):
        is_between = bool(admitted) and admitted[0] < births.first < admitted[-1]
        yield ShutOut(births, is_between)


def can_be_booked(policy: Policy, stage: Stage, rule: Rule, vaccine: str) -> bool:
    """Whether somebody is admitted by the rule and by a booking window of the stage."""
    somebody = anybody(_plan(policy, [(stage, rule)], vaccine))
    return exists(somebody, _can_book, _window_questions)


def _admits(sweep: Evaluation, entry: CompiledOffer, use: WindowUse) -> bool | None:
    """Whether the window is for this person; None where what is not known decides."""
    spans = [sweep.spans[leaf] for leaf in use.leaves]
    if all(first <= entry.first and last >= entry.last for first, last, _, _ in spans):
        return True
    possible = all(first <= entry.first and last >= entry.last for _, _, first, last in spans)
    return None if possible else False


def _window_questions(sweep: Evaluation) -> set[Question]:
    (entry,) = sweep.plan.entries
    leaves = {leaf for use in entry.windows for leaf in use.leaves}
    return {
        question
        for leaf in leaves
        if sweep.spans[leaf].is_open
        for question in sweep.plan.leaves[leaf].open_questions(sweep.facts)
    }


def _is_shut_out(sweep: Evaluation) -> bool | None:
    (entry,) = sweep.plan.entries
    answers = [_admits(sweep, entry, use) for use in entry.windows]
    offered = is_offered(sweep)
    if offered is False or True in answers:
        return False
    return None if None in answers else offered


def _can_book(sweep: Evaluation) -> bool | None:
    (entry,) = sweep.plan.entries
    answers = [_admits(sweep, entry, use) for use in entry.windows]
    offered = is_offered(sweep)
    if offered is False or not any(answer in {True, None} for answer in answers):
        return False
    return offered if True in answers else None
