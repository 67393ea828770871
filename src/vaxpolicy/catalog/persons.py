"""Reads and writes persons as JSON data: one form for files, records and the wire."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal

from vaxpolicy import _strict
from vaxpolicy._strict import ExpectedError, InvalidDocument, is_type, write_instant
from vaxpolicy._values import front_door
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.rules.people import (
    BirthDate,
    FactDate,
    PartialDate,
    Person,
    parse_birth_date,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cattrs import Converter


def person_from(document: object, file: str = "person") -> Person:
    """Read a person from a JSON document with the fields of `Person`.

    Dates are written YYYY-MM-DD, instants as in RFC 3339; a birth date may be cut short (2004-02,
    2004). A missing fact is unknown. Raises PolicyFileError, which names every problem by its field
    and shows no value.
    """
    try:
        person: Person = _strict.structure(_JSON, document, Person)
    except InvalidDocument as error:
        problems = [str(it) for it in error.problems]
    else:
        return person
    raise PolicyFileError(file, problems)


def add_person_hooks(converter: Converter) -> None:
    """Teach a converter birth dates: complete, or only the known part."""
    converter.register_structure_hook_func(
        is_type(BirthDate), lambda value, _: None if value is None else read_birth_date(value)
    )
    converter.register_structure_hook_func(
        is_type(FactDate), lambda value, _: read_fact_date(value)
    )


def read_birth_date(value: object) -> date | PartialDate:
    """Read a complete date, a year, or a year and a month."""
    if isinstance(value, str):
        try:
            return parse_birth_date(value)
        except ValueError:
            pass
    raise ExpectedError("a date as ISO 8601 text, or a year or a month of one", "not-a-date")


def read_fact_date(value: object) -> date | PartialDate | Literal["never"]:
    """Read the day of a dated fact: a date, the known part of one, or ``never``."""
    if value == "never":
        return "never"
    try:
        return read_birth_date(value)
    except ExpectedError as error:
        raise ExpectedError(f"{error.expected}, or never", error.code) from None


def _json_converter() -> Converter:
    converter = _strict.json_converter()
    add_person_hooks(converter)
    return converter


_JSON: Final = _json_converter()


@front_door
def person_as_json(person: Person) -> Mapping[str, Any]:
    """The known facts of a person, as `vaxpolicy.catalog.person_from` reads them; not the key."""
    facts: dict[str, Any] = {}
    if person.birth_date is not None:
        facts["birth_date"] = write_birth_date(person.birth_date)
    if person.doses is not None:
        facts["doses"] = [{"vaccine": it.vaccine, "on": str(it.on)} for it in person.doses]
    if person.groups is not None:
        facts["groups"] = sorted(person.groups)
    if person.unknown_groups:
        facts["unknown_groups"] = sorted(person.unknown_groups)
    for name in ("registered_county", "residence_county"):
        if getattr(person, name) is not None:
            facts[name] = getattr(person, name)
    if person.willingness is not None:
        wanted = person.willingness.wanted.items()
        facts["willingness"] = {"wanted": {code: write_instant(at) for code, at in wanted}}
    if person.dated_facts:
        facts["dated_facts"] = [
            {"fact": it.fact, "on": write_fact_date(it.on)} for it in person.dated_facts
        ]
    if person.sex is not None:
        facts["sex"] = person.sex
    return facts


def write_fact_date(on: date | PartialDate | str) -> str:
    """The day of a dated fact as text, or ``never``."""
    return on if isinstance(on, str) else write_birth_date(on)


def write_birth_date(birth: date | PartialDate) -> str:
    """The birth date as text; unknown parts are left out."""
    if isinstance(birth, date):
        return birth.isoformat()
    return f"{birth.year:04}" if birth.month is None else f"{birth.year:04}-{birth.month:02}"
