"""How commands print: text for people, JSON for programs."""

from __future__ import annotations

import json
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import click
from rich.console import Console

from vaxpolicy.eligibility import Outcome
from vaxpolicy.messages import (
    describe_ages,
    describe_offer,
    describe_outcome,
    describe_reason,
    vaccine_name,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from vaxpolicy.days import DaySet
    from vaxpolicy.eligibility import Decision, Offer
    from vaxpolicy.messages import Words
    from vaxpolicy.rules.policy import Window

    C = TypeVar("C", bound=Callable[..., Any])

COLOURS: Final = {
    Outcome.ELIGIBLE: "green",
    Outcome.INELIGIBLE: "red",
    Outcome.UNDETERMINED: "yellow",
}
"""The colour of an outcome, where the output is a terminal."""


def json_option(command: C) -> C:
    """Give a command the option that makes it answer in JSON."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def print_json(value: object) -> None:
    """Print a value as JSON in UTF-8, whatever the console takes, in letters and not in escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    click.echo(text.encode(), nl=False)


def console() -> Console:
    """Where text goes: colours on a terminal only, and no line broken where nobody would see it."""
    return Console(highlight=False, soft_wrap=True)


def in_a_row(facts: Sequence[str], say: Words) -> str:
    """Facts one after the other in one line."""
    return reduce(lambda row, it: say("command-line/and-fact", facts=row, fact=it), facts)


def labelled(label: str, text: str, say: Words) -> str:
    """The text with what it is about before it, as `describe_reason` puts it."""
    return say("number-frame/problem", field=label, problem=text)


def distinct_reasons(decision: Decision, lang: str) -> list[str]:
    """The reasons in words, each text once: two facts may be asked for in the same words."""
    since = decision.from_day
    return list(dict.fromkeys(describe_reason(it, lang, since) for it in decision.reasons))


def describe_slot(offer: Offer, lang: str) -> str:
    """Rule, vaccine, dose and days of an offer, without its booking windows."""
    slot = describe_offer(attrs.evolve(offer, window_cases=()), lang)
    return labelled(offer.rule_id, slot, words(lang))


def with_whom(when: str, window: Window, say: Words) -> str:
    """When something may be booked, in words, and by whom where the window is not for all."""
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
    """What is decided and offered as JSON values, without the reasons."""
    return {
        "outcome": decision.outcome.value,
        "text": describe_outcome(decision.outcome, lang),
        "from_day": plain_day(decision.from_day),
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
