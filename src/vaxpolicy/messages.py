"""Answers in words, for people: reasons, offers and windows in English.

The rest of the library speaks in codes; text is made here and nowhere else. Every code that a
`Reason` can carry has its text in `REASONS`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from vaxpolicy.conditions import (
    AgeAtLeast,
    AgeAtLeastMonths,
    AgeAtMost,
    Condition,
    DoseDue,
    DosesAtLeast,
)
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Effect, Offer, Outcome, Reason

if TYPE_CHECKING:
    from vaxpolicy.policy import Window

OUTCOMES: Final = {
    Outcome.ELIGIBLE: "eligible",
    Outcome.INELIGIBLE: "not eligible",
    Outcome.UNDETERMINED: "undetermined: a fact is missing",
}

REASONS: Final = {
    "birth-date-unknown": "the date of birth is not known",
    "born-too-early": "born before the dates that this rule is for",
    "born-too-late": "born after the dates that this rule is for",
    "county-unknown": "the county is not known",
    "dose-already-given": "dose {dose} has already been given{day}",
    "dose-before-birth": "a dose is recorded before the date of birth",
    "dose-in-earlier-season": "doses were given in earlier seasons",
    "doses-on-one-day": "two doses are recorded on one day",
    "doses-unknown": "the doses so far are not known",
    "earlier-dose-missing": "no dose {before} is on record",
    "excluded-vaccine-before": "dose {before} was a vaccine that this rule excludes",
    "group-unknown": "whether the person belongs to {item} is not known",
    "hour-not-stated": "no source states the hour at which registrations were counted",
    "in-excluded-county": "lives or is registered in a county that this rule excludes",
    "in-excluded-group": "belongs to a group that this rule excludes",
    "interval-too-long": "dose {before} is too long ago{day}",
    "interval-too-short": "dose {before} is too recent{day}",
    "no-dose-in-earlier-season": "no dose, or too few, in earlier seasons",
    "no-longer": "only before {on}",
    "not-in-county": "neither lives nor is registered in the counties that this rule is for",
    "not-in-group": "not a member of the group that this rule is for",
    "not-licensed": "the vaccine was not licensed for this dose on these days",
    "not-stated": "no source states what this rule needs",
    "not-wanted": "this vaccine was not registered for",
    "not-yet": "only from {on} on",
    "other-vaccine-before": "dose {before} was another vaccine",
    "previous-dose-too-early": "dose {before} was given before the dates that this rule is for",
    "previous-dose-too-late": "dose {before} was given after the dates that this rule is for",
    "reckoning-not-stated": "no source states how this age is reckoned, and it matters here",
    "too-old": "too old{day}",
    "too-old-at-previous-dose": "too old when dose {before} was given",
    "too-young": "too young{day}",
    "too-young-at-previous-dose": "too young when dose {before} was given",
    "vaccination-days-not-stated": "no source states the vaccination days",
    "vaccine-not-known": "a dose is recorded of a vaccine that is not on the list",
    "wanted": "this vaccine was registered for",
    "wanted-too-early": "registered before the time that this rule is for",
    "wanted-too-late": "registered after the count for this rule",
    "willingness-unknown": "whether {item} was registered for is not known",
}


def describe_reason(reason: Reason) -> str:
    """The reason in one English phrase, with its rule and vaccine before it."""
    text = REASONS[reason.code].format(
        dose=reason.dose,
        before=reason.dose - 1,
        item=reason.fact.partition("/")[2] if reason.fact else "",
        on=reason.day,
        day=_turning_day(reason.condition, reason.day),
    )
    by_law = " (the vaccine's licence)" if reason.basis == "licence" else ""
    whose = " ".join(filter(None, (reason.rule_id, reason.vaccine)))
    kind = "only some of the days: " if reason.effect is Effect.NARROWS else ""
    return f"{whose}: {kind}{text}{by_law}" if whose else text


def _turning_day(condition: Condition | None, day: date | None) -> str:
    """What the day is on which the condition turns, where there is one."""
    match condition:
        case _ if day is None:
            return ""
        case AgeAtLeast(years) | AgeAtMost(years):
            return f": turns {years + isinstance(condition, AgeAtMost)} on {day}"
        case AgeAtLeastMonths(months):
            return f": {months} months old on {day}"
        case DoseDue(days):
            return f": {days} days after it are over on {day}"
        case DosesAtLeast():
            return f" ({day})"
    return ""


def describe_days(days: DaySet) -> str:
    """The days as ISO dates, "to" between the first and the last of a range."""
    parts = []
    for one in days.ranges:
        if one.first == one.last:
            parts.append(str(one.first))
        elif one.first is None or one.last is None:
            parts.append(f"until {one.last}" if one.last else f"from {one.first} on")
        else:
            parts.append(f"{one.first} to {one.last}")
    return ", ".join(parts)


def describe_window(window: Window) -> str:
    """From when and until when it may be booked, in Taiwan's time."""
    return f"{_moment(window.opens)} to {_moment(window.closes)}"


def _moment(moment: datetime | date | str) -> str:
    if isinstance(moment, datetime):
        return f"{moment.astimezone(TAIWAN):%Y-%m-%d %H:%M}"
    if isinstance(moment, str):
        return "a time that no source states"
    return f"{moment}, at an hour that no source states,"


def describe_offer(offer: Offer) -> str:
    """Vaccine, dose, days and booking windows in one English phrase."""
    windows = " or ".join(describe_window(window) for window in offer.windows)
    booking = f"; to be booked from {windows}" if windows else ""
    return f"{offer.vaccine}, dose {offer.dose}, on {describe_days(offer.days)}{booking}"
