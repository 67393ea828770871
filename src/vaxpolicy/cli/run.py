"""``vaxpolicy run``: decides for everybody in a file."""

from __future__ import annotations

import errno
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from vaxpolicy.cli.many import DATA, chart_path, needs_population, one_policy, save_report
from vaxpolicy.cli.output import json_option, print_json
from vaxpolicy.cli.parameters import DAY, POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from vaxpolicy.population.jobs import Job, Summary

RUN_EXIT_CODES: Final = {
    "done": 0,
    "bad rows": 1,
    "wrong call": 2,
    "cannot write": 4,
    "cut off": 5,
    "interrupted": 130,
}
"""The exit codes of `run`: all rows are decided; some could not be read; a wrong call, column or
file; the output could not be written; the job was cut off, as by a killed worker; interrupted."""

_EXAMPLES: Final = """\b
Examples:
  vaxpolicy run people.parquet -p tw/covid19-1922/round-19 --out decisions.parquet
  vaxpolicy run people.parquet -p tw/covid19-1922/round-19 --out parts/ --report chart.svg"""


@click.command("run", short_help="Decide for everybody in a file.", epilog=_EXAMPLES)
@click.argument("data", type=DATA)
@click.option(
    "--policy", "-p", type=POLICY, required=True, metavar="ID|FILE.toml", help="The policy."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE.parquet|FOLDER",
    help="Where the decisions go. A folder gets parts; a job that was interrupted goes on there.",
)
@click.option("--from-day", type=DAY, help="Count only days from this one on.")
@click.option(
    "--keep",
    multiple=True,
    metavar="COLUMN",
    help="A column to pass through; repeat for more. Without it: all columns that are not facts.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg|FILE.png",
    help="Draw the outcomes by birth year.",
)
@click.option("--stop-at-bad-rows", is_flag=True, help="End at the first row that cannot be read.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Threads, or processes for parts; without: one a core.",
)
@click.option(
    "--part-rows",
    type=click.IntRange(1),
    default=2_000_000,
    show_default=True,
    help="Rows of a part.",
)
@json_option
@click.pass_context
def run_command(
    context: click.Context,
    /,
    *,
    data: Path,
    policy: str,
    out: Path,
    from_day: date | None,
    keep: tuple[str, ...],
    report: Path | None,
    stop_at_bad_rows: bool,
    workers: int | None,
    part_rows: int,
    as_json: bool,
) -> None:
    """Decide for everybody in a Parquet, CSV or JSON-lines file.

    The output appears only when it is complete. Exit code: 0 all rows are decided, 1 some rows
    could not be read and have no outcome, 2 a wrong call, column or file, 4 the output could not be
    written, 5 a worker was killed, 130 interrupted.
    """
    needs_population()
    from vaxpolicy.population.jobs import Job  # noqa: PLC0415 - of an extra

    job = Job(
        policy=one_policy(policy),
        data=data,
        out=out,
        from_day=from_day,
        keep=keep or None,
        stop_at_bad_rows=stop_at_bad_rows,
        workers=workers,
        part_rows=part_rows,
    )
    chart_path(report)
    summary = _done(job)
    if as_json:
        print_json({**_plain(summary), "verified": job.policy.verified})
    else:
        _print(summary)
    if report is not None:
        from vaxpolicy.population.charts import outcome_chart  # noqa: PLC0415 - of an extra

        save_report(lambda: outcome_chart(summary.tally, job.policy.id), report)
    context.exit(RUN_EXIT_CODES["bad rows" if summary.unreadable else "done"])


class NotDoneError(click.ClickException):
    """The job was not done; the exit code says why."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click has it as one of the class


_GOES_ON: Final = "the same command goes on with the parts that are missing"


def _done(job: Job) -> Summary:
    """Do the job; an error becomes a line of text and an exit code."""
    from vaxpolicy.population import ColumnError  # noqa: PLC0415 - of an extra
    from vaxpolicy.population.jobs import (  # noqa: PLC0415 - of an extra
        JobError,
        WorkerKilledError,
        run_job,
    )

    try:
        with progress_bar() as tell:
            return run_job(job, tell)
    except (ColumnError, ValueError) as error:  # BadRowError and UnreadableError are ValueErrors
        message, code = f"{error}", "wrong call"
    except WorkerKilledError as error:
        message, code = f"{error}", "cut off"
    except JobError as error:
        message, code = f"{error}", "wrong call"
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        message = "no space left on the disk" if full else f"{error.strerror or error}"
        left = _GOES_ON if job.in_parts else "nothing was left behind"
        message, code = f"{job.out.name}: {message}; {left}", "cannot write"
    except KeyboardInterrupt:
        left = _GOES_ON if job.in_parts else "nothing that looks whole was left behind"
        message, code = f"interrupted; {left}", "interrupted"
    raise NotDoneError(message, RUN_EXIT_CODES[code])


class Rate(TextColumn):
    """A column with the rows per second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Any) -> Any:
        """The rate, as soon as it is known."""
        self.text_format: str = f"{task.speed:,.0f} rows/s" if task.speed else ""
        return super().render(task)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int | None], None]]:
    """Show the progress on a terminal: rows, rate and time left."""
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        Rate(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    hidden = not console.is_terminal
    progress = Progress(*columns, console=console, transient=True, disable=hidden)
    with nullcontext() if hidden else progress:  # rich before 14.2 ends a hidden one with a line
        task = progress.add_task("rows", total=None)
        yield lambda done, rows: progress.update(task, completed=done, total=rows)


def _plain(summary: Summary) -> dict[str, Any]:
    return {
        "rows": summary.rows,
        "outcomes": {name: count for name, count in summary.tally.kinds.items() if count},
        "bad_rows": [{"row": bad.row, "code": bad.code} for bad in summary.bad_rows],
    }


_FEW: Final = 10


def _print(summary: Summary) -> None:
    click.echo(f"{summary.rows:,} rows")
    for outcome, count in summary.tally.kinds.items():
        if count:
            click.echo(f"  {outcome}: {count:,}")
    for bad in summary.bad_rows[:_FEW]:
        click.echo(f"  row {bad.row}: {bad.code}")
    if summary.unreadable > _FEW:
        click.echo(f"  and {summary.unreadable - _FEW:,} more rows that cannot be read")
