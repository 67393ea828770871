"""Conditions on the age, by its reckoning, and on the birth date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

from attrs import field, frozen

from vaxpolicy._values import Days, InvalidValue, Months, Years, checked, not_before
from vaxpolicy.days import (
    FIRST,
    LAST,
    attained,
    day_number,
    first_day_of_calendar_age,
    latest_birth,
    latest_birth_by_calendar_year,
)
from vaxpolicy.rules.conditions.base import (
    EVERY_DAY,
    NEVER,
    NO_ANSWERS,
    NO_DAY,
    NOT_KNOWN,
    Condition,
    Context,
    Edges,
    Question,
    Reckoning,
    Span,
    Turning,
    new_span,
)

if TYPE_CHECKING:
    from vaxpolicy.rules.conditions.facts import Facts

BIRTH_DATE: Final = Question("birth_date")
_MONTHS_A_YEAR: Final = 12


@frozen(field_transformer=checked)
class _Reading:
    """One way to reckon the day on which a person reaches an age, for one stage.

    People born by `born_by` have reached it on every day of the stage. People born after
    `born_after` reach it on no day of the stage. For the others the day depends on the birth date:
    `day` gives it, and `latest_birth` the latest birth date of those who have reached it on a day.
    """

    born_by: int
    born_after: int
    day: Callable[[int], int]
    latest_birth: Callable[[int], int]

    def starts(self, birth: int) -> int:
        if birth <= self.born_by:
            return FIRST
        return NEVER if birth > self.born_after else self.day(birth)


@frozen(field_transformer=checked)
class Age(Condition):
    """An age that a person has reached (a lower bound) or not yet passed (an upper bound)."""

    fact = "birth_date"
    setting: ClassVar[tuple[str, ...]] = ("first", "last", "days_stated", "last_stated")
    lower: ClassVar[bool] = True

    on: Reckoning = field(init=False)

    @property
    def months(self) -> int:
        """The age in months at which the answer changes."""
        raise NotImplementedError

    def _attained(self, birth: int) -> int:
        years, months = divmod(self.months, _MONTHS_A_YEAR)
        return attained(date.fromordinal(birth), years, months=months).toordinal()

    def _latest_birth(self, day: int) -> int:
        """The latest birth date of people who have reached the age on that day."""
        return latest_birth(0, date.fromordinal(day), months=self.months).toordinal()

    def _by_calendar_year(self, birth: int) -> int:
        years = self.months // _MONTHS_A_YEAR
        return first_day_of_calendar_age(date.fromordinal(birth), years).toordinal()

    def _latest_birth_by_calendar_year(self, day: int) -> int:
        years = self.months // _MONTHS_A_YEAR
        return latest_birth_by_calendar_year(years, date.fromordinal(day)).toordinal()

    def _reading(self, on: Reckoning, context: Context) -> _Reading:
        by_year = on == "calendar-year"
        starts = self._by_calendar_year if by_year else self._attained
        latest_birth = self._latest_birth_by_calendar_year if by_year else self._latest_birth
        ends = [context.first, context.last]
        if on != "day" and not by_year:
            ends = [context.reckoning_day(on)] * 2
        born_by, born_after = map(latest_birth, ends)
        return _Reading(born_by, born_after, starts, latest_birth)

    @lru_cache(maxsize=1024)  # noqa: B019  # conditions live as long as their policy
    def _readings(self, context: Context) -> tuple[_Reading, ...]:
        names: tuple[Reckoning, ...] = (self.on,)
        if self.on == "not-stated":
            # where the first day is not stated either, it may be any day of the stage
            names = ("calendar-year", "first-day" if context.days_stated else "day")
        return tuple(self._reading(name, context) for name in names)

    @property
    def question(self) -> Question:
        """The question about a reckoning that is not stated: one for each age where it matters."""
        return Question("?age", str(self.months))

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The days from the age on, or the days before it."""
        spans = [self._span(reading) for reading in self._readings(context)]
        return spans[0] if len(spans) == 1 else self._in_any_reading(spans)

    def _span(self, reading: _Reading) -> Callable[[Facts], Span]:
        """The days by one reading."""
        born_by, born_after, starts = reading.born_by, reading.born_after, reading.starts
        day_of = reading.day
        always, never = (EVERY_DAY, NO_DAY) if self.lower else (NO_DAY, EVERY_DAY)
        lower = self.lower

        def span(facts: Facts) -> Span:
            if facts.birth_to <= born_by:
                return always
            if facts.birth > born_after:
                return never
            if facts.birth_to == facts.birth:
                earliest = latest = day_of(facts.birth)
            else:
                earliest, latest = starts(facts.birth), starts(facts.birth_to)
            if lower:
                return new_span((latest, LAST, earliest, LAST))
            return new_span((FIRST, earliest - 1, FIRST, latest - 1))

        return span

    def _in_any_reading(self, spans: Sequence[Callable[[Facts], Span]]) -> Callable[[Facts], Span]:
        """The days if no source states the reckoning: sure by both, possible by either."""
        question, (one, other) = self.question, spans

        def span(facts: Facts) -> Span:
            if facts.assumed and (which := facts.assumed.get(question)) is not None:
                return spans[which](facts)
            first, second = one(facts), other(facts)
            if first == second:
                return first
            return Span(
                max(first.first, second.first),
                min(first.last, second.last),
                min(first.possible_first, second.possible_first),
                max(first.possible_last, second.possible_last),
            )

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The birth date, and the reckoning if it matters for this person."""
        if facts.birth != facts.birth_to:
            yield BIRTH_DATE
        readings = self._readings(context)
        if len(readings) > 1 and self.question not in facts.assumed:
            starts = {
                reading.starts(birth)
                for reading in readings
                for birth in (facts.birth, facts.birth_to)
            }
            if len(starts) > 1:
                yield self.question

    def opening_answers(self, context: Context) -> Mapping[Question, int]:
        """By the calendar year an age is reached as early as on the birthday, or earlier."""
        if self.on != "not-stated":
            return NO_ANSWERS
        return {self.question: 0 if self.lower else 1}

    def edges(self, context: Context) -> Edges:
        """The latest birth dates of people who reach the age, for each day that counts."""
        births: set[int] = set()
        for reading in self._readings(context):
            births |= {reading.born_by, reading.born_after}
            if reading.born_by < reading.born_after:
                days = range(context.first, context.last + 1)
                births.update(map(reading.latest_birth, days))
        return Edges(births=frozenset(births))

    def turning(self, context: Context) -> Turning:
        """The day on which the person reaches the age."""
        years, months = divmod(self.months, _MONTHS_A_YEAR)
        by_year = self.on == "calendar-year"

        def turning_day(facts: Facts) -> date | None:
            if facts.birth != facts.birth_to:
                return None
            birth = date.fromordinal(facts.birth)
            try:
                if by_year:
                    return first_day_of_calendar_age(birth, years)
                return attained(birth, years, months=months)
            except (OverflowError, ValueError):
                return None

        return turning_day


def _stated_unit(on: Reckoning) -> None:
    if on in ("calendar-year", "not-stated"):
        raise InvalidValue("contradiction", "on", "a day: an age in months is reckoned on one")


@frozen(field_transformer=checked)
class AgeAtLeast(Age):
    """At least this many years old."""

    code = "too-young"
    code_negated = "too-old"

    age_at_least: Years
    on: Reckoning

    @property
    def months(self) -> int:
        """The age in months."""
        return self.age_at_least * _MONTHS_A_YEAR


@frozen(field_transformer=checked)
class AgeAtMost(Age):
    """At most this many years old, up to the day before the next birthday."""

    code = "too-old"
    code_negated = "too-young"
    lower = False

    age_at_most: Years
    on: Reckoning

    @property
    def months(self) -> int:
        """The age in months at which it ends."""
        return (self.age_at_most + 1) * _MONTHS_A_YEAR


@frozen(field_transformer=checked)
class AgeAtLeastMonths(Age):
    """At least this many months old."""

    code = "too-young"
    code_negated = "too-old"

    age_at_least_months: Months
    on: Reckoning

    def __attrs_post_init__(self) -> None:
        """Refuse a reckoning by calendar year: months are counted on a day."""
        _stated_unit(self.on)

    @property
    def months(self) -> int:
        """The age in months."""
        return self.age_at_least_months


@frozen(field_transformer=checked)
class AgeAtMostMonths(Age):
    """At most this many months old, up to the day before the next month is completed."""

    code = "too-old"
    code_negated = "too-young"
    lower = False

    age_at_most_months: Months
    on: Reckoning

    def __attrs_post_init__(self) -> None:
        """Refuse a reckoning by calendar year: months are counted on a day."""
        _stated_unit(self.on)

    @property
    def months(self) -> int:
        """The age in months at which it ends."""
        return self.age_at_most_months + 1


@frozen(field_transformer=checked)
class _AgeInDays(Age):
    """An age in days, for programmes that count weeks, months or years as fixed numbers of days."""

    def __attrs_post_init__(self) -> None:
        """Refuse a reckoning by calendar year: days are counted on a day."""
        _stated_unit(self.on)

    @property
    def days(self) -> int:
        """The age in days at which the answer changes."""
        raise NotImplementedError

    def _attained(self, birth: int) -> int:
        return min(birth + self.days, NEVER)

    def _latest_birth(self, day: int) -> int:
        return day - self.days

    def turning(self, context: Context) -> Turning:
        """The day on which the person reaches the age."""
        days = self.days

        def turning_day(facts: Facts) -> date | None:
            if facts.birth != facts.birth_to or facts.birth + days > LAST:
                return None
            return date.fromordinal(facts.birth + days)

        return turning_day


@frozen(field_transformer=checked)
class AgeAtLeastDays(_AgeInDays):
    """At least this many days old."""

    code = "too-young"
    code_negated = "too-old"

    age_at_least_days: Days
    on: Reckoning

    @property
    def days(self) -> int:
        """The age in days."""
        return self.age_at_least_days


@frozen(field_transformer=checked)
class AgeAtMostDays(_AgeInDays):
    """At most this many days old."""

    code = "too-old"
    code_negated = "too-young"
    lower = False

    age_at_most_days: Days
    on: Reckoning

    @property
    def days(self) -> int:
        """The age in days at which it ends."""
        return self.age_at_most_days + 1


@frozen(field_transformer=checked)
class BornOnOrBefore(Condition):
    """A birth date up to a last one that the announcement itself names."""

    fact = "birth_date"
    code = "born-too-late"
    code_negated = "born-too-early"

    born_on_or_before: date

    def missed_by(self, facts: Facts, context: Context) -> int:
        """The days between the birth date and the bound."""
        bound = day_number(self.born_on_or_before)
        return min(abs(facts.birth - bound), abs(facts.birth_to - bound))

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        bound = day_number(self.born_on_or_before)

        def span(facts: Facts) -> Span:
            if facts.birth_to <= bound:
                return EVERY_DAY
            return NO_DAY if facts.birth > bound else NOT_KNOWN

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The birth date."""
        yield BIRTH_DATE

    def edges(self, context: Context) -> Edges:
        """The bound."""
        return Edges(births=frozenset({day_number(self.born_on_or_before)}))


