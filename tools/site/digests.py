"""Write down the digests of the bundled policies: `python -m tools.site write`.

In the package for those who pin them, and on a page for those who compare by eye. To be run after
every change of a policy, a group list or a vaccine's data; a test asks for it.
"""

import json
from pathlib import Path

import attrs

from vaxpolicy.record import PolicyDigest, compute_digests

ROOT = Path(__file__).parents[2]
LIST = ROOT / "src/vaxpolicy/policies/digests.json"
PAGE = ROOT / "docs/reference/digests.md"

HEAD = """\
# Digests of the policies

SHA-256 of everything in a policy that can change a decision, and of its sources. Pin the one that
you have tested against, and assert it where you load the policy; the same list is
`vaxpolicy.record.digests()`. A line with a day holds what had been announced by that day
(`load(..., as_of=...)`), where that is not what the version says as a whole.

This page is written by `python -m tools.site write`.

| policy | version | as of | digest |
|---|---|---|---|
"""


def as_list(found: tuple[PolicyDigest, ...]) -> str:
    """The text of the package's list, one policy a line."""
    plain = (
        attrs.asdict(it) | {"as_of": it.as_of.isoformat() if it.as_of else None} for it in found
    )
    return "[\n" + ",\n".join(f"  {json.dumps(it)}" for it in plain) + "\n]\n"


def as_page(found: tuple[PolicyDigest, ...]) -> str:
    """The text of the page."""
    rows = (f"| `{it.id}` | {it.version} | {it.as_of or ''} | `{it.digest}` |\n" for it in found)
    return HEAD + "".join(rows)


def _texts() -> dict[Path, str]:
    found = compute_digests()
    return {LIST: as_list(found), PAGE: as_page(found)}


def stale() -> list[str]:
    """The files that are not what would be written."""
    return [
        path.relative_to(ROOT).as_posix()
        for path, text in _texts().items()
        if path.read_text("utf-8") != text
    ]


def write() -> None:
    """Write the list and the page."""
    for path, text in _texts().items():
        path.write_text(text, encoding="utf-8")
