"""Opens tables of people: files by their path, and objects with an Arrow interface."""

from __future__ import annotations

import csv
import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pq
from attrs import frozen

from vaxpolicy.population.schema import PEOPLE

__all__ = ["Source", "UnreadableError", "Utf8File", "open_source"]


class UnreadableError(ValueError):
    """A file is damaged, or is not of the kind that its ending says."""


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
    damaged file or one of another kind, and OSError for a file that cannot be opened.
    """
    if isinstance(data, str | PathLike):
        return _of_file(Path(fspath(data)), batch_rows, columns, row_groups)
    if isinstance(data, pa.RecordBatchReader):
        reader = data
    elif hasattr(data, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(data)
    elif hasattr(data, "__arrow_c_array__"):
        batch = pa.record_batch(data)
        reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    else:
        raise TypeError(
            "data: expected a path or a table with the Arrow stream interface"
            f" (__arrow_c_stream__), got {type(data).__name__}"
        )
    return Source(reader.schema, _cut(reader, batch_rows))


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
        raise UnreadableError(f"{path.name}: expected a file that ends in {endings}")
    with path.open("rb"):  # the error of the file system is clear enough
        pass
    try:
        source = opened(path, batch_rows, columns, row_groups)
    except (pa.ArrowException, UnicodeDecodeError, csv.Error, OSError) as error:
        raise _unreadable(path, error) from None
    return Source(source.schema, _guarded(path, source.batches), source.rows)


def _guarded(path: Path, batches: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from batches
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> UnreadableError:
    """The error without Arrow's own message, which may quote a cell."""
    kind = _KINDS[path.suffix.lower()]
    return UnreadableError(f"{path.name}: damaged, or not {kind} ({type(error).__name__})")


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


_FLAT_TEXT: Final = re.compile(r"dose_[1-9][0-9]*_(vaccine|on)|(wants|fact)_.+")
_TEXTS: Final = frozenset({"key", "birth_date", "registered_county", "residence_county", "sex"})


def _csv_kinds(path: Path) -> dict[str, Any]:
    """The types of the columns of facts; those of others are inferred."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file), [])
    kinds = {name: pa.string() for name in header if name in _TEXTS or _FLAT_TEXT.fullmatch(name)}
    kinds |= {name: pa.int64() for name in header if name in _NUMBERS}
    return kinds | {name: pa.bool_() for name in header if "/" in name}


_NUMBERS: Final = frozenset({"dose_count", "birth_year", "birth_month"})


def _csv(path: Path, batch_rows: int, *_: object) -> Source:
    convert = pa_csv.ConvertOptions(
        column_types=_csv_kinds(path),
        strings_can_be_null=True,
        null_values=["", "null", "NULL", "NA"],
        quoted_strings_can_be_null=False,
    )
    reader = pa_csv.open_csv(path, convert_options=convert)
    return Source(reader.schema, _cut(reader, batch_rows))


_JSON: Final = pa.schema(
    [
        ("key", pa.string()),
        ("birth_date", pa.string()),
        ("doses", pa.list_(pa.struct([("vaccine", pa.string()), ("on", pa.string())]))),
        *(PEOPLE.field(name) for name in ("groups", "unknown_groups")),
        *(PEOPLE.field(name) for name in ("registered_county", "residence_county")),
        *(PEOPLE.field(name) for name in ("dated_facts", "sex")),
    ]
)


class Utf8File:
    """A file that raises UnicodeDecodeError for bytes that are not UTF-8; Arrow passes them on."""

    closed = False  # Arrow asks; the file is closed when nobody holds it any more

    def __init__(self, path: Path) -> None:
        self._file = pa.OSFile(str(path))
        self._decoder = getincrementaldecoder("utf-8")()

    def read(self, size: int) -> bytes:
        """Read some bytes and check them; a character may end in the next ones."""
        found: bytes = self._file.read(size)
        self._decoder.decode(found)
        return found


def _json(path: Path, batch_rows: int, *_: object) -> Source:
    options = pa_json.ParseOptions(explicit_schema=_JSON, unexpected_field_behavior="infer")
    reader = pa_json.open_json(pa.PythonFile(Utf8File(path), "r"), parse_options=options)
    return Source(reader.schema, _cut(reader, batch_rows))


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
