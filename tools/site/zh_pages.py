"""Holds the hand-written Chinese pages to their English ones: ``python -m tools.site.zh_pages``.

It tells which English pages were changed since they were translated, and where a pair does not
agree in what has to be the same in both languages. Each Chinese page keeps a digest of the English
page that it translates; once you have mended the translation,
``python -m tools.site.zh_pages --accept PAGE`` (``identity/passport.md``) writes the new one.
"""

from __future__ import annotations

import argparse
import posixpath
import re
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.site.rules_text import ROOTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DOCS: Final = Path(__file__).parents[2] / "docs"
ENGLISH, CHINESE = ROOTS
FOLDERS: Final = ("identity",)
"""The folders whose pages are written by hand in both languages."""
STAMP: Final = (
    "<!-- translated from the English page with SHA-256 {digest}; python -m tools.site.zh_pages -->"
)
STAMPED: Final = re.compile(r"^<!-- translated from the English page .* -->$", re.MULTILINE)

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_FENCE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`([^`\n]+)`")
_COMMENT: Final = re.compile(r"<!-- .* -->")
_ANCHOR: Final = re.compile(r"\{ #.* \}")
_HEADING: Final = re.compile(r"^(#+) (.*?)(?: \{ #([a-z0-9-]+) \})?$", re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^()\s]+)\)|\]\[([\w.]+)\]")
_SWITCH: Final = re.compile(r"^(?:English / \[|\[English\]).*$", re.MULTILINE)
_NUMBER: Final = re.compile(r"\d+")
_DATE: Final = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
    rf"|(?P<ed>\d\d?) (?P<em>{'|'.join(MONTHS)}) (?P<ey>\d{{4}})"
    r"|(?P<cy>\d{4})年(?P<cm>\d\d?)月(?P<cd>\d\d?)日"
)


def names(docs: Path = DOCS) -> list[str]:
    """The pages that have to be there in both languages, by their place below each."""
    return sorted(
        {
            path.relative_to(root).as_posix()
            for root in (docs / ROOTS[ENGLISH], docs / ROOTS[CHINESE])
            for folder in FOLDERS
            for path in (root / folder).glob("*.md")
        }
    )


def twin(name: str, docs: Path = DOCS) -> Path:
    """The Chinese page of an English one."""
    return docs / ROOTS[CHINESE] / name


def facts(text: str, name: str) -> Mapping[str, object]:
    """The parts that a page has to have in common with its twin, in any language.

    Args:
        text: the page.
        name: its place under docs/, or under that of its language.
    """
    plain = _FENCE.sub("", _SWITCH.sub("", text))
    lines = plain.splitlines()
    return {
        "fenced code": [code for code in _FENCE.findall(text) if "mermaid" not in code],
        "code": Counter(_CODE.findall(plain)),
        "headings": list(_headings(plain)),
        "table rows": [
            (line.count(" |"), _numbers(line)) for line in lines if line.startswith("|")
        ],
        "list items": [_item(line) for line in lines if _item(line)],
        "footnotes": Counter(re.findall(r"\[\^[a-z]+\]:?", plain)),
        "links": Counter(_links(plain, name)),
        "dates": Counter(_dates(_LINK.sub("]", plain))),
        "comments": [it for it in _COMMENT.findall(plain) if not STAMPED.match(it)],
    }


def lost_numbers(english: str, chinese: str) -> dict[str, int]:
    """The numbers of an English text that its translation has less often.

    A translation may write a number in digits that is a word in English, never the reverse.
    """
    return dict(Counter(_numbers(english)) - Counter(_numbers(chinese)))


def _numbers(text: str) -> list[str]:
    """The numbers in the text that are not of a code, link, date, comment or anchor."""
    for kind in (_FENCE, _CODE, _COMMENT, _LINK, _DATE, _ANCHOR):
        text = kind.sub(" ", text)
    return _NUMBER.findall(text.replace(",", ""))


def _headings(text: str) -> Iterator[tuple[int, str]]:
    """Depth and anchor of each heading; one without anchor has that which MkDocs makes of it."""
    for depth, title, anchor in _HEADING.findall(text):
        yield len(depth), anchor or slug(title)


def slug(title: str) -> str:
    """The anchor that MkDocs gives to a heading in English."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower())


def _item(line: str) -> str:
    found = re.match(r" *(?:-|1\.) ", line)
    return found[0] if found else ""


def _links(text: str, name: str) -> Iterator[str]:
    for to, reference in _LINK.findall(text):
        path, _, anchor = to.partition("#")
        if reference or "://" in to:
            yield reference or to
        else:
            there = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            yield f"{there if path else name}#{anchor}"


def _dates(text: str) -> Iterator[tuple[int, int, int]]:
    """Every whole date, however it is written."""
    for it in _DATE.finditer(text):
        month = MONTHS.index(it["em"]) + 1 if it["em"] else int(it["m"] or it["cm"])
        yield int(it["y"] or it["ey"] or it["cy"]), month, int(it["d"] or it["ed"] or it["cd"])


def differences(name: str, docs: Path = DOCS) -> list[str]:
    """The differences within a pair of pages, in words; nothing where all is well."""
    for language, path in (("English", docs / name), ("Chinese", twin(name, docs))):
        if not path.exists():
            return [f"no {language} page"]
    english, chinese = _text(docs / name), _text(twin(name, docs))
    here, there = facts(english, name), facts(chinese, name)
    found = [f"{kind}: {here[kind]} / {there[kind]}" for kind in here if here[kind] != there[kind]]
    lost = lost_numbers(english, chinese)
    return [*found, *([f"numbers lost: {lost}"] if lost else [])]


def stamp(name: str, docs: Path = DOCS) -> str:
    """The line in which a Chinese page says what it translates."""
    digest = sha256(_text(docs / name).encode()).hexdigest()[:16]
    return STAMP.format(digest=digest)


def stale(docs: Path = DOCS) -> list[str]:
    """The pages whose English was changed since, and those that do not say what they translate."""
    pairs = [name for name in names(docs) if (docs / name).exists() and twin(name, docs).exists()]
    return [name for name in pairs if stamp(name, docs) not in _text(twin(name, docs))]


def accept(name: str, docs: Path = DOCS) -> None:
    """Write on the Chinese page that it translates the current English one.

    Raises:
        ValueError: it does not agree with it.
    """
    if found := differences(name, docs):
        raise ValueError(f"{name}: {'; '.join(found)}")
    path = twin(name, docs)
    text = STAMPED.sub("", _text(path)).rstrip("\n")
    path.write_text(f"{text}\n\n{stamp(name, docs)}\n", encoding="utf-8")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def main(arguments: Sequence[str] | None = None, docs: Path = DOCS) -> int:
    """Tell what is to be done; 1 where there is something."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--accept", metavar="PAGE", action="append", default=[])
    for name in parser.parse_args(arguments).accept:
        accept(name, docs)
    found = [f"{name}: {it}" for name in names(docs) for it in differences(name, docs)]
    found += [f"{name}: changed since it was translated" for name in stale(docs)]
    sys.stdout.writelines(f"{it}\n" for it in found)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
