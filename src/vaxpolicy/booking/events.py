"""Statuses, commands and events of a reservation, and the table of transitions.

Each accepted command gives one event, which keeps the command and adds the result. `TRANSITIONS`
says which commands may follow in which status. The guards, the diagram in the manual and the test
of every reachable state use it.

An event holds neither facts about a person nor names that reveal them, such as the rule or the
window of a booking. It can hold the digest of the decision record; auditors who have the records
can look it up.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, get_args

from attrs import field, frozen

from vaxpolicy._values import (
    DISTINCT,
    SOME,
    DoseNumber,
    Sha256,
    StreamVersion,
    as_tuple,
    checked,
)
from vaxpolicy.booking.slots import Slot
from vaxpolicy.booking.streams import Actor, Command, Event
from vaxpolicy.rules.people import Dose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "ACTORS",
    "EVENTS",
    "TRANSITIONS",
    "AddVaccine",
    "Amend",
    "Amended",
    "AnyBooking",
    "AnyCommand",
    "AnyEvent",
    "Arrived",
    "Book",
    "BookNext",
    "Booked",
    "BookedNext",
    "Booking",
    "Cancel",
    "CancelSession",
    "Cancelled",
    "CarriedOver",
    "CarryOver",
    "Change",
    "Changed",
    "CheckIn",
    "Close",
    "CloseReason",
    "Closed",
    "Correct",
    "Corrected",
    "CorrectionReason",
    "Defer",
    "Deferred",
    "DoseRecorded",
    "JourneyCommand",
    "JourneyEvent",
    "Miss",
    "Missed",
    "Move",
    "Moved",
    "Notified",
    "Notify",
    "RecordDose",
    "Register",
    "Registered",
    "SessionCancelled",
    "Status",
    "Vaccinate",
    "Vaccinated",
    "VaccineAdded",
    "WalkIn",
    "WalkedIn",
    "Withdraw",
    "Withdrawn",
]


class Status(Enum):
    """The last step of a journey."""

    if not TYPE_CHECKING:  # to checkers it is the hash of any enum
        __hash__ = object.__hash__  # before 3.12, an enum's own is a function in Python

    NEW = "new"
    REGISTERED = "registered"
    NOTIFIED = "notified"
    BOOKED = "booked"
    ARRIVED = "arrived"
    VACCINATED = "vaccinated"
    """A dose was given; the journey goes on to the next."""
    DEFERRED = "deferred"
    """Not vaccinated, on medical advice."""
    MISSED = "missed"
    CANCELLED = "cancelled"
    """The person has cancelled the booking."""
    CARRIED_OVER = "carried-over"
    """The site cancelled the session, or the person was notified and did not book."""
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    """Nothing follows."""


class CorrectionReason(Enum):
    """Why an event is taken back."""

    ENTERED_IN_ERROR = "entered-in-error"
    """It did not happen."""
    WRONG_PERSON = "wrong-person"
    """It happened to another person."""
    WRONG_DETAILS = "wrong-details"
    """It happened otherwise; what is right is recorded next."""


class CloseReason(Enum):
    """Why a journey has ended."""

    COMPLETED = "completed"
    PROGRAMME_ENDED = "programme-ended"
    MERGED = "merged"
    """The person goes on in another journey, such as that of a new UI number."""
    DECEASED = "deceased"


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(names)


@frozen(kw_only=True, field_transformer=checked)
class JourneyCommand(Command):
    """A command to the journey of the person with this pseudonym."""

    subject: str


@frozen(kw_only=True, field_transformer=checked)
class Register(JourneyCommand):
    """Register the willingness to be vaccinated with any of these vaccines, in these districts.

    Claim, registry's answer and mobile number come in beside the command, and stay outside of it.
    """

    vaccines: Annotated[tuple[str, ...], SOME, DISTINCT] = field(converter=_names)
    districts: Annotated[tuple[str, ...], SOME, DISTINCT] = field(converter=_names)


@frozen(kw_only=True, field_transformer=checked)
class Amend(JourneyCommand):
    """Register other vaccines or districts instead; a vaccine that stays keeps its instant."""

    vaccines: Annotated[tuple[str, ...], SOME, DISTINCT] = field(converter=_names)
    districts: Annotated[tuple[str, ...], SOME, DISTINCT] = field(converter=_names)


@frozen(kw_only=True, field_transformer=checked)
class Withdraw(JourneyCommand):
    """Withdraw the registration."""


@frozen(kw_only=True, field_transformer=checked)
class AddVaccine(JourneyCommand):
    """Extend the registration by a vaccine that is new in the programme; it can be unticked."""

    vaccine: str


@frozen(kw_only=True, field_transformer=checked)
class Notify(JourneyCommand):
    """Record that the person was notified of a round; the gateway's answer comes in beside it.

    Attributes:
        policy_id: the id of the round's policy.
        stage: the stage of the round, where each stage notifies; never a name that tells a group.
        dose: the dose, where each dose is notified; null: every dose of the round.
    """

    policy_id: str
    stage: str | None = None
    dose: DoseNumber | None = None


@frozen(kw_only=True, field_transformer=checked)
class SlotRequest(JourneyCommand):
    """A command that asks for a place in a slot of a round."""

    policy_id: str
    slot: Slot


@frozen(kw_only=True, field_transformer=checked)
class Book(SlotRequest):
    """Book a slot in a round. The booking's id is the command's."""


@frozen(kw_only=True, field_transformer=checked)
class BookNext(SlotRequest):
    """Book the next dose as well, before the booked one is given, if the programme allows it.

    The decision supposes that the booked dose is given on its day. The booking's id is the
    command's.
    """


@frozen(kw_only=True, field_transformer=checked)
class WalkIn(SlotRequest):
    """Record that a person without a booking has come. The booking's id is the command's."""


@frozen(kw_only=True, field_transformer=checked)
class Change(SlotRequest):
    """Move a booking to another slot in one step. The new booking's id is the command's."""

    booking: str


@frozen(kw_only=True, field_transformer=checked)
class Move(SlotRequest):
    """The site moves a booking to another slot. The new booking's id is the command's."""

    booking: str


@frozen(kw_only=True, field_transformer=checked)
class BookingCommand(JourneyCommand):
    """A command about one booking, named so that a stale one cannot hit another."""

    booking: str


@frozen(kw_only=True, field_transformer=checked)
class Cancel(BookingCommand):
    """Cancel the booking; a booking of the next dose ends with it."""


@frozen(kw_only=True, field_transformer=checked)
class CancelSession(BookingCommand):
    """The site or the programme cancels the session, as in a typhoon; the turn is kept."""


@frozen(kw_only=True, field_transformer=checked)
class CheckIn(BookingCommand):
    """Record that the person has come, at any hour of the day."""


@frozen(kw_only=True, field_transformer=checked)
class Vaccinate(BookingCommand):
    """Record that the dose was given.

    Attributes:
        given: what was given and when; null: the vaccine of the booking, on its day.
    """

    given: Dose | None = None


@frozen(kw_only=True, field_transformer=checked)
class Defer(BookingCommand):
    """Record that the person came and was not vaccinated, on medical advice."""


@frozen(kw_only=True, field_transformer=checked)
class Miss(BookingCommand):
    """Record that the person was not vaccinated on the booked day."""


@frozen(kw_only=True, field_transformer=checked)
class CarryOver(JourneyCommand):
    """Record that the person was notified of a round, did not book, and goes on to the next."""

    policy_id: str


@frozen(kw_only=True, field_transformer=checked)
class RecordDose(JourneyCommand):
    """Record a dose that was given elsewhere, or that the records had missed."""

    dose: DoseNumber
    given: Dose


@frozen(kw_only=True, field_transformer=checked)
class Correct(JourneyCommand):
    """Take an event back that was entered in error: a dose, an arrival, a missed or deferred day.

    A dose can be taken back at any time, the others while they are the last step. An edit of the
    registration is not a step, and taking back an earlier dose is not one either. A walk-in is
    ended by `CancelSession`.

    Attributes:
        event: the version of the event that is taken back.
        reason: why.
    """

    event: StreamVersion
    reason: CorrectionReason


@frozen(kw_only=True, field_transformer=checked)
class Close(JourneyCommand):
    """End the journey for good."""

    reason: CloseReason


@frozen(field_transformer=checked)
class JourneyEvent(Event):
    """An event of a person's journey."""

    command: JourneyCommand

    @property
    def subject(self) -> str:
        """The person's pseudonym."""
        return self.command.subject


