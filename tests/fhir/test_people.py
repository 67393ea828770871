"""A person from a Patient and Immunizations: each trap of real files, and round trips."""

from datetime import date
from typing import Any

import pytest
from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy import catalog, fhir
from vaxpolicy.eligibility import Dose, Outcome, PartialDate, Person, decide
from vaxpolicy.fhir.codes import (
    UNKNOWN,
    VACCINE,
    is_against_another,
    vaccine_concept,
    vaccines_by_cvx,
)
from vaxpolicy.identity import NationalId, PassportNumber, UiNumber
from vaxpolicy.numbers.reading import Number
from vaxpolicy.rules.people import Sex

CVX = "http://hl7.org/fhir/sid/cvx"
MOI = "http://www.moi.gov.tw"


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "1", "birthDate": "1990-01-01", **more}


def given_dose(day: Any = "2021-06-01", code: Any = "210", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "patient": {"reference": "Patient/1"},
        "vaccineCode": {"coding": [{"system": CVX, "code": code}]},
        "occurrenceDateTime": day,
        **more,
    }


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **more}


def codes(found: fhir.Imported) -> list[str]:
    return [each.code for each in found.problems]


def read(*resources: Any, **more: Any) -> fhir.Imported:
    return fhir.person(bundle(*resources), history_complete=True, **more)


def test_a_patient_and_doses_are_a_person() -> None:
    found = read(patient(), given_dose(), given_dose("2021-09-01", "207"))
    doses = (Dose("AZ", date(2021, 6, 1)), Dose("Moderna", date(2021, 9, 1)))
    assert found.person == Person(birth_date=date(1990, 1, 1), doses=doses)
    assert not found.problems


def test_a_history_is_complete_only_where_the_caller_says_so() -> None:
    found = fhir.person(bundle(patient(), given_dose()))
    assert found.person.doses is None
    assert found.doses == (Dose("AZ", date(2021, 6, 1)),)
    assert codes(found) == ["history-not-complete"]
    assert found.problems[0].facts == ("doses",)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2020-11-19T12:46:57-08:00", date(2020, 11, 20)),
        ("2021-06-01T15:59:59Z", date(2021, 6, 1)),
        ("2021-06-01T16:00:00Z", date(2021, 6, 2)),
        ("2021-06-01T00:00:00.123456789+14:00", date(2021, 5, 31)),
        ("2016-12-31T23:59:60Z", date(2017, 1, 1)),
        ("2021-06-01", date(2021, 6, 1)),
    ],
)
def test_an_instant_counts_as_the_day_that_it_was_in_taiwan(instant: str, day: date) -> None:
    assert [dose.on for dose in read(patient(), given_dose(instant)).doses] == [day]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2021", "date-partial"),
        ("2021-06", "date-partial"),
        ("2021-13", "date-not-valid"),
        ("2021-02-30", "date-not-valid"),
        ("2021-06-01T12:00:00", "date-without-offset"),
        ("2021-06-01T25:00:00Z", "date-not-valid"),
        ("2021-06-01T12:00:00+15:00", "date-not-valid"),
        ("2021-06-01T12:00:00+01:60", "date-not-valid"),
        ("9999-12-31T23:00:00-10:00", "date-not-valid"),
        ("0001-01-01T00:00:00+14:00", "date-not-valid"),
        ("1 June 2021", "date-not-valid"),
        (20210601, "date-not-valid"),
        (None, "date-missing"),
    ],
)
def test_a_dose_without_a_day_leaves_the_history_open(day: Any, code: str) -> None:
    found = read(patient(), given_dose(day), given_dose("2021-09-01"))
    assert codes(found) == [code]
    assert found.problems[0].path == "Bundle.entry[1].resource.occurrence"
    assert found.person.doses is None
    assert found.doses == (Dose("AZ", date(2021, 9, 1)),)


def test_a_day_in_words_leaves_the_history_open() -> None:
    found = read(patient(), given_dose(None, occurrenceString="last spring"))
    assert codes(found) == ["date-in-words"]
    assert found.person.doses is None


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_what_was_not_done_or_not_meant_is_no_dose(status: str) -> None:
    found = read(patient(), given_dose(status=status))
    assert codes(found) == [status]
    assert found.person.doses == ()


@pytest.mark.parametrize("status", [None, "in-progress", ["completed"], {}])
def test_a_status_that_nobody_knows_leaves_the_history_open(status: Any) -> None:
    found = read(patient(), given_dose(status=status))
    assert codes(found) == ["status-not-known"]
    assert found.person.doses is None
    assert found.doses


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"modifierExtension": [{"url": "urn:x"}]}, "has-modifiers"),
        ({"implicitRules": "urn:x"}, "has-modifiers"),
        ({"isSubpotent": True}, "subpotent"),
        ({"isSubpotent": "maybe"}, "subpotent"),
    ],
)
def test_what_may_change_the_meaning_of_a_dose_leaves_the_history_open(
    more: dict[str, Any], code: str
) -> None:
    found = read(patient(), given_dose(**more))
    assert codes(found) == [code]
    assert found.person.doses is None


