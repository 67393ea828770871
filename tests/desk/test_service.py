"""The desk does a command whole and once, and none that the library refuses."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from attrs import evolve as altered

from tests.desk.desks import (
    AFTERNOON,
    CLOSES,
    DAY,
    IDENTITY,
    MORNING,
    ON_THE_DAY,
    OPEN,
    OPENS,
    ROUND,
    a_booking,
    a_cancellation,
    a_change,
    a_notice,
    book,
    desk_on,
    facts,
    free,
    open_slot,
    ref,
    register,
)
from tests.helpers import code_of
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import Capacity, Slot, SlotStatus
from vaxpolicy.days import DaySet
from vaxpolicy.desk import (
    BookingService,
    Change,
    Conflict,
    MemoryStore,
    Snapshot,
    SnapshotStore,
    Store,
    Unavailable,
    journey_stream,
    slot_stream,
)
from vaxpolicy.eligibility import Dose
from vaxpolicy.reservation import (
    Actor,
    AddVaccine,
    Amend,
    CarryOver,
    CheckIn,
    Close,
    CloseReason,
    Correct,
    CorrectionReason,
    Defer,
    Delivery,
    Miss,
    Move,
    Notify,
    RecordDose,
    Rejected,
    Status,
    Vaccinate,
    WalkIn,
    Withdraw,
)


def at_desk(kind: Any, subject: str = "anna", actor: Actor = Actor.SITE, **more: Any) -> Any:
    return kind(id=f"{kind.__name__}1", actor=actor, subject=subject, **more)


def test_a_booking_takes_a_place(service: BookingService) -> None:
    done = book(service, "anna")
    assert done.journey.status is Status.BOOKED
    assert [type(event).__name__ for event in done.events] == ["Booked"]
    assert free(service) == 1
    assert slots.keeping(service.capacity(MORNING), ref("anna"), OPEN) is slots.Allocation.TAKEN


def test_the_same_command_again_is_done_once(service: BookingService) -> None:
    first = book(service, "anna")
    again = book(service, "anna")
    assert (again.events, again.journey) == ((), first.journey)
    assert free(service) == 1
    assert code_of(book, service, "anna", AFTERNOON) == "command-id-reused"


def test_a_refused_booking_leaves_nothing(service: BookingService) -> None:
    before = service.store.versions()
    young = facts(birth_date=date(2010, 1, 1))
    assert code_of(service.book, a_booking("anna"), now=OPEN, **young) == "not-eligible"
    assert code_of(service.book, a_booking("anna"), now=CLOSES, **facts()) == "window-not-open"
    assert code_of(service.book, a_booking("anna"), now=OPEN, **IDENTITY) == "not-decided"
    unknown = altered(a_booking("anna"), policy_id="another")
    assert code_of(service.book, unknown, now=OPEN, **facts()) == "other-policy"
    nowhere = altered(MORNING, site="nowhere")
    assert code_of(book, service, "anna", nowhere) == "slot-not-open"
    assert service.store.versions() == before


def test_a_full_slot(service: BookingService) -> None:
    book(service, "anna")
    book(service, "bert")
    assert code_of(book, service, "carl") == "slot-full"
    assert free(service) == 0


def test_a_change_releases_the_old_place(service: BookingService) -> None:
    book(service, "anna")
    done = service.change(a_change("anna"), now=OPEN, **facts())
    assert done.journey.booking is not None
    assert done.journey.booking.slot == AFTERNOON
    assert (free(service), free(service, AFTERNOON)) == (2, 1)
    service.change(a_change("anna"), now=OPEN, **facts())
    assert (free(service), free(service, AFTERNOON)) == (2, 1)


def test_a_change_that_is_refused_keeps_the_old_place(service: BookingService) -> None:
    book(service, "anna")
    for subject in ("bert", "carl"):
        book(service, subject, AFTERNOON)
    assert code_of(service.change, a_change("anna"), now=OPEN, **facts()) == "slot-full"
    assert (free(service), free(service, AFTERNOON)) == (1, 0)


def test_a_cancellation_of_a_booking_whose_slot_is_closed(service: BookingService) -> None:
    """The place is gone with its slot; there is nothing to give back."""
    book(service, "anna")
    service.manage(MORNING, slots.Close(id="close", actor=Actor.SITE), now=OPEN)
    done = service.cancel(a_cancellation("anna"), now=OPEN)
    assert done.journey.status is Status.CANCELLED


def test_a_cancellation_gives_the_place_back(service: BookingService) -> None:
    book(service, "anna")
    service.cancel(a_cancellation("anna"), now=OPEN)
    again = service.cancel(a_cancellation("anna"), now=OPEN)
    assert (again.journey.status, again.events) == (Status.CANCELLED, ())
    assert free(service) == 2
    assert code_of(service.cancel, a_cancellation("bert"), now=OPEN) == "no-booking"


def test_a_place_is_held_and_then_booked(service: BookingService) -> None:
    until = OPEN + timedelta(minutes=10)
    hold = partial(service.hold, MORNING, actor=Actor.PERSON, until=until, now=OPEN)
    hold(ref("anna"))
    hold(ref("anna"))
    hold(ref("bert"))
    assert free(service) == 0
    assert code_of(book, service, "carl") == "slot-full"
    book(service, "anna")
    assert free(service) == 0
    assert free(service, now=until) == 1


def test_slots_for_a_person(service: BookingService) -> None:
    book(service, "bert")
    book(service, "carl")
    other = altered(MORNING, day=DAY + timedelta(days=5))
    open_slot(service, other)
    open_slot(service, altered(MORNING, site="elsewhere"))
    answers = service.slots_for("anna", ROUND.id, now=OPEN, site="site", **facts())
    found = {each.slot: (each.free, each.refusal and each.refusal.code) for each in answers}
    assert found == {MORNING: (0, "slot-full"), AFTERNOON: (2, None), other: (2, "day-not-offered")}
    assert [each.slot for each in answers if each.bookable] == [AFTERNOON]
    of_day = service.slots_for("anna", ROUND.id, now=OPEN, day=other.day, **facts())
    assert [each.slot for each in of_day] == [other]


def test_slots_for_somebody_with_a_booking_are_changes(service: BookingService) -> None:
    book(service, "anna")
    answers = service.slots_for("anna", ROUND.id, now=OPEN, **facts())
    found = {each.slot: each.refusal and each.refusal.code for each in answers}
    assert found == {MORNING: "same-slot", AFTERNOON: None}


def test_the_day(service: BookingService) -> None:
    for subject in ("anna", "bert"):
        book(service, subject)
    book(service, "carl", AFTERNOON)
    service.check_in(at_desk(CheckIn, booking="b1"), now=ON_THE_DAY, **facts())
    done = service.vaccinate(at_desk(Vaccinate, booking="b1"), now=ON_THE_DAY)
    assert [each.given for each in done.journey.doses] == [Dose("BNT", DAY)]
    done = service.defer(at_desk(Defer, "bert", booking="b1"), now=ON_THE_DAY)
    assert done.journey.status is Status.DEFERRED
    missed = at_desk(Miss, "carl", booking="b1")
    assert code_of(service.miss, missed, now=ON_THE_DAY) == "day-not-over"
    done = service.miss(missed, now=ON_THE_DAY + timedelta(days=1))
    assert done.journey.status is Status.MISSED
    assert not service.unsettled(now=ON_THE_DAY)


def test_the_registration(service: BookingService) -> None:
    ticked: Any = {"vaccines": ("BNT",), "districts": ("e",)}
    done = service.amend(at_desk(Amend, actor=Actor.PERSON, **ticked), now=OPEN)
    assert [vaccine for vaccine, _ in done.journey.wanted] == ["BNT"]
    office = Actor.PROGRAMME
    done = service.add_vaccine(at_desk(AddVaccine, actor=office, vaccine="AZ"), now=OPEN)
    assert [vaccine for vaccine, _ in done.journey.wanted] == ["BNT", "AZ"]
    done = service.withdraw(at_desk(Withdraw, actor=Actor.PERSON), now=OPEN)
    assert done.journey.status is Status.WITHDRAWN
    dose = at_desk(RecordDose, actor=office, dose=1, given=Dose("AZ", date(2021, 7, 1)))
    assert service.record_dose(dose, now=OPEN).journey.status is Status.VACCINATED
    done = service.close(at_desk(Close, actor=office, reason=CloseReason.COMPLETED), now=OPEN)
    assert done.journey.status is Status.CLOSED


class Phone:
    """A gateway that sends one message for one key."""

    def __init__(self, *answers: Delivery) -> None:
        self.answers = list(answers)
        self.sent: list[str] = []

    def send(self, key: str, notice: Notify) -> Delivery:
        if key not in self.sent:
            self.sent.append(key)
        return self.answers.pop(0)


def test_a_notification_in_three_steps(service: BookingService) -> None:
    phone = Phone(Delivery.DELIVERED)
    done = service.notify(a_notice("anna"), gateway=phone, now=OPEN, **facts())
    assert done.journey.status is Status.NOTIFIED
    again = service.notify(a_notice("anna"), gateway=phone, now=OPEN, **facts())
    assert (again.journey, again.events) == (done.journey, ())
    assert phone.sent == ["anna/n1"]
    office = Actor.PROGRAMME
    over = at_desk(CarryOver, actor=office, policy_id=ROUND.id)
    assert code_of(service.carry_over, over, now=OPEN) == "round-still-open"
    assert service.carry_over(over, now=CLOSES).journey.status is Status.CARRIED_OVER


def test_a_message_that_may_have_arrived_is_sent_again_under_its_key(
    service: BookingService,
) -> None:
    phone = Phone(Delivery.UNKNOWN, Delivery.DELIVERED)
    tell = partial(service.notify, a_notice("anna"), gateway=phone, now=OPEN, **facts())
    assert code_of(tell) == "notification-unknown"
    assert service.journey("anna").status is Status.REGISTERED
    assert tell().journey.status is Status.NOTIFIED
    assert phone.sent == ["anna/n1"]


def test_nobody_is_told_who_must_not_be(service: BookingService) -> None:
    phone = Phone()
    young = facts(birth_date=date(2010, 1, 1))
    refused = code_of(service.notify, a_notice("anna"), gateway=phone, now=OPEN, **young)
    assert (refused, phone.sent) == ("not-eligible", [])


def test_a_session_is_closed_and_everybody_carried_over(service: BookingService) -> None:
    for subject in ("anna", "bert"):
        book(service, subject)
    service.cancel(a_cancellation("bert"), now=OPEN)
    book(service, "carl", AFTERNOON)
    service.hold(
        AFTERNOON, ref("dora"), actor=Actor.PERSON, until=OPEN + timedelta(minutes=9), now=OPEN
    )
    close = partial(service.close_session, "site", DAY, cause="typhoon", actor=Actor.SITE, now=OPEN)
    done = close("morning")
    assert [each.journey.subject for each in done] == ["anna"]
    assert {each.journey.status for each in done} == {Status.CARRIED_OVER}
    assert close("morning") == ()
    assert service.capacity(MORNING).status is SlotStatus.CLOSED
    assert service.journey("carl").status is Status.BOOKED
    assert code_of(book, service, "anna", name="b2") == "slot-closed"
    answers = service.slots_for("anna", ROUND.id, now=OPEN, **facts())
    assert [each.slot for each in answers] == [AFTERNOON]
    assert len(close("afternoon")) == 1
    assert close("evening") == ()
    assert not service.unsettled(now=OPEN)


def test_a_household_is_booked_whole_or_not_at_all(service: BookingService) -> None:
    brought = {subject: facts() for subject in ("anna", "bert", "carl")}
    three = [a_booking(subject) for subject in brought]
    assert code_of(service.book_all, three, now=OPEN, brought=brought) == "slot-full"
    assert free(service) == 2
    done = service.book_all(three[:2], now=OPEN, brought=brought)
    assert [each.journey.status for each in done] == [Status.BOOKED, Status.BOOKED]
    assert free(service) == 0
    assert service.book_all([], now=OPEN, brought={}) == ()


def test_somebody_walks_in(service: BookingService) -> None:
    """A place is counted, and the person is there."""
    walk_in = WalkIn(id="w1", actor=Actor.SITE, subject="anna", policy_id=ROUND.id, slot=MORNING)
    done = service.walk_in(walk_in, now=ON_THE_DAY, **facts())
    assert done.journey.status is Status.ARRIVED
    assert free(service, now=ON_THE_DAY) == 1


def test_the_site_moves_a_booking(service: BookingService) -> None:
    book(service, "anna")
    move = Move(
        id="m1", actor=Actor.SITE, subject="anna", policy_id=ROUND.id, booking="b1", slot=AFTERNOON
    )
    done = service.move(move, now=OPEN, **facts())
    assert done.journey.booking is not None
    assert done.journey.booking.slot == AFTERNOON
    assert (free(service), free(service, AFTERNOON)) == (2, 1)
    assert not service.unsettled(now=OPEN)


def test_what_was_entered_in_error_is_taken_back(service: BookingService) -> None:
    book(service, "anna")
    arrived = service.check_in(at_desk(CheckIn, booking="b1"), now=ON_THE_DAY, **facts())
    correct: Any = {"event": arrived.journey.version, "reason": CorrectionReason.WRONG_PERSON}
    (found,) = service.correctable("anna", actor=Actor.SITE, now=ON_THE_DAY)
    assert found.version == arrived.journey.version
    assert service.correctable("anna", actor=Actor.PERSON, now=ON_THE_DAY) == ()
    done = service.correct(at_desk(Correct, **correct), now=ON_THE_DAY)
    assert done.journey.status is Status.BOOKED
    assert service.correctable("anna", actor=Actor.SITE, now=ON_THE_DAY) == ()


def test_a_waiting_list(service: BookingService) -> None:
    """People who wait come first when a place is free; the others are told so."""
    for subject in ("anna", "bert"):
        book(service, subject)

    def wait(command: Any) -> Capacity:
        return service.wait(command, now=OPEN, **facts())

    for _ in range(2):
        assert wait(a_booking("carl", name="b9")).waiting == (ref("carl", "b9"),)
    assert code_of(wait, a_booking("carl", name="again")) == "already-waiting"
    service.cancel(a_cancellation("anna"), now=OPEN)
    register(service, "dora")
    assert code_of(book, service, "dora") == "others-wait"
    answers = service.slots_for("dora", ROUND.id, now=OPEN, **facts())
    found = {each.slot: each.refusal and each.refusal.code for each in answers}
    assert found == {MORNING: "others-wait", AFTERNOON: None}
    (mine,) = service.waiting("carl", now=OPEN)
    assert (mine.slots, mine.place, mine.free) == ((MORNING,), 1, 1)
    answers = service.slots_for("carl", ROUND.id, now=OPEN, **facts())
    assert {(each.slot, each.bookable, each.waiting) for each in answers} == {
        (MORNING, True, ref("carl", "b9")),
        (AFTERNOON, True, None),
    }
    assert book(service, "carl", name="b9").journey.status is Status.BOOKED
    assert service.waiting("carl", now=OPEN) == ()


def test_nobody_waits_for_a_place_that_they_cannot_book(service: BookingService) -> None:
    """A place kept for them would be kept from everybody else."""
    for subject in ("anna", "bert"):
        book(service, subject)
    brought = facts(birth_date=DAY)
    command = a_booking("carl", name="b9")
    assert code_of(service.wait, command, now=OPEN, **brought) == "not-eligible"
    assert code_of(service.wait, a_booking("anna", name="b9"), now=OPEN, **facts()) == (
        "already-booked"
    )
    assert code_of(service.wait, a_booking("carl", AFTERNOON), now=OPEN, **facts()) == "places-left"
    assert service.capacity(MORNING).waiting == ()


def test_who_has_a_place_waits_no_longer(service: BookingService) -> None:
    """Under whatever id the place was booked."""
    for subject in ("anna", "bert"):
        book(service, subject)
    service.wait(a_booking("carl", name="b9"), now=OPEN, **facts())
    for subject in ("anna", "bert"):
        service.cancel(a_cancellation(subject), now=OPEN)
    book(service, "carl", name="another")
    assert service.capacity(MORNING).waiting == ()


def test_somebody_leaves_the_waiting_list(service: BookingService) -> None:
    for subject in ("anna", "bert"):
        book(service, subject)
    service.wait(a_booking("carl", name="b9"), now=OPEN, **facts())
    for _ in range(2):
        left = service.stop_waiting(MORNING, ref("carl", "b9"), actor=Actor.PERSON, now=OPEN)
        assert left.waiting == ()
    again = service.wait(a_booking("carl", name="b9"), now=OPEN, **facts())
    assert again.waiting == (ref("carl", "b9"),)
    left = service.stop_waiting(MORNING, ref("carl", "b9"), actor=Actor.PERSON, now=OPEN)
    assert left.waiting == ()


def test_who_comes_to_a_site_on_a_day(service: BookingService) -> None:
    book(service, "anna")
    book(service, "bert", AFTERNOON)
    book(service, "carl")
    service.cancel(a_cancellation("carl"), now=OPEN)
    until = OPEN + timedelta(minutes=10)
    service.hold(MORNING, ref("dora"), actor=Actor.PERSON, until=until, now=OPEN)
    found = service.attendance("site", DAY, now=OPEN)
    assert {(each.booking.slot, each.journey.subject) for each in found} == {
        (MORNING, "anna"),
        (AFTERNOON, "bert"),
    }
    assert service.attendance("site", DAY + timedelta(days=1), now=OPEN) == ()


def test_the_sessions_that_a_household_can_book_together(service: BookingService) -> None:
    """One place is left in the morning, which is too few for two; the other vaccine has some."""
    other = altered(MORNING, vaccine="AZ")
    for slot in (other, altered(other, session="evening")):
        open_slot(service, slot, places=1)
    book(service, "carl")
    ways = service.slots_together({"anna": facts(), "bert": facts()}, ROUND.id, now=OPEN)
    assert {tuple(each.slot for each in way) for way in ways} == {
        (MORNING, other),
        (other, MORNING),
        (AFTERNOON, AFTERNOON),
    }
    assert service.slots_together({"anna": facts(birth_date=DAY)}, ROUND.id, now=OPEN) == ()


def test_the_slots_of_a_round_are_opened_once() -> None:
    service = desk_on(MemoryStore())
    days = DaySet.between(DAY - timedelta(days=3), DAY + timedelta(days=1))
    more: Any = {"sessions": ("morning", "evening"), "days": days, "actor": Actor.SITE}
    assert service.open_round(ROUND.id, {"a": 3, "b": 1}, now=OPENS, **more) == 16
    assert service.open_round(ROUND.id, {"a": 3, "b": 1}, now=OPENS, **more) == 0
    assert {each.places for each in service.capacities(site="a")} == {3}
    with pytest.raises(ValueError, match="policy_id: expected a round of this desk"):
        service.open_round("x", {}, now=OPENS, **more)


def test_a_decision_knows_the_journey(service: BookingService) -> None:
    person = facts()["person"]
    before = service.decision("anna", ROUND.id, now=OPEN, person=person)
    assert (before.subject, before.from_day, bool(before.offers)) == ("anna", OPEN.date(), True)
    given = RecordDose(
        id="d", actor=Actor.PROGRAMME, subject="anna", dose=1, given=Dose("AZ", date(2021, 9, 1))
    )
    service.record_dose(given, now=OPEN)
    assert not service.decision("anna", ROUND.id, now=OPEN, person=person).offers


def test_the_slots_for_a_walk_in_and_for_a_move_by_the_site(service: BookingService) -> None:
    def slots_for(subject: str, kind: Any) -> list[Slot]:
        answers = service.slots_for(
            subject, ROUND.id, now=ON_THE_DAY, actor=Actor.SITE, kind=kind, **facts()
        )
        return [each.slot for each in answers if each.bookable]

    book(service, "anna")
    assert slots_for("anna", Move) == [AFTERNOON]
    assert slots_for("anna", WalkIn) == []
    assert slots_for("bert", WalkIn) == [AFTERNOON, MORNING]
    assert slots_for("bert", Move) == []


@pytest.mark.parametrize("name", ["1", "2", "3", "may", "release", "take"])
def test_a_question_of_the_desk_is_no_command_of_the_caller(
    service: BookingService, name: str
) -> None:
    """Callers may number their commands, or call them as the desk does."""
    book(service, "anna", name=name)
    answers = service.slots_for("anna", ROUND.id, now=OPEN, **facts())
    assert [each.refusal and each.refusal.code for each in answers] == [None, "same-slot"]
    arrival = CheckIn(id=name * 2, actor=Actor.SITE, subject="anna", booking=name)
    service.check_in(arrival, now=ON_THE_DAY, **facts())
    at_the_site = service.correctable("anna", actor=Actor.SITE, now=ON_THE_DAY)
    assert [each.cause for each in at_the_site] == [arrival.id]
    assert service.correctable("anna", actor=Actor.PERSON, now=ON_THE_DAY) == ()


def test_two_pseudonyms_of_one_person_have_one_booking(service: BookingService) -> None:
    book(service, "anna")
    brought = {**facts(), "also_known_as": "anna"}
    refused = code_of(service.book, a_booking("bert"), now=OPEN, **brought)
    assert refused.startswith(("already", "other", "booked"))
    assert free(service) == 1


class Crowded(MemoryStore):
    """A store in which somebody else comes first a number of times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def append(self, changes: Iterable[Change]) -> None:
        if self.times:
            self.times -= 1
            raise Conflict
        super().append(changes)


