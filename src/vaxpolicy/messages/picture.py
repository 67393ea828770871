"""The words of the pictures in a language."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Final

from vaxpolicy import catalog
from vaxpolicy._values import front_door
from vaxpolicy.messages.decisions import vaccine_name
from vaxpolicy.messages.language import words
from vaxpolicy.messages.texts import PICTURE
from vaxpolicy.picture.labels import Labels

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN_LETTERS: Final = frozenset({"zh-Hant", "th"})


@front_door
def picture_labels(lang: str = "en") -> Labels:
    """The words of the pictures (see `vaxpolicy.picture`) in a language."""
    say = words(lang)
    texts = {
        name.replace("-", "_"): say(f"picture/{name}", **_as_they_are(text))
        for name, text in PICTURE.items()
    }
    return Labels(**texts, vaccines=_short_names(lang))


def _as_they_are(text: str) -> Mapping[str, str]:
    """A mapping that keeps each placeholder, so that the pictures can fill it in."""
    names = (name for _, name, _, _ in Formatter().parse(text) if name)
    return {name: f"{{{name}}}" for name in names}


def _short_names(lang: str) -> Mapping[str, str]:
    """The shortest names of the vaccines, because a picture has little room.

    Languages in Latin letters have the codes, the others the names without the parts in brackets.
    """
    if lang not in _OWN_LETTERS:
        return {}
    return {code: vaccine_name(code, lang).partition("（")[0] for code in catalog.vaccines()}
