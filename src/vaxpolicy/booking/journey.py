"""The state of one person's journey through a programme, dose after dose, and how events change it.

The state of a journey is what its events add up to and nothing else: equal events, equal states.
An event that cannot follow breaks the stream: `BrokenStream`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve as altered
from attrs import field, frozen

from vaxpolicy._values import InvalidType, require_type
from vaxpolicy.booking.events import (
    ACTORS,
    TRANSITIONS,
    Amended,
    AnyBooking,
    AnyEvent,
    Arrived,
    Booked,
    Booking,
    Cancelled,
    CarriedOver,
    Changed,
    Closed,
    Corrected,
    Deferred,
    DoseRecorded,
    Missed,
    Moved,
    Notified,
    Registered,
    SessionCancelled,
    Status,
    Vaccinated,
    VaccineAdded,
    WalkedIn,
    Withdrawn,
)
from vaxpolicy.booking.streams import BrokenStream, History, follows
from vaxpolicy.rules.people import Dose, Person, Willingness

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


def _as_history(events: Iterable[AnyEvent]) -> History[AnyEvent]:
    return events if isinstance(events, History) else History(events)


@frozen
class State:
    """A journey as its events left it.

    Attributes:
        subject: the person's pseudonym; None before the first event.
        status: what happened last.
        wanted: the registered vaccines, each since when without a break; empty: not registered.
        notices: every notification, in order.
        booking: the live booking, as the event that made it.
        doses: the doses given, as far as the journey knows.
        booked_round_ends: the last vaccination day of the round of the last booking; None: there
            was none, or it was cancelled.
        disease: what the programme vaccinates against; None before the first round.
        history: every event, in order.
    """

    subject: str | None = None
    status: Status = Status.NEW
    wanted: tuple[tuple[str, datetime], ...] = ()
    notices: tuple[Notified, ...] = ()
    booking: AnyBooking | None = None
    doses: tuple[Vaccinated | DoseRecorded, ...] = ()
    booked_round_ends: date | None = None
    disease: str | None = None
    history: History[AnyEvent] = field(factory=History, repr=False, converter=_as_history)

    @property
    def version(self) -> int:
        """How many events there are; the next has this number plus one."""
        return len(self.history)

    @property
    def notice(self) -> Notified | None:
        """The last notification."""
        return self.notices[-1] if self.notices else None

    def notices_of(self, policy_id: str) -> list[Notified]:
        """The notifications of a round."""
        return [each for each in self.notices if each.command.policy_id == policy_id]

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


_REGISTERED_HERE: Final = "registered"
"""The note of a history in which the person has registered."""


def with_journey(person: Person, state: State) -> Person:
    """The person's facts with those of the journey: the key, the willingness, the doses given.

    The willingness of a person who has never registered in this journey stays as it was given.
    What is not known stays unknown: doses are added to a known history only.

    Raises:
        ValueError: the journey is another person's.
    """
    if None not in (person.key, state.subject) and person.key != state.subject:
        raise ValueError("person: the journey is another person's")
    doses = person.doses
    if doses is not None:
        doses = tuple(dict.fromkeys([*doses, *(each.given for each in state.doses)]))
    willingness = person.willingness
    if willingness is None or state.history.note(_REGISTERED_HERE):
        willingness = Willingness(dict(state.wanted))
    key = person.key if state.subject is None else state.subject
    return altered(person, key=key, willingness=willingness, doses=doses)


def taken_back(state: State, version: int) -> State | None:
    """The journey as it would be without the event of this version; None where that cannot be.

    A dose on record can be taken back at any time. An arrival, a missed day or a deferral can be
    taken back while it is the last step.
    """
    if not 1 <= version <= state.version:
        return None
    event = state.history[version - 1]
    doses = tuple(each for each in state.doses if each is not event)
    if isinstance(event, _STEPS_BACK) and _last_step(state) == version:
        before = replay(state.history[: version - 1])
        return altered(
            state,
            status=before.status,
            booking=before.booking,
            doses=doses,
            booked_round_ends=before.booked_round_ends,
        )
    return altered(state, doses=doses) if len(doses) < len(state.doses) else None


_STEPS_BACK: Final = (Vaccinated, DoseRecorded, Arrived, Missed, Deferred)
"""The events that can be taken back while they are the last step."""


def _last_step(state: State) -> int:
    """The version of the event that gave the journey its status."""
    back: set[int] = set()
    for event in reversed(state.history):
        if isinstance(event, Corrected):
            back.add(event.command.event)
        elif event.version not in back and not _stays(event, state.status):
            return event.version
    return 0


def _stays(event: AnyEvent, status: Status) -> bool:
    """Whether an event has left a journey of this status as it was."""
    if isinstance(event, DoseRecorded):
        return status is not Status.VACCINATED
    return isinstance(event, Amended | VaccineAdded)


def _registered(now: State, event: Registered, status: Status) -> State:
    wanted = tuple([(vaccine, event.at) for vaccine in event.command.vaccines])
    return _with(now, event, status, wanted=wanted)


def _amended(now: State, event: Amended, status: Status) -> State:
    since = dict(now.wanted)
    wanted = tuple([(each, since.get(each, event.at)) for each in event.command.vaccines])
    return _with(now, event, status, wanted=wanted)


def _withdrawn(now: State, event: Withdrawn, status: Status) -> State:
    return _with(now, event, status, wanted=())


def _vaccine_added(now: State, event: VaccineAdded, status: Status) -> State:
    return _with(now, event, status, wanted=(*now.wanted, (event.command.vaccine, event.at)))


def _notified(now: State, event: Notified, status: Status) -> State:
    return _with(now, event, status, notices=(*now.notices, event), disease=event.disease)


def _booked(now: State, event: AnyBooking, status: Status) -> State:
    return _with(
        now,
        event,
        status,
        booking=event,
        booked_round_ends=event.round_ends,
        disease=event.disease,
    )


def _rebooked(now: State, event: Changed | Moved, status: Status) -> State:
    _live(now, event.version, event.command.booking)
    return _booked(now, event, status)


def _cancelled(now: State, event: Cancelled | SessionCancelled, status: Status) -> State:
    _live(now, event.version, event.command.booking)
    return _with(now, event, status, booking=None, booked_round_ends=None)


def _arrived(now: State, event: Arrived, status: Status) -> State:
    _live(now, event.version, event.command.booking)
    return _with(now, event, status)


def _vaccinated(now: State, event: Vaccinated, status: Status) -> State:
    slot = _live(now, event.version, event.command.booking).slot
    given = event.command.given or Dose(slot.vaccine, slot.day)
    if event.dose != slot.dose or event.given != given:
        raise BrokenStream(f"event {event.version} gives another dose than was booked")
    return _with(now, event, status, booking=None, doses=(*now.doses, event))


def _not_vaccinated(now: State, event: Deferred | Missed, status: Status) -> State:
    _live(now, event.version, event.command.booking)
    return _with(now, event, status, booking=None)


def _dose_recorded(now: State, event: DoseRecorded, status: Status) -> State:
    if any(each.given == event.given for each in now.doses):
        raise BrokenStream(f"event {event.version} records a dose that is on record")
    return _with(now, event, status, doses=(*now.doses, event))


def _corrected(now: State, event: Corrected, _: Status) -> State:
    after = taken_back(now, event.command.event)
    if after is None:
        raise BrokenStream(f"event {event.version} takes back what cannot be taken back")
    return altered(after, history=now.history.append(event))


def _status_alone(now: State, event: CarriedOver | Closed, status: Status) -> State:
    return _with(now, event, status)


def _live(now: State, version: int, booking: str) -> AnyBooking:
    """The live booking; an event about any other booking breaks the stream."""
    if now.booking is None or now.booking.command.id != booking:
        raise BrokenStream(f"event {version} is not about the live booking")
    return now.booking


_SAME: Final[Any] = object()


def _with(
    now: State,
    event: AnyEvent,
    status: Status,
    *,
    wanted: tuple[tuple[str, datetime], ...] = _SAME,
    notices: tuple[Notified, ...] = _SAME,
    booking: AnyBooking | None = _SAME,
    doses: tuple[Vaccinated | DoseRecorded, ...] = _SAME,
    booked_round_ends: date | None = _SAME,
    disease: str = _SAME,
) -> State:
    """The state with these fields changed; `attrs.evolve` takes several times as long."""
    noted = ((_REGISTERED_HERE, True),) if isinstance(event, Registered) else ()
    return State(
        event.command.subject,
        status,
        now.wanted if wanted is _SAME else wanted,
        now.notices if notices is _SAME else notices,
        now.booking if booking is _SAME else booking,
        now.doses if doses is _SAME else doses,
        now.booked_round_ends if booked_round_ends is _SAME else booked_round_ends,
        now.disease if disease is _SAME else disease,
        now.history.append(event, noted),
    )


_STEPS: Final[Mapping[type[AnyEvent], Callable[[State, Any, Status], State]]] = {
    Registered: _registered,
    Amended: _amended,
    Withdrawn: _withdrawn,
    VaccineAdded: _vaccine_added,
    Notified: _notified,
    Booked: _booked,
    WalkedIn: _booked,
    Changed: _rebooked,
    Moved: _rebooked,
    Cancelled: _cancelled,
    SessionCancelled: _cancelled,
    Arrived: _arrived,
    Vaccinated: _vaccinated,
    Deferred: _not_vaccinated,
    Missed: _not_vaccinated,
    CarriedOver: _status_alone,
    DoseRecorded: _dose_recorded,
    Corrected: _corrected,
    Closed: _status_alone,
}


def evolve(state: State, event: AnyEvent) -> State:
    """The journey after an event.

    Raises `BrokenStream` where the event cannot follow, and `InvalidType` for other types.
    """
    try:
        history, command = state.history, event.command
    except AttributeError:
        require_type("state", State, state)
        raise InvalidType("event", "an event of a journey") from None
    status = TRANSITIONS.get((state.status, type(command)))
    if status is None:
        raise BrokenStream(f"event {event.version} cannot follow when {state.status.value}")
    follows(history, event)
    if command.subject != state.subject and state.subject is not None:
        raise BrokenStream(f"event {event.version} belongs to another journey")
    if command.actor not in ACTORS[type(command)]:
        raise BrokenStream(f"event {event.version} is not a task of its actor")
    return _STEPS[type(event)](state, event, status)


def replay(events: Iterable[AnyEvent], since: State = _INITIAL) -> State:
    """The journey that the events add up to, from the beginning or since a snapshot.

    A snapshot is a `State` that was kept, in memory or pickled; the events are those after its
    `version`.
    """
    state = since
    for event in events:
        state = evolve(state, event)
    return state
