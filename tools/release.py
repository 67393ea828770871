"""The digests of released policies, which never change: `python -m tools.release`.

    python -m tools.release check     # every released policy is there, with its digest
    python -m tools.release freeze    # adds the policies of the release whose version is set

`tools/data/released.toml` lists every policy version that a release of the library has brought,
with its digest, and the digests of its states at earlier days. A test runs `check`. Before version
1.0.0 nothing is released: policies are corrected in place, and `freeze` refuses to run.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import vaxpolicy
from vaxpolicy.record import PolicyDigest, compute_digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT: Final = Path(__file__).parents[1]
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


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("what", choices=("check", "freeze"))
    given = parser.parse_args(arguments)
    released, found = read(LIST.read_text("utf-8")), compute_digests()
    if given.what == "check":
        said = faults(released, found)
        print(*(said or [f"{len(released)} released states are as they were"]), sep="\n")
        return int(bool(said))
    try:
        new = frozen(released, found, vaxpolicy.__version__)
    except ValueError as error:
        print(error)
        return 1
    LIST.write_text(write(new), encoding="utf-8")
    print(f"{len(new) - len(released)} states added")
    return 0


if __name__ == "__main__":
    sys.exit(main())
