"""Check that the types of every public name are known: `python -m tools.check_types PYRIGHT`.

Runs ``pyright --verifytypes`` on the package that this Python has installed, names what is unknown
or ambiguous, and exits with 1 where that is more than `MOST_INCOMPLETE`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

MOST_INCOMPLETE: Final = 400
"""How many names may still be incomplete; the aim is none. Lower it with each name you mend."""

OPTIONS: Final = ("--verifytypes", "vaxpolicy", "--ignoreexternal", "--outputjson")


def incomplete(report: dict[str, Any]) -> list[str]:
    """The exported names whose types are not fully known, each with the first reason."""
    found = []
    for symbol in report["typeCompleteness"]["symbols"]:
        if symbol["isExported"] and (not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]):
            reasons = [" ".join(it["message"].split()) for it in symbol["diagnostics"]]
            found.append(f"{symbol['name']}: {reasons[0] if reasons else 'uses such a type'}")
    return found


def main(pyright: str) -> int:
    """Print the counts and what is incomplete; 1 where too much is."""
    # Pyright looks for the package beside the first python on the path.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [pyright, *OPTIONS],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.stderr.write(done.stdout + done.stderr)
        return 1
    found = incomplete(report)
    counts = report["typeCompleteness"]["exportedSymbolCounts"]
    sys.stdout.writelines(f"types: {line}\n" for line in found)
    sys.stdout.write(
        f"types: {counts['withKnownType']} public names known, {len(found)} not"
        f" (at most {MOST_INCOMPLETE})\n"
    )
    return int(len(found) > MOST_INCOMPLETE or not counts["withKnownType"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
