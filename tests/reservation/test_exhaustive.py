"""Every abstract state of a journey that can be reached, with every command, in all circumstances.

A small world represents all: two rounds of one programme, one after the other, vaccines A, B and C,
two doses, nine instants (before a window, in it, after it, on the day, after it, after the lock).
States that differ in ids and instants alone count as one; the earliest of them is looked into, for
time goes on. On each step every invariant of `vaxpolicy.testing.journey_laws` is asked, and for each
refusal whether what it says is so.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from heapq import heappop, heappush
from itertools import count, islice, product
from typing import Any

import pytest
from attrs import evolve as altered
from attrs import frozen

from vaxpolicy.booking.events import COMMANDS
from vaxpolicy.booking.journey import taken_back
from vaxpolicy.booking.programme import ROUND_4_EDIT_LOCK, CancelUntil, Programme
from vaxpolicy.booking.slots import BookingRef, Place, PlaceAnswer, Slot
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Decision, Dose, Offer, Outcome, Policy
from vaxpolicy.identity import IdentityForm, MobileNumber, RegistryAnswer, check_form
from vaxpolicy.reservation import (
    ACTORS,
    GUARDS,
    TRANSITIONS,
    Actor,
    AddVaccine,
    Amend,
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
    Delivery,
    Elsewhere,
    Miss,
    Move,
    Notify,
    RecordDose,
    Register,
    State,
    Status,
    Vaccinate,
    WalkIn,
    Withdraw,
    initial,
    is_terminal,
)
from vaxpolicy.rules.policy import NOT_STATED, Stage, VaccinationDays, Vaccine, Window
from vaxpolicy.testing.journey_laws import INVARIANTS, REFUSAL_ASSERTIONS, Step, broken, step

pytestmark = pytest.mark.slow
Brought = dict[str, Any]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2021-11-{text}").replace(tzinfo=TAIWAN)


EARLY, OPEN, SHUT, DAY = at("02 14:00"), at("03 15:00"), at("05 13:00"), at("06 09:30")
NEXT, LATE = at("07 09:00"), at("07 17:00")
OPEN_AGAIN, DAY_AGAIN, OVER = at("08 15:00"), at("10 09:30"), at("11 09:00")
INSTANTS = (EARLY, OPEN, SHUT, DAY, NEXT, LATE, OPEN_AGAIN, DAY_AGAIN, OVER)
FAR = datetime(2040, 1, 1, tzinfo=TAIWAN)
WINDOW = Window(opens=at("03 10:00"), closes=at("04 12:00"))
WINDOW_AGAIN = Window(opens=at("08 10:00"), closes=at("09 12:00"))
ADDED_WINDOW = Window(opens=at("05 10:00"), closes=at("05 18:00"))
UNSTATED = Window(opens=NOT_STATED, closes=at("04 12:00"))
ENDLESS = Window(opens=at("03 10:00"), closes=NOT_STATED)
ME, OTHER = "me", "someone else"
LAST_DAY = date(2021, 11, 12)
THE_DAY, ADDED_DAY, NEXT_DAY = date(2021, 11, 6), date(2021, 11, 5), date(2021, 11, 10)


def a_policy(name: str, notification: str = "reminder", disease: str = "covid19") -> Policy:
    second = name == "round-2"
    days = VaccinationDays(date(2021, 11, 2), NEXT_DAY if second else THE_DAY)
    window = WINDOW_AGAIN if second else WINDOW
    return Policy(
        *(name, "1.0.0", date(2021, 11, 1), disease, notification, {}),  # type: ignore[arg-type]
        stages=(Stage("base", days, (), (window,)),),
        vaccines={each: Vaccine(each, (disease,)) for each in "ABC"},
    )


FIRST, SECOND = a_policy("round-1"), a_policy("round-2")
FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
CLAIM = check_form(FORM, on=date(2021, 11, 2))


KINDS = (("A", 1), ("B", 1), ("A", 2), ("B", 2))


def offer(vaccine: str, dose: int, window: Window, *days: date) -> Offer:
    return Offer(f"{vaccine}{dose}", vaccine, dose, DaySet.of(*days), DaySet.none(), ((window,),))


def offers(window: Window) -> tuple[Offer, ...]:
    days = (date(2021, 11, 2), THE_DAY, NEXT_DAY, LAST_DAY)
    return tuple(offer(*each, window, *days) for each in KINDS)


WITHOUT = tuple(altered(each, window_cases=((),)) for each in offers(WINDOW))


def a_decision(policy: Policy, **other: Any) -> Decision:
    decision = Decision(
        *(policy.id, policy.version, policy.digest, ME, Outcome.ELIGIBLE),
        *(offers(WINDOW_AGAIN if policy.id == "round-2" else WINDOW), (), (), ()),
    )
    return altered(decision, **other)


def decisions(policy: Policy, subject: str) -> list[Decision | None]:
    """The person's decision first, then every other thing that may be brought for it."""
    whose = {ME: OTHER, OTHER: ME}[subject]
    mine = a_decision(policy, subject=subject)
    return [
        mine,
        None,
        altered(mine, subject=whose),
        altered(mine, subject=None),
        altered(mine, policy_version="0.9.0"),
        altered(mine, policy_digest="another"),
        altered(mine, outcome=Outcome.INELIGIBLE),
        altered(mine, outcome=Outcome.UNDETERMINED),
        altered(mine, offers=offers(UNSTATED)),
        altered(mine, offers=WITHOUT),
        altered(mine, offers=()),
        altered(mine, offers=tuple(offer(*each, WINDOW, ADDED_DAY) for each in KINDS)),
        altered(mine, offers=(*offers(WINDOW), offer("A", 1, ADDED_WINDOW, ADDED_DAY))),
    ]


