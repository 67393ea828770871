"""The generated pages of the rules: they are those of the policy files, and leave nothing out."""

import calendar
import json
import posixpath
import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve

from tools.site import (
    arrows,
    hooks,
    nav,
    rules_catalogue,
    rules_diff,
    rules_lists,
    rules_pages,
    rules_says,
    rules_text,
    search,
)
from vaxpolicy import catalog
from vaxpolicy.messages import describe_question
from vaxpolicy.rules.conditions import NotStated
from vaxpolicy.rules.policy import Interval, Licence, Policy, Rule, Stage, Window

DOCS = Path(__file__).parents[2] / "docs"

POLICIES = [catalog.load(name) for name in catalog.ids()]
LANGUAGES = list(rules_text.ROOTS)


def page_of(at: str, lang: str = "en") -> str:
    return (DOCS / rules_text.Page(lang, at).path).read_text("utf-8")


@pytest.mark.slow
def test_the_committed_pages_are_those_of_the_policies() -> None:
    assert rules_pages.stale() == [], "run: python -m tools.site write"
    assert rules_catalogue.stale() == [], "run: python -m tools.site write"


def test_a_page_that_differs_is_stale_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules_pages, "DOCS", tmp_path)
    monkeypatch.setattr(rules_pages, "pages", lambda: {"rules/a.md": "A\n", "rules/b/c.md": "C\n"})
    (tmp_path / "rules").mkdir()
    (tmp_path / "zh-hant/rules").mkdir(parents=True)
    (tmp_path / "rules/a.md").write_text("old\n")
    (tmp_path / "rules/gone.md").write_text("gone\n")
    (tmp_path / "zh-hant/rules/gone.md").write_text("gone\n")
    assert rules_pages.stale() == [
        "rules/a.md",
        "rules/b/c.md",
        "rules/gone.md",
        "zh-hant/rules/gone.md",
    ]
    rules_pages.write()
    assert rules_pages.stale() == []
    assert (tmp_path / "rules/b/c.md").read_text() == "C\n"
    assert not (tmp_path / "rules/gone.md").exists()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_every_reading_is_on_a_page_of_interpretations_with_its_place(
    policy: Policy, lang: str
) -> None:
    here = rules_text.Page(lang, rules_text.readings_page(rules_text.readings_of(policy.id)))
    page = page_of(here.at, lang)
    start = page.find(f"{{ #{rules_text.slug(policy.id)} }}")
    for stage in policy.written:
        parts: list[Stage | Rule | Window] = [stage, *stage.rules, *stage.windows]
        for it in parts:
            if it.reading:
                assert here.free(it.reading) in page[start:]
            if isinstance(it, Rule) and it.reading:
                assert f"[{here.say('rule', rule=it.id)}]" in page[start:]
    for finding in policy.explained:
        assert here.free(finding.why) in page[start:]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_note_on_groups_and_vaccines_is_on_its_page_of_interpretations(lang: str) -> None:
    here = rules_text.Page(lang, rules_text.readings_page(rules_text.OF_TERMS))
    page = page_of(here.at, lang)
    notes = [found.note for found in catalog.group_lists()]
    notes += [group.note for group in catalog.groups().values()]
    notes += [vaccine.note for vaccine in catalog.vaccines().values()]
    notes += [it.note for vaccine in catalog.vaccines().values() for it in vaccine.intervals]
    assert [note for note in notes if here.free(note) not in page] == []


