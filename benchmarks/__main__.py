"""All benchmarks in one command; each is measured against its peers in one run.

    python -m benchmarks                      # all of them, on a quiet machine
    python -m benchmarks import identity      # some of them; the tables of the others are kept
    python -m benchmarks --tiny               # everything at its smallest: does it run?
    python -m benchmarks --page               # write docs/explanation/benchmarks.md again

`nox -s benchmarks` installs the peers first. Each benchmark runs in a process of its own. What it
prints goes, with the day, the commit, the machine and the versions, into benchmarks/results.json, from
which the page is written. A run with `--tiny` is not kept.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from attrs import frozen

from tools.reports import EXPLANATION, ROOT, commit, kept, today, with_part

RESULTS = Path(__file__).with_name("results.json")
PAGE = EXPLANATION / "benchmarks.md"
BEGIN = "<!-- What the runs said: python -m benchmarks --page -->"


@frozen
class Benchmark:
    """A script, what it compares, and the packages whose versions count."""

    what: str
    script: str
    usual: tuple[str, ...] = ()
    tiny: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()


BENCHMARKS: Mapping[str, Benchmark] = {
    "import": Benchmark(
        "`import vaxpolicy` beside the libraries that it is made of",
        "import_time",
        ("40",),
        ("2",),
        ("attrs", "cattrs"),
    ),
    "command-line": Benchmark(
        "commands from start to end", "command_line", ("20",), ("1",), ("click", "pip")
    ),
    "identity": Benchmark(
        "reading ID numbers; a ratio is the other's time divided by ours",
        "identity",
        peers=("python-stdnum", "idnumbers", "TaiwanID"),
    ),
    "decide": Benchmark(
        "deciding for one person, with reasons",
        "decide",
        peers=("rule-engine", "zen-engine"),
    ),
    "transition": Benchmark(
        "a whole reservation beside machines without guards",
        "reservation",
        ("30",),
        ("1",),
        ("transitions", "python-statemachine"),
    ),
    "wire": Benchmark("values as JSON beside pydantic models", "wire", peers=("pydantic",)),
    "population": Benchmark(
        "many people at once",
        "population",
        ("--rows", "1000000", "--people", "200000"),
        ("--rows", "2000", "--people", "2000"),
        ("numpy", "pyarrow", "polars", "duckdb", "zen-engine", "OpenFisca-Core"),
    ),
    "desk": Benchmark(
        "bookings beside the same rows without a desk", "desk_floor", ("5",), ("0.2",)
    ),
}


def blocks(said: str) -> list[list[str]]:
    """What a script printed, in order: each table as its lines, each other line by itself.

    Other lines are headings, targets, and what was missed.
    """
    found: list[list[str]] = []
    for line in map(str.strip, said.splitlines()):
        if line.startswith("|") and found and found[-1][-1].startswith("|"):
            found[-1].append(line)
        else:
            found.append([line])
    return [it for it in found if it != [""]]


def is_table(block: Sequence[str]) -> bool:
    return block[0].startswith("|")


def machine() -> str:
    """The interpreter, the processors and how busy they are."""
    model = "processor unknown"
    if (info := Path("/proc/cpuinfo")).exists():
        lines = info.read_text("utf-8").splitlines()
        named = [it.partition(":")[2].strip() for it in lines if it.startswith("model name")]
        model = named[0] if named else model
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {os.cpu_count()} cores ({model}), a load of {os.getloadavg()[0]:.1f}"


def versions(names: Iterable[str]) -> str:
    """The versions of the packages that are installed here."""
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} as pinned in benchmarks/")
    return ", ".join(found)


def measure(name: str, *, tiny: bool) -> dict[str, Any]:
    """Run a benchmark: what it printed, and the circumstances."""
    benchmark, before = BENCHMARKS[name], machine()
    arguments = benchmark.tiny if tiny else benchmark.usual
    command = [sys.executable, "-m", f"benchmarks.{benchmark.script}", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    if not any(map(is_table, found := blocks(done.stdout))):
        raise RuntimeError(f"{name}: {(done.stderr or done.stdout).strip()[-800:]}")
    return {
        "said": found,
        "machine": before,
        "versions": versions(benchmark.peers),
        "command": " ".join(["python", "-m", f"benchmarks.{benchmark.script}", *arguments]),
        "day": today(),
        "commit": commit(),
    }


def read_results() -> dict[str, Any]:
    return kept(RESULTS)


def page(results: Mapping[str, Any]) -> str:
    """A section for each benchmark."""
    text = ""
    for name, benchmark in BENCHMARKS.items():
        text += f"## {name}\n\n{benchmark.what[0].upper()}{benchmark.what[1:]}.\n\n"
        if (found := results.get(name)) is None:
            text += "Not measured yet by this command.\n\n"
            continue
        below = ("#" * it[0].startswith("## ") + "\n".join(it) for it in found["said"])
        text += "\n\n".join(below)
        text += f"\n\n{found['day']}, commit `{found['commit']}`, `{found['command']}`; {found['machine']}"
        text += f"; {found['versions']}.\n\n" if found["versions"] else ".\n\n"
    return text.rstrip("\n") + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="*", help=", ".join(BENCHMARKS))
    parser.add_argument("--tiny", action="store_true", help="at the smallest size, not kept")
    parser.add_argument("--page", action="store_true", help="write the page, measure nothing")
    given = parser.parse_args(arguments)
    if wrong := set(given.name) - set(BENCHMARKS):
        parser.error(f"unknown: {', '.join(sorted(wrong))}; there are {', '.join(BENCHMARKS)}")
    results, failed = read_results(), 0
    for name in [] if given.page else given.name or BENCHMARKS:
        try:
            found = measure(name, tiny=given.tiny)
        except RuntimeError as error:
            print(error)
            failed += 1
            continue
        print(f"\n{name}\n", *("\n".join(it) for it in found["said"]), sep="\n", flush=True)
        if not given.tiny:
            results[name] = found
            RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if not given.tiny:
        PAGE.write_text(with_part(PAGE.read_text("utf-8"), BEGIN, page(results)), "utf-8")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
