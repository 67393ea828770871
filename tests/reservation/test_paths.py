"""The whole way of a person as the platform's pages asked for it, and a household in one step."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from attrs import evolve as altered

from tests.helpers import at
from vaxpolicy import catalog, eligibility, reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import Open, Take
from vaxpolicy.eligibility import Person
from vaxpolicy.identity import (
    Claim,
    IdentityForm,
    MobileNumber,
    ResidencyStatus,
    check_form,
    is_valid_id_number,
    pseudonym,
)
from vaxpolicy.reservation import (
    Actor,
    Asked,
    Book,
    BookingRef,
    Delivery,
    Notify,
    Programme,
    Register,
    Rejected,
    Slot,
    State,
    Status,
    initial,
)
from vaxpolicy.reservation import RegistryAnswer as Registry
from vaxpolicy.rules.policy import Window

KEY = b"a key of thirty-two bytes or more"
ROUND_13 = catalog.load("tw/covid19-1922/round-13")
SLOT = Slot("site-1", date(2021, 11, 6), "morning", "BNT", 1)


PROGRAMME = Programme(
    registration_windows=(Window(opens=at("2021-07-06 10:00"), closes=at("2021-12-13 06:00")),)
)
MOBILE = MobileNumber.parse("0912345678")


def a_number(start: str) -> str:
    """The first UI number that begins like this."""
    made = (f"{start}{number:07d}" for number in range(99))
    return next(each for each in made if is_valid_id_number(each))


ROUTES = {
    "a national with an NHI card": IdentityForm(
        id_number="A123456789", nhi_card=("0000", "1234", "5678"), captcha_passed=True
    ),
    "a foreigner with a passport": IdentityForm(
        id_number="A800000014",
        status=ResidencyStatus.FOREIGN_OR_STATELESS,
        passport="X1234567",
        captcha_passed=True,
    ),
    "a resident from Hong Kong or Macau with a permit": IdentityForm(
        id_number=a_number("F88"),
        status=ResidencyStatus.HK_MACAU,
        permit="100012345678",
        captcha_passed=True,
    ),
    "a national without household registration, with an entry permit document": IdentityForm(
        id_number=a_number("F97"),
        status=ResidencyStatus.NATIONAL_WITHOUT_HOUSEHOLD,
        entry_document="10012345",
        captcha_passed=True,
    ),
}


@pytest.mark.parametrize("form", ROUTES.values(), ids=ROUTES)
def test_from_the_willingness_page_to_the_reservation_page(form: IdentityForm) -> None:
    """Willingness page, message, reservation page with the second identification, booked."""
    claim = check_form(form, on=date(2021, 10, 1))
    me = pseudonym(claim.id_number, KEY)
    person = Person(birth_date=date(1990, 5, 5), doses=(), groups=frozenset(), key=me)

    # The willingness page: number and second document, captcha, vaccines, districts, a mobile number.
    wish = Register(
        id="w", actor=Actor.PERSON, subject=me, vaccines=("AZ", "BNT"), districts=("臺北市大安區",)
    )
    state = do(
        initial(), wish, "2021-10-01 09:00", claim=claim, registry=Registry.MATCHED, mobile=MOBILE
    )
    assert state.status is Status.REGISTERED

    # The message: it is this person's turn, and the message has arrived.
    told = Notify(id="n", actor=Actor.PROGRAMME, subject=me, policy_id=ROUND_13.id)
    state = do(
        state,
        told,
        "2021-11-02 14:00",
        policy=ROUND_13,
        decision=turn(person, state),
        delivery=Delivery.DELIVERED,
    )
    assert state.status is Status.NOTIFIED

    # The reservation page: who comes by the message is asked for both numbers again.
    book = Book(id="b", actor=Actor.PERSON, subject=me, policy_id=ROUND_13.id, slot=SLOT)
    brought: dict[str, Any] = {
        "policy": ROUND_13,
        "decision": turn(person, state),
        "place": place_for(book),
    }
    for missing, code in (
        ({}, "identity-not-verified"),
        ({"claim": claim}, "registry-unavailable"),
        ({"claim": claim, "registry": Registry.NOT_MATCHED}, "not-matched"),
    ):
        with pytest.raises(Rejected) as refused:
            do(state, book, "2021-11-03 10:00", **brought, **missing)
        assert refused.value.code == code

    again = check_form(form, on=date(2021, 11, 3))
    assert pseudonym(again.id_number, KEY) == me
    state = do(state, book, "2021-11-03 10:00", **brought, claim=again, registry=Registry.MATCHED)
    assert state.status is Status.BOOKED
    assert state.booking is not None
    assert state.booking.slot == SLOT


def do(state: State, command: Any, when: str, **brought: Any) -> State:
    """The journey after a command."""
    events = reservation.decide(state, command, now=at(when), programme=PROGRAMME, **brought)
    return reservation.replay(events, since=state)


def turn(person: Person, state: State) -> eligibility.Decision:
    """The decision on the person's turn, with what the journey knows."""
    return eligibility.decide(ROUND_13, reservation.with_journey(person, state))


