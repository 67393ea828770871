"""Chromium for the tests of the site, and its search as a reader uses it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser. A machine without it fails."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only for the browser tests

    with sync_playwright() as started:
        found = started.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        yield found
        found.close()


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
