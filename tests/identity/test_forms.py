"""The form: the four ways to a claim, every problem at once, and numbers in the wrong box."""

import pickle
import random
from datetime import date, datetime
from itertools import product
from typing import Any
from unittest.mock import ANY

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy.identity import (
    Claim,
    FieldError,
    IdentityForm,
    InvalidForm,
    NhiClaim,
    PassportClaim,
    PermitClaim,
    check_form,
)
from vaxpolicy.numbers.documents import EntryDocumentNumber, EntryPermitNumber, NhiCardNumber
from vaxpolicy.numbers.id_numbers import IdNumber, NationalId, ResidencyStatus, UiNumber
from vaxpolicy.numbers.reading import LONGEST_INPUT, Confusion
from vaxpolicy.numbers.ui_number_advice import WITHOUT_UI_NUMBER, Application

SEED = 1922
RNG = random.Random(SEED)  # noqa: S311  # no secret is made
TODAY = date(2021, 7, 29)
FOREIGN = ResidencyStatus.FOREIGN_OR_STATELESS
NATIONAL = ResidencyStatus.NATIONAL_WITHOUT_HOUSEHOLD
HK_MACAU = ResidencyStatus.HK_MACAU
PRC = ResidencyStatus.PRC


def made(head: str) -> str:
    """A valid number that begins so."""
    body = head + f"{RNG.randrange(10 ** (9 - len(head))):0{9 - len(head)}d}"
    return body + IdNumber.check_digit(body)


ID = "A123456789"
UI = {FOREIGN: made("F80"), NATIONAL: made("F97"), HK_MACAU: made("F88"), PRC: made("F99")}
LEGACY_FOREIGN = made("FC")
LEGACY_OTHER = made("FB")
CARD = "000012345678"
PERMIT = "100012345678"
DOCUMENT = "10012345"
PASSPORT = "X1234567"


def claim_of(**boxes: Any) -> Claim:
    """The claim of a form with these boxes, or with these arguments of `check_form`."""
    arguments = {"on": TODAY} | {k: boxes.pop(k) for k in ("on", "strict_status") if k in boxes}
    return check_form(IdentityForm(**{"captcha_passed": True, **boxes}), **arguments)


def problems(**boxes: Any) -> list[FieldError]:
    with pytest.raises(InvalidForm) as caught:
        claim_of(**boxes)
    return list(caught.value.errors)


def codes(**boxes: Any) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in problems(**boxes)]


def warnings(claim: Claim) -> list[tuple[str, str]]:
    return [(warning.field, warning.code) for warning in claim.warnings]


# The four ways


@pytest.mark.parametrize("text", [ID, *UI.values(), LEGACY_FOREIGN, LEGACY_OTHER])
@pytest.mark.parametrize(
    "card", [CARD, "0000 1234 5678", ("0000", "1234", "5678"), ["0000", "1234", "5678"]]
)
def test_anyone_with_a_card_gives_its_number(text: str, card: Any) -> None:
    claim = claim_of(id_number=text, nhi_card=card)
    assert isinstance(claim, NhiClaim)
    assert claim.id_number.value == text
    assert claim.nhi_card == NhiCardNumber.parse(CARD)
    assert claim.warnings == ()


@pytest.mark.parametrize("status", [NATIONAL, HK_MACAU, PRC])
@pytest.mark.parametrize("declared", [False, True])
def test_residents_other_than_foreigners_give_a_permit(
    status: ResidencyStatus, declared: bool
) -> None:
    declaration = status if declared else None
    claim = claim_of(id_number=UI[status], permit=PERMIT, status=declaration)
    assert isinstance(claim, PermitClaim)
    assert claim.permit == EntryPermitNumber.parse(PERMIT)
    assert claim.status is status
    assert claim.warnings == ()