def raw_gaps(text: str) -> int:
    """The number of times that a policy file says, in its own text, that something is not stated."""
    return len(
        re.findall(
            r'"not-stated"|not_stated = |stated = false|sure_until|(?<![a-z_])(?:opens|closes|by|after) = '
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9T])",
            text,
        )
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_everything_that_is_not_stated_is_listed(policy: Policy, lang: str) -> None:
    folder = Path(catalog.__file__).parents[1] / "policies"
    text = (folder / f"{policy.id}.toml").read_text("utf-8")
    found = list(rules_lists.gaps(policy, rules_text.Page(lang, rules_text.UNKNOWN)))
    assert len(found) == raw_gaps(text)
    page = page_of(rules_text.UNKNOWN, lang)
    for gap in found:
        assert gap.text in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_licences_leave_open_is_listed(lang: str) -> None:
    page = page_of(rules_text.UNKNOWN, lang)
    texts = {
        describe_question(leaf.not_stated, lang)
        for vaccine in catalog.vaccines().values()
        for licence in vaccine.licences
        for leaf in rules_text.leaves(licence.all)
        if isinstance(leaf, NotStated)
    }
    assert texts
    assert all(text in page for text in texts)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_every_rule_and_source_of_a_policy_is_on_its_page(policy: Policy, lang: str) -> None:
    here = rules_text.Page(lang, rules_text.policy_page(policy.id))
    page = page_of(here.at, lang)
    for stage in policy.written:
        for rule in stage.rules:
            assert f"#### {here.say('rule/head', rule=rule.id)}" in page
    for source in policy.sources.values():
        assert rules_text.source_link(source, here) in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_source_is_in_the_index_of_sources(lang: str) -> None:
    here = rules_text.Page(lang, rules_text.SOURCES)
    page = page_of(here.at, lang)
    for policy in POLICIES:
        assert all(
            here.free(source.publisher) in page or source.url in page
            for source in policy.sources.values()
        )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", catalog.vaccines())
def test_the_page_of_a_vaccine_tells_all_that_is_known_of_it(code: str, lang: str) -> None:
    vaccine = catalog.vaccines()[code]
    here = rules_text.Page(lang, rules_text.vaccine_page(code))
    page = page_of(here.at, lang)
    assert here.free(vaccine.note) in page
    assert all(f'<span lang="{tag}">{name}</span>' in page for tag, name in vaccine.names.items())
    codes = here.listed(map(str, vaccine.cvx))
    assert (f": {codes}\n" in page or f"：{codes}\n" in page) == bool(codes)
    sources = rules_catalogue.vaccine_sources()
    known: list[Licence | Interval] = [*vaccine.licences, *vaccine.intervals]
    for it in known:
        assert str(it.since) in page
        assert all(rules_text.source_link(sources[key], here) in page for key in it.cites)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", catalog.vaccines())
def test_every_rule_that_offers_a_vaccine_is_on_its_page_and_links_back(
    code: str, lang: str
) -> None:
    page = rules_text.Page(lang, rules_text.vaccine_page(code))
    text = page_of(page.at, lang)
    lines = {line.rpartition(" |")[0] for line in text.splitlines() if line.startswith("| [")}
    for policy in POLICIES:
        there = rules_text.policy_page(policy.id)
        for dose in range(1, 6):
            ids = {
                rule.id
                for stage in policy.written
                for rule in stage.rules
                if rule.dose == dose and code in rule.vaccines
            }
            start = f"| {rules_text.policy_link(policy.id, page)} | {dose} | "
            found = [line for line in lines if line.startswith(start)]
            assert len(found) == bool(ids)
            assert all(f"[{name}](" in found[0] for name in ids)
            if ids:
                back = rules_text.vaccine_link(code, rules_text.Page(lang, there))
                assert back in page_of(there, lang)


def test_changing_a_rule_changes_its_page() -> None:
    policy = catalog.load("tw/covid19-1922/round-19")
    (stage,) = policy.written
    rule = evolve(stage.rules[0], dose=4)
    changed = evolve(policy, written=(evolve(stage, rules=(rule,)),))
    assert rules_pages.policy_text(changed) != rules_pages.policy_text(policy)


def test_versions_of_one_rule_have_anchors_of_their_own() -> None:
    parts = list(rules_text.parts(catalog.load("tw/covid19-1922/round-10")))
    anchors = [part.anchor for part in parts if isinstance(part.it, Rule | Stage)]
    assert len(set(anchors)) == len(anchors)
    assert [part.anchor for part in parts if getattr(part.it, "id", "") == "10a"] == [
        "rule-10a",
        "rule-10a-v2",
        "rule-10a-v3",
    ]


def test_a_table_without_rows_is_nothing() -> None:
    assert rules_text.table(("a", "b"), []) == ""
    assert rules_text.table(("a", "b"), [("x|y", "1\n2")]).endswith("| x\\|y | 1 2 |")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_links_are_relative_to_the_page_that_they_stand_on(lang: str) -> None:
    there = "rules/tw/covid19/2025.md"
    index, policy = rules_text.Page(lang, "rules/index.md"), rules_text.Page(lang, there)
    assert index.link("x", there, "rule-a") == "[x](tw/covid19/2025.md#rule-a)"
    assert policy.link("x", "rules/index.md") == "[x](../../index.md)"
    assert policy.link("x", there, "rule-a") == "[x](#rule-a)"


