"""What changes for whom between two policies: exact, by the cells between the edges of both.

`vaxpolicy.analysis.joint` finds the cells of people for whom a dose of a vaccine is not what it
was; here they become changes in terms of facts, each with a person who shows it.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise, product
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from attrs import frozen

from vaxpolicy.analysis.age_steps import AgeStep, as_age_steps
from vaxpolicy.analysis.history_shapes import Shape, ascending
from vaxpolicy.analysis.joint import NEVER_REGISTERED, Days, JointPolicy, Kind
from vaxpolicy.analysis.partition import Partition, only
from vaxpolicy.analysis.profiles import Counties, DoseGiven, Profile, Registered, season_day
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import PolicyError
from vaxpolicy.rules.people import Dose, Person, Willingness

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from vaxpolicy.analysis.regions import Region, Spans, Values
    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.policy import Policy, Stage, Window

Span: TypeAlias = tuple[int, int]

__all__ = ["Change", "Days", "Kind", "Note", "PolicyDiff", "diff"]

# -- answers ---------------------------------------------------------------------------------------


@frozen
class Change:
    """People for whom a dose of a vaccine is not what it was.

    Attributes:
        kind: what it does.
        vaccine: the code of the vaccine.
        dose: the number of the dose.
        who: the people; one and the same kind of change for each of them.
        example: one of them, with no fact that is not needed.
        old_days: the example's days under the old policy.
        new_days: the example's days under the new one.
        had_it: whether it is about people who have the dose on record already: they are compared
            up to that day.
    """

    kind: Kind
    vaccine: str
    dose: int
    who: Profile
    example: Person
    old_days: Days
    new_days: Days
    had_it: bool


@frozen
class Note:
    """A difference that decides nothing about anybody's days: what is written, before and after."""

    about: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@frozen
class PolicyDiff:
    """The difference between two policies; false where there is none.

    Attributes:
        old_id: the id of the old policy.
        old_version: its version.
        new_id: the id of the new policy.
        new_version: its version.
        changes: whose days change, and how.
        windows: the booking windows that differ, by stage.
        sources: the sources that are not the same in both.
        notification: whether people are notified, where that differs.
    """

    old_id: str
    old_version: str
    new_id: str
    new_version: str
    changes: tuple[Change, ...]
    windows: tuple[Note, ...]
    sources: tuple[Note, ...]
    notification: Note | None

    def __bool__(self) -> bool:
        return bool(self.changes or self.windows or self.sources or self.notification)


def diff(old: Policy, new: Policy, *, in_retrospect: bool = False) -> PolicyDiff:
    """Which people gain, lose or change days, per vaccine and dose, and what else differs.

    It compares people whose facts are known and do not contradict each other, as they are before
    they have the dose; with `in_retrospect` also those who have it on record, up to its day. Where
    the policies count doses from different days, that is the dose of either season.

    Raises PolicyError for policies against different diseases.
    """
    if old.disease != new.disease:
        raise PolicyError(
            f"cannot compare policies against different diseases: {old.disease} and {new.disease}"
        )
    plans = compile_policy(old), compile_policy(new)
    keys = {(entry.vaccine, entry.rule.dose) for plan in plans for entry in plan.entries}
    changes = [
        change
        for key in sorted(keys)
        for change in _changes(plans, *key, in_retrospect=in_retrospect)
    ]
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


# -- what decides nothing --------------------------------------------------------------------------


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


# -- from cells to changes -------------------------------------------------------------------------


def _changes(
    plans: tuple[CompiledPolicy, CompiledPolicy], vaccine: str, dose: int, *, in_retrospect: bool
) -> Iterator[Change]:
    overlay = JointPolicy(plans, vaccine, dose)
    if overlay.is_same:
        return
    for shape in overlay.shapes(in_retrospect=in_retrospect):
        people, found = Everybody(overlay, shape), list(found_in(overlay, shape))
        for kind in Kind:
            cells = [cell for its, cell in found if its is kind]
            for flight in as_age_steps(cells, people.cell, overlay.ages_then):
                change = people.change(kind, flight)
                if change is not None:
                    yield change


