"""The pages that go across all policies: what was interpreted, what is unknown, every source.

The pages are written by ``python -m tools.site write``; see there.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from tools.site import rules_says
from tools.site.rules_catalogue import vaccine_sources
from tools.site.rules_text import (
    INTERPRETATIONS,
    OF_TERMS,
    PRINTED,
    SOURCES,
    UNKNOWN,
    Page,
    Part,
    chinese,
    cited,
    group_name,
    group_page,
    heading,
    in_force,
    join,
    leaves,
    parts,
    policy_link,
    policy_name,
    policy_page,
    readings_of,
    readings_page,
    slug,
    source_link,
    table,
    vaccine_link,
    vaccine_page,
)
from vaxpolicy import catalog
from vaxpolicy.analysis.printed_bounds import bounds
from vaxpolicy.messages import describe_ages, describe_question
from vaxpolicy.rules.conditions import Age, AgeAtLeast, AgeAtMost, AgeBand, NotStated, Wanted
from vaxpolicy.rules.policy import Licence, Policy, Rule, Source, Stage, Window
from vaxpolicy.rules.validity import Minimum, Spacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxpolicy.rules.moments import WrittenMoment


LATE: Final = "---\nsearch:\n  boost: 0.3\n---"
"""Who searches for a round wants its own page first, not the readings of its announcement."""
_VACCINE: Final = "vaccine-"
"""What the anchors of vaccines begin with."""


@frozen
class Reading:
    """A reading of one part of a policy."""

    part: Part
    text: str
    cites: tuple[str, ...]


def readings(policy: Policy) -> Iterator[Reading]:
    """Every statement of a policy that had to be interpreted."""
    for part in parts(policy):
        if part.it.reading:
            yield Reading(part, part.it.reading, part.it.cites)


def counting_readings(policy: Policy) -> list[Minimum | Spacing]:
    """The lines of the tables which say which doses count that had to be interpreted."""
    found: list[Minimum | Spacing] = [*policy.minimums, *policy.spacings]
    return [it for it in found if it.reading]


def versions(part: Part, page: Page) -> str:
    """The version that has it; "" if there is only one."""
    own = in_force(part.it, page)
    stage = in_force(part.stage, page) if part.it is not part.stage else ""
    if own and stage:
        own = page.say("force/version-of-stage", own=own, stage=stage)
    when = own or stage
    return page.say("force/version", when=when) if when else ""


def interpretations(lang: str) -> str:
    """The page that leads to everything that was interpreted."""
    page = Page(lang, INTERPRETATIONS)
    policies = [catalog.load(name) for name in catalog.ids()]
    numbers = {policy.id: _number(policy) for policy in policies}
    everywhere = "\n".join(f"- {_indented(page.say(key))}" for key in rules_says.EVERYWHERE)
    return join(
        [
            page.top(page.say("interpretations"), "what-was-interpreted"),
            page.say("interpretations/intro"),
            _counts(policies, page),
            heading(2, page.say("interpretations/everywhere"), "readings-that-hold-everywhere"),
            page.say("interpretations/everywhere-intro"),
            everywhere,
            heading(2, page.say("interpretations/policies"), "policies"),
            table(
                page.head("policy", "readings", "page"),
                (
                    _row(policy_name(name, lang), slug(name), number, readings_of(name), page)
                    for name, number in numbers.items()
                    if number
                ),
            ),
            heading(2, page.say(f"interpretations/{OF_TERMS}"), OF_TERMS),
            table(
                page.head("groups-or-vaccine", "readings"),
                (
                    _row(_term(name, anchor, page), anchor, len(items), OF_TERMS, page)[:2]
                    for name, anchor, items in (*_notes_on_groups(page), *_notes_on_vaccines(page))
                ),
            ),
        ]
    )


def _row(name: str, anchor: str, number: int, key: str, page: Page) -> tuple[str, str, str]:
    """Leads to a place on one of the pages; a link to that place on this page leads to the row."""
    there = readings_page(key)
    where = page.link(page.say(f"interpretations/{key}"), there)
    return f"{page.link(name, there, anchor)}{{ #{anchor} }}", str(number), where


def interpretations_of(key: str, lang: str) -> str:
    """One of the pages with the readings."""
    page = Page(lang, readings_page(key))
    place = page.link(page.say("interpretations"), INTERPRETATIONS)
    top = [
        LATE,
        page.top(
            page.say("interpretations/of", what=page.say(f"interpretations/{key}")), "readings"
        ),
        page.say("interpretations/part-intro", place=place),
    ]
    if key != OF_TERMS:
        policies = [catalog.load(name) for name in catalog.ids() if readings_of(name) == key]
        return join([*top, *(block for policy in policies for block in _of_policy(policy, page))])
    return join(
        [
            *top,
            heading(2, page.say("interpretations/groups"), "lists-of-groups"),
            page.say("interpretations/groups-intro"),
            *_of_terms(_notes_on_groups(page), page),
            heading(2, page.say("interpretations/vaccines"), "vaccines"),
            *_of_terms(_notes_on_vaccines(page), page),
        ]
    )


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _counts(policies: Iterable[Policy], page: Page) -> str:
    policies = list(policies)
    found = [reading for policy in policies for reading in readings(policy)]
    kinds = Counter(type(reading.part.it) for reading in found)
    doses = sum(len(counting_readings(policy)) for policy in policies)
    return page.say(
        "interpretations/counts",
        readings=len(found) + doses,
        doses=doses,
        rules=kinds[Rule],
        stages=kinds[Stage],
        windows=kinds[Window],
    )


def _number(policy: Policy) -> int:
    """How many entries a policy has on its page of readings."""
    return sum(1 for _ in readings(policy)) + len(counting_readings(policy)) + len(policy.explained)


def _of_policy(policy: Policy, page: Page) -> Iterator[str]:
    found = list(readings(policy))
    counting = counting_readings(policy)
    if not _number(policy):
        return
    yield heading(2, policy_link(policy.id, page), slug(policy.id))
    yield _title(policy, page)
    lines = [_item(reading, page) for reading in found]
    yield "\n".join([*lines, *(_counting_item(it, policy, page) for it in counting)])
    if policy.explained:
        lint = page.say("interpretations/lint")
        yield "\n".join([lint, "", *explained(policy, page)])


def explained(policy: Policy, page: Page) -> Iterator[str]:
    """The findings of the lint that stay as they are, and why."""
    for it in policy.explained:
        why = page.free(it.why)
        yield f"- {page.say('finding', finding=it.finding, at=it.at, why=why)}"


def _title(policy: Policy, page: Page) -> str:
    title = page.say(
        "interpretations/title", title=chinese(policy.title), announced=policy.announced
    )
    return page.sentences(title, "" if policy.verified else page.say("not-verified"))


def _item(reading: Reading, page: Page) -> str:
    part = reading.part
    what = ""
    if isinstance(part.it, Rule):
        offer = page.say("dose/of", dose=part.it.dose, vaccines=page.vaccines(part.it.vaccines))
        what = page.say("interpretations/what", what=offer)
    sources = cited(reading.cites or _fallback(part), part.policy.sources, page)
    text = page.say(
        "interpretations/item",
        place=part.linked(page),
        what=what,
        versions=versions(part, page),
        reading=page.free(reading.text),
        sources=page.say("sources/inline", sources=sources),
    )
    return f"- {text}"


def _counting_item(it: Minimum | Spacing, policy: Policy, page: Page) -> str:
    names = page.vaccines(it.vaccines)
    what = page.say("dose/of", dose=it.dose, vaccines=names) if isinstance(it, Minimum) else names
    sources = cited(it.cites, policy.sources, page)
    text = page.say(
        "interpretations/item",
        place=page.link(page.say("counting"), policy_page(policy.id), "which-doses-count"),
        what=page.say("interpretations/what", what=what),
        versions="",
        reading=page.free(it.reading),
        sources=page.say("sources/inline", sources=sources),
    )
    return f"- {text}"


def _fallback(part: Part) -> tuple[str, ...]:
    """The sources of the stage's rules, for a stage or window that cites none of its own."""
    own = part.stage.cites or (key for rule in part.stage.rules for key in rule.cites)
    return tuple(dict.fromkeys(own))


