"""The built site in Chromium: home, search, switch, keyboard, phone width, playground, axe."""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.chromium import axe_script, chromium, first_found
from tools.site import playground_app
from vaxpolicy import catalog
from vaxpolicy.messages import policy_title

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser
AXE_PAGES = (
    *("", "zh-hant/", "learn/tutorial/", "learn/demo/", "learn/playground/", "auditor/"),
    *("rules/", "rules/tw/covid19-1922/round-12/", "zh-hant/rules/tw/covid19-1922/round-12/"),
    *("reference/codes/", "reference/codes/what-a-rule-asks-a-to-l/", "zh-hant/auditor/"),
)


LONGEST = 30_000
"""No page has more pixels from top to bottom."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        pass


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """The site on loopback; `.ci/run site` names its folder."""
    handler = functools.partial(Quiet, directory=os.environ["VAXPOLICY_SITE"])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Any, root: str) -> Iterator[Any]:
    """A page that fails where anything but the site is asked for."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    opened = context.new_page()
    opened.asked = asked
    yield opened
    outside = [url for url in asked if not url.startswith((root, "blob:", "data:"))]
    context.close()
    assert not outside


def test_the_home_page_starts_with_what_it_is_and_how_to_start(page: Any, root: str) -> None:
    page.goto(root)
    assert "Who may be vaccinated" in page.inner_text(".lead")
    assert "pip install" in page.inner_text("article")
    assert page.locator(".picture svg").count() == 1
    assert page.locator(".grid.cards li").count() == 4


@pytest.mark.parametrize(
    ("at", "query", "expected"),
    [
        ("", "interval-too-short", "reference/codes/"),
        ("", "day-not-offered", "codes/"),
        ("", "round 19", "round-19/"),
        ("", "UI number", "identity/ui-number/"),
        ("", "NHI card", "identity/nhi-card/"),
        ("", "vectors", "reference/vectors/"),
        ("zh-hant/", "健保卡卡號", "zh-hant/identity/"),
        ("zh-hant/", "統一證號", "zh-hant/identity/"),
        ("zh-hant/", "第19期", "round-19/"),
        ("zh-hant/", "命令列", "zh-hant/cli/"),
    ],
)
def test_search_finds_the_right_page_first(
    page: Any, root: str, at: str, query: str, expected: str
) -> None:
    page.goto(root + at)
    first = first_found(page, query)
    assert expected in first
    assert ("/zh-hant/" in first) is bool(at)


def test_the_switch_leads_to_the_same_page(page: Any, root: str) -> None:
    page.goto(f"{root}rules/tw/covid19-1922/round-19/")
    link = page.locator('a[hreflang="zh-Hant"].md-select__link').first
    href = link.evaluate("it => it.href")
    assert href == f"{root}zh-hant/rules/tw/covid19-1922/round-19/"
    page.goto(href)
    assert page.evaluate("document.documentElement.lang") == "zh-Hant"


def test_a_wide_table_is_reached_by_the_keyboard_and_shows_that_it_goes_on(
    page: Any, root: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{root}rules/tw/covid19-1922/round-12/")
    page.wait_for_selector(".goes-on-right")
    box = page.locator(".goes-on-right").first
    assert box.get_attribute("tabindex") == "0"
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("it => it.scrollLeft > 0", arg=box.element_handle())


def test_no_page_is_wider_than_the_window_or_too_long(page: Any, root: str) -> None:
    """Each page is loaded once, and measured at the width of a desktop and of a phone."""
    site = Path(os.environ["VAXPOLICY_SITE"])
    pages = sorted(it.parent.relative_to(site).as_posix() for it in site.rglob("index.html"))
    assert len(pages) > 250
    page.context.route("**/search_index.json", lambda route: route.abort())
    wide = []
    long = []
    for at in pages:
        page.set_viewport_size({"width": 1300, "height": 800})
        page.goto(f"{root}{at}/")
        for width in (1300, 390):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((at, width))
            if page.evaluate("document.documentElement.scrollHeight") > LONGEST:
                long.append((at, width))
    assert wide == []
    assert long == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("at", AXE_PAGES)
def test_axe_finds_nothing(browser: Any, root: str, at: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1300, "height": 900})
    page = context.new_page()
    page.goto(root + at)
    page.wait_for_timeout(200)
    page.add_script_tag(path=str(axe_script()))
    found = page.evaluate(
        "axe.run(document).then(it => it.violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 120)]))"
    )
    context.close()
    assert not found


def measure(**seconds: float) -> None:
    """Add what was measured to the file that `VAXPOLICY_MEASURED` names, for the playground's page."""
    if file := os.environ.get("VAXPOLICY_MEASURED"):
        place = Path(file)
        known = json.loads(place.read_text("utf-8")) if place.exists() else {}
        place.write_text(json.dumps({**known, **seconds}), "utf-8")


def choose_language(page: Any, lang: str) -> None:
    """Choose a language, and wait until the names of the policies are in it."""
    page.select_option("#pg-lang", lang)
    title = policy_title(catalog.load("tw/mmr-women/2026"), lang)
    option = page.locator("#pg-policy option[value='tw/mmr-women/2026']")
    expect(option).to_have_text(f"{title} (tw/mmr-women/2026)")


