"""The output: colours on terminals alone, whole lines, and the language asked for."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers import policy_of, run
from vaxpolicy import catalog
from vaxpolicy.cli.output import source_lines
from vaxpolicy.cli.person import load_policies
from vaxpolicy.eligibility import Outcome, Person, decide
from vaxpolicy.messages import LANGUAGES, words
from vaxpolicy.rules.policy import Rule

if TYPE_CHECKING:
    from pathlib import Path

ROUND_19 = "tw/covid19-1922/round-19"
FACTS = ("--born", "1990-01-01", "--dose", "AZ@2021-07-01", "--dose", "AZ@2021-10-28")
CHECK = ("check", "-p", ROUND_19, *FACTS)
COLOUR = re.compile(rb"\x1b\[3[0-9]m")
BOLD = re.compile(rb"\x1b\[1m")


def environment(**variables: str) -> dict[str, str]:
    """That of a user who has said nothing of colours, but for these variables."""
    said = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "COLORTERM"}
    kept = {name: value for name, value in os.environ.items() if name not in said}
    return {**kept, "PYTHONUTF8": "1", "TERM": "xterm-256color", **variables}


def piped(*words: str, **variables: str) -> bytes:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "vaxpolicy", *words],
        env=environment(**variables),
        capture_output=True,
        check=False,
    ).stdout


def on_a_terminal(*words: str, **variables: str) -> bytes:
    ours, theirs = pty.openpty()
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "vaxpolicy", *words],
        env=environment(**variables),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        written = b""
        while part := _read(ours):
            written += part
    os.close(ours)
    return written


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other end is closed
        return b""


def test_a_terminal_gets_colours_and_a_pipe_none() -> None:
    assert COLOUR.search(on_a_terminal(*CHECK))
    assert b"\x1b" not in piped(*CHECK)


def test_colours_can_be_turned_off_and_on() -> None:
    assert not COLOUR.search(on_a_terminal(*CHECK, NO_COLOR="1"))
    assert b"\x1b" not in on_a_terminal(*CHECK, TERM="dumb")
    assert COLOUR.search(piped(*CHECK, FORCE_COLOR="1"))
    assert BOLD.search(piped(*CHECK, FORCE_COLOR="1"))
    assert not COLOUR.search(piped(*CHECK, FORCE_COLOR="1", NO_COLOR="1"))


@pytest.mark.parametrize(
    "words",
    [
        ("policy", "list", "--lang", "zh-Hant"),
        ("policy", "show", ROUND_19, "--lang", "zh-Hant"),
        ("policy", "people", ROUND_19, "--lang", "zh-Hant"),
        (*CHECK, "--lang", "th"),
    ],
)
def test_lines_of_wide_letters_are_whole_whatever_the_width(words: tuple[str, ...]) -> None:
    narrow, wide = (piped(*words, COLUMNS=width) for width in ("20", "500"))
    assert narrow == wide
    assert narrow.isascii() is False


def test_the_list_stands_in_columns() -> None:
    lines = run("policy", "list").stdout.splitlines()
    assert len({line.index(" 1.") for line in lines}) == 1


OWN = """
id = "own"
version = "1"
announced = 2022-01-10
disease = "covid19"
notification = "required"
verified = false
review_by = 2022-02-01
sources.s = { publisher = "CDC", url = "https://example.org", checked = 2022-01-10, support = "press" }
[[stages]]
id = "base"
vaccination_days = { first = 2022-01-17, last = 2022-01-23, sure_until = 2022-01-20 }
[[stages.rules]]
id = "a"
dose = 3
vaccines = ["AZ"]
cites = ["s"]
all = [{ age_at_least = 19, on = "day" }]
printed = { born_on_or_before = 2004-01-23 }
[[stages.windows]]
opens = 2022-01-15T10:00:00+08:00
closes = 2022-01-16
vaccines = ["AZ"]
doses = [3]
ages = { at_least = 12, on = "day" }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("languages")
    (path / "own.toml").write_text(OWN, "utf-8")
    facts = ("--at", "2022-01-15T14:00", "--subject", "ab" * 32, *FACTS)
    made = run("record", "make", "-p", ROUND_19, *facts).stdout_bytes
    (path / "records.jsonl").write_bytes(made.replace(b"1990-01-01", b"1991-01-01"))
    return path


