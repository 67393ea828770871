"""The reservation state machine: which commands are allowed, and the events that they produce.

`decide` judges a command and gives the event that follows, or raises `Rejected` with a stable code.
`evolve` adds an event to the state of a person's journey. Everything outside the journey is an
argument: the policy, the person's decision, a place in a slot, and the answers of registries,
gateways and other booking systems. Each counts as missing unless it was given; a missing answer is
never a yes.

The turn and the booking window are judged anew at every step, with the instant given: when people
are notified, when they book and change, and (the turn) when they check in. A person who books or
changes is identified again, as at registration. A dose that was given is a fact, and is recorded.

The parts are in `vaxpolicy.booking`: `events` has the commands, the events and the table of
transitions, `guards` the conditions of each command, `journey` the state, `programme` what holds
across rounds, `request` the context of a command, `refusals` the codes, and `slots` the places of
a slot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from vaxpolicy.booking import events, guards, journey, programme, refusals
from vaxpolicy.booking.events import *  # noqa: F403  # this module is the public door to its parts
from vaxpolicy.booking.events import AnyCommand, AnyEvent, JourneyCommand
from vaxpolicy.booking.journey import *  # noqa: F403
from vaxpolicy.booking.journey import State
from vaxpolicy.booking.programme import *  # noqa: F403
from vaxpolicy.booking.programme import Programme
from vaxpolicy.booking.refusals import *  # noqa: F403
from vaxpolicy.booking.request import (
    Delivery,
    Elsewhere,
    NotAsked,
    Request,
    last_closing,
    last_day,
    open_until,
)
from vaxpolicy.booking.slots import BookingRef, Place, PlaceAnswer, Slot
from vaxpolicy.booking.streams import Actor, BrokenStream, answered, require_instant
from vaxpolicy.eligibility import Decision, Policy
from vaxpolicy.identity import Claim, MobileNumber, RegistryAnswer
from vaxpolicy.rules.people import Dose
from vaxpolicy.rules.policy import Window

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "GUARDS",
    "Actor",
    "BookingRef",
    "BrokenStream",
    "Claim",
    "Decision",
    "Delivery",
    "Dose",
    "Elsewhere",
    "MobileNumber",
    "Place",
    "PlaceAnswer",
    "Policy",
    "RegistryAnswer",
    "Request",
    "Slot",
    "Window",
    "decide",
]
__all__ += events.__all__
__all__ += journey.__all__
__all__ += programme.__all__
__all__ += refusals.__all__

C = TypeVar("C", bound=JourneyCommand)

Guard: TypeAlias = Callable[[Request[Any]], None]
"""Raises `Rejected`, or lets a command pass. `_asks` checks that it fits its command."""


def _asks(
    command: type[C], *asked: Callable[[Request[C]], None]
) -> tuple[type[JourneyCommand], tuple[Guard, ...]]:
    """A row of the table: every guard of the row takes requests with this command."""
    return command, asked


_ANY: Final = (guards.own_journey, guards.actor_may, guards.may_follow)
_WHO: Final = (guards.identified, guards.matched)
_WHO_AGAIN: Final = (guards.identified_again, guards.matched_again)
_TURN: Final = (guards.decided, guards.decided_by_this_policy, guards.eligible)
_EDIT: Final = (guards.registered, guards.registration_open, guards.edit_not_locked)
_ROUND: Final = (guards.of_named_policy, guards.of_this_disease)
_SLOT: Final = (
    guards.vaccine_registered,
    guards.same_vaccine,
    guards.dose_not_given,
    guards.day_offered,
    guards.day_not_over,
    guards.window_open,
    guards.place_kept,
)

GUARDS: Final[dict[type[JourneyCommand], tuple[Guard, ...]]] = dict(
    [
        _asks(
            events.Register,
            *_ANY,
            guards.not_registered_yet,
            *_WHO,
            guards.reachable,
            guards.registration_open,
            guards.gate_passed,
            guards.in_programme,
            guards.same_vaccine,
            guards.few_districts,
        ),
        _asks(
            events.Amend,
            *_ANY,
            *_EDIT,
            guards.gate_passed,
            guards.booked_vaccine_kept,
            guards.in_programme,
            guards.same_vaccine,
            guards.few_districts,
        ),
        _asks(events.Withdraw, *_ANY, *_EDIT),
        _asks(
            events.AddVaccine,
            *_ANY,
            guards.registered,
            guards.vaccine_is_new,
            guards.in_programme,
            guards.same_vaccine,
        ),
        _asks(
            events.Notify,
            *_ANY,
            guards.registered_if_asked,
            *_ROUND,
            guards.round_notifies,
            guards.first_notice,
            *_TURN,
            guards.not_booked_elsewhere,
            guards.still_bookable,
            guards.delivered,
        ),
        _asks(
            events.Book,
            *_ANY,
            *_WHO_AGAIN,
            *_ROUND,
            *_TURN,
            guards.notified_if_asked,
            guards.not_booked_elsewhere,
            *_SLOT,
        ),
        _asks(
            events.Change,
            *_ANY,
            *_WHO_AGAIN,
            guards.own_booking,
            guards.another_slot,
            *_ROUND,
            *_TURN,
            guards.notified_if_asked,
            *_SLOT,
        ),
        _asks(events.Cancel, *_ANY, guards.own_booking, guards.may_cancel),
        _asks(events.CancelSession, *_ANY, guards.own_booking),
        _asks(
            events.CheckIn,
            *_ANY,
            guards.own_booking,
            guards.on_the_day,
            guards.of_booked_policy,
            guards.of_this_disease,
            *_TURN,
            guards.day_offered,
        ),
        _asks(events.Vaccinate, *_ANY, guards.own_booking, guards.day_has_come),
        _asks(events.Defer, *_ANY, guards.own_booking, guards.day_has_come),
        _asks(events.Miss, *_ANY, guards.own_booking, guards.day_is_over),
        _asks(events.CarryOver, *_ANY, guards.was_notified, guards.round_over),
        _asks(events.RecordDose, *_ANY, guards.dose_not_in_future, guards.dose_not_recorded),
        _asks(events.Close, *_ANY),
    ]
)
"""The guards of each command, in order. The first that refuses decides the code."""

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
    """The events of a command: one, or none where this very command was done before.

    Args:
        state: the journey.
        command: what is wanted.
        now: the instant.
        policy: the round's policy, for `Notify`, `Book`, `Change` and `CheckIn`.
        decision: the person's decision under that policy, for the same commands.
        programme: what holds across rounds.
        place: what the slot's stream says of this booking (`vaxpolicy.booking.slots.place`), for
            `Book` and `Change`; the booking is the command's subject and id.
        claim: the claim that the form gave (`vaxpolicy.identity.check_form`), for `Register`, and
            again for `Book` and `Change` unless the programme says otherwise.
        registry: what the registry says of the claim, for the same commands.
        mobile: the number for messages, for `Register`; it goes no further.
        gate: the person's decision under the programme's gate, for `Register` and `Amend`.
        elsewhere: what local booking systems say, for `Notify` and `Book`.
        delivery: what the gateway says of the message, for `Notify`.

    Raises:
        Rejected: the command is not allowed; nothing has changed.
        TypeError: the state, the command or the instant is something else.
        ValueError: the instant has no UTC offset.
    """
    require_instant("now", now)
    if not isinstance(state, State):
        raise TypeError(f"state: expected a State, found {type(state).__name__}")
    asked = GUARDS.get(type(command))
    if asked is None:
        raise TypeError(f"command: expected a command of a journey, found {type(command).__name__}")
    if answered(state.history, command):
        return ()
    request = Request(
        state=state,
        command=command,
        now=now,
        programme=programme,
        policy=policy,
        decision=decision,
        gate=gate,
        place=place,
        claim=claim,
        registry=registry,
        mobile=mobile,
        elsewhere=elsewhere,
        delivery=delivery,
    )
    for guard in asked:
        guard(request)
    return (_event(request),)


def _event(request: Request[AnyCommand]) -> AnyEvent:
    """The event of a command that has passed its guards."""
    command, version, now = request.command, len(request.state.history) + 1, request.now
    match command:
        case events.Notify():
            policy = request.round
            closes = last_closing(request.decided)
            return events.Notified(version, now, command, policy.version, policy.disease, closes)
        case events.Book() | events.Change():
            policy, offer = request.round, guards.find_offer(request)
            if offer is None:
                raise NotAsked("window_open")
            decided = (
                policy.version,
                offer.rule_id,
                policy.disease,
                open_until(offer, now),
                last_day(policy),
            )
            if isinstance(command, events.Book):
                return events.Booked(version, now, command, *decided)
            return events.Changed(version, now, command, *decided)
        case events.Vaccinate():
            slot = request.booking.slot
            return events.Vaccinated(version, now, command, slot.dose, Dose(slot.vaccine, slot.day))
    plain: Callable[..., AnyEvent] = events.EVENTS[type(command)]
    return plain(version, now, command)
