"""The pages that go across all policies: what was interpreted, what is unknown, every source.

The pages are written by ``python docs/rules_pages.py``; see there.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from attrs import frozen
from rules_text import (
    INTERPRETATIONS,
    MARK,
    PRINTED,
    SOURCES,
    SUPPORT,
    UNKNOWN,
    VACCINES,
    Part,
    cited,
    group_page,
    in_force,
    join,
    leaves,
    link,
    parts,
    policy_name,
    policy_page,
    slug,
    source_link,
    table,
)

from vaxpolicy import catalog
from vaxpolicy.conditions import Age, NotStated, Wanted
from vaxpolicy.policy import Licence, Moment, Policy, Rule, Source, Stage, Window
from vaxpolicy.printed import PrintedBound, bounds
from vaxpolicy.wording import Wording, ages_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# -- what was interpreted --------------------------------------------------------------------------

EVERYWHERE: Final = """\
These readings belong to no single rule. They are built into what every rule means.

- **"18 or older"**: from the 18th birthday on; somebody born on 29 February has it on 1 March in a
  common year. *Why:* articles 121 and 124 of the
  [Civil Code](https://law.moj.gov.tw/ENG/LawClass/LawAll.aspx?pcode=B0000001); see
  [pitfalls](../explanation/pitfalls.md#29-february).
- **"64 or younger"**: until the eve of the 65th birthday; by calendar year, until 31 December
  of the year of the 64th. *Why:* an age lasts a whole year, and the printed bounds (50 to 64 in
  2021: born 1957-01-01 or later) bear it out.
- **An age with a birth date printed beside it**: by calendar year where the date is 1 January or 31
  December, completed on the first or the last vaccination day where it is that day; each bound by
  itself. *Why:* no announcement explains its reckoning, and all
  [birth bounds that were printed](printed.md) are of one of these three kinds.
- **An age without a birth date**: both usual readings are kept, by calendar year and completed on
  the first vaccination day. Whom they place alike is decided; others are undetermined. *Why:* what
  was printed in other rounds is no evidence for this one.
- **"84 days after the dose before"**: the day of the dose and 84 more, so that a dose on 31 October
  is due on 23 January. *Why:* the printed days of the dose before fit no other count.
- **A day of the dose before, with no interval beside it**: the day itself is the rule's term.
  *Why:* it was set by supply, and no interval gives it. Such a bound counts as *restated*,
  not as proved.
- **"For a second dose"**: just one dose so far, on the vaccination day. *Why:* a dose that somebody
  has had is not offered again.
- **Doses of a season**: counted from the day on which the campaign opens. *Why:* a campaign offers
  its dose whatever was given in the years before.
- **A booking window "until 12:00"**: open before 12:00, not at 12:00; from its opening instant on.
  *Why:* an instant cannot lie on both sides, and no source speaks of it.
- **"Registered by 12:00"**: 12:00 itself counts, and the registration stands without a break since.
  *Why:* a settlement counts what the platform holds at that instant.
- **A date where an hour is needed**: the whole day is possible, none of it is sure. *Why:* no
  source gives the hour.
- **The licence of a vaccine**: asked on the vaccination day beside the rule, and named apart in the
  reasons. *Why:* the announcements take it for granted.
- **A group's number**: means what its own list says; the same number in another list is another
  group. *Why:* the lists were renumbered: see [the lists](index.md#lists-of-groups).
- **A group that is an age band and nothing else**: follows from the birth date where that is known.
  *Why:* there is nothing else to know.
- **What runs out, and who is called first when it does**: decides nothing. *Why:* that is supply,
  not eligibility.
- **A later announcement**: replaces what it names from its own day on, and leaves the rest. *Why:*
  what was in force on a day must be answerable (`catalog.load(..., as_of=...)`).
"""

INTERPRETATIONS_INTRO: Final = """\
Announcements are prose. Wherever one could be read in more than one way, or two sources disagree, a
reading had to be chosen. A rule of this library says so beside itself, and this page lists every
such place: the reading, why it was chosen, and the sources. What could not be read at all is on the
page [what no source states](unknown.md). Whoever finds a source that says otherwise can show by it
that a rule is wrong: that is what the list is for.
"""

UNKNOWN_INTRO: Final = """\
What a programme asks and no source states is kept as *not stated*. Nothing is guessed: where the
answer hangs on it, a decision is *undetermined*, or `bookable` is `None`, and says so. This page
lists every such place. What could be read, but only by a choice, is on the page
[what was interpreted](interpretations.md).
"""

SOURCES_INTRO: Final = """\
An *official text* is an announcement of the authority, or its letter as an office or school passed
it on; a *press report* relays one; *secondary* is anything else: copies, local offices, notes.
Addresses are those that were read; some have gone since.
"""

PRINTED_INTRO: Final = """\
Announcements often print the birth date, or the day of the dose before, that follows from an age or
an interval. Such a date is evidence that the rule was read rightly: loading a policy never uses it.
A bound is *proved* where ages or intervals alone give exactly that date, *restated* where the date
is itself the announcement's term, and *refuted* where the rule gives another date. The command
`vaxpolicy policy bounds` prints the same, and fails where a bound is refuted.
"""


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


def versions(part: Part) -> str:
    """In which version it stands; "" where there is one only."""
    own = in_force(part.it)
    stage = in_force(part.stage) if part.it is not part.stage else ""
    text = "; its stage ".join(filter(None, (own, stage)))
    return f" (in force {text})" if text else ""


def interpretations() -> str:
    """The page of everything that was interpreted."""
    policies = [catalog.load(name) for name in catalog.ids()]
    return join(
        [
            "# What was interpreted",
            MARK,
            INTERPRETATIONS_INTRO,
            _counts(policies),
            "## Readings that hold everywhere",
            EVERYWHERE,
            "## Policies",
            *(block for policy in policies for block in _of_policy(policy)),
            "## Lists of groups",
            *_of_groups(),
            "## Vaccines",
            *_of_vaccines(),
        ]
    )


def _counts(policies: Iterable[Policy]) -> str:
    found = [reading for policy in policies for reading in readings(policy)]
    kinds = Counter(type(reading.part.it) for reading in found)
    return (
        f"There are {len(found)} readings in the policies: {kinds[Rule]} of rules, {kinds[Stage]} "
        f"of vaccination days and {kinds[Window]} of booking windows."
    )


def _of_policy(policy: Policy) -> Iterator[str]:
    found = list(readings(policy))
    if not (found or policy.explained):
        return
    name = link(policy_name(policy.id), policy_page(policy.id), INTERPRETATIONS)
    yield f"### {name} {{ #{slug(policy.id)} }}"
    yield _title(policy)
    yield "\n".join(_item(reading) for reading in found)
    if policy.explained:
        lines = [f"- `{it.finding}` at {it.at}: {it.why}" for it in policy.explained]
        yield "\n".join(["The lint points at these, and they stay as they are:", "", *lines])


def _title(policy: Policy) -> str:
    unverified = "" if policy.verified else " **Not verified.**"
    return f'<span lang="zh-Hant">{policy.title}</span>, announced {policy.announced}.{unverified}'


def _item(reading: Reading) -> str:
    part = reading.part
    what = _offers(part.it) if isinstance(part.it, Rule) else ""
    sources = cited(reading.cites or _fallback(part), part.policy.sources)
    where = f"- **{part.linked(INTERPRETATIONS)}**{what}{versions(part)}"
    return f"{where}: {reading.text} *Sources: {sources}.*"


def _offers(rule: Rule) -> str:
    return f", dose {rule.dose} of {', '.join(rule.vaccines)}"


def _fallback(part: Part) -> tuple[str, ...]:
    """The sources of the stage's rules, for a stage or window that cites none of its own."""
    own = part.stage.cites or (key for rule in part.stage.rules for key in rule.cites)
    return tuple(dict.fromkeys(own))


def _of_groups() -> Iterator[str]:
    yield "What was read into the lists of groups, and what is not known of them."
    for found in catalog.group_lists():
        items = [f"- the whole list: {found.note}"] if found.note else []
        for group in found.groups:
            if group.note:
                name = group.name.get("en", group.id)
                place = link(name, group_page(found.id), INTERPRETATIONS, slug(group.id))
                sources = cited(group.cites, found.sources)
                items.append(f"- **{place}** (`{group.id}`): {group.note} *Sources: {sources}.*")
        if items:
            yield f"### {link(found.id, group_page(found.id), INTERPRETATIONS)} {{ #{found.id} }}"
            yield "\n".join(items)


def _of_vaccines() -> Iterator[str]:
    sources = vaccine_sources()
    for vaccine in catalog.vaccines().values():
        items = [f"- {vaccine.note}"] if vaccine.note else []
        items += [
            f"- interval after dose {it.after}, {it.days} days from {it.since} on: {it.note} "
            f"*Sources: {cited(it.cites, sources)}.*"
            for it in vaccine.intervals
            if it.note
        ]
        if items:
            page = link(vaccine.code, VACCINES, INTERPRETATIONS, slug(vaccine.code))
            yield f"### {page} {{ #vaccine-{slug(vaccine.code)} }}"
            yield "\n".join(items)


def vaccine_sources() -> Mapping[str, Source]:
    """The sources of the vaccines' data."""
    text = (files("vaxpolicy") / "policies" / "vaccines.toml").read_text("utf-8")
    return {key: Source(**it) for key, it in tomllib.loads(text)["sources"].items()}


# -- what no source states -------------------------------------------------------------------------


@frozen
class Gap:
    """Something that a programme asks and no source states; `part` is None for the whole policy."""

    part: Part | None
    text: str


def gaps(policy: Policy) -> Iterator[Gap]:
    """All that no source states of a policy."""
    if policy.notification == "not-stated":
        yield Gap(None, "whether people were notified before they could book")
    for part in parts(policy):
        match part.it:
            case Stage():
                yield from (Gap(part, text) for text in _unknown_days(part.it))
            case Rule():
                yield from (Gap(part, text) for text in _unknown_terms(part.it, policy))
            case Window():
                yield from (Gap(part, text) for text in _unknown_hours(part.it))


def _unknown_days(stage: Stage) -> Iterator[str]:
    days = stage.vaccination_days
    if not days.stated:
        yield f"the vaccination days: at the widest from {days.first} to {days.last}"
    if days.sure_until:
        yield f"the last vaccination day: {days.sure_until} is sure, up to {days.last} possible"


def _unknown_terms(rule: Rule, policy: Policy) -> Iterator[str]:
    wording = Wording(rule.dose, by_season=policy.counts_from is not None)
    for leaf in dict.fromkeys(leaves(rule.all)):
        match leaf:
            case Age() if leaf.on == "not-stated":
                words = wording.phrase(leaf).partition(" (")[0].removeprefix("is ")
                yield f"how the age is reckoned: {words}"
            case NotStated(what):
                yield what
            case Wanted():
                for name, value in (("from", leaf.after), ("by", leaf.by)):
                    if value is not None and not isinstance(value, datetime):
                        yield f"the hour on {value} {name} which a registration counts"


def _unknown_hours(window: Window) -> Iterator[str]:
    for name, value in (("opens", window.opens), ("closes", window.closes)):
        if (text := _unknown_moment(value)) is not None:
            yield f"{text} it {name}"
    if window.ages is not None and window.ages.on == "not-stated":
        words = ages_in_words(window.ages).partition(" (")[0]
        yield f"how the ages for which it is open are reckoned: {words}"


def _unknown_moment(value: Moment) -> str | None:
    if isinstance(value, datetime):
        return None
    return f"at what hour of {value}" if isinstance(value, date) else "when"


def unknown() -> str:
    """The page of all that no source states."""
    policies = [catalog.load(name) for name in catalog.ids()]
    found = {policy.id: list(gaps(policy)) for policy in policies}
    return join(
        [
            "# What no source states",
            MARK,
            UNKNOWN_INTRO,
            (
                f"There are {sum(map(len, found.values()))} such places in "
                f"{sum(map(bool, found.values()))} policies."
            ),
            *(block for policy in policies for block in _gaps_of(policy, found[policy.id])),
            "## Vaccines",
            *_unknown_licences(),
        ]
    )


def _gaps_of(policy: Policy, found: list[Gap]) -> Iterator[str]:
    if found or not policy.verified:
        name = link(policy_name(policy.id), policy_page(policy.id), UNKNOWN)
        yield f"## {name} {{ #{slug(policy.id)} }}"
        yield _title(policy)
        yield gap_list(found, UNKNOWN)


def gap_list(found: Iterable[Gap], here: str) -> str:
    """The gaps as a list, each part once."""
    texts: dict[str, list[str]] = {}
    for gap in found:
        place = "the whole policy"
        if gap.part is not None:
            place = f"{gap.part.linked(here)}{versions(gap.part)}"
        texts.setdefault(place, []).append(gap.text)
    return "\n".join(f"- **{place}**: {'; '.join(each)}" for place, each in texts.items())


def _unknown_licences() -> Iterator[str]:
    sources = vaccine_sources()
    for vaccine in catalog.vaccines().values():
        for it in vaccine.licences:
            for text in _not_stated(it):
                doses = ", ".join(map(str, it.doses))
                name = link(vaccine.code, VACCINES, UNKNOWN, slug(vaccine.code))
                cites = cited(it.cites, sources)
                yield f"- **{name}**, doses {doses}: {text}. *Sources: {cites}.*"


def _not_stated(licence: Licence) -> Iterator[str]:
    return (leaf.not_stated for leaf in leaves(licence.all) if isinstance(leaf, NotStated))


# -- sources ---------------------------------------------------------------------------------------


def sources() -> str:
    """The index of all sources with what rests on them."""
    rests: dict[str, list[str]] = {}
    by_url: dict[str, Source] = {}

    def note(source: Source, place: str) -> None:
        by_url.setdefault(source.url, source)
        if place not in (places := rests.setdefault(source.url, [])):
            places.append(place)

    for source, place in (*_cited_in_policies(), *_cited_in_groups(), *_cited_in_vaccines()):
        note(source, place)
    ordered = sorted(by_url.values(), key=lambda it: (it.publisher.lower(), it.url))
    kinds = Counter(it.support for it in ordered)
    return join(
        [
            "# All sources",
            MARK,
            (
                f"The rules rest on {len(ordered)} sources: {kinds['official']} official texts, "
                f"{kinds['press']} press reports and {kinds['secondary']} others."
            ),
            SOURCES_INTRO,
            table(
                ("Source", "Kind", "What rests on it"),
                (
                    (source_link(it), SUPPORT[it.support], "; ".join(rests[it.url]))
                    for it in ordered
                ),
            ),
        ]
    )


def _cited_in_policies() -> Iterator[tuple[Source, str]]:
    for policy in map(catalog.load, catalog.ids()):
        for key, source in policy.sources.items():
            places = [part for part in parts(policy) if key in part.it.cites]
            named = dict.fromkeys(
                link(_short(part), policy_page(policy.id), SOURCES, part.anchor) for part in places
            )
            name = link(policy_name(policy.id), policy_page(policy.id), SOURCES)
            yield source, f"{name}: {', '.join(named)}"


def _short(part: Part) -> str:
    match part.it:
        case Rule():
            return part.it.id
        case Window():
            return f"windows of {part.stage.id}"
    return f"days of {part.stage.id}"


def _cited_in_groups() -> Iterator[tuple[Source, str]]:
    for found in catalog.group_lists():
        for source in found.sources.values():
            yield source, f"groups of {link(found.id, group_page(found.id), SOURCES)}"


def _cited_in_vaccines() -> Iterator[tuple[Source, str]]:
    every = vaccine_sources()
    for vaccine in catalog.vaccines().values():
        name = link(vaccine.code, VACCINES, SOURCES, slug(vaccine.code))
        for kind, cites in (
            ("licence", [it.cites for it in vaccine.licences]),
            ("intervals", [it.cites for it in vaccine.intervals]),
        ):
            yield from ((every[key], f"{kind} of {name}") for keys in cites for key in keys)


# -- printed bounds --------------------------------------------------------------------------------


def bound_rows(policy: Policy, here: str) -> Iterator[tuple[str, ...]]:
    """Each printed bound beside what the rule gives."""
    places = {part.it.id: part for part in parts(policy) if isinstance(part.it, Rule)}
    for bound in bounds(policy):
        gives = ", ".join(str(one or "no bound") for one in bound.found) or str(bound.printed)
        place = places[bound.rule_id].linked(here)
        yield place, kind_in_words(bound), str(bound.printed), gives, bound.status


def kind_in_words(bound: PrintedBound) -> str:
    """Which bound it is."""
    return bound.kind.replace("_", " ").replace("previous dose", "dose before")


def printed() -> str:
    """The page of all printed bounds."""
    policies = [catalog.load(name) for name in catalog.ids()]
    found = [bound for policy in policies for bound in bounds(policy)]
    tally = Counter((bound.is_of_birth, bound.status) for bound in found)
    counts = [
        (
            name,
            *(str(tally[birth, status]) for status in ("proved", "restated", "refuted")),
        )
        for name, birth in (("birth dates", True), ("days of the dose before", False))
    ]
    blocks = []
    for policy in policies:
        if rows := list(bound_rows(policy, PRINTED)):
            blocks.append(f"## {policy_name(policy.id)}")
            blocks.append(table(("Rule", "Bound", "Printed", "From the rule", "Status"), rows))
    return join(
        [
            "# Printed bounds",
            MARK,
            PRINTED_INTRO,
            table(("Bounds of", "proved", "restated", "refuted"), counts),
            *blocks,
        ]
    )
