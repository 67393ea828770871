"""The laws of every step of a journey, each with a name.

The laws say what a booking system must never do. You can check them on the steps that your own
store recorded (see `vaxpolicy.testing`); `broken` returns the names of the laws that do not hold.
They read the history, and they share no code with the guards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, TypeAlias

from attrs import astuple, fields, has

from vaxpolicy._values import front_door
from vaxpolicy.booking.events import (
    ACTORS,
    LIVE,
    TRANSITIONS,
    Amended,
    AnyEvent,
    Arrived,
    Booked,
    BookedNext,
    Cancelled,
    CarriedOver,
    Changed,
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
from vaxpolicy.booking.journey import replay
from vaxpolicy.booking.request import Delivery
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Outcome
from vaxpolicy.identity import Number, RegistryAnswer
from vaxpolicy.testing import steps as facts
from vaxpolicy.testing.steps import REFUSAL_ASSERTIONS, Step, step

__all__ = ["INVARIANTS", "REFUSAL_ASSERTIONS", "Invariant", "Step", "broken", "step"]


def a_refusal_changes_nothing(taken: Step) -> bool:
    """A refused command leaves the state unchanged and gives no event."""
    return taken.refused is None or (taken.after == taken.before and not taken.events)


def a_refusal_is_true(taken: Step) -> bool:
    """The code of a refusal is true."""
    return taken.refused is None or REFUSAL_ASSERTIONS[taken.refused.code](taken)


def a_refusal_looks_ahead(taken: Step) -> bool:
    """The instant from which something will be possible lies in the future."""
    refused = taken.refused
    return refused is None or refused.possible_from is None or refused.possible_from > taken.now


def one_command_one_event(taken: Step) -> bool:
    """A command gives one event, or none if it was refused or done before."""
    again = any(event.cause == taken.command.id for event in taken.before.history)
    return len(taken.events) == (0 if again or taken.refused is not None else 1)


def done_once(taken: Step) -> bool:
    """A repeated command does nothing; one with the same id and other content is refused."""
    for event in taken.before.history:
        if event.cause == taken.command.id:
            return taken.after == taken.before and (taken.refused is None) == (
                event.command == taken.command
            )
    return True


def events_say_who_when_and_why(taken: Step) -> bool:
    """An event has its version in the stream, the instant, the actor and the command."""
    event = taken.event
    return event is None or (
        (event.version, event.at, event.actor, event.cause, event.subject)
        == (
            taken.before.version + 1,
            taken.now,
            taken.command.actor,
            taken.command.id,
            taken.command.subject,
        )
    )


def events_hold_no_personal_data(taken: Step) -> bool:
    """An event holds no document number, mobile number, rule or personal booking window."""
    if taken.event is None:
        return True
    texts = [each for each in _values(taken.event) if isinstance(each, str)]
    if any(number in text for text in texts for number in _numbers(taken)):
        return False
    own = set(getattr(taken.event, "__slots__", ())) & {"rule_id", "group", "groups", "windows"}
    return not own and getattr(taken.event, "closes", None) in _public_closings(taken)


def _numbers(taken: Step) -> list[str]:
    """Every number among the arguments."""
    claim, mobile = taken.brought.get("claim"), taken.brought.get("mobile")
    brought = (mobile, *(() if claim is None else astuple(claim, recurse=False)))
    return [each.value for each in brought if isinstance(each, Number)]


def _values(value: Any) -> Iterator[object]:
    """Every value inside an event, at any depth."""
    kind: Any = type(value)
    if has(kind):
        for each in fields(kind):
            yield from _values(getattr(value, each.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _values(each)
    else:
        yield value


def _public_closings(taken: Step) -> set[datetime | None]:
    """The closing instants that reveal nothing about a person: those of the whole round."""
    stages = () if taken.policy is None else taken.policy.stages
    moments = [window.closes for stage in stages for window in stage.windows]
    ends = [
        each if isinstance(each, datetime) else _end_of(each)
        for each in moments
        if isinstance(each, date)
    ]
    return {None, max(ends)} if ends else {None}


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, TAIWAN)


def nothing_is_lost(taken: Step) -> bool:
    """The earlier events and the new ones give the state after: equal events, equal states."""
    return (
        taken.after.history == (*taken.before.history, *taken.events)
        and replay(taken.after.history) == taken.after
    )


def nothing_follows_the_end(taken: Step) -> bool:
    """A closed journey never changes."""
    return taken.before.status is not Status.CLOSED or taken.after == taken.before


def the_table_is_kept(taken: Step) -> bool:
    """Every event is a transition of the table."""
    after = TRANSITIONS.get((taken.before.status, type(taken.command)))
    event, booked = taken.event, facts.ids(taken)
    if isinstance(event, Corrected):  # which leads back to the status before
        return after is not None
    if isinstance(event, Vaccinated) and len(booked) > 1:
        return taken.after.status is Status.BOOKED
    if isinstance(event, Cancelled | SessionCancelled) and event.command.booking in booked[1:]:
        return taken.after.status is taken.before.status
    return event is None or taken.after.status is after


def each_to_their_task(taken: Step) -> bool:
    """Each actor gives only the commands of their role; a journey belongs to one person."""
    return taken.event is None or (
        taken.command.actor in ACTORS[type(taken.command)]
        and taken.before.subject in (None, taken.command.subject)
    )


def registered_by_the_matched(taken: Step) -> bool:
    """A person who registers has a claim that the registry matched, and a mobile number."""
    return not isinstance(taken.event, Registered) or (
        taken.brought.get("claim") is not None
        and taken.brought.get("registry") is RegistryAnswer.MATCHED
        and taken.brought.get("mobile") is not None
    )


def booked_by_the_matched(taken: Step) -> bool:
    """A person who books or changes is identified again, unless the programme says otherwise."""
    if (
        not isinstance(taken.event, Booked | BookedNext | Changed | WalkedIn)
        or not taken.programme.identity_at_booking
    ):
        return True
    matched = taken.brought.get("registry") is RegistryAnswer.MATCHED
    return matched and taken.brought.get("claim") is not None


def registered_while_open(taken: Step) -> bool:
    """People register, amend and withdraw only while registration is surely open."""
    return (
        not isinstance(taken.event, Registered | Amended | Withdrawn)
        or facts.registration(taken) is True
    )


def registered_through_the_gate(taken: Step) -> bool:
    """The gate admits a person who registers, for each vaccine."""
    return not isinstance(taken.event, Registered | Amended) or facts.gate(taken) == "open"


def one_registration(taken: Step) -> bool:
    """Nobody registers twice, and only an existing registration is edited."""
    if isinstance(taken.event, Registered):
        other = taken.other
        known = None if other is None else facts.wanted(other.history)
        return not taken.before.wanted and not known and not facts.second_number(taken)
    return not isinstance(taken.event, Amended | Withdrawn | VaccineAdded) or bool(
        taken.before.wanted
    )


def registered_for_what_is_given(taken: Step) -> bool:
    """People register for vaccines of the programme, in as many districts as it allows."""
    if not isinstance(taken.event, Registered | Amended | VaccineAdded):
        return True
    added = facts.asked_vaccines(taken)
    given, most = taken.programme.vaccines, taken.programme.most_districts
    return (given is None or added <= given) and (
        most is None or len(getattr(taken.command, "districts", ())) <= most
    )


def second_dose_like_the_first(taken: Step) -> bool:
    """After dose 1, people register and book only its vaccine, if the programme says so."""
    return (
        not isinstance(
            taken.event, Registered | Amended | VaccineAdded | Booked | BookedNext | Changed
        )
        or not taken.programme.same_vaccine
        or facts.first_vaccine(taken) is None
        or facts.asked_vaccines(taken) == {facts.first_vaccine(taken)}
    )


def a_new_vaccine_extends(taken: Step) -> bool:
    """A vaccine that the programme adds is added to registrations and removes nothing."""
    return not isinstance(taken.event, VaccineAdded) or (
        taken.after.wanted[:-1] == taken.before.wanted
        and taken.event.command.vaccine not in dict(taken.before.wanted)
    )


def edits_are_not_locked(taken: Step) -> bool:
    """Nobody edits a registration that a booking or notification locks, or may lock."""
    return not isinstance(taken.event, Amended | Withdrawn) or facts.lock(taken) == "open"


def a_booked_vaccine_stays(taken: Step) -> bool:
    """A booking is always for a registered vaccine, if people had to register."""
    booked = {each.slot.vaccine for each in facts.bookings(taken.after.history)}
    return not isinstance(taken.event, Amended) or booked <= set(dict(taken.after.wanted))


def notified_once(taken: Step) -> bool:
    """Nobody is notified twice of one round, stage and dose, or in a round without notices."""
    if not isinstance(taken.event, Notified):
        return True
    return (
        not facts.was_notified(taken)
        and taken.policy is not None
        and taken.policy.notification != "none"
    )


def notified_for_sure(taken: Step) -> bool:
    """A message that failed, or may have failed, does not count as a notification."""
    return (
        not isinstance(taken.event, Notified) or taken.brought.get("delivery") is Delivery.DELIVERED
    )


def notified_who_can_book(taken: Step) -> bool:
    """Nobody is notified who has a booking already, or has nothing left to book."""
    return not isinstance(taken.event, Notified) or (
        taken.before.booking is None
        and facts.elsewhere(taken) == "not-booked"
        and facts.bookable_later(taken)
    )


def carried_over_when_over(taken: Step) -> bool:
    """People who were notified and did not book move on once the round is surely over."""
    if not isinstance(taken.event, CarriedOver):
        return True
    known = facts.notices(taken.before.history, taken.event.command.policy_id)
    closes = known[-1].closes if known else None
    return (
        taken.before.status is Status.NOTIFIED
        and taken.after.carried == taken.event.command.policy_id
        and closes is not None
        and taken.now >= closes
    )


_TURN = (Notified, Booked, BookedNext, Changed, Arrived, WalkedIn, Moved)
_MADE = (Booked, BookedNext, Changed, WalkedIn, Moved)


def only_whose_turn_it_is(taken: Step) -> bool:
    """Notices, bookings, changes and check-ins rest on an eligible decision of this policy."""
    if not isinstance(taken.event, _TURN):
        return True
    decision, policy = taken.decision, taken.policy
    return (
        decision is not None
        and policy is not None
        and decision.outcome is Outcome.ELIGIBLE
        and decision.subject == taken.command.subject
        and facts.version(decision) == (policy.id, policy.version, policy.digest)
    )


def in_the_round_named(taken: Step) -> bool:
    """The policy is that of the named or booked round, and against the journey's disease."""
    if not isinstance(taken.event, _TURN):
        return True
    return (
        taken.policy is not None
        and taken.policy.id == facts.named_policy(taken)
        and taken.before.disease in (None, taken.policy.disease)
    )


