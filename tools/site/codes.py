"""Writes the pages of the codes and their texts: one for each kind of code, and their index.

`python -m tools.site write` writes them from `vaxpolicy.messages.texts` and the catalogues.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from tools.site.texts import forms
from vaxpolicy.booking.refusals import CODES
from vaxpolicy.messages import LANGUAGES
from vaxpolicy.messages.texts import ADVICE, NEXT, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCS: Final = Path(__file__).parents[2] / "docs"
FOLDER: Final = "reference/codes"
INDEX: Final = f"{FOLDER}/index.md"
MARK: Final = "<!-- written by python -m tools.site write -->"
BOOST: Final = "---\nsearch:\n  boost: 1.5\n---\n\n"
"""The weight of these pages in the search: a search for a code wants its text first."""
MOST: Final = 48
"""A kind with more codes than this has a page for its codes up to `l`, and one for the others, or
two where these are too many. The letter decides: a code that is added moves no other one."""

KINDS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "Identity": (
        ("form", "Errors and warnings of a form", "`FieldError.code` and `FieldWarning.code`"),
        ("number", "Errors of a number", "`NumberError.code`, and `FieldError.code` for a box"),
        ("number-frame", "What more an error says", ""),
        ("slip", "Slips", "`Suggestion.change`"),
        ("field", "Boxes of the form", "`FieldError.field`"),
        ("kind", "Kinds of number", "`Number.kind`"),
        ("residency", "Statuses in Taiwan", "`ResidencyStatus`"),
        ("ui-number", "How to get a UI number", "`Application`"),
    ),
    "Eligibility": (
        ("outcome", "Outcomes", "`Outcome`"),
        ("reason", "Reasons", "`Reason.code`"),
        ("detail", "What more a reason says", ""),
        ("advice", "What to do about a reason", ""),
        ("fact", "What is missing", "`Decision.missing`"),
        ("question", "What no source states", ""),
        (
            "county",
            "Counties and cities",
            "`Person.registered_county` and `Person.residence_county`",
        ),
    ),
    "Reservation": (
        ("refusal", "Refusals of a reservation", "`Rejected.code` and `NotMatched.code`"),
        ("refusal-frame", "What more a refusal says", ""),
        ("status", "Statuses of a journey", "`Status`"),
        ("close-reason", "Why a journey has ended", "`CloseReason`"),
        ("slot-status", "Statuses of a slot", "`SlotStatus`"),
        ("keeping", "How a place is kept", "`Keeping`"),
    ),
    "Policies": (
        ("condition", "What a rule asks", "the keys of a policy file"),
        ("condition-frame", "How conditions are put together", ""),
        ("reckoning", "On which day it is reckoned", "the key `on` of a policy file"),
        ("finding", "Findings of the lint", "`Finding.code`"),
        ("value", "Why a value was refused", "`InvalidValue.code` and `Problem.code`"),
        ("change", "What changes between two policies, and for whom", "`Kind`"),
        ("policy", "Names of the bundled policies", ""),
        ("disease", "Diseases", "`Policy.disease`"),
        ("picture", "Words in the pictures", ""),
    ),
    "Records and the command line": (
        ("difference", "What is wrong with a decision record", "`Difference.code`"),
        ("difference-frame", "Where it is", ""),
        ("frame", "How days, windows and offers are put", ""),
        ("command-line", "How the command line puts its answers", ""),
        ("demo", "How the demonstration puts its steps", ""),
    ),
}
"""The kinds of code by what they belong to: the first part of a key, a title, where they occur."""
SOUGHT: Final = frozenset({"reason", "refusal", "form", "number", "finding"})
"""The kinds whose codes people meet in answers and logs."""


EXPLAINED: Final = frozenset({*SOUGHT, "value", "difference"})
"""The kinds whose entries say when a code is given, and what to do."""
HELP: Final = Path(__file__).parent / "data" / "codes.toml"


@frozen
class Help:
    """The occasion of a code, and the remedy; "" where the text itself says that."""

    when: str
    do: str = ""


@cache
def helps() -> Mapping[str, Help]:
    """The help for every code of the explained kinds, by its key among the texts.

    What to do about a reason is the library's own advice, and what a refusal means and asks for is
    with the refusals of the library.
    """
    written = tomllib.loads(HELP.read_text("utf-8"))
    found = {
        f"{room}/{code}": Help(**it) for room, its in written.items() for code, it in its.items()
    }
    for code, advice in NEXT.items():
        key = f"reason/{code}"
        found[key] = evolve(found.get(key, Help("")), do=ADVICE[advice])
    refusals = {f"refusal/{code}": Help(it.means, it.do) for code, it in CODES.items()}
    return {**found, **refusals}


@frozen
class Part:
    """One page of codes: its title, its address under docs/, its codes and its text."""

    title: str
    uri: str
    codes: tuple[str, ...]
    text: str


@cache
def parts() -> Mapping[str, tuple[Part, ...]]:
    """The pages, in order, by what they belong to."""
    return {
        area: tuple(part for kind in kinds for part in _parts(*kind))
        for area, kinds in KINDS.items()
    }


def _parts(room: str, title: str, where: str) -> Iterator[Part]:
    keys = [key for key in TEXTS if key.partition("/")[0] == room]
    name = title.lower().replace(",", "").replace(" ", "-")
    if len(keys) <= MOST:
        yield _part(title, name, where, keys)
        return
    late = [key for key in keys if _code(key)[0] > "l"]
    ends = ("l", "z") if len(late) <= MOST else ("l", "o", "z")
    first = "a"
    for last in ends:
        found = sorted(key for key in keys if first <= _code(key)[0] <= last)
        yield _part(f"{title}: {first} to {last}", f"{name}-{first}-to-{last}", where, found)
        first = chr(ord(last) + 1)


def _part(title: str, name: str, where: str, keys: list[str]) -> Part:
    room = keys[0].partition("/")[0]
    lines = [BOOST * (room in SOUGHT) + f"# {title}", "", MARK, ""]
    if where:
        lines += [f"Codes: {where}.", ""]
    for key in keys:
        lines += [f"## `{_code(key)}`", "", *_help(key), *_in_every_language(key), ""]
    text = "\n".join(lines).rstrip() + "\n"
    return Part(title, f"{FOLDER}/{name}.md", tuple(map(_code, keys)), text)


def _help(key: str) -> Iterator[str]:
    if (found := helps().get(key)) is None:
        return
    if found.when:
        yield f"**When it is given:** {found.when}"
        yield ""
    if found.do:
        yield f"**What to do:** {found.do}"
        yield ""


def _code(key: str) -> str:
    return key.partition("/")[2]


def _in_every_language(key: str) -> Iterator[str]:
    for lang in LANGUAGES:
        yield f"- *{lang}*: {' / '.join(forms(key, lang))}"


def index() -> str:
    """The page from which the others are reached."""
    lines = [
        "# Codes and their texts",
        "",
        "Every code that the library can answer with, and what it says to people. Codes are stable",
        "and free of language; [the messages](../messages.md) put them in words. `{...}` is filled",
        "in. Terms are those of [the glossary](../glossary.md). The search finds a code as one",
        "word.",
        "",
        MARK,
    ]
    for area, pages in parts().items():
        lines += ["", f"## {area}", "", "| Codes | How many | Such as |", "|---|---|---|"]
        lines += map(_row, pages)
    return "\n".join(lines) + "\n"


def _row(part: Part) -> str:
    shown = " ".join(f"`{code}`" for code in part.codes[:3])
    more = " …" if len(part.codes) > 3 else ""  # noqa: PLR2004  # as many as fit in a row
    name = part.uri.rpartition("/")[2]
    return f"| [{part.title}]({name}) | {len(part.codes)} | {shown}{more} |"


def pages() -> Mapping[str, str]:
    """Every page, by its place under docs/."""
    return {INDEX: index(), **{it.uri: it.text for area in parts().values() for it in area}}


def stale() -> list[str]:
    """The pages that are not what would be written, and files that are not pages of these."""
    wanted = pages()
    found = {path.relative_to(DOCS).as_posix() for path in (DOCS / FOLDER).glob("*.md")}
    differs = {
        name for name in found & wanted.keys() if (DOCS / name).read_text("utf-8") != wanted[name]
    }
    return sorted(f"docs/{name}" for name in (found ^ wanted.keys()) | differs)


def write() -> None:
    """Write the pages that are stale, and remove files that are not pages any more."""
    parts.cache_clear()
    wanted = pages()
    for name in stale():
        path = DOCS.parent / name
        text = wanted.get(name.removeprefix("docs/"))
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
