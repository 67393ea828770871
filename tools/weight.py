"""What `pip install vaxpolicy` brings, and what each room loads: `nox -s weight`.

It installs the wheel that hatchling builds, with the core dependencies, into a new environment, and
writes the sizes on disk and the modules that are loaded into docs/explanation/weight.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.reports import EXPLANATION, ROOT, commit, table, today, with_part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAGE: Final = EXPLANATION / "weight.md"
BEGIN: Final = "<!-- What was measured: nox -s weight -->"
ROOMS: Final = (
    *("days", "numbers.id_numbers", "identity", "rules.policy", "eligibility", "analysis.lint"),
    *("booking.slots", "catalog", "reservation", "record", "wire", "fhir", "desk"),
)
NETWORK: Final = ("ssl", "socket", "urllib.request", "http.client")
_LOADED: Final = """
import json, sys
before = set(sys.modules)
__import__(sys.argv[1])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def sizes(folder: Path) -> dict[str, tuple[int, int]]:
    """The bytes of each distribution's files: without and with byte code."""
    found: dict[str, tuple[int, int]] = {}
    for record in sorted(folder.glob("*.dist-info/RECORD")):
        name = record.parent.name.partition("-")[0]
        lines = record.read_text("utf-8").splitlines()
        files = [folder / it.rsplit(",", 2)[0].strip('"') for it in lines]
        there = [(it, it.stat().st_size) for it in files if it.is_file()]
        whole = sum(size for _, size in there)
        found[name] = (whole - sum(size for it, size in there if it.suffix == ".pyc"), whole)
    return found


def loaded(python: Path, room: str) -> list[str]:
    """The modules that are loaded with a room, in a new process."""
    command = [str(python), "-I", "-c", _LOADED, f"vaxpolicy.{room}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    names: list[str] = json.loads(done.stdout)
    return names


def page(found: Mapping[str, tuple[int, int]], rooms: Mapping[str, Sequence[str]]) -> str:
    """Both tables."""
    ordered = sorted(found.items(), key=lambda it: -it[1][1])
    whole = (sum(it[0] for it in found.values()), sum(it[1] for it in found.values()))
    rows = [(f"`{name}`", *map(megabytes, it)) for name, it in [*ordered, ("in all", whole)]]
    text = f"## What is installed\n\n{today()}, commit `{commit()}`; megabytes on disk:\n\n"
    text += table(("package", "as packed", "with byte code"), rows)
    text += "\n## What is loaded\n\nModules beyond those that Python loads at its start:\n\n"
    return text + table(
        ("room", "modules", "of `phonenumbers`", "that reach a network"),
        (
            (
                f"`vaxpolicy.{room}`",
                len(names),
                sum(it.partition(".")[0] == "phonenumbers" for it in names),
                ", ".join(it for it in NETWORK if it in names) or "none",
            )
            for room, names in rooms.items()
        ),
    )


def megabytes(size: int) -> str:
    """In millions of bytes."""
    return f"{size / 1e6:.1f}"


def measure() -> str:
    """Build, install and measure; the tables."""
    with tempfile.TemporaryDirectory(prefix="vaxpolicy-weight-") as scratch:
        there = Path(scratch, "there")
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
        subprocess.run([*build, scratch], check=True, cwd=ROOT, capture_output=True)
        (wheel,) = Path(scratch).glob("*.whl")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(there)], check=True)
        python = there / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
        subprocess.run([*pip, "--compile", str(wheel)], check=True, capture_output=True)
        (folder,) = there.glob("lib/python*/site-packages")
        return page(sizes(folder), {room: loaded(python, room) for room in ROOMS})


def main() -> int:
    """Write the page."""
    PAGE.write_text(with_part(PAGE.read_text("utf-8"), BEGIN, measure()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
