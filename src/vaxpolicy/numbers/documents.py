"""The other numbers that a form asks for: NHI card, permits, passport and mobile telephone.

NHI card number: 健保卡卡號. Entry/exit permit number: 入出境許可證號. Entry permit document number:
入國許可文號. These numbers have no check digit, and the format of the permits is not published. So
an unusual number is accepted with a warning. The manual has a page for each document, with the
sources and the open questions.

>>> EntryPermitNumber.parse("000012345678").warnings
()
>>> EntryPermitNumber.parse("X1234567").warnings
('unusual-shape',)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Self

from vaxpolicy._values import InvalidType, front_door
from vaxpolicy.numbers.reading import (
    DIGITS,
    LETTERS,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    Number,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from phonenumbers import PhoneNumber

__all__ = [
    "EntryDocumentNumber",
    "EntryPermitNumber",
    "MobileNumber",
    "NhiCardNumber",
    "PassportNumber",
    "mrz_check_digit",
]


class NhiCardNumber(Number):
    """健保卡卡號, at the lower left of the card: twelve digits, usually beginning with zeros.

    Neither a check digit nor a structure is published, so any twelve digits are accepted. Only the
    registry knows whether a card belongs to a person.

    >>> NhiCardNumber.parse("0000-1234-5678").formatted
    '0000 1234 5678'
    """

    __slots__ = ()

    kind = "nhi-card-number"
    name = "NHI card number"
    lengths: ClassVar[tuple[int, int]] = (12, 12)

    @classmethod
    def from_groups(cls, groups: Sequence[str], *, strict: bool = False) -> Self:
        """The number from three boxes of four digits each. Raises the errors of `parse`.

        `NumberError.position` counts through the boxes as if they were one.
        """
        if isinstance(groups, str) or not all(isinstance(group, str) for group in groups):
            raise InvalidType("groups", "groups of digits as text")
        sizes = [len(group if strict else cls._normalised(cls._bounded(group))) for group in groups]
        if sizes != [4, 4, 4]:
            message = f"{cls.name}: expected three groups of 4 characters"
            raise InvalidLength(message, code="invalid-length")
        return cls.parse("".join(groups), strict=strict)

    @classmethod
    def _present(cls, value: str) -> str:
        return " ".join(value[i : i + 4] for i in range(0, len(value), 4))


class _LenientNumber(Number):
    """A number whose format is not published, or differs between states."""

    __slots__ = ()

    characters: ClassVar[str] = DIGITS + LETTERS
    usual: ClassVar[str]

    @property
    def warnings(self) -> tuple[str, ...]:
        """`("unusual-shape",)` if the number differs from the known examples; otherwise nothing."""
        return () if re.fullmatch(self.usual, self.value) else ("unusual-shape",)


class EntryPermitNumber(_LenientNumber):
    """入出境許可證號, of Hong Kong, Macau and PRC residents and nationals without household.

    The format is not published, so 6 to 20 letters and digits are accepted. Twelve digits are
    usual: the few known examples have them.
    """

    __slots__ = ()

    kind = "entry-permit-number"
    name = "entry/exit permit number"
    lengths: ClassVar[tuple[int, int]] = (6, 20)
    usual: ClassVar[str] = "[0-9]{12}"


class EntryDocumentNumber(_LenientNumber):
    """入國許可文號, which a national without household registration may give instead of a permit.

    The format is not published, so 5 to 40 printable ASCII characters are accepted, without the
    hyphen, which every reading drops. Usual are 6 to 20 letters and digits.
    """

    __slots__ = ()

    kind = "entry-document-number"
    name = "entry permit document number"
    lengths: ClassVar[tuple[int, int]] = (5, 40)
    characters: ClassVar[str] = "".join(
        chr(code) for code in range(0x21, 0x7F) if not chr(code).islower() and chr(code) != "-"
    )
    usual: ClassVar[str] = "[0-9A-Z]{6,20}"


class PassportNumber(_LenientNumber):
    """The document number of a passport: letters and digits (ICAO Doc 9303).

    The field of a passport holds 1 to 9 characters. No number under 5 characters is known, and some
    documents have longer numbers, so 5 to 20 characters are accepted; 6 to 9 are usual. The number
    itself has no check digit; only the machine readable zone has one (`mrz_check_digit`).
    """

    __slots__ = ()

    kind = "passport-number"
    name = "passport number"
    lengths: ClassVar[tuple[int, int]] = (5, 20)
    usual: ClassVar[str] = "[0-9A-Z]{6,9}"


_MRZ_VALUES = {character: value for value, character in enumerate(DIGITS + LETTERS)} | {"<": 0}


@front_door
def mrz_check_digit(text: str) -> str:
    """The check digit of a field of a machine readable zone (ICAO Doc 9303 part 3, section 4.9).

    Digits have their own value, A to Z the values 10 to 35, and the filler `<` the value 0. The
    weights are 7, 3 and 1 in turn; the sum is taken modulo 10.
    Raises `InvalidFormat` for any other character.

    >>> mrz_check_digit("L898902C3"), mrz_check_digit("D23145890")
    ('6', '7')
    """
    for index, character in enumerate(text):
        if character not in _MRZ_VALUES:
            raise InvalidFormat(
                "machine readable zone: a character that is not allowed in it",
                code="invalid-character",
                position=index,
                allowed="".join(_MRZ_VALUES),
            )
    return str(sum(_MRZ_VALUES[c] * (7, 3, 1)[i % 3] for i, c in enumerate(text)) % 10)


_TAIWAN = 886  # the country code


class MobileNumber(Number):
    """A Taiwan mobile number for messages, in the form of E.164.

    It may belong to somebody else, so it proves nothing about a person. The numbering plan comes
    from the package phonenumbers, which is loaded when the first number is read. Landline, VoIP
    (070), personal (099) and foreign numbers are refused; each kind has its own code.
    """

    __slots__ = ()

    kind = "mobile-number"
    name = "mobile number"
    lengths: ClassVar[tuple[int, int]] = (9, 16)
    dropped: ClassVar[Mapping[int, None]] = dict.fromkeys(map(ord, "()."))

    @classmethod
    def compact(cls, text: str) -> str:
        """`text` in the form of E.164 if it is a telephone number; otherwise only normalised."""
        plain = super().compact(text)
        number = _phone_number(plain)
        return plain if number is None else _e164(number)

    @classmethod
    def _allowed(cls, index: int) -> str:
        return DIGITS if index else f"+{DIGITS}"

    @classmethod
    def _component(cls, plain: str, on: date | None) -> str:  # noqa: ARG003  # never expires
        number = _phone_number(plain)
        if number is None:
            raise cls._refused("not-a-phone-number", "no telephone number of any country")
        if number.country_code != _TAIWAN:
            raise cls._refused("foreign-number", "expected a number in Taiwan")
        return cls._taiwan_mobile(number)

    @classmethod
    def _taiwan_mobile(cls, number: PhoneNumber) -> str:
        from phonenumbers import PhoneNumberType, number_type  # noqa: PLC0415  # large metadata

        kind = number_type(number)
        if kind == PhoneNumberType.MOBILE:
            return _e164(number)
        if kind == PhoneNumberType.UNKNOWN and str(number.national_number).startswith("9"):
            message = f"{cls.name}: expected 09 and eight more digits"
            raise InvalidLength(message, code="invalid-length")
        code, expected = {
            PhoneNumberType.FIXED_LINE: ("landline", "a landline gets no text messages"),
            PhoneNumberType.VOIP: ("voip", "an internet telephone number gets no text messages"),
            PhoneNumberType.PERSONAL_NUMBER: ("personal-number", "099 numbers are not mobile ones"),
            PhoneNumberType.UNKNOWN: ("unassigned-number", "no such number is given out in Taiwan"),
        }.get(kind, ("not-mobile", "expected a mobile number"))
        raise cls._refused(code, expected)

    @classmethod
    def _refused(cls, code: str, why: str) -> InvalidComponent:
        return InvalidComponent(f"{cls.name}: {why}", code=code)

    @classmethod
    def _present(cls, value: str) -> str:
        from phonenumbers import PhoneNumberFormat, format_number  # noqa: PLC0415  # as above

        number = _phone_number(value)
        if number is None:
            return value
        taiwan = number.country_code == _TAIWAN
        style = PhoneNumberFormat.NATIONAL if taiwan else PhoneNumberFormat.INTERNATIONAL
        return format_number(number, style)


def _phone_number(plain: str) -> PhoneNumber | None:
    from phonenumbers import NumberParseException, parse  # noqa: PLC0415  # large metadata

    try:
        return parse(plain, "TW")
    except NumberParseException:
        return None


def _e164(number: PhoneNumber) -> str:
    from phonenumbers import PhoneNumberFormat, format_number  # noqa: PLC0415  # large metadata

    return format_number(number, PhoneNumberFormat.E164)
