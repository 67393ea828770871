"""The state of one person's journey through a programme, and the effect of each event.

The state depends only on the events: equal events give equal states. An event that cannot follow
raises `BrokenStream`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from attrs import evolve as altered
from attrs import field, frozen

from vaxpolicy._values import InvalidType, checked, require_type, unchecked
from vaxpolicy.booking.events import (
    ACTORS,
    EVENTS,
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
from vaxpolicy.booking.streams import BrokenStream, Event, History, follows
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


def _as_history(events: Iterable[AnyEvent]) -> History[AnyEvent]:
    """The events as a history. Anything else stays as it is, to be refused."""
    several: Any = events
    is_of_events = isinstance(several, tuple | list) and all(
        isinstance(it, Event) for it in several
    )
    return History(events) if is_of_events else several


class Step(NamedTuple):
    """A step that can be taken back, and the journey before it.

    Attributes:
        version: the version of its event.
        status: the status before it.
        booking: the live booking before it.
        booked_round_ends: the last vaccination day of the round of the last booking before it.
        earlier: the step before it, if it can be taken back as well.
        depth: the number of steps before it that can be taken back.
    """

    version: int
    status: Status
    booking: AnyBooking | None
    booked_round_ends: date | None
    earlier: Step | None
    depth: int


@frozen(weakref_slot=False, field_transformer=checked)
class State:
    """The state of a journey after its events.

    Attributes:
        subject: the person's pseudonym; None before the first event.
        status: the last step.
        wanted: the registered vaccines, each with the instant since which without a break; empty:
            not registered.
        notices: every notification, in order.
        booking: the live booking, as the event that made it.
        doses: the doses given, as far as the journey knows.
        booked_round_ends: the last vaccination day of the round of the last booking; None: nothing
            was booked, or the booking was cancelled.
        disease: the disease of the programme; None before the first round.
        history: every event, in order.
        registered_here: whether the person has ever registered in this journey.
        step: the last step, if it can be taken back.
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
    registered_here: bool = field(default=False, eq=False, repr=False)
    step: Step | None = field(default=None, eq=False, repr=False)

    @property
    def version(self) -> int:
        """The number of events; the next event has this number plus one."""
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
        """The districts in which the person wants to be vaccinated; empty: not registered."""
        for event in reversed(self.history if self.wanted else ()):
            if isinstance(event, Registered | Amended):
                return event.command.districts
        return ()

    @property
    def carried(self) -> str | None:
        """The round from which the person was carried over, if nothing was booked since.

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
    """Whether the journey has ended."""
    return state.status is Status.CLOSED


def with_journey(person: Person, state: State) -> Person:
    """Add the facts of the journey to a person: the key, the registration and the doses.

    If the person never registered in this journey, their willingness is unchanged. Unknown facts
    stay
    unknown: doses are added only to a known history.

    Raises:
        ValueError: the journey is another person's.
    """
    if None not in (person.key, state.subject) and person.key != state.subject:
        raise ValueError("person: the journey is another person's")
    doses = person.doses
    if doses is not None:
        doses = tuple(dict.fromkeys([*doses, *(each.given for each in state.doses)]))
    willingness = person.willingness
    if willingness is None or state.registered_here:
        willingness = Willingness(dict(state.wanted))
    key = person.key if state.subject is None else state.subject
    return altered(person, key=key, willingness=willingness, doses=doses)


def taken_back(state: State, version: int) -> State | None:
    """The journey without the event of this version; None if it cannot be taken back.

    A dose on record can be taken back at any time. An arrival, a missed day or a deferral can be
    taken back while it is the last step. An edit of the registration is not a step.
    """
    if not 1 <= version <= state.version:
        return None
    event, last = state.history[version - 1], state.step
    doses = tuple([each for each in state.doses if each is not event])
    if last is not None and last.version == version:
        return altered(
            state,
            status=last.status,
            booking=last.booking,
            booked_round_ends=last.booked_round_ends,
            doses=doses,
            step=last.earlier,
        )
    if len(doses) == len(state.doses):
        return None
    return altered(state, doses=doses, step=_without(last, version))


_MOST_STEPS: Final = 99
"""The most steps in a row that can be taken back: the highest number of doses."""


def _step(now: State, event: AnyEvent) -> Step:
    """Make a step that can be taken back from an event."""
    depth = 0 if now.step is None else now.step.depth + 1
    earlier = now.step if depth < _MOST_STEPS else None
    return Step(event.version, now.status, now.booking, now.booked_round_ends, earlier, depth)


def _without(step: Step | None, version: int) -> Step | None:
    """The steps without one of them; the next step then leads back to the one before."""
    if step is None or step.earlier is None:
        return step
    earlier = step.earlier
    if earlier.version != version:
        return step._replace(earlier=_without(earlier, version))
    return earlier._replace(version=step.version)


def _registered(now: State, event: Registered, status: Status) -> State:
    wanted = tuple([(vaccine, event.at) for vaccine in event.command.vaccines])
    return _state(
        event.command.subject,
        status,
        wanted,
        now.notices,
        now.booking,
        now.doses,
        now.booked_round_ends,
        now.disease,
        now.history.append(event),
        True,  # noqa: FBT003  # by place, for speed
        None,
    )


def _amended(now: State, event: Amended, _: Status) -> State:
    since = dict(now.wanted)
    wanted = tuple([(each, since.get(each, event.at)) for each in event.command.vaccines])
    return altered(now, wanted=wanted, history=now.history.append(event))


def _withdrawn(now: State, event: Withdrawn, status: Status) -> State:
    return altered(now, status=status, wanted=(), history=now.history.append(event), step=None)


def _vaccine_added(now: State, event: VaccineAdded, _: Status) -> State:
    wanted = (*now.wanted, (event.command.vaccine, event.at))
    return altered(now, wanted=wanted, history=now.history.append(event))


def _notified(now: State, event: Notified, status: Status) -> State:
    notices, history = (*now.notices, event), now.history.append(event)
    return _state(
        event.command.subject,
        status,
        now.wanted,
        notices,
        now.booking,
        now.doses,
        now.booked_round_ends,
        event.disease,
        history,
        now.registered_here,
        None,
    )


def _booked(now: State, event: AnyBooking, status: Status) -> State:
    return _state(
        event.command.subject,
        status,
        now.wanted,
        now.notices,
        event,
        now.doses,
        event.round_ends,
        event.disease,
        now.history.append(event),
        now.registered_here,
        None,
    )


def _rebooked(now: State, event: Changed | Moved, status: Status) -> State:
    _live(now, event.version, event.command.booking)
    return _booked(now, event, status)


def _cancelled(now: State, event: Cancelled | SessionCancelled, status: Status) -> State:
    _live(now, event.version, event.command.booking)
    return _state(
        now.subject,
        status,
        now.wanted,
        now.notices,
        None,
        now.doses,
        None,
        now.disease,
        now.history.append(event),
        now.registered_here,
        None,
    )


def _arrived(now: State, event: Arrived, status: Status) -> State:
    booking = _live(now, event.version, event.command.booking)
    return _state(
        now.subject,
        status,
        now.wanted,
        now.notices,
        booking,
        now.doses,
        now.booked_round_ends,
        now.disease,
        now.history.append(event),
        now.registered_here,
        _step(now, event),
    )


def _vaccinated(now: State, event: Vaccinated, status: Status) -> State:
    slot, given = _live(now, event.version, event.command.booking).slot, event.command.given
    right = (
        event.given == given
        if given is not None
        else (event.given.vaccine, event.given.on) == (slot.vaccine, slot.day)
    )
    if event.dose != slot.dose or not right:
        raise BrokenStream(f"event {event.version} gives another dose than was booked")
    doses = (*now.doses, event)
    return _state(
        now.subject,
        status,
        now.wanted,
        now.notices,
        None,
        doses,
        now.booked_round_ends,
        now.disease,
        now.history.append(event),
        now.registered_here,
        _step(now, event),
    )


def _not_vaccinated(now: State, event: Deferred | Missed, status: Status) -> State:
    _live(now, event.version, event.command.booking)
    return _state(
        now.subject,
        status,
        now.wanted,
        now.notices,
        None,
        now.doses,
        now.booked_round_ends,
        now.disease,
        now.history.append(event),
        now.registered_here,
        _step(now, event),
    )


def _dose_recorded(now: State, event: DoseRecorded, status: Status) -> State:
    if any(each.given == event.given for each in now.doses):
        raise BrokenStream(f"event {event.version} records a dose that is on record")
    subject, doses, history = event.command.subject, (*now.doses, event), now.history.append(event)
    step = _step(now, event) if now.booking is None else now.step
    return _state(
        subject,
        status,
        now.wanted,
        now.notices,
        now.booking,
        doses,
        now.booked_round_ends,
        now.disease,
        history,
        now.registered_here,
        step,
    )


def _corrected(now: State, event: Corrected, _: Status) -> State:
    after = taken_back(now, event.command.event)
    if after is None:
        raise BrokenStream(f"event {event.version} takes back what cannot be taken back")
    return altered(after, history=now.history.append(event))


def _status_alone(now: State, event: CarriedOver | Closed, status: Status) -> State:
    subject, history = event.command.subject, now.history.append(event)
    return altered(now, subject=subject, status=status, history=history, step=None)


def _live(now: State, version: int, booking: str) -> AnyBooking:
    """The live booking. Raises `BrokenStream` for an event about another booking."""
    if now.booking is None or now.booking.command.id != booking:
        raise BrokenStream(f"event {version} is not about the live booking")
    return now.booking


_state: Final = unchecked(State)
"""Make a state from its fields in order; `attrs.evolve` is several times slower."""


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


_AFTER: Final = {
    (before, EVENTS[command]): (after, ACTORS[command], _STEPS[EVENTS[command]])
    for (before, command), after in TRANSITIONS.items()
}
"""The commands that may follow in a status: the next status, the actors, and the step."""


def evolve(state: State, event: AnyEvent) -> State:
    """The journey after an event.

    Raises `BrokenStream` where the event cannot follow, and `InvalidType` for other types.
    """
    try:
        history, command = state.history, event.command
    except AttributeError:
        require_type("state", State, state)
        raise InvalidType("event", "an event of a journey") from None
    after = _AFTER.get((state.status, type(event)))
    if after is None:
        raise BrokenStream(f"event {event.version} cannot follow when {state.status.value}")
    follows(history, event)
    status, actors, step = after
    if command.subject != state.subject and state.subject is not None:
        raise BrokenStream(f"event {event.version} belongs to another journey")
    if command.actor not in actors:
        raise BrokenStream(f"event {event.version} is not a task of its actor")
    return step(state, event, status)


def replay(events: Iterable[AnyEvent], since: State = _INITIAL) -> State:
    """Add up events to a journey, from the beginning or from a snapshot.

    A snapshot is a `State` that was kept, in memory or pickled; the events are those after its
    `version`.
    """
    state = since
    for event in events:
        state = evolve(state, event)
    return state
