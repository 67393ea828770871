"""Columns of every layout are read as the same facts; a wrong one is named, a bad row is kept."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from vaxpolicy import catalog
from vaxpolicy.eligibility import Dose, PartialDate, Person, Willingness
from vaxpolicy.population import decide_table
from vaxpolicy.population.columns import read_people
from vaxpolicy.population.layout import Known, Table, columns_of
from vaxpolicy.population.schema import DECISIONS, PEOPLE, PROBLEMS, ColumnError

FACTS = frozenset(PEOPLE.names) - {"key", "unknown_groups"}
ASKED = frozenset({"list/1", "list/2"})
NOON = datetime(2021, 7, 10, 4, tzinfo=UTC)
DOSE = pa.struct([("vaccine", pa.string()), ("on", pa.date32())])
WISH = pa.struct([("vaccine", pa.string()), ("since", pa.timestamp("us", tz="UTC"))])


def people_of(**columns: Any) -> tuple[list[Person], list[str]]:
    """The people of a table, and the problem of each row."""
    batch = pa.record_batch(columns)
    table = Table.of(batch.schema, ASKED)
    people = read_people(table, batch, ASKED, FACTS)
    read = [people.person(row) for row in range(people.rows) if not people.problems[row]]
    return read, [PROBLEMS[code] for code in people.problems]


def person_of(**columns: Any) -> Person:
    (person,), problems = people_of(**columns)
    assert problems == [""]
    return person


def problems_of(**columns: Any) -> list[str]:
    return people_of(**columns)[1]


# birth dates

BORN = date(2004, 1, 23)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([BORN], pa.date32()),
        pa.array([BORN], pa.date64()),
        pa.array([datetime(2004, 1, 23)], pa.timestamp("ns")),  # noqa: DTZ001 - a day has no zone
        pa.array([datetime(2004, 1, 23)], pa.timestamp("s")),  # noqa: DTZ001
        pa.array(["2004-01-23"]),
        pa.array(["2004-01-23"], pa.large_string()),
        pa.array(["2004-01-23"], pa.string_view()),
        pa.array(["2004-01-23"]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(
            pa.array([0], pa.int8()), pa.array(["2004-01-23"], pa.large_string())
        ),
        pa.DictionaryArray.from_arrays(
            pa.array([0], pa.uint64()), pa.array(["2004-01-23"], pa.string_view())
        ),
    ],
)
def test_a_birth_date_in_any_type(column: Any) -> None:
    assert person_of(birth_date=column) == Person(birth_date=BORN)


def test_a_birth_date_may_be_cut_short_or_not_known() -> None:
    read, problems = people_of(birth_date=["2004-02", "2004", None, "1900-12"])
    assert [it.birth_date for it in read] == [
        PartialDate(2004, 2),
        PartialDate(2004),
        None,
        PartialDate(1900, 12),
    ]
    assert problems == [""] * 4
    assert person_of(birth_date=pa.nulls(1)) == Person()


def test_a_year_and_a_month_in_columns_of_their_own() -> None:
    read, _ = people_of(
        birth_date=pa.array([BORN, None, None, None], pa.date32()),
        birth_year=pa.array([BORN.year, 1990, 1990, None], pa.int16()),
        birth_month=[None, 3, None, None],
    )
    expected = [BORN, PartialDate(1990, 3), PartialDate(1990), None]
    assert [it.birth_date for it in read] == expected
    assert person_of(birth_year=[1990]).birth_date == PartialDate(1990)


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["2004-13-01"]),
        pa.array(["23/1/2004"]),
        pa.array([""]),
        pa.array([5_000_000], pa.int32()).cast(pa.date32()),
        pa.array([datetime(2004, 1, 23, 12)], pa.timestamp("s")),  # noqa: DTZ001
        pa.array([1]).view(pa.date64()),  # a millisecond past midnight
        pa.array([2**62]).view(pa.timestamp("s")),  # too far away to count in microseconds
    ],
)
def test_a_birth_date_that_is_none(column: Any) -> None:
    assert problems_of(birth_date=column) == ["invalid-birth-date"]


def test_a_birth_month_that_is_none() -> None:
    assert problems_of(birth_year=[1990], birth_month=[13]) == ["invalid-birth-date"]


# doses

HISTORY = (Dose("AZ", date(2021, 7, 1)), Dose("BNT", date(2021, 10, 1)))
AS_ROWS = [{"vaccine": it.vaccine, "on": it.on} for it in HISTORY]
AS_TEXT = [{"vaccine": it.vaccine, "on": str(it.on)} for it in HISTORY]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([AS_ROWS], pa.list_(DOSE)),
        pa.array([AS_ROWS], pa.large_list(DOSE)),
        pa.array([AS_TEXT]),
        pa.array([None, AS_ROWS], pa.list_(DOSE))[1:],
        pa.array([AS_ROWS], pa.list_(pa.struct([("vaccine", pa.string_view()), *[DOSE.field(1)]]))),
    ],
)
def test_doses_in_any_kind_of_list(column: Any) -> None:
    assert person_of(doses=column).doses == HISTORY


def test_no_doses_and_no_knowledge_of_doses() -> None:
    read, _ = people_of(doses=pa.array([[], None], pa.list_(DOSE)))
    assert [it.doses for it in read] == [(), None]
    assert person_of(doses=pa.nulls(1)).doses is None
    assert person_of(doses=pa.array([[]], pa.list_(pa.null()))).doses == ()


def test_doses_in_flat_columns() -> None:
    read, problems = people_of(
        dose_1_vaccine=["AZ", "AZ", None],
        dose_1_on=pa.array([date(2021, 7, 1), date(2021, 7, 1), None]),
        dose_2_vaccine=pa.array(["BNT", None, None]).dictionary_encode(),
        dose_2_on=["2021-10-01", None, None],
    )
    assert [it.doses for it in read] == [HISTORY, HISTORY[:1], None]
    assert problems == [""] * 3


def test_the_number_of_flat_doses_says_whether_they_are_known() -> None:
    flat: dict[str, Any] = {
        "dose_count": pa.array([0, 1, None, 2]),
        "dose_1_vaccine": [None, "AZ", "AZ", "AZ"],
        "dose_1_on": [None, *["2021-07-01"] * 3],
    }
    read, problems = people_of(**flat)
    assert [it.doses for it in read] == [(), HISTORY[:1], None]
    assert problems == ["", "", "", "invalid-doses"]
    assert person_of(dose_count=[0]).doses == ()


def test_a_row_has_its_doses_in_a_list_or_in_flat_columns() -> None:
    columns: dict[str, Any] = {
        "doses": pa.array([AS_ROWS, None, AS_ROWS], pa.list_(DOSE)),
        "dose_1_vaccine": [None, "AZ", "AZ"],
        "dose_1_on": [None, "2021-07-01", "2021-07-01"],
    }
    read, problems = people_of(**columns)
    assert [it.doses for it in read] == [HISTORY, HISTORY[:1]]
    assert problems == ["", "", "invalid-doses"]


@pytest.mark.parametrize(
    "dose",
    [
        {"vaccine": None, "on": date(2021, 7, 1)},
        {"vaccine": " ", "on": date(2021, 7, 1)},
        {"vaccine": "AZ", "on": None},
        None,
    ],
)
def test_a_dose_that_is_none(dose: Any) -> None:
    column = pa.array([[dose], AS_ROWS], pa.list_(DOSE))
    read, problems = people_of(doses=column)
    assert problems == ["invalid-doses", ""]
    assert [it.doses for it in read] == [HISTORY]


@pytest.mark.parametrize(
    "flat",
    [
        {"dose_1_vaccine": ["AZ"], "dose_1_on": pa.nulls(1)},
        {"dose_1_vaccine": pa.nulls(1), "dose_1_on": ["2021-07-01"]},
        {"dose_1_vaccine": ["AZ"], "dose_1_on": ["2021-07"]},
        {
            "dose_1_vaccine": pa.nulls(1),
            "dose_1_on": pa.nulls(1),
            "dose_2_vaccine": ["AZ"],
            "dose_2_on": ["2021-07-01"],
        },
    ],
)
def test_half_a_flat_dose_and_a_gap(flat: dict[str, Any]) -> None:
    assert problems_of(**flat) == ["invalid-doses"]


# groups and counties


def test_groups_in_a_list() -> None:
    read, _ = people_of(
        groups=[["list/1"], [], None, None],
        unknown_groups=[None, ["list/2"], ["list/2"], None],
    )
    assert [(it.groups, it.unknown_groups) for it in read] == [
        (frozenset({"list/1"}), frozenset()),
        (frozenset(), frozenset({"list/2"})),
        (None, frozenset({"list/2"})),
        (None, frozenset()),
    ]
    assert person_of(groups=pa.nulls(1)).groups is None


def test_groups_in_columns_of_their_own() -> None:
    """A fact that the policy asks for and no column has is unknown."""
    read, _ = people_of(**{"list/1": [True, False, None]})
    assert [(it.groups, it.unknown_groups) for it in read] == [
        (frozenset({"list/1"}), frozenset({"list/2"})),
        (frozenset(), frozenset({"list/2"})),
        (frozenset(), frozenset({"list/1", "list/2"})),
    ]


def test_groups_in_a_list_and_in_columns() -> None:
    read, problems = people_of(
        **{"groups": [["list/2"], ["list/1"], ["list/1"]], "list/1": [True, None, False]}
    )
    assert [(it.groups, it.unknown_groups) for it in read] == [
        (frozenset({"list/1", "list/2"}), frozenset()),
        (frozenset({"list/1"}), frozenset({"list/1"})),
    ]
    assert problems == ["", "", "invalid-groups"]


@pytest.mark.parametrize("yes", ["true", "True", "t", "1"])
def test_groups_as_texts_as_in_csv(yes: str) -> None:
    read, problems = people_of(**{"list/1": [yes, "False", None, "maybe"], "list/2": pa.nulls(4)})
    assert [(it.groups, it.unknown_groups) for it in read] == [
        (frozenset({"list/1"}), frozenset({"list/2"})),
        (frozenset(), frozenset({"list/2"})),
        (frozenset(), frozenset({"list/1", "list/2"})),
    ]
    assert problems == ["", "", "", "invalid-groups"]


def test_a_group_and_a_county_that_are_none() -> None:
    assert problems_of(groups=[[None], [""], []]) == ["invalid-groups", "invalid-groups", ""]
    found = problems_of(registered_county=["", "澎湖縣", None], residence_county=[None, " ", "x"])
    assert found == ["invalid-county", "invalid-county", ""]


def test_counties() -> None:
    person = person_of(registered_county=["澎湖縣"], residence_county=pa.nulls(1, pa.string()))
    assert person == Person(registered_county="澎湖縣")


def test_a_code_of_a_null_is_a_null() -> None:
    counties = pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["澎湖縣", None]))
    read, _ = people_of(registered_county=counties)
    assert [person.registered_county for person in read] == ["澎湖縣", None]


def test_a_county_is_read_as_the_registry_writes_it() -> None:
    read, _ = people_of(registered_county=["台北市", "臺北市", "台北"])
    assert [person.registered_county for person in read] == ["臺北市", "臺北市", "台北"]
    assert problems_of(residence_county=["臺北市 ", "台東縣"]) == ["invalid-county", ""]


def test_columns_of_nothing_but_nulls() -> None:
    nothing = {name: pa.nulls(1) for name in ("key", "birth_year", "registered_county", "groups")}
    assert person_of(**nothing) == Person()


# willingness

WANTS = Willingness({"AZ": NOON})
AS_WISHES = [{"vaccine": "AZ", "since": NOON}]


@pytest.mark.parametrize(
    "columns",
    [
        {"willingness": pa.array([AS_WISHES], pa.list_(WISH))},
        {"willingness": [[{"vaccine": "AZ", "since": "2021-07-10T12:00:00+08:00"}]]},
        {"willingness": [{"wanted": {"AZ": "2021-07-10T12:00:00+08:00", "BNT": None}}]},
        {"willingness": [{"AZ": NOON}]},
        {
            "willingness": pa.array(
                [[("AZ", NOON)]], pa.map_(pa.string(), pa.timestamp("ms", tz="Asia/Taipei"))
            )
        },
        {"wants_AZ": pa.array([NOON], pa.timestamp("ns", tz="UTC")), "wants_BNT": pa.nulls(1)},
        {"wants_AZ": ["2021-07-10T04:00:00Z"]},
    ],
)
def test_willingness_in_any_layout(columns: dict[str, Any]) -> None:
    assert person_of(**columns).willingness == WANTS


def test_wanting_nothing_and_not_knowing_what_is_wanted() -> None:
    read, _ = people_of(willingness=pa.array([[], None], pa.list_(WISH)))
    assert [it.willingness for it in read] == [Willingness({}), None]
    assert person_of(wants_AZ=pa.nulls(1)).willingness is None
    assert person_of(willingness=pa.nulls(1)).willingness is None
    assert person_of(willingness=pa.array([[]], pa.list_(pa.null()))).willingness == Willingness({})
    both = people_of(
        willingness=pa.array([AS_WISHES, None, AS_WISHES], pa.list_(WISH)),
        wants_BNT=pa.array([None, NOON, NOON]),
    )
    assert [it.willingness for it in both[0]] == [WANTS, Willingness({"BNT": NOON})]
    assert both[1] == ["", "", "invalid-willingness"]


def test_wanting_what_is_not_known() -> None:
    told = [{"wanted": None}, {"wanted": {"AZ": NOON}}, {"wanted": {"AZ": None}}, None]
    read, _ = people_of(willingness=told)
    assert [it.willingness for it in read] == [None, WANTS, Willingness({}), None]
    assert person_of(willingness=[{"wanted": None}]).willingness is None


@pytest.mark.parametrize(
    "wishes",
    [
        [{"vaccine": None, "since": NOON}],
        [{"vaccine": "AZ", "since": None}],
        [None],
        [*AS_WISHES, *AS_WISHES],
    ],
)
def test_a_wish_that_is_none(wishes: Any) -> None:
    assert problems_of(willingness=pa.array([wishes, []], pa.list_(WISH))) == [
        "invalid-willingness",
        "",
    ]


@pytest.mark.parametrize("text", ["2021-07-10", "2021-07-10T12:00", "noon", "0001-01-01T00:00Z"])
def test_a_text_that_is_no_instant(text: str) -> None:
    assert problems_of(wants_AZ=[text]) == ["invalid-willingness"]


def test_instants_are_cut_down_to_the_microsecond() -> None:
    column = pa.array([1, -1, 0], pa.int64()).cast(pa.timestamp("ns", tz="UTC"))
    read, _ = people_of(wants_AZ=column)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    found = [it.willingness.wanted["AZ"] - epoch for it in read if it.willingness]
    assert [(it.days, it.seconds, it.microseconds) for it in found] == [
        (0, 0, 0),
        (-1, 86399, 999999),
        (0, 0, 0),
    ]


def test_an_instant_that_no_calendar_has() -> None:
    column = pa.array([10**15, None], pa.int64()).cast(pa.timestamp("s", tz="UTC"))
    assert problems_of(wants_AZ=column) == ["invalid-willingness", ""]


# keys


def test_a_key_that_looks_like_an_id_number_goes_nowhere() -> None:
    keys = [
        "p 1",
        "A123456789",
        "Ａ１２３４５６７８９",
        " a123456789",
        "",
        None,
        "0912345678",
        "p A123-456-789",
        "B1234567",
        "0123456789abcdef" * 4,
        "0b1f4a0e-9d3c-4f53-8a52-012345678901",
        "臺北市的某一個人",
    ]
    batch = pa.record_batch({"key": keys})
    people = read_people(Table.of(batch.schema, ASKED), batch, ASKED, FACTS)
    bad = "invalid-key"
    assert [PROBLEMS[it] for it in people.problems] == [
        *("", bad, bad, bad, bad, "", bad, bad, bad, "", "", "")
    ]
    assert people.key.to_pylist() == [
        *("p 1", None, None, None, "", None, None, None, None),
        *keys[-3:],
    ]


def test_keys_that_are_all_long() -> None:
    keys = ["person number 1", "A123456789"]
    batch = pa.record_batch({"key": pa.array(keys, pa.string_view())})
    people = read_people(Table.of(batch.schema, ASKED), batch, ASKED, FACTS)
    assert people.key.to_pylist() == ["person number 1", None]


# wrong columns


@pytest.mark.parametrize(
    ("name", "column", "message"),
    [
        ("birth_date", [20040123], "column birth_date: found int64, expected dates"),
        ("key", [1], "column key: found int64, expected texts"),
        ("key", pa.array([1]).dictionary_encode(), "column key: found dictionary"),
        ("doses", ["AZ"], "column doses: found string, expected list<struct<vaccine"),
        ("doses", [["AZ"]], "column doses: found list<string>, expected list<struct<vaccine"),
        ("doses", [[{"vaccine": "AZ"}]], "column doses: found list<struct<vaccine: string>>"),
        ("doses", [[{"vaccine": 1, "on": BORN}]], "column doses.vaccine: found int64"),
        ("doses", [[{"vaccine": "AZ", "on": 1}]], "column doses.on: found int64"),
        ("dated_facts", [[{"fact": 1, "on": "2021"}]], "column dated_facts.fact: found int64"),
        ("dated_facts", [[{"fact": "it", "on": 1}]], "column dated_facts.on: found int64"),
        ("willingness", [[{"vaccine": 1, "since": NOON}]], "column willingness.vaccine: found int"),
        ("willingness", [[{"vaccine": "AZ", "since": 1}]], "column willingness.since: found int64"),
        ("groups", ["list/1"], "column groups: found string, expected list<string>"),
        ("groups", [[1]], "column groups: found int64, expected list<string>"),
        ("list/1", [1], "column list/1: found int64, expected booleans"),
        ("list/1/part", [1.0], "column list/1/part: found double, expected booleans"),
        ("birth_year", ["1990"], "column birth_year: found string, expected whole numbers"),
        ("registered_county", [1], "column registered_county: found int64, expected texts"),
        (
            "registered_county",
            pa.array([1]).dictionary_encode(),
            "column registered_county: found dictionary",
        ),
        ("willingness", [1], "column willingness: found int64, expected list<struct<vaccine"),
        ("wants_AZ", pa.array([NOON], pa.timestamp("us")), "column wants_AZ: found timestamp"),
    ],
)
def test_a_wrong_column_is_named_with_its_type_and_the_expected_one(
    name: str, column: Any, message: str
) -> None:
    with pytest.raises(ColumnError, match="^" + message.replace("(", r"\(")) as refused:
        people_of(**{name: column})
    assert refused.value.column.split(".")[0] == name


BESIDE: dict[str, dict[str, Any]] = {
    "birth_month": {"birth_year": [1990]},
    "dose_1_on": {"dose_1_vaccine": ["AZ"]},
    "dose_1_vaccine": {"dose_1_on": [BORN]},
    "dose_count": {"dose_1_vaccine": ["AZ"], "dose_1_on": [BORN]},
}
"""The columns without which one of doses or births cannot be."""


@pytest.mark.parametrize(
    "name",
    [*(it.name for it in PEOPLE), *BESIDE, "birth_year", "list/1", "wants_AZ"],
)
def test_a_column_of_a_type_that_holds_no_fact_is_named(name: str) -> None:
    nonsense = pa.array([1], pa.duration("s"))
    with pytest.raises(ColumnError) as refused:
        people_of(**{name: nonsense}, **BESIDE.get(name, {}))
    assert refused.value.column == name
    assert str(refused.value).startswith(f"column {name}: found duration[s], expected ")


def test_tables_that_contradict_themselves() -> None:
    with pytest.raises(ValueError, match="column dose_2_on is missing"):
        people_of(dose_2_vaccine=["AZ"])
    twice = pa.schema([("key", pa.string()), ("key", pa.string())])
    with pytest.raises(ValueError, match="two columns are called key"):
        Table.of(twice, ASKED)


@pytest.mark.parametrize(
    ("names", "keep"),
    [
        (["A123456789", "A123456789"], None),
        (["dose_0912345678_on"], None),
        (["DOSE_0912345678_on"], None),
        (["key"], ["A123456789"]),
    ],
)
def test_no_error_repeats_a_name_that_could_be_a_number(names: list[str], keep: Any) -> None:
    with pytest.raises(ValueError, match=r"\(hidden\)"):
        Table.of(pa.schema([(name, pa.string()) for name in names]), ASKED, keep)


def test_what_is_passed_through() -> None:
    schema = pa.schema([("key", pa.string()), ("district", pa.string()), ("list/1", pa.bool_())])
    assert Table.of(schema, ASKED).kept == ("district",)
    assert Table.of(schema, ASKED, keep=[]).kept == ()
    assert Table.of(schema, ASKED, keep=["list/1"]).kept == ("list/1",)
    with pytest.raises(ValueError, match="no column is called sex"):
        Table.of(schema, ASKED, keep=["sex"])
    with pytest.raises(ValueError, match="leave it out of keep"):
        Table.of(schema, ASKED, keep=["key"])
    with pytest.raises(TypeError, match="keep: expected several names, got one text"):
        Table.of(schema, ASKED, keep="district")
    with pytest.raises(ValueError, match="keep: expected each name once"):
        Table.of(schema, ASKED, keep=["district", "district"])
    again = schema.append(pa.field("reason", pa.string()))
    with pytest.raises(ValueError, match="column reason: the decisions have a column with this"):
        Table.of(again, ASKED)
    assert Table.of(again, ASKED, keep=["district"]).kept == ("district",)


def test_only_the_columns_of_the_facts_are_read() -> None:
    schema = pa.schema(
        [
            ("key", pa.string()),
            ("birth_date", pa.string()),
            ("birth_year", pa.int32()),
            ("dose_1_vaccine", pa.string()),
            ("dose_1_on", pa.date32()),
            ("list/1", pa.bool_()),
            ("wants_AZ", pa.string()),
            ("district", pa.string()),
        ]
    )
    table = Table.of(schema, ASKED, keep=["district"])
    assert columns_of(table, []) == ["district", "key"]
    assert columns_of(table, ["birth_date"]) == ["birth_date", "birth_year", "district", "key"]
    assert columns_of(table, ["doses"]) == ["district", "dose_1_on", "dose_1_vaccine", "key"]
    assert columns_of(table, ["groups"]) == ["district", "key", "list/1"]
    assert columns_of(table, ["willingness"]) == ["district", "key", "wants_AZ"]
    batch = pa.record_batch({"birth_date": [1], "registered_county": ["澎湖縣"]})
    people = read_people(Table.of(batch.schema, ASKED), batch, ASKED, frozenset())
    assert people.person(0) == Person()


def test_keys_may_be_numbers_of_texts() -> None:
    key = pa.array(["a", "b"]).dictionary_encode()
    batch = pa.record_batch({"key": key})
    people = read_people(Table.of(batch.schema, ASKED), batch, ASKED, FACTS)
    assert people.key.to_pylist() == ["a", "b"]


DOSES_OF = pa.list_(pa.struct([("vaccine", pa.string()), ("on", pa.date32())]))
FACTS_OF = pa.list_(pa.struct([("fact", pa.string()), ("on", pa.string())]))
NOBODYS_DAYS = [date(1, 1, 1), date(1800, 1, 1), date(9000, 12, 31) + timedelta(1), date.max]


@pytest.mark.parametrize("day", NOBODYS_DAYS)
def test_a_day_that_nobody_can_have_is_the_problem_of_its_row_alone(day: date) -> None:
    dose = [{"vaccine": "AZ", "on": day}]
    fact = [{"fact": "infection", "on": str(day)}]
    for columns, problem in (
        ({"birth_date": pa.array([day, BORN])}, "invalid-birth-date"),
        ({"birth_date": [str(day), "2004-01-23"]}, "invalid-birth-date"),
        ({"doses": pa.array([dose, []], DOSES_OF)}, "invalid-doses"),
        ({"dose_1_vaccine": ["AZ", None], "dose_1_on": [day, None]}, "invalid-doses"),
        ({"dated_facts": pa.array([fact, []], FACTS_OF)}, "invalid-dated-facts"),
        ({"fact_infection": [day, None]}, "invalid-dated-facts"),
        ({"fact_infection": [str(day), "never"]}, "invalid-dated-facts"),
    ):
        assert problems_of(**columns) == [problem, ""]
        people_of(**columns)


def test_the_first_and_the_last_day_that_a_person_can_have_are_read() -> None:
    first, last = date(1880, 1, 1), date(9000, 12, 31)
    assert [it.birth_date for it in people_of(birth_date=[first, last])[0]] == [first, last]
    on = [date(1900, 1, 1), last]
    found, _ = people_of(dose_1_vaccine=["AZ", "AZ"], dose_1_on=on)
    assert [it.doses for it in found] == [(Dose("AZ", day),) for day in on]


@pytest.mark.parametrize("text", ["A123456789", "0912345678", "a\x00b", "x" * 300, " "])
def test_a_text_that_is_not_a_fact_is_the_problem_of_its_row_alone(text: str) -> None:
    day = date(2021, 7, 1)
    dose, fact = [{"vaccine": text, "on": day}], [{"fact": text, "on": "2021-07-01"}]
    for columns, problem in (
        ({"doses": pa.array([dose, []], DOSES_OF)}, "invalid-doses"),
        ({"dose_1_vaccine": [text, None], "dose_1_on": [day, None]}, "invalid-doses"),
        ({"groups": [[text], []]}, "invalid-groups"),
        ({"unknown_groups": [[text], []]}, "invalid-groups"),
        ({"registered_county": [text, None]}, "invalid-county"),
        ({"dated_facts": pa.array([fact, []], FACTS_OF)}, "invalid-dated-facts"),
    ):
        assert problems_of(**columns) == [problem, ""]
        people_of(**columns)


def test_columns_that_contradict_each_other_are_the_problem_of_their_row() -> None:
    assert problems_of(birth_date=["1990-01-01", "1990"], birth_year=[2010, 1990]) == [
        "invalid-birth-date",
        "",
    ]
    whole_and_part = {"list/1": [False, True, False], "list/1/a": [True, True, False]}
    assert problems_of(**whole_and_part) == ["invalid-groups", "", ""]
    assert problems_of(**{"groups": [["list/1/a"]], "list/1": [False]}) == ["invalid-groups"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dose_03_vaccine", "write dose_3_vaccine"),
        ("Dose_3_On", "write dose_3_on"),
        ("dose3_vaccine ", "write dose_3_vaccine"),
        ("dose_0_on", "doses are counted from 1, up to 999"),
        ("dose_1000_on", "doses are counted from 1, up to 999"),
        ("DOSE_COUNT", "write dose_count"),
    ],
)
def test_a_column_that_only_looks_like_a_dose_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"column {name}: {message}"):
        Table.of(pa.schema([(name, pa.string())]), ASKED)


KNOWN = Known(
    vaccines=frozenset({"AZ", "Medigen"}),
    dated_facts=frozenset({"covid19-infection"}),
    groups=frozenset({"status/national", "list/1/a"}),
)


def disguises(name: str) -> set[str]:
    """The name in other cases, widths and with other separators."""
    wide = "".join(chr(ord(it) + 0xFEE0) if it.isalnum() else it for it in name)
    found = {name.upper(), name.lower(), name.title(), wide, f" {name}", f"{name}\u200b"}
    found |= {name.replace("_", other) for other in (" ", "-", "")}
    return found - {name}


@pytest.mark.parametrize("name", sorted(KNOWN.columns()))
def test_a_fact_that_is_spelled_in_another_way_is_refused(name: str) -> None:
    for kind in (pa.string(), pa.bool_()):
        for other in disguises(name):
            with pytest.raises(ValueError, match=re.escape(f"{other}: write {name}")):
                Table.of(pa.schema([(other, kind)]), ASKED, known=KNOWN)
    assert Table.of(pa.schema([(name, pa.bool_())]), (), known=KNOWN).kept == ()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wants_Medigan", "no vaccine is called so; did you mean Medigen?"),
        ("wants_zzz", "no vaccine is called so"),
        ("fact_covid19-infektion", "no dated fact is called so; did you mean covid19-infection?"),
        ("wants_A123456789", "no vaccine is called so"),
    ],
)
def test_a_wish_and_a_dated_fact_that_nobody_knows_are_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as refused:
        Table.of(pa.schema([(name, pa.string())]), ASKED, known=KNOWN)
    assert "A123456789" not in str(refused.value)


def test_columns_that_are_no_facts_keep_their_names() -> None:
    own = ["district", "wanted", "Wants tea", "factory", "fact", "status/other", "dose"]
    table = Table.of(pa.schema([(name, pa.string()) for name in own]), ASKED, known=KNOWN)
    assert table.kept == tuple(own)


def test_the_names_are_those_of_the_lists_and_of_the_policy() -> None:
    policy = catalog.load("tw/covid19-1922/round-19")
    for name in ("wants_az", "wants_none", "Fact_covid19-infection", "STATUS/NATIONAL", "Sex"):
        with pytest.raises(ValueError, match=f"column {name}: "):
            decide_table(policy, pa.table({name: pa.nulls(1, pa.string())}))
    known = {name: pa.nulls(1, pa.string()) for name in ("wants_AZ", "wants_HepB")}
    assert decide_table(policy, pa.table(known)).schema.names == DECISIONS.names
