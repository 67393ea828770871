"""The boundary people that `tests/data/boundary` keeps.

To find them takes long, so whoever only needs somebody at each edge reads them here.
`tests/analysis/test_boundary.py` finds them anew and writes the files.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vaxpolicy import catalog

if TYPE_CHECKING:
    from vaxpolicy.eligibility import Person

FOLDER: Final = Path(__file__).parents[1] / "tests" / "data" / "boundary"
WRITE: Final = "write it anew: python -m tests.analysis.test_boundary"


class Kept(NamedTuple):
    """A boundary person from a file: the name, the facts as JSON, and the person."""

    name: str
    facts: dict[str, Any]
    person: Person


def file_of(policy_id: str) -> Path:
    """The file with the boundary people of a policy."""
    return FOLDER / f"{policy_id}.json"


@cache
def kept(policy_id: str) -> tuple[Kept, ...]:
    """The boundary people of a bundled policy. Raises ValueError if they are of another version."""
    found = json.loads(file_of(policy_id).read_text("utf-8"))
    if found["version"] != catalog.load(policy_id).version:
        raise ValueError(f"{policy_id} has a new version: {WRITE} {policy_id}")
    return tuple(
        Kept(name, facts, catalog.person_from(facts)) for name, facts, _ in found["people"]
    )
