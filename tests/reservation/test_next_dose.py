"""Two doses booked together: `Book` and `BookNext`, where the programme allows it."""

from datetime import date, datetime, time
from typing import Any

import pytest
from attrs import evolve as altered

from vaxpolicy import catalog, eligibility, reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.request import is_over
from vaxpolicy.catalog import Campaign
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.identity import IdentityForm, MobileNumber, RegistryAnswer, check_form
from vaxpolicy.reservation import (
    Actor,
    AddVaccine,
    Amend,
    Asked,
    Book,
    BookedNext,
    BookingRef,
    BookNext,
    BrokenStream,
    Cancel,
    CancelSession,
    CancelUntil,
    Change,
    CheckIn,
    Correct,
    CorrectionReason,
    Defer,
    Miss,
    Move,
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
    Withdraw,
    evolve,
    initial,
    replay,
    supposing,
)
from vaxpolicy.testing.journey_laws import broken, step

ANNA = "anna"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2027-{text}").replace(tzinfo=TAIWAN)


def a_rule(dose: int, **condition: Any) -> dict[str, Any]:
    every = [{"age_at_least": 18, "on": "day"}, *([condition] if condition else [])]
    return {
        "id": f"dose-{dose}",
        "dose": dose,
        "vaccines": ["AZ", "BNT"],
        "cites": ["notice"],
        "all": every,
    }


def two_doses(name: str, last: date) -> Campaign:
    return catalog.parse_campaign(
        {
            "id": f"example/{name}",
            "version": "1.0.0",
            "announced": date(2027, 1, 4),
            "disease": "covid19",
            "notification": "none",
            "licences_apply": False,
            "sources": {
                "notice": {
                    "publisher": "Example",
                    "url": "https://example.org/two-doses",
                    "checked": date(2027, 1, 4),
                    "support": "official",
                }
            },
            "stages": [
                {
                    "id": "only",
                    "vaccination_days": {"first": date(2027, 2, 1), "last": last},
                    "rules": [a_rule(1), a_rule(2, dose_due_after_days=28, on="day")],
                    "cites": ["notice"],
                    "windows": [
                        {"opens": at("01-20 10:00"), "closes": at("02-10 12:00"), "doses": [1]},
                        {"opens": at("01-20 10:00"), "closes": at("04-20 12:00"), "doses": [2]},
                    ],
                }
            ],
            "programme": {"registration": "none", "books_next_dose": True},
        }
    )


CAMPAIGN = two_doses("two-doses", date(2027, 4, 30))
LATER = two_doses("two-doses-later", date(2027, 5, 31)).policy
POLICY, PROGRAMME = CAMPAIGN.policy, CAMPAIGN.programme
PERSON = Person(birth_date=date(1980, 5, 1), doses=(), groups=frozenset(), key=ANNA)
FORM = IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True)
WHO: dict[str, Any] = {
    "claim": check_form(FORM, on=date(2027, 1, 4)),
    "registry": RegistryAnswer.MATCHED,
}
NOW = "01-21 10:00"
FIRST = Slot("site-1", date(2027, 2, 3), "morning", "BNT", 1)
NEXT = Slot("site-1", date(2027, 3, 3), "morning", "BNT", 2)
ME: dict[str, Any] = {"actor": Actor.PERSON, "subject": ANNA}
SITE: dict[str, Any] = {"actor": Actor.SITE, "subject": ANNA}
BOOK = Book(id="b1", **ME, policy_id=POLICY.id, slot=FIRST)
BOOK_NEXT = BookNext(id="b2", **ME, policy_id=POLICY.id, slot=NEXT)


def kept(command: Any) -> Place:
    return Place(command.slot, BookingRef(command.subject, command.id), PlaceAnswer.KEPT)


