"""The catalogues of `vaxpolicy.messages`, and the pages made from them.

`python -m tools.site write` writes them from `vaxpolicy.messages.texts`, the translations in the
catalogues and `data/glossary.toml`; the tests compare. A new or reworded text has no translation in
the catalogue, and the tests fail until somebody has given it one.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from vaxpolicy.messages import LANGUAGES, words
from vaxpolicy.messages.texts import TEXTS

DOCS = Path(__file__).parents[2] / "docs"
LOCALE = DOCS.parent / "src" / "vaxpolicy" / "locale"
GLOSSARY = Path(__file__).parent / "data" / "glossary.toml"
OURS = "ours"
"""The note beside a word for which no published text was found."""
GLOSSARY_PAGE = DOCS / "reference" / "glossary.md"
TRANSLATED = tuple(lang for lang in LANGUAGES if lang != "en")
WRITTEN = datetime(2026, 11, 23, tzinfo=UTC)
"""The date in every catalogue: the same texts give the same bytes."""

NAMES = {
    "zh-Hant": "Traditional Chinese",
    "en": "English",
    "id": "Indonesian",
    "vi": "Vietnamese",
    "th": "Thai",
}


def po_file(lang: str) -> Path:
    """The catalogue of a language."""
    return LOCALE / lang.replace("-", "_") / "LC_MESSAGES" / "vaxpolicy.po"


def read(lang: str) -> Catalog:
    """The catalogue as it is in its file; an empty one where there is none."""
    if not po_file(lang).exists():
        return _empty(lang)
    with po_file(lang).open("rb") as file:
        return read_po(file, locale=_locale(lang))


def merged(lang: str, translations: Mapping[str, Any]) -> Catalog:
    """The catalogue of all texts, with these translations by key."""
    catalogue = _empty(lang)
    for key, text in TEXTS.items():
        blank = "" if isinstance(text, str) else ("",)
        catalogue.add(text, translations.get(key, blank), context=key)
    return catalogue


def translations(lang: str) -> Mapping[str, Any]:
    """The translations of the catalogue, by key, of the texts whose English has not changed."""
    return _translations(lang, po_file(lang).stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _translations(lang: str, _written: int) -> Mapping[str, Any]:
    return {
        message.context: message.string
        for message in messages(lang)
        if message.context is not None and message.id == TEXTS.get(message.context)
    }


def messages(lang: str) -> Iterator[Message]:
    """The texts of a catalogue, without its header."""
    return (message for message in read(lang) if message.id)


def po(catalogue: Catalog) -> bytes:
    """The catalogue as a .po file."""
    buffer = BytesIO()
    write_po(buffer, catalogue, width=100)
    return buffer.getvalue()


def mo(catalogue: Catalog) -> bytes:
    """The catalogue as a .mo file, which is what is read at run time."""
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def _locale(lang: str) -> Locale:
    return Locale.parse(lang, sep="-")


def _empty(lang: str) -> Catalog:
    catalogue = Catalog(
        locale=_locale(lang),
        domain="vaxpolicy",
        project="vaxpolicy",
        version="1",
        header_comment=f"# {NAMES[lang]} texts of vaxpolicy; written by tools.site.",
        copyright_holder="The vaxpolicy developers",
        last_translator="vaxpolicy",
        msgid_bugs_address="the project",
        language_team="vaxpolicy",
        creation_date=WRITTEN,
        revision_date=WRITTEN,
        fuzzy=False,
    )
    # CLDR has one form for each of these; Babel's table for catalogues lacks Indonesian.
    catalogue.mime_headers = [("Plural-Forms", "nplurals=1; plural=0;")]
    return catalogue


def forms(key: str, lang: str) -> tuple[str, ...]:
    """A text as it is in the catalogue: one, or one for each plural form."""
    found = TEXTS[key] if lang == "en" else translations(lang)[key]
    return (found,) if isinstance(found, str) else tuple(found)


def terms() -> list[dict[str, Any]]:
    """The terms of the glossary: each with its word per language, and where it comes from."""
    found: list[dict[str, Any]] = tomllib.loads(GLOSSARY.read_text("utf-8"))["terms"]
    return found


def glossary_page() -> str:
    """The terms of the field in every language."""
    lines = [
        "# Glossary",
        "",
        "One word per thing and language, the same in every text of",
        "[the messages](codes/index.md). Where an official or widely published text in a language",
        "was found to use a word, that word was taken, and the text is cited beside it. For a word",
        "with the note that says *ours* no such text was found.",
        "",
        "<!-- written by python -m tools.site write -->",
        "",
        "| English | 正體中文 | Indonesia | Tiếng Việt | ไทย |",
        "|---|---|---|---|---|",
    ]
    document = tomllib.loads(GLOSSARY.read_text("utf-8"))
    for term in document["terms"]:
        cells = [_cited(term, lang) for lang in ("en", "zh-Hant", "id", "vi", "th")]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Notes", ""]
    lines += [f"- {note}" for note in document["notes"]]
    lines.append("")
    used = {source for term in document["terms"] for source in term.get("sources", ())}
    for name, source in document["sources"].items():
        if name in used:
            lines.append(f"[^{name}]: {source['publisher']}, <{source['url']}>.")
    lines.append(f"[^{OURS}]: Ours.")
    return "\n".join(lines).rstrip() + "\n"


def _cited(term: Mapping[str, Any], lang: str) -> str:
    """The word in a language, with the sources whose name ends with that language, or as ours."""
    word = term[lang]
    named = [it for it in term.get("sources", ()) if it.endswith(f"-{lang[:2]}")] or [OURS]
    return (word if isinstance(word, str) else ", ".join(word)) + "".join(
        f"[^{it}]" for it in named
    )


def stale() -> list[str]:
    """The catalogues and pages that are not what would be written."""
    wanted: dict[Path, bytes] = {
        GLOSSARY_PAGE: glossary_page().encode(),
    }
    for lang in TRANSLATED:
        wanted[po_file(lang)] = po(merged(lang, translations(lang)))
        wanted[po_file(lang).with_suffix(".mo")] = mo(read(lang))
    root = DOCS.parent
    return [
        path.relative_to(root).as_posix()
        for path, content in wanted.items()
        if path.read_bytes() != content
    ]


def write() -> None:
    """Write catalogues and pages anew."""
    for lang in TRANSLATED:
        catalogue = merged(lang, translations(lang))
        po_file(lang).parent.mkdir(parents=True, exist_ok=True)
        po_file(lang).write_bytes(po(catalogue))
        po_file(lang).with_suffix(".mo").write_bytes(mo(read(lang)))
    words.cache_clear()
    GLOSSARY_PAGE.write_text(glossary_page(), encoding="utf-8")
