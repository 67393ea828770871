"""Coverage-guided fuzzing of every parser and loader, with atheris: `nox -s fuzz -- --seconds 60`.

    python -m tools.fuzz --seconds 60                  # every target for a minute
    python -m tools.fuzz --seconds 600 policy wire     # some of them, for longer
    python -m tools.fuzz --seconds 180 --page          # the summary goes into the documentation
    python -m tools.fuzz --seconds 180 --page policy   # the lines of the others are kept
    python -m tools.fuzz --corpus FOLDER ...           # go on from what an earlier run has found

Each target of `tools.fuzz_targets` runs in a process of its own. A finding is an error that is not
documented, a number that is repeated, two readings that differ, an input that takes longer than
`limit` allows, or a process that needs more than `MOST_MEMORY` or dies. Its shortest input is kept
under the folder of the corpus, in `findings`. The command exits with 1 where there is a finding.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, define, field, frozen

from tools.reports import EXPLANATION, ROOT, commit, kept, table, today, with_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tools.fuzz_targets import Target

RESULTS: Final = ROOT / "tools" / "data" / "fuzz.json"
PAGE: Final = EXPLANATION / "hostile-input.md"
BEGIN: Final = "<!-- The summary of the runs: python -m tools.fuzz --page -->"
LONGEST: Final = 16_384
"""The most bytes of an input that the fuzzer makes; seeds may be longer."""
MOST_MEMORY: Final = 1_024
"""The most megabytes that a process may need, instrumentation and corpus included."""
HANGS: Final = 60
"""After how many seconds an input counts as one that does not end."""
_SHARE: Final = 0.1
_A_BYTE: Final = 0.000_05


def limit(size: int) -> float:
    """The seconds of the processor that an input of this many bytes may take, measured in the run.

    The time grows with the size and no faster. The second for an input of any size is for what the
    first one loads and compiles. The code runs instrumented, which takes several times as long.
    """
    return 1 + size * _A_BYTE


@define
class Tally:
    """The course of one target.

    Attributes:
        target: its name.
        executions: how many inputs were read.
        refused: how many of them were refused with a documented error.
        corpus: how many inputs reach something that no other one reaches.
        findings: the findings, by their message.
    """

    target: str
    executions: int = 0
    refused: int = 0
    corpus: int = 0
    findings: dict[str, str] = field(factory=dict)


@frozen
class Place:
    """The folder of a target's files, below the folder of the corpus."""

    folder: Path
    target: str

    @property
    def corpus(self) -> Path:
        """The inputs that reach something new."""
        return self._made("corpus", self.target)

    @property
    def findings(self) -> Path:
        """The inputs with a finding."""
        return self._made("findings", self.target)

    @property
    def seeds(self) -> Path:
        """The inputs to begin with."""
        return self._made("seeds", self.target)

    @property
    def words(self) -> Path:
        """The dictionary of libFuzzer."""
        return self._made("words") / f"{self.target}.txt"

    @property
    def tally(self) -> Path:
        """The course of the target, which its process writes."""
        return self._made("tallies") / f"{self.target}.json"

    def _made(self, *names: str) -> Path:
        found = self.folder.joinpath(*names)
        found.mkdir(parents=True, exist_ok=True)
        return found


def try_once(
    target: Target, data: bytes, tally: Tally, *, clock: Callable[[], float] = process_time
) -> str | None:
    """Read one input and count it; return what was found, if it is new."""
    from tools.fuzz_targets import Finding  # noqa: PLC0415  # after instrumentation

    tally.executions += 1
    began, found = clock(), None
    try:
        tally.refused += target.check(data) is not None
    except Finding as finding:
        found = str(finding)
    if clock() - began > limit(len(data)):
        found = found or "takes too long"
    if found is None or found in tally.findings:
        return None
    tally.findings[found] = data[:80].hex()
    return found


def words_of(seeds: Iterable[bytes]) -> str:
    """The words of the seeds as a dictionary of libFuzzer, one a line."""
    found = {word for seed in seeds for word in re.findall(rb"[A-Za-z][A-Za-z0-9_/-]{1,30}", seed)}
    return "".join(f'"{word.decode()}"\n' for word in sorted(found)[:1_000])


