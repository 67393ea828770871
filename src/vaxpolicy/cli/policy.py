"""``vaxpolicy policy``: what the policies say, and what is wrong with them.

Every command takes bundled policies by id and one's own by path, and ``--json``. `lint` and
`bounds` exit with 1 where something is wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs
import click
from rich.markup import escape

from vaxpolicy import catalog
from vaxpolicy.cli.output import console, json_option, print_json
from vaxpolicy.cli.person import load_policies
from vaxpolicy.days import TAIWAN
from vaxpolicy.messages import describe_window
from vaxpolicy.picture import policy_svg
from vaxpolicy.printed import PrintedBound, bounds
from vaxpolicy.schema import document, plain, policy_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from vaxpolicy.policy import Policy, Rule, Stage, VaccinationDays, Window
    from vaxpolicy.review import Finding

_DAY: Final = click.DateTime(["%Y-%m-%d"])


def _policies(named: tuple[str, ...], as_of: date | None = None) -> list[Policy]:
    """The policies by id or by path; all bundled ones where none is named."""
    return load_policies(named, as_of, hint="'ID|FILE.toml'")


def _some(command: Callable[..., None]) -> Callable[..., None]:
    return click.argument("named", nargs=-1, metavar="[ID|FILE.toml]...")(command)


@click.group("policy")
def policy_group() -> None:
    """What the policies say, and what is wrong with them."""


# -- list and show ---------------------------------------------------------------------------------


@policy_group.command("list")
@json_option
def list_policies(*, as_json: bool) -> None:
    """The bundled policies, in order."""
    found = _policies(())
    if as_json:
        print_json([_headline(it) for it in found])
        return
    out = console()
    for it in found:
        note = "" if it.verified else " (not verified)"
        out.print(f"[bold]{it.id}[/] {it.version}, {it.announced}: {escape(it.title)}{note}")


def _headline(it: Policy) -> dict[str, Any]:
    names = ("id", "version", "title", "announced", "disease", "verified", "digest")
    return {name: plain(getattr(it, name)) for name in names}


@policy_group.command
@click.argument("named", metavar="ID|FILE.toml")
@click.option("--as-of", type=_DAY, help="Only what was in force on that day.")
@click.option("--svg", "as_svg", is_flag=True, help="Draw birth dates against vaccination days.")
@json_option
def show(named: str, as_of: datetime | None, *, as_svg: bool, as_json: bool) -> None:
    """What a policy says: stages, rules, booking windows and sources.

    As JSON it is a document of the policy format (see `policy schema`); as SVG a picture of who may
    come by birth date, on which days.
    """
    (it,) = _policies((named,), as_of.date() if as_of else None)
    if as_svg:
        click.echo(policy_svg(it))
        return
    if as_json:
        print_json(document(it))
        return
    out = console()
    out.print(f"[bold]{escape(it.id)}[/] {it.version} {escape(it.title)}")
    out.print(f"announced {it.announced}, against {it.disease}")
    for stage in it.stages:
        _show_stage(out, stage)
    out.print("\n[bold]sources[/]")
    for key, source in it.sources.items():
        text = f"{key}: {source.publisher} ({source.support}), {source.url}"
        out.print(f"  {escape(text)}")


def _show_stage(console: Console, stage: Stage) -> None:
    days = _days_in_words(stage.vaccination_days)
    console.print(f"\n[bold]stage {escape(stage.id)}[/], vaccination {days}")
    for rule in stage.rules:
        _show_rule(console, rule)
    for window in stage.windows:
        console.print(f"  book {describe_window(window)}{_for_whom(window)}")


def _days_in_words(days: VaccinationDays) -> str:
    if not days.stated:
        return f"on days that are not stated, within {days.first} to {days.last}"
    if days.sure_until is not None:
        return f"{days.first} to {days.sure_until}, possibly to {days.last}"
    return f"{days.first} to {days.last}"


def _show_rule(console: Console, rule: Rule) -> None:
    vaccines = ", ".join(rule.vaccines)
    console.print(f"  [bold]{escape(rule.id)}[/]: {vaccines}, dose {rule.dose}")
    for condition in rule.all:
        console.print(f"    {escape(_as_written(plain(condition, keep_dates=True)))}")
    if rule.reading:
        console.print(f"    read: {escape(rule.reading)}")
    console.print(f"    cites: {escape(', '.join(rule.cites))}")


def _for_whom(window: Window) -> str:
    parts = [", ".join(window.vaccines), ", ".join(f"dose {dose}" for dose in window.doses)]
    if window.ages is not None:
        parts.append(_as_written(plain(window.ages, keep_dates=True)))
    whom = escape("; ".join(filter(None, parts)))
    return f" ({whom})" if whom else ""


def _as_written(value: object) -> str:
    """A condition as it stands in a policy file."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_as_written(its)}" for key, its in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_as_written, value))}]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