@frozen(field_transformer=checked)
class BornOnOrAfter(Condition):
    """A birth date from a first one on that the announcement itself names."""

    fact = "birth_date"
    code = "born-too-early"
    code_negated = "born-too-late"

    born_on_or_after: date

    def missed_by(self, facts: Facts, context: Context) -> int:
        """The days between the birth date and the bound."""
        bound = day_number(self.born_on_or_after)
        return min(abs(facts.birth - bound), abs(facts.birth_to - bound))

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        bound = day_number(self.born_on_or_after)

        def span(facts: Facts) -> Span:
            if facts.birth >= bound:
                return EVERY_DAY
            return NO_DAY if facts.birth_to < bound else NOT_KNOWN

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The birth date."""
        yield BIRTH_DATE

    def edges(self, context: Context) -> Edges:
        """The day before the bound."""
        return Edges(births=frozenset({day_number(self.born_on_or_after) - 1}))


@frozen(field_transformer=checked)
class AgeBand:
    """A group that consists of one age band: from `at_least` to `at_most` years."""

    on: Reckoning
    at_least: Years | None = None
    at_most: Years | None = field(default=None, validator=not_before("at_least"))

    def conditions(self) -> tuple[Age, ...]:
        """The band as ages."""
        return (
            *([] if self.at_least is None else [AgeAtLeast(self.at_least, self.on)]),
            *([] if self.at_most is None else [AgeAtMost(self.at_most, self.on)]),
        )
