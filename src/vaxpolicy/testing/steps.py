"""One step of a journey, and the assertion that each refusal code makes about it.

A step is a command with every input, the state before, and the result: events or a refusal.
`REFUSAL_ASSERTIONS` has an assertion for each code; `vaxpolicy.testing.journey_laws` has the laws
of every step. Both are written in the words of the programme and read the history, not the fields
by which the guards decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import field, frozen

from vaxpolicy._values import checked, unchanging
from vaxpolicy.booking.events import (
    ACTORS,
    TRANSITIONS,
    AddVaccine,
    Amend,
    Amended,
    AnyBooking,
    AnyCommand,
    AnyEvent,
    Arrived,
    Booked,
    BookedNext,
    BookNext,
    Cancel,
    Cancelled,
    CancelSession,
    CarryOver,
    Changed,
    Correct,
    Corrected,
    Deferred,
    DoseRecorded,
    Missed,
    Moved,
    Notified,
    Notify,
    RecordDose,
    Register,
    Registered,
    SessionCancelled,
    SlotRequest,
    Status,
    Vaccinate,
    Vaccinated,
    VaccineAdded,
    WalkedIn,
    Withdrawn,
)
from vaxpolicy.booking.journey import State, replay
from vaxpolicy.booking.programme import CancelUntil, EditLock, Programme
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.request import Delivery, Elsewhere
from vaxpolicy.booking.streams import BrokenStream
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Offer, Outcome, Policy
from vaxpolicy.identity import RegistryAnswer
from vaxpolicy.reservation import decide
from vaxpolicy.rules.people import Dose

if TYPE_CHECKING:
    from vaxpolicy.booking.slots import PlaceAnswer, Slot

__all__ = ["REFUSAL_ASSERTIONS", "Assertion", "Step", "step"]


def _status(state: State) -> str:
    return state.status.value


def _names(brought: Mapping[str, Any]) -> str:
    return "{" + ", ".join(name for name, value in brought.items() if value is not None) + "}"


@frozen(field_transformer=checked)
class Step:
    """One command to a journey, and its result.

    Attributes:
        before: the state that was judged.
        command: the command.
        now: the instant.
        brought: the other arguments of `vaxpolicy.reservation.decide`, by name.
        events: the events; empty if the command was refused.
        refused: the refusal; None if the command was accepted.
        after: the state after the command.
    """

    before: State = field(repr=_status)
    command: AnyCommand
    now: datetime
    brought: Mapping[str, Any] = field(repr=_names, converter=unchanging)
    events: tuple[AnyEvent, ...]
    refused: Rejected | None
    after: State = field(repr=_status)

    @property
    def event(self) -> AnyEvent | None:
        """The event; None if there is none."""
        return self.events[0] if self.events else None

    @property
    def programme(self) -> Programme:
        """The settings that apply across rounds."""
        programme: Programme = self.brought.get("programme", _DEFAULT)
        return programme

    @property
    def policy(self) -> Policy | None:
        """The round's policy; None if it was not given."""
        return self.brought.get("policy")

    @property
    def decision(self) -> Decision | None:
        """The decision; None if it was not given."""
        return self.brought.get("decision")

    @property
    def other(self) -> State | None:
        """The journey under the person's other pseudonym; None if it was not given."""
        other: State | None = self.brought.get("other")
        return None if other is None or other.subject == self.command.subject else other

    @property
    def today(self) -> date:
        """The day in Taiwan."""
        return self.now.astimezone(TAIWAN).date()

    @property
    def slot(self) -> Slot | None:
        """The requested slot, or else the booked one."""
        if isinstance(self.command, SlotRequest):
            return self.command.slot
        return None if self.before.booking is None else self.before.booking.slot

    @property
    def day(self) -> date:
        """The day of the slot; the last day of the calendar if there is no slot."""
        return date.max if self.slot is None else self.slot.day

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The offers of the slot's vaccine and dose, or of the dose of a notification."""
        if self.decision is None:
            return ()
        if isinstance(self.command, Notify):
            asked = self.command.dose
            return tuple(it for it in self.decision.offers if asked in (None, it.dose))
        if self.slot is None:
            return ()
        wanted = (self.slot.vaccine, self.slot.dose)
        return tuple(each for each in self.decision.offers if (each.vaccine, each.dose) == wanted)


