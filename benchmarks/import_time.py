"""Measures `import vaxpolicy` beside `import attrs, cattrs`, which it uses.

Each import runs in a fresh interpreter, the candidates in turn, so that a busy moment of the machine
meets all of them. The clock runs inside the interpreter: its own start would flatter the ratio.

    python benchmarks/import_time.py [rounds]
"""

import subprocess
import sys
from statistics import median

BASELINE = "import attrs, cattrs"
CANDIDATES = (
    BASELINE,
    "import vaxpolicy",
    "from vaxpolicy import catalog, eligibility, identity, reservation",
)
TARGET = 2.0
CLOCK = "from time import perf_counter as t; s = t(); {}; print(t() - s)"


def seconds(statement: str) -> float:
    code = CLOCK.format(statement)
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True)
    return float(done.stdout)


def main(rounds: int) -> int:
    for statement in CANDIDATES:  # once unmeasured: byte code compiled, files in memory
        seconds(statement)
    times: dict[str, list[float]] = {statement: [] for statement in CANDIDATES}
    for _ in range(rounds):
        for statement in CANDIDATES:
            times[statement].append(seconds(statement))
    base = median(times[BASELINE])
    print(f"| statement | median of {rounds}, ms | ratio |\n|---|---:|---:|")
    for statement, measured in times.items():
        print(f"| `{statement}` | {median(measured) * 1000:.1f} | {median(measured) / base:.2f} |")
    ratio = median(times["import vaxpolicy"]) / base
    print(f"\nimport vaxpolicy: {ratio:.2f} times the baseline, at most {TARGET} wanted")
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40))