def dimension(name: str, *values: Any) -> tuple[Brought, ...]:
    return tuple({name: value} for value in values)


def policies(policy: Policy) -> tuple[Brought, ...]:
    kinds = [
        altered(policy, notification=it) for it in ("reminder", "required", "none", NOT_STATED)
    ]
    other = SECOND if policy == FIRST else FIRST
    endless = altered(policy, stages=(altered(policy.stages[0], windows=(ENDLESS,)),))
    others = [other, altered(policy, disease="influenza"), None, endless]
    both = {"policy": other, "decision": a_decision(other)}
    return (*dimension("policy", *kinds, *others), both)


MORNING = Slot("site", THE_DAY, "morning", "A", 1, pool="shared")
SLOTS = (
    MORNING,
    altered(MORNING, session="afternoon", pool=None),
    altered(MORNING, vaccine="B"),
    altered(MORNING, dose=2),
)
ODD_SLOTS = (
    altered(MORNING, vaccine="B", dose=2),
    altered(MORNING, vaccine="C"),
    altered(MORNING, day=date(2021, 11, 9)),
    altered(MORNING, day=date(2021, 11, 2)),
    altered(MORNING, day=ADDED_DAY, ends=time(12)),
    altered(MORNING, day=LAST_DAY),
)

PROGRAMME = Programme(
    registration_windows=(Window(opens=at("01 00:00"), closes=at("30 00:00")),),
    vaccines=frozenset("ABC"),
    most_districts=1,
    same_vaccine=True,
    edit_lock=ROUND_4_EDIT_LOCK,
    asks_elsewhere=True,
    books_next_dose=True,
)
GATE = a_policy("gate")
WALKING = altered(PROGRAMME, books_without_window=True)
WITH_GATE = altered(PROGRAMME, registration_windows=(), gate=GATE)
PROGRAMMES = (
    PROGRAMME,
    altered(PROGRAMME, registration="none"),
    altered(PROGRAMME, same_vaccine=False),
    altered(PROGRAMME, asks_elsewhere=False),
    altered(PROGRAMME, vaccines=None, most_districts=None),
    altered(PROGRAMME, identity_at_booking=False),
    altered(PROGRAMME, books_next_dose=False),
)
REGISTRATIONS = (
    altered(PROGRAMME, registration_windows=()),
    altered(PROGRAMME, registration_windows=(WINDOW,)),
    altered(PROGRAMME, registration_windows=(UNSTATED,)),
)
LOCKS = (
    altered(PROGRAMME, edit_lock=NOT_STATED),
    altered(PROGRAMME, edit_lock=None),
    altered(PROGRAMME, edit_lock=altered(ROUND_4_EDIT_LOCK, notified=False)),
)
CANCELS = (altered(PROGRAMME, cancel=CancelUntil(days_before=0, at=time.min)),)
TURNS = {
    (each.id, subject): (
        *dimension("decision", *decisions(each, subject)),
        {"decision": a_decision(each, offers=WITHOUT, subject=subject), "programme": WALKING},
    )
    for each in (FIRST, SECOND)
    for subject in (ME, OTHER)
}
POLICIES = {each.id: policies(each) for each in (FIRST, SECOND)}
GATE_DAYS = (date(2021, 11, 3), THE_DAY)
GATE_OFFERS = tuple(offer(vaccine, 1, WINDOW, *GATE_DAYS) for vaccine in "AC")
GATES = (
    a_decision(GATE, offers=GATE_OFFERS),
    None,
    a_decision(GATE, offers=GATE_OFFERS, subject=OTHER),
    a_decision(GATE, offers=GATE_OFFERS, policy_version="0.9.0"),
    a_decision(GATE, offers=GATE_OFFERS, outcome=Outcome.INELIGIBLE),
    a_decision(GATE, offers=GATE_OFFERS, outcome=Outcome.UNDETERMINED),
)


