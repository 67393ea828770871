"""The pages for everybody: who are you, willingness, look-up, booking, ticket."""

from __future__ import annotations

import io
import secrets
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import segno
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from examples.portal import captcha
from examples.portal.portal import SESSIONS, VACCINES, go
from examples.portal.security import renew
from examples.portal.texts import language_of, say
from vaxpolicy import messages
from vaxpolicy.booking.slots import Slot
from vaxpolicy.identity import (
    WITHOUT_UI_NUMBER,
    IdentityForm,
    InvalidForm,
    MobileNumber,
    NotMatched,
    NumberError,
    RegistryAnswer,
    ResidencyStatus,
    check_form,
    parse_id_number,
    pseudonym,
)
from vaxpolicy.reservation import Actor, Amend, Book, Cancel, Change, Register, Status, Withdraw

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from examples.portal.portal import Portal
    from vaxpolicy.desk import SlotAnswer

_Offered: TypeAlias = "tuple[str, SlotAnswer]"
"""A slot, and the round in which it is offered."""
BOXES: Final = ("permit", "entry_document", "passport")
CARD: Final = ("card1", "card2", "card3")


def portal_of(request: Request) -> Portal:
    """The portal that serves the request."""
    portal: Portal = request.app.state.portal
    return portal


def own(form: Any, name: str, actor: Actor = Actor.PERSON, **more: Any) -> dict[str, Any]:
    """What every command has; its id came with the page, so that a form counts once."""
    return {"id": str(form.get("command") or name), "actor": actor, **more}


async def home(request: Request) -> Response:
    """The first page."""
    portal = portal_of(request)
    return portal.page(request, "home", rounds=portal.rounds)


async def picture(request: Request) -> Response:
    """The captcha to look at."""
    session = request.state.session
    session.captcha = session.captcha or captcha.new()
    return Response(captcha.picture(session.captcha), media_type="image/svg+xml")


async def sound(request: Request) -> Response:
    """The captcha to listen to."""
    session = request.state.session
    session.captcha = session.captcha or captcha.new()
    return Response(captcha.sound(session.captcha), media_type="audio/wav")


def _identity_page(request: Request, problems: dict[str, list[str]], typed: Any = None) -> Response:
    portal, language = portal_of(request), language_of(request)
    request.state.session.captcha = captcha.new()
    statuses = [
        (each.value, messages.describe_residency(each, language)) for each in ResidencyStatus
    ]
    advice = [
        (messages.describe_residency(each, language), messages.describe_advice(what, language))
        for each, what in WITHOUT_UI_NUMBER.items()
    ]
    return portal.page(
        request, "identity", status=422 if problems else 200, problems=problems, typed=typed or {},
        statuses=statuses, advice=advice, boxes=BOXES, card=CARD, fresh=secrets.token_hex(4),
    )  # fmt: skip


async def identity(request: Request) -> Response:
    """The form of the platform: a number, and the card or another document."""
    if request.method == "GET":
        return _identity_page(request, {})
    form, portal = await request.form(), portal_of(request)
    language, session = language_of(request), request.state.session
    typed = {name: str(form.get(name) or "").strip() for name in ("id_number", *CARD, *BOXES)}
    typed["status"] = str(form.get("status") or "")
    typed["without_card"] = str(form.get("without_card") or "")
    if not _may_try(request, portal, typed["id_number"]):
        return _identity_page(request, {"": [say("limit", language)]}, typed)
    solved = bool(session.captcha) and str(form.get("captcha") or "").strip() == session.captcha
    try:
        claim = check_form(_as_form(typed, solved=solved), on=portal.now.date())
    except InvalidForm as invalid:
        problems: dict[str, list[str]] = {}
        for each in invalid.errors:
            problems.setdefault(each.field, []).append(messages.describe_problem(each, language))
        return _identity_page(request, problems, typed)
    subject = pseudonym(claim.id_number, portal.settings.key)
    if portal.registry.answer(claim, subject) is not RegistryAnswer.MATCHED:
        # One answer for "no such person" and for "another card".
        why = messages.describe_refusal(NotMatched("not-matched"), language)
        return _identity_page(request, {"": [why]}, typed)
    session = renew(request, portal.sessions)
    session.claim, session.subject = claim, subject
    session.masked = claim.id_number.masked
    return go("/me")


