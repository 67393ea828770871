"""The common parts of commands about many people."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vaxpolicy.cli.person import load_policies, note_unverified

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxpolicy.eligibility import Policy


class CannotWriteError(click.ClickException):
    """A file could not be written."""

    exit_code = 4


def needs_population() -> None:
    """Refuse to continue without the extra."""
    if find_spec("pyarrow") is None or find_spec("numpy") is None:
        raise click.UsageError("this command needs: pip install 'vaxpolicy[population]'")


def one_policy(name: str, hint: str = "'--policy'") -> Policy:
    """The policy of that id or path."""
    (policy,) = load_policies((name,), hint=hint)
    note_unverified([policy])
    return policy


def chart_path(path: Path | None) -> None:
    """Refuse a report that cannot be drawn, before the work begins."""
    if path is None:
        return
    if path.suffix.lower() not in {".svg", ".png"}:
        raise click.BadParameter(
            f"{path}: expected a name that ends in .svg or .png", param_hint="'--report'"
        )
    if not path.parent.is_dir():
        raise click.BadParameter(f"{path}: the folder does not exist", param_hint="'--report'")
    if find_spec("matplotlib") is None:
        raise click.UsageError("--report needs: pip install 'vaxpolicy[charts]'")


def save_report(draw: Callable[[], Any], path: Path) -> None:
    """Draw a chart and write it."""
    from vaxpolicy.population.charts import save_chart  # noqa: PLC0415 - of an extra

    try:
        save_chart(draw(), path)
    except OSError as error:
        raise CannotWriteError(f"{path}: {error.strerror or error}") from None


CHART: Any = click.Path(dir_okay=False, path_type=Path)
DATA: Any = click.Path(exists=True, dir_okay=False, path_type=Path)