@pytest.mark.parametrize(
    ("policy_id", "name", "chinese"),
    [
        ("tw/covid19-1922/round-03", "Round 3", "第3期"),
        ("tw/covid19-1922/registration", "Registration", "意願登記"),
        ("tw/influenza/2025", "Influenza 2025", "2025年流感疫苗"),
        ("tw/covid19/2024", "COVID-19 2024", "2024年COVID-19疫苗"),
    ],
)
def test_policies_have_names_in_both_languages(policy_id: str, name: str, chinese: str) -> None:
    assert rules_text.policy_name(policy_id) == name
    assert rules_text.policy_name(policy_id, "zh-Hant") == chinese


def test_sections_take_in_the_pages_of_their_folder_and_vanish_where_there_is_none(
    tmp_path: Path,
) -> None:
    for name in ("reference/index.md", "reference/b.md", "reference/a.md", "learn/x.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# x\n")
    written = [
        "index.md",
        {"Learn": []},
        {
            "Rules": [
                {"The 1922 platform": []},
                {"Reservation": []},
                {"Vaccines": ["rules/vaccines/index.md"]},
            ]
        },
        {"規則": [{"1922預約平臺": []}]},
        {"Reference": ["reference/index.md", {"Reservation": "reference/b.md"}]},
    ]
    home, learn, rules, chinese, reference = nav.complete(written, tmp_path)
    assert home == "index.md"
    assert learn == {"Learn": ["learn/x.md"]}
    assert [next(iter(it)) for it in rules["Rules"]] == ["The 1922 platform", "Vaccines"]
    assert rules["Rules"][1]["Vaccines"][:2] == [
        "rules/vaccines/index.md",
        {"AZ": "rules/vaccines/az.md"},
    ]
    platform = rules["Rules"][0]["The 1922 platform"]
    assert {"Round 28": "rules/tw/covid19-1922/round-28.md"} in platform
    assert len(platform) == 29
    platform = chinese["規則"][0]["1922預約平臺"]
    assert {"第28期": "zh-hant/rules/tw/covid19-1922/round-28.md"} in platform
    assert len(platform) == 29
    assert reference["Reference"] == [
        "reference/index.md",
        {"Reservation": "reference/b.md"},
        "reference/a.md",
    ]


def test_a_round_is_compared_with_the_one_before() -> None:
    text = rules_diff.compared("tw/covid19-1922/round-24")
    assert text.startswith("## Compared with Round 23 { #compared }\n")
    assert (
        "Newly offered, surely or possibly: dose 3 of AstraZeneca, Pfizer-BioNTech or Moderna: born"
        in text
    )
    assert "**Lose a dose**" not in text
    assert "澎湖" in rules_diff.compared("tw/covid19-1922/round-02", "zh-Hant")


def test_a_season_is_compared_with_the_one_before() -> None:
    text = rules_diff.compared("tw/influenza/2026")
    assert text.startswith("## Compared with Influenza 2025 { #compared }\n")
    assert "\n~ " in text
    assert len(text.splitlines()) < 60
    assert rules_diff.season_before("tw/covid19/2026") == "tw/covid19/2025"


@pytest.mark.slow
def test_the_page_of_the_routine_schedule_says_which_doses_count() -> None:
    text = rules_pages.pages()["rules/tw/childhood/2025.md"]
    section = text[text.index("{ #which-doses-count }") :]
    section = section[: section.index("\n## ")]
    policy = catalog.load("tw/childhood/2025")
    rows = [line for line in section.splitlines() if line.startswith("| [")]
    assert len(rows) == len(policy.minimums) + len(policy.spacings)
    assert "| 3 | 0 | 56 | 112 | 4 |" in section
    assert "4, not for the age" in section
    assert ", if dose 1 was at 210 or later" in section


@pytest.mark.slow
def test_the_page_of_the_registration_says_registration() -> None:
    text = rules_pages.pages()["rules/tw/covid19-1922/registration.md"]
    assert "**Registration** for " in text
    assert "**Dose 1**" not in text
    assert "Days of registration: " in text


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_both_languages_tell_of_the_same_changes(policy: Policy) -> None:
    english, chinese = (rules_diff.compared(policy.id, lang) for lang in LANGUAGES)
    assert facts(english, "rules/tw/covid19-1922/x.md") == facts(
        chinese, "zh-hant/rules/tw/covid19-1922/x.md"
    )


