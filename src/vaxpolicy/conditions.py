"""The conditions of a programme: each maps the facts about a person to the days on which it holds.

A condition is written as in a policy file: its fields are the keys of the TOML table. *Bound* to
the rule that uses it (which days the stage has, which dose and vaccine the rule offers) it answers
with a `Span`: the first and last day on which it surely holds, and the first and last day on which
it possibly holds. The two differ only where something is not known. Every condition holds on a
half-line of days, on every day or on none, so that "all of" is one comparison a side and "not" is a
half-line again.

How an age is reckoned is part of the age (`on`). The announcements use several reckonings side by
side; where no source says which (``not-stated``), both usual readings are kept, and only people
whom they place differently are undetermined.

To add a condition: one class here, with its keys as fields. Nothing else enumerates them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import ClassVar, Final, Literal, TypeAlias

from attrs import field, frozen

from vaxpolicy.days import (
    FIRST,
    LAST,
    TAIWAN,
    attained,
    day_number,
    first_day_of_calendar_age,
    latest_birth,
    latest_birth_by_calendar_year,
)
from vaxpolicy.people import PartialDate, Person, is_instant

Span: TypeAlias = tuple[int, int, int, int]
"""Day numbers: first and last day that are sure, first and last day that are possible."""

NEVER: Final = LAST + 1
"""As a first day: it never comes."""
EVERY_DAY: Final[Span] = (FIRST, LAST, FIRST, LAST)
NO_DAY: Final[Span] = (NEVER, FIRST - 1, NEVER, FIRST - 1)
NOT_KNOWN: Final[Span] = (NEVER, FIRST - 1, FIRST, LAST)

Reckoning: TypeAlias = Literal["day", "first-day", "last-day", "calendar-year", "not-stated"] | date
"""The day on which an age or an interval is reckoned.

