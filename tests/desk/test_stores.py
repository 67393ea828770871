"""Every store keeps the same promises."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from attrs import evolve as altered
from hypothesis import given
from hypothesis import strategies as st

from tests.desk.desks import MORNING, book, desk_on, open_slot, register
from tools.postgres_server import PostgresServer
from vaxpolicy import desk
from vaxpolicy._values import MOST_OF_A_NAME, check_of
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import Slot
from vaxpolicy.desk import Conflict, SQLiteStore, Store, Unavailable, journey_stream, slot_stream
from vaxpolicy.desk.store import TABLES, joined
from vaxpolicy.eligibility import Dose
from vaxpolicy.reservation import Actor, DoseRecorded, RecordDose, Withdraw, Withdrawn

NOW = datetime(2021, 7, 2, 9, tzinfo=UTC)


def an_event(version: int = 1, cause: str = "c1", subject: str = "anna") -> Withdrawn:
    return Withdrawn(version, NOW, Withdraw(id=cause, actor=Actor.PERSON, subject=subject))


def test_what_was_appended_is_read_back_equal(store: Store) -> None:
    dose = RecordDose(
        id="接種", actor=Actor.PROGRAMME, subject="a", dose=1, given=Dose("AZ", date(2021, 7, 1))
    )
    slot = Slot("臺北/1", date(2021, 7, 2), "morning", "AZ", 1)
    opened = slots.Opened(1, NOW, slots.Open(id="o", actor=Actor.SITE, slot=slot, places=5))
    store.append([("journey/a", 0, [DoseRecorded(1, NOW, dose)]), ("slot/1", 0, [opened])])
    assert store.read("journey/a") == (DoseRecorded(1, NOW, dose),)
    assert store.read("slot/1") == (opened,)
    assert store.read("journey/b") == ()


@pytest.mark.parametrize("name", ["a\\u0000b", "\\", "\\\\u0000", '"', "%00", "臺🙂"])
def test_a_name_that_looks_like_the_spelling_of_another_is_kept_as_it_is(
    store: Store, name: str
) -> None:
    event = an_event(cause=name, subject=name)
    store.append([(journey_stream(name), 0, [event])])
    assert store.read(journey_stream(name)) == (event,)
    assert store.versions() == {journey_stream(name): 1}


def test_a_stream_is_read_from_a_version_on(store: Store) -> None:
    events = [an_event(n, f"c{n}") for n in (1, 2, 3)]
    store.append([("s", 0, events[:2])])
    store.append([("s", 2, events[2:])])
    assert store.read("s", 1) == tuple(events[1:])
    assert store.read("s", 3) == ()


@pytest.mark.parametrize("expected", [0, 2])
def test_a_version_that_has_moved_on(store: Store, expected: int) -> None:
    store.append([("s", 0, [an_event()])])
    with pytest.raises(Conflict):
        store.append([("s", expected, [an_event(expected + 1, "c2")])])
    assert store.versions() == {"s": 1}


def test_all_or_none(store: Store) -> None:
    store.append([("s", 0, [an_event()])])
    with pytest.raises(Conflict):
        store.append([("a", 0, [an_event()]), ("s", 0, [an_event()]), ("z", 0, [an_event()])])
    assert store.read("a") == store.read("z") == ()
    assert store.versions() == {"s": 1}


def test_a_command_has_one_event_in_a_stream(store: Store) -> None:
    store.append([("s", 0, [an_event()])])
    with pytest.raises(Conflict):
        store.append([("other", 0, [an_event()]), ("s", 1, [an_event(2)])])
    assert store.versions() == {"s": 1}
    store.append([("other", 0, [an_event()])])


def test_a_version_can_be_checked_alone(store: Store) -> None:
    store.append([("s", 0, [an_event()]), ("nothing", 0, [])])
    store.append([("s", 1, []), ("t", 0, [an_event()])])
    for wrong in (("s", 0), ("s", 2), ("nothing", 1)):
        with pytest.raises(Conflict):
            store.append([(*wrong, []), ("u", 0, [an_event()])])
    assert store.versions() == {"s": 1, "t": 1}


def test_the_streams_of_a_prefix(store: Store) -> None:
    names = ["slot/a/1", "slot/a/2", "slot/ab/1", "slot/臺/1", "journey/x"]
    store.append([(name, 0, [an_event()]) for name in names])
    assert list(store.versions("slot/a/")) == ["slot/a/1", "slot/a/2"]
    assert list(store.versions("slot/臺")) == ["slot/臺/1"]
    assert set(store.versions()) == set(names)
    assert store.versions("nowhere") == {}


def test_a_snapshot_is_replaced_by_a_later_one_and_by_another_form(store: Any) -> None:
    assert isinstance(store, desk.SnapshotStore)
    store.append([("s", 0, [an_event()])])
    assert store.snapshot("s") is None
    kept = [desk.Snapshot(*each) for each in ((5, 1, "a"), (4, 1, "b"), (6, 1, "c"), (2, 2, "d"))]
    for snapshot, expected in zip(kept, "aacd", strict=True):
        store.keep_snapshot("s", snapshot)
        found = store.snapshot("s")
        assert found is not None
        assert found.state == expected
    assert store.read("s") == (an_event(),)


@pytest.mark.parametrize(
    "changes",
    [
        [("s", 0, [an_event(2)])],
        [("s", 0, [an_event(1), an_event(1, "c2")])],
        [("s", -1, [an_event(1)])],
        [("s", True, [an_event(2)])],
        [("s", 0, [an_event()]), ("s", 1, [an_event(2, "c2")])],
    ],
)
def test_changes_that_no_stream_can_have(store: Store, changes: Any) -> None:
    with pytest.raises(ValueError, match="changes: expected"):
        store.append(changes)
    assert store.versions() == {}


def test_several_threads_and_several_openings(make_store: Callable[[], Store]) -> None:
    """Of those who append to the same version one comes first; the others are told so."""
    stores = [make_store() for _ in range(4)]

    def race(number: int) -> bool:
        try:
            stores[number % 4].append([("s", 0, [an_event(cause=f"c{number}")])])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(24))) == 1
    assert [len(each.read("s")) for each in stores] == [1, 1, 1, 1]


def test_applications_that_start_at_once_make_the_tables_once(
    make_store: Callable[[], Store],
) -> None:
    """Nothing is there yet. Each of them waits for the one that makes the tables."""
    everybody = Barrier(16)

    def starts(_: int) -> Store:
        everybody.wait()
        return make_store()

    with ThreadPoolExecutor(16) as pool:
        stores = list(pool.map(starts, range(16)))
    stores[0].append([("s", 0, [an_event()])])
    assert [it.versions() for it in stores] == [{"s": 1}] * 16


# The databases alone.


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def execute(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], object]]:
    """A store with one event, and someone who goes at it with SQL."""
    if request.param == "sqlite":
        store: Any = SQLiteStore(tmp_path / "desk.db")
        connection: Any = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)
    else:
        import psycopg  # noqa: PLC0415  # only where it is asked for

        address = request.getfixturevalue("dsn")
        store = desk.PostgresStore(address)
        connection = psycopg.connect(address, autocommit=True)
    store.append([("s", 0, [an_event()])])
    with closing(store), closing(connection):
        yield connection.execute
        assert store.read("s") == (an_event(),)


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET version = 2", "DELETE FROM events WHERE version = 1"]
)
def test_an_event_is_never_changed_or_removed(
    execute: Callable[[str], object], statement: str
) -> None:
    with pytest.raises(Exception, match="append-only"):
        execute(statement)


@pytest.mark.parametrize("event", ["\0", "a\0b"])
def test_a_text_that_no_database_stores(tmp_path: Path, event: str) -> None:
    with closing(SQLiteStore(tmp_path / "desk.db")) as store:
        with pytest.raises(ValueError, match="id: expected a text"):
            an_event(cause=event)
        with pytest.raises(ValueError, match="subject: expected a text"):
            an_event(subject=event)
        with pytest.raises(ValueError, match="NUL"):
            store.append([(event, 0, [an_event()])])


def test_sqlite_streams_only_grow(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "desk.db")) as store:
        store.append([("s", 0, [an_event()])])
        with (
            closing(sqlite3.connect(tmp_path / "desk.db")) as other,
            pytest.raises(sqlite3.IntegrityError, match="only grows"),
        ):
            other.execute("UPDATE streams SET version = 0")


def test_sqlite_that_another_writer_blocks(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "desk.db", wait=0)) as store:
        with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="send the same command again"):
                store.append([("s", 0, [an_event()])])
            other.execute("ROLLBACK")
        store.append([("s", 0, [an_event()])])
        assert store.versions() == {"s": 1}


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(Unavailable):
        SQLiteStore(tmp_path / "x")


@pytest.mark.postgres
def test_postgres_that_was_killed_and_comes_back(server: PostgresServer, dsn: str) -> None:
    with closing(desk.PostgresStore(dsn)) as store:
        store.append([("s", 0, [an_event()])])
        server.kill()
        try:
            for _ in range(2):
                with pytest.raises(Unavailable, match="send the same command again"):
                    store.append([("s", 1, [an_event(2, "c2")])])
        finally:
            server.start()
        store.append([("s", 1, [an_event(2, "c2")])])
        server.kill()
        server.start()
        assert store.versions() == {"s": 2}  # asked once more on a connection of its own
        assert store.read("s") == (an_event(), an_event(2, "c2"))


def test_names_of_streams() -> None:
    """Two journeys or two slots never share a stream, whatever is in their names."""
    assert journey_stream("a/b") == "journey/a%:b"
    assert joined("a/b", "c") != joined("a", "b/c")
    assert joined("a%:b") != joined("a/b")
    one = Slot("臺北/1", date(2021, 7, 2), "morning", "AZ", 1)
    assert slot_stream(one) == "slot/臺北%:1/2021-07-02/morning/AZ/1"
    assert slot_stream(one) != slot_stream(altered(one, dose=2))


IDS = st.one_of(
    st.text(alphabet="aZ19/%:-_. 臺０", min_size=1, max_size=20),
    st.text(min_size=1, max_size=MOST_OF_A_NAME),
    st.from_regex("([a-z]{1,3}/)?[a-f]{3}[0-9]{9}[a-f]{4}(/[0-9])?", fullmatch=True),
    st.uuids().map(str),
).filter(lambda text: check_of(str)(text) is None)


@given(st.lists(IDS, min_size=1, max_size=4))
def test_an_id_made_from_ids_is_an_id(parts: list[str]) -> None:
    """The desk makes ids that are not refused from any ids that a backend chooses."""
    assert check_of(str)(joined(*parts)) is None


@given(st.from_regex("[0-9a-f]{16}|[0-9a-f]{32}", fullmatch=True) | st.uuids().map(str))
def test_the_random_ids_of_the_guide_are_ids(drawn: str) -> None:
    """`secrets.token_hex(8)` and `(16)` and UUIDs, alone and as a part."""
    assert check_of(str)(drawn) is None
    assert check_of(str)(joined("notice", drawn, "3")) is None


def test_a_random_id_in_a_path_is_no_number() -> None:
    """A random id of a command, with a name before and a version behind, as forms make them."""
    booking = "c0ffee123456789a"
    assert joined(f"moved/{booking}/3", "take", "2") == "moved%:c0ffee123456789a%:3/take/2"
    assert check_of(str)(joined(f"moved/{booking}/3")) is None
    assert len(joined("a" * 200, "b" * 200)) == 64
    longest = "g" * MOST_OF_A_NAME
    assert joined(longest) == longest
    assert len(joined(longest + "g")) == 64


@given(st.lists(IDS, min_size=1, max_size=3), st.lists(IDS, min_size=1, max_size=3))
def test_other_parts_make_another_id(one: list[str], other: list[str]) -> None:
    assert (joined(*one) == joined(*other)) == (one == other)


def test_the_extra_is_loaded_when_it_is_asked_for() -> None:
    assert desk.PostgresStore.__module__ == "vaxpolicy.desk.postgres"
    assert "CREATE TABLE" in desk.POSTGRES_SCHEMA
    with pytest.raises(AttributeError, match="no attribute 'OracleStore'"):
        _ = desk.OracleStore  # type: ignore[attr-defined]


def test_the_tables_of_a_newer_version_are_refused_before_anything_is_written(
    tmp_path: Path,
) -> None:
    """An older version must not write where a newer one has made the tables."""
    place = tmp_path / "desk.db"
    SQLiteStore(place).close()
    SQLiteStore(place).close()
    with closing(sqlite3.connect(place)) as connection:
        assert connection.execute("SELECT form FROM desk_form").fetchall() == [(TABLES,)]
        connection.execute("UPDATE desk_form SET form = 2")
        connection.commit()
    with pytest.raises(desk.WrongTables, match="made by another version of the library"):
        SQLiteStore(place)


@pytest.mark.postgres
def test_the_tables_of_a_newer_version_in_postgresql_are_refused(dsn: str) -> None:
    import psycopg  # noqa: PLC0415  # only where it is asked for

    for _ in range(2):
        desk.PostgresStore(dsn).close()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT form FROM desk_form").fetchall() == [(TABLES,)]
        connection.execute("UPDATE desk_form SET form = 2")
    with pytest.raises(desk.WrongTables, match="made by another version of the library"):
        desk.PostgresStore(dsn)


def test_the_documented_tables_are_the_ones_that_are_made() -> None:
    page = (Path(__file__).parents[2] / "docs/explanation/desk.md").read_text(encoding="utf-8")
    assert f"```sql\n{desk.SQLITE_SCHEMA}```" in page
    assert f"```sql\n{desk.POSTGRES_SCHEMA}```" in page


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_the_address_of_a_server_is_no_file(scheme: str) -> None:
    with pytest.raises(ValueError, match="path: expected a file") as caught:
        SQLiteStore(f"{scheme}://user:secret@host/bookings")
    assert "secret" not in str(caught.value)


def test_no_store_makes_a_desk_read_from_the_beginning_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last event that the desk knows is read back equal."""
    service = desk_on(store)
    open_slot(service)
    register(service, "anna")
    book(service, "anna")
    reads, read = [], store.read

    def counted(stream: str, after: int = 0) -> Any:
        reads.append((stream, after))
        return read(stream, after)

    monkeypatch.setattr(store, "read", counted)
    service.journey("anna")
    service.capacity(MORNING)
    assert reads == [(journey_stream("anna"), 1), (slot_stream(MORNING), 1)]
