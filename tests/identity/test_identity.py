"""The room as a whole: its names, its examples, and that no number shows where it should not."""

import io
import json
import logging
import pickle
import random
import subprocess
import sys
import textwrap
import traceback
from datetime import date
from pathlib import Path

import attrs
import pytest
import rich.console

from vaxpolicy import identity
from vaxpolicy.numbers import documents, id_numbers, reading

ROOMS = (reading, id_numbers, documents, identity)
TODAY = date(2026, 11, 23)


def test_the_room_has_every_public_name_below_it() -> None:
    inner = {
        "DIGITS",
        "LETTERS",
        "LONGEST_INPUT",
        "SHORTEST_KEY",
        "normalise",
        "number_of_checked_text",
    }
    public = {name for room in ROOMS for name in room.__all__}
    assert set(identity.__all__) == public - inner
    assert all(getattr(identity, name) is not None for name in identity.__all__)


# Nothing shows. The numbers are the usual specimen, an official example, counting digits, and one
# that is made from the seed.

SEED = 1922
BODY = f"T1{random.Random(SEED).randrange(10**7):07d}"  # noqa: S311  # no secret is made
GENERATED = BODY + identity.IdNumber.check_digit(BODY)
NUMBERS = ("A123456789", "000012345678", "A800000014", "X1234567", "AB12345677", GENERATED)


def shows_a_number(text: str) -> bool:
    plain = text.replace(" ", "").replace("-", "").upper()
    parts = {n[i : i + 4] for n in (*NUMBERS, "A213456789") for i in range(len(n) - 3)} - {"0000"}
    return any(part in plain for part in parts)


def test_the_detector_of_this_file_detects() -> None:
    assert all(shows_a_number(number) for number in NUMBERS)
    assert shows_a_number("x=A12345****")
    assert not shows_a_number("<NationalId>")


def card_form() -> identity.IdentityForm:
    return identity.IdentityForm(
        id_number="A123456789", nhi_card=("0000", "1234", "5678"), captcha_passed=True
    )


def passport_form() -> identity.IdentityForm:
    return identity.IdentityForm(
        id_number="A800000014", passport="X1234567", also_known_as="AB12345677", captcha_passed=True
    )


def full_form() -> identity.IdentityForm:
    return identity.IdentityForm(
        id_number="A123456789",
        nhi_card="000012345678",
        permit="000012345678",
        entry_document="A800000014",
        passport="X1234567",
        also_known_as="AB12345677",
    )


def invalid_form() -> identity.InvalidForm:
    form = identity.IdentityForm(
        id_number="A213456789", nhi_card="A123456789", passport="A800000014"
    )
    with pytest.raises(identity.InvalidForm) as caught:
        identity.check_form(form, on=TODAY)
    return caught.value


def number_error() -> identity.NumberError:
    with pytest.raises(identity.NumberError) as caught:
        identity.NationalId.parse("A213456789")
    assert caught.value.suggestions
    return caught.value


def things() -> list[object]:
    claims = [identity.check_form(form, on=TODAY) for form in (card_form(), passport_form())]
    return [
        *(identity.parse_id_number(text) for text in (NUMBERS[0], NUMBERS[2], NUMBERS[4])),
        card_form(),
        passport_form(),
        full_form(),
        *claims,
        identity.match_claim(claims[0], identity.RegistryAnswer.MATCHED),
        invalid_form(),
        invalid_form().errors,
        number_error(),
        number_error().suggestions,
        ExceptionGroup("all of it", [invalid_form(), number_error()]),
    ]


@pytest.mark.parametrize("thing", things(), ids=lambda thing: type(thing).__name__)
def test_nothing_shows_a_number(thing: object) -> None:
    shown = [str(thing), repr(thing), f"{thing}", f"{thing!s:>50}", repr([thing]), repr({1: thing})]
    console = rich.console.Console(file=io.StringIO(), width=200)
    console.print(thing)
    shown.append(console.file.getvalue())  # type: ignore[attr-defined]
    record = logging.makeLogRecord({"msg": "%s %r", "args": (thing, thing)})
    shown.append(logging.Formatter().format(record))
    if isinstance(thing, BaseException):
        shown += [str(thing.args), *traceback.format_exception_only(thing)]
        assert thing.__cause__ is thing.__context__ is None
    assert not [text for text in shown if shows_a_number(text)]


def test_pickles_and_fields_do_hold_the_number() -> None:
    number, form = identity.parse_id_number(NUMBERS[0]), card_form()
    claim = identity.check_form(form, on=TODAY)
    for thing in (number, form, claim):
        assert NUMBERS[0].encode() in pickle.dumps(thing)
        assert NUMBERS[0] in str(attrs.asdict(thing))


FAILING = """
    import json
    from datetime import date
    from pathlib import Path

    from attrs import evolve
    from vaxpolicy.identity import IdentityForm, check_form, parse_id_number

    # The numbers are in a file, so that no line of this one shows them.
    first, card, second, passport, old, other = json.loads(
        Path(__file__).with_name("reading.json").read_text()
    )
    FIRST, SECOND, OLD, THIRD = map(parse_id_number, (first, second, old, other))
    FORM = IdentityForm(id_number=first, nhi_card=card, captcha_passed=True)
    OTHER = IdentityForm(
        id_number=second, passport=passport, also_known_as=old, captcha_passed=True
    )
    CLAIM = check_form(FORM, on=date(2026, 11, 23))
    OTHER_CLAIM = check_form(OTHER, on=date(2026, 11, 23))

    def test_numbers():
        assert FIRST == THIRD

    def test_kinds():
        assert FIRST == SECOND

    def test_generations():
        assert SECOND == OLD

    def test_lists():
        assert [FIRST, OLD] == [FIRST, SECOND]

    def test_forms():
        assert FORM == OTHER

    def test_claims():
        assert CLAIM == OTHER_CLAIM

    def test_similar_claims():
        assert OTHER_CLAIM == evolve(OTHER_CLAIM, id_number=OLD)

    def test_members():
        assert FIRST in {SECOND, OLD}
"""


def test_pytest_prints_no_number_when_an_assertion_fails(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(textwrap.dedent(FAILING))
    (tmp_path / "reading.json").write_text(json.dumps(NUMBERS))
    command = [sys.executable, "-m", "pytest", "-vv", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(  # noqa: S603  # our own command
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "8 failed" in done.stdout
    assert "assert <NationalId> == <UiNumber>" in done.stdout
    assert "<IdentityForm: id_number, nhi_card>" in done.stdout
    assert not [line for line in done.stdout.splitlines() if shows_a_number(line)]