``day``: the vaccination day itself; ``first-day``, ``last-day``: of the stage's vaccination days; a
date: that date; ``calendar-year`` (ages only): year of the vaccination day less year of birth;
``not-stated`` (ages only): no source says, so both ``calendar-year`` and ``first-day`` are kept.
"""

_MONTHS_A_YEAR: Final = 12


class PolicyError(ValueError):
    """A policy that contradicts itself or asks for what this library does not know."""


# -- what a condition is given ---------------------------------------------------------------------


@frozen
class AgeBand:
    """A group that is an age band and nothing else: from `at_least` to `at_most` years."""

    on: Reckoning
    at_least: int | None = None
    at_most: int | None = None

    def conditions(self) -> tuple[Age, ...]:
        """The band as ages."""
        return (
            *([] if self.at_least is None else [AgeAtLeast(self.at_least, self.on)]),
            *([] if self.at_most is None else [AgeAtMost(self.at_most, self.on)]),
        )


@frozen
class Context:
    """The rule for which a condition is bound.

    Attributes:
        first: number of the first day on which the stage vaccinates, at the earliest.
        last: number of the last such day, at the latest.
        days_stated: whether `first` and `last` are stated, or only the widest bounds there can be.
        last_stated: whether `last` is.
        dose: number of the dose that the rule offers, counted as its programme counts.
        vaccine: the code of the vaccine on offer.
        bands: the groups that are age bands, by id.
        season: number of the day from which the programme counts doses.
    """

    first: int
    last: int
    days_stated: bool = True
    dose: int = 1
    vaccine: str = ""
    bands: Mapping[str, AgeBand] = field(factory=dict, hash=False)
    last_stated: bool = True
    season: int = FIRST

    def reckoning_day(self, on: Reckoning) -> int:
        """The number of the one day on which a fixed reckoning reckons."""
        if isinstance(on, date):
            return day_number(on)
        if not self.days_stated or (on == "last-day" and not self.last_stated):
            raise PolicyError(f"reckoned on {on!r}, but the vaccination days are not stated")
        return self.last if on == "last-day" else self.first


class Facts:
    """The facts about one person, read once for one programme.

    `assumed` holds what is taken for granted about the *policy* while its open questions are gone
    through case by case (which reading of a reckoning, which hour of a day).
    """

    __slots__ = (
        "assumed",
        "before_season",
        "birth",
        "birth_to",
        "counties",
        "doses",
        "groups",
        "groups_closed",
        "not_groups",
        "open_groups",
        "vaccines",
        "wanted",
        "wanted_closed",
    )

    birth: int
    birth_to: int
    doses: tuple[int, ...] | None
    vaccines: tuple[str, ...]
    before_season: int
    groups: frozenset[str]
    not_groups: frozenset[str]
    open_groups: frozenset[str]
    groups_closed: bool
    counties: tuple[str | None, str | None]
    wanted: Mapping[str, datetime | None]
    wanted_closed: bool
    assumed: Mapping[str, int]

    def copy(self) -> Facts:
        """A second record of the same facts, to be changed."""
        twin = Facts.__new__(Facts)
        for name in Facts.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    def set_doses(self, doses: Iterable[tuple[int, str]], season: int) -> None:
        """Take these doses (day number, vaccine) for the whole history."""
        history = sorted(doses)
        self.doses = tuple([day for day, _ in history])
        self.vaccines = tuple([vaccine for _, vaccine in history])
        self.before_season = 0
        if season > FIRST:
            self.before_season = sum(day < season for day in self.doses)

    def member(self, group: str) -> bool | None:
        """Whether the person belongs to the group; None where that is not known."""
        if group in self.groups:
            return True
        if self.not_groups and any(_implies(group, other) for other in self.not_groups):
            return False
        if not self.groups_closed:
            return None
        if self.open_groups and any(
            _implies(group, other) or _implies(other, group) for other in self.open_groups
        ):
            return None
        return False


def _implies(part: str, group: str) -> bool:
    """Whether a member of `part` is one of `group`: a part's id begins with the group's."""
    return part == group or part.startswith(group + "/")


def with_whole(groups: Iterable[str]) -> frozenset[str]:
    """The groups and all that they are parts of."""
    return frozenset(
        group[:end]
        for group in groups
        for end in (*(at for at, sign in enumerate(group) if sign == "/"), len(group))
    )


_NO_GROUPS: Final[frozenset[str]] = frozenset()
_NOTHING_ASSUMED: Final[Mapping[str, int]] = {}
_NOTHING_WANTED: Final[Mapping[str, datetime | None]] = {}


def read_facts(person: Person, vaccines: Collection[str], season: int = FIRST) -> Facts:
    """What the person's facts say to a programme against one disease.

    `vaccines` are the codes of the vaccines against that disease; `season` is the number of the day
    from which the programme counts doses.
    """
    facts = Facts.__new__(Facts)
    birth = person.birth_date
    if birth is None:
        facts.birth, facts.birth_to = FIRST, LAST
    elif isinstance(birth, PartialDate):
        facts.birth, facts.birth_to = birth.earliest.toordinal(), birth.latest.toordinal()
    else:
        facts.birth = facts.birth_to = birth.toordinal()
    doses = person.doses
    if doses:
        against_it = [
            (dose.on.toordinal(), dose.vaccine) for dose in doses if dose.vaccine in vaccines
        ]
        facts.set_doses(against_it, season)
    else:
        facts.doses, facts.vaccines, facts.before_season = (None if doses is None else ()), (), 0
    facts.groups_closed = person.groups is not None
    facts.open_groups = person.unknown_groups
    known = person.groups
    facts.groups = with_whole(known - person.unknown_groups) if known else _NO_GROUPS
    facts.not_groups = _NO_GROUPS
    facts.counties = (person.registered_county, person.residence_county)
    facts.wanted_closed = person.willingness is not None
    facts.wanted = _NOTHING_WANTED if person.willingness is None else person.willingness.wanted
    facts.assumed = _NOTHING_ASSUMED
    return facts


# -- what a condition gives ------------------------------------------------------------------------


@frozen
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


@frozen
class Condition:
    """What every condition has."""

    fact: ClassVar[str] = ""
    """The field of `Person` that it asks for."""
    code: ClassVar[str] = ""
    """Why someone is refused whom it excludes."""
    code_negated: ClassVar[str] = ""
    """Why someone is refused whom its opposite excludes."""
    setting: ClassVar[tuple[str, ...]] = ()
    """What of its `Context` bears on its answer."""

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The function from facts to days, for the rule that asks."""
        raise NotImplementedError

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """What is not known and bears on it: facts of the person, or (``?``) of the policy."""
        raise NotImplementedError

    def edges(self, context: Context) -> Edges:
        """Where its answer changes."""
        return NO_EDGES

    def refusal(self, facts: Facts, context: Context) -> str:
        """The code of the reason why it refuses this person."""
        return self.code

    def turning_day(self, facts: Facts, context: Context) -> date | None:
        """The day on which it begins (or ends) to hold for this person by itself."""
        return None


