"""Events in SQLite: a file beside the application, with nothing to install.

The file is in WAL mode, so that readers never wait for the writer, and every commit reaches the
disk before `append` returns. Each thread has a connection of its own.
"""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, contextmanager
from threading import Lock, local
from typing import TYPE_CHECKING, Final

from vaxpolicy.booking.event_json import from_json
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
    from os import PathLike

    from vaxpolicy.desk.store import Change, Event

__all__ = ["SQLITE_SCHEMA", "SQLiteStore"]

SQLITE_SCHEMA: Final = """\
CREATE TABLE IF NOT EXISTS streams (
  stream  TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  stream  TEXT NOT NULL REFERENCES streams,
  version INTEGER NOT NULL CHECK (version > 0),
  command TEXT NOT NULL,
  event   TEXT NOT NULL CHECK (json_valid(event)),
  PRIMARY KEY (stream, version),
  UNIQUE (stream, command)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshots (
  stream  TEXT NOT NULL PRIMARY KEY REFERENCES streams,
  version INTEGER NOT NULL,
  form    INTEGER NOT NULL,
  state   TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS desk_form (
  form INTEGER NOT NULL PRIMARY KEY
);
CREATE TRIGGER IF NOT EXISTS events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER IF NOT EXISTS events_are_not_removed BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER IF NOT EXISTS streams_grow BEFORE UPDATE ON streams WHEN NEW.version <= OLD.version
BEGIN SELECT RAISE(ABORT, 'a stream only grows'); END;
"""
"""The tables. They can be made in an application's own database."""


class SQLiteStore:
    """Events in a SQLite file; see `vaxpolicy.desk.Store` for what it promises."""

    def __init__(self, path: str | PathLike[str], *, wait: float = 30) -> None:
        """Open the file, and make the tables where they are missing.

        Args:
            path: the file. Several processes of one machine may share it.
            wait: how many seconds to wait for another writer.

        Raises:
            WrongTables: a newer version of the library has made the tables.
            ValueError: the path is the address of a server, such as ``postgresql://...``.
        """
        if "://" in str(path):
            raise ValueError("path: expected a file, found an address; PostgresStore takes those")
        self._path, self._wait = path, wait
        self._mine = local()
        self._all: list[sqlite3.Connection] = []
        self._lock = Lock()
        self._writing = Lock()
        with ExitStack() as unless_done:
            unless_done.callback(self.close)
            with _answers():
                connection = self._connection()
                connection.executescript(SQLITE_SCHEMA).close()
                if not (found := connection.execute(FORM_OF_TABLES).fetchall()):
                    connection.execute(MARK_TABLES).close()
                    found = connection.execute(FORM_OF_TABLES).fetchall()
            if not are_of_this_form(found):
                raise WrongTables(WRONG_TABLES)
            unless_done.pop_all()

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if found is None:
            found = sqlite3.connect(
                self._path, timeout=self._wait, isolation_level=None, check_same_thread=False
            )
            with ExitStack() as unless_done:
                unless_done.callback(found.close)
                found.execute("PRAGMA journal_mode = WAL").close()
                found.execute("PRAGMA synchronous = FULL").close()
                found.execute("PRAGMA foreign_keys = ON").close()
                found.execute("PRAGMA recursive_triggers = ON").close()  # REPLACE is a removal too
                unless_done.pop_all()
            self._mine.connection = found
            with self._lock:
                self._all.append(found)
        return found

    def append(self, changes: Iterable[Change]) -> None:
        """Append events; see `Store.append`."""
        ordered = [
            (stream, expected, rows(stream, events))
            for stream, expected, events in in_order(changes)
        ]
        # The threads of a process queue up in turn here; SQLite lets other processes try again.
        with self._writing, _answers(), _transaction(self._connection()) as connection:
            for stream, expected, lines in ordered:
                _move(connection, stream, expected, expected + len(lines))
                connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", lines)

    def read(self, stream: str, after: int = 0) -> tuple[Event, ...]:
        """Read a stream; see `Store.read`."""
        with _answers():
            found = self._connection().execute(
                "SELECT event FROM events WHERE stream = ? AND version > ? ORDER BY version",
                (stream, after),
            )
            return tuple(from_json(body) for (body,) in found.fetchall())

    def snapshot(self, stream: str) -> Snapshot | None:
        """Read a snapshot; see `SnapshotStore.snapshot`."""
        with _answers():
            found = self._connection().execute(
                "SELECT version, form, state FROM snapshots WHERE stream = ?", (stream,)
            )
            row = found.fetchone()
        return None if row is None else Snapshot(*row)

    def keep_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """Keep a snapshot; see `SnapshotStore.keep_snapshot`."""
        with self._writing, _answers():
            self._connection().execute(
                "INSERT INTO snapshots VALUES (?, ?, ?, ?) ON CONFLICT (stream) DO UPDATE"
                " SET version = excluded.version, form = excluded.form, state = excluded.state"
                " WHERE (snapshots.form, snapshots.version) < (excluded.form, excluded.version)",
                (stream, snapshot.version, snapshot.form, snapshot.state),
            )

    def versions(self, prefix: str = "") -> dict[str, int]:
        """List versions; see `Store.versions`."""
        with _answers():
            found = self._connection().execute(
                "SELECT stream, version FROM streams"
                " WHERE stream >= ? AND stream < ? ORDER BY stream",
                (prefix, prefix + LAST),
            )
            return dict(found.fetchall())

    def close(self) -> None:
        """Close the connections of all threads; the store cannot be used again."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()


def _move(connection: sqlite3.Connection, stream: str, expected: int, version: int) -> None:
    """Move a stream from the expected version to another. Raises Conflict if it has moved."""
    found = connection.execute(
        "SELECT version FROM streams WHERE stream = ?", (stream,)
    ).fetchone() or (0,)
    if found[0] != expected:
        raise Conflict(CONFLICT)
    if version == expected:
        return
    if expected:
        connection.execute("UPDATE streams SET version = ? WHERE stream = ?", (version, stream))
    else:
        connection.execute("INSERT INTO streams VALUES (?, ?)", (stream, version))


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run the block as one transaction, one writer at a time."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


@contextmanager
def _answers() -> Iterator[None]:
    """Replace the errors of SQLite by those of the store; SQLite's may quote the rows."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise Conflict(CONFLICT) from None
    except sqlite3.Error:
        raise Unavailable(UNAVAILABLE) from None
