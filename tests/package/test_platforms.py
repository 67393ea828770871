"""How the runs on other Pythons are set up, counted and shown; the runs are `nox -s platforms`."""

from __future__ import annotations

import json
import sys
import sysconfig
import tomllib
from typing import TYPE_CHECKING

import pytest

from tools import platforms
from tools.platforms import CONDITIONS, counted, find_python, lowest, newest, page
from tools.reports import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_what_pytest_says_is_counted() -> None:
    green = counted("....\n5 passed, 2 skipped, 1 deselected in 3.21s\n", 0)
    assert green == {"outcome": "green", "passed": 5, "failed": 0, "skipped": 2, "errors": 0}
    red = counted("1 failed, 4 passed, 2 errors in 1s", 1)
    assert (red["outcome"], red["failed"], red["errors"]) == ("red", 1, 2)
    assert counted("", 3)["outcome"] == "red"


def test_the_lowest_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found = lowest(project)
    assert {"attrs==25.4", "babel==2.16", "click==8.2.1", "pyarrow==20"} <= set(found)
    assert not [it for it in found if it.startswith("vaxpolicy")]


def test_the_other_packages_keep_their_pins_beside_the_lowest_versions() -> None:
    exact = ["psycopg[binary]==3.2.1", "attrs==25.4"]
    pinned = ["attrs==26.1.0", "psycopg[binary]==3.3.9", "psycopg-binary==3.3.9 ; x", "wrapt==2"]
    assert platforms.lowest_with(exact, pinned) == [*exact, "wrapt==2"]


def test_the_pinned_versions_are_read_without_hashes() -> None:
    text = "a==1.0 \\\n    --hash=sha256:ab\nb[x]==2 ; python_full_version < '3.13' \\\n    --hash=sha256:cd\n"
    assert newest(text)[0] == "a==1.0"
    pinned = newest((ROOT / "requirements" / "dev.txt").read_text("utf-8"))
    assert len(pinned) > 50
    assert not [it for it in pinned if "hash" in it]


def test_a_python_that_is_not_there_is_said_to_be_missing() -> None:
    assert find_python("2.99") is None


def test_a_python_is_found_where_pyenv_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    for folder, name, says in (
        ("2.98.0t", "python2.98", "2.98t"),  # free-threaded, without the t in its name
        ("2.99.0", "python2.99", "2.99"),
        ("2.99.0t", "python2.99t", "2.99t"),
    ):
        place = tmp_path / "versions" / folder / "bin"
        place.mkdir(parents=True)
        (place / name).write_text(f"#!/bin/sh\necho {says}\n")
        (place / name).chmod(0o755)
    assert find_python("2.99") == str(tmp_path / "versions/2.99.0/bin/python2.99")
    assert find_python("2.99t") == str(tmp_path / "versions/2.99.0t/bin/python2.99t")
    assert find_python("2.98t") == str(tmp_path / "versions/2.98.0t/bin/python2.98")
    assert find_python("2.98") is None


def test_a_python_is_asked_for_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    this = "{}.{}".format(*sys.version_info)
    free = "t" * bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / f"python{this}").symlink_to(sys.executable)
    (tmp_path / "python2.97").write_text("#!/bin/sh\necho 2.97; exit 1\n")
    (tmp_path / "python2.97").chmod(0o755)
    assert find_python(this + free) == str(tmp_path / f"python{this}")
    assert find_python("2.97") is None


def test_a_free_threaded_python_gets_psycopg_without_its_compiled_part() -> None:
    assert platforms.extras_for("3.14") == (list(platforms.EXTRAS), [])
    extras, more = platforms.extras_for("3.14t")
    assert "postgres" not in extras
    assert more == ["psycopg"]
    assert platforms.extras_for("3.13t")[0] == ["cli", "messages", "population", "testing"]
    assert [it for it in platforms.PYTHONS if platforms.is_left_behind(it)] == ["3.13t"]


def test_the_matrix_has_a_row_for_each_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platforms, "RESULTS", tmp_path / "results.json")
    told = {"asked": "3.14", "dependencies": "newest", "day": "2026-11-28", "commit": "abc1234"}
    platforms.keep("3.14 newest", {**told, "condition": "", "outcome": "not on this machine"})
    ran = {"python": "CPython 3.11.7", "condition": "dev", "tests": "tests", "passed": 7}
    platforms.keep("3.11 newest dev", {**told, **ran, "outcome": "green"})
    assert list(json.loads((tmp_path / "results.json").read_text())) == [
        "3.11 newest dev",
        "3.14 newest",
    ]
    text = page(platforms.read_results())
    assert "| CPython 3.11.7 | newest | `-X dev -W error` | green | 7 |" in text
    assert "| CPython 3.14 | newest |  | not on this machine |" in text


def test_the_committed_results_are_shown() -> None:
    for it in platforms.read_results().values():
        assert it["condition"] in CONDITIONS or it["outcome"] == "not on this machine"


def test_the_command_refuses_an_unknown_condition() -> None:
    with pytest.raises(SystemExit):
        platforms.main(["run", "--condition", "on-the-moon"])
