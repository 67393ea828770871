"""The canvas of a picture: it collects lines and shapes from the top down, and writes SVG.

A picture in a page has the colour of the text around it, so that it can be read on a light and a
dark background. Hatching and outlines, not colours, distinguish sure days from possible ones.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from unicodedata import category, east_asian_width

from attrs import define, field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH: Final = 480
"""The width of every picture in its own units; pages scale it."""
MARGIN: Final = 8
LINE: Final = 14
"""The distance between two lines of one text."""
FAINT: Final = 'fill="none" stroke="currentColor" stroke-opacity="0.35"'
"""The style of guide lines."""


_WIDE: Final = 12.0
_NARROW: Final = 6.3


def width(text: str) -> float:
    """The approximate width of a text in a picture; without a font it cannot be measured."""
    return sum(map(_width, text))


def _width(character: str) -> float:
    if category(character) == "Mn":
        return 0.0
    return _WIDE if east_asian_width(character) in "WF" else _NARROW


def lines_of(text: str, room: float) -> list[str]:
    """Break a text into lines that fit: at a blank, or else between two characters.

    Chinese and Thai write no blanks. A line never starts with a mark that belongs to the character
    before, or with a comma or a closing bracket.
    """
    lines = []
    while len(text) > 1 and width(text) > room:
        end = _most(text, room)
        blank = text.rfind(" ", end // 2, end + 1)
        lines.append(text[: end if blank < 0 else blank])
        text = text[end:] if blank < 0 else text[blank + 1 :]
    return [*lines, text]


def _most(text: str, room: float) -> int:
    """The number of characters that fit in a line, at least one."""
    end, used = 0, 0.0
    while used + _width(text[end]) <= room:
        used += _width(text[end])
        end += 1
    while end > 1 and not _may_start(text[end]):
        end -= 1
    return max(end, 1)


def _may_start(character: str) -> bool:
    return category(character) != "Mn" and character not in "，、。：；！？）」』,.:;!?)ๆฯะาๅำ"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@define
class Canvas:
    """Collects the shapes of one picture.

    Attributes:
        title: the picture's title.
        name: the prefix of the names of its patterns: several pictures can share a page.
        y: the height at which the next line or shape goes.
    """

    title: str
    name: str
    y: float = field(default=4.0, init=False)
    _parts: list[str] = field(factory=list, init=False)

    def down(self, by: float) -> float:
        """Go down; return the height before."""
        before = self.y
        self.y += by
        return before

    def text(
        self, text: str, x: float = MARGIN, *, anchor: str = "start", bold: bool = False
    ) -> None:
        """Write a line of text at the present height."""
        weight = ' font-weight="bold"' if bold else ""
        at = f'x="{_number(x)}" y="{_number(self.y)}" text-anchor="{anchor}"'
        self._parts.append(f"<text {at}{weight}>{escape(text, quote=False)}</text>")

    def paragraph(self, text: str, *, bold: bool = False) -> None:
        """Write a text in as many lines as it needs, and go down for each line after the first."""
        first, *rest = lines_of(text, WIDTH - 2 * MARGIN)
        if not rest:
            self.text(first, bold=bold)
            return
        weight = ' font-weight="bold"' if bold else ""
        more = "".join(
            f'<tspan x="{_number(MARGIN)}" dy="{LINE}">{escape(line, quote=False)}</tspan>'
            for line in rest
        )
        at = f'x="{_number(MARGIN)}" y="{_number(self.y)}" text-anchor="start"'
        self._parts.append(f"<text {at}{weight}>{escape(first, quote=False)}{more}</text>")
        self.down(LINE * len(rest))

    def line(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """Draw a line through points."""
        path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self._parts.append(f'<polyline points="{path}" {style}/>')

    def shape(self, points: Iterable[tuple[float, float]], *, sure: bool) -> None:
        """Draw a closed shape: hatched with full lines if sure, otherwise dotted and dashed."""
        path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        fill = f"url(#{self.name}-{'sure' if sure else 'open'})"
        dashes = "" if sure else ' stroke-dasharray="3 2"'
        self._parts.append(
            f'<polygon points="{path}" fill="{fill}" stroke="currentColor"{dashes}/>'
        )

    def box(self, left: float, right: float, top: float, height: float, *, sure: bool) -> None:
        """Draw a rectangle as a shape; it is at least two units wide, so that it can be seen."""
        right = max(right, left + 2)
        corners = ((left, top), (right, top), (right, top + height), (left, top + height))
        self.shape(corners, sure=sure)

    def legend(self, sure: str, open_: str) -> None:
        """Write what the two kinds of shapes mean."""
        for text, is_sure in ((sure, True), (open_, False)):
            self.box(MARGIN, MARGIN + 24, self.down(16), 11, sure=is_sure)
            self._parts.append(
                f'<text x="{MARGIN + 32}" y="{_number(self.y - 6)}">'
                f"{escape(text, quote=False)}</text>"
            )

    def svg(self) -> str:
        """The whole picture."""
        height = _number(self.y + MARGIN)
        hatch = (
            f'<pattern id="{self.name}-sure" width="5" height="5" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><rect width="5" height="5" fill="currentColor" '
            'fill-opacity="0.12"/><rect width="1.5" height="5" fill="currentColor" '
            'fill-opacity="0.55"/></pattern>'
            f'<pattern id="{self.name}-open" width="5" height="5" patternUnits="userSpaceOnUse">'
            '<circle cx="2.5" cy="2.5" r="0.8" fill="currentColor" fill-opacity="0.6"/></pattern>'
        )
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(self.title)}" '
            'font-family="sans-serif" font-size="12" fill="currentColor" stroke-width="0.8">'
        )
        body = "\n".join(self._parts)
        title = f"<title>{escape(self.title, quote=False)}</title>"
        return f"{head}\n{title}\n<defs>{hatch}</defs>\n{body}\n</svg>\n"


@frozen
class Scale:
    """Maps numbers from `low` to `high` to the space between the left and the right margin."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        """The place of a number; a number outside the scale goes to the nearer end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return MARGIN + share * (WIDTH - 2 * MARGIN)