def choose_policies_and_groups(page: Any) -> None:
    choose_language(page, "en")
    page.click("#pg-running")
    marked = page.eval_on_selector_all("#pg-policy option:checked", "its => its.map(it => it.text)")
    assert len(marked) >= 5
    assert all(re.fullmatch(r"[A-Z].+ \(tw/[^)]+\)", it) for it in marked)
    page.click("#pg details summary")
    page.select_option("#pg-sex", "female")
    page.fill("#pg-fact-on", "never")
    page.click("#pg-decide")
    page.wait_for_selector("#pg-answers .pg-problem")
    assert ", never. Press the button" in page.inner_text("#pg-answers .pg-problem")
    page.wait_for_function("document.getElementById('pg-answers').dataset.done === '3'")
    page.click("#pg-add-fact")
    assert page.input_value("#pg-fact-on") == ""
    assert page.locator("#pg-facts li").count() == 1
    page.select_option("#pg-policy", "tw/mmr-women/2026")
    page.click("#pg-decide")
    page.wait_for_selector("#pg-answers[data-done='4']", timeout=60_000)
    assert page.locator("#pg-answers .pg-problem").count() == 0
    page.fill("#pg-groups-sought", "indigenous")
    shown = page.eval_on_selector_all(
        "#pg-groups option:not([hidden])", "its => its.map(it => it.text)"
    )
    assert shown
    assert all("indigenous" in it.lower() for it in shown)
    for lang in ("zh-Hant", "en"):
        choose_language(page, lang)
        assert page.locator("#pg-groups option:not([hidden])").count() == len(shown)


def edit_a_policy(page: Any) -> None:
    page.click("#pg-open")
    page.wait_for_function("document.getElementById('pg-file').value.length > 100")
    page.click("#pg-edit")
    page.wait_for_selector("#pg-edited .picture svg", timeout=60_000)
    text = page.input_value("#pg-file").replace("age_at_least", "age_at_lest", 1)
    page.fill("#pg-file", text)
    page.click("#pg-edit")
    page.wait_for_function(
        "document.getElementById('pg-edited').textContent.includes('did you mean age_at_least?')"
    )


def test_the_playground_answers_as_the_library_does_and_asks_nobody(page: Any, root: str) -> None:
    page.goto(f"{root}learn/playground/")
    # The page says "15 MB" until it has read how much there is.
    page.wait_for_function(
        r"/^1\d\.\d MB$/.test(document.getElementById('pg-size').textContent)", timeout=60_000
    )
    began = time.monotonic()
    page.click("#pg-load")
    page.wait_for_selector("#pg[data-ready=yes]", timeout=180_000)
    seconds = float(re.findall(r"[\d.]+", page.inner_text("#pg-state"))[0])
    waited = time.monotonic() - began
    page.context.set_offline(True)  # all that follows happens in the browser
    asked = len(page.asked)
    page.fill("#pg-born", "1990/01/01")
    page.click("#pg-decide")
    page.wait_for_function(
        "document.getElementById('pg-answers').textContent.startsWith('Write the birth date as')"
    )
    page.fill("#pg-born", "1990-01-01")
    for day in ("2021-07-01", "2021-10-28"):
        page.select_option("#pg-vaccine", "AZ")
        page.fill("#pg-on", day)
        page.click("#pg-add")
    began = time.monotonic()
    page.click("#pg-decide")
    page.wait_for_selector("#pg-answers[data-done='1']", timeout=60_000)
    measure(ready=waited, first=waited + time.monotonic() - began)
    person = {
        "birth_date": "1990-01-01",
        "doses": [{"vaccine": "AZ", "on": day} for day in ("2021-07-01", "2021-10-28")],
    }
    wanted = json.loads(
        playground_app.run("answer", json.dumps([person, "tw/covid19-1922/round-19", "en"]))
    )
    told = page.inner_text("#pg-answers")
    assert wanted["title"] in told
    assert all(reason in told for reason in wanted["reasons"])
    assert "In retrospect" in told
    assert page.locator(".pg-day").count() == 4
    page.select_option("#pg-lang", "vi")
    page.click("#pg-decide")
    page.wait_for_selector("#pg-answers[data-done='2']", timeout=60_000)
    assert "20 tháng 1" in page.inner_text("#pg-answers")
    choose_policies_and_groups(page)
    page.fill("#pg-number", "A123456788")
    page.click("#pg-check")
    page.wait_for_selector("#pg-number-answer:not(:empty)")
    assert page.inner_text("#pg-number-answer").startswith("✗")
    edit_a_policy(page)
    assert len(page.asked) == asked
    assert seconds > 0


ANSWER_ALL = """
async ([script, root, asked]) => {
  const worker = new Worker(script, { type: "module" });
  let heard;
  worker.addEventListener("message", ({ data }) => heard(data.error ?? data.result));
  const ask = (message) => new Promise((resolve) => { heard = resolve; worker.postMessage(message); });
  await ask({ id: 0, root });
  const answers = [];
  for (const args of asked) answers.push(await ask({ id: 1, call: "answer", args }));
  worker.terminate();
  return answers;
}
"""


def test_a_thousand_people_get_the_answers_of_cpython_byte_for_byte(page: Any, root: str) -> None:
    """People at the edges of all policies, from the vectors, in three languages."""
    people = []
    for file in sorted(Path(os.environ["VAXPOLICY_SITE"], "vectors", "people").rglob("*.json")):
        content = json.loads(file.read_text("utf-8"))
        people += [(row["person"], content["policy"]) for row in content["rows"]]
    chosen = people[:: len(people) // 1000][:1000]
    asked = [[*each, lang] for each in chosen for lang in ("en", "zh-Hant", "vi")]
    assert len(asked) == 3000
    page.goto(f"{root}learn/playground/")
    page.set_default_timeout(300_000)
    script = f"{root}javascripts/playground-worker.js"
    began = time.monotonic()
    told = page.evaluate(ANSWER_ALL, [script, f"{root}playground/", asked])
    measure(all=time.monotonic() - began)
    for args, answer in zip(asked, told, strict=True):
        assert answer == playground_app.run("answer", json.dumps(args)), args
