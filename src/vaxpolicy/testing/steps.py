"""A step of a journey, and what was so when it was taken.

A step is a command with all that was brought, the state before, and what came of it: events or a
refusal. `REFUSAL_ASSERTIONS` says what each code asserts; `vaxpolicy.testing.journey_laws` what
holds of every step. Both are written in the words of the programme, not of the code that decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import field, frozen

from vaxpolicy.booking.events import (
    ACTORS,
    TRANSITIONS,
    AddVaccine,
    Amend,
    AnyCommand,
    AnyEvent,
    Book,
    Change,
    DoseRecorded,
    RecordDose,
    Register,
    Status,
    Vaccinated,
)
from vaxpolicy.booking.journey import State, evolve
from vaxpolicy.booking.programme import CancelUntil, EditLock, Programme
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.request import Delivery, Elsewhere
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Offer, Outcome, Policy
from vaxpolicy.identity import RegistryAnswer
from vaxpolicy.reservation import decide

if TYPE_CHECKING:
    from vaxpolicy.booking.slots import PlaceAnswer, Slot

__all__ = ["REFUSAL_ASSERTIONS", "Assertion", "Step", "step"]


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


# -- the facts behind a step, in words -------------------------------------------------------------


def version(decision: Decision) -> tuple[str, str, str]:
    return decision.policy_id, decision.policy_version, decision.policy_digest


def named_policy(it: Step) -> str | None:
    """The round that the command names, or else that of the booking."""
    booking = it.before.booking
    named: str | None = getattr(it.command, "policy_id", None)
    return named or (None if booking is None else booking.policy_id)


def standing(it: Step) -> str | None:
    return None if it.before.booking is None else it.before.booking.id


def registration(it: Step) -> bool | None:
    """Whether registration is open; None: not stated."""
    windows = it.programme.registration_windows
    if not windows and it.programme.gate is not None:
        windows = tuple(each for stage in it.programme.gate.stages for each in stage.windows)
    answers = [window.is_open(it.now) for window in windows] or [None]
    return True if True in answers else None if None in answers else False


def gate(it: Step) -> str:
    """What the gate says: open, closed, undetermined or unchecked."""
    policy, decision = it.programme.gate, it.brought.get("gate")
    if policy is None:
        return "open"
    ours = (policy.id, policy.version, policy.digest)
    if decision is None or version(decision) != ours or decision.subject != it.command.subject:
        return "unchecked"
    if decision.outcome is Outcome.UNDETERMINED:
        return "undetermined"
    let_in = {
        offer.vaccine
        for offer in decision.offers
        if it.today in offer.days and offer.bookable(it.now)
    }
    eligible = decision.outcome is Outcome.ELIGIBLE
    return "open" if eligible and asked_vaccines(it) <= let_in else "closed"


def asked_vaccines(it: Step) -> set[str]:
    command = it.command
    if isinstance(command, Register | Amend):
        return set(command.vaccines)
    if isinstance(command, AddVaccine):
        return {command.vaccine}
    return {command.slot.vaccine} if isinstance(command, Book | Change) else set()


def fixed(it: Step) -> str | None:
    """The vaccine of dose 1, where dose 2 is next."""
    doses = {each.dose: each.given.vaccine for each in it.before.doses}
    return doses[1] if doses and max(doses) == 1 else None


def lock(it: Step) -> str:
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


def elsewhere(it: Step) -> str:
    if not it.programme.asks_elsewhere:
        return "not-booked"
    answer: Elsewhere = it.brought.get("elsewhere", Elsewhere.UNKNOWN)
    return answer.value


def bookable_later(it: Step) -> bool:
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


def place(it: Step) -> str:
    """What is known of the place: kept, full, closed, unknown or another's."""
    place = it.brought.get("place")
    if place is None:
        return "unknown"
    mine = (place.booking.subject, place.booking.id) == (it.command.subject, it.command.id)
    if not mine or place.slot != it.slot:
        return "another's"
    answer: PlaceAnswer = place.answer
    return answer.value


def doses(it: Step) -> list[Vaccinated | DoseRecorded]:
    """The doses that count in this season."""
    since = None if it.policy is None else it.policy.counts_from
    return [each for each in it.before.doses if since is None or each.given.on >= since]


def dose_given(it: Step) -> bool:
    return it.slot is not None and any(each.dose >= it.slot.dose for each in doses(it))


def on_record(it: Step, command: RecordDose) -> bool:
    return command.given in [each.given for each in it.before.doses] or command.dose in [
        each.dose for each in doses(it)
    ]


def cancel_end(it: Step) -> datetime:
    until, booking = it.programme.cancel, it.before.booking
    if booking is None:
        return it.now
    if isinstance(until, CancelUntil):
        day = booking.slot.day - timedelta(days=until.days_before)
        return datetime.combine(day, until.at, TAIWAN)
    return booking.closes


def windows_of_day(it: Step) -> set[bool | None]:
    return {offer.bookable(it.now) for offer in it.offers if it.day in offer.days}


