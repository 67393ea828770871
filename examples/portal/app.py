"""The application: which address is answered by which page, and who may see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.applications import Starlette
from starlette.middleware import Middleware
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

View: TypeAlias = Callable[["Request"], Awaitable[Response]]


def page(view: View, *, who: str = "") -> View:
    """A page for those who may see it: everybody, identified visitors, staff, or the operator."""

    @wraps(view)
    async def guarded(request: Request) -> Response:  # noqa: PLR0911  # one for each outcome
        session, language = request.state.session, language_of(request)
        portal = visitors.portal_of(request)
        if who == "visitor" and not session.people:
            return go("/identity")
        if who in ("staff", "operator") and session.role != who:
            return go("/login")
        if request.method == "POST" and not is_genuine(request, await request.form()):
            return portal.says(request, say("forged", language), 403)
        try:
            return await view(request)
        except Rejected as refused:
            return portal.refused(request, refused)
        except InvalidForm as invalid:
            found = [messages.describe_problem(each, language) for each in invalid.errors]
            return portal.says(request, say("problems", language), 422, found)
        except (Conflict, Unavailable):
            return portal.says(request, say("busy", language), 503)
        except ValueError:
            return Response(status_code=400)

    return guarded


def _route(path: str, view: View, *methods: str, who: str = "") -> Route:
    return Route(path, page(view, who=who), methods=list(methods or ("GET",)))


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
            _route("/leave", visitors.leave, "POST"),
            _route("/me", visitors.me, **me),
            _route("/answers", visitors.answers, "POST", **me),
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
    )
    app.state.portal = portal
    return app