SPOKEN = {
    "check": CHECK,
    "demo": ("demo",),
    "explain": ("explain", "-p", ROUND_19, *FACTS),
    "timeline": ("timeline", "-p", ROUND_19, *FACTS),
    "timeline svg": ("timeline", "-p", ROUND_19, *FACTS, "--svg"),
    "show": ("policy", "show", "{folder}/own.toml"),
    "show svg": ("policy", "show", "{folder}/own.toml", "--svg"),
    "lint": ("policy", "lint", "{folder}/own.toml", "--today", "2022-03-01"),
    "bounds": ("policy", "bounds", "{folder}/own.toml"),
    "diff": ("policy", "diff", ROUND_19, "{folder}/own.toml"),
    "diff json": ("policy", "diff", ROUND_19, "{folder}/own.toml", "--json"),
    "people": ("policy", "people", "{folder}/own.toml"),
    "verify": ("record", "verify", "{folder}/records.jsonl"),
    "verify head": ("record", "verify", "{folder}/records.jsonl", "--head", "00" * 32),
    "verify json": ("record", "verify", "{folder}/records.jsonl", "--json"),
}


@pytest.mark.parametrize("words", SPOKEN.values(), ids=SPOKEN)
def test_every_command_speaks_every_language(folder: Path, words: tuple[str, ...]) -> None:
    call = [word.replace("{folder}", str(folder)) for word in words]
    said = {}
    for lang in LANGUAGES:
        result = run(*call, "--lang", lang)
        assert result.exit_code in {0, 1, 3}
        notes = [it for it in result.stderr.splitlines() if not it.startswith("own: ")]
        assert notes == []  # but for the one that the policy is not verified
        said[lang] = result.stdout
    assert len({*said.values()}) == len(LANGUAGES)
    assert re.search("[\u0e00-\u0e7f]", said["th"])
    assert not re.search("[\u0e00-\u0e7f]", said["en"])


def test_nothing_of_what_a_command_says_stays_english(folder: Path) -> None:
    """Words of the file, and names; all other Latin letters are codes and ids."""
    call = ("policy", "show", str(folder / "own.toml"), "--lang", "zh-Hant")
    text = run(*call).stdout
    text = re.sub(r"\{ .* \}|https://\S+", "", text)
    assert {*re.findall("[A-Za-z]+", text)} <= {
        "own",
        "covid",
        "base",
        "a",
        "AZ",
        "s",
        "CDC",
        "press",
    }


def test_the_list_says_what_is_not_verified() -> None:
    for lang, said in (
        ("en", "(not verified)"),
        ("zh-Hant", "尚未查證"),
        ("vi", "chưa được kiểm chứng"),
    ):
        lines = run("policy", "list", "--lang", lang).stdout.splitlines()
        unverified = [line.partition(" ")[0] for line in lines if said in line]
        assert unverified == [name for name in catalog.ids() if not catalog.load(name).verified]


def test_json_has_codes_and_their_texts(folder: Path) -> None:
    def answer(*words: str) -> Any:
        call = [word.replace("{folder}", str(folder)) for word in words]
        result = run(*call, "--json", "--lang", "vi")
        return json.loads(result.stdout)

    (check,) = answer(*SPOKEN["check"])
    assert (check["outcome"], check["text"]) == ("eligible", "đủ điều kiện")
    (lint,) = answer(*SPOKEN["lint"][:3], "--today", "2022-01-31")
    assert lint["code"] == "printed-refuted"
    assert re.search("[^\x00-\x7f]", lint["text"])
    assert lint["detail"].isascii()
    (demo, *_) = answer("demo")
    assert {"who", "steps"} == {*demo}


def check(*words: str) -> str:
    return run("check", *words).output


def test_an_answer_in_retrospect_says_when_the_interval_was_over() -> None:
    doses = ("--dose", "AZ@2021-07-01", "--dose", "AZ@2021-11-20")
    said = check("-p", ROUND_19, "--born", "1990-03-01", *doses)
    assert "The interval is over on 12 February 2022. Another rule" in said


SEASON_2025 = ("-p", "tw/influenza/2025", "--no-doses", "--group", "status/national")


def test_after_a_yes_no_reason_is_about_a_rule_that_could_add_nothing() -> None:
    few, every = (check(*SEASON_2025, "--born", "1950", *option) for option in ((), ("--all",)))
    assert "1-elders" in few
    assert "1-chronic" not in few
    assert "more reasons: --all" in few
    assert "1-chronic" in every


def test_a_day_after_the_last_one_leaves_no_day_to_offer() -> None:
    said = check(*SEASON_2025, "--born", "1950", "--on", "2026-12-01")
    assert "not eligible" in said


def test_an_answer_that_cites_nothing_has_no_list_of_sources() -> None:
    policy = policy_of(Rule("r", 1, ("AZ",), cites=(), all=()))
    decision = decide(policy, Person(doses=()))
    assert decision.outcome is Outcome.ELIGIBLE
    assert list(source_lines(policy, decision, words("en"))) == []


def test_policies_are_loaded_without_a_command_too() -> None:
    assert [it.id for it in load_policies((ROUND_19,))] == [ROUND_19]
