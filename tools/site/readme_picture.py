"""The picture of the README, which no build of the site draws: `docs/assets/round-19.svg`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vaxpolicy import catalog
from vaxpolicy.messages import picture_labels
from vaxpolicy.picture import policy_svg

ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "docs" / "assets" / "round-19.svg"


def picture() -> str:
    """The days of round 19 on white ground, since an image does not take the page's colours."""
    svg = policy_svg(catalog.load("tw/covid19-1922/round-19"), picture_labels("en"))
    return svg.replace("<svg ", '<svg style="background: #fff; color: #000" ', 1) + "\n"


def write() -> None:
    """Draw the picture into its file."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(picture(), "utf-8")


def stale() -> list[str]:
    """The file, where it is not what would be drawn."""
    drawn = FILE.exists() and FILE.read_text("utf-8") == picture()
    return [] if drawn else [FILE.relative_to(ROOT).as_posix()]
