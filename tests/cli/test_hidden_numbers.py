"""A person's number that is typed in the wrong place never comes back, on no stream."""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import run
from vaxpolicy import __main__ as entry
from vaxpolicy import catalog, population
from vaxpolicy._values import looks_like_a_number
from vaxpolicy.catalog.bundled import UnknownPolicyError
from vaxpolicy.cli import COMMANDS, app
from vaxpolicy.cli.escapes import without_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLU = "tw/influenza/2026"
NUMBER = "A123456789"
SPELLINGS = {
    "ID number": NUMBER,
    "small letter": NUMBER.lower(),
    "full width": "Ａ１２３４５６７８９",
    "with blanks": "A 123 456 789",
    "with hyphens": "A-123-456-789",
    "with something invisible": "A123\u200b456\u200b789",
    "with a line feed": "A123456\n789",
    "UI number": "AC01234567",
    "mobile number": "0912345678",
    "card": "0000 1234 5678",
    "in a longer text": "tw/x@A123456789",
}
DIGITS = re.compile("[0-9]")
MOST_DIGITS_LEFT = 6
MOST_SECONDS = 5


def leaves() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that is no group, with the words that call it."""
    context = click.Context(app)
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                assert found is not None
                yield (name, inner), found
        else:
            yield (name,), command


LEAVES = dict(leaves())
TAKERS = [
    pytest.param(words, it, id=" ".join((*words, it.opts[0])))
    for words, command in LEAVES.items()
    for it in command.params
    if isinstance(it, click.Argument) or not (it.is_flag or it.opts == ["--help"])  # type: ignore[attr-defined]  # of an option
]


def shows(said: str, typed: str) -> bool:
    """Whether what was said has the number that was typed, in its own spelling or another one."""
    digits = "".join(DIGITS.findall(ascii(typed) if typed.isascii() else ""))
    plain = "".join(said.split())
    return (
        looks_like_a_number(said)
        or "".join(typed.split()) in plain
        or ascii(typed)[1:-1] in said
        or (len(digits) > MOST_DIGITS_LEFT and digits in plain)
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text("key,birth_date\na,1950-01-01\n", "utf-8")
    (tmp_path / "a.toml").write_text(str(catalog.ids()), "utf-8")
    return tmp_path


def needed(it: click.Parameter) -> list[str]:
    """What a required parameter takes."""
    known = {
        "policy": FLU,
        "at": "2026-10-01T09:00",
        "subject": "0" * 64,
        "paths": "people.csv",
        "data": "people.csv",
        "rows": "1",
        "seed": "1",
        "out": "out.parquet",
    }
    value = known.get(str(it.name), FLU)
    return [value] if isinstance(it, click.Argument) else [it.opts[0], value]


def call(words: tuple[str, ...], given_: click.Parameter | None, typed: str) -> list[str]:
    """A whole call of a command, in which one parameter has what was typed."""
    made = list(words)
    for it in LEAVES[words].params:
        if it is given_:
            made += [typed] if isinstance(it, click.Argument) else [it.opts[0], typed]
        elif it.required:
            made += needed(it)
    return made


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("words", "taker"), TAKERS)
def test_a_number_as_a_value_is_not_shown(words: tuple[str, ...], taker: click.Parameter) -> None:
    endings = ("", ".toml", ".parquet", ".svg") if isinstance(taker.type, click.Path) else ("",)
    for ending in endings:
        result = run(*call(words, taker, f"{NUMBER}{ending}"))
        assert not shows(result.output, NUMBER), result.output


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("typed", SPELLINGS.values(), ids=SPELLINGS)
def test_a_number_is_not_shown_in_any_spelling(typed: str) -> None:
    for option in ("--not-group", "--sex", "--lang", "--person", "-p"):
        result = run("check", "-p", FLU, option, typed)
        assert result.exit_code == 2
        assert not shows(result.output, typed), result.output


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("words", [(), *LEAVES], ids=" ".join)
def test_a_number_that_nothing_takes_is_not_shown(words: tuple[str, ...]) -> None:
    whole = call(words, None, "") if words else []
    for more in (NUMBER, f"--{NUMBER}", f"-{NUMBER}", f"--{NUMBER}=x", f"--x={NUMBER}"):
        result = run(*whole, more)
        assert not shows(result.output, NUMBER), result.output
    for more in SPELLINGS.values():
        assert not shows(run(*words, f"--{more}").output, more)


@pytest.mark.parametrize("group", [(), *{words[:1] for words in LEAVES if len(words) > 1}])
def test_a_number_in_the_place_of_a_command_is_not_shown(group: tuple[str, ...]) -> None:
    for typed in SPELLINGS.values():
        result = run(*group, typed)
        assert result.exit_code == 2
        assert "Error: " in result.stderr
        assert not shows(result.stderr, typed)


def test_the_error_stays_beside_the_hidden_number() -> None:
    result = run("check", "-p", FLU, "--not-group", NUMBER)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr
    assert "no group is called '(hidden)'; `vaxpolicy policy show ID`" in result.stderr
    assert re.search(r"No such option:? '?\(hidden\)", run("check", f"--{NUMBER}").stderr)
    assert "'zzz'" in run("check", "-p", FLU, "--not-group", "zzz").stderr


def test_the_name_of_a_file_that_is_there_is_hidden_as_well(folder: Path) -> None:
    (folder / f"{NUMBER}.jsonl").write_text("x\n", "utf-8")
    for more in ([], ["--json"]):
        said = run("record", "verify", f"{NUMBER}.jsonl", *more).output
        assert "(hidden)" in said
        assert NUMBER not in said
    (folder / f"{NUMBER}.csv").write_text("key;birth_date\na;1950\n", "utf-8")
    for more in ([], ["--json"]):
        out = f"{NUMBER}.parquet"
        made = run("population", "sample", "--rows", 1, "--seed", 1, "--out", out, *more)
        assert made.exit_code == 0
        assert "(hidden)" in made.output
        assert NUMBER not in made.output


def test_errors_of_the_library_hide_the_name_of_a_file(folder: Path) -> None:
    people = folder / f"{NUMBER}.csv"
    people.write_text("key;birth_date\na;1950\n", "utf-8")
    policy = catalog.load(FLU)
    with pytest.raises(population.UnreadableError, match="hidden") as refused:
        population.decide_table(policy, people)
    assert NUMBER not in repr(refused.value)
    (folder / f"{NUMBER}.toml").write_text("id = 1", "utf-8")
    with pytest.raises(catalog.PolicyFileError, match="hidden") as unread:
        catalog.load_file(folder / f"{NUMBER}.toml")
    assert NUMBER not in repr(unread.value)
    with pytest.raises(UnknownPolicyError, match="no such version") as unknown:
        catalog.load(FLU, version=NUMBER)
    assert NUMBER not in repr(unknown.value)


def test_a_fault_of_the_library_shows_no_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> Any:
        raise ZeroDivisionError(f"a fault at {NUMBER}")

    monkeypatch.setattr(catalog, "ids", fail)
    monkeypatch.setattr(sys, "argv", ["vaxpolicy", "policy", "list"])
    with pytest.raises(SystemExit):
        entry.main()
    said = capsys.readouterr().err
    assert "ZeroDivisionError: a fault at (hidden)" in said
    assert NUMBER not in said


PIECES = st.one_of(
    st.sampled_from(["A", "12", "345", "678", "9", " ", "-", "'", "/", "\\u200b", "\n", "word "]),
    st.text(max_size=3),
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_what_is_left_never_looks_like_a_number(text: str) -> None:
    left = without_numbers(text)
    assert not looks_like_a_number(left)
    assert without_numbers(left) == left
    if not looks_like_a_number(text) and "\\" not in text:
        assert left == text


def test_a_long_text_with_a_number_is_hidden_at_once() -> None:
    assert without_numbers("word " * 10_000 + NUMBER) == "(hidden)"


def test_all_digits_of_a_number_with_blanks_go() -> None:
    assert without_numbers("say 1 2 3 4 5 6 7 8 9 0 1 2, or not") == "say (hidden), or not"
    assert without_numbers("word 123/456/789/012 or x 1/2 3/4 5/6") != ""


def test_a_text_that_is_made_to_be_hard_takes_no_time() -> None:
    for piece in ("1 ", "A 1 2 3 ", "12345678 - ", "\\u200b1 ", "'1' "):
        begun = time.process_time()
        without_numbers(piece * (8_000 // len(piece)))
        assert time.process_time() - begun < MOST_SECONDS
