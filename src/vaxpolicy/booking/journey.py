"""One person's way through a programme, dose after dose: what is known of it, event by event.

The state of a journey is what its events add up to and nothing else: equal events, equal states.
An event that cannot follow is not passed over; the stream is broken, and that is said.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import evolve as altered
from attrs import field, frozen

from vaxpolicy.booking.events import (
    TRANSITIONS,
    Amended,
    AnyEvent,
    Arrived,
    Booked,
    Booking,
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
from vaxpolicy.booking.streams import BrokenStream
from vaxpolicy.rules.people import Person, Willingness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "State",
    "evolve",
    "initial",
    "is_terminal",
    "replay",
    "with_journey",
]

# -- what is known of a journey --------------------------------------------------------------------


@frozen
class State:
    """A journey as its events left it.

    What stands is the event that made it: the booking, the last notification, the doses.

    Attributes:
        subject: the person's pseudonym; None before the first event.
        status: what happened last.
        wanted: the registered vaccines, each since when without a break; empty: not registered.
        notice: the last notification.
        booking: the one that stands.
        doses: those given, as far as the journey knows.
        booked_round_ends: the last vaccination day of the round of the last booking; None: there
            was none, or it was cancelled.
        disease: what the programme vaccinates against; None before a round told.
        history: every event, in order.
    """

    subject: str | None = None
    status: Status = Status.NEW
    wanted: tuple[tuple[str, datetime], ...] = ()
    notice: Notified | None = None
    booking: Booked | Changed | None = None
    doses: tuple[Vaccinated | DoseRecorded, ...] = ()
    booked_round_ends: date | None = None
    disease: str | None = None
    history: tuple[AnyEvent, ...] = field(default=(), repr=False)

    @property
    def version(self) -> int:
        """How many events there are; the next has this number plus one."""
        return len(self.history)

    @property
    def districts(self) -> tuple[str, ...]:
        """Where the person would like to be vaccinated; empty: not registered."""
        for event in reversed(self.history if self.wanted else ()):
            if isinstance(event, Registered | Amended):
                return event.command.districts
        return ()

    @property
    def carried(self) -> str | None:
        """The round from which the person was carried over and in which nothing was booked since.

        Either the site cancelled the session, or the person was notified and did not book.
        """
        booked_in = carried = None
        for event in self.history:
            if isinstance(event, Booking):
                booked_in, carried = event.policy_id, None
            elif isinstance(event, SessionCancelled):
                carried = booked_in
            elif isinstance(event, CarriedOver):
                carried = event.command.policy_id
        return carried


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


def _registered(it: State, event: Registered, status: Status) -> State:
    wanted = tuple([(vaccine, event.at) for vaccine in event.command.vaccines])
    return _with(it, event, status, wanted=wanted)


def _amended(it: State, event: Amended, status: Status) -> State:
    since = dict(it.wanted)
    wanted = tuple([(each, since.get(each, event.at)) for each in event.command.vaccines])
    return _with(it, event, status, wanted=wanted)


def _withdrawn(it: State, event: Withdrawn, status: Status) -> State:
    return _with(it, event, status, wanted=())


def _vaccine_added(it: State, event: VaccineAdded, status: Status) -> State:
    return _with(it, event, status, wanted=(*it.wanted, (event.command.vaccine, event.at)))


def _notified(it: State, event: Notified, status: Status) -> State:
    return _with(it, event, status, notice=event, disease=event.disease)


def _booked(it: State, event: Booked | Changed, status: Status) -> State:
    return _with(
        it,
        event,
        status,
        booking=event,
        booked_round_ends=event.round_ends,
        disease=event.disease,
    )


def _changed(it: State, event: Changed, status: Status) -> State:
    _standing(it, event)
    return _booked(it, event, status)


def _cancelled(it: State, event: Cancelled | SessionCancelled, status: Status) -> State:
    _standing(it, event)
    return _with(it, event, status, booking=None, booked_round_ends=None)


def _arrived(it: State, event: Arrived, status: Status) -> State:
    _standing(it, event)
    return _with(it, event, status)


def _vaccinated(it: State, event: Vaccinated, status: Status) -> State:
    _standing(it, event)
    return _with(it, event, status, booking=None, doses=(*it.doses, event))


def _not_vaccinated(it: State, event: Deferred | Missed, status: Status) -> State:
    _standing(it, event)
    return _with(it, event, status, booking=None)


def _dose_recorded(it: State, event: DoseRecorded, status: Status) -> State:
    return _with(it, event, status, doses=(*it.doses, event))


def _status_alone(it: State, event: CarriedOver | Closed, status: Status) -> State:
    return _with(it, event, status)


_OfBooking: TypeAlias = (
    Changed | Cancelled | SessionCancelled | Arrived | Vaccinated | Deferred | Missed
)


def _standing(it: State, event: _OfBooking) -> None:
    """Refuse an event about a booking that is not the one that stands."""
    if it.booking is None or it.booking.command.id != event.command.booking:
        raise BrokenStream(f"event {event.version} is about a booking that does not stand")


_SAME: Final[Any] = object()


def _with(
    it: State,
    event: AnyEvent,
    status: Status,
    *,
    wanted: tuple[tuple[str, datetime], ...] = _SAME,
    notice: Notified = _SAME,
    booking: Booked | Changed | None = _SAME,
    doses: tuple[Vaccinated | DoseRecorded, ...] = _SAME,
    booked_round_ends: date | None = _SAME,
    disease: str = _SAME,
) -> State:
    """The state with these fields changed; `attrs.evolve` takes several times as long."""
    return State(
        event.command.subject,
        status,
        it.wanted if wanted is _SAME else wanted,
        it.notice if notice is _SAME else notice,
        it.booking if booking is _SAME else booking,
        it.doses if doses is _SAME else doses,
        it.booked_round_ends if booked_round_ends is _SAME else booked_round_ends,
        it.disease if disease is _SAME else disease,
        (*it.history, event),
    )


_STEPS: Final[Mapping[type[AnyEvent], Callable[[State, Any, Status], State]]] = {
    Registered: _registered,
    Amended: _amended,
    Withdrawn: _withdrawn,
    VaccineAdded: _vaccine_added,
    Notified: _notified,
    Booked: _booked,
    Changed: _changed,
    Cancelled: _cancelled,
    SessionCancelled: _cancelled,
    Arrived: _arrived,
    Vaccinated: _vaccinated,
    Deferred: _not_vaccinated,
    Missed: _not_vaccinated,
    CarriedOver: _status_alone,
    DoseRecorded: _dose_recorded,
    Closed: _status_alone,
}


def evolve(state: State, event: AnyEvent) -> State:
    """The journey after an event; `BrokenStream` where it cannot follow."""
    status = TRANSITIONS.get((state.status, type(event.command)))
    if status is None or event.version != len(state.history) + 1:
        raise BrokenStream(f"event {event.version} cannot follow event {state.version}")
    if event.command.subject != state.subject and state.subject is not None:
        raise BrokenStream(f"event {event.version} belongs to another journey")
    return _STEPS[type(event)](state, event, status)


def replay(events: Iterable[AnyEvent]) -> State:
    """The journey that the events add up to."""
    state = initial()
    for event in events:
        state = evolve(state, event)
    return state
