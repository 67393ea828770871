"""Finds the smallest change of the facts that would open a refused offer.

An offer is refused if conditions are *in the way*: they hold on none of its days. The facts that
they read would have to be different. If an earlier dose is missing and is refused as well, the
facts that would open that dose belong to them. The smallest change has the fewest facts; of two
changes of one fact, it misses by fewer days.

Many people share the same conditions in the way. So the changes are computed once for each set of
conditions, and cached. Only the days by which a person misses are computed for each person.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from attrs import frozen

from vaxpolicy.days import LAST
from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
from vaxpolicy.rules.conditions import NO_DAY, DosesAtLeast, DosesOf, Question
from vaxpolicy.rules.evaluation import OVER, Obstacles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from vaxpolicy.rules.compiled import BoundCondition
    from vaxpolicy.rules.conditions import Facts
    from vaxpolicy.rules.evaluation import Evaluation

NOTHING_HELPS: Final = 1_000
"""A size larger than that of any change."""

DOSES: Final = Question("doses")
EARLIER_DOSES: Final = Question("doses", "earlier")
"""The doses so far, if they are in the way of an earlier dose that is missing as well."""

_KEPT: Final = 4096
"""The number of cached results of each kind."""


@frozen(eq=False)
class NeededChange:
    """A change that would open an offer. Equal ones are one object.

    Attributes:
        entry: the offer.
        conditions: the numbers of the conditions that are in the way; none: nothing would open it.
        facts: the facts that would have to be different; `EARLIER_DOSES` is one of them.
        size: how many they are; `NOTHING_HELPS` where nothing would open it.
        is_over: whether the days of the offer are over.
    """

    entry: CompiledOffer
    conditions: tuple[int, ...]
    facts: frozenset[Question]
    size: int
    is_over: bool = False

    def besides(self, fact: Question) -> tuple[str, ...]:
        """The facts that would have to be different besides one of them, as texts."""
        others = self.facts - {fact}
        return tuple(sorted([it.fact if it == EARLIER_DOSES else str(it) for it in others]))


@frozen(eq=False)
class Ranking:
    """Changes, the smallest first.

    Attributes:
        plan: the policy.
        changes: the changes.
        by_person: the conditions among them whose code differs from person to person.
    """

    plan: CompiledPolicy
    changes: tuple[NeededChange, ...]
    by_person: tuple[int, ...]


def smallest_changes(evaluation: Evaluation, refused: Sequence[int]) -> Ranking:
    """The smallest change for each refused offer, the smallest of all first.

    Args:
        evaluation: the person, under one policy.
        refused: the numbers of the offers that are refused.
    """
    plan = evaluation.plan
    choice = _choice(plan, tuple(refused), evaluation.obstacles)
    if choice.settled is not None:
        return choice.settled
    misses = _days_missed(evaluation, choice.measures)
    found: list[_Found] = []
    for number, ways in choice.of_one_fact:
        measure, change = ways[0]
        fewest = misses[measure]
        if len(ways) > 1:
            for measure, other in ways:
                if misses[measure] < fewest:
                    fewest, change = misses[measure], other
        found.append((1, fewest, number, 0, change))
    for number, known in choice.by_days:
        nearest = _nearest(evaluation, number, known)
        found += [(*it[:2], number, place, it[2]) for place, it in enumerate(nearest)]
    if not choice.by_days:
        found.sort()
        return _ranking(plan, (*[it[-1] for it in found], *[it[-1] for it in choice.others]))
    found += choice.others
    found.sort()
    return _ranking(plan, tuple([it[-1] for it in found]))


@frozen
class Rival:
    """A change of one fact that may come first: the days by which a person misses it decide.

    Attributes:
        first: the first day of the offer that counts.
        last: the last day of the offer.
        conditions: the numbers of the conditions by whose days it is measured.
        code: the code of its reason.
    """

    first: int
    last: int
    conditions: tuple[int, ...]
    code: str


Contest: TypeAlias = tuple[tuple[tuple[Rival, ...], ...], ...]
"""For each refused offer the alternatives, and for each of them the changes of one fact.

