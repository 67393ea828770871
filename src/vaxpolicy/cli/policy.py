"""``vaxpolicy policy``: shows policies and their faults.

Every command takes bundled policies by id and your own by path. `lint` and `bounds` exit with 1 if
they find a fault.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from vaxpolicy import catalog
from vaxpolicy._schema import campaign_schema, document, plain, policy_schema
from vaxpolicy.analysis.printed_bounds import PrintedBound, Status, bounds
from vaxpolicy.cli.escapes import escaped, without_numbers
from vaxpolicy.cli.output import console, json_option, labelled, print_json, styled, with_whom
from vaxpolicy.cli.parameters import DAY, POLICY
from vaxpolicy.cli.person import lang_option, load_policies
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.messages import (
    Wording,
    Words,
    describe_booking,
    describe_finding,
    disease_name,
    picture_labels,
    policy_title,
    vaccine_name,
    words,
)
from vaxpolicy.picture import policy_svg

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxpolicy.analysis.lint import Finding
    from vaxpolicy.cli.output import Console
    from vaxpolicy.rules.policy import Policy, Rule, Stage


def _policies(named: tuple[str, ...], as_of: date | None = None) -> list[Policy]:
    """Load policies by id or by path; without names, all bundled policies."""
    return load_policies(named, as_of, hint="'ID|FILE.toml'")


def _some(command: Callable[..., None]) -> Callable[..., None]:
    return click.argument("named", nargs=-1, metavar="[ID|FILE.toml]...", type=POLICY)(command)


_EXAMPLES: Final = """\b
Examples:
  vaxpolicy policy list
  vaxpolicy policy show tw/covid19-1922/round-19 --lang zh-Hant"""


@click.group("policy", epilog=_EXAMPLES)
def policy_group() -> None:
    """Show policies and their faults."""


_LIST_EXAMPLES: Final = """\b
Examples:
  vaxpolicy policy list
  vaxpolicy policy list --json"""


@policy_group.command("list", epilog=_LIST_EXAMPLES)
@lang_option
@json_option
def list_command(*, lang: str, as_json: bool) -> None:
    """List the bundled policies in order."""
    found = _policies(())
    if as_json:
        print_json([_headline(it) for it in found])
        return
    out, say = console(), words(lang)
    width = max(len(it.id) for it in found)
    for it in found:
        text = f"{it.version}, {it.announced}: {policy_title(it, lang)}"
        if not it.verified:
            text = say("frame/aside", text=text, aside=say("command-line/not-verified"))
        out.print(f"{styled('bold', it.id.ljust(width))} {escaped(text)}")


def _headline(it: Policy) -> dict[str, Any]:
    names = ("id", "version", "title", "announced", "disease", "verified", "digest")
    return {name: plain(getattr(it, name)) for name in names}


_SHOW_EXAMPLES: Final = """\b
Examples:
  vaxpolicy policy show tw/covid19-1922/round-19
  vaxpolicy policy show tw/covid19-1922/round-11 --as-of 2021-10-07
  vaxpolicy policy show tw/influenza/2025 --svg > picture.svg
  vaxpolicy policy show own.toml --json"""


@policy_group.command("show", epilog=_SHOW_EXAMPLES)
@click.argument("named", metavar="ID|FILE.toml", type=POLICY)
@click.option("--as-of", type=DAY, metavar="DAY", help="Only what was in force on that day.")
@click.option("--svg", "as_svg", is_flag=True, help="Draw birth dates against vaccination days.")
@lang_option
@json_option
def show_command(named: str, as_of: date | None, *, as_svg: bool, lang: str, as_json: bool) -> None:
    """Show a policy: stages, rules, booking windows and sources.

    Each condition is shown in words, and below them as in the file. The JSON is a document in the
    policy format (see `policy schema`). The SVG is a picture of birth dates and days.
    """
    (it,) = _policies((named,), as_of)
    if as_svg:
        click.echo(policy_svg(it, picture_labels(lang)))
    elif as_json:
        print_json(document(it))
    else:
        _show(console(), it, words(lang))


def _show(out: Console, it: Policy, say: Words) -> None:
    out.print(f"{styled('bold', it.id)} {it.version} {escaped(policy_title(it, say.lang))}")
    disease = disease_name(it.disease, say.lang)
    day = say.date(it.announced)
    out.print(escaped(say("command-line/announced", day=day, disease=disease)))
    if not it.verified:
        out.print(escaped(say("command-line/not-verified-answer")))
    for stage in it.stages:
        out.print(f"\n{styled('bold', _stage(it, stage, say))}")
        for rule in stage.rules:
            _show_rule(out, it, rule, say)
        for window in stage.windows:
            when = describe_booking([window], say.lang, is_registration=not it.licences_apply)
            booking = with_whom(when, window, say)
            out.print(f"  {escaped(booking)}")
    out.print(f"\n{styled('bold', say('command-line/sources'))}")
    for key, source in it.sources.items():
        text = f"{key}: {source.publisher} ({source.support}), {source.url}"
        out.print(f"  {escaped(text)}")


def _stage(policy: Policy, stage: Stage, say: Words) -> str:
    it = stage.vaccination_days
    days = say.days(DaySet.between(it.first, it.last))
    if not policy.licences_apply:
        return say("command-line/stage-registration", stage=stage.id, days=days)
    if not it.stated:
        return say("command-line/stage-not-stated", stage=stage.id, days=days)
    if it.sure_until is None:
        return say("command-line/stage", stage=stage.id, days=days)
    sure, last = say.days(DaySet.between(it.first, it.sure_until)), say.date(it.last)
    return say("command-line/stage-possibly", stage=stage.id, days=sure, last=last)


def _show_rule(out: Console, it: Policy, rule: Rule, say: Words) -> None:
    vaccines = say.listed([vaccine_name(code, say.lang) for code in rule.vaccines], style="or")
    key = "command-line/show-rule" if it.licences_apply else "command-line/show-registration"
    what = say(key, rule=rule.id, vaccines=vaccines, dose=rule.dose)
    out.print(f"  {styled('bold', what)}")
    wording = Wording(say.lang, rule.dose, by_season=it.counts_from is not None)
    for condition in rule.all:
        for line in wording.lines([condition]):
            out.print(f"    {'  ' * line.depth}- {escaped(line.text)}")
        out.print(f"      {styled('dim', _as_written(plain(condition, keep_dates=True)))}")
    if rule.reading:
        out.print(f"    {escaped(say('command-line/reading', text=rule.reading))}")
    out.print(f"    {escaped(say('command-line/cites', sources=', '.join(rule.cites)))}")


def _as_written(value: object) -> str:
    """A condition as in a policy file."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_as_written(its)}" for key, its in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_as_written, value))}]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