@frozen(field_transformer=checked)
class Booking(JourneyEvent):
    """An event that made a booking: the first one, or another one instead."""

    command: Book | Change | WalkIn | Move | BookNext

    @property
    def id(self) -> str:
        """The booking's id, which is that of the command."""
        return self.command.id

    @property
    def slot(self) -> Slot:
        """The booked slot."""
        return self.command.slot

    @property
    def policy_id(self) -> str:
        """The round in which it was booked."""
        return self.command.policy_id


@frozen(field_transformer=checked)
class Registered(JourneyEvent):
    """Willingness was registered."""

    command: Register


@frozen(field_transformer=checked)
class Amended(JourneyEvent):
    """The registration was changed."""

    command: Amend


@frozen(field_transformer=checked)
class Withdrawn(JourneyEvent):
    """The registration was withdrawn."""

    command: Withdraw


@frozen(field_transformer=checked)
class VaccineAdded(JourneyEvent):
    """The programme has extended the registration by a vaccine."""

    command: AddVaccine


@frozen(field_transformer=checked)
class Notified(JourneyEvent):
    """The person was notified of a round.

    Attributes:
        command: what was asked.
        policy_version: the version of the round's policy.
        disease: what the round vaccinates against.
        closes: when the round's booking has closed for everyone; None: not stated.
    """

    command: Notify
    policy_version: str
    disease: str
    closes: datetime | None

    @property
    def policy_id(self) -> str:
        """The round."""
        return self.command.policy_id


