"""Describes the conditions of rules, and the findings of the lint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated

from attrs import fields, frozen

from vaxpolicy._values import DoseNumber, OneOf, Prose, checked, front_door
from vaxpolicy.messages.decisions import (
    county_name,
    dated_fact_name,
    describe_question,
    group_name,
    moment_text,
    vaccine_name,
)
from vaxpolicy.messages.language import LANGUAGES, Words, words
from vaxpolicy.rules.conditions import (
    Age,
    AgeAtDoseOf,
    AgeAtLeast,
    AgeAtLeastDays,
    AgeAtLeastMonths,
    AgeAtMost,
    AgeAtMostDays,
    AgeAtMostMonths,
    AgeBand,
    AllOf,
    AnyCondition,
    AnyOf,
    ApartFrom,
    BornOnOrAfter,
    BornOnOrBefore,
    ByProduct,
    Condition,
    DaysSinceDoseOf,
    DaysSinceFact,
    DoseDue,
    DosesAtLeast,
    DosesOf,
    EarlierDosesAtLeast,
    FromDay,
    HasFact,
    InAnyGroup,
    InBand,
    InGroup,
    NotStated,
    NotThat,
    OfSex,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    Reckoning,
    RegisteredIn,
    ResidentIn,
    Wanted,
)

if TYPE_CHECKING:
    from vaxpolicy.analysis.lint import Finding
    from vaxpolicy.rules.policy import WindowAges


@frozen(field_transformer=checked)
class Line:
    """A line of an indented list; `depth` is 0 for the outermost."""

    depth: int
    text: Prose


@frozen(field_transformer=checked)
class Wording:
    """The wording of the conditions of a rule or a licence.

    Attributes:
        lang: the language, one of `LANGUAGES`.
        dose: the dose that the rule offers.
        vaccine: the vaccine that it offers; "" if it offers several, or if it is obvious.
        by_season: whether the programme counts doses by season.
        group: the function that names a group by its id; `group_name` by default.
    """

    lang: Annotated[str, OneOf(LANGUAGES)] = "en"
    dose: DoseNumber = 1
    vaccine: str = ""
    by_season: bool = False
    group: Callable[[str], str] | None = None

    def lines(self, conditions: Iterable[AnyCondition], depth: int = 0) -> Iterator[Line]:
        """The conditions together, one line each; the parts of a condition are indented."""
        for condition in conditions:
            yield from self._lines(condition, depth)

    def _lines(
        self, condition: AnyCondition, depth: int, *, negated: bool = False
    ) -> Iterator[Line]:
        say = words(self.lang)
        match condition:
            case AllOf(parts) | AnyOf(parts):
                kind = "all" if isinstance(condition, AllOf) else "any"
                frame = {"all": "not-all", "any": "none"}[kind] if negated else kind
                yield Line(depth, say(f"condition-frame/{frame}"))
                yield from self.lines(parts, depth + 1)
            case NotThat(inner):
                yield from self._lines(inner, depth, negated=not negated)
            case _:
                yield Line(depth, self.phrase(condition, negated=negated))

    def phrase(  # noqa: PLR0911  # a text each
        self, condition: Condition, *, negated: bool = False
    ) -> str:
        """Describe one condition, or its opposite if `negated`."""
        say = words(self.lang)
        if not negated:
            return self._condition(condition, say)
        match condition:
            case DosesAtLeast(number) | EarlierDosesAtLeast(number):
                key = f"condition/{fields(type(condition))[0].name}"
                season = self._season(condition)
                if number == 1:
                    return say(f"{key}/none{season}")
                return say(f"{key}/not{season}", n=number - 1)
            case DosesOf(vaccines, number, None):
                key = "condition/doses_of/none" if number == 1 else "condition/doses_of/not"
                return say(key, vaccines=_vaccines(vaccines, say), n=number - 1)
            case InGroup(group) if not isinstance(condition, InBand):
                return say("condition/group/not", item=self._group(group))
            case FromDay(day):
                return say("condition/from_day/not", day=say.date(day))
            case HasFact(fact):
                return say("condition/has_fact/not", item=dated_fact_name(fact, say.lang))
        return say("condition/not", condition=self._condition(condition, say))

    def _condition(  # noqa: C901, PLR0911, PLR0912  # a text each
        self, condition: Condition, say: Words
    ) -> str:
        match condition:
            case Age() | BornOnOrBefore() | BornOnOrAfter():
                return _birth(condition, say)
            case InBand(group, age):
                return say("condition/group/band", item=self._group(group), age=_birth(age, say))
            case InGroup(group):
                return say("condition/group", item=self._group(group))
            case InAnyGroup(groups):
                names = say.listed([self._group(group) for group in groups], style="or")
                return say("condition/any_group", groups=names)
            case ByProduct():
                return _products(condition, say)
            case HasFact(fact):
                return say("condition/has_fact", item=dated_fact_name(fact, say.lang))
            case DaysSinceFact():
                return _since_fact(condition, say)
            case OfSex(sex):
                return say(f"condition/sex/{sex}")
            case RegisteredIn(counties):
                return say("condition/registered_in", counties=_any_of(counties, say))
            case ResidentIn(counties):
                return say("condition/resident_in", counties=_any_of(counties, say))
            case Wanted():
                return self._wanted(condition, say)
            case FromDay(day):
                return say("condition/from_day", day=say.date(day))
            case NotStated(question):
                return say("condition/not_stated", question=describe_question(question, say.lang))
        return self._doses(condition, say)

    def _season(self, condition: Condition) -> str:
        """Whether doses are counted in the season or in the whole life, in words."""
        return "/season" if self.by_season and isinstance(condition, DosesAtLeast) else ""

    def _group(self, group: str) -> str:
        return self.group(group) if self.group else group_name(group, self.lang)

    def _wanted(self, condition: Wanted, say: Words) -> str:
        by, after = condition.by, condition.after
        bounds = "-".join(name for name, at in (("by", by), ("after", after)) if at is not None)
        vaccine = self.vaccine and vaccine_name(self.vaccine, say.lang)
        return say(
            f"condition/wanted/{bounds}" if bounds else "condition/wanted",
            vaccine=vaccine or say("condition-frame/vaccine"),
            by="" if by is None else moment_text(by, say),
            after="" if after is None else moment_text(after, say),
        )

    def _doses(  # noqa: PLR0911  # a text each
        self, condition: Condition, say: Words
    ) -> str:
        given = self._dose_before(say)
        match condition:
            case DosesAtLeast(number):
                return say(f"condition/doses_at_least{self._season(condition)}", n=number)
            case EarlierDosesAtLeast(number):
                return say("condition/earlier_doses_at_least", n=number)
            case DoseDue(days, on):
                season = "" if self.dose > 1 else "/season"
                key = f"condition/dose_due_after_days{season}"
                return say(key, n=days, given=given, on=_reckoning(on, say))
            case PreviousDoseOf(vaccines):
                names = _vaccines(vaccines, say)
                return say("condition/previous_dose_of", given=given, vaccines=names)
            case PreviousDoseOnOrBefore(day):
                return say("condition/previous_dose_on_or_before", given=given, day=say.date(day))
            case PreviousDoseOnOrAfter(day):
                return say("condition/previous_dose_on_or_after", given=given, day=say.date(day))
            case PreviousDoseBeforeAge(years):
                return say("condition/previous_dose_before_age", given=given, n=years)
        raise _unknown(condition)

    def _dose_before(self, say: Words) -> str:
        if self.dose == 1:
            return say("condition-frame/dose-before-season")
        frame = "dose-before-in-season" if self.by_season else "dose-before"
        return say(f"condition-frame/{frame}", before=self.dose - 1)


@front_door
def describe_condition(
    condition: Condition,
    lang: str = "en",
    *,
    dose: int = 1,
    vaccine: str = "",
    negated: bool = False,
) -> str:
    """Describe a condition in a rule for this dose and vaccine, or its opposite if `negated`."""
    return Wording(lang, dose, vaccine).phrase(condition, negated=negated)


@front_door
def describe_ages(ages: AgeBand | WindowAges, lang: str = "en", *, reckoned: bool = True) -> str:
    """Describe the ages of a group or booking window, with their reckoning if `reckoned`."""
    say = words(lang)
    ends = {"at_least": ages.at_least, "at_most": ages.at_most}
    kind = "-".join(name.replace("_", "-") for name, end in ends.items() if end is not None)
    both = "ages-only" if ages.at_least == ages.at_most else "ages-between"
    frame = both if kind == "at-least-at-most" else f"ages-{kind}"
    text = say(f"condition-frame/{frame}", **ends)
    if not reckoned:
        return text
    return say("condition-frame/ages-reckoned", ages=text, on=_reckoning(ages.on, say))


def _products(condition: ByProduct, say: Words) -> str:
    """Describe a condition on the doses of certain vaccines."""
    names = _vaccines(condition.products, say)
    match condition:
        case DosesOf(_, count, None):
            return say("condition/doses_of", n=count, vaccines=names)
        case DosesOf(_, count, date() as since):
            return say("condition/doses_of/since", n=count, vaccines=names, day=say.date(since))
        case DaysSinceDoseOf(_, days, number, or_none):
            how = "/number" if number else "/or-none" if or_none else ""
            key = f"condition/days_since_dose_of{how}"
            return say(key, n=days, number=number, vaccines=names)
        case ApartFrom(_, days):
            return say("condition/apart_from", n=days, vaccines=names)
        case AgeAtDoseOf(_, months, days, number):
            unit, age = ("days", days) if months is None else ("months", months)
            key = f"condition/age_at_dose_of/{unit}{'/number' if number else ''}"
            return say(key, n=age, number=number, vaccines=names)
    return say("condition/apart_from/same-day", vaccines=names)


def _since_fact(condition: DaysSinceFact, say: Words) -> str:
    """Describe a condition on the days since something happened."""
    item = dated_fact_name(condition.days_since_fact, say.lang)
    least, most = condition.at_least, condition.at_most
    if most is None:
        text = say("condition/days_since_fact", n=least, item=item)
    elif least is None:
        text = say("condition/days_since_fact/at-most", n=most, item=item)
    else:
        text = say("condition/days_since_fact/between", least=least, n=most, item=item)
    if not condition.or_never:
        return text
    return say("condition/days_since_fact/or-never", condition=text)


def _vaccines(codes: tuple[str, ...], say: Words) -> str:
    return say.listed([vaccine_name(code, say.lang) for code in codes], style="or")


def _any_of(counties: tuple[str, ...], say: Words) -> str:
    return say.listed([county_name(county, say.lang) for county in counties], style="or")


def _birth(condition: Condition, say: Words) -> str:  # noqa: PLR0911  # a text each
    match condition:
        case AgeAtLeast(years, on):
            return say("condition/age_at_least", n=years, on=_reckoning(on, say))
        case AgeAtMost(years, on):
            return say("condition/age_at_most", n=years, on=_reckoning(on, say))
        case AgeAtLeastMonths(months, on):
            return say("condition/age_at_least_months", n=months, on=_reckoning(on, say))
        case AgeAtMostMonths(months, on):
            return say("condition/age_at_most_months", n=months, on=_reckoning(on, say))
        case AgeAtLeastDays(days, on):
            return say("condition/age_at_least_days", n=days, on=_reckoning(on, say))
        case AgeAtMostDays(days, on):
            return say("condition/age_at_most_days", n=days, on=_reckoning(on, say))
        case BornOnOrBefore(day):
            return say("condition/born_on_or_before", day=say.date(day))
        case BornOnOrAfter(day):
            return say("condition/born_on_or_after", day=say.date(day))
    raise _unknown(condition)


def _unknown(condition: Condition) -> TypeError:
    return TypeError(f"no text for {type(condition).__name__}")


def _reckoning(on: Reckoning, say: Words) -> str:
    if isinstance(on, date):
        return say("reckoning/date", day=say.date(on))
    return say(f"reckoning/{on}")


@front_door
def describe_finding(finding: Finding, lang: str = "en") -> str:
    """Describe the kind of a finding; its own text has the details."""
    return words(lang)(f"finding/{finding.code}")
