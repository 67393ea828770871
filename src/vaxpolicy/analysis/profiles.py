"""Sets of people in a reader's terms: the people for whom two policies differ.

A `Profile` gives the range of each fact that matters, ages at a dose included. A person matches it
if every such fact lies in its range.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

from attrs import field, frozen

from vaxpolicy._values import Between, InvalidValue, Text, checked, not_before
from vaxpolicy.days import FIRST, LAST, DaySet, attained
from vaxpolicy.rules.conditions import with_whole
from vaxpolicy.rules.people import Sex

if TYPE_CHECKING:
    from typing import TypeAlias

    from vaxpolicy.rules.people import Person

    _History: TypeAlias = list[tuple[date, str]]
    """The days and vaccines of the doses that count, in order."""


@frozen(field_transformer=checked)
class DoseNumber:
    """The number of doses between two days.

    Attributes:
        since: the first day that counts; None: from birth on.
        before: the day before which doses count; None: all doses so far.
        number: the number of doses.
        or_more: whether more doses match as well.
    """

    since: date | None
    before: date | None = field(validator=not_before("since"))
    number: int
    or_more: bool = False


@frozen(field_transformer=checked)
class AgeThen:
    """Whether a person has reached an age on the day of a dose, or some days after it.

    Attributes:
        months: the age.
        attained: whether the person has reached it by then.
        days: the number of days after the dose; 0: on its day.
    """

    months: int
    attained: bool
    days: int = 0

    def turn(self, birth: int) -> int:
        """The first day of the dose on which someone born on that day has reached the age."""
        try:
            return attained(date.fromordinal(birth), months=self.months).toordinal() - self.days
        except OverflowError:  # beyond the calendar
            return LAST + 1


@frozen(field_transformer=checked)
class DoseGiven:
    """The day of one dose, the age then, and its vaccine.

    Attributes:
        number: the number of the dose from the first one of the season on; 0: the last one before.
        season: the day from which the programme counts doses; None: it counts all doses.
        days: the possible days of the dose.
        vaccines: the possible vaccines; None: any.
        age: the age at the dose, or some days later; None: any.
    """

    number: Annotated[int, Between(-99, 99)]
    season: date | None
    days: DaySet
    vaccines: frozenset[str] | None = None
    age: AgeThen | None = None


@frozen(field_transformer=checked)
class Counties:
    """Counties.

    Attributes:
        names: the counties.
        others: whether every county but these is meant.
    """

    names: tuple[str, ...]
    others: bool = False

    def __contains__(self, county: str) -> bool:
        """Whether the county is one of them."""
        return (county in self.names) is not self.others


@frozen(field_transformer=checked)
class Registered:
    """The time since which a person has been registered for a vaccine.

    Attributes:
        ranges: pairs of instants: after the first one, up to the second one; None: an open end.
        never: whether people who have not registered are meant as well.
    """

    ranges: tuple[tuple[datetime | None, datetime | None], ...] = field()
    never: bool = False

    @ranges.validator
    def _are_in_order(self, _: object, ranges: tuple[tuple[datetime | None, ...], ...]) -> None:
        if any(after is not None and by is not None and by < after for after, by in ranges):
            raise InvalidValue("wrong-order", "ranges", "pairs with the later instant second")

    def __contains__(self, since: datetime | None) -> bool:
        """Whether a registration at that instant is meant; None: no registration."""
        if since is None:
            return self.never
        return any(
            (after is None or since > after) and (by is None or since <= by)
            for after, by in self.ranges
        )


@frozen(field_transformer=checked)
class FactGiven:
    """The day of a dated fact.

    Attributes:
        fact: the id of the dated fact.
        days: the possible days; none: it has not happened.
        never: whether people to whom it never happened are meant as well.
    """

    fact: str
    days: DaySet
    never: bool

    def matches(self, person: Person) -> bool:
        """Whether the person is meant. Raises ValueError if the fact is not known exactly."""
        on = next((it.on for it in person.dated_facts if it.fact == self.fact), None)
        if on == "never":
            return self.never
        if not isinstance(on, date):
            raise _not_known("dated_facts")
        return on in self.days


@frozen(field_transformer=checked)
class Profile:
    """The people whose facts lie in these ranges. A field that is None or empty is unconstrained.

    Attributes:
        vaccine: the vaccine that is offered; `registered` is about it. "": any.
        against: the vaccines whose doses count.
        births: the birth dates.
        counts: the numbers of doses.
        doses: when the doses were given.
        members: groups that the person belongs to.
        not_members: groups that the person does not belong to.
        registered_county: the county of the household registration.
        residence_county: the county of residence.
        registered: the registration for the vaccine.
        dated_facts: when something happened.
        sex: the sex.
    """

    vaccine: Text
    against: frozenset[str]
    births: DaySet | None = None
    counts: tuple[DoseNumber, ...] = ()
    doses: tuple[DoseGiven, ...] = ()
    members: tuple[str, ...] = ()
    not_members: tuple[str, ...] = ()
    registered_county: Counties | None = None
    residence_county: Counties | None = None
    registered: Registered | None = None
    dated_facts: tuple[FactGiven, ...] = ()
    sex: Sex | None = None

    def matches(self, person: Person) -> bool:
        """Whether a person is one of them.

        Raises ValueError where a fact that matters is not known for the person.
        """
        return (
            (self.births is None or _birth_date(person) in self.births)
            and self._matches_doses(person)
            and self._matches_groups(person)
            and _is_one_of(self.registered_county, person.registered_county, "registered_county")
            and _is_one_of(self.residence_county, person.residence_county, "residence_county")
            and (self.registered is None or self._since(person) in self.registered)
            and all(fact.matches(person) for fact in self.dated_facts)
            and self._matches_sex(person)
        )

    def _matches_sex(self, person: Person) -> bool:
        if self.sex is None:
            return True
        if person.sex is None:
            raise _not_known("sex")
        return person.sex == self.sex

    def _matches_doses(self, person: Person) -> bool:
        if not (self.counts or self.doses):
            return True
        if person.doses is None:
            raise _not_known("doses")
        history = sorted(
            (dose.on, dose.vaccine) for dose in person.doses if dose.vaccine in self.against
        )
        return all(_is_number(count, history) for count in self.counts) and all(
            _is_dose(dose, history, person) for dose in self.doses
        )

    def _matches_groups(self, person: Person) -> bool:
        if not (self.members or self.not_members):
            return True
        if person.groups is None or person.unknown_groups:
            raise _not_known("groups")
        groups = with_whole(person.groups)
        return groups.issuperset(self.members) and groups.isdisjoint(self.not_members)

    def _since(self, person: Person) -> datetime | None:
        if person.willingness is None:
            raise _not_known("willingness")
        return person.willingness.wanted.get(self.vaccine)


def _is_number(count: DoseNumber, history: _History) -> bool:
    number = sum(
        (count.since is None or count.since <= day) and (count.before is None or day < count.before)
        for day, _ in history
    )
    return number >= count.number if count.or_more else number == count.number


def _is_dose(dose: DoseGiven, history: _History, person: Person) -> bool:
    earlier = sum(dose.season is not None and day < dose.season for day, _ in history)
    index = earlier + dose.number - 1
    if not 0 <= index < len(history):
        return False
    day, vaccine = history[index]
    if day not in dose.days or not (dose.vaccines is None or vaccine in dose.vaccines):
        return False
    if dose.age is None:
        return True
    has_attained = day.toordinal() >= dose.age.turn(_birth_date(person).toordinal())
    return has_attained is dose.age.attained


def _is_one_of(counties: Counties | None, county: str | None, field: str) -> bool:
    if counties is None:
        return True
    if county is None:
        raise _not_known(field)
    return county in counties


def _birth_date(person: Person) -> date:
    if isinstance(person.birth_date, date):
        return person.birth_date
    raise _not_known("birth_date")


def _not_known(field: str) -> ValueError:
    return ValueError(f"matches() needs {field}, which is not known for this person")


def season_day(number: int) -> date | None:
    """The first day of a season by its number; None where all doses count."""
    return None if number == FIRST else date.fromordinal(number)
