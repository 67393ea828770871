"""One person's way through a programme, dose after dose: what is known of it, event by event.

The state of a journey is what its events add up to and nothing else: equal events, equal states.
An event that cannot follow is not passed over; the stream is broken, and that is said.
"""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve as altered
from attrs import field, frozen

from vaxpolicy.capacity import Slot
from vaxpolicy.events import (
    TRANSITIONS,
    Amended,
    AnyEvent,
    Arrived,
    Booked,
    BookingEvent,
    Cancelled,
    CarriedOver,
    Changed,
    Closed,
    Deferred,
    DoseRecorded,
    Missed,
    Notified,
    Registered,
    SessionCancelled,
    Status,
    Vaccinated,
    VaccineAdded,
    Withdrawn,
)
from vaxpolicy.people import Dose, Person, Willingness
from vaxpolicy.streams import BrokenStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "Booking",
    "GivenDose",
    "Notice",
    "State",
    "evolve",
    "initial",
    "is_terminal",
    "replay",
    "with_journey",
]

# -- what is known of a journey --------------------------------------------------------------------


@frozen
class Booking:
    """A booking that stands."""

    id: str
    slot: Slot
    policy_id: str
    closes: datetime


@frozen
class Notice:
    """The last notification: of which round, and when its booking closes (None: not stated)."""

    policy_id: str
    closes: datetime | None


@frozen
class GivenDose:
    """A dose and its number."""

    dose: int
    given: Dose


@frozen
class State:
    """A journey as its events left it.

    Attributes:
        subject: the person's pseudonym; None before the first event.
        status: what happened last.
        wanted: the registered vaccines, each since when without a break; empty: not registered.
        districts: where the person would like to be vaccinated.
        notice: the last notification.
        booking: the one that stands.
        doses: those given, as far as the journey knows.
        edits_from: until when the registration is locked by a booking.
        carried: the round from which the person was carried over to the next.
        disease: what the programme vaccinates against; None before a round told.
        history: every event, in order.
    """

    subject: str | None = None
    status: Status = Status.NEW
    wanted: tuple[tuple[str, datetime], ...] = ()
    districts: tuple[str, ...] = ()
    notice: Notice | None = None
    booking: Booking | None = None
    doses: tuple[GivenDose, ...] = ()
    edits_from: datetime | None = None
    carried: str | None = None
    disease: str | None = None
    history: tuple[AnyEvent, ...] = field(default=(), repr=False)

    @property
    def version(self) -> int:
        """How many events there are; the next has this number plus one."""
        return len(self.history)


_INITIAL: Final = State()


def initial() -> State:
    """A journey before its first event."""
    return _INITIAL


def is_terminal(state: State) -> bool:
    """Whether nothing can follow."""
    return state.status is Status.CLOSED


def with_journey(person: Person, state: State) -> Person:
    """The person's facts with what the journey adds: the key, the willingness, the doses given.

    What is not known of the person stays unknown: doses are added to a known history only.
    """
    doses = person.doses
    if doses is not None:
        doses += tuple(each.given for each in state.doses if each.given not in doses)
    return altered(
        person, key=state.subject, willingness=Willingness(dict(state.wanted)), doses=doses
    )


# -- what an event adds ----------------------------------------------------------------------------


def _next(state: State, event: AnyEvent, status: Status, **changes: Any) -> State:
    """The state with these fields changed; `attrs.evolve` would take several times as long."""
    of = changes.get
    return State(
        event.subject,
        status,
        of("wanted", state.wanted),
        of("districts", state.districts),
        of("notice", state.notice),
        of("booking", state.booking),
        of("doses", state.doses),
        of("edits_from", state.edits_from),
        of("carried", state.carried),
        of("disease", state.disease),
        (*state.history, event),
    )


def _registered(state: State, event: Registered, status: Status) -> State:
    wanted = tuple((vaccine, event.at) for vaccine in event.vaccines)
    return _next(state, event, status, wanted=wanted, districts=event.districts)


