"""The words in the pictures: English here, other languages from `vaxpolicy.messages`.

Curly brackets mark the places that the pictures fill in. Days are in ISO 8601 form in every
language, because a picture has no room for more; hours are in Taiwan's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen

from vaxpolicy._values import Prose, checked, unchanging
from vaxpolicy.days import TAIWAN
from vaxpolicy.rules.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxpolicy.days import DaySet
    from vaxpolicy.rules.moments import WrittenMoment
    from vaxpolicy.rules.policy import Policy, VaccinationDays, Window, WindowAges


def _names(names: Mapping[str, str]) -> Mapping[str, str]:
    return unchanging(names)


@frozen(field_transformer=checked)
class Labels:
    """The words of the pictures in one language."""

    births_title: Prose = "{policy}: birth dates and vaccination days by rule"
    births_sure: Prose = "may come, as far as age decides"
    births_open: Prose = "open: no source states what decides"
    birth_year: Prose = "year of birth"
    born: Prose = "born {days}"
    born_open: Prose = "open: born {days}"
    nobody: Prose = "nobody"

    windows_title: Prose = "{policy}: booking windows and vaccination days"
    windows_sure: Prose = "stated"
    windows_open: Prose = "open: no source states it"
    window: Prose = "window"
    window_for: Prose = "window: {whom}"
    vaccination_days: Prose = "days"
    not_stated: Prose = "not stated"
    hour_not_stated: Prose = "{day} (hour not stated)"

    registering_title: Prose = "{policy}: birth dates and days of registration by rule"
    registering_sure: Prose = "may register, as far as age decides"
    registration_title: Prose = "{policy}: when registration is open"
    registration: Prose = "registration"
    registration_for: Prose = "registration: {whom}"
    registration_days: Prose = "days"

    timeline_title: Prose = "A person's timeline: the days under each policy"
    timeline_sure: Prose = "offered"
    timeline_open: Prose = "possible: what is not known decides"
    eligible: Prose = "eligible"
    ineligible: Prose = "not eligible"
    undetermined: Prose = "undetermined"
    refused: Prose = "{rule}: {code}"

    stage: Prose = "{stage}: {days}"
    rule: Prose = "{rule}: dose {dose} of {vaccines}"
    dose: Prose = "dose {dose}"
    between: Prose = ", "
    """The separator of the parts of a list."""

    days_range: Prose = "{first} to {last}"
    days_from: Prose = "from {first} on"
    days_until: Prose = "by {last}"
    days_any: Prose = "on any day"
    days_possibly: Prose = "{first} to {sure_until}, possibly {last}"
    days_not_stated: Prose = "days not stated, within {first} to {last}"

    ages_at_least: Prose = "{at_least} or older"
    ages_at_most: Prose = "{at_most} or younger"
    ages_between: Prose = "{at_least} to {at_most}"

    vaccines: Mapping[str, Prose] = field(factory=dict, converter=_names)
    """The names of vaccines by code; a vaccine without a name is shown by its code."""

    def about(self, policy: Policy) -> Labels:
        """The words for this policy: one about registration is not about vaccination."""
        if policy.licences_apply:
            return self
        return evolve(
            self,
            births_title=self.registering_title,
            births_sure=self.registering_sure,
            windows_title=self.registration_title,
            window=self.registration,
            window_for=self.registration_for,
            vaccination_days=self.registration_days,
        )

    def listed(self, texts: Iterable[str]) -> str:
        """The texts as one list, without the empty ones."""
        return self.between.join(filter(None, texts))

    def of(self, codes: Iterable[str]) -> str:
        """The names of these vaccines."""
        return self.listed(self.vaccines.get(code, code) for code in codes)

    def doses(self, rule: str, dose: int, codes: Iterable[str]) -> str:
        """The dose and vaccines that a rule offers."""
        return self.rule.format(rule=rule, dose=dose, vaccines=self.of(codes))

    def ranges(self, days: DaySet) -> str:
        """Days, range by range."""
        texts = []
        for one in days.ranges:
            if one.first is None:
                texts.append(self.days_until if one.last else self.days_any)
            else:
                texts.append(self.days_range if one.last else self.days_from)
            texts[-1] = texts[-1].format(first=one.first, last=one.last)
        return self.listed(texts)

    def days(self, days: VaccinationDays) -> str:
        """The vaccination days of a stage, and whether a source states them."""
        text = self.days_range
        if not days.stated:
            text = self.days_not_stated
        elif days.sure_until:
            text = self.days_possibly
        return text.format(first=days.first, last=days.last, sure_until=days.sure_until)

    def ages(self, ages: WindowAges) -> str:
        """A band of ages, without its reckoning."""
        text = self.ages_between
        if ages.at_least is None:
            text = self.ages_at_most
        elif ages.at_most is None:
            text = self.ages_at_least
        return text.format(at_least=ages.at_least, at_most=ages.at_most)

    def moment(self, written: WrittenMoment) -> str:
        """An instant in Taiwan's time, or the known part of it."""
        moment = Moment.of(written)
        if moment.earliest is None:
            return self.not_stated
        at = moment.earliest.astimezone(TAIWAN)
        if moment.stated:
            return f"{at:%Y-%m-%d %H:%M}"
        return self.hour_not_stated.format(day=at.date())

    def whom(self, window: Window) -> str:
        """The people for whom a window is open."""
        doses = (self.dose.format(dose=dose) for dose in window.doses)
        ages = self.ages(window.ages) if window.ages else ""
        whom = self.listed((self.of(window.vaccines), *doses, ages))
        return self.window_for.format(whom=whom) if whom else self.window


ENGLISH: Final = Labels()
