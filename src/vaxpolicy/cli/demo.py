"""``vaxpolicy demo``: walk a few made-up people from form to booking."""

from __future__ import annotations

import click
from rich.markup import escape

from vaxpolicy import demo
from vaxpolicy.cli.output import console
from vaxpolicy.cli.person import lang_option


@click.command("demo")
@lang_option
def demo_command(lang: str) -> None:
    """Walk a few made-up people from the form to the booking or the refusal, step by step."""
    out = console()
    for visitor in demo.VISITORS:
        out.print(f"[bold]{escape(demo.introduce(visitor, lang))}[/]")
        for line in demo.walk(visitor, lang):
            out.print(f"  {escape(line)}")
        out.print()
