"""Draws commands, their inputs, and whole streams of steps."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve as altered
from attrs import fields
from hypothesis import strategies as st

from vaxpolicy.booking.events import (
    ACTORS,
    COMMANDS,
    LIVE,
    AddVaccine,
    Amend,
    AnyCommand,
    Book,
    BookNext,
    Cancel,
    CancelSession,
    CarryOver,
    Change,
    CheckIn,
    Close,
    CloseReason,
    Correct,
    CorrectionReason,
    Defer,
    JourneyCommand,
    Miss,
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
from vaxpolicy.booking.journey import State, initial
from vaxpolicy.booking.programme import ROUND_4_EDIT_LOCK, Programme
from vaxpolicy.booking.request import Delivery, Elsewhere
from vaxpolicy.booking.slots import (
    BookingRef,
    Capacity,
    ChangeCapacity,
    Confirm,
    Hold,
    Open,
    Place,
    PlaceAnswer,
    Release,
    Slot,
    SlotCommand,
    Take,
    Wait,
)
from vaxpolicy.booking.slots import Close as CloseSlot
from vaxpolicy.booking.slots import initial as initial_slot
from vaxpolicy.booking.streams import Actor
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Decision, Dose, Offer, Outcome, Policy
from vaxpolicy.identity import IdentityForm, MobileNumber, RegistryAnswer, check_form
from vaxpolicy.rules.policy import NOT_STATED, Stage, VaccinationDays, Vaccine, Window
from vaxpolicy.testing.slot_laws import SlotStep, slot_step
from vaxpolicy.testing.steps import Step, step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "PROGRAMME",
    "ROUND",
    "circumstances",
    "commands",
    "decisions",
    "instants",
    "journeys",
    "slot_commands",
    "slot_histories",
    "slots",
]

_OPENS: Final = datetime(2021, 11, 3, 10, tzinfo=TAIWAN)
_DAYS: Final = tuple(date(2021, 11, day) for day in (6, 7, 8))
_WINDOW: Final = Window(opens=_OPENS, closes=_OPENS + timedelta(days=2))
_UNSTATED: Final = Window(opens=NOT_STATED, closes=_WINDOW.closes)
_ADDED: Final = Window(opens=_OPENS + timedelta(days=3), closes=NOT_STATED)

ROUND: Final = Policy(
    id="a-round",
    version="1.0.0",
    announced=date(2021, 11, 1),
    disease="covid19",
    notification="reminder",
    sources={},
    stages=(Stage("base", VaccinationDays(_DAYS[0], _DAYS[-1]), (), (_WINDOW,)),),
    vaccines={each: Vaccine(each, ("covid19",)) for each in ("AZ", "BNT", "Moderna")},
)
"""A made-up round: people book from 3 to 5 November 2021, for 6 to 8 November."""

PROGRAMME: Final = Programme(
    registration_windows=(Window(opens=date(2021, 7, 5), closes=date(2021, 12, 31)),),
    vaccines=frozenset({"AZ", "BNT", "Moderna"}),
    most_districts=2,
    edit_lock=ROUND_4_EDIT_LOCK,
    asks_elsewhere=True,
    books_next_dose=True,
)
"""A made-up programme with every setting that a programme may have."""

_CLAIM: Final = check_form(
    IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True),
    on=date(2021, 11, 1),
)

_TWO_NUMBERS: Final = check_form(
    IdentityForm(
        id_number="A800000014",
        also_known_as="AB12345677",
        nhi_card="000012345678",
        captcha_passed=True,
    ),
    on=date(2021, 11, 1),
)


def instants() -> st.SearchStrategy[datetime]:
    """Instants before, in and after the booking window, the days and the edit lock of `ROUND`."""
    hours = st.integers(-24, 24 * 8)
    return hours.map(lambda each: _OPENS + timedelta(hours=each))


@cache
def slots(dose: int = 1, policy: Policy = ROUND) -> st.SearchStrategy[Slot]:
    """Slots of a policy for a dose; a few are on a day outside the policy.

    One site has places for each slot, the other for each session.
    """
    days = _days_of(policy)
    vaccines = tuple(dict.fromkeys(offer.vaccine for offer in _decision(policy, "-").offers))[::-1]
    every = (*days, *days, days[-1] + timedelta(days=1))
    each = product(("site-1", "site-2"), every, ("morning", "afternoon"), vaccines)
    pools = {"site-2": "shared"}
    return st.sampled_from([Slot(*which, dose, pool=pools.get(which[0])) for which in each])


def _days_of(policy: Policy) -> tuple[date, ...]:
    """The first, a middle and the last day of each stage."""
    found: set[date] = set()
    for stage in policy.stages:
        first, last = stage.vaccination_days.first, stage.vaccination_days.last
        found |= {first, first + (last - first) // 2, last}
    return tuple(sorted(found))


def _begin(policy: Policy) -> datetime:
    """The instant at which the first window opens, or else noon before the first day."""
    opens = [window.opens for stage in policy.stages for window in stage.windows]
    stated = [it for it in opens if isinstance(it, datetime)]
    before = datetime.combine(_days_of(policy)[0] - timedelta(days=1), time(12), TAIWAN)
    return min(stated, default=before)


@cache
def _mobile() -> MobileNumber:
    """A made-up number, read once because the first one loads phone metadata."""
    return MobileNumber.parse("0912345678")


@cache
def _decision(policy: Policy, subject: str) -> Decision:
    """A decision that offers every vaccine, both doses and every day, in all windows."""
    rules = [(stage, rule) for stage in policy.stages for rule in stage.rules]
    offered = [(stage, code, rule.dose) for stage, rule in rules for code in rule.vaccines]
    made_up = [(policy.stages[0], code, dose) for code in ("AZ", "BNT") for dose in (1, 2)]
    return Decision(
        policy_id=policy.id,
        policy_version=policy.version,
        policy_digest=policy.digest,
        subject=subject,
        outcome=Outcome.ELIGIBLE,
        offers=tuple(
            Offer(
                f"{vaccine}-{dose}",
                vaccine,
                dose,
                DaySet.between(stage.vaccination_days.first, stage.vaccination_days.last),
                DaySet.none(),
                (stage.windows,),
            )
            for stage, vaccine, dose in offered or made_up
        ),
        possible_offers=(),
        reasons=(),
        missing=(),
    )


@st.composite
def decisions(draw: st.DrawFn, policy: Policy = ROUND, subject: str = "someone") -> Decision:
    """Decisions: one that helps, or any outcome, person, version and offers."""
    right = _decision(policy, subject)

    def offering(**changes: Any) -> Decision:
        return altered(right, offers=tuple(altered(each, **changes) for each in right.offers))

    makers: tuple[Callable[[], Decision], ...] = (
        lambda: right,
        lambda: altered(right, outcome=Outcome.INELIGIBLE, offers=()),
        lambda: altered(right, outcome=Outcome.UNDETERMINED, offers=()),
        lambda: altered(right, policy_version="0.9.0"),
        lambda: altered(right, subject=None),
        lambda: altered(right, offers=right.offers[:1]),
        lambda: offering(days=DaySet.of(_days_of(policy)[0])),
        lambda: offering(window_cases=((_UNSTATED,),)),
        lambda: offering(window_cases=((_ADDED,),)),
    )
    return draw(st.sampled_from(makers))()


@st.composite
def commands(
    draw: st.DrawFn,
    state: State | None = None,
    subject: str = "someone",
    policy: Policy = ROUND,
    programme: Programme = PROGRAMME,
) -> AnyCommand:
    """Commands to the journey of `subject`, most of which fit the state.

    One in ten is odd: it has a kind that does not fit, a used id, or another's journey or task.
    """
    state = initial() if state is None else state
    past = [event.command for event in state.history]
    odd = draw(st.integers(0, 9)) == 9  # noqa: PLR2004  # one in ten
    if odd and past and draw(st.booleans()):
        return draw(st.sampled_from(past))
    kind: Any = draw(st.sampled_from(COMMANDS if odd else _usual(state, policy, programme)))
    basis = {"id": f"c{state.version + 1}", "actor": _first(kind), "subject": subject}
    if odd:
        basis["id"] = draw(st.sampled_from([basis["id"], *(each.id for each in past)]))
        basis["actor"] = draw(st.sampled_from(Actor))
        basis["subject"] = draw(st.sampled_from([subject, "someone else"]))
    asked = {
        each.name: draw(_value_of(kind, each.name, state, policy, programme, odd=odd))
        for each in fields(kind)
        if each.name not in basis
    }
    made: AnyCommand = kind(**basis, **asked)
    return made


def _usual(state: State, policy: Policy, programme: Programme) -> tuple[type[JourneyCommand], ...]:
    """The usual commands in a state; those that lead on come more often."""
    if state.status is Status.CLOSED:
        return COMMANDS
    if programme.registration == "none" and state.status not in LIVE:
        early = len(state.doses) < _doses_before(policy)
        return _UNREGISTERED_EARLY if early else _UNREGISTERED
    if state.status in LIVE:
        ahead = (BookNext, BookNext) if programme.books_next_dose else ()
        before = (Change, Cancel, CheckIn, CheckIn, Amend, Move, RecordDose, *ahead)
        after = (Vaccinate, Vaccinate, Defer, Miss, CancelSession, Correct)
        return after if state.status is Status.ARRIVED else (*before, *after)
    if not state.wanted:
        return (Register, Register, Register, RecordDose, Book)
    edits = (Amend, Withdraw, AddVaccine, RecordDose, Close, Correct, WalkIn, WalkIn)
    return (Book, Book, Book, Book, Notify, Notify, CarryOver, *edits)


_UNREGISTERED_EARLY: Final = (RecordDose, RecordDose, RecordDose, Book, Register)
_UNREGISTERED: Final = (Book, Book, Book, Notify, CarryOver, RecordDose, WalkIn, Close, Register)


def _doses_before(policy: Policy) -> int:
    """The number of doses that a person needs before the policy offers another."""
    return min(offer.dose for offer in _decision(policy, "-").offers) - 1


def _first(kind: type[JourneyCommand]) -> Actor:
    return next(each for each in Actor if each in ACTORS[kind])


def _value_of(
    kind: type[JourneyCommand],
    name: str,
    state: State,
    policy: Policy,
    programme: Programme,
    *,
    odd: bool,
) -> st.SearchStrategy[Any]:
    """The values that a field of a command may have."""
    if name == "booking":
        known = [each.id for each in (state.booking, state.next_booking) if each is not None]
        usual = known if kind in (Cancel, CancelSession) else known[:1]
        return st.sampled_from([*(usual or ["none"]), *(["stale"] if odd else [])])
    if name == "slot":
        return slots(_dose_of_slot(kind, state), policy)
    if name == "policy_id":
        return st.sampled_from([policy.id, "another-round"] if odd else [policy.id])
    if name == "vaccines" and programme is not PROGRAMME and programme.vaccines and not odd:
        return st.lists(st.sampled_from(sorted(programme.vaccines)), min_size=1, unique=True)
    by_kind: dict[tuple[Any, str], Sequence[Any]] = {
        (Correct, "event"): range(1, state.version + 2),
        (Correct, "reason"): tuple(CorrectionReason),
        (Close, "reason"): tuple(CloseReason),
        (RecordDose, "given"): _ODD_VALUES["given"] if odd else _recordable(state, policy),
        (RecordDose, "dose"): (1 + len(state.doses),),
        (Vaccinate, "given"): (None, None, None, *_GIVEN),
    }
    if (kind, name) in by_kind:
        return st.sampled_from(by_kind[kind, name])
    return st.sampled_from(_ODD_VALUES.get(name, _VALUES[name]) if odd else _VALUES[name])


def _recordable(state: State, policy: Policy) -> tuple[Dose, ...]:
    """The doses to record; new ones while the policy offers only later doses."""
    on_record = [it.given for it in state.doses]
    if len(on_record) >= _doses_before(policy):
        return _GIVEN
    return tuple(it for it in _GIVEN if it not in on_record) or _GIVEN


def _dose_of_slot(kind: type[JourneyCommand], state: State) -> int:
    """The dose of a slot that a command may ask for."""
    if state.booking is not None and kind in (Move, BookNext):
        return state.booking.slot.dose + int(kind is BookNext)
    return 1 + len(state.doses)


_GIVEN: Final = (Dose("BNT", date(2021, 10, 1)), Dose("AZ", date(2021, 10, 2)))
_VALUES: Final[Mapping[str, Sequence[Any]]] = {
    "vaccines": (("BNT", "AZ"), ("BNT", "AZ"), ("BNT",), ("AZ",)),
    "districts": (("district",), ("one", "two")),
    "vaccine": ("Moderna", "BNT"),
    "dose": (None, None, 1),
    "stage": (None, None, "second"),
    "given": _GIVEN,
}
_ODD_VALUES: Final[Mapping[str, Sequence[Any]]] = {
    "vaccines": (("AZ", "Other"), ("Moderna",)),
    "districts": (("one", "two", "three"),),
    "given": (Dose("BNT", _DAYS[-1] + timedelta(days=30)), *_GIVEN),
}


@st.composite
def circumstances(
    draw: st.DrawFn,
    command: AnyCommand,
    subject: str = "someone",
    policy: Policy = ROUND,
    programme: Programme = PROGRAMME,
    *,
    state: State | None = None,
) -> dict[str, Any]:
    """The other arguments of a command: in two of three cases everything that it needs.

    Give the state of the journey, so that the next dose can be booked.
    """
    place = None
    if isinstance(command, SlotRequest):
        mine = BookingRef(command.subject, command.id)
        place = Place(command.slot, mine, PlaceAnswer.KEPT)
    brought: dict[str, Any] = {
        "programme": programme,
        "policy": policy,
        "decision": _decision(policy, subject),
        "place": place,
        "claim": _CLAIM,
        "registry": RegistryAnswer.MATCHED,
        "mobile": _mobile(),
        "elsewhere": Elsewhere.NOT_BOOKED,
        "delivery": Delivery.DELIVERED,
        "other": None,
        "record": "0" * 64,
        "supposes": None if state is None else state.booked_dose,
    }
    if draw(st.integers(0, 2)) == 2:  # noqa: PLR2004  # one in three
        name = draw(st.sampled_from(sorted(brought)))
        if name == "decision":
            brought[name] = draw(st.none() | decisions(policy, subject))
        else:
            brought[name] = draw(st.sampled_from(_instead(name, brought[name])))
    return brought


def _instead(name: str, usual: Any) -> Sequence[Any]:
    """Other values that an argument may have."""
    if name == "place":
        return _other_places(usual)
    if name == "claim":
        return (None, _TWO_NUMBERS)
    if name == "other":
        return (initial(),)
    if name == "programme":
        return (altered(PROGRAMME, registration="none"), Programme())
    if name == "policy":
        return (altered(usual, notification="required"), None)
    return tuple(type(usual)) if isinstance(usual, Enum) else (None,)


def _other_places(place: Place | None) -> tuple[Place | None, ...]:
    if place is None:
        return (None,)
    theirs = altered(place, booking=BookingRef("someone else", place.booking.id))
    over = altered(place, until=_OPENS - timedelta(days=30))
    return (None, theirs, over, *(altered(place, answer=answer) for answer in PlaceAnswer))


@st.composite
def journeys(
    draw: st.DrawFn,
    subject: str = "someone",
    most: int = 20,
    policy: Policy = ROUND,
    programme: Programme = PROGRAMME,
) -> tuple[Step, ...]:
    """The steps of a journey in the order of time, some of them refused.

    Give your own policy and programme to draw journeys in its windows, on its days, for its
    vaccines.
    """
    steps: list[Step] = []
    state, now = initial(), _begin(policy) + timedelta(hours=draw(st.integers(-24, 24)))
    for _ in range(draw(st.integers(1, most))):
        now += timedelta(hours=draw(st.sampled_from((1, 0, 2, 6, 24, 48))))
        command = draw(commands(state, subject, policy, programme))
        brought = draw(circumstances(command, subject, policy, programme, state=state))
        it = step(state, command, now=now, **brought)
        steps.append(it)
        state = it.after
    return tuple(steps)


@st.composite
def slot_commands(
    draw: st.DrawFn,
    slot: Slot,
    state: Capacity | None = None,
    now: datetime = _OPENS,
    bookings: Sequence[BookingRef] = (
        BookingRef("a", "1"),
        BookingRef("b", "1"),
        BookingRef("c", "2"),
    ),
) -> SlotCommand:
    """Commands to a slot. Most ids are new; the others are of commands that were done."""
    state = initial_slot() if state is None else state
    past = [event.command for event in state.history]
    if past and draw(st.integers(0, 14)) == 0:
        return draw(st.sampled_from(past))
    kind: Any = draw(st.sampled_from((Hold, Take, Confirm, Release, Wait) * 3 + _OF_SITE))
    content: dict[str, Any] = {"id": f"s{state.version + 1}", "actor": Actor.SITE}
    if draw(st.integers(0, 9)) == 9:  # noqa: PLR2004  # one in ten
        content["id"] = draw(st.sampled_from([content["id"], *(each.id for each in past)]))
        content["actor"] = draw(st.sampled_from(Actor))
    if kind in (Open, ChangeCapacity):
        content["places"] = draw(st.integers(0, 3))
    elif kind is not CloseSlot:
        content["booking"] = draw(st.sampled_from(bookings))
    if kind is Open:
        content |= {"slot": slot, "shared_with": _shared_with(slot)}
    if kind is Hold:
        content["until"] = now + timedelta(minutes=draw(st.integers(0, 35)))
    made: SlotCommand = kind(**content)
    return made


def _shared_with(slot: Slot) -> tuple[Slot, ...]:
    """The slot of the next dose shares the places of a pool."""
    return () if slot.pool is None else (altered(slot, dose=slot.dose + 1),)


_OF_SITE: Final = (ChangeCapacity, ChangeCapacity, Open, CloseSlot)


@st.composite
def slot_histories(draw: st.DrawFn, slot: Slot, most: int = 20) -> tuple[SlotStep, ...]:
    """The steps of a slot from its opening on. Time may go back, as clocks do.

    One clock in sixteen is wrong by days or years.
    """
    now = _OPENS
    places, shared = draw(st.integers(0, 2)), _shared_with(slot)
    opening = Open(id="open", actor=Actor.SITE, slot=slot, shared_with=shared, places=places)
    steps = [slot_step(initial_slot(), opening, now=now)]
    for _ in range(draw(st.integers(1, most))):
        wrong = draw(st.integers(0, 15)) == 0
        hours = draw(st.sampled_from((-72, 96, 12_000))) if wrong else 0
        now += timedelta(minutes=draw(st.integers(-5, 15)))
        clock = now + timedelta(hours=hours)
        state = steps[-1].after
        steps.append(slot_step(state, draw(slot_commands(slot, state, clock)), now=clock))
    return tuple(steps)
