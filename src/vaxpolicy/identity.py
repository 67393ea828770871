"""Who a person is: the numbers on their documents, the form that takes them, and what it proves.

- A number is read by its class (`NationalId.parse` and so on) or by `parse_id_number`: how that
  goes is in `vaxpolicy.numbers.reading`, the numbers are in `vaxpolicy.numbers.id_numbers` and
  `vaxpolicy.numbers.documents`.
- A form becomes a claim, or every problem at once: `check_form`, in `vaxpolicy.identity`.
- A claim becomes a matched one by what the registry says, and a key by which to find the person
  again: `match_claim` and `pseudonym`, in `vaxpolicy.identity`.

Everything is pure: the day comes in as an argument. Phone metadata is loaded when the first mobile
number is read.

>>> from datetime import date, datetime
>>> form = IdentityForm(
...     id_number="A123456789", nhi_card=("0000", "1234", "5678"), captcha_passed=True
... )
>>> form
<IdentityForm: id_number, nhi_card>
>>> claim = check_form(form, on=date(2021, 7, 6))
>>> claim.id_number, claim.nhi_card, claim.nhi_card.formatted
(<NationalId>, <NhiCardNumber>, '0000 1234 5678')
"""

from __future__ import annotations

from vaxpolicy._values import Prose, Typed, checked, require_type
from vaxpolicy.days import require_day
from vaxpolicy.numbers.documents import (
    EntryDocumentNumber,
    EntryPermitNumber,
    MobileNumber,
    NhiCardNumber,
    PassportNumber,
    mrz_check_digit,
)
from vaxpolicy.numbers.id_numbers import (
    COUNTIES,
    LEGACY_UI_NUMBERS_END,
    County,
    Generation,
    IdNumber,
    Issuer,
    NationalId,
    Origin,
    ResidencyStatus,
    Sex,
    UiNumber,
    is_valid_id_number,
    origin_of,
    parse_id_number,
)
from vaxpolicy.numbers.reading import (
    Confusion,
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    Number,
    NumberError,
    Suggestion,
)
from vaxpolicy.numbers.ui_number_advice import WITHOUT_UI_NUMBER, Advice, Application

__all__ = [
    "COUNTIES",
    "LEGACY_UI_NUMBERS_END",
    "WITHOUT_UI_NUMBER",
    "Advice",
    "Application",
    "Claim",
    "Confusion",
    "County",
    "EntryDocumentNumber",
    "EntryPermitNumber",
    "FieldError",
    "FieldWarning",
    "Generation",
    "IdNumber",
    "IdentityForm",
    "InvalidChecksum",
    "InvalidComponent",
    "InvalidForm",
    "InvalidFormat",
    "InvalidLength",
    "Issuer",
    "MatchedClaim",
    "MobileNumber",
    "NationalId",
    "NhiCardNumber",
    "NhiClaim",
    "NotMatched",
    "Number",
    "NumberError",
    "Origin",
    "PassportClaim",
    "PassportNumber",
    "PermitClaim",
    "RegistryAnswer",
    "ResidencyStatus",
    "Sex",
    "Suggestion",
    "UiNumber",
    "check_form",
    "is_valid_id_number",
    "match_claim",
    "mrz_check_digit",
    "origin_of",
    "parse_id_number",
    "pseudonym",
    "pseudonyms",
]


import hmac
import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from attrs import astuple, field, frozen

from vaxpolicy._values import InvalidType
from vaxpolicy.numbers.reading import LONGEST_INPUT, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date


def _groups(card: Sequence[str] | None) -> tuple[str, ...] | str | None:
    """JSON has no tuples."""
    return tuple(card) if isinstance(card, list) else card  # type: ignore[return-value]  # as is