def test_nationals_without_household_may_give_an_entry_document_instead() -> None:
    claim = claim_of(id_number=UI[NATIONAL], entry_document=DOCUMENT)
    assert isinstance(claim, PermitClaim)
    assert claim.permit == EntryDocumentNumber.parse(DOCUMENT)
    for status in (HK_MACAU, PRC, FOREIGN):
        assert codes(id_number=UI[status], entry_document=DOCUMENT) == [
            ("entry_document", "document-of-another-status")
        ]


@pytest.mark.parametrize("text", [UI[FOREIGN], LEGACY_FOREIGN])
def test_foreigners_give_a_passport(text: str) -> None:
    claim = claim_of(id_number=text, passport=PASSPORT)
    assert isinstance(claim, PassportClaim)
    assert claim.passport.value == PASSPORT
    assert claim.status is FOREIGN
    assert claim.warnings == ()


@pytest.mark.parametrize(
    ("text", "boxes", "status"),
    [
        (ID, {"nhi_card": CARD}, None),
        (UI[PRC], {"nhi_card": CARD}, PRC),
        (LEGACY_OTHER, {"nhi_card": CARD}, None),
        (LEGACY_OTHER, {"nhi_card": CARD, "status": PRC}, PRC),
        (LEGACY_OTHER, {"permit": PERMIT}, None),
        (LEGACY_OTHER, {"permit": PERMIT, "status": HK_MACAU}, HK_MACAU),
        (LEGACY_OTHER, {"entry_document": DOCUMENT}, NATIONAL),
        (LEGACY_FOREIGN, {"nhi_card": CARD}, FOREIGN),
    ],
)
def test_a_claim_tells_the_status_as_far_as_it_is_known(
    text: str, boxes: dict[str, Any], status: ResidencyStatus | None
) -> None:
    claim = claim_of(id_number=text, **boxes)
    assert claim.status is status
    assert claim.warnings == ()


def test_every_combination_of_boxes_and_statuses_ends_as_the_table_says() -> None:
    """The route that is open, written out by the table of the four ways."""
    second: dict[str, str] = {
        "nhi_card": CARD,
        "permit": PERMIT,
        "entry_document": DOCUMENT,
        "passport": PASSPORT,
    }
    takes = {FOREIGN: {"passport"}, HK_MACAU: {"permit"}, PRC: {"permit"}}
    takes[NATIONAL] = {"permit", "entry_document"}
    for flags in product((False, True), repeat=4):
        boxes = {
            box: text for (box, text), given_ in zip(second.items(), flags, strict=True) if given_
        }
        routes = {ID: set(boxes) == {"nhi_card"}}
        for status, text in UI.items():
            with_card = set(boxes) == {"nhi_card"}
            routes[text] = with_card or (
                "nhi_card" not in boxes and bool(takes[status] & set(boxes))
            )
        for text, is_open in routes.items():
            if is_open:
                assert claim_of(id_number=text, **boxes).id_number.value == text
            else:
                assert problems(id_number=text, **boxes)


# What is wrong, all at once


def test_every_problem_is_found_at_once_and_names_its_box() -> None:
    found = codes(
        id_number="A123456788",
        also_known_as="A8",
        nhi_card="12",
        permit="?",
        entry_document="é",
        passport="x",
        status=PRC,
        captcha_passed=False,
    )
    assert found == [
        ("id_number", "invalid-checksum"),
        ("also_known_as", "invalid-length"),
        ("nhi_card", "invalid-length"),
        ("permit", "invalid-length"),
        ("entry_document", "invalid-length"),
        ("passport", "invalid-length"),
        ("permit", "two-routes"),
        ("entry_document", "two-routes"),
        ("passport", "two-routes"),
        ("captcha_passed", "captcha-not-passed"),
    ]


