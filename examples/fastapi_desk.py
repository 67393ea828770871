"""A booking service with FastAPI in one file: slots, booking, change and cancellation.

    uvicorn examples.fastapi_desk:app

Requests and answers are the library's own values as JSON (`vaxpolicy.wire`), and their description
in OpenAPI has the library's schemas. It is a machine's interface: who may call it is for the proxy
in front of it. The caller gives every command an id, and sends it again with the same id when it
gets no answer.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final

from fastapi import Body, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from vaxpolicy import catalog, desk, wire
from vaxpolicy.booking.slots import Slot
from vaxpolicy.eligibility import Person
from vaxpolicy.identity import (
    Claim,
    IdentityForm,
    InvalidForm,
    RegistryAnswer,
    check_form,
    pseudonym,
)
from vaxpolicy.reservation import Book, Cancel, Change, Programme, Rejected, State

POLICY: Final = catalog.load("tw/covid19-1922/round-19")


class Backend:
    """The parts that a deployment replaces: the clock, the registry, and the store of events."""

    def __init__(self) -> None:
        self.key = bytes.fromhex(os.environ["PORTAL_KEY"])
        self.service = desk.BookingService(
            desk.SQLiteStore(os.environ.get("DATABASE", "desk.db")),
            policies=[POLICY],
            programme=Programme(registration="none"),
        )

    def now(self) -> datetime:
        """The instant."""
        return datetime.fromisoformat(os.environ.get("NOW", "2022-01-15T15:00:00+08:00"))

    def registry(self, claim: Claim) -> tuple[RegistryAnswer, Person]:
        """The answer of the registries about a claim, and the facts about the person."""
        return RegistryAnswer.UNAVAILABLE, Person()

    def who(self, body: dict[str, Any]) -> tuple[str, Any]:
        """The pseudonym of the person, and what is brought with a command."""
        form = wire.load(IdentityForm, body.get("identity"))
        claim = check_form(form, on=self.now().date())
        answer, person = self.registry(claim)
        if answer is not RegistryAnswer.MATCHED:  # nothing is said about somebody else's journey
            unknown = answer is RegistryAnswer.NOT_MATCHED
            raise Rejected("not-matched" if unknown else "registry-unavailable", version=0)
        brought = {"person": person, "claim": claim, "registry": answer}
        return pseudonym(claim.id_number, self.key), brought


def backend(request: Request) -> Backend:
    """The backend of the application."""
    if not hasattr(request.app.state, "backend"):
        request.app.state.backend = Backend()
    found: Backend = request.app.state.backend
    return found


Here = Annotated[Backend, Depends(backend)]
Wanted = Annotated[dict[str, Any], Body()]
app = FastAPI(title="Booking desk", version="1")


def _ref(kind: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _body(**properties: Any) -> dict[str, Any]:
    """The body of a request, for the description."""
    shape = {"type": "object", "properties": properties, "required": ["identity"]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": shape}}}}


def _answers(schema: dict[str, Any]) -> dict[int | str, Any]:
    kinds = {200: schema, 409: _ref(Rejected), 422: _ref(InvalidForm)}
    return {
        status: {"description": "", "content": {"application/json": {"schema": each}}}
        for status, each in kinds.items()
    }


@app.exception_handler(Rejected)
def rejected(_: Request, refused: Rejected) -> JSONResponse:
    """A refusal and its remedy."""
    return JSONResponse(wire.dump(refused), 409)


@app.exception_handler(InvalidForm)
def invalid(_: Request, form: InvalidForm) -> JSONResponse:
    """Every problem of a form."""
    return JSONResponse(wire.dump(form), 422)


@app.exception_handler(wire.InvalidData)
def unreadable(_: Request, data: wire.InvalidData) -> JSONResponse:
    """Every problem of a request that is not what the description says."""
    return JSONResponse([{"path": each.path, "code": each.code} for each in data.problems], 400)


@app.exception_handler(RequestValidationError)
def malformed(_: Request, __: Exception) -> JSONResponse:
    """A body that is not a JSON object; the usual answer would repeat it."""
    return JSONResponse([{"path": "$", "code": "wrong-type"}], 400)


@app.exception_handler(desk.Conflict)
@app.exception_handler(desk.Unavailable)
def again(_: Request, __: Exception) -> JSONResponse:
    """The same command may be sent again."""
    return JSONResponse({"code": "send-again"}, 503)


@app.post(
    "/slots",
    openapi_extra=_body(identity=_ref(IdentityForm)),
    responses=_answers({"type": "array", "items": {"type": "object"}}),
)
def slots(body: Wanted, here: Here) -> Any:
    """The slots that the person may book now, and the reasons against the others."""
    subject, brought = here.who(body)
    found = here.service.slots_for(subject, POLICY.id, now=here.now(), **brought)
    return [
        {
            "slot": wire.dump(each.slot),
            "free": each.free,
            "refusal": None if each.refusal is None else wire.dump(each.refusal),
        }
        for each in found
    ]


@app.put(
    "/bookings/{command}",
    openapi_extra=_body(
        identity=_ref(IdentityForm), slot=_ref(Slot), instead_of={"type": ["string", "null"]}
    ),
    responses=_answers(_ref(State)),
)
def book(command: str, body: Wanted, here: Here) -> Any:
    """Book a slot, or change a booking; the same id again does it once."""
    subject, brought = here.who(body)
    asked = {
        "id": command,
        "actor": "person",
        "subject": subject,
        "policy_id": POLICY.id,
        "slot": body.get("slot"),
    }
    if body.get("instead_of") is None:
        done = here.service.book(wire.load(Book, asked), now=here.now(), **brought)
    else:
        change = wire.load(Change, {**asked, "booking": body["instead_of"]})
        done = here.service.change(change, now=here.now(), **brought)
    return wire.dump(done.journey)


@app.post(
    "/bookings/{booking}/cancellation/{command}",
    openapi_extra=_body(identity=_ref(IdentityForm)),
    responses=_answers(_ref(State)),
)
def cancel(booking: str, command: str, body: Wanted, here: Here) -> Any:
    """Cancel a booking."""
    subject, _ = here.who(body)
    asked = {"id": command, "actor": "person", "subject": subject, "booking": booking}
    wanted = wire.load(Cancel, asked)
    return wire.dump(here.service.cancel(wanted, now=here.now()).journey)


@cache
def described() -> dict[str, Any]:
    """The description in OpenAPI 3.1, with the schemas of the library's values."""
    found = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for kind in (IdentityForm, Slot, State, Rejected, InvalidForm):
        schema = json.dumps(wire.schema(kind)).replace("#/$defs/", "#/components/schemas/")
        read = json.loads(schema)
        schemas.update(read.pop("$defs", {}))
        schemas.setdefault(kind.__name__, {k: v for k, v in read.items() if k != "$schema"})
    return found


app.openapi = described  # type: ignore[method-assign]  # as FastAPI's manual has it
