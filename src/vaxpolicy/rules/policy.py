"""What a public announcement says, as values: stages, rules, booking windows and their sources.

The values mirror a policy file key by key (see "Policy files" in the documentation); reading the
file is the work of `vaxpolicy.catalog`, applying the rules that of `vaxpolicy.eligibility`.

What a programme does not ask is absent. What it asks and no source gives is ``not-stated``.
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

from vaxpolicy._values import SOME, Days, DoseNumber, InvalidValue, Prose, Years, checked
from vaxpolicy.rules.conditions import Age, AgeBand, AnyCondition, Reckoning
from vaxpolicy.rules.moments import Moment, WrittenMoment
from vaxpolicy.rules.validity import Minimum, Spacing

NOT_STATED: Final = "not-stated"
Notification: TypeAlias = Literal["required", "reminder", "none", "not-stated"]
"""Whether a round notifies people: and must have, before they book; as a reminder; or not."""


@frozen(field_transformer=checked)
class Source:
    """Where a rule is written: what a reader must look up to check it.

    Attributes:
        publisher: who says it, with the day on which it was said.
        url: its address; a ``urn:`` for what has none.
        checked: the day on which it was last read.
        support: how near it is to the authority: an announcement of its own (``official``), a press
            report of one (``press``), or anything else (``secondary``).
        note: what a reader should know about it.
    """

    publisher: Prose
    url: Prose
    checked: date
    support: Literal["official", "press", "secondary"]
    note: str = ""


@frozen(field_transformer=checked)
class VaccinationDays:
    """The days on which a stage vaccinates, both ends included.

    Attributes:
        first: the first day.
        last: the last day.
        stated: whether a source states them; false: they are the widest bounds that are known.
        sure_until: where the first day is stated and the last is not, or sources differ about it:
            the stage surely goes on to this day, and possibly to `last`.
    """

    first: date
    last: date
    stated: bool = True
    sure_until: date | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse an end before the beginning, and a sure day outside the days or beside none."""
        if self.first > self.last:
            raise InvalidValue("wrong-order", "last", "a day that is not before `first`")
        if self.sure_until is None:
            return
        if not self.first <= self.sure_until < self.last:
            raise InvalidValue("wrong-order", "sure_until", "a day from `first` on, before `last`")
        if not self.stated:
            raise InvalidValue("contradiction", "sure_until", "nothing where no day is stated")


@frozen(field_transformer=checked)
class Printed:
    """Bounds as the announcement printed them: evidence for the lint, never used to decide.

    Attributes:
        born_on_or_before: the latest birth date.
        born_on_or_after: the earliest birth date.
        previous_dose_on_or_before: the latest day of the dose before.
        previous_dose_on_or_after: the earliest day of the dose before.
    """

    born_on_or_before: date | None = None
    born_on_or_after: date | None = None
    previous_dose_on_or_before: date | None = None
    previous_dose_on_or_after: date | None = None


