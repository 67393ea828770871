"""The answers of rounds 13 and 19 to the people whom their announcements describe."""

from __future__ import annotations

import copy
import pickle
from datetime import date, datetime, timedelta

import attrs
import pytest

from tests.helpers import small_policy
from vaxpolicy import catalog
from vaxpolicy._values import InvalidValue
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import (
    Decision,
    Dose,
    Effect,
    Offer,
    Outcome,
    PartialDate,
    Person,
    Policy,
    Reason,
    Willingness,
    decide,
)
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtLeastMonths,
    AgeAtMost,
    AgeBand,
    AllOf,
    AnyCondition,
    AnyOf,
    BornOnOrAfter,
    BornOnOrBefore,
    Condition,
    Context,
    DaysSinceDoseOf,
    DoseDue,
    DosesAtLeast,
    FromDay,
    HasFact,
    InGroup,
    NotStated,
    NotThat,
    OfSex,
    PolicyError,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    Question,
    RegisteredIn,
    ResidentIn,
    Wanted,
    read_facts,
)
from vaxpolicy.rules.every_case import EveryCase
from vaxpolicy.rules.policy import (
    Licence,
    Rule,
    Stage,
    VaccinationDays,
    Vaccine,
    Window,
    WindowAges,
)

ROUND_13 = catalog.load("tw/covid19-1922/round-13")
ROUND_19 = catalog.load("tw/covid19-1922/round-19")
REGISTERED = datetime(2021, 10, 26, 12, tzinfo=TAIWAN)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2022, 1, day, hour, minute, tzinfo=TAIWAN)


def booster(birth: date, second: date | None) -> Decision:
    doses = None if second is None else (Dose("AZ", date(2021, 7, 1)), Dose("AZ", second))
    return decide(ROUND_19, Person(birth_date=birth, doses=doses, groups=frozenset()))


def days_of(decision: Decision) -> set[tuple[str, str]]:
    return {(str(offer.days.first), str(offer.days.last)) for offer in decision.offers}


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def test_the_youngest_with_the_latest_second_dose_has_the_last_day_only() -> None:
    decision = booster(date(2004, 1, 23), date(2021, 10, 31))
    assert decision.outcome is Outcome.ELIGIBLE
    assert days_of(decision) == {("2022-01-23", "2022-01-23")}
    assert {offer.vaccine for offer in decision.offers} <= {"AZ", "Moderna", "BNT", "Medigen"}


def test_a_day_younger_is_refused_for_age() -> None:
    decision = booster(date(2004, 1, 24), date(2021, 10, 25))
    assert decision.outcome is Outcome.INELIGIBLE
    assert codes(decision)[0] == "too-young"
    assert decision.reasons[0].day == date(2022, 1, 24)
    assert decision.reasons[0].effect is Effect.REFUSES


def test_twelve_weeks_before_the_first_day_give_all_days() -> None:
    assert days_of(booster(date(1990, 1, 1), date(2021, 10, 25))) == {("2022-01-17", "2022-01-23")}


def test_an_interval_that_ends_within_the_round_gives_the_days_after_it() -> None:
    decision = booster(date(1990, 1, 1), date(2021, 10, 28))
    assert days_of(decision) == {("2022-01-20", "2022-01-23")}
    reason = decision.reasons[0]
    assert (reason.code, reason.effect) == ("interval-too-short", Effect.NARROWS)
    assert reason.day == date(2022, 1, 20)
    assert isinstance(reason.condition, DoseDue)


def test_a_day_too_late_is_refused_for_the_interval() -> None:
    decision = booster(date(1990, 1, 1), date(2021, 11, 1))
    assert decision.outcome is Outcome.INELIGIBLE
    assert codes(decision) == ["interval-too-short"]
    assert decision.reasons[0].day == date(2022, 1, 24)


def test_an_unknown_history_is_undetermined_and_named() -> None:
    decision = booster(date(1990, 1, 1), None)
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == ("doses",)
    assert decision.offers == ()
    assert codes(decision) == ["doses-unknown"]
    assert {offer.vaccine for offer in decision.possible_offers} == set(
        ROUND_19.stages[0].rules[0].vaccines
    )


def test_an_unknown_history_does_not_matter_where_age_refuses() -> None:
    assert booster(date(2010, 1, 1), None).outcome is Outcome.INELIGIBLE
    assert booster(date(2010, 1, 1), None).missing == ()


def test_who_has_had_the_booster_is_not_offered_it_again() -> None:
    doses = [Dose("AZ", date(2021, month, 1)) for month in (5, 8)]
    already = decide(
        ROUND_19,
        Person(birth_date=date(1990, 1, 1), doses=(*doses, Dose("BNT", date(2022, 1, 19)))),
    )
    assert days_of(already) == {("2022-01-17", "2022-01-18")}  # until the day of the third


def booked_at(birth: date | PartialDate | None, now: datetime) -> bool | None:
    doses = (Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 10, 1)))
    decision = decide(ROUND_19, Person(birth_date=birth, doses=doses))
    offers = decision.offers or decision.possible_offers
    answers = {offer.bookable(now) for offer in offers}
    assert len(answers) == 1
    return answers.pop()


@pytest.mark.parametrize(
    ("birth", "opens"),
    [
        (date(1956, 12, 31), at(15, 10)),  # 65 or older by every reckoning
        (date(1960, 5, 5), at(15, 12)),
        (date(1971, 1, 1), at(15, 12)),  # 50 by every reckoning
        (date(1980, 5, 5), at(15, 14)),
        (date(2004, 1, 10), at(15, 14)),
    ],
)
def test_each_age_band_books_from_its_own_hour_to_one_close(birth: date, opens: datetime) -> None:
    assert booked_at(birth, opens) is True
    assert booked_at(birth, opens.replace(hour=opens.hour - 1, minute=59)) is False
    assert booked_at(birth, at(16, 11, 59)) is True
    assert booked_at(birth, at(16, 12)) is False


