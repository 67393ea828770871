"""The words of the site's search: Chinese words, and codes with hyphens.

Material's search knows Chinese where the index has zero-width spaces between its words: it then
splits queries by the words of the index. It would have `jieba` find the words, which has had no
release since 2020 and knows none of ours; here the terms of the glossary and the vaccines' names
are words, as is a number with its unit, and any other character is one by itself. So everything is
found, and terms precisely.

A code such as `interval-too-short` is one word too: in the index its hyphens are non-breaking, and
`docs/javascripts/search.js` asks for it so. Elsewhere a hyphen parts two words.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from vaxpolicy import catalog

BREAK: Final = "\u200b"
UNBROKEN: Final = "\u2011"
_CODE: Final = re.compile("(?<=<code>)[a-z]+(?:-[a-z]+)+(?=</code>)")
_HAN: Final = "[\u4e00-\u9fff]"
_NUMBERED: Final = rf"第[0-9]+{_HAN}|(?<![0-9A-Za-z.-])[0-9]+{_HAN}"
_GLOSSARY: Final = Path(__file__).parent / "data" / "glossary.toml"


@cache
def _word() -> re.Pattern[str]:
    """A number with its unit; a term, the longest first; or else a character."""
    glossary = tomllib.loads(_GLOSSARY.read_text("utf-8"))["terms"]
    names = [str(it["zh-Hant"]) for it in glossary]  # one, or a list of several
    names += [it.names["zh-Hant"] for it in catalog.vaccines().values()]
    found = {term for name in names for term in re.findall(f"{_HAN}+", name) if len(term) > 1}
    terms = sorted(found, key=lambda term: (-len(term), term))
    return re.compile("|".join([_NUMBERED, *terms, _HAN]))


def parted(text: str) -> str:
    """The text with a zero-width space at both ends of every Chinese word."""
    marked = _word().sub(rf"{BREAK}\g<0>{BREAK}", text)
    return marked.replace(BREAK * 2, BREAK).strip(BREAK)


def whole(text: str) -> str:
    """The text with every code that has hyphens as one word."""
    return _CODE.sub(lambda found: found[0].replace("-", UNBROKEN), text)


def part(index: Path) -> None:
    """Mark the words of a search index, in place."""
    found = json.loads(index.read_text("utf-8"))
    for entry in found["docs"]:
        entry.update({key: parted(whole(entry[key])) for key in ("title", "text")})
    index.write_text(json.dumps(found, ensure_ascii=False, separators=(",", ":")), "utf-8")
