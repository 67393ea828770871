"""The places of a slot: examples, every reachable state, and what no guard can be spared for."""

import pickle
from collections import deque
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from attrs import evolve as altered
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy.booking import slots as slots_module
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.slots import (
    ALLOCATIONS,
    EVENTS,
    GUARDS,
    LONGEST_HOLD,
    TRANSITIONS,
    USES_A_PLACE,
    Allocation,
    BookingRef,
    Capacity,
    CapacityChanged,
    ChangeCapacity,
    Close,
    Closed,
    Confirm,
    Confirmed,
    Held,
    Hold,
    Open,
    Place,
    PlaceAnswer,
    Release,
    Released,
    Slot,
    SlotStatus,
    Take,
    Taken,
    Wait,
    consuming,
    decide,
    evolve,
    free,
    initial,
    is_terminal,
    keeping,
    place,
    replay,
)
from vaxpolicy.booking.streams import Actor, BrokenStream
from vaxpolicy.days import TAIWAN
from vaxpolicy.desk import slot_stream
from vaxpolicy.testing import slot_histories, slots
from vaxpolicy.testing.slot_laws import SLOT_REFUSAL_ASSERTIONS, SlotStep, broken_slot, slot_step

SLOT = Slot("site", date(2021, 11, 6), "morning", "AZ", 1, ends=time(12))
NINE = datetime(2021, 11, 3, 9, tzinfo=TAIWAN)
ANNA, BERT, CARL = (BookingRef(name, "b1") for name in ("anna", "bert", "carl"))
SITE: dict[str, Any] = {"actor": Actor.SITE}
PERSON: dict[str, Any] = {"actor": Actor.PERSON}


def minutes(number: int) -> datetime:
    return NINE + timedelta(minutes=number)


def do(state: Capacity, command: Any, now: datetime = NINE) -> Capacity:
    for event in decide(state, command, now=now):
        state = evolve(state, event)
    return state


BNT, MODERNA = (altered(SLOT, vaccine=it, dose=3, pool="boosters") for it in ("BNT", "Moderna"))
"""A site that counts the people of its session."""


def opened_pool(places: int = 1) -> Capacity:
    command = Open(id="open", **SITE, slot=BNT, shared_with=[MODERNA], places=places)
    return do(initial(), command)


def opened(places: int = 1) -> Capacity:
    return do(initial(), Open(id="open", **SITE, slot=SLOT, places=places))


def refused(state: Capacity, command: Any, now: datetime = NINE) -> Rejected:
    with pytest.raises(Rejected) as caught:
        decide(state, command, now=now)
    return caught.value


def test_a_place_that_is_taken_is_no_longer_free() -> None:
    state = do(opened(2), Take(id="1", **PERSON, booking=ANNA))
    assert (free(state, NINE), consuming(state, NINE)) == (1, 1)


def test_the_last_place_goes_once() -> None:
    state = do(opened(1), Take(id="1", **PERSON, booking=ANNA))
    no = refused(state, Take(id="2", **PERSON, booking=BERT))
    assert (no.code, no.version) == ("slot-full", 2)


def test_a_hold_keeps_a_place_until_its_end_and_not_at_it() -> None:
    state = do(opened(), Hold(id="1", **PERSON, booking=ANNA, until=minutes(10)))
    assert free(state, minutes(9)) == 0
    assert keeping(state, ANNA, minutes(9)) is Allocation.HELD
    assert free(state, minutes(10)) == 1
    assert keeping(state, ANNA, minutes(10)) is Allocation.EXPIRED


def test_a_hold_can_be_made_longer() -> None:
    state = do(opened(), Hold(id="1", **PERSON, booking=ANNA, until=minutes(10)))
    state = do(state, Hold(id="2", **PERSON, booking=ANNA, until=minutes(20)))
    assert keeping(state, ANNA, minutes(15)) is Allocation.HELD


