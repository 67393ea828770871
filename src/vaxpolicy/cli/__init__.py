"""The command line: decide for one person, explain, compare policies and check records.

For scripts: every command takes ``--json``, and the exit code is the answer (see `check`).
"""

from __future__ import annotations

from typing import Final

import click

from vaxpolicy import __version__
from vaxpolicy.cli.check import EXIT_CODES, check_command
from vaxpolicy.cli.compare import diff_command, people_command
from vaxpolicy.cli.demo import demo_command
from vaxpolicy.cli.explain import explain_command
from vaxpolicy.cli.policy import policy_group
from vaxpolicy.cli.record import record_group
from vaxpolicy.cli.timeline import timeline_command

__all__ = ["EXIT_CODES", "app"]


_EXAMPLES: Final = """\b
Examples:
  vaxpolicy check -p tw/covid19-1922/round-19 --born 1990-01-01 --dose AZ@2021-07-01
  vaxpolicy explain -p tw/influenza/2025 --born 1950 --lang zh-Hant
  vaxpolicy policy list"""


@click.group(epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def app() -> None:
    """Rules of public vaccination programmes, as cited data and pure functions.

    This is no official system: it repeats public announcements as far as they were found.
    """


policy_group.add_command(diff_command)
policy_group.add_command(people_command)
for command in (
    *(check_command, demo_command, explain_command, timeline_command),
    *(policy_group, record_group),
):
    app.add_command(command)
