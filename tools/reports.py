"""Parts of pages that a command writes: the result of a run, with its day and commit."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT: Final = Path(__file__).parents[1]
EXPLANATION: Final = ROOT / "docs" / "explanation"


def commit() -> str:
    """The commit that is checked out, with a plus where a tracked file has been changed since."""
    head = _git("rev-parse", "--short=7", "HEAD")
    return head + "+" * bool(_git("status", "--porcelain", "--untracked-files=no", "src", "tests"))


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607  # the developer's own git
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return done.stdout.strip()


def today() -> str:
    """The day of a run, in UTC."""
    return datetime.now(tz=UTC).date().isoformat()  # noqa: TID251  # a report has a date


def kept(results: Path) -> dict[str, Any]:
    """What earlier runs have kept in this file, by name; nothing before the first run."""
    if not results.exists():
        return {}
    found: dict[str, Any] = json.loads(results.read_text("utf-8"))
    return found


def with_part(page: str, begin: str, part: str) -> str:
    """The page with this part from the line `begin` on, in the place of the part before."""
    return f"{page.partition(begin)[0].rstrip()}\n\n{begin}\n\n{part}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; numbers are on the right."""
    cells = [[_cell(it) for it in row] for row in rows]
    right = [all(_is_number(row[at]) for row in cells) for at in range(len(head))]
    marks = ["---:" if it and cells else "---" for it in right]
    lines = [f"| {' | '.join(row)} |" for row in (list(head), *cells)]
    lines.insert(1, f"|{'|'.join(marks)}|")
    return "".join(f"{line}\n" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = str(value).replace("\n", " ")
    return text if text.startswith("`") else text.replace("|", "&#124;")  # code keeps its bars


def _is_number(text: str) -> bool:
    """Whether this is a number, perhaps with a unit, or empty."""
    return not text or text.lstrip("-±").replace(",", "").replace(".", "").rstrip("%× ").isdigit()