@frozen(field_transformer=checked)
class Booked(Booking):
    """A slot is booked.

    Attributes:
        command: what was asked.
        policy_version: the version of the round's policy.
        disease: what the round vaccinates against.
        closes: when the round's booking has closed for everyone; None: not stated.
        round_ends: the last vaccination day of the round.
        record: the digest of the decision record; None: the portal keeps none.
    """

    command: Book
    policy_version: str
    disease: str
    closes: datetime | None
    round_ends: date
    record: Sha256 | None


@frozen(field_transformer=checked)
class Changed(Booking):
    """Another slot is booked instead; the other fields are those of `Booked`."""

    command: Change
    policy_version: str
    disease: str
    closes: datetime | None
    round_ends: date
    record: Sha256 | None


@frozen(field_transformer=checked)
class BookedNext(Booking):
    """A slot is booked for the next dose as well; the fields are those of `Booked`."""

    command: BookNext
    policy_version: str
    disease: str
    closes: datetime | None
    round_ends: date
    record: Sha256 | None


@frozen(field_transformer=checked)
class WalkedIn(Booking):
    """A person without a booking has come and has a place; the fields are those of `Booked`."""

    command: WalkIn
    policy_version: str
    disease: str
    closes: datetime | None
    round_ends: date
    record: Sha256 | None


@frozen(field_transformer=checked)
class Moved(Booking):
    """The site has moved the booking; the fields are those of `Booked`."""

    command: Move
    policy_version: str
    disease: str
    closes: datetime | None
    round_ends: date
    record: Sha256 | None


@frozen(field_transformer=checked)
class Cancelled(JourneyEvent):
    """The person has cancelled the booking; its place is to be released."""

    command: Cancel


@frozen(field_transformer=checked)
class SessionCancelled(JourneyEvent):
    """The site has cancelled the session; the person goes on to the next round."""

    command: CancelSession


@frozen(field_transformer=checked)
class Arrived(JourneyEvent):
    """The person has come."""

    command: CheckIn


@frozen(field_transformer=checked)
class Vaccinated(JourneyEvent):
    """The dose was given: what was booked, or what the command says instead."""

    command: Vaccinate
    dose: DoseNumber
    given: Dose


@frozen(field_transformer=checked)
class Deferred(JourneyEvent):
    """The person came and was not vaccinated, on medical advice."""

    command: Defer


@frozen(field_transformer=checked)
class Missed(JourneyEvent):
    """The person was not vaccinated on the booked day."""

    command: Miss


@frozen(field_transformer=checked)
class CarriedOver(JourneyEvent):
    """The person was notified of a round, did not book, and goes on to the next."""

    command: CarryOver


@frozen(field_transformer=checked)
class DoseRecorded(JourneyEvent):
    """A dose that was given elsewhere is known."""

    command: RecordDose

    @property
    def dose(self) -> int:
        """The number of the dose."""
        return self.command.dose

    @property
    def given(self) -> Dose:
        """The vaccination."""
        return self.command.given


@frozen(field_transformer=checked)
class Corrected(JourneyEvent):
    """An event was taken back: the journey is as if it had not happened."""

    command: Correct


@frozen(field_transformer=checked)
class Closed(JourneyEvent):
    """The journey has ended."""

    command: Close


