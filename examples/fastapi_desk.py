"""A booking service with FastAPI in one file: identity, slots, booking, change and cancellation.

    uvicorn examples.fastapi_desk:app

It is a machine's interface: who may call it is for the proxy in front of it. The caller gives every
command an id and sends it again with the same id when it gets no answer.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from vaxpolicy import catalog, desk
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
from vaxpolicy.reservation import Actor, Book, Cancel, Change, Programme, Rejected, State

POLICY = catalog.load("tw/covid19-1922/round-19")


class Identity(BaseModel):
    """The form of a person, as typed."""

    id_number: str = Field(max_length=40)
    nhi_card: str | None = Field(default=None, max_length=40)
    permit: str | None = Field(default=None, max_length=40)
    passport: str | None = Field(default=None, max_length=40)


class Place(BaseModel):
    """A slot."""

    site: str
    day: date
    session: str
    vaccine: str
    dose: int


class Booking(BaseModel):
    """A slot that somebody wants, instead of a booking where one is named."""

    identity: Identity
    slot: Place
    instead_of: str | None = None


class Backend:
    """What a deployment puts in its place: the clock, the registry, and where events are kept."""

    def __init__(self) -> None:
        self.key = bytes.fromhex(os.environ.get("PORTAL_KEY", "00" * 32))
        self.service = desk.BookingService(
            desk.SQLiteStore(os.environ.get("DATABASE", "desk.db")),
            policies=[POLICY],
            programme=Programme(registration="none"),
        )

    def now(self) -> datetime:
        """The instant."""
        return datetime.fromisoformat(os.environ.get("NOW", "2022-01-15T15:00:00+08:00"))

    def registry(self, claim: Claim) -> tuple[RegistryAnswer, Person]:
        """What the registries say of a claim, and the facts about the person."""
        return RegistryAnswer.UNAVAILABLE, Person()

    def who(self, typed: Identity) -> tuple[str, Any]:
        """The pseudonym of a person, and what is brought with a command."""
        form = IdentityForm(**typed.model_dump(), captcha_passed=True)
        claim = check_form(form, on=self.now().date())
        answer, person = self.registry(claim)
        return pseudonym(claim.id_number, self.key), {
            "person": person,
            "claim": claim,
            "registry": answer,
        }


def backend(request: Request) -> Backend:
    """The backend of the application."""
    if not hasattr(request.app.state, "backend"):
        request.app.state.backend = Backend()
    found: Backend = request.app.state.backend
    return found


Here = Annotated[Backend, Depends(backend)]
app = FastAPI(title="Booking desk", version="1")


@app.exception_handler(Rejected)
def rejected(_: Request, refused: Rejected) -> JSONResponse:
    """What may not be done, by its code."""
    since = refused.possible_from
    body = {"code": refused.code, "possible_from": None if since is None else since.isoformat()}
    return JSONResponse(body, 409)


@app.exception_handler(InvalidForm)
def invalid(_: Request, form: InvalidForm) -> JSONResponse:
    """Every problem of a form."""
    return JSONResponse([{"field": each.field, "code": each.code} for each in form.errors], 422)


@app.exception_handler(desk.Conflict)
@app.exception_handler(desk.Unavailable)
def again(_: Request, __: Exception) -> JSONResponse:
    """The same command may be sent again."""
    return JSONResponse({"code": "send-again"}, 503)


def _journey(state: State) -> dict[str, Any]:
    booking = state.booking
    return {"status": state.status.value, "booking": None if booking is None else booking.id}


@app.post("/slots")
def slots(typed: Identity, here: Here) -> list[dict[str, Any]]:
    """Which slots the person may book now, and why not the others."""
    subject, brought = here.who(typed)
    found = here.service.slots_for(subject, POLICY.id, now=here.now(), **brought)
    return [
        {
            "slot": Place(**{name: getattr(each.slot, name) for name in Place.model_fields}),
            "free": each.free,
            "refusal": each.refusal and each.refusal.code,
        }
        for each in found
    ]


@app.put("/bookings/{command}")
def book(command: str, wanted: Booking, here: Here) -> dict[str, Any]:
    """Book a slot, or change a booking; the same id again does it once."""
    subject, brought = here.who(wanted.identity)
    common: dict[str, Any] = {
        "id": command, "actor": Actor.PERSON, "subject": subject,
        "policy_id": POLICY.id, "slot": Slot(**wanted.slot.model_dump()),
    }  # fmt: skip
    if wanted.instead_of is None:
        return _journey(here.service.book(Book(**common), now=here.now(), **brought).journey)
    change = Change(**common, booking=wanted.instead_of)
    return _journey(here.service.change(change, now=here.now(), **brought).journey)


@app.post("/bookings/{booking}/cancellation/{command}")
def cancel(booking: str, command: str, typed: Identity, here: Here) -> dict[str, Any]:
    """Cancel a booking."""
    subject, brought = here.who(typed)
    if brought["registry"] is not RegistryAnswer.MATCHED:
        raise Rejected("not-matched", version=0)
    wanted = Cancel(id=command, actor=Actor.PERSON, subject=subject, booking=booking)
    return _journey(here.service.cancel(wanted, now=here.now()).journey)
