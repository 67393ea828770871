"""Conditions of the seasonal campaigns: earlier doses, an age at a dose, an end that is not stated.

The effect of a season on partial knowledge is held against a naive reading that goes through every
birth date and every dose history of a small season, one by one.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import combinations, product
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers import small_policy
from vaxpolicy._values import InvalidValue
from vaxpolicy.catalog import load_file
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.days import DaySet, attained, calendar_age, completed_age
from vaxpolicy.eligibility import Dose, Outcome, PartialDate, Person, Policy, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    AllOf,
    AnyCondition,
    AnyOf,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    FromDay,
    InGroup,
    NotStated,
    NotThat,
    PolicyError,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrBefore,
)
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.every_case import EveryCase
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays, Vaccine

VACCINES = {code: Vaccine(code, ("covid19",)) for code in ("AZ", "BNT")}
SEASON = date(2021, 12, 28)
STAGES = {
    "one": VaccinationDays(date(2021, 12, 30), date(2022, 1, 3)),
    "two": VaccinationDays(date(2022, 1, 1), date(2022, 1, 5), sure_until=date(2022, 1, 3)),
    "three": VaccinationDays(date(2021, 12, 29), date(2021, 12, 31), stated=False),
}


def policy_of(*rules: tuple[str, Rule], counts_from: date | None = SEASON) -> Policy:
    stages = (Stage(name, STAGES[name], (rule,)) for name, rule in rules)
    return small_policy(*stages, announced=SEASON, vaccines=VACCINES, counts_from=counts_from)


def one(*conditions: AnyCondition, dose: int = 1, stage: str = "one") -> Policy:
    return policy_of((stage, Rule("r", dose, ("AZ",), (), conditions)))


def taking(*days: date, born: date | None = date(1990, 1, 1)) -> Person:
    return Person(birth_date=born, doses=[Dose("AZ", day) for day in days], groups=())


@pytest.mark.parametrize(
    ("number", "doses", "expected"),
    [
        (0, (), Outcome.ELIGIBLE),
        (1, (), Outcome.INELIGIBLE),
        (1, (date(2021, 12, 27),), Outcome.ELIGIBLE),
        (1, (date(2022, 1, 1),), Outcome.INELIGIBLE),  # in the season
        (2, (date(2021, 12, 27),), Outcome.INELIGIBLE),
        (2, (date(2019, 1, 1), date(2021, 12, 27)), Outcome.ELIGIBLE),
    ],
)
def test_earlier_doses_are_those_before_the_season(
    number: int, doses: tuple[date, ...], expected: Outcome
) -> None:
    decision = decide(one(EarlierDosesAtLeast(number)), taking(*doses))
    assert decision.outcome is expected
    codes = {reason.code for reason in decision.reasons}
    assert codes == (set() if expected is Outcome.ELIGIBLE else {"no-dose-in-earlier-season"})


def test_the_opposite_says_that_there_was_a_dose_in_an_earlier_season() -> None:
    policy = one(NotThat(EarlierDosesAtLeast(1)))
    assert decide(policy, taking()).outcome is Outcome.ELIGIBLE
    decision = decide(policy, taking(date(2020, 1, 1)))
    assert [reason.code for reason in decision.reasons] == ["dose-in-earlier-season"]


def test_two_earlier_doses_are_found_among_the_histories_of_someone_whose_doses_are_unknown() -> (
    None
):
    policy = one(EarlierDosesAtLeast(2))
    decision = decide(policy, Person(birth_date=date(1990, 1, 1), groups=()))
    assert decision.outcome is Outcome.UNDETERMINED
    assert decision.missing == ("doses",)


def test_nobody_has_a_dose_before_birth() -> None:
    policy = one(EarlierDosesAtLeast(1))
    for born, expected in (
        (SEASON, Outcome.INELIGIBLE),
        (date(2021, 12, 27), Outcome.UNDETERMINED),
    ):
        assert decide(policy, Person(birth_date=born, groups=())).outcome is expected


@pytest.mark.parametrize(
    ("given_on", "expected"),
    [(date(2021, 12, 30), Outcome.ELIGIBLE), (date(2021, 12, 31), Outcome.INELIGIBLE)],
)
def test_the_dose_before_was_given_on_the_eve_of_a_birthday_or_on_it(
    given_on: date, expected: Outcome
) -> None:
    policy = one(PreviousDoseBeforeAge(3), dose=2)
    decision = decide(policy, taking(given_on, born=date(2018, 12, 31)))
    assert decision.outcome is expected
    if expected is Outcome.INELIGIBLE:
        assert [reason.code for reason in decision.reasons] == ["too-old-at-previous-dose"]


def test_whoever_had_no_dose_before_is_refused_for_that() -> None:
    decision = decide(one(PreviousDoseBeforeAge(3), dose=2), taking(born=date(2020, 1, 1)))
    assert {reason.code for reason in decision.reasons} == {"earlier-dose-missing"}


def test_an_age_at_the_dose_before_asks_for_both_facts() -> None:
    policy = one(PreviousDoseBeforeAge(3), dose=2)
    for person, missing in (
        (Person(birth_date=date(2020, 1, 1), groups=()), ("doses",)),
        (taking(date(2021, 12, 30), born=None), ("birth_date",)),
        (Person(birth_date=PartialDate(2018), groups=()), ("doses", "birth_date")),
        (Person(groups=()), ("doses", "birth_date")),
    ):
        decision = decide(policy, person)
        assert (decision.outcome, decision.missing) == (Outcome.UNDETERMINED, missing)


@pytest.mark.parametrize(("dose", "season"), [(2, None), (1, SEASON)])
def test_an_age_at_the_dose_before_needs_a_season_and_a_dose_in_it(
    dose: int, season: date | None
) -> None:
    rule = Rule("r", dose, ("AZ",), (), (PreviousDoseBeforeAge(3),))
    with pytest.raises(PolicyError, match="previous_dose_before_age"):
        decide(policy_of(("one", rule), counts_from=season), taking())


def test_days_after_the_last_sure_one_are_possible() -> None:
    (offer,) = decide(one(stage="two"), taking()).offers
    assert (offer.days.first, offer.days.last) == (date(2022, 1, 1), date(2022, 1, 3))
    assert offer.possible_days.last == date(2022, 1, 5)


def test_whose_turn_comes_after_the_last_sure_day_is_undetermined() -> None:
    policy = one(AgeAtLeast(18, "day"), stage="two")
    for born, expected in (
        (date(2004, 1, 3), Outcome.ELIGIBLE),
        (date(2004, 1, 4), Outcome.UNDETERMINED),
        (date(2004, 1, 6), Outcome.INELIGIBLE),
    ):
        decision = decide(policy, taking(born=born))
        assert decision.outcome is expected
        assert decision.missing == ()
    (possible,) = decide(policy, taking(born=date(2004, 1, 4))).possible_offers
    assert (possible.days.is_empty, possible.possible_days.first) == (True, date(2022, 1, 4))


def test_a_last_day_that_is_not_stated_is_nothing_to_reckon_by() -> None:
    decide(one(AgeAtLeast(18, "first-day"), stage="two"), taking())
    for condition in (AgeAtLeast(18, "last-day"), DoseDue(3, "last-day")):
        with pytest.raises(PolicyError, match="not stated"):
            decide(one(condition, stage="two", dose=2), taking())


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        ({"sure_until": date(2021, 12, 31)}, "sure_until: expected a day from `first` on"),
        ({"sure_until": date(2022, 1, 5)}, "sure_until: expected .* before `last`"),
        ({"sure_until": date(2022, 1, 4), "stated": False}, "sure_until: .*no day is stated"),
    ],
)
def test_a_last_sure_day_outside_the_days_is_refused(days: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidValue, match=problem):
        VaccinationDays(date(2022, 1, 1), date(2022, 1, 5), **days)


FILE = """
id = "x/y"
version = "1"
announced = 2024-01-01
disease = "covid19"
notification = "none"
counts_from = 2024-01-01
{verified}
[sources.s]
publisher = "p"
url = "https://example.org/"
checked = 2024-01-01
support = "press"

