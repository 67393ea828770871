"""Conditions on earlier doses: their number, their vaccines, their days and the interval."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from attrs import frozen

from vaxpolicy._values import SOME, Days, DoseCount, InvalidValue, Years, checked
from vaxpolicy.days import FIRST, LAST, day_number, latest_birth
from vaxpolicy.rules.conditions.ages import BIRTH_DATE
from vaxpolicy.rules.conditions.base import (
    EVERY_DAY,
    NO_DAY,
    NOT_KNOWN,
    Condition,
    Context,
    Edges,
    PolicyError,
    Question,
    Reckoning,
    Span,
    Turning,
    days_between,
    new_span,
    opposite,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vaxpolicy.rules.conditions.facts import Facts


DOSES: Final = Question("doses")


@frozen(field_transformer=checked)
class _AboutDoses(Condition):
    fact = "doses"

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The dose history."""
        yield DOSES


@frozen(field_transformer=checked)
class DosesAtLeast(_AboutDoses):
    """At least this many doses, as the programme counts; from the day of that dose on."""

    code = "earlier-dose-missing"
    code_negated = "dose-already-given"

    doses_at_least: DoseCount

    def dose_numbers(self, context: Context) -> tuple[int, ...]:
        """The number of that dose."""
        return (self.doses_at_least,)

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The days from that dose on."""
        return self._bound(NO_DAY)

    def bind_opposite(self, context: Context) -> Callable[[Facts], Span]:
        """The days before that dose."""
        return self._bound(EVERY_DAY)

    def _bound(self, without: Span) -> Callable[[Facts], Span]:
        """The days from that dose on, or else before it; `without` if there is no such dose."""
        back, negated = self.doses_at_least - 1, without is EVERY_DAY
        if back < 0:
            return lambda _: NO_DAY if negated else EVERY_DAY
        unknown = opposite(NOT_KNOWN) if negated else NOT_KNOWN

        def span(facts: Facts) -> Span:
            doses = facts.doses
            if doses is None:
                return unknown
            index = facts.before_season + back
            if index >= len(doses):
                return without
            first = doses[index]
            if negated:
                return new_span((FIRST, first - 1, FIRST, first - 1))
            return new_span((first, LAST, first, LAST))

        return span

    def edges(self, context: Context) -> Edges:
        """The days of the stage, and the day before them."""
        return Edges(doses=frozenset(range(context.first - 1, context.last + 1)))

    def turning(self, context: Context) -> Turning:
        """The day of that dose."""
        back = self.doses_at_least - 1

        def turning_day(facts: Facts) -> date | None:
            doses = facts.doses
            if not doses:
                return None
            index = facts.before_season + back
            return date.fromordinal(doses[index]) if 0 <= index < len(doses) else None

        return turning_day


@frozen(field_transformer=checked)
class EarlierDosesAtLeast(_AboutDoses):
    """At least this many doses before the day from which the programme counts doses."""

    code = "no-dose-in-earlier-season"
    code_negated = "dose-in-earlier-season"

    earlier_doses_at_least: DoseCount

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none. Raises PolicyError if the programme does not count from a day."""
        if context.season == FIRST:
            raise PolicyError("earlier_doses_at_least: without counts_from no dose is earlier")
        number = self.earlier_doses_at_least

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return NOT_KNOWN
            return EVERY_DAY if facts.before_season >= number else NO_DAY

        return span


@frozen(field_transformer=checked)
class _AboutDoseBefore(_AboutDoses):
    """A condition on the dose before the one that the rule offers."""

    setting: ClassVar[tuple[str, ...]] = ("dose",)

    def dose_numbers(self, context: Context) -> tuple[int, ...]:
        """The dose before."""
        return (context.dose - 1,)

    def index(self, facts: Facts, context: Context) -> int | None:
        """The place of that dose in the history; None if there is no such dose."""
        index = facts.before_season + context.dose - 2
        return index if facts.doses and 0 <= index < len(facts.doses) else None

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none, or the days from a day on."""

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return NOT_KNOWN
            index = facts.before_season + context.dose - 2
            if 0 <= index < len(facts.doses):
                return self.span(facts.doses[index], facts.vaccines[index], context)
            return self.without(context)

        return span

    def span(self, day: int, vaccine: str, context: Context) -> Span:
        raise NotImplementedError

    def without(self, context: Context) -> Span:
        """No day: without a dose before, the condition cannot hold."""
        return NO_DAY

    def refusal(self, facts: Facts, context: Context) -> str:
        """The code for a missing dose, or for a dose that does not meet the condition."""
        if facts.doses is not None and self.index(facts, context) is None:
            return "earlier-dose-missing"
        return self.code


@frozen(field_transformer=checked)
class DoseDue(_AboutDoseBefore):
    """At least this many days have passed since the dose before, on the day that counts.

    If the programme counts doses by season, the first dose of a season is due this many days after
    the last dose of an earlier season, and at once for people who never had a dose.
    """

    code = "interval-too-short"
    code_negated = "interval-too-long"
    setting: ClassVar[tuple[str, ...]] = ("dose", "first", "last", "days_stated", "last_stated")

    dose_due_after_days: Days
    on: Reckoning

    def __attrs_post_init__(self) -> None:
        """Refuse a reckoning by calendar year: an interval is counted on a day."""
        if self.on in ("calendar-year", "not-stated"):
            raise InvalidValue("contradiction", "on", "a day: an interval is reckoned on one")

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The days from the due day on; every day or none if the reckoning is fixed."""
        place, days = context.dose - 2, self.dose_due_after_days
        fixed = None if self.on == "day" else context.reckoning_day(self.on)
        without = self.without(context)

        def span(facts: Facts) -> Span:
            doses = facts.doses
            if doses is None:
                return NOT_KNOWN
            index = facts.before_season + place
            if not 0 <= index < len(doses):
                return without
            due = doses[index] + days
            if fixed is None:
                return days_between(due, LAST)
            return EVERY_DAY if due <= fixed else NO_DAY

        return span

    def without(self, context: Context) -> Span:
        """Every day for the first dose that the programme counts; no day for others."""
        return EVERY_DAY if context.dose == 1 else NO_DAY

    def edges(self, context: Context) -> Edges:
        """The latest dose day after which the next dose is due, for each day that counts."""
        if self.on != "day":
            return Edges(
                doses=frozenset({context.reckoning_day(self.on) - self.dose_due_after_days})
            )
        days = range(context.first, context.last + 1)
        return Edges(doses=frozenset(day - self.dose_due_after_days for day in days))

    def turning(self, context: Context) -> Turning:
        """The day on which the dose is due."""
        place, days = context.dose - 2, self.dose_due_after_days

        def turning_day(facts: Facts) -> date | None:
            doses = facts.doses
            if not doses:
                return None
            index = facts.before_season + place
            if not 0 <= index < len(doses):
                return None
            due = doses[index] + days
            return date.fromordinal(due) if due <= LAST else None

        return turning_day


