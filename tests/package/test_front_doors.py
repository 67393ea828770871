"""The front doors of the library refuse a value of another type, and name the argument."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from vaxpolicy import catalog, desk, eligibility, fhir, identity, picture, reservation
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.booking import slots
from vaxpolicy.catalog import UnknownPolicyError
from vaxpolicy.days import TAIWAN
from vaxpolicy.identity import IdentityForm, RegistryAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

POLICY = catalog.load("tw/covid19-1922/round-19")
PERSON = eligibility.Person()
DAY = date(2022, 1, 17)
NOW = datetime(2022, 1, 17, 9, tzinfo=TAIWAN)
JOURNEY, SLOT = reservation.initial(), slots.initial()
WRONG: Any = {}

DOORS: dict[str, Callable[[], object]] = {
    "form: expected an IdentityForm": lambda: identity.check_form(WRONG, on=DAY),
    "on: expected a date": lambda: identity.check_form(IdentityForm(), on=NOW),
    "claim: expected a claim": lambda: identity.match_claim(WRONG, RegistryAnswer.MATCHED),
    "number: expected the number": lambda: identity.pseudonym(WRONG, key=bytes(32)),
    "policy: expected a Policy": lambda: eligibility.decide(WRONG, PERSON),
    "person: expected a Person": lambda: eligibility.decide(POLICY, WRONG),
    "from_day: expected a date": lambda: eligibility.decide(POLICY, PERSON, from_day=WRONG),
    "state: expected a State": lambda: reservation.decide(WRONG, WRONG, now=NOW),
    "command: expected a command of a journey": lambda: reservation.decide(JOURNEY, WRONG, now=NOW),
    "now: expected a datetime": lambda: reservation.decide(JOURNEY, WRONG, now=WRONG),
    "event: expected an event of a journey": lambda: reservation.replay([WRONG]),
    " state: expected a State": lambda: reservation.evolve(WRONG, WRONG),
    "state: expected a Capacity": lambda: slots.decide(WRONG, WRONG, now=NOW),
    "command: expected a command of a slot": lambda: slots.decide(SLOT, WRONG, now=NOW),
    "event: expected an event of a slot": lambda: slots.replay([WRONG]),
    " state: expected a Capacity": lambda: slots.evolve(WRONG, WRONG),
    "policy_id: expected a str": lambda: catalog.load(WRONG.get(0)),
    "as_of: expected a date": lambda: catalog.load(POLICY.id, as_of=NOW),
    " policy: expected a Policy": lambda: catalog.lint(WRONG),
    "old: expected a Policy": lambda: catalog.diff(WRONG, POLICY),
    "new: expected a Policy": lambda: catalog.diff(POLICY, WRONG),
    " old: expected a Policy": lambda: catalog.season_diff(WRONG, POLICY),
    " person: expected a Person": lambda: catalog.timeline(WRONG),
    "policies: expected several": lambda: catalog.timeline(PERSON, POLICY.id),
    "  policy: expected a Policy": lambda: boundary_people(WRONG),
    "   policy: expected a Policy": lambda: picture.windows_svg(WRONG),
    "    policy: expected a Policy": lambda: picture.policy_svg(WRONG),
    "policies: expected a Policy": lambda: desk.BookingService(WRONG, policies=[WRONG]),
    "decision: expected a Decision": lambda: fhir.recommendation(WRONG, patient="P/1", date=DAY),
    "campaign: expected text": lambda: catalog.parse_campaign(1),  # type: ignore[arg-type]  # meant
    "resource: expected a mapping": lambda: fhir.person(1),  # type: ignore[arg-type]  # meant
}


@pytest.mark.parametrize("message", DOORS)
def test_a_value_of_another_type_is_a_type_error_that_names_its_argument(message: str) -> None:
    with pytest.raises(TypeError) as caught:
        DOORS[message]()
    assert str(caught.value).startswith(message.strip())


def test_an_unknown_policy_lists_the_ids_that_may_be_meant() -> None:
    with pytest.raises(UnknownPolicyError, match=r"did you mean tw/covid19-1922/round-19\?$"):
        catalog.load("round-19")


def test_an_unknown_vaccine_lists_the_codes_that_may_be_meant() -> None:
    text = """
id = "test/one"
version = "1"
announced = 2022-01-01
disease = "covid19"
notification = "none"
sources = { a = { publisher = "A", url = "urn:a", checked = 2022-01-01, support = "press" } }
[[stages]]
id = "base"
vaccination_days = { first = 2022-02-01, last = 2022-02-10 }
[[stages.rules]]
id = "1a"
dose = 1
vaccines = ["AstraZeneca"]
cites = ["a"]
"""
    with pytest.raises(
        catalog.PolicyFileError, match=r"unknown vaccine 'AstraZeneca'; did you mean AZ\?"
    ):
        catalog.parse_campaign(text)
    with pytest.raises(catalog.PolicyFileError, match=r"did you mean group\?"):
        catalog.parse_campaign(text.replace("AstraZeneca", "AZ") + 'all = [{ gruop = "list/1" }]\n')