An alternative is measured by its first change. The alternative that misses by the fewest days
counts for its offer, and of its changes the one that misses by the fewest days. Of several equal
ones the first counts.
"""


def contest(evaluation: Evaluation) -> Contest:
    """The changes among which the days of a person decide which reason comes first.

    It is empty if the same reason comes first for everybody with the same conditions in the way.
    This is for those who decide for many people whose days lie between the same edges.
    """
    plan, from_day = evaluation.plan, evaluation.from_day
    refused = tuple(number for number, days in enumerate(evaluation.possible) if not days)
    choice = _choice(plan, refused, evaluation.obstacles)
    if choice.settled is not None:
        return ()
    offers: dict[int, tuple[tuple[Rival, ...], ...]] = {}

    def rival(change: NeededChange, first: int, last: int, conditions: tuple[int, ...]) -> Rival:
        code = plan.leaves[change.conditions[0]].code(evaluation.facts)
        return Rival(max(first, from_day), last, conditions, code)

    for number, ways in choice.of_one_fact:
        offers[number] = tuple(
            (rival(change, *choice.measures[measure]),) for measure, change in ways
        )
    for number, known in choice.by_days:
        entry = plan.entries[number]
        alternatives = (
            tuple(
                rival(change, entry.first, entry.last, change.conditions)
                for change in _changes(evaluation, number, alternative, each)
                if change.size == 1
            )
            for alternative, each in zip(entry.alternatives, known, strict=True)
        )
        if found := tuple(each for each in alternatives if each):
            offers[number] = found
    codes = {each.code for found in offers.values() for changes in found for each in changes}
    return tuple(offers[number] for number in sorted(offers)) if len(codes) > 1 else ()


def days_reached(leaf: BoundCondition, facts: Facts) -> tuple[int, int, int]:
    """The days that `smallest_changes` measures of a condition in the way, for one person.

    It is the first and the last day on which the condition holds, or twice the day on which its
    answer changes, and then -1; or else two zeros and the days by which the person misses it.
    """
    span = leaf.span(facts)
    if span is not NO_DAY:
        return span.possible_first, span.possible_last, -1
    day = leaf.turning_day(facts)
    if day is not None:
        return day.toordinal(), day.toordinal(), -1
    return 0, 0, leaf.missed_by(facts)


_Measure: TypeAlias = tuple[int, int, tuple[int, ...]]
"""The first and the last day of an offer, and the numbers of the conditions that miss them."""

_Found: TypeAlias = tuple[int, int, int, int, NeededChange]
"""A change with all by which changes are ordered: its size, the days by which it misses, the number
of the offer, and the place among the changes of that offer."""


@frozen(eq=False)
class _Clash:
    """An alternative with conditions whose days may exclude each other.

    Attributes:
        change: what would have to be different if they do not; None where nothing else is in the
            way.
        facts: the facts of that change.
        moving: the conditions that hold on some of the days only.
        others: those of them that do not ask for these facts.
    """

    change: NeededChange | None
    facts: frozenset[Question]
    moving: tuple[int, ...]
    others: tuple[int, ...]


@frozen(eq=False)
class _Choice:
    """The changes among which the days of a person decide.

    Attributes:
        settled: the ranking, where the days make no difference.
        measures: what is to be measured: the days of an offer, and the conditions in its way.
        of_one_fact: offers with their changes of one fact, each with the place of its measure.
        by_days: offers with alternatives of which the days of conditions may exclude each other;
            for each alternative the change, or what the days decide.
        others: the changes of several facts for the other offers, in order.
    """

    settled: Ranking | None
    measures: tuple[_Measure, ...] = ()
    of_one_fact: tuple[tuple[int, tuple[tuple[int, NeededChange], ...]], ...] = ()
    by_days: tuple[tuple[int, tuple[NeededChange | _Clash, ...]], ...] = ()
    others: tuple[_Found, ...] = ()


@lru_cache(maxsize=_KEPT)
def _choice(
    plan: CompiledPolicy, refused: tuple[int, ...], obstacles: tuple[Obstacles, ...]
) -> _Choice:
    """The changes for these offers."""
    of_one_fact: list[tuple[int, list[NeededChange]]] = []
    by_days: list[tuple[int, tuple[NeededChange | _Clash, ...]]] = []
    others: list[_Found] = []
    given = _Given(frozenset(refused), obstacles, {})
    for number in refused:
        its = obstacles[plan.rows[number].period]
        entry = plan.entries[number]
        if its == OVER or not entry.alternatives:
            # of offers that are over the last one comes first, of the rest all come before them
            misses = LAST + 1 - entry.last if its == OVER else 0
            change = _change(plan, number, (), frozenset(), is_over=its == OVER)
            others.append((NOTHING_HELPS, misses, number, 0, change))
            continue
        found = tuple(
            _by_bits(plan, number, each, its, _facts_in_the_way(plan, number, each, given))
            for each in entry.alternatives
        )
        known = [it for it in found if isinstance(it, NeededChange)]
        if len(known) < len(found):
            by_days.append((number, found))
            continue
        fewest = min([change.size for change in known])
        smallest = [change for change in known if change.size == fewest]
        if fewest > 1:
            others.append((fewest, 0, number, 0, smallest[0]))
        else:
            of_one_fact.append((number, list(dict.fromkeys(smallest))))
    others.sort()
    measures: dict[_Measure, int] = {}
    measured = tuple(
        (
            number,
            tuple((measures.setdefault(_measure(plan, way), len(measures)), way) for way in ways),
        )
        for number, ways in of_one_fact
    )
    if by_days or len(measures) > 1:
        return _Choice(None, tuple(measures), measured, tuple(by_days), tuple(others))
    changes = (*[ways[0] for _, ways in of_one_fact], *[it[-1] for it in others])
    return _Choice(_ranking(plan, changes))


@lru_cache(maxsize=1024)
def _givers(plan: CompiledPolicy) -> tuple[tuple[int, ...], ...]:
    """For each condition the offers of the earlier dose for which it asks."""
    return tuple(
        tuple(number for number, entry in enumerate(plan.entries) if _gives(entry, leaf))
        for leaf in plan.leaves
    )


def _gives(entry: CompiledOffer, leaf: BoundCondition) -> bool:
    """Whether an offer is of the dose for which a condition asks."""
    match leaf.condition:
        case DosesAtLeast(dose):
            return not leaf.negated and entry.rule.dose == dose
        case DosesOf(products, dose):
            return not leaf.negated and entry.rule.dose == dose and entry.vaccine in products
    return False


class _Given(NamedTuple):
    """The offers of earlier doses, and their obstacles.

    Attributes:
        refused: the numbers of the offers that are refused.
        obstacles: the conditions in the way, for each period.
        kept: by the condition that asks for an earlier dose the sets of facts that would open it.
    """

    refused: frozenset[int]
    obstacles: tuple[Obstacles, ...]
    kept: dict[int, tuple[frozenset[Question], ...]]


def _facts_in_the_way(
    plan: CompiledPolicy, number: int, alternative: Sequence[int], given: _Given
) -> frozenset[Question]:
    """The facts that would open an alternative, and the earlier doses that it lacks.

    Doses that are in the way of an earlier dose count only where no other fact does.
    """
    others, before = _around_missing_doses(plan, number, alternative, given)
    if before is None:
        return others
    facts = others | before | {DOSES}
    return facts if facts == {DOSES, EARLIER_DOSES} else facts - {EARLIER_DOSES}


def _around_missing_doses(
    plan: CompiledPolicy, number: int, alternative: Sequence[int], given: _Given
) -> tuple[frozenset[Question], frozenset[Question] | None]:
    """The facts in the way besides earlier doses that are missing, and those that would open these.

    The second set is None where no dose is missing. Where one is, other conditions on the doses are
    left out.
    """
    blocked = given.obstacles[plan.rows[number].period][0]
    conditions = [leaf for leaf in alternative if blocked >> leaf & 1]
    dose, givers = plan.entries[number].rule.dose, _givers(plan)
    missing = [
        leaf for leaf in conditions if any(plan.entries[it].rule.dose < dose for it in givers[leaf])
    ]
    if not missing:
        return frozenset([plan.fact_of[leaf] for leaf in conditions]), None
    facts = frozenset([plan.fact_of[leaf] for leaf in conditions if leaf not in plan.on_doses])
    before = frozenset[Question]()
    for leaf in missing:
        if leaf not in given.kept:
            given.kept[leaf] = _opening_one_of(plan, givers[leaf], given)
        before |= min(given.kept[leaf], key=lambda its: len(its | facts))
    return facts, before


def _opening_one_of(
    plan: CompiledPolicy, numbers: Sequence[int], given: _Given
) -> tuple[frozenset[Question], ...]:
    """Each set of facts that would open one of these offers of an earlier dose.

    There is one empty set if one of them is open, if it will be after a dose that is open, or if
    all of them are over.
    """
    found: dict[frozenset[Question], None] = {}  # in order
    for number in numbers:
        blocked, begin, end = given.obstacles[plan.rows[number].period]
        if (blocked, begin, end) == OVER:
            continue
        if number not in given.refused:
            return (frozenset(),)
        for each in plan.entries[number].alternatives:
            if any(blocked >> leaf & 1 for leaf in each):
                others, before = _around_missing_doses(plan, number, each, given)
                found[_of_earlier(others | (before or frozenset()))] = None
            else:  # its conditions have no day in common
                moving = [plan.fact_of[leaf] for leaf in each if (begin | end) >> leaf & 1]
                found |= {_of_earlier({it}): None for it in moving if not it.is_about_policy}
    return tuple(found) or (frozenset(),)


def _of_earlier(facts: AbstractSet[Question]) -> frozenset[Question]:
    """The facts in the way of an earlier dose."""
    return frozenset([EARLIER_DOSES if it == DOSES else it for it in facts])


def _by_bits(
    plan: CompiledPolicy,
    number: int,
    alternative: Sequence[int],
    obstacles: Obstacles,
    facts: frozenset[Question],
) -> NeededChange | _Clash:
    """The change of these facts for one alternative, or what the days of its conditions decide."""
    blocked, begin, end = obstacles
    conditions = tuple(leaf for leaf in alternative if blocked >> leaf & 1)
    change = _change(plan, number, conditions, facts) if conditions else None
    moving = tuple(leaf for leaf in alternative if (begin | end) >> leaf & 1)
    others = tuple(leaf for leaf in moving if plan.fact_of[leaf] not in facts)
    begins = any(begin >> leaf & 1 for leaf in others)
    ends = any(end >> leaf & 1 for leaf in others)
    if change and not (begins and ends and len(others) > 1):
        return change
    return _Clash(change, facts, moving, others)


def _measure(plan: CompiledPolicy, change: NeededChange) -> _Measure:
    """The days of a change's offer, and those of its conditions that are about days."""
    about_days = tuple(
        leaf
        for leaf in change.conditions
        if plan.leaves[leaf].turns or plan.leaves[leaf].is_measured
    )
    return change.entry.first, change.entry.last, about_days


