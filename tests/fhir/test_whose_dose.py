"""Whose dose it is: a dose is another's only where it is surely not the person's."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from vaxpolicy import fhir
from vaxpolicy.eligibility import Dose

A, B = "http://a.example/fhir", "https://b.example/fhir"
CVX = "http://hl7.org/fhir/sid/cvx"
NUMBER = {"system": "urn:mrn", "value": "7"}
GIVEN = (Dose("AZ", date(2021, 6, 1)),)


def patient(number: str | None = "1", born: str = "1950-05-01", **more: Any) -> dict[str, Any]:
    own = {} if number is None else {"id": number}
    return {"resourceType": "Patient", **own, "birthDate": born, **more}


def dose(reference: Any = "Patient/1", **more: Any) -> dict[str, Any]:
    subject = {"reference": reference} if isinstance(reference, str) else reference
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "patient": subject,
        "vaccineCode": {"coding": [{"system": CVX, "code": "210"}]},
        "occurrenceDateTime": "2021-06-01",
        **more,
    }


def bundle(*entries: tuple[str | None, dict[str, Any]]) -> dict[str, Any]:
    listed = [
        {"resource": each} if url is None else {"fullUrl": url, "resource": each}
        for url, each in entries
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": listed}


def read(*entries: tuple[str | None, dict[str, Any]], **more: Any) -> fhir.Imported:
    return fhir.person(bundle(*entries), history_complete=True, **more)


def codes(found: fhir.Imported) -> list[str]:
    return [each.code for each in found.problems]


MINE = (f"{A}/Patient/1", patient())
OTHER = (f"{B}/Patient/1", patient(born="1960-05-01"))
HERE = {"patient": f"{A}/Patient/1"}


def linked(kind: str, other: Any, number: str = "1") -> tuple[None, dict[str, Any]]:
    return None, patient(number, born="1950-05-02", link=[{"type": kind, "other": other}])


def test_a_relative_reference_is_resolved_on_the_server_of_its_own_entry() -> None:
    here, there = (f"{A}/Immunization/7", dose()), (f"{B}/Immunization/7", dose())
    mine = read(MINE, OTHER, here, **HERE)
    assert (mine.person.doses, codes(mine)) == (GIVEN, [])
    other = read(MINE, OTHER, there, **HERE)
    assert (other.person.doses, codes(other)) == ((), ["other-patient"])
    nobody = read(MINE, there)
    assert (nobody.person.doses, codes(nobody)) == (None, ["patient-not-resolved"])
    versioned = (f"{A}/Immunization/7/_history/2", dose("Patient/1/_history/3"))
    assert codes(read(MINE, OTHER, versioned, **HERE)) == []


IN_DOUBT: dict[str, tuple[list[tuple[str | None, dict[str, Any]]], str]] = {
    "an entry without a server": ([MINE, OTHER, (None, dose())], HERE["patient"]),
    "an entry with a name of its own": ([MINE, OTHER, ("urn:uuid:7", dose())], HERE["patient"]),
    "a number that two have": (
        [
            (None, patient("1", identifier=[NUMBER])),
            (None, patient("2", identifier=[NUMBER])),
            (None, dose({"identifier": NUMBER})),
        ],
        "Patient/2",
    ),
    "another record with the same number": (
        [
            (None, patient("1", identifier=[NUMBER])),
            (None, patient("2", identifier=[NUMBER])),
            (None, dose("Patient/1")),
        ],
        "Patient/2",
    ),
    "an address and a number that differ": (
        [
            (None, patient("1")),
            (None, patient("2", identifier=[NUMBER])),
            (None, dose({"reference": "Patient/1", "identifier": NUMBER})),
        ],
        "Patient/2",
    ),
    "a number and an address that differ": (
        [
            (None, patient("1")),
            (None, patient("2", identifier=[NUMBER])),
            (None, dose({"reference": "Patient/1", "identifier": NUMBER})),
        ],
        "Patient/1",
    ),
    "a number that is none of the person": (
        [
            (None, patient("1", identifier=[{**NUMBER, "value": "8"}])),
            (None, dose({"reference": "Patient/1", "identifier": NUMBER})),
        ],
        "Patient/1",
    ),
    "a number that is none of another person": (
        [
            (None, patient("1", identifier=[{**NUMBER, "value": "8"}])),
            (None, patient("2")),
            (None, dose({"reference": "Patient/1", "identifier": NUMBER})),
        ],
        "Patient/2",
    ),
    **{
        f"a contained patient with another {element}": (
            [
                (None, patient("1", identifier=[NUMBER], gender="female")),
                (
                    None,
                    dose("#p", contained=[patient("p", identifier=[NUMBER], **{element: value})]),
                ),
            ],
            "Patient/1",
        )
        for element, value in (("born", "1960-05-01"), ("gender", "male"))
    },
    "a contained patient with the numbers of two": (
        [
            (None, patient("1", identifier=[NUMBER])),
            (None, patient("2", identifier=[{**NUMBER, "value": "8"}])),
            (
                None,
                dose(
                    "#p",
                    contained=[patient("p", identifier=[NUMBER, {**NUMBER, "value": "8"}])],
                ),
            ),
        ],
        "Patient/2",
    ),
    "two contained patients of one id": (
        [
            (None, patient("1", identifier=[NUMBER])),
            (None, patient("2", born="1960-05-01")),
            (
                None,
                dose("#p", contained=[patient("p", "1960-05-01"), patient("p", identifier=[NUMBER])]),
            ),
        ],
        "Patient/2",
    ),
    "a link from a link": (
        [
            linked("refer", {"reference": "Patient/3"}),
            (None, patient("2")),
            linked("seealso", {"reference": "Patient/2"}, "3"),
            (None, dose("Patient/1")),
        ],
        "Patient/2",
    ),
    "a link by number": (
        [
            linked("replaced-by", {"identifier": NUMBER}),
            (None, patient("2", identifier=[NUMBER])),
            (None, dose("Patient/1")),
        ],
        "Patient/2",
    ),
    **{
        f"a record that is linked as {kind} {side}": (
            [
                linked(kind, {"reference": "Patient/2"}) if side == "to" else (None, patient("1")),
                linked(kind, {"reference": "Patient/1"}, "2") if side == "from" else (None, patient("2")),
                (None, dose("Patient/1")),
            ],
            "Patient/2",
        )
        for kind in ("replaced-by", "replaces", "seealso", "refer")
        for side in ("to", "from")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", IN_DOUBT)
def test_a_dose_that_may_be_of_two_records_leaves_the_history_open(name: str) -> None:
    entries, wanted = IN_DOUBT[name]
    found = read(*entries, patient=wanted)
    assert {*codes(found)} - {"patient-not-current"} == {"patient-not-certain"}
    assert found.person.doses is None
    assert found.doses == GIVEN


@pytest.mark.parametrize("link", [5, [5], [{}], [{"other": 5}], [{"other": {"reference": 5}}]])
def test_a_link_to_nobody_links_nobody(link: Any) -> None:
    entries = [(None, patient("1", link=link)), (None, patient("2", link=link))]
    found = read(*entries, (None, dose("Patient/1")), patient="Patient/2")
    assert "other-patient" in codes(found)


def test_a_patient_is_found_by_the_id_in_the_address_of_the_entry() -> None:
    me = (f"{A}/Patient/1", patient(None))
    for reference in ("Patient/1", f"{A}/Patient/1"):
        found = read(me, (None, dose(reference)), patient="Patient/1")
        assert (found.person.doses, codes(found)) == (GIVEN, [])


def test_a_person_who_is_not_among_the_patients_has_no_known_history() -> None:
    found = read((None, patient()), (None, dose()), patient="Patient/9")
    assert sorted(codes(found)) == ["other-patient", "patient-missing", "patient-not-resolved"]
    assert found.person.doses is None
    assert read((None, patient()), patient="Patient/9").person.doses is None


def test_the_same_reference_on_two_servers_is_to_two_people() -> None:
    here, there = (f"{A}/Immunization/7", dose()), (f"{B}/Immunization/7", dose())
    for wanted in (None, "Patient/1"):
        found = read(here, there, patient=wanted)
        assert (codes(found), found.person.doses) == (["several-patients"], None)
        assert codes(read(here, (None, dose(f"{A}/Patient/1")), patient=wanted)) == [
            "patient-missing",
            "same-dose-twice",
        ]


def test_one_content_at_two_addresses_is_two_patients() -> None:
    entries = [(f"{A}/Patient/1", patient()), (f"{B}/Patient/1", patient())]
    assert codes(read(*entries)) == ["several-patients"]
    mine = read(*entries, (f"{B}/Immunization/7", dose()), patient=f"{B}/Patient/1")
    assert (mine.person.doses, codes(mine)) == (GIVEN, [])
    assert not read((None, patient()), (f"{A}/Patient/1", patient())).problems


@pytest.mark.parametrize("blank", [{"value": " "}, {"system": ""}, {"value": None}])
def test_a_number_that_is_blank_is_nobodys(blank: dict[str, Any]) -> None:
    number = {**NUMBER, **blank}
    me = (None, patient(identifier=[number]))
    assert codes(read(me, (None, dose({"identifier": number})))) == ["patient-not-resolved"]
    assert codes(read(me, (None, dose()))) == []


ADDRESSES = (None, f"{A}/Patient/1", f"{B}/Patient/1", f"{A}/Patient/2", "urn:uuid:1")
PLACES = (None, f"{A}/Immunization/7", f"{B}/Immunization/7", "urn:uuid:7")
REFERENCES = ("Patient/1", "Patient/2", f"{A}/Patient/1", f"{B}/Patient/1", "urn:uuid:1")


def may_be(address: str | None, number: str | None, reference: str, place: str | None) -> bool:
    """Whether a reference may be to a Patient, in the words of the standard."""
    if reference.startswith("Patient/") and place is not None and place.startswith("http"):
        reference = place.replace("Immunization/7", reference)
    if address == reference:
        return True
    if reference.startswith("http") and address is not None and address.startswith("http"):
        return False
    ids = {number, address.rpartition("/")[2] if address and "/" in address else None} - {None}
    return reference.rpartition("/")[2] in ids and "Patient/" in reference


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("reference", REFERENCES)
def test_no_dose_that_may_be_the_persons_is_another_ones_and_the_reverse(
    reference: str, place: str | None
) -> None:
    seen = set()
    numbers = (None, "1", "2")
    for url, number, other_url, other_number in product(ADDRESSES, numbers, ADDRESSES, numbers):
        wanted = url or f"Patient/{number}"
        found = read(
            (url, patient(number)),
            (other_url, patient(other_number, born="1960-05-01")),
            (place, dose(reference)),
            patient=wanted,
        )
        is_mine = may_be(url, number, reference, place)
        is_theirs = may_be(other_url, other_number, reference, place)
        seen.add(found.person.doses)
        if found.person.doses == ():
            assert (is_mine, is_theirs) == (False, True), (url, number, other_url, other_number)
        elif found.person.doses == GIVEN:
            assert (is_mine, is_theirs) == (True, False), (url, number, other_url, other_number)
    assert None in seen


def test_the_time_grows_with_the_number_of_doses_and_not_with_its_square() -> None:
    """The identifiers of the Patient were once read anew for each dose."""

    class Counted(list[Any]):
        reads = 0

        def __iter__(self) -> Any:
            Counted.reads += 1
            return super().__iter__()

    reads = []
    for count in (2, 200):
        Counted.reads = 0
        listed = Counted([{**NUMBER, "value": str(each)} for each in range(count)])
        shots = [(None, dose({"identifier": each})) for each in list(listed)]
        found = read((None, patient(identifier=listed)), *shots)
        assert found.person.doses == GIVEN
        reads.append(Counted.reads)
    assert reads[0] == reads[1]
