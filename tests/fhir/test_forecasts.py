"""Recommendations say what decisions say, and the same each time."""

import json
from datetime import date, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import policy_of
from vaxpolicy import catalog, fhir
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Decision, Dose, Offer, Outcome, PartialDate, Person, decide
from vaxpolicy.fhir.codes import UNKNOWN, disease_concept, vaccine_concept
from vaxpolicy.rules.conditions import AgeAtLeast, AnyOf, BornOnOrBefore, FromDay
from vaxpolicy.rules.policy import Rule

TODAY = date(2022, 1, 15)
ROUND_19 = catalog.load("tw/covid19-1922/round-19")
TWO_DOSES = (Dose("AZ", date(2021, 6, 1)), Dose("AZ", date(2021, 10, 29)))
POLICIES = st.sampled_from(
    ["tw/covid19-1922/round-10", "tw/covid19-1922/round-13", "tw/covid19/2024", "tw/influenza/2025"]
)
PEOPLE = st.builds(
    Person,
    birth_date=st.none()
    | st.dates(date(1930, 1, 1), date(2024, 1, 1))
    | st.builds(PartialDate, st.integers(1930, 2020)),
    doses=st.none() | st.just(()) | st.just(TWO_DOSES),
    groups=st.none() | st.just(frozenset[str]()),
)


def written(decision: Decision, **more: Any) -> dict[str, Any]:
    return fhir.recommendation(decision, patient="Patient/1", date=TODAY, **more)


def test_an_offer_has_its_days_its_dose_and_its_place_in_the_policy() -> None:
    decision = decide(ROUND_19, Person(birth_date=date(1990, 1, 1), doses=TWO_DOSES))
    found = written(decision)
    element = found["recommendation"][0]
    assert element["vaccineCode"][0]["coding"][0] == {
        "system": "http://hl7.org/fhir/sid/cvx",
        "code": "210",
    }
    assert element["doseNumberPositiveInt"] == 3
    assert [(it["code"]["coding"][0]["code"], it["value"]) for it in element["dateCriterion"]] == [
        ("30981-5", "2022-01-21"),
        ("59777-3", "2022-01-23"),
    ]
    assert element["forecastStatus"]["coding"][0]["code"] == "due"
    assert element["series"] == "19a"
    assert element["description"] == f"{ROUND_19.id} {ROUND_19.version} {ROUND_19.digest}"
    assert element["forecastReason"][0]["coding"][0]["code"] == "interval-too-short"
    assert element["targetDisease"]["coding"][0]["code"] == "840539006"
    (read,) = fhir.read_recommendation(found)
    assert read.outcome is Outcome.ELIGIBLE


def test_the_same_decision_is_the_same_resource() -> None:
    decision = decide(ROUND_19, Person(birth_date=date(1990, 1, 1), doses=TWO_DOSES))
    assert written(decision) == written(decision)
    other = fhir.recommendation(decision, patient="Patient/2", date=TODAY)
    assert other["id"] != written(decision)["id"]
    assert len(other["id"]) <= 64


def test_who_is_refused_is_told_why() -> None:
    found = written(decide(ROUND_19, Person(birth_date=date(2010, 1, 1), doses=TWO_DOSES)))
    (element,) = found["recommendation"]
    assert element["forecastStatus"]["coding"] == [
        {"system": "urn:vaxpolicy:outcome", "code": "ineligible"}
    ]
    assert "too-young" in json.dumps(element["forecastReason"])
    assert "vaccineCode" not in element
    assert element["targetDisease"]["coding"][0]["code"] == "840539006"


def test_what_is_missing_is_named() -> None:
    found = written(decide(ROUND_19, Person(birth_date=date(1990, 1, 1))))
    codings = [it["coding"][0] for each in found["recommendation"] for it in each["forecastReason"]]
    assert {"system": "urn:vaxpolicy:fact", "code": "doses"} in codings


