"""What a policy's rules ask, in English: for whoever reads a policy without reading its file.

Each condition is said of the person: "is 18 years old or older on the last vaccination day". Texts
of answers (reasons, offers) are in `vaxpolicy.messages`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vaxpolicy.conditions import (
    Age,
    AgeAtLeast,
    AgeAtLeastMonths,
    AgeAtMost,
    AgeBand,
    AllOf,
    AnyCondition,
    AnyOf,
    BornOnOrAfter,
    BornOnOrBefore,
    Condition,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    FromDay,
    InGroup,
    NotStated,
    NotThat,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    Reckoning,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.days import TAIWAN

if TYPE_CHECKING:
    from vaxpolicy.policy import WindowAges

_RECKONINGS: Final = {
    "day": "on the vaccination day",
    "first-day": "on the first vaccination day",
    "last-day": "on the last vaccination day",
    "calendar-year": "by calendar year",
    "not-stated": (
        "(no source states whether by calendar year or on the first vaccination day; where these "
        "differ, it is open)"
    ),
}


@frozen
class Line:
    """A line of an indented list; `depth` is 0 for the outermost."""

    depth: int
    text: str


@frozen
class Wording:
    """How to speak of what a rule asks.

    Attributes:
        dose: the dose that the rule offers; 0 where no dose is on offer, as in a licence.
        by_season: whether the programme counts doses by season.
        group: how to name a group, given its id.
    """

    dose: int = 0
    by_season: bool = False
    group: Callable[[str], str] = "the group {}".format

    def lines(self, conditions: Iterable[AnyCondition], depth: int = 0) -> Iterator[Line]:
        """What the conditions ask together, a line each; alternatives are indented."""
        for condition in conditions:
            yield from self._lines(condition, depth)

    def _lines(self, condition: AnyCondition, depth: int) -> Iterator[Line]:
        match condition:
            case AllOf(parts):
                yield Line(depth, "meets all of these:")
                yield from self.lines(parts, depth + 1)
            case AnyOf(parts):
                yield Line(depth, "meets at least one of these:")
                yield from self.lines(parts, depth + 1)
            case NotThat(inner):
                yield from self._opposite(inner, depth)
            case _:
                yield Line(depth, self.phrase(condition))

    def _opposite(self, condition: AnyCondition, depth: int) -> Iterator[Line]:
        match condition:
            case AllOf(parts):
                yield Line(depth, "does not meet all of these:")
                yield from self.lines(parts, depth + 1)
            case AnyOf(parts):
                yield Line(depth, "meets none of these:")
                yield from self.lines(parts, depth + 1)
            case NotThat(inner):
                yield from self._lines(inner, depth)
            case _:
                yield Line(depth, self.phrase(condition, negated=True))

    def phrase(  # noqa: PLR0911  # one for each kind
        self, leaf: Condition, *, negated: bool = False
    ) -> str:
        """One condition, or its opposite, said of the person."""
        match leaf:
            case Age():
                return _age(leaf, negated=negated)
            case BornOnOrBefore(day):
                return f"was born after {day}" if negated else f"was born on or before {day}"
            case BornOnOrAfter(day):
                return f"was born before {day}" if negated else f"was born on or after {day}"
            case InGroup(group):
                return f"{'does not belong' if negated else 'belongs'} to {self.group(group)}"
            case RegisteredIn(counties):
                not_ = "no " if negated else ""
                return f"has {not_}household registration in {_one_of(counties)}"
            case ResidentIn(counties):
                return f"{'does not live' if negated else 'lives'} in {_one_of(counties)}"
            case Wanted():
                return _wanted(leaf, negated=negated)
            case FromDay(day):
                return f"comes {'before' if negated else 'on or after'} {day}"
            case NotStated(what):
                return f"(open, for no source states it: {what})"
        return self._doses(leaf, negated=negated)

    def _doses(  # noqa: PLR0911  # one for each kind
        self, leaf: Condition, *, negated: bool
    ) -> str:
        before = self._dose_before()
        match leaf:
            case DosesAtLeast(number):
                return f"has had {_number(number, negated=negated)} so far"
            case EarlierDosesAtLeast(number):
                return f"had {_number(number, negated=negated)} in earlier seasons"
            case DoseDue(days, on):
                far = "less than" if negated else "at least"
                return f"had {before} {far} {days} days before {_interval_end(on)}"
            case PreviousDoseOf(vaccines):
                return f"had {'another vaccine than ' * negated}{_one_of(vaccines)} as {before}"
            case PreviousDoseOnOrBefore(day):
                return f"had {before} {'after' if negated else 'on or before'} {day}"
            case PreviousDoseOnOrAfter(day):
                return f"had {before} {'before' if negated else 'on or after'} {day}"
            case PreviousDoseBeforeAge(years):
                turned = "already" if negated else "not yet"
                return f"was {turned} {years} years old on the day of {before}"
        raise TypeError(f"no words for {type(leaf).__name__}")

    def _dose_before(self) -> str:
        if self.by_season and self.dose == 1:
            return "the last dose of an earlier season, if there was any,"
        season = " of the season" if self.by_season else ""
        return f"dose {self.dose - 1}{season}"


def _number(number: int, *, negated: bool) -> str:
    """At least so many doses, or fewer."""
    if negated:
        return "no dose" if number <= 1 else f"fewer than {number} doses"
    return f"at least {number} dose{'s' * (number != 1)}"


def _one_of(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _interval_end(on: Reckoning) -> str:
    return f"{on}" if isinstance(on, date) else _RECKONINGS[on].removeprefix("on ")


def _reckoned(on: Reckoning) -> str:
    return f"on {on}" if isinstance(on, date) else _RECKONINGS[on]


def _age(leaf: Age, *, negated: bool) -> str:
    match leaf:
        case AgeAtLeast(years):
            words = f"younger than {years}" if negated else f"{years} years old or older"
        case AgeAtMost(years):
            words = f"older than {years}" if negated else f"{years} years old or younger"
        case AgeAtLeastMonths(months):
            words = f"younger than {months} months" if negated else f"{months} months old or older"
        case _:
            raise TypeError(f"no words for {type(leaf).__name__}")
    return f"is {words} {_reckoned(leaf.on)}"


def ages_in_words(ages: AgeBand | WindowAges) -> str:
    """A band of ages, of a group or of a booking window."""
    if ages.at_least is None:
        words = f"{ages.at_most} or younger"
    elif ages.at_most is None:
        words = f"{ages.at_least} or older"
    else:
        words = f"{ages.at_least} to {ages.at_most}"
    return f"{words} {_reckoned(ages.on)}"


def _wanted(leaf: Wanted, *, negated: bool) -> str:
    words = "did not register" if negated else "registered"
    after = f" from {moment(leaf.after)} on" if leaf.after else ""
    by = f" by {moment(leaf.by)}" if leaf.by else ""
    return f"{words} for the vaccine{after}{by}"


def moment(value: datetime | date | str) -> str:
    """An instant in Taiwan's time, or what is known of it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(TAIWAN):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value} (hour not stated)"
    return "not stated"
