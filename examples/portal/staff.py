"""The pages of the sites' staff and of the operator, behind a login."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pyarrow as pa
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from examples.portal.portal import ROUNDS, SESSIONS, VACCINES, go, vaccinates
from examples.portal.security import is_password, renew
from examples.portal.settings import instant
from examples.portal.texts import language_of, say
from examples.portal.visitors import keep_answers, own, portal_of, read, slots_of
from vaxpolicy import population, reservation, wire
from vaxpolicy.booking.slots import Slot, consuming
from vaxpolicy.days import DaySet, parse_day
from vaxpolicy.eligibility import Dose
from vaxpolicy.identity import IdentityForm, check_form
from vaxpolicy.reservation import Actor, Rejected

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from examples.portal.portal import Portal
    from examples.portal.security import Who
    from vaxpolicy.eligibility import Policy

_DOCUMENTS = ("nhi_card", "permit", "entry_document", "passport")
_KINDS: dict[str, Any] = {
    "arrived": (reservation.CheckIn, "check_in"), "deferred": (reservation.Defer, "defer"),
    "vaccinated": (reservation.Vaccinate, "vaccinate"), "missed": (reservation.Miss, "miss"),
}  # fmt: skip


async def login(request: Request) -> Response:
    """The login of staff and operator."""
    portal, form = portal_of(request), await request.form()
    if request.method != "POST":
        return portal.page(request, "login", problem="")
    clerk = str(form.get("clerk") or "").strip()[:40]
    role = "operator" if form.get("role") == "operator" else "staff"
    hashed, given = getattr(portal.settings, f"{role}_password"), str(form.get("password") or "")
    allowed = portal.by_address.allows(request.client.host if request.client else "")
    if not (allowed and clerk and await run_in_threadpool(is_password, given, hashed)):
        problem, status = ("login.wrong", 403) if clerk else ("login.clerk", 422)
        said = say(problem if allowed else "limit", language_of(request))
        return portal.page(request, "login", status=status if allowed else 429, problem=said)
    session = renew(request, portal.sessions)
    session.role, session.clerk = role, clerk
    return go("/operator" if role == "operator" else "/staff")


async def desk(request: Request) -> Response:
    """Everybody with a place at a site on a day, and what may be done."""
    portal, session, asked = portal_of(request), request.state.session, request.query_params
    site = session.site = asked.get("site") or session.site or next(iter(portal.sites))
    code = asked.get("code", "").strip().upper()
    day = read(asked, "day", parse_day) if asked.get("day") else portal.today
    here = await run_in_threadpool(portal.here, site, day)
    capacities = await run_in_threadpool(portal.service.capacities, site=site, day=day)
    return portal.fields(
        request, "staff", {}, {}, site=site, day=day, code=code, kinds=_KINDS,
        may=lambda state: [it.command for it in reservation.may(state, now=portal.now)],
        vaccines=sorted({*VACCINES, *(slot.vaccine for it in capacities for slot in it.slots)}),
        reasons=[it.value for it in reservation.CorrectionReason], documents=_DOCUMENTS,
        here=[each for each in here if code in ("", each["code"])], all_sessions=SESSIONS,
        waiting=[(it.slots, len(it.waiting)) for it in capacities if it.waiting],
    )  # fmt: skip


async def record(request: Request) -> Response:
    """Record that somebody came, was vaccinated, was not, or did not come."""
    portal, form = portal_of(request), await request.form()
    if request.path_params["what"] not in _KINDS:
        raise HTTPException(404)
    kind, method = _KINDS[request.path_params["what"]]
    more = _about(form, booking=str(form.get("booking") or "-"))
    if kind is reservation.Vaccinate and form.get("product"):  # another product than the one booked
        more["given"] = Dose(str(form.get("product")), portal.today)
    brought = portal.known(more["subject"]) if kind is reservation.CheckIn else {}
    return await _done(request, getattr(portal.service, method), kind(**more), **brought)


def _about(form: Any, **more: Any) -> dict[str, Any]:
    """The fields of a command that the site sends about a person."""
    return own(form, "x", Actor.SITE, subject=str(form.get("subject") or "-"), **more)


async def _done(request: Request, do: Any, command: Any, **brought: Any) -> Response:
    """Do a command of the site, keep the clerk's name with it, and go back to the list."""
    portal, form = portal_of(request), await request.form()
    await run_in_threadpool(do, command, now=portal.now, **brought)
    portal.contacts.sign(command.subject, command.id, request.state.session.clerk)
    where = {"site": str(form.get("site")), "day": str(form.get("day"))}
    return go(f"/staff?{urlencode(where)}")


async def move(request: Request) -> Response:
    """The site moves a booking to another of its slots."""
    portal, form = portal_of(request), await request.form()
    policy, ((slot, _),) = slots_of(form)
    more = _about(form, booking=str(form.get("booking") or "-"), policy_id=policy, slot=slot)
    brought = portal.known(more["subject"])
    return await _done(request, portal.service.move, reservation.Move(**more), **brought)


async def correct(request: Request) -> Response:
    """Take back what was entered in error; the clerk's name and the reason are kept."""
    portal, form = portal_of(request), await request.form()
    reason = read(form, "reason", reservation.CorrectionReason)
    more = _about(form, event=read(form, "event", int), reason=reason)
    return await _done(request, portal.service.correct, reservation.Correct(**more))


