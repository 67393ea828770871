"""Stores to test with: in memory, SQLite in a temporary folder, PostgreSQL where asked for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desk.desks import AFTERNOON, MORNING, desk_on, open_slot, register
from tools.postgres_server import PostgresServer
from vaxpolicy.desk import BookingService, MemoryStore, SQLiteStore, Store


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """One server for all tests; a machine without it fails, and says so.

    `tools.mutation` names the folder of its own server, which runs already.
    """
    if (folder := os.environ.get("VAXPOLICY_POSTGRES")) is not None:
        yield PostgresServer(Path(folder))
        return
    with PostgresServer() as running:
        yield running


@pytest.fixture
def dsn(server: PostgresServer) -> Iterator[str]:
    """An empty database."""
    import psycopg  # noqa: PLC0415  # only where it is asked for

    def do(*statements: str) -> None:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    do("DROP DATABASE IF EXISTS test WITH (FORCE)", "CREATE DATABASE test")
    yield server.dsn.replace("dbname=postgres", "dbname=test")
    do("DROP DATABASE IF EXISTS test WITH (FORCE)")


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same store again and again, as each process would."""
    opened: list[Any] = []

    def opener(open_it: Callable[[], Any]) -> Callable[[], Any]:
        def opens() -> Any:
            opened.append(open_it())
            return opened[-1]

        return opens

    if request.param == "memory":
        one = MemoryStore()
        yield lambda: one
    elif request.param == "sqlite":
        yield opener(lambda: SQLiteStore(tmp_path / "desk.db"))
    else:
        from vaxpolicy.desk import PostgresStore  # noqa: PLC0415  # only where it is asked for

        address = request.getfixturevalue("dsn")
        yield opener(lambda: PostgresStore(address))
    for each in opened:
        each.close()


@pytest.fixture
def store(make_store: Callable[[], Store]) -> Store:
    return make_store()


@pytest.fixture
def service() -> BookingService:
    """A desk with two slots and three people who have registered."""
    made = desk_on(MemoryStore())
    for slot in (MORNING, AFTERNOON):
        open_slot(made, slot)
    for subject in ("anna", "bert", "carl"):
        register(made, subject)
    return made
