"""Card, permits, passport and mobile number: what is taken, and what is merely unusual."""

import random
import subprocess
import sys
from itertools import product
from string import ascii_lowercase

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy.numbers.documents import (
    EntryDocumentNumber,
    EntryPermitNumber,
    MobileNumber,
    NhiCardNumber,
    PassportNumber,
    mrz_check_digit,
)
from vaxpolicy.numbers.reading import (
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    Number,
    NumberError,
)

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
DIGITS = "0123456789"
SEED = 1922


def text_of(alphabet: str, fewest: int, most: int) -> st.SearchStrategy[str]:
    return st.text(alphabet=alphabet, min_size=fewest, max_size=most)


def code_of(cls: type[Number], text: str) -> str:
    with pytest.raises(NumberError) as caught:
        cls.parse(text)
    assert str(caught.value).startswith(f"{cls.name}: ")
    return caught.value.code


# NHI card


@given(text_of(DIGITS, 12, 12))
def test_any_twelve_digits_make_a_card_number_and_zeros_are_kept(text: str) -> None:
    number = NhiCardNumber.parse(text)
    assert number.value == text
    assert number.formatted == f"{text[:4]} {text[4:8]} {text[8:]}"
    for typed in (number.formatted, f"{text[:4]}-{text[4:8]}-{text[8:]}"):
        assert NhiCardNumber.parse(typed) == number
    assert NhiCardNumber.from_groups((text[:4], text[4:8], text[8:])) == number


@given(text_of(DIGITS, 0, 20).filter(lambda text: len(text) != 12))
def test_a_card_number_has_twelve_digits(text: str) -> None:
    with pytest.raises(InvalidLength):
        NhiCardNumber.parse(text)


@pytest.mark.parametrize("text", ["00001234567A", "00001234567²", "+00001234567"])
def test_a_card_number_has_digits_alone(text: str) -> None:
    assert code_of(NhiCardNumber, text) == "invalid-character"


def test_groups_are_normalised_one_by_one() -> None:
    groups = ("０000", " 1234", "5678 ")
    assert NhiCardNumber.from_groups(groups).value == "000012345678"
    with pytest.raises(InvalidLength):
        NhiCardNumber.from_groups(groups, strict=True)
    assert NhiCardNumber.from_groups(("0000", "1234", "5678"), strict=True).value == "000012345678"


@pytest.mark.parametrize(
    "groups",
    [
        (),
        ("000012345678",),
        ("000", "01234", "5678"),
        ("0000", "1234", "5678", ""),
        ("0000", "1234"),
    ],
)
def test_there_are_three_groups_of_four(groups: tuple[str, ...]) -> None:
    with pytest.raises(InvalidLength) as caught:
        NhiCardNumber.from_groups(groups)
    assert caught.value.code == "invalid-length"


def test_positions_count_through_the_groups() -> None:
    with pytest.raises(InvalidFormat) as caught:
        NhiCardNumber.from_groups(("0000", "12X4", "5678"))
    assert caught.value.position == 6


@pytest.mark.parametrize("groups", ["000012345678", (0, 1234, 5678), (None, "1234", "5678")])
def test_groups_are_texts(groups: tuple[str, ...]) -> None:
    with pytest.raises(TypeError, match="groups: expected groups"):
        NhiCardNumber.from_groups(groups)


def test_megabytes_in_a_group_are_refused() -> None:
    with pytest.raises(InvalidLength):
        NhiCardNumber.from_groups(("0" * 10**6, "1234", "5678"))


# Numbers without a published format


@given(text_of(ALNUM, 6, 20))
def test_a_permit_number_is_6_to_20_letters_and_digits_and_usually_12_digits(text: str) -> None:
    usual = len(text) == 12 and set(text) <= set(DIGITS)
    assert EntryPermitNumber.parse(text).warnings == (() if usual else ("unusual-shape",))


