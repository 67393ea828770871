"""``vaxpolicy check``: decide for one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from vaxpolicy.cli.escapes import escaped
from vaxpolicy.cli.output import (
    COLOURS,
    all_option,
    cited,
    console,
    describe_booking_of,
    describe_slot,
    head_lines,
    json_option,
    plain_day,
    plain_days,
    plain_sources,
    print_json,
    print_left_out,
    reason_lines,
    source_lines,
    styled,
    with_sources,
)
from vaxpolicy.cli.parameters import INSTANT
from vaxpolicy.cli.person import (
    answer_day,
    asked_policies,
    lang_option,
    on_option,
    person_of,
    person_options,
    policy_option,
    today,
)
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Outcome, Policy, decide
from vaxpolicy.messages import (
    describe_fact,
    describe_outcome,
    describe_reason,
    policy_title,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from pathlib import Path

    from vaxpolicy.eligibility import Offer, Person
    from vaxpolicy.messages import Words

EXIT_CODES: Final = {Outcome.ELIGIBLE: 0, Outcome.INELIGIBLE: 1, Outcome.UNDETERMINED: 3}
"""The exit code of `check`; 2 is a wrong call, as with most commands."""

_EXAMPLES: Final = """\b
Examples:
  vaxpolicy check -p tw/covid19-1922/round-19 --born 2004-01-23 \\
    --dose AZ@2021-07-01 --dose AZ@2021-10-31
  vaxpolicy check -p tw/influenza/2026 --born 1950 --no-doses --group status/national
  vaxpolicy check --born 2026-06-01 --dose HepB@2026-06-01 --group status/national
  vaxpolicy check -p tw/covid19-1922/round-19 --person person.json --now 2022-01-15T14:00 --json"""


@click.command("check", short_help="Decide for one person.", epilog=_EXAMPLES)
@policy_option
@person_options
@lang_option
@on_option
@all_option
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
    on: date | None,
    every: bool,
    now: datetime | None,
    as_json: bool,
    **facts: Any,
) -> None:
    """Decide for one person: offers, days, booking windows, and the reasons for a refusal.

    A fact that you leave out is unknown, and never counts as a yes. The answer is for today, or for
    the day of --on. If the days of a policy are over, it is in retrospect, and says so. Without
    --policy it answers for the policies that are announced and not over. Exit code: 0 eligible
    under at least one policy, 1 under none, 3 undetermined, 2 wrong call.
    """
    if on is None and now is not None:
        on = now.astimezone(TAIWAN).date()
    asked, left_out = asked_policies(policies, on, every=every)
    known = person_of(person, facts, asked)
    decisions = [
        (policy, decide(policy, known, from_day=answer_day(policy, on))) for policy in asked
    ]
    if as_json:
        print_json([_plain(policy, decision, now, lang) for policy, decision in decisions])
    else:
        out = console()
        for policy, decision in decisions:
            out.print(f"{styled('bold', policy.id)} {escaped(policy_title(policy, lang))}")
            colour = COLOURS[decision.outcome]
            out.print(f"  {styled(colour, describe_outcome(decision, lang))}")
            lines = _lines(
                *(policy, known, decision, words(lang)), now=now, day=on or today(), every=every
            )
            for line in lines:
                out.print(f"  {escaped(line)}")
        print_left_out(out, left_out, words(lang))
    outcomes = [decision.outcome for _, decision in decisions]
    context.exit(next((EXIT_CODES[o] for o in _BEST_FIRST if o in outcomes), 1))


_BEST_FIRST: Final = (Outcome.ELIGIBLE, Outcome.UNDETERMINED, Outcome.INELIGIBLE)


def _lines(
    policy: Policy,
    person: Person,
    decision: Decision,
    say: Words,
    *,
    now: datetime | None,
    day: date,
    every: bool,
) -> Iterator[str]:
    """The lines about a decision after its outcome."""
    yield from head_lines(policy, person, decision, say)
    for offer in decision.offers:
        yield with_sources(policy, describe_slot(offer, say.lang), [offer], say)
        if offer.windows:
            yield f"  {describe_booking_of(policy, offer, decision, say)}"
        if now is not None:
            yield f"  {_bookable(policy, offer, now, say)}"
    yield from reason_lines(policy, decision, say, day, every=every)
    if decision.missing:
        facts = say.listed([describe_fact(fact, say.lang) for fact in decision.missing])
        yield say("command-line/missing", facts=facts)
    yield from source_lines(policy, decision, say)


def _bookable(policy: Policy, offer: Offer, now: datetime, say: Words) -> str:
    """The line about booking now; a campaign without booking takes walk-ins."""
    if not any(stage.windows for stage in policy.stages):
        return say("command-line/walk-in")
    answer = say(f"command-line/answer-{_ANSWERS[offer.bookable(now)]}")
    return say("command-line/bookable", moment=say.moment(now), answer=answer)


_ANSWERS: Final = {True: "yes", False: "no", None: "not-stated"}


def _plain(policy: Policy, decision: Decision, now: datetime | None, lang: str) -> dict[str, Any]:
    """The decision as JSON values."""
    return {
        "policy": decision.policy_id,
        "version": decision.policy_version,
        "digest": decision.policy_digest,
        "outcome": decision.outcome.value,
        "text": describe_outcome(decision, lang),
        "verified": decision.verified,
        "in_retrospect": decision.from_day is None,
        "from_day": plain_day(decision.from_day),
        "offers": [
            {
                "rule": offer.rule_id,
                "vaccine": offer.vaccine,
                "dose": offer.dose,
                "kind": offer.kind,
                "cites": cited(policy, offer),
                "days": plain_days(offer.days),
                "possible_days": plain_days(offer.possible_days),
                "windows": [
                    {
                        "opens": str(window.opens),
                        "closes": str(window.closes),
                        "cites": cited(policy, window),
                    }
                    for window in offer.windows
                ],
                "walk_in": not any(stage.windows for stage in policy.stages),
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
                "cites": cited(policy, reason),
                "text": describe_reason(reason, lang, decision.from_day),
            }
            for reason in decision.reasons
        ],
        "missing": list(decision.missing),
        "sources": plain_sources(policy, decision),
    }