def brought(state: State, command: Any, **other: Any) -> dict[str, Any]:
    ahead = isinstance(command, BookNext)
    person = supposing(PERSON, state) if ahead else reservation.with_journey(PERSON, state)
    known: dict[str, Any] = {
        **WHO,
        "programme": PROGRAMME,
        "policy": POLICY,
        "decision": eligibility.decide(POLICY, altered(person, key=ANNA)),
    }
    if ahead:
        known["supposes"] = state.booked_dose
    if hasattr(command, "slot"):
        known["place"] = kept(command)
    return known | other


def do(state: State, command: Any, when: str = NOW, **other: Any) -> State:
    it = step(state, command, now=at(when), **brought(state, command, **other))
    assert not broken(it), broken(it)
    if it.refused is not None:
        raise it.refused
    return it.after


def refused(state: State, command: Any, when: str = NOW, **other: Any) -> str:
    with pytest.raises(Rejected) as refusal:
        do(state, command, when, **other)
    return refusal.value.code


@pytest.fixture(name="one")
def _one() -> State:
    return do(initial(), BOOK)


@pytest.fixture(name="both")
def _both(one: State) -> State:
    return do(one, BOOK_NEXT)


def ids(state: State) -> tuple[str | None, str | None]:
    booked = (state.booking, state.next_booking)
    first, ahead = (None if each is None else each.id for each in booked)
    return first, ahead


def test_both_doses_in_one_step_or_none() -> None:
    booked = do(initial(), BOOK)
    first, ahead = brought(initial(), BOOK), brought(booked, BOOK_NEXT)
    for each in (first, ahead):
        del each["programme"]
    both = [Asked(initial(), BOOK, first), Asked(initial(), BOOK_NEXT, ahead)]
    (one,), (two,) = reservation.decide_together(*both, now=at(NOW), programme=PROGRAMME)
    assert isinstance(two, BookedNext)
    assert (one.version, two.version) == (1, 2)
    assert ids(replay([one, two])) == ("b1", "b2")
    early = altered(BOOK_NEXT, slot=altered(NEXT, day=date(2027, 3, 2)))
    ahead |= {"place": kept(early)}
    both[1] = Asked(initial(), early, ahead)
    with pytest.raises(Rejected) as refusal:
        reservation.decide_together(*both, now=at(NOW), programme=PROGRAMME)
    assert refusal.value.code == "day-not-offered"
    assert refusal.value.affected == (BookingRef(ANNA, "b2"),)


def test_each_booking_has_a_place_of_its_own() -> None:
    capacity = slots.initial()
    for each in (BOOK, BOOK_NEXT):
        opened = slots.Open(id="o", actor=Actor.SITE, slot=each.slot, places=1)
        mine = BookingRef(ANNA, each.id)
        taken = slots.decide_together(
            capacity, opened, slots.Take(id="t", actor=Actor.PERSON, booking=mine), now=at(NOW)
        )
        assert slots.free(slots.replay(taken), at(NOW)) == 0


def test_no_programme_allows_it_unless_it_says_so(one: State) -> None:
    assert not Programme().books_next_dose
    single = altered(PROGRAMME, books_next_dose=False)
    assert refused(one, BOOK_NEXT, programme=single) == "one-dose-at-a-time"


def test_nothing_is_booked_next_without_a_first() -> None:
    assert refused(initial(), BOOK_NEXT) == "no-booking"
    assert initial().booked_dose is None
    assert supposing(PERSON, initial()).doses == ()


def test_only_one_dose_ahead(both: State) -> None:
    third = altered(BOOK_NEXT, id="b3", slot=altered(NEXT, dose=3, day=date(2027, 4, 20)))
    assert refused(both, third) == "next-dose-booked"


