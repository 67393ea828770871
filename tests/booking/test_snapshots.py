"""A state from a snapshot is the state from the events, in every value and in what it does next."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import policy_of
from vaxpolicy import reservation, wire
from vaxpolicy.booking import slots, snapshots
from vaxpolicy.booking.event_json import from_json, to_json
from vaxpolicy.booking.slots import BookingRef, Capacity, Slot
from vaxpolicy.booking.snapshots import (
    FORM,
    UnreadableSnapshot,
    journey_from_snapshot,
    slot_from_snapshot,
    to_snapshot,
)
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose
from vaxpolicy.reservation import Actor, BrokenStream, CorrectionReason, Rejected, State

START = datetime(2021, 11, 3, 10, tzinfo=TAIWAN)
SLOT = Slot("site", date(2021, 11, 6), "morning", "BNT", 1)
EVENTS = Path(__file__).parents[1] / "data" / "events"
REFS = [BookingRef(subject, name) for subject in ("anna", "bert", "carl") for name in ("b1", "b2")]


def never() -> Any:
    raise AssertionError("the events were asked for")


def same(one: Any, other: Any) -> None:
    """All values are equal, also those that equality leaves out; heaps may have another shape."""
    assert one == other
    for field in attrs.fields(type(one)):
        if field.name != "ends":
            assert getattr(one, field.name) == getattr(other, field.name), field.name


def restored(state: Any) -> Any:
    read: Any = slot_from_snapshot if isinstance(state, Capacity) else journey_from_snapshot
    return read(to_snapshot(state), lambda: tuple(state.history))


# Slots.

commands: Any = st.one_of(
    st.builds(lambda it, minutes: ("hold", it, minutes), st.sampled_from(REFS), st.integers(1, 30)),
    *(
        st.builds(lambda it, what=what: (what, it, 0), st.sampled_from(REFS))
        for what in ("take", "confirm", "release", "wait")
    ),
    st.builds(lambda n: ("resize", None, n), st.integers(1, 5)),
)


def command_of(what: str, booking: Any, number: int, name: str, now: datetime) -> Any:
    common: dict[str, Any] = {"id": name, "actor": Actor.SITE}
    if what == "resize":
        return slots.ChangeCapacity(**common, places=number)
    if what == "hold":
        until = now + timedelta(minutes=number)
        return slots.Hold(**common, booking=booking, until=until)
    kinds: dict[str, Any] = {
        "take": slots.Take,
        "confirm": slots.Confirm,
        "release": slots.Release,
        "wait": slots.Wait,
    }
    return kinds[what](**common, booking=booking)


def opened(places: int = 2, pool: str | None = None) -> Capacity:
    slot = attrs.evolve(SLOT, pool=pool)
    others = [] if pool is None else [attrs.evolve(slot, dose=2)]
    command = slots.Open(id="open", actor=Actor.SITE, slot=slot, shared_with=others, places=places)
    return slots.replay(slots.decide(slots.initial(), command, now=START))


@settings(max_examples=60)
@given(st.lists(st.tuples(commands, st.integers(0, 20)), max_size=25), st.integers(0, 25))
def test_a_slot_goes_on_from_a_snapshot_as_from_its_events(steps: Any, at: int) -> None:
    plain = kept = opened(pool="shared" if at % 2 else None)
    now = START
    for number, ((what, booking, amount), minutes) in enumerate(steps):
        if number == at:
            kept = restored(plain)
            same(kept, plain)
        now += timedelta(minutes=minutes)
        command = command_of(what, booking, amount, f"c{number}", now)
        answers = [_decided(state, command, now) for state in (plain, kept)]
        assert answers[0] == answers[1]
        if isinstance(answers[0], tuple):
            plain, kept = (slots.replay(answers[0], since=state) for state in (plain, kept))
    same(kept, plain)
    same(restored(kept), plain)
    for instant in (now, now + timedelta(minutes=10), now + timedelta(hours=1)):
        assert slots.free(restored(kept), instant) == slots.free(plain, instant)


def test_a_hold_that_ends_with_the_last_event_keeps_no_place_in_the_snapshot() -> None:
    state = opened()
    for what, booking, minutes in (("hold", REFS[0], 0), ("take", REFS[2], 10)):
        now = START + timedelta(minutes=minutes)
        made = slots.decide(state, command_of(what, booking, 10, what, now), now=now)
        state = slots.replay(made, since=state)
    same(restored(state), state)


def _decided(state: Capacity, command: Any, now: datetime) -> Any:
    try:
        return slots.decide(state, command, now=now)
    except Rejected as refused:
        return refused.code


def test_a_slot_that_is_new_or_closed() -> None:
    same(restored(slots.initial()), slots.initial())
    state = opened()
    for command in (
        slots.Take(id="t", actor=Actor.SITE, booking=REFS[0]),
        slots.Close(id="x", actor=Actor.SITE),
    ):
        state = slots.replay(slots.decide(state, command, now=START), since=state)
    same(restored(state), state)
    assert restored(state).kept == state.kept


def test_a_new_command_needs_no_event_and_an_old_one_its_own() -> None:
    state = opened()
    take = slots.Take(id="t", actor=Actor.SITE, booking=REFS[0])
    state = slots.replay(slots.decide(state, take, now=START), since=state)
    kept = slot_from_snapshot(to_snapshot(state), never)
    other = slots.Take(id="u", actor=Actor.SITE, booking=REFS[2])
    after = slots.replay(slots.decide(kept, other, now=START), since=kept)
    assert (after.version, slots.free(after, START)) == (3, 0)
    assert after.history[-1].cause == "u"
    assert [each.cause for each in restored(state).history[:1]] == ["open"]
    assert slots.decide(restored(state), take, now=START) == ()
    assert slots.decide(restored(state), state.history[0].command, now=START) == ()
    with pytest.raises(Rejected, match="command-id-reused"):
        slots.decide(restored(state), attrs.evolve(take, id="open"), now=START)


def test_a_store_that_lost_events_is_found_out() -> None:
    kept = slot_from_snapshot(to_snapshot(restored(opened())), tuple)
    take = slots.Take(id="t", actor=Actor.SITE, booking=REFS[0])
    kept = slots.replay(slots.decide(kept, take, now=START), since=kept)
    with pytest.raises(BrokenStream, match="expected the events up to the snapshot"):
        list(kept.history)


# Journeys.


@cache
def journeys() -> list[Sequence[Any]]:
    """Every prefix of a long journey: notices, a booking and its change, a dose, corrections."""
    from tests.desk.desks import (  # noqa: PLC0415
        AFTERNOON,
        ON_THE_DAY,
        OPEN,
        ROUND,
        a_change,
        a_notice,
        book,
        desk_on,
        facts,
        open_slot,
        register,
    )
    from vaxpolicy.desk import MemoryStore  # noqa: PLC0415

    service = desk_on(MemoryStore())
    open_slot(service)
    open_slot(service, AFTERNOON)
    register(service, "anna")
    service.record_receipt(a_notice("anna"), reservation.Delivery.DELIVERED, now=OPEN, **facts())
    book(service, "anna")
    service.change(a_change("anna"), now=OPEN, **facts())
    site: dict[str, Any] = {"actor": Actor.SITE, "subject": "anna"}
    arrived = reservation.CheckIn(id="k", booking="c1", **site)
    service.check_in(arrived, now=ON_THE_DAY, **facts())
    given = reservation.Vaccinate(id="v", booking="c1", **site)
    service.vaccinate(given, now=ON_THE_DAY)
    wrong = {"reason": CorrectionReason.WRONG_DETAILS, **site}
    service.correct(reservation.Correct(id="w", event=6, **wrong), now=ON_THE_DAY)
    again = reservation.Vaccinate(id="v2", booking="c1", given=Dose("AZ", SLOT.day), **site)
    service.vaccinate(again, now=ON_THE_DAY)
    assert ROUND == policy_of(*ROUND.stages[0].rules, **_rest(ROUND))
    events = tuple(service.journey("anna").history)
    return [events[:count] for count in range(len(events) + 1)]


def _rest(policy: Any) -> dict[str, Any]:
    return {"id": policy.id, "notification": policy.notification, "stages": policy.stages}


def test_a_journey_goes_on_from_a_snapshot_as_from_its_events() -> None:
    *prefixes, whole = journeys()
    for events in prefixes:
        plain = reservation.replay(events)
        same(restored(plain), plain)
        same(restored(restored(plain)), plain)
        late, rest = restored(plain), whole[len(events) :]
        same(reservation.replay(rest, since=late), reservation.replay(whole))


def test_what_the_snapshot_mentions_can_be_taken_back() -> None:
    state = restored(reservation.replay(journeys()[-1]))
    last = state.doses[-1].version
    command = reservation.Correct(
        id="z", actor=Actor.SITE, subject="anna", event=last, reason=CorrectionReason.WRONG_PERSON
    )
    now = state.history[-1].at
    events = reservation.decide(state, command, now=now)
    assert reservation.replay(events, since=state).doses == state.doses[:-1]


def test_the_fields_of_a_journey_are_all_written() -> None:
    """A new field of a journey has to be added here, too, or every snapshot loses it."""
    written = json.loads(to_snapshot(State()))
    fields = {it.name for it in attrs.fields(State)} - {"history", "step", "status"}
    assert fields | {"steps"} == set(written["values"])


@pytest.mark.parametrize("state", [opened(), opened(2, "shared"), State()])
def test_a_short_snapshot_is_a_whole_one_with_fewer_events(state: Any) -> None:
    """`vaxpolicy.wire` writes the whole one; both have one form and one number."""
    whole, short = wire.dump(state), json.loads(to_snapshot(state))
    assert set(short) - set(whole) == {"kind", "commands", "values"}
    assert {name: it for name, it in whole.items() if name != "events"}.items() <= short.items()
    assert [each for each in whole["events"] if each in short["events"]] == short["events"]


def test_an_older_form_is_brought_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for `vaxpolicy.wire`, which reads by the same functions."""
    older = {**json.loads(to_snapshot(opened())), "form": 0}
    monkeypatch.setattr(snapshots, "UPCASTS", {0: lambda written: {**written, "form": 2}})
    read = slot_from_snapshot(json.dumps(older), lambda: tuple(opened().history))
    same(read, opened())
    assert wire.load(Capacity, {**wire.dump(opened()), "form": 0}) == opened()


