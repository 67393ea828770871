"""The language that somebody asks for, by a tag or a header."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy.cli import app
from vaxpolicy.messages import LANGUAGES, language_of, negotiate


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh-TW", "zh-Hant"), ("zh", "zh-Hant"), ("en-US", "en"), ("in", "id"), ("VI", "vi"), ("th_TH", "th"),
     ("fr", None), ("", None)],
)  # fmt: skip
def test_a_tag_means_a_language_or_none(tag: str, language: str | None) -> None:
    assert language_of(tag) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-TW,zh;q=0.9,en-US;q=0.8", "zh-Hant"),
        ("en;q=0.5, vi;q=0.7", "vi"),
        ("fr, de", "en"),
        ("", "en"),
        ("th;q=0, id;q=0.1", "id"),
        ("vi;q=x, th;q=0.2", "th"),
        ("*", "en"),
        ("x," * 100_000 + "vi", "en"),
    ],
)
def test_a_header_is_negotiated(header: str, language: str) -> None:
    assert negotiate(header) == language


@given(st.text())
def test_any_header_gives_a_language(header: str) -> None:
    assert negotiate(header) in LANGUAGES


def test_the_command_line_understands_the_tags_of_browsers() -> None:
    ask = ["check", "-p", "tw/influenza/2025", "--born", "1950", "--no-doses", "--lang"]
    runner = CliRunner()
    assert (
        runner.invoke(app, [*ask, "zh-TW"]).output == runner.invoke(app, [*ask, "zh-Hant"]).output
    )
    assert "Invalid value" in runner.invoke(app, [*ask, "fr"]).output


def test_json_is_utf_8_whatever_the_console() -> None:
    ask = "check -p tw/influenza/2025 --born 1950 --no-doses --json --lang vi"
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "vaxpolicy", *ask.split()],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "cp950"},
    )
    assert isinstance(json.loads(done.stdout.decode()), list | dict)
