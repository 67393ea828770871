"""The problems that FHIR resources can have, each with a stable code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from attrs import frozen

from vaxpolicy._values import OneOf, Prose, checked, front_door

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BIRTH: Final = ("birth_date",)
_DOSES: Final = ("doses",)
_BOTH: Final = ("birth_date", "doses")

PROBLEMS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "not-an-object": (_BOTH, "Expected a JSON object."),
    "not-an-array": (_BOTH, "Expected a JSON array."),
    "resource-type-missing": (_BOTH, "The resource has no resourceType."),
    "resource-type-not-expected": (
        _BOTH,
        "Expected a Bundle, Parameters, Patient or Immunization.",
    ),
    "too-deep": (_BOTH, "Resources are nested too deeply to read."),
    "bundle-is-history": (_BOTH, "A history Bundle has old versions of resources."),
    "more-pages": (_DOSES, "The Bundle is one page of several; fetch the other pages too."),
    "total-not-valid": (_DOSES, "The Bundle's total is not a number of matches."),
    "bundle-has-modifiers": (
        _BOTH,
        "The Bundle, the Parameters or an entry has modifiers that this library cannot read.",
    ),
    "entry-without-resource": (_DOSES, "The entry has no resource."),
    "entry-deletes": (_DOSES, "The entry deletes its resource, so that the resource is not read."),
    "immunization-not-there": (_DOSES, "The document names an Immunization that it does not have."),
    "immunizations-not-listed": (
        _DOSES,
        "A section or List is empty, and does not say that there are no Immunizations.",
    ),
    "immunization-contained": (
        _DOSES,
        "Another resource contains the Immunization, or a Bundle; it is not read there.",
    ),
    "immunization-in-versions": (_DOSES, "Two versions of the Immunization are there, and differ."),
    "vaccine-elsewhere": (
        _DOSES,
        "A resource of another type has a vaccine's code; only Immunizations are read.",
    ),
    "medication-not-there": (
        _DOSES,
        "A resource names a Medication that is not there; it may be a vaccine.",
    ),
    "outcome-reports-error": (
        _DOSES,
        "The sender reports an error or incomplete results, so resources may be missing.",
    ),
    "patient-missing": (_BIRTH, "There is no Patient resource for this person."),
    "several-patients": (_BOTH, "There are several patients; name one with the argument patient."),
    "patient-has-modifiers": (_BOTH, "The Patient has modifiers that this library cannot read."),
    "patient-not-current": ((), "The Patient is inactive, replaced by another one, or has died."),
    "birth-date-missing": (_BIRTH, "The Patient has no birth date."),
    "birth-date-not-valid": (_BIRTH, "The birth date is not a FHIR date."),
    "gender-not-valid": (("sex",), "The gender is not a FHIR code."),
    "identifier-not-valid": ((), "The identifier is not a valid number of its kind."),
    "status-not-known": (_DOSES, "The status is missing or is not a FHIR status."),
    "not-done": ((), "The vaccination was not done, so it is not a dose."),
    "entered-in-error": ((), "The record was entered in error, so it is not a dose."),
    "has-modifiers": (_DOSES, "The Immunization has modifiers that this library cannot read."),
    "no-known-immunizations": (
        (),
        "The record says that no vaccination is known; it is not a dose.",
    ),
    "no-immunization-info": (_DOSES, "The record says that nothing is known about vaccinations."),
    "absence-contradicted": (
        _DOSES,
        "The record says that no vaccination is known, and has another code beside it.",
    ),
    "subpotent": (_DOSES, "The dose was subpotent; programmes differ on whether it counts."),
    "patient-not-named": (_DOSES, "The Immunization does not say whose it is."),
    "patient-not-resolved": (_DOSES, "The reference to the patient leads to no known Patient."),
    "patient-not-certain": (
        _DOSES,
        "The Immunization may be the Patient's, or another one's, or a linked record's.",
    ),
    "other-patient": ((), "The Immunization is another patient's."),
    "vaccine-not-known": ((), "No code says which vaccine of this library it is."),
    "vaccine-codes-differ": ((), "The codes name different vaccines."),
    "date-missing": (_DOSES, "The day of the vaccination is missing."),
    "date-in-words": (_DOSES, "The day of the vaccination is given in words."),
    "date-twice": (_DOSES, "The day of the vaccination is given as a date and in words."),
    "date-partial": (_DOSES, "Only the year or the month of the vaccination is given."),
    "date-not-valid": (_DOSES, "The day of the vaccination is not a FHIR dateTime."),
    "date-without-offset": (_DOSES, "The instant has no UTC offset, so that its day is open."),
    "same-dose-twice": ((), "The dose is recorded twice; it counts once."),
    "history-not-complete": (_DOSES, "Nobody says that these are all doses of the person."),
    "assessment-date-not-valid": ((), "The parameter assessmentDate is missing or is not a date."),
}
"""Each code, with the facts of the `Person` that it leaves unknown, and its meaning."""


@frozen(field_transformer=checked)
class Problem:
    """One problem of a resource. It holds no value of the resource.

    Attributes:
        path: its place, as a FHIRPath expression from the resource that was read.
        code: its code, a key of `PROBLEMS`.
        detail: for an identifier, the code of the number's error.
    """

    path: Prose
    code: Annotated[str, OneOf(tuple(PROBLEMS))]
    detail: str | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        """The fields of the `Person` that stay unknown because of it."""
        return PROBLEMS[self.code][0]

    @property
    def text(self) -> str:
        """The problem in English."""
        return PROBLEMS[self.code][1]


class InvalidParameters(ValueError):  # noqa: N818  # named as InvalidForm is
    """Parameters from which no forecast can be made; `problems` has every problem."""

    problems: tuple[Problem, ...]

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return ", ".join(f"{each.path}: {each.code}" for each in self.problems)


@front_door
def operation_outcome(problems: Iterable[Problem]) -> dict[str, Any]:
    """An OperationOutcome (R4) of the problems, or of success if there are none."""
    issues = [
        {
            "severity": "warning" if each.facts else "information",
            "code": "incomplete" if each.facts else "informational",
            "details": {
                "coding": [{"system": "urn:vaxpolicy:fhir-problem", "code": each.code}],
                "text": each.text,
            },
            "expression": [each.path],
        }
        for each in problems
    ]
    well = {"severity": "information", "code": "informational", "details": {"text": "All is well."}}
    return {"resourceType": "OperationOutcome", "issue": issues or [well]}