@pytest.mark.parametrize("blank", [None, "", "  ", "\u3000 -"])
def test_blank_boxes_are_empty(blank: Any) -> None:
    assert codes(id_number=blank, nhi_card=blank) == [
        ("id_number", "missing"),
        ("nhi_card", "no-second-document"),
    ]
    assert codes(id_number="", nhi_card=("", " ", "")) == codes(id_number=None)
    assert codes(id_number=None, nhi_card=()) == codes(id_number=None)
    boxes: dict[str, Any] = dict.fromkeys(("permit", "passport", "also_known_as"), blank)
    assert claim_of(id_number=ID, nhi_card=CARD, **boxes).warnings == ()


def test_a_text_that_is_too_long_is_not_read_further_whatever_it_holds() -> None:
    longest = " " * (LONGEST_INPUT - len(CARD))
    assert codes(id_number=ID, nhi_card=f"{longest}x") == [("nhi_card", "invalid-length")]
    assert codes(id_number=ID, passport=longest + CARD)[0] == ("passport", "wrong-box")
    for text in (f" {longest}{CARD}", " " * (LONGEST_INPUT + 1)):
        assert codes(id_number=ID, passport=text)[0] == ("passport", "invalid-length")


def test_an_empty_form_has_its_problems_too() -> None:
    with pytest.raises(InvalidForm) as caught:
        check_form(IdentityForm(), on=TODAY)
    assert str(caught.value) == (
        "id_number: missing, nhi_card: no-second-document, captcha_passed: captcha-not-passed"
    )


@pytest.mark.parametrize("captcha", [None, False])
def test_without_a_solved_captcha_there_is_no_claim(captcha: bool | None) -> None:
    assert codes(id_number=ID, nhi_card=CARD, captcha_passed=captcha) == [
        ("captcha_passed", "captcha-not-passed")
    ]


@pytest.mark.parametrize("captcha", [0, 1, "yes"])
def test_a_truth_value_is_no_solved_captcha(captcha: Any) -> None:
    with pytest.raises(TypeError, match="captcha_passed: expected true or false"):
        IdentityForm(id_number=ID, nhi_card=CARD, captcha_passed=captcha)


@pytest.mark.parametrize("box", ["permit", "entry_document", "passport"])
def test_a_card_and_another_document_are_two_routes(box: str) -> None:
    found = codes(id_number=UI[NATIONAL], nhi_card=CARD, **{box: PERMIT[:8]})
    assert found == [(box, "two-routes")]


def test_neither_card_nor_document_is_no_route() -> None:
    for text in (ID, UI[FOREIGN], LEGACY_OTHER, "nonsense"):
        assert ("nhi_card", "no-second-document") in codes(id_number=text)


def test_holders_of_a_national_id_need_their_card() -> None:
    assert codes(id_number=ID, passport=PASSPORT, permit=PERMIT) == [
        ("nhi_card", "missing"),
        ("permit", "not-with-national-id"),
        ("passport", "not-with-national-id"),
    ]


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        (UI[FOREIGN], {"permit": PERMIT}),
        (UI[PRC], {"passport": PASSPORT}),
        (LEGACY_FOREIGN, {"permit": PERMIT}),
        (LEGACY_OTHER, {"passport": PASSPORT}),
    ],
)
def test_a_document_must_go_with_the_status(text: str, boxes: dict[str, Any]) -> None:
    assert codes(id_number=text, **boxes) == [(*boxes, "document-of-another-status")]


def test_the_declared_status_decides_where_the_number_leaves_it_open() -> None:
    found = codes(id_number=LEGACY_OTHER, entry_document=DOCUMENT, status=PRC)
    assert found == [("entry_document", "document-of-another-status")]


def test_of_two_documents_the_one_that_goes_with_the_status_is_used() -> None:
    claim = claim_of(id_number=UI[FOREIGN], passport=PASSPORT, permit=PERMIT)
    assert isinstance(claim, PassportClaim)
    assert warnings(claim) == [("permit", "unused-document")]
    claim = claim_of(id_number=UI[NATIONAL], entry_document=DOCUMENT, permit=PERMIT)
    assert isinstance(claim, PermitClaim)
    assert isinstance(claim.permit, EntryPermitNumber)
    assert warnings(claim) == [("entry_document", "unused-document")]


