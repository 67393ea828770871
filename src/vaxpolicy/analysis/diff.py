"""The exact difference between two policies: which people gain, lose or change days.

`vaxpolicy.analysis.partition` finds the regions of people for whom the days of a dose differ. Here
they become changes in terms of facts, each with a person as an example.
"""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import evolve, frozen

from vaxpolicy._values import DoseNumber, Prose, checked, front_door
from vaxpolicy.analysis.age_steps import AgeStep, as_age_steps
from vaxpolicy.analysis.joint import NEVER_REGISTERED, Days, JointPolicy, Kind
from vaxpolicy.analysis.partition import (
    MOST_PARTS,
    LongSearchError,
    Partition,
    only,
    partitions,
)
from vaxpolicy.analysis.possible_people import BIRTHS, EVENTS, within
from vaxpolicy.analysis.profiles import (
    Counties,
    DoseGiven,
    FactGiven,
    Profile,
    Registered,
    season_day,
)
from vaxpolicy.analysis.regions import ANY_TIME, SEXES, elsewhere
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import PolicyError
from vaxpolicy.rules.dose_histories import in_order
from vaxpolicy.rules.people import DatedFact, Dose, Person, Willingness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from vaxpolicy.analysis.history_shapes import Shape
    from vaxpolicy.analysis.regions import Range, Ranges, Region
    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.policy import Policy, Stage, Window

    _Pick: TypeAlias = Callable[[Range, Range, int], list[int]]
    """Picks days: of a whole range, within the part that other facts leave, a usual day if any."""

__all__ = ["Days", "DaysChange", "Kind", "Note", "PolicyDiff", "diff"]


@frozen(field_transformer=checked)
class DaysChange:
    """People for whom the days of a dose of a vaccine differ.

    Attributes:
        kind: the kind of change; it is the same for each of the people.
        vaccine: the code of the vaccine.
        dose: the number of the dose.
        who: the people.
        example: one of them, without facts that do not matter.
        old_days: the example's days under the old policy.
        new_days: the example's days under the new policy.
        had_it: whether the people have the dose on record already: they are compared up to its
            day.
    """

    kind: Kind
    vaccine: str
    dose: DoseNumber
    who: Profile
    example: Person
    old_days: Days
    new_days: Days
    had_it: bool


@frozen(field_transformer=checked)
class Someone:
    """A person, with the days under both policies."""

    person: Person
    old: Days
    new: Days


@frozen(field_transformer=checked)
class Note:
    """A difference in a part of the policies that changes nobody's days.

    Attributes:
        about: the part.
        old: its texts under the old policy, as far as they differ.
        new: its texts under the new policy.
    """

    about: Prose
    old: tuple[Prose, ...]
    new: tuple[Prose, ...]


@frozen(field_transformer=checked)
class PolicyDiff:
    """The difference between two policies; false where there is none.

    Attributes:
        old_id: the id of the old policy.
        old_version: its version.
        new_id: the id of the new policy.
        new_version: its version.
        changes: the people whose days change.
        windows: the booking windows that differ, by stage.
        sources: the sources that differ.
        notification: whether people are notified, where that differs.
    """

    old_id: str
    old_version: str
    new_id: str
    new_version: str
    changes: tuple[DaysChange, ...]
    windows: tuple[Note, ...]
    sources: tuple[Note, ...]
    notification: Note | None

    def __bool__(self) -> bool:
        return bool(self.changes or self.windows or self.sources or self.notification)