def test_where_the_reckoning_of_a_band_matters_the_window_is_not_known() -> None:
    born = date(1957, 6, 1)  # 65 by calendar year, 64 by birthdays
    assert booked_at(born, at(15, 9, 59)) is False
    assert booked_at(born, at(15, 10, 30)) is None
    assert booked_at(born, at(15, 12, 30)) is True
    offer = decide(
        ROUND_19,
        Person(
            birth_date=born, doses=(Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 10, 1)))
        ),
    ).offers[0]
    assert len(offer.window_cases) == 2
    assert len(offer.windows) == 2


def test_a_birth_year_leaves_the_window_open_only_where_it_can_matter() -> None:
    assert booked_at(PartialDate(1957), at(15, 10, 30)) is None
    assert booked_at(PartialDate(1957), at(15, 12, 30)) is True
    assert booked_at(PartialDate(1950), at(15, 10, 30)) is True


def test_an_instant_without_offset_opens_nothing() -> None:
    offer = booster(date(1990, 1, 1), date(2021, 10, 1)).offers[0]
    with pytest.raises(ValueError, match="UTC offset"):
        offer.bookable(datetime(2022, 1, 15, 15))  # noqa: DTZ001  # that is the point


def resident(birth: date, *doses: Dose, wants: tuple[str, ...] = ("AZ", "BNT")) -> Person:
    wanted = Willingness(dict.fromkeys(wants, REGISTERED))
    return Person(birth_date=birth, doses=doses, groups=(), willingness=wanted)


def offers(person: Person) -> set[tuple[str, str, int]]:
    return {(o.rule_id, o.vaccine, o.dose) for o in decide(ROUND_13, person).offers}


def test_first_bnt_dose_from_twelve_on_the_first_day() -> None:
    assert ("13a", "BNT", 1) in offers(resident(date(2009, 11, 5)))
    assert offers(resident(date(2009, 11, 6))) == set()


@pytest.mark.parametrize(
    ("birth", "dose_1", "offered"),
    [
        (date(2003, 12, 31), date(2021, 10, 8), True),
        (date(2004, 1, 1), date(2021, 10, 8), False),
        (date(2003, 12, 31), date(2021, 10, 9), False),
    ],
)
def test_second_bnt_dose_from_eighteen_by_calendar_year_after_four_weeks(
    birth: date, dose_1: date, offered: bool
) -> None:
    assert offers(resident(birth, Dose("BNT", dose_1))) == (
        {("13b", "BNT", 2)} if offered else set()
    )


def test_who_is_eligible_for_two_vaccines_gets_two_offers() -> None:
    decision = decide(ROUND_13, resident(date(1960, 1, 1)))
    assert [(o.rule_id, o.vaccine) for o in decision.offers] == [("13a", "BNT"), ("13c", "AZ")]
    assert decision.offers[0].windows != decision.offers[1].windows


def test_a_vaccine_that_was_not_wanted_is_not_offered() -> None:
    assert offers(resident(date(1960, 1, 1), wants=("AZ",))) == {("13c", "AZ", 1)}
    decision = decide(ROUND_13, resident(date(1960, 1, 1), wants=()))
    assert decision.outcome is Outcome.INELIGIBLE
    assert decision.reasons[0].code == "not-wanted"
    assert decision.reasons[0].vaccine == "BNT"


def test_registering_after_the_count_is_too_late() -> None:
    late = {"AZ": REGISTERED.replace(minute=1), "BNT": REGISTERED.replace(second=1)}
    person = attrs.evolve(resident(date(1960, 1, 1)), willingness=Willingness(late))
    decision = decide(ROUND_13, person)
    assert decision.outcome is Outcome.INELIGIBLE
    assert {r.code for r in decision.reasons if r.rule_id == "13a"} == {"wanted-too-late"}


def test_a_dose_of_another_vaccine_does_not_continue() -> None:
    refused = decide(ROUND_13, resident(date(1990, 1, 1), Dose("Moderna", date(2021, 7, 1))))
    assert refused.outcome is Outcome.INELIGIBLE
    assert {r.code for r in refused.reasons if r.rule_id == "13b"} == {"other-vaccine-before"}


@pytest.mark.parametrize(
    ("doses", "code"),
    [
        ((Dose("AZ", date(1989, 1, 1)), Dose("AZ", date(2021, 8, 1))), "dose-before-birth"),
        ((Dose("AZ", date(2021, 8, 1)), Dose("BNT", date(2021, 8, 1))), "doses-on-one-day"),
        ((Dose("AZ", date(2021, 5, 1)), Dose("Elixir", date(2021, 8, 1))), "vaccine-not-known"),
        ((Dose("AZ", date(2019, 5, 1)), Dose("AZ", date(2021, 8, 1))), "dose-before-vaccine"),
    ],
)
def test_contradictory_facts_are_never_a_yes(doses: tuple[Dose, ...], code: str) -> None:
    decision = decide(ROUND_19, Person(birth_date=date(1990, 1, 1), doses=doses))
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.offers == ()
    assert codes(decision)[0] == code
    assert decision.reasons[0].fact == "doses"
    assert decision.missing == ("doses",)
    too_young = Person(birth_date=date(2015, 1, 1), doses=doses)
    assert decide(ROUND_19, too_young).outcome is Outcome.INELIGIBLE


def test_a_contradiction_is_about_the_doses_and_about_no_rule() -> None:
    twice = (Dose("AZ", date(2021, 9, 1)), Dose("BNT", date(2021, 9, 1)))
    first = decide(policy_of(rule(dose=2)), Person(doses=twice)).reasons[0]
    assert first == Reason(first.code, "", Effect.OPEN, 0, fact="doses")


def test_too_many_cases_are_about_no_rule() -> None:
    reasons = decide(catalog.load("tw/hpv/2025"), Person()).reasons
    (found,) = (it for it in reasons if it.code == "too-many-cases")
    assert found == Reason("too-many-cases", "", Effect.OPEN, 0)


def test_a_dose_against_another_disease_does_not_count() -> None:
    doses = [Dose("AZ", date(2021, month, 1)) for month in (5, 8)]
    flu = Dose("Influenza", date(2021, 12, 20))
    person = Person(birth_date=date(1990, 1, 1), doses=(flu, *doses))
    assert days_of(decide(ROUND_19, person)) == {("2022-01-17", "2022-01-23")}