@pytest.mark.parametrize(
    ("slot", "code"),
    [
        (altered(NEXT, dose=3), "not-next-dose"),
        (altered(NEXT, day=FIRST.day), "not-next-dose"),
        (altered(NEXT, day=date(2027, 3, 2)), "day-not-offered"),
        (altered(NEXT, day=date(2027, 5, 1)), "day-not-offered"),
        (altered(NEXT, vaccine="Moderna"), "not-offered"),
    ],
)
def test_the_slot_is_for_the_next_dose_after_the_interval(
    one: State, slot: Slot, code: str
) -> None:
    assert refused(one, altered(BOOK_NEXT, slot=slot)) == code


def test_the_same_vaccine_where_the_programme_says_so(one: State) -> None:
    strict = altered(PROGRAMME, same_vaccine=True)
    other = altered(BOOK_NEXT, slot=altered(NEXT, vaccine="AZ"))
    assert refused(one, other, programme=strict) == "vaccine-fixed"
    assert ids(do(one, other)) == ("b1", "b2")


def test_the_window_of_the_next_dose_is_asked_too(one: State) -> None:
    assert refused(one, BOOK_NEXT, "01-21 09:59") == "clock-behind"
    assert ids(do(one, BOOK_NEXT, "02-02 12:00")) == ("b1", "b2")
    closed = [altered(each, doses=(2,)) for each in POLICY.stages[0].windows[:1]]
    assert closed
    decision = brought(one, BOOK_NEXT)["decision"]
    offers = tuple(
        altered(each, window_cases=((altered(closed[0], closes=at("01-21 10:00")),),))
        for each in decision.offers
    )
    late = altered(decision, offers=offers)
    assert refused(one, BOOK_NEXT, decision=late) == "window-not-open"


def test_nothing_rests_on_a_booking_whose_day_is_over(one: State) -> None:
    assert refused(one, BOOK_NEXT, "02-04 09:00") == "booking-over"


def test_the_decision_supposes_the_booked_dose(one: State) -> None:
    dose = Dose("BNT", FIRST.day)
    assert one.booked_dose == dose
    assert supposing(PERSON, one).doses == (dose,)
    assert supposing(altered(PERSON, doses=(dose,)), one).doses == (dose,)
    assert supposing(altered(PERSON, doses=None), one).doses is None
    for supposed in (None, Dose("AZ", FIRST.day), Dose("BNT", date(2027, 1, 20))):
        assert refused(one, BOOK_NEXT, supposes=supposed) == "supposes-another-dose"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"claim": None}, "identity-not-verified"),
        ({"registry": RegistryAnswer.UNAVAILABLE}, "registry-unavailable"),
        ({"place": None}, "capacity-unknown"),
        ({"place": kept(BOOK)}, "other-place"),
        ({"policy": None}, "other-policy"),
        ({"decision": None}, "not-decided"),
    ],
)
def test_all_that_a_booking_needs_is_needed(one: State, other: Any, code: str) -> None:
    assert refused(one, BOOK_NEXT, **other) == code


def test_a_person_with_two_pseudonyms_has_one_pair_of_bookings(one: State) -> None:
    theirs = altered(BOOK, subject="anna's old number")
    other = do(initial(), theirs, decision=brought_for("anna's old number"), place=kept(theirs))
    assert refused(one, BOOK_NEXT, other=other) == "already-booked"


def brought_for(subject: str) -> Any:
    return eligibility.decide(POLICY, altered(PERSON, key=subject))


def test_dose_2_is_not_booked_when_dose_1_was_given_elsewhere(one: State) -> None:
    recorded = do(
        one,
        RecordDose(
            id="r", actor=Actor.PROGRAMME, subject=ANNA, dose=1, given=Dose("AZ", date(2027, 1, 20))
        ),
    )
    assert refused(recorded, BOOK_NEXT) == "not-eligible"
    before = brought(one, BOOK_NEXT)["decision"]
    assert refused(recorded, BOOK_NEXT, decision=before) == "dose-already-given"


