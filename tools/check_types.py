"""Check that the types of every public name are known: `python -m tools.check_types PYRIGHT`.

Runs ``pyright --verifytypes`` on the package that this Python has installed. Names each public name
whose type is unknown or ambiguous, and exits with 1 if there is one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

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
    """Print the counts and the incomplete names; 1 if there is one, or if no name is known."""
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
    known = report["typeCompleteness"]["exportedSymbolCounts"]["withKnownType"]
    sys.stdout.writelines(f"types: {line}\n" for line in found)
    sys.stdout.write(f"types: {known} public names known, {len(found)} not\n")
    return int(bool(found) or not known)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
