"""What is asked of each command of a journey, one question at a time.

A guard looks at a command in its circumstances and raises `Rejected`, or lets it pass. `GUARDS`
lists them in the order in which they are asked: whose journey, who asks, what has happened; then
identity, the turn, the window, the place. Whatever was not brought counts as missing: no answer is
never a yes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Final, TypeAlias

from vaxpolicy.booking.events import (
    ACTORS,
    TRANSITIONS,
    AddVaccine,
    Amend,
    DoseRecorded,
    Register,
    Status,
    Vaccinated,
    refusal,
)
from vaxpolicy.booking.programme import CancelUntil, EditLock, Programme
from vaxpolicy.booking.request import Delivery, Elsewhere, Request, in_taiwan, is_over, next_opening
from vaxpolicy.booking.slots import PlaceAnswer
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import Decision, Offer, Outcome, Policy
from vaxpolicy.identity import (
    MobileNumber,
    NhiClaim,
    PassportClaim,
    PermitClaim,
    RegistryAnswer,
)
from vaxpolicy.rules.policy import NOT_STATED, Window

__all__ = ["Guard"]


Guard: TypeAlias = Callable[[Request], None]

# Looked up once: until Python 3.12 a member takes as long to find as the rest of a guard to run.
_CLAIMS: Final = (NhiClaim, PermitClaim, PassportClaim)
_MATCHED: Final = RegistryAnswer.MATCHED
_ELIGIBLE: Final = Outcome.ELIGIBLE
_NOT_BOOKED: Final = Elsewhere.NOT_BOOKED
_DELIVERED: Final = Delivery.DELIVERED
_KEPT: Final = PlaceAnswer.KEPT

# -- whose journey, who asks, what has happened ----------------------------------------------------


def own_journey(case: Request) -> None:
    """The command is for the person whose journey it is."""
    subject = case.state.subject
    if subject is not None and subject != case.command.subject:
        raise case.rejected("other-person")


def actor_may(case: Request) -> None:
    """It is for this actor to do."""
    if case.command.actor not in ACTORS[type(case.command)]:
        raise case.rejected("actor-not-allowed")


def may_follow(case: Request) -> None:
    """The table of transitions has it."""
    if (case.state.status, type(case.command)) not in TRANSITIONS:
        code = refusal(case.state.status, type(case.command))
        assert code is not None  # noqa: S101  # a code for each pair that the table lacks
        raise case.rejected(code)


def own_booking(case: Request) -> None:
    """The command names the booking that stands."""
    if case.booking.command.id != case.command.booking:
        raise case.rejected("other-booking")


# -- identity and registration ---------------------------------------------------------------------


def identified(case: Request) -> None:
    """A claim that was checked is at hand."""
    if not isinstance(case.claim, _CLAIMS):
        raise case.rejected("identity-not-verified")


def matched(case: Request) -> None:
    """The registry knows the person; no answer is not a yes."""
    if case.registry is not _MATCHED:
        unknown = case.registry is RegistryAnswer.NOT_MATCHED
        raise case.rejected("not-matched" if unknown else "registry-unavailable")


def reachable(case: Request) -> None:
    """There is a mobile number."""
    if not isinstance(case.mobile, MobileNumber):
        raise case.rejected("mobile-missing")


def registration_open(case: Request) -> None:
    """Registration is surely open at this instant."""
    windows = _registration_windows(case.programme)
    unclear = not windows
    for window in windows:
        answer = window.is_open(case.now)
        if answer:
            return
        unclear = unclear or answer is None
    if unclear:
        raise case.rejected("registration-not-stated")
    raise case.rejected("registration-not-open", possible_from=next_opening(case, windows))


def gate_passed(case: Request) -> None:
    """Registration is open to this person, by a decision of the programme's gate."""
    gate, decision = case.programme.gate, case.gate
    if gate is None:
        return
    if decision is None or not _is_of(decision, gate) or decision.subject != case.command.subject:
        raise case.rejected("registration-gate-unchecked")
    if decision.outcome is Outcome.UNDETERMINED:
        raise case.rejected("registration-gate-undetermined")
    if decision.outcome is not Outcome.ELIGIBLE or not all(
        any(_lets_in(offer, vaccine, case) for offer in decision.offers)
        for vaccine in case.command.vaccines
    ):
        raise case.rejected("registration-gate-closed", reasons=decision.reasons)