@pytest.mark.parametrize(
    "policy_id", ["tw/covid19-1922/round-01", "tw/covid19-1922/registration", "tw/influenza/2024"]
)
def test_what_follows_no_round_is_compared_with_nothing(policy_id: str) -> None:
    assert rules_diff.compared(policy_id) == ""


def test_state_diagrams_are_drawn_with_an_arrow_for_each_line() -> None:
    page = (
        "# States\n\n```mermaid\nstateDiagram-v2\n    state both {\n        a_1\n        b\n    }\n"
        "    [*] --> a_1\n    a_1 --> b: Go & come\n    b --> b: Stay\n    b --> a_1: Back\n    b --> [*]\n"
        "```\n\nText.\n"
    )
    found = arrows.drawn(page)
    assert "mermaid" not in found
    assert found.startswith("# States\n\n<div")
    assert found.endswith("</div>\n\n*both*: a 1, b.\n\nText.\n")
    start = found.index("<svg")
    picture = ET.fromstring(found[start : found.index("</svg>") + 6])  # noqa: S314  # our own text
    texts = [it.text for it in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["a 1", "b", "Go & come", "Stay", "Back"]
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}circle"))) == 3
    assert arrows.drawn("```mermaid\nflowchart\n```\n") == "```mermaid\nflowchart\n```\n"


MONTHS = list(calendar.month_name)[1:]
DATES = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
    rf"|(?P<ed>\d\d?) (?P<em>{'|'.join(MONTHS)}) (?P<ey>\d{{4}})"
    r"|(?P<cy>\d{4})年(?P<cm>\d\d?)月(?P<cd>\d\d?)日"
)
LINK = re.compile(r"\]\(<?([^)<>#]*)(?:#([^)<>]*))?>?\)")
EXTERNAL = re.compile(r"https?://")


def dates(text: str) -> Counter[tuple[int, int, int]]:
    """Every whole date, however it is written."""
    found: Counter[tuple[int, int, int]] = Counter()
    for it in DATES.finditer(text):
        year, day = (it["y"] or it["ey"] or it["cy"]), (it["d"] or it["ed"] or it["cd"])
        month = MONTHS.index(it["em"]) + 1 if it["em"] else int(it["m"] or it["cm"])
        found[int(year), month, int(day)] += 1
    return found


def links(text: str, path: str) -> Counter[str]:
    """Every place that is linked within the site, alike for both trees."""
    found: Counter[str] = Counter()
    for to, anchor in LINK.findall(text):
        if not EXTERNAL.match(to):
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), to)) if to else ""
            found[f"{there.removeprefix('zh-hant/')}#{anchor}"] += 1
    return found


def facts(text: str, path: str) -> Mapping[str, object]:
    """The parts that a page has to have in common with its twin."""
    lines = text.splitlines()
    return {
        "anchors": re.findall(r"^#+ .*\{ #([a-z0-9-]+) \}$", text, re.MULTILINE),
        "headings": [len(line) - len(line.lstrip("#")) for line in lines if line.startswith("#")],
        "rows": [line.count(" |") for line in lines if line.startswith("|")],
        "items": [
            len(line) - len(line.lstrip()) for line in lines if line.lstrip().startswith("- ")
        ],
        "ids": Counter(re.findall(r"`([^`]+)`", text)),
        "comments": re.findall(r"<!-- .* -->", text),
        "dates": dates(re.sub(r"\(<[^>]*>\)", "", text)),
        "links": links(text, path),
        "sources": re.findall(r"\(<([^>]*)>\)", text),
    }


GENERATED = sorted(path.relative_to(DOCS).as_posix() for path in (DOCS / "rules").rglob("*.md"))


@pytest.mark.parametrize("at", GENERATED)
def test_both_languages_have_the_same_rules_dates_ids_and_links(at: str) -> None:
    english, chinese = (rules_text.Page(lang, at).path for lang in LANGUAGES)
    found = facts((DOCS / english).read_text("utf-8"), english)
    assert found == facts((DOCS / chinese).read_text("utf-8"), chinese)
    assert found["anchors"]


def test_both_languages_have_the_same_pages() -> None:
    chinese = (DOCS / "zh-hant/rules").rglob("*.md")
    assert sorted(path.relative_to(DOCS / "zh-hant").as_posix() for path in chinese) == GENERATED