FIRST, LAST = date(2022, 3, 1), date(2022, 3, 10)


def policy_of(
    *rules: Rule,
    windows: tuple[Window, ...] = (),
    stated: bool = True,
    vaccine: Vaccine | None = None,
    bands: dict[str, AgeBand] | None = None,
    counts_from: date | None = None,
) -> Policy:
    listed = vaccine or Vaccine("AZ", ("covid19",))
    stage = Stage("base", VaccinationDays(FIRST, LAST, stated), rules, windows)
    vaccines = {listed.code: listed}
    return small_policy(stage, vaccines=vaccines, bands=bands or {}, counts_from=counts_from)


def rule(*conditions: AnyCondition, dose: int = 1) -> Rule:
    return Rule("r", dose, ("AZ",), (), conditions)


NOBODY_SPECIAL = Person(birth_date=date(1990, 6, 15), doses=(), groups=())


def test_vaccination_days_that_are_not_stated_are_no_days_to_be_sure_of() -> None:
    decision = decide(policy_of(rule(), stated=False), NOBODY_SPECIAL)
    assert decision.outcome is Outcome.UNDETERMINED
    assert codes(decision) == ["vaccination-days-not-stated"]
    assert decision.missing == ()
    assert decision.possible_offers[0].possible_days == DaySet.between(FIRST, LAST)
    refused = decide(policy_of(rule(InGroup("g")), stated=False), NOBODY_SPECIAL)
    assert refused.outcome is Outcome.INELIGIBLE


def test_ages_reckoned_on_days_that_are_not_stated_cannot_be_applied() -> None:
    policy = policy_of(rule(AgeAtLeast(18, "first-day")), stated=False)
    with pytest.raises(PolicyError, match="vaccination days are not stated"):
        decide(policy, NOBODY_SPECIAL)


def test_a_rule_for_a_vaccine_that_is_not_listed_cannot_be_applied() -> None:
    with pytest.raises(PolicyError, match="unknown vaccine 'BNT'"):
        decide(policy_of(Rule("r", 1, ("BNT",), ())), NOBODY_SPECIAL)


def test_one_rule_or_another_in_every_case_is_eligible() -> None:
    policy = policy_of(
        Rule("older", 1, ("AZ",), (), (AgeAtLeast(65, "not-stated"),)),
        Rule("listed", 1, ("AZ",), (), (AgeAtMost(64, "not-stated"), InGroup("g"))),
    )
    between = Person(birth_date=date(1957, 6, 1), doses=(), groups={"g"})  # 64 or 65 in 2022
    decision = decide(policy, between)
    assert decision.outcome is Outcome.ELIGIBLE
    assert [(o.rule_id, o.days) for o in decision.offers] == [
        ("older|listed", DaySet.between(FIRST, LAST))
    ]
    assert decision.missing == ()
    alone = decide(policy, attrs.evolve(between, groups=()))
    assert alone.outcome is Outcome.UNDETERMINED
    assert alone.missing == ()


def test_refused_in_every_case_is_not_eligible() -> None:
    policy = policy_of(rule(AgeAtLeast(65, "not-stated"), AgeAtMost(64, "not-stated")))
    decision = decide(policy, Person(birth_date=date(1957, 6, 1), doses=()))
    assert decision.outcome is Outcome.INELIGIBLE
    assert decision.offers == ()


def test_part_of_a_group_is_of_the_group() -> None:
    policy = policy_of(rule(InGroup("list/6")))
    assert decide(policy, attrs.evolve(NOBODY_SPECIAL, groups={"list/6/pregnant"})).offers
    assert not decide(policy, attrs.evolve(NOBODY_SPECIAL, groups={"list/60"})).offers
    part = policy_of(rule(InGroup("list/6/pregnant")))
    assert not decide(part, attrs.evolve(NOBODY_SPECIAL, groups={"list/6"})).offers


@pytest.mark.parametrize("unknown", ["list/6", "list/6/pregnant"])
def test_a_group_of_which_a_part_is_not_known_is_open_itself(unknown: str) -> None:
    person = attrs.evolve(NOBODY_SPECIAL, unknown_groups={unknown})
    decision = decide(policy_of(rule(InGroup("list/6"))), person)
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == (f"groups/{unknown}",)
    sure = attrs.evolve(person, groups={unknown})  # said to belong, and said not to be known
    assert decide(policy_of(rule(InGroup("list/6"))), sure).outcome is Outcome.UNDETERMINED
    other = attrs.evolve(person, groups={"list/7"})
    assert decide(policy_of(rule(InGroup("list/7"))), other).outcome is Outcome.ELIGIBLE


def test_a_group_that_is_an_age_band_follows_from_the_birth_date() -> None:
    policy = policy_of(
        rule(InGroup("list/10")), bands={"list/10": AgeBand("calendar-year", 50, 64)}
    )
    at_fifty = Person(birth_date=date(1972, 12, 31), doses=(), groups=())
    assert decide(policy, at_fifty).outcome is Outcome.ELIGIBLE
    too_young = attrs.evolve(at_fifty, birth_date=date(1973, 1, 1), groups={"list/10"})
    assert decide(policy, too_young).outcome is Outcome.INELIGIBLE
    for groups in ({"list/10"}, (), None):  # a list says nothing that the birth date can refute
        unknown = decide(policy, Person(doses=(), groups=groups))
        assert unknown.outcome is Outcome.UNDETERMINED
        assert unknown.missing == ("birth_date",)


def test_a_part_that_is_an_age_band_makes_a_member_of_the_whole() -> None:
    bands = {"list/6/75-plus": AgeBand("calendar-year", at_least=75)}
    policy = policy_of(rule(InGroup("list/6")), bands=bands)
    old = Person(birth_date=date(1947, 12, 31), doses=(), groups=())
    assert decide(policy, old).outcome is Outcome.ELIGIBLE
    pregnant = Person(birth_date=date(1990, 1, 1), doses=(), groups={"list/6/pregnant"})
    assert decide(policy, pregnant).outcome is Outcome.ELIGIBLE


