"""Every condition, and its opposite, refuses with a code of its own: programs compare these."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.helpers import FIRST, LAST, policy_of
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import DatedFact, Dose, Effect, Person, Policy, Willingness, decide
from vaxpolicy.rules.conditions import (
    LEAVES,
    AgeAtDoseOf,
    AgeAtLeast,
    AgeAtLeastDays,
    AgeAtLeastMonths,
    AgeAtMost,
    AgeAtMostDays,
    AgeAtMostMonths,
    AnyCondition,
    ApartFrom,
    BornOnOrAfter,
    BornOnOrBefore,
    Condition,
    DaysSinceDoseOf,
    DaysSinceFact,
    DoseDue,
    DosesAtLeast,
    DosesOf,
    EarlierDosesAtLeast,
    FromDay,
    HasFact,
    InAnyGroup,
    InGroup,
    NotStated,
    NotThat,
    OfSex,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.rules.policy import Rule

if TYPE_CHECKING:
    from vaxpolicy.rules.people import FactDate

DAY: Final = timedelta(days=1)
YOUNG, OLD = date(2015, 6, 1), date(1990, 1, 1)
SEASON: Final = date(2021, 11, 1)
EARLY, LATE = Dose("AZ", date(2021, 11, 20)), Dose("AZ", FIRST - DAY)
OTHER: Final = Dose("BNT", date(2021, 11, 20))
LAST_YEAR: Final = Dose("AZ", date(2020, 12, 1))
BOUND: Final = datetime(2021, 12, 2, 12, tzinfo=TAIWAN)
COUNTY: Final = "金門縣"


def asking(condition: AnyCondition) -> Policy:
    """A policy that asks this of a second dose."""
    return policy_of(Rule("a", 2, ("AZ",), (), (condition,)), season=SEASON)


def someone(*doses: Dose, born: date = OLD, **known: Any) -> Person:
    """Somebody with one dose of the season, if nothing else is said, and in no group."""
    return Person(born, doses or (EARLY,), **({"groups": ()} | known))


def infected(on: FactDate) -> Person:
    return someone(dated_facts=[DatedFact("infection", on)])


def wanting(at: datetime | None) -> Person:
    return someone(willingness=Willingness({} if at is None else {"AZ": at}))


def named(asked: AnyCondition) -> AnyCondition:
    return asked.not_ if isinstance(asked, NotThat) else asked


def codes(asked: AnyCondition, person: Person) -> set[str]:
    """The codes of the reasons that name the condition, or what it is the opposite of."""
    return {it.code for it in decide(asking(asked), person).reasons if it.condition == named(asked)}


MINOR, ADULT = someone(born=YOUNG), someone(born=OLD)
CODES: list[tuple[Condition, Person, str, Person, str]] = [
    (AgeAtLeast(18, "day"), MINOR, "too-young", ADULT, "too-old"),
    (AgeAtMost(17, "day"), ADULT, "too-old", MINOR, "too-young"),
    (AgeAtLeastMonths(216, "day"), MINOR, "too-young", ADULT, "too-old"),
    (AgeAtMostMonths(215, "day"), ADULT, "too-old", MINOR, "too-young"),
    (AgeAtLeastDays(6_575, "day"), MINOR, "too-young", ADULT, "too-old"),
    (AgeAtMostDays(6_574, "day"), ADULT, "too-old", MINOR, "too-young"),
    (BornOnOrBefore(date(2004, 1, 2)), MINOR, "born-too-late", ADULT, "born-too-early"),
    (BornOnOrAfter(date(2004, 1, 2)), ADULT, "born-too-early", MINOR, "born-too-late"),
    (InGroup("list/1"), ADULT, "not-in-group", someone(groups=["list/1"]), "in-excluded-group"),
    (InGroup("list/2"), ADULT, "not-in-group", someone(born=date(2003, 5, 1)), "in-excluded-group"),
    (
        InAnyGroup(("list/1", "list/3")),
        *(ADULT, "not-in-group"),
        *(someone(groups=["list/3"]), "in-excluded-group"),
    ),
    (
        RegisteredIn((COUNTY,)),
        *(someone(registered_county="臺北市"), "not-in-county"),
        *(someone(registered_county=COUNTY), "in-excluded-county"),
    ),
    (
        ResidentIn((COUNTY,)),
        *(someone(residence_county="臺北市"), "not-in-county"),
        *(someone(residence_county=COUNTY), "in-excluded-county"),
    ),
    (
        DosesAtLeast(1),
        *(someone(LAST_YEAR), "earlier-dose-missing"),
        *(ADULT, "dose-already-given"),
    ),
    (
        EarlierDosesAtLeast(1),
        *(ADULT, "no-dose-in-earlier-season"),
        *(someone(LAST_YEAR, EARLY), "dose-in-earlier-season"),
    ),
    (DoseDue(28, "day"), someone(LATE), "interval-too-short", ADULT, "interval-too-long"),
    (
        PreviousDoseOf(("AZ",)),
        *(someone(OTHER), "other-vaccine-before"),
        *(ADULT, "excluded-vaccine-before"),
    ),
    (
        PreviousDoseOnOrBefore(date(2021, 12, 10)),
        *(someone(LATE), "previous-dose-too-late"),
        *(ADULT, "previous-dose-too-early"),
    ),
    (
        PreviousDoseOnOrAfter(date(2021, 12, 10)),
        *(ADULT, "previous-dose-too-early"),
        *(someone(LATE), "previous-dose-too-late"),
    ),
    (
        PreviousDoseBeforeAge(18),
        *(ADULT, "too-old-at-previous-dose"),
        *(MINOR, "too-young-at-previous-dose"),
    ),
    (DosesOf(("BNT",), 1), ADULT, "earlier-dose-missing", someone(OTHER), "dose-already-given"),
    (
        DaysSinceDoseOf(("AZ",), 28),
        *(someone(LATE), "interval-too-short"),
        *(ADULT, "interval-too-long"),
    ),
    (
        AgeAtDoseOf(("AZ",), at_least_months=216),
        *(MINOR, "too-young-at-previous-dose"),
        *(ADULT, "too-old-at-previous-dose"),
    ),
    (
        AgeAtDoseOf(("AZ",), at_least_days=6_575),
        *(MINOR, "too-young-at-previous-dose"),
        *(ADULT, "too-old-at-previous-dose"),
    ),
    (HasFact("infection"), infected("never"), "fact-missing", infected(EARLY.on), "fact-excluded"),
    (
        DaysSinceFact("infection", 84),
        *(infected(FIRST), "fact-too-recent"),
        *(infected(date(2021, 1, 1)), "fact-too-long-ago"),
    ),
    (OfSex("female"), someone(sex="male"), "other-sex", someone(sex="female"), "other-sex"),
    (Wanted(wanted=True), wanting(None), "not-wanted", wanting(BOUND), "wanted"),
    (
        Wanted(wanted=True, by=BOUND),
        wanting(BOUND + DAY),
        "wanted-too-late",
        wanting(BOUND),
        "wanted",
    ),
    (
        Wanted(wanted=True, after=BOUND),
        wanting(BOUND - DAY),
        "wanted-too-early",
        wanting(BOUND),
        "wanted",
    ),
]
ALONE: list[tuple[AnyCondition, Person, str]] = [
    (FromDay(LAST + DAY), ADULT, "not-yet"),
    (NotThat(FromDay(FIRST)), ADULT, "no-longer"),
    (ApartFrom(("BNT",), 60), someone(OTHER), "too-close-to-other-vaccine"),
]
ON_A_DOSE: list[tuple[Condition, Person]] = [
    (DoseDue(28, "day"), someone(LAST_YEAR)),
    (PreviousDoseOf(("AZ",)), someone(LAST_YEAR)),
    (PreviousDoseOnOrBefore(date(2021, 12, 10)), someone(LAST_YEAR)),
    (PreviousDoseOnOrAfter(date(2021, 12, 10)), someone(LAST_YEAR)),
    (PreviousDoseBeforeAge(18), someone(LAST_YEAR)),
    (DaysSinceDoseOf(("BNT",), 28), ADULT),
    (DaysSinceDoseOf(("AZ",), 28, number=2), ADULT),
    (AgeAtDoseOf(("BNT",), at_least_months=216), ADULT),
    (AgeAtDoseOf(("AZ",), at_least_days=6_575, number=2), ADULT),
]


EVERY: list[tuple[AnyCondition, Person, str]] = [
    *[it[:3] for it in CODES],
    *[(NotThat(condition), refused, code) for condition, _, _, refused, code in CODES],
    *ALONE,
]


@pytest.mark.parametrize(("asked", "refused", "code"), EVERY)
def test_a_condition_and_its_opposite_refuse_with_their_codes(
    asked: AnyCondition, refused: Person, code: str
) -> None:
    assert codes(asked, refused) == {code}


@pytest.mark.parametrize(("condition", "refused"), ON_A_DOSE)
def test_a_condition_on_a_dose_names_the_dose_that_was_not_given(
    condition: Condition, refused: Person
) -> None:
    reasons = decide(asking(condition), refused).reasons
    assert {it.code for it in reasons} == {"earlier-dose-missing"}


def test_what_no_source_states_refuses_nobody() -> None:
    for asked in (condition := NotStated("whether it is asked"), NotThat(condition)):
        reasons = decide(asking(asked), ADULT).reasons
        assert [(it.code, it.effect) for it in reasons] == [("not-stated", Effect.OPEN)]


def test_every_condition_is_here() -> None:
    assert {NotStated, *(type(named(it)) for it, *_ in EVERY)} == set(LEAVES)