@frozen
class AllOf:
    """Every one of these."""

    all: tuple[AnyCondition, ...]


@frozen
class AnyOf:
    """At least one of these."""

    any: tuple[AnyCondition, ...]


@frozen
class NotThat:
    """The opposite."""

    not_: AnyCondition


AnyCondition: TypeAlias = Condition | AllOf | AnyOf | NotThat


@frozen
class Term:
    """One condition or its opposite, as it stands in an alternative of a rule in normal form."""

    condition: Condition
    negated: bool = False


def alternatives(
    condition: AnyCondition, context: Context, *, negated: bool = False
) -> tuple[tuple[Term, ...], ...]:
    """The condition as any-of(all-of(...)), with "not" pushed to the leaves."""
    match condition:
        case NotThat(inner):
            return alternatives(inner, context, negated=not negated)
        case AllOf(parts) | AnyOf(parts):
            each = [alternatives(part, context, negated=negated) for part in parts]
            if isinstance(condition, AnyOf) is not negated:
                return tuple(one for part in each for one in part)
            return tuple(
                tuple(dict.fromkeys(literal for part in choice for literal in part))
                for choice in product(*each)
            )
        case InGroup():
            spelled_out = condition.spelled_out(context)
            if spelled_out is not condition:
                return alternatives(spelled_out, context, negated=negated)
    return ((Term(condition, negated),),)


def opposite(span: Span) -> Span:
    """The days of "not": sure where it is impossible, possible where it is not sure."""
    sure_first, sure_last, first, last = span
    return (*_outside(first, last), *_outside(sure_first, sure_last))


def _outside(first: int, last: int) -> tuple[int, int]:
    if first > last:
        return FIRST, LAST
    return (last + 1, LAST) if first == FIRST else (FIRST, first - 1)


# -- ages ------------------------------------------------------------------------------------------


@frozen
class _Reading:
    """One way to reckon when an age is attained, for one stage.

    Whoever is born by `born_by` has attained it on every day of the stage; whoever is born after
    `born_after`, on none; in between the day moves with the birth date.
    """

    born_by: int
    born_after: int
    day: Callable[[int], int]

    def starts(self, birth: int) -> int:
        if birth <= self.born_by:
            return FIRST
        return NEVER if birth > self.born_after else self.day(birth)