def notified_before_booking(taken: Step) -> bool:
    """If a round must notify people, or may have to, nobody books before the notification."""
    return (
        not isinstance(taken.event, Booked | BookedNext | Changed)
        or taken.policy is None
        or taken.policy.notification in ("reminder", "none")
        or facts.notified_of_round(taken)
    )


def on_a_day_offered_in_an_open_window(taken: Step) -> bool:
    """The day, the dose and the open window belong to one offer.

    A round without windows can be booked if the programme says so. A site moves a booking without
    a window.
    """
    if not isinstance(taken.event, _MADE):
        return True
    offers = [each for each in taken.offers if taken.day in each.days]
    if isinstance(taken.event, WalkedIn | Moved):
        return bool(offers)
    without = taken.programme.books_without_window and not any(each.windows for each in offers)
    return any(each.bookable(taken.now) is True or without for each in offers)


def vaccinated_on_a_day_offered(taken: Step) -> bool:
    """A person who checks in still has the day."""
    return not isinstance(taken.event, Arrived) or any(
        taken.day in offer.days for offer in taken.offers
    )


def no_day_that_is_over(taken: Step) -> bool:
    """Nobody books a day of the past, or a session that has ended."""
    if not isinstance(taken.event, _MADE):
        return True
    over = facts.session_over(taken) and not isinstance(taken.event, WalkedIn)
    return taken.day >= taken.today and not over