def test_a_hold_that_is_over_is_not_confirmed_but_the_place_may_be_taken_anew() -> None:
    state = do(opened(), Hold(id="1", **PERSON, booking=ANNA, until=minutes(10)))
    assert refused(state, Confirm(id="2", **PERSON, booking=ANNA), minutes(10)).code == "hold-over"
    state = do(state, Take(id="3", **PERSON, booking=ANNA), minutes(11))
    assert keeping(state, ANNA, minutes(11)) is Allocation.TAKEN


def test_a_slow_clock_does_not_bring_a_hold_back() -> None:
    state = do(opened(), Hold(id="1", **PERSON, booking=ANNA, until=minutes(10)))
    state = do(state, Take(id="2", **PERSON, booking=BERT), minutes(11))
    assert consuming(state, minutes(5)) == 1
    assert refused(state, Confirm(id="3", **PERSON, booking=ANNA), minutes(5)).code == "hold-over"
    assert decide(state, Release(id="4", **PERSON, booking=BERT), now=NINE)[0].at == minutes(11)


def test_capacity_is_not_reduced_below_what_is_taken_and_those_in_the_way_are_named() -> None:
    state = opened(3)
    for number, booking in enumerate((ANNA, BERT, CARL)):
        state = do(state, Take(id=str(number), **PERSON, booking=booking))
    no = refused(state, ChangeCapacity(id="less", **SITE, places=1))
    assert (no.code, no.affected) == ("below-taken", (BERT, CARL))
    state = do(state, Release(id="r", **PERSON, booking=BERT))
    assert do(state, ChangeCapacity(id="less", **SITE, places=2)).places == 2


def test_closing_names_who_loses_a_place() -> None:
    state = do(opened(3), Take(id="1", **PERSON, booking=ANNA))
    state = do(state, Hold(id="2", **PERSON, booking=BERT, until=minutes(10)))
    state = do(state, Hold(id="3", **PERSON, booking=CARL, until=minutes(1)))
    (event,) = decide(state, Close(id="typhoon", **SITE), now=minutes(5))
    assert isinstance(event, Closed)
    assert event.affected == (ANNA, BERT)
    state = evolve(state, event)
    assert is_terminal(state)
    assert not is_terminal(opened())
    assert keeping(state, ANNA, minutes(5)) is Allocation.WITHDRAWN
    assert keeping(state, CARL, minutes(5)) is Allocation.EXPIRED
    assert (free(state, minutes(5)), consuming(state, minutes(5))) == (0, 0)


def test_a_command_that_comes_again_does_nothing() -> None:
    take = Take(id="1", **PERSON, booking=ANNA)
    state = do(opened(), take)
    assert decide(state, take, now=minutes(5)) == ()
    assert refused(state, altered(take, booking=BERT)).code == "command-id-reused"


def test_only_the_site_and_the_programme_open_resize_and_close() -> None:
    assert (
        refused(initial(), Open(id="o", **PERSON, slot=SLOT, places=1)).code == "actor-not-allowed"
    )
    assert refused(opened(), Close(id="c", **PERSON)).code == "actor-not-allowed"


@pytest.mark.parametrize(
    ("state", "answer", "until"),
    [
        (initial(), PlaceAnswer.UNKNOWN, None),
        (opened(1), PlaceAnswer.UNKNOWN, None),
        (opened(0), PlaceAnswer.FULL, None),
        (do(opened(), Take(id="1", **PERSON, booking=ANNA)), PlaceAnswer.KEPT, None),
        (do(opened(), Take(id="1", **PERSON, booking=BERT)), PlaceAnswer.FULL, None),
        (
            do(opened(), Hold(id="1", **PERSON, booking=ANNA, until=minutes(1))),
            PlaceAnswer.KEPT,
            minutes(1),
        ),
        (do(opened(), Close(id="1", **SITE)), PlaceAnswer.CLOSED, None),
    ],
)
def test_only_a_place_that_is_kept_for_a_booking_is_evidence(
    state: Capacity, answer: PlaceAnswer, until: datetime | None
) -> None:
    """And it says until when, and of which version of the stream."""
    assert place(state, SLOT, ANNA, NINE) == Place(SLOT, ANNA, answer, until, state.version)