def run_target(name: str, place: Place, seconds: float) -> None:
    """Fuzz one target in this process until the time is over. Does not return."""
    import atheris  # noqa: PLC0415  # it is in the environment of the nox session alone

    with atheris.instrument_imports(include=["vaxpolicy", "tomllib"]):
        from tools.fuzz_targets import TARGETS  # noqa: PLC0415  # its imports are instrumented
    target, tally = TARGETS[name], Tally(name)
    seeds = list(target.seeds())
    place.words.write_text(words_of(seeds), encoding="ascii")
    for number, seed in enumerate(seeds):
        (place.seeds / f"{number:04}").write_bytes(seed)
    end = process_time() + seconds

    def one_input(data: bytes) -> None:
        if (found := try_once(target, data, tally)) is not None:
            (place.findings / re.sub("[^A-Za-z0-9]+", "-", found)[:80]).write_bytes(data)
        if process_time() > end or tally.executions == 1:
            place.tally.write_text(json.dumps(asdict(tally)), encoding="utf-8")
        if process_time() > end:
            os._exit(0)  # libFuzzer has no other way out that leaves the summary to us

    options = [
        f"-max_len={LONGEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-timeout={HANGS}",
        f"-dict={place.words}",
        f"-artifact_prefix={place.findings}/",
        "-verbosity=0",
        "-seed=18",
    ]
    atheris.Setup([name, *options, str(place.corpus), str(place.seeds)], one_input)
    atheris.Fuzz()


def run(names: Sequence[str], folder: Path, seconds: float) -> Iterator[Tally]:
    """Fuzz targets one after the other, each in a process of its own."""
    for name in names:
        place = Place(folder.absolute(), name)
        place.tally.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tools.fuzz", "--seconds", str(seconds)]
        command += ["--corpus", str(place.folder), "--alone", name]
        ended = subprocess.run(command, check=False, capture_output=True, cwd=ROOT)
        yield read_tally(place, ended.returncode, ended.stderr)


def read_tally(place: Place, code: int, said: bytes) -> Tally:
    """The course that a process has written; a process that died is a finding."""
    tally = Tally(place.target)
    if place.tally.exists():
        tally = Tally(**json.loads(place.tally.read_text("utf-8")))
    tally.corpus = len(list(place.corpus.iterdir()))
    if code != 0:
        lines = said.decode("utf-8", "replace").splitlines()
        why = [it for it in lines if "ERROR" in it or "Error" in it][:1] or lines[-1:] or [""]
        tally.findings[f"the process ended with {code}: {why[0][:200]}"] = ""
    return tally


def line_of(tally: Tally) -> str:
    """A line of the summary, as in Markdown."""
    cells = (tally.target, tally.executions, tally.refused, tally.corpus, len(tally.findings))
    return "| " + " | ".join(f"{it:,}" if isinstance(it, int) else it for it in cells) + " |"


HEAD: Final = """\
| target | executions | of them refused | corpus | findings |
|---|---:|---:|---:|---:|
"""


def read_results() -> dict[str, Any]:
    """The last long run of each target."""
    return kept(RESULTS)


def keep(tally: Tally, seconds: float) -> None:
    """Write the run of a target in the place of the one before."""
    told = {**asdict(tally), "findings": len(tally.findings), "seconds": seconds}
    results = read_results() | {tally.target: {**told, "day": today(), "commit": commit()}}
    RESULTS.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n", encoding="utf-8")


def summary(results: Mapping[str, Any], names: Iterable[str]) -> str:
    """The last runs of these targets as a part of the page."""
    whole = sum(it["seconds"] for it in results.values()) / 60
    counted = ("executions", "refused", "corpus", "findings")
    rows = []
    for name in names:
        if (it := results.get(name)) is None:
            rows.append([f"`{name}`", "not run", *[""] * 6])
            continue
        numbers = [f"{it[each]:,}" for each in counted]
        rows.append([f"`{name}`", f"{it['seconds']:g}", *numbers, it["day"], f"`{it['commit']}`"])
    head = ("target", "seconds", "executions", "of them refused", "corpus", "findings")
    return (
        "## The last long runs\n\n"
        f"All targets together had {whole:.0f} minutes of the processor.\n\n"
        + table((*head, "day", "commit"), rows)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--page", action="store_true", help="write the summary into the docs")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("target", nargs="*", help="the name of a target; without one, all of them")
    given = parser.parse_args(arguments)
    if given.alone:
        run_target(given.target[0], Place(given.corpus, given.target[0]), given.seconds)
    from tools.fuzz_targets import TARGETS  # noqa: PLC0415  # not before instrumentation

    if wrong := set(given.target) - set(TARGETS):
        parser.error(f"unknown: {', '.join(sorted(wrong))}; there are {', '.join(TARGETS)}")
    print(HEAD, end="")
    with tempfile.TemporaryDirectory(prefix="vaxpolicy-fuzz-") as scratch:
        folder: Any = given.corpus or Path(scratch)
        tallies = []
        for it in run(given.target or list(TARGETS), folder, given.seconds):
            tallies.append(it)
            print(line_of(it), flush=True)
            if given.page:
                keep(it, given.seconds)
    for it in tallies:
        for found, begins in it.findings.items():
            print(f"{it.target}: {found}; the input begins with {begins} (hexadecimal)")
    if given.page:
        text = with_part(PAGE.read_text("utf-8"), BEGIN, summary(read_results(), TARGETS))
        PAGE.write_text(text, encoding="utf-8")
    return int(any(it.findings for it in tallies))


if __name__ == "__main__":
    sys.exit(main())