@frozen(repr=False, eq=False, field_transformer=checked)
class IdentityForm:
    """What a person filled in, as typed. A box left empty is `None` or blank."""

    id_number: Typed | None = field(default=None, repr=False)
    """National ID or UI number, as it stands on the NHI card if the person has one."""
    nhi_card: tuple[Typed, ...] | Typed | None = field(default=None, repr=False, converter=_groups)
    """NHI card number, in one piece or in the three groups that are printed."""
    status: ResidencyStatus | None = None
    """As what a holder of a UI number says they are in Taiwan."""
    permit: Typed | None = field(default=None, repr=False)
    """Entry/exit permit number."""
    entry_document: Typed | None = field(default=None, repr=False)
    """Entry permit document number, for nationals without household registration."""
    passport: Typed | None = field(default=None, repr=False)
    """Passport number."""
    also_known_as: Typed | None = field(default=None, repr=False)
    """The person's other UI number, where an old and a new one are in use."""
    captcha_passed: bool | None = None
    """Whether the portal has seen the CAPTCHA solved; `None` where it has not asked."""

    # Written out, because pytest prints the fields of unequal objects whose __eq__ attrs has made.
    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return astuple(self) == astuple(other)

    def __hash__(self) -> int:
        return hash(astuple(self))

    def __repr__(self) -> str:
        filled = ", ".join(box for box in BOXES if getattr(self, box))
        return f"<IdentityForm: {filled or 'empty'}>"


@frozen(field_transformer=checked)
class FieldError:
    """One problem of a form. Nothing in it tells what was typed, its suggestions aside."""

    field: str
    """The box, named as in `IdentityForm`."""
    code: str
    """What is wrong, in a word that does not change between releases."""
    hint: Prose
    """What is wrong and what to do, in English."""
    belongs_in: tuple[str, ...] = ()
    """The boxes that what was typed looks right for, most likely first."""
    suggestions: tuple[Suggestion, ...] = ()
    """As `NumberError.suggestions`."""


@frozen(field_transformer=checked)
class FieldWarning:
    """Something unusual about a form that is no reason to refuse it; fields as of `FieldError`."""

    field: str
    code: str
    hint: Prose


class InvalidForm(ValueError):  # noqa: N818  # as the numbers' errors, which have stdnum's names
    """A form that makes no claim; `errors` has every problem at once."""

    errors: tuple[FieldError, ...]

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return ", ".join(f"{error.field}: {error.code}" for error in self.errors)


@frozen(kw_only=True, field_transformer=checked)
class NhiClaim:
    """A national ID or UI number, and an NHI card."""

    id_number: NationalId | UiNumber
    nhi_card: NhiCardNumber
    status: ResidencyStatus | None = None
    """What the person is, as far as declaration and number tell."""
    also_known_as: UiNumber | None = None
    warnings: tuple[FieldWarning, ...] = ()


@frozen(kw_only=True, field_transformer=checked)
class PermitClaim:
    """A UI number, and an entry/exit permit or an entry permit document."""

    id_number: UiNumber
    permit: EntryPermitNumber | EntryDocumentNumber
    status: ResidencyStatus | None = None
    """What the person is, as far as declaration, number and document tell."""
    also_known_as: UiNumber | None = None
    warnings: tuple[FieldWarning, ...] = ()


@frozen(kw_only=True, field_transformer=checked)
class PassportClaim:
    """A UI number, and a passport."""

    id_number: UiNumber
    passport: PassportNumber
    status: ResidencyStatus | None = None
    """What the person is, as far as declaration, number and document tell."""
    also_known_as: UiNumber | None = None
    warnings: tuple[FieldWarning, ...] = ()


Claim = NhiClaim | PermitClaim | PassportClaim

BOXES: Final[Mapping[str, type[Number]]] = {
    "id_number": IdNumber,
    "also_known_as": UiNumber,
    "nhi_card": NhiCardNumber,
    "permit": EntryPermitNumber,
    "entry_document": EntryDocumentNumber,
    "passport": PassportNumber,
}
"""The boxes of the form, each with the kind of number that belongs in it."""