def test_others_come_first_now_and_then() -> None:
    store = Crowded(0)
    service = desk_on(store, attempts=4)
    open_slot(service)
    register(service, "anna")
    store.times = 3
    assert book(service, "anna").journey.status is Status.BOOKED
    store.times = 4
    with pytest.raises(Conflict, match="4 times; send the same command again"):
        service.cancel(a_cancellation("anna"), now=OPEN)


def test_a_desk_that_remembers_little_is_right_all_the_same() -> None:
    service = desk_on(MemoryStore(), keep=1)
    for slot in (MORNING, AFTERNOON):
        open_slot(service, slot)
    for subject in ("anna", "bert"):
        register(service, subject)
        book(service, subject)
    assert free(service) == 0
    assert len(service.capacities(site="site")) == 2


def test_the_states_that_were_read_last_stay_in_memory() -> None:
    store = Read()
    service = desk_on(store, keep=1)
    open_slot(service)
    for subject in ("anna", "bert"):
        register(service, subject)
        book(service, subject)
    store.reads.clear()
    for subject in ("anna", "bert", "bert"):
        service.journey(subject)
    anna, bert = map(journey_stream, ("anna", "bert"))
    assert store.reads == [(anna, 0), (bert, 0), (bert, 1)]


def test_what_has_not_moved_since_is_not_read_again() -> None:
    store = Read()
    service = desk_on(store)
    for slot in (MORNING, AFTERNOON):
        open_slot(service, slot)
    register(service, "anna")
    found = service.capacities()
    store.reads.clear()
    assert service.capacities() == found
    assert not service.unsettled(now=OPEN)
    assert store.reads == []
    book(desk_on(store), "anna")
    store.reads.clear()
    assert [each.taken for each in service.capacities()] == [0, 1]
    assert [stream for stream, _ in store.reads] == [slot_stream(MORNING)]