async def walk_in(request: Request) -> Response:
    """Somebody without a booking has come: who it is, and a place in this session."""
    portal, form = portal_of(request), await request.form()
    box: Any = {it: str(form.get("number")) for it in _DOCUMENTS if it == form.get("document")}
    filled = IdentityForm(id_number=str(form.get("id_number")), captcha_passed=True, **box)
    who = portal.identify(check_form(filled, on=portal.today))
    portal.contacts.keep(who.subject, who.masked)
    if problems := keep_answers(request, form, [who]):
        return portal.says(request, next(iter(problems.values()))[0], 422)
    policy, slot = await run_in_threadpool(_place_now, portal, who, form)
    more = own(form, "x", Actor.SITE, subject=who.subject, policy_id=policy, slot=slot)
    command = reservation.WalkIn(**more)
    return await _done(request, portal.service.walk_in, command, **portal.brought(who))


def _place_now(portal: Portal, who: Who, form: Any) -> tuple[str, Slot]:
    """The round and the slot in which a walk-in gets a place. Raises `Rejected` if none does."""
    refusals = []
    done: Any = portal.service.journey(who.subject).history.find(str(form.get("command")))
    if done:  # the form was sent again
        return done.command.policy_id, done.command.slot
    for policy in [each for each in ROUNDS if vaccinates(each, portal.today)]:
        answers = portal.service.slots_for(
            who.subject, policy.id, now=portal.now, site=str(form.get("site")), day=portal.today,
            actor=Actor.SITE, kind=reservation.WalkIn, **portal.brought(who),
        )  # fmt: skip
        for each in [it for it in answers if it.slot.session == form.get("session")]:
            if each.refusal is None:
                return policy.id, each.slot
            refusals.append(each.refusal)
    raise refusals[0] if refusals else Rejected("slot-full", version=0)


async def close_session(request: Request) -> Response:
    """Close a session, and carry everybody in it over."""
    portal, form = portal_of(request), await request.form()
    site, day = str(form.get("site")), read(form, "day", parse_day)
    cause, session = str(form.get("command")), str(form.get("session"))
    close = partial(portal.service.close_session, cause=cause, actor=Actor.SITE, now=portal.now)
    await run_in_threadpool(close, site, day, session)
    return go(f"/staff?{urlencode({'site': site, 'day': day})}")


async def operator(request: Request) -> Response:
    """The operator's page: the rounds, the places, and the people."""
    portal = portal_of(request)
    slots = await run_in_threadpool(portal.service.capacities)
    journeys = [portal.service.journey(each) for each in portal.registry.people]
    return portal.page(
        request, "operator", rounds=ROUNDS, current=portal.rounds, sent=len(portal.gateway.sent),
        slots=len(slots), places=sum(each.places for each in slots),
        used=sum(consuming(each, portal.now) for each in slots),
        statuses=Counter(each.status for each in journeys if each.version),
        outcomes=request.query_params.getlist("outcome"),
        told=request.query_params.get("told", ""),
    )  # fmt: skip


async def operate(request: Request) -> Response:
    """Set the clock, open a round, send notifications, decide for everybody."""
    portal, form = portal_of(request), await request.form()
    what = request.path_params["what"]
    if what == "clock":
        portal.settings.set_clock(None if form.get("now") else read(form, "at", instant))
        return go("/operator")
    policy = read(form, "policy", {each.id: each for each in ROUNDS}.__getitem__)
    if what == "open":
        await run_in_threadpool(_open, portal, policy, str(form.get("pool") or "") or None)
    elif what == "notify":
        return go(f"/operator?told={await run_in_threadpool(_notify, portal, policy)}")
    elif what == "decide":
        outcomes = await run_in_threadpool(_decide, portal, policy)
        found = [("outcome", f"{name} {count}") for name, count in sorted(outcomes.items())]
        return go(f"/operator?{urlencode(found)}")
    return go("/operator")


def _open(portal: Portal, policy: Policy, pool: str | None) -> None:
    """Open the places of a round for the two weeks from today or from its first day on."""
    first = max(portal.today, min(each.vaccination_days.first for each in policy.stages))
    places = {each.id: each.places for each in portal.sites.values()}
    days = DaySet.between(first, first + timedelta(days=13))
    slots = [it for each in portal.service.capacities() for it in each.slots]
    if any(it.pool != pool and vaccinates(policy, it.day) for it in slots):
        raise HTTPException(400)  # a session would have its places twice
    do = partial(portal.service.open_round, actor=Actor.PROGRAMME, now=portal.now, pool=pool)
    do(policy.id, places, sessions=SESSIONS, days=days)


def _notify(portal: Portal, policy: Policy) -> int:
    """Tell everybody whose turn it is; who is not to be told is passed over."""
    told, notify = 0, partial(portal.service.notify, gateway=portal.gateway)
    about: Any = {"id": f"notice/{policy.id}", "actor": Actor.PROGRAMME, "policy_id": policy.id}
    for subject in portal.registry.people:
        command = reservation.Notify(**about, subject=subject)
        with suppress(Rejected):
            told += len(notify(command, now=portal.now, **portal.known(subject)).events)
    return told


def _decide(portal: Portal, policy: Policy) -> Counter[str]:
    """The number of people whose turn it is: everybody at once, on columns."""
    know, journey = reservation.with_journey, portal.service.journey
    people = [wire.dump(know(portal.person(it), journey(it))) for it in portal.registry.people]
    names = dict.fromkeys(name for each in people for name in each)
    table = pa.table({name: [each.get(name) for each in people] for name in names})
    return Counter(population.decide_table(policy, table).read_all()["outcome"].to_pylist())
