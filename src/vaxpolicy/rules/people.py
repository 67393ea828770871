"""What a programme knows about a person. In every field None means: not known.

These are facts, not judgements: a portal fills in what its registers say and leaves the rest None.
Unknown is not "no", and an answer never treats it so.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from attrs import Attribute, field, frozen

from vaxpolicy.days import day_number

if TYPE_CHECKING:
    from collections.abc import Iterable


def _is_day(_: object, attribute: Attribute[date], value: date) -> None:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(f"{attribute.name}: expected a date, got {type(value).__name__}")


def is_instant(value: object) -> bool:
    """Whether it is a datetime that says its offset from UTC."""
    return isinstance(value, datetime) and value.utcoffset() is not None


@frozen
class PartialDate:
    """A birth date of which only the year, or the year and the month, is known."""

    year: int = field()
    month: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a year or month that the calendar does not have (ValueError)."""
        date(self.year, 1 if self.month is None else self.month, 1)

    @property
    def earliest(self) -> date:
        """The first day that it can be."""
        return date(self.year, self.month or 1, 1)

    @property
    def latest(self) -> date:
        """The last day that it can be."""
        month = self.month or 12
        return date(self.year, month, monthrange(self.year, month)[1])

    def presumed_by_civil_code(self) -> date:
        """The day that Taiwan's Civil Code presumes: 1 July of the year, or the 15th of the month.

        Article 124 paragraph 2. No rule of this library applies the presumption by itself: call
        this where the programme says that it counts.
        """
        return date(self.year, 7, 1) if self.month is None else date(self.year, self.month, 15)


def parse_birth_date(text: str) -> date | PartialDate:
    """YYYY-MM-DD, or YYYY-MM or YYYY where no more is known; ValueError for anything else."""
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return date.fromisoformat(text)
    if re.fullmatch("[0-9]{4}(-[0-9]{2})?", text):
        return PartialDate(*map(int, text.split("-")))
    raise ValueError("expected YYYY-MM-DD, YYYY-MM or YYYY")


@frozen
class Dose:
    """One vaccination: a vaccine's code (see `vaxpolicy.catalog.vaccines`) and its day."""

    vaccine: str
    on: date = field(validator=_is_day)


def _since(wanted: Mapping[str, datetime]) -> Mapping[str, datetime]:
    for vaccine, instant in wanted.items():
        if not is_instant(instant):
            raise ValueError(f"willingness for {vaccine}: expected a datetime with its UTC offset")
    return MappingProxyType(dict(wanted))


@frozen
class Willingness:
    """Which vaccines the person has registered for, and since which instant without a break.

    A vaccine that is not there is not wanted; ``Willingness({})`` wants none.
    """

    wanted: Mapping[str, datetime] = field(converter=_since, hash=False)

    def __reduce__(self) -> tuple[type[Willingness], tuple[dict[str, datetime]]]:
        """Pickle and copy by way of a plain dict."""
        return Willingness, (dict(self.wanted),)


def _doses(doses: Iterable[Dose] | None) -> tuple[Dose, ...] | None:
    if doses is None:
        return None
    history = tuple(doses)
    if not all(isinstance(dose, Dose) for dose in history):
        raise TypeError("doses: expected Dose objects")
    return history


def _groups(groups: Iterable[str] | None) -> frozenset[str] | None:
    if isinstance(groups, str):
        raise TypeError("groups: expected a set of group ids, got one str")
    return None if groups is None else frozenset(groups)


def _known_groups(groups: Iterable[str]) -> frozenset[str]:
    return frozenset() if (known := _groups(groups)) is None else known


_LIKE_AN_ID_NUMBER: Final = re.compile("[A-Za-z]([A-Za-z][0-9]|[0-9]{2})[0-9]{7}")


@frozen
class Person:
    """The facts about one person; what is not known is None.

    Attributes:
        birth_date: the date of birth, or the part of it that is known.
        doses: every dose so far, of whatever disease, in any order; an empty tuple is "none".
        groups: ids of the groups that the person belongs to: these and no others.
        unknown_groups: ids of groups about which nothing is known, whatever `groups` says.
        registered_county: county or city of the household registration.
        residence_county: county or city where the person lives.
        willingness: what the person has registered for.
        key: the portal's own pseudonym for the person; decisions carry it as their `subject`, so
            that a booking can check whose decision it is given. It decides nothing.
    """

    birth_date: date | PartialDate | None = field(default=None)
    doses: tuple[Dose, ...] | None = field(default=None, converter=_doses)
    groups: frozenset[str] | None = field(default=None, converter=_groups)
    unknown_groups: frozenset[str] = field(default=frozenset(), converter=_known_groups)
    registered_county: str | None = None
    residence_county: str | None = None
    willingness: Willingness | None = None
    key: str | None = field(default=None)

    @key.validator
    def _check_key(self, _: object, value: str | None) -> None:
        if value is not None and _LIKE_AN_ID_NUMBER.fullmatch(normalize("NFKC", value).strip()):
            raise ValueError("key: expected a pseudonym, found what looks like an ID number")

    @birth_date.validator
    def _check_birth_date(self, _: object, value: date | PartialDate | None) -> None:
        if value is not None and not isinstance(value, PartialDate):
            day_number(value)
