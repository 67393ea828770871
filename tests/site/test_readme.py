"""The README keeps its word: two commands to start, and links that lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def quick_start() -> list[str]:
    """The lines of the first fenced sh block under "Quick start"."""
    section = README.partition("\n## Quick start\n")[2].partition("\n## ")[0]
    block = re.search(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert block, "no sh block under Quick start"
    return block[1].splitlines()


def test_the_quick_start_is_exactly_two_commands() -> None:
    demo, tests = quick_start()
    assert "vaxpolicy demo" in demo
    assert "pytest" in tests


def test_the_library_is_shown_in_use() -> None:
    assert "```python\n" in README  # test_docs.py runs it


STARTS = {
    "README.md": ("build a portal", "check rules", "help people at a counter", "write a policy"),
    "docs/index.md": (
        "build a portal",
        "check rules",
        "help people at a counter",
        "write a policy",
    ),
    "docs/zh-hant/index.md": ("開發預約平臺", "查核規定", "在櫃檯協助民眾", "撰寫政策檔"),
}


@pytest.mark.parametrize("name", STARTS)
def test_a_newcomer_sees_what_it_is_how_to_start_and_where_to_go(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    screen = re.split("^(?:## Quick start|!!! warning)", text, flags=re.MULTILINE)[0]
    lead, *_ = [block for block in screen.split("\n\n") if "`vaxpolicy`" in block]
    assert len(re.findall(r"[?？.。](?=\s|`|$)", lead)) == 2
    assert screen.count("pip install 'vaxpolicy[cli]'") == 1
    (code,) = re.findall("^```python\n(.*?)^```$", screen, re.MULTILINE | re.DOTALL)
    lines = [line for line in code.splitlines() if line and not line.startswith("#")]
    assert len(lines) == 6
    assert len(re.findall(r"^<!-- picture: |^!\[", screen, re.MULTILINE)) == 1
    assert all(entry in screen for entry in STARTS[name])


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_relative_links_lead_to_files(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", text)
    assert [target for target in targets if not (ROOT / target).exists()] == []
