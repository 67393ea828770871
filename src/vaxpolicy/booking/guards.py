"""The conditions of each command of a journey, one function each.

A guard looks at a request and raises `Rejected`, or returns and has changed nothing. The table of
guards is `vaxpolicy.reservation.GUARDS`: first whose journey it is, who asks and what has happened,
then identity, the turn, the window and the place. An input that was not given counts as missing: a
missing answer is never a yes.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from vaxpolicy.booking.events import (
    ACTORS,
    LIVE,
    TRANSITIONS,
    AddVaccine,
    Amend,
    BookingCommand,
    BookNext,
    Cancel,
    CarryOver,
    Change,
    CheckIn,
    Correct,
    JourneyCommand,
    Move,
    Notify,
    RecordDose,
    Register,
    SlotRequest,
    Status,
    Vaccinate,
    WalkIn,
    Withdraw,
)
from vaxpolicy.booking.journey import State, taken_back
from vaxpolicy.booking.programme import CancelUntil, EditLock, Programme
from vaxpolicy.booking.request import Delivery, Elsewhere, Request, is_over, next_opening
from vaxpolicy.booking.slots import PlaceAnswer
from vaxpolicy.days import DaySet, in_taiwan
from vaxpolicy.eligibility import Decision, Offer, Outcome, Policy
from vaxpolicy.identity import (
    MobileNumber,
    NhiClaim,
    PassportClaim,
    PermitClaim,
    RegistryAnswer,
)
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.people import Dose
from vaxpolicy.rules.policy import NOT_STATED, Window

if TYPE_CHECKING:
    from collections.abc import Callable

_InRound: TypeAlias = Notify | SlotRequest | CarryOver
"""The commands that name a round."""

AnyRequest: TypeAlias = Request[JourneyCommand]
"""A request with a command of any kind."""

# Before Python 3.12, looking up an enum member costs as much as the rest of a guard.
_CLAIMS: Final = (NhiClaim, PermitClaim, PassportClaim)
_MATCHED: Final = RegistryAnswer.MATCHED
_ELIGIBLE: Final = Outcome.ELIGIBLE
_NOT_BOOKED: Final = Elsewhere.NOT_BOOKED
_DELIVERED: Final = Delivery.DELIVERED
_KEPT: Final = PlaceAnswer.KEPT

_PAUSE_YEARS: Final = 9
_LONGEST_PAUSE: Final = timedelta(days=3650)
"""Ten years: a clock that is further ahead of everything known is told."""


def own_journey(request: AnyRequest) -> None:
    """The command is for the person whose journey it is."""
    subject = request.state.subject
    if subject is not None and subject != request.command.subject:
        raise request.rejected("other-person")


def actor_may(request: AnyRequest) -> None:
    """This actor may send the command."""
    if request.command.actor not in ACTORS[type(request.command)]:
        raise request.rejected("actor-not-allowed")


def may_follow(request: AnyRequest) -> None:
    """The table of transitions allows the command in this status."""
    if (request.state.status, type(request.command)) not in TRANSITIONS:
        raise request.rejected(refusal(request.state.status, type(request.command)))


def time_goes_on(request: AnyRequest) -> None:
    """The instant is not before the last event, and not years after everything known."""
    last, policy, now = request.state.history.last, request.policy, request.now
    if last is not None:
        if now < last.at:
            raise request.rejected("clock-behind")
        # whole years first: they are compared faster than the rest of an instant
        if now.year - last.at.year >= _PAUSE_YEARS and now - last.at > _LONGEST_PAUSE:
            raise request.rejected("clock-ahead")
    if (
        policy is not None
        and now.year - policy.announced.year >= _PAUSE_YEARS
        and request.today - policy.announced > _LONGEST_PAUSE
    ):
        raise request.rejected("clock-ahead")


OF_ANY_COMMAND: Final = (own_journey, time_goes_on, actor_may, may_follow)
"""The guards that the row of every command begins with."""


def nothing_in_the_way(kind: type[JourneyCommand]) -> Callable[[AnyRequest], None]:
    """The guards of any command as one, for a kind of command, which is faster.

    It compares whole years, identities and sets. If one of the guards could refuse, all of them are
    asked in turn.
    """
    actors = ACTORS[kind]
    statuses = frozenset(status for status, it in TRANSITIONS if it is kind)

    def any_command(request: AnyRequest) -> None:
        state, command, now, policy = request.state, request.command, request.now, request.policy
        last = state.history.last
        if (
            command.actor in actors
            and state.status in statuses
            and (
                last is None
                or (
                    state.subject == command.subject
                    and now >= last.at
                    and now.year - last.at.year < _PAUSE_YEARS
                )
            )
            and (policy is None or now.year - policy.announced.year < _PAUSE_YEARS)
        ):
            return
        for guard in OF_ANY_COMMAND:
            guard(request)

    return any_command


def own_booking(request: Request[BookingCommand | Change | Move]) -> None:
    """The command names the live booking."""
    if request.booking.command.id != request.command.booking:
        raise request.rejected("other-booking")


def own_booking_or_next(request: Request[BookingCommand]) -> None:
    """The command names the live booking, or the booking of the next dose."""
    ahead = request.state.next_booking
    if ahead is None or ahead.command.id != request.command.booking:
        own_booking(request)


def identified(request: AnyRequest) -> None:
    """A checked claim is given."""
    if not isinstance(request.claim, _CLAIMS):
        raise request.rejected("identity-not-verified")


def matched(request: AnyRequest) -> None:
    """The registry knows the person; a missing answer is not a yes."""
    if request.registry is not _MATCHED:
        unknown = request.registry is RegistryAnswer.NOT_MATCHED
        raise request.rejected("not-matched" if unknown else "registry-unavailable")


def identified_again(request: AnyRequest) -> None:
    """A checked claim is given, unless the programme asks only at registration."""
    if request.programme.identity_at_booking:
        identified(request)


def matched_again(request: AnyRequest) -> None:
    """The registry knows the person, unless the programme asks only at registration."""
    if request.programme.identity_at_booking:
        matched(request)


def registered_once(request: Request[Register]) -> None:
    """There is no registration under the person's other pseudonym."""
    other = _other_journey(request)
    if other is not None and other.wanted:
        raise request.rejected("already-registered")


