"""Two doses booked together, checked by a second reading of the documentation.

The rules below were written from the documentation alone, without sight of the library or of
`driver.py`. A few people book, change, cancel, come and stay away in a small round, in an order
that a seed decides. Before each command the rules say what must happen: it is accepted, or refused
with this code. After it, the journey, the places and the stored events must agree with them.
Where the documentation was silent, it was mended, or the rules say nothing and follow the desk.
"""

from __future__ import annotations

import pickle
import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from tests.helpers import small_policy
from vaxpolicy import desk, eligibility, reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.event_json import from_json, read_journey_event, to_json
from vaxpolicy.booking.slots import Open, Slot
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.reservation import (
    Actor,
    AnyCommand,
    Asked,
    Book,
    BookingRef,
    BookNext,
    Cancel,
    CancelUntil,
    Change,
    CheckIn,
    Correct,
    CorrectionReason,
    Defer,
    Miss,
    Move,
    Programme,
    RecordDose,
    Rejected,
    Vaccinate,
)
from vaxpolicy.rules.conditions import DoseDue
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VACCINES: Final = ("BNT", "Moderna")
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 11)
WAIT: Final = {1: 0, 2: 3, 3: 2}  # days since the dose before
ROUND: Final = small_policy(
    Stage(
        "base",
        VaccinationDays(FIRST, LAST),
        tuple(
            Rule(f"dose-{dose}", dose, VACCINES, (), (DoseDue(days, "day"),) if days else ())
            for dose, days in WAIT.items()
        ),
    )
)
PROGRAMME: Final = Programme(
    registration="none",
    identity_at_booking=False,
    books_without_window=True,
    books_next_dose=True,
    cancel=CancelUntil(1, time(20)),
)
PERSON: Final = Person(birth_date=date(1990, 5, 5), doses=[], groups=[])
PEOPLE: Final = ("anna", "ben", "chen", "dora")
DAYS: Final = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
ASKERS: Final = frozenset({Actor.PERSON, Actor.HELPER})
STAFF: Final = frozenset({Actor.SITE, Actor.PROGRAMME})
SENDERS: Final[Mapping[type, frozenset[Actor]]] = {
    Book: ASKERS,
    BookNext: ASKERS,
    Change: ASKERS,
    Cancel: ASKERS,
    Move: STAFF,
    Miss: STAFF,
    Correct: STAFF,
    CheckIn: frozenset({Actor.SITE}),
    Vaccinate: frozenset({Actor.SITE}),
    Defer: frozenset({Actor.SITE}),
}


def alone(day: date, dose: int) -> Slot:
    return Slot("clinic", day, "morning", "BNT", dose, ends=time(12))


def shared(day: date, vaccine: str, dose: int) -> Slot:
    return Slot("clinic", day, "evening", vaccine, dose, pool="people")


POOLS: Final = [
    [shared(day, vaccine, dose) for vaccine in VACCINES for dose in (1, 2)] for day in DAYS[1::3]
]
SLOTS: Final = [alone(day, dose) for day in DAYS for dose in WAIT] + [
    each for pool in POOLS for each in pool
]


def at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour, 30), TAIWAN)


class TextStore(desk.MemoryStore):
    """A store whose events have all been written to JSON and read back."""

    def append(self, changes: Iterable[desk.Change]) -> None:
        read = []
        for stream, version, events in changes:
            again: Any = [from_json(to_json(event)) for event in events]
            assert again == list(events)
            read.append((stream, version, again))
        super().append(read)


def new_desk(store: desk.MemoryStore, programme: Programme = PROGRAMME) -> desk.BookingService:
    return desk.BookingService(store, policies=[ROUND], programme=programme, snapshot_every=3)


def opened(programme: Programme = PROGRAMME) -> tuple[TextStore, desk.BookingService]:
    """A desk with one place in each slot and two in each pool."""
    store = TextStore()
    service = new_desk(store, programme)
    now = at(FIRST - timedelta(days=3))
    for slot in (alone(day, dose) for day in DAYS for dose in WAIT):
        service.manage(slot, Open(id="o", actor=Actor.SITE, slot=slot, places=1), now=now)
    for first, *others in POOLS:
        opening = Open(id="o", actor=Actor.SITE, slot=first, shared_with=others, places=2)
        service.manage(first, opening, now=now)
    return store, service


@attrs.frozen
class Place:
    """A booking, as the documentation has it: an id and a slot."""

    id: str
    slot: Slot


@attrs.define
class Way:
    """The way of one person, by the documentation."""

    status: str = "new"
    live: Place | None = None
    after: Place | None = None
    doses: list[tuple[int, int, str, date]] = attrs.Factory(list)  # version, number, vaccine, day
    last: datetime | None = None
    step: tuple[int, str, Way] | None = None  # the version, the kind and the way before the step
    done: dict[str, AnyCommand] = attrs.Factory(dict)
    version: int = 0
    booked: datetime | None = None  # the last booking that the person made
    below: bool = False  # a dose was taken back from below the last step
    follow: bool = False  # the documentation does not say which booking is back
    odd: bool = False  # the doses have a gap, or two of them one day

    def copy(self) -> Way:
        return attrs.evolve(self, doses=list(self.doses))


