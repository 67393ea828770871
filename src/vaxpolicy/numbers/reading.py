"""Reads the number of a document: one mechanism for every kind of number.

A person types a text. `parse` turns it into a `Number`, whose existence proves that the text was
checked. The checks go in a fixed order, and each failure has its own error: type, length,
characters, check digit, component. The text is normalised first: full-width forms (U+FF01 to
U+FF5E, and U+3000) become ASCII, blanks and hyphens are dropped, ASCII is required, and letters
become capitals. Other signs between the characters, such as dots, slashes and unusual hyphens, are
refused; the error has the place of the first one and suggests the number without them.
`strict=True` turns that off.

Every class of number also has the functions of a module of
[python-stdnum](https://arthurdejong.org/python-stdnum/): `compact`, `validate`, `is_valid` and
`format`.

A person's number does not belong in a log. A value shows only its kind. An error shows where it is
and what was expected, never what was typed, and has no `__cause__`. The number itself is in `value`
and `formatted`, in `attrs.asdict`, and in a pickle of the value or of anything that holds it (an
error's suggestions, a claim, a form).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar
from unicodedata import category

from attrs import field, frozen

from vaxpolicy._stdnum import exceptions as std
from vaxpolicy._values import InvalidType, Typed, as_separator, checked, is_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

__all__ = [
    "DIGITS",
    "LETTERS",
    "LONGEST_INPUT",
    "Confusion",
    "InvalidChecksum",
    "InvalidComponent",
    "InvalidFormat",
    "InvalidLength",
    "Number",
    "NumberError",
    "Suggestion",
    "normalise",
    "number_of_checked_text",
]

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

LONGEST_INPUT = 256
"""Longer texts are refused before they are read, so that reading takes bounded time."""

# A single table normalises the input: full-width to ASCII, a-z to A-Z, blanks and hyphens dropped.
# Other characters are kept and refused later: str.upper() would turn a dotless i into an I.
_FULL_WIDTH = {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)} | {"\u3000": " "}
_ASCII = {chr(i): chr(i).upper() for i in range(128)} | {" ": "", "-": ""}
_NORMAL = str.maketrans(_ASCII | {wide: _ASCII[narrow] for wide, narrow in _FULL_WIDTH.items()})


class NumberError(std.ValidationError):
    """A text is not the expected number. The error is stdnum's `ValidationError`, a `ValueError`.

    The message says what was expected, and shows nothing that was typed.
    """

    code: str
    """The kind of error, as a word that does not change between releases."""
    position: int | None
    """The place of the first wrong character in the typed text, counted from 0."""
    allowed: str
    """The characters that are allowed at that place; empty if `position` is `None`."""
    looks_like: tuple[str, ...]
    """The kinds of number that the text resembles, as in `Number.kind`."""
    suggestions: tuple[Suggestion, ...]
    """Numbers that differ from the typed text by one typo; the library only suggests them."""

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "invalid",
        position: int | None = None,
        allowed: str = "",
        looks_like: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.position = position
        self.allowed = allowed
        self.looks_like = looks_like
        self.suggestions = ()


class InvalidFormat(NumberError, std.InvalidFormat):  # noqa: N818  # stdnum's name
    """A character is not allowed at its place; also stdnum's error of that name."""


class InvalidLength(InvalidFormat, std.InvalidLength):
    """Too many characters or too few; also stdnum's error of that name."""


class InvalidChecksum(NumberError, std.InvalidChecksum):  # noqa: N818  # stdnum's name
    """The check digit does not match the other characters; also stdnum's error of that name."""


class InvalidComponent(NumberError, std.InvalidComponent):  # noqa: N818  # stdnum's name
    """The number is well formed but of another kind, or not accepted; also stdnum's error."""


class Confusion(StrEnum):
    """The typos and misreadings that a suggestion corrects."""

    O_0 = "o-or-0"
    I_1_L = "i-or-1-or-l"
    B_8 = "b-or-8"
    S_5 = "s-or-5"
    Z_2 = "z-or-2"
    SWAPPED = "swapped"
    """Two neighbouring characters are swapped."""
    LOST = "lost"
    """One character is missing."""
    DOUBLED = "doubled"
    """One character was typed twice."""
    FULL_WIDTH = "full-width"
    """Full-width characters, although only canonical text was accepted."""
    LOWER_CASE = "lower-case"
    """Small letters, although only canonical text was accepted."""
    SEPARATOR = "separator"
    """Blanks or hyphens, although only canonical text was accepted; or other signs."""