@frozen
class Age(Condition):
    """An age that is attained (a lower bound) or not yet left (an upper one)."""

    fact = "birth_date"
    setting = ("first", "last", "days_stated", "last_stated")
    lower: ClassVar[bool] = True

    on: Reckoning = field(init=False)

    @property
    def months(self) -> int:
        """The age, in months, at whose attainment the answer changes."""
        raise NotImplementedError

    def _attained(self, birth: int) -> int:
        years, months = divmod(self.months, _MONTHS_A_YEAR)
        return attained(date.fromordinal(birth), years, months=months).toordinal()

    def _by_calendar_year(self, birth: int) -> int:
        years = self.months // _MONTHS_A_YEAR
        return first_day_of_calendar_age(date.fromordinal(birth), years).toordinal()

    def _reading(self, on: Reckoning, context: Context) -> _Reading:
        months = self.months
        if on == "calendar-year":
            years = months // _MONTHS_A_YEAR
            cuts = [
                latest_birth_by_calendar_year(years, date.fromordinal(day)).toordinal()
                for day in (context.first, context.last)
            ]
            return _Reading(cuts[0], cuts[1], self._by_calendar_year)
        fixed = on != "day"
        ends = [context.reckoning_day(on)] * 2 if fixed else [context.first, context.last]
        cuts = [latest_birth(0, date.fromordinal(day), months=months).toordinal() for day in ends]
        return _Reading(cuts[0], cuts[1], self._attained)

    def _readings(self, context: Context) -> tuple[_Reading, ...]:
        names: tuple[Reckoning, ...] = (self.on,)
        if self.on == "not-stated":
            # where the first day is not stated either, it may be any day of the stage
            names = ("calendar-year", "first-day" if context.days_stated else "day")
        return tuple(self._reading(name, context) for name in names)

    @property
    def question(self) -> str:
        """The open question of a reckoning that is not stated: one for each age at an edge."""
        return f"?age/{self.months}"

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Days from attainment on, or the days before it."""
        readings = self._readings(context)
        lower, question = self.lower, self.question

        def span(facts: Facts) -> Span:
            chosen = readings
            if len(readings) > 1 and (which := facts.assumed.get(question)) is not None:
                chosen = (readings[which],)
            if len(chosen) == 1:
                earliest = chosen[0].starts(facts.birth)
                if facts.birth == facts.birth_to:
                    latest = earliest
                else:
                    latest = chosen[0].starts(facts.birth_to)
            else:
                earliest = min(reading.starts(facts.birth) for reading in chosen)
                latest = max(reading.starts(facts.birth_to) for reading in chosen)
            if lower:
                return latest, LAST, earliest, LAST
            return FIRST, earliest - 1, FIRST, latest - 1

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The birth date, and the reckoning where the readings differ for this person."""
        if facts.birth != facts.birth_to:
            yield "birth_date"
        readings = self._readings(context)
        if len(readings) > 1 and self.question not in facts.assumed:
            starts = {
                reading.starts(birth)
                for reading in readings
                for birth in (facts.birth, facts.birth_to)
            }
            if len(starts) > 1:
                yield self.question

    def edges(self, context: Context) -> Edges:
        """The latest birth dates that attain the age on each day of the stage that counts."""
        births: set[int] = set()
        for reading in self._readings(context):
            births |= {reading.born_by, reading.born_after}
            if reading.born_by < reading.born_after and reading.day == self._attained:
                births |= {
                    latest_birth(0, date.fromordinal(day), months=self.months).toordinal()
                    for day in range(context.first, context.last + 1)
                }
        return Edges(births=frozenset(births))

    def turning_day(self, facts: Facts, context: Context) -> date | None:
        """The day on which the age is attained."""
        if facts.birth != facts.birth_to:
            return None
        birth, (years, months) = date.fromordinal(facts.birth), divmod(self.months, _MONTHS_A_YEAR)
        try:
            if self.on == "calendar-year":
                return first_day_of_calendar_age(birth, years)
            return attained(birth, years, months=months)
        except (OverflowError, ValueError):
            return None


def _stated_unit(on: Reckoning) -> None:
    if on in ("calendar-year", "not-stated"):
        raise PolicyError(f"an age in months cannot be reckoned by {on!r}")


@frozen
class AgeAtLeast(Age):
    """So many years old, or older."""

    code = "too-young"
    code_negated = "too-old"

    age_at_least: int
    on: Reckoning

    @property
    def months(self) -> int:
        """The age in months."""
        return self.age_at_least * _MONTHS_A_YEAR


@frozen
class AgeAtMost(Age):
    """So many years old, or younger: until the eve of the next birthday."""

    code = "too-old"
    code_negated = "too-young"
    lower = False

    age_at_most: int
    on: Reckoning

    @property
    def months(self) -> int:
        """The age, in months, at which it ends."""
        return (self.age_at_most + 1) * _MONTHS_A_YEAR


@frozen
class AgeAtLeastMonths(Age):
    """So many months old, or older."""

    code = "too-young"
    code_negated = "too-old"

    age_at_least_months: int
    on: Reckoning

    def __attrs_post_init__(self) -> None:
        """Months are reckoned on a day."""
        _stated_unit(self.on)

    @property
    def months(self) -> int:
        """The age in months."""
        return self.age_at_least_months


