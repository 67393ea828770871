"""Searches through all people: is there somebody for whom something holds, and who is it?

A search goes through regions of people (`vaxpolicy.analysis.partition`). Between two neighbouring
edges of a policy no condition changes its answer. A search divides a region only while the days
that all of its people have and the days that some of them have leave the question open. Its
result is exact, whether it finds somebody or not. `vaxpolicy.rules.evaluation.Evaluation` reads the
days, as for a decision.

A dose before birth is in no region: nobody has one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import attrs

from vaxpolicy.analysis.joint import Dimension, JointPolicy
from vaxpolicy.analysis.partition import LongSearchError, partitions
from vaxpolicy.analysis.regions import Range, Ranges, Region, joined
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy, compile_policy
from vaxpolicy.rules.dose_histories import in_order
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from vaxpolicy.analysis.history_shapes import Shape
    from vaxpolicy.analysis.partition import Verdict
    from vaxpolicy.rules.conditions import Facts, Question
    from vaxpolicy.rules.policy import Policy, Rule, Stage

    VerdictOnOne: TypeAlias = Callable[[Evaluation], bool | None]
    """Whether something holds for a person; None: a point that the policy leaves open decides."""

Readings: TypeAlias = "Mapping[Question, int]"
"""One answer to each of some questions that no source answers."""
EVERYBODY: Range = (FIRST, LAST)
"""The births of all people."""


def plan_of(policy: Policy, parts: Sequence[tuple[Stage, Rule]]) -> CompiledPolicy:
    """These rules alone, each in its stage, in the form in which they are applied.

    If no source states the days of the first one's stage, they are one and the same for all
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
    """The policy with vaccines that are licensed for everybody."""
    vaccines = {code: attrs.evolve(it, licences=()) for code, it in policy.vaccines.items()}
    return attrs.evolve(policy, vaccines=vaccines)


def anybody(
    plan: CompiledPolicy, births: Range = EVERYBODY, readings: Readings | None = None
) -> Evaluation:
    """A person of whom nothing is known but a range of births."""
    facts = plan.read(Person()).facts
    birth, birth_to = births
    return Evaluation(plan, facts.but(birth=birth, birth_to=birth_to, assumed=readings or {}))


# Verdicts


def is_offered(evaluation: Evaluation) -> bool | None:
    """Whether the first entry has a day."""
    if not evaluation.possible[0]:
        return False
    return True if evaluation.sure[0] else None


def is_uncovered(evaluation: Evaluation) -> bool | None:
    """Whether the first entry has a day that none of the others has."""
    if not evaluation.possible[0]:
        return False
    others = [span for sure in evaluation.sure[1:] for span in sure]
    if covers(others, evaluation.possible[0]):
        return False
    others = [span for possible in evaluation.possible[1:] for span in possible]
    return None if covers(others, evaluation.sure[0]) else True


def covers(spans: Sequence[tuple[int, int]], inner: Sequence[tuple[int, int]]) -> bool:
    """Whether every day of `inner` is one of `spans`."""
    if all(any(a <= c and d <= b for a, b in spans) for c, d in inner):
        return True
    return DaySet.of_spans(inner) <= DaySet.of_spans(spans)


def in_some_reading(evaluation: Evaluation, verdict: VerdictOnOne) -> bool:
    """Whether a verdict on a person is true in some reading of what the policy leaves open.

    A verdict that is still open when there is nothing left to read counts as true.
    """
    answer = verdict(evaluation)
    if answer is not None:
        return answer
    plan, facts = evaluation.plan, evaluation.facts
    question = min(evaluation.questions_of(evaluation.offered), default=None)
    if question is None:
        return True
    return any(
        in_some_reading(
            Evaluation(plan, facts.but(assumed={**facts.assumed, question: reading})), verdict
        )
        for reading in (0, 1)
    )


# Searches


FEW_REGIONS: Final = 1_000
"""A search through more regions than this is a long one."""


def somebody(
    plan: CompiledPolicy,
    verdict: Callable[[JointPolicy], Verdict],
    of_one: VerdictOnOne,
    readings: Readings | None = None,
    is_nobody: Callable[[], bool] | None = None,
) -> Facts | None:
    """Somebody for whom a verdict on the first entry of a plan, beside the others, is true.

    None where it is true for nobody.

    Args:
        plan: entries that offer one dose of one vaccine.
        verdict: the verdict on a region of people, for the policy of the search.
        of_one: the verdict on one person.
        readings: answers to questions that no source answers.
        is_nobody: asked where the search is long: whether it can be seen that there is nobody.
    """
    mine, *others = plan.entries
    beside = attrs.evolve(plan, entries=tuple(others))

    def found(mine: CompiledOffer, most: int | None) -> Facts | None:
        plans = (beside, attrs.evolve(plan, entries=(mine,)))
        joint = JointPolicy(plans, mine.vaccine, mine.rule.dose)
        asked = verdict(joint)
        people = _people(joint, asked if most is None else at_most(most, asked), readings)
        return next((it for it in people if in_some_reading(Evaluation(plan, it), of_one)), None)

    with suppress(LongSearchError):
        return found(mine, FEW_REGIONS)
    if is_nobody is not None and is_nobody():
        return None
    return found(_without_contradictions(plan, mine), None)


def at_most(regions: int, verdict: Verdict) -> Verdict:
    """The verdict on this number of regions; after them it says that the search is long."""
    left = regions

    def asked(sure: Evaluation, possible: Evaluation) -> bool | None:
        nonlocal left
        left -= 1
        if left < 0:
            raise LongSearchError
        return verdict(sure, possible)

    return asked


