"""Every command says what it does, and every example in its help does it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.helpers import NEEDS_DOCSTRINGS, own_policy, run
from tests.keys import write_key
from vaxpolicy.cli import COMMANDS, app
from vaxpolicy.population import sample_people
from vaxpolicy.record import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHO = "ab" * 32
WITHOUT_WORDS = {
    "vaxpolicy policy new",
    "vaxpolicy policy schema",
    "vaxpolicy population compare",
    "vaxpolicy population sample",
    "vaxpolicy record make",
    "vaxpolicy run",
}
OWN = own_policy(
    """
dose = 3
all = [{ age_at_least = 18, on = "last-day" }]
printed = { born_on_or_before = 2004-01-23 }
"""
)


def commands(
    command: click.Command = app, name: str = "vaxpolicy", above: click.Context | None = None
) -> Iterator[click.Context]:
    """The context of every command, groups included."""
    context = click.Context(command, parent=above, info_name=name, **command.context_settings)
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from commands(found, below, context)


ALL = {context.command_path: context.command for context in commands()}
SINGLE = {path: it for path, it in ALL.items() if not isinstance(it, click.Group)}


def examples(command: click.Command) -> list[str]:
    """The command lines under "Examples:"."""
    return re.findall(r"^  (vaxpolicy(?:.*\\\n)*.*)$", command.epilog or "", re.MULTILINE)


@pytest.mark.parametrize("path", ALL)
def test_every_command_has_examples_of_itself(path: str) -> None:
    found = examples(ALL[path])
    assert found
    assert all(example.startswith(path) for example in found)


@NEEDS_DOCSTRINGS
@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_says_what_it_does_and_shows_the_examples(path: str, option: str) -> None:
    result = run(*path.split()[1:], option)
    assert result.exit_code == 0
    help_of = ALL[path].help
    assert help_of is not None
    assert help_of.split(maxsplit=3)[0] in result.output
    assert all(line in result.output for it in examples(ALL[path]) for line in it.split("\n"))


@pytest.mark.parametrize("path", ALL)
def test_no_summary_of_a_command_is_cut_off(path: str) -> None:
    result = run(*path.split()[1:], "-h")
    assert "..." not in result.output.replace("[ARGS]...", "").replace("]...", "").replace(
        "FILE...", ""
    )


@pytest.mark.parametrize("path", SINGLE)
def test_every_command_takes_json_and_a_language_where_it_has_words(path: str) -> None:
    options = {option for it in SINGLE[path].params for option in it.opts}
    assert "--json" in options
    assert ("--lang" in options) is (path not in WITHOUT_WORDS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the examples are about, and the command itself."""
    path = tmp_path_factory.mktemp("examples")
    (path / "own.toml").write_text(OWN, "utf-8")
    (path / "person.json").write_text(
        '{"birth_date": "1990-01-01", "doses": [{"vaccine": "AZ", "on": "2021-07-01"}, '
        '{"vaccine": "AZ", "on": "2021-10-28"}], "groups": []}',
        "utf-8",
    )
    key = Ed25519PrivateKey.generate()
    private, public = write_key(key, path)
    public.rename(path / "portal.pem")
    june, july = record(private), b""
    (path / "june.jsonl").write_bytes(june)
    july = record(private, "--follows", str(path / "june.jsonl"))
    (path / "july.jsonl").write_bytes(july)
    (path / "records.jsonl").write_bytes(june)
    (path / "last").write_text(read(july.removesuffix(b"\n")).digest, "utf-8")
    pq.write_table(sample_people(500, 1), path / "people.parquet")
    command = path / "vaxpolicy"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vaxpolicy "$@"\n', "utf-8")
    command.chmod(0o755)
    return path


def record(private: Path, *words: str) -> bytes:
    policy = ("-p", "tw/covid19-1922/round-19", "--at", "2022-01-15T14:00", "--subject", WHO)
    result = run("record", "make", *policy, "--sign-with", str(private), *words)
    assert result.exit_code == 0
    return result.stdout_bytes


@pytest.mark.skipif(shutil.which("sh") is None, reason="the examples are written for sh")
@pytest.mark.parametrize("example", [it for command in ALL.values() for it in examples(command)])
def test_every_example_runs(folder: Path, example: str) -> None:
    last = (folder / "last").read_text("utf-8")
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S602 - our own examples
        example,
        shell=True,
        cwd=folder,
        env={**os.environ, "PATH": path, "WHO": WHO, "LAST": last},
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    assert done.returncode in {0, 1, 3}
    written = re.search(r">+ (\S+)$", example)
    assert done.stdout or (written and (folder / written[1]).stat().st_size)


@NEEDS_DOCSTRINGS
def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    context = click.Context(app)
    for name, (_, line) in COMMANDS.items():
        command = app.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(limit=100) == line
    assert app.get_command(context, "no-such-command") is None


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_neither_policies_nor_messages(option: str) -> None:
    code = (
        "import sys\nfrom vaxpolicy.cli import app\n"
        f"try: app([{option!r}])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own code
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "vaxpolicy.cli" in loaded
    assert not loaded & {"vaxpolicy.catalog", "vaxpolicy.rules", "vaxpolicy.messages", "babel"}
