"""The command line, from start to end, beside other command lines of Python.

    python benchmarks/command_line.py [rounds]

Each command runs in a fresh process, the candidates in turn. The bare interpreter and click, which the
command line is made of, show what of the time is not ours; `pip --version` is a command that everybody
knows.
"""

import subprocess
import sys
from statistics import median
from time import perf_counter

OURS = "vaxpolicy --version"
PYTHON = [sys.executable, "-I"]
ANSWERS = (0, 1, 3)  # eligible, not eligible, undetermined
COMMANDS = {
    OURS: [*PYTHON, "-m", "vaxpolicy", "--version"],
    "vaxpolicy check": [
        *(*PYTHON, "-m", "vaxpolicy", "check", "--policy", "tw/influenza/2025"),
        *("--born", "1950-05-05"),
    ],
    "python -c pass": [*PYTHON, "-c", "pass"],
    "import click": [*PYTHON, "-c", "import click"],
    "pip --version": [*PYTHON, "-m", "pip", "--version"],
}


def seconds(command: list[str]) -> float:
    began = perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in ANSWERS:
        raise SystemExit(f"{' '.join(command[1:])}: {done.stderr.decode()}")
    return perf_counter() - began


def main(rounds: int) -> int:
    for command in COMMANDS.values():  # once unmeasured: byte code compiled, files in memory
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    mine = median(times[OURS])
    print(f"| command | median of {rounds}, ms | times ours |\n|---|---:|---:|")
    for name, measured in times.items():
        print(f"| `{name}` | {median(measured) * 1000:.1f} | {median(measured) / mine:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
