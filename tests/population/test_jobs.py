"""A job leaves a whole file or none; a folder of parts goes on where it was interrupted."""

from __future__ import annotations

import errno
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from matplotlib.patches import StepPatch

from tests.population.people_tables import expected
from tests.population.test_streams import BAD, BAD_ROWS, EXPECTED, PEOPLE, POLICY, TABLE
from tests.population.workers import counted_threads, for_each_core
from vaxpolicy import catalog
from vaxpolicy.population import BadRowError, ColumnError, UnreadableError, jobs
from vaxpolicy.population.charts import comparison_chart, outcome_chart, save_chart
from vaxpolicy.population.comparison import OUTCOMES, Comparison, compare
from vaxpolicy.population.jobs import Job, JobError, run_job, write_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "people.parquet"
    pq.write_table(TABLE, file, row_group_size=10)
    return file


@pytest.fixture
def job(data: Path, tmp_path: Path) -> Job:
    return Job(policy=POLICY, data=data, out=tmp_path / "decisions.parquet")


@pytest.fixture
def parts(data: Path, tmp_path: Path) -> Job:
    return Job(policy=POLICY, data=data, out=tmp_path / "out", part_rows=10)


def rows_in(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]


def outcomes(rows: list[dict[str, Any]]) -> dict[str, int]:
    found = [row["outcome"] for row in rows]
    return {name: found.count(name) for name in set(found)}


def test_one_file(job: Job) -> None:
    told: list[tuple[int, int | None]] = []
    summary = run_job(job, lambda done, rows: told.append((done, rows)))
    assert pq.read_table(job.out).to_pylist() == EXPECTED
    assert summary.rows == len(EXPECTED)
    assert {k: n for k, n in summary.tally.kinds.items() if n} == outcomes(EXPECTED)
    assert told[-1] == (40, 40)
    assert sorted(it.name for it in job.out.parent.iterdir()) == [
        "decisions.parquet",
        "people.parquet",
    ]


@pytest.mark.parametrize(("name", "rows"), [("people.jsonl", 40), ("people.csv", None)])
def test_the_number_of_all_rows_is_told_where_the_file_is_read_before(
    job: Job, name: str, rows: int | None
) -> None:
    file = job.data.with_name(name)
    table = TABLE.select(["key", "birth_date"])
    if rows is None:
        pa_csv.write_csv(table, file)
    else:
        file.write_text("\n".join(json.dumps(row, default=str) for row in table.to_pylist()))
    told: list[tuple[int, int | None]] = []
    run_job(attrs.evolve(job, data=file), lambda done, rows: told.append((done, rows)))
    assert told[-1] == (40, rows)


