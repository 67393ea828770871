"""Makes the texts of others fit to be printed: they steer no terminal and show no number."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category

from vaxpolicy._values import HIDDEN, looks_like_a_number

_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs"})


def escaped(text: str) -> str:
    """The text with control characters as escapes.

    Line feeds stay. So do the joiners without width, which some scripts write.
    """
    return "".join(
        it if it in "\n\u200c\u200d" or category(it) not in _UNSAFE else ascii(it)[1:-1]
        for it in text
    )


def without_numbers(text: str) -> str:
    r"""The text with "(hidden)" for each word, or row of words, that looks like a person's number.

    An escape such as ``\u200b`` counts as its character, as `repr` writes what somebody typed.
    Where no word can be told from the number, the whole text is hidden.

    >>> without_numbers("no group is called 'A 123 456 789'; did you mean status/national?")
    "no group is called 'A (hidden)'; did you mean status/national?"
    """
    if not _shows_a_number(text):
        return text
    if len(text) > _LONGEST:
        return HIDDEN
    words = [it.span("core") for it in _WORD.finditer(text)]
    last: dict[int, int] = {}
    for more in range(_MOST_WORDS):
        for first in range(len(words) - more):
            row = range(first, first + more + 1)
            if not any(last.get(it, len(words)) in row for it in row):  # no part of it is a number
                begin, end = words[first][0], words[first + more][1]
                if _shows_a_number(text[begin:end]):
                    last[first] = first + more
    parts, done = [], 0
    for first in sorted(last):
        begin, end = words[first][0], words[last[first]][1]
        if begin >= done:
            parts += [text[done:begin], HIDDEN]
        done = max(done, end)
    found = "".join((*parts, text[done:]))
    return HIDDEN if _shows_a_number(found) else found


_WORD: Final = re.compile(r"""(?<!\S)['"(]*(?P<core>\S+?)['"),;:.!?]*(?!\S)""")
_LONGEST: Final = 8_000
"""In a longer text no word is looked for, which would take long."""
_MOST_WORDS: Final = 28
"""The words of the longest number, with a sign between each of its digits."""
_ESCAPE: Final = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[nrt])")
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t"}


def _shows_a_number(text: str) -> bool:
    return looks_like_a_number(text) or looks_like_a_number(_ESCAPE.sub(_character, text))


def _character(escape: re.Match[str]) -> str:
    sign = escape[0][1:]
    code = int(sign[1:], 16) if len(sign) > 1 else ord(_CONTROLS[sign])
    return chr(code) if code <= _LAST_CHARACTER else escape[0]


_LAST_CHARACTER: Final = 0x10FFFF