def test_one_or_both_are_cancelled(both: State) -> None:
    alone = do(both, Cancel(id="c", **ME, booking="b2"), "01-22 10:00")
    assert (alone.status, ids(alone)) == (Status.BOOKED, ("b1", None))
    assert alone.booked_round_ends == date(2027, 4, 30)
    none = do(both, Cancel(id="c", **ME, booking="b1"), "01-22 10:00")
    assert (none.status, ids(none)) == (Status.CANCELLED, (None, None))
    assert refused(both, Cancel(id="c", **ME, booking="b3")) == "other-booking"


def test_each_is_cancelled_until_its_own_end(both: State) -> None:
    until = altered(PROGRAMME, cancel=CancelUntil(days_before=1, at=time(18)))
    late = "02-02 18:00"
    first, ahead = Cancel(id="c", **ME, booking="b1"), Cancel(id="c", **ME, booking="b2")
    assert refused(both, first, late, programme=until) == "cancel-too-late"
    assert ids(do(both, ahead, late, programme=until)) == ("b1", None)
    over = "03-04 09:00"
    assert refused(both, ahead, over, programme=until) == "booking-over"


def test_a_cancelled_session_ends_one_or_both(both: State) -> None:
    alone = do(both, CancelSession(id="s", **SITE, booking="b2"))
    assert (alone.status, ids(alone), alone.carried) == (Status.BOOKED, ("b1", None), None)
    given = do(alone, Vaccinate(id="v", **SITE, booking="b1"), "02-03 09:00")
    assert given.carried == POLICY.id
    none = do(both, CancelSession(id="s", **SITE, booking="b1"))
    assert (none.status, ids(none), none.carried) == (Status.CARRIED_OVER, (None, None), POLICY.id)


def test_the_first_stays_where_it_is_while_the_next_is_booked(both: State) -> None:
    new = altered(FIRST, session="afternoon")
    change = Change(id="ch", **ME, policy_id=POLICY.id, slot=new, booking="b1")
    move = Move(id="mo", **SITE, policy_id=POLICY.id, slot=new, booking="b1")
    assert refused(both, change) == refused(both, move) == "next-dose-booked"
    assert refused(both, altered(change, booking="b2")) == "other-booking"
    alone = do(both, Cancel(id="c", **ME, booking="b2"))
    moved = do(alone, change)
    assert ids(do(moved, altered(BOOK_NEXT, id="b5"))) == ("ch", "b5")


def test_the_next_booking_is_the_live_one_after_the_dose(both: State) -> None:
    arrived = do(both, CheckIn(id="in", **SITE, booking="b1"), "02-03 09:00")
    assert refused(arrived, altered(BOOK_NEXT, id="b9"), "02-03 09:00") == "already-arrived"
    given = do(arrived, Vaccinate(id="v", **SITE, booking="b1"), "02-03 09:30")
    assert (given.status, ids(given)) == (Status.BOOKED, ("b2", None))
    new = altered(NEXT, day=date(2027, 3, 10))
    change = Change(id="ch", **ME, policy_id=POLICY.id, slot=new, booking="b2")
    changed = do(given, change, "02-04 10:00")
    assert ids(changed) == ("ch", None)
    second = do(changed, CheckIn(id="in2", **SITE, booking="ch"), "03-10 09:00")
    done = do(second, Vaccinate(id="v2", **SITE, booking="ch"), "03-10 09:10")
    assert (done.status, ids(done)) == (Status.VACCINATED, (None, None))
    assert [each.dose for each in done.doses] == [1, 2]
    assert replay(done.history) == done


def test_a_dose_that_was_given_too_late_is_seen_at_check_in(both: State) -> None:
    late = Vaccinate(id="v", **SITE, booking="b1", given=Dose("BNT", date(2027, 2, 20)))
    given = do(both, late, "02-20 10:00")
    assert ids(given) == ("b2", None)
    assert refused(given, CheckIn(id="in", **SITE, booking="b2"), "03-03 09:00") == (
        "day-not-offered"
    )


