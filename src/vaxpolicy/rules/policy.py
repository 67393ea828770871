"""The content of a public announcement: stages, rules, booking windows and their sources.

The values have the keys of a policy file (see "Policy files" in the documentation).
`vaxpolicy.catalog` reads the file, and `vaxpolicy.eligibility` applies the rules.

A condition that the programme does not have is absent. A value that it has, but that no source
states, is ``not-stated``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from attrs import evolve, field

from vaxpolicy._values import (
    SOME,
    Days,
    DoseNumber,
    InvalidValue,
    LanguageTag,
    Prose,
    Years,
    checked,
    not_after,
    not_before,
    unchanging,
)
from vaxpolicy.rules.conditions import Age, AgeBand, AnyCondition, Reckoning
from vaxpolicy.rules.moments import Moment, WrittenMoment, surely_precedes
from vaxpolicy.rules.validity import Minimum, Spacing

NOT_STATED: Final = "not-stated"
Notification: TypeAlias = Literal["required", "reminder", "none", "not-stated"]
"""Whether people are notified: required before they book, as a reminder, or not."""


@frozen(field_transformer=checked)
class Source:
    """A source of rules, with the details that a reader needs to check it.

    Attributes:
        publisher: the publisher, and the day of publication.
        url: the address; a ``urn:`` for a source without an address.
        checked: the day on which somebody last read it.
        support: how close it is to the authority: its own announcement (``official``), a press
            report about one (``press``), or anything else (``secondary``).
        note: a remark for readers.
    """

    publisher: Prose
    url: Prose
    checked: date
    support: Literal["official", "press", "secondary"]
    note: str = ""


_MOST_DAYS: Final = 18_263
"""Fifty years: what a policy works out once grows with the days of its stages."""


@frozen(field_transformer=checked)
class VaccinationDays:
    """The days on which a stage vaccinates, both ends included, at most fifty years.

    Attributes:
        first: the first day.
        last: the last day.
        stated: whether a source states them; false: they are the widest known bounds.
        sure_until: if no source states the last day, or sources disagree: the stage surely lasts
            until this day, and possibly until `last`.
    """

    first: date
    last: date = field(validator=not_before("first"))
    stated: bool = True
    sure_until: date | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse more than fifty years, and a sure day outside the days, or without them."""
        if (self.last - self.first).days > _MOST_DAYS:
            raise InvalidValue("out-of-range", "last", "a day at most fifty years after `first`")
        if self.sure_until is None:
            return
        if not self.first <= self.sure_until < self.last:
            raise InvalidValue("wrong-order", "sure_until", "a day from `first` on, before `last`")
        if not self.stated:
            raise InvalidValue("contradiction", "sure_until", "nothing where no day is stated")


@frozen(field_transformer=checked)
class Printed:
    """Bounds as the announcement printed them. The lint checks them; they never decide.

    Attributes:
        born_on_or_before: the latest birth date.
        born_on_or_after: the earliest birth date.
        previous_dose_on_or_before: the latest day of the dose before.
        previous_dose_on_or_after: the earliest day of the dose before.
    """

    born_on_or_before: date | None = None
    born_on_or_after: date | None = field(default=None, validator=not_after("born_on_or_before"))
    previous_dose_on_or_before: date | None = None
    previous_dose_on_or_after: date | None = field(
        default=None, validator=not_after("previous_dose_on_or_before")
    )


@frozen(field_transformer=checked)
class Rule:
    """A rule: the people who may have a dose, and the sources.

    Attributes:
        id: its name within the policy; versions of one rule share it.
        dose: the number of the dose, as the programme counts. The dose is not offered to people
            who already have it.
        vaccines: the codes of the vaccines; each is a separate offer.
        cites: the keys of the sources, at least one.
        counts: the vaccines whose doses are counted; empty: all that the programme counts.
        kind: whether the dose is accepted, recommended or overdue on these days.
        all: the conditions; all of them must hold. Empty: the rule is for everybody.
        printed: the bounds that the announcement printed.
        reading: the interpretation of an unclear text, with its reason.
        since: the day of the announcement that put this version in force; absent: that of the
            policy.
        until: the day of the announcement that ended it; absent: it has not ended.
    """

    id: str
    dose: DoseNumber
    vaccines: Annotated[tuple[str, ...], SOME]
    cites: tuple[str, ...]
    all: tuple[AnyCondition, ...] = ()
    printed: Printed = Printed()
    reading: str = ""
    since: date | None = None
    until: date | None = field(default=None, validator=not_before("since"))
    counts: tuple[str, ...] = ()
    kind: Literal["accepted", "recommended", "overdue"] = "accepted"


@frozen(field_transformer=checked)
class WindowAges:
    """The ages for which a booking window is open, and their reckoning.

    Attributes:
        on: the reckoning of the ages.
        at_least: the youngest, in years; absent: no lower bound.
        at_most: the oldest, in years; absent: no upper bound.
    """

    on: Reckoning
    at_least: Years | None = None
    at_most: Years | None = field(default=None, validator=not_before("at_least"))

    def conditions(self) -> tuple[Age, ...]:
        """The ages as conditions."""
        return AgeBand(self.on, self.at_least, self.at_most).conditions()


