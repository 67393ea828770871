"""The national ID and the UI number, which share a check digit and a box on the form.

National ID: 國民身分證統一編號. UI number: 外來人口統一證號, the number of people without household
registration in Taiwan, in two formats.

The first letter means two digits with the weights 1 and 9. The next eight characters have the
weights 8 to 1, and the check digit at the end has the weight 1. The weighted sum ends in 0. The
layout is law (https://law.moj.gov.tw/LawClass/LawAll.aspx?pcode=D0030030). The law does not give
the values of letters and the weights; every implementation agrees on them, and so do the golden
vectors of the tests.

>>> number = parse_id_number("a123-456-789")
>>> number
<NationalId>
>>> number.value, number.masked, number.county.name
('A123456789', 'A12345****', '臺北市')
>>> IdNumber.check_digit("A12345678")
'9'
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from vaxpolicy._values import InvalidType
from vaxpolicy.numbers.reading import (
    DIGITS,
    LETTERS,
    InvalidComponent,
    InvalidFormat,
    Number,
    number_of_checked_text,
)

if TYPE_CHECKING:
    from vaxpolicy.numbers.counties import County

__all__ = [
    "LEGACY_UI_NUMBERS_END",
    "Generation",
    "IdNumber",
    "Issuer",
    "NationalId",
    "Origin",
    "ResidencyStatus",
    "Sex",
    "UiNumber",
    "is_valid_id_number",
    "origin_of",
    "parse_id_number",
]

LEGACY_UI_NUMBERS_END = date(2031, 1, 1)
"""The first day on which UI numbers of two letters are refused.

