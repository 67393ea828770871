"""The cases of issue 13 that were wrong, and are not covered by name elsewhere."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve as altered

from vaxpolicy import catalog, eligibility, reservation, testing
from vaxpolicy.booking import slots
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.identity import IdentityForm, RegistryAnswer, check_form
from vaxpolicy.reservation import (
    Actor,
    Book,
    BookingRef,
    BrokenStream,
    CancelUntil,
    CheckIn,
    Correct,
    CorrectionReason,
    EditLock,
    Notify,
    Place,
    PlaceAnswer,
    Programme,
    RecordDose,
    Register,
    Rejected,
    Slot,
    State,
    Status,
    Vaccinate,
    Window,
    initial,
)
from vaxpolicy.testing.journey_laws import broken

ROUND_19 = catalog.load("tw/covid19-1922/round-19")
SLOT = Slot("site-1", date(2022, 1, 20), "morning", "BNT", 3)
NOW = datetime(2022, 1, 15, 15, tzinfo=TAIWAN)
ME: dict[str, Any] = {"actor": Actor.PERSON, "subject": "anna"}
OFFICE: dict[str, Any] = {"actor": Actor.PROGRAMME, "subject": "anna"}
SITE: dict[str, Any] = {"actor": Actor.SITE, "subject": "anna"}
BOOK = Book(id="b", **ME, policy_id=ROUND_19.id, slot=SLOT)
FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
CLAIM = check_form(FORM, on=NOW.date())
PERSON = Person(
    date(1975, 1, 9),
    [Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 10, 5))],
    groups=(),
    key="anna",
)
OPEN = Programme(registration="none")
BROUGHT: dict[str, Any] = {
    "policy": ROUND_19,
    "decision": eligibility.decide(ROUND_19, PERSON),
    "place": Place(SLOT, BookingRef("anna", "b"), PlaceAnswer.KEPT),
    "claim": CLAIM,
    "registry": RegistryAnswer.MATCHED,
    "programme": OPEN,
}


def do(state: State, command: Any, now: datetime = NOW, **brought: Any) -> State:
    events = reservation.decide(state, command, now=now, **brought)
    return reservation.replay(events, since=state)


def code(state: State, command: Any, now: datetime = NOW, **brought: Any) -> str:
    with pytest.raises(Rejected) as refused:
        do(state, command, now, **brought)
    return refused.value.code


@pytest.mark.parametrize(
    ("brought", "expected"),
    [
        ({"claim": None}, "identity-not-verified"),
        ({"registry": RegistryAnswer.NOT_MATCHED}, "not-matched"),
        ({"registry": RegistryAnswer.UNAVAILABLE}, "registry-unavailable"),
    ],
)
def test_round_19_without_registration_asks_who_it_is(
    brought: dict[str, Any], expected: str
) -> None:
    assert code(initial(), BOOK, **BROUGHT | brought) == expected
    settings = altered(OPEN, identity_at_booking=False)
    assert do(initial(), BOOK, **BROUGHT | brought | {"programme": settings}).booking is not None


def test_an_answer_of_three_oclock_is_not_one_of_six() -> None:
    three = NOW
    held = Place(
        SLOT, BookingRef("anna", "b"), PlaceAnswer.KEPT, until=three + timedelta(minutes=10)
    )
    known = BROUGHT | {"place": held}
    assert do(initial(), BOOK, three, **known).status is Status.BOOKED
    assert code(initial(), BOOK, three + timedelta(hours=3), **known) == "hold-over"


def test_told_of_one_round_then_of_another_and_not_of_the_first_again() -> None:
    rounds = [catalog.load(f"tw/covid19-1922/round-{number}") for number in (13, 15)]
    wish = eligibility.Willingness({"BNT": datetime(2021, 10, 1, tzinfo=TAIWAN)})
    person = Person(date(1960, 5, 1), (), groups=(), willingness=wish, key="anna")
    at = datetime(2021, 11, 22, 15, tzinfo=TAIWAN)
    state = initial()
    required = altered(rounds[0], notification="required")
    for policy, now in ((required, at - timedelta(days=20)), (rounds[1], at)):
        decision = altered(eligibility.decide(policy, person), policy_digest=policy.digest)
        told = Notify(id=policy.id, **OFFICE, policy_id=policy.id)
        known: dict[str, Any] = {"delivery": reservation.Delivery.DELIVERED, "programme": OPEN}
        state = do(state, told, now, policy=policy, decision=decision, **known)
    again = Notify(id="again", **OFFICE, policy_id=required.id)
    decision = altered(eligibility.decide(required, person), policy_digest=required.digest)
    assert len(state.notices) == 2
    assert code(state, again, at, policy=required, decision=decision, **known) == "already-notified"
    assert [each.policy_id for each in state.notices_of(required.id)] == [required.id]


@pytest.mark.parametrize("number", [0, -3, "1", True])
def test_a_dose_has_a_number(number: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="dose"):
        RecordDose(id="d", **OFFICE, dose=number, given=Dose("AZ", date(2021, 7, 1)))


def test_an_influenza_dose_is_not_a_dose_of_a_covid_19_journey() -> None:
    given = RecordDose(id="d", **OFFICE, dose=1, given=Dose("Influenza", date(2021, 10, 1)))
    assert code(initial(), given, policy=ROUND_19) == "dose-of-another-disease"


def test_dose_2_is_not_recorded_before_dose_1() -> None:
    second = RecordDose(id="d", **OFFICE, dose=2, given=Dose("AZ", date(2021, 10, 1)))
    assert code(initial(), second, policy=ROUND_19) == "dose-number"


def test_a_second_season_counts_from_one() -> None:
    state = initial()
    for year in (2024, 2025):
        policy = catalog.load(f"tw/influenza/{year}")
        given = Dose("Influenza", date(year, 10, 15))
        command = RecordDose(id=f"d{year}", **OFFICE, dose=1, given=given)
        now = datetime(year, 11, 1, tzinfo=TAIWAN)
        state = do(state, command, now, policy=policy)
    assert len(state.doses) == 2


def test_corrections_can_be_made_in_any_order() -> None:
    """A vaccination and a dose recorded after it: without both the booking lives, either way."""
    state = do(initial(), BOOK, **BROUGHT)
    day = datetime(2022, 1, 20, 10, tzinfo=TAIWAN)
    state = do(state, Vaccinate(id="v", **SITE, booking="b"), day)
    later = RecordDose(id="d", **OFFICE, dose=4, given=Dose("AZ", date(2022, 1, 19)))
    state = do(state, later, day)
    ends = []
    for order in ((2, 3), (3, 2)):
        after = state
        for version in order:
            command = Correct(
                id=f"c{version}", **OFFICE, event=version, reason=CorrectionReason.WRONG_PERSON
            )
            after = do(after, command, day)
        ends.append((after.status, after.booking, after.doses))
    assert ends[0] == ends[1] == (Status.BOOKED, state.history[0], ())


def test_steps_that_can_be_taken_back_are_as_many_as_there_can_be_doses() -> None:
    state = do(initial(), BOOK, **BROUGHT)
    state = do(state, reservation.Miss(id="m", **SITE, booking="b"), NOW + timedelta(days=30))
    now = NOW + timedelta(days=300)
    for number in range(110):
        given = Dose("AZ", date(2022, 1, 1) + timedelta(days=number))
        state = do(state, RecordDose(id=f"d{number}", **OFFICE, dose=1, given=given), now)
    assert state.step is not None
    for version in (20, state.version):
        command = Correct(
            id=f"c{version}", **OFFICE, event=version, reason=CorrectionReason.ENTERED_IN_ERROR
        )
        state = do(state, command, now)
    assert (len(state.doses), state.status) == (108, Status.VACCINATED)


def test_a_dose_on_record_is_not_given_again_that_day() -> None:
    state = do(initial(), BOOK, **BROUGHT)
    day = datetime(2022, 1, 20, 10, tzinfo=TAIWAN)
    record = RecordDose(id="d", **OFFICE, dose=3, given=Dose("BNT", date(2022, 1, 20)))
    state = do(state, record, day)
    assert code(state, Vaccinate(id="v", **SITE, booking="b"), day) == "dose-recorded"
    other = Vaccinate(id="v", **SITE, booking="b", given=Dose("AZ", date(2022, 1, 20)))
    assert do(state, other, day).status is Status.VACCINATED


def test_the_second_dose_is_like_the_first_under_the_other_pseudonym() -> None:
    given = RecordDose(
        id="d",
        actor=Actor.PROGRAMME,
        subject="old name",
        dose=1,
        given=Dose("AZ", date(2021, 10, 5)),
    )
    theirs = do(initial(), given)
    same = altered(OPEN, same_vaccine=True)
    first = altered(BROUGHT["decision"], offers=tuple(BROUGHT["decision"].offers))
    known = BROUGHT | {"programme": same, "other": theirs, "decision": first}
    assert code(initial(), BOOK, **known) == "vaccine-fixed"


def test_a_notification_of_a_dose_needs_an_offer_of_it() -> None:
    policy = altered(ROUND_19, notification="reminder")
    told = Notify(id="n", **OFFICE, policy_id=policy.id, dose=2)
    known: dict[str, Any] = {
        "policy": policy,
        "decision": altered(BROUGHT["decision"], policy_digest=policy.digest),
        "delivery": reservation.Delivery.DELIVERED,
        "programme": OPEN,
    }
    assert code(initial(), told, **known) == "not-offered"
    assert do(initial(), altered(told, dose=3), **known).status is Status.NOTIFIED


@pytest.mark.parametrize(
    "make",
    [
        lambda: Programme(registration="Required"),  # type: ignore[arg-type]
        lambda: CancelUntil(-1, datetime(2022, 1, 1, 18).time()),  # noqa: DTZ001
        lambda: Programme(most_districts="3"),  # type: ignore[arg-type]
        lambda: Programme(vaccines="Moderna"),  # type: ignore[arg-type]
        lambda: EditLock(-1, datetime(2022, 1, 1, 18).time(), notified=True),  # noqa: DTZ001
        lambda: Window(opens=datetime(2022, 1, 1), closes=NOW),  # noqa: DTZ001
        lambda: Window(opens=NOW, closes=NOW - timedelta(days=1)),
    ],
)
def test_a_setting_that_cannot_be_is_refused_when_made(make: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        make()


@pytest.mark.parametrize("subject", ["A123456789-1", "p A123456789", "urn:tw:A123456789"])
def test_a_number_is_found_inside_a_name(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        Register(id="r", actor=Actor.PERSON, subject=subject, vaccines=("AZ",), districts=("d",))


def test_streams_that_no_journey_gave_are_broken() -> None:
    state = do(initial(), BOOK, **BROUGHT)
    (booked,) = state.history
    given = reservation.Vaccinated(
        2,
        datetime(2022, 1, 20, 10, tzinfo=TAIWAN),
        Vaccinate(id="v", **SITE, booking="b"),
        2,
        Dose("BNT", date(2022, 1, 20)),
    )
    for wrong in (
        given,
        altered(booked, version=2),
        altered(given, command=altered(given.command, id="b")),
    ):
        with pytest.raises(BrokenStream):
            reservation.replay((booked, wrong))


def test_what_has_passed_is_not_possible_from_then_on() -> None:
    state = do(initial(), BOOK, **BROUGHT)
    late = datetime(2022, 1, 21, 9, tzinfo=TAIWAN)
    with pytest.raises(Rejected) as refused:
        do(state, CheckIn(id="c", **SITE, booking="b"), late, policy=ROUND_19)
    assert (refused.value.code, refused.value.possible_from) == ("not-the-day", None)


def test_a_campaign_without_windows_says_that_it_books_no_places() -> None:
    policy = catalog.load("tw/influenza/2025")
    person = Person(date(1950, 5, 5), (), groups={"status/national"}, key="anna")
    slot = Slot("site-1", date(2025, 10, 20), "morning", "Influenza", 1)
    book = Book(id="b", **ME, policy_id=policy.id, slot=slot)
    known = BROUGHT | {
        "policy": policy,
        "decision": eligibility.decide(policy, person),
        "place": Place(slot, BookingRef("anna", "b"), PlaceAnswer.KEPT),
    }
    now = datetime(2025, 10, 10, 9, tzinfo=TAIWAN)
    assert code(initial(), book, now, **known) == "books-no-places"
    settings = altered(OPEN, books_without_window=True)
    assert do(initial(), book, now, **known | {"programme": settings}).booking is not None


def test_five_people_in_turn_get_one_place() -> None:
    """A person who holds, books and confirms in one append has the place; the others find it full."""
    opening = slots.Open(id="o", actor=Actor.SITE, slot=SLOT, places=1)
    capacity = slots.replay(slots.decide(slots.initial(), opening, now=NOW - timedelta(days=1)))
    booked = 0
    for number in range(5):
        name, now = f"p-{number}", NOW + timedelta(minutes=20 * number)
        mine = BookingRef(name, "b")
        hold = slots.Hold(
            id=f"h{number}", actor=Actor.PERSON, booking=mine, until=now + timedelta(minutes=10)
        )
        if slots.free(capacity, now) == 0:
            with pytest.raises(Rejected, match="slot-full"):
                slots.decide(capacity, hold, now=now)
            continue
        held = slots.replay(slots.decide(capacity, hold, now=now), since=capacity)
        confirm = slots.Confirm(id=f"c{number}", actor=Actor.PERSON, booking=mine)
        capacity = slots.replay(slots.decide(held, confirm, now=now), since=held)
        known = BROUGHT | {
            "decision": eligibility.decide(ROUND_19, altered(PERSON, key=name)),
            "place": slots.place(capacity, SLOT, mine, now),
        }
        booked += do(initial(), altered(BOOK, subject=name), now, **known).booking is not None
    assert booked == 1


def recorded(*doses: Dose) -> State:
    """A journey with these doses on record, each the first of its kind."""
    state = initial()
    for number, given in enumerate(doses):
        command = RecordDose(id=f"d{number}", **OFFICE, dose=number + 1, given=given)
        state = do(state, command, datetime(2026, 11, 1, tzinfo=TAIWAN))
    return state


def in_round(state: State, policy: Any, dose: int, given: Dose) -> testing.Step:
    """The step of a dose that is recorded in a round; the named invariants hold of it."""
    command = RecordDose(id="next", **OFFICE, dose=dose, given=given)
    taken = testing.step(
        state, command, now=datetime(2026, 11, 2, tzinfo=TAIWAN), policy=policy, programme=OPEN
    )
    assert broken(taken) == ()
    return taken


BORN_WITH = Dose("HepB", date(2026, 9, 1))
NEXT = Dose("BCG", date(2026, 10, 1))


def test_a_programme_against_several_diseases_counts_doses_by_disease() -> None:
    childhood = catalog.load("tw/childhood/2025")
    by_disease = altered(childhood, minimums=(), spacings=())
    state = recorded(BORN_WITH)
    assert in_round(state, by_disease, 1, NEXT).events
    refused = in_round(state, by_disease, 2, NEXT).refused
    assert refused is not None
    assert refused.code == "dose-number"
    second = Dose("HepB", date(2026, 10, 1))
    assert in_round(state, by_disease, 2, second).events


def test_where_some_doses_do_not_count_the_journey_leaves_the_number_to_the_decision() -> None:
    childhood = catalog.load("tw/childhood/2025")
    state = recorded(BORN_WITH)
    second = Dose("HepB", date(2026, 10, 1))
    assert in_round(state, childhood, 1, second).events
    assert in_round(state, childhood, 2, second).events
    assert in_round(state, childhood, 3, second).refused is not None


def test_a_rule_that_counts_the_doses_of_some_vaccines_only_is_followed() -> None:
    policy = catalog.load("tw/pneumococcal/2026")
    rules = [rule for stage in policy.stages for rule in stage.rules if rule.counts]
    rule = next(it for it in rules if it.dose == 1)
    mine = rule.vaccines[0]
    other = next(it for it in ("PPV23", "PCV13", "PCV20") if it not in rule.counts)
    plain = altered(policy, minimums=(), spacings=())
    state = recorded(Dose(other, date(2026, 1, 20)))
    assert in_round(state, plain, 1, Dose(mine, date(2026, 10, 1))).events


def test_a_page_is_told_of_a_dose_that_was_given_also_without_a_round() -> None:
    state = recorded(*(Dose("AZ", date(2026, month, 1)) for month in (1, 2, 3)))
    (book,) = reservation.may(state, BOOK, now=datetime(2026, 11, 2, tzinfo=TAIWAN), programme=OPEN)
    assert "dose-already-given" in {each.code for each in book.lacks}


def test_a_journey_may_pause_for_nine_years_and_not_for_ten() -> None:
    first = RecordDose(id="d", **OFFICE, dose=1, given=Dose("AZ", date(2021, 7, 1)))
    state = do(initial(), first, datetime(2021, 7, 2, tzinfo=TAIWAN))
    later = RecordDose(id="e", **OFFICE, dose=2, given=Dose("AZ", date(2030, 7, 1)))
    assert do(state, later, datetime(2030, 7, 2, tzinfo=TAIWAN)).version == 2
    assert code(state, later, datetime(2031, 7, 2, tzinfo=TAIWAN)) == "clock-ahead"


def test_the_record_of_a_decision_is_kept_by_its_digest_alone() -> None:
    digest = "0" * 64
    (booked,) = do(initial(), BOOK, **BROUGHT, record=digest).history
    assert isinstance(booked, reservation.Booked)
    assert booked.record == digest
    for wrong in ("A123456789", "", "second-immunocompromised"):
        with pytest.raises(ValueError, match="record"):
            do(initial(), BOOK, **BROUGHT, record=wrong)
