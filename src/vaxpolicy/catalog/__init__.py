"""Loads policies from TOML: bundled policies by id, and your own by path.

A file is read strictly. An unknown key, a value of a wrong type, a rule without a source and a
missing source are each a `PolicyFileError`, which names the file, the place and what was expected.
The keys of a file are the fields of the classes in `vaxpolicy.rules.policy` and
`vaxpolicy.rules.conditions`.

The bundled policies are package data. A version of a policy never changes in meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxpolicy._values import InvalidType, require_type
from vaxpolicy.analysis.diff import PolicyDiff, diff
from vaxpolicy.analysis.lint import Finding, Known
from vaxpolicy.analysis.lint import lint as lint_with_names
from vaxpolicy.analysis.seasons import SeasonDiff
from vaxpolicy.analysis.seasons import season_diff as season_diff_with_names
from vaxpolicy.catalog.bundled import (
    UnknownPolicyError,
    group_lists,
    groups,
    ids,
    load,
    released,
    vaccine_sources,
    vaccines,
)
from vaxpolicy.catalog.campaigns import Campaign, load_campaign, load_file, parse_campaign
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.catalog.next_doses import Stranded, stranded
from vaxpolicy.catalog.persons import person_as_json, person_from
from vaxpolicy.eligibility import Decision, Offer, Reason, decide
from vaxpolicy.numbers.id_numbers import COUNTIES
from vaxpolicy.rules.people import Person
from vaxpolicy.rules.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from vaxpolicy.rules.policy import Source, Window

__all__ = [
    "Campaign",
    "PolicyDiff",
    "PolicyFileError",
    "SeasonDiff",
    "Stranded",
    "UnknownPolicyError",
    "cited_sources",
    "diff",
    "group_lists",
    "groups",
    "ids",
    "lint",
    "load",
    "load_campaign",
    "load_file",
    "parse_campaign",
    "person_as_json",
    "person_from",
    "season_diff",
    "stranded",
    "timeline",
    "vaccine_sources",
    "vaccines",
]


def lint(
    policy: Policy, today: date | None = None, *, text: str | None = None
) -> tuple[Finding, ...]:
    """List every fault of a policy, and everything that looks like a fault and is explained.

    The date to review by is compared to `today` where it is given. With the `text` of the policy's
    file each finding has its line. See `vaxpolicy.analysis.lint`.
    """
    require_type("policy", Policy, policy)
    known = Known({**groups(), **policy.groups}, _counties(), released())
    return lint_with_names(policy, known, today, text=text)


def _counties() -> tuple[str, ...]:
    """The counties and cities of today: their letters are still given out."""
    return tuple(county.name for county in COUNTIES.values() if county.given_out)


def cited_sources(policy: Policy, part: Offer | Reason | Window) -> dict[str, Source]:
    """The sources of an offer, a reason or a booking window of the policy, by key.

    Licences have the sources of the bundled vaccines; their keys begin with ``vaccines/``.
    """
    if isinstance(part, Reason) and part.basis == "licence" and part.vaccine in vaccines():
        return {f"vaccines/{key}": vaccine_sources()[key] for key in part.cites}
    return {key: policy.sources[key] for key in part.cites}


def season_diff(old: Policy, new: Policy) -> SeasonDiff:
    """Compare two seasons of one campaign: rule by rule, then people by age.

    Groups of two lists are the same if they have the same name. See `vaxpolicy.analysis.seasons`.
    """
    require_type("old", Policy, old)
    require_type("new", Policy, new)
    every = {**groups(), **old.groups, **new.groups}
    names = {name: group.name.get("zh-Hant", name) for name, group in every.items()}
    return season_diff_with_names(old, new, names)


def timeline(
    person: Person,
    policies: Iterable[str | Policy] | None = None,
    *,
    from_day: date | None = None,
) -> tuple[Decision, ...]:
    """Decide for one person under several policies, in the given order.

    Give policies, or ids of bundled policies. Without them all bundled policies are used, in the
    order of their first vaccination days. Every decision uses the same facts. Doses have days, so
    an earlier policy is still decided as it was before a later dose. With `from_day`, only the days
    from that day on count.
    """
    require_type("person", Person, person)
    if isinstance(policies, str):
        raise InvalidType("policies", "several policies or ids")
    found = [
        load(it) if isinstance(it, str) else it
        for it in (_in_time() if policies is None else policies)
    ]
    return tuple(decide(policy, person, from_day=from_day) for policy in found)


def _in_time() -> list[Policy]:
    return sorted(
        map(load, ids()),
        key=lambda it: (min(stage.vaccination_days.first for stage in it.stages), it.id),
    )
