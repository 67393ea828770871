"""Two thousand resources that were damaged on purpose: problems, never a crash or a lost dose."""

import copy
import json
import random
from typing import Any

import pytest

from vaxpolicy import fhir
from vaxpolicy.fhir.codes import VACCINE
from vaxpolicy.fhir.reading import Reader

CVX = "http://hl7.org/fhir/sid/cvx"
JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**70, 1.5, float("nan"), float("inf")),
    *("", " ", "x", "\x00", "²", "2021-02-30", "9999-12-31T23:59:60-14:00", "#", "Patient/"),
    *([], [[]], [None], {}, {"": {}}, {"resourceType": []}, {"resourceType": "Bundle"}),
    *({"reference": []}, {"coding": {}}, {"coding": [[], {}]}, "urn:uuid:" * 50),
)
NUMBER = "A123456789"


def sound() -> dict[str, Any]:
    doses = [
        {
            "resourceType": "Immunization",
            "id": str(number),
            "status": "completed",
            "patient": {"reference": "Patient/1"},
            "vaccineCode": {"coding": [{"system": CVX, "code": "210"}]},
            "occurrenceDateTime": f"2021-0{number}-01T10:00:00+08:00",
            "contained": [{"resourceType": "Patient", "id": "p"}],
        }
        for number in (1, 4)
    ]
    me = {
        "resourceType": "Patient",
        "id": "1",
        "birthDate": "1990-01-01",
        "identifier": [{"system": "http://www.moi.gov.tw", "value": NUMBER}],
        "link": [{"type": "refer", "other": {"reference": "Patient/9"}}],
    }
    named = {"reference": "Immunization/1"}
    medicine = {"coding": [{"system": "urn:atc", "code": "N02BE01"}]}
    others: list[dict[str, Any]] = [
        {"resourceType": "MedicationStatement", "medicationCodeableConcept": medicine},
        {"resourceType": "Procedure", "status": "completed", "code": medicine},
        {"resourceType": "Medication", "id": "m", "code": medicine},
        {
            "resourceType": "MedicationDispense",
            "medicationReference": {"reference": "Medication/m"},
        },
        {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]},
        {"resourceType": "List", "entry": [{"item": named}]},
        {"resourceType": "Composition", "section": [{"section": [{"entry": [named]}]}]},
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "link": [{"relation": "self"}],
        "entry": [
            {"fullUrl": f"urn:uuid:{n}", "resource": it}
            for n, it in enumerate([me, *doses, *others])
        ],
    }


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in the data with each of its keys."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        owner = waiting.pop()
        keys = list(owner) if isinstance(owner, dict) else range(len(owner))
        for key in keys:
            found.append((owner, key))
            if isinstance(owner[key], dict | list):
                waiting.append(owner[key])
    return found


def damaged(seed: int) -> dict[str, Any]:
    draw = random.Random(seed)  # noqa: S311  # the same damage each time
    data = sound()
    if seed % 3 == 0:
        parameters = [{"name": "x", "resource": it["resource"]} for it in data["entry"]]
        data = {"resourceType": "Parameters", "parameter": parameters}
    for _ in range(draw.randint(1, 4)):
        owner, key = draw.choice(places(data))
        kind = draw.randrange(4)
        if kind == 0:
            del owner[key]
        elif kind == 1 and isinstance(owner, list):
            owner.append(copy.deepcopy(owner[key]))
        elif kind == 2:
            other, there = draw.choice(places(data))
            owner[key] = copy.deepcopy(other[there])
        else:
            owner[key] = copy.deepcopy(draw.choice(JUNK))
        if not places(data):
            break
    return data


@pytest.mark.parametrize("block", range(10))
def test_damage_gives_problems_and_no_crash(block: int) -> None:
    told = 0
    for seed in range(block * 200, block * 200 + 200):
        data = damaged(seed)
        before = json.dumps(data, sort_keys=True)
        found = fhir.person(data, history_complete=True)
        assert json.dumps(data, sort_keys=True) == before
        assert NUMBER not in repr(found)
        fhir.operation_outcome(found.problems)
        told += bool(found.problems)
        no_dose_is_lost(data, found)
    assert told > 100


def no_dose_is_lost(data: dict[str, Any], found: fhir.Imported) -> None:
    """Each Immunization is a dose, or something says why it is none."""
    at = [it.path for it in Reader().resources(data) if it.kind == "Immunization"]
    named = [it.path for it in found.problems]
    silent = [path for path in at if not any(it == "$this" or it.startswith(path) for it in named)]
    assert len(found.doses) >= len(silent)
    if found.person.doses is not None:
        assert set(found.person.doses) == set(found.doses)


@pytest.mark.parametrize("depth", [101, 900])
def test_data_that_nests_without_end_is_named(depth: int) -> None:
    data: Any = {}
    for _ in range(depth):
        data = {"contained": [data]}
    found = fhir.person({"resourceType": "Patient", **data}, history_complete=True)
    assert [it.code for it in found.problems] == ["too-deep"]


def test_data_that_holds_itself_is_named() -> None:
    data = sound()
    data["entry"].append({"resource": data})
    assert [it.code for it in fhir.person(data).problems] == ["too-deep"]


@pytest.mark.parametrize("code", [NUMBER, "0912345678", "a\x00b", "x" * 300, "\ud800"])
def test_a_vaccine_code_that_a_dose_does_not_take_leaves_the_vaccine_unknown(code: str) -> None:
    resource = sound()
    resource["entry"][1]["resource"]["vaccineCode"] = {
        "coding": [{"system": VACCINE, "code": code}]
    }
    found = fhir.person(resource, history_complete=True)
    assert [each.vaccine for each in found.doses] == ["unknown", "AZ"]
    assert [it.code for it in found.problems] == ["vaccine-not-known"]


@pytest.mark.parametrize("day", ["0001-01-02", "1899-12-31", "9999-12-30"])
def test_a_dose_on_a_day_of_another_age_leaves_the_history_open(day: str) -> None:
    resource = sound()
    resource["entry"][1]["resource"]["occurrenceDateTime"] = day
    found = fhir.person(resource, history_complete=True)
    assert (found.person.doses, len(found.doses)) == (None, 1)
    assert [it.code for it in found.problems] == ["date-not-valid"]


def test_a_bundle_with_thousands_of_faults_is_read_in_one_pass() -> None:
    """Its problems were once compared with one another, which takes minutes for these."""
    entries: list[Any] = [None] * 30_000
    found = fhir.person({"resourceType": "Bundle", "entry": entries})
    assert len({it.code for it in found.problems}) == 3 <= len(found.problems) <= 1_000
    sections: list[Any] = [{"entry": []}] * 30_000
    document = {"resourceType": "Composition", "section": sections}
    assert not fhir.person({"resourceType": "Bundle", "entry": [{"resource": document}]}).doses


def test_a_bundle_of_more_than_a_thousand_patients_is_not_about_one() -> None:
    patients = [{"resource": {"resourceType": "Patient", "id": str(n)}} for n in range(1_002)]
    for count, problem in ((1_000, "birth-date-missing"), (1_001, "several-patients")):
        bundle = {"resourceType": "Bundle", "entry": patients[:count]}
        assert fhir.person(bundle, patient="Patient/1").problems[0].code == problem
    twice = {"resourceType": "Bundle", "entry": [*patients, *patients]}
    assert fhir.person(twice, patient="Patient/1").problems[0].code == "several-patients"
