"""A person's whole way through a round, beside two state-machine libraries that guard nothing.

Ours judges each command with every guard of `vaxpolicy.reservation` and adds the event to the state:
whose command it is, identity, registration, the decision (computed beforehand) and for whom and
under which policy it was made, notification, days, window, place. The libraries walk the same
statuses: their machines have no conditions, callbacks, history or events.

Each library is measured in the way that suits it best, with one machine that is set back to its
first state, and as a portal would have to use it, with a model of its own for each person. Ours has
one way: a new journey each time. All take turns in one process, so that a busy moment of the
machine meets all of them.

    pip install -r benchmarks/requirements-reservation.txt
    python benchmarks/reservation.py [rounds]
"""

import platform
import sys
from collections.abc import Callable
from datetime import date, datetime
from importlib.metadata import version
from statistics import median
from time import perf_counter
from typing import Any

from statemachine import State as TheirState  # type: ignore[import-not-found]
from statemachine import StateMachine
from transitions import Machine  # type: ignore[import-not-found]

from vaxpolicy import catalog, eligibility, identity, reservation
from vaxpolicy.booking.slots import BookingRef, Place, PlaceAnswer, Slot
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Person, Willingness
from vaxpolicy.reservation import Actor, Status
from vaxpolicy.rules.policy import Window

