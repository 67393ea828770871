"""``vaxpolicy policy diff`` and ``vaxpolicy policy people``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click

from vaxpolicy import catalog
from vaxpolicy._schema import plain
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.analysis.diff import diff
from vaxpolicy.analysis.joint import Days
from vaxpolicy.analysis.seasons import are_seasons
from vaxpolicy.catalog.next_doses import Stranded, stranded
from vaxpolicy.catalog.persons import person_as_json
from vaxpolicy.cli.escapes import escaped
from vaxpolicy.cli.output import (
    COLOURS,
    console,
    describe_slot,
    in_a_row,
    json_option,
    plain_days,
    plain_decision,
    print_json,
    styled,
    with_whom,
)
from vaxpolicy.cli.parameters import POLICY
from vaxpolicy.cli.person import lang_option, load_policies, note_unverified
from vaxpolicy.eligibility import decide
from vaxpolicy.messages import (
    describe_change,
    describe_changes,
    describe_outcome,
    describe_person,
    describe_reason,
    describe_season,
    describe_window,
    vaccine_name,
    words,
)
from vaxpolicy.rules.conditions import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vaxpolicy.analysis.diff import DaysChange, Note, PolicyDiff
    from vaxpolicy.analysis.seasons import PeopleChange, RuleChange, SeasonDiff, StageChange
    from vaxpolicy.cli.output import Console
    from vaxpolicy.messages import ChangeInWords, Words
    from vaxpolicy.rules.policy import Policy

    C = TypeVar("C", bound=Callable[..., Any])


def _two_policies(command: C) -> C:
    """Give a command the arguments OLD and NEW; `_loaded` reads them."""
    command = click.argument("new", metavar="NEW", type=POLICY)(command)
    return click.argument("old", metavar="OLD", type=POLICY)(command)


def _loaded(old: str, new: str, lang: str) -> tuple[Policy, Policy]:
    """The two policies; a line says which of them are not verified."""
    (first,) = load_policies((old,), hint="'OLD'")
    (second,) = load_policies((new,), hint="'NEW'")
    note_unverified((first, second), lang)
    return first, second


_DIFF_EXAMPLES: Final = """\b
Examples:
  vaxpolicy policy diff tw/covid19-1922/round-19 tw/covid19-1922/round-20
  vaxpolicy policy diff --lang zh-Hant tw/covid19-1922/round-08 tw/covid19-1922/round-09
  vaxpolicy policy diff tw/influenza/2025 tw/influenza/2026
  vaxpolicy policy diff tw/covid19-1922/round-19 own.toml --json"""


@click.command(
    "diff",
    short_help="Show who gains, loses or changes days between two policies.",
    epilog=_DIFF_EXAMPLES,
)
@_two_policies
@click.option(
    "--in-retrospect",
    is_flag=True,
    help="Compare those who have the dose on record as well, up to its day.",
)
@click.option(
    "--exact",
    is_flag=True,
    help="Compare two seasons for every person, in absolute days: up to minutes.",
)
@lang_option
@json_option
@click.pass_context
def diff_command(
    context: click.Context,
    /,
    old: str,
    new: str,
    *,
    in_retrospect: bool,
    exact: bool,
    lang: str,
    as_json: bool,
) -> None:
    """Show who gains, loses or changes days from the policy OLD to NEW, with examples.

    OLD and NEW are bundled ids or files (.toml). Two seasons of a campaign are compared rule by
    rule, then by people as old in both, with the calendar shifted; --exact compares them for every
    person in absolute days. Exit code: 0 if they do not differ, 1 if they do, 2 for a wrong call.
    """
    first, second = _loaded(old, new, lang)
    is_season = are_seasons(first, second) and not (exact or in_retrospect)
    try:
        if is_season:
            seasons = catalog.season_diff(first, second)
        else:
            found = diff(first, second, in_retrospect=in_retrospect, progress=_progress())
    except PolicyError as error:
        raise click.UsageError(str(error)) from error
    if is_season:
        _print_seasons(seasons, (first, second), lang, as_json=as_json)
        context.exit(1 if seasons else 0)
    if as_json:
        print_json(_plain_diff(found, lang))
    else:
        _print_diff(console(), found, (first, second), words(lang))
    context.exit(1 if found else 0)


def _progress() -> Callable[[int, int], None] | None:
    """Show the progress of the comparison on a terminal; None elsewhere."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        click.echo(f"\r{done}/{total}", err=True, nl=done == total)

    return show


