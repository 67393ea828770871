"""The parts that every page needs: the desk, the registry, the sites, and a way to make a page."""

from __future__ import annotations

import hmac
import json
import secrets
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import evolve, frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from examples.portal.contacts import Contacts
from examples.portal.gateway import LogGateway
from examples.portal.registry import DATA, Registry
from examples.portal.security import Limit, Sessions, Who
from examples.portal.texts import COOKIE, NAMES, language_of, say
from vaxpolicy import catalog, messages, reservation, wire
from vaxpolicy.days import TAIWAN
from vaxpolicy.desk import BookingService, Brought, PostgresStore, SQLiteStore
from vaxpolicy.eligibility import DatedFact, Willingness
from vaxpolicy.identity import Claim, pseudonym
from vaxpolicy.reservation import Actor, Elsewhere, Programme, RegistryAnswer
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.policy import Window

if TYPE_CHECKING:
    from starlette.requests import Request

    from examples.portal.settings import Settings
    from vaxpolicy.booking.slots import Slot
    from vaxpolicy.eligibility import Person, Policy

ROUNDS: Final = [
    catalog.load(name)
    for name in catalog.ids()
    if name.startswith(("tw/covid19-1922/round-", "tw/covid19/"))
]
"""The rounds of 2021 and 2022, and the seasons after them; a journey is about one disease."""
_REGISTRATION: Final = Window(opens=date(2021, 7, 6), closes=date(2021, 12, 31))
WITH_REGISTRATION: Final = Programme(registration_windows=(_REGISTRATION,), edit_lock=None)
"""Until the end of 2021 one registered first. The instants are this portal's own setting."""
WITHOUT: Final = Programme(registration="none", edit_lock=None, books_without_window=True)
_NO_REGISTRATION_FROM: Final = 2022
SESSIONS: Final = ("morning", "afternoon")
VACCINES: Final = ("AZ", "BNT", "Moderna", "Medigen")
_AFTER: Final = {
    reservation.EVENTS[command]: status
    for (_, command), status in reservation.TRANSITIONS.items()
    if command is not reservation.Correct
}
"""The status after each event, for its words; a correction leads back to any."""


Problems: TypeAlias = dict[str, list[str]]
"""The problems of a form by the name of the field."""


@frozen
class Site:
    """A vaccination site."""

    id: str
    county: str
    district: Mapping[str, str]
    name: Mapping[str, str]
    places: int


