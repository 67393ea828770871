"""The pages for everybody: who are you, willingness, look-up, booking, ticket."""

from __future__ import annotations

import io
import json
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from unicodedata import normalize

import segno
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from examples.portal import captcha
from examples.portal.portal import SESSIONS, VACCINES, Problems, go, vaccinates
from examples.portal.security import renew
from examples.portal.texts import language_of, say
from vaxpolicy import identity as documents
from vaxpolicy import messages, reservation, wire
from vaxpolicy.booking.slots import BookingRef, Slot
from vaxpolicy.days import parse_day
from vaxpolicy.eligibility import DatedFact
from vaxpolicy.identity import IdentityForm, MobileNumber, NumberError, ResidencyStatus
from vaxpolicy.reservation import Actor, Book, Change, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from starlette.requests import Request

    from examples.portal.portal import Portal
    from examples.portal.security import Session, Who
    from vaxpolicy.desk import SlotAnswer
    from vaxpolicy.reservation import AnyBooking

_Offered: TypeAlias = "tuple[str, tuple[SlotAnswer, ...]]"
"""A round, and a slot of it for each of the people."""
T = TypeVar("T")
MOST: Final = 6  # people who book together
BOXES: Final = ("permit", "entry_document", "passport")
CARD: Final = ("card1", "card2", "card3")


def portal_of(request: Request) -> Portal:
    """The portal that serves the request."""
    portal: Portal = request.app.state.portal
    return portal


def own(form: Any, name: str, actor: Actor = Actor.PERSON, **more: Any) -> dict[str, Any]:
    """The fields of every command; its id came with the page, so that a form counts once."""
    return {"id": str(form.get("command") or name), "actor": actor, **more}


def read(form: Any, name: str, make: Callable[[str], T]) -> T:
    """The value of a field that people choose and do not type; any other gets the answer 400."""
    try:
        return make(str(form.get(name) or ""))
    except (LookupError, RecursionError, TypeError, ValueError):
        raise HTTPException(400) from None


async def home(request: Request) -> Response:
    """The first page."""
    return portal_of(request).page(request, "home", rounds=portal_of(request).rounds)


async def puzzle(request: Request) -> Response:
    """The captcha to look at, or to listen to."""
    session = request.state.session
    session.captcha = session.captcha or captcha.new()
    if request.path_params["kind"] == "wav":
        return Response(captcha.sound(session.captcha), media_type="audio/wav")
    return Response(captcha.picture(session.captcha), media_type="image/svg+xml")


def _identity_page(request: Request, problems: Problems, typed: Any = None) -> Response:
    request.state.session.captcha = captcha.new()
    return portal_of(request).fields(
        request, "identity", problems, typed or {"add": request.query_params.get("add", "")},
        statuses=list(ResidencyStatus), advice=documents.WITHOUT_UI_NUMBER, boxes=BOXES, card=CARD,
    )  # fmt: skip


async def identity(request: Request) -> Response:
    """The form of the platform: a number, and the card or another document."""
    if request.method != "POST":
        return _identity_page(request, {})
    form, portal = await request.form(), portal_of(request)
    language, session = language_of(request), request.state.session
    names = ("id_number", *CARD, *BOXES, "status", "without_card", "add", "captcha")
    typed = {name: str(form.get(name) or "").strip() for name in names}
    if not _may_try(request, portal, typed["id_number"]):
        return _identity_page(request, {"": [say("limit", language)]}, typed)
    problems, wanted, session.captcha = Problems(), session.captcha, ""  # a picture counts once
    solved = bool(wanted) and normalize("NFKC", typed["captcha"]) == wanted
    try:
        who = portal.identify(documents.check_form(_as_form(typed, solved=solved), on=portal.today))
    except documents.InvalidForm as invalid:
        for each in invalid.errors:
            problems.setdefault(each.field, []).append(messages.describe_problem(each, language))
    except Rejected as refused:
        problems = {"": [messages.describe_refusal(refused, language)]}
    if problems:
        return _identity_page(request, problems, typed)
    together = session.people if typed["add"] else []
    session = renew(request, portal.sessions)
    session.people = list({it.subject: it for it in (*together, who)}.values())[:MOST]
    return go("/me")


