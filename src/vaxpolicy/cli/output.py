"""Prints the answers of commands: text for people, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click

from vaxpolicy import catalog
from vaxpolicy.cli.escapes import escaped
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import Outcome
from vaxpolicy.messages import (
    describe_ages,
    describe_booking,
    describe_offer,
    describe_outcome,
    describe_reasons,
    vaccine_name,
    words,
)
from vaxpolicy.rules.compiled import compile_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vaxpolicy.eligibility import Decision, Dose, Offer, Person, Policy, Reason
    from vaxpolicy.messages import Words
    from vaxpolicy.rules.policy import Rule, Source, VaccinationDays, Window

    C = TypeVar("C", bound=Callable[..., Any])

COLOURS: Final = {
    Outcome.ELIGIBLE: "green",
    Outcome.INELIGIBLE: "red",
    Outcome.UNDETERMINED: "yellow",
}
"""The colour of an outcome on a terminal."""


def json_option(command: C) -> C:
    """Give a command the option for output in JSON."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def print_json(value: object) -> None:
    """Print a value as JSON in UTF-8 without escapes, whatever the console's encoding."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    click.echo(text.encode(), nl=False)


class Console:
    """Prints lines of text for people; colours are for terminals only."""

    def print(self, text: str = "") -> None:
        """Print a line. Its parts went through `escaped` or `styled`."""
        # the stream is named, because click would write UTF-8 to a console that takes only ASCII
        click.echo(text, file=sys.stdout, color=_colour_asked_for())


def _colour_asked_for() -> bool | None:
    """The wish of the environment: no colour, colour, or None: colour on a terminal."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def console() -> Console:
    """The console for text."""
    return Console()


def styled(style: str | None, text: str) -> str:
    """The text, escaped, in a style of a terminal: bold, dim, a colour, or None for none."""
    is_colour = style not in {None, "bold", "dim"}
    return click.style(
        escaped(text),
        fg=style if is_colour else None,
        bold=style == "bold" or None,
        dim=style == "dim" or None,
    )


def in_a_row(facts: Sequence[str], say: Words) -> str:
    """The facts in one line."""
    return reduce(lambda row, it: say("command-line/and-fact", facts=row, fact=it), facts)


def labelled(label: str, text: str, say: Words) -> str:
    """The text after its rules, in the form of `describe_reason`."""
    return say("number-frame/problem", field=label, problem=text)


_NEAREST: Final = 5
_FEW: Final = 3


def all_option(command: C) -> C:
    """Give a command the option that prints every reason and every policy."""
    return click.option(
        "--all",
        "every",
        is_flag=True,
        help="Print every reason; without --policy, of all policies, also those that are over.",
    )(command)


def print_left_out(out: Console, number: int, say: Words) -> None:
    """Print how many policies an answer leaves out, if it does."""
    if number:
        out.print(escaped(say("command-line/more-policies", n=number, option="--all")))


def reason_lines(
    policy: Policy, decision: Decision, say: Words, today: date, *, every: bool
) -> Iterator[str]:
    """The reasons in words, each text once, nearest first; without `every` only a few.

    Those about a missing fact come first: to find it out is what decides.
    """
    reasons = sorted(decision.reasons, key=lambda it: it.fact not in decision.missing)
    found = describe_reasons(reasons, say.lang, today)
    shown = found
    if not every:
        useful = [it for it in reasons if not _is_offered_anyway(policy, decision, it)]
        shown = describe_reasons(useful, say.lang, today)[:_NEAREST]
    for reason in shown:
        text = reason.text
        if reason.about:
            about, more = reason.about, len(reason.about) - _FEW
            if not every and more > 0:
                about = (*about[:_FEW], say("command-line/more-about", n=more))
            text = labelled(say.listed(about), text, say)
        yield f"- {with_sources(policy, text, reason.reasons, say)}"
    if len(found) > len(shown):
        yield say("command-line/more-reasons", n=len(found) - len(shown), option="--all")


def _is_offered_anyway(policy: Policy, decision: Decision, reason: Reason) -> bool:
    """Whether other rules offer every day, vaccine and dose that the rule of the reason could."""
    if not decision.offers:
        return False
    stages = [
        (stage.vaccination_days, rule)
        for stage in policy.stages
        for rule in stage.rules
        if rule.id == reason.rule_id
    ]
    return bool(stages) and all(
        not _not_offered(decision, vaccine, rule, days)
        for days, rule in stages
        for vaccine in ((reason.vaccine,) if reason.vaccine else rule.vaccines)
    )


def _not_offered(decision: Decision, vaccine: str, rule: Rule, days: VaccinationDays) -> DaySet:
    """The vaccination days on which no rule offers this dose of the vaccine."""
    left = DaySet.between(max(days.first, decision.from_day or days.first), days.last)
    for offer in decision.offers:
        if (offer.vaccine, offer.dose, offer.kind) == (vaccine, rule.dose, rule.kind):
            left -= offer.days
    return left