def test_the_licence_is_a_condition_of_its_own() -> None:
    twenty = Licence(date(2021, 1, 1), (AgeAtLeast(20, "day"),), ())
    policy = policy_of(
        rule(AgeAtLeast(18, "calendar-year")),
        vaccine=Vaccine("AZ", ("covid19",), licences=(twenty,)),
    )
    refused = decide(policy, Person(birth_date=date(2004, 1, 1), doses=()))
    assert [(r.code, r.basis, r.vaccine) for r in refused.reasons] == [
        ("too-young", "licence", "AZ")
    ]
    turns = decide(policy, Person(birth_date=date(2002, 3, 4), doses=()))
    assert turns.offers[0].days == DaySet.between(date(2022, 3, 4), LAST)
    assert turns.reasons[0].basis == "licence"


def test_a_licence_that_changes_within_the_stage_holds_from_its_day() -> None:
    licences = (
        Licence(date(2021, 1, 1), (AgeAtLeast(18, "day"),), (), until=date(2022, 3, 5)),
        Licence(date(2022, 3, 5), (AgeAtLeast(12, "day"),), ()),
        Licence(date(2022, 4, 1), (), ()),
        Licence(date(2021, 1, 1), (), (), doses=(3,)),
    )
    policy = policy_of(rule(), vaccine=Vaccine("AZ", ("covid19",), licences=licences))
    young = decide(policy, Person(birth_date=date(2008, 1, 1), doses=()))
    assert young.offers[0].days == DaySet.between(date(2022, 3, 5), LAST)
    grown = decide(policy, Person(birth_date=date(1990, 1, 1), doses=()))
    assert grown.offers[0].days == DaySet.between(FIRST, LAST)


def test_without_a_licence_for_the_dose_there_is_no_offer() -> None:
    other_dose = Licence(date(2021, 1, 1), (), (), doses=(2,))
    policy = policy_of(rule(), vaccine=Vaccine("AZ", ("covid19",), licences=(other_dose,)))
    decision = decide(policy, NOBODY_SPECIAL)
    assert decision.outcome is Outcome.INELIGIBLE
    assert [(r.code, r.basis) for r in decision.reasons] == [("not-licensed", "licence")]


def test_offers_without_a_licence_come_in_order_before_those_whose_days_are_over() -> None:
    other_dose = Licence(date(2021, 1, 1), (), (), doses=(2,))
    ends = {"a": 2, "b": 4, "c": 9, "d": 6, "e": 1}
    stages = [
        Stage(
            name,
            VaccinationDays(FIRST, FIRST + timedelta(days=days)),
            (Rule(name, 1, ("AZ",), ()),),
        )
        for name, days in ends.items()
    ]
    policy = attrs.evolve(
        policy_of(rule(), vaccine=Vaccine("AZ", ("covid19",), licences=(other_dose,))),
        stages=tuple(stages),
    )
    reasons = decide(policy, NOBODY_SPECIAL, from_day=FIRST + timedelta(days=3)).reasons
    assert [(it.rule_id, it.code) for it in reasons] == [
        ("b", "not-licensed"),
        ("c", "not-licensed"),
        ("d", "not-licensed"),
        ("a", "days-over"),
        ("e", "days-over"),
    ]


def test_doses_count_from_the_season_on_and_the_interval_from_the_last_before_it() -> None:
    policy = policy_of(rule(DoseDue(84, "day")), counts_from=date(2022, 2, 1))
    last_year = Person(birth_date=date(1950, 1, 1), doses=(Dose("AZ", date(2021, 12, 10)),))
    assert decide(policy, last_year).offers[0].days == DaySet.between(date(2022, 3, 4), LAST)
    never = Person(birth_date=date(1950, 1, 1), doses=())
    assert decide(policy, never).offers[0].days == DaySet.between(FIRST, LAST)
    this_season = Person(birth_date=date(1950, 1, 1), doses=(Dose("AZ", date(2022, 2, 1)),))
    assert decide(policy, this_season).outcome is Outcome.INELIGIBLE
    unknown = decide(policy, Person(birth_date=date(1950, 1, 1)))
    assert unknown.missing == ("doses",)


OPENS = datetime(2022, 2, 25, 10, tzinfo=TAIWAN)
CLOSES = datetime(2022, 2, 26, 12, tzinfo=TAIWAN)
BEFORE, DURING = datetime(2022, 2, 24, 23, tzinfo=TAIWAN), datetime(2022, 2, 25, 11, tzinfo=TAIWAN)


def offer_with(*windows: Window, person: Person = NOBODY_SPECIAL) -> Offer:
    return decide(policy_of(rule(), windows=windows), person).offers[0]


def test_an_opening_without_an_hour_is_open_from_the_next_day_on() -> None:
    offer = offer_with(Window(date(2022, 2, 25), CLOSES))
    assert offer.bookable(BEFORE) is False
    assert offer.bookable(DURING) is None
    assert offer.bookable(datetime(2022, 2, 26, 0, tzinfo=TAIWAN)) is True
    assert offer.bookable(CLOSES) is False


def test_ends_that_are_not_stated_are_neither_open_nor_closed() -> None:
    no_close = offer_with(Window(OPENS, "not-stated"))
    assert (no_close.bookable(BEFORE), no_close.bookable(DURING)) == (False, None)
    no_open = offer_with(Window("not-stated", CLOSES))
    assert (no_open.bookable(DURING), no_open.bookable(CLOSES)) == (None, False)


def test_an_open_window_decides_beside_one_that_is_not_stated() -> None:
    offer = offer_with(Window("not-stated", "not-stated"), Window(OPENS, CLOSES))
    assert (offer.bookable(BEFORE), offer.bookable(DURING)) == (None, True)


def test_without_a_window_nothing_can_be_booked() -> None:
    assert offer_with().windows == ()
    assert offer_with().bookable(DURING) is False


def test_windows_are_for_the_vaccines_doses_and_ages_they_name() -> None:
    mine = Window(OPENS, CLOSES, vaccines=("AZ",), doses=(1,), ages=WindowAges("day", at_least=18))
    not_mine = (
        Window(OPENS, CLOSES, vaccines=("BNT",)),
        Window(OPENS, CLOSES, doses=(2,)),
        Window(OPENS, CLOSES, ages=WindowAges("day", at_least=50)),
    )
    assert offer_with(mine, *not_mine).windows == (mine,)


