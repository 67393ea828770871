"""The texts of one language, and its forms of dates, times, lists and plurals.

Texts come from gettext catalogues (``locale/<language>/LC_MESSAGES/vaxpolicy.mo``; English is the
source and needs none), plurals from the catalogue's own rule, dates and lists from the CLDR data
that come with Babel. A missing text is an error; it never falls back to another language.
"""

from __future__ import annotations

import re
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

from vaxpolicy._values import front_door
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.messages.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

LANGUAGES: Final = ("zh-Hant", "en", "id", "vi", "th")
"""The languages, by their tags: those of the platform's own guides."""

_MOST_OF_A_HEADER: Final = 1_000


@front_door
def language_of(tag: str) -> str | None:
    """The language of `LANGUAGES` that a tag such as ``zh-TW`` or ``en-US`` means, or None.

    A request for any Chinese gets the traditional script, which is the only one here.

    >>> language_of("zh-TW"), language_of("en_US"), language_of("fr")
    ('zh-Hant', 'en', None)
    """
    primary = tag.strip().replace("_", "-").partition("-")[0].lower()
    return {"zh": "zh-Hant", "in": "id", **{it: it for it in LANGUAGES}}.get(primary)


@front_door
def negotiate(accept_language: str) -> str:
    """The language for the value of an Accept-Language header (RFC 9110); ``en`` if none fits.

    >>> negotiate("fr, zh-TW;q=0.9, en;q=0.5"), negotiate("fr"), negotiate("")
    ('zh-Hant', 'en', 'en')
    """
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:_MOST_OF_A_HEADER].split(","):
        tag, _, weight = part.partition(";")
        language = language_of(tag)
        quality = _quality(weight)
        if language is not None and quality > 0:
            wanted.append((quality, language))
    return max(wanted, key=lambda it: it[0])[1] if wanted else "en"


def _quality(weight: str) -> float:
    """The weight of a language: 1 if none is written, 0 if it is not a number."""
    found = re.fullmatch(r"\s*(?:q=([01](?:\.[0-9]{0,3})?))?\s*", weight)
    if found is None:
        return 0
    return float(found[1] or 1)


_LOCALES: Final = {
    "en": "en_GB",
    "zh-Hant": "zh_Hant_TW",
    "id": "id_ID",
    "vi": "vi_VN",
    "th": "th_TH",
}
_DATES: Final = {"vi": "'ngày' d 'tháng' M 'năm' y"}
_TIME_SIGNS: Final = {"id": ".", "th": "."}
_YEAR_BEFORE_ROC: Final = 1911
_BUDDHIST_ERA: Final = 543


class MissingText(LookupError):  # noqa: N818  # what it is
    """This language has no such text."""


class _Strict(NullTranslations):
    """The fallback of a catalogue: it refuses, where gettext would give the English text."""

    def pgettext(self, context: str, message: str) -> str:
        raise MissingText(context)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        raise MissingText(context)


@cache
@front_door
def words(lang: str) -> Words:
    """The texts of a language. Raises ValueError for a tag that is not in `LANGUAGES`."""
    if lang not in LANGUAGES:
        raise ValueError(f"lang: expected one of {', '.join(LANGUAGES)}")
    return Words(lang)


class Words:
    """The texts of one language, and its dates, times and lists."""

    def __init__(self, lang: str) -> None:
        from babel import Locale  # noqa: PLC0415  # large: only where something is put in words

        self.lang = lang
        self.locale: Locale = Locale.parse(_LOCALES[lang])
        self.between = "" if lang == "zh-Hant" else " "
        """The separator between two sentences."""
        self._catalogue: NullTranslations = _catalogue(lang)

    def __call__(self, key: str, /, **values: object) -> str:
        """The text with that key, filled in; `n` chooses between singular and plural.

        Raises MissingText if this language has no such text, and KeyError if a value is missing.
        """
        text = TEXTS.get(key)
        if text is None:
            raise MissingText(key)
        if isinstance(text, str):
            return self._catalogue.pgettext(key, text).format_map(values)
        count = values["n"]
        if not isinstance(count, int):
            raise TypeError(f"{key}: expected a whole number")
        return self._catalogue.npgettext(key, *text, count).format_map(values)

    def sentences(self, *texts: str) -> str:
        """Join sentences, without the empty ones."""
        return self.between.join(filter(None, texts))

    def listed(self, texts: Iterable[str], *, style: Literal["standard", "or"] = "standard") -> str:
        """The texts as a list: "a, b and c", or with "or"."""
        from babel.lists import format_list  # noqa: PLC0415  # as above

        return format_list(list(texts), style=style, locale=self.locale)

    def date(self, day: date) -> str:
        """The day as the language writes it.

        Chinese has the year of the Republic of China beside the common one, Thai the Buddhist
        year: people's documents have these eras.
        """
        from babel.dates import format_date  # noqa: PLC0415  # as above

        text = format_date(day, _DATES.get(self.lang, "long"), locale=self.locale)
        if self.lang == "zh-Hant":
            return f"{text}（{_roc_year(day.year)}）"
        if self.lang == "th":
            return f"วันที่ {text} (พ.ศ. {day.year + _BUDDHIST_ERA})"
        return text

    def moment(self, instant: datetime) -> str:
        """The day and the time of day in Taiwan, with seconds if they are not zero."""
        from babel.dates import format_time  # noqa: PLC0415  # as above

        there = instant.astimezone(TAIWAN)
        pattern = ["HH", "mm", "ss"] if there.second else ["HH", "mm"]
        sign = _TIME_SIGNS.get(self.lang, ":")
        time = format_time(there.time(), sign.join(pattern), locale=self.locale)
        return self("frame/moment", day=self.date(there.date()), time=time)

    def days(self, days: DaySet) -> str:
        """The days, with the first and the last of each range."""
        if not days:
            return self("frame/days-none")
        parts = []
        for one in days.ranges:
            first = None if one.first is None else self.date(one.first)
            last = None if one.last is None else self.date(one.last)
            if first is None and last is None:
                parts.append(self("frame/days-every"))
            elif last is None:
                parts.append(self("frame/days-from", first=first))
            elif first is None:
                parts.append(self("frame/days-until", last=last))
            elif first == last:
                parts.append(first)
            else:
                parts.append(self("frame/days-range", first=first, last=last))
        return self.listed(parts)


def _roc_year(year: int) -> str:
    if year > _YEAR_BEFORE_ROC:
        return f"民國{year - _YEAR_BEFORE_ROC}年"
    return f"民國前{_YEAR_BEFORE_ROC + 1 - year}年"


def _catalogue(lang: str) -> NullTranslations:
    if lang == "en":
        return NullTranslations()
    folder = files("vaxpolicy") / "locale" / lang.replace("-", "_") / "LC_MESSAGES"
    with (folder / "vaxpolicy.mo").open("rb") as file:
        catalogue = GNUTranslations(file)
    catalogue.add_fallback(_Strict())
    return catalogue
