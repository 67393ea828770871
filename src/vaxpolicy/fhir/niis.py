"""Error codes of Taiwan's immunisation registry (NIIS) and the errors of an identity form.

The codes are those of the guide of 2026
(https://build.fhir.org/ig/hyweb-cdc/niis/CodeSystem-twniis-operationoutcome-values.html). Like
the form, they distinguish missing fields, malformed values, and values that the registry does not
know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vaxpolicy._values import front_door
from vaxpolicy.fhir.reading import Reader
from vaxpolicy.identity import FieldError, RegistryAnswer

SYSTEM: Final = "https://twniis.cdc.gov.tw/twniis/CodeSystem/twniis-operationoutcome-values"

_MISSING: Final = "E00023"
_ID_FORMAT: Final = "E00041"
_UI_FORMAT: Final = "E00042"
_ID_WRONG: Final = "E00018"
_NOT_FOUND: Final = "E00005"

_ERRORS: Final[Mapping[str, FieldError]] = {
    _MISSING: FieldError("id_number", "missing", "fill this in"),
    _ID_FORMAT: FieldError(
        "id_number", "invalid-character", "this is not the form of a national ID"
    ),
    _UI_FORMAT: FieldError("id_number", "invalid-character", "this is not the form of a UI number"),
    _ID_WRONG: FieldError("id_number", "invalid-checksum", "compare the number with the document"),
}
_FORMAT: Final = frozenset({"invalid-length", "invalid-character", "not-canonical", "wrong-box"})


@front_door
def niis_code(error: FieldError, *, ui_number: bool = False) -> str | None:
    """The registry's code for an error of the form; None if it has no such code.

    Args:
        error: one of `InvalidForm.errors`.
        ui_number: whether the person has a UI number rather than a national ID.
    """
    if error.field not in {"id_number", "also_known_as"}:
        return None
    if error.code in {"missing", "no-ui-number"}:
        return _MISSING
    if error.code in _FORMAT:
        return _UI_FORMAT if ui_number or error.field == "also_known_as" else _ID_FORMAT
    return _ID_WRONG if error.code == "invalid-checksum" else None


@front_door
def niis_errors(outcome: Mapping[Any, Any]) -> tuple[FieldError, ...]:
    """The form's errors in an OperationOutcome of the registry; other codes are left out."""
    return tuple(_ERRORS[code] for code in _codes(outcome) if code in _ERRORS)


@front_door
def niis_answer(outcome: Mapping[Any, Any]) -> RegistryAnswer:
    """The registry's answer in an OperationOutcome, for `identity.match_claim`.

    An unknown number is not matched, and success is a match. Everything else counts as no answer.
    """
    codes = _codes(outcome)
    if _NOT_FOUND in codes:
        return RegistryAnswer.NOT_MATCHED
    if codes and all(code.startswith("I") for code in codes):
        return RegistryAnswer.MATCHED
    return RegistryAnswer.UNAVAILABLE


def _codes(outcome: Mapping[Any, Any]) -> tuple[str, ...]:
    """The registry's codes, by `details.coding`; every issue without one counts as unknown."""
    reader, found = Reader(), []
    for where, issue in reader.objects(outcome, "issue", "OperationOutcome"):
        details = issue.get("details")
        codings = details if isinstance(details, Mapping) else {}
        codes = [
            str(coding.get("code"))
            for _, coding in reader.objects(codings, "coding", where)
            if coding.get("system") == SYSTEM
        ]
        found += codes or [""]
    return tuple(found)
