"""The doors of the desk: instants, names, whose facts they are, and the ids of its own commands."""

import inspect
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.desk.desks import (
    DAY,
    MORNING,
    OPEN,
    PROGRAMME,
    ROUND,
    a_booking,
    a_cancellation,
    a_notice,
    book,
    desk_on,
    facts,
    free,
    open_slot,
    ref,
    register,
)
from vaxpolicy import reservation
from vaxpolicy._values import InvalidValue
from vaxpolicy.booking import slots
from vaxpolicy.days import DaySet
from vaxpolicy.desk import BookingService, MemoryStore, SQLiteStore
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.reservation import Actor, CheckIn, RecordDose, Rejected, State, Status

NEW_YORK = ZoneInfo("America/New_York")
ARGUMENTS: dict[str, Any] = {
    "actor": Actor.SITE,
    "booking": ref("anna"),
    "brought": {},
    "cause": "typhoon",
    "command": a_booking("anna"),
    "commands": [],
    "day": DAY,
    "days": DaySet.none(),
    "delivery": None,
    "gateway": None,
    "people": {},
    "person": Person(),
    "places": {},
    "policy_id": ROUND.id,
    "session": "morning",
    "sessions": (),
    "site": "site",
    "slot": MORNING,
    "subject": "anna",
    "until": OPEN,
}
WITH_NOW = [
    name
    for name, method in vars(BookingService).items()
    if not name.startswith("_")
    and inspect.isfunction(method)
    and "now" in inspect.signature(method).parameters
]


def called(service: BookingService, name: str, now: Any) -> Any:
    method = getattr(service, name)
    needed = {
        each.name: ARGUMENTS[each.name]
        for each in inspect.signature(method).parameters.values()
        if each.default is each.empty and each.kind is not each.VAR_KEYWORD and each.name != "now"
    }
    return method(**needed, now=now)


