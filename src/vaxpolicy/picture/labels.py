"""The words in the pictures: English here, other languages from `vaxpolicy.messages`.

Curly brackets mark the places that the pictures fill in. Days are in ISO 8601 form in every
language, because a picture has no room for more; hours are in Taiwan's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from vaxpolicy.days import TAIWAN
from vaxpolicy.rules.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxpolicy.days import DaySet
    from vaxpolicy.rules.moments import WrittenMoment
    from vaxpolicy.rules.policy import VaccinationDays, Window, WindowAges


def _unchanging(names: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(names))


@frozen
class Labels:
    """The words of the pictures in one language."""

    births_title: str = "{policy}: birth dates and vaccination days by rule"
    births_sure: str = "may come, as far as age decides"
    births_open: str = "open: no source states what decides"
    birth_year: str = "year of birth"
    born: str = "born {days}"
    born_open: str = "open: born {days}"
    nobody: str = "nobody"

    windows_title: str = "{policy}: booking windows and vaccination days"
    windows_sure: str = "stated"
    windows_open: str = "open: no source states it"
    window: str = "window"
    window_for: str = "window: {whom}"
    vaccination_days: str = "days"
    not_stated: str = "not stated"
    hour_not_stated: str = "{day} (hour not stated)"

    timeline_title: str = "A person's timeline: the days under each policy"
    timeline_sure: str = "offered"
    timeline_open: str = "possible: what is not known decides"
    eligible: str = "eligible"
    ineligible: str = "not eligible"
    undetermined: str = "undetermined"
    refused: str = "{rule}: {code}"

    stage: str = "{stage}: {days}"
    rule: str = "{rule}: dose {dose} of {vaccines}"
    dose: str = "dose {dose}"
    between: str = ", "
    """The separator of the parts of a list."""

    days_range: str = "{first} to {last}"
    days_from: str = "from {first} on"
    days_until: str = "by {last}"
    days_any: str = "on any day"
    days_possibly: str = "{first} to {sure_until}, possibly {last}"
    days_not_stated: str = "days not stated, within {first} to {last}"

    ages_at_least: str = "{at_least} or older"
    ages_at_most: str = "{at_most} or younger"
    ages_between: str = "{at_least} to {at_most}"

    vaccines: Mapping[str, str] = field(factory=dict, converter=_unchanging)
    """The names of vaccines by code; a vaccine without a name is shown by its code."""

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