async def alone(request: Request) -> Response:
    """Book without the others from now on."""
    del request.state.session.people[1:]
    return go("/me")


def _may_try(request: Request, portal: Portal, typed: str) -> bool:
    """Not too many attempts, from one address and for one number."""
    allowed = portal.by_address.allows(request.client.host if request.client else "")
    try:
        name = documents.pseudonym(documents.parse_id_number(typed), portal.settings.key)
    except NumberError:
        return allowed
    return allowed and portal.by_person.allows(name)


def _as_form(typed: dict[str, str], *, solved: bool) -> IdentityForm:
    without_card, status = bool(typed["without_card"]), typed["status"]
    card = tuple(typed[name] for name in CARD)
    known = status in {each.value for each in ResidencyStatus}
    return IdentityForm(
        id_number=typed["id_number"] or None, captcha_passed=solved,
        nhi_card=None if without_card or not any(card) else card,
        status=ResidencyStatus(status) if without_card and known else None,
        **{box: typed[box] or None if without_card else None for box in BOXES},
    )  # fmt: skip


async def leave(request: Request) -> Response:
    """Sign out."""
    renew(request, portal_of(request).sessions)
    return go("/")


async def me(request: Request) -> Response:
    """The look-up: what is registered and booked, whether it is my turn, and why not."""
    portal, session = portal_of(request), request.state.session
    form: Any = await request.form() if request.method == "POST" else {}
    problems = keep_answers(request, form, session.people) if form else {}
    if form and not problems:
        return go("/me")
    state, person = portal.service.journey(session.subject), portal.person(session.subject)
    decide = partial(portal.service.decision, session.subject, now=portal.now, person=person)
    return portal.fields(
        request, "me", problems, form, state=state,
        answers=[(each, decide(each.id)) for each in portal.rounds],
        registers=portal.service.programme.registration == "required",
        booked=state.status is reservation.Status.BOOKED,
        waiting=portal.service.waiting(session.subject, now=portal.now),
        others=[(it, portal.service.journey(it.subject).status) for it in session.people[1:]],
        most=MOST,
    )  # fmt: skip


def keep_answers(request: Request, form: Any, people: list[Who]) -> Problems:
    """Keep when something happened for which the rounds ask; if a day is wrong, say where."""
    portal, kept, problems = portal_of(request), [], Problems()
    for who, fact in product(people, portal.asked):
        name = f"{people.index(who)}.{fact}"
        day = str(form.get(f"{name}.day") or "")
        said = str(form.get(name) or (day and "on"))
        if said == "on" and not _happened(fact, day, portal.today):
            problems[name] = [say("facts.problem", language_of(request))]
        elif said in ("on", "never", "unknown"):
            kept.append((who.subject, fact, day if said == "on" else said))
    for each in [] if problems else kept:
        portal.contacts.answer(*each)
    return problems


def _happened(fact: str, day: str, today: date) -> bool:
    """Whether something can have happened on what was written as a day."""
    try:
        on: date = parse_day(day)
        DatedFact(fact, on)
    except ValueError:
        return False
    return on <= today


def _willingness_page(request: Request, problems: Problems, typed: Any = None) -> Response:
    portal = portal_of(request)
    state = portal.service.journey(request.state.session.subject)
    wanted = [vaccine for vaccine, _ in state.wanted]
    return portal.fields(
        request, "willingness", problems, typed, vaccines=VACCINES, registered=bool(wanted),
        ticked=typed.getlist("vaccine") if typed else wanted or VACCINES,
        chosen=[typed.get("district")] if typed else state.districts, districts=portal.districts,
    )  # fmt: skip


