"""Decides for a file of people. Writes a file, or a folder of parts, completely or not at all.

A single file is written under another name in the same folder and renamed at the end. A folder gets
one file for each part, each renamed when it is complete, and `_SUCCESS` at the end. An interrupted
job continues with the missing parts.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq
from attrs import field, frozen

from vaxpolicy import __version__
from vaxpolicy._strict import LONGEST, read_json
from vaxpolicy._values import shown
from vaxpolicy.eligibility import Policy
from vaxpolicy.population.comparison import count_outcomes
from vaxpolicy.population.decisions import BadRow, BadRowError
from vaxpolicy.population.inputs import UnreadableError, open_source
from vaxpolicy.population.sample import SAMPLE, sample_batches
from vaxpolicy.population.streams import BATCH_ROWS, decided, deciders_for
from vaxpolicy.population.tallies import ALSO, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vaxpolicy.population.decisions import Answers
    from vaxpolicy.population.inputs import Source

__all__ = ["Job", "JobError", "Summary", "WorkerKilledError", "run_job", "write_sample"]

PART_ROWS: Final = 2_000_000
"""The fewest rows of a part; a part ends at the end of a row group of the input."""
MOST_TOLD: Final = 1000
"""The most bad rows that are named; all are counted."""
_PARQUET: Final = frozenset({".parquet", ".pq"})
_OTHER_FILE: Final = re.compile(r"\.[A-Za-z]+")
_SUCCESS: Final = "_SUCCESS"
_JOB: Final = "_job.json"


class JobError(RuntimeError):
    """A job cannot continue, for example because the folder belongs to another job."""


class WorkerKilledError(JobError):
    """A worker was killed before its part was done, for example for lack of memory."""


@frozen(kw_only=True)
class Job:
    """A job: the policy, the people, and the place for the decisions.

    Attributes:
        policy: the policy.
        data: the file of people.
        out: a Parquet file (.parquet, .pq); or, with a name without an ending, a folder of parts.
        from_day: only days from this one on count.
        keep: the columns to pass through; None: those that are not facts.
        stop_at_bad_rows: whether the first unreadable row ends the job.
        workers: the number of threads or processes; None: one for each core.
        part_rows: the rows of a part.
    """

    policy: Policy
    data: Path
    out: Path
    from_day: date | None = None
    keep: tuple[str, ...] | None = None
    stop_at_bad_rows: bool = False
    workers: int | None = None
    part_rows: int = PART_ROWS

    @property
    def in_parts(self) -> bool:
        """Whether the job writes a folder."""
        return self.out.suffix.lower() not in _PARQUET


@frozen
class Summary:
    """The result of a job.

    Attributes:
        rows: the number of rows.
        tally: the people by outcome, birth year, county of residence and group.
        bad_rows: the first unreadable rows.
    """

    rows: int = 0
    tally: Tally = field(factory=Tally)
    bad_rows: tuple[BadRow, ...] = ()

    @property
    def unreadable(self) -> int:
        """The number of unreadable rows."""
        return self.tally.kinds["unreadable"]


def run_job(job: Job, progress: Callable[[int, int | None], None] | None = None) -> Summary:
    """Run a job. `progress` is called with the number of rows done, and their total if it is known.

    Raises `ColumnError`, `UnreadableError`, `BadRowError`, `JobError`, or OSError if a file cannot
    be read or written. No partly written file is left under its final name.
    """
    _check_place(job)
    tell = progress or _nobody
    return _in_parts(job, tell) if job.in_parts else _in_one_file(job, tell)


def _check_place(job: Job) -> None:
    """Refuse a place that cannot hold the decisions, before the work begins."""
    out = job.out
    if out.exists() and out.samefile(job.data):
        raise JobError(f"{shown(out.name)}: this is the file of people; name another file")
    if out.is_dir():
        if not job.in_parts:
            raise JobError(
                f"{shown(out.name)}: this is a folder; a folder of parts has no such ending"
            )
    elif job.in_parts and _OTHER_FILE.fullmatch(out.suffix):
        raise JobError(
            f"{shown(out.name)}: expected a name that ends in .parquet,"
            " or a folder without an ending"
        )


def _nobody(done: int, rows: int | None) -> None:
    """Report nothing."""


def _in_one_file(job: Job, tell: Callable[[int, int | None], None]) -> Summary:
    count = job.workers or os.cpu_count() or 1
    deciders, source = deciders_for(
        job.policy, job.data, BATCH_ROWS, count, from_day=job.from_day, keep=job.keep, also=ALSO
    )
    with _whole_file(job.out) as place, pq.ParquetWriter(place, deciders[0].schema) as writer:
        return _write(job, source, deciders, writer, tell)


def _write(
    job: Job, source: Source, deciders: Any, writer: Any, tell: Callable[[int, int | None], None]
) -> Summary:
    tally, rows = Tally(), 0
    bad_rows: list[BadRow] = []

    def observe(found: Answers) -> None:
        count_outcomes(tally, found)

    def note(bad: BadRow) -> None:
        if job.stop_at_bad_rows:
            raise BadRowError(bad)
        if len(bad_rows) < MOST_TOLD:
            bad_rows.append(bad)

    for batch in decided(source, deciders, note, observe):
        writer.write_batch(batch)
        rows += batch.num_rows
        tell(rows, source.rows)
    return Summary(rows, tally, tuple(bad_rows))


@contextmanager
def _whole_file(place: Path) -> Iterator[Path]:
    """A path to write to; at the end the file gets its final name, or is removed."""
    unfinished = place.with_name(f".{place.name}.{os.getpid()}.unfinished")
    try:
        yield unfinished
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)


def write_sample(out: Path, rows: int, seed: int) -> None:
    """Write a made-up population as Parquet."""
    with _whole_file(out) as place, pq.ParquetWriter(place, SAMPLE) as writer:
        for batch in sample_batches(rows, seed):
            writer.write_batch(batch, row_group_size=1 << 20)


def _in_parts(job: Job, tell: Callable[[int, int | None], None]) -> Summary:
    if job.data.suffix.lower() not in _PARQUET:
        raise UnreadableError(f"{shown(job.data.name)}: a folder of parts needs a Parquet file")
    source = open_source(job.data, BATCH_ROWS)
    deciders_for(job.policy, job.data, BATCH_ROWS, 1, from_day=job.from_day, keep=job.keep)
    parts = _parts(job)
    job.out.mkdir(parents=True, exist_ok=True)
    _claim(job, parts)
    todo = [part for part in parts if not part.place(job).exists()]
    if job.stop_at_bad_rows:
        _stop_at_earlier_bad_rows(job, [part for part in parts if part not in todo])
    done = source.rows - sum(part.rows for part in todo) if source.rows else 0
    tell(done, source.rows)
    if todo:
        done = _with_workers(job, todo, lambda rows: tell(rows, source.rows), done)
    summary = Summary()
    for part in parts:
        summary = _joined(summary, part, read_summary(part.place(job)))
    for left in job.out.glob(".part-*.unfinished"):  # of workers that were killed
        left.unlink(missing_ok=True)
    with _whole_file(job.out / _SUCCESS) as place:
        place.write_text(json.dumps({"rows": summary.rows, "parts": len(parts)}))
    return summary


@frozen
class _Part:
    number: int
    groups: tuple[int, ...]
    first: int
    rows: int

    def place(self, job: Job) -> Path:
        return job.out / f"part-{self.number:05}.parquet"


def _parts(job: Job) -> list[_Part]:
    """The row groups of the input, grouped into parts."""
    metadata = pq.read_metadata(job.data)
    parts: list[_Part] = []
    groups: list[int] = []
    first = rows = 0
    for number in range(metadata.num_row_groups):
        groups.append(number)
        rows += metadata.row_group(number).num_rows
        if rows >= job.part_rows or number == metadata.num_row_groups - 1:
            parts.append(_Part(len(parts), tuple(groups), first, rows))
            first, rows, groups = first + rows, 0, []
    # without rows there is one part, so that readers of the folder find the columns
    return parts or [_Part(0, (), 0, 0)]


def _stop_at_earlier_bad_rows(job: Job, parts: list[_Part]) -> None:
    """An earlier run kept its bad rows; this one stops at them."""
    for part in parts:
        for bad in read_summary(part.place(job)).bad_rows:
            raise BadRowError(BadRow(part.first + bad.row, bad.code))


_SAMPLED: Final = 1 << 14
"""The bytes at each end of a column of a row group that tell a file from another."""
_AFTER_FOOTER: Final = 8
"""The bytes after the footer: its length and the sign of the format."""


def _content_mark(data: Path) -> str:
    """A digest of the footer of a Parquet file and of both ends of each column of a row group.

    Size and time alone do not tell a file from another that was copied in its place with its time.
    """
    metadata, mark = pq.read_metadata(data), sha256()
    with data.open("rb") as file:
        size = file.seek(0, os.SEEK_END)

        def take(begin: int, end: int) -> None:
            begin, end = max(begin, 0), min(end, size)
            for low in {begin, max(end - _SAMPLED, begin)}:
                file.seek(low)
                mark.update(file.read(max(min(_SAMPLED, end - low), 0)))

        for group in range(metadata.num_row_groups):
            for number in range(metadata.num_columns):
                column = metadata.row_group(group).column(number)
                first = column.dictionary_page_offset or column.data_page_offset
                take(first, first + column.total_compressed_size)
        file.seek(max(size - metadata.serialized_size - _AFTER_FOOTER, 0))
        mark.update(file.read())
    return mark.hexdigest()


def _claim(job: Job, parts: list[_Part]) -> None:
    """Mark the folder as that of this job, or check the mark."""
    file = job.data.stat()
    about = [
        __version__,
        *(job.policy.id, job.policy.version, job.policy.digest),
        *(job.data.name, file.st_size, file.st_mtime_ns, _content_mark(job.data)),
        str(job.from_day),
        job.keep,
        [part.rows for part in parts],
    ]
    own = {"job": sha256(json.dumps(about).encode()).hexdigest(), "parts": len(parts)}
    place, mark = job.out / _JOB, json.dumps(own)
    if place.exists():
        if place.read_bytes() != mark.encode():
            raise JobError(
                f"{shown(job.out.name)}: the folder holds another job; name an empty one"
            )
    else:
        if any(job.out.iterdir()):
            raise JobError(f"{shown(job.out.name)}: the folder is not empty")
        with _whole_file(place) as unfinished:
            unfinished.write_text(mark)
    (job.out / _SUCCESS).unlink(missing_ok=True)


def _with_workers(job: Job, todo: list[_Part], tell: Callable[[int], None], done: int) -> int:
    """Decide each part in a separate process; returns the number of rows that are done then."""
    count = min(job.workers or os.cpu_count() or 1, len(todo))
    with ProcessPoolExecutor(count, get_context("spawn"), _begin_work) as pool:
        try:
            running = {pool.submit(_do_part, job, part): part for part in todo}
            for each in as_completed(running):
                each.result()
                done += running[each].rows
                tell(done)
        except BrokenProcessPool:
            message = (
                "a worker was killed; the same command goes on with the parts that are missing"
            )
            raise WorkerKilledError(message) from None
        finally:
            pool.shutdown(cancel_futures=True)
    return done


def _begin_work() -> None:
    """Ignore Ctrl-C, which the main process handles; and end when the main process is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=end_with_parent, daemon=True).start()


