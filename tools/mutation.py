"""Mutation testing: break the code in one place at a time, and see whether a test notices.

    nox -s mutation -- run days numbers        # 150 mutants of each of these rooms
    nox -s mutation -- run --size 20 --minutes 30
    nox -s mutation -- again days              # the open survivors once more, after a new test
    nox -s mutation -- show days               # the survivors that nobody has explained
    nox -s mutation -- page                    # write docs/explanation/mutation.md

Each room's mutants are shuffled by the seed, and a run takes them in this order. So whatever has
been tried so far is a random sample, and a run can be stopped, go on, or be made larger. What
has been tried is kept in the folder `.mutation` until the room's code changes; other comments,
docstrings and sentences do not count. The counts and survivors of each room are kept in
`tools/data/mutation.json`.

A run copies the sources, and measures once which tests of a room reach which line, and how long
each takes. A mutant is written into the copy. Then the tests that reach its lines run, quick ones
first, until one fails. For a mutant of a function they run in a fork of a process that has loaded
the room and its tests, with the mutant's code put into the function (`tools/code_swap.py`). For
other mutants they run in a fork of this process, which has loaded the tools but nothing of
vaxpolicy. A run gives each mutant so much of its tests as take five seconds; most mutants fall
within the first. With `again` the survivors that nobody has explained meet all tests of the room,
as a value may be kept from an earlier test; and in a new process where their lines also run while
modules and tests are read in. Slow tests (`@pytest.mark.slow`) are left out, or come last with
`--slow`. A mutant under which a test takes ten times as long is killed, too. A mutant that has an
explanation already is not tried; it counts as a survivor. At its end a run brings all the
tests together once more without a mutant. If one fails, nothing of the run is kept.
"""

from __future__ import annotations

import argparse
import ast
import gc
import hashlib
import importlib
import importlib.util
import json
import math
import os
import random
import resource
import shutil
import signal
import sys
import time
import tomllib
import traceback
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn

import pytest
from _pytest.main import pytest_runtestloop as run_all
from attrs import asdict, define, field, frozen

from tools.code_swap import functions_of, swap, swapped
from tools.postgres_server import PostgresServer
from tools.reports import EXPLANATION, ROOT, commit, kept, table, today, with_part

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from tools.mutants import Mutant

SOURCE: Final = ROOT / "src" / "vaxpolicy"
WORK: Final = ROOT / ".mutation"
RESULTS: Final = ROOT / "tools" / "data" / "mutation.json"
EXPLAINED: Final = ROOT / "tools" / "data" / "mutation.toml"
PAGE: Final = EXPLANATION / "mutation.md"
BEGIN: Final = "<!-- What the runs found: nox -s mutation -- page -->"
SEED: Final = 18
SIZE: Final = 150
WANTED: Final = 0.95
SLOWER: Final = 10
"""A test may take this many times as long as it takes without a mutant, and `SECONDS` more."""
SECONDS: Final = 10
ENOUGH: Final = 5
"""For how many seconds of tests a run tries a mutant; `again` has no such limit."""
MEMORY: Final = 6 << 30
"""The most bytes of address space of a mutant's process."""
QUICK: Final = "not slow and not postgres and not browser and not engines and not site"
POSTGRES: Final = "postgres"
SLOW: Final = "slow and not postgres and not browser and not engines and not site"
OF_ALL: Final = (
    "tests/package/test_front_doors.py",
    "tests/values/test_every_class.py",
    "tests/values/test_how_they_are_called.py",
    "tests/values/test_words_of_programs.py",
)
"""The tests that hold every room to what programs rely on."""
WITH_A_SERVER: Final = ("desk/postgres.py",)
"""Modules whose tests need a server of PostgreSQL; they are a room of their own."""
TOOLS: Final = (
    "attrs",
    "cattrs.preconf.json",
    "coverage",
    "hypothesis.stateful",
    "hypothesis.strategies",
    "phonenumbers",
    "sqlite3",
    "stdnum.exceptions",
    "unittest.mock",
)
"""What every process needs, loaded once before it is forked."""