def test_days_with_a_gap_are_two_elements() -> None:
    ages = AnyOf((BornOnOrBefore(date(1950, 1, 1)), AgeAtLeast(18, "last-day")))
    policy = policy_of(Rule("a", 1, ("AZ",), ("x",), (ages,)))
    decision = decide(policy, Person(birth_date=date(1940, 1, 1), doses=()))
    gap = DaySet.of(date(2021, 12, 30), date(2022, 1, 3))
    offer = attrs.evolve(decision.offers[0], days=gap)
    cut = attrs.evolve(decision, offers=(offer,))
    found = written(cut, policy=policy)
    sure = [it for it in found["recommendation"] if "due" in json.dumps(it["forecastStatus"])]
    assert [len(it["dateCriterion"]) for it in sure] == [2, 2]
    assert fhir.read_recommendation(found)[0].offers[0].days == gap
    assert written(cut)["recommendation"][0]["targetDisease"] == {"text": "not stated"}


def test_days_without_an_end_have_no_criterion_for_it() -> None:
    decision = decide(ROUND_19, Person(birth_date=date(1990, 1, 1), doses=TWO_DOSES))
    offer = attrs.evolve(
        decision.offers[0],
        days=DaySet.between(TODAY, None),
        possible_days=DaySet.between(TODAY, None),
    )
    (element,) = written(attrs.evolve(decision, offers=(offer,)))["recommendation"]
    assert [it["value"] for it in element["dateCriterion"]] == ["2022-01-15"]
    offer = attrs.evolve(offer, days=DaySet.every(), possible_days=DaySet.every())
    whole = written(attrs.evolve(decision, offers=(offer,)))
    assert "dateCriterion" not in whole["recommendation"][0]
    assert fhir.read_recommendation(whole)[0].offers[0].days == DaySet.every()


def as_offers(offers: tuple[Offer, ...]) -> set[Any]:
    return {(it.rule_id, it.vaccine, it.dose, it.days, it.possible_days) for it in offers}


@settings(max_examples=30, deadline=None)
@given(POLICIES, PEOPLE)
def test_a_recommendation_says_what_the_decision_says(policy_id: str, person: Person) -> None:
    decision = decide(catalog.load(policy_id), person)
    (found,) = fhir.read_recommendation(json.loads(json.dumps(written(decision))))
    assert (found.policy_id, found.policy_version) == (decision.policy_id, decision.policy_version)
    assert found.policy_digest == decision.policy_digest
    assert found.outcome is decision.outcome
    wanted = as_offers((*decision.offers, *decision.possible_offers))
    assert {attrs.astuple(it, recurse=False) for it in found.offers} == wanted
    if decision.outcome is not Outcome.ELIGIBLE:
        assert set(found.missing) == set(decision.missing)
    if decision.outcome is Outcome.INELIGIBLE:
        assert list(found.reasons) == list(dict.fromkeys(it.code for it in decision.reasons))


def test_an_outcome_that_no_offer_shows_is_an_element_of_its_own() -> None:
    decision = decide(ROUND_19, Person(birth_date=date(1990, 1, 1)))
    sure = attrs.evolve(decision, outcome=Outcome.ELIGIBLE)
    (found,) = fhir.read_recommendation(written(sure))
    assert found.outcome is Outcome.ELIGIBLE
    assert found.offers


def test_an_offer_has_the_reasons_of_its_own_rule() -> None:
    rules = (
        Rule("a", 1, ("AZ",), ("x",), (AgeAtLeast(18, "day"),)),
        Rule("b", 1, ("BNT",), ("x",), (FromDay(date(2022, 1, 1)),)),
    )
    policy = policy_of(*rules)
    decision = decide(policy, Person(birth_date=date(2004, 1, 2), doses=()))
    elements = written(decision, policy=policy)["recommendation"]
    said = {
        it["series"]: [each["coding"][0]["code"] for each in it["forecastReason"]]
        for it in elements
    }
    assert said == {"a": ["too-young"], "b": ["not-yet"]}


def test_elements_in_another_order_say_the_same() -> None:
    decision = decide(ROUND_19, Person(birth_date=date(1990, 1, 1)))
    for each in (decision, attrs.evolve(decision, outcome=Outcome.ELIGIBLE)):
        found = written(each)
        (as_written,) = fhir.read_recommendation(found)
        turned = {**found, "recommendation": found["recommendation"][::-1]}
        (read,) = fhir.read_recommendation(turned)
        assert set(read.offers) == set(as_written.offers)
        assert read.outcome is as_written.outcome
        assert (set(read.reasons), set(read.missing)) == (
            set(as_written.reasons),
            set(as_written.missing),
        )


