"""`vaxpolicy run` and `vaxpolicy population`: what they print, write and end with."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers import run
from tests.population.test_streams import BAD, POLICY, TABLE
from vaxpolicy.cli import many
from vaxpolicy.cli import run as run_module
from vaxpolicy.population import charts, jobs
from vaxpolicy.population.jobs import JobError, WorkerKilledError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.parquet"
    pq.write_table(TABLE, file)
    return file


def test_a_file_is_decided(people: Path, tmp_path: Path) -> None:
    out, chart = tmp_path / "out.parquet", tmp_path / "chart.svg"
    result = run("run", people, "-p", POLICY.id, "--out", out, "--report", chart)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("40 rows\n  eligible: ")
    assert pq.read_table(out).num_rows == 40
    assert chart.exists()


def test_bad_rows_are_named_and_change_the_exit_code(people: Path, tmp_path: Path) -> None:
    table = pa.concat_tables([BAD] * 6)
    pq.write_table(table, people)
    words = ("run", people, "-p", POLICY.id, "--out", tmp_path / "out.parquet")
    result = run(*words)
    assert result.exit_code == 1
    assert "  unreadable: 12\n  row 1: invalid-birth-date\n" in result.stdout
    assert result.stdout.endswith("  and 2 more rows that cannot be read\n")
    plain = json.loads(run(*words, "--json").stdout)
    assert plain["rows"] == 18
    assert plain["bad_rows"][0] == {"row": 1, "code": "invalid-birth-date"}
    stopped = run(*words, "--stop-at-bad-rows")
    assert stopped.exit_code == 2
    assert stopped.stderr == "Error: row 1: invalid-birth-date\n"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(errno.ENOSPC, "No space"), 4, "out.parquet: no space left on the disk; nothing"),
        (OSError(errno.EACCES, "Permission denied"), 4, "out.parquet: Permission denied; nothing"),
        (OSError("odd"), 4, "out.parquet: odd; nothing"),
        (JobError("the folder holds another job"), 2, "the folder holds another job\n"),
        (WorkerKilledError("a worker was killed"), 5, "a worker was killed"),
        (KeyboardInterrupt(), 130, "interrupted; nothing that looks whole"),
    ],
)
def test_what_goes_wrong_is_said(  # noqa: PLR0917 - three fixtures and three values
    people: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    message: str,
) -> None:
    def fail(*_: object) -> Any:
        raise error

    monkeypatch.setattr(jobs, "run_job", fail)
    result = run("run", people, "-p", POLICY.id, "--out", tmp_path / "out.parquet")
    assert result.exit_code == code
    assert result.stderr.startswith(f"Error: {message}")


def test_a_wrong_column_and_a_damaged_file(people: Path, tmp_path: Path) -> None:
    pq.write_table(pa.table({"birth_date": [1]}), people)
    words = ("-p", POLICY.id, "--out", tmp_path / "out.parquet")
    wrong = run("run", people, *words)
    assert (wrong.exit_code, "column birth_date: found int64" in wrong.stderr) == (2, True)
    people.write_bytes(b"PAR1")
    damaged = run("run", people, *words)
    assert damaged.exit_code == 2
    assert damaged.stderr.startswith("Error: people.parquet: damaged, or not Parquet")
    assert not (tmp_path / "out.parquet").exists()


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space")


def test_an_interrupted_job_of_parts_goes_on(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("run", people, "-p", POLICY.id, "--out", tmp_path / "out")
    goes_on = "the same command goes on with the parts that are missing\n"
    monkeypatch.setattr(jobs, "run_job", full_disk)
    assert run(*words).stderr == f"Error: out: no space left on the disk; {goes_on}"

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "run_job", interrupted)
    assert run(*words).stderr == f"Error: interrupted; {goes_on}"


def test_the_file_of_people_is_not_overwritten(people: Path) -> None:
    before = people.read_bytes()
    result = run("run", people, "-p", POLICY.id, "--out", people)
    assert (result.exit_code, "this is the file of people" in result.stderr) == (2, True)
    assert people.read_bytes() == before


def test_reports_that_cannot_be_drawn(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("run", people, "-p", POLICY.id, "--out", tmp_path / "out.parquet", "--report")
    assert "expected a name that ends in .svg or .png" in run(*words, "x.pdf").stderr
    nowhere = run(*words, tmp_path / "no/x.svg")
    assert (nowhere.exit_code, "the folder does not exist" in nowhere.stderr) == (2, True)
    assert not (tmp_path / "out.parquet").exists()
    with monkeypatch.context() as patched:
        patched.setattr(charts, "save_chart", full_disk)
        full = run(*words, tmp_path / "x.svg")
    assert (full.exit_code, full.stderr.endswith("x.svg: No space\n")) == (4, True)
    monkeypatch.setattr(many, "find_spec", lambda name: None if name == "matplotlib" else name)
    assert "--report needs: pip install 'vaxpolicy[charts]'" in run(*words, "x.svg").stderr
    monkeypatch.setattr(many, "find_spec", lambda _: None)
    assert "needs: pip install 'vaxpolicy[population]'" in run(*words, "x.svg").stderr


def test_the_rate_is_shown_once_there_is_one() -> None:
    with run_module.progress_bar() as tell:
        tell(10, 20)
        tell(20, 20)
    column = run_module.Rate()

    class Task:
        speed = 1234.0
        fields: ClassVar[dict[str, Any]] = {}

    assert str(column.render(Task())) == "1,234 rows/s"


def test_a_population_is_made_up(tmp_path: Path) -> None:
    out = tmp_path / "made-up.parquet"
    words = ("population", "sample", "--rows", 1000, "--seed", 1, "--out")
    assert run(*words, out).stdout == f"1,000 made-up people in {out}\n"
    assert json.loads(run(*words, out, "--json").stdout)["rows"] == 1000
    assert pq.read_table(out).num_rows == 1000
    nowhere = run(*words, tmp_path / "no/people.parquet")
    assert (nowhere.exit_code, "No such file" in nowhere.stderr) == (4, True)


def test_two_policies_are_compared(people: Path, tmp_path: Path) -> None:
    chart = tmp_path / "chart.png"
    other = "tw/covid19-1922/round-14"
    words = ("population", "compare", other, POLICY.id, people)
    result = run(*words, "--report", chart)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"from {other} to {POLICY.id}\n  ")
    assert "by birth year\n" in result.stdout
    assert chart.exists()
    plain = json.loads(run(*words, "--json").stdout)
    assert sum(plain["changes"].values()) == 40
    same = run("population", "compare", other, other, people)
    assert same.stdout == f"from {other} to {other}\n  same: 40\n"
    people.write_bytes(b"")
    assert run(*words).exit_code == 2
