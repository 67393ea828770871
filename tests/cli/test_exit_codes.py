"""Exit codes: a code that is an answer is never that of a crash, a full disk or a pipe."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category

import click
import pytest

from tests.helpers import run
from vaxpolicy import __main__ as entry
from vaxpolicy import catalog
from vaxpolicy.cli import NO_READER, app
from vaxpolicy.cli.escapes import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

SEASON = ("-p", "tw/influenza/2026", "--born", "1986-05-05", "--no-doses")
ELIGIBLE = (
    "-p",
    "tw/influenza/2025",
    "--born",
    "1950-05-05",
    "--no-doses",
    "--group",
    "status/national",
)


def shell(*words: str, stdout: Any = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "vaxpolicy", *words],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    "words", [("check", *ELIGIBLE), ("check", *ELIGIBLE, "--json"), ("--help",)]
)
def test_a_full_disk_is_a_message_and_a_code_of_its_own(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = shell(*words, stdout=full)
    assert done.returncode == entry.CANNOT_WRITE
    assert done.stderr == "vaxpolicy: the output could not be written: No space left on device\n"


def commands(group: click.Command, name: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The names of all commands, each as words."""
    if isinstance(group, click.Group):
        context = click.Context(group)
        for each in group.list_commands(context):
            command = group.get_command(context, each)
            assert command is not None
            yield from commands(command, (*name, each))
    else:
        yield name


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_every_command_says_so_on_a_full_disk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = [(*name, "--help") for name in commands(app)]
    assert len(calls) > 20
    calls += [("check", *ELIGIBLE), ("explain", *ELIGIBLE), ("policy", "list", "--json")]
    for words in calls:
        with Path("/dev/full").open("w") as full:
            monkeypatch.setattr(sys, "stdout", full)
            assert run_here(monkeypatch, None, *words) == entry.CANNOT_WRITE, words
    assert capsys.readouterr().err.count("could not be written") == len(calls)


