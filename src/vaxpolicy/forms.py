"""The form of the booking platform, and the claims that it makes.

The platform knew four ways to prove who you are, and one form for all of them:

| who | first box | second box |
|---|---|---|
| holder of an NHI card, citizen or not | national ID or UI number | NHI card number |
| resident of the PRC, Hong Kong or Macau, without card | UI number | entry/exit permit number |
| national without household registration, without card | UI number | permit or entry document |
| foreigner, without card | UI number | passport number |

Sources: https://www.taiwannews.com.tw/news/4260741,
https://www.taipeitimes.com/News/taiwan/archives/2021/07/30/2003761721,
https://github.com/PDIS/1922.gov.tw/issues/11.

Forms and claims show which boxes are filled in, never what with. Pickles of them hold the numbers.
"""

from __future__ import annotations

import re
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import astuple, field, frozen

from vaxpolicy.documents import (
    EntryDocumentNumber,
    EntryPermitNumber,
    NhiCardNumber,
    PassportNumber,
)
from vaxpolicy.idnumbers import IdNumber, NationalId, ResidencyStatus, UiNumber
from vaxpolicy.numbers import LONGEST_INPUT, Number, NumberError, Suggestion, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

__all__ = [
    "WITHOUT_UI_NUMBER",
    "Advice",
    "Application",
    "Claim",
    "FieldError",
    "FieldWarning",
    "IdentityForm",
    "InvalidForm",
    "NhiClaim",
    "PassportClaim",
    "PermitClaim",
    "check_form",
]


def _groups(card: Sequence[str] | None) -> tuple[str, ...] | str | None:
    """JSON has no tuples."""
    return tuple(card) if isinstance(card, list) else card  # type: ignore[return-value]  # as is


@frozen(repr=False, eq=False)
class IdentityForm:
    """What a person filled in, as typed. A box left empty is `None` or blank."""

    id_number: str | None = field(default=None, repr=False)
    """National ID or UI number, as it stands on the NHI card if the person has one."""
    nhi_card: tuple[str, ...] | str | None = field(default=None, repr=False, converter=_groups)
    """NHI card number, in one piece or in the three groups that are printed."""
    status: ResidencyStatus | None = None
    """As what a holder of a UI number says they are in Taiwan."""
    permit: str | None = field(default=None, repr=False)
    """Entry/exit permit number."""
    entry_document: str | None = field(default=None, repr=False)
    """Entry permit document number, for nationals without household registration."""
    passport: str | None = field(default=None, repr=False)
    """Passport number."""
    also_known_as: str | None = field(default=None, repr=False)
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
        filled = ", ".join(box for box in _BOXES if getattr(self, box))
        return f"<IdentityForm: {filled or 'empty'}>"


@frozen
class FieldError:
    """One problem of a form. Nothing in it tells what was typed, its suggestions aside."""

    field: str
    """The box, named as in `IdentityForm`."""
    code: str
    """What is wrong, in a word that does not change between releases."""
    hint: str
    """What is wrong and what to do, in English."""
    belongs_in: tuple[str, ...] = ()
    """The boxes that what was typed looks right for, most likely first."""
    suggestions: tuple[Suggestion, ...] = ()
    """As `NumberError.suggestions`."""


@frozen
class FieldWarning:
    """Something unusual about a form that is no reason to refuse it; fields as of `FieldError`."""

    field: str
    code: str
    hint: str


class InvalidForm(ValueError):  # noqa: N818  # as the numbers' errors, which have stdnum's names
    """A form that makes no claim; `errors` has every problem at once."""

    errors: tuple[FieldError, ...]

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return ", ".join(f"{error.field}: {error.code}" for error in self.errors)


@frozen(kw_only=True)
class NhiClaim:
    """A national ID or UI number, and an NHI card."""

    id_number: NationalId | UiNumber
    nhi_card: NhiCardNumber
    status: ResidencyStatus | None = None
    """What the person is, as far as declaration and number tell."""
    also_known_as: UiNumber | None = None
    warnings: tuple[FieldWarning, ...] = ()


@frozen(kw_only=True)
class PermitClaim:
    """A UI number, and an entry/exit permit or an entry permit document."""

    id_number: UiNumber
    permit: EntryPermitNumber | EntryDocumentNumber
    status: ResidencyStatus | None = None
    """What the person is, as far as declaration, number and document tell."""
    also_known_as: UiNumber | None = None
    warnings: tuple[FieldWarning, ...] = ()


