"""Reads a `Person` from a Patient and Immunizations, and writes them; no dose gets lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen

from vaxpolicy._values import check_of_field, checked, front_door
from vaxpolicy.fhir.codes import (
    ABSENT_UNKNOWN,
    CVX,
    UNKNOWN,
    VACCINE,
    codes_in,
    cvx_number,
    is_against_another,
    vaccine_concept,
    vaccines_by_cvx,
)
from vaxpolicy.fhir.problems import Problem
from vaxpolicy.fhir.reading import (
    Found,
    Reader,
    UnreadDateError,
    as_date,
    day_in_taiwan,
    is_too_deep,
)
from vaxpolicy.identity import Number, NumberError, PassportNumber, parse_id_number
from vaxpolicy.rules.people import Dose, PartialDate, Person, Sex

if TYPE_CHECKING:
    from datetime import date

    from vaxpolicy.rules.policy import Policy

_NO_CODES: Final[Mapping[tuple[str, str], str]] = MappingProxyType({})
_NO_DOSE: Final = ("not-done", "entered-in-error")
_V2_0203: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
_MOI: Final = "http://www.moi.gov.tw"
_IMMIGRATION: Final = "http://www.immigration.gov.tw"
_PASSPORT: Final = "http://hl7.org/fhir/sid/passport-"
_KINDS: Final = {"NNxxx": _MOI, "NNTWN": _MOI, "PRC": _IMMIGRATION, "PPN": _PASSPORT}
"""The identifier systems of TW Core by the identifier's type, for senders that leave them out."""
_TYPE: Final = {"type": "Immunization"}
_ELSEWHERE: Final = {
    "MedicationAdministration": "medicationCodeableConcept",
    "MedicationStatement": "medicationCodeableConcept",
    "Procedure": "code",
}
"""The other types of resource in which a vaccination may be, and the element of its code."""
_INCOMPLETE: Final = ("incomplete", "suppressed")
"""The issues of an OperationOutcome that leave resources out without an error."""
_MOST_PATIENTS: Final = 1_000
"""The most different Patients among which one is chosen; the time grows with their square."""
_fault_of_vaccine: Final = check_of_field(Dose, "vaccine", empty=False)
_fault_of_day: Final = check_of_field(Dose, "on", empty=False)
_NAMED: Final = re.compile(r"(?:^|/)(Immunization/[A-Za-z0-9.-]+)(?:/_history/.*)?$", re.ASCII)


@frozen(field_transformer=checked)
class Imported:
    """The content of resources about a person.

    Attributes:
        person: the facts. Doses are known if the caller says that the history is complete and no
            problem leaves it open.
        doses: every dose that has a day, whether the history is complete or not.
        documents: the valid numbers of identity documents. Only their kind is printed.
        problems: every problem, in the order of the resources; where there are over 1,000, some of
            them, with each code at least once.
    """

    person: Person
    doses: tuple[Dose, ...]
    documents: tuple[Number, ...] = field(repr=False)
    problems: tuple[Problem, ...]

    def person_for(self, policy: Policy) -> Person:
        """The person, without doses that are surely against other diseases than the policy's.

        A CVX code often names a product that no bundled policy knows, such as a measles vaccine. In
        `person` such a dose leaves the history open; here it does not.
        """
        doses = self.person.doses
        if doses is None:
            return self.person
        kept = [each for each in doses if not is_against_another(each.vaccine, policy.disease)]
        return evolve(self.person, doses=kept)


@front_door
def person(
    resource: Mapping[Any, Any],
    history_complete: bool = False,
    *,
    patient: str | None = None,
    codes: Mapping[tuple[str, str], str] = _NO_CODES,
) -> Imported:
    """Read a person from a Bundle, Parameters, Patient or Immunization (R4, as plain data).

    An instant counts as the day that it was in Taiwan. A dose whose day or owner is not known
    leaves the whole history open. A dose whose product is not known keeps its CVX code
    (``cvx/197``) or is ``unknown``: no policy decides on it. Groups, counties and dated facts are
    not read.

    Args:
        resource: the resource.
        history_complete: whether the Immunizations are all doses that the person has had.
        patient: a reference to the person, such as ``Patient/1``, where there may be several.
        codes: vaccines of this library by system and code, for code systems of your own.

    Raises:
        TypeError: the resource is not a mapping. Every other fault is among the problems.
    """
    return _Import(patient, codes).run(resource, history_complete)


