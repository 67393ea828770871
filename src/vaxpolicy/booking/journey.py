"""The state of one person's journey through a programme, and the effect of each event.

The state depends only on the events: equal events give equal states. An event that cannot follow
raises `BrokenStream`.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from attrs import evolve as altered
from attrs import field, frozen

from vaxpolicy._values import InvalidType, changing, checked, front_door, require_type
from vaxpolicy.booking.events import (
    ACTORS,
    EVENTS,
    TRANSITIONS,
    Amended,
    AnyBooking,
    AnyEvent,
    Arrived,
    Booked,
    BookedNext,
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
from vaxpolicy.rules.people import Dose, Person, Willingness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "State",
    "evolve",
    "initial",
    "is_terminal",
    "replay",
    "supposing",
    "with_journey",
]


def _as_history(events: Iterable[AnyEvent]) -> History[AnyEvent]:
    """The events as a history. Anything else stays as it is, to be refused."""
    several: Any = events
    is_of_events = isinstance(several, tuple | list) and all(
        isinstance(it, Event) for it in several
    )
    return History(events) if is_of_events else several


class CorrectableStep(NamedTuple):
    """A step that can be taken back, and the journey before it.

    Attributes:
        version: the version of its event.
        status: the status before it.
        booking: the live booking before it.
        booked_round_ends: the last vaccination day of the round of the last booking before it.
        earlier: the step before it, if it can be taken back as well.
        depth: the number of steps before it that can be taken back.
        next_booking: the booking of the next dose to which the correction leads back.
    """

    version: int
    status: Status
    booking: AnyBooking | None
    booked_round_ends: date | None
    earlier: CorrectableStep | None
    depth: int
    next_booking: BookedNext | None = None


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
        next_booking: the booking of the next dose, if it was booked before this one was given.
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
    next_booking: BookedNext | None = None
    history: History[AnyEvent] = field(factory=History, repr=False, converter=_as_history)
    registered_here: bool = field(default=False, eq=False, repr=False)
    step: CorrectableStep | None = field(default=None, eq=False, repr=False)

    @property
    def version(self) -> int:
        """The number of events; the next event has this number plus one."""
        return len(self.history)

    @property
    def booked_dose(self) -> Dose | None:
        """The dose of the live booking, on the day of its slot; None without a booking."""
        if self.booking is None:
            return None
        slot = self.booking.slot
        return Dose(slot.vaccine, slot.day)

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

        Either the site cancelled the session, or the person was notified and did not book. While
        there is a booking, it is None.
        """
        if self.booking is not None:
            return None
        booked_in: dict[str, str] = {}
        carried = None
        for event in self.history:
            if isinstance(event, Booking):
                booked_in[event.id], carried = event.policy_id, None
            elif isinstance(event, SessionCancelled):
                carried = booked_in[event.command.booking]
            elif isinstance(event, CarriedOver):
                carried = event.command.policy_id
        return carried


_INITIAL: Final = State()


def initial() -> State:
    """A journey before its first event."""
    return _INITIAL


def is_terminal(state: State) -> bool:
    """Whether the journey has ended."""
    require_type("state", State, state)
    return state.status is Status.CLOSED


def with_journey(person: Person, state: State) -> Person:
    """Add the facts of the journey to a person: the key, the registration and the doses.

    If the person never registered in this journey, their willingness is unchanged. Unknown facts
    stay unknown: doses are added only to a known history. A portal in which all people register
    gives everybody the willingness ``Willingness({})`` from the beginning.

    Raises:
        ValueError: the journey is another person's.
    """
    require_type("person", Person, person)
    require_type("state", State, state)
    if None not in (person.key, state.subject) and person.key != state.subject:
        raise ValueError("person: the journey is another person's")
    doses = person.doses
    if doses is not None:
        doses = tuple(dict.fromkeys([*doses, *(each.given for each in state.doses)]))
    willingness = Willingness(dict(state.wanted)) if state.registered_here else person.willingness
    key = person.key if state.subject is None else state.subject
    return altered(person, key=key, willingness=willingness, doses=doses)


def supposing(person: Person, state: State) -> Person:
    """Add the facts of the journey, and the booked dose as if it were given on its day.

    The decision on this person is the one that `BookNext` needs. Without a booking, this is
    `with_journey`.

    Raises:
        ValueError: the journey is another person's.
    """
    known = with_journey(person, state)
    dose = state.booked_dose
    if dose is None or known.doses is None or dose in known.doses:
        return known
    return altered(known, doses=(*known.doses, dose))