async def willingness(request: Request) -> Response:
    """Register, or amend what is registered."""
    if request.method != "POST":
        return _willingness_page(request, {})
    form: Any = await request.form()
    portal, session, language = portal_of(request), request.state.session, language_of(request)
    vaccines = tuple(str(each) for each in form.getlist("vaccine") if each in VACCINES)
    district, service = str(form.get("district")), portal.service
    problems = {} if vaccines else {"vaccine": [say("willingness.choose", language)]}
    if district not in portal.districts:
        problems["district"] = [say("willingness.district.choose", language)]
    mobile = None
    try:
        mobile = MobileNumber.parse(str(form.get("mobile") or ""))
    except NumberError as error:
        problems["mobile"] = [messages.describe_number_error(error, MobileNumber, language)]
    problems |= keep_answers(request, form, session.people[:1])
    if problems or mobile is None:
        return _willingness_page(request, problems, form)
    more = own(form, "register", subject=session.subject, vaccines=vaccines, districts=[district])
    do = partial(service.register, reservation.Register(**more), mobile=mobile)
    if form.get("amend"):
        do = partial(service.amend, reservation.Amend(**more))
    await run_in_threadpool(do, now=portal.now, **portal.brought(session.people[0]))
    portal.contacts.keep(session.subject, session.people[0].masked, mobile.value)
    return go("/me")


async def withdraw(request: Request) -> Response:
    """Withdraw the registration."""
    form, portal, session = await request.form(), portal_of(request), request.state.session
    command = reservation.Withdraw(**own(form, "withdraw", subject=session.subject))
    await run_in_threadpool(portal.service.withdraw, command, now=portal.now)
    return go("/me")


async def cancel(request: Request) -> Response:
    """Cancel the booking."""
    form, portal, session = await request.form(), portal_of(request), request.state.session
    more = own(form, "cancel", subject=session.subject, booking=str(form.get("booking") or "-"))
    await run_in_threadpool(portal.service.cancel, reservation.Cancel(**more), now=portal.now)
    return go("/me")


async def book(request: Request) -> Response:
    """County, site, day and session: only what is offered to these people now."""
    portal, session = portal_of(request), request.state.session
    if request.method == "POST":
        return await _book(request, portal)
    offered, full, why = await run_in_threadpool(_ways, portal, session, language_of(request))
    county, here = _choose(request, "county", offered, lambda slot: portal.sites[slot.site].county)
    site, at_site = _choose(request, "site", here, lambda slot: slot.site)
    day, on_day = _choose(request, "day", at_site, lambda slot: slot.day.isoformat())
    return portal.fields(
        request, "book", {}, {}, county=county, site=site, day=day,
        offered=sorted(on_day, key=lambda it: SESSIONS.index(it[1][0].slot.session)),
        counties=sorted({portal.sites[way[0].slot.site].county for _, way in offered}),
        here=sorted({way[0].slot.site for _, way in here}),
        days=sorted({way[0].slot.day for _, way in at_site}),
        why=[] if offered else why[:6], full=full[:12],
        bookings=[portal.service.journey(each.subject).booking for each in session.people],
    )  # fmt: skip


def _ways(
    portal: Portal, session: Session, language: str
) -> tuple[list[_Offered], list[tuple[str, Slot]], list[str]]:
    """The slots that are offered, the full ones that one may wait for, and why not the others."""
    first, people = session.subject, {it.subject: portal.brought(it) for it in session.people}
    offered: list[_Offered] = []
    full, why = [], dict.fromkeys([say("together.none", language)] if len(people) > 1 else [])
    for policy in portal.with_places:
        if len(people) > 1:
            ways = portal.service.slots_together(people, policy.id, now=portal.now)
            offered += [(policy.id, way) for way in ways]
            continue
        answers = portal.service.slots_for(first, policy.id, now=portal.now, **people[first])
        for each in [it for it in answers if vaccinates(policy, it.slot.day)]:
            if each.refusal is None:
                offered.append((policy.id, (each,)))
            elif each.refusal.code != "same-slot":
                why[messages.describe_refusal(each.refusal, language)] = None
                if each.refusal.code in ("slot-full", "others-wait") and each.waiting is None:
                    full.append((policy.id, each.slot))
    return offered, full, list(why)