def test_bad_rows_are_kept_and_counted_or_stop_the_job(job: Job) -> None:
    pq.write_table(BAD, job.data)
    assert run_job(job).bad_rows == tuple(BAD_ROWS)
    assert run_job(job).unreadable == 2
    job.out.unlink()
    with pytest.raises(BadRowError, match="row 1"):
        run_job(attrs.evolve(job, stop_at_bad_rows=True))
    assert not job.out.exists()


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """The system refuses to write more, as it does on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_leaves_nothing(job: Job) -> None:
    with no_file_larger_than(2000), pytest.raises(OSError, match="File too large") as refused:
        run_job(job)
    assert refused.value.errno == errno.EFBIG
    assert [it.name for it in job.out.parent.iterdir()] == ["people.parquet"]
    with no_file_larger_than(2000), pytest.raises(OSError, match="File too large"):
        write_sample(job.out, 1000, 1)
    assert [it.name for it in job.out.parent.iterdir()] == ["people.parquet"]


@pytest.mark.usefixtures("in_this_process")
def test_a_disk_that_fills_leaves_no_part_that_looks_whole(parts: Job) -> None:
    with no_file_larger_than(2000), pytest.raises(OSError, match="File too large"):
        run_job(parts)
    assert [it.name for it in parts.out.iterdir()] == ["_job.json"]
    run_job(parts)
    assert rows_in(parts.out) == EXPECTED


def test_damaged_people_leave_nothing(job: Job) -> None:
    pq.write_table(pa.concat_tables([TABLE] * 200), job.data, row_group_size=1000)
    content = bytearray(job.data.read_bytes())
    middle = len(content) // 2
    content[middle : middle + len(content) // 4] = bytes(len(content) // 4)
    job.data.write_bytes(content)
    with pytest.raises(UnreadableError, match=r"people\.parquet: damaged, or not Parquet"):
        run_job(job)
    job.data.write_bytes(content[: middle // 2])
    with pytest.raises(UnreadableError, match=r"people\.parquet: damaged, or not Parquet"):
        run_job(job)
    assert [it.name for it in job.out.parent.iterdir()] == ["people.parquet"]


def test_columns_of_a_wrong_type_leave_nothing(job: Job, parts: Job) -> None:
    pq.write_table(pa.table({"doses": [1, 2]}), job.data)
    for each in (job, parts):
        with pytest.raises(ColumnError, match="column doses: found int64, expected list"):
            run_job(each)
    assert [it.name for it in job.out.parent.iterdir()] == ["people.parquet"]


def test_parts(parts: Job) -> None:
    told: list[tuple[int, int | None]] = []
    summary = run_job(parts, lambda done, rows: told.append((done, rows)))
    assert rows_in(parts.out) == EXPECTED
    assert len(list(parts.out.glob("part-*.parquet"))) == 4
    assert json.loads((parts.out / "_SUCCESS").read_text()) == {"rows": 40, "parts": 4}
    assert {k: n for k, n in summary.tally.kinds.items() if n} == outcomes(EXPECTED)
    assert told[0] == (0, 40)
    assert told[-1] == (40, 40)


def test_a_damaged_summary_of_a_part_is_named(parts: Job) -> None:
    run_job(parts)
    place = parts.out / "_part-00001.json"
    written = place.read_text()
    sound = json.loads(written)
    kind = sound["kinds"][0][0]
    damaged: list[str] = ["", "[", "[]", "null", "[" * 100_000, written * 2, "9" * 5_000]
    damaged += [json.dumps({**sound, "more": 1}), json.dumps({**sound, "rows": -1})]
    for name, value in (
        *(("kinds", it) for it in ([[kind, "x"]], [[kind, -1]], [[1, 1]], [[kind]], 5, [[[], 1]])),
        *(("birth_years", it) for it in ([[kind, "x", 1]], [[kind, 1]], [["x", 1, True]])),
        *(("counties", it) for it in ([[kind, 1, 1]], [[1, "x", 1]], None)),
        *(("bad_rows", it) for it in ([[1, "A123456789"]], [["x", "invalid-birth-date"]])),
    ):
        damaged.append(json.dumps({**sound, name: value}))
    damaged.append(json.dumps({**sound, "kinds": [["A123456789", 1]]}))
    damaged.append(json.dumps({**sound, "groups": [["eligible", "A123456789", 1]]}))
    for text in damaged:
        place.write_text(text)
        with pytest.raises(
            JobError, match=r"^_part-00001\.json: damaged; remove it and part-00001"
        ):
            run_job(parts)
    place.write_text(written)
    assert run_job(parts).rows == 40


def test_a_job_goes_on_with_the_parts_that_are_missing(parts: Job) -> None:
    first = run_job(parts)
    kept = parts.out / "part-00001.parquet"
    before = kept.stat().st_mtime_ns
    (parts.out / "part-00002.parquet").unlink()
    (parts.out / "_SUCCESS").unlink()
    assert run_job(parts) == first
    assert kept.stat().st_mtime_ns == before
    assert rows_in(parts.out) == EXPECTED
    assert run_job(parts) == first  # nothing is left to do


def test_what_a_killed_worker_left_may_be_cleared_away_by_somebody_else(
    parts: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_job(parts)
    left = parts.out / ".part-00001.parquet.1.unfinished"
    left.write_text("half of a part")
    unlink = Path.unlink

    def second(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=True)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", second)
    assert run_job(parts).rows == 40
    assert not left.exists()


def test_a_folder_belongs_to_one_job(parts: Job) -> None:
    run_job(parts)
    with pytest.raises(JobError, match="out: the folder holds another job; name an empty one"):
        run_job(attrs.evolve(parts, part_rows=20))
    other = parts.out.parent / "other"
    other.mkdir()
    (other / "mine.txt").write_text("x")
    with pytest.raises(JobError, match="other: the folder is not empty"):
        run_job(attrs.evolve(parts, out=other))


@pytest.mark.usefixtures("in_this_process")
def test_each_thing_that_changes_the_decisions_makes_another_job(parts: Job) -> None:
    run_job(parts)
    other = catalog.load("tw/covid19-1922/round-14")
    changes: list[dict[str, Any]] = [
        {"policy": other},
        {"from_day": date(2022, 3, 1)},
        {"keep": []},
    ]
    for change in changes:
        with pytest.raises(JobError, match="out: the folder holds another job"):
            run_job(attrs.evolve(parts, **change))
    renamed = parts.data.with_name("others.parquet")
    renamed.hardlink_to(parts.data)
    with pytest.raises(JobError, match="out: the folder holds another job"):
        run_job(attrs.evolve(parts, data=renamed))
    run_job(parts)
    written = parts.data.stat()
    os.utime(parts.data, ns=(written.st_atime_ns, written.st_mtime_ns + 1_000_000_000))
    with pytest.raises(JobError, match="out: the folder holds another job"):
        run_job(parts)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("statistics", [True, False])
@pytest.mark.parametrize("row", [0, 19, 39])
def test_other_people_in_a_file_of_the_same_size_and_time_are_another_job(
    parts: Job, row: int, *, statistics: bool
) -> None:
    def write(births: list[date]) -> None:
        people = pa.table({"key": [f"{it:02}" for it in range(40)], "birth_date": births})
        plain = {"compression": "none", "use_dictionary": False, "write_statistics": statistics}
        pq.write_table(people, parts.data, row_group_size=10, **plain)

    births = [date(1950, 1, 1)] * 40
    write(births)
    before = parts.data.stat()
    run_job(parts)
    (parts.out / "part-00001.parquet").unlink()
    births[row] = date(2020, 1, 1)
    write(births)
    os.utime(parts.data, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert parts.data.stat().st_size == before.st_size
    with pytest.raises(JobError, match="out: the folder holds another job"):
        run_job(parts)
    write([date(1950, 1, 1)] * 40)
    os.utime(parts.data, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run_job(parts).rows == 40


@pytest.mark.usefixtures("in_this_process")
def test_parts_that_end_elsewhere_are_another_job(parts: Job) -> None:
    """Two divisions may have the same number of parts; to mix them would lose rows."""
    pq.write_table(TABLE, parts.data, row_group_size=5)
    run_job(attrs.evolve(parts, part_rows=20))
    (parts.out / "part-00001.parquet").unlink()
    with pytest.raises(JobError, match="out: the folder holds another job"):
        run_job(attrs.evolve(parts, part_rows=25))


@pytest.mark.usefixtures("in_this_process")
def test_parts_of_another_version_of_the_library_are_another_job(
    parts: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade between an interrupt and the next run would mix the answers of two versions."""
    run_job(parts)
    (parts.out / "part-00001.parquet").unlink()
    monkeypatch.setattr(jobs, "__version__", "99.0.0")
    with pytest.raises(JobError, match="out: the folder holds another job"):
        run_job(parts)