def taken_back(state: State, version: int) -> State | None:
    """The journey without the event of this version; None if it cannot be taken back.

    A dose on record can be taken back at any time. An arrival, a missed day or a deferral can be
    taken back while it is the last step. An edit of the registration is not a step. A booking of
    the next dose that ended with a missed day or a deferral does not come back.
    """
    if not 1 <= version <= state.version:
        return None
    event, last = state.history[version - 1], state.step
    doses = tuple([each for each in state.doses if each is not event])
    if last is not None and last.version == version:
        return _before_step(
            state,
            last.status,
            last.booking,
            last.booked_round_ends,
            doses,
            last.earlier,
            last.next_booking,
        )
    if len(doses) == len(state.doses):
        return None
    return _without_dose(state, doses, _without(last, version))


MOST_STEPS: Final = 99
"""The most steps in a row that can be taken back: the highest number of doses."""


def _step(now: State, event: AnyEvent, next_booking: BookedNext | None) -> CorrectableStep:
    """Make a step that can be taken back from an event."""
    earlier, ends, depth = now.step, now.booked_round_ends, 0
    if earlier is not None:
        depth = earlier.depth + 1
        if depth >= MOST_STEPS:
            earlier = None
    return _new_step((event.version, now.status, now.booking, ends, earlier, depth, next_booking))


_new_step: Final[Callable[[Iterable[Any]], CorrectableStep]] = partial(
    tuple.__new__, CorrectableStep
)
"""Make a step from its fields in order; the constructor of a named tuple is slower."""


def _without(step: CorrectableStep | None, version: int) -> CorrectableStep | None:
    """The steps without one of them; the next step then leads back to the one before."""
    if step is None or step.earlier is None:
        return step
    earlier = step.earlier
    if earlier.version != version:
        return step._replace(earlier=_without(earlier, version))
    return earlier._replace(version=step.version)


# Each makes a state from another one, with these fields changed, in this order.
_with_registration: Final = changing(
    State, "subject", "status", "wanted", "history", "registered_here", "step"
)
_with_wishes: Final = changing(State, "wanted", "history")
_with_notice: Final = changing(State, "subject", "status", "notices", "disease", "history", "step")
_with_booking: Final = changing(
    State, "subject", "status", "booking", "booked_round_ends", "disease", "history", "step"
)
_with_next: Final = changing(State, "next_booking", "history", "step")
_without_booking: Final = changing(
    State, "status", "booking", "booked_round_ends", "history", "step", "next_booking"
)
_with_arrival: Final = changing(State, "status", "history", "step")
_with_dose: Final = changing(State, "subject", "status", "doses", "history", "step")
_vaccinated_as_booked: Final = changing(
    State, "status", "booking", "doses", "booked_round_ends", "history", "step", "next_booking"
)
_before_step: Final = changing(
    State, "status", "booking", "booked_round_ends", "doses", "step", "next_booking"
)
_without_dose: Final = changing(State, "doses", "step")
_with_history: Final = changing(State, "history")
_with_status: Final = changing(State, "subject", "status", "history", "step")


def _registered(now: State, event: Registered, status: Status) -> State:
    if now.wanted:
        raise BrokenStream(f"event {event.version} registers a person who is registered")
    command, at = event.command, event.at
    wanted = tuple([(vaccine, at) for vaccine in command.vaccines])
    history = now.history.append(event)
    return _with_registration(now, command.subject, status, wanted, history, True, None)  # noqa: FBT003  # by place, for speed


def _amended(now: State, event: Amended, _: Status) -> State:
    since = _registration(now, event)
    wanted = tuple([(each, since.get(each, event.at)) for each in event.command.vaccines])
    return _with_wishes(now, wanted, now.history.append(event))


def _withdrawn(now: State, event: Withdrawn, status: Status) -> State:
    _registration(now, event)
    history = now.history.append(event)
    return _with_registration(now, now.subject, status, (), history, now.registered_here, None)


def _registration(now: State, event: AnyEvent) -> dict[str, datetime]:
    """The registered vaccines. Raises `BrokenStream` for an event without a registration."""
    if not now.wanted:
        raise BrokenStream(f"event {event.version} is about a registration that does not exist")
    return dict(now.wanted)


def _vaccine_added(now: State, event: VaccineAdded, _: Status) -> State:
    if event.command.vaccine in _registration(now, event):
        raise BrokenStream(f"event {event.version} adds a vaccine that is registered")
    wanted = (*now.wanted, (event.command.vaccine, event.at))
    return _with_wishes(now, wanted, now.history.append(event))


def _notified(now: State, event: Notified, status: Status) -> State:
    notices, history = (*now.notices, event), now.history.append(event)
    return _with_notice(now, event.command.subject, status, notices, event.disease, history, None)


def _booked(now: State, event: AnyBooking, status: Status) -> State:
    subject, history = event.command.subject, now.history.append(event)
    ends, disease = event.round_ends, event.disease
    return _with_booking(now, subject, status, event, ends, disease, history, None)