def test_a_rule_or_date_that_a_translation_loses_is_found() -> None:
    text = page_of("rules/tw/covid19-1922/round-11.md", "zh-Hant")
    whole = facts(text, "x")
    for lost in (
        "- 以年份計算，至少47歲\n",
        "（民國110年）或之前",
        "| [11a](#rule-11a)",
        "#rule-11c",
    ):
        assert lost in text
    assert facts(text.replace("- 以年份計算，至少47歲\n", ""), "x") != whole
    assert facts(text.replace("2021年7月22日", "2021年7月23日", 1), "x") != whole
    assert facts(text.replace("{ #rule-11c }", ""), "x") != whole
    assert facts(re.sub(r"\n\| \[11a\].*", "", text, count=1), "x") != whole


def test_every_page_leads_to_its_twin() -> None:
    for at in GENERATED:
        for lang, other in (LANGUAGES, LANGUAGES[::-1]):
            page = rules_text.Page(lang, at)
            there = posixpath.relpath(rules_text.Page(other, at).path, posixpath.dirname(page.path))
            assert f"]({there}){{ lang={other} hreflang={other} }}" in page_of(at, lang)


def singular(text: str | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def test_every_text_and_every_free_text_has_its_translation() -> None:
    said = rules_catalogue.translated()
    for key, text in rules_says.TEXTS.items():
        assert said(singular(text), key)
    for text in rules_catalogue.free_texts():
        assert said(text)
    number = len(rules_says.TEXTS) + len(rules_catalogue.free_texts())
    assert len(list(rules_catalogue.messages())) == number


def test_a_text_that_is_reworded_has_no_translation() -> None:
    said = rules_catalogue.translated()
    with pytest.raises(rules_catalogue.MissingTranslationError, match="As 11y2"):
        said("As 11y2.")
    with pytest.raises(rules_catalogue.MissingTranslationError, match=r"rules\.po: dose"):
        said("the dose {dose}", "dose")
    page = rules_text.Page("zh-Hant", "rules/index.md")
    with pytest.raises(rules_catalogue.MissingTranslationError):
        page.free("Reworded.")
    assert page.free("") == ""


@pytest.mark.slow
def test_a_missing_translation_is_left_empty_in_the_file_and_stops_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules_catalogue, "FILE", tmp_path / "a" / "rules.po")
    rules_catalogue.translated.cache_clear()
    assert rules_catalogue.stale() != []
    rules_catalogue.write()
    assert rules_catalogue.stale() == []
    assert 'msgid "As 11x2."\nmsgstr ""' in rules_catalogue.FILE.read_text("utf-8")
    with pytest.raises(rules_catalogue.MissingTranslationError):
        rules_pages.pages()
    rules_catalogue.translated.cache_clear()


@pytest.mark.parametrize("key", rules_says.TEXTS)
def test_a_translation_has_the_same_places_to_fill_in(key: str) -> None:
    def places(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name)

    english = singular(rules_says.TEXTS[key])
    chinese = rules_catalogue.translated()(english, key)
    assert places(chinese) == places(english)
    assert english.startswith("{") or chinese != english or key == "disease/covid19"


@pytest.mark.parametrize("text", rules_catalogue.free_texts())
def test_a_translated_free_text_keeps_every_number_and_is_in_chinese(text: str) -> None:
    chinese = rules_catalogue.translated()(text)
    numbers = [set(re.findall(r"\d+", it.replace("K-12", ""))) for it in (text, chinese)]
    assert numbers[0] <= numbers[1]
    plain = re.sub(r"https?://\S+|\d[:,]\d", "", chinese)
    assert not re.search(r"[,;:?!()]", plain)
    assert not re.search("[这们说时约种证间关开号无对请为从发点进还没过后]", plain)
    ends = text.endswith(".")
    assert chinese.endswith("。") == ends


@pytest.mark.parametrize(("at", "lang"), [("rules/a.md", "en"), ("zh-hant/rules/a.md", "zh-Hant")])
def test_pages_and_their_pictures_say_their_language(at: str, lang: str) -> None:
    page: Any = SimpleNamespace(file=SimpleNamespace(src_uri=at))
    comment = "<p>x</p><!-- picture: windows tw/covid19-1922/round-19 -->"
    html = hooks.on_page_content(comment, page=page, config=None, files=None)  # type: ignore[arg-type]  # not read
    assert ("booking windows" in html) == (lang == "en")
    assert ("開放預約期間" in html) == (lang != "en")
    text = hooks.on_page_markdown(
        "<!-- compared: tw/covid19-1922/round-24 -->",
        page=page,
        config=None,  # type: ignore[arg-type]  # not read
        files=None,  # type: ignore[arg-type]  # not read
    )
    assert text is not None
    assert ("與第23期比較" in text) == (lang != "en")