class Portal:
    """The parts of the portal, and what more than one page asks."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        is_postgres = settings.database.startswith("postgresql://")
        self.store: Any = (PostgresStore if is_postgres else SQLiteStore)(settings.database)
        self.contacts = Contacts(settings.database)
        self.registry = Registry(settings.key)
        self.gateway = LogGateway()
        self.sessions = Sessions()
        self.by_address = Limit(60, 600)
        self.by_person = Limit(8, 600)
        written = tomllib.loads((DATA / "sites.toml").read_text(encoding="utf-8"))["sites"]
        self.sites = {each["id"]: Site(**each) for each in written}
        self.districts = {f"{it.county}{it.district['zh-Hant']}": it for it in self.sites.values()}
        self._services = {
            each.registration: BookingService(self.store, policies=ROUNDS, programme=each)
            for each in (WITH_REGISTRATION, WITHOUT)
        }
        self._pages = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip

    @property
    def now(self) -> datetime:
        """The instant, by the portal's clock."""
        return self.settings.now()

    @property
    def today(self) -> date:
        """The day in Taiwan, by the portal's clock."""
        return self.now.astimezone(TAIWAN).date()

    @property
    def service(self) -> BookingService:
        """The desk, under what holds at this time."""
        return self._services["required" if self.now.year < _NO_REGISTRATION_FROM else "none"]

    @property
    def rounds(self) -> list[Policy]:
        """The rounds that are open for booking or will be within three days, and the season."""
        return [each for each in ROUNDS if _is_current(each, self.now)]

    @property
    def with_places(self) -> list[Policy]:
        """The rounds that have a vaccination day on which there are places."""
        days = {slot.day for each in self.service.capacities() for slot in each.slots}
        return [it for it in ROUNDS if any(vaccinates(it, day) for day in days)]

    @property
    def asked(self) -> list[str]:
        """The dated facts for which these rounds and the current ones ask."""
        plans = [compile_policy(each) for each in (*self.rounds, *self.with_places)]
        return sorted({fact for plan in plans for fact in plan.dated_facts})

    def identify(self, claim: Claim) -> Who:
        """The person of a claim; one refusal for "no such person" and for "another card"."""
        subject = pseudonym(claim.id_number, self.settings.key)
        if self.registry.answer(claim, subject) is not RegistryAnswer.MATCHED:
            raise reservation.Rejected("not-matched", version=0)
        return Who(subject, claim.id_number.masked, claim)

    def brought(self, who: Who) -> Brought:
        """The outside input that a person brings with a command."""
        return {**self.known(who.subject), "claim": who.claim,
                "registry": self.registry.answer(who.claim, who.subject)}  # fmt: skip

    def known(self, subject: str) -> Brought:
        """The outside input about a person who does not sit at a form."""
        person = self.person(subject) if subject in self.registry.people else None
        return {"person": person, "elsewhere": Elsewhere.NOT_BOOKED}

    def person(self, subject: str) -> Person:
        """A person as the registry knows it, with the answers; people register here alone."""
        facts = [
            DatedFact(fact, "never" if said == "never" else date.fromisoformat(said))
            for fact, said in self.contacts.answers(subject).items()
            if said != "unknown"
        ]
        return evolve(self.registry.people[subject], dated_facts=facts, willingness=Willingness({}))

    def code(self, subject: str, booking: str) -> str:
        """The code on the ticket, for check-in: nothing can be read from it."""
        name = f"ticket:{subject}:{booking}".encode()
        return hmac.digest(self.settings.key, name, "sha256").hex()[:12].upper()

    def here(self, site: str, day: date) -> list[dict[str, Any]]:
        """Everybody who has a place at a site on a day: what may be done, and who entered what."""
        found, masked, now = [], self.contacts.masked(), self.now
        for each in self.service.attendance(site, day, now=now):
            booking, state = each.booking, each.journey
            subject, signed = booking.subject, self.contacts.signed(booking.subject)
            moves = self.service.slots_for(
                subject, booking.policy_id, now=now, site=site, actor=Actor.SITE,
                kind=reservation.Move, **self.known(subject),
            )  # fmt: skip
            correctable = self.service.correctable(subject, actor=Actor.SITE, now=now)
            entered = [it for it in state.history if it.cause in signed]
            found.append({
                "subject": subject, "masked": masked.get(subject, "?"), "state": state,
                "booking": booking, "code": self.code(subject, booking.id),
                "moves": [it.slot for it in moves if it.bookable],
                "correctable": [(it.version, _AFTER[type(it)]) for it in correctable],
                "entered": [(_AFTER.get(type(it)), it.at, signed[it.cause]) for it in entered],
            })  # fmt: skip
        return sorted(found, key=lambda each: (each["booking"].slot.session, each["code"]))

    def page(self, request: Request, name: str, *, status: int = 200, **values: Any) -> Response:
        """A page in the visitor's language."""
        language = language_of(request)
        session, address = request.state.session, request.url.replace(scheme="", netloc="")
        made = self._pages.get_template(f"{name}.html").render(
            lang=language, languages=NAMES, session=session, now=self.now, csrf=session.csrf,
            address=address, path=request.scope["path"], asked=lambda: self.asked,
            say=lambda key, **more: say(key, language, **more), words=messages.words(language),
            slot_words=lambda slot: self.slot_words(slot, language), messages=messages,
            sites=self.sites, value_of=value_of, today=self.today,
            answers_of=self.contacts.answers, **values,
        )  # fmt: skip
        answer = HTMLResponse(made, status_code=status, headers={"Content-Language": language})
        if request.query_params.get("lang") == language:
            how: Any = {"httponly": True, "samesite": "lax", "secure": self.settings.secure}
            answer.set_cookie(COOKIE, language, max_age=31_536_000, **how)
        return answer

    def slot_words(self, slot: Slot, language: str) -> str:
        """A slot in words."""
        site = self.sites.get(slot.site)
        return say(
            "slot", language, site=slot.site if site is None else site.name[language],
            day=messages.words(language).date(slot.day), dose=slot.dose,
            session=say(f"session.{slot.session}", language),
            vaccine=messages.vaccine_name(slot.vaccine, language),
        )  # fmt: skip

    def fields(
        self, request: Request, name: str, problems: Problems, typed: Any, **values: Any
    ) -> Response:
        """A page with a form: what was typed, and each field's problem beside it."""
        values |= {"problems": problems, "typed": typed or {}, "command": secrets.token_hex(8)}
        return self.page(request, name, status=422 if problems else 200, **values)

    def says(self, request: Request, why: str, status: int, reasons: Any = ()) -> Response:
        """The page that says that something was not done."""
        return self.page(request, "refused", status=status, why=why, reasons=reasons)


def value_of(policy: str, slots: list[Slot], names: list[str] | None = None) -> str:
    """A round, the slots of one session, and ids of bookings that wait, as the value of a field."""
    each = zip(map(wire.dump, slots), names or [""] * len(slots), strict=True)
    return json.dumps([policy, *each], ensure_ascii=False)


def go(to: str) -> Response:
    """Go to another page after something was done."""
    return RedirectResponse(to, status_code=303)


def vaccinates(policy: Policy, day: date) -> bool:
    """Whether the day is one of the round's vaccination days."""
    return any(it.vaccination_days.first <= day <= it.vaccination_days.last for it in policy.stages)


def _is_current(policy: Policy, now: datetime) -> bool:
    """Whether a round can be booked now or within three days: by its windows, if it has some."""
    soon, windows = now + timedelta(days=3), [it for each in policy.stages for it in each.windows]
    if not windows:
        return vaccinates(policy, now.astimezone(TAIWAN).date())
    opening = [each.opens for each in windows if isinstance(each.opens, datetime)]
    is_open = any(each.is_open(now) is True for each in windows)
    return is_open or any(now < each <= soon for each in opening)