def _rebooked(now: State, event: Changed | Moved, status: Status) -> State:
    before, slot = _live(now, event.version, event.command.booking), event.command.slot
    if now.next_booking is not None:
        raise BrokenStream(f"event {event.version} moves a booking on which the next one rests")
    if slot == before.slot or event.command.policy_id != before.command.policy_id:
        raise BrokenStream(f"event {event.version} books the same slot, or in another round")
    same = (slot.vaccine, slot.dose) == (before.slot.vaccine, before.slot.dose)
    if isinstance(event, Moved) and not same:
        raise BrokenStream(f"event {event.version} moves a booking to another dose")
    return _booked(now, event, status)


def _booked_next(now: State, event: BookedNext, _: Status) -> State:
    booking = now.booking
    if booking is None or now.next_booking is not None:
        raise BrokenStream(f"event {event.version} books a dose too many")
    first, slot = booking.slot, event.command.slot
    if slot.dose != first.dose + 1 or slot.day <= first.day:
        raise BrokenStream(f"event {event.version} does not book the next dose")
    return _with_next(now, event, now.history.append(event), None)


def _cancelled(now: State, event: Cancelled | SessionCancelled, status: Status) -> State:
    history, ahead = now.history.append(event), now.next_booking
    if ahead is not None and ahead.command.id == event.command.booking:
        return _with_next(now, None, history, None)
    _live(now, event.version, event.command.booking)
    return _without_booking(now, status, None, None, history, None, None)


def _arrived(now: State, event: Arrived, status: Status) -> State:
    _live(now, event.version, event.command.booking)
    return _with_arrival(
        now, status, now.history.append(event), _step(now, event, now.next_booking)
    )


def _vaccinated(now: State, event: Vaccinated, status: Status) -> State:
    """The next booking, where there is one, is the live booking from then on."""
    slot, given = _live(now, event.version, event.command.booking).slot, event.command.given
    right = (
        event.given == given
        if given is not None
        else (event.given.vaccine, event.given.on) == (slot.vaccine, slot.day)
    )
    if event.dose != slot.dose or not right:
        raise BrokenStream(f"event {event.version} gives another dose than was booked")
    doses, history, ahead = (*now.doses, event), now.history.append(event), now.next_booking
    step = _step(now, event, ahead)
    if ahead is None:
        return _vaccinated_as_booked(
            now, status, None, doses, now.booked_round_ends, history, step, None
        )
    return _vaccinated_as_booked(
        now, Status.BOOKED, ahead, doses, ahead.round_ends, history, step, None
    )


def _not_vaccinated(now: State, event: Deferred | Missed, status: Status) -> State:
    _live(now, event.version, event.command.booking)
    history, step = now.history.append(event), _step(now, event, None)
    return _without_booking(now, status, None, now.booked_round_ends, history, step, None)


def _dose_recorded(now: State, event: DoseRecorded, status: Status) -> State:
    if any(each.given == event.given for each in now.doses):
        raise BrokenStream(f"event {event.version} records a dose that is on record")
    subject, doses, history = event.command.subject, (*now.doses, event), now.history.append(event)
    step = _step(now, event, None) if now.booking is None else now.step
    return _with_dose(now, subject, status, doses, history, step)


def _corrected(now: State, event: Corrected, _: Status) -> State:
    after = taken_back(now, event.command.event)
    if after is None:
        raise BrokenStream(f"event {event.version} takes back what cannot be taken back")
    return _with_history(after, now.history.append(event))


def _status_alone(now: State, event: CarriedOver | Closed, status: Status) -> State:
    return _with_status(now, event.command.subject, status, now.history.append(event), None)


def _live(now: State, version: int, booking: str) -> AnyBooking:
    """The live booking. Raises `BrokenStream` for an event about another booking."""
    if now.booking is None or now.booking.command.id != booking:
        raise BrokenStream(f"event {version} is not about the live booking")
    return now.booking


_STEPS: Final[Mapping[type[AnyEvent], Callable[[State, Any, Status], State]]] = {
    Registered: _registered,
    Amended: _amended,
    Withdrawn: _withdrawn,
    VaccineAdded: _vaccine_added,
    Notified: _notified,
    Booked: _booked,
    WalkedIn: _booked,
    BookedNext: _booked_next,
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


@front_door
def replay(events: Iterable[AnyEvent], since: State = _INITIAL) -> State:
    """Add up events to a journey, from the beginning or from a snapshot.

    A snapshot is a `State` that was kept, in memory or pickled; the events are those after its
    `version`.
    """
    state = since
    for event in events:
        state = evolve(state, event)
    return state