@pytest.mark.parametrize("name", WITH_NOW)
@pytest.mark.parametrize(
    "now",
    [
        OPEN.replace(tzinfo=None),
        OPEN.date(),
        "2021-11-03",
        datetime(9999, 12, 31, 20, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
    ],
)
def test_every_method_refuses_an_instant_that_is_none(
    service: BookingService, name: str, now: Any
) -> None:
    with pytest.raises(InvalidValue) as refused:
        called(service, name, now)
    assert refused.value.field == "now"


def test_many_methods_take_an_instant() -> None:
    assert len(WITH_NOW) > 30


@pytest.mark.parametrize("name", ["a\ud800", "a\0", "A123456789"])
@pytest.mark.parametrize("in_memory", [True, False])
def test_names_that_no_stream_has_are_refused_whatever_the_store(
    name: str, in_memory: bool, tmp_path: Path
) -> None:
    service = desk_on(MemoryStore() if in_memory else SQLiteStore(tmp_path / "desk.db"))
    close: Any = {"cause": "c", "actor": Actor.SITE, "now": OPEN}
    for ask in (
        lambda: service.journey(name),
        lambda: service.capacities(site=name),
        lambda: service.attendance(name, DAY, now=OPEN),
        lambda: service.slots_for(name, ROUND.id, now=OPEN),
        lambda: service.slots_for("anna", ROUND.id, now=OPEN, site=name),
        lambda: service.close_session(name, DAY, "morning", **close),
    ):
        with pytest.raises(InvalidValue) as refused:
            ask()
        assert refused.value.field in {"subject", "site"}


def test_a_site_is_a_text(service: BookingService) -> None:
    wrong: Any = 5
    with pytest.raises(TypeError, match="site: expected text"):
        service.capacities(site=wrong)


def test_nobody_books_nothing_and_who_brings_nothing_is_not_decided(
    service: BookingService,
) -> None:
    assert service.slots_together({}, ROUND.id, now=OPEN) == ()
    with pytest.raises(Rejected, match="identity-not-verified"):
        service.book_all([a_booking("anna")], now=OPEN, brought={})


def test_the_facts_of_another_person_decide_nothing(service: BookingService) -> None:
    """Whether or not the journey has begun."""
    for subject in ("anna", "zoe"):
        for call in (
            lambda: service.book(a_booking(subject), now=OPEN, **facts(key="other")),  # noqa: B023  # called at once
            lambda: service.check_notice(a_notice(subject), now=OPEN, **facts(key="other")),  # noqa: B023  # called at once
            lambda: service.decision(
                subject,  # noqa: B023  # called at once
                ROUND.id,
                now=OPEN,
                person=Person(key="other"),
            ),
        ):
            with pytest.raises(Rejected, match="decision-of-another-person"):
                call()
        answers = service.slots_for(subject, ROUND.id, now=OPEN, **facts(key="other"))
        assert {each.refusal and each.refusal.code for each in answers} == {
            "decision-of-another-person"
        }
    assert free(service) == 2
    service.book(a_booking("anna"), now=OPEN, **facts(key="anna"))


def test_whoever_takes_the_ids_of_the_desk_stops_no_closing_of_a_session() -> None:
    """Everybody is carried over, and the command again does nothing more."""
    service = desk_on(MemoryStore())
    open_slot(service, places=3)
    for subject in ("anna", "bert", "carl"):
        register(service, subject)
        book(service, subject)
    taken = ["typhoon/b2", "typhoon/b2/2"]
    service.cancel(a_cancellation("bert", name=taken[0]), now=OPEN)
    book(service, "bert", name="b0")
    service.cancel(a_cancellation("bert", "b0", taken[1]), now=OPEN)
    book(service, "bert", name="b2")
    close: Any = {"cause": "typhoon", "actor": Actor.SITE, "now": OPEN}
    done = service.close_session("site", DAY, "morning", **close)
    assert {each.journey.subject for each in done} == {"anna", "bert", "carl"}
    assert {each.journey.status for each in done} == {Status.CARRIED_OVER}
    assert service.close_session("site", DAY, "morning", **close) == ()


@pytest.mark.parametrize("name", ["may", "may/2", "may/3", "open", "may/take"])
def test_a_question_of_the_desk_has_an_id_that_no_command_has(
    service: BookingService, name: str
) -> None:
    book(service, "anna", name=name)
    answers = service.slots_for("anna", ROUND.id, now=OPEN, **facts())
    assert [each.refusal and each.refusal.code for each in answers] == [None, "same-slot"]
    now = datetime(2021, 11, 6, 9, tzinfo=OPEN.tzinfo)
    arrival = CheckIn(id="arrival", actor=Actor.SITE, subject="anna", booking=name)
    service.check_in(arrival, now=now, **facts())
    assert [each.cause for each in service.correctable("anna", actor=Actor.SITE, now=now)] == [
        "arrival"
    ]


def test_the_hour_that_comes_twice_is_told_by_its_offset(tmp_path: Path) -> None:
    """In a stream no event is earlier than the one before, and a hold is as short as it may be."""
    second = datetime(2021, 11, 7, 1, 10, tzinfo=NEW_YORK, fold=1)
    first = datetime(2021, 11, 7, 1, 55, tzinfo=NEW_YORK)
    day = the_day_after(second)
    service = desk_on(SQLiteStore(tmp_path / "desk.db"))
    command = slots.Open(id="open", actor=Actor.SITE, slot=day, places=2)
    service.manage(day, command, now=second)
    until = second.astimezone(UTC) + timedelta(minutes=20)
    service.hold(day, ref("anna"), until=until, actor=Actor.PERSON, now=first)
    again = desk_on(SQLiteStore(tmp_path / "desk.db")).capacity(day)
    assert [each.at for each in again.history] == [second.astimezone(UTC)] * 2
    with pytest.raises(Rejected, match="hold-too-long"):
        desk_with(day, first - timedelta(minutes=5)).hold(
            day,
            ref("anna"),
            until=datetime(2021, 11, 7, 1, 59, tzinfo=NEW_YORK, fold=1),
            actor=Actor.PERSON,
            now=first - timedelta(minutes=5),
        )


def the_day_after(now: datetime) -> slots.Slot:
    return slots.Slot("site", now.date() + timedelta(days=1), "morning", "BNT", 1)


def desk_with(slot: slots.Slot, now: datetime) -> BookingService:
    service = BookingService(MemoryStore(), policies=[ROUND], programme=PROGRAMME)
    command = slots.Open(id="open", actor=Actor.SITE, slot=slot, places=1)
    service.manage(slot, command, now=now)
    return service


def test_a_journey_has_no_earlier_event_after_a_later_one_of_the_same_zone() -> None:
    def with_dose(state: State, name: str, now: datetime) -> State:
        given = Dose("AZ", date(2021, 7, 1 if name == "a" else 2))
        dose = RecordDose(id=name, actor=Actor.PROGRAMME, subject="anna", dose=1, given=given)
        return reservation.replay(reservation.decide(state, dose, now=now), since=state)

    second = datetime(2021, 11, 7, 1, 10, tzinfo=NEW_YORK, fold=1)
    state = with_dose(reservation.initial(), "a", second)
    with pytest.raises(Rejected, match="clock-behind"):
        with_dose(state, "b", datetime(2021, 11, 7, 1, 55, tzinfo=NEW_YORK))