@front_door
def diff(
    old: Policy,
    new: Policy,
    *,
    in_retrospect: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> PolicyDiff:
    """The people who gain, lose or change days, per vaccine and dose, and all other differences.

    The diff compares people whose facts are known and do not contradict each other, as they are
    before they have the dose. With `in_retrospect` it also compares people who have the dose on
    record, up to its day. If the policies count doses from different days, that is the dose of
    either season.

    After each vaccine and dose, `progress` is called with the number of those compared and of all.

    Raises PolicyError for policies against different diseases, and for two that divide all people
    into more than 150,000 parts for one vaccine and dose: `season_diff` compares these.
    """
    if old.disease != new.disease:
        raise PolicyError(
            f"cannot compare policies against different diseases: {old.disease} and {new.disease}"
        )
    plans = compile_policy(old), compile_policy(new)
    if any(plan.by_product for plan in plans):
        raise PolicyError("cannot compare policies whose rules look at the doses of given vaccines")
    keys = sorted({(entry.vaccine, entry.rule.dose) for plan in plans for entry in plan.entries})
    changes: list[DaysChange] = []
    for done, key in enumerate(keys, start=1):
        try:
            changes += _changes(plans, *key, in_retrospect=in_retrospect)
        except LongSearchError:
            vaccine, dose = key
            raise PolicyError(
                f"cannot compare everybody for dose {dose} of {vaccine}: they fall into more than"
                f" {MOST_PARTS} parts; compare the policies as two seasons"
            ) from None
        if progress is not None:
            progress(done, len(keys))
    changes.sort(key=lambda change: (change.had_it, list(Kind).index(change.kind)))
    return PolicyDiff(
        old.id,
        old.version,
        new.id,
        new.version,
        tuple(changes),
        tuple(_windows(old, new)),
        tuple(_sources(old, new)),
        None
        if old.notification == new.notification
        else Note("notification", (old.notification,), (new.notification,)),
    )


def _windows(old: Policy, new: Policy) -> Iterator[Note]:
    stages = [{stage.id: stage for stage in policy.stages} for policy in (old, new)]
    for name in dict.fromkeys((*stages[0], *stages[1])):
        both = [_window_texts(by_id.get(name)) for by_id in stages]
        if set(both[0]) != set(both[1]):
            gone, come = ([x for x in one if x not in other] for one, other in (both, both[::-1]))
            yield Note(f"windows of {name}", tuple(gone), tuple(come))


def _window_texts(stage: Stage | None) -> list[str]:
    return [_window_text(window) for window in stage.windows] if stage else []


def _window_text(window: Window) -> str:
    parts = [f"{window.opens} to {window.closes}", *window.vaccines]
    parts += [f"dose {dose}" for dose in window.doses]
    if window.ages is not None:
        low, high = window.ages.at_least, window.ages.at_most
        parts.append(f"ages {low or 0} to {high or 'any'} ({window.ages.on})")
    return ", ".join(parts)


def _sources(old: Policy, new: Policy) -> Iterator[Note]:
    for key in dict.fromkeys((*old.sources, *new.sources)):
        was, now = old.sources.get(key), new.sources.get(key)
        if was != now:
            yield Note(key, (was.url,) if was else (), (now.url,) if now else ())


def _changes(
    plans: tuple[CompiledPolicy, CompiledPolicy], vaccine: str, dose: int, *, in_retrospect: bool
) -> Iterator[DaysChange]:
    joint = JointPolicy(plans, vaccine, dose)
    if joint.is_same:
        return
    for shape in joint.shapes(in_retrospect=in_retrospect):
        people, found = Everybody(joint, shape), list(found_in(joint, shape))
        for kind in Kind:
            regions = [region for its, region in found if its is kind]
            for step in as_age_steps(regions, people.region, joint.ages_then):
                change = people.change(kind, step)
                if change is not None:
                    yield change


def found_in(joint: JointPolicy, shape: Shape) -> Iterator[tuple[Kind, Region]]:
    """The regions of people with such a history for whom something changes, and the change."""
    for partition in partitions(joint, shape):
        yield from partition.search(partition.everybody())


class Everybody:
    """All people of one shape of history: finds some of them, and describes them."""

    def __init__(self, joint: JointPolicy, shape: Shape) -> None:
        self.joint: JointPolicy = joint
        self.shape: Shape = shape
        self.region: Region = Partition(joint, shape, {}).everybody()
        self.before: int = min(entry.first for entry in joint.plan.entries) - 1

    def change(self, kind: Kind, step: AgeStep) -> DaysChange | None:
        """The change for people, with one of them where they end; None where there is nobody."""
        one = next((one for region in step.steps for one in self._at(region, _end)), None)
        if one is None:
            return None
        joint, had_it = self.joint, self.shape.had_it
        return DaysChange(
            kind,
            joint.vaccine,
            joint.dose,
            self._profile(step),
            one.person,
            one.old,
            one.new,
            had_it,
        )

    def some_of(self, region: Region) -> Iterator[Someone]:
        """Some people of a region, at its ends and well within."""
        return self._at(region, _ends_and_middle)

    def _at(self, region: Region, days: _Pick) -> Iterator[Someone]:
        """People of a region whose birth and doses are those days of their ranges."""
        before = self.before
        dated = [_some_day(days, before - _A_MONTH) for days in region.dated]
        for birth, *ranges in product(region.births, *region.doses):
            born = within(birth, BIRTHS)
            possible = [it for it in (within(days, EVENTS) for days in ranges) if it is not None]
            if born is None or len(possible) < len(ranges) or None in dated:
                continue
            bounds = in_order(born[0], tuple(possible))
            if bounds is None:
                continue
            latest = min([born[1], *bounds[1][:1]])
            choices = [days(birth, (born[0], latest), before - _FORTY_YEARS)]
            choices += [
                days(whole, within, before - _A_MONTH * (len(ranges) - at))
                for at, (whole, within) in enumerate(
                    zip(ranges, zip(*bounds, strict=True), strict=True)
                )
            ]
            for day, *given in product(*choices):
                yield self._someone(region, day, given)

    def _someone(self, region: Region, born: int, given: list[int]) -> Someone:
        """The one person, with doses on later days where they would come too early."""
        doses: list[Ranges] = []
        last = born - 1
        for day in given:
            last = max(day, last + 1)
            doses.append(((last, last),))
        one = evolve(
            region,
            births=((born, born),),
            doses=tuple(doses),
            registered=_last(region.registered, self.region.registered),
            resident=_last(region.resident, self.region.resident),
            since=_last(region.since, self.region.since),
            sex=_last(region.sex, self.region.sex),
            dated=tuple(_some_day(days, self.before - _A_MONTH) or days for days in region.dated),
        )
        vaccines = {
            at: self.joint.names(positions)
            for at, positions in enumerate(region.vaccines)
            if positions != self.region.vaccines[at]
        }
        partition = Partition(self.joint, self.shape, vaccines)
        return Someone(self._person(one, partition.given), *partition.days_of_one(one))

    def _person(self, one: Region, vaccines: tuple[str, ...]) -> Person:
        since = only(one.since)
        instant = None if since is None else self.joint.instant(since)
        ((born, _),) = one.births
        days = [date.fromordinal(day) for ((day, _),) in one.doses]
        return Person(
            birth_date=date.fromordinal(born),
            doses=tuple(map(Dose, vaccines, days)),
            groups=one.members,
            registered_county=self._county(one.registered),
            residence_county=self._county(one.resident),
            willingness=Willingness({} if instant is None else {self.joint.vaccine: instant}),
            dated_facts=tuple(self._dated_facts(one)),
            sex=None if (sex := only(one.sex)) is None else SEXES[sex],
        )

    def _dated_facts(self, one: Region) -> Iterator[DatedFact]:
        """The dated facts that matter."""
        for fact, ((day, last),) in zip(self.joint.dated_edges, one.dated, strict=True):
            if day == last:
                yield DatedFact(fact, "never" if day > LAST else date.fromordinal(day))

    def _county(self, positions: Ranges) -> str | None:
        """The county; where the policies name some, and the person is in no named one, another."""
        counties = self.joint.counties
        if len(counties) == 1:
            return None
        position = only(positions)
        return counties[position] if position else elsewhere(counties)

    def _profile(self, step: AgeStep) -> Profile:
        region, everybody = step.region, self.region
        births = None if region.births == everybody.births else DaySet.of_spans(region.births)
        return Profile(
            vaccine=self.joint.vaccine,
            against=self.joint.against,
            births=births,
            counts=self.shape.counts,
            doses=tuple(self._doses(step)),
            members=tuple(sorted(region.members)),
            not_members=tuple(sorted(region.not_members)),
            registered_county=self._counties(region.registered, everybody.registered),
            residence_county=self._counties(region.resident, everybody.resident),
            registered=self._registered(region.since, everybody.since),
            dated_facts=tuple(
                FactGiven(fact, _until_last(days), never=days[-1][1] > LAST)
                for fact, days in zip(self.joint.dated_edges, region.dated, strict=True)
                if days != (ANY_TIME,)
            ),
            sex=None if (sex := only(region.sex)) is None else SEXES[sex],
        )

    def _doses(self, step: AgeStep) -> Iterator[DoseGiven]:
        region, everybody = step.region, self.region
        for at, place in enumerate(self.shape.places):
            days, vaccines = region.doses[at], region.vaccines[at]
            is_any_day, is_any_vaccine = (
                days == everybody.doses[at],
                vaccines == everybody.vaccines[at],
            )
            if is_any_day and is_any_vaccine:
                continue
            yield DoseGiven(
                number=place.number,
                season=season_day(place.season),
                days=DaySet.every() if is_any_day else DaySet.of_spans(days),
                vaccines=None if is_any_vaccine else self.joint.names(vaccines),
                age=step.age if step.place == at else None,
            )

    def _counties(self, positions: Ranges, everywhere: Ranges) -> Counties | None:
        if positions == everywhere:
            return None
        counties = self.joint.counties
        is_in = [any(low <= at <= high for low, high in positions) for at in range(len(counties))]
        if is_in[0]:  # any county that no policy names
            others = (name for name, inside in zip(counties, is_in, strict=True) if not inside)
            return Counties(tuple(others), others=True)
        return Counties(tuple(name for name, it in zip(counties, is_in, strict=True) if it))

    def _registered(self, positions: Ranges, any_time: Ranges) -> Registered | None:
        if positions == any_time:
            return None
        edges: list[datetime | None] = [None, *self.joint.instants, None]
        ranges = tuple(
            (edges[max(low, 0)], edges[high + 1]) for low, high in positions if high >= 0
        )
        return Registered(ranges, never=positions[0][0] == NEVER_REGISTERED)


def _last(positions: Ranges, everything: Ranges) -> Ranges:
    """The last position alone; everything where the fact does not matter."""
    if positions == everything:
        return everything
    last = positions[-1][1]
    return ((last, last),)


def _some_day(days: Ranges, usual: int) -> Ranges | None:
    """One of the days of a dated fact: an end of a range, or the usual day where all are possible.

    Any time stays as it is. None where none of them can be the day of anything.
    """
    if days == (ANY_TIME,):
        return days
    for low, high in days:
        if low > LAST:
            return ((low, low),)  # never
        possible = within((low, high), EVENTS)
        if possible is not None:
            day = possible[0] if low > FIRST else possible[1] if high < LAST else usual
            return ((day, day),)
        if high > LAST:
            return ((high, high),)
    return None


def _until_last(days: Ranges) -> DaySet:
    """The days of a dated fact, without "never"."""
    return DaySet.of_spans((low, min(high, LAST)) for low, high in days if low <= LAST)


_FORTY_YEARS: Final = 40 * 365
_A_QUARTER: Final = 90
_A_MONTH: Final = 30


def _end(whole: Range, within: Range, usual: int) -> list[int]:
    """The day at which a range ends; the usual one of a range that is open at both ends."""
    low, high = within
    if whole[0] > FIRST:
        return [low]
    return [high if whole[1] < LAST else max(low, min(high - _A_MONTH, usual))]


def _ends_and_middle(whole: Range, within: Range, usual: int) -> list[int]:
    """The ends of a range and a day between; for an open range, a day well inside."""
    low, high = within
    if whole[0] > FIRST and whole[1] < LAST:
        return [low, (low + high) // 2, high]
    (end,) = _end(whole, within, usual)
    return [end, max(low, end - _A_QUARTER) if whole[0] == FIRST else min(high, end + _A_QUARTER)]
