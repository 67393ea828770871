"""The common parts of all conditions: their context, their answers and their combinations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, Literal, NamedTuple, TypeAlias

from attrs import field, frozen

from vaxpolicy._values import checked
from vaxpolicy.days import FIRST, LAST, day_number

if TYPE_CHECKING:
    from vaxpolicy.rules.conditions.facts import Facts


class Span(NamedTuple):
    """The answer of a condition: a range of sure days and a range of possible days.

    Each range has the numbers of its first and last day. A range whose last day is before its first
    day is empty. The two ranges differ only if a fact is unknown.
    """

    first: int
    last: int
    possible_first: int
    possible_last: int

    @property
    def is_open(self) -> bool:
        """Whether an unknown fact decides the answer."""
        first, last, possible_first, possible_last = self
        return first != possible_first or last != possible_last

    @property
    def sure(self) -> tuple[int, int]:
        """The first and the last sure day."""
        return self[0], self[1]

    @property
    def possible(self) -> tuple[int, int]:
        """The first and the last possible day."""
        return self[2], self[3]


new_span: Final = partial(tuple.__new__, Span)
"""Makes a span from a tuple; it costs less than the constructor."""


def days_between(first: int, last: int) -> Span:
    """The span of the days from `first` to `last`, all of them sure."""
    return new_span((first, last, first, last))


Turning: TypeAlias = "Callable[[Facts], date | None]"
"""Gives the day on which the answer for a person changes by itself; None if it never does."""


class Question(NamedTuple):
    """Something unknown: a fact about the person, or a point that the policy leaves open.

    Attributes:
        fact: a field of `Person`; or, of the policy, ``?age`` (how an age is reckoned), ``?hour``
            (at which hour of a day) or ``?`` (a question in words).
        item: the group, vaccine, age, hour or question; "" if the fact has no items.
    """

    fact: str
    item: str = ""

    @property
    def is_about_policy(self) -> bool:
        """Whether it is about the policy; then no fact about the person answers it."""
        return self.fact.startswith("?")

    @classmethod
    def read(cls, text: str) -> Question:
        """Read a question about a person from its text in `Decision.missing`."""
        fact, _, item = text.partition("/")
        return cls(fact, item)

    def __str__(self) -> str:
        """The text of the question in a decision, such as ``groups/cecc-2021-06-21/9``."""
        if self.fact == "?":
            return f"?{self.item}"
        return f"{self.fact}/{self.item}" if self.item else self.fact


NEVER: Final = LAST + 1
"""As a first day: it never comes."""
EVERY_DAY: Final = Span(FIRST, LAST, FIRST, LAST)
NO_DAY: Final = Span(NEVER, FIRST - 1, NEVER, FIRST - 1)
NOT_KNOWN: Final = Span(NEVER, FIRST - 1, FIRST, LAST)

Reckoning: TypeAlias = Literal["day", "first-day", "last-day", "calendar-year", "not-stated"] | date
"""The day on which an age or an interval is reckoned.

