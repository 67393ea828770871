"""What the portal keeps of a person beside the events: a masked number, and where messages go."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_TABLE = """CREATE TABLE IF NOT EXISTS contacts
(subject TEXT PRIMARY KEY, masked TEXT NOT NULL, mobile TEXT NOT NULL)"""


class Contacts:
    """The table of contacts, in the same database as the events."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._do(_TABLE)

    def _connect(self) -> Any:
        if self._database.startswith("postgresql://"):
            import psycopg  # noqa: PLC0415  # only where PostgreSQL is used

            return psycopg.connect(self._database, autocommit=True)
        return sqlite3.connect(self._database, isolation_level=None, timeout=30)

    def _do(self, statement: str, values: Iterable[str] = ()) -> list[Any]:
        with closing(self._connect()) as connection:
            if not isinstance(connection, sqlite3.Connection):
                statement = statement.replace("?", "%s")
            found = connection.execute(statement, tuple(values))
            return list(found.fetchall()) if found.description else []

    def keep(self, subject: str, masked: str, mobile: str) -> None:
        """Keep or replace what is known of a person."""
        self._do(
            "INSERT INTO contacts VALUES (?, ?, ?) ON CONFLICT (subject)"
            " DO UPDATE SET masked = excluded.masked, mobile = excluded.mobile",
            (subject, masked, mobile),
        )

    def all(self) -> dict[str, tuple[str, str]]:
        """Masked number and mobile number of everybody, by pseudonym."""
        rows = self._do("SELECT subject, masked, mobile FROM contacts ORDER BY subject")
        return {subject: (masked, mobile) for subject, masked, mobile in rows}
