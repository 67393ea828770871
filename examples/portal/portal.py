"""What every page needs: the desk, the registry, the sites, and how a page is made."""

from __future__ import annotations

import hmac
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from examples.portal.contacts import Contacts
from examples.portal.gateway import LogGateway
from examples.portal.registry import DATA, Registry
from examples.portal.security import Limit, Session, Sessions
from examples.portal.texts import COOKIE, NAMES, language_of, say
from vaxpolicy import catalog, eligibility, messages, reservation
from vaxpolicy.booking.slots import Allocation, Slot, keeping
from vaxpolicy.days import TAIWAN
from vaxpolicy.desk import BookingService, PostgresStore, SQLiteStore
from vaxpolicy.eligibility import Person
from vaxpolicy.reservation import Booking, Elsewhere, Programme, RegistryAnswer, State
from vaxpolicy.rules.policy import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from examples.portal.settings import Settings
    from vaxpolicy.eligibility import Decision, Policy

ROUNDS: Final = [
    catalog.load(name) for name in catalog.ids() if name.startswith("tw/covid19-1922/round-")
]
WITH_REGISTRATION: Final = Programme(
    registration_windows=(Window(opens=date(2021, 7, 6), closes=date(2021, 12, 31)),),
    edit_lock=None,
)
"""Until the end of 2021 one registered first. The instants are this portal's own setting."""
WITHOUT: Final = Programme(registration="none", edit_lock=None)
_NO_REGISTRATION_FROM: Final = 2022
SESSIONS: Final = ("morning", "afternoon")
VACCINES: Final = ("AZ", "BNT", "Moderna", "Medigen")


@frozen
class Site:
    """A vaccination site."""

    id: str
    county: str
    district: str
    name: Mapping[str, str]
    places: int


@frozen
class Here:
    """A booking at a site, as the staff see it."""

    subject: str
    masked: str
    state: State
    booking: Booking
    code: str


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
        written = tomllib.loads((DATA / "sites.toml").read_text(encoding="utf-8"))
        self.sites = {each["id"]: Site(**each) for each in written["sites"]}
        self._services = {
            each.registration: BookingService(self.store, policies=ROUNDS, programme=each)
            for each in (WITH_REGISTRATION, WITHOUT)
        }
        templates = Path(__file__).parent / "templates"
        self._pages = Environment(
            loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
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
        registers = self.now.year < _NO_REGISTRATION_FROM
        return self._services["required" if registers else "none"]

    @property
    def rounds(self) -> list[Policy]:
        """The rounds that are open for booking, or will be within three days."""
        soon = self.now + timedelta(days=3)
        return [each for each in ROUNDS if any(_is_soon(w, self.now, soon) for w in _windows(each))]

    def brought(self, session: Session) -> Any:
        """What this visitor brings with a command."""
        answer = (
            RegistryAnswer.UNAVAILABLE
            if session.claim is None
            else self.registry.answer(session.claim, session.subject)
        )
        return {
            "person": self.registry.people.get(session.subject),
            "claim": session.claim,
            "registry": answer,
            "elsewhere": Elsewhere.NOT_BOOKED,
        }

    def decisions(self, session: Session) -> Iterator[tuple[Policy, Decision]]:
        """The visitor's decision in each round, from today on."""
        state = self.service.journey(session.subject)
        person = self.registry.people.get(session.subject, Person())
        for policy in self.rounds:
            known = reservation.with_journey(person, state)
            yield policy, eligibility.decide(policy, known, from_day=self.today)

    def code(self, subject: str, booking: str) -> str:
        """What the ticket shows at check-in: nothing can be read from it."""
        name = f"ticket:{subject}:{booking}".encode()
        return hmac.digest(self.settings.key, name, "sha256").hex()[:12].upper()

    def here(self, site: str, day: date) -> list[Here]:
        """Everybody who has a place at a site on a day."""
        found, contacts = [], self.contacts.all()
        for capacity in self.service.capacities(site=site, day=day):
            for kept in capacity.kept:
                if keeping(capacity, kept.booking, self.now) is not Allocation.TAKEN:
                    continue
                subject = kept.booking.subject
                state = self.service.journey(subject)
                made = [each for each in state.history if isinstance(each, Booking)]
                masked = contacts.get(subject, ("?", ""))[0]
                code = self.code(subject, kept.booking.id)
                found += [
                    Here(subject, masked, state, each, code)
                    for each in made
                    if each.id == kept.booking.id
                ]
        return sorted(found, key=lambda each: (each.booking.slot.session, each.code))

    def page(self, request: Request, name: str, *, status: int = 200, **values: Any) -> Response:
        """A page in the visitor's language."""
        language = language_of(request)
        session: Session = request.state.session
        made = self._pages.get_template(f"{name}.html").render(
            lang=language, languages=NAMES, session=session, path=request.url.path, now=self.now,
            csrf=session.csrf, say=lambda key, **more: say(key, language, **more),
            words=messages.words(language),
            slot_words=lambda slot: self.slot_words(slot, language),
            messages=messages, sites=self.sites, **values,
        )  # fmt: skip
        answer = HTMLResponse(made, status_code=status, headers={"Content-Language": language})
        if request.query_params.get("lang") == language:
            answer.set_cookie(
                COOKIE, language, max_age=31_536_000, httponly=True, samesite="lax",
                secure=self.settings.secure,
            )  # fmt: skip
        return answer

    def slot_words(self, slot: Slot, language: str) -> str:
        """A slot in words."""
        site = self.sites.get(slot.site)
        return say(
            "slot", language,
            site=slot.site if site is None else site.name[language],
            day=messages.words(language).date(slot.day),
            session=say(f"session.{slot.session}", language),
            vaccine=messages.vaccine_name(slot.vaccine, language),
            dose=slot.dose,
        )  # fmt: skip

    def refused(self, request: Request, refusal: reservation.Rejected) -> Response:
        """The page that says why something was not done, and what would help."""
        language = language_of(request)
        reasons = [
            messages.describe_reason(each, language, self.today) for each in refusal.reasons[:5]
        ]
        why = messages.describe_refusal(refusal, language)
        return self.page(request, "refused", status=409, why=why, reasons=reasons)


def go(to: str) -> Response:
    """Go to another page after something was done."""
    return RedirectResponse(to, status_code=303)


def _windows(policy: Policy) -> list[Window]:
    return [window for stage in policy.stages for window in stage.windows]


def _is_soon(window: Window, now: datetime, soon: datetime) -> bool:
    """Whether the window is surely open now or opens soon."""
    opens = window.opens
    return window.is_open(now) is True or (isinstance(opens, datetime) and now < opens <= soon)
