"""The portal without a browser: what it answers, and what it never says."""

import gc
import json
import re
import socket
import sqlite3
import sys
from contextlib import closing
from datetime import date, datetime, time, timedelta
from html import unescape
from pathlib import Path, PurePosixPath
from time import sleep
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.portal import visitors
from examples.portal.__main__ import main
from examples.portal.portal import Portal
from examples.portal.security import MINUTES, Limit, Sessions
from examples.portal.settings import Settings, system_time
from examples.portal.texts import TEXTS
from tests.portal.conftest import ROUND_13, ROUND_19, SEASON, Served, Visitor, slot_of
from vaxpolicy import wire
from vaxpolicy.booking.slots import ChangeCapacity, Slot
from vaxpolicy.days import TAIWAN
from vaxpolicy.messages import LANGUAGES
from vaxpolicy.reservation import Actor, Cancel, Corrected, CorrectionReason, Status

SEASON_ID = "tw/covid19/2026"
DISTRICT = "臺北市大安區"
INFECTION = "0.covid19-infection"
ROUND_13_ID, ROUND_19_ID = "tw/covid19-1922/round-13", "tw/covid19-1922/round-19"
PORTAL = Path(__file__).parents[2] / "examples" / "portal"


def journey(served: Served, number: int = 0) -> Status:
    subject = list(served.portal.registry.people)[number]
    return served.portal.service.journey(subject).status


def book(visitor: Visitor, place: int = 0) -> str:
    slot = visitor.slots()[place]
    return visitor.send("/book", slot=slot)


def test_the_portal_is_small() -> None:
    lines = [
        line
        for each in PORTAL.glob("*.py")
        for line in each.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    assert len(lines) < 1200


def test_every_text_is_there_in_every_language() -> None:
    for key, texts in TEXTS.items():
        assert set(texts) == set(LANGUAGES), key
        fields = {name: re.findall(r"{(\w+)}", text) for name, text in texts.items()}
        assert len({tuple(sorted(each)) for each in fields.values()}) == 1, key


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant"),
        ("id-ID,id;q=0.9", "id"),
        ("fr,vi;q=0.5,en;q=0.4", "vi"),
        ("de;q=x,th;q=0.1", "th"),
        ("fr", "zh-Hant"),
        ("", "zh-Hant"),
    ],
)
def test_the_language_is_the_browsers(served: Served, asked: str, got: str) -> None:
    visitor = Visitor(served, asked)
    assert f'<html lang="{got}">' in visitor.get("/")


def test_a_language_that_was_chosen_stays(visitor: Visitor) -> None:
    assert '<html lang="th">' in visitor.get("/?lang=th")
    assert '<html lang="th">' in visitor.get("/identity")
    assert '<html lang="en">' in Visitor(visitor.served).get("/?lang=xx")


def test_another_language_is_the_same_page(opened: Served) -> None:
    """The person who is to be added, and what was chosen, stay."""
    visitor = Visitor(opened)
    visitor.identify()
    assert 'href="/identity?add=1&amp;lang=id"' in visitor.get("/identity?add=1")
    visitor.send("/identity?add=1", id_number="x")
    assert visitor.status == 422
    assert 'href="/identity?add=1&amp;lang=id"' in visitor.page
    visitor.get("/book?county=x%22&lang=th")
    assert 'href="/book?county=x%22&amp;lang=vi"' in visitor.page
    visitor.get("//elsewhere/?lang=th")
    assert 'href="/?lang=vi"' in visitor.page


def test_book_change_and_cancel(opened: Served) -> None:
    visitor = Visitor(opened)
    assert "<strong>eligible" in visitor.identify().lower()
    assert "Check-in code" in book(visitor) or "check-in" in visitor.page
    assert journey(opened) is Status.BOOKED
    assert "Instead of" in visitor.get("/book")
    book(visitor, 5)
    visitor.get("/ticket")
    (code,) = re.findall('class="code">(.*?)<', visitor.page)
    visitor.get(f"/ticket/{code}.svg")
    assert 'xmlns="http://www.w3.org/2000/svg"' in visitor.page
    visitor.get("/me")
    visitor.send("/cancel")
    assert journey(opened) is Status.CANCELLED
    assert not opened.portal.service.unsettled(now=ROUND_19)
    visitor.get("/ticket")
    assert visitor.headers["Location"] == "/me"
    visitor.get("/ticket/X.svg")
    assert visitor.status == 404


def test_a_form_that_is_sent_twice_counts_once(opened: Served) -> None:
    visitor = Visitor(opened)
    visitor.identify()
    visitor.slots()
    page, slot = visitor.page, visitor.slots()[0]
    for _ in range(2):
        visitor.page = page
        assert "check-in" in visitor.send("/book", slot=slot)
    places = [each for each in opened.portal.service.capacities() if each.version > 1]
    assert len(places) == 1
    assert places[0].version == 2


def test_a_registration_that_is_sent_twice_counts_once(served: Served) -> None:
    served.at(ROUND_13 - timedelta(days=14))
    visitor, subject = Visitor(served), next(iter(served.portal.registry.people))
    visitor.identify()
    for version, vaccine in ((1, "BNT"), (2, "AZ")):
        page = visitor.get("/willingness")
        for _ in range(2):
            visitor.page = page
            visitor.send("/willingness", vaccine=vaccine, mobile="0912345678", district=DISTRICT)
            assert (visitor.status, 'role="alert"' in visitor.page) == (200, False)
            assert served.portal.service.journey(subject).version == version