def with_sources(
    policy: Policy, text: str, parts: Iterable[Offer | Reason | Window], say: Words
) -> str:
    """The text with the keys of its sources."""
    keys = sorted({key for part in parts for key in catalog.cited_sources(policy, part)})
    return say("command-line/cited", text=text, sources=", ".join(keys)) if keys else text


def source_lines(policy: Policy, decision: Decision, say: Words) -> Iterator[str]:
    """The sources of all offers and reasons, one line each."""
    sources = _sources(policy, decision)
    if sources:
        yield f"{say('command-line/sources')}:"
    for key, source in sources.items():
        yield f"  {key}: {source.publisher} ({source.support}), {source.url}"


def _sources(policy: Policy, decision: Decision) -> dict[str, Source]:
    parts: list[Offer | Reason | Window] = [*decision.offers, *decision.reasons]
    parts += [window for offer in decision.offers for window in offer.windows]
    found = {
        key: source for part in parts for key, source in catalog.cited_sources(policy, part).items()
    }
    return dict(sorted(found.items()))


def plain_sources(policy: Policy, decision: Decision) -> dict[str, dict[str, str]]:
    """The sources that are cited as JSON values, by key."""
    return {
        key: {
            "publisher": source.publisher,
            "url": source.url,
            "support": source.support,
            "checked": source.checked.isoformat(),
        }
        for key, source in _sources(policy, decision).items()
    }


def cited(policy: Policy, part: Offer | Reason | Window) -> list[str]:
    """The keys of the sources of an offer, a reason or a window."""
    return list(catalog.cited_sources(policy, part))


def head_lines(policy: Policy, person: Person, decision: Decision, say: Words) -> Iterator[str]:
    """The lines before the answer: which days count, and how the policy was checked."""
    if not policy.verified:
        yield say("command-line/not-verified-answer")
    if decision.from_day is not None:
        yield say("command-line/from-day", day=say.date(decision.from_day))
    else:
        last = max(stage.vaccination_days.last for stage in policy.stages)
        yield say("command-line/retrospect", day=say.date(last))
    doses = _that_count(policy, person, decision)
    if doses:
        listed = [
            say("change/had", vaccine=vaccine_name(dose.vaccine, say.lang), day=say.date(dose.on))
            for dose in doses
        ]
        yield say("command-line/on-record", doses=say.listed(listed))


def _that_count(policy: Policy, person: Person, decision: Decision) -> list[Dose]:
    """The doses that the policy counts."""
    given = any(reason.code == "dose-already-given" for reason in decision.reasons)
    if policy.counts_from is None and not given:
        return []
    since, counted = policy.counts_from or date.min, compile_policy(policy).vaccines
    doses = [it for it in person.doses or () if it.vaccine in counted and it.on >= since]
    return sorted(doses, key=lambda dose: dose.on)


def describe_slot(offer: Offer, lang: str) -> str:
    """Rule, vaccine, dose and days of an offer, without its booking windows."""
    slot = describe_offer(attrs.evolve(offer, window_cases=()), lang)
    return labelled(offer.rule_id, slot, words(lang))


def describe_booking_of(policy: Policy, offer: Offer, decision: Decision, say: Words) -> str:
    """When an offer is to be booked, or that this is over, with its sources."""
    booking = describe_booking(
        offer.windows,
        say.lang,
        is_registration=offer.kind == "registration",
        from_day=decision.from_day,
    )
    return with_sources(policy, booking, offer.windows, say)


def with_whom(when: str, window: Window, say: Words) -> str:
    """The booking time in words, with the people for whom the window is open."""
    whom = say.listed(_for_whom(window, say))
    return say("command-line/window-for", booking=when, whom=whom) if whom else when


def _for_whom(window: Window, say: Words) -> Iterator[str]:
    if window.vaccines:
        names = [vaccine_name(code, say.lang) for code in window.vaccines]
        yield say.listed(names, style="or")
    if window.doses:
        yield say.listed([say("change/dose", number=it) for it in window.doses], style="or")
    if window.ages is not None:
        yield describe_ages(window.ages, say.lang)


def plain_days(days: DaySet) -> list[dict[str, str | None]]:
    """The ranges of a set of days as JSON values; None is an open end."""
    return [
        {
            "first": one.first.isoformat() if one.first else None,
            "last": one.last.isoformat() if one.last else None,
        }
        for one in days.ranges
    ]


def plain_day(day: date | None) -> str | None:
    """A day as a JSON value."""
    return None if day is None else day.isoformat()


def plain_decision(decision: Decision, lang: str) -> dict[str, Any]:
    """The decision and its offers as JSON values, without the reasons."""
    return {
        "outcome": decision.outcome.value,
        "text": describe_outcome(decision, lang),
        "verified": decision.verified,
        "offers": [
            {
                "rule": offer.rule_id,
                "vaccine": offer.vaccine,
                "dose": offer.dose,
                "days": plain_days(offer.days),
            }
            for offer in decision.offers
        ],
    }
