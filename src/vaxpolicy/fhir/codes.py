"""The code systems of vaccination records, and which vaccine and disease their codes mean.

CVX codes are from the list of the United States' CDC
(https://www2a.cdc.gov/vaccines/iis/iisstandards/vaccines.asp?rpt=cvx), diseases from its vaccine
groups (https://www2a.cdc.gov/vaccines/iis/iisstandards/vaccines.asp?rpt=vg). A vaccine has several
codes: one for each strength and formulation.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from vaxpolicy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vaxpolicy.rules.policy import Vaccine

CVX: Final = "http://hl7.org/fhir/sid/cvx"
LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
VACCINE: Final = "urn:vaxpolicy:vaccine"
"""This library's own codes of vaccines, for a product without a CVX code too."""
DISEASE: Final = "urn:vaxpolicy:disease"

ABSENT_UNKNOWN: Final = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"

UNKNOWN: Final = "unknown"
"""The vaccine of a dose that no code names. No policy knows it, so it decides nothing."""

_MORE_CVX: Final[Mapping[str, tuple[int, ...]]] = {
    "Moderna": (207, 221, 227, 228),
    "BNT": (208, 217, 218, 219),
    "Influenza": (
        *(15, 16, 88, 111, 135, 140, 141, 144, 149, 150, 151, 153, 155, 158, 161, 166, 168, 171),
        *(185, 186, 194, 197, 200, 201, 202, 205, 231),
    ),
}
"""Codes of further strengths and formulations, by vaccine."""

_DISEASES: Final[Mapping[str, frozenset[int]]] = {
    "covid19": frozenset({*range(207, 214), *range(217, 231), *range(300, 303), *range(308, 314)})
    | frozenset(range(500, 522)),
    "influenza": frozenset({*_MORE_CVX["Influenza"], 123, 125, 126, 127, 128, 160}),
    "pneumococcal": frozenset({33, 100, 109, 133, 152, 177, 215, 216}),
    "hpv": frozenset({62, 118, 137, 165}),
    "rotavirus": frozenset({74, 116, 119, 122}),
    "other": frozenset(
        {
            *(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 18, 19, 20, 21, 22, 25, 28, 35, 37, 39, 40, 41),
            *(42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 83, 84, 85, 89, 90, 91, 94, 101, 102),
            *(104, 106, 107, 108, 110, 113, 114, 115, 120, 121, 129, 130, 132, 134, 136, 138, 139),
            *(146, 147, 148, 162, 163, 164, 187, 188, 189, 198),
        }
    ),
}
"""What a code is against; ``other`` is none of the diseases that stand beside it."""

_SNOMED: Final = {"covid19": "840539006", "influenza": "6142004"}


def cvx_of(vaccine: Vaccine) -> tuple[int, ...]:
    """The CVX codes of a vaccine, the one of its first formulation first."""
    listed: Any = vaccine.cvx
    own = () if listed is None else (listed,) if isinstance(listed, int) else tuple(listed)
    return tuple(dict.fromkeys((*own, *_MORE_CVX.get(vaccine.code, ()))))


@cache
def vaccines_by_cvx() -> Mapping[int, str]:
    """The bundled vaccine that each CVX code means; a code of several vaccines is left out."""
    meant: dict[int, set[str]] = {}
    for vaccine in catalog.vaccines().values():
        for code in cvx_of(vaccine):
            meant.setdefault(code, set()).add(vaccine.code)
    return {code: next(iter(names)) for code, names in meant.items() if len(names) == 1}


def cvx_number(code: str) -> int | None:
    """A CVX code as a number (``03`` and ``3`` are one code); None for anything else."""
    return int(code) if code.isascii() and code.isdigit() and len(code) <= 4 else None  # noqa: PLR2004  # digits


def is_against_another(vaccine: str, disease: str) -> bool:
    """Whether a dose of an unnamed product (``cvx/197``) is surely not against the disease."""
    prefix, _, code = vaccine.partition("/")
    number = cvx_number(code)
    if prefix != "cvx" or number is None or disease not in _DISEASES:
        return False
    return number not in _DISEASES[disease] and any(number in each for each in _DISEASES.values())


def vaccine_concept(code: str) -> dict[str, Any]:
    """The CodeableConcept of a vaccine: its CVX code, where it has one, and this library's."""
    prefix, _, number = code.partition("/")
    if prefix == "cvx" and cvx_number(number) is not None:
        return {"coding": [{"system": CVX, "code": number.zfill(2)}]}
    known = catalog.vaccines().get(code)
    codings = [{"system": VACCINE, "code": code}]
    if known is None:
        return {"coding": codings} if code != UNKNOWN else {"text": UNKNOWN}
    codings[:0] = [{"system": CVX, "code": f"{each:02}"} for each in cvx_of(known)[:1]]
    return {"coding": codings, "text": known.names.get("en", code)}


def disease_concept(disease: str) -> dict[str, Any]:
    """The CodeableConcept of a disease: a SNOMED CT code, where known, and this library's."""
    codings = [{"system": DISEASE, "code": disease}]
    if disease in _SNOMED:
        codings.insert(0, {"system": SNOMED, "code": _SNOMED[disease]})
    return {"coding": codings}


def codes_in(codings: Iterable[Mapping[Any, Any]], system: str) -> tuple[str, ...]:
    """The codes of one system among codings that may have anything in them."""
    found = (each.get("code") for each in codings if each.get("system") == system)
    return tuple(code for code in found if isinstance(code, str) and code.strip())
