"""Conditions that do not depend on the person: a first day, and what no source states."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from attrs import frozen

from vaxpolicy._values import Prose, checked
from vaxpolicy.days import LAST, day_number
from vaxpolicy.rules.conditions.base import (
    EVERY_DAY,
    NO_DAY,
    NOT_KNOWN,
    Condition,
    Context,
    Question,
    Span,
    Turning,
    days_between,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vaxpolicy.rules.conditions.facts import Facts


@frozen(field_transformer=checked)
class FromDay(Condition):
    """The vaccination day is this day or a later one."""

    code = "not-yet"
    code_negated = "no-longer"

    from_day: date

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """From the day on, for everybody."""
        days = days_between(day_number(self.from_day), LAST)
        return lambda _: days

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """No question is open."""
        return iter(())

    def turning(self, context: Context) -> Turning:
        """The day."""
        return lambda _: self.from_day


@frozen(field_transformer=checked)
class NotStated(Condition):
    """A condition of the programme that no source states; nobody surely meets it."""

    code = "not-stated"
    code_negated = "not-stated"

    not_stated: Prose

    @property
    def question(self) -> Question:
        """The open question."""
        return Question("?", self.not_stated)

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day is possible, and no day is sure."""
        question = self.question

        def span(facts: Facts) -> Span:
            answer = facts.assumed.get(question)
            return NOT_KNOWN if answer is None else EVERY_DAY if answer else NO_DAY

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The question itself, unless an answer is assumed."""
        if self.question not in facts.assumed:
            yield self.question

    def opening_answers(self, context: Context) -> Mapping[Question, int]:
        """A yes."""
        return {self.question: 1}
