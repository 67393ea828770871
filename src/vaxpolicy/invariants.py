"""What must be true of every step of a journey, each thing by its name.

A step is a command with all that was brought, the state before and what came of it: events, or a
refusal. The invariants say what a booking system must never do, in the programme's own words and
without the code that decides; a portal can run them over the steps that its own store has recorded.
`broken` gives the names of those that do not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import asdict, field, frozen

from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Offer, Outcome, Policy
from vaxpolicy.events import (
    ACTORS,
    LIVE,
    TRANSITIONS,
    AddVaccine,
    Amend,
    Amended,
    AnyCommand,
    AnyEvent,
    Arrived,
    Book,
    Booked,
    Cancelled,
    CarriedOver,
    Change,
    Changed,
    Deferred,
    DoseRecorded,
    Missed,
    Notified,
    RecordDose,
    Register,
    Registered,
    SessionCancelled,
    Status,
    Vaccinated,
    VaccineAdded,
    Withdrawn,
)
from vaxpolicy.guards import Delivery, Elsewhere
from vaxpolicy.identity import RegistryAnswer
from vaxpolicy.journey import State, evolve, replay
from vaxpolicy.programme import CancelUntil, EditLock, Programme
from vaxpolicy.refusals import Rejected
from vaxpolicy.reservation import decide

if TYPE_CHECKING:
    from vaxpolicy.capacity import PlaceAnswer, Slot

__all__ = ["INVARIANTS", "TRUTHS", "Invariant", "Step", "broken", "step"]


def _status(state: State) -> str:
    return state.status.value


def _names(brought: Mapping[str, Any]) -> str:
    return "{" + ", ".join(name for name, value in brought.items() if value is not None) + "}"


@frozen
class Step:
    """One command to a journey, and what came of it.

    Attributes:
        before: the state that was judged.
        command: what was asked.
        now: the instant.
        brought: what else was given to `vaxpolicy.reservation.decide`, by name.
        events: what was decided; () where it was refused.
        refused: the refusal, if it was one.
        after: the state that is now stored.
    """

    before: State = field(repr=_status)
    command: AnyCommand
    now: datetime
    brought: Mapping[str, Any] = field(repr=_names)
    events: tuple[AnyEvent, ...]
    refused: Rejected | None
    after: State = field(repr=_status)

    @property
    def event(self) -> AnyEvent | None:
        """The event, where there is one."""
        return self.events[0] if self.events else None

    @property
    def programme(self) -> Programme:
        """What holds across rounds."""
        programme: Programme = self.brought.get("programme", _DEFAULT)
        return programme

    @property
    def policy(self) -> Policy | None:
        """The round's policy, where one was brought."""
        return self.brought.get("policy")

    @property
    def decision(self) -> Decision | None:
        """The decision, where one was brought."""
        return self.brought.get("decision")

    @property
    def today(self) -> date:
        """The day in Taiwan."""
        return self.now.astimezone(TAIWAN).date()

    @property
    def slot(self) -> Slot | None:
        """The slot that was asked for, or that is booked."""
        if isinstance(self.command, Book | Change):
            return self.command.slot
        return None if self.before.booking is None else self.before.booking.slot

    @property
    def day(self) -> date:
        """The day of the slot; the last of the calendar where there is none."""
        return date.max if self.slot is None else self.slot.day

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The offers of the slot's vaccine and dose."""
        if self.decision is None or self.slot is None:
            return ()
        wanted = (self.slot.vaccine, self.slot.dose)
        return tuple(each for each in self.decision.offers if (each.vaccine, each.dose) == wanted)


_DEFAULT: Final = Programme()


def step(before: State, command: AnyCommand, *, now: datetime, **brought: Any) -> Step:
    """Judge a command and add what comes of it."""
    try:
        events = decide(before, command, now=now, **brought)
    except Rejected as refused:
        return Step(before, command, now, brought, (), refused, before)
    after = before
    for event in events:
        after = evolve(after, event)
    return Step(before, command, now, brought, events, None, after)


# -- what is true of every step --------------------------------------------------------------------


