"""A person of whom something is not known, as a range of people, and how such a range is split.

A `Case` is such a range: a birth date between two days, each dose between two days, groups that are
open. It gives the days of each condition for all of these people (sure) and for some of them
(possible). Where the two differ, `Case.split` divides the range at a place where the condition's
answer changes. Between two such places no answer changes, so that nothing is sampled.
"""

from __future__ import annotations

from bisect import bisect_left
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from vaxpolicy.days import FIRST, LAST, TAIWAN
from vaxpolicy.rules.conditions import (
    EVERY_DAY,
    NO_DAY,
    NOT_KNOWN,
    Facts,
    Question,
    Span,
    with_whole,
)
from vaxpolicy.rules.dose_histories import ANY_VACCINE, History, histories, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vaxpolicy.rules.compiled import CompiledPolicy

BIRTH_DATE: Final = Question("birth_date")
DOSES: Final = Question("doses")


class TooManyCasesError(Exception):
    """More cases would have to be looked at than a decision may."""


class Budget:
    """The number of cases that may still be examined."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left: int = left

    def spend(self, cases: int = 1) -> None:
        """Count cases; raises TooManyCasesError when there were too many."""
        self.left -= cases
        if self.left < 0:
            raise TooManyCasesError

    @contextmanager
    def shared(self, share: int) -> Iterator[None]:
        """Spend no more than one of so many equal parts of what is left."""
        kept = self.left - self.left // share
        self.left -= kept
        try:
            yield
        finally:
            self.left = max(self.left, 0) + kept


class Case:
    """A range of people: everybody whom the known and assumed facts allow.

    `facts` are those of the people with the earliest days of each dose, `latest` those with the
    latest ones; they are the same object where no dose has a range. `known` has the days of the
    conditions that were looked at, and None for each other one.
    """

    __slots__ = ("budget", "facts", "known", "latest", "plan")

    def __init__(
        self,
        plan: CompiledPolicy,
        facts: Facts,
        budget: Budget,
        *,
        latest: Facts | None = None,
        spans: list[Span | None] | None = None,
    ) -> None:
        budget.spend()
        self.plan: CompiledPolicy = plan
        self.facts: Facts = facts
        self.budget: Budget = budget
        self.latest: Facts = facts if latest is None else latest
        self.known: list[Span | None] = [None for _ in plan.leaves] if spans is None else spans

    def span(self, number: int) -> Span:
        """The days of a condition: those that all of these people have, and those that some have.

        A condition's days begin the later, or the earlier, the later a dose was given: what holds
        for both ends of a range holds for all between them.
        """
        span = self.known[number]
        if span is None:
            span = self.known[number] = self._span(number)
        return span

    def _span(self, number: int) -> Span:
        apply = self.plan.spans[number]
        if number not in self.plan.on_doses or self.facts.doses is None:
            return apply(self.facts)
        is_range = self.facts is not self.latest or ANY_VACCINE in self.facts.vaccines
        if is_range and number in self.plan.on_whole_history:
            return NOT_KNOWN  # at which of the doses it looks is not known, so nothing is sure
        ends = [self.facts] if self.facts is self.latest else [self.facts, self.latest]
        if number in self.plan.on_vaccines and self._open_vaccines(number):
            ends = [
                facts.but(vaccines=tuple(vaccine or one for vaccine in facts.vaccines))
                for facts in ends
                for one in self.plan.vaccine_choices
            ]
        return _of_all([apply(facts) for facts in ends])

    def range_of(
        self, alternative: Iterable[int], first: int, last: int
    ) -> tuple[int, int, int, int] | None:
        """The days from `first` to `last` on which all these conditions hold.

        For all of these people, then for some; None where nobody has a day.
        """
        sure_first, sure_last = first, last
        for number in alternative:
            span = self.known[number]
            if span is None:
                span = self.span(number)
            if span is EVERY_DAY:
                continue
            if span is NO_DAY:
                return None
            a, b, c, d = span
            sure_first, sure_last = max(sure_first, a), min(sure_last, b)
            first, last = max(first, c), min(last, d)
            if first > last:
                return None
        return sure_first, sure_last, first, last

    def open_among(self, alternative: Iterable[int], first: int, last: int) -> Iterator[int]:
        """The conditions whose answer is open on the days from `first` to `last`."""
        for number in alternative:
            span = self.span(number)
            if span is EVERY_DAY or span is NO_DAY:
                continue
            a, b, c, d = span
            begins = min(max(a, first), last + 1) != min(max(c, first), last + 1)
            if begins or max(min(b, last), first - 1) != max(min(d, last), first - 1):
                yield number

    def questions(self, number: int) -> Iterator[Question]:
        """The unknown facts that decide the answer of a condition."""
        facts = self.facts
        if number in self.plan.on_doses and (
            facts.doses is None or self._open_doses(number) or self._open_vaccines(number)
        ):
            yield DOSES
        if number in self.plan.on_birth and self._birth_middle() is not None:
            yield BIRTH_DATE
        for question in self.plan.leaves[number].open_questions(facts):
            if question not in {DOSES, BIRTH_DATE}:
                yield question

    def _looked_at(self, number: int) -> Iterator[int]:
        """The places in the history of the doses at which a condition looks."""
        doses = self.facts.doses or ()
        for dose in self.plan.dose_numbers[number]:
            place = self.facts.before_season + dose - 1
            if 0 <= place < len(doses):
                yield place

    def _open_doses(self, number: int) -> list[int]:
        """Those of them whose days are a range in which answers change."""
        earliest, latest = self.facts.doses or (), self.latest.doses or ()
        edges = self.plan.dose_edges
        return [
            place
            for place in self._looked_at(number)
            if _middle(edges, earliest[place], latest[place]) is not None
        ]

    def _open_vaccines(self, number: int) -> list[int]:
        """Those of them whose vaccine is not known, where the condition asks for it."""
        if number not in self.plan.on_vaccines:
            return []
        vaccines = self.facts.vaccines
        return [place for place in self._looked_at(number) if vaccines[place] == ANY_VACCINE]

    def split(self, question: Question, number: int) -> list[Case]:
        """The parts into which one of the `questions` about a condition divides these people."""
        return [part for branch in self.branches(question, number) for part in branch(self)]

    def branches(self, question: Question, number: int) -> list[Branch]:
        """The answers to one of the `questions` about a condition, to be applied to these people.

        They may be applied to any case that differs from this one in another fact.
        """
        match question:
            case Question("birth_date"):
                return self._birth_branches()
            case Question("doses"):
                return self._dose_branches(number)
            case Question("groups", group):
                return [
                    lambda case: [case.but(question, not_groups=case.facts.not_groups | {group})],
                    lambda case: [
                        case.but(question, groups=case.facts.groups | with_whole([group]))
                    ],
                ]
            case Question("willingness", vaccine):
                return [
                    partial(_wanting, vaccine, instant) for instant in _instants(self.plan, vaccine)
                ]
            case Question("registered_county" | "residence_county"):
                return [
                    partial(_of_county, question, county)
                    for county in ("", *sorted(self.plan.edges.counties))
                ]
        return [partial(_assuming, question, answer) for answer in (0, 1)]

    def but(self, question: Question, **changes: object) -> Case:
        """These people with a fact changed that has no range."""
        facts = self.facts.but(**changes)
        latest = facts if self.latest is self.facts else self.latest.but(**changes)
        return Case(self.plan, facts, self.budget, latest=latest, spans=self.kept(question.fact))

    def kept(self, *facts: str) -> list[Span | None]:
        """The days of conditions that ask for none of these facts."""
        kept = self.known.copy()
        for fact in facts:
            for number in self.plan.asking(fact):
                kept[number] = None
        return kept

    def _birth_branches(self) -> list[Branch]:
        low, high = self.facts.birth, self.facts.birth_to
        middle = self._birth_middle()
        if middle is None:
            return [lambda case: [case]]
        return [
            lambda case: case.between(low, middle),
            lambda case: case.between(middle + 1, high),
        ]

    def _birth_middle(self) -> int | None:
        return _middle(self.plan.birth_edges, self.facts.birth, self.facts.birth_to)

    def between(self, birth: int, birth_to: int) -> list[Case]:
        """Those of these people who were born between two days; [] where nobody was."""
        birth, birth_to = max(birth, self.facts.birth), min(birth_to, self.facts.birth_to)
        if birth > birth_to:
            return []
        return self.ranged(birth, birth_to, self.facts.doses, self.latest.doses)

    def _dose_branches(self, number: int) -> list[Branch]:
        facts, latest = self.facts, self.latest
        if facts.doses is None or latest.doses is None:
            return [partial(_having, history) for history in histories(self.plan, FIRST)]
        for place in self._open_vaccines(number):
            return [partial(_of_vaccine, place, one) for one in self.plan.vaccine_choices]
        for place in self._open_doses(number):
            low, high = facts.doses[place], latest.doses[place]
            middle = _middle(self.plan.dose_edges, low, high) or low
            return [partial(_given, place, FIRST, middle), partial(_given, place, middle + 1, LAST)]
        return [lambda case: [case]]

    def ranged(
        self,
        birth: int,
        birth_to: int,
        earliest: Sequence[int] | None,
        latest: Sequence[int] | None,
    ) -> list[Case]:
        """These people with other ranges, cut to what is possible together; [] for nobody."""
        if not earliest or not latest:
            spans = (
                self.kept("birth_date") if earliest is None else self.kept("birth_date", "doses")
            )
            doses = None if earliest is None else ()
            facts = self.facts.but(birth=birth, birth_to=birth_to, doses=doses)
            return [Case(self.plan, facts, self.budget, spans=spans)]
        found = in_order(birth, tuple(zip(earliest, latest, strict=True)))
        if found is None:
            return []
        earliest, latest = found
        birth_to = min(birth_to, latest[0])
        spans = self.kept("birth_date", "doses")
        facts = self.facts.but(birth=birth, birth_to=birth_to, doses=earliest)
        if earliest == latest:
            return [Case(self.plan, facts, self.budget, spans=spans)]
        return [Case(self.plan, facts, self.budget, latest=facts.but(doses=latest), spans=spans)]

    def corners(self) -> Iterator[Case]:
        """Some of these people, one each: those with the earliest and the latest days."""
        birth, birth_to = self.facts.birth, self.facts.birth_to
        earliest, latest = self.facts.doses, self.latest.doses
        for day in dict.fromkeys((birth, birth_to)):
            for doses in dict.fromkeys((earliest, latest)):
                if not doses or latest is None:
                    yield from self.ranged(day, day, doses, doses)
                    continue
                found = in_order(day, tuple(zip(doses, latest, strict=True)))
                if found is not None:
                    yield from self.ranged(day, day, found[0], found[0])


Branch: TypeAlias = "Callable[[Case], list[Case]]"
"""An answer to a question: those of a case's people whose answer it is; [] where nobody's is."""


def _wanting(vaccine: str, instant: datetime | None, case: Case) -> list[Case]:
    wanted = {**case.facts.wanted, vaccine: instant}
    return [case.but(Question("willingness", vaccine), wanted=wanted)]


def _of_county(question: Question, county: str, case: Case) -> list[Case]:
    registered, residence = case.facts.counties
    if question.fact == "registered_county":
        return [case.but(question, counties=(county, residence))]
    return [case.but(question, counties=(registered, county))]


def _assuming(question: Question, answer: int, case: Case) -> list[Case]:
    return [case.but(question, assumed={**case.facts.assumed, question: answer})]


def _having(history: History, case: Case) -> list[Case]:
    """Those with doses between these days, of vaccines that are not known."""
    vaccines = (ANY_VACCINE,) * len(history.earliest)
    facts = case.facts.but(vaccines=vaccines, before_season=history.before_season)
    whole = Case(case.plan, facts, case.budget, spans=case.kept("doses"))
    birth, birth_to = facts.birth, facts.birth_to
    return whole.ranged(birth, birth_to, history.earliest, history.latest)


def _of_vaccine(place: int, vaccine: str, case: Case) -> list[Case]:
    vaccines = case.facts.vaccines
    changed = (*vaccines[:place], vaccine, *vaccines[place + 1 :])
    return [case.but(DOSES, vaccines=changed)]


def _given(place: int, low: int, high: int, case: Case) -> list[Case]:
    """Those who had the dose of a place between two days."""
    earliest, latest = list(case.facts.doses or ()), list(case.latest.doses or ())
    earliest[place], latest[place] = max(low, earliest[place]), min(high, latest[place])
    return case.ranged(case.facts.birth, case.facts.birth_to, earliest, latest)


def _of_all(spans: Sequence[Span]) -> Span:
    """The days of several people: those that all have, and those that some have."""
    if len(spans) == 1 or all(span is spans[0] for span in spans):
        return spans[0]
    return Span(
        max(span.first for span in spans),
        min(span.last for span in spans),
        min(span.possible_first for span in spans),
        max(span.possible_last for span in spans),
    )


def _middle(edges: Sequence[int], low: int, high: int) -> int | None:
    """The middle one of the edges in a range of days; None where there is none."""
    start, stop = bisect_left(edges, low), bisect_left(edges, high)
    return edges[(start + stop) // 2] if start < stop else None


_SOME_INSTANT: Final = datetime(2000, 1, 1, tzinfo=TAIWAN)
"""Any instant will do where no condition asks for one."""


def _instants(plan: CompiledPolicy, vaccine: str) -> Iterator[datetime | None]:
    """Never, and an instant in each range within which no condition changes its answer."""
    yield None
    edges = sorted(plan.instants.get(vaccine, ()))
    yield from edges
    yield edges[-1] + timedelta(microseconds=1) if edges else _SOME_INSTANT
