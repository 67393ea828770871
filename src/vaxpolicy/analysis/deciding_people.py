"""Boundary people for whom one condition alone decides, where nobody else shows its edge.

Somebody at an edge may be offered the same on both sides of it: another way to satisfy the rule
offers it, or another condition ends the days there too. Such an edge needs somebody else.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from attrs import evolve

from vaxpolicy.analysis.possible_people import possible_ones
from vaxpolicy.days import LAST, DaySet
from vaxpolicy.rules.conditions import FromDay, written
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vaxpolicy.rules.compiled import BoundCondition, CompiledOffer, CompiledPolicy
    from vaxpolicy.rules.people import Person

    Search: TypeAlias = Callable[[CompiledPolicy, CompiledPolicy], Person | None]
    """It looks for somebody to whom the first policy offers more than the second one."""


def deciding_people(
    plan: CompiledPolicy, entry: CompiledOffer, known: Sequence[Person], search: Search
) -> Iterator[tuple[BoundCondition, Person]]:
    """People for whom one condition of an entry alone decides, each with the condition.

    Args:
        plan: the policy.
        entry: the entry.
        known: the boundary people so far. Edges that they show need nobody else.
        search: looks for somebody to start from.
    """
    yield from _at_days(plan, entry, known)
    yield from _at_ages(plan, entry, [*known], search)


def _at_days(
    plan: CompiledPolicy, entry: CompiledOffer, known: Sequence[Person]
) -> Iterator[tuple[BoundCondition, Person]]:
    """People of another age, for whom the day before a turn and the turn itself decide."""
    numbers = sorted({number for way in entry.alternatives for number in way})
    for number in numbers:
        leaf = plan.leaves[number]
        if not isinstance(leaf.condition, FromDay):
            continue
        without = [_without(way, number) for way in entry.alternatives if number in way]
        more = _of(plan, entry, without)
        less = _of(plan, entry, [way for way in entry.alternatives if number not in way])
        turn = leaf.condition.from_day
        days = (turn - timedelta(days=1), turn)
        for day in days:
            if any(day in _gained(more, less, it) for it in known):
                continue
            births = _birth_edges(plan, numbers)
            others = (other for it in known for other in _with_births(it, births))
            person = next((it for it in others if day in _gained(more, less, it)), None)
            if person is not None:
                yield leaf, person


def _at_ages(
    plan: CompiledPolicy, entry: CompiledOffer, known: list[Person], search: Search
) -> Iterator[tuple[BoundCondition, Person]]:
    """People just beyond an age for which the rule asks at several places.

    One of the places may matter to nobody as long as the other one asks for the same age: a way
    with both is then covered by a way with one of them. Beyond the age the way would be the only
    one, if it did not ask for the age.
    """
    counts = Counter(written(entry.rule.all))
    twice = {condition for condition, count in counts.items() if count > 1}
    every = _of(plan, entry, entry.alternatives)
    for way in entry.alternatives:
        for number in (it for it in way if plan.leaves[it].condition in twice):
            births = _birth_edges(plan, [number])
            more, one = _of(plan, entry, [_without(way, number)]), _of(plan, entry, [way])
            start = search(more, every) if births else None
            if start is None:
                continue
            for birth in births:
                person = _beyond(one, more, every, _with_births(start, [birth]))
                if person is not None and not any(
                    it.birth_date == person.birth_date and _gained(more, every, it) for it in known
                ):
                    known.append(person)
                    yield plan.leaves[number], person


def _beyond(
    one: CompiledPolicy, more: CompiledPolicy, every: CompiledPolicy, people: Iterable[Person]
) -> Person | None:
    """Of people born day by day, one who gains by `more`, next to one to whom `one` offers days."""
    nobody = evolve(one, entries=(evolve(one.entries[0], alternatives=()),))
    for before, after in pairwise(people):
        for beside, person in ((before, after), (after, before)):
            if _gained(more, every, person) and _gained(one, nobody, beside):
                return person
    return None


def _of(
    plan: CompiledPolicy, entry: CompiledOffer, ways: Iterable[tuple[int, ...]]
) -> CompiledPolicy:
    """The entry alone, with these ways to satisfy it."""
    return evolve(plan, entries=(evolve(entry, alternatives=tuple(ways)),))


def _without(way: tuple[int, ...], number: int) -> tuple[int, ...]:
    return tuple(it for it in way if it != number)


def _gained(more: CompiledPolicy, less: CompiledPolicy, person: Person) -> DaySet:
    """The days that are sure, or possible, under the first policy and not under the second one."""
    facts = more.read(person).facts
    new, old = Evaluation(more, facts), Evaluation(less, facts)
    sure = DaySet.of_spans(new.sure[0]) - DaySet.of_spans(old.sure[0])
    return sure | (DaySet.of_spans(new.possible[0]) - DaySet.of_spans(old.possible[0]))


def _birth_edges(plan: CompiledPolicy, numbers: Iterable[int]) -> list[int]:
    """The first and the last birth date at which the answer of each of the conditions changes."""
    found: set[int] = set()
    for number in numbers:
        leaf = plan.leaves[number]
        births = leaf.condition.edges(leaf.context).births
        found |= {min(births), max(births)} if births else set()
    return sorted(found)


def _with_births(person: Person, edges: Iterable[int]) -> Iterator[Person]:
    """The person born the day before each edge, on it and the day after; not after a dose."""
    first = min((dose.on.toordinal() for dose in person.doses or ()), default=LAST)
    days = (day for edge in edges for day in (edge - 1, edge, edge + 1) if day <= first)
    return (one for _, one in possible_ones((day, partial(_born, person, day)) for day in days))


def _born(person: Person, day: int) -> Person:
    return evolve(person, birth_date=date.fromordinal(day))