def a_refusal_changes_nothing(it: Step) -> bool:
    """A command that is refused leaves the state as it was, and gives no event."""
    return it.refused is None or (it.after == it.before and not it.events)


def a_refusal_is_true(it: Step) -> bool:
    """The code of a refusal says what is so."""
    return it.refused is None or TRUTHS[it.refused.code](it)


def one_command_one_event(it: Step) -> bool:
    """A command gives one event, or none where it was refused or done before."""
    again = any(event.cause == it.command.id for event in it.before.history)
    return len(it.events) == (0 if again or it.refused is not None else 1)


def done_once(it: Step) -> bool:
    """A command that comes again does nothing, and with other content it is refused."""
    for event in it.before.history:
        if event.cause == it.command.id:
            return it.after == it.before and (it.refused is None) == (event.command == it.command)
    return True


def events_say_who_when_and_why(it: Step) -> bool:
    """An event has its place in the stream, the instant, the actor and the command."""
    event = it.event
    return event is None or (
        (event.version, event.at, event.actor, event.cause, event.subject)
        == (it.before.version + 1, it.now, it.command.actor, it.command.id, it.command.subject)
    )


def events_hold_no_personal_data(it: Step) -> bool:
    """No number, no mobile, no group in an event."""
    claim, mobile = it.brought.get("claim"), it.brought.get("mobile")
    if it.event is None or claim is None:
        return True
    told = str(asdict(it.event))
    secret = [claim.id_number.value] if mobile is None else [claim.id_number.value, mobile.value]
    return not any(value in told for value in secret)


def nothing_is_lost(it: Step) -> bool:
    """The events before and this one are the state after: equal events, equal states."""
    return (
        it.after.history == (*it.before.history, *it.events)
        and replay(it.after.history) == it.after
    )


def nothing_follows_the_end(it: Step) -> bool:
    """A closed journey stays as it is."""
    return it.before.status is not Status.CLOSED or it.after == it.before


def the_table_is_kept(it: Step) -> bool:
    """Every event is a transition of the table."""
    return it.event is None or it.after.status is TRANSITIONS.get(
        (it.before.status, type(it.command))
    )


def each_to_their_task(it: Step) -> bool:
    """Nobody does what is another's to do, nor to another's journey."""
    return it.event is None or (
        it.command.actor in ACTORS[type(it.command)]
        and it.before.subject in (None, it.command.subject)
    )


# -- willingness -----------------------------------------------------------------------------------


def registered_by_the_matched(it: Step) -> bool:
    """Who registers has a claim that the registry has matched, and a mobile number."""
    return not isinstance(it.event, Registered) or (
        it.brought.get("claim") is not None
        and it.brought.get("registry") is RegistryAnswer.MATCHED
        and it.brought.get("mobile") is not None
    )


def registered_while_open(it: Step) -> bool:
    """Registrations are made, amended and withdrawn while registration is surely open."""
    return not isinstance(it.event, Registered | Amended | Withdrawn) or _registration(it) is True


def registered_through_the_gate(it: Step) -> bool:
    """Who registers is let in by the gate, for each vaccine."""
    return not isinstance(it.event, Registered | Amended) or _gate(it) == "open"


def one_registration(it: Step) -> bool:
    """There is never a second registration, and none is edited that is not there."""
    if isinstance(it.event, Registered):
        return not it.before.wanted
    return not isinstance(it.event, Amended | Withdrawn | VaccineAdded) or bool(it.before.wanted)


def registered_for_what_is_given(it: Step) -> bool:
    """Vaccines of the programme, and in the number of districts that it allows."""
    if not isinstance(it.event, Registered | Amended | VaccineAdded):
        return True
    added = _asked_vaccines(it)
    given, most = it.programme.vaccines, it.programme.most_districts
    return (given is None or added <= given) and (
        most is None or len(getattr(it.command, "districts", ())) <= most
    )


def second_dose_like_the_first(it: Step) -> bool:
    """After dose 1 only its vaccine is registered and booked, where the programme says so."""
    return (
        not isinstance(it.event, Registered | Amended | VaccineAdded | Booked | Changed)
        or not it.programme.same_vaccine
        or _fixed(it) is None
        or _asked_vaccines(it) == {_fixed(it)}
    )


