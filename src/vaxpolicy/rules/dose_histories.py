"""Enumerates the dose histories a person may have, one for each that a policy distinguishes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date
from itertools import combinations_with_replacement, pairwise, product
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vaxpolicy.days import FIRST, LAST, attained
from vaxpolicy.rules.conditions import (
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    PreviousDoseBeforeAge,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vaxpolicy.rules.compiled import BoundCondition, CompiledPolicy
    from vaxpolicy.rules.evaluation import Evaluation


def _histories(plan: CompiledPolicy) -> Iterator[dict[str, object]]:
    """A dose history of each kind that conditions can tell apart, the shortest first."""
    seasonal = plan.season > FIRST
    edges = sorted(plan.edges.doses | ({plan.season - 1} if seasonal else set()))
    room = dict(zip(edges, [LAST, *(b - a for a, b in pairwise(edges))], strict=True))
    room[edges[-1] + 1] = LAST
    told_apart = sorted(plan.edges.vaccines & plan.vaccines)
    others = sorted(plan.vaccines - plan.edges.vaccines)[:1]
    asked = {entry.rule.dose for entry in plan.entries}
    first_asked = 0 if seasonal else max(min(asked) - 2, 0)
    conditions = [leaf.condition for leaf in plan.leaves]
    earlier = [
        it.earlier_doses_at_least for it in conditions if isinstance(it, EarlierDosesAtLeast)
    ]
    for count in range(max(asked) + 1 + max([*earlier, int(seasonal)])):
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


# -- cases as far as the outcome goes --------------------------------------------------------------
#
# Whether a rule leaves a day is settled by comparing the days on which ages are attained and doses
# are due with the first and last days that everything else leaves. A season has too many days to
# go through all birth dates and histories; but where two of them come out alike in all comparisons,
# one of the two will do.

_Parts = dict[tuple[int, ...], tuple[list[int], list[int]]]
"""Leaves of one alternative, with the first and the last days that all else may set beside them."""


def _parts(sweep: Evaluation, leaves: frozenset[int]) -> _Parts:
    """What the alternatives that are still possible ask of these leaves."""
    plan = sweep.plan
    moving = frozenset() if sweep.facts.birth == sweep.facts.birth_to else plan.on_birth - leaves
    found: dict[tuple[int, ...], tuple[set[int], set[int]]] = {}
    for entry in plan.entries:
        for alternative in entry.alternatives:
            others = [leaf for leaf in alternative if leaf not in leaves]
            spans = [sweep.spans[leaf] for leaf in others]
            first = max([entry.first, *(span[2] for span in spans)])
            last = min([entry.last, *(span[3] for span in spans)])
            if first > last:
                continue
            part = tuple(leaf for leaf in alternative if leaf in leaves)
            firsts, lasts = found.setdefault(part, (set(), set()))
            firsts.add(first)
            lasts.add(last)
            for leaf, (sure_first, sure_last, _, _) in zip(others, spans, strict=True):
                if leaf in moving:  # the birth date is not known: it may turn on any day between
                    firsts.update(range(first, min(sure_first, last) + 1))
                    lasts.update(range(max(sure_last, first), last + 1))
                firsts.update({sure_first} if first < sure_first <= last else ())
                lasts.update({sure_last} if first <= sure_last < last else ())
    return {part: (sorted(firsts), sorted(lasts)) for part, (firsts, lasts) in found.items()}


def _kind(spans: Mapping[int, Span], parts: _Parts) -> object:
    """Where the days that the leaves leave lie among the days beside them, for each part."""
    kind: list[object] = []
    for part, (firsts, lasts) in parts.items():
        each = [spans[leaf] for leaf in part]
        if any(span.is_open for span in each):
            kind.append(tuple(each))  # open, and so not to be placed
            continue
        low = max((span[0] for span in each), default=FIRST)
        high = min((span[1] for span in each), default=LAST)
        place = bisect_left(lasts, low), bisect_right(firsts, high)
        kind.append(place if low <= high and place[0] < len(lasts) and place[1] else None)
    return tuple(kind)


# -- dose histories --------------------------------------------------------------------------------
#
# Each way in which all comparisons of days can come out together comes out so with the earliest
# doses that agree with it; and those lie next to one of the days compared, or just so many days
# from another dose. So few candidates stand for all histories.


@frozen
class _Asked:
    """What parts ask of the doses, by their numbers; 0 is the last one before the season.

    Attributes:
        earlier: how many doses before the season they tell apart.
        turns: the last days of a dose before something changes, by its number.
        waits: a dose, a later one, and the days from one to the other that make a difference.
        days_of: the number of the dose that a leaf looks at, where not at its vaccine.
        vaccine_of: the doses whose vaccine they look at.
    """

    earlier: int
    turns: Mapping[int, set[int]]
    waits: frozenset[tuple[int, int, int]]
    days_of: Mapping[int, int]
    vaccine_of: frozenset[int]


_LIFE_BEFORE: Final = -LAST
"""The number of a dose for leaves that count all those before the season."""


def _number(leaf: BoundCondition) -> int:
    """The number of the dose that the leaf looks at."""
    match leaf.condition:
        case EarlierDosesAtLeast():
            return _LIFE_BEFORE
        case DosesAtLeast(number):
            return number
    return leaf.context.dose - 1


def _asked(sweep: Evaluation, parts: _Parts) -> _Asked:
    plan, earlier = sweep.plan, 0
    turns: dict[int, set[int]] = {}
    waits, vaccine_of = set[tuple[int, int, int]](), set[int]()
    days_of: dict[int, int] = {}
    for part, (firsts, lasts) in parts.items():
        leaves = [plan.leaves[number] for number in part]
        for at, leaf in zip(part, leaves, strict=True):
            number = days_of[at] = _number(leaf)
            found = turns.setdefault(number, set())
            beside = firsts if leaf.negated else lasts
            match leaf.condition:
                case EarlierDosesAtLeast(least):
                    earlier = max(earlier, least)
                case DosesAtLeast():
                    found.update(beside)
                case DoseDue(days, "day"):
                    found.update(day - days for day in beside)
                    others = {_number(it) for it in leaves if it.negated is not leaf.negated}
                    waits |= {
                        (number, other, days - leaf.negated) for other in others if other > number
                    }
                case PreviousDoseBeforeAge(years):
                    found |= _attained(sweep, years, lasts[-1])
                case _:
                    edges = leaf.condition.edges(leaf.context)
                    found |= edges.doses
                    if edges.vaccines:
                        vaccine_of.add(number)
                        del days_of[at]
    if plan.season == FIRST:
        turns.pop(0, None)  # nothing is before a first dose
    earlier = max(earlier, 1 if 0 in turns else 0)
    return _Asked(earlier, turns, frozenset(waits), days_of, frozenset(vaccine_of))


def _attained(sweep: Evaluation, years: int, last: int) -> set[int]:
    """The days before the age is attained, as far as they are in the season and up to a day."""
    births = (min(day, last) for day in (sweep.facts.birth, sweep.facts.birth_to))
    low, high = (attained(date.fromordinal(day), years).toordinal() for day in births)
    return set(range(max(low, sweep.plan.season) - 1, min(high, last)))


def _candidates(sweep: Evaluation, parts: _Parts) -> Iterator[dict[str, object]]:
    """Histories that stand for all, the shortest first; none has a dose before birth."""
    plan, asked = sweep.plan, _asked(sweep, parts)
    told_apart = sorted(plan.edges.vaccines & plan.vaccines)
    vaccines = told_apart + sorted(plan.vaccines - plan.edges.vaccines)[:1] or [""]
    most = max(asked.turns, default=0)
    for count in range(asked.earlier + most + 1):
        for earlier in range(max(count - most, 0), min(asked.earlier, count) + 1):
            numbers = range(1 - earlier, count - earlier + 1)
            choices = [vaccines if n in asked.vaccine_of else vaccines[:1] for n in numbers]
            for days in _runs(sweep, parts, asked, numbers):
                for chosen in product(*choices):
                    yield {"doses": days, "vaccines": chosen, "before_season": earlier}


def _runs(
    sweep: Evaluation, parts: _Parts, asked: _Asked, numbers: range
) -> Collection[tuple[int, ...]]:
    """The days of doses of these numbers: from 1 on in the season, up to 0 before it."""
    season, starts = sweep.plan.season, _starts(asked, numbers)
    runs: Collection[tuple[int, ...]] = [()]
    for number in numbers:
        alike: dict[object, tuple[int, ...]] = {}
        for run in runs:
            least = run[-1] + 1 if run else sweep.facts.birth
            if number > 0:
                least = max(least, season)
            days = starts[number] | {least} | _awaited(asked, run, number, numbers)
            for day in days:
                if least <= day and (number > 0 or day < season):
                    longer = (*run, day)
                    alike.setdefault((day, _settled(sweep, parts, asked, longer, numbers)), longer)
        runs = alike.values()
    return runs


def _awaited(asked: _Asked, run: tuple[int, ...], number: int, numbers: range) -> set[int]:
    """The days on which a wait from a dose of the run is over, or that a dose to come leaves."""
    placed = dict(zip(numbers, run, strict=False))
    over = [(later, placed[dose] + days + 1) for dose, later, days in asked.waits if dose in placed]
    return {day for later, day in over if later == number} | {
        day - days
        for later, day in over
        for dose, after, days in asked.waits
        if (dose, after) == (number, later) and later in numbers
    }


def _settled(
    sweep: Evaluation, parts: _Parts, asked: _Asked, run: tuple[int, ...], numbers: range
) -> tuple[object, ...]:
    """What the doses of the run settle of each part: once whole its kind, till then its days."""
    plan = sweep.plan
    facts = sweep.facts.but(doses=run, vaccines=("",) * len(run), before_season=1 - numbers.start)
    number = numbers[len(run) - 1]
    spans = {
        leaf: plan.spans[leaf](facts) for leaf, dose in asked.days_of.items() if dose <= number
    }
    whole = {part: ends for part, ends in parts.items() if spans.keys() >= set(part)}
    rest = (tuple(spans.get(leaf) for leaf in part) for part in parts if part not in whole)
    return (_kind(spans, whole), *rest)


def _starts(asked: _Asked, numbers: range) -> dict[int, set[int]]:
    """The days next to a turn, by the number of the dose, also of turns of the doses after it."""
    starts = {number: {turn + 1 for turn in asked.turns.get(number, ())} for number in numbers}
    for number in reversed(numbers):
        for dose, later, days in asked.waits:
            if dose == number and later in starts:
                starts[number] |= {day - days for day in starts[later]}
    return starts