end_process: Final = os._exit
"""Ends this process at once, whatever its threads do."""


def end_with_parent() -> None:
    """End this process at once when its parent has ended; without this it would wait forever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        end_process(1)


def _do_part(job: Job, part: _Part) -> None:
    deciders, source = deciders_for(
        job.policy,
        job.data,
        BATCH_ROWS,
        1,
        from_day=job.from_day,
        keep=job.keep,
        also=ALSO,
        row_groups=part.groups,
    )
    place = part.place(job)
    with _whole_file(place) as unfinished:
        with pq.ParquetWriter(unfinished, deciders[0].schema) as writer:
            try:
                summary = _write(job, source, deciders, writer, _nobody)
            except BadRowError as error:
                raise BadRowError(BadRow(part.first + error.bad.row, error.bad.code)) from None
        with _whole_file(_summary_place(place)) as beside:
            beside.write_text(json.dumps(_plain(summary)))


def _summary_place(place: Path) -> Path:
    return place.with_name(f"_{place.stem}.json")


def _plain(summary: Summary) -> dict[str, Any]:
    tally = summary.tally
    return {
        "rows": summary.rows,
        "kinds": [[*each] for each in tally.kinds.items()],
        "birth_years": [[*key, count] for key, count in tally.birth_years.items()],
        "counties": [[*key, count] for key, count in tally.counties.items()],
        "groups": [[*key, count] for key, count in tally.groups.items()],
        "bad_rows": [[bad.row, bad.code] for bad in summary.bad_rows],
    }


def read_summary(place: Path) -> Summary:
    """The summary of a part. Raises JobError for a file that no job has written."""
    beside = _summary_place(place)
    with beside.open("rb") as file:
        text = file.read(LONGEST + 1)
    try:
        found = read_json(text)
        bad_rows = tuple(BadRow(*bad) for bad in found["bad_rows"])
        tally = Tally(
            Counter(dict(found["kinds"])),
            *(
                Counter({(kind, item): count for kind, item, count in found[name]})
                for name in ("birth_years", "counties", "groups")
            ),
        )
        summary = Summary(found["rows"], tally, bad_rows)
        numbers = (summary.rows, *(bad.row for bad in bad_rows))
        sound = tally.is_sound() and all(type(it) is int and it >= 0 for it in numbers)
        sound = sound and _plain(summary) == found
    except (ValueError, TypeError, LookupError):
        sound = False
    if not sound:
        raise JobError(
            f"{shown(beside.name)}: damaged; remove it and {shown(place.name)}, and start again"
        )
    return summary


def _joined(summary: Summary, part: _Part, other: Summary) -> Summary:
    summary.tally.join(other.tally)
    bad = [BadRow(part.first + it.row, it.code) for it in other.bad_rows]
    told = (*summary.bad_rows, *bad)[:MOST_TOLD]
    return Summary(summary.rows + other.rows, summary.tally, told)