def a_new_vaccine_extends(it: Step) -> bool:
    """A vaccine that the programme adds comes to those registered, and takes nothing from them."""
    return not isinstance(it.event, VaccineAdded) or (
        it.after.wanted[:-1] == it.before.wanted
        and it.event.command.vaccine not in dict(it.before.wanted)
    )


def edits_are_not_locked(it: Step) -> bool:
    """Nobody edits while a booking or a notification locks the registration, or may do so."""
    return not isinstance(it.event, Amended | Withdrawn) or _lock(it) == "open"


def a_booked_vaccine_stays(it: Step) -> bool:
    """A booking is always for a registered vaccine, where one had to register."""
    booking = it.after.booking
    return not isinstance(it.event, Amended) or (
        booking is None or booking.slot.vaccine in dict(it.after.wanted)
    )


# -- notification ----------------------------------------------------------------------------------


def notified_once_a_round(it: Step) -> bool:
    """Nobody is told twice of one round, or told in a round that tells nobody."""
    if not isinstance(it.event, Notified):
        return True
    told = {past.command.policy_id for past in it.before.history[-1:] if isinstance(past, Notified)}
    notice = it.before.notice
    told |= set() if notice is None else {notice.policy_id}
    return (
        it.event.command.policy_id not in told
        and it.policy is not None
        and it.policy.notification != "none"
    )


def notified_for_sure(it: Step) -> bool:
    """A message that failed, or may have, is no notification."""
    return not isinstance(it.event, Notified) or it.brought.get("delivery") is Delivery.DELIVERED


def notified_who_can_book(it: Step) -> bool:
    """Nobody is told who has a booking, or for whom there is nothing left to book."""
    return not isinstance(it.event, Notified) or (
        it.before.booking is None and _elsewhere(it) == "not-booked" and _bookable_later(it)
    )


def carried_over_when_over(it: Step) -> bool:
    """Who was told and did not book goes on to the next round when this one is surely over."""
    notice = it.before.notice
    return not isinstance(it.event, CarriedOver) or (
        it.before.status is Status.NOTIFIED
        and notice is not None
        and notice.policy_id == it.event.command.policy_id == it.after.carried
        and notice.closes is not None
        and it.now >= notice.closes
    )


# -- the turn, the window and the place ------------------------------------------------------------

_TURN = (Notified, Booked, Changed, Arrived)


def only_whose_turn_it_is(it: Step) -> bool:
    """People are told, book, change and check in on a decision: eligible, theirs, this policy's."""
    if not isinstance(it.event, _TURN):
        return True
    decision, policy = it.decision, it.policy
    return (
        decision is not None
        and policy is not None
        and decision.outcome is Outcome.ELIGIBLE
        and decision.subject == it.command.subject
        and _version(decision) == (policy.id, policy.version, policy.digest)
    )


def in_the_round_named(it: Step) -> bool:
    """The policy is that of the round named, or booked, and against the journey's disease."""
    if not isinstance(it.event, _TURN):
        return True
    return (
        it.policy is not None
        and it.policy.id == _named_policy(it)
        and it.before.disease in (None, it.policy.disease)
    )


def told_before_booking(it: Step) -> bool:
    """Where a round must notify, or may have to, nobody books in it before."""
    return (
        not isinstance(it.event, Booked | Changed)
        or it.policy is None
        or it.policy.notification in ("reminder", "none")
        or (it.before.notice is not None and it.before.notice.policy_id == it.policy.id)
    )


def on_a_day_offered_in_an_open_window(it: Step) -> bool:
    """The day, the dose and the open window are of one offer; another's open window is nothing."""
    return not isinstance(it.event, Booked | Changed) or any(
        it.day in offer.days and offer.bookable(it.now) is True for offer in it.offers
    )


def vaccinated_on_a_day_offered(it: Step) -> bool:
    """Who checks in still has the day."""
    return not isinstance(it.event, Arrived) or any(it.day in offer.days for offer in it.offers)


def no_day_that_is_over(it: Step) -> bool:
    """Nobody books a day of the past."""
    return not isinstance(it.event, Booked | Changed) or it.day >= it.today


