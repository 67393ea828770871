"""The rules of two policies about one dose of one vaccine, laid over each other.

They are applied to everybody at once: to ranges of birth dates and of days of doses, with groups,
counties and registrations not known; what they give is what holds for all and what holds for some
(`vaxpolicy.analysis.partition` goes on where these leave it open). Days come from
`vaxpolicy.rules.evaluation.Evaluation`, as those of a decision do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from attrs import evolve, frozen

from vaxpolicy.analysis.history_shapes import Shape, shapes
from vaxpolicy.analysis.profiles import AgeThen
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.rules.compiled import BoundCondition, CompiledOffer, CompiledPolicy
from vaxpolicy.rules.conditions import (
    NOT_KNOWN,
    Age,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    Facts,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    Question,
    Span,
    Wanted,
)

if TYPE_CHECKING:
    from vaxpolicy.rules.evaluation import Evaluation

# -- answers ---------------------------------------------------------------------------------------


class Kind(Enum):
    """What a change does: open a dose to people, close it to them, or move their days.

    From "no" by "undetermined" to "yes" is a gain, the other way a loss.
    """

    GAINS = "gains"
    LOSES = "loses"
    MOVES = "moves"


@frozen
class Days:
    """The days of one vaccine and dose under one policy, by whatever rule.

    `sure`: on which the person surely may have it; `possible`: on which it is possible, where the
    policy leaves something open that no source states. No day at all: not offered.
    """

    sure: DaySet
    possible: DaySet

    @property
    def rank(self) -> int:
        """No, undetermined, yes."""
        return YES if self.sure else OPEN if self.possible else NO


NO, OPEN, YES = range(3)


def kind_of(old: Days, new: Days) -> Kind | None:
    """The change from one to the other; None where there is none."""
    return None if old == new else kind_of_ranks(old.rank, new.rank)


def kind_of_ranks(old: int, new: int) -> Kind:
    """The change from one of no, undetermined, yes to another."""
    return Kind.MOVES if old == new else Kind.GAINS if old < new else Kind.LOSES


@frozen
class Bounds:
    """What holds for all people of a region, and what holds for some, in turn: sure, possible."""

    sure: DaySet
    sure_for_some: DaySet
    possible: DaySet
    possible_for_some: DaySet

    @property
    def rank(self) -> int | None:
        """No, undetermined, yes; None where it is not the same for all."""
        if self.sure:
            return YES
        if not self.possible_for_some:
            return NO
        return OPEN if self.possible and not self.sure_for_some else None

    def differs(self, other: Bounds) -> bool:
        """Whether the days differ for each of them."""
        return not (
            self.sure <= other.sure_for_some
            and other.sure <= self.sure_for_some
            and self.possible <= other.possible_for_some
            and other.possible <= self.possible_for_some
        )


# -- people by ranges ------------------------------------------------------------------------------


class RegionFacts(Facts):
    """People of whom birth and doses lie in ranges, by the season from which doses count.

    The corners are people at the ends: both low, both high, and crosswise. The later a birth or a
    dose, the more days a condition gives, or the fewer: so what all corners have everybody between
    them has, and what none of them has nobody has.
    """

    __slots__ = ("corners",)

    corners: dict[int, tuple[Facts, ...]]


_SURELY: Final = 0
_POSSIBLY: Final = 2
_Apply: TypeAlias = Callable[[Facts], Span]


def _over(leaf: BoundCondition, span: _Apply, season: int, corners: int, reading: int) -> _Apply:
    """A condition for a region: the days on which it holds for all, and those for some.

    By the `reading`, "holds" means that it surely does, or that it possibly does.
    """

    def over(region: Facts) -> Span:
        people = cast("RegionFacts", region).corners[season]
        first, last = some_first, some_last = span(people[0])[reading : reading + 2]
        for person in people[1:corners]:
            a, b = span(person)[reading : reading + 2]
            first, last = max(first, a), min(last, b)
            some_first, some_last = min(some_first, a), max(some_last, b)
        return Span(first, last, some_first, some_last)

    def asked(region: Facts) -> Span:
        person = cast("RegionFacts", region).corners[season][0]
        both = span(person)
        if both.is_open and any(about_person(leaf.open_questions(person))):
            return NOT_KNOWN
        first, last = both[reading : reading + 2]
        return Span(first, last, first, last)

    return over if corners > 1 else asked


def about_person(questions: Iterable[Question]) -> Iterator[Question]:
    """Those that are about the person, not about the policy."""
    return (question for question in questions if not question.is_about_policy)


# -- two policies, one plan ------------------------------------------------------------------------


@frozen(eq=False)
class Side:
    """One of the two: its own plan, cut to the dose, and the numbers of its entries in both."""

    plan: CompiledPolicy
    numbers: range
    may_join: bool
    """Whether rules that are open alone may together leave a day sure."""


class JointPolicy:
    """The rules of two policies about one dose of one vaccine; equal conditions count once."""

    def __init__(
        self, plans: tuple[CompiledPolicy, CompiledPolicy], vaccine: str, dose: int
    ) -> None:
        self.vaccine, self.dose = vaccine, dose
        self.seasons = sorted({plan.season for plan in plans})
        self.against = plans[0].vaccines | plans[1].vaccines
        self.leaves: list[BoundCondition] = []
        self.births: set[int] = set()
        self.doses: dict[tuple[int, int], set[int]] = {}
        """The edges of each dose, by season and number."""
        self.dims: list[tuple[object, ...]] = []
        """Which ranges bear on a leaf: "birth", or the season and number of a dose."""
        self._numbers: dict[object, int] = {}
        self._spans: tuple[list[_Apply], list[_Apply]] = ([], [])
        entries: list[CompiledOffer] = []
        sides = []
        for plan in plans:
            mine = [it for it in plan.entries if (it.vaccine, it.rule.dose) == (vaccine, dose)]
            numbers = range(len(entries), len(entries) + len(mine))
            sides.append(Side(evolve(plan, entries=tuple(mine)), numbers, _may_join(plan, mine)))
            entries += [self._entry(plan, entry) for entry in mine]
        self.old, self.new = sides
        self.sure, self.possible = (
            evolve(
                plans[0],
                entries=tuple(evolve(it, days_stated=True) for it in entries),
                leaves=tuple(self.leaves),
                spans=tuple(spans),
            )
            for spans in self._spans
        )
        self._contents = [
            [
                (frozenset(alternative), it.first, it.last, it.days_stated)
                for alternative in it.alternatives
            ]
            for it in entries
        ]
        self._stated = [entry.days_stated for entry in entries]

    def _entry(self, plan: CompiledPolicy, entry: CompiledOffer) -> CompiledOffer:
        alternatives = tuple(
            tuple(self._leaf(plan, leaf, entry) for leaf in alternative)
            for alternative in entry.alternatives
        )
        return evolve(entry, alternatives=alternatives, windows=(), always=())

    def _leaf(self, plan: CompiledPolicy, number: int, entry: CompiledOffer) -> int:
        leaf, season = plan.leaves[number], plan.season
        condition = leaf.condition
        # a condition that asks nothing of its stage is one leaf for all, but has its edges in each
        edges = condition.edges(evolve(leaf.context, first=entry.first, last=entry.last))
        dims: list[object] = ["birth"] if edges.births else []
        self.births |= edges.births
        if condition.fact == "doses" and not isinstance(condition, EarlierDosesAtLeast):
            place = season, entry.rule.dose - 1
            if isinstance(condition, DosesAtLeast):
                place = season, condition.doses_at_least
            self.doses.setdefault(place, set()).update(edges.doses)
            dims.append(place)
        setting = tuple(getattr(leaf.context, name) for name in condition.setting)
        counted = season if condition.fact == "doses" else None
        key = (condition, leaf.negated, setting, counted)
        if key not in self._numbers:
            self._numbers[key] = len(self.leaves)
            self.leaves.append(leaf)
            self.dims.append(tuple(dims))
            corners = (1, 2, 4)[len(dims)]
            for spans, reading in zip(self._spans, (_SURELY, _POSSIBLY), strict=True):
                spans.append(_over(leaf, plan.spans[number], season, corners, reading))
        return self._numbers[key]

    @property
    def is_same(self) -> bool:
        """Whether both policies say the same about it."""
        one, other = (
            {frozenset(self._contents[number]) for number in side.numbers}
            for side in (self.old, self.new)
        )
        return one == other

    def is_same_for(self, sweep: Evaluation) -> bool:
        """Whether both say the same to all of a region: what is live of their rules is equal."""
        one, other = (
            {
                self._contents[number][alternative]
                for number in side.numbers
                for alternative in live(sweep, sweep.plan.entries[number])
            }
            for side in (self.old, self.new)
        )
        return one == other

    def bounds(self, side: Side, sure: Evaluation, possible: Evaluation) -> Bounds:
        """The days of one policy, for all and for some."""
        stated = [number for number in side.numbers if self._stated[number]]
        some = DaySet.of_spans(span for it in side.numbers for span in possible.possible[it])
        return Bounds(
            DaySet.of_spans(span for it in stated for span in sure.sure[it]),
            some
            if side.may_join
            else DaySet.of_spans(span for it in stated for span in sure.possible[it]),
            DaySet.of_spans(span for it in side.numbers for span in possible.sure[it]),
            some,
        )

    def shapes(self, *, in_retrospect: bool) -> Iterator[Shape]:
        """The histories that can make a difference; with the dose in question only if asked for."""
        conditions = [leaf.condition for leaf in self.leaves]
        numbers = [number for _, number in self.doses]
        for shape in shapes(self.dose, self.seasons, conditions, numbers):
            if in_retrospect or not shape.had_it:
                yield shape

    # -- what is told apart --

    @cached_property
    def told_apart(self) -> list[frozenset[str]]:
        """The vaccines of the dose before, in the sets that no condition tells apart."""
        named = {
            vaccine
            for leaf in self.leaves
            if isinstance(leaf.condition, PreviousDoseOf)
            for vaccine in leaf.condition.previous_dose_of
        }
        if not named:
            return []
        others = self.against - named
        return [*(frozenset({one}) for one in sorted(named)), *([others] if others else [])]

    @cached_property
    def ages_then(self) -> frozenset[AgeThen]:
        """The ages, at a dose and so many days later, at which something may change."""
        conditions = [leaf.condition for leaf in self.leaves]
        months = {it.months for it in conditions if isinstance(it, Age) and it.on == "day"}
        months |= {
            12 * it.previous_dose_before_age
            for it in conditions
            if isinstance(it, PreviousDoseBeforeAge)
        }
        later = {0} | {it.dose_due_after_days for it in conditions if isinstance(it, DoseDue)}
        return frozenset(AgeThen(*it) for it in product(months, (False, True), later))

    @cached_property
    def instants(self) -> list[datetime]:
        """The last instants of registration before each change."""
        each = (leaf.condition.edges(leaf.context).instants for leaf in self.leaves)
        return sorted(frozenset[datetime]().union(*each))

    @cached_property
    def counties(self) -> tuple[str, ...]:
        """Any other county (""), and those that are told apart."""
        each = (leaf.condition.edges(leaf.context).counties for leaf in self.leaves)
        return ("", *sorted(frozenset[str]().union(*each)))

    def instant(self, number: int) -> datetime | None:
        """An instant of registration in a range: its last, or of the last range the first."""
        if number == NEVER_REGISTERED:
            return None
        if number < len(self.instants):
            return self.instants[number]
        return self.instants[-1] + timedelta(microseconds=1) if self.instants else _SOME_INSTANT


NEVER_REGISTERED: Final = -1
_SOME_INSTANT: Final = datetime(2000, 1, 1, tzinfo=TAIWAN)
"""Any will do where conditions tell none apart."""


def _may_join(plan: CompiledPolicy, entries: list[CompiledOffer]) -> bool:
    """Whether two conditions rest on one question that no source answers: one may hold for sure.

    Where each question bears on one condition alone, there is one answer to all of them that is the
    worst for every rule, and nothing is sure but what a rule alone makes sure.
    """
    leaves = {leaf for it in entries for alternative in it.alternatives for leaf in alternative}
    conditions = [plan.leaves[leaf].condition for leaf in leaves]
    questions = [
        question
        for condition in conditions
        for question in (getattr(condition, "not_stated", None), _age_not_stated(condition))
        if question is not None
    ]
    hours = [
        it
        for it in conditions
        if isinstance(it, Wanted) and any(type(bound) is date for bound in (it.by, it.after))
    ]
    return len(questions) > len(set(questions)) or len(hours) > 1


def _age_not_stated(condition: object) -> object:
    age = getattr(condition, "age", condition)
    return getattr(age, "months", None) if getattr(age, "on", None) == "not-stated" else None


def live(sweep: Evaluation, entry: CompiledOffer) -> Iterator[int]:
    """The alternatives that are possible for somebody."""
    spans = sweep.spans
    for number, alternative in enumerate(entry.alternatives):
        first, last = entry.first, entry.last
        for leaf in alternative:
            _, _, low, high = spans[leaf]
            if low > first:  # comparisons: it is asked of every region
                first = low
            if high < last:
                last = high
            if first > last:
                break
        else:
            yield number
