"""What the generated pages of the rules say in English: every text once, by its key.

English is the source. The Chinese texts are in the catalogue that `rules_catalogue` reads, each
bound to its key *and* to the English wording, so that who changes a wording here must have it
translated anew. A pair is a singular and a plural, chosen by ``{n}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Final = {
    "disease/covid19": "COVID-19",
    "disease/influenza": "Influenza",
    "disease/tuberculosis": "Tuberculosis",
    "disease/hepatitis-a": "Hepatitis A",
    "disease/hepatitis-b": "Hepatitis B",
    "disease/diphtheria": "Diphtheria",
    "disease/tetanus": "Tetanus",
    "disease/pertussis": "Pertussis",
    "disease/polio": "Polio",
    "disease/hib": "Haemophilus influenzae type b",
    "disease/pneumococcal": "Pneumococcal disease",
    "disease/varicella": "Varicella",
    "disease/measles": "Measles",
    "disease/mumps": "Mumps",
    "disease/rubella": "Rubella",
    "disease/japanese-encephalitis": "Japanese encephalitis",
    "disease/hpv": "HPV",
    "disease/rotavirus": "Rotavirus",
    "disease/mpox": "Mpox",
    "disease/childhood": "The diseases of the routine schedule",
    "programme/childhood": "Routine schedule for children",
    "programme/mmr-women": "MMR for women",
    "policy/season": "{disease} {year}",
    "policy/round": "Round {number}",
    "policy/registration": "Registration",
    "support/official": "official text",
    "support/press": "press report",
    "support/secondary": "secondary",
    "cited/official": "official",
    "cited/press": "press",
    "cited/secondary": "secondary",
    "language/zh-Hant": "Chinese (traditional)",
    "language/en": "English",
    "language/id": "Indonesian",
    "language/vi": "Vietnamese",
    "language/th": "Thai",
    "notified/required": "people had to be notified before they could book",
    "notified/reminder": "people were notified, as a reminder",
    "notified/none": "none",
    "notified/not-stated": "not stated",
    "dose": "dose {dose}",
    "dose/of": "dose {dose} of {vaccines}",
    "dose/offers": "dose {dose}: {vaccines}",
    "doses": "doses {doses}",
    "stage": "stage {stage}",
    "stage/head": "Stage {stage}",
    "rule": "rule {rule}",
    "rule/head": "Rule {rule}",
    "window": "booking window {number}",
    "window/of": "booking window {number} of stage {stage}",
    "window/registration": "registration {number}",
    "window/registration-of": "registration {number} of stage {stage}",
    "force/head": "{what}, {when}",
    "force/since": "from {since} on",
    "force/until": "before {until}",
    "force/between": "from {since} on and before {until}",
    "force/throughout": "throughout",
    "force/version": " (in force {when})",
    "force/version-of-stage": "{own}; its stage {stage}",
    "days/range": "{first} to {last}",
    "days/possibly": "{first} to {sure_until}, possibly to {last}",
    "days/not-stated": "not stated; at the widest {first} to {last}",
    "days/widest": "{first} to {last} at the widest",
    "moment/not-stated": "not stated",
    "moment/without-hour": "{day} (hour not stated)",
    "list/comma": ", ",
    "list/semicolon": "; ",
    "list/colon": ": ",
    "group": "{name} (`{group}`)",
    "whole-policy": "the whole policy",
    "reading": "*Our reading:* {reading}",
    "reading/of": "*Our reading* ({whose}): {reading}",
    "sources": "Sources: {sources}.",
    "sources/inline": "*Sources: {sources}.*",
    "source/cited": "{source} ({support})",
    "finding": "`{finding}` at {at}: {why}",
    "not-verified": "**Not verified.**",
    "other-language": "English / [正體中文]({there}){{ lang=zh-Hant hreflang=zh-Hant }}",
}

HEADS: Final = {
    "head/rule": "Rule",
    "head/dose": "Dose",
    "head/vaccines": "Vaccines",
    "head/days": "Vaccination days",
    "head/registration-days": "Days of registration",
    "head/force": "In force",
    "head/for": "For",
    "head/opens": "Opens",
    "head/closes": "Closes",
    "head/bound": "Bound",
    "head/printed": "Printed",
    "head/found": "From the rule",
    "head/status": "Status",
    "head/key": "Key",
    "head/source": "Source",
    "head/kind": "Kind",
    "head/checked": "Last read",
    "head/note": "Note",
    "head/rests": "What rests on it",
    "head/bounds-of": "Bounds of",
    "head/ages": "Ages",
    "head/after": "After dose",
    "head/interval": "Days",
    "head/since": "From",
    "head/until": "Before",
    "head/sources": "Sources",
    "head/policy": "Policy",
    "head/announced": "Announced",
    "head/offers": "Offers",
    "head/list": "List",
    "head/title": "Title",
    "head/of": "Of",
    "head/groups": "Groups and parts",
    "head/code": "Code",
    "head/name": "Name",
    "head/against": "Against",
    "head/cvx": "CVX code",
    "head/licensed-since": "Licensed from",
    "head/licensed-for": "Latest licence",
    "head/language": "Language",
    "head/rules": "Rules",
    "head/readings": "Readings",
    "head/page": "Page",
    "head/groups-or-vaccine": "List of groups or vaccine",
    "head/least-age": "Least age",
    "head/after-last": "After the dose before",
    "head/after-first": "After dose 1",
    "head/grace": "Days of grace",
    "head/apart": "Days apart",
}

POLICY: Final[Mapping[str, str | tuple[str, str]]] = {
    "policy/not-verified": (
        "At least a part of this policy rests on what third parties noted of announcements that "
        "were not read themselves."
    ),
    "policy/not-verified-head": "Not verified",
    "facts": "Version and facts",
    "fact": "**{name}**: {text}",
    "fact/id": "Id",
    "fact/code": "Code",
    "fact/cvx": "CVX code",
    "fact/version": "Version",
    "fact/pin": "Digest",
    "fact/pinned": (
        "`{digest}…`. [Pin the policy]({how}) by its id, its version and "
        "[the whole digest]({digests}), so that an upgrade cannot change an answer unseen."
    ),
    "fact/announced": "Announced",
    "fact/disease": "Against",
    "fact/notification": "Notification",
    "fact/licences": "Licences of the vaccines",
    "fact/licences-asked": "checked too",
    "fact/licences-not-asked": "not checked",
    "fact/counts-from": "Counts doses from",
    "fact/review-by": "To be reviewed by",
    "glance": "At a glance",
    "births": "Birth dates and days",
    "births/intro": (
        "Who may come under each rule by age alone, licences included, and on which days: in each "
        "strip birth dates run from left to right, the vaccination days from top to bottom. "
        "Other conditions of a rule are left out. The picture shows the last version."
    ),
    "births/registration": (
        "Who may register under each rule by age alone, and on which days: in each strip birth "
        "dates run from left to right, the days of registration from top to bottom. Other "
        "conditions of a rule are left out. The picture shows the last version."
    ),
    "rules": "Rules in words",
    "rules/days": "Vaccination days: {days}.",
    "rules/offer": "**Dose {dose}** of {vaccines}. All of this must hold:",
    "rules/offer-to-all": "**Dose {dose}** of {vaccines}, for whoever comes.",
    "rules/registration": "**Registration** for {vaccines}. All of this must hold:",
    "rules/registration-to-all": "**Registration** for {vaccines}, for whoever comes.",
    "rules/registration-days": "Days of registration: {days}.",
    "rules/recommended": "These are the days on which the dose is recommended.",
    "rules/overdue": "These are the days on which the dose is overdue.",
    "counting": "Which doses count",
    "counting/intro": (
        "A dose that is too early by more than the days of grace does not count and is given "
        "again. Ages and waits are in days."
    ),
    "counting/spacings": (
        "Two of these vaccines are given on the same day, or at least this many days apart. "
        "Otherwise the later one does not count."
    ),
    "counting/no-grace-for-age": "{days}, not for the age",
    "counting/if-first-at": "{age}, if dose 1 was at {days} or later",
    "windows": "Booking windows",
    "windows/registration": "When registration is open",
    "windows/none": (
        "The sources give none. People come without a booking, or arrange a time with the "
        "vaccination site."
    ),
    "windows/intro": (
        "Times are Taiwan's. A window is open from its opening on and before its close."
    ),
    "windows/registration-intro": (
        "Times are Taiwan's. Registration is open from its opening on and before its close."
    ),
    "windows/everyone": "everyone of the stage",
    "windows/ages-not-reckoned": "{ages} (how reckoned: not stated)",
    "bounds": "Printed bounds",
    "bounds/intro": (
        "Dates that the announcements printed, beside those that the rules give: see {place}."
    ),
    "bounds/place": "printed bounds",
    "unknown": "What no source states",
    "unknown/nothing": "The sources answer every question of its rules.",
    "read": "What was interpreted",
    "read/number": (
        "{n} reading: beside the rules above, and on the {place}.",
        "{n} readings: beside the rules above, and on the {place}.",
    ),
    "read/nothing": "Nothing of its own; what holds for every policy is on the {place}.",
    "read/place": "page of interpretations",
    "sources/head": "Sources",
}

SUMMARY: Final[Mapping[str, str | tuple[str, str]]] = {
    "short": "In short",
    "short/who": "Who",
    "short/which": "Which vaccine",
    "short/wait": "How long to wait",
    "short/when": "Which days",
    "short/bring": "What to bring",
    "short/open": "What is not known",
    "short/sure": "How sure this is",
    "short/everyone": "for some doses, people of any age and group",
    "short/only-common": "for some doses, no more than what is asked of all",
    "short/closed": "({who})",
    "short/and": " and ",
    "short/all-of-them": "{who}. Asked of all: {terms}",
    "short/any-of": "any of these",
    "short/by-dose": "by dose, as follows",
    "short/not": "not: {who}",
    "short/group": "in the group {names}",
    "short/not-group": "not in the group {names}",
    "short/quoted": "“{name}”",
    "short/at": "{who} ({days})",
    "short/each-dose": "{who}; each dose has its own ages in [the rules]({there})",
    "short/perhaps": "{who} (perhaps others too: not known)",
    "short/wait-of": "{doses}: {wait}",
    "short/doses-of": "doses {doses} of {vaccines}",
    "short/after": ("at least {n} day after: {fact}", "at least {n} days after: {fact}"),
    "short/within": ("within {n} day of: {fact}", "within {n} days of: {fact}"),
    "short/no-wait": "the rules ask for no interval",
    "short/wait-licences": "{waits}; the [licence of a vaccine]({there}) may ask for more",
    "short/running": "{days}. On {day} these days are running.",
    "short/to-come": "{days}. On {day} these days are still to come.",
    "short/over": "{days}. On {day} these days are over.",
    "short/papers": (
        "{needs}. The policy file has no list of papers: ask the place where you are vaccinated."
    ),
    "short/form": "{needs}. The form asks for the numbers of your documents.",
    "short/nothing-open": "nothing that the rules ask.",
    "short/more": ("[{n} more]({there})", "[{n} more]({there})"),
    "short/verified": (
        "verified: somebody read the announcements, or reports of them ({sources})."
    ),
    "short/unverified": (
        "**not verified**: at least a part rests on what others noted of announcements that nobody "
        "read ({sources})."
    ),
    "short/decides": "This is a summary. [The rules themselves]({there}) decide.",
    "bring/identity": "a document with your number and birth date",
    "bring/groups": "proof that you belong to the group",
    "bring/doses": "the record of your earlier doses: which vaccine, on which day",
    "bring/county": "proof of where you live or are registered",
    "bring/willingness": "your registration for the vaccine, and when you made it",
    "bring/facts": "the day of what follows, if it has happened: {facts}",
    "tier/official": ("{n} official text", "{n} official texts"),
    "tier/press": ("{n} press report", "{n} press reports"),
    "tier/secondary": ("{n} secondary source", "{n} secondary sources"),
}

COMPARED: Final = {
    "compared": "Compared with {policy}",
    "compared/intro": (
        "These people, and no others, have different days under the two policies. The comparison "
        "covers all people who have not had the dose yet, and includes the licences. "
        "Before: {there}."
    ),
    "compared/gains": "Gain a dose",
    "compared/loses": "Lose a dose",
    "compared/moves": "Keep a dose, on other days",
    "compared/item": "- {what}: {who}. *For instance {example}: {before} → {now}.*",
    "compared/nobody": "Nobody's days differ.",
    "compared/season": (
        "These are the changes of the season, with the calendar shifted: first the rules, then "
        "people of the same age in both seasons. `+` is new, `-` is gone, `~` is changed. "
        "Before: {there}."
    ),
}

GROUPS: Final = {
    "groups/title": "Groups: {list}",
    "groups/of": "{title}, of {announced}. {note}",
    "groups/same-number": (
        "The same number in another list is another group. A member of a part is a member of the "
        "whole."
    ),
    "groups/band": "An age band and nothing else: {ages}. It follows from the birth date.",
    "groups/asked-by": "Asked by {policies}.",
}

VACCINES: Final = {
    "vaccines": "Vaccines",
    "vaccines/intro": (
        "A licence is a condition on the vaccination day, asked beside every rule that offers the "
        "vaccine; a decision says which of the two refuses. Recommended intervals are for "
        "information: a round's own interval is in its rules."
    ),
    "vaccines/title": "{name} ({code})",
    "vaccines/names": "Names",
    "vaccines/terms": "see there",
    "vaccines/licence": "Licence",
    "vaccines/licence-from": "From {since} on{doses}. All of this must hold:",
    "vaccines/licence-between": "From {since} on and before {until}{doses}. All of this must hold:",
    "vaccines/licence-doses": ", doses {doses}",
    "vaccines/no-licence": "No licence is asked: its many products have their own.",
    "vaccines/intervals": "Recommended intervals",
    "vaccines/days": "{days} or more",
    "vaccines/days-to": "{days} to {days_to}",
    "vaccines/offered": "Offered by",
    "vaccines/offered-by-none": "No bundled policy offers it.",
    "vaccines/offered-intro": "For each policy, as which dose, and under which of its rules.",
}

INDEX: Final = {
    "index": "Rules",
    "index/intro": (
        "One page for each policy, written from its file: what the rules ask, in words; their days "
        "and booking windows, in pictures; where each is written; what was interpreted, and what "
        "no source states."
    ),
    "index/dates": (
        "Days in tables and headings are written as in 2022-01-23; the words of the conditions are "
        "those of the library's messages, and write them out. Names of vaccines and groups in "
        "tables and pictures may be shorter than in the words."
    ),
    "index/auditor": "For auditors: how to check the rules",
    "index/interpretations": "What was interpreted, and why",
    "index/unknown": "What no source states",
    "index/printed": "Printed bounds, proved or restated",
    "index/sources": "All sources, and what rests on them",
    "index/vaccines": "Vaccines: names, licences, intervals",
    "index/platform": "The 1922 platform, 2021 and 2022",
    "index/in-force": "In force on {day}",
    "index/in-force-intro": (
        "These pages say what is in force on {day}; they do not read the clock. A policy is in "
        "force while its vaccination days are running."
    ),
    "index/to-come": "To come after {day}",
    "index/seasons": "Earlier campaigns",
    "index/groups": "Lists of groups",
    "index/not-verified": "{policy} (not verified)",
    "nav/platform": "The 1922 platform",
    "nav/in-force": "In force",
    "nav/seasons": "Other campaigns",
    "nav/groups": "Groups",
}

EVERYWHERE: Final = {
    "everywhere/at-least": """\
