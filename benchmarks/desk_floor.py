"""Bookings with the desk on SQLite beside the same file without a desk.

    python benchmarks/desk_floor.py [seconds]

The other side writes the same number of rows with the same durability, one transaction for a booking, and
checks nothing but that a place is left: what a portal would do that has no rules, no identity, no history
and no idempotence. One thread each, in turns.
"""

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.desk_load import measured
from vaxpolicy.desk.sqlite import SQLITE_SCHEMA

TURNS = 3
PLACES = 1_000_000_000
EVENT = '{"kind": "booked", "at": "2021-07-06T10:00:00+08:00", "booking": "b", "slot": "s"}'


def bare(seconds: float) -> float:
    """Bookings a second."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(f"{folder}/x.db", isolation_level=None)) as connection,
    ):
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()
        connection.executescript(SQLITE_SCHEMA).close()
        connection.execute("INSERT INTO streams VALUES ('slot', 0)").close()
        began, number = perf_counter(), 0
        while perf_counter() < began + seconds:
            number += 1
            book(connection, number)
        return number / (perf_counter() - began)


def book(connection: Any, number: int) -> None:
    connection.execute("BEGIN IMMEDIATE").close()
    (taken,) = connection.execute("SELECT version FROM streams WHERE stream = 'slot'").fetchone()
    assert taken < PLACES
    person = f"p{number}"
    connection.execute("INSERT INTO streams VALUES (?, 1)", (person,)).close()
    connection.execute("UPDATE streams SET version = ? WHERE stream = 'slot'", (taken + 1,)).close()
    rows = [(person, 1, "b", EVENT), ("slot", taken + 1, person, EVENT)]
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows).close()
    connection.execute("COMMIT").close()


def main(seconds: float) -> int:
    ours, theirs = [], []
    for _ in range(TURNS):
        ours.append(measured("sqlite", seconds, 0, 1)["per_second"])
        theirs.append(bare(seconds))
    ratio = median(their / our for our, their in zip(ours, theirs, strict=True))
    print("| bookings a second, one thread | vaxpolicy.desk | rows in SQLite alone | times ours |")
    print("|---|---:|---:|---:|")
    print(f"| SQLite, synchronous | {median(ours):.0f} | {median(theirs):.0f} | {ratio:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5))
