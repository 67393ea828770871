"""Puts the picture of the rooms on the architecture page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tools.structure import Structure, svg

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "explanation" / "architecture.md"
PART: Final = re.compile("(?<=<!-- structure -->\n).*?(?=<!-- end -->)", re.DOTALL)


def text(page: str) -> str:
    """The page with the picture and the counts as they are now."""
    structure = Structure.read()
    counts = f"The package has {structure.summary()}, and no circle."
    picture = f'<div class="picture">\n{svg(structure)}\n</div>'
    return PART.sub(f"\n{counts}\n\n{picture}\n\n", page)


def stale() -> list[str]:
    """The page, where it is not what would be written."""
    page = PAGE.read_text("utf-8")
    return [] if page == text(page) else [PAGE.relative_to(ROOT).as_posix()]


def write() -> None:
    """Write the page."""
    PAGE.write_text(text(PAGE.read_text("utf-8")), encoding="utf-8")