@attrs.define
class Places:
    """The places of a slot or a pool, by the documentation."""

    total: int
    used: set[tuple[str, str]] = attrs.Factory(set)
    held: dict[tuple[str, str], datetime] = attrs.Factory(dict)
    queue: dict[tuple[str, str], datetime] = attrs.Factory(dict)
    closed: bool = False

    def free(self, now: datetime) -> int:
        held = sum(now < until for until in self.held.values())
        return max(0, self.total - len(self.used) - held)

    def refusal(
        self, ref: tuple[str, str], now: datetime, line: list[tuple[str, str]], spare: int = 0
    ) -> str | None:
        """Why the booking gets no place; `spare` places are given back in the same step."""
        if self.closed:
            return "slot-closed"
        if ref in self.held and now < self.held[ref]:
            return None
        free = self.free(now) + spare
        if not free:
            return "slot-full"
        before = line.index(ref) if ref in line else len(line)
        return None if before < free else "others-wait"


def dose_on(given: list[date], day: date) -> int | None:
    """The dose that a person with doses on these days may have on a day."""
    before = [each for each in given if each <= day]
    dose = len(before) + 1
    if dose not in WAIT or not FIRST <= day <= LAST:
        return None
    return dose if all(day - each >= timedelta(days=WAIT[dose]) for each in before) else None


def offered(given: list[date], slot: Slot, today: date) -> str | None:
    """Why a person with doses on these days is not offered the slot."""
    doses = {day: dose_on(given, day) for day in DAYS if day >= today}
    if not any(doses.values()):
        return "not-eligible"
    if slot.dose not in doses.values():
        return "not-offered"
    return None if doses.get(slot.day) == slot.dose else "day-not-offered"