@lru_cache(maxsize=_KEPT)
def _change(
    plan: CompiledPolicy,
    number: int,
    conditions: tuple[int, ...],
    facts: frozenset[Question],
    *,
    is_over: bool = False,
) -> NeededChange:
    return NeededChange(
        plan.entries[number], conditions, facts, len(facts) or NOTHING_HELPS, is_over
    )


@lru_cache(maxsize=_KEPT)
def _ranking(plan: CompiledPolicy, changes: tuple[NeededChange, ...]) -> Ranking:
    leaves = dict.fromkeys(leaf for change in changes for leaf in change.conditions)
    return Ranking(
        plan, changes, tuple(leaf for leaf in leaves if not plan.leaves[leaf].fixed_code)
    )


def _nearest(
    evaluation: Evaluation, number: int, known: Sequence[NeededChange | _Clash]
) -> list[tuple[int, int, NeededChange]]:
    """The smallest changes for one offer, each with its size and the days by which it misses."""
    entry = evaluation.plan.entries[number]
    start = max(entry.first, evaluation.from_day)
    nearest: list[tuple[int, int, NeededChange]] = []
    fewest, misses = NOTHING_HELPS, 0
    for alternative, each in zip(entry.alternatives, known, strict=True):
        changes = _changes(evaluation, number, alternative, each, fewest)
        if not changes:
            continue
        size = min([change.size for change in changes])
        if size > fewest:
            continue
        found = [
            (size, _misses(evaluation, change, start), change)
            for change in changes
            if change.size == size
        ]
        if size < fewest or found[0][1] < misses:
            nearest, fewest, misses = found, size, found[0][1]
    return nearest


