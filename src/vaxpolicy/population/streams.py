"""Decides for a stream of batches: in order, on all cores, with a few batches in memory."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import pyarrow as pa

from vaxpolicy._values import front_door
from vaxpolicy.population.decisions import (
    Answers,
    BadRow,
    BadRowError,
    Decider,
    Learned,
    new_bad_row,
)
from vaxpolicy.population.inputs import open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from datetime import date

    from vaxpolicy.eligibility import Policy
    from vaxpolicy.population.inputs import Source

__all__ = ["BATCH_ROWS", "BadRows", "decide_table", "decided", "deciders_for"]

BATCH_ROWS: Final = 1 << 17
"""The usual number of rows of a batch."""
MOST_BATCH_ROWS: Final = 1 << 24
"""The most rows that a batch may have."""
MOST_WORKERS: Final = 256
"""The most threads or processes; each has its own memory."""

BadRows: TypeAlias = "Literal['keep', 'stop'] | Callable[[BadRow], None]"
"""The handling of unreadable rows: keep them, stop at the first one, or call a function."""


@front_door
def decide_table(
    policy: Policy,
    data: Any,
    from_day: date | None = None,
    *,
    keep: Sequence[str] | None = None,
    bad_rows: BadRows = "keep",
    batch_rows: int = BATCH_ROWS,
    workers: int | None = None,
) -> Any:
    """Decide for everybody in a table. Returns a stream of decisions, row for row.

    Args:
        policy: the policy.
        data: an object with the Arrow stream interface, or a path to Parquet, CSV or JSON lines.
            Its columns are those of `PEOPLE`, or flat ones; see the page "Many people at once".
        from_day: only days from this one on count, as in `vaxpolicy.eligibility.decide`.
        keep: the columns to pass through; None: those that are not facts.
        bad_rows: "keep": an unreadable row has no outcome, and its reason is the code of the
            problem; "stop": it raises `BadRowError`; a function: the row is kept, and the function
            is called with a `BadRow`.
        batch_rows: the most rows of a batch, from 1 to 16,777,216.
        workers: the number of threads, from 1 to 256; None: one for each core.

    Returns:
        A `pyarrow.RecordBatchReader` with the columns of `DECISIONS`, then those passed through.
        It reads the data on demand, so errors of rows and files are raised while you read it.

    Raises:
        ColumnError: a column of facts is of the wrong type, or a column has over 32 levels of lists
            and objects.
        ValueError: two columns have one name, a column lacks the other half of its fact, a column
            of a fact is spelled in another way or names a vaccine or dated fact that is not known,
            a column to pass through does not exist or has the name of a column of decisions, or an
            argument is not one of those described above.
        UnreadableError: a file is damaged or of another kind, or Arrow refuses the table.
        OSError: a file cannot be opened.
    """
    if batch_rows > MOST_BATCH_ROWS:
        raise ValueError(f"batch_rows: expected {MOST_BATCH_ROWS} or fewer")
    if workers is not None and workers > MOST_WORKERS:
        raise ValueError(f"workers: expected {MOST_WORKERS} or fewer")
    if batch_rows < 1:
        raise ValueError("batch_rows: expected 1 or more")
    if workers is not None and workers < 1:
        raise ValueError("workers: expected 1 or more, or None")
    if bad_rows not in ("keep", "stop") and not callable(bad_rows):
        raise ValueError('bad_rows: expected "keep", "stop" or a function')
    count = workers or os.cpu_count() or 1
    deciders, source = deciders_for(policy, data, batch_rows, count, from_day=from_day, keep=keep)
    batches = decided(source, deciders, lambda bad: _report(bad, bad_rows))
    return pa.RecordBatchReader.from_batches(deciders[0].schema, batches)


def deciders_for(
    policy: Policy,
    data: Any,
    batch_rows: int,
    count: int,
    *,
    row_groups: Sequence[int] | None = None,
    **options: Any,
) -> tuple[list[Decider], Source]:
    """Make the deciders for a table, and open the table with the columns that they read."""
    deciders: list[Decider] = []
    learned = Learned()

    def columns(schema: Any) -> list[str]:
        deciders.extend(Decider(policy, schema, learned=learned, **options) for _ in range(count))
        return deciders[0].columns

    source = open_source(data, batch_rows, columns, row_groups)
    if not deciders:
        columns(source.schema)
    return deciders, source


def decided(
    source: Source,
    deciders: list[Decider],
    bad_row: Callable[[BadRow], None],
    observe: Callable[[Answers], None] = lambda _: None,
) -> Iterator[Any]:
    """The decisions, batch by batch in order, with a thread for each decider.

    `bad_row` is called with each unreadable row, `observe` with the answers to each batch.
    """
    free: SimpleQueue[Decider] = SimpleQueue()
    for decider in deciders:
        free.put(decider)

    def decide(batch: Any) -> tuple[Any, Answers]:
        decider = free.get()
        try:
            found = decider.answers(batch)
            return decider.as_rows(found, batch), found
        finally:
            free.put(decider)

    row = 0
    for answers, found in _in_order(decide, source.batches, len(deciders)):
        for place, code in found.bad_rows():
            bad_row(new_bad_row(row + place, code))
        observe(found)
        row += answers.num_rows
        yield answers


def _report(bad: BadRow, bad_rows: BadRows) -> None:
    if bad_rows == "stop":
        raise BadRowError(bad)
    if bad_rows != "keep":
        bad_rows(bad)


def _in_order(
    function: Callable[[Any], Any], batches: Iterator[Any], workers: int
) -> Iterator[Any]:
    """The results in the order of the batches; at most one batch for each thread waits."""
    if workers == 1:
        yield from map(function, batches)
        return
    pending: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="vaxpolicy") as pool:
        try:
            for batch in batches:
                pending.append(pool.submit(function, batch))
                if len(pending) > workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for each in pending:
                each.cancel()