class World:
    """The rules of the documentation, for everybody."""

    def __init__(self, *, ahead: bool) -> None:
        self.ahead = ahead
        self.ways = {name: Way() for name in PEOPLE}
        self.places: dict[str, Places] = {}
        for slot in SLOTS:
            total = 2 if slot.pool else 1
            self.places.setdefault(desk.slot_stream(slot), Places(total))

    def at(self, slot: Slot) -> Places:
        return self.places[desk.slot_stream(slot)]

    def refusal(self, command: Any, now: datetime, spare: int = 0) -> str | None:
        ref = (command.subject, command.id)
        return self.at(command.slot).refusal(ref, now, self.line(command.slot, now), spare)

    def line(self, slot: Slot, now: datetime) -> list[tuple[str, str]]:
        """Those on the waiting list who may still book, as far as their journey says."""
        same = [each for each in SLOTS if self.at(each) is self.at(slot)]
        return [
            (name, booking)
            for (name, booking), since in self.at(slot).queue.items()
            if self._waits(self.ways[name], booking, since, same, now)
        ]

    def _waits(
        self, way: Way, booking: str, since: datetime, slots: list[Slot], now: datetime
    ) -> bool:
        if booking in way.done or (way.booked is not None and way.booked > since):
            return False
        given = {(vaccine, day) for _, __, vaccine, day in way.doses}
        if way.live is None:
            return any(each.dose > len(given) for each in slots)
        live = way.live.slot
        if way.status == "arrived" or way.after is not None or now.date() > live.day:
            return False
        ahead = given | {(live.vaccine, live.day)}
        return any(
            (each != live and each.dose > len(given))
            or (self.ahead and each.dose == live.dose + 1 > len(ahead) and each.day > live.day)
            for each in slots
        )

    def codes(self, way: Way, command: Any, now: datetime) -> set[str] | None:  # noqa: PLR0911 - the rules in order, as documented
        """The refusals of which the first must come; an empty set: accepted; None: not said."""
        known = way.done.get(command.id)
        if known is not None:
            return set() if known == command else {"command-id-reused"}
        if way.last is not None and now < way.last:
            return {"clock-behind"}
        if command.actor not in SENDERS[type(command)]:
            return {"actor-not-allowed"}
        if isinstance(command, Correct):
            return self._correct(way, command)
        if isinstance(command, Book):
            if way.live is not None:
                return {"already-booked", "already-arrived"}
            return self._turn(way, command, now)
        if way.live is None:
            return {"no-booking"}
        late = not isinstance(command, Vaccinate | Defer | Miss)
        if way.status == "arrived" and late:
            return {"already-arrived"}
        if isinstance(command, BookNext):
            return self._book_next(way, way.live, command, now)
        return self._booked(way, way.live, command, now)

    def _correct(self, way: Way, command: Correct) -> set[str] | None:
        if way.step is not None and way.step[0] == command.event:
            return set()
        if any(version == command.event for version, *_ in way.doses):
            return set()
        return None if way.step is None else {"not-correctable"}

    def _turn(self, way: Way, command: Any, now: datetime, spare: int = 0) -> set[str] | None:
        if way.odd:
            return None
        slot = command.slot
        code = offered([day for *_, day in way.doses], slot, now.date())
        if code == "not-offered" and slot.dose <= len(way.doses):
            # The guard on the doses given is one of `Book` and `Change`, not of `Move`.
            code = "dose-already-given"
        if code is not None:
            return {code, "day-over"} if slot.day < now.date() else {code}
        if slot.ends and slot.day == now.date() and now.time() >= slot.ends:
            return {"session-over"}
        full = self.refusal(command, now, spare)
        return {full} if full else set()

    def _book_next(self, way: Way, live: Place, command: Any, now: datetime) -> set[str] | None:  # noqa: PLR0911 - the rules in order, as documented
        slot, today = command.slot, now.date()
        if today > live.slot.day:
            return {"booking-over"}
        if not self.ahead:
            return {"one-dose-at-a-time"}
        if way.after is not None:
            return {"next-dose-booked"}
        if way.odd or any(day == live.slot.day for *_, day in way.doses):
            return None  # two doses of one day: the documentation does not say
        code = offered([*(day for *_, day in way.doses), live.slot.day], slot, today)
        if code == "not-eligible":
            return {code}
        if slot.dose != live.slot.dose + 1 or slot.day <= live.slot.day:
            return {"not-next-dose"}
        if code is not None:
            return {code}
        full = self.refusal(command, now)
        return {full} if full else set()

    def _booked(self, way: Way, live: Place, command: Any, now: datetime) -> set[str] | None:  # noqa: C901, PLR0911, PLR0912 - the rules in order, as documented
        slot, today = live.slot, now.date()
        if isinstance(command, Cancel) and way.after and command.booking == way.after.id:
            slot = way.after.slot
        elif command.booking != live.id:
            return {"other-booking"}
        if isinstance(command, Cancel):
            end = datetime.combine(slot.day - timedelta(days=1), time(20), TAIWAN)
            late_code = "booking-over" if today > slot.day else "cancel-too-late"
            return set() if now < end else {late_code}
        if isinstance(command, CheckIn):
            if today != slot.day:
                return {"not-the-day"}
            if way.odd:
                return None
            code = offered([day for *_, day in way.doses], slot, today)
            return {code} if code else set()
        if isinstance(command, Vaccinate):
            given = command.given or Dose(slot.vaccine, slot.day)
            if given.on > today:
                return {"not-the-day", "dose-in-future"}
            if any(day == given.on for *_, day in way.doses):
                return None
            return set()
        if isinstance(command, Defer):
            return set() if today >= slot.day else {"not-the-day"}
        if isinstance(command, Miss):
            return set() if today > slot.day else {"day-not-over"}
        if today > slot.day:
            return {"booking-over"}
        if way.after is not None:
            return {"next-dose-booked"}
        if command.slot == slot:
            return {"same-slot"}
        if isinstance(command, Move):
            to = command.slot
            if (to.vaccine, to.dose) != (slot.vaccine, slot.dose):
                return {"move-changes-dose"}
        same = desk.slot_stream(slot) == desk.slot_stream(command.slot)
        return self._turn(way, command, now, spare=1 if same else 0)

    def accept(self, command: Any, now: datetime) -> None:  # noqa: C901 - the rules in order, as documented
        """Let an accepted command have its effect."""
        name, way = command.subject, self.ways[command.subject]
        before = way.copy()
        way.version, way.last = way.version + 1, now
        way.done[command.id] = command
        step = None
        if isinstance(command, Book | BookNext | Change):
            way.booked = now
        match command:
            case Book():
                way.status, way.live = "booked", self._take(command)
            case BookNext():
                way.after = self._take(command)
            case Change() | Move():
                self._give_back(name, way.live)
                way.live = self._take(command)
            case Cancel(booking=booking) if way.after and booking == way.after.id:
                self._give_back(name, way.after)
                way.after = None
            case Cancel():
                self._give_back(name, way.live)
                self._end(name, "cancelled")
            case CheckIn():
                way.status, step = "arrived", "arrival"
            case Miss() | Defer():
                self._end(name, "missed" if isinstance(command, Miss) else "deferred")
                step = "absence"
            case Vaccinate():
                assert way.live is not None
                slot = way.live.slot
                given = command.given or Dose(slot.vaccine, slot.day)
                way.odd |= any(day == given.on for *_, day in way.doses)
                way.doses.append((way.version, slot.dose, given.vaccine, given.on))
                way.live, way.after = way.after, None
                way.status, step = ("booked" if way.live else "vaccinated"), "dose"
            case _:
                self._take_back(way, command.event)
        if step:
            way.step, way.below = (way.version, step, before), False
        elif not isinstance(command, Correct):  # to take an earlier dose back is not a step
            way.step = None

    def _take_back(self, way: Way, version: int) -> None:
        if way.step is not None and way.step[0] == version:
            _, kind, before = way.step
            way.step, way.follow = None, way.below
            way.status, way.live = before.status, before.live
            way.after = None if kind == "absence" else before.after
        elif not any(each[0] == version for each in way.doses):
            # The documentation does not say so: an earlier step may be the last one again.
            assert way.status == "arrived"
            way.status = "booked"
        else:
            way.odd = way.below = True
        way.doses = [each for each in way.doses if each[0] != version]

    def _take(self, command: Any) -> Place:
        places, ref = self.at(command.slot), (command.subject, command.id)
        places.used.add(ref)
        places.held.pop(ref, None)
        for each in [each for each in places.queue if each[0] == command.subject]:
            del places.queue[each]
        return Place(command.id, command.slot)

    def _give_back(self, name: str, place: Place | None) -> None:
        if place is not None:
            self.at(place.slot).used.discard((name, place.id))

    def _end(self, name: str, status: str) -> None:
        """End the live booking; that of the next dose ends too and gives its place back."""
        way = self.ways[name]
        self._give_back(name, way.after)
        way.status, way.live, way.after = status, None, None

    def close(self, day: date, session: str, now: datetime) -> int:
        """Close a session, and count the bookings of the next dose that end alone."""
        ended = 0
        for slot in SLOTS:
            if (slot.day, slot.session) == (day, session):
                self.at(slot).closed = True
        for name, way in self.ways.items():
            if way.live and (way.live.slot.day, way.live.slot.session) == (day, session):
                self._end(name, "carried-over")
            elif way.after and (way.after.slot.day, way.after.slot.session) == (day, session):
                way.after = None
                ended += 1
            else:
                continue
            way.version, way.last, way.step = way.version + 1, now, None
        return ended


