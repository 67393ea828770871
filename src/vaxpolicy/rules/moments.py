"""Moments as announcements state them: an instant, a day without its hour, or nothing at all."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple, TypeAlias

from vaxpolicy.days import TAIWAN

WrittenMoment: TypeAlias = datetime | date | Literal["not-stated"]
"""A moment as a policy file writes it: an instant, a date where no source states the hour, or
``not-stated``."""


class Moment(NamedTuple):
    """What a written moment means.

    Attributes:
        earliest: the earliest instant that it can be; None where nothing is stated.
        latest: the latest such instant: of a day without its hour, the last microsecond.
        stated: whether a source states the very instant.
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
            midnight = datetime.combine(written, time.min, TAIWAN)
            return cls(midnight, midnight + timedelta(days=1, microseconds=-1), stated=False)
        return cls(None, None, stated=False)

    def has_come(self, now: datetime) -> bool | None:
        """Whether the moment has come by `now`; None where that is not stated."""
        if self.earliest is None or self.latest is None:
            return None
        if now >= self.latest:
            return True
        return False if now < self.earliest else None
