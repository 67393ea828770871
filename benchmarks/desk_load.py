"""How many bookings a desk takes, and how long each one takes; the database is on this machine.

    python benchmarks/desk_load.py sqlite                    as many as it can in 20 seconds
    python benchmarks/desk_load.py postgres --rate 120 --seconds 300

At a rate, bookings are due at even times, and the latency counts from the time at which one was
due: waiting in the queue is part of it. Everybody is a new person who looks up a slot and books it,
one in ten then changes, one in ten cancels. At the end no place may be oversold and nothing may be
left unsettled. It stops by itself after the seconds given, and touches no other machine.
"""

import argparse
import itertools
import json
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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("database", choices=("sqlite", "postgres"))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=0, help="bookings a second; 0: all it can")
    parser.add_argument("--threads", type=int, default=8)
    given = parser.parse_args()
    places = 10 * int(given.seconds * max(given.rate, 1500) / len(SLOTS) + 1)
    with stores(given.database) as store:
        service = BookingService(store, policies=[POLICY], programme=Programme(registration="none"))
        for slot in SLOTS:
            opened = Open(id="o", actor=Actor.PROGRAMME, slot=slot, places=places)
            service.manage(slot, opened, now=NOW)
        found = run(service, given.seconds, given.rate, given.threads)
        after = BookingService(store, policies=[POLICY])
        assert all(consuming(each, NOW) <= each.places for each in after.capacities())
        assert not after.unsettled(now=NOW)
    print(json.dumps({"database": given.database, "asked": given.rate, **found}))


if __name__ == "__main__":
    main()