_DEFAULT: Final = Programme()


def step(before: State, command: AnyCommand, *, now: datetime, **brought: Any) -> Step:
    """Judge a command and add its events.

    If an event cannot follow, the state stays unchanged, and the laws say what is wrong.
    """
    try:
        events = decide(before, command, now=now, **brought)
    except Rejected as refused:
        return Step(before, command, now, brought, (), refused, before)
    try:
        after = replay(events, since=before)
    except BrokenStream:
        after = before
    return Step(before, command, now, brought, events, None, after)


def version(decision: Decision) -> tuple[str, str, str]:
    return decision.policy_id, decision.policy_version, decision.policy_digest


def named_policy(taken: Step) -> str | None:
    """The round that the command names, or else that of the booking."""
    booking = live(taken.before.history)
    named: str | None = getattr(taken.command, "policy_id", None)
    return named or (None if booking is None else booking.policy_id)


def live_id(taken: Step) -> str | None:
    """The id of the live booking."""
    booking = live(taken.before.history)
    return None if booking is None else booking.id


def ids(taken: Step) -> list[str]:
    """The ids of the live booking and of the booking of the next dose."""
    return [each.id for each in bookings(taken.before.history)]


_MADE: Final = (Booked, Changed, WalkedIn, Moved)
_ENDED: Final = (Cancelled, SessionCancelled, Vaccinated, Deferred, Missed)


def live(history: Iterable[AnyEvent]) -> AnyBooking | None:
    """The live booking, from the events alone."""
    return next(iter(bookings(history)), None)


def bookings(history: Iterable[AnyEvent]) -> tuple[AnyBooking, ...]:
    """The live booking, and after it that of the next dose, from the events alone."""
    return _walked(history)[0]


def named(taken: Step) -> AnyBooking | None:
    """The booking that the command names, if it is live, or else the live booking."""
    known = bookings(taken.before.history)
    asked = getattr(taken.command, "booking", None)
    return next((each for each in known if each.id == asked), live(taken.before.history))


def last_step(history: Iterable[AnyEvent]) -> int:
    """The version of the last step; steps that were taken back do not count."""
    trail = _walked(history)[1]
    return trail[-1][0] if trail else 0


_Bookings: TypeAlias = tuple[AnyBooking, ...]


def _walked(history: Iterable[AnyEvent]) -> tuple[_Bookings, list[tuple[int, _Bookings]]]:
    """The bookings after all events, and for each step the bookings before it."""
    now: _Bookings = ()
    trail: list[tuple[int, _Bookings]] = []
    back: set[int] = set()
    for event in history:
        if isinstance(event, Corrected):
            back.add(event.command.event)
            while trail and trail[-1][0] in back:
                now = trail.pop()[1]
            continue
        beside = isinstance(event, DoseRecorded) and now
        if beside or isinstance(event, Amended | VaccineAdded):
            continue
        trail.append((event.version, now[:1] if isinstance(event, Missed | Deferred) else now))
        if isinstance(event, BookedNext):
            now = (*now, event)
        elif isinstance(event, _MADE):
            now = (event,)
        elif isinstance(event, Vaccinated):
            now = now[1:]
        elif isinstance(event, _ENDED):
            ended = [each.id for each in now].index(event.command.booking)
            now = now[:ended]
    return now, trail


def given(history: Iterable[AnyEvent]) -> list[Dose]:
    """The doses on record, from the events alone."""
    return list(given_by(history).values())


