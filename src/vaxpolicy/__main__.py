"""Runs the command line, as ``vaxpolicy`` or ``python -m vaxpolicy``."""

from __future__ import annotations

import errno
import os
import sys
from importlib.util import find_spec
from io import StringIO, TextIOWrapper
from traceback import format_exception
from typing import Final, TextIO

CANNOT_WRITE: Final = 4
"""The exit code where the output could not be written, as on a full disk."""
CRASHED: Final = 70
"""The exit code of a fault of this library (EX_SOFTWARE of sysexits.h)."""
INTERRUPTED: Final = 130
"""The exit code after an interrupt, as shells have it."""

_WRITE_ERRORS: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""The errors of the system when a stream cannot be written; they name no file."""


def main() -> None:
    """Run the command line; without the extra ``cli``, say what to install and exit with 2.

    The exit code of a command is its answer. So an output that cannot be written, an output that
    nobody reads, an interrupt and a fault of this library each have a code of their own.
    """
    if any(find_spec(name) is None for name in ("babel", "click", "rich")):
        _say("vaxpolicy: the command line needs: pip install 'vaxpolicy[cli]'\n")
        sys.exit(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot write Chinese
    sys.exit(_run())


def _run() -> int:
    """Run the command that was called; the exit code."""
    import click  # noqa: PLC0415  # only where the extra is installed

    from vaxpolicy.cli import NO_READER, app  # noqa: PLC0415  # as above
    from vaxpolicy.cli.escapes import escaped, without_numbers  # noqa: PLC0415  # as above

    try:
        # "vaxpolicy" and not "python -m vaxpolicy", which no shell completes
        code = app.main(prog_name="vaxpolicy", standalone_mode=False)
        if code == NO_READER:
            _put_off_output()
        _flush(sys.stdout)
    except click.ClickException as error:
        said = StringIO()
        error.show(said)
        _say(escaped(said.getvalue()))
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        _put_off_output()
        return NO_READER
    except Exception as error:  # noqa: BLE001  # the last one to catch it
        if isinstance(error, OSError) and error.filename is None and error.errno in _WRITE_ERRORS:
            _put_off_output()
            _say(f"vaxpolicy: the output could not be written: {error.strerror}\n")
            return CANNOT_WRITE
        _say(escaped(without_numbers("".join(format_exception(error)))))
        _say("vaxpolicy: this is a fault of vaxpolicy, not an answer\n")
        return CRASHED
    return code if isinstance(code, int) else 0


def _flush(stream: TextIO | None) -> None:
    if stream is None:  # it was closed before the command was called
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    stream.flush()


def _say(text: str) -> None:
    """Write to the stream of errors. Where it cannot be written, the exit code alone says it."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # a stream that was closed before is None
        _put_off(sys.stderr)


def _put_off_output() -> None:
    """Send what is still to be written to nowhere: Python writes it once more when it ends."""
    _put_off(sys.stdout)
    _say("")


def _put_off(stream: TextIO | None) -> None:
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