def test_two_documents_are_a_problem_where_nothing_tells_which_to_use() -> None:
    found = codes(id_number=UI[FOREIGN], status=PRC, passport=PASSPORT, permit=PERMIT)
    assert found == [("permit", "two-documents"), ("passport", "two-documents")]
    found = codes(id_number="nonsense", passport=PASSPORT, permit=PERMIT)
    assert found[1:] == [("permit", "two-documents"), ("passport", "two-documents")]


@pytest.mark.parametrize(
    ("boxes", "field", "code"),
    [
        ({"id_number": UI[HK_MACAU], "permit": "X1234567"}, "permit", "unusual-shape"),
        (
            {"id_number": UI[NATIONAL], "entry_document": "12/345"},
            "entry_document",
            "unusual-shape",
        ),
        ({"id_number": UI[FOREIGN], "passport": "X1234"}, "passport", "unusual-shape"),
    ],
)
def test_unusual_numbers_are_taken_with_a_warning(
    boxes: dict[str, Any], field: str, code: str
) -> None:
    assert warnings(claim_of(**boxes)) == [(field, code)]


# Status


@pytest.mark.parametrize(
    ("text", "status"),
    [(UI[FOREIGN], PRC), (UI[PRC], HK_MACAU), (LEGACY_OTHER, FOREIGN), (ID, NATIONAL)],
)
def test_a_status_that_contradicts_the_number_is_a_warning_or_if_asked_a_problem(
    text: str, status: ResidencyStatus
) -> None:
    boxes: dict[str, Any] = {"id_number": text, "nhi_card": CARD, "status": status}
    claim = claim_of(**boxes)
    assert warnings(claim) == [("status", "status-contradicts-number")]
    assert claim.status is (None if text == ID else status)
    assert codes(**boxes, strict_status=True) == [("status", "status-contradicts-number")]


@pytest.mark.parametrize(
    ("box", "kind", "status"),
    [("permit", PermitClaim, PRC), ("passport", PassportClaim, FOREIGN)],
)
def test_where_status_and_number_disagree_the_document_decides(
    box: str, kind: type, status: ResidencyStatus
) -> None:
    claim = claim_of(id_number=UI[FOREIGN], status=PRC, **{box: PASSPORT})
    assert type(claim) is kind
    assert claim.status is status
    assert ("status", "status-contradicts-number") in warnings(claim)


def test_a_status_that_fits_passes_where_contradictions_are_problems() -> None:
    for status, text in UI.items():
        claim = claim_of(id_number=text, nhi_card=CARD, status=status, strict_status=True)
        assert claim.status is status


# A second number


def test_the_other_ui_number_comes_along_and_helps_to_tell_the_status() -> None:
    claim = claim_of(id_number=LEGACY_OTHER, also_known_as=UI[PRC], permit=PERMIT)
    assert claim.also_known_as == UiNumber.parse(UI[PRC])
    assert claim.status is PRC
    assert claim.warnings == ()


def test_numbers_of_different_statuses_are_no_contradiction_the_first_counts() -> None:
    claim = claim_of(id_number=UI[FOREIGN], also_known_as=UI[PRC], passport=PASSPORT)
    assert claim.status is FOREIGN


def test_a_citizen_may_have_held_a_ui_number() -> None:
    claim = claim_of(id_number=ID, also_known_as=LEGACY_FOREIGN, nhi_card=CARD)
    assert isinstance(claim.id_number, NationalId)
    assert claim.also_known_as == UiNumber.parse(LEGACY_FOREIGN)


def test_the_other_number_is_another_and_a_ui_number() -> None:
    boxes: dict[str, Any] = {"id_number": UI[PRC], "permit": PERMIT}
    assert codes(**boxes, also_known_as=f" {UI[PRC]}") == [("also_known_as", "same-number")]
    assert codes(**boxes, also_known_as=ID) == [("also_known_as", "wrong-kind")]


