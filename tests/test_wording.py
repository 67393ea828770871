"""What rules ask, in English."""

from datetime import date, datetime

import pytest

from vaxpolicy import catalog
from vaxpolicy.conditions import (
    LEAVES,
    Age,
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
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    FromDay,
    InGroup,
    NotStated,
    NotThat,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.days import TAIWAN
from vaxpolicy.policy import WindowAges
from vaxpolicy.wording import Line, Wording, ages_in_words, moment

DAY = date(2021, 7, 22)
NOON = datetime(2021, 10, 6, 12, tzinfo=TAIWAN)
OPEN = (
    "(no source states whether by calendar year or on the first vaccination day; where these differ, "
    "it is open)"
)

PHRASES = [
    (
        AgeAtLeast(18, "last-day"),
        "is 18 years old or older on the last vaccination day",
        "is younger than 18 on the last vaccination day",
    ),
    (
        AgeAtMost(64, "calendar-year"),
        "is 64 years old or younger by calendar year",
        "is older than 64 by calendar year",
    ),
    (
        AgeAtLeast(65, "not-stated"),
        f"is 65 years old or older {OPEN}",
        f"is younger than 65 {OPEN}",
    ),
    (
        AgeAtLeastMonths(6, "day"),
        "is 6 months old or older on the vaccination day",
        "is younger than 6 months on the vaccination day",
    ),
    (
        AgeAtLeast(12, DAY),
        "is 12 years old or older on 2021-07-22",
        "is younger than 12 on 2021-07-22",
    ),
    (BornOnOrBefore(DAY), "was born on or before 2021-07-22", "was born after 2021-07-22"),
    (BornOnOrAfter(DAY), "was born on or after 2021-07-22", "was born before 2021-07-22"),
    (InGroup("a/9"), "belongs to the group a/9", "does not belong to the group a/9"),
    (
        RegisteredIn(("金門縣", "連江縣", "澎湖縣")),
        "has household registration in 金門縣, 連江縣 or 澎湖縣",
        "has no household registration in 金門縣, 連江縣 or 澎湖縣",
    ),
    (ResidentIn(("金門縣",)), "lives in 金門縣", "does not live in 金門縣"),
    (
        Wanted(wanted=True, by=NOON),
        "registered for the vaccine by 2021-10-06 12:00",
        "did not register for the vaccine by 2021-10-06 12:00",
    ),
    (
        Wanted(wanted=True, by=DAY, after=DAY),
        "registered for the vaccine from 2021-07-22 (hour not stated) on by 2021-07-22 (hour not stated)",
        "did not register for the vaccine from 2021-07-22 (hour not stated) on by 2021-07-22 (hour not stated)",
    ),
    (FromDay(DAY), "comes on or after 2021-07-22", "comes before 2021-07-22"),
    (
        NotStated("which vaccines"),
        "(open, for no source states it: which vaccines)",
        "(open, for no source states it: which vaccines)",
    ),
    (DosesAtLeast(1), "has had at least 1 dose so far", "has had no dose so far"),
    (DosesAtLeast(2), "has had at least 2 doses so far", "has had fewer than 2 doses so far"),
    (
        EarlierDosesAtLeast(1),
        "had at least 1 dose in earlier seasons",
        "had no dose in earlier seasons",
    ),
    (
        DoseDue(84, "day"),
        "had dose 2 at least 84 days before the vaccination day",
        "had dose 2 less than 84 days before the vaccination day",
    ),
    (
        DoseDue(70, DAY),
        "had dose 2 at least 70 days before 2021-07-22",
        "had dose 2 less than 70 days before 2021-07-22",
    ),
    (
        PreviousDoseOf(("AZ", "BNT")),
        "had AZ or BNT as dose 2",
        "had another vaccine than AZ or BNT as dose 2",
    ),
    (
        PreviousDoseOnOrBefore(DAY),
        "had dose 2 on or before 2021-07-22",
        "had dose 2 after 2021-07-22",
    ),
    (
        PreviousDoseOnOrAfter(DAY),
        "had dose 2 on or after 2021-07-22",
        "had dose 2 before 2021-07-22",
    ),
    (
        PreviousDoseBeforeAge(9),
        "was not yet 9 years old on the day of dose 2",
        "was already 9 years old on the day of dose 2",
    ),
]


@pytest.mark.parametrize(("condition", "text", "opposite"), PHRASES)
def test_a_condition_and_its_opposite_are_said_of_the_person(
    condition: Condition, text: str, opposite: str
) -> None:
    wording = Wording(dose=3)
    assert wording.phrase(condition) == text
    assert list(wording.lines([NotThat(condition)])) == [Line(0, opposite)]


def test_every_condition_that_a_policy_may_use_has_words() -> None:
    assert {type(condition) for condition, _, _ in PHRASES} == set(LEAVES)


def test_in_a_season_the_dose_before_the_first_is_that_of_an_earlier_one() -> None:
    first, second = Wording(1, by_season=True), Wording(2, by_season=True)
    assert first.phrase(DoseDue(84, "day")) == (
        "had the last dose of an earlier season, if there was any, at least 84 days before the "
        "vaccination day"
    )
    assert second.phrase(PreviousDoseBeforeAge(5)) == (
        "was not yet 5 years old on the day of dose 1 of the season"
    )


@pytest.mark.parametrize(
    ("condition", "head"),
    [
        (AllOf, "meets all of these:"),
        (AnyOf, "meets at least one of these:"),
        (lambda parts: NotThat(AnyOf(parts)), "meets none of these:"),
        (lambda parts: NotThat(AllOf(parts)), "does not meet all of these:"),
    ],
)
def test_what_is_made_of_parts_is_indented(condition: type[AllOf], head: str) -> None:
    parts = (InGroup("a"), NotThat(NotThat(InGroup("b"))))
    assert list(Wording().lines([condition(parts), InGroup("c")])) == [
        Line(0, head),
        Line(1, "belongs to the group a"),
        Line(1, "belongs to the group b"),
        Line(0, "belongs to the group c"),
    ]


def test_what_has_no_words_is_refused() -> None:
    with pytest.raises(TypeError, match="no words for Condition"):
        Wording().phrase(Condition())
    with pytest.raises(TypeError, match="no words for Age"):
        Wording().phrase(Age())


@pytest.mark.parametrize(
    ("ages", "text"),
    [
        (WindowAges("calendar-year", at_least=65), "65 or older by calendar year"),
        (WindowAges("day", at_most=49), "49 or younger on the vaccination day"),
        (AgeBand("first-day", 50, 64), "50 to 64 on the first vaccination day"),
    ],
)
def test_bands_of_ages_have_words(ages: AgeBand | WindowAges, text: str) -> None:
    assert ages_in_words(ages) == text


def test_a_moment_that_is_not_stated_says_so() -> None:
    assert moment("not-stated") == "not stated"


def conditions_of_all_policies() -> list[AnyCondition]:
    return [
        condition
        for name in catalog.ids()
        for stage in catalog.load(name).written
        for rule in stage.rules
        for condition in rule.all
    ]


def test_every_rule_of_every_policy_has_words() -> None:
    conditions = conditions_of_all_policies()
    assert len(list(Wording(2).lines(conditions))) >= len(conditions) > 100