def test_willingness(served: Served) -> None:
    served.at(ROUND_13 - timedelta(days=14))
    visitor = Visitor(served)
    visitor.identify("F200111113", card1="0000", card2="2222", card3="3333")
    assert "Kota Taipei, Distrik Da’an</option>" in visitor.get("/willingness?lang=id")
    assert f">{DISTRICT}</option>" in visitor.get("/willingness?lang=zh-Hant")
    visitor.get("/willingness?lang=en")
    assert visitor.page.count(" checked") == 4
    assert "at least one" in visitor.send("/willingness", mobile="0912345678")
    visitor.send("/willingness", mobile="12", district="nowhere")
    assert visitor.status == 422
    for field in ("vaccine", "district", "mobile"):
        assert f'id="{field}-problem"' in visitor.page
        assert f'{field}-problem" aria-invalid="true"' in visitor.page
    visitor.send("/willingness", vaccine=["BNT", "AZ"], mobile="0912 345 678", district=DISTRICT)
    assert journey(served, 1) is Status.REGISTERED
    visitor.get("/willingness")
    visitor.send("/willingness", vaccine=["BNT"], mobile="0912345678", district=DISTRICT)
    (wanted,) = re.findall("Registered for: (.*?)<", visitor.page)
    assert "BioNTech" in wanted
    assert "AstraZeneca" not in wanted
    served.at(ROUND_13)
    operator = Visitor(served)
    operator.sign_in("operator")
    operator.operate("open", ROUND_13_ID)
    assert "1 people were notified" in operator.operate("notify", ROUND_13_ID)
    assert "ligible: 1" in operator.operate("decide", ROUND_13_ID)
    assert journey(served, 1) is Status.NOTIFIED
    assert {(it.vaccine, it.dose) for it in map(slot_of, visitor.slots())} == {("BNT", 1)}
    assert "check-in" in book(visitor)
    visitor.get("/me")
    served.at(ROUND_13 + timedelta(days=20))
    visitor.send("/withdraw", command="w")
    assert visitor.status == 409


def test_a_registration_is_withdrawn(served: Served) -> None:
    served.at(ROUND_13 - timedelta(days=14))
    visitor = Visitor(served)
    visitor.identify()
    visitor.get("/willingness")
    visitor.send("/willingness", vaccine=["BNT"], mobile="0912345678", district=DISTRICT)
    visitor.send("/withdraw", command="w")
    assert journey(served) is Status.WITHDRAWN


def test_the_day(opened: Served) -> None:
    visitor, staff = Visitor(opened), Visitor(opened)
    visitor.identify()
    slot = next(each for each in visitor.slots() if "2022-01-17" in each)
    visitor.send("/book", slot=slot)
    code = re.findall(r'class="code">(\w+)', visitor.page)[0]
    staff.sign_in("staff")
    where = f"/staff?site={slot_of(slot).site}&day=2022-01-17"
    staff.get(f"{where}&code={code.lower()}")
    assert "A12345****" in staff.page
    opened.at(ROUND_19.replace(day=17, hour=9))
    staff.get(where)
    form = staff.hidden()
    arrived = {"command": "a1", "subject": form["subject"], "booking": form["booking"]}
    staff.send("/staff/arrived", **arrived)
    assert journey(opened) is Status.ARRIVED
    other = next(each for each in ("BNT", "Moderna") if each != slot_of(slot).vaccine)
    staff.send("/staff/vaccinated", **{**arrived, "command": "v1", "product": other})
    assert journey(opened) is Status.VACCINATED
    subject = next(iter(opened.portal.registry.people))
    (dose,) = opened.portal.service.journey(subject).doses
    assert dose.given.vaccine == other
    staff.get(f"{where}&code=nobody")
    assert "No booking here" in staff.page


def test_a_session_is_closed(opened: Served) -> None:
    visitor, staff = Visitor(opened), Visitor(opened)
    visitor.identify()
    slot = visitor.slots()[0]
    visitor.send("/book", slot=slot)
    staff.sign_in("staff")
    booked = slot_of(slot)
    where = {"site": booked.site, "day": booked.day.isoformat()}
    staff.get(f"/staff?site={booked.site}&day={booked.day}")
    staff.send("/staff/close", session=booked.session, command="typhoon", **where)
    assert journey(opened) is Status.CARRIED_OVER


def test_the_operators_clock(served: Served) -> None:
    operator = Visitor(served)
    operator.sign_in("operator")
    operator.get("/operator")
    operator.send("/operator/clock", at="2021-11-03T15:00")
    assert served.portal.now.date() == ROUND_13.date()
    for strange in ("soon", "", "0001-01-01T00:00", "2020-12-31T23:59", "9999-12-31T23:59"):
        operator.get("/operator")
        assert 'href="/operator"' in operator.send("/operator/clock", at=strange)
        assert operator.status == 400
    assert served.portal.now.date() == ROUND_13.date()
    operator.get("/operator")
    operator.send("/operator/open", policy="none")
    assert operator.status == 400
    assert not served.portal.service.capacities()
    for strange in ("outcome=", "outcome=x", "told=%3Cb%3E"):
        operator.get(f"/operator?{strange}")
        assert operator.status == 200
        assert "<b>" not in operator.page
    operator.send("/operator/clock", at="", now="1")
    assert abs(served.portal.now - system_time()) < timedelta(seconds=5)


