"""Prepares a release, and holds what released versions promised: `python -m tools.release`.

    python -m tools.release prepare 1.0.0     # version, changelog, classifier, frozen promises
    python -m tools.release start 1.1.0.dev0  # the version on which work goes on
    python -m tools.release check             # every released policy is there, with its digest
    python -m tools.release freeze            # the last part of `prepare` alone

`tools/data/released.toml` lists every policy version that a release of the library has brought,
with its digest, and the digests of its states at earlier days. `tests/data/released` has what each
release wrote and decided (`tests/package/promises.py`). Tests hold both. Before version 1.0.0
nothing is released: policies are corrected in place, and `freeze` refuses to run.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Final, TypeAlias

from packaging.version import Version

import vaxpolicy
from tools.reports import ROOT, today
from vaxpolicy.record import PolicyDigest, compute_digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LIST: Final = ROOT / "tools" / "data" / "released.toml"
HEAD: Final = """\
# The digests of released policies. Do not change or remove a line: a correction is a new version of
# the policy. `python -m tools.release freeze` adds those of a release.
"""

State: TypeAlias = tuple[str, str, str]
"""The id and the version of a policy, and the day as of which it is loaded, or nothing."""


def read(text: str) -> dict[State, tuple[str, str]]:
    """The digest of each released state, and the release that brought it."""
    return {
        (it["id"], it["version"], it["as_of"]): (it["digest"], it["since"])
        for it in tomllib.loads(text).get("released", ())
    }


def write(released: Mapping[State, tuple[str, str]]) -> str:
    """The text of the list."""
    rows = []
    for (policy, version, as_of), (digest, since) in sorted(released.items()):
        rows += ["", "[[released]]", f'id = "{policy}"', f'version = "{version}"']
        rows += [f'as_of = "{as_of}"', f'digest = "{digest}"', f'since = "{since}"']
    return HEAD + "".join(f"{row}\n" for row in rows)


def _state(it: PolicyDigest) -> State:
    return it.id, it.version, "" if it.as_of is None else it.as_of.isoformat()


def faults(released: Mapping[State, tuple[str, str]], found: Iterable[PolicyDigest]) -> list[str]:
    """Every released state that is gone or has another digest."""
    now = {_state(it): it.digest for it in found}
    said = []
    for state, (digest, since) in released.items():
        policy, version, as_of = state
        name = f"{policy} {version}" + (f" as of {as_of}" if as_of else "")
        if state not in now:
            said.append(f"{name} is gone; {since} released it")
        elif now[state] != digest:
            said.append(f"{name} has changed since {since}: give it a new version")
    return said


def frozen(
    released: Mapping[State, tuple[str, str]], found: Iterable[PolicyDigest], release: str
) -> dict[State, tuple[str, str]]:
    """The list with the states that this release adds. Raises ValueError for a fault."""
    found = tuple(found)
    if release.startswith("0."):
        raise ValueError(f"{release} releases no policy: they are corrected in place until 1.0.0")
    if said := faults(released, found):
        raise ValueError("; ".join(said))
    added = {_state(it): (it.digest, release) for it in found}
    return added | dict(released)


def with_version(source: str, version: str) -> str:
    """The text of the package's `__init__` with another version. Raises ValueError."""
    if str(Version(version)) != version:
        raise ValueError(f"{version} is not the normal form of a version: {Version(version)}")
    return re.sub(r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', source, count=1)


def with_release(changelog: str, version: str, day: str) -> str:
    """The changelog with the entries of *Unreleased* under a version. Raises ValueError."""
    head, found, rest = changelog.partition("## Unreleased\n")
    body = rest.partition("\n## ")[0]
    if not found or "\n- " not in body:
        raise ValueError("CHANGELOG.md has no entry under Unreleased")
    if f"\n## {version} " in rest:
        raise ValueError(f"CHANGELOG.md has {version} already")
    return f"{head}## Unreleased\n\n## {version} - {day}\n{rest}"


def with_status(project: str, version: str) -> str:
    """The text of pyproject.toml with the classifier of a stable release, from 1.0.0 on."""
    if Version(version).release < (1,):
        return project
    status = "Development Status :: "
    return re.sub(f'"{status}[^"]*"', f'"{status}5 - Production/Stable"', project, count=1)


def _change(path: str, text: str) -> None:
    (ROOT / path).write_text(text, encoding="utf-8")


def start(version: str) -> None:
    """Set the version. Raises ValueError."""
    source = "src/vaxpolicy/__init__.py"
    _change(source, with_version((ROOT / source).read_text("utf-8"), version))


def prepare(version: str, day: str) -> int:
    """Set the version, date the changelog, and freeze what the release promises."""
    texts = {name: (ROOT / name).read_text("utf-8") for name in ("CHANGELOG.md", "pyproject.toml")}
    changelog = with_release(texts["CHANGELOG.md"], version, day)
    start(version)
    _change("CHANGELOG.md", changelog)
    _change("pyproject.toml", with_status(texts["pyproject.toml"], version))
    return freeze(version)


def freeze(version: str) -> int:
    """Add the digests of the policies, and keep what this version writes and decides."""
    released = read(LIST.read_text("utf-8"))
    try:
        new = frozen(released, compute_digests(), version)
    except ValueError as error:
        print(error)
        return 1
    LIST.write_text(write(new), encoding="utf-8")
    print(f"{len(new) - len(released)} states added")
    sources = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "tests.package.promises", version]
    return subprocess.run(command, check=False, cwd=ROOT, env=sources).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.release",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("check", "freeze", "prepare", "start"))
    parser.add_argument("version", nargs="?", default=vaxpolicy.__version__)
    parser.add_argument("--day", default=today(), help="the day of the release, YYYY-MM-DD")
    given = parser.parse_args(arguments)
    if given.what == "check":
        released = read(LIST.read_text("utf-8"))
        said = faults(released, compute_digests())
        print(*(said or [f"{len(released)} released states are as they were"]), sep="\n")
        return int(bool(said))
    try:
        if given.what == "prepare":
            return prepare(given.version, given.day)
        if given.what == "start":
            start(given.version)
            return 0
    except ValueError as error:
        print(error)
        return 1
    return freeze(given.version)


if __name__ == "__main__":
    sys.exit(main())