@frozen
class Room:
    """A room, its modules below `src/vaxpolicy`, and the folders or files of its tests.

    Attributes:
        marked: which of these tests meet the mutants, as pytest's option `-m` says it.
    """

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    marked: str = QUICK

    @property
    def files(self) -> list[Path]:
        """The modules, in order."""
        found = {it for name in self.modules for it in SOURCE.glob(name)}
        if self.marked != POSTGRES:
            found -= {SOURCE / it for it in WITH_A_SERVER}
        return sorted(it for it in found if it.read_text("utf-8").strip())

    @contextmanager
    def server(self) -> Iterator[PostgresServer | None]:
        """The server that the tests need; its folder is in the environment of this block."""
        if self.marked != POSTGRES:
            yield None
            return
        with PostgresServer() as server:
            os.environ["VAXPOLICY_POSTGRES"] = str(server.folder)
            try:
                yield server
            finally:
                del os.environ["VAXPOLICY_POSTGRES"]


def _room(name: str, *tests: str, modules: tuple[str, ...] = ()) -> Room:
    package = (f"{name}/**/*.py",) if (SOURCE / name).is_dir() else (f"{name}.py",)
    found = [f"tests/{it}" for it in (name, *tests)]
    if "values" not in tests:
        found += OF_ALL
    return Room(name, package + modules, tuple(found))


ROOMS: Final[Mapping[str, Room]] = {
    it.name: it
    for it in (
        _room("days", "values"),
        _room("numbers", "identity", "values"),
        _room("identity", "values"),
        _room("rules", "eligibility", "values"),
        _room("eligibility", "rules", "values"),
        _room("analysis"),
        _room("booking", "reservation", "values"),
        _room("reservation", "booking"),
        _room("catalog", "policies"),
        _room("record"),
        _room("wire", "schema", modules=("_json_code.py",)),
        _room("fhir"),
        _room("desk", "testing"),
        Room("desk-postgres", WITH_A_SERVER, ("tests/desk",), POSTGRES),
        _room("population"),
    )
}


@frozen
class Known:
    """What the tests of a room do without a mutant.

    Attributes:
        seconds: how long each test takes.
        reached: the tests that reach each line of each module.
        read_in: the lines of each module that run while modules and tests are read in.
    """

    seconds: Mapping[str, float]
    reached: Mapping[str, Mapping[int, tuple[str, ...]]]
    read_in: Mapping[str, frozenset[int]]

    def tests_of(self, module: str, mutant: Mutant) -> dict[str, float]:
        """The tests that reach the mutant's lines; all of them where none is known to."""
        lines = self.reached.get(module, {})
        first, last = mutant.lines
        found = {it for line in range(first, last + 1) for it in lines.get(line, ())}
        if not found or not mutant.inside:
            return dict(self.seconds)
        return {it: self.seconds[it] for it in found}

    def runs_early(self, module: str, mutant: Mutant) -> bool:
        """Whether the mutant's lines run before the first test."""
        first, last = mutant.lines
        return not self.read_in.get(module, frozenset()).isdisjoint(range(first, last + 1))


@define
class Tried:
    """The mutants of a room that have been tried, by their number in the shuffled order.

    Attributes:
        sources: a digest of the code of the room's modules, without its words.
        seed: what the order was shuffled with.
        day: the last day of the runs.
        commit: the commit of the last run.
        mutants: how many mutants there are.
        fates: what became of each: "killed", "timeout" or "survived".
        survivors: those that survived, by number: module, line, before, after.
    """

    sources: str
    seed: int
    mutants: int
    day: str = ""
    commit: str = ""
    fates: dict[str, str] = field(factory=dict)
    survivors: dict[str, list[Any]] = field(factory=dict)

    def summary(self) -> dict[str, Any]:
        """What is kept in the repository."""
        fates = list(self.fates.values())
        return {
            "day": self.day,
            "commit": self.commit,
            "seed": self.seed,
            "mutants": self.mutants,
            "tried": len(fates),
            "killed": fates.count("killed"),
            "timeouts": fates.count("timeout"),
            "survivors": sorted(self.survivors.values()),
        }


# What runs in a fork.


