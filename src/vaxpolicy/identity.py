"""Checks who a person is: the numbers on documents, the identity form, and the registry's answer.

A person proves who they are with two documents. The first has an ID number: nationals whose
household is registered in Taiwan have a national ID, and other residents a UI number (Unified ID
number). The second is the NHI card (National Health Insurance). Holders of a UI number without that
card show a passport, an entry/exit permit or an entry permit document instead.

1. Each kind of number has a class that reads and checks it, such as `NationalId.parse`;
   `parse_id_number` reads both kinds of ID number. The classes are in `vaxpolicy.numbers`.
2. `check_form` checks a whole form, whose fields are called boxes. It returns an identity claim,
   or raises `InvalidForm` with every problem at once. The claim is the ID number and the second
   document; it proves nothing yet.
3. The portal asks the registry, such as that of the health insurance, whether both documents belong
   to one person. `match_claim` takes the claim and the registry's answer, and returns the matched
   claim.
4. `pseudonym` makes the name under which the portal keeps the person's bookings. The name does not
   show the number.

The module is pure: the day is an argument. Phone metadata is loaded when the first mobile number is
read.

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

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from attrs import astuple, field, frozen

from vaxpolicy._lazy import names_from
from vaxpolicy._values import (
    InvalidType,
    Prose,
    Typed,
    checked,
    front_door,
    require_day,
    require_type,
)
from vaxpolicy.numbers.documents import (
    EntryDocumentNumber,
    EntryPermitNumber,
    MobileNumber,
    NhiCardNumber,
    PassportNumber,
    mrz_check_digit,
)
from vaxpolicy.numbers.id_numbers import (
    LEGACY_UI_NUMBERS_END,
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
    LONGEST_INPUT,
    Confusion,
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    Number,
    NumberError,
    Suggestion,
    normalise,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from vaxpolicy.numbers.counties import COUNTIES, County
    from vaxpolicy.numbers.ui_number_advice import WITHOUT_UI_NUMBER, Advice, Application
else:
    # The counties and the advice are loaded when they are first asked for.
    __getattr__ = names_from(
        __name__,
        {
            "vaxpolicy.numbers.counties": ("COUNTIES", "County"),
            "vaxpolicy.numbers.ui_number_advice": ("WITHOUT_UI_NUMBER", "Advice", "Application"),
        },
    )

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


def _groups_of_card(card: Sequence[str] | None) -> tuple[str, ...] | str | None:
    """The groups of a card's number as a tuple; JSON has only lists."""
    return tuple(card) if isinstance(card, list) else card  # type: ignore[return-value]  # checked


@frozen(field_transformer=checked)
class IdentityForm:
    """The boxes of an identity form, as the person typed them. An empty box is `None` or blank."""

    id_number: Typed | None = field(default=None, repr=False)
    """National ID or UI number: the one on the NHI card, if the person has a card."""
    nhi_card: tuple[Typed, ...] | Typed | None = field(
        default=None, repr=False, converter=_groups_of_card
    )
    """NHI card number: one text, or the three groups that are printed on the card."""
    status: ResidencyStatus | None = None
    """The legal status in Taiwan that a holder of a UI number declares."""
    permit: Typed | None = field(default=None, repr=False)
    """Entry/exit permit number."""
    entry_document: Typed | None = field(default=None, repr=False)
    """Entry permit document number, for nationals without household registration."""
    passport: Typed | None = field(default=None, repr=False)
    """Passport number."""
    also_known_as: Typed | None = field(default=None, repr=False)
    """The person's other UI number, if an old and a new one are in use."""
    captcha_passed: bool | None = None
    """Whether the person solved the portal's CAPTCHA; only True is accepted."""

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
    """One problem of a form. Only its suggestions can show what the person typed."""

    field: str
    """The box, named as in `IdentityForm`."""
    code: str
    """The kind of problem, as a word that does not change between releases."""
    hint: Prose
    """The problem and the remedy, in English."""
    belongs_in: tuple[str, ...] = ()
    """The boxes that the typed text fits, most likely first."""
    suggestions: tuple[Suggestion, ...] = ()
    """Numbers that the person may have meant; see `NumberError.suggestions`."""


