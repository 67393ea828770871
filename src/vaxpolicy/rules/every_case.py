"""Finds the days that a person has in every case of the unknown facts, and in some case.

A witness settles each question if possible. One case without an offer shows that nothing is sure.
Two cases that differ in one fact show that the fact matters. The search begins with all cases and
divides only those that are still open, the most promising first. Its answer is exact. It may
examine `LIMIT` cases, and raises TooManyCasesError if these are not enough.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from vaxpolicy.days import FIRST, DaySet
from vaxpolicy.rules.compiled import Way
from vaxpolicy.rules.conditions import Question
from vaxpolicy.rules.evaluation import Outcome
from vaxpolicy.rules.unknowns import BIRTH_DATE, DOSES, Branch, Budget, Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
    from vaxpolicy.rules.conditions import Facts
    from vaxpolicy.rules.policy import Window

LIMIT: Final = 20_000
"""The most cases that one decision may examine."""


_FEW_ANSWERS: Final = 3
"""The extra weight of a question with few answers over one whose answer is a day."""


class _World(NamedTuple):
    """Some people, with answers to the policy's own questions: what is possible, the outcome.

    The outcome is None where it is not the same for all of them, or not seen yet.
    """

    case: Case
    ways: list[Way]
    outcome: Outcome | None


class _Part(NamedTuple):
    """Some people, with every answer to the policy's own questions, and their outcome."""

    worlds: list[_World]
    outcome: Outcome | None

    @classmethod
    def of(cls, worlds: list[_World]) -> _Part:
        """The part of these worlds: undetermined where their outcomes differ."""
        seen = {world.outcome for world in worlds}
        if len(seen - {None}) > 1 or Outcome.UNDETERMINED in seen:
            return cls(worlds, Outcome.UNDETERMINED)
        return cls(worlds, None if None in seen else next(iter(seen)))

    def size(self) -> int:
        """In how many ways an offer is possible."""
        return max(len(world.ways) for world in self.worlds)

    def asks(self, leaves: frozenset[int]) -> bool:
        """Whether one of these conditions is part of a possible way."""
        return any(not leaves.isdisjoint(way.leaves) for world in self.worlds for way in world.ways)


