"""The common parts of the generated pages of the rules: languages, names, links and Markdown.

The pages are written by ``python -m tools.site write``; see there.
"""

from __future__ import annotations

import posixpath
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal

from attrs import frozen

from tools.site.rules_catalogue import translated
from tools.site.rules_says import TEXTS
from vaxpolicy import catalog, messages
from vaxpolicy.days import TAIWAN
from vaxpolicy.messages import Line, Wording
from vaxpolicy.rules.conditions import (
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    NotThat,
)
from vaxpolicy.rules.policy import (
    Group,
    Licence,
    Policy,
    Rule,
    Source,
    Stage,
    VaccinationDays,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vaxpolicy.rules.moments import WrittenMoment

ROOTS: Final = {"en": "", "zh-Hant": "zh-hant/"}
"""The folder of a language's pages under docs/; below, both have the same tree."""

RULES: Final = "rules"
INDEX: Final = f"{RULES}/index.md"
INTERPRETATIONS: Final = f"{RULES}/interpretations.md"
UNKNOWN: Final = f"{RULES}/unknown.md"
SOURCES: Final = f"{RULES}/sources.md"
PRINTED: Final = f"{RULES}/printed.md"
OF_TERMS: Final = "groups-and-vaccines"
READINGS: Final = (
    *("1922-until-round-12", "1922-from-round-13", "covid19-and-influenza", "other-campaigns"),
    OF_TERMS,
)
"""The pages with the readings, in order; a single one would be too long to read."""
VACCINES: Final = f"{RULES}/vaccines/index.md"
_HAN: Final = re.compile("[\u4e00-\u9fff]")
MARK: Final = "<!-- Written by python -m tools.site write from the policy files: change those. -->"


@frozen
class Page:
    """A page that is being written.

    Attributes:
        lang: its language, a key of `ROOTS`.
        at: its place below the root of its language.
    """

    lang: str
    at: str

    @property
    def path(self) -> str:
        """Its place under docs/."""
        return ROOTS[self.lang] + self.at

    def say(self, key: str, /, **values: object) -> str:
        """The text with that key, filled in; `n` chooses between singular and plural."""
        text = TEXTS[key]
        one, many = (text, text) if isinstance(text, str) else text
        if self.lang != "en":
            return translated()(one, key).format_map(values)
        return (one if values.get("n", 1) == 1 else many).format_map(values)

    def free(self, text: str) -> str:
        """A free text of a policy file; "" for none."""
        return text if self.lang == "en" or not text else translated()(text)

    def sentences(self, *texts: str) -> str:
        """The sentences one after the other, empty ones left out."""
        return messages.words(self.lang).sentences(*texts)

    def listed(self, texts: Iterable[str], by: Literal["comma", "semicolon"] = "comma") -> str:
        """The texts in a row, empty ones left out."""
        return self.say(f"list/{by}").join(filter(None, texts))

    def one_of(self, texts: Iterable[str]) -> str:
        """The texts with "or"."""
        return messages.words(self.lang).listed(texts, style="or")

    def link(self, text: str, at: str, anchor: str = "") -> str:
        """A link to another page of the language, or to a place on this one."""
        return f"[{text}]({self.place(at, anchor)})"

    def place(self, at: str, anchor: str = "") -> str:
        """The relative address of another page of the language, or of a place on this one."""
        path = "" if at == self.at else posixpath.relpath(at, posixpath.dirname(self.at))
        return f"{path}{'#' * bool(anchor)}{anchor}"

    def english(self, at: str) -> str:
        """The relative address of a page that is in English only."""
        return posixpath.relpath(at, posixpath.dirname(self.path))

    def top(self, title: str, anchor: str) -> str:
        """The title, where the page comes from, and its twin in the other language."""
        (other,) = (lang for lang in ROOTS if lang != self.lang)
        there = posixpath.relpath(Page(other, self.at).path, posixpath.dirname(self.path))
        twin = self.say("other-language", there=there)
        return f"{heading(1, title, anchor)}\n\n{MARK}\n\n{twin}"

    def head(self, *columns: str) -> tuple[str, ...]:
        """The heads of a table's columns."""
        return tuple(self.say(f"head/{column}") for column in columns)

    def vaccine(self, code: str) -> str:
        """A vaccine, as short as tables need it: by its code in English, else by its name."""
        if self.lang == "en":
            return code
        return messages.vaccine_name(code, self.lang).partition("（")[0]

    def vaccines(self, codes: Iterable[str]) -> str:
        """Vaccines in a row."""
        return self.listed(map(self.vaccine, codes))


def heading(depth: int, text: str, anchor: str) -> str:
    """A heading; its anchor is the same in every language."""
    return f"{'#' * depth} {text} {{ #{anchor} }}"


def policy_page(policy_id: str) -> str:
    """The page of a policy, by its place below the root of a language."""
    return f"{RULES}/{policy_id}.md"


def readings_of(policy_id: str) -> str:
    """Which of `READINGS` has the readings of a policy."""
    _, family, name = policy_id.split("/")
    if family == "covid19-1922":
        return READINGS[name.startswith("round-") and name > "round-12"]
    return READINGS[2 if family in ("covid19", "influenza") else 3]


def readings_page(key: str) -> str:
    """The page of one of `READINGS`, by its place below the root of a language."""
    return f"{RULES}/interpretations/{key}.md"


def group_page(list_id: str) -> str:
    """The page of a list of groups."""
    return f"{RULES}/groups/{list_id}.md"


def vaccine_page(code: str) -> str:
    """The page of a vaccine."""
    return f"{RULES}/vaccines/{slug(code)}.md"


def vaccine_link(code: str, page: Page, anchor: str = "") -> str:
    """A link to a vaccine, named as tables name it."""
    return page.link(page.vaccine(code), vaccine_page(code), anchor)


def slug(text: str) -> str:
    """An anchor."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def policy_name(policy_id: str, lang: str = "en") -> str:
    """The name of a policy, from its id."""
    page = Page(lang, INDEX)
    _, programme, last = policy_id.rsplit("/", 2)
    for key in (f"programme/{programme}", f"disease/{programme}"):
        if key in TEXTS:
            return page.say("policy/season", disease=page.say(key), year=last)
    if last.startswith("round-"):
        return page.say("policy/round", number=int(last[-2:]))
    return page.say(f"policy/{last}")


def policy_link(policy_id: str, page: Page, anchor: str = "") -> str:
    """A link to a policy by its name."""
    return page.link(policy_name(policy_id, page.lang), policy_page(policy_id), anchor)


@frozen
class Part:
    """A stage, rule or window of a policy as it is in the file, with its place on the page.

    `number` is that of a window within its stage, from 1.
    """

    policy: Policy
    stage: Stage
    it: Stage | Rule | Window
    anchor: str
    number: int = 0

    def name(self, page: Page) -> str:
        """Its name."""
        match self.it:
            case Stage():
                return page.say("stage", stage=self.stage.id)
            case Rule():
                return page.say("rule", rule=self.it.id)
        kind = "window/of" if self.policy.licences_apply else "window/registration-of"
        return page.say(kind, number=self.number, stage=self.stage.id)

    def linked(self, page: Page) -> str:
        """A link to it."""
        return page.link(self.name(page), policy_page(self.policy.id), self.anchor)


def parts(policy: Policy) -> Iterator[Part]:
    """All parts of all versions of a policy, in the order of the file, each stage before its own.

    Versions of one stage or rule share its id; their anchors differ by a number.
    """
    seen: dict[str, int] = {}

    def anchor(text: str) -> str:
        seen[text] = seen.get(text, 0) + 1
        return text if seen[text] == 1 else f"{text}-v{seen[text]}"

    for stage in policy.written:
        mark = anchor(f"stage-{slug(stage.id)}")
        yield Part(policy, stage, stage, mark)
        for rule in stage.rules:
            yield Part(policy, stage, rule, anchor(f"rule-{slug(rule.id)}"))
        for number, window in enumerate(stage.windows, start=1):
            yield Part(policy, stage, window, f"{mark}-windows", number)


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


def chinese(text: str) -> str:
    """A text that is in Chinese on a page of any language, marked as such."""
    return f'<span lang="zh-Hant">{text}</span>' if _HAN.search(text) else text


def in_force(part: Stage | Rule | Window | Licence, page: Page) -> str:
    """The time for which a version was in force; "" where it has always been."""
    ends = {"since": part.since, "until": part.until}
    match part.since, part.until:
        case None, None:
            return ""
        case _, None:
            return page.say("force/since", **ends)
        case None, _:
            return page.say("force/until", **ends)
    return page.say("force/between", **ends)


def days_in_words(days: VaccinationDays, page: Page) -> str:
    """The vaccination days of a stage, and how sure they are."""
    ends = {"first": days.first, "last": days.last}
    if not days.stated:
        return page.say("days/not-stated", **ends)
    if days.sure_until is not None:
        return page.say("days/possibly", sure_until=days.sure_until, **ends)
    return page.say("days/range", **ends)


def moment(value: WrittenMoment, page: Page) -> str:
    """An instant in Taiwan's time as tables have it, or what is known of it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(TAIWAN):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return page.say("moment/without-hour", day=value)
    return page.say("moment/not-stated")


def group_name(group: Group, lang: str) -> str:
    """A group's name in the language of the page; every list has both."""
    return group.name[lang]


def wording(page: Page, dose: int = 1, *, by_season: bool = False) -> Wording:
    """A wording that names groups as their lists do, with a link to the list."""

    def name(group: str) -> str:
        known = catalog.groups().get(group)
        if known is None:
            return f"`{group}`"
        at = group_page(group.split("/", maxsplit=1)[0])
        place = page.link(group_name(known, page.lang), at, slug(group))
        return page.say("group", name=place, group=group)

    return Wording(page.lang, dose, by_season=by_season, group=name)


def bullets(lines: Iterable[Line]) -> str:
    """Lines as a nested list."""
    return "\n".join(f"{'    ' * line.depth}- {line.text}" for line in lines)


def cell(text: str) -> str:
    """Text within a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; "" if it has no rows."""
    body = [f"| {' | '.join(map(cell, row))} |" for row in rows]
    rule = f"|{'|'.join('---' for _ in head)}|"
    return "\n".join([f"| {' | '.join(head)} |", rule, *body]) if body else ""


def join(blocks: Iterable[str]) -> str:
    """A page of blocks."""
    return "\n\n".join(block.strip("\n") for block in blocks if block) + "\n"


def source_link(source: Source, page: Page) -> str:
    """The source, linked where it has an address of its own."""
    name = page.free(source.publisher)
    return f"[{name}](<{source.url}>)" if source.url.startswith("http") else name


def facts(named: Iterable[tuple[str, str]], page: Page) -> str:
    """Short texts as a list: each by its key and text."""
    said = (page.say("fact", name=page.say(f"fact/{key}"), text=text) for key, text in named)
    return "\n".join(f"- {fact}" for fact in said)


def cited(keys: Iterable[str], sources: Mapping[str, Source], page: Page) -> str:
    """The sources by name, with what kind they are."""
    return page.listed(
        (
            page.say(
                "source/cited",
                source=source_link(sources[key], page),
                support=page.say(f"cited/{sources[key].support}"),
            )
            for key in keys
        ),
        "semicolon",
    )


def source_table(sources: Mapping[str, Source], page: Page) -> str:
    """All sources of a page."""
    return table(
        page.head("key", "source", "kind", "checked", "note"),
        (
            (
                f"`{key}`",
                source_link(it, page),
                page.say(f"support/{it.support}"),
                str(it.checked),
                page.free(it.note),
            )
            for key, it in sources.items()
        ),
    )