@frozen(kw_only=True)
class PassportClaim:
    """A UI number, and a passport."""

    id_number: UiNumber
    passport: PassportNumber
    status: ResidencyStatus | None = None
    """What the person is, as far as declaration, number and document tell."""
    also_known_as: UiNumber | None = None
    warnings: tuple[FieldWarning, ...] = ()


Claim = NhiClaim | PermitClaim | PassportClaim

_BOXES: dict[str, type[Number]] = {
    "id_number": IdNumber,
    "also_known_as": UiNumber,
    "nhi_card": NhiCardNumber,
    "permit": EntryPermitNumber,
    "entry_document": EntryDocumentNumber,
    "passport": PassportNumber,
}

_HOLDERS = {
    "permit": frozenset(ResidencyStatus) - {ResidencyStatus.FOREIGN_OR_STATELESS},
    "entry_document": frozenset({ResidencyStatus.NATIONAL_WITHOUT_HOUSEHOLD}),
    "passport": frozenset({ResidencyStatus.FOREIGN_OR_STATELESS}),
}
"""Whose document stands in for an NHI card, by box."""

_HINTS = {
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


def check_form(form: IdentityForm, *, on: date, strict_status: bool = False) -> Claim:
    """The claim that a form makes on the day `on`.

    Raises `InvalidForm` with every problem at once. A declared status that contradicts the UI
    number is a warning on the claim, since what the number says of it rests on secondary sources;
    with `strict_status` it is a problem of the form. `TypeError` where a box holds something other
    than text.
    """
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
        self.typed = {box: text for box in _BOXES if (text := _typed(form, box))}
        self.numbers: dict[str, Any] = {}
        self.errors: list[FieldError] = []
        self.warnings: list[FieldWarning] = []

    def problem(self, box: str, code: str) -> None:
        self.errors.append(FieldError(box, code, _HINTS[code]))

    def warn(self, box: str, code: str) -> None:
        self.warnings.append(FieldWarning(box, code, _HINTS[code]))

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
            names = " or the ".join(_BOXES[other].name for other in belongs_in)
            hint = f"this belongs in the box of the {names}"
            return None, FieldError(box, "wrong-box", hint, belongs_in)
        if error is not None:
            return None, FieldError(box, error.code, str(error), belongs_in, suggestions)
        return number, None

    def parse(self, box: str, text: str) -> Number:
        if box == "nhi_card" and isinstance(self.form.nhi_card, tuple):
            return NhiCardNumber.from_groups(self.form.nhi_card)
        # A second UI number only links records, and may be one that is no longer accepted.
        return _BOXES[box].parse(text, on=None if box == "also_known_as" else self.on)

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


class Application(Enum):
    """How to get a UI number."""

    ONLINE = "online"
    SERVICE_CENTRE = "service-centre"
    """At a service centre of the National Immigration Agency, in any county."""


@frozen
class Advice:
    """What a person without a UI number does to get one."""

    how: Application
    address: str | None
    """Where to apply online, as published in November 2021."""
    bring: str
    """What to have at hand, in English."""
    sources: tuple[str, ...]


_PLATFORM = "https://github.com/PDIS/1922.gov.tw/issues/11"
_NEWS = "https://health.udn.com/health/story/121833/5636292"
_TAIPEI = (
    "https://english.doh.gov.taipei/News_Content.aspx"
    "?n=F5BA5E70C0846DE7&sms=DFFA119D1FD5602C&s=DEFC3BF2ECF1FD43"
)
_AT_A_SERVICE_CENTRE = Advice(
    Application.SERVICE_CENTRE,
    None,
    "the passport and a copy of it",
    ("https://www.immigration.gov.tw/5385/12162/12197/51567/", _TAIPEI, _PLATFORM),
)
_ONLINE = Advice(
    Application.ONLINE,
    "https://egate.immigration.gov.tw/NIA_OnlineApply_inter/foreignApply/foreignApplyForm.action",
    "the entry/exit permit; that of a longer stay may show the UI number among its remarks (附記)",
    (_TAIPEI, _NEWS, _PLATFORM),
)
WITHOUT_UI_NUMBER: Mapping[ResidencyStatus, Advice] = MappingProxyType(
    {
        ResidencyStatus.FOREIGN_OR_STATELESS: _AT_A_SERVICE_CENTRE,
        ResidencyStatus.NATIONAL_WITHOUT_HOUSEHOLD: _ONLINE,
        ResidencyStatus.HK_MACAU: _ONLINE,
        ResidencyStatus.PRC: _ONLINE,
    }
)
"""What to do for people who have no UI number, by status: nobody is without a way in."""