def _of_terms(found: Iterable[tuple[str, str, list[str]]], page: Page) -> Iterator[str]:
    """The notes on lists of groups or on vaccines, each under the name of what they are on."""
    for name, anchor, items in found:
        there = vaccine_page(name) if anchor.startswith(_VACCINE) else group_page(name)
        yield heading(3, page.link(_term(name, anchor, page), there), anchor)
        yield "\n".join(f"- {item}" for item in items)


def _term(name: str, anchor: str, page: Page) -> str:
    """The name of a list of groups, or of a vaccine."""
    return page.vaccine(name) if anchor.startswith(_VACCINE) else name


def _notes_on_groups(page: Page) -> Iterator[tuple[str, str, list[str]]]:
    """Each list of groups that has notes: its id, its anchor, and they."""
    for found in catalog.group_lists():
        items = []
        if found.note:
            items.append(page.say("interpretations/whole-list", note=page.free(found.note)))
        for group in found.groups:
            if group.note:
                sources = cited(group.cites, found.sources, page)
                items.append(
                    page.say(
                        "interpretations/group",
                        place=page.link(
                            group_name(group, page.lang), group_page(found.id), slug(group.id)
                        ),
                        group=group.id,
                        note=page.free(group.note),
                        sources=page.say("sources/inline", sources=sources),
                    )
                )
        if items:
            yield found.id, found.id, items