def place_for(command: Book, places: int = 1) -> slots.Place:
    """The place that the slot takes for a booking."""
    state = opened(command.slot, places)
    mine = BookingRef(command.subject, command.id)
    take = Take(id="t", actor=Actor.PERSON, booking=mine)
    taken = slots.replay(slots.decide(state, take, now=at("2021-11-03 10:00")), since=state)
    return slots.place(taken, command.slot, mine, at("2021-11-03 10:00"))


def opened(slot: Slot, places: int) -> slots.Capacity:
    """The slot with this number of places."""
    command = Open(id="o", actor=Actor.SITE, slot=slot, places=places)
    return slots.replay(slots.decide(slots.initial(), command, now=at("2021-11-01 09:00")))


WALK_UP = Programme(registration="none")
NOW = at("2021-11-03 10:00")


def household(*names: str, claims: tuple[Claim, ...], places: int) -> list[Asked]:
    """A booking for each of these people in one slot."""
    capacity = opened(SLOT, places)
    takes = [
        Take(id=f"t-{name}", actor=Actor.PERSON, booking=BookingRef(name, "b")) for name in names
    ]
    taken = slots.replay(slots.decide_together(capacity, *takes, now=NOW), since=capacity)
    asked = []
    for name, claim in zip(names, claims, strict=True):
        book = Book(id="b", actor=Actor.PERSON, subject=name, policy_id=ROUND_13.id, slot=SLOT)
        person = Person(date(1990, 5, 5), (), groups=(), willingness=WISH, key=name)
        brought = {
            "policy": ROUND_13,
            "decision": eligibility.decide(ROUND_13, person),
            "place": slots.place(taken, SLOT, BookingRef(name, "b"), NOW),
            "claim": claim,
            "registry": Registry.MATCHED,
        }
        asked.append(Asked(initial(), book, brought))
    return asked


WISH = eligibility.Willingness({"BNT": at("2021-10-01 09:00")})
CLAIMS = tuple(check_form(form, on=date(2021, 11, 3)) for form in ROUTES.values())


def test_a_household_books_in_one_step() -> None:
    asked = household("anna", "bert", claims=CLAIMS[:2], places=2)
    decided = reservation.decide_together(*asked, now=NOW, programme=WALK_UP)
    assert [events[0].subject for events in decided] == ["anna", "bert"]


def test_a_household_that_does_not_fit_has_no_place_at_all() -> None:
    with pytest.raises(Rejected) as refused:
        household("anna", "bert", claims=CLAIMS[:2], places=1)
    assert refused.value.code == "slot-full"


def test_of_a_household_nobody_books_where_one_may_not_and_that_one_is_named() -> None:
    anna, bert = household("anna", "bert", claims=CLAIMS[:2], places=2)
    unknown = altered(bert, brought={**bert.brought, "registry": Registry.UNAVAILABLE})
    with pytest.raises(Rejected) as refused:
        reservation.decide_together(anna, unknown, now=NOW, programme=WALK_UP)
    assert refused.value.code == "registry-unavailable"
    assert refused.value.affected == (BookingRef("bert", "b"),)