def _may_try(request: Request, portal: Portal, typed: str) -> bool:
    """Not too many attempts, from one address and for one number."""
    address = request.client.host if request.client else ""
    allowed = portal.by_address.allows(address)
    try:
        name = pseudonym(parse_id_number(typed), portal.settings.key)
    except NumberError:
        return allowed
    return portal.by_person.allows(name) and allowed


def _as_form(typed: dict[str, str], *, solved: bool) -> IdentityForm:
    without_card = bool(typed["without_card"])
    card = tuple(typed[name] for name in CARD)
    status = typed["status"]
    known = status in {each.value for each in ResidencyStatus}
    return IdentityForm(
        id_number=typed["id_number"] or None,
        nhi_card=None if without_card or not any(card) else card,
        status=ResidencyStatus(status) if without_card and known else None,
        **{box: typed[box] or None if without_card else None for box in BOXES},
        captcha_passed=solved,
    )


async def leave(request: Request) -> Response:
    """Sign out."""
    renew(request, portal_of(request).sessions)
    return go("/")


async def me(request: Request) -> Response:
    """The look-up: what is registered and booked, whether it is my turn, and why not."""
    portal, session, language = portal_of(request), request.state.session, language_of(request)
    state = await run_in_threadpool(portal.service.journey, session.subject)
    answers = []
    for policy, decision in portal.decisions(session):
        reasons = list(
            dict.fromkeys(
                messages.describe_reason(each, language, decision.from_day)
                for each in decision.reasons
            )
        )
        answers.append(
            {
                "title": messages.policy_title(policy, language),
                "outcome": messages.describe_outcome(decision.outcome, language),
                "offers": [messages.describe_offer(each, language) for each in decision.offers],
                "reasons": reasons[:6],
                "mine": bool(decision.offers),
            }
        )
    return portal.page(
        request, "me", state=state, answers=answers, command=secrets.token_hex(8),
        registers=portal.service.programme.registration == "required",
        booked=state.status is Status.BOOKED,
    )  # fmt: skip


def _willingness_page(request: Request, problem: str = "", typed: Any = None) -> Response:
    portal = portal_of(request)
    state = portal.service.journey(request.state.session.subject)
    wanted = [vaccine for vaccine, _ in state.wanted]
    return portal.page(
        request, "willingness", status=422 if problem else 200, vaccines=VACCINES,
        ticked=wanted or VACCINES, registered=bool(wanted), problem=problem, typed=typed or {},
        districts=[f"{each.county}{each.district}" for each in portal.sites.values()],
        chosen=state.districts, command=secrets.token_hex(8),
    )  # fmt: skip


async def willingness(request: Request) -> Response:
    """Register, or amend what is registered."""
    if request.method == "GET":
        return _willingness_page(request)
    form, portal, session = await request.form(), portal_of(request), request.state.session
    typed = {"mobile": str(form.get("mobile") or "")}
    language = language_of(request)
    vaccines = tuple(str(each) for each in form.getlist("vaccine") if each in VACCINES)
    if not vaccines:
        return _willingness_page(request, say("willingness.choose", language), typed)
    try:
        mobile = MobileNumber.parse(typed["mobile"])
    except NumberError as error:
        problem = messages.describe_number_error(error, MobileNumber, language)
        return _willingness_page(request, problem, typed)
    ticked: dict[str, Any] = {
        "vaccines": vaccines,
        "districts": (str(form.get("district") or "-"),),
    }
    service, more = portal.service, own(form, "register", subject=session.subject)
    brought = portal.brought(session)
    if service.journey(session.subject).wanted:
        amend = Amend(**more, **ticked)
        await run_in_threadpool(service.amend, amend, now=portal.now, **brought)
    else:
        register = Register(**more, **ticked)
        await run_in_threadpool(
            service.register, register, now=portal.now, mobile=mobile, **brought
        )
    portal.contacts.keep(session.subject, session.masked, mobile.value)
    return go("/me")