def a_place_for_every_booking(it: Step) -> bool:
    """A booking has a place in its slot, kept for it; nothing else will do."""
    return not isinstance(it.event, Booked | Changed) or _place(it) == "kept"


def nobody_booked_twice(it: Step) -> bool:
    """One live booking at most, by the events themselves, and none beside a local one."""
    live = 0
    for event in it.after.history:
        live += isinstance(event, Booked) - isinstance(event, _ENDS)
        if live not in (0, 1):
            return False
    standing = it.after.booking is not None
    return (
        live == standing
        and standing == (it.after.status in LIVE)
        and (not isinstance(it.event, Booked) or _elsewhere(it) == "not-booked")
    )


_ENDS = (Cancelled, SessionCancelled, Vaccinated, Deferred, Missed)


def a_change_keeps_a_booking(it: Step) -> bool:
    """A change has a booking before and after it, of another slot, and never two."""
    if not isinstance(it.event, Changed):
        return True
    before, after = it.before.booking, it.after.booking
    return before is not None and after is not None and before.slot != after.slot


def registered_before_booking(it: Step) -> bool:
    """Where one must register, people are told and book what they have registered for."""
    if it.programme.registration == "none":
        return True
    if isinstance(it.event, Booked | Changed):
        return it.event.command.slot.vaccine in dict(it.before.wanted)
    return not isinstance(it.event, Notified) or bool(it.before.wanted)


def no_dose_twice(it: Step) -> bool:
    """No dose is booked that was given, or that comes before one that was; none recorded twice."""
    if isinstance(it.event, Booked | Changed):
        return not _dose_given(it)
    return not isinstance(it.event, DoseRecorded) or not _on_record(it, it.event.command)


def cancelled_in_time(it: Step) -> bool:
    """Nobody cancels when it is too late."""
    return not isinstance(it.event, Cancelled) or it.now < _cancel_end(it)


def the_booking_named(it: Step) -> bool:
    """What happens to a booking happens to the one that was named."""
    named = getattr(it.command, "booking", None)
    return it.event is None or named is None or _standing(it) == named


# -- the day and after -----------------------------------------------------------------------------


def on_the_right_day(it: Step) -> bool:
    """Check-in on the day, vaccination not before it, missed only when it is over."""
    event = it.event
    if isinstance(event, Arrived):
        return it.today == it.day
    if isinstance(event, Vaccinated | Deferred):
        return it.today >= it.day
    if isinstance(event, DoseRecorded):
        return event.command.given.on <= it.today
    return not isinstance(event, Missed) or it.today > it.day


def a_vaccination_is_a_dose(it: Step) -> bool:
    """A vaccination adds the booked dose to the history, and nothing else does but a record."""
    if isinstance(it.event, Vaccinated):
        last, slot = it.after.doses[-1], it.slot
        return slot is not None and (
            (last.dose, last.given.vaccine, last.given.on) == (slot.dose, slot.vaccine, slot.day)
        )
    return isinstance(it.event, DoseRecorded) or it.after.doses == it.before.doses


def a_cancelled_session_keeps_the_turn(it: Step) -> bool:
    """The registration stays, and the round is noted from which the person goes on."""
    booking = it.before.booking
    return not isinstance(it.event, SessionCancelled) or (
        booking is not None
        and it.after.carried == booking.policy_id
        and it.after.wanted == it.before.wanted
    )


Invariant: TypeAlias = Callable[[Step], bool]

_WITHOUT_EVENT: Final[tuple[Invariant, ...]] = (
    a_refusal_changes_nothing,
    a_refusal_is_true,
    one_command_one_event,
    done_once,
)
"""Those that speak where nothing happened; the rest then hold because nothing has changed."""

