"""``vaxpolicy check``: decide for one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click
from rich.markup import escape

from vaxpolicy.cli.output import (
    COLOURS,
    console,
    describe_slot,
    distinct_reasons,
    json_option,
    plain_day,
    plain_days,
    print_json,
)
from vaxpolicy.cli.parameters import INSTANT
from vaxpolicy.cli.person import (
    from_day_option,
    lang_option,
    load_policies,
    person_of,
    person_options,
    policy_option,
)
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Outcome, Policy, decide
from vaxpolicy.messages import (
    describe_booking,
    describe_fact,
    describe_from_day,
    describe_outcome,
    describe_reason,
    policy_title,
    words,
)

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from rich.console import Console

EXIT_CODES: Final = {Outcome.ELIGIBLE: 0, Outcome.INELIGIBLE: 1, Outcome.UNDETERMINED: 3}
"""The exit code of `check`; 2 is a wrong call, as with most commands."""

_EXAMPLES: Final = """\b
Examples:
  vaxpolicy check -p tw/covid19-1922/round-19 --born 2004-01-23 \\
    --dose AZ@2021-07-01 --dose AZ@2021-10-31
  vaxpolicy check -p tw/influenza/2025 --born 1950 --no-doses --group status/national
  vaxpolicy check -p tw/covid19-1922/round-19 --person person.json --now 2022-01-15T14:00 --json"""


@click.command("check", short_help="Decide for one person.", epilog=_EXAMPLES)
@policy_option
@person_options
@lang_option
@from_day_option
@click.option(
    "--now",
    type=INSTANT,
    help="Say whether it can be booked at this instant; days count from its day on.",
)
@json_option
@click.pass_context
def check_command(
    context: click.Context,
    /,
    *,
    policies: tuple[str, ...],
    person: Path | None,
    lang: str,
    from_day: date | None,
    now: datetime | None,
    as_json: bool,
    **facts: Any,
) -> None:
    """Decide for one person: what is offered, on which days, when to book, and why not otherwise.

    What is not said is not known, and never counts as a yes. Exit code: 0 eligible under one policy
    or more, 1 under none, 3 undetermined, 2 a wrong call.
    """
    asked = load_policies(policies)
    known = person_of(person, facts, asked)
    if from_day is None and now is not None:
        from_day = now.astimezone(TAIWAN).date()
    decisions = [(policy, decide(policy, known, from_day=from_day)) for policy in asked]
    if as_json:
        print_json([_plain(decision, now, lang) for _, decision in decisions])
    else:
        out = console()
        for policy, decision in decisions:
            _print_decision(out, policy, decision, now, lang)
    outcomes = [decision.outcome for _, decision in decisions]
    context.exit(next((EXIT_CODES[o] for o in _BEST_FIRST if o in outcomes), 1))


_BEST_FIRST: Final = (Outcome.ELIGIBLE, Outcome.UNDETERMINED, Outcome.INELIGIBLE)


def _print_decision(
    console: Console, policy: Policy, decision: Decision, now: datetime | None, lang: str
) -> None:
    say = words(lang)
    colour = COLOURS[decision.outcome]
    console.print(f"[bold]{escape(policy.id)}[/] {escape(policy_title(policy, lang))}")
    console.print(f"  [{colour}]{describe_outcome(decision.outcome, lang)}[/]")
    console.print(f"  {escape(describe_from_day(decision.from_day, lang))}")
    for offer in decision.offers:
        console.print(f"  {escape(describe_slot(offer, lang))}")
        if offer.windows:
            console.print(f"    {escape(describe_booking(offer.windows, lang))}")
        if now is not None:
            answer = say(f"command-line/answer-{_ANSWERS[offer.bookable(now)]}")
            said = say("command-line/bookable", moment=say.moment(now), answer=answer)
            console.print(f"    {escape(said)}")
    for reason in distinct_reasons(decision, lang):
        console.print(f"  - {escape(reason)}")
    if decision.missing:
        facts = say.listed([describe_fact(fact, lang) for fact in decision.missing])
        console.print(f"  {escape(say('command-line/missing', facts=facts))}")


_ANSWERS: Final = {True: "yes", False: "no", None: "not-stated"}


def _plain(decision: Decision, now: datetime | None, lang: str) -> dict[str, Any]:
    """The decision as JSON values."""
    return {
        "policy": decision.policy_id,
        "version": decision.policy_version,
        "digest": decision.policy_digest,
        "outcome": decision.outcome.value,
        "text": describe_outcome(decision.outcome, lang),
        "from_day": plain_day(decision.from_day),
        "offers": [
            {
                "rule": offer.rule_id,
                "vaccine": offer.vaccine,
                "dose": offer.dose,
                "days": plain_days(offer.days),
                "possible_days": plain_days(offer.possible_days),
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
                "text": describe_reason(reason, lang, decision.from_day),
            }
            for reason in decision.reasons
        ],
        "missing": list(decision.missing),
    }