def _changes(
    evaluation: Evaluation,
    number: int,
    alternative: Sequence[int],
    each: NeededChange | _Clash,
    fewest: int = NOTHING_HELPS,
) -> Sequence[NeededChange]:
    """The changes that would open an alternative; none where they are all of more facts."""
    if isinstance(each, NeededChange):
        return (each,)
    entry = evaluation.plan.entries[number]
    start = max(entry.first, evaluation.from_day)
    if _exclude_each_other(evaluation, each, start, entry.last):
        return _conflicts(evaluation, number, each, start) if len(each.facts) < fewest else ()
    if each.change is not None:
        return (each.change,)
    # each condition is possible, and all of them together are not
    conditions = tuple(leaf for leaf in alternative if evaluation.spans[leaf].is_open)
    facts = frozenset([evaluation.plan.fact_of[leaf] for leaf in conditions])
    return (_change(evaluation.plan, number, conditions, facts),)


def _exclude_each_other(evaluation: Evaluation, clash: _Clash, first: int, last: int) -> bool:
    """Whether the conditions that ask for other facts have no day in common."""
    spans = evaluation.spans
    for leaf in clash.others:
        _, _, begins, ends = spans[leaf]
        if begins > first:
            first = begins
        if ends < last:
            last = ends
    return first > last


