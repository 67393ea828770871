"""Reads a `Person` from a Patient and Immunizations, and writes them; no dose gets lost."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, field, frozen

from vaxpolicy._values import check_of_field, checked, front_door, require
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
from vaxpolicy.fhir.hidden import NO_DOSE, Search
from vaxpolicy.fhir.problems import Problem
from vaxpolicy.fhir.reading import (
    Reader,
    UnreadDateError,
    as_date,
    day_in_taiwan,
    has_modifiers,
    is_too_deep,
)
from vaxpolicy.fhir.references import Found, Index, absolute, key_of, keys_of, one_record, parts
from vaxpolicy.identity import Number, NumberError, PassportNumber, parse_id_number
from vaxpolicy.rules.people import Dose, PartialDate, Person, Sex

if TYPE_CHECKING:
    from datetime import date

    from vaxpolicy.rules.policy import Policy

_NO_CODES: Final[Mapping[tuple[str, str], str]] = MappingProxyType({})
_STATEMENTS: Final = ("no-immunization-info", "no-known-immunizations")
_V2_0203: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
_MOI: Final = "http://www.moi.gov.tw"
_IMMIGRATION: Final = "http://www.immigration.gov.tw"
_PASSPORT: Final = "http://hl7.org/fhir/sid/passport-"
_KINDS: Final = {"NNxxx": _MOI, "NNTWN": _MOI, "PRC": _IMMIGRATION, "PPN": _PASSPORT}
"""The identifier systems of TW Core by the identifier's type, for senders that leave them out."""
_MOST_PATIENTS: Final = 1_000
"""The most different Patients among which one is chosen; the time grows with their square."""
_fault_of_vaccine: Final = check_of_field(Dose, "vaccine", empty=False)
_fault_of_day: Final = check_of_field(Dose, "on", empty=False)


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
        self.patients: list[Found] = []
        self.contents: list[dict[Any, Any]] = []
        self.systems: list[set[str]] = []
        self.index = Index("Patient", ())
        self.mine: int | None = None
        self.linked: frozenset[int] = frozenset()
        self.named: set[str] = set()

    def run(self, root: Mapping[Any, Any], complete: bool) -> Imported:
        if is_too_deep(root):
            self.report("$this", "too-deep")
            return Imported(Person(), (), (), tuple(self.problems))
        found = self.resources(root)
        immunizations = [each for each in found if each.kind == "Immunization"]
        search = Search(self, found, self.codes)
        search.run(is_single=root.get("resourceType") not in ("Bundle", "Parameters"))
        if not self.choose_patient(found, immunizations):
            immunizations = []
        facts = Person()
        documents: tuple[Number, ...] = ()
        if self.mine is not None:
            patient = self.patients[self.mine]
            facts, documents = self.birth(patient), self.documents(patient)
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

    # The patient.

    def choose_patient(self, found: list[Found], immunizations: list[Found]) -> bool:
        """Choose the Patient whom this is about; false where there are several people."""
        patients = _distinct([each for each in found if each.kind == "Patient"])
        if not patients:
            contained = [self.contained(each).values() for each in immunizations]
            inner = [it for several in contained for its in several for it in its]
            patients = _distinct([evolve(it, resource=_without_id(it)) for it in inner])
        if len(patients) > _MOST_PATIENTS:
            self.report("$this", "several-patients")
            return False
        self.patients, self.index = patients, Index("Patient", patients)
        self.contents = [_without_id(each) for each in patients]
        self.systems = [{system for system, _ in keys_of(each.resource)} for each in patients]
        mine = frozenset(range(len(patients)))
        if self.wanted is not None:
            mine = frozenset().union(*self.index.certain(self.wanted))
        if not patients:
            addresses = [self.address(each) for each in immunizations]
            self.named = {it for it in addresses if it is not None and self.is_meant(it)}
        if max(len(mine), len(self.named)) > 1:
            self.report("$this", "several-patients")
            return False
        if mine:
            (self.mine,) = mine
            self.linked = one_record(self.mine, patients, self.index)
            return True
        self.report("$this", "patient-missing")
        if patients:
            self.report("$this", "patient-not-resolved")
        return True

    def is_meant(self, address: str) -> bool:
        """Whether an address is the one that the caller names, if any, on whatever server."""
        if self.wanted is None:
            return True
        named = absolute(self.wanted, None)
        told = parts(named)
        is_relative = told is not None and told[0] is None
        return address == named or (is_relative and address.endswith(f"/{named}"))

    def address(self, each: Found) -> str | None:
        """The address of the patient of an Immunization."""
        subject = each.resource.get("patient")
        reference = subject.get("reference") if isinstance(subject, Mapping) else None
        return absolute(reference, each) if isinstance(reference, str) else None

    def contained(self, owner: Found) -> dict[str, list[Found]]:
        """The Patients that an Immunization contains, by reference."""
        found: dict[str, list[Found]] = {}
        for where, each in self.objects(owner.resource, "contained", owner.path):
            if each.get("resourceType") == "Patient":
                found.setdefault(f"#{each.get('id')}", []).append(Found(where, each))
        return found

    def birth(self, patient: Found) -> Person:
        path, data = patient.path, patient.resource
        if has_modifiers(data):
            self.report(path, "patient-has-modifiers")
        if has_modifiers(data) or self.has("bundle-has-modifiers"):
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
        if status in NO_DOSE:
            self.report(path, str(status))
            if has_modifiers(data):
                self.report(path, "has-modifiers")
            return None
        if not self.is_mine(each):
            return None
        if status != "completed":
            self.report(f"{path}.status", "status-not-known")
        if has_modifiers(data):
            self.report(path, "has-modifiers")
        if self.is_statement(each):
            return None
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
        listed = self.objects(concept, "coding", path) if isinstance(concept, Mapping) else ()
        codings = [coding for _, coding in listed]
        said = [code for code in codes_in(codings, ABSENT_UNKNOWN) if code in _STATEMENTS]
        if said and any(it.get("system") != ABSENT_UNKNOWN for it in codings):
            self.report(path, "absence-contradicted")
            return False
        for code in said:
            self.report(each.path, code)
        return bool(said)

    def is_mine(self, each: Found) -> bool:
        """Whether the dose belongs to the person, as far as is known."""
        path, subject = f"{each.path}.patient", each.resource.get("patient")
        if not isinstance(subject, Mapping) or not subject:
            self.report(path, "patient-not-named")
            return True
        if not self.patients:
            if self.address(each) not in self.named:
                self.report(path, "patient-not-resolved")
            return True
        certain, possible = self.whose(each, subject)
        mine = frozenset() if self.mine is None else frozenset({self.mine})
        if not possible:
            self.report(path, "patient-not-resolved")
        elif certain and not possible & (mine | self.linked):
            self.report(path, "other-patient")
            return False
        elif not certain or possible != mine:
            self.report(path, "patient-not-certain")
        return True

    def whose(
        self, each: Found, subject: Mapping[Any, Any]
    ) -> tuple[frozenset[int], frozenset[int]]:
        """The Patients that a reference leads to and those that it may mean, by position.

        It leads by address, inside the resource or by number. It may mean a Patient whose number,
        birth date or gender is another one.
        """
        by_number = self.index.known_as(subject.get("identifier"))
        reference = subject.get("reference")
        if not isinstance(reference, str):
            return by_number, by_number
        inner = self.contained(each).get(reference)
        if inner is not None:
            people = [self.same_as(it) for it in inner]
            same = [
                frozenset(at for at in its if self.agrees(at, it))
                for its, it in zip(people, inner, strict=True)
            ]
            return frozenset.intersection(*same), by_number.union(*people)
        certain = frozenset().union(*self.index.certain(reference, each))
        possible = self.index.possible(reference, each)
        system = (key_of(subject.get("identifier")) or ("", ""))[0]
        others = {at for at in certain - by_number if system in self.systems[at]}
        return certain - others, by_number.union(*possible)

    def same_as(self, inner: Found) -> frozenset[int]:
        """The Patients that have the content of a contained one, or a number of it."""
        content = _without_id(inner)
        same = frozenset(at for at, it in enumerate(self.contents) if it == content)
        return same.union(*(self.index.by_key.get(it, ()) for it in keys_of(inner.resource)))

    def agrees(self, at: int, inner: Found) -> bool:
        """Whether a contained Patient has no other birth date or gender than the Patient."""
        known, said = self.patients[at].resource, inner.resource
        both = (it for it in ("birthDate", "gender") if it in known and it in said)
        return all(known[it] == said[it] for it in both)

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
        for at, other in enumerate(kept):
            if each.resource == other.resource and _share_address(each, other):
                kept[at] = evolve(other, full_url=other.full_url or each.full_url)
                break
        else:
            kept.append(each)
    return kept


def _share_address(first: Found, second: Found) -> bool:
    return first.full_url == second.full_url or None in (first.full_url, second.full_url)


def _without_id(patient: Found) -> dict[Any, Any]:
    return {key: value for key, value in patient.resource.items() if key != "id"}


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

    Raises:
        InvalidValue: the id is not a name, or looks like a person's number.
    """
    require("patient_id", str, patient_id)
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
