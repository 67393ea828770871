"""A random driver of reservations, written from the manual alone.

The driver is a small portal with many people and few slots. It sends commands that are mostly right,
in an order that is mostly sensible, and spoils one thing in every third: it forgets an answer, sends
a command again or late, lets the clock go back. Every event goes through JSON.

`Journey` and `Places` are a second reading of the pages under docs/reservation. They read the JSON
of the events and nothing else of the library. For each command they say what the manual holds
against it. The library must accept a command if nothing is held against it, and refuse it with one
of the codes otherwise.

    python tests/booking/driver.py --steps 200000 --seed 1
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time as clock
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import attrs

from vaxpolicy import catalog, eligibility, identity, reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.event_json import from_json, to_json
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.reservation import (
    Actor,
    AddVaccine,
    Amend,
    Book,
    BookingRef,
    BookNext,
    Cancel,
    CancelSession,
    CancelUntil,
    CarryOver,
    Change,
    CheckIn,
    Close,
    CloseReason,
    Correct,
    CorrectionReason,
    Defer,
    Delivery,
    EditLock,
    Elsewhere,
    Miss,
    MobileNumber,
    Move,
    Notify,
    Programme,
    RecordDose,
    Register,
    RegistryAnswer,
    Rejected,
    Slot,
    Vaccinate,
    WalkIn,
    Window,
    Withdraw,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PERSON, HELPER, SITE, PROGRAMME = Actor.PERSON, Actor.HELPER, Actor.SITE, Actor.PROGRAMME
START = datetime(2021, 11, 1, 9, tzinfo=TAIWAN)
KEY = b"0123456789abcdef0123456789abcdef"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TEN_YEARS = timedelta(days=3650)
STEPS_OF_A_WORLD = 2500
BOOKS_AHEAD = {0, 8, 10}
"""The worlds, by their seeds modulo eleven, in which the next dose is booked ahead."""


class Finding(AssertionError):  # noqa: N818  # what it is
    """The library did something that the manual does not say."""


# The rounds. Their rules are plain: the driver is about reservations.
def _policy(  # noqa: PLR0917  # a table's row
    name: str,
    first: date,
    days: int,
    windows: list[dict[str, Any]],
    told: str,
    disease: str = "covid19",
) -> Any:
    last = first + timedelta(days=days - 1)
    vaccines = ["AZ", "BNT"] if disease == "covid19" else ["Influenza"]
    rules = [
        {"id": "first", "dose": 1, "vaccines": vaccines, "cites": ["notice"]},
        {"id": "second", "dose": 2, "vaccines": vaccines, "cites": ["notice"]},
    ]
    rules[0]["all"] = [{"age_at_least": 18, "on": "first-day"}]
    rules[1]["all"] = [
        {"age_at_least": 18, "on": "first-day"},
        {"dose_due_after_days": 3, "on": "day"},
    ]
    stage = {
        "id": "only",
        "vaccination_days": {"first": first, "last": last},
        "rules": rules,
        "windows": windows,
        "cites": ["notice"],
    }
    source = {
        "publisher": "The driver",
        "url": "https://example.org/driver",
        "checked": date(2021, 10, 20),
        "support": "official",
    }
    return catalog.parse_campaign(
        {
            "id": f"driver/{name}",
            "version": "1.0.0",
            "announced": date(2021, 10, 20),
            "disease": disease,
            "notification": told,
            "licences_apply": False,
            "sources": {"notice": source},
            "stages": [stage],
            "programme": {"registration": "none"},
        }
    ).policy


def _window(opens: str, closes: str, *doses: int) -> dict[str, Any]:
    return {
        "opens": datetime.fromisoformat(f"2021-11-{opens}:00:00+08:00"),
        "closes": datetime.fromisoformat(f"2021-11-{closes}:00:00+08:00"),
        "doses": list(doses),
        "cites": ["notice"],
    }


FIRST_WINDOWS = [_window("02T10", "07T16", 1), _window("03T10", "09T12", 2)]
SECOND_WINDOWS = [_window("08T10", "15T12", 1, 2)]
ROUNDS = {
    (name, told): _policy(name, first, days, windows, told)
    for told in ("required", "reminder", "none")
    for name, first, days, windows in (
        ("one", date(2021, 11, 5), 7, FIRST_WINDOWS),
        ("two", date(2021, 11, 10), 10, SECOND_WINDOWS),
        ("open", date(2021, 11, 4), 15, []),
    )
}
INFLUENZA = _policy("influenza", date(2021, 11, 4), 15, SECOND_WINDOWS, "reminder", "influenza")
GATE = _policy("gate", date(2021, 11, 1), 40, [_window("01T00", "30T00", 1, 2)], "none")


@attrs.frozen
class Somebody:
    """A person of the driver: the facts, the claim and one or two pseudonyms."""

    person: Person
    claim: Any
    names: tuple[str, ...]


def _people() -> tuple[Somebody, ...]:
    def national(number: str) -> Any:
        form = identity.IdentityForm(number, ("0000", "1234", "5678"), captcha_passed=True)
        return identity.check_form(form, on=START.date())

    def foreign(number: str, other: str) -> Any:
        form = identity.IdentityForm(
            number, ("0000", "1234", "5678"), also_known_as=other, captcha_passed=True
        )
        return identity.check_form(form, on=START.date())

    claims = [
        national(f"A1{n:08d}") for n in range(3000) if identity.is_valid_id_number(f"A1{n:08d}")
    ]
    new = [f"A8{n:08d}" for n in range(99) if identity.is_valid_id_number(f"A8{n:08d}")]
    old = [f"AC{n:08d}" for n in range(99) if identity.is_valid_id_number(f"AC{n:08d}")]
    births = [date(1975, 1, 9), date(1990, 5, 5), date(2000, 2, 29), date(1960, 7, 1)]
    people = []
    for index, claim in enumerate([*claims[:9], foreign(new[0], old[0]), foreign(new[1], old[1])]):
        birth = {7: date(2015, 3, 3), 8: None}.get(index, births[index % 4])
        names = identity.pseudonyms(claim, KEY)
        people.append(Somebody(Person(birth, (), groups=(), key=names[0]), claim, names))
    return tuple(people)


PEOPLE = _people()
SLOTS = tuple(
    Slot(site, date(2021, 11, day), session, vaccine, dose, ends)
    for site, day, session, vaccine, dose, ends in (
        ("north", 5, "morning", "AZ", 1, time(12)),
        ("north", 6, "all-day", "AZ", 1, None),
        ("south", 6, "all-day", "BNT", 1, None),
        ("south", 10, "morning", "AZ", 1, time(12)),
        ("north", 10, "all-day", "AZ", 2, None),
        ("south", 11, "all-day", "BNT", 2, None),
        ("north", 14, "all-day", "AZ", 2, None),
        ("north", 14, "evening", "AZ", 2, time(21)),
        ("north", 15, "all-day", "BNT", 1, None),
        ("north", 25, "all-day", "BNT", 1, None),
    )
)

POOLED = tuple(
    each
    for slot in SLOTS
    for each in (
        [slot]
        if slot.site == "south"
        else [attrs.evolve(slot, pool="people", vaccine=it) for it in ("AZ", "BNT")]
    )
)
"""The same slots, but the sites in the north count people: their vaccines share the places."""


def _programme(chance: random.Random, *, books_next_dose: bool) -> Programme:
    """The settings of one world."""
    registering = Window(
        datetime(2021, 10, 30, tzinfo=TAIWAN), datetime(2021, 11, 16, tzinfo=TAIWAN)
    )
    registration = chance.choice(["required", "required", "none"])
    return Programme(
        registration=registration,  # type: ignore[arg-type]  # one of the two texts
        registration_windows=chance.choice([(registering,)] * 9 + [()]),
        gate=chance.choice([None, None, GATE]),
        vaccines=chance.choice([None, frozenset({"AZ", "BNT"})]),
        most_districts=chance.choice([None, 1, 2]),
        same_vaccine=chance.random() < 0.5,
        edit_lock=chance.choice([None, None, "not-stated", EditLock(1, time(8), notified=True)]),
        cancel=chance.choice(["while-window-open", CancelUntil(1, time(18))]),
        asks_elsewhere=chance.random() < 0.5,
        identity_at_booking=chance.random() < 0.7,
        books_without_window=chance.random() < 0.5,
        books_next_dose=books_next_dose,
    )


def instant(text: str) -> datetime:
    """An instant as the JSON of an event has it."""
    return datetime.fromisoformat(text)


WAITING = [
    *("registered", "notified", "vaccinated", "deferred"),
    *("missed", "cancelled", "carried-over"),
]
LIVE = ["booked", "arrived"]
FREE = ["new", "withdrawn", *WAITING]
# The table of docs/reservation/transitions.md: by whom, in which statuses, leading to which.
TABLE: dict[str, tuple[str, list[str], str]] = {
    "Register": ("person helper", [s for s in FREE if s != "registered"], "registered"),
    "Amend": ("person helper", [*WAITING, "booked"], ""),
    "Withdraw": ("person helper", WAITING, "withdrawn"),
    "AddVaccine": ("programme", [*WAITING, *LIVE], ""),
    "Notify": ("programme", FREE, "notified"),
    "Book": ("person helper", FREE, "booked"),
    "Change": ("person helper", ["booked"], "booked"),
    "Move": ("programme site", ["booked"], "booked"),
    "BookNext": ("person helper", ["booked"], "booked"),
    "WalkIn": ("site", FREE, "arrived"),
    "Cancel": ("person helper", ["booked"], "cancelled"),
    "CancelSession": ("programme site", LIVE, "carried-over"),
    "CheckIn": ("site", ["booked"], "arrived"),
    "Vaccinate": ("site", LIVE, "vaccinated"),
    "Defer": ("site", LIVE, "deferred"),
    "Miss": ("programme site", LIVE, "missed"),
    "CarryOver": ("programme", ["notified"], "carried-over"),
    "RecordDose": ("programme", [*FREE, *LIVE], "vaccinated"),
    "Correct": ("programme site", ["withdrawn", *WAITING, *LIVE], ""),
    "Close": ("programme", FREE, "closed"),
}
_WHO = ("claim", "registry", "other")
# The answers that a command asks for.
ASKED: dict[str, tuple[str, ...]] = {
    "Register": (*_WHO, "mobile", "gate"),
    "Amend": ("gate",),
    "Notify": ("elsewhere", "delivery"),
    "Book": (*_WHO, "elsewhere"),
    "BookNext": (*_WHO, "elsewhere"),
    "WalkIn": (*_WHO, "elsewhere"),
    "Change": ("claim", "registry"),
}
# The refusals that a command in a wrong status may get.
WRONG_STATUS = {
    "journey-closed",
    "already-registered",
    "not-registered",
    "already-booked",
    "already-arrived",
    "no-booking",
    "nothing-to-carry-over",
    "not-correctable",
    "edit-locked",
    "dose-recorded",
}
MADE_BY = {"booked": "booked", "changed": "booked", "moved": "booked", "walked-in": "arrived"}
TYPES = {
    "Register": "registered",
    "Amend": "amended",
    "Withdraw": "withdrawn",
    "AddVaccine": "vaccine-added",
    "Notify": "notified",
    "Book": "booked",
    "Change": "changed",
    "Move": "moved",
    "BookNext": "booked-next",
    "WalkIn": "walked-in",
    "Cancel": "cancelled",
    "CancelSession": "session-cancelled",
    "CheckIn": "arrived",
    "Vaccinate": "vaccinated",
    "Defer": "deferred",
    "Miss": "missed",
    "CarryOver": "carried-over",
    "RecordDose": "dose-recorded",
    "Correct": "corrected",
    "Close": "closed",
}
TAKEN_BACK = {"arrived", "missed", "deferred"}
STATUS_AFTER = {TYPES[name]: after for name, (_, _, after) in TABLE.items()}


@attrs.define
class Journey:
    """A journey as the JSON of its events tells it."""

    status: str = "new"
    subject: str | None = None
    wanted: dict[str, str] = attrs.Factory(dict)
    notices: list[dict[str, Any]] = attrs.Factory(list)
    booking: dict[str, Any] | None = None
    ahead: dict[str, Any] | None = None
    doses: dict[int, tuple[int, str, date]] = attrs.Factory(dict)
    locked_by: date | None = None
    disease: str | None = None
    at: datetime | None = None
    version: int = 0
    steps: list[tuple[int, Journey, str]] = attrs.Factory(list)
    back: frozenset[int] = frozenset()

    @property
    def slot(self) -> dict[str, Any]:
        """The slot of the live booking."""
        assert self.booking is not None
        slot: dict[str, Any] = self.booking["command"]["slot"]
        return slot

    @property
    def day(self) -> date:
        """The day of the live booking."""
        return date.fromisoformat(self.slot["day"])

    def named(self, command: Any) -> dict[str, Any] | None:
        """The booking that a command names: the live one, or that of the next dose."""
        for booking in (self.booking, self.ahead):
            if booking is not None and booking["command"]["id"] == command.booking:
                return booking
        return None

    def after(self, event: dict[str, Any]) -> Journey:  # noqa: C901, PLR0912  # one branch for each event
        """The journey after an event."""
        kind, command = event["type"], event["command"]
        new = attrs.evolve(
            self,
            subject=command["subject"],
            at=instant(event["at"]),
            version=event["version"],
            status=STATUS_AFTER[kind] or self.status,
        )
        if kind in {"registered", "amended"}:
            new.wanted = {v: self.wanted.get(v, event["at"]) for v in command["vaccines"]}
        elif kind == "vaccine-added":
            new.wanted = self.wanted | {command["vaccine"]: event["at"]}
        elif kind == "withdrawn":
            new.wanted = {}
        elif kind == "notified":
            new.notices, new.disease = [*self.notices, event], event["disease"]
        elif kind in MADE_BY:
            new.booking, new.locked_by = event, date.fromisoformat(event["round_ends"])
            new.disease = event["disease"]
        elif kind == "dose-recorded":
            new.doses = self.doses | {event["version"]: _dose(command["dose"], command["given"])}
            new.status = self.status if self.booking else "vaccinated"
        elif kind == "booked-next":
            new.ahead = event
        elif kind == "vaccinated":
            new.doses = self.doses | {event["version"]: _dose(event["dose"], event["given"])}
            if self.ahead is not None:  # from now on it is the live booking
                new.status, new.booking, new.ahead = "booked", self.ahead, None
                new.locked_by = date.fromisoformat(self.ahead["round_ends"])
        elif kind == "corrected":
            self._take_back(new, command["event"])
        beside = kind in {"amended", "vaccine-added"} or (kind == "dose-recorded" and self.booking)
        if not beside and kind != "corrected":
            before = attrs.evolve(self, steps=[])
            if kind in {"missed", "deferred"}:
                before.ahead = None
            new.steps = [*self.steps, (new.version, before, kind)]
        if kind in {"cancelled", "session-cancelled"}:
            if self.ahead is not None and command["booking"] == self.ahead["command"]["id"]:
                new.status, new.ahead = self.status, None
            else:
                new.locked_by = None
        if new.status not in LIVE:
            new.booking = new.ahead = None
        return new

    def _take_back(self, new: Journey, version: int) -> None:
        new.back = self.back | {version}
        new.doses = {key: dose for key, dose in self.doses.items() if key != version}
        new.steps = list(self.steps)
        while new.steps and new.steps[-1][0] in new.back:
            _, before, _ = new.steps.pop()
            new.status, new.booking, new.locked_by = before.status, before.booking, before.locked_by
            new.ahead = before.ahead

    def given(self) -> list[Dose]:
        """The doses of the journey."""
        return [Dose(vaccine, on) for _, vaccine, on in self.doses.values()]

    def of_disease(self, disease: str = "covid19") -> list[tuple[int, str, date]]:
        """The doses against a disease, by day."""
        flu = disease == "influenza"
        ours = [dose for dose in self.doses.values() if (dose[1] == "Influenza") == flu]
        return sorted(ours, key=lambda dose: dose[2])


def _dose(number: int, given: dict[str, Any]) -> tuple[int, str, date]:
    return number, given["vaccine"], date.fromisoformat(given["on"])


class Verdict:
    """The manual's refusals of a command: sure ones, and possible ones that it leaves open."""

    def __init__(self) -> None:
        """Nothing is held against it yet."""
        self.sure: set[str] = set()
        self.perhaps: set[str] = set()

    def unless(self, holds: bool, *codes: str) -> None:
        """A condition of the manual, and the codes of its refusal."""
        if not holds:
            self.sure.update(codes)

    def refuse(self, *codes: str) -> None:
        """The manual refuses it with one of these."""
        self.sure.update(codes)

    def maybe(self, *codes: str) -> None:
        """The manual does not say whether these refuse."""
        self.perhaps.update(codes)