def given_by(history: Iterable[AnyEvent]) -> dict[int, Dose]:
    """The doses on record, by the version of their event, without corrected ones."""
    doses: dict[int, Dose] = {}
    for event in history:
        if isinstance(event, Vaccinated | DoseRecorded):
            doses[event.version] = event.given
        elif isinstance(event, Corrected):
            doses.pop(event.command.event, None)
    return doses


def wanted(history: Iterable[AnyEvent]) -> set[str]:
    """The registered vaccines, from the events alone."""
    now: set[str] = set()
    for event in history:
        if isinstance(event, Registered | Amended):
            now = set(event.command.vaccines)
        elif isinstance(event, VaccineAdded):
            now.add(event.command.vaccine)
        elif isinstance(event, Withdrawn):
            now = set()
    return now


def notices(history: Iterable[AnyEvent], policy_id: str | None) -> list[Notified]:
    """The notifications of a round, from the events alone."""
    return [
        event
        for event in history
        if isinstance(event, Notified) and event.command.policy_id == policy_id
    ]


def registration(taken: Step) -> bool | None:
    """Whether registration is open; None if that is not stated."""
    windows = taken.programme.registration_windows
    if not windows and taken.programme.gate is not None:
        windows = tuple(each for stage in taken.programme.gate.stages for each in stage.windows)
    answers = [window.is_open(taken.now) for window in windows] or [None]
    return True if True in answers else None if None in answers else False


def gate(taken: Step) -> str:
    """The answer of the gate: open, closed, undetermined or unchecked."""
    policy, decision = taken.programme.gate, taken.brought.get("gate")
    if policy is None:
        return "open"
    ours = (policy.id, policy.version, policy.digest)
    if decision is None or version(decision) != ours or decision.subject != taken.command.subject:
        return "unchecked"
    if decision.outcome is Outcome.UNDETERMINED:
        return "undetermined"
    let_in = {
        offer.vaccine
        for offer in decision.offers
        if taken.today in offer.days and offer.bookable(taken.now)
    }
    eligible = decision.outcome is Outcome.ELIGIBLE
    return "open" if eligible and asked_vaccines(taken) <= let_in else "closed"


def asked_vaccines(taken: Step) -> set[str]:
    command = taken.command
    if isinstance(command, Register | Amend):
        return set(command.vaccines)
    if isinstance(command, AddVaccine):
        return {command.vaccine}
    return {command.slot.vaccine} if isinstance(command, SlotRequest) else set()


def first_vaccine(taken: Step) -> str | None:
    """The vaccine of dose 1, if dose 2 is next."""
    known = counted(taken)
    return known[0].vaccine if len(known) == 1 else None


def lock(taken: Step) -> str:
    """Whether edits are open, locked or not stated."""
    lock, before = taken.programme.edit_lock, taken.before
    if lock is None:
        return "open"
    if not isinstance(lock, EditLock):
        return "not-stated" if before.status in (Status.BOOKED, Status.NOTIFIED) else "open"
    ends, notice = before.booked_round_ends, before.notice
    over = ends is None or taken.now >= datetime.combine(
        ends + timedelta(days=lock.days_after), lock.at, TAIWAN
    )
    if not over or before.status is Status.BOOKED:
        return "locked"
    if before.status is Status.NOTIFIED and lock.notified:
        if notice is None or notice.closes is None:
            return "not-stated"
        return "open" if taken.now < notice.closes else "locked"
    return "open"


def elsewhere(taken: Step) -> str:
    if not taken.programme.asks_elsewhere:
        return "not-booked"
    answer: Elsewhere = taken.brought.get("elsewhere", Elsewhere.UNKNOWN)
    return answer.value


def bookable_later(taken: Step) -> bool:
    """Whether some offer has a day that is not over and a window that has not closed."""
    without = taken.programme.books_without_window
    asked = taken.command.dose if isinstance(taken.command, Notify) else None
    for offer in () if taken.decision is None else taken.decision.offers:
        if asked is not None and offer.dose != asked:
            continue
        day_left = offer.days.last is None or offer.days.last >= taken.today
        still = any(not _closed(each.closes, taken.now) for each in offer.windows)
        if day_left and (still or (without and not offer.windows)):
            return True
    return False


