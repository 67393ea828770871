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
rounds, `vaxpolicy.circumstances` what is brought, `vaxpolicy.refusals` the codes, and
`vaxpolicy.capacity` the places of a slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vaxpolicy.capacity import (
    BookingRef,
    Place,
    PlaceAnswer,
    Slot,
)
from vaxpolicy.circumstances import (
    Case,
    Delivery,
    Elsewhere,
    last_closing,
    last_day,
    open_until,
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
from vaxpolicy.guards import GUARDS
from vaxpolicy.identity import Claim, MobileNumber, RegistryAnswer
from vaxpolicy.journey import (
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
    if now.utcoffset() is None:
        raise ValueError("expected a datetime with its UTC offset")
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
    return (_RECORD.get(kind, _plain)(case, EVENTS[kind]),)


# -- the event of a command that has passed its guards ---------------------------------------------


def _plain(case: Case, event: Callable[..., AnyEvent]) -> AnyEvent:
    return event(len(case.state.history) + 1, case.now, case.command)


def _notified(case: Case, event: Callable[..., AnyEvent]) -> AnyEvent:
    policy, decision, version = case.policy, case.decision, len(case.state.history) + 1
    assert policy is not None  # noqa: S101  # the guards have seen to it
    assert decision is not None  # noqa: S101  # and to it
    closes = last_closing(decision)
    return event(version, case.now, case.command, policy.version, policy.disease, closes)


def _booked(case: Case, event: Callable[..., AnyEvent]) -> AnyEvent:
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


def _vaccinated(case: Case, event: Callable[..., AnyEvent]) -> AnyEvent:
    slot, version = case.booking.slot, len(case.state.history) + 1
    return event(version, case.now, case.command, slot.dose, Dose(slot.vaccine, slot.day))


_RECORD: Final[Mapping[type[Command], Callable[[Case, Callable[..., AnyEvent]], AnyEvent]]] = {
    Notify: _notified,
    Book: _booked,
    Change: _booked,
    Vaccinate: _vaccinated,
}
