"""Measures the bookings per second of a desk, and the time of each; the database is on this machine.

    python benchmarks/desk_load.py sqlite                    as many as it can in 20 seconds
    python benchmarks/desk_load.py postgres --rate 120 --seconds 300
    python benchmarks/desk_load.py --write                   all of it, into docs/explanation/desk.md

At a rate, bookings are due at even times, and the latency counts from the time at which one was
due: waiting in the queue is part of it. Everybody is a new person who looks up a slot and books it,
one in ten then changes, one in ten cancels. At the end no place may be oversold and nothing may be
left unsettled. It stops by itself after the seconds given, and touches no other machine.
"""

import argparse
import itertools
import json
import os
import platform
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tools.postgres_server import PostgresServer
from vaxpolicy import catalog
from vaxpolicy.booking.slots import Open, Slot, consuming
from vaxpolicy.days import TAIWAN
from vaxpolicy.desk import BookingService, Conflict, PostgresStore, SQLiteStore
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.identity import IdentityForm, RegistryAnswer, check_form
from vaxpolicy.reservation import Actor, Book, Cancel, Change, Programme, Rejected

NOW = datetime(2022, 1, 15, 15, tzinfo=TAIWAN)
POLICY = catalog.load("tw/covid19-1922/round-19")
PERSON = Person(
    birth_date=date(1990, 1, 1),
    doses=[Dose("AZ", date(2021, 6, 1)), Dose("AZ", date(2021, 9, 1))],
    groups=frozenset(),
)
CLAIM = check_form(
    IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True),
    on=NOW.date(),
)
BROUGHT: Any = {"person": PERSON, "claim": CLAIM, "registry": RegistryAnswer.MATCHED}
SITES = 60
SLOTS = [
    Slot(f"site-{site}", date(2022, 1, 17) + timedelta(days=day), session, "BNT", 3)
    for site in range(SITES)
    for day in range(7)
    for session in ("morning", "afternoon")
]


def one(service: BookingService, number: int) -> None:
    """A person books; some change, some cancel."""
    subject, slot = f"p{number}", SLOTS[number * 7919 % len(SLOTS)]
    common: Any = {"actor": Actor.PERSON, "subject": subject}
    book = Book(id="b", policy_id=POLICY.id, slot=slot, **common)
    service.book(book, now=NOW, **BROUGHT)
    if number % 10 == 0:
        other = SLOTS[(number * 7919 + 1) % len(SLOTS)]
        change = Change(id="c", policy_id=POLICY.id, slot=other, booking="b", **common)
        service.change(change, now=NOW, **BROUGHT)
    elif number % 10 == 1:
        service.cancel(Cancel(id="x", booking="b", **common), now=NOW)


@contextmanager
def stores(database: str) -> Iterator[Any]:
    """An empty store that is removed afterwards."""
    if database == "sqlite":
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(SQLiteStore(f"{folder}/x.db")) as store,
        ):
            yield store
    else:
        with PostgresServer() as server, closing(PostgresStore(server.dsn)) as store:
            yield store


def run(service: BookingService, seconds: float, rate: float, threads: int) -> dict[str, Any]:
    numbers, latencies, errors = itertools.count(), [], Counter[str]()
    start, cpu = time.perf_counter(), time.process_time()

    def client() -> None:
        while True:
            number = next(numbers)
            due = start + number / rate if rate else time.perf_counter()
            if due > start + seconds:
                return
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(wait)
            try:
                one(service, number)
            except (Rejected, Conflict) as error:
                errors[getattr(error, "code", "conflict")] += 1
            latencies.append(time.perf_counter() - due)

    running = [threading.Thread(target=client) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    took = time.perf_counter() - start
    latencies.sort()

    def at(share: float) -> float:
        return round(1000 * latencies[int(share * (len(latencies) - 1))], 1)

    return {
        "bookings": len(latencies) - errors.total(),
        "errors": dict(errors),
        "per_second": round(len(latencies) / took, 1),
        "p50_ms": at(0.5),
        "p95_ms": at(0.95),
        "p99_ms": at(0.99),
        "max_ms": at(1),
        "own_core": round((time.process_time() - cpu) / took, 2),
    }


def measured(database: str, seconds: float, rate: float, threads: int) -> dict[str, Any]:
    """A run on an empty store, after which nothing is oversold or unsettled."""
    places = 10 * int(seconds * max(rate, 1500) / len(SLOTS) + 1)
    with stores(database) as store:
        service = BookingService(store, policies=[POLICY], programme=Programme(registration="none"))
        for slot in SLOTS:
            opened = Open(id="o", actor=Actor.PROGRAMME, slot=slot, places=places)
            service.manage(slot, opened, now=NOW)
        found = run(service, seconds, rate, threads)
        after = BookingService(store, policies=[POLICY])
        assert all(consuming(each, NOW) <= each.places for each in after.capacities())
        assert not after.unsettled(now=NOW)
    return {"database": database, "asked": rate, **found}


RATE, MINUTES = 120, 5
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "desk.md"
ROWS = {
    f"bookings in five minutes at {RATE} a second": (True, "bookings"),
    "errors": (True, "errors"),
    "latency, 50th percentile, ms": (True, "p50_ms"),
    "95th, ms": (True, "p95_ms"),
    "99th, ms": (True, "p99_ms"),
    "bookings a second, as many as it can": (False, "per_second"),
    "latency then, 50th percentile, ms": (False, "p50_ms"),
    "95th then, ms": (False, "p95_ms"),
    "99th then, ms": (False, "p99_ms"),
}


def write_page(threads: int) -> None:
    """Measure both databases, steadily and as fast as they can, and write the table of the page."""
    found: dict[tuple[str, bool], dict[str, Any]] = {}
    for database in ("sqlite", "postgres"):
        found[database, True] = measured(database, MINUTES * 60, RATE, threads)
        found[database, False] = measured(database, 20, 0, threads)
    lines = ["| | SQLite | PostgreSQL |", "|---|---:|---:|"]
    for name, (steady, key) in ROWS.items():
        cells = [found[database, steady][key] for database in ("sqlite", "postgres")]
        shown = [sum(it.values()) if isinstance(it, dict) else it for it in cells]
        lines.append(f"| {name} | {shown[0]:,} | {shown[1]:,} |")
    busy = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    python = platform.python_version()
    lines += [
        "",
        f"Measured {time.strftime('%Y-%m-%d')} with CPython {python} on {os.cpu_count()} cores.",
        f"The load of the machine over 1, 5 and 15 minutes was {busy} at the end.",
    ]
    marks = "<!-- written by benchmarks/desk_load.py -->", "<!-- end -->"
    text = PAGE.read_text(encoding="utf-8")
    new = f"{marks[0]}\n\n{chr(10).join(lines)}\n\n{marks[1]}"
    pattern = f"{re.escape(marks[0])}.*?{re.escape(marks[1])}"
    changed, count = re.subn(pattern, lambda _: new, text, flags=re.DOTALL)
    assert count == 1, "the page has no place for the table"
    PAGE.write_text(changed, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("database", choices=("sqlite", "postgres"), nargs="?", default="sqlite")
    parser.add_argument("--write", action="store_true", help="measure everything, write the page")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=0, help="bookings a second; 0: all it can")
    parser.add_argument("--threads", type=int, default=8)
    given = parser.parse_args()
    if given.write:
        write_page(given.threads)
        return
    print(json.dumps(measured(given.database, given.seconds, given.rate, given.threads)))


if __name__ == "__main__":
    main()
