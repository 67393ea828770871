"""Sessions, forged requests, too many requests, passwords, and the headers of every answer."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict, defaultdict, deque
from typing import TYPE_CHECKING, Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import define, field, frozen
from starlette.datastructures import MutableHeaders
from starlette.requests import Request

from vaxpolicy.identity import Claim

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "session"
MINUTES: Final = 20
_MOST_SESSIONS: Final = 100_000

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@frozen
class Who:
    """A person who was identified. The claim holds numbers and ends with the session."""

    subject: str
    masked: str
    claim: Claim = field(repr=False)


@define
class Session:
    """The session of a visitor, in memory, for twenty minutes after the last page.

    The first of the people is the visitor; the others book together with them. A clerk is the name
    with which a member of staff signed in, and the site is the one that was last shown.
    """

    csrf: str = field(factory=lambda: secrets.token_urlsafe(24))
    captcha: str = field(default="", repr=False)
    people: list[Who] = field(factory=list, repr=False)
    role: str = ""
    clerk: str = field(default="", repr=False)
    site: str = ""
    seen: float = field(factory=time.monotonic)

    @property
    def subject(self) -> str:
        """The visitor's pseudonym."""
        return self.people[0].subject if self.people else ""


class Sessions:
    """Sessions by a random name that is in the visitor's cookie and nowhere else."""

    def __init__(self) -> None:
        self._by_name: OrderedDict[str, Session] = OrderedDict()

    def find(self, name: str) -> Session | None:
        """The session; those that are too old are forgotten first, with the numbers in them."""
        now = time.monotonic()
        while self._by_name and next(iter(self._by_name.values())).seen < now - MINUTES * 60:
            self._by_name.popitem(last=False)
        if found := self._by_name.get(name):
            found.seen = now
            self._by_name.move_to_end(name)
        return found

    def start(self) -> tuple[str, Session]:
        """A new session with a new name."""
        name, session = secrets.token_urlsafe(24), Session()
        self._by_name[name] = session
        if len(self._by_name) > _MOST_SESSIONS:
            self._by_name.popitem(last=False)
        return name, session

    def end(self, name: str) -> None:
        """Forget a session."""
        self._by_name.pop(name, None)


class Guard:
    """Middleware: a session for every page, security headers on every answer."""

    def __init__(self, app: ASGIApp, sessions: Sessions, *, secure: bool) -> None:
        self._app, self._sessions = app, sessions
        self._flags = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        https = {"Strict-Transport-Security": "max-age=31536000"} if secure else {}
        self._headers = {**HEADERS, **https}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = name = Request(scope).cookies.get(COOKIE, "")
        session = self._sessions.find(given)
        # A picture or script may be late, and would take away the name that a sign-in gave.
        if session is None and "." not in scope["path"]:
            name, session = self._sessions.start()
        scope.setdefault("state", {}).update(session=session or Session(), session_name=name)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for key, value in self._headers.items():
                    headers.setdefault(key, value)
                if (now := scope["state"]["session_name"]) != given:
                    headers.append("Set-Cookie", f"{COOKIE}={now}{self._flags}")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def renew(request: Request, sessions: Sessions) -> Session:
    """A session with a new name, once it is known who the visitor is."""
    sessions.end(request.state.session_name)
    request.state.session_name, session = sessions.start()
    request.state.session = session
    return session


def is_genuine(request: Request, form: Any) -> bool:
    """Whether a form was sent from a page of this portal, to this visitor."""
    given, csrf = form.get("csrf"), request.state.session.csrf
    return isinstance(given, str) and hmac.compare_digest(given.encode(), csrf.encode())


class Limit:
    """At most a number of attempts for one name in a time; names are not kept longer."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._times: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=most + 1))

    def allows(self, name: str) -> bool:
        """Count an attempt, and say whether it is one too many."""
        now = time.monotonic()
        for each in [key for key, seen in self._times.items() if seen[-1] < now - self._seconds]:
            del self._times[each]
        times = self._times[name]
        times.append(now)
        return len(times) <= self._most or times[0] < now - self._seconds


_HASHER: Final = PasswordHasher()
_NOBODY: Final = _HASHER.hash(secrets.token_hex(16))


def is_password(given: str, hashed: str) -> bool:
    """Whether it is the password; it takes as long where there is none."""
    try:
        return _HASHER.verify(hashed or _NOBODY, given)
    except (VerificationError, InvalidHashError):
        return False