def a_place_for_every_booking(taken: Step) -> bool:
    """A booking has a place in its slot that is kept for it at this instant."""
    return not isinstance(taken.event, _MADE) or facts.place(taken) == "kept"


def nobody_booked_twice(taken: Step) -> bool:
    """A person has at most one booking, counting both journeys and local systems.

    A second booking can only be that of the next dose, on a later day.
    """
    if not _one_after_the_other(taken.after.history):
        return False
    if not isinstance(taken.event, Booked | BookedNext | WalkedIn):
        return True
    other = taken.other
    return (
        facts.elsewhere(taken) == "not-booked"
        and not facts.second_number(taken)
        and (other is None or facts.live(other.history) is None)
    )


def _one_after_the_other(history: Sequence[AnyEvent]) -> bool:
    """Whether each booking follows the end of the one before, except for that of a next dose."""
    booked: list[tuple[str, int, date]] = []
    for event in history:
        if isinstance(event, Booked | BookedNext | WalkedIn | Changed | Moved):
            slot, rebooks = event.slot, isinstance(event, Changed | Moved)
            mine = (event.id, slot.dose, slot.day)
            if isinstance(event, BookedNext):
                if len(booked) != 1 or not (booked[0][1] < mine[1] and booked[0][2] < mine[2]):
                    return False
            elif len(booked) != int(rebooks):
                return False
            booked = [*([] if rebooks else booked), mine]
        elif isinstance(event, Vaccinated):
            booked = booked[1:]
        elif isinstance(event, _ENDS):
            while booked and event.command.booking in [each[0] for each in booked]:
                booked.pop()
        elif isinstance(event, Corrected):
            revived = facts.bookings(history[: event.version])
            booked = [(each.id, each.slot.dose, each.slot.day) for each in revived]
    return True