@pytest.mark.parametrize(
    ("codings", "vaccine", "problem"),
    [
        ([(CVX, "210"), ("http://hl7.org/fhir/sid/ndc", "49281012165")], "AZ", None),
        ([(CVX, "227")], "Moderna", None),
        ([(CVX, "219"), (CVX, "208")], "BNT", None),
        ([(CVX, "0210")], "AZ", None),
        ([(CVX, "197")], "Influenza", None),
        ([("urn:vaxpolicy:vaccine", "Medigen")], "Medigen", None),
        ([(CVX, "37")], "cvx/37", "vaccine-not-known"),
        ([(CVX, "213"), (CVX, "37")], UNKNOWN, "vaccine-not-known"),
        ([(CVX, "210"), (CVX, "207")], UNKNOWN, "vaccine-codes-differ"),
        ([(CVX, "²")], UNKNOWN, "vaccine-not-known"),
        ([("https://vacc.cdc.gov.tw/vacc", "YF")], UNKNOWN, "vaccine-not-known"),
        ([], UNKNOWN, "vaccine-not-known"),
    ],
)
def test_several_codes_name_one_vaccine(
    codings: list[tuple[str, str]], vaccine: str, problem: str | None
) -> None:
    concept = {"coding": [{"system": system, "code": code} for system, code in codings]}
    found = read(patient(), given_dose(vaccineCode=concept))
    assert [dose.vaccine for dose in found.doses] == [vaccine]
    assert codes(found) == ([problem] if problem else [])
    assert found.person.doses == found.doses


@pytest.mark.parametrize("concept", [None, "AZ", {"text": "AZ"}])
def test_a_vaccine_in_words_is_kept_as_unknown(concept: Any) -> None:
    found = read(patient(), given_dose(vaccineCode=concept))
    assert found.person.doses == (Dose(UNKNOWN, date(2021, 6, 1)),)
    policy = catalog.load("tw/covid19-1922/round-19")
    assert decide(policy, found.person).outcome is not Outcome.ELIGIBLE


def test_the_codes_of_another_system_are_the_callers() -> None:
    concept = {"coding": [{"system": "https://vacc.cdc.gov.tw/vacc", "code": "A"}]}
    table = {("https://vacc.cdc.gov.tw/vacc", "A"): "AZ"}
    found = read(patient(), given_dose(vaccineCode=concept), codes=table)
    assert found.person.doses == (Dose("AZ", date(2021, 6, 1)),)


@pytest.mark.parametrize("code", ["no-known-immunizations", "no-immunization-info"])
def test_a_statement_that_nothing_is_known_is_no_dose(code: str) -> None:
    system = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
    concept = {"coding": [{"system": system, "code": code}]}
    found = read(patient(), given_dose(vaccineCode=concept))
    assert codes(found) == [code]
    assert (found.person.doses is None) is (code == "no-immunization-info")


def test_the_same_dose_from_two_senders_counts_once() -> None:
    found = read(patient(), given_dose(), given_dose("2021-06-01T09:00:00+08:00"))
    assert codes(found) == ["same-dose-twice"]
    assert found.person.doses == (Dose("AZ", date(2021, 6, 1)),)


def test_two_unknown_doses_of_a_day_may_be_different_ones() -> None:
    found = read(*[patient()], *[given_dose(vaccineCode={"text": "x"})] * 2)
    assert len(found.doses) == 2


# Whose dose it is.


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/1"},
        {"reference": "Patient/1/_history/3"},
        {"reference": "https://hospital.example/fhir/Patient/1"},
        {"identifier": {"system": MOI, "value": "A123456789"}},
    ],
)
def test_a_reference_leads_to_the_patient(reference: dict[str, Any]) -> None:
    me = patient(identifier=[{"system": MOI, "value": "A123456789"}])
    assert not read(me, given_dose(patient=reference)).problems


def test_a_reference_leads_to_the_address_of_an_entry() -> None:
    me, mine = patient(), given_dose(patient={"reference": "urn:uuid:1"})
    del me["id"]
    data = bundle(me, mine)
    data["entry"][0]["fullUrl"] = "urn:uuid:1"
    assert not fhir.person(data, history_complete=True).problems
    data["entry"][0]["fullUrl"] = "urn:uuid:2"
    assert codes(fhir.person(data, history_complete=True)) == ["patient-not-resolved"]


def test_an_address_on_another_server_is_another_address() -> None:
    data = bundle(patient(), given_dose(patient={"reference": "https://b.example/Patient/1"}))
    data["entry"][0]["fullUrl"] = "https://a.example/Patient/1"
    assert codes(fhir.person(data, history_complete=True)) == ["patient-not-resolved"]


@pytest.mark.parametrize("subject", [None, {}, "Patient/1", 3])
def test_a_dose_that_names_nobody_leaves_the_history_open(subject: Any) -> None:
    found = read(patient(), given_dose(patient=subject))
    assert codes(found) == ["patient-not-named"]
    assert found.person.doses is None
    assert found.doses