def found_in(overlay: JointPolicy, shape: Shape) -> Iterator[tuple[Kind, Region]]:
    """The cells of people with such a history for whom something changes, and what."""
    places = {shape.before[season] + overlay.dose - 2 for season in overlay.seasons}
    asked = sorted(at for at in places if overlay.told_apart and 0 <= at < len(shape.places))
    for choice in product(overlay.told_apart, repeat=len(asked)):
        vaccines = dict(zip(asked, choice, strict=True))
        walk = Partition(overlay, shape, vaccines)
        named = {f"vaccine/{at}": names for at, names in vaccines.items()}
        for kind, cell in walk.search(walk.everybody()):
            yield kind, {**cell, **named}


class Everybody:
    """All people of one shape of history, and how to speak of some of them."""

    def __init__(self, overlay: JointPolicy, shape: Shape) -> None:
        self.overlay, self.shape = overlay, shape
        self.places = range(len(shape.places))
        since = range(NEVER_REGISTERED, len(overlay.instants) + 1)
        self.cell: Region = {
            **Partition(overlay, shape, {}).everybody(),
            **{f"vaccine/{at}": overlay.against for at in self.places},
            "since": frozenset(since),
            "county/0": frozenset(overlay.counties),
            "county/1": frozenset(overlay.counties),
        }

    def change(self, kind: Kind, flight: AgeStep) -> Change | None:
        """The change for people, with one of them where they end; None where there are none."""
        one = next((one for step in flight.steps for one in self._at(step, _end)), None)
        if one is None:
            return None
        overlay, had_it = self.overlay, self.shape.had_it
        example, old, new = self.decided(one)
        return Change(
            kind, overlay.vaccine, overlay.dose, self._whom(flight), example, old, new, had_it
        )

    def decided(self, one: Region) -> tuple[Person, Days, Days]:
        """The one person of a cell, and the days under both policies."""
        vaccines = {
            at: cast("frozenset[str]", one[name])
            for at in self.places
            if (name := f"vaccine/{at}") in one
        }
        walk = Partition(self.overlay, self.shape, vaccines)
        return self._person(one, walk.vaccines), *walk.answers(one)

    # -- one of them --

    def some_of(self, cell: Region) -> Iterator[Region]:
        """Some people of a cell, at its ends and well within."""
        return self._at(cell, _ends_and_middle)

    def _at(self, cell: Region, days: Callable[[Span, Span, int], list[int]]) -> Iterator[Region]:
        """People of a cell whose birth and doses are those days of their ranges."""
        each = self.cell | cell
        births = cast("Spans", each["birth"])
        doses = [cast("Spans", each[f"dose/{at}"]) for at in self.places]
        before = min(entry.first for entry in self.overlay.sure.entries) - 1
        for birth, *ranges in product(births, *doses):
            bounds = ascending(birth, ranges)
            if bounds is None:
                continue
            latest = min([birth[1], *bounds[1][:1]])
            choices = [days(birth, (birth[0], latest), before - _A_LIFE)]
            choices += [
                days(whole, within, before - _A_MONTH * (len(ranges) - at))
                for at, (whole, within) in enumerate(
                    zip(ranges, zip(*bounds, strict=True), strict=True)
                )
            ]
            for born, *given in product(*choices):
                yield self._point(cell, born, given)

    def _point(self, cell: Region, born: int, given: list[int]) -> Region:
        """The one person, with doses moved on where they would come too early."""
        one: Region = {
            name: frozenset({max(cast("frozenset[str]", values))})
            for name, values in cell.items()
            if name.startswith(("group/", "county/", "since"))
        }
        one |= {name: names for name, names in cell.items() if name.startswith("vaccine/")}
        one["birth"] = ((born, born),)
        last = born - 1
        for at, day in enumerate(given):
            last = max(day, last + 1)
            one[f"dose/{at}"] = ((last, last),)
        return one

    def _person(self, one: Region, vaccines: tuple[str, ...]) -> Person:
        days = [cast("Spans", one[f"dose/{at}"])[0][0] for at in self.places]
        (since,) = cast("frozenset[int]", one.get("since", frozenset({NEVER_REGISTERED})))
        instant = self.overlay.instant(since)
        return Person(
            birth_date=date.fromordinal(cast("Spans", one["birth"])[0][0]),
            doses=tuple(map(Dose, vaccines, map(date.fromordinal, days))),
            groups=[name[6:] for name, it in one.items() if name[:6] == "group/" and True in it],
            registered_county=self._county(one.get("county/0")),
            residence_county=self._county(one.get("county/1")),
            willingness=Willingness({} if instant is None else {self.overlay.vaccine: instant}),
        )

    def _county(self, value: Values | None) -> str | None:
        """The county; one that is not told apart, where some are and it is none of these."""
        told_apart = self.overlay.counties
        return only(value) or (elsewhere(told_apart) if len(told_apart) > 1 else None)

    # -- all of them --

    def _whom(self, flight: AgeStep) -> Profile:
        cell = flight.cell
        births = cell.get("birth")
        groups = {name[6:]: it for name, it in sorted(cell.items()) if name[:6] == "group/"}
        return Profile(
            vaccine=self.overlay.vaccine,
            against=self.overlay.against,
            births=None if births is None else DaySet.of_spans(cast("Spans", births)),
            counts=self.shape.counts,
            doses=tuple(self._doses(flight)),
            members=tuple(group for group, it in groups.items() if True in it),
            not_members=tuple(group for group, it in groups.items() if False in it),
            registered_county=self._counties(cell.get("county/0")),
            residence_county=self._counties(cell.get("county/1")),
            registered=self._registered(cell.get("since")),
        )

    def _doses(self, flight: AgeStep) -> Iterator[DoseGiven]:
        for at, place in enumerate(self.shape.places):
            spans, vaccines = flight.cell.get(f"dose/{at}"), flight.cell.get(f"vaccine/{at}")
            if spans is not None or vaccines is not None:
                days = DaySet.every() if spans is None else DaySet.of_spans(cast("Spans", spans))
                names = cast("frozenset[str] | None", vaccines)
                age = flight.age if flight.place == at else None
                yield DoseGiven(place.number, season_day(place.season), days, names, age)

    def _counties(self, values: Values | None) -> Counties | None:
        if values is None:
            return None
        names = cast("frozenset[str]", values)
        if "" in names:
            others = (name for name in self.overlay.counties if name not in names)
            return Counties(tuple(others), others=True)
        return Counties(tuple(sorted(names)))

    def _registered(self, values: Values | None) -> Registered | None:
        if values is None:
            return None
        numbers = sorted(cast("frozenset[int]", values) - {NEVER_REGISTERED})
        edges: list[datetime | None] = [None, *self.overlay.instants, None]
        ranges: list[tuple[datetime | None, datetime | None]] = []
        for before, number in pairwise([-2, *numbers]):
            start = ranges.pop()[0] if number == before + 1 else edges[number]
            ranges.append((start, edges[number + 1]))
        return Registered(tuple(ranges), never=NEVER_REGISTERED in values)


def elsewhere(counties: Collection[str]) -> str:
    """A county that is none of these."""
    return next((it for it in _SOME_COUNTIES if it not in counties), "elsewhere")


_SOME_COUNTIES: Final = ("臺北市", "新北市", "桃園市", "臺中市", "臺南市", "高雄市")
_A_LIFE: Final = 40 * 365
_A_QUARTER: Final = 90
_A_MONTH: Final = 30


def _end(whole: Span, within: Span, usual: int) -> list[int]:
    """The day at which a range ends; the usual one of a range that is open at both ends."""
    low, high = within
    if whole[0] > FIRST:
        return [low]
    return [high if whole[1] < LAST else max(low, min(high - _A_MONTH, usual))]


def _ends_and_middle(whole: Span, within: Span, usual: int) -> list[int]:
    """Where a range ends and begins, and a day between; of an open one, a day well within."""
    low, high = within
    if whole[0] > FIRST and whole[1] < LAST:
        return [low, (low + high) // 2, high]
    (end,) = _end(whole, within, usual)
    return [end, max(low, end - _A_QUARTER) if whole[0] == FIRST else min(high, end + _A_QUARTER)]
