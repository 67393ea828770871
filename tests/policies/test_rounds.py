"""The 1922 platform's rounds: every file, its versions, its windows, and the dated incidents."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any, TypeAlias

import pytest

from tests.helpers import at
from vaxpolicy import catalog
from vaxpolicy.eligibility import Decision, Dose, Outcome, PartialDate, Person, Willingness, decide

ROUNDS = [f"tw/covid19-1922/round-{number:02}" for number in range(1, 29)]
PLATFORM = ["tw/covid19-1922/registration", *ROUNDS]
EACH = pytest.mark.parametrize("name", PLATFORM)
CATEGORY = "cecc-2021-06-21/"
NO_GROUPS: frozenset[str] = frozenset()
Facts: TypeAlias = dict[str, Any]


def wanting(*vaccines: str, since: str = "2021-07-14T12:00") -> Willingness:
    return Willingness(dict.fromkeys(vaccines, at(since)))


def asked(number: int, *, as_of: date | None = None, **facts: Any) -> Decision:
    """The answer of a round to someone without groups and doses, unless given."""
    facts = {"groups": NO_GROUPS, "doses": (), "willingness": Willingness({}), **facts}
    return decide(catalog.load(ROUNDS[number - 1], as_of=as_of), Person(**facts))


def rules(decision: Decision) -> set[str]:
    return {rule for offer in decision.offers for rule in offer.rule_id.split("|")}


def codes(decision: Decision) -> set[str]:
    return {reason.code for reason in decision.reasons}


def raw(name: str) -> dict[str, Any]:
    """The file as it is, with every version."""
    text = files("vaxpolicy").joinpath("policies", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def test_the_platform_has_its_28_rounds_and_its_registration_in_order() -> None:
    assert [name for name in catalog.ids() if name.startswith("tw/covid19-1922/")] == PLATFORM


@EACH
def test_a_file_bears_its_own_id_and_loads(name: str) -> None:
    policy = catalog.load(name)
    assert (policy.id, policy.disease) == (name, "covid19")
    assert policy.stages
    assert policy.title


@EACH
def test_every_rule_and_window_cites_and_every_source_is_cited(name: str) -> None:
    document = raw(name)
    parts = [
        part
        for stage in document["stages"]
        for part in (*stage["rules"], *stage.get("windows", ()))
    ]
    assert all(part["cites"] for part in parts)
    assert {key for part in parts for key in part["cites"]} == set(document["sources"])


@EACH
def test_every_source_says_who_where_and_when(name: str) -> None:
    for source in raw(name)["sources"].values():
        assert source["publisher"]
        assert re.match(r"https?://[^/]+/.", source["url"])
        assert source["checked"] in {date(2026, 11, 23), date(2026, 11, 27)}
        assert source["support"] in {"official", "press", "secondary"}


@EACH
def test_rule_ids_are_unique_at_any_time_and_in_order(name: str) -> None:
    for day in turning_days(name):
        stages = catalog.load(name, as_of=day).stages
        assert len({stage.id for stage in stages}) == len(stages)
        found = [rule.id for stage in stages for rule in stage.rules]
        assert len(set(found)) == len(found)
        if name in ROUNDS:
            number = str(int(name[-2:]))
            assert all(rule.startswith(number) for rule in found)
            letters = [rule.removeprefix(number) for rule in found if "x" not in rule]
            assert letters == sorted(letters)


@EACH
def test_every_group_that_a_rule_names_is_in_a_list(name: str) -> None:
    named = set(re.findall(r"'group': '([^']+)'", str(raw(name))))
    assert named <= set(catalog.groups())


@EACH
def test_every_window_is_for_some_rule_and_every_rule_has_a_window(name: str) -> None:
    for day in turning_days(name):
        for stage in catalog.load(name, as_of=day).stages:
            served = {
                (window, rule)
                for window in stage.windows
                for rule in stage.rules
                if not window.vaccines or set(window.vaccines) & set(rule.vaccines)
            }
            assert {window for window, _ in served} == set(stage.windows)
            assert {rule for _, rule in served} == set(stage.rules)


@pytest.mark.parametrize("name", ROUNDS)
def test_booking_opens_before_the_last_vaccination_day(name: str) -> None:
    for day in turning_days(name):
        for stage in catalog.load(name, as_of=day).stages:
            for window in stage.windows:
                if isinstance(window.opens, datetime) and isinstance(window.closes, datetime):
                    assert window.opens < window.closes
                    assert window.closes.date() <= stage.vaccination_days.last


def turning_days(name: str) -> list[date]:
    document = raw(name)
    stages = document["stages"]
    parts = [*stages, *(part for it in stages for part in (*it["rules"], *it.get("windows", ())))]
    found = {part[key] for part in parts for key in ("since", "until") if key in part}
    return sorted({document["announced"], *found})


@EACH
def test_nothing_is_in_force_the_day_before_it_is_announced(name: str) -> None:
    announced = catalog.load(name).announced
    catalog.load(name, as_of=announced)
    with pytest.raises(catalog.UnknownPolicyError, match="in force"):
        catalog.load(name, as_of=announced - timedelta(days=1))


@pytest.mark.parametrize(
    ("number", "stage", "announced"),
    [
        (5, "added-1", date(2021, 8, 7)),
        (6, "added-1", date(2021, 8, 18)),
        (6, "added-2", date(2021, 8, 21)),
        (7, "added-1", date(2021, 8, 31)),
        (10, "added-1", date(2021, 10, 6)),
        (11, "added-1", date(2021, 10, 12)),
        (11, "added-2", date(2021, 10, 14)),
        (12, "stage-1-added", date(2021, 10, 21)),
        (12, "stage-2-added-1", date(2021, 10, 26)),
        (12, "stage-2-added-2", date(2021, 10, 27)),
        (13, "added-1", date(2021, 11, 4)),
        (14, "added-1", date(2021, 11, 18)),
    ],
)
def test_an_added_stage_is_there_from_its_own_announcement_on(
    number: int, stage: str, announced: date
) -> None:
    def stages(day: date) -> set[str]:
        return {it.id for it in catalog.load(ROUNDS[number - 1], as_of=day).stages}

    assert stage not in stages(announced - timedelta(days=1))
    assert stage in stages(announced)


def test_round_11_was_widened_on_8_october() -> None:
    before, after = date(2021, 10, 7), date(2021, 10, 8)
    for born, earlier, later in (
        (date(1974, 12, 31), {"11x1"}, {"11a"}),
        (date(1975, 1, 1), set(), {"11a"}),
        (date(1976, 12, 31), set(), {"11a"}),
        (date(1977, 1, 1), set(), set()),
    ):
        person: Facts = {
            "birth_date": born,
            "willingness": wanting("BNT", since="2021-10-01T12:00"),
        }
        assert rules(asked(11, as_of=before, **person)) == earlier
        assert rules(asked(11, as_of=after, **person)) == later


def test_round_11_gave_the_second_dose_of_az_by_age_and_day_of_the_first() -> None:
    before, after = date(2021, 10, 7), date(2021, 10, 8)
    for born, on, earlier, later in (
        (date(1966, 1, 1), date(2021, 7, 22), {"11x2"}, {"11d", "11e"}),
        (date(1966, 1, 1), date(2021, 7, 23), set(), {"11e"}),
        (date(1965, 12, 31), date(2021, 7, 30), {"11x3"}, {"11e"}),
        (date(1968, 1, 1), date(2021, 7, 30), set(), set()),
        (date(2003, 10, 15), date(2021, 7, 22), {"11x2"}, {"11d"}),
    ):
        person: Facts = {
            "birth_date": born,
            "doses": [Dose("AZ", on)],
            "groups": frozenset({"status/registered-before"}),
        }
        in_time = wanting("AZ", since="2021-10-06T12:00")
        assert rules(asked(11, as_of=before, willingness=in_time, **person)) == earlier
        assert rules(asked(11, as_of=after, **person)) & {"11d", "11e"} == later


def test_round_11_took_earlier_registrations_for_enough_only_from_8_october_on() -> None:
    person: Facts = {"birth_date": date(1960, 1, 1), "doses": [Dose("AZ", date(2021, 7, 1))]}
    before, after = date(2021, 10, 7), date(2021, 10, 8)
    ever = frozenset({"status/registered-before"})
    late = wanting("AZ", since="2021-10-06T12:00:00.000001")
    assert not rules(asked(11, as_of=before, groups=ever, willingness=late, **person))
    assert not rules(asked(11, as_of=before, groups=ever, **person))
    assert rules(asked(11, as_of=after, groups=ever, **person)) == {"11d", "11e"}


@pytest.mark.parametrize(
    ("since", "outcome"),
    [
        ("2021-07-19T00:00", Outcome.ELIGIBLE),
        ("2021-07-19T12:00", Outcome.ELIGIBLE),
        ("2021-07-20T00:00", Outcome.INELIGIBLE),
    ],
)
def test_up_to_and_including_19_july_takes_the_whole_day_in(since: str, outcome: Outcome) -> None:
    """Round 8 prints 「7月19日（含）前」; a day "before" which one registers stays open (round 7)."""
    young: Facts = {"birth_date": date(2001, 1, 1), "willingness": wanting("AZ", since=since)}
    assert asked(8, **young).outcome is outcome


def test_round_11_stayed_open_six_hours_longer_from_12_october_on() -> None:
    evening = at("2021-10-13T15:00")
    person: Facts = {"birth_date": date(1970, 1, 1), "willingness": wanting("BNT")}
    announced = asked(11, as_of=date(2021, 10, 11), **person).offers[0]
    prolonged = asked(11, **person).offers[0]
    assert (announced.bookable(evening), prolonged.bookable(evening)) == (False, True)
    assert prolonged.bookable(at("2021-10-13T18:00")) is False


def test_round_10_has_three_versions() -> None:
    bookable = at("2021-10-03T10:00")
    first_days, open_on_the_third, medigen_by = [], [], []
    for day in (date(2021, 9, 30), date(2021, 10, 1), date(2021, 10, 2)):
        az = asked(
            10,
            as_of=day,
            birth_date=date(1960, 5, 5),
            doses=[Dose("AZ", date(2021, 7, 22))],
            willingness=wanting("AZ"),
        ).offers[0]
        first_days.append(az.days.first)
        open_on_the_third.append(az.bookable(bookable))
        medigen = [
            asked(
                10,
                as_of=day,
                birth_date=date(1980, 5, 5),
                doses=[Dose("Medigen", on)],
                willingness=wanting("Medigen"),
            ).outcome
            is Outcome.ELIGIBLE
            for on in (date(2021, 9, 8), date(2021, 9, 9))
        ]
        medigen_by.append(medigen)
    assert first_days == [date(2021, 10, 6), date(2021, 10, 7), date(2021, 10, 6)]
    assert open_on_the_third == [True, False, False]
    assert medigen_by == [[True, False], [True, True], [True, False]]


def test_round_10_offered_bnt_only_from_1_october_on() -> None:
    person: Facts = {
        "birth_date": date(1950, 1, 1),
        "willingness": wanting("BNT", since="2021-09-20T12:00"),
    }
    assert not rules(asked(10, as_of=date(2021, 9, 30), **person))
    assert rules(asked(10, as_of=date(2021, 10, 1), **person)) == {"10c"}


def test_round_9_moved_the_days_of_medigen_forward() -> None:
    person: Facts = {
        "birth_date": date(1980, 1, 1),
        "doses": [Dose("Medigen", date(2021, 8, 31))],
        "willingness": wanting("Medigen"),
    }
    before = asked(9, as_of=date(2021, 9, 17), **person).offers[0]
    after = asked(9, as_of=date(2021, 9, 18), **person).offers[0]
    assert (before.days.first, after.days.first) == (date(2021, 9, 30), date(2021, 9, 27))


@pytest.mark.parametrize(
    ("vaccine", "opens"), [("BNT", "2021-11-23T10:00"), ("Moderna", "2021-11-23T14:00")]
)
def test_people_who_mix_book_in_the_window_of_the_brand_they_want(vaccine: str, opens: str) -> None:
    decision = asked(
        15,
        birth_date=date(1990, 1, 1),
        doses=[Dose("AZ", date(2021, 9, 30))],
        groups=frozenset({"status/mix-and-match"}),
        willingness=wanting(vaccine, since="2021-11-18T12:00"),
    )
    (offer,) = decision.offers
    assert (offer.rule_id, offer.vaccine) == ("15f", vaccine)
    assert offer.bookable(at(opens) - timedelta(seconds=1)) is False
    assert offer.bookable(at(opens)) is True


def test_a_vaccine_ticked_for_the_first_dose_is_no_registration_for_mixing() -> None:
    decision = asked(
        15,
        birth_date=date(1990, 1, 1),
        doses=[Dose("AZ", date(2021, 9, 30))],
        willingness=wanting("BNT", since="2021-08-28T15:00"),
    )
    assert decision.outcome is Outcome.INELIGIBLE


def test_after_az_round_17_gives_az_to_all_and_bnt_to_those_who_mix() -> None:
    person: Facts = {
        "birth_date": date(1990, 1, 1),
        "doses": [Dose("AZ", date(2021, 10, 14))],
        "willingness": wanting("AZ", "BNT", since="2021-11-20T12:00"),
    }
    plain = asked(17, **person)
    mixing = asked(17, **{**person, "groups": frozenset({"status/mix-and-match"})})
    assert {offer.vaccine for offer in plain.offers} == {"AZ"}
    assert {offer.vaccine for offer in mixing.offers} == {"AZ", "BNT"}


@pytest.mark.parametrize(
    ("age", "opens"), [(65, "10:00"), (64, "12:00"), (50, "12:00"), (49, "14:00"), (19, "14:00")]
)
def test_the_old_may_book_first_in_the_booster_rounds(age: int, opens: str) -> None:
    decision = asked(
        19,
        birth_date=date(2022 - age, 1, 1),
        doses=[Dose("AZ", date(2021, 5, 1)), Dose("AZ", date(2021, 8, 1))],
        willingness=None,
    )
    opening = at(f"2022-01-15T{opens}")
    offers = [offer for offer in decision.offers if offer.vaccine == "Moderna"]
    assert [offer.bookable(opening - timedelta(seconds=1)) for offer in offers] == [False]
    assert [offer.bookable(opening) for offer in offers] == [True]
    assert [offer.bookable(at("2022-01-16T12:00")) for offer in offers] == [False]


def test_only_people_whom_the_reckonings_place_differently_have_an_unknown_window() -> None:
    eleven = at("2022-01-15T11:00")

    def bookable(born: date) -> set[bool | None]:
        doses = [Dose("AZ", date(2021, 5, 1)), Dose("AZ", date(2021, 8, 1))]
        return {it.bookable(eleven) for it in asked(19, birth_date=born, doses=doses).offers}

    assert bookable(date(1957, 1, 17)) == {True}  # 65 on the first day and by calendar year
    assert bookable(date(1957, 1, 18)) == {None}  # by calendar year alone
    assert bookable(date(1957, 12, 31)) == {None}
    assert bookable(date(1958, 1, 1)) == {False}


def test_an_hour_that_no_source_gives_is_answered_by_unknown() -> None:
    islander = Person(
        birth_date=date(1965, 1, 1),
        doses=(),
        groups=frozenset({f"{CATEGORY}10"}),
        willingness=wanting("AZ", since="2021-07-09T09:00"),
    )
    (offer,) = decide(catalog.load(ROUNDS[1]), islander).offers
    assert offer.bookable(at("2021-07-12T23:59:59")) is False
    assert offer.bookable(at("2021-07-13T08:00")) is None  # that day, the hour not stated
    assert offer.bookable(at("2021-07-14T00:00")) is None  # open, the close not stated
    (offer,) = asked(
        10, birth_date=date(1958, 1, 1), willingness=wanting("BNT", since="2021-09-20T12:00")
    ).offers
    assert offer.rule_id == "10f"
    assert offer.bookable(at("2021-10-07T09:59")) is False
    assert offer.bookable(at("2021-10-07T12:00")) is None


def test_round_1_leaves_vaccine_and_days_open() -> None:
    person: Facts = {
        "birth_date": date(1965, 1, 1),
        "registered_county": "澎湖縣",
        "willingness": wanting("AZ", "Moderna", since="2021-07-06T12:00"),
    }
    decision = asked(1, **person)
    assert decision.outcome is Outcome.UNDETERMINED
    assert {offer.vaccine for offer in decision.possible_offers} == {"AZ", "Moderna"}
    assert {"not-stated", "vaccination-days-not-stated"} <= codes(decision)
    assert decision.missing == ()  # nothing about the person could close it
    assert asked(1, **{**person, "registered_county": "臺北市"}).missing == ("residence_county",)
    assert asked(1, **{**person, "birth_date": date(1972, 1, 1)}).outcome is Outcome.INELIGIBLE


def test_the_bands_of_the_list_keep_both_reckonings_even_without_days() -> None:
    person: Facts = {
        "residence_county": "金門縣",
        "willingness": wanting("AZ", since="2021-07-06T12:00"),
    }
    for born, possible in (
        (date(1971, 7, 18), True),
        (date(1971, 12, 31), True),  # 50 by calendar year
        (date(1972, 1, 1), False),
    ):
        decision = asked(1, **{**person, "birth_date": born})
        assert bool(decision.possible_offers) is possible


def test_a_booster_of_medigen_at_18_is_open() -> None:
    decision = asked(
        19,
        birth_date=date(2003, 6, 1),
        doses=[Dose("BNT", date(2021, 9, 25)), Dose("BNT", date(2021, 10, 25))],
    )
    assert {offer.vaccine for offer in decision.offers} == {"AZ", "BNT", "Moderna"}
    assert {offer.vaccine for offer in decision.possible_offers} == {"Medigen"}


def test_a_licence_narrows_the_days_of_someone_who_turns_18_in_the_week() -> None:
    decision = asked(
        19,
        birth_date=date(2004, 1, 20),
        doses=[Dose("BNT", date(2021, 9, 25)), Dose("BNT", date(2021, 10, 20))],
    )
    days = {offer.vaccine: offer.days.first for offer in decision.offers}
    assert days == {
        "AZ": date(2022, 1, 20),
        "BNT": date(2022, 1, 17),
        "Moderna": date(2022, 1, 17),
    }
    assert {reason.basis for reason in decision.reasons if reason.vaccine == "AZ"} == {"licence"}


def test_a_17_year_old_may_have_moderna_but_not_az() -> None:
    """In round 14 Moderna counts by calendar year, AZ by the birthday; both licences agree."""
    person: Facts = {
        "birth_date": date(2003, 12, 31),
        "willingness": wanting("AZ", "Moderna", since="2021-11-01T12:00"),
    }
    assert rules(asked(14, **person)) == {"14c"}


def test_the_licence_refuses_medigen_below_20() -> None:
    decision = asked(
        6,
        birth_date=date(2001, 8, 30),
        willingness=wanting("Medigen", since="2021-08-17T12:00"),
    )
    assert decision.outcome is Outcome.INELIGIBLE
    reasons = [reason for reason in decision.reasons if reason.rule_id == "6e"]
    assert [(it.basis, it.code) for it in reasons] == [("licence", "too-young")]


def test_6_july_a_healthy_42_year_old_could_not_be_eligible() -> None:
    """They could register on the first day all the same; the centre said that they were not eligible."""
    healthy = Person(birth_date=date(1979, 3, 1), groups=NO_GROUPS, doses=())
    gates = catalog.load(PLATFORM[0], as_of=date(2021, 7, 6))
    assert decide(gates, healthy).outcome is Outcome.INELIGIBLE
    islander = asked(
        1,
        birth_date=date(1979, 3, 1),
        residence_county="金門縣",
        willingness=wanting("AZ", "Moderna", since="2021-07-06T11:00"),
    )
    assert islander.outcome is Outcome.INELIGIBLE
    assert codes(islander) == {"not-in-group"}


def test_6_july_someone_with_a_catastrophic_illness_could_register() -> None:
    ill = Person(
        birth_date=date(1979, 3, 1),
        groups=frozenset({f"{CATEGORY}9/catastrophic-illness"}),
        doses=(),
    )
    decision = decide(catalog.load(PLATFORM[0], as_of=date(2021, 7, 6)), ill)
    assert {offer.vaccine for offer in decision.offers} == {"AZ", "Moderna"}
    assert decision.offers[0].bookable(at("2021-07-06T09:59")) is False
    assert decision.offers[0].bookable(at("2021-07-06T10:00")) is True


def test_20_july_young_people_outside_category_9_are_not_of_round_3() -> None:
    young: Facts = {"birth_date": date(1995, 5, 5), "willingness": wanting("AZ")}
    assert asked(3, **young).outcome is Outcome.INELIGIBLE
    assert rules(asked(3, **young, groups=frozenset({f"{CATEGORY}9"}))) == {"3a"}
    other_list = frozenset({"cecc-2021-06-07/9", "cecc-2021-02-26/9"})
    assert asked(3, **young, groups=other_list).outcome is Outcome.INELIGIBLE


def test_5_august_six_weeks_after_moderna_is_not_enough_at_72() -> None:
    person: Facts = {
        "birth_date": date(1949, 3, 1),
        "doses": [Dose("Moderna", date(2021, 7, 1))],
        "willingness": wanting("Moderna", since="2021-07-28T12:00"),
    }
    decision = asked(5, **person, groups=frozenset({f"{CATEGORY}8"}))
    assert decision.outcome is Outcome.INELIGIBLE
    assert "not-in-group" in codes(decision)
    for group in ("1", "2", "3", "6/pregnant"):  # for whom four weeks were enough
        assert rules(asked(5, **person, groups=frozenset({CATEGORY + group}))) == {"5a"}
    assert asked(5, **person, groups=frozenset({f"{CATEGORY}6"})).outcome is Outcome.INELIGIBLE


def test_19_september_the_310_had_booked_before_booking_opened() -> None:
    (offer,) = asked(
        9, birth_date=date(1950, 1, 1), willingness=wanting("BNT", since="2021-09-01T12:00")
    ).offers
    assert offer.bookable(at("2021-09-19T20:00")) is False
    assert offer.bookable(at("2021-09-20T10:00")) is True


def test_22_october_the_squeezed_out_had_a_window_of_their_own() -> None:
    person: Facts = {
        "birth_date": date(1961, 6, 1),
        "doses": [Dose("Moderna", date(2021, 7, 16))],
        "willingness": wanting("Moderna", since="2021-10-01T12:00"),
    }
    now = at("2021-10-22T12:00")

    def may_book(**facts: Any) -> bool:
        return any(offer.bookable(now) for offer in asked(12, **{**person, **facts}).offers)

    assert may_book()
    assert not may_book(groups=frozenset({"status/booked-round-12"}))
    assert not may_book(birth_date=date(1956, 6, 1))  # 65: on the local lists


def test_until_29_july_nobody_without_a_card_could_register() -> None:
    foreigner = Person(
        birth_date=date(1985, 1, 1), groups=frozenset({"status/no-nhi-card"}), doses=()
    )
    before = decide(catalog.load(PLATFORM[0], as_of=date(2021, 7, 28)), foreigner)
    after = decide(catalog.load(PLATFORM[0], as_of=date(2021, 7, 29)), foreigner)
    assert before.outcome is Outcome.INELIGIBLE
    assert codes(before) >= {"in-excluded-group"}
    assert {offer.vaccine for offer in after.offers} == {"AZ", "Moderna", "Medigen"}
    assert {offer.bookable(at("2021-07-30T12:00")) for offer in after.offers} == {True}


@pytest.mark.parametrize(
    ("instant", "open_"),
    [
        ("2021-07-13T08:59:59", False),
        ("2021-07-13T09:00:00", True),
        ("2021-07-19T11:59:59", True),
        ("2021-07-19T12:00:00", False),
        ("2021-07-27T13:59:59", False),
        ("2021-07-27T14:00:00", True),
        ("2021-08-13T12:00:00", False),
        ("2021-08-16T14:00:00", True),
        ("2021-08-21T12:00:00", False),
        ("2021-08-28T14:00:00", True),
        ("2021-09-09T12:00:00", False),
        ("2021-09-09T15:00:00", True),
        ("2021-10-06T11:59:59", True),
        ("2021-10-06T12:00:00", None),  # worded as the end of the registration; reopened: when?
        ("2021-12-13T06:00:00", None),
        ("2021-12-22T09:00:00", None),
        ("2021-12-23T09:00:00", False),
        ("2022-01-15T10:00:00", False),
    ],
)
def test_registration_was_open_between_its_instants(instant: str, open_: bool | None) -> None:
    adult = Person(birth_date=date(1990, 1, 1), groups=NO_GROUPS, doses=())
    assert could_register(adult, "AZ", at(instant)) is open_


def could_register(person: Person, vaccine: str, now: datetime) -> bool | None:
    """By any gate that was there that day."""
    offers = decide(catalog.load(PLATFORM[0]), person).offers
    answers = {it.bookable(now) for it in offers if it.vaccine == vaccine and now.date() in it.days}
    return True if True in answers else None if None in answers else False


@pytest.mark.parametrize(
    ("instant", "open_"),
    [
        ("2021-07-06T09:59:59", False),
        ("2021-07-07T17:00:00", True),  # a settlement that closed nothing
        ("2021-07-12T16:59:59", True),
        ("2021-07-12T17:00:00", None),  # closed, says one source; open for adults at 09:00
        ("2021-07-13T08:59:59", None),
        ("2021-07-13T09:00:00", True),
        ("2021-07-19T12:00:00", False),
    ],
)
def test_the_second_settlement_may_have_closed_the_registration_for_a_night(
    instant: str, open_: bool | None
) -> None:
    ill = Person(birth_date=date(2004, 3, 1), groups=frozenset({f"{CATEGORY}9"}), doses=())
    assert could_register(ill, "Moderna", at(instant)) is open_


def test_everyone_born_in_2003_could_register() -> None:
    def outcome(born: date) -> Outcome:
        person = Person(birth_date=born, groups=NO_GROUPS, doses=())
        return decide(catalog.load(PLATFORM[0]), person).outcome

    assert outcome(date(2003, 12, 31)) is Outcome.ELIGIBLE
    assert outcome(date(2004, 1, 1)) is Outcome.INELIGIBLE


def test_adolescents_outside_school_could_register_for_bnt_from_14_september() -> None:
    def could(born: date, instant: str) -> bool | None:
        groups = frozenset({"status/outside-school-vaccination"})
        return could_register(Person(birth_date=born, groups=groups, doses=()), "BNT", at(instant))

    assert could(date(2008, 3, 1), "2021-09-14T09:59") is False
    assert could(date(2008, 3, 1), "2021-09-14T10:00") is True
    assert could(date(2003, 9, 1), "2021-09-14T10:00") is True  # an adult, born in 2003
    assert could(date(2009, 9, 20), "2021-09-19T10:00") is False  # not for sure: eleven
    assert could(date(2009, 9, 20), "2021-09-20T10:00") is True


@pytest.mark.parametrize(
    ("born", "outcome"),
    [
        (date(2009, 9, 14), Outcome.ELIGIBLE),
        (date(2009, 12, 31), Outcome.UNDETERMINED),  # about to turn 12: how soon is not stated
        (date(2010, 1, 1), Outcome.INELIGIBLE),
        (date(2014, 1, 1), Outcome.INELIGIBLE),
    ],
)
def test_children_register_when_they_turn_12_or_a_little_before(
    born: date, outcome: Outcome
) -> None:
    child = Person(
        birth_date=born, groups=frozenset({"status/outside-school-vaccination"}), doses=()
    )
    decision = decide(catalog.load(PLATFORM[0], as_of=date(2021, 9, 30)), child)
    assert decision.outcome is outcome


def test_the_same_number_in_two_lists_is_two_groups() -> None:
    names = {
        version: catalog.groups()[f"{version}/6"].name["en"]
        for version in ("cecc-2021-02-26", "cecc-2021-06-07", "cecc-2021-06-21")
    }
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    "version", ["cecc-2021-02-26", "cecc-2021-06-07", "cecc-2021-06-21", "status"]
)
def test_every_group_is_named_cited_and_every_source_of_its_list_used(version: str) -> None:
    (found,) = [it for it in catalog.group_lists() if it.id == version]
    assert all({"zh-Hant", "en"} <= set(group.name) for group in found.groups)
    assert {key for group in found.groups for key in group.cites} == set(found.sources)


def test_category_10_follows_from_the_birth_date_and_category_9_does_not() -> None:
    person: Facts = {"willingness": wanting("AZ", since="2021-07-09T12:00"), "groups": NO_GROUPS}
    assert rules(asked(2, birth_date=date(1965, 1, 1), **person)) == {"2a"}
    assert asked(2, birth_date=date(1975, 1, 1), **person).outcome is Outcome.INELIGIBLE
    unknown = asked(2, **{**person, "birth_date": date(1975, 1, 1), "groups": None})
    assert unknown.outcome is Outcome.UNDETERMINED
    assert unknown.missing == (f"groups/{CATEGORY}9",)


def test_a_year_of_birth_is_enough_where_only_the_year_counts() -> None:
    person: Facts = {"willingness": wanting("AZ"), "groups": NO_GROUPS}
    assert asked(4, birth_date=PartialDate(1983), **person).outcome is Outcome.ELIGIBLE
    assert asked(4, birth_date=PartialDate(1984), **person).outcome is Outcome.INELIGIBLE


def test_vaccines_have_names_in_five_languages_and_a_source_for_each_licence() -> None:
    languages = {"zh-Hant", "en", "id", "vi", "th"}
    found = catalog.vaccines()
    assert list(found)[:6] == ["AZ", "BNT", "Moderna", "Medigen", "Novavax", "Influenza"]
    for vaccine in found.values():
        assert languages <= set(vaccine.names)
        for licence in vaccine.licences:
            assert licence.cites
            assert licence.until is None or licence.until > licence.since


def test_every_source_of_the_vaccines_is_cited() -> None:
    document = raw("vaccines")
    parts = [
        part
        for vaccine in document["vaccines"]
        for part in (
            *vaccine.get("licences", ()),
            *vaccine.get("intervals", ()),
            *([vaccine["first_given"]] if "first_given" in vaccine else ()),
        )
    ]
    assert {key for part in parts for key in part["cites"]} == set(document["sources"])


def test_round_10_was_announced_on_28_september_with_its_birth_dates() -> None:
    policy = catalog.load(ROUNDS[9], as_of=date(2021, 9, 28))
    assert [rule.id for stage in policy.stages for rule in stage.rules] == ["10a", "10b"]
    printed = policy.stages[0].rules[0].printed
    assert printed.born_on_or_before == date(1971, 12, 31)
    assert printed.born_on_or_after == date(1957, 1, 1)