@given(text_of(DIGITS, 12, 12))
def test_twelve_digits_are_the_usual_permit_number(text: str) -> None:
    assert EntryPermitNumber.parse(text).warnings == ()


@given(text_of("".join(map(chr, range(0x21, 0x7F))).replace("-", ""), 5, 40))
def test_a_document_number_is_any_printable_ascii(text: str) -> None:
    number = EntryDocumentNumber.parse(text)
    assert number.value == text.upper()
    usual = 6 <= len(text) <= 20 and set(text.upper()) <= set(ALNUM)
    assert number.warnings == (() if usual else ("unusual-shape",))


@given(text_of(ALNUM, 5, 20))
def test_a_passport_number_is_5_to_20_letters_and_digits_and_usually_6_to_9(text: str) -> None:
    usual = 6 <= len(text) <= 9
    assert PassportNumber.parse(text).warnings == (() if usual else ("unusual-shape",))


@pytest.mark.parametrize(
    ("cls", "fewest", "most"),
    [(EntryPermitNumber, 6, 20), (EntryDocumentNumber, 5, 40), (PassportNumber, 5, 20)],
)
def test_lenient_numbers_have_bounds(cls: type[Number], fewest: int, most: int) -> None:
    assert cls.is_valid("1" * fewest)
    assert cls.is_valid("1" * most)
    assert code_of(cls, "1" * (fewest - 1)) == code_of(cls, "1" * (most + 1)) == "invalid-length"


@pytest.mark.parametrize("text", ["L898902<3", "X12345/7", "護照123456", "X1234567²"])
def test_a_passport_number_has_letters_and_digits_alone(text: str) -> None:
    assert code_of(PassportNumber, text) == "invalid-character"


@pytest.mark.parametrize("text", ["移署字第1234567號", "1234567\x7f", "1234567\t", "\x001234567"])
def test_a_document_number_has_no_chinese_and_no_control_characters(text: str) -> None:
    assert code_of(EntryDocumentNumber, text) == "invalid-character"


def test_the_characters_of_a_document_number_are_printable_ascii_without_small_letters() -> None:
    with pytest.raises(InvalidFormat) as caught:
        EntryDocumentNumber.parse("移署字第1234567號")
    printable = [chr(code) for code in range(33, 127)]
    assert list(caught.value.allowed) == [it for it in printable if it not in f"-{ascii_lowercase}"]


def test_a_document_number_is_one_number_however_it_is_read() -> None:
    assert EntryDocumentNumber.parse("1234-5678") == EntryDocumentNumber.parse("12345678")
    with pytest.raises(NumberError):
        EntryDocumentNumber.parse("1234-5678", strict=True)


# Check digit of the machine readable zone


@pytest.mark.parametrize(
    ("field", "digit"),
    [
        ("L898902C3", "6"),  # the specimen of ICAO Doc 9303
        ("D23145890", "7"),
        ("1234567890", "7"),  # a long number, without the filler
        ("520727", "3"),
        ("ZE184226B<<<<<", "1"),
        ("<<<<<<<<<<<<<<", "0"),
        ("", "0"),
    ],
)
def test_the_check_digit_is_that_of_published_examples(field: str, digit: str) -> None:
    assert mrz_check_digit(field) == digit


def test_every_character_at_every_place_has_its_value_times_its_weight() -> None:
    """The sum is one addend of each place, and the weights come round after three places."""
    for at, character in product(range(6), f"{ALNUM}<"):
        value = 0 if character == "<" else int(character, 36)
        digit = str(value * (7, 3, 1, 7, 3, 1)[at] % 10)
        assert mrz_check_digit("<" * at + character) == digit
        assert mrz_check_digit("<" * at + character + "<<") == digit


