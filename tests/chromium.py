"""Chromium, axe-core, and the site's search as a reader uses it: for the tests of the site and of the portal."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

FLAGS: Final = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


def program_of_chromium() -> str | None:
    """The browser: what CHROMIUM names, or else Chromium, or else Google Chrome; `.ci/run` looks the same way."""
    named = os.environ.get("CHROMIUM")
    names = (named,) if named else ("chromium", "google-chrome")
    return next((it for name in names if (it := shutil.which(name)) is not None), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium or Google Chrome. Without one the test fails, and says what is missing."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only for the browser tests

    program = program_of_chromium()
    if program is None:
        pytest.fail(
            "Chromium is not on this machine: install it or Google Chrome, or name it in CHROMIUM"
        )
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=program, args=FLAGS)
        yield found
        found.close()


def axe_script() -> Path:
    """The script of axe-core, which finds what keeps people out; npm fetches it."""
    modules = os.environ.get("VAXPOLICY_NODE_MODULES")
    folders = [Path(modules)] if modules else []
    for folder in (*folders, Path(__file__).parents[1] / "node_modules"):
        script = folder / "axe-core" / "axe.min.js"
        if script.is_file():
            return script
    pytest.fail(
        "axe-core is missing: npm install axe-core, or name its folder's parent in VAXPOLICY_NODE_MODULES"
    )


def first_found(page: Any, query: str) -> str:
    """The address that the search of the open page lists first."""
    page.click(".md-search__input")
    page.wait_for_function(
        "!/initializ|初始化/i.test(document.querySelector('.md-search-result__meta').textContent)",
        timeout=60_000,
    )
    page.fill(".md-search__input", query)
    page.press(".md-search__input", "End")  # the search listens to keys
    page.wait_for_selector(".md-search-result__item a", timeout=60_000)
    page.wait_for_timeout(1000)
    return str(page.eval_on_selector(".md-search-result__item a", "it => it.href"))
