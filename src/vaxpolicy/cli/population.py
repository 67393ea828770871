"""``vaxpolicy population``: makes up people, and compares two policies on a population."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from vaxpolicy.cli.escapes import without_numbers
from vaxpolicy.cli.many import (
    DATA,
    CannotWriteError,
    chart_path,
    needs_population,
    one_policy,
    save_report,
)
from vaxpolicy.cli.output import json_option, print_json
from vaxpolicy.cli.parameters import DAY, POLICY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from vaxpolicy.population import Comparison

_SAMPLE: Final = """\b
Example:
  vaxpolicy population sample --rows 1000 --seed 1 --out made-up.parquet"""
_COMPARE: Final = """\b
Example:
  vaxpolicy population compare tw/covid19-1922/round-14 tw/covid19-1922/round-15 people.parquet"""
_EXAMPLES: Final = """\b
Examples:
  vaxpolicy population sample --rows 1000 --seed 1 --out made-up.parquet
  vaxpolicy population compare tw/covid19-1922/round-14 tw/covid19-1922/round-15 people.parquet"""


@click.group("population", epilog=_EXAMPLES)
def population_group() -> None:
    """Make up many people, and compare policies on them."""


@population_group.command("sample", short_help="Make up a population.", epilog=_SAMPLE)
@click.option("--rows", type=click.IntRange(0), required=True, help="The number of people.")
@click.option(
    "--seed", type=click.IntRange(0), required=True, help="The same seed gives the same people."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE.parquet",
    help="The file to write.",
)
@json_option
def sample_command(*, rows: int, seed: int, out: Path, as_json: bool) -> None:
    """Make up a population: plausible people, none of them real, with valid synthetic numbers."""
    needs_population()
    from vaxpolicy.population.jobs import write_sample  # noqa: PLC0415 - of an extra

    try:
        write_sample(out, rows, seed)
    except OSError as error:
        raise CannotWriteError(f"{out}: {error.strerror or error}") from None
    place = without_numbers(str(out))
    if as_json:
        print_json({"rows": rows, "seed": seed, "out": place})
    else:
        click.echo(f"{rows:,} made-up people in {place}")


@population_group.command("compare", short_help="Count who gains and loses.", epilog=_COMPARE)
@click.argument("old", type=POLICY)
@click.argument("new", type=POLICY)
@click.argument("data", type=DATA)
@click.option("--from-day", type=DAY, help="Count only days from this one on.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg|FILE.png",
    help="Draw eligible people by birth year, before and after.",
)
@json_option
def compare_command(
    *, old: str, new: str, data: Path, from_day: date | None, report: Path | None, as_json: bool
) -> None:
    """Count who gains, who loses and whose offers move, by birth year, county and group."""
    needs_population()
    from vaxpolicy.population import ColumnError, UnreadableError, compare  # noqa: PLC0415 - of an extra

    chart_path(report)
    policies = one_policy(old, "'OLD'"), one_policy(new, "'NEW'")
    try:
        found = compare(*policies, data, from_day)
    except (ColumnError, UnreadableError, ValueError) as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        print_json(_plain(found))
    else:
        _print(found)
    if report is not None:
        from vaxpolicy.population.charts import comparison_chart  # noqa: PLC0415 - of an extra

        save_report(lambda: comparison_chart(found), report)


def _by_item(counts: Mapping[tuple[str, Any], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (change, item), count in sorted(counts.items(), key=lambda it: str(it[0][1])):
        if count and change != "same":
            found.setdefault("not known" if item is None else str(item), {})[change] = count
    return found


def _plain(found: Comparison) -> dict[str, Any]:
    return {
        "old": found.old,
        "new": found.new,
        "changes": {name: count for name, count in found.changes.kinds.items() if count},
        "before": {name: count for name, count in found.before.kinds.items() if count},
        "after": {name: count for name, count in found.after.kinds.items() if count},
        "by_birth_year": _by_item(found.changes.birth_years),
        "by_county": _by_item(found.changes.counties),
        "by_group": _by_item(found.changes.groups),
    }


def _print(found: Comparison) -> None:
    plain = _plain(found)
    click.echo(f"from {found.old} to {found.new}")
    for change, count in plain["changes"].items():
        click.echo(f"  {change}: {count:,}")
    for title, name in (
        ("birth year", "by_birth_year"),
        ("county", "by_county"),
        ("group", "by_group"),
    ):
        if plain[name]:
            click.echo(f"by {title}")
        for item, counts in plain[name].items():
            row = ", ".join(f"{change} {count:,}" for change, count in counts.items())
            click.echo(f"  {item}: {row}")