def test_the_present_season(served: Served) -> None:
    """A season has no booking windows: one books on any of its days."""
    served.at(SEASON)
    operator, visitor = Visitor(served), Visitor(served)
    operator.sign_in("operator")
    operator.operate("open", SEASON_ID)
    visitor.identify("F200111113", card1="0000", card2="2222", card3="3333")
    assert "<strong>eligible" not in visitor.page.lower()
    assert "Infection with COVID-19" in visitor.page
    assert " checked" not in visitor.page
    assert not visitor.slots()
    assert "ligible: 1" not in operator.operate("decide", SEASON_ID)
    visitor.get("/me")
    for said in ("unknown", "never"):
        visitor.send("/me", **{INFECTION: said})
        assert f'value="{said}" checked' in visitor.page
    assert "<strong>eligible" in visitor.page.lower()
    assert "ligible: 1" in operator.operate("decide", SEASON_ID)
    assert "check-in" in book(visitor)
    assert journey(served, 1) is Status.BOOKED
    booking = served.portal.service.journey(list(served.portal.registry.people)[1]).booking
    assert booking is not None
    staff = Visitor(served)
    staff.sign_in("staff")
    served.at(datetime.combine(booking.slot.day, time(9), TAIWAN))
    staff.get(f"/staff?site={booking.slot.site}&day={booking.slot.day}")
    products = re.findall(r'<option value="(\w+)">', staff.page[: staff.page.index("</article>")])
    assert {booking.slot.vaccine, *products} >= {"Moderna", "Novavax"}


def test_an_infection_a_month_ago_delays_the_first_day(served: Served) -> None:
    """The season asks for 84 days after an infection, of a walk-in too."""
    operator, staff, visitor = Visitor(served), Visitor(served), Visitor(served)
    served.at(datetime(2027, 1, 15, 9, tzinfo=TAIWAN))
    operator.sign_in("operator")
    operator.operate("open", SEASON_ID)
    visitor.identify("F200111113", card1="0000", card2="2222", card3="3333")
    visitor.send("/me", **{INFECTION: "never"})
    assert slot_of(visitor.slots()[0]).day == date(2027, 1, 15)
    visitor.get("/me")
    visitor.send("/me", **{f"{INFECTION}.day": "2026-10-28"})
    assert 'value="on" checked' in visitor.page
    assert 'value="2026-10-28"' in visitor.page
    assert slot_of(visitor.slots()[0]).day == date(2027, 1, 20)
    staff.sign_in("staff")
    came = {"id_number": "F200111113", "document": "nhi_card", "number": "000022223333"}
    for said, status, then in (
        ({INFECTION: "on"}, 422, Status.NEW),
        ({}, 409, Status.NEW),
        ({INFECTION: "never"}, 200, Status.ARRIVED),
    ):
        staff.get("/staff?site=taipei-1&day=2027-01-15")
        staff.send("/staff/walkin", **came, session="morning", **said)
        assert (staff.status, journey(served, 1)) == (status, then)


@pytest.mark.parametrize("day", ["", "soon", "2026-11-28", "2026-02-30"])
def test_an_answer_without_a_day_that_can_be(served: Served, day: str) -> None:
    served.at(SEASON)
    visitor = Visitor(served)
    visitor.identify()
    assert "cannot be later" in visitor.send("/me", **{INFECTION: "on", f"{INFECTION}.day": day})
    assert visitor.status == 422
    assert f'aria-describedby=" {INFECTION}-problem" aria-invalid="true"' in visitor.page
    assert f'id="{INFECTION}-problem"' in visitor.page
    assert " checked" not in visitor.get("/me")
    visitor.send("/me", **{INFECTION: "perhaps"})
    assert " checked" not in visitor.page


def test_a_round_that_asks_has_its_question_in_the_registration(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Portal, "asked", ["covid19-infection"])
    served.at(ROUND_13 - timedelta(days=14))
    visitor = Visitor(served)
    visitor.identify("F200111113", card1="0000", card2="2222", card3="3333")
    visitor.get("/willingness")
    form = {"vaccine": ["BNT"], "mobile": "0912345678", "district": DISTRICT, INFECTION: "on"}
    assert "cannot be later" in visitor.send("/willingness", **form)
    assert f'id="{INFECTION}-problem"' in visitor.page
    assert 'value="0912345678"' in visitor.page
    visitor.send("/willingness", **form, **{f"{INFECTION}.day": "2021-08-01"})
    assert journey(served, 1) is Status.REGISTERED
    assert 'value="2021-08-01"' in visitor.get("/willingness")


def test_a_household_books_in_one_step(opened: Served) -> None:
    visitor = Visitor(opened)
    visitor.identify()
    visitor.get("/identity?add=1")
    solved = {"captcha": opened.captcha_of(visitor.cookies["session"])}
    permit = {"without_card": "1", "status": "hk-macau", "permit": "102345678901"}
    action = re.findall(r'action="(/identity[^"]*)"', visitor.page)[0]
    visitor.send(action, id_number="B880111115", **permit, **solved)
    assert "B88011****" in visitor.page
    value = visitor.slots()[0]
    assert len(json.loads(value)) == 3
    visitor.send("/book", slot=value, booking=["", ""])
    assert visitor.page.count('class="code"') == 2
    assert (journey(opened), journey(opened, 3)) == (Status.BOOKED, Status.BOOKED)
    visitor.get("/book")
    visitor.send("/alone")
    assert "B88011****" not in visitor.page
    assert all(len(json.loads(each)) == 2 for each in visitor.slots())