@pytest.mark.parametrize(
    "subject",
    [{"reference": "Patient/2"}, {"display": "me"}, {"identifier": 7}, {"identifier": {}}],
)
def test_a_reference_to_nobody_known_leaves_the_history_open(subject: Any) -> None:
    found = read(patient(), given_dose(patient=subject))
    assert codes(found) == ["patient-not-resolved"]
    assert found.person.doses is None


def test_a_contained_patient_is_the_person() -> None:
    inner = patient(id="p")
    mine = given_dose(patient={"reference": "#p"}, contained=[inner, {"resourceType": "Device"}])
    found = fhir.person(mine, history_complete=True)
    assert found.person == Person(
        birth_date=date(1990, 1, 1), doses=(Dose("AZ", date(2021, 6, 1)),)
    )
    both = bundle(
        mine,
        given_dose("2021-09-01", contained=[{**inner, "id": "q"}], patient={"reference": "#q"}),
    )
    assert len(fhir.person(both, history_complete=True).person.doses or ()) == 2


def test_a_contained_patient_is_known_by_its_number() -> None:
    number = {"identifier": [{"system": MOI, "value": "A123456789"}]}
    inner = {"resourceType": "Patient", "id": "p", **number}
    mine = given_dose(patient={"reference": "#p"}, contained=[inner])
    assert not read(patient(**number), mine).problems
    assert codes(read(patient(), mine)) == ["patient-not-resolved"]


def test_doses_of_another_patient_are_not_the_persons() -> None:
    other = patient(id="2", birthDate="1960-01-01")
    theirs = given_dose(patient={"reference": "Patient/2"})
    found = read(patient(), other, given_dose(), theirs, patient="Patient/1")
    assert codes(found) == ["other-patient"]
    assert found.person.doses == (Dose("AZ", date(2021, 6, 1)),)
    nobody = read(patient(), other, given_dose(), theirs)
    assert codes(nobody) == ["several-patients"]
    assert nobody.person == Person()
    assert not nobody.doses


def test_a_patient_who_is_not_there_is_missing() -> None:
    found = read(given_dose(), given_dose("2021-09-01"))
    assert codes(found) == ["patient-missing"]
    assert found.person.birth_date is None
    assert len(found.person.doses or ()) == 2
    two = read(given_dose(), given_dose(patient={"reference": "Patient/2"}))
    assert codes(two) == ["several-patients"]
    theirs = given_dose("2021-09-01", patient={"reference": "Patient/2"})
    named = read(given_dose(), theirs, patient="Patient/2")
    assert codes(named) == ["patient-missing", "patient-not-resolved"]
    assert codes(read(given_dose(patient={"display": "x"}))) == [
        "patient-missing",
        "patient-not-resolved",
    ]


def test_one_patient_in_two_entries_is_one_patient() -> None:
    assert not read(patient(), patient(), given_dose()).problems


# The patient.


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("1950", PartialDate(1950)),
        ("1950-05", PartialDate(1950, 5)),
        ("1950-05-05", date(1950, 5, 5)),
    ],
)
def test_a_birth_date_may_be_partial(text: str, born: date | PartialDate) -> None:
    assert read(patient(birthDate=text)).person.birth_date == born


@pytest.mark.parametrize("sex", ["female", "male"])
def test_the_gender_of_a_patient_is_the_sex_and_is_written_back(sex: Sex) -> None:
    person = read(patient(gender=sex)).person
    assert person == Person(birth_date=date(1990, 1, 1), doses=(), sex=sex)
    written = fhir.bundle(person)
    assert written["entry"][0]["resource"]["gender"] == sex
    assert fhir.person(written, history_complete=True).person == person


@pytest.mark.parametrize("gender", ["other", "unknown", None])
def test_another_gender_leaves_the_sex_open(gender: str | None) -> None:
    found = read(patient(gender=gender))
    assert found.person.sex is None
    assert not found.problems


@pytest.mark.parametrize("gender", ["F", "Female", "", 1, ["female"]])
def test_a_gender_that_is_none_is_named_and_leaves_the_sex_open(gender: Any) -> None:
    found = read(patient(gender=gender))
    assert found.person.sex is None
    assert codes(found) == ["gender-not-valid"]


@pytest.mark.parametrize("text", ["1950-13", "1950-5-5", "1950-05-05T00:00:00Z", "", 1950, "0000"])
def test_a_birth_date_that_is_none_is_unknown(text: Any) -> None:
    found = read(patient(birthDate=text))
    assert codes(found) == ["birth-date-not-valid"]
    assert found.person == Person(doses=())


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"birthDate": None, "_birthDate": {"extension": []}}, "birth-date-missing"),
        ({"modifierExtension": [{}]}, "patient-has-modifiers"),
        ({"active": False}, "patient-not-current"),
        ({"deceasedBoolean": True}, "patient-not-current"),
        ({"deceasedDateTime": "2020"}, "patient-not-current"),
        ({"link": [{"type": "replaced-by"}]}, "patient-not-current"),
    ],
)
def test_the_state_of_a_patient_is_named(more: dict[str, Any], code: str) -> None:
    assert codes(read(patient(**more))) == [code]


