"""Runs the command line, as ``vaxpolicy`` or ``python -m vaxpolicy``."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from io import TextIOWrapper


def main() -> None:
    """Run the command line; without the extra ``cli``, say what to install and exit with 2."""
    if any(find_spec(name) is None for name in ("babel", "click", "rich")):
        sys.stderr.write("vaxpolicy: the command line needs: pip install 'vaxpolicy[cli]'\n")
        sys.exit(2)
    from vaxpolicy.cli import app  # noqa: PLC0415  # only where the extra is installed

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot write Chinese
    app(prog_name="vaxpolicy")  # and not "python -m vaxpolicy", which no shell completes


if __name__ == "__main__":
    main()