# What is not a snapshot.


@cache
def slot_text() -> str:
    """A slot with a place that is taken, one that is held, and a person who waits."""
    state = opened(2, "shared")
    for number, (what, booking) in enumerate([("take", 0), ("hold", 2), ("wait", 4)]):
        command = command_of(what, REFS[booking], 20, f"c{number}", START)
        state = slots.replay(slots.decide(state, command, now=START), since=state)
    return to_snapshot(state)


@cache
def closed_text() -> str:
    state = opened()
    command = slots.Close(id="x", actor=Actor.SITE)
    return to_snapshot(slots.replay(slots.decide(state, command, now=START), since=state))


@cache
def journey_text() -> str:
    return to_snapshot(reservation.replay(journeys()[-1]))


@cache
def booked_text() -> str:
    """A journey with a booking; its last event but one is the notice."""
    return to_snapshot(reservation.replay(journeys()[3]))


def changed(text: str, path: str, value: Any) -> str:
    """The snapshot with another value at a path; a value that is a function makes it."""
    written = json.loads(text)
    *parents, last = (int(it) if it.lstrip("-").isdigit() else it for it in path.split("."))
    at = written
    for it in parents:
        at = at[it]
    at[last] = value(at[last]) if callable(value) else value
    return json.dumps(written)


