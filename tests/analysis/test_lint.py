"""The lint and the printed bounds: each finding, and that deciding for everybody agrees."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import VACCINES, small_policy
from vaxpolicy import catalog
from vaxpolicy.analysis import coverage, lint
from vaxpolicy.analysis.printed_bounds import PrintedBound, bounds
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Dose, Person, Willingness, decide
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    AllOf,
    AnyCondition,
    AnyOf,
    DaysSinceDoseOf,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    Facts,
    FromDay,
    InGroup,
    NotStated,
    NotThat,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrBefore,
    Reckoning,
    Wanted,
)
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.policy import (
    Policy,
    Printed,
    Rule,
    Source,
    Stage,
    VaccinationDays,
    Vaccine,
    Window,
    WindowAges,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SOURCE = Source("a paper", "https://example.org/", date(2022, 1, 11), "press")
FIRST, LAST = date(2022, 1, 17), date(2022, 1, 23)
DAYS = VaccinationDays(FIRST, LAST)
GROUPS = frozenset({"list/1", "list/2", "list/2/part"})
KNOWN = lint.Known(GROUPS, counties=("臺北市", "新北市", "澎湖縣"))
NOON = datetime(2022, 1, 15, 12, tzinfo=TAIWAN)
WINDOW = Window(NOON, NOON + timedelta(days=1))


def rule(name: str, *conditions: AnyCondition, **more: Any) -> Rule:
    known: dict[str, Any] = {"dose": 1, "vaccines": ("AZ",), "cites": ("paper",)}
    return Rule(id=name, all=conditions, **(known | more))


def stage(*rules: Rule, **more: Any) -> Stage:
    known: dict[str, Any] = {"id": "base", "vaccination_days": DAYS, "windows": (WINDOW,)}
    return Stage(rules=rules, **(known | more))


def policy(*stages: Stage, **more: Any) -> Policy:
    known = {"id": "test", "announced": date(2022, 1, 10), "sources": {"paper": SOURCE}}
    return small_policy(*stages, **(known | more))


def found(tested: Policy, today: date | None = None) -> list[tuple[str, str]]:
    """Code and place of what is wrong with it."""
    findings = lint.lint(tested, KNOWN, today)
    return [(it.code, it.where) for it in findings if not it.explained]


def at_least(years: int, on: Reckoning = "first-day") -> AgeAtLeast:
    return AgeAtLeast(years, on)


def at_most(years: int, on: Reckoning = "first-day") -> AgeAtMost:
    return AgeAtMost(years, on)


def bundled_bounds() -> list[tuple[Policy, PrintedBound]]:
    return [(it, bound) for it in map(catalog.load, catalog.ids()) for bound in bounds(it)]


def test_ages_prove_69_printed_birth_bounds_and_intervals_30_of_44_bounds_of_the_dose_before() -> (
    None
):
    statuses = [(bound.is_of_birth, bound.status) for _, bound in bundled_bounds()]
    assert {it: statuses.count(it) for it in set(statuses)} == {
        (True, "proved"): 69,
        (False, "proved"): 30,
        (False, "restated"): 14,
    }


@pytest.mark.slow
def test_no_printed_bound_can_be_changed_by_a_day_without_being_refuted() -> None:
    for tested, bound in bundled_bounds():
        for days in (-1, 1):
            changed = bound.printed + timedelta(days=days)
            printed = {bound.kind: changed}
            (after,) = bounds(_with_rule(tested, bound, lambda it, new=printed: _printed(it, new)))  # type: ignore[misc]
            assert after.status == "refuted", bound
            assert bound.printed in after.found


@pytest.mark.slow
def test_no_age_or_interval_behind_a_proved_bound_can_be_changed_without_refuting_it() -> None:
    for tested, bound in bundled_bounds():
        if bound.status == "proved":
            kind = {bound.kind: bound.printed}
            (after,) = bounds(
                _with_rule(tested, bound, lambda it, same=kind: _printed(_moved(it), same))  # type: ignore[misc]
            )
            assert after.status == "refuted", bound


def _with_rule(tested: Policy, bound: PrintedBound, change: Callable[[Rule], Rule]) -> Policy:
    """The policy with that one rule, changed."""
    (its_stage, its_rule), *_ = [  # later versions may have printed the same bound
        (it, one)
        for it in tested.written
        for one in it.rules
        if (it.id, one.id) == (bound.stage_id, bound.rule_id)
        and getattr(one.printed, bound.kind) == bound.printed
    ]
    return attrs.evolve(tested, written=(attrs.evolve(its_stage, rules=(change(its_rule),)),))


def _printed(one: Rule, dates: dict[str, date]) -> Rule:
    return attrs.evolve(one, printed=Printed(**dates))


def _moved(one: Rule) -> Rule:
    """The rule with every age a year and every interval a day longer."""

    def moved(part: AnyCondition) -> AnyCondition:
        match part:
            case AllOf(parts) | AnyOf(parts):
                return type(part)(tuple(map(moved, parts)))
            case AgeAtLeast(years, on):
                return AgeAtLeast(years + 1, on)
            case AgeAtMost(years, on):
                return AgeAtMost(years + 1, on)
            case DoseDue(days, on):
                return DoseDue(days + 1, on)
        return part

    return attrs.evolve(one, all=tuple(map(moved, one.all)))


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", catalog.ids())
def test_every_finding_in_a_bundled_policy_is_explained_in_its_file(policy_id: str) -> None:
    wrong = [it for it in catalog.lint(catalog.load(policy_id)) if not it.explained]
    assert wrong == []


def test_a_plain_rule_with_a_window_has_no_finding() -> None:
    assert found(policy(stage(rule("a", at_least(18))))) == []


@pytest.mark.parametrize(
    "conditions",
    [
        (at_least(50), at_most(49)),
        (at_least(50, "first-day"), at_most(49, "last-day")),
        (InGroup("list/2/part"), NotThat(InGroup("list/2"))),
        (Wanted(wanted=True, by=NOON), NotThat(Wanted(wanted=True))),
        (DosesAtLeast(1),),
    ],
)
def test_a_rule_that_contradicts_itself_admits_nobody(
    conditions: tuple[AnyCondition, ...],
) -> None:
    assert ("admits-nobody", "a") in found(policy(stage(rule("a", *conditions))))


def test_a_rule_that_leaves_one_birth_date_admits_somebody() -> None:
    born_on_the_day = (at_least(50), at_most(49, FIRST - timedelta(days=1)))
    assert found(policy(stage(rule("a", *born_on_the_day)))) == []


def test_a_rule_for_a_second_dose_sooner_than_the_first_can_have_been_admits_nobody() -> None:
    too_soon = (PreviousDoseOnOrBefore(date(2021, 1, 1)), NotThat(DoseDue(84, "day")))
    assert ("admits-nobody", "a") in found(policy(stage(rule("a", *too_soon, dose=2))))


A_YEAR = VaccinationDays(date(2026, 10, 1), date(2027, 9, 30))


MANY = 20_000
"""More evaluations than a search of a year of days takes; the time is in benchmarks/lint.py."""


@pytest.fixture(name="evaluations")
def _evaluations(monkeypatch: pytest.MonkeyPatch) -> list[Evaluation]:
    """Every evaluation that is made; the search is stopped when there are too many."""
    seen: list[Evaluation] = []
    make = Evaluation.__init__

    def counted(self: Evaluation, *args: Any, **more: Any) -> None:
        seen.append(self)
        assert len(seen) < MANY
        make(self, *args, **more)

    monkeypatch.setattr(Evaluation, "__init__", counted)
    return seen


@pytest.mark.parametrize("number", [2, 3])
def test_a_rule_for_a_dose_that_it_excludes_is_refused_at_once(
    number: int, evaluations: list[Evaluation]
) -> None:
    asked = rule("a", DosesAtLeast(number), at_least(65, "day"), dose=2)
    tested = policy(stage(asked, vaccination_days=A_YEAR, windows=()), counts_from=A_YEAR.first)
    assert ("admits-nobody", "a") in found(tested)
    assert len(evaluations) < 100


@pytest.mark.parametrize(
    "asked",
    [
        [DoseDue(28, "day"), at_least(65, "day"), PreviousDoseBeforeAge(9)],
        [DoseDue(28, "day"), at_least(5, "day"), NotThat(EarlierDosesAtLeast(2))],
        [EarlierDosesAtLeast(99), at_least(5, "day")],
    ],
)
def test_a_year_of_days_is_searched_in_bounded_steps(
    asked: list[AnyCondition], evaluations: list[Evaluation]
) -> None:
    one, other = rule("a", *asked, dose=2), rule("b", *asked[1:], dose=2)
    days = stage(one, other, vaccination_days=A_YEAR, windows=())
    found(policy(days, counts_from=A_YEAR.first))
    assert evaluations


def test_nobody_has_a_dose_before_birth() -> None:
    babies = (at_most(0), PreviousDoseOnOrBefore(date(2021, 1, 1)))
    assert ("admits-nobody", "a") in found(policy(stage(rule("a", *babies, dose=2))))


def test_only_the_vaccine_that_is_not_licensed_is_named() -> None:
    licence = catalog.vaccines()["Novavax"].licences[0]
    never = attrs.evolve(licence, since=date(2030, 1, 1), until=None)
    vaccines = {**VACCINES, "BNT": attrs.evolve(VACCINES["BNT"], licences=(never,))}
    tested = policy(stage(rule("a", vaccines=("AZ", "BNT"))), vaccines=vaccines)
    assert found(tested) == [("admits-nobody", "a/BNT")]


def test_a_narrower_rule_beside_a_wider_one_is_covered() -> None:
    tested = policy(stage(rule("wide", at_least(18)), rule("narrow", at_least(50))))
    assert found(tested) == [("covered", "narrow|wide")]


def test_two_rules_that_are_the_same_cover_each_other() -> None:
    tested = policy(stage(rule("a", at_least(18)), rule("b", at_least(18))))
    assert found(tested) == [("covered", "a|b"), ("covered", "b|a")]


def test_rules_for_different_doses_or_vaccines_cover_nothing() -> None:
    rules = (rule("a"), rule("b", vaccines=("BNT",)), rule("c", PreviousDoseOf(("AZ",)), dose=2))
    assert found(policy(stage(*rules))) == []


def test_a_rule_is_covered_only_on_days_that_the_other_stage_has() -> None:
    wide, narrow = rule("wide"), rule("narrow", at_least(18))
    inside = VaccinationDays(FIRST, FIRST + timedelta(days=1))
    after = VaccinationDays(LAST, LAST + timedelta(days=1))
    for days, expected in ((inside, [("covered", "narrow|wide")]), (after, [])):
        later = stage(narrow, id="added", vaccination_days=days)
        assert found(policy(stage(wide), later)) == expected


def test_a_stage_without_stated_days_covers_its_own_rules_only() -> None:
    unknown = VaccinationDays(FIRST, LAST, stated=False)
    wide, narrow = rule("wide"), rule("narrow", at_least(18, FIRST))
    one = policy(stage(wide, narrow, vaccination_days=unknown))
    assert found(one) == [("covered", "narrow|wide")]
    two = policy(stage(wide, vaccination_days=unknown), stage(narrow, id="added"))
    assert found(two) == []


def test_the_interval_to_the_day_is_covered_by_the_one_to_the_last_day_only() -> None:
    by_day, by_last = DoseDue(84, "day"), DoseDue(84, "last-day")
    tested = policy(stage(rule("day", by_day, dose=2), rule("last", by_last, dose=2)))
    assert found(tested) == [("covered", "day|last")]


def test_an_age_not_stated_is_covered_only_where_every_reading_is() -> None:
    unsure = rule("unsure", at_least(50, "not-stated"))
    assert found(policy(stage(unsure, rule("b", at_least(50, "calendar-year"))))) == [
        ("covered", "unsure|b")
    ]
    both = found(policy(stage(unsure, rule("c", at_least(50, "first-day")))))
    assert both == [("covered", "c|unsure")]


def test_a_rule_is_covered_by_what_is_sure_in_every_reading_only() -> None:
    for open_ in (NotStated("x"), NotThat(NotStated("x"))):
        tested = policy(stage(rule("a"), rule("b", open_)))
        assert found(tested) == [("covered", "b|a")]


def test_of_two_rules_that_are_open_by_different_questions_none_covers_the_other() -> None:
    one, other = NotThat(NotStated("x")), at_most(50, "not-stated")
    assert found(policy(stage(rule("a", one), rule("b", other)))) == []


def test_rules_by_the_doses_of_a_product_do_not_cover_each_other() -> None:
    after = DaysSinceDoseOf(("BNT",), 28)
    twice = policy(stage(rule("a", after, dose=2), rule("b", after, dose=2)))
    assert found(twice) == []


def test_a_rule_for_one_more_group_is_not_covered() -> None:
    either = AnyOf((InGroup("list/1"), InGroup("list/2")))
    for many, one in ((either, InGroup("list/1")), (either, InGroup("list/2"))):
        assert found(policy(stage(rule("many", many), rule("one", one)))) == [
            ("covered", "one|many")
        ]


def test_a_rule_of_a_longer_stage_is_covered_where_its_own_days_are_fewer() -> None:
    day, later = FIRST + timedelta(days=1), LAST
    group = InGroup("list/1")
    some = rule("some", group, FromDay(day), NotThat(FromDay(later)))
    wide = rule("wide", group)
    days = VaccinationDays(day, LAST - timedelta(days=1))
    tested = policy(stage(some), stage(wide, id="within", vaccination_days=days))
    assert ("covered", "some|wide") in found(tested)


def test_a_bound_of_a_dose_before_that_is_given_in_another_season_is_found() -> None:
    bound = date(2021, 12, 1)
    printed = Printed(previous_dose_on_or_before=bound)
    tested = policy(
        stage(rule("a", PreviousDoseOnOrBefore(bound), printed=printed)),
        counts_from=date(2022, 1, 1),
    )
    assert [it.status for it in bounds(tested)] == ["restated"]


def test_a_rule_by_the_doses_of_a_product_has_no_bound() -> None:
    printed = Printed(born_on_or_before=date(2004, 1, 23))
    tested = policy(stage(rule("a", DaysSinceDoseOf(("BNT",), 28), dose=2, printed=printed)))
    assert [(it.status, it.found) for it in bounds(tested)] == [("refuted", (None,))]


def test_a_bound_that_only_people_of_no_reading_have_is_none() -> None:
    never = (NotStated("x"), NotThat(NotStated("x")))
    printed = Printed(born_on_or_before=date(2004, 1, 23))
    (bound,) = bounds(policy(stage(rule("a", *never, printed=printed))))
    assert (bound.status, bound.found) == ("refuted", (None,))


def test_a_window_beside_a_rule_by_the_doses_of_a_product() -> None:
    after = DaysSinceDoseOf(("BNT",), 28)
    ages = {
        "old": WindowAges("first-day", at_least=65),
        "young": WindowAges("first-day", at_most=12),
    }
    asked = rule("a", after, at_least(65), dose=2)
    windows = {it: window(ages=its) for it, its in ages.items()}
    assert found(policy(stage(asked, windows=(windows["old"],)))) == []
    alone = found(policy(stage(asked, windows=(windows["young"],))))
    assert alone == [("outside-windows", "a"), ("window-without-rule", "base/windows/1")]


def test_a_rule_that_asks_for_more_doses_than_it_counts_is_searched_by_whole_histories() -> None:
    tested = policy(stage(rule("a"), rule("b", NotThat(DosesAtLeast(2)), at_least(3))))
    assert found(tested) == [("covered", "b|a")]


def seasonal(*rules: Rule) -> Policy:
    return policy(stage(*rules), counts_from=FIRST - timedelta(days=7))


def test_whoever_had_two_doses_before_the_season_had_one() -> None:
    had_one, had_two = (
        rule(name, EarlierDosesAtLeast(count)) for name, count in (("one", 1), ("two", 2))
    )
    assert found(seasonal(had_one, had_two)) == [("covered", "two|one")]


def test_the_first_dose_of_a_season_may_wait_for_one_before_it() -> None:
    waits = rule("waits", EarlierDosesAtLeast(1), DoseDue(28, "day"))
    at_once = rule("at-once", NotThat(EarlierDosesAtLeast(1)))
    assert found(seasonal(waits, at_once)) == []
    waits_longer = rule("longer", EarlierDosesAtLeast(1), DoseDue(29, "day"))
    assert found(seasonal(waits, waits_longer)) == [("covered", "longer|waits")]


def test_the_second_dose_of_a_season_follows_the_first_one_of_it() -> None:
    in_time = rule("a", DoseDue(13, "last-day"), dose=2)
    assert found(seasonal(in_time)) == []
    too_late = rule("a", DoseDue(14, "last-day"), dose=2)
    assert ("admits-nobody", "a") in found(seasonal(too_late))
    third = rule("a", DoseDue(12, "last-day"), dose=3)
    assert found(seasonal(third)) == []
    assert ("admits-nobody", "a") in found(seasonal(attrs.evolve(third, all=in_time.all)))


def test_a_gap_between_two_bands_is_found_and_named_from_old_to_young() -> None:
    tested = policy(stage(rule("young", at_most(22)), rule("old", at_least(45))))
    (finding,) = lint.lint(tested, KNOWN)
    assert (finding.code, finding.where) == ("age-gap", "old|young")
    assert "born from 1977-01-18 to 1999-01-17" in finding.text


def test_bands_that_meet_leave_nobody_out() -> None:
    tested = policy(stage(rule("young", at_most(44)), rule("old", at_least(45))))
    assert found(tested) == []


def test_one_day_between_two_reckonings_is_a_gap() -> None:
    tested = policy(stage(rule("young", at_most(44)), rule("old", at_least(45, "calendar-year"))))
    assert found(tested) == []
    tested = policy(stage(rule("young", at_most(44, "calendar-year")), rule("old", at_least(45))))
    assert found(tested) == [("age-gap", "old|young")]


def test_a_gap_may_lie_on_some_of_the_days_only() -> None:
    tested = policy(stage(rule("young", at_most(44)), rule("old", at_least(45, "last-day"))))
    assert found(tested) == []
    tested = policy(stage(rule("young", at_most(44, "day")), rule("old", at_least(45, "day"))))
    assert found(tested) == []
    tested = policy(stage(rule("young", at_most(44, FIRST)), rule("old", at_least(45, "day"))))
    assert found(tested) == []
    late = at_least(46, "day")
    assert found(policy(stage(rule("young", at_most(44, "day")), rule("old", late)))) == [
        ("age-gap", "old|young")
    ]


def test_a_gap_that_another_rule_of_the_stage_fills_is_none() -> None:
    two = (rule("young", at_most(22)), rule("old", at_least(45)))
    members = rule("members", InGroup("list/1"))
    assert ("age-gap", "old|young") in found(policy(stage(*two, members)))
    others = rule("others", NotThat(InGroup("list/1")))
    assert ("age-gap", "old|young") not in found(policy(stage(*two, members, others)))
    assert ("age-gap", "old|young") not in found(policy(stage(*two, rule("everybody"))))


def test_a_gap_on_the_only_day_of_a_stage_is_a_gap() -> None:
    bands = (rule("young", at_most(22)), rule("old", at_least(45)))
    day = VaccinationDays(FIRST, FIRST)
    assert found(policy(stage(*bands, vaccination_days=day))) == [("age-gap", "old|young")]


def test_bands_of_rules_that_differ_otherwise_are_no_neighbours() -> None:
    tested = policy(stage(rule("young", at_most(22), InGroup("list/1")), rule("old", at_least(45))))
    assert found(tested) == []


def test_a_gap_in_one_reading_of_a_reckoning_that_is_not_stated_is_a_gap() -> None:
    unsure = rule("old", at_least(45, "not-stated"))
    by_year = rule("young", at_most(44, "calendar-year"))
    assert found(policy(stage(unsure, by_year))) == [("age-gap", "old|young")]
    assert found(policy(stage(unsure, rule("young", at_most(44, "not-stated"))))) == []


def window(**more: Any) -> Window:
    return attrs.evolve(WINDOW, **more)


def test_a_window_that_is_for_no_rule_is_a_finding() -> None:
    both = (window(vaccines=("AZ",)), window(vaccines=("BNT",)))
    assert found(policy(stage(rule("a"), windows=both))) == [
        ("window-without-rule", "base/windows/2")
    ]


def test_a_window_for_ages_that_no_rule_admits_is_without_rule() -> None:
    old, young = WindowAges("first-day", at_least=50), WindowAges("first-day", at_most=49)
    both = (window(ages=old), window(ages=young))
    assert found(policy(stage(rule("a", at_least(50)), windows=both))) == [
        ("window-without-rule", "base/windows/2")
    ]


def test_a_rule_without_a_window_is_a_finding_where_the_programme_has_booking() -> None:
    rules = (rule("a"), rule("b", vaccines=("AZ", "BNT"), dose=2))
    only = (window(vaccines=("AZ",)),)
    assert ("rule-without-window", "b/BNT") in found(policy(stage(*rules, windows=only)))
    first = (window(doses=(1,)),)
    assert ("rule-without-window", "b") in found(policy(stage(*rules, windows=first)))
    two = (stage(rule("a")), stage(rule("b", dose=2), id="added", windows=()))
    assert found(policy(*two)) == [("rule-without-window", "b")]


def test_a_programme_without_booking_needs_no_windows_unless_it_notifies() -> None:
    alone = stage(rule("a"), windows=())
    assert found(policy(alone)) == []
    assert found(policy(alone, notification="required")) == [("rule-without-window", "a")]


def test_people_between_two_windows_ages_fall_through() -> None:
    bands = (WindowAges("first-day", at_least=65), WindowAges("first-day", at_most=49))
    tested = policy(stage(rule("a"), windows=tuple(window(ages=it) for it in bands)))
    (finding,) = lint.lint(tested, KNOWN)
    assert (finding.code, finding.where) == ("age-gap", "a")
    assert "born from 1957-01-18 to 1972-01-17" in finding.text


def test_people_beside_all_windows_ages_are_outside_them() -> None:
    old = (window(ages=WindowAges("calendar-year", at_least=18)),)
    (finding,) = lint.lint(policy(stage(rule("a", at_least(12)), windows=old)), KNOWN)
    assert (finding.code, finding.where) == ("outside-windows", "a")
    assert "born from 2005-01-01 to 2010-01-17 whom" in finding.text
    young = (window(ages=WindowAges("calendar-year", at_most=18)),)
    (finding,) = lint.lint(policy(stage(rule("a"), windows=young)), KNOWN)
    assert "born by 2003-12-31 whom" in finding.text


def test_windows_for_nobody_alive_leave_everybody_out() -> None:
    nobody = (window(ages=WindowAges("first-day", at_least=150)),)
    tested = policy(stage(rule("a"), windows=nobody))
    findings = {it.code: it.text for it in lint.lint(tested, KNOWN)}
    assert "people born from 1872-01-18 on whom" in findings["outside-windows"]
    assert str(coverage.Births(date.min.toordinal(), date.max.toordinal())) == "of any birth date"


def test_bands_whose_reckoning_is_not_stated_leave_nobody_out() -> None:
    bands = (
        WindowAges("not-stated", at_least=65),
        WindowAges("not-stated", at_least=50, at_most=64),
        WindowAges("not-stated", at_most=49),
    )
    tested = stage(rule("a", at_least(18)), windows=tuple(window(ages=it) for it in bands))
    assert found(policy(tested)) == []
    assert found(policy(attrs.evolve(tested, windows=tested.windows[:2]))) == [
        ("outside-windows", "a")
    ]


def test_a_rule_and_a_window_of_one_age_that_is_not_stated_are_read_alike() -> None:
    adults = (window(ages=WindowAges("not-stated", at_least=18)),)
    assert found(policy(stage(rule("a", at_least(18, "not-stated")), windows=adults))) == []


def test_a_rule_that_stays_while_others_change_is_found_once() -> None:
    amended = date(2022, 1, 12)
    stays = rule("stays", at_least(30), at_most(20))
    tested = policy(stage(stays, rule("new", since=amended)))
    assert found(tested) == [("admits-nobody", "stays"), ("window-without-rule", "base/windows/1")]
    both = (rule("wide", at_least(18)), rule("narrow", at_least(50)))
    tested = policy(stage(*both, rule("new", InGroup("list/1"), since=amended)))
    assert found(tested) == [("covered", "narrow|wide")]


def test_two_versions_of_a_rule_in_force_on_one_day_overlap() -> None:
    first, second = date(2022, 1, 12), date(2022, 1, 13)
    old, new = rule("a", at_least(30), until=second), rule("a", at_least(20), since=second)
    assert found(policy(stage(old, new))) == []
    early = attrs.evolve(new, since=first)
    assert ("overlapping-versions", "a") in found(policy(stage(old, early)))


def test_a_stage_twice_in_force_overlaps() -> None:
    tested = policy(stage(rule("a")), stage(rule("b", dose=2)))
    assert found(tested) == [("overlapping-versions", "base")]


@pytest.mark.parametrize(
    ("opens", "closes", "overlap"),
    [
        (NOON, WINDOW.closes, True),
        (NOON + timedelta(hours=1), NOON + timedelta(days=9), True),
        (WINDOW.closes, NOON + timedelta(days=9), False),
        ("not-stated", NOON + timedelta(days=9), False),
        (NOON.date(), NOON + timedelta(days=9), True),
        (date(2022, 1, 16), "not-stated", False),
    ],
)
def test_windows_for_the_same_people_overlap_when_both_are_surely_open(
    opens: Any, closes: Any, overlap: bool
) -> None:
    both = (WINDOW, Window(opens, closes))
    expected = [("overlapping-versions", "base/windows/1|base/windows/2")] if overlap else []
    assert found(policy(stage(rule("a"), windows=both))) == expected


def test_the_same_window_twice_overlaps_though_its_times_are_not_stated() -> None:
    both = tuple(Window("not-stated", "not-stated") for _ in range(2))
    assert found(policy(stage(rule("a"), windows=both))) == [
        ("overlapping-versions", "base/windows/1|base/windows/2")
    ]


def test_windows_for_different_doses_do_not_overlap() -> None:
    both = (window(doses=(1,)), window(doses=(2,)))
    assert found(policy(stage(rule("a"), rule("b", dose=2), windows=both))) == []


def test_a_version_that_ends_as_it_begins_is_never_in_force() -> None:
    never = {"since": date(2022, 1, 12), "until": date(2022, 1, 12)}
    tested = policy(stage(rule("a"), rule("b", **never), windows=(WINDOW, window(**never))))
    written = attrs.evolve(tested, stages=(stage(rule("a")),), written=tested.stages)
    assert found(written) == [("never-in-force", "b"), ("never-in-force", "base/windows/2")]


def test_what_was_in_force_before_is_looked_at_too() -> None:
    amended = date(2022, 1, 12)
    old = rule("old", at_least(30), at_most(20), until=amended)
    written = (stage(old, rule("new", since=amended)),)
    now = (stage(rule("new", since=amended)),)
    assert found(policy(*now, written=written)) == [
        ("admits-nobody", "old"),
        ("window-without-rule", "base/windows/1"),
    ]


def test_a_group_on_no_list_is_unknown_wherever_it_is_asked() -> None:
    asked = AnyOf((NotThat(InGroup("list/9")), AllOf((InGroup("list/1"),))))
    assert found(policy(stage(rule("a", asked)))) == [("unknown-group", "a/list/9")]


def test_a_vaccine_that_is_not_known_or_against_another_disease_is_unknown() -> None:
    other = {**VACCINES, "Influenza": Vaccine("Influenza", ("influenza",))}
    tested = stage(
        rule("a", vaccines=("AZ", "Influenza")), rule("b", PreviousDoseOf(("ZA",)), dose=2)
    )
    unknown = [it for it in found(policy(tested, vaccines=other)) if it[0] == "unknown-vaccine"]
    assert unknown == [("unknown-vaccine", "a/Influenza"), ("unknown-vaccine", "b/ZA")]
    both = (WINDOW, window(vaccines=("AZ", "ZA")))
    assert ("unknown-vaccine", "base/windows/2/ZA") in found(policy(stage(rule("a"), windows=both)))


def test_a_rule_for_vaccines_of_which_none_is_known_is_unknown_and_nothing_else() -> None:
    tested = stage(rule("a", vaccines=("ZA",)), rule("b"))
    assert found(policy(tested)) == [("unknown-vaccine", "a/ZA")]


def test_a_rule_that_cites_nothing_and_a_source_that_nothing_cites_are_findings() -> None:
    tested = policy(stage(rule("a", cites=())))
    assert found(tested) == [("rule-uncited", "a"), ("source-unused", "sources/paper")]


@pytest.mark.parametrize(
    "citing", [{"cites": ("paper",)}, {"windows": (window(cites=("paper",)),)}]
)
def test_a_source_of_a_stage_or_window_is_used(citing: dict[str, Any]) -> None:
    two = {"paper": SOURCE, "other": SOURCE}
    tested = stage(rule("a", cites=("other",)), **citing)
    assert found(policy(tested, sources=two)) == []


def test_a_policy_is_to_be_reviewed_after_its_day_only() -> None:
    tested = policy(stage(rule("a")), review_by=date(2023, 1, 1))
    assert found(tested) == found(tested, date(2023, 1, 1)) == []
    assert found(tested, date(2023, 1, 2)) == [("review-due", "review_by")]


def test_a_printed_bound_that_the_rule_does_not_give_is_refuted() -> None:
    wrong = Printed(born_on_or_before=date(2004, 1, 17), born_on_or_after=date(1900, 1, 1))
    (finding,) = lint.lint(policy(stage(rule("a", at_least(18, LAST), printed=wrong))), KNOWN)
    assert (finding.code, finding.where) == ("printed-refuted", "a")
    assert "printed is 2004-01-17, the rule gives 2004-01-23" in finding.text
    right = Printed(born_on_or_before=date(2004, 1, 23))
    assert found(policy(stage(rule("a", at_least(18, LAST), printed=right)))) == []
    tested = policy(stage(rule("a", at_least(30), at_most(20), printed=wrong)))
    assert "the rule gives no bound" in lint.lint(tested, KNOWN)[0].text


EXPLAINED = """
[[explained]]
finding = "age-gap"
at = "old|young"
why = "The announcement names just these bands."