def booked_once(request: AnyRequest) -> None:
    """There is no booking under the person's other pseudonym."""
    other = _other_journey(request)
    if other is not None and other.booking is not None:
        raise request.rejected("already-booked")


def reachable(request: AnyRequest) -> None:
    """There is a mobile number."""
    if not isinstance(request.mobile, MobileNumber):
        raise request.rejected("mobile-missing")


def registration_open(request: AnyRequest) -> None:
    """Registration is surely open at this instant."""
    windows = _registration_windows(request.programme)
    unclear = not windows
    for window in windows:
        answer = window.is_open(request.now)
        if answer:
            return
        unclear = unclear or answer is None
    if unclear:
        raise request.rejected("registration-not-stated")
    raise request.rejected(
        "registration-not-open", possible_from=next_opening(request.now, windows)
    )


def gate_passed(request: Request[Register | Amend]) -> None:
    """Registration is open to this person, for each vaccine, by a decision of the gate."""
    gate, decision = request.programme.gate, request.gate
    if gate is None:
        return
    if (
        decision is None
        or not _is_of(decision, gate)
        or decision.subject != request.command.subject
    ):
        raise request.rejected("registration-gate-unchecked")
    if decision.outcome is Outcome.UNDETERMINED:
        raise request.rejected("registration-gate-undetermined")
    if decision.outcome is not Outcome.ELIGIBLE or not all(
        any(_lets_in(offer, vaccine, request) for offer in decision.offers)
        for vaccine in request.command.vaccines
    ):
        raise request.rejected("registration-gate-closed", reasons=decision.reasons)