def test_days_and_names_do_not_break_and_full_cells_have_room() -> None:
    html = "<p>on 2022-01-15, <code>2022-01-15</code> <a href='2022-01-15'>COVID-19</a></p>"
    assert hooks.unbroken(html) == (
        '<p>on <span class="whole">2022-01-15</span>, <code>2022-01-15</code> '
        "<a href='2022-01-15'><span class=\"whole\">COVID-19</span></a></p>"
    )
    assert hooks.unbroken("2022-01-15 至 2022-01-22 to") == (
        '<span class="whole">2022-01-15 至</span> <span class="whole">2022-01-22</span> to'
    )
    assert hooks.cell("<a href='x'>" + "x" * 40 + "</a>").startswith("<td><a")
    assert hooks.cell("x" * 41) == f'<td class="long">{"x" * 41}</td>'
    assert hooks.NO_HEAD.sub(r"<td\1></td>", '<th style="x"></th><th>y</th>') == (
        '<td style="x"></td><th>y</th>'
    )


def test_the_search_of_a_chinese_page_reads_the_chinese_index() -> None:
    html = '{"base": "../..", "x": "../.."}'
    for at, base in (("rules/a.md", "../.."), ("zh-hant/rules/a.md", "../../zh-hant/")):
        page: Any = SimpleNamespace(file=SimpleNamespace(src_uri=at))
        found = hooks.on_post_page(html, page=page, config=None)  # type: ignore[arg-type]  # not read
        assert found == f'{{"base": "{base}", "x": "../.."}}'


def test_the_search_index_tells_chinese_words_apart(tmp_path: Path) -> None:
    parted = search.parted("高端 Medigen的接種日, dose 2。統一證號")
    assert parted.split("\u200b") == [
        "高端",
        " Medigen",
        "的",
        "接種日",
        ", dose 2。",
        "統一證號",
    ]
    assert search.parted("no Chinese") == "no Chinese"
    index = tmp_path / "search_index.json"
    entry = {"location": "x/", "title": "第1期一覽", "text": "a"}
    index.write_text(json.dumps({"config": {"lang": ["en"]}, "docs": [entry]}))
    search.part(index)
    found = json.loads(index.read_text("utf-8"))
    assert found["config"] == {"lang": ["en"]}
    assert found["docs"] == [{**entry, "title": "第1期\u200b一\u200b覽"}]


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_headings_leave_out_no_level(path: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    depths = [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert depths[0] == 1
    assert depths.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(depths))


def luminance(colour: str) -> float:
    """As the Web Content Accessibility Guidelines 2.2 define it."""
    digits = colour if len(colour) == 6 else "".join(digit * 2 for digit in colour)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_colours_of_words_stand_out_from_their_ground() -> None:
    """By 4.5 to 1; the grounds are Material's, of text and of code, light and dark."""
    assert contrast("ffffff", "009485") < 4.5  # Material's own teal
    style = (DOCS / "stylesheets/extra.css").read_text("utf-8")
    found = 0
    for selector, block in re.findall(r"^(\[.*?) \{\n(.*?)\}", style, re.MULTILINE | re.DOTALL):
        grounds = ("1e2129", "272a35") if "slate" in selector else ("ffffff", "f5f5f5")
        for name, colour in re.findall(r"(--md-[a-z-]+): #([0-9a-f]+);", block):
            if not name.startswith("--md-primary-fg-color--"):
                assert min(contrast(colour, ground) for ground in grounds) >= 4.5, name
                found += 1
    assert found == 8


def test_the_list_of_a_section_has_the_name_of_the_section() -> None:
    title = '<label class="md-nav__title" for="x">\n<span class="md-nav__icon md-icon"></span>\n Codes \n'
    theirs = f'<nav aria-labelledby="x_label" aria-expanded="true">\n{title}</label>'
    assert hooks.with_named_sections(theirs).startswith('<nav aria-label="Codes" aria-expanded')
    twice = '<nav class="md-nav" aria-label="Codes">' * 2
    assert hooks.with_named_sections(twice).endswith('aria-label="Codes (2)">')
