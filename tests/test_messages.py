"""Every answer has words."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from vaxpolicy.conditions import (
    LEAVES,
    AgeAtLeast,
    AgeAtLeastMonths,
    AgeAtMost,
    Condition,
    DoseDue,
    DosesAtLeast,
    FromDay,
    InGroup,
)
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import _OPEN_CODES, Effect, Offer, Outcome, Reason
from vaxpolicy.messages import (
    OUTCOMES,
    REASONS,
    describe_days,
    describe_offer,
    describe_reason,
    describe_window,
)
from vaxpolicy.policy import Window

DAY = date(2022, 1, 20)
OWN_CODES = {
    *("wanted-too-late", "wanted-too-early", "vaccination-days-not-stated", "not-licensed"),
    *("vaccine-not-known", "dose-before-birth", "doses-on-one-day", "not-stated"),
}
CODES = {
    *(code for leaf in LEAVES for code in (leaf.code, leaf.code_negated)),
    *_OPEN_CODES.values(),
    *OWN_CODES,
}


def test_every_code_has_its_text_and_every_text_its_code() -> None:
    assert set(REASONS) == CODES


def test_every_outcome_has_its_text() -> None:
    assert set(OUTCOMES) == set(Outcome)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_text_can_be_filled_in(code: str) -> None:
    text = describe_reason(Reason(code, "1a", Effect.REFUSES, 2, "AZ", day=DAY, fact="groups/x/1"))
    assert text.startswith("1a AZ: ")
    assert "{" not in text


@pytest.mark.parametrize(
    ("condition", "code", "text"),
    [
        (AgeAtLeast(18, "day"), "too-young", "1a: too young: turns 18 on 2022-01-20"),
        (AgeAtMost(49, "day"), "too-old", "1a: too old: turns 50 on 2022-01-20"),
        (AgeAtLeastMonths(6, "day"), "too-young", "1a: too young: 6 months old on 2022-01-20"),
        (
            DoseDue(84, "day"),
            "interval-too-short",
            "1a: dose 1 is too recent: 84 days after it are over on 2022-01-20",
        ),
        (DosesAtLeast(2), "dose-already-given", "1a: dose 2 has already been given (2022-01-20)"),
        (FromDay(DAY), "not-yet", "1a: only from 2022-01-20 on"),
    ],
)
def test_a_reason_says_on_which_day_it_turns(condition: Condition, code: str, text: str) -> None:
    reason = Reason(code, "1a", Effect.REFUSES, 2, condition=condition, day=DAY)
    assert describe_reason(reason) == text


def test_a_reason_says_what_it_does_and_whose_it_is() -> None:
    licence = Reason("too-young", "1a", Effect.NARROWS, 1, "AZ", "licence", AgeAtLeast(18, "day"))
    assert describe_reason(licence) == (
        "1a AZ: only some of the days: too young (the vaccine's licence)"
    )
    unknown = Reason("group-unknown", "1a", Effect.OPEN, 1, fact="groups/list/9")
    assert describe_reason(unknown) == "1a: whether the person belongs to list/9 is not known"
    outside = Reason("not-in-group", "1a", Effect.REFUSES, 1, condition=InGroup("x"), day=DAY)
    assert describe_reason(outside) == "1a: not a member of the group that this rule is for"
    everywhere = Reason("dose-before-birth", "", Effect.OPEN, 0, fact="doses")
    assert describe_reason(everywhere) == "a dose is recorded before the date of birth"


def test_days_read_as_dates() -> None:
    days = DaySet.of(DAY) | DaySet.between(date(2022, 2, 1), date(2022, 2, 3))
    assert describe_days(days) == "2022-01-20, 2022-02-01 to 2022-02-03"
    assert describe_days(DaySet.between(DAY, None)) == "from 2022-01-20 on"
    assert describe_days(DaySet.between(None, DAY)) == "until 2022-01-20"


def test_windows_read_in_taiwans_time() -> None:
    window = Window(datetime(2022, 1, 15, 10, tzinfo=TAIWAN), "not-stated")
    assert describe_window(window) == "2022-01-15 10:00 to a time that no source states"
    only_a_day = Window(DAY, datetime(2022, 1, 21, 12, tzinfo=TAIWAN))
    assert describe_window(only_a_day) == (
        "2022-01-20, at an hour that no source states, to 2022-01-21 12:00"
    )


def test_an_offer_reads_as_a_sentence() -> None:
    window = Window(datetime(2022, 1, 15, 10, tzinfo=TAIWAN), datetime(2022, 1, 16, tzinfo=TAIWAN))
    days = DaySet.of(DAY)
    assert describe_offer(Offer("19a", "AZ", 3, days, days, ((window,),))) == (
        "AZ, dose 3, on 2022-01-20; to be booked from 2022-01-15 10:00 to 2022-01-16 00:00"
    )
    assert describe_offer(Offer("19a", "AZ", 3, days, days, ((),))) == "AZ, dose 3, on 2022-01-20"