def test_numbers_are_read_and_print_nothing() -> None:
    typed = {"type": {"coding": ["x", {"system": "y"}]}}
    passport = {
        "type": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PPN"}]
        }
    }
    found = read(
        patient(
            identifier=[
                {"system": MOI, "value": "A123456789"},
                {"system": "http://www.immigration.gov.tw", "value": "A800000014"},
                {"system": "http://hl7.org/fhir/sid/passport-TWN", "value": "888800371"},
                {**passport, "value": "X1234567"},
                {"system": "http://www.immigration.gov.tw", "value": "Z596839485"},
                {"system": MOI, "value": "A122345678", "use": "old"},
                {"system": "https://www.tph.mohw.gov.tw", "value": "8862168"},
                {**typed, "value": "1"},
                {"type": {"coding": "x"}, "value": "1"},
                {"type": "x", "value": "1"},
                {"system": MOI},
            ]
        )
    )
    kinds = [type(each) for each in found.documents]
    assert kinds == [NationalId, UiNumber, PassportNumber, PassportNumber]
    assert codes(found) == ["identifier-not-valid"]
    assert found.problems[0].detail == "invalid-checksum"
    assert not any(text in repr(found) for text in ("A123456789", "123", "8888", "Z59"))


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("NNTWN", NationalId.parse("A123456789")),
        ("NNxxx", NationalId.parse("A123456789")),
        ("PRC", UiNumber.parse("A800000014")),
        ("PPN", PassportNumber.parse("X1234567")),
    ],
)
def test_an_identifier_without_a_system_is_read_by_its_type(kind: str, number: Number) -> None:
    """The types of TW Core."""
    system = "http://terminology.hl7.org/CodeSystem/v2-0203"
    typed = {"type": {"coding": [{"system": system, "code": kind}]}, "value": number.value}
    assert read(patient(identifier=[typed])).documents == (number,)


# Bundles and Parameters.


def test_parameters_are_read_with_their_parts() -> None:
    part = [{"name": "immunization", "resource": given_dose()}]
    data = {
        "resourceType": "Parameters",
        "parameter": [{"name": "patient", "resource": patient()}, {"name": "x", "part": part}],
    }
    found = fhir.person(data, history_complete=True)
    assert found.person.doses == (Dose("AZ", date(2021, 6, 1)),)
    assert not found.problems


def test_bundles_are_read_inside_bundles() -> None:
    assert len(read(patient(), bundle(bundle(given_dose()))).doses) == 1
    deep: Any = given_dose()
    for _ in range(8):
        deep = bundle(deep)
    assert codes(read(patient(), deep)) == ["too-deep"]
    deepest: Any = given_dose()
    for _ in range(200):
        deepest = bundle(deepest)
    assert codes(read(patient(), deepest)) == ["too-deep"]


def test_parts_are_read_to_a_depth() -> None:
    part: Any = {"name": "x", "resource": given_dose()}
    for _ in range(9):
        part = {"name": "x", "part": [part]}
    data = {"resourceType": "Parameters", "parameter": [{"resource": patient()}, part]}
    assert "too-deep" in codes(fhir.person(data, history_complete=True))


def wrapped(value: Any, wrap: Any, times: int) -> Any:
    for _ in range(times):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", [lambda it: {"x": it}, lambda it: [it], lambda it: {"x": [it]}])
def test_data_are_read_to_a_depth_of_a_hundred(wrap: Any) -> None:
    levels = 1 if wrap("x") in ({"x": "x"}, ["x"]) else 2
    deep = wrapped("x", wrap, 98 // levels)
    assert codes(fhir.person(patient(extension=[deep]), history_complete=True)) == []
    deeper = [wrapped(deep, lambda it: [it], 1)]
    assert codes(fhir.person(patient(extension=deeper), history_complete=True)) == ["too-deep"]


def test_bundles_and_parts_are_read_to_a_depth_of_eight() -> None:
    within = wrapped(given_dose(), bundle, 7)
    assert (len(read(patient(), within).doses), codes(read(patient(), within))) == (1, [])
    assert codes(read(patient(), bundle(within))) == ["too-deep"]
    part = wrapped({"resource": given_dose()}, lambda it: {"part": [it]}, 7)
    for each, said in ((part, []), ({"part": [part]}, ["too-deep"])):
        data = {"resourceType": "Parameters", "parameter": [{"resource": patient()}, each]}
        found = fhir.person(data, history_complete=True)
        assert (codes(found), len(found.doses)) == (said, 0 if said else 1)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"type": "history"}, "bundle-is-history"),
        ({"link": [{"relation": "self"}, {"relation": "next", "url": "x"}]}, "more-pages"),
        ({"link": {}}, "not-an-array"),
        ({"link": ["x"]}, "not-an-object"),
    ],
)
def test_a_bundle_that_is_not_all_leaves_the_history_open(more: dict[str, Any], code: str) -> None:
    found = fhir.person(bundle(patient(), given_dose(), **more), history_complete=True)
    assert codes(found) == [code]
    assert found.person.doses is None


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"response": {"status": "404"}}, "entry-without-resource"),
        ({"resource": "x"}, "not-an-object"),
        ("x", "not-an-object"),
        ({"resource": {"id": "1"}}, "resource-type-missing"),
        (
            {"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}},
            "outcome-reports-error",
        ),
    ],
)
def test_an_entry_that_may_have_been_a_dose_leaves_the_history_open(entry: Any, code: str) -> None:
    data = bundle(patient(), given_dose())
    data["entry"].append(entry)
    found = fhir.person(data, history_complete=True)
    assert codes(found) == [code]
    assert found.person.doses is None


