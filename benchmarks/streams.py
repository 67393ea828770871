"""Long streams: deciding and replaying take the same time for each event, however many there are.

A journey that goes on without an end (registered, a dose recorded, taken back, withdrawn), and a slot
whose places are held and taken in turn. Each is decided event by event and then replayed as a whole.

    python benchmarks/streams.py
"""

from __future__ import annotations

import platform
import sys
from datetime import date, datetime, timedelta
from time import process_time
from typing import TYPE_CHECKING, Any

from vaxpolicy import identity, reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import BookingRef, Slot
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


CASES: tuple[tuple[str, Callable[[int], Any], Callable[[Any], Any], tuple[int, int]], ...] = (
    ("a journey", journey, reservation.replay, (10_000, 100_000)),
    ("a slot", slot, slots.replay, (1_000, 10_000)),
)


def main() -> None:
    """Print the rows of the table."""
    write = sys.stdout.write
    write(f"Python {platform.python_version()}, seconds of the processor\n\n")
    write(
        "| stream | events | decided | replayed | µs an event, replayed |\n|---|---:|---:|---:|---:|\n"
    )
    for name, make, replay, sizes in CASES:
        for size in sizes:
            start = process_time()
            state = make(size)
            decided = process_time()
            events = tuple(state.history)
            again = replay(events)
            done = process_time()
            if again != state:
                raise SystemExit(f"{name}: replayed to another state")
            each = (done - decided) / len(events) * 1e6
            write(
                f"| {name} | {len(events):,} | {decided - start:.2f} | {done - decided:.2f} "
                f"| {each:.1f} |\n"
            )


if __name__ == "__main__":
    main()