PERMIT = {"without_card": "1", "status": "hk-macau", "permit": "102345678901"}


def together(opened: Served) -> Visitor:
    """Somebody who books with another person."""
    visitor = Visitor(opened)
    visitor.identify()
    add(visitor, "B880111115", **PERMIT)
    return visitor


def add(visitor: Visitor, number: str, **documents: str) -> None:
    visitor.get("/identity?add=1")
    solved = {"captcha": visitor.served.captcha_of(visitor.cookies["session"])}
    visitor.send("/identity?add=1", id_number=number, **documents, **solved)


def test_a_page_for_two_books_nothing_for_one_of_them(opened: Served) -> None:
    """The visitor has gone on alone in another tab."""
    visitor = together(opened)
    value, page = visitor.slots()[0], visitor.page
    visitor.get("/me")
    visitor.send("/alone")
    visitor.page = page
    assert MALFORMED in visitor.send("/book", slot=value, booking=["", ""])
    assert journey(opened) is Status.NEW


@pytest.mark.parametrize("number", ["A123456789", "B880111115"])
def test_a_household_is_told_whose_booking_it_changes(opened: Served, number: str) -> None:
    """One of them has booked alone in between."""
    alone, visitor = Visitor(opened), together(opened)
    alone.identify(number, **({} if number == "A123456789" else PERMIT))
    book(alone)
    told = re.findall(r"<p>(\w+\*+): Instead of", visitor.get("/book"))
    assert told == [f"{number[:6]}****"]


def test_nobody_is_added_to_a_full_household(
    opened: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "MOST", 2)
    visitor = Visitor(opened)
    assert 'href="/identity?add=1"' in visitor.identify()
    add(visitor, "B880111115", **PERMIT)
    assert "B88011****" in visitor.page
    assert 'href="/identity?add=1"' not in visitor.page


def identified(opened: Served, number: str, digits: str) -> Visitor:
    visitor = Visitor(opened)
    visitor.identify(number, **{f"card{n + 1}": digits[4 * n : 4 * n + 4] for n in range(3)})
    return visitor


def test_the_waiting_list(opened: Served) -> None:
    """People who wait are told of a place, and book it; the others are told that somebody waits."""
    first, last = identified(opened, "A100111116", "000044445555"), Visitor(opened)
    waits = identified(opened, "A123456789", "000012345678")
    slot = next(each for each in first.slots() if each in waits.slots())
    opened.portal.service.manage(
        slot_of(slot), ChangeCapacity(id="one", actor=Actor.SITE, places=1), now=ROUND_19
    )
    first.send("/book", slot=slot)
    waits.get("/book")
    assert slot not in waits.slots()
    waits.send("/wait", slot=slot)
    assert "Number 1 in the list" in waits.page
    last.sign_in("staff")
    place = slot_of(slot)
    assert "1 waiting" in last.get(f"/staff?site={place.site}&day={place.day}")
    first.get("/me")
    first.send("/cancel")
    assert "A place is free" in waits.get("/me")
    waits.send("/book", slot=next(it for it in waits.slots() if slot_of(it) == place))
    assert journey(opened) is Status.BOOKED
    assert "Number 1" not in waits.get("/me")


def test_somebody_leaves_the_waiting_list(opened: Served) -> None:
    visitor = identified(opened, "A123456789", "000012345678")
    slot = visitor.slots()[0]
    place = slot_of(slot)
    shut = ChangeCapacity(id="none", actor=Actor.SITE, places=0)
    opened.portal.service.manage(place, shut, now=ROUND_19)
    visitor.get("/book")
    visitor.send("/wait", slot=slot)
    assert len(opened.portal.service.capacity(place).waiting) == 1
    visitor.send("/wait")
    assert opened.portal.service.capacity(place).waiting == ()


def test_walk_ins_moves_and_corrections_by_the_site(opened: Served) -> None:
    opened.at(ROUND_19.replace(day=17, hour=9))
    staff = Visitor(opened)
    staff.sign_in("staff")
    where = "/staff?site=taipei-1&day=2022-01-17"
    came = {"document": "nhi_card", "number": "000012345678", "session": "morning"}
    staff.get(where)
    # Hexadecimal digits beside another letter may look like the number of a document.
    assert re.search('name="command" value="w-[0-9a-f]{16}"', staff.page)
    assert "already" not in staff.send("/staff/walkin", id_number="A123456789", **came)
    assert journey(opened) is Status.ARRIVED
    assert "Lin" in staff.page
    staff.get(where)
    for wrong, status in (("A123456788", 422), ("A223456781", 409), ("A100222221", 409)):
        staff.get(where)
        staff.send("/staff/walkin", **{**came, "id_number": wrong, "number": "000033334444"})
        assert staff.status == status
    staff.get(where)
    staff.send("/staff/walkin", **{**came, "id_number": "A123456789", "session": "night"})
    assert staff.status == 409
    staff.get(where)
    form = staff.hidden()
    of_booking = {"subject": form["subject"], "booking": form["booking"]}
    staff.send("/staff/vaccinated", command="v1", **of_booking)
    assert journey(opened) is Status.VACCINATED
    (event,) = re.findall(r'name="event"><option value="(\d+)">', staff.page)
    taken_back = {"event": event, "reason": "wrong-person"}
    staff.send("/staff/correct", **of_booking, command="k1", **taken_back)
    assert journey(opened) is Status.ARRIVED
    subject = next(iter(opened.portal.registry.people))
    correction = opened.portal.service.journey(subject).history[-1]
    assert isinstance(correction, Corrected)
    assert correction.command.reason is CorrectionReason.WRONG_PERSON
    assert opened.portal.contacts.signed(subject)["k1"] == "Lin"
    staff.get(where)
    staff.send("/staff/nothing", **of_booking)
    assert staff.status == 404