async def withdraw(request: Request) -> Response:
    """Withdraw the registration."""
    form, portal, session = await request.form(), portal_of(request), request.state.session
    command = Withdraw(**own(form, "withdraw", subject=session.subject))
    await run_in_threadpool(portal.service.withdraw, command, now=portal.now)
    return go("/me")


async def book(request: Request) -> Response:
    """County, site, day and session: only what is offered to this person now."""
    portal, session = portal_of(request), request.state.session
    if request.method == "POST":
        return await _book(request, portal)
    language = language_of(request)
    offered: list[_Offered] = []
    why: dict[str, str] = {}
    for policy in portal.rounds:
        answers = await run_in_threadpool(
            portal.service.slots_for, session.subject, policy.id, now=portal.now,
            **portal.brought(session),
        )  # fmt: skip
        for each in answers:
            if each.refusal is None:
                offered.append((policy.id, each))
            elif each.refusal.code != "same-slot":
                why[messages.describe_refusal(each.refusal, language)] = each.refusal.code
    county, here = _choose(request, "county", offered, lambda slot: portal.sites[slot.site].county)
    site, at_site = _choose(request, "site", here, lambda slot: slot.site)
    day, on_day = _choose(request, "day", at_site, lambda slot: slot.day.isoformat())
    return portal.page(
        request, "book", offered=sorted(on_day, key=_in_order), county=county, site=site, day=day,
        counties=sorted({portal.sites[each.slot.site].county for _, each in offered}),
        here=sorted({each.slot.site for _, each in here}),
        days=sorted({each.slot.day for _, each in at_site}),
        why=[] if offered else list(why)[:6], command=secrets.token_hex(8),
        booking=portal.service.journey(session.subject).booking,
    )  # fmt: skip


def _in_order(offered: _Offered) -> tuple[int, str]:
    slot = offered[1].slot
    return SESSIONS.index(slot.session), slot.vaccine


def _choose(
    request: Request, name: str, among: list[_Offered], value: Callable[[Slot], str]
) -> tuple[str, list[_Offered]]:
    """What was chosen, or else the first, and the slots that have it."""
    values = sorted({value(each.slot) for _, each in among})
    asked = request.query_params.get(name, "")
    chosen = asked if asked in values else next(iter(values), "")
    return chosen, [each for each in among if value(each[1].slot) == chosen]


async def _book(request: Request, portal: Portal) -> Response:
    form, session = await request.form(), request.state.session
    try:
        policy, site, day, name, vaccine, dose = str(form.get("slot")).split("|")
        slot = Slot(site, date.fromisoformat(day), name, vaccine, int(dose))
    except ValueError:
        return Response(status_code=400)
    common = own(form, "book", subject=session.subject, policy_id=policy, slot=slot)
    service, brought = portal.service, portal.brought(session)
    old = str(form.get("booking") or "")
    if old:
        change = Change(**common, booking=old)
        await run_in_threadpool(service.change, change, now=portal.now, **brought)
    else:
        await run_in_threadpool(service.book, Book(**common), now=portal.now, **brought)
    if session.subject not in portal.contacts.all():
        portal.contacts.keep(session.subject, session.masked, "")
    return go("/ticket")


async def cancel(request: Request) -> Response:
    """Cancel the booking."""
    form, portal, session = await request.form(), portal_of(request), request.state.session
    more = own(form, "cancel", subject=session.subject, booking=str(form.get("booking") or "-"))
    await run_in_threadpool(portal.service.cancel, Cancel(**more), now=portal.now)
    return go("/me")


async def ticket(request: Request) -> Response:
    """A page to print, with the code for check-in."""
    portal, session = portal_of(request), request.state.session
    booking = portal.service.journey(session.subject).booking
    if booking is None:
        return go("/me")
    return portal.page(
        request, "ticket", booking=booking, code=portal.code(session.subject, booking.id)
    )


async def ticket_picture(request: Request) -> Response:
    """The code as a QR code."""
    portal, session = portal_of(request), request.state.session
    booking = portal.service.journey(session.subject).booking
    if booking is None:
        return Response(status_code=404)
    made = segno.make_qr(portal.code(session.subject, booking.id), error="q")
    drawn = io.BytesIO()
    made.save(drawn, kind="svg", scale=6, border=4, light="#fff")
    return Response(drawn.getvalue(), media_type="image/svg+xml")