def _amended(state: State, event: Amended, status: Status) -> State:
    since = dict(state.wanted)
    wanted = tuple((vaccine, since.get(vaccine, event.at)) for vaccine in event.vaccines)
    return _next(state, event, status, wanted=wanted, districts=event.districts)


def _withdrawn(state: State, event: Withdrawn, status: Status) -> State:
    return _next(state, event, status, wanted=(), districts=())


def _vaccine_added(state: State, event: VaccineAdded, status: Status) -> State:
    return _next(state, event, status, wanted=(*state.wanted, (event.vaccine, event.at)))


def _notified(state: State, event: Notified, status: Status) -> State:
    notice = Notice(event.policy_id, event.closes)
    return _next(state, event, status, notice=notice, disease=event.disease)


def _booked(state: State, event: Booked | Changed, status: Status) -> State:
    booking = Booking(event.cause, event.slot, event.policy_id, event.closes)
    return _next(
        state,
        event,
        status,
        booking=booking,
        edits_from=event.edits_from,
        carried=None,
        disease=event.disease,
    )


def _cancelled(state: State, event: Cancelled, status: Status) -> State:
    return _next(state, event, status, booking=None, edits_from=None)


def _session_cancelled(state: State, event: SessionCancelled, status: Status) -> State:
    assert state.booking is not None  # noqa: S101  # the table has it in live statuses only
    carried = state.booking.policy_id
    return _next(state, event, status, booking=None, edits_from=None, carried=carried)


def _arrived(state: State, event: Arrived, status: Status) -> State:
    return _next(state, event, status)


def _vaccinated(state: State, event: Vaccinated, status: Status) -> State:
    doses = (*state.doses, GivenDose(event.dose, event.given))
    return _next(state, event, status, booking=None, doses=doses)


def _not_vaccinated(state: State, event: Deferred | Missed, status: Status) -> State:
    return _next(state, event, status, booking=None)


def _carried_over(state: State, event: CarriedOver, status: Status) -> State:
    return _next(state, event, status, carried=event.policy_id)


def _dose_recorded(state: State, event: DoseRecorded, status: Status) -> State:
    return _next(state, event, status, doses=(*state.doses, GivenDose(event.dose, event.given)))


def _closed(state: State, event: Closed, status: Status) -> State:
    return _next(state, event, status)


_STEPS: Final[MappingProxyType[type[AnyEvent], Callable[[State, Any, Status], State]]] = (
    MappingProxyType(
        {
            Registered: _registered,
            Amended: _amended,
            Withdrawn: _withdrawn,
            VaccineAdded: _vaccine_added,
            Notified: _notified,
            Booked: _booked,
            Changed: _booked,
            Cancelled: _cancelled,
            SessionCancelled: _session_cancelled,
            Arrived: _arrived,
            Vaccinated: _vaccinated,
            Deferred: _not_vaccinated,
            Missed: _not_vaccinated,
            CarriedOver: _carried_over,
            DoseRecorded: _dose_recorded,
            Closed: _closed,
        }
    )
)


def evolve(state: State, event: AnyEvent) -> State:
    """The journey after an event; `BrokenStream` where it cannot follow."""
    status = TRANSITIONS.get((state.status, event.command))
    if status is None or event.version != len(state.history) + 1:
        raise BrokenStream(f"event {event.version} cannot follow event {state.version}")
    if state.subject is not None and event.subject != state.subject:
        raise BrokenStream(f"event {event.version} belongs to another journey")
    if isinstance(event, BookingEvent | Changed) and not _names_booking(state, event):
        raise BrokenStream(f"event {event.version} is about a booking that does not stand")
    return _STEPS[type(event)](state, event, status)


def _names_booking(state: State, event: BookingEvent | Changed) -> bool:
    return state.booking is not None and state.booking.id == event.booking


def replay(events: Iterable[AnyEvent]) -> State:
    """The journey that the events add up to."""
    state = initial()
    for event in events:
        state = evolve(state, event)
    return state