def not_registered_yet(request: AnyRequest) -> None:
    """There is no registration yet; a person has only one."""
    if request.state.wanted:
        raise request.rejected("already-registered")


def registered(request: AnyRequest) -> None:
    """There is a registration."""
    if not request.state.wanted:
        raise request.rejected("not-registered")


def registered_if_asked(request: AnyRequest) -> None:
    """If the programme asks for it, there is a registration."""
    if request.programme.registration == "required" and not request.state.wanted:
        raise request.rejected("not-registered")


def in_programme(request: AnyRequest) -> None:
    """The programme gives the vaccines."""
    given = request.programme.vaccines
    if given is not None and not given.issuperset(_vaccines(request)):
        raise request.rejected("vaccine-not-in-programme")


def few_districts(request: Request[Register | Amend]) -> None:
    """The registration names no more districts than the programme allows."""
    most = request.programme.most_districts
    if most is not None and len(request.command.districts) > most:
        raise request.rejected("too-many-districts")


def same_vaccine(request: AnyRequest) -> None:
    """If the programme says so, the second dose has the vaccine of the first."""
    if request.programme.same_vaccine:
        doses = counted(request)
        if len(doses) == 1 and any(each != doses[0].vaccine for each in _vaccines(request)):
            raise request.rejected("vaccine-fixed")


def vaccine_is_new(request: Request[AddVaccine]) -> None:
    """The registration does not have the vaccine yet."""
    if any(vaccine == request.command.vaccine for vaccine, _ in request.state.wanted):
        raise request.rejected("vaccine-already-added")


def booked_vaccine_kept(request: Request[Amend]) -> None:
    """A vaccine with a booking is not unticked."""
    for booking in (request.state.booking, request.state.next_booking):
        if booking is not None and booking.slot.vaccine not in request.command.vaccines:
            raise request.rejected("vaccine-booked")


def edit_not_locked(request: AnyRequest) -> None:
    """No booking and no notification locks the registration."""
    state, lock = request.state, request.programme.edit_lock
    if lock is None:
        return
    if isinstance(lock, EditLock) and state.booked_round_ends is not None:
        end = in_taiwan(state.booked_round_ends + timedelta(lock.days_after), lock.at)
        if request.now < end:
            raise request.rejected("edit-locked", possible_from=end)
    if state.status is Status.BOOKED:
        raise request.rejected("edit-lock-not-stated" if lock == NOT_STATED else "edit-locked")
    if state.status is Status.NOTIFIED:
        closes = None if state.notice is None else state.notice.closes
        if not isinstance(lock, EditLock) or (lock.notified and closes is None):
            raise request.rejected("edit-lock-not-stated")
        if lock.notified and closes is not None and request.now >= closes:
            raise request.rejected("edit-locked")


def of_named_policy(request: Request[_InRound]) -> None:
    """The policy given is that of the round that the command names."""
    if request.policy is None or request.policy.id != request.command.policy_id:
        raise request.rejected("other-policy")


def of_booked_policy(request: AnyRequest) -> None:
    """The policy given is that of the round of the booking."""
    if request.policy is None or request.policy.id != request.booking.policy_id:
        raise request.rejected("other-policy")


def of_this_disease(request: AnyRequest) -> None:
    """The round vaccinates against what this journey is about."""
    disease, policy = request.state.disease, request.policy or request.round
    if disease is not None and disease != policy.disease:
        raise request.rejected("other-programme")


def decided(request: AnyRequest) -> None:
    """There is a decision about this person."""
    if request.decision is None:
        raise request.rejected("not-decided")
    if request.decision.subject != request.command.subject:
        raise request.rejected("decision-of-another-person")


def decided_by_this_policy(request: AnyRequest) -> None:
    """The decision was made under this exact text of the policy."""
    if not _is_of(request.decision or request.decided, request.policy or request.round):
        raise request.rejected("decision-of-another-policy")


