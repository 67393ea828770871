"""The lint, and the comparison of two seasons, with the bundled groups, counties and policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxpolicy._values import front_door
from vaxpolicy.analysis.lint import Finding, Known
from vaxpolicy.analysis.lint import lint as lint_with_names
from vaxpolicy.analysis.seasons import SeasonDiff
from vaxpolicy.analysis.seasons import season_diff as season_diff_with_names
from vaxpolicy.catalog.bundled import dated_facts, groups, released
from vaxpolicy.numbers.counties import ENGLISH_NAMES

if TYPE_CHECKING:
    from datetime import date

    from vaxpolicy.rules.policy import Policy


@front_door
def lint(
    policy: Policy, today: date | None = None, *, text: str | None = None
) -> tuple[Finding, ...]:
    """List every fault of a policy, and everything that looks like a fault and is explained.

    The date to review by is compared to `today` where it is given. With the `text` of the policy's
    file each finding has its line. See `vaxpolicy.analysis.lint`.
    """
    facts = {**dated_facts(), **policy.facts}
    every = {**groups(), **policy.groups}
    spellings = {name: county for county, name in ENGLISH_NAMES.items()}
    spellings |= {name: it for it, group in every.items() for name in group.name.values()}
    known = Known(every, ENGLISH_NAMES, released(), facts, spellings)
    return lint_with_names(policy, known, today, text=text)


@front_door
def season_diff(old: Policy, new: Policy) -> SeasonDiff:
    """Compare two seasons of one campaign: rule by rule, then people by age.

    Groups of two lists are the same if they have the same name. See `vaxpolicy.analysis.seasons`.
    """
    every = {**groups(), **old.groups, **new.groups}
    names = {name: group.name.get("zh-Hant", name) for name, group in every.items()}
    return season_diff_with_names(old, new, names)
