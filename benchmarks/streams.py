"""Long streams: deciding and replaying take the same time for each event, however many there are.

A journey that goes on without an end (registered, a dose recorded, taken back, withdrawn), a slot
whose places are held and then confirmed, and a slot that is booked place by place. Each is decided
event by event and then replayed: from the events, from their JSON, and from a snapshot. Last, the
next command is decided a number of times.

    python benchmarks/streams.py
"""

from __future__ import annotations

import platform
import sys
from datetime import date, datetime, timedelta
from functools import partial
from time import process_time
from typing import TYPE_CHECKING, Any, Final

from vaxpolicy import identity, reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.event_json import from_json, to_json
from vaxpolicy.booking.slots import BookingRef, Slot
from vaxpolicy.booking.snapshots import journey_from_snapshot, slot_from_snapshot, to_snapshot
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose
from vaxpolicy.reservation import Actor, Programme
from vaxpolicy.rules.policy import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2021, 7, 6, 10, tzinfo=TAIWAN)
MINUTE = timedelta(minutes=1)
WINDOW = Window(opens=START, closes=START + timedelta(days=400))
PROGRAMME = Programme(registration_windows=(WINDOW,), edit_lock=None)
FORM = identity.IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
IDENTITY: dict[str, Any] = {
    "claim": identity.check_form(FORM, on=START.date()),
    "registry": identity.RegistryAnswer.MATCHED,
    "mobile": identity.MobileNumber.parse("0912345678"),
}
ME: dict[str, Any] = {"actor": Actor.PERSON, "subject": "anna"}
OFFICE: dict[str, Any] = {"actor": Actor.PROGRAMME, "subject": "anna"}
GIVEN = Dose("AZ", date(2021, 7, 1))


def journey_commands(number: int) -> Iterator[Any]:
    """The commands of a journey, without an end."""
    for turn in range(number // 4):
        yield reservation.Register(id=f"r{turn}", **ME, vaccines=("AZ",), districts=("d",))
        yield reservation.RecordDose(id=f"d{turn}", **OFFICE, dose=1, given=GIVEN)
        yield reservation.Correct(
            id=f"c{turn}",
            **OFFICE,
            event=turn * 4 + 2,
            reason=reservation.CorrectionReason.WRONG_PERSON,
        )
        yield reservation.Withdraw(id=f"w{turn}", **ME)


def journey(number: int) -> Any:
    """A journey of this many events, each decided on the state before it."""
    state = reservation.initial()
    for place, command in enumerate(journey_commands(number)):
        now = START + place * MINUTE
        (event,) = reservation.decide(state, command, now=now, programme=PROGRAMME, **IDENTITY)
        state = reservation.evolve(state, event)
    return state


SLOT = Slot("site-1", date(2021, 11, 6), "morning", "AZ", 1)


def slot(places: int) -> Any:
    """A slot whose places are held and then confirmed, one after the other."""
    opening = slots.Open(id="open", actor=Actor.SITE, slot=SLOT, places=places)
    state = slots.replay(slots.decide(slots.initial(), opening, now=START))
    for number in range(places):
        now = START + (number // 400) * MINUTE
        mine = BookingRef(f"p-{number}", "b")
        hold = slots.Hold(
            id=f"h{number}", actor=Actor.PERSON, booking=mine, until=now + 30 * MINUTE
        )
        confirm = slots.Confirm(id=f"c{number}", actor=Actor.PERSON, booking=mine)
        for command in (hold, confirm):
            state = slots.replay(slots.decide(state, command, now=now), since=state)
    return state


def booked(places: int) -> Any:
    """A slot in which every place is taken at once."""
    opening = slots.Open(id="open", actor=Actor.SITE, slot=SLOT, places=places + 1)
    state = slots.replay(slots.decide(slots.initial(), opening, now=START))
    for number in range(places):
        mine = BookingRef(f"p-{number}", "b")
        take = slots.Take(id=f"t{number}", actor=Actor.PERSON, booking=mine)
        state = slots.replay(slots.decide(state, take, now=START), since=state)
    return state


def next_of_journey(state: Any) -> Any:
    """The commands after `journey`: it begins anew."""
    command = reservation.Register(id="next", **ME, vaccines=("AZ",), districts=("d",))
    now = state.history[-1].at + MINUTE
    return reservation.decide(state, command, now=now, programme=PROGRAMME, **IDENTITY)


def next_of_slot(state: Any) -> Any:
    """Somebody asks for another place."""
    mine = BookingRef("q", "b")
    command = slots.Hold(
        id="next", actor=Actor.PERSON, booking=mine, until=state.history[-1].at + MINUTE
    )
    try:
        return slots.decide(state, command, now=state.history[-1].at)
    except reservation.Rejected as refused:  # a slot that is full decides as well
        return refused


SIZES: Final = (1_000, 10_000, 100_000)
TURNS: Final = 200
CASES: Final[tuple[tuple[str, Callable[[int], Any], Any, Any, Any], ...]] = (
    ("a journey", journey, reservation.replay, journey_from_snapshot, next_of_journey),
    ("a slot, held and confirmed", slot, slots.replay, slot_from_snapshot, next_of_slot),
    ("a slot, booked", booked, slots.replay, slot_from_snapshot, next_of_slot),
)


def timed(what: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds of the processor that a call takes, and its answer."""
    start = process_time()
    found = what()
    return process_time() - start, found


def main() -> None:
    """Print the rows of the table."""
    write = sys.stdout.write
    write(f"Python {platform.python_version()}, seconds of the processor\n\n")
    write(
        "| stream | events | decided | replayed | µs an event | from JSON | from a snapshot "
        "| next decision, µs |\n|---|---:|---:|---:|---:|---:|---:|---:|\n"
    )
    for name, make, replay, from_snapshot, decide_next in CASES:
        for size in SIZES:
            decided, state = timed(partial(make, size))
            events = tuple(state.history)
            replayed, again = timed(partial(replay, events))
            texts = [to_json(each) for each in events]
            read, _ = timed(partial(replay, map(from_json, texts)))
            text = to_snapshot(state)
            restored, kept = timed(partial(from_snapshot, text, partial(tuple, events)))
            if not again == kept == state:
                raise SystemExit(f"{name}: replayed to another state")
            turns, _ = timed(partial(list, map(decide_next, [state] * TURNS)))
            write(
                f"| {name} | {len(events):,} | {decided:.2f} | {replayed:.2f} "
                f"| {replayed / len(events) * 1e6:.1f} | {read:.2f} | {restored:.2f} "
                f"| {turns / TURNS * 1e6:.0f} |\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