_LINT_EXAMPLES: Final = """\b
Examples:
  vaxpolicy policy lint own.toml
  vaxpolicy policy lint tw/influenza/2026 --today 2027-12-01 --json"""


def _this_day() -> date:
    return datetime.now(TAIWAN).date()  # noqa: TID251  # a command is where the day comes in


@policy_group.command(
    "lint", short_help="Find the faults of policies, for all people at once.", epilog=_LINT_EXAMPLES
)
@_some
@click.option(
    "--today",
    type=DAY,
    default=_this_day,
    show_default="the day of the machine",
    metavar="DAY",
    help="The day to which review dates are compared.",
)
@lang_option
@json_option
@click.pass_context
def lint_command(
    context: click.Context, /, named: tuple[str, ...], today: date, *, lang: str, as_json: bool
) -> None:
    """Find the faults of policies, for all people at once; without names, of all bundled ones.

    Exit code: 0 if every finding is explained in its own file, 1 if one is not, 2 for a wrong call.
    """
    policies = _policies(named)
    texts = map(_text_of, named) if named else (None for _ in policies)
    found = [
        (it, catalog.lint(it, today, text=text)) for it, text in zip(policies, texts, strict=True)
    ]
    wrong = sum(not finding.explained for _, findings in found for finding in findings)
    if as_json:
        print_json(
            [_plain_finding(it, finding, lang) for it, findings in found for finding in findings]
        )
    else:
        _print_findings(console(), found, wrong, words(lang))
    context.exit(1 if wrong else 0)


def _text_of(name: str) -> str | None:
    """The text of a policy file; None for a bundled policy."""
    return Path(name).read_text("utf-8") if name.endswith(".toml") else None


def _plain_finding(it: Policy, finding: Finding, lang: str) -> dict[str, Any]:
    return {
        "policy": it.id,
        "version": it.version,
        "code": finding.code,
        "where": finding.where,
        "rule": finding.spot.rule,
        "key": finding.spot.key,
        "line": finding.line,
        "text": describe_finding(finding, lang),
        "detail": finding.text,
        "near": list(finding.near),
        "explained": finding.explained,
    }


def _print_findings(
    out: Console, found: list[tuple[Policy, tuple[Finding, ...]]], wrong: int, say: Words
) -> None:
    for it, findings in found:
        for finding in findings:
            colour = "dim" if finding.explained else "red"
            what = labelled(f"{it.id} {finding.where}", describe_finding(finding, say.lang), say)
            out.print(f"{styled(colour, finding.code)} {escaped(what)}")
            detail = finding.text
            if finding.line is not None:
                detail = say("command-line/lint-line", line=finding.line, text=detail)
            out.print(f"  {escaped(detail)}")
            if finding.explained:
                out.print(f"  {styled('dim', finding.explained)}")
    explained = sum(len(findings) for _, findings in found) - wrong
    counts = {"policies": len(found), "wrong": wrong, "explained": explained}
    out.print(escaped(say("command-line/lint-summary", **counts)))