@frozen(field_transformer=checked)
class FieldWarning:
    """Something unusual about a form that is accepted: the field, a code and a hint."""

    field: str
    code: str
    hint: Prose


class InvalidForm(ValueError):  # noqa: N818  # as the numbers' errors, which have stdnum's names
    """A form was refused; `errors` has every problem at once."""

    errors: tuple[FieldError, ...]

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return ", ".join(f"{error.field}: {error.code}" for error in self.errors)


@frozen(kw_only=True, field_transformer=checked)
class NhiClaim:
    """A claim by a national ID or UI number and an NHI card."""

    id_number: NationalId | UiNumber
    nhi_card: NhiCardNumber
    status: ResidencyStatus | None = None
    """The person's status, as far as the declaration and the number show it."""
    also_known_as: UiNumber | None = None
    warnings: tuple[FieldWarning, ...] = ()


@frozen(kw_only=True, field_transformer=checked)
class PermitClaim:
    """A claim by a UI number and an entry/exit permit or an entry permit document."""

    id_number: UiNumber
    permit: EntryPermitNumber | EntryDocumentNumber
    status: ResidencyStatus | None = None
    """The person's status, as far as the declaration, the number and the document show it."""
    also_known_as: UiNumber | None = None
    warnings: tuple[FieldWarning, ...] = ()


@frozen(kw_only=True, field_transformer=checked)
class PassportClaim:
    """A claim by a UI number and a passport."""

    id_number: UiNumber
    passport: PassportNumber
    status: ResidencyStatus | None = None
    """The person's status, as far as the declaration, the number and the document show it."""
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
"""The statuses whose holders may show a document instead of an NHI card, by box."""

FORM_HINTS: Final = {
    "missing": "fill this in",
    "no-ui-number": "a UI number is needed with this document; the National Immigration Agency"
    " gives one to people who have none",
    "no-second-document": "give the NHI card number; with a UI number and no card, give the"
    " passport number (foreigners) or the entry/exit permit number (everyone else)",
    "two-routes": "give the NHI card or this document, not both; if you have a card, use the card",
    "two-documents": "only one document can replace the NHI card; say which status you have",
    "not-with-national-id": "holders of a national ID use their NHI card",
    "document-of-another-status": "this document does not go with your UI number and status",
    "unused-document": "not used: another document goes with your UI number and status",
    "status-contradicts-number": "the number is usually that of another status",
    "same-number": "this is the same number once more",
    "unusual-shape": "numbers of this kind usually look different; compare it with the document",
    "captcha-not-passed": "solve the CAPTCHA",
}
"""The hint for the person, by the code of an error or a warning of a form."""


def check_form(form: IdentityForm, *, on: date, strict_status: bool = False) -> Claim:
    """Check a form and return the claim that it makes on the day `on`.

    A UI number shows a status, and a declared status may contradict it. That is a warning on the
    claim, because only secondary sources say which number shows which status. With `strict_status`
    it is a problem of the form.

    Raises `InvalidForm` with every problem at once, and `TypeError` if a box holds anything but
    text.
    """
    require_type("form", IdentityForm, form)
    require_day("on", on)
    check = _Check(form, on)
    check.read_boxes()
    check.compare_status(strict=strict_status)
    claim = check.make_claim()
    if form.captcha_passed is not True:
        check.problem("captcha_passed", "captcha-not-passed")
    if claim is None or check.errors:
        raise InvalidForm(tuple(check.errors))
    return claim