def test_a_walk_in_that_is_sent_twice_counts_once(opened: Served) -> None:
    opened.at(ROUND_19.replace(day=17, hour=9))
    staff, subject = Visitor(opened), next(iter(opened.portal.registry.people))
    staff.sign_in("staff")
    page = staff.get("/staff?site=taipei-1&day=2022-01-17")
    came = {"id_number": "A123456789", "number": "000012345678", "document": "nhi_card"}
    versions = set()
    for _ in range(2):
        staff.page = page
        staff.send("/staff/walkin", **came, session="morning")
        assert (staff.status, 'role="alert"' in staff.page) == (200, False)
        versions.add(opened.portal.service.journey(subject).version)
    assert journey(opened) is Status.ARRIVED
    assert len(versions) == 1


def test_a_clerk_stays_at_the_site_after_a_refusal(opened: Served) -> None:
    """A walk-in would be entered at another site."""
    staff = Visitor(opened)
    staff.sign_in("staff")
    staff.get("/staff?site=taipei-2&day=2022-01-17")
    staff.send("/staff/walkin", id_number="A123456788", document="nhi_card", number="1")
    assert staff.status == 422
    (back,) = re.findall('<a href="([^"]+)">Back', staff.page)
    staff.get(back)
    assert staff.hidden()["site"] == "taipei-2"


def test_a_booking_may_be_moved_many_times(opened: Served) -> None:
    visitor, staff = Visitor(opened), Visitor(opened)
    visitor.identify()
    book(visitor)
    staff.sign_in("staff")
    subject = next(iter(opened.portal.registry.people))
    for _ in range(12):
        booking = opened.portal.service.journey(subject).booking
        assert booking is not None
        staff.get(f"/staff?site={booking.slot.site}&day={booking.slot.day}")
        staff.page = staff.page[staff.page.index('action="/staff/move"') :]
        (choices,) = re.findall(r'name="slot">(.*?)</select>', staff.page)
        staff.send("/staff/move", slot=unescape(re.findall('value="([^"]+)"', choices)[0]))
        assert staff.status == 200


def test_the_site_moves_a_booking(opened: Served) -> None:
    visitor, staff = Visitor(opened), Visitor(opened)
    visitor.identify()
    slot = visitor.slots()[0]
    visitor.send("/book", slot=slot)
    staff.sign_in("staff")
    staff.get(f"/staff?site={slot_of(slot).site}&day={slot_of(slot).day}")
    (choices,) = re.findall(r'name="slot">(.*?)</select>', staff.page)
    other = unescape(re.findall('value="([^"]+)"', choices)[0])
    staff.send("/staff/move", slot=other)
    assert staff.status == 200, staff.page
    subject = next(iter(opened.portal.registry.people))
    booking = opened.portal.service.journey(subject).booking
    assert booking is not None
    assert booking.slot == slot_of(other) != slot_of(slot)


COMMANDS = {
    value
    for each in (PORTAL / "templates").glob("*.html")
    for value in re.findall(r'name="command" value="([^"]*)"', each.read_text(encoding="utf-8"))
}
"""The ids of commands as the pages write them, with what they are made from."""


@given(st.from_regex("[0-9a-f]{16}", fullmatch=True), st.integers(1, 99_999))
def test_no_id_that_a_page_makes_is_refused(drawn: str, version: int) -> None:
    """A booking has the id of the command that made it, with any random digits."""
    assert len(COMMANDS) > 4
    for booking in (drawn, f"w-{drawn}", f"{drawn}/{version}"):
        parts = {"command": drawn, "booking.id": booking, "kind": "missed"}
        parts |= dict.fromkeys(("version", "loop.index"), str(version))
        for value in COMMANDS:
            made = _made(value, parts)
            assert "{" not in made
            assert Cancel(id=made, actor=Actor.PERSON, subject="p", booking=booking).id == made


def _made(value: str, parts: dict[str, str]) -> str:
    """The value of a page with its parts; `each.booking.id` ends with the name of its part."""

    def part(found: re.Match[str]) -> str:
        return next(it for name, it in parts.items() if found[1].endswith(name))

    return re.sub("{{ (.*?) }}", part, value)


def test_whoever_signs_out_after_the_session_has_ended_is_signed_out(opened: Served) -> None:
    visitor = Visitor(opened)
    visitor.identify()
    opened.portal.sessions.end(visitor.cookies["session"])
    visitor.send("/leave")
    assert visitor.status == 200
    assert 'action="/leave"' not in visitor.page


