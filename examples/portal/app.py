"""The application: which address is answered by which page, and who may see it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from examples.portal import staff, visitors
from examples.portal.portal import Portal, go
from examples.portal.security import Guard, is_genuine
from examples.portal.texts import language_of, say
from vaxpolicy import messages
from vaxpolicy.desk import Conflict, Unavailable
from vaxpolicy.identity import InvalidForm
from vaxpolicy.reservation import Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from examples.portal.settings import Settings

EXPECTED: Final = (Rejected, InvalidForm, HTTPException, Conflict, Unavailable, ClientDisconnect)
LOG: Final = logging.getLogger("portal.faults")
View: TypeAlias = Callable[["Request"], Awaitable[Response]]


def _route(path: str, view: View, *methods: str, who: str = "") -> Route:
    """A page for those who may see it: all, visitors, staff, the operator, or whoever signed in."""

    async def guarded(request: Request) -> Response:
        session, portal = request.state.session, visitors.portal_of(request)
        if who == "somebody" and not (session.people or session.role):
            return go("/")
        try:
            if request.method == "POST" and not is_genuine(request, await request.form()):
                return portal.says(request, say("forged", language_of(request)), 403)
            if who == "visitor" and not session.people:
                return go("/identity")
            if who in ("staff", "operator") and session.role != who:
                return go("/login")
            return await view(request)
        except EXPECTED:
            raise
        except Exception as fault:  # noqa: BLE001  # one that nobody has thought of must be seen
            # Its message may hold what somebody typed: only its kind and its places are logged.
            places = [f"{it.filename}:{it.lineno}" for it in extract_tb(fault.__traceback__)]
            LOG.error("%s at %s", type(fault).__name__, ", ".join(places))  # noqa: TRY400  # as above
            return portal.says(request, say("fault", language_of(request)), 500)

    return Route(path, guarded, methods=list(methods or ("GET",)))


def expected(request: Request, what: Exception) -> Response:
    """The page about something that was not done: a refusal, a wrong form or address."""
    portal, language, found = visitors.portal_of(request), language_of(request), list[str]()
    said, status = say("busy", language), 503
    if isinstance(what, Rejected):
        said, status, today = messages.describe_refusal(what, language), 409, portal.today
        found = [messages.describe_reason(each, language, today) for each in what.reasons[:5]]
    elif isinstance(what, InvalidForm):
        said, status = say("problems", language), 422
        found = [messages.describe_problem(each, language) for each in what.errors]
    elif isinstance(what, HTTPException):
        status = what.status_code
        said = say("malformed" if status == HTTPStatus.BAD_REQUEST else "missing", language)
    return portal.says(request, said, status, found)


def make_app(settings: Settings) -> Starlette:
    """The portal as an ASGI application."""
    portal = Portal(settings)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        portal.store.close()

    me: dict[str, Any] = {"who": "visitor"}
    app = Starlette(
        routes=[
            _route("/", visitors.home),
            _route("/identity", visitors.identity, "GET", "POST"),
            _route("/captcha.{kind}", visitors.puzzle),
            _route("/leave", visitors.leave, "POST", who="somebody"),
            _route("/me", visitors.me, "GET", "POST", **me),
            _route("/willingness", visitors.willingness, "GET", "POST", **me),
            _route("/withdraw", visitors.withdraw, "POST", **me),
            _route("/book", visitors.book, "GET", "POST", **me),
            _route("/cancel", visitors.cancel, "POST", **me),
            _route("/wait", visitors.wait, "POST", **me),
            _route("/alone", visitors.alone, "POST", **me),
            _route("/ticket", visitors.ticket, **me),
            _route("/ticket/{code}.svg", visitors.ticket_picture, **me),
            _route("/login", staff.login, "GET", "POST"),
            _route("/staff", staff.desk, who="staff"),
            _route("/staff/close", staff.close_session, "POST", who="staff"),
            _route("/staff/walkin", staff.walk_in, "POST", who="staff"),
            _route("/staff/move", staff.move, "POST", who="staff"),
            _route("/staff/correct", staff.correct, "POST", who="staff"),
            _route("/staff/{what}", staff.record, "POST", who="staff"),
            _route("/operator", staff.operator, who="operator"),
            _route("/operator/{what}", staff.operate, "POST", who="operator"),
            Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
        ],
        middleware=[Middleware(Guard, sessions=portal.sessions, secure=settings.secure)],
        lifespan=lifespan,
        exception_handlers=dict.fromkeys(EXPECTED, expected),
    )
    app.state.portal = portal
    return app