@pytest.mark.parametrize(
    ("asks", "person"),
    [
        ((), Person(PartialDate(2004), ())),  # every day is sure
        ((NotStated("x"),), Person(PartialDate(2004), ())),  # no source states it
        ((InGroup("g"),), Person(PartialDate(2004), ())),  # a fact is not known
        ((InGroup("g"), AgeAtLeast(5, "day")), Person(PartialDate(2004), unknown_groups={"g"})),
    ],
)
def test_the_windows_of_an_age_that_is_not_known_are_listed_case_by_case(
    asks: tuple[Condition, ...], person: Person
) -> None:
    grown = Window(OPENS, CLOSES, ages=WindowAges(FIRST, at_least=18))
    every, small = Window(OPENS, CLOSES), Window(OPENS, CLOSES, ages=WindowAges(FIRST, at_most=4))
    policy = policy_of(rule(*asks))
    stage = attrs.evolve(policy.stages[0], windows=(grown, small, every))
    decision = decide(attrs.evolve(policy, stages=(stage,)), person)
    (offer,) = decision.offers or decision.possible_offers
    assert set(offer.window_cases) == {(grown, every), (every,)}
    assert offer.windows == (grown, every)
    known = attrs.evolve(person, birth_date=date(2004, 3, 2))
    decision = decide(attrs.evolve(policy, stages=(stage,)), known)
    (offer,) = decision.offers or decision.possible_offers
    assert offer.window_cases == ((every,),)


def test_a_window_for_an_age_that_one_possible_birth_reaches_on_the_first_day_is_a_case() -> None:
    grown, every = Window(OPENS, CLOSES, ages=WindowAges("day", at_least=18)), Window(OPENS, CLOSES)
    policy = policy_of(rule())
    stage = attrs.evolve(policy.stages[0], windows=(grown, every))
    (offer,) = decide(
        attrs.evolve(policy, stages=(stage,)), Person(PartialDate(FIRST.year - 18, FIRST.month), ())
    ).offers
    assert set(offer.window_cases) == {(grown, every), (every,)}


def test_policies_are_equal_by_content() -> None:
    same, other = policy_of(rule()), policy_of(rule(), stated=False)
    assert policy_of(rule()) == same
    assert hash(policy_of(rule())) == hash(same)
    assert same != other
    assert same != "test/small"
    assert decide(same, NOBODY_SPECIAL) == decide(policy_of(rule()), NOBODY_SPECIAL)


def test_people_can_be_copied_and_pickled() -> None:
    person = resident(date(1960, 1, 1), Dose("AZ", date(2021, 7, 1)))
    assert copy.deepcopy(person) == person
    assert pickle.loads(pickle.dumps(person)) == person  # noqa: S301  # our own


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Person(birth_date=datetime(2000, 1, 1, tzinfo=TAIWAN)),
        lambda: Dose("AZ", datetime(2021, 1, 1, tzinfo=TAIWAN)),
        lambda: Dose("AZ", "2021-01-01"),  # type: ignore[arg-type]
        lambda: Person(groups="cecc/9"),
        lambda: Person(unknown_groups="cecc/9"),
    ],
)
def test_facts_of_the_wrong_kind_are_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        wrong()  # type: ignore[operator]


def test_instants_need_their_offset_and_dates_must_exist() -> None:
    with pytest.raises(ValueError, match="UTC offset"):
        Willingness({"AZ": datetime(2021, 7, 1)})  # noqa: DTZ001  # that is the point
    with pytest.raises(ValueError, match="month: expected 1 to 12"):
        PartialDate(2004, 13)
    with pytest.raises(InvalidValue, match="not before `first`"):
        VaccinationDays(LAST, FIRST)


def test_facts_stay_as_they_were_given() -> None:
    wanted, doses, groups = {"AZ": REGISTERED}, [Dose("AZ", date(2021, 7, 1))], {"g"}
    wishes = Willingness(wanted)
    person = Person(doses=doses, groups=groups, willingness=wishes)
    wanted["BNT"] = REGISTERED
    doses.clear()
    groups.clear()
    assert dict(wishes.wanted) == {"AZ": REGISTERED}
    assert person == Person(
        None, (Dose("AZ", date(2021, 7, 1)),), frozenset({"g"}), willingness=wishes
    )
    with pytest.raises(TypeError):
        wishes.wanted["BNT"] = REGISTERED  # type: ignore[index]  # that is the point


def test_a_partial_date_has_ends_and_a_presumption_only_when_asked() -> None:
    assert (PartialDate(2004).earliest, PartialDate(2004).latest) == (
        date(2004, 1, 1),
        date(2004, 12, 31),
    )
    assert PartialDate(2004, 2).latest == date(2004, 2, 29)
    assert PartialDate(2004).presumed_by_civil_code() == date(2004, 7, 1)
    assert PartialDate(2004, 2).presumed_by_civil_code() == date(2004, 2, 15)


@pytest.mark.parametrize(
    "make",
    [
        lambda: AgeAtLeastMonths(6, "calendar-year"),
        lambda: AgeAtLeastMonths(6, "not-stated"),
        lambda: DoseDue(28, "calendar-year"),
        lambda: DoseDue(28, "not-stated"),
        lambda: Wanted(False),  # type: ignore[arg-type]  # noqa: FBT003
        lambda: Wanted(True, by=datetime(2021, 1, 1)),  # noqa: DTZ001, FBT003
    ],
)
def test_conditions_that_make_no_sense_are_refused(make: object) -> None:
    with pytest.raises(InvalidValue):
        make()  # type: ignore[operator]