@define
class Chosen:
    """A plugin of pytest: these tests alone, the quick ones first, each for a limited time."""

    seconds: Mapping[str, float]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        chosen = [it for it in items if it.nodeid in self.seconds]
        items[:] = sorted(chosen, key=lambda it: self.seconds[it.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Let the system end this process where one test takes too long."""
        signal.setitimer(signal.ITIMER_PROF, SECONDS + SLOWER * self.seconds[item.nodeid])
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


@define
class Measured:
    """A plugin of pytest: how long each test takes, and which lines it reaches."""

    coverage: Any
    seconds: dict[str, float] = field(factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Measure one test."""
        self.coverage.switch_context(item.nodeid)
        began = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - began
            self.coverage.switch_context("")


def run_tests(tests: Iterable[str], marked: str, plugin: object, *more: str) -> int:
    """Run these files or folders of tests in this process; the exit code of pytest."""
    from hypothesis import HealthCheck, Phase, settings  # noqa: PLC0415  # loaded before the fork

    settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        phases=[Phase.explicit, Phase.generate],  # a failure is enough; it need not be small
    )
    options = ["-q", "--no-header", "--no-summary", "-p", "no:cacheprovider", "-m", marked]
    options += ["--hypothesis-profile=mutation", *more]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # the tools are loaded already
    return int(pytest.main([*options, *tests], plugins=[plugin]))


def _end_after(work: Callable[[], int], log: Path) -> NoReturn:
    """Do this, print into the log, and end the process, which is a fork."""
    code = 70
    try:
        os.setsid()
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        code = work()
    except BaseException:  # noqa: BLE001  # a fork never goes on with its parent's work
        os.write(2, traceback.format_exc().encode())
    finally:
        sys.stdout.flush()
        os._exit(code)


def forked(work: Callable[[], int], *, cpu: float, wall: float, log: Path) -> int | None:
    """Do this in a fork, and return the exit code; None where it took longer or was killed."""
    sys.stdout.flush()
    if (child := os.fork()) == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(cpu), math.ceil(cpu) + 5))
        _end_after(work, log)
    end, status = time.monotonic() + wall, 0
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.01)
    else:
        _kill_group(child)
        os.waitpid(child, 0)
        return None
    _kill_group(child)  # what a test has left running
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else None


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


@frozen
class Copy:
    """A copy of the sources, into which mutants are written."""

    folder: Path

    @classmethod
    @contextmanager
    def made(cls, folder: Path) -> Iterator[Copy]:
        """Copy the sources, and let this process and its forks import them."""
        shutil.rmtree(folder, ignore_errors=True)
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(SOURCE, folder / "src" / "vaxpolicy", ignore=skipped)
        before = sys.path[:], sys.pycache_prefix, sys.dont_write_bytecode, dict(os.environ)
        sys.path.insert(0, str(folder / "src"))
        sys.pycache_prefix, sys.dont_write_bytecode = str(folder / "pyc"), False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ |= {"PYTHONPATH": sys.path[0], "PYTHONPYCACHEPREFIX": sys.pycache_prefix}
        os.environ["CI"] = "1"
        try:
            yield cls(folder)
        finally:
            sys.path[:], sys.pycache_prefix, sys.dont_write_bytecode, environment = before
            os.environ.clear()
            os.environ.update(environment)
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def source(self) -> Path:
        """The copy of the library."""
        return self.folder / "src" / "vaxpolicy"

    @property
    def known(self) -> Path:
        """What the tests do without a mutant."""
        return self.folder / "known.json"

    @property
    def log(self) -> Path:
        """What the last process printed."""
        return self.folder / "log.txt"

    def logged(self) -> str:
        """What was printed while the tests were read in and run."""
        files = self.log.with_suffix(".read_in"), self.log
        return "\n".join(it.read_text("utf-8", "replace") for it in files if it.exists())

    @contextmanager
    def with_mutant(self, module: Path, code: str) -> Iterator[None]:
        """The copy with this text of a module."""
        place = self.source / module
        compiled = Path(importlib.util.cache_from_source(str(place)))
        true = place.read_text("utf-8")
        compiled.unlink(missing_ok=True)
        place.write_text(code, encoding="utf-8")
        try:
            yield
        finally:
            place.write_text(true, encoding="utf-8")
            compiled.unlink(missing_ok=True)


