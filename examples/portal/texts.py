"""The portal's own words in five languages, and which of them a visitor reads.

What the library can say, it says: `vaxpolicy.messages`.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

from examples.portal.registry import DATA
from vaxpolicy.messages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

TEXTS: Final[Mapping[str, Mapping[str, str]]] = tomllib.loads(
    (DATA / "texts.toml").read_text(encoding="utf-8")
)
NAMES: Final = {
    "zh-Hant": "正體中文",
    "en": "English",
    "id": "Bahasa Indonesia",
    "vi": "Tiếng Việt",
    "th": "ไทย",
}
COOKIE: Final = "language"


def say(key: str, language: str, **values: object) -> str:
    """A text in a language."""
    return TEXTS[key][language].format(**values)


def language_of(request: Request) -> str:
    """The language that was chosen, or else the first that the browser asks for and we have."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    wanted = []
    for place, part in enumerate(request.headers.get("accept-language", "").split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), place, name.lower()))
        except ValueError:
            continue
    for _, __, name in sorted(wanted):
        for language in LANGUAGES:
            if name.partition("-")[0] == language.partition("-")[0].lower():
                return language
    return "zh-Hant"