INVARIANTS: Final[tuple[Invariant, ...]] = (
    *_WITHOUT_EVENT,
    events_say_who_when_and_why,
    events_hold_no_personal_data,
    nothing_is_lost,
    nothing_follows_the_end,
    the_table_is_kept,
    each_to_their_task,
    registered_by_the_matched,
    registered_while_open,
    registered_through_the_gate,
    one_registration,
    registered_for_what_is_given,
    second_dose_like_the_first,
    a_new_vaccine_extends,
    edits_are_not_locked,
    a_booked_vaccine_stays,
    notified_once_a_round,
    notified_for_sure,
    notified_who_can_book,
    carried_over_when_over,
    only_whose_turn_it_is,
    in_the_round_named,
    told_before_booking,
    on_a_day_offered_in_an_open_window,
    vaccinated_on_a_day_offered,
    no_day_that_is_over,
    a_place_for_every_booking,
    nobody_booked_twice,
    a_change_keeps_a_booking,
    registered_before_booking,
    no_dose_twice,
    cancelled_in_time,
    the_booking_named,
    on_the_right_day,
    a_vaccination_is_a_dose,
    a_cancelled_session_keeps_the_turn,
)
"""What is true of every step of a journey."""


def broken(it: Step) -> tuple[str, ...]:
    """The names of the invariants that a step breaks; empty where all is well."""
    asked = INVARIANTS if it.events else _WITHOUT_EVENT
    return tuple(invariant.__name__ for invariant in asked if not invariant(it))


# -- the facts behind a step, in words -------------------------------------------------------------


def _version(decision: Decision) -> tuple[str, str, str]:
    return decision.policy_id, decision.policy_version, decision.policy_digest


def _named_policy(it: Step) -> str | None:
    """The round that the command names, or else that of the booking."""
    booking = it.before.booking
    named: str | None = getattr(it.command, "policy_id", None)
    return named or (None if booking is None else booking.policy_id)


def _standing(it: Step) -> str | None:
    return None if it.before.booking is None else it.before.booking.id


def _registration(it: Step) -> bool | None:
    """Whether registration is open; None: not stated."""
    windows = it.programme.registration_windows
    if not windows and it.programme.gate is not None:
        windows = tuple(each for stage in it.programme.gate.stages for each in stage.windows)
    answers = [window.is_open(it.now) for window in windows] or [None]
    return True if True in answers else None if None in answers else False


def _gate(it: Step) -> str:
    """What the gate says: open, closed, undetermined or unchecked."""
    policy, decision = it.programme.gate, it.brought.get("gate")
    if policy is None:
        return "open"
    ours = (policy.id, policy.version, policy.digest)
    if decision is None or _version(decision) != ours or decision.subject != it.command.subject:
        return "unchecked"
    if decision.outcome is Outcome.UNDETERMINED:
        return "undetermined"
    let_in = {
        offer.vaccine
        for offer in decision.offers
        if it.today in offer.days and offer.bookable(it.now)
    }
    eligible = decision.outcome is Outcome.ELIGIBLE
    return "open" if eligible and _asked_vaccines(it) <= let_in else "closed"


def _asked_vaccines(it: Step) -> set[str]:
    command = it.command
    if isinstance(command, Register | Amend):
        return set(command.vaccines)
    if isinstance(command, AddVaccine):
        return {command.vaccine}
    return {command.slot.vaccine} if isinstance(command, Book | Change) else set()


def _fixed(it: Step) -> str | None:
    """The vaccine of dose 1, where dose 2 is next."""
    doses = {each.dose: each.given.vaccine for each in it.before.doses}
    return doses[1] if doses and max(doses) == 1 else None


def _lock(it: Step) -> str:
    """Whether an edit is open, locked or not stated."""
    lock, before = it.programme.edit_lock, it.before
    if lock is None:
        return "open"
    if not isinstance(lock, EditLock):
        return "not-stated" if before.status in (Status.BOOKED, Status.NOTIFIED) else "open"
    ends, notice = before.booked_round_ends, before.notice
    over = ends is None or it.now >= datetime.combine(
        ends + timedelta(days=lock.days_after), lock.at, TAIWAN
    )
    if not over or before.status is Status.BOOKED:
        return "locked"
    if before.status is Status.NOTIFIED and lock.notified:
        if notice is None or notice.closes is None:
            return "not-stated"
        return "open" if it.now < notice.closes else "locked"
    return "open"


