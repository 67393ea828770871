"""The history by product: how many doses of given vaccines there were, when, and at which age.

A programme whose rules ask for products sees a whole life: these conditions do not count by season.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar

from attrs import frozen

from vaxpolicy._values import SOME, Days, DoseNumber, InvalidValue, Months, checked
from vaxpolicy.days import FIRST, LAST, latest_birth
from vaxpolicy.rules.conditions.ages import BIRTH_DATE
from vaxpolicy.rules.conditions.base import (
    EVERY_DAY,
    NO_DAY,
    NOT_KNOWN,
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    Context,
    Edges,
    PolicyError,
    Question,
    Span,
    Turning,
    days_between,
    new_span,
    opposite,
)
from vaxpolicy.rules.conditions.doses import DOSES
from vaxpolicy.rules.conditions.facts import these_vaccines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vaxpolicy.rules.conditions.facts import Facts


@frozen(field_transformer=checked)
class ByProduct(Condition):
    """The common part of conditions on the doses of certain vaccines."""

    fact = "doses"
    by_product: ClassVar[bool] = True

    @property
    def products(self) -> tuple[str, ...]:
        """The vaccines whose doses it looks at."""
        raise NotImplementedError

    @property
    def which(self) -> int | None:
        """The number of the dose of these vaccines at which it looks; None: the last one."""
        return None

    @property
    def wait(self) -> int:
        """How many days after that dose its answer changes."""
        return 0

    @property
    def is_by_order(self) -> bool:
        """Whether the order of the doses, and not their days, decides at which one it looks."""
        return True

    def looked_at(self, vaccines: Sequence[str]) -> list[int]:
        """The place of that dose among doses of these vaccines; [] if there is no such dose."""
        places = [place for place, one in enumerate(vaccines) if one in self.products]
        return places[-1:] if self.which is None else places[self.which - 1 : self.which]

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The dose history."""
        if facts.doses is None:
            yield DOSES

    def edges(self, context: Context) -> Edges:
        """The vaccines that it names, and the days of the stage."""
        days = range(context.first - 1, context.last + 1)
        return Edges(vaccines=frozenset(self.products), doses=frozenset(days))


@frozen(field_transformer=checked)
class DosesOf(ByProduct):
    """At least this many doses of these vaccines: from that dose's day on."""

    code = "earlier-dose-missing"
    code_negated = "dose-already-given"

    doses_of: Annotated[tuple[str, ...], SOME]
    at_least: DoseNumber = 1
    since: date | None = None

    @property
    def products(self) -> tuple[str, ...]:
        """The vaccines."""
        return self.doses_of

    @property
    def which(self) -> int | None:
        """The number of the dose."""
        return self.at_least

    @property
    def is_by_order(self) -> bool:
        """Not if it counts the doses since a day."""
        return self.since is None

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The days from that dose on."""
        return self._bound(NO_DAY)

    def bind_opposite(self, context: Context) -> Callable[[Facts], Span]:
        """The days before that dose."""
        return self._bound(EVERY_DAY)

    def _bound(self, without: Span) -> Callable[[Facts], Span]:
        """The days from that dose on, or else before it; `without` if there is no such dose."""
        vaccines, index = these_vaccines(self.doses_of), self.at_least - 1
        since = FIRST if self.since is None else self.since.toordinal()
        negated = without is EVERY_DAY
        unknown = opposite(NOT_KNOWN) if negated else NOT_KNOWN

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return unknown
            days = (facts.counted or facts.count())[vaccines]
            if since > FIRST:
                days = [day for day in days if day >= since]
            if index >= len(days):
                return without
            first = days[index]
            if negated:
                return new_span((FIRST, first - 1, FIRST, first - 1))
            return new_span((first, LAST, first, LAST))

        return span

    def turning(self, context: Context) -> Turning:
        """The day of that dose."""
        span = self.bind(context)

        def turning_day(facts: Facts) -> date | None:
            first = span(facts).first
            return date.fromordinal(first) if first <= LAST else None

        return turning_day


@frozen(field_transformer=checked)
class DaysSinceDoseOf(ByProduct):
    """At least this many days after a dose of these vaccines: the last one, or that of a number.

    Without such a dose it never holds, or with `or_none` on every day.
    """

    code = "interval-too-short"
    code_negated = "interval-too-long"

    days_since_dose_of: Annotated[tuple[str, ...], SOME]
    at_least: Days
    number: DoseNumber | None = None
    or_none: bool = False

    @property
    def products(self) -> tuple[str, ...]:
        """The vaccines."""
        return self.days_since_dose_of

    @property
    def which(self) -> int | None:
        """The number of the dose; None: the last one."""
        return self.number

    @property
    def wait(self) -> int:
        """The days since that dose."""
        return self.at_least

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The days from due on."""
        vaccines, wait = these_vaccines(self.days_since_dose_of), self.at_least
        number = self.number
        without = EVERY_DAY if self.or_none else NO_DAY
        counting = number is not None

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return NOT_KNOWN
            if counting:
                days = (facts.counted or facts.count())[vaccines]
            else:
                days = (facts.given or facts.count_all())[vaccines]
            index = len(days) if number is None else number
            if not 1 <= index <= len(days):
                return without
            first = days[index - 1] + wait
            return new_span((first, LAST, first, LAST))

        return span

    def refusal(self, facts: Facts, context: Context) -> str:
        """No such dose, or one too short ago."""
        never = self.bind(context)(facts) == NO_DAY
        return "earlier-dose-missing" if never else self.code

    def turning(self, context: Context) -> Turning:
        """The day on which the wait is over."""
        span = self.bind(context)

        def turning_day(facts: Facts) -> date | None:
            first = span(facts).first
            return date.fromordinal(first) if FIRST < first <= LAST else None

        return turning_day


