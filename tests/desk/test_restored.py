"""An older copy of the database is put in the place of one on which a desk is running."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.desk.desks import MORNING, OPEN, a_cancellation, book, desk_on, free, open_slot, register
from vaxpolicy.desk import BookingService, SQLiteStore
from vaxpolicy.reservation import Status


class Files:
    """A database, and a copy of it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.backup = folder / "desk.db", folder / "backup.db"
        self.stores: list[SQLiteStore] = []

    def desk(self) -> BookingService:
        """A desk as a process has it that starts now."""
        self.stores.append(SQLiteStore(self.path))
        return desk_on(self.stores[-1])

    def save(self) -> None:
        self._copy(self.path, self.backup)

    def restore(self) -> None:
        self._copy(self.backup, self.path)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
            one.backup(other)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    made = Files(tmp_path)
    yield made
    for store in made.stores:
        store.close()


@pytest.fixture
def running(files: Files) -> BookingService:
    """A desk that has booked for bert after the copy was made."""
    desk = files.desk()
    open_slot(desk)
    for subject in ("anna", "bert", "carl", "dora"):
        register(desk, subject)
    book(desk, "anna")
    files.save()
    book(desk, "bert")
    files.restore()
    return desk


def test_a_booking_that_is_lost_is_not_acknowledged_but_made_again(
    files: Files, running: BookingService
) -> None:
    done = book(running, "bert")
    assert [type(each).__name__ for each in done.events] == ["Booked"]
    assert files.desk().journey("bert").status is Status.BOOKED
    assert free(files.desk()) == 0


def test_the_desk_lists_what_is_stored(files: Files, running: BookingService) -> None:
    found = running.attendance("site", MORNING.day, now=OPEN)
    assert [each.booking.subject for each in found] == ["anna"]
    assert not running.unsettled(now=OPEN)
    assert running.capacities() == files.desk().capacities()


def test_another_process_that_came_first_is_seen(files: Files, running: BookingService) -> None:
    """The stream is as long as the one that was lost, or longer, and has other events."""
    other = files.desk()
    book(other, "carl")
    assert running.capacity(MORNING) == files.desk().capacity(MORNING)
    other.cancel(a_cancellation("carl"), now=OPEN)
    book(other, "dora")
    running.cancel(a_cancellation("anna"), now=OPEN)
    book(running, "bert", name="b9")
    assert running.capacity(MORNING) == files.desk().capacity(MORNING)
    assert running.journey("bert") == files.desk().journey("bert")