def the_booking_is_that_of_the_events(taken: Step) -> bool:
    """The booking of the state is the live booking of the history, and the status agrees."""
    after, booked = taken.after, facts.bookings(taken.after.history)
    known = tuple([each for each in (after.booking, after.next_booking) if each is not None])
    return known == booked and bool(booked) == (after.status in LIVE)


_ENDS = (Cancelled, SessionCancelled, Deferred, Missed)


def the_next_dose_follows_the_booked_one(taken: Step) -> bool:
    """The next dose is booked as if the booked dose were given, if the programme allows it."""
    if not isinstance(taken.event, BookedNext):
        return True
    return (
        taken.programme.books_next_dose
        and facts.follows_the_booked(taken)
        and taken.brought.get("supposes") == facts.booked_dose(taken)
    )


def the_next_dose_rests_on_the_booked_one(taken: Step) -> bool:
    """A booking cannot be changed or moved while the next dose is booked."""
    return not isinstance(taken.event, Changed | Moved) or len(facts.ids(taken)) == 1


def the_next_dose_ends_with_the_booked_one(taken: Step) -> bool:
    """If a booking ends, that of the next dose ends too; a vaccination leaves it in place."""
    event, before = taken.event, facts.ids(taken)
    if not isinstance(event, (Vaccinated, *_ENDS)) or not before:
        return True
    left = [each.id for each in facts.bookings(taken.after.history)]
    if isinstance(event, Vaccinated):
        return left == before[1:]
    return left == ([] if event.command.booking == before[0] else before[:1])


def a_change_keeps_a_booking(taken: Step) -> bool:
    """A change has one booking before it and one after it, in another slot."""
    if not isinstance(taken.event, Changed | Moved):
        return True
    before, after = facts.live(taken.before.history), facts.live(taken.after.history)
    return before is not None and after is not None and before.slot != after.slot


def registered_before_booking(taken: Step) -> bool:
    """If people must register, they are notified of and book only registered vaccines."""
    if taken.programme.registration == "none":
        return True
    registered = facts.wanted(taken.before.history)
    if isinstance(taken.event, Booked | BookedNext | Changed):
        return taken.event.command.slot.vaccine in registered
    return not isinstance(taken.event, Notified) or bool(registered)


def no_dose_twice(taken: Step) -> bool:
    """Nobody books a dose that was given, or an earlier one; no dose is recorded twice."""
    if isinstance(taken.event, Booked | BookedNext | Changed | WalkedIn):
        return not facts.dose_given(taken)
    return not isinstance(taken.event, DoseRecorded | Vaccinated) or not facts.on_record(
        taken, taken.event.command
    )


def doses_are_numbered(taken: Step) -> bool:
    """A dose is recorded under its number, and against the disease if the round is known."""
    if not isinstance(taken.event, DoseRecorded) or taken.policy is None:
        return True
    command = taken.event.command
    return facts.in_order(taken, command) and not facts.of_another_disease(taken, command)


def the_doses_are_those_of_the_events(taken: Step) -> bool:
    """The doses of the state are those of the history, without corrected ones."""
    return sorted((each.given.on, each.given.vaccine) for each in taken.after.doses) == sorted(
        (each.on, each.vaccine) for each in facts.given(taken.after.history)
    )


def a_correction_takes_back_what_happened(taken: Step) -> bool:
    """A correction takes back a dose, or an arrival, missed day or deferral as the last step."""
    return not isinstance(taken.event, Corrected) or facts.can_be_taken_back(
        taken, taken.event.command.event
    )


def time_goes_on(taken: Step) -> bool:
    """An event is not earlier than the one before, nor years after everything known."""
    return taken.event is None or facts.clock(taken) == "right"


def a_booking_ends_with_its_day(taken: Step) -> bool:
    """After its day, a booking is not changed, moved, cancelled, or followed by a next dose."""
    if not isinstance(taken.event, BookedNext | Changed | Moved | Cancelled):
        return True
    return facts.day_of_booking(taken) >= taken.today