**"18 or older"**: from the 18th birthday on; somebody born on 29 February has it on 1 March in a
common year. *Why:* articles 121 and 124 of the
[Civil Code](https://law.moj.gov.tw/ENG/LawClass/LawAll.aspx?pcode=B0000001); see
[pitfalls](../explanation/pitfalls.md#29-february).""",
    "everywhere/at-most": """\
**"64 or younger"**: until the eve of the 65th birthday; by calendar year, until 31 December
of the year of the 64th. *Why:* an age lasts a whole year, and the printed bounds (50 to 64 in
2021: born 1957-01-01 or later) confirm it.""",
    "everywhere/printed-birth": """\
**An age with a birth date printed beside it**: by calendar year where the date is 1 January or 31
December, completed on the first or the last vaccination day where it is that day; each bound by
itself. *Why:* no announcement explains its reckoning, and all
[birth bounds that were printed](printed.md) are of one of these three kinds.""",
    "everywhere/no-birth": """\
**An age without a birth date**: both usual readings are kept, by calendar year and completed on
the first vaccination day. A person whom both place alike is decided; others are undetermined.
*Why:* the dates of other rounds are no evidence for this one.""",
    "everywhere/interval": """\
**"84 days after the dose before"**: the day of the dose and 84 more, so that a dose on 31 October
is due on 23 January. *Why:* the printed days of the dose before fit no other count.""",
    "everywhere/day-before": """\
**A day of the dose before, with no interval beside it**: the day itself is the rule's term.
*Why:* it was set by supply, and no interval gives it. Such a bound counts as *restated*,
not as proved.""",
    "everywhere/second-dose": """\
**"For a second dose"**: just one dose so far, on the vaccination day. *Why:* a dose that somebody
has had is not offered again.""",
    "everywhere/season": """\
**Doses of a season**: counted from the day on which the campaign opens. *Why:* a campaign offers
its dose whatever was given in the years before.""",
    "everywhere/window": """\
**A booking window "until 12:00"**: open before 12:00, not at 12:00; from its opening instant on.
*Why:* an instant cannot lie on both sides, and no source speaks of it.""",
    "everywhere/registered": """\
**"Registered by 12:00"**: 12:00 itself counts, and the registration has not been withdrawn since.
*Why:* a settlement counts what the platform holds at that instant.""",
    "everywhere/hour": """\
**A date where an hour is needed**: the whole day is possible, none of it is sure. *Why:* no
source gives the hour.""",
    "everywhere/licence": """\
**The licence of a vaccine**: asked on the vaccination day beside the rule, and named apart in the
reasons. *Why:* the announcements take it for granted.""",
    "everywhere/number": """\
**A group's number**: means what its own list says; the same number in another list is another
group. *Why:* the lists were renumbered: see [the lists](index.md#lists-of-groups).""",
    "everywhere/band": """\
**A group that is an age band and nothing else**: follows from the birth date where that is known.
*Why:* there is nothing else to know.""",
    "everywhere/supply": """\
**Supply**: it decides nothing if a vaccine runs out, and who is called first then. *Why:* supply is
not eligibility.""",
    "everywhere/later": """\
**A later announcement**: replaces what it names from its own day on, and leaves the rest. *Why:*
what was in force on a day must be answerable (`catalog.load(..., as_of=...)`).""",
}

INTERPRETATIONS: Final = {
    "interpretations": "What was interpreted",
    "interpretations/intro": """\
Announcements are prose. Wherever one could be read in more than one way, or two sources disagree, a
reading had to be chosen. A rule of this library says so beside itself, and the pages below list
every such place: the reading, why it was chosen, and the sources. Where nothing could be read, see
[what no source states](unknown.md). If you find a source that says otherwise, you can show with it
that a rule is wrong. The list is for that.""",
    "interpretations/part-intro": (
        "Each entry says what was read, why, and from which sources. {place} says what a reading "
        "is, and has the readings that hold everywhere."
    ),
    "interpretations/of": "What was interpreted: {what}",
    "interpretations/1922-until-round-12": "The 1922 platform until round 12",
    "interpretations/1922-from-round-13": "The 1922 platform from round 13 on",
    "interpretations/covid19-and-influenza": "COVID-19 and influenza",
    "interpretations/other-campaigns": "Other campaigns",
    "interpretations/groups-and-vaccines": "Lists of groups, and vaccines",
    "interpretations/counts": (
        "There are {readings} readings in the policies: {rules} of rules, {stages} of vaccination "
        "days, {windows} of booking windows and {doses} of the tables that say which doses count."
    ),
    "interpretations/everywhere": "Readings that hold everywhere",
    "interpretations/everywhere-intro": (
        "These readings belong to no single rule. They are built into what every rule means."
    ),
    "interpretations/policies": "Policies",
    "interpretations/groups": "Lists of groups",
    "interpretations/groups-intro": (
        "These are our readings of the lists of groups, and the gaps in them."
    ),
    "interpretations/vaccines": "Vaccines",
    "interpretations/lint": "The lint points at these, and they stay as they are:",
    "interpretations/title": "{title}, announced {announced}.",
    "interpretations/item": "**{place}**{what}{versions}: {reading} {sources}",
    "interpretations/what": ", {what}",
    "interpretations/whole-list": "the whole list: {note}",
    "interpretations/group": "**{place}** (`{group}`): {note} {sources}",
    "interpretations/interval": (
        "interval after dose {after}, {days} days from {since} on: {note} {sources}"
    ),
}

UNKNOWN: Final[Mapping[str, str | tuple[str, str]]] = {
    "unknown/intro": """\
If a programme asks for something that no source states, it is kept as *not stated*. Nothing is
guessed: if the answer depends on it, a decision is *undetermined*, or `bookable` is `None`, and
says so. This page lists every such place. For places that could be read in more than one way, see
[what was interpreted](interpretations.md).""",
    "unknown/counts": "There are {places} such places in {policies} policies.",
    "unknown/notification": "whether people were notified before they could book",
    "unknown/days": "the vaccination days: at the widest from {first} to {last}",
    "unknown/last-day": ("the last vaccination day: {sure_until} is sure, up to {last} possible"),
    "unknown/age": "how the age is reckoned: {ages}",
    "unknown/ages": "how the ages for which it is open are reckoned: {ages}",
    "unknown/registered-from": "the hour on {day} from which a registration counts",
    "unknown/registered-by": "the hour on {day} by which a registration counts",
    "unknown/opens": "when it opens",
    "unknown/opens-hour": "at what hour of {day} it opens",
    "unknown/closes": "when it closes",
    "unknown/closes-hour": "at what hour of {day} it closes",
    "unknown/item": "**{place}**: {texts}",
    "unknown/licence": "**{vaccine}**, doses {doses}: {question}. {sources}",
}

SOURCES: Final = {
    "all-sources": "All sources",
    "all-sources/intro": """\
An *official text* is an announcement of the authority, or its letter as an office or school passed
it on; a *press report* relays one; *secondary* is anything else: copies, local offices, notes.
Addresses are those that were read; some have gone since.""",
    "all-sources/counts": (
        "The rules rest on {sources} sources: {official} official texts, {press} press reports and "
        "{secondary} others."
    ),
    "rests/policy": "{policy}: {parts}",
    "rests/windows": "windows of {stage}",
    "rests/days": "days of {stage}",
    "rests/groups": "groups of {list}",
    "rests/licence": "licence of {vaccine}",
    "rests/intervals": "intervals of {vaccine}",
}

PRINTED: Final = {
    "printed": "Printed bounds",
    "printed/intro": """\
Announcements often print the birth date, or the day of the dose before, that follows from an age or
an interval. Such a date is evidence that the rule was read rightly: loading a policy never uses it.
A bound is *proved* where ages or intervals alone give exactly that date, *restated* where the date
is itself the announcement's term, and *refuted* where the rule gives another date. The command
`vaxpolicy policy bounds` prints the same, and fails where a bound is refuted.""",
    "printed/births": "birth dates",
    "printed/doses": "days of the dose before",
    "printed/no-bound": "no bound",
    "status/proved": "proved",
    "status/restated": "restated",
    "status/refuted": "refuted",
    "bound/born_on_or_before": "born on or before",
    "bound/born_on_or_after": "born on or after",
    "bound/previous_dose_on_or_before": "dose before on or before",
    "bound/previous_dose_on_or_after": "dose before on or after",
}

TEXTS: Final[Mapping[str, str | tuple[str, str]]] = {
    **NAMES,
    **HEADS,
    **POLICY,
    **SUMMARY,
    **COMPARED,
    **GROUPS,
    **VACCINES,
    **INDEX,
    **EVERYWHERE,
    **INTERPRETATIONS,
    **UNKNOWN,
    **SOURCES,
    **PRINTED,
}