@pytest.mark.usefixtures("in_this_process")
def test_a_mark_that_was_damaged_is_that_of_another_job(parts: Job) -> None:
    run_job(parts)
    for content in (b"", b"[", b"\xff", b"[" * 100_000):
        (parts.out / "_job.json").write_bytes(content)
        with pytest.raises(JobError, match="out: the folder holds another job"):
            run_job(parts)


def test_the_decisions_never_take_the_place_of_the_people(job: Job) -> None:
    before = job.data.read_bytes()
    with pytest.raises(JobError, match=r"people\.parquet: this is the file of people"):
        run_job(attrs.evolve(job, out=job.data))
    job.out.symlink_to(job.data)
    with pytest.raises(JobError, match=r"decisions\.parquet: this is the file of people"):
        run_job(job)
    assert job.data.read_bytes() == before


def test_a_place_that_cannot_hold_the_decisions_is_refused_before_the_work(job: Job) -> None:
    with pytest.raises(JobError, match=r"decisions\.csv: expected a name that ends in \.parquet"):
        run_job(attrs.evolve(job, out=job.out.with_suffix(".csv")))
    job.out.mkdir()
    with pytest.raises(JobError, match=r"decisions\.parquet: this is a folder"):
        run_job(job)
    assert not attrs.evolve(job, out=job.out.with_suffix(".PQ")).in_parts
    assert attrs.evolve(job, out=job.out.with_suffix(".2")).in_parts