@pytest.mark.parametrize(
    ("role", "path", "back"),
    [("visitor", "/book", "/me"), ("staff", "/staff/walkin", "/staff"), ("", "/login", "/login")],
)
def test_a_form_sent_after_the_session_has_ended_is_answered_in_words(
    opened: Served, role: str, path: str, back: str
) -> None:
    visitor = Visitor(opened)
    if role == "staff":
        visitor.sign_in(role)
    elif role:
        visitor.identify()
    visitor.get(path.removesuffix("/walkin"))
    opened.portal.sessions.end(visitor.cookies["session"])
    assert "too old" in visitor.send(path)
    assert f'<a href="{back}">Back' in visitor.page


def test_a_form_that_breaks_off_on_its_way_is_no_fault_of_the_portal(
    opened: Served, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = Visitor(opened)
    visitor.identify()
    host, port = opened.address.removeprefix("http://").split(":")
    kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500"
    cookie = f"Cookie: session={visitor.cookies['session']}"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            f"POST /book HTTP/1.1\r\nHost: x\r\n{cookie}\r\n{kind}\r\n\r\nc=".encode()
        )
        sleep(0.2)
    sleep(0.2)
    visitor.get("/me")
    assert visitor.status == 200
    assert not caplog.records


# Attacks.


@pytest.mark.parametrize("path", ["/me", "/book", "/ticket", "/ticket/x.svg", "/willingness"])
def test_nobody_sees_a_page_of_a_person_unidentified(visitor: Visitor, path: str) -> None:
    visitor.get(path)
    assert (visitor.status, visitor.headers["Location"]) == (303, "/identity")


@pytest.mark.parametrize("path", ["/staff", "/operator"])
def test_staff_pages_need_a_login(visitor: Visitor, path: str) -> None:
    visitor.get(path)
    assert (visitor.status, visitor.headers["Location"]) == (303, "/login")
    visitor.get("/login")
    guess = {"role": path[1:], "password": "guess"}
    assert "password is wrong" in visitor.send("/login", clerk="Lin", **guess)
    visitor.get("/login")
    visitor.send("/login", **guess)
    assert visitor.status == 422
    visitor.sign_in("staff" if path == "/operator" else "operator")
    visitor.get(path)
    assert visitor.status == 303


def test_a_form_of_another_site_is_refused(opened: Served) -> None:
    visitor = Visitor(opened)
    visitor.identify()
    slot = visitor.slots()[0]
    for forged in ("", "x", "ü"):
        visitor.send("/book", slot=slot, csrf=forged)
        assert visitor.status == 403
    assert journey(opened) is Status.NEW


def test_one_answer_for_no_such_person_and_another_card(visitor: Visitor) -> None:
    answers = [
        visitor.identify(number, card1="9999", card2="9999", card3="9999")
        for number in ("A123456789", "A223456781")
    ]
    texts = [re.findall(r'role="alert">.*?</div>', page, re.DOTALL) for page in answers]
    assert texts[0] == texts[1]
    assert len(texts[0]) == 1


def test_a_number_may_not_be_tried_often(visitor: Visitor) -> None:
    for _ in range(8):
        visitor.identify("A123456789", card1="9999", card2="9999", card3="9999")
    assert "Too many attempts" in visitor.identify()
    assert "Too many" not in visitor.identify("F200111113", card1="0000", card2="2222", card3="3")


def test_an_address_may_not_try_often(visitor: Visitor) -> None:
    for _ in range(60):
        visitor.get("/login")
        visitor.send("/login", clerk="Lin", password="guess", role="")  # noqa: S106  # made up
        visitor.served.portal.by_address.allows("127.0.0.1")
    assert visitor.status == 429
    for _ in range(9):
        assert "Too many attempts" in visitor.identify()
    visitor.served.portal.by_address = Limit(60, 600)
    assert "A12345****" in visitor.identify()  # that address has used up nobody's attempts


def test_full_width_digits_solve_a_captcha(visitor: Visitor) -> None:
    """They are read in the boxes of the card as well."""
    visitor.get("/identity")
    digits = visitor.served.captcha_of(visitor.cookies["session"])
    wide = "".join(chr(ord(each) + 0xFEE0) for each in digits)
    card = {"card1": "0000", "card2": "1234", "card3": "5678"}
    visitor.send("/identity", id_number="A123456789", captcha=wide, **card)
    assert "A12345****" in visitor.page
    assert visitor.status == 200


def test_a_session_that_has_ended_is_forgotten_with_its_numbers() -> None:
    """Its visitor need not come back for that."""
    sessions = Sessions()
    _, session = sessions.start()
    session.seen -= MINUTES * 60 + 1
    forgotten = ref(session)
    del session
    sessions.find("another")
    gc.collect()
    assert forgotten() is None


def test_a_captcha_counts_once(visitor: Visitor) -> None:
    visitor.get("/identity")
    first = visitor.served.captcha_of(visitor.cookies["session"])
    visitor.send("/identity", id_number="x", captcha=first)
    assert "captcha_passed-problem" not in visitor.page
    visitor.send("/identity", id_number="x", captcha=first)
    assert "captcha_passed-problem" in visitor.page
    visitor.identify()
    card = {"card1": "0000", "card2": "4444", "card3": "5555"}
    visitor.send("/identity", id_number="A100111116", captcha=first, **card)
    assert "captcha_passed-problem" in visitor.page
    assert visitor.get("/captcha.svg").startswith("<svg")
    assert "RIFF" in visitor.get("/captcha.wav")


