"""A record that names facts that a person does not have differs from the decision."""

from __future__ import annotations

from datetime import UTC, date, datetime

import attrs

from vaxpolicy import catalog, record
from vaxpolicy.eligibility import Person
from vaxpolicy.record import FactsUsed


def test_a_fact_that_no_person_has_is_a_difference() -> None:
    policy = catalog.load("tw/covid19-1922/round-13")
    at = datetime(2021, 7, 8, 9, tzinfo=UTC)
    kept = record.make(policy, Person(date(1950, 5, 5), (), (), key="0" * 64), at=at)
    facts = FactsUsed(kept.facts.person, frozenset({"nonsense"}))
    assert record.verify(attrs.evolve(kept, facts=facts))
