"""The codes of the immunisation registry and the errors of a form."""

from datetime import date
from typing import Any

import pytest

from vaxpolicy import fhir
from vaxpolicy.identity import FieldError, IdentityForm, InvalidForm, RegistryAnswer, check_form

SYSTEM = "https://twniis.cdc.gov.tw/twniis/CodeSystem/twniis-operationoutcome-values"


def outcome(*codes: str) -> dict[str, Any]:
    issues = [{"details": {"coding": [{"system": SYSTEM, "code": code}]}} for code in codes]
    return {"resourceType": "OperationOutcome", "issue": issues}


@pytest.mark.parametrize(
    ("typed", "ui_number", "code"),
    [
        (None, False, "E00023"),
        ("A12345678", False, "E00041"),
        ("A12345678X", True, "E00042"),
        ("A123456788", False, "E00018"),
    ],
)
def test_an_error_of_the_form_has_the_registrys_code(
    typed: str | None, ui_number: bool, code: str
) -> None:
    form = IdentityForm(id_number=typed, nhi_card="000012345678", captcha_passed=True)
    with pytest.raises(InvalidForm) as caught:
        check_form(form, on=date(2026, 11, 23))
    (error,) = [it for it in caught.value.errors if it.field == "id_number"]
    assert fhir.niis_code(error, ui_number=ui_number) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FieldError("also_known_as", "invalid-length", "hint"), "E00042"),
        (FieldError("nhi_card", "missing", "hint"), None),
        (FieldError("id_number", "format-no-longer-accepted", "hint"), None),
    ],
)
def test_other_boxes_have_no_code_there(error: FieldError, code: str | None) -> None:
    assert fhir.niis_code(error) == code


@pytest.mark.parametrize("code", ["E00018", "E00023", "E00041", "E00042"])
def test_a_code_and_its_error_fit(code: str) -> None:
    (error,) = fhir.niis_errors(outcome(code))
    assert error.field == "id_number"
    assert fhir.niis_code(error, ui_number=code == "E00042") == code


def test_other_codes_are_no_errors_of_the_form() -> None:
    assert fhir.niis_errors(outcome("E00043", "I00000")) == ()


@pytest.mark.parametrize(
    ("codes", "answer"),
    [
        (("E00005",), RegistryAnswer.NOT_MATCHED),
        (("I00000", "E00005"), RegistryAnswer.NOT_MATCHED),
        (("I00000", "I00001"), RegistryAnswer.MATCHED),
        (("E00002",), RegistryAnswer.UNAVAILABLE),
        ((), RegistryAnswer.UNAVAILABLE),
    ],
)
def test_the_registrys_answer_is_never_guessed(
    codes: tuple[str, ...], answer: RegistryAnswer
) -> None:
    assert fhir.niis_answer(outcome(*codes)) is answer


@pytest.mark.parametrize(
    "issue",
    [{}, {"details": "x"}, {"details": {"coding": [{"system": "urn:x", "code": "I00000"}]}}],
)
def test_an_issue_without_a_code_is_no_success(issue: Any) -> None:
    data = outcome("I00000")
    data["issue"].append(issue)
    assert fhir.niis_answer(data) is RegistryAnswer.UNAVAILABLE


def test_a_number_that_is_needed_with_a_document_is_a_missing_one() -> None:
    with pytest.raises(InvalidForm) as caught:
        check_form(IdentityForm(passport="X1234567", captcha_passed=True), on=date(2021, 7, 6))
    (error,) = (it for it in caught.value.errors if it.field == "id_number")
    assert error.code == "no-ui-number"
    missing = FieldError("id_number", "missing", error.hint)
    assert fhir.niis_code(error) == fhir.niis_code(missing) == "E00023"
