"""The portal's own words in five languages, and which of them a visitor reads.

All other words are the library's: `vaxpolicy.messages`.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

from examples.portal.registry import DATA
from vaxpolicy.messages import LANGUAGES, negotiate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

TEXTS: Final[Mapping[str, Mapping[str, str]]] = tomllib.loads(
    (DATA / "texts.toml").read_text(encoding="utf-8")
)
NAMES: Final = TEXTS["name"]
COOKIE: Final = "language"


def say(key: str, language: str, **values: object) -> str:
    """A text in a language."""
    return TEXTS[key][language].format(**values)


def language_of(request: Request) -> str:
    """The language that was chosen, or else the first that the browser asks for and we have."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    return negotiate(request.headers.get("accept-language", "")[:900] + ",zh-Hant;q=0.001")
