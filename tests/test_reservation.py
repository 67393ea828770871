"""A journey on the rounds of 2021 and 2022, from registration to vaccination and past it."""

from datetime import date, datetime
from typing import Any

import pytest
from attrs import evolve as altered

from vaxpolicy import catalog, eligibility, reservation
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Dose, Person
from vaxpolicy.identity import IdentityForm, MobileNumber, RegistryAnswer, check_form
from vaxpolicy.policy import Window
from vaxpolicy.reservation import (
    Actor,
    Book,
    BookingRef,
    Notify,
    Place,
    PlaceAnswer,
    Programme,
    Register,
    Rejected,
    Slot,
    State,
    Status,
    Vaccinate,
    initial,
    replay,
)

ROUND_13 = catalog.load("tw/covid19-1922/round-13")
ROUND_19 = catalog.load("tw/covid19-1922/round-19")
ANNA = "anna"


def at(text: str) -> datetime:
    """An instant in Taiwan."""
    return datetime.fromisoformat(text).replace(tzinfo=TAIWAN)


PROGRAMME = Programme(
    registration_windows=(Window(opens=at("2021-07-06 10:00"), closes=at("2021-12-13 06:00")),)
)
FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
IDENTITY: dict[str, Any] = {
    "claim": check_form(FORM, on=date(2021, 10, 1)),
    "registry": RegistryAnswer.MATCHED,
    "mobile": MobileNumber.parse("0912345678"),
}
PERSON = Person(birth_date=date(1960, 5, 1), doses=(), groups=frozenset())
REGISTER = Register(
    id="r", actor=Actor.PERSON, subject=ANNA, vaccines=("AZ", "BNT"), districts=("臺北市大安區",)
)
NOTIFY = Notify(id="n", actor=Actor.PROGRAMME, subject=ANNA, policy_id=ROUND_13.id)
SLOT = Slot("site-1", date(2021, 11, 6), "morning", "BNT", 1)
BOOK = Book(id="b", actor=Actor.PERSON, subject=ANNA, policy_id=ROUND_13.id, slot=SLOT)
VACCINATE = Vaccinate(id="v", actor=Actor.SITE, subject=ANNA, booking="b")


def do(state: State, command: Any, when: str, **brought: Any) -> State:
    events = reservation.decide(state, command, now=at(when), programme=PROGRAMME, **brought)
    for event in events:
        state = reservation.evolve(state, event)
    return state


def kept(command: Any, answer: PlaceAnswer = PlaceAnswer.KEPT) -> Place:
    return Place(command.slot, BookingRef(command.subject, command.id), answer)


def decision_for(state: State, person: Person = PERSON) -> Decision:
    return eligibility.decide(ROUND_13, reservation.with_journey(person, state))


def registered() -> State:
    return do(initial(), REGISTER, "2021-10-01 09:00", **IDENTITY)


def notified() -> State:
    state = registered()
    return do(
        state,
        NOTIFY,
        "2021-11-02 14:00",
        policy=ROUND_13,
        decision=decision_for(state),
        delivery=reservation.Delivery.DELIVERED,
    )


def book(state: State, when: str = "2021-11-03 10:00", command: Any = BOOK, **other: Any) -> State:
    brought = {"policy": ROUND_13, "decision": decision_for(state), "place": kept(command)}
    return do(state, command, when, **{**brought, **other})


def test_the_straight_path() -> None:
    state = notified()
    assert state.status is Status.NOTIFIED
    state = book(state)
    assert state.status is Status.BOOKED
    assert state.booking is not None
    assert state.booking.slot == SLOT
    state = do(state, VACCINATE, "2021-11-06 09:30")
    assert state.status is Status.VACCINATED
    assert state.booking is None
    assert [each.given for each in state.doses] == [Dose("BNT", date(2021, 11, 6))]
    assert replay(state.history) == state


def test_nobody_books_who_is_not_eligible() -> None:
    child = altered(PERSON, birth_date=date(2015, 1, 1))
    with pytest.raises(Rejected) as refused:
        book(notified(), decision=decision_for(notified(), child))
    assert refused.value.code == "not-eligible"
    assert refused.value.reasons[0].code == "too-young"


def test_nobody_books_before_the_window_opens() -> None:
    with pytest.raises(Rejected) as refused:
        book(notified(), "2021-11-03 09:59")
    assert refused.value.code == "window-not-open"
    assert refused.value.possible_from == at("2021-11-03 10:00")


def test_a_day_that_is_not_offered_is_refused_and_the_days_are_named() -> None:
    slot = altered(SLOT, day=date(2021, 11, 13))
    with pytest.raises(Rejected) as refused:
        book(notified(), command=altered(BOOK, slot=slot))
    assert refused.value.code == "day-not-offered"
    assert refused.value.days is not None
    assert refused.value.days.last == date(2021, 11, 12)


def test_nobody_books_twice() -> None:
    with pytest.raises(Rejected) as refused:
        book(book(notified()), command=altered(BOOK, id="b2"))
    assert refused.value.code == "already-booked"