def eligible(request: AnyRequest) -> None:
    """It is the person's turn."""
    decision = request.decision or request.decided
    if decision.outcome is _ELIGIBLE:
        return
    undetermined = decision.outcome is Outcome.UNDETERMINED
    code = "eligibility-undetermined" if undetermined else "not-eligible"
    raise request.rejected(code, reasons=decision.reasons)


def round_notifies(request: AnyRequest) -> None:
    """The round notifies people."""
    if request.round.notification == "none":
        raise request.rejected("no-notification")


def first_notice(request: Request[Notify]) -> None:
    """The person was not notified of this round, stage and dose before."""
    if request.state.notices:
        command = request.command
        for each in request.state.notices_of(command.policy_id):
            if (each.command.stage, each.command.dose) == (command.stage, command.dose):
                raise request.rejected("already-notified")


def still_bookable(request: Request[Notify]) -> None:
    """Some day that is offered, of the dose named, may still be booked, now or later."""
    now, today, dose = request.now, request.today.toordinal(), request.command.dose
    offers = request.decided.offers
    if dose is not None:
        offers = tuple(each for each in offers if each.dose == dose)
        if not offers:
            raise request.rejected("not-offered")
    without = request.programme.books_without_window
    for offer in offers:
        if offer.days.spans[-1][1] >= today:
            if without and not offer.windows:
                return
            for windows in offer.window_cases:
                for window in windows:
                    if not is_over(window, now):
                        return
    raise request.rejected("no-longer-bookable")


def delivered(request: AnyRequest) -> None:
    """The message has surely arrived."""
    if request.delivery is not _DELIVERED:
        failed = request.delivery is Delivery.FAILED
        raise request.rejected("notification-failed" if failed else "notification-unknown")


def notified_if_asked(request: Request[SlotRequest]) -> None:
    """If the round asks for it, the person was notified of this round and dose."""
    asked = (request.policy or request.round).notification
    if asked in ("reminder", "none"):
        return
    dose = request.command.slot.dose
    notices = request.state.notices_of(request.round.id)
    if not any(each.command.dose in (None, dose) for each in notices):
        raise request.rejected("not-notified" if asked == "required" else "notification-not-stated")


def round_over(request: Request[CarryOver]) -> None:
    """The person was notified of the round, and its booking has surely closed."""
    notices = request.state.notices_of(request.command.policy_id)
    if not notices:
        raise request.rejected("not-notified")
    closes = notices[-1].closes
    if closes is None or request.now < closes:
        raise request.rejected("round-still-open", possible_from=closes)


def not_booked_elsewhere(request: AnyRequest) -> None:
    """If the programme asks, no local system has a booking of the person."""
    if request.programme.asks_elsewhere and request.elsewhere is not _NOT_BOOKED:
        booked = request.elsewhere is Elsewhere.BOOKED
        raise request.rejected("booked-elsewhere" if booked else "elsewhere-unknown")


def vaccine_registered(request: Request[SlotRequest]) -> None:
    """If the programme asks for registration, the person has registered for the vaccine."""
    if request.programme.registration == "required":
        vaccine = request.command.slot.vaccine
        for wanted, _ in request.state.wanted:
            if wanted == vaccine:
                return
        raise request.rejected(
            "vaccine-not-registered" if request.state.wanted else "not-registered"
        )


def dose_not_given(request: Request[SlotRequest]) -> None:
    """The dose comes after those given, under either pseudonym, as the round counts them."""
    if request.state.doses or request.other is not None:
        slot, doses = request.command.slot, counted(request)
        if slot.dose <= min(_numbers(request, doses, slot.vaccine, slot.dose)):
            raise request.rejected("dose-already-given")