def test_other_resources_and_warnings_are_passed_over() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
    others = (patient(), {"resourceType": "Organization"}, outcome)
    parameters = {"resourceType": "Parameters", "parameter": [{"resource": it} for it in others]}
    for data in (bundle(*others), parameters):
        assert not fhir.person(data, history_complete=True).problems


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"resourceType": "Observation"}, "resource-type-not-expected"),
        ({}, "resource-type-missing"),
        ({"resourceType": "Parameters", "parameter": [{"resource": 3}]}, "not-an-object"),
    ],
)
def test_another_resource_tells_nothing(data: dict[str, Any], code: str) -> None:
    found = fhir.person(data, history_complete=True)
    assert code in codes(found)
    assert found.person == Person()


@pytest.mark.parametrize("kind", [None, 5, [], "", "Pa tient", "Patient()", "病人"])
def test_a_type_that_is_no_word_of_fhirpath_is_in_no_path(kind: Any) -> None:
    found = fhir.person({"resourceType": kind, "contained": [5]}, history_complete=True)
    assert {it.path for it in found.problems} == {"Resource", "Resource.contained[0]", "$this"}


def test_what_is_no_object_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="resource: expected a mapping"):
        fhir.person([], history_complete=True)  # type: ignore[arg-type]  # what the test is about


# Products that no policy knows.


def test_a_dose_against_another_disease_is_left_out_for_a_policy() -> None:
    found = read(patient(), given_dose(code="37"), given_dose("2021-09-01", "213"))
    covid = catalog.load("tw/covid19-1922/round-19")
    flu = catalog.load("tw/influenza/2025")
    assert [it.vaccine for it in found.person_for(covid).doses or ()] == ["cvx/213"]
    assert found.person_for(flu).doses == ()
    assert fhir.person(bundle(patient())).person_for(flu).doses is None


@pytest.mark.parametrize("vaccine", ["AZ", "unknown", "cvx/x", "cvx/9999"])
def test_what_it_is_against_is_never_guessed(vaccine: str) -> None:
    assert not is_against_another(vaccine, "covid19")
    assert not is_against_another("cvx/3", "a disease of tomorrow")


def test_a_code_means_one_vaccine() -> None:
    assert {vaccines_by_cvx()[code] for code in (207, 221, 227, 228)} == {"Moderna"}
    listed = [code for vaccine in catalog.vaccines().values() for code in vaccine.cvx]
    assert set(vaccines_by_cvx()) <= set(listed)


# Round trips.

VACCINES = st.sampled_from([*catalog.vaccines(), "cvx/37", "cvx/213", UNKNOWN, "OfYourOwn"])
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
BIRTHS = (
    st.none()
    | DAYS
    | st.builds(PartialDate, st.integers(1900, 2030), st.none() | st.integers(1, 12))
)


@given(BIRTHS, st.lists(st.builds(Dose, VACCINES, DAYS), unique=True))
def test_a_person_comes_back_from_a_bundle(born: Any, doses: list[Dose]) -> None:
    person = Person(birth_date=born, doses=tuple(doses))
    found = fhir.person(fhir.bundle(person), history_complete=True)
    assert found.person == person


def test_a_bundle_has_these_elements_and_no_others() -> None:
    me = Person(birth_date=date(1990, 1, 1), doses=(Dose("AZ", date(2021, 6, 1)),), sex="female")
    dose = {
        "resourceType": "Immunization",
        "id": "7-1",
        "status": "completed",
        "vaccineCode": vaccine_concept("AZ"),
        "patient": {"reference": "Patient/7"},
        "occurrenceDateTime": "2021-06-01",
    }
    assert fhir.bundle(me, patient_id="7") == bundle(patient(id="7", gender="female"), dose)


def test_a_person_without_a_history_is_written_without_doses() -> None:
    assert len(fhir.bundle(Person())["entry"]) == 1


def test_a_problem_has_a_code_of_the_table() -> None:
    with pytest.raises(ValueError, match="code: expected"):
        fhir.Problem("Patient", "x")
    assert all(text.endswith(".") for _, text in fhir.PROBLEMS.values())
    said = {fact for facts, _ in fhir.PROBLEMS.values() for fact in facts}
    assert said <= {it.name for it in fields(Person)}


def test_problems_are_an_operation_outcome() -> None:
    found = fhir.person(bundle(patient(), given_dose(status="not-done")))
    issues = fhir.operation_outcome(found.problems)["issue"]
    assert [it["severity"] for it in issues] == ["information", "warning"]
    assert issues[0]["expression"] == ["Bundle.entry[1].resource"]
    (well,) = fhir.operation_outcome(())["issue"]
    assert (well["severity"], well["code"]) == ("information", "informational")
    assert well["details"]["text"]


