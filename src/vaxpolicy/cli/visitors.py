"""Follows a few fictional people from the form to the booking or the refusal, step by step.

All numbers are synthetic: specimens, or made from a counter with a correct check digit. The answers
of other systems are fixed: the registry matches, places are free, nobody has booked elsewhere, and
messages arrive.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen

from vaxpolicy import catalog, identity, reservation
from vaxpolicy.booking import slots
from vaxpolicy.days import TAIWAN, in_taiwan
from vaxpolicy.eligibility import Decision, Dose, Effect, Person, Policy, Willingness, decide
from vaxpolicy.identity import IdentityForm, InvalidForm, RegistryAnswer, ResidencyStatus
from vaxpolicy.messages import (
    describe_fact,
    describe_number,
    describe_offer,
    describe_outcome,
    describe_problem,
    describe_reason,
    describe_refusal,
    describe_status,
    vaccine_name,
    words,
)
from vaxpolicy.reservation import (
    Actor,
    Book,
    BookingRef,
    CheckIn,
    Delivery,
    Elsewhere,
    Notify,
    Place,
    Programme,
    Register,
    Rejected,
    Slot,
    Vaccinate,
)
from vaxpolicy.rules.policy import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.numbers.reading import Number
    from vaxpolicy.reservation import AnyCommand, Booking, State

ROUND_13: Final = "tw/covid19-1922/round-13"
ROUND_19: Final = "tw/covid19-1922/round-19"
ROUND_24: Final = "tw/covid19-1922/round-24"
KEY: Final = b"a made-up key, for a demonstration only"
REGISTERED: Final = datetime(2021, 8, 28, 15, tzinfo=TAIWAN)
WITH_REGISTRATION: Final = Programme(
    registration_windows=(
        Window(datetime(2021, 8, 28, 14, tzinfo=TAIWAN), datetime(2021, 9, 9, 12, tzinfo=TAIWAN)),
    )
)
WITHOUT_REGISTRATION: Final = Programme(registration="none")


@frozen
class Visitor:
    """A visitor of the portal: what they type, their facts in its registers, and their wishes."""

    who: str
    """The key of the text that introduces the visitor (see `introduce`)."""
    form: IdentityForm
    person: Person
    policy: str
    now: datetime
    vaccine: str = ""
    day: date | None = None
    programme: Programme = WITHOUT_REGISTRATION
    mobile: str = "0912345678"


def _at(day: date, hour: int) -> datetime:
    return in_taiwan(day, time(hour))


_CARD: Final = ("0000", "1234", "5678")
_TWO_DOSES: Final = (Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 10, 1)))

VISITORS: Final = (
    Visitor(
        "citizen",
        IdentityForm(id_number="A123456789", nhi_card=_CARD, captcha_passed=True),
        Person(date(1960, 5, 1), (), (), willingness=Willingness({"BNT": REGISTERED})),
        ROUND_13,
        _at(date(2021, 11, 3), 11),
        "BNT",
        date(2021, 11, 6),
        WITH_REGISTRATION,
    ),
    Visitor(
        "hong-kong",
        IdentityForm(
            id_number="A880000018",
            permit="111000000001",
            status=ResidencyStatus.HK_MACAU,
            captcha_passed=True,
        ),
        Person(date(1985, 3, 3), _TWO_DOSES, ()),
        ROUND_19,
        _at(date(2022, 1, 15), 15),
        "Moderna",
        date(2022, 1, 18),
    ),
    Visitor(
        "foreigner",
        IdentityForm(
            id_number="A800000014",
            passport="X1234567",
            status=ResidencyStatus.FOREIGN_OR_STATELESS,
            captcha_passed=True,
        ),
        Person(
            date(1990, 8, 8),
            (Dose("AZ", date(2021, 8, 27)),),
            (),
            willingness=Willingness({"AZ": REGISTERED}),
        ),
        ROUND_13,
        _at(date(2021, 11, 3), 15),
        "AZ",
        date(2021, 11, 5),
        WITH_REGISTRATION,
    ),
    Visitor(
        "leap",
        IdentityForm(id_number="B100000002", nhi_card=_CARD, captcha_passed=True),
        Person(date(2004, 2, 29), _TWO_DOSES, ()),
        ROUND_19,
        _at(date(2022, 1, 15), 15),
        "BNT",
        date(2022, 1, 17),
    ),
    Visitor(
        "leap-later",
        IdentityForm(id_number="B100000002", nhi_card=_CARD, captcha_passed=True),
        Person(date(2004, 2, 29), _TWO_DOSES, ()),
        ROUND_24,
        _at(date(2022, 2, 23), 15),
        "AZ",
        date(2022, 3, 1),
    ),
    Visitor(
        "interval",
        IdentityForm(id_number="C200000005", nhi_card=_CARD, captcha_passed=True),
        Person(
            date(1975, 1, 9), (Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 10, 28))), ()
        ),
        ROUND_19,
        _at(date(2022, 1, 15), 15),
        "BNT",
        date(2022, 1, 18),
    ),
    Visitor(
        "unknown",
        IdentityForm(id_number="D200000006", nhi_card=_CARD, captcha_passed=True),
        Person(date(1975, 1, 9), None, ()),
        ROUND_19,
        _at(date(2022, 1, 15), 15),
        "BNT",
        date(2022, 1, 18),
    ),
    Visitor(
        "mistyped",
        IdentityForm(id_number="E2OO000007", nhi_card=_CARD, captcha_passed=True),
        Person(date(1950, 4, 4), _TWO_DOSES, ()),
        ROUND_19,
        _at(date(2022, 1, 15), 10),
        "Medigen",
        date(2022, 1, 17),
    ),
)


def introduce(visitor: Visitor, lang: str = "en") -> str:
    """Introduce the visitor."""
    return words(lang)(f"demo/who-{visitor.who}")


def walk(visitor: Visitor, lang: str = "en") -> Iterator[str]:
    """The steps of the visitor, one line each."""
    say = words(lang)
    try:
        claim = identity.check_form(visitor.form, on=visitor.now.date())
    except InvalidForm as error:
        for problem in error.errors:
            yield say("demo/form", problem=describe_problem(problem, lang), code=problem.code)
        return
    name = identity.pseudonym(claim.id_number, KEY)
    number = f"{describe_number(claim.id_number, lang)} {claim.id_number.masked}"
    yield say("demo/claim", number=number, document=describe_number(_document(claim), lang))
    policy = catalog.load(visitor.policy)
    today = visitor.now.astimezone(TAIWAN).date()
    decision = decide(policy, evolve(visitor.person, key=name), from_day=today)
    yield say(
        "number-frame/problem",
        field=policy.id,
        problem=describe_outcome(decision.outcome, lang),
    )
    yield from (
        "  " + say("demo/offer", offer=describe_offer(offer, lang, from_day=today))
        for offer in decision.offers
    )
    for reason in decision.reasons:
        if not decision.offers or reason.effect is Effect.NARROWS:
            yield "  " + say("demo/reason", reason=describe_reason(reason, lang, today))
    if decision.missing:
        facts = say.listed([describe_fact(fact, lang) for fact in decision.missing])
        yield "  " + say("command-line/missing", facts=facts)
    yield from _Journey(visitor, policy, decision, claim, name, lang=lang).steps()


def _document(claim: identity.Claim) -> Number:
    """The document shown with the ID or UI number."""
    match claim:
        case identity.NhiClaim():
            return claim.nhi_card
        case identity.PermitClaim():
            return claim.permit
    return claim.passport


class _Journey:
    """The reservation of one visitor; the answers of other systems are fixed."""

    def __init__(
        self,
        visitor: Visitor,
        policy: Policy,
        decision: Decision,
        claim: identity.Claim,
        name: str,
        *,
        lang: str,
    ) -> None:
        self.lang = lang
        self.visitor, self.policy, self.decision = visitor, policy, decision
        self.claim, self.name = claim, name
        self.state: State = reservation.initial()

    def steps(self) -> Iterator[str]:
        if self.visitor.programme is WITH_REGISTRATION:
            yield from self.register()
        yield from self.book()
        if self.state.booking is not None:
            yield from self.come(self.state.booking)

    def register(self) -> Iterator[str]:
        person, programme = self.by(Actor.PERSON), self.by(Actor.PROGRAMME)
        vaccines = (self.visitor.vaccine,)
        yield self.do(
            Register(id="register", vaccines=vaccines, districts=("大安區",), **person), REGISTERED
        )
        notify = Notify(id="notify", policy_id=self.policy.id, **programme)
        yield self.do(notify, self.visitor.now)

    def book(self) -> Iterator[str]:
        """Book the day that the person wants; if it is refused, the first day that is offered."""
        visitor = self.visitor
        decision = self.decision
        offers = [
            offer
            for offer in (*decision.offers, *decision.possible_offers)
            if offer.vaccine == visitor.vaccine
        ]
        dose = offers[0].dose if offers else len(visitor.person.doses or ()) + 1
        first = offers[0].days.first if offers else None
        for name, day in (("book", visitor.day), ("book-again", first)):
            if day is not None and self.state.booking is None:
                slot = Slot("site-1", day, "morning", visitor.vaccine, dose)
                command = Book(
                    id=name, policy_id=self.policy.id, slot=slot, **self.by(Actor.PERSON)
                )
                yield self.do(command, visitor.now)

    def come(self, booking: Booking) -> Iterator[str]:
        site, at = self.by(Actor.SITE), _at(booking.slot.day, 10)
        yield self.do(CheckIn(id="check-in", booking=booking.id, **site), at)
        later = at + timedelta(minutes=20)
        yield self.do(Vaccinate(id="vaccinate", booking=booking.id, **site), later)

    def by(self, actor: Actor) -> dict[str, Any]:
        return {"actor": actor, "subject": self.name}

    def place(self, command: AnyCommand, now: datetime) -> Place | None:
        """Open a slot, hold a place in it, and confirm the place with the booking.

        A portal appends the confirmation and the booking together, or neither.
        """
        if not isinstance(command, Book):
            return None
        booking, soon = BookingRef(self.name, command.id), now + timedelta(minutes=10)
        stream = slots.initial()
        for order in (
            slots.Open(id="open", actor=Actor.SITE, slot=command.slot, places=10),
            slots.Hold(id="hold", actor=Actor.PERSON, booking=booking, until=soon),
            slots.Confirm(id="confirm", actor=Actor.PERSON, booking=booking),
        ):
            for event in slots.decide(stream, order, now=now):
                stream = slots.evolve(stream, event)
        return slots.place(stream, command.slot, booking, now)

    def do(self, command: AnyCommand, now: datetime) -> str:
        """Judge a command; print its effect or the refusal."""
        say = words(self.lang)
        what = say(f"demo/{command.id}", slot=self.slot(command))
        moment = say.moment(now)
        try:
            events = reservation.decide(
                self.state,
                command,
                now=now,
                programme=self.visitor.programme,
                policy=self.policy,
                decision=self.decision,
                place=self.place(command, now),
                claim=self.claim,
                registry=RegistryAnswer.MATCHED,
                mobile=identity.MobileNumber.parse(self.visitor.mobile),
                elsewhere=Elsewhere.NOT_BOOKED,
                delivery=Delivery.DELIVERED,
            )
        except Rejected as refusal:
            text = describe_refusal(refusal, self.lang)
            return say("demo/refused", moment=moment, what=what, code=refusal.code, text=text)
        for event in events:
            self.state = reservation.evolve(self.state, event)
        status = describe_status(self.state.status, self.lang)
        return say("demo/now", moment=moment, what=what, status=status)

    def slot(self, command: AnyCommand) -> str:
        """The vaccine, dose and day of a booking."""
        if not isinstance(command, Book):
            return ""
        say, slot = words(self.lang), command.slot
        vaccine, day = vaccine_name(slot.vaccine, self.lang), say.date(slot.day)
        return say("frame/offer", vaccine=vaccine, dose=slot.dose, days=day)
