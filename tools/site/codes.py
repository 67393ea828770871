"""Cuts the page of codes and their texts into one page for each kind, when the site is built.

`docs/reference/codes.md` is written as one file, which is easy to compare; as one page of the site
it would be a hundred screens long. It becomes the list of its parts, and each part a page below it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from attrs import frozen

WHOLE: Final = "reference/codes.md"
BOOST: Final = "---\nsearch:\n  boost: 1.5\n---\n\n"
"""Who searches for a code wants its text first, not the pages that mention it."""
SOUGHT: Final = (
    "Reasons",
    "Refusals of a reservation",
    "Errors and warnings of a form",
    "Errors of a number",
    "Findings of the lint",
)
"""The parts whose codes people meet in answers and logs."""
DOCS: Final = Path(__file__).parents[2] / "docs"


@frozen
class Part:
    """One part of the page: its title, the address of its own page, and its text."""

    title: str
    uri: str
    text: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that it has texts for."""
        return tuple(re.findall("^## `([^`]+)`$", self.text, re.MULTILINE))


def parts(markdown: str | None = None) -> tuple[Part, ...]:
    """The parts of the page, in order."""
    text = (DOCS / WHOLE).read_text("utf-8") if markdown is None else markdown
    _, *pieces = re.split("^## ", text, flags=re.MULTILINE)
    found = []
    for piece in pieces:
        title, _, body = piece.partition("\n")
        name = re.sub("[^a-z]+", "-", title.lower()).strip("-")
        found.append(Part(title, f"reference/codes/{name}.md", _headed(title, body)))
    return tuple(found)


def _headed(title: str, body: str) -> str:
    """The text of a part; each code is a heading, so that search and links find it."""
    front = BOOST if title in SOUGHT else ""
    return f"{front}# {title}\n" + re.sub("^(`[^`]+`)$", r"## \1", body, flags=re.MULTILINE)


def overview(markdown: str) -> str:
    """The page itself: what it is about, and its parts."""
    head = markdown.partition("\n## ")[0]
    rows = [
        f"| [{part.title}](codes/{part.uri.rpartition('/')[2]}) | {len(part.codes)} | "
        + " ".join(f"`{code}`" for code in part.codes[:3])
        + (" …" if len(part.codes) > 3 else "")  # noqa: PLR2004  # as many as fit in a row
        + " |"
        for part in parts(markdown)
    ]
    return "\n".join([head, "", "| Codes | How many | Such as |", "|---|---|---|", *rows, ""])