class _Import(Reader):
    """One import: first it finds the person, then it reads each Immunization."""

    def __init__(self, wanted: str | None, codes: Mapping[tuple[str, str], str]) -> None:
        super().__init__()
        self.wanted = wanted
        self.codes = codes
        self.others: list[Found] = []
        self.mine: Found | None = None

    def run(self, root: Mapping[Any, Any], complete: bool) -> Imported:
        if is_too_deep(root):
            self.report("$this", "too-deep")
            return Imported(Person(), (), (), tuple(self.problems))
        found = self.resources(root)
        immunizations = [each for each in found if each.kind == "Immunization"]
        self.look_over(found, is_single=root.get("resourceType") not in ("Bundle", "Parameters"))
        self.look_for_versions(immunizations)
        if not self.choose_patient(found, immunizations):
            immunizations = []
        facts = Person()
        documents: tuple[Number, ...] = ()
        if self.mine is not None:
            facts, documents = self.birth(self.mine), self.documents(self.mine)
        doses: list[Dose] = []
        counted: set[Dose] = set()
        for each in immunizations:
            dose = self.dose(each)
            if dose is None:
                continue
            if dose in counted and dose.vaccine != UNKNOWN:
                self.report(each.path, "same-dose-twice")
            else:
                counted.add(dose)
                doses.append(dose)
        if not complete:
            self.report("$this", "history-not-complete")
        open_facts = {fact for problem in self.problems for fact in problem.facts}
        if "doses" not in open_facts:
            facts = evolve(facts, doses=tuple(doses))
        return Imported(facts, tuple(doses), documents, tuple(self.problems))

    def look_over(self, found: list[Found], *, is_single: bool) -> None:
        """Report unreadable data, and statements that data are absent."""
        for each in found:
            self.look_for_vaccines(each)
            if each.kind == "OperationOutcome":
                self.look_at_outcome(each)
            elif each.kind in ("Composition", "List"):
                self.look_at_document(each, found)
            elif not isinstance(each.kind, str):
                self.report(each.path, "resource-type-missing")
            elif is_single and each.kind not in ("Patient", "Immunization"):
                self.report(each.path, "resource-type-not-expected")

    def look_at_outcome(self, outcome: Found) -> None:
        for where, issue in self.objects(outcome.resource, "issue", outcome.path):
            is_error = issue.get("severity") not in ("information", "warning")
            if is_error or issue.get("code") in _INCOMPLETE:
                self.report(where, "outcome-reports-error")

    def look_for_vaccines(self, other: Found) -> None:
        """Report vaccinations inside a resource, or in a resource of another type."""
        path, data = other.path, other.resource
        for where, inner in self.objects(data, "contained", path):
            if inner.get("resourceType") == "Immunization":
                self.report(where, "immunization-contained")
        element = _ELSEWHERE.get(str(other.kind))
        if element is None or data.get("status") in _NO_DOSE:
            return
        concept = data.get(element)
        listed = concept.get("coding") if isinstance(concept, Mapping) else None
        codings = (
            [it for it in listed if isinstance(it, Mapping)] if isinstance(listed, list) else []
        )
        if codes_in(codings, CVX) or codes_in(codings, VACCINE):
            self.report(path, "vaccine-elsewhere")

    def look_for_versions(self, immunizations: list[Found]) -> None:
        """Report an Immunization that is there in two versions."""
        first: dict[str, Found] = {}
        for each in immunizations:
            number = each.resource.get("id")
            if not isinstance(number, str) or not number:
                continue
            is_address = each.full_url is not None and each.full_url.startswith("http")
            known = first.setdefault(str(each.full_url) if is_address else number, each)
            if known.resource != each.resource:
                self.report(each.path, "immunization-in-versions")

    def look_at_document(self, document: Found, found: list[Found]) -> None:
        """Report Immunizations that a Composition or a List names and that are not there."""
        there = set[str | None]()
        for each in found:
            if each.kind == "Immunization":
                addresses = (each.full_url, f"Immunization/{each.resource.get('id')}")
                there |= {_immunization({"reference": it, **_TYPE}) for it in addresses if it}
        waiting = [(document.path, document.resource)]
        for path, owner in waiting:  # it grows by the sections of each section
            waiting += self.objects(owner, "section", path)
            for where, entry in self.objects(owner, "entry", path):
                named = _immunization(entry.get("item") if document.kind == "List" else entry)
                if named is not None and named not in there:
                    self.report(where, "immunization-not-there")

    # The patient.

    def choose_patient(self, found: list[Found], immunizations: list[Found]) -> bool:
        """Choose the Patient whom this is about; false where there are several people."""
        patients = _distinct([each for each in found if each.kind == "Patient"])
        if not patients:
            inner = [it for each in immunizations for it in self.contained(each).values()]
            patients = _distinct([evolve(it, resource=_without_id(it)) for it in inner])
        if len(patients) > _MOST_PATIENTS:
            self.report("$this", "several-patients")
            return False
        mine = patients
        if self.wanted is not None:
            mine = [each for each in patients if _is_reference_to(self.wanted, each)]
        self.others = [each for each in patients if each not in mine]
        named = {_reference(each.resource) for each in immunizations} - {None}
        if len(mine) > 1 or (not patients and self.wanted is None and len(named) > 1):
            self.report("$this", "several-patients")
            return False
        if mine:
            self.mine = mine[0]
        else:
            self.report("$this", "patient-missing")
        return True

    def contained(self, owner: Found) -> dict[str, Found]:
        """The Patients that an Immunization contains, by reference."""
        return {
            f"#{each.get('id')}": Found(where, each)
            for where, each in self.objects(owner.resource, "contained", owner.path)
            if each.get("resourceType") == "Patient"
        }

    def birth(self, patient: Found) -> Person:
        path, data = patient.path, patient.resource
        if data.get("modifierExtension") or data.get("implicitRules"):
            self.report(path, "patient-has-modifiers")
            return Person()
        replaced = any(
            link.get("type") == "replaced-by" for _, link in self.objects(data, "link", path)
        )
        died = data.get("deceasedBoolean") is True or "deceasedDateTime" in data
        if data.get("active") is False or replaced or died:
            self.report(path, "patient-not-current")
        known = Person(sex=self.sex(data, f"{path}.gender"))
        if data.get("birthDate") is None:
            self.report(f"{path}.birthDate", "birth-date-missing")
            return known
        try:
            return evolve(known, birth_date=as_date(data["birthDate"]))
        except ValueError:
            self.report(f"{path}.birthDate", "birth-date-not-valid")
            return known

    def sex(self, data: Mapping[Any, Any], path: str) -> Sex | None:
        """The sex by the gender of the Patient; other and unknown genders leave it open."""
        match data.get("gender"):
            case "female":
                return "female"
            case "male":
                return "male"
            case "other" | "unknown" | None:
                return None
        self.report(path, "gender-not-valid")
        return None

    def documents(self, patient: Found) -> tuple[Number, ...]:
        """The valid numbers among the identifiers; those of hospitals are left out."""
        numbers: list[Number] = []
        for where, identifier in self.objects(patient.resource, "identifier", patient.path):
            system, value = _system(identifier), identifier.get("value")
            is_known = system in {_MOI, _IMMIGRATION} or system.startswith(_PASSPORT)
            if not is_known or value is None or identifier.get("use") == "old":
                continue
            if not isinstance(value, str):
                self.report(f"{where}.value", "identifier-not-valid")
                continue
            try:
                is_passport = system.startswith(_PASSPORT)
                numbers.append((PassportNumber.parse if is_passport else parse_id_number)(value))
            except NumberError as error:
                self.report(f"{where}.value", "identifier-not-valid", error.code)
        return tuple(numbers)

    # The Immunizations.

    def dose(self, each: Found) -> Dose | None:
        """The dose of an Immunization; if there is none, every reason is reported."""
        path, data = each.path, each.resource
        status = data.get("status")
        if status in _NO_DOSE:
            self.report(path, str(status))
            return None
        if not self.is_mine(each) or self.is_statement(each):
            return None
        if status != "completed":
            self.report(f"{path}.status", "status-not-known")
        if data.get("modifierExtension") or data.get("implicitRules"):
            self.report(path, "has-modifiers")
        if data.get("isSubpotent") not in (None, False):
            self.report(f"{path}.isSubpotent", "subpotent")
        vaccine = self.vaccine(each)
        if _fault_of_vaccine(vaccine) is not None:
            self.report(f"{path}.vaccineCode", "vaccine-not-known")
            vaccine = UNKNOWN
        day = self.day(each)
        if day is not None and _fault_of_day(day) is not None:
            self.report(f"{path}.occurrence", "date-not-valid")
            return None
        return None if day is None else Dose(vaccine, day)

    def is_statement(self, each: Found) -> bool:
        """Whether the Immunization only states that nothing is known, as in the IPS guide."""
        path, concept = f"{each.path}.vaccineCode", each.resource.get("vaccineCode")
        codings = self.objects(concept, "coding", path) if isinstance(concept, Mapping) else ()
        codes = codes_in([coding for _, coding in codings], ABSENT_UNKNOWN)
        said = [
            code for code in codes if code in ("no-immunization-info", "no-known-immunizations")
        ]
        for code in said:
            self.report(each.path, code)
        return bool(said)

    def is_mine(self, each: Found) -> bool:
        """Whether the dose belongs to the person, as far as is known."""
        path, subject = f"{each.path}.patient", each.resource.get("patient")
        if not isinstance(subject, Mapping) or not subject:
            self.report(path, "patient-not-named")
            return True
        contained = self.contained(each)
        if any(self.is_about(subject, other, contained) for other in self.others):
            self.report(path, "other-patient")
            return False
        reference = _reference(each.resource)
        if self.mine is not None:
            named = self.is_about(subject, self.mine, contained)
        else:
            named = reference is not None and reference == (self.wanted or reference)
        if not named:
            self.report(path, "patient-not-resolved")
        return True

    def is_about(
        self, subject: Mapping[Any, Any], patient: Found, contained: Mapping[str, Found]
    ) -> bool:
        """Whether a reference is to the Patient, by address, inside the resource or by number."""
        reference = subject.get("reference")
        if isinstance(reference, str) and reference in contained:
            inner = contained[reference]
            same = _without_id(inner) == _without_id(patient)
            return same or bool(_identifiers(inner) & _identifiers(patient))
        if isinstance(reference, str):
            return _is_reference_to(reference, patient)
        identifier = subject.get("identifier")
        return isinstance(identifier, Mapping) and _key(identifier) in _identifiers(patient)

    def vaccine(self, each: Found) -> str:
        """The code of the vaccine: this library's, its CVX code, or ``unknown``."""
        path, concept = f"{each.path}.vaccineCode", each.resource.get("vaccineCode")
        if not isinstance(concept, Mapping):
            self.report(path, "vaccine-not-known")
            return UNKNOWN
        codings = [coding for _, coding in self.objects(concept, "coding", path)]
        own = set(codes_in(codings, VACCINE))
        for coding in codings:
            key = (str(coding.get("system")), str(coding.get("code")))
            own |= {self.codes[key]} if key in self.codes else set()
        read = (cvx_number(code) for code in codes_in(codings, CVX))
        numbers = {number for number in read if number is not None}
        known = vaccines_by_cvx()
        meant = own | {known[number] for number in numbers if number in known}
        if len(meant) == 1:
            return meant.pop()
        self.report(path, "vaccine-codes-differ" if meant else "vaccine-not-known")
        rest = {f"cvx/{number}" for number in numbers}
        return UNKNOWN if meant or len(rest) != 1 else rest.pop()

    def day(self, each: Found) -> date | None:
        """The day of the vaccination."""
        path, data = each.path, each.resource
        if data.get("occurrenceDateTime") is None:
            in_words = data.get("occurrenceString") is not None
            self.report(f"{path}.occurrence", "date-in-words" if in_words else "date-missing")
            return None
        if data.get("occurrenceString") is not None:
            self.report(f"{path}.occurrence", "date-twice")
        try:
            return day_in_taiwan(data["occurrenceDateTime"])
        except UnreadDateError as error:
            self.report(f"{path}.occurrence", error.code)
            return None