``day``: the vaccination day itself; ``first-day``, ``last-day``: of the stage's vaccination days; a
date: that date; ``calendar-year`` (ages only): year of the vaccination day less year of birth;
``not-stated`` (ages only): no source says, so both ``calendar-year`` and ``first-day`` are kept.
"""


class PolicyError(ValueError):
    """A policy contradicts itself, or uses something that this library does not know."""


@frozen(field_transformer=checked)
class Context:
    """The rule for which a condition is bound.

    Attributes:
        first: the number of the earliest possible first day of the stage.
        last: the number of the latest possible last day of the stage.
        days_stated: whether a source states both days; if not, they are only the widest bounds.
        last_stated: whether a source states the last day.
        dose: the number of the dose that the rule offers, as the programme counts.
        vaccine: the code of the vaccine on offer.
        bands: the ages of the groups that are age bands, by group id.
        season: the number of the day from which the programme counts doses.
    """

    first: int
    last: int
    days_stated: bool = True
    dose: int = 1
    vaccine: str = ""
    bands: Mapping[str, tuple[Condition, ...]] = field(factory=dict, hash=False)
    last_stated: bool = True
    season: int = FIRST

    def reckoning_day(self, on: Reckoning) -> int:
        """The number of the day on which a fixed reckoning counts the age or interval."""
        if isinstance(on, date):
            return day_number(on)
        if not self.days_stated or (on == "last-day" and not self.last_stated):
            raise PolicyError(f"reckoned on {on!r}, but the vaccination days are not stated")
        return self.last if on == "last-day" else self.first


@frozen(field_transformer=checked)
class Edges:
    """The edges at which a condition's answer changes; between two edges it never changes.

    Each number or instant is the last one before a change. Births and doses are day numbers; a
    dated fact has its id and a day number.
    """

    births: frozenset[int] = frozenset()
    doses: frozenset[int] = frozenset()
    instants: frozenset[datetime] = frozenset()
    vaccines: frozenset[str] = frozenset()
    counties: frozenset[str] = frozenset()
    dated: frozenset[tuple[str, int]] = frozenset()


NO_EDGES: Final = Edges()
NO_ANSWERS: Final[Mapping[Question, int]] = {}


@frozen(field_transformer=checked)
class Condition:
    """The base class of all conditions."""

    fact: ClassVar[str] = ""
    """The field of `Person` that it reads."""
    code: ClassVar[str] = ""
    """The code of the reason if it refuses somebody."""
    code_negated: ClassVar[str] = ""
    """The code of the reason if its opposite refuses somebody."""
    by_product: ClassVar[bool] = False
    """Whether it reads the doses of certain vaccines, whatever their numbers."""
    setting: ClassVar[tuple[str, ...]] = ()
    """The fields of its `Context` on which its answer depends."""

    @property
    def reads(self) -> frozenset[str]:
        """The fields of `Person` on which its days depend."""
        return frozenset({self.fact} - {""})

    @property
    def as_written(self) -> Condition:
        """The condition as a policy writes it: one of the normal form alone stands for another."""
        return self

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The function from facts to days, for one rule."""
        raise NotImplementedError

    def bind_opposite(self, context: Context) -> Callable[[Facts], Span]:
        """The function from facts to the days on which it does not hold."""
        return opposite_of(self.bind(context))

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The unknown facts that decide its answer."""
        raise NotImplementedError

    def opening_answers(self, context: Context) -> Mapping[Question, int]:
        """The points that the policy leaves open in it, each with the answer that gives more days.

        Everybody who has a day with the other answer has it with this one.
        """
        return NO_ANSWERS

    def edges(self, context: Context) -> Edges:
        """The edges at which its answer changes."""
        return NO_EDGES

    def dose_numbers(self, context: Context) -> tuple[int, ...]:
        """The numbers of the doses whose day or vaccine it reads.

        Number 1 is the first dose of the season; 0 is the last dose before the season.
        """
        return ()

    def refusal(self, facts: Facts, context: Context) -> str:
        """The code of the reason for which it refuses this person."""
        return self.code

    def item(self, context: Context) -> str:
        """The group or vaccine that it reads; "" if the fact has no items."""
        return ""

    def missed_by(self, facts: Facts, context: Context) -> int:
        """The days by which a person misses it; 0 if it is not about days."""
        return 0

    def turning(self, context: Context) -> Turning | None:
        """The function from facts to the day on which the answer changes without any new fact.

        None: the answer changes so for nobody.
        """
        return None


@frozen(field_transformer=checked)
class AllOf:
    """All of these conditions hold."""

    all: tuple[AnyCondition, ...]


@frozen(field_transformer=checked)
class AnyOf:
    """At least one of these conditions holds."""

    any: tuple[AnyCondition, ...]


@frozen(field_transformer=checked)
class NotThat:
    """The condition does not hold."""

    not_: AnyCondition


AnyCondition: TypeAlias = Condition | AllOf | AnyOf | NotThat


@frozen(field_transformer=checked)
class Term:
    """One condition or its opposite, in an alternative of a rule in normal form."""

    condition: Condition
    negated: bool = False


def opposite(span: Span) -> Span:
    """The days of "not": sure if `span` is impossible there, possible if it is not sure there."""
    if span is EVERY_DAY:
        return NO_DAY
    if span is NO_DAY:
        return EVERY_DAY
    sure_first, sure_last, first, last = span
    outside = _outside(first, last)
    if first == sure_first and last == sure_last:
        return new_span(outside + outside)
    return new_span(outside + _outside(sure_first, sure_last))


def opposite_of(bound: Callable[[Facts], Span]) -> Callable[[Facts], Span]:
    """The function from facts to the days of "not"."""

    def span(facts: Facts) -> Span:
        its = bound(facts)
        if its is NO_DAY:  # as often as not; a call would cost more
            return EVERY_DAY
        return opposite(its)

    return span


def _outside(first: int, last: int) -> tuple[int, int]:
    if first > last:
        return FIRST, LAST
    return (last + 1, LAST) if first == FIRST else (FIRST, first - 1)
