"""The context in which a command is judged: the state of the journey and every outside input.

The answers of registries, gateways and other booking systems are values. Each can be "unknown", and
is unknown unless somebody asked.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from weakref import ref

from attrs import define, field, setters

from vaxpolicy._values import checked
from vaxpolicy.booking.events import AnyBooking, JourneyCommand, SlotRequest
from vaxpolicy.booking.journey import State
from vaxpolicy.booking.programme import Programme
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.slots import Place, Slot
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Decision, Offer, Policy, Reason
from vaxpolicy.identity import (
    Claim,
    MobileNumber,
    RegistryAnswer,
)
from vaxpolicy.rules.moments import Moment
from vaxpolicy.rules.people import Dose

if TYPE_CHECKING:
    from vaxpolicy.rules.policy import Window

__all__ = ["Delivery", "Elsewhere", "Request"]

C_co = TypeVar("C_co", bound=JourneyCommand, covariant=True)


class Elsewhere(Enum):
    """The answer of local booking systems about the person."""

    NOT_BOOKED = "not-booked"
    BOOKED = "booked"
    UNKNOWN = "unknown"


class Delivery(Enum):
    """The gateway's answer about a message."""

    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


class NotAsked(LookupError):  # noqa: N818  # what has happened
    """A guard depends on an earlier guard that was not asked or has refused."""


@define(eq=False, field_transformer=checked, on_setattr=setters.NO_OP)
class Request(Generic[C_co]):
    """A command, the journey that it is for, and every outside input.

    Attributes:
        state: the journey.
        command: the command.
        now: the instant.
        programme: the settings across rounds.
        policy: the round's policy.
        decision: the person's decision under that policy.
        gate: the person's decision under the programme's gate.
        place: the place of this booking in the slot.
        claim: the claim from the form.
        registry: the registry's answer about the claim.
        mobile: the number for messages.
        elsewhere: the answer of local booking systems.
        delivery: the gateway's answer about the message.
        other: the journey under the person's other pseudonym.
        record: the digest of the decision record.
        supposes: the dose that the decision supposes.
    """

    state: State
    command: C_co
    now: datetime
    programme: Programme
    policy: Policy | None = None
    decision: Decision | None = None
    gate: Decision | None = None
    place: Place | None = None
    claim: Claim | None = None
    registry: RegistryAnswer = RegistryAnswer.UNAVAILABLE
    mobile: MobileNumber | None = None
    elsewhere: Elsewhere = Elsewhere.UNKNOWN
    delivery: Delivery = Delivery.UNKNOWN
    other: State | None = None
    record: str | None = None
    supposes: Dose | None = None
    _today: date | None = field(init=False, default=None)
    _offers_of_day: list[Offer] | None = field(init=False, default=None)

    def rejected(
        self,
        code: str,
        *,
        possible_from: datetime | None = None,
        days: DaySet | None = None,
        reasons: tuple[Reason, ...] = (),
    ) -> Rejected:
        """Make the refusal with this code; an instant that has passed is left out."""
        if possible_from is not None and possible_from <= self.now:
            possible_from = None
        return Rejected(
            code,
            version=self.state.version,
            possible_from=possible_from,
            days=days,
            reasons=reasons,
        )

    @property
    def today(self) -> date:
        """The day in Taiwan."""
        if self._today is None:
            self._today = self.now.astimezone(TAIWAN).date()
        return self._today

    @property
    def booking(self) -> AnyBooking:
        """The live booking. Raises `NotAsked` if there is none."""
        booking = self.state.booking
        if booking is None:
            raise NotAsked("may_follow")
        return booking

    @property
    def named_booking(self) -> AnyBooking:
        """The booking of the next dose, if the command names it, or else the live booking."""
        ahead = self.state.next_booking
        if ahead is not None and getattr(self.command, "booking", None) == ahead.command.id:
            return ahead
        return self.booking

    @property
    def slot(self) -> Slot:
        """The slot of the command, or else the booked slot."""
        command = self.command
        return command.slot if isinstance(command, SlotRequest) else self.booking.slot

    @property
    def round(self) -> Policy:
        """The round's policy. Raises `NotAsked` if none was given."""
        if self.policy is None:
            raise NotAsked("of_named_policy")
        return self.policy

    @property
    def decided(self) -> Decision:
        """The person's decision. Raises `NotAsked` if none was given."""
        if self.decision is None:
            raise NotAsked("decided")
        return self.decision

    @property
    def offers(self) -> list[Offer]:
        """The offers of the slot's vaccine and dose."""
        slot, offers = self.slot, () if self.decision is None else self.decision.offers
        return [each for each in offers if each.dose == slot.dose and each.vaccine == slot.vaccine]

    @property
    def offers_of_day(self) -> list[Offer]:
        """The offers of the slot's vaccine and dose on the slot's day."""
        if self._offers_of_day is None:
            slot = self.slot
            vaccine, dose, day = slot.vaccine, slot.dose, slot.day.toordinal()
            self._offers_of_day = [
                offer
                for offer in (() if self.decision is None else self.decision.offers)
                if offer.dose == dose and offer.vaccine == vaccine
                for low, high in offer.days.spans
                if low <= day <= high
            ]
        return self._offers_of_day


def is_over(window: Window, now: datetime) -> bool:
    """Whether the window has surely closed."""
    closes = window.closes
    if isinstance(closes, datetime):
        return now >= closes
    past = Moment.of(closes).past
    return past is not None and now >= past


def next_opening(now: datetime, windows: tuple[Window, ...]) -> datetime | None:
    """The instant at which the next window surely opens; None if it is not stated."""
    openings = (Moment.of(window.opens).past for window in windows)
    return min((each for each in openings if each is not None and each > now), default=None)


def round_closes(policy: Policy) -> datetime | None:
    """The instant at which the round's booking has closed for everybody; None if not stated.

    It is the same for everybody, so that an event that holds it tells nothing about the person.
    """
    last = None
    for stage in policy.stages:
        for window in stage.windows:
            closes = Moment.of(window.closes).past
            if closes is None:
                return None
            if last is None or closes > last:
                last = closes
    return last


def last_day(policy: Policy) -> date:
    """The round's last vaccination day."""
    last = date.min
    for stage in policy.stages:
        if stage.vaccination_days.last > last:
            last = stage.vaccination_days.last
    return last


_ENDS: Final[dict[int, tuple[ref[Policy], tuple[datetime | None, date]]]] = {}
"""The cached results of `ends_of`, by policy; each lives as long as its policy."""


def ends_of(policy: Policy) -> tuple[datetime | None, date]:
    """The instant at which booking has closed for everybody, and the last vaccination day."""
    key = id(policy)
    kept = _ENDS.get(key)
    if kept is not None and kept[0]() is policy:
        return kept[1]
    ends = round_closes(policy), last_day(policy)
    _ENDS[key] = ref(policy, lambda _: _ENDS.pop(key, None)), ends
    return ends