def test_from_2031_on_a_legacy_number_is_an_alias_at_most() -> None:
    late = date(2031, 1, 1)
    assert codes(id_number=LEGACY_OTHER, permit=PERMIT, on=late) == [
        ("id_number", "format-no-longer-accepted")
    ]
    claim = claim_of(id_number=UI[PRC], also_known_as=LEGACY_OTHER, permit=PERMIT, on=late)
    assert claim.also_known_as == UiNumber.parse(LEGACY_OTHER)


# Numbers in the wrong box


def wrong_boxes(**boxes: Any) -> dict[str, tuple[str, ...]]:
    return {e.field: e.belongs_in for e in problems(**boxes) if e.code == "wrong-box"}


@pytest.mark.parametrize("box", ["nhi_card", "permit", "entry_document", "passport"])
@pytest.mark.parametrize("text", [ID, UI[FOREIGN], LEGACY_OTHER])
def test_an_id_number_is_recognised_in_every_other_box(box: str, text: str) -> None:
    assert wrong_boxes(**{box: text}) == {box: ("id_number",)}
    spaced = f"{text[:4].lower()}-{text[4:]}"
    assert wrong_boxes(id_number=text, **{box: spaced}) == {box: ("id_number",)}


@pytest.mark.parametrize("box", ["id_number", "also_known_as", "passport"])
def test_twelve_digits_are_a_card_or_a_permit(box: str) -> None:
    assert wrong_boxes(**{box: CARD}) == {box: ("nhi_card", "permit")}


@pytest.mark.parametrize("box", ["id_number", "also_known_as", "nhi_card"])
@pytest.mark.parametrize("text", ["X1234567", "AB123456", "L898902C3"])
def test_a_passport_number_is_recognised_in_the_boxes_for_other_numbers(
    box: str, text: str
) -> None:
    assert wrong_boxes(**{box: text}) == {box: ("passport",)}


def test_card_and_id_number_in_each_others_box_are_both_named() -> None:
    found = problems(id_number=CARD, nhi_card=ID)
    assert [(e.field, e.code, e.belongs_in[0]) for e in found] == [
        ("id_number", "wrong-box", "nhi_card"),
        ("nhi_card", "wrong-box", "id_number"),
    ]
    assert found[1].hint == "this belongs in the box of the national ID or UI number"


def test_where_a_slip_explains_the_text_too_both_are_said() -> None:
    [error] = problems(id_number="A12345679", nhi_card=CARD)  # an 8 too few, or a passport number
    assert (error.code, error.belongs_in) == ("invalid-length", ("passport",))
    assert Confusion.LOST in {suggestion.change for suggestion in error.suggestions}


def test_suggestions_of_the_number_come_with_the_problem() -> None:
    [error] = problems(id_number="A213456789", nhi_card=CARD)
    assert [suggestion.masked for suggestion in error.suggestions] == ["A12345****"]


def test_ordinary_mistakes_are_no_wrong_boxes() -> None:
    assert (
        wrong_boxes(id_number="A123456788", nhi_card="00001234567", permit="$", passport="") == {}
    )


def test_groups_of_the_card_are_read_one_by_one() -> None:
    assert codes(id_number=ID, nhi_card=("000", "01234", "5678")) == [
        ("nhi_card", "invalid-length")
    ]


# Without a UI number


def test_a_document_without_ui_number_sends_to_the_agency() -> None:
    assert codes(passport=PASSPORT) == [("id_number", "no-ui-number")]


def test_everyone_without_a_ui_number_is_told_how_to_get_one() -> None:
    assert set(WITHOUT_UI_NUMBER) == set(ResidencyStatus)
    for status, advice in WITHOUT_UI_NUMBER.items():
        online = status is not FOREIGN
        assert advice.how is (Application.ONLINE if online else Application.SERVICE_CENTRE)
        assert (advice.address is not None) is online
        assert len(advice.sources) >= 2
        assert all(source.startswith("https://") for source in advice.sources)