_BOUNDS_EXAMPLES: Final = """\b
Examples:
  vaxpolicy policy bounds
  vaxpolicy policy bounds tw/covid19-1922/round-19 own.toml --json"""


@policy_group.command(
    "bounds",
    short_help="Check the bounds that announcements printed.",
    epilog=_BOUNDS_EXAMPLES,
)
@_some
@lang_option
@json_option
@click.pass_context
def bounds_command(
    context: click.Context, /, named: tuple[str, ...], *, lang: str, as_json: bool
) -> None:
    """Check whether the rules give exactly the bounds that announcements printed.

    A bound is proved by ages (birth dates) or intervals (the dose before), or restated if the rule
    itself names the date. Exit code: 0 if every rule gives the printed bounds, 1 if one does not, 2
    for a wrong call.
    """
    found = [(it, bound) for it in _policies(named) for bound in bounds(it)]
    tally = Counter((bound.is_of_birth, bound.status) for _, bound in found)
    counts = {
        kind: {status: tally[birth, status] for status in _STATUSES}
        for kind, birth in (("birth", True), ("previous_dose", False))
    }
    if as_json:
        listed = [_plain_bound(it, bound, lang) for it, bound in found]
        print_json({"counts": counts, "bounds": listed})
    else:
        out, say = console(), words(lang)
        for it, bound in found:
            colour = _STATUSES[bound.status]
            out.print(f"{styled(colour, _status(bound, say))} {escaped(_bound(it, bound, say))}")
        for kind, count in counts.items():
            out.print(escaped(say(f"command-line/bounds-{kind.replace('_', '-')}", **count)))
    refuted = any(bound.status == "refuted" for _, bound in found)
    context.exit(1 if refuted else 0)


_STATUSES: Final[dict[Status, str]] = {"proved": "green", "restated": "green", "refuted": "red"}


def _plain_bound(it: Policy, bound: PrintedBound, lang: str) -> dict[str, Any]:
    return {
        "policy": it.id,
        **attrs.asdict(bound),
        "printed": bound.printed.isoformat(),
        "found": [plain(one) for one in bound.found],
        "text": _status(bound, words(lang)),
    }


def _status(bound: PrintedBound, say: Words) -> str:
    return say(f"command-line/bound-{bound.status}")


def _bound(it: Policy, bound: PrintedBound, say: Words) -> str:
    text = f"{it.id} {bound.rule_id} {bound.kind} {bound.printed}"
    if not bound.found:
        return text
    dates = [str(one) if one else say("command-line/bound-no") for one in bound.found]
    return labelled(text, say("command-line/bound-gives", dates=", ".join(dates)), say)


_SCHEMA_EXAMPLE: Final = """\b
Examples:
  vaxpolicy policy schema > policy.schema.json
  vaxpolicy policy schema --campaign > campaign.schema.json"""


@policy_group.command(
    "schema", short_help="Print the JSON Schema of policy files.", epilog=_SCHEMA_EXAMPLE
)
@click.option("--campaign", is_flag=True, help="The schema of whole campaigns.")
@json_option
def schema_command(*, campaign: bool, as_json: bool) -> None:
    """Print the JSON Schema of policy files, for editors and programs."""
    del as_json  # it is nothing else
    print_json(campaign_schema() if campaign else policy_schema())


_NEW_EXAMPLES: Final = """\b
Examples:
  vaxpolicy policy new
  vaxpolicy policy new next-season.toml"""

_SCHEMA_FILE: Final = "campaign.schema.json"


@policy_group.command(
    "new",
    short_help="Print or write a commented campaign file to start from.",
    epilog=_NEW_EXAMPLES,
)
@click.argument(
    "file", required=False, metavar="[FILE.toml]", type=click.Path(dir_okay=False, path_type=Path)
)
@json_option
def new_command(*, file: Path | None, as_json: bool) -> None:
    """Print or write a commented campaign file to start from, with its JSON Schema for your editor.

    Without a name the file is printed. An existing file is never overwritten.
    """
    text = (files("vaxpolicy") / "policies" / "new-campaign.toml").read_text("utf-8")
    if file is None:
        if as_json:
            print_json({"text": text})
        else:
            click.echo(text.encode(), nl=False)
        return
    if file.suffix != ".toml":
        raise click.BadParameter(f"{file}: expected a name that ends in .toml", param_hint="'FILE'")
    schema = file.with_name(_SCHEMA_FILE)
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
        if not schema.exists():
            schema.write_text(json.dumps(campaign_schema(), indent=2, ensure_ascii=False), "utf-8")
    except FileExistsError:
        problem = f"{file}: it is there already; choose another name"
    except OSError as error:
        problem = f"{file}: {error.strerror}"
    else:
        places = {"file": file, "schema": schema}
        made = {name: without_numbers(str(it)) for name, it in places.items()}
        if as_json:
            print_json(made)
        else:
            click.echo("\n".join(made.values()))
        return
    raise click.BadParameter(problem, param_hint="'FILE'")
