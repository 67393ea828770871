"""The vectors for other implementations: their schema, and that they say what the library says."""

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tools import vectors
from vaxpolicy import catalog, eligibility, identity

POLICIES = ("tw/covid19-1922/round-02", "tw/covid19-1922/round-19", "tw/influenza/2025")


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Any]]:
    names = [f"people/{each}.json" for each in POLICIES]
    made = [vectors.people(each) for each in POLICIES]
    return {
        "identity.json": vectors.identity_numbers(),
        "dates.json": vectors.dates(),
        **dict(zip(names, made, strict=True)),
    }


def test_every_file_is_as_the_schema_says(found: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(vectors.SCHEMA)
    for name, content in found.items():
        errors = list(jsonschema.Draft202012Validator(vectors.SCHEMA).iter_errors(content))
        assert not errors, f"{name}: {errors[:1]}"
        assert json.loads(vectors.as_text(content)) == content
    assert json.loads(vectors.as_text(vectors.SCHEMA)) == vectors.SCHEMA


def test_the_schema_refuses_what_is_not_a_vector(found: dict[str, Any]) -> None:
    broken = {**found["dates.json"], "licence": "all rights reserved"}
    assert not jsonschema.Draft202012Validator(vectors.SCHEMA).is_valid(broken)


@pytest.mark.parametrize("policy_id", POLICIES)
def test_the_people_are_decided_alike_when_they_are_read_back(
    policy_id: str, found: dict[str, Any]
) -> None:
    policy = catalog.load(policy_id)
    for row in found[f"people/{policy_id}.json"]["rows"]:
        decision = eligibility.decide(policy, catalog.person_from(row["person"]))
        assert decision.outcome.value == row["outcome"]
        days = [
            [str(it.first), str(it.last)] for each in decision.offers for it in each.days.ranges
        ]
        assert [it for offer in row["offers"] for it in offer["days"]] == days


def test_the_numbers_are_read_alike(found: dict[str, Any]) -> None:
    rows = found["identity.json"]["rows"]
    assert {row["number"] for row in rows} == {"id", "nhi-card", "mobile"}
    valid = [row for row in rows if row["valid"]]
    assert len(valid) > 200
    for row in rows:
        if row["number"] == "id" and row["on"] is None:
            assert identity.is_valid_id_number(row["text"]) is row["valid"]
    ends = {row["on"]: row["valid"] for row in rows if row["on"] is not None}
    assert ends == {"2030-12-31": True, "2031-01-01": False}


def test_the_dates_know_leap_days(found: dict[str, Any]) -> None:
    rows = {(it["born"], it["years"], it["months"]): it for it in found["dates.json"]["rows"]}
    assert rows["2004-02-29", 18, 0]["attained"] == date(2022, 3, 1).isoformat()


def test_the_archive_is_the_same_each_time(
    tmp_path: Path, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "files", found.items)
    for folder in ("one", "two"):
        vectors.write(tmp_path / folder)
    archives = [tmp_path / folder / "vaxpolicy-vectors.zip" for folder in ("one", "two")]
    assert archives[0].read_bytes() == archives[1].read_bytes()
    assert set(zipfile.ZipFile(archives[0]).namelist()) == set(found)