def day_offered(request: AnyRequest) -> None:
    """The decision offers the dose and the vaccine on the slot's day.

    A refusal names the days that are offered, but for those that are over.
    """
    if not request.offers_of_day:
        if not request.offers:
            raise request.rejected("not-offered")
        days = DaySet.none()
        for offer in request.offers:
            days |= offer.days
        days &= DaySet.between(request.today, None)
        raise request.rejected("day-not-offered", days=days)


def day_not_over(request: Request[SlotRequest]) -> None:
    """The slot's session is not over."""
    slot = request.command.slot
    if slot.day < request.today:
        raise request.rejected("day-over")
    if slot.ends is not None and request.now >= slot.over:
        raise request.rejected("session-over")


def find_offer(request: AnyRequest) -> Offer | None:
    """The offer of the slot's day under which it can be booked now, where there is one."""
    for offer in request.offers_of_day:
        if offer.bookable(request.now) is True:
            return offer
    return None


def window_open(request: AnyRequest) -> None:
    """A window of the offer that has the day is open to this person at this instant."""
    if find_offer(request) is not None:
        return
    offers = request.offers_of_day
    if not any(offer.windows for offer in offers):
        if request.programme.books_without_window:
            return
        raise request.rejected("books-no-places")
    if any(offer.bookable(request.now) is None for offer in offers):
        raise request.rejected("window-not-stated")
    windows = tuple(window for offer in offers for window in offer.windows)
    raise request.rejected("window-not-open", possible_from=next_opening(request.now, windows))


def one_dose_ahead(request: AnyRequest) -> None:
    """The programme books the next dose ahead, and it is not booked yet."""
    if not request.programme.books_next_dose:
        raise request.rejected("one-dose-at-a-time")
    if request.state.next_booking is not None:
        raise request.rejected("next-dose-booked")


def next_dose(request: Request[BookNext]) -> None:
    """The slot is for the dose after the booked one, on a later day."""
    first, slot = request.booking.slot, request.command.slot
    if slot.dose != first.dose + 1 or slot.day <= first.day:
        raise request.rejected("not-next-dose")


def supposes_the_booking(request: AnyRequest) -> None:
    """The decision supposes that the booked dose is given on its day."""
    slot = request.booking.slot
    if request.supposes != Dose(slot.vaccine, slot.day):
        raise request.rejected("supposes-another-dose")


def next_not_booked(request: AnyRequest) -> None:
    """The next dose is not booked: its day was chosen by the day of this booking."""
    if request.state.next_booking is not None:
        raise request.rejected("next-dose-booked")


def booking_not_over(request: AnyRequest) -> None:
    """The day of the booking is not over."""
    if request.today > request.booking.slot.day:
        raise request.rejected("booking-over")


def in_booked_round(request: Request[Change | Move]) -> None:
    """The command names the round of the booking."""
    if request.command.policy_id != request.booking.policy_id:
        raise request.rejected("other-round")


def same_dose(request: Request[Move]) -> None:
    """A move is to a slot for the same vaccine and dose."""
    old, new = request.booking.slot, request.command.slot
    if (old.vaccine, old.dose) != (new.vaccine, new.dose):
        raise request.rejected("move-changes-dose")


def another_slot(request: Request[Change | Move]) -> None:
    """The command is for another slot than the booked one."""
    if request.booking.slot == request.slot:
        raise request.rejected("same-slot")


_NO_PLACE: Final = {
    PlaceAnswer.FULL: "slot-full",
    PlaceAnswer.CLOSED: "slot-closed",
    PlaceAnswer.UNKNOWN: "capacity-unknown",
}


def place_kept(request: Request[SlotRequest]) -> None:
    """A place in this slot is kept for this booking, and still is at this instant."""
    place = request.place
    if place is None:
        raise request.rejected("capacity-unknown")
    booking, command = place.booking, request.command
    same_slot = place.slot is command.slot or place.slot == command.slot
    if booking.subject != command.subject or booking.id != command.id or not same_slot:
        raise request.rejected("other-place")
    if place.answer is not _KEPT:
        raise request.rejected(_NO_PLACE[place.answer])
    if place.until is not None and request.now >= place.until:
        raise request.rejected("hold-over")


