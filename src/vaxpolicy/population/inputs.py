"""Opens tables of people: files by their path, and objects with an Arrow interface."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from attrs import frozen

from vaxpolicy._values import shown
from vaxpolicy.population.json_lines import LinesError, columns_of_lines, read_lines
from vaxpolicy.population.schema import require_few_levels

__all__ = ["Source", "UnreadableError", "open_source"]


class UnreadableError(ValueError):
    """A file is damaged, or is not of the kind that its ending says; or Arrow refuses a table."""


@frozen(eq=False)
class Source:
    """A table that can be read once.

    Attributes:
        schema: its columns.
        batches: its rows, in order.
        rows: the number of rows; None if it is not known beforehand.
    """

    schema: Any
    batches: Iterator[Any]
    rows: int | None = None


def open_source(
    data: Any,
    batch_rows: int,
    columns: Callable[[Any], list[str]] | None = None,
    row_groups: Sequence[int] | None = None,
) -> Source:
    """Open a table; no batch has more than `batch_rows` rows.

    `columns` chooses the columns to read, if the format allows that; `row_groups` chooses the row
    groups of a Parquet file.

    The table is a path to Parquet (.parquet, .pq), CSV (.csv) or JSON lines (.jsonl, .ndjson), or
    an object with ``__arrow_c_stream__`` or ``__arrow_c_array__``. Raises UnreadableError for a
    damaged file, one of another kind, or a table that Arrow refuses; ColumnError for a column with
    too many levels; and OSError for a file that cannot be opened.
    """
    if isinstance(data, str | PathLike):
        source = _of_file(Path(fspath(data)), batch_rows, columns, row_groups)
    else:
        reader = _reader_of(data)
        source = Source(reader.schema, _cut(reader, batch_rows))
    require_few_levels(source.schema)
    return source


def _reader_of(data: Any) -> Any:
    if isinstance(data, pa.RecordBatchReader):
        return data
    if isinstance(data, pa.Table):
        return data.to_reader()
    try:
        if hasattr(data, "__arrow_c_stream__"):
            return pa.RecordBatchReader.from_stream(data)
        if hasattr(data, "__arrow_c_array__"):
            batch = pa.record_batch(data)
            return pa.RecordBatchReader.from_batches(batch.schema, [batch])
    except pa.ArrowInvalid as error:
        raise UnreadableError(f"data: Arrow refuses the table ({type(error).__name__})") from None
    raise TypeError(
        "data: expected a path or a table with the Arrow stream interface"
        f" (__arrow_c_stream__), got {type(data).__name__}"
    )


def _cut(batches: Any, most: int) -> Iterator[Any]:
    for batch in batches:
        for low in range(0, batch.num_rows, most):
            yield batch.slice(low, most)


def _of_file(
    path: Path,
    batch_rows: int,
    columns: Callable[[Any], list[str]] | None,
    row_groups: Sequence[int] | None,
) -> Source:
    opened = _OPENERS.get(path.suffix.lower())
    if opened is None:
        endings = ", ".join(_OPENERS)
        raise UnreadableError(f"{shown(path.name)}: expected a file that ends in {endings}")
    with path.open("rb"):  # the error of the file system is clear enough
        pass
    try:
        source = opened(path, batch_rows, columns, row_groups)
    except LinesError as error:
        raise UnreadableError(f"{shown(path.name)}: {error}") from None
    except (pa.ArrowException, UnicodeDecodeError, csv.Error, OSError) as error:
        raise _unreadable(path, error) from None
    return Source(source.schema, _guarded(path, source.batches), source.rows)


def _guarded(path: Path, batches: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from batches
    except LinesError as error:
        raise UnreadableError(f"{shown(path.name)}: {error}") from None
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> UnreadableError:
    """The error without Arrow's own message, which may quote a cell."""
    kind = _KINDS[path.suffix.lower()]
    return UnreadableError(f"{shown(path.name)}: damaged, or not {kind} ({type(error).__name__})")


_Choice: TypeAlias = "Callable[[Any], list[str]] | None"


def _parquet(
    path: Path, batch_rows: int, columns: _Choice, row_groups: Sequence[int] | None
) -> Source:
    # not mapped: the pages of a large file would count as memory of the process
    file = pq.ParquetFile(path, pre_buffer=False)
    names = None if columns is None else columns(file.schema_arrow)
    batches = file.iter_batches(
        batch_size=batch_rows, row_groups=row_groups, columns=names, use_threads=False
    )
    return Source(file.schema_arrow, batches, file.metadata.num_rows)


_WHOLE: Final = r"^[0-9]{1,9}(\.0*)?$"
_NOT_A_NUMBER: Final = "-1"
_NUMBERS: Final = frozenset({"dose_count", "birth_year", "birth_month"})
_OTHER_SIGNS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}


def _csv(path: Path, batch_rows: int, *_: object) -> Source:
    """All cells are texts, so that a bad one is the problem of its row alone."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(filter(None, csv.reader(file)), [])  # Arrow passes over empty lines, too
    if len(header) == 1:
        for sign, name in _OTHER_SIGNS.items():
            if sign in header[0]:
                raise UnreadableError(
                    f"{shown(path.name)}: expected commas between columns, found {name}"
                )
    convert = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()),
        strings_can_be_null=True,
        null_values=["", "null", "NULL", "NA"],
    )
    reader = pa_csv.open_csv(path, convert_options=convert)
    schema = pa.schema(
        [(name, pa.int64() if name in _NUMBERS else pa.string()) for name in reader.schema.names]
    )
    return Source(schema, _cut((_with_numbers(batch, schema) for batch in reader), batch_rows))


def _with_numbers(batch: Any, schema: Any) -> Any:
    """The batch with whole numbers; a cell that is not one becomes a number that nothing takes."""
    columns = [
        _whole_numbers(column) if pa.types.is_integer(each.type) else column
        for column, each in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _whole_numbers(texts: Any) -> Any:
    texts = pc.utf8_trim_whitespace(texts)
    is_whole = pc.match_substring_regex(texts, _WHOLE)
    digits = pc.replace_substring_regex(texts, r"\..*$", "")
    return pc.if_else(is_whole, digits, _NOT_A_NUMBER).cast(pa.int64())


def _json(path: Path, batch_rows: int, columns: _Choice, *_: object) -> Source:
    schema, rows = columns_of_lines(path)
    names = schema.names if columns is None else columns(schema)
    chosen = pa.schema([schema.field(name) for name in names or schema.names[:1]])
    return Source(schema, _cut(read_lines(path, chosen), batch_rows), rows)


_OPENERS: Final[dict[str, Callable[..., Source]]] = {
    ".parquet": _parquet,
    ".pq": _parquet,
    ".csv": _csv,
    ".jsonl": _json,
    ".ndjson": _json,
}
_KINDS: Final = {
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".csv": "CSV in UTF-8",
    ".jsonl": "JSON lines in UTF-8",
    ".ndjson": "JSON lines in UTF-8",
}