def _closed(closes: Any, now: datetime) -> bool:
    if isinstance(closes, datetime):
        return now >= closes
    return isinstance(closes, date) and now.astimezone(TAIWAN).date() > closes


def place(taken: Step) -> str:
    """The state of the place: kept, full, closed, unknown, over or another's."""
    place = taken.brought.get("place")
    if place is None:
        return "unknown"
    mine = (place.booking.subject, place.booking.id) == (taken.command.subject, taken.command.id)
    if not mine or place.slot != taken.slot:
        return "another's"
    if place.until is not None and taken.now >= place.until:
        return "over"
    answer: PlaceAnswer = place.answer
    return answer.value


def counted(taken: Step) -> list[Dose]:
    """The doses of both journeys that count, by disease and season."""
    policy = taken.policy or taken.programme.gate
    others = () if taken.other is None else taken.other.history
    known = dict.fromkeys([*given(taken.before.history), *given(others)])
    if isinstance(taken.command, BookNext) and (booked := booked_dose(taken)) is not None:
        known[booked] = None
    return [
        each
        for each in known
        if policy is None
        or (
            against(policy, each.vaccine) & {policy.disease, *policy.diseases}
            and (policy.counts_from is None or each.on >= policy.counts_from)
        )
    ]


def booked_dose(taken: Step) -> Dose | None:
    """The dose of the live booking, on its day."""
    booking = live(taken.before.history)
    return None if booking is None else Dose(booking.slot.vaccine, booking.slot.day)


def follows_the_booked(taken: Step) -> bool:
    """Whether the slot is for the dose after the booked one, on a later day."""
    booking, slot = live(taken.before.history), taken.slot
    if booking is None or slot is None:
        return False
    return slot.dose - booking.slot.dose == 1 and slot.day > booking.slot.day


def against(policy: Policy, vaccine: str) -> set[str]:
    """The diseases that a vaccine is against, as far as the policy knows them."""
    known = policy.vaccines.get(vaccine)
    return set() if known is None else set(known.diseases)


def ways_to_count(taken: Step, doses: list[Dose], vaccine: str, dose: int) -> set[int]:
    """The numbers of doses before this one, by the rules that offer it."""
    policy = taken.policy
    if policy is None:
        return {len(doses)}
    if policy.minimums or policy.spacings:  # some of them may not count
        return set(range(len(doses) + 1))
    if policy.diseases:
        mine = against(policy, vaccine)
        doses = [each for each in doses if against(policy, each.vaccine) & mine]
    rules = [rule for stage in policy.stages for rule in stage.rules]
    lists = [rule.counts for rule in rules if rule.dose == dose and vaccine in rule.vaccines]
    return {len([each for each in doses if not it or each.vaccine in it]) for it in lists or [()]}


def dose_given(taken: Step) -> bool:
    """Whether the slot's dose or a later one was given."""
    slot = taken.slot
    if slot is None:
        return False
    return min(ways_to_count(taken, counted(taken), slot.vaccine, slot.dose)) >= slot.dose


def on_record(taken: Step, command: RecordDose | Vaccinate) -> bool:
    """Whether a dose of that day is on record; for a vaccination, whether this very dose is."""
    if isinstance(command, Vaccinate):
        slot = taken.slot
        booked = None if slot is None else (slot.vaccine, slot.day)
        mine = booked if command.given is None else (command.given.vaccine, command.given.on)
        return mine in {(it.vaccine, it.on) for it in given(taken.before.history)}
    same = command.given in given(taken.before.history)
    return same or command.given.on in {each.on for each in counted(taken)}


def in_order(taken: Step, command: RecordDose) -> bool:
    """Whether the number of the dose agrees with the doses on record."""
    earlier = [each for each in counted(taken) if each.on < command.given.on]
    ways = ways_to_count(taken, earlier, command.given.vaccine, command.dose)
    return command.dose - 1 in ways