@frozen(field_transformer=checked)
class Window:
    """A booking window: the time from `opens` on and before `closes`.

    Attributes:
        opens: the instant from which people may book.
        closes: the instant at which booking ends.
        vaccines: the window is for these vaccines only; empty: for all.
        doses: the window is for these doses only; empty: for all.
        ages: the window is for these ages only; absent: for all.
        cites: the keys of the sources.
        reading: the interpretation of an unclear text, with its reason.
        since: the day of the announcement that put this version in force; absent: that of the
            policy.
        until: the day of the announcement that ended it; absent: it has not ended.
    """

    opens: WrittenMoment
    closes: WrittenMoment = field(validator=not_before("opens", surely_precedes))
    vaccines: tuple[str, ...] = ()
    doses: tuple[DoseNumber, ...] = ()
    ages: WindowAges | None = None
    cites: tuple[str, ...] = ()
    reading: str = ""
    since: date | None = None
    until: date | None = field(default=None, validator=not_before("since"))

    def is_open(self, now: datetime) -> bool | None:
        """Whether ``opens <= now < closes``; None if an unstated hour decides."""
        if isinstance(self.opens, datetime) and isinstance(self.closes, datetime):
            return self.opens <= now < self.closes
        opened = Moment.of(self.opens).has_come(now)
        closed = Moment.of(self.closes).has_come(now)
        if opened is False or closed is True:
            return False
        return True if opened and closed is False else None


@frozen(field_transformer=checked)
class Stage:
    """One opening of a round or campaign: its days, its rules and its booking windows.

    Attributes:
        id: its name within the policy; versions of one stage share it.
        vaccination_days: its vaccination days.
        rules: its rules.
        windows: its booking windows; empty: people do not book.
        cites: the keys of the sources of its days.
        reading: the interpretation of its days, with its reason.
        since: the day of the announcement that put this version in force; absent: that of the
            policy.
        until: the day of the announcement that ended it; absent: it has not ended.
    """

    id: str
    vaccination_days: VaccinationDays
    rules: tuple[Rule, ...]
    windows: tuple[Window, ...] = ()
    cites: tuple[str, ...] = ()
    reading: str = ""
    since: date | None = None
    until: date | None = field(default=None, validator=not_before("since"))


@frozen(field_transformer=checked)
class Licence:
    """A licence of a vaccine: the people for whom it is licensed, for some doses or all.

    It is in force from `since` on and before `until`; None: it has not ended.
    """

    since: date
    all: tuple[AnyCondition, ...]
    cites: tuple[str, ...]
    until: date | None = field(default=None, validator=not_before("since"))
    doses: tuple[DoseNumber, ...] = ()


@frozen(field_transformer=checked)
class Interval:
    """A recommended interval between two doses from a day on. It is information, not a rule.

    The next dose is given `days` to `days_to` days (None: no upper end) after dose `after`, to
    people of these `ages` (None: of all ages).
    """

    since: date
    after: DoseNumber
    days: Days
    cites: tuple[str, ...]
    days_to: Days | None = field(default=None, validator=not_before("days"))
    until: date | None = field(default=None, validator=not_before("since"))
    ages: AgeBand | None = None
    note: str = ""


@frozen(field_transformer=checked)
class FirstGiven:
    """A day before which nobody anywhere was given the vaccine, in a trial or otherwise."""

    on: date
    cites: tuple[str, ...]


@frozen(field_transformer=checked)
class Vaccine:
    """A vaccine: its code, its diseases, its names and its licences.

    Attributes:
        code: the code under which doses and rules name it.
        diseases: the diseases that it is against; doses are counted per disease.
        names: its name by language tag (zh-Hant, en, id, vi, th).
        cvx: its codes in CDC's list of vaccines administered, one for each formulation.
        licences: its licences; empty: it is licensed for any age.
        intervals: the recommended intervals between doses.
        note: a remark for readers.
        first_given: when it was first given; None: not known. An earlier dose is an error.
    """

    code: str
    diseases: Annotated[tuple[str, ...], SOME]
    names: Mapping[LanguageTag, Prose] = field(factory=dict, hash=False, converter=unchanging)
    cvx: tuple[int, ...] = ()
    licences: tuple[Licence, ...] = ()
    intervals: tuple[Interval, ...] = ()
    note: str = ""
    first_given: FirstGiven | None = None


@frozen(field_transformer=checked)
class Group:
    """One group, or part of one, in one version of a list of target groups.

    Attributes:
        id: list version, number and part, such as ``cecc-2021-06-21/6/pregnant``.
        name: its name in the list, by language tag.
        cites: the keys of the sources.
        ages: the age band, if the group consists of one.
        note: a remark for readers, about unknown or interpreted points.
    """

    id: str
    name: Annotated[Mapping[LanguageTag, Prose], SOME] = field(hash=False, converter=unchanging)
    cites: tuple[str, ...]
    ages: AgeBand | None = None
    note: str = ""


