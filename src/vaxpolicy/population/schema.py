"""The columns that a table of people may have, and those of a table of decisions."""

from __future__ import annotations

import re
from typing import Any, Final

import pyarrow as pa

from vaxpolicy._values import HIDDEN, looks_like_a_number

__all__ = ["DECISIONS", "OFFER", "PEOPLE", "PROBLEMS", "ColumnError"]

PEOPLE: Final = pa.schema(
    [
        ("key", pa.string()),
        ("birth_date", pa.date32()),
        ("doses", pa.list_(pa.struct([("vaccine", pa.string()), ("on", pa.date32())]))),
        ("groups", pa.list_(pa.string())),
        ("unknown_groups", pa.list_(pa.string())),
        ("registered_county", pa.string()),
        ("residence_county", pa.string()),
        (
            "willingness",
            pa.list_(
                pa.struct([("vaccine", pa.string()), ("since", pa.timestamp("us", tz="UTC"))])
            ),
        ),
        ("dated_facts", pa.list_(pa.struct([("fact", pa.string()), ("on", pa.string())]))),
        ("sex", pa.string()),
    ]
)
"""The columns of people, each optional; null means unknown, as None in `Person`."""

OFFER: Final = pa.struct(
    [
        ("rule_id", pa.string()),
        ("vaccine", pa.string()),
        ("dose", pa.int32()),
        ("first_day", pa.date32()),
        ("last_day", pa.date32()),
        ("days", pa.int32()),
    ]
)
"""One offer: `days` counts the sure days, which may be fewer than from first to last."""

DECISIONS: Final = pa.schema(
    [
        ("key", pa.string()),
        ("outcome", pa.string()),
        ("offers", pa.list_(OFFER)),
        ("reason", pa.string()),
        ("missing", pa.list_(pa.string())),
    ]
)
"""The columns of decisions, in order; the columns that are passed through come after them."""

PROBLEMS: Final = (
    "",
    "invalid-key",
    "invalid-birth-date",
    "invalid-doses",
    "invalid-groups",
    "invalid-county",
    "invalid-willingness",
    "invalid-dated-facts",
    "invalid-sex",
)
"""The codes of unreadable rows; the place of each code is its number inside a batch."""


MOST_LEVELS: Final = 32
"""The most levels of lists and objects in a column, or in a line of JSON."""


_DIGITS: Final = re.compile(r"\d{5}")


def shown(text: object) -> str:
    """The name or type of a column, unless it could hold a person's number."""
    said = str(text)
    return HIDDEN if _DIGITS.search(said) or looks_like_a_number(said) else said


class ColumnError(TypeError):
    """A column has a type that cannot be read. The message names the column and both types."""

    def __init__(self, column: str, found: Any, expected: str) -> None:
        super().__init__(f"column {shown(column)}: found {shown(found)}, expected {expected}")
        self.column = column
        """The name of the column."""
        self._arguments = column, str(found), expected

    def __reduce__(self) -> tuple[type[ColumnError], tuple[str, str, str]]:
        """Pickle the arguments alone, so that a worker can send the error."""
        return type(self), self._arguments


def require_few_levels(schema: Any) -> None:
    """Raise ColumnError for a column with too many levels: Arrow calls itself for each of them."""
    for column in schema:
        level = [column.type]
        for _ in range(MOST_LEVELS + 1):
            level = [each.field(n).type for each in level for n in range(each.num_fields)]
        if level:
            found, expected = f"more than {MOST_LEVELS}", f"at most {MOST_LEVELS} levels of lists"
            raise ColumnError(column.name, found, expected)