class _Check:
    """The check of one form: the numbers that were read, and the problems that were found."""

    def __init__(self, form: IdentityForm, on: date) -> None:
        self.form = form
        self.on = on
        typed = {box: text for box in BOXES if (text := _typed(form, box))}
        self.plain = {
            box: plain
            for box, text in typed.items()
            if (plain := text if len(text) > LONGEST_INPUT else normalise(text))
        }
        """The texts as compared, each normalised once; a box with blanks alone is empty."""
        self.typed = {box: typed[box] for box in self.plain}
        self.numbers: dict[str, Any] = {}  # each of the kind that belongs in its box
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
        """The number in a box, or the problem with it."""
        text = self.typed[box]
        error = None
        try:
            number = self.parse(box, text)
        except NumberError as raised:
            error = raised
        belongs_in = _belongs_in(box, self.plain[box])
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
        # A second UI number only links records; it may be of a format that is no longer accepted.
        return BOXES[box].parse(text, on=None if box == "also_known_as" else self.on)

    def statuses_of_numbers(self) -> frozenset[ResidencyStatus]:
        """The statuses that the person's UI numbers allow."""
        statuses = frozenset(ResidencyStatus)
        for box in ("id_number", "also_known_as"):
            number = self.numbers.get(box)
            if isinstance(number, UiNumber):
                common = statuses & number.possible_statuses
                if common:  # two numbers that contradict each other leave it open
                    statuses = common
        return statuses

    def is_national(self) -> bool:
        return isinstance(self.numbers.get("id_number"), NationalId)

    def compare_status(self, *, strict: bool) -> None:
        declared = self.form.status
        if declared is None:
            return
        if self.is_national() or declared not in self.statuses_of_numbers():
            note = self.problem if strict else self.warn
            note("status", "status-contradicts-number")

    def statuses_of_form(self) -> frozenset[ResidencyStatus]:
        """The statuses that the declaration and the numbers allow.

        If they contradict each other, both count, and a document may decide.
        """
        if self.is_national():
            return frozenset()
        statuses = self.statuses_of_numbers()
        declared = statuses if self.form.status is None else frozenset({self.form.status})
        common = declared & statuses
        return common or declared | statuses

    def make_claim(self) -> Claim | None:
        """Make the claim; note the problem and return None if the boxes do not go together."""
        documents = [box for box in _HOLDERS if box in self.typed]
        if "nhi_card" in self.typed:
            return self.make_card_claim(documents)
        if not documents:
            self.problem("nhi_card", "no-second-document")
        elif self.is_national():
            self.problem("nhi_card", "missing")
            for box in documents:
                self.problem(box, "not-with-national-id")
        else:
            return self.make_document_claim(documents)
        return None

    def make_card_claim(self, documents: list[str]) -> Claim | None:
        for box in documents:
            self.problem(box, "two-routes")
        if self.errors:  # some box is wrong, and its number may be missing
            return None
        self.warn_about_number("nhi_card")
        return NhiClaim(
            nhi_card=self.numbers["nhi_card"], **self.common_fields(self.statuses_of_form())
        )

    def make_document_claim(self, documents: list[str]) -> Claim | None:
        statuses = self.statuses_of_form()
        fitting = [box for box in documents if _HOLDERS[box] & statuses]
        if not fitting:
            for box in documents:
                self.problem(box, "document-of-another-status")
        elif "passport" in fitting[1:]:
            for box in fitting:
                self.problem(box, "two-documents")
        if self.errors:  # as above
            return None
        box = fitting[0]
        for other in documents:
            if other != box:
                self.warn(other, "unused-document")
        self.warn_about_number(box)
        common = self.common_fields(_HOLDERS[box] & statuses)
        if box == "passport":
            return PassportClaim(passport=self.numbers[box], **common)
        return PermitClaim(permit=self.numbers[box], **common)

    def warn_about_number(self, box: str) -> None:
        """Note what is unusual about the number in a box."""
        for code in self.numbers[box].warnings:
            self.warn(box, code)

    def common_fields(self, statuses: frozenset[ResidencyStatus]) -> dict[str, Any]:
        """The fields that all kinds of claim share; `statuses` are those still possible."""
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
    """The text in a box; "" if the box is empty."""
    typed = getattr(form, box)
    text: str = ("".join(typed) if isinstance(typed, tuple) else typed) or ""
    return text


