"""Published examples, by their facts: what each gives, and what is named about it.

The resources are written anew from the facts of the examples at the addresses given: elements that
are not read here (names, narratives, addresses) are left out. Of Taiwan CDC's VACC guide, answers of
its server and a certificate were found in stored copies, but no Immunization; one row follows the
profile: a code of its own value set.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from vaxpolicy import catalog, fhir
from vaxpolicy.eligibility import Dose, Outcome, Person, decide

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "fhir.md"
CVX = "http://hl7.org/fhir/sid/cvx"
MOI = "http://www.moi.gov.tw"
IMMIGRATION = "http://www.immigration.gov.tw"
MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]}


def patient(number: str, born: str, *identifiers: tuple[str, str]) -> dict[str, Any]:
    listed = [{"system": system, "value": value} for system, value in identifiers]
    return {
        "resourceType": "Patient",
        "id": number,
        "birthDate": born,
        **({"identifier": listed} if listed else {}),
    }


def dose(day: str, subject: str, *codes: tuple[str, str], **more: Any) -> dict[str, Any]:
    coding = [{"system": system, "code": code} for system, code in codes]
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": coding},
        "patient": {"reference": subject},
        "occurrenceDateTime": day,
        **more,
    }


def bundle(*resources: dict[str, Any], urls: tuple[str, ...] = ()) -> dict[str, Any]:
    entries: list[dict[str, Any]] = [{"resource": each} for each in resources]
    for entry, url in zip(entries, urls, strict=False):
        entry["fullUrl"] = url
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


NDC = ("http://hl7.org/fhir/sid/ndc", "49281012165")
FLUZONE = dose("2020-11-19T12:46:57-08:00", "Patient/pat-example", (CVX, "197"), NDC)
CHILD = {
    "resourceType": "Patient",
    "id": "c",
    "identifier": [{"_value": MASKED}],
    "birthDate": "2019-04-28",
}
FORECAST = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "assessmentDate", "valueDate": "2019-06-27"},
        {"name": "patient", "resource": {**CHILD, "id": "forecast-example"}},
        {
            "name": "immunization",
            "resource": dose("2019-04-29", "#c", (CVX, "08"), contained=[CHILD]),
        },
    ],
}
CARD = bundle(
    {"resourceType": "Patient", "birthDate": "1951-01-20"},
    dose("2021-01-01", "resource:0", (CVX, "207")),
    dose("2021-01-29", "resource:0", (CVX, "207")),
    urls=("resource:0", "resource:1", "resource:2"),
)
SAID = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "information", "code": "informational"}],
}
FAILED = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "processing"}],
}
CERTIFICATE = {
    "resourceType": "Composition",
    "subject": {"reference": "Patient/patient-passport-min"},
    "section": [{"entry": [{"reference": "Immunization/immunization-yf-min"}]}],
}
NOTHING = ("http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "no-immunization-info")

EXAMPLES = {
    # build.fhir.org/ig/TU9IVy1UV0NvcmVJRw/VFcgQ29yZSBJRyBJVFJJ/Immunization-imm-example.html
    "TW Core, Immunization imm-example": (
        bundle(patient("pat-example", "1990-01-01", (MOI, "A123456789")), FLUZONE),
        Person(birth_date=date(1990, 1, 1), doses=(Dose("Influenza", date(2020, 11, 20)),)),
        ["NationalId"],
        [],
    ),
    "TW Core, the Immunization alone": (
        FLUZONE,
        Person(doses=(Dose("Influenza", date(2020, 11, 20)),)),
        [],
        ["patient-missing"],
    ),
    "TW Core, Patient pat-child-example": (
        patient("pat-child-example", "2014-10-10", (MOI, "A122345678"), ("https://www.tph.mohw.gov.tw", "8862169")),
        Person(birth_date=date(2014, 10, 10), doses=()),
        [],
        ["identifier-not-valid"],
    ),
    "TW Core, Patient pat-residentNumber-example": (
        patient("pat-residentNumber-example", "1999-04-20", (IMMIGRATION, "Z596839485")),
        Person(birth_date=date(1999, 4, 20), doses=()),
        [],
        ["identifier-not-valid"],
    ),
    # build.fhir.org/ig/hyweb-cdc/niis/Patient-patient-passport-min.json.html and its neighbours
    "NIIS, Patient patient-passport-min": (
        patient("patient-passport-min", "1983-02-15", ("http://hl7.org/fhir/sid/passport-TWN", "888800371")),
        Person(birth_date=date(1983, 2, 15), doses=()),
        ["PassportNumber"],
        [],
    ),
    "NIIS, Patient patient-id-min": (
        patient("patient-id-min", "2011-01-01", (MOI, "A123456789")),
        Person(birth_date=date(2011, 1, 1), doses=()),
        ["NationalId"],
        [],
    ),
    "NIIS, a UI number that fails its check digit": (
        patient("patient-residentNumber-min", "1990-01-01", (IMMIGRATION, "A912345678")),
        Person(birth_date=date(1990, 1, 1), doses=()),
        [],
        ["identifier-not-valid"],
    ),
    # hitstdio.ntunhs.edu.tw/vacc/Bundle-bundle-response-put-min.json.html
    "VACC, Bundle bundle-response-put-min": (
        {"resourceType": "Bundle", "type": "batch-response", "entry": [{"resource": SAID}]},
        Person(doses=()),
        [],
        ["patient-missing"],
    ),
    # hitstdio.ntunhs.edu.tw/vacc/Bundle-bundle-response-post-med-min.json.html
    "VACC, Bundle bundle-response-post-med-min": (
        {"resourceType": "Bundle", "type": "batch-response", "entry": [{"resource": FAILED}]},
        Person(),
        [],
        ["outcome-reports-error", "patient-missing"],
    ),
    # hitstdio.ntunhs.edu.tw/vacc/Bundle-bundle-response-composition-min.json.html
    "VACC, Bundle bundle-response-composition-min": (
        {"resourceType": "Bundle", "type": "batch-response", "entry": [{"resource": CERTIFICATE}]},
        Person(),
        [],
        ["immunization-not-there", "patient-missing"],
    ),
    # hitstdio.ntunhs.edu.tw/vacc/Bundle-bundle-response-get-report-min.json.html: a Bundle in a Bundle
    "VACC, Bundle bundle-response-get-report-min": (
        bundle(bundle(bundle(SAID))),
        Person(doses=()),
        [],
        ["patient-missing"],
    ),
    "VACC, a code of the guide's own value set": (
        bundle(patient("1", "1990-01-01"), dose("2024-05-01", "Patient/1", ("https://vacc.cdc.gov.tw/vacc/CodeSystem/x", "A"))),
        Person(birth_date=date(1990, 1, 1), doses=(Dose("unknown", date(2024, 5, 1)),)),
        [],
        ["vaccine-not-known"],
    ),
    # hl7.org/fhir/uv/ips/ValueSet-absent-or-unknown-immunizations-uv-ips.html
    "IPS, no information about immunizations": (
        bundle(patient("1", "1990-01-01"), dose("2024-05-01", "Patient/1", NOTHING)),
        Person(birth_date=date(1990, 1, 1)),
        [],
        ["no-immunization-info"],
    ),
    # hl7.org/fhir/uv/ipa/STU1/Immunization-ImmExample1.json.html
    "IPA, Immunization ImmExample1": (
        bundle(patient("PatientExample1", "1974-12-25"), dose("2013-01-10", "Patient/PatientExample1", ("urn:oid:1.2.36.1.2001.1005.17", "FLUVAX"))),
        Person(birth_date=date(1974, 12, 25), doses=(Dose("unknown", date(2013, 1, 10)),)),
        [],
        ["vaccine-not-known"],
    ),
    # github.com/HL7/ImmunizationFHIRDS, the request of the forecast operation
    "ImmDS, parameters-in-example": (
        FORECAST,
        Person(birth_date=date(2019, 4, 28), doses=(Dose("HepB", date(2019, 4, 29)),)),
        [],
        [],
    ),
    # A SMART Health Card: references by resource:0, and a Patient without an id.
    "SMART Health Card": (
        CARD,
        Person(birth_date=date(1951, 1, 20), doses=(Dose("Moderna", date(2021, 1, 1)), Dose("Moderna", date(2021, 1, 29)))),
        [],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_converts_as_expected(name: str) -> None:
    resource, person, documents, problems = EXAMPLES[name]
    found = fhir.person(resource, history_complete=True)
    assert found.person == person
    assert [type(each).__name__ for each in found.documents] == documents
    assert [each.code for each in found.problems] == problems


def test_a_dose_that_no_policy_knows_never_makes_anybody_eligible() -> None:
    resource, *_ = EXAMPLES["VACC, a code of the guide's own value set"]
    found = fhir.person(resource, history_complete=True)
    decision = decide(catalog.load("tw/covid19-1922/round-19"), found.person)
    assert decision.outcome is not Outcome.ELIGIBLE


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_says_what_an_example_gives(name: str) -> None:
    _, person, documents, problems = EXAMPLES[name]
    doses = ", ".join(f"{it.vaccine} {it.on}" for it in person.doses or ()) or "none"
    cells = (
        name,
        "unknown" if person.doses is None else doses,
        ", ".join(f"`{it}`" for it in documents) or "none",
        ", ".join(f"`{it}`" for it in problems) or "none",
    )
    assert f"| {' | '.join(cells)} |" in PAGE.read_text("utf-8")
