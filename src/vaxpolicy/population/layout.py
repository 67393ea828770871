"""Finds the facts among the columns of a table: in one column each, or in flat columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

import pyarrow as pa
from attrs import frozen

from vaxpolicy._near import did_you_mean, near
from vaxpolicy._values import as_separator
from vaxpolicy.population.schema import DECISIONS, PEOPLE, ColumnError, shown
from vaxpolicy.population.texts_and_days import is_text
from vaxpolicy.rules.conditions import implies

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["DOSE_COUNT", "MONTH", "YEAR", "Table", "columns_of", "passed_through"]

DOSE_COUNT: Final = "dose_count"
YEAR: Final = "birth_year"
MONTH: Final = "birth_month"
_FLAT_DOSE: Final = re.compile(r"dose_([1-9][0-9]*)_(vaccine|on)")
_LIKE_A_DOSE: Final = re.compile(r"dose([0-9]+)(vaccine|on)")
_WANTS: Final = "wants_"
_FACT: Final = "fact_"
_FLAT_WISH: Final = re.compile(f"{_WANTS}(.+)")
_FLAT_FACT: Final = re.compile(f"{_FACT}(.+)")


@frozen
class Known:
    """The names that a policy or the lists of the library know; none: any name is taken.

    Attributes:
        vaccines: the codes of vaccines.
        dated_facts: the ids of dated facts.
        groups: the ids of groups.
    """

    vaccines: frozenset[str] = frozenset()
    dated_facts: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def columns(self) -> tuple[str, ...]:
        """The columns that are facts, but for flat doses."""
        return (
            *(*PEOPLE.names, DOSE_COUNT, YEAR, MONTH, *self.groups),
            *(f"{_WANTS}{it}" for it in self.vaccines),
            *(f"{_FACT}{it}" for it in self.dated_facts),
        )


@frozen
class Table:
    """The columns of a table by their meaning; made once from the schema.

    Attributes:
        flat_doses: for each dose in order, the columns of its vaccine and its day.
        groups: the columns that are groups.
        wishes: the columns of instants, by vaccine.
        dated_facts: the columns of days, by dated fact.
        kept: the columns that are passed through.
    """

    names: frozenset[str]
    flat_doses: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]
    wishes: tuple[tuple[str, str], ...]
    dated_facts: tuple[tuple[str, str], ...]
    kept: tuple[str, ...]

    @classmethod
    def of(
        cls,
        schema: Any,
        asked_groups: Collection[str],
        keep: Sequence[str] | None = None,
        known: Known | None = None,
    ) -> Table:
        """Read a schema. `keep` names the columns to pass through; None: all that are not facts.

        Raises ValueError if two columns share a name, a flat dose has only one of its two columns,
        a fact is spelled in another way, a vaccine or dated fact is not known, or a column to keep
        does not exist or has the name of a column of decisions. Raises ColumnError if a column is
        named as a group of the policy and does not hold booleans.
        """
        names = schema.names
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"two columns are called {', '.join(map(shown, twice))}")
        numbers: dict[int, set[str]] = {}
        _check_spellings(names, known or Known())
        for name in names:
            if found := _FLAT_DOSE.fullmatch(name):
                numbers.setdefault(int(found[1]), set()).add(found[2])
        for number, halves in numbers.items():
            if len(halves) == 1:
                (half,) = {"vaccine", "on"} - halves
                raise ValueError(f"column dose_{number}_{half} is missing")
        groups = tuple(
            name for name in names if _is_group(name, schema.field(name).type, asked_groups)
        )
        wishes = tuple((found[1], name) for name in names if (found := _FLAT_WISH.fullmatch(name)))
        events = tuple((found[1], name) for name in names if (found := _FLAT_FACT.fullmatch(name)))
        doses = tuple((f"dose_{n}_vaccine", f"dose_{n}_on") for n in sorted(numbers))
        facts = {*PEOPLE.names, *groups, *(name for _, name in wishes), DOSE_COUNT, YEAR, MONTH}
        facts.update(name for pair in doses for name in pair)
        facts.update(name for _, name in events)
        kept = tuple(name for name in names if name not in facts) if keep is None else tuple(keep)
        if isinstance(keep, str):
            raise TypeError("keep: expected several names, got one text")
        _check_kept(kept, frozenset(names))
        return cls(frozenset(names), doses, groups, wishes, events, kept)


def _check_spellings(names: Sequence[str], known: Known) -> None:
    """Refuse a column that looks like a fact, and would not be read as that fact."""
    columns = frozenset(known.columns())
    meant = {_plain(name): name for name in columns}
    for name in names:
        _check_dose(name)
        if name in columns:
            continue
        if (right := meant.get(_plain(name))) is not None:
            raise ValueError(f"column {shown(name)}: write {right}")
        for prefix, what, own in (
            (_WANTS, "vaccine", known.vaccines),
            (_FACT, "dated fact", known.dated_facts),
        ):
            if own and name.startswith(prefix):
                hint = did_you_mean(near(name.removeprefix(prefix), {it: it for it in own}))
                raise ValueError(f"column {shown(name)}: no {what} is called so{hint}")


def _plain(name: str) -> str:
    """A name as it is compared: without case, width, and signs that separate or show nothing."""
    text = normalize("NFKC", name).casefold().replace("_", "")
    return "".join(it for it in text if not it.isspace() and as_separator(it) is None)


def _check_dose(name: str) -> None:
    like = _LIKE_A_DOSE.fullmatch(_plain(name))
    if like is None or (_FLAT_DOSE.fullmatch(name) and len(like[1]) <= _MOST_DIGITS):
        return
    number = like[1].lstrip("0")
    if not 0 < len(number) <= _MOST_DIGITS:
        raise ValueError(f"column {shown(name)}: doses are counted from 1, up to 999")
    raise ValueError(f"column {shown(name)}: write dose_{number}_{like[2]}")


_MOST_DIGITS: Final = 3


def _is_group(name: str, kind: Any, asked_groups: Collection[str]) -> bool:
    """Whether a column is a group: any boolean with a slash in its name, and what the policy asks.

    Columns of the policy's groups may also hold texts such as "true", as in CSV.
    """
    if pa.types.is_boolean(kind):
        return "/" in name or name in asked_groups
    if not any(implies(name, asked) or implies(asked, name) for asked in asked_groups):
        return False
    if not is_text(kind) and not pa.types.is_null(kind):
        raise ColumnError(name, kind, "booleans")
    return True


def _check_kept(kept: Sequence[str], names: Collection[str]) -> None:
    for name in kept:
        if name not in names:
            raise ValueError(f"no column is called {shown(name)}")
        if name in PEOPLE.names[:1]:
            raise ValueError("the key is always passed through; leave it out of keep")
        if name in DECISIONS.names:
            raise ValueError(
                f"column {shown(name)}: the decisions have a column with this name;"
                " rename it, or name the columns to pass through in keep"
            )
    if len(set(kept)) < len(kept):
        raise ValueError("keep: expected each name once")


def columns_of(table: Table, facts: Collection[str]) -> list[str]:
    """The columns of these facts, the key, and the columns that are passed through."""
    wanted = {"key", *facts, *table.kept}
    if "birth_date" in facts:
        wanted |= {YEAR, MONTH}
    if "doses" in facts:
        wanted |= {DOSE_COUNT, *(name for pair in table.flat_doses for name in pair)}
    if "groups" in facts:
        wanted |= {"unknown_groups", *table.groups}
    if "willingness" in facts:
        wanted |= {name for _, name in table.wishes}
    if "dated_facts" in facts:
        wanted |= {name for _, name in table.dated_facts}
    return sorted(wanted & table.names)


def passed_through(table: Table, batch: Any) -> list[Any]:
    """The columns that are passed through."""
    return [batch.column(name) for name in table.kept]