@frozen
class Measurements:
    """What was measured of the tests of a room; kept from run to run while nothing has changed.

    Attributes:
        sources: a digest of the whole library.
        stamps: a digest of each file of tests, with what all of them share.
        seconds: how long each test takes.
        reached: the tests that reach each line of each module; "" for what runs before them.
    """

    sources: str
    stamps: Mapping[str, str] = field(factory=dict)
    seconds: Mapping[str, float] = field(factory=dict)
    reached: Mapping[str, Mapping[str, list[str]]] = field(factory=dict)

    @classmethod
    def read(cls, room: Room) -> Measurements:
        """What was measured of a room; nothing where the library has changed since."""
        every = (it for it in SOURCE.rglob("*") if it.is_file() and "__pycache__" not in it.parts)
        sources = _digest(sorted(every))
        file = _kept(room)
        found = cls(**json.loads(file.read_text("utf-8"))) if file.exists() else None
        return found if found is not None and found.sources == sources else cls(sources)

    def of_these(self, tests: set[str], stamps: Mapping[str, str]) -> Measurements:
        """What is measured of these tests, where their files have not changed."""
        same = {file for file, it in self.stamps.items() if stamps.get(file) == it}
        seconds = {
            it: time for it, time in self.seconds.items() if it in tests and _file_of(it) in same
        }
        reached = {
            module: {line: [it for it in names if it in seconds] for line, names in lines.items()}
            for module, lines in self.reached.items()
        }
        return Measurements(self.sources, stamps, seconds, reached)

    def with_more(
        self,
        seconds: Mapping[str, float],
        reached: Mapping[str, Mapping[str, list[str]]],
        stamps: Mapping[str, str],
    ) -> Measurements:
        """With what was measured of other tests."""
        modules = {
            module: {
                line: [*mine.get(line, ()), *its.get(line, ())] for line in mine.keys() | its.keys()
            }
            for module in self.reached.keys() | reached.keys()
            for mine, its in [(self.reached.get(module, {}), reached.get(module, {}))]
        }
        return Measurements(self.sources, stamps, {**self.seconds, **seconds}, modules)

    def known(self) -> Known:
        """The same, by lines that tests reach and lines that run before them."""
        lines = {
            module: {int(line): tests for line, tests in found.items()}
            for module, found in self.reached.items()
        }
        return Known(
            self.seconds,
            {
                module: {
                    line: tuple(sorted(it for it in tests if it)) for line, tests in found.items()
                }
                for module, found in lines.items()
            },
            {
                module: frozenset(line for line, tests in found.items() if "" in tests)
                for module, found in lines.items()
            },
        )


def _kept(room: Room) -> Path:
    return WORK / f"tests-of-{room.name}.json"


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def stamp(file: str) -> str:
    """A digest of a file of tests, and of what all tests share."""
    tests = (it for it in (ROOT / "tests").rglob("*.py") if not it.name.startswith("test_"))
    tools = (it for it in (ROOT / "tools").glob("*.py") if it != Path(__file__))
    return _digest([Path(file), *sorted(tests), *sorted(tools)])


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


COLD: Final = 71
"""The exit code where a mutant cannot be put into loaded functions."""
HOUR: Final = 3_600


