"""What the generated pages of the rules have in common: names, anchors, links and Markdown.

The pages are written by ``python docs/rules_pages.py``; see there.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vaxpolicy import catalog
from vaxpolicy.conditions import (
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    NotThat,
)
from vaxpolicy.policy import Licence, Policy, Rule, Source, Stage, Window
from vaxpolicy.wording import Line, Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

RULES: Final = "rules"
INDEX: Final = f"{RULES}/index.md"
INTERPRETATIONS: Final = f"{RULES}/interpretations.md"
UNKNOWN: Final = f"{RULES}/unknown.md"
SOURCES: Final = f"{RULES}/sources.md"
PRINTED: Final = f"{RULES}/printed.md"
VACCINES: Final = f"{RULES}/vaccines.md"
MARK: Final = "<!-- Written by docs/rules_pages.py from the policy files: change those. -->"

DISEASES: Final = {"covid19": "COVID-19", "influenza": "Influenza"}
SUPPORT: Final = {
    "official": "official text",
    "press": "press report",
    "secondary": "secondary",
}


# -- where things are ------------------------------------------------------------------------------


def policy_page(policy_id: str) -> str:
    """The page of a policy, by its place under docs/."""
    return f"{RULES}/{policy_id}.md"


def group_page(list_id: str) -> str:
    """The page of a list of groups."""
    return f"{RULES}/groups/{list_id}.md"


def slug(text: str) -> str:
    """An anchor."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def link(text: str, page: str, here: str, anchor: str = "") -> str:
    """A link from one page to another, or to a place on the same."""
    path = "" if page == here else posixpath.relpath(page, posixpath.dirname(here))
    return f"[{text}]({path}{'#' * bool(anchor)}{anchor})"


def policy_name(policy_id: str) -> str:
    """The English name of a policy, from its id."""
    _, programme, last = policy_id.rsplit("/", 2)
    if programme in DISEASES:
        return f"{DISEASES[programme]} {last}"
    return f"Round {int(last[-2:])}" if last.startswith("round-") else last.capitalize()


@frozen
class Part:
    """A stage, rule or window of a policy as it stands in the file, with its place on the page."""

    policy: Policy
    stage: Stage
    it: Stage | Rule | Window
    anchor: str
    name: str

    def linked(self, here: str) -> str:
        """A link to it."""
        return link(self.name, policy_page(self.policy.id), here, self.anchor)


def parts(policy: Policy) -> Iterator[Part]:
    """All parts of all versions of a policy, in the order of the file, each stage before its own.

    Versions of one stage or rule share its id; their anchors tell them apart by number.
    """
    seen: dict[str, int] = {}

    def anchor(text: str) -> str:
        seen[text] = seen.get(text, 0) + 1
        return text if seen[text] == 1 else f"{text}-v{seen[text]}"

    for stage in policy.written:
        mark = anchor(f"stage-{slug(stage.id)}")
        yield Part(policy, stage, stage, mark, f"stage {stage.id}")
        for rule in stage.rules:
            yield Part(policy, stage, rule, anchor(f"rule-{slug(rule.id)}"), f"rule {rule.id}")
        for number, window in enumerate(stage.windows, start=1):
            name = f"booking window {number} of stage {stage.id}"
            yield Part(policy, stage, window, f"{mark}-windows", name)


def leaves(conditions: Iterable[AnyCondition]) -> Iterator[Condition]:
    """Every condition in them, whatever it is part of."""
    for condition in conditions:
        match condition:
            case AllOf(inner) | AnyOf(inner):
                yield from leaves(inner)
            case NotThat(inner):
                yield from leaves((inner,))
            case Condition():
                yield condition


# -- words -----------------------------------------------------------------------------------------


def in_force(part: Stage | Rule | Window | Licence) -> str:
    """When a version was in force; "" where it has always been."""
    since = f"from {part.since} on" if part.since else ""
    until = f"before {part.until}" if part.until else ""
    return " and ".join(filter(None, (since, until)))


def names_of_groups(here: str) -> Wording:
    """A wording that names groups as their lists do, with a link to the list."""

    def name(group: str) -> str:
        known = catalog.groups().get(group)
        if known is None:
            return f"`{group}`"
        page = group_page(group.split("/", maxsplit=1)[0])
        text = known.name.get("en", group)
        return f"{link(text, page, here, slug(group))} (`{group}`)"

    return Wording(group=name)


def bullets(lines: Iterable[Line]) -> str:
    """Lines as a nested list; the words of the conditions go with "Whoever"."""
    return "\n".join(f"{'    ' * line.depth}- {line.text}" for line in lines)


def cell(text: str) -> str:
    """Text within a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; "" where there is no row."""
    body = [f"| {' | '.join(map(cell, row))} |" for row in rows]
    rule = f"|{'|'.join('---' for _ in head)}|"
    return "\n".join([f"| {' | '.join(head)} |", rule, *body]) if body else ""


def join(blocks: Iterable[str]) -> str:
    """A page of blocks."""
    return "\n\n".join(block.strip("\n") for block in blocks if block) + "\n"


# -- sources ---------------------------------------------------------------------------------------


def source_link(source: Source) -> str:
    """The source, linked where it has an address of its own."""
    if source.url.startswith("http"):
        return f"[{source.publisher}](<{source.url}>)"
    return f"{source.publisher}"


def cited(keys: Iterable[str], sources: Mapping[str, Source]) -> str:
    """The sources by name, with what kind they are."""
    return "; ".join(f"{source_link(sources[key])} ({sources[key].support})" for key in keys)


def source_table(sources: Mapping[str, Source]) -> str:
    """All sources of a page."""
    return table(
        ("Key", "Source", "Kind", "Last read", "Note"),
        (
            (f"`{key}`", source_link(it), SUPPORT[it.support], str(it.checked), it.note)
            for key, it in sources.items()
        ),
    )
