"""For the tests of those who build on this library: strategies, invariants and a store in memory.

Needs the extra ``testing`` (Hypothesis). `commands` and `circumstances` draw what a portal may get
to see, well-formed or not; `journeys` and `slot_histories` draw whole streams of steps. `step` and
`slot_step` take one step with this library, `broken` and `broken_slot` name the invariants that a
step breaks. A portal records steps of its own store in the same form and asks the same questions:

    for each in recorded_steps:
        assert not broken(each), broken(each)

`MemoryStore` is the smallest store that keeps the promises: it appends events to one or several
streams at once, where each stream's last version is the one that was judged, or to none.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve as altered
from attrs import frozen
from hypothesis import strategies as st

from vaxpolicy.capacity import (
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
)
from vaxpolicy.capacity import Close as CloseSlot
from vaxpolicy.capacity import initial as initial_slot
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Decision, Dose, Offer, Outcome, Policy
from vaxpolicy.events import (
    ACTORS,
    COMMANDS,
    AddVaccine,
    Amend,
    AnyCommand,
    Book,
    BookingCommand,
    CarryOver,
    Change,
    Close,
    CloseReason,
    JourneyCommand,
    Notify,
    RecordDose,
    Register,
    Withdraw,
)
from vaxpolicy.guards import Delivery, Elsewhere
from vaxpolicy.identity import IdentityForm, MobileNumber, RegistryAnswer, check_form
from vaxpolicy.invariants import INVARIANTS, TRUTHS, Step, broken, step
from vaxpolicy.journey import State, initial
from vaxpolicy.policy import NOT_STATED, Stage, VaccinationDays, Window
from vaxpolicy.programme import ROUND_4_EDIT_LOCK, Programme
from vaxpolicy.slot_invariants import (
    SLOT_INVARIANTS,
    SLOT_TRUTHS,
    SlotStep,
    broken_slot,
    slot_step,
)
from vaxpolicy.streams import Actor, Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "INVARIANTS",
    "PROGRAMME",
    "ROUND",
    "SLOT_INVARIANTS",
    "SLOT_TRUTHS",
    "TRUTHS",
    "Conflict",
    "MemoryStore",
    "SlotStep",
    "Step",
    "broken",
    "broken_slot",
    "circumstances",
    "commands",
    "decisions",
    "instants",
    "journeys",
    "slot_commands",
    "slot_histories",
    "slot_step",
    "slots",
    "step",
]

# -- a small round ---------------------------------------------------------------------------------

_OPENS: Final = datetime(2021, 11, 3, 10, tzinfo=TAIWAN)
_DAYS: Final = tuple(date(2021, 11, day) for day in (6, 7, 8))
_WINDOW: Final = Window(opens=_OPENS, closes=_OPENS + timedelta(days=2))

ROUND: Final = Policy(
    id="a-round",
    version="1.0.0",
    announced=date(2021, 11, 1),
    disease="covid19",
    notification="reminder",
    sources={},
    stages=(Stage("base", VaccinationDays(_DAYS[0], _DAYS[-1]), (), (_WINDOW,)),),
    vaccines={},
)
"""A made-up round: booked from 3 to 5 November 2021, vaccinated from 6 to 8 November."""

PROGRAMME: Final = Programme(
    registration_windows=(Window(opens=date(2021, 7, 5), closes=date(2021, 12, 31)),),
    vaccines=frozenset({"AZ", "BNT", "Moderna"}),
    most_districts=2,
    edit_lock=ROUND_4_EDIT_LOCK,
    asks_elsewhere=True,
)
"""A made-up programme with every rule that a programme may have."""

_CLAIM: Final = check_form(
    IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True),
    on=date(2021, 11, 1),
)


def instants() -> st.SearchStrategy[datetime]:
    """Instants before, in and after the booking window, the days and the edit lock of `ROUND`."""
    hours = st.integers(-24, 24 * 8)
    return hours.map(lambda each: _OPENS + timedelta(hours=each))


def slots(sites: Sequence[str] = ("site-1", "site-2")) -> st.SearchStrategy[Slot]:
    """Slots of `ROUND`, and a few on a day that it does not have."""
    return st.builds(
        Slot,
        site=st.sampled_from(sites),
        day=st.sampled_from((*_DAYS, _DAYS[-1] + timedelta(days=1))),
        session=st.sampled_from(("morning", "afternoon")),
        vaccine=st.sampled_from(("AZ", "BNT")),
        dose=st.integers(1, 2),
    )


@st.composite
def decisions(draw: st.DrawFn, policy: Policy = ROUND, subject: str = "someone") -> Decision:
    """Decisions under a policy: mostly one that helps; else of any outcome, person or version."""
    windows = st.sampled_from(
        (
            *(_WINDOW, _WINDOW, _WINDOW),
            altered(_WINDOW, opens=NOT_STATED),
            altered(_WINDOW, opens=_OPENS + timedelta(days=3), closes=NOT_STATED),
        )
    )
    kinds = draw(st.lists(st.sampled_from([("AZ", 1), ("BNT", 1), ("AZ", 2), ("BNT", 2)])))
    offers = tuple(
        Offer(f"{vaccine}-{dose}", vaccine, dose, days, DaySet.none(), ((draw(windows),),))
        for vaccine, dose in kinds or [("AZ", 1), ("BNT", 1), ("AZ", 2), ("BNT", 2)]
        for days in (DaySet.of(*draw(st.lists(st.sampled_from(_DAYS), min_size=1))),)
    )
    rarely = st.integers(0, 9).map(lambda each: each == 0)
    return Decision(
        policy_id=policy.id,
        policy_version="0.9.0" if draw(rarely) else policy.version,
        policy_digest=policy.digest,
        subject=None if draw(rarely) else subject,
        outcome=draw(st.sampled_from(Outcome)) if draw(rarely) else Outcome.ELIGIBLE,
        offers=offers,
        possible_offers=(),
        reasons=(),
        missing=(),
    )


@st.composite
def commands(draw: st.DrawFn, state: State | None = None, subject: str = "someone") -> AnyCommand:
    """Commands to the journey of `subject`: mostly what fits the state, of any kind.

    Ids are new for the most part, else those of commands that were done.
    """
    state = initial() if state is None else state
    kind: Any = draw(st.sampled_from(COMMANDS))
    past = [event.command for event in state.history]
    if past and draw(st.integers(0, 14)) == 0:
        return draw(st.sampled_from(past))
    fresh = f"c{state.version + 1}"
    basis = {
        "id": draw(st.sampled_from([fresh] * 9 + [each.id for each in past[:1]])),
        "actor": draw(st.sampled_from(sorted(ACTORS[kind], key=_value) * 3 + list(Actor))),
        "subject": draw(st.sampled_from([subject] * 9 + ["someone else"])),
    }
    return kind(**basis, **draw(_content(kind, state)))  # type: ignore[no-any-return]


def _value(actor: Actor) -> str:
    return actor.value


def _content(kind: type[JourneyCommand], state: State) -> st.SearchStrategy[dict[str, Any]]:
    """What a kind of command asks beside id, actor and subject."""
    standing = "none" if state.booking is None else state.booking.id
    names = st.lists(st.sampled_from(("AZ", "BNT", "Other")), min_size=1, unique=True).map(tuple)
    booking = st.sampled_from([standing] * 5 + ["stale"])
    policy = st.sampled_from([ROUND.id] * 5 + ["another-round"])
    given = st.builds(Dose, st.sampled_from(("AZ", "BNT")), st.sampled_from(_DAYS))
    contents: dict[type[JourneyCommand], dict[str, st.SearchStrategy[Any]]] = {
        Register: {"vaccines": names, "districts": st.just(("district",))},
        Amend: {"vaccines": names, "districts": st.just(("district",))},
        Withdraw: {},
        AddVaccine: {"vaccine": st.sampled_from(("BNT", "Moderna"))},
        Notify: {"policy_id": policy},
        Book: {"policy_id": policy, "slot": slots()},
        Change: {"policy_id": policy, "slot": slots(), "booking": booking},
        CarryOver: {"policy_id": policy},
        RecordDose: {"dose": st.integers(1, 2), "given": given},
        Close: {"reason": st.sampled_from(CloseReason)},
    }
    if issubclass(kind, BookingCommand):
        return st.fixed_dictionaries({"booking": booking})
    return st.fixed_dictionaries(contents[kind])


@st.composite
def circumstances(
    draw: st.DrawFn, command: AnyCommand, subject: str = "someone", policy: Policy = ROUND
) -> dict[str, Any]:
    """What is brought with a command: mostly what it needs, and sometimes a failure."""

    def mostly(usual: Any, *others: Any) -> Any:
        return draw(st.sampled_from([usual] * (4 * len(others)) + list(others)))

    place = None
    if isinstance(command, Book | Change):
        mine = BookingRef(command.subject, command.id)
        theirs = BookingRef("someone else", command.id)
        answer = mostly(PlaceAnswer.KEPT, *PlaceAnswer)
        place = mostly(Place(command.slot, mine, answer), None, Place(command.slot, theirs, answer))
    return {
        "programme": mostly(PROGRAMME, altered(PROGRAMME, registration="none"), Programme()),
        "policy": mostly(policy, altered(policy, notification="required"), None),
        "decision": mostly(draw(decisions(policy, subject)), None),
        "place": place,
        "claim": mostly(_CLAIM, None),
        "registry": mostly(RegistryAnswer.MATCHED, *RegistryAnswer),
        "mobile": mostly(MobileNumber.parse("0912345678"), None),
        "elsewhere": mostly(Elsewhere.NOT_BOOKED, *Elsewhere),
        "delivery": mostly(Delivery.DELIVERED, *Delivery),
    }


@st.composite
def journeys(draw: st.DrawFn, subject: str = "someone", most: int = 20) -> tuple[Step, ...]:
    """The steps of a journey, in the order of their instants; refused ones among them."""
    steps: list[Step] = []
    state = initial()
    for now in sorted(draw(st.lists(instants(), max_size=most))):
        command = draw(commands(state, subject))
        it = step(state, command, now=now, **draw(circumstances(command, subject)))
        steps.append(it)
        state = it.after
    return tuple(steps)


@st.composite
def slot_commands(
    draw: st.DrawFn,
    slot: Slot,
    state: Capacity | None = None,
    bookings: Sequence[BookingRef] = (
        BookingRef("a", "1"),
        BookingRef("b", "1"),
        BookingRef("c", "2"),
    ),
) -> SlotCommand:
    """Commands to a slot; ids are new for the most part, else those of commands that were done."""
    state = initial_slot() if state is None else state
    past = [event.command for event in state.history]
    if past and draw(st.integers(0, 14)) == 0:
        return draw(st.sampled_from(past))
    basis: dict[str, st.SearchStrategy[Any]] = {
        "id": st.sampled_from([f"s{state.version + 1}"] * 9 + [each.id for each in past[:1]]),
        "actor": st.sampled_from(Actor),
    }
    booking, places = st.sampled_from(bookings), st.integers(0, 3)
    made: list[st.SearchStrategy[SlotCommand]] = [
        st.builds(Open, **basis, slot=st.just(slot), places=places),
        st.builds(Hold, **basis, booking=booking, until=instants()),
        st.builds(Take, **basis, booking=booking),
        st.builds(Confirm, **basis, booking=booking),
        st.builds(Release, **basis, booking=booking),
        st.builds(ChangeCapacity, **basis, places=places),
    ]
    if draw(st.integers(0, 9)) == 0:
        made.append(st.builds(CloseSlot, **basis))
    return draw(st.one_of(made))


@st.composite
def slot_histories(draw: st.DrawFn, slot: Slot, most: int = 20) -> tuple[SlotStep, ...]:
    """The steps of a slot from its opening on, at instants that may go back, as clocks do."""
    opening = Open(id="open", actor=Actor.SITE, slot=slot, places=draw(st.integers(0, 2)))
    steps = [slot_step(initial_slot(), opening, now=draw(instants()))]
    for now in draw(st.lists(instants(), max_size=most)):
        state = steps[-1].after
        steps.append(slot_step(state, draw(slot_commands(slot, state)), now=now))
    return tuple(steps)


# -- a store ---------------------------------------------------------------------------------------


class Conflict(Exception):  # noqa: N818  # an outcome, named as such
    """A stream has moved on since it was read; read it again and decide again."""


@frozen
class MemoryStore:
    """Streams of events by name, in memory, with compare and swap over several streams at once."""

    _streams: dict[str, list[Event]]

    @classmethod
    def empty(cls) -> MemoryStore:
        """A store without streams."""
        return cls({})

    def read(self, stream: str) -> tuple[Any, ...]:
        """The events of a stream, to be replayed."""
        return tuple(self._streams.get(stream, ()))

    def append(self, changes: Mapping[str, Sequence[Event]]) -> None:
        """Append events to each stream named, or to none: raises `Conflict`.

        An event's version is one more than that of the stream for which it was decided.
        """
        for stream, events in changes.items():
            for ahead, event in enumerate(events, 1):
                if event.version != len(self._streams.get(stream, ())) + ahead:
                    raise Conflict
        for stream, events in changes.items():
            self._streams.setdefault(stream, []).extend(events)
