"""The predicate for databases holds for those whom `decide` offers a dose on that day."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.eligibility.test_oracle import NOT_STATED, PEOPLE, STATED, policies
from tests.helpers import STAGE, policy_of, small_policy
from tests.population.people_tables import anybody, rivals
from vaxpolicy import catalog
from vaxpolicy.eligibility import Dose, Person, Policy, Willingness, decide
from vaxpolicy.population import where
from vaxpolicy.population.equal_facts import groups_asked
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    HasFact,
    InAnyGroup,
    NotThat,
    OfSex,
    PreviousDoseOf,
    RegisteredIn,
    Wanted,
)
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxpolicy.population.sql import Dialect

MOST = 4
NAMES: list[Any] = [
    "tw/covid19-1922/round-01",
    "tw/covid19-1922/round-05",
    "tw/covid19-1922/round-15",
    "tw/covid19-1922/round-19",
    "tw/covid19-1922/registration",
    pytest.param("tw/influenza/2024", marks=pytest.mark.slow),
    pytest.param("tw/influenza/2026", marks=pytest.mark.slow),
]


def in_flat_columns(policy: Policy, people: Iterable[Person]) -> list[Person]:
    """People as flat columns can say them: whole birth dates, doses against the disease."""
    plan = compile_policy(policy)
    asked = groups_asked(plan)
    found = []
    for person in people:
        doses = person.doses
        if doses is not None:
            own = [dose for dose in doses if dose.vaccine in plan.vaccines][:MOST]
            doses = tuple(sorted(own, key=lambda dose: dose.on))
        born = person.birth_date if isinstance(person.birth_date, date) else None
        groups, unknown = person.groups, person.unknown_groups
        if groups is not None:
            members = {name: plan.read(person).facts.member(name) for name in asked}
            groups = frozenset(name for name, member in members.items() if member)
            unknown = frozenset(name for name, member in members.items() if member is None)
        wishes = person.willingness
        if wishes is not None:
            wanted = {it: at for it, at in wishes.wanted.items() if it in wanted_of(policy)}
            wishes = Willingness(wanted) if wanted else None
        found.append(
            attrs.evolve(
                person,
                doses=doses,
                birth_date=born,
                groups=groups,
                unknown_groups=unknown,
                willingness=wishes,
            )
        )
    return found


def wanted_of(policy: Policy) -> set[str]:
    """The vaccines whose registration a policy asks for."""
    leaves = compile_policy(policy).leaves
    return {leaf.context.vaccine for leaf in leaves if leaf.condition.fact == "willingness"}


def value_of(person: Person, column: str) -> Any:  # one line a column
    if column in {"birth_date", "registered_county", "residence_county", "sex"}:
        return getattr(person, column)
    if column == "dose_count":
        return None if person.doses is None else len(person.doses)
    if column.startswith("dose_"):
        _, number, what = column.split("_")
        doses = person.doses or ()
        return getattr(doses[int(number) - 1], what) if int(number) <= len(doses) else None
    if column.startswith("wants_"):
        wanted = person.willingness.wanted if person.willingness else {}
        return wanted.get(column.removeprefix("wants_"))
    if column in person.unknown_groups or person.groups is None:
        return None
    return column in person.groups


def sqlite_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date) else value


def rows_of(people: list[Person], columns: Iterable[str]) -> list[tuple[Any, ...]]:
    return [(at, *(value_of(it, name) for name in columns)) for at, it in enumerate(people)]


def table_of(columns: dict[str, str]) -> str:
    quoted = {name.replace('"', '""'): kind for name, kind in columns.items()}
    own = "".join(f', "{name}" {kind}' for name, kind in quoted.items())
    return f"CREATE TABLE people (row integer{own})"


def insert_of(columns: dict[str, str], placeholder: str) -> str:
    return f"INSERT INTO people VALUES ({', '.join([placeholder] * (len(columns) + 1))})"  # noqa: S608 - our own


def assert_holds(
    policy: Policy,
    people: list[Person],
    on: date,
    surely: set[int],
    possibly: set[int],
    *,
    exact: bool,
) -> None:
    assert surely <= possibly
    for at, person in enumerate(people):
        decision = decide(policy, person)
        sure = any(on in offer.days for offer in decision.offers)
        offers = (*decision.offers, *decision.possible_offers)
        possible = any(on in offer.possible_days for offer in offers)
        assert (at in surely) <= sure, person
        assert possible <= (at in possibly), person
        if exact and sure == possible and not decision.missing and known(person):
            assert (at in surely) == sure == (at in possibly), person


def known(person: Person) -> bool:
    """Whether every fact is known, and the doses can be believed."""
    doses = person.doses
    if doses is None or not isinstance(person.birth_date, date) or person.groups is None:
        return False
    days = [dose.on for dose in doses]
    whole = len(set(days)) == len(days) and all(day >= person.birth_date for day in days)
    counties = person.registered_county and person.residence_county
    return bool(whole and person.willingness and counties and not person.unknown_groups)


def in_sqlite(policy: Policy, people: list[Person], on: date) -> tuple[set[int], set[int], Any]:
    predicate = where(policy, on=on, dialect="sqlite", doses=MOST)
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(table_of(dict(predicate.columns)))
        rows = [tuple(map(sqlite_value, row)) for row in rows_of(people, predicate.columns)]
        database.executemany(insert_of(dict(predicate.columns), "?"), rows)
        found = [
            {
                row
                for (row,) in database.execute(
                    f"SELECT row FROM people WHERE {text}",  # noqa: S608 - our own
                    predicate.parameters,
                )
            }
            for text in (predicate.surely, predicate.possibly)
        ]
    database.close()
    return found[0], found[1], predicate


def days_of(policy: Policy) -> list[date]:
    days = [stage.vaccination_days for stage in policy.stages]
    first, last = min(it.first for it in days), max(it.last for it in days)
    return [first, date.fromordinal((first.toordinal() + last.toordinal()) // 2), last]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_sqlite_says_what_decide_says(name: str) -> None:
    policy = catalog.load(name)
    people = in_flat_columns(policy, anybody(policy, 60, seed=8))
    for on in days_of(policy):
        surely, possibly, predicate = in_sqlite(policy, people, on)
        assert_holds(policy, people, on, surely, possibly, exact=not predicate.left_open)


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=settings().max_examples // 2,
)
@given(
    policy=policies(STATED | NOT_STATED),
    people=st.lists(PEOPLE, min_size=1, max_size=4),
    on=st.sampled_from(STAGE),
)
def test_made_up_policies_in_sqlite(policy: Policy, people: list[Person], on: date) -> None:
    people = in_flat_columns(policy, people)
    surely, possibly, predicate = in_sqlite(policy, people, on)
    assert_holds(policy, people, on, surely, possibly, exact=not predicate.left_open)


def test_nobody_is_found_on_a_day_outside_the_campaign() -> None:
    predicate = where(catalog.load(NAMES[2]), on=date(2020, 1, 1), dialect="duckdb")
    assert (predicate.surely, predicate.possibly) == ("FALSE", "COALESCE(FALSE, TRUE)")
    assert predicate.parameters == {}


def test_what_sql_cannot_say_is_left_open_and_named() -> None:
    predicate = where(catalog.load("tw/influenza/2024"), on=date(2024, 11, 1), dialect="sqlite")
    assert any("previous_dose_before_age" in text for text in predicate.left_open)
    assert where(catalog.load(NAMES[3]), on=date(2022, 1, 18), dialect="sqlite").left_open == ()


def test_more_doses_than_columns_are_not_known() -> None:
    policy = catalog.load(NAMES[3])
    doses = [Dose("AZ", date(2021, month, 1)) for month in range(5, 10)]
    person = Person(birth_date=date(1960, 1, 1), doses=doses[:2])
    many = attrs.evolve(person, doses=doses)
    surely, possibly, _ = in_sqlite(policy, [person, many], date(2022, 1, 18))
    assert (surely, possibly) == ({0}, {0, 1})


@pytest.mark.parametrize("season", [None, date(2021, 12, 20)])
def test_made_up_rules_in_sqlite(season: date | None) -> None:
    for policy in rivals(season):
        people = in_flat_columns(policy, anybody(policy, 40, seed=23))
        surely, possibly, predicate = in_sqlite(policy, people, STAGE[2])
        assert_holds(policy, people, STAGE[2], surely, possibly, exact=not predicate.left_open)


def test_groups_any_of_which_will_do() -> None:
    groups = InAnyGroup(("list/1", "list/3"))
    policy = policy_of(
        Rule("any", 1, ("AZ",), (), (groups,)), Rule("no", 1, ("BNT",), (), (NotThat(groups),))
    )
    people = [
        Person(doses=(), groups=each)
        for each in ((), ["list/1"], ["list/3"], ["list/1", "list/3"], None)
    ]
    people = in_flat_columns(policy, people)
    surely, possibly, predicate = in_sqlite(policy, people, STAGE[0])
    assert predicate.left_open == ()
    assert_holds(policy, people, STAGE[0], surely, possibly, exact=True)
    assert (surely, possibly) == ({0, 1, 2, 3}, {0, 1, 2, 3, 4})


def test_who_registered_for_another_vaccine_alone_is_not_registered_for_this_one() -> None:
    wanted = Wanted(wanted=True)
    policy = policy_of(
        Rule("any", 1, ("AZ",), (), (wanted,)),
        Rule("old", 1, ("BNT",), (), (wanted, AgeAtLeast(60, "first-day"))),
    )
    since = datetime(2021, 7, 10, tzinfo=UTC)
    people = [
        Person(
            birth_date=date(1990, 1, 1),
            doses=(),
            willingness=None if vaccines is None else Willingness(dict.fromkeys(vaccines, since)),
        )
        for vaccines in (["AZ"], ["BNT"], ["AZ", "BNT"], None)
    ]
    surely, possibly, predicate = in_sqlite(policy, people, STAGE[0])
    assert predicate.left_open == ()
    assert_holds(policy, people, STAGE[0], surely, possibly, exact=True)
    assert (surely, possibly) == ({0, 2}, {0, 2, 3})


def test_a_county_means_the_same_in_its_common_spelling() -> None:
    counties = ["台北市", "臺北市", "台中市", "澎湖縣", "台北", None]
    for named in (("臺北市",), ("台北市",), ("臺北市", "澎湖縣")):
        condition = RegisteredIn(named)
        policy = policy_of(
            Rule("in", 1, ("AZ",), (), (condition,)),
            Rule("out", 1, ("BNT",), (), (NotThat(condition),)),
        )
        for rule in policy.stages[0].rules:
            alone = attrs.evolve(policy, stages=(attrs.evolve(policy.stages[0], rules=(rule,)),))
            predicate = where(alone, on=STAGE[0], dialect="sqlite", doses=1)
            people = [Person(doses=(), registered_county=county) for county in counties]
            offered = {at for at, it in enumerate(people) if decide(alone, it).offers}
            with closing(sqlite3.connect(":memory:")) as database:
                database.execute(table_of(dict(predicate.columns)))
                for at, county in enumerate(counties):
                    values = [
                        {"registered_county": county, "dose_count": 0}.get(name)
                        for name in predicate.columns
                    ]
                    database.execute(insert_of(dict(predicate.columns), "?"), (at, *values))
                query = f"SELECT row FROM people WHERE {predicate.surely}"  # noqa: S608 - our own
                assert {row for (row,) in database.execute(query, predicate.parameters)} == offered
            database.close()


def test_a_column_that_the_table_lacks_is_an_error_in_sqlite_too() -> None:
    predicate = where(catalog.load(NAMES[3]), on=date(2022, 1, 18), dialect="sqlite")
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE people (birth_date text)")
        with pytest.raises(sqlite3.OperationalError, match="no such column: dose_"):
            database.execute(
                f"SELECT * FROM people WHERE {predicate.surely}",  # noqa: S608 - our own
                dict(predicate.parameters),
            )
    database.close()


@pytest.mark.parametrize(
    "name", ["list/`1", 'list/"1', "list/'1; DROP TABLE people", "list/]%s?:p1"]
)
def test_a_name_of_a_group_is_never_read_as_sql(name: str) -> None:
    policy = policy_of(Rule("any", 1, ("AZ",), (), (InAnyGroup((name,)),)))
    people = [Person(doses=(), groups=each) for each in ([name], [], None)]
    surely, possibly, _ = in_sqlite(policy, people, STAGE[0])
    assert (surely, possibly) == ({0}, {0, 2})


@pytest.mark.parametrize("dialect", ["postgresql", "duckdb"])
def test_a_group_is_its_column_and_not_to_belong_to_it_is_the_opposite(dialect: Dialect) -> None:
    """A name is in double quotes, and a double quote in it is written twice."""
    group = InAnyGroup(('list/"1',))
    for condition, expected in ((group, '"list/""1"'), (NotThat(group), 'NOT "list/""1"')):
        policy = policy_of(Rule("any", 1, ("AZ",), (), (condition,)))
        found = where(policy, on=STAGE[0], dialect=dialect, doses=1).surely
        assert found.replace("(", "").replace(")", "").startswith(f"{expected} AND CASE ")


def test_what_is_always_so_or_never_is_not_written() -> None:
    policies = [catalog.load(name) for name in NAMES[:4]]
    for policy in (*policies, *rivals(), policy_of(Rule("all", 1, ("AZ",), ()))):
        for on in days_of(policy):
            found = where(policy, on=on, dialect="duckdb").surely
            assert not re.search(
                r"TRUE (AND|OR)|(AND|OR) TRUE|FALSE (AND|OR)|(AND|OR) FALSE", found
            )
            assert len(found) > len("FALSE")


def test_the_sex_is_read_where_a_rule_asks_for_it() -> None:
    policy = policy_of(Rule("women", 1, ("AZ",), (), (OfSex("female"),)))
    people = [Person(doses=(), sex=sex) for sex in ("female", "male", None)]
    surely, possibly, predicate = in_sqlite(policy, people, STAGE[0])
    assert predicate.left_open == ()
    assert (surely, possibly) == ({0}, {0, 2})


def test_a_dose_before_the_season_leaves_the_first_one_of_the_season_open() -> None:
    season = date(2021, 12, 20)
    policy = policy_of(Rule("first", 1, ("AZ",), ()), season=season)
    days = [(), (season - timedelta(days=1),), (season,), (date(2021, 1, 5), season)]
    people = [Person(date(1960, 1, 1), [Dose("AZ", day) for day in given]) for given in days]
    surely, possibly, predicate = in_sqlite(policy, people, STAGE[0])
    assert predicate.left_open == ()
    assert (surely, possibly) == ({0, 1}, {0, 1})
    doses = {f"dose_{n}_{it}" for n in range(1, MOST + 1) for it in ("on", "vaccine")}
    assert predicate.columns.keys() == {"birth_date", "dose_count"} | doses


def test_a_dose_of_any_vaccine_but_one() -> None:
    policy = policy_of(Rule("second", 2, ("AZ", "BNT"), (), (NotThat(PreviousDoseOf(("AZ",))),)))
    people = [Person(doses=[Dose(code, date(2021, 7, 1))]) for code in ("AZ", "BNT", "Moderna")]
    surely, possibly, predicate = in_sqlite(policy, people, STAGE[0])
    assert predicate.left_open == ()
    assert_holds(policy, people, STAGE[0], surely, possibly, exact=True)
    assert 0 not in possibly
    assert 1 in surely


def test_days_and_instants_are_texts_in_sqlite_alone() -> None:
    policy = policy_of(Rule("any", 1, ("AZ",), (), (AgeAtLeast(18, "day"), Wanted(wanted=True))))
    names = ("birth_date", "dose_1_on", "wants_AZ")
    expected: dict[Dialect, list[str]] = {
        "sqlite": ["text", "text", "text"],
        "postgresql": ["date", "date", "timestamptz"],
    }
    for dialect, kinds in expected.items():
        columns = where(policy, on=STAGE[0], dialect=dialect, doses=1).columns
        assert [columns[name] for name in names] == kinds


def test_values_are_bound_never_written() -> None:
    predicate = where(catalog.load(NAMES[0]), on=date(2021, 7, 16), dialect="postgresql")
    assert "澎湖縣" in predicate.parameters.values()
    assert "澎湖縣" not in predicate.surely
    assert predicate.columns["birth_date"] == "date"


def test_only_postgresql_has_its_percent_signs_doubled() -> None:
    policy = policy_of(Rule("any", 1, ("AZ",), (), (InAnyGroup(("list/100%",)),)))
    asked = {
        dialect: where(policy, on=STAGE[0], dialect=dialect).possibly
        for dialect in ("duckdb", "postgresql")
    }
    assert '"list/100%"' in asked["duckdb"]
    assert '"list/100%%"' in asked["postgresql"]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"dialect": "oracle"}, "dialect: expected one of"), ({"doses": 0}, "doses: expected 1")],
)
def test_wrong_arguments(change: dict[str, Any], message: str) -> None:
    dialect: Dialect = "sqlite"
    with pytest.raises(ValueError, match=message):
        where(policy_of(), **{"on": STAGE[0], "dialect": dialect, **change})


def test_a_dose_before_its_vaccine_existed_is_not_believed() -> None:
    policy, other = catalog.load(NAMES[3]), Dose("AZ", date(2021, 7, 1))
    people = [
        Person(date(1960, 1, 1), (Dose("Moderna", day), other), ())
        for day in (date(2020, 3, 15), date(2020, 3, 16), date(1999, 1, 1))
    ]
    surely, possibly, _ = in_sqlite(policy, people, date(2022, 1, 18))
    assert (surely, possibly) == ({1}, {0, 1, 2})


def test_a_condition_in_two_stages_is_named_once_among_those_left_open() -> None:
    had = HasFact("infection")
    stages = [
        Stage(name, VaccinationDays(STAGE[0], last), (Rule(name, 1, ("AZ",), ("source",), (had,)),))
        for name, last in (("one", STAGE[2]), ("two", STAGE[3]))
    ]
    predicate = where(small_policy(*stages), on=STAGE[0], dialect="sqlite")
    assert predicate.left_open == ("has_fact = infection",)


@pytest.mark.parametrize("code", ["AZ", "Moderna"])
def test_a_condition_on_several_doses_is_left_open(code: str) -> None:
    policy = policy_of(Rule("third", 3, (code,), ("source",), counts=(code,)))
    twice = [Dose(code, STAGE[0] - timedelta(days=days)) for days in (200, 100)]
    people = [Person(doses=()), Person(doses=None), Person(doses=twice)]
    assert len(decide(policy, people[2]).offers) == 1
    people = in_flat_columns(policy, people)
    surely, possibly, predicate = in_sqlite(policy, people, STAGE[0])
    assert [text.split(",")[0] for text in predicate.left_open] == [
        f"doses_of = ('{code}'",
        f"not (doses_of = ('{code}'",
    ]
    assert (surely, possibly) == (set(), {0, 1, 2})


def test_an_age_whose_basis_is_not_stated_is_sure_for_the_old_alone() -> None:
    """Between the days of both bases somebody may be one of them."""
    policy = policy_of(Rule("adults", 1, ("AZ",), ("source",), (AgeAtLeast(18, "not-stated"),)))
    births = (date(1960, 1, 1), date(2003, 12, 31), date(2020, 1, 1), None)
    people = [Person(birth, ()) for birth in births]
    surely, possibly, predicate = in_sqlite(policy, people, date(2021, 12, 30))
    assert predicate.left_open == ()
    assert_holds(policy, people, date(2021, 12, 30), surely, possibly, exact=False)
    assert (surely, possibly) == ({0}, {0, 1, 3})


UNREADABLE: list[dict[str, Any]] = [
    *({"birth_date": text} for text in ("", "0", "1990", "2004-02-30", "now", "2022-01-19")),
    {"dose_count": 0, "dose_1_on": "2021-07-01", "dose_1_vaccine": "AZ"},
    {"dose_count": 0, "dose_1_on": "2021-07-01"},
    {"list/1": "yes"},
    {"list/1": 2},
    {"list/1": 0, "list/1/a": 1},
    {"registered_county": " "},
    {"wants_AZ": "yesterday"},
    {"wants_AZ": "2021-02-30T00:00:00.000000Z"},
]


@pytest.mark.parametrize("change", UNREADABLE)
def test_a_row_with_a_fact_that_is_none_is_never_sure(change: dict[str, Any]) -> None:
    conditions: tuple[Any, ...] = (
        NotThat(InAnyGroup(("list/1",))),
        NotThat(InAnyGroup(("list/1/a",))),
        NotThat(RegisteredIn(("澎湖縣",))),
    )
    if "list/1/a" in change:
        conditions = (NotThat(InAnyGroup(("list/1",))), NotThat(NotThat(InAnyGroup(("list/1/a",)))))
    if "wants_AZ" in change:
        conditions = (Wanted(wanted=True, by=datetime(2025, 1, 1, tzinfo=UTC)),)
    policy = policy_of(Rule("any", 1, ("AZ",), (), conditions))
    good = {"birth_date": "1960-01-01", "dose_count": 0, "list/1": 0, "list/1/a": 0}
    good |= {"registered_county": "臺北市", "wants_AZ": "2021-07-10T04:00:00.000000Z"}
    if "list/1/a" in change:
        good |= {"list/1": None, "list/1/a": None}
    predicate = where(policy, on=STAGE[0], dialect="sqlite", doses=1)
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(table_of(dict(predicate.columns)))
        rows = [
            (at, *(row.get(name) for name in predicate.columns))
            for at, row in enumerate((good, good | change))
        ]
        database.executemany(insert_of(dict(predicate.columns), "?"), rows)
        query = f"SELECT row FROM people WHERE {predicate.surely}"  # noqa: S608 - our own
        found = {row for (row,) in database.execute(query, predicate.parameters)}
    database.close()
    assert found == (set() if "list/1/a" in change else {0})