@frozen
class Question:
    """A command, and what may be brought with it: along each dimension the usual value first."""

    command: Any
    dimensions: tuple[tuple[Brought, ...], ...] = ()

    def usual(self) -> Brought:
        return {name: it for dimension in self.dimensions for name, it in dimension[0].items()}

    def one_thing_off(self) -> Iterator[Brought]:
        """Along each dimension every other value, the rest as usual."""
        for dimension in self.dimensions:
            for value in dimension[1:]:
                yield {**self.usual(), **value}

    def everything(self) -> Iterator[Brought]:
        """Every combination of all values; of identities at a booking the usual one alone."""
        few = isinstance(self.command, Book | BookNext | Change)
        for values in product(*(d[:1] if few and d in WHO else d for d in self.dimensions)):
            yield {name: it for value in values for name, it in value.items()}


def places(command: Any) -> tuple[Brought, ...]:
    mine = BookingRef(command.subject, command.id)
    answers = [Place(command.slot, mine, answer) for answer in PlaceAnswer]
    return dimension(
        "place",
        *answers,
        None,
        Place(altered(command.slot, session="night"), mine, PlaceAnswer.KEPT),
        Place(command.slot, mine, PlaceAnswer.KEPT, until=EARLY),
        Place(command.slot, BookingRef(command.subject, "another"), PlaceAnswer.KEPT),
        Place(command.slot, BookingRef(OTHER, command.id), PlaceAnswer.KEPT),
    )


FORM_OF_TWO = altered(FORM, id_number="A800000014", also_known_as="AB12345677")
TWO_NUMBERS = check_form(FORM_OF_TWO, on=date(2021, 11, 2))
PROGRAMME_VALUES = dimension("programme", *PROGRAMMES)
ELSEWHERE = dimension("elsewhere", Elsewhere.NOT_BOOKED, Elsewhere.BOOKED, Elsewhere.UNKNOWN)
DELIVERY = dimension("delivery", Delivery.DELIVERED, Delivery.FAILED, Delivery.UNKNOWN)


def registered_by(subject: str, *, book: bool) -> State:
    """Another journey: registered, and perhaps booked."""
    basis: Any = {"actor": Actor.PERSON, "subject": subject}
    command: Any = Register(id="r", **basis, vaccines=("A",), districts=("d",))
    known: Any = {"programme": PROGRAMME, "claim": CLAIM, "registry": RegistryAnswer.MATCHED}
    mobile = MobileNumber.parse("0912345678")
    it = step(initial(), command, now=EARLY, mobile=mobile, **known)
    if book:
        command = Book(id="b", **basis, policy_id=FIRST.id, slot=MORNING)
        known |= {"policy": FIRST, "decision": a_decision(FIRST, subject=subject)}
        known |= {"place": Place(MORNING, BookingRef(subject, "b"), PlaceAnswer.KEPT)}
        it = step(it.after, command, now=OPEN, elsewhere=Elsewhere.NOT_BOOKED, **known)
    assert it.events
    return it.after


