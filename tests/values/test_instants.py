"""Every field that takes an instant keeps it with a fixed offset from UTC."""

from collections.abc import Callable
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from tests.values.test_every_class import CLASSES, hints_of
from vaxpolicy import wire
from vaxpolicy._values import CHECKED, check_of
from vaxpolicy.eligibility import Person, Willingness

NEW_YORK = ZoneInfo("America/New_York")
TWICE = [datetime(2021, 11, 7, 1, 30, tzinfo=NEW_YORK, fold=fold) for fold in (0, 1)]
NEVER = datetime(2021, 3, 14, 2, 30, tzinfo=NEW_YORK)
"""The clocks are put forward from two to three."""


SHAPES: list[Callable[[Any], Any]] = [
    lambda it: it,
    lambda it: {"AZ": it},
    lambda it: (("AZ", it),),
    lambda it: (it,),
]


def fields_of_instants() -> dict[str, tuple[Any, Any]]:
    """Each such field, and a value that it takes: an instant, or several of them."""
    found = {}
    for name, kind in CLASSES.items():
        for field in attrs.fields(kind):
            if field.init and CHECKED in field.metadata:
                check = check_of(hints_of(kind)[field.name])
                for shape in SHAPES:
                    takes_all = check(shape(object())) is None
                    if check(shape(TWICE[0])) is None and not takes_all:
                        found[f"{name}.{field.name}"] = (field, shape(TWICE[0]))
    return found


FIELDS = fields_of_instants()


def instants_in(value: Any) -> list[datetime]:
    if isinstance(value, datetime):
        return [value]
    parts = value.values() if isinstance(value, dict | MappingProxyType) else value
    return [it for part in parts if not isinstance(part, str) for it in instants_in(part)]


def test_events_commands_windows_and_wishes_have_instants() -> None:
    ends = {name.rpartition(".")[2] for name in FIELDS}
    assert {"at", "until", "since", "opens", "closes", "wanted", "now"} <= ends


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_keeps_the_zone_of_an_instant(name: str) -> None:
    field, value = FIELDS[name]
    assert field.converter is not None
    (kept,) = instants_in(field.converter(value))
    assert kept == TWICE[0].astimezone(timezone.utc)  # noqa: UP017  # the class is meant
    assert isinstance(kept.tzinfo, timezone)
    assert kept.utcoffset() == TWICE[0].utcoffset()


@pytest.mark.parametrize("at", [*TWICE, NEVER])
def test_a_wish_in_an_hour_that_comes_twice_or_never_is_read_back_equal(at: datetime) -> None:
    person = Person(willingness=Willingness({"AZ": at}))
    again = wire.load(Person, wire.dump(person))
    assert (again, hash(again)) == (person, hash(person))


def test_the_hour_that_comes_twice_is_two_wishes() -> None:
    first, second = (Willingness({"AZ": at}) for at in TWICE)
    assert first != second