ID_NUMBER = "A123456789"
BOTH: list[tuple[str, Any]] = [
    ("form", FORM + 1),
    ("form", True),
    ("form", str(FORM)),
    ("kind", "desk"),
    ("kind", None),
    ("status", "ajar"),
    ("status", None),
    ("status", ["open"]),
    ("more", 1),
    ("values.more", None),
    ("values", []),
    ("version", True),
    ("version", "4"),
    ("version", None),
    ("version", lambda it: it + 1),
    ("version", 10**19),
    ("commands", lambda it: it[:-1]),
    ("commands", lambda it: [*it, "more"]),
    ("commands", dict.fromkeys),
    ("commands", lambda it: [*it[:-1], "other"]),
    ("commands.0", lambda _: None),
    ("commands.0", 7),
    ("commands.0", ["open"]),
    ("commands.0", ID_NUMBER),
    ("commands.0", ""),
    ("commands.0", " open"),
    ("commands.1", "open"),
    ("events", []),
    ("events", {}),
    ("events", None),
    ("events", lambda it: it * 2),
    ("events.-1", json.dumps),
    ("events.-1", lambda it: list(it.items())),
    ("events.-1.more", 1),
    ("events.-1.version", 9),
    ("events.-1.command.id", ID_NUMBER),
]
OF_A_SLOT: list[tuple[str, Any]] = [
    ("status", "new"),
    ("status", "closed"),
    ("values.slots", []),
    ("values.slots.0", lambda it: it[:-1]),
    ("values.slots.0.0", ID_NUMBER),
    ("values.slots.0.1", "2021-11-6"),
    ("values.slots.0.1", "20211106"),
    ("values.slots.0.4", 0),
    ("values.slots.0.4", True),
    ("values.slots.0.5", "12"),
    ("values.slots.0.5", "12:00"),
    ("values.slots.1.6", None),
    ("values.slots", lambda it: [it[0], it[0]]),
    ("values.places", 1),
    ("values.places", -1),
    ("values.places", True),
    ("values.places", "2"),
    ("values.waiting", ["ab"]),
    ("values.waiting.0", [ID_NUMBER, "b1"]),
    ("values.waiting.0", ["carl", "b1", "b2"]),
    ("values.waiting", {}),
    ("values.kept", ["abc"]),
    ("values.kept", lambda it: [*it, it[0]]),
    ("values.kept.0.0", ID_NUMBER),
    ("values.kept.0.1", ID_NUMBER),
    ("values.kept.0.0", None),
    ("values.kept.0.0", ["anna"]),
    ("values.kept.0.2", "expired"),
    ("values.kept.0.2", "held"),
    ("values.kept.0", lambda it: [*it, None, None]),
    ("values.kept.1.2", "taken"),
    ("values.kept.1", lambda it: it[:-1]),
    ("values.kept.1.3", "2021-11-03T10:20:00"),
    ("values.kept.1.3", "20211103T102000+0800"),
    ("values.kept.1.3", "2021-11-03T02:20:00Z"),
    ("values.kept.1.3", "2021-11-03t10:20:00+08:00"),
    ("values.kept.1.3", 7),
    ("values.kept.1.3", "2021-11-03T09:20:00+08:00"),
    ("values.kept.1.4", None),
    ("values.holds", lambda it: it * 2),
    ("values.holds.0", ["anna", "other"]),
    ("values.holds", ["ab"]),
    ("values.holds.0.0", ["bert"]),
    ("events.0", json.loads((EVENTS / "withdrawn.1.json").read_text())),
]
OF_A_JOURNEY: list[tuple[str, Any]] = [
    ("values.subject", ID_NUMBER),
    ("values.subject", None),
    ("values.subject", "bert"),
    ("values.wanted", ["ab"]),
    ("values.wanted.0.1", "2021-11-03"),
    ("values.wanted.0.0", 7),
    ("values.notices", lambda it: [True for _ in it]),
    ("values.notices", [1]),
    ("values.notices", lambda it: [str(each) for each in it]),
    ("values.notices", []),
    ("values.notices", None),
    ("values.booking", 2),
    ("values.next_booking", 2),
    ("values.doses", [2]),
    ("values.doses", 5),
    ("values.booked_round_ends", "2021-11-6"),
    ("values.booked_round_ends", "0001-01-01"),
    ("values.disease", 7),
    ("values.disease", ID_NUMBER),
    ("values.registered_here", 1),
    ("values.steps", None),
    ("values.steps.0", lambda it: it[:-1]),
    ("values.steps.0.0", True),
    ("values.steps.0.0", 99),
    ("values.steps.0.0", 0),
    ("values.steps.0.1", "ajar"),
    ("values.steps.0.2", 2),
    ("values.steps.0.3", 2),
    ("values.steps.0.4", "0001-01-01"),
    ("values.steps.0.5", True),
    ("values.steps.0.5", -1),
    ("values.steps.0.5", 9),
    ("values.steps", lambda it: it * 2),
    ("values.steps", lambda it: it * 100),
    ("events.0.at", "2022-11-03T10:00:00+08:00"),
    ("events", lambda it: it[::-1]),
    ("events.-1", lambda it: {**it, "type": "slot-closed"}),
]
DAMAGED: list[Any] = [
    *((slot_text, *each) for each in (*BOTH, *OF_A_SLOT)),
    *((journey_text, *each) for each in (*BOTH, *OF_A_JOURNEY)),
    (closed_text, "values.places", 1),
    (closed_text, "values.waiting", [["anna", "b1"]]),
    (closed_text, "status", "open"),
    (booked_text, "events.0.command.subject", "bert"),
    (booked_text, "events.0.version", 1),
    (lambda: to_snapshot(State()), "values.subject", "anna"),
    (lambda: to_snapshot(State()), "values.registered_here", 0),
    (lambda: to_snapshot(State()), "version", False),
    (lambda: to_snapshot(slots.initial()), "values.places", 1),
    (lambda: to_snapshot(slots.initial()), "status", "open"),
]


