"""The table says what `decide` says, cell by cell."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.eligibility.test_oracle import NOT_STATED, PEOPLE, STATED, blank, policies
from tests.helpers import NOON, policy_of
from tests.population.people_tables import anybody, batch_of, expected, rivals
from vaxpolicy import catalog
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, PartialDate, Person, Willingness, decide
from vaxpolicy.population import decisions, sample_people
from vaxpolicy.population.decisions import Decider
from vaxpolicy.population.equal_facts import FactClasses
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    BornOnOrBefore,
    DoseDue,
    InAnyGroup,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrBefore,
    Wanted,
)
from vaxpolicy.rules.policy import Rule

if TYPE_CHECKING:
    from vaxpolicy.eligibility import Policy


ROUND_15 = catalog.load("tw/covid19-1922/round-15")
MANY_RULES = {"tw/covid19/2024", "tw/covid19/2025", "tw/covid19-1922/registration"}
POLICIES = [
    pytest.param(name, marks=pytest.mark.slow) if name in MANY_RULES else name
    for name in catalog.ids()
]


def assert_equal(policy: Policy, people: list[Person], size: int = 64) -> None:
    batch = batch_of(people)
    decider = Decider(policy, batch.schema)
    found: list[Any] = []
    for low in range(0, len(people), size):
        found += decider.decide(batch.slice(low, size)).to_pylist()
    for person, row in zip(people, found, strict=True):
        assert row == expected(policy, person), person


@pytest.mark.slow
@pytest.mark.parametrize("name", POLICIES)
def test_people_near_the_edges_of_every_bundled_policy(name: str) -> None:
    policy = catalog.load(name)
    assert_equal(policy, list(anybody(policy, 150, seed=15)))


BOUNDARY = Path(__file__).parents[1] / "data/boundary"


@pytest.mark.slow
@pytest.mark.parametrize("name", POLICIES)
def test_the_boundary_people_of_every_bundled_policy(name: str) -> None:
    people = json.loads((BOUNDARY / f"{name}.json").read_text())["people"]
    policy = catalog.load(name)
    assert_equal(policy, [catalog.person_from(facts) for _, facts, _ in people], size=500)


UNKNOWN = st.sets(
    st.sampled_from(["birth_date", "doses", "groups", "willingness", "registered_county"]),
    max_size=2,
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    policy=policies(STATED | NOT_STATED),
    people=st.lists(st.tuples(PEOPLE, UNKNOWN), max_size=6),
)
def test_made_up_policies_and_people(policy: Policy, people: list[tuple[Person, set[str]]]) -> None:
    assert_equal(policy, [blank(person, unknown) for person, unknown in people], size=4)


@pytest.mark.parametrize("name", ["tw/covid19-1922/round-12", "tw/covid19-1922/round-15"])
def test_many_people_whose_days_lie_between_the_same_edges(name: str) -> None:
    """Then the first reason may depend on how many days each of them misses."""
    policy = catalog.load(name)
    (batch,) = sample_people(1500, 3).to_batches()
    decider = Decider(policy, batch.schema, keep=[])
    people = decider.answers(batch).people
    for row, found in enumerate(decider.decide(batch).to_pylist()):
        assert {**found, "key": None} == expected(policy, people.person(row))


@pytest.mark.parametrize("from_day", [date(2021, 11, 20), date(2021, 11, 26), date(2022, 3, 1)])
def test_days_count_from_a_day_on(from_day: date) -> None:
    policy = catalog.load("tw/covid19-1922/round-15")
    people = list(anybody(policy, 80, seed=16))
    batch = batch_of(people)
    found = Decider(policy, batch.schema, from_day=from_day).decide(batch).to_pylist()
    assert found == [expected(policy, person, from_day=from_day) for person in people]


def test_a_row_that_cannot_be_read_stands_for_no_other() -> None:
    policy = catalog.load("tw/covid19-1922/round-01")
    table = pa.record_batch({"registered_county": [" ", "臺北市"], "birth_date": ["1990", "1990"]})
    found = Decider(policy, table.schema).decide(table).to_pylist()
    assert next(row["reason"] for row in found) == "invalid-county"
    assert found[1]["outcome"] is not None


def test_a_row_with_doses_that_contradict_each_other_stands_for_no_other() -> None:
    """Its facts lie between the same edges as those of the row after it."""
    born = date(1980, 1, 1)
    people = [
        Person(born, [Dose("Unheard", date(2021, 5, 1))], groups=()),
        Person(born, (), groups=()),
        Person(born, [Dose("AZ", date(2021, 5, 1)), Dose("BNT", date(2021, 5, 1))], groups=()),
        Person(born, None, groups=()),
        Person(date(2021, 6, 1), [Dose("AZ", date(2021, 5, 1))], groups=()),
    ]
    assert_equal(ROUND_15, people)
    assert_equal(ROUND_15, people, size=1)


def test_doses_may_contradict_each_other_where_no_rule_asks_for_them() -> None:
    policy = policy_of(Rule("18", 1, ("AZ",), (), (AgeAtLeast(18, "day"),)))
    doses = [Dose("AZ", date(2021, 5, 1)), Dose("BNT", date(2021, 5, 1))]
    assert_equal(policy, [Person(date(1980, 1, 1), doses), Person(date(1980, 1, 1), ())])


@pytest.mark.parametrize("dose", [1, 2])
def test_doses_may_contradict_a_birth_date_for_which_no_rule_asks(dose: int) -> None:
    policy = policy_of(Rule("all", dose, ("AZ", "BNT"), (), (InAnyGroup(("list/1",)),)))
    given = [Dose("AZ", date(2021, 5, 1))]
    births = (date(2021, 6, 1), date(2021, 5, 1), PartialDate(2022), PartialDate(2021), None)
    people = [
        Person(birth, doses, groups=groups)
        for birth in births
        for doses in (given, [*given, Dose("Unheard", date(2021, 5, 2))])
        for groups in (["list/1"], None)
    ]
    assert_equal(policy, people)
    assert_equal(policy, people, size=1)


def test_groups_any_of_which_will_do() -> None:
    rule = Rule("any", 1, ("AZ",), (), (InAnyGroup(("list/1", "list/3")), AgeAtLeast(18, "day")))
    born = date(1980, 1, 1)
    people = [
        *(Person(born, (), groups=each) for each in ((), ["list/1"], ["list/3"], ["list/4"])),
        *(Person(birth, (), groups=None) for birth in (born, date(2015, 1, 1))),
        Person(born, (), groups=(), unknown_groups=["list/3"]),
    ]
    assert_equal(policy_of(rule), people)


def test_a_registration_may_miss_by_more_days_than_a_dose() -> None:
    """Of two rules the one that misses by fewer days gives the first reason."""
    policy = catalog.load("tw/covid19-1922/round-13")
    late = datetime(2021, 10, 26, 12, tzinfo=TAIWAN)
    people = [
        Person(
            birth,
            [Dose("BNT", date(2021, 10, 8) + timedelta(days=behind))],
            groups=(),
            willingness=Willingness(
                {"BNT": late, "Moderna": late, "AZ": late + timedelta(days=registered, seconds=1)}
            ),
        )
        for birth in (date(1990, 1, 1), date(2003, 12, 1), PartialDate(2004))
        for behind in (1, 2, 5)
        for registered in (0, 1, 3, 9)
    ]
    assert_equal(policy, people)


def test_the_age_at_a_dose_competes_by_days_with_the_dose_itself() -> None:
    """A child was too old for a second dose by few days or many, and has had the first one."""
    children = Rule("second", 2, ("AZ",), (), (PreviousDoseBeforeAge(9),))
    everybody = Rule("first", 1, ("AZ",), (), (AgeAtLeast(1, "day"),))
    season = date(2021, 12, 1)
    policy = policy_of(children, everybody, season=season)
    people = [
        Person(birth, [Dose("AZ", season + timedelta(days=day)) for day in days])
        for birth in (date(1960, 1, 1), date(2012, 11, 20), date(2012, 12, 5), PartialDate(2012))
        for days in ((), (0,), (3,), (12,), (25,), (-40, 3))
    ]
    assert_equal(policy, people)
    codes = {decide(policy, person).reasons[0].code for person in people if person.doses}
    assert {"too-old-at-previous-dose", "dose-already-given"} <= codes


@pytest.mark.parametrize("age", [(), (AgeAtMost(17, "day"),)])
def test_who_was_born_after_the_last_day_of_a_dose_has_not_had_it(
    age: tuple[AgeAtMost, ...],
) -> None:
    """The doses are unknown; of a newborn child it is known that there was none in time."""
    bound = date(2021, 12, 10)
    policy = policy_of(Rule("second", 2, ("AZ",), (), (PreviousDoseOnOrBefore(bound), *age)))
    people = [Person(bound + timedelta(days=after)) for after in (-40, -1, 0, 1, 2)]
    assert_equal(policy, people)
    outcomes = [decide(policy, person).outcome.value for person in people]
    assert outcomes == ["undetermined"] * 3 + ["ineligible"] * 2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Person]:
    """The people who are decided one by one, as a list that grows."""
    asked: list[Person] = []

    def counted(policy: Policy, person: Person, **options: Any) -> Any:
        asked.append(person)
        return decide(policy, person, **options)

    monkeypatch.setattr(decisions, "decide", counted)
    return asked


def test_equal_facts_are_decided_once_where_no_class_will_do(
    monkeypatch: pytest.MonkeyPatch, asked: list[Person]
) -> None:
    """Conditions on products have no edges: then all facts count, in this batch and the next."""
    policy = catalog.load("tw/hpv/2025")
    doses = [Dose("HPV9", date(2025, 3, 1)), Dose("AZ", date(2021, 5, 1))]
    people = [
        Person(birth, its, groups=groups, residence_county="臺北市")
        for birth in (date(2012, 3, 1), date(2012, 3, 2), PartialDate(2012), None)
        for its in ((), doses[1:], doses, None)
        for groups in ((), None)
    ]
    assert_equal(policy, people * 2, size=len(people))
    assert len(asked) == len(set(asked)) < len(people)
    monkeypatch.setattr(decisions, "MOST_KEPT", 1)
    assert_equal(policy, people * 2, size=len(people))
    asked.clear()
    batch = batch_of(people)
    Decider(policy, batch.schema, also=["residence_county"]).decide(batch)
    assert asked
    assert all(it.residence_county is None for it in asked)  # it is read, but not by the policy


def test_people_who_miss_by_days_between_the_same_edges_are_not_decided_one_by_one(
    asked: list[Person],
) -> None:
    born, given = date(1990, 1, 1), date(2021, 12, 30)
    policy = policy_of(
        Rule("due", 2, ("AZ",), (), (DoseDue(28, "day"),)),
        Rule("older", 2, ("BNT",), (), (BornOnOrBefore(born),)),
    )
    people = [
        Person(born + timedelta(days=younger), [Dose("AZ", given - timedelta(days=earlier))])
        for younger in range(1, 22)
        for earlier in range(1, 22)
    ]
    assert_equal(policy, people)
    assert len(asked) == 1
    reasons = {decide(policy, person).reasons[0].code for person in people}
    assert reasons == {"interval-too-short", "born-too-late"}


def test_a_registration_competes_by_days_with_a_birth(asked: list[Person]) -> None:
    born = date(1990, 1, 1)
    policy = policy_of(
        Rule("wants", 1, ("AZ",), (), (Wanted(wanted=True, by=NOON[1]),)),
        Rule("older", 1, ("BNT",), (), (BornOnOrBefore(born),)),
    )
    people = [
        Person(
            born + timedelta(days=younger),
            (),
            willingness=Willingness({"AZ": NOON[1] + timedelta(days=later, seconds=1)}),
        )
        for younger in (1, 5, 10, 15)
        for later in (0, 3, 8, 13, 18)
    ]
    assert_equal(policy, people)
    assert len(asked) == 1
    reasons = {decide(policy, person).reasons[0].code for person in people}
    assert reasons == {"wanted-too-late", "born-too-late"}


def test_vaccines_for_which_no_condition_asks_are_one_class(asked: list[Person]) -> None:
    due, adult = DoseDue(28, "day"), AgeAtLeast(18, "day")
    policy = policy_of(Rule("due", 2, ("AZ", "BNT"), (), (due, adult)))
    given = date(2021, 10, 1)
    people = [Person(PartialDate(2003), [Dose(it, given)]) for it in ("AZ", "BNT", "AZ")]
    assert_equal(policy, people)
    assert len(asked) == 1
    asked.clear()
    named = PreviousDoseOf(("AZ",))
    assert_equal(policy_of(Rule("due", 2, ("AZ", "BNT"), (), (due, adult, named))), people)
    assert len(asked) == 2


@pytest.mark.parametrize("season", [None, date(2021, 12, 20)])
def test_rules_that_compete_for_the_first_reason(season: date | None) -> None:
    for policy in rivals(season):
        assert_equal(policy, list(anybody(policy, 60, seed=21)))


@pytest.mark.slow
def test_rules_compete_where_a_column_is_missing() -> None:
    for policy in rivals():
        people = list(anybody(policy, 30, seed=22))
        for column in ("birth_date", "doses", "registered_county"):
            batch = batch_of(people).drop_columns([column])
            found = Decider(policy, batch.schema).decide(batch).to_pylist()
            nothing: dict[str, Any] = {column: None}
            blanked = [attrs.evolve(person, **nothing) for person in people]
            assert found == [expected(policy, person) for person in blanked]


def test_histories_of_any_length() -> None:
    """Forty doses have more combinations than a whole number of the table can count."""
    days = [date(2021, 1, 1) + timedelta(days=28 * number) for number in range(40)]
    codes = ["AZ", "BNT", "Moderna"]
    history = [Dose(codes[number % 3], day) for number, day in enumerate(days)]
    born = date(1960, 5, 1)
    people = [Person(born, history[:count], groups=()) for count in range(0, 41, 4)]
    assert_equal(ROUND_15, people)


def test_long_histories_are_told_apart_from_each_other() -> None:
    """Their first doses have more combinations than a whole number can count."""
    classes = FactClasses(compile_policy(ROUND_15), frozenset({"doses"}))
    days = [date(2021, 1, 1) + timedelta(days=7 * number) for number in range(40)]
    histories = [
        [Dose("AZ" if number == other else "BNT", day) for number, day in enumerate(days)]
        for other in range(40)
    ]
    batch = batch_of([Person(doses=doses) for doses in histories])
    people = Decider(ROUND_15, batch.schema).answers(batch).people
    found = classes.of(people)[0]["doses"].tolist()
    assert len(set(found)) == len(histories)
    assert min(found) > 0


def test_combinations_that_are_forgotten_are_decided_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MOST_KEPT", 2)
    assert_equal(ROUND_15, list(anybody(ROUND_15, 40, seed=8)), size=10)


def test_a_policy_that_asks_nothing_is_for_everybody() -> None:
    assert_equal(policy_of(Rule("all", 1, ("AZ",), ())), [Person(), Person(groups=())])


def test_a_history_that_is_not_believed_says_nothing_about_others() -> None:
    policy, own = catalog.load("tw/covid19-1922/round-19"), Dose("AZ", date(2021, 7, 1))
    second = Dose("AZ", date(2021, 9, 1))
    strange = Dose("nothing-known", date(2021, 5, 1))
    assert_equal(
        policy,
        [Person(date(1960, 1, 1), doses, ()) for doses in ((strange, own, second), (own, second))],
    )


def test_a_dose_before_its_vaccine_existed_is_not_believed() -> None:
    policy = catalog.load("tw/covid19-1922/round-19")
    other = Dose("AZ", date(2021, 7, 1))
    days = [date(2020, 3, 15), date(2020, 4, 22), date(2020, 4, 23), date(1999, 1, 1)]
    assert_equal(
        policy,
        [
            Person(date(1960, 1, 1), (Dose(vaccine, day), other), ())
            for vaccine in ("AZ", "Moderna", "Medigen")
            for day in days
        ],
    )