@pytest.mark.parametrize(
    ("ends", "when"),
    [
        (Miss(id="m", **SITE, booking="b1"), "02-04 09:00"),
        (Defer(id="d", **SITE, booking="b1"), "02-03 09:00"),
    ],
)
def test_without_the_first_dose_the_next_booking_ends(both: State, ends: Any, when: str) -> None:
    ended = do(both, ends, when)
    assert ids(ended) == (None, None)
    version = ended.version
    back = Correct(id="k", **SITE, event=version, reason=CorrectionReason.ENTERED_IN_ERROR)
    assert ids(do(ended, back, when)) == ("b1", None)


def test_a_vaccination_that_is_taken_back_brings_both_bookings_back(both: State) -> None:
    arrived = do(both, CheckIn(id="in", **SITE, booking="b1"), "02-03 09:00")
    given = do(arrived, Vaccinate(id="v", **SITE, booking="b1"), "02-03 09:30")
    wrong = CorrectionReason.WRONG_PERSON
    back = do(given, Correct(id="k", **SITE, event=4, reason=wrong), "02-03 10:00")
    assert (back.status, ids(back), back.doses) == (Status.ARRIVED, ("b1", "b2"), ())
    out = do(back, Correct(id="k2", **SITE, event=3, reason=wrong), "02-03 10:00")
    assert (out.status, ids(out)) == (Status.BOOKED, ("b1", "b2"))
    cancelled = do(given, Cancel(id="c", **ME, booking="b2"), "02-03 11:00")
    alone = do(cancelled, Correct(id="k", **SITE, event=4, reason=wrong), "02-03 11:00")
    assert (alone.status, ids(alone), alone.doses) == (Status.CANCELLED, (None, None), ())


def test_a_vaccination_that_is_taken_back_leaves_no_trace_of_the_later_round(one: State) -> None:
    facts = altered(supposing(PERSON, one), key=ANNA)
    later: dict[str, Any] = {"policy": LATER, "decision": eligibility.decide(LATER, facts)}
    both = do(one, altered(BOOK_NEXT, policy_id=LATER.id), **later)
    given = do(both, Vaccinate(id="v", **SITE, booking="b1"), "02-03 09:30")
    assert (both.booked_round_ends, given.booked_round_ends) == (
        date(2027, 4, 30),
        date(2027, 5, 31),
    )
    reason = CorrectionReason.WRONG_PERSON
    back = do(given, Correct(id="k", **SITE, event=3, reason=reason), "02-03 10:00")
    assert altered(back, history=both.history) == both


def test_neither_vaccine_is_unticked_while_booked() -> None:
    windows = POLICY.stages[0].windows[:1]
    asked = altered(
        PROGRAMME, registration="required", registration_windows=windows, edit_lock=None
    )
    register = Register(id="r", **ME, vaccines=("AZ", "BNT"), districts=("d",))
    state = do(initial(), register, programme=asked, mobile=MobileNumber.parse("0912345678"))
    state = do(state, BOOK, programme=asked)
    state = do(state, altered(BOOK_NEXT, slot=altered(NEXT, vaccine="AZ")), programme=asked)
    for vaccines, code in ((("AZ",), "vaccine-booked"), (("BNT",), "vaccine-booked")):
        amend = Amend(id="am", **ME, vaccines=vaccines, districts=("d",))
        assert refused(state, amend, programme=asked) == code


def test_an_impossible_stream_is_broken(one: State, both: State) -> None:
    ahead = both.history[1]
    assert isinstance(ahead, BookedNext)

    def event(version: int, **changes: Any) -> BookedNext:
        return altered(
            ahead, version=version, command=altered(ahead.command, id=f"x{version}", **changes)
        )

    for state, wrong in (
        (both, event(3)),
        (one, event(2, slot=altered(NEXT, dose=3))),
        (one, event(2, slot=altered(NEXT, day=FIRST.day))),
    ):
        with pytest.raises(BrokenStream):
            evolve(state, wrong)
    new = altered(FIRST, session="afternoon")
    change = Change(id="ch", **ME, policy_id=POLICY.id, slot=new, booking="b1")
    (changed,) = reservation.decide(one, change, now=at(NOW), **brought(one, change))
    with pytest.raises(BrokenStream):
        evolve(both, altered(changed, version=3))


