"""How public values are made and public functions are called: names, order and defaults of parameters.

Whoever calls them has them in his code. So a parameter with a default may be added to
`tests/data/calls.txt` at the end of a line, and none of those that a release has brought may be renamed,
moved or given another default. A field that is not shown may hold what belongs to a person; one that is
not compared makes no difference between values. To write the file anew:

    python -m tests.values.test_how_they_are_called
"""

from __future__ import annotations

import enum
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from tests.values.test_every_class import exported, is_ours, public

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = Path(__file__).parents[1] / "data" / "calls.txt"
PLAIN = (bool, int, str, type(None))


def written(default: object) -> str:
    """A default, as far as it is a plain value."""
    if default is attrs.NOTHING:
        return "made anew"
    if isinstance(default, enum.Enum):
        return f"{type(default).__name__}.{default.name}"
    if isinstance(default, PLAIN) or default in ((), frozenset()):
        return repr(default)
    return "..."


def parameters(called: Any) -> str:
    found: list[str] = []
    for it in inspect.signature(called).parameters.values():
        if it.kind is it.KEYWORD_ONLY and not any(each.startswith("*") for each in found):
            found.append("*")
        default = "" if it.default is it.empty else f"={written(it.default)}"
        mark = "*" * ((it.kind is it.VAR_POSITIONAL) + 2 * (it.kind is it.VAR_KEYWORD))
        found.append(f"{mark}{it.name}{default}")
    return ", ".join(found)


def kept_back(kind: type) -> Iterator[str]:
    """The fields that are not shown or not compared."""
    for it in attrs.fields(kind):
        said = [word for word, does in (("shown", it.repr), ("compared", it.eq)) if not does]
        if said:
            yield f"{it.name} not {' and not '.join(said)}"


def methods(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods that a class itself has, and how it is made where it has no fields."""
    written_out = not is_ours(kind) and not getattr(kind, "_is_protocol", False)
    for name, member in vars(kind).items():
        method = getattr(member, "__func__", member)
        if inspect.isfunction(method) and (
            not name.startswith("_") or (name == "__init__" and written_out)
        ):
            yield name, method


def calls() -> list[str]:
    """All of them, one a line."""
    lines = set()
    for kind in public().values():
        notes = "; ".join(kept_back(kind))
        lines.add(f"{kind.__name__}({parameters(kind)})" + (f"  # {notes}" if notes else ""))
    for it in exported():
        if inspect.isfunction(it) and it is not attrs.evolve:  # from 3.13 on its name changes
            lines.add(f"{it.__module__}.{it.__qualname__}({parameters(it)})")
        if inspect.isclass(it) and it.__module__.startswith("vaxpolicy"):
            lines |= {f"{it.__name__}.{name}({parameters(own)})" for name, own in methods(it)}
    return sorted(lines)


def test_the_calls_of_programs_are_those_that_are_written_down() -> None:
    remedy = "to record what is meant: python -m tests.values.test_how_they_are_called"
    assert calls() == CALLS.read_text("utf-8").splitlines(), remedy


if __name__ == "__main__":
    CALLS.write_text("".join(f"{it}\n" for it in calls()), encoding="utf-8")
