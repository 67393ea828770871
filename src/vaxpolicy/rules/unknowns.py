"""A person of whom something is not known, as a range of people, and how such a range is split.

A `Case` is such a range: a birth date between two days, each dose between two days, groups that are
open. It gives the days of each condition for all of these people (sure) and for some of them
(possible). If the two differ, `Case.split` divides the range at a place where the condition's
answer changes. Between two such places no answer changes, so that nothing is sampled.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from functools import partial, reduce
from itertools import islice, product
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.compiled import Steps
from vaxpolicy.rules.conditions import (
    EVERY_DAY,
    NEVER,
    NO_DAY,
    NOT_KNOWN,
    Facts,
    Question,
    Span,
    new_span,
    with_whole,
)
from vaxpolicy.rules.dose_histories import ANY_VACCINE, History, earliest_days, histories, in_order
from vaxpolicy.rules.moments import SOME_INSTANT
from vaxpolicy.rules.people import Sex

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from datetime import datetime

    from vaxpolicy.rules.compiled import CompiledPolicy, Way

BIRTH_DATE: Final = Question("birth_date")
DOSES: Final = Question("doses")


class TooManyCasesError(Exception):
    """More cases would have to be looked at than a decision may."""


class Budget:
    """The work that a decision may still do, in units of about two microseconds of CPU.

    A unit is the cost of the answer of one condition for one case. Other work is counted in these
    units as well, as it was measured.
    """

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left: int = left

    def spend(self, units: int) -> None:
        """Count work; raises TooManyCasesError when it was too much."""
        self.left -= units
        if self.left < 0:
            raise TooManyCasesError

    def spend_on_doses(self, doses: int) -> None:
        """Count the work of looking through the doses of a history once."""
        self.spend(_of_doses(doses))

    @contextmanager
    def shared(self, share: int) -> Iterator[None]:
        """Spend at most an equal share of what is left, for this number of shares."""
        kept = self.left - self.left // share
        self.left -= kept
        try:
            yield
        finally:
            self.left = max(self.left, 0) + kept


_FEW_DOSES: Final = 32
"""The number of doses that are looked through by the work of making a case."""

_DOSES_AT_ONCE: Final = 3
"""A unit of work for this number of further doses."""

_A_CASE: Final = 4
"""The work of making a case."""

_FORGOTTEN_AT_ONCE: Final = 32
"""A unit of work for this number of conditions whose days are not kept for a case."""

_ASKED_AT_ONCE: Final = 4
"""A unit of work for this number of questions that one condition asks."""

_A_TURN: Final = 20
"""The work of looking for the day on which a way gains or loses its days."""

_THE_BEST: Final = 18
"""The work of looking for the ends of ranges at which conditions give more days."""


def _of_doses(doses: int) -> int:
    """The work of looking through the doses of a history once."""
    return max(0, doses - _FEW_DOSES) // _DOSES_AT_ONCE


class Branch(NamedTuple):
    """One answer to a question; equal answers are equal.

    Attributes:
        apply: finds the people of a case with this answer; [] where nobody has it.
        answer: its further arguments.
    """

    apply: Callable[..., list[Case]]
    answer: tuple[Hashable, ...]


class Case:
    """A range of people: everybody whom the known and assumed facts allow.

    Attributes:
        plan: the policy.
        facts: the facts of the people with the earliest days of each dose.
        latest: the facts of those with the latest days; the same object if no dose has a range.
        budget: the work that may still be done.
        known: the days of the conditions that were examined, and None for each other one.
        base: the same people before facts without days were assumed, such as a group; None: these
            people are their own base. Answers that depend on days alone are found for the base.
        own: the conditions that ask for the facts that were assumed.
    """

    __slots__ = (
        *("_parts", "_questions", "_undecided", "base", "budget", "facts", "known", "latest"),
        *("own", "plan"),
    )

    def __init__(
        self,
        plan: CompiledPolicy,
        facts: Facts,
        budget: Budget,
        *,
        latest: Facts | None = None,
        spans: list[Span | None] | None = None,
        base: Case | None = None,
        own: frozenset[int] = frozenset(),
    ) -> None:
        budget.spend(_A_CASE)
        self.plan: CompiledPolicy = plan
        self.facts: Facts = facts
        self.budget: Budget = budget
        self.latest: Facts = facts if latest is None else latest
        self.known: list[Span | None] = [None for _ in plan.leaves] if spans is None else spans
        self.base: Case | None = base
        self.own: frozenset[int] = own
        self._parts: dict[Branch, list[Case]] = {}
        self._questions: dict[int, list[Question]] = {}
        self._undecided: Steps | None = None

    def span(self, number: int) -> Span:
        """The days of a condition: those that all of these people have, and those that some have.

        A condition's days begin the later, or the earlier, the later a dose was given: what holds
        for both ends of a range holds for all between them.
        """
        span = self.known[number]
        if span is None:
            self.budget.left -= 1  # the next case that is made finds out whether that is too much
            base = None if number in self.own else self.base
            span = self._span(number) if base is None else base.span(number)
            self.known[number] = span
        return span

    def _span(self, number: int) -> Span:
        apply = self.plan.spans[number]
        if number not in self.plan.on_doses or self.facts.doses is None:
            return apply(self.facts)
        is_range = self.facts is not self.latest or ANY_VACCINE in self.facts.vaccines
        if is_range and number in self.plan.on_whole_history and number not in self.plan.by_order:
            return NOT_KNOWN  # at which of the doses it looks is not known, so nothing is sure
        ends = [self.facts] if self.facts is self.latest else [self.facts, self.latest]
        if number in self.plan.on_vaccines and self._open_vaccines(number):
            ends = [
                facts.but(vaccines=tuple(vaccine or one for vaccine in facts.vaccines))
                for facts in ends
                for one in self.plan.vaccine_choices
            ]
        self.budget.left -= len(ends)
        return reduce(_of_both, map(apply, ends))

    def range_of(self, alternative: Iterable[int], first: int, last: int) -> Span | None:
        """The days from `first` to `last` on which all these conditions hold.

        The sure days are those of all these people, the possible ones those of some of them. None
        if nobody has a day.
        """
        self.budget.left -= 1
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
            if a > sure_first:  # comparisons: it is asked of every case
                sure_first = a
            if b < sure_last:
                sure_last = b
            if c > first:
                first = c
            if d < last:
                last = d
            if first > last:
                return None
        return new_span((sure_first, sure_last, first, last))

    def open_among(self, alternative: Iterable[int], first: int, last: int) -> Iterator[int]:
        """The conditions whose answer is open on the days from `first` to `last`."""
        for number in alternative:
            span = self.known[number]
            if span is None:
                span = self.span(number)
            if span is EVERY_DAY or span is NO_DAY:
                continue
            a, b, c, d = span
            if (a != c and a > first and c <= last) or (b != d and b < last and d >= first):
                yield number

    def questions(self, number: int) -> Sequence[Question]:
        """The unknown facts that decide the answer of a condition."""
        found = self._questions.get(number)
        if found is None:
            found = self._questions[number] = [*self._asked(number)]
            self.budget.left -= len(found) // _ASKED_AT_ONCE
        return found

    def _asked(self, number: int) -> Iterator[Question]:
        facts = self.facts
        if (
            number in self.plan.on_doses
            and not facts.undecided
            and (
                facts.doses is None
                or self._open_vaccines(number)
                or next(self._open_doses(number), None) is not None
            )
        ):
            yield DOSES
        by_birth = number in self.plan.by_birth or facts.undecided
        if by_birth and self._birth_middle(number) is not None:
            yield BIRTH_DATE
        for question in self.plan.leaves[number].open_questions(facts):
            if question not in {DOSES, BIRTH_DATE} and self._is_divisible(question):
                yield question

    def _is_divisible(self, question: Question) -> bool:
        """Whether the answers to a question differ; those to a dated fact do between its edges."""
        if question.fact != "dated_facts":
            return True
        return question.item not in self.facts.dated or self._middle_of(question.item) is not None

    def _middle_of(self, fact: str) -> int | None:
        return self.plan.dated_steps[fact].middle(*self.facts.dated[fact])

    def _looked_at(self, number: int) -> Iterator[int]:
        """The places in the history of the doses at which a condition looks."""
        doses = self.facts.doses or ()
        if number in self.plan.by_order:
            yield from self.plan.places(number, self.facts.vaccines)
        for dose in self.plan.dose_numbers[number]:
            place = self.facts.before_season + dose - 1
            if 0 <= place < len(doses):
                yield place

    def _open_doses(self, number: int) -> Iterator[tuple[int, int]]:
        """Those of them whose days are a range in which its answer changes, and a day to cut it."""
        earliest, latest = self.facts.doses or (), self.latest.doses or ()
        steps = self._steps_of_doses(number)
        for place in self._looked_at(number):
            middle = steps.middle(earliest[place], latest[place])
            if middle is not None:
                yield place, middle

    def _steps_of_doses(self, number: int) -> Steps:
        """The last days of a dose before a condition changes its answer."""
        at_age = self.plan.ages_at_dose.get(number)
        if at_age is None:
            return self.plan.dose_steps[number]
        return Steps.of_range(at_age.days(self.facts.birth, self.facts.birth_to))

    def _steps_of_births(self, number: int) -> Steps:
        """The last birth dates before a condition changes its answer."""
        validity, facts = self.plan.validity, self.facts
        if validity is not None and facts.undecided and number in self.plan.on_doses:
            if self._undecided is None:
                self.budget.left -= _of_doses(len(facts.undecided))
                self._undecided = Steps.of(validity.edges(facts))
            return self._undecided
        at_age = self.plan.ages_at_dose.get(number)
        if at_age is None:
            return self.plan.birth_steps[number]
        earliest, latest = at_age.dose_of(facts), at_age.dose_of(self.latest)
        if earliest is None or latest is None:
            return _NO_STEPS
        return Steps.of_range(at_age.births(earliest, latest))

    def _open_vaccines(self, number: int) -> list[int]:
        """Those of them whose vaccine is not known, where the condition asks for it."""
        vaccines = self.facts.vaccines
        if ANY_VACCINE not in vaccines or number not in self.plan.on_vaccines:
            return []
        return [place for place in self._looked_at(number) if vaccines[place] == ANY_VACCINE]

    def split(self, branches: Iterable[Branch]) -> list[Case]:
        """The parts into which these answers divide these people."""
        return [part for branch in branches for part in self.answering(branch)]

    def answering(self, branch: Branch) -> list[Case]:
        """Those of these people with this answer. They are found once, whoever asks."""
        found = self._parts.get(branch)
        if found is None:
            if self.base is None or branch.apply in _WITHOUT_DAYS:
                found = branch.apply(self, *branch.answer)
            else:
                found = [part._like(self) for part in self.base.answering(branch)]  # noqa: SLF001
            self._parts[branch] = found
        return found

    def _like(self, other: Case) -> Case:
        """Those of these people of whom the facts without days hold that hold of other people."""
        facts = other.facts
        changes: dict[str, object] = {
            "groups": facts.groups,
            "not_groups": facts.not_groups,
            "counties": facts.counties,
            "wanted": facts.wanted,
            "assumed": facts.assumed,
            "dated": facts.dated,
            "sex": facts.sex,
        }
        return self._with(changes, self.known.copy(), self, other.own)

    def _with(
        self, changes: dict[str, object], spans: list[Span | None], base: Case, own: frozenset[int]
    ) -> Case:
        """These people with facts changed that have no range."""
        for number in own:
            spans[number] = None
        self.budget.left -= len(own) // _FORGOTTEN_AT_ONCE
        facts = self.facts.but(**changes)
        latest = facts if self.latest is self.facts else self.latest.but(**changes)
        return Case(self.plan, facts, self.budget, latest=latest, spans=spans, base=base, own=own)

    def branches(self, question: Question, number: int) -> list[Branch]:
        """The answers to one of the `questions` about a condition, to be applied to these people.

        They may be applied to any case that differs from this one in another fact.
        """
        match question:
            case Question("birth_date"):
                cut = self._birth_middle(number)
                return self._cut(None, self.facts.birth if cut is None else cut)
            case Question("doses"):
                return self._dose_branches(number)
            case Question("groups", group):
                return [Branch(_belonging, (group, answer)) for answer in (False, True)]
            case Question("willingness", vaccine):
                instants = _instants(self.plan, vaccine)
                return [Branch(_wanting, (vaccine, instant)) for instant in instants]
            case Question("dated_facts", fact):
                return [Branch(_happened, (fact, days)) for days in self._dated_parts(fact)]
        return self._answers(question)

    def _answers(self, question: Question) -> list[Branch]:
        """The answers to a question that has the same few of them for everybody."""
        if question.fact == "sex":
            return [Branch(_of_sex, (sex,)) for sex in get_args(Sex)]
        if question.fact in {"registered_county", "residence_county"}:
            counties = ("", *sorted(self.plan.edges.counties))
            return [Branch(_of_county, (question, county)) for county in counties]
        return [Branch(_assuming, (question, answer)) for answer in (0, 1)]

    def but(self, question: Question, **changes: object) -> Case:
        """These people with a fact changed that has no range."""
        own = self.own | self.plan.asking(question.fact)
        return self._with(changes, self.known.copy(), self.base or self, own)

    def kept(self, *facts: str) -> list[Span | None]:
        """The days of conditions that ask for none of these facts."""
        kept = self.known.copy()
        for fact in facts:
            for number in self.plan.asking(fact):
                kept[number] = None
        return kept

    def _dated_parts(self, fact: str) -> list[tuple[int, int]]:
        """The parts of the days of a dated fact: never and ever, or before and after an edge."""
        if fact not in self.facts.dated:
            return [(NEVER, NEVER), (FIRST, LAST)]
        low, high = self.facts.dated[fact]
        middle = self._middle_of(fact)
        return [(low, high)] if middle is None else [(low, middle), (middle + 1, high)]

    def _birth_middle(self, number: int) -> int | None:
        """A birth date at which to cut the range, for a condition; None where nothing changes."""
        return self._steps_of_births(number).middle(self.facts.birth, self.facts.birth_to)

    def between(self, birth: int, birth_to: int) -> list[Case]:
        """Those of these people who were born between two days; [] where nobody was."""
        birth, birth_to = max(birth, self.facts.birth), min(birth_to, self.facts.birth_to)
        if birth > birth_to:
            return []
        return self.ranged(birth, birth_to, self.facts.doses, self.latest.doses)

    def _dose_branches(self, number: int) -> list[Branch]:
        if self.facts.doses is None:
            return [Branch(_having, (history,)) for history in histories(self.plan)]
        for place in self._open_vaccines(number):
            return [Branch(_of_vaccine, (place, one)) for one in self.plan.vaccine_choices]
        return self._cut(*next(self._open_doses(number)))

    def _cut(self, place: int | None, day: int) -> list[Branch]:
        """Those before the end of a day and those after it: of a dose, or (None) of the births."""
        if place is None:
            low, high = self.facts.birth, self.facts.birth_to
            return [Branch(Case.between, (low, day)), Branch(Case.between, (day + 1, high))]
        return [Branch(_given, (place, FIRST, day)), Branch(_given, (place, day + 1, LAST))]

    def turning(self, question: Question, number: int, way: Way) -> list[Branch] | None:
        """The answers to a question about days, cut where a way gains or loses its days.

        None where it gains and loses none by this condition, whatever the others do.
        """
        self.budget.spend(_A_TURN)
        found = self.range_of([leaf for leaf in way.leaves if leaf != number], way.first, way.last)
        ranges: list[tuple[int | None, Steps, int, int]] = []
        if self.facts.undecided:
            return None
        if question == BIRTH_DATE:
            births = self._steps_of_births(number)
            ranges = [(None, births, self.facts.birth, self.facts.birth_to)]
        elif not self._open_vaccines(number):
            earliest, latest = self.facts.doses or (), self.latest.doses or ()
            places = [place for place, _ in self._open_doses(number)]
            steps = self._steps_of_doses(number)
            ranges = [(place, steps, earliest[place], latest[place]) for place in places]
        for first, last in (found.possible, found.sure) if found is not None else ():
            for place, steps, low, high in ranges if first <= last else ():
                gives = partial(self._gives, number, place, first, last)
                day = steps.turn(low, high, gives)
                if day is not None:
                    return self._cut(place, day)
        return None

    def _gives(self, number: int, place: int | None, first: int, last: int, day: int) -> bool:
        """Whether a condition has one of these days if the birth or a dose was on a certain day."""
        if place is None:
            facts = self.facts.but(birth=day, birth_to=day)
        else:
            doses = self.facts.doses or ()
            facts = self.facts.but(doses=(*doses[:place], day, *doses[place + 1 :]))
        _, _, begins, ends = self.plan.spans[number](facts)
        return max(begins, first) <= min(ends, last)

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
            if facts.undecided:
                spans = self.kept("birth_date", "doses")
                facts = self.plan.more_of(facts, self.budget.spend_on_doses)
            return [Case(self.plan, facts, self.budget, spans=spans)]
        self.budget.left -= len(earliest)
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

    def exactly(self, birth: int | None, doses: tuple[int, ...] | None) -> list[Case]:
        """Those of these people with this birth date and these days of doses; None: any.

        Nobody is among them of whom another number of doses counts.
        """
        low, high = (self.facts.birth, self.facts.birth_to) if birth is None else (birth, birth)
        if doses is None:
            return self.ranged(low, high, self.facts.doses, self.latest.doses)
        return (
            self.ranged(low, high, doses, doses) if len(doses) == len(self.facts.vaccines) else []
        )

    def best(self, numbers: Iterable[int]) -> Iterator[Case]:
        """Some of these people, one each, of whom conditions may give the most days.

        Each range is cut to the end at which a condition gives more days, or to both ends in turn
        where conditions differ in that.
        """
        wishes = self.wishes(numbers)
        earliest, latest = self.facts.doses or (), self.latest.doses or ()
        births = [self.facts.birth_to if it else self.facts.birth for it in wishes.get(None, {0})]
        ends = [wishes.get(place, {0}) for place in range(len(earliest))]
        facts = [fact for fact in wishes if isinstance(fact, str)]
        dated = [[self.facts.dated[fact][end] for end in wishes[fact]] for fact in facts]
        every = product(births, product(*ends), product(*dated))
        for birth, late, happened in islice(every, _MOST_PEOPLE):
            days = zip(earliest, latest, late, strict=True)
            ranges = ((high if it else low, high) for low, high, it in days)
            given = None if self.facts.undecided else earliest_days(birth, ranges)
            people = self.answering(Branch(Case.exactly, (birth, given)))
            for fact, day in zip(facts, happened, strict=True):
                branch = Branch(_happened, (fact, (day, day)))
                people = [it for one in people for it in one.answering(branch)]
            yield from people

    def wishes(self, numbers: Iterable[int]) -> dict[int | str | None, set[int]]:
        """Where conditions give more days: at the early end of a range (0) or at the late one (1).

        By the place of a dose, or by the dated fact; None: of the births.
        """
        self.budget.spend(_THE_BEST)
        found: dict[int | str | None, set[int]] = {}
        facts, birth, birth_to = self.facts, self.facts.birth, self.facts.birth_to
        for number in numbers:
            apply = self.plan.spans[number]
            if number in self.plan.by_birth and birth != birth_to:
                ends = apply(facts.but(birth_to=birth)), apply(facts.but(birth=birth_to))
                found.setdefault(None, set()).update(_wider(*ends))
            if number in self.plan.on_doses and facts is not self.latest:
                wish = _wider(apply(facts), apply(self.latest))
                for place, _ in self._open_doses(number):
                    found.setdefault(place, set()).update(wish)
            for question in self.questions(number):
                if question.fact == "dated_facts" and question.item in facts.dated:
                    fact = question.item
                    people = [
                        facts.but(dated={**facts.dated, fact: (day, day)})
                        for day in facts.dated[fact]
                    ]
                    found.setdefault(fact, set()).update(_wider(*map(apply, people)))
        return {place: ends for place, ends in found.items() if ends}


_NO_STEPS: Final = Steps((), ())


_MOST_PEOPLE: Final = 4
"""The most people with the best ends that are examined."""


def _wider(early: Span, late: Span) -> set[int]:
    """The span with more possible days: 0, 1, both, or neither if they are equal."""
    _, _, first, last = early
    _, _, late_first, late_last = late
    return {
        *([0] if first < late_first or last > late_last else []),
        *([1] if late_first < first or late_last > last else []),
    }


def _belonging(case: Case, group: str, answer: bool) -> list[Case]:
    question, facts = Question("groups", group), case.facts
    if facts.member(group) is not None:  # a group that it contains, or that contains it, says so
        return [case] if facts.member(group) is answer else []
    if answer:
        return [case.but(question, groups=facts.groups | with_whole([group]))]
    return [case.but(question, not_groups=facts.not_groups | {group})]


def _wanting(case: Case, vaccine: str, instant: datetime | None) -> list[Case]:
    wanted = {**case.facts.wanted, vaccine: instant}
    return [case.but(Question("willingness", vaccine), wanted=wanted)]


def _of_county(case: Case, question: Question, county: str) -> list[Case]:
    registered, residence = case.facts.counties
    if question.fact == "registered_county":
        return [case.but(question, counties=(county, residence))]
    return [case.but(question, counties=(registered, county))]


def _happened(case: Case, fact: str, days: tuple[int, int]) -> list[Case]:
    dated = {**case.facts.dated, fact: days}
    return [case.but(Question("dated_facts", fact), dated=dated)]


def _of_sex(case: Case, sex: str) -> list[Case]:
    return [case.but(Question("sex"), sex=sex)]


def _assuming(case: Case, question: Question, answer: int) -> list[Case]:
    return [case.but(question, assumed={**case.facts.assumed, question: answer})]


def _having(case: Case, history: History) -> list[Case]:
    """Those with doses between these days."""
    vaccines = history.vaccines
    facts = case.facts.but(vaccines=vaccines, before_season=history.before_season)
    whole = Case(case.plan, facts, case.budget, spans=case.kept("doses"))
    birth, birth_to = facts.birth, facts.birth_to
    return whole.ranged(birth, birth_to, history.earliest, history.latest)


def _of_vaccine(case: Case, place: int, vaccine: str) -> list[Case]:
    vaccines = case.facts.vaccines
    changed = (*vaccines[:place], vaccine, *vaccines[place + 1 :])
    facts, latest = (it.but(vaccines=changed) for it in (case.facts, case.latest))
    spans = case.kept("doses")
    return [Case(case.plan, facts, case.budget, latest=latest, spans=spans)]


_WITHOUT_DAYS: Final = frozenset({_belonging, _wanting, _of_county, _assuming, _happened, _of_sex})
"""The answers that change no range of births or doses."""


def _given(case: Case, place: int, low: int, high: int) -> list[Case]:
    """Those who had the dose of a place between two days."""
    earliest, latest = list(case.facts.doses or ()), list(case.latest.doses or ())
    earliest[place], latest[place] = max(low, earliest[place]), min(high, latest[place])
    return case.ranged(case.facts.birth, case.facts.birth_to, earliest, latest)


def _of_both(one: Span, other: Span) -> Span:
    """The days of two people: those that both have, and those that one of them has."""
    if one is other:
        return one
    a, b, c, d = one
    e, f, g, h = other
    return Span(max(a, e), min(b, f), min(c, g), max(d, h))


def _instants(plan: CompiledPolicy, vaccine: str) -> Iterator[datetime | None]:
    """Never, and an instant in each range within which no condition changes its answer."""
    yield None
    edges = sorted(plan.instants.get(vaccine, ()))
    yield from edges
    yield edges[-1] + timedelta(microseconds=1) if edges else SOME_INSTANT