@pytest.mark.parametrize("code", fhir.PROBLEMS)
def test_an_issue_has_these_elements_and_no_others(code: str) -> None:
    facts, text = fhir.PROBLEMS[code]
    coding = {"system": "urn:vaxpolicy:fhir-problem", "code": code}
    assert fhir.operation_outcome([fhir.Problem("Patient", code)])["issue"] == [
        {
            "severity": "warning" if facts else "information",
            "code": "incomplete" if facts else "informational",
            "details": {"coding": [coding], "text": text},
            "expression": ["Patient"],
        }
    ]


def test_a_code_between_those_of_covid_vaccines_that_is_another_vaccine_is_not_one() -> None:
    for code in (220, 222, 223, 224):  # hepatitis B and tick-borne encephalitis
        assert is_against_another(f"cvx/{code}", "covid19")
    for code, vaccine in ((309, "BNT"), (312, "Moderna"), (313, "Novavax"), (327, "PCV21")):
        assert vaccines_by_cvx()[code] == vaccine
    assert is_against_another("cvx/303", "influenza")
    assert not is_against_another("cvx/325", "mpox")


SECTIONS = [{"section": [{"entry": [{"reference": "Immunization/9"}]}]}]
NAMED = {
    "a certificate": ({"resourceType": "Composition", "section": SECTIONS}, True),
    "a list": ({"resourceType": "List", "entry": [{"item": {"reference": "Immunization/9"}}]}, True),
    "by its type": (
        {"resourceType": "List", "entry": [{"item": {"reference": "urn:uuid:9", "type": "Immunization"}}]},
        True,
    ),
    "by its address": (
        {"resourceType": "List", "entry": [{"item": {"reference": "https://x/Immunization/9/_history/1"}}]},
        True,
    ),
    "by its type alone": ({"resourceType": "List", "entry": [{"item": {"type": "Immunization"}}]}, True),
    "one that is there": (
        {"resourceType": "Composition", "section": [{"entry": [{"reference": "Immunization/1"}]}]},
        False,
    ),
    "another resource": ({"resourceType": "List", "entry": [{"item": {"reference": "Patient/1"}}]}, False),
    "nothing": ({"resourceType": "List", "entry": [{"item": "Immunization/9"}]}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_an_immunization_that_a_document_names_and_lacks_is_no_silent_loss(name: str) -> None:
    document, is_missing = NAMED[name]
    shot = {
        "resourceType": "Immunization",
        "id": "1",
        "status": "completed",
        "patient": {"reference": "Patient/1"},
        "vaccineCode": {"coding": [{"system": CVX, "code": "207"}]},
        "occurrenceDateTime": "2021-06-01",
    }
    me = {"resourceType": "Patient", "id": "1", "birthDate": "1990-01-01"}
    entries = [{"resource": document}, {"resource": me}, {"resource": shot}]
    bundle = {"resourceType": "Bundle", "type": "document", "entry": entries}
    found = fhir.person(bundle, history_complete=True)
    assert ("immunization-not-there" in {it.code for it in found.problems}) is is_missing
    assert (found.person.doses is None) is is_missing


@pytest.mark.parametrize("address", ["urn:uuid:9", "https://x.example/Immunization/9"])
def test_an_immunization_that_is_there_by_its_address_is_not_missed(address: str) -> None:
    reference = {"reference": address, "type": "Immunization"}
    data = bundle(patient(), {"resourceType": "List", "entry": [{"item": reference}]})
    assert codes(fhir.person(data, history_complete=True)) == ["immunization-not-there"]
    data["entry"].append({"fullUrl": address, "resource": given_dose(id="3")})
    found = fhir.person(data, history_complete=True)
    assert (codes(found), len(found.doses)) == ([], 1)


LOST: dict[str, tuple[Any, list[str]]] = {
    "a day that is given twice": (
        bundle(patient(), given_dose(occurrenceString="in summer")),
        ["date-twice"],
    ),
    "an entry that deletes": (
        {
            "resourceType": "Bundle",
            "entry": [
                {"resource": patient()},
                {"resource": given_dose(), "request": {"method": "DELETE"}},
                {"request": {"method": "DELETE", "url": "Immunization/7"}},
            ],
        },
        ["entry-deletes", "entry-deletes"],
    ),
    "a result with fewer matches than it counts": (
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": 2,
            "entry": [
                {"resource": patient(), "search": {"mode": "include"}},
                {"resource": given_dose(), "search": {"mode": "match"}},
            ],
        },
        ["more-pages"],
    ),
    "a result that has only a count": (
        {"resourceType": "Bundle", "type": "searchset", "total": 2, "entry": {}},
        ["more-pages", "not-an-array", "patient-missing"],
    ),
    "a sender that leaves something out": (
        bundle(
            patient(),
            {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "warning", "code": "incomplete"}],
            },
        ),
        ["outcome-reports-error"],
    ),
    "two versions": (
        bundle(patient(), given_dose(id="7"), given_dose("2021-09-01", id="7")),
        ["immunization-in-versions"],
    ),
    "a dose in a list": (
        bundle(patient(), {"resourceType": "List", "contained": [given_dose()]}),
        ["immunization-contained"],
    ),
    "a dose in another dose": (
        bundle(patient(), given_dose("2021-09-01", contained=[given_dose()])),
        ["immunization-contained"],
    ),
    "a dose in a dose that was not done": (
        bundle(patient(), given_dose(status="not-done", contained=[given_dose()])),
        ["immunization-contained", "not-done"],
    ),
    "a dose that a nurse gave as a medicine": (
        bundle(
            patient(),
            {
                "resourceType": "MedicationAdministration",
                "medicationCodeableConcept": {"coding": [{"system": CVX, "code": "210"}]},
            },
        ),
        ["vaccine-elsewhere"],
    ),
    "a dose that somebody says was given as a medicine": (
        bundle(
            patient(),
            {
                "resourceType": "MedicationStatement",
                "medicationCodeableConcept": {"coding": [{"system": CVX, "code": "210"}]},
            },
        ),
        ["vaccine-elsewhere"],
    ),
    "a dose as a procedure": (
        bundle(
            patient(),
            {"resourceType": "Procedure", "code": {"coding": [{"system": VACCINE, "code": "AZ"}]}},
        ),
        ["vaccine-elsewhere"],
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_a_dose_that_could_get_lost_leaves_the_history_open(name: str) -> None:
    resource, wanted = LOST[name]
    found = fhir.person(resource, history_complete=True)
    assert sorted(codes(found)) == sorted(wanted)
    assert found.person.doses is None


FIRST, SECOND = "Bundle.entry[0].resource", "Bundle.entry[1].resource"
PLACES: list[tuple[Any, list[tuple[str, str]]]] = [
    (patient(birthDate=None), [(f"{FIRST}.birthDate", "birth-date-missing")]),
    (patient(birthDate="x"), [(f"{FIRST}.birthDate", "birth-date-not-valid")]),
    (patient(gender="x"), [(f"{FIRST}.gender", "gender-not-valid")]),
    (patient(modifierExtension=[{}]), [(FIRST, "patient-has-modifiers")]),
    (patient(active=False), [(FIRST, "patient-not-current")]),
    (patient(link=5), [(f"{FIRST}.link", "not-an-array")]),
    (patient(contained=[5]), [(f"{FIRST}.contained[0]", "not-an-object")]),
    (patient(identifier={}), [(f"{FIRST}.identifier", "not-an-array")]),
    (
        patient(identifier=["x", {"system": MOI, "value": 5}, {"system": MOI, "value": "A1"}]),
        [
            (f"{FIRST}.identifier[0]", "not-an-object"),
            (f"{FIRST}.identifier[1].value", "identifier-not-valid"),
            (f"{FIRST}.identifier[2].value", "identifier-not-valid"),
        ],
    ),
    (given_dose(status="not-done"), [(SECOND, "not-done")]),
    (given_dose(status="x"), [(f"{SECOND}.status", "status-not-known")]),
    (given_dose(modifierExtension=[{}]), [(SECOND, "has-modifiers")]),
    (given_dose(isSubpotent=True), [(f"{SECOND}.isSubpotent", "subpotent")]),
    (given_dose(vaccineCode=5), [(f"{SECOND}.vaccineCode", "vaccine-not-known")]),
    (
        given_dose(vaccineCode={"coding": ["x"]}),
        [
            (f"{SECOND}.vaccineCode.coding[0]", "not-an-object"),
            (f"{SECOND}.vaccineCode", "vaccine-not-known"),
        ],
    ),
    (given_dose(day="2021"), [(f"{SECOND}.occurrence", "date-partial")]),
    (given_dose(day=None), [(f"{SECOND}.occurrence", "date-missing")]),
    (given_dose(occurrenceString="x"), [(f"{SECOND}.occurrence", "date-twice")]),
    (given_dose(patient=None), [(f"{SECOND}.patient", "patient-not-named")]),
    (
        given_dose(patient={"reference": "Patient/2"}),
        [(f"{SECOND}.patient", "patient-not-resolved")],
    ),
    (given_dose(contained=[5]), [(f"{SECOND}.contained[0]", "not-an-object")]),
    (
        {"resourceType": "List", "entry": [{"item": {"reference": "Immunization/9"}}]},
        [(f"{SECOND}.entry[0]", "immunization-not-there")],
    ),
    (
        {"resourceType": "Composition", "section": [*SECTIONS, 5]},
        [
            (f"{SECOND}.section[0].section[0].entry[0]", "immunization-not-there"),
            (f"{SECOND}.section[1]", "not-an-object"),
        ],
    ),
    (
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]},
        [(f"{SECOND}.issue[0]", "outcome-reports-error")],
    ),
    ({"resourceType": 5}, [(SECOND, "resource-type-missing")]),
    (bundle(total=5, type="searchset"), [(f"{SECOND}.total", "more-pages")]),
    (bundle(type="history"), [(f"{SECOND}.type", "bundle-is-history")]),
    (bundle(link=[{"relation": "next"}]), [(f"{SECOND}.link[0]", "more-pages")]),
    (bundle(5), [(f"{SECOND}.entry[0].resource", "not-an-object")]),
    (bundle(None), [(f"{SECOND}.entry[0]", "entry-without-resource")]),
    (
        {"resourceType": "Parameters", "parameter": [{"part": [{"resource": 5}]}]},
        [(f"{SECOND}.parameter[0].part[0].resource", "not-an-object")],
    ),
]
"""Resources with faults, and the place and the code of each problem."""


