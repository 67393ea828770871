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
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from attrs import frozen

from vaxpolicy._values import InvalidType, require
from vaxpolicy.booking import events, guards, journey, programme, refusals
from vaxpolicy.booking.events import *  # noqa: F403  # this module is the public door to its parts
from vaxpolicy.booking.events import AnyCommand, AnyEvent, JourneyCommand
from vaxpolicy.booking.journey import *  # noqa: F403
from vaxpolicy.booking.journey import State
from vaxpolicy.booking.programme import *  # noqa: F403
from vaxpolicy.booking.programme import Programme
from vaxpolicy.booking.refusals import *  # noqa: F403
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.request import (
    Delivery,
    Elsewhere,
    NotAsked,
    Request,
    last_day,
    round_closes,
)
from vaxpolicy.booking.slots import BookingRef, Place, PlaceAnswer, Slot
from vaxpolicy.booking.streams import Actor, BrokenStream, answered
from vaxpolicy.eligibility import Decision, Policy
from vaxpolicy.identity import Claim, MobileNumber, RegistryAnswer
from vaxpolicy.rules.people import Dose
from vaxpolicy.rules.policy import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    "Possible",
    "RegistryAnswer",
    "Request",
    "Slot",
    "Window",
    "decide",
    "may",
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


_ANY: Final = (
    guards.own_journey,
    guards.time_goes_on,
    guards.actor_may,
    guards.may_follow,
)
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
            guards.registered_once,
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
            guards.booked_once,
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
            guards.booking_not_over,
            guards.another_slot,
            guards.in_booked_round,
            *_ROUND,
            *_TURN,
            guards.notified_if_asked,
            *_SLOT,
        ),
        _asks(
            events.Cancel,
            *_ANY,
            guards.own_booking,
            guards.may_cancel,
        ),
        _asks(
            events.Move,
            *_ANY,
            guards.own_booking,
            guards.booking_not_over,
            guards.another_slot,
            guards.same_dose,
            guards.in_booked_round,
            *_ROUND,
            *_TURN,
            guards.day_offered,
            guards.day_not_over,
            guards.place_kept,
        ),
        _asks(
            events.WalkIn,
            *_ANY,
            *_WHO_AGAIN,
            guards.booked_once,
            *_ROUND,
            *_TURN,
            guards.not_booked_elsewhere,
            guards.dose_not_given,
            guards.today_is_booked,
            guards.day_offered,
            guards.place_kept,
        ),
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
        _asks(events.Vaccinate, *_ANY, guards.own_booking, guards.vaccination_has_come),
        _asks(events.Defer, *_ANY, guards.own_booking, guards.day_has_come),
        _asks(events.Miss, *_ANY, guards.own_booking, guards.day_is_over),
        _asks(events.CarryOver, *_ANY, guards.round_over),
        _asks(
            events.RecordDose,
            *_ANY,
            guards.dose_not_in_future,
            guards.dose_of_this_disease,
            guards.dose_not_recorded,
            guards.dose_in_order,
        ),
        _asks(events.Correct, *_ANY, guards.correctable),
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
    other: State | None = None,
    record: str | None = None,
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
        other: the journey under the person's other pseudonym (`vaxpolicy.identity.pseudonyms`),
            for `Register`, `Book` and `WalkIn`; a claim with a second number needs it.
        record: the digest of the decision record (`vaxpolicy.record`), which the event of a booking
            keeps for auditors.

    Raises:
        Rejected: the command is not allowed; nothing has changed.
        TypeError: the state, the command or the instant is something else.
        ValueError: the instant has no UTC offset.
    """
    require("now", datetime, now)
    if not isinstance(state, State):
        raise InvalidType("state", "a State")
    asked = GUARDS.get(type(command))
    if asked is None:
        raise InvalidType("command", "a command of a journey")
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
        other=other,
        record=record,
    )
    try:
        for guard in asked:
            guard(request)
    except Rejected as refusal:
        raise _to_act_on(refusal, request, asked) from None
    return (_event(request),)


_NOTHING_TO_DO: Final = frozenset({"not-eligible", "eligibility-undetermined", "not-notified"})
"""Refusals that leave the person nothing to do but to wait."""

_CAN_BE_DONE: Final = frozenset({"not-registered", "vaccine-not-registered", "vaccine-fixed"})
"""Refusals that the person can act on at once, and that may be what lies behind those."""


def _refusals(request: Request[Any], asked: Iterable[Guard]) -> Iterator[Rejected]:
    """What each of these guards refuses; those that rest on an earlier refusal say nothing."""
    for guard in asked:
        try:
            guard(request)
        except Rejected as refusal:
            yield refusal
        except NotAsked:
            continue


def _to_act_on(refusal: Rejected, request: Request[Any], asked: tuple[Guard, ...]) -> Rejected:
    """The refusal itself, or another one that the person can act on where this one leaves nothing.

    A person who has not registered is not eligible in a round of those who have: to register is
    what helps.
    """
    if refusal.code in _NOTHING_TO_DO:
        for later in _refusals(request, asked):
            if later.code in _CAN_BE_DONE:
                return later
    return refusal


def _event(request: Request[AnyCommand]) -> AnyEvent:
    """The event of a command that has passed its guards."""
    command, version, now = request.command, len(request.state.history) + 1, request.now
    match command:
        case events.Notify():
            policy = request.round
            closes = round_closes(policy)
            return events.Notified(version, now, command, policy.version, policy.disease, closes)
        case events.Book() | events.Change() | events.WalkIn() | events.Move():
            policy = request.round
            booked: Callable[..., AnyEvent] = events.EVENTS[type(command)]
            return booked(
                version,
                now,
                command,
                policy.version,
                policy.disease,
                round_closes(policy),
                last_day(policy),
                request.record,
            )
        case events.Vaccinate():
            slot = request.booking.slot
            given = command.given or Dose(slot.vaccine, slot.day)
            return events.Vaccinated(version, now, command, slot.dose, given)
    plain: Callable[..., AnyEvent] = events.EVENTS[type(command)]
    return plain(version, now, command)


@frozen
class Possible:
    """A kind of command, and what it lacks now.

    Attributes:
        command: the kind.
        lacks: the refusals of its guards; empty: the command would be accepted.
    """

    command: type[JourneyCommand]
    lacks: tuple[Rejected, ...]


def may(
    state: State,
    *commands: AnyCommand,
    now: datetime,
    programme: Programme = _DEFAULT,
    **brought: Any,
) -> tuple[Possible, ...]:
    """Which commands can follow, and what each lacks: for the buttons of a page.

    Each command is judged by the guards that `decide` asks, all of them and not only the first.
    Without commands the answer is which kinds can come in this status at all.

    Args:
        state: the journey.
        commands: the commands that the page could send.
        now: the instant.
        programme: what holds across rounds.
        brought: what `decide` takes as well.
    """
    require("now", datetime, now)
    if not commands:
        kinds = (kind for status, kind in events.TRANSITIONS if status is state.status)
        return tuple(Possible(kind, ()) for kind in kinds)
    found = []
    for command in commands:
        request = Request(state=state, command=command, now=now, programme=programme, **brought)
        lacks = tuple(_refusals(request, GUARDS[type(command)]))
        found.append(Possible(type(command), lacks))
    return tuple(found)
