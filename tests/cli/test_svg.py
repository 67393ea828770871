"""Pictures from the command line are the library's pictures."""

from __future__ import annotations

import pytest

from tests.helpers import run
from vaxpolicy import catalog
from vaxpolicy.picture import policy_svg


def drawn(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("name", ["tw/covid19-1922/round-19", "tw/influenza/2025"])
def test_a_policy_can_be_drawn(name: str) -> None:
    assert drawn("policy", "show", name, "--svg") == policy_svg(catalog.load(name)) + "\n"


def test_a_persons_timeline_can_be_drawn() -> None:
    words = ("--born", "1990-01-01", "--dose", "AZ@2021-07-01", "--dose", "AZ@2021-10-28")
    picture = drawn("timeline", "-p", "tw/covid19-1922/round-19", *words, "--svg")
    assert picture.startswith("<svg ")
    assert "tw/covid19-1922/round-19" in picture