def _print_seasons(
    found: SeasonDiff, both: tuple[Policy, Policy], lang: str, *, as_json: bool
) -> None:
    lines = describe_season(found, lang)
    old, new = both
    if as_json:
        print_json(
            {
                "old": {"policy": old.id, "version": old.version, "verified": old.verified},
                "new": {"policy": new.id, "version": new.version, "verified": new.verified},
                "years": found.years,
                "groups_added": list(found.groups_added),
                "groups_dropped": list(found.groups_dropped),
                "stages": [_plain_fields(it) for it in found.stages],
                "rules": [_plain_fields(it) for it in found.rules],
                "people": [_plain_fields(it) for it in found.people],
                "lines": list(lines),
            }
        )
        return
    out, say = console(), words(lang)
    out.print(" → ".join(styled("bold", f"{it.id} {it.version}") for it in both))
    for line in lines or [say("command-line/no-difference")]:
        colour = {"+": "green", "-": "red"}.get(line.strip()[:1])
        out.print(styled(colour, line))
    out.print(styled("dim", say("command-line/season-exact", option="--exact")))


def _plain_fields(change: StageChange | RuleChange | PeopleChange) -> dict[str, Any]:
    """Every field of a change of a season, conditions as in a policy file, days as ranges."""
    values = {it.name: getattr(change, it.name) for it in attrs.fields(type(change))}
    return {
        name: _plain_both(value) if isinstance(value, Days) else plain(value)
        for name, value in values.items()
    }


def _print_diff(out: Console, found: PolicyDiff, both: tuple[Policy, Policy], say: Words) -> None:
    old, new = f"{found.old_id} {found.old_version}", f"{found.new_id} {found.new_version}"
    out.print(f"{styled('bold', old)} → {styled('bold', new)}")
    if not found:
        out.print(f"  {escaped(say('command-line/no-difference'))}")
    for change in describe_changes(found.changes, say.lang):
        _print_change(out, change, say)
    _print_windows(out, both, say)
    for note in found.sources:
        _print_note(out, note.about, note.old, note.new)
    if found.notification:
        heading = say("command-line/notification")
        _print_note(out, heading, found.notification.old, found.notification.new)


def _print_change(out: Console, change: ChangeInWords, say: Words) -> None:
    out.print(f"\n{styled('bold', change.what)}")
    for fact in change.who:
        out.print(f"  - {escaped(fact)}")
    example = say("command-line/example", person=in_a_row(change.example, say))
    days = say("command-line/before-and-now", before=change.before, now=change.now)
    out.print(f"  {escaped(example)}")
    out.print(f"    {escaped(days)}")


def _print_windows(out: Console, both: tuple[Policy, Policy], say: Words) -> None:
    """Print the booking windows that only one of the policies has, stage by stage."""
    for name in dict.fromkeys(stage.id for it in both for stage in it.stages):
        old, new = (
            [
                with_whom(describe_window(window, say.lang), window, say)
                for stage in it.stages
                if stage.id == name
                for window in stage.windows
            ]
            for it in both
        )
        gone, come = ([it for it in a if it not in b] for a, b in ((old, new), (new, old)))
        if gone or come:
            _print_note(out, say("command-line/windows", stage=name), gone, come)


def _print_note(out: Console, heading: str, old: Sequence[str], new: Sequence[str]) -> None:
    out.print(f"\n{styled('bold', heading)}")
    for sign, colour, texts in (("-", "red", old), ("+", "green", new)):
        for text in texts:
            out.print(f"  {styled(colour, f'{sign} {text}')}")


def _plain_diff(found: PolicyDiff, lang: str) -> dict[str, Any]:
    return {
        "old": {"policy": found.old_id, "version": found.old_version},
        "new": {"policy": found.new_id, "version": found.new_version},
        "changes": [_plain_change(change, lang) for change in found.changes],
        "windows": [_plain_note(note) for note in found.windows],
        "sources": [_plain_note(note) for note in found.sources],
        "notification": _plain_note(found.notification) if found.notification else None,
    }