@frozen
class BornOnOrBefore(Condition):
    """A birth date that the announcement itself names as its last."""

    fact = "birth_date"
    code = "born-too-late"
    code_negated = "born-too-early"

    born_on_or_before: date

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        bound = day_number(self.born_on_or_before)

        def span(facts: Facts) -> Span:
            if facts.birth_to <= bound:
                return EVERY_DAY
            return NO_DAY if facts.birth > bound else NOT_KNOWN

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The birth date."""
        yield "birth_date"

    def edges(self, context: Context) -> Edges:
        """The bound."""
        return Edges(births=frozenset({day_number(self.born_on_or_before)}))


@frozen
class BornOnOrAfter(Condition):
    """A birth date that the announcement itself names as its first."""

    fact = "birth_date"
    code = "born-too-early"
    code_negated = "born-too-late"

    born_on_or_after: date

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        bound = day_number(self.born_on_or_after)

        def span(facts: Facts) -> Span:
            if facts.birth >= bound:
                return EVERY_DAY
            return NO_DAY if facts.birth_to < bound else NOT_KNOWN

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The birth date."""
        yield "birth_date"

    def edges(self, context: Context) -> Edges:
        """The day before the bound."""
        return Edges(births=frozenset({day_number(self.born_on_or_after) - 1}))


# -- groups and places -----------------------------------------------------------------------------


@frozen
class InGroup(Condition):
    """A member of a group: list version, number and part, or a status that a portal knows."""

    fact = "groups"
    code = "not-in-group"
    code_negated = "in-excluded-group"

    group: str

    def spelled_out(self, context: Context) -> AnyCondition:
        """Where the group is, or has parts that are, an age band: that band beside the list."""
        bands = [
            AllOf(tuple(_InBand(part, age) for age in band.conditions()))
            for part, band in context.bands.items()
            if _implies(part, self.group)
        ]
        if self.group in context.bands:
            return bands[0]
        return AnyOf((InList(self.group), *bands)) if bands else self

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        group = self.group

        def span(facts: Facts) -> Span:
            member = facts.member(group)
            return NOT_KNOWN if member is None else EVERY_DAY if member else NO_DAY

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The membership."""
        yield f"groups/{self.group}"


@frozen
class InList(InGroup):
    """A member by the list alone, whatever the age."""

    def spelled_out(self, context: Context) -> AnyCondition:
        """As it stands."""
        return self


@frozen
class _InBand(Condition):
    """One bound of a group that is an age band: by birth date where known, else by the list."""

    fact = "groups"
    code = "not-in-group"
    code_negated = "in-excluded-group"

    setting = ("first", "last", "days_stated", "last_stated")

    group: str
    age: Age

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        by_age, group = self.age.bind(context), self.group

        def span(facts: Facts) -> Span:
            if facts.birth == facts.birth_to:
                return by_age(facts)
            member = facts.member(group)
            return by_age(facts) if member is None else EVERY_DAY if member else NO_DAY

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        return self.age.open_questions(facts, context)

    def edges(self, context: Context) -> Edges:
        return self.age.edges(context)


@frozen
class _InCounty(Condition):
    code = "not-in-county"
    code_negated = "in-excluded-county"
    place: ClassVar[int]

    @property
    def counties(self) -> tuple[str, ...]:
        raise NotImplementedError

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        place, counties = self.place, frozenset(self.counties)

        def span(facts: Facts) -> Span:
            county = facts.counties[place]
            return NOT_KNOWN if county is None else EVERY_DAY if county in counties else NO_DAY

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The county."""
        yield self.fact

    def edges(self, context: Context) -> Edges:
        """The counties that are told apart."""
        return Edges(counties=frozenset(self.counties))


@frozen
class RegisteredIn(_InCounty):
    """Household registration in one of these counties and cities."""

    fact = "registered_county"
    place = 0

    registered_in: tuple[str, ...]

    @property
    def counties(self) -> tuple[str, ...]:
        """The counties."""
        return self.registered_in