def _notes_on_vaccines(page: Page) -> Iterator[tuple[str, str, list[str]]]:
    """Each vaccine that has notes: its code, its anchor, and they."""
    sources = vaccine_sources()
    for vaccine in catalog.vaccines().values():
        items = [page.free(vaccine.note)] if vaccine.note else []
        items += [
            page.say(
                "interpretations/interval",
                after=it.after,
                days=it.days,
                since=it.since,
                note=page.free(it.note),
                sources=page.say("sources/inline", sources=cited(it.cites, sources, page)),
            )
            for it in vaccine.intervals
            if it.note
        ]
        if items:
            yield vaccine.code, f"{_VACCINE}{slug(vaccine.code)}", items


@frozen
class Gap:
    """Something that a programme asks and no source states; `part` is None for the whole policy."""

    part: Part | None
    text: str


def gaps(policy: Policy, page: Page) -> Iterator[Gap]:
    """All that no source states of a policy."""
    if policy.notification == "not-stated":
        yield Gap(None, page.say("unknown/notification"))
    for part in parts(policy):
        match part.it:
            case Stage():
                yield from (Gap(part, text) for text in _unknown_days(part.it, page))
            case Rule():
                yield from (Gap(part, text) for text in _unknown_terms(part.it, page))
            case Window():
                yield from (Gap(part, text) for text in _unknown_hours(part.it, page))


def _unknown_days(stage: Stage, page: Page) -> Iterator[str]:
    days = stage.vaccination_days
    if not days.stated:
        yield page.say("unknown/days", first=days.first, last=days.last)
    if days.sure_until:
        yield page.say("unknown/last-day", sure_until=days.sure_until, last=days.last)


def _unknown_terms(rule: Rule, page: Page) -> Iterator[str]:
    for leaf in dict.fromkeys(leaves(rule.all)):
        match leaf:
            case Age() if leaf.on == "not-stated":
                ages = describe_ages(_band(leaf), page.lang, reckoned=False)
                yield page.say("unknown/age", ages=ages)
            case NotStated(what):
                yield describe_question(what, page.lang)
            case Wanted():
                for name, value in (("from", leaf.after), ("by", leaf.by)):
                    if value is not None and not isinstance(value, datetime):
                        yield page.say(f"unknown/registered-{name}", day=value)


