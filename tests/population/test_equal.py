"""The table says what `decide` says, cell by cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.eligibility.test_oracle import NOT_STATED, PEOPLE, STATED, blank, policies
from tests.population.people_tables import anybody, batch_of, expected
from vaxpolicy import catalog
from vaxpolicy.population.decisions import Decider

if TYPE_CHECKING:
    from vaxpolicy.eligibility import Person, Policy


MANY_RULES = {"tw/covid19/2024", "tw/covid19/2025", "tw/covid19-1922/registration"}
POLICIES = [
    pytest.param(name, marks=pytest.mark.slow) if name in MANY_RULES else name
    for name in catalog.ids()
]


def assert_equal(policy: Policy, people: list[Person], size: int = 64) -> None:
    batch = batch_of(people)
    decider = Decider(policy, batch.schema)
    found: list[Any] = []
    for low in range(0, len(people), size):
        found += decider.decide(batch.slice(low, size)).to_pylist()
    for person, row in zip(people, found, strict=True):
        assert row == expected(policy, person), person


@pytest.mark.parametrize("name", POLICIES)
def test_people_near_the_edges_of_every_bundled_policy(name: str) -> None:
    policy = catalog.load(name)
    assert_equal(policy, list(anybody(policy, 150, seed=15)))


BOUNDARY = Path(__file__).parents[1] / "data/boundary"


@pytest.mark.parametrize("name", POLICIES)
def test_the_boundary_people_of_every_bundled_policy(name: str) -> None:
    people = json.loads((BOUNDARY / f"{name}.json").read_text())["people"]
    policy = catalog.load(name)
    assert_equal(policy, [catalog.person_from(facts) for _, facts, _ in people], size=500)


UNKNOWN = st.sets(
    st.sampled_from(["birth_date", "doses", "groups", "willingness", "registered_county"]),
    max_size=2,
)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    policy=policies(STATED | NOT_STATED),
    people=st.lists(st.tuples(PEOPLE, UNKNOWN), max_size=6),
)
def test_made_up_policies_and_people(policy: Policy, people: list[tuple[Person, set[str]]]) -> None:
    assert_equal(policy, [blank(person, unknown) for person, unknown in people], size=4)
