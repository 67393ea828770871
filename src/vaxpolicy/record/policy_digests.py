"""The digests of the bundled policies: for pins, and for finding the policy of a record."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from attrs import frozen

from vaxpolicy._values import Sha256, checked
from vaxpolicy.catalog.bundled import UnknownPolicyError, ids, load

if TYPE_CHECKING:
    from vaxpolicy.rules.policy import Policy, Rule, Stage, Window


@frozen(field_transformer=checked)
class PolicyDigest:
    """The digest of a version of a bundled policy, or of its parts in force on a day.

    `as_of` is the first day of a time in which it had this content, and not yet (or no longer) that
    which `load` gives without a day; None: that which it gives.
    """

    id: str
    version: str
    as_of: date | None
    digest: Sha256

    def load(self) -> Policy:
        """The policy."""
        return load(self.id, version=self.version, as_of=self.as_of)


@cache
def digests() -> tuple[PolicyDigest, ...]:
    """The digests of all bundled policies, every version, as the package lists them.

    The list is ``policies/digests.json``; `compute_digests` reads the policies themselves.
    """
    text = (files("vaxpolicy") / "policies" / "digests.json").read_text("utf-8")
    return tuple(
        PolicyDigest(
            entry["id"],
            entry["version"],
            date.fromisoformat(entry["as_of"]) if entry["as_of"] else None,
            entry["digest"],
        )
        for entry in json.loads(text)
    )


def compute_digests() -> tuple[PolicyDigest, ...]:
    """Compute the digests of all bundled policies from the policies themselves."""
    return tuple(
        state
        for policy_id in ids()
        for version in versions(policy_id)
        for state in states(policy_id, version)
    )


@cache
def versions(policy_id: str) -> tuple[str, ...]:
    """The versions of a bundled policy, the newest first; raises UnknownPolicyError."""
    newest = load(policy_id).version
    *folders, name = policy_id.split("/")
    folder = (files("vaxpolicy") / "policies").joinpath(*folders)
    found = (entry.name.removesuffix(".toml").partition("@") for entry in folder.iterdir())
    older = sorted(version for stem, at, version in found if at and stem == name)
    return (newest, *reversed(older))


@cache
def states(policy_id: str, version: str) -> tuple[PolicyDigest, ...]:
    """A version as it is now, and as it was after each of its changes."""
    policy = load(policy_id, version=version)
    found = {policy.digest: PolicyDigest(policy.id, policy.version, None, policy.digest)}
    for day in sorted(_changes(policy)):
        try:
            digest = load(policy_id, version=version, as_of=day).digest
        except UnknownPolicyError:  # announced, and nothing of it in force
            continue
        found.setdefault(digest, PolicyDigest(policy.id, policy.version, day, digest))
    return tuple(found.values())


def _changes(policy: Policy) -> set[date]:
    """The days on which a part of the policy came into force or went out of it."""
    days = {policy.announced}
    for stage in policy.written:
        parts: tuple[Stage | Rule | Window, ...] = (stage, *stage.rules, *stage.windows)
        for part in parts:
            days |= {day for day in (part.since, part.until) if day is not None}
    return days