[[stages]]
id = "one"
vaccination_days = {{ first = 2024-01-01, last = 2024-01-31, sure_until = 2024-01-30 }}
cites = ["{cited}"]
reading = "how the end was read"

[[stages.rules]]
id = "r"
dose = 2
vaccines = ["Moderna"]
cites = ["s"]
all = [{{ not = {{ earlier_doses_at_least = 1 }} }}, {{ previous_dose_before_age = 5 }}]
"""


def test_a_file_says_all_of_it(tmp_path: Any) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(FILE.format(verified="verified = false", cited="s"), "utf-8")
    policy = load_file(path)
    assert policy.verified is False
    (stage,) = policy.stages
    assert stage.vaccination_days.sure_until == date(2024, 1, 30)
    assert (stage.cites, stage.reading) == (("s",), "how the end was read")
    assert stage.rules[0].all == (NotThat(EarlierDosesAtLeast(1)), PreviousDoseBeforeAge(5))
    path.write_text(FILE.format(verified="", cited="s"), "utf-8")
    assert load_file(path).verified is True
    assert load_file(path).digest != policy.digest


def test_a_stage_cites_what_is_there(tmp_path: Any) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(FILE.format(verified="", cited="other"), "utf-8")
    with pytest.raises(PolicyFileError, match="stage one: cites other"):
        load_file(path)


#
# The naive reading: every history of up to two doses before the season and three in it, every birth
# date of a month, each decided day by day.

EARLY = (date(2021, 6, 1), date(2021, 12, 26), date(2021, 12, 27))
IN_SEASON = tuple(SEASON + timedelta(days=n) for n in range(10))
History = tuple[date, ...]


@cache
def histories() -> tuple[History, ...]:
    return tuple(
        (*early, *late)
        for before in range(3)
        for early in combinations(EARLY, before)
        for number in range(4)
        for late in combinations(IN_SEASON, number)
    )


def holds(  # noqa: C901, PLR0911, PLR0912, PLR0917  # one line a condition
    condition: AnyCondition, born: date, history: History, day: date, dose: int, answers: Any
) -> bool:
    def again(part: AnyCondition) -> bool:
        return holds(part, born, history, day, dose, answers)

    before = sum(it < SEASON for it in history)
    index = before + dose - 2
    last = history[index] if 0 <= index < len(history) else None
    match condition:
        case AllOf(parts):
            return all(map(again, parts))
        case AnyOf(parts):
            return any(map(again, parts))
        case NotThat(part):
            return not again(part)
        case EarlierDosesAtLeast(number):
            return before >= number
        case DosesAtLeast(number):
            return sum(SEASON <= it <= day for it in history) >= number
        case DoseDue(days, _):
            return dose == 1 if last is None else last + timedelta(days=days) <= day
        case PreviousDoseBeforeAge(years):
            return last is not None and last < attained(born, years)
        case PreviousDoseOnOrBefore(bound):
            return last is not None and last <= bound
        case AgeAtLeast(years, "day"):
            return completed_age(born, day) >= years
        case AgeAtMost(years, "day"):
            return completed_age(born, day) <= years
        case AgeAtLeast(years, "calendar-year"):
            return calendar_age(born, day) >= years
        case FromDay(bound):
            return day >= bound
        case InGroup():
            return bool(answers["group"])
        case NotStated():
            return bool(answers["?"])
    raise AssertionError(condition)


def days_of(policy: Policy, born: date, history: History, answers: Any) -> bool:
    for stage in policy.stages:
        days = stage.vaccination_days
        if not days.stated and not answers["days"]:
            continue
        last = days.last if days.sure_until is None or answers["end"] else days.sure_until
        for rule in stage.rules:
            for n in range((last - days.first).days + 1):
                day = days.first + timedelta(days=n)
                if sum(SEASON <= it <= day for it in history) == rule.dose - 1 and all(
                    holds(part, born, history, day, rule.dose, answers) for part in rule.all
                ):
                    return True
    return False


def naive_outcome(policy: Policy, born: date, history: History, *, group: bool) -> Outcome:
    found = {
        days_of(
            policy, born, history, {"group": group, "?": stated, "end": went_on, "days": on_days}
        )
        for stated, went_on, on_days in product((False, True), repeat=3)
    }
    if len(found) > 1:
        return Outcome.UNDETERMINED
    return Outcome.ELIGIBLE if found.pop() else Outcome.INELIGIBLE


LEAVES = st.one_of(
    st.builds(EarlierDosesAtLeast, st.integers(1, 2)),
    st.builds(DosesAtLeast, st.integers(0, 3)),
    st.builds(DoseDue, st.integers(1, 4), st.just("day")),
    st.builds(PreviousDoseOnOrBefore, st.dates(date(2021, 12, 26), date(2022, 1, 4))),
    st.builds(AgeAtLeast, st.just(18), st.sampled_from(["day", "calendar-year"])),
    st.builds(AgeAtMost, st.just(17), st.just("day")),
    st.builds(FromDay, st.dates(date(2021, 12, 30), date(2022, 1, 4))),
    st.just(InGroup("list/1")),
    st.just(NotStated("the brand")),
)
AT_DOSE = LEAVES | st.builds(PreviousDoseBeforeAge, st.just(18))


def conditions(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    few = st.lists(leaves, min_size=2, max_size=2).map(tuple)
    return leaves | st.builds(AnyOf, few) | st.builds(NotThat, leaves)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = []
    for number in range(draw(st.integers(1, 3))):
        dose = draw(st.integers(1, 3))
        asked = st.lists(conditions(AT_DOSE if dose > 1 else LEAVES), max_size=3)
        rule = Rule(f"r{number}", dose, ("AZ",), (), tuple(draw(asked)))
        rules.append((draw(st.sampled_from(sorted(STAGES))), rule))
    return policy_of(*rules)


BIRTHS = st.dates(date(2003, 12, 20), date(2004, 1, 10))
SOME = (
    st.lists(st.sampled_from([*EARLY, *IN_SEASON]), max_size=3, unique=True).map(sorted).map(tuple)
)
MOST = settings.default.max_examples if settings.default else 100
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def check(
    policy: Policy, person: Person, table: dict[tuple[Any, ...], Outcome], *names: str
) -> None:
    """Hold a decision against the outcomes of all completions, whose keys go by the fact names."""
    decision = decide(policy, person)
    seen = set(table.values())
    assert decision.outcome is (seen.pop() if len(seen) == 1 else Outcome.UNDETERMINED)
    expected = set()
    for place, name in enumerate(names):
        outcomes: dict[tuple[Any, ...], set[Outcome]] = {}
        for key, outcome in table.items():
            outcomes.setdefault(key[:place] + key[place + 1 :], set()).add(outcome)
        if any(len(found) > 1 for found in outcomes.values()):
            expected.add(name)
    assert set(decision.missing) == expected


@pytest.mark.slow
@settings(suppress_health_check=SLOW, max_examples=MOST // 10)
@given(policy=policies(), born=BIRTHS, group=st.booleans())
def test_unknown_doses_of_a_season_are_exact(policy: Policy, born: date, *, group: bool) -> None:
    table = {
        (history,): naive_outcome(policy, born, history, group=group) for history in histories()
    }
    groups = {"list/1"} if group else set()
    check(policy, Person(birth_date=born, groups=groups), table, "doses")


@pytest.mark.slow
@settings(suppress_health_check=SLOW, max_examples=MOST // 20)
@given(policy=policies(), born=BIRTHS)
def test_unknown_doses_and_groups_are_exact(policy: Policy, born: date) -> None:
    table = {
        (history, group): naive_outcome(policy, born, history, group=group)
        for history in histories()
        for group in (False, True)
    }
    check(policy, Person(birth_date=born), table, "doses", "groups/list/1")


@settings(suppress_health_check=SLOW, max_examples=MOST // 4)
@given(policy=policies(), history=SOME, month=st.sampled_from([(2003, 12), (2004, 1)]))
def test_an_unknown_birth_date_and_group_are_exact(
    policy: Policy, history: History, month: tuple[int, int]
) -> None:
    births = [date(*month, 1) + timedelta(days=n) for n in range(31)]
    table = {
        (born, group): naive_outcome(policy, born, history, group=group)
        for born in births
        for group in (False, True)
    }
    person = Person(birth_date=PartialDate(*month), doses=[Dose("AZ", day) for day in history])
    check(policy, person, table, "birth_date", "groups/list/1")


@pytest.mark.slow
@settings(suppress_health_check=SLOW, max_examples=max(MOST // 100, 1))
@given(policy=policies(), data=st.data())
def test_unknown_birth_date_and_doses_together_are_exact(
    policy: Policy, data: st.DataObject
) -> None:
    month = data.draw(st.sampled_from([(2003, 12), (2004, 1)]))
    births = [date(*month, 1) + timedelta(days=n) for n in range(31)]
    table = {
        (born, history): naive_outcome(policy, born, history, group=False)
        for born in births
        for history in histories()
    }
    check(policy, Person(birth_date=PartialDate(*month), groups=()), table, "birth_date", "doses")


@settings(suppress_health_check=SLOW)
@given(policy=policies(), born=BIRTHS, history=SOME, group=st.booleans())
def test_whole_facts_leave_open_only_what_no_source_gives(
    policy: Policy, born: date, history: History, *, group: bool
) -> None:
    person = Person(
        birth_date=born,
        doses=[Dose("AZ", day) for day in history],
        groups={"list/1"} if group else set(),
    )
    decision = decide(policy, person)
    assert decision.outcome is naive_outcome(policy, born, history, group=group)
    assert decision.missing == ()


def test_the_vaccine_of_the_dose_before_is_told_apart_in_a_season() -> None:
    policy = policy_of(
        ("one", Rule("r", 2, ("AZ",), (), (PreviousDoseOf(("BNT",)), DoseDue(2, "day"))))
    )
    unknown = Person(birth_date=date(1990, 1, 1), groups=())
    assert decide(policy, unknown).missing == ("doses",)
    for vaccine, expected in (("AZ", Outcome.INELIGIBLE), ("BNT", Outcome.ELIGIBLE)):
        known = attrs.evolve(unknown, doses=[Dose(vaccine, SEASON)])
        assert decide(policy, known).outcome is expected


@pytest.mark.parametrize(
    "rules",
    [
        (("one", 1, DoseDue(3, "day")),),
        (("one", 1, EarlierDosesAtLeast(2)),),
        (("one", 1, DosesAtLeast(0)), ("two", 1, DosesAtLeast(0))),
        (("one", 2, DoseDue(3, "day")), ("three", 1, EarlierDosesAtLeast(1))),
        (("one", 2, PreviousDoseBeforeAge(18)),),
    ],
)
def test_possible_days_are_those_of_every_history_together(rules: Any) -> None:
    policy = policy_of(
        *((stage, Rule(stage, dose, ("AZ",), (), (it,))) for stage, dose, it in rules)
    )
    plan = compile_policy(policy)
    born = date(2004, 1, 1)
    cases = EveryCase(plan, plan.read(Person(birth_date=born)).facts)
    given = [
        Evaluation(plan, plan.read(Person(born, [Dose("AZ", it) for it in history])).facts)
        for history in histories()
    ]
    for number in range(len(plan.entries)):
        every = DaySet.of_spans(span for one in given for span in one.possible[number])
        assert cases.possible_days(number) == every
        assert not cases.sure_days([number])


def test_what_another_rule_covers_is_not_missing() -> None:
    elders, listed = AgeAtLeast(65, "day"), InGroup("list/1")
    policy = policy_of(
        ("one", Rule("e", 1, ("AZ",), (), (elders, InGroup("list/2")))),
        ("one", Rule("l", 1, ("AZ",), (), (listed, InGroup("list/2")))),
    )
    old = decide(policy, Person(birth_date=date(1950, 1, 1)))
    assert set(old.missing) == {"groups/list/2", "doses"}
    young = decide(policy, Person(birth_date=date(1990, 1, 1)))
    assert set(young.missing) == {"groups/list/1", "groups/list/2", "doses"}
