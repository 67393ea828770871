"""A policy in the form in which it is applied: its distinct conditions, bound, once each.

Rules are put into normal form: any-of(all-of(...)) with "not" pushed to the conditions, for each
vaccine of each rule, together with what the vaccine's licence asks.

The words of this module and of those that use it:

- A *plan* is a compiled policy (`CompiledPolicy`). An *entry* is one vaccine of one rule
  (`CompiledOffer`).
- A *term* is a condition of the policy or its opposite. A *leaf* is a term that is bound to the
  days of a stage, a dose and a vaccine (`BoundCondition`). Rules that ask the same share a leaf.
  Leaves have numbers; a set of leaves is often an integer, with bit n for leaf n.
- An *alternative* is a set of leaves that have to hold together. An entry offers the days of each
  of its alternatives. A *way* is an alternative with the days of its entry (`Way`).
- A *part* is one leaf or a choice between *options*. A *row* is an entry written as parts, all of
  which have to hold (`Row`). A *block* has the rows with the same days (`Block`); its *steps* are
  the parts that all of them have, then those that some have, then those of each row (`Step`).
- A *span* is the answer of a leaf for a person: the first and the last sure day, then the first and
  the last possible one (`Span`). A *question* is an unknown fact that decides an answer
  (`Question`): a fact about the person, or one that the policy's sources do not state.
- An *edge* is the last birth date, or the last day of a dose, before an answer changes (`Edges`). A
  *cell* has the birth dates between two edges of the ages (`BirthCell`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias
from weakref import ref

from attrs import frozen

from vaxpolicy._near import did_you_mean, near
from vaxpolicy._values import require_type
from vaxpolicy.days import FIRST, LAST, day_number
from vaxpolicy.rules.conditions import (
    EVERY_DAY,
    NO_DAY,
    AgeAtDoseOf,
    AllOf,
    AnyCondition,
    AnyOf,
    ByProduct,
    Condition,
    Context,
    DosesAtLeast,
    DosesOf,
    EarlierDosesAtLeast,
    Edges,
    Facts,
    FirstDays,
    FromDay,
    NotStated,
    NotThat,
    OfDatedFact,
    PolicyError,
    Question,
    Reading,
    Span,
    Term,
    Turning,
    alternatives,
    read_facts,
)
from vaxpolicy.rules.policy import Licence, Policy, Rule, Stage, VaccinationDays, Window
from vaxpolicy.rules.validity import Validity

if TYPE_CHECKING:
    from vaxpolicy.rules.people import Person
    from vaxpolicy.rules.policy import Vaccine

Basis: TypeAlias = Literal["rule", "licence"]
"""Whether the rule asks a condition, or the licence of its vaccine."""
OfferKind: TypeAlias = Literal["accepted", "recommended", "overdue", "registration"]
"""The kind of an offer's days: those of `Rule.kind`, or registering for the vaccine."""


class BoundCondition:
    """One distinct term of a policy, bound; it is evaluated once per decision."""

    __slots__ = (
        "by_vaccine",
        "condition",
        "context",
        "fixed_code",
        "is_measured",
        "negated",
        "opening_answers",
        "span",
        "turning_day",
        "turns",
    )

    fixed_code: str | None
    """The code of the reason why it refuses somebody; None where the person decides that."""
    turns: bool
    """Whether its answer for a person changes by itself on some day."""
    turning_day: Turning
    """The day on which its answer for a person changes by itself."""
    opening_answers: Mapping[Question, int]
    """The points that the policy leaves open in it, each with the answer that gives more days."""

    def __init__(self, term: Term, context: Context) -> None:
        self.condition: Condition = term.condition
        self.negated: bool = term.negated
        self.context: Context = context
        self.by_vaccine: bool = "vaccine" in term.condition.setting
        kind = type(term.condition)
        plain = kind.code if kind.refusal is Condition.refusal else None
        self.fixed_code: str | None = kind.code_negated if term.negated else plain
        self.is_measured: bool = kind.missed_by is not Condition.missed_by
        turning = term.condition.turning(context)
        self.turns: bool = turning is not None
        self.turning_day: Turning = turning or _never
        answers = term.condition.opening_answers(context)
        self.opening_answers: Mapping[Question, int] = (
            {it: 1 - answer for it, answer in answers.items()} if term.negated else answers
        )
        self.span: Callable[[Facts], Span] = (
            term.condition.bind_opposite(context) if term.negated else term.condition.bind(context)
        )

    def code(self, facts: Facts) -> str:
        """The code of the reason why it refuses this person."""
        return self.fixed_code or self.condition.refusal(facts, self.context)

    def missed_by(self, facts: Facts) -> int:
        """By how many days this person misses it; 0 where it is not about days."""
        return self.condition.missed_by(facts, self.context)

    def open_questions(self, facts: Facts) -> Iterator[Question]:
        """The unknown facts that decide its answer."""
        return self.condition.open_questions(facts, self.context)


