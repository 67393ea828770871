"""Events in PostgreSQL, by way of psycopg 3 (extra ``postgres``).

Each thread has a connection of its own. A connection that broke is replaced at the next call.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from threading import Lock, local
from typing import TYPE_CHECKING, Any, Final

import psycopg

from vaxpolicy.booking.event_json import structure
from vaxpolicy.desk.store import (
    CONFLICT,
    FORM_OF_TABLES,
    LAST,
    MARK_TABLES,
    UNAVAILABLE,
    WRONG_TABLES,
    Conflict,
    Snapshot,
    Unavailable,
    WrongTables,
    are_of_this_form,
    in_order,
    rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import LiteralString

    from vaxpolicy.desk.store import Change, Event

__all__ = ["POSTGRES_SCHEMA", "PostgresStore"]

POSTGRES_SCHEMA: Final = """\
CREATE TABLE IF NOT EXISTS streams (
  stream  text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
  stream  text COLLATE "C" NOT NULL REFERENCES streams,
  version bigint NOT NULL CHECK (version > 0),
  command text COLLATE "C" NOT NULL,
  event   jsonb NOT NULL,
  PRIMARY KEY (stream, version),
  UNIQUE (stream, command)
);
CREATE TABLE IF NOT EXISTS snapshots (
  stream  text COLLATE "C" PRIMARY KEY REFERENCES streams,
  version bigint NOT NULL,
  form    integer NOT NULL,
  state   text NOT NULL
);
CREATE TABLE IF NOT EXISTS desk_form (
  form integer NOT NULL PRIMARY KEY
);
CREATE OR REPLACE FUNCTION events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$;
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only();
"""
"""The tables. They can be made in an application's own database."""

_SCHEMA_LOCK: Final = 0x7661_7870  # any number: two applications that start wait for each other


class PostgresStore:
    """Events in PostgreSQL; see `vaxpolicy.desk.Store` for what it promises."""

    def __init__(self, dsn: str) -> None:
        """Connect, and make the tables where they are missing.

        Args:
            dsn: the address of the database, as libpq reads it.

        Raises:
            WrongTables: a newer version of the library has made the tables.
        """
        self._dsn = dsn
        self._mine = local()
        self._all: list[psycopg.Connection] = []
        self._lock = Lock()
        try:
            with self._answers() as connection, connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
                connection.execute(POSTGRES_SCHEMA)
                connection.execute(MARK_TABLES)
                if not are_of_this_form(connection.execute(FORM_OF_TABLES).fetchall()):
                    raise WrongTables(WRONG_TABLES)  # noqa: TRY301  # nothing stays changed
        except WrongTables:
            self.close()
            raise

    def _connection(self) -> psycopg.Connection:
        """This thread's connection."""
        found: psycopg.Connection | None = getattr(self._mine, "connection", None)
        if found is None or found.closed:
            found = psycopg.connect(self._dsn, autocommit=True)
            self._mine.connection = found
            with self._lock:
                self._all = [each for each in self._all if not each.closed]
                self._all.append(found)
        return found

    def append(self, changes: Iterable[Change]) -> None:
        """Append events; see `Store.append`."""
        ordered = [
            (stream, expected, rows(stream, events))
            for stream, expected, events in in_order(changes)
        ]
        lines = [line for _, __, made in ordered for line in made]
        with self._answers() as connection, connection.transaction():
            for stream, expected, made in ordered:
                _move(connection, stream, expected, expected + len(made))
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO events VALUES (%s, %s, %s, %s)", lines)

    def read(self, stream: str, after: int = 0) -> tuple[Event, ...]:
        """Read a stream; see `Store.read`."""
        found = self._found(
            "SELECT event FROM events WHERE stream = %s AND version > %s ORDER BY version",
            stream,
            after,
        )
        return tuple(structure(body) for (body,) in found)

    def snapshot(self, stream: str) -> Snapshot | None:
        """Read a snapshot; see `SnapshotStore.snapshot`."""
        query = "SELECT version, form, state FROM snapshots WHERE stream = %s"
        found = self._found(query, stream)
        return Snapshot(*found[0]) if found else None

    def keep_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """Keep a snapshot; see `SnapshotStore.keep_snapshot`."""
        with self._answers() as connection:
            connection.execute(
                "INSERT INTO snapshots VALUES (%s, %s, %s, %s) ON CONFLICT (stream) DO UPDATE"
                " SET version = excluded.version, form = excluded.form, state = excluded.state"
                " WHERE (snapshots.form, snapshots.version) < (excluded.form, excluded.version)",
                (stream, snapshot.version, snapshot.form, snapshot.state),
            )

    def versions(self, prefix: str = "") -> dict[str, int]:
        """List versions; see `Store.versions`."""
        found = self._found(
            "SELECT stream, version FROM streams"
            " WHERE stream >= %s AND stream < %s ORDER BY stream",
            prefix,
            prefix + LAST,
        )
        return dict(found)

    def _found(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query; it is repeated once if the connection was broken."""
        with suppress(Unavailable), self._answers() as connection:
            return connection.execute(query, values).fetchall()
        with self._answers() as connection:
            return connection.execute(query, values).fetchall()

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()

    @contextmanager
    def _answers(self) -> Iterator[psycopg.Connection]:
        """The connection; its errors are replaced by those of the store.

        PostgreSQL's own may quote the rows.
        """
        try:
            yield self._connection()
        except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
            raise Conflict(CONFLICT) from None
        except psycopg.Error:
            with suppress(AttributeError, psycopg.Error):
                self._mine.connection.close()
            raise Unavailable(UNAVAILABLE) from None


def _move(connection: psycopg.Connection, stream: str, expected: int, version: int) -> None:
    """Move a stream from the expected version to another. Raises Conflict if it has moved already.

    The row stays locked until the transaction ends, so that a second writer waits.
    """
    if version == expected:
        moved = connection.execute(
            "SELECT FROM streams WHERE stream = %s AND version = %s FOR SHARE", (stream, expected)
        )
        fine = moved.rowcount == 1 or (expected == 0 and not _exists(connection, stream))
    elif expected:
        moved = connection.execute(
            "UPDATE streams SET version = %s WHERE stream = %s AND version = %s",
            (version, stream, expected),
        )
        fine = moved.rowcount == 1
    else:
        moved = connection.execute(
            "INSERT INTO streams VALUES (%s, %s) ON CONFLICT DO NOTHING", (stream, version)
        )
        fine = moved.rowcount == 1
    if not fine:
        raise Conflict(CONFLICT)


def _exists(connection: psycopg.Connection, stream: str) -> bool:
    found = connection.execute("SELECT FROM streams WHERE stream = %s", (stream,))
    return found.rowcount == 1