_LOOK_ALIKES = {
    Confusion.O_0: "0O",
    Confusion.I_1_L: "1IL",
    Confusion.B_8: "8B",
    Confusion.S_5: "5S",
    Confusion.Z_2: "2Z",
}


@frozen(field_transformer=checked)
class Suggestion:
    """A valid number that differs from the typed text by one typo.

    It is probably somebody's real number, and several numbers may fit. So show `masked` and ask the
    person. Never use `number` without asking: that would undo the work of the check digit.
    """

    number: Number = field(repr=False)
    """The suggested number; its text is `number.value`."""
    change: Confusion
    """The typo."""
    position: int
    """The place of the typo in the typed text, counted from 0."""

    @property
    def masked(self) -> str:
        """The suggestion for a screen, without its last four characters."""
        return self.number.masked


@frozen(field_transformer=checked)
class Number:
    """The number of a document, as canonical text.

    `parse` makes it. The class itself accepts only canonical text. Two numbers are equal if class
    and text are equal. `str`, `repr` and f-strings show only the class; a pickle holds the number.
    """

    value: Typed = field(repr=False)  # rich prints the fields of attrs classes
    """The canonical text. Only this and `formatted` give the number: use them only if you must."""

    kind: ClassVar[str]
    """The kind of number, for programs: `"national-id"`."""
    name: ClassVar[str]
    """The kind of number, in messages: `"national ID"`."""
    lengths: ClassVar[tuple[int, int]]
    """The fewest and the most characters, after normalisation."""
    characters: ClassVar[str] = DIGITS
    """The characters that it may contain."""
    has_check_digit: ClassVar[bool] = False
    dropped: ClassVar[Mapping[int, None]] = {}
    """Further signs that people write in such a number, besides blanks and hyphens."""

    def __attrs_post_init__(self) -> None:
        if self.validate(self.value, strict=True) != self.value:
            message = f"{self.name}: expected the canonical form; parse() takes the others"
            raise InvalidFormat(message, code="not-canonical")

    # Written out, because pytest prints the fields of unequal objects whose __eq__ attrs has made.
    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self), self.value))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def masked(self) -> str:
        """The number for a screen, without its last four characters, as Taiwan's agencies mask it.

        Do not log it: a part of a number is still personal data.
        """
        return f"{self.value[:-4]}****"

    @property
    def warnings(self) -> tuple[str, ...]:
        """The codes of unusual features; no known rule refuses the number for them."""
        return ()

    @property
    def formatted(self) -> str:
        """The whole number, grouped as on the document."""
        return self._present(self.value)

    @classmethod
    def parse(cls, text: str, *, on: date | None = None, strict: bool = False) -> Self:
        """Read a number.

        `on` is the day on which the number is used; without it no date is checked. With `strict`
        only canonical text is accepted. Raises `NumberError` for a wrong text, and `TypeError` for
        anything but a `str`.
        """
        value = cls.validate(text, on=on, strict=strict)
        return number_of_checked_text(cls._class_of(value), value)

    @classmethod
    def is_valid(cls, text: str, *, on: date | None = None, strict: bool = False) -> bool:
        """Whether `parse` accepts `text`; never raises for a `str`."""
        try:
            cls._read(text, on, strict=strict)
        except NumberError:
            return False
        return True

    @classmethod
    def validate(cls, text: str, *, on: date | None = None, strict: bool = False) -> str:
        """The canonical text of a number. Raises the errors of `parse`."""
        try:
            return cls._read(text, on, strict=strict)
        except NumberError as error:
            if error.position is not None and not strict:
                error.position = cls._typed_position(text, error.position)
            if isinstance(error, InvalidFormat | InvalidChecksum):
                error.suggestions = tuple(cls._suggestions(text, on, strict=strict))
            raise

    @classmethod
    def compact(cls, text: str) -> str:
        """`text` normalised but not checked. Raises `InvalidLength` if it is far too long."""
        return cls._normalised(cls._bounded(text))

    @classmethod
    def _normalised(cls, text: str) -> str:
        """The text after `normalise`, without the signs that this kind drops."""
        plain = normalise(text)
        return plain.translate(cls.dropped) if cls.dropped else plain

    @classmethod
    def _typed_position(cls, text: str, index: int) -> int:
        """The place in the typed text of the character at `index` of the normalised text."""
        kept = [at for at, character in enumerate(text) if cls._normalised(character)]
        return kept[index] if index < len(kept) else len(text)

    @classmethod
    def format(cls, text: str) -> str:
        """`text` grouped as on the document, but not checked."""
        return cls._present(cls.compact(text))

    @classmethod
    def _allowed(cls, index: int) -> str:  # noqa: ARG003  # in most kinds every place is alike
        """The characters that are allowed at `index` of the normalised text."""
        return cls.characters

    @classmethod
    def _expected(cls, index: int) -> str:
        """The characters to show to the person; those that fail a later check are left out."""
        return cls._allowed(index)

    @classmethod
    def _checksum_holds(cls, plain: str) -> bool:  # noqa: ARG003  # most kinds have no check digit
        return True

    @classmethod
    def _component(cls, plain: str, on: date | None) -> str:  # noqa: ARG003  # a hook
        """Check the component and return the canonical text. Raises `InvalidComponent`."""
        return plain

    @classmethod
    def _present(cls, value: str) -> str:
        return value

    @classmethod
    def _class_of(cls, value: str) -> type[Self]:  # noqa: ARG003  # a hook
        return cls

    @classmethod
    def _bounded(cls, text: str) -> str:
        if not isinstance(text, str):
            raise InvalidType("text", f"the {cls.name} as text")
        if len(text) > LONGEST_INPUT:
            raise cls._length_error(f"more than {LONGEST_INPUT}")
        return text

    @classmethod
    def _length_error(cls, found: object) -> InvalidLength:
        fewest, most = cls.lengths
        expected = f"{most}" if fewest == most else f"{fewest} to {most}"
        return InvalidLength(
            f"{cls.name}: expected {expected} characters, found {found}", code="invalid-length"
        )

    @classmethod
    def _character_error(cls, index: int) -> InvalidFormat:
        allowed = cls._expected(index)
        return InvalidFormat(
            f"{cls.name}: expected one of {_in_short(allowed)} as character {index + 1}",
            code="invalid-character",
            position=index,
            allowed=allowed,
        )

    @classmethod
    def _read(cls, text: str, on: date | None, *, strict: bool) -> str:
        if on is not None and not is_day(on):
            raise InvalidType("on", "a date")
        text = cls._bounded(text)
        plain = str(text) if strict else cls._normalised(text)
        fewest, most = cls.lengths
        if not fewest <= len(plain) <= most:
            pasted = _first_pasted(plain)
            if pasted is None or not fewest <= len(_without_pasted(plain)) <= most:
                raise cls._length_error(len(plain))
            raise cls._character_error(pasted)
        for index, character in enumerate(plain):
            if character not in cls._allowed(index):
                raise cls._character_error(index)
        if not cls._checksum_holds(plain):
            raise InvalidChecksum(
                f"{cls.name}: the check digit does not fit the other characters",
                code="invalid-checksum",
            )
        return cls._component(plain, on)

    @classmethod
    def _suggestions(cls, text: str, on: date | None, *, strict: bool) -> Iterator[Suggestion]:
        if len(text) > LONGEST_INPUT:
            return
        plain = str(text) if strict else cls._normalised(text)
        slips = _look_alike, _swapped, _doubled, _lost
        seen = set()
        for change, index, candidate in (
            *_not_canonical(text, strict=strict),
            *_pasted(plain),
            *(slip for explain in slips for slip in explain(cls, plain)),
        ):
            if candidate not in seen and cls.is_valid(candidate, on=on, strict=True):
                seen.add(candidate)
                position = index if strict else cls._typed_position(text, index)
                yield Suggestion(cls.parse(candidate, strict=True), change, position)


