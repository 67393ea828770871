"""What has happened to a booking, and what may happen next.

`decide` judges a command and gives the event that follows, or raises `Rejected` with a stable code;
`evolve` adds an event to the state of a person's journey. Whatever stands outside the journey is an
argument: the policy, the person's decision, a place in a slot, what registries, gateways and other
booking systems said. Each counts as missing unless it was brought; no answer is never a yes.

The turn and the booking window are judged anew at every step, with the instant given: when people
are notified, when they book and change, and (the turn) when they check in. That a dose was given is
a fact, and is recorded as one.

The parts are in `vaxpolicy.booking`: `events` has the words and the table of transitions, `guards`
the conditions of each command, `journey` the state, `programme` what holds across rounds, `request`
what a command is judged with, `refusals` the codes, and `slots` the places of a slot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from vaxpolicy.booking.events import (
    ACTORS,
    EVENTS,
    TRANSITIONS,
    AddVaccine,
    Amend,
    Amended,
    AnyCommand,
    AnyEvent,
    Arrived,
    Book,
    Booked,
    Booking,
    Cancel,
    Cancelled,
    CancelSession,
    CarriedOver,
    CarryOver,
    Change,
    Changed,
    CheckIn,
    Close,
    Closed,
    CloseReason,
    Defer,
    Deferred,
    DoseRecorded,
    JourneyCommand,
    Miss,
    Missed,
    Notified,
    Notify,
    RecordDose,
    Register,
    Registered,
    SessionCancelled,
    Status,
    Vaccinate,
    Vaccinated,
    VaccineAdded,
    Withdraw,
    Withdrawn,
)
from vaxpolicy.booking.guards import (
    Guard,
    actor_may,
    another_slot,
    booked_vaccine_kept,
    day_has_come,
    day_is_over,
    day_not_over,
    day_offered,
    decided,
    decided_by_this_policy,
    delivered,
    dose_not_given,
    dose_not_in_future,
    dose_not_recorded,
    edit_not_locked,
    eligible,
    few_districts,
    first_notice,
    gate_passed,
    identified,
    in_programme,
    matched,
    may_cancel,
    may_follow,
    not_booked_elsewhere,
    not_registered_yet,
    notified_if_asked,
    of_booked_policy,
    of_named_policy,
    of_this_disease,
    on_the_day,
    own_booking,
    own_journey,
    place_kept,
    reachable,
    registered,
    registered_if_asked,
    registration_open,
    round_notifies,
    round_over,
    same_vaccine,
    still_bookable,
    vaccine_is_new,
    vaccine_registered,
    was_notified,
    window_open,
)
from vaxpolicy.booking.journey import (
    State,
    evolve,
    initial,
    is_terminal,
    replay,
    with_journey,
)
from vaxpolicy.booking.programme import (
    ROUND_4_EDIT_LOCK,
    WHILE_WINDOW_OPEN,
    CancelUntil,
    EditLock,
    Programme,
)
from vaxpolicy.booking.refusals import (
    CODES,
    Help,
    Rejected,
)
from vaxpolicy.booking.request import (
    Delivery,
    Elsewhere,
    Request,
    last_closing,
    last_day,
    open_until,
)
from vaxpolicy.booking.slots import (
    BookingRef,
    Place,
    PlaceAnswer,
    Slot,
)
from vaxpolicy.booking.streams import (
    Actor,
    BrokenStream,
    Command,
    answered,
)
from vaxpolicy.eligibility import Decision, Policy
from vaxpolicy.identity import (
    Claim,
    MobileNumber,
    RegistryAnswer,
)
from vaxpolicy.rules.people import Dose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from vaxpolicy.eligibility import Decision, Policy

__all__ = [
    "ACTORS",
    "CODES",
    "EVENTS",
    "GUARDS",
    "ROUND_4_EDIT_LOCK",
    "TRANSITIONS",
    "WHILE_WINDOW_OPEN",
    "Actor",
    "AddVaccine",
    "Amend",
    "Amended",
    "AnyCommand",
    "AnyEvent",
    "Arrived",
    "Book",
    "Booked",
    "Booking",
    "BookingRef",
    "BrokenStream",
    "Cancel",
    "CancelSession",
    "CancelUntil",
    "Cancelled",
    "CarriedOver",
    "CarryOver",
    "Change",
    "Changed",
    "CheckIn",
    "Close",
    "CloseReason",
    "Closed",
    "Defer",
    "Deferred",
    "Delivery",
    "DoseRecorded",
    "EditLock",
    "Elsewhere",
    "Help",
    "Miss",
    "Missed",
    "Notified",
    "Notify",
    "Place",
    "PlaceAnswer",
    "Programme",
    "RecordDose",
    "Register",
    "Registered",
    "Rejected",
    "Request",
    "SessionCancelled",
    "Slot",
    "State",
    "Status",
    "Vaccinate",
    "Vaccinated",
    "VaccineAdded",
    "Withdraw",
    "Withdrawn",
    "decide",
    "evolve",
    "initial",
    "is_terminal",
    "replay",
    "with_journey",
]

_DEFAULT: Final = Programme()


def decide(
    state: State,
    command: AnyCommand,
    *,
    now: datetime,
    policy: Policy | None = None,
    decision: Decision | None = None,
    programme: Programme = _DEFAULT,
    place: Place | None = None,
    claim: Claim | None = None,
    registry: RegistryAnswer = RegistryAnswer.UNAVAILABLE,
    mobile: MobileNumber | None = None,
    gate: Decision | None = None,
    elsewhere: Elsewhere = Elsewhere.UNKNOWN,
    delivery: Delivery = Delivery.UNKNOWN,
) -> tuple[AnyEvent, ...]:
    """The events of a command: one; none where this very command has been done before.

    Args:
        state: the journey.
        command: what is wanted.
        now: the instant.
        policy: the round's policy, for `Notify`, `Book`, `Change` and `CheckIn`.
        decision: the person's decision under that policy, for the same commands.
        programme: what holds across rounds.
        place: what the slot's stream says of this booking (`vaxpolicy.booking.slots.place`), for
            `Book` and `Change`; the booking is the command's subject and id.
        claim: the claim that the form gave (`vaxpolicy.identity.check_form`), for `Register`.
        registry: what the registry says of the claim, for `Register`.
        mobile: the number for messages, for `Register`; it goes no further.
        gate: the person's decision under the programme's gate, for `Register`.
        elsewhere: what local booking systems say, for `Notify` and `Book`.
        delivery: what the gateway says of the message, for `Notify`.

    Raises:
        Rejected: it may not be done; nothing has changed.
        ValueError: the instant lacks its UTC offset.
    """
    if now.utcoffset() is None:
        raise ValueError("expected a datetime with its UTC offset")
    if answered(state.history, command):
        return ()
    case = Request(
        state,
        command,
        now,
        policy,
        programme,
        decision,
        gate,
        place,
        claim,
        registry,
        mobile,
        elsewhere,
        delivery,
    )
    kind = type(command)
    for guard in GUARDS[kind]:
        guard(case)
    return (_RECORD.get(kind, _plain)(case, EVENTS[kind]),)


# -- the event of a command that has passed its guards ---------------------------------------------


def _plain(case: Request, event: Callable[..., AnyEvent]) -> AnyEvent:
    return event(len(case.state.history) + 1, case.now, case.command)


def _notified(case: Request, event: Callable[..., AnyEvent]) -> AnyEvent:
    policy, decision, version = case.policy, case.decision, len(case.state.history) + 1
    assert policy is not None  # noqa: S101  # the guards have seen to it
    assert decision is not None  # noqa: S101  # and to it
    closes = last_closing(decision)
    return event(version, case.now, case.command, policy.version, policy.disease, closes)


def _booked(case: Request, event: Callable[..., AnyEvent]) -> AnyEvent:
    policy, offer, version = case.policy, case.offer, len(case.state.history) + 1
    assert policy is not None  # noqa: S101  # the guards have seen to it
    assert offer is not None  # noqa: S101  # and found it
    return event(
        version,
        case.now,
        case.command,
        policy.version,
        offer.rule_id,
        policy.disease,
        open_until(offer, case.now),
        last_day(policy),
    )


def _vaccinated(case: Request, event: Callable[..., AnyEvent]) -> AnyEvent:
    slot, version = case.booking.slot, len(case.state.history) + 1
    return event(version, case.now, case.command, slot.dose, Dose(slot.vaccine, slot.day))


_RECORD: Final[Mapping[type[Command], Callable[[Request, Callable[..., AnyEvent]], AnyEvent]]] = {
    Notify: _notified,
    Book: _booked,
    Change: _booked,
    Vaccinate: _vaccinated,
}


# -- the table -------------------------------------------------------------------------------------

_COMMON: Final = (own_journey, actor_may, may_follow)
_TURN: Final = (decided, decided_by_this_policy, eligible)
_EDIT: Final = (registered, registration_open, edit_not_locked)
_SLOT: Final = (
    *(vaccine_registered, same_vaccine, dose_not_given),
    *(day_offered, day_not_over, window_open, place_kept),
)

GUARDS: Final[dict[type[JourneyCommand], tuple[Guard, ...]]] = {
    Register: (
        *_COMMON,
        *(not_registered_yet, identified, matched, reachable, registration_open, gate_passed),
        *(in_programme, same_vaccine, few_districts),
    ),
    Amend: (
        *(*_COMMON, *_EDIT, gate_passed),
        *(booked_vaccine_kept, in_programme, same_vaccine, few_districts),
    ),
    Withdraw: (*_COMMON, *_EDIT),
    AddVaccine: (*_COMMON, registered, vaccine_is_new, in_programme, same_vaccine),
    Notify: (
        *(*_COMMON, registered_if_asked, of_named_policy, of_this_disease),
        *(round_notifies, first_notice, *_TURN),
        *(not_booked_elsewhere, still_bookable, delivered),
    ),
    Book: (
        *(*_COMMON, of_named_policy, of_this_disease, *_TURN),
        *(notified_if_asked, not_booked_elsewhere, *_SLOT),
    ),
    Change: (
        *(*_COMMON, own_booking, another_slot, of_named_policy, of_this_disease),
        *(*_TURN, notified_if_asked, *_SLOT),
    ),
    Cancel: (*_COMMON, own_booking, may_cancel),
    CancelSession: (*_COMMON, own_booking),
    CheckIn: (
        *(*_COMMON, own_booking, on_the_day, of_booked_policy, of_this_disease, *_TURN),
        day_offered,
    ),
    Vaccinate: (*_COMMON, own_booking, day_has_come),
    Defer: (*_COMMON, own_booking, day_has_come),
    Miss: (*_COMMON, own_booking, day_is_over),
    CarryOver: (*_COMMON, was_notified, round_over),
    RecordDose: (*_COMMON, dose_not_in_future, dose_not_recorded),
    Close: _COMMON,
}
"""What is asked of each command, in order."""