STATUSES = ("new", "registered", "notified", "booked", "arrived", "vaccinated")
TRIGGERS = ("register", "notify", "book", "check_in", "vaccinate")
WALKS = 200
"""The number of times that a candidate walks the path before the next one's turn."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TAIWAN)


SUBJECT = "anna"
POLICY = catalog.load("tw/covid19-1922/round-13")
SLOT = Slot("site-1", date(2021, 11, 6), "morning", "BNT", 1)
PROGRAMME = reservation.Programme(
    registration_windows=(Window(opens=at("2021-07-06 10:00"), closes=at("2021-12-13 06:00")),),
    edit_lock=reservation.ROUND_4_EDIT_LOCK,
    asks_elsewhere=True,
)
CLAIM = identity.check_form(
    identity.IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True),
    on=date(2021, 10, 1),
)
MATCHED, MOBILE = identity.RegistryAnswer.MATCHED, identity.MobileNumber.parse("0912345678")
DELIVERED, FREE = reservation.Delivery.DELIVERED, reservation.Elsewhere.NOT_BOOKED
PLACE = Place(SLOT, BookingRef(SUBJECT, "b"), PlaceAnswer.KEPT)
DECISION = eligibility.decide(
    POLICY,
    Person(
        birth_date=date(1980, 5, 1),
        doses=(),
        groups=frozenset(),
        willingness=Willingness({"BNT": at("2021-10-01 09:00")}),
        key=SUBJECT,
    ),
)

ME: Any = {"actor": Actor.PERSON, "subject": SUBJECT}
OFFICE: Any = {"actor": Actor.PROGRAMME, "subject": SUBJECT}
SITE: Any = {"actor": Actor.SITE, "subject": SUBJECT}
REGISTER = reservation.Register(id="r", **ME, vaccines=("BNT",), districts=("大安區",))
NOTIFY = reservation.Notify(id="n", **OFFICE, policy_id=POLICY.id)
BOOK = reservation.Book(id="b", **ME, policy_id=POLICY.id, slot=SLOT)
CHECK_IN = reservation.CheckIn(id="c", **SITE, booking="b")
VACCINATE = reservation.Vaccinate(id="v", **SITE, booking="b")
FIRST, SECOND, THIRD = at("2021-10-01 09:00"), at("2021-11-02 14:00"), at("2021-11-03 14:00")
FOURTH, FIFTH = at("2021-11-06 09:10"), at("2021-11-06 09:30")


def ours() -> reservation.State:
    decide, evolve = reservation.decide, reservation.evolve
    state = reservation.initial()
    (event,) = decide(
        state,
        REGISTER,
        now=FIRST,
        programme=PROGRAMME,
        claim=CLAIM,
        registry=MATCHED,
        mobile=MOBILE,
    )
    state = evolve(state, event)
    (event,) = decide(
        state,
        NOTIFY,
        now=SECOND,
        programme=PROGRAMME,
        policy=POLICY,
        decision=DECISION,
        elsewhere=FREE,
        delivery=DELIVERED,
    )
    state = evolve(state, event)
    (event,) = decide(
        state,
        BOOK,
        now=THIRD,
        programme=PROGRAMME,
        policy=POLICY,
        decision=DECISION,
        place=PLACE,
        claim=CLAIM,
        registry=MATCHED,
        elsewhere=FREE,
    )
    state = evolve(state, event)
    (event,) = decide(state, CHECK_IN, now=FOURTH, policy=POLICY, decision=DECISION)
    state = evolve(state, event)
    (event,) = decide(state, VACCINATE, now=FIFTH)
    return evolve(state, event)


EDGES = [
    {"trigger": trigger, "source": before, "dest": after}
    for trigger, before, after in zip(TRIGGERS, STATUSES, STATUSES[1:], strict=False)
]


class Model:
    state: str
    register: Callable[[], bool]
    notify: Callable[[], bool]
    book: Callable[[], bool]
    check_in: Callable[[], bool]
    vaccinate: Callable[[], bool]


def walk(machine: Any) -> Any:
    machine.register()
    machine.notify()
    machine.book()
    machine.check_in()
    machine.vaccinate()
    return machine


KEPT_MODEL = Model()
Machine(KEPT_MODEL, states=list(STATUSES), transitions=EDGES, initial="new")
SHARED = Machine(None, states=list(STATUSES), transitions=EDGES, initial="new")


def transitions_set_back() -> Any:
    KEPT_MODEL.state = "new"
    return walk(KEPT_MODEL)


def transitions_a_model_each() -> Any:
    model = Model()
    SHARED.add_model(model)
    walk(model)
    SHARED.remove_model(model)
    return model


class Journey(StateMachine):  # type: ignore[misc]
    new = TheirState(initial=True)
    registered = TheirState()
    notified = TheirState()
    booked = TheirState()
    arrived = TheirState()
    vaccinated = TheirState()
    register = new.to(registered)
    notify = registered.to(notified)
    book = notified.to(booked)
    check_in = booked.to(arrived)
    vaccinate = arrived.to(vaccinated)
    again = vaccinated.to(new)  # never walked; a final status could not be set back


KEPT_MACHINE = Journey()


def statemachine_set_back() -> Any:
    KEPT_MACHINE.current_state_value = "new"
    return walk(KEPT_MACHINE)


def statemachine_a_model_each() -> Any:
    return walk(Journey())


OURS = "vaxpolicy, all guards, a new journey each"
WANTED = {"transitions, a model each": 1, "python-statemachine, a machine each": 10}
"""The multiple of our time that a candidate must take at least; each walk is by a new person."""

CANDIDATES: dict[str, Callable[[], Any]] = {
    OURS: ours,
    "transitions, one machine set back": transitions_set_back,
    "transitions, a model each": transitions_a_model_each,
    "python-statemachine, one machine set back": statemachine_set_back,
    "python-statemachine, a machine each": statemachine_a_model_each,
}


def check() -> None:
    """All walk the same path to its end."""
    assert ours().status is Status.VACCINATED
    assert [type(event.command).__name__ for event in ours().history] == [
        "Register",
        "Notify",
        "Book",
        "CheckIn",
        "Vaccinate",
    ]
    assert transitions_set_back().state == transitions_a_model_each().state == "vaccinated"
    for machine in (statemachine_set_back(), statemachine_a_model_each()):
        assert machine.current_state_value == "vaccinated"


def main(rounds: int) -> int:
    check()
    times: dict[str, list[float]] = {name: [] for name in CANDIDATES}
    for turn in range(rounds + 1):
        for name, candidate in CANDIDATES.items():
            start = perf_counter()
            for _ in range(WALKS):
                candidate()
            if turn:  # the first turn warms up
                times[name].append((perf_counter() - start) / WALKS)
    mine = times[OURS]
    ratios = {
        name: median(each / own for each, own in zip(measured, mine, strict=True))
        for name, measured in times.items()
    }
    print(f"Python {platform.python_version()}, transitions {version('transitions')}, ", end="")
    print(
        f"python-statemachine {version('python-statemachine')}; {rounds} turns of {WALKS} walks\n"
    )
    print("| candidate | median of a walk, µs | best, µs | times ours |\n|---|---:|---:|---:|")
    for name, measured in times.items():
        micro = [f"{of(measured) * 1e6:.1f}" for of in (median, min)]
        print(f"| {name} | {micro[0]} | {micro[1]} | {ratios[name]:.2f} |")
    missed = [name for name, wanted in WANTED.items() if ratios[name] <= wanted]
    print(f"\nmissed: {', '.join(missed) or 'nothing'}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))
