"""The archive, read from a folder without a server (file://), in Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.chromium import chromium, first_found

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser


CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive's folder: `VAXPOLICY_ARCHIVE`, or else it is built, as `nox -s archive` does."""
    if known := os.environ.get("VAXPOLICY_ARCHIVE"):
        return Path(known).resolve()
    made = tmp_path_factory.mktemp("archive")
    there = {key: it for key, it in os.environ.items() if key != "VAXPOLICY_NODE_MODULES"}
    wanted = {"OFFLINE": "true", "VAXPOLICY_WHOLE_SITE": "1", "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(made)]
    subprocess.run(command, cwd=CHECKOUT, env={**there, **wanted}, check=True)  # noqa: S603  # our own
    return made


@pytest.fixture(scope="module")
def folder(root: Path) -> str:
    """The address of the archive's folder."""
    return f"{root.as_uri()}/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Any, folder: str) -> Iterator[Any]:
    """A page of a browser that reads the folder and asks nobody else."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    asked: list[str] = []
    faults: list[str] = []
    opened = context.new_page()
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert [url for url in asked if not url.startswith((folder, "data:", "blob:"))] == []
    assert faults == []


@pytest.mark.parametrize(
    ("at", "query", "expected"),
    [
        ("index.html", "interval-too-short", "reference/codes/reasons"),
        ("index.html", "UI number", "identity/ui-number.html"),
        ("zh-hant/index.html", "健保卡卡號", "zh-hant/identity/"),
        ("zh-hant/index.html", "第19期", "zh-hant/rules/tw/covid19-1922/round-19.html"),
    ],
)
def test_the_search_of_the_archive_finds_the_right_page_first(
    page: Any, folder: str, at: str, query: str, expected: str
) -> None:
    page.goto(folder + at)
    found = first_found(page, query)
    assert found.startswith(folder + expected)
    page.goto(found)
    assert page.locator("article h1").count() == 1


def test_links_tabs_and_the_switch_lead_to_files(page: Any, folder: str) -> None:
    page.goto(f"{folder}index.html")
    page.click("article .grid.cards a >> nth=0")
    assert page.url.startswith(f"{folder}learn/tutorial.html")
    page.click(".md-tabs__link >> text=Rules")
    assert page.url.startswith(f"{folder}rules/index.html")
    page.goto(f"{folder}rules/tw/covid19-1922/round-19.html")
    assert page.locator(".picture svg").count() >= 1
    link = page.locator('a[hreflang="zh-Hant"].md-select__link').first
    page.goto(link.evaluate("it => it.href"))
    assert page.url == f"{folder}zh-hant/rules/tw/covid19-1922/round-19.html"
    assert page.evaluate("document.documentElement.lang") == "zh-Hant"


def test_a_download_of_the_archive_is_a_file_of_the_folder(
    page: Any, folder: str, root: Path
) -> None:
    page.goto(f"{folder}reference/vectors.html")
    href = page.eval_on_selector('article a[href$=".zip"]', "it => it.href")
    assert href.startswith(folder)
    assert (root / href.removeprefix(folder)).is_file()


def test_the_playground_of_the_archive_says_that_it_needs_a_server(page: Any, folder: str) -> None:
    page.goto(f"{folder}learn/playground.html")
    page.wait_for_function("document.getElementById('pg-state').textContent.length > 0")
    assert "from a folder" in page.inner_text("#pg-state")
    assert page.locator("#pg-load").is_disabled()