@pytest.mark.parametrize("role", ["visitor", "staff", "operator"])
def test_only_a_sent_form_does_something(visitor: Visitor, role: str) -> None:
    """HEAD is answered like GET, and its body is not read: it needs no token of the page."""
    visitor.get("/login")
    signed = "role=staff&password=let+me+in&clerk=Lin"
    if role == "visitor":
        visitor.identify()
    else:
        visitor.sign_in(role)
    status, before = journey(visitor.served), visitor.cookies["session"]
    for path in ("/", "/identity", "/me", "/willingness", "/book", "/login", "/staff", "/operator"):
        visitor.post(path, f"{signed}&vaccine=AZ&mobile=0912345678&id_number=A123456789", "HEAD")
        assert visitor.status in (200, 303), path
        assert visitor.cookies["session"] == before, path
    assert journey(visitor.served) is status
    for path in ("/leave", "/withdraw", "/cancel", "/wait", "/alone", "/staff/close"):
        visitor.post(path, signed, "HEAD")
        assert visitor.status == 405, path


def test_the_session_has_another_name_once_somebody_is_identified(visitor: Visitor) -> None:
    visitor.get("/")
    before = visitor.cookies["session"]
    visitor.identify()
    assert visitor.cookies["session"] != before
    visitor.send("/leave")
    visitor.get("/me")
    assert visitor.headers["Location"] == "/identity"


@pytest.mark.parametrize("last", ["identify", "sign in", "leave"])
def test_what_belongs_to_an_older_page_changes_no_session(opened: Served, last: str) -> None:
    """A browser may get a page's pictures after the visitor has signed in from it, or left."""
    visitor = Visitor(opened)
    visitor.identify()
    book(visitor)
    tickets, before = visitor.get("/ticket"), dict(visitor.cookies)
    if last == "leave":
        visitor.send("/leave")
    elif last == "identify":
        visitor.identify()
    else:
        visitor.sign_in("staff")
    after = dict(visitor.cookies)
    assert after != before
    parts = re.findall(r'(?:src|href)="(/[^"]+\.[^"]+)"', tickets + visitor.get("/identity"))
    kinds = {PurePosixPath(each.partition("?")[0]).suffix for each in parts}
    assert kinds == {".css", ".js", ".svg", ".wav"}
    for each in (*parts, "/favicon.ico"):
        visitor.cookies = dict(before)
        visitor.get(each)
        assert visitor.headers.get_all("Set-Cookie") is None, each
    visitor.cookies = after
    visitor.get("/identity")
    assert visitor.headers.get_all("Set-Cookie") is None


def test_headers_and_cookies(visitor: Visitor, tmp_path: Path) -> None:
    visitor.get("/identity")
    policy = visitor.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    cookie = visitor.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert visitor.headers["Cache-Control"] == "no-store"
    secret = Settings(database=str(tmp_path / "x.db"), key=b"s" * 32)
    assert "s" * 32 not in repr(secret)
    assert abs(secret.now() - system_time()) < timedelta(seconds=5)


@pytest.mark.parametrize("scheme", ["postgres", "mysql"])
def test_another_address_than_that_of_postgresql_is_refused(
    scheme: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["portal", "--database", f"{scheme}://user:secret@host/x"])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().err
    assert "an address that begins with postgresql://" in said
    assert "secret" not in said


