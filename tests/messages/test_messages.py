"""Answers read as sentences: what was found, the day on which it turns, and what to do next."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.helpers import policy_of
from vaxpolicy import catalog
from vaxpolicy.analysis.lint import Finding
from vaxpolicy.booking.events import CloseReason, Status
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.slots import Allocation, SlotStatus
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Dose, Effect, Offer, Outcome, Person, Reason, decide
from vaxpolicy.identity import FieldWarning, IdentityForm, InvalidForm, NotMatched, check_form
from vaxpolicy.messages import (
    LANGUAGES,
    OUTCOMES,
    MissingText,
    county_name,
    describe_advice,
    describe_booking,
    describe_close_reason,
    describe_condition,
    describe_days,
    describe_difference,
    describe_fact,
    describe_finding,
    describe_keeping,
    describe_number,
    describe_number_error,
    describe_offer,
    describe_offered_days,
    describe_outcome,
    describe_problem,
    describe_question,
    describe_reason,
    describe_refusal,
    describe_residency,
    describe_slot_status,
    describe_status,
    describe_window,
    disease_name,
    group_name,
    names_of,
    policy_title,
    vaccine_name,
    words,
)
from vaxpolicy.messages.texts import TEXTS
from vaxpolicy.numbers.documents import EntryPermitNumber, MobileNumber
from vaxpolicy.numbers.id_numbers import IdNumber, ResidencyStatus
from vaxpolicy.numbers.reading import NumberError
from vaxpolicy.numbers.ui_number_advice import WITHOUT_UI_NUMBER
from vaxpolicy.record.differences import Difference
from vaxpolicy.rules.conditions import (
    AgeAtDoseOf,
    AgeAtLeast,
    AgeAtLeastDays,
    AgeAtLeastMonths,
    AgeAtMost,
    AgeAtMostDays,
    AgeAtMostMonths,
    BornOnOrAfter,
    BornOnOrBefore,
    Condition,
    DaysSinceDoseOf,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    FromDay,
    InAnyGroup,
    InBand,
    InGroup,
    NotStated,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.rules.policy import Group, Window

if TYPE_CHECKING:
    from vaxpolicy.numbers.reading import Number

DAY = date(2022, 1, 20)
NOON = datetime(2022, 1, 20, 12, tzinfo=TAIWAN)


@pytest.mark.parametrize(
    ("condition", "code", "text"),
    [
        (AgeAtLeast(18, "day"), "too-young", "You are 18 years old from 20 January 2022 on."),
        (AgeAtMost(49, "day"), "too-old", "You are 50 years old from 20 January 2022 on."),
        (
            AgeAtLeast(1, "calendar-year"),
            "too-young",
            "You count as 1 year old from 20 January 2022 on.",
        ),
        (
            AgeAtLeastMonths(6, "day"),
            "too-young",
            "You are 6 months old from 20 January 2022 on.",
        ),
        (AgeAtLeastDays(42, "day"), "too-young", "You are 42 days old from 20 January 2022 on."),
        (AgeAtMostDays(1, "day"), "too-old", "You are 2 days old from 20 January 2022 on."),
        (AgeAtMostMonths(8, "day"), "too-old", "You are 9 months old from 20 January 2022 on."),
        (
            DoseDue(84, "day"),
            "interval-too-short",
            "Dose 1 was on 28 October 2021, and 84 days must pass after it.",
        ),
        (DosesAtLeast(2), "dose-already-given", "That dose was on 20 January 2022."),
        (FromDay(DAY), "not-yet", "This rule holds only from 20 January 2022 on."),
    ],
)
def test_a_reason_says_on_which_day_it_turns(condition: Condition, code: str, text: str) -> None:
    reason = Reason(code, "1a", Effect.REFUSES, 2, condition=condition, day=DAY)
    assert text in describe_reason(reason)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (InGroup("cecc-2021-06-21/1"), "The group is: Medical staff (cecc-2021-06-21/1)."),
        (InBand("x/1", AgeAtLeast(65, "day")), "The group is: x/1."),
        (
            RegisteredIn(("澎湖縣", "金門縣")),
            "The counties are: Penghu County and Kinmen County.",
        ),
        (
            InAnyGroup(("cecc-2021-06-21/1", "x/1")),
            "One of these groups is enough: Medical staff (cecc-2021-06-21/1) or x/1.",
        ),
        (ResidentIn(("澎湖縣",)), "The counties are: Penghu County."),
        (NotStated("whom"), "The open question: whom."),
        (BornOnOrBefore(DAY), "1a: You were born after the dates that this rule is for. Another "),
    ],
)
def test_a_reason_says_what_it_is_about(condition: Condition, text: str) -> None:
    reason = Reason(condition.code, "1a", Effect.REFUSES, 2, condition=condition)
    assert text in describe_reason(reason)


def test_the_interval_before_the_first_dose_of_a_season_is_after_the_last_dose() -> None:
    reason = Reason(
        "interval-too-short", "1a", Effect.REFUSES, 1, condition=DoseDue(84, "day"), day=DAY
    )
    assert describe_reason(reason).startswith(
        "1a: The interval after your last dose is not over."
        " Your last dose was on 28 October 2021, and 84 days must pass after it. "
    )


@pytest.mark.parametrize(
    ("condition", "code", "text"),
    [
        (DaysSinceDoseOf(("HPV9",), 62), "interval-too-short", "The interval after the dose of"),
        (DaysSinceDoseOf(("HPV9",), 62), "interval-too-long", "Dose 1 is too long ago for this"),
        (
            AgeAtDoseOf(("HPV9",), at_least_days=62),
            "too-old-at-previous-dose",
            "You were too old when you had the dose of 9-valent HPV vaccine.",
        ),
        (
            AgeAtDoseOf(("HPV9",), at_least_days=62),
            "too-young-at-previous-dose",
            "You were too young when you had the dose of 9-valent HPV vaccine.",
        ),
    ],
)
def test_a_reason_about_the_dose_of_a_product_names_the_product(
    condition: Condition, code: str, text: str
) -> None:
    reason = Reason(code, "1a", Effect.REFUSES, 2, condition=condition)
    assert describe_reason(reason).startswith(f"1a: {text}")


@pytest.mark.parametrize(
    ("also", "text"),
    [
        (("birth_date", "doses"), "It is also about your date of birth and your doses so far."),
        (("groups",), "It is also about the groups that you belong to."),
        (("?foreign-nationals",), "Another rule or a later round may be for you."),
    ],
)
def test_a_reason_that_is_not_enough_says_what_else_it_is_about(
    also: tuple[str, ...], text: str
) -> None:
    reason = Reason("not-in-group", "1a", Effect.REFUSES, 1, also=also)
    assert f"This alone is not enough. {text}" in describe_reason(reason)


@pytest.mark.parametrize(
    ("day", "advice"),
    [
        (date(2023, 1, 20), "Look for a round with vaccination days from 20 January 2023 on."),
        (date(2060, 1, 20), "Another rule or a later round may be for you."),
    ],
)
def test_nobody_is_advised_to_wait_for_many_years(day: date, advice: str) -> None:
    reason = Reason("too-young", "1a", Effect.REFUSES, 1, day=day)
    assert advice in describe_reason(reason, from_day=DAY)


@pytest.mark.parametrize(
    ("code", "effect", "day", "advice"),
    [
        ("interval-too-short", Effect.NARROWS, DAY, "Choose 20 January 2022 or a later day."),
        ("too-old", Effect.NARROWS, DAY, "Choose a day before 20 January 2022."),
        ("too-young", Effect.REFUSES, DAY, "Look for a round with vaccination days from 20 "),
        ("too-young", Effect.REFUSES, None, "Another rule or a later round may be for you."),
        ("doses-unknown", Effect.OPEN, None, "Give the vaccine and the day of every dose"),
        (
            "earlier-dose-missing",
            Effect.REFUSES,
            None,
            "Have dose 1 first, if it is offered to you.",
        ),
    ],
)
def test_a_reason_says_what_to_do_next(
    code: str, effect: Effect, day: date | None, advice: str
) -> None:
    assert advice in describe_reason(Reason(code, "1a", effect, 2, day=day))


def test_a_dose_that_came_after_the_round_is_not_said_to_be_missing() -> None:
    doses = (Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2022, 2, 1)))
    late = Person(birth_date=date(1990, 1, 1), doses=doses)
    reasons = decide(catalog.load("tw/covid19-1922/round-19"), late).reasons
    (text,) = map(describe_reason, reasons)
    assert text == (
        "19a: Dose 2 was on 1 February 2022, after the vaccination days of this rule."
        " Another rule or a later round may be for you."
    )


def test_what_narrows_on_no_day_of_its_own_gives_no_advice() -> None:
    reason = Reason("too-young", "1a", Effect.NARROWS, 2)
    assert describe_reason(reason) == "1a: Not on every day. You are too young for this rule."


def test_a_reason_says_whose_it_is() -> None:
    licence = Reason("too-young", "1a", Effect.NARROWS, 1, "AZ", "licence", AgeAtLeast(18, "day"))
    assert describe_reason(licence) == (
        "1a AstraZeneca: Not on every day. You are too young for this rule."
        " This follows from the vaccine’s licence."
    )
    unknown = Reason("group-unknown", "1a", Effect.OPEN, 1, fact="groups/cecc-2021-06-21/1")
    assert describe_reason(unknown).startswith(
        "1a: It is not known whether you belong to this group: Medical staff (cecc-2021-06-21/1)."
    )
    wish = Reason("willingness-unknown", "1a", Effect.OPEN, 1, fact="willingness/BNT")
    assert "this vaccine: Pfizer-BioNTech." in describe_reason(wish)
    everywhere = Reason("dose-before-birth", "", Effect.OPEN, 0, fact="doses")
    assert describe_reason(everywhere).startswith("A dose is recorded before your date of birth.")


def test_the_example_of_the_two_doses_in_every_language() -> None:
    reason = Reason(
        "interval-too-short",
        "20a",
        Effect.NARROWS,
        3,
        condition=DoseDue(84, "day"),
        day=date(2022, 2, 13),
    )
    texts = {lang: describe_reason(reason, lang) for lang in LANGUAGES}
    assert texts["en"] == (
        "20a: Not on every day. The interval after dose 2 is not over. Dose 2 was on 21 November"
        " 2021, and 84 days must pass after it. Choose 13 February 2022 or a later day."
    )
    days = {
        "zh-Hant": ("2021年11月21日（民國110年）", "2022年2月13日（民國111年）"),
        "en": ("21 November 2021", "13 February 2022"),
        "id": ("21 November 2021", "13 Februari 2022"),
        "vi": ("ngày 21 tháng 11 năm 2021", "ngày 13 tháng 2 năm 2022"),
        "th": ("21 พฤศจิกายน ค.ศ. 2021 (พ.ศ. 2564)", "13 กุมภาพันธ์ ค.ศ. 2022 (พ.ศ. 2565)"),
    }
    for lang, (given, free) in days.items():
        assert given in texts[lang]
        assert free in texts[lang]
        assert "84" in texts[lang]


def test_days_read_as_dates() -> None:
    days = DaySet.of(DAY) | DaySet.between(date(2022, 2, 1), date(2022, 2, 3))
    assert describe_days(days) == "20 January 2022 and 1 February 2022 to 3 February 2022"
    assert describe_days(DaySet.between(DAY, None)) == "from 20 January 2022 on"
    assert describe_days(DaySet.between(None, DAY)) == "until 20 January 2022"
    assert describe_days(DaySet.every()) == "every day"
    assert describe_days(DaySet.none()) == "no day"


@pytest.mark.parametrize(
    ("lang", "day", "text"),
    [
        ("zh-Hant", date(1912, 1, 1), "1912年1月1日（民國1年）"),
        ("zh-Hant", date(1911, 12, 31), "1911年12月31日（民國前1年）"),
        ("en", date(2022, 2, 1), "1 February 2022"),
        ("id", date(2022, 5, 1), "1 Mei 2022"),
        ("vi", date(2022, 5, 1), "ngày 1 tháng 5 năm 2022"),
        ("th", date(2022, 5, 1), "วันที่ 1 พฤษภาคม ค.ศ. 2022 (พ.ศ. 2565)"),
    ],
)
def test_each_language_writes_dates_its_own_way(lang: str, day: date, text: str) -> None:
    assert words(lang).date(day) == text


def test_moments_are_those_of_taiwan() -> None:
    instant = datetime(2022, 1, 15, 2, 30, tzinfo=UTC)
    assert words("en").moment(instant) == "15 January 2022, 10:30"
    assert words("id").moment(instant) == "15 Januari 2022, pukul 10.30"
    assert words("th").moment(instant).endswith(" เวลา 10.30 น.")
    assert words("vi").moment(instant) == "10:30 ngày 15 tháng 1 năm 2022"
    assert words("zh-Hant").moment(instant) == "2022年1月15日（民國111年）10:30"


def test_seconds_are_said_where_there_are_any() -> None:
    instant = datetime(2021, 7, 19, 23, 59, 59, tzinfo=TAIWAN)
    assert words("en").moment(instant) == "19 July 2021, 23:59:59"
    assert words("id").moment(instant) == "19 Juli 2021, pukul 23.59.59"


def test_windows_read_in_taiwans_time() -> None:
    window = Window(datetime(2022, 1, 15, 10, tzinfo=TAIWAN), "not-stated")
    assert describe_window(window) == (
        "from 15 January 2022, 10:00 to a time that no source states (Taiwan time)"
    )
    only_a_day = Window(DAY, datetime(2022, 1, 21, 12, tzinfo=TAIWAN))
    assert describe_window(only_a_day) == (
        "from 20 January 2022 (no source states the hour) to 21 January 2022, 12:00 (Taiwan time)"
    )


@pytest.mark.parametrize(
    ("from_day", "said"),
    [
        (None, "to be booked from 15 {early} or from 17 {late}"),
        (date(2022, 1, 16), "to be booked from 15 {early} or from 17 {late}"),
        (date(2022, 1, 17), "to be booked from 17 {late}"),
        (date(2022, 1, 18), "to be booked from 17 {late}"),  # it may close later on that day
        (date(2022, 1, 19), "booking is over; it was open from 15 {early} or from 17 {late}"),
    ],
)
def test_a_booking_window_that_has_closed_is_no_time_to_book(
    from_day: date | None, said: str
) -> None:
    first = Window(datetime(2022, 1, 15, 10, tzinfo=TAIWAN), datetime(2022, 1, 17, tzinfo=TAIWAN))
    second = Window(datetime(2022, 1, 17, 10, tzinfo=TAIWAN), date(2022, 1, 18))
    early = "January 2022, 10:00 to 17 January 2022, 00:00 (Taiwan time)"
    late = "January 2022, 10:00 to 18 January 2022 (no source states the hour) (Taiwan time)"
    windows, told = (first, second), said.format(early=early, late=late)
    assert describe_booking(windows, from_day=from_day) == told
    days = DaySet.of(DAY)
    offer = Offer("19a", "AZ", 3, days, days, (windows,), "registration")
    told = told.replace("to be booked", "to be registered for").replace("booking", "registration")
    assert describe_offer(offer, from_day=from_day).endswith(told)


def test_an_offer_reads_as_a_sentence() -> None:
    window = Window(datetime(2022, 1, 15, 10, tzinfo=TAIWAN), datetime(2022, 1, 16, tzinfo=TAIWAN))
    days = DaySet.of(DAY)
    assert describe_offer(Offer("19a", "AZ", 3, days, days, ((window,),))) == (
        "AstraZeneca, dose 3, 20 January 2022;"
        " to be booked from 15 January 2022, 10:00 to 16 January 2022, 00:00 (Taiwan time)"
    )
    bare = describe_offer(Offer("19a", "Elixir", 3, days, days, ((),)))
    assert bare == "Elixir, dose 3, 20 January 2022"


def test_an_offer_says_which_days_are_sure_and_which_are_possible_besides() -> None:
    sure, none = DaySet.between(date(2025, 1, 1), date(2025, 1, 31)), DaySet.none()
    possible = DaySet.between(date(2025, 1, 1), date(2025, 2, 19))
    for days, text in (
        (
            sure,
            "surely 1 January 2025 to 31 January 2025, possibly 1 February 2025 to 19 February 2025",
        ),
        (none, "possibly 1 January 2025 to 19 February 2025"),
        (possible, "1 January 2025 to 19 February 2025"),
    ):
        offer = Offer("everyone", "AZ", 1, days, possible, ((),))
        assert describe_offered_days(offer) == text
        assert text in describe_offer(offer)


def test_outcomes_and_facts_have_words() -> None:
    assert [describe_outcome(it) for it in Outcome] == list(OUTCOMES.values())
    assert describe_fact("birth_date") == "your date of birth"
    assert describe_fact("willingness/AZ").endswith("this vaccine: AstraZeneca")
    assert describe_fact("groups/x/1").endswith("this group: x/1")


@pytest.mark.parametrize(
    ("code", "missing", "text"),
    [
        ("not-stated", (), "undetermined: no source states what decides it"),
        ("not-stated", ("doses",), OUTCOMES[Outcome.UNDETERMINED]),
        ("too-many-cases", (), OUTCOMES[Outcome.UNDETERMINED]),
    ],
)
def test_an_open_outcome_says_where_no_source_states_what_decides_it(
    code: str, missing: tuple[str, ...], text: str
) -> None:
    reason = Reason(code, "1a", Effect.OPEN, 1)
    decision = attrs.evolve(
        decide(catalog.load("tw/covid19-1922/round-19"), Person(), explain=False),
        missing=missing,
        reasons=(reason,),
    )
    assert decision.outcome is Outcome.UNDETERMINED
    assert describe_outcome(decision) == text


def test_every_bundled_vaccine_has_its_name_in_every_language() -> None:
    for code, vaccine in catalog.vaccines().items():
        assert {*vaccine.names} == {*LANGUAGES}
        assert [vaccine_name(code, lang) for lang in LANGUAGES] == [
            vaccine.names[lang] for lang in LANGUAGES
        ]


def test_a_group_has_its_name_and_its_id() -> None:
    assert group_name("cecc-2021-06-21/1", "zh-Hant") == "醫事人員（cecc-2021-06-21/1）"
    assert group_name("cecc-2021-06-21/1", "vi") == "Nhân viên y tế (cecc-2021-06-21/1)"
    assert group_name("nowhere/1", "vi") == "nowhere/1"


def test_a_group_without_a_name_in_the_language_shows_the_names_that_it_has() -> None:
    group = Group("own/1", {"zh-Hant": "醫事人員", "en": "Medical staff"}, ())
    with names_of(policy_of(groups={"own/1": group})):
        assert group_name("own/1", "en") == "Medical staff (own/1)"
        assert group_name("own/1", "vi") == "醫事人員 Medical staff (own/1)"


def test_a_county_has_its_name_in_the_language_and_an_unknown_one_stands_as_it_is() -> None:
    assert [county_name("新北市", lang) for lang in LANGUAGES] == [
        "新北市",
        "New Taipei City",
        "Kota New Taipei",
        "thành phố Tân Bắc",
        "นครนิวไทเป",
    ]
    assert county_name("花蓮縣") == "Hualien County"
    assert county_name("臺北縣", "vi") == "臺北縣"
    assert county_name("", "vi") == ""


def test_a_question_that_no_source_answers_is_asked_in_the_language() -> None:
    assert describe_question("which vaccines round 1 offered") == "which vaccines round 1 offered"
    assert describe_question("which vaccines round 1 offered", "zh-Hant") == "第1期提供哪些疫苗"
    later = "whether vaccination went on after 2025-09-28"
    assert describe_question(later) == "whether vaccination went on after 28 September 2025"
    assert describe_question(later, "vi").startswith("sau ngày 28 tháng 9 năm 2025 ")
    assert describe_question("who pays, on 2025-09-28", "th") == "who pays, on 2025-09-28"


def test_a_reason_asks_the_open_question() -> None:
    reason = Reason("not-stated", "1a", Effect.OPEN, 1, fact="?which vaccines round 1 offered")
    assert describe_reason(reason) == (
        "1a: No source states something that this rule needs. The open question: which vaccines"
        " round 1 offered. Ask the programme; no announcement that was found answers this."
    )
    assert "第1期提供哪些疫苗" in describe_reason(reason, "zh-Hant")


def problems(**boxes: Any) -> list[str]:
    form = IdentityForm(captcha_passed=True, **boxes)
    with pytest.raises(InvalidForm) as refused:
        check_form(form, on=DAY)
    return [describe_problem(problem) for problem in refused.value.errors]


def test_a_problem_of_a_form_names_its_box_and_what_to_do() -> None:
    assert problems(id_number="A123456789") == [
        (
            "NHI card number: Give the NHI card number. If you have a UI number and no card, give"
            " your passport number (foreigners) or your entry/exit permit number (everyone else)."
        )
    ]
    assert problems(id_number="A123456789", nhi_card="A123456789") == [
        (
            "NHI card number: This looks like another number. It belongs here: national ID or UI"
            " number."
        )
    ]


def test_a_mistyped_number_is_asked_about_and_never_shown() -> None:
    (text,) = problems(id_number="E2OO000007", nhi_card="000012345678")
    assert text == (
        "national ID or UI number: A character is not allowed at its place in a national ID or UI"
        " number. Compare it with your document. Perhaps E20000**** is meant (O or 0). Compare it"
        " with your document."
    )


def test_a_warning_of_a_form_has_its_text() -> None:
    warning = FieldWarning("permit", "unusual-shape", "compare it")
    assert describe_problem(warning).startswith("entry/exit permit number: Numbers of this kind")


@pytest.mark.parametrize(
    ("kind", "typed", "more"),
    [
        (IdNumber, "A12345678", "It should have 10 characters."),
        (EntryPermitNumber, "1", "It should have 6 to 20 characters."),
        (IdNumber, "A12345678?", "It is the character in place 10."),
        (MobileNumber, "0223456789", "This is a landline number"),
    ],
)
def test_an_error_of_a_number_says_what_was_expected(
    kind: type[Number], typed: str, more: str
) -> None:
    with pytest.raises(NumberError) as error:
        kind.parse(typed)
    text = describe_number_error(error.value, kind)
    assert more in text
    assert typed not in text


def test_numbers_statuses_and_advice_have_words() -> None:
    assert describe_number(IdNumber) == "national ID or UI number"
    assert describe_residency(ResidencyStatus.HK_MACAU) == "resident of Hong Kong or Macau"
    texts = {status: describe_advice(advice) for status, advice in WITHOUT_UI_NUMBER.items()}
    assert "https://" in texts[ResidencyStatus.PRC]
    assert "passport" in texts[ResidencyStatus.FOREIGN_OR_STATELESS]


def test_a_refusal_says_what_may_be_done_and_when() -> None:
    days = DaySet.of(DAY)
    assert describe_refusal(Rejected("day-not-offered", days=days)).endswith(
        "Days that you may choose: 20 January 2022."
    )
    assert describe_refusal(Rejected("window-not-open", possible_from=NOON)).endswith(
        "This is possible from 20 January 2022, 12:00 on (Taiwan time)."
    )
    assert describe_refusal(NotMatched("registry-unavailable")) == (
        "The registry has not answered, so nothing is known. Try again later."
    )


def test_statuses_have_words() -> None:
    assert describe_status(Status.BOOKED) == "booked"
    assert describe_close_reason(CloseReason.COMPLETED) == "all doses have been given"
    assert describe_slot_status(SlotStatus.OPEN) == "this slot is open"
    assert describe_keeping(Allocation.HELD) == "a place is held for you"


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (AgeAtLeast(18, "day"), "at least 18 years old on the vaccination day"),
        (AgeAtMost(1, "calendar-year"), "at most 1 year old by calendar year"),
        (AgeAtLeastMonths(6, DAY), "at least 6 months old on 20 January 2022"),
        (BornOnOrBefore(DAY), "born on or before 20 January 2022"),
        (BornOnOrAfter(DAY), "born on or after 20 January 2022"),
        (
            InGroup("cecc-2021-06-21/1"),
            "belongs to this group: Medical staff (cecc-2021-06-21/1)",
        ),
        (
            InBand("x", AgeAtLeast(65, "not-stated")),
            "belongs to this group: x; by the date of birth: at least 65 years old (no source states whether by calendar year or on the first vaccination day)",
        ),
        (
            RegisteredIn(("澎湖縣", "金門縣")),
            "household registration in Penghu County or Kinmen County",
        ),
        (ResidentIn(("澎湖縣",)), "lives in Penghu County"),
        (DosesAtLeast(1), "at least 1 dose so far"),
        (EarlierDosesAtLeast(2), "at least 2 doses in earlier seasons"),
        (DoseDue(84, "last-day"), "at least 84 days after dose 2 on the last vaccination day"),
        (PreviousDoseOf(("AZ", "BNT")), "dose 2 was one of these vaccines: AstraZeneca or Pfizer-"),
        (PreviousDoseOnOrBefore(DAY), "dose 2 was given on or before 20 January 2022"),
        (PreviousDoseOnOrAfter(DAY), "dose 2 was given on or after 20 January 2022"),
        (PreviousDoseBeforeAge(5), "dose 2 was given before the age of 5 years"),
        (Wanted(wanted=True), "has registered for AstraZeneca"),
        (Wanted(wanted=True, by=NOON), "has registered for AstraZeneca, by 20 January 2022, 12:00"),
        (
            Wanted(wanted=True, after=NOON),
            "has registered for AstraZeneca, not before 20 January 2022, ",
        ),
        (
            Wanted(wanted=True, by=DAY, after=NOON),
            "and by 20 January 2022 (no source states the hour)",
        ),
        (FromDay(DAY), "vaccination day not before 20 January 2022"),
        (NotStated("whom"), "an open question (whom)"),
    ],
)
def test_what_a_condition_asks(condition: Condition, text: str) -> None:
    assert text in describe_condition(condition, dose=3, vaccine="AZ")


def test_the_interval_of_a_seasons_first_dose_is_to_the_season_before() -> None:
    assert describe_condition(DoseDue(84, "day"), dose=1) == (
        "if there was a dose in an earlier season: at least 84 days after the last of them on the vaccination day"
    )


def test_the_opposite_of_a_condition_says_so() -> None:
    assert describe_condition(DosesAtLeast(1), negated=True) == "no dose so far"
    assert describe_condition(DosesAtLeast(2), negated=True) == "at most 1 dose so far"
    assert describe_condition(ResidentIn(("澎湖縣",)), negated=True) == (
        "not: lives in Penghu County"
    )


def test_a_condition_without_words_is_an_error() -> None:
    with pytest.raises(TypeError, match="no text for Condition"):
        describe_condition(Condition())
    with pytest.raises(TypeError, match="no text for Condition"):
        describe_condition(InBand("x", Condition()))


def test_a_finding_has_words() -> None:
    assert describe_finding(Finding("covered", "1a|1b", "")) == (
        "a rule that offers nothing that another one does not offer"
    )


def test_a_difference_of_a_record_says_where_it_is() -> None:
    differs = Difference("differs", "decision.outcome", "eligible", ["ineligible"])
    assert describe_difference(differs) == (
        "decision.outcome differs: the record says eligible,"
        ' the decision run again says ["ineligible"].'
    )
    assert describe_difference(Difference("altered", position=1), "zh-Hant") == (
        "第2筆判定紀錄：整筆紀錄遭更動：與其本身的摘要值不符。"
    )


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="lang: expected one of zh-Hant, en, id, vi, th"):
        describe_days(DaySet.every(), "fr")


def test_a_text_that_is_missing_is_an_error_and_never_english() -> None:
    with pytest.raises(MissingText, match="reason/no-such-code"):
        describe_reason(Reason("no-such-code", "1a", Effect.REFUSES, 2))
    for lang in LANGUAGES:
        with pytest.raises(MissingText):
            words(lang)("nowhere/nothing")


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_a_text_that_a_catalogue_lacks_is_an_error_and_never_english(
    lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TEXTS, "reason/new", "A text that nobody has translated.")
    monkeypatch.setitem(TEXTS, "reason/news", ("{n} new text", "{n} new texts"))
    monkeypatch.setitem(TEXTS, "outcome/eligible", "a reworded text")
    for key in ("reason/new", "reason/news", "outcome/eligible"):
        with pytest.raises(MissingText, match=key):
            words(lang)(key, n=2)


def test_a_plural_wants_a_whole_number() -> None:
    with pytest.raises(TypeError, match="expected a whole number"):
        words("en")("condition/doses_at_least", n="2")


@pytest.mark.parametrize("name", catalog.ids())
def test_a_bundled_policy_has_a_title_in_every_language(name: str) -> None:
    policy = catalog.load(name)
    titles = {lang: policy_title(policy, lang) for lang in LANGUAGES}
    assert titles["zh-Hant"] == policy.title
    assert len(set(titles.values())) == len(LANGUAGES)
    number = name.rpartition("-")[2].lstrip("0") if "/round-" in name else name[-4:]
    if "registration" not in name:
        assert all(number in title for title in titles.values() if title != policy.title)


def test_a_policy_of_ones_own_keeps_its_title_and_its_disease() -> None:
    policy = attrs.evolve(catalog.load(catalog.ids()[0]), id="city/flu", title="Our own")
    assert {policy_title(policy, lang) for lang in LANGUAGES} == {"Our own"}
    assert disease_name("measles", "vi") == "measles"
    assert disease_name("influenza", "vi") == "bệnh cúm"


PNEUMOCOCCAL = catalog.load("tw/pneumococcal/2026")
PPV23 = "23-valent pneumococcal polysaccharide vaccine"


def about_products(*doses: Dose) -> dict[str, str]:
    """The texts of the refusals of an old national, by rule."""
    person = Person(birth_date=date(1950, 5, 5), doses=doses, groups={"status/national"})
    reasons = decide(PNEUMOCOCCAL, person).reasons
    return {f"{it.rule_id} {it.code}": describe_reason(it) for it in reasons}


def test_a_missing_product_is_named_and_no_dose_has_the_number_zero() -> None:
    text = about_products()["august-ppv23-only earlier-dose-missing"]
    assert f"No dose of {PPV23} is on record. If the record of your doses is wrong" in text
    assert "dose 0" not in text


def test_a_product_that_excludes_is_named_with_its_day() -> None:
    text = about_products(Dose("PPV23", date(2026, 3, 1)))["august-never dose-already-given"]
    assert f"or {PPV23} is on record. That dose was on 1 March 2026." in text


def test_a_product_that_came_later_is_named_with_its_day() -> None:
    text = about_products(Dose("PPV23", date(2028, 1, 5)))["august-ppv23-only earlier-dose-missing"]
    assert f"A dose of {PPV23} is on record. That dose was on 5 January 2028." in text
    assert text.endswith("Another rule or a later round may be for you.")


def test_an_upper_age_in_months_is_said_in_months() -> None:
    person = Person(birth_date=date(2026, 1, 1), doses=())
    reasons = decide(catalog.load("tw/rotavirus/2027"), person).reasons
    old = next(it for it in reasons if it.code == "too-old")
    assert "You are 8 months old from 1 September 2026 on." in describe_reason(old)