_N = TypeVar("_N", bound=Number)
_set_value = Number.value.__set__  # type: ignore[attr-defined]  # attrs has made it a slot


def number_of_checked_text(cls: type[_N], value: str) -> _N:
    """Make a number from text that was checked, without checking it again."""
    number = object.__new__(cls)
    _set_value(number, value)
    return number


def normalise(text: str) -> str:
    """`text` with full-width forms as ASCII, no blanks or hyphens, and a to z as capitals.

    Everything else is unchanged, including the digits and letters of other scripts.

    >>> normalise(" ａ１２-３４５６７８９　")
    'A123456789'
    """
    return text.translate(_NORMAL)


# Each of the following yields (slip, index in the normalised text, what the person may have meant).


def _not_canonical(text: str, *, strict: bool) -> Iterator[tuple[Confusion, int, str]]:
    """The faults that only strict reading refuses; the first changed character names the fault."""
    if not strict:
        return
    for index, character in enumerate(text):
        if normalise(character) != character:
            narrow = _FULL_WIDTH.get(character)
            wide_or_small = Confusion.LOWER_CASE if narrow is None else Confusion.FULL_WIDTH
            change = wide_or_small if normalise(character) else Confusion.SEPARATOR
            yield change, index, normalise(text)
            return


def _is_pasted(character: str) -> bool:
    """Whether it is a blank, a sign or an invisible character: refused with a suggestion."""
    if character in " -":
        return False
    return as_separator(character) is not None or category(character)[0] == "P"


