"""The reservation state machine: which commands are allowed, and the events that they produce.

A *journey* is everything that happens to one person in one programme. They register for vaccines,
are notified when their turn comes, book a slot, change or cancel it, check in, and are vaccinated.
A *slot* is a session at a site on a day, for one vaccine and dose. A *round* is a part of the
programme with its own policy and days. A *command* asks for one step of the journey, and a *guard*
is a condition of a command. An *event* records that the step happened. The *state* of a journey is
the sum of its events.

`decide` judges a command by its guards (`GUARDS`). It returns the event that follows, or raises
`Rejected` with a stable code. `evolve` adds an event to the state, and `replay` adds up a list of
events. Everything outside the journey is an argument: the policy, the person's decision
(`vaxpolicy.eligibility`), a place in a slot, and the answers of registries, message gateways and
other booking systems. An answer that was not given counts as missing, and a missing answer is never
a yes.

Eligibility is judged again, for the given instant, when people are notified, book, change, walk in
or check in, and when the site moves their booking. The booking window is judged when they are
notified, book or change. A person who books, changes or walks in is identified again, as at
registration, unless the programme says otherwise. A dose that was given is recorded even if the
person was not eligible; a dose in the future, or of a vaccine against another disease, is refused.

If the programme allows it, people book the next dose as well, before the first is given: `Book`
and `BookNext` in one step with `decide_together`. The decision on the next dose supposes that the
booked dose is given on its day (`supposing`), so that the interval is kept. Each booking has a
place. The booking of the next dose can be cancelled alone. It ends if the booking of the dose
before is cancelled, missed, or deferred (the person came and was not vaccinated). It stays if that
dose is given.

The parts are in `vaxpolicy.booking`. `events` has the commands, the events and the table of
transitions. `guards` has the conditions of each command. `journey` has the state, `programme` the
settings that apply across rounds, `request` the context of a command, `refusals` the codes, and
`slots` the places of a slot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from attrs import field, frozen, validate

from vaxpolicy._values import (
    InvalidType,
    Sha256,
    check_of,
    checked,
    error,
    front_door,
    require,
    unchanging,
    unchecked,
    with_fixed_offset,
)
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
    ends_of,
)
from vaxpolicy.booking.slots import BookingRef, Place, PlaceAnswer, Slot
from vaxpolicy.booking.streams import Actor, BrokenStream, answered
from vaxpolicy.eligibility import Decision, Policy
from vaxpolicy.identity import Claim, IdNumber, MobileNumber, RegistryAnswer
from vaxpolicy.rules.people import Dose
from vaxpolicy.rules.policy import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "GUARDS",
    "Actor",
    "Asked",
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
    "decide_together",
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
    """Make a row of the table. The type checker compares each guard with the command of the row."""
    return command, asked


# Guards that several commands share: for every command, for the identity of the person (at the
# registration and again), for eligibility, for edits of the registration, for round, dose and slot.
_ANY: Final = guards.OF_ANY_COMMAND
_WHO: Final = (guards.identified, guards.matched)
_WHO_AGAIN: Final = (guards.identified_again, guards.matched_again)
_TURN: Final = (guards.decided, guards.decided_by_this_policy, guards.eligible)
_EDIT: Final = (guards.registered, guards.registration_open, guards.edit_not_locked)
_ROUND: Final = (guards.of_named_policy, guards.of_this_disease)
_DOSE: Final = (guards.vaccine_registered, guards.same_vaccine, guards.dose_not_given)
_SLOT: Final = (
    *_DOSE,
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
            guards.next_not_booked,
            guards.another_slot,
            guards.in_booked_round,
            *_ROUND,
            *_TURN,
            guards.notified_if_asked,
            *_SLOT,
        ),
        _asks(
            events.BookNext,
            *_ANY,
            guards.booking_not_over,
            guards.one_dose_ahead,
            *_WHO_AGAIN,
            guards.booked_once,
            *_ROUND,
            *_TURN,
            guards.supposes_the_booking,
            guards.notified_if_asked,
            guards.not_booked_elsewhere,
            guards.next_dose,
            *_DOSE,
            guards.day_offered,
            guards.window_open,
            guards.place_kept,
        ),
        _asks(events.Cancel, *_ANY, guards.own_booking_or_next, guards.may_cancel),
        _asks(
            events.Move,
            *_ANY,
            guards.own_booking,
            guards.booking_not_over,
            guards.next_not_booked,
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
        _asks(events.CancelSession, *_ANY, guards.own_booking_or_next),
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
        _asks(
            events.Vaccinate,
            *_ANY,
            guards.own_booking,
            guards.vaccination_has_come,
            guards.vaccination_is_new,
        ),
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
"""The guards of each command, in order. The first guard that refuses decides the code; if nothing
can be done about that code, a later one that the person can act on does."""

_JOINED: Final = {
    command: (asked, (guards.nothing_in_the_way(command), *asked[len(_ANY) :]))
    for command, asked in GUARDS.items()
}
"""Each row of `GUARDS` as `decide` uses it: the guards of every command are joined in one call."""

_not_an_instant: Final = check_of(datetime)
_FIRST_PLAIN_YEAR: Final = 2000
_LAST_PLAIN_YEAR: Final = 2999
"""The years of an instant that is certainly in range, so that nothing more has to be asked."""
_DEFAULT: Final = Programme()
_request: Final = unchecked(Request)
"""Makes a request without checks. If it is refused, its parts are checked before the refusal."""


def decide(
    state: State,
    command: AnyCommand,
    *,
    now: datetime,
    programme: Programme = _DEFAULT,
    policy: Policy | None = None,
    decision: Decision | None = None,
    gate: Decision | None = None,
    place: Place | None = None,
    claim: Claim | None = None,
    registry: RegistryAnswer = RegistryAnswer.UNAVAILABLE,
    mobile: MobileNumber | None = None,
    elsewhere: Elsewhere = Elsewhere.UNKNOWN,
    delivery: Delivery = Delivery.UNKNOWN,
    other: State | None = None,
    record: str | None = None,
    supposes: Dose | None = None,
) -> tuple[AnyEvent, ...]:
    """Judge a command and return its events: one event, or none if the command was done before.

    Args:
        state: the state of the journey.
        command: the command.
        now: the instant at which the command is judged.
        programme: the settings that apply across rounds.
        policy: the round's policy, for `Notify`, `Book`, `BookNext`, `Change`, `Move`, `WalkIn` and
            `CheckIn`.
        decision: the person's decision under that policy, for the same commands.
        gate: the person's decision under the programme's gate, the policy that says who may
            register; for `Register` and `Amend`.
        place: the place of this booking in the slot (`vaxpolicy.booking.slots.place`), for `Book`,
            `BookNext`, `Change`, `Move` and `WalkIn`; the booking is the command's subject and id.
        claim: the claim from the form (`vaxpolicy.identity.check_form`), for `Register`, and again
            for `Book`, `BookNext`, `Change` and `WalkIn` unless the programme says otherwise.
        registry: the registry's answer about the claim, for the same commands.
        mobile: the telephone number for messages, for `Register`; no event keeps it.
        elsewhere: the answer of local booking systems, for `Notify`, `Book`, `BookNext` and
            `WalkIn`.
        delivery: the gateway's answer about the message, for `Notify`.
        other: the journey under the person's other pseudonym (`vaxpolicy.identity.pseudonyms`),
            for `Register`, `Book`, `BookNext` and `WalkIn`; a claim with a second number needs it.
        record: the digest of the decision record (`vaxpolicy.record`); the event of a booking keeps
            it for auditors.
        supposes: the dose that the decision supposes, for `BookNext`: the booked one, on its day.

    Raises:
        Rejected: the command is not allowed; nothing has changed.
        TypeError: the state, the command or the instant has another type. The other arguments are
            looked at only if the command would be refused.
        ValueError: the instant has no UTC offset.
    """
    if (
        now.__class__ is not datetime
        or now.utcoffset() is None
        or not _FIRST_PLAIN_YEAR <= now.year <= _LAST_PLAIN_YEAR
    ) and (fault := _not_an_instant(now)) is not None:
        raise error("now", fault, now)
    if now.tzinfo.__class__ is not timezone:
        now = with_fixed_offset(now)
    if not isinstance(state, State):
        raise InvalidType("state", "a State")
    kind = type(command)
    asked = GUARDS.get(kind)
    if asked is None:
        raise InvalidType("command", "a command of a journey")
    if answered(state.history, command):
        return ()
    request = _request(  # by place, in the order of the fields: names would cost 3 % of the call
        state,
        command,
        now,
        programme,
        policy,
        decision,
        gate,
        place,
        claim,
        registry,
        mobile,
        elsewhere,
        delivery,
        other,
        record,
        supposes,
    )
    row, joined = _JOINED[kind]
    try:
        for guard in joined if row is asked else asked:  # a row of `GUARDS` may be replaced
            guard(request)
    except Rejected as refusal:
        validate(request)
        raise _to_act_on(refusal, request, asked) from None
    except (AttributeError, TypeError):
        validate(request)  # if an argument has another type, this names it
        raise
    last = state.history.last
    return (_EVENT[kind](request, 1 if last is None else last.version + 1, _NEW[kind]),)


_CAN_ONLY_WAIT: Final = frozenset({"not-eligible", "eligibility-undetermined", "not-notified"})
"""The refusals after which the person can only wait."""

_CAN_BE_DONE: Final = frozenset({"not-registered", "vaccine-not-registered", "vaccine-fixed"})
"""The refusals that the person can act on at once; they may be the cause of the others."""


def _refusals(request: Request[Any], asked: Iterable[Guard]) -> Iterator[Rejected]:
    """The refusals of these guards; a guard that depends on one that refused is left out."""
    for guard in asked:
        try:
            guard(request)
        except Rejected as refusal:
            yield refusal
        except NotAsked:
            continue


def _to_act_on(refusal: Rejected, request: Request[Any], asked: tuple[Guard, ...]) -> Rejected:
    """The refusal itself, or a later one that the person can act on.

    For example, people who have not registered are not eligible in a round for registered people.
    They can register, so this refusal helps them.
    """
    if refusal.code in _CAN_ONLY_WAIT:
        for later in _refusals(request, asked):
            if later.code in _CAN_BE_DONE:
                return later
    return refusal


def _plain(request: Request[Any], version: int, event: Callable[..., AnyEvent]) -> AnyEvent:
    return event(version, request.now, request.command)


def _notified(request: Request[Any], version: int, event: Callable[..., AnyEvent]) -> AnyEvent:
    policy = request.round
    closes, _ = ends_of(policy)
    return event(version, request.now, request.command, policy.version, policy.disease, closes)


def _booked(request: Request[Any], version: int, event: Callable[..., AnyEvent]) -> AnyEvent:
    policy, record = request.round, request.record
    if record is not None:
        require("record", Sha256, record)
    closes, last = ends_of(policy)
    return event(
        version,
        request.now,
        request.command,
        policy.version,
        policy.disease,
        closes,
        last,
        record,
    )


def _vaccinated(request: Request[Any], version: int, event: Callable[..., AnyEvent]) -> AnyEvent:
    slot = request.booking.slot
    given = request.command.given or _new_dose(slot.vaccine, slot.day)
    return event(version, request.now, request.command, slot.dose, given)


_new_dose: Final = unchecked(Dose)

_EVENT: Final[
    Mapping[type[JourneyCommand], Callable[[Request[Any], int, Callable[..., AnyEvent]], AnyEvent]]
] = {
    **dict.fromkeys(events.EVENTS, _plain),
    events.Notify: _notified,
    **dict.fromkeys(
        (events.Book, events.BookNext, events.Change, events.WalkIn, events.Move), _booked
    ),
    events.Vaccinate: _vaccinated,
}
"""The functions that make the event of a command that no guard refused."""

_NEW: Final[Mapping[type[JourneyCommand], Callable[..., AnyEvent]]] = {
    command: unchecked(event) for command, event in events.EVENTS.items()
}
"""The constructors of the events: their parts are checked already."""


@frozen(field_transformer=checked)
class Asked:
    """A command that is decided together with others.

    Attributes:
        state: the journey.
        command: the command.
        brought: the other arguments of `decide`, by name.
    """

    state: State
    command: AnyCommand
    brought: Mapping[str, Any] = field(factory=dict, repr=False, converter=unchanging)


def decide_together(
    *asked: Asked, now: datetime, programme: Programme = _DEFAULT
) -> tuple[tuple[AnyEvent, ...], ...]:
    """Judge several commands in one step, for example those of a household.

    It returns the events of all commands, or raises and returns none. A later command of the same
    person is judged on the state after the earlier ones. The same person may be there under two
    pseudonyms: then `other` is the state after the earlier commands as well. It is found by its
    subject, or by a number that the claims of both name. The store appends all events at once.

    Args:
        asked: the commands, in order.
        now: the instant at which they are judged.
        programme: the settings that apply across rounds.

    Raises:
        Rejected: one command is not allowed; `affected` names its person and its id.
        TypeError: an argument has another type, or `brought` a name that `decide` does not take.
    """
    after: dict[str, State] = {}
    whose: dict[IdNumber, str] = {}
    decided = []
    for each in asked:
        if not isinstance(each, Asked):
            raise InvalidType("asked", "commands as Asked")
        brought, subject = dict(each.brought), each.command.subject
        numbers = _numbers(brought.get("claim"))
        others = [getattr(brought.get("other"), "subject", None), *map(whose.get, numbers)]
        for other in others:
            if other in after and other != subject:
                brought["other"] = after[other]
        state = after.get(subject, each.state)
        try:
            events = decide(state, each.command, now=now, programme=programme, **brought)
        except Rejected as refusal:
            raise refusal.for_booking(BookingRef(subject, each.command.id)) from None
        after[subject] = journey.replay(events, since=state)
        whose |= dict.fromkeys(numbers, subject)
        decided.append(events)
    return tuple(decided)


def _numbers(claim: object) -> list[IdNumber]:
    """The numbers of a person that a claim names."""
    if not isinstance(claim, Claim):
        return []
    return [it for it in (claim.id_number, claim.also_known_as) if it is not None]


@frozen(field_transformer=checked)
class Possible:
    """A kind of command, and the refusals that it would get now.

    Attributes:
        command: the kind of command.
        lacks: the refusals of its guards; empty if the command would be accepted, or if no command
            was given to judge.
    """

    command: type[JourneyCommand]
    lacks: tuple[Rejected, ...]


_possible: Final = unchecked(Possible)


@front_door
def may(
    state: State,
    *commands: AnyCommand,
    now: datetime,
    programme: Programme = _DEFAULT,
    **brought: Any,
) -> tuple[Possible, ...]:
    """List the commands that can follow and the refusals of each, for the buttons of a page.

    Each command is judged by all guards that `decide` asks, even after one refuses. Without
    commands the list has every kind of command that this status allows, and nothing is judged.

    Args:
        state: the state of the journey.
        commands: the commands that the page could send.
        now: the instant at which they are judged.
        programme: the settings that apply across rounds.
        brought: further arguments of `decide`.
    """
    require("now", datetime, now)
    if not commands:
        kinds = (kind for status, kind in events.TRANSITIONS if status is state.status)
        return tuple(_possible(kind, ()) for kind in kinds)
    found = []
    for command in commands:
        request = Request(state=state, command=command, now=now, programme=programme, **brought)
        lacks = tuple(_refusals(request, GUARDS[type(command)]))
        found.append(_possible(type(command), lacks))
    return tuple(found)