_HOLDERS = {
    "permit": frozenset(ResidencyStatus) - {ResidencyStatus.FOREIGN_OR_STATELESS},
    "entry_document": frozenset({ResidencyStatus.NATIONAL_WITHOUT_HOUSEHOLD}),
    "passport": frozenset({ResidencyStatus.FOREIGN_OR_STATELESS}),
}
"""Whose document stands in for an NHI card, by box."""

FORM_HINTS: Final = {
    "missing": "fill this in",
    "no-ui-number": "a UI number is needed with this document; the National Immigration Agency"
    " gives one to people who have none",
    "no-second-document": "give the NHI card number; who has no card, the passport number"
    " (foreigners) or the entry/exit permit number (everyone else)",
    "two-routes": "give the NHI card or this document, not both; who has a card uses the card",
    "two-documents": "only one document stands in for the NHI card; say which status you have",
    "not-with-national-id": "holders of a national ID use their NHI card",
    "document-of-another-status": "this document does not go with your UI number and status",
    "unused-document": "not used: another document goes with your UI number and status",
    "status-contradicts-number": "the number is usually that of another status",
    "same-number": "this is the same number once more",
    "unusual-shape": "numbers of this kind usually look different; compare it with the document",
    "captcha-not-passed": "solve the CAPTCHA",
}
"""What the person can do, by the code of an error or a warning of a form."""


def check_form(form: IdentityForm, *, on: date, strict_status: bool = False) -> Claim:
    """The claim that a form makes on the day `on`.

    Raises `InvalidForm` with every problem at once. A declared status that contradicts the UI
    number is a warning on the claim, since what the number says of it rests on secondary sources;
    with `strict_status` it is a problem of the form. `TypeError` where a box holds something other
    than text.
    """
    require_type("form", IdentityForm, form)
    require_day("on", on)
    check = _Check(form, on)
    check.read_boxes()
    check.compare_status(strict=strict_status)
    claim = check.claim()
    if form.captcha_passed is not True:
        check.problem("captcha_passed", "captcha-not-passed")
    if claim is None or check.errors:
        raise InvalidForm(tuple(check.errors))
    return claim


