"""The pages of what rules refer to: the lists of groups, and the vaccines.

The pages are written by ``python -m tools.site write``; see there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.site.rules_catalogue import vaccine_sources
from tools.site.rules_text import (
    ROOTS,
    VACCINES,
    Page,
    bullets,
    chinese,
    cited,
    days_in_words,
    facts,
    group_name,
    group_page,
    heading,
    join,
    leaves,
    parts,
    policy_link,
    policy_page,
    slug,
    source_table,
    table,
    vaccine_page,
    wording,
)
from vaxpolicy import catalog
from vaxpolicy.messages import describe_ages, vaccine_name
from vaxpolicy.rules.conditions import InGroup
from vaxpolicy.rules.policy import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vaxpolicy.rules.policy import Group, GroupList, Interval, Licence, Vaccine


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


def vaccines(lang: str) -> str:
    """The page from which those of the vaccines are reached."""
    page = Page(lang, VACCINES)
    heads = page.head("code", "name", "against", "cvx", "licensed-since", "licensed-for")
    found = catalog.vaccines().values()
    return join(
        [
            page.top(page.say("vaccines"), "vaccines"),
            page.say("vaccines/intro"),
            table(heads, (_in_short(vaccine, page) for vaccine in found)),
            heading(2, page.say("sources/head"), "sources"),
            source_table(vaccine_sources(), page),
        ]
    )


def _in_short(vaccine: Vaccine, page: Page) -> tuple[str, ...]:
    place = page.link(f"`{vaccine.code}`", vaccine_page(vaccine.code))
    licences = vaccine.licences
    return (
        f"{place}{{ #{slug(vaccine.code)} }}",
        vaccine_name(vaccine.code, page.lang),
        page.listed(page.say(f"disease/{disease}") for disease in vaccine.diseases),
        page.listed(map(str, vaccine.cvx)),
        str(min(it.since for it in licences)) if licences else "",
        page.listed(
            (_for_whom(it, vaccine.code, page) for it in licences if it.until is None), "semicolon"
        ),
    )


def _for_whom(licence: Licence, code: str, page: Page) -> str:
    """For whom it is licensed, in a line; the terms of parts are left to the vaccine's page."""
    lines = list(wording(page).lines(licence.all))
    terms = page.listed(line.text for line in lines)
    if len(lines) > 1:
        terms = page.link(page.say("vaccines/terms"), vaccine_page(code), "licence")
    if not licence.doses:
        return terms
    doses = page.say("doses", doses=page.listed(map(str, licence.doses)))
    return page.say("list/colon").join((doses, terms))


def vaccine(found: Vaccine, lang: str) -> str:
    """The page of one vaccine."""
    page = Page(lang, vaccine_page(found.code))
    rows = list(_offered(found, page))
    return join(
        [
            page.top(_title(found, page), slug(found.code)),
            _facts(found, page),
            page.free(found.note),
            heading(2, page.say("vaccines/names"), "names"),
            table(page.head("language", "name"), _names(found, page)),
            heading(2, page.say("vaccines/licence"), "licence"),
            *(_licence(it, page) for it in found.licences),
            "" if found.licences else page.say("vaccines/no-licence"),
            *_intervals(found, page),
            heading(2, page.say("vaccines/offered"), "offered-by"),
            page.say("vaccines/offered-intro" if rows else "vaccines/offered-by-none"),
            table(page.head("policy", "dose", "rules", "days"), rows),
        ]
    )


def _title(found: Vaccine, page: Page) -> str:
    name = vaccine_name(found.code, page.lang)
    if found.code in name:
        return name
    return page.say("vaccines/title", name=name, code=found.code)


def _facts(found: Vaccine, page: Page) -> str:
    named = [
        ("code", f"`{found.code}`"),
        ("disease", page.listed(page.say(f"disease/{disease}") for disease in found.diseases)),
    ]
    if found.cvx:
        named.append(("cvx", page.listed(map(str, found.cvx))))
    return facts(named, page)


def _names(found: Vaccine, page: Page) -> Iterator[tuple[str, ...]]:
    for tag, name in found.names.items():
        yield page.say(f"language/{tag}"), f'<span lang="{tag}">{name}</span>'


def _licence(licence: Licence, page: Page) -> str:
    doses = ""
    if licence.doses:
        doses = page.say("vaccines/licence-doses", doses=page.listed(map(str, licence.doses)))
    key = "vaccines/licence-between" if licence.until else "vaccines/licence-from"
    when = page.say(key, since=licence.since, until=licence.until, doses=doses)
    sources = page.say("sources", sources=cited(licence.cites, vaccine_sources(), page))
    return f"{when}\n\n{bullets(wording(page).lines(licence.all))}\n\n{sources}"


def _intervals(found: Vaccine, page: Page) -> Iterator[str]:
    if found.intervals:
        yield heading(2, page.say("vaccines/intervals"), "intervals")
        heads = page.head("after", "interval", "ages", "since", "until", "note", "sources")
        yield table(heads, (_interval(it, page) for it in found.intervals))


def _interval(it: Interval, page: Page) -> tuple[str, ...]:
    key = "vaccines/days-to" if it.days_to else "vaccines/days"
    return (
        str(it.after),
        page.say(key, days=it.days, days_to=it.days_to),
        describe_ages(it.ages, page.lang) if it.ages else "",
        str(it.since),
        str(it.until or ""),
        page.free(it.note),
        cited(it.cites, vaccine_sources(), page),
    )


def _offered(found: Vaccine, page: Page) -> Iterator[tuple[str, ...]]:
    """The offers: for each policy and dose the rules, with the days of their stages."""
    for policy in map(catalog.load, catalog.ids()):
        offers = [
            (part, part.it)
            for part in parts(policy)
            if isinstance(part.it, Rule) and found.code in part.it.vaccines
        ]
        for dose in sorted({rule.dose for _, rule in offers}):
            rules, days = dict[str, str](), dict[str, None]()
            for part, rule in offers:
                if rule.dose == dose:
                    place = page.link(rule.id, policy_page(policy.id), part.anchor)
                    rules.setdefault(rule.id, place)  # versions share the id: the first will do
                    days[days_in_words(part.stage.vaccination_days, page)] = None
            yield (
                policy_link(policy.id, page),
                str(dose),
                page.listed(rules.values()),
                page.listed(days, "semicolon"),
            )
