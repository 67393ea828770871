"""The tests on other Pythons, with other dependencies and surroundings, against the built wheel.

    nox -s platforms                                # every condition on every Python that is there
    nox -s platforms -- run --python 3.13 --condition plain dev
    nox -s platforms -- run --dependencies lowest --tests tests/days tests/numbers
    nox -s platforms -- page                        # write docs/explanation/platforms.md

A run builds the wheel and installs it into a new environment for each Python and each choice of
dependencies: the newest that `requirements/dev.txt` pins, or the lowest that `pyproject.toml`
allows. The tests are copied without `src`, so that nothing but the wheel can be imported. What they
say is kept in `tools/data/platforms.json`, a line for each combination, with the tests that ran.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from tools.build import build as build_both
from tools.reports import EXPLANATION, ROOT, commit, kept, table, today, with_part

if TYPE_CHECKING:
    from collections.abc import Sequence

WORK: Final = ROOT / ".platforms"
RESULTS: Final = ROOT / "tools" / "data" / "platforms.json"
PAGE: Final = EXPLANATION / "platforms.md"
BEGIN: Final = "<!-- What the runs said: nox -s platforms -- page -->"
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t")
EXTRAS: Final = ("cli", "messages", "records", "population", "charts", "postgres", "testing")
TOOLS: Final = ("pytest", "jsonschema", "pytest-randomly==5.1.0")
TESTS: Final = ("tests",)
LEFT_OUT: Final = (
    "tests/site",
    "tests/package",
    "tests/portal",
    "tests/messages/test_languages.py",
)
"""What tests the checkout itself: its pages, sources and examples."""
COPIED: Final = (
    *("tests", "tools", "docs", "examples", "benchmarks", "requirements"),
    *("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "mkdocs.yml", "noxfile.py"),
)
ORDER: Final = ("-p", "no:randomly")


@frozen
class Condition:
    """In which surroundings the tests run.

    Attributes:
        what: in a few words.
        options: the options of Python.
        environment: what is set beside the usual.
        order: the options of pytest-randomly.
    """

    what: str
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(factory=dict)
    order: tuple[str, ...] = ORDER


CONDITIONS: Final[Mapping[str, Condition]] = {
    "plain": Condition("as it is"),
    "dev": Condition("`-X dev -W error`", ("-X", "dev", "-W", "error")),
    "optimised": Condition("`-OO`: without docstrings and assertions", ("-OO",)),
    "zone": Condition("`TZ=America/New_York`", environment={"TZ": "America/New_York"}),
    "locale-c": Condition("`LC_ALL=C`", environment={"LC_ALL": "C", "LANG": "C"}),
    "locale-tr": Condition(
        "`LC_ALL=tr_TR.UTF-8`", environment={"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}
    ),
    "hash-1": Condition("`PYTHONHASHSEED=1`", environment={"PYTHONHASHSEED": "1"}),
    "hash-2": Condition("`PYTHONHASHSEED=4242`", environment={"PYTHONHASHSEED": "4242"}),
    "order": Condition("in random order, seed 18", order=("-p", "randomly", "--randomly-seed=18")),
}


def find_python(version: str) -> str | None:
    """The command of this version of Python, or None where it is not on this machine.

    It is looked for among the versions of pyenv, where 3.14t is in a folder such as 3.14.0t, and on
    the PATH. A free-threaded build may also be there under the name without the t.
    """
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    number = version.removesuffix("t")
    names = dict.fromkeys((f"python{version}", f"python{number}"))
    found = [str(it) for name in names for it in sorted(root.glob(f"{number}*/bin/{name}"))]
    found += [it for name in names if (it := shutil.which(name)) is not None]
    return next((it for it in found if _version_of(it) == version), None)


def _version_of(command: str) -> str:
    """What a Python says that it is, such as 3.14t; empty where it does not run."""
    code = (
        "import sys, sysconfig; free = sysconfig.get_config_var('Py_GIL_DISABLED');"
        " print('%d.%d' % sys.version_info[:2] + 't' * bool(free))"
    )
    done = subprocess.run([command, "-c", code], check=False, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def lowest(project: Mapping[str, Any]) -> list[str]:
    """The lowest versions that the project allows, exactly."""
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(it for name in EXTRAS for it in extras[name])]
    return [it.replace(">=", "==") for it in wanted if not it.startswith("vaxpolicy")]


def lowest_with(exact: Sequence[str], pinned: Sequence[str]) -> list[str]:
    """The exact versions, and the pinned ones of all other packages.

    A package that is a part of a named one, as psycopg-binary is of psycopg, goes with that one.
    """
    named = tuple(_name(it) for it in exact)
    parts = tuple(f"{it}-" for it in named)
    others = [it for it in pinned if _name(it) not in named and not it.startswith(parts)]
    return [*exact, *others]


def _name(requirement: str) -> str:
    return re.split("[=[]", requirement)[0]


def newest(pinned: str) -> list[str]:
    """The pinned versions without their hashes: constraints for pip."""
    return re.findall(r"^([A-Za-z0-9][^ \\]*==[^ \\]+(?: ;[^\\\n]+)?)", pinned, re.MULTILINE)


def _run(command: Sequence[str], folder: Path = ROOT) -> None:
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.stderr.write(f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
        raise SystemExit(f"failed: {' '.join(command)}")


def build() -> Path:
    """Build the wheel from the sdist; copy the tests, but not the sources."""
    shutil.rmtree(WORK / "dist", ignore_errors=True)
    _, wheel = build_both(ROOT, WORK / "dist")
    checkout = WORK / "checkout"
    shutil.rmtree(checkout, ignore_errors=True)
    checkout.mkdir(parents=True)
    skipped = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, checkout / name, ignore=skipped)
        else:
            shutil.copy2(ROOT / name, checkout / name)
    return wheel


def extras_for(version: str) -> tuple[list[str], list[str]]:
    """The extras that can be installed, and what takes the place of the others.

    No wheel of psycopg's compiled part is for a free-threaded build, so the part in Python alone is
    installed there. It loads libpq from the machine. cryptography and matplotlib have none for
    3.13t.
    """
    if not version.endswith("t"):
        return list(EXTRAS), []
    without = {"postgres", *(("records", "charts") if is_left_behind(version) else ())}
    return [it for it in EXTRAS if it not in without], ["psycopg"]


def is_left_behind(version: str) -> bool:
    """Whether new releases of compiled packages have no wheels for this Python any more.

    Then the newest release that has one is installed, and what is pinned does not count.
    """
    return version == "3.13t"


def environment(version: str, python: str, dependencies: str, wheel: Path) -> Path:
    """A new environment with the wheel and what the tests need; the command of its Python."""
    folder = WORK / f"python{version}-{dependencies}"
    inside = folder / "bin" / "python"
    constraints = WORK / f"{version}-{dependencies}.txt"
    pinned = newest((ROOT / "requirements" / "dev.txt").read_text("utf-8"))
    if dependencies == "lowest":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        pinned = lowest_with(lowest(project), pinned)
    without_extras = [re.sub(r"\[[^]]*\]", "", it) for it in pinned]
    constraints.write_text("\n".join(without_extras) + "\n", encoding="utf-8")
    if not inside.exists():
        _run([python, "-m", "venv", str(folder)])
    pip = [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    extras, more = extras_for(version)
    wanted = f"{wheel}[{','.join(extras)}]"
    pins = ["--constraint", str(constraints)]
    chosen = ["--prefer-binary"] if is_left_behind(version) else pins
    _run([*pip, *chosen, wanted, *more, *TOOLS])
    _run([*pip, "--no-deps", "--force-reinstall", str(wheel)])
    return inside


def locale_there(name: str) -> Mapping[str, str] | None:
    """What makes a locale usable, made from its source where the system has it; or None."""
    folder = WORK / "locale"
    folder.mkdir(parents=True, exist_ok=True)
    language, _, encoding = name.partition(".")
    place = folder / name
    command = ["localedef", "-i", language, "-f", encoding, str(place)]
    if shutil.which(command[0]) is None:
        return None
    if not place.exists():
        subprocess.run(command, check=False, capture_output=True)
    return {"LOCPATH": str(folder)} if place.exists() else None


def run_tests(
    inside: Path, name: str, tests: Sequence[str], marked: str, dependencies: str
) -> dict[str, Any]:
    """Run the tests in these surroundings; what pytest counted."""
    condition = CONDITIONS[name]
    environ = {
        it: value for it, value in os.environ.items() if not it.startswith(("PYTHON", "LC_"))
    }
    environ |= {"CI": "1", "LANG": "C.UTF-8", **condition.environment}
    if "LC_ALL" in condition.environment and "." in condition.environment["LC_ALL"]:
        there = locale_there(condition.environment["LC_ALL"])
        if there is None:
            return {"outcome": "this locale is not on the machine"}
        environ |= there
    ignored = [f"--ignore={it}" for it in LEFT_OUT]
    command = [str(inside), *condition.options, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [*condition.order, "-m", marked, *ignored, *tests]
    command += ["-W", "ignore:assertions not in test modules"]  # with -OO; those of tests count
    if dependencies == "lowest":  # an old release may use what a newer part of it deprecates
        command += ["-W", "ignore::DeprecationWarning"]
    done = subprocess.run(
        command, check=False, cwd=WORK / "checkout", env=environ, capture_output=True, text=True
    )
    (WORK / "last.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode != 0:
        print(done.stdout[-20_000:], done.stderr[-2000:], sep="\n")
    return counted(done.stdout, done.returncode)


def counted(said: str, code: int) -> dict[str, Any]:
    """What pytest counted, by its last line; "green" where nothing failed."""
    last = (said.splitlines() or [""])[-1]
    counts = {word: int(number) for number, word in re.findall(r"([0-9]+) ([a-z]+)", last)}
    kept = {it: counts.get(it, 0) for it in ("passed", "failed", "skipped", "errors")}
    return {"outcome": "green" if code == 0 else "red", **kept}


def versions(inside: Path) -> dict[str, str]:
    """The version of Python and of the wheel, and where the wheel is imported from."""
    code = (
        "import platform, sys, vaxpolicy, json; print(json.dumps(["
        "platform.python_version(), platform.python_implementation(), vaxpolicy.__version__,"
        " vaxpolicy.__file__, getattr(sys, '_is_gil_enabled', lambda: True)()]))"
    )
    done = subprocess.run(
        [str(inside), "-c", code],
        check=True,
        cwd=WORK / "checkout",
        capture_output=True,
        text=True,
    )
    python, implementation, version, file, lock = json.loads(done.stdout)
    if WORK not in Path(file).parents or ROOT / "src" in Path(file).parents:
        raise SystemExit("the wheel is not what the tests import")
    free = "" if lock else ", free-threaded"
    return {"python": f"{implementation} {python}{free}", "vaxpolicy": version}


def read_results() -> dict[str, Any]:
    """The lines of all combinations that have been run."""
    return kept(RESULTS)


def keep(key: str, found: Mapping[str, Any]) -> None:
    """Write the line of a combination in the place of the one before."""
    results = dict(sorted((read_results() | {key: found}).items()))
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def page(results: Mapping[str, Any]) -> str:
    """The matrix."""
    head = ("Python", "dependencies", "surroundings", "outcome", "passed", "failed", "skipped")
    rows = [
        (
            it.get("python", f"CPython {it['asked']}"),
            it["dependencies"],
            CONDITIONS[it["condition"]].what if it["condition"] in CONDITIONS else "",
            it["outcome"],
            *(it.get(name, "") for name in ("passed", "failed", "skipped")),
            it.get("tests", ""),
            it["day"],
            f"`{it['commit']}`",
        )
        for it in results.values()
    ]
    return "## The matrix\n\n" + table((*head, "tests", "day", "commit"), rows)


def run(given: argparse.Namespace) -> int:
    """Run the tests for each Python, choice of dependencies and condition that is asked for."""
    WORK.mkdir(exist_ok=True)
    wheel, red = build(), 0
    for version in given.python:
        command = find_python(version)
        for dependencies in given.dependencies:
            told = {"asked": version, "dependencies": dependencies, "day": today()}
            told["commit"] = commit()
            if command is None:
                nothing = {**told, "condition": "", "outcome": "not on this machine"}
                keep(f"{version} {dependencies}", nothing)
                print(f"{version}: not on this machine")
                continue
            inside = environment(version, command, dependencies, wheel)
            told |= versions(inside)
            for condition in given.condition:
                found = run_tests(inside, condition, given.tests, given.marked, dependencies)
                ran = " ".join(given.tests) + (", not slow" if "not slow" in given.marked else "")
                keep(
                    f"{version} {dependencies} {condition}",
                    {**told, "condition": condition, "tests": ran, **found},
                )
                red += found["outcome"] == "red"
                print(f"{version} {dependencies} {condition}: {found}", flush=True)
    return int(red > 0)


NOT_HERE: Final = "not postgres and not browser and not engines and not site"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.platforms",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("run", "page"), nargs="?", default="run")
    parser.add_argument("--python", nargs="+", default=PYTHONS)
    parser.add_argument("--dependencies", nargs="+", default=["newest"], choices=_CHOICES)
    parser.add_argument("--condition", nargs="+", default=list(CONDITIONS), choices=CONDITIONS)
    parser.add_argument("--tests", nargs="+", default=list(TESTS))
    parser.add_argument("--quick", action="store_true", help="without slow tests")
    given = parser.parse_args(arguments)
    given.marked = f"not slow and {NOT_HERE}" if given.quick else NOT_HERE
    if given.what == "page":
        text = page(read_results())
        PAGE.write_text(with_part(PAGE.read_text("utf-8"), BEGIN, text), encoding="utf-8")
        return 0
    return run(given)


_CHOICES: Final = ("newest", "lowest")


if __name__ == "__main__":
    sys.exit(main())