@pytest.mark.parametrize("words", [("policy", "list"), ("policy", "list", "--json")])
def test_a_closed_pipe_is_a_code_of_its_own(words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        done = shell(*words, stdout=pipe)
    assert (done.returncode, done.stderr) == (141, "")


def run_here(monkeypatch: pytest.MonkeyPatch, error: BaseException | None, *words: str) -> int:
    """The exit code of the entry point, where listing the policies raises an error."""

    def fail() -> Any:
        assert error is not None
        raise error

    if error is not None:
        monkeypatch.setattr(catalog, "ids", fail)
    monkeypatch.setattr(sys, "argv", ["vaxpolicy", *words])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_fault_of_the_library_is_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(monkeypatch, ZeroDivisionError("a fault"), "policy", "list") == entry.CRASHED
    said = capsys.readouterr().err
    assert "ZeroDivisionError: a fault" in said
    assert said.endswith("vaxpolicy: this is a fault of vaxpolicy, not an answer\n")


def test_an_interrupt_is_a_code_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_here(monkeypatch, KeyboardInterrupt(), "policy", "list") == entry.INTERRUPTED


def test_answers_and_wrong_calls_keep_their_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here(monkeypatch, None, "check", *ELIGIBLE) == 0
    assert run_here(monkeypatch, None, "check", *SEASON, "--no-groups") == 1
    assert run_here(monkeypatch, None, "check", *SEASON) == 3
    assert run_here(monkeypatch, None, "check", "--\x1b[31m") == 2
    assert "\x1b" not in capsys.readouterr().err


# Closed world: a group that is named says nothing of the others.


def test_groups_that_are_not_named_are_not_known_unless_the_list_is_complete() -> None:
    named = (*SEASON, "--group", "status/national")
    assert run("check", *named).exit_code == 3
    complete = run("check", *named, "--only-groups")
    assert complete.exit_code == 1
    both = run("check", *SEASON, "--group", "flu-2026/chronic", "--json")
    (answer,) = json.loads(both.output)
    assert answer["outcome"] in {"eligible", "undetermined"}
    assert not any("flu-2026/chronic" in it for it in answer["missing"])


SOME_GROUPS = ("status/national", "flu-2026/chronic", "flu-2026/bmi-30")


@pytest.mark.parametrize("groups", [*combinations(SOME_GROUPS, 1), *combinations(SOME_GROUPS, 2)])
def test_a_complete_list_of_groups_decides_only_what_was_open(groups: tuple[str, ...]) -> None:
    words = ["check", *SEASON, *(word for it in groups for word in ("--group", it))]
    open_list = run(*words).exit_code
    complete = run(*words, "--only-groups").exit_code
    assert open_list != 1
    assert open_list in {3, complete}


# Walk-in: where nothing is booked, nothing is said of booking.


@pytest.mark.parametrize(("lang", "said"), [("en", "walk in"), ("zh-TW", "預約")])
def test_a_campaign_without_windows_says_walk_in(lang: str, said: str) -> None:
    words = ["check", *ELIGIBLE, "--now", "2025-11-01T10:00", "--lang", lang]
    output = run(*words).output
    assert said in output
    assert "can be booked" not in output
    (answer,) = json.loads(run(*words, "--json").output)
    assert (answer["offers"][0]["bookable"], answer["offers"][0]["walk_in"]) == (False, True)


def test_every_policy_says_whether_it_is_a_walk_in() -> None:
    walk_ins = 0
    for name in catalog.ids():
        policy = catalog.load(name)
        who = ("--born", "1950-05-05", "--no-doses", "--group", "status/national")
        words = ["check", "-p", name, *who, "--json", "--now", "2026-11-27T10:00"]
        (answer,) = json.loads(run(*words).output)
        for offer in answer["offers"]:
            assert offer["walk_in"] is not any(stage.windows for stage in policy.stages)
            walk_ins += offer["walk_in"]
    assert walk_ins == 3


# Escapes: what other people's files say must not steer a terminal.


@pytest.mark.parametrize(
    "sign", ["\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\ud800", "\r", "\x00"]
)
def test_a_control_character_is_written_as_an_escape(sign: str) -> None:
    assert escaped(f"a{sign}b") == f"a{ascii(sign)[1:-1]}b"


def test_no_control_character_of_unicode_is_left() -> None:
    every = "".join(map(chr, range(0x11_0000)))
    left = {it for it in escaped(every) if category(it) in {"Cc", "Cf", "Cs"}}
    assert left == {"\n", "\u200c", "\u200d"}


def test_other_characters_stay_as_they_are() -> None:
    for text in ("臺北市", "คน\u200d", "two\nlines", "é"):
        assert escaped(text) == text


@pytest.mark.parametrize("sign", ["\\u001b", "\\u202e"])
def test_a_control_character_in_a_file_does_not_reach_the_terminal(
    tmp_path: Path, sign: str
) -> None:
    text = (catalog_file()).replace('title = "', f'title = "{sign}[31m')
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    done = run("policy", "show", str(path))
    assert not any(it in done.output + done.stderr for it in ("\x1b", "\u202e"))


def catalog_file() -> str:
    found = Path(catalog.__file__).parents[1] / "policies" / "tw" / "influenza" / "2025.toml"
    return found.read_text(encoding="utf-8")


# Its own example: what an error recommends works.


@pytest.mark.parametrize(
    ("option", "wrong"),
    [("--wants", "AZ"), ("--wants", "AZ@"), ("--dose", "AZ"), ("--dose", "AZ@x")],
)
def test_the_example_in_an_error_works(option: str, wrong: str) -> None:
    words = ["check", "-p", "tw/covid19-1922/round-19", option]
    said = run(*words, wrong).stderr
    example = said.rpartition("such as ")[2].strip() if "such as" in said else ""
    if "@" not in wrong:
        assert run(*words, example).exit_code in {0, 1, 3}
    else:
        assert "YYYY-MM-DD" in said


# Languages: tags that mean a language that there is.


@pytest.mark.parametrize(
    ("tag", "said"),
    [("zh-TW", "符合資格"), ("zh", "符合資格"), ("zh-Hant-TW", "符合資格"), ("en-US", "eligible"), ("en_GB", "eligible"),
     ("vi-VN", "đủ điều kiện"), ("TH", "มีสิทธิ")],
)  # fmt: skip
def test_a_tag_that_means_a_language_is_understood(tag: str, said: str) -> None:
    done = run("check", *ELIGIBLE, "--lang", tag)
    assert done.exit_code == 0
    assert said in done.output


def test_a_language_that_there_is_not_is_a_wrong_call() -> None:
    assert run("check", *ELIGIBLE, "--lang", "tlh").exit_code == 2


# Colour: on a terminal, or as the environment says.


@pytest.mark.parametrize(
    ("name", "coloured"), [("NO_COLOR", False), ("FORCE_COLOR", True), (None, False)]
)
def test_colours_are_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, name: str | None, coloured: bool
) -> None:
    for each in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(each, raising=False)
    if name is not None:
        monkeypatch.setenv(name, "1")
    output = run("check", *ELIGIBLE).output
    assert ("\x1b[1m" in output) is coloured