def effect(way: Way, command: Any) -> str:
    """The name of the command, and what it does to two bookings."""
    kind = type(command).__name__
    if isinstance(command, Correct):
        undone = way.step[1] if way.step and way.step[0] == command.event else "earlier dose"
        before = way.step[2].after if way.step and undone != "earlier dose" else None
        return f"{kind} {undone}, next booked" if before else f"{kind} {undone}"
    if way.after is None or isinstance(command, BookNext):
        return kind
    if isinstance(command, Cancel) and command.booking == way.after.id:
        return f"{kind} the next"
    return f"{kind}, next booked"


class Walk:
    """One walk through the world and the desk at once."""

    def __init__(self, seed: int, counts: Counter[tuple[str, str]]) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - a walk, no secret
        ahead = seed % 8 != 7
        self.programme = attrs.evolve(PROGRAMME, books_next_dose=ahead)
        self.world = World(ahead=ahead)
        self.store, self.service = opened(self.programme)
        self.now = at(FIRST - timedelta(days=1))
        self.counts = counts
        self.ids = 0
        self.closings: list[tuple[date, str, str]] = []

    def run(self) -> None:
        steps = 0
        while self.now.date() <= LAST + timedelta(days=1):
            steps += 1
            hours = self.draw.choice([0, 0, 0, 1, 1, 2, 3, 5])
            self.now += timedelta(hours=hours, minutes=1)
            self.step()
            if steps % 12 == 0:
                self.service = new_desk(self.store, self.programme)  # reads snapshots
                self.look(self.draw.choice(PEOPLE))
                self.all_is_well()
        self.all_is_well()
        snapshots = [self.store.snapshot(stream) for stream in self.store.versions("")]
        assert any(snapshots)

    def new_id(self) -> str:
        self.ids += 1
        return f"c{self.ids}"

    def slot(self, way: Way, *, after: date | None = None, dose: int | None = None) -> Slot:
        """A slot that often fits."""
        draw = self.draw
        found = SLOTS
        if draw.random() < 0.8:
            wanted = dose or len(way.doses) + 1
            start = max(self.now.date(), after or FIRST)
            near = [
                each
                for each in SLOTS
                if each.dose == wanted and start <= each.day <= start + timedelta(days=5)
            ]
            found = near or SLOTS
        return draw.choice(found)

    def command(self, name: str, way: Way) -> list[Any]:  # noqa: C901 - one draw after the other
        draw, new = self.draw, self.new_id
        kinds: list[type] = [Book, BookNext, Change, Cancel, CheckIn, Vaccinate, Miss, Defer, Move]
        weights = [1, 6, 3, 3, 1, 1, 1, 1, 2]
        if way.after is not None:
            weights[1] = 1
        if way.live is None and draw.random() < 0.8:
            weights = [8, 1, 0, 0, 0, 0, 0, 0, 0]
        elif way.live and way.live.slot.day <= self.now.date() and draw.random() < 0.8:
            weights = [0, 1, 0, 0, 3, 4, 3, 2, 0]
        kind = draw.choices(
            [*kinds, Correct], [*weights, 5 if way.status == "arrived" else 3 if way.step else 1]
        )[0]
        allowed = [each for each in Actor if each in SENDERS[kind]]
        actor = draw.choice(allowed if draw.random() < 0.95 else list(Actor))
        base: dict[str, Any] = {"id": new(), "actor": actor, "subject": name}
        named = [place.id for place in (way.live, way.live, way.after) if place] or ["none"]
        if kind is Cancel and way.after and draw.random() < 0.4:
            named = [way.after.id]
        elif way.live and draw.random() < 0.08:
            named = ["an-old-one"]
        if kind is Correct:
            versions = [each[0] for each in way.doses] + [way.version, max(1, way.version - 1)]
            event = max(1, draw.choice(versions))
            return [Correct(**base, event=event, reason=CorrectionReason.ENTERED_IN_ERROR)]
        if kind in {Cancel, CheckIn, Vaccinate, Miss, Defer}:
            base["booking"] = draw.choice(named)
            if kind is Vaccinate and way.live and draw.random() < 0.3:
                today = self.now.date()
                base["given"] = Dose(draw.choice(VACCINES), max(today, way.live.slot.day))
            return [kind(**base)]
        base["policy_id"] = ROUND.id
        if kind is Book:
            first = Book(**base, slot=self.slot(way))
            if draw.random() < 0.6:
                gap = first.slot.day + timedelta(days=draw.choice([0, 2, 3, 3, 4]))
                second = self.slot(way, after=gap, dose=first.slot.dose + 1)
                return [first, BookNext(**base | {"id": new(), "slot": second})]
            return [first]
        if kind is BookNext:
            booked = way.live.slot if way.live else draw.choice(SLOTS)
            gap = booked.day + timedelta(days=draw.choice([0, 2, 3]))
            return [BookNext(**base, slot=self.slot(way, after=gap, dose=booked.dose + 1))]
        return [kind(**base, booking=draw.choice(named), slot=self.slot(way))]

    def step(self) -> None:
        draw = self.draw
        name = draw.choice(PEOPLE)
        way = self.world.ways[name]
        now = self.now
        chance = draw.random()
        if chance < 0.05 and way.done:
            self.again(name, way)
            return
        if chance < 0.08:
            self.close_session()
            return
        commands = self.command(name, way)
        if chance > 0.9 and (waits := self.waits(name, way)):
            slot, booking = draw.choice(waits)
            kind = BookNext if way.live else Book
            actor = Actor.PERSON
            waited = kind(id=booking, actor=actor, subject=name, policy_id=ROUND.id, slot=slot)
            commands, chance = [waited], 0.5
        if chance < 0.2 and isinstance(commands[0], Book | BookNext) and len(commands) == 1:
            self.wait_or_hold(commands[0])
        if chance > 0.95:
            last = way.last if way.last and draw.random() < 0.7 else now
            now = last - timedelta(hours=draw.choice([1, 3, 6]))
        self.send(commands, now)

    def waits(self, name: str, way: Way) -> list[tuple[Slot, str]]:
        """The slots that the person waits for, each with the id of the booking to come."""
        return [
            (slot, booking)
            for slot in SLOTS
            for who, booking in self.world.at(slot).queue
            if who == name and booking not in way.done
        ]

    def again(self, name: str, way: Way) -> None:
        """Send a command again that was done: as it was, or with other content."""
        command = self.draw.choice(list(way.done.values()))
        if self.draw.random() < 0.3:
            actor = next(each for each in Actor if each is not command.actor)
            command = attrs.evolve(command, actor=actor)
        now = self.now if command == way.done[command.id] else max(self.now, way.last or self.now)
        self.send([command], now)

    def close_session(self) -> None:
        """Close the session of a day that has not begun; send it again later."""
        later = [day for day in DAYS if day > self.now.date()]
        if self.closings and self.draw.random() < 0.5:
            before = self.draw.choice(self.closings)
            if before[0] >= self.now.date():
                self._close(*before)
        elif later and len(self.closings) < 5:
            nexts = [way.after.slot.day for way in self.world.ways.values() if way.after]
            that = self.draw.choice([each for each in nexts if each in later] or later)
            self.closings.append((that, "morning", self.new_id()))
            self._close(*self.closings[-1])

    def _close(self, day: date, session: str, cause: str) -> None:
        done = self.service.close_session(
            "clinic", day, session, cause=cause, actor=Actor.SITE, now=self.now
        )
        before = {name: way.version for name, way in self.world.ways.items()}
        self.counts["close_session of the next", "accepted"] += self.world.close(
            day, session, self.now
        )
        grown = sum(way.version - before[name] for name, way in self.world.ways.items())
        assert sum(len(each.events) for each in done) == grown
        self.counts["close_session", "accepted" if grown else "nothing"] += 1
        for name in PEOPLE:
            self.agrees(name)

    def wait_or_hold(self, command: Any) -> None:
        """Join the waiting list of a full slot; hold a place of another one."""
        places, ref = self.world.at(command.slot), (command.subject, command.id)
        booking = BookingRef(*ref)
        if places.closed or command.slot.day <= self.now.date():
            return
        line = self.world.line(command.slot, self.now)
        if not places.free(self.now):
            expected = self.expect([command], self.now) or set()
            waits = any(name == command.subject for name, _ in line)
            if waits or not expected <= {"slot-full", "others-wait"}:
                with pytest.raises(Rejected) as refused:
                    self.service.wait(command, now=self.now, **BRING)
                assert refused.value.code in expected - {"slot-full"} | {"already-waiting"}
                self.counts["wait", "refused"] += 1
                return
            self.service.wait(command, now=self.now, **BRING)
            if ref not in line:
                places.queue.pop(ref, None)
            places.queue.setdefault(ref, self.now)
            self.in_line()
            self.counts["wait", "accepted"] += 1
            first = self.world.line(command.slot, self.now).index(ref) + 1
            mine = self.service.waiting(command.subject, now=self.now)
            assert [each.place for each in mine if each.booking == booking] == [first]
        elif places.free(self.now) > len(line) and not any(
            name == command.subject for name, _ in places.held
        ):
            until = self.now + timedelta(minutes=10)
            self.service.hold(command.slot, booking, until=until, actor=Actor.PERSON, now=self.now)
            places.held[ref] = until
            self.counts["hold", "accepted"] += 1

    def in_line(self) -> None:
        """Nobody has left a waiting list but those who cannot book any more."""
        for stream, places in self.world.places.items():
            slot = next(each for each in SLOTS if desk.slot_stream(each) == stream)
            stay = [(each.subject, each.id) for each in self.service.capacity(slot).waiting]
            if not places.closed:
                line = self.world.line(slot, self.now)
                assert [each for each in places.queue if each in stay] == stay
                assert [each for each in line if each not in stay] == []
            places.queue = {each: places.queue[each] for each in stay}

    def expect(self, commands: list[Any], now: datetime) -> set[str] | None:
        """The first refusal of each command, by the documentation; all or none are done."""
        way = self.world.ways[commands[0].subject]
        first = self.world.codes(way, commands[0], now)
        if len(commands) == 1 or first is None:
            return first
        book = commands[0]
        together = attrs.evolve(way, status="booked", live=Place(book.id, book.slot), after=None)
        second = self.world.codes(together, commands[1], now)
        if first:
            return first | (second or set())
        return second

    def send(self, commands: list[Any], now: datetime) -> None:
        name = commands[0].subject
        way = self.world.ways[name]
        expected = self.expect(commands, now)
        fresh = [each for each in commands if each.id not in way.done]
        versions = dict(self.store.versions(""))
        kind = "+".join(type(each).__name__ for each in commands)
        try:
            done = self.do(commands, now)
        except Rejected as refused:
            says = expected is None or refused.code in expected
            assert says, (kind, refused.code, expected)  # noqa: PT017 - both ends are checked
            assert dict(self.store.versions("")) == versions
            self.counts[kind, refused.code] += 1
        else:
            assert not expected, (kind, "accepted", expected)
            assert sum(len(each.events) for each in done) == len(fresh)
            for each in fresh:
                self.counts[effect(way, each), "accepted"] += 1
                self.world.accept(each, now)
            self.follow(name)
            if not fresh:
                self.counts[kind, "repeated"] += 1
            elif len(commands) > 1:
                self.counts[kind, "accepted"] += 1
        self.in_line()
        self.agrees(name)

    def follow(self, name: str) -> None:
        """Take over the bookings of the journey where the documentation does not name them."""
        way, journey = self.world.ways[name], self.service.journey(name)
        if way.follow:
            way.status, way.follow = journey.status.value, False
            first, second = journey.booking, journey.next_booking
            way.live = Place(first.id, first.slot) if first else None
            way.after = Place(second.id, second.slot) if second else None

    def do(self, commands: list[Any], now: datetime) -> tuple[desk.Done, ...]:
        service, first = self.service, commands[0]
        if len(commands) > 1:
            return service.book_all(commands, now=now, brought={first.subject: {"person": PERSON}})
        with_person: dict[type, Any] = {
            Book: service.book,
            BookNext: service.book_next,
            Change: service.change,
            Move: service.move,
            CheckIn: service.check_in,
        }
        alone: dict[type, Any] = {
            Cancel: service.cancel,
            Vaccinate: service.vaccinate,
            Miss: service.miss,
            Defer: service.defer,
            Correct: service.correct,
        }
        if type(first) in with_person:
            return (with_person[type(first)](first, now=now, person=PERSON),)
        return (alone[type(first)](first, now=now),)

    def agrees(self, name: str) -> None:
        """The journey is as the documentation says, and so are the places of its bookings."""
        way, journey = self.world.ways[name], self.service.journey(name)
        assert journey.version == way.version
        assert journey.status.value == way.status
        for known, booking in ((way.live, journey.booking), (way.after, journey.next_booking)):
            assert (known and (known.id, known.slot)) == (booking and (booking.id, booking.slot))
        doses = [
            (each.version, each.dose, each.given.vaccine, each.given.on) for each in journey.doses
        ]
        assert sorted(doses) == sorted(way.doses)
        if journey.next_booking is not None:
            assert journey.booking is not None
            first, second = journey.booking.slot, journey.next_booking.slot
            assert second.dose == first.dose + 1
            assert second.day - first.day >= timedelta(days=WAIT[second.dose])
        for place in (way.live, way.after):
            if place is not None:
                answer = self.service.capacity(place.slot)
                ref = BookingRef(name, place.id)
                found = slots.place(answer, place.slot, ref, self.now)
                assert found.answer is reservation.PlaceAnswer.KEPT

    def all_is_well(self) -> None:
        """Places and bookings fit, and the stored events give the same journeys."""
        assert not self.service.unsettled(now=self.now)
        for stream, places in self.world.places.items():
            slot = next(each for each in SLOTS if desk.slot_stream(each) == stream)
            capacity = self.service.capacity(slot)
            assert capacity.taken <= capacity.places
            if not places.closed:
                assert capacity.taken == len(places.used)
                assert [(each.subject, each.id) for each in capacity.waiting] == [*places.queue]
        for name in PEOPLE:
            events: Any = self.store.read(desk.journey_stream(name))
            assert reservation.replay(events) == self.service.journey(name)
            self.agrees(name)

    def look(self, name: str) -> None:
        """`slots_for` gives each slot the answer that the documentation gives."""
        way = self.world.ways[name]
        base: Any = {"actor": Actor.PERSON, "subject": name, "policy_id": ROUND.id}
        after = None
        if way.live is None:
            after = Book(id=self.new_id(), slot=self.slot(way), **base)
        try:
            answers = self.service.slots_for(
                name, ROUND.id, now=self.now, kind=BookNext, after=after, person=PERSON
            )
        except Rejected as refused:
            assert after is not None
            expected = self.world.codes(way, after, self.now)
            says = expected is None or refused.code in expected
            assert says, (refused.code, expected)  # noqa: PT017 - both ends are checked
            return
        for answer in answers:
            stream = desk.slot_stream(answer.slot)
            gone = after is not None and stream == desk.slot_stream(after.slot)
            assert answer.free == self.world.places[stream].free(self.now) - gone
            command = BookNext(id="asked", slot=answer.slot, **base)
            expected = self.expect([after, command] if after else [command], self.now)
            code = answer.refusal and answer.refusal.code
            if expected is not None and answer.waiting is None:
                assert (code in expected) if expected else code is None, (code, expected)
                self.counts["slots_for", code or "accepted"] += 1