def _elsewhere(it: Step) -> str:
    if not it.programme.asks_elsewhere:
        return "not-booked"
    answer: Elsewhere = it.brought.get("elsewhere", Elsewhere.UNKNOWN)
    return answer.value


def _bookable_later(it: Step) -> bool:
    """Whether some offer has a day that is not over and a window that has not closed."""
    for offer in () if it.decision is None else it.decision.offers:
        day_left = offer.days.last is None or offer.days.last >= it.today
        if day_left and any(not _closed(each.closes, it.now) for each in offer.windows):
            return True
    return False


def _closed(closes: Any, now: datetime) -> bool:
    if isinstance(closes, datetime):
        return now >= closes
    return isinstance(closes, date) and now.astimezone(TAIWAN).date() > closes


def _place(it: Step) -> str:
    """What is known of the place: kept, full, closed, unknown or another's."""
    place = it.brought.get("place")
    if place is None:
        return "unknown"
    mine = (place.booking.subject, place.booking.id) == (it.command.subject, it.command.id)
    if not mine or place.slot != it.slot:
        return "another's"
    answer: PlaceAnswer = place.answer
    return answer.value


def _doses(it: Step) -> list[Vaccinated | DoseRecorded]:
    """The doses that count in this season."""
    since = None if it.policy is None else it.policy.counts_from
    return [each for each in it.before.doses if since is None or each.given.on >= since]


def _dose_given(it: Step) -> bool:
    return it.slot is not None and any(each.dose >= it.slot.dose for each in _doses(it))


def _on_record(it: Step, command: RecordDose) -> bool:
    return command.given in [each.given for each in it.before.doses] or command.dose in [
        each.dose for each in _doses(it)
    ]


def _cancel_end(it: Step) -> datetime:
    until, booking = it.programme.cancel, it.before.booking
    if booking is None:
        return it.now
    if isinstance(until, CancelUntil):
        day = booking.slot.day - timedelta(days=until.days_before)
        return datetime.combine(day, until.at, TAIWAN)
    return booking.closes


def _windows_of_day(it: Step) -> set[bool | None]:
    return {offer.bookable(it.now) for offer in it.offers if it.day in offer.days}


def _told(it: Step) -> bool:
    notice, named = it.before.notice, getattr(it.command, "policy_id", None)
    return notice is not None and notice.policy_id == named


def _may(it: Step) -> bool:
    return (it.before.status, type(it.command)) in TRANSITIONS


def _outcome(it: Step) -> Outcome | None:
    return None if it.decision is None else it.decision.outcome


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, TAIWAN)


