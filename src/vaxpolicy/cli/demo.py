"""``vaxpolicy demo``: follow a few fictional people from the form to the booking."""

from __future__ import annotations

from typing import Final

import click

from vaxpolicy.cli import visitors
from vaxpolicy.cli.escapes import escaped
from vaxpolicy.cli.output import console, json_option, print_json, styled
from vaxpolicy.cli.person import lang_option

_EXAMPLES: Final = """\b
Examples:
  vaxpolicy demo
  vaxpolicy demo --lang vi"""


@click.command(
    "demo", short_help="Follow a few fictional people to a booking or a refusal.", epilog=_EXAMPLES
)
@lang_option
@json_option
def demo_command(*, lang: str, as_json: bool) -> None:
    """Follow a few fictional people from the form to the booking or the refusal, step by step."""
    walks = [
        (visitors.introduce(it, lang), list(visitors.walk(it, lang))) for it in visitors.VISITORS
    ]
    if as_json:
        print_json([{"who": who, "steps": steps} for who, steps in walks])
        return
    out = console()
    for who, steps in walks:
        out.print(styled("bold", who))
        for step in steps:
            out.print(f"  {escaped(step)}")
        out.print()
