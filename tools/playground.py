"""Builds what the playground serves: `python -m tools.playground FOLDER NODE_MODULES`.

The npm package `pyodide` brings Python for the browser; its files are copied as they are. The
archive `packages.zip` has the library and what it imports at run time. The rule: every file of the
installed packages that `KEPT` names, less what `LEFT_OUT` names (other languages, other countries,
rooms that a browser has no use for). `sizes.json` says how much that is, and `LICENCES.txt` under
which licences it comes.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

import vaxpolicy
from tools.site import playground_app

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNTIME: Final = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
KEPT: Final = {
    "attrs": ("attr", "attrs"),
    "cattrs": ("cattr", "cattrs"),
    "typing_extensions": ("typing_extensions.py",),
    "python-stdnum": ("stdnum",),
    "phonenumbers": ("phonenumbers",),
    "babel": ("babel",),
}
"""The packages that the library imports, by distribution."""
LEFT_OUT: Final = re.compile(
    r"""
    .*\.(pyi|pyc|po|typed)
    | .*/__pycache__/.*
    | stdnum/(?!tw/|__init__|exceptions|util)[^/]+(/.*|\.py|\.dat)
    | phonenumbers/(carrierdata|geodata|tzdata|shortdata)/.*
    | phonenumbers/data/region_(?!TW).*
    | babel/messages/.*
    | babel/locale-data/(?!(root|en(_001|_GB)?|zh(_Hant(_TW)?)?|id(_ID)?|vi(_VN)?|th(_TH)?)\.dat).*
    | vaxpolicy/(cli|desk|fhir|population|testing|record|schemas)/.*
    | vaxpolicy/__main__\.py
    | vaxpolicy/policies/policy\.schema\.json
    """,
    re.VERBOSE,
)
STAMP: Final = (2026, 1, 1, 0, 0, 0)
"""The time of every file: the same files give the same archive."""


def packages() -> Iterator[tuple[str, Path]]:
    """Every file of the archive but the list of policies, by its place in it."""
    root = Path(vaxpolicy.__file__).parent
    yield from _below(root, "vaxpolicy")
    for distribution, names in KEPT.items():
        site = Path(str(metadata.distribution(distribution).locate_file("")))
        for name in names:
            yield from _below(site / name, name)
    yield "playground_app.py", Path(__file__).parent / "site" / "playground_app.py"


def _below(place: Path, name: str) -> Iterator[tuple[str, Path]]:
    files = [place] if place.is_file() else sorted(it for it in place.rglob("*") if it.is_file())
    for file in files:
        at = name if file == place else f"{name}/{file.relative_to(place).as_posix()}"
        if not LEFT_OUT.fullmatch(at):
            yield at, file


def archive(target: Path) -> int:
    """Write the archive; how many bytes it holds."""
    held = 0
    with zipfile.ZipFile(target, "w") as packed:
        for at, file in packages():
            content = file.read_bytes()
            held += len(content)
            packed.writestr(zipfile.ZipInfo(at, STAMP), content, zipfile.ZIP_DEFLATED, 9)
        content = json.dumps(playground_app.listed(), ensure_ascii=False).encode()
        held += len(content)
        at = playground_app.LISTED.name
        packed.writestr(zipfile.ZipInfo(at, STAMP), content, zipfile.ZIP_DEFLATED, 9)
    return held


def licences() -> str:
    """The licence of everything that is served."""
    lines = ["pyodide: MPL-2.0 (with CPython, PSF-2.0)", "vaxpolicy: MIT"]
    for distribution in KEPT:
        found = metadata.metadata(distribution)
        licence = (
            found["License-Expression"] or (found["License"] or "see its page").partition("\n")[0]
        )
        lines.append(f"{distribution} {found['Version']}: {licence}")
    return "\n".join(lines) + "\n"


def build(folder: Path, node_modules: Path) -> dict[str, int]:
    """Fill the folder with all that the page loads; the sizes of the parts in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in RUNTIME:
        shutil.copyfile(node_modules / "pyodide" / name, folder / name)
    held = archive(folder / "packages.zip")
    (folder / "LICENCES.txt").write_text(licences(), "utf-8")
    loaded = [name for name in RUNTIME if name != "pyodide-lock.json"]
    sizes = {
        "download": sum((folder / name).stat().st_size for name in (*loaded, "packages.zip")),
        "packages": (folder / "packages.zip").stat().st_size,
        "unpacked": held,
    }
    (folder / "sizes.json").write_text(json.dumps(sizes), "utf-8")
    return sizes


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(sys.argv[1]), Path(sys.argv[2]))}\n")
