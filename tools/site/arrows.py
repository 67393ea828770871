"""Mermaid's state diagrams as SVG: one column for each state, one arrow below the other.

The label of an arrow is drawn before its row, where no line passes.

The pages keep the diagram as Mermaid text, which forges draw by themselves; the site draws it here,
for Material would fetch Mermaid from another host.
"""

from __future__ import annotations

import re
import textwrap
from html import escape
from typing import Final

FENCE: Final = re.compile(r"^```mermaid\nstateDiagram-v2\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ARROW: Final = re.compile(r"^ *(\S+) --> (\S+?)(?:: (.+))?$", re.MULTILINE)
TOGETHER: Final = re.compile(r"^ *state (\S+) \{\n(.*?)^ *\}$", re.MULTILINE | re.DOTALL)
LABEL: Final = {
    "en": "States and what leads from one to another",
    "zh-Hant": "各狀態，以及從一個狀態到另一個狀態的事件",
}
TOGETHER_SAYS: Final = {
    "en": ("*{name}*: {states}.", ", "),
    "zh-Hant": ("{name}：{states}。", "、"),
}
WIDTH: Final = 600
LEFT: Final = 156
"""The first column; to its left are the labels."""
HEAD: Final = 88
ROW: Final = 18
LETTERS: Final = 22
"""As many letters of a label as fit in a line."""


def drawn(markdown: str, lang: str = "en") -> str:
    """The page with its state diagrams drawn, in the language of the page."""
    return FENCE.sub(lambda found: _diagram(found[1], lang), markdown)


def _diagram(text: str, lang: str) -> str:
    """The picture, and beneath it which states are taken together in one column."""
    frame, comma = TOGETHER_SAYS[lang]
    together = [
        frame.format(name=name, states=comma.join(each.replace("_", " ") for each in inner.split()))
        for name, inner in TOGETHER.findall(text)
    ]
    return "\n\n".join([_picture(ARROW.findall(text), lang), *together])


def _picture(found: list[tuple[str, str, str]], lang: str) -> str:
    """The arrows, in their order; those from and to ``[*]`` are beginning and end."""
    arrows = [arrow for arrow in found if "[*]" not in arrow[:2]]
    states = list(dict.fromkeys(state for arrow in arrows for state in arrow[:2]))
    step = (WIDTH - LEFT - 60) / max(1, len(states) - 1)
    at = {state: LEFT + number * step for number, state in enumerate(states)}
    rows, y = [], float(HEAD)
    for source, target, label in arrows:
        lines = textwrap.wrap(label, LETTERS) or [""]
        rows.append(_arrow(at[source], at[target], y + ROW * 0.7, lines))
        y += ROW * max(1, len(lines) * 0.8)
    height = round(y) + 8
    parts = [*(_column(state, x, height) for state, x in at.items()), *rows]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{LABEL[lang]}" font-family="sans-serif" '
        'font-size="12" fill="currentColor" stroke-width="1">'
    )
    return "\n".join(['<div class="picture">', head, *parts, "</svg>", "</div>"])


def _column(state: str, x: float, height: float) -> str:
    name = escape(state.replace("_", " "))
    return (
        f'<text x="{x:.1f}" y="{HEAD - 8}" transform="rotate(-50 {x:.1f} {HEAD - 8})">{name}</text>'
        f'<path d="M{x:.1f} {HEAD}V{height - 4}" stroke="currentColor" stroke-opacity="0.25"/>'
    )


def _arrow(start: float, end: float, y: float, label: list[str]) -> str:
    if start == end:  # a loop
        line = f"M{start:.1f} {y - 6:.1f}h14v8h-8"
        tip, side = start + 1, 1
    else:
        line = f"M{start:.1f} {y:.1f}H{end:.1f}"
        tip, side = end, (-1 if end > start else 1)
    tip_y = y + 2 if start == end else y
    head = f"M{tip:.1f} {tip_y:.1f}l{6 * side} -3v6z"
    texts = "".join(
        f'<text x="{LEFT - 16}" y="{y + 4 + ROW * 0.8 * number:.1f}" text-anchor="end">'
        f"{escape(line_)}</text>"
        for number, line_ in enumerate(label)
    )
    return (
        f'<path d="{line}" fill="none" stroke="currentColor"/><path d="{head}"/>'
        f'<circle cx="{start:.1f}" cy="{y if start != end else y - 6:.1f}" r="2"/>{texts}'
    )