def _misses(evaluation: Evaluation, change: NeededChange, start: int) -> int:
    """By how many days a change of one fact misses; 0 for one of several."""
    if change.size > 1:
        return 0
    return _days_missed(evaluation, ((start, change.entry.last, change.conditions),))[0]


def _conflicts(
    evaluation: Evaluation, number: int, clash: _Clash, start: int
) -> list[NeededChange]:
    """The changes where conditions have days each, and none in common.

    A day on which the fewest facts are in the way is the first day, or the first of a condition.
    """
    plan, spans, end = evaluation.plan, evaluation.spans, evaluation.plan.entries[number].last
    blocked = clash.change.conditions if clash.change else ()
    found: dict[frozenset[Question], list[int]] = {}
    days = {start, *[spans[leaf].possible_first for leaf in clash.moving]}
    for day in sorted(days):
        if start <= day <= end:
            off = [
                leaf
                for leaf in clash.moving
                if not spans[leaf].possible_first <= day <= spans[leaf].possible_last
            ]
            facts = clash.facts.union([plan.fact_of[leaf] for leaf in off])
            each = found.setdefault(facts, [*blocked])
            each += [leaf for leaf in off if leaf not in each]
    return [_change(plan, number, tuple(its), facts) for facts, its in found.items()]


def _days_missed(evaluation: Evaluation, measures: Sequence[_Measure]) -> list[int]:
    """By how many days conditions miss the vaccination days; 0 where they are not about days."""
    spans, turning_day, leaves = evaluation.spans, evaluation.turning_day, evaluation.plan.leaves
    from_day, found = evaluation.from_day, []
    for first, last, conditions in measures:
        most = 0
        if first < from_day:
            first = from_day  # noqa: PLW2901  # a copy would cost more
        for leaf in conditions:
            span = spans[leaf]
            if span is not NO_DAY:
                _, _, begins, ends = span
                misses = begins - last if begins > last else first - ends
            elif (day := turning_day(leaf)) is not None:
                number = day.toordinal()
                misses = number - last if number > last else first - number
            elif leaves[leaf].is_measured:
                misses = leaves[leaf].missed_by(evaluation.facts)
            else:
                continue
            if misses > most:
                most = misses
        found.append(most)
    return found