# Types, silence, values


@pytest.mark.parametrize(
    "boxes",
    [
        {"id_number": 123456789},
        {"nhi_card": 12345678},
        {"nhi_card": (0, 1234, 5678)},
        {"passport": b"X1234567"},
        {"permit": ("1", "2")},
        {"status": "hk-macau"},
    ],
)
def test_a_box_with_something_else_than_text_is_a_type_error(boxes: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"^{next(iter(boxes))}: expected"):
        claim_of(**boxes)


def test_the_day_is_a_date() -> None:
    with pytest.raises(TypeError, match="expected a date"):
        claim_of(id_number=ID, nhi_card=CARD, on=datetime(2021, 7, 29))  # noqa: DTZ001


def test_a_form_shows_which_boxes_are_filled_in() -> None:
    assert repr(IdentityForm()) == "<IdentityForm: empty>"
    form = IdentityForm(id_number=ID, nhi_card=("0000", "1234", "5678"), status=PRC)
    assert repr(form) == str(form) == "<IdentityForm: id_number, nhi_card>"


def test_forms_are_equal_by_what_is_filled_in() -> None:
    form = IdentityForm(id_number=ID, nhi_card=("0000", "1234", "5678"))
    assert form == evolve(form)
    assert hash(form) == hash(evolve(form))
    assert form != evolve(form, id_number=UI[PRC])
    assert form != ID
    assert form == ANY  # which is asked, if the form cannot tell
    assert form == IdentityForm(id_number=ID, nhi_card=["0000", "1234", "5678"])


def test_claims_and_errors_survive_pickling() -> None:
    claim = claim_of(id_number=UI[FOREIGN], passport=PASSPORT)
    assert pickle.loads(pickle.dumps(claim)) == claim  # noqa: S301
    with pytest.raises(InvalidForm) as caught:
        claim_of(id_number="A213456789")
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert again.errors == caught.value.errors
    assert again.args == caught.value.args == (again.errors,)
    assert str(again) == str(caught.value)


texts = (
    st.none() | st.text() | st.sampled_from([ID, *UI.values(), CARD, PERMIT, PASSPORT, "A" * 10**6])
)
forms = st.builds(
    IdentityForm,
    id_number=texts,
    also_known_as=texts,
    nhi_card=texts | st.tuples(st.text(), st.text(), st.text()),
    permit=texts,
    entry_document=texts,
    passport=texts,
    status=st.none() | st.sampled_from(ResidencyStatus),
    captcha_passed=st.sampled_from([True, False, None]),
)


@given(forms, st.dates(), st.booleans())
def test_any_form_ends_in_a_claim_or_in_problems_that_stand_alone(
    form: IdentityForm, on: date, strict: bool
) -> None:
    try:
        claim = check_form(form, on=on, strict_status=strict)
    except InvalidForm as raised:
        error = raised
    else:
        assert form.captcha_passed is True
        assert claim.id_number == IdNumber.parse(form.id_number or "")
        return
    assert error.errors
    assert error.__cause__ is error.__context__ is None
    boxes = {field.name for field in fields(IdentityForm)}
    assert {problem.field for problem in error.errors} <= boxes
    assert len({(p.field, p.code) for p in error.errors}) == len(error.errors)


@pytest.mark.parametrize("wrong", [{}, {"id_number": "A123456789"}, None, "A123456789"])
def test_what_is_not_a_form_is_told_in_words(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^form: expected an IdentityForm$"):
        check_form(wrong, on=TODAY)


def test_a_form_shows_nothing_that_was_typed() -> None:
    typed = {
        it.name: f"typed-{it.name}"
        for it in fields(IdentityForm)
        if it.name not in ("status", "captcha_passed")
    }
    form: Any = IdentityForm
    assert "typed" not in repr(form(**typed, status=None, captcha_passed=True))
