"""Finds the names that somebody may have meant by a name that does not exist."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

_NEAR: Final = 0.6
_AS_NEAR: Final = 0.1
_MOST: Final = 3
_A_NAME: Final = 3
"""A shorter text is contained in too many names."""
_LONGEST: Final = 200
"""Similarity takes quadratic time, and nothing this long is a typo."""


def near(wrong: str, spellings: Mapping[str, str]) -> tuple[str, ...]:
    """The names that are most similar to a wrong name, the nearest first; at most three.

    `spellings` maps each spelling of a name to the name. A name that contains the wrong text counts
    as near. So does a name whose last part (after the last slash) is similar to it.
    """
    if len(wrong) > _LONGEST:
        return ()
    best: dict[str, float] = {}
    of_parts = cache(_of_parts)  # many names have the same parts
    for spelling, name in spellings.items():
        best[name] = max(_similarity(wrong, spelling, of_parts), best.get(name, 0))
    least = max(_NEAR, max(best.values(), default=0) - _AS_NEAR)
    found = sorted((name for name in best if best[name] >= least), key=lambda name: -best[name])
    return tuple(found[:_MOST])


def _similarity(wrong: str, spelling: str, of_parts: Callable[[str, str], float]) -> float:
    """How similar two texts are; 0 where they are not near by their lengths alone."""
    text, whole = wrong.casefold(), spelling.casefold()
    last = whole.rpartition("/")[2]
    if text == last:
        return 2
    if text and text in whole:
        return 1
    ratios = [
        SequenceMatcher(None, text, it).ratio()
        for it in dict.fromkeys((whole, last))
        if 2 * min(len(text), len(it)) >= _NEAR * (len(text) + len(it))
    ]
    return max([0, *ratios, _by_part(text, whole, of_parts)])


def _by_part(text: str, whole: str, of_parts: Callable[[str, str], float]) -> float:
    """The similarity of two paths: each part of the first is compared to the nearest of the second.

    A part that is contained in one of the other, as "flu" is in "influenza", counts as equal.
    """
    parts = text.split("/")
    if len(parts) == 1:
        return 0
    return sum(max(of_parts(part, it) for it in whole.split("/")) for part in parts) / len(parts)


def _of_parts(part: str, other: str) -> float:
    if len(part) >= _A_NAME and part in other:
        return 1
    return SequenceMatcher(None, part, other).ratio()


def did_you_mean(names: Collection[str]) -> str:
    """The end of an error message: "; did you mean ...?", or "" without names."""
    return f"; did you mean {' or '.join(names)}?" if names else ""


class Hints:
    """The hints for the wrong names of one document.

    Similarity is slow, and a document may have thousands of wrong names. So only the first wrong
    names get a hint, and each is compared to a bounded number of names.
    """

    def __init__(self) -> None:
        self._left = _MOST_HINTS

    def hint(self, wrong: str, names: Iterable[str]) -> str:
        """The end of an error message, with the names that may be meant; "" without one."""
        if self._left == 0 or len(wrong) > _LONGEST_HINTED:
            return ""
        self._left -= 1
        return did_you_mean(near(wrong, {it: it for it in islice(names, _MOST_COMPARED)}))


_MOST_HINTS: Final = 20
_MOST_COMPARED: Final = 1_000
_LONGEST_HINTED: Final = 100


def county_spellings(counties: Collection[str]) -> dict[str, str]:
    """Counties by each way to write them: 台 is a common spelling of 臺."""
    return {
        **{county.replace("臺", "台"): county for county in counties},
        **{county: county for county in counties},
    }