class _Check:
    """A form on its way to a claim: the numbers read so far, and what is wrong with them."""

    def __init__(self, form: IdentityForm, on: date) -> None:
        self.form = form
        self.on = on
        self.typed = {box: text for box in BOXES if (text := _typed(form, box))}
        self.numbers: dict[str, Any] = {}
        self.errors: list[FieldError] = []
        self.warnings: list[FieldWarning] = []

    def problem(self, box: str, code: str) -> None:
        self.errors.append(FieldError(box, code, FORM_HINTS[code]))

    def warn(self, box: str, code: str) -> None:
        self.warnings.append(FieldWarning(box, code, FORM_HINTS[code]))

    def read_boxes(self) -> None:
        if "id_number" not in self.typed:
            without_card = _HOLDERS.keys() & self.typed.keys()
            self.problem("id_number", "no-ui-number" if without_card else "missing")
        for box in self.typed:
            number, error = self.read(box)
            if number is not None:
                self.numbers[box] = number
            if error is not None:
                self.errors.append(error)
        first, second = self.numbers.get("id_number"), self.numbers.get("also_known_as")
        if first is not None and first == second:
            self.problem("also_known_as", "same-number")

    def read(self, box: str) -> tuple[Number, None] | tuple[None, FieldError]:
        """The number in a box, or the one problem that says why there is none."""
        text = self.typed[box]
        error = None
        try:
            number = self.parse(box, text)
        except NumberError as raised:
            error = raised
        belongs_in = _belongs_in(box, text)
        suggestions = () if error is None else error.suggestions
        if belongs_in and not suggestions:
            names = " or the ".join(BOXES[other].name for other in belongs_in)
            hint = f"this belongs in the box of the {names}"
            return None, FieldError(box, "wrong-box", hint, belongs_in)
        if error is not None:
            return None, FieldError(box, error.code, str(error), belongs_in, suggestions)
        return number, None

    def parse(self, box: str, text: str) -> Number:
        if box == "nhi_card" and isinstance(self.form.nhi_card, tuple):
            return NhiCardNumber.from_groups(self.form.nhi_card)
        # A second UI number only links records, and may be one that is no longer accepted.
        return BOXES[box].parse(text, on=None if box == "also_known_as" else self.on)

    def open_statuses(self) -> frozenset[ResidencyStatus]:
        """The statuses that the person's UI numbers leave open."""
        statuses = frozenset(ResidencyStatus)
        for box in ("id_number", "also_known_as"):
            number = self.numbers.get(box)
            if isinstance(number, UiNumber):
                statuses = statuses & number.possible_statuses or statuses
        return statuses

    def is_national(self) -> bool:
        return isinstance(self.numbers.get("id_number"), NationalId)

    def compare_status(self, *, strict: bool) -> None:
        declared = self.form.status
        if declared is None:
            return
        if not isinstance(declared, ResidencyStatus):
            raise TypeError(f"status: expected ResidencyStatus, found {type(declared).__name__}")
        if self.is_national() or declared not in self.open_statuses():
            note = self.problem if strict else self.warn
            note("status", "status-contradicts-number")

    def stated(self) -> frozenset[ResidencyStatus]:
        """What declaration and numbers leave open; where they disagree, a document may decide."""
        if self.is_national():
            return frozenset()
        statuses = self.open_statuses()
        declared = statuses if self.form.status is None else frozenset({self.form.status})
        return declared & statuses or declared | statuses

    def claim(self) -> Claim | None:
        """The claim, where nothing is wrong with the boxes and how they go together."""
        documents = [box for box in _HOLDERS if box in self.typed]
        if "nhi_card" in self.typed:
            return self.card_claim(documents)
        if not documents:
            self.problem("nhi_card", "no-second-document")
        elif self.is_national():
            self.problem("nhi_card", "missing")
            for box in documents:
                self.problem(box, "not-with-national-id")
        else:
            return self.document_claim(documents)
        return None

    def card_claim(self, documents: list[str]) -> Claim | None:
        for box in documents:
            self.problem(box, "two-routes")
        if self.errors:
            return None
        return NhiClaim(nhi_card=self.numbers["nhi_card"], **self.common(self.stated(), "nhi_card"))

    def document_claim(self, documents: list[str]) -> Claim | None:
        statuses = self.stated()
        fitting = [box for box in documents if _HOLDERS[box] & statuses]
        if not fitting:
            for box in documents:
                self.problem(box, "document-of-another-status")
        elif "passport" in fitting[1:]:
            for box in fitting:
                self.problem(box, "two-documents")
        if self.errors:
            return None
        box = fitting[0]
        for other in documents:
            if other != box:
                self.warn(other, "unused-document")
        common = self.common(_HOLDERS[box] & statuses, box)
        if box == "passport":
            return PassportClaim(passport=self.numbers[box], **common)
        return PermitClaim(permit=self.numbers[box], **common)

    def common(self, statuses: frozenset[ResidencyStatus], document: str) -> dict[str, Any]:
        """What the three kinds of claim share; `statuses` are those that are left open."""
        for code in self.numbers[document].warnings:
            self.warn(document, code)
        declared = self.form.status
        return {
            "id_number": self.numbers["id_number"],
            "also_known_as": self.numbers.get("also_known_as"),
            "status": declared if declared in statuses else _only(statuses),
            "warnings": tuple(self.warnings),
        }


def _only(statuses: frozenset[ResidencyStatus]) -> ResidencyStatus | None:
    return next(iter(statuses)) if len(statuses) == 1 else None


def _typed(form: IdentityForm, box: str) -> str:
    """The text in a box, empty where nothing but blanks is in it."""
    typed = getattr(form, box)
    if isinstance(typed, tuple) and box == "nhi_card":
        typed = "".join(_text(box, group) for group in typed)
    text = _text(box, "" if typed is None else typed)
    return text if len(text) > LONGEST_INPUT or normalise(text) else ""


