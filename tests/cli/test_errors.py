"""Errors say what was expected and what to do; no user sees a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import own_policy, run

if TYPE_CHECKING:
    from pathlib import Path

ROUND_19 = "tw/covid19-1922/round-19"


def wrong(*words: str, stdin: bytes | str = "") -> str:
    """The error of a wrong call, with the lines that click broke made whole."""
    result = run(*words, stdin=stdin)
    assert result.exit_code == 2
    assert result.stdout == ""
    return " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-p", "round-19"), f"did you mean {ROUND_19}"),
        (("-p", "tw/covid19/round-19"), f"did you mean {ROUND_19}"),
        (("-p", "flu/2025"), "did you mean tw/influenza/2025?"),
        (("-p", "round19"), f"did you mean {ROUND_19}?"),
        (("-p", "nowhere"), "no bundled policy has the id 'nowhere'; `vaxpolicy policy list` has"),
        (("-p", ""), "has the id ''; `vaxpolicy policy list` has them all"),
        (("-p", ROUND_19, "--group", "9"), "did you mean cecc-2021-02-26/9 or cecc-"),
        (("-p", ROUND_19, "--group", "cecc-2021-06-21/6/pregnent"), "mean cecc-2021-06-21/6/pregn"),
        (("-p", ROUND_19, "--group", "孕婦"), "did you mean cecc-2021-06-21/6"),
        (
            ("-p", ROUND_19, "--group", "zzz"),
            "no group is called 'zzz'; `vaxpolicy policy show ID`",
        ),
        (
            ("-p", ROUND_19, "--lives-in", "台北"),
            "no county is called '台北'; did you mean 臺北市?",
        ),
        (("-p", ROUND_19, "--registered-in", "Penghu"), "did you mean 澎湖縣?"),
        (("-p", ROUND_19, "--lives-in", "zzz"), "'zzz'; expected one of 臺北市, 新北市"),
        (("-p", ROUND_19, "--wants", "AZ@9500-01-01T10:00"), "an instant from 1800 to 9000"),
        (("-p", ROUND_19, "--dose", "az@2021-07-01"), "did you mean AZ?"),
        (("-p", ROUND_19, "--wants", "Modern@2021-07-01T10:00"), "did you mean Moderna?"),
    ],
)
def test_a_wrong_name_is_told_which_names_are_near(words: tuple[str, ...], said: str) -> None:
    for command in ("check", "explain", "timeline"):
        assert said in wrong(command, *words)


def test_no_near_name_is_looked_for_where_the_text_is_no_slip() -> None:
    problem = wrong("check", "-p", ROUND_19, "--group", "status/national" * 15)
    assert "no group is called" in problem
    assert "did you mean" not in problem


def test_both_policies_of_a_diff_are_told_apart() -> None:
    assert "'OLD': no bundled policy has the id 'round-19'" in wrong(
        "policy", "diff", "round-19", "x"
    )
    assert "Invalid value for 'NEW'" in wrong("policy", "diff", ROUND_19, "round-20")


def test_groups_and_counties_of_ones_own_policy_are_known(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    asked = '{ group = "own/1/part" }, { resident_in = ["Springfield"] }'
    file.write_text(own_policy(f"dose = 1\nall = [{asked}]\n"), "utf-8")
    known = ("--born", "1990", "--no-doses", "--lives-in", "Springfield")
    assert run("check", "-p", str(file), *known, "--group", "own/1/part").exit_code == 0
    assert run("check", "-p", str(file), *known, "--group", "own/1").exit_code == 3
    assert run("check", "-p", str(file), *known, "--group", "own/1", "--only-groups").exit_code == 1
    wrong("check", "-p", ROUND_19, *known)


def test_names_in_a_file_are_looked_at_as_well(tmp_path: Path) -> None:
    file = tmp_path / "person.json"
    for field in ("groups", "unknown_groups"):
        file.write_text(json.dumps({field: ["cecc-2021-06-21/99"]}), "utf-8")
        said = wrong("check", "-p", ROUND_19, "--person", str(file))
        assert "no group is called 'cecc-2021-06-21/99'; did you mean cecc-2021-06-21/9" in said


@pytest.mark.parametrize("command", ["show", "lint", "bounds"])
@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2022-13-01", "expected YYYY-MM-DD: month must be in 1..12"),
        ("soon", "expected YYYY-MM-DD"),
    ],
)
def test_a_wrong_day_says_the_format(command: str, day: str, said: str) -> None:
    option = {"show": "--as-of", "lint": "--today", "bounds": ""}[command]
    if option:
        assert said in wrong("policy", command, ROUND_19, option, day)


def test_a_day_before_the_policy_says_so() -> None:
    said = wrong("policy", "show", ROUND_19, "--as-of", "2020-01-01")
    assert said.endswith(f"nothing of {ROUND_19} was in force on 2020-01-01")


BAD_JSON = {
    "cut off": b"{",
    "empty": b"",
    "an array": b"[1]",
    "a text": b'"x"',
    "no number": b"NaN",
    "not UTF-8": b"\xff\xfe",
    "too deep": b"[" * 100_000,
    "wrong types": b'{"birth_date": 5, "doses": [{"vaccine": 1, "on": "x"}], "more": 1}',
    "no offset": b'{"willingness": {"wanted": {"AZ": "2021-01-01T00:00"}}}',
    "nothing in it": b'{"doses": [null]}',
}


@pytest.mark.parametrize("content", BAD_JSON.values(), ids=BAD_JSON)
@pytest.mark.parametrize("command", ["check", "explain", "timeline"])
def test_a_file_that_is_no_person_is_named(tmp_path: Path, command: str, content: bytes) -> None:
    file = tmp_path / "person.json"
    file.write_bytes(content)
    said = wrong(command, "-p", ROUND_19, "--person", str(file))
    assert f"'--person': {file}: " in said
    assert "expected" in said


def test_the_person_may_come_from_the_standard_input() -> None:
    asked = ("check", "-p", ROUND_19, "--person", "-")
    assert run(*asked, stdin='{"birth_date": "1990"}').exit_code == 3
    assert "the standard input: expected JSON" in wrong(*asked, stdin="")


BAD_TOML = {
    "cut off": b"id = ",
    "empty": b"",
    "not UTF-8": b"\xff",
    "too deep": b"a=" + b"[" * 5000,
    "wrong types": b"id = 1\nstages = 2",
}


@pytest.mark.parametrize("content", BAD_TOML.values(), ids=BAD_TOML)
@pytest.mark.parametrize("words", [("check", "-p"), ("policy", "show"), ("policy", "lint")])
def test_a_file_that_is_no_policy_is_named(
    tmp_path: Path, words: tuple[str, ...], content: bytes
) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(content)
    assert f"{file}: " in wrong(*words, str(file))


def test_a_file_that_is_not_there_and_a_directory_are_named(tmp_path: Path) -> None:
    there = tmp_path / "there.toml"
    there.mkdir()
    assert "No such file" in wrong("policy", "show", str(tmp_path / "none.toml"))
    assert "expected a TOML file, or a folder of TOML files" in wrong("policy", "show", str(there))
    assert "Is a directory" in wrong("check", "--person", str(tmp_path))
    assert "No such file" in wrong("check", "--person", str(tmp_path / "none.json"))
    assert "is a directory" in wrong("record", "verify", str(tmp_path))
    (tmp_path / "own.txt").write_text("", "utf-8")
    said = wrong("policy", "show", str(tmp_path / "own.txt"))
    assert "the name of a policy file ends in .toml" in said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["birth_date", "doses", "groups", "vaccine", "on", "wanted", "key", "AZ"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["birth_date", "doses", "groups", "unknown_groups", "registered_county", "willingness"]
        ),
        JSON,
    )
)
def test_whatever_stands_in_a_file_is_a_person_or_a_wrong_call(fields: dict[str, Any]) -> None:
    result = run("check", "-p", ROUND_19, "--person", "-", stdin=json.dumps(fields))
    assert result.exit_code in {0, 1, 2, 3}


@pytest.mark.parametrize(
    "words",
    [("policy", "list"), ("policy", "people", ROUND_19), ("policy", "people", ROUND_19, "--json")],
)
def test_a_reader_that_stops_reading_is_no_error(words: tuple[str, ...]) -> None:
    writer = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "vaxpolicy", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    with writer, writer.stdout as output:
        output.read(1)
        output.close()
        assert writer.stderr.read() == b""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp950"])
def test_json_by_console_is_utf_8_and_text_has_escapes(encoding: str) -> None:
    def printed(*words: str) -> bytes:
        return subprocess.run(  # noqa: S603  # our own command
            [sys.executable, "-X", "utf8=0", "-m", "vaxpolicy", "policy", "list", *words],
            env={"PYTHONIOENCODING": encoding},
            capture_output=True,
            check=True,
        ).stdout

    titles = {it["id"]: it["title"] for it in json.loads(printed("--json").decode())}
    assert titles["tw/covid19-1922/round-01"].startswith("第1期")
    text = printed("--lang", "vi" if encoding == "cp950" else "zh-Hant").decode(encoding)
    assert "\\u" in text or "\\x" in text


@pytest.mark.parametrize(
    ("name", "code"),
    [("AstraZeneca", "AZ"), ("pfizer", "BNT"), ("莫德納", "Moderna"), ("เมดิเจน", "Medigen")],
)
def test_a_brand_name_in_any_language_leads_to_the_code(name: str, code: str) -> None:
    words = ["check", "-p", "tw/covid19-1922/round-19", "--dose", f"{name}@2021-07-01"]
    assert run(*words).stderr.endswith(f"; did you mean {code}?\n")