@pytest.mark.parametrize(
    ("text", "path", "value"), DAMAGED, ids=[f"{at}-{each[1]}" for at, each in enumerate(DAMAGED)]
)
def test_a_damaged_snapshot_is_refused(text: Callable[[], str], path: str, value: Any) -> None:
    damaged = changed(text(), path, value)
    read: Any = (
        slot_from_snapshot if json.loads(text())["kind"] == "slot" else journey_from_snapshot
    )
    assert read(text(), tuple) is not None
    with pytest.raises(UnreadableSnapshot) as refused:
        read(damaged, tuple)
    chained = (refused.value, refused.value.__cause__, refused.value.__context__)
    assert ID_NUMBER not in repr(chained)


@pytest.mark.parametrize("text", [slot_text, journey_text])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[1:],
        lambda text: text.replace('{"form"', '{"version":1,"form"', 1),
        lambda text: text.replace('"places"', '"kept":[],"places"').replace(
            '"wan', '"steps":[],"wan'
        ),
        lambda text: text.replace('{"form":2', '{"more":NaN,"form":2', 1),
        lambda text: text.replace('{"form":2', '{"form":2.0', 1),
        lambda text: text.replace('"kind":"', '"kind":"\\ud800'),
        lambda text: text.replace('"values"', '"seats"'),
        lambda text: text + " " * 16_000_001,
        lambda text: text.replace('"commands":[', '"commands":' + "[" * 500),
        lambda _: "[]",
        lambda _: "null",
        lambda _: "[" * 100_000,
        lambda _: None,
        lambda text: text.encode("utf-16"),
    ],
)
def test_a_text_that_is_not_strict_json_is_refused(
    text: Callable[[], str], change: Callable[[str], Any]
) -> None:
    for read in (slot_from_snapshot, journey_from_snapshot):
        with pytest.raises(UnreadableSnapshot, match="expected a snapshot"):
            read(change(text()), tuple)


