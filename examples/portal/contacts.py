"""The data that the portal keeps beside the events: numbers, answers, and clerks' entries."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONTACTS = """CREATE TABLE IF NOT EXISTS contacts
(subject TEXT PRIMARY KEY, masked TEXT NOT NULL, mobile TEXT NOT NULL)"""
_SIGNED = """CREATE TABLE IF NOT EXISTS signed
(subject TEXT, command TEXT, clerk TEXT NOT NULL, PRIMARY KEY (subject, command))"""
_ANSWERS = """CREATE TABLE IF NOT EXISTS answers
(subject TEXT, fact TEXT, said TEXT NOT NULL, PRIMARY KEY (subject, fact))"""


class Contacts:
    """Three tables in the same database as the events."""

    def __init__(self, database: str) -> None:
        self._database = database
        for table in (_CONTACTS, _SIGNED, _ANSWERS):
            self._do(table)

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

    def keep(self, subject: str, masked: str, mobile: str = "") -> None:
        """Keep what is known of a person; a mobile number replaces the one before."""
        self._do(
            "INSERT INTO contacts VALUES (?, ?, ?) ON CONFLICT (subject) DO UPDATE SET mobile ="
            " CASE excluded.mobile WHEN '' THEN contacts.mobile ELSE excluded.mobile END",
            (subject, masked, mobile),
        )

    def sign(self, subject: str, command: str, clerk: str) -> None:
        """Keep the name of the clerk who entered a command."""
        statement = "INSERT INTO signed VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        self._do(statement, (subject, command, clerk))

    def signed(self, subject: str) -> dict[str, str]:
        """The clerks who entered the commands of a journey."""
        return dict(self._do("SELECT command, clerk FROM signed WHERE subject = ?", (subject,)))

    def answer(self, subject: str, fact: str, said: str) -> None:
        """Keep the day on which something last happened, "never" or "unknown"."""
        statement = "INSERT INTO answers VALUES (?, ?, ?)"
        statement += " ON CONFLICT (subject, fact) DO UPDATE SET said = excluded.said"
        self._do(statement, (subject, fact, said))

    def answers(self, subject: str) -> dict[str, str]:
        """The answers of a person, by the dated fact."""
        return dict(self._do("SELECT fact, said FROM answers WHERE subject = ?", (subject,)))

    def masked(self) -> dict[str, str]:
        """The masked number of everybody, by pseudonym."""
        return dict(self._do("SELECT subject, masked FROM contacts"))
