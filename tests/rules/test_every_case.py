"""The bound on what one decision looks at."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from itertools import product

import pytest

from tests.helpers import FIRST, LAST, policy_of, small_policy
from vaxpolicy import catalog, eligibility
from vaxpolicy.days import DaySet, day_number
from vaxpolicy.eligibility import DatedFact, Dose, Outcome, PartialDate, Person, decide
from vaxpolicy.rules.compiled import BoundCondition, compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    BornOnOrAfter,
    BornOnOrBefore,
    Condition,
    Context,
    DaysSinceDoseOf,
    DaysSinceFact,
    DoseDue,
    DosesAtLeast,
    DosesOf,
    EarlierDosesAtLeast,
    HasFact,
    InBand,
    InGroup,
    NotStated,
    NotThat,
    OfSex,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    Question,
    RegisteredIn,
    ResidentIn,
    Term,
    Wanted,
)
from vaxpolicy.rules.dose_histories import are_countable, histories
from vaxpolicy.rules.every_case import EveryCase
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays, Window, WindowAges
from vaxpolicy.rules.unknowns import DOSES, Budget, Case


@pytest.mark.parametrize("limit", [50, 300, 700, 1_200, 1_600])
def test_facts_that_cannot_be_ruled_out_within_the_bound_stay_missing(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = catalog.load("tw/covid19/2024")
    person = Person(PartialDate(1959), groups=(), unknown_groups={"flu-2024/chronic"})
    exact = decide(policy, person)
    monkeypatch.setattr(eligibility, "EveryCase", partial(EveryCase, limit=limit))
    found = decide(policy, person)
    assert found.outcome is Outcome.UNDETERMINED
    assert "too-many-cases" in {reason.code for reason in found.reasons}
    assert set(exact.missing) <= set(found.missing)
    offered = {offer.rule_id for offer in found.possible_offers}
    assert {offer.rule_id for offer in exact.possible_offers} <= offered


@pytest.mark.parametrize(
    ("born", "groups", "missing"),
    [
        # whoever turns 65 in 2024 is asked as an elder by one reckoning or by the other one, and
        # whether foreign nationals are asked is open: the day of birth decides nothing
        (PartialDate(1959), (), {"doses"}),
        (PartialDate(1959, 10), (), {"doses"}),
        # who had three doses right after birth was born late in the year, or could have one before
        (PartialDate(2024), ("status/national", "flu-2024/preschool"), {"doses", "birth_date"}),
    ],
)
def test_a_fact_is_missing_only_if_two_people_who_differ_in_it_alone_differ(
    born: PartialDate, groups: tuple[str, ...], missing: set[str]
) -> None:
    found = decide(catalog.load("tw/covid19/2024"), Person(born, groups=groups))
    assert "too-many-cases" not in {reason.code for reason in found.reasons}
    assert set(found.missing) == missing


def test_what_a_source_does_not_state_may_give_a_day_to_one_of_two_people_either_way() -> None:
    open_ = NotStated("whom the round is for")
    rules = (
        Rule("a", 1, ("AZ",), (), (open_, InGroup("g"))),
        Rule("b", 1, ("AZ",), (), (NotThat(open_), InGroup("h"))),
    )
    born = date(1990, 1, 1)
    policy = policy_of(*rules)
    assert decide(policy, Person(born, (), groups=("g", "h"))).outcome is Outcome.ELIGIBLE
    found = decide(policy, Person(born, ()))
    assert set(found.missing) == {"groups/g", "groups/h"}
    beside = decide(policy, Person(born, (), groups=("g",), unknown_groups={"h"}))
    assert set(beside.missing) == {"groups/h"}


def test_of_days_that_may_have_been_at_any_time_the_best_gives_the_possible_ones() -> None:
    asked = HasFact("test"), DaysSinceFact("test", 28)
    days = VaccinationDays(FIRST, FIRST + timedelta(days=2000))
    plan = compile_policy(policy_of(Rule("r", 1, ("AZ",), (), asked), days=days))
    cases = EveryCase(plan, plan.read(Person(date(1990, 1, 1), doses=())).facts)
    assert cases.possible_days(0) == DaySet.between(days.first, days.last)
    assert cases.limit - cases.whole.budget.left < 120
    late = DatedFact("test", PartialDate(FIRST.year, FIRST.month))
    facts = plan.read(Person(date(1990, 1, 1), doses=(), dated_facts=(late,))).facts
    first = PartialDate(FIRST.year, FIRST.month).earliest + timedelta(days=28)
    possible = EveryCase(plan, facts).possible_days(0)
    assert possible == DaySet.between(max(first, days.first), days.last)


@pytest.mark.parametrize(
    ("condition", "answers"),
    [
        (NotStated("q"), {Question("?", "q"): 1}),
        (AgeAtLeast(65, "not-stated"), {Question("?age", "780"): 0}),
        (AgeAtMost(64, "not-stated"), {Question("?age", "780"): 1}),
        (InBand("g", AgeAtLeast(65, "not-stated")), {Question("?age", "780"): 0}),
        (AgeAtLeast(65, "day"), {}),
        (Wanted(wanted=True, by=FIRST), {Question("?hour", f"by/{FIRST}"): 1}),
        (Wanted(wanted=True, after=FIRST), {Question("?hour", f"after/{FIRST}"): 0}),
        (InGroup("g"), {}),
    ],
)
def test_a_condition_says_which_answer_to_an_open_point_gives_more_days(
    condition: Condition, answers: dict[Question, int]
) -> None:
    days = VaccinationDays(FIRST, LAST)
    context = Context(first=day_number(days.first), last=day_number(days.last), vaccine="AZ")
    assert condition.opening_answers(context) == answers
    opposite = BoundCondition(Term(condition, negated=True), context)
    assert opposite.opening_answers == {it: 1 - answer for it, answer in answers.items()}


def test_an_answer_that_needs_few_cases_is_exact() -> None:
    policy = catalog.load("tw/covid19-1922/round-15")
    found = decide(policy, Person())
    assert found.outcome is Outcome.UNDETERMINED
    assert "too-many-cases" not in {reason.code for reason in found.reasons}


@pytest.mark.parametrize(
    ("policy_id", "person", "is_exact"),
    [
        ("tw/pneumococcal/2026", Person(date(1958, 5, 5), doses=()), True),
        ("tw/pneumococcal/2026", Person(PartialDate(1960), doses=()), True),
        ("tw/hpv/2025", Person(PartialDate(2012), (Dose("HPV9", date(2025, 3, 1)),)), True),
        ("tw/mpox/2026", Person(), True),
        # doses against several diseases may be on one day, and a table says which ones count
        ("tw/childhood/2025", Person(date(2024, 5, 5)), False),
    ],
)
def test_an_answer_by_product_is_exact_where_the_histories_can_be_gone_through(
    policy_id: str, person: Person, *, is_exact: bool
) -> None:
    decision = decide(catalog.load(policy_id), person)
    assert decision.outcome is Outcome.UNDETERMINED
    assert ("too-many-cases" not in {reason.code for reason in decision.reasons}) is is_exact


def test_histories_are_counted_where_products_alone_decide_and_their_days_do_not() -> None:
    first, later = DosesOf(("BNT",), 1), DosesOf(("BNT",), 1, since=FIRST)
    since = DaysSinceDoseOf(("AZ",), 28)
    counted = [Rule("r", 1, ("AZ",), (), asked, counts=("AZ",)) for asked in ((first,), (since,))]
    plan = compile_policy(policy_of(*counted))
    assert are_countable(plan)
    shapes = {it.vaccines for it in histories(plan)}
    assert {(), ("AZ",), ("AZ", "AZ"), ("BNT", "AZ"), ("AZ", "BNT", "AZ")} <= shapes
    assert not any(it.count("BNT") > 1 or it.count("AZ") > 2 for it in shapes)
    by_number = Rule("r", 1, ("AZ",), (), (first,))
    by_season = Rule("r", 1, ("AZ",), (), (later,), counts=("AZ",))
    for rule in (by_number, by_season):
        assert not are_countable(compile_policy(policy_of(rule)))
    many = [
        Rule(f"r{it}", 1, ("AZ",), (), (DosesOf((it,), 4),), counts=("AZ",))
        for it in ("BNT", "Moderna", "Medigen")
    ]
    assert not are_countable(compile_policy(policy_of(*many)))


@pytest.mark.parametrize(("before", "in_season"), [(1, 3), (4, 2), (13, 12), (1, 90), (20, 20)])
def test_histories_by_number_are_a_number_before_the_season_and_one_in_it(
    before: int, in_season: int
) -> None:
    asked = (DosesAtLeast(in_season), EarlierDosesAtLeast(before))
    rule = Rule("r", in_season + 1, ("AZ",), (), asked)
    plan = compile_policy(policy_of(rule, season=FIRST))
    shapes = [(len(it.vaccines) - it.before_season, it.before_season) for it in histories(plan)]
    assert are_countable(plan) is ((before + 1) * (in_season + 2) <= 200)
    if are_countable(plan):
        assert shapes == [*product(range(in_season + 2), range(before + 1))]


def test_histories_too_many_to_go_through_leave_every_day_possible_and_none_sure() -> None:
    rule = Rule("r", 2, ("AZ",), (), (DosesOf(("BNT",)),))
    plan = compile_policy(policy_of(rule))
    cases = EveryCase(plan, plan.read(Person(date(1990, 1, 1))).facts)
    assert cases.possible_days(0) == DaySet.between(FIRST, LAST)
    assert cases.sure_days([0]) == DaySet.none()


def test_what_no_source_states_is_possible_and_not_sure_and_no_fact_is_asked() -> None:
    plan = compile_policy(policy_of(Rule("r", 1, ("AZ",), (), (NotStated("who is asked"),))))
    cases = EveryCase(plan, plan.read(Person(date(1990, 1, 1), doses=())).facts)
    assert cases.possible_days(0) == DaySet.between(FIRST, LAST)
    assert cases.sure_days([0]) == DaySet.none()


def spent_on_doses(ways: int) -> int:
    """How much of the bound it takes to see that the doses matter, with so many ways to a dose."""
    rules = [
        Rule(f"r{n}", 2, ("AZ",), (), (BornOnOrAfter(born), BornOnOrBefore(born), after))
        for n in range(ways)
        for born in [date(2003, 6, 1) + timedelta(days=n)]
        for after in [PreviousDoseOnOrAfter(date(2021, 10, 1) + timedelta(days=n))]
    ]
    plan = compile_policy(policy_of(*rules))
    cases = EveryCase(plan, plan.read(Person()).facts)
    assert cases.can_change(DOSES)
    return cases.limit - cases.whole.budget.left


@pytest.mark.parametrize(
    "asked",
    [
        OfSex("female"),
        InGroup("g"),
        RegisteredIn(("澎湖縣",)),
        ResidentIn(("澎湖縣",)),
        NotStated("who gets which vaccine"),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("shared", "missing"),
    [
        ((DoseDue(28, "day"),), ("doses",)),
        ((AgeAtLeast(18, "day"),), ("doses", "birth_date")),
        ((AgeAtLeast(18, "day"), DoseDue(28, "day")), ("doses", "birth_date")),
    ],
)
def test_a_fact_that_says_which_of_two_vaccines_it_is_does_not_matter(
    asked: Condition, shared: tuple[Condition, ...], missing: tuple[str, ...]
) -> None:
    policy = policy_of(
        Rule("a", 2, ("AZ",), (), (asked, *shared)),
        Rule("b", 2, ("BNT",), (), (NotThat(asked), *shared)),
    )
    found = decide(policy, Person(PartialDate(2004), None))
    assert found.outcome is Outcome.UNDETERMINED
    assert found.missing == missing


def test_every_question_to_a_case_adds_to_the_work_that_is_counted() -> None:
    plan = compile_policy(catalog.load("tw/covid19-1922/round-15"))
    case = Case(plan, plan.read(Person(PartialDate(2003))).facts, Budget(10_000))
    first, last = plan.entries[0].first, plan.entries[0].last
    for ask in (
        lambda: case.span(0),
        lambda: case.range_of([0], first, last),
        lambda: case.split(case.branches(DOSES, min(plan.on_doses))),
        lambda: list(case.best(range(len(plan.leaves)))),
    ):
        before = case.budget.left
        ask()
        assert case.budget.left < before


def test_every_way_to_a_dose_adds_to_the_work_that_is_counted() -> None:
    few, more, most = (spent_on_doses(ways) for ways in (10, 29, 40))
    assert few < more < most < 3 * few


def test_a_bounded_answer_lists_every_window_that_the_person_may_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, young = (
        Window(opens=FIRST, closes=LAST, ages=WindowAges(on=FIRST, at_least=low, at_most=high))
        for low, high in ((65, None), (12, 64))
    )
    rules = (Rule("r", 2, ("AZ",), (), (PreviousDoseOf(("AZ",)), InGroup("g"))),)
    policy = small_policy(Stage("base", VaccinationDays(FIRST, LAST), rules, (old, young)))
    person = Person(PartialDate(1990))
    (exact,) = decide(policy, person).possible_offers
    assert exact.window_cases == ((young,),)
    monkeypatch.setattr(eligibility, "EveryCase", partial(EveryCase, limit=20))
    found = decide(policy, person)
    assert "too-many-cases" in {reason.code for reason in found.reasons}
    (bounded,) = found.possible_offers
    assert bounded.window_cases == ((old, young), ())


def test_a_count_since_a_day_holds_for_certain_only_where_the_doses_are_known() -> None:
    counted = DosesOf(("AZ",), 1, since=FIRST - timedelta(days=3))
    rule = Rule("r", 1, ("BNT",), (), (counted, NotThat(DosesOf(("BNT",), 2))))
    plan = compile_policy(policy_of(rule))
    assert not are_countable(plan)  # so `decide` judges each condition alone
    cases = EveryCase(plan, plan.read(Person(date(1990, 1, 1))).facts)
    assert cases.sure_days([0]) == DaySet.none()
    assert not cases.is_always_offered()