def test_two_desks_on_one_store_see_each_other(make_store: Any) -> None:
    one, two = desk_on(make_store()), desk_on(make_store())
    open_slot(one)
    register(one, "anna")
    book(two, "anna")
    assert one.journey("anna").status is Status.BOOKED
    one.cancel(a_cancellation("anna"), now=OPEN)
    assert free(two) == 2


def test_in_asynchronous_code_a_command_runs_in_a_thread(store: Store) -> None:
    service = desk_on(store)
    open_slot(service, places=3)
    people = [f"p{n}" for n in range(5)]

    async def one(subject: str) -> str:
        try:
            await asyncio.to_thread(register, service, subject)
            await asyncio.to_thread(book, service, subject)
        except Rejected as refused:
            return refused.code
        return "booked"

    async def all_of_them() -> list[str]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))
        return await asyncio.gather(*map(one, people))

    assert sorted(asyncio.run(all_of_them())) == ["booked"] * 3 + ["slot-full"] * 2
    assert OPENS < OPEN


class Read(MemoryStore):
    """A store that notes from which version on each stream was read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[tuple[str, int]] = []
        self.fails = False
        self.other: Snapshot | None = None

    def snapshot(self, stream: str) -> Snapshot | None:
        return self.other or super().snapshot(stream)

    def read(self, stream: str, after: int = 0) -> Any:
        self.reads.append((stream, after))
        return super().read(stream, after)

    def keep_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        if self.fails:
            raise Unavailable
        super().keep_snapshot(stream, snapshot)


def filled(store: Store, count: int = 6) -> list[str]:
    """A slot in which people book and cancel, so that its stream is long."""
    service = desk_on(store, snapshot_every=4)
    open_slot(service, places=count)
    people = [f"p{n}" for n in range(count)]
    for subject in people:
        register(service, subject)
        book(service, subject)
    service.cancel(a_cancellation("p0"), now=OPEN)
    service.capacity(MORNING)
    return people


def test_a_desk_that_starts_reads_the_snapshot_and_what_came_after(store: Store) -> None:
    people = filled(store)
    fresh, plain = desk_on(store, snapshot_every=4), desk_on(store, snapshot_every=0)
    assert isinstance(store, SnapshotStore)
    assert store.snapshot(slot_stream(MORNING)) is not None
    assert fresh.capacity(MORNING) == plain.capacity(MORNING)
    assert [fresh.journey(each) for each in people] == [plain.journey(each) for each in people]
    assert book(fresh, "p1").events == ()
    assert book(fresh, "p0", name="b2").journey.status is Status.BOOKED
    assert not fresh.unsettled(now=OPEN)


def test_a_desk_keeps_snapshots_of_journeys_and_of_slots() -> None:
    store = MemoryStore()
    service = desk_on(store, snapshot_every=2)
    open_slot(service)
    register(service, "anna")
    book(service, "anna")
    for stream in (journey_stream("anna"), slot_stream(MORNING)):
        assert store.snapshot(stream) is None
    service.journey("anna")
    service.capacity(MORNING)
    for stream in (journey_stream("anna"), slot_stream(MORNING)):
        found = store.snapshot(stream)
        assert found is not None
        assert found.version == 2


def test_only_what_came_after_a_snapshot_is_read() -> None:
    store = Read()
    filled(store)
    stream = slot_stream(MORNING)
    snapshot = store.snapshot(stream)
    assert snapshot is not None
    store.reads.clear()
    fresh = desk_on(store, snapshot_every=4)
    assert fresh.capacity(MORNING).taken == 5
    assert store.reads == [(stream, snapshot.version)]


@pytest.mark.parametrize("change", [{"form": 99}, {"state": "{}"}, {"version": 1}])
def test_a_snapshot_that_cannot_be_used_is_passed_over(change: Any) -> None:
    store = Read()
    filled(store)
    stream = slot_stream(MORNING)
    snapshot = store.snapshot(stream)
    assert snapshot is not None
    store.other = altered(snapshot, **change)
    assert desk_on(store).capacity(MORNING) == desk_on(store, snapshot_every=0).capacity(MORNING)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"form"', '{"more":0,"form"'),
        ('{"form"', '{"kind":"slot","form"'),
        ('"commands":[', '"commands":["A123456789",'),
        ('"places":6', '"places":"6"'),
    ],
)
def test_the_events_are_replayed_where_a_snapshot_was_damaged(old: str, new: str) -> None:
    store = Read()
    filled(store)
    snapshot = store.snapshot(slot_stream(MORNING))
    assert snapshot is not None
    assert old in snapshot.state
    store.other = altered(snapshot, state=snapshot.state.replace(old, new, 1))
    store.reads.clear()
    state = desk_on(store).capacity(MORNING)
    assert store.reads == [(slot_stream(MORNING), 0)]
    assert state == desk_on(store, snapshot_every=0).capacity(MORNING)


def test_a_command_is_done_though_no_snapshot_could_be_kept() -> None:
    store = Read()
    store.fails = True
    filled(store)
    assert store.snapshot(slot_stream(MORNING)) is None


class Three:
    """A store of somebody's own, with the three methods that a store must have."""

    def __init__(self) -> None:
        memory = MemoryStore()
        self.append, self.read, self.versions = memory.append, memory.read, memory.versions


def test_a_store_without_snapshots() -> None:
    service = desk_on(Three(), snapshot_every=1)
    open_slot(service)
    register(service, "anna")
    assert book(service, "anna").journey.status is Status.BOOKED
    assert free(desk_on(service.store, snapshot_every=1)) == 1
