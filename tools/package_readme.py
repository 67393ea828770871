"""The README of the package: hatchling calls this hook when it builds.

An index shows the README without the repository around it. So links to files of the repository
become addresses of the release's tag, or of the main branch where the version is none of a release.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

HOST: Final = "https://github.com/vaxpolicy/vaxpolicy"
_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)]+)\)")
_VERSION: Final = re.compile(r'(?m)^__version__ = "([^"]+)"$')


def with_addresses(readme: str, version: str) -> str:
    """The README with an address in the place of each path."""
    tree = f"v{version}" if re.fullmatch(r"[0-9.]+", version) else "main"

    def address(link: re.Match[str]) -> str:
        image, text, path = link.groups()
        return f"{image}[{text}]({HOST}/{'raw' if image else 'blob'}/{tree}/{path})"

    return _LINK.sub(address, readme)


class ReadmeHook(MetadataHookInterface):
    """Fills in `readme`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the README of the metadata."""
        root = Path(self.root)
        found = _VERSION.search((root / "src/vaxpolicy/__init__.py").read_text("utf-8"))
        if found is None:
            raise ValueError("src/vaxpolicy/__init__.py states no version")
        text = with_addresses((root / "README.md").read_text("utf-8"), found[1])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
