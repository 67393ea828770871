"""Loads policies from TOML: bundled policies by id, and your own by path.

A file is read strictly. An unknown key, a value of a wrong type, a rule without a source and a
missing source are each a `PolicyFileError`, which names the file, the place and what was expected.
The keys of a file are the fields of the classes in `vaxpolicy.rules.policy` and
`vaxpolicy.rules.conditions`.

The bundled policies are package data. A version of a policy never changes in meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vaxpolicy._lazy import names_from

if TYPE_CHECKING:
    from vaxpolicy.analysis.diff import PolicyDiff, diff
    from vaxpolicy.analysis.seasons import SeasonDiff
    from vaxpolicy.catalog.answers import cited_sources, timeline
    from vaxpolicy.catalog.bundled import (
        UnknownPolicyError,
        dated_facts,
        group_lists,
        groups,
        ids,
        load,
        vaccine_sources,
        vaccines,
    )
    from vaxpolicy.catalog.campaigns import Campaign, load_campaign, load_file, parse_campaign
    from vaxpolicy.catalog.checks import lint, season_diff
    from vaxpolicy.catalog.files import PolicyFileError
    from vaxpolicy.catalog.next_doses import Stranded, stranded
    from vaxpolicy.catalog.persons import person_as_json, person_from

__all__ = [
    "Campaign",
    "PolicyDiff",
    "PolicyFileError",
    "SeasonDiff",
    "Stranded",
    "UnknownPolicyError",
    "cited_sources",
    "dated_facts",
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

_HOMES: Final = {
    "vaxpolicy.analysis.diff": ("PolicyDiff", "diff"),
    "vaxpolicy.analysis.seasons": ("SeasonDiff",),
    "vaxpolicy.catalog.answers": ("cited_sources", "timeline"),
    "vaxpolicy.catalog.bundled": (
        "UnknownPolicyError",
        "dated_facts",
        "group_lists",
        "groups",
        "ids",
        "load",
        "vaccine_sources",
        "vaccines",
    ),
    "vaxpolicy.catalog.campaigns": ("Campaign", "load_campaign", "load_file", "parse_campaign"),
    "vaxpolicy.catalog.checks": ("lint", "season_diff"),
    "vaxpolicy.catalog.files": ("PolicyFileError",),
    "vaxpolicy.catalog.next_doses": ("Stranded", "stranded"),
    "vaxpolicy.catalog.persons": ("person_as_json", "person_from"),
}
"""The names by the module that defines them; it is loaded when a name is first used."""

if not TYPE_CHECKING:
    __getattr__ = names_from(__name__, _HOMES)
