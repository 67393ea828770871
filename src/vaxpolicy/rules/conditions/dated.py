"""Conditions on what is known beside doses and groups: facts that have a date, and the sex.

A dated fact is an event such as an infection, a test, a transfusion or the start of a pregnancy.
Only the last one of its kind counts. These conditions do not compare it with the birth date.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from attrs import field, frozen

from vaxpolicy._values import Days, InvalidValue, checked, not_before
from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.conditions.base import (
    EVERY_DAY,
    NEVER,
    NO_DAY,
    NOT_KNOWN,
    AllOf,
    AnyCondition,
    Condition,
    Context,
    Edges,
    NotThat,
    Question,
    Span,
    Turning,
)
from vaxpolicy.rules.people import Sex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vaxpolicy.rules.conditions.facts import Facts


@frozen(field_transformer=checked)
class OfDatedFact(Condition):
    """The common part of conditions on a dated fact: from some days after it on, they hold."""

    fact = "dated_facts"
    code = "fact-missing"
    code_negated = "fact-excluded"
    setting: ClassVar[tuple[str, ...]] = ("first", "last")

    @property
    def dated_fact(self) -> str:
        """The id of the fact."""
        raise NotImplementedError

    @property
    def wait(self) -> int:
        """The number of days after it."""
        raise NotImplementedError

    @property
    def holds_without(self) -> bool:
        """Whether it holds, on every day, for people to whom this never happened."""
        return False

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The days from then on."""
        name, wait = self.dated_fact, self.wait
        always, never = context.first - wait, context.last - wait
        without = EVERY_DAY if self.holds_without else NO_DAY

        def span(facts: Facts) -> Span:
            days = facts.dated.get(name)
            if days is None:
                return NOT_KNOWN
            first, last = days
            if first > LAST:
                return without
            if last <= always:
                return EVERY_DAY
            if first > never:
                return NO_DAY
            return Span(min(last + wait, NEVER), LAST, min(first + wait, NEVER), LAST)

        return span

    def item(self, context: Context) -> str:
        """The id of the fact."""
        return self.dated_fact

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The fact, if it is unknown or known in part."""
        days = facts.dated.get(self.dated_fact)
        if days is None or days[0] != days[1]:
            yield Question("dated_facts", self.dated_fact)

    def edges(self, context: Context) -> Edges:
        """The last days of the event before each change on a day of the stage."""
        days = range(context.first - self.wait, context.last - self.wait + 1)
        return Edges(dated=frozenset((self.dated_fact, day) for day in days))

    def turning(self, context: Context) -> Turning:
        """The day from which on it holds, if the day of the event is known."""
        fact, wait = self.dated_fact, self.wait

        def turning_day(facts: Facts) -> date | None:
            first, last = facts.dated.get(fact, (FIRST, LAST))
            if first != last or first + wait > LAST:
                return None
            return date.fromordinal(first + wait)

        return turning_day


@frozen(field_transformer=checked)
class HasFact(OfDatedFact):
    """Something has happened to the person: from its day on."""

    has_fact: str

    @property
    def dated_fact(self) -> str:
        """The id of the fact."""
        return self.has_fact

    @property
    def wait(self) -> int:
        """No day."""
        return 0


@frozen(field_transformer=checked)
class DaysSinceFact(OfDatedFact):
    """At least, at most, or between two numbers of days after something happened to the person.

    If it never happened, this holds on no day, or with `or_never` on every day.
    """

    code = "fact-too-recent"
    code_negated = "fact-too-long-ago"

    days_since_fact: str
    at_least: Days | None = None
    at_most: Days | None = field(default=None, validator=not_before("at_least"))
    or_never: bool = False

    def __attrs_post_init__(self) -> None:
        """Require a bound."""
        if self.at_least is None and self.at_most is None:
            raise InvalidValue("contradiction", "days_since_fact", "at_least, at_most or both")

    @property
    def dated_fact(self) -> str:
        """The id of the fact."""
        return self.days_since_fact

    @property
    def wait(self) -> int:
        """The least number of days."""
        return self.at_least or 0

    @property
    def holds_without(self) -> bool:
        """Whether it holds for people to whom this never happened."""
        return self.or_never

    def spelled_out(self, context: Context) -> AnyCondition:
        """One condition for each bound: the lower one alone has days on one side only."""
        if self.at_most is None:
            return self
        over = DaysSinceFact(self.days_since_fact, self.at_most + 1)
        if self.at_least is None and not self.or_never:
            return AllOf((HasFact(self.days_since_fact), NotThat(over)))
        lower = DaysSinceFact(self.days_since_fact, self.wait, or_never=self.or_never)
        return AllOf((lower, NotThat(over)))

    def refusal(self, facts: Facts, context: Context) -> str:
        """It never happened, or it happened too short ago."""
        first, _ = facts.dated.get(self.days_since_fact, (FIRST, LAST))
        return "fact-missing" if first > LAST else self.code


@frozen(field_transformer=checked)
class OfSex(Condition):
    """The person's sex, where a programme asks for it."""

    fact = "sex"
    code = "other-sex"
    code_negated = "other-sex"

    sex: Sex

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        asked = self.sex

        def span(facts: Facts) -> Span:
            sex = facts.sex
            return NOT_KNOWN if sex is None else EVERY_DAY if sex == asked else NO_DAY

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The sex, if it is unknown."""
        if facts.sex is None:
            yield Question("sex")