def test_no_number_is_stored_or_in_an_address(
    opened: Served, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    visitor = Visitor(opened)
    visitor.identify()
    book(visitor)
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert b"A123456789" not in content
        assert b"000012345678" not in content
    with closing(sqlite3.connect(tmp_path / "portal.db")) as connection:
        kept = connection.execute("SELECT masked, length(subject) FROM contacts").fetchall()
    assert kept == [("A12345****", 64)]
    assert "A123456789" not in caplog.text


SLOT_OF_NO_PAGE = wire.dump(Slot("taipei-1", date(2022, 1, 17), "morning", "AZ", 3))
MALFORMED = "cannot be read, and nothing was changed"


@pytest.mark.parametrize(
    ("slot", "status"),
    [
        ("", 400),
        ("x", 400),
        ("[" * 100_000, 400),
        ("5", 400),
        ('["p"]', 400),
        (json.dumps(["p", [SLOT_OF_NO_PAGE]]), 400),
        (json.dumps(["p", [{**SLOT_OF_NO_PAGE, "dose": 0}, ""]]), 400),
        (json.dumps(["p", [{**SLOT_OF_NO_PAGE, "day": "2022-W03"}, ""]]), 400),
        (json.dumps(["p", [SLOT_OF_NO_PAGE, ""]]), 409),
        (json.dumps([ROUND_19_ID, [{**SLOT_OF_NO_PAGE, "site": "x"}, ""]]), 409),
    ],
)
def test_a_slot_that_no_page_offers(opened: Served, slot: str, status: int) -> None:
    visitor = Visitor(opened)
    visitor.identify()
    for path in ("/book", "/wait") if status == 400 else ("/book",):
        visitor.get("/book")
        visitor.send(path, slot=slot)
        assert visitor.status == status
        assert (MALFORMED in visitor.page) == (status == 400)
        assert 'href="/me"' in visitor.page
    assert journey(opened) is Status.NEW


def test_a_body_of_another_kind_is_answered_in_words(visitor: Visitor) -> None:
    """Too many fields, and a body that is broken off; a body of a request that changes nothing."""
    visitor.identify()
    token = visitor.hidden()["csrf"]
    many = "&".join(f"f{number}=1" for number in range(1_500))
    cut = f'--x\r\nContent-Disposition: form-data; name="csrf\r\n\r\n{token}'
    kinds = {"Content-Type": "multipart/form-data; boundary=x"}
    for body, headers in ((f"csrf={token}&{many}", {}), (cut, kinds)):
        visitor.post("/book", body, **headers)
        assert visitor.status in (400, 403)
        assert 'role="alert"' in visitor.page
    visitor.post("/me", f"csrf={token}&{INFECTION}=never", method="GET")
    assert visitor.status == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_address_without_a_page_is_answered_in_words(served: Served, language: str) -> None:
    visitor = Visitor(served, language)
    said = TEXTS["missing"][language]
    for path, status in (("/nowhere", 404), ("/withdraw", 405), ("/static/x", 404), ("//[", 404)):
        assert said in visitor.get(path)
        assert visitor.status == status
        assert visitor.headers["Content-Language"] == language
        assert "default-src 'none'" in visitor.headers["Content-Security-Policy"]


@pytest.mark.parametrize("command", ["A123456788", "x" * 300])
def test_an_id_that_the_library_refuses_is_seen_and_told(
    opened: Served, command: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its value is not in the log: it may be a person's number."""
    visitor = Visitor(opened)
    visitor.identify()
    slot = visitor.slots()[0]
    visitor.send("/book", slot=slot, command=command)
    assert visitor.status == 500
    assert "Something went wrong on our side" in visitor.page
    assert [record.name for record in caplog.records] == ["portal.faults"]
    assert "InvalidValue at " in caplog.text
    assert "visitors.py:" in caplog.text
    assert command not in caplog.text


@pytest.mark.parametrize("charset", ["unicode_escape", "undefined", "punycode", "no-such"])
def test_a_form_in_another_coding_is_a_fault_like_others(
    opened: Served, charset: str, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = Visitor(opened)
    visitor.get("/identity")
    part = 'Content-Disposition: form-data; name="id_number"\r\n\r\nA123456789\xe9'
    body = f"--b\r\n{part}\r\n--b--\r\n"
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    visitor.post("/identity", body, **{"Content-Type": kind})
    assert visitor.status in (400, 403, 500)
    assert "<html" in visitor.page
    assert "A123456789" not in caplog.text + visitor.page
    assert {record.name for record in caplog.records} <= {"portal.faults"}


def test_staff_and_operator_are_told_of_what_cannot_be_read(served: Served) -> None:
    staff, operator = Visitor(served), Visitor(served)
    staff.sign_in("staff")
    assert MALFORMED in staff.get("/staff?day=soon")
    for path, values in (
        ("/staff/close", {"day": "2022-W03"}),
        ("/staff/correct", {"reason": "x", "event": "1"}),
        ("/staff/correct", {"reason": "wrong-person", "event": "x"}),
        ("/staff/move", {"slot": "x"}),
    ):
        staff.get("/staff")
        assert MALFORMED in staff.send(path, **values)
        assert staff.status == 400
    operator.sign_in("operator")
    for path, values in (("/operator/clock", {"at": "soon"}), ("/operator/open", {"policy": "x"})):
        operator.get("/operator")
        assert MALFORMED in operator.send(path, **values)


def test_the_operator_lets_the_slots_of_a_session_share_their_places(served: Served) -> None:
    operator, first, second = Visitor(served), Visitor(served), Visitor(served)
    operator.sign_in("operator")
    operator.operate("open", pool="people")
    sessions = served.portal.service.capacities()
    assert {len(it.slots) for it in sessions} == {4}
    first.identify()
    slot = slot_of(first.slots()[0])
    one = ChangeCapacity(id="one", actor=Actor.SITE, places=1)
    served.portal.service.manage(slot, one, now=ROUND_19)
    book(first)
    change = next(it for it in first.slots() if slot_of(it).shares_places(slot))
    first.send("/book", slot=change)
    assert "check-in" in first.page
    second.identify("B880111115", without_card="1", status="hk-macau", permit="102345678901")
    assert not [it for it in second.slots() if slot_of(it).shares_places(slot)]
    second.send("/wait", slot=change)
    assert second.page.count(f"{slot.day.day} January") >= 4
    assert "Number 1 in the list" in second.page
    first.get("/me")
    first.send("/cancel")
    assert "A place is free" in second.get("/me")
    shared = [it for it in second.slots() if slot_of(it).shares_places(slot)]
    assert len(shared) == 4
    second.send("/book", slot=shared[1])
    assert journey(served, 3) is Status.BOOKED
    assert not served.portal.service.unsettled(now=ROUND_19)


@pytest.mark.parametrize("pools", [("", "people"), ("people", "")])
def test_the_places_of_a_session_are_there_once(served: Served, pools: tuple[str, str]) -> None:
    operator, counts = Visitor(served), []
    operator.sign_in("operator")
    for pool in (pools[0], *pools):
        operator.operate("open", pool=pool)
        counts.append(sum(each.places for each in served.portal.service.capacities()))
    assert operator.status == 400
    assert counts[0] == counts[1] == counts[2] > 0
