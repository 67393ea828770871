"""Regular expressions take time that grows with the text, and not with its square."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from itertools import permutations
from time import process_time

import pytest

import vaxpolicy

SIGNS = ["a", "1", " ", "\t", ".", "-", '"', "'", "=", "[", "$", "\\", "/", "#", ",", "台"]
FRAGMENTS = [*SIGNS, *map("".join, permutations(SIGNS, 2)), " $.", '\\"', "$.a"]
LENGTH = 4_000
SLOW = 0.05
"""A pattern whose time is linear takes a hundredth of this; one that is quadratic takes more."""

OF_THE_PACKAGE_ALONE = {"_BETWEEN_KINDS"}
"""Patterns that read annotations of the package's own classes."""


def patterns() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    """Every pattern of a module, by the first name under which it was found."""
    modules = [
        import_module(it.name)
        for it in pkgutil.walk_packages(vaxpolicy.__path__, "vaxpolicy.")
        if not it.name.endswith("__main__")
    ]
    found: dict[object, str] = {}
    for module in modules:
        for name, its in vars(module).items():
            if isinstance(its, re.Pattern) and name not in OF_THE_PACKAGE_ALONE:
                found.setdefault(its, f"{module.__name__}.{name}")
    return {name: its for its, name in found.items() if isinstance(its, re.Pattern)}


PATTERNS = patterns()


def time_of(pattern: re.Pattern[str] | re.Pattern[bytes], text: str) -> float:
    before = process_time()
    if isinstance(pattern.pattern, bytes):
        any(False for _ in pattern.finditer(text.encode()))
    else:
        any(False for _ in pattern.finditer(text))
    return process_time() - before


def test_there_are_patterns() -> None:
    assert len(PATTERNS) > 40


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_goes_through_a_long_text_in_no_time(name: str) -> None:
    for fragment in FRAGMENTS:
        text = (fragment * LENGTH)[:LENGTH]
        times = (time_of(PATTERNS[name], text) for _ in range(3))  # others may use the processor
        assert any(time < SLOW for time in times), fragment