def _distinct(patients: list[Found]) -> list[Found]:
    """Each Patient once, though several entries may hold it; one more than are read at most."""
    kept: list[Found] = []
    for each in patients:
        if len(kept) > _MOST_PATIENTS:
            break
        if not any(each.resource == other.resource for other in kept):
            kept.append(each)
    return kept


def _without_id(patient: Found) -> dict[Any, Any]:
    return {key: value for key, value in patient.resource.items() if key != "id"}


def _reference(immunization: Mapping[Any, Any]) -> str | None:
    subject = immunization.get("patient")
    reference = subject.get("reference") if isinstance(subject, Mapping) else None
    return reference if isinstance(reference, str) else None


def _is_reference_to(reference: str, patient: Found) -> bool:
    """Whether an address is the Patient's: the address of its entry, or its type and id."""
    address = reference.partition("/_history/")[0]
    if patient.full_url is not None and address == patient.full_url:
        return True
    number = patient.resource.get("id")
    if not isinstance(number, str) or not number:
        return False
    if address == f"Patient/{number}":
        return True
    return patient.full_url is None and address.endswith(f"/Patient/{number}")


def _immunization(reference: object) -> str | None:
    """The type and id of the Immunization that is named, or its address; None for others."""
    if not isinstance(reference, Mapping):
        return None
    address = reference.get("reference")
    text = address if isinstance(address, str) else ""
    short = _NAMED.search(text)
    if short is not None:
        return short[1]
    return text if reference.get("type") == "Immunization" else None