def test_a_day_without_an_hour_leaves_only_that_day_open() -> None:
    policy = policy_of(rule(Wanted(True, by=date(2022, 2, 1))))  # noqa: FBT003

    def registered(instant: datetime) -> Person:
        return attrs.evolve(NOBODY_SPECIAL, willingness=Willingness({"AZ": instant}))

    assert decide(policy, registered(datetime(2022, 1, 31, 23, tzinfo=TAIWAN))).offers
    on_the_day = decide(policy, registered(datetime(2022, 2, 1, 9, tzinfo=TAIWAN)))
    assert on_the_day.outcome is Outcome.UNDETERMINED
    assert codes(on_the_day) == ["hour-not-stated"]
    late = decide(policy, registered(datetime(2022, 2, 2, 0, tzinfo=TAIWAN)))
    assert codes(late) == ["wanted-too-late"]
    early = policy_of(rule(Wanted(True, after=date(2022, 2, 1))))  # noqa: FBT003
    before = decide(early, registered(datetime(2022, 1, 31, 23, tzinfo=TAIWAN)))
    assert codes(before) == ["wanted-too-early"]


def test_a_birthday_at_the_end_of_the_calendar_is_a_day() -> None:
    policy = policy_of(rule(AgeAtLeast(150, "day")))
    decision = decide(policy, Person(birth_date=date(9000, 12, 31), doses=()))
    assert decision.outcome is Outcome.INELIGIBLE
    assert decision.reasons[0].day == date(9150, 12, 31)


def test_conditions_on_the_day_itself_narrow_the_days() -> None:
    decision = decide(policy_of(rule(FromDay(date(2022, 3, 4)))), NOBODY_SPECIAL)
    assert decision.offers[0].days == DaySet.between(date(2022, 3, 4), LAST)
    assert [(r.code, r.day) for r in decision.reasons] == [("not-yet", date(2022, 3, 4))]


def test_two_ends_that_leave_no_day_between_them_are_both_named() -> None:
    policy = policy_of(rule(FromDay(date(2022, 3, 4)), AgeAtMost(17, "day")))
    leaves_too_soon = Person(birth_date=date(2004, 3, 3), doses=())
    decision = decide(policy, leaves_too_soon)
    assert decision.outcome is Outcome.INELIGIBLE
    assert set(codes(decision)) == {"not-yet", "too-old"}


def test_conditions_have_a_face_in_common() -> None:
    with pytest.raises(NotImplementedError):
        Condition().bind(None)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError):
        Condition().open_questions(None, None)  # type: ignore[arg-type]
    assert DosesAtLeast(0).code == "earlier-dose-missing"


def test_a_policy_that_is_not_about_vaccinating_asks_no_licence() -> None:
    twenty = Licence(date(2021, 1, 1), (AgeAtLeast(20, "day"),), ())
    policy = policy_of(rule(), vaccine=Vaccine("AZ", ("covid19",), licences=(twenty,)))
    child = Person(birth_date=date(2015, 1, 1), doses=())
    assert decide(policy, child).outcome is Outcome.INELIGIBLE
    registering = attrs.evolve(policy, licences_apply=False)
    assert decide(registering, child).outcome is Outcome.ELIGIBLE
    assert registering != policy


@pytest.mark.parametrize(
    ("condition", "missing", "code"),
    [
        (RegisteredIn(("澎湖縣",)), "registered_county", "county-unknown"),
        (ResidentIn(("澎湖縣",)), "residence_county", "county-unknown"),
        (BornOnOrBefore(date(1990, 1, 1)), "birth_date", "birth-date-unknown"),
        (BornOnOrAfter(date(1990, 1, 1)), "birth_date", "birth-date-unknown"),
        (AgeAtLeast(18, "day"), "birth_date", "birth-date-unknown"),
        (Wanted(True), "willingness/AZ", "willingness-unknown"),  # noqa: FBT003
        (InGroup("g"), "groups/g", "group-unknown"),
        (OfSex("female"), "sex", "sex-unknown"),
        (HasFact("pregnant"), "dated_facts/pregnant", "fact-unknown"),
    ],
)
def test_each_fact_is_missed_where_it_is_asked(
    condition: Condition, missing: str, code: str
) -> None:
    decision = decide(policy_of(rule(condition)), Person(doses=()))
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == (missing,)
    assert [(reason.code, reason.fact) for reason in decision.reasons] == [(code, missing)]


def test_a_fact_that_cannot_change_the_outcome_is_not_missed() -> None:
    either = policy_of(
        rule(AnyOf((InGroup("g"), NotThat(InGroup("g")), RegisteredIn(("澎湖縣",)))))
    )
    assert decide(either, Person(doses=())).outcome is Outcome.ELIGIBLE
    also_a_child = policy_of(rule(InGroup("g"), AgeAtLeast(65, "day")), rule(InGroup("g")))
    assert decide(also_a_child, Person(doses=())).missing == ("groups/g",)


@pytest.mark.parametrize("groups", [frozenset(), None])
def test_days_that_several_conditions_give_are_offered_in_order_and_joined(
    groups: frozenset[str] | None,
) -> None:
    """So they are, whether or not something else about the person is unknown."""
    days = FromDay(date(2022, 3, 9)), NotThat(FromDay(date(2022, 3, 4)))
    some = AnyOf((*days, NotThat(FromDay(date(2022, 3, 6)))))
    policy = policy_of(rule(some), Rule("other", 2, ("AZ",), (), (InGroup("g"),)))
    (offer,) = decide(policy, Person(date(1990, 1, 1), (), groups=groups)).offers
    assert str(offer.days) == "DaySet(2022-03-01..2022-03-05, 2022-03-09..2022-03-10)"
    assert offer.possible_days == offer.days


@pytest.mark.parametrize("negated", [False, True])
def test_a_reason_says_whether_the_rule_asks_the_opposite(*, negated: bool) -> None:
    condition = NotThat(InGroup("g")) if negated else InGroup("g")
    groups = frozenset({"g"}) if negated else frozenset()
    decision = decide(policy_of(rule(condition)), Person(date(1990, 1, 1), (), groups=groups))
    (reason,) = decision.reasons
    assert reason.condition == InGroup("g")
    assert reason.negated is negated