def not_registered_yet(case: Request) -> None:
    """There is no registration, for there is never more than one."""
    if case.state.wanted:
        raise case.rejected("already-registered")


def registered(case: Request) -> None:
    """There is a registration."""
    if not case.state.wanted:
        raise case.rejected("not-registered")


def registered_if_asked(case: Request) -> None:
    """There is a registration, where the programme asks for one."""
    if case.programme.registration == "required" and not case.state.wanted:
        raise case.rejected("not-registered")


def in_programme(case: Request) -> None:
    """The programme gives the vaccines."""
    given = case.programme.vaccines
    if given is not None and not given.issuperset(_vaccines(case)):
        raise case.rejected("vaccine-not-in-programme")


def few_districts(case: Request) -> None:
    """No more districts than one may choose."""
    most = case.programme.most_districts
    if most is not None and len(case.command.districts) > most:
        raise case.rejected("too-many-districts")


def same_vaccine(case: Request) -> None:
    """Between first and second dose, the first one's vaccine alone, where the programme says so."""
    if case.programme.same_vaccine and case.state.doses:
        last = max(case.state.doses, key=lambda each: each.dose)
        if last.dose == 1 and any(vaccine != last.given.vaccine for vaccine in _vaccines(case)):
            raise case.rejected("vaccine-fixed")


def vaccine_is_new(case: Request) -> None:
    """The registration does not have the vaccine yet."""
    if any(vaccine == case.command.vaccine for vaccine, _ in case.state.wanted):
        raise case.rejected("vaccine-already-added")


def booked_vaccine_kept(case: Request) -> None:
    """A vaccine with a booking is not unticked."""
    booking = case.state.booking
    if booking is not None and booking.slot.vaccine not in case.command.vaccines:
        raise case.rejected("vaccine-booked")


def edit_not_locked(case: Request) -> None:
    """No booking and no notification locks the registration."""
    state, lock = case.state, case.programme.edit_lock
    if lock is None:
        return
    if isinstance(lock, EditLock) and state.booked_round_ends is not None:
        end = in_taiwan(state.booked_round_ends + timedelta(lock.days_after), lock.at)
        if case.now < end:
            raise case.rejected("edit-locked", possible_from=end)
    if state.status is Status.BOOKED:
        raise case.rejected("edit-lock-not-stated" if lock == NOT_STATED else "edit-locked")
    if state.status is Status.NOTIFIED:
        closes = None if state.notice is None else state.notice.closes
        if not isinstance(lock, EditLock) or (lock.notified and closes is None):
            raise case.rejected("edit-lock-not-stated")
        if lock.notified and closes is not None and case.now >= closes:
            raise case.rejected("edit-locked")


# -- the round and the decision --------------------------------------------------------------------


def of_named_policy(case: Request) -> None:
    """The policy at hand is that of the round that the command names."""
    if case.policy is None or case.policy.id != case.command.policy_id:
        raise case.rejected("other-policy")


def of_booked_policy(case: Request) -> None:
    """The policy at hand is that of the round of the booking."""
    if case.policy is None or case.policy.id != case.booking.policy_id:
        raise case.rejected("other-policy")


def of_this_disease(case: Request) -> None:
    """The round vaccinates against what this journey is about."""
    assert case.policy is not None  # noqa: S101  # the guard before has seen to it
    disease = case.state.disease
    if disease is not None and disease != case.policy.disease:
        raise case.rejected("other-programme")


def decided(case: Request) -> None:
    """There is a decision, about this person."""
    decision = case.decision
    if decision is None:
        raise case.rejected("not-decided")
    if decision.subject != case.command.subject:
        raise case.rejected("decision-of-another-person")


def decided_by_this_policy(case: Request) -> None:
    """It rests on this very text of the policy."""
    decision, policy = case.decision, case.policy
    if decision is not None and (policy is None or not _is_of(decision, policy)):
        raise case.rejected("decision-of-another-policy")


