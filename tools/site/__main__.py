"""`python -m tools.site write` writes every generated file; `check` names the stale ones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from tools.site import (
    architecture,
    codes,
    digests,
    formats,
    readme_picture,
    reservation_pages,
    rules_catalogue,
    rules_pages,
    texts,
)

# In this order: a page may show what an earlier one has written.
if TYPE_CHECKING:
    from collections.abc import Callable

PARTS: Final[tuple[tuple[Callable[[], None], Callable[[], list[str]]], ...]] = (
    (texts.write, texts.stale),
    (codes.write, codes.stale),
    (digests.write, digests.stale),
    (formats.write, formats.stale),
    (rules_catalogue.write, rules_catalogue.stale),
    (rules_pages.write, rules_pages.stale),
    (reservation_pages.write, reservation_pages.stale),
    (architecture.write, architecture.stale),
    (readme_picture.write, readme_picture.stale),
)


def stale() -> list[str]:
    """The files that are not what would be written, as paths from the root of the checkout."""
    return [name for _, part in PARTS for name in part()]


def main(arguments: list[str]) -> int:
    """Write or check; 1 where something is stale, 2 where the arguments are wrong."""
    if arguments not in (["write"], ["check"]):
        sys.stderr.write("usage: python -m tools.site write | check\n")
        return 2
    if arguments == ["write"]:
        for write, _ in PARTS:
            write()
    found = stale()
    sys.stdout.writelines(f"stale: {name}\n" for name in found)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
