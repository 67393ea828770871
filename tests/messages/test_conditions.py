"""The conditions of rules in words: opposites, parts, seasons and bands of ages."""

from datetime import date

import pytest
from attrs import fields

from vaxpolicy import catalog
from vaxpolicy.messages import LANGUAGES, Line, Wording, describe_ages, picture_labels
from vaxpolicy.picture.labels import Labels
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeBand,
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    DaysSinceFact,
    DoseDue,
    DosesAtLeast,
    DosesOf,
    EarlierDosesAtLeast,
    HasFact,
    InBand,
    InGroup,
    NotThat,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    Reckoning,
    Wanted,
)
from vaxpolicy.rules.policy import WindowAges

BAND = AgeAtLeast(65, "calendar-year")


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (DosesAtLeast(1), "no dose so far"),
        (DosesAtLeast(3), "at most 2 doses so far"),
        (EarlierDosesAtLeast(1), "no dose in earlier seasons"),
        (EarlierDosesAtLeast(2), "at most 1 dose in earlier seasons"),
        (InGroup("x"), "does not belong to this group: x"),
        (
            InBand("x", BAND),
            "not: belongs to this group: x; by the date of birth: at least 65 years old by calendar year",
        ),
        (HasFact("mine"), "this has not happened: mine"),
        (Wanted(wanted=True), "not: has registered for the vaccine"),
    ],
)
def test_the_opposite_of_a_condition_is_said_in_the_words_of_its_kind(
    condition: Condition, text: str
) -> None:
    assert list(Wording().lines([NotThat(condition)])) == [Line(0, text)]


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (DaysSinceFact("mine", at_least=10), "at least 10 days since this happened: mine"),
        (DaysSinceFact("mine", at_most=10), "at most 10 days since this happened: mine"),
        (
            DaysSinceFact("mine", at_least=3, at_most=10),
            "3 to 10 days since this happened: mine",
        ),
        (
            DaysSinceFact("mine", at_least=10, or_never=True),
            "at least 10 days since this happened: mine; or it never happened",
        ),
    ],
)
def test_the_days_since_something_happened(condition: Condition, text: str) -> None:
    assert Wording().phrase(condition) == text


@pytest.mark.parametrize(
    ("condition", "head"),
    [
        (AllOf, "all of these hold:"),
        (AnyOf, "at least one of these holds:"),
        (lambda parts: NotThat(AnyOf(parts)), "none of these holds:"),
        (lambda parts: NotThat(AllOf(parts)), "not all of these hold:"),
    ],
)
def test_what_is_made_of_parts_is_indented(condition: type[AllOf], head: str) -> None:
    parts = (InGroup("a"), NotThat(NotThat(InGroup("b"))))
    assert list(Wording().lines([condition(parts), InGroup("c")])) == [
        Line(0, head),
        Line(1, "belongs to this group: a"),
        Line(1, "belongs to this group: b"),
        Line(0, "belongs to this group: c"),
    ]


def test_groups_are_named_as_the_caller_wishes() -> None:
    wording = Wording(group="<{}>".format)
    assert wording.phrase(InGroup("a/9")) == "belongs to this group: <a/9>"
    assert wording.phrase(InBand("a/9", BAND)).startswith("belongs to this group: <a/9>; ")


def test_in_a_season_the_dose_before_the_first_is_that_of_an_earlier_one() -> None:
    first, second = Wording(by_season=True), Wording(dose=2, by_season=True)
    assert first.phrase(PreviousDoseOf(("AZ",))) == (
        "the last dose of an earlier season was one of these vaccines: AstraZeneca"
    )
    assert second.phrase(PreviousDoseBeforeAge(5)) == (
        "dose 1 of the season was given before the age of 5 years"
    )
    assert second.phrase(DoseDue(28, "day")) == (
        "at least 28 days after dose 1 of the season on the vaccination day"
    )


def test_doses_that_count_from_a_day_on_are_said_with_the_day() -> None:
    condition = DosesOf(("AZ", "BNT"), 2, date(2021, 11, 1))
    assert Wording().phrase(condition) == (
        "at least 2 doses of AstraZeneca or Pfizer-BioNTech from 1 November 2021 on"
    )


@pytest.mark.parametrize(
    ("ages", "text"),
    [
        (AgeBand("calendar-year", 50, 64), "50 to 64 years by calendar year"),
        (AgeBand("day", at_least=65), "65 years or older on the vaccination day"),
        (WindowAges("last-day", at_most=17), "17 years or younger on the last vaccination day"),
    ],
)
def test_bands_of_ages_have_words(ages: AgeBand | WindowAges, text: str) -> None:
    assert describe_ages(ages) == text
    assert text.startswith(describe_ages(ages, reckoned=False))
    assert "calendar" not in describe_ages(ages, reckoned=False)


def test_a_band_in_chinese_has_its_reckoning_first() -> None:
    ages: Reckoning = "calendar-year"
    assert describe_ages(AgeBand(ages, 50, 64), "zh-Hant") == "以年份計算，50至64歲"


def conditions_of_all_policies() -> list[AnyCondition]:
    return [
        condition
        for name in catalog.ids()
        for stage in catalog.load(name).written
        for rule in stage.rules
        for condition in rule.all
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_of_every_policy_has_words(lang: str) -> None:
    conditions = conditions_of_all_policies()
    lines = list(Wording(lang, dose=2).lines(conditions))
    assert len(lines) >= len(conditions) > 100
    assert not any("{" in line.text for line in lines)


def test_the_words_of_the_pictures_in_english_are_those_that_pictures_have_of_themselves() -> None:
    assert picture_labels() == Labels()


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_pictures_have_their_words_and_vaccines_in_every_language(lang: str) -> None:
    labels, english = picture_labels(lang), Labels()
    for it in fields(Labels):
        text, source = getattr(labels, it.name), getattr(english, it.name)
        assert text != source or it.name in {"between", "refused", "stage", "vaccines"}
    assert labels.of(["Medigen", "not a vaccine"]) == {
        "zh-Hant": "高端、not a vaccine",
        "th": "เมดิเจน, not a vaccine",
    }.get(lang, "Medigen, not a vaccine")
