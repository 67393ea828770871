"""The rules of two policies about one dose of one vaccine, side by side.

They apply to many people at once: to ranges of birth dates and of days of doses, with groups,
counties and registrations not known. The result is the days that all of the people have and the
days that some of them have. `vaxpolicy.analysis.partition` goes on where the two differ. Days come
from `vaxpolicy.rules.evaluation.Evaluation`, as in a decision.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cached_property, lru_cache
from itertools import product
from typing import Final, NamedTuple, TypeAlias

from attrs import evolve, frozen

from vaxpolicy._values import checked, unchecked
from vaxpolicy.analysis.history_shapes import Shape, shapes
from vaxpolicy.analysis.profiles import AgeThen
from vaxpolicy.analysis.regions import Ranges, ranges_of
from vaxpolicy.days import DaySet
from vaxpolicy.rules.compiled import BoundCondition, CompiledOffer, CompiledPolicy, edges_of
from vaxpolicy.rules.conditions import (
    NOT_KNOWN,
    Age,
    AgeAtLeastDays,
    AgeAtMostDays,
    Condition,
    Context,
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
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.moments import SOME_INSTANT


class Kind(Enum):
    """The kind of a change: it opens a dose to people, closes it, or moves their days.

    A step from "no" to "undetermined" or from "undetermined" to "yes" is a gain; a step back is a
    loss.
    """

    GAINS = "gains"
    LOSES = "loses"
    MOVES = "moves"


@frozen(field_transformer=checked)
class Days:
    """The days of one vaccine and dose under one policy, whichever rule gives them.

    Attributes:
        sure: the days on which the person surely may have the dose.
        possible: the days on which it is possible: the policy may leave something open that no
            source states. Without any, the dose is not offered.
    """

    sure: DaySet
    possible: DaySet

    @property
    def rank(self) -> int:
        """No, undetermined, yes."""
        if self.sure:
            return YES
        return OPEN if self.possible else NO


new_days: Final = unchecked(Days)
"""Make `Days` of two sets of days; it checks nothing."""

NO, OPEN, YES = range(3)


def kind_of(old: Days, new: Days) -> Kind | None:
    """The change from one to the other; None where there is none."""
    return None if old == new else kind_of_ranks(old.rank, new.rank)


def kind_of_ranks(old: int, new: int) -> Kind:
    """The change from one of no, undetermined, yes to another."""
    if old == new:
        return Kind.MOVES
    return Kind.GAINS if old < new else Kind.LOSES


@frozen
class Bounds:
    """The sure and the possible days of a region: those of all its people, and those of some."""

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


@frozen
class Corners:
    """The people at the ends of a region of births and doses.

    The later a birth or a dose, the more days a condition gives, or the fewer. So everybody in the
    region has the days that all people at its ends have, and nobody has a day that none of them
    has.

    Attributes:
        by_season: the facts of the people, by the season from which doses count: both ends low,
            both high, and crosswise.
    """

    by_season: Mapping[int, tuple[Facts, ...]]

    @property
    def first(self) -> Facts:
        """One of the people."""
        return next(iter(self.by_season.values()))[0]


_SURELY: Final = 0
_POSSIBLY: Final = 2
_Apply: TypeAlias = Callable[[Corners], Span]


def _over(
    leaf: BoundCondition,
    span: Callable[[Facts], Span],
    season: int,
    corners: int,
    reading: int,
) -> _Apply:
    """A condition for a region: the days on which it holds for all people, and for some.

    The `reading` says whether "holds" means that it surely does or that it possibly does.
    """

    def over(region: Corners) -> Span:
        people = region.by_season[season]
        first, last = some_first, some_last = span(people[0])[reading : reading + 2]
        for person in people[1:corners]:
            a, b = span(person)[reading : reading + 2]
            first, last = max(first, a), min(last, b)
            some_first, some_last = min(some_first, a), max(some_last, b)
        return Span(first, last, some_first, some_last)

    def asked(region: Corners) -> Span:
        person = region.by_season[season][0]
        both = span(person)
        if leaf.condition.fact == "dated_facts":
            return both  # the facts of a region have the range of its days
        if both.is_open and any(about_person(leaf.open_questions(person))):
            return NOT_KNOWN
        first, last = both[reading : reading + 2]
        return Span(first, last, first, last)

    return over if corners > 1 else asked


def about_person(questions: Iterable[Question]) -> Iterator[Question]:
    """The questions about the person; those about the policy are left out."""
    return (question for question in questions if not question.is_about_policy)


class NumberedDose(NamedTuple):
    """A dose by the season from which doses count, and its number in it."""

    season: int
    number: int


Dimension: TypeAlias = NumberedDose | None
"""A range on which a condition may depend: the days of a dose, or (None) the birth dates."""


@frozen(eq=False)
class Side:
    """One of the two policies.

    Attributes:
        plan: the policy, cut to the dose.
        numbers: the numbers of its entries among those of both policies.
        may_join: whether rules that are open alone may together leave a day sure.
        may_clash: whether conditions of a rule that are possible alone may exclude each other.
    """

    plan: CompiledPolicy
    numbers: range
    may_join: bool
    may_clash: bool


class JointPolicy:
    """The rules of two policies about one dose of one vaccine. Equal conditions are one leaf."""

    def __init__(
        self, plans: tuple[CompiledPolicy, CompiledPolicy], vaccine: str, dose: int
    ) -> None:
        self.vaccine: str = vaccine
        self.dose: int = dose
        self.parts: int = 0
        """How many parts of all people a search for changes has gone through."""
        self.seasons: list[int] = sorted({plan.season for plan in plans})
        self.against: frozenset[str] = plans[0].vaccines | plans[1].vaccines
        self.leaves: list[BoundCondition] = []
        self.births: set[int] = set()
        self.doses: dict[NumberedDose, set[int]] = {}
        """The edges of each dose, by season and number."""
        self.dims: list[tuple[Dimension, ...]] = []
        """The ranges on which each leaf depends."""
        self._numbers: dict[object, int] = {}
        self._spans: tuple[list[_Apply], list[_Apply]] = ([], [])
        entries: list[CompiledOffer] = []
        sides: list[Side] = []
        for plan in plans:
            mine = [it for it in plan.entries if (it.vaccine, it.rule.dose) == (vaccine, dose)]
            numbers = range(len(entries), len(entries) + len(mine))
            sides.append(
                Side(
                    evolve(plan, entries=tuple(mine)),
                    numbers,
                    may_join=_share_a_question(plan, [_leaves_of(mine)]),
                    may_clash=_share_a_question(
                        plan, [leaves for entry in mine for leaves in entry.alternatives]
                    ),
                )
            )
            entries += [self._entry(plan, entry) for entry in mine]
        self.old: Side = sides[0]
        self.new: Side = sides[1]
        self.plan: CompiledPolicy = evolve(
            plans[0],
            entries=tuple(evolve(it, days_stated=True) for it in entries),
            leaves=tuple(self.leaves),
            spans=(),
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
        edges = edges_of(condition, _in_stage(leaf.context, entry.first, entry.last))
        dims: list[Dimension] = [None] if edges.births else []
        self.births |= edges.births
        if condition.fact == "doses" and not isinstance(condition, EarlierDosesAtLeast):
            place = NumberedDose(season, entry.rule.dose - 1)
            if isinstance(condition, DosesAtLeast):
                place = NumberedDose(season, condition.doses_at_least)
            self.doses.setdefault(place, set()).update(edges.doses)
            dims.append(place)
        setting = tuple(getattr(leaf.context, name) for name in condition.setting)
        counted = season if condition.fact == "doses" else None
        key = (condition, leaf.negated, setting, counted)
        if key not in self._numbers:
            self._numbers[key] = len(self.leaves)
            self.leaves.append(leaf)
            self.dims.append(tuple(dims))
            corners = 2 ** len(dims)  # each range on which it depends has two ends
            for spans, reading in zip(self._spans, (_SURELY, _POSSIBLY), strict=True):
                spans.append(_over(leaf, plan.spans[number], season, corners, reading))
        return self._numbers[key]

    def is_stated(self, number: int) -> bool:
        """Whether a source states the days of an entry."""
        return self._stated[number]

    def surely(self, region: Corners) -> Evaluation:
        """The days of a region by the conditions that surely hold."""
        return Evaluation(self.plan, region.first, [span(region) for span in self._spans[0]])

    def possibly(self, region: Corners) -> Evaluation:
        """The days of a region by the conditions that possibly hold."""
        return Evaluation(self.plan, region.first, [span(region) for span in self._spans[1]])

    @property
    def is_same(self) -> bool:
        """Whether both policies say the same about the dose."""
        one, other = (
            {frozenset(self._contents[number]) for number in side.numbers}
            for side in (self.old, self.new)
        )
        return one == other

    def is_same_for(self, evaluation: Evaluation) -> bool:
        """Whether both say the same to all people of a region: their live rules are equal."""
        one, other = (
            {
                self._contents[number][alternative]
                for number in side.numbers
                for alternative in live(evaluation, evaluation.plan.entries[number])
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
            DaySet.none()
            if side.may_clash
            else DaySet.of_spans(span for it in side.numbers for span in possible.sure[it]),
            some,
        )

    def shapes(self, *, in_retrospect: bool) -> Iterator[Shape]:
        """The histories that can make a difference; with the dose in question only if asked for."""
        conditions = [leaf.condition for leaf in self.leaves]
        numbers = [number for _, number in self.doses]
        for shape in shapes(self.dose, self.seasons, conditions, numbers):
            if in_retrospect or not shape.had_it:
                yield shape

    @cached_property
    def vaccine_sets(self) -> list[frozenset[str]]:
        """The vaccines of the dose before, in sets that every condition treats alike."""
        named = {
            vaccine
            for leaf in self.leaves
            if isinstance(leaf.condition, PreviousDoseOf)
            for vaccine in leaf.condition.previous_dose_of
        }
        if not named:
            return []
        sets = [frozenset({vaccine}) for vaccine in sorted(named & self.against)]
        others = self.against - named
        return [*sets, others] if others else sets

    @cached_property
    def ages_then(self) -> frozenset[AgeThen]:
        """The ages, at a dose and some days later, at which something may change."""
        conditions = [leaf.condition for leaf in self.leaves]
        ages = (it for it in conditions if isinstance(it, Age) and it.on == "day")
        months = {it.months for it in ages if not isinstance(it, AgeAtLeastDays | AgeAtMostDays)}
        months |= {
            12 * it.previous_dose_before_age
            for it in conditions
            if isinstance(it, PreviousDoseBeforeAge)
        }
        later = {0} | {it.dose_due_after_days for it in conditions if isinstance(it, DoseDue)}
        return frozenset(AgeThen(*it) for it in product(months, (False, True), later))

    @cached_property
    def dated_edges(self) -> dict[str, list[int]]:
        """The last days of each dated fact before an answer changes, in order."""
        found: dict[str, set[int]] = {}
        for leaf in self.leaves:
            for fact, day in edges_of(leaf.condition, leaf.context).dated:
                found.setdefault(fact, set()).add(day)
        return {fact: sorted(found[fact]) for fact in sorted(found)}

    @cached_property
    def instants(self) -> list[datetime]:
        """The last instants of registration before each change."""
        each = (edges_of(leaf.condition, leaf.context).instants for leaf in self.leaves)
        return sorted(frozenset[datetime]().union(*each))

    @cached_property
    def vaccines(self) -> tuple[str, ...]:
        """All vaccines against the disease; regions name them by their positions here."""
        return tuple(sorted(self.against))

    def positions(self, vaccines: frozenset[str]) -> Ranges:
        """These vaccines as positions."""
        return ranges_of(self.vaccines.index(vaccine) for vaccine in vaccines)

    def names(self, positions: Ranges) -> frozenset[str]:
        """The vaccines in these positions."""
        return frozenset(
            self.vaccines[position] for low, high in positions for position in range(low, high + 1)
        )

    @cached_property
    def counties(self) -> tuple[str, ...]:
        """The counties that the policies name, after any other county ("")."""
        each = (edges_of(leaf.condition, leaf.context).counties for leaf in self.leaves)
        return ("", *sorted(frozenset[str]().union(*each)))

    def instant(self, number: int) -> datetime | None:
        """An instant of registration in a range: its last one; in the last range its first one."""
        if number == NEVER_REGISTERED:
            return None
        if number < len(self.instants):
            return self.instants[number]
        return self.instants[-1] + timedelta(microseconds=1) if self.instants else SOME_INSTANT


NEVER_REGISTERED: Final = -1


@lru_cache(maxsize=1024)
def _in_stage(context: Context, first: int, last: int) -> Context:
    """The context with the days of a stage."""
    if (context.first, context.last) == (first, last):
        return context
    return evolve(context, first=first, last=last)


def _leaves_of(entries: Iterable[CompiledOffer]) -> frozenset[int]:
    return frozenset(
        leaf for it in entries for alternative in it.alternatives for leaf in alternative
    )


def _share_a_question(plan: CompiledPolicy, sets: Iterable[Collection[int]]) -> bool:
    """Whether two conditions of a set depend on one question that no source answers.

    If each question decides a single condition, one answer to all of them is the worst for every
    rule, and one is the best. Then only the days that one rule alone makes sure are sure, and
    conditions that are possible alone are possible together.
    """
    return any(
        _is_shared([plan.leaves[leaf].condition for leaf in dict.fromkeys(leaves)])
        for leaves in sets
    )


def _is_shared(conditions: Sequence[Condition]) -> bool:
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


def live(evaluation: Evaluation, entry: CompiledOffer) -> Iterator[int]:
    """The alternatives that are possible for somebody."""
    spans = evaluation.spans
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