@define
class Serving:
    """A plugin of pytest: it measures the collected tests, and then tries mutants as asked.

    It reads a line of JSON for each mutant, and answers with the exit code of the tests, or null
    where they took too long. Each mutant is tried in a fork.

    Attributes:
        copy: the copy of the sources.
        coverage: what measures while modules and tests are read in.
        asked: where mutants come from.
        said: where answers go.
        kept: what an earlier run measured.
        true: the text of each module without a mutant.
        functions: the functions of each module.
    """

    copy: Copy
    coverage: Any
    asked: IO[str]
    said: IO[str]
    kept: Measurements
    true: dict[str, str] = field(factory=dict)
    functions: dict[str, list[FunctionType]] = field(factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Do all that is asked."""
        if session.testsfailed:
            self._say(1)
            return True
        log, source = self.copy.log, self.copy.source
        self.true = {
            str(it.relative_to(source)): it.read_text("utf-8") for it in source.rglob("*.py")
        }
        self._say(forked(lambda: self._measure(session), cpu=HOUR, wall=2 * HOUR, log=log))
        self.coverage.stop()
        self.functions = functions_of(str(source / it) for it in self.true)
        gc.collect()
        gc.freeze()  # what a collection touches, a fork has to copy
        for line in self.asked:
            module, tests = json.loads(line)
            cpu = SECONDS + SLOWER * sum(tests.values())
            work = partial(self._try, session, module, tests)
            self._say(forked(work, cpu=cpu, wall=3 * cpu + 60, log=log))
        return True

    def _say(self, code: int | None) -> None:
        print(json.dumps(code), file=self.said, flush=True)

    def _measure(self, session: pytest.Session) -> int:
        plugin, source = Measured(self.coverage), self.copy.source
        stamps = {
            file: stamp(file) for file in sorted({_file_of(it.nodeid) for it in session.items})
        }
        kept = self.kept.of_these({it.nodeid for it in session.items}, stamps)
        session.items[:] = [it for it in session.items if it.nodeid not in kept.seconds]
        session.config.pluginmanager.register(plugin)
        code = _run_collected(session)
        self.coverage.stop()
        data, reached = self.coverage.get_data(), {}
        for file in data.measured_files():
            lines = data.contexts_by_lineno(file)
            reached[str(Path(file).relative_to(source))] = {str(it): lines[it] for it in lines}
        found = kept.with_more(plugin.seconds, reached, stamps)
        self.copy.known.write_text(json.dumps(asdict(found)), encoding="utf-8")
        return code

    def _try(self, session: pytest.Session, module: str, tests: Mapping[str, float]) -> int:
        if module and not self._swaps(module):
            return COLD
        chosen = Chosen(tests)
        session.config.pluginmanager.register(chosen)
        chosen.pytest_collection_modifyitems(session.items)
        return _run_collected(session)

    def _swaps(self, module: str) -> bool:
        """Put the mutant of a module into its functions, if that can be done."""
        place = self.copy.source / module
        old, new = (
            compile(text, str(place), "exec", dont_inherit=True)
            for text in (self.true[module], place.read_text("utf-8"))
        )
        found = swapped(old, new, self.functions[str(place)])
        if found is not None:
            swap(found)
        return found is not None


def _run_collected(session: pytest.Session) -> int:
    """Run the collected tests until one fails; 1 where one does."""
    with suppress(pytest.Session.Failed):
        run_all(session)
    return int(session.testsfailed > 0)


@frozen
class Warm:
    """A process that has read in a room and its tests.

    Attributes:
        known: what the tests do without a mutant.
        asked: where mutants go.
        said: where answers come from.
    """

    known: Known
    asked: IO[str]
    said: IO[str]

    @classmethod
    @contextmanager
    def started(cls, room: Room, copy: Copy) -> Iterator[Warm]:
        """Start one, and run all tests once. Raises RuntimeError where one fails."""
        kept = Measurements.read(room)
        (asked, ask), (answers, answer) = os.pipe(), os.pipe()
        sys.stdout.flush()
        if (child := os.fork()) == 0:
            os.close(ask)
            os.close(answers)
            work = partial(_serve, room, copy, kept, (asked, answer))
            _end_after(work, copy.log.with_suffix(".read_in"))
        os.close(asked)
        os.close(answer)
        with os.fdopen(ask, "w") as questions, os.fdopen(answers) as said:
            try:
                if (line := said.readline()) != "0\n":
                    last = "\n".join(copy.logged().splitlines()[-20:])
                    raise RuntimeError(f"tests of {room.name} fail without a mutant {line}\n{last}")
                text = copy.known.read_text("utf-8")
                _kept(room).write_text(text, encoding="utf-8")
                yield cls(Measurements(**json.loads(text)).known(), questions, said)
            finally:
                _kill_group(child)
                os.waitpid(child, 0)

    def try_mutant(self, module: Path, tests: Mapping[str, float]) -> str | None:
        """Run tests on the mutant in the copy: its fate, or None where it needs a new import."""
        code = self._code_of(str(module), tests)
        return None if code == COLD else _fate(code)

    def is_sound(self) -> bool:
        """Whether all tests still pass without a mutant; else they kill whatever they meet."""
        return self._code_of("", self.known.seconds) == 0

    def _code_of(self, module: str, tests: Mapping[str, float]) -> int | None:
        print(json.dumps([module, tests]), file=self.asked, flush=True)
        code: int | None = json.loads(self.said.readline())
        return code


def _serve(room: Room, copy: Copy, kept: Measurements, pipes: tuple[int, int]) -> int:
    """Read in the tests of a room, and do what is asked."""
    import coverage  # noqa: PLC0415  # loaded before the fork

    with os.fdopen(pipes[0]) as questions, os.fdopen(pipes[1], "w") as said:
        measured = coverage.Coverage(data_file=None, source=[str(copy.source)], config_file=False)
        measured.start()
        plugin = Serving(copy, measured, questions, said, kept)
        return run_tests(room.tests, room.marked, plugin, "-x", "--tb=short", "--capture=no")


def _fate(code: int | None) -> str:
    """What an exit code of pytest says about a mutant: "killed", "timeout" or "survived"."""
    if code is None:
        return "timeout"
    return "survived" if code in (0, 5) else "killed"


def try_mutant(room: Room, copy: Copy, tests: Mapping[str, float], marked: str) -> str:
    """Read in everything anew, and run tests while a mutant is in the copy: its fate."""
    if marked == SLOW:
        plugin, files, cpu = object(), set(room.tests), 900.0
    else:
        plugin, cpu = Chosen(tests), SECONDS + SLOWER * sum(tests.values())
        files = {it.partition("::")[0] for it in tests}
    code = forked(
        lambda: run_tests(sorted(files), marked, plugin, "-x", "--tb=no"),
        cpu=cpu,
        wall=3 * cpu + 60,
        log=copy.log,
    )
    return _fate(code)


def parted(
    room: Room, few: Mapping[str, float], every: Mapping[str, float]
) -> tuple[dict[str, float], ...]:
    """These few tests, the room's own apart from others, and at last the rest of all tests.

    Most mutants fall to the room's own tests, and to read in the others takes a second.
    """
    own = {it for it in few if it.startswith(f"{room.tests[0]}/")}
    parts = own, few.keys() - own, every.keys() - few.keys()
    return tuple({it: every[it] for it in part} for part in parts)


def quick_ones(tests: Mapping[str, float], seconds: float) -> dict[str, float]:
    """The quick ones of these tests, as many as take this long together; at least one."""
    chosen: dict[str, float] = {}
    for test, its in sorted(tests.items(), key=lambda it: it[1]):
        if chosen and (seconds := seconds - its) < 0:
            break
        chosen[test] = its
    return chosen


def fate(
    room: Room, warm: Warm, copy: Copy, at: tuple[Path, Mutant], *, slow: bool, again: bool
) -> str:
    """What becomes of a mutant that meets the tests that reach it; again: the rest as well."""
    module, mutant = at
    known = warm.known
    try:
        compile(mutant.code, str(module), "exec")
    except (SyntaxError, ValueError):
        return "killed"
    with copy.with_mutant(module, mutant.code):
        few = known.tests_of(str(module), mutant)
        if not again:
            few = quick_ones(few, ENOUGH)
        *reaching, rest = parted(room, few, known.seconds)
        found = warm.try_mutant(module, few)
        if found == "survived" and again and rest:
            found = warm.try_mutant(module, rest)
        if found in ("killed", "timeout"):
            return found
        stages = []
        if found is None or (again and known.runs_early(str(module), mutant)):
            stages = [(it, room.marked) for it in (*reaching, rest if again else {}) if it]
        if slow:
            stages.append(({}, SLOW))
        for tests, marked in stages:
            met = try_mutant(room, copy, tests, marked)
            if met != "survived":
                return met
    return "survived"


# A run.


@frozen
class All:
    """The mutants of a room, in the shuffled order."""

    modules: tuple[tuple[Path, Any], ...]  # Mutants
    order: tuple[tuple[int, int], ...]
    sources: str

    @classmethod
    def of(cls, room: Room, seed: int) -> All:
        """Find them."""
        from tools.mutants import Mutants  # noqa: PLC0415  # libcst is in the nox session alone

        digest = hashlib.sha256()
        modules, order = [], []
        for file in room.files:
            text = file.read_text("utf-8")
            digest.update(without_words(text).encode())
            modules.append((file.relative_to(SOURCE), Mutants(text)))
            order += [(len(modules) - 1, number) for number in range(len(modules[-1][1]))]
        random.Random(f"{seed} {room.name}").shuffle(order)  # noqa: S311  # a sample, no secret
        return cls(tuple(modules), tuple(order), digest.hexdigest()[:16])

    def __getitem__(self, place: int) -> tuple[Path, Mutant]:
        at, number = self.order[place]
        module, mutants = self.modules[at]
        return module, mutants[number]


class _WithoutWords(ast.NodeTransformer):
    """Takes out docstrings and the words of sentences, of which there are no mutants."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:  # the name that `ast` calls
        """Leave a docstring out."""
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return ast.Expr(ast.Constant(""))
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:  # as above
        """Leave the words of a sentence out."""
        if isinstance(node.value, str) and " " in node.value.strip():
            return ast.Constant("")
        return node


def without_words(code: str) -> str:
    """What a module does: its code without comments, docstrings and the words of sentences."""
    return ast.dump(_WithoutWords().visit(ast.parse(code)))


def read_tried(room: Room, every: All, seed: int) -> Tried:
    """What has been tried of these mutants; nothing where the code has changed since."""
    file = WORK / f"{room.name}.json"
    if file.exists():
        found = Tried(**json.loads(file.read_text("utf-8")))
        same = found.sources, found.seed, found.mutants
        if same == (every.sources, seed, len(every.order)):
            return found
    return Tried(every.sources, seed, len(every.order))


def keep(room: Room, tried: Tried) -> None:
    """Write down what has been tried."""
    tried.day, tried.commit = today(), commit()
    WORK.mkdir(exist_ok=True)
    (WORK / f"{room.name}.json").write_text(json.dumps(asdict(tried)), encoding="utf-8")
    results = read_results()
    results[room.name] = tried.summary()
    whole = RESULTS.with_suffix(".new")
    whole.write_text(_pretty(results), encoding="utf-8")
    whole.replace(RESULTS)  # a run that is stopped leaves no half of it


def read_results() -> dict[str, Any]:
    """The summary of each room that has been run."""
    return kept(RESULTS)


def _pretty(results: Mapping[str, Any]) -> str:
    ordered = {name: results[name] for name in ROOMS if name in results}
    return json.dumps(ordered, indent=1, ensure_ascii=False) + "\n"


def run(room: Room, *, size: int, seed: int, end: float, slow: bool, again: bool) -> Tried:
    """Try mutants of a room until `size` of them are tried or the time is over."""
    every = All.of(room, seed)
    tried, before = (read_tried(room, every, seed) for _ in range(2))
    explained = reasons()
    if again:
        open_ones = {it for it, line in tried.survivors.items() if why(line, explained) is None}
        # those outside functions take longer
        wanted = sorted(map(int, open_ones), key=lambda it: (not every[it][1].inside, it))
    else:
        wanted = [it for it in range(min(size, len(every.order))) if str(it) not in tried.fates]
    if not wanted or time.monotonic() > end:
        return tried
    for name in TOOLS:
        importlib.import_module(name)
    with (
        room.server() as server,
        Copy.made(WORK / f"copy-{os.getpid()}") as copy,
        Warm.started(room, copy) as warm,
    ):
        known = warm.known
        print(f"{room.name}: {len(known.seconds)} tests, {sum(known.seconds.values()):.0f} s")
        for place in wanted:
            if time.monotonic() > end:
                break
            module, mutant = every[place]
            line = [str(module), mutant.lines[0], mutant.before, mutant.after]
            found = "survived"
            if why(line, explained) is None:
                found = fate(room, warm, copy, (module, mutant), slow=slow, again=again)
            if server is not None and not server.runs:
                server.start()  # a test that kills it did not come to its end
            tried.fates[str(place)] = found
            tried.survivors.pop(str(place), None)
            if found == "survived":
                tried.survivors[str(place)] = line
                print(*_shown(line), sep="\n", flush=True)
            keep(room, tried)
        if not warm.is_sound():
            keep(room, before)
            raise RuntimeError(f"tests of {room.name} fail without a mutant: nothing is kept")
    print(f"{room.name}: {tried.summary() | {'survivors': len(tried.survivors)}}", flush=True)
    return tried


def _shown(survivor: Sequence[Any]) -> list[str]:
    module, line, before, after = survivor
    old = [f"  - {it}" for it in before.splitlines()]
    return [f"{module}:{line}", *old, *(f"  + {it}" for it in after.splitlines())]


# The page.


@frozen
class Reason:
    """Why a mutant that survives is not a fault of the tests; without a module, of any module."""

    before: str
    after: str
    why: str
    module: str = ""


def read_reasons(text: str) -> dict[tuple[str, str, str], str]:
    """The explanations, by module and change."""
    found = [Reason(**it) for it in tomllib.loads(text).get("survivor", ())]
    return {(it.module, it.before.strip(), it.after.strip()): it.why for it in found}


def reasons() -> dict[tuple[str, str, str], str]:
    """The explanations in `tools/data/mutation.toml`."""
    return read_reasons(EXPLAINED.read_text("utf-8"))


def why(survivor: Sequence[Any], known: Mapping[tuple[str, str, str], str]) -> str | None:
    """Why this survivor is no fault of the tests, or None."""
    module, _, before, after = survivor
    change = before.strip(), after.strip()
    return known.get((module, *change)) or known.get(("", *change))


def interval(killed: int, tried: int) -> tuple[float, float]:
    """Within which the share of all mutants is, in 95 of 100 samples (Wilson's interval)."""
    share, z = killed / tried, 1.96
    middle = share + z * z / (2 * tried)
    half = z * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried))
    whole = 1 + z * z / tried
    return (middle - half) / whole, (middle + half) / whole