def test_every_key_of_a_snapshot_is_needed() -> None:
    for text, read in ((slot_text(), slot_from_snapshot), (journey_text(), journey_from_snapshot)):
        whole = json.loads(text)
        for table in (whole, whole["values"]):
            for key in list(table):
                value = table.pop(key)
                if key == "form":  # it is of the first form, which does not say so
                    assert read(json.dumps(whole), tuple) is not None
                    table[key] = value
                    continue
                with pytest.raises(UnreadableSnapshot):
                    read(json.dumps(whole), tuple)
                table[key] = value
        other: Any = journey_from_snapshot if read is slot_from_snapshot else slot_from_snapshot
        with pytest.raises(UnreadableSnapshot):
            other(text, tuple)


def test_what_is_read_is_written_again_as_it_was() -> None:
    for text in (slot_text(), closed_text()):
        assert to_snapshot(slot_from_snapshot(text, never)) == text
    for text in (journey_text(), booked_text(), to_snapshot(State())):
        assert to_snapshot(journey_from_snapshot(text, never)) == text


def test_an_instant_with_an_odd_offset_is_written_so_that_it_can_be_read() -> None:
    odd = timezone(timedelta(hours=8, seconds=30))
    state = opened()
    hold = slots.Hold(id="h", actor=Actor.SITE, booking=REFS[0], until=START + timedelta(minutes=9))
    hold = attrs.evolve(hold, until=hold.until.astimezone(odd))
    state = slots.replay(slots.decide(state, hold, now=START.astimezone(odd)), since=state)
    same(slot_from_snapshot(to_snapshot(state), lambda: tuple(state.history)), state)


def test_a_journey_of_which_the_store_lost_events_is_found_out() -> None:
    events = journeys()[-1]
    kept = journey_from_snapshot(to_snapshot(reservation.replay(events)), lambda: events[:2])
    with pytest.raises(BrokenStream, match="expected the events up to the snapshot"):
        list(kept.history)


def test_the_events_that_are_read_later_are_those_that_the_state_mentions() -> None:
    events = journeys()[-1]
    again = [from_json(to_json(each)) for each in events]
    kept = journey_from_snapshot(to_snapshot(reservation.replay(events)), lambda: again)
    assert tuple(kept.history) == events
    assert [each for each in kept.history if each is kept.doses[-1]]
