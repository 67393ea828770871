"""The pages of what rules refer to: the lists of groups, and the vaccines.

The pages are written by ``python docs/rules_pages.py``; see there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules_catalogue import vaccine_sources
from rules_text import (
    ROOTS,
    VACCINES,
    Page,
    bullets,
    chinese,
    cited,
    group_name,
    group_page,
    heading,
    join,
    leaves,
    policy_link,
    slug,
    source_table,
    table,
    wording,
)

from vaxpolicy import catalog
from vaxpolicy.conditions import InGroup
from vaxpolicy.messages import describe_ages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vaxpolicy.policy import Group, GroupList, Licence, Vaccine

# -- lists of groups -------------------------------------------------------------------------------


def group_list(found: GroupList, lang: str) -> str:
    """The page of one list of groups."""
    page = Page(lang, group_page(found.id))
    used = _used(page)
    of = page.say(
        "groups/of",
        title=chinese(page.free(found.title)),
        announced=found.announced,
        note=page.free(found.note),
    )
    return join(
        [
            page.top(page.say("groups/title", list=found.id), f"groups-{slug(found.id)}"),
            of.strip(),
            page.say("groups/same-number"),
            *(block for group in found.groups for block in _group(group, found, used, page)),
            heading(2, page.say("sources/head"), "sources"),
            source_table(found.sources, page),
        ]
    )


def _group(
    group: Group, found: GroupList, used: Mapping[str, list[str]], page: Page
) -> Iterator[str]:
    (other,) = (lang for lang in ROOTS if lang != page.lang)
    short = group.id.partition("/")[2]
    name = page.say("list/colon").join((short, group_name(group, page.lang)))
    yield heading(2, name, slug(group.id))
    yield f'<span lang="{other}">{group_name(group, other)}</span> · `{group.id}`'
    if group.ages:
        yield page.say("groups/band", ages=describe_ages(group.ages, page.lang))
    yield page.free(group.note)
    if places := used.get(group.id):
        yield page.say("groups/asked-by", policies=page.listed(places))
    yield page.say("sources", sources=cited(group.cites, found.sources, page))


def _used(page: Page) -> Mapping[str, list[str]]:
    """The policies whose rules ask for a group, by the group's id."""
    used: dict[str, dict[str, None]] = {}
    for policy in map(catalog.load, catalog.ids()):
        for stage in policy.written:
            for rule in stage.rules:
                for leaf in leaves(rule.all):
                    if isinstance(leaf, InGroup):
                        used.setdefault(leaf.group, {})[policy_link(policy.id, page)] = None
    return {group: list(names) for group, names in used.items()}


# -- vaccines --------------------------------------------------------------------------------------


def vaccines(lang: str) -> str:
    """The page of the vaccines."""
    page = Page(lang, VACCINES)
    found = catalog.vaccines().values()
    return join(
        [
            page.top(page.say("vaccines"), "vaccines"),
            page.say("vaccines/intro"),
            *(block for vaccine in found for block in _vaccine(vaccine, page)),
            heading(2, page.say("sources/head"), "sources"),
            source_table(vaccine_sources(), page),
        ]
    )


def _vaccine(vaccine: Vaccine, page: Page) -> Iterator[str]:
    anchor = slug(vaccine.code)
    yield heading(2, page.vaccine(vaccine.code), anchor)
    yield page.free(vaccine.note)
    names = (
        page.say(
            "vaccines/name",
            language=page.say(f"language/{tag}"),
            name=f'<span lang="{tag}">{name}</span>',
        )
        for tag, name in vaccine.names.items()
    )
    yield page.say(
        "vaccines/names",
        disease=page.say(f"disease/{vaccine.disease}"),
        code=page.say("vaccines/cvx", cvx=vaccine.cvx) if vaccine.cvx else "",
        names=page.listed(names, "semicolon"),
    )
    if vaccine.licences:
        yield heading(3, page.say("vaccines/licence"), f"{anchor}-licence")
        yield from (_licence(it, page) for it in vaccine.licences)
    else:
        yield page.say("vaccines/no-licence")
    if vaccine.intervals:
        yield heading(3, page.say("vaccines/intervals"), f"{anchor}-intervals")
        heads = page.head("after", "interval", "since", "until", "note", "sources")
        yield table(heads, _intervals(vaccine, page))


def _licence(licence: Licence, page: Page) -> str:
    doses = ""
    if licence.doses:
        doses = page.say("vaccines/licence-doses", doses=page.listed(map(str, licence.doses)))
    key = "vaccines/licence-between" if licence.until else "vaccines/licence-from"
    when = page.say(key, since=licence.since, until=licence.until, doses=doses)
    sources = page.say("sources", sources=cited(licence.cites, vaccine_sources(), page))
    return f"{when}\n\n{bullets(wording(page).lines(licence.all))}\n\n{sources}"


def _intervals(vaccine: Vaccine, page: Page) -> Iterator[tuple[str, ...]]:
    for it in vaccine.intervals:
        key = "vaccines/days-to" if it.days_to else "vaccines/days"
        yield (
            str(it.after),
            page.say(key, days=it.days, days_to=it.days_to),
            str(it.since),
            str(it.until or ""),
            page.free(it.note),
            cited(it.cites, vaccine_sources(), page),
        )
