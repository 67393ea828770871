"""A decision in words: its outcome, offers, reasons and what to find out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from vaxpolicy import catalog
from vaxpolicy.conditions import (
    Age,
    AgeAtLeastMonths,
    Condition,
    DoseDue,
    DosesAtLeast,
    InBand,
    InGroup,
    RegisteredIn,
    ResidentIn,
)
from vaxpolicy.eligibility import Effect, Offer, Outcome, Reason
from vaxpolicy.messages.texts import NEXT
from vaxpolicy.messages.words import Words, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxpolicy.days import DaySet
    from vaxpolicy.policy import Window

_ENDS: Final = frozenset({"too-old", "no-longer", "interval-too-long", "dose-already-given"})
"""Reasons whose day is the first on which they hold, so that earlier days are free of them."""


def describe_outcome(outcome: Outcome, lang: str = "en") -> str:
    """The outcome in a word or two."""
    return words(lang)(f"outcome/{outcome.value}")


def describe_reason(reason: Reason, lang: str = "en") -> str:
    """The reason in sentences, what to do next among them, with its rule and vaccine before it."""
    say = words(lang)
    before = reason.dose - 1
    text = say.sentences(
        say("detail/narrows") if reason.effect is Effect.NARROWS else "",
        say(
            f"reason/{reason.code}",
            dose=reason.dose,
            before=before,
            item=_item(reason.fact or "", lang),
            day="" if reason.day is None else say.date(reason.day),
        ),
        _detail(reason, say),
        say("detail/licence") if reason.basis == "licence" else "",
        _next(reason, say),
    )
    vaccine = reason.vaccine and vaccine_name(reason.vaccine, lang)
    whose = " ".join(filter(None, (reason.rule_id, vaccine)))
    return say("number-frame/problem", field=whose, problem=text) if whose else text


def _detail(reason: Reason, say: Words) -> str:
    """Which category or counties are meant, or what is known of the day on which it turns."""
    match reason.condition:
        case InGroup(group) | InBand(group):
            return say("detail/category", item=group_name(group, say.lang))
        case RegisteredIn(counties) | ResidentIn(counties):
            return say("detail/counties", counties=say.listed(counties))
        case condition if reason.day is not None:
            return _turning(reason, condition, reason.day, say)
    return ""


def _turning(reason: Reason, condition: Condition | None, on: date, say: Words) -> str:
    day = say.date(on)
    match condition:
        case Age() as age:
            by_year = "-by-year" if age.on == "calendar-year" else ""
            if isinstance(age, AgeAtLeastMonths):
                return say("detail/age-months", n=age.months, day=day)
            return say(f"detail/age-years{by_year}", n=age.months // 12, day=day)
        case DoseDue(days) if reason.dose > 1:
            given = say.date(on - timedelta(days=days))
            return say("detail/interval", before=reason.dose - 1, given=given, n=days)
        case DosesAtLeast():
            return say("detail/dose-day", day=day)
    return ""


def _next(reason: Reason, say: Words) -> str:
    """What to do next."""
    day = None if reason.day is None else say.date(reason.day)
    advice = NEXT[reason.code]
    if reason.effect is Effect.NARROWS:
        if day is None:
            return ""
        advice = "earlier-day" if reason.code in _ENDS else "later-day"
    elif advice == "wait-until" and day is None:
        advice = "later-round"
    return say(f"advice/{advice}", day=day, before=reason.dose - 1)


def describe_fact(fact: str, lang: str = "en") -> str:
    """What is to be found out, for a fact as of `Decision.missing`."""
    return words(lang)(f"fact/{fact.partition('/')[0]}", item=_item(fact, lang))


def _item(fact: str, lang: str) -> str:
    """The category or vaccine that a fact is about."""
    field, _, item = fact.partition("/")
    if field == "groups":
        return group_name(item, lang)
    return vaccine_name(item, lang) if field == "willingness" else item


def vaccine_name(code: str, lang: str = "en") -> str:
    """The name of a bundled vaccine; the code itself of one that only a policy of one's own has."""
    vaccine = catalog.vaccines().get(code)
    return code if vaccine is None else vaccine.names[lang]


def group_name(group: str, lang: str = "en") -> str:
    """The name of a category as its list has it, and its id, which holds version and number.

    Lists are published in Chinese. Where a list has no name in the language, the English one stands
    beside the Chinese one: for people at a counter, who can point at it.
    """
    found = catalog.groups().get(group)
    if found is None:
        return group
    names = found.name
    name = names.get(lang) or f"{names['en']} {names['zh-Hant']}"
    return f"{name}（{group}）" if lang == "zh-Hant" else f"{name} ({group})"


def describe_days(days: DaySet, lang: str = "en") -> str:
    """The days, with the first and the last of each range."""
    return words(lang).days(days)


def describe_window(window: Window, lang: str = "en") -> str:
    """From when and until when it may be booked, in Taiwan's time."""
    say = words(lang)
    return say("frame/window", opens=_moment(window.opens, say), closes=_moment(window.closes, say))


def _moment(moment: datetime | date | str, say: Words) -> str:
    if isinstance(moment, datetime):
        return say.moment(moment)
    if isinstance(moment, str):
        return say("frame/moment-not-stated")
    return say("frame/moment-without-hour", day=say.date(moment))


def describe_offer(offer: Offer, lang: str = "en") -> str:
    """Vaccine, dose, days and booking windows."""
    say = words(lang)
    text = say(
        "frame/offer",
        vaccine=vaccine_name(offer.vaccine, lang),
        dose=offer.dose,
        days=say.days(offer.days),
    )
    if not offer.windows:
        return text
    booking = describe_booking(offer.windows, lang)
    return say("frame/offer-with-booking", offer=text, booking=booking)


def describe_booking(windows: Iterable[Window], lang: str = "en") -> str:
    """When it may be booked: in any of these windows."""
    say = words(lang)
    each = say.listed([describe_window(window, lang) for window in windows], style="or")
    return say("frame/booking", windows=each)