THEIRS_REGISTERED = registered_by("my old number", book=False)
THEIRS_BOOKED = registered_by("my old number", book=True)
MINE_ALREADY = registered_by(ME, book=True)
WHO = (
    (
        *dimension("claim", CLAIM, None, TWO_NUMBERS),
        {"claim": TWO_NUMBERS, "other": initial()},
        {"claim": TWO_NUMBERS, "other": MINE_ALREADY},
        *dimension("other", THEIRS_REGISTERED, THEIRS_BOOKED, MINE_ALREADY),
    ),
    dimension(
        "registry",
        *[RegistryAnswer.MATCHED, RegistryAnswer.NOT_MATCHED, RegistryAnswer.UNAVAILABLE],
    ),
)
REGISTRY = (
    *WHO,
    dimension("mobile", MobileNumber.parse("0912345678"), None),
)
GATED = (
    *dimension("programme", *PROGRAMMES, *REGISTRATIONS, *LOCKS),
    *({"programme": WITH_GATE, "gate": gate} for gate in GATES),
)


def questions(state: State, kind: type[Any]) -> Iterator[Question]:
    """Every command of a kind, well-formed or off in one way, with what may be brought."""
    yield from plain_questions(state, kind)
    command = next(plain_questions(state, kind)).command
    usual = next(plain_questions(state, kind)).dimensions
    for actor in set(Actor) - ACTORS[kind]:
        yield Question(altered(command, actor=actor), tuple(each[:1] for each in usual))
    yield next(plain_questions(state, kind, subject=OTHER))
    for past in {type(each.command): each.command for each in state.history[:2]}.values():
        yield Question(past)
        yield Question(altered(command, id=past.id), tuple(each[:1] for each in usual))


def plain_questions(state: State, kind: type[Any], subject: str = ME) -> Iterator[Question]:
    """The commands of a kind that this state's own person, site or office would send."""
    actor = min(ACTORS[kind], key=lambda each: each.value)
    if Actor.PERSON in ACTORS[kind]:
        actor = Actor.PERSON
    basis: dict[str, Any] = {"id": f"c{state.version + 1}", "actor": actor, "subject": subject}
    booking = "none" if state.booking is None else state.booking.id
    yield from MAKERS[kind](basis, booking, state)


def _register(basis: Any, _: str, __: State, kind: Any = Register) -> Iterator[Question]:
    known = REGISTRY if kind is Register else ()
    for vaccines in (("A",), ("A", "B"), ("A", "Z")):
        yield Question(kind(**basis, vaccines=vaccines, districts=("d",)), (*known, GATED))
    yield Question(kind(**basis, vaccines=("A",), districts=("d", "e")), (*known, GATED))


def _amend(basis: Any, booking: str, state: State) -> Iterator[Question]:
    yield from _register(basis, booking, state, Amend)


def _withdraw(basis: Any, _: str, __: State) -> Iterator[Question]:
    yield Question(Withdraw(**basis), (GATED,))


def _add_vaccine(basis: Any, _: str, __: State) -> Iterator[Question]:
    for vaccine in "BAZ":
        yield Question(AddVaccine(**basis, vaccine=vaccine), (PROGRAMME_VALUES,))


def _notify(basis: Any, _: str, __: State) -> Iterator[Question]:
    for policy, stage in ((FIRST, None), (SECOND, None), (FIRST, "second")):
        command = Notify(**basis, policy_id=policy.id, stage=stage)
        known = (POLICIES[policy.id], TURNS[policy.id, basis["subject"]])
        yield Question(command, (*known, DELIVERY, ELSEWHERE, PROGRAMME_VALUES))


def _book(basis: Any, _: str, __: State, kind: Any = Book, **more: Any) -> Iterator[Question]:
    later = [altered(each, day=NEXT_DAY) for each in SLOTS]
    few = kind in (Move, WalkIn)  # which meet the same guards of the slot
    near = SLOTS[1:3] if kind is Move else SLOTS[::2]
    first = (*near, ODD_SLOTS[3], ODD_SLOTS[5]) if few else (*SLOTS, *ODD_SLOTS)
    for policy, slots in ((FIRST, first), (SECOND, later[::3])):
        for slot in slots:
            command = kind(**basis, policy_id=policy.id, slot=slot, **more)
            known = (POLICIES[policy.id], TURNS[policy.id, basis["subject"]])
            yield Question(command, (*known, places(command), ELSEWHERE, *WHO, PROGRAMME_VALUES))