def test_of_a_dose_that_is_missing_nothing_more_is_asked() -> None:
    asked = PreviousDoseOf(("AZ",)), PreviousDoseOnOrBefore(date(2021, 10, 1)), InGroup("g")
    second = policy_of(Rule("second", 2, ("AZ",), (), asked))
    nothing = Person(date(1990, 1, 1), (), groups=frozenset())
    assert codes(decide(second, nothing)) == ["earlier-dose-missing", "not-in-group"]
    late = attrs.evolve(nothing, doses=(Dose("AZ", date(2021, 11, 1)),))
    assert len(codes(decide(second, late))) == 2


def test_nobody_has_to_wait_after_a_dose_for_another_one_that_is_missing() -> None:
    third = policy_of(rule(DaysSinceDoseOf(("AZ",), at_least=365), InGroup("g"), dose=3))
    once, twice = date(2021, 11, 1), date(2021, 12, 1)
    person = Person(date(1990, 1, 1), (Dose("AZ", once),), groups=frozenset())
    assert codes(decide(third, person)) == ["earlier-dose-missing", "not-in-group"]
    more = attrs.evolve(person, doses=(Dose("AZ", once), Dose("AZ", twice)))
    assert codes(decide(third, more)) == ["interval-too-short", "not-in-group"]


def test_days_that_hold_either_way_are_sure() -> None:
    """Neither way is sure; the days that both of them give are."""
    ways = (
        AllOf((InGroup("g"), FromDay(date(2022, 3, 3)))),
        AllOf((NotThat(InGroup("g")), FromDay(date(2022, 3, 5)))),
    )
    (offer,) = decide(policy_of(rule(AnyOf(ways))), Person(date(1990, 1, 1), ())).offers
    assert offer.days == DaySet.between(date(2022, 3, 5), LAST)
    assert offer.possible_days == DaySet.between(date(2022, 3, 3), LAST)


def test_each_unknown_fact_has_an_equal_share_of_the_work_that_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shares: list[int] = []
    asked = EveryCase.can_change

    def noted(self: EveryCase, fact: Question, *, share: int) -> bool:
        shares.append(share)
        return asked(self, fact, share=share)

    monkeypatch.setattr(EveryCase, "can_change", noted)
    policy = policy_of(rule(InGroup("a"), InGroup("b"), InGroup("c")))
    decision = decide(policy, Person(date(1990, 1, 1), ()))
    assert decision.missing == ("groups/a", "groups/b", "groups/c")
    assert shares == [3, 2, 1]


def test_which_of_two_vaccines_is_wanted_is_asked_of_each() -> None:
    policy = policy_of(rule(Wanted(True)))  # noqa: FBT003
    partly = Person(doses=(), willingness=None)
    assert decide(policy, partly).missing == ("willingness/AZ",)
    assert decide(policy, attrs.evolve(partly, willingness=Willingness({}))).missing == ()


def test_with_two_facts_unknown_each_is_missed_for_itself() -> None:
    assert decide(policy_of(rule(InGroup("g"))), Person()).missing == ("groups/g", "doses")


def test_missing_facts_are_named_from_groups_to_the_birth_date() -> None:
    asked = rule(InGroup("g"), HasFact("infected"), AgeAtLeast(18, "day"))
    named = "groups/g", "dated_facts/infected", "doses", "birth_date"
    assert decide(policy_of(asked), Person()).missing == named


def test_a_fact_that_leaves_the_question_open_either_way_is_not_missed() -> None:
    neither = policy_of(rule(NotStated("x")), rule(InGroup("g"), NotStated("x")))
    decision = decide(neither, Person(doses=()))
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == ()


def test_in_every_case_only_what_every_case_gives_is_offered() -> None:
    policy = policy_of(
        Rule("older", 1, ("AZ", "BNT"), (), (AgeAtLeast(65, "not-stated"),)),
        Rule("younger", 1, ("AZ",), (), (AgeAtMost(64, "not-stated"),)),
        Rule("never", 1, ("BNT",), (), (InGroup("g"),)),
    )
    listed = {code: Vaccine(code, ("covid19",)) for code in ("AZ", "BNT")}
    policy = attrs.evolve(policy, vaccines=listed)
    decision = decide(policy, Person(birth_date=date(1957, 6, 1), doses=(), groups=()))
    assert decision.outcome is Outcome.ELIGIBLE
    assert [(o.rule_id, o.vaccine) for o in decision.offers] == [("older|younger", "AZ")]


def test_the_terms_that_narrow_are_those_of_the_earliest_days() -> None:
    policy = policy_of(
        rule(AnyOf((InGroup("g"), FromDay(date(2022, 3, 6)), FromDay(date(2022, 3, 4)))))
    )
    decision = decide(policy, NOBODY_SPECIAL)
    assert decision.offers[0].days == DaySet.between(date(2022, 3, 4), LAST)
    assert [(r.code, r.day) for r in decision.reasons] == [("not-yet", date(2022, 3, 4))]
    until = policy_of(rule(NotThat(FromDay(date(2022, 3, 4)))))
    assert [r.code for r in decide(until, NOBODY_SPECIAL).reasons] == ["no-longer"]


def test_a_policy_is_made_ready_once() -> None:
    policy = policy_of(rule())
    assert compile_policy(policy) is compile_policy(policy)


@pytest.mark.parametrize(
    "condition",
    [
        PreviousDoseOf(("AZ",)),
        PreviousDoseOnOrBefore(date(2022, 1, 1)),
        PreviousDoseOnOrAfter(date(2022, 1, 1)),
        DoseDue(28, "day"),
        DoseDue(28, "last-day"),
    ],
)
def test_without_a_dose_before_nothing_about_it_holds(condition: Condition) -> None:
    policy = policy_of(rule(condition, dose=2))
    none = decide(policy, NOBODY_SPECIAL)
    assert set(codes(none)) == {"earlier-dose-missing"}
    assert decide(policy, Person()).missing == ("doses",)
    third = decide(policy_of(rule(condition, dose=3)), NOBODY_SPECIAL)
    assert set(codes(third)) == {"earlier-dose-missing"}


