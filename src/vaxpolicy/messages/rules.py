"""Conditions and findings in words: what a rule asks, and what is wrong with a policy."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from vaxpolicy.conditions import (
    Age,
    AgeAtLeast,
    AgeAtLeastMonths,
    AgeAtMost,
    BornOnOrAfter,
    BornOnOrBefore,
    Condition,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    FromDay,
    InBand,
    InGroup,
    NotStated,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    Reckoning,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.messages.answers import (
    _moment,
    county_name,
    describe_question,
    group_name,
    vaccine_name,
)
from vaxpolicy.messages.words import Words, words

if TYPE_CHECKING:
    from vaxpolicy.review import Finding


def describe_condition(
    condition: Condition,
    lang: str = "en",
    *,
    dose: int = 1,
    vaccine: str = "",
    negated: bool = False,
) -> str:
    """What the condition asks, in a rule for this dose and vaccine; `negated`: its opposite."""
    say = words(lang)
    if negated and isinstance(condition, DosesAtLeast):
        return say("condition/doses_at_least/not", n=condition.doses_at_least - 1)
    text = _condition(condition, say, dose, vaccine)
    return say("condition/not", condition=text) if negated else text


def _condition(  # noqa: PLR0911  # a text each
    condition: Condition, say: Words, dose: int, vaccine: str
) -> str:
    match condition:
        case Age() | BornOnOrBefore() | BornOnOrAfter():
            return _birth(condition, say)
        case InBand(group, age):
            return say(
                "condition/group/band", item=group_name(group, say.lang), age=_birth(age, say)
            )
        case InGroup(group):
            return say("condition/group", item=group_name(group, say.lang))
        case RegisteredIn(counties):
            return say("condition/registered_in", counties=_any_of(counties, say))
        case ResidentIn(counties):
            return say("condition/resident_in", counties=_any_of(counties, say))
        case Wanted():
            return _wanted(condition, say, vaccine)
        case FromDay(day):
            return say("condition/from_day", day=say.date(day))
        case NotStated(question):
            return say("condition/not_stated", question=describe_question(question, say.lang))
    return _doses(condition, say, dose)


def _any_of(counties: tuple[str, ...], say: Words) -> str:
    return say.listed([county_name(county, say.lang) for county in counties], style="or")


def _birth(condition: Condition, say: Words) -> str:
    match condition:
        case AgeAtLeast(years, on):
            return say("condition/age_at_least", n=years, on=_reckoning(on, say))
        case AgeAtMost(years, on):
            return say("condition/age_at_most", n=years, on=_reckoning(on, say))
        case AgeAtLeastMonths(months, on):
            return say("condition/age_at_least_months", n=months, on=_reckoning(on, say))
        case BornOnOrBefore(day):
            return say("condition/born_on_or_before", day=say.date(day))
        case BornOnOrAfter(day):
            return say("condition/born_on_or_after", day=say.date(day))
    raise _unknown(condition)


def _doses(condition: Condition, say: Words, dose: int) -> str:  # noqa: PLR0911  # a text each
    before = dose - 1
    match condition:
        case DosesAtLeast(number):
            return say("condition/doses_at_least", n=number)
        case EarlierDosesAtLeast(number):
            return say("condition/earlier_doses_at_least", n=number)
        case DoseDue(days, on):
            season = "" if before else "/season"
            key = f"condition/dose_due_after_days{season}"
            return say(key, n=days, before=before, on=_reckoning(on, say))
        case PreviousDoseOf(vaccines):
            names = say.listed([vaccine_name(code, say.lang) for code in vaccines], style="or")
            return say("condition/previous_dose_of", before=before, vaccines=names)
        case PreviousDoseOnOrBefore(day):
            return say("condition/previous_dose_on_or_before", before=before, day=say.date(day))
        case PreviousDoseOnOrAfter(day):
            return say("condition/previous_dose_on_or_after", before=before, day=say.date(day))
        case PreviousDoseBeforeAge(years):
            return say("condition/previous_dose_before_age", before=before, n=years)
    raise _unknown(condition)


def _unknown(condition: Condition) -> TypeError:
    return TypeError(f"no text for {type(condition).__name__}")


def _wanted(condition: Wanted, say: Words, vaccine: str) -> str:
    by, after = condition.by, condition.after
    bounds = "-".join(name for name, bound in (("by", by), ("after", after)) if bound is not None)
    return say(
        f"condition/wanted/{bounds}" if bounds else "condition/wanted",
        vaccine=vaccine_name(vaccine, say.lang),
        by="" if by is None else _moment(by, say),
        after="" if after is None else _moment(after, say),
    )


def _reckoning(on: Reckoning, say: Words) -> str:
    if isinstance(on, date):
        return say("reckoning/date", day=say.date(on))
    return say(f"reckoning/{on}")


def describe_finding(finding: Finding, lang: str = "en") -> str:
    """What kind of thing is wrong with a policy; the details are in the finding's own text."""
    return words(lang)(f"finding/{finding.code}")
