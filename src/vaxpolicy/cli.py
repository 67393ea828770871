"""The command line: decide for one person, and walk a few made-up people from form to booking.

For scripts: every command takes ``--json``, and the exit code is the answer (see `check`).
"""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import click
from rich.console import Console
from rich.markup import escape

from vaxpolicy import __version__, catalog, demo
from vaxpolicy.catalog import PolicyFileError, UnknownPolicyError
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import (
    Decision,
    Dose,
    Outcome,
    Person,
    Policy,
    Willingness,
    decide,
)
from vaxpolicy.messages import OUTCOMES, describe_days, describe_reason, describe_window
from vaxpolicy.people import parse_birth_date

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXIT_CODES: Final = {Outcome.ELIGIBLE: 0, Outcome.INELIGIBLE: 1, Outcome.UNDETERMINED: 3}
"""The exit code of `check`; 2 is a wrong call, as with most commands."""

_COLOURS: Final = {
    Outcome.ELIGIBLE: "green",
    Outcome.INELIGIBLE: "red",
    Outcome.UNDETERMINED: "yellow",
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def app() -> None:
    """Rules of public vaccination programmes, as cited data and pure functions.

    This is no official system: it repeats public announcements as far as they were found.
    """


# -- what is typed ---------------------------------------------------------------------------------


class _Parsed(click.ParamType[Any]):
    """A parameter that a function parses; its ValueError is the user's error."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name, self.parse = name, parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except ValueError as error:
            problem = str(error)
        return self.fail(problem, param, ctx)


def _dose(text: str) -> Dose:
    vaccine, at, day = text.partition("@")
    if not at or vaccine not in catalog.vaccines():
        known = ", ".join(catalog.vaccines())
        raise ValueError(f"expected VACCINE@YYYY-MM-DD with one of {known}")
    return Dose(vaccine, date.fromisoformat(day))


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=TAIWAN)


def _wish(text: str) -> tuple[str, datetime]:
    vaccine, at, since = text.partition("@")
    if not at or vaccine not in catalog.vaccines():
        known = ", ".join(catalog.vaccines())
        raise ValueError(f"expected VACCINE@INSTANT with one of {known}")
    return vaccine, _instant(since)


_BORN: Final = _Parsed("date", parse_birth_date)
_DOSE: Final = _Parsed("vaccine@day", _dose)
_WISH: Final = _Parsed("vaccine@instant", _wish)
_INSTANT: Final = _Parsed("instant", _instant)


def _policies(named: tuple[str, ...]) -> list[Policy]:
    """The policies by id or by path; all bundled ones where none is named."""
    try:
        return [
            catalog.load_file(name) if Path(name).suffix == ".toml" else catalog.load(name)
            for name in named or catalog.ids()
        ]
    except (PolicyFileError, UnknownPolicyError, OSError) as error:
        problem = str(error)
    raise click.BadParameter(problem, param_hint="'--policy'")


def _person_of_file(path: Path) -> Person:
    """The person in a JSON file, with the fields of `Person`; None for what is left out."""
    try:
        return catalog.person_from(json.loads(path.read_text("utf-8")), str(path))
    except (ValueError, OSError) as error:
        problem = str(error)
    raise click.BadParameter(problem, param_hint="'--person'")


_CHECK_EXAMPLE: Final = """\b
Example:
  vaxpolicy check -p tw/covid19-1922/round-19 --born 2004-01-23 \\
    --dose AZ@2021-07-01 --dose AZ@2021-10-31"""

# -- check -----------------------------------------------------------------------------------------


@app.command(epilog=_CHECK_EXAMPLE)
@click.option(
    "--policy",
    "-p",
    "policies",
    multiple=True,
    metavar="ID|FILE.toml",
    help="A bundled policy or a file; repeat for more. Without: all bundled ones.",
)
@click.option(
    "--person",
    type=click.Path(path_type=Path),
    metavar="FILE.json",
    help="The person's facts as JSON; options add to it and go before it.",
)
@click.option("--born", type=_BORN, help="Birth date; YYYY-MM or YYYY where no more is known.")
@click.option("--dose", "doses", type=_DOSE, multiple=True, help="A dose so far; repeat for more.")
@click.option("--no-doses", is_flag=True, help="No dose so far (otherwise: not known).")
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="GROUP",
    help="A group that the person belongs to; repeat for more.",
)
@click.option("--no-groups", is_flag=True, help="None of the groups (otherwise: not known).")
@click.option("--registered-in", metavar="COUNTY", help="County of the household registration.")
@click.option("--lives-in", metavar="COUNTY", help="County of residence.")
@click.option(
    "--wants",
    type=_WISH,
    multiple=True,
    help="A vaccine registered for, and since when (Taiwan's time); repeat for more.",
)
@click.option("--wants-none", is_flag=True, help="Registered for none (otherwise: not known).")
@click.option("--now", type=_INSTANT, help="Say whether it can be booked at this instant.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def check(
    context: click.Context,
    /,
    *,
    policies: tuple[str, ...],
    person: Path | None,
    now: datetime | None,
    as_json: bool,
    **facts: Any,
) -> None:
    """Decide for one person: what is offered, on which days, when to book, and why not otherwise.

    What is not said is not known, and never counts as a yes. Exit code: 0 eligible under one policy
    or more, 1 under none, 3 undetermined, 2 a wrong call.
    """
    known = _person(_person_of_file(person) if person else Person(), facts)
    decisions = [(policy, decide(policy, known)) for policy in _policies(policies)]
    if as_json:
        click.echo(json.dumps([_plain(decision, now) for _, decision in decisions], indent=2))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for policy, decision in decisions:
            _print_decision(console, policy, decision, now)
    outcomes = [decision.outcome for _, decision in decisions]
    context.exit(next((EXIT_CODES[o] for o in _BEST_FIRST if o in outcomes), 1))


_BEST_FIRST: Final = (Outcome.ELIGIBLE, Outcome.UNDETERMINED, Outcome.INELIGIBLE)


def _person(person: Person, facts: Mapping[str, Any]) -> Person:
    """The person with what the options say in place of what the file says."""
    for few, none in (("doses", "no_doses"), ("groups", "no_groups"), ("wants", "wants_none")):
        if facts[few] and facts[none]:
            names = f"--{few.removesuffix('s')} and --{none.replace('_', '-')}"
            raise click.UsageError(f"{names} contradict each other")
    said: dict[str, Any] = {}
    if facts["born"]:
        said["birth_date"] = facts["born"]
    if facts["doses"] or facts["no_doses"]:
        said["doses"] = facts["doses"]
    if facts["groups"] or facts["no_groups"]:
        said["groups"] = facts["groups"]
    if facts["wants"] or facts["wants_none"]:
        said["willingness"] = Willingness(dict(facts["wants"]))
    for option, field in (("registered_in", "registered_county"), ("lives_in", "residence_county")):
        if facts[option]:
            said[field] = facts[option]
    return attrs.evolve(person, **said)


def _print_decision(
    console: Console, policy: Policy, decision: Decision, now: datetime | None
) -> None:
    colour = _COLOURS[decision.outcome]
    console.print(f"[bold]{escape(policy.id)}[/] {escape(policy.title)}")
    console.print(f"  [{colour}]{OUTCOMES[decision.outcome]}[/]")
    for offer in decision.offers:
        where = f"({offer.rule_id})"
        days = describe_days(offer.days)
        console.print(f"  {offer.vaccine}, dose {offer.dose} {where}: {days}")
        for window in offer.windows:
            console.print(f"    book {describe_window(window)}")
        if now is not None:
            answer = {True: "yes", False: "no", None: "no source states it"}[offer.bookable(now)]
            console.print(f"    can be booked at {now:%Y-%m-%d %H:%M}: {answer}")
    for reason in decision.reasons:
        console.print(f"  - {escape(describe_reason(reason))}")
    if decision.missing:
        console.print(f"  to decide, find out: {escape(', '.join(decision.missing))}")


def _plain(decision: Decision, now: datetime | None) -> dict[str, Any]:
    """The decision as JSON values."""
    return {
        "policy": decision.policy_id,
        "version": decision.policy_version,
        "digest": decision.policy_digest,
        "outcome": decision.outcome.value,
        "offers": [
            {
                "rule": offer.rule_id,
                "vaccine": offer.vaccine,
                "dose": offer.dose,
                "days": _plain_days(offer.days),
                "possible_days": _plain_days(offer.possible_days),
                "windows": [
                    {"opens": str(window.opens), "closes": str(window.closes)}
                    for window in offer.windows
                ],
                **({} if now is None else {"bookable": offer.bookable(now)}),
            }
            for offer in decision.offers
        ],
        "reasons": [
            {
                "code": reason.code,
                "rule": reason.rule_id,
                "effect": reason.effect.value,
                "dose": reason.dose,
                "vaccine": reason.vaccine,
                "basis": reason.basis,
                "day": str(reason.day) if reason.day else None,
                "fact": reason.fact,
                "text": describe_reason(reason),
            }
            for reason in decision.reasons
        ],
        "missing": list(decision.missing),
    }


def _plain_days(days: DaySet) -> list[dict[str, str | None]]:
    return [
        {
            "first": one.first.isoformat() if one.first else None,
            "last": one.last.isoformat() if one.last else None,
        }
        for one in days.ranges
    ]


# -- demo ------------------------------------------------------------------------------------------


@app.command(name="demo")
def show_demo() -> None:
    """Walk a few made-up people from the form to the booking or the refusal, step by step."""
    console = Console(highlight=False, soft_wrap=True)
    for visitor in demo.VISITORS:
        console.print(f"[bold]{escape(visitor.who)}[/]")
        for line in demo.walk(visitor):
            console.print(f"  {escape(line)}")
        console.print()