class EveryCase:
    """Everybody whom a person's facts allow, under one policy, from a day on."""

    def __init__(
        self, plan: CompiledPolicy, facts: Facts, from_day: int = FIRST, limit: int = LIMIT
    ) -> None:
        self.plan: CompiledPolicy = plan
        self.facts: Facts = facts
        self.from_day: int = from_day
        self.limit: int = limit
        self._days: dict[object, DaySet] = {}
        self._satisfiable: dict[frozenset[int], bool] = {}

    @cached_property
    def whole(self) -> Case:
        """The case with everybody whom the facts allow."""
        return Case(self.plan, self.facts, Budget(self.limit))

    def possible_days(self, number: int) -> DaySet:
        """The days that an entry gives in some case."""
        entry = self.plan.entries[number]
        first = max(entry.first, self.from_day)
        days = DaySet.none()
        if first > entry.last:
            return days
        for alternative in entry.alternatives:
            moving = frozenset(it for it in alternative if it in self.plan.moving)
            asked = frozenset(alternative) - moving
            if self._can_hold(asked, first, entry.last):
                days |= self._days_of(moving, first, entry.last)
        return days

    def _can_hold(self, asked: frozenset[int], first: int, last: int) -> bool:
        """Whether conditions on groups, counties and registrations can hold together.

        Such a condition holds on every day or on none, and asks for nothing that moves a day.
        """
        if asked not in self._satisfiable:
            self._satisfiable[asked] = self._holds(self.whole, tuple(asked), first, last)
        return self._satisfiable[asked]

    def _days_of(self, moving: frozenset[int], first: int, last: int) -> DaySet:
        """The days on which conditions about ages, doses and days hold together in some case."""
        key = moving, first, last
        if key not in self._days:
            self._days[key] = self._some_days(tuple(sorted(moving)), first, last)
        return self._days[key]

    def _some_days(self, alternative: tuple[int, ...], first: int, last: int) -> DaySet:
        days = DaySet.none()
        parts = [self.whole]
        while parts:
            case = parts.pop()
            found = case.range_of(alternative, first, last)
            if found is None:
                continue
            possible = DaySet.of_spans([found[2:]])
            if possible <= days:
                continue
            if found[:2] != found[2:]:
                for corner in case.corners():
                    one = corner.range_of(alternative, first, last)
                    if one is not None and one[:2] == one[2:]:
                        days |= DaySet.of_spans([one[2:]])
                if possible <= days:
                    continue
                split = _best_split(case, alternative, first, last)
                if split:
                    parts += sorted(split, key=lambda it: _width(it, alternative, first, last))
                    continue
            days |= possible
        return days

    def _holds(self, case: Case, alternative: tuple[int, ...], first: int, last: int) -> bool:
        """Whether there are people in the case for whom conditions hold together on some day."""
        if case.range_of(alternative, first, last) is None:
            return False
        asked = _open_questions(case, alternative, first, last)
        if not asked:
            return True
        question = next(iter(asked))
        parts = case.split(question, asked[question])
        return any(self._holds(part, alternative, first, last) for part in parts)

    def _alive(self, case: Case, ways: Iterable[Way]) -> tuple[Outcome | None, list[Way]]:
        """The outcome for all of these people, and the ways that are possible.

        The outcome is None where these ranges do not show it.
        """
        alive: list[Way] = []
        is_possible = surely_open = False
        for way in ways:
            first = max(way.first, self.from_day)
            found = case.range_of(way.leaves, first, way.last) if first <= way.last else None
            if found is None:
                continue
            alive.append(way)
            if found[0] <= found[1]:
                if way.is_stated:
                    return Outcome.ELIGIBLE, alive
                surely_open = True
            is_possible = is_possible or way.is_stated
        if not alive:
            return Outcome.INELIGIBLE, alive
        return Outcome.UNDETERMINED if surely_open and not is_possible else None, alive

    def is_always_offered(self) -> bool:
        """Whether every case has a day; one case that has none settles it."""
        parts = [(self.whole, [way for way in self.plan.ways if way.is_stated])]
        while parts:
            case, ways = parts.pop()
            outcome, alive = self._alive(case, ways)
            if outcome is Outcome.ELIGIBLE:
                continue
            question = None if outcome is Outcome.INELIGIBLE else self._most_asked(case, alive)
            if question is None:
                return False
            split = [(part, alive) for part in case.split(*question)]
            parts += sorted(split, key=lambda it: len(self._alive(*it)[1]), reverse=True)
        return True

    def _most_asked(self, case: Case, ways: Iterable[Way]) -> tuple[Question, int] | None:
        """The open question that most ways ask, and a condition that asks it.

        The number of doses comes first: it has few cases and settles most. A question that
        has few answers counts more.
        """
        counted = Counter[Question]()
        asking: dict[Question, int] = {}
        for way in ways:
            first = max(way.first, self.from_day)
            its = {
                question: leaf
                for leaf in case.open_among(way.leaves, first, way.last)
                for question in case.questions(leaf)
            }
            counted.update(its.keys())
            asking |= its
        if not counted:
            return None
        if case.facts.doses is None and DOSES in counted:
            return DOSES, asking[DOSES]
        for question in counted:
            if question not in {DOSES, BIRTH_DATE}:
                counted[question] *= _FEW_ANSWERS
        question = min(counted, key=lambda it: (-counted[it], it))
        return question, asking[question]

    def _ranges(
        self, case: Case, numbers: Iterable[int]
    ) -> Iterator[tuple[Way, tuple[int, int, int, int]]]:
        """The ways of these entries that are possible, with their days."""
        for number in numbers:
            entry = self.plan.entries[number]
            first = max(entry.first, self.from_day)
            for alternative in entry.alternatives if first <= entry.last else ():
                found = case.range_of(alternative, first, entry.last)
                if found is not None:
                    way = Way(frozenset(alternative), first, entry.last, entry.days_stated)
                    yield way, found

    def sure_days(self, numbers: Iterable[int]) -> DaySet:
        """The days that these entries together give in every case."""
        numbers = [number for number in numbers if self.plan.entries[number].days_stated]
        sure = DaySet.of_spans(found[2:] for _, found in self._ranges(self.whole, numbers))
        parts = [self.whole]
        while parts and sure:
            case = parts.pop()
            found = list(self._ranges(case, numbers))
            sure &= DaySet.of_spans(days[2:] for _, days in found)
            certain = DaySet.of_spans(days[:2] for _, days in found)
            if sure <= certain:
                continue
            question = self._most_asked(case, [way for way, _ in found])
            if question is None:
                sure &= certain
                continue
            parts += sorted(
                case.split(*question),
                key=lambda it: sum(b - a + 1 for _, (_, _, a, b) in self._ranges(it, numbers)),
                reverse=True,
            )
        return sure

    def open_facts(self) -> list[Question]:
        """The facts about the person that are not known and decide an entry's days."""
        return [question for question in self._open() if not question.is_about_policy]

    def _open(self) -> dict[Question, int]:
        """Every open question, with a condition that asks it."""
        found: dict[Question, int] = {}
        _, alive = self._alive(self.whole, self.plan.ways)
        for way in alive:
            first = max(way.first, self.from_day)
            for leaf in self.whole.open_among(way.leaves, first, way.last):
                for question in self.whole.questions(leaf):
                    found.setdefault(question, leaf)
        return found

    def can_change(self, fact: Question) -> bool:
        """Whether the outcome can depend on this fact alone, in some case of the others."""
        asked = frozenset(
            leaf for leaf in range(len(self.plan.leaves)) if fact in self.whole.questions(leaf)
        )
        whole = _Part.of([self._world(self.whole, self.plan.ways)])
        return self._differs([whole], fact, asked)

    def _world(self, case: Case, ways: Iterable[Way]) -> _World:
        outcome, alive = self._alive(case, ways)
        return _World(case, alive, outcome)

    def _differs(self, parts: list[_Part], fact: Question, asked: frozenset[int]) -> bool:
        """Whether two people who differ in the fact alone have different outcomes.

        Each part has another range of the fact; in all else the parts are alike. Two parts with
        different outcomes settle it. Where the outcome of a part is not seen, what most decides it
        is divided: the fact within the part, the policy's own questions within it too, anything
        else in all parts alike.
        """
        while True:
            outcomes = {part.outcome for part in parts}
            if len(outcomes - {None}) > 1:
                return True
            if None not in outcomes or not any(part.asks(asked) for part in parts):
                return False
            part = min((it for it in parts if it.outcome is None), key=_Part.size)
            world = next(it for it in part.worlds if it.outcome is None)
            question = (fact, min(asked)) if len(parts) == 1 else None
            question = question or self._most_asked(world.case, world.ways)
            if question is None:
                return True  # nothing divides these people, and their outcome is not seen
            branches = world.case.branches(*question)
            if question[0] == fact:
                found = [it for branch in branches for it in self._answered(branch, [part])]
            elif question[0].is_about_policy:
                others = [it for it in part.worlds if it is not world]
                each = [case for branch in branches for case in branch(world.case)]
                found = [_Part.of([*others, *(self._world(case, world.ways) for case in each)])]
            else:
                break
            parts = [*(it for it in parts if it is not part), *found]
        children = [self._answered(branch, parts) for branch in branches]
        children.sort(key=lambda it: min((part.size() for part in it), default=0))
        return any(self._differs(child, fact, asked) for child in children)

    def _answered(self, branch: Branch, parts: Iterable[_Part]) -> list[_Part]:
        """Those of the people in each part to whom an answer applies."""
        found = []
        for part in parts:
            worlds = []
            for world in part.worlds:
                for case in branch(world.case):
                    settled = world.outcome is not None
                    worlds.append(
                        world._replace(case=case) if settled else self._world(case, world.ways)
                    )
            if worlds:
                found.append(_Part.of(worlds))
        return found

    def window_cases(self, entry: CompiledOffer) -> tuple[tuple[Window, ...], ...]:
        """The entry's booking windows for this person, in each possible case."""
        found: dict[tuple[Window, ...], None] = {}
        parts = [self.whole]
        while parts:
            case = parts.pop()
            admitted: list[Window] = []
            for use in entry.windows:
                leaf = _deciding(case, entry, use.leaves)
                if leaf is not None:
                    question = next(case.questions(leaf))
                    parts += reversed(case.split(question, leaf))
                    break
                if case.range_of(use.leaves, entry.first, entry.last) == _whole(entry):
                    admitted.append(use.window)
            else:
                found[tuple(admitted)] = None
        return tuple(found)