def _text(box: str, typed: object) -> str:
    if not isinstance(typed, str):
        raise TypeError(f"{box}: expected str, found {type(typed).__name__}")
    return typed


def _belongs_in(box: str, text: str) -> tuple[str, ...]:
    """The boxes that a text looks right for, where its own is none of them."""
    if box not in {"id_number", "also_known_as"} and IdNumber.is_valid(text):
        return ("id_number",)
    if box in {"id_number", "also_known_as", "passport"} and NhiCardNumber.is_valid(text):
        return ("nhi_card", "permit")
    if box in {"id_number", "also_known_as", "nhi_card"} and _is_like_a_passport(text):
        return ("passport",)
    return ()


# Nine digits, or a letter and five digits at least, which tells passports from slips.
_LIKE_A_PASSPORT = re.compile("(?=.*[A-Z])(?=(?:.*[0-9]){5})[0-9A-Z]{6,9}|[0-9]{9}")


def _is_like_a_passport(text: str) -> bool:
    # The number first: it bounds the length.
    return PassportNumber.is_valid(text) and bool(_LIKE_A_PASSPORT.fullmatch(normalise(text)))


SHORTEST_KEY = 32
"""Bytes that a key must have at least: as many as SHA-256 gives."""


class RegistryAnswer(Enum):
    """What the registry said of a claim."""

    MATCHED = "matched"
    NOT_MATCHED = "not-matched"
    UNAVAILABLE = "unavailable"
    """No answer, or none that can be relied on; to be asked again later."""


class NotMatched(Exception):  # noqa: N818  # an outcome, named as such
    """The registry has not confirmed a claim.

    `code` is "not-matched" (the person should compare the form with the documents) or
    "registry-unavailable" (nothing is known; ask again later).
    """

    code: str

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@frozen(field_transformer=checked)
class MatchedClaim:
    """A claim that the registry has confirmed; made by `match_claim`."""

    claim: Claim


def match_claim(claim: Claim, answer: RegistryAnswer) -> MatchedClaim:
    """The confirmed claim; raises `NotMatched` for every other answer.

    `TypeError` for anything but a claim and a `RegistryAnswer`: no truth value will do.
    """
    if not isinstance(claim, NhiClaim | PermitClaim | PassportClaim):
        raise InvalidType("claim", "a claim, as `check_form` gives it")
    require_type("answer", RegistryAnswer, answer)
    if answer is RegistryAnswer.NOT_MATCHED:
        raise NotMatched("not-matched")
    if answer is RegistryAnswer.UNAVAILABLE:
        raise NotMatched("registry-unavailable")
    return MatchedClaim(claim)


def pseudonym(number: Number, key: bytes) -> str:
    """A stable name for a number that does not tell it: 64 hexadecimal digits.

    HMAC-SHA-256 (RFC 2104) of kind and number. Who has the key can try all numbers, so that it is
    kept apart from what it names. A mobile number, which may be someone else's and changes hands,
    is a `TypeError`; a key of under 32 bytes a `ValueError`.
    """
    if isinstance(number, MobileNumber) or not isinstance(number, Number):
        raise InvalidType("number", "the number of an identity document, as `parse` gives it")
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"key: expected at least {SHORTEST_KEY} bytes, found {len(key)}")
    # No kind has a colon, so that no two numbers share a message.
    message = f"vaxpolicy:pseudonym:1:{number.kind}:{number.value}"
    return hmac.digest(key, message.encode("ascii"), "sha256").hex()


def pseudonyms(claim: Claim, key: bytes) -> tuple[str, ...]:
    """The pseudonyms of whoever makes a claim: of the ID or UI number, then of the other one.

    A person with an old and a new UI number has two, and is the same if any of them is.
    """
    numbers = (claim.id_number, claim.also_known_as)
    return tuple(pseudonym(number, key) for number in numbers if number is not None)