@frozen(field_transformer=checked)
class FactKind:
    """A dated fact that conditions may ask for, such as an infection or a transfusion.

    Attributes:
        id: the id under which people and rules name it.
        name: its name by language tag, as the day of what it is.
        note: a remark for readers.
    """

    id: str
    name: Annotated[Mapping[LanguageTag, Prose], SOME] = field(hash=False, converter=unchanging)
    note: str = ""


@frozen(field_transformer=checked)
class GroupList:
    """A version of a list of target groups. A number in two versions means two groups."""

    id: str
    title: Prose
    announced: date
    sources: Mapping[str, Source] = field(hash=False, converter=unchanging)
    groups: tuple[Group, ...]
    note: str = ""


@frozen(field_transformer=checked)
class Waiver:
    """A reason in a policy file for a finding of the lint.

    Attributes:
        finding: the code of the finding.
        at: its place, as the lint names it.
        why: the reason.
    """

    finding: str
    at: Prose
    why: Prose


def is_in_force(part: Stage | Rule | Window, day: date, announced: date) -> bool:
    """Whether this version was announced by that day and not yet replaced.

    A version without `since` is in force since its policy was `announced`.
    """
    return (part.since or announced) <= day and (part.until is None or day < part.until)


def in_force(stages: tuple[Stage, ...], day: date, announced: date) -> tuple[Stage, ...]:
    """The stages, rules and windows in force on that day; a stage without a rule is left out."""

    def held(part: Stage | Rule | Window) -> bool:
        return is_in_force(part, day, announced)

    cut = (
        evolve(
            stage,
            rules=tuple(filter(held, stage.rules)),
            windows=tuple(filter(held, stage.windows)),
        )
        for stage in filter(held, stages)
    )
    return tuple(stage for stage in cut if stage.rules)


@frozen(eq=False, field_transformer=checked)
class Policy:
    """A policy: a version of the rules, with the vaccines and groups that they use.

    Attributes:
        id: the name under which it is loaded, such as ``tw/covid19-1922/round-19``.
        version: the version of the content; every change of meaning makes a new version.
        announced: the day of the announcement.
        disease: the disease that it vaccinates against; doses are counted per disease.
        diseases: the diseases of a programme against several; `disease` is then a name for them.
        minimums: the least ages and intervals for a dose to count; empty: every dose counts.
        spacings: the least intervals between different vaccines for the later one to count.
        title: the programme's own name for it.
        notification: whether people are notified: before they may book (``required``), as a
            reminder, or not.
        sources: the sources, by the keys with which rules cite them.
        stages: its stages, with their days, rules and windows.
        vaccines: all vaccines against the disease, by code.
        bands: the age bands, by id, among the groups of the lists that it names.
        counts_from: the day from which it counts doses; None: it counts all doses of a life.
        licences_apply: whether the vaccines' licences apply as well; false for a policy that is not
            about vaccination itself, such as one about registration.
        verified: whether somebody read the announcements or a report of them; false if it relies on
            notes of third parties.
        written: every version of its stages in the file, even if it is not in force.
        explained: the findings of the lint for which its file gives a reason.
        review_by: the day by which somebody should review it.
        groups: the groups of its own file, by id.
        facts: the dated facts of its own file, by id.
        digest: the SHA-256 of the content in hexadecimal; "" if it was not loaded.

    Two policies are equal if they were loaded from the same content.
    """

    id: str
    version: str
    announced: date
    disease: str
    notification: Notification
    sources: Mapping[str, Source] = field(converter=unchanging)
    stages: tuple[Stage, ...]
    vaccines: Mapping[str, Vaccine] = field(converter=unchanging)
    bands: Mapping[str, AgeBand] = field(factory=dict, converter=unchanging)
    counts_from: date | None = None
    verified: bool = True
    licences_apply: bool = True
    diseases: tuple[str, ...] = ()
    minimums: tuple[Minimum, ...] = ()
    spacings: tuple[Spacing, ...] = ()
    title: str = ""
    written: tuple[Stage, ...] = ()
    explained: tuple[Waiver, ...] = ()
    review_by: date | None = field(default=None, validator=not_before("announced"))
    groups: Mapping[str, Group] = field(factory=dict, converter=unchanging)
    facts: Mapping[str, FactKind] = field(factory=dict, converter=unchanging)
    digest: str = ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Policy):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content()[:3])

    def _content(self) -> tuple[object, ...]:
        return (
            *(self.id, self.version, self.digest),
            *(self.stages, self.counts_from, self.notification, self.licences_apply),
            *(self.vaccines, self.bands, self.sources),
        )


@frozen(field_transformer=checked)
class PolicyFile:
    """The content of a policy file: the announcements about one round or campaign, as rules."""

    id: str
    version: str
    announced: date
    disease: str
    notification: Notification
    sources: dict[str, Source] = field(converter=unchanging)
    stages: tuple[Stage, ...]
    title: str = ""
    diseases: tuple[str, ...] = ()
    counts_from: date | None = None
    minimums: tuple[Minimum, ...] = ()
    spacings: tuple[Spacing, ...] = ()
    verified: bool = True
    licences_apply: bool = True
    explained: tuple[Waiver, ...] = ()
    review_by: date | None = field(default=None, validator=not_before("announced"))