def _choose(
    request: Request, name: str, among: list[_Offered], value: Callable[[Slot], str]
) -> tuple[str, list[_Offered]]:
    """The choice, or else the first, and the slots that have it."""
    values = sorted({value(way[0].slot) for _, way in among})
    asked = request.query_params.get(name, "")
    chosen = asked if asked in values else next(iter(values), "")
    return chosen, [each for each in among if value(each[1][0].slot) == chosen]


def slots_of(form: Any, people: int = 1) -> tuple[str, list[tuple[Slot, str]]]:
    """Read the text of `value_of`: the round, and the slot of each person with their id."""

    def make(value: str) -> tuple[str, list[tuple[Slot, str]]]:
        policy, *each = json.loads(value)
        pairs = zip(each, range(people), strict=True)  # the people may be others in another tab
        return str(policy), [(wire.load(Slot, slot), str(name)) for (slot, name), _ in pairs]

    return read(form, "slot", make)


def _commands(form: Any, people: list[Who]) -> list[Any]:
    """Book a slot for each of the people, or change what each has booked."""
    policy, chosen = slots_of(form, len(people))
    booked, found = [*form.getlist("booking"), *[""] * len(people)], []
    for who, (slot, name), old in zip(people, chosen, booked, strict=False):
        more = own(form, "book", subject=who.subject, policy_id=policy, slot=slot)
        more["id"] = name or more["id"]
        found.append(Change(**more, booking=str(old)) if old else Book(**more))
    return found


async def _book(request: Request, portal: Portal) -> Response:
    form, people = await request.form(), request.state.session.people
    do = partial(portal.service.book_all, _commands(form, people), now=portal.now)
    await run_in_threadpool(do, brought={each.subject: portal.brought(each) for each in people})
    for who in people:
        portal.contacts.keep(who.subject, who.masked)
    return go("/ticket")


async def wait(request: Request) -> Response:
    """Join the waiting list of a full slot, or leave it."""
    form, portal, who = await request.form(), portal_of(request), request.state.session.people[0]
    (command,), mine = _commands(form, [who]), BookingRef(who.subject, str(form.get("command")))
    do = partial(portal.service.wait, command, **portal.brought(who))
    if form.get("leave"):
        do = partial(portal.service.stop_waiting, command.slot, mine, actor=Actor.PERSON)
    await run_in_threadpool(do, now=portal.now)
    return go("/me")


def _tickets(request: Request) -> list[tuple[AnyBooking, Who, str]]:
    """The bookings of the people, with the code that is shown at check-in."""
    portal, people = portal_of(request), request.state.session.people
    booked = [(portal.service.journey(each.subject).booking, each) for each in people]
    return [(it, who, portal.code(who.subject, it.id)) for it, who in booked if it is not None]


async def ticket(request: Request) -> Response:
    """A page to print, with the code for check-in."""
    tickets = await run_in_threadpool(_tickets, request)
    return portal_of(request).page(request, "ticket", tickets=tickets) if tickets else go("/me")


async def ticket_picture(request: Request) -> Response:
    """The code as a QR code."""
    wanted = request.path_params["code"]
    if wanted not in [code for _, __, code in await run_in_threadpool(_tickets, request)]:
        raise HTTPException(404)
    drawn = io.BytesIO()
    segno.make_qr(wanted, error="q").save(drawn, kind="svg", scale=6, border=4, light="#fff")
    return Response(drawn.getvalue(), media_type="image/svg+xml")