def _plain_change(change: DaysChange, lang: str) -> dict[str, Any]:
    text = describe_change(change, lang)
    return {
        "kind": change.kind.value,
        "vaccine": change.vaccine,
        "dose": change.dose,
        "had_it": change.had_it,
        "text": text.what,
        "who": list(text.who),
        "example": person_as_json(change.example),
        "old_days": _plain_both(change.old_days),
        "new_days": _plain_both(change.new_days),
    }


def _plain_note(note: Note) -> dict[str, Any]:
    return {"about": note.about, "old": list(note.old), "new": list(note.new)}


def _plain_both(days: Days) -> dict[str, Any]:
    return {"sure": plain_days(days.sure), "possible": plain_days(days.possible)}


_STRANDED_EXAMPLES: Final = """\b
Examples:
  vaxpolicy policy stranded tw/covid19-1922/round-02 tw/covid19-1922/round-03
  vaxpolicy policy stranded tw/covid19-1922/round-19 own.toml --json"""


@click.command(
    "stranded",
    short_help="List people who have a dose and are not offered the next one.",
    epilog=_STRANDED_EXAMPLES,
)
@_two_policies
@lang_option
@json_option
@click.pass_context
def stranded_command(
    context: click.Context, /, old: str, new: str, *, lang: str, as_json: bool
) -> None:
    """List people to whom OLD gives a dose, and neither OLD nor NEW the next one, with examples.

    The command tries the people at the edges of OLD's rules. Exit code: 0 if it finds nobody, 1 if
    it finds somebody, 2 for a wrong call.
    """
    first, second = _loaded(old, new, lang)
    found = stranded(first, second)
    if as_json:
        print_json(
            [
                {
                    "rule": it.rule_id,
                    "vaccine": it.vaccine,
                    "dose": it.dose,
                    "codes": list(it.codes),
                    "example": person_as_json(it.example),
                }
                for it in found
            ]
        )
    else:
        out, say = console(), words(lang)
        for it in found:
            vaccine = vaccine_name(it.vaccine, lang)
            why = _why(second, it, lang)
            text = say(
                "command-line/stranded", rule=it.rule_id, dose=it.dose, vaccine=vaccine, why=why
            )
            out.print(escaped(text))
            example = in_a_row(describe_person(it.example, lang), say)
            out.print(f"  {escaped(say('command-line/example', person=example))}")
        if not found:
            out.print(escaped(say("command-line/stranded-nobody")))
    context.exit(1 if found else 0)


def _why(policy: Policy, it: Stranded, lang: str) -> str:
    """The second policy's most useful text about the next dose; "" if it has no rule for it."""
    reasons = [one for one in decide(policy, it.example).reasons if one.code in it.codes[:1]]
    return describe_reason(reasons[0], lang) if reasons else ""


_PEOPLE_EXAMPLES: Final = """\b
Examples:
  vaxpolicy policy people tw/covid19-1922/round-19
  vaxpolicy policy people own.toml --json"""


@click.command(
    "people",
    short_help="List the people at the edges of a policy's rules.",
    epilog=_PEOPLE_EXAMPLES,
)
@click.argument("named", metavar="ID|FILE.toml", type=POLICY)
@lang_option
@json_option
def people_command(named: str, *, lang: str, as_json: bool) -> None:
    """List the boundary people of a policy: just before, on and after each edge of each rule.

    Use them to test a system that implements the policy. In JSON each person has the facts for
    `check --person` and the policy's decision.
    """
    (policy,) = load_policies((named,), hint="'ID|FILE.toml'")
    note_unverified([policy], lang)
    decided = [(one, decide(policy, one.person)) for one in boundary_people(policy)]
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "rule": one.rule_id,
                    "vaccine": one.vaccine,
                    "person": person_as_json(one.person),
                    **plain_decision(decision, lang),
                }
                for one, decision in decided
            ]
        )
        return
    out, say = console(), words(lang)
    for one, decision in decided:
        outcome = describe_outcome(decision, lang)
        out.print(styled("bold", one.name))
        out.print(f"  {escaped(in_a_row(describe_person(one.person, lang), say))}")
        out.print(f"  {styled(COLOURS[decision.outcome], outcome)}")
        for offer in decision.offers:
            out.print(f"    {escaped(describe_slot(offer, lang))}")
