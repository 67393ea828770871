"""Looks for what may hide a dose: other resources, documents with gaps, and second versions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from vaxpolicy.fhir.codes import CVX, LOINC, VACCINE, codes_in
from vaxpolicy.fhir.references import Found, Index, ids_of, is_placed, kinds_of, without_version

if TYPE_CHECKING:
    from vaxpolicy.fhir.reading import Reader

NO_DOSE: Final = ("not-done", "entered-in-error")
"""The statuses of what is no dose."""
_ELSEWHERE: Final[Mapping[str, tuple[str, str | None]]] = {
    "MedicationAdministration": ("medicationCodeableConcept", "medicationReference"),
    "MedicationDispense": ("medicationCodeableConcept", "medicationReference"),
    "MedicationStatement": ("medicationCodeableConcept", "medicationReference"),
    "Procedure": ("code", None),
}
"""The other types of resource in which a vaccination may be, and the elements of its code."""
_INCOMPLETE: Final = ("incomplete", "suppressed")
"""The issues of an OperationOutcome that leave resources out without an error."""
_IMMUNIZATIONS: Final = "11369-6"
"""The LOINC code of the section about immunizations."""
_EMPTY: Final = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
_GLOBAL: Final = ("http:", "https:", "urn:")
"""The beginnings of addresses that are the same in every Bundle."""


def codings_of(concept: object) -> list[Mapping[Any, Any]]:
    """The codings of a CodeableConcept that may be anything."""
    listed = concept.get("coding") if isinstance(concept, Mapping) else None
    return [it for it in listed if isinstance(it, Mapping)] if isinstance(listed, list) else []


class Search:
    """One search of everything that was found, which reports to a reader."""

    def __init__(
        self, reader: Reader, found: list[Found], codes: Mapping[tuple[str, str], str]
    ) -> None:
        self.reader = reader
        self.found = found
        self.codes = codes
        medications = [each for each in found if each.kind == "Medication"]
        vaccines = [each for each in medications if self.has_vaccine(each.resource)]
        self.medications: Index = Index("Medication", medications)
        self.vaccines: Index = Index("Medication", vaccines)
        self.immunizations: list[Found] = [each for each in found if each.kind == "Immunization"]
        self.there: Index = Index("Immunization", self.immunizations)
        self.addresses: set[str | None] = {each.full_url for each in found}

    def is_vaccine(self, concept: object) -> bool:
        """Whether a code of a concept is a vaccine's."""
        codings = codings_of(concept)
        own = ((str(it.get("system")), str(it.get("code"))) in self.codes for it in codings)
        return bool(codes_in(codings, CVX) or codes_in(codings, VACCINE)) or any(own)

    def has_vaccine(self, medication: Mapping[Any, Any]) -> bool:
        """Whether a Medication, or an ingredient of it, has a vaccine's code."""
        listed = medication.get("ingredient")
        ingredients = listed if isinstance(listed, list) else []
        concepts = [it.get("itemCodeableConcept") for it in ingredients if isinstance(it, Mapping)]
        return any(map(self.is_vaccine, [medication.get("code"), *concepts]))

    def run(self, *, is_single: bool) -> None:
        """Report unreadable data, statements that data are absent, and places of doses."""
        for each in self.found:
            self.look_inside(each)
            if each.kind == "OperationOutcome":
                self.look_at_outcome(each)
            elif each.kind in ("Composition", "List"):
                self.look_at_document(each)
            elif not isinstance(each.kind, str):
                self.reader.report(each.path, "resource-type-missing")
            elif is_single and each.kind not in ("Patient", "Immunization"):
                self.reader.report(each.path, "resource-type-not-expected")
        self.look_for_versions()

    def look_at_outcome(self, outcome: Found) -> None:
        """Report an OperationOutcome that names an error, or says that something is left out."""
        for where, issue in self.reader.objects(outcome.resource, "issue", outcome.path):
            is_error = issue.get("severity") not in ("information", "warning")
            if is_error or issue.get("code") in _INCOMPLETE:
                self.reader.report(where, "outcome-reports-error")

    def look_inside(self, outer: Found) -> None:
        """Report vaccinations in a resource of another type, or in what a resource contains."""
        contained = self.contained(outer)
        inside: dict[str, list[Found]] = {}
        for each in contained:
            inside.setdefault(f"#{each.resource.get('id')}", []).append(each)
            if each.kind in ("Immunization", "Bundle", "Parameters"):
                self.reader.report(each.path, "immunization-contained")
        for each in (outer, *contained):
            self.look_for_vaccine(each, inside)

    def contained(self, outer: Found) -> list[Found]:
        """The resources inside another one, at any depth."""
        found: list[Found] = []
        for owner in chain([outer], found):  # it grows by what each of them contains
            inner = self.reader.objects(owner.resource, "contained", owner.path)
            found += [Found(where, it, outer.full_url) for where, it in inner]
        return found

    def look_for_vaccine(self, each: Found, inside: Mapping[str, list[Found]]) -> None:
        """Report a vaccine's code in another resource, or in the Medication that it names."""
        data = each.resource
        by_code, by_reference = _ELSEWHERE.get(str(each.kind), (None, None))
        if by_code is None or data.get("status") in NO_DOSE:
            return
        if self.is_vaccine(data.get(by_code)):
            self.reader.report(each.path, "vaccine-elsewhere")
        named = None if by_reference is None else data.get(by_reference)
        if named is None:
            return
        address = named.get("reference") if isinstance(named, Mapping) else None
        address = address if isinstance(address, str) else ""
        inner = inside.get(address, [])
        is_vaccine = any(self.has_vaccine(it.resource) for it in inner)
        if is_vaccine or any(self.vaccines.possible(address, each)):
            self.reader.report(each.path, "vaccine-elsewhere")
        elif not inner and not any(self.medications.certain(address, each)):
            self.reader.report(f"{each.path}.{by_reference}", "medication-not-there")

    def look_for_versions(self) -> None:
        """Report an Immunization that is there in two versions."""
        by_address: dict[str, Found] = {}
        without_server: dict[str, Found] = {}
        for each in self.immunizations:
            if not is_placed(each):
                for number in ids_of(each):
                    without_server.setdefault(number, each)
        for each in self.immunizations:
            known = [without_server.get(number) for number in ids_of(each)]
            if each.full_url is not None and each.full_url.startswith(_GLOBAL):
                address = without_version(each.full_url).replace("https:", "http:", 1)
                known.append(by_address.setdefault(address, each))
            if any(it is not None and it.resource != each.resource for it in known):
                self.reader.report(each.path, "immunization-in-versions")

    def look_at_document(self, document: Found) -> None:
        """Report Immunizations that a Composition or a List names or withholds."""
        reader, is_list = self.reader, document.kind == "List"
        inside = frozenset(f"#{it.resource.get('id')}" for it in self.contained(document))
        waiting = [(document.path, document.resource, False)]
        for path, owner, is_inside in waiting:  # it grows by the sections of each section
            codes = codes_in(codings_of(owner.get("code")), LOINC)
            is_about = is_inside or _IMMUNIZATIONS in codes
            sections = list(reader.objects(owner, "section", path))
            waiting += [(where, it, is_about) for where, it in sections]
            entries = list(reader.objects(owner, "entry", path))
            for where, entry in entries:
                named = entry.get("item") if is_list else entry
                if self.is_missing(named, document, inside, is_about):
                    reader.report(where, "immunization-not-there")
            reason = owner.get("emptyReason")
            is_open = reason is None and not sections and not entries
            is_withheld = reason is not None and not _means_none(reason)
            if (is_about and is_open) or (is_withheld and (is_about or not codes)):
                reader.report(path, "immunizations-not-listed")

    def is_missing(
        self, named: object, document: Found, inside: frozenset[str], is_about: bool
    ) -> bool:
        """Whether an entry names what may be an Immunization and is not there."""
        if not isinstance(named, Mapping):
            return is_about
        kinds, address = kinds_of(named), named.get("reference")
        if kinds and "Immunization" not in kinds:
            return False
        if not isinstance(address, str) or not address:
            return is_about or "Immunization" in kinds
        if address in inside:
            return False
        if any(self.there.certain(address, document)):
            return False
        return "Immunization" in kinds or address not in self.addresses


def _means_none(reason: object) -> bool:
    """Whether a section says that it is empty because nothing exists."""
    codings = codings_of(reason)
    return len(codings) == 1 and codes_in(codings, _EMPTY) == ("nilknown",)
