"""Build the sdist, and the wheel from the sdist: `python -m tools.build dist [--tag v1.0.0]`.

Both are built twice and compared byte for byte. The sdist has to hold the files that git tracks,
and the wheel those of `src`: each of them, and nothing else. With `--tag`, the tag has to be that
of the version.

This needs git and the packages of `requirements/build.txt` alone, so that nothing else runs where
the files of a release are made. What is built is then tried by `tools/check_wheel.py` and
`tools/check_readme.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT: Final = Path(__file__).parents[1]
ADDED_TO_SDIST: Final = frozenset({"PKG-INFO"})
ADDED_TO_WHEEL: Final = frozenset(
    {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
)
"""What hatchling writes into the folder `vaxpolicy-VERSION.dist-info`."""


def tracked(root: Path) -> frozenset[str]:
    """The files of a checkout that git tracks."""
    # safe.directory: a checkout may belong to another user than the one who builds.
    command = ["git", "-c", f"safe.directory={root}", "ls-files", "-z"]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True)
    return frozenset(it.decode() for it in done.stdout.split(b"\0") if it)


def build(root: Path, folder: Path) -> tuple[Path, Path]:
    """Build the sdist of a checkout, and the wheel from the unpacked sdist."""
    folder = folder.absolute()
    _hatchling("sdist", root, folder)
    (sdist,) = folder.glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as made, tarfile.open(sdist) as packed:
        packed.extractall(made, filter="data")
        _hatchling("wheel", Path(made, sdist.name.removesuffix(".tar.gz")), folder)
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


def _hatchling(target: str, root: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", target]
    subprocess.run(
        [*command, "--directory", str(folder)], cwd=root, check=True, stdout=subprocess.DEVNULL
    )


def faults(sdist: Path, wheel: Path, files: frozenset[str]) -> Iterator[str]:
    """Name each file that is there and should not be, and each one that should be and is not."""
    name = sdist.name.removesuffix(".tar.gz")
    with tarfile.open(sdist) as packed:
        found = frozenset(it.name.removeprefix(f"{name}/") for it in packed if not it.isdir())
    yield from _differences("the sdist", found, files | ADDED_TO_SDIST)
    with ZipFile(wheel) as zipped:
        found = frozenset(it for it in zipped.namelist() if not it.endswith("/"))
    sources = {it.removeprefix("src/") for it in files if it.startswith("src/")}
    added = {f"{name}.dist-info/{it}" for it in ADDED_TO_WHEEL}
    yield from _differences("the wheel", found, frozenset(sources | added))


def _differences(what: str, found: frozenset[str], wanted: frozenset[str]) -> Iterator[str]:
    yield from (f"{what} has {it}, which git does not track" for it in sorted(found - wanted))
    yield from (f"{what} lacks {it}" for it in sorted(wanted - found))


def version_of(root: Path) -> str:
    """The version that the sources state."""
    text = (root / "src" / "vaxpolicy" / "__init__.py").read_text("utf-8")
    found = re.search(r'(?m)^__version__ = "([^"]+)"$', text)
    if found is None:
        raise SystemExit("build: src/vaxpolicy/__init__.py states no version")
    return found[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.build")
    parser.add_argument("folder", type=Path, help="a new folder for the sdist and the wheel")
    parser.add_argument("--tag", help="the tag that is built: v and the version")
    given = parser.parse_args(arguments)
    version = version_of(ROOT)
    if given.tag not in (None, f"v{version}"):
        print(f"build: the tag is {given.tag}, and the version is {version}")
        return 1
    if given.folder.exists() and any(given.folder.iterdir()):
        print(f"build: {given.folder} is not empty")
        return 1
    with tempfile.TemporaryDirectory() as again:
        first, second = build(ROOT, given.folder), build(ROOT, Path(again))
        said = [
            f"{one.name} is not the same when it is built twice"
            for one, other in zip(first, second, strict=True)
            if one.read_bytes() != other.read_bytes()
        ]
    said += faults(*first, tracked(ROOT))
    for it in said:
        print("build:", it)
    for path in first:
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
    print(f"build: {len(said)} problems")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main())