def walked(seeds: Iterable[int]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for seed in seeds:
        Walk(seed, counts).run()
    return counts


ACCEPTED: Final = [
    *(each.__name__ for each in SENDERS if each is not Correct),
    *("Book+BookNext", "close_session", "close_session of the next", "hold", "wait", "slots_for"),
    *("Cancel the next", "Cancel, next booked", "CheckIn, next booked", "Vaccinate, next booked"),
    *("Miss, next booked", "Defer, next booked", "Correct absence", "Correct arrival"),
    *("Correct dose", "Correct dose, next booked", "Correct earlier dose"),
]
REFUSED: Final = {
    "BookNext": "already-arrived booking-over clock-behind command-id-reused day-not-offered next-dose-booked "
    "no-booking not-eligible not-next-dose one-dose-at-a-time slot-closed",
    "Book+BookNext": "already-booked day-not-offered not-next-dose slot-closed slot-full",
    "Change": "next-dose-booked other-booking",
    "Move": "next-dose-booked other-booking",
    "Cancel": "cancel-too-late other-booking",
    "CheckIn": "other-booking not-the-day",
    "Vaccinate": "other-booking not-the-day",
    "Miss": "other-booking day-not-over",
    "Defer": "other-booking not-the-day",
    "Correct": "not-correctable",
}


def test_a_walk_keeps_what_the_documentation_says() -> None:
    counts = walked(range(9))
    wanted = [(name, "accepted") for name in ACCEPTED]
    wanted += [(name, code) for name, codes in REFUSED.items() for code in codes.split()]
    assert [key for key in wanted if counts[key] < 2] == []
    assert counts["BookNext", "repeated"] > 2


@pytest.mark.slow
def test_longer_walks_keep_it_too() -> None:
    assert walked(range(100, 160))


BRING: Final[Any] = {"person": PERSON}
ANNA: Final[Any] = {"subject": "anna"}


def book(day: date = DAYS[1], number: str = "a") -> Book:
    slot = alone(day, 1)
    return Book(id=number, actor=Actor.PERSON, policy_id=ROUND.id, slot=slot, **ANNA)


def book_next(day: date = DAYS[4], number: str = "b", dose: int = 2) -> BookNext:
    slot = alone(day, dose)
    return BookNext(id=number, actor=Actor.PERSON, policy_id=ROUND.id, slot=slot, **ANNA)


def both_booked() -> desk.BookingService:
    _, service = opened()
    service.book_all([book(), book_next()], now=at(DAYS[0]), brought={"anna": BRING})
    return service


def take_back(service: desk.BookingService, event: int, now: datetime) -> None:
    reason = CorrectionReason.ENTERED_IN_ERROR
    service.correct(
        Correct(id="back", actor=Actor.SITE, event=event, reason=reason, **ANNA), now=now
    )


def ids(journey: reservation.State) -> list[str | None]:
    return [each.id if each else None for each in (journey.booking, journey.next_booking)]


def test_the_staff_sees_the_booking_of_the_next_dose_on_its_day() -> None:
    here = both_booked().attendance("clinic", DAYS[4], now=at(DAYS[0]))
    assert [(each.booking.id, ids(each.journey)) for each in here] == [("b", ["a", "b"])]


def test_a_missed_day_that_is_taken_back_leaves_the_place_of_the_next_dose_free() -> None:
    service = both_booked()
    service.miss(Miss(id="m", actor=Actor.SITE, booking="a", **ANNA), now=at(DAYS[2]))
    take_back(service, 3, at(DAYS[2]))
    assert ids(service.journey("anna")) == ["a", None]
    assert service.capacity(alone(DAYS[4], 2)).taken == 0


def test_a_dose_given_late_makes_the_next_one_wait_and_its_booking_can_be_changed() -> None:
    service = both_booked()
    given = Dose("BNT", DAYS[3])
    dose = Vaccinate(id="v", actor=Actor.SITE, booking="a", given=given, **ANNA)
    service.vaccinate(dose, now=at(DAYS[3]))
    came = CheckIn(id="k", actor=Actor.SITE, booking="b", **ANNA)
    with pytest.raises(Rejected) as refused:
        service.check_in(came, now=at(DAYS[4]), **BRING)
    assert refused.value.code == "day-not-offered"
    change = Change(
        id="c", actor=Actor.PERSON, policy_id=ROUND.id, booking="b", slot=alone(DAYS[6], 2), **ANNA
    )
    service.change(change, now=at(DAYS[4]), **BRING)
    assert ids(service.journey("anna")) == ["c", None]


def test_a_dose_recorded_from_elsewhere_leaves_both_bookings() -> None:
    service = both_booked()
    given = Dose("BNT", FIRST)
    recorded = RecordDose(id="r", actor=Actor.PROGRAMME, dose=1, given=given, **ANNA)
    service.record_dose(recorded, now=at(DAYS[0]))
    assert ids(service.journey("anna")) == ["a", "b"]


def test_who_waits_for_a_place_of_the_next_dose_books_it_with_the_id_of_the_waiting() -> None:
    service = both_booked()
    now, full = at(DAYS[0]), alone(DAYS[4], 2)
    first = attrs.evolve(book(DAYS[1]), subject="ben", slot=shared(DAYS[1], "BNT", 1))
    service.book(first, now=now, **BRING)
    service.wait(attrs.evolve(book_next(number="w"), subject="ben"), now=now, **BRING)
    command = attrs.evolve(book_next(number="w"), subject="ben")
    with pytest.raises(Rejected) as refused:
        service.book_next(command, now=now, **BRING)
    assert refused.value.code == "slot-full"
    service.cancel(Cancel(id="x", actor=Actor.PERSON, booking="b", **ANNA), now=now)
    with pytest.raises(Rejected) as others:
        service.book_next(book_next(number="again"), now=now, **BRING)
    assert others.value.code == "others-wait"
    (answer,) = [
        each
        for each in service.slots_for("ben", ROUND.id, now=now, kind=BookNext, **BRING)
        if each.slot == full
    ]
    assert answer.bookable
    assert answer.waiting == BookingRef("ben", "w")
    service.book_next(command, now=now, **BRING)
    assert ids(service.journey("ben")) == ["a", "w"]
    assert service.waiting("ben", now=now) == ()


def kept(command: Any, now: datetime) -> reservation.Place:
    """A place for the command in a slot that was just opened."""
    opening = Open(id="o", actor=Actor.SITE, slot=command.slot, places=1)
    ref = BookingRef(command.subject, command.id)
    capacity = slots.initial()
    for each in (opening, slots.Take(id=command.id, actor=Actor.PERSON, booking=ref)):
        (event,) = slots.decide(capacity, each, now=now)
        capacity = slots.evolve(capacity, event)
    return slots.place(capacity, command.slot, ref, now)


def brought(command: Any, state: reservation.State, now: datetime, **more: Any) -> dict[str, Any]:
    """The input from a portal without the desk: a decision, for `BookNext` supposing, and a place."""
    known = attrs.evolve(PERSON, key=command.subject)
    if isinstance(command, BookNext):
        known = reservation.supposing(known, state)
        more = {"supposes": state.booked_dose} | more
    else:
        known = reservation.with_journey(known, state)
    decision = eligibility.decide(ROUND, known, from_day=now.date())
    return {"policy": ROUND, "decision": decision, "place": kept(command, now)} | more


def booked() -> reservation.State:
    """The journey of Anna, who has booked two doses."""
    now, state = at(DAYS[0]), reservation.initial()
    for command in (book(), book_next()):
        come = brought(command, state, now)
        (event,) = reservation.decide(state, command, now=now, programme=PROGRAMME, **come)
        state = reservation.evolve(state, event)
    return state


def test_the_first_booking_is_changed_if_the_next_one_is_cancelled_in_the_same_step() -> None:
    now, state = at(DAYS[0]), booked()
    change = Change(
        id="c", actor=Actor.PERSON, policy_id=ROUND.id, booking="a", slot=alone(DAYS[3], 1), **ANNA
    )
    alone_refused = Asked(state, change, brought(change, state, now))
    with pytest.raises(Rejected) as refused:
        reservation.decide_together(alone_refused, now=now, programme=PROGRAMME)
    assert refused.value.code == "next-dose-booked"
    cancel = Cancel(id="x", actor=Actor.PERSON, booking="b", **ANNA)
    later = attrs.evolve(state)
    for command, come in ((cancel, {}), (change, brought(change, state, now))):
        more: Any = come
        (event,) = reservation.decide(later, command, now=now, programme=PROGRAMME, **more)
        later = reservation.evolve(later, event)
    again = book_next(DAYS[6], "d")
    asked = [
        Asked(state, cancel),
        Asked(state, change, brought(change, state, now)),
        Asked(state, again, brought(again, later, now)),
    ]
    for events in reservation.decide_together(*asked, now=now, programme=PROGRAMME):
        for event in events:
            state = reservation.evolve(state, event)
    assert ids(state) == ["c", "d"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"supposes": None}, "supposes-another-dose"),
        ({"supposes": Dose("BNT", DAYS[2])}, "supposes-another-dose"),
        ({"decision": None}, "not-decided"),
        ({"place": None}, "capacity-unknown"),
        ({"place": kept(book_next(number="z"), at(DAYS[0]))}, "other-place"),
    ],
)
def test_the_next_dose_is_not_booked_without_what_it_asks_for(
    more: dict[str, Any], code: str
) -> None:
    now, state = at(DAYS[0]), booked()
    cancel = Cancel(id="x", actor=Actor.PERSON, booking="b", **ANNA)
    (event,) = reservation.decide(state, cancel, now=now, programme=PROGRAMME)
    state, again = reservation.evolve(state, event), book_next(number="d")
    come = brought(again, state, now)
    with pytest.raises(Rejected) as refused:
        reservation.decide(state, again, now=now, programme=PROGRAMME, **come | more)
    assert refused.value.code == code
    reservation.decide(state, again, now=now, programme=PROGRAMME, **come)


def test_nobody_books_the_next_dose_in_the_journey_of_another_person() -> None:
    state, now = booked(), at(DAYS[0])
    command = attrs.evolve(book_next(number="d"), subject="ben")
    with pytest.raises(Rejected) as refused:
        reservation.decide(state, command, now=now, programme=PROGRAMME)
    assert refused.value.code == "other-person"


def test_both_bookings_survive_json_and_a_pickle() -> None:
    state = booked()
    assert (
        reservation.replay([read_journey_event(to_json(each)) for each in state.history]) == state
    )
    assert ids(pickle.loads(pickle.dumps(state))) == ["a", "b"]  # noqa: S301 - our own bytes
