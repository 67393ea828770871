"""Writes the pages of the rules from the policy files: ``python -m tools.site write``.

There is one tree of pages in each language (`rules_text.ROOTS`), made by the same functions: what
they say in English is in `rules_says`, the Chinese in the catalogue (`rules_catalogue`), and
conditions are worded by `vaxpolicy.messages`. The pages are committed, so that a change of a rule
shows in words beside it; a test fails where they are not what this would write. Only the pictures
and what a round changes are drawn anew at each build of the site (see hooks.py): they stand on the
pages as comments.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve

from tools.site import rules_lists, rules_terms
from tools.site.rules_summary import AS_OF, offers, section, summary, whole_span
from tools.site.rules_text import (
    INDEX,
    INTERPRETATIONS,
    PRINTED,
    READINGS,
    ROOTS,
    SOURCES,
    UNKNOWN,
    VACCINES,
    Page,
    Part,
    bullets,
    chinese,
    cited,
    days_in_words,
    facts,
    group_page,
    heading,
    in_force,
    join,
    moment,
    parts,
    policy_link,
    policy_name,
    policy_page,
    readings_of,
    readings_page,
    slug,
    source_table,
    table,
    vaccine_link,
    vaccine_page,
    wording,
)
from vaxpolicy import catalog
from vaxpolicy.messages import describe_ages
from vaxpolicy.rules.policy import (
    Policy,
    Rule,
    Stage,
    Window,
    WindowAges,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vaxpolicy.rules.validity import Minimum

DOCS: Final = Path(__file__).parents[2] / "docs"
AUDITOR: Final = "auditor.md"
"""The guide for auditors, in both languages; written by hand."""


PIN: Final = "learn/pin.md"
DIGESTS: Final = "reference/digests.md"
SHOWN: Final = 12
"""As many characters of a digest as a page of a policy shows."""
MOST: Final = 15
"""A policy with more rules than this shows each by its first line, and the rest on a click."""


def pages() -> Mapping[str, str]:
    """Every generated page, by its place under docs/."""
    return {Page(lang, at).path: text for lang in ROOTS for at, text in _pages_in(lang).items()}


def _pages_in(lang: str) -> Mapping[str, str]:
    return {
        INDEX: index(lang),
        INTERPRETATIONS: rules_lists.interpretations(lang),
        **{readings_page(key): rules_lists.interpretations_of(key, lang) for key in READINGS},
        UNKNOWN: rules_lists.unknown(lang),
        SOURCES: rules_lists.sources(lang),
        PRINTED: rules_lists.printed(lang),
        VACCINES: rules_terms.vaccines(lang),
        **{
            group_page(found.id): rules_terms.group_list(found, lang)
            for found in catalog.group_lists()
        },
        **{
            vaccine_page(found.code): rules_terms.vaccine(found, lang)
            for found in catalog.vaccines().values()
        },
        **{policy_page(name): policy_text(catalog.load(name), lang) for name in catalog.ids()},
    }


def policy_text(policy: Policy, lang: str = "en") -> str:
    """The page of one policy."""
    page = Page(lang, policy_page(policy.id))
    return join(
        [
            page.top(policy_name(policy.id, lang), slug(policy_name(policy.id))),
            chinese(policy.title),
            _warning(policy, page),
            summary(policy, page),
            heading(2, page.say("facts"), "facts"),
            _facts(policy, page),
            heading(2, page.say("glance"), "at-a-glance"),
            _glance(policy, page),
            heading(2, page.say("births"), "birth-dates-and-days"),
            page.say("births/intro" if policy.licences_apply else "births/registration"),
            f"<!-- picture: days {policy.id} -->",
            heading(2, page.say("rules"), "rules-in-words"),
            *_stages(policy, page),
            *_counting(policy, page),
            *_windows(policy, page),
            *_bounds(policy, page),
            *_open(policy, page),
            *_interpreted(policy, page),
            f"<!-- compared: {policy.id} -->",
            heading(2, page.say("sources/head"), "sources"),
            source_table(policy.sources, page),
        ]
    )


def _warning(policy: Policy, page: Page) -> str:
    if policy.verified:
        return ""
    head, text = page.say("policy/not-verified-head"), page.say("policy/not-verified")
    return f'!!! warning "{head}"\n\n    {text}'


def _facts(policy: Policy, page: Page) -> str:
    licences = "asked" if policy.licences_apply else "not-asked"
    rows = [
        ("id", f"`{policy.id}`"),
        ("version", policy.version),
        ("pin", _pinned(policy, page)),
        ("announced", str(policy.announced)),
        ("disease", page.say(f"disease/{policy.disease}")),
        ("notification", page.say(f"notified/{policy.notification}")),
        ("licences", page.say(f"fact/licences-{licences}")),
    ]
    if policy.counts_from:
        rows.append(("counts-from", str(policy.counts_from)))
    if policy.review_by:
        rows.append(("review-by", str(policy.review_by)))
    return facts(rows, page)


def _pinned(policy: Policy, page: Page) -> str:
    """The first characters of the digest, and where it is told how to pin a policy."""
    return page.say(
        "fact/pinned",
        digest=policy.digest[:SHOWN],
        how=page.place(PIN),
        digests=page.english(DIGESTS),
    )


def _glance(policy: Policy, page: Page) -> str:
    rows = [
        (
            page.link(part.it.id, page.at, part.anchor),
            str(part.it.dose),
            page.listed(vaccine_link(code, page) for code in part.it.vaccines),
            days_in_words(part.stage.vaccination_days, page),
            _both_in_force(part, page) or page.say("force/throughout"),
        )
        for part in parts(policy)
        if isinstance(part.it, Rule)
    ]
    days = "days" if policy.licences_apply else "registration-days"
    return table(page.head("rule", "dose", "vaccines", days, "force"), rows)


def _both_in_force(part: Part, page: Page) -> str:
    """The time for which a part was in force, together with its stage."""
    since = max((day for day in (part.it.since, part.stage.since) if day), default=None)
    until = min((day for day in (part.it.until, part.stage.until) if day), default=None)
    return in_force(evolve(part.stage, since=since, until=until), page)


def _stages(policy: Policy, page: Page) -> Iterator[str]:
    for part in parts(policy):
        if isinstance(part.it, Stage):
            yield heading(3, _with_force(_stage(part.it, page), part.it, page), part.anchor)
            key = "rules/days" if policy.licences_apply else "rules/registration-days"
            yield page.say(key, days=days_in_words(part.it.vaccination_days, page))
            yield _read(part.it.reading, page)
        elif isinstance(part.it, Rule):
            yield from _rule(policy, part, part.it, page)


def _with_force(name: str, part: Stage | Rule, page: Page) -> str:
    when = in_force(part, page)
    return page.say("force/head", what=name, when=when) if when else name


def _stage(stage: Stage, page: Page) -> str:
    name = stage.id.removeprefix("stage").strip("- ") or stage.id
    return page.say("stage/head", stage=name)


def _rule(policy: Policy, part: Part, rule: Rule, page: Page) -> Iterator[str]:
    head = page.say("rule/head", rule=rule.id)
    yield heading(4, _with_force(head, rule, page), part.anchor)
    words = wording(page, rule.dose, by_season=policy.counts_from is not None)
    terms = bullets(words.lines(rule.all))
    offer = "offer" if policy.licences_apply else "registration"
    names = page.one_of(map(page.vaccine, rule.vaccines))
    key = f"rules/{offer}{'' if terms else '-to-all'}"
    first = page.say(key, dose=rule.dose, vaccines=names)
    kind = "" if rule.kind == "accepted" else page.say(f"rules/{rule.kind}")
    sources = page.say("sources", sources=cited(rule.cites, policy.sources, page))
    rest = [terms, kind, _read(rule.reading, page), sources]
    if sum(isinstance(it.it, Rule) for it in parts(policy)) > MOST:
        yield _folded(first, rest)
    else:
        yield first
        yield from rest


def _folded(first: str, rest: Iterable[str]) -> str:
    """A line, and blocks that are shown on a click."""
    inside = join(rest).replace("\n", "\n    ").rstrip()
    return f'??? abstract "{first}"\n\n    {inside}'


def _counting(policy: Policy, page: Page) -> Iterator[str]:
    """The tables that say which doses count."""
    if not (policy.minimums or policy.spacings):
        return
    yield heading(2, page.say("counting"), "which-doses-count")
    yield page.say("counting/intro")
    rows = [
        (
            page.listed(vaccine_link(code, page) for code in it.vaccines),
            str(it.dose),
            _least_age(it, page),
            str(it.after_last_days or ""),
            str(it.after_first_days or ""),
            _grace(it, page),
            cited(it.cites, policy.sources, page),
        )
        for it in policy.minimums
    ]
    heads = ("vaccines", "dose", "least-age", "after-last", "after-first", "grace", "sources")
    yield table(page.head(*heads), rows)
    if policy.spacings:
        yield page.say("counting/spacings")
        apart = [
            (
                page.listed(vaccine_link(code, page) for code in it.vaccines),
                str(it.days),
                cited(it.cites, policy.sources, page),
            )
            for it in policy.spacings
        ]
        yield table(page.head("vaccines", "apart", "sources"), apart)


def _least_age(it: Minimum, page: Page) -> str:
    age = str(it.age_days)
    if not it.first_at_days:
        return age
    return page.say("counting/if-first-at", age=age, days=it.first_at_days)


def _grace(it: Minimum, page: Page) -> str:
    if not it.grace_days or it.grace_for_age:
        return str(it.grace_days)
    return page.say("counting/no-grace-for-age", days=it.grace_days)


def _read(reading: str, page: Page) -> str:
    return page.say("reading", reading=page.free(reading)) if reading else ""


def _windows(policy: Policy, page: Page) -> Iterator[str]:
    registers = not policy.licences_apply
    title = page.say("windows/registration" if registers else "windows")
    yield heading(2, title, "booking-windows")
    found = [part for part in parts(policy) if isinstance(part.it, Window)]
    if not found:
        yield page.say("windows/none")
        return
    yield f"<!-- picture: windows {policy.id} -->"
    yield page.say("windows/registration-intro" if registers else "windows/intro")
    seen: set[str] = set()
    for stage in policy.written:
        here = [part for part in found if part.stage is stage]
        if not here or here[0].anchor in seen:
            continue
        seen.add(here[0].anchor)
        yield heading(3, _with_force(_stage(stage, page), stage, page), here[0].anchor)
        yield _window_table(here, page)
        yield from _window_notes(policy, here, page)


def _window_table(found: Iterable[Part], page: Page) -> str:
    rows = [
        (
            _for_whom(part.it, page),
            moment(part.it.opens, page),
            moment(part.it.closes, page),
            in_force(part.it, page) or page.say("force/throughout"),
        )
        for part in found
        if isinstance(part.it, Window)
    ]
    return table(page.head("for", "opens", "closes", "force"), rows)


def _window_notes(policy: Policy, found: Iterable[Part], page: Page) -> Iterator[str]:
    """The readings of the windows, and the sources of all of them."""
    notes: dict[str, list[str]] = {}
    for part in found:
        if part.it.reading:
            kind = "window" if policy.licences_apply else "window/registration"
            name = page.say(kind, number=part.number)
            notes.setdefault(part.it.reading, []).append(name)
    for reading, names in notes.items():
        yield page.say("reading/of", whose=page.listed(names), reading=page.free(reading))
    keys = dict.fromkeys(key for part in found for key in part.it.cites)
    if keys:
        yield page.say("sources", sources=cited(keys, policy.sources, page))


def _for_whom(window: Window, page: Page) -> str:
    whom = [
        page.vaccines(window.vaccines),
        page.listed(page.say("dose", dose=dose) for dose in window.doses),
        _short_ages(window.ages, page) if window.ages else "",
    ]
    return page.listed(whom, "semicolon") or page.say("windows/everyone")


def _short_ages(ages: WindowAges, page: Page) -> str:
    if ages.on != "not-stated":
        return describe_ages(ages, page.lang)
    short = describe_ages(ages, page.lang, reckoned=False)
    return page.say("windows/ages-not-reckoned", ages=short)


def _bounds(policy: Policy, page: Page) -> Iterator[str]:
    if rows := rules_lists.bound_table(policy, page):
        yield heading(2, page.say("bounds"), "printed-bounds")
        yield page.say("bounds/intro", place=page.link(page.say("bounds/place"), PRINTED))
        yield rows


def _open(policy: Policy, page: Page) -> Iterator[str]:
    yield heading(2, page.say("unknown"), "what-no-source-states")
    found = rules_lists.gap_list(rules_lists.gaps(policy, page), page)
    yield found or page.say("unknown/nothing")


def _interpreted(policy: Policy, page: Page) -> Iterator[str]:
    yield heading(2, page.say("read"), "what-was-interpreted")
    number = sum(1 for _ in rules_lists.readings(policy))
    there = readings_page(readings_of(policy.id)) if number else INTERPRETATIONS
    place = page.link(page.say("read/place"), there, slug(policy.id) if number else "")
    if number:
        yield page.say("read/number", n=number, place=place)
    else:
        yield page.say("read/nothing", place=place)
    yield "\n".join(rules_lists.explained(policy, page))


def index(lang: str) -> str:
    """The page from which all others are reached."""
    page = Page(lang, INDEX)
    policies = [catalog.load(name) for name in catalog.ids()]
    return join(
        [
            page.top(page.say("index"), "rules"),
            page.say("index/intro"),
            page.say("index/dates"),
            "\n".join(f"- {place}" for place in _places(page)),
            *_policies(policies, page),
            heading(2, page.say("index/groups"), "lists-of-groups"),
            table(
                page.head("list", "title", "of", "groups"),
                (
                    (
                        page.link(found.id, group_page(found.id)),
                        chinese(page.free(found.title)),
                        str(found.announced),
                        str(len(found.groups)),
                    )
                    for found in catalog.group_lists()
                ),
            ),
        ]
    )


def _policies(policies: Iterable[Policy], page: Page) -> Iterator[str]:
    """The policies in force first, then those to come, then the others, the latest first."""
    found: dict[str, list[Policy]] = {}
    for policy in policies:
        found.setdefault(section(policy), []).append(policy)
    for key, anchor in (
        ("in-force", "in-force"),
        ("to-come", "to-come"),
        ("seasons", "seasonal-campaigns"),
        ("platform", "the-1922-platform-2021-and-2022"),
    ):
        if key in found:
            yield heading(2, page.say(f"index/{key}", day=AS_OF), anchor)
            yield page.say("index/in-force-intro", day=AS_OF) if key == "in-force" else ""
            yield _index_table(found[key], page)


def _places(page: Page) -> Iterator[str]:
    """The pages that go across all policies."""
    for key, at in (
        ("interpretations", INTERPRETATIONS),
        ("unknown", UNKNOWN),
        ("printed", PRINTED),
        ("sources", SOURCES),
        ("vaccines", VACCINES),
        ("auditor", AUDITOR),
    ):
        yield page.link(page.say(f"index/{key}"), at)


def _index_table(policies: Iterable[Policy], page: Page) -> str:
    return table(
        page.head("policy", "announced", "days", "offers"),
        (
            (
                _index_name(it, page),
                str(it.announced),
                whole_span(it, page),
                page.listed(offers(it, page), "semicolon"),
            )
            for it in policies
        ),
    )


def _index_name(policy: Policy, page: Page) -> str:
    name = policy_link(policy.id, page)
    return name if policy.verified else page.say("index/not-verified", policy=name)


def stale() -> list[str]:
    """The pages that are not what the policy files say, and files that are not pages of theirs."""
    wanted = pages()
    found = {
        path.relative_to(DOCS).as_posix()
        for root in ROOTS.values()
        for path in (DOCS / root / "rules").rglob("*.md")
    }
    return sorted(
        (found - wanted.keys())
        | {
            name
            for name, text in wanted.items()
            if not (DOCS / name).is_file() or (DOCS / name).read_text("utf-8") != text
        }
    )


def write() -> None:
    """Write the pages that are stale, and remove files that are not pages any more."""
    wanted = pages()
    for name in stale():
        path = DOCS / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], "utf-8")
        else:
            path.unlink()