TRUTHS: Final[Mapping[str, Invariant]] = {
    "command-id-reused": lambda it: any(
        event.cause == it.command.id and event.command != it.command for event in it.before.history
    ),
    "other-person": lambda it: it.before.subject not in (None, it.command.subject),
    "actor-not-allowed": lambda it: it.command.actor not in ACTORS[type(it.command)],
    "journey-closed": lambda it: it.before.status is Status.CLOSED,
    "identity-not-verified": lambda it: it.brought.get("claim") is None,
    "not-matched": lambda it: it.brought.get("registry") is RegistryAnswer.NOT_MATCHED,
    "registry-unavailable": lambda it: (
        it.brought.get("registry", RegistryAnswer.UNAVAILABLE) is RegistryAnswer.UNAVAILABLE
    ),
    "mobile-missing": lambda it: it.brought.get("mobile") is None,
    "registration-not-open": lambda it: _registration(it) is False,
    "registration-not-stated": lambda it: _registration(it) is None,
    "registration-gate-unchecked": lambda it: _gate(it) == "unchecked",
    "registration-gate-closed": lambda it: _gate(it) == "closed",
    "registration-gate-undetermined": lambda it: _gate(it) == "undetermined",
    "already-registered": lambda it: bool(it.before.wanted),
    "not-registered": lambda it: not it.before.wanted,
    "vaccine-not-in-programme": lambda it: (
        not _asked_vaccines(it) <= (it.programme.vaccines or _asked_vaccines(it))
    ),
    "vaccine-already-added": lambda it: bool(_asked_vaccines(it) & set(dict(it.before.wanted))),
    "vaccine-fixed": lambda it: it.programme.same_vaccine and _asked_vaccines(it) != {_fixed(it)},
    "vaccine-booked": lambda it: (
        it.before.booking is not None and it.before.booking.slot.vaccine not in _asked_vaccines(it)
    ),
    "too-many-districts": lambda it: (
        len(getattr(it.command, "districts", ())) > (it.programme.most_districts or 0)
    ),
    "edit-locked": lambda it: _lock(it) == "locked",
    "edit-lock-not-stated": lambda it: _lock(it) == "not-stated",
    "other-policy": lambda it: it.policy is None or it.policy.id != _named_policy(it),
    "other-programme": lambda it: (
        it.policy is not None and it.before.disease not in (None, it.policy.disease)
    ),
    "not-decided": lambda it: it.decision is None,
    "decision-of-another-person": lambda it: (
        it.decision is not None and it.decision.subject != it.command.subject
    ),
    "decision-of-another-policy": lambda it: (
        it.decision is not None
        and it.policy is not None
        and _version(it.decision) != (it.policy.id, it.policy.version, it.policy.digest)
    ),
    "not-eligible": lambda it: _outcome(it) is Outcome.INELIGIBLE,
    "eligibility-undetermined": lambda it: _outcome(it) is Outcome.UNDETERMINED,
    "no-notification": lambda it: it.policy is not None and it.policy.notification == "none",
    "already-notified": _told,
    "no-longer-bookable": lambda it: not _bookable_later(it),
    "notification-failed": lambda it: it.brought.get("delivery") is Delivery.FAILED,
    "notification-unknown": lambda it: (
        it.brought.get("delivery", Delivery.UNKNOWN) is Delivery.UNKNOWN
    ),
    "not-notified": lambda it: not _told(it),
    "notification-not-stated": lambda it: (
        not _told(it) and it.policy is not None and it.policy.notification == "not-stated"
    ),
    "nothing-to-carry-over": lambda it: it.before.status is not Status.NOTIFIED,
    "round-still-open": lambda it: (
        it.before.notice is None
        or it.before.notice.closes is None
        or it.now < it.before.notice.closes
    ),
    "already-booked": lambda it: it.before.booking is not None and not _may(it),
    "no-booking": lambda it: it.before.booking is None,
    "other-booking": lambda it: _standing(it) not in (None, getattr(it.command, "booking", None)),
    "same-slot": lambda it: it.before.booking is not None and it.before.booking.slot == it.slot,
    "booked-elsewhere": lambda it: _elsewhere(it) == "booked",
    "elsewhere-unknown": lambda it: _elsewhere(it) == "unknown",
    "vaccine-not-registered": lambda it: (
        bool(it.before.wanted) and not _asked_vaccines(it) <= set(dict(it.before.wanted))
    ),
    "dose-already-given": _dose_given,
    "not-offered": lambda it: not it.offers,
    "day-not-offered": lambda it: (
        bool(it.offers) and not any(it.day in offer.days for offer in it.offers)
    ),
    "day-over": lambda it: it.day < it.today,
    "window-not-open": lambda it: _windows_of_day(it) == {False},
    "window-not-stated": lambda it: _windows_of_day(it) in ({None}, {None, False}),
    "slot-full": lambda it: _place(it) == "full",
    "slot-closed": lambda it: _place(it) == "closed",
    "capacity-unknown": lambda it: _place(it) == "unknown",
    "other-place": lambda it: _place(it) == "another's",
    "cancel-too-late": lambda it: it.now >= _cancel_end(it),
    "already-arrived": lambda it: it.before.status is Status.ARRIVED,
    "not-the-day": lambda it: it.today != it.day,
    "day-not-over": lambda it: it.now < _midnight(it.day + timedelta(days=1)),
    "dose-in-future": lambda it: (
        isinstance(it.command, RecordDose) and it.command.given.on > it.today
    ),
    "dose-recorded": lambda it: isinstance(it.command, RecordDose) and _on_record(it, it.command),
}
"""What each code of a journey's refusal claims, so that a refusal can be checked as well."""
