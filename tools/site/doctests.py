"""Gives the examples of docstrings a fence on the pages: Markdown takes `>>>` for three quotes."""

from __future__ import annotations

import re
from typing import Final

import griffe

FENCE: Final = "```pycon"
EXAMPLE: Final = re.compile(r"^( *)>>> .*(?:\n(?! *$).*)*", re.MULTILINE)


def fenced(text: str) -> str:
    """The docstring with a fence around each of its examples, which end with a blank line."""
    if FENCE in text:
        return text
    return EXAMPLE.sub(lambda found: f"{found[1]}{FENCE}\n{found[0]}\n{found[1]}```", text)


class FencedExamples(griffe.Extension):
    """Puts the fences into the docstrings that mkdocstrings shows (see mkdocs.yml)."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Put the fences into one docstring."""
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)
