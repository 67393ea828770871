"""A made-up round, the people in it, and what is brought with their commands."""

from datetime import date, datetime, timedelta
from typing import Any

from tests.helpers import policy_of
from vaxpolicy.booking import slots
from vaxpolicy.booking.slots import BookingRef, Slot
from vaxpolicy.days import TAIWAN
from vaxpolicy.desk import BookingService, Store
from vaxpolicy.eligibility import Person
from vaxpolicy.identity import IdentityForm, MobileNumber, RegistryAnswer, check_form
from vaxpolicy.reservation import (
    Actor,
    Book,
    Cancel,
    Change,
    Elsewhere,
    Notify,
    Programme,
    Register,
)
from vaxpolicy.rules.conditions import AgeAtLeast
from vaxpolicy.rules.policy import Rule, VaccinationDays, Window

OPENS, CLOSES = datetime(2021, 11, 3, 10, tzinfo=TAIWAN), datetime(2021, 11, 5, 10, tzinfo=TAIWAN)
OPEN = OPENS + timedelta(hours=5)
DAY = date(2021, 11, 6)
ON_THE_DAY = datetime(2021, 11, 6, 9, tzinfo=TAIWAN)

ROUND = policy_of(
    Rule("1", 1, ("BNT", "AZ"), ("x",), (AgeAtLeast(18, "day"),)),
    days=VaccinationDays(DAY, DAY + timedelta(days=2)),
    id="round",
    notification="reminder",
)
_STAGE = ROUND.stages[0]
ROUND = policy_of(
    *_STAGE.rules,
    id="round",
    notification="reminder",
    stages=(type(_STAGE)("base", _STAGE.vaccination_days, _STAGE.rules, (Window(OPENS, CLOSES),)),),
)
PROGRAMME = Programme(
    registration_windows=(Window(opens=date(2021, 7, 5), closes=date(2021, 12, 31)),),
    edit_lock=None,
    asks_elsewhere=True,
)

MORNING = Slot("site", DAY, "morning", "BNT", 1)
AFTERNOON = Slot("site", DAY, "afternoon", "BNT", 1)
POOL = tuple(Slot("site", DAY, "morning", it, 1, pool="people") for it in ("BNT", "AZ"))
"""Two vaccines of a site that counts people."""
OLD_ENOUGH = date(1980, 1, 1)
PEOPLE = ("anna", "bert", "carl", "dora")

CLAIM = check_form(
    IdentityForm(id_number="A123456789", nhi_card="000012345678", captcha_passed=True),
    on=OPEN.date(),
)
IDENTITY: Any = {"claim": CLAIM, "registry": RegistryAnswer.MATCHED}


def facts(**changes: Any) -> Any:
    """The outside input of a booking."""
    person = Person(**{"birth_date": OLD_ENOUGH, "doses": (), "groups": (), **changes})
    return {"person": person, "elsewhere": Elsewhere.NOT_BOOKED, **IDENTITY}


def desk_on(store: Store, **more: Any) -> BookingService:
    return BookingService(store, policies=[ROUND], programme=PROGRAMME, **more)


def open_slot(
    service: BookingService, slot: Slot = MORNING, places: int = 2, *others: Slot
) -> None:
    command = slots.Open(id="open", actor=Actor.SITE, slot=slot, shared_with=others, places=places)
    service.manage(slot, command, now=OPENS)


def register(service: BookingService, subject: str) -> None:
    command = Register(
        id="r", actor=Actor.PERSON, subject=subject, vaccines=("BNT", "AZ"), districts=("d",)
    )
    mobile = MobileNumber.parse("0912345678")
    service.register(command, now=OPENS, mobile=mobile, **facts())


def a_booking(subject: str, slot: Slot = MORNING, name: str = "b1") -> Book:
    return Book(id=name, actor=Actor.PERSON, subject=subject, policy_id=ROUND.id, slot=slot)


def a_change(subject: str, booking: str = "b1", slot: Slot = AFTERNOON, name: str = "c1") -> Change:
    return Change(
        id=name, actor=Actor.PERSON, subject=subject, policy_id=ROUND.id, booking=booking, slot=slot
    )


def a_cancellation(subject: str, booking: str = "b1", name: str = "x1") -> Cancel:
    return Cancel(id=name, actor=Actor.PERSON, subject=subject, booking=booking)


def a_notice(subject: str, name: str = "n1") -> Notify:
    return Notify(id=name, actor=Actor.PROGRAMME, subject=subject, policy_id=ROUND.id)


def book(service: BookingService, subject: str, slot: Slot = MORNING, name: str = "b1") -> Any:
    return service.book(a_booking(subject, slot, name), now=OPEN, **facts())


def free(service: BookingService, slot: Slot = MORNING, now: datetime = OPEN) -> int:
    return slots.free(service.capacity(slot), now)


def ref(subject: str, name: str = "b1") -> BookingRef:
    return BookingRef(subject, name)
