"""Finds the line of a policy file to which a finding belongs.

It reads the text by its headers (``[[stages]]``, ``[[stages.rules]]``, ``[[stages.windows]]``,
``[sources.key]``, ``[[vaccines]]``, ``[[minimums]]`` and the like), as a reader does. A file that
is written in another way, with tables inside of lines, gives no line.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.analysis.findings import Spot

_HEADER: Final = re.compile(r"\s*\[{1,2}\s*([^\[\]]+?)\s*\]{1,2}\s*(#.*)?")
_ID: Final = re.compile(r"""\s*id\s*=\s*["'](.*?)["']\s*(#.*)?""")
_CODE: Final = re.compile(r"""\s*code\s*=\s*["'](.*?)["']\s*(#.*)?""")


@frozen
class _Section:
    """The lines under one header."""

    header: str
    start: int
    end: int
    stage: str = ""
    rule: str = ""
    window: int | None = None
    vaccine: str = ""
    number: int | None = None


def line_of(text: str, spot: Spot) -> int | None:
    """The number of the line, from 1 on; None where the text does not show it."""
    lines = text.split("\n")
    sections = [section for section in _sections(lines) if _is_of(section, spot)]
    for section in sections:
        number = _line_in(lines, section, spot)
        if number is not None:
            return number
    return sections[0].start + 1 if sections else None


def _sections(lines: list[str]) -> Iterator[_Section]:
    starts = [number for number, line in enumerate(lines) if _HEADER.fullmatch(line)]
    ends = [*starts, len(lines)]
    yield _Section("", 0, ends[0])
    stage = vaccine = ""
    window = 0
    entries: Counter[str] = Counter()
    for start, end in pairwise(ends):
        header = _HEADER.sub(r"\1", lines[start]).replace('"', "")
        section = _Section(header, start, end)
        inner = lines[start + 1 : end]
        name = _named(_ID, inner)
        if header == "stages":
            stage, window = name, 0
            section = evolve(section, stage=stage)
        elif header == "stages.rules":
            section = evolve(section, stage=stage, rule=name)
        elif header == "stages.windows":
            window += 1
            section = evolve(section, stage=stage, window=window)
        elif header == "vaccines" or header.startswith("vaccines."):
            if header == "vaccines":
                vaccine = _named(_CODE, inner)
                entries[header] += 1
            section = evolve(section, vaccine=vaccine, number=entries[header] or None)
        elif "." not in header:
            entries[header] += 1
            section = evolve(section, number=entries[header])
        yield section


def _named(key: re.Pattern[str], lines: list[str]) -> str:
    return next((found[1] for line in lines if (found := key.fullmatch(line))), "")


def _is_of(section: _Section, spot: Spot) -> bool:
    if spot.table:
        return (section.header, section.number) == (spot.table, spot.number)
    if spot.vaccine:
        return section.vaccine == spot.vaccine
    if spot.window is not None:
        return (section.stage, section.window) == (spot.stage, spot.window)
    if spot.rule:
        return section.rule == spot.rule
    header = f"sources.{spot.source}" if spot.source else "stages" if spot.stage else ""
    return section.header == header and section.stage == spot.stage


def _line_in(lines: list[str], section: _Section, spot: Spot) -> int | None:
    """The line of the section with the value after the key; else the line with the key."""
    key = re.compile(rf"\b{re.escape(spot.key)}\s*=") if spot.key else None
    with_key: int | None = None
    for number in range(section.start, section.end):
        if key is None or key.search(lines[number]):
            with_key = number if with_key is None else with_key
        if with_key is None or spot.value == "":
            continue
        if f'"{spot.value}"' in lines[number] or f"'{spot.value}'" in lines[number]:
            return number + 1
    return None if with_key is None else with_key + 1
