"""``vaxpolicy timeline``: decides for one person under one policy after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from vaxpolicy import catalog
from vaxpolicy.cli.escapes import escaped
from vaxpolicy.cli.output import (
    COLOURS,
    console,
    describe_slot,
    json_option,
    labelled,
    plain_decision,
    print_json,
    styled,
)
from vaxpolicy.cli.person import (
    from_day_option,
    lang_option,
    load_policies,
    person_of,
    person_options,
    policy_option,
)
from vaxpolicy.eligibility import Decision, Effect
from vaxpolicy.messages import (
    describe_from_day,
    describe_outcome,
    describe_reason,
    picture_labels,
    words,
)
from vaxpolicy.picture import timeline_svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path


_EXAMPLES: Final = """\b
Examples:
  vaxpolicy timeline --born 1990-01-01 --no-groups --dose AZ@2021-07-01 --dose AZ@2021-10-28
  vaxpolicy timeline --born 1970-05-05 --no-doses --only-groups --group status/national \\
    -p tw/influenza/2025 -p tw/influenza/2026
  vaxpolicy timeline --person person.json --lang id
  vaxpolicy timeline --person person.json -p tw/covid19-1922/round-19 --svg > picture.svg"""


@click.command(
    "timeline",
    short_help="Decide for one person under several policies in turn.",
    epilog=_EXAMPLES,
)
@policy_option
@person_options
@lang_option
@from_day_option
@click.option("--svg", "as_svg", is_flag=True, help="Draw the days under each policy.")
@json_option
def timeline_command(
    *,
    policies: tuple[str, ...],
    person: Path | None,
    lang: str,
    from_day: date | None,
    as_svg: bool,
    as_json: bool,
    **facts: Any,
) -> None:
    """Decide for one person under each policy: the offered days, or the reasons for refusals.

    A fact that you leave out is unknown, and never counts as a yes. Without --policy, all bundled
    policies are used, in the order of their days.
    """
    asked = load_policies(policies)
    known = person_of(person, facts, asked)
    decisions = catalog.timeline(known, asked if policies else None, from_day=from_day)
    if as_svg:
        click.echo(timeline_svg(decisions, picture_labels(lang)))
        return
    if as_json:
        print_json([_moment_as_json(decision, lang) for decision in decisions])
        return
    out, say = console(), words(lang)
    out.print(escaped(describe_from_day(from_day, lang)))
    for decision in decisions:
        policy = styled("bold", decision.policy_id)
        outcome = describe_outcome(decision, lang)
        if not decision.verified:
            aside = say("command-line/not-verified")
            outcome = say("frame/aside", text=outcome, aside=aside)
        out.print(labelled(policy, styled(COLOURS[decision.outcome], outcome), say))
        for line in _story(decision, lang):
            out.print(f"  {escaped(line)}")
    earliest = earliest_day(decisions)
    if earliest is not None:
        out.print(f"\n{escaped(say('command-line/earliest', day=say.date(earliest)))}")


def earliest_day(decisions: Iterable[Decision]) -> date | None:
    """The first sure day of all offers; None if there is no sure day."""
    days = [offer.days.first for decision in decisions for offer in decision.offers]
    return min((day for day in days if day is not None), default=None)


def _story(decision: Decision, lang: str) -> Iterator[str]:
    """The offers with their days, or the most useful reason."""
    for offer in decision.offers:
        yield describe_slot(offer, lang)
    if not decision.offers:
        effects = [Effect.OPEN, Effect.REFUSES]
        in_the_way = [it for it in decision.reasons if it.effect in effects]
        since = decision.from_day
        yield from (describe_reason(reason, lang, since) for reason in in_the_way[:1])


def _moment_as_json(decision: Decision, lang: str) -> dict[str, Any]:
    earliest = earliest_day([decision])
    return {
        "policy": decision.policy_id,
        "version": decision.policy_version,
        **plain_decision(decision, lang),
        "earliest_day": earliest.isoformat() if earliest else None,
        "why": list(_story(decision, lang)) if not decision.offers else [],
        "missing": list(decision.missing),
    }
