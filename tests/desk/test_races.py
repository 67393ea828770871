"""Sixty-four clients race for twenty places, and a process is killed between any two writes.

The number of races is taken from VAXPOLICY_RACES; `nox -s races` runs a hundred.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.desk.desks import MORNING, OPEN, book, desk_on, free, open_slot, register
from vaxpolicy import desk
from vaxpolicy.desk import BookingService, SQLiteStore, Store
from vaxpolicy.reservation import Rejected, Status

RACES = int(os.environ.get("VAXPOLICY_RACES", "2"))
CLIENTS, PLACES = 64, 20
ROOT = Path(__file__).parents[2]


def attempt(service: BookingService, subject: str) -> bool:
    """A client that sends its booking twice, as after an answer that was lost."""
    try:
        book(service, subject)
        again = book(service, subject)
    except Rejected as refused:
        if refused.code != "slot-full":
            raise
        return False
    assert again.events == ()
    return True


@pytest.mark.parametrize("_race", range(RACES))
def test_of_64_clients_20_get_a_place(make_store: Callable[[], Store], _race: int) -> None:
    services = [desk_on(make_store(), attempts=200) for _ in range(4)]
    open_slot(services[0], places=PLACES)
    people = [f"p{number}" for number in range(CLIENTS)]
    for subject in people:
        register(services[0], subject)
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda n: attempt(services[n % 4], people[n]), range(CLIENTS)))
    assert sum(won) == PLACES
    after = desk_on(make_store())
    assert free(after) == 0
    booked = [each for each in people if after.journey(each).status is Status.BOOKED]
    assert booked == [each for each, lucky in zip(people, won, strict=True) if lucky]
    assert not after.unsettled(now=OPEN)
    assert not after.reconcile(now=OPEN)


# Killed processes.


def a_client(address: str, first: str) -> None:
    """Book one person after the other, and say each time that it was done."""
    service = desk_on(opened(address), attempts=200)
    for number in range(int(first), CLIENTS):
        won = attempt(service, f"p{number}")
        print(f"p{number}" if won else "none", flush=True)  # noqa: T201  # the parent reads it


def opened(address: str) -> Any:
    return SQLiteStore(address) if address.endswith(".db") else desk.PostgresStore(address)


def start(address: str, first: int) -> subprocess.Popen[str]:
    code = "import sys; from tests.desk.test_races import a_client; a_client(*sys.argv[1:])"
    return subprocess.Popen(  # noqa: S603  # our own interpreter, our own code
        [sys.executable, "-c", code, address, str(first)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "desk.db")
    return str(request.getfixturevalue("dsn"))


@pytest.mark.parametrize("acknowledged", range(0, 12, 12 // max(2, min(12, RACES))))
def test_a_process_killed_in_a_burst_loses_nothing(address: str, acknowledged: int) -> None:
    """Every booking that was acknowledged is there, none is half done, and a retry is one."""
    with closing(opened(address)) as store:
        service = desk_on(store, attempts=200)
        open_slot(service, places=PLACES)
        for number in range(CLIENTS):
            register(service, f"p{number}")
        clients = [start(address, 0), start(address, 30)]
        seen: list[str] = []
        while len(seen) <= acknowledged:
            for client in clients:
                assert client.stdout is not None
                seen.append(client.stdout.readline().strip())
        for client in clients:
            client.send_signal(signal.SIGKILL)
        for client in clients:
            assert client.stdout is not None
            seen += client.stdout.read().split()
            client.wait()
            client.stdout.close()
        after = desk_on(store, attempts=200)
        told = set(seen) - {"none", ""}
        assert all(after.journey(each).status is Status.BOOKED for each in told)
        assert not after.unsettled(now=OPEN)
        again = [attempt(after, f"p{number}") for number in range(CLIENTS)]
        assert sum(again) == PLACES
        assert not after.unsettled(now=OPEN)
        assert not after.reconcile(now=OPEN)


class Stopped(BaseException):
    """The process ends here."""


@pytest.mark.slow
@pytest.mark.parametrize("statement", range(1, 13))
def test_an_append_that_ends_between_two_statements_is_not_there(
    tmp_path: Path, statement: int
) -> None:
    """A child dies by SIGKILL at every statement that SQLite is given for one booking."""
    address = str(tmp_path / "desk.db")
    with closing(SQLiteStore(address)) as store:
        service = desk_on(store)
        open_slot(service, places=1)
        register(service, "p0")
        code = "import sys; from tests.desk.test_races import killed_at; killed_at(*sys.argv[1:])"
        child = subprocess.run(  # noqa: S603  # our own interpreter, our own code
            [sys.executable, "-c", code, address, str(statement)], cwd=ROOT, check=False
        )
        after = desk_on(store)
        booked = after.journey("p0").status is Status.BOOKED
        assert free(after) == (0 if booked else 1)
        assert child.returncode == (0 if booked else -signal.SIGKILL)
        assert attempt(after, "p0")
        assert free(after) == 0
        assert not after.unsettled(now=OPEN)


def killed_at(address: str, statement: str) -> None:
    """Book, and die before the statement with this number of the append."""
    opened: list[sqlite3.Connection] = []

    class Kept(sqlite3.Connection):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            opened.append(self)

    sqlite3.connect = partial(sqlite3.connect, factory=Kept)  # type: ignore[assignment]  # for a child process
    store = SQLiteStore(address)
    service = desk_on(store)
    book_append = store.append
    left = [int(statement)]

    def count(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def append(changes: Any) -> None:
        opened[0].set_trace_callback(count)
        book_append(changes)
        opened[0].set_trace_callback(None)

    store.append = append  # type: ignore[method-assign]  # the very same, watched
    book(service, "p0")


@pytest.mark.postgres
def test_a_server_killed_in_a_burst_loses_nothing(server: Any, dsn: str) -> None:
    """Clients meet `Unavailable`, send the same command again, and end with one booking each."""
    with closing(desk.PostgresStore(dsn)) as store:
        service = desk_on(store, attempts=200)
        open_slot(service, places=PLACES)
        people = [f"p{number}" for number in range(CLIENTS)]
        for subject in people:
            register(service, subject)

        def stubborn(subject: str) -> bool:
            while True:
                try:
                    return attempt(service, subject)
                except desk.Unavailable:
                    time.sleep(0.05)

        with ThreadPoolExecutor(8) as pool:
            running = [pool.submit(stubborn, each) for each in people]
            for _ in range(3):
                time.sleep(0.03)
                server.kill()
                server.start()
            won = [each.result() for each in running]
        assert sum(won) == PLACES
        after = desk_on(store)
        assert free(after) == 0
        assert [after.journey(each).status is Status.BOOKED for each in people] == won
        assert not after.unsettled(now=OPEN)
        assert MORNING.site == "site"
