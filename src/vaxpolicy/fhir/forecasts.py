"""Writes ImmunizationRecommendations from decisions, and answers `$immds-forecast`.

An ImmunizationRecommendation (R4) has no fields for a set of days with gaps, an undetermined
outcome, or a policy's digest. This library writes them as follows:

- each range of days is an element `recommendation` with its earliest and latest date;
- an outcome is a coding of the system ``urn:vaxpolicy:outcome`` in `forecastStatus`; days that are
  only possible have the status ``undetermined``;
- `series` names the rule, and `description` the policy with its version and digest;
- reasons and missing facts are codings in `forecastReason`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date as Date  # noqa: N812  # the argument has the name of the element
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from attrs import frozen

from vaxpolicy import catalog
from vaxpolicy._values import (
    DoseNumber,
    InvalidType,
    Prose,
    Text,
    checked,
    front_door,
    looks_like_a_number,
    require,
)
from vaxpolicy.days import DayRange, DaySet, is_day, is_instant, parse_day
from vaxpolicy.eligibility import Decision, Effect, Offer, Outcome, Policy, decide
from vaxpolicy.fhir.codes import LOINC, VACCINE, codes_in, disease_concept, vaccine_concept
from vaxpolicy.fhir.people import person
from vaxpolicy.fhir.problems import InvalidParameters, Problem, operation_outcome
from vaxpolicy.fhir.reading import Reader, as_date

OUTCOME: Final = "urn:vaxpolicy:outcome"
REASON: Final = "urn:vaxpolicy:reason"
FACT: Final = "urn:vaxpolicy:fact"
_STATUS: Final = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status"
_EARLIEST: Final = {"system": LOINC, "code": "30981-5", "display": "Earliest date to give"}
_LATEST: Final = {"system": LOINC, "code": "59777-3", "display": "Latest date to give immunization"}


@frozen(field_transformer=checked)
class ForecastOffer:
    """A dose of a vaccine that a recommendation offers; the fields are those of an `Offer`."""

    rule_id: str
    vaccine: str
    dose: DoseNumber
    days: DaySet
    possible_days: DaySet


@frozen(field_transformer=checked)
class Forecast:
    """The part of an ImmunizationRecommendation about one policy."""

    policy_id: str
    policy_version: str
    policy_digest: Text
    outcome: Outcome
    offers: tuple[ForecastOffer, ...]
    reasons: tuple[str, ...]
    missing: tuple[Prose, ...]


@front_door
def recommendation(
    decision: Decision, *, patient: str, date: Date | datetime, policy: Policy | None = None
) -> dict[str, Any]:
    """Write the ImmunizationRecommendation (R4) of a decision, as plain data.

    The same arguments give the same resource, its id included.

    Args:
        decision: the decision.
        patient: the reference to the Patient, such as ``Patient/1``.
        date: the day, or the instant with its UTC offset, on which the decision was made.
        policy: the policy, if it is not bundled; its diseases are needed.

    Raises:
        InvalidValue: the reference is not a name, or looks like a person's number.
    """
    require("patient", str, patient)
    disease = _disease_of(decision) if policy is None else policy.disease
    return _resource(_elements(decision, disease), {"reference": patient}, date)


def _resource(
    elements: list[dict[str, Any]], patient: dict[str, str], date: Date | datetime
) -> dict[str, Any]:
    if not (is_day(date) or is_instant(date)):
        raise InvalidType("date", "a date, or a datetime with a UTC offset")
    resource = {
        "resourceType": "ImmunizationRecommendation",
        "patient": patient,
        "date": date.isoformat(),
        "recommendation": elements,
    }
    content = json.dumps(resource, ensure_ascii=False, sort_keys=True)
    return {"id": f"vp-{sha256(content.encode()).hexdigest()[:40]}", **resource}


def _disease_of(decision: Decision) -> str | None:
    try:
        return catalog.load(decision.policy_id).disease
    except catalog.UnknownPolicyError:
        return None


def _elements(decision: Decision, disease: str | None) -> list[dict[str, Any]]:
    against = {"text": "not stated"} if disease is None else disease_concept(disease)
    elements: list[dict[str, Any]] = []
    for offer in (*decision.offers, *decision.possible_offers):
        open_days = offer.possible_days - offer.days
        for outcome, days in ((Outcome.ELIGIBLE, offer.days), (Outcome.UNDETERMINED, open_days)):
            elements += [
                {**_offered(decision, offer, outcome, each), "targetDisease": against}
                for each in days.ranges
            ]
    if not any(_has_status(each, decision.outcome) for each in elements):
        whole = _element(decision, decision.outcome)
        whole |= {"targetDisease": against, "forecastReason": _reasons(decision, None)}
        elements.append({key: value for key, value in whole.items() if value})
    return elements


def _element(decision: Decision, outcome: Outcome) -> dict[str, Any]:
    codings = [{"system": OUTCOME, "code": outcome.value}]
    if outcome is Outcome.ELIGIBLE:
        codings.insert(0, {"system": _STATUS, "code": "due", "display": "Due"})
    policy = f"{decision.policy_id} {decision.policy_version} {decision.policy_digest}"
    return {"forecastStatus": {"coding": codings}, "description": policy}


def _offered(decision: Decision, offer: Offer, outcome: Outcome, days: DayRange) -> dict[str, Any]:
    criteria = [
        {"code": {"coding": [code]}, "value": day.isoformat()}
        for code, day in ((_EARLIEST, days.first), (_LATEST, days.last))
        if day is not None
    ]
    element = {
        "vaccineCode": [vaccine_concept(offer.vaccine)],
        **_element(decision, outcome),
        "series": offer.rule_id,
        "doseNumberPositiveInt": offer.dose,
        "dateCriterion": criteria,
        "forecastReason": _reasons(decision, offer.rule_id, outcome),
    }
    return {key: value for key, value in element.items() if value}


def _reasons(
    decision: Decision, rule_id: str | None, outcome: Outcome | None = None
) -> list[dict[str, Any]]:
    """The reasons of the rule, or all of them, and the missing facts."""
    effect = Effect.NARROWS if outcome is Outcome.ELIGIBLE else Effect.OPEN
    codes = dict.fromkeys(
        each.code
        for each in decision.reasons
        if rule_id is None or (each.rule_id in rule_id.split("|") and each.effect is effect)
    )
    reasons = [{"coding": [{"system": REASON, "code": code}]} for code in codes]
    if outcome is not Outcome.ELIGIBLE:
        reasons += [{"coding": [{"system": FACT, "code": fact}]} for fact in decision.missing]
    return reasons


def _codes(element: Mapping[Any, Any], key: str, system: str) -> tuple[str, ...]:
    """The codes of a system in a CodeableConcept, or in several."""
    value = element.get(key)
    concepts = value if isinstance(value, list) else [value]
    return tuple(
        code
        for concept in concepts
        if isinstance(concept, Mapping) and isinstance(concept.get("coding"), list)
        for code in codes_in(
            [each for each in concept["coding"] if isinstance(each, Mapping)], system
        )
    )


def _has_status(element: Mapping[Any, Any], outcome: Outcome) -> bool:
    return outcome.value in _codes(element, "forecastStatus", OUTCOME)


@front_door
def read_recommendation(resource: Mapping[Any, Any]) -> tuple[Forecast, ...]:
    """Read an ImmunizationRecommendation of this library, policy by policy.

    Raises ValueError for a resource that this library did not write.
    """
    by_policy: dict[tuple[str, str, str], list[Mapping[Any, Any]]] = {}
    elements = resource.get("recommendation")
    for element in elements if isinstance(elements, list) else []:
        described = str(element.get("description") if isinstance(element, Mapping) else "")
        if (named := _POLICY.fullmatch(described)) is None:
            raise ValueError(_NOT_OURS)
        by_policy.setdefault((named[1], named[2], named[3]), []).append(element)
    try:
        return tuple(_forecast(*policy, found) for policy, found in by_policy.items())
    except (AttributeError, LookupError, TypeError, ValueError):
        pass
    raise ValueError(_NOT_OURS)


_POLICY: Final = re.compile("^([^ ]*) ([^ ]*) ((?:[0-9a-f]{64})?)")
"""A policy as it is described: its id, its version and its digest, if it has one."""
_NOT_OURS: Final = "recommendation: expected elements that this library has written"


def _forecast(
    policy_id: str, version: str, digest: str, elements: list[Mapping[Any, Any]]
) -> Forecast:
    stated = [status for each in elements for status in _codes(each, "forecastStatus", OUTCOME)]
    summaries = [each for each in elements if "vaccineCode" not in each]
    if summaries:
        (outcome,) = _codes(summaries[0], "forecastStatus", OUTCOME)
    else:
        outcome = "eligible" if "eligible" in stated else "undetermined"
    offers: dict[tuple[str, str, int], tuple[DaySet, DaySet]] = {}
    for each in elements:
        if "vaccineCode" not in each:
            continue
        (vaccine,) = _codes(each, "vaccineCode", VACCINE)
        key = (each["series"], vaccine, each["doseNumberPositiveInt"])
        sure, possible = offers.get(key, (DaySet.none(), DaySet.none()))
        days = _days(each)
        is_sure = _has_status(each, Outcome.ELIGIBLE)
        offers[key] = (sure | days if is_sure else sure, possible | days)
    return Forecast(
        policy_id,
        version,
        digest,
        Outcome(outcome),
        tuple(ForecastOffer(*key, *days) for key, days in offers.items()),
        tuple(
            dict.fromkeys(it for each in elements for it in _codes(each, "forecastReason", REASON))
        ),
        tuple(
            dict.fromkeys(it for each in elements for it in _codes(each, "forecastReason", FACT))
        ),
    )


def _days(element: Mapping[Any, Any]) -> DaySet:
    ends: dict[str, Date] = {}
    for each in element.get("dateCriterion", []):
        for code in codes_in(each["code"]["coding"], LOINC):
            ends[code] = parse_day(each["value"])
    return DaySet.between(ends.get(_EARLIEST["code"]), ends.get(_LATEST["code"]))


def immds_forecast(
    parameters: Mapping[Any, Any],
    policies: Iterable[Policy | str],
    history_complete: bool = False,
) -> dict[str, Any]:
    """Answer the `$immds-forecast` operation: Parameters in, Parameters out.

    The operation is that of http://hl7.org/fhir/us/immds: parameters `assessmentDate`, `patient`
    and `immunization` in, `recommendation` out. Only days from `assessmentDate` on count. The
    answer has one ImmunizationRecommendation for all policies, and an OperationOutcome (`issues`)
    if the request has a fault. It refers to the request's Patient by its id, unless the id could
    be a person's number.

    Args:
        parameters: the request.
        policies: the policies, or ids of bundled ones.
        history_complete: whether the request has all doses that the person has had.

    Raises:
        InvalidParameters: the assessment date is missing or is not a date.
    """
    imported = person(parameters, history_complete)
    day = _assessment_date(parameters)
    elements = []
    for each in policies:
        policy = catalog.load(each) if isinstance(each, str) else each
        decision = decide(policy, imported.person_for(policy), from_day=day)
        elements += _elements(decision, policy.disease)
    found = [{"name": "recommendation", "resource": _resource(elements, _patient(parameters), day)}]
    if imported.problems:
        found.append({"name": "issues", "resource": operation_outcome(imported.problems)})
    return {"resourceType": "Parameters", "parameter": found}


def _named(parameters: Mapping[Any, Any], name: str) -> list[Mapping[Any, Any]]:
    objects = Reader().objects(parameters, "parameter", "Parameters")
    return [each for _, each in objects if each.get("name") == name]


def _assessment_date(parameters: Mapping[Any, Any]) -> Date:
    values = [each.get("valueDate") for each in _named(parameters, "assessmentDate")]
    try:
        day = as_date(values[0]) if len(values) == 1 else None
    except ValueError:
        day = None
    if not isinstance(day, Date):
        where = "Parameters.parameter.where(name = 'assessmentDate')"
        raise InvalidParameters((Problem(where, "assessment-date-not-valid"),))
    return day


def _patient(parameters: Mapping[Any, Any]) -> dict[str, str]:
    """The reference to the request's Patient; a text if its id is missing or could be a number."""
    for each in _named(parameters, "patient"):
        resource = each.get("resource")
        number = resource.get("id") if isinstance(resource, Mapping) else None
        if isinstance(number, str) and number and not looks_like_a_number(number):
            return {"reference": f"Patient/{number}"}
    return {"display": "the patient of the request"}