def test_a_changed_vaccine_is_not_hidden_from_the_next_dose(one: State) -> None:
    """A decision made before the booking was changed supposes another dose."""
    before = brought(one, BOOK_NEXT)
    new = altered(FIRST, day=date(2027, 2, 10))
    changed = do(one, Change(id="ch", **ME, policy_id=POLICY.id, slot=new, booking="b1"))
    stale = {name: before[name] for name in ("decision", "supposes")}
    assert refused(changed, BOOK_NEXT, **stale) == "supposes-another-dose"
    assert refused(changed, BOOK_NEXT) == "day-not-offered"


def event_of(state: State, command: Any, **other: Any) -> Any:
    """The event that follows a command, before it is added."""
    (event,) = reservation.decide(state, command, now=at(NOW), **brought(state, command, **other))
    return event


def test_edits_and_moves_that_no_journey_gave_are_broken(one: State) -> None:
    change = Change(
        id="ch", **ME, policy_id=POLICY.id, slot=altered(FIRST, session="noon"), booking="b1"
    )
    changed = event_of(one, change)
    moved = event_of(one, Move(id="mo", **SITE, **fields_of(change)))
    elsewhere = {"policy_id": "another-round"}
    for event, changes in (
        (changed, {"slot": FIRST}),
        (changed, elsewhere),
        (moved, elsewhere),
        (moved, {"slot": altered(change.slot, vaccine="AZ")}),
    ):
        with pytest.raises(BrokenStream):
            evolve(one, altered(event, command=altered(event.command, **changes)))


def fields_of(change: Change) -> dict[str, Any]:
    return {"policy_id": change.policy_id, "slot": change.slot, "booking": change.booking}


def test_registrations_that_no_journey_gave_are_broken() -> None:
    windows = POLICY.stages[0].windows[:1]
    asked = altered(PROGRAMME, registration_windows=windows, edit_lock=None)
    mobile = MobileNumber.parse("0912345678")
    register = Register(id="r", **ME, vaccines=("AZ",), districts=("d",))
    registered = do(initial(), register, programme=asked, mobile=mobile)
    more: dict[str, Any] = {"programme": asked}
    edits = [
        event_of(registered, Amend(id="e", **ME, vaccines=("BNT",), districts=("d",)), **more),
        event_of(registered, Withdraw(id="e", **ME), **more),
        event_of(
            registered,
            AddVaccine(id="e", actor=Actor.PROGRAMME, subject=ANNA, vaccine="BNT"),
            **more,
        ),
    ]
    given = Dose("BNT", date(2027, 1, 20))
    record = RecordDose(id="d", actor=Actor.PROGRAMME, subject=ANNA, dose=1, given=given)
    unregistered = do(initial(), record)
    for edit in edits:
        with pytest.raises(BrokenStream):
            evolve(unregistered, edit)
    added = edits[-1]
    with pytest.raises(BrokenStream):
        evolve(registered, altered(added, command=altered(added.command, vaccine="AZ")))
    noticed = do(registered, record)
    first: Any = registered.history[0]
    again = altered(first, version=3, command=altered(register, id="r2"))
    with pytest.raises(BrokenStream):
        evolve(noticed, again)


def test_a_window_that_closes_on_a_day_is_over_after_it() -> None:
    window = altered(POLICY.stages[0].windows[0], opens=date(2027, 1, 20), closes=date(2027, 2, 1))
    assert not is_over(window, at("02-01 23:59"))
    assert is_over(window, at("02-02 00:00"))
    assert not is_over(altered(window, closes="not-stated"), at("02-02 00:00"))
