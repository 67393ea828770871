"""The link to a database: from a command to stored events.

`BookingService` does each command of a booking desk in one append over the streams that it
concerns. `SQLiteStore`, `PostgresStore` (extra ``postgres``) and `MemoryStore` keep the events; a
store of your own has three methods, see `Store`. The rules about eligibility and booking are in
`vaxpolicy.eligibility` and `vaxpolicy.reservation`, not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vaxpolicy.desk.service import (
    Attendance,
    BookingService,
    Brought,
    Done,
    Gateway,
    SlotAnswer,
    Waiting,
)
from vaxpolicy.desk.settling import Leak, Unsettled, unsettled
from vaxpolicy.desk.sqlite import SQLITE_SCHEMA, SQLiteStore
from vaxpolicy.desk.store import (
    Change,
    Conflict,
    MemoryStore,
    Snapshot,
    SnapshotStore,
    Store,
    Unavailable,
    WrongTables,
    journey_stream,
    slot_stream,
)

__all__ = [
    "POSTGRES_SCHEMA",
    "SQLITE_SCHEMA",
    "Attendance",
    "BookingService",
    "Brought",
    "Change",
    "Conflict",
    "Done",
    "Gateway",
    "Leak",
    "MemoryStore",
    "PostgresStore",
    "SQLiteStore",
    "SlotAnswer",
    "Snapshot",
    "SnapshotStore",
    "Store",
    "Unavailable",
    "Unsettled",
    "Waiting",
    "WrongTables",
    "journey_stream",
    "slot_stream",
    "unsettled",
]


if TYPE_CHECKING:
    from vaxpolicy.desk.postgres import POSTGRES_SCHEMA, PostgresStore
else:

    def __getattr__(name: str) -> Any:
        """Load `PostgresStore` and its tables, which need psycopg, when they are first used."""
        if name in ("PostgresStore", "POSTGRES_SCHEMA"):
            from vaxpolicy.desk import postgres  # noqa: PLC0415  # needs an extra

            return getattr(postgres, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
