"""Sixty-four clients race for twenty places, and a process is killed between any two writes.

The number of races is taken from VAXPOLICY_RACES; `nox -s races` runs a hundred.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve as altered

from tests.desk.desks import MORNING, OPEN, POOL, book, desk_on, free, open_slot, register
from vaxpolicy import desk
from vaxpolicy.booking.slots import Slot
from vaxpolicy.desk import BookingService, SQLiteStore, Store
from vaxpolicy.reservation import Booked, Rejected, Status

RACES = int(os.environ.get("VAXPOLICY_RACES", "2"))
CLIENTS, PLACES = 64, 20
ROOT = Path(__file__).parents[2]


def attempt(service: BookingService, subject: str, slot: Slot = MORNING) -> bool:
    """A client that sends its booking twice, as after an answer that was lost."""
    try:
        book(service, subject, slot)
        again = book(service, subject, slot)
    except Rejected as refused:
        if refused.code != "slot-full":
            raise
        return False
    assert again.events == ()
    return True


@pytest.mark.parametrize("_race", range(RACES))
def test_of_64_clients_20_get_a_place(make_store: Callable[[], Store], _race: int) -> None:
    """In every second race they want two vaccines that share the places."""
    services = [desk_on(make_store(), attempts=200) for _ in range(4)]
    wanted = POOL if _race % 2 else (MORNING, MORNING)
    open_slot(services[0], wanted[0], PLACES, *wanted[1:] if _race % 2 else ())
    people = [f"p{number}" for number in range(CLIENTS)]
    for subject in people:
        register(services[0], subject)
    with ThreadPoolExecutor(16) as pool:
        tried = pool.map(
            lambda n: attempt(services[n % 4], people[n], wanted[n // 4 % 2]), range(CLIENTS)
        )
        won = list(tried)
    assert sum(won) == PLACES
    after = desk_on(make_store())
    assert free(after, wanted[0]) == free(after, wanted[1]) == 0
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


STATEMENTS = 12
"""More than an append of one booking has, so that the last child lives."""


@pytest.mark.slow
@pytest.mark.parametrize("statement", range(1, STATEMENTS + 1))
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
        assert booked or statement < STATEMENTS
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
    """The server dies by SIGKILL. Clients meet `Unavailable`, send the same command again, and end with one booking each."""
    with closing(desk.PostgresStore(dsn)) as store:
        service = desk_on(store, attempts=200)
        open_slot(service, places=PLACES)
        people = [f"p{number}" for number in range(CLIENTS)]
        for subject in people:
            register(service, subject)

        with ThreadPoolExecutor(8) as pool:
            running = [pool.submit(stubborn, service, each, MORNING) for each in people]
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


def stubborn(service: BookingService, subject: str, slot: Slot) -> bool:
    """A client that sends its command again until there is an answer, and then once more."""
    while True:
        try:
            book(service, subject, slot)
            again = book(service, subject, slot)
        except desk.Unavailable:
            time.sleep(0.05)
        except Rejected as refused:
            if refused.code != "slot-full":
                raise
            return False
        else:
            assert again.events == ()
            return True


@pytest.mark.postgres
@pytest.mark.parametrize("answer", ["not sent", "lost"])
def test_a_server_killed_at_every_point_between_two_writes(
    server: Any, dsn: str, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """In the middle of a burst the server dies by SIGKILL, before each exchange of one append.

    Or it dies after the exchange, and the client never gets its answer: of the last exchange, that
    is the commit.
    """
    import psycopg  # noqa: PLC0415  # only where it is asked for

    burst = Burst(server, lost=answer == "lost")
    exchange = psycopg.Connection.wait

    def watched(connection: Any, *args: Any, **options: Any) -> Any:
        return burst.exchanged(connection, partial(exchange, connection, *args, **options))

    monkeypatch.setattr(psycopg.Connection, "wait", watched)
    point, seen = 0, True
    while seen:
        point += 1
        slot = altered(MORNING, session=f"at {point}")
        people = [f"p{point}-{number}" for number in range(8)]
        with closing(burst.opened(dsn)) as store:
            service = desk_on(store, attempts=200)
            open_slot(service, slot, places=4)
            for subject in people:
                register(service, subject)
            burst.dies_at(point)
            with ThreadPoolExecutor(4) as pool:
                won = list(pool.map(partial(stubborn, service, slot=slot), people))
            seen = burst.died
            after = desk_on(store)
            assert sum(won) == 4
            assert free(after, slot) == 0
            made = [[e for e in after.journey(p).history if isinstance(e, Booked)] for p in people]
            assert list(map(len, made)) == [int(each) for each in won]
            assert not after.unsettled(now=OPEN)
            assert not after.reconcile(now=OPEN)
    assert point > 5


class Burst:
    """Counts the exchanges of one append with the server, and kills it at one of them."""

    def __init__(self, server: Any, *, lost: bool) -> None:
        self._server, self._lost = server, lost
        self._lock, self.mine = threading.Lock(), threading.local()
        self._point, self._appends = 0, 0
        self.died = False

    def dies_at(self, point: int) -> None:
        self._point, self._appends, self.died = point, 0, False

    def opened(self, dsn: str) -> Any:
        burst = self

        class Watched(desk.PostgresStore):
            def append(self, changes: Any) -> None:
                burst.begins()
                try:
                    super().append(changes)
                finally:
                    burst.mine.left = 0

        return Watched(dsn)

    def begins(self) -> None:
        """The third append of a burst is the one."""
        with self._lock:
            self._appends += 1
            self.mine.left = self._point if self._appends == 3 else 0

    def exchanged(self, connection: Any, exchange: Callable[[], Any]) -> Any:
        import psycopg  # noqa: PLC0415  # only where it is asked for

        left = getattr(self.mine, "left", 0)
        self.mine.left = left - 1
        if left != 1:
            return exchange()
        found = exchange() if self._lost else None
        self.died = True
        self._server.kill()
        self._server.start()
        if not self._lost:
            return exchange()
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            raise psycopg.OperationalError  # it was the commit: nothing else would fail
        return found