def may_cancel(request: AnyRequest) -> None:
    """It is not too late to cancel."""
    booked = request.named_booking
    if request.today > booked.slot.day:
        raise request.rejected("booking-over")
    until = request.programme.cancel
    if isinstance(until, CancelUntil):
        end = in_taiwan(booked.slot.day - timedelta(days=until.days_before), until.at)
    else:
        end = booked.closes or in_taiwan(booked.slot.day, time.min)
    if request.now >= end:
        raise request.rejected("cancel-too-late")


def on_the_day(request: AnyRequest) -> None:
    """It is the day of the booking, at any hour."""
    if request.today != request.booking.slot.day:
        raise request.rejected(
            "not-the-day", possible_from=in_taiwan(request.booking.slot.day, time.min)
        )


def today_is_booked(request: Request[WalkIn]) -> None:
    """A person who walks in comes on the day of the slot."""
    if request.today != request.command.slot.day:
        raise request.rejected("not-the-day")


def vaccination_has_come(request: Request[Vaccinate]) -> None:
    """The day of the booking has come, or what was given says another day that has come."""
    given = request.command.given
    if given is None:
        day_has_come(request)
    elif given.on > request.today:
        raise request.rejected("dose-in-future")


def vaccination_is_new(request: Request[Vaccinate]) -> None:
    """This dose of that day is not on record yet."""
    if request.state.doses:
        slot = request.booking.slot
        given = request.command.given or Dose(slot.vaccine, slot.day)
        if any(each.given == given for each in request.state.doses):
            raise request.rejected("dose-recorded")


def day_has_come(request: AnyRequest) -> None:
    """It is the day of the booking or a later one, on which it is recorded late."""
    if request.today < request.booking.slot.day:
        raise request.rejected(
            "not-the-day", possible_from=in_taiwan(request.booking.slot.day, time.min)
        )


def day_is_over(request: AnyRequest) -> None:
    """The day of the booking is over."""
    if request.today <= request.booking.slot.day:
        end = in_taiwan(request.booking.slot.day + timedelta(days=1), time.min)
        raise request.rejected("day-not-over", possible_from=end)


def dose_not_in_future(request: Request[RecordDose]) -> None:
    """The day of the dose has come."""
    if request.command.given.on > request.today:
        raise request.rejected("dose-in-future")


def dose_not_recorded(request: Request[RecordDose]) -> None:
    """No dose of that day is on record."""
    given = request.command.given
    known = counted(request)
    if given in [each.given for each in request.state.doses] or given.on in [x.on for x in known]:
        raise request.rejected("dose-recorded")


def dose_of_this_disease(request: Request[RecordDose]) -> None:
    """If a round was given, the vaccine is against its disease."""
    policy, disease = request.policy, request.state.disease
    if policy is None:
        return
    if disease is not None and disease != policy.disease:
        raise request.rejected("other-programme")
    if request.command.given.vaccine not in compile_policy(policy).vaccines:
        raise request.rejected("dose-of-another-disease")


def dose_in_order(request: Request[RecordDose]) -> None:
    """If a round was given, the number of the dose is its place among the doses on record."""
    if request.policy is None:
        return
    given, dose = request.command.given, request.command.dose
    earlier = [each for each in counted(request) if each.on < given.on]
    if dose - 1 not in _numbers(request, earlier, given.vaccine, dose):
        raise request.rejected("dose-number")


def correctable(request: Request[Correct]) -> None:
    """The event is a dose on record, or the last step: an arrival, a missed day or a deferral."""
    if taken_back(request.state, request.command.event) is None:
        raise request.rejected("not-correctable")


