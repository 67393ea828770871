"""Run the README's commands from an installed wheel: `python -I check_readme.py`.

Run it in an environment that holds the wheel with the extra `cli`, isolated from the checkout. Each
line that calls `vaxpolicy` has to work. The blocks of Python have to print what the comments behind
their `print` say. `vaxpolicy check` asks about the same person, so it has to name the same days.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from datetime import date
from importlib import metadata
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
DECISION = re.compile(r"(\S+) DaySet\((\S+)\.\.(\S+)\)")


def blocks(text: str, language: str) -> list[str]:
    """The blocks of code in this language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text)


def commands(text: str) -> tuple[list[str], list[str]]:
    """The calls of `vaxpolicy` in the blocks for the shell, and the lines that are not known.

    The install from an index is left out: the wheel is installed in its place. So is a line for a
    checkout, but for a call of `vaxpolicy` at its end.
    """
    calls, others = [], []
    for line in "".join(blocks(text, "sh")).replace("\\\n", " ").splitlines():
        last = line.rpartition("&& ")[2].removeprefix(".venv/bin/")
        if last.startswith("vaxpolicy "):
            calls.append(last)
        elif not line.startswith(("pip install 'vaxpolicy[cli]'", "python3 -m venv .venv && ")):
            others.append(line)
    return calls, others


def promised(block: str) -> list[str]:
    """What the comments say that a block of Python prints."""
    return re.findall(r"(?m)^print\(.*\)  # (.*)$", block)


def in_words(line: str) -> list[str]:
    """A decision as the command line shows it: the outcome, and the first and the last day."""
    return [
        shown
        for outcome, *ends in DECISION.findall(line)
        for shown in (f"\n  {outcome}\n", *(_in_words(date.fromisoformat(it)) for it in ends))
    ]


def _in_words(day: date) -> str:
    return f" {day.day} {day:%B %Y}"


def run(command: list[str], folder: str) -> tuple[int, str]:
    """The exit code of a command in an empty folder, and what it printed."""
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": here, "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def problems(text: str) -> list[str]:
    """What the README says that is not so here."""
    calls, others = commands(text)
    said = [f"not known how to run: {line}" for line in others]
    programs = blocks(text, "python")
    answers = [it for block in programs for line in promised(block) for it in in_words(line)]
    kinds = {" ".join(it.split()[:2]) for it in calls}
    if not answers or kinds != {"vaxpolicy check", "vaxpolicy demo"}:
        said.append(f"expected a decision, and calls of check and demo, got {answers}, {kinds}")
    with tempfile.TemporaryDirectory() as folder:
        for call in calls:
            code, printed = run(["sh", "-c", call], folder)
            wanted = answers if call.startswith("vaxpolicy check") else ["Offer:"]
            if code or not all(it in printed for it in wanted):
                said.append(f"exit code {code}, expected {wanted}: {call}\n{printed}")
        for block in programs:
            code, printed = run([sys.executable, "-I", "-c", block], folder)
            if code or printed.splitlines() != promised(block):
                said.append(f"exit code {code}: {block}\n{printed}")
    print(f"readme: {len(calls)} commands, {len(programs)} blocks of Python")
    return said


if __name__ == "__main__":
    if README.parents[0] in Path(str(metadata.distribution("vaxpolicy").locate_file(""))).parents:
        sys.exit("readme: an installation in the checkout proves nothing")
    found = problems(README.read_text("utf-8"))
    for problem in found:
        print("readme:", problem)
    print(f"readme: {len(found)} problems")
    sys.exit(bool(found))
