"""The parts into which the conditions of an offer are divided, and the days that they give."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import STAGE, policy_of
from vaxpolicy import catalog
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.eligibility import DatedFact, Dose, Outcome, PartialDate, Person, decide
from vaxpolicy.rules.compiled import compile_policy, divide
from vaxpolicy.rules.conditions import (
    NOT_KNOWN,
    AgeAtLeast,
    AnyOf,
    ByProduct,
    Context,
    DosesAtLeast,
    DosesOf,
    Facts,
    FromDay,
    NotThat,
    Span,
    days_between,
    opposite,
)
from vaxpolicy.rules.evaluation import Evaluation, as_one
from vaxpolicy.rules.policy import Rule

if TYPE_CHECKING:
    from vaxpolicy.rules.compiled import CompiledPolicy

CHILDHOOD = "tw/childhood/2025"
POLICIES = (CHILDHOOD, "tw/covid19/2026", "tw/pneumococcal/2026", "tw/covid19-1922/round-13")

leaves = st.integers(0, 8)
ways = st.lists(
    st.lists(leaves, min_size=1, max_size=4, unique=True).map(tuple),
    max_size=8,
    unique_by=frozenset,
).map(tuple)


def joined(
    common: tuple[int, ...], choices: tuple[tuple[tuple[int, ...], ...], ...]
) -> set[object]:
    return {frozenset(common).union(*each) for each in product(*choices)}


@given(ways)
def test_a_divided_offer_asks_what_its_alternatives_ask(
    alternatives: tuple[tuple[int, ...], ...],
) -> None:
    common, choices = divide(alternatives)
    assert joined(common, choices) == {frozenset(each) for each in alternatives}


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_choices_that_are_independent_are_separated(sizes: list[int]) -> None:
    numbers = iter(range(1, 100))
    choices = [[next(numbers) for _ in range(size)] for size in sizes]
    common, found = divide(tuple((0, *each) for each in product(*choices)))
    alone = [leaf for its in choices for leaf in its if len(its) == 1]
    assert common == (0, *alone)
    assert sorted(map(len, found)) == sorted(size for size in sizes if size > 1)


def test_an_offer_without_alternatives_has_a_choice_without_options() -> None:
    assert divide(()) == ((), ((),))
    assert divide(((3, 4),)) == ((3, 4), ())


def people(plan: CompiledPolicy) -> list[Person]:
    born = date(2022, 3, 1)
    codes = sorted(plan.vaccines)
    histories = [
        None,
        [],
        [Dose(code, born + timedelta(days=61 + 40 * i)) for i, code in enumerate(codes)],
        [Dose(code, date(2025, 5, 1) + timedelta(days=9 * i)) for i, code in enumerate(codes)],
        [Dose(codes[0], born + timedelta(days=70 * i)) for i in range(1, 4)],
    ]
    dated = [
        [],
        [DatedFact(it, "never") for it in plan.dated_facts],
        [DatedFact(it, PartialDate(2025)) for it in plan.dated_facts],
    ]
    births = (born, PartialDate(2019), date(1958, 1, 1), None)
    return [
        Person(birth_date=birth, doses=doses, groups=groups, dated_facts=facts)
        for birth, doses, groups, facts in product(
            births, histories, (None, frozenset({"status/national"})), dated
        )
    ]


@pytest.mark.parametrize("policy_id", POLICIES)
@pytest.mark.parametrize("from_day", [FIRST, date(2026, 6, 1).toordinal()])
def test_the_days_are_those_of_the_alternatives(policy_id: str, from_day: int) -> None:
    plan = compile_policy(catalog.load(policy_id))
    for person in people(plan):
        facts = plan.read(person).facts
        found = Evaluation(plan, facts, from_day=from_day)
        fewer = Evaluation(plan, facts, from_day=from_day, whole=False)
        for number, entry in enumerate(plan.entries):
            sure: list[tuple[int, int]] = []
            possible: list[tuple[int, int]] = []
            for alternative in entry.alternatives:
                spans = [plan.spans[leaf](facts) for leaf in alternative]
                first, last = max(entry.first, from_day), entry.last
                if entry.days_stated:
                    low = max(first, *(span.first for span in spans))
                    sure.append((low, min(last, *(span.last for span in spans))))
                low = max(first, *(span.possible_first for span in spans))
                possible.append((low, min(last, *(span.possible_last for span in spans))))
            expected = [DaySet.of_spans(sure), DaySet.of_spans(possible)]
            for each in (found, fewer):
                days = [DaySet.of_spans(each.sure[number]), DaySet.of_spans(each.possible[number])]
                assert days == expected
        assert (found.verdict, found.is_open) == (fewer.verdict, fewer.is_open)
        assert found.asks_the_sources_alone == fewer.asks_the_sources_alone
        assert found.questions_of(found.offered) == fewer.questions_of(fewer.offered)


def test_spans_are_joined_where_they_touch_and_one_at_most_is_open() -> None:
    early, late = days_between(FIRST, 10), days_between(11, LAST)
    gap = days_between(12, LAST)
    assert as_one([early, late]) == days_between(FIRST, LAST)
    assert as_one([early, gap]) is None
    assert as_one([gap, early]) is None
    assert as_one([early, NOT_KNOWN]) == Span(FIRST, 10, FIRST, LAST)
    assert as_one([NOT_KNOWN, early]) == Span(FIRST, 10, FIRST, LAST)
    assert as_one([NOT_KNOWN, NOT_KNOWN]) is None


@pytest.mark.parametrize("days", [None, (), (20,), (20, 30)])
@pytest.mark.parametrize(
    "condition", [DosesAtLeast(0), DosesAtLeast(2), DosesOf(("AZ",), 1), DosesOf(("AZ",), 2)]
)
def test_the_days_before_a_dose_are_those_that_are_not_from_it_on(
    condition: DosesAtLeast | DosesOf, days: tuple[int, ...] | None
) -> None:
    context = Context(first=10, last=40)
    facts = Facts(doses=days, vaccines=("AZ",) * len(days or ()))
    expected = opposite(condition.bind(context)(facts))
    assert condition.bind_opposite(context)(facts) == expected


def test_an_offer_may_ask_one_of_two_things_and_nothing_else() -> None:
    plan = compile_policy(catalog.load(CHILDHOOD))
    terms = [(leaf.condition, leaf.negated) for leaf in plan.leaves]
    no_bcg = terms.index((DosesOf(("BCG",), 1), True))
    with_mmr = next(
        number
        for number, (condition, _) in enumerate(terms)
        if isinstance(condition, ByProduct)
        and condition.code == "too-close-to-other-vaccine"
        and condition.products == ("MMR", "JE-live")
        and condition.code_negated == condition.code
    )
    entry = evolve(plan.entries[0], alternatives=((no_bcg,), (with_mmr,)))
    plan = evolve(plan, entries=(entry,))
    doses = [Dose("BCG", date(2025, 5, 1)), Dose("MMR", date(2025, 6, 1))]
    facts = plan.read(Person(birth_date=date(2024, 1, 1), doses=doses)).facts
    days = DaySet.between(date(2025, 4, 1), date(2025, 4, 30)) | DaySet.of(date(2025, 6, 1))
    assert DaySet.of_spans(Evaluation(plan, facts).sure[0]) == days
    later = Evaluation(plan, facts, from_day=date(2025, 7, 1).toordinal(), whole=False)
    assert (later.offered, later.possible[0]) == ([], ())


def test_a_rule_without_conditions_offers_every_day() -> None:
    """Whoever leaves conditions out, as a picture does, has rows without parts."""
    plan = compile_policy(
        policy_of(Rule("rule", 1, ("AZ",), ("source",), (AgeAtLeast(18, "day"),)))
    )
    bare = evolve(plan, entries=tuple(evolve(it, alternatives=((),)) for it in plan.entries))
    evaluation = Evaluation(bare, Facts())
    assert evaluation.sure == [((bare.entries[0].first, bare.entries[0].last),)]
    assert evaluation.verdict is Outcome.ELIGIBLE


def test_two_runs_of_days_of_somebody_known_are_two_ranges() -> None:
    late, early = FromDay(STAGE[3]), NotThat(FromDay(STAGE[1]))
    policy = policy_of(Rule("r", 1, ("AZ",), (), (AnyOf((early, late)),)))
    (offer,) = decide(policy, Person(date(1990, 1, 1), (), groups=())).offers
    assert offer.days == DaySet.of(STAGE[0], *STAGE[3:])
    assert len(offer.days.ranges) == 2
