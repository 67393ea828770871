"""Two sites in one: each page in its own language, with its own navigation, search and switch.

English pages are below the root, Chinese ones below ``zh-hant/``. Before a page is put into the
theme, the theme is told the page's language; its navigation keeps only the sections that have pages
of that language; and the switch leads to the same page in the other language, or to that language's
home. After the build the search index is cut in two, one for each language.
"""

from __future__ import annotations

import json
from copy import copy
from typing import TYPE_CHECKING, Any, Final

from mkdocs.structure.nav import Link, Navigation, Section
from mkdocs.structure.pages import Page

from tools.site.rules_text import ROOTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mkdocs.config.defaults import MkDocsConfig

ENGLISH, CHINESE = ROOTS
NAMES: Final = {ENGLISH: "English", CHINESE: "正體中文"}
FOLDER: Final = ROOTS[CHINESE]
SEARCH: Final = {ENGLISH: "Search", CHINESE: "搜尋"}


def language(uri: str) -> str:
    """The language of a page, by the folder that it is in."""
    return CHINESE if uri.startswith(FOLDER) else ENGLISH


def in_language(context: dict[str, Any], page: Page, config: MkDocsConfig) -> dict[str, Any]:
    """The context of a page's template, in the page's language."""
    lang = language(page.file.src_uri)
    config.theme["language"] = lang
    pages = {it.file.src_uri: it for it in context["nav"].pages}
    config.extra["alternate"] = [
        {"name": NAMES[each], "lang": each, "link": _counterpart(page, each, pages)}
        for each in ROOTS
    ]
    for side in ("previous_page", "next_page"):
        beside = getattr(page, side)
        if beside is not None and language(beside.file.src_uri) != lang:
            setattr(page, side, None)  # the first and the last page of a language
    nav = _only(context["nav"], lang)
    nav.homepage = pages.get(f"{ROOTS[lang]}index.md")
    config.extra["homepage"] = nav.homepage.url if nav.homepage else ""
    return {**context, "nav": nav}


def _counterpart(page: Page, lang: str, pages: dict[str, Page]) -> str:
    bare = page.file.src_uri.removeprefix(FOLDER)
    for uri in (f"{ROOTS[lang]}{bare}", f"{ROOTS[lang]}index.md"):
        if uri in pages:
            return pages[uri].url or "."
    return "."


def _only(nav: Navigation, lang: str) -> Navigation:
    """The navigation without what has no page in the language."""
    kept = copy(nav)
    kept.items = list(_items(nav.items, lang))
    return kept


def _items(items: Iterable[Any], lang: str) -> Iterable[Any]:
    for item in items:
        if isinstance(item, Page):
            if language(item.file.src_uri) == lang:
                yield item
        elif isinstance(item, Section):
            below = list(_items(item.children, lang))
            if below:
                section = copy(item)
                section.children = below
                yield section
        elif isinstance(item, Link) and lang == ENGLISH:
            yield item


def finished(output: str, lang: str) -> str:
    """A finished page: its search has a name, and reads the index of its own language."""
    named = output.replace(
        'data-md-component="search" role="dialog"',
        f'data-md-component="search" role="dialog" aria-label="{SEARCH[lang]}"',
    )
    if lang == ENGLISH:
        return named
    head, mark, tail = named.partition('"base": "')
    base, quote, rest = tail.partition('"')
    return f"{head}{mark}{base}/{FOLDER}{quote}{rest}"


def cut_search(site: Path) -> None:
    """Cut the search index in two; in each, places are counted from the language's own root."""
    index = site / "search" / "search_index.json"
    found = json.loads(index.read_text("utf-8"))
    for lang, root in ROOTS.items():
        docs = [
            {**entry, "location": entry["location"].removeprefix(root)}
            for entry in found["docs"]
            if language(entry["location"]) == lang
        ]
        folder = site / root / "search"
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**found, "docs": docs}, ensure_ascii=False, separators=(",", ":"))
        (folder / "search_index.json").write_text(text, "utf-8")
        (folder / "search_index.js").write_text(f"var __index = {text}", "utf-8")
