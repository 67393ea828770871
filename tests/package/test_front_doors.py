"""The front doors of the library refuse a value of another type, and name the argument."""

from __future__ import annotations

import inspect
import re
from datetime import date, datetime
from enum import Enum
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import vaxpolicy
from tests.values.test_every_class import CLASSES, FORM, made
from vaxpolicy import catalog, days, desk, eligibility, fhir, identity, picture, reservation
from vaxpolicy._values import InvalidType
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.booking import slots
from vaxpolicy.catalog import UnknownPolicyError
from vaxpolicy.days import TAIWAN
from vaxpolicy.identity import IdentityForm, NationalId, RegistryAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

POLICY = catalog.load("tw/covid19-1922/round-19")
PERSON = eligibility.Person()
DAY = date(2022, 1, 17)
NOW = datetime(2022, 1, 17, 9, tzinfo=TAIWAN)
JOURNEY, SLOT = reservation.initial(), slots.initial()
NUMBER = NationalId.parse("A123456789")
WRONG: Any = {}

DOORS: dict[str, Callable[[], object]] = {
    "form: expected an IdentityForm": lambda: identity.check_form(WRONG, on=DAY),
    "on: expected a date": lambda: identity.check_form(IdentityForm(), on=NOW),
    "claim: expected a claim": lambda: identity.match_claim(WRONG, RegistryAnswer.MATCHED),
    "number: expected a Number": lambda: identity.pseudonym(WRONG, key=bytes(32)),
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


PYTHONS_OWN = "arithmetic of dates, which is called very often: Python's own error"
A_DOCUMENT = "a document of another kind: its reader's own error, as documented"
WHEN_USED = "it gives something that is checked when it is used"
OTHERWISE: dict[str, str] = {
    **{name: PYTHONS_OWN for name in days.__all__ if name[0].islower()},
    "load_file": "a path: Python's own error names what it expects",
    "load_campaign": "a path: Python's own error names what it expects",
    "person_from": A_DOCUMENT,
    "record.read": A_DOCUMENT,
    "wire.read": A_DOCUMENT,
    "immds_forecast": "its argument is read as a resource, by that name",
    "where": "the dialect is refused first, in words",
    "dump": "it takes any value, and says of which class it cannot write one",
    "plain": "it takes any value",
    "arrow_function": WHEN_USED,
    "circumstances": WHEN_USED,
    "persons": WHEN_USED,
    "slot_commands": WHEN_USED,
    "slot_histories": WHEN_USED,
    "decide_together": "it takes any number of commands, also none",
}
"""The public functions that refuse something else in another way, each with the reason."""


def public_functions() -> dict[str, Callable[..., Any]]:
    """The functions that public rooms export."""
    found: dict[str, Callable[..., Any]] = {}
    for room in dir(vaxpolicy):
        module = import_module(f"vaxpolicy.{room}") if not room.startswith("_") else None
        for name in getattr(module, "__all__", ()):
            if inspect.isfunction(it := getattr(module, name)):
                found[f"{room}.{name}"] = it
    return found


FUNCTIONS = public_functions()


def test_each_function_that_refuses_otherwise_is_still_there() -> None:
    names = {*FUNCTIONS, *(it.partition(".")[2] for it in FUNCTIONS)}
    assert set(OTHERWISE) <= names


@pytest.mark.parametrize(
    "name", [it for it in FUNCTIONS if not {it, it.partition(".")[2]} & set(OTHERWISE)]
)
def test_every_public_function_refuses_something_else_in_words(name: str) -> None:
    signature = inspect.signature(inspect.unwrap(FUNCTIONS[name])).parameters.values()
    required = [
        it
        for it in signature
        if it.default is it.empty and it.kind not in {it.VAR_POSITIONAL, it.VAR_KEYWORD}
    ]
    by_name = [it.name for it in required if it.kind is it.KEYWORD_ONLY]
    if not required:
        return
    with pytest.raises(TypeError) as caught:
        FUNCTIONS[name](
            *(object() for it in required if it.name not in by_name),
            **{each: object() for each in by_name},
        )
    argument = str(caught.value).partition(": expected ")[0]
    assert argument in {it.name for it in signature}


SWITCH = "a switch of a function that is called very often: it counts as true or false"
A_FILE = "the file is looked for first"
A_WORD = "a wrong word, whatever its type: an error that names the argument"
ALONE = "nothing is asked of it where it is alone"
NOT_SO: dict[str, str] = {
    "catalog.load_campaign(as_of)": A_FILE,
    "catalog.load_file(as_of)": A_FILE,
    "catalog.parse_campaign(file)": "it is only named in an error",
    "eligibility.decide(explain)": SWITCH,
    "fhir.immds_forecast(policies)": "the resource is read first",
    "identity.check_form(strict_status)": SWITCH,
    "identity.is_valid_id_number(strict)": SWITCH,
    "identity.parse_id_number(strict)": SWITCH,
    "catalog.person_from(file)": "it is only named in an error",
    "population.decide_table(bad_rows)": A_WORD,
    "population.where(dialect)": A_WORD,
    "wire.plain(keep_dates)": SWITCH,
    "record.read(text)": A_DOCUMENT,
    "reservation.decide_together(now)": ALONE,
    "reservation.decide_together(programme)": ALONE,
    "wire.load(policies)": "it is looked at for the gate of a programme alone",
    "wire.read(kind)": "the text is read first",
    "wire.read(policies)": "the text is read first",
    "wire.read(text)": A_DOCUMENT,
}
"""The arguments that are refused in another way, or later, each with the reason."""
UNCHECKED_ROOMS = {"days", "testing"}
"""Arithmetic of dates and strategies: see `OTHERWISE`."""
ANYTHING = {"object", "Any", "Data"}
GIVEN: dict[str, Any] = {
    "str": "x",
    "bool": True,
    "int": 3,
    "date": DAY,
    "Date": DAY,
    "datetime": NOW,
    "Policy": POLICY,
    "Person": PERSON,
    "State": JOURNEY,
    "Capacity": SLOT,
    "bytes": bytes(32),
    "type": eligibility.Person,
    "type[T]": eligibility.Person,
    "type[Number]": NationalId,
    "object": {},
    "Any": {},
    "Data": {},
    "Dialect": "sqlite",
    "Number": NUMBER,
    "Claim": identity.check_form(FORM, on=DAY),
    "Rejected": reservation.Rejected("slot-full"),
    "RegistryAnswer": RegistryAnswer.MATCHED,
    "NumberError": identity.NumberError("x"),
    "AnyCommand": reservation.Withdraw(id="c", actor=reservation.Actor.PERSON, subject="s"),
    "AnyEvent": reservation.Withdrawn,
}
VALUES = {name.rpartition(".")[2]: kind for name, kind in CLASSES.items()}


def given_as(annotation: str) -> Any:
    """A value of the first kind of an annotation that there is a sample for."""
    for part in annotation.split(" | "):
        if part in GIVEN:
            return GIVEN[part]
        if part.startswith(("Iterable", "Sequence")):
            return ()
        if part.startswith("Mapping"):
            return {}
        if part in VALUES:
            return made(VALUES[part])
        for module in (identity, reservation, slots):
            if isinstance(kind := getattr(module, part, None), type) and issubclass(kind, Enum):
                return next(iter(kind))
    raise AssertionError(f"a sample is missing for {annotation}")


def arguments() -> list[tuple[str, str]]:
    """Each argument of each public function that takes values of certain types."""
    return [
        (name, it.name)
        for name, function in sorted(FUNCTIONS.items())
        if name.partition(".")[0] not in UNCHECKED_ROOMS
        for it in inspect.signature(inspect.unwrap(function)).parameters.values()
        if it.kind is not it.VAR_KEYWORD and not {*str(it.annotation).split(" | ")} & ANYTHING
    ]


def call_with(name: str, argument: str, wrong: object) -> None:
    """Call a function with one argument of another type, and the required others as they should be."""
    positional: list[object] = []
    by_name: dict[str, object] = {}
    for it in inspect.signature(inspect.unwrap(FUNCTIONS[name])).parameters.values():
        if it.kind is it.VAR_POSITIONAL:
            positional += [wrong] if it.name == argument else []
        elif it.name == argument or (it.default is it.empty and it.kind is not it.VAR_KEYWORD):
            value = wrong if it.name == argument else given_as(str(it.annotation))
            if it.kind is it.KEYWORD_ONLY or it.default is not it.empty:
                by_name[it.name] = value
            else:
                positional.append(value)
    FUNCTIONS[name](*positional, **by_name)


@pytest.mark.parametrize(
    ("name", "argument"), [it for it in arguments() if "{}({})".format(*it) not in NOT_SO]
)
def test_every_argument_of_a_public_function_is_refused_by_name(name: str, argument: str) -> None:
    kind = str(inspect.signature(inspect.unwrap(FUNCTIONS[name])).parameters[argument].annotation)
    for wrong in (object(), 5.5, b"\xff"):
        if isinstance(wrong, bytes) and "bytes" in kind:
            continue
        with pytest.raises(InvalidType) as caught:
            call_with(name, argument, wrong)
        assert (caught.value.code, bool(caught.value.expected)) == ("wrong-type", True)
        # several values are refused as such, or the first of them by the name of one
        own = caught.value.field
        assert own in MEANT.get(f"{name}({argument})", {argument, argument.removesuffix("s")})


MEANT: dict[str, set[str]] = {"fhir.immds_forecast(parameters)": {"resource"}}
"""The names in the errors of functions that hand an argument on."""


def test_each_argument_that_is_refused_otherwise_is_still_there() -> None:
    assert set(NOT_SO) <= {"{}({})".format(*it) for it in arguments()}


ROOMS = [
    it for it in dir(vaxpolicy) if it not in {"cli", "analysis", "booking", "numbers", "rules"}
]
"""The rooms whose functions a backend calls."""


@pytest.mark.parametrize("room", ROOMS)
def test_the_threat_model_has_each_public_function(room: str) -> None:
    text = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(?:[a-z]+\.)?([a-z_*]+)`", text)
    module = import_module(f"vaxpolicy.{room}")
    found = [it for it in module.__all__ if inspect.isfunction(getattr(module, it))]
    everything = {"testing", "days"} & {room}
    missing = [it for it in found if not any(fnmatch(it, each) for each in named if each != "*")]
    assert missing == [] or (everything and f"`{room}.*`" in text)
