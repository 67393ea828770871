"""Escapes control characters, so that the text of somebody else cannot steer a terminal."""

from __future__ import annotations

from typing import Final
from unicodedata import category

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs"})


def escaped(text: str) -> str:
    """The text with control characters as escapes.

    Line feeds stay. So do the joiners without width, which some scripts write.
    """
    return "".join(
        it if it in "\n\u200c\u200d" or category(it) not in _UNSAFE else ascii(it)[1:-1]
        for it in text
    )
