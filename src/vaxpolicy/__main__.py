"""Runs the command line, as ``vaxpolicy`` or ``python -m vaxpolicy``."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from io import StringIO, TextIOWrapper
from typing import Final

CANNOT_WRITE: Final = 4
"""The exit code where the output could not be written, as on a full disk."""
CRASHED: Final = 70
"""The exit code of a fault of this library (EX_SOFTWARE of sysexits.h)."""
INTERRUPTED: Final = 130
"""The exit code after an interrupt, as shells have it."""


def main() -> None:
    """Run the command line; without the extra ``cli``, say what to install and exit with 2.

    An exit code of a command is an answer. So everything else has a code of its own: the output
    could not be written, nobody reads it, an interrupt, a fault of this library.
    """
    if any(find_spec(name) is None for name in ("babel", "click", "rich")):
        sys.stderr.write("vaxpolicy: the command line needs: pip install 'vaxpolicy[cli]'\n")
        sys.exit(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot write Chinese
    sys.exit(_run())


def _run() -> int:
    """Run the command that was called; the exit code."""
    import click  # noqa: PLC0415  # only where the extra is installed

    from vaxpolicy.cli import NO_READER, app  # noqa: PLC0415  # as above
    from vaxpolicy.cli.output import escaped  # noqa: PLC0415  # as above

    try:
        # "vaxpolicy" and not "python -m vaxpolicy", which no shell completes
        code = app.main(prog_name="vaxpolicy", standalone_mode=False)
        if code == NO_READER:
            _put_off_output()
        sys.stdout.flush()
    except click.ClickException as error:
        said = StringIO()
        error.show(said)
        sys.stderr.write(escaped(said.getvalue()))
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        _put_off_output()
        return NO_READER
    except OSError as error:
        _put_off_output()
        sys.stderr.write(f"vaxpolicy: the output could not be written: {error.strerror}\n")
        return CANNOT_WRITE
    except Exception as error:  # noqa: BLE001  # the last one to catch it
        sys.excepthook(type(error), error, error.__traceback__)
        sys.stderr.write("vaxpolicy: this is a fault of vaxpolicy, not an answer\n")
        return CRASHED
    return code if isinstance(code, int) else 0


def _put_off_output() -> None:
    """Send what is still to be written to nowhere: Python writes it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
