"""What is worked out once for a policy, and what it settles before anybody is looked at."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, get_args

import attrs
import pytest

from tests.helpers import FIRST, LAST, VACCINES, policy_of
from vaxpolicy.eligibility import DatedFact, Dose, PartialDate, Person, decide
from vaxpolicy.rules.compiled import (
    CompiledOffer,
    CompiledPolicy,
    OfferKind,
    birth_cell,
    compile_policy,
)
from vaxpolicy.rules.conditions import (
    EVERY_DAY,
    LEAVES,
    NO_DAY,
    AgeAtLeast,
    AgeAtMost,
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    DaysSinceFact,
    InGroup,
    RegisteredIn,
    Span,
)
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.policy import FirstGiven, Rule, Vaccine

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxpolicy.rules.conditions import Facts

DAY: Final = timedelta(days=1)


def plan_of(*asked: AnyCondition) -> CompiledPolicy:
    return compile_policy(policy_of(Rule("a", 1, ("AZ",), (), asked)))


def number_of(plan: CompiledPolicy, kind: type[Condition]) -> int:
    (number,) = (it for it, leaf in enumerate(plan.leaves) if isinstance(leaf.condition, kind))
    return number


@pytest.mark.parametrize(
    ("condition", "settled"),
    [
        (AgeAtLeast(18, "day"), [EVERY_DAY, None, NO_DAY]),
        (AgeAtMost(17, "day"), [NO_DAY, None, EVERY_DAY]),
    ],
)
def test_an_age_is_open_in_the_cell_of_those_who_reach_it_within_the_stage(
    condition: Condition, settled: list[Span | None]
) -> None:
    plan = plan_of(condition)
    number = number_of(plan, type(condition))
    cells = [birth_cell(plan, place) for place in range(len(plan.age_bounds) + 1)]
    assert [it.parts[number] for it in cells] == settled
    assert [number in it.others for it in cells] == [it is None for it in settled]
    assert number in birth_cell(plan, -1).others


def test_people_of_whom_the_year_of_birth_is_known_have_the_cell_of_all_its_days() -> None:
    plan = plan_of(AgeAtLeast(18, "day"))
    of = {
        born: plan.cell_of(plan.read(Person(born, ())).facts)
        for born in (PartialDate(1960), PartialDate(2003), PartialDate(2015), date(1960, 5, 1))
    }
    assert of[PartialDate(1960)] is of[date(1960, 5, 1)] is birth_cell(plan, 0)
    assert of[PartialDate(2003)] is birth_cell(plan, -1)
    assert of[PartialDate(2015)] is birth_cell(plan, 2)


def test_a_fact_that_is_too_late_or_early_enough_for_every_day_is_settled() -> None:
    plan = plan_of(DaysSinceFact("infection", 10))
    span = plan.leaves[number_of(plan, DaysSinceFact)].span
    of = {
        on: span(plan.read(Person(dated_facts=[DatedFact("infection", on)])).facts)
        for on in (FIRST - 10 * DAY, FIRST - 9 * DAY, LAST - 10 * DAY, LAST - 9 * DAY)
    }
    assert [it if it in (EVERY_DAY, NO_DAY) else None for it in of.values()] == [
        *(EVERY_DAY, None, None, NO_DAY)
    ]


def test_what_several_offers_ask_in_common_is_a_step_of_its_own() -> None:
    common = (InGroup("list/1"), AgeAtLeast(18, "day"))
    rules_ = [Rule(f"r{it}", 1, (it,), (), (*common, InGroup(it))) for it in ("AZ", "BNT")]
    (block,) = compile_policy(policy_of(*rules_)).blocks
    assert [(it.number, it.level) for it in block.steps] == [(-1, 0), (0, 1), (1, 1)]


def test_an_offer_is_of_accepted_days_where_nothing_else_is_said() -> None:
    for kind in (CompiledOffer, Rule):
        default = attrs.fields(kind).kind.default
        assert default == "accepted"
        assert default in get_args(OfferKind)


def test_a_policy_of_which_nothing_else_is_said_reads_the_doses_of_its_vaccines_alone() -> None:
    of = frozenset({"AZ"})
    plan = CompiledPolicy((), (), (), vaccines=of, known_vaccines=of | {"BNT"}, season=1)
    assert (plan.by_product, plan.diseases, plan.others) == (False, None, frozenset())
    assert (plan.validity, plan.first_days) == (None, None)
    doses = [Dose("BNT", FIRST), Dose("AZ", LAST), Dose("BNT", LAST)]
    facts = plan.read(Person(doses=doses)).facts
    assert (facts.doses, facts.vaccines) == ((LAST.toordinal(),), ("AZ",))


def test_the_first_day_of_one_vaccine_says_nothing_about_another() -> None:
    new = Vaccine("BNT", ("covid19",), first_given=FirstGiven(FIRST, ()))
    policy = policy_of(Rule("a", 2, ("AZ",), ()), vaccines={**VACCINES, "BNT": new})
    plan = compile_policy(policy)
    early = FIRST - DAY
    assert plan.read(Person(doses=[Dose("AZ", early)])).problem is None
    assert plan.read(Person(doses=[Dose("BNT", FIRST)])).problem is None
    assert plan.read(Person(doses=[Dose("BNT", early)])).problem == "dose-before-vaccine"


def test_every_condition_is_in_the_way_where_the_days_are_over() -> None:
    plan = plan_of(AgeAtLeast(18, "day"), InGroup("list/1"))
    facts = plan.read(Person(date(1990, 1, 1), (), ["list/1"])).facts
    (over,) = Evaluation(plan, facts, from_day=LAST.toordinal() + 1).obstacles
    (last,) = Evaluation(plan, facts, from_day=LAST.toordinal()).obstacles
    every = range(len(plan.leaves))
    assert [over[0] >> leaf & 1 for leaf in every] == [1] * len(every)
    assert [last[0] >> leaf & 1 for leaf in every] == [0] * len(every)


def test_a_condition_is_asked_once_about_a_person() -> None:
    asked = Counter[int]()
    groups = [
        AllOf((RegisteredIn((county,)), InGroup(f"list/{it}"), AgeAtLeast(18, "day")))
        for it, county in ((1, "金門縣"), (3, "連江縣"))
    ]
    plan = plan_of(AnyOf(tuple(groups)))

    def counting(number: int, span: Callable[[Facts], Span]) -> Callable[[Facts], Span]:
        def count(facts: Facts) -> Span:
            asked[number] += 1
            return span(facts)

        return count

    counted = attrs.evolve(
        plan, spans=tuple(counting(number, it) for number, it in enumerate(plan.spans))
    )
    facts = plan.read(Person(PartialDate(2003), ())).facts
    for whole in (True, False):
        asked.clear()
        evaluation = Evaluation(counted, facts, whole=whole)
        assert evaluation.offered
        assert not evaluation.asks_the_sources_alone
        assert evaluation.questions_of(evaluation.offered)
        assert len(evaluation.spans) == len(plan.leaves)
        assert set(asked.values()) == {1}
        first, last = FIRST.toordinal(), LAST.toordinal()
        bounds = evaluation.bounds_within(first, last)
        assert evaluation.bounds_within(first, last) is bounds


def test_what_is_known_in_a_choice_is_not_missing() -> None:
    ways = tuple(
        AllOf((RegisteredIn((county,)), InGroup(group)))
        for county, group in (("金門縣", "list/1"), ("連江縣", "list/3"))
    )
    policy = policy_of(Rule("a", 1, ("AZ",), (), (AnyOf(ways),)))
    for county, group in (("金門縣", "groups/list/1"), ("連江縣", "groups/list/3")):
        decision = decide(policy, Person(None, (), registered_county=county))
        assert decision.missing == (group,)
        assert [it.fact for it in decision.reasons] == [group]


def test_a_condition_reads_a_fact_that_people_have() -> None:
    facts = {it.fact for it in LEAVES} - {""}
    assert facts <= {it.name for it in attrs.fields(Person)}
