"""Writes the pages of the rules from the policy files: ``python docs/rules_pages.py``.

The pages are committed, so that a change of a rule shows in words beside it; a test fails where
they are not what this would write. Only the pictures are drawn anew at each build of the site (see
hooks.py): they stand on the pages as comments.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rules_lists
from attrs import evolve
from rules_text import (
    DISEASES,
    INDEX,
    INTERPRETATIONS,
    MARK,
    PRINTED,
    SOURCES,
    UNKNOWN,
    VACCINES,
    Part,
    bullets,
    cited,
    group_page,
    in_force,
    join,
    leaves,
    link,
    names_of_groups,
    parts,
    policy_name,
    policy_page,
    slug,
    source_table,
    table,
)

from vaxpolicy import catalog
from vaxpolicy.conditions import InGroup
from vaxpolicy.policy import (
    Group,
    GroupList,
    Licence,
    Policy,
    Rule,
    Stage,
    VaccinationDays,
    Vaccine,
    Window,
    WindowAges,
)
from vaxpolicy.wording import ages_in_words, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DOCS: Final = Path(__file__).parent
LANGUAGES: Final = {
    "zh-Hant": "Chinese (traditional)",
    "en": "English",
    "id": "Indonesian",
    "vi": "Vietnamese",
    "th": "Thai",
}
NOTIFIED: Final = {
    "required": "people had to be notified before they could book",
    "reminder": "people were notified, as a reminder",
    "none": "none",
    "not-stated": "not stated",
}

PICTURE_INTRO: Final = """\
Who may come under each rule by age alone, licences included, and on which days: in each strip birth
dates run from left to right, the vaccination days from top to bottom. What else a rule asks is left
aside. Only what is in force in the last version is drawn.
"""
INDEX_INTRO: Final = """\
One page for each policy, written from its file: what the rules ask, in words; their days and
booking windows, in pictures; where each is written; what was interpreted, and what no source
states.
"""
VACCINES_INTRO: Final = """\
A licence is a condition on the vaccination day, asked beside every rule that offers the vaccine; a
decision says which of the two refuses. Recommended intervals are for information: a round's own
interval stands in its rules.
"""
SAME_NUMBER: Final = """\
The same number in another list is another group. A member of a part is a member of the whole.
"""


def pages() -> Mapping[str, str]:
    """Every generated page, by its place under docs/."""
    return {
        INDEX: index(),
        INTERPRETATIONS: rules_lists.interpretations(),
        UNKNOWN: rules_lists.unknown(),
        SOURCES: rules_lists.sources(),
        PRINTED: rules_lists.printed(),
        VACCINES: vaccines(),
        **{group_page(found.id): group_list(found) for found in catalog.group_lists()},
        **{policy_page(name): policy_text(catalog.load(name)) for name in catalog.ids()},
    }


# -- one policy ------------------------------------------------------------------------------------


def policy_text(policy: Policy) -> str:
    """The page of one policy."""
    here = policy_page(policy.id)
    return join(
        [
            f"# {policy_name(policy.id)}",
            MARK,
            f'<span lang="zh-Hant">{policy.title}</span>',
            _warning(policy),
            _facts(policy),
            "## At a glance",
            _glance(policy, here),
            "## Birth dates and days",
            PICTURE_INTRO,
            f"<!-- picture: days {policy.id} -->",
            "## Rules in words",
            *_stages(policy, here),
            *_windows(policy),
            *_bounds(policy, here),
            *_open(policy, here),
            *_interpreted(policy, here),
            f"<!-- compared: {policy.id} -->",
            "## Sources",
            source_table(policy.sources),
        ]
    )


def _warning(policy: Policy) -> str:
    if policy.verified:
        return ""
    return (
        '!!! warning "Not verified"\n\n'
        "    This policy rests on what third parties noted of the announcements, which were not "
        "read themselves."
    )


def _facts(policy: Policy) -> str:
    licences = "asked besides" if policy.licences_apply else "not asked"
    rows = [
        ("Id", f"`{policy.id}`"),
        ("Version", policy.version),
        ("Announced", str(policy.announced)),
        ("Against", DISEASES[policy.disease]),
        ("Notification", NOTIFIED[policy.notification]),
        ("Licences of the vaccines", licences),
    ]
    if policy.counts_from:
        rows.append(("Counts doses from", str(policy.counts_from)))
    if policy.review_by:
        rows.append(("To be reviewed by", str(policy.review_by)))
    return "\n".join(f"- **{name}**: {text}" for name, text in rows)


def days_in_words(days: VaccinationDays) -> str:
    """The vaccination days of a stage, and how sure they are."""
    if not days.stated:
        return f"not stated; at the widest {days.first} to {days.last}"
    if days.sure_until is not None:
        return f"{days.first} to {days.sure_until}, possibly to {days.last}"
    return f"{days.first} to {days.last}"


def _glance(policy: Policy, here: str) -> str:
    rows = [
        (
            link(part.it.id, here, here, part.anchor),
            str(part.it.dose),
            ", ".join(part.it.vaccines),
            days_in_words(part.stage.vaccination_days),
            _both_in_force(part) or "throughout",
        )
        for part in parts(policy)
        if isinstance(part.it, Rule)
    ]
    return table(("Rule", "Dose", "Vaccines", "Vaccination days", "In force"), rows)


def _both_in_force(part: Part) -> str:
    """When a part was in force, together with its stage."""
    since = max((day for day in (part.it.since, part.stage.since) if day), default=None)
    until = min((day for day in (part.it.until, part.stage.until) if day), default=None)
    return in_force(evolve(part.stage, since=since, until=until))


def _stages(policy: Policy, here: str) -> Iterator[str]:
    for part in parts(policy):
        if isinstance(part.it, Stage):
            when = in_force(part.it)
            yield f"### {_stage(part.it)}{f', {when}' * bool(when)} {{ #{part.anchor} }}"
            yield f"Vaccination days: {days_in_words(part.it.vaccination_days)}."
            yield _read(part.it.reading)
        elif isinstance(part.it, Rule):
            yield from _rule(policy, part, part.it, here)


def _stage(stage: Stage) -> str:
    return stage.id.capitalize() if stage.id.startswith("stage") else f"Stage {stage.id}"


def _rule(policy: Policy, part: Part, rule: Rule, here: str) -> Iterator[str]:
    when = in_force(rule)
    yield f"#### Rule {rule.id}{f', {when}' * bool(when)} {{ #{part.anchor} }}"
    offered = f"**Dose {rule.dose}** of {_one_of(rule.vaccines)}"
    wording = evolve(names_of_groups(here), dose=rule.dose, by_season=bool(policy.counts_from))
    terms = bullets(wording.lines(rule.all))
    yield f"{offered} for whoever{':' if terms else ' comes.'}"
    yield terms
    yield _read(rule.reading)
    yield f"Sources: {cited(rule.cites, policy.sources)}."


def _one_of(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _read(reading: str) -> str:
    return f"*Our reading:* {reading}" if reading else ""


def _windows(policy: Policy) -> Iterator[str]:
    yield "## Booking windows"
    found = [part for part in parts(policy) if isinstance(part.it, Window)]
    if not found:
        yield "The sources give none: nobody booked by way of this policy."
        return
    yield f"<!-- picture: windows {policy.id} -->"
    yield "Times are Taiwan's. A window is open from its opening on and before its close."
    seen: set[str] = set()
    for stage in policy.written:
        here = [part for part in found if part.stage is stage]
        if not here or here[0].anchor in seen:
            continue
        seen.add(here[0].anchor)
        when = in_force(stage)
        yield f"### {_stage(stage)}{f', {when}' * bool(when)} {{ #{here[0].anchor} }}"
        yield _window_table(here)
        yield from _window_notes(policy, here)


def _window_table(found: Iterable[Part]) -> str:
    rows = [
        (
            _for_whom(part.it),
            moment(part.it.opens),
            moment(part.it.closes),
            in_force(part.it) or "throughout",
        )
        for part in found
        if isinstance(part.it, Window)
    ]
    return table(("For", "Opens", "Closes", "In force"), rows)


def _window_notes(policy: Policy, found: Iterable[Part]) -> Iterator[str]:
    """The readings of the windows, and the sources of all of them."""
    notes: dict[str, list[str]] = {}
    for part in found:
        if part.it.reading:
            notes.setdefault(part.it.reading, []).append(part.name.split(" of ")[0])
    for reading, names in notes.items():
        yield f"*Our reading* ({', '.join(names)}): {reading}"
    keys = dict.fromkeys(key for part in found for key in part.it.cites)
    if keys:
        yield f"Sources: {cited(keys, policy.sources)}."


def _for_whom(window: Window) -> str:
    whom = [
        ", ".join(window.vaccines),
        ", ".join(f"dose {dose}" for dose in window.doses),
        _short_ages(window.ages) if window.ages else "",
    ]
    return "; ".join(filter(None, whom)) or "everyone of the stage"


def _short_ages(ages: WindowAges) -> str:
    words, _, remark = ages_in_words(ages).partition(" (")
    return f"{words} (how reckoned: not stated)" if remark else words


def _bounds(policy: Policy, here: str) -> Iterator[str]:
    if rows := list(rules_lists.bound_rows(policy, here)):
        yield "## Printed bounds"
        yield (
            "Dates that the announcements printed, beside those that the rules give: see "
            f"{link('printed bounds', PRINTED, here)}."
        )
        yield table(("Rule", "Bound", "Printed", "From the rule", "Status"), rows)


def _open(policy: Policy, here: str) -> Iterator[str]:
    yield "## What no source states"
    found = rules_lists.gap_list(rules_lists.gaps(policy), here)
    yield found or "Nothing that its rules ask."


def _interpreted(policy: Policy, here: str) -> Iterator[str]:
    yield "## What was interpreted"
    number = sum(1 for _ in rules_lists.readings(policy))
    place = link("page of interpretations", INTERPRETATIONS, here, slug(policy.id) * bool(number))
    if number:
        yield f"{number} reading{'s' * (number != 1)}: beside the rules above, and on the {place}."
    else:
        yield f"Nothing of its own; what holds for every policy is on the {place}."
    if policy.explained:
        yield "\n".join(f"- `{it.finding}` at {it.at}: {it.why}" for it in policy.explained)


# -- lists of groups -------------------------------------------------------------------------------


def group_list(found: GroupList) -> str:
    """The page of one list of groups."""
    here = group_page(found.id)
    used = _used(here)
    return join(
        [
            f"# Groups: {found.id}",
            MARK,
            f'<span lang="zh-Hant">{found.title}</span>, of {found.announced}. {found.note}',
            SAME_NUMBER,
            *(block for group in found.groups for block in _group(group, found, used)),
            "## Sources",
            source_table(found.sources),
        ]
    )


def _group(group: Group, found: GroupList, used: Mapping[str, list[str]]) -> Iterator[str]:
    short = group.id.partition("/")[2]
    yield f"## {short}: {group.name['en']} {{ #{slug(group.id)} }}"
    yield f'<span lang="zh-Hant">{group.name["zh-Hant"]}</span> · `{group.id}`'
    if group.ages:
        ages = ages_in_words(group.ages)
        yield f"An age band and nothing else: {ages}. It follows from the birth date."
    yield group.note
    if places := used.get(group.id):
        yield f"Asked by {', '.join(places)}."
    yield f"Sources: {cited(group.cites, found.sources)}."


def _used(here: str) -> Mapping[str, list[str]]:
    """The policies whose rules ask for a group, by the group's id."""
    used: dict[str, dict[str, None]] = {}
    for policy in map(catalog.load, catalog.ids()):
        for stage in policy.written:
            for rule in stage.rules:
                for leaf in leaves(rule.all):
                    if isinstance(leaf, InGroup):
                        name = link(policy_name(policy.id), policy_page(policy.id), here)
                        used.setdefault(leaf.group, {})[name] = None
    return {group: list(names) for group, names in used.items()}