def _never(_: Facts) -> date | None:
    return None


@frozen(eq=False)
class WindowUse:
    """A booking window of an entry, and the leaves of its ages."""

    window: Window
    leaves: tuple[int, ...]


@frozen(eq=False)
class CompiledOffer:
    """One vaccine of one rule: its days, its conditions in normal form, its windows."""

    rule: Rule
    vaccine: str
    first: int
    last: int
    days_stated: bool
    alternatives: tuple[tuple[int, ...], ...]
    whose: Mapping[int, tuple[str | None, Basis]]
    """For each leaf the vaccine that it is about (None: all vaccines of the rule) and its basis."""
    windows: tuple[WindowUse, ...]
    always: tuple[tuple[Window, ...], ...] | None
    """The one case of the booking windows, if no window is for given ages; else None."""
    kind: OfferKind = "accepted"
    licence_cites: tuple[str, ...] = ()
    """The keys of the sources of the vaccine's licences for the dose."""


class Steps(NamedTuple):
    """The days at which the answer of a condition changes, each the last one before a change.

    Attributes:
        ends: the first and the last day of each run of such days; a run may leave out some days,
            such as a 31st from which no month later has the same day.
        every: all of these days, in order.
    """

    ends: Sequence[int]
    every: Sequence[int]

    @classmethod
    def of(cls, edges: Iterable[int]) -> Steps:
        """These days."""
        every = sorted(edges)
        gaps = [(one, other) for one, other in pairwise(every) if other - one > _A_GAP]
        return cls(sorted({*every[:1], *(day for gap in gaps for day in gap), *every[-1:]}), every)

    @classmethod
    def of_range(cls, edges: range) -> Steps:
        """The days of one run."""
        return cls(sorted({*edges[:1], *edges[-1:]}), edges)

    def middle(self, low: int, high: int) -> int | None:
        """One of these days at which to cut a range of days; None where nothing changes in it.

        Between the ends of a run an answer moves by a day each time. Before and after the run it
        stays the same, so a cut at an end settles more than one within the run.
        """
        for edges in (self.ends, self.every):
            start, stop = bisect_left(edges, low), bisect_left(edges, high)
            if start < stop:
                return edges[(start + stop) // 2]
        return None

    def turn(self, low: int, high: int, holds: Callable[[int], bool]) -> int | None:
        """The last day of a range before something holds or ceases to; None where there is none.

        It turns once at most, at one of these days.
        """
        inside = self.every[bisect_left(self.every, low) : bisect_left(self.every, high)]
        if not inside or holds(inside[-1] + 1) is (before := holds(low)):
            return None
        at = bisect_left(inside, 1, key=lambda day: holds(day + 1) is not before)
        return inside[at]


_A_GAP: Final = 7
"""Days that are further apart do not belong to one run."""


Options: TypeAlias = tuple[tuple[int, ...], ...]
"""Conditions of which those of one option have to hold together."""


class Row(NamedTuple):
    """An entry as `Evaluation` reads it: all that a person's days depend on, as a tuple.

    Attributes:
        number: the number of the entry.
        period: the place of its days among the periods of the policy.
        first: the first of them.
        last: the last of them.
        days_stated: whether a source states its days.
        parts: the numbers of its parts: its days are those that all of them have.
        bits: the leaves that all alternatives have in common, a bit each.
    """

    number: int
    period: int
    first: int
    last: int
    days_stated: bool
    parts: tuple[int, ...]
    bits: int


class Step(NamedTuple):
    """The conditions that one row asks, or that several rows ask in common.

    The steps of a block are a tree. A row has the days that its own step leaves, of those that the
    steps above it leave.

    Attributes:
        level: the number of steps above it. They come before it, and all below it come after it.
        number: the number of the row; -1 if it is about several rows.
        parts: the numbers of the parts that the steps above it do not have.
        bits: the leaves that all alternatives have in common, a bit each.
        days_stated: whether a source states the days of the row.
    """

    level: int
    number: int
    parts: tuple[int, ...]
    bits: int
    days_stated: bool


class Block(NamedTuple):
    """The rows of a period, and the steps by which `Evaluation` finds their days.

    The first step is about all rows. Then come those about the rows with the same first part, which
    is about the number of the dose: a person gets one dose of a vaccine next, and has no days after
    the steps for the others.

    Attributes:
        period: the place of the period.
        first: its first day.
        last: its last day.
        steps: the steps.
    """

    period: int
    first: int
    last: int
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Block:
        """The block of the rows of one period."""
        by_first: dict[tuple[int, ...], list[Row]] = {}
        for row in rows:
            by_first.setdefault(row.parts[:1], []).append(row)
        every = _common_step(0, rows, frozenset())
        steps = [*every]
        for its in by_first.values():
            asked = frozenset(part for step in every for part in step.parts)
            shared = _common_step(len(every), its, asked)
            asked = asked.union(*[step.parts for step in shared])
            level = len(every) + len(shared)
            steps += [
                *shared,
                *(
                    Step(level, row.number, _without(asked, row.parts), row.bits, row.days_stated)
                    for row in its
                ),
            ]
        period, first, last = rows[0][1:4]
        return cls(period, first, last, tuple(steps))


def _common_step(level: int, rows: Sequence[Row], asked: AbstractSet[int]) -> list[Step]:
    """The step for what several rows ask in common and no step above asks, if there is anything."""
    parts = tuple(
        part for part in _without(asked, rows[0].parts) if all(part in row.parts for row in rows)
    )
    if len(rows) == 1 or not parts:
        return []
    bits = rows[0].bits
    for row in rows:
        bits &= row.bits
    return [Step(level, -1, parts, bits, days_stated=True)]


def _without(asked: AbstractSet[int], parts: Iterable[int]) -> tuple[int, ...]:
    return tuple(part for part in parts if part not in asked)


class Period(NamedTuple):
    """Vaccination days that offers share, and the conditions of these offers.

    Attributes:
        first: the first day.
        last: the last day.
        leaves: the numbers of the conditions.
    """

    first: int
    last: int
    leaves: tuple[int, ...]


@frozen(eq=False)
class BirthCell:
    """The common answers of people born between two neighbouring bounds of the ages.

    Attributes:
        others: the numbers of the conditions that some of them meet on some days.
        parts: the days of each part of the policy that all of them, or none of them, have on every
            day; None for each other part.
        periods: for each period its first and its last day, the conditions that none of them
            meets, a bit each, and the other conditions, each with its bit.
    """

    others: tuple[int, ...]
    parts: list[Span | None]
    periods: tuple[tuple[int, int, int, tuple[tuple[int, int], ...]], ...]


class Way(NamedTuple):
    """Conditions that together make somebody eligible, if they hold on one of some days.

    Attributes:
        leaves: the numbers of the conditions.
        first: the first day.
        last: the last day.
        is_stated: whether a source states the days.
        bits: the conditions, a bit each.
    """

    leaves: frozenset[int]
    first: int
    last: int
    is_stated: bool
    bits: int

    @classmethod
    def of(cls, leaves: Iterable[int], first: int, last: int, *, is_stated: bool) -> Way:
        """The way by these conditions."""
        numbers = frozenset(leaves)
        return cls(numbers, first, last, is_stated, sum(1 << leaf for leaf in numbers))

    def includes(self, other: Way) -> bool:
        """Whether whoever has a day by the other way has it by this one."""
        return (
            self.leaves <= other.leaves
            and self.first <= other.first
            and other.last <= self.last
            and self.is_stated >= other.is_stated
        )


@frozen(eq=False)
class CompiledPolicy:
    """A policy in the form in which it is applied: distinct conditions once, rules by number."""

    entries: tuple[CompiledOffer, ...]
    leaves: tuple[BoundCondition, ...]
    spans: tuple[Callable[[Facts], Span], ...]
    vaccines: frozenset[str]
    known_vaccines: frozenset[str]
    season: int
    by_product: bool = False
    """Whether a condition looks at the doses of given vaccines."""
    diseases: Mapping[str, tuple[str, ...]] | None = None
    """The diseases of each vaccine, where doses against several diseases are read."""
    others: frozenset[str] = frozenset()
    """The vaccines against other diseases for which a condition or a spacing asks."""
    validity: Validity | None = None
    """The rules for which doses count; None if all count."""
    first_days: FirstDays | None = None
    """The days on which its vaccines were first given, where that is known."""

    def more_of(self, facts: Facts, spend: Callable[[int], None]) -> Facts:
        """The facts about somebody whose birth date is better known: which doses count now.

        `spend` is told how many doses are looked at.
        """
        rules = self.validity
        return facts if rules is None else rules.again(facts, self.season, spend)

    def read(self, person: Person) -> Reading:
        """The person's facts, as this policy counts doses."""
        reading = read_facts(
            *(person, self.vaccines, self.season, self.known_vaccines, self.diseases),
            first_days=self.first_days,
            others=self.others,
        )
        return reading if self.validity is None else self.validity.apply(reading, self.season)

    @cached_property
    def edges(self) -> Edges:
        """Every birth date, dose date, vaccine and county at which an answer changes."""
        each = [edges_of(leaf.condition, leaf.context) for leaf in self.leaves]
        # a dose ends the days of every stage, though stages share the leaf that says so
        stages = {(entry.first, entry.last) for entry in self.entries}
        days = [range(first - 1, last + 1) for first, last in stages]
        return Edges(
            births=frozenset[int]().union(*(edges.births for edges in each)),
            doses=frozenset[int]().union(*days, *(edges.doses for edges in each)),
            vaccines=frozenset[str]().union(*(edges.vaccines for edges in each)),
            counties=frozenset[str]().union(*(edges.counties for edges in each)),
            dated=frozenset[tuple[str, int]]().union(*(edges.dated for edges in each)),
        )

    @cached_property
    def admits_the_unborn(self) -> bool:
        """Whether its conditions alone may admit somebody on a day before the birth.

        Most rules ask for an age, which nobody has before: some condition of each way bars them.
        """
        if not self.entries:
            return False
        ways = (set(way) for entry in self.entries for way in entry.alternatives)
        bars = {number for number, _ in enumerate(self.leaves) if self._bars_the_unborn(number)}
        return any(bars.isdisjoint(way) for way in ways)

    def _bars_the_unborn(self, number: int) -> bool:
        """Whether a condition refuses everybody on every day before the birth.

        If it reckons an age on the vaccination day, its days move with the birth, and any birth
        shows it. Otherwise its answer changes at its edges, and a birth at each of them shows it.
        """
        leaf, changes = self.leaves[number], list[int]()
        if "birth_date" not in leaf.condition.reads:
            return False
        first, last = min(it.first for it in self.entries), max(it.last for it in self.entries)
        if getattr(leaf.condition, "on", "") != "day":
            edges = edges_of(leaf.condition, leaf.context).births
            changes = [day for day in edges if first <= day <= last]
        for birth in {first + 1, last + 1, LAST, *changes, *(day + 1 for day in changes)}:
            span = leaf.span(Facts(birth=birth, birth_to=birth))
            if max(first, span.possible_first) <= min(last, span.possible_last, birth - 1):
                return False
        return True

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The distinct vaccination days of the entries."""
        leaves: dict[tuple[int, int], set[int]] = {}
        for entry in self.entries:
            leaves.setdefault((entry.first, entry.last), set()).update(*entry.alternatives)
        return tuple(
            Period(first, last, tuple(sorted(its))) for (first, last), its in leaves.items()
        )

    @cached_property
    def stated(self) -> frozenset[int]:
        """All conditions but those of which no source says whether they hold."""
        return frozenset(
            number
            for number, leaf in enumerate(self.leaves)
            if leaf.negated or not isinstance(leaf.condition, NotStated)
        )

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The entries as tuples."""
        return self._divided[0]

    @cached_property
    def parts(self) -> tuple[Options, ...]:
        """The distinct parts of all entries: each leaf by its number, then the choices."""
        return self._divided[1]

    @cached_property
    def _divided(self) -> tuple[tuple[Row, ...], tuple[Options, ...]]:
        """The rows and the parts: what several rows ask is one part."""
        places = {(it.first, it.last): place for place, it in enumerate(self.periods)}
        parts: dict[Options, int] = {((leaf,),): leaf for leaf in range(len(self.leaves))}
        rows = []
        for number, entry in enumerate(self.entries):
            common, choices = divide(entry.alternatives)
            numbers = (*common, *(parts.setdefault(each, len(parts)) for each in choices))
            place = places[entry.first, entry.last]
            bits = sum(1 << leaf for leaf in common)
            stated = entry.days_stated
            rows.append(Row(number, place, entry.first, entry.last, stated, numbers, bits))
        return tuple(rows), tuple(parts)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The rows by their period."""
        rows: dict[int, list[Row]] = {}
        for row in self.rows:
            rows.setdefault(row.period, []).append(row)
        return tuple(map(Block.of, rows.values()))

    def cell_of(self, facts: Facts) -> BirthCell:
        """The cell of a person's birth dates; one that knows nothing where there are several."""
        if facts.assumed:
            return birth_cell(self, -1)
        if facts.birth == FIRST and facts.birth_to == LAST:
            return birth_cell(self, -1)
        bounds = self.age_bounds
        place = bisect_left(bounds, facts.birth)
        if facts.birth != facts.birth_to and bisect_left(bounds, facts.birth_to) != place:
            place = -1
        return birth_cell(self, place)

    @cached_property
    def on_birth_alone(self) -> tuple[int, ...]:
        """The conditions that ask for the birth date and for nothing else."""
        numbered = enumerate(self.leaves)
        return tuple(number for number, it in numbered if it.condition.fact == "birth_date")

    @cached_property
    def age_bounds(self) -> list[int]:
        """The last birth dates before the days of an age begin to move, or cease to."""
        bounds: set[int] = set()
        for number in self.on_birth_alone:
            leaf = self.leaves[number]
            births = edges_of(leaf.condition, leaf.context).births
            bounds |= {min(births), max(births)}
        return sorted(bound for bound in bounds if FIRST <= bound < LAST)

    @cached_property
    def on_doses(self) -> frozenset[int]:
        """The leaves that ask for the doses."""
        return frozenset(n for n, it in enumerate(self.leaves) if it.condition.fact == "doses")

    @cached_property
    def on_birth(self) -> frozenset[int]:
        """The leaves whose answer changes with the birth date."""
        numbered = enumerate(self.leaves)
        return frozenset(n for n, it in numbered if it.condition.edges(it.context).births)

    @cached_property
    def fact_of(self) -> list[Question]:
        """The fact for which each condition asks; of the policy's own questions, the condition."""
        return [
            Question("?", str(number))
            if not leaf.condition.fact
            else Question(leaf.condition.fact, leaf.condition.item(leaf.context))
            for number, leaf in enumerate(self.leaves)
        ]

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """Every way to an offer, without those that another one makes superfluous."""
        every = {
            Way.of(alternative, entry.first, entry.last, is_stated=entry.days_stated)
            for entry in self.entries
            for alternative in entry.alternatives
        }
        ordered = sorted(every, key=lambda it: (len(it.leaves), sorted(it.leaves), it[1:]))
        kept: list[Way] = []
        for way in ordered:
            if not any(other.includes(way) for other in kept):
                kept.append(way)
        return tuple(kept)

    @cached_property
    def on_vaccines(self) -> frozenset[int]:
        """The conditions that ask for the vaccine of a dose."""
        numbered = enumerate(self.leaves)
        return frozenset(n for n, it in numbered if it.condition.edges(it.context).vaccines)

    @cached_property
    def moving(self) -> frozenset[int]:
        """The conditions whose days depend on the day of a fact, or are always the same."""
        moving = {"birth_date", "doses", "dated_facts", ""}
        return frozenset(
            number
            for number, leaf in enumerate(self.leaves)
            if leaf.condition.fact in moving and not isinstance(leaf.condition, NotStated)
        )

    @cached_property
    def dose_numbers(self) -> dict[int, tuple[int, ...]]:
        """The doses at which each condition looks, as `Condition.dose_numbers` counts them."""
        return {
            n: self.leaves[n].condition.dose_numbers(self.leaves[n].context) for n in self.on_doses
        }

    @cached_property
    def on_whole_history(self) -> frozenset[int]:
        """The conditions about doses that do not say at which doses they look."""
        return frozenset(
            number
            for number, numbers in self.dose_numbers.items()
            if not numbers and not isinstance(self.leaves[number].condition, EarlierDosesAtLeast)
        )

    @cached_property
    def by_order(self) -> Mapping[int, ByProduct]:
        """The conditions on doses of given vaccines whose order decides which one is meant."""
        return {
            number: leaf.condition
            for number, leaf in enumerate(self.leaves)
            if isinstance(leaf.condition, ByProduct) and leaf.condition.is_by_order
        }

    def places(self, number: int, vaccines: tuple[str, ...]) -> Sequence[int]:
        """The place of the dose at which one of these conditions looks; [] without such a dose."""
        return _places(self.by_order[number], vaccines)

    @cached_property
    def by_birth(self) -> frozenset[int]:
        """The conditions whose answer the birth date changes, by an age at a dose as well."""
        return self.on_birth.union(self.on_birth_alone, self.ages_at_dose)

    @cached_property
    def ages_at_dose(self) -> Mapping[int, AgeAtDoseOf]:
        """The conditions on the age at a dose of given vaccines."""
        return {
            number: condition
            for number, condition in self.by_order.items()
            if isinstance(condition, AgeAtDoseOf)
        }

    @cached_property
    def birth_steps(self) -> list[Steps]:
        """For each condition the last birth dates before its answer changes."""
        return [Steps.of(edges_of(leaf.condition, leaf.context).births) for leaf in self.leaves]

    @cached_property
    def dose_steps(self) -> list[Steps]:
        """For each condition the last days of a dose before its answer changes."""
        stages = {(entry.first, entry.last) for entry in self.entries}
        days = frozenset[int]().union(*(range(first - 1, last + 1) for first, last in stages))
        return [
            Steps.of({day - leaf.condition.wait for day in days})
            if isinstance(leaf.condition, ByProduct)
            else Steps.of(
                edges_of(leaf.condition, leaf.context).doses
                if "first" in leaf.condition.setting
                else edges_of(leaf.condition, leaf.context).doses | days
            )
            if number in self.on_doses
            else Steps([], [])
            for number, leaf in enumerate(self.leaves)
        ]

    @cached_property
    def dated_facts(self) -> tuple[str, ...]:
        """The dated facts for which conditions ask, in order."""
        conditions = [leaf.condition for leaf in self.leaves]
        return tuple(sorted({it.dated_fact for it in conditions if isinstance(it, OfDatedFact)}))

    @cached_property
    def dated_edges(self) -> dict[str, list[int]]:
        """The last days of each dated fact before an answer changes, in order."""
        found: dict[str, list[int]] = {}
        for fact, day in sorted(self.edges.dated):
            found.setdefault(fact, []).append(day)
        return found

    @cached_property
    def dated_steps(self) -> dict[str, Steps]:
        """The days of each dated fact at which an answer changes."""
        return {fact: Steps.of(days) for fact, days in self.dated_edges.items()}

    @cached_property
    def vaccine_choices(self) -> list[str]:
        """The vaccines that conditions distinguish, and one for all others."""
        others = sorted(self.vaccines - self.edges.vaccines)[:1]
        return sorted(self.edges.vaccines & self.vaccines) + others or [""]

    @cached_property
    def _asking(self) -> dict[str, frozenset[int]]:
        asking: dict[str, list[int]] = {}
        for number, leaf in enumerate(self.leaves):
            asking.setdefault(leaf.condition.fact, []).append(number)
        asking["birth_date"] = [*self.by_birth]
        nobody = Facts()
        asking["?"] = [
            number
            for number, leaf in enumerate(self.leaves)
            if leaf.condition.fact == "willingness"
            or any(question.is_about_policy for question in leaf.open_questions(nobody))
        ]
        return {fact: frozenset(numbers) for fact, numbers in asking.items()}

    def asking(self, fact: str) -> frozenset[int]:
        """The conditions that may ask for a fact, or whose answer the policy leaves open."""
        return self._asking.get("?" if fact.startswith("?") else fact, frozenset())

    @cached_property
    def instants(self) -> dict[str, frozenset[datetime]]:
        """The instants of registration at which an answer changes, by vaccine."""
        found: dict[str, frozenset[datetime]] = {}
        for leaf in self.leaves:
            vaccine, edges = leaf.context.vaccine, leaf.condition.edges(leaf.context)
            found[vaccine] = found.get(vaccine, frozenset()) | edges.instants
        return found


MOST_WAYS_OF_ALL: Final = 1_000
"""In how many ways the conditions of all rules of a policy can be met at most.

More of them take too long, even if a decision goes through them only a few times.
"""

_PLANS: Final[dict[int, tuple[ref[Policy], CompiledPolicy]]] = {}
"""The plan of each policy, by the `id` of the policy object; it is dropped with the policy."""


def compile_policy(policy: Policy) -> CompiledPolicy:
    """Compile a policy, once; raises PolicyError where its rules cannot be applied.

    Raises TypeError for an argument of another type.
    """
    key = id(policy)
    kept = _PLANS.get(key)
    if kept is not None and kept[0]() is policy:
        return kept[1]
    require_type("policy", Policy, policy)
    plan = _Compiler(policy).plan()
    _PLANS[key] = ref(policy, lambda _: _PLANS.pop(key, None)), plan
    return plan


class _Compiler:
    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.numbers: dict[tuple[Term, tuple[object, ...]], int] = {}
        self.leaves: list[BoundCondition] = []
        self.uses: dict[object, tuple[WindowUse, ...]] = {}
        self.bands = {group: band.conditions() for group, band in policy.bands.items()}

    def plan(self) -> CompiledPolicy:
        policy = self.policy
        against = {policy.disease, *policy.diseases}
        entries: list[CompiledOffer] = []
        ways: set[tuple[object, ...]] = set()
        every = [
            (stage, rule, vaccine)
            for stage in policy.stages
            for rule in stage.rules
            for vaccine in rule.vaccines
        ]
        for stage, rule, vaccine in every:
            entry = self._entry(stage, rule, vaccine)
            entries.append(entry)
            ways.update((entry.first, entry.last, its) for its in entry.alternatives)
            if len(ways) > MOST_WAYS_OF_ALL:
                raise PolicyError(
                    f"rule {rule.id}: with it the conditions of all rules can be met in more than"
                    f" {MOST_WAYS_OF_ALL} ways: write simpler conditions, or several policies"
                )
        vaccines = {
            code: it for code, it in policy.vaccines.items() if against.intersection(it.diseases)
        }
        asked = (leaf.condition for leaf in self.leaves)
        named = {code for it in asked if isinstance(it, ByProduct) for code in it.products}
        named.update(code for spacing in policy.spacings for code in spacing.vaccines)
        others = {code: policy.vaccines[code] for code in named & policy.vaccines.keys()}
        others = {code: it for code, it in others.items() if code not in vaccines}
        return CompiledPolicy(
            entries=tuple(entries),
            leaves=tuple(self.leaves),
            spans=tuple(leaf.span for leaf in self.leaves),
            vaccines=frozenset(vaccines),
            known_vaccines=frozenset(policy.vaccines),
            season=_season(policy),
            by_product=any(leaf.condition.by_product for leaf in self.leaves),
            diseases={code: it.diseases for code, it in policy.vaccines.items()}
            if policy.diseases or others
            else None,
            others=frozenset(others),
            validity=Validity(policy.minimums, policy.spacings)
            if policy.minimums or policy.spacings
            else None,
            first_days=_first_days({**vaccines, **others}),
        )

    def _entry(self, stage: Stage, rule: Rule, vaccine: str) -> CompiledOffer:
        if vaccine not in self.policy.vaccines:
            meant = did_you_mean(near(vaccine, _spellings(self.policy.vaccines)))
            raise PolicyError(f"rule {rule.id}: unknown vaccine {vaccine!r}{meant}")
        days = stage.vaccination_days
        context = Context(
            first=day_number(days.first),
            last=day_number(days.last),
            days_stated=days.stated,
            dose=rule.dose,
            vaccine=vaccine,
            bands=self.bands,
            last_stated=days.sure_until is None,
            season=_season(self.policy),
        )
        asked = (*_exactly(rule), *_while_sure(days), *rule.all)
        try:
            own = self._leaves(AllOf(asked), context)
        except PolicyError as error:
            raise PolicyError(f"rule {rule.id}: {error}") from None
        licence = self._leaves(self._licence(rule, vaccine, days), context)
        whose: dict[int, tuple[str | None, Basis]] = {
            leaf: (vaccine, "licence") for leaves in licence for leaf in leaves
        }
        for leaf in (leaf for leaves in own for leaf in leaves):
            whose[leaf] = (vaccine if self.leaves[leaf].by_vaccine else None, "rule")
        uses = self._uses(stage, rule, vaccine, context)
        one_case = all(not use.leaves for use in uses)
        return CompiledOffer(
            rule=rule,
            vaccine=vaccine,
            first=context.first,
            last=context.last,
            days_stated=days.stated,
            alternatives=tuple(
                tuple(dict.fromkeys((*mine, *legal))) for mine in own for legal in licence
            ),
            whose=whose,
            windows=uses,
            always=(tuple(use.window for use in uses),) if one_case else None,
            kind=rule.kind if self.policy.licences_apply else "registration",
            licence_cites=self._licence_cites(rule, vaccine, days),
        )

    def _uses(
        self, stage: Stage, rule: Rule, vaccine: str, context: Context
    ) -> tuple[WindowUse, ...]:
        """The windows that are for a vaccine and dose; entries with the same ones share them."""
        windows = tuple(
            window
            for window in stage.windows
            if (not window.vaccines or vaccine in window.vaccines)
            and (not window.doses or rule.dose in window.doses)
        )
        leaves = tuple(self._ages(window, context) for window in windows)
        key = windows, leaves, context.first, context.last
        if key not in self.uses:
            self.uses[key] = tuple(map(WindowUse, windows, leaves))
        return self.uses[key]

    def _licence(self, rule: Rule, vaccine: str, days: VaccinationDays) -> AnyCondition:
        """The conditions of the vaccine's licences in force on the days of the stage."""
        licences = self.policy.vaccines[vaccine].licences if self.policy.licences_apply else ()
        in_force: list[AnyCondition] = []
        for licence in _in_force(licences, rule, days):
            until = licence.until or date.max
            starts = [FromDay(licence.since)] if licence.since > days.first else []
            ends = [NotThat(FromDay(until))] if until <= days.last else []
            in_force.append(AllOf((*starts, *ends, *licence.all)))
        return AnyOf(tuple(in_force)) if licences else AllOf(())

    def _licence_cites(self, rule: Rule, vaccine: str, days: VaccinationDays) -> tuple[str, ...]:
        """The keys of the sources of the licences in force; of all where none is."""
        licences = self.policy.vaccines[vaccine].licences
        found = tuple(_in_force(licences, rule, days)) or licences
        return tuple(dict.fromkeys(key for licence in found for key in licence.cites))

    def _ages(self, window: Window, context: Context) -> tuple[int, ...]:
        if window.ages is None:
            return ()
        (leaves,) = self._leaves(AllOf(window.ages.conditions()), context)
        return leaves

    def _leaves(self, condition: AnyCondition, context: Context) -> list[tuple[int, ...]]:
        return [
            tuple(self._leaf(term, context) for term in terms)
            for terms in alternatives(condition, context)
        ]

    def _leaf(self, term: Term, context: Context) -> int:
        """The number of the term's leaf; the same term in the same setting is one leaf."""
        key = (term, tuple(getattr(context, name) for name in term.condition.setting))
        if key not in self.numbers:
            self.numbers[key] = len(self.leaves)
            self.leaves.append(BoundCondition(term, context))
        return self.numbers[key]


def _in_force(licences: Iterable[Licence], rule: Rule, days: VaccinationDays) -> Iterator[Licence]:
    """The licences for the dose that are in force on one of the days."""
    for licence in licences:
        if licence.doses and rule.dose not in licence.doses:
            continue
        if licence.since <= days.last and (licence.until or date.max) > days.first:
            yield licence


def _exactly(rule: Rule) -> tuple[AnyCondition, ...]:
    """The doses before the one on offer, and no more: from the last one on, until the next."""

    def at_least(doses: int) -> Condition:
        return DosesOf(rule.counts, doses) if rule.counts else DosesAtLeast(doses)

    fewer = NotThat(at_least(rule.dose))
    return (at_least(rule.dose - 1), fewer) if rule.dose > 1 else (fewer,)


def _while_sure(days: VaccinationDays) -> tuple[AnyCondition, ...]:
    """The condition for a last day that is not stated: sure until a day, and then open."""
    if days.sure_until is None:
        return ()
    later = NotStated(f"whether vaccination went on after {days.sure_until}")
    return (AnyOf((NotThat(FromDay(days.sure_until + timedelta(days=1))), later)),)


def _first_days(vaccines: Mapping[str, Vaccine]) -> FirstDays | None:
    """The days on which the vaccines were first given; None if that is known of none of them."""
    found = {
        code: day_number(it.first_given.on)
        for code, it in vaccines.items()
        if it.first_given is not None
    }
    return FirstDays(found, max(found.values())) if found else None


def _season(policy: Policy) -> int:
    return FIRST if policy.counts_from is None else day_number(policy.counts_from)


@lru_cache(maxsize=4096)
def _places(condition: ByProduct, vaccines: tuple[str, ...]) -> Sequence[int]:
    return condition.looked_at(vaccines)


@lru_cache(maxsize=1024)
def edges_of(condition: Condition, context: Context) -> Edges:
    """The edges of a condition, kept: comparisons of many rules ask for the same ones."""
    return condition.edges(context)


@lru_cache(maxsize=4096)
def birth_cell(plan: CompiledPolicy, place: int) -> BirthCell:
    """The cell of a place among the bounds of the ages; -1: a cell that knows nothing.

    The days of an age move in one direction with the birth date: an answer that is the same for the
    first and the last birth date of a cell is the same for all between them.
    """
    spans: list[Span | None] = [None] * len(plan.leaves)
    if place >= 0:
        bounds = [FIRST - 1, *plan.age_bounds, LAST]
        first, last = (
            Facts(birth=day, birth_to=day) for day in (bounds[place] + 1, bounds[place + 1])
        )
        for number in plan.on_birth_alone:
            span = plan.spans[number](first)
            if span in (EVERY_DAY, NO_DAY) and span == plan.spans[number](last):
                spans[number] = EVERY_DAY if span == EVERY_DAY else NO_DAY
    periods = tuple(
        (
            period.first,
            period.last,
            sum(1 << leaf for leaf in period.leaves if spans[leaf] is NO_DAY),
            tuple((leaf, 1 << leaf) for leaf in period.leaves if spans[leaf] is None),
        )
        for period in plan.periods
    )
    return BirthCell(
        others=tuple(number for number, span in enumerate(spans) if span is None),
        parts=[_settled_part(options, spans) for options in plan.parts],
        periods=periods,
    )


def _settled_part(options: Options, spans: Sequence[Span | None]) -> Span | None:
    """The days of a part if each of its options holds on every day or on none; None if not."""
    left = [
        [leaf for leaf in option if spans[leaf] is not EVERY_DAY]
        for option in options
        if not any(spans[leaf] is NO_DAY for leaf in option)
    ]
    if not left:
        return NO_DAY
    return EVERY_DAY if not all(left) else None


def divide(alternatives: Options) -> tuple[tuple[int, ...], tuple[Options, ...]]:
    """The conditions that all of these alternatives ask, and the choices in which they differ.

    Each alternative asks what is common and one option of each choice, and there is an alternative
    for each such combination. If the choices cannot be separated, they are one choice.
    """
    if not alternatives:
        return (), ((),)
    first, sets = alternatives[0], [frozenset(each) for each in alternatives]
    common = frozenset[int].intersection(*sets)
    order = dict.fromkeys(leaf for each in alternatives for leaf in each if leaf not in common)
    groups: list[set[int]] = []
    for leaf in order:  # two that are never asked together belong to one choice
        those = frozenset[int]().union(*(each for each in sets if leaf in each))
        linked = [group for group in groups if not group <= those]
        groups = [group for group in groups if group <= those]
        groups.append({leaf}.union(*linked))

    def chosen(group: AbstractSet[int]) -> Options:
        its = [group & each for each in sets]
        return tuple(dict.fromkeys(tuple(leaf for leaf in order if leaf in each) for each in its))

    choices = tuple(chosen(group) for group in groups)
    if prod(map(len, choices)) != len(set(sets)):
        choices = (chosen(set(order)),)
    return tuple(leaf for leaf in first if leaf in common), choices


def birth_ranges(plan: CompiledPolicy) -> list[tuple[int, int]]:
    """The ranges of birth dates within which no condition changes its answer, in order."""
    return ranges_between(plan.edges.births)


def ranges_between(edges: Collection[int]) -> list[tuple[int, int]]:
    """The ranges of day numbers into which the last day before each change divides all days."""
    inner = sorted(edge for edge in edges if FIRST <= edge < LAST)
    return list(zip([FIRST, *(edge + 1 for edge in inner)], [*inner, LAST], strict=True))


def _spellings(vaccines: Mapping[str, Vaccine]) -> dict[str, str]:
    """The codes of vaccines by code and by name."""
    names = {name: code for code, it in vaccines.items() for name in it.names.values()}
    return {**names, **{code: code for code in vaccines}}
