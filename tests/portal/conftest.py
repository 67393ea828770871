"""The portal, served on loopback as its users meet it, and a browser in front of it."""

import json
import os
import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib import error, parse, request

import pytest
import uvicorn
from argon2 import PasswordHasher
from attrs import define, field

from examples.portal.app import make_app
from examples.portal.portal import Portal
from examples.portal.settings import Settings
from tests.chromium import axe_script, chromium
from vaxpolicy import wire
from vaxpolicy.booking.slots import Slot
from vaxpolicy.days import TAIWAN

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROUND_13 = datetime(2021, 11, 3, 15, tzinfo=TAIWAN)
ROUND_19 = datetime(2022, 1, 15, 15, tzinfo=TAIWAN)
SEASON = datetime(2026, 11, 27, 9, tzinfo=TAIWAN)
PASSWORD = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("let me in")


@define
class Served:
    """A portal that answers on loopback."""

    portal: Portal
    address: str

    def at(self, instant: datetime) -> None:
        self.portal.settings.set_clock(instant)

    def captcha_of(self, cookie: str) -> str:
        """The answer that only a person can read off the picture."""
        session = self.portal.sessions.find(cookie)
        assert session is not None
        return session.captcha


def settings_for(database: Path) -> Settings:
    made = Settings(
        database=str(database),
        key=b"k" * 32,
        staff_password=PASSWORD,
        operator_password=PASSWORD,
        secure=False,
    )
    made.set_clock(ROUND_19)
    return made


@contextmanager
def serving(database: Path) -> Iterator[Served]:
    app = make_app(settings_for(database))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield Served(app.state.portal, f"http://127.0.0.1:{port}")
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "portal.db") as running:
        yield running


@pytest.fixture(scope="session")
def with_places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the places of round 19, to be copied."""
    database = tmp_path_factory.mktemp("portal") / "portal.db"
    with serving(database) as running:
        operator = Visitor(running)
        operator.sign_in("operator")
        operator.operate("open")
    return database


@pytest.fixture
def opened(with_places: Path, tmp_path: Path) -> Iterator[Served]:
    """The portal with the places of round 19."""
    shutil.copy(with_places, tmp_path / "portal.db")
    with serving(tmp_path / "portal.db") as running:
        yield running


class _Stay(request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@define
class Visitor:
    """A client without a browser: forms are read off the pages and sent back."""

    served: Served
    language: str = "en"
    cookies: dict[str, str] = field(factory=dict)
    page: str = ""
    status: int = 0
    headers: Any = None

    def _ask(self, path: str, data: bytes | None, method: str | None = None, **headers: str) -> str:
        asked = request.Request(self.served.address + path, data, method=method)  # noqa: S310  # our own server
        asked.add_header("Accept-Language", self.language)
        asked.add_header("Cookie", "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        for name, value in headers.items():
            asked.add_header(name, value)
        try:
            answer = request.build_opener(_Stay).open(asked)
        except error.HTTPError as other:
            answer = other
        with answer:
            self.page, self.status = answer.read().decode("utf-8", "replace"), answer.status
            self.headers = answer.headers
        for line in self.headers.get_all("Set-Cookie") or ():
            self.cookies.update({k: v.value for k, v in SimpleCookie(line).items()})
        return self.page

    def get(self, path: str, **headers: str) -> str:
        return self._ask(path, None, **headers)

    def post(self, path: str, body: str, method: str = "POST", **headers: str) -> str:
        """Send a body as it is, without what the page hides."""
        return self._ask(path, body.encode(), method=method, **headers)

    def hidden(self) -> dict[str, str]:
        found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', self.page)
        return {name: unescape(it) for name, it in reversed(found)}  # the first of a name counts

    def send(self, path: str, **values: Any) -> str:
        """Send a form with what its page hides, and go where the answer leads."""
        data = parse.urlencode({**self.hidden(), **values}, doseq=True).encode()
        self._ask(path, data)
        return self.get(self.headers["Location"]) if self.status == 303 else self.page

    def identify(self, number: str = "A123456789", **values: str) -> str:
        self.get("/identity")
        card = {"card1": "0000", "card2": "1234", "card3": "5678"}
        solved = {"captcha": self.served.captcha_of(self.cookies["session"])}
        return self.send("/identity", **{"id_number": number, **(values or card), **solved})

    def slots(self) -> list[str]:
        self.get("/book")
        return list(map(unescape, re.findall(r'name="slot" required value="([^"]+)"', self.page)))

    def sign_in(self, role: str) -> str:
        self.get("/login")
        words = {"role": role, "password": "let me in", "clerk": "Lin"}
        return self.send("/login", **words)

    def operate(self, what: str, policy: str = "tw/covid19-1922/round-19", **more: str) -> str:
        self.get("/operator")
        return self.send(f"/operator/{what}", policy=policy, **more)


def slot_of(value: str) -> Slot:
    """The slot of the first person in the value of a field."""
    return wire.load(Slot, json.loads(value)[1][0])


@pytest.fixture
def visitor(served: Served) -> Visitor:
    return Visitor(served)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Chromium of the machine."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def axe() -> str:
    """The program of axe-core."""
    return axe_script().read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder for the pictures of the pages."""
    named = os.environ.get("SCREENSHOTS")
    return Path(named or tempfile.mkdtemp(prefix="portal-"))