@attrs.define
class Places:
    """The places of a slot as the JSON of its events tells them."""

    slot: Slot | None = None
    status: str = "new"
    places: int = 0
    kept: dict[tuple[str, str], tuple[str, datetime | None, datetime | None]] = attrs.Factory(dict)
    waiting: list[tuple[str, str]] = attrs.Factory(list)
    at: datetime | None = None
    version: int = 0

    def how(self, booking: tuple[str, str], now: datetime) -> str:
        """The way in which a place is kept for a booking."""
        state, until, _ = self.kept.get(booking, ("none", None, None))
        return "expired" if state == "held" and until is not None and until <= now else state

    def used(self, now: datetime) -> int:
        """The number of places that are taken or held."""
        return sum(self.how(booking, now) in {"held", "taken"} for booking in self.kept)

    def left(self, now: datetime) -> int:
        """The number of places that are left."""
        return self.places - self.used(now)

    def after(self, event: dict[str, Any]) -> Places:  # one branch for each event
        """The places after an event."""
        kind, command, at = event["type"], event["command"], instant(event["at"])
        new = attrs.evolve(
            self, kept=dict(self.kept), waiting=list(self.waiting), at=at, version=event["version"]
        )
        booking = _ref(command["booking"]) if "booking" in command else ("", "")
        if kind == "slot-opened":
            new.status, new.places = "open", command["places"]
        elif kind == "slot-capacity-changed":
            new.places = command["places"]
        elif kind == "slot-closed":
            new.status = "closed"
            live = {each for each in self.kept if self.how(each, at) in {"held", "taken"}}
            if {_ref(each) for each in event["affected"]} - set(self.waiting) != live:
                raise Finding("slot-closed does not name the bookings that lost their places")
            new.kept = dict.fromkeys(live, ("withdrawn", None, None))
        elif kind == "slot-waited":
            new.waiting.append(booking)
        elif kind == "slot-released":
            if booking in new.waiting and self.how(booking, at) not in {"held", "taken"}:
                new.waiting.remove(booking)
            else:
                new.kept[booking] = ("released", None, None)
        else:
            new.waiting = [each for each in new.waiting if each[0] != booking[0]]
            since = at
            until = None
            if kind == "slot-held":
                until = instant(command["until"])
                if self.how(booking, at) == "held":
                    _, before, began = self.kept[booking]
                    until, since = max(until, before or until), began or at
            new.kept[booking] = ("held" if until else "taken", until, since)
        return new

    def verdict(self, command: Any, now: datetime) -> Verdict:
        """What the manual holds against a command."""
        found = Verdict()
        kind = type(command).__name__
        if self.at is not None and now < self.at:
            found.unless(self.at - now <= DAY, "clock-behind")
            now = self.at  # a clock that is a little slow is put right
        if now - START > timedelta(days=900):
            found.refuse("clock-ahead", "day-over")
        if kind in {"Open", "ChangeCapacity", "Close"}:
            found.unless(command.actor in {SITE, PROGRAMME}, "actor-not-allowed")
        slot = command.slot if kind == "Open" else self.slot
        if slot is not None and kind in {"Open", "Hold", "Take", "Confirm", "Wait"}:
            self._over(found, slot, command.actor, now)
        if kind == "Open":
            found.unless(self.status == "new", "slot-already-open", "slot-closed")
            return found
        found.unless(self.status != "new", "slot-not-open")
        found.unless(self.status != "closed", "slot-closed")
        if kind == "ChangeCapacity":
            found.unless(command.places >= self.used(now), "below-taken")
        elif kind != "Close":
            getattr(self, f"_{kind.lower()}")(found, command, now)
        return found

    def _over(self, found: Verdict, slot: Slot, actor: Actor, now: datetime) -> None:
        found.unless(now.date() <= slot.day, "day-over")
        if slot.ends is not None and actor not in {SITE, PROGRAMME}:
            ends = datetime.combine(slot.day, slot.ends, TAIWAN)
            found.unless(now < ends, "session-over", "day-over")

    def _hold(self, found: Verdict, command: Any, now: datetime) -> None:
        mine = _key(command.booking)
        how = self.how(mine, now)
        began = self.kept[mine][2] if how == "held" else None
        found.unless(how != "taken", "place-taken")
        found.unless(command.until > now, "hold-ends-early")
        found.unless(command.until - (began or now) <= timedelta(minutes=30), "hold-too-long")
        if how == "held":
            before = self.kept[mine][1]
            if before is not None and command.until <= before:
                found.maybe("hold-ends-early", "already-held")
            return
        others = [
            each
            for each in self.kept
            if each[0] == mine[0] and each != mine and self.how(each, now) == "held"
        ]
        found.unless(not others, "already-held")
        self._place(found, command, now)

    def _take(self, found: Verdict, command: Any, now: datetime) -> None:
        mine = _key(command.booking)
        how = self.how(mine, now)
        found.unless(how != "taken", "place-taken")
        if how not in {"taken", "held"}:
            self._place(found, command, now)

    def _place(self, found: Verdict, command: Any, now: datetime) -> None:
        mine = _key(command.booking)
        left = self.left(now)
        found.unless(left > 0, "slot-full")
        the_day = self.slot is not None and self.slot.day <= now.date()
        if left > 0 and not (the_day and command.actor in {SITE, PROGRAMME}):
            others = (
                self.waiting[: self.waiting.index(mine)] if mine in self.waiting else self.waiting
            )
            found.unless(len(others) < left, "others-wait")

    def _confirm(self, found: Verdict, command: Any, now: datetime) -> None:
        how = self.how(_key(command.booking), now)
        found.unless(how == "held", "hold-over", "no-such-place", "place-taken")

    def _release(self, found: Verdict, command: Any, now: datetime) -> None:
        mine = _key(command.booking)
        held = self.how(mine, now) in {"held", "taken"}
        found.unless(held or mine in self.waiting, "no-such-place", "hold-over")

    def _wait(self, found: Verdict, command: Any, now: datetime) -> None:
        mine = _key(command.booking)
        how = self.how(mine, now)
        found.unless(mine[0] not in [who for who, _ in self.waiting], "already-waiting")
        found.unless(how not in {"held", "taken"}, "already-held", "place-taken")
        found.unless(self.left(now) <= len(self.waiting), "places-left")