@frozen(field_transformer=checked)
class Rule:
    """Who may have which dose of which vaccine, with the sources that say so.

    Attributes:
        id: its name within the policy; versions of one rule share it.
        dose: the number of the dose, counted as the programme counts; someone who already has it is
            not offered it again.
        vaccines: the codes of the vaccines, of which each is an offer of its own.
        cites: the keys of the sources, at least one.
        counts: the vaccines whose doses the number counts; none named: all that the programme
            counts.
        kind: whether its days are those on which the dose is accepted, or those on which it is
            recommended or overdue.
        all: the conditions, each of which must hold; none: everybody.
        printed: what the announcement printed beside them.
        reading: what had to be interpreted, and why it was read so.
        since: the day of the announcement from which on this version is in force; absent: that of
            the policy.
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
    until: date | None = None
    counts: tuple[str, ...] = ()
    kind: Literal["accepted", "recommended", "overdue"] = "accepted"


@frozen(field_transformer=checked)
class WindowAges:
    """The ages for whom a booking window is open, and how they are reckoned.

    Attributes:
        on: the day on which they are reckoned.
        at_least: the youngest, in years; absent: no lower bound.
        at_most: the oldest, in years; absent: no upper bound.
    """

    on: Reckoning
    at_least: Years | None = None
    at_most: Years | None = None

    def conditions(self) -> tuple[Age, ...]:
        """The ages as conditions."""
        return AgeBand(self.on, self.at_least, self.at_most).conditions()


@frozen(field_transformer=checked)
class Window:
    """When its stage may be booked: from `opens` on and before `closes`.

    Attributes:
        opens: from when on.
        closes: before when.
        vaccines: for these vaccines only; none named: for all.
        doses: for these doses only; none named: for all.
        ages: for these ages only; absent: for all.
        cites: the keys of the sources.
        reading: what had to be interpreted, and why it was read so.
        since: the day of the announcement from which on this version is in force; absent: that of
            the policy.
        until: the day of the announcement that ended it; absent: it has not ended.
    """

    opens: WrittenMoment
    closes: WrittenMoment
    vaccines: tuple[str, ...] = ()
    doses: tuple[DoseNumber, ...] = ()
    ages: WindowAges | None = None
    cites: tuple[str, ...] = ()
    reading: str = ""
    since: date | None = None
    until: date | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a window that surely closes before it opens."""
        opens, closes = Moment.of(self.opens).earliest, Moment.of(self.closes).latest
        if opens is not None and closes is not None and closes < opens:
            raise InvalidValue("wrong-order", "closes", "a moment that is not before `opens`")

    def is_open(self, now: datetime) -> bool | None:
        """Whether ``opens <= now < closes``; None where what is not stated decides."""
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
        vaccination_days: the days on which it vaccinates.
        rules: who may have what.
        windows: when it may be booked; none: there is no booking.
        cites: the keys of the sources of its days.
        reading: what of its days had to be interpreted, and why it was read so.
        since: the day of the announcement from which on this version is in force; absent: that of
            the policy.
        until: the day of the announcement that ended it; absent: it has not ended.
    """

    id: str
    vaccination_days: VaccinationDays
    rules: tuple[Rule, ...]
    windows: tuple[Window, ...] = ()
    cites: tuple[str, ...] = ()
    reading: str = ""
    since: date | None = None
    until: date | None = None


@frozen(field_transformer=checked)
class Licence:
    """For whom a vaccine is licensed, from a day on, for some or all doses.

    It is in force from `since` on and before `until`; None: it has not ended.
    """

    since: date
    all: tuple[AnyCondition, ...]
    cites: tuple[str, ...]
    until: date | None = None
    doses: tuple[DoseNumber, ...] = ()


@frozen(field_transformer=checked)
class Interval:
    """A recommended time between two doses, as it was from a day on; information, not a rule.

    From `days` to `days_to` (None: no upper end) after dose `after`, for the next dose of people of
    these `ages` (None: of all).
    """

    since: date
    after: DoseNumber
    days: Days
    cites: tuple[str, ...]
    days_to: Days | None = None
    until: date | None = None
    ages: AgeBand | None = None
    note: str = ""


@frozen(field_transformer=checked)
class Vaccine:
    """A vaccine by its code: what it is against, its names, and for whom it is licensed.

    Attributes:
        code: the code under which doses and rules name it.
        diseases: what it is against, the first named first; dose numbers count per disease.
        names: its name by language tag (zh-Hant, en, id, vi, th).
        cvx: its codes in CDC's list of vaccines administered, one for each formulation.
        licences: for whom it is licensed since when; none given: any age.
        intervals: the recommended times between doses since when.
        note: what a reader should know.
    """

    code: str
    diseases: Annotated[tuple[str, ...], SOME]
    names: Mapping[str, Prose] = field(factory=dict, hash=False)
    cvx: tuple[int, ...] = ()
    licences: tuple[Licence, ...] = ()
    intervals: tuple[Interval, ...] = ()
    note: str = ""


@frozen(field_transformer=checked)
class Group:
    """One group, or part of one, in one version of a list of target groups.

    Attributes:
        id: list version, number and part, such as ``cecc-2021-06-21/6/pregnant``.
        name: how the list names it, by language tag.
        cites: the sources.
        ages: the band, where the group is an age band and nothing else.
        note: what a reader should know: what is not known, what was interpreted.
    """

    id: str
    name: Mapping[str, Prose] = field(hash=False)
    cites: tuple[str, ...]
    ages: AgeBand | None = None
    note: str = ""


@frozen(field_transformer=checked)
class GroupList:
    """A version of a list of target groups. The same number in two versions is two groups."""

    id: str
    title: Prose
    announced: date
    sources: Mapping[str, Source] = field(hash=False)
    groups: tuple[Group, ...]
    note: str = ""


@frozen(field_transformer=checked)
class Waiver:
    """Why a finding of the lint stands as it is.

    Attributes:
        finding: its code.
        at: where it is found, as the lint says.
        why: the reason.
    """

    finding: str
    at: Prose
    why: Prose


def is_in_force(part: Stage | Rule | Window, day: date, announced: date) -> bool:
    """Whether this version had been announced by that day and not been replaced.

    What says nothing else is in force since its policy was `announced`.
    """
    return (part.since or announced) <= day and (part.until is None or day < part.until)


def in_force(stages: tuple[Stage, ...], day: date, announced: date) -> tuple[Stage, ...]:
    """What of the stages was in force on that day; a stage without a rule is none."""

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


@frozen(eq=False)
class Policy:
    """A versioned set of rules, with what it takes from the lists of vaccines and groups.

    Attributes:
        id: the name under which it is loaded, such as ``tw/covid19-1922/round-19``.
        version: the version of this text; every change of meaning makes a new one.
        announced: the day of the announcement.
        disease: what it vaccinates against; doses are counted per disease.
        diseases: for a programme against several, what it vaccinates against; `disease` is then its
            name.
        minimums: the ages and waits with which a dose counts; none given: every dose does.
        spacings: vaccines that must be apart for the later one to count.
        title: its name as the programme gives it.
        notification: whether people are notified, and must have been before they may book
            (``required``), or as a reminder, or not at all.
        sources: the sources by the keys under which rules cite them.
        stages: its stages: one opening each, with days, rules and windows.
        vaccines: all vaccines against the disease, by code.
        bands: the groups that are age bands, by id.
        counts_from: the day from which it counts doses; without one, those of a whole life count.
        licences_apply: whether the vaccines' licences are asked as well; not where the policy is
            about something else than vaccinating, such as registering.
        verified: whether the announcements themselves, or a report of them, were read; not where
            it rests on what third parties noted.
        written: all that its file holds: every version of its stages, whenever in force.
        explained: the findings of the lint that its file gives reasons for.
        review_by: the day from which on somebody should look again at whether it still holds.
        groups: the groups that its own file brings, by id.
        digest: SHA-256 of the content in hexadecimal; "" for one that was not loaded.

    Two policies are equal when they were loaded from the same content.
    """

    id: str
    version: str
    announced: date
    disease: str
    notification: Notification
    sources: Mapping[str, Source]
    stages: tuple[Stage, ...]
    vaccines: Mapping[str, Vaccine]
    bands: Mapping[str, AgeBand] = field(factory=dict)
    counts_from: date | None = None
    verified: bool = True
    licences_apply: bool = True
    diseases: tuple[str, ...] = ()
    minimums: tuple[Minimum, ...] = ()
    spacings: tuple[Spacing, ...] = ()
    title: str = ""
    written: tuple[Stage, ...] = ()
    explained: tuple[Waiver, ...] = ()
    review_by: date | None = None
    groups: Mapping[str, Group] = field(factory=dict)
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
    """A public announcement, or several about one round or campaign, as rules."""

    id: str
    version: str
    announced: date
    disease: str
    notification: Notification
    sources: dict[str, Source]
    stages: tuple[Stage, ...]
    title: str = ""
    diseases: tuple[str, ...] = ()
    counts_from: date | None = None
    minimums: tuple[Minimum, ...] = ()
    spacings: tuple[Spacing, ...] = ()
    verified: bool = True
    licences_apply: bool = True
    explained: tuple[Waiver, ...] = ()
    review_by: date | None = None