AnyCommand: TypeAlias = (
    Register
    | Amend
    | Withdraw
    | AddVaccine
    | Notify
    | Book
    | Change
    | Cancel
    | CancelSession
    | CheckIn
    | Vaccinate
    | Defer
    | Miss
    | CarryOver
    | RecordDose
    | Close
    | WalkIn
    | Move
    | Correct
    | BookNext
)
AnyEvent: TypeAlias = (
    Registered
    | Amended
    | Withdrawn
    | VaccineAdded
    | Notified
    | Booked
    | Changed
    | Cancelled
    | SessionCancelled
    | Arrived
    | Vaccinated
    | Deferred
    | Missed
    | CarriedOver
    | DoseRecorded
    | Closed
    | WalkedIn
    | Moved
    | Corrected
    | BookedNext
)
AnyBooking: TypeAlias = Booked | Changed | WalkedIn | Moved | BookedNext
"""The events that make a booking."""


EVENTS: Final[Mapping[type[JourneyCommand], type[AnyEvent]]] = dict(
    zip(get_args(AnyCommand), get_args(AnyEvent), strict=True)
)
"""The event of each command."""

_S = Status
BEFORE: Final = (_S.NEW, _S.WITHDRAWN)
"""Not registered, and nothing pending."""
WAITING: Final = (
    *(_S.REGISTERED, _S.NOTIFIED, _S.VACCINATED, _S.DEFERRED),
    *(_S.MISSED, _S.CANCELLED, _S.CARRIED_OVER),
)
"""No booking, and the next one may come."""
LIVE: Final = (_S.BOOKED, _S.ARRIVED)
"""There is a booking."""

_ROWS: Final[tuple[tuple[type[JourneyCommand], tuple[Status, ...], Status | None], ...]] = (
    (Register, (*BEFORE, *(each for each in WAITING if each is not _S.REGISTERED)), _S.REGISTERED),
    (Amend, (*WAITING, _S.BOOKED), None),
    (Withdraw, WAITING, _S.WITHDRAWN),
    (AddVaccine, (*WAITING, *LIVE), None),
    (Notify, (*BEFORE, *WAITING), _S.NOTIFIED),
    (Book, (*BEFORE, *WAITING), _S.BOOKED),
    (Change, (_S.BOOKED,), _S.BOOKED),
    (Move, (_S.BOOKED,), _S.BOOKED),
    (BookNext, (_S.BOOKED,), _S.BOOKED),
    (WalkIn, (*BEFORE, *WAITING), _S.ARRIVED),
    (Cancel, (_S.BOOKED,), _S.CANCELLED),
    (CancelSession, LIVE, _S.CARRIED_OVER),
    (CheckIn, (_S.BOOKED,), _S.ARRIVED),
    (Vaccinate, LIVE, _S.VACCINATED),
    (Defer, LIVE, _S.DEFERRED),
    (Miss, LIVE, _S.MISSED),
    (CarryOver, (_S.NOTIFIED,), _S.CARRIED_OVER),
    (RecordDose, (*BEFORE, *WAITING), _S.VACCINATED),
    (RecordDose, LIVE, None),
    (Correct, (*WAITING, *LIVE, _S.WITHDRAWN), None),
    (Close, (*BEFORE, *WAITING), _S.CLOSED),
)
"""Each command, the statuses in which it may come, and the status after (None: as before).

A correction leads to the status before the event that it takes back, where that was the last one.
If the next dose is booked as well, `Vaccinate` leads to that booking, and the end of that booking
alone leaves the status unchanged.
"""


def _transitions() -> Iterator[tuple[tuple[Status, type[JourneyCommand]], Status]]:
    for command, statuses, after in _ROWS:
        for status in statuses:
            yield (status, command), after or status


TRANSITIONS: Final[Mapping[tuple[Status, type[JourneyCommand]], Status]] = dict(_transitions())
"""The status to which a command leads, by status and command; everything else is refused."""

COMMANDS: Final = tuple(dict.fromkeys(command for command, _, __ in _ROWS))
"""Every command, in the order of a journey."""

_PERSON: Final = frozenset({Actor.PERSON, Actor.HELPER})
_SITE: Final = frozenset({Actor.SITE})
_OFFICE: Final = frozenset({Actor.PROGRAMME})

ACTORS: Final[Mapping[type[Command], frozenset[Actor]]] = {
    **dict.fromkeys((Register, Amend, Withdraw, Book, BookNext, Change, Cancel), _PERSON),
    **dict.fromkeys((CheckIn, WalkIn, Vaccinate, Defer), _SITE),
    **dict.fromkeys((Miss, CancelSession, Move, Correct), _SITE | _OFFICE),
    **dict.fromkeys((AddVaccine, Notify, CarryOver, RecordDose, Close), _OFFICE),
}
"""The actors of each command."""