https://news.immigration.gov.tw/Column/Detail/f4c78bb2-65d6-4a95-a8e5-57f6d613f0f5
"""

_LENGTH = 10
_LETTER_CODES = {letter: 10 + i for i, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO")}
_SECOND_VALUES = {digit: int(digit) for digit in DIGITS} | {"A": 0, "B": 1, "C": 2, "D": 3}
_ANY_SECOND = "".join(_SECOND_VALUES)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 1, 1)  # of the second to the tenth character

# The sum is looked up in four tables, two or three characters at a time, and a miss means: not a
# canonical number. _HEADS has the first pairs that are given out, _ANY_HEADS also those with
# another second digit. Tables of more characters would be fewer, and too large for a fast cache.
_ANY_HEADS = {
    letter + second: code // 10 + code % 10 * 9 + value * _WEIGHTS[0]
    for letter, code in _LETTER_CODES.items()
    for second, value in _SECOND_VALUES.items()
}
_HEADS = {pair: part for pair, part in _ANY_HEADS.items() if pair[1] in "1289ABCD"}


_PAIRS = [first + second for first in DIGITS for second in DIGITS]
_TRIPLES = [pair + third for pair in _PAIRS for third in DIGITS]


def _partial_sums(runs: list[str], *weights: int) -> dict[str, int]:
    """The parts of the sum for each run of digits, as many as there are weights."""
    parts = [0]
    for weight in weights:
        parts = [part + addend for part in parts for addend in range(0, 10 * weight, weight)]
    return dict(zip(runs, parts, strict=True))


def pair_sums() -> tuple[dict[str, int], ...]:
    """The parts of the sum for each pair of characters of a canonical number, from the left."""
    return (_HEADS, *(_partial_sums(_PAIRS, *_WEIGHTS[i : i + 2]) for i in (1, 3, 5, 7)))


_SUMS_3, _SUMS_6 = (_partial_sums(_TRIPLES, *_WEIGHTS[i : i + 3]) for i in (1, 4))
_SUMS_9 = _partial_sums(_PAIRS, *_WEIGHTS[7:])
# Made once: until 3.12, Python makes a slice anew each time that one is taken.
_1_2, _3_5, _6_8, _9_10 = slice(2), slice(2, 5), slice(5, 8), slice(8, _LENGTH)


class Generation(Enum):
    """The two formats of a UI number."""

    LEGACY = "legacy"
    """Two letters and eight digits; given out until 2021-01-01, refused from 2031-01-01."""
    CURRENT = "current"
    """One letter and nine digits; given out since 2021-01-02."""


class ResidencyStatus(Enum):
    """The legal status of a UI-number holder in Taiwan; it decides which document is needed."""

    FOREIGN_OR_STATELESS = "foreign-or-stateless"
    NATIONAL_WITHOUT_HOUSEHOLD = "national-without-household"
    """無戶籍國民: a national who has never registered a household in Taiwan. Not stateless."""
    HK_MACAU = "hk-macau"
    PRC = "prc"


class Sex(Enum):
    """The meaning of the second character of a number, which the law calls the sex code."""

    MALE = "male"
    FEMALE = "female"


class Issuer(Enum):
    """The office that gives out a number; it does not show a nationality."""

    HOUSEHOLD_REGISTRATION = "household-registration"
    """戶政事務所, for national IDs."""
    IMMIGRATION = "immigration"
    """內政部移民署, for UI numbers."""


class Origin(Enum):
    """The alleged meaning of the third character of a national ID; see `origin_of`."""

    BORN_NATIONAL = "born-national"
    FORMERLY_FOREIGN_OR_STATELESS = "formerly-foreign-or-stateless"
    FORMERLY_WITHOUT_HOUSEHOLD = "formerly-without-household"
    FORMERLY_HK_MACAU = "formerly-hk-macau"
    FORMERLY_PRC = "formerly-prc"


class IdNumber(Number, ABC):
    """A `NationalId` or a `UiNumber`, for a form with one box for both."""

    __slots__ = ()

    kind = "id-number"
    name = "national ID or UI number"
    lengths: ClassVar[tuple[int, int]] = (_LENGTH, _LENGTH)
    has_check_digit = True
    issuer: ClassVar[Issuer]
    _second: ClassVar[str] = "1289ABCD"

    @property
    def letter(self) -> str:
        """The first character, which shows the county."""
        return self.value[0]

    @property
    def county(self) -> County:
        """The county that first gave out the number; not the holder's place of birth."""
        from vaxpolicy.numbers.counties import COUNTIES  # noqa: PLC0415  # few ask for the county

        return COUNTIES[self.value[0]]

    @property
    @abstractmethod
    def sex(self) -> Sex:
        """The sex that the second character shows."""

    @classmethod
    def parse(cls, text: str, *, on: date | None = None, strict: bool = False) -> Self:
        """Read a `NationalId` or a `UiNumber`; see `Number.parse`."""
        if _remainder(text) == 0 and text[1] in cls._second and _no_date_matters(on):
            number: Self = number_of_checked_text(_CLASS_OF[text[1]], text)
            return number
        return super().parse(text, on=on, strict=strict)

    @classmethod
    def is_valid(cls, text: str, *, on: date | None = None, strict: bool = False) -> bool:
        """Whether `parse` accepts `text`; never raises for a `str`."""
        remainder = _remainder(text)
        if remainder >= 0 and text[1] in cls._second and _no_date_matters(on):
            return remainder == 0
        return super().is_valid(text, on=on, strict=strict)

    @classmethod
    def check_digit(cls, text: str) -> str:
        """The check digit for the first nine characters of a canonical number."""
        remainder = _remainder(f"{text}0", _ANY_HEADS)
        if remainder < 0:
            message = f"{cls.name}: expected the first nine characters of a canonical number"
            raise InvalidFormat(message, code="not-canonical")
        return str(-remainder % 10)

    @classmethod
    def _class_of(cls, value: str) -> type[Self]:
        return _CLASS_OF[value[1]]

    @classmethod
    def _allowed(cls, index: int) -> str:
        return (LETTERS, _ANY_SECOND, DIGITS)[min(index, 2)]

    @classmethod
    def _expected(cls, index: int) -> str:
        return cls._second if index == 1 else cls._allowed(index)

    @classmethod
    def _checksum_holds(cls, plain: str) -> bool:
        return _remainder(plain, _ANY_HEADS) == 0

    @classmethod
    def _component(cls, plain: str, on: date | None) -> str:
        second = plain[1]
        if second not in cls._second:
            raise cls._wrong_kind(second)
        if second in _LEGACY and on is not None and on >= LEGACY_UI_NUMBERS_END:
            message = (
                f"{cls.name}: two letters are not accepted from {LEGACY_UI_NUMBERS_END} on;"
                " the National Immigration Agency exchanges such UI numbers"
            )
            raise InvalidComponent(message, code="format-no-longer-accepted")
        return plain

    @classmethod
    def _wrong_kind(cls, second: str) -> InvalidComponent:
        other = _CLASS_OF.get(second)
        if other is None:
            code = "unassigned-second-character"
            message = f"{cls.name}: no number with this second character is given out"
            looks_like: tuple[str, ...] = (NationalId.kind, UiNumber.kind)
        else:
            code = "wrong-kind"
            message = f"{cls.name}: this is a {other.name}"
            looks_like = (other.kind,)
        return InvalidComponent(
            message, code=code, position=1, allowed=cls._second, looks_like=looks_like
        )


class NationalId(IdNumber):
    """國民身分證統一編號: one letter, sex code 1 or 2, seven digits and a check digit."""

    __slots__ = ()

    kind = "national-id"
    name = "national ID"
    issuer = Issuer.HOUSEHOLD_REGISTRATION
    _second = "12"

    @property
    def sex(self) -> Sex:
        """The sex that the second character shows: 1 male, 2 female. No other code is known."""
        return Sex.MALE if self.value[1] == "1" else Sex.FEMALE