def test_two_pseudonyms_of_one_person_are_not_a_household() -> None:
    form = altered(ROUTES["a foreigner with a passport"], also_known_as="AB12345677")
    both = check_form(form, on=date(2021, 11, 3))
    one, two = household("new", "old", claims=(both, both), places=2)
    theirs = reservation.replay(
        decided_alone(altered(one, brought={**one.brought, "other": two.state}))
    )
    asked = (
        altered(one, brought={**one.brought, "other": two.state}),
        altered(two, brought={**two.brought, "other": altered(theirs)}),
    )
    with pytest.raises(Rejected) as refused:
        reservation.decide_together(*asked, now=NOW, programme=WALK_UP)
    assert refused.value.code == "already-booked"


def test_two_pseudonyms_without_a_journey_yet_book_once_in_one_step() -> None:
    form = altered(ROUTES["a foreigner with a passport"], also_known_as="AB12345677")
    swapped = altered(form, id_number="AB12345677", also_known_as="A800000014")
    alone = altered(swapped, also_known_as=None)
    for first, second in ((form, form), (form, swapped), (form, alone), (alone, form)):
        claims = tuple(check_form(it, on=date(2021, 11, 3)) for it in (first, second))
        pair = household("new", "old", claims=claims, places=2)
        asked = [altered(it, brought={**it.brought, "other": initial()}) for it in pair]
        with pytest.raises(Rejected) as refused:
            reservation.decide_together(*asked, now=NOW, programme=WALK_UP)
        assert refused.value.code == "already-booked"
        assert refused.value.affected == (BookingRef("old", "b"),)


def test_a_person_of_two_pseudonyms_is_found_past_others_of_the_household() -> None:
    form = altered(ROUTES["a foreigner with a passport"], also_known_as="AB12345677")
    both = check_form(form, on=date(2021, 11, 3))
    new, anna, old = household("new", "anna", "old", claims=(both, CLAIMS[0], both), places=3)
    asked = [altered(it, brought={**it.brought, "other": initial()}) for it in (new, anna, old)]
    with pytest.raises(Rejected) as refused:
        reservation.decide_together(*asked, now=NOW, programme=WALK_UP)
    assert refused.value.code == "already-booked"
    assert refused.value.affected == (BookingRef("old", "b"),)


def test_the_other_journey_of_a_step_is_the_one_after_the_earlier_commands() -> None:
    """It is found by its subject where the programme asks for no claim."""
    anywhere = altered(WALK_UP, identity_at_booking=False)
    one, two = household("new", "old", claims=CLAIMS[:2], places=2)
    theirs = altered(initial(), subject="new")
    later = altered(two, brought={**two.brought, "claim": None, "other": theirs})
    first = altered(one, brought={**one.brought, "claim": None})
    reservation.decide_together(later, now=NOW, programme=anywhere)
    with pytest.raises(Rejected) as refused:
        reservation.decide_together(first, later, now=NOW, programme=anywhere)
    assert refused.value.code == "already-booked"


def decided_alone(asked: Asked) -> tuple[reservation.AnyEvent, ...]:
    """The events of one command."""
    (events,) = reservation.decide_together(asked, now=NOW, programme=WALK_UP)
    return events


def test_commands_of_one_person_follow_each_other() -> None:
    (anna,) = household("anna", claims=CLAIMS[:1], places=1)
    cancel = reservation.Cancel(id="c", actor=Actor.PERSON, subject="anna", booking="b")
    _, (cancelled,) = reservation.decide_together(
        anna, Asked(initial(), cancel), now=NOW, programme=WALK_UP
    )
    assert cancelled.version == 2


def test_only_what_was_asked_as_such_is_decided_together() -> None:
    with pytest.raises(TypeError, match="asked: expected commands as Asked"):
        reservation.decide_together({}, now=NOW)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(TypeError, match="colour"):
        reservation.decide_together(
            Asked(
                initial(), household("anna", claims=CLAIMS[:1], places=1)[0].command, {"colour": 1}
            ),
            now=NOW,
        )
