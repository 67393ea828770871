"""Finds the days that a person has in every case of the unknown facts, and in some case.

A witness settles each question if possible. One case without an offer shows that nothing is sure.
Two cases that differ in one fact show that the fact matters. The search begins with all cases and
divides only those that are still open, the most promising first. Its answer is exact. The work that
it may do is limited (`LIMIT`); it raises TooManyCasesError if that is not enough.

The outcome is two answers: whether somebody has a day if the policy's open points turn out well,
and whether they have one however these turn out. A fact decides the outcome if it decides one of
the two. So each is examined alone, with the answers to the open points that it calls for.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from vaxpolicy.days import FIRST, DaySet
from vaxpolicy.rules.compiled import Way
from vaxpolicy.rules.conditions import (
    EVERY_DAY,
    NO_DAY,
    Question,
    Span,
    days_between,
    implies,
    with_whole,
)
from vaxpolicy.rules.dose_histories import earliest_days
from vaxpolicy.rules.unknowns import BIRTH_DATE, DOSES, Branch, Budget, Case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
    from vaxpolicy.rules.conditions import Facts
    from vaxpolicy.rules.policy import Window

LIMIT: Final = 13_500
"""The work that one decision may do, as `Budget` counts it: at most 50 milliseconds of CPU."""


_WAYS_AT_ONCE: Final = 4
"""A unit of work for this number of ways to an offer that are examined for one case."""


_FEW_GROUPS: Final = 32
"""The number of groups whose answers are chosen for one case by the work of making that case."""


_GROUPS_AT_ONCE: Final = 4
"""A unit of work for this number of further groups."""


_OF_A_WAY: Final = 6
"""The work that is done once for each way, before any case is divided and after it."""


_ASKED_OF_A_WAY: Final = 2
"""The work of collecting what a way asks."""


_FEW_ANSWERS: Final = 3
"""The extra weight of a question with few answers over one whose answer is a day."""


_FEW_WAYS: Final = 2
"""One person is tried where a part has at most this many ways."""


class _World(NamedTuple):
    """Some people, with answers to the policy's own questions: what is possible, the answer.

    Attributes:
        case: the people.
        ways: the ways that are possible for some of them.
        answer: whether they have a day; None where it is not the same for all of them, or not seen
            yet.
        leaves: the conditions of these ways, a bit each.
        met: the conditions that were seen to hold on every day for all of them, a bit each.
    """

    case: Case
    ways: list[Way]
    answer: bool | None
    leaves: int
    met: int


class _Asked(NamedTuple):
    """A question that is open, and its answers."""

    question: Question
    branches: list[Branch]


class _Part(NamedTuple):
    """Some people, with every answer to the policy's own questions.

    Attributes:
        worlds: the people, once for each answer to these questions that is tried.
        answer: whether they have a day; None where it is not the same for all of them, or not seen
            yet.
        size: in how many ways an offer is possible.
        leaves: the conditions of these ways, a bit each.
        met: the conditions that were seen to hold on every day for all of them, a bit each.
    """

    worlds: list[_World]
    answer: bool | None
    size: int
    leaves: int
    met: int


class _Goal(NamedTuple):
    """One of the two answers that make an outcome: to have a possible day, or a sure one.

    Attributes:
        is_sure: whether the day is to be there however the policy's open points turn out.
        case: the people whom the facts allow, with the answers to these points that matter: those
            that give the fewest days if the day is to be sure, and else the most.
        ways: the ways to such a day.
        asking: every question that is open in one of these ways, with the conditions that ask it.
    """

    is_sure: bool
    case: Case
    ways: list[Way]
    asking: dict[Question, frozenset[int]]

    def part(self, worlds: list[_World]) -> _Part:
        """The part of these worlds."""
        seen = {world.answer for world in worlds}
        size = leaves = 0
        met = -1
        for world in worlds:
            size = max(size, len(world.ways))
            leaves |= world.leaves
            met &= world.met
        # a day in one world is possible, and no day in one world leaves none sure
        settling = not self.is_sure
        answer = settling if settling in seen else None if None in seen else self.is_sure
        return _Part(worlds, answer, size, leaves, met)


class EveryCase:
    """Everybody whom a person's facts allow, under one policy, from a day on."""

    def __init__(
        self, plan: CompiledPolicy, facts: Facts, from_day: int = FIRST, limit: int = LIMIT
    ) -> None:
        self.plan: CompiledPolicy = plan
        self.facts: Facts = facts
        self.from_day: int = max(from_day, facts.birth) if plan.admits_the_unborn else from_day
        self.limit: int = limit
        self._days: dict[object, DaySet] = {}
        self._satisfiable: dict[frozenset[int], bool] = {}

    @cached_property
    def whole(self) -> Case:
        """The case with everybody whom the facts allow."""
        once = self.limit - _OF_A_WAY * len(self.plan.ways)
        return Case(self.plan, self.facts, Budget(max(once, self.limit // 4)))

    @cached_property
    def alive(self) -> list[Way]:
        """The ways that are possible for some of these people and matter."""
        return self._world(self.whole, self.plan.ways).ways

    @cached_property
    def opening_answers(self) -> dict[Question, int]:
        """The points that the policy leaves open, each with the answer that gives more days.

        Points of which one answer gives more days by one condition, and the other answer by another
        condition, are left out.
        """
        return self._opening_answers({leaf for way in self.alive for leaf in way.leaves})

    def _opening_answers(self, leaves: Iterable[int]) -> dict[Question, int]:
        answers: dict[Question, set[int]] = {}
        for leaf in leaves:
            for question, answer in self.plan.leaves[leaf].opening_answers.items():
                answers.setdefault(question, set()).add(answer)
        return {question: min(its) for question, its in answers.items() if len(its) == 1}

    @cached_property
    def goals(self) -> tuple[_Goal, _Goal]:
        """To have a possible day, and to have a sure one."""
        # whether a source states the days makes no difference to a possible day
        any_way = [way._replace(is_stated=True) for way in self.alive]
        return self._goal(any_way, is_sure=False), self.sure_goal

    @cached_property
    def sure_goal(self) -> _Goal:
        """To have a sure day."""
        return self._goal([way for way in self.alive if way.is_stated], is_sure=True)

    def _goal(self, ways: list[Way], *, is_sure: bool) -> _Goal:
        case = self._supposing(self.whole, is_sure=is_sure)
        alive = self._world(case, ways).ways
        asking: dict[Question, set[int]] = {}
        for leaf in sorted({leaf for way in alive for leaf in way.leaves}):
            for question in case.questions(leaf):
                asking.setdefault(question, set()).add(leaf)
        found = {question: frozenset(leaves) for question, leaves in asking.items()}
        return _Goal(is_sure, case, alive, found)

    def _supposing(self, case: Case, *, is_sure: bool) -> Case:
        """These people with the answers to the policy's open points that a goal calls for."""
        answers = self.opening_answers
        its = {it: 1 - answer for it, answer in answers.items()} if is_sure else answers
        return self._assuming(case, its)

    def _assuming(self, case: Case, answers: dict[Question, int]) -> Case:
        """These people with answers to the policy's open points."""
        if not answers:
            return case
        return case.but(Question("?"), assumed={**case.facts.assumed, **answers})

    @cached_property
    def votes(self) -> dict[Question, bool]:
        """The questions about groups of which one answer can open offers and never close any.

        True where that answer is yes. Questions about a group and about its part are related: they
        are here only where the same answer opens offers.
        """
        votes: dict[Question, set[bool]] = {}
        for number, leaf in enumerate(self.plan.leaves):
            if leaf.condition.fact == "groups":
                for question in self.whole.questions(number):
                    votes.setdefault(question, set()).add(not leaf.negated)
        disputed = {question for question, its in votes.items() if len(its) > 1}
        for question, its in votes.items():
            for whole in with_whole([question.item]):
                other = Question("groups", whole)
                if votes.get(other, its) != its:
                    disputed |= {question, other}
        return {it: min(its) for it, its in votes.items() if it not in disputed}

    @cached_property
    def least(self) -> Case:
        """The people with the answers about groups that open the fewest offers.

        A day that each of these people has is a day that everybody has.
        """
        return self._answering(self.whole, frozenset(), None)

    def _answering(self, case: Case, opening: frozenset[Question], fact: Question | None) -> Case:
        """The people for whom these questions about groups have the answer that opens offers.

        The other ones have the other answer. Facts that are related to this fact, or contradict an
        answer, stay open.
        """
        yes = {it for it in opening if self.votes[it]}
        no = {it for it in opening if not self.votes[it]}
        about = fact.item if fact is not None and fact.fact == "groups" else None
        for question, vote in self.votes.items():
            item = question.item
            if question in opening:
                continue
            if vote:
                if about is None or not implies(about, item):
                    no.add(question)
            elif about is None or not implies(item, about):
                yes.add(question)
        contradicted = with_whole(it.item for it in yes)
        no = {it for it in no if it.item not in contradicted}
        if not yes and not no:
            return case
        facts = self.facts
        return case.but(
            Question("groups"),
            groups=facts.groups | with_whole(it.item for it in yes),
            not_groups=facts.not_groups | {it.item for it in no},
        )

    def _openings(self, goal: _Goal, fact: Question) -> Iterator[Case]:
        """For each way that asks for a fact, the people with the answers about groups it needs.

        Two people who differ in the fact alone, and of whom one has an offer by this way and the
        other one has none by any, differ so with these answers too: other answers only open offers.
        """
        asked = goal.asking[fact]
        self.whole.budget.spend(len(goal.ways) // _WAYS_AT_ONCE)
        each = max(0, len(self.votes) - _FEW_GROUPS) // _GROUPS_AT_ONCE
        ways = [way for way in goal.ways if not asked.isdisjoint(way.leaves)]
        needed: dict[frozenset[Question], None] = {}
        for way in ways:
            self.whole.budget.spend(len(way.leaves) + each)
            for answers in self._needed(way, fact):
                self.whole.budget.spend(1)
                needed[answers] = None
        for answers in needed:
            self.whole.budget.spend(each)
            yield self._answering(goal.case, answers, fact)

    def _needed(self, way: Way, fact: Question) -> Iterator[frozenset[Question]]:
        """The sets of questions about groups that, answered to open it, open a way."""
        options: list[list[frozenset[Question]]] = []
        for leaf in sorted(way.leaves):
            bound = self.plan.leaves[leaf]
            if bound.condition.fact != "groups":
                continue
            questions = self.whole.questions(leaf)
            settling = frozenset(it for it in questions if it in self.votes and it != fact)
            if not questions or fact in questions:
                continue
            if bound.negated:
                options.append([settling])
            elif len(settling) < len(questions):
                options.append([frozenset(), *(frozenset({it}) for it in settling)])
            else:
                options.append([frozenset({it}) for it in questions])
        for each in product(*options):
            yield frozenset[Question]().union(*each)

    def possible_days(self, number: int) -> DaySet:
        """The days that an entry gives in some case; it has days that are not over."""
        entry = self.plan.entries[number]
        first = max(entry.first, self.from_day)
        days = DaySet.none()
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

    def _some_days(self, moving: tuple[int, ...], first: int, last: int) -> DaySet:
        """The days that each set of conditions that ask for related things gives in some case.

        Facts that are not related turn out as they like: whoever has a day by each set has it.
        """
        answers = self._opening_answers(moving)
        case = self._assuming(self.whole, answers)
        found = case.range_of(moving, first, last)
        if found is None:
            return DaySet.none()
        days = DaySet.of_spans([found.possible])
        for each in _related(case, moving):
            days &= self._days_of_related(case, each, *found.possible)
        return days

    def _days_of_related(
        self, whole: Case, alternative: tuple[int, ...], first: int, last: int
    ) -> DaySet:
        """The days on which conditions that ask for related things hold together in some case."""
        key = alternative, first, last, *whole.facts.assumed.items()
        kept = self._days.get(key)
        if kept is not None:
            return kept
        days = DaySet.none()
        parts = [whole]
        while parts:
            case = parts.pop()
            found = case.range_of(alternative, first, last)
            if found is None:
                continue
            possible = DaySet.of_spans([found.possible])
            if possible <= days:
                continue
            split: list[Case] = []
            if found.is_open:
                open_ = [*case.open_among(alternative, first, last)]
                for one in case.best(open_):
                    its = one.range_of(alternative, first, last)
                    if its is not None and not its.is_open:
                        days |= DaySet.of_spans([its.possible])
                if possible <= days:
                    continue
                split = _best_split(case, open_, alternative, first, last)
            if not split:
                days |= possible
            parts += sorted(split, key=lambda it: _width(it, alternative, first, last))
        self._days[key] = days
        return days

    def _holds(self, case: Case, alternative: tuple[int, ...], first: int, last: int) -> bool:
        """Whether there are people in the case for whom conditions hold together on some day."""
        if case.range_of(alternative, first, last) is None:
            return False
        asked = _open_questions(case, alternative, first, last)
        if not asked:
            return True
        question = next(iter(asked))
        parts = case.split(case.branches(question, asked[question]))
        return any(self._holds(part, alternative, first, last) for part in parts)

    def _world(  # noqa: C901, PLR0912  # a call each would cost more
        self, case: Case, ways: Sequence[Way]
    ) -> _World:
        """Whether these people have a day, and the ways that are possible and matter.

        It is not seen where these ranges do not show it. A way does not matter where another one
        gives its days to whoever has them.
        """
        alive: list[Way] = []
        barred = met = leaves = 0
        known, from_day = case.known, self.from_day
        case.budget.left -= 1 + len(ways) // _WAYS_AT_ONCE
        for way in ways:
            if way.bits & barred:
                continue
            sure_first = first = max(way.first, from_day)
            sure_last = last = way.last
            for leaf in way.leaves:
                span = known[leaf]
                if span is None:
                    span = case.span(leaf)
                if span is EVERY_DAY:
                    met |= 1 << leaf
                    continue
                if span is NO_DAY:
                    barred |= 1 << leaf
                    first = last + 1
                    break
                a, b, c, d = span
                if a > sure_first:
                    sure_first = a
                if b < sure_last:
                    sure_last = b
                if c > first:
                    first = c
                if d < last:
                    last = d
                if first > last:
                    break
            if first > last:
                continue
            alive.append(way)
            leaves |= way.bits
            if sure_first <= sure_last and way.is_stated:
                return _World(case, alive, answer=True, leaves=leaves, met=met)
        if not alive:
            return _World(case, alive, answer=False, leaves=0, met=met)
        return _World(case, _without_those_included(alive, met), None, leaves, met)

    def is_always_offered(self) -> bool:
        """Whether every case has a day; one case that has none settles it."""
        least = self._supposing(self.least, is_sure=True)
        parts = [(least, [way for way in self.alive if way.is_stated])]
        while parts:
            world = self._world(*parts.pop())
            if world.answer:
                continue
            asked = None if world.answer is False else self._most_asked(world.case, world.ways)
            if asked is None:
                return False
            split = [(part, world.ways) for part in world.case.split(asked.branches)]
            parts += sorted(split, key=lambda it: len(self._world(*it).ways), reverse=True)
        return True

    def _most_asked(  # noqa: C901  # a call each would cost more
        self, case: Case, ways: Sequence[Way]
    ) -> _Asked | None:
        """The open question that most ways ask, with its answers.

        The number of doses comes first: it has few cases and settles most. A question that
        has few answers counts more. A range of days is cut where a way gains or loses its days, if
        there is such a day.
        """
        case.budget.spend(_ASKED_OF_A_WAY * len(ways))
        counted = Counter[Question]()
        asking: dict[Question, list[tuple[int, Way]]] = {}
        for way in ways:
            first = max(way.first, self.from_day)
            its: dict[Question, int] = {}
            for leaf in case.open_among(way.leaves, first, way.last):
                for question in case.questions(leaf):
                    its[question] = leaf
            for question, leaf in its.items():
                asking.setdefault(question, []).append((leaf, way))
            counted.update(its.keys())
        if case.facts.doses is None and DOSES in counted:
            return _Asked(DOSES, case.branches(DOSES, asking[DOSES][0][0]))
        for question in counted:
            if _has_few_answers(case, question):
                counted[question] *= _FEW_ANSWERS
        order = sorted(counted, key=lambda it: (-counted[it], it))
        for question in order:
            if question not in {DOSES, BIRTH_DATE}:
                return _Asked(question, case.branches(question, asking[question][0][0]))
            for leaf, way in asking[question]:
                found = case.turning(question, leaf, way)
                if found is not None:
                    return _Asked(question, found)
        most = next(iter(order), None)
        return None if most is None else _Asked(most, case.branches(most, asking[most][0][0]))

    def _ranges(self, case: Case, numbers: Iterable[int]) -> Iterator[tuple[Way, Span]]:
        """The ways of these entries that are possible, with their days."""
        for number in numbers:
            entry = self.plan.entries[number]
            first = max(entry.first, self.from_day)
            for alternative in entry.alternatives if first <= entry.last else ():
                found = case.range_of(alternative, first, entry.last)
                if found is not None:
                    way = Way.of(alternative, first, entry.last, is_stated=entry.days_stated)
                    yield way, found

    def sure_days(self, numbers: Iterable[int]) -> DaySet:
        """The days that these entries together give in every case."""
        numbers = [number for number in numbers if self.plan.entries[number].days_stated]
        sure = DaySet.of_spans(found.possible for _, found in self._ranges(self.least, numbers))
        parts = [self.least]
        while parts and sure:
            case = parts.pop()
            found = list(self._ranges(case, numbers))
            sure &= DaySet.of_spans(days.possible for _, days in found)
            certain = DaySet.of_spans(days.sure for _, days in found)
            settled = sure <= certain
            asked = None if settled else self._most_asked(case, [way for way, _ in found])
            if asked is None:  # what is still open, no fact can settle
                sure &= certain
                continue
            parts += sorted(
                case.split(asked.branches),
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
        for way in self.alive:
            first = max(way.first, self.from_day)
            for leaf in self.whole.open_among(way.leaves, first, way.last):
                for question in self.whole.questions(leaf):
                    found.setdefault(question, leaf)
        return found

    def can_change(self, fact: Question, share: int = 1) -> bool:
        """Whether the outcome can depend on this fact alone, however the others turn out.

        It may look at one of `share` equal parts of the cases that are left.
        """
        with self.whole.budget.shared(share):
            return self._can_change(fact)

    def _can_change(self, fact: Question) -> bool:
        return any(self._can_decide(goal, fact) for goal in self.goals)

    def _can_decide(self, goal: _Goal, fact: Question) -> bool:
        """Whether a goal can depend on this fact alone."""
        if fact not in goal.asking:
            return False
        for case in self._openings(goal, fact):
            if self._differs(goal, [goal.part([self._world(case, goal.ways)])], fact):
                return True
        if not goal.is_sure or not any(it.is_about_policy for it in goal.asking):
            return False
        # a day may be sure for one of two people alone by several ways, each in other worlds
        return self._differs(goal, [goal.part([self._world(goal.case, goal.ways)])], fact)

    def _differs(self, goal: _Goal, parts: list[_Part], fact: Question) -> bool:
        """Whether two people who differ in the fact alone have different answers.

        Each part has another range of the fact; in all else the parts are alike. Two parts with
        different answers settle it. Where the answer of a part is not seen, what most decides it
        is divided: the fact within the part, the policy's own questions within it too, anything
        else in all parts alike.
        """
        asked = goal.asking[fact]
        bits = sum(1 << leaf for leaf in asked)
        while True:
            # what it costs to go through them
            self.whole.budget.spend(4 + 2 * sum([len(part.worlds) for part in parts]))
            answers = {part.answer for part in parts}
            if len(answers - {None}) > 1:
                return True
            if None not in answers or not bits & _deciding_between(parts):
                return False
            part = min([it for it in parts if it.answer is None], key=lambda it: it.size)
            world = next(it for it in part.worlds if it.answer is None)
            next_: _Asked | None = None
            if len(parts) == 1:
                next_ = _Asked(fact, world.case.branches(fact, min(asked)))
            elif not self._differ_for_one(goal, parts, fact):
                next_ = self._most_asked(world.case, world.ways)
            if next_ is None:
                return True  # two of them differ, or nothing divides those whose answer is not seen
            question, branches = next_
            if question == fact:
                found = [it for branch in branches for it in self._answered(goal, branch, [part])]
            elif question.is_about_policy:
                others = [it for it in part.worlds if it is not world]
                each = [it for branch in branches for it in world.case.answering(branch)]
                found = [goal.part([*others, *(self._world(case, world.ways) for case in each)])]
            else:
                break
            parts = [*(it for it in parts if it is not part), *found]
        children = [self._answered(goal, branch, parts) for branch in branches]
        children.sort(key=lambda it: min([part.size for part in it], default=0))
        if fact == BIRTH_DATE and question == DOSES and parts[0].worlds[0].case.facts.doses is None:
            children[:0] = [it for child in children for it in self._right_after_birth(goal, child)]
        return any(self._differs(goal, child, fact) for child in children)

    def _right_after_birth(self, goal: _Goal, parts: Sequence[_Part]) -> Iterator[list[_Part]]:
        """Of people with doses the ones who had them as soon as the last of these people was born.

        They take few cases. Often they show that the birth date matters: those who are older could
        have a dose before.
        """
        cases = [world.case for part in parts for world in part.worlds]
        if not cases or not cases[0].facts.doses:
            return
        last = max([case.facts.birth_to for case in cases])
        ranges = zip(cases[0].facts.doses, cases[0].latest.doses or (), strict=True)
        branch = Branch(Case.exactly, (None, earliest_days(last, ranges)))
        yield self._answered(goal, branch, parts)

    def _differ_for_one(self, goal: _Goal, parts: Sequence[_Part], fact: Question) -> bool:
        """Whether somebody shows at once that two parts have different answers.

        One part offers little. In another part a way gives days; it is tried with those to whom it
        gives the most.
        """
        few = min(parts, key=lambda it: it.size)
        others = [it for it in parts if it.leaves & ~few.leaves]
        if few.size > _FEW_WAYS or not others:
            return False
        world = others[0].worlds[0]
        known = {way.bits for way in few.worlds[0].ways}
        way = next((it for it in world.ways if it.bits not in known), None)
        if way is None or world.case.facts.doses is None:
            return False
        first = max(way.first, self.from_day)
        open_ = [*world.case.open_among(way.leaves, first, way.last)]
        one = next(world.case.best(open_))
        birth = None if fact == BIRTH_DATE else one.facts.birth
        doses = None if fact == DOSES else one.facts.doses
        found = self._answered(goal, Branch(Case.exactly, (birth, doses)), parts)
        answers = {part.answer for part in found}
        return len(answers - {None}) > 1

    def _answered(self, goal: _Goal, branch: Branch, parts: Iterable[_Part]) -> list[_Part]:
        """Those of the people in each part to whom an answer applies."""
        found = []
        for part in parts:
            worlds = []
            for world in part.worlds:
                for case in world.case.answering(branch):
                    settled = world.answer is not None
                    worlds.append(
                        world._replace(case=case) if settled else self._world(case, world.ways)
                    )
            if worlds:
                found.append(goal.part(worlds))
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
                    question = case.questions(leaf)[0]
                    parts += reversed(case.split(case.branches(question, leaf)))
                    break
                if case.range_of(use.leaves, entry.first, entry.last) == _whole(entry):
                    admitted.append(use.window)
            else:
                found[tuple(admitted)] = None
        return tuple(found)


def _has_few_answers(case: Case, question: Question) -> bool:
    """Whether a fact has few answers: it is no day, or whether there is such a day at all."""
    if question in {DOSES, BIRTH_DATE} or question.is_about_policy:
        return False
    return question.fact != "dated_facts" or question.item not in case.facts.dated


def _related(case: Case, leaves: Iterable[int]) -> list[tuple[int, ...]]:
    """The conditions that are open, in sets that ask for related things.

    The doses are related to the birth date: nobody is vaccinated before birth.
    """
    sets: list[tuple[set[Question], list[int]]] = []
    for leaf in leaves:
        asked = {DOSES if it == BIRTH_DATE else it for it in case.questions(leaf)}
        if not asked:
            continue
        apart = [it for it in sets if it[0].isdisjoint(asked)]
        joined = [it for it in sets if not it[0].isdisjoint(asked)]
        questions = asked.union(*(it[0] for it in joined))
        numbers = [number for it in joined for number in it[1]]
        sets = [*apart, (questions, [*numbers, leaf])]
    return [tuple(sorted(numbers)) for _, numbers in sets]


def _deciding_between(parts: Iterable[_Part]) -> int:
    """The conditions that decide something for some of these people, a bit each."""
    leaves, met = 0, -1
    for part in parts:
        leaves |= part.leaves
        met &= part.met
    return leaves & ~met


def _without_those_included(ways: list[Way], met: int) -> list[Way]:
    """The ways without those that another one includes, where everybody meets some conditions.

    Args:
        ways: the ways.
        met: the conditions that hold on every day for everybody, a bit each.
    """
    kept: list[Way] = []
    of_bits: dict[int, list[Way]] = {}
    of_size: dict[int, list[int]] = {}
    for bits, way in sorted([(way.bits & ~met, way) for way in ways], key=_number_of_bits):
        size = bits.bit_count()
        fewer = [it for its in of_size if its < size for it in of_size[its] if not it & ~bits]
        for other in [it for each in (*fewer, bits) for it in of_bits.get(each, ())]:
            if (
                other.first <= way.first
                and way.last <= other.last
                and other.is_stated >= way.is_stated
            ):
                break
        else:
            kept.append(way)
            if bits not in of_bits:
                of_bits[bits] = []
                of_size.setdefault(size, []).append(bits)
            of_bits[bits].append(way)
    return kept


def _number_of_bits(way: tuple[int, Way]) -> tuple[int, int, bool]:
    return way[0].bit_count(), way[1].first - way[1].last, not way[1].is_stated


def _whole(entry: CompiledOffer) -> Span:
    """All days of an offer."""
    return days_between(entry.first, entry.last)


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


def _best_split(
    case: Case, open_: Sequence[int], alternative: Iterable[int], first: int, last: int
) -> list[Case]:
    """The parts by the question that settles most; [] where nothing is open.

    That is the number of doses, or else a range of which one condition gives more days at the early
    end and another one at the late end, or else the question that leaves the fewest days possible.
    """
    asked = {question: leaf for leaf in open_ for question in case.questions(leaf)}
    if DOSES in asked and case.facts.doses is None:
        return case.split(case.branches(DOSES, asked[DOSES]))
    disputed = [place for place, ends in case.wishes(open_).items() if len(ends) > 1]
    if BIRTH_DATE in asked and None in disputed:
        return case.split(case.branches(BIRTH_DATE, asked[BIRTH_DATE]))
    if len(asked) == 1 or (DOSES in asked and disputed):
        question = DOSES if DOSES in asked else next(iter(asked))
        return case.split(case.branches(question, asked[question]))
    splits = [case.split(case.branches(question, leaf)) for question, leaf in asked.items()]
    return min(
        splits,
        key=lambda parts: sum(_width(part, alternative, first, last) for part in parts),
        default=[],
    )


def _width(case: Case, alternative: Iterable[int], first: int, last: int) -> int:
    """On how many days an alternative is possible."""
    found = case.range_of(alternative, first, last)
    return 0 if found is None else found.possible_last - found.possible_first + 1