class UiNumber(IdNumber):
    """外來人口統一證號, on residence certificates and permits, in the legacy or current format."""

    __slots__ = ()

    kind = "ui-number"
    name = "UI number"
    issuer = Issuer.IMMIGRATION
    _second = "89ABCD"

    @property
    def sex(self) -> Sex:
        """The sex that the second character shows: 8, A or C male; 9, B or D female."""
        return Sex.MALE if self.value[1] in "8AC" else Sex.FEMALE

    @property
    def generation(self) -> Generation:
        """The format: current, or the legacy one of two letters."""
        return Generation.LEGACY if self.value[1] in _LEGACY else Generation.CURRENT

    @property
    def possible_statuses(self) -> frozenset[ResidencyStatus]:
        """The statuses that the holder may have, as far as the number shows; one if current.

        The third character of a current number shows the status. Secondary sources say so. They
        cite the National Immigration Agency, whose own text was not seen.
        """
        second, third = self.value[1], self.value[2]
        return _LEGACY_STATUSES[second] if second in _LEGACY else _CURRENT_STATUSES[third]


_LEGACY = "ABCD"
_CLASS_OF: dict[str, type[Any]] = dict.fromkeys(("1", "2"), NationalId) | dict.fromkeys(
    ("8", "9", *_LEGACY), UiNumber
)

_NOT_FOREIGN = frozenset(
    {ResidencyStatus.NATIONAL_WITHOUT_HOUSEHOLD, ResidencyStatus.HK_MACAU, ResidencyStatus.PRC}
)
_FOREIGN = frozenset({ResidencyStatus.FOREIGN_OR_STATELESS})
_LEGACY_STATUSES = {"A": _NOT_FOREIGN, "B": _NOT_FOREIGN, "C": _FOREIGN, "D": _FOREIGN}
_CURRENT_STATUSES = dict.fromkeys("0123456", _FOREIGN) | {
    "7": frozenset({ResidencyStatus.NATIONAL_WITHOUT_HOUSEHOLD}),
    "8": frozenset({ResidencyStatus.HK_MACAU}),
    "9": frozenset({ResidencyStatus.PRC}),
}

_ORIGINS = dict.fromkeys("012345", Origin.BORN_NATIONAL) | {
    "6": Origin.FORMERLY_FOREIGN_OR_STATELESS,
    "7": Origin.FORMERLY_WITHOUT_HOUSEHOLD,
    "8": Origin.FORMERLY_HK_MACAU,
    "9": Origin.FORMERLY_PRC,
}


def origin_of(number: NationalId) -> Origin:
    """The holder's former status that the third character of a national ID is said to show.

    Secondary sources agree on this meaning, but no official source states it. It is sensitive. This
    library does not use it, and no public rule does. Do not decide by it, and do not log it.
    """
    if not isinstance(number, NationalId):
        raise InvalidType("number", "a NationalId")
    return _ORIGINS[number.value[2]]


def parse_id_number(
    text: str, *, on: date | None = None, strict: bool = False
) -> NationalId | UiNumber:
    """Read a national ID or a UI number.

    `on` is the day on which the number is used: legacy UI numbers are refused from 2031-01-01 on.
    Without `on` no date is checked. With `strict` only canonical text is accepted.

    Raises `NumberError` for a wrong text and `TypeError` for anything but a `str`.

    >>> parse_id_number("A123456788")
    Traceback (most recent call last):
    vaxpolicy.numbers.reading.InvalidChecksum: national ID or UI number: ...
    """
    return IdNumber.parse(text, on=on, strict=strict)  # type: ignore[return-value]  # it is either


def is_valid_id_number(text: str, *, on: date | None = None, strict: bool = False) -> bool:
    """Whether `parse_id_number` accepts `text`; never raises for a `str`."""
    if on is None and _remainder(text) == 0:
        return True
    return IdNumber.is_valid(text, on=on, strict=strict)


def _no_date_matters(on: date | None) -> bool:
    return on is None or (type(on) is date and on < LEGACY_UI_NUMBERS_END)


def _remainder(text: str, heads: dict[str, int] = _HEADS) -> int:
    """The last digit of the weighted sum: 0 if the number is valid, -1 if it is not canonical."""
    if type(text) is str and len(text) == _LENGTH:
        try:
            return (
                heads[text[_1_2]] + _SUMS_3[text[_3_5]] + _SUMS_6[text[_6_8]] + _SUMS_9[text[_9_10]]
            ) % 10
        except KeyError:  # which holds characters of the number, and ends here
            pass
    return -1