def was_notified(it: Step) -> bool:
    notice, named = it.before.notice, getattr(it.command, "policy_id", None)
    return notice is not None and notice.policy_id == named


def may(it: Step) -> bool:
    return (it.before.status, type(it.command)) in TRANSITIONS


def outcome(it: Step) -> Outcome | None:
    return None if it.decision is None else it.decision.outcome


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, TAIWAN)


Assertion: TypeAlias = Callable[[Step], bool]

REFUSAL_ASSERTIONS: Final[Mapping[str, Assertion]] = {
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
    "registration-not-open": lambda it: registration(it) is False,
    "registration-not-stated": lambda it: registration(it) is None,
    "registration-gate-unchecked": lambda it: gate(it) == "unchecked",
    "registration-gate-closed": lambda it: gate(it) == "closed",
    "registration-gate-undetermined": lambda it: gate(it) == "undetermined",
    "already-registered": lambda it: bool(it.before.wanted),
    "not-registered": lambda it: not it.before.wanted,
    "vaccine-not-in-programme": lambda it: (
        not asked_vaccines(it) <= (it.programme.vaccines or asked_vaccines(it))
    ),
    "vaccine-already-added": lambda it: bool(asked_vaccines(it) & set(dict(it.before.wanted))),
    "vaccine-fixed": lambda it: it.programme.same_vaccine and asked_vaccines(it) != {fixed(it)},
    "vaccine-booked": lambda it: (
        it.before.booking is not None and it.before.booking.slot.vaccine not in asked_vaccines(it)
    ),
    "too-many-districts": lambda it: (
        len(getattr(it.command, "districts", ())) > (it.programme.most_districts or 0)
    ),
    "edit-locked": lambda it: lock(it) == "locked",
    "edit-lock-not-stated": lambda it: lock(it) == "not-stated",
    "other-policy": lambda it: it.policy is None or it.policy.id != named_policy(it),
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
        and version(it.decision) != (it.policy.id, it.policy.version, it.policy.digest)
    ),
    "not-eligible": lambda it: outcome(it) is Outcome.INELIGIBLE,
    "eligibility-undetermined": lambda it: outcome(it) is Outcome.UNDETERMINED,
    "no-notification": lambda it: it.policy is not None and it.policy.notification == "none",
    "already-notified": was_notified,
    "no-longer-bookable": lambda it: not bookable_later(it),
    "notification-failed": lambda it: it.brought.get("delivery") is Delivery.FAILED,
    "notification-unknown": lambda it: (
        it.brought.get("delivery", Delivery.UNKNOWN) is Delivery.UNKNOWN
    ),
    "not-notified": lambda it: not was_notified(it),
    "notification-not-stated": lambda it: (
        not was_notified(it) and it.policy is not None and it.policy.notification == "not-stated"
    ),
    "nothing-to-carry-over": lambda it: it.before.status is not Status.NOTIFIED,
    "round-still-open": lambda it: (
        it.before.notice is None
        or it.before.notice.closes is None
        or it.now < it.before.notice.closes
    ),
    "already-booked": lambda it: it.before.booking is not None and not may(it),
    "no-booking": lambda it: it.before.booking is None,
    "other-booking": lambda it: standing(it) not in (None, getattr(it.command, "booking", None)),
    "same-slot": lambda it: it.before.booking is not None and it.before.booking.slot == it.slot,
    "booked-elsewhere": lambda it: elsewhere(it) == "booked",
    "elsewhere-unknown": lambda it: elsewhere(it) == "unknown",
    "vaccine-not-registered": lambda it: (
        bool(it.before.wanted) and not asked_vaccines(it) <= set(dict(it.before.wanted))
    ),
    "dose-already-given": dose_given,
    "not-offered": lambda it: not it.offers,
    "day-not-offered": lambda it: (
        bool(it.offers) and not any(it.day in offer.days for offer in it.offers)
    ),
    "day-over": lambda it: it.day < it.today,
    "window-not-open": lambda it: windows_of_day(it) == {False},
    "window-not-stated": lambda it: windows_of_day(it) in ({None}, {None, False}),
    "slot-full": lambda it: place(it) == "full",
    "slot-closed": lambda it: place(it) == "closed",
    "capacity-unknown": lambda it: place(it) == "unknown",
    "other-place": lambda it: place(it) == "another's",
    "cancel-too-late": lambda it: it.now >= cancel_end(it),
    "already-arrived": lambda it: it.before.status is Status.ARRIVED,
    "not-the-day": lambda it: it.today != it.day,
    "day-not-over": lambda it: it.now < _midnight(it.day + timedelta(days=1)),
    "dose-in-future": lambda it: (
        isinstance(it.command, RecordDose) and it.command.given.on > it.today
    ),
    "dose-recorded": lambda it: isinstance(it.command, RecordDose) and on_record(it, it.command),
}
"""What each code of a journey's refusal claims, so that a refusal can be checked as well."""