# -- lint ------------------------------------------------------------------------------------------


def _this_day() -> datetime:
    return datetime.now(TAIWAN)  # noqa: TID251  # a command is where the day comes in


@policy_group.command
@_some
@click.option(
    "--today", type=_DAY, default=_this_day, help="The day to which review dates are compared."
)
@json_option
@click.pass_context
def lint(
    context: click.Context, /, named: tuple[str, ...], today: datetime, *, as_json: bool
) -> None:
    """What is wrong with policies, for all people at once; all bundled ones where none is named.

    Exit code: 0 if every finding is explained in its own file, else 1.
    """
    found = [(it, catalog.lint(it, today.date())) for it in _policies(named)]
    wrong = sum(not finding.explained for _, findings in found for finding in findings)
    if as_json:
        print_json(
            [
                {"policy": it.id, "version": it.version, **attrs.asdict(finding)}
                for it, findings in found
                for finding in findings
            ]
        )
    else:
        _print_findings(console(), found, wrong)
    context.exit(1 if wrong else 0)


def _print_findings(
    console: Console, found: list[tuple[Policy, tuple[Finding, ...]]], wrong: int
) -> None:
    for it, findings in found:
        for finding in findings:
            colour = "dim" if finding.explained else "red"
            what = f"{it.id} {finding.where}: {finding.text}"
            console.print(f"[{colour}]{finding.code}[/] {escape(what)}")
            if finding.explained:
                console.print(f"  [dim]{escape(finding.explained)}[/]")
    explained = sum(len(findings) for _, findings in found) - wrong
    console.print(f"{len(found)} policies: {wrong} findings, and {explained} explained")


# -- printed bounds --------------------------------------------------------------------------------


@policy_group.command("bounds")
@_some
@json_option
@click.pass_context
def show_bounds(context: click.Context, /, named: tuple[str, ...], *, as_json: bool) -> None:
    """The bounds that announcements printed, and whether the rules give exactly them.

    Proved: by ages (birth dates) or intervals (the dose before). Restated: the date is itself a
    term of the rule. Exit code: 1 if a rule gives another date than was printed, else 0.
    """
    found = [(it, bound) for it in _policies(named) for bound in bounds(it)]
    counts = {
        kind: {status: tally[birth, status] for status in ("proved", "restated", "refuted")}
        for tally in [Counter((bound.is_of_birth, bound.status) for _, bound in found)]
        for kind, birth in (("birth", True), ("previous_dose", False))
    }
    if as_json:
        listed = [{"policy": it.id, **_plain_bound(bound)} for it, bound in found]
        print_json({"counts": counts, "bounds": listed})
    else:
        out = console()
        for it, bound in found:
            out.print(_bound_in_words(it, bound))
        for kind, count in counts.items():
            text = ", ".join(f"{number} {status}" for status, number in count.items())
            out.print(f"[bold]{kind.replace('_', ' ')} bounds:[/] {text}")
    refuted = any(bound.status == "refuted" for _, bound in found)
    context.exit(1 if refuted else 0)


def _plain_bound(bound: PrintedBound) -> dict[str, Any]:
    found = [plain(one) for one in bound.found]
    return {**attrs.asdict(bound), "printed": bound.printed.isoformat(), "found": found}


def _bound_in_words(it: Policy, bound: PrintedBound) -> str:
    colour = "red" if bound.status == "refuted" else "green"
    gives = ", ".join(str(one or "no bound") for one in bound.found)
    text = f"{it.id} {bound.rule_id} {bound.kind} {bound.printed}"
    return f"[{colour}]{bound.status}[/] {escape(text)}{f': the rule gives {gives}' * bool(gives)}"


# -- schema ----------------------------------------------------------------------------------------


@policy_group.command
def schema() -> None:
    """The JSON Schema of policy files, for editors and for programs that write them."""
    print_json(policy_schema())