def _belongs_in(box: str, plain: str) -> tuple[str, ...]:
    """The boxes that a normalised text fits better than its own box.

    Lengths come first: they are cheap, and most texts are right.
    """
    if box not in {"id_number", "also_known_as"} and _is(IdNumber, plain):
        return ("id_number",)
    if box in {"id_number", "also_known_as", "passport"} and _is(NhiCardNumber, plain):
        return ("nhi_card", "permit")
    if box in {"id_number", "also_known_as", "nhi_card"} and _is_like_a_passport(plain):
        return ("passport",)
    return ()


def _is(kind: type[Number], plain: str) -> bool:
    fewest, most = kind.lengths
    return fewest <= len(plain) <= most and kind.is_valid(plain)


# Nine digits, or at least one letter and five digits: enough to distinguish a passport from a typo.
_LIKE_A_PASSPORT = "(?=.*[A-Z])(?=(?:.*[0-9]){5})[0-9A-Z]{6,9}|[0-9]{9}"


def _is_like_a_passport(plain: str) -> bool:
    return re.fullmatch(_LIKE_A_PASSPORT, plain) is not None and PassportNumber.is_valid(plain)


SHORTEST_KEY = 32
"""The fewest bytes of a key: the length of a SHA-256 digest."""


class RegistryAnswer(Enum):
    """The registry's answer about a claim."""

    MATCHED = "matched"
    NOT_MATCHED = "not-matched"
    UNAVAILABLE = "unavailable"
    """The registry gave no reliable answer; ask again later."""


class NotMatched(Exception):  # noqa: N818  # an outcome, named as such
    """The registry did not confirm a claim.

    `code` is "not-matched" (the person should compare the form with the documents) or
    "registry-unavailable" (the registry gave no answer; ask again later).
    """

    code: str

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@frozen(field_transformer=checked)
class MatchedClaim:
    """A claim that the registry confirmed; `match_claim` makes it."""

    claim: Claim


def _require_claim(claim: object) -> None:
    if not isinstance(claim, NhiClaim | PermitClaim | PassportClaim):
        raise InvalidType("claim", "a claim, as `check_form` gives it")


def match_claim(claim: Claim, answer: RegistryAnswer) -> MatchedClaim:
    """Return the matched claim if the registry confirmed it; raise `NotMatched` otherwise.

    Raises `TypeError` for any other type, including true and false.
    """
    _require_claim(claim)
    require_type("answer", RegistryAnswer, answer)
    if answer is RegistryAnswer.NOT_MATCHED:
        raise NotMatched("not-matched")
    if answer is RegistryAnswer.UNAVAILABLE:
        raise NotMatched("registry-unavailable")
    return MatchedClaim(claim)


@front_door
def pseudonym(number: Number, key: bytes) -> str:
    """Make a stable name for a number: 64 hexadecimal digits that do not show the number.

    The same number and key always give the same name. It is the HMAC-SHA-256 (a keyed digest, RFC
    2104) of the kind and the number. Keep the key apart from the names: anybody who has both can
    find the numbers by trying them all.

    Raises `TypeError` for a mobile number, because a telephone may change hands or belong to
    somebody else, and `ValueError` for a key of fewer than 32 bytes.
    """
    if isinstance(number, MobileNumber):
        raise InvalidType("number", "the number of an identity document, as `parse` gives it")
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"key: expected at least {SHORTEST_KEY} bytes, found {len(key)}")
    import hmac  # noqa: PLC0415  # loads OpenSSL's hashes, and few who read numbers need them

    # The name of a kind contains no colon, so two numbers never share a message.
    message = f"vaxpolicy:pseudonym:1:{number.kind}:{number.value}"
    return hmac.digest(key, message.encode("ascii"), "sha256").hex()


@front_door
def pseudonyms(claim: Claim, key: bytes) -> tuple[str, ...]:
    """The pseudonyms of the person who makes a claim: of the ID number, then of the second one.

    A person with an old and a new UI number has two pseudonyms. Two claims are of one person if
    they share a pseudonym.
    """
    _require_claim(claim)
    numbers = (claim.id_number, claim.also_known_as)
    return tuple(pseudonym(number, key) for number in numbers if number is not None)
