"""The site is two sites: language, navigation, switch, search; and long pages are cut."""

import json
import os
import re
from pathlib import Path

import pytest

from tools.site import codes, languages
from vaxpolicy.messages.texts import ADVICE, TEXTS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site() -> Path:
    """The built site; `.ci/run docs` names its folder."""
    return Path(os.environ["VAXPOLICY_SITE"])


def page(site: Path, at: str) -> str:
    return (site / at / "index.html").read_text("utf-8")


@pytest.mark.site
@pytest.mark.parametrize(
    ("at", "lang", "other"),
    [
        ("", "en", "zh-hant/"),
        ("zh-hant", "zh-Hant", "../"),
        ("rules/tw/covid19-1922/round-19", "en", "zh-hant/rules/tw/covid19-1922/round-19/"),
        ("zh-hant/rules/tw/covid19-1922/round-19", "zh-Hant", "rules/tw/covid19-1922/round-19/"),
        ("reference/cli", "en", "zh-hant/"),
    ],
)
def test_a_page_is_in_one_language(site: Path, at: str, lang: str, other: str) -> None:
    text = page(site, at)
    assert f'<html lang="{lang}"' in text
    tabs = re.findall('<li class="md-tabs__item.*?<a href="([^"]*)"', text, re.DOTALL)
    assert len(tabs) >= 3
    chinese = "zh-hant" in at
    for href in tabs:
        target = (site / at / href).resolve().relative_to(site.resolve()).as_posix()
        assert target.startswith("zh-hant") is chinese, href
    beside = re.findall(r'<a href="([^"]*)" class="md-footer__link', text)
    assert beside
    for href in beside:
        target = (site / at / href).resolve().relative_to(site.resolve()).as_posix()
        assert target.startswith("zh-hant") is chinese, href
    switch = dict(re.findall('<a href="([^"]*)" hreflang="([^"]*)"', text))
    there = {hreflang: href for href, hreflang in switch.items()}
    wanted = "zh-Hant" if lang == "en" else "en"
    resolved = (site / at / there[wanted]).resolve()
    assert resolved == (site / at / _up(at) / other).resolve() or resolved.is_dir()
    base = json.loads(re.findall('__config" type="application/json">(.*?)</script>', text)[0])[
        "base"
    ]
    assert (site / at / base / "search" / "search_index.json").exists()
    assert base.endswith("zh-hant/") is chinese


def _up(at: str) -> str:
    return "../" * (at.count("/") + 1) if at else "."


@pytest.mark.site
def test_each_language_has_its_own_index(site: Path) -> None:
    for root in ("", "zh-hant/"):
        found = json.loads((site / root / "search/search_index.json").read_text("utf-8"))
        assert len(found["docs"]) > 100
        for entry in found["docs"]:
            at = entry["location"].partition("#")[0]
            assert not at.startswith("zh-hant/")
            assert (site / root / at).is_dir()
        script = (site / root / "search/search_index.js").read_text("utf-8")
        assert script.startswith("var __index = {")


def test_no_page_of_codes_is_long() -> None:
    pages = [part for area in codes.parts().values() for part in area]
    assert len(pages) > 20
    assert max(len(part.codes) for part in pages) <= codes.MOST + 2
    assert len({part.uri for part in pages}) == len(pages)
    reasons = (ROOT / "docs/reference/codes/reasons-a-to-l.md").read_text("utf-8")
    assert "## `interval-too-short`" in reasons
    index = (ROOT / "docs/reference/codes/index.md").read_text("utf-8")
    assert all(f"]({part.uri.rpartition('/')[2]})" in index for part in pages)


def test_a_page_of_codes_that_differs_is_stale_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = tmp_path / "docs"
    (docs / codes.FOLDER).mkdir(parents=True)
    monkeypatch.setattr(codes, "DOCS", docs)
    (docs / codes.FOLDER / "gone.md").write_text("gone")
    (docs / codes.INDEX).write_text("old")
    stale = codes.stale()
    assert {"docs/reference/codes/gone.md", "docs/reference/codes/index.md"} <= {*stale}
    assert "docs/reference/codes/reasons-a-to-l.md" in stale
    codes.write()
    assert codes.stale() == []
    assert not (docs / codes.FOLDER / "gone.md").exists()


@pytest.mark.parametrize(("uri", "lang"), [("zh-hant/cli.md", "zh-Hant"), ("index.md", "en")])
def test_the_language_is_that_of_the_folder(uri: str, lang: str) -> None:
    assert languages.language(uri) == lang


def test_codes_that_people_meet_say_when_they_are_given_and_what_to_do() -> None:
    explained = {key for key in TEXTS if key.partition("/")[0] in codes.EXPLAINED}
    assert explained <= codes.helps().keys()
    assert all(it.when for it in codes.helps().values())
    texts_say_it = {"form", "number"}
    silent = {key.partition("/")[0] for key in explained if not codes.helps()[key].do}
    assert silent <= texts_say_it
    page = next(it for it in codes.parts()["Eligibility"] if "interval-too-short" in it.codes)
    entry = page.text.partition("## `interval-too-short`")[2].partition("## ")[0]
    assert "**When it is given:** Fewer days" in entry
    assert f"**What to do:** {ADVICE['wait-until']}" in entry