def of_another_disease(taken: Step, command: RecordDose) -> bool:
    """Whether the vaccine is against a different disease from the round."""
    policy = taken.policy
    if policy is None:
        return False
    return not against(policy, command.given.vaccine) & {policy.disease, *policy.diseases}


def can_be_taken_back(taken: Step, version: int) -> bool:
    """Whether an event is a dose on record, or the last step, by the site."""
    history = taken.before.history
    event = next((each for each in history if each.version == version), None)
    if isinstance(event, Vaccinated | DoseRecorded):
        return version in given_by(history)
    return isinstance(event, Arrived | Missed | Deferred) and last_step(history) == version


def second_number(taken: Step) -> bool:
    """Whether the claim has a second number, and the other journey was not given."""
    claim = taken.brought.get("claim")
    return claim is not None and claim.also_known_as is not None and taken.other is None


def day_of_booking(taken: Step) -> date:
    """The day of the named booking; the last day of the calendar if there is none."""
    booking = named(taken)
    return date.max if booking is None else booking.slot.day


def session_over(taken: Step) -> bool:
    """Whether the session of the slot has ended."""
    slot = taken.slot
    if slot is None or slot.ends is None:
        return False
    return taken.now >= datetime.combine(slot.day, slot.ends, TAIWAN)


def clock(taken: Step) -> str:
    """Whether the clock is right, behind the last event, or years ahead."""
    last = max((event.at for event in taken.before.history), default=None)
    if last is not None and taken.now < last:
        return "behind"
    ago = [] if last is None else [(taken.now - last).days]
    if taken.policy is not None:
        ago.append((taken.today - taken.policy.announced).days)
    return "ahead" if any(days >= 3650 for days in ago) else "right"  # noqa: PLR2004  # ten years


def cancel_end(taken: Step) -> datetime:
    """The instant from which on cancelling is too late."""
    until, booking = taken.programme.cancel, named(taken)
    if booking is None:
        return taken.now
    if isinstance(until, CancelUntil):
        day = booking.slot.day - timedelta(days=until.days_before)
        return datetime.combine(day, until.at, TAIWAN)
    return booking.closes or _midnight(booking.slot.day)


def windows_of_day(taken: Step) -> set[bool | None]:
    return {offer.bookable(taken.now) for offer in taken.offers if taken.day in offer.days}


def was_notified(taken: Step) -> bool:
    """Whether the person was notified of exactly this round, stage and dose."""
    named = getattr(taken.command, "policy_id", None)
    kind = (getattr(taken.command, "stage", None), getattr(taken.command, "dose", None))
    known = notices(taken.before.history, named)
    return kind in {(each.command.stage, each.command.dose) for each in known}


def notified_of_round(taken: Step) -> bool:
    """Whether the person was notified of the round, and of the slot's dose if there is a slot."""
    known = notices(taken.before.history, named_policy(taken))
    doses = {None} if taken.slot is None else {None, taken.slot.dose}
    carried = isinstance(taken.command, CarryOver)
    return any(carried or each.command.dose in doses for each in known)


def may_follow(taken: Step) -> bool:
    """Whether the table of transitions has the command in this status."""
    return (taken.before.status, type(taken.command)) in TRANSITIONS


def outcome(taken: Step) -> Outcome | None:
    return None if taken.decision is None else taken.decision.outcome


def _not_closed(taken: Step) -> bool:
    known = notices(taken.before.history, named_policy(taken))
    closes = known[-1].closes if known else None
    return closes is None or taken.now < closes


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, TAIWAN)


Assertion: TypeAlias = Callable[[Step], bool]