@pytest.mark.usefixtures("in_this_process")
def test_a_file_without_rows_has_one_part_with_the_columns(parts: Job) -> None:
    pq.write_table(TABLE, parts.data)
    pq.ParquetWriter(parts.data, TABLE.schema).close()
    assert run_job(parts).rows == 0
    written = pq.read_table(parts.out / "part-00000.parquet")
    assert (written.num_rows, written.schema.names) == (0, list(EXPECTED[0]))


@pytest.mark.usefixtures("in_this_process")
def test_a_job_that_goes_on_stops_at_the_bad_rows_of_earlier_parts(parts: Job) -> None:
    pq.write_table(pa.concat_tables([TABLE.select(["key", "birth_date"]), BAD]), parts.data)
    run_job(parts)
    with pytest.raises(BadRowError, match="row 41: invalid-birth-date"):
        run_job(attrs.evolve(parts, stop_at_bad_rows=True))
    pq.write_table(TABLE, parts.data)
    again = attrs.evolve(parts, out=parts.out.parent / "again", stop_at_bad_rows=True)
    assert run_job(again) == run_job(again)


def test_a_worker_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[str] = []

    class Parent:
        def join(self) -> None:
            waits.append("joined")

    monkeypatch.setattr(jobs, "parent_process", Parent)
    monkeypatch.setattr(jobs, "end_process", lambda code: waits.append(f"exit {code}"))
    jobs.end_with_parent()
    assert waits == ["joined", "exit 1"]


def test_bad_rows_of_parts_have_their_numbers_in_the_file(parts: Job) -> None:
    table = pa.concat_tables([BAD, BAD])
    pq.write_table(table, parts.data, row_group_size=3)
    summary = run_job(attrs.evolve(parts, part_rows=3))
    assert [bad.row for bad in summary.bad_rows] == [1, 2, 4, 5]
    fresh = attrs.evolve(parts, part_rows=3, stop_at_bad_rows=True, out=parts.out.parent / "o2")
    with pytest.raises(BadRowError, match=r"row [14]: invalid-birth-date"):
        run_job(attrs.evolve(fresh, workers=1))


class InThisProcess(Executor):
    """The workers of a job in this process, one after the other."""

    def __init__(self, count: int, context: object, initializer: Callable[[], None]) -> None:
        handler = signal.getsignal(signal.SIGINT)
        initializer()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        signal.signal(signal.SIGINT, handler)

    def submit(self, work: Callable[..., Any], /, *told: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*told, **named))
        except Exception as error:  # noqa: BLE001  # a worker hands on any error
            future.set_exception(pickle.loads(pickle.dumps(error)))  # noqa: S301  # our own
        return future


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ProcessPoolExecutor", InThisProcess)


@pytest.mark.usefixtures("in_this_process")
def test_a_worker_decides_its_part(parts: Job) -> None:
    summary = run_job(parts)
    assert rows_in(parts.out) == EXPECTED
    assert summary.rows == len(EXPECTED)


@for_each_core
def test_a_job_has_a_worker_for_each_core_unless_told_otherwise(
    parts: Job,
    monkeypatch: pytest.MonkeyPatch,
    workers: int | None,
    cores: int | None,
    count: int,
) -> None:
    counts: list[int] = []

    class Counted(InThisProcess):
        def __init__(self, count: int, context: Any, initializer: Callable[[], None]) -> None:
            counts.append(count)
            assert context.get_start_method() == "spawn"
            super().__init__(count, context, initializer)

    monkeypatch.setattr(jobs, "ProcessPoolExecutor", Counted)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    run_job(attrs.evolve(parts, workers=workers))
    (parts.out / "part-00001.parquet").unlink()
    run_job(attrs.evolve(parts, workers=workers))
    assert counts == [count, 1]  # never more than parts


@for_each_core
def test_one_file_has_a_thread_for_each_core_unless_told_otherwise(
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    workers: int | None,
    cores: int | None,
    count: int,
) -> None:
    counts = counted_threads(monkeypatch, jobs, cores)
    run_job(attrs.evolve(job, workers=workers))
    assert counts == [count]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("day", [date(2021, 11, 26), date(2022, 3, 1)])