[[explained]]
finding = "covered"
at = "old|young"
why = "Nothing of the kind."
"""

HEAD = """
id = "test"
version = "1"
announced = 2022-01-10
disease = "covid19"
notification = "none"
review_by = 2023-01-01

[sources.paper]
publisher = "a paper"
url = "https://example.org/"
checked = 2022-01-11
support = "press"

[[stages]]
id = "base"
vaccination_days = { first = 2022-01-17, last = 2022-01-23 }
"""

FILE = (
    HEAD
    + """
[[stages.rules]]
id = "young"
dose = 1
vaccines = ["AZ"]
cites = ["paper"]
all = [{ age_at_most = 22, on = "first-day" }]

[[stages.rules]]
id = "old"
dose = 1
vaccines = ["AZ"]
cites = ["paper"]
all = [{ age_at_least = 45, on = "first-day" }]
"""
)


def test_a_finding_is_explained_in_the_file_and_an_explanation_of_none_is_a_finding(
    tmp_path: Path,
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(FILE + EXPLAINED, "utf-8")
    explained, nothing = catalog.lint(catalog.load_file(file))
    assert (explained.code, explained.explained) == (
        "age-gap",
        "The announcement names just these bands.",
    )
    assert (nothing.code, nothing.where, nothing.explained) == ("explains-nothing", "old|young", "")
    (*_, due) = catalog.lint(catalog.load_file(file), date(2024, 1, 1))
    assert "review-due" in {
        it.code for it in catalog.lint(catalog.load_file(file), date(2024, 1, 1))
    }
    assert due.code == "explains-nothing"


FAULTY = (
    HEAD.replace("none", "required")
    + """
