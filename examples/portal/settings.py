"""The settings with which a portal is started, and its clock."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from attrs import define, field

from vaxpolicy.days import TAIWAN


def instant(text: str) -> datetime:
    """An instant in Taiwan for the portal's clock, from 2021, when the platform began, to 2099."""
    at = datetime.fromisoformat(text).replace(tzinfo=TAIWAN)
    if not 2021 <= at.year < 2100:  # noqa: PLR2004  # the years in the docstring
        raise ValueError("expected an instant from 2021 to 2099")
    return at


def system_time() -> datetime:
    """The instant, by the machine's clock."""
    return datetime.fromtimestamp(time.time(), TAIWAN)


@define
class Settings:
    """The settings with which a portal is started.

    Attributes:
        database: a SQLite file, or an address that begins with postgresql://.
        key: the key of the pseudonyms; anybody who has it can try all numbers.
        staff_password: the argon2 hash of the sites' password; empty: nobody can sign in.
        operator_password: the argon2 hash of the operator's password.
        secure: whether cookies are sent over HTTPS only.
        skew: how far the portal's clock is from the machine's; None means not at all.
    """

    database: str = field(repr=False)
    key: bytes = field(repr=False)
    staff_password: str = field(default="", repr=False)
    operator_password: str = field(default="", repr=False)
    secure: bool = True
    skew: timedelta | None = None

    def now(self) -> datetime:
        """The instant, by the portal's clock."""
        return system_time() + (self.skew or timedelta())

    def set_clock(self, at: datetime | None) -> None:
        """Let the portal's clock show another instant from now on; None: the machine's."""
        self.skew = None if at is None else at - system_time()
