"""Sets of people, described by their facts: whom a change between two policies concerns.

A `Profile` says of each fact that matters in which range it lies; what it does not mention does not
matter. It is a product of ranges, with ages at a dose among them: a person belongs to it whose
every fact lies in its range.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from vaxpolicy.days import FIRST, LAST, DaySet, attained
from vaxpolicy.rules.conditions import with_whole

if TYPE_CHECKING:
    from vaxpolicy.rules.people import Person

T = TypeVar("T")


@frozen
class DoseNumber:
    """How many doses fall between two days: just so many, or so many `or_more`.

    From `since` on (None: from birth on) and before `before` (None: to this day).
    """

    since: date | None
    before: date | None
    number: int
    or_more: bool = False


@frozen
class AgeThen:
    """How old the person is so many days after a dose: not yet of an age, or already.

    Attributes:
        months: the age.
        attained: whether it is attained by then; False: it is not.
        days: how many days after the dose; 0: on its day.
    """

    months: int
    attained: bool
    days: int = 0

    def turn(self, birth: int) -> int:
        """The first day of the dose with which someone born then has attained the age by then."""
        try:
            return attained(date.fromordinal(birth), months=self.months).toordinal() - self.days
        except OverflowError:  # never
            return LAST + 1


@frozen
class DoseGiven:
    """When one dose was given, at what age, and of which vaccine.

    Attributes:
        number: which dose it is, counted from the first of the season; 0 is the last one before it.
        season: the day from which the programme counts doses; None: it counts a whole life.
        days: the days on one of which it was given.
        vaccines: the vaccines one of which it was; None: any.
        age: how old the person is then, or so many days later; None: it does not matter.
    """

    number: int
    season: date | None
    days: DaySet
    vaccines: frozenset[str] | None = None
    age: AgeThen | None = None


@frozen
class Counties:
    """One of these counties, or, if `others`, any but these."""

    names: tuple[str, ...]
    others: bool = False

    def __contains__(self, county: str) -> bool:
        return (county in self.names) is not self.others


@frozen
class Registered:
    """Since when a vaccine has been registered for: after the first instant, by the second.

    None is an open end; `never` takes in those who have not registered for it.
    """

    ranges: tuple[tuple[datetime | None, datetime | None], ...]
    never: bool = False

    def __contains__(self, since: datetime | None) -> bool:
        if since is None:
            return self.never
        return any(
            (after is None or since > after) and (by is None or since <= by)
            for after, by in self.ranges
        )


@frozen
class Profile:
    """The people whose facts lie in these ranges; None or nothing said: it does not matter.

    Attributes:
        vaccine: the vaccine that is offered; `registered` is about it.
        against: the vaccines whose doses count.
        births: the birth dates.
        counts: how many doses there are.
        doses: when they were given.
        members: groups that the person belongs to.
        not_members: groups that the person does not belong to.
        registered_county: the county of the household registration.
        residence_county: the county of residence.
        registered: the registration for the vaccine.
    """

    vaccine: str
    against: frozenset[str]
    births: DaySet | None = None
    counts: tuple[DoseNumber, ...] = ()
    doses: tuple[DoseGiven, ...] = ()
    members: tuple[str, ...] = ()
    not_members: tuple[str, ...] = ()
    registered_county: Counties | None = None
    residence_county: Counties | None = None
    registered: Registered | None = None

    def covers(self, person: Person) -> bool:
        """Whether a person is one of them; every fact that matters must be known (ValueError)."""
        return (
            (self.births is None or _known(person.birth_date, date) in self.births)
            and (self._doses(person) if self.counts or self.doses else True)
            and (self._groups(person) if self.members or self.not_members else True)
            and all(
                counties is None or _known(county, str) in counties
                for counties, county in (
                    (self.registered_county, person.registered_county),
                    (self.residence_county, person.residence_county),
                )
            )
            and (self.registered is None or self._since(person) in self.registered)
        )

    def _doses(self, person: Person) -> bool:
        if person.doses is None:
            raise ValueError("whether the person is meant is not known")
        history = sorted(
            (dose.on, dose.vaccine) for dose in person.doses if dose.vaccine in self.against
        )
        for count in self.counts:
            number = sum(
                (count.since is None or count.since <= day)
                and (count.before is None or day < count.before)
                for day, _ in history
            )
            if number < count.number or (number > count.number and not count.or_more):
                return False
        for dose in self.doses:
            earlier = sum(dose.season is not None and day < dose.season for day, _ in history)
            index = earlier + dose.number - 1
            if not 0 <= index < len(history):
                return False
            day, vaccine = history[index]
            if day not in dose.days or not (dose.vaccines is None or vaccine in dose.vaccines):
                return False
            if dose.age is not None:
                turn = dose.age.turn(_known(person.birth_date, date).toordinal())
                if (day.toordinal() >= turn) is not dose.age.attained:
                    return False
        return True

    def _groups(self, person: Person) -> bool:
        if person.groups is None or person.unknown_groups:
            raise ValueError("whether the person is meant is not known")
        groups = with_whole(person.groups)
        return groups.issuperset(self.members) and groups.isdisjoint(self.not_members)

    def _since(self, person: Person) -> datetime | None:
        if person.willingness is None:
            raise ValueError("whether the person is meant is not known")
        return person.willingness.wanted.get(self.vaccine)


def _known(value: object, kind: type[T]) -> T:
    if isinstance(value, kind):
        return value
    raise ValueError("whether the person is meant is not known")


def season_day(number: int) -> date | None:
    """The first day of a season; None for a whole life."""
    return None if number == FIRST else date.fromordinal(number)