def _in_short(characters: str) -> str:
    """The characters as a message shows them, such as ``0-9``."""
    return characters.replace(DIGITS, "0-9").replace(LETTERS, "A-Z")


def _first_pasted(plain: str) -> int | None:
    return next((at for at, character in enumerate(plain) if _is_pasted(character)), None)


def _without_pasted(plain: str) -> str:
    return "".join(character for character in plain if not _is_pasted(character))


def _pasted(plain: str) -> Iterator[tuple[Confusion, int, str]]:
    """Blanks, signs and invisible characters that lie between the characters of a number."""
    first = _first_pasted(plain)
    if first is not None:
        yield Confusion.SEPARATOR, first, _without_pasted(plain)


def _look_alike(cls: type[Number], plain: str) -> Iterator[tuple[Confusion, int, str]]:
    """One kind of look-alike: at every place where it is not allowed, or else at any one place."""
    if len(plain) > cls.lengths[1]:
        return
    bad = [i for i, character in enumerate(plain) if character not in cls._allowed(i)]
    places = [bad] if bad else [[i] for i in range(len(plain))]
    for change, group in _LOOK_ALIKES.items():
        for at in places:
            if all(plain[i] in group for i in at):
                for meant in group:
                    yield change, at[0], _replaced(plain, at, meant)


def _replaced(plain: str, at: list[int], character: str) -> str:
    return "".join(character if i in at else c for i, c in enumerate(plain))


def _swapped(cls: type[Number], plain: str) -> Iterator[tuple[Confusion, int, str]]:
    if len(plain) > cls.lengths[1]:
        return
    for i in range(len(plain) - 1):
        yield Confusion.SWAPPED, i, f"{plain[:i]}{plain[i + 1]}{plain[i]}{plain[i + 2 :]}"


def _doubled(cls: type[Number], plain: str) -> Iterator[tuple[Confusion, int, str]]:
    if len(plain) != cls.lengths[1] + 1:
        return
    for i in range(1, len(plain)):
        if plain[i] == plain[i - 1]:
            yield Confusion.DOUBLED, i, f"{plain[:i]}{plain[i + 1 :]}"


def _lost(cls: type[Number], plain: str) -> Iterator[tuple[Confusion, int, str]]:
    """Numbers with one character more, first one that repeats its neighbour: it is easily lost.

    This needs a check digit. Without one every character would fit.
    """
    if not cls.has_check_digit or len(plain) != cls.lengths[0] - 1:
        return
    for i, twin in enumerate(plain, start=1):
        yield Confusion.LOST, i, f"{plain[:i]}{twin}{plain[i:]}"
    for i in range(len(plain) + 1):
        for character in cls._expected(i):
            yield Confusion.LOST, i, f"{plain[:i]}{character}{plain[i:]}"
