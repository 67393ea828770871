"""What has happened to a booking, and what may happen next.

`decide` judges a command and gives the event that follows, or raises `Rejected` with a stable code;
`evolve` adds an event to the state of a person's journey. Whatever stands outside the journey is an
argument: the policy, the person's decision, a place in a slot, what registries, gateways and other
booking systems said. Each counts as missing unless it was brought; no answer is never a yes.

The turn and the booking window are judged anew at every step, with the instant given: when people
are notified, when they book and change, and (the turn) when they check in. That a dose was given is
a fact, and is recorded as one.

The parts: `vaxpolicy.events` has the words and the table of transitions, `vaxpolicy.guards` what is
asked of each command, `vaxpolicy.journey` the state, `vaxpolicy.programme` what holds across
rounds, `vaxpolicy.refusals` the codes, and `vaxpolicy.capacity` the places of a slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vaxpolicy.capacity import (
    BookingRef,
    Place,
    PlaceAnswer,
    Slot,
)
from vaxpolicy.events import (
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
from vaxpolicy.guards import (
    GUARDS,
    Case,
    Delivery,
    Elsewhere,
    last_closing,
    last_day,
    open_until,
)
from vaxpolicy.identity import Claim, MobileNumber, RegistryAnswer
from vaxpolicy.journey import (
    Booking,
    GivenDose,
    Notice,
    State,
    evolve,
    initial,
    is_terminal,
    replay,
    with_journey,
)
from vaxpolicy.people import Dose
from vaxpolicy.programme import (
    ROUND_4_EDIT_LOCK,
    WHILE_WINDOW_OPEN,
    CancelUntil,
    EditLock,
    Programme,
)
from vaxpolicy.refusals import (
    CODES,
    Help,
    Rejected,
)
from vaxpolicy.streams import (
    Actor,
    BrokenStream,
    Command,
    answered,
    as_instant,
)

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
    "Case",
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
    "GivenDose",
    "Help",
    "Miss",
    "Missed",
    "Notice",
    "Notified",
    "Notify",
    "Place",
    "PlaceAnswer",
    "Programme",
    "RecordDose",
    "Register",
    "Registered",
    "Rejected",
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
        place: what the slot's stream says of this booking (`vaxpolicy.capacity.place`), for `Book`
            and `Change`; the booking is the command's subject and id.
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
    as_instant(now)
    if answered(state.history, command):
        return ()
    case = Case(
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
    decided = _DECIDED[kind](case) if kind in _DECIDED else ()
    event: Callable[..., AnyEvent] = EVENTS[kind]
    return (event(len(state.history) + 1, now, command, *decided),)


# -- what is decided with a command, beside what was asked -----------------------------------------


def _notice(case: Case) -> tuple[Any, ...]:
    assert case.policy is not None  # noqa: S101  # the guards have seen to it
    assert case.decision is not None  # noqa: S101  # and to it
    policy = case.policy
    return policy.version, policy.disease, last_closing(case.decision)


def _round(case: Case) -> tuple[Any, ...]:
    assert case.policy is not None  # noqa: S101  # the guards have seen to it
    assert case.offer is not None  # noqa: S101  # and found it
    policy, offer = case.policy, case.offer
    closes = open_until(offer, case.now)
    return policy.version, offer.rule_id, policy.disease, closes, last_day(policy)


def _dose(case: Case) -> tuple[Any, ...]:
    slot = case.booking.slot
    return slot.dose, Dose(slot.vaccine, slot.day)


_DECIDED: Final[Mapping[type[Command], Callable[[Case], tuple[Any, ...]]]] = {
    Notify: _notice,
    Book: _round,
    Change: _round,
    Vaccinate: _dose,
}
