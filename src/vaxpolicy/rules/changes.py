"""What would have to be different for an offer that is refused: the smallest change of the facts.

An offer is refused where conditions are *in the way*: they hold on none of its days. The facts for
which they ask would have to be different. The smallest change is the one of the fewest facts; of
two changes of one fact, the one that misses by fewer days.

Which conditions are in the way differs from person to person, but not by much: most people share
that with many others. So the changes are worked out once for each set of conditions, and kept. Only
the days by which somebody misses are looked at for each person.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import frozen

from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
from vaxpolicy.rules.conditions import EVERY_DAY, NO_DAY, Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vaxpolicy.rules.evaluation import Evaluation

NOTHING_HELPS: Final = 1_000
"""A size larger than that of any change."""

_KEPT: Final = 4096
"""How many results of each kind are kept."""


@frozen(eq=False)
class Change:
    """A change that would open an offer. Equal ones are one object.

    Attributes:
        entry: the offer.
        conditions: the numbers of the conditions that are in the way; none: nothing would open it.
        facts: the facts that would have to be different.
        size: how many they are; `NOTHING_HELPS` where nothing would open it.
        is_over: whether the days of the offer are over.
    """

    entry: CompiledOffer
    conditions: tuple[int, ...]
    facts: frozenset[Question]
    size: int
    is_over: bool = False


@frozen(eq=False)
class Ranking:
    """Changes, the smallest first.

    Attributes:
        plan: the policy.
        changes: the changes.
        by_person: the conditions among them whose code differs from person to person.
    """

    plan: CompiledPolicy
    changes: tuple[Change, ...]
    by_person: tuple[int, ...]


_Obstacles: TypeAlias = tuple[int, int, int]
"""For one period of a policy the conditions that matter, as a bit each: those that hold on none of
its days, those that begin to hold after its first day, those that cease to before its last."""

_OVER: Final = (-1, 0, 0)
"""The days are over."""


def smallest_changes(evaluation: Evaluation, refused: Sequence[int]) -> Ranking:
    """The smallest change for each refused offer, the smallest of all first.

    Args:
        evaluation: the person, under one policy.
        refused: the numbers of the offers that are refused.
    """
    choice = _choice(evaluation.plan, tuple(refused), _obstacles(evaluation))
    if choice is None:
        return _ranked_one_by_one(evaluation, refused)
    if choice.settled is not None:
        return choice.settled
    misses = [
        _days_missed(evaluation, first, last, conditions)
        for first, last, conditions in choice.measures
    ]
    nearest = []
    for place, ways in enumerate(choice.of_one_fact):
        measure, change = ways[0]
        fewest = misses[measure]
        for measure, other in ways[1:]:
            if misses[measure] < fewest:
                fewest, change = misses[measure], other
        nearest.append((fewest, place, change))
    nearest.sort()
    changes = (*[change for _, _, change in nearest], *choice.others)
    return _ranking(evaluation.plan, changes)


def codes_in_the_way(evaluation: Evaluation) -> frozenset[str]:
    """The codes of the reasons one of which comes first where every offer is refused.

    There are several where the same number of facts would have to be different: then the number of
    days decides. For those who decide for many people whose days lie between the same edges.
    """
    sizes: dict[int, set[str]] = {}
    plan = evaluation.plan
    for number, entry in enumerate(plan.entries):
        start = max(entry.first, evaluation.from_day)
        if evaluation.possible[number] or start > entry.last:
            continue
        for alternative in entry.alternatives:
            for change in _in_the_way(evaluation, number, alternative, start):
                code = plan.leaves[change.conditions[0]].code(evaluation.facts)
                sizes.setdefault(change.size, set()).add(code)
    return frozenset(sizes[min(sizes)]) if sizes else frozenset()


def _obstacles(evaluation: Evaluation) -> tuple[_Obstacles, ...]:
    """The conditions that matter, for each period."""
    spans, from_day, cell = evaluation.spans, evaluation.from_day, evaluation.cell
    found: list[_Obstacles] = []
    for period, blocked, rest in zip(evaluation.plan.periods, cell.blocked, cell.rest, strict=True):
        start, end, _ = period
        if start < from_day:
            start = from_day
        if start > end:
            found.append(_OVER)
            continue
        begins = ends = 0
        for leaf, bit in rest:
            span = spans[leaf]
            if span is EVERY_DAY:
                continue
            if span is NO_DAY:
                blocked |= bit  # noqa: PLW2901  # a copy would cost more
                continue
            _, _, first, last = span
            if first > end or last < start:
                blocked |= bit  # noqa: PLW2901  # as above
            else:
                if first > start:
                    begins |= bit
                if last < end:
                    ends |= bit
        found.append((blocked, begins, ends))
    return tuple(found)


@frozen(eq=False)
class _Choice:
    """The changes among which the days decide by which somebody misses.

    Attributes:
        settled: the ranking, where the days make no difference.
        measures: what is to be measured: the days of an offer, and the conditions in its way.
        of_one_fact: for each offer its changes of one fact, each with the place of its measure.
        others: the changes of several facts, in order.
    """

    settled: Ranking | None
    measures: tuple[tuple[int, int, tuple[int, ...]], ...] = ()
    of_one_fact: tuple[tuple[tuple[int, Change], ...], ...] = ()
    others: tuple[Change, ...] = ()


@lru_cache(maxsize=_KEPT)
def _choice(
    plan: CompiledPolicy, refused: tuple[int, ...], obstacles: tuple[_Obstacles, ...]
) -> _Choice | None:
    """The changes for these offers; None where the days of conditions may exclude each other."""
    of_one_fact: list[list[Change]] = []
    others: list[Change] = []
    for number in refused:
        its = obstacles[plan.period_of[number]]
        alternatives = plan.entries[number].alternatives
        if its == _OVER or not alternatives:
            others.append(_change(plan, number, (), is_over=its == _OVER))
            continue
        found = []
        for alternative in alternatives:
            change = _by_bits(plan, number, alternative, its)
            if change is None:
                return None
            found.append(change)
        fewest = min([change.size for change in found])
        smallest = [change for change in found if change.size == fewest]
        if fewest > 1:
            others.append(smallest[0])
        else:
            of_one_fact.append(list(dict.fromkeys(smallest)))
    others.sort(key=_by_size)
    measures: dict[tuple[int, int, tuple[int, ...]], int] = {}
    measured = tuple(
        tuple((measures.setdefault(_measure(way), len(measures)), way) for way in ways)
        for ways in of_one_fact
    )
    if len(measures) > 1:
        return _Choice(None, tuple(measures), measured, tuple(others))
    return _Choice(_ranking(plan, (*[ways[0] for ways in of_one_fact], *others)))


def _by_bits(
    plan: CompiledPolicy, number: int, alternative: Sequence[int], obstacles: _Obstacles
) -> Change | None:
    """The change for one alternative; None where the days of its conditions have to be compared."""
    blocked, begin, end = obstacles
    conditions = tuple(leaf for leaf in alternative if blocked >> leaf & 1)
    if not conditions:
        return None
    change = _change(plan, number, conditions)
    others = [leaf for leaf in alternative if plan.fact_of[leaf] not in change.facts]
    begins = {leaf for leaf in others if begin >> leaf & 1}
    ends = {leaf for leaf in others if end >> leaf & 1}
    return change if not begins or not ends or len(begins | ends) == 1 else None


def _measure(change: Change) -> tuple[int, int, tuple[int, ...]]:
    return change.entry.first, change.entry.last, change.conditions


def _by_size(change: Change) -> tuple[int, bool, int]:
    """The order of changes of several facts; of offers that are over the last one comes first."""
    return change.size, change.is_over, -change.entry.last if change.is_over else 0


@lru_cache(maxsize=_KEPT)
def _change(
    plan: CompiledPolicy, number: int, conditions: tuple[int, ...], *, is_over: bool = False
) -> Change:
    facts = frozenset([plan.fact_of[leaf] for leaf in conditions])
    return Change(plan.entries[number], conditions, facts, len(facts) or NOTHING_HELPS, is_over)


@lru_cache(maxsize=_KEPT)
def _ranking(plan: CompiledPolicy, changes: tuple[Change, ...]) -> Ranking:
    leaves = dict.fromkeys(leaf for change in changes for leaf in change.conditions)
    return Ranking(
        plan, changes, tuple(leaf for leaf in leaves if not plan.leaves[leaf].fixed_code)
    )


def _ranked_one_by_one(evaluation: Evaluation, refused: Sequence[int]) -> Ranking:
    """The changes where the days of conditions exclude each other for this person."""
    found: list[tuple[int, int, int, Change]] = []
    for number in refused:
        found += [(*it[:2], len(found), it[2]) for it in _nearest(evaluation, number)]
    found.sort(key=lambda it: it[:2])
    return _ranking(evaluation.plan, tuple(it[3] for it in found))


def _nearest(evaluation: Evaluation, number: int) -> list[tuple[int, int, Change]]:
    """The smallest changes for one offer, each with its size and the days by which it misses."""
    plan = evaluation.plan
    entry = plan.entries[number]
    start = max(entry.first, evaluation.from_day)
    is_over = start > entry.last
    if is_over or not entry.alternatives:
        change = _change(plan, number, (), is_over=is_over)
        return [(change.size, max(start - entry.last, 0), change)]
    nearest: list[tuple[int, int, Change]] = []
    for alternative in entry.alternatives:
        changes = _in_the_way(evaluation, number, alternative, start)
        fewest = min([change.size for change in changes])
        found = [
            (change.size, _misses(evaluation, change, start), change)
            for change in changes
            if change.size == fewest
        ]
        if not nearest or found[0][:2] < nearest[0][:2]:
            nearest = found
    return nearest


def _misses(evaluation: Evaluation, change: Change, start: int) -> int:
    """By how many days a change of one fact misses; 0 for one of several."""
    if change.size > 1:
        return 0
    return _days_missed(evaluation, start, change.entry.last, change.conditions)


def _in_the_way(
    evaluation: Evaluation, number: int, alternative: Sequence[int], start: int
) -> list[Change]:
    """The changes that would open one alternative of an offer."""
    plan, spans = evaluation.plan, evaluation.spans
    fact_of, end = plan.fact_of, plan.entries[number].last
    blocked: list[int] = []
    moving: list[int] = []
    for leaf in alternative:
        span = spans[leaf]
        if span is EVERY_DAY:
            continue
        if span is NO_DAY or span.possible_first > end or span.possible_last < start:
            blocked.append(leaf)
        else:
            moving.append(leaf)
    facts = {fact_of[leaf] for leaf in blocked}
    first, last = start, end
    for leaf in moving:
        if fact_of[leaf] not in facts:
            first = max(first, spans[leaf].possible_first)
            last = min(last, spans[leaf].possible_last)
    if first > last:
        found = _conflicts(evaluation, blocked, moving, start, end)
    else:
        # where none is in the way, each is possible, and all of them together are not
        found = [blocked or [leaf for leaf in moving if spans[leaf].is_open]]
    return [_change(plan, number, tuple(conditions)) for conditions in found]


def _conflicts(
    evaluation: Evaluation, blocked: list[int], moving: list[int], start: int, end: int
) -> list[list[int]]:
    """The conditions in the way, where conditions have days each, and none in common.

    A day on which the fewest facts are in the way is the first day, or the first of a condition.
    """
    spans, fact_of = evaluation.spans, evaluation.plan.fact_of
    found: dict[frozenset[Question], list[int]] = {}
    days = sorted({start, *(max(start, spans[leaf].possible_first) for leaf in moving)})
    for day in days:
        if day <= end:
            off = [
                leaf
                for leaf in moving
                if not spans[leaf].possible_first <= day <= spans[leaf].possible_last
            ]
            leaves = [*blocked, *off]
            each = found.setdefault(frozenset([fact_of[leaf] for leaf in leaves]), [])
            each += [leaf for leaf in leaves if leaf not in each]
    return list(found.values())


def _days_missed(evaluation: Evaluation, first: int, last: int, conditions: Sequence[int]) -> int:
    """By how many days conditions miss the vaccination days; 0 where they are not about days."""
    if first < evaluation.from_day:
        first = evaluation.from_day
    spans, most = evaluation.spans, 0
    for leaf in conditions:
        span = spans[leaf]
        if span is NO_DAY:
            day = evaluation.turning_day(leaf)
            if day is None:
                misses = evaluation.plan.leaves[leaf].missed_by(evaluation.facts)
            else:
                number = day.toordinal()
                misses = number - last if number > last else first - number
        else:
            _, _, begins, ends = span
            misses = begins - last if begins > last else first - ends
        if misses > most:
            most = misses
    return most
