"""The code systems of vaccination records, and the vaccines and diseases of their codes.

CVX codes are from the list of the United States' CDC
(https://www2a.cdc.gov/vaccines/iis/iisstandards/vaccines.asp?rpt=cvx), diseases from its vaccine
groups (https://www2a.cdc.gov/vaccines/iis/iisstandards/vaccines.asp?rpt=vg). A vaccine has several
codes: one for each strength and formulation. `catalog.vaccines` has the codes of bundled vaccines.
All these codes were compared with the list as of 2025-09-03.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from vaxpolicy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CVX: Final = "http://hl7.org/fhir/sid/cvx"
_CVX_OID: Final = "urn:oid:2.16.840.1.113883.12.292"
"""The same code system in records that were CDA documents before."""
LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
VACCINE: Final = "urn:vaxpolicy:vaccine"
"""This library's own codes of vaccines, for a product without a CVX code too."""
DISEASE: Final = "urn:vaxpolicy:disease"

ABSENT_UNKNOWN: Final = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"

UNKNOWN: Final = "unknown"
"""The vaccine of a dose without a known code. No policy knows it."""

_MORE_CODES: Final[Mapping[str, frozenset[int]]] = {
    "covid19": frozenset({*range(207, 214), *range(217, 220), 221, *range(225, 231)})
    | frozenset({*range(300, 303), *range(308, 314), *range(500, 522)}),
    "influenza": frozenset({123, 125, 126, 127, 128, 160, 321, 322, 323}),
    "mpox": frozenset({75, 105, 325}),
    "pneumococcal": frozenset({100, 109, 152, 177}),
    "hpv": frozenset({62, 118, 137}),
    "rotavirus": frozenset({74, 122}),
    "other": frozenset(
        {
            *(1, 2, 4, 5, 6, 7, 9, 10, 17, 18, 20, 22, 25, 28, 35, 37, 39, 40, 41, 42, 43, 44, 45),
            *(46, 47, 48, 49, 50, 51, 52, 53, 84, 85, 89, 90, 91, 94, 101, 102, 104, 106, 107, 108),
            *(110, 113, 114, 115, 121, 129, 132, 136, 138, 139, 146, 147, 148, 162, 163, 164, 187),
            *(188, 189, 198, 220, 222, 223, 224, 303, 304, 305, 306, 307, 314, 315, 326, 332),
        }
    ),
}
"""The codes of products that are not bundled, by disease; ``other`` is a disease that is not
named beside it."""

_SNOMED: Final = {"covid19": "840539006", "influenza": "6142004"}


@cache
def vaccines_by_cvx() -> Mapping[int, str]:
    """The bundled vaccine that each CVX code means; a code of several vaccines is left out."""
    meant: dict[int, set[str]] = {}
    for vaccine in catalog.vaccines().values():
        for code in vaccine.cvx:
            meant.setdefault(code, set()).add(vaccine.code)
    return {code: next(iter(names)) for code, names in meant.items() if len(names) == 1}


def cvx_number(code: str) -> int | None:
    """A CVX code as a number (``03`` and ``3`` are one code); None for anything else."""
    return int(code) if code.isascii() and code.isdigit() and len(code) <= 4 else None  # noqa: PLR2004  # digits


def is_against_another(vaccine: str, disease: str) -> bool:
    """Whether a dose of an unnamed product (``cvx/197``) is surely not against the disease."""
    prefix, _, code = vaccine.partition("/")
    number = cvx_number(code)
    if prefix != "cvx" or number is None or disease not in _MORE_CODES:
        return False
    against = _codes_by_disease()
    return number not in against[disease] and any(number in each for each in against.values())


@cache
def _codes_by_disease() -> Mapping[str, frozenset[int]]:
    """The codes of bundled vaccines and of other products, by disease."""
    found = dict(_MORE_CODES)
    for vaccine in catalog.vaccines().values():
        for disease in vaccine.diseases:
            key = disease if disease in found else "other"
            found[key] |= {*vaccine.cvx}
    return found


def vaccine_concept(code: str) -> dict[str, Any]:
    """The CodeableConcept of a vaccine: its CVX code, where it has one, and this library's."""
    prefix, _, number = code.partition("/")
    if prefix == "cvx" and cvx_number(number) is not None:
        return {"coding": [{"system": CVX, "code": number.zfill(2)}]}
    known = catalog.vaccines().get(code)
    codings = [{"system": VACCINE, "code": code}]
    if known is None:
        return {"coding": codings} if code != UNKNOWN else {"text": UNKNOWN}
    codings[:0] = [{"system": CVX, "code": f"{each:02}"} for each in known.cvx[:1]]
    return {"coding": codings, "text": known.names.get("en", code)}


def disease_concept(disease: str) -> dict[str, Any]:
    """The CodeableConcept of a disease: a SNOMED CT code, where known, and this library's."""
    codings = [{"system": DISEASE, "code": disease}]
    if disease in _SNOMED:
        codings.insert(0, {"system": SNOMED, "code": _SNOMED[disease]})
    return {"coding": codings}


def codes_in(codings: Iterable[Mapping[Any, Any]], system: str) -> tuple[str, ...]:
    """The codes of one system among codings that may have anything in them."""
    systems = (CVX, _CVX_OID) if system == CVX else (system,)
    found = (each.get("code") for each in codings if each.get("system") in systems)
    return tuple(code for code in found if isinstance(code, str) and code.strip())