[[stages.windows]]
opens = 2022-01-14T12:00:00+08:00
closes = 2022-01-14T18:00:00+08:00
doses = [1]
ages = { at_least = 65, on = "first-day" }

[[stages.windows]]
opens = 2022-01-15T12:00:00+08:00
closes = 2022-01-15T18:00:00+08:00
doses = [1]
ages = { at_most = 29, on = "first-day" }

[[stages.windows]]
opens = 2022-01-15T13:00:00+08:00
closes = 2022-01-15T18:00:00+08:00
doses = [1]
ages = { at_most = 29, on = "first-day" }

[[stages.windows]]
opens = 2022-01-16T12:00:00+08:00
closes = 2022-01-16T18:00:00+08:00
doses = [3]

[[stages.windows]]
opens = 2022-01-16T13:00:00+08:00
closes = 2022-01-16T18:00:00+08:00
since = 2022-01-12
until = 2022-01-12
doses = [1]

[[stages.rules]]
id = "wide"
dose = 1
vaccines = ["BNT"]
cites = ["paper"]
all = [{ age_at_least = 20, on = "first-day" }]
printed = { born_on_or_before = 2002-01-18 }

[[stages.rules]]
id = "narrow"
dose = 1
vaccines = ["BNT"]
cites = ["paper"]
all = [{ age_at_least = 70, on = "first-day" }]