def eligible(case: Request) -> None:
    """It is the person's turn."""
    if case.decision is None or case.decision.outcome is _ELIGIBLE:
        return
    undetermined = case.decision.outcome is Outcome.UNDETERMINED
    code = "eligibility-undetermined" if undetermined else "not-eligible"
    raise case.rejected(code, reasons=case.decision.reasons)


# -- notification ----------------------------------------------------------------------------------


def round_notifies(case: Request) -> None:
    """The round notifies people."""
    if case.policy is not None and case.policy.notification == "none":
        raise case.rejected("no-notification")


def first_notice(case: Request) -> None:
    """The person was not told of this round before."""
    notice = case.state.notice
    if notice is not None and notice.policy_id == case.command.policy_id:
        raise case.rejected("already-notified")


def still_bookable(case: Request) -> None:
    """Some day that is offered may still be booked, now or later."""
    assert case.decision is not None  # noqa: S101  # the guard before has seen to it
    today = case.today.toordinal()
    for offer in case.decision.offers:
        if offer.days.spans[-1][1] >= today:
            for windows in offer.window_cases:
                for window in windows:
                    if not is_over(window, case.now):
                        return
    raise case.rejected("no-longer-bookable")


def delivered(case: Request) -> None:
    """The message has surely arrived."""
    if case.delivery is not _DELIVERED:
        failed = case.delivery is Delivery.FAILED
        raise case.rejected("notification-failed" if failed else "notification-unknown")


def notified_if_asked(case: Request) -> None:
    """The person was told of this round, where the round asks for that."""
    assert case.policy is not None  # noqa: S101  # the guard before has seen to it
    asked, notice = case.policy.notification, case.state.notice
    if asked in ("reminder", "none"):
        return
    if notice is None or notice.policy_id != case.policy.id:
        raise case.rejected("not-notified" if asked == "required" else "notification-not-stated")


def was_notified(case: Request) -> None:
    """The person was told of the round that the command names."""
    notice = case.state.notice
    if notice is None or notice.policy_id != case.command.policy_id:
        raise case.rejected("not-notified")


def round_over(case: Request) -> None:
    """Its booking has surely closed."""
    closes = None if case.state.notice is None else case.state.notice.closes
    if closes is None or case.now < closes:
        raise case.rejected("round-still-open", possible_from=closes)


# -- booking ---------------------------------------------------------------------------------------


def not_booked_elsewhere(case: Request) -> None:
    """No local system has a booking of the person, where that counts."""
    if case.programme.asks_elsewhere and case.elsewhere is not _NOT_BOOKED:
        booked = case.elsewhere is Elsewhere.BOOKED
        raise case.rejected("booked-elsewhere" if booked else "elsewhere-unknown")


def vaccine_registered(case: Request) -> None:
    """The person has registered for the vaccine, where the programme asks for registration."""
    if case.programme.registration == "required":
        vaccine = case.slot.vaccine
        for wanted, _ in case.state.wanted:
            if wanted == vaccine:
                return
        raise case.rejected("vaccine-not-registered" if case.state.wanted else "not-registered")


def dose_not_given(case: Request) -> None:
    """Neither the dose nor one after it has been given: in this season, where so counted."""
    if case.state.doses and any(each.dose >= case.slot.dose for each in _doses(case)):
        raise case.rejected("dose-already-given")


def day_offered(case: Request) -> None:
    """The decision offers the dose and vaccine, and on the slot's day."""
    if not case.offers_of_day:
        if not case.offers:
            raise case.rejected("not-offered")
        days = DaySet.none()
        for offer in case.offers:
            days |= offer.days
        raise case.rejected("day-not-offered", days=days)


def day_not_over(case: Request) -> None:
    """The slot's day is today or later."""
    if case.slot.day < case.today:
        raise case.rejected("day-over")


def window_open(case: Request) -> None:
    """The window of the very offer that has the day is open to this person at this instant."""
    answers: set[bool | None] = set()
    for offer in case.offers_of_day:
        answer = offer.bookable(case.now)
        if answer is True:
            case.offer = offer
            return
        answers.add(answer)
    if None in answers:
        raise case.rejected("window-not-stated")
    windows = tuple(window for offer in case.offers_of_day for window in offer.windows)
    raise case.rejected("window-not-open", possible_from=next_opening(case, windows))


