"""Finds people whom rules and booking windows leave out, and rules that repeat others.

Each question is about all people, and its answer is exact (see `vaxpolicy.analysis.witness`). If
the policy leaves a point open that no source states, an answer counts if some reading gives it.
"""

from __future__ import annotations

from datetime import date
from functools import reduce
from itertools import accumulate, groupby, product
from operator import or_
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from vaxpolicy.analysis.joint import JointPolicy, live
from vaxpolicy.analysis.partition import partitions
from vaxpolicy.analysis.witness import (
    anybody,
    born,
    covers,
    exists,
    is_offered,
    is_uncovered,
    plan_of,
    unlicensed,
)
from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.compiled import birth_ranges
from vaxpolicy.rules.conditions import (
    Age,
    BornOnOrAfter,
    BornOnOrBefore,
    InGroup,
    with_whole,
)
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy, WindowUse
    from vaxpolicy.rules.conditions import AnyCondition, Question
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
    plan = _plan(policy, [(stage, rule)], vaccine)
    if plan.by_product:  # too many histories to go through
        return bool(anybody(plan).possible[0])
    return _admits_anybody(plan)


def _admits_anybody(plan: CompiledPolicy) -> bool:
    """Whether the one entry of a plan has a day for anybody."""
    (entry,) = plan.entries
    joint = JointPolicy((evolve(plan, entries=()), plan), entry.vaccine, entry.rule.dose)
    (one,) = joint.new.numbers

    def verdict(sure: Evaluation, possible: Evaluation) -> bool | None:
        if not possible.possible[one]:
            return False
        return True if sure.sure[one] else None

    return _somebody(joint, verdict, plan, is_offered)


def offers_more(
    policy: Policy, one: tuple[Stage, Rule], other: tuple[Stage, Rule], vaccine: str
) -> bool:
    """Whether somebody has a day by the one rule that the other does not give."""
    both = _plan(policy, [one, other], vaccine)
    if both.by_product:
        return True
    mine, beside = both.entries
    apart = _without_groups_of(both, mine, beside)
    if apart and _admits_anybody(evolve(both, entries=(evolve(mine, alternatives=apart),))):
        return True
    plans = (evolve(both, entries=(beside,)), evolve(both, entries=(mine,)))
    joint = JointPolicy(plans, vaccine, one[1].dose)
    (first,), (second,) = joint.new.numbers, joint.old.numbers

    def verdict(sure: Evaluation, possible: Evaluation) -> bool | None:
        some = possible.possible[first]
        if not some or (beside.days_stated and covers(sure.sure[second], some)):
            return False
        if beside.days_stated and _is_implied(joint.plan, sure, possible, first, second):
            return False
        return None if covers(possible.possible[second], sure.sure[first]) else True

    return _somebody(joint, verdict, both, is_uncovered)


def _is_implied(
    plan: CompiledPolicy, sure: Evaluation, possible: Evaluation, first: int, second: int
) -> bool:
    """Whether each live alternative of the first entry implies one of the second.

    The second may ask more where that surely holds for all people of the region, on all days.
    """
    mine, beside = plan.entries[first], plan.entries[second]
    if not (beside.first <= mine.first and mine.last <= beside.last):
        return False
    asked = [
        frozenset(
            leaf
            for leaf in alternative
            if sure.spans[leaf].first > mine.first or sure.spans[leaf].last < mine.last
        )
        for alternative in beside.alternatives
    ]
    return all(
        any(leaves.issubset(mine.alternatives[number]) for leaves in asked)
        for number in live(possible, mine)
    )


def _without_groups_of(
    plan: CompiledPolicy, mine: CompiledOffer, beside: CompiledOffer
) -> tuple[tuple[int, ...], ...]:
    """The alternatives whose own groups do not satisfy any alternative of the other entry.

    A person with no other groups than these has no day by the other entry.
    """
    needed = [_groups(plan, alternative) for alternative in beside.alternatives]
    return tuple(
        alternative
        for alternative in mine.alternatives
        if all(groups - with_whole(_groups(plan, alternative)) for groups in needed)
    )


def _groups(plan: CompiledPolicy, alternative: tuple[int, ...]) -> frozenset[str]:
    """The groups to which an alternative asks people to belong."""
    leaves = [plan.leaves[number] for number in alternative]
    return frozenset(
        leaf.condition.group
        for leaf in leaves
        if isinstance(leaf.condition, InGroup) and not leaf.negated
    )


def _somebody(
    joint: JointPolicy,
    verdict: Callable[[Evaluation, Evaluation], bool | None],
    plan: CompiledPolicy,
    of_one: Callable[[Evaluation], bool | None],
) -> bool:
    """Whether a verdict on regions is true for somebody; `of_one` is the verdict on one person."""
    for shape in joint.shapes(in_retrospect=False):
        for partition in partitions(joint, shape):
            for person in partition.some(partition.everybody(), verdict):
                if exists(Evaluation(plan, person), of_one):
                    return True
    return False


def _plan(policy: Policy, parts: Iterable[tuple[Stage, Rule]], vaccine: str) -> CompiledPolicy:
    return plan_of(policy, [(stage, evolve(rule, vaccines=(vaccine,))) for stage, rule in parts])


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
    """The gaps: days that bands give to older and younger people, but not to those between.

    Days are bits of a number: there are many ranges of births to compare.
    """
    cells: list[Births] = []
    given: list[list[int]] = []
    base = min(entry.first for entry in by_age.plan.entries)
    for first, last in birth_ranges(by_age.plan):
        days = [_bits(spans, base) for spans in born(by_age, first).possible]
        if given and given[-1] == days:
            cells[-1] = Births(cells[-1].first, last)
        else:
            cells.append(Births(first, last))
            given.append(days)
    each = [reduce(or_, days) for days in given]
    to_older = list(accumulate(each, or_))
    to_younger = list(accumulate(reversed(each), or_))[::-1]
    found: list[Gap] = []
    for at in range(1, len(cells) - 1):
        missing = to_older[at - 1] & to_younger[at + 1] & ~each[at]
        if missing:
            older = next(it for it in reversed(range(at)) if each[it] & missing)
            younger = next(it for it in range(at + 1, len(each)) if each[it] & missing)
            name_of_older, name_of_younger = (
                next(name for name, days in zip(names, given[it], strict=True) if days & missing)
                for it in (older, younger)
            )
            found.append(Gap(name_of_older, name_of_younger, cells[at]))
    yield from _joined(found)


def _bits(spans: Iterable[tuple[int, int]], base: int) -> int:
    """Days as bits of a number, the first of them at 0."""
    bits = 0
    for first, last in spans:
        bits |= ((1 << (last - first + 1)) - 1) << (first - base)
    return bits


def _joined(gaps: list[Gap]) -> Iterator[Gap]:
    """The gaps, with neighbouring ones joined."""
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