def _whole(entry: CompiledOffer) -> tuple[int, int, int, int]:
    return entry.first, entry.last, entry.first, entry.last


def _deciding(case: Case, entry: CompiledOffer, leaves: Iterable[int]) -> int | None:
    """A condition that is open and decides whether all days of the entry are admitted."""
    spans = [(number, case.span(number)) for number in leaves]
    if any(
        span.possible_first > entry.first or span.possible_last < entry.last for _, span in spans
    ):
        return None
    open_ = (number for number, span in spans if span.first > entry.first or span.last < entry.last)
    return next(open_, None)


def _open_questions(
    case: Case, alternative: Iterable[int], first: int, last: int
) -> dict[Question, int]:
    """The open questions of an alternative, each with a condition that asks it."""
    return {
        question: leaf
        for leaf in case.open_among(alternative, first, last)
        for question in case.questions(leaf)
    }


def _best_split(case: Case, alternative: Iterable[int], first: int, last: int) -> list[Case]:
    """The parts by the question that leaves the fewest days possible; [] where nothing is open."""
    asked = _open_questions(case, alternative, first, last)
    if len(asked) == 1 or (DOSES in asked and case.facts.doses is None):
        question = DOSES if DOSES in asked else next(iter(asked))
        return case.split(question, asked[question])
    splits = [case.split(question, leaf) for question, leaf in asked.items()]
    return min(
        splits,
        key=lambda parts: sum(_width(part, alternative, first, last) for part in parts),
        default=[],
    )


def _width(case: Case, alternative: Iterable[int], first: int, last: int) -> int:
    """On how many days an alternative is possible."""
    found = case.range_of(alternative, first, last)
    return 0 if found is None else found[3] - found[2] + 1
