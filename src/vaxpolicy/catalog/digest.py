"""Computes the digest of a policy: of everything that can change a decision, and the sources."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING, Final

import attrs

from vaxpolicy.rules.conditions import (
    InAnyGroup,
    InGroup,
    implies,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.rules.policy import (
        Policy,
    )


_BESIDE_DECISIONS: Final = frozenset(
    {"digest", "explained", "facts", "first_given", "groups", "review_by", "written"}
)


def digest_of(policy: Policy) -> str:
    """The SHA-256 of everything that can change a decision, and of the sources, as canonical JSON.

    Other vaccines, group lists, names, notes and the first days of vaccines are left out: a later
    release may add them.
    """
    offered = {
        vaccine for stage in policy.stages for rule in stage.rules for vaccine in rule.vaccines
    }
    vaccines = {code: it for code, it in policy.vaccines.items() if code in offered}
    named = {*groups_named(policy.stages), *groups_named(tuple(vaccines.values()))}
    own = attrs.evolve(
        policy,
        vaccines={
            code: attrs.evolve(it, names={}, cvx=(), intervals=(), note="")
            for code, it in vaccines.items()
        },
        bands={
            band: ages
            for band, ages in policy.bands.items()
            if any(implies(band, group) for group in named)
        },
    )
    content = attrs.asdict(
        own,
        filter=lambda attribute, _: attribute.name not in _BESIDE_DECISIONS,
        value_serializer=_plain,
    )
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def groups_named(part: object) -> Iterator[str]:
    """The groups that conditions name, at any depth."""
    kind = type(part)
    if isinstance(part, InGroup):
        yield part.group
    elif isinstance(part, InAnyGroup):
        yield from part.any_group
    elif isinstance(part, tuple):
        yield from (group for item in part for group in groups_named(item))
    elif attrs.has(kind):
        inside = tuple(getattr(part, field.name) for field in attrs.fields(kind))
        yield from groups_named(inside)


def _plain(_: object, __: object, value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