def another_slot(case: Request) -> None:
    """A change is to another slot."""
    if case.booking.slot == case.slot:
        raise case.rejected("same-slot")


_NO_PLACE: Final = {
    PlaceAnswer.FULL: "slot-full",
    PlaceAnswer.CLOSED: "slot-closed",
    PlaceAnswer.UNKNOWN: "capacity-unknown",
}


def place_kept(case: Request) -> None:
    """A place in this slot is kept for this booking."""
    place = case.place
    if place is None:
        raise case.rejected("capacity-unknown")
    booking, command = place.booking, case.command
    same_slot = place.slot is command.slot or place.slot == command.slot
    if booking.subject != command.subject or booking.id != command.id or not same_slot:
        raise case.rejected("other-place")
    if place.answer is not _KEPT:
        raise case.rejected(_NO_PLACE[place.answer])


def may_cancel(case: Request) -> None:
    """It is not too late to cancel."""
    until = case.programme.cancel
    if isinstance(until, CancelUntil):
        end = in_taiwan(case.booking.slot.day - timedelta(days=until.days_before), until.at)
    else:
        end = case.booking.closes
    if case.now >= end:
        raise case.rejected("cancel-too-late")


# -- the day ---------------------------------------------------------------------------------------


def on_the_day(case: Request) -> None:
    """It is the day of the booking, at whatever hour."""
    if case.today != case.booking.slot.day:
        raise case.rejected("not-the-day", possible_from=in_taiwan(case.booking.slot.day, time.min))


def day_has_come(case: Request) -> None:
    """It is the day of the booking, or a later one on which records are caught up with."""
    if case.today < case.booking.slot.day:
        raise case.rejected("not-the-day", possible_from=in_taiwan(case.booking.slot.day, time.min))


def day_is_over(case: Request) -> None:
    """The day of the booking is over."""
    if case.today <= case.booking.slot.day:
        end = in_taiwan(case.booking.slot.day + timedelta(days=1), time.min)
        raise case.rejected("day-not-over", possible_from=end)


def dose_not_in_future(case: Request) -> None:
    """A dose is recorded when it was given, not before."""
    if case.command.given.on > case.today:
        raise case.rejected("dose-in-future")


def dose_not_recorded(case: Request) -> None:
    """Neither the vaccination nor, in this season, the dose's number is on record."""
    command = case.command
    if any(each.given == command.given for each in case.state.doses) or any(
        each.dose == command.dose for each in _doses(case)
    ):
        raise case.rejected("dose-recorded")


# -- small helpers ---------------------------------------------------------------------------------


def _is_of(decision: Decision, policy: Policy) -> bool:
    return (
        decision.policy_id == policy.id
        and decision.policy_version == policy.version
        and decision.policy_digest == policy.digest
    )


def _doses(case: Request) -> list[Vaccinated | DoseRecorded]:
    """The doses that count: all, or those of the season where the policy counts so."""
    since = None if case.policy is None else case.policy.counts_from
    return [each for each in case.state.doses if since is None or each.given.on >= since]


def _registration_windows(programme: Programme) -> tuple[Window, ...]:
    """When one may register; where that is not said by itself, what the gate's stages say."""
    if programme.registration_windows or programme.gate is None:
        return programme.registration_windows
    return tuple(window for stage in programme.gate.stages for window in stage.windows)


def _lets_in(offer: Offer, vaccine: str, case: Request) -> bool:
    """Whether one may register for the vaccine today under this offer of the gate."""
    open_now = offer.vaccine == vaccine and case.today in offer.days and offer.bookable(case.now)
    return open_now is True


def _vaccines(case: Request) -> tuple[str, ...]:
    """The vaccines that the command is about."""
    command = case.command
    if isinstance(command, Register | Amend):
        return command.vaccines
    return (command.vaccine if isinstance(command, AddVaccine) else case.slot.vaccine,)
