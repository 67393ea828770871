"""Persons from and to JSON data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cattrs import Converter

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from cattrs.errors import ClassValidationError, IterableValidationError
from cattrs.v import transform_error

from vaxpolicy._strict import _ExpectedError, _explain, _is, _iso, _strict
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.rules.people import BirthDate, PartialDate, Person, parse_birth_date

if TYPE_CHECKING:
    from collections.abc import Mapping


def person_from(document: object, file: str = "person") -> Person:
    """The person that a JSON document describes, with the fields of `Person`.

    Dates and instants are ISO 8601 text, a birth date may be cut short (2004-02, 2004). What is
    left out is not known. Raises PolicyFileError, which names what is wrong with which field, not
    the value.
    """
    try:
        return _JSON.structure(document, Person)
    except (ClassValidationError, IterableValidationError) as error:
        problems = transform_error(error, path="$", format_exception=_explain)
    except _ExpectedError as error:
        problems = [f"{error} @ $"]
    raise PolicyFileError(file, [" at ".join(problem.rsplit(" @ ", 1)) for problem in problems])


def _json_converter() -> Converter:
    converter = _strict()
    converter.register_structure_hook(date, lambda value, _: _iso(value, date.fromisoformat))
    converter.register_structure_hook(
        datetime, lambda value, _: _iso(value, datetime.fromisoformat)
    )
    converter.register_structure_hook_func(_is(BirthDate), _birth_date)
    return converter


def _birth_date(value: Any, _: Any) -> date | PartialDate | None:
    """A whole date, or the year, or the year and the month."""
    return None if value is None else _iso(value, parse_birth_date)


_JSON: Final = _json_converter()


def person_as_json(person: Person) -> Mapping[str, Any]:
    """The known facts of a person, as `vaxpolicy.catalog.person_from` takes them."""
    facts: dict[str, Any] = {}
    if person.birth_date is not None:
        facts["birth_date"] = _birth_text(person.birth_date)
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
        facts["willingness"] = {"wanted": {code: at.isoformat() for code, at in wanted}}
    return facts


def _birth_text(birth: date | PartialDate) -> str:
    if isinstance(birth, date):
        return birth.isoformat()
    return f"{birth.year:04}" if birth.month is None else f"{birth.year:04}-{birth.month:02}"