def test_another_error_of_the_system_is_a_fault_and_not_an_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = PermissionError(13, "Permission denied", "people.json")
    assert run_here(monkeypatch, error, "policy", "list") == entry.CRASHED
    assert "could not be written" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), entry.CANNOT_WRITE, "No space left"),
        (click.Abort(), entry.INTERRUPTED, ""),
        (BrokenPipeError(), NO_READER, ""),
    ],
)
def test_each_way_to_end_has_its_code(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    said: str,
) -> None:
    assert run_here(monkeypatch, error, "policy", "list") == code
    assert said in capfd.readouterr().err


class UnwritableOutput(io.StringIO):
    """An output that nobody reads any more, which shows when it is flushed."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.descriptor = descriptor

    def fileno(self) -> int:
        return self.descriptor

    def flush(self) -> None:
        raise BrokenPipeError


def test_a_pipe_that_closes_at_the_end_has_the_same_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "output").open("w") as file:
        monkeypatch.setattr(sys, "stdout", UnwritableOutput(file.fileno()))
        assert run_here(monkeypatch, None, "--version") == NO_READER


def test_an_output_that_was_closed_before_is_not_a_crash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert run_here(monkeypatch, None, "policy", "list") == entry.CANNOT_WRITE
    assert capsys.readouterr().err.startswith("vaxpolicy: the output could not be written: ")


class FullErrors(UnwritableOutput):
    """A stream of errors on a full disk."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("is_closed", [True, False])
@pytest.mark.parametrize(
    ("words", "error", "code"),
    [
        (("check", "--policy", "none"), None, 2),
        (("policy", "list"), ZeroDivisionError("a fault"), entry.CRASHED),
        (("policy", "list"), BrokenPipeError(), NO_READER),
    ],
)
def test_an_error_that_cannot_be_written_keeps_its_code(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
    error: Exception | None,
    code: int,
    *,
    is_closed: bool,
) -> None:
    with (tmp_path / "output").open("w") as output, (tmp_path / "errors").open("w") as errors:
        monkeypatch.setattr(sys, "stdout", output)
        monkeypatch.setattr(sys, "stderr", None if is_closed else FullErrors(errors.fileno()))
        monkeypatch.setattr(sys, "excepthook", lambda *_: None)
        assert run_here(monkeypatch, error, *words) == code


def test_without_the_extra_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry, "find_spec", lambda name: None if name == "babel" else name)
    assert run_here(monkeypatch, None, "--version") == 2
    assert "pip install 'vaxpolicy[cli]'" in capsys.readouterr().err


def test_an_unknown_command_is_a_wrong_call() -> None:
    assert run("chek").exit_code == 2