@frozen(field_transformer=checked)
class PreviousDoseOf(_AboutDoseBefore):
    """The dose before was one of these vaccines."""

    code = "other-vaccine-before"
    code_negated = "excluded-vaccine-before"

    previous_dose_of: Annotated[tuple[str, ...], SOME]

    def span(self, day: int, vaccine: str, context: Context) -> Span:
        """Every day or none."""
        return EVERY_DAY if vaccine in self.previous_dose_of else NO_DAY

    def edges(self, context: Context) -> Edges:
        """The vaccines that it names."""
        return Edges(vaccines=frozenset(self.previous_dose_of))


@frozen(field_transformer=checked)
class PreviousDoseOnOrBefore(_AboutDoseBefore):
    """The dose before was given on or before a day that the announcement names."""

    code = "previous-dose-too-late"
    code_negated = "previous-dose-too-early"

    previous_dose_on_or_before: date

    def missed_by(self, facts: Facts, context: Context) -> int:
        """The days between the dose and the bound."""
        place = self.index(facts, context)
        if place is None or facts.doses is None:
            return 0
        return abs(facts.doses[place] - day_number(self.previous_dose_on_or_before))

    def span(self, day: int, vaccine: str, context: Context) -> Span:
        """Every day or none."""
        return EVERY_DAY if day <= self.previous_dose_on_or_before.toordinal() else NO_DAY

    def edges(self, context: Context) -> Edges:
        """The bound."""
        return Edges(doses=frozenset({day_number(self.previous_dose_on_or_before)}))


@frozen(field_transformer=checked)
class PreviousDoseOnOrAfter(_AboutDoseBefore):
    """The dose before was not given earlier than a day that the announcement names."""

    code = "previous-dose-too-early"
    code_negated = "previous-dose-too-late"

    previous_dose_on_or_after: date

    def missed_by(self, facts: Facts, context: Context) -> int:
        """The days between the dose and the bound."""
        place = self.index(facts, context)
        if place is None or facts.doses is None:
            return 0
        return abs(facts.doses[place] - day_number(self.previous_dose_on_or_after))

    def span(self, day: int, vaccine: str, context: Context) -> Span:
        """Every day or none."""
        return EVERY_DAY if day >= self.previous_dose_on_or_after.toordinal() else NO_DAY

    def edges(self, context: Context) -> Edges:
        """The day before the bound."""
        return Edges(doses=frozenset({day_number(self.previous_dose_on_or_after) - 1}))


@frozen(field_transformer=checked)
class PreviousDoseBeforeAge(_AboutDoseBefore):
    """The dose before was given when the person was younger than this age in years.

    This is for programmes that count by season and use the age on the day of the season's first
    dose.
    """

    code = "too-old-at-previous-dose"
    code_negated = "too-young-at-previous-dose"
    setting: ClassVar[tuple[str, ...]] = ("dose", "last", "season")

    previous_dose_before_age: Years

    @property
    def reads(self) -> frozenset[str]:
        """The doses and the birth date."""
        return frozenset({self.fact, "birth_date"})

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        if context.season == FIRST or context.dose == 1:
            raise PolicyError("previous_dose_before_age: no earlier dose of a season is asked for")

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return NOT_KNOWN
            bound = self.bound(facts, context)
            if bound is None:
                return NO_DAY
            if facts.birth > bound:
                return EVERY_DAY
            return NO_DAY if facts.birth_to <= bound else NOT_KNOWN

        return span

    def bound(self, facts: Facts, context: Context) -> int | None:
        """The last birth date of those who had attained the age at the dose; None: no such dose."""
        index = self.index(facts, context)
        return None if index is None or not facts.doses else self._latest_birth(facts.doses[index])

    def missed_by(self, facts: Facts, context: Context) -> int:
        """The days between the birth date and the last one with the other answer."""
        bound = self.bound(facts, context)
        return 0 if bound is None else min(abs(facts.birth - bound), abs(facts.birth_to - bound))

    def _latest_birth(self, day: int) -> int:
        return latest_birth(self.previous_dose_before_age, date.fromordinal(day)).toordinal()

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The dose history, the birth date, or both."""
        if facts.doses is None:
            yield DOSES
        if facts.birth != facts.birth_to:
            yield BIRTH_DATE

    def edges(self, context: Context) -> Edges:
        """Every possible day of the dose before, and the birth dates that change the answer."""
        days = range(context.season - 1, context.last + 1)
        return Edges(
            births=frozenset(map(self._latest_birth, days)),
            doses=frozenset(days),
        )