@pytest.mark.parametrize(("resource", "problems"), PLACES)
def test_each_problem_has_its_place(resource: Any, problems: list[tuple[str, str]]) -> None:
    others = [] if resource.get("resourceType") == "Patient" else [patient()]
    found = read(*others, resource)
    assert sorted((it.path, it.code) for it in found.problems) == sorted(problems)


NOT_LOST: dict[str, Any] = {
    "a result that is whole": {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 1,
        "entry": [
            {"resource": patient(), "search": {"mode": "include"}},
            {"resource": given_dose()},
        ],
    },
    "two servers with the same id": {
        "resourceType": "Bundle",
        "entry": [
            {"resource": patient()},
            {"fullUrl": "https://a.example/Immunization/7", "resource": given_dose(id="7")},
            {
                "fullUrl": "https://b.example/Immunization/7",
                "resource": given_dose(id="7", lotNumber="x"),
            },
        ],
    },
    "the same version in two entries": bundle(
        patient(), given_dose(id="7"), given_dose(id="7"), given_dose(id="")
    ),
    "medicines, an operation and a vaccination that was not": bundle(
        patient(),
        given_dose(),
        {"resourceType": "MedicationStatement", "medicationCodeableConcept": {"coding": {}}},
        {"resourceType": "Medication", "id": "m", "code": {"text": "x"}},
        {
            "resourceType": "MedicationDispense",
            "medicationReference": {"reference": "Medication/m"},
        },
        {
            "resourceType": "MedicationStatement",
            "contained": [{"resourceType": "Medication", "id": "m"}],
            "medicationReference": {"reference": "#m"},
        },
        {"resourceType": "Procedure", "code": "x"},
        {"resourceType": "Procedure", "code": {"coding": [None, {"system": "x", "code": "1"}]}},
        {
            "resourceType": "Procedure",
            "status": "not-done",
            "code": {"coding": [{"system": CVX, "code": "210"}]},
        },
    ),
}


