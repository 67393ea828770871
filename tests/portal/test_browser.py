"""The portal in a browser, as its visitors see it: every way in, in two languages and two widths."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from playwright.sync_api import Browser, Page, expect

from examples.portal.security import Who
from examples.portal.texts import say
from tests.portal.conftest import ROUND_13, ROUND_19, SEASON, Served, Visitor, slot_of
from vaxpolicy.eligibility import Outcome
from vaxpolicy.identity import Claim
from vaxpolicy.messages import dated_fact_name, describe_outcome
from vaxpolicy.reservation import Status

pytestmark = pytest.mark.browser

WIDTHS = {"desktop": (1280, 900), "phone": (360, 740)}
LOOKS = [(lang, width) for lang in ("zh-Hant", "id") for width in WIDTHS]

CARD = ("0000", "1234", "5678")
WAYS: dict[str, dict[str, Any]] = {
    "card": {"id_number": "A123456789", "card": CARD},
    "hk-macau": {"id_number": "B880111115", "status": "hk-macau", "permit": "102345678901"},
    "prc": {"id_number": "B990111110", "status": "prc", "permit": "103456789012"},
    "no-household": {
        "id_number": "B870111112",
        "status": "national-without-household",
        "permit": "104567890123",
    },
    "passport": {
        "id_number": "A800000014",
        "status": "foreign-or-stateless",
        "passport": "X1234567",
    },
}


@frozen
class Browse:
    """The parts that every browser test needs."""

    chromium: Browser
    axe: str
    screenshots: Path


@pytest.fixture
def browse(browser: Browser, axe: str, screenshots: Path) -> Browse:
    return Browse(browser, axe, screenshots)


class Person:
    """Somebody at a browser, who reads the pages in one language at one width."""

    def __init__(self, page: Page, served: Served, look: tuple[str, str], browse: Browse) -> None:
        self.page, self.served, self.lang = page, served, look[0]
        self.look, self.axe, self.to = "-".join(look), browse.axe, browse.screenshots
        self.looks = True

    def go(self, path: str) -> None:
        self.page.goto(self.served.address + path)

    def see(self, name: str) -> None:
        """Look at the page: a picture of it, nothing serious, nothing wider than the screen."""
        if not self.looks:  # another test has seen the very same page
            return
        self.page.wait_for_load_state()
        broken = "[...document.images].filter(each => !each.naturalWidth).map(each => each.src)"
        assert self.page.evaluate(broken) == []
        self.page.screenshot(path=self.to / f"{name}-{self.look}.png", full_page=True)
        assert self.page.locator("html").get_attribute("lang") == self.lang
        self.page.evaluate(self.axe)
        found = self.page.evaluate("axe.run().then(found => found.violations)")
        serious = [
            (each["id"], [node["html"] for node in each["nodes"]])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]
        assert not serious, (name, serious)
        width = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0, f"{name} is wider than the screen by {width} pixels"

    def press(self, key: str, **values: Any) -> None:
        name = say(key, self.lang, **values)
        control = self.page.locator("main").get_by_role("button", name=name, exact=True)
        link = self.page.locator("main").get_by_role("link", name=name, exact=True)
        control.or_(link).first.click()

    def fill_identity(self, way: dict[str, Any]) -> None:
        page = self.page
        page.fill("#id_number", way["id_number"])
        if "card" in way:
            page.locator("#card1").press_sequentially("".join(way["card"]))  # the cursor moves on
            assert [page.input_value(f"#card{n}") for n in (1, 2, 3)] == list(way["card"])
        else:
            page.check("[name=without_card]")
            page.select_option("#status", way["status"])
            for box in ("permit", "passport"):
                page.fill(f"#{box}", way.get(box, ""))
        cookie = next(each["value"] for each in page.context.cookies() if each["name"] == "session")
        page.fill("#captcha", self.served.captcha_of(cookie))

    def identify(self, way: dict[str, Any]) -> None:
        self.go("/identity")
        self.fill_identity(way)
        self.press("continue")

    def problem(self, field: str) -> str:
        return self.page.locator(f"#{field}-problem").inner_text()


@contextmanager
def somebody(
    browse: Browse, served: Served, lang: str, width: str, *, script: bool = True
) -> Iterator[Person]:
    wide, high = WIDTHS[width]
    context = browse.chromium.new_context(
        locale={"zh-Hant": "zh-TW"}.get(lang, lang),
        viewport={"width": wide, "height": high},
        java_script_enabled=script,
    )
    context.set_default_timeout(10_000)
    problems: list[str] = []
    page = context.new_page()
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    yield Person(page, served, (lang, width), browse)
    context.close()
    # A page that refuses or a form with problems answers 4xx, which the console repeats.
    assert [
        each for each in problems if "the server responded with a status of 4" not in each
    ] == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("lang", "width"), LOOKS)
def test_from_the_form_to_a_booking_a_change_and_a_cancellation(
    browse: Browse, opened: Served, lang: str, width: str, way: str
) -> None:
    with somebody(browse, opened, lang, width) as person:
        page = person.page
        person.looks = way == "card"
        person.go("/")
        person.see("home")
        person.press("home.start")
        person.see("identity")
        person.fill_identity(WAYS[way])
        person.press("continue")
        expect(page).to_have_url(f"{opened.address}/me")
        person.see("me")
        person.press("book")
        person.see("book")
        for box, choice in (("county", "臺北市"), ("site", "taipei-2"), ("day", "2022-01-18")):
            page.select_option(f"#{box}", choice)
            person.press("show")
        page.locator("input[name=slot]").first.check()
        person.press("book")
        expect(page).to_have_url(f"{opened.address}/ticket")
        person.see("ticket")
        first = page.locator(".code").inner_text()
        person.press("me.title")
        person.see("me-booked")
        person.press("change")
        person.see("change")
        page.locator("input[name=slot]").nth(2).check()
        person.press("change")
        assert page.locator(".code").inner_text() != first
        person.press("me.title")
        person.press("cancel")
        expect(page.locator(".slot")).to_have_count(0)
        statuses = [opened.portal.service.journey(s).status for s in opened.portal.registry.people]
        assert statuses.count(Status.CANCELLED) == 1
        assert not opened.portal.service.unsettled(now=ROUND_19)


@pytest.mark.parametrize(("lang", "width"), LOOKS)
def test_what_is_wrong_with_a_form_is_said_beside_the_fields(
    browse: Browse, opened: Served, lang: str, width: str
) -> None:
    with somebody(browse, opened, lang, width) as person:
        page = person.page
        person.identify({"id_number": "A123456788", "card": ("0000", "1234", "567")})
        assert person.problem("id_number")
        assert person.problem("nhi_card")
        assert page.locator("#id_number").get_attribute("aria-invalid") == "true"
        person.see("identity-wrong-number")
        person.identify({"id_number": "A800000014", "status": "hk-macau", "permit": "A123456789"})
        assert person.problem("permit")
        person.see("identity-wrong-box")
        page.fill("#captcha", "0")
        person.press("continue")
        assert person.problem("captcha_passed")
        person.identify({"id_number": "A123456789", "card": ("9999", "9999", "9999")})
        expect(page.get_by_role("alert")).to_be_visible()
        person.see("identity-not-matched")


@pytest.mark.parametrize(("lang", "width"), LOOKS)
def test_a_closed_window_a_full_slot_and_somebody_too_young(
    browse: Browse, opened: Served, lang: str, width: str
) -> None:
    with somebody(browse, opened, lang, width) as person:
        page = person.page
        person.identify({"id_number": "A100222221", "card": ("0000", "3333", "4444")})
        person.see("me-too-young")
        person.identify(WAYS["card"])
        person.go("/book")
        wanted = page.locator("input[name=slot]").first
        slot = wanted.get_attribute("value")
        wanted.check()
        for number, card in (("A100111116", "000044445555"), ("B880111115", "")):
            other = Visitor(opened)
            documents = {f"card{n + 1}": card[4 * n : 4 * n + 4] for n in range(3)} if card else {}
            permit = {"without_card": "1", "status": "hk-macau", "permit": "102345678901"}
            other.identify(number, **(documents or permit))
            other.get("/book")
            other.send("/book", slot=slot)
        person.press("book")
        expect(page.get_by_role("alert")).to_be_visible()
        person.see("slot-full")
        opened.at(ROUND_19 + timedelta(days=1, hours=1))
        person.go("/book")
        person.see("window-closed")
        expect(page.locator("input[name=slot]")).to_have_count(0)


@pytest.mark.parametrize(("lang", "width"), LOOKS)
def test_willingness(browse: Browse, served: Served, lang: str, width: str) -> None:
    served.at(ROUND_13 - timedelta(days=14))
    with somebody(browse, served, lang, width) as person:
        page = person.page
        person.identify({"id_number": "F200111113", "card": ("0000", "2222", "3333")})
        person.press("willingness.register")
        expect(page.locator("[name=vaccine]:checked")).to_have_count(4)
        page.fill("#mobile", "12")
        person.press("willingness.register")
        expect(page.get_by_role("alert")).to_be_visible()
        person.see("willingness")
        page.fill("#mobile", "0912345678")
        person.press("willingness.register")
        person.see("me-registered")
        person.press("willingness.amend")
        page.uncheck("[name=vaccine][value=AZ]")
        page.fill("#mobile", "0912345678")
        person.press("willingness.amend")
        person.press("willingness.withdraw")
        expect(
            page.locator("main").get_by_role("link", name=say("willingness.register", lang))
        ).to_be_visible()


@pytest.mark.parametrize(("lang", "width"), LOOKS)
def test_the_questions_of_the_season(browse: Browse, served: Served, lang: str, width: str) -> None:
    served.at(SEASON)
    with somebody(browse, served, lang, width) as person:
        page = person.page
        person.identify({"id_number": "F200111113", "card": ("0000", "2222", "3333")})
        question = page.get_by_role("group", name=dated_fact_name("covid19-infection", lang))
        person.see("questions")
        question.get_by_label(say("facts.on", lang), exact=True).check()
        question.get_by_label(say("facts.day", lang), exact=True).fill("2026-10-28")
        person.press("facts.save")
        expect(question.get_by_label(say("facts.on", lang), exact=True)).to_be_checked()
        question.get_by_label(say("facts.never", lang), exact=True).check()
        person.press("facts.save")
        expect(question.get_by_label(say("facts.never", lang), exact=True)).to_be_checked()
        expect(page.get_by_text(describe_outcome(Outcome.ELIGIBLE, lang)).first).to_be_visible()
        person.go("/login")
        page.fill("#clerk", "Lin")
        page.fill("#password", "let me in")
        person.press("continue")
        person.see("staff-questions")


@pytest.mark.parametrize(("lang", "width"), LOOKS)
def test_staff_and_operator(browse: Browse, opened: Served, lang: str, width: str) -> None:
    visitor = Visitor(opened)
    visitor.identify()
    slot = next(each for each in visitor.slots() if "2022-01-17" in each)
    visitor.send("/book", slot=slot)
    with somebody(browse, opened, lang, width) as person:
        page = person.page
        for role in ("operator", "staff"):
            person.go("/login")
            page.check(f"[value={role}]")
            page.fill("#clerk", "Lin")
            page.fill("#password", "guess")
            person.press("continue")
            person.see("login")
            page.check(f"[value={role}]")
            page.fill("#clerk", "Lin")
            page.fill("#password", "let me in")
            person.press("continue")
            if role == "operator":
                person.press("operator.decide")
                person.see("operator")
        opened.at(ROUND_19.replace(day=17, hour=9))
        person.go(f"/staff?site={slot_of(slot).site}&day=2022-01-17")
        person.see("staff")
        for done in ("arrived", "vaccinated"):
            person.press(f"staff.{done}")
        expect(page.get_by_role("button", name=say("staff.arrived", lang))).to_have_count(0)
        person.press("staff.correct")
        expect(page.get_by_role("button", name=say("staff.vaccinated", lang))).to_be_visible()
        page.fill("#id_number", "A100111116")
        page.fill("#number", "000044445555")
        person.press("staff.walkin.add")
        page.locator("details").first.click()
        person.see("staff-entered")
        expect(page.locator("article")).to_have_count(2)


@pytest.mark.parametrize(("lang", "width"), LOOKS)
def test_a_household_and_a_waiting_list(
    browse: Browse, opened: Served, lang: str, width: str
) -> None:
    with somebody(browse, opened, lang, width) as person:
        page = person.page
        person.identify(WAYS["card"])
        person.press("together.add")
        person.fill_identity(WAYS["hk-macau"])
        person.press("continue")
        person.see("me-together")
        person.go("/book")
        person.see("book-together")
        person.press("book")
        expect(page.locator(".code")).to_have_count(2)
        person.see("ticket-together")
    with somebody(browse, opened, lang, width) as person:
        person.identify({"id_number": "A100111116", "card": ("0000", "4444", "5555")})
        person.go("/book")
        person.see("book-full")
        person.press("wait.join")
        person.see("me-waiting")
        person.press("wait.leave")
        expect(person.page.get_by_text(say("wait.title", lang), exact=True)).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "vi", "th"])
def test_the_other_languages(browse: Browse, opened: Served, lang: str) -> None:
    with somebody(browse, opened, lang, "phone") as person:
        person.go("/identity")
        person.see("identity")
        person.identify(WAYS["card"])
        person.see("me")
        person.go("/book")
        person.see("book")


def test_without_javascript_and_by_keyboard(browse: Browse, opened: Served) -> None:
    with somebody(browse, opened, "en", "desktop", script=False) as person:
        page = person.page
        person.go("/identity")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.fill("#id_number", "A123456789")
        for n, digits in enumerate(CARD, 1):
            page.fill(f"#card{n}", digits)
        cookie = next(each["value"] for each in page.context.cookies() if each["name"] == "session")
        page.fill("#captcha", opened.captcha_of(cookie))
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{opened.address}/me")
        person.go("/book")
        page.locator("input[name=slot]").first.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{opened.address}/ticket")


def test_two_clicks_send_a_form_once(
    browse: Browse, opened: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one would come from a page whose session the first one has ended.

    People click again after a while, where the network is slow.
    """
    identify = opened.portal.identify

    def slowly(claim: Claim) -> Who:
        time.sleep(3)
        return identify(claim)

    monkeypatch.setattr(opened.portal, "identify", slowly)
    with somebody(browse, opened, "en", "desktop") as person:
        person.go("/identity")
        person.fill_identity(WAYS["card"])
        button = person.page.get_by_role("button", name=say("continue", "en"), exact=True)
        button.evaluate("it => { it.click(); setTimeout(() => it.click(), 2200); }")
        expect(person.page).to_have_url(f"{opened.address}/me")
        expect(person.page.locator(".status")).to_be_visible()
