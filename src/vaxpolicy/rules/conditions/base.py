"""What conditions have in common: what they are given, what they give, how they combine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar, Final, Literal, NamedTuple, TypeAlias

from attrs import field, frozen

from vaxpolicy._values import checked
from vaxpolicy.days import FIRST, LAST, day_number

if TYPE_CHECKING:
    from vaxpolicy.rules.conditions.facts import Facts


class Span(NamedTuple):
    """The answer of a condition: one range of days that are sure, one that are possible.

    Each is a pair of day numbers, first and last. A range whose last day is before its first is
    empty. The two ranges differ only where something is not known.
    """

    first: int
    last: int
    possible_first: int
    possible_last: int

    @property
    def is_open(self) -> bool:
        """Whether something that is not known decides."""
        first, last, possible_first, possible_last = self
        return first != possible_first or last != possible_last


def days_between(first: int, last: int) -> Span:
    """The days from `first` to `last`, all of them sure."""
    return Span(first, last, first, last)


class Question(NamedTuple):
    """Something that is not known: a fact about the person, or a point that the policy leaves open.

    Attributes:
        fact: a field of `Person`; or, of the policy, ``?age`` (how an age is reckoned), ``?hour``
            (at which hour of a day) or ``?`` (a question in words).
        item: which group or vaccine, age, hour or question it is about; "" for a fact without.
    """

    fact: str
    item: str = ""

    @property
    def is_about_policy(self) -> bool:
        """Whether the policy leaves it open, so that no fact about the person answers it."""
        return self.fact.startswith("?")

    @classmethod
    def read(cls, text: str) -> Question:
        """The question about a person that `Decision.missing` writes as this text."""
        fact, _, item = text.partition("/")
        return cls(fact, item)

    def __str__(self) -> str:
        """The text by which decisions name it, such as ``groups/cecc-2021-06-21/9``."""
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
    """A policy that contradicts itself or asks for what this library does not know."""


@frozen(field_transformer=checked)
class Context:
    """The rule for which a condition is bound.

    Attributes:
        first: number of the first day on which the stage vaccinates, at the earliest.
        last: number of the last such day, at the latest.
        days_stated: whether `first` and `last` are stated, or only the widest bounds there can be.
        last_stated: whether `last` is.
        dose: number of the dose that the rule offers, counted as its programme counts.
        vaccine: the code of the vaccine on offer.
        bands: the groups that are age bands, by id, as ages.
        season: number of the day from which the programme counts doses.
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
        """The number of the one day on which a fixed reckoning reckons."""
        if isinstance(on, date):
            return day_number(on)
        if not self.days_stated or (on == "last-day" and not self.last_stated):
            raise PolicyError(f"reckoned on {on!r}, but the vaccination days are not stated")
        return self.last if on == "last-day" else self.first


@frozen(field_transformer=checked)
class Edges:
    """Where a condition's answer changes; between two neighbouring edges nothing does.

    Each number or instant is the last one before a change: births and doses as day numbers.
    """

    births: frozenset[int] = frozenset()
    doses: frozenset[int] = frozenset()
    instants: frozenset[datetime] = frozenset()
    vaccines: frozenset[str] = frozenset()
    counties: frozenset[str] = frozenset()


NO_EDGES: Final = Edges()


@frozen(field_transformer=checked)
class Condition:
    """What every condition has."""

    fact: ClassVar[str] = ""
    """The field of `Person` that it asks for."""
    code: ClassVar[str] = ""
    """Why someone is refused whom it excludes."""
    code_negated: ClassVar[str] = ""
    """Why someone is refused whom its opposite excludes."""
    by_product: ClassVar[bool] = False
    """Whether it looks at the doses of given vaccines, whatever their numbers."""
    setting: ClassVar[tuple[str, ...]] = ()
    """The fields of its `Context` on which its answer depends."""

    @property
    def reads(self) -> frozenset[str]:
        """The fields of `Person` on which its days depend."""
        return frozenset({self.fact} - {""})

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The function from facts to days, for the rule that asks."""
        raise NotImplementedError

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """What is not known and decides its answer."""
        raise NotImplementedError

    def edges(self, context: Context) -> Edges:
        """Where its answer changes."""
        return NO_EDGES

    def dose_numbers(self, context: Context) -> tuple[int, ...]:
        """The doses at whose day or vaccine it looks.

        They are counted from the first of the season; 0 is the last one before it.
        """
        return ()

    def refusal(self, facts: Facts, context: Context) -> str:
        """The code of the reason why it refuses this person."""
        return self.code

    def item(self, context: Context) -> str:
        """The group or vaccine for which it asks; "" where the fact has none."""
        return ""

    def missed_by(self, facts: Facts, context: Context) -> int:
        """By how many days somebody whom it refuses misses it; 0 where it is not about days."""
        return 0

    def turning_day(self, facts: Facts, context: Context) -> date | None:
        """The day on which it begins (or ends) to hold for this person by itself."""
        return None


@frozen(field_transformer=checked)
class AllOf:
    """Every one of these."""

    all: tuple[AnyCondition, ...]


@frozen(field_transformer=checked)
class AnyOf:
    """At least one of these."""

    any: tuple[AnyCondition, ...]


@frozen(field_transformer=checked)
class NotThat:
    """The opposite."""

    not_: AnyCondition


AnyCondition: TypeAlias = Condition | AllOf | AnyOf | NotThat


@frozen(field_transformer=checked)
class Term:
    """One condition or its opposite, as it stands in an alternative of a rule in normal form."""

    condition: Condition
    negated: bool = False


def opposite(span: Span) -> Span:
    """The days of "not": sure where `span` is impossible, possible where it is not sure."""
    if span is EVERY_DAY:
        return NO_DAY
    if span is NO_DAY:
        return EVERY_DAY
    sure_first, sure_last, first, last = span
    return Span(*_outside(first, last), *_outside(sure_first, sure_last))


def _outside(first: int, last: int) -> tuple[int, int]:
    if first > last:
        return FIRST, LAST
    return (last + 1, LAST) if first == FIRST else (FIRST, first - 1)