@pytest.mark.parametrize("name", NOT_LOST)
def test_what_is_no_dose_leaves_a_history_as_it_is(name: str) -> None:
    found = fhir.person(NOT_LOST[name], history_complete=True)
    assert found.person.doses == (Dose("AZ", date(2021, 6, 1)),)
    assert {*codes(found)} <= {"same-dose-twice"}


def test_the_older_name_of_the_code_system_of_vaccines_is_known() -> None:
    concept = {"coding": [{"system": "urn:oid:2.16.840.1.113883.12.292", "code": "207"}]}
    assert [it.vaccine for it in read(patient(), given_dose(vaccineCode=concept)).doses] == [
        "Moderna"
    ]


def test_a_number_that_is_no_text_is_not_valid_and_one_that_is_absent_is_none() -> None:
    identifiers = [
        {"system": MOI, "value": 123456789},
        {"system": MOI},
        {"system": "x", "value": 1},
    ]
    found = read(patient(identifier=identifiers))
    assert codes(found) == ["identifier-not-valid"]
    assert found.documents == ()


OF_OTHER_PRODUCTS = {
    "covid19": "207-213 217-219 221 225-230 300-302 308-313 500-521",
    "influenza": "15-16 88 111 123 125-128 135 140-141 144 149-151 153 155 158 160-161 166 168 171"
    " 185-186 194 197 200-202 205 231 320-323 331 333",
    "mpox": "75 105 206 325",
    "pneumococcal": "33 100 109 133 152 177 215-216 327",
    "hpv": "62 118 137 165",
    "rotavirus": "74 116 119 122",
    "other": "1-10 17-22 25 28 35 37 39-53 83-85 89-91 94 101-102 104 106-108 110 113-115 120-121"
    " 129-130 132 134 136 138-139 146-148 162-164 170 187-189 198 220 222-224 303-307 314-315 326 332",
}
"""The CVX codes of each disease, as the CDC lists them: https://www2a.cdc.gov/vaccines/iis/iisstandards/vaccines.asp?rpt=cvx"""


def test_each_cvx_code_is_one_against_its_disease_and_surely_not_against_the_others() -> None:
    listed = {
        disease: {
            number
            for part in text.split()
            for first, _, last in [part.partition("-")]
            for number in range(int(first), int(last or first) + 1)
        }
        for disease, text in OF_OTHER_PRODUCTS.items()
    }
    for number in range(1000):
        against = {disease for disease, codes in listed.items() if number in codes}
        for disease in listed:
            surely_not = bool(against) and disease not in against
            assert is_against_another(f"cvx/{number}", disease) is surely_not, (number, disease)
    assert not is_against_another("cvx/207", "measles")