@given(text_of(f"{ALNUM}<", 0, 30), st.integers(0, 29), st.sampled_from(f"{ALNUM}<"))
def test_the_check_digit_catches_every_change_but_by_a_multiple_of_ten(
    text: str, index: int, other: str
) -> None:
    if index >= len(text):
        return
    changed = text[:index] + other + text[index + 1 :]
    value = {c: i for i, c in enumerate(DIGITS + ALNUM[:26])} | {"<": 0}
    same = (value[text[index]] - value[other]) % 10 == 0
    assert (mrz_check_digit(changed) == mrz_check_digit(text)) is same


@pytest.mark.parametrize("text", ["L898902c3", "L898902-3", "L898902 3", "L89890２C3"])
def test_other_characters_do_not_stand_in_the_zone(text: str) -> None:
    with pytest.raises(InvalidFormat) as caught:
        mrz_check_digit(text)
    assert caught.value.code == "invalid-character"
    assert caught.value.position == 7 - (text[6] == "２")
    assert caught.value.allowed


# Mobile number

RNG = random.Random(SEED)  # noqa: S311  # no secret is made
MOBILES = [f"09{RNG.randrange(9)}{RNG.randrange(10**7):07d}" for _ in range(50)]


@pytest.mark.parametrize("text", MOBILES)
def test_a_mobile_number_is_read_however_it_is_written(text: str) -> None:
    number = MobileNumber.parse(text)
    assert number.value == f"+886{text[1:]}"
    assert number.formatted == f"{text[:4]} {text[4:7]} {text[7:]}"
    assert number.masked == f"+886{text[1:6]}****"
    for typed in (
        text[1:],
        f"886{text[1:]}",
        f"+886 {text}",
        f"002886{text[1:]}",
        number.formatted,
    ):
        assert MobileNumber.parse(typed) == number
    assert MobileNumber.compact(f"{text[:4]}-{text[4:]}") == number.value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("02 2345 6789", "landline"),
        ("(02)23456789", "landline"),
        ("04-23456789", "landline"),
        ("070 1012 3456", "voip"),
        ("0990 123 456", "personal-number"),
        ("+852 9123 4567", "foreign-number"),
        ("+1 212 555 0123", "foreign-number"),
        ("+886 800 000 123", "not-mobile"),
        ("0101234567", "unassigned-number"),
        ("+999 123 456 789", "not-a-phone-number"),
        ("0912 345 67", "invalid-length"),
        ("0912 345 6789", "invalid-length"),
        ("1922", "invalid-length"),
        ("12345678901234567", "invalid-length"),
        ("0912+345678", "invalid-character"),
        ("0912345678#1", "invalid-character"),
        ("0912345abc", "invalid-character"),
    ],
)
def test_other_telephone_numbers_are_refused_each_with_its_code(text: str, code: str) -> None:
    assert code_of(MobileNumber, text) == code
    assert not MobileNumber.is_valid(text)


def test_kinds_of_telephone_numbers_are_component_errors() -> None:
    for text in ("0223456789", "+85291234567", "0990123456"):
        with pytest.raises(InvalidComponent):
            MobileNumber.parse(text)


@given(text_of(DIGITS, 8, 8))
def test_phonenumbers_decides_what_is_mobile(serial: str) -> None:
    text = f"09{serial}"
    number = phonenumbers.parse(text, "TW")
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    assert MobileNumber.is_valid(text) is mobile


def test_verbs_leave_alone_what_is_no_telephone_number() -> None:
    assert MobileNumber.compact("+ 999") == "+999"
    assert MobileNumber.format("+999") == "+999"
    assert MobileNumber.format("+85291234567") == "+852 9123 4567"


def test_phone_metadata_is_loaded_with_the_first_mobile_number() -> None:
    code = (
        "import sys, vaxpolicy, vaxpolicy.identity as i\n"
        "i.NationalId.parse('A123456789'); i.is_valid_id_number('x')\n"
        "assert not [name for name in sys.modules if name.startswith('phonenumbers')]\n"
        "i.MobileNumber.is_valid('0900000000')\n"
        "assert 'phonenumbers' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  # our own code
