"""A table goes through as a stream: in order, from files and lenders, with few batches at a time."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from tests.population.people_tables import SCHEMA, anybody, batch_of, expected, row_of
from tests.population.test_id_numbers import Lends
from tests.population.workers import counted_threads, for_each_core
from vaxpolicy import catalog
from vaxpolicy.numbers.counties import COUNTIES
from vaxpolicy.population import (
    DECISIONS,
    BadRow,
    BadRowError,
    ColumnError,
    UnreadableError,
    decide_table,
    json_lines,
    sample_people,
    streams,
    valid_id_numbers,
)
from vaxpolicy.population.texts_and_days import EPOCH

if TYPE_CHECKING:
    from pathlib import Path

POLICY = catalog.load("tw/covid19-1922/round-15")
PEOPLE = list(anybody(POLICY, 40, seed=3))
EXPECTED = [expected(POLICY, person) for person in PEOPLE]
TABLE = pa.Table.from_batches([batch_of(PEOPLE)])


def rows(data: Any, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pa.table(decide_table(POLICY, data, **options)).to_pylist()
    return found


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("batch_rows", [1, 7, 1000])
def test_rows_keep_their_order(workers: int, batch_rows: int) -> None:
    assert rows(TABLE, workers=workers, batch_rows=batch_rows) == EXPECTED


def test_no_batch_is_larger_than_asked_for() -> None:
    reader = decide_table(POLICY, TABLE, batch_rows=7)
    assert reader.schema.equals(DECISIONS)
    assert [batch.num_rows for batch in reader] == [7, 7, 7, 7, 7, 5]


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_batch_has_rows(wrong: int) -> None:
    with pytest.raises(ValueError, match="batch_rows: expected 1 or more"):
        decide_table(POLICY, TABLE, batch_rows=wrong)


def test_arguments_that_say_nothing_are_refused_before_anything_is_read() -> None:
    with pytest.raises(ValueError, match="workers: expected 1 or more, or None"):
        decide_table(POLICY, TABLE, workers=0)
    with pytest.raises(ValueError, match="workers: expected 256 or fewer"):
        decide_table(POLICY, TABLE, workers=257)
    with pytest.raises(ValueError, match="batch_rows: expected 16777216 or fewer"):
        decide_table(POLICY, TABLE, batch_rows=10**30)
    wrong: Any = "drop"
    with pytest.raises(ValueError, match='bad_rows: expected "keep", "stop" or a function'):
        decide_table(POLICY, TABLE, bad_rows=wrong)


@for_each_core
def test_a_table_has_a_thread_for_each_core_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, workers: int | None, cores: int | None, count: int
) -> None:
    counts = counted_threads(monkeypatch, streams, cores)
    decide_table(POLICY, TABLE, workers=workers)
    assert counts == [count]


def test_days_count_from_a_day_on() -> None:
    day = date(2022, 3, 1)
    wanted = [expected(POLICY, person, from_day=day) for person in PEOPLE]
    assert wanted != EXPECTED
    assert rows(TABLE, from_day=day, workers=2) == wanted


def test_a_column_that_is_none_is_named_by_its_type() -> None:
    with pytest.raises(TypeError, match="column: expected an Arrow column of texts, got list"):
        valid_id_numbers(["A123456789"])


def test_an_empty_table() -> None:
    assert rows(TABLE.slice(0, 0)) == []
    assert rows(pa.table({"key": pa.array([], pa.string())})) == []


def test_a_table_without_any_fact() -> None:
    found = rows(pa.table({"key": ["a", "b"]}))
    assert [row["outcome"] for row in found] == ["undetermined"] * 2


@pytest.mark.parametrize("policy", ["tw/covid19-1922/round-15", "tw/hpv/2025"])
def test_a_column_of_nothing_but_nulls_is_like_a_missing_one(policy: str) -> None:
    named = catalog.load(policy)
    for column in SCHEMA.names:
        some = TABLE.drop_columns([column]).slice(0, 8)
        nothing = some.append_column(column, pa.nulls(8))
        assert (
            decide_table(named, nothing).read_all().to_pylist()
            == decide_table(named, some).read_all().to_pylist()
        )


def test_lenders_of_arrow_tables() -> None:
    (batch,) = TABLE.to_batches()
    assert rows(TABLE.to_reader()) == EXPECTED
    assert rows(batch) == EXPECTED
    assert rows(Lends(TABLE, "__arrow_c_stream__")) == EXPECTED
    assert rows(Lends(batch, "__arrow_c_array__")) == EXPECTED


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match=r"data: expected a path or a table .*, got list"):
        decide_table(POLICY, [])


def test_dictionaries_of_views() -> None:
    views = pa.array(["1990-01-01"], pa.string_view())
    births = pa.DictionaryArray.from_arrays(pa.array([0, None], pa.int8()), views)
    assert rows(pa.table({"birth_date": births})) == rows(
        pa.table({"birth_date": ["1990-01-01", None]})
    )


def test_columns_pass_through() -> None:
    table = TABLE.append_column("district", [["d"] * len(PEOPLE)])
    found = rows(table)
    assert list(found[0]) == [*DECISIONS.names, "district"]
    assert {row["district"] for row in found} == {"d"}
    assert list(rows(table, keep=[])[0]) == DECISIONS.names


def test_a_column_of_any_type_passes_through() -> None:
    runs = pa.RunEndEncodedArray.from_arrays([15, len(PEOPLE)], ["north", "south"])
    views = pa.array([["a", "b"]] * len(PEOPLE), pa.list_view(pa.string()))
    table = TABLE.append_column("district", runs).append_column("notes", views)
    decided = decide_table(POLICY, table).read_all()
    for name in ("district", "notes"):
        assert decided.schema.field(name).type == table.schema.field(name).type
        assert decided[name].to_pylist() == table[name].to_pylist()


def test_a_stream_reads_as_it_is_read() -> None:
    given = []

    def batches() -> Any:
        for low in range(0, 40, 2):
            given.append(low)
            yield batch_of(PEOPLE[low : low + 2])

    source = pa.RecordBatchReader.from_batches(TABLE.schema, batches())
    reader = decide_table(POLICY, source, workers=2)
    reader.read_next_batch()
    assert len(given) <= 4
    reader.close()


# rows that cannot be read

BAD = pa.table({"key": ["a", "b", "c"], "birth_date": ["1990-01-01", "1990-13-01", "x"]})
BAD_ROWS = [BadRow(1, "invalid-birth-date"), BadRow(2, "invalid-birth-date")]


def test_a_bad_row_is_kept_with_its_reason() -> None:
    found = rows(BAD, batch_rows=1)
    assert [row["key"] for row in found] == ["a", "b", "c"]
    assert found[1] == {
        "key": "b",
        "outcome": None,
        "offers": [],
        "reason": "invalid-birth-date",
        "missing": [],
    }


def test_bad_rows_are_told_with_their_numbers() -> None:
    told: list[BadRow] = []
    rows(BAD, bad_rows=told.append, batch_rows=2)
    assert told == BAD_ROWS


def test_a_bad_row_stops_the_run_where_asked() -> None:
    with pytest.raises(BadRowError, match=r"^row 1: invalid-birth-date$") as refused:
        decide_table(POLICY, BAD, bad_rows="stop").read_all()
    assert refused.value.bad == BAD_ROWS[0]


def test_a_wrong_column_is_refused_before_anything_is_read() -> None:
    with pytest.raises(ColumnError, match="column birth_date: found int64"):
        decide_table(POLICY, pa.table({"birth_date": [19900101]}))


# files


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "people.parquet", row_group_size=9)
    assert rows(tmp_path / "people.parquet", batch_rows=4) == EXPECTED
    assert rows(str(tmp_path / "people.parquet")) == EXPECTED


def test_a_column_of_parquet_that_nobody_asks_for_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "people.parquet"
    table = TABLE.append_column("remarks", pa.array(["whatever"] * len(TABLE)))
    pq.write_table(table, file, use_dictionary=False)
    group = pq.read_metadata(file).row_group(0)
    chunk = group.column(group.num_columns - 1)
    assert chunk.path_in_schema == "remarks"
    content = bytearray(file.read_bytes())
    end = chunk.data_page_offset + chunk.total_compressed_size
    content[chunk.data_page_offset : end] = b"\xff" * chunk.total_compressed_size
    file.write_bytes(content)
    found = decide_table(POLICY, file, keep=[]).read_all().to_pylist()
    assert found == decide_table(POLICY, TABLE, keep=[]).read_all().to_pylist()
    with pytest.raises(UnreadableError, match=r"people\.parquet: damaged"):
        decide_table(POLICY, file, keep=["remarks"]).read_all()


def test_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_text("\n".join(json.dumps(row_of(it), default=str) for it in PEOPLE))
    assert rows(file, batch_rows=9) == EXPECTED


def test_csv(tmp_path: Path) -> None:
    table = pa.table(
        {
            "key": ["001", "002", "003"],
            "birth_date": ["1990-01-01", "1990", None],
            "dose_1_vaccine": ["AZ", None, None],
            "dose_1_on": ["2021-07-01", None, None],
            "dose_count": [1, 0, None],
            "status/mix-and-match": [True, False, None],
            "wants_AZ": ["2021-10-01T09:00:00+08:00", None, None],
            "district": ["north", None, "south"],
        }
    )
    pa_csv.write_csv(table, tmp_path / "people.csv")
    found = rows(tmp_path / "people.csv")
    assert found == rows(table)
    assert [row["key"] for row in found] == ["001", "002", "003"]
    assert [row["outcome"] for row in found] == ["eligible", "undetermined", "undetermined"]


@pytest.mark.parametrize("name", ["p.parquet", "p.csv", "p.jsonl"])
def test_a_damaged_file_is_named_without_its_content(tmp_path: Path, name: str) -> None:
    content = 'A123456789,"\n{"key": A123456789\nA123456789,1,2,3'
    (tmp_path / name).write_text(content)
    said = rf"^{name}: damaged, or not .* \(ArrowInvalid\)$"
    with pytest.raises(UnreadableError, match=said) as refused:
        rows(tmp_path / name)
    assert "A123456789" not in str(refused.value)


@pytest.mark.parametrize(
    "line", [b'{"key": "\xff"}', b'{"\xff": 1}', b'{"doses": [{"\xff": 1}]}', b'{"sex": "\xe6"}']
)
def test_json_lines_that_are_not_utf_8_are_refused(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / "p.jsonl"
    for start in (b"", '{"key": "澎湖"}\n'.encode() * 400_000):  # in the first block, or later
        file.write_bytes(start + line + b"\n")
        with pytest.raises(UnreadableError, match=r"p\.jsonl: damaged, or not JSON lines in UTF-8"):
            for _ in decide_table(POLICY, file):
                pass


def lines_of(file: Path, *rows: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_a_column_of_json_lines_may_begin_in_any_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "BLOCK", 40)
    born, wants = {"birth_date": "1990-01-01"}, {"wants_AZ": "2021-07-10T09:00:00+08:00"}
    had = {"dose_1_vaccine": "AZ", "dose_1_on": "2021-07-01"}
    none = {"dose_1_vaccine": None, "note": None}
    flat: list[dict[str, Any]] = [born, {**born, **none}, {**born, **had, **wants}]
    flat.append({"birth_date": "1990", "note": "2021-07-01", "count": 1})
    file = lines_of(tmp_path / "p.jsonl", *flat, {"count": 0.5})
    file.write_text(file.read_text() + " " * 100 + "\n")
    found = rows(file)
    assert [row.pop("note") for row in found] == [None, None, None, "2021-07-01", None]
    assert [row.pop("count") for row in found] == [None, None, None, 1, 0.5]
    columns = {name: [row.get(name) for row in (*flat, {})] for row in flat for name in row}
    assert found == rows(pa.table(columns), keep=[])
    assert [row["outcome"] for row in found][2] == "eligible"
    assert len(rows(file, keep=[])) == 5


@pytest.mark.parametrize("block", [4, 1 << 22])
def test_a_column_of_json_lines_has_values_of_one_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(json_lines, "BLOCK", block)
    for one, other in (("x", 1), ([{"a": "x"}], [{"a": 1}]), ([], {}), (True, "x")):
        file = lines_of(tmp_path / "p.jsonl", {"key": "a", "note": one}, {"note": other})
        with pytest.raises(UnreadableError, match=r"^p\.jsonl: column note has values of two kin"):
            rows(file)


def test_no_error_of_a_column_repeats_a_key_of_a_cell(tmp_path: Path) -> None:
    number = "A123456789"
    file = tmp_path / "p.jsonl"
    for column in (
        {"birth_date": {number: 1}},
        {"birth_date": [{number: 1}]},
        {"doses": [{number: 1}]},
        {"doses": [[{number: 1}]]},
    ):
        with pytest.raises((ColumnError, UnreadableError)) as refused:
            rows(lines_of(file, column))
        assert number not in f"{refused.value!r}"
        assert "(hidden)" in str(refused.value)
    lines_of(file, {number: 1}, {number: "x"})
    with pytest.raises(UnreadableError, match=r"column \(hidden\) has values of two kinds"):
        rows(file)


def test_a_wrong_column_of_json_lines_is_named(tmp_path: Path) -> None:
    for name in ("key", "birth_date"):
        with pytest.raises(ColumnError, match=f"column {name}: found int64, expected"):
            rows(lines_of(tmp_path / "p.jsonl", {name: 19900101}))


@pytest.mark.parametrize("text", ["", "\n", "{}\n", "  \n{}\n"])
def test_json_lines_without_a_column_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text(text)
    with pytest.raises(UnreadableError, match=r"p\.jsonl: damaged, or not JSON lines"):
        rows(file)


def nested(levels: int, start: str, end: str) -> str:
    """A line with a value of so many levels, the object of the line included."""
    inner = levels - 1
    return '{"key": "a", "note": ' + start * inner + "1" + end * inner + "}\n"


@pytest.mark.parametrize(
    ("levels", "start", "end"),
    [
        *((levels, "[", "]") for levels in (33, 500, 20_000)),
        *((levels, '{"a":', "}") for levels in (33, 500, 20_000)),
        *((levels, "[\n", "]") for levels in (33, 20_000)),
        (20_000, "[", ""),
    ],
)
def test_json_lines_that_nest_too_deep_are_refused_before_arrow_reads_them(
    tmp_path: Path, levels: int, start: str, end: str
) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text('{"key": "a"}\n' + nested(levels, start, end) + '{"key": "b"}\n')
    with pytest.raises(UnreadableError, match=r"^p\.jsonl: expected at most 32 levels of lists"):
        rows(file)


@pytest.mark.parametrize(
    "line",
    [
        nested(32, "[", "]"),
        nested(32, '{"a":', "}"),
        '{"key": "a", "note": "' + "[" * 1_000 + '"}',
        '{"key": "a", "note": "' + r"[\"\\" * 500 + '"}',
        '{"key": "a", "note": ["[", "' + "{[" * 500 + '", "}"]}',
        '{"key": "a", "note": [' + "[]," * 500 + "[[]]]}",
    ],
)
def test_json_lines_may_nest_32_levels_and_texts_may_hold_brackets(
    tmp_path: Path, line: str
) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text(line + "\n" + line + "\n")
    assert [row["key"] for row in rows(file)] == ["a", "a"]


@pytest.mark.parametrize("levels", [33, 100])
def test_json_lines_that_do_not_end_are_not_json(tmp_path: Path, levels: int) -> None:
    file = tmp_path / "p.jsonl"
    for line in ("]" * levels, '{"key": "' + "[" * levels, nested(30, "[", "")):
        file.write_text(line)
        with pytest.raises(UnreadableError, match=r"^p\.jsonl: "):
            rows(file)


def test_32_lists_that_do_not_end_are_not_too_many_levels(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    for levels, said in ((32, "damaged, or not JSON lines"), (33, "expected at most 32 levels")):
        file.write_text("[" * levels)
        with pytest.raises(UnreadableError, match=said):
            rows(file)


def test_a_line_of_json_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "BLOCK", 40)
    monkeypatch.setattr(json_lines, "LONGEST", 60)
    file = tmp_path / "p.jsonl"
    lines = ['{"key": "a"}', '{"key": "' + "b" * 48 + '"}', '{"key": "c"}']
    assert len(lines[1].encode()) == 59
    file.write_text("\n".join(lines))
    assert [row["key"] for row in rows(file)] == ["a", "b" * 48, "c"]
    file.write_text("\n".join(lines).replace("b" * 48, "b" * 49))
    with pytest.raises(UnreadableError, match=r"^p\.jsonl: expected lines of at most 60 bytes$"):
        rows(file)


def test_a_file_that_changes_between_its_two_readings_is_refused(tmp_path: Path) -> None:
    file = lines_of(tmp_path / "p.jsonl", {"key": "a"})
    reader = decide_table(POLICY, file, workers=1)
    file.write_text(nested(500, "[", "]"))
    with pytest.raises(UnreadableError, match="at most 32 levels"):
        reader.read_all()


@pytest.mark.parametrize("levels", [33, 62, 100])
def test_a_column_with_too_many_levels_is_named(tmp_path: Path, levels: int) -> None:
    kind = pa.string()
    for number in range(levels):
        kind = pa.list_(kind) if number % 2 else pa.struct([("a", kind)])
    table = pa.table({"key": ["a"], "note": pa.nulls(1, kind)})
    pq.write_table(table, tmp_path / "p.parquet")
    for data in (table, table.to_reader()):
        with pytest.raises(ColumnError, match=r"^column note: found more than 32, expected at mo"):
            rows(data)
    lent = Lends(table, "__arrow_c_stream__")
    for data in (lent, table.to_batches()[0], tmp_path / "p.parquet"):  # Arrow may refuse it itself
        with pytest.raises(
            (ColumnError, UnreadableError), match=r"^(column note|data|p\.parquet):"
        ):
            rows(data)
    shallow = pa.table({"key": ["a"], "note": pa.nulls(1, kind.field(0).type)})
    if levels == 33:
        assert len(rows(shallow)) == 1


@pytest.mark.parametrize("before", ["", "\n", "\r\n\n", "\r"])
def test_empty_lines_before_the_header_of_csv_are_passed_over(tmp_path: Path, before: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"{before}key,birth_date\np,1990-01-01\n", encoding="utf-8", newline="")
    assert [each["key"] for each in rows(file)] == ["p"]


def test_csv_of_one_column(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("key\na\n")
    assert [row["key"] for row in rows(file)] == ["a"]


def test_json_lines_of_facts_that_nobody_asks_for_keep_their_rows(tmp_path: Path) -> None:
    assert len(rows(lines_of(tmp_path / "p.jsonl", {"sex": "male"}, {"sex": "x"}))) == 2


@pytest.mark.parametrize("nothing", ["", "null", "NULL", "NA"])
def test_a_cell_of_csv_may_say_in_words_that_a_fact_is_not_known(
    tmp_path: Path, nothing: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"key,birth_date,registered_county\n1,{nothing},{nothing}\n")
    assert rows(file) == rows(pa.table({"key": ["1"], "birth_date": pa.nulls(1, pa.string())}))


def test_a_bad_cell_of_csv_is_the_problem_of_its_row_alone(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(
        "key,birth_year,birth_month,dose_count,status/mix-and-match,date/time,code\n"
        "a,1990.0,1, 0,TRUE,10:00,007\n"
        "b,19x0,,,,,\n"
        "c,,,two,,,text\n"
        'd,"",1.5,,maybe,,\n'
    )
    found = rows(file)
    assert [row["reason"] for row in found][1:] == [
        "invalid-birth-date",
        "invalid-doses",
        "invalid-groups",
    ]
    assert found[0]["outcome"] is not None
    assert [row["code"] for row in found] == ["007", None, "text", None]
    assert found[0]["date/time"] == "10:00"


@pytest.mark.parametrize(("sign", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_csv_with_other_signs_between_columns(tmp_path: Path, sign: str, name: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text(f"key{sign}birth_date\na{sign}1990\n")
    with pytest.raises(UnreadableError, match=f"expected commas between columns, found {name}"):
        rows(file)


def test_damage_that_comes_up_later(tmp_path: Path) -> None:
    file = tmp_path / "people.parquet"
    pq.write_table(sample_people(20_000, 1), file, row_group_size=2000)
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40_000] = b"\0" * 40_000
    file.write_bytes(content)
    with pytest.raises(UnreadableError, match=r"people\.parquet: damaged, or not Parquet"):
        decide_table(POLICY, file).read_all()


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (".parquet", "Parquet"),
        (".PQ", "Parquet"),
        (".csv", "CSV in UTF-8"),
        (".jsonl", "JSON lines in UTF-8"),
        (".ndjson", "JSON lines in UTF-8"),
    ],
)
def test_damage_is_named_by_the_ending_of_the_file(tmp_path: Path, ending: str, kind: str) -> None:
    file = tmp_path / f"people{ending}"
    file.write_bytes(b'{"key": "\xff", ')
    with pytest.raises(UnreadableError, match=f"{file.name}: damaged, or not {kind} "):
        rows(file)


def test_a_file_of_another_kind_and_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"people\.xlsx: expected a file that ends in"):
        rows("people.xlsx")
    with pytest.raises(FileNotFoundError):
        rows(tmp_path / "people.parquet")


# the made-up population


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    one = sample_people(3000, 7)
    assert one.equals(sample_people(3000, 7))
    assert not one.equals(sample_people(3000, 8))
    assert sample_people(0, 7).num_rows == 0
    with pytest.raises(ValueError, match="rows: expected 0 or more"):
        sample_people(-1, 7)


SHARES = {
    "新北市": 4008,
    "臺北市": 2524,
    "桃園市": 2272,
    "臺中市": 2813,
    "臺南市": 1862,
    "高雄市": 2745,
}
"""The people of the six municipalities in thousands, of 23,375, as the source of the sample says."""


def test_a_sample_is_drawn_by_the_shares_of_its_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[int, Any]] = []

    class Chance(np.random.Generator):
        """It notes by what shares it is asked to draw."""

        def choice(self, a: Any, size: Any = None, **options: Any) -> Any:  # type: ignore[override]  # as it is called
            drawn.append((a, options["p"]))
            return super().choice(a, size, **options)

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Chance(np.random.PCG64(seed)))
    assert sample_people(5, 7).num_rows == 5
    (_, ages), (number, counties), (vaccines, of_vaccine) = drawn
    bands = [sum(ages[:15]), sum(ages[15:65]), sum(ages[65:])]
    assert bands == pytest.approx([0.126, 0.715, 0.159])
    years = ages[1:] / ages[:-1]
    assert years[:14] == pytest.approx([(1 + it / 30) / (1 + (it - 1) / 30) for it in range(1, 15)])
    assert (np.diff(ages[15:43]) > 0).all()
    assert (np.diff(ages[42:65]) < 0).all()
    assert (ages[15] / ages[42], ages[64] / ages[42]) == pytest.approx((1 - 27 / 84, 1 - 22 / 84))
    assert years[65:] == pytest.approx(np.exp(-0.09))
    assert counties[: len(SHARES)] == pytest.approx([it / 23_375 for it in SHARES.values()])
    rest = (23_375 - sum(SHARES.values())) / 23_375 / (number - len(SHARES))
    assert counties[len(SHARES) :] == pytest.approx([rest] * (number - len(SHARES)))
    assert vaccines == 4
    assert of_vaccine == pytest.approx([0.42, 0.24, 0.29, 0.05])


def test_a_sample_has_valid_people() -> None:
    sample = sample_people(140_000, 7)
    assert valid_id_numbers(sample["id_number"]).to_pylist().count(True) == 140_000
    numbers = sample["id_number"].to_pylist()
    assert {it[0] for it in numbers} == {it for it, its in COUNTIES.items() if its.given_out}
    assert {it[1] for it in numbers} == {"1", "2"}
    assert len(set(sample["key"].to_pylist())) == 140_000
    births = sample["birth_date"].to_pylist()
    ages = [2021 - day.year for day in births]
    shares = [sum(low <= age < high for age in ages) / len(ages) for low, high in BANDS]
    assert shares == pytest.approx([0.126, 0.715, 0.159], abs=0.01)
    assert max(births) < date(2022, 1, 1)
    told: list[BadRow] = []
    outcomes = [row["outcome"] for row in rows(sample.slice(0, 5000), bad_rows=told.append)]
    assert told == []
    assert 500 < outcomes.count("eligible") < 2500
    assert outcomes.count("undetermined") == 0


def test_the_births_of_a_sample_are_spread_over_the_year() -> None:
    months = Counter(day.month for day in sample_people(20_000, 7)["birth_date"].to_pylist())
    shares = {month: months[month] / 20_000 for month in range(1, 13)}
    assert shares == pytest.approx(dict.fromkeys(shares, 1 / 12), abs=0.015)


def test_a_sample_is_like_the_people_of_2021() -> None:
    sample = sample_people(20_000, 7)
    groups = Counter(name for its in sample["groups"].to_pylist() for name in its)
    assert {name: count / 20_000 for name, count in groups.items()} == pytest.approx(
        {
            "cecc-2021-06-21/1": 0.02,
            "cecc-2021-06-21/9": 0.09,
            "cecc-2021-06-21/10": 0.06,
            "status/national": 0.96,
            "status/mix-and-match": 0.05,
        },
        abs=0.01,
    )
    counties = [sample[name].to_pylist() for name in ("registered_county", "residence_county")]
    elsewhere = sum(one != other for one, other in zip(*counties, strict=True)) / 20_000
    assert elsewhere == pytest.approx(0.09, abs=0.01)
    births, histories = sample["birth_date"].to_pylist(), sample["doses"].to_pylist()
    by_age = {
        band: [
            its
            for born, its in zip(births, histories, strict=True)
            if band[0] * 365.25 <= (date(2022, 1, 1) - born).days < band[1] * 365.25
        ]
        for band in ((0, 11), (18, 40), (75, 90))
    }
    assert not any(by_age[0, 11])
    shares = [sum(map(bool, by_age[band])) / len(by_age[band]) for band in ((18, 40), (75, 90))]
    assert shares == pytest.approx([0.91, 0.75], abs=0.03)
    for place in range(3):
        given = [its[place]["on"] for its in by_age[75, 90] if len(its) > place]
        assert max(given) - min(given) > timedelta(days=60)


def days_of(column: Any) -> Any:
    """A column of days as days since the first day of 2021."""
    return np.asarray(column.cast(pa.int32())) - date(2021, 1, 1).toordinal() + EPOCH


def test_the_doses_of_a_sample_come_as_in_2021() -> None:
    """First the old; the second dose eleven weeks after the first, and seldom of another vaccine."""
    sample = sample_people(140_000, 7)
    histories = sample["doses"].combine_chunks()
    begins, counts = np.asarray(histories.offsets)[:-1], np.diff(np.asarray(histories.offsets))
    on, vaccines = (histories.values.field(name) for name in ("on", "vaccine"))
    on, vaccines = days_of(on), np.asarray(vaccines)
    ages = (365 - days_of(sample["birth_date"])) / 365.2425
    for low, high, first, about in ((75, 103, 208, 0.6), (49, 51, 233, 1), (17.5, 18.5, 257.5, 1)):
        those = begins[(counts >= 1) & (ages >= low) & (ages < high)]
        assert on[those].mean() == pytest.approx(first, abs=about)
    second = begins[(counts >= 2) & (ages >= 75)] + 1
    assert (on[second] - on[second - 1]).mean() == pytest.approx(75, abs=0.6)
    third = begins[counts == 3] + 2
    gaps = on[third] - on[third - 1]
    assert (gaps.min(), gaps.mean()) == (80, pytest.approx(99.8, abs=0.2))
    assert on.max() == 365 + 13
    for places, before, mixed in ((begins[counts >= 2] + 1, 1, 0.03), (third, 2, 0.45)):
        others = (vaccines[places] != vaccines[places - before]).mean()
        assert others == pytest.approx(mixed, abs=0.005)


def test_the_wishes_of_a_sample_begin_with_the_registration() -> None:
    sample = sample_people(140_000, 7)
    wishes = sample["willingness"].combine_chunks().values
    wanted = Counter(wishes.field("vaccine").to_pylist())
    assert {vaccine: count / 140_000 for vaccine, count in wanted.items()} == pytest.approx(
        {"AZ": 0.3, "Moderna": 0.45, "BNT": 0.5, "Medigen": 0.12}, abs=0.003
    )
    began = datetime.fromisoformat("2021-07-06T10:00:00+08:00").timestamp()
    since = np.asarray(wishes.field("since").cast(pa.int64())) / 1e6 - began
    assert 0 <= since.min() < 3600
    assert since.mean() / 86_400 == pytest.approx(36, abs=0.2)


BANDS = [(0, 15), (15, 65), (65, 120)]


@pytest.mark.parametrize(
    "error", [BadRowError(BadRow(3, "invalid-doses")), ColumnError("doses", "int64", "a list")]
)
def test_an_error_travels_between_processes(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
    assert (type(again), str(again)) == (type(error), str(error))
