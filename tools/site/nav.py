"""The site's table of contents: what mkdocs.yml names, and what follows from files and policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tools.site import codes
from tools.site.rules_summary import section
from tools.site.rules_text import (
    INDEX,
    READINGS,
    ROOTS,
    Page,
    group_page,
    policy_name,
    policy_page,
    readings_page,
    vaccine_page,
)
from vaxpolicy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS: Final = Path(__file__).parents[2] / "docs"
CODES: Final = "Codes and their texts"
"""The section of the pages of codes, by what they belong to."""
FOLDERS: Final = {
    "Learn": "learn",
    "Reservation": "reservation",
    "預約流程": "zh-hant/reservation",
    "Reference": "reference",
    "Explanation": "explanation",
}
"""The sections to which the pages of a folder belong that nothing else names."""


def complete(nav: list[Any], docs: Path = DOCS) -> list[Any]:
    """The table of contents with every page in its place; an empty section is left out."""
    named = set(_pages(nav))
    return _filled(nav, {**_of_rules(), **_of_folders(docs, named)}, top=True)


def _pages(nav: list[Any]) -> Iterator[str]:
    for entry in nav:
        below = entry if isinstance(entry, str) else next(iter(entry.values()))
        if isinstance(below, str):
            yield below
        else:
            yield from _pages(below)


def _of_rules() -> dict[str, list[Any]]:
    """The sections of policies, lists of groups and vaccines, in each language."""
    return {title: pages for lang in ROOTS for title, pages in _of_rules_in(lang).items()}


def _of_rules_in(lang: str) -> dict[str, list[Any]]:
    def entry(name: str, at: str) -> dict[str, str]:
        return {name: Page(lang, at).path}

    policies: dict[str, list[Any]] = {}
    for name in catalog.ids():
        of_it = entry(policy_name(name, lang), policy_page(name))
        policies.setdefault(section(catalog.load(name)), []).append(of_it)
    page = Page(lang, INDEX)
    say = page.say
    return {
        say("nav/in-force"): policies.get("in-force", []),
        say("nav/seasons"): [*policies.get("to-come", []), *policies.get("seasons", [])],
        say("nav/platform"): policies.get("platform", []),
        say("interpretations"): [
            entry(say(f"interpretations/{key}"), readings_page(key)) for key in READINGS
        ],
        say("nav/groups"): [entry(it.id, group_page(it.id)) for it in catalog.group_lists()],
        say("vaccines"): [
            entry(page.vaccine(code), vaccine_page(code)) for code in catalog.vaccines()
        ],
    }


def _of_folders(docs: Path, named: set[str]) -> dict[str, list[Any]]:
    found = {
        section: sorted(path.relative_to(docs).as_posix() for path in (docs / folder).glob("*.md"))
        for section, folder in FOLDERS.items()
    }
    rest: dict[str, list[Any]] = {
        section: sorted(
            (page for page in pages if page not in named), key=lambda page: "/index.md" not in page
        )
        for section, pages in found.items()
    }
    of_codes = [
        {area: [{part.title: part.uri} for part in pages]} for area, pages in codes.parts().items()
    ]
    return {**rest, CODES: of_codes}


def _filled(nav: list[Any], more: dict[str, list[Any]], *, top: bool = False) -> list[Any]:
    filled: list[Any] = []
    for entry in nav:
        if isinstance(entry, str):
            filled.append(entry)
            continue
        ((title, below),) = entry.items()
        if isinstance(below, list):
            # "Reservation" is a section of rules and a page of the reference: only a section fills
            below = [*_filled(below, more), *more.get(title, [])]
        if below or top:
            filled.append({title: below})
    return filled