def _book_next(basis: Any, _: str, state: State) -> Iterator[Question]:
    """The dose after the booked one, on a later day; another dose; the same day."""
    dose = 1 if state.booking is None else state.booking.slot.dose
    right = altered(MORNING, day=LAST_DAY, dose=dose + 1)
    slots = [right, altered(right, vaccine="B"), altered(right, dose=dose)]
    slots.append(altered(right, day=THE_DAY if state.booking is None else state.booking.slot.day))
    supposes = dimension("supposes", state.booked_dose, None, Dose("A", date(2021, 11, 3)))
    for policy, asked in ((FIRST, slots), (SECOND, slots[:1])):
        for slot in asked:
            command = BookNext(**basis, policy_id=policy.id, slot=slot)
            known = (POLICIES[policy.id], TURNS[policy.id, basis["subject"]], supposes)
            yield Question(command, (*known, places(command), ELSEWHERE, *WHO, PROGRAMME_VALUES))


def _change(basis: Any, booking: str, state: State) -> Iterator[Question]:
    yield from _book(basis, booking, state, Change, booking=booking)
    command = Change(**basis, policy_id=FIRST.id, booking="stale", slot=SLOTS[1])
    known = (POLICIES[FIRST.id], TURNS[FIRST.id, basis["subject"]])
    yield Question(command, (*known, places(command), ELSEWHERE, *WHO, PROGRAMME_VALUES))


def _walk_in(basis: Any, booking: str, state: State) -> Iterator[Question]:
    yield from _book(basis, booking, state, WalkIn)


def _move(basis: Any, booking: str, state: State) -> Iterator[Question]:
    yield from _book(basis, booking, state, Move, booking=booking)
    command = Move(**basis, policy_id=FIRST.id, booking="stale", slot=SLOTS[1])
    known = (POLICIES[FIRST.id], TURNS[FIRST.id, basis["subject"]])
    yield Question(command, (*known, places(command)))


def _correct(basis: Any, _: str, state: State) -> Iterator[Question]:
    last = [each.version for each in state.history][-2:]
    versions = {1, *last, *(each.version for each in state.doses), state.version + 1}
    best = sorted(versions, key=lambda it: (taken_back(state, it) is None, it))
    for version in best:
        yield Question(Correct(**basis, event=version, reason=CorrectionReason.ENTERED_IN_ERROR))


def _vaccinate(basis: Any, booking: str, _: State) -> Iterator[Question]:
    for given in (None, Dose("B", date(2021, 11, 5)), Dose("B", date(2021, 11, 30))):
        yield Question(Vaccinate(**basis, booking=booking, given=given))
    yield Question(Vaccinate(**basis, booking="stale"))


def _check_in(basis: Any, booking: str, state: State) -> Iterator[Question]:
    round_id = FIRST.id if state.booking is None else state.booking.policy_id
    policy = FIRST if round_id == FIRST.id else SECOND
    for named in (booking, "stale"):
        known = (POLICIES[policy.id], TURNS[policy.id, basis["subject"]])
        yield Question(CheckIn(**basis, booking=named), known)


def _of_booking(kind: Any) -> Callable[[Any, str, State], Iterator[Question]]:
    def make(basis: Any, booking: str, state: State) -> Iterator[Question]:
        ahead = [] if state.next_booking is None else [state.next_booking.id]
        for named in (booking, "stale", *ahead):
            values = dimension("programme", PROGRAMME, *CANCELS)
            yield Question(kind(**basis, booking=named), (values,))

    return make


def _carry_over(basis: Any, _: str, __: State) -> Iterator[Question]:
    for policy in (FIRST, SECOND):
        yield Question(CarryOver(**basis, policy_id=policy.id))


def _record_dose(basis: Any, _: str, __: State) -> Iterator[Question]:
    known = dimension(
        "policy",
        None,
        *[altered(FIRST, vaccines={each: Vaccine(each, ("covid19",))}) for each in "AB"],
        *[altered(FIRST, disease="influenza"), FIRST],
    )
    for dose, day in ((1, date(2021, 11, 2)), (1, date(2021, 11, 6)), (2, date(2021, 11, 6))):
        yield Question(RecordDose(**basis, dose=dose, given=Dose("A", day)), (known,))


def _close(basis: Any, _: str, __: State) -> Iterator[Question]:
    yield Question(Close(**basis, reason=CloseReason.COMPLETED))