def page(results: Mapping[str, Any], known: Mapping[tuple[str, str, str], str]) -> str:
    """The tables of the page."""
    rows = [_row(name, results.get(name), known) for name in ROOMS]
    head = ("room", "mutants", "tried", "killed", "by time", "share", "all of them", "explained")
    text = "## The last runs\n\n" + table((*head, "open", "of the others", "day", "commit"), rows)
    for name, found in results.items():
        if found["survivors"]:
            text += f"\n## Survivors of {name}\n\n"
            text += table(
                ("where", "the code", "the mutant", "why no test notices"),
                ([*_places(it), why(it, known) or "**open**"] for it in found["survivors"]),
            )
    return text


def of_the_others(found: Any, known: Mapping[tuple[str, str, str], str]) -> float:
    """The share of the mutants that are killed, of those that no explanation calls equivalent."""
    equivalent = sum(why(it, known) is not None for it in found["survivors"])
    alive: int = len(found["survivors"]) - equivalent
    different: int = found["tried"] - equivalent
    return 1 - alive / max(1, different)


def _row(name: str, found: Any, known: Mapping[tuple[str, str, str], str]) -> list[object]:
    if found is None:
        return [f"`{name}`", "", 0, *[""] * 9]
    dead = found["killed"] + found["timeouts"]
    low, high = interval(dead, found["tried"])
    explained = sum(why(it, known) is not None for it in found["survivors"])
    return [
        f"`{name}`",
        found["mutants"],
        found["tried"],
        dead,
        found["timeouts"],
        f"{dead / found['tried']:.1%}",
        f"{low:.0%} to {high:.0%}",
        explained,
        len(found["survivors"]) - explained,
        f"{of_the_others(found, known):.1%}",
        found["day"],
        f"`{found['commit']}`",
    ]


