"""Reads and writes FHIR R4 resources, as plain data.

`person` reads a Patient and Immunizations (a Bundle or Parameters) and names every problem.
`recommendation` writes an ImmunizationRecommendation from a decision, and `immds_forecast` answers
the `$immds-forecast` operation. `slot` and `appointment` write the state of a reservation, and
`niis_errors`, `niis_answer` and `niis_code` translate the codes of Taiwan's immunisation registry.

All functions are pure and work on the data of a JSON parser. The package has neither a client nor a
server.
"""

from __future__ import annotations

from vaxpolicy.fhir.appointments import appointment, read_slot, read_slots, slot
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
    "read_slots",
    "recommendation",
    "slot",
]
