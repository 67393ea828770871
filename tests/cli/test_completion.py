"""The shell completes commands, options and values, by click's own protocol."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.shell_completion import BashComplete

from vaxpolicy import catalog
from vaxpolicy.cli import app
from vaxpolicy.messages import LANGUAGES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli" / "index.md"
if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")


def vaxpolicy(instruction: str, **variables: str) -> str:
    """The output of the command for the shell that asks."""
    done = subprocess.run(
        [sys.executable, "-m", "vaxpolicy"],
        env={**os.environ, "_VAXPOLICY_COMPLETE": instruction, "PYTHONUTF8": "1", **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def completed(*words: str) -> list[CompletionItem]:
    """The completions of the last word."""
    shell = BashComplete(app, {}, "vaxpolicy", "_VAXPOLICY_COMPLETE")
    return shell.get_completions([*words[:-1]], words[-1])


def values(*words: str) -> list[str]:
    found = completed(*words)
    assert {item.type for item in found} <= {"plain"}
    return [item.value for item in found]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_for_each_shell_asks_the_command(shell: str) -> None:
    script = vaxpolicy(f"{shell}_source")
    assert f"_VAXPOLICY_COMPLETE={shell}_complete" in script
    assert "python" not in script


@pytest.mark.parametrize("shell", SHELLS)
def test_the_page_has_the_line_for_each_shell(shell: str) -> None:
    assert f"_VAXPOLICY_COMPLETE={shell}_source vaxpolicy" in PAGE.read_text("utf-8")


def test_a_policy_completes_by_the_protocol() -> None:
    words = {"COMP_WORDS": "vaxpolicy check -p tw/influenza/202", "COMP_CWORD": "3"}
    found = [f"plain,{it}" for it in catalog.ids() if "influenza" in it]
    assert vaxpolicy("bash_complete", **words).split() == found


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no Bash")
def test_bash_takes_the_line_of_the_page_and_completes(tmp_path: Path) -> None:
    command = tmp_path / "vaxpolicy"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vaxpolicy "$@"\n', "utf-8")
    command.chmod(0o755)
    found = re.search(r'^ +(eval ".*bash_source.*")$', PAGE.read_text("utf-8"), re.MULTILINE)
    assert found is not None
    asks = (
        "COMP_WORDS=(vaxpolicy policy show tw/covid19-1922/round-0); COMP_CWORD=3; "
        '_vaxpolicy_completion vaxpolicy; echo "${COMPREPLY[*]}"'
    )
    done = subprocess.run(  # noqa: S603 - the line of our own page
        ["bash", "--norc", "-c", f"{found[1]}\n{asks}"],  # noqa: S607 - whichever Bash there is
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [f"tw/covid19-1922/round-0{number}" for number in range(1, 10)]


def test_commands_and_options() -> None:
    assert values("") == [
        *(
            "check",
            "counties",
            "demo",
            "explain",
            "facts",
            "groups",
            "policy",
            "population",
            "record",
            "run",
        ),
        *("timeline", "vaccines"),
    ]
    assert values("policy", "s") == ["schema", "show", "stranded"]
    assert values("check", "--no-") == ["--no-doses", "--no-groups"]


@pytest.mark.parametrize(
    "words",
    [
        ("check", "-p"),
        ("explain", "--policy"),
        ("timeline", "-p"),
        ("record", "make", "--policy"),
        ("policy", "show"),
        ("policy", "lint", "own.toml"),
        ("policy", "diff", "tw/influenza/2024"),
    ],
)
def test_policies_complete_wherever_they_are_named(words: tuple[str, ...]) -> None:
    assert values(*words, "tw/influenza/") == [it for it in catalog.ids() if "influenza" in it]


def test_files_complete_where_no_policy_has_such_an_id() -> None:
    (item,) = completed("policy", "lint", "./ow")
    assert (item.type, item.value) == ("file", "./ow")


def test_groups_complete_with_their_names_beside_them() -> None:
    ids = ["cecc-2021-06-21/6", "cecc-2021-06-21/6/75-plus", "cecc-2021-06-21/6/pregnant"]
    assert values("check", "--group", "cecc-2021-06-21/6") == ids
    words = "vaxpolicy check --lang zh-Hant --group cecc-2021-06-21/6/p"
    found = vaxpolicy("zsh_complete", COMP_WORDS=words, COMP_CWORD="5")
    assert found.splitlines() == ["plain", "cecc-2021-06-21/6/pregnant", "孕婦"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_group_has_its_name_beside_it(lang: str) -> None:
    found = completed("check", "--lang", lang, "--group", "")
    assert [item.value for item in found] == list(catalog.groups())
    assert all(item.help for item in found)


def test_a_dose_before_does_not_stop_it() -> None:
    """Bash hands over a word with an "@" in it as three."""
    words = "vaxpolicy check --dose AZ @ 2021-07-01 --group status/nat"
    found = vaxpolicy("bash_complete", COMP_WORDS=words, COMP_CWORD="7")
    assert found.split() == ["plain,status/national"]


def test_counties_complete_by_any_of_their_names() -> None:
    assert values("check", "--lives-in", "臺") == ["臺北市", "臺中市", "臺南市", "臺東縣"]
    assert values("check", "--registered-in", "Taip") == ["臺北市"]


def test_vaccines_and_languages_complete() -> None:
    known = [f"{code}@" for code in catalog.vaccines() if code.startswith("M")]
    assert values("check", "--dose", "M") == known
    assert len(values("check", "--wants", "")) == len(catalog.vaccines())
    assert values("policy", "show", "--lang", "") == list(LANGUAGES)


def test_days_have_no_completion() -> None:
    assert values("check", "--born", "") == []


def test_the_dated_facts_are_completed() -> None:
    found = values("check", "--fact", "")
    assert found == [f"{fact}=" for fact in catalog.dated_facts()]
    assert values("check", "--fact", "blood") == ["blood-product="]
