"""Moments as announcements state them: an instant, a day without its hour, or nothing at all."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

from vaxpolicy.days import TAIWAN, in_taiwan

WrittenMoment: TypeAlias = datetime | date | Literal["not-stated"]
"""A moment as a policy file writes it: an instant, a date where no source states the hour, or
``not-stated``."""

SOME_INSTANT: Final = datetime(2000, 1, 1, tzinfo=TAIWAN)
"""An instant for a question that no condition asks: any instant will do."""

_LAST_OF_DAY: Final = timedelta(days=1, microseconds=-1)


class Moment(NamedTuple):
    """The meaning of a written moment.

    Attributes:
        earliest: the earliest possible instant; None if nothing is stated.
        latest: the latest possible instant; the last microsecond of a day without its hour.
        stated: whether a source states the exact instant.
    """

    earliest: datetime | None
    latest: datetime | None
    stated: bool

    @classmethod
    def of(cls, written: WrittenMoment) -> Moment:
        """Read a moment; days are those of Taiwan's calendar."""
        if isinstance(written, datetime):
            return cls(written, written, stated=True)
        if isinstance(written, date):
            return cls(in_taiwan(written), in_taiwan(written) + _LAST_OF_DAY, stated=False)
        return cls(None, None, stated=False)

    @property
    def past(self) -> datetime | None:
        """The instant from which on it is surely past: the midnight after a day without its hour.

        An instant that is stated is past when it comes. None where nothing is stated.
        """
        if self.stated or self.earliest is None:
            return self.earliest
        return self.earliest + timedelta(days=1)

    def has_come(self, now: datetime) -> bool | None:
        """Whether the moment has come by `now`; None where that is not stated."""
        if self.earliest is None or self.latest is None:
            return None
        if now >= self.latest:
            return True
        return False if now < self.earliest else None


def surely_precedes(one: WrittenMoment, other: WrittenMoment) -> bool:
    """Whether a moment surely comes before another one; false where that is not stated."""
    latest, earliest = Moment.of(one).latest, Moment.of(other).earliest
    return latest is not None and earliest is not None and latest < earliest
