"""``vaxpolicy timeline``: what each policy says to one person, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from vaxpolicy import catalog
from vaxpolicy.cli.output import console, json_option, plain_decision, print_json
from vaxpolicy.cli.person import (
    lang_option,
    load_policies,
    person_of,
    person_options,
    policy_option,
)
from vaxpolicy.eligibility import Decision, Effect
from vaxpolicy.messages import describe_days, describe_outcome, describe_reason
from vaxpolicy.picture import timeline_svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path


@click.command("timeline")
@policy_option
@person_options
@lang_option
@click.option("--svg", "as_svg", is_flag=True, help="Draw the days under each policy.")
@json_option
def timeline_command(
    *,
    policies: tuple[str, ...],
    person: Path | None,
    lang: str,
    as_svg: bool,
    as_json: bool,
    **facts: Any,
) -> None:
    """What each policy says to one person, in order: offered when, or refused why.

    What is not said is not known, and never counts as a yes. Without --policy: all bundled ones, in
    the order of their days.
    """
    known = person_of(person, facts)
    decisions = catalog.timeline(known, load_policies(policies) if policies else None)
    if as_svg:
        click.echo(timeline_svg(decisions))
        return
    if as_json:
        print_json([_moment_as_json(decision, lang) for decision in decisions])
        return
    out = console()
    for decision in decisions:
        out.print(f"[bold]{decision.policy_id}[/]: {describe_outcome(decision.outcome, lang)}")
        for line in _story(decision, lang):
            out.print(f"  {escape(line)}")
    earliest = earliest_day(decisions)
    if earliest is not None:
        out.print(f"\nearliest day: {earliest}")


def earliest_day(decisions: Iterable[Decision]) -> date | None:
    """The first of all days that are offered for sure; None where there is none."""
    days = [offer.days.first for decision in decisions for offer in decision.offers]
    return min((day for day in days if day is not None), default=None)


def _story(decision: Decision, lang: str) -> Iterator[str]:
    """The offers with their days; or what stands nearest in the way."""
    for offer in decision.offers:
        yield f"{offer.vaccine}, dose {offer.dose}: {describe_days(offer.days, lang)}"
    if not decision.offers:
        effects = [Effect.OPEN, Effect.REFUSES]
        in_the_way = [it for it in decision.reasons if it.effect in effects]
        yield from (describe_reason(reason, lang) for reason in in_the_way[:1])


def _moment_as_json(decision: Decision, lang: str) -> dict[str, Any]:
    earliest = earliest_day([decision])
    return {
        "policy": decision.policy_id,
        "version": decision.policy_version,
        **plain_decision(decision),
        "earliest_day": earliest.isoformat() if earliest else None,
        "why": list(_story(decision, lang)) if not decision.offers else [],
        "missing": list(decision.missing),
    }
