"""Where a dose may hide: other resources, documents, answers, modifiers and second versions."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from vaxpolicy import fhir
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.fhir.codes import CVX, LOINC, VACCINE

AZ = {"coding": [{"system": CVX, "code": "210"}]}
GIVEN = (Dose("AZ", date(2021, 6, 1)),)
ME = {"resourceType": "Patient", "id": "1", "birthDate": "1990-01-01"}
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"


def dose(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "patient": {"reference": "Patient/1"},
        "vaccineCode": AZ,
        "occurrenceDateTime": "2021-06-01",
        **more,
    }


def bundle(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": ME}, *entries],
        **more,
    }


def resources(*listed: dict[str, Any]) -> dict[str, Any]:
    return bundle(*({"resource": each} for each in listed))


def read(data: dict[str, Any], **more: Any) -> fhir.Imported:
    return fhir.person(data, history_complete=True, **more)


def codes(found: fhir.Imported) -> list[str]:
    return [each.code for each in found.problems]


def is_open(data: dict[str, Any], *wanted: str, **more: Any) -> bool:
    """Whether the doses stay unknown, for these reasons."""
    found = read(data, **more)
    assert codes(found) == [*wanted]
    return found.person.doses is None


# Other resources.

OWN = {("urn:own", "A"): "AZ"}
CONCEPTS = {
    "CVX": AZ,
    "CVX as an OID": {"coding": [{"system": "urn:oid:2.16.840.1.113883.12.292", "code": "210"}]},
    "a CVX code that nobody knows": {"coding": [{"system": CVX, "code": "9999"}]},
    "our own": {
        "coding": [{"system": "urn:other", "code": "x"}, {"system": VACCINE, "code": "AZ"}]
    },
    "the caller's": {"coding": [{"system": "urn:own", "code": "A"}]},
}
MEDICINES = ("MedicationAdministration", "MedicationDispense", "MedicationStatement")


def given_as_medicine(kind: str, way: str, concept: Any) -> list[dict[str, Any]]:
    """Resources that say that a medicine was given, in one of the ways of the standard."""
    medicine = {"resourceType": "Medication", "id": "m", "code": concept}
    it: dict[str, Any] = {"resourceType": kind, "status": "completed"}
    match way:
        case "a code":
            return [{**it, "medicationCodeableConcept": concept}]
        case "a reference":
            return [medicine, {**it, "medicationReference": {"reference": "Medication/m"}}]
        case "an ingredient":
            medicine = {"resourceType": "Medication", "id": "m"}
            medicine["ingredient"] = [5, {"itemCodeableConcept": concept}]
            return [medicine, {**it, "medicationReference": {"reference": "Medication/m"}}]
        case "a contained medicine":
            return [{**it, "contained": [medicine], "medicationReference": {"reference": "#m"}}]
        case _:
            inner = {**it, "medicationCodeableConcept": concept}
            return [{"resourceType": "Basic", "contained": [inner]}]


WAYS = ("a code", "a reference", "an ingredient", "a contained medicine", "inside another resource")


@pytest.mark.parametrize(("kind", "way", "system"), [*product(MEDICINES, WAYS, CONCEPTS)])
def test_a_vaccine_that_was_given_as_a_medicine_is_seen(kind: str, way: str, system: str) -> None:
    given = given_as_medicine(kind, way, CONCEPTS[system])
    assert is_open(resources(*given), "vaccine-elsewhere", codes=OWN)
    other = {"coding": [{"system": "urn:atc", "code": "N02BE01"}]}
    assert not is_open(resources(*given_as_medicine(kind, way, other)), codes=OWN)
    for each in given:
        each["status"] = "entered-in-error"
    if way != "inside another resource":
        assert not is_open(resources(*given), codes=OWN)


@pytest.mark.parametrize("kind", MEDICINES)
@pytest.mark.parametrize(
    "named",
    [
        {"reference": "Medication/9"},
        {"reference": "#m"},
        {"reference": "urn:uuid:9"},
        {"identifier": {"system": "x", "value": "1"}},
        {"reference": 5},
        "Medication/9",
    ],
)
def test_a_medicine_that_is_not_there_may_be_a_vaccine(kind: str, named: Any) -> None:
    given = {"resourceType": kind, "medicationReference": named}
    assert is_open(resources(given), "medication-not-there")


def test_a_medicine_is_looked_for_on_the_server_of_its_entry() -> None:
    given = {
        "fullUrl": "http://a.example/MedicationAdministration/1",
        "resource": {
            "resourceType": "MedicationAdministration",
            "medicationReference": {"reference": "Medication/m"},
        },
    }
    for server, code in (("a", None), ("b", "medication-not-there")):
        medicine = {"resourceType": "Medication", "id": "m", "code": {"text": "x"}}
        entry = {"fullUrl": f"http://{server}.example/Medication/m", "resource": medicine}
        assert is_open(bundle(given, entry), *filter(None, [code])) is (code is not None)


def test_a_bundle_inside_a_resource_may_have_a_dose() -> None:
    inner = {"resourceType": "Bundle", "entry": [{"resource": dose()}]}
    outer = {"resourceType": "Basic", "contained": [inner]}
    assert is_open(resources(outer), "immunization-contained")
    deep = {
        "resourceType": "Basic",
        "contained": [{"resourceType": "Basic", "contained": [dose()]}],
    }
    assert is_open(resources(deep), "immunization-contained")


# Statements that there are none.


@pytest.mark.parametrize("said", ["no-known-immunizations", "no-immunization-info"])
@pytest.mark.parametrize("system", CONCEPTS)
def test_a_statement_with_a_vaccine_is_a_contradiction(said: str, system: str) -> None:
    codings = [{"system": ABSENT, "code": said}, *CONCEPTS[system]["coding"]]
    for listed in (codings, codings[::-1]):
        found = read(resources(dose(vaccineCode={"coding": listed})), codes=OWN)
        assert "absence-contradicted" in codes(found)
        assert found.person.doses is None


def test_a_statement_with_a_modifier_or_without_a_status_is_none() -> None:
    nothing = {"coding": [{"system": ABSENT, "code": "no-known-immunizations"}]}
    for more, code in (
        ({"status": None}, "status-not-known"),
        ({"modifierExtension": [{"url": "urn:x"}]}, "has-modifiers"),
    ):
        said = dose(vaccineCode=nothing, **more)
        assert is_open(resources(said), code, "no-known-immunizations")
    assert not is_open(resources(dose(vaccineCode=nothing)), "no-known-immunizations")


# Documents.


def document(section: Any, kind: str = "Composition") -> dict[str, Any]:
    if kind == "List":
        items = [{"item": each} for each in section.get("entry", [])]
        return {"resourceType": "List", **section, **({"entry": items} if items else {})}
    return {"resourceType": "Composition", "section": [{"title": "x", "section": [section]}]}


IMMUNIZATIONS = {"code": {"coding": [{"system": LOINC, "code": "11369-6"}]}}
MEDICATIONS = {"code": {"coding": [{"system": LOINC, "code": "10160-0"}]}}
NOT_THERE = {
    "an address of its own": {"reference": "urn:uuid:9"},
    "an address of a server": {"reference": "http://a.example/fhir/Immunization/9"},
    "an address without a type": {"reference": "http://a.example/9"},
    "a search": {"reference": "Immunization?identifier=x"},
    "a search on a server": {"reference": "http://a.example/Immunization?identifier=x"},
    "a type as an address": {"type": "http://hl7.org/fhir/StructureDefinition/Immunization"},
    "an address and another type": {"reference": "Immunization/9", "type": "Condition"},
    "a contained one that is not there": {"reference": "#x"},
    "the id of another server": {"reference": "http://b.example/fhir/Immunization/7"},
}
SHOT = {"fullUrl": "http://a.example/fhir/Immunization/7", "resource": dose(id="7")}


@pytest.mark.parametrize("kind", ["Composition", "List"])
@pytest.mark.parametrize("section", [{}, IMMUNIZATIONS])
@pytest.mark.parametrize("name", NOT_THERE)
def test_what_may_be_an_immunization_and_is_not_there_is_missed(
    name: str, section: dict[str, Any], kind: str
) -> None:
    paper = document({**section, "entry": [NOT_THERE[name]]}, kind)
    assert is_open(bundle({"resource": paper}, SHOT), "immunization-not-there")


@pytest.mark.parametrize("kind", ["Composition", "List"])
def test_an_entry_in_words_is_missed_where_immunizations_are_listed(kind: str) -> None:
    words = {"entry": [{"display": "a shot in spring"}]}
    assert is_open(resources(document({**IMMUNIZATIONS, **words}, kind)), "immunization-not-there")
    assert not is_open(resources(document({**MEDICATIONS, **words}, kind)))


@pytest.mark.parametrize("kind", ["Composition", "List"])
@pytest.mark.parametrize(
    "named",
    [
        {"reference": "http://a.example/fhir/Immunization/7"},
        {"reference": "Immunization/7"},
        {"reference": "urn:uuid:1"},
        {"reference": "Condition/9"},
        {"reference": "urn:uuid:9", "type": "Condition"},
    ],
)
def test_what_is_there_or_is_no_immunization_is_not_missed(named: Any, kind: str) -> None:
    paper = document({**IMMUNIZATIONS, "entry": [named]}, kind)
    condition = {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Condition"}}
    assert not is_open(bundle({"resource": paper}, SHOT, condition))


def reason(*listed: str, system: str = EMPTY) -> dict[str, Any]:
    return {"emptyReason": {"coding": [{"system": system, "code": each} for each in listed]}}


@pytest.mark.parametrize("kind", ["Composition", "List"])
@pytest.mark.parametrize(
    "why",
    [
        *map(reason, ("notasked", "withheld", "unavailable", "notstarted", "closed")),
        reason("nilknown", "withheld"),
        reason("nilknown", system="urn:x"),
        {"emptyReason": {"text": "none"}},
        {"emptyReason": "nilknown"},
    ],
)
def test_a_section_that_is_empty_for_another_reason_leaves_the_history_open(
    why: dict[str, Any], kind: str
) -> None:
    for about in ({}, IMMUNIZATIONS):
        assert is_open(resources(document({**about, **why}, kind)), "immunizations-not-listed")
    assert not is_open(resources(document({**MEDICATIONS, **why}, kind)))
    none = resources(document({**IMMUNIZATIONS, **reason("nilknown")}, kind))
    assert not is_open(none)


@pytest.mark.parametrize("kind", ["Composition", "List"])
def test_a_section_that_says_nothing_leaves_the_history_open(kind: str) -> None:
    text = {**IMMUNIZATIONS, "text": {"div": "a shot in spring"}}
    assert is_open(resources(document(text, kind)), "immunizations-not-listed")
    assert not is_open(resources(document(MEDICATIONS, kind)))


def test_parameters_may_name_an_immunization_that_they_do_not_have() -> None:
    named = {"name": "immunization", "valueReference": {"reference": "Immunization/7"}}
    other = {"name": "subject", "valueReference": {"reference": "Patient/1"}}
    for part, wanted in ((named, ["immunization-not-there"]), (other, [])):
        listed = [{"name": "patient", "resource": ME}, {"name": "x", "part": [part]}]
        data = {"resourceType": "Parameters", "parameter": listed}
        assert is_open(data, *wanted) is bool(wanted)


# Answers of servers.


@pytest.mark.parametrize(
    ("issue", "wanted"),
    [
        ({"severity": "error"}, ["outcome-reports-error"]),
        ({"severity": "fatal"}, ["outcome-reports-error"]),
        ({"severity": "warning", "code": "incomplete"}, ["outcome-reports-error"]),
        ({"severity": "warning"}, []),
    ],
)
def test_the_outcome_in_an_answer_is_read(issue: dict[str, Any], wanted: list[str]) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    answer = {"resource": dose(), "response": {"status": "200", "outcome": outcome}}
    assert is_open(bundle(answer, type="batch-response"), *wanted) is bool(wanted)


def test_an_answer_that_failed_or_is_unreadable_leaves_the_history_open() -> None:
    for status in ("404 Not Found", "500"):
        failed = {"resource": dose(), "response": {"status": status}}
        assert is_open(bundle(failed), "outcome-reports-error")
    unreadable = {"resource": dose(), "response": {"status": "200", "outcome": "fine"}}
    assert is_open(bundle(unreadable), "not-an-object")


@pytest.mark.parametrize("total", [5.0, 2.0, "2", True, -1, [], {}])
@pytest.mark.parametrize("kind", ["searchset", "collection"])
def test_a_total_that_is_no_number_leaves_the_history_open(total: Any, kind: str) -> None:
    assert is_open(bundle({"resource": dose()}, total=total, type=kind), "total-not-valid")


def test_a_total_counts_in_a_bundle_of_any_type() -> None:
    assert is_open(bundle({"resource": dose()}, total=3), "more-pages")
    assert not is_open(bundle({"resource": dose()}, total=2))


def test_words_of_a_bundle_are_read_in_capitals_too() -> None:
    assert is_open(bundle(link=[{"relation": "Next"}]), "more-pages")
    assert is_open(bundle({"resource": dose(), "request": {"method": "delete"}}), "entry-deletes")


# Modifiers.

MODIFIER = {"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}
RULES = {"implicitRules": "urn:x"}
PERSON_UNKNOWN: dict[str, tuple[dict[str, Any], str]] = {
    "a bundle": (bundle({"resource": dose()}, **RULES), "bundle-has-modifiers"),
    "an entry": (bundle({"resource": dose(), **MODIFIER}), "bundle-has-modifiers"),
    "the answer in an entry": (
        bundle({"resource": dose(), "response": {"status": "200", **MODIFIER}}),
        "bundle-has-modifiers",
    ),
    "a link": (bundle(link=[{"relation": "self", **MODIFIER}]), "bundle-has-modifiers"),
    "a bundle in a bundle": (
        resources({"resourceType": "Bundle", "entry": [], **RULES}),
        "bundle-has-modifiers",
    ),
    "parameters": (
        {"resourceType": "Parameters", "parameter": [{"resource": ME}], **RULES},
        "bundle-has-modifiers",
    ),
    "a parameter": (
        {"resourceType": "Parameters", "parameter": [{"resource": ME, **MODIFIER}]},
        "bundle-has-modifiers",
    ),
    "a part of a parameter": (
        {
            "resourceType": "Parameters",
            "parameter": [{"resource": ME}, {"part": [{"resource": dose(), **MODIFIER}]}],
        },
        "bundle-has-modifiers",
    ),
    "a link of the patient": ({**ME, "link": [{"type": "refer", **MODIFIER}]}, "patient-has-modifiers"),
}  # fmt: skip


@pytest.mark.parametrize("name", PERSON_UNKNOWN)
def test_a_modifier_around_a_patient_leaves_the_person_unknown(name: str) -> None:
    data, code = PERSON_UNKNOWN[name]
    found = read(data)
    assert (codes(found), found.person) == ([code], Person())


@pytest.mark.parametrize("element", ["protocolApplied", "performer", "education", "reaction"])
@pytest.mark.parametrize("status", ["completed", "not-done"])
def test_a_modifier_of_a_part_of_an_immunization_is_one(element: str, status: str) -> None:
    shot = dose(status=status, **{element: [{"doseNumberPositiveInt": 2, **MODIFIER}]})
    said = [status] if status == "not-done" else []
    assert is_open(resources(shot), *said, "has-modifiers")
    assert not is_open(resources(dose(**{element: [{"modifierExtension": []}]})))


# Versions.

A, B = "http://a.example/Immunization/7", "http://b.example/Immunization/7"
WRONG = {"id": "7", "status": "entered-in-error"}
VERSIONS: dict[str, list[tuple[str | None, dict[str, Any], str | None, dict[str, Any]]]] = {
    "one": [
        (A, {"id": "7"}, None, WRONG),
        (A, {}, None, WRONG),
        (A, {"id": "7"}, A, WRONG),
        (A, {}, A, {"status": "entered-in-error"}),
        (A, {}, f"{A}/_history/2", WRONG),
        (A, {}, A.replace("http:", "https:"), WRONG),
        (A, {}, "urn:uuid:1", WRONG),
        ("urn:uuid:1", {}, "urn:uuid:1", {"status": "entered-in-error"}),
        ("urn:uuid:1", {"id": "7"}, "urn:uuid:2", WRONG),
        (None, {"id": "7"}, None, WRONG),
    ],
    "two": [
        (A, {"id": "7"}, B, WRONG),
        (A, {}, B, {"status": "entered-in-error"}),
        ("urn:uuid:1", {}, "urn:uuid:2", {"status": "entered-in-error"}),
        ("resource:1", {}, "resource:1", {"status": "entered-in-error"}),
        (None, {"id": "7"}, None, {**WRONG, "id": "8"}),
        (None, {}, None, {"status": "entered-in-error"}),
    ],
}


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize(
    ("count", "pair"), [(count, pair) for count, pairs in VERSIONS.items() for pair in pairs]
)
def test_two_versions_of_an_immunization_are_no_sure_dose(
    count: str, pair: tuple[Any, Any, Any, Any], is_reversed: bool
) -> None:
    url, more, other_url, other = pair
    listed: list[dict[str, Any]] = []
    for address, content in ((url, more), (other_url, other)):
        entry = {"resource": dose(**content)}
        listed.append(entry if address is None else {**entry, "fullUrl": address})
    me = {"fullUrl": "urn:uuid:me", "resource": ME}
    for entry in listed:
        entry["resource"]["patient"] = {"reference": "urn:uuid:me"}
    data = {"resourceType": "Bundle", "entry": [me, *(listed[::-1] if is_reversed else listed)]}
    found = read(data)
    assert ("immunization-in-versions" in codes(found)) is (count == "one")
    assert found.person.doses == (None if count == "one" else GIVEN)
