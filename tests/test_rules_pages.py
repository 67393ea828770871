"""The generated pages of the rules: they are those of the policy files, and leave nothing out."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve

from vaxpolicy import catalog
from vaxpolicy.conditions import NotStated
from vaxpolicy.policy import Policy, Rule, Stage, Window

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))  # as MkDocs does for its hooks
try:
    import arrows
    import rules_diff
    import rules_lists
    import rules_pages
    import rules_text
    import site_nav
finally:
    sys.path.remove(str(DOCS))

POLICIES = [catalog.load(name) for name in catalog.ids()]
LINK = re.compile(r"\]\(([^)<#]*)(?:#([^)]*))?\)")


def test_the_committed_pages_are_those_of_the_policies() -> None:
    assert rules_pages.stale() == [], "run: python docs/rules_pages.py"


def test_a_page_that_differs_is_stale_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules_pages, "DOCS", tmp_path)
    monkeypatch.setattr(rules_pages, "pages", lambda: {"rules/a.md": "A\n", "rules/b/c.md": "C\n"})
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/a.md").write_text("old\n")
    (tmp_path / "rules/gone.md").write_text("gone\n")
    assert rules_pages.stale() == ["rules/a.md", "rules/b/c.md", "rules/gone.md"]
    rules_pages.write()
    assert rules_pages.stale() == []
    assert (tmp_path / "rules/b/c.md").read_text() == "C\n"
    assert not (tmp_path / "rules/gone.md").exists()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_every_reading_is_on_the_page_of_interpretations_with_its_place(policy: Policy) -> None:
    page = (DOCS / rules_text.INTERPRETATIONS).read_text("utf-8")
    start = page.find(f"{{ #{rules_text.slug(policy.id)} }}")
    for stage in policy.written:
        parts: list[Stage | Rule | Window] = [stage, *stage.rules, *stage.windows]
        for it in parts:
            if it.reading:
                assert it.reading in page[start:]
            if isinstance(it, Rule) and it.reading:
                assert f"[rule {it.id}]" in page[start:]
    for finding in policy.explained:
        assert finding.why in page[start:]


def test_every_note_on_groups_and_vaccines_is_on_the_page_of_interpretations() -> None:
    page = (DOCS / rules_text.INTERPRETATIONS).read_text("utf-8")
    notes = [found.note for found in catalog.group_lists()]
    notes += [group.note for group in catalog.groups().values()]
    notes += [vaccine.note for vaccine in catalog.vaccines().values()]
    notes += [it.note for vaccine in catalog.vaccines().values() for it in vaccine.intervals]
    assert [note for note in notes if note not in page] == []


def raw_gaps(text: str) -> int:
    """How often a policy file says, in its own text, that something is not stated."""
    return len(
        re.findall(
            r'"not-stated"|not_stated = |stated = false|sure_until|(?<![a-z_])(?:opens|closes|by|after) = '
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9T])",
            text,
        )
    )


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_everything_that_is_not_stated_is_listed(policy: Policy) -> None:
    folder = Path(catalog.__file__).parent / "policies"
    text = (folder / f"{policy.id}.toml").read_text("utf-8")
    assert len(list(rules_lists.gaps(policy))) == raw_gaps(text)
    page = (DOCS / rules_text.UNKNOWN).read_text("utf-8")
    for gap in rules_lists.gaps(policy):
        assert gap.text in page


def test_what_licences_leave_open_is_listed() -> None:
    page = (DOCS / rules_text.UNKNOWN).read_text("utf-8")
    texts = {
        leaf.not_stated
        for vaccine in catalog.vaccines().values()
        for licence in vaccine.licences
        for leaf in rules_text.leaves(licence.all)
        if isinstance(leaf, NotStated)
    }
    assert texts
    assert all(text in page for text in texts)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.id)
def test_every_rule_and_source_of_a_policy_is_on_its_page(policy: Policy) -> None:
    page = (DOCS / rules_text.policy_page(policy.id)).read_text("utf-8")
    for stage in policy.written:
        for rule in stage.rules:
            assert f"#### Rule {rule.id}" in page
    for source in policy.sources.values():
        assert source.publisher in page
        assert not source.url.startswith("http") or source.url in page


def test_every_source_is_in_the_index_of_sources() -> None:
    page = (DOCS / rules_text.SOURCES).read_text("utf-8")
    for policy in POLICIES:
        assert all(
            source.publisher in page or source.url in page for source in policy.sources.values()
        )


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


def test_links_are_relative_to_the_page_that_they_stand_on() -> None:
    there = "rules/tw/covid19/2025.md"
    assert (
        rules_text.link("x", there, "rules/index.md", "rule-a") == "[x](tw/covid19/2025.md#rule-a)"
    )
    assert rules_text.link("x", "rules/index.md", there) == "[x](../../index.md)"
    assert rules_text.link("x", there, there, "rule-a") == "[x](#rule-a)"


@pytest.mark.parametrize(
    ("policy_id", "name"),
    [
        ("tw/covid19-1922/round-03", "Round 3"),
        ("tw/covid19-1922/registration", "Registration"),
        ("tw/influenza/2025", "Influenza 2025"),
        ("tw/covid19/2024", "COVID-19 2024"),
    ],
)
def test_policies_have_english_names(policy_id: str, name: str) -> None:
    assert rules_text.policy_name(policy_id) == name


def test_sections_take_in_the_pages_of_their_folder_and_vanish_where_there_is_none(
    tmp_path: Path,
) -> None:
    for name in ("reference/index.md", "reference/b.md", "reference/a.md", "learn/x.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# x\n")
    nav = [
        "index.md",
        {"Learn": []},
        {"Rules": [{"The 1922 platform": []}, {"Reservation": []}]},
        {"Reference": ["reference/index.md", {"Reservation": "reference/b.md"}]},
    ]
    home, learn, rules, reference = site_nav.complete(nav, tmp_path)
    assert home == "index.md"
    assert learn == {"Learn": ["learn/x.md"]}
    assert [next(iter(it)) for it in rules["Rules"]] == ["The 1922 platform"]
    platform = rules["Rules"][0]["The 1922 platform"]
    assert {"Round 28": "rules/tw/covid19-1922/round-28.md"} in platform
    assert len(platform) == 29
    assert reference["Reference"] == [
        "reference/index.md",
        {"Reservation": "reference/b.md"},
        "reference/a.md",
    ]


def test_a_round_is_compared_with_the_one_before() -> None:
    text = rules_diff.compared("tw/covid19-1922/round-24")
    assert text.startswith("## Compared with Round 23\n")
    assert (
        "- Dose 3 of AZ, BNT, Moderna: born by 2004-02-27; 2 doses; dose 2 given 2021-12-06 to "
        "2021-12-12."
    ) in text
    assert "**Lose a dose**" not in text
    assert "not registered for it" in rules_diff.compared("tw/covid19-1922/round-12")
    assert "registered in 澎湖縣" in rules_diff.compared("tw/covid19-1922/round-02")


@pytest.mark.parametrize(
    "policy_id", ["tw/covid19-1922/round-01", "tw/covid19-1922/registration", "tw/influenza/2025"]
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
