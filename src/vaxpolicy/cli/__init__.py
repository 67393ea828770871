"""The command line: decide for one person, explain, compare policies and check records.

For scripts: every command takes ``--json``, and the exit code is the answer (see `check`).

A command's module is imported when the command is asked for, so that ``--help`` and ``--version``
load neither policies nor messages.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from vaxpolicy import __version__
from vaxpolicy.cli.escapes import without_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["COMMANDS", "NO_READER", "LazyGroup", "app"]

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "check": ("check:check_command", "Decide for one person."),
    "counties": ("names:counties_command", "List counties and cities, or search them."),
    "demo": ("demo:demo_command", "Follow a few fictional people to a booking or a refusal."),
    "explain": ("explain:explain_command", "Explain a decision condition by condition."),
    "facts": ("names:facts_command", "List facts that have a date, or search them."),
    "groups": ("names:groups_command", "List groups, or search them."),
    "policy": ("policies:policy_group", "Show policies and their faults."),
    "population": (
        "population:population_group",
        "Make up many people, and compare policies on them.",
    ),
    "record": ("record:record_group", "Make and check records of decisions."),
    "run": ("run:run_command", "Decide for everybody in a file."),
    "timeline": (
        "timeline:timeline_command",
        "Decide for one person under several policies in turn.",
    ),
    "vaccines": ("names:vaccines_command", "List vaccines, or search them."),
}
"""The commands: where each is defined, as ``module:name``, and its line in the list of commands."""

NO_READER: Final = 141
"""The exit code where nobody reads the output any more, as shells have it for SIGPIPE."""

_EXAMPLES: Final = """\b
Examples:
  vaxpolicy check -p tw/covid19-1922/round-19 --born 1990-01-01 --dose AZ@2021-07-01
  vaxpolicy explain -p tw/influenza/2025 --born 1950 --lang zh-Hant
  vaxpolicy policy list"""


@contextmanager
def hiding_numbers() -> Iterator[None]:
    """Hide in every error of the command line what looks like a person's number.

    Somebody may type a number in the wrong place, and the screen or a log keeps the error.
    """
    try:
        yield
    except click.ClickException as error:
        said = error.format_message()
        text = without_numbers(said)
        if text == said:
            raise
        context = error.ctx if isinstance(error, click.UsageError) else None
        hidden = click.ClickException(text) if context is None else click.UsageError(text, context)
        hidden.exit_code = error.exit_code  # type: ignore[misc]  # click has it as one of the class
    else:
        return
    raise hidden


class LazyGroup(click.Group):
    """A group that imports a command when it is used, and shows no number in an error."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        found: Any = getattr(import_module(f"vaxpolicy.cli.{module}"), name)
        return found if isinstance(found, click.Command) else None

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the options before the command."""
        with hiding_numbers():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; if nobody reads its output any more, end with a special code."""
        try:
            with hiding_numbers():
                return super().invoke(ctx)
        except BrokenPipeError:
            ctx.exit(NO_READER)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from `COMMANDS`, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(
    cls=LazyGroup,
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__)
def app() -> None:
    """Rules of public vaccination programmes, as cited data and pure functions.

    This is not an official system. It repeats the public announcements that were found.
    """