@frozen(field_transformer=checked)
class _SameDayAs(ByProduct):
    """The day of the last dose of these vaccines, and no other."""

    code = "too-close-to-other-vaccine"
    code_negated = "too-close-to-other-vaccine"

    apart_from: Annotated[tuple[str, ...], SOME]
    days: Days

    @property
    def as_written(self) -> ApartFrom:
        """The spacing of which it is one of two ranges."""
        return ApartFrom(self.apart_from, self.days)

    @property
    def products(self) -> tuple[str, ...]:
        """The vaccines."""
        return self.apart_from

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """That day."""
        vaccines = these_vaccines(self.apart_from)

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return NOT_KNOWN
            days = (facts.given or facts.count_all())[vaccines]
            return days_between(days[-1], days[-1]) if days else NO_DAY

        return span


@frozen(field_transformer=checked)
class _ApartFrom(DaysSinceDoseOf):
    """At least this many days after the last dose of these vaccines, where there is any."""

    code = "too-close-to-other-vaccine"

    @property
    def as_written(self) -> ApartFrom:
        """The spacing of which it is one of two ranges."""
        return ApartFrom(self.days_since_dose_of, self.at_least)

    def refusal(self, facts: Facts, context: Context) -> str:
        """The other vaccine was given too short ago."""
        return self.code


@frozen(field_transformer=checked)
class ApartFrom(ByProduct):
    """On the day of the last dose of these vaccines, or at least this many days after it."""

    code = "too-close-to-other-vaccine"
    code_negated = "too-close-to-other-vaccine"

    apart_from: Annotated[tuple[str, ...], SOME]
    days: Days

    @property
    def products(self) -> tuple[str, ...]:
        """The vaccines."""
        return self.apart_from

    def spelled_out(self) -> AnyCondition:
        """Its two ranges of days, and every day if there is no dose."""
        later = _ApartFrom(self.apart_from, self.days, or_none=True)
        return AnyOf((later, AllOf((_SameDayAs(self.apart_from, self.days),))))

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Refuse: the normal form of its ranges is bound instead."""
        raise PolicyError("apart_from: its opposite cannot be asked")


@frozen(field_transformer=checked)
class AgeAtDoseOf(ByProduct):
    """A dose of these vaccines was given at this age or later: the last one, or that of a number.

    The age is in completed months, or in days.
    """

    code = "too-young-at-previous-dose"
    code_negated = "too-old-at-previous-dose"

    age_at_dose_of: Annotated[tuple[str, ...], SOME]
    at_least_months: Months | None = None
    at_least_days: Days | None = None
    number: DoseNumber | None = None

    def __attrs_post_init__(self) -> None:
        """Require one age."""
        if (self.at_least_months is None) is (self.at_least_days is None):
            raise InvalidValue(
                "contradiction", "age_at_dose_of", "at_least_months or at_least_days"
            )

    @property
    def reads(self) -> frozenset[str]:
        """The doses and the birth date."""
        return frozenset({self.fact, "birth_date"})

    @property
    def products(self) -> tuple[str, ...]:
        """The vaccines."""
        return self.age_at_dose_of

    @property
    def which(self) -> int | None:
        """The number of the dose; None: the last one."""
        return self.number

    def births(self, earliest: int, latest: int) -> range:
        """The last birth dates before its answer changes, for a dose between two days."""
        return range(self._latest_birth(earliest), self._latest_birth(latest) + 1)

    def days(self, birth: int, birth_to: int) -> range:
        """The days of the dose before its answer changes, for a birth between two days.

        There may be a few more, at either end.
        """
        if self.at_least_days is not None:
            return range(birth + self.at_least_days - 1, birth_to + self.at_least_days)
        months = self.at_least_months or 0
        return range(birth + 28 * months - 1, birth_to + 31 * months + 1)

    def dose_of(self, facts: Facts) -> int | None:
        """The day of that dose; None if there is no such dose."""
        days = (facts.counted or facts.count())[these_vaccines(self.age_at_dose_of)]
        index = len(days) if self.number is None else self.number
        return days[index - 1] if 1 <= index <= len(days) else None

    def _latest_birth(self, day: int) -> int:
        if self.at_least_days is not None:
            return day - self.at_least_days
        months = self.at_least_months or 0
        if day <= FIRST + 31 * months:  # nobody was born before the calendar begins
            return FIRST - 1
        return latest_birth(0, date.fromordinal(day), months=months).toordinal()

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return NOT_KNOWN
            day = self.dose_of(facts)
            if day is None:
                return NO_DAY
            bound = self._latest_birth(day)
            if facts.birth_to <= bound:
                return EVERY_DAY
            return NO_DAY if facts.birth > bound else NOT_KNOWN

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The dose history, the birth date, or both."""
        yield from super().open_questions(facts, context)
        if facts.birth != facts.birth_to:
            yield BIRTH_DATE

    def missed_by(self, facts: Facts, context: Context) -> int:
        """The days between the birth date and the last one with the other answer."""
        day = self.dose_of(facts)
        if day is None:
            return 0
        bound = self._latest_birth(day)
        return min(abs(facts.birth - bound), abs(facts.birth_to - bound))

    def refusal(self, facts: Facts, context: Context) -> str:
        """No such dose, or one at another age."""
        return "earlier-dose-missing" if self.dose_of(facts) is None else self.code
