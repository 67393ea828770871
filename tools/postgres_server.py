"""A PostgreSQL server of one's own, in a temporary folder, for tests and measurements.

It listens on a Unix socket in that folder and on nothing else. The programs of the server have to
be on the machine. PostgreSQL refuses to run as root; root starts it as the user postgres.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class NoServerError(RuntimeError):
    """The programs of the server are not on this machine."""


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(each) for each in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    if found is None:
        raise NoServerError(f"{name} is not on this machine: install PostgreSQL's server")
    return found


class PostgresServer:
    """A server with an empty database, from `with` to the end of the block."""

    def __init__(self) -> None:
        self._programs = {name: _program(name) for name in ("initdb", "pg_ctl")}
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))

    @property
    def dsn(self) -> str:
        """The address of the database."""
        return f"host={self.folder} user=postgres dbname=postgres"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, self._programs[program], "-D", f"{self.folder}/data", *arguments]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        """Make the database, and start."""
        if self._as_user:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale")
        self.start()
        return self

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=200"
        self._run("pg_ctl", "start", "-w", "-l", f"{self.folder}/log", "-o", options)

    def kill(self) -> None:
        """Stop as in a crash: nothing is written any more, every connection breaks (SIGQUIT)."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop, and remove the folder."""
        try:
            self.kill()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