# -- vaccines --------------------------------------------------------------------------------------


def vaccines() -> str:
    """The page of the vaccines."""
    return join(
        [
            "# Vaccines",
            MARK,
            VACCINES_INTRO,
            *(block for vaccine in catalog.vaccines().values() for block in _vaccine(vaccine)),
            "## Sources",
            source_table(rules_lists.vaccine_sources()),
        ]
    )


def _vaccine(vaccine: Vaccine) -> Iterator[str]:
    yield f"## {vaccine.code} {{ #{slug(vaccine.code)} }}"
    yield vaccine.note
    names = "; ".join(
        f'{LANGUAGES[tag]}: <span lang="{tag}">{name}</span>' for tag, name in vaccine.names.items()
    )
    code = f"CVX {vaccine.cvx}. " if vaccine.cvx else ""
    yield f"Against {DISEASES[vaccine.disease]}. {code}{names}."
    if vaccine.licences:
        yield "### Licence"
        yield from (_licence(it) for it in vaccine.licences)
    else:
        yield "No licence is asked: its many products have their own."
    if vaccine.intervals:
        yield "### Recommended intervals"
        yield table(
            ("After dose", "Days", "From", "Before", "Note", "Sources"), _intervals(vaccine)
        )


def _licence(licence: Licence) -> str:
    doses = f", doses {', '.join(map(str, licence.doses))}" if licence.doses else ""
    until = f" and before {licence.until}" if licence.until else ""
    lines = bullets(names_of_groups(VACCINES).lines(licence.all))
    sources = cited(licence.cites, rules_lists.vaccine_sources())
    return f"From {licence.since} on{until}{doses}, for whoever:\n\n{lines}\n\nSources: {sources}."


