"""Docstrings, pages and the changelog avoid turns of phrase that readers stumbled over.

The schemas and the reference quote docstrings, so they are public text.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
STUMBLES = {
    "a clause as a subject": re.compile(
        r"(?:^|[.!] )(?:What|Whoever|Who|Whatever)\b[^.?!|:]*\.(?:\s|$)"
    ),
    "no X for not an X": re.compile(
        r"\b(?<!there )(?:is|are|was|were|be) no (?:member|fact|yes)s?\b"
    ),
    "told apart": re.compile(r"\b(?:told|tells?) apart\b"),
    "bears on": re.compile(r"\bbears? on\b"),
    "that there is not": re.compile(r"\bthat there (?:is|are) (?:not|none)\b"),
    "so many": re.compile(r"\bso many (?:years|months|days|doses|people)\b"),
    "one's own": re.compile(r"\bone's own\b"),
    "a docstring without a subject": re.compile(r"^The same, "),
}
RULER = re.compile(r"^\s*# -{2,}", re.MULTILINE)


def found(text: str) -> list[str]:
    plain = " ".join(text.split())
    return [name for name, pattern in STUMBLES.items() if pattern.search(plain)]


def paragraphs(page: str) -> Iterator[str]:
    """The prose of a page, without code, tables, headings and pictures."""
    prose = re.sub(r"^[ ]*```.*?^[ ]*```$", "", page, flags=re.MULTILINE | re.DOTALL)
    lines = ["" if re.match(r"\s*(?:[#|<]|```)", line) else line for line in prose.splitlines()]
    yield from re.split(r"\n\s*\n|\n\s*[-*] |\n\s*\d+\. ", "\n".join(lines))


def docstrings(source: str) -> Iterator[str]:
    """The docstrings of a module, of its parts, and of its names."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield from re.split(r"\n\s*\n", node.value.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What is sure is offered. The rest is open.", ["a clause as a subject"]),
        ("It opens. Who registered that day is open.", ["a clause as a subject"]),
        ("Who are you? The form says it.", []),
        ("Ages of so many years are\nnot told apart.", ["told apart", "so many"]),
        ("The same, with reasons.", ["a docstring without a subject"]),
        ("There is no member. An answer that is no fact.", ["no X for not an X"]),
        ("A plain sentence has a subject, a verb and an object.", []),
    ],
)
def test_the_stumbles_are_found(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_pages_and_docstrings_have_none() -> None:
    texts = [
        (path, text) for path in PAGES for text in paragraphs(path.read_text(encoding="utf-8"))
    ] + [
        (path, text)
        for path in sorted((ROOT / "src").rglob("*.py"))
        for text in docstrings(path.read_text(encoding="utf-8"))
    ]
    wrong = [
        f"{path.relative_to(ROOT)}: {', '.join(names)}: {' '.join(text.split())[:80]}"
        for path, text in texts
        if (names := found(text))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_file_is_divided_by_rulers() -> None:
    files = [path for room in ("src", "tests", "tools") for path in (ROOT / room).rglob("*.py")]
    assert not [path.name for path in files if RULER.search(path.read_text(encoding="utf-8"))]
