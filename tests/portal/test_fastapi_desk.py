"""The small integration: one file on `desk`, without the portal's framework."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from examples.fastapi_desk import POLICY, Backend, app
from vaxpolicy import desk, wire
from vaxpolicy.booking.slots import Open, Slot
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.identity import Claim, InvalidForm, RegistryAnswer
from vaxpolicy.reservation import Actor, State, Status

DAY = date(2022, 1, 20)
SLOTS = [Slot("s", DAY, session, "BNT", 3) for session in ("morning", "evening")]
SOLVED = {"captcha_passed": True}
ANNA = {"id_number": "A123456789", "nhi_card": "000012345678", **SOLVED}


class Known(Backend):
    """A registry that knows one card."""

    def registry(self, claim: Claim) -> tuple[RegistryAnswer, Person]:
        known = getattr(claim, "nhi_card", None)
        if known is None:
            return super().registry(claim)
        if known.value != "000012345678":
            return RegistryAnswer.NOT_MATCHED, Person()
        doses = [Dose("BNT", date(2021, 7, 1)), Dose("BNT", date(2021, 9, 1))]
        person = Person(birth_date=date(1990, 1, 1), doses=doses, groups=frozenset())
        return RegistryAnswer.MATCHED, person


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    monkeypatch.setenv("DATABASE", str(tmp_path / "desk.db"))
    monkeypatch.setenv("PORTAL_KEY", "ab" * 32)
    made = Known()
    for slot in SLOTS:
        opened = Open(id="o", actor=Actor.SITE, slot=slot, places=1)
        made.service.manage(slot, opened, now=made.now())
    app.state.backend = made
    store: Any = made.service.store
    with closing(store):
        yield made
    del app.state.backend


def ask(method: str, path: str, body: Any) -> tuple[int, Any]:
    """One request, as a server would hand it to the application."""
    sent: list[Any] = []
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": [(b"content-type", b"application/json")],
        "http_version": "1.1", "scheme": "http", "root_path": "", "server": ("test", 80),
        "client": ("127.0.0.1", 1),
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], json.loads(b"".join(each.get("body", b"") for each in sent[1:]))


def place(slot: Slot) -> dict[str, Any]:
    return {
        "site": slot.site, "day": slot.day.isoformat(), "session": slot.session,
        "vaccine": slot.vaccine, "dose": slot.dose,
    }  # fmt: skip


def booking_of(answer: tuple[int, Any]) -> str | None:
    assert answer[0] == 200
    booking = wire.load(State, answer[1]).booking
    return None if booking is None else booking.id


def test_slots_book_change_cancel(backend: Backend) -> None:
    status, slots = ask("POST", "/slots", {"identity": ANNA})
    assert status == 200
    assert [(each["free"], each["refusal"]) for each in slots] == [(1, None), (1, None)]
    wanted = {"identity": ANNA, "slot": place(SLOTS[0])}
    for _ in range(2):
        assert booking_of(ask("PUT", "/bookings/b1", wanted)) == "b1"
    change = {"identity": ANNA, "slot": place(SLOTS[1]), "instead_of": "b1"}
    assert booking_of(ask("PUT", "/bookings/c1", change)) == "c1"
    status, journey = ask("POST", "/bookings/c1/cancellation/x1", {"identity": ANNA})
    assert status == 200
    assert wire.load(State, journey).status is Status.CANCELLED
    assert not backend.service.unsettled(now=backend.now())


@pytest.mark.usefixtures("backend")
def test_refusals() -> None:
    status, form = ask("POST", "/slots", {"identity": {"id_number": "A123456788", **SOLVED}})
    assert status == 422
    found = [(each.field, each.code) for each in wire.load(InvalidForm, form).errors]
    assert found == [("id_number", "invalid-checksum"), ("nhi_card", "no-second-document")]
    assert ask("POST", "/slots", {"identity": {"id_number": 5}})[0] == 400
    for path, body in (
        ("A123456789", {"slot": place(SLOTS[0])}),
        ("b1", {"slot": {"site": 5}}),
        ("b1", {"slot": place(SLOTS[0]), "instead_of": 5}),
    ):
        assert ask("PUT", f"/bookings/{path}", {"identity": ANNA, **body})[0] == 400
    assert ask("POST", "/bookings/b1/cancellation/A123456789", {"identity": ANNA})[0] == 400
    stranger = {**ANNA, "nhi_card": "999999999999"}
    wanted = {"identity": stranger, "slot": place(SLOTS[0])}
    assert ask("PUT", "/bookings/b1", wanted)[0] == 409
    status, refused = ask("POST", "/bookings/b1/cancellation/x", {"identity": stranger})
    assert (status, refused["code"]) == (409, "not-matched")


@pytest.mark.usefixtures("backend")
def test_a_stranger_learns_nothing_of_a_journey() -> None:
    """Not even whether there is one; and a command of somebody else is not answered again."""
    stranger = {**ANNA, "nhi_card": "999999999999"}
    wanted = {"identity": stranger, "slot": place(SLOTS[0])}
    before = [ask("PUT", "/bookings/b1", wanted), ask("POST", "/slots", wanted)]
    assert booking_of(ask("PUT", "/bookings/b1", {**wanted, "identity": ANNA})) == "b1"
    assert [ask("PUT", "/bookings/b1", wanted), ask("POST", "/slots", wanted)] == before
    assert {status for status, _ in before} == {409}


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("body", ["A123456789", "\ud800", ["A123456789"], None, 5])
def test_a_body_that_is_no_object_is_not_repeated(body: Any) -> None:
    assert ask("POST", "/slots", body) == (400, [{"path": "$", "code": "wrong-type"}])


def test_a_database_that_does_not_answer(backend: Backend, monkeypatch: Any) -> None:
    def gone(*_: Any) -> Any:
        raise desk.Unavailable

    monkeypatch.setattr(backend.service.store, "read", gone)
    wanted = {"identity": ANNA, "slot": place(SLOTS[0])}
    assert ask("PUT", "/bookings/b1", wanted) == (503, {"code": "send-again"})


def test_the_description() -> None:
    described = app.openapi()
    schemas = described["components"]["schemas"]
    refs = re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(described))
    assert set(refs) <= set(schemas)
    assert {"IdentityForm", "Slot", "State", "Rejected", "InvalidForm"} <= set(schemas)
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {
        "/slots", "/bookings/{command}", "/bookings/{booking}/cancellation/{command}",
    }  # fmt: skip
    assert POLICY.id == "tw/covid19-1922/round-19"