def test_a_recommendation_has_these_elements_and_no_others() -> None:
    found = written(decide(ROUND_19, Person(birth_date=date(1990, 1, 1), doses=TWO_DOSES)))
    named = f"{ROUND_19.id} {ROUND_19.version} {ROUND_19.digest}"
    due = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status"
    earliest = {"system": "http://loinc.org", "code": "30981-5", "display": "Earliest date to give"}
    latest = {
        "system": "http://loinc.org", "code": "59777-3", "display": "Latest date to give immunization",
    }  # fmt: skip
    assert found.keys() == {"id", "resourceType", "patient", "date", "recommendation"}
    assert found["resourceType"] == "ImmunizationRecommendation"
    assert (found["patient"], found["date"]) == ({"reference": "Patient/1"}, "2022-01-15")
    assert found["recommendation"][0] == {
        "vaccineCode": [vaccine_concept("AZ")],
        "targetDisease": disease_concept("covid19"),
        "series": "19a",
        "doseNumberPositiveInt": 3,
        "description": named,
        "forecastStatus": {
            "coding": [
                {"system": due, "code": "due", "display": "Due"},
                {"system": "urn:vaxpolicy:outcome", "code": "eligible"},
            ]
        },
        "forecastReason": [
            {"coding": [{"system": "urn:vaxpolicy:reason", "code": "interval-too-short"}]}
        ],
        "dateCriterion": [
            {"code": {"coding": [earliest]}, "value": "2022-01-21"},
            {"code": {"coding": [latest]}, "value": "2022-01-23"},
        ],
    }


@pytest.mark.parametrize("elements", [[{}], ["x"], [{"description": "of somebody else"}, 3]])
def test_another_senders_recommendation_is_refused(elements: list[Any]) -> None:
    with pytest.raises(ValueError, match="recommendation: expected"):
        fhir.read_recommendation({"recommendation": elements})


EARLIEST = {"code": {"coding": [{"system": "http://loinc.org", "code": "30981-5"}]}}


@pytest.mark.parametrize(
    "change",
    [
        *({"series": ["19a"]}, {"doseNumberPositiveInt": "3"}, {"doseNumberPositiveInt": None}),
        *({"vaccineCode": []}, {"vaccineCode": "AZ"}, {"description": "A123456789 1 2"}),
        *({"dateCriterion": 5}, {"dateCriterion": [None]}, {"dateCriterion": [{"code": []}]}),
        {
            "dateCriterion": [
                {"code": {"coding": [{"system": "http://loinc.org", "code": "30981-5"}]}}
            ]
        },
        *({"dateCriterion": [{**EARLIEST, "value": it}]} for it in ("2022-W03-4", "20220120", 1)),
    ],
)
def test_a_recommendation_that_was_damaged_is_refused(change: dict[str, Any]) -> None:
    person = Person(birth_date=date(1950, 1, 1), doses=())
    found = written(decide(catalog.load("tw/influenza/2025"), person))
    element = next(it for it in found["recommendation"] if "vaccineCode" in it)
    damaged = {**found, "recommendation": [{**element, **change}]}
    with pytest.raises(ValueError, match="recommendation: expected") as caught:
        fhir.read_recommendation(damaged)
    assert type(caught.value) is ValueError
    assert caught.value.__context__ is None


def test_no_elements_are_no_forecasts() -> None:
    assert fhir.read_recommendation({}) == ()


def test_an_instant_has_its_offset() -> None:
    decision = decide(ROUND_19, Person())
    at = datetime(2022, 1, 15, 12, tzinfo=TAIWAN)
    found = fhir.recommendation(decision, patient="Patient/1", date=at)
    assert found["date"] == "2022-01-15T12:00:00+08:00"
    with pytest.raises(ValueError, match="date: expected a date, or"):
        fhir.recommendation(decision, patient="Patient/1", date=at.replace(tzinfo=None))


def test_a_vaccine_is_written_by_every_code_that_it_has() -> None:
    assert vaccine_concept(UNKNOWN) == {"text": UNKNOWN}
    assert vaccine_concept("cvx/3") == {
        "coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03"}]
    }
    assert vaccine_concept("OfYourOwn")["coding"][0]["code"] == "OfYourOwn"
    assert vaccine_concept("AZ") == {
        "coding": [
            {"system": "http://hl7.org/fhir/sid/cvx", "code": "210"},
            {"system": "urn:vaxpolicy:vaccine", "code": "AZ"},
        ],
        "text": catalog.vaccines()["AZ"].names["en"],
    }


