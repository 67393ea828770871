"""Changes between policies, and the people whom they concern, in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from vaxpolicy import catalog
from vaxpolicy.analysis.diff import Days, DaysChange, Kind, diff
from vaxpolicy.analysis.profiles import (
    AgeThen,
    Counties,
    DoseGiven,
    DoseNumber,
    FactGiven,
    Profile,
    Registered,
)
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Dose, PartialDate, Person, Willingness
from vaxpolicy.messages import (
    LANGUAGES,
    describe_change,
    describe_changed_days,
    describe_changes,
    describe_person,
    describe_whom,
    group_name,
)

ROUND = "tw/covid19-1922/round-"
DAY, LATER = date(2022, 2, 1), date(2022, 2, 3)
NOON = datetime(2022, 1, 1, 12, tzinfo=TAIWAN)
STEP = timedelta(microseconds=1)


def whom(lang: str = "en", **facts: Any) -> tuple[str, ...]:
    return describe_whom(Profile("AZ", frozenset({"AZ"}), **facts), lang)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (DaySet.of(DAY), "born on 1 February 2022"),
        (DaySet.between(DAY, LATER), "born from 1 February 2022 to 3 February 2022"),
        (DaySet.between(None, DAY), "born on or before 1 February 2022"),
        (DaySet.between(DAY, None), "born on or after 1 February 2022"),
        (DaySet.every(), "born every day"),
        (
            DaySet.between(None, DAY) | DaySet.of(LATER),
            "born on or before 1 February 2022 or born on 3 February 2022",
        ),
    ],
)
def test_birth_dates(days: DaySet, said: str) -> None:
    assert whom(births=days) == (said,)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (DoseNumber(None, None, 0), "no dose so far"),
        (DoseNumber(None, None, 1), "1 dose so far"),
        (DoseNumber(None, None, 2), "2 doses so far"),
        (DoseNumber(None, None, 1, or_more=True), "at least 1 dose so far"),
        (DoseNumber(None, DAY, 2, or_more=True), "at least 2 doses before 1 February 2022"),
        (DoseNumber(DAY, None, 0), "no dose since 1 February 2022"),
        (DoseNumber(DAY, LATER, 1), "1 dose since 1 February 2022 and before 3 February 2022"),
    ],
)
def test_numbers_of_doses(count: DoseNumber, said: str) -> None:
    assert whom(counts=(count,)) == (said,)


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (FactGiven("mine", DaySet.every(), never=False), "happened some time: mine"),
        (FactGiven("mine", DaySet.none(), never=True), "never happened: mine"),
        (FactGiven("mine", DaySet.of(DAY), never=False), "happened on 1 February 2022: mine"),
    ],
)
def test_dated_facts(fact: FactGiven, said: str) -> None:
    assert whom(dated_facts=(fact,)) == (said,)


@pytest.mark.parametrize(
    ("dose", "said"),
    [
        (DoseGiven(2, None, DaySet.every()), "dose 2"),
        (DoseGiven(2, None, DaySet.of(DAY)), "dose 2, given on 1 February 2022"),
        (
            DoseGiven(1, None, DaySet.of(DAY), frozenset({"BNT", "AZ"})),
            "dose 1: AstraZeneca or Pfizer-BioNTech, given on 1 February 2022",
        ),
        (
            DoseGiven(1, None, DaySet.of(DAY) | DaySet.of(LATER)),
            "dose 1, given on 1 February 2022 or on 3 February 2022",
        ),
        (
            DoseGiven(1, None, DaySet.of(DAY), age=AgeThen(108, attained=False)),
            "dose 1, given on 1 February 2022, before attaining 9 years",
        ),
        (
            DoseGiven(1, None, DaySet.every(), age=AgeThen(6, attained=True)),
            "dose 1, at an age of 6 months or more",
        ),
        (
            DoseGiven(1, None, DaySet.every(), age=AgeThen(72, attained=False, days=180)),
            "dose 1, more than 180 days before attaining 6 years",
        ),
        (
            DoseGiven(1, None, DaySet.every(), age=AgeThen(144, attained=True, days=28)),
            "dose 1, at the earliest 28 days before attaining 12 years",
        ),
        (DoseGiven(1, DAY, DaySet.every()), "dose 1 since 1 February 2022"),
        (DoseGiven(0, DAY, DaySet.every()), "the last dose before 1 February 2022"),
        (DoseGiven(-1, DAY, DaySet.every()), "dose 2 counted back from 1 February 2022"),
    ],
)
def test_single_doses(dose: DoseGiven, said: str) -> None:
    assert whom(doses=(dose,)) == (said,)


def test_groups_and_counties() -> None:
    nine = "cecc-2021-06-21/9"
    name = group_name(nine)
    assert whom(members=(nine,)) == (f"belongs to this group: {name}",)
    assert whom(not_members=(nine,)) == (f"does not belong to this group: {name}",)
    two, other = Counties(("澎湖縣", "金門縣")), Counties(("澎湖縣",), others=True)
    assert whom("zh-Hant", registered_county=two, residence_county=other) == (
        "戶籍在澎湖縣或金門縣",
        "居住地不在澎湖縣",
    )
    (text,) = whom("zh-Hant", registered_county=other)
    assert text == "戶籍不在澎湖縣"


@pytest.mark.parametrize(
    ("registered", "said"),
    [
        (Registered(((None, None),)), "has registered for the vaccine"),
        (Registered((), never=True), "has not registered for the vaccine"),
        (
            Registered(((None, NOON),)),
            "has registered for the vaccine by 1 January 2022, 12:00",
        ),
        (
            Registered(((NOON, None),), never=True),
            "has registered for the vaccine after 1 January 2022, 12:00 or has not registered for the vaccine",
        ),
        (
            Registered(((NOON - STEP, NOON + timedelta(hours=1) - STEP),)),
            "has registered for the vaccine not before 1 January 2022, 12:00 and before 1 January 2022, 13:00",
        ),
    ],
)
def test_the_bounds_of_a_registration_are_said_by_the_full_second(
    registered: Registered, said: str
) -> None:
    assert whom(registered=registered) == (said,)


def test_where_nothing_matters_it_is_everybody() -> None:
    assert whom() == ("everybody",)


def test_days_that_are_sure_and_days_that_are_possible() -> None:
    none, one, more = DaySet.none(), DaySet.of(DAY), DaySet.between(DAY, LATER)
    assert describe_changed_days(Days(none, none)) == "not offered"
    assert describe_changed_days(Days(one, one)) == "1 February 2022"
    assert describe_changed_days(Days(none, one)) == "possibly 1 February 2022"
    assert describe_changed_days(Days(one, more)) == (
        "surely 1 February 2022, possibly 1 February 2022 to 3 February 2022"
    )


def test_a_person_is_told_by_what_is_known() -> None:
    whole = Person(
        birth_date=date(1980, 1, 2),
        doses=[Dose("AZ", date(2021, 7, 1)), Dose("Elixir", date(2021, 9, 1))],
        groups={"list/1"},
        unknown_groups={"list/2"},
        registered_county="澎湖縣",
        residence_county="金門縣",
        willingness=Willingness({"BNT": NOON, "AZ": NOON}),
        key="ab" * 32,
    )
    assert describe_person(whole, "zh-Hant") == (
        "1980年1月2日（民國69年）出生",
        "2021年7月1日（民國110年）接種AZ（阿斯特捷利康）和2021年9月1日（民國110年）接種Elixir",
        "屬於這個類別：list/1",
        "可能屬於這個類別：list/2",
        "戶籍在澎湖縣",
        "居住於金門縣",
        "自2022年1月1日（民國111年）12:00起登記AZ（阿斯特捷利康）",
        "自2022年1月1日（民國111年）12:00起登記BNT（輝瑞／BioNTech）",
    )


def test_nothing_and_none_are_told_apart() -> None:
    assert describe_person(Person(key="ab" * 32)) == ("nothing is known",)
    none = Person(doses=(), groups=(), willingness=Willingness({}))
    assert describe_person(none) == (
        "no dose so far",
        "belongs to no group",
        "has registered for no vaccine",
    )
    assert describe_person(Person(groups=(), unknown_groups={"list/1"})) == (
        "perhaps belongs to this group: list/1",
    )


def test_a_birth_date_may_be_known_in_part() -> None:
    year, month = (Person(birth_date=PartialDate(1980, it)) for it in (None, 2))
    assert describe_person(year) == ("born in 1980",)
    assert describe_person(month) == ("born in February 1980",)
    assert describe_person(month, "vi") == ("sinh vào tháng 2 năm 1980",)


def change(vaccine: str, kind: Kind = Kind.GAINS) -> DaysChange:
    none, one = DaySet.none(), DaySet.of(DAY)
    return DaysChange(
        kind=kind,
        vaccine=vaccine,
        dose=3,
        who=Profile(vaccine, frozenset({vaccine}), registered=Registered(((None, None),))),
        example=Person(willingness=Willingness({vaccine: NOON})),
        old_days=Days(none, none),
        new_days=Days(one, one),
        had_it=False,
    )


def test_a_change_says_what_for_whom_and_shows_somebody() -> None:
    found = describe_change(change("AZ"))
    assert found.what == "Newly offered, surely or possibly: dose 3 of AstraZeneca"
    assert found.who == ("has registered for the vaccine",)
    assert found.example == ("has registered for AstraZeneca since 1 January 2022, 12:00",)
    assert (found.before, found.now) == ("not offered", "1 February 2022")


def test_changes_that_are_the_same_but_for_the_vaccine_become_one() -> None:
    found = describe_changes([change("AZ"), change("BNT"), change("AZ", Kind.LOSES)])
    assert [it.what for it in found] == [
        "Newly offered, surely or possibly: dose 3 of AstraZeneca or Pfizer-BioNTech",
        "No longer offered, or no longer surely: dose 3 of AstraZeneca",
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_round_can_be_compared_with_the_one_before(lang: str) -> None:
    kinds = set()
    for number in (5, 8, 13, 20):
        old, new = (catalog.load(f"{ROUND}{it:02}") for it in (number - 1, number))
        changes = diff(old, new).changes
        kinds |= {it.kind for it in changes}
        for it in describe_changes(changes, lang):
            assert it.who
            assert it.example
            assert not {"{", "}"} & {*"".join((it.what, *it.who, *it.example, it.before, it.now))}
    assert Kind.GAINS in kinds