def _intervals(vaccine: Vaccine) -> Iterator[tuple[str, ...]]:
    sources = rules_lists.vaccine_sources()
    for it in vaccine.intervals:
        days = f"{it.days} to {it.days_to}" if it.days_to else f"{it.days} or more"
        until = str(it.until or "")
        yield str(it.after), days, str(it.since), until, it.note, cited(it.cites, sources)


# -- index -----------------------------------------------------------------------------------------


def index() -> str:
    """The page from which all others are reached."""
    policies = [catalog.load(name) for name in catalog.ids()]
    return join(
        [
            "# Rules",
            MARK,
            INDEX_INTRO,
            "\n".join(
                f"- {link(text, page, INDEX)}"
                for text, page in (
                    ("What was interpreted, and why", INTERPRETATIONS),
                    ("What no source states", UNKNOWN),
                    ("Printed bounds, proved or restated", PRINTED),
                    ("All sources, and what rests on them", SOURCES),
                    ("Vaccines: names, licences, intervals", VACCINES),
                )
            ),
            "## The 1922 platform, 2021 and 2022",
            _index_table(it for it in policies if "covid19-1922" in it.id),
            "## Seasonal campaigns",
            _index_table(it for it in policies if "covid19-1922" not in it.id),
            "## Lists of groups",
            table(
                ("List", "Title", "Of", "Groups and parts"),
                (
                    (
                        link(found.id, group_page(found.id), INDEX),
                        f'<span lang="zh-Hant">{found.title}</span>',
                        str(found.announced),
                        str(len(found.groups)),
                    )
                    for found in catalog.group_lists()
                ),
            ),
        ]
    )


