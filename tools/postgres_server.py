"""A PostgreSQL server of one's own, in a temporary folder, for tests and measurements.

It listens on a Unix socket in that folder and on nothing else. The programs of the server have to
be on the machine. PostgreSQL refuses to run as root; root starts it as the user postgres.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
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


def _status(process: int) -> list[str]:
    """State and parent of a process; empty if there is none. The name before them has blanks."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _children(parent: int) -> list[int]:
    found = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]
    return [each for each in found if _status(each)[1:2] == [str(parent)]]


def _runs(process: int) -> bool:
    return _status(process)[:1] not in ([], ["Z"], ["X"])


class PostgresServer:
    """A server with an empty database, from `with` to the end of the block."""

    def __init__(self, folder: Path | None = None) -> None:
        """Take a new folder, or that of a server which runs already."""
        self._programs = {name: _program(name) for name in ("initdb", "pg_ctl")}
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.folder = folder or Path(tempfile.mkdtemp(prefix="pg-"))

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

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        lock = self.folder / "data/postmaster.pid"
        return lock.exists() and _runs(int(lock.read_text(encoding="ascii").split()[0]))

    def kill(self) -> None:
        """End every process of the server by SIGKILL, as a power cut does.

        The first process is stopped before, so that it starts none in place of those that end. Its
        lock files name a process that may still wait to be reaped; they are removed.
        """
        locks = (self.folder / "data/postmaster.pid", self.folder / ".s.PGSQL.5432.lock")
        first = int(locks[0].read_text(encoding="ascii").split()[0])
        os.kill(first, signal.SIGSTOP)
        all_of_them = [first, *_children(first)]
        for each in reversed(all_of_them):
            os.kill(each, signal.SIGKILL)
        while any(map(_runs, all_of_them)):
            time.sleep(0.01)
        for lock in locks:
            lock.unlink(missing_ok=True)

    def stop(self) -> None:
        """Stop without waiting for clients."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop, and remove the folder."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