def _without_contradictions(plan: CompiledPolicy, entry: CompiledOffer) -> CompiledOffer:
    """The entry without the alternatives of which conditions on one range exclude each other.

    A search through two ranges would find that out anew for each part of the other range.
    """
    known: dict[frozenset[int], bool] = {}

    def is_possible(leaves: frozenset[int]) -> bool:
        if leaves not in known:
            alone = _alone(plan, attrs.evolve(entry, alternatives=(tuple(sorted(leaves)),)))
            known[leaves] = any(True for _ in _people(alone, has_a_day(alone)))
        return known[leaves]

    ranges = ranges_of(plan, entry)
    possible = []
    for alternative in entry.alternatives:
        on_one: dict[tuple[Dimension, ...], set[int]] = {}
        for leaf in alternative:
            on_one.setdefault(ranges[leaf], set()).add(leaf)
        several = len({*on_one} - {()}) > 1
        if not several or all(
            is_possible(frozenset(leaves))
            for dims, leaves in on_one.items()
            if len(dims) == 1 and len(leaves) > 1
        ):
            possible.append(alternative)
    return attrs.evolve(entry, alternatives=tuple(possible))


def ranges_of(plan: CompiledPolicy, entry: CompiledOffer) -> dict[int, tuple[Dimension, ...]]:
    """The ranges of births and of days of doses on which each condition of an entry depends."""
    joint = _alone(plan, entry)
    (its,) = joint.plan.entries
    return {
        leaf: joint.dims[number]
        for alternative, numbers in zip(entry.alternatives, its.alternatives, strict=True)
        for leaf, number in zip(alternative, numbers, strict=True)
    }


def _alone(plan: CompiledPolicy, entry: CompiledOffer) -> JointPolicy:
    """One entry, beside none."""
    plans = (attrs.evolve(plan, entries=()), attrs.evolve(plan, entries=(entry,)))
    return JointPolicy(plans, entry.vaccine, entry.rule.dose)


def _people(
    joint: JointPolicy, asked: Verdict, readings: Readings | None = None
) -> Iterator[Facts]:
    """One person of each region for whose people a verdict may be true."""
    for shape in joint.shapes(in_retrospect=False):
        for partition in partitions(joint, shape, readings):
            for _, person in partition.some(partition.everybody(), asked):
                yield person


def has_a_day(joint: JointPolicy) -> Verdict:
    """The verdict on a region: whether the one entry of the newer side offers a day."""
    (one,) = joint.new.numbers

    def verdict(sure: Evaluation, possible: Evaluation) -> bool | None:
        if not possible.possible[one]:
            return False
        return True if sure.sure[one] else None

    return verdict


AskedRange: TypeAlias = Literal["births", "dose-before"]


def admitted(
    plan: CompiledPolicy,
    dimension: AskedRange = "births",
    births: Range = EVERYBODY,
    readings: Readings | None = None,
) -> Ranges:
    """The births, or the days of the dose before, of everybody to whom the one entry offers a day.

    Only people who were born in the given range are looked at.
    """
    found: Ranges = ()
    for span in _admitted(plan, dimension, births, readings):
        found = joined((*found, span))
    return found


def admits(plan: CompiledPolicy, births: Range, readings: Readings) -> bool:
    """Whether the one entry offers a day to somebody who was born in a range."""
    return any(True for _ in _admitted(plan, "births", births, readings))


def _admitted(
    plan: CompiledPolicy, dimension: AskedRange, births: Range, readings: Readings | None
) -> Iterator[Range]:
    if plan.by_product:  # there are too many histories to go through
        if anybody(plan, births, readings).possible[0]:
            yield births
        return
    (entry,) = plan.entries
    seen: list[Range] = []
    with suppress(LongSearchError):
        yield from _spans(plan, dimension, births, readings, seen=seen, most=FEW_REGIONS)
        return
    possible = attrs.evolve(plan, entries=(_without_contradictions(plan, entry),))
    yield from _spans(possible, dimension, births, readings, seen=seen, most=None)


def _spans(
    plan: CompiledPolicy,
    dimension: AskedRange,
    births: Range,
    readings: Readings | None,
    *,
    seen: list[Range],
    most: int | None,
) -> Iterator[Range]:
    """The births or days that were not seen yet, in a search through at most `most` regions."""
    (entry,) = plan.entries
    joint = _alone(plan, entry)
    verdict = has_a_day(joint)
    if most is not None:
        verdict = at_most(most, verdict)
    for shape in joint.shapes(in_retrospect=False):
        place = None if dimension == "births" else _dose_before(plan, shape)
        if place is not None and not 0 <= place < len(shape.places):
            continue
        for partition in partitions(joint, shape, readings):

            def is_new(region: Region, place: int | None = place) -> bool:
                span = _span(region, place)
                return not any(a <= span[0] and span[1] <= b for a, b in seen)

            whole = attrs.evolve(partition.everybody(), births=(births,))
            for region, person in partition.some(whole, verdict, is_new):
                if in_some_reading(Evaluation(plan, person), is_offered):
                    span = _span(region, place)
                    seen[:] = joined((*seen, span))
                    yield span


def _dose_before(plan: CompiledPolicy, shape: Shape) -> int:
    """The place of the dose before the one on offer in a history."""
    return shape.before[plan.season] + plan.entries[0].rule.dose - 2


def _span(region: Region, place: int | None) -> Range:
    """The births of a region, or the days of a dose, that are possible with the others."""
    ((born, born_to),) = region.births
    found = in_order(born, tuple(days for (days,) in region.doses))
    if found is None:  # nobody is in the region, and the search will say so
        return born, born_to
    earliest, latest = found
    if place is None:
        return born, min([born_to, *latest[:1]])
    return earliest[place], latest[place]
