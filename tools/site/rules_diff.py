"""The changes of a round or season against the one before it, in words.

It is found anew at each build of the site. Rounds are compared for everybody; seasons rule by rule
and then by people, as `vaxpolicy policy diff` does.
"""

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING

from tools.site.rules_text import Page, heading, policy_link, policy_name, policy_page
from vaxpolicy import catalog
from vaxpolicy.analysis.diff import Kind, diff
from vaxpolicy.analysis.seasons import are_seasons
from vaxpolicy.messages import describe_changes, describe_season

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxpolicy.analysis.diff import DaysChange, PolicyDiff
    from vaxpolicy.analysis.seasons import SeasonDiff


def before(policy_id: str) -> str | None:
    """The round before a round; None for the first, and for other policies."""
    rounds = [name for name in catalog.ids() if "/round-" in name]
    at = rounds.index(policy_id) if policy_id in rounds else 0
    return rounds[at - 1] if at else None


def compared(policy_id: str, lang: str = "en") -> str:
    """The changes of the policy, as Markdown; "" for a first one."""
    old = before(policy_id)
    page = Page(lang, policy_page(policy_id))
    if old is None:
        return _season(policy_id, page)
    found = _differences(old, policy_id)
    name = policy_name(old, lang)
    blocks = [
        heading(2, page.say("compared", policy=name), "compared"),
        page.say("compared/intro", there=policy_link(old, page)),
    ]
    for kind in Kind:
        changes = [change for change in found.changes if change.kind is kind]
        if changes:
            blocks += [f"**{page.say(f'compared/{kind.value}')}**", _items(changes, page)]
    if not found.changes:
        blocks.append(page.say("compared/nobody"))
    return "\n\n".join(blocks)


def season_before(policy_id: str) -> str | None:
    """The season before a season of the same campaign; None where there is none."""
    campaign, new = policy_id.rpartition("/")[0], catalog.load(policy_id)
    earlier = [
        name
        for name in catalog.ids()
        if name.rpartition("/")[0] == campaign
        and name < policy_id
        and are_seasons(catalog.load(name), new)
    ]
    return max(earlier, default=None)


def _season(policy_id: str, page: Page) -> str:
    """The changes of a season; "" where there is none before it."""
    old = season_before(policy_id)
    if old is None:
        return ""
    lines = describe_season(_seasons(old, policy_id), page.lang)
    return "\n\n".join(
        [
            heading(2, page.say("compared", policy=policy_name(old, page.lang)), "compared"),
            page.say("compared/season", there=policy_link(old, page)),
            f'<pre class="wrapped">{escape(chr(10).join(lines), quote=False)}</pre>',
        ]
    )


@cache
def _seasons(old: str, new: str) -> SeasonDiff:
    """The same in every language, and costly."""
    return catalog.season_diff(catalog.load(old), catalog.load(new))


@cache
def _differences(old: str, new: str) -> PolicyDiff:
    """The same in every language, and costly."""
    return diff(catalog.load(old), catalog.load(new))


def _items(changes: Iterable[DaysChange], page: Page) -> str:
    """A line for each set of people, the vaccines with the same people in one."""
    return "\n".join(
        page.say(
            "compared/item",
            what=it.what,
            who=page.listed(it.who, "semicolon"),
            example=page.listed(it.example, "semicolon"),
            before=it.before,
            now=it.now,
        )
        for it in describe_changes(changes, page.lang)
    )
