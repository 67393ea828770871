"""The registry's answer, and pseudonyms of numbers."""

import hashlib
import hmac
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy.identity import (
    SHORTEST_KEY,
    Claim,
    IdentityForm,
    MatchedClaim,
    NotMatched,
    RegistryAnswer,
    check_form,
    match_claim,
    pseudonym,
    pseudonyms,
)
from vaxpolicy.numbers.documents import (
    EntryDocumentNumber,
    EntryPermitNumber,
    MobileNumber,
    NhiCardNumber,
    PassportNumber,
)
from vaxpolicy.numbers.id_numbers import NationalId, UiNumber

if TYPE_CHECKING:
    from vaxpolicy.numbers.reading import Number

KEY = bytes(range(32))
OLD, NEW = "AB12345677", "A800000014"


def claim_of(id_number: str = "A123456789", also_known_as: str | None = None) -> Claim:
    form = IdentityForm(
        id_number=id_number,
        also_known_as=also_known_as,
        nhi_card="000012345678",
        captcha_passed=True,
    )
    return check_form(form, on=date(2021, 7, 6))


def test_a_match_confirms_the_claim() -> None:
    claim = claim_of()
    assert match_claim(claim, RegistryAnswer.MATCHED) == MatchedClaim(claim)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (RegistryAnswer.NOT_MATCHED, "not-matched"),
        (RegistryAnswer.UNAVAILABLE, "registry-unavailable"),
    ],
)
def test_every_other_answer_is_no_match(answer: RegistryAnswer, code: str) -> None:
    with pytest.raises(NotMatched) as caught:
        match_claim(claim_of(), answer)
    assert caught.value.code == str(caught.value) == code


@pytest.mark.parametrize("answer", [True, None, 1, "matched", False])
def test_truth_is_no_answer(answer: object) -> None:
    with pytest.raises(TypeError, match="answer: expected a RegistryAnswer"):
        match_claim(claim_of(), answer)  # type: ignore[arg-type]


def test_only_a_claim_can_be_matched() -> None:
    with pytest.raises(TypeError, match="claim: expected a claim"):
        match_claim(IdentityForm(), RegistryAnswer.MATCHED)  # type: ignore[arg-type]


def test_a_pseudonym_is_hmac_sha_256_of_kind_and_number() -> None:
    message = b"vaxpolicy:pseudonym:1:national-id:A123456789"
    expected = hmac.new(KEY, message, hashlib.sha256).hexdigest()
    assert pseudonym(NationalId.parse("a123 456 789"), KEY) == expected


# Keys of one length: HMAC itself pads shorter ones with zeros.
keys = st.binary(min_size=SHORTEST_KEY, max_size=SHORTEST_KEY)


@given(keys, keys)
def test_a_pseudonym_is_stable_and_of_its_key(key: bytes, other: bytes) -> None:
    ours, again = (pseudonym(UiNumber.parse(NEW), key) for _ in range(2))
    assert ours == again
    assert (ours == pseudonym(UiNumber.parse(NEW), other)) is (key == other)


def test_the_same_text_of_another_kind_has_another_pseudonym() -> None:
    text = "000012345678"
    classes: list[type[Number]] = [
        NhiCardNumber,
        EntryPermitNumber,
        EntryDocumentNumber,
        PassportNumber,
    ]
    numbers = [cls.parse(text) for cls in classes]
    assert len({pseudonym(number, KEY) for number in numbers}) == len(numbers)


def test_a_pseudonym_has_64_hexadecimal_digits() -> None:
    assert re.fullmatch("[0-9a-f]{64}", pseudonym(NationalId.parse("A123456789"), KEY))


def test_a_mobile_number_has_no_pseudonym() -> None:
    with pytest.raises(TypeError, match="number: expected the number"):
        pseudonym(MobileNumber.parse("0900000000"), KEY)


def test_text_has_no_pseudonym() -> None:
    with pytest.raises(TypeError, match="number: expected a Number"):
        pseudonym("A123456789", KEY)  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [0, 1, SHORTEST_KEY - 1])
def test_short_keys_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        pseudonym(NationalId.parse("A123456789"), b"k" * length)


def test_a_person_with_two_numbers_has_two_pseudonyms_one_of_them_shared() -> None:
    before = pseudonyms(claim_of(OLD), KEY)
    after = pseudonyms(claim_of(NEW, also_known_as=OLD), KEY)
    assert len(before) == 1
    assert after == (pseudonym(UiNumber.parse(NEW), KEY), *before)
