"""The record of the public API: one line a name, read from the sources by griffe.

    python -m tools.api write   # after a change that is meant
    python -m tools.api check   # fails when the sources and the record differ

A line has the parameters and their defaults, the default of a field, the value of a member of an
enumeration, and the codes of a literal type. A line that goes away or changes breaks somebody's
import, call or stored value; a line that comes is an addition. `docs/explanation/stability.md` says
what each means for the version number.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import griffe

import vaxpolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).parents[1]
RECORD: Final = ROOT / "tools" / "data" / "api.txt"
LONGEST: Final = 90
"""The most characters of a value in the record. Texts and tables are longer; others hold them."""


def public_api(search: Path = ROOT / "src") -> list[str]:
    """The lines of the record, sorted, for the sources below a folder."""
    package = griffe.load("vaxpolicy", search_paths=[search], resolve_aliases=True)
    lines = {line for room in dir(vaxpolicy) for line in _room(package[room])}
    return sorted(lines)


def compare(recorded: Iterable[str], found: Iterable[str]) -> tuple[list[str], list[str]]:
    """The changes that break a user, and the new names."""
    before, now = set(recorded), set(found)
    return sorted(before - now), sorted(now - before)


def _room(room: griffe.Object | griffe.Alias) -> Iterator[str]:
    """The names of ``__all__``; without one, those that the room itself defines."""
    defined = [n for n, it in room.members.items() if not (n.startswith("_") or it.is_alias)]
    for name in room.exports or defined:
        yield from _lines(f"{room.path}.{name}", room.members[str(name)])


def _lines(path: str, member: griffe.Object | griffe.Alias) -> Iterator[str]:
    target = member.final_target if isinstance(member, griffe.Alias) else member
    if isinstance(target, griffe.Class):
        yield f"{path}: class({', '.join(map(str, target.bases))})"
        for name, part in target.all_members.items():
            if not name.startswith("_") and part.path.startswith("vaxpolicy."):
                yield from _lines(f"{path}.{name}", part)
    elif isinstance(target, griffe.Function):
        yield f"{path}{_signature(target)}"
    elif isinstance(target, griffe.Attribute):
        yield f"{path}: {target.annotation or 'value'}{_given(target)}"
    elif isinstance(target, griffe.TypeAlias):
        yield f"{path}: type"


def _signature(function: griffe.Function) -> str:
    """The call as Python writes it, without the texts of a docstring."""
    kinds = griffe.ParameterKind
    stars = {kinds.var_positional: "*", kinds.var_keyword: "**"}
    parts: list[str] = []
    for parameter in function.parameters:
        if parameter.kind is kinds.keyword_only and not any(part.startswith("*") for part in parts):
            parts.append("*")
        text = f"{stars.get(parameter.kind, '')}{parameter.name}"
        if parameter.annotation is not None:
            text += f": {parameter.annotation}"
        if parameter.default is not None and parameter.kind not in stars:
            text += f" = {parameter.default}"
        parts.append(text)
        if parameter.kind is kinds.positional_only:
            parts[-1] += " (by position)"
    return f"({', '.join(parts)}) -> {function.returns}"


def _given(attribute: griffe.Attribute) -> str:
    """The default of a field, the value of a member, the codes of a literal; long ones are cut."""
    if _is_required(attribute):
        return ""
    value = attribute.value
    if isinstance(value, griffe.ExprCall) and value.canonical_name == "field":
        named = {it.name: it.value for it in value.arguments if isinstance(it, griffe.ExprKeyword)}
        text = str(named["default"]) if "default" in named else f"{named['factory']}()"
    else:
        text = " ".join(str(value).split())
    other = attribute.labels == {"instance-attribute"} or str(attribute.annotation) == "Prose"
    shown = text.startswith("Literal[") or (len(text) <= LONGEST and not other)
    return f" = {text}" if shown else " = ..."


def _is_required(attribute: griffe.Attribute) -> bool:
    """Whether an attrs class asks for the field."""
    if attribute.value is None:
        return True
    value = str(attribute.value)
    return "field(" in value and "default" not in value and "factory" not in value


def main(arguments: list[str]) -> int:
    """Write or check the record."""
    if arguments == ["write"]:
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text("\n".join(public_api()) + "\n", encoding="utf-8")
        return 0
    if arguments != ["check"]:
        print(__doc__, file=sys.stderr)
        return 2
    broken, added = compare(RECORD.read_text(encoding="utf-8").splitlines(), public_api())
    for sign, lines in (("-", broken), ("+", added)):
        print(*(f"{sign} {line}" for line in lines), sep="\n", end="\n" if lines else "")
    if broken or added:
        print(f"{len(broken)} lines break users, {len(added)} are new: python -m tools.api write")
    return 1 if broken or added else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
