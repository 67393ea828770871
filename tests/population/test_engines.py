"""Other engines give what PyArrow gives: run with ``-m engines``, as `.ci/run engines` does.

They need Polars, DuckDB, pandas, Dask, Ray, PySpark with Java, and psycopg with a PostgreSQL
server; one that is not there fails, and says so.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.population.people_tables import anybody, batch_of
from tests.population.test_sql import (
    MOST,
    assert_holds,
    days_of,
    in_flat_columns,
    insert_of,
    rows_of,
    table_of,
)
from tools.postgres_server import PostgresServer
from vaxpolicy import catalog, population
from vaxpolicy.population import SPARK_SCHEMA, decide_table, sample_people, where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from vaxpolicy.eligibility import Policy

pytestmark = pytest.mark.engines

POLICY = catalog.load("tw/covid19-1922/round-15")
PEOPLE = pa.Table.from_batches([batch_of(list(anybody(POLICY, 300, seed=4)))])
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return by_key(pa.table(decide_table(POLICY, PEOPLE)))


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("engines") / "people.parquet"
    pq.write_table(PEOPLE, file)
    return str(file)


def by_key(table: Any) -> dict[str, Any]:
    return {row["key"]: row for row in table.to_pylist()}


PAGE = (ROOT / "docs/reference/population.md").read_text(encoding="utf-8")
RECIPE = re.compile(
    r'^=== "(\w+)"\n(?:.*\n)*?    ``` { .python .engine }\n((?:    .*\n|\n)*?)    ```$',
    re.MULTILINE,
)
RECIPES = {name: dedent(code) for name, code in RECIPE.findall(PAGE)}


@pytest.fixture
def recipe(parquet: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run a recipe of the page, in a folder that has the people."""
    monkeypatch.chdir(Path(parquet).parent)

    def run(name: str, **modules: Any) -> dict[str, Any]:
        namespace = {"policy": POLICY, "population": population, "pq": pq, **modules}
        exec(RECIPES[name], namespace)  # noqa: S102  # our own page
        return namespace

    return run


def test_every_recipe_of_the_page_is_run() -> None:
    assert set(RECIPES) == {"Polars", "pandas", "DuckDB", "Dask"}


def test_polars(expected: dict[str, Any], recipe: Callable[..., dict[str, Any]]) -> None:
    found = recipe("Polars", pl=import_module("polars"))["decisions"]
    assert by_key(found.to_arrow()) == expected


def test_polars_lends_views_of_texts(expected: dict[str, Any]) -> None:
    """The newest layout that Polars has is its own: string_view."""
    pl = import_module("polars")

    people = pl.from_arrow(PEOPLE)
    views = people.to_arrow(compat_level=pl.CompatLevel.newest())
    assert views.schema.field("key").type == pa.string_view()
    assert by_key(pa.table(decide_table(POLICY, views))) == expected


def test_pandas(expected: dict[str, Any], recipe: Callable[..., dict[str, Any]]) -> None:
    found = recipe("pandas", pd=import_module("pandas"))["decisions"]
    assert dict(zip(found["key"], found["outcome"], strict=True)) == {
        key: row["outcome"] for key, row in expected.items()
    }


def test_a_pandas_table_is_taken(expected: dict[str, Any]) -> None:
    people = PEOPLE.to_pandas(types_mapper=import_module("pandas").ArrowDtype)
    assert by_key(pa.table(decide_table(POLICY, people))) == expected


def test_duckdb(expected: dict[str, Any], recipe: Callable[..., dict[str, Any]]) -> None:
    """A connection serves one stream at a time: the people come by a cursor of their own."""
    with import_module("duckdb").connect() as connection:
        eligible = recipe("DuckDB", connection=connection)["eligible"]
    assert {key for (key,) in eligible} == {
        key for key, row in expected.items() if row["outcome"] == "eligible"
    }


def test_a_duckdb_relation_lends_its_columns(expected: dict[str, Any], parquet: str) -> None:
    duckdb = import_module("duckdb")

    with duckdb.connect() as connection:
        people = connection.sql(f"SELECT * FROM '{parquet}'")
        assert by_key(pa.table(decide_table(POLICY, people))) == expected