def _index_table(policies: Iterable[Policy]) -> str:
    return table(
        ("Policy", "Announced", "Vaccination days", "Offers"),
        (
            (
                link(policy_name(it.id), policy_page(it.id), INDEX)
                + " (not verified)" * (not it.verified),
                str(it.announced),
                _whole_span(it),
                "; ".join(_offers(it)),
            )
            for it in policies
        ),
    )


def _whole_span(policy: Policy) -> str:
    days = [stage.vaccination_days for stage in policy.stages]
    first, last = min(it.first for it in days), max(it.last for it in days)
    return f"{first} to {last}{' at the widest' * (not all(it.stated for it in days))}"


def _offers(policy: Policy) -> Iterator[str]:
    doses: dict[int, dict[str, None]] = {}
    for stage in policy.stages:
        for rule in stage.rules:
            doses.setdefault(rule.dose, {}).update(dict.fromkeys(rule.vaccines))
    for dose, codes in sorted(doses.items()):
        yield f"dose {dose}: {', '.join(codes)}"


# -- writing ---------------------------------------------------------------------------------------


def stale() -> list[str]:
    """The pages that are not what the policy files say, and files that are no page of theirs."""
    wanted = pages()
    found = {path.relative_to(DOCS).as_posix() for path in (DOCS / "rules").rglob("*.md")}
    return sorted(
        (found - wanted.keys())
        | {
            name
            for name, text in wanted.items()
            if not (DOCS / name).is_file() or (DOCS / name).read_text("utf-8") != text
        }
    )


def write() -> None:
    """Write the pages that are stale, and take away what is no page any more."""
    wanted = pages()
    for name in stale():
        path = DOCS / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], "utf-8")
        else:
            path.unlink()


if __name__ == "__main__":
    write()
    sys.exit(0)
