"""What must be true of every step of a journey, each thing by its name.

The invariants say what a booking system must never do. A portal can run them over the steps that
its own store has recorded (see `vaxpolicy.testing`); `broken` gives the names of those that do not
hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from attrs import asdict

from vaxpolicy.booking.events import (
    ACTORS,
    LIVE,
    TRANSITIONS,
    Amended,
    Arrived,
    Booked,
    Cancelled,
    CarriedOver,
    Changed,
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
from vaxpolicy.booking.journey import replay
from vaxpolicy.booking.request import Delivery
from vaxpolicy.eligibility import Outcome
from vaxpolicy.identity import RegistryAnswer
from vaxpolicy.testing import steps as facts
from vaxpolicy.testing.steps import REFUSAL_ASSERTIONS, Step, step

__all__ = ["INVARIANTS", "REFUSAL_ASSERTIONS", "Invariant", "Step", "broken", "step"]


# -- what is true of every step --------------------------------------------------------------------


def a_refusal_changes_nothing(it: Step) -> bool:
    """A command that is refused leaves the state as it was, and gives no event."""
    return it.refused is None or (it.after == it.before and not it.events)


def a_refusal_is_true(it: Step) -> bool:
    """The code of a refusal says what is so."""
    return it.refused is None or REFUSAL_ASSERTIONS[it.refused.code](it)


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


def booked_by_the_matched(it: Step) -> bool:
    """Who books or changes is identified again, unless the programme says otherwise."""
    if not isinstance(it.event, Booked | Changed) or not it.programme.identity_at_booking:
        return True
    matched = it.brought.get("registry") is RegistryAnswer.MATCHED
    return matched and it.brought.get("claim") is not None


def registered_while_open(it: Step) -> bool:
    """Registrations are made, amended and withdrawn while registration is surely open."""
    return (
        not isinstance(it.event, Registered | Amended | Withdrawn) or facts.registration(it) is True
    )


def registered_through_the_gate(it: Step) -> bool:
    """Who registers is let in by the gate, for each vaccine."""
    return not isinstance(it.event, Registered | Amended) or facts.gate(it) == "open"


def one_registration(it: Step) -> bool:
    """There is never a second registration, and none is edited that is not there."""
    if isinstance(it.event, Registered):
        return not it.before.wanted
    return not isinstance(it.event, Amended | Withdrawn | VaccineAdded) or bool(it.before.wanted)


def registered_for_what_is_given(it: Step) -> bool:
    """Vaccines of the programme, and in the number of districts that it allows."""
    if not isinstance(it.event, Registered | Amended | VaccineAdded):
        return True
    added = facts.asked_vaccines(it)
    given, most = it.programme.vaccines, it.programme.most_districts
    return (given is None or added <= given) and (
        most is None or len(getattr(it.command, "districts", ())) <= most
    )


def second_dose_like_the_first(it: Step) -> bool:
    """After dose 1 only its vaccine is registered and booked, where the programme says so."""
    return (
        not isinstance(it.event, Registered | Amended | VaccineAdded | Booked | Changed)
        or not it.programme.same_vaccine
        or facts.fixed(it) is None
        or facts.asked_vaccines(it) == {facts.fixed(it)}
    )


def a_new_vaccine_extends(it: Step) -> bool:
    """A vaccine that the programme adds comes to those registered, and takes nothing from them."""
    return not isinstance(it.event, VaccineAdded) or (
        it.after.wanted[:-1] == it.before.wanted
        and it.event.command.vaccine not in dict(it.before.wanted)
    )


def edits_are_not_locked(it: Step) -> bool:
    """Nobody edits while a booking or a notification locks the registration, or may do so."""
    return not isinstance(it.event, Amended | Withdrawn) or facts.lock(it) == "open"


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
        it.before.booking is None
        and facts.elsewhere(it) == "not-booked"
        and facts.bookable_later(it)
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
        and facts.version(decision) == (policy.id, policy.version, policy.digest)
    )


def in_the_round_named(it: Step) -> bool:
    """The policy is that of the round named, or booked, and against the journey's disease."""
    if not isinstance(it.event, _TURN):
        return True
    return (
        it.policy is not None
        and it.policy.id == facts.named_policy(it)
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
    return not isinstance(it.event, Booked | Changed) or facts.place(it) == "kept"


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
        and (not isinstance(it.event, Booked) or facts.elsewhere(it) == "not-booked")
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
        return not facts.dose_given(it)
    return not isinstance(it.event, DoseRecorded) or not facts.on_record(it, it.event.command)


def cancelled_in_time(it: Step) -> bool:
    """Nobody cancels when it is too late."""
    return not isinstance(it.event, Cancelled) or it.now < facts.cancel_end(it)


def the_booking_named(it: Step) -> bool:
    """What happens to a booking happens to the one that was named."""
    named = getattr(it.command, "booking", None)
    return it.event is None or named is None or facts.standing(it) == named


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
    booked_by_the_matched,
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
