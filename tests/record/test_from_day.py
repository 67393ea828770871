"""A record states the day from which on days counted, and is verified with it."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest
from jsonschema import Draft202012Validator

from vaxpolicy import catalog
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Outcome, Person
from vaxpolicy.record import RecordError, make, read, schema, verify

AT = datetime(2026, 11, 27, 10, tzinfo=TAIWAN)
PERSON = Person(
    birth_date=date(1950, 5, 5),
    doses=(Dose("Influenza", date(2026, 10, 15)),),
    groups=frozenset({"status/national"}),
    key="ab" * 32,
)


def test_a_record_states_the_day_that_was_asked_from() -> None:
    record = make(catalog.load("tw/influenza/2026"), PERSON, at=AT, from_day=AT.date())
    assert record.decision.from_day == AT.date()
    assert record.decision.outcome is Outcome.INELIGIBLE
    assert read(record.to_json()) == record
    assert verify(record) == ()


def test_a_record_in_retrospect_is_written_as_before() -> None:
    record = make(catalog.load("tw/influenza/2026"), PERSON, at=AT)
    assert "from_day" not in record.to_json()
    assert verify(record) == ()


def test_a_record_says_whether_the_policy_is_verified() -> None:
    unverified = make(catalog.load("tw/rotavirus/2027"), PERSON, at=AT, from_day=AT.date())
    document = json.loads(unverified.to_json())
    assert document["decision"]["verified"] is False
    assert list(Draft202012Validator(schema()).iter_errors(document)) == []
    assert read(unverified.to_json()) == unverified
    assert verify(unverified) == ()
    document["decision"]["verified"] = True
    with pytest.raises(RecordError, match="verified"):
        read(json.dumps(document))
    assert "verified" not in make(catalog.load("tw/influenza/2026"), PERSON, at=AT).to_json()