def _places(survivor: Sequence[Any]) -> list[str]:
    module, line, before, after = survivor
    return [f"`{module}:{line}`", *(f"`{' '.join(it.split())}`" for it in (before, after))]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("run", "again", "show", "page"))
    parser.add_argument("room", nargs="*", help="which rooms; without one, all of them")
    parser.add_argument("--size", type=int, default=SIZE, help="how many mutants of each room")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this time")
    parser.add_argument("--slow", action="store_true", help="survivors meet the slow tests, too")
    given = parser.parse_args(arguments)
    if wrong := set(given.room) - set(ROOMS):
        parser.error(f"unknown: {', '.join(sorted(wrong))}; there are {', '.join(ROOMS)}")
    rooms = [ROOMS[it] for it in given.room or ROOMS]
    known, end = reasons(), time.monotonic() + 60 * given.minutes
    if given.what == "page":
        text = page(read_results(), known)
        PAGE.write_text(with_part(PAGE.read_text("utf-8"), BEGIN, text), encoding="utf-8")
        return 0
    if given.what != "show":
        more = {"seed": given.seed, "slow": given.slow, "again": given.what == "again"}
        for room in rooms:
            run(room, size=given.size, end=end, **more)
    return _open(rooms, known)


def _open(rooms: Iterable[Room], known: Mapping[tuple[str, str, str], str]) -> int:
    """Print the survivors without an explanation; 1 where a room is below what is wanted."""
    results, below = read_results(), 0
    for room in rooms:
        found = results.get(room.name)
        if found is None:
            continue
        survivors = [it for it in found["survivors"] if why(it, known) is None]
        for it in survivors:
            print(*_shown(it), sep="\n")
        share = 1 - len(found["survivors"]) / found["tried"]
        print(f"{room.name}: {share:.1%} of {found['tried']} killed, {len(survivors)} open")
        below += of_the_others(found, known) < WANTED
    return int(below > 0)


if __name__ == "__main__":
    sys.exit(main())
