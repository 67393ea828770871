"""FHIR R4 in and out, as plain data: what health systems exchange.

`person` reads a Patient and Immunizations (a Bundle or Parameters) and names every problem.
`recommendation` writes an ImmunizationRecommendation from a decision, and `immds_forecast` answers
the `$immds-forecast` operation. `slot` and `appointment` write the state of a reservation, and
`niis_errors`, `niis_answer` and `niis_code` translate the codes of Taiwan's immunisation registry.

Everything here is a pure function on what a JSON parser gives; there is no client and no server.
"""

from __future__ import annotations

from vaxpolicy.fhir.appointments import appointment, read_slot, slot
from vaxpolicy.fhir.forecasts import (
    Forecast,
    ForecastOffer,
    immds_forecast,
    read_recommendation,
    recommendation,
)
from vaxpolicy.fhir.niis import niis_answer, niis_code, niis_errors
from vaxpolicy.fhir.people import Imported, bundle, person
from vaxpolicy.fhir.problems import PROBLEMS, InvalidParameters, Problem, operation_outcome

__all__ = [
    "PROBLEMS",
    "Forecast",
    "ForecastOffer",
    "Imported",
    "InvalidParameters",
    "Problem",
    "appointment",
    "bundle",
    "immds_forecast",
    "niis_answer",
    "niis_code",
    "niis_errors",
    "operation_outcome",
    "person",
    "read_recommendation",
    "read_slot",
    "recommendation",
    "slot",
]