def test_a_birthday_by_calendar_year_that_falls_within_the_stage_narrows_it() -> None:
    policy = attrs.evolve(
        policy_of(rule(AgeAtLeast(18, "calendar-year"))),
        stages=(
            Stage(
                "base",
                VaccinationDays(date(2021, 12, 20), LAST),
                (rule(AgeAtLeast(18, "calendar-year")),),
            ),
        ),
    )
    decision = decide(policy, Person(birth_date=date(2004, 6, 1), doses=()))
    assert decision.offers[0].days.first == date(2022, 1, 1)
    assert decision.reasons[0].day == date(2022, 1, 1)


def test_an_age_that_is_not_stated_and_a_birth_date_that_is_not_known() -> None:
    policy = policy_of(rule(AgeAtLeast(65, "not-stated")))
    unknown = decide(policy, Person(doses=()))
    assert unknown.missing == ("birth_date",)
    assert set(codes(unknown)) == {"birth-date-unknown", "reckoning-not-stated"}
    old_enough = decide(policy, Person(birth_date=PartialDate(1940), doses=()))
    assert old_enough.outcome is Outcome.ELIGIBLE


def test_an_hour_that_is_not_stated_bears_on_that_day_only_and_the_day_of_nobody() -> None:
    both = rule(Wanted(True, by=date(2022, 2, 1), after=datetime(2022, 1, 1, tzinfo=TAIWAN)))  # noqa: FBT003
    policy = policy_of(both, rule(FromDay(date(2022, 3, 4)), InGroup("g"), NotStated("x")))
    instant = datetime(2022, 2, 1, 9, tzinfo=TAIWAN)
    person = Person(doses=(), groups={"g"}, willingness=Willingness({"AZ": instant}))
    decision = decide(policy, person)
    assert decision.outcome is Outcome.UNDETERMINED
    assert codes(decision) == ["hour-not-stated", "not-stated"]


def test_what_a_condition_does_not_say_it_does_not_ask() -> None:
    condition = FromDay(FIRST)
    assert list(condition.open_questions(None, None)) == []  # type: ignore[arg-type]
    assert InGroup("g").turning(None) is None  # type: ignore[arg-type]
    assert InGroup("g").refusal(None, None) == "not-in-group"  # type: ignore[arg-type]


def test_facts_that_matter_only_together_are_all_missed() -> None:
    policy = policy_of(
        rule(InGroup("g"), RegisteredIn(("澎湖縣",))), rule(NotThat(InGroup("g")), InGroup("h"))
    )
    decision = decide(policy, Person(doses=()))
    assert decision.missing == ("groups/g", "groups/h", "registered_county")


def test_a_rule_that_contradicts_itself_is_for_nobody_whatever_is_unknown() -> None:
    contradiction = rule(DosesAtLeast(2), PreviousDoseOf(("AZ",)), dose=2)
    decision = decide(policy_of(contradiction), Person())
    assert decision.outcome is Outcome.INELIGIBLE
    assert decision.missing == ()


def test_a_reckoning_that_does_not_matter_to_someone_is_no_question() -> None:
    context = Context(FIRST.toordinal(), LAST.toordinal())
    condition = AgeAtLeast(65, "not-stated")
    old = read_facts(Person(birth_date=date(1940, 1, 1)), ()).facts
    assert list(condition.open_questions(old, context)) == []
    between = read_facts(Person(birth_date=date(1957, 6, 1)), ()).facts
    assert list(condition.open_questions(between, context)) == [Question("?age", "780")]


def test_an_interval_ends_on_no_day_where_there_is_no_dose_to_count_from() -> None:
    context = Context(FIRST.toordinal(), LAST.toordinal(), dose=2)
    interval = DoseDue(28, "day")
    once = Person(doses=(Dose("AZ", date(2021, 8, 1)),))
    for person, day in (
        (Person(), None),
        (Person(doses=()), None),
        (once, date(2021, 8, 29)),
    ):
        assert interval.turning(context)(read_facts(person, {"AZ"}).facts) == day


@pytest.mark.parametrize(
    "key", ["A123456789", " a123456789 ", "Ａ１２３４５６７８９", "A800000014", "AC01234567"]
)
def test_a_person_goes_by_a_pseudonym_never_by_an_id_number(key: str) -> None:
    with pytest.raises(ValueError, match="expected a pseudonym") as raised:
        Person(key=key)
    assert not any(part in str(raised.value) for part in ("123", "800", "012"))
    assert Person(key="a123456789abcdef").key == "a123456789abcdef"


def test_doses_are_doses() -> None:
    for doses in ("AZ", ["AZ"], [("AZ", date(2021, 7, 1))]):
        with pytest.raises(TypeError, match="doses: expected "):
            Person(doses=doses)  # type: ignore[arg-type]


def test_days_that_are_possible_beside_sure_ones_are_told_as_open_not_as_refused() -> None:
    """Influenza 2024: for everyone to 31 January 2025 surely, and possibly to 19 February."""
    policy = catalog.load("tw/influenza/2024")
    grown = Person(birth_date=date(2000, 1, 1), doses=(), groups={"status/national"})
    decision = decide(policy, grown)
    (offer,) = decision.offers
    assert offer.days.last == date(2025, 1, 31)
    assert offer.possible_days.last == date(2025, 2, 19)
    about = [it for it in decision.reasons if it.rule_id == offer.rule_id]
    assert [(it.code, it.effect) for it in about] == [("not-stated", Effect.OPEN)]


@pytest.mark.parametrize("years", [-2, 151, 100_000])
def test_an_age_that_nobody_has_is_an_error_of_the_policy(years: int) -> None:
    for kind in (AgeAtLeast, AgeAtMost):
        with pytest.raises(InvalidValue, match="expected 0 to 150"):
            kind(years, "calendar-year")
    with pytest.raises(InvalidValue, match="expected 0 to 1800"):
        AgeAtLeastMonths(12 * years, "day")


@pytest.mark.parametrize(
    ("first", "last"), [(date(1, 1, 1), date(2022, 1, 1)), (date(2022, 1, 1), date(9999, 1, 1))]
)
def test_vaccination_days_leave_room_for_a_life_in_the_calendar(first: date, last: date) -> None:
    with pytest.raises(InvalidValue, match="expected a date from 1800-01-01 to 9000-12-31"):
        VaccinationDays(first, last)