def _is_of(decision: Decision, policy: Policy) -> bool:
    return (
        decision.policy_id == policy.id
        and decision.policy_version == policy.version
        and decision.policy_digest == policy.digest
    )


def counted(request: AnyRequest) -> list[Dose]:
    """The doses of both journeys that count, as eligibility counts them: by disease and season.

    If no round was given, the gate of the programme decides which doses count. For `BookNext`, the
    booked dose counts as given.
    """
    other = request.other
    doses = request.state.doses if other is None else (*request.state.doses, *other.doses)
    known = [each.given for each in doses]
    if isinstance(request.command, BookNext) and request.state.booked_dose is not None:
        known.append(request.state.booked_dose)
    if not known:
        return []
    policy = request.policy or request.programme.gate
    given = list(dict.fromkeys(known))
    if policy is not None:
        ours = compile_policy(policy).vaccines
        given = [each for each in given if each.vaccine in ours]
        if policy.counts_from is not None:
            given = [each for each in given if each.on >= policy.counts_from]
    return given


def _numbers(request: AnyRequest, doses: list[Dose], vaccine: str, dose: int) -> set[int]:
    """The number of these doses before a dose of this vaccine, by each way of counting.

    A rule can count only the doses of some vaccines, and a programme against several diseases
    counts by disease. If some doses do not count, only the decision knows how many do.
    """
    policy = request.policy
    if policy is None:
        return {len(doses)}
    if policy.minimums or policy.spacings:
        return set(range(len(doses) + 1))
    rules = [rule for stage in policy.stages for rule in stage.rules if vaccine in rule.vaccines]
    ways = {frozenset(rule.counts) for rule in rules if rule.dose == dose} or {frozenset[str]()}
    if policy.diseases and vaccine in policy.vaccines:
        against = set(policy.vaccines[vaccine].diseases)
        known = policy.vaccines
        doses = [each for each in doses if against.intersection(known[each.vaccine].diseases)]
    return {sum(not way or each.vaccine in way for each in doses) for way in ways}


def _other_journey(request: AnyRequest) -> State | None:
    """The journey under the person's other pseudonym, which a claim with two numbers needs."""
    claim, other = request.claim, request.other
    if other is not None and other.subject == request.command.subject:
        other = None
    if other is None and claim is not None and claim.also_known_as is not None:
        raise request.rejected("other-journey-unknown")
    return other


def _registration_windows(programme: Programme) -> tuple[Window, ...]:
    """The windows for registering: the programme's own, or else those of the gate's stages."""
    if programme.registration_windows or programme.gate is None:
        return programme.registration_windows
    return tuple(window for stage in programme.gate.stages for window in stage.windows)


def _lets_in(offer: Offer, vaccine: str, request: AnyRequest) -> bool:
    """Whether one may register for the vaccine today under this offer of the gate."""
    open_now = (
        offer.vaccine == vaccine and request.today in offer.days and offer.bookable(request.now)
    )
    return open_now is True


def _vaccines(request: AnyRequest) -> tuple[str, ...]:
    """The vaccines that the command is about."""
    command = request.command
    if isinstance(command, Register | Amend):
        return command.vaccines
    return (command.vaccine if isinstance(command, AddVaccine) else request.slot.vaccine,)


_BEFORE_ARRIVAL: Final = (Amend, BookNext, Change, Move, Cancel, CheckIn)


def refusal(status: Status, command: type[JourneyCommand]) -> str:
    """The code with which a command is refused in a status that `TRANSITIONS` does not list."""
    if status is Status.CLOSED:
        return "journey-closed"
    if status in LIVE:
        arrived = status is Status.ARRIVED and command in _BEFORE_ARRIVAL
        return "already-arrived" if arrived else "already-booked"
    if command is Register:
        return "already-registered"
    if command in (Amend, Withdraw, AddVaccine):
        return "not-registered"
    if command is Correct:
        return "not-correctable"
    return "nothing-to-carry-over" if command is CarryOver else "no-booking"
