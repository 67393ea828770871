"""What is sure, what is possible, and the cases that what is not known falls into.

A `Sweep` gives the days of every rule for one person's facts: those that are sure and those that
are possible. Where the two differ, something is not known; `open_questions` names it, and `cases`
goes through the ways in which it may turn out, one for each that the conditions can tell apart.
Between two edges nothing changes, so that the cases are exact, not samples.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import combinations_with_replacement, pairwise, product
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vaxpolicy.conditions import (
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    Facts,
    PreviousDoseBeforeAge,
    Span,
    with_whole,
)
from vaxpolicy.days import FIRST, LAST, TAIWAN, attained

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vaxpolicy.plan import Entry, Leaf, Plan


class Outcome(Enum):
    """Whether the person may be vaccinated under the policy."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


Found = list[tuple[int, int]]
"""Ranges of day numbers, in no particular order."""


class Sweep:
    """Every entry's days for one person: those that are sure and those that are possible."""

    __slots__ = ("facts", "plan", "possible", "spans", "sure", "turns", "verdict")

    def __init__(self, plan: Plan, facts: Facts) -> None:  # noqa: C901  # a call each would cost more
        self.plan, self.facts = plan, facts
        self.turns: dict[int, tuple[str, date | None]] = {}  # of the leaves that give a reason
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
                        if c > last:
                            break
                    if d < last:
                        last = d
                        if d < first:
                            break
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


def neighbours(sweep: Sweep) -> Iterator[Sweep]:
    """Pairs of birth dates, on either side of each edge: nothing is known but that it is one."""
    for edge in sorted(sweep.plan.edges.births):
        if sweep.facts.birth <= edge < sweep.facts.birth_to:
            yield Sweep(sweep.plan, _changed(sweep.facts, {"birth": edge, "birth_to": edge + 1}))


def next_question(questions: Collection[str]) -> str:
    """Which of these to tell apart first, where only the outcome counts.

    The birth date and the doses: few kinds stand for all, and finding them costs more than going
    through the cases of the rest.
    """
    return min(questions, key=lambda it: (it != "birth_date", it != "doses", rank(it), it))


_ORDER: Final = ("groups", "registered_county", "residence_county", "willingness", "doses", "birth")


def rank(question: str) -> int:
    """The order in which questions are told apart: few cases first, those of the policy last."""
    return next((rank for rank, it in enumerate(_ORDER) if question.startswith(it)), len(_ORDER))


def open_questions(sweep: Sweep) -> list[str]:
    """What is not known and bears on an offer that is possible and not sure."""
    entries = [
        entry
        for entry, sure, possible in zip(
            sweep.plan.entries, sweep.sure, sweep.possible, strict=True
        )
        if possible and not sure
    ]
    return questions_of(sweep, *entries)


def questions_of(sweep: Sweep, *entries: Entry) -> list[str]:
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


def _open_leaves(sweep: Sweep, entries: Iterable[Entry]) -> set[frozenset[int]]:
    """The open leaves of each alternative that can add days to what the others may give."""
    found: set[tuple[frozenset[int], int, int, bool]] = set()
    for entry in entries:
        for alternative in entry.alternatives:
            spans = {leaf: sweep.spans[leaf] for leaf in alternative}
            first = max(entry.first, *(span[2] for span in spans.values()))
            last = min(entry.last, *(span[3] for span in spans.values()))
            if first <= last:
                is_open = frozenset(leaf for leaf, span in spans.items() if span[:2] != span[2:])
                found.add((is_open, first, last, entry.days_stated))
    return {
        leaves
        for leaves, first, last, stated in found
        if not any(
            fewer < leaves and other_first <= first and last <= other_last and other >= stated
            for fewer, other_first, other_last, other in found
        )
    }


def open_facts(sweep: Sweep) -> list[str]:
    """Those of the open questions that are facts of the person, not of the policy."""
    return [question for question in open_questions(sweep) if not question.startswith("?")]


def cases(sweep: Sweep, question: str) -> Iterator[Sweep]:
    """The ways in which a question may turn out, one for each that conditions can tell apart."""
    plan, facts = sweep.plan, sweep.facts
    kind, _, item = question.partition("/")
    for change in _answers(plan, facts, kind, item, question):
        yield Sweep(plan, _changed(facts, change))


def _changed(facts: Facts, change: Mapping[str, object]) -> Facts:
    case = facts.copy()
    for name, value in change.items():
        setattr(case, name, value)
    return case


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


def kinds(sweep: Sweep, question: str) -> Iterator[Sweep]:
    """The ways in which a question may turn out, one for each outcome that they can lead to.

    Like `cases`, but it stands by whether a rule leaves days, not by which.
    """
    plan, facts = sweep.plan, sweep.facts
    if question == "doses":
        leaves, parts = plan.on_doses, _parts(sweep, plan.on_doses)
        found: Iterable[dict[str, object]] = _candidates(sweep, parts)
    elif question == "birth_date" and facts.doses is not None:
        leaves, parts = plan.on_birth, _parts(sweep, plan.on_birth)
        found = ({"birth": day, "birth_to": day} for day in _births(plan, facts))
    else:
        yield from cases(sweep, question)
        return
    seen = set[object]()
    for change in found:
        case = _changed(facts, change)
        kind = _kind({leaf: plan.spans[leaf](case) for leaf in leaves}, parts)
        if kind not in seen:
            seen.add(kind)
            yield Sweep(plan, case)


def _parts(sweep: Sweep, leaves: frozenset[int]) -> _Parts:
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
        if any(span[:2] != span[2:] for span in each):
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


def _number(leaf: Leaf) -> int:
    """The number of the dose that the leaf looks at."""
    match leaf.condition:
        case EarlierDosesAtLeast():
            return _LIFE_BEFORE
        case DosesAtLeast(number):
            return number
    return leaf.context.dose - 1


def _asked(sweep: Sweep, parts: _Parts) -> _Asked:
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


def _attained(sweep: Sweep, years: int, last: int) -> set[int]:
    """The days before the age is attained, as far as they are in the season and up to a day."""
    births = (min(day, last) for day in (sweep.facts.birth, sweep.facts.birth_to))
    low, high = (attained(date.fromordinal(day), years).toordinal() for day in births)
    return set(range(max(low, sweep.plan.season) - 1, min(high, last)))


def _candidates(sweep: Sweep, parts: _Parts) -> Iterator[dict[str, object]]:
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
    sweep: Sweep, parts: _Parts, asked: _Asked, numbers: range
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
    sweep: Sweep, parts: _Parts, asked: _Asked, run: tuple[int, ...], numbers: range
) -> tuple[object, ...]:
    """What the doses of the run settle of each part: once whole its kind, till then its days."""
    plan, facts = sweep.plan, sweep.facts.copy()
    facts.doses, facts.vaccines = run, ("",) * len(run)
    facts.before_season = 1 - numbers.start
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