def _key(identifier: Mapping[Any, Any]) -> tuple[str, str] | None:
    system, value = identifier.get("system"), identifier.get("value")
    return (system, value) if isinstance(system, str) and isinstance(value, str) else None


def _identifiers(patient: Found) -> set[tuple[str, str] | None]:
    listed = patient.resource.get("identifier")
    items = listed if isinstance(listed, list) else []
    return {_key(each) for each in items if isinstance(each, Mapping)} - {None}


def _system(identifier: Mapping[Any, Any]) -> str:
    """The system of an identifier, or the system of its type in TW Core."""
    system = identifier.get("system")
    if isinstance(system, str):
        return system
    kind = identifier.get("type")
    codings = kind.get("coding") if isinstance(kind, Mapping) else None
    for coding in codings if isinstance(codings, list) else []:
        if isinstance(coding, Mapping) and coding.get("system") == _V2_0203:
            return _KINDS.get(str(coding.get("code")), "")
    return ""


@front_door
def bundle(person: Person, *, patient_id: str = "1") -> dict[str, Any]:
    """Write a collection Bundle (R4) with the Patient and an Immunization for each dose.

    Numbers of documents, groups, counties and dated facts are not written. Unknown doses are
    missing in the Bundle, so state elsewhere whether the history is complete.
    """
    born = person.birth_date
    patient: dict[str, Any] = {"resourceType": "Patient", "id": patient_id}
    if born is not None:
        patient["birthDate"] = written_date(born)
    if person.sex is not None:
        patient["gender"] = person.sex
    doses = [
        {
            "resourceType": "Immunization",
            "id": f"{patient_id}-{number}",
            "status": "completed",
            "vaccineCode": vaccine_concept(dose.vaccine),
            "patient": {"reference": f"Patient/{patient_id}"},
            "occurrenceDateTime": dose.on.isoformat(),
        }
        for number, dose in enumerate(person.doses or (), start=1)
    ]
    entries = [{"resource": each} for each in (patient, *doses)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def written_date(born: date | PartialDate) -> str:
    """A FHIR date: YYYY-MM-DD, or the known part, YYYY-MM or YYYY."""
    if not isinstance(born, PartialDate):
        return born.isoformat()
    return f"{born.year:04}" if born.month is None else f"{born.year:04}-{born.month:02}"