def a_booking_stays_in_its_round(taken: Step) -> bool:
    """A booking of one round does not move into another."""
    if not isinstance(taken.event, Changed | Moved):
        return True
    before = facts.live(taken.before.history)
    return before is not None and before.policy_id == taken.event.command.policy_id


def a_move_keeps_the_dose(taken: Step) -> bool:
    """The site moves a booking to a slot for the same vaccine and dose."""
    if not isinstance(taken.event, Moved):
        return True
    before, after = facts.live(taken.before.history), taken.event.command.slot
    return before is not None and (
        (before.slot.vaccine, before.slot.dose) == (after.vaccine, after.dose)
    )


def cancelled_in_time(taken: Step) -> bool:
    """Nobody cancels after the deadline."""
    return not isinstance(taken.event, Cancelled) or taken.now < facts.cancel_end(taken)


def the_booking_named(taken: Step) -> bool:
    """A command changes only the booking that it names."""
    named = getattr(taken.command, "booking", None)
    if isinstance(taken.event, Cancelled | SessionCancelled):
        return named in facts.ids(taken)
    return taken.event is None or named is None or facts.live_id(taken) == named


def on_the_right_day(taken: Step) -> bool:
    """People check in on the day, are vaccinated then or later, and miss it once it is over."""
    event = taken.event
    if isinstance(event, Arrived | WalkedIn):
        return taken.today == taken.day
    if isinstance(event, Vaccinated) and event.command.given is not None:
        return event.given.on <= taken.today
    if isinstance(event, Vaccinated | Deferred):
        return taken.today >= taken.day
    if isinstance(event, DoseRecorded):
        return event.command.given.on <= taken.today
    return not isinstance(event, Missed) or taken.today > taken.day


def a_vaccination_is_a_dose(taken: Step) -> bool:
    """A vaccination adds the booked dose, or the dose that the command names instead."""
    event, slot = taken.event, taken.slot
    if not isinstance(event, Vaccinated):
        return True
    if slot is None or event.dose != slot.dose:
        return False
    given = event.command.given
    wanted = (slot.vaccine, slot.day) if given is None else (given.vaccine, given.on)
    return (event.given.vaccine, event.given.on) == wanted


def a_cancelled_session_keeps_the_turn(taken: Step) -> bool:
    """After a cancelled session the registration stays, and the person can move on."""
    booking = facts.named(taken)
    if not isinstance(taken.event, SessionCancelled):
        return True
    alone = taken.event.command.booking in facts.ids(taken)[1:]
    goes_on_from = None if alone or booking is None else booking.policy_id
    return taken.after.carried == goes_on_from and taken.after.wanted == taken.before.wanted


Invariant: TypeAlias = Callable[[Step], bool]

_WITHOUT_EVENT: Final[tuple[Invariant, ...]] = (
    a_refusal_changes_nothing,
    a_refusal_is_true,
    a_refusal_looks_ahead,
    one_command_one_event,
    done_once,
)
"""Invariants that also apply when no event was produced."""

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
    notified_once,
    notified_for_sure,
    notified_who_can_book,
    carried_over_when_over,
    only_whose_turn_it_is,
    in_the_round_named,
    notified_before_booking,
    on_a_day_offered_in_an_open_window,
    vaccinated_on_a_day_offered,
    no_day_that_is_over,
    a_place_for_every_booking,
    nobody_booked_twice,
    the_booking_is_that_of_the_events,
    the_doses_are_those_of_the_events,
    doses_are_numbered,
    a_correction_takes_back_what_happened,
    time_goes_on,
    a_booking_ends_with_its_day,
    a_booking_stays_in_its_round,
    a_move_keeps_the_dose,
    a_change_keeps_a_booking,
    the_next_dose_follows_the_booked_one,
    the_next_dose_rests_on_the_booked_one,
    the_next_dose_ends_with_the_booked_one,
    registered_before_booking,
    no_dose_twice,
    cancelled_in_time,
    the_booking_named,
    on_the_right_day,
    a_vaccination_is_a_dose,
    a_cancelled_session_keeps_the_turn,
)
"""The laws of every step of a journey, by name."""


@front_door
def broken(taken: Step) -> tuple[str, ...]:
    """The names of the laws that a step breaks; empty if it breaks none."""
    asked = INVARIANTS if taken.events else _WITHOUT_EVENT
    return tuple(invariant.__name__ for invariant in asked if not invariant(taken))