def test_a_disease_is_written_by_every_code_that_it_has() -> None:
    assert len(disease_concept("influenza")["coding"]) == 2
    assert disease_concept("hpv") == {
        "coding": [{"system": "urn:vaxpolicy:disease", "code": "hpv"}]
    }


# The operation.


def request(*more: Any, day: Any = "2022-01-15", **patient: Any) -> dict[str, Any]:
    doses = [
        {
            "name": "immunization",
            "resource": {
                "resourceType": "Immunization",
                "status": "completed",
                "patient": {"reference": "Patient/1"},
                "vaccineCode": {
                    "coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "210"}]
                },
                "occurrenceDateTime": each.on.isoformat(),
            },
        }
        for each in TWO_DOSES
    ]
    me = {"resourceType": "Patient", "id": "1", "birthDate": "1990-01-01", **patient}
    day = [] if day is None else [{"name": "assessmentDate", "valueDate": day}]
    return {
        "resourceType": "Parameters",
        "parameter": [*day, {"name": "patient", "resource": me}, *doses, *more],
    }


def test_the_operation_answers_for_several_policies_at_once() -> None:
    found = fhir.immds_forecast(
        request(),
        ["tw/covid19-1922/round-19", catalog.load("tw/influenza/2025")],
        history_complete=True,
    )
    (answer,) = found["parameter"]
    assert answer["name"] == "recommendation"
    forecasts = fhir.read_recommendation(answer["resource"])
    assert [it.policy_id for it in forecasts] == ["tw/covid19-1922/round-19", "tw/influenza/2025"]
    assert forecasts[0].offers[0].days.first == date(2022, 1, 21)
    assert answer["resource"]["patient"] == {"reference": "Patient/1"}
    assert answer["resource"]["date"] == "2022-01-15"


def test_the_operation_names_what_was_not_as_it_should_be() -> None:
    found = fhir.immds_forecast(request(), ["tw/covid19-1922/round-19"])
    assert [it["name"] for it in found["parameter"]] == ["recommendation", "issues"]
    assert "history-not-complete" in json.dumps(found["parameter"][1])


@pytest.mark.parametrize("patient_id", [None, "A123456789", "1A123456789", "tw-A800000014"])
def test_the_answer_refers_to_no_id_that_is_missing_or_could_be_a_number(patient_id: Any) -> None:
    found = fhir.immds_forecast(request(id=patient_id), ["tw/covid19-1922/round-19"])
    assert found["parameter"][0]["resource"]["patient"] == {"display": "the patient of the request"}


@pytest.mark.parametrize("day", [None, "2022", "2022-13-01", 20220115])
def test_the_operation_wants_an_assessment_date(day: Any) -> None:
    with pytest.raises(fhir.InvalidParameters, match="assessment-date-not-valid") as caught:
        fhir.immds_forecast(request(day=day), [])
    assert caught.value.problems[0].code == "assessment-date-not-valid"
    assert caught.value.args == (caught.value.problems,)
    assert "2022" not in str(caught.value)


@pytest.mark.parametrize("digest", ["A123456789", "0" * 63 + "Z", "0" * 65, "0" * 64 + "\n"])
def test_a_policy_is_described_with_a_digest_and_no_other_text(digest: str) -> None:
    written = fhir.recommendation(decide(ROUND_19, Person()), patient="Patient/1", date=TODAY)
    for each in written["recommendation"]:
        each["description"] = f"{ROUND_19.id} {ROUND_19.version} {digest}"
    with pytest.raises(ValueError, match="that this library has written"):
        fhir.read_recommendation(written)


@pytest.mark.parametrize("number", ["A123456789", "A800000014", "ab-12345677", ""])
def test_no_id_is_written_that_is_none_or_could_be_a_number(number: str) -> None:
    decision = decide(ROUND_19, Person())
    reference = f"Patient/{number}" if number else number
    with pytest.raises(ValueError, match="patient: expected a") as refused:
        fhir.recommendation(decision, patient=reference, date=TODAY)
    assert "123" not in str(refused.value)
    with pytest.raises(ValueError, match="patient_id: expected a") as refused:
        fhir.bundle(Person(), patient_id=number)
    assert "123" not in str(refused.value)