def test_another_slots_stream_knows_nothing() -> None:
    state = do(opened(), Take(id="1", **PERSON, booking=ANNA))
    other = altered(SLOT, dose=2)
    assert place(state, other, ANNA, NINE).answer is PlaceAnswer.UNKNOWN


@pytest.mark.parametrize(
    "make",
    [
        lambda: altered(SLOT, site=" "),
        lambda: altered(SLOT, dose=0),
        lambda: altered(SLOT, dose=True),
        lambda: Open(id="o", **SITE, slot=SLOT, places=-1),
        lambda: Open(id="o", **SITE, slot=SLOT, places=True),
        lambda: Hold(id="h", **PERSON, booking=ANNA, until=NINE.replace(tzinfo=None)),
        lambda: BookingRef("A123456789", "b"),
        lambda: decide(opened(), Close(id="c", **SITE), now=NINE.replace(tzinfo=None)),
    ],
)
def test_what_makes_no_sense_is_an_error(make: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        make()


def test_a_day_is_no_instant() -> None:
    with pytest.raises(TypeError):
        altered(SLOT, day=NINE)


def test_a_stream_with_a_gap_is_broken() -> None:
    state = do(opened(2), Take(id="1", **PERSON, booking=ANNA))
    with pytest.raises(BrokenStream):
        replay(state.history[1:])
    with pytest.raises(BrokenStream):
        replay((state.history[0], altered(state.history[1], version=3)))


def test_a_stream_that_takes_a_place_twice_is_broken() -> None:
    state = do(opened(2), Take(id="1", **PERSON, booking=ANNA))
    again = altered(state.history[-1], version=3)
    with pytest.raises(BrokenStream):
        evolve(state, again)


def test_a_command_that_was_done_before_breaks_the_stream() -> None:
    """A command id that is stored twice with the next number."""
    state = do(opened(2), Take(id="1", **PERSON, booking=ANNA))
    again = Released(3, NINE, Release(id="1", **PERSON, booking=ANNA))
    with pytest.raises(BrokenStream, match="done before"):
        evolve(state, again)


def test_a_confirmation_without_a_hold_breaks_the_stream() -> None:
    stray = Confirmed(2, NINE, Confirm(id="c", **PERSON, booking=ANNA))
    with pytest.raises(BrokenStream, match="event 2: a place that is none"):
        evolve(opened(2), stray)


def test_a_hold_that_ends_before_it_begins_breaks_the_stream() -> None:
    hold = Hold(id="h", **PERSON, booking=ANNA, until=minutes(4))
    with pytest.raises(BrokenStream, match="event 2: a hold that ends before it begins"):
        evolve(opened(2), Held(2, minutes(5), hold))


def test_two_places_taken_of_one_break_the_stream() -> None:
    state = do(opened(1), Take(id="1", **PERSON, booking=ANNA))
    second = Taken(3, NINE, Take(id="2", **PERSON, booking=BERT))
    with pytest.raises(BrokenStream, match="more places are used"):
        evolve(state, second)
    fewer = CapacityChanged(3, NINE, ChangeCapacity(id="2", **SITE, places=0))
    with pytest.raises(BrokenStream, match="more places are used"):
        evolve(state, fewer)


def test_time_that_goes_back_breaks_the_stream() -> None:
    state = do(opened(2), Take(id="1", **PERSON, booking=ANNA), minutes(5))
    with pytest.raises(BrokenStream, match="earlier than event 2"):
        evolve(state, Taken(3, minutes(4), Take(id="2", **PERSON, booking=BERT)))


def test_a_shorter_hold_leaves_the_longer_one() -> None:
    state = do(opened(), Hold(id="1", **PERSON, booking=ANNA, until=minutes(10)))
    state = do(state, Hold(id="2", **PERSON, booking=ANNA, until=minutes(1)))
    assert keeping(state, ANNA, minutes(9)) is Allocation.HELD
    assert free(state, minutes(10)) == 1


def test_a_hold_has_a_longest_time_however_often_it_is_prolonged() -> None:
    state = do(opened(), Hold(id="1", **PERSON, booking=ANNA, until=minutes(20)))
    again = Hold(id="2", **PERSON, booking=ANNA, until=minutes(31))
    assert refused(state, again, minutes(15)).code == "hold-too-long"
    assert do(state, again, minutes(20)).held == 1  # the first hold is over; this is a new one


def test_a_person_holds_one_place_of_a_slot() -> None:
    state = do(opened(2), Hold(id="1", **PERSON, booking=ANNA, until=minutes(10)))
    again = Hold(id="2", **PERSON, booking=BookingRef("anna", "b2"), until=minutes(20))
    assert refused(state, again).code == "already-held"
    assert do(state, again, minutes(10)).held == 1


def test_one_clock_far_ahead_is_told_and_locks_nobody_out() -> None:
    take = Take(id="1", **PERSON, booking=ANNA)
    ahead = NINE.replace(year=NINE.year + 10)
    assert refused(opened(), take, ahead).code == "clock-ahead"
    assert refused(opened(), take, SLOT.day_over).code == "day-over"
    state = do(opened(2), take, minutes(60 * 48))
    late = Take(id="2", **PERSON, booking=BERT)
    assert refused(state, late, NINE).code == "clock-behind"
    assert do(state, late, minutes(60 * 25)).taken == 2


def test_a_session_that_has_ended_is_not_booked_that_day() -> None:
    """This morning's session cannot be booked at night; the site itself may still take a place."""
    take = Take(id="1", **PERSON, booking=ANNA)
    assert refused(opened(), take, SLOT.over).code == "session-over"
    assert do(opened(), take, SLOT.over - timedelta(seconds=1)).taken == 1
    assert do(opened(), altered(take, actor=Actor.SITE), SLOT.over).taken == 1


def test_places_that_become_free_are_for_those_who_wait() -> None:
    state = do(opened(1), Take(id="1", **PERSON, booking=ANNA))
    wait = Wait(id="2", **PERSON, booking=BERT)
    assert refused(opened(1), wait).code == "places-left"
    state = do(state, wait)
    assert state.waiting == (BERT,)
    assert refused(state, altered(wait, id="3")).code == "already-waiting"
    assert refused(state, Wait(id="3", **PERSON, booking=ANNA)).code == "place-taken"
    state = do(state, Release(id="4", **PERSON, booking=ANNA))
    assert refused(state, Take(id="5", **PERSON, booking=CARL)).code == "others-wait"
    booked = do(state, Take(id="5", **PERSON, booking=BERT))
    assert (booked.waiting, booked.taken) == ((), 1)
    left = do(state, Release(id="5", **PERSON, booking=BERT))
    assert do(left, Take(id="6", **PERSON, booking=CARL)).taken == 1


@pytest.mark.parametrize(
    ("state", "command", "message"),
    [
        (None, Close(id="c", **SITE), "state: expected a Capacity"),
        (opened(), {}, "command: expected a command of a slot"),
    ],
)
def test_a_wrong_argument_is_named(state: Any, command: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        decide(state, command, now=NINE)


def test_a_slot_of_many_places_is_full_when_all_are_taken() -> None:
    """Holds and takings in turn; benchmarks/streams.py times ten thousand of them."""
    places = 400
    state = opened(places)
    for number in range(places):
        mine, now = BookingRef(f"p-{number}", "b"), minutes(number // 40)
        kind: Any = Take
        if number % 2:
            hold = Hold(id=f"h{number}", **PERSON, booking=mine, until=now + LONGEST_HOLD)
            state, kind = do(state, hold, now), Confirm
        state = do(state, kind(id=f"t{number}", **PERSON, booking=mine), now)
    assert state == replay(tuple(state.history))
    assert free(state, minutes(30)) == 0
    assert refused(state, Take(id="x", **PERSON, booking=ANNA)).code == "slot-full"


def test_a_snapshot_goes_on_where_it_was_kept() -> None:
    state = do(opened(2), Hold(id="1", **PERSON, booking=ANNA, until=minutes(10)))
    (event,) = decide(state, Confirm(id="2", **PERSON, booking=ANNA), now=minutes(1))
    kept = pickle.loads(pickle.dumps(state))  # noqa: S301  # its own
    assert replay((event,), since=kept) == evolve(state, event)
    assert kept.version == 2
    assert consuming(replay((event,), since=kept), minutes(20)) == 1


def test_histories_that_part_keep_apart() -> None:
    """Two that go on from the same state: each sees its own events, and the state neither."""
    state = do(opened(2), Take(id="0", **PERSON, booking=CARL))
    one = do(state, Take(id="1", **PERSON, booking=ANNA))
    two = do(state, Hold(id="1", **PERSON, booking=BERT, until=minutes(9)))
    assert keeping(state, ANNA, NINE) is keeping(two, ANNA, NINE) is Allocation.NONE
    assert keeping(one, ANNA, NINE) is Allocation.TAKEN
    assert keeping(two, BERT, NINE) is Allocation.HELD
    assert keeping(two, CARL, NINE) is Allocation.TAKEN
    assert state.history.find("1") is None
    assert one.history.find("1") != two.history.find("1")
    assert len({state, one, two}) == 3
    assert state.history != one.history
    assert state.history != 1
    assert repr(state.history) == "<History: 2 events>"
    with pytest.raises(IndexError):
        state.history[2]


def test_slots_of_a_pool_have_one_count_of_places() -> None:
    state = do(opened_pool(2), Take(id="1", **PERSON, booking=ANNA))
    assert state.slots == (BNT, MODERNA)
    assert (free(state, NINE), consuming(state, NINE)) == (1, 1)
    state = do(state, Take(id="2", **PERSON, booking=BERT))
    assert refused(state, Take(id="3", **PERSON, booking=CARL)).code == "slot-full"
    for slot in (BNT, MODERNA):
        assert place(state, slot, ANNA, NINE).answer is PlaceAnswer.KEPT
        assert place(state, slot, CARL, NINE).answer is PlaceAnswer.FULL
    (event,) = decide(state, Close(id="typhoon", **SITE), now=NINE)
    assert isinstance(event, Closed)
    assert event.affected == (ANNA, BERT)
    with pytest.raises(BrokenStream, match="more places are used"):
        evolve(state, Taken(4, NINE, Take(id="4", **PERSON, booking=CARL)))


@pytest.mark.parametrize(
    "other",
    [
        altered(BNT, dose=2),
        altered(BNT, vaccine="AZ", pool=None),
        altered(BNT, pool="others"),
        altered(MODERNA, session="evening"),
        altered(MODERNA, ends=time(11)),
    ],
)
def test_a_slot_that_is_not_opened_with_the_pool_has_no_place_in_it(other: Slot) -> None:
    state = do(opened_pool(), Take(id="1", **PERSON, booking=ANNA))
    assert place(state, other, ANNA, NINE).answer is PlaceAnswer.UNKNOWN


@pytest.mark.parametrize(
    ("slot", "shared_with"),
    [
        (SLOT, [altered(SLOT, dose=2)]),
        (SLOT, [SLOT]),
        (BNT, [BNT]),
        (BNT, [altered(MODERNA, pool=None)]),
        (BNT, [altered(MODERNA, pool="others")]),
        (BNT, [altered(MODERNA, session="evening")]),
        (BNT, [altered(MODERNA, ends=time(11))]),
        (BNT, [MODERNA, MODERNA]),
        (BNT, "Moderna"),
    ],
)
def test_only_slots_of_one_session_and_pool_are_opened_together(
    slot: Slot, shared_with: Any
) -> None:
    with pytest.raises(ValueError, match="shared_with: expected"):
        Open(id="open", **SITE, slot=slot, shared_with=shared_with, places=1)


@given(slots(), slots())
def test_slots_share_places_if_they_are_equal_or_of_one_pool(one: Slot, other: Slot) -> None:
    """An equivalence, so that each place is counted in one stream."""
    assert one.shares_places(one)
    assert one.shares_places(other) == other.shares_places(one)
    assert one.shares_places(other) == (slot_stream(one) == slot_stream(other))


def test_threads_that_add_to_one_history_at_a_time_do_not_see_each_others_event() -> None:
    """The other thread is first, between the look and the append: what a lock would prevent."""
    state = opened(2)
    shared = state.history._shared  # noqa: SLF001  # plays a second thread
    rival = Taken(2, NINE, Take(id="r", **PERSON, booking=BERT))

    class Interrupted(list[Any]):
        def append(self, event: Any) -> None:
            super().append(rival)
            super().append(event)

    shared.events = Interrupted(shared.events)
    mine = do(state, Take(id="1", **PERSON, booking=ANNA))
    assert [each.cause for each in mine.history] == ["open", "1"]
    assert (keeping(mine, ANNA, NINE), keeping(mine, BERT, NINE)) == (
        Allocation.TAKEN,
        Allocation.NONE,
    )
    assert mine.history.find("r") is None


def test_each_way_of_keeping_consumes_or_not() -> None:
    assert set(USES_A_PLACE) == set(Allocation)
    assert {each for each, it in USES_A_PLACE.items() if it} == {Allocation.HELD, Allocation.TAKEN}


def test_every_command_has_its_event_its_guards_and_its_place_in_the_table() -> None:
    assert set(EVENTS) == set(GUARDS) == {kind for _, kind in TRANSITIONS}


INSTANTS = tuple(minutes(each) for each in (0, 10, 20))
MIDDLE = minutes(60 * 48)
NEARLY = SLOT.over - timedelta(minutes=5)
LATER = (MIDDLE, NEARLY, SLOT.over, SLOT.day_over, SLOT.day_over + timedelta(days=500))
ANNA_AGAIN = BookingRef("anna", "b2")


@frozen
class World:
    states: tuple[Capacity, ...]
    steps: int
    codes: frozenset[str]
    keepings: frozenset[tuple[Allocation, type[Any], Allocation]]


def commands(state: Capacity) -> Iterator[Any]:
    new: dict[str, Any] = {"id": f"s{state.version + 1}"}
    yield Open(**new, **SITE, slot=BNT, shared_with=[MODERNA], places=1)
    for places in range(3):
        yield Open(**new, **SITE, slot=SLOT, places=places)
        yield ChangeCapacity(**new, **SITE, places=places)
    for booking in (ANNA, BERT):
        soon = (*INSTANTS, minutes(30)) if booking == ANNA else (minutes(20),)
        for until in (*soon, minutes(31), MIDDLE + timedelta(minutes=9), NEARLY + LONGEST_HOLD):
            yield Hold(**new, **PERSON, booking=booking, until=until)
        for kind in (Take, Confirm, Release, Wait):
            yield kind(**new, **PERSON, booking=booking)
    yield Hold(**new, **PERSON, booking=ANNA_AGAIN, until=minutes(25))
    yield Take(**new, **SITE, booking=ANNA)
    yield Close(**new, **SITE)
    yield Close(**new, **PERSON)
    yield Open(**new, **PERSON, slot=SLOT, places=1)
    yield ChangeCapacity(**new, **PERSON, places=2)
    for event in state.history[:2]:
        yield event.command
        yield Take(id=event.cause, **PERSON, booking=CARL)


def essence(state: Capacity) -> tuple[Any, ...]:
    """The parts of a slot that can matter: not ids, nor the order of two bookings."""
    last = max(event.at for event in state.history) if state.history else NINE
    return state.status, state.slots, state.places, frozenset(state.kept), state.waiting, last


def goes_on(state: Capacity) -> bool:
    """Whether a state is looked into: not what comes late, or is like another one."""
    usual = all(it.until != minutes(31) and it.booking != ANNA_AGAIN for it in state.kept)
    soon = state.history[-1].at <= INSTANTS[-1]
    return usual and (soon or state.version <= 2)


def instants(state: Capacity) -> tuple[datetime, ...]:
    """The later ones are asked about while little has happened."""
    return (*INSTANTS, *LATER) if state.version <= 2 else INSTANTS


def steps(state: Capacity, kind: type[Any] | None = None) -> Iterator[SlotStep]:
    for command in commands(state):
        if kind is None or type(command) is kind:
            for now in instants(state):
                yield slot_step(state, command, now=now)


@pytest.fixture(scope="module")
def world() -> World:
    reached = {essence(initial()): initial()}
    queue, seen, codes, keepings = deque(reached.values()), 0, set(), set()
    while queue:
        state = queue.popleft()
        for it in steps(state):
            seen += 1
            assert not broken_slot(it), (broken_slot(it), it)
            if it.refused is not None:
                codes.add(it.refused.code)
            waits = it.booking in it.before.waiting or type(it.command) is Wait
            if it.booking is not None and it.events and not waits:
                now = it.events[0].at
                before = keeping(it.before, it.booking, now)
                keepings.add((before, type(it.command), keeping(it.after, it.booking, now)))
            if not it.events or not goes_on(it.after):
                continue
            if (key := essence(it.after)) not in reached:
                reached[key] = it.after
                queue.append(it.after)
    return World(tuple(reached.values()), seen, frozenset(codes), frozenset(keepings))


@pytest.mark.slow
def test_every_step_from_every_reachable_slot_holds_every_invariant(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    assert {state.status for state in world.states} == set(SlotStatus)
    assert world.codes == set(SLOT_REFUSAL_ASSERTIONS)
    assert world.keepings == {
        (before, kind, after) for (before, kind), after in ALLOCATIONS.items()
    }
    record_property("states", len(world.states))
    record_property("steps", world.steps)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "guard"),
    [
        pytest.param(kind, guard, id=f"{kind.__name__}-{guard.__name__.strip('_')}")
        for kind, guards in GUARDS.items()
        for guard in guards
    ],
)
def test_no_guard_can_be_spared(
    world: World, kind: type[Any], guard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = tuple(each for each in GUARDS[kind] if each is not guard)
    monkeypatch.setitem(GUARDS, kind, rest)
    assert goes_wrong(world, kind)


def goes_wrong(world: World, kind: type[Any] | None = None) -> bool:
    try:
        return any(broken_slot(it) for state in world.states for it in steps(state, kind))
    except (BrokenStream, KeyError, AssertionError):
        return True


@pytest.mark.slow
@pytest.mark.parametrize("answer", [False, True])
def test_what_was_done_must_be_looked_up(
    world: World, answer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots_module, "answered", lambda *_: answer)
    assert goes_wrong(world)


@pytest.mark.slow
@pytest.mark.parametrize(
    "status", [it for it in Allocation if it not in (Allocation.NONE, Allocation.WITHDRAWN)]
)
def test_the_table_of_what_consumes_is_what_counts(
    world: World, status: Allocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some step shows each wrong entry of an open slot."""
    monkeypatch.setattr(
        slots_module, "USES_A_PLACE", {**USES_A_PLACE, status: not USES_A_PLACE[status]}
    )
    assert goes_wrong(world)


@given(st.data())
def test_any_history_holds_every_invariant(data: st.DataObject) -> None:
    for it in data.draw(slot_histories(data.draw(slots()))):
        assert not broken_slot(it), broken_slot(it)