def _band(age: Age) -> AgeBand:
    match age:
        case AgeAtLeast(years, on):
            return AgeBand(on, at_least=years)
        case AgeAtMost(years, on):
            return AgeBand(on, at_most=years)
    raise TypeError(f"no band for {type(age).__name__}")


def _unknown_hours(window: Window, page: Page) -> Iterator[str]:
    for name, value in (("opens", window.opens), ("closes", window.closes)):
        yield from _unknown_moment(name, value, page)
    if window.ages is not None and window.ages.on == "not-stated":
        ages = describe_ages(window.ages, page.lang, reckoned=False)
        yield page.say("unknown/ages", ages=ages)


def _unknown_moment(name: str, value: WrittenMoment, page: Page) -> Iterator[str]:
    if isinstance(value, datetime):
        return
    if isinstance(value, date):
        yield page.say(f"unknown/{name}-hour", day=value)
    else:
        yield page.say(f"unknown/{name}")


def unknown(lang: str) -> str:
    """The page of all that no source states."""
    page = Page(lang, UNKNOWN)
    policies = [catalog.load(name) for name in catalog.ids()]
    found = {policy.id: list(gaps(policy, page)) for policy in policies}
    places, having = sum(map(len, found.values())), sum(map(bool, found.values()))
    return join(
        [
            page.top(page.say("unknown"), "what-no-source-states"),
            page.say("unknown/intro"),
            page.say("unknown/counts", places=places, policies=having),
            *(block for policy in policies for block in _gaps_of(policy, found[policy.id], page)),
            heading(2, page.say("vaccines"), "vaccines"),
            *_unknown_licences(page),
        ]
    )


def _gaps_of(policy: Policy, found: list[Gap], page: Page) -> Iterator[str]:
    if found or not policy.verified:
        yield heading(2, policy_link(policy.id, page), slug(policy.id))
        yield _title(policy, page)
        yield gap_list(found, page)


def gap_list(found: Iterable[Gap], page: Page) -> str:
    """The gaps as a list, each part once."""
    texts: dict[str, list[str]] = {}
    for gap in found:
        place = page.say("whole-policy")
        if gap.part is not None:
            place = f"{gap.part.linked(page)}{versions(gap.part, page)}"
        texts.setdefault(place, []).append(gap.text)
    items = (
        page.say("unknown/item", place=place, texts=page.listed(each, "semicolon"))
        for place, each in texts.items()
    )
    return "\n".join(f"- {item}" for item in items)


def _unknown_licences(page: Page) -> Iterator[str]:
    sources = vaccine_sources()
    for vaccine in catalog.vaccines().values():
        for it in vaccine.licences:
            for question in _not_stated(it):
                text = page.say(
                    "unknown/licence",
                    vaccine=vaccine_link(vaccine.code, page),
                    doses=page.listed(map(str, it.doses)),
                    question=describe_question(question, page.lang),
                    sources=page.say("sources/inline", sources=cited(it.cites, sources, page)),
                )
                yield f"- {text}"


def _not_stated(licence: Licence) -> Iterator[str]:
    return (leaf.not_stated for leaf in leaves(licence.all) if isinstance(leaf, NotStated))


def sources(lang: str) -> str:
    """The index of all sources with what rests on them."""
    page = Page(lang, SOURCES)
    rests: dict[str, list[str]] = {}
    by_url: dict[str, Source] = {}

    def note(source: Source, place: str) -> None:
        by_url.setdefault(source.url, source)
        if place not in (places := rests.setdefault(source.url, [])):
            places.append(place)

    for source, place in (
        *_cited_in_policies(page),
        *_cited_in_groups(page),
        *_cited_in_vaccines(page),
    ):
        note(source, place)
    ordered = sorted(by_url.values(), key=lambda it: (it.publisher.lower(), it.url))
    kinds = Counter(it.support for it in ordered)
    return join(
        [
            page.top(page.say("all-sources"), "all-sources"),
            page.say(
                "all-sources/counts",
                sources=len(ordered),
                official=kinds["official"],
                press=kinds["press"],
                secondary=kinds["secondary"],
            ),
            page.say("all-sources/intro"),
            table(
                page.head("source", "kind", "rests"),
                (
                    (
                        source_link(it, page),
                        page.say(f"support/{it.support}"),
                        page.listed(rests[it.url], "semicolon"),
                    )
                    for it in ordered
                ),
            ),
        ]
    )


