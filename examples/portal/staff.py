"""The pages of the sites' staff and of the operator, behind a login."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from starlette.concurrency import run_in_threadpool

from examples.portal.portal import ROUNDS, SESSIONS, VACCINES, go
from examples.portal.security import is_password, renew
from examples.portal.texts import language_of, say
from examples.portal.visitors import own, portal_of
from vaxpolicy import population, reservation
from vaxpolicy.booking.slots import Open, Slot, consuming
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose
from vaxpolicy.reservation import (
    Actor,
    CheckIn,
    Defer,
    Elsewhere,
    Miss,
    Notify,
    Rejected,
    Vaccinate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from examples.portal.portal import Portal
    from vaxpolicy.eligibility import Policy

_KINDS: dict[str, Any] = {
    "arrived": (CheckIn, "check_in"),
    "vaccinated": (Vaccinate, "vaccinate"),
    "deferred": (Defer, "defer"),
    "missed": (Miss, "miss"),
}


async def login(request: Request) -> Response:
    """The login of staff and operator."""
    portal = portal_of(request)
    if request.method == "GET":
        return portal.page(request, "login", problem="")
    form = await request.form()
    language = language_of(request)
    address = request.client.host if request.client else ""
    if not portal.by_address.allows(address):
        return portal.page(request, "login", status=429, problem=say("limit", language))
    role = "operator" if form.get("role") == "operator" else "staff"
    settings = portal.settings
    hashed = settings.operator_password if role == "operator" else settings.staff_password
    if not await run_in_threadpool(is_password, str(form.get("password") or ""), hashed):
        return portal.page(request, "login", status=403, problem=say("login.wrong", language))
    renew(request, portal.sessions).role = role
    return go("/operator" if role == "operator" else "/staff")


async def desk(request: Request) -> Response:
    """Everybody with a place at a site on a day, and what may be done."""
    portal = portal_of(request)
    site = request.query_params.get("site") or next(iter(portal.sites))
    day = _day(request.query_params.get("day"), portal.now.date())
    code = request.query_params.get("code", "").strip().upper()
    here = await run_in_threadpool(portal.here, site, day)
    return portal.page(
        request, "staff", site=site, day=day, code=code, kinds=list(_KINDS),
        all_sessions=SESSIONS, vaccines=VACCINES,
        here=[each for each in here if not code or each.code == code],
        command=secrets.token_hex(8),
    )  # fmt: skip


def _day(text: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return otherwise


async def record(request: Request) -> Response:
    """Record that somebody came, was vaccinated, was not, or did not come."""
    portal, form = portal_of(request), await request.form()
    kind, method = _KINDS[request.path_params["what"]]
    subject = str(form.get("subject") or "-")
    more = own(form, "x", Actor.SITE, subject=subject, booking=str(form.get("booking") or "-"))
    brought: Any = {}
    if kind is Vaccinate and form.get("product"):  # another product than the one booked
        more["given"] = Dose(str(form.get("product")), portal.now.date())
    if kind is CheckIn:
        person = portal.registry.people.get(subject)
        brought = {"person": person, "elsewhere": Elsewhere.NOT_BOOKED}
    done = getattr(portal.service, method)
    await run_in_threadpool(done, kind(**more), now=portal.now, **brought)
    return go(f"/staff?site={form.get('site')}&day={form.get('day')}")


async def close_session(request: Request) -> Response:
    """Close a session, and carry everybody in it over."""
    portal, form = portal_of(request), await request.form()
    site, day = str(form.get("site")), _day(str(form.get("day")), portal.now.date())
    await run_in_threadpool(
        portal.service.close_session, site, day, str(form.get("session")),
        cause=str(form.get("command")), actor=Actor.SITE, now=portal.now,
    )  # fmt: skip
    return go(f"/staff?site={site}&day={day}")


async def operator(request: Request) -> Response:
    """What the operator sees: the rounds, the places, and the people."""
    portal = portal_of(request)
    capacities = await run_in_threadpool(portal.service.capacities)
    open_slots = [each for each in capacities if each.slot is not None]
    journeys = [portal.service.journey(each) for each in portal.registry.people]
    return portal.page(
        request, "operator", rounds=ROUNDS, current=portal.rounds, sent=portal.gateway.count,
        slots=len(open_slots), places=sum(each.places for each in open_slots),
        used=sum(consuming(each, portal.now) for each in open_slots),
        statuses=Counter(each.status for each in journeys if each.version),
        outcomes=request.query_params.getlist("outcome"),
        told=request.query_params.get("told", ""),
    )  # fmt: skip


async def operate(request: Request) -> Response:
    """Set the clock, open a round, send notifications, decide for everybody."""
    portal, form = portal_of(request), await request.form()
    what = request.path_params["what"]
    if what == "clock":
        try:
            at = datetime.fromisoformat(str(form.get("at")))
        except ValueError:
            return go("/operator")
        portal.settings.set_clock(at.replace(tzinfo=TAIWAN))
        return go("/operator")
    policy = next((each for each in ROUNDS if each.id == form.get("policy")), None)
    if policy is None:
        return go("/operator")
    if what == "open":
        await run_in_threadpool(_open, portal, policy)
    elif what == "notify":
        told = await run_in_threadpool(_notify, portal, policy)
        return go(f"/operator?told={told}")
    elif what == "decide":
        outcomes = await run_in_threadpool(_decide, portal, policy)
        query = "&".join(f"outcome={name}%20{count}" for name, count in sorted(outcomes.items()))
        return go(f"/operator?{query}")
    return go("/operator")


def _open(portal: Portal, policy: Policy) -> None:
    """Open a slot for each site, day, session, vaccine and dose of the round."""
    for site in portal.sites.values():
        for slot in _slots(policy, site.id):
            if not portal.service.capacity(slot).version:
                command = Open(
                    id=f"open/{policy.id}", actor=Actor.PROGRAMME, slot=slot, places=site.places
                )
                portal.service.manage(slot, command, now=portal.now)


def _slots(policy: Policy, site: str) -> Iterator[Slot]:
    for stage in policy.stages:
        first, last = stage.vaccination_days.first, stage.vaccination_days.last
        for offset in range((last - first).days + 1):
            for rule in stage.rules:
                for vaccine in rule.vaccines:
                    for session in SESSIONS:
                        day = first + timedelta(days=offset)
                        yield Slot(site, day, session, vaccine, rule.dose)


def _notify(portal: Portal, policy: Policy) -> int:
    """Tell everybody whose turn it is; who is not to be told is passed over."""
    told = 0
    for subject, person in portal.registry.people.items():
        command = Notify(
            id=f"notice/{policy.id}", actor=Actor.PROGRAMME, subject=subject, policy_id=policy.id
        )
        try:
            done = portal.service.notify(
                command, gateway=portal.gateway, now=portal.now, person=person,
                elsewhere=Elsewhere.NOT_BOOKED,
            )  # fmt: skip
        except Rejected:
            continue
        told += len(done.events)
    return told


def _decide(portal: Portal, policy: Policy) -> Counter[str]:
    """How many people it is the turn of: everybody at once, on columns."""
    known = [
        reservation.with_journey(person, portal.service.journey(subject))
        for subject, person in portal.registry.people.items()
    ]
    rows = [
        {
            "key": each.key,
            "birth_date": each.birth_date,
            "doses": [{"vaccine": dose.vaccine, "on": dose.on} for dose in each.doses or ()],
            "groups": sorted(each.groups or ()),
            "residence_county": each.residence_county,
            "willingness": [
                {"vaccine": vaccine, "since": since}
                for vaccine, since in (each.willingness.wanted if each.willingness else {}).items()
            ],
        }
        for each in known
    ]
    table = pa.Table.from_pylist(rows, schema=population.PEOPLE)
    return Counter(population.decide_table(policy, table).read_all()["outcome"].to_pylist())