MAKERS: Mapping[type[Any], Callable[[Any, str, State], Iterator[Question]]] = {
    Register: _register,
    Amend: _amend,
    Withdraw: _withdraw,
    AddVaccine: _add_vaccine,
    Notify: _notify,
    Book: _book,
    BookNext: _book_next,
    Change: _change,
    CheckIn: _check_in,
    CarryOver: _carry_over,
    RecordDose: _record_dose,
    Close: _close,
    WalkIn: _walk_in,
    Move: _move,
    Correct: _correct,
    Vaccinate: _vaccinate,
    **{kind: _of_booking(kind) for kind in (Cancel, CancelSession, Defer, Miss)},
}


THOROUGH = 40
"""One in this many states of a status, with a booking of the next dose or without, and the first
few, are asked with each thing off."""


def steps(state: State, kind: type[Any], *, thorough: bool = True) -> Iterator[Step]:
    """Every step of a kind from a state: as usual at every instant, then with one thing off.

    One thing is off at each instant at which the usual is accepted and at one at which it is not;
    where it never is, in the window, after it and on the day. One instant is before the last event.
    What the table refuses is asked in one way of each kind of command, for it cannot matter more.
    """
    asked = questions(state, kind)
    for question in asked if (state.status, kind) in TRANSITIONS else islice(asked, 1):
        instants = from_then_on(state)
        usual = [step(state, question.command, now=now, **question.usual()) for now in instants]
        yield from usual
        if not thorough:
            continue
        accepted = [it.now for it in usual if it.events]
        refused = [now for now in instants if now not in accepted]
        yield step(state, question.command, now=FAR, **question.usual())
        for now in (*accepted[:2], *refused[:1], *refused[-1:]) if accepted else instants[1:4]:
            for brought in question.one_thing_off():
                yield step(state, question.command, now=now, **brought)


def from_then_on(state: State) -> tuple[datetime, ...]:
    """One instant before the last event, and all that are not."""
    last = state.history[-1].at if state.history else EARLY
    before = [now for now in INSTANTS if now < last]
    return (*before[-1:], *(now for now in INSTANTS if now >= last))


def all_steps(state: State, kind: type[Any]) -> Iterator[Step]:
    """Every step of a kind from a state with everything that may be brought, at every instant."""
    question = next(
        it
        for it in plain_questions(state, kind)
        if any(step(state, it.command, now=now, **it.usual()).events for now in INSTANTS)
    )
    instants = from_then_on(state)[:5]
    for brought in question.everything():
        for now in instants:
            yield step(state, question.command, now=now, **brought)


def essence(state: State) -> tuple[Any, ...]:
    """The parts of a state that can matter later.

    Ids, instants and sessions cannot. A round's end matters only to those who wait for it.
    """
    if is_terminal(state):
        return (state.status, bool(state.wanted), bool(state.doses))
    booking, notice, wanted = state.booking, state.notice, {vaccine for vaccine, _ in state.wanted}
    last = min(len(state.doses), 2)
    return (
        state.status,
        bool(wanted),
        {"A", "B"} <= wanted,
        frozenset(each.policy_id for each in state.notices),
        state.status is Status.NOTIFIED and notice and notice.policy_id,
        notice and state.status is Status.NOTIFIED and notice.closes is None,
        booking and (booking.policy_id, booking.slot.vaccine, booking.slot.dose),
        state.next_booking and state.next_booking.slot.vaccine,
        (last, state.doses[-1].given.vaccine if last == 1 else ""),
        state.booked_round_ends is None,
    )


@frozen
class World:
    """The states that were reached, one for each essence, and the steps on the way."""

    states: tuple[State, ...]
    few: tuple[State, ...]
    steps: int
    transitions: frozenset[tuple[Status, type[Any], Status]]
    codes: frozenset[str]


@pytest.fixture(scope="module")
def world() -> World:
    order, seen, transitions, codes = count(), 0, set(), set()
    reached: dict[Any, State] = {}
    of_kind: Counter[tuple[Status, bool]] = Counter()
    few: list[State] = []
    queue = [(EARLY, next(order), initial())]
    while queue:
        _, _, state = heappop(queue)
        if essence(state) in reached:
            continue
        reached[essence(state)] = state
        kind_of_state = state.status, state.next_booking is not None
        of_kind[kind_of_state] += 1
        thorough = of_kind[kind_of_state] % THOROUGH <= 1 or of_kind[kind_of_state] <= 4
        few += [state] if thorough else []
        for kind in COMMANDS:
            for it in steps(state, kind, thorough=thorough):
                seen += 1
                assert not broken(it), (broken(it), it)
                if it.refused is not None:
                    codes.add(it.refused.code)
                if not it.events:
                    continue
                if kind is not Correct:
                    transitions.add((it.before.status, kind, it.after.status))
                if it.now < FAR and essence(it.after) not in reached:
                    heappush(queue, (it.now, next(order), it.after))
    return World(
        tuple(reached.values()), tuple(few), seen, frozenset(transitions), frozenset(codes)
    )