REFUSAL_ASSERTIONS: Final[Mapping[str, Assertion]] = {
    "command-id-reused": lambda taken: any(
        event.cause == taken.command.id and event.command != taken.command
        for event in taken.before.history
    ),
    "other-person": lambda taken: taken.before.subject not in (None, taken.command.subject),
    "actor-not-allowed": lambda taken: taken.command.actor not in ACTORS[type(taken.command)],
    "journey-closed": lambda taken: taken.before.status is Status.CLOSED,
    "identity-not-verified": lambda taken: taken.brought.get("claim") is None,
    "not-matched": lambda taken: taken.brought.get("registry") is RegistryAnswer.NOT_MATCHED,
    "registry-unavailable": lambda taken: (
        taken.brought.get("registry", RegistryAnswer.UNAVAILABLE) is RegistryAnswer.UNAVAILABLE
    ),
    "mobile-missing": lambda taken: taken.brought.get("mobile") is None,
    "registration-not-open": lambda taken: registration(taken) is False,
    "registration-not-stated": lambda taken: registration(taken) is None,
    "registration-gate-unchecked": lambda taken: gate(taken) == "unchecked",
    "registration-gate-closed": lambda taken: gate(taken) == "closed",
    "registration-gate-undetermined": lambda taken: gate(taken) == "undetermined",
    "already-registered": lambda taken: bool(
        wanted(taken.before.history) or (taken.other and wanted(taken.other.history))
    ),
    "not-registered": lambda taken: not taken.before.wanted,
    "vaccine-not-in-programme": lambda taken: (
        not asked_vaccines(taken) <= (taken.programme.vaccines or asked_vaccines(taken))
    ),
    "vaccine-already-added": lambda taken: bool(
        asked_vaccines(taken) & set(dict(taken.before.wanted))
    ),
    "vaccine-fixed": lambda taken: (
        taken.programme.same_vaccine and asked_vaccines(taken) != {first_vaccine(taken)}
    ),
    "vaccine-booked": lambda taken: any(
        each.slot.vaccine not in asked_vaccines(taken) for each in bookings(taken.before.history)
    ),
    "too-many-districts": lambda taken: (
        len(getattr(taken.command, "districts", ())) > (taken.programme.most_districts or 0)
    ),
    "edit-locked": lambda taken: lock(taken) == "locked",
    "edit-lock-not-stated": lambda taken: lock(taken) == "not-stated",
    "other-policy": lambda taken: taken.policy is None or taken.policy.id != named_policy(taken),
    "other-programme": lambda taken: (
        taken.policy is not None and taken.before.disease not in (None, taken.policy.disease)
    ),
    "not-decided": lambda taken: taken.decision is None,
    "decision-of-another-person": lambda taken: (
        taken.decision is not None and taken.decision.subject != taken.command.subject
    ),
    "decision-of-another-policy": lambda taken: (
        taken.decision is not None
        and taken.policy is not None
        and version(taken.decision) != (taken.policy.id, taken.policy.version, taken.policy.digest)
    ),
    "not-eligible": lambda taken: outcome(taken) is Outcome.INELIGIBLE,
    "eligibility-undetermined": lambda taken: outcome(taken) is Outcome.UNDETERMINED,
    "no-notification": lambda taken: (
        taken.policy is not None and taken.policy.notification == "none"
    ),
    "already-notified": was_notified,
    "no-longer-bookable": lambda taken: not bookable_later(taken),
    "notification-failed": lambda taken: taken.brought.get("delivery") is Delivery.FAILED,
    "notification-unknown": lambda taken: (
        taken.brought.get("delivery", Delivery.UNKNOWN) is Delivery.UNKNOWN
    ),
    "not-notified": lambda taken: not notified_of_round(taken),
    "notification-not-stated": lambda taken: (
        not notified_of_round(taken)
        and taken.policy is not None
        and taken.policy.notification == "not-stated"
    ),
    "nothing-to-carry-over": lambda taken: taken.before.status is not Status.NOTIFIED,
    "round-still-open": _not_closed,
    "already-booked": lambda taken: (
        (live(taken.before.history) is not None and not may_follow(taken))
        or (taken.other is not None and live(taken.other.history) is not None)
    ),
    "no-booking": lambda taken: taken.before.booking is None,
    "other-booking": lambda taken: (
        live_id(taken) not in (None, getattr(taken.command, "booking", None))
        and not (
            isinstance(taken.command, Cancel | CancelSession)
            and taken.command.booking in ids(taken)
        )
    ),
    "one-dose-at-a-time": lambda taken: not taken.programme.books_next_dose,
    "next-dose-booked": lambda taken: len(ids(taken)) > 1,
    "not-next-dose": lambda taken: not follows_the_booked(taken),
    "supposes-another-dose": lambda taken: taken.brought.get("supposes") != booked_dose(taken),
    "same-slot": lambda taken: (
        taken.before.booking is not None and taken.before.booking.slot == taken.slot
    ),
    "booked-elsewhere": lambda taken: elsewhere(taken) == "booked",
    "elsewhere-unknown": lambda taken: elsewhere(taken) == "unknown",
    "vaccine-not-registered": lambda taken: (
        bool(taken.before.wanted) and not asked_vaccines(taken) <= set(dict(taken.before.wanted))
    ),
    "dose-already-given": dose_given,
    "not-offered": lambda taken: not taken.offers,
    "day-not-offered": lambda taken: (
        bool(taken.offers) and not any(taken.day in offer.days for offer in taken.offers)
    ),
    "day-over": lambda taken: taken.day < taken.today,
    "window-not-open": lambda taken: windows_of_day(taken) == {False},
    "window-not-stated": lambda taken: windows_of_day(taken) in ({None}, {None, False}),
    "slot-full": lambda taken: place(taken) == "full",
    "slot-closed": lambda taken: place(taken) == "closed",
    "capacity-unknown": lambda taken: place(taken) == "unknown",
    "other-place": lambda taken: place(taken) == "another's",
    "hold-over": lambda taken: place(taken) == "over",
    "session-over": session_over,
    "books-no-places": lambda taken: (
        not taken.programme.books_without_window and not any(it.windows for it in taken.offers)
    ),
    "booking-over": lambda taken: day_of_booking(taken) < taken.today,
    "other-round": lambda taken: (
        taken.before.booking is not None
        and taken.before.booking.policy_id != getattr(taken.command, "policy_id", None)
    ),
    "move-changes-dose": lambda taken: (
        taken.before.booking is not None
        and taken.slot is not None
        and (taken.slot.vaccine, taken.slot.dose)
        != (taken.before.booking.slot.vaccine, taken.before.booking.slot.dose)
    ),
    "other-journey-unknown": second_number,
    "clock-behind": lambda taken: clock(taken) == "behind",
    "clock-ahead": lambda taken: clock(taken) == "ahead",
    "dose-number": lambda taken: (
        isinstance(taken.command, RecordDose) and not in_order(taken, taken.command)
    ),
    "dose-of-another-disease": lambda taken: (
        isinstance(taken.command, RecordDose) and of_another_disease(taken, taken.command)
    ),
    "not-correctable": lambda taken: (
        isinstance(taken.command, Correct) and not can_be_taken_back(taken, taken.command.event)
    ),
    "cancel-too-late": lambda taken: taken.now >= cancel_end(taken),
    "already-arrived": lambda taken: taken.before.status is Status.ARRIVED,
    "not-the-day": lambda taken: taken.today != taken.day,
    "day-not-over": lambda taken: taken.now < _midnight(taken.day + timedelta(days=1)),
    "dose-in-future": lambda taken: (
        isinstance(taken.command, RecordDose | Vaccinate)
        and taken.command.given is not None
        and taken.command.given.on > taken.today
    ),
    "dose-recorded": lambda taken: (
        isinstance(taken.command, RecordDose | Vaccinate) and on_record(taken, taken.command)
    ),
}
"""The assertion that each refusal code of a journey makes, so that refusals can be checked."""