def _cited_in_policies(page: Page) -> Iterator[tuple[Source, str]]:
    for policy in map(catalog.load, catalog.ids()):
        for key, source in policy.sources.items():
            places = [part for part in parts(policy) if key in part.it.cites]
            named = dict.fromkeys(_short(part, page) for part in places)
            yield (
                source,
                page.say(
                    "rests/policy", policy=policy_link(policy.id, page), parts=page.listed(named)
                ),
            )


def _short(part: Part, page: Page) -> str:
    match part.it:
        case Rule():
            name = part.it.id
        case Window():
            name = page.say("rests/windows", stage=part.stage.id)
        case _:
            name = page.say("rests/days", stage=part.stage.id)
    return page.link(name, f"rules/{part.policy.id}.md", part.anchor)


def _cited_in_groups(page: Page) -> Iterator[tuple[Source, str]]:
    for found in catalog.group_lists():
        place = page.link(found.id, group_page(found.id))
        for source in found.sources.values():
            yield source, page.say("rests/groups", list=place)


def _cited_in_vaccines(page: Page) -> Iterator[tuple[Source, str]]:
    every = vaccine_sources()
    for vaccine in catalog.vaccines().values():
        for kind, cites in (
            ("licence", [it.cites for it in vaccine.licences]),
            ("intervals", [it.cites for it in vaccine.intervals]),
        ):
            text = page.say(f"rests/{kind}", vaccine=vaccine_link(vaccine.code, page, kind))
            yield from ((every[key], text) for keys in cites for key in keys)


def bound_table(policy: Policy, page: Page) -> str:
    """Each printed bound beside what the rule gives; "" where none was printed."""
    return table(
        page.head("rule", "bound", "printed", "found", "status"), _bound_rows(policy, page)
    )


def _bound_rows(policy: Policy, page: Page) -> Iterator[tuple[str, ...]]:
    places = {part.it.id: part for part in parts(policy) if isinstance(part.it, Rule)}
    none = page.say("printed/no-bound")
    for bound in bounds(policy):
        gives = page.listed(str(one or none) for one in bound.found) or str(bound.printed)
        place = places[bound.rule_id].linked(page)
        kind, status = page.say(f"bound/{bound.kind}"), page.say(f"status/{bound.status}")
        yield place, kind, str(bound.printed), gives, status


def printed(lang: str) -> str:
    """The page of all printed bounds."""
    page = Page(lang, PRINTED)
    policies = [catalog.load(name) for name in catalog.ids()]
    found = [bound for policy in policies for bound in bounds(policy)]
    tally = Counter[tuple[bool, str]]((bound.is_of_birth, bound.status) for bound in found)
    statuses = ("proved", "restated", "refuted")
    counts = [
        (page.say(f"printed/{name}"), *(str(tally[birth, status]) for status in statuses))
        for name, birth in (("births", True), ("doses", False))
    ]
    blocks = []
    for policy in policies:
        if rows := bound_table(policy, page):
            blocks += [heading(2, policy_name(policy.id, lang), slug(policy.id)), rows]
    heads = (page.say("head/bounds-of"), *(page.say(f"status/{status}") for status in statuses))
    return join(
        [
            page.top(page.say("printed"), "printed-bounds"),
            page.say("printed/intro"),
            table(heads, counts),
            *blocks,
        ]
    )