Record = Callable[[str, object], None]
"""Pytest's fixture `record_property`: what was counted is in the report (`--junitxml`)."""


def test_every_step_from_every_reachable_state_holds_every_invariant(
    world: World, record_property: Record
) -> None:
    assert len(world.states) > 300
    assert {state.status for state in world.states} == set(Status)
    record_property("states", len(world.states))
    record_property("steps", world.steps)
    record_property("invariants", len(INVARIANTS))


WITH_THE_NEXT = {
    (Status.BOOKED, Vaccinate, Status.BOOKED),
    (Status.ARRIVED, Vaccinate, Status.BOOKED),
    (Status.BOOKED, Cancel, Status.BOOKED),
    (Status.BOOKED, CancelSession, Status.BOOKED),
    (Status.ARRIVED, CancelSession, Status.ARRIVED),
}
"""The steps while the next dose is booked as well."""


def test_every_transition_of_the_table_is_taken_and_no_other(world: World) -> None:
    table = {
        (before, kind, after)
        for (before, kind), after in TRANSITIONS.items()
        if kind is not Correct  # which leads back to whatever was before
    }
    assert world.transitions == table | WITH_THE_NEXT


def test_every_code_is_used_and_says_what_is_so(world: World) -> None:
    assert world.codes == set(REFUSAL_ASSERTIONS)


def first(world: World, status: Status) -> State:
    """A state of a person who has registered for A and B, and was told where that is so."""
    return next(
        state
        for state in world.states
        if state.status is status and {vaccine for vaccine, _ in state.wanted} >= {"A", "B"}
    )


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Register, Status.NEW),
        (Amend, Status.NOTIFIED),
        (Notify, Status.REGISTERED),
        (Book, Status.REGISTERED),
        (Book, Status.NOTIFIED),
        (Change, Status.BOOKED),
        (BookNext, Status.BOOKED),
        (CheckIn, Status.BOOKED),
    ],
)
def test_everything_at_once(
    world: World, kind: type[Any], status: Status, record_property: Record
) -> None:
    """All values of all that is brought, combined: nothing makes up for what is off."""
    state = initial() if status is Status.NEW else first(world, status)
    seen = accepted = 0
    for it in all_steps(state, kind):
        seen += 1
        accepted += bool(it.events)
        assert not broken(it), (broken(it), it)
    assert 0 < accepted < seen
    record_property("steps", seen)
    record_property("accepted", accepted)


TIED_TO_A_TIME = {
    *((Change, "time_goes_on"), (BookNext, "time_goes_on"), (CheckIn, "time_goes_on")),
}
"""The commands that only the window or the day refuses at an earlier instant, in this small world."""


def goes_wrong(world: World, kind: type[Any]) -> bool:
    """Whether some step of a kind breaks an invariant, or the code that rests on the guard."""
    try:
        return any(broken(it) for state in world.few for it in steps(state, kind))
    except (AssertionError, AttributeError, TypeError, ValueError, LookupError):
        return True


@pytest.mark.parametrize(
    ("kind", "guard"),
    [
        pytest.param(kind, guard, id=f"{kind.__name__}-{guard.__name__}")
        for kind, guards in GUARDS.items()
        for guard in guards
        if (kind, guard.__name__) not in TIED_TO_A_TIME
    ],
)
def test_no_guard_can_be_spared(
    world: World, kind: type[Any], guard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = tuple(each for each in GUARDS[kind] if each is not guard)
    monkeypatch.setitem(GUARDS, kind, rest)
    assert goes_wrong(world, kind)


@pytest.mark.parametrize("answer", [False, True])
def test_what_was_done_must_be_looked_up(
    world: World, answer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vaxpolicy.reservation.answered", lambda *_: answer)
    assert goes_wrong(world, Register)