[[stages.rules]]
id = "young"
dose = 1
vaccines = ["BNT"]
cites = ["paper"]
all = [{ age_at_most = 15, on = "first-day" }]

[[stages.rules]]
id = "nobody"
dose = 1
vaccines = ["BNT"]
cites = ["paper"]
all = [{ doses_at_least = 1 }]

[[stages.rules]]
id = "middle"
dose = 1
vaccines = ["Moderna"]
cites = ["paper"]
all = [{ born_on_or_after = 1970-01-01 }, { born_on_or_before = 1980-12-31 }]

[[stages.rules]]
id = "second"
dose = 2
vaccines = ["BNT"]
cites = ["paper"]

[[stages.rules]]
id = "never"
dose = 1
vaccines = ["BNT"]
cites = ["paper"]
since = 2022-01-12
until = 2022-01-12

[[stages]]
id = "base"
vaccination_days = { first = 2022-02-17, last = 2022-02-23 }

[[stages.windows]]
opens = 2022-02-15T12:00:00+08:00
closes = 2022-02-15T18:00:00+08:00
ages = { at_most = 12, on = "first-day" }

[[stages.rules]]
id = "young"
dose = 1
vaccines = ["BNT"]
cites = ["paper"]
all = [{ age_at_most = 15, on = "first-day" }]

