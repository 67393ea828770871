"""What a round changes against the one before it, in words; found anew at each build of the site.

Not so the seasonal campaigns: what changes between two of them depends on all doses of the seasons
before, runs to a hundred entries and more, and takes its time; `vaxpolicy policy diff` tells it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tools.site.rules_text import Page, heading, policy_link, policy_name, policy_page
from vaxpolicy import catalog
from vaxpolicy.analysis.diff import Kind, diff
from vaxpolicy.messages import describe_changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxpolicy.analysis.diff import Change, PolicyDiff


def before(policy_id: str) -> str | None:
    """The round before a round; None for the first, and for what is no round."""
    rounds = [name for name in catalog.ids() if "/round-" in name]
    at = rounds.index(policy_id) if policy_id in rounds else 0
    return rounds[at - 1] if at else None


def compared(policy_id: str, lang: str = "en") -> str:
    """What the policy changes, as Markdown; "" for a first one."""
    old = before(policy_id)
    if old is None:
        return ""
    page = Page(lang, policy_page(policy_id))
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


@cache
def _differences(old: str, new: str) -> PolicyDiff:
    """The same in every language, and costly."""
    return diff(catalog.load(old), catalog.load(new))


def _items(changes: Iterable[Change], page: Page) -> str:
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