def _ref(booking: dict[str, str]) -> tuple[str, str]:
    return booking["subject"], booking["id"]


def _key(booking: BookingRef) -> tuple[str, str]:
    return booking.subject, booking.id


@attrs.define
class Sent:
    """A command to a journey, with all that is brought beside it and what is done to slots."""

    command: Any
    brought: dict[str, Any]
    slot_commands: list[tuple[Slot, Any]] = attrs.Factory(list)


@attrs.define
class World:
    """People, slots, a store and a clock."""

    chance: random.Random
    programme: Programme
    rounds: dict[str, Any]
    now: datetime = START
    log: dict[str, list[str]] = attrs.Factory(lambda: defaultdict(list))
    states: dict[str, Any] = attrs.Factory(dict)
    models: dict[str, Any] = attrs.Factory(dict)
    by_id: dict[str, dict[str, Any]] = attrs.Factory(lambda: defaultdict(dict))
    late: list[tuple[str, Sent]] = attrs.Factory(list)
    done: list[tuple[str, Sent]] = attrs.Factory(list)
    counted: Counter[str] = attrs.Factory(Counter)
    numbers: int = 0
    booked: set[tuple[str, str]] = attrs.Factory(set)
    """Every booking that there ever was: one that has ended comes back with a correction."""
    slots: tuple[Slot, ...] = SLOTS
    slot: Slot = SLOTS[0]
    asked: tuple[Any, Any, dict[str, Any], datetime] | None = None
    """The last command that was judged: the state, the command, what was brought, the instant."""

    @classmethod
    def new(cls, seed: int, *, pools: bool = False) -> World:
        """A world of its own settings; the sites in the north can share the places of a session."""
        chance = random.Random(seed)  # noqa: S311  # a test's randomness, repeatable by its seed
        told = chance.choice(["required", "reminder", "none"])
        rounds = {policy.id: policy for (_, each), policy in ROUNDS.items() if each == told}
        ahead = seed % 11 in BOOKS_AHEAD
        programme, known = _programme(chance, books_next_dose=ahead), POOLED if pools else SLOTS
        return cls(chance, programme, rounds, slots=known, slot=known[0])

    # The commands that the driver sends.

    def id(self) -> str:
        """The next id of a command."""
        self.numbers += 1
        return f"c{self.numbers}"

    def likely(self, share: float) -> bool:
        """Whether a coin with this share falls right."""
        return self.chance.random() < share

    def step(self) -> None:
        """One step: the clock, then a command to a journey or a slot, or one again."""
        if self.likely(0.12):
            self.now += self.chance.choice([MINUTE, 5 * MINUTE, 60 * MINUTE, 120 * MINUTE, DAY / 4])
        now = self.now
        if self.likely(0.02):
            now -= self.chance.choice([MINUTE, DAY, 3 * DAY])
        elif self.likely(0.005):
            now += timedelta(days=3700)
        if self.now > START + timedelta(days=30):
            self.now = now = START + timedelta(days=30)
        pick = self.chance.random()
        if pick < 0.04 and self.done:
            self.again(now)
        elif pick < 0.08 and self.late:
            stream, sent = self.late.pop(self.chance.randrange(len(self.late)))
            self.send(stream, sent, now)
        elif pick < 0.3:
            self.slot_step(now)
        else:
            self.journey_step(now)

    def again(self, now: datetime) -> None:
        """A command that was done is sent again; now and then its id has other content."""
        stream, sent = self.chance.choice(self.done[-40:])
        state = self.states[stream]
        if self.likely(0.3):
            command = attrs.evolve(sent.command, id=sent.command.id)
            other = Withdraw(id=command.id, actor=PERSON, subject=command.subject)
            if type(command) is not Withdraw:
                self.asked = state, other, {}, now
                self.refused("command-id-reused", reservation.decide, state, other, now=now)
            return
        self.asked = state, sent.command, {**sent.brought, "programme": self.programme}, now
        events = reservation.decide(
            state, sent.command, now=now, programme=self.programme, **sent.brought
        )
        self.check(events == (), "a command that was done gave an event again")

    def refused(self, code: str, call: Callable[..., Any], *args: Any, **named: Any) -> None:
        """The call is refused with this code."""
        try:
            call(*args, **named)
        except Rejected as refusal:
            self.check(refusal.code == code, f"{refusal.code} where the manual says {code}")
        else:
            raise Finding(f"accepted where the manual says {code}")

    def check(self, holds: bool, text: str) -> None:
        """A sentence of the manual."""
        if not holds:
            raise Finding(text)

    def journey(self, name: str) -> tuple[Any, Journey]:
        """The state of a person's journey by the library, and by the driver."""
        stream = f"journey/{name}"
        if stream not in self.states:
            self.states[stream], self.models[stream] = reservation.initial(), Journey()
        return self.states[stream], self.models[stream]

    def _sharing(self, slot: Slot) -> list[Slot]:
        """The slots that have the places of a slot: those of its session and pool, or it alone."""
        session = (slot.site, slot.day, slot.session, slot.pool)
        return [
            each
            for each in self.slots
            if each == slot
            or (slot.pool and (each.site, each.day, each.session, each.pool) == session)
        ]

    def places(self, slot: Slot) -> tuple[str, Any, Places]:
        """The stream of a slot, its state by the library and by the driver."""
        stream = f"slot/{self.slots.index(self._sharing(slot)[0])}"
        if stream not in self.states:
            self.states[stream], self.models[stream] = slots.initial(), Places(slot)
        return stream, self.states[stream], self.models[stream]

    # Slots.

    def slot_step(self, now: datetime) -> None:
        """A command to a slot, often to the one before."""
        slot = self.slot if self.likely(0.6) else self.chance.choice(self.slots)
        self.slot = slot
        stream, _, model = self.places(slot)
        actor = self.chance.choice([SITE, PROGRAMME, SITE, PROGRAMME, PERSON])
        if model.status == "new" and self.likely(0.9):
            places = self.chance.choice([1, 2, 3])
            others = [each for each in self._sharing(slot) if each != slot]
            named: dict[str, Any] = {"id": self.id(), "actor": SITE, "slot": slot}
            self.slot_send(stream, slots.Open(**named, shared_with=others, places=places), now)
            return
        kinds = ["Hold"] * 6 + ["Take"] * 2 + ["Confirm"] * 4 + ["Release"] * 4 + ["Wait"] * 4
        kinds += ["ChangeCapacity", "Open"] + (["Close"] if self.likely(0.1) else [])
        kind = self.chance.choice(kinds)
        if kind == "Open":
            self.slot_send(stream, slots.Open(id=self.id(), actor=SITE, slot=slot, places=1), now)
        elif kind == "ChangeCapacity":
            places = self.chance.choice([1, 2, 3, 4])
            command = slots.ChangeCapacity(id=self.id(), actor=actor, places=places)
            self.slot_send(stream, command, now)
        elif kind == "Close":
            self.slot_send(stream, slots.Close(id=self.id(), actor=actor), now)
        else:
            self.slot_send(stream, self._place_command(kind, model, now), now)

    def _place_command(self, kind: str, model: Places, now: datetime) -> Any:
        known = [*model.kept, *model.waiting]
        subject = self.chance.choice(PEOPLE).names[0]
        booking = BookingRef(subject, f"walk-{self.chance.randrange(3)}")
        if known and self.likely(0.6):
            booking = BookingRef(*self.chance.choice(known))
        if kind == "Hold" and self.likely(0.3):
            booking = BookingRef(booking.subject, f"walk-{self.chance.randrange(3)}")
        if (booking.subject, booking.id) in self.booked:
            booking = BookingRef(subject, "walk-3")  # the portal does not give away booked places
        named: dict[str, Any] = {"id": self.id(), "actor": PERSON, "booking": booking}
        if kind == "Hold":
            long = self.chance.choice([10, 20, 30, 30, 31, 0, 5])
            return slots.Hold(until=now + long * MINUTE, **named)
        return getattr(slots, kind)(**named)

    def slot_send(self, stream: str, command: Any, now: datetime) -> bool:
        """Send a command to a slot and check the answer."""
        events = self.slot_judge(stream, command, now)
        for event in events:
            self.append(stream, event, now)
        return bool(events)

    def slot_judge(self, stream: str, command: Any, now: datetime) -> tuple[Any, ...]:
        """The events of a command to a slot, none where it is refused; checked by the manual."""
        state, model = self.states[stream], self.models[stream]
        found = model.verdict(command, now)
        self.asked = state, command, {}, now
        name = f"slot {type(command).__name__}"
        try:
            events: tuple[Any, ...] = slots.decide(state, command, now=now)
        except Rejected as refusal:
            self.told(name, refusal, found, now)
            return ()
        self.accepted(name, found)
        return events

    def told(self, name: str, refusal: Rejected, found: Verdict, now: datetime) -> None:
        """A refusal, by the manual."""
        code = refusal.code
        self.check(code in reservation.CODES, f"{name}: {code} is not in the manual")
        known = found.sure | found.perhaps
        self.check(code in known, f"{name}: refused with {code}; the manual says {sorted(known)}")
        possible = refusal.possible_from
        self.check(possible is None or possible > now, f"{name}: possible_from is past")
        self.counted[f"{name}: {code}"] += 1

    def accepted(self, name: str, found: Verdict) -> None:
        """An acceptance, by the manual."""
        self.check(not found.sure, f"{name}: accepted; the manual says {sorted(found.sure)}")
        self.counted[f"{name}: accepted"] += 1

    # The store.

    def append(self, stream: str, event: Any, now: datetime) -> None:
        """Append an event, as JSON, where the stream has the version that was judged."""
        text = to_json(event)
        written = json.loads(text)
        log = self.log[stream]
        self.check(written["version"] == len(log) + 1, "an event has not the next version")
        last = self.models[stream].at
        at = max(now, last) if last and stream.startswith("slot/") else now
        self.check(instant(written["at"]) == at, "an event has another instant than its command")
        self.check("\n" not in text, "an event is not one line")
        read = from_json(text)
        self.check(read == event, "an event is another one after JSON")
        machine: Any = slots if stream.startswith("slot/") else reservation
        self.states[stream] = machine.evolve(self.states[stream], read)
        self.models[stream] = self.models[stream].after(written)
        log.append(text)
        slot = written["command"].get("slot") if stream.startswith("journey/") else None
        if slot is not None:
            self.booked.add((written["command"]["subject"], written["command"]["id"]))
            self.not_oversold(slot)

    def not_oversold(self, booked: dict[str, Any]) -> None:
        """The live bookings of the slots that share places are no more than the places."""
        slot = self.named(booked)
        sharing, (_, _, model) = self._sharing(slot), self.places(slot)
        live = [
            self.named(each["command"]["slot"])
            for stream, journey in self.models.items()
            if stream.startswith("journey/")
            for each in (journey.booking, journey.ahead)
            if each is not None
        ]
        self.check(sum(each in sharing for each in live) <= model.places, "oversold")

    def named(self, written: dict[str, Any]) -> Slot:
        """The slot that JSON names."""
        names = ("site", "session", "vaccine", "dose", "pool")
        return next(
            each
            for each in self.slots
            if each.day.isoformat() == written["day"]
            and all(getattr(each, name) == written[name] for name in names)
        )

    # Journeys.

    def journey_step(self, now: datetime) -> None:
        """A command to a journey, most of the time a right one."""
        somebody = self.chance.choice(PEOPLE)
        if somebody in PEOPLE[7:9] and self.likely(0.8):
            somebody = self.chance.choice(PEOPLE[9:])
        name = somebody.names[0] if self.likely(0.8) else somebody.names[-1]
        sent = self.make(somebody, name, now)
        if self.likely(0.3):
            self.spoil(sent, somebody, now)
        if self.likely(0.04):
            self.late.append((name, sent))
        else:
            self.send(name, sent, now)

    def make(self, somebody: Somebody, name: str, now: datetime) -> Sent:
        """A command that fits the journey, with all that it needs."""
        _, model = self.journey(name)
        kinds = self._kinds(model)
        if model.version and self.likely(0.04):
            kinds = ["Correct"]
        if self.likely(0.05):
            not_sent = {"Close"} if self.programme.books_next_dose else {"Close", "BookNext"}
            kinds = [each for each in TABLE if each not in not_sent]
        if self.likely(0.001):
            kinds = ["Close"]
        kind = self.chance.choice(kinds)
        actor = Actor(self.chance.choice(TABLE[kind][0].split()))
        named: dict[str, Any] = {"id": self.id(), "actor": actor, "subject": name}
        return getattr(self, f"_make_{_snake(kind)}", self._make_other)(
            kind, named, somebody, model, now
        )

    def _kinds(self, model: Journey) -> list[str]:
        """The commands that suit a journey, the likely ones more than once."""
        if model.status == "arrived":
            return ["Vaccinate"] * 6 + ["Defer", "Miss", "CancelSession", "AddVaccine"]
        if model.booking is not None:
            kinds = ["Change"] * 4 + ["Move"] * 3 + ["Cancel"] * 2 + ["CheckIn"] * 4
            if self.programme.books_next_dose:
                fits = model.ahead is None and model.slot["dose"] == 1
                kinds += ["BookNext"] * (12 if fits else 1)
            return [
                *kinds,
                "Vaccinate",
                "Defer",
                "Miss",
                "Miss",
                "CancelSession",
                "Amend",
                "AddVaccine",
            ]
        if self.programme.registration == "required" and not model.wanted:
            return ["Register"] * 8 + ["WalkIn", "Book", "Notify", "RecordDose"]
        told = next(iter(self.rounds.values())).notification == "required"
        kinds = ["Book"] * 12 + ["WalkIn"] * 2 + ["Notify"] * (8 if told else 3) + ["Register"]
        return [*kinds, "Amend", "Withdraw", "AddVaccine", "CarryOver", "CarryOver", "RecordDose"]

    def _decided(self, somebody: Somebody, model: Journey, policy: Any, now: datetime) -> Any:
        name = model.subject or somebody.names[0]
        wish = somebody.person.willingness
        person = attrs.evolve(somebody.person, doses=model.given(), key=name, willingness=wish)
        from_day = now.date() if self.likely(0.5) else None
        return eligibility.decide(policy, person, from_day=from_day)

    def _brought(
        self, somebody: Somebody, name: str, model: Journey, now: datetime
    ) -> dict[str, Any]:
        """All that a careful portal brings to every command, and more than many need."""
        return {
            "claim": somebody.claim,
            "registry": RegistryAnswer.MATCHED,
            "mobile": MobileNumber.parse("0912345678"),
            "gate": eligibility.decide(GATE, attrs.evolve(somebody.person, key=name)),
            "elsewhere": Elsewhere.NOT_BOOKED,
            "delivery": Delivery.DELIVERED,
            "other": self._other(name),
        }

    def _other(self, name: str) -> Any:
        """The journey under the person's other pseudonym."""
        names = next((each.names for each in PEOPLE if name in each.names), (name,))
        other = next((each for each in names if each != name), None)
        return None if other is None else self.journey(other)[0]

    def _with_round(
        self, policy: Any, somebody: Somebody, name: str, model: Journey, now: datetime
    ) -> dict[str, Any]:
        named = attrs.evolve(model, subject=name)
        decision = self._decided(somebody, named, policy, now)
        return {
            **self._brought(somebody, name, model, now),
            "policy": policy,
            "decision": decision,
        }

    def round_of(self, booking: dict[str, Any]) -> Any:
        """The round of a booking."""
        return self.rounds.get(booking["command"]["policy_id"], INFLUENZA)

    def _round(self, now: datetime) -> Any:
        """A round, most of the time one that can be booked now."""
        if self.likely(0.03):
            return INFLUENZA
        rounds = list(self.rounds.values())
        windows = [each.windows for policy in rounds for each in policy.stages]
        can = [
            policy
            for policy, each in zip(rounds, windows, strict=True)
            if any(window.opens <= now < window.closes for window in each)
            or (not each and self.programme.books_without_window)
        ]
        return self.chance.choice(can if can and self.likely(0.8) else rounds)

    def _make_register(
        self, kind: str, named: Any, who: Somebody, model: Journey, now: Any
    ) -> Sent:
        vaccines = self.chance.choice([("AZ",), ("BNT",), ("AZ", "BNT"), ("AZ", "BNT")])
        command = Register(vaccines=vaccines, districts=("臺北市大安區",), **named)
        return Sent(command, self._brought(who, named["subject"], model, now))

    def _make_amend(self, kind: str, named: Any, who: Somebody, model: Journey, now: Any) -> Sent:
        vaccines = self.chance.choice([("AZ",), ("BNT",), ("AZ", "BNT")])
        command = Amend(vaccines=vaccines, districts=("臺北市大安區",), **named)
        return Sent(command, self._brought(who, named["subject"], model, now))

    def _make_add_vaccine(self, kind: str, named: Any, who: Any, model: Journey, now: Any) -> Sent:
        vaccine = self.chance.choice(["AZ", "BNT", "BNT"])
        return Sent(AddVaccine(vaccine=vaccine, **named), {})

    def _make_notify(self, kind: str, named: Any, who: Somebody, model: Journey, now: Any) -> Sent:
        policy = self._round(now)
        dose = self.chance.choice([None, 1, 2])
        command = Notify(policy_id=policy.id, dose=dose, **named)
        return Sent(command, self._with_round(policy, who, named["subject"], model, now))

    def _make_book(self, kind: str, named: Any, who: Somebody, model: Journey, now: Any) -> Sent:
        """A command for a slot that may suit: `Book` and `WalkIn`."""
        policy = self._round(now)
        dose = min(2, len(model.of_disease()) + 1)
        days = policy.stages[0].vaccination_days
        fitting = [
            slot
            for slot in self.slots
            if slot.dose == dose
            and max(days.first, now.date() - (DAY if self.likely(0.2) else 0 * DAY)) <= slot.day
            and slot.day <= days.last
            and (not model.wanted or slot.vaccine in model.wanted)
        ]
        if kind == "WalkIn":
            fitting = [slot for slot in fitting if slot.day == now.date()]
        slot = self.chance.choice(fitting or self.slots)
        command = (WalkIn if kind == "WalkIn" else Book)(policy_id=policy.id, slot=slot, **named)
        brought = self._with_round(policy, who, named["subject"], model, now)
        return Sent(command, brought, [(slot, self._take_for(command))])

    _make_walk_in = _make_book

    def _make_change(self, kind: str, named: Any, who: Somebody, model: Journey, now: Any) -> Sent:
        """Another slot for the booking: `Change` and `Move`."""
        if model.booking is None:
            return self._make_book("Book", named | {"actor": PERSON}, who, model, now)
        was = model.slot
        policy = self.round_of(model.booking) if self.likely(0.8) else self._round(now)
        fitting = [
            slot for slot in self.slots if slot.dose == was["dose"] and slot.day >= now.date()
        ]
        fitting = fitting or list(self.slots)
        if kind == "Move" and self.likely(0.7):
            fitting = [slot for slot in fitting if slot.vaccine == was["vaccine"]]
        slot = self.chance.choice(fitting or self.slots)
        made = Move if kind == "Move" else Change
        booking = model.booking["command"]["id"]
        command = made(policy_id=policy.id, slot=slot, booking=booking, **named)
        brought = self._with_round(policy, who, named["subject"], model, now)
        return Sent(command, brought, [(slot, self._take_for(command))])

    _make_move = _make_change

    def _make_book_next(
        self, kind: str, named: Any, who: Somebody, model: Journey, now: Any
    ) -> Sent:
        """A slot for the dose after the booked one."""
        if model.booking is None:
            return self._make_book("Book", named | {"actor": PERSON}, who, model, now)
        was = model.slot
        policy = self.round_of(model.booking) if self.likely(0.6) else self._round(now)
        later = model.day + (DAY if self.likely(0.2) else 3 * DAY)
        fitting = [
            slot for slot in self.slots if slot.dose == was["dose"] + 1 and slot.day >= later
        ]
        if self.likely(0.7):
            fitting = [slot for slot in fitting if slot.vaccine == was["vaccine"]] or fitting
        slot = self.chance.choice(fitting or self.slots)
        command = BookNext(policy_id=policy.id, slot=slot, **named)
        brought = self._brought(who, named["subject"], model, now)
        supposed = Dose(was["vaccine"], model.day)
        doses = (*model.given(), *([] if supposed in model.given() else [supposed]))
        person = attrs.evolve(who.person, doses=doses, key=named["subject"])
        brought |= {
            "policy": policy,
            "decision": eligibility.decide(policy, person),
            "supposes": supposed,
        }
        return Sent(command, brought, [(slot, self._take_for(command))])

    def _take_for(self, command: Any) -> Any:
        mine = BookingRef(command.subject, command.id)
        return slots.Take(id=f"t-{self.id()}", actor=command.actor, booking=mine)

    def _make_check_in(
        self, kind: str, named: Any, who: Somebody, model: Journey, now: Any
    ) -> Sent:
        if model.booking is None:
            return Sent(CheckIn(booking="none", **named), {})
        policy = self.round_of(model.booking)
        command = CheckIn(booking=model.booking["command"]["id"], **named)
        return Sent(command, self._with_round(policy, who, named["subject"], model, now))

    def _make_vaccinate(self, kind: str, named: Any, who: Any, model: Journey, now: Any) -> Sent:
        given = None
        if self.likely(0.3):
            on = now.date() - timedelta(days=self.chance.choice([0, 0, 1]))
            given = Dose(self.chance.choice(["AZ", "BNT"]), on)
        booking = model.booking["command"]["id"] if model.booking else "none"
        return Sent(Vaccinate(booking=booking, given=given, **named), {})

    def _make_carry_over(self, kind: str, named: Any, who: Any, model: Journey, now: Any) -> Sent:
        ids = [each["command"]["policy_id"] for each in model.notices] or list(self.rounds)
        return Sent(CarryOver(policy_id=self.chance.choice(ids), **named), {})

    def _make_record_dose(self, kind: str, named: Any, who: Any, model: Journey, now: Any) -> Sent:
        on = now.date() - timedelta(days=self.chance.choice([0, 0, 1, 4]))
        dose = len([each for each in model.of_disease() if each[2] <= on]) + 1
        given = Dose(self.chance.choice(["AZ", "BNT"]), on)
        brought = {"policy": self._round(now)} if self.likely(0.8) else {}
        return Sent(RecordDose(dose=dose, given=given, **named), brought)

    def _make_correct(self, kind: str, named: Any, who: Any, model: Journey, now: Any) -> Sent:
        versions = [*model.doses, model.version, *(step[0] for step in model.steps[-1:])]
        event = max(1, self.chance.choice(versions))
        reason = self.chance.choice(list(CorrectionReason))
        return Sent(Correct(event=event, reason=reason, **named), {})

    def _make_other(self, kind: str, named: Any, who: Any, model: Journey, now: Any) -> Sent:
        """A command about the booking, or one that has no fields of its own."""
        if kind == "Close":
            return Sent(Close(reason=self.chance.choice(list(CloseReason)), **named), {})
        if kind == "Withdraw":
            return Sent(Withdraw(**named), {})
        booking = model.booking["command"]["id"] if model.booking else "none"
        if model.ahead is not None and kind in {"Cancel", "CancelSession"} and self.likely(0.5):
            booking = model.ahead["command"]["id"]
        made = {"Cancel": Cancel, "CancelSession": CancelSession, "Defer": Defer, "Miss": Miss}
        return Sent(made[kind](booking=booking, **named), {})

    def spoil(self, sent: Sent, who: Somebody, now: datetime) -> None:
        """Spoil one thing of a command: what is brought with it, or what it says."""
        if isinstance(sent.command, BookNext) and sent.brought.get("supposes") and self.likely(0.6):
            self._spoil_supposed(sent, who, now)
            return
        stranger = self.chance.choice([each for each in PEOPLE if each is not who])
        brought = [*self._spoilt_answers(sent, stranger), *self._spoilt_turn(sent, who, stranger)]
        said = [*self._spoilt_words(sent, stranger), *self._spoilt_doses(sent, now)]
        if sent.slot_commands:
            brought += [sent.slot_commands.clear, lambda: self._hold_instead(sent, now)]
            if sent.command.slot.day < now.date():
                brought = [lambda: self._as_if_kept(sent)]
            said.append(lambda: self._elsewhere_instead(sent, self.chance.choice(self.slots)))
        ways = brought if brought and self.likely(0.6) else said
        self.chance.choice(ways or [lambda: None])()

    def _spoil_supposed(self, sent: Sent, who: Somebody, now: datetime) -> None:
        """The dose that a decision on the next one supposes; a slot that is too early for any interval."""
        model = self.journey(sent.command.subject)[1]
        policy = sent.brought["policy"]
        if self.likely(0.5):
            sent.brought["supposes"] = self.chance.choice([None, Dose("AZ", START.date())])
            return
        long_ago = Dose(model.slot["vaccine"], START.date() - 9 * DAY)
        person = attrs.evolve(who.person, doses=(long_ago,), key=sent.command.subject)
        sent.brought["decision"] = eligibility.decide(policy, person)
        dose = model.slot["dose"] + 1
        early = [each for each in self.slots if each.dose == dose and each.day <= model.day]
        if early:
            self._elsewhere_instead(sent, self.chance.choice(early))

    def _spoilt_answers(self, sent: Sent, stranger: Somebody) -> Iterator[Callable[[], None]]:
        """Answers of registries, gateways and other systems that are missing, or a no."""
        gates = [None, eligibility.decide(GATE, stranger.person)] if self.programme.gate else []
        instead: dict[str, list[Any]] = {
            "claim": [None],
            "registry": [RegistryAnswer.UNAVAILABLE, RegistryAnswer.NOT_MATCHED],
            "mobile": [None],
            "gate": gates,
            "elsewhere": [Elsewhere.UNKNOWN, Elsewhere.BOOKED],
            "delivery": [Delivery.UNKNOWN, Delivery.FAILED],
            "other": [None] if sent.brought.get("other") is not None else [],
        }
        for name in ASKED.get(type(sent.command).__name__, ()):
            if instead[name] and name in sent.brought:
                value = self.chance.choice(instead[name])
                yield lambda name=name, value=value: sent.brought.update({name: value})  # type: ignore[misc]  # its defaults

    def _spoilt_turn(
        self, sent: Sent, who: Somebody, stranger: Somebody
    ) -> Iterator[Callable[[], None]]:
        """A decision that is missing, or of another person, round, text or outcome."""
        brought, command = sent.brought, sent.command
        if brought.get("decision") is None:
            return
        policy, decision = brought["policy"], brought["decision"]
        others = [each for each in (*self.rounds.values(), INFLUENZA) if each is not policy]
        other = self.chance.choice(others)
        theirs = eligibility.decide(other, attrs.evolve(who.person, key=command.subject))
        undetermined = eligibility.Outcome.UNDETERMINED
        for changes in (
            {"decision": None},
            {"decision": eligibility.decide(policy, stranger.person)},
            {"decision": theirs},
            {"decision": attrs.evolve(decision, policy_digest="0" * 64)},
            {"decision": attrs.evolve(decision, outcome=undetermined)},
            {"policy": None},
            {"policy": other},
            {"policy": other, "decision": theirs},
        ):
            yield lambda changes=changes: brought.update(changes)  # type: ignore[misc]  # its default
        if hasattr(command, "policy_id"):
            renamed = attrs.evolve(command, policy_id=other.id)

            def in_another_round() -> None:
                sent.command = renamed
                brought.update(policy=other, decision=theirs)

            yield in_another_round

    def _spoilt_words(self, sent: Sent, stranger: Somebody) -> Iterator[Callable[[], None]]:
        """The fields of the command itself."""
        command = sent.command
        many = ("臺北市大安區", "臺北市信義區", "高雄市左營區")
        said: list[dict[str, Any]] = [
            {"actor": self.chance.choice(list(Actor))},
            {"booking": "another"},
            {"vaccines": ("AZ", "Novavax")},
            {"vaccines": ("BNT",)},
            {"vaccine": "Novavax"},
            {"districts": many},
        ]
        if self.journey(command.subject)[1].version:  # an empty journey is nobody's yet
            said.append({"subject": stranger.names[0]})
        if isinstance(command, Correct):
            said.append({"event": command.event + 1})
        for changes in said:
            if all(hasattr(command, name) for name in changes):
                yield lambda changes=changes: setattr(  # type: ignore[misc]  # its default
                    sent, "command", attrs.evolve(command, **changes)
                )

    def _spoilt_doses(self, sent: Sent, now: datetime) -> Iterator[Callable[[], None]]:
        """A dose of tomorrow, of another disease, under another number, or on record already."""
        command = sent.command
        if not isinstance(command, RecordDose | Vaccinate):
            return
        doses = [Dose("AZ", now.date() + DAY), *self.journey(command.subject)[1].given()]
        if isinstance(command, RecordDose):
            if "policy" in sent.brought:
                doses.append(Dose("Influenza", now.date()))
            yield lambda: setattr(sent, "command", attrs.evolve(command, dose=command.dose + 1))
        for given in doses:
            yield lambda given=given: setattr(  # type: ignore[misc]  # its default
                sent, "command", attrs.evolve(command, given=given)
            )

    def _elsewhere_instead(self, sent: Sent, slot: Slot) -> None:
        """Another slot, with its place."""
        sent.command = attrs.evolve(sent.command, slot=slot)
        sent.slot_commands[0] = (slot, sent.slot_commands[0][1])

    def _as_if_kept(self, sent: Sent) -> None:
        """An answer that says too much: the place in a slot of yesterday is kept."""
        sent.slot_commands.clear()
        mine = BookingRef(sent.command.subject, sent.command.id)
        sent.brought["place"] = slots.Place(sent.command.slot, mine, slots.PlaceAnswer.KEPT)

    def _hold_instead(self, sent: Sent, now: datetime) -> None:
        """The place is held first; its answer may be stale when the booking is made."""
        slot, take = sent.slot_commands[0]
        hold = slots.Hold(
            id=take.id, actor=take.actor, booking=take.booking, until=now + 10 * MINUTE
        )
        stream, _, _ = self.places(slot)
        if self.slot_send(stream, hold, now):
            _, state, _ = self.places(slot)
            sent.brought["place"] = slots.place(state, slot, take.booking, now)
            confirm = slots.Confirm(id=self.id(), actor=take.actor, booking=take.booking)
            sent.slot_commands[0] = (slot, confirm)

    def send(self, name: str, sent: Sent, now: datetime) -> None:
        """Send a command to the person's journey, with its place, in one append or none."""
        state, model = self.journey(name)
        command, brought = sent.command, dict(sent.brought)
        if brought.get("other") is not None:
            brought["other"] = self._other(name)
        places: list[tuple[str, Any]] = []
        for slot, take in sent.slot_commands:
            stream, seen, _ = self.places(slot)
            taken = self.slot_judge(stream, take, now)
            if "place" not in brought:
                after = slots.replay(taken, since=seen) if taken else seen
                brought["place"] = slots.place(after, slot, take.booking, now)
            places += [(stream, event) for event in taken]
            if not taken:
                brought["kept"] = False
        kept = brought.pop("kept", True)
        found = self.verdict(model, command, brought, now)
        self.asked = state, command, {**brought, "programme": self.programme}, now
        kind = type(command).__name__
        try:
            events = reservation.decide(
                state, command, now=now, programme=self.programme, **brought
            )
        except Rejected as refusal:
            self.told(kind, refusal, found, now)
            self.may(state, command, brought, now, possible=False)
            return
        self.accepted(kind, found)
        self.may(state, command, brought, now, possible=True)
        self.check(len(events) == 1, f"{kind}: not one event")
        if not kept:
            return  # the hold ended before it was confirmed: the portal appends nothing
        before = [each for each in (model.booking, model.ahead) if each is not None]
        self.race(state, command, brought, now, events)
        for stream, event in places:
            self.append(stream, event, now)
        self.append(f"journey/{name}", events[0], now)
        self.right_event(command, brought, json.loads(self.log[f"journey/{name}"][-1]))
        self.same(name)
        sent.brought = brought
        self.done.append((f"journey/{name}", sent))
        after = self.models[f"journey/{name}"]
        left = [each for each in (after.booking, after.ahead) if each is not None]
        used = command.booking if isinstance(command, Vaccinate | Defer | Miss) else None
        for each in before:
            if each not in left and each["command"]["id"] != used:
                self.give_back(each, now)

    def give_back(self, before: dict[str, Any], now: datetime) -> None:
        """The place of a booking that is no more is released; a dose or missed day has used it."""
        stream, _, _ = self.places(self.named(before["command"]["slot"]))
        booking = BookingRef(before["command"]["subject"], before["command"]["id"])
        self.slot_send(stream, slots.Release(id=self.id(), actor=SITE, booking=booking), now)

    def race(self, state: Any, command: Any, brought: Any, now: datetime, events: Any) -> None:
        """Deciding twice on one state gives the same event, so that the store can refuse one."""
        if self.likely(0.05):
            again = reservation.decide(state, command, now=now, programme=self.programme, **brought)
            self.check(again == events, "the same command on the same state gives another event")

    def may(self, state: Any, command: Any, brought: Any, now: datetime, *, possible: bool) -> None:
        """`may` agrees with `decide`."""
        if self.likely(0.03):
            (answer,) = reservation.may(
                state, command, now=now, programme=self.programme, **brought
            )
            self.check((not answer.lacks) == possible, "may and decide differ")

    def same(self, name: str) -> None:
        """The library's journey and the driver's agree; now and then the whole log is replayed."""
        stream = f"journey/{name}"
        state, model = self.states[stream], self.models[stream]
        self.check(state.status.value == model.status, f"{state.status.value}, not {model.status}")
        live = None if state.booking is None else state.booking.command.id
        ours = None if model.booking is None else model.booking["command"]["id"]
        self.check(live == ours, "another booking is live")
        live = None if state.next_booking is None else state.next_booking.command.id
        ours = None if model.ahead is None else model.ahead["command"]["id"]
        self.check(live == ours, "another booking of the next dose")
        given = sorted((each.given.on, each.given.vaccine) for each in _doses(state))
        self.check(given == sorted((d.on, d.vaccine) for d in model.given()), "other doses")
        self.check(dict(state.wanted).keys() == model.wanted.keys(), "other wishes")
        self.check(len(state.notices) == len(model.notices), "other notices")
        if self.likely(0.02):
            log = self.log[stream]
            self.check(replayed(log) == state, "replay differs")
            person = Person(date(1990, 1, 1), (), groups=(), key=name)
            joined = reservation.with_journey(person, state)
            doses = sorted((each.on, each.vaccine) for each in joined.doses or ())
            self.check(doses == given and joined.key == name, "with_journey differs")

    def right_event(self, command: Any, brought: Any, event: dict[str, Any]) -> None:
        """The event says what the manual says that it says."""
        kind = type(command).__name__
        self.check(event["type"] == TYPES[kind], f"{kind}: {event['type']}")
        if event["type"] in {*MADE_BY, "booked-next", "notified"}:
            policy = brought["policy"]
            self.check(event["policy_version"] == policy.version, "another version")
            self.check(event["disease"] == policy.disease, "another disease")
            closes = _closes(policy)
            told = None if event["closes"] is None else instant(event["closes"])
            self.check(told == closes, "the event has another end of booking")
        text = json.dumps(event)
        for fact in ("first", "second", "rule", "window", "A1", "0912"):
            self.check(fact not in text, f"{kind}: its event holds {fact}")

    # The manual's refusals of a command to a journey.

    def verdict(
        self, model: Journey, command: Any, brought: dict[str, Any], now: datetime
    ) -> Verdict:
        """What the manual holds against a command."""
        found = Verdict()
        kind = type(command).__name__
        actors, statuses, _ = TABLE[kind]
        found.unless(model.subject in {None, command.subject}, "other-person")
        found.unless(model.at is None or now >= model.at, "clock-behind")
        policy = brought.get("policy")
        known = [] if policy is None else [datetime.combine(policy.announced, time.min, TAIWAN)]
        known += [] if model.at is None else [model.at]
        if any(now - each > TEN_YEARS for each in known):
            found.refuse("clock-ahead")
        found.unless(command.actor.value in actors.split(), "actor-not-allowed")
        allowed = model.status in statuses
        if kind == "Register" and model.wanted:
            allowed = False
        if not allowed:
            found.refuse(*WRONG_STATUS)
        getattr(self, f"_judge_{_snake(kind)}", self._judge_nothing)(
            found, model, command, brought, now
        )
        return found

    def _judge_nothing(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        """`CancelSession` and `Close`: the booking is named, and no more."""
        if hasattr(command, "booking"):
            self._named_or_next(found, model, command)

    def _named_or_next(self, found: Verdict, model: Journey, command: Any) -> None:
        found.unless(model.named(command) is not None, "other-booking", "no-booking")

    def _named(self, found: Verdict, model: Journey, command: Any) -> None:
        live = model.booking is not None and model.booking["command"]["id"] == command.booking
        found.unless(live, "other-booking", "no-booking")

    def _registration(self, found: Verdict, model: Journey, b: Any, now: datetime) -> None:
        windows = self.programme.registration_windows
        if not windows and self.programme.gate is not None:
            windows = tuple(each for stage in GATE.stages for each in stage.windows)
        if not windows:
            found.refuse("registration-not-stated")
        else:
            is_open = any(each.opens <= now < each.closes for each in windows)  # type: ignore[operator]  # instants here
            found.unless(is_open, "registration-not-open")

    def _gate(self, found: Verdict, command: Any, b: Any, now: datetime) -> None:
        if self.programme.gate is None:
            return
        gate = b.get("gate")
        if gate is None:
            found.refuse("registration-gate-unchecked")
            return
        mine = gate.subject == command.subject
        found.unless(mine, "decision-of-another-person", "registration-gate-unchecked")
        let_in = {offer.vaccine for offer in gate.offers if offer.bookable(now) is True}
        open_today = set(command.vaccines) <= let_in
        found.unless(open_today, "registration-gate-closed", "registration-gate-undetermined")
        found.unless(gate.outcome.value != "ineligible", "registration-gate-closed")
        found.unless(gate.outcome.value != "undetermined", "registration-gate-undetermined")

    def _vaccines(self, found: Verdict, model: Journey, vaccines: Any, b: Any) -> None:
        allowed = self.programme.vaccines
        found.unless(allowed is None or set(vaccines) <= allowed, "vaccine-not-in-programme")
        self._one_vaccine(found, model, vaccines, b)

    def _both(self, model: Journey, b: Any) -> list[tuple[int, str, date]]:
        """The doses under both pseudonyms, as far as the portal brought the other journey."""
        other = b.get("other")
        theirs = self._theirs(other, "")
        policy = b.get("policy")
        disease = "covid19" if policy is None else policy.disease
        if theirs is None:
            return model.of_disease(disease)
        both = [*model.of_disease(disease), *theirs.of_disease(disease)]
        found = {each[1:]: each for each in both}
        return sorted(found.values(), key=lambda dose: dose[2])

    def _one_vaccine(self, found: Verdict, model: Journey, vaccines: Any, b: Any) -> None:
        doses = self._both(model, b)
        if self.programme.same_vaccine and len(doses) == 1:
            found.unless(set(vaccines) <= {doses[0][1]}, "vaccine-fixed")

    def _districts(self, found: Verdict, command: Any) -> None:
        most = self.programme.most_districts
        found.unless(most is None or len(command.districts) <= most, "too-many-districts")

    def _identified(self, found: Verdict, b: Any) -> None:
        found.unless(b.get("claim") is not None, "identity-not-verified")
        answer = b.get("registry", RegistryAnswer.UNAVAILABLE)
        found.unless(answer is not RegistryAnswer.NOT_MATCHED, "not-matched")
        found.unless(answer is not RegistryAnswer.UNAVAILABLE, "registry-unavailable")

    def _other_name(self, found: Verdict, command: Any, b: Any, holds: str) -> None:
        claim, theirs = b.get("claim"), self._theirs(b.get("other"), command.subject)
        if theirs is None:
            second = claim is not None and claim.also_known_as is not None
            found.unless(not second, "other-journey-unknown")
        elif holds == "booking":
            found.unless(theirs.booking is None, "already-booked")
        else:
            found.unless(not theirs.wanted, "already-registered")

    def _theirs(self, other: Any, subject: str) -> Journey | None:
        """The driver's journey for the other one that was brought, unless it is the same."""
        if other is None or other.subject == subject:
            return None
        model: Journey = self.models.get(f"journey/{other.subject}", Journey())
        return model

    def _lock(self, found: Verdict, model: Journey, now: datetime) -> None:
        lock = self.programme.edit_lock
        if lock is None:
            return
        if lock == "not-stated":
            if model.status in {"notified", *LIVE}:
                found.refuse("edit-lock-not-stated", "edit-locked")
            elif model.notices or model.locked_by:
                found.maybe("edit-lock-not-stated", "edit-locked")
            return
        assert isinstance(lock, EditLock)
        ends = model.locked_by
        over = ends is not None and now >= datetime.combine(
            ends + timedelta(days=lock.days_after), lock.at, TAIWAN
        )
        found.unless(model.booking is None, "edit-locked")
        if ends is not None and not over and model.status in {"deferred", "missed", "vaccinated"}:
            found.refuse("edit-locked")
        elif ends is not None or model.notices:
            found.maybe("edit-locked", "edit-lock-not-stated")

    def _judge_register(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        self._identified(found, b)
        self._other_name(found, command, b, "registration")
        found.unless(b.get("mobile") is not None, "mobile-missing")
        self._registration(found, model, b, now)
        self._gate(found, command, b, now)
        self._vaccines(found, model, command.vaccines, b)
        self._districts(found, command)

    def _judge_amend(self, found: Verdict, model: Journey, command: Any, b: Any, now: Any) -> None:
        found.unless(bool(model.wanted), "not-registered")
        self._registration(found, model, b, now)
        self._lock(found, model, now)
        self._gate(found, command, b, now)
        if model.booking is not None and model.slot["vaccine"] in model.wanted:
            found.unless(model.slot["vaccine"] in command.vaccines, "vaccine-booked")
        elif model.booking is not None:
            found.maybe("vaccine-booked")
        if model.ahead is not None:
            vaccine = model.ahead["command"]["slot"]["vaccine"]
            found.unless(vaccine in command.vaccines, "vaccine-booked")
        self._vaccines(found, model, command.vaccines, b)
        self._districts(found, command)

    def _judge_withdraw(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        found.unless(bool(model.wanted), "not-registered")
        self._registration(found, model, b, now)
        self._lock(found, model, now)

    def _judge_add_vaccine(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        found.unless(bool(model.wanted), "not-registered")
        found.unless(command.vaccine not in model.wanted, "vaccine-already-added")
        self._vaccines(found, model, [command.vaccine], b)

    def _judge_notify(self, found: Verdict, model: Journey, command: Any, b: Any, now: Any) -> None:
        policy = b.get("policy")
        self._needs_registration(found, model)
        if not self._round_is(found, policy, command.policy_id, model):
            return
        found.unless(policy.notification != "none", "no-notification")
        before = [each["command"] for each in model.notices]
        said = [(each["policy_id"], each["stage"], each["dose"]) for each in before]
        found.unless((command.policy_id, None, command.dose) not in said, "already-notified")
        if any(each["policy_id"] == command.policy_id for each in before):
            found.maybe("already-notified")
        self._elsewhere(found, b)
        decision = self._turn(found, command, policy, b)
        if decision is not None:
            offers = [o for o in decision.offers if command.dose in {None, o.dose}]
            found.unless(bool(offers), "not-offered", "no-longer-bookable")
            found.unless(
                any(self._later(o, now) for o in offers), "no-longer-bookable", "not-offered"
            )
        answer = b.get("delivery", Delivery.UNKNOWN)
        found.unless(answer is not Delivery.UNKNOWN, "notification-unknown")
        found.unless(answer is not Delivery.FAILED, "notification-failed")

    def _later(self, offer: Any, now: datetime) -> bool:
        """Whether some day of the offer may be booked, now or later."""
        if offer.days.last is not None and offer.days.last < now.date():
            return False
        if not offer.windows:
            return bool(self.programme.books_without_window)
        return any(each.closes > now for each in offer.windows)

    def _needs_registration(self, found: Verdict, model: Journey) -> None:
        if self.programme.registration == "required":
            found.unless(bool(model.wanted), "not-registered")

    def _round_is(self, found: Verdict, policy: Any, policy_id: str, model: Journey) -> bool:
        right = policy is not None and policy.id == policy_id
        found.unless(right, "other-policy")
        if policy is not None:
            found.unless(model.disease in {None, policy.disease}, "other-programme")
        return right

    def _elsewhere(self, found: Verdict, b: Any) -> None:
        if self.programme.asks_elsewhere:
            answer = b.get("elsewhere", Elsewhere.UNKNOWN)
            found.unless(answer is not Elsewhere.BOOKED, "booked-elsewhere")
            found.unless(answer is not Elsewhere.UNKNOWN, "elsewhere-unknown")

    def _turn(self, found: Verdict, command: Any, policy: Any, b: Any) -> Any:
        decision = b.get("decision")
        if decision is None:
            found.refuse("not-decided")
            return None
        found.unless(decision.subject == command.subject, "decision-of-another-person")
        of = (decision.policy_id, decision.policy_version, decision.policy_digest)
        right = of == (policy.id, policy.version, policy.digest)
        found.unless(right, "decision-of-another-policy")
        found.unless(decision.outcome.value != "ineligible", "not-eligible")
        found.unless(decision.outcome.value != "undetermined", "eligibility-undetermined")
        return decision

    def _offered(self, found: Verdict, slot: Slot, decision: Any) -> list[Any]:
        if decision is None:
            return []
        offers = [o for o in decision.offers if (o.vaccine, o.dose) == (slot.vaccine, slot.dose)]
        on_day = [o for o in offers if slot.day in o.days]
        found.unless(bool(offers), "not-offered")
        if offers:
            found.unless(bool(on_day), "day-not-offered")
        return on_day

    def _slot_over(self, found: Verdict, slot: Slot, now: datetime) -> None:
        found.unless(slot.day >= now.date(), "day-over", "session-over")
        if slot.ends is not None and slot.day == now.date():
            over = now >= datetime.combine(slot.day, slot.ends, TAIWAN)
            found.unless(not over, "session-over")

    def _kept(self, found: Verdict, command: Any, b: Any, now: datetime) -> None:
        place = b.get("place")
        if place is None:
            found.refuse("capacity-unknown")
            return
        mine = (command.subject, command.id)
        right = place.slot == command.slot and (place.booking.subject, place.booking.id) == mine
        found.unless(right, "other-place")
        found.unless(place.answer.value != "unknown", "capacity-unknown")
        found.unless(place.answer.value != "full", "slot-full")
        found.unless(place.answer.value != "closed", "slot-closed")
        found.unless(place.until is None or now < place.until, "capacity-unknown", "hold-over")

    def _dose(self, found: Verdict, model: Journey, slot: Slot, b: Any) -> None:
        doses = self._both(model, b)
        found.unless(slot.dose > len(doses), "dose-already-given")
        if any(number >= slot.dose for number, _, _ in doses):
            found.maybe("dose-already-given")

    def _window_open(self, found: Verdict, offers: list[Any], now: datetime) -> None:
        if not offers:
            return
        if not any(o.windows for o in offers):
            found.unless(self.programme.books_without_window, "books-no-places", "window-not-open")
            return
        found.unless(
            any(o.bookable(now) is True for o in offers), "window-not-open", "window-not-stated"
        )

    def _told(self, found: Verdict, model: Journey, command: Any, policy: Any) -> None:
        told = [
            each
            for each in model.notices
            if each["command"]["policy_id"] == command.policy_id
            and each["command"]["dose"] in {None, command.slot.dose}
        ]
        if policy.notification == "required":
            found.unless(bool(told), "not-notified")

    def _wish(self, found: Verdict, model: Journey, slot: Slot, b: Any) -> None:
        if self.programme.registration == "required":
            found.unless(bool(model.wanted), "not-registered", "vaccine-not-registered")
            found.unless(slot.vaccine in model.wanted, "vaccine-not-registered", "not-registered")
        self._one_vaccine(found, model, [slot.vaccine], b)

    def _judge_book(self, found: Verdict, model: Journey, command: Any, b: Any, now: Any) -> None:
        policy = b.get("policy")
        if self.programme.identity_at_booking:
            self._identified(found, b)
        self._other_name(found, command, b, "booking")
        self._elsewhere(found, b)
        self._dose(found, model, command.slot, b)
        self._kept(found, command, b, now)
        walks_in = isinstance(command, WalkIn)
        if walks_in:
            found.unless(command.slot.day == now.date(), "not-the-day", "day-over")
        else:
            self._wish(found, model, command.slot, b)
            self._slot_over(found, command.slot, now)
        if not self._round_is(found, policy, command.policy_id, model):
            return
        offers = self._offered(found, command.slot, self._turn(found, command, policy, b))
        if not walks_in:
            self._told(found, model, command, policy)
            self._window_open(found, offers, now)

    _judge_walk_in = _judge_book

    def _judge_book_next(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        found.unless(self.programme.books_next_dose, "one-dose-at-a-time")
        found.unless(model.ahead is None, "next-dose-booked")
        if model.booking is None:
            return
        found.unless(model.day >= now.date(), "booking-over")
        slot, supposed = command.slot, Dose(model.slot["vaccine"], model.day)
        follows = slot.dose == model.slot["dose"] + 1 and slot.day > model.day
        found.unless(follows, "not-next-dose")
        found.unless(b.get("supposes") == supposed, "supposes-another-dose")
        doses = {**model.doses, 0: (model.slot["dose"], supposed.vaccine, supposed.on)}
        if (supposed.vaccine, supposed.on) in {each[1:] for each in model.doses.values()}:
            doses = model.doses
        self._judge_book(found, attrs.evolve(model, doses=doses), command, b, now)

    def _judge_change(self, found: Verdict, model: Journey, command: Any, b: Any, now: Any) -> None:
        policy = b.get("policy")
        self._named(found, model, command)
        moved = isinstance(command, Move)
        if self.programme.identity_at_booking and not moved:
            self._identified(found, b)
        if model.booking is not None:
            found.unless(model.day >= now.date(), "booking-over")
            was = model.slot
            same = (was["site"], was["day"], was["session"], was["vaccine"], was["dose"]) == (
                command.slot.site,
                command.slot.day.isoformat(),
                command.slot.session,
                command.slot.vaccine,
                command.slot.dose,
            )
            found.unless(not same, "same-slot")
            round_id = model.booking["command"]["policy_id"]
            found.unless(command.policy_id == round_id, "other-round")
            found.unless(model.ahead is None, "next-dose-booked")
            kept = (was["vaccine"], was["dose"]) == (command.slot.vaccine, command.slot.dose)
            if moved:
                found.unless(kept, "move-changes-dose")
        self._kept(found, command, b, now)
        self._slot_over(found, command.slot, now)
        if not moved:
            self._wish(found, model, command.slot, b)
            self._dose(found, model, command.slot, b)
        if not self._round_is(found, policy, command.policy_id, model):
            return
        offers = self._offered(found, command.slot, self._turn(found, command, policy, b))
        if not moved:
            self._told(found, model, command, policy)
            self._window_open(found, offers, now)

    _judge_move = _judge_change

    def _judge_cancel(self, found: Verdict, model: Journey, command: Any, b: Any, now: Any) -> None:
        self._named_or_next(found, model, command)
        booking = model.named(command)
        if booking is None:
            return
        rule, day = self.programme.cancel, date.fromisoformat(booking["command"]["slot"]["day"])
        found.unless(day >= now.date(), "cancel-too-late", "booking-over")
        if isinstance(rule, CancelUntil):
            last = day - timedelta(days=rule.days_before)
            found.unless(now < datetime.combine(last, rule.at, TAIWAN), "cancel-too-late")
        elif booking["closes"] is None:
            found.maybe("cancel-too-late")
        else:
            found.unless(now < instant(booking["closes"]), "cancel-too-late")

    def _judge_check_in(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        self._named(found, model, command)
        if model.booking is None:
            return
        found.unless(model.day == now.date(), "not-the-day", "booking-over")
        policy = b.get("policy")
        if self._round_is(found, policy, model.booking["command"]["policy_id"], model):
            slot = Slot(**{**model.slot, "day": model.day, "ends": None})
            self._offered(found, slot, self._turn(found, command, policy, b))

    def _judge_vaccinate(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        self._named(found, model, command)
        if model.booking is None:
            return
        was = model.slot["vaccine"], model.day
        given = was if command.given is None else (command.given.vaccine, command.given.on)
        on_record = {(vaccine, on) for _, vaccine, on in model.doses.values()}
        found.unless(given not in on_record, "dose-recorded")
        if command.given is None:
            found.unless(model.day <= now.date(), "not-the-day")
        else:
            found.unless(command.given.on <= now.date(), "dose-in-future", "not-the-day")

    def _judge_defer(self, found: Verdict, model: Journey, command: Any, b: Any, now: Any) -> None:
        self._named(found, model, command)
        if model.booking is not None:
            found.unless(model.day <= now.date(), "not-the-day")

    def _judge_miss(self, found: Verdict, model: Journey, command: Any, b: Any, now: Any) -> None:
        self._named(found, model, command)
        if model.booking is not None:
            found.unless(model.day < now.date(), "day-not-over")

    def _judge_carry_over(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        told = [n for n in model.notices if n["command"]["policy_id"] == command.policy_id]
        found.unless(bool(told), "nothing-to-carry-over", "not-notified", "other-round")
        if told:
            closes = told[-1]["closes"]
            over = closes is not None and instant(closes) <= now
            found.unless(over, "round-still-open")

    def _judge_record_dose(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        given, policy = command.given, b.get("policy")
        found.unless(given.on <= now.date(), "dose-in-future")
        days = {on for _, _, on in model.doses.values()}
        found.unless(given.on not in days, "dose-recorded")
        if policy is not None:
            ours = (given.vaccine == "Influenza") == (policy.disease == "influenza")
            found.unless(ours, "dose-of-another-disease")
            found.unless(model.disease in {None, policy.disease}, "other-programme")
            earlier = [each for each in model.of_disease(policy.disease) if each[2] <= given.on]
            found.unless(command.dose == len(earlier) + 1, "dose-number")

    def _judge_correct(
        self, found: Verdict, model: Journey, command: Any, b: Any, now: Any
    ) -> None:
        last = bool(model.steps) and model.steps[-1][0] == command.event
        right = command.event in model.doses or (last and model.steps[-1][2] in TAKEN_BACK)
        found.unless(right, "not-correctable")


def replayed(log: list[str]) -> Any:
    """The journey that a log of JSON adds up to."""
    events: list[Any] = [from_json(text) for text in log]
    return reservation.replay(events)


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def _doses(state: Any) -> Iterator[Any]:
    for each in state.doses:
        yield each if hasattr(each, "given") else each.command


def _closes(policy: Any) -> datetime | None:
    ends = [window.closes for stage in policy.stages for window in stage.windows]
    return max(ends) if ends else None


def run(seed: int, steps: int, taken: int = 0, *, pools: bool = False) -> Counter[str]:
    """Take this many steps, in one world after the other; `Finding` where something is wrong."""
    counted: Counter[str] = Counter()
    while taken < steps:
        world = World.new(seed * 1_000_003 + taken, pools=pools)
        for number in range(min(STEPS_OF_A_WORLD, steps - taken)):
            try:
                world.step()
            except Rejected as refusal:
                raise Finding(f"world {seed}/{taken}, step {number}: {refusal.code}") from refusal
            except Finding as finding:
                raise Finding(f"world {seed}/{taken}, step {number}: {finding}") from finding
        for stream, model in world.models.items():
            if stream.startswith("slot/"):
                world.check(
                    model.used(world.now) <= model.places or model.status == "closed", "oversold"
                )
        counted.update(world.counted)
        taken += STEPS_OF_A_WORLD
    return counted


def main() -> None:
    """Run the driver and print how often each answer was seen."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pools", action="store_true", help="some slots share their places")
    asked = parser.parse_args()
    began = clock.perf_counter()
    counted = run(asked.seed, asked.steps, pools=asked.pools)
    for answer, number in sorted(counted.items()):
        sys.stdout.write(f"{number:8,} {answer}\n")
    seconds = clock.perf_counter() - began
    sys.stdout.write(f"{asked.steps:,} steps without a finding in {seconds:.0f} s\n")


if __name__ == "__main__":
    main()