[[stages.rules]]
id = "child"
dose = 1
vaccines = ["BNT"]
cites = ["paper"]
all = [{ age_at_most = 14, on = "first-day" }, { group = "status/national" }]

[[explained]]
finding = "covered"
at = "young|wide"
why = "Nothing of the kind."
"""
)


def test_each_finding_has_the_line_of_its_rule_window_or_key(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(FAULTY, "utf-8")
    lines = FAULTY.split("\n")
    at = {
        (it.code, it.where): " ".join(lines[(it.line or 0) - 1 :][:2]).strip()
        for it in catalog.lint(catalog.load_file(file), date(2024, 1, 1), text=FAULTY)
    }
    assert at == {
        ("review-due", "review_by"): "review_by = 2023-01-01",
        ("never-in-force", "never"): "until = 2022-01-12",
        ("never-in-force", "base/windows/5"): "until = 2022-01-12 doses = [1]",
        ("printed-refuted", "wide"): "printed = { born_on_or_before = 2002-01-18 }",
        ("overlapping-versions", "base"): '[[stages]] id = "base"',
        ("overlapping-versions", "young"): '[[stages.rules]] id = "young"',
        ("overlapping-versions", "base/windows/2|base/windows/3"): (
            "[[stages.windows]] opens = 2022-01-15T13:00:00+08:00"
        ),
        ("admits-nobody", "nobody"): '[[stages.rules]] id = "nobody"',
        ("covered", "narrow|wide"): '[[stages.rules]] id = "narrow"',
        ("covered", "child|young"): '[[stages.rules]] id = "child"',
        ("age-gap", "wide|young"): '[[stages.rules]] id = "wide"',
        ("rule-without-window", "second"): '[[stages.rules]] id = "second"',
        ("age-gap", "wide"): '[[stages.rules]] id = "wide"',
        ("age-gap", "middle"): '[[stages.rules]] id = "middle"',
        ("outside-windows", "young"): '[[stages.rules]] id = "young"',
        ("outside-windows", "child"): '[[stages.rules]] id = "child"',
        ("window-without-rule", "base/windows/4"): (
            "[[stages.windows]] opens = 2022-01-16T12:00:00+08:00"
        ),
        ("explains-nothing", "young|wide"): '[[explained]] finding = "covered"',
    }


def test_explanations_and_review_dates_leave_the_digest_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(FILE, "utf-8")
    before = catalog.load_file(file).digest
    file.write_text(FILE.replace("2023-01-01", "2024-01-01") + EXPLAINED, "utf-8")
    assert catalog.load_file(file).digest == before


def test_every_code_is_described_in_the_reference() -> None:
    page = Path(__file__).parents[2] / "docs/reference/lint.md"
    text = page.read_text("utf-8")
    assert [code for code in lint.CODES if f"`{code}`" not in text] == []


SHORT = VaccinationDays(date(2022, 2, 27), date(2022, 3, 1))
RECKONINGS: tuple[Reckoning, ...] = ("day", "first-day", "last-day", "calendar-year")
TERMS = st.one_of(
    st.builds(AgeAtLeast, st.integers(1, 2), st.sampled_from(RECKONINGS)),
    st.builds(AgeAtMost, st.integers(0, 2), st.sampled_from(RECKONINGS)),
    st.builds(InGroup, st.sampled_from(sorted(GROUPS))),
    st.just(Wanted(wanted=True, by=NOON)),
    st.just(Wanted(wanted=True)),
)
DOSE_TERMS = st.one_of(
    TERMS,
    st.builds(DoseDue, st.integers(3, 4), st.sampled_from(("day", "first-day", "last-day"))),
    st.builds(PreviousDoseOf, st.sampled_from((("AZ",), ("AZ", "BNT")))),
    st.builds(PreviousDoseOnOrBefore, st.dates(date(2022, 2, 24), date(2022, 2, 27))),
)


def conditions(terms: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    leaf = st.one_of(terms, st.builds(NotThat, terms))
    some = st.lists(leaf, min_size=2, max_size=2).map(tuple)
    return st.lists(st.one_of(leaf, st.builds(AnyOf, some)), max_size=3).map(tuple)


def births() -> list[date]:
    """Every birth date near which one of the ages turns on one of the days."""
    near = [
        date(2022 - years, month, day) + timedelta(days=shift)
        for years in range(4)
        for month, day, shifts in ((2, 28, range(-2, 3)), (1, 1, range(-1, 2)))
        for shift in shifts
    ]
    return sorted({day for day in near if day < date(2022, 2, 22)})


MEMBERS = [
    frozenset(some) for some in ([], ["list/1"], ["list/2"], ["list/2/part"], ["list/1", "list/2"])
] + [frozenset({"list/1", "list/2/part"})]


def people(dose: int) -> list[Person]:
    days = [date(2022, 2, 22) + timedelta(days=more) for more in range(9)]
    given = [(), *((Dose(name, day),) for name in ("AZ", "BNT") for day in days)]
    return [
        Person(
            birth_date=born,
            doses=doses if dose == 2 else (),
            groups=groups,
            willingness=Willingness({} if wish is None else {"AZ": wish}),
        )
        for born, doses, groups, wish in product(
            births(),
            given if dose == 2 else [()],
            MEMBERS,
            [None, NOON, NOON + timedelta(hours=1)],
        )
    ]


PEOPLE = {dose: people(dose) for dose in (1, 2)}


def days_by_rule(tested: Policy, everybody: Iterable[Person]) -> list[dict[str, DaySet]]:
    decisions = (decide(tested, person) for person in everybody)
    return [{offer.rule_id: offer.days for offer in it.offers} for it in decisions]


@pytest.mark.slow
@settings(max_examples=30)
@given(data=st.data(), dose=st.sampled_from((1, 2)))
def test_what_the_lint_says_of_two_rules_is_what_deciding_for_everybody_says(
    data: st.DataObject, dose: int
) -> None:
    terms = conditions(TERMS if dose == 1 else DOSE_TERMS)
    one, other = (rule(name, *data.draw(terms), dose=dose) for name in "ab")
    base = stage(one, other, vaccination_days=SHORT)
    tested = policy(base)
    everybody = days_by_rule(tested, PEOPLE[dose])
    none = DaySet.none()
    known: list[Facts] = []
    admitted = [coverage.admitted_by(tested, base, it, "AZ", known) for it in (one, other)]
    assert admitted[0].is_possible == any("a" in days for days in everybody)
    for _ in range(2):  # the second time with the people of the first
        assert coverage.offers_more(tested, *admitted) == any(
            not days.get("a", none) <= days.get("b", none) for days in everybody
        )


def test_of_two_rules_for_the_same_people_the_one_of_more_days_offers_more() -> None:
    inside = VaccinationDays(FIRST + timedelta(days=1), LAST - timedelta(days=1))
    wide = stage(rule("wide"))
    narrow = stage(rule("narrow"), id="added", vaccination_days=inside)
    tested = policy(wide, narrow)
    known: list[Facts] = []
    longer, shorter = (
        attrs.evolve(coverage.admitted_by(tested, it, it.rules[0], "AZ", []), people=known)
        for it in (wide, narrow)
    )
    assert coverage.offers_more(tested, longer, shorter)
    assert not coverage.offers_more(tested, shorter, longer)


@settings(max_examples=30)
@given(
    wanted=conditions(TERMS),
    bands=st.lists(
        st.builds(
            lambda on, ends: WindowAges(on, *ends),
            st.sampled_from(("first-day", "last-day", "calendar-year", "day")),
            st.sampled_from(
                [
                    (low, high)
                    for low in (None, 1, 2)
                    for high in (None, 0, 1, 2)
                    if (high is None or high >= (low or 0))
                ]
            ),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_who_is_shut_out_of_every_window_is_who_gets_an_offer_without_one(
    wanted: tuple[AnyCondition, ...], bands: list[WindowAges]
) -> None:
    base = stage(
        rule("a", *wanted), vaccination_days=SHORT, windows=tuple(window(ages=it) for it in bands)
    )
    tested = policy(base)
    offers = [
        (person.birth_date, offer.windows)
        for person in PEOPLE[1]
        for offer in decide(tested, person).offers
    ]
    shut_out = {born for born, windows in offers if isinstance(born, date) and not windows}
    ranges = [it.births for it in coverage.shut_out(tested, base, base.rules[0], "AZ")]
    born = {day for day in births() for it in ranges if it.first <= day.toordinal() <= it.last}
    assert born == shut_out
    assert coverage.can_be_booked(tested, base, base.rules[0], "AZ") == any(
        windows for _, windows in offers
    )
