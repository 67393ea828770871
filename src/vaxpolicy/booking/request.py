"""A command of a journey in its circumstances: the state, and all that was brought with it.

What stands outside a journey comes in as a value: what registries, gateways and other booking
systems said among it. Each of them can say that it does not know, and says so unless it was asked.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from vaxpolicy.booking.events import (
    Book,
    Booked,
    Change,
    Changed,
)
from vaxpolicy.booking.journey import State
from vaxpolicy.booking.programme import Programme
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.slots import Place, Slot
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Offer, Policy
from vaxpolicy.identity import (
    Claim,
    MobileNumber,
    RegistryAnswer,
)

if TYPE_CHECKING:
    from vaxpolicy.rules.policy import Moment, Window

__all__ = [
    "Delivery",
    "Elsewhere",
    "Request",
    "as_moment",
    "in_taiwan",
    "is_over",
    "last_closing",
    "last_day",
    "next_opening",
    "open_until",
]


class Elsewhere(Enum):
    """What local booking systems say of the person."""

    NOT_BOOKED = "not-booked"
    BOOKED = "booked"
    UNKNOWN = "unknown"


class Delivery(Enum):
    """What the gateway says of a message."""

    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


@define(eq=False)
class Request:
    """A command, the journey that it is for, and all that was brought with it.

    `offer` is the one under which the slot may be booked now, once a guard has found it.
    """

    state: State
    command: Any
    now: datetime
    policy: Policy | None
    programme: Programme
    decision: Decision | None
    gate: Decision | None
    place: Place | None
    claim: Claim | None
    registry: RegistryAnswer
    mobile: MobileNumber | None
    elsewhere: Elsewhere
    delivery: Delivery
    offer: Offer | None = None
    _of_day: list[Offer] | None = field(init=False, default=None)

    def rejected(self, code: str, **more: Any) -> Rejected:
        """The refusal with this code."""
        return Rejected(code, version=self.state.version, **more)

    @property
    def today(self) -> date:
        """The day in Taiwan."""
        return self.now.astimezone(TAIWAN).date()

    @property
    def booking(self) -> Booked | Changed:
        """The booking that stands; for commands that the table allows only where there is one."""
        assert self.state.booking is not None  # noqa: S101  # the guard before has seen to it
        return self.state.booking

    @property
    def slot(self) -> Slot:
        """The slot that is asked for, or else booked."""
        command = self.command
        slot: Slot = command.slot if type(command) in _WITH_SLOT else self.booking.slot
        return slot

    @property
    def offers(self) -> list[Offer]:
        """The offers of the slot's vaccine and dose."""
        slot, offers = self.slot, () if self.decision is None else self.decision.offers
        return [each for each in offers if each.dose == slot.dose and each.vaccine == slot.vaccine]

    @property
    def offers_of_day(self) -> list[Offer]:
        """Those of them that have the slot's day."""
        if self._of_day is None:
            slot = self.slot
            vaccine, dose, day = slot.vaccine, slot.dose, slot.day.toordinal()
            self._of_day = [
                offer
                for offer in (() if self.decision is None else self.decision.offers)
                if offer.dose == dose and offer.vaccine == vaccine
                for low, high in offer.days.spans
                if low <= day <= high
            ]
        return self._of_day


_WITH_SLOT: Final = frozenset({Book, Change})


# -- what windows and rounds say -------------------------------------------------------------------


def in_taiwan(day: date, at: time) -> datetime:
    """The instant at which Taiwan's clocks show this."""
    return datetime.combine(day, at, TAIWAN)


def as_moment(moment: Moment, *, day_over: bool) -> datetime | None:
    """The moment as an instant: of a mere date its end or its beginning; None: not stated."""
    if isinstance(moment, datetime):
        return moment
    if isinstance(moment, date):
        return in_taiwan(moment, time.min) + timedelta(days=day_over)
    return None


def is_over(window: Window, now: datetime) -> bool:
    """Whether the window has surely closed."""
    closes = as_moment(window.closes, day_over=True)
    return closes is not None and now >= closes


def next_opening(case: Request, windows: tuple[Window, ...]) -> datetime | None:
    """When the next of the windows surely opens; None where that is not stated."""
    openings = (as_moment(window.opens, day_over=True) for window in windows)
    return min((each for each in openings if each is not None and each > case.now), default=None)


def last_closing(decision: Decision) -> datetime | None:
    """When the last window of all offers has surely closed; None where that is not stated."""
    last = None
    for offer in decision.offers:
        for windows in offer.window_cases:
            for window in windows:
                closes = as_moment(window.closes, day_over=True)
                if closes is None:
                    return None
                if last is None or closes > last:
                    last = closes
    return last


def open_until(offer: Offer, now: datetime) -> datetime:
    """Until when the windows that are surely open now stay so, in whichever case the person is."""
    until = None
    for windows in offer.window_cases:
        latest = now
        for window in windows:
            opens = as_moment(window.opens, day_over=True)
            closes = as_moment(window.closes, day_over=False)
            if opens is not None and opens <= now and closes is not None and closes > latest:
                latest = closes
        if until is None or latest < until:
            until = latest
    return now if until is None else until


def last_day(policy: Policy) -> date:
    """The round's last vaccination day."""
    last = date.min
    for stage in policy.stages:
        if stage.vaccination_days.last > last:
            last = stage.vaccination_days.last
    return last