def test_dask(expected: dict[str, Any], recipe: Callable[..., dict[str, Any]]) -> None:
    found = recipe("Dask", dask=import_module("dask"))["decisions"]
    assert by_key(pa.concat_tables(found)) == expected


def run(script: str, *arguments: str) -> None:
    environment = {
        **os.environ,
        "PYSPARK_PYTHON": sys.executable,
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def read_parts(folder: Path) -> Any:
    files = sorted(folder.rglob("*.parquet"))
    assert files
    return pa.concat_tables([pq.read_table(file, partitioning=None) for file in files])


def test_spark(expected: dict[str, Any], parquet: str, tmp_path: Path) -> None:
    """The job of the examples, on a local Spark."""
    run(
        "spark_job.py",
        parquet,
        str(tmp_path / "out"),
        "--policy",
        POLICY.id,
        "--master",
        "local[2]",
    )
    found = by_key(read_parts(tmp_path / "out"))
    assert {key: comparable(row) for key, row in found.items()} == {
        key: comparable(row) for key, row in expected.items()
    }
    assert SPARK_SCHEMA.startswith("key string, outcome string")


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "offers": [dict(offer) for offer in row["offers"]]}


def test_ray(expected: dict[str, Any], parquet: str, tmp_path: Path) -> None:
    run("ray_job.py", parquet, str(tmp_path / "out"), "--policy", POLICY.id)
    assert by_key(read_parts(tmp_path / "out")) == expected


# the predicate for databases

NAMES = ["tw/covid19-1922/round-01", "tw/covid19-1922/round-15", "tw/influenza/2026"]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


def assert_found(policy: Policy, on: date, people: list[Any], dialect: Any, find: Any) -> None:
    predicate = where(policy, on=on, dialect=dialect, doses=MOST)
    columns = dict(predicate.columns)
    surely, possibly = find(predicate, columns, rows_of(people, columns))
    assert_holds(policy, people, on, surely, possibly, exact=not predicate.left_open)


@pytest.mark.parametrize("name", NAMES)
def test_postgresql_says_what_decide_says(name: str, server: PostgresServer) -> None:
    psycopg = import_module("psycopg")

    policy = catalog.load(name)
    people = in_flat_columns(policy, anybody(policy, 120, seed=9))

    def find(predicate: Any, columns: dict[str, str], rows: list[Any]) -> Any:
        with psycopg.connect(server.dsn) as connection, connection.cursor() as cursor:
            cursor.execute(table_of(columns).replace("CREATE", "CREATE TEMPORARY").encode())
            cursor.executemany(insert_of(columns, "%s").encode(), rows)
            for text in (predicate.surely, predicate.possibly):
                cursor.execute(
                    f"SELECT row FROM people WHERE {text}".encode(), predicate.parameters
                )
                yield {row for (row,) in cursor.fetchall()}

    for on in days_of(policy):
        assert_found(policy, on, people, "postgresql", find)


@pytest.mark.parametrize("name", NAMES)
def test_duckdb_says_what_decide_says(name: str) -> None:
    duckdb = import_module("duckdb")

    policy = catalog.load(name)
    people = in_flat_columns(policy, anybody(policy, 120, seed=9))

    def find(predicate: Any, columns: dict[str, str], rows: list[Any]) -> Any:
        with duckdb.connect() as connection:
            connection.execute(table_of(columns))
            connection.executemany(insert_of(columns, "?"), rows)
            for text in (predicate.surely, predicate.possibly):
                connection.execute(f"SELECT row FROM people WHERE {text}", predicate.parameters)
                yield {row for (row,) in connection.fetchall()}

    for on in days_of(policy):
        assert_found(policy, on, people, "duckdb", find)


def test_a_sample_is_read_by_polars(tmp_path: Path) -> None:
    pl = import_module("polars")

    pq.write_table(sample_people(1000, 1), tmp_path / "people.parquet")
    people = pl.read_parquet(tmp_path / "people.parquet")
    found = pl.DataFrame(decide_table(POLICY, people, keep=[]))
    assert found.height == 1000
