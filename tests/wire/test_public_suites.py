"""Public suites of hostile texts, each against the readers that it concerns.

`tools/public_suites.py` wrote the data; each file says where it comes from and under which licence.
"""

from __future__ import annotations

import base64
import json
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from vaxpolicy import catalog, record, wire
from vaxpolicy._strict import (
    ExpectedError,
    InvalidDocument,
    json_converter,
    read_day,
    read_instant,
    read_json,
    read_toml,
    structure,
)
from vaxpolicy.booking.event_json import UnreadableEvent, from_json
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.eligibility import Person
from vaxpolicy.reservation import Programme

FOLDER = Path(__file__).parents[1] / "data" / "public-suites"


def cases(suite: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{suite}.json").read_bytes())["cases"]
    return found


def content(case: dict[str, Any]) -> bytes:
    """The bytes of a case."""
    if "repeat" in case:
        text: str = case["repeat"] * case["times"] + case["rest"]
        return text.encode()
    return case["text"].encode() if "text" in case else base64.b64decode(case["base64"])


def test_the_suites_say_where_they_come_from_and_under_which_licence() -> None:
    for suite, fewest in (
        ("toml-test", 490),
        ("JSONTestSuite", 310),
        ("JSON-Schema-Test-Suite", 120),
    ):
        found = json.loads((FOLDER / f"{suite}.json").read_bytes())
        assert found["suite"].startswith("https://github.com/")
        assert len(found["commit"]) == 40
        assert "Permission is hereby granted" in found["licence"]
        assert len(found["cases"]) >= fewest


def test_what_is_not_toml_is_refused_by_the_reader_of_policies() -> None:
    for case in cases("toml-test"):
        text = content(case)
        with pytest.raises(InvalidDocument):
            read_toml(text)
        with pytest.raises(PolicyFileError) as raised:
            catalog.parse_campaign(text)
        assert raised.value.problems, case["name"]


WITH_A_FRACTION = "not-whole"
"""No value of this library has a fraction, so that its readers refuse numbers that have one."""


def test_what_is_json_is_read_and_what_is_not_is_refused() -> None:
    for case in cases("JSONTestSuite"):
        text, name = content(case), case["name"]
        try:
            found = read_json(text)
        except InvalidDocument as error:
            codes = {it.code for it in error.problems}
            assert codes, name
            own = codes <= {WITH_A_FRACTION, "said-twice"}
            assert own or not name.startswith("y_"), name
        else:
            assert not name.startswith("n_"), name
            assert found == json.loads(text.decode("utf-8-sig"))


def test_every_reader_of_json_refuses_with_its_own_exception_alone() -> None:
    for case in cases("JSONTestSuite"):
        text = content(case)
        for kind in (Person, Programme):
            try:
                wire.read(kind, text)
            except wire.InvalidData as error:
                assert all(it.path and it.code for it in error.problems)  # noqa: PT017  # nothing need be raised
        with pytest.raises(UnreadableEvent):
            from_json(text)
        with pytest.raises(record.RecordError):
            record.read(text)


OUR_OWN: dict[str, set[str]] = {
    "date": set(),
    "date-time": {
        "a valid date-time with a leap second, UTC",
        "a valid date-time with a leap second, with minus offset",
    },
}
"""Valid by the suite and refused here: a datetime of Python has no second 60."""


@pytest.mark.parametrize(("kind", "read"), [("date", read_day), ("date-time", read_instant)])
def test_a_day_and_an_instant_are_read_in_the_forms_of_json_schema(kind: str, read: Any) -> None:
    refused = set()
    for case in cases("JSON-Schema-Test-Suite"):
        its, _, name = case["name"].partition(": ")
        if its != kind:
            continue
        if not isinstance(case["data"], str):  # a format says nothing about other types
            with pytest.raises(ExpectedError):
                read(case["data"])
            continue
        try:
            read(case["data"])
        except ExpectedError:
            if case["valid"]:
                refused.add(name)
        else:
            assert case["valid"], name
    assert refused == OUR_OWN[kind]


def test_a_time_of_day_is_read_or_refused() -> None:
    """The times of JSON Schema have an offset; those of a programme are Taiwan's and have none."""
    converter = json_converter()
    for case in cases("JSON-Schema-Test-Suite"):
        if not case["name"].startswith("time: "):
            continue
        try:
            found = structure(converter, case["data"], time)
        except InvalidDocument:
            continue
        assert not case["valid"], case["name"]
        assert isinstance(found, time)