@frozen
class ResidentIn(_InCounty):
    """Living in one of these counties and cities."""

    fact = "residence_county"
    place = 1

    resident_in: tuple[str, ...]

    @property
    def counties(self) -> tuple[str, ...]:
        """The counties."""
        return self.resident_in


# -- doses -----------------------------------------------------------------------------------------


@frozen
class _AboutDoses(Condition):
    fact = "doses"

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The dose history."""
        yield "doses"


@frozen
class DosesAtLeast(_AboutDoses):
    """At least so many doses so far, counted as the programme counts: from that dose's day on."""

    code = "earlier-dose-missing"
    code_negated = "dose-already-given"

    doses_at_least: int

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The days from that dose on."""
        back = self.doses_at_least - 1

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return NOT_KNOWN
            index = facts.before_season + back
            if index >= len(facts.doses):
                return NO_DAY
            day = facts.doses[index]
            return day, LAST, day, LAST

        return span if back >= 0 else lambda _: EVERY_DAY

    def edges(self, context: Context) -> Edges:
        """The days of the stage and the day before."""
        return Edges(doses=frozenset(range(context.first - 1, context.last + 1)))

    def turning_day(self, facts: Facts, context: Context) -> date | None:
        """The day of that dose."""
        doses, index = facts.doses, facts.before_season + self.doses_at_least - 1
        return date.fromordinal(doses[index]) if doses and 0 <= index < len(doses) else None


@frozen
class EarlierDosesAtLeast(_AboutDoses):
    """At least so many doses before the day from which the programme counts: in a life before."""

    code = "no-dose-in-earlier-season"
    code_negated = "dose-in-earlier-season"

    earlier_doses_at_least: int

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        number = self.earlier_doses_at_least

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return NOT_KNOWN
            return EVERY_DAY if facts.before_season >= number else NO_DAY

        return span


@frozen
class _AboutDoseBefore(_AboutDoses):
    """About the dose before the one that the rule offers."""

    setting: ClassVar[tuple[str, ...]] = ("dose",)

    def index(self, facts: Facts, context: Context) -> int | None:
        """Its place in the history; None where there is no such dose."""
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
        """Without a dose before there is nothing that could meet the condition."""
        return NO_DAY

    def refusal(self, facts: Facts, context: Context) -> str:
        """No dose before, or one that does not meet the condition."""
        return "earlier-dose-missing" if self.index(facts, context) is None else self.code


@frozen
class DoseDue(_AboutDoseBefore):
    """So many days have passed since the dose before, on the day on which that is reckoned.

    Where the programme counts doses by season, the first dose of the season is due so many days
    after the last dose of an earlier one, and at once for someone who never had any.
    """

    code = "interval-too-short"
    code_negated = "interval-too-long"
    setting = ("dose", "first", "last", "days_stated", "last_stated")

    dose_due_after_days: int
    on: Reckoning

    def __attrs_post_init__(self) -> None:
        """An interval is reckoned on a day."""
        if self.on in ("calendar-year", "not-stated"):
            raise PolicyError(f"an interval cannot be reckoned by {self.on!r}")

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The days from due on; for a fixed reckoning every day or none."""
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
                return due, LAST, due, LAST
            return EVERY_DAY if due <= fixed else NO_DAY

        return span

    def without(self, context: Context) -> Span:
        """The first dose that the programme counts has nothing to wait for."""
        return EVERY_DAY if context.dose == 1 else NO_DAY

    def edges(self, context: Context) -> Edges:
        """The latest dose that is due on each day that counts."""
        if self.on != "day":
            return Edges(
                doses=frozenset({context.reckoning_day(self.on) - self.dose_due_after_days})
            )
        days = range(context.first, context.last + 1)
        return Edges(doses=frozenset(day - self.dose_due_after_days for day in days))

    def turning_day(self, facts: Facts, context: Context) -> date | None:
        """The day on which the dose is due."""
        index = self.index(facts, context)
        if index is None or facts.doses is None:
            return None
        due = facts.doses[index] + self.dose_due_after_days
        return date.fromordinal(due) if due <= LAST else None


