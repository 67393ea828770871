"""A state from a snapshot is the state from the events, in every value and in what it does next."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import policy_of
from vaxpolicy import reservation, wire
from vaxpolicy.booking import slots, snapshots
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


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(f'"form":{FORM}', f'"form":{FORM + 1}'),
        lambda text: text.replace('"kind":"slot"', '"kind":"journey"'),
        lambda text: text.replace('"status":"open"', '"status":"ajar"'),
        lambda text: text.replace('"places"', '"seats"'),
        lambda text: text[1:],
        lambda _: "[]",
        lambda _: "[" * 100_000,
    ],
)
def test_a_text_that_is_not_a_snapshot(change: Callable[[str], str]) -> None:
    with pytest.raises(UnreadableSnapshot, match="expected a snapshot"):
        slot_from_snapshot(change(to_snapshot(opened())), tuple)
    with pytest.raises(UnreadableSnapshot):
        journey_from_snapshot(to_snapshot(opened()), tuple)