def test_days_count_from_a_day_on_in_a_file_and_in_parts(job: Job, parts: Job, day: date) -> None:
    wanted = [expected(POLICY, person, from_day=day) for person in PEOPLE]
    assert wanted != EXPECTED
    run_job(attrs.evolve(job, from_day=day))
    assert pq.read_table(job.out).to_pylist() == wanted
    run_job(attrs.evolve(parts, from_day=day))
    assert rows_in(parts.out) == wanted


def test_parts_that_have_not_begun_are_given_up_when_one_fails(
    parts: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[Future[Any]] = []

    class OneAtATime(InThisProcess):
        """It begins the first part alone."""

        def submit(self, work: Callable[..., Any], /, *told: Any, **named: Any) -> Future[Any]:
            if waiting:
                waiting.append(Future())
                return waiting[-1]
            waiting.append(super().submit(work, *told, **named))
            return waiting[0]

        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            assert wait
            if cancel_futures:
                for each in waiting:
                    each.cancel()

    monkeypatch.setattr(jobs, "ProcessPoolExecutor", OneAtATime)
    pq.write_table(pa.concat_tables([BAD, BAD]), parts.data, row_group_size=3)
    with pytest.raises(BadRowError, match="row 1"):
        run_job(attrs.evolve(parts, part_rows=3, stop_at_bad_rows=True))
    assert [it.cancelled() for it in waiting] == [False, True]


@pytest.mark.usefixtures("in_this_process")
def test_a_worker_names_a_row_by_its_number_in_the_file(parts: Job) -> None:
    pq.write_table(
        pa.concat_tables([BAD.slice(0, 1), BAD.slice(0, 2)]), parts.data, row_group_size=1
    )
    stopped = attrs.evolve(parts, part_rows=1, stop_at_bad_rows=True)
    with pytest.raises(BadRowError, match="row 2: invalid-birth-date"):
        run_job(stopped)
    assert not (parts.out / "_SUCCESS").exists()


def test_only_the_first_thousand_bad_rows_are_told(job: Job) -> None:
    pq.write_table(pa.table({"birth_date": ["1990", *["never"] * 1001]}), job.data)
    summary = run_job(job)
    assert [bad.row for bad in summary.bad_rows] == list(range(1, 1001))
    assert summary.unreadable == 1001


def test_parts_need_parquet(parts: Job) -> None:
    with pytest.raises(UnreadableError, match=r"people\.csv: a folder of parts needs a Parquet"):
        run_job(attrs.evolve(parts, data=parts.data.with_suffix(".csv")))


@pytest.mark.usefixtures("in_this_process")
def test_a_killed_worker(parts: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: object) -> Any:
        raise BrokenProcessPool

    monkeypatch.setattr(jobs, "as_completed", killed)
    with pytest.raises(JobError, match="a worker was killed; the same command goes on"):
        run_job(parts)
    assert not (parts.out / "_SUCCESS").exists()
    monkeypatch.setattr(jobs, "as_completed", list)
    (parts.out / ".part-00001.parquet.1.unfinished").write_bytes(b"half")
    run_job(parts)
    assert not list(parts.out.glob(".*"))
    assert rows_in(parts.out) == EXPECTED


SLOWLY = """
import signal, time
from vaxpolicy.__main__ import main
from vaxpolicy.population import jobs

signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs of a shell ignore it
count_outcomes = jobs.count_outcomes
jobs.count_outcomes = lambda *told: (time.sleep(60), count_outcomes(*told))
main()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_leaves_no_file_that_looks_whole(tmp_path: Path, sent: signal.Signals) -> None:
    """The job takes a minute for a batch, so that the signal never comes too late."""
    people = tmp_path / "people.parquet"
    write_sample(people, 3_000, 1)
    out = tmp_path / "decisions.parquet"
    command = [sys.executable, "-c", SLOWLY, "run", str(people), "-p", POLICY.id]
    with subprocess.Popen(  # noqa: S603 - our own
        [*command, "--out", str(out)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        while not list(tmp_path.glob(".*.unfinished")):
            assert running.poll() is None
            time.sleep(0.01)
        running.send_signal(sent)
        _, errors = running.communicate()
    assert not out.exists()
    if sent is signal.SIGINT:
        assert running.returncode == 130
        assert errors == "Error: interrupted; nothing that looks whole was left behind\n"
        assert list(tmp_path.iterdir()) == [people]


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc"), reason="finds the workers under /proc")  # noqa: PTH110
def test_a_worker_that_is_really_killed(tmp_path: Path) -> None:
    people = tmp_path / "people.parquet"
    write_sample(people, 300_000, 1)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "vaxpolicy", "run", str(people), "-p", POLICY.id]
    with subprocess.Popen(  # noqa: S603 - our own
        [*command, "--out", str(out)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        while not (found := list(out.glob(".part*.parquet.*.unfinished"))):
            assert running.poll() is None
            time.sleep(0.01)
        os.kill(int(found[0].name.split(".")[-2]), signal.SIGKILL)
        _, errors = running.communicate()
    assert running.returncode == 5
    assert "Error: a worker was killed; the same command goes on" in errors
    assert not (out / "_SUCCESS").exists()


def test_charts(tmp_path: Path) -> None:
    found = compare(POLICY, POLICY, TABLE)
    for name in ("chart.svg", "chart.png"):
        save_chart(outcome_chart(found.before, "title"), tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000
    svg = (tmp_path / "chart.svg").read_text()
    assert all(word in svg for word in ("title", "birth year", "eligible", "undetermined"))
    save_chart(outcome_chart(found.before, "title"), tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text() == svg
    save_chart(comparison_chart(found), tmp_path / "both.svg")
    svg = (tmp_path / "both.svg").read_text()
    assert f"before: {POLICY.id}" in svg
    assert f"after: {POLICY.id}" in svg
    save_chart(comparison_chart(Comparison("old", "new")), tmp_path / "nobody.svg")
    save_chart(outcome_chart(type(found.before)(), "nobody"), tmp_path / "empty.svg")


def test_a_chart_has_a_bar_for_each_year_and_outcome() -> None:
    tally = compare(POLICY, POLICY, TABLE).before
    (axes,) = outcome_chart(tally, "title").axes
    assert axes.get_title(loc="left") == "title"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("birth year", "people")
    tops: dict[float, float] = {}
    colours = set()
    for bars in axes.containers:
        drawn = {}
        for bar in bars:
            middle = bar.get_x() + bar.get_width() / 2
            assert bar.get_y() == tops.get(middle, 0)
            tops[middle] = bar.get_y() + bar.get_height()
            drawn[round(middle)] = bar.get_height()
        outcome = bars.get_label()
        assert drawn == {
            year: count
            for (kind, year), count in tally.birth_years.items()
            if kind == outcome and year is not None
        }
        colours.add(bars[0].get_facecolor())
    named = [bars.get_label() for bars in axes.containers]
    assert named == [kind for kind in OUTCOMES if tally.kinds[kind]]
    assert axes.get_legend_handles_labels()[1] == named
    assert axes.get_legend() is not None
    assert len(colours) == len(named) == 3


def test_a_chart_leaves_no_wide_margin() -> None:
    figure = outcome_chart(compare(POLICY, POLICY, TABLE).before, "title")
    figure.draw_without_rendering()
    place = figure.axes[0].get_position()
    assert place.x0 < 0.1
    assert place.x1 > 0.95


def test_a_chart_of_two_policies_has_the_eligible_people_of_each_year() -> None:
    found = compare(catalog.load("tw/covid19-1922/round-14"), POLICY, TABLE)
    (axes,) = comparison_chart(found).axes
    before, after = (
        {
            year: count
            for (kind, year), count in it.birth_years.items()
            if kind == "eligible" and year
        }
        for it in (found.before, found.after)
    )
    assert before != after
    years = range(min((*before, *after)), max((*before, *after)) + 1)
    (bars,), (stairs,) = axes.containers, [it for it in axes.patches if isinstance(it, StepPatch)]
    assert [bar.get_x() + bar.get_width() / 2 for bar in bars] == list(years)
    assert [bar.get_height() for bar in bars] == [before.get(year, 0) for year in years]
    values, edges, _ = stairs.get_data()
    assert list(values) == [after.get(year, 0) for year in years]
    assert list(edges) == [year - 0.5 for year in (*years, years[-1] + 1)]
    assert axes.get_title(loc="left") == "Eligible people, before and after"