@frozen
class PreviousDoseOf(_AboutDoseBefore):
    """The dose before was one of these vaccines."""

    code = "other-vaccine-before"
    code_negated = "excluded-vaccine-before"

    previous_dose_of: tuple[str, ...]

    def span(self, day: int, vaccine: str, context: Context) -> Span:
        """Every day or none."""
        return EVERY_DAY if vaccine in self.previous_dose_of else NO_DAY

    def edges(self, context: Context) -> Edges:
        """The vaccines that are told apart."""
        return Edges(vaccines=frozenset(self.previous_dose_of))


@frozen
class PreviousDoseOnOrBefore(_AboutDoseBefore):
    """The dose before was given by a day that the announcement names."""

    code = "previous-dose-too-late"
    code_negated = "previous-dose-too-early"

    previous_dose_on_or_before: date

    def span(self, day: int, vaccine: str, context: Context) -> Span:
        """Every day or none."""
        return EVERY_DAY if day <= self.previous_dose_on_or_before.toordinal() else NO_DAY

    def edges(self, context: Context) -> Edges:
        """The bound."""
        return Edges(doses=frozenset({day_number(self.previous_dose_on_or_before)}))


@frozen
class PreviousDoseOnOrAfter(_AboutDoseBefore):
    """The dose before was not given earlier than a day that the announcement names."""

    code = "previous-dose-too-early"
    code_negated = "previous-dose-too-late"

    previous_dose_on_or_after: date

    def span(self, day: int, vaccine: str, context: Context) -> Span:
        """Every day or none."""
        return EVERY_DAY if day >= self.previous_dose_on_or_after.toordinal() else NO_DAY

    def edges(self, context: Context) -> Edges:
        """The day before the bound."""
        return Edges(doses=frozenset({day_number(self.previous_dose_on_or_after) - 1}))


