"""The catalogue of the Chinese pages of the rules: ``data/locale/zh_Hant/LC_MESSAGES/rules.po``.

It holds the texts of `rules_says`, by key, and every free text of the policy files (readings,
notes, explanations, titles of lists and sources), by its English wording: a text that is reworded
there loses its translation here. Nothing falls back to English: `Catalogue` raises for what has no
translation, and the tests enumerate. ``python -m tools.site write`` writes the catalogue anew,
keeping what is translated; translators fill in what it leaves empty.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from tools.site.rules_says import TEXTS
from vaxpolicy import catalog
from vaxpolicy.rules.policy import Rule, Source, Stage, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FILE: Final = Path(__file__).parent / "data" / "locale" / "zh_Hant" / "LC_MESSAGES" / "rules.po"
WRITTEN: Final = datetime(2026, 11, 23, tzinfo=UTC)
"""The date in the catalogue: the same texts give the same bytes."""


class MissingTranslationError(LookupError):
    """A text has no translation."""


@frozen
class Catalogue:
    """The Chinese texts, by key and English wording; the key of a free text is ""."""

    translations: Mapping[tuple[str, str], str]

    def __call__(self, english: str, key: str = "") -> str:
        """The translation of a text; raises MissingTranslationError where there is none."""
        found = self.translations.get((key, english))
        if not found:
            raise MissingTranslationError(f"no translation in {FILE.name}: {key or english}")
        return found


@cache
def translated() -> Catalogue:
    """The catalogue as it is in its file."""
    return Catalogue({(it.context or "", _only(it.id)): _only(it.string) for it in messages()})


def messages() -> Iterator[Message]:
    """The texts of the catalogue, without its header."""
    if FILE.exists():
        with FILE.open("rb") as file:
            yield from (message for message in read_po(file, locale="zh_Hant") if message.id)


def _only(text: str | Iterable[str] | None) -> str:
    """The singular: Chinese has no other number, and a key is known by its singular."""
    return text if isinstance(text, str) else next(iter(text or ()), "")


def free_texts() -> Mapping[str, list[str]]:
    """Every free text of the policy files that is on a page, and in which files."""
    found: dict[str, dict[str, None]] = {}
    for place, text in (*_of_policies(), *_of_groups(), *_of_vaccines()):
        if text:
            found.setdefault(text, {})[place] = None
    return {text: list(places) for text, places in found.items()}


def _of_policies() -> Iterator[tuple[str, str]]:
    for policy in map(catalog.load, catalog.ids()):
        place = f"{policy.id}.toml"
        for stage in policy.written:
            read: list[Stage | Rule | Window] = [stage, *stage.rules, *stage.windows]
            yield from ((place, it.reading) for it in read)
        yield from ((place, it.reading) for it in policy.minimums)
        yield from ((place, it.reading) for it in policy.spacings)
        yield from ((place, it.why) for it in policy.explained)
        yield from _of_sources(place, policy.sources.values())


def _of_groups() -> Iterator[tuple[str, str]]:
    for found in catalog.group_lists():
        place = f"groups/{found.id}.toml"
        yield place, found.title
        yield place, found.note
        yield from ((place, it.note) for it in found.groups)
        yield from _of_sources(place, found.sources.values())


def _of_vaccines() -> Iterator[tuple[str, str]]:
    for vaccine in catalog.vaccines().values():
        yield "vaccines.toml", vaccine.note
        yield from (("vaccines.toml", it.note) for it in vaccine.intervals)
    yield from _of_sources("vaccines.toml", vaccine_sources().values())


def _of_sources(place: str, sources: Iterable[Source]) -> Iterator[tuple[str, str]]:
    for it in sources:
        yield place, it.publisher
        yield place, it.note


@cache
def vaccine_sources() -> Mapping[str, Source]:
    """The sources of the vaccines' data."""
    text = (files("vaxpolicy") / "policies" / "vaccines.toml").read_text("utf-8")
    return {key: Source(**it) for key, it in tomllib.loads(text)["sources"].items()}


def merged(translations: Mapping[tuple[str, str], str]) -> bytes:
    """The catalogue of all texts with these translations, as a file."""
    catalogue = _empty()
    for key, text in TEXTS.items():
        english = _only(text)
        found = translations.get((key, english), "")
        catalogue.add(text, found if isinstance(text, str) else (found,), context=key)
    for english, places in free_texts().items():
        found = translations.get(("", english), "")
        catalogue.add(english, found, locations=[(place, 0) for place in places])
    buffer = BytesIO()
    write_po(buffer, catalogue, width=100, include_lineno=False)
    return buffer.getvalue()


def stale() -> list[str]:
    """The catalogue, where it is not that of the texts."""
    good = FILE.exists() and FILE.read_bytes() == merged(translated().translations)
    return [] if good else [FILE.name]


def write() -> None:
    """Write the catalogue anew, keeping what is translated."""
    text = merged(translated().translations)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_bytes(text)
    translated.cache_clear()


def _empty() -> Catalog:
    catalogue = Catalog(
        locale="zh_Hant",
        domain="rules",
        project="vaxpolicy",
        version="1",
        header_comment="# Traditional Chinese pages of the rules: see tools.site.",
        copyright_holder="The vaxpolicy developers",
        last_translator="vaxpolicy",
        msgid_bugs_address="the project",
        language_team="vaxpolicy",
        creation_date=WRITTEN,
        revision_date=WRITTEN,
        fuzzy=False,
    )
    catalogue.mime_headers = [("Plural-Forms", "nplurals=1; plural=0;")]
    return catalogue
