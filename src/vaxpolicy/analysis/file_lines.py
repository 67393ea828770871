"""Finds the lines of a policy file to which findings belong.

It reads the text by its headers (``[[stages]]``, ``[[stages.rules]]``, ``[[stages.windows]]``,
``[sources.key]``, ``[[vaccines]]``, ``[[minimums]]`` and the like), as a reader does. A file that
is written in another way, with tables inside of lines, gives no line.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.analysis.findings import Spot

_HEADER: Final = re.compile(r"^\s*+\[{1,2}([^\[\]]++)\]{1,2}\s*+(?:#.*)?")
"""A header, as a whole line."""
_KEYS: Final = re.compile(r"(?<![\w-])([\w-]++)\s*+=")
_ID: Final = re.compile(r"""^\s*id\s*=\s*["'](.*?)["']\s*(#.*)?""")
_CODE: Final = re.compile(r"""^\s*code\s*=\s*["'](.*?)["']\s*(#.*)?""")


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


_Part: TypeAlias = "tuple[str, str, str | int | None]"
"""The sections that belong to one part of the file: the kind of the part, and its names."""


class FileLines:
    """The text of a file, cut into its sections once for all findings."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines_with: dict[_Part, dict[str, int]] = {}

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.split("\n")

    @cached_property
    def _parts(self) -> dict[_Part, list[_Section]]:
        found: defaultdict[_Part, list[_Section]] = defaultdict(list)
        for section in _sections(self._lines):
            for part in _parts_with(section):
                found[part].append(section)
        return dict(found)

    def line_of(self, spot: Spot) -> int | None:
        """The number of the line, from 1 on; None where the text does not show it."""
        part = _part_of(spot)
        sections = self._parts.get(part)
        if sections is None:
            return None
        first = self._first_line(part, sections, spot.key) if spot.key else sections[0].start
        if first is None:
            return sections[0].start + 1
        end = next(it.end for it in sections if it.start <= first < it.end)
        return self._with_value(range(first, end), spot.value) + 1

    def _first_line(self, part: _Part, sections: list[_Section], key: str) -> int | None:
        """The first line of the part that sets the key."""
        if part not in self._lines_with:
            found: dict[str, int] = {}
            for section in sections:
                for number in range(section.start, section.end):
                    for each in _KEYS.findall(self._lines[number]):
                        found.setdefault(each, number)
            self._lines_with[part] = found
        return self._lines_with[part].get(key)

    def _with_value(self, lines: range, value: str) -> int:
        """The first of the lines that has the value, maybe among others; else the first line."""
        quoted = (f'"{value}"', f"'{value}'")
        for number in lines if value else ():
            if any(it in self._lines[number] for it in quoted):
                return number
        return lines[0]


def _part_of(spot: Spot) -> _Part:
    if spot.table:
        return "table", spot.table, spot.number
    if spot.vaccine:
        return "vaccine", spot.vaccine, None
    if spot.window is not None:
        return "window", spot.stage, spot.window
    if spot.rule:
        return "rule", spot.rule, None
    header = f"sources.{spot.source}" if spot.source else "stages" if spot.stage else ""
    return "header", header, spot.stage


def _parts_with(section: _Section) -> Iterator[_Part]:
    """Every part of the file that the section belongs to."""
    yield "table", section.header, section.number
    yield "vaccine", section.vaccine, None
    yield "window", section.stage, section.window
    yield "rule", section.rule, None
    yield "header", section.header, section.stage


def _sections(lines: list[str]) -> Iterator[_Section]:
    starts = [number for number, line in enumerate(lines) if _HEADER.fullmatch(line)]
    ends = [*starts, len(lines)]
    yield _Section("", 0, ends[0])
    stage = vaccine = ""
    window = 0
    entries: Counter[str] = Counter()
    for start, end in pairwise(ends):
        header = _HEADER.sub(r"\1", lines[start]).strip().replace('"', "")
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