@frozen
class PreviousDoseBeforeAge(_AboutDoseBefore):
    """The dose before was given before this age, in years, was attained.

    For programmes that count doses by season and go by the age on the day of the season's first.
    """

    code = "too-old-at-previous-dose"
    code_negated = "too-young-at-previous-dose"
    setting: ClassVar[tuple[str, ...]] = ("dose", "last", "season")

    previous_dose_before_age: int

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        if context.season == FIRST or context.dose == 1:
            raise PolicyError("previous_dose_before_age: no earlier dose of a season is asked for")

        def span(facts: Facts) -> Span:
            if facts.doses is None:
                return NOT_KNOWN
            index = self.index(facts, context)
            if index is None:
                return NO_DAY
            # whoever is born after this day has not attained the age on the day of the dose
            bound = self._latest_birth(facts.doses[index])
            if facts.birth > bound:
                return EVERY_DAY
            return NO_DAY if facts.birth_to <= bound else NOT_KNOWN

        return span

    def _latest_birth(self, day: int) -> int:
        return latest_birth(self.previous_dose_before_age, date.fromordinal(day)).toordinal()

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The dose history, the birth date, or both."""
        if facts.doses is None:
            yield "doses"
        if facts.birth != facts.birth_to:
            yield "birth_date"

    def edges(self, context: Context) -> Edges:
        """Every day on which a dose can be the dose before, and the births that turn on it."""
        days = range(context.season - 1, context.last + 1)
        return Edges(
            births=frozenset(map(self._latest_birth, days)),
            doses=frozenset(days),
        )


# -- willingness -----------------------------------------------------------------------------------


def _moment(value: date) -> tuple[datetime, datetime]:
    """The earliest and the latest instant meant: a date without an hour is the whole day."""
    if isinstance(value, datetime):
        if not is_instant(value):
            raise PolicyError("an instant needs its UTC offset")
        return value, value
    start = datetime.combine(value, time.min, TAIWAN)
    return start, start + timedelta(days=1, microseconds=-1)


@frozen
class Wanted(Condition):
    """The vaccine on offer has been registered for, by and after given instants (both included).

    A date without an hour means that no source states the hour: whoever registered on that very day
    is undetermined.
    """

    fact = "willingness"
    code = "not-wanted"
    code_negated = "wanted"
    setting = ("vaccine",)

    wanted: Literal[True]
    by: datetime | date | None = None
    after: datetime | date | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse an instant without its offset, and a bound that is no yes."""
        if self.wanted is not True:
            raise PolicyError("wanted: expected true (write the opposite with not)")
        list(self._bounds())

    def _bounds(self) -> Iterator[tuple[str, tuple[datetime, datetime]]]:
        """The bounds that there are, each with its open question."""
        for name, value in (("by", self.by), ("after", self.after)):
            if value is not None:
                yield f"?hour/{name}/{value}", _moment(value)

    def _held(self, instant: datetime, assumed: Mapping[str, int]) -> list[bool]:
        """Whether the bounds hold, in every case that is left open."""
        held = [True]
        for question, bound in self._bounds():
            which = assumed.get(question)
            ends = bound if which is None else (bound[which],)
            is_by = question.startswith("?hour/by")
            found = {instant <= end if is_by else instant >= end for end in ends}
            held = [one and other for one in held for other in found]
        return held

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        vaccine = context.vaccine
        by = self.by if isinstance(self.by, datetime) else None
        simple = self.after is None and by is not None

        def span(facts: Facts) -> Span:
            instant = facts.wanted.get(vaccine)
            if instant is None:
                known = facts.wanted_closed or vaccine in facts.wanted
                return NO_DAY if known else NOT_KNOWN
            if simple and by is not None:
                return EVERY_DAY if instant <= by else NO_DAY
            held = self._held(instant, facts.assumed)
            return EVERY_DAY if all(held) else NOT_KNOWN if any(held) else NO_DAY

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The willingness for this vaccine, and the hour where no source states it."""
        instant = facts.wanted.get(context.vaccine)
        if instant is None:
            yield f"willingness/{context.vaccine}"
            return
        for question, (start, end) in self._bounds():
            if start != end and start <= instant <= end and question not in facts.assumed:
                yield question

    def edges(self, context: Context) -> Edges:
        """The last instants before each change."""
        before = timedelta(microseconds=1)
        return Edges(
            instants=frozenset(
                end if question.startswith("?hour/by") else end - before
                for question, bound in self._bounds()
                for end in bound
            )
        )

    def refusal(self, facts: Facts, context: Context) -> str:
        """Not wanted at all, or registered too late or too early."""
        instant = facts.wanted.get(context.vaccine)
        if instant is None:
            return self.code
        late = self.by is not None and instant > _moment(self.by)[1]
        return "wanted-too-late" if late else "wanted-too-early"


# -- days, and what nobody has said ----------------------------------------------------------------


@frozen
class FromDay(Condition):
    """The day itself: from this one on."""

    code = "not-yet"
    code_negated = "no-longer"

    from_day: date

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """From the day on, for everybody."""
        day = day_number(self.from_day)
        return lambda _: (day, LAST, day, LAST)

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """Nothing is open."""
        return iter(())

    def turning_day(self, facts: Facts, context: Context) -> date | None:
        """The day."""
        return self.from_day


@frozen
class NotStated(Condition):
    """Something that the programme asks and no source gives: nobody is sure to meet it."""

    code = "not-stated"
    code_negated = "not-stated"

    not_stated: str

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Not known, whatever the person's facts."""
        question = f"?{self.not_stated}"

        def span(facts: Facts) -> Span:
            answer = facts.assumed.get(question)
            return NOT_KNOWN if answer is None else EVERY_DAY if answer else NO_DAY

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The question itself."""
        yield f"?{self.not_stated}"


LEAVES: Final[tuple[type[Condition], ...]] = (
    AgeAtLeast,
    AgeAtMost,
    AgeAtLeastMonths,
    BornOnOrBefore,
    BornOnOrAfter,
    InGroup,
    RegisteredIn,
    ResidentIn,
    DosesAtLeast,
    EarlierDosesAtLeast,
    DoseDue,
    PreviousDoseOf,
    PreviousDoseOnOrBefore,
    PreviousDoseOnOrAfter,
    PreviousDoseBeforeAge,
    Wanted,
    FromDay,
    NotStated,
)
"""The conditions that a policy file may use, each by the key that is its first field's name."""
