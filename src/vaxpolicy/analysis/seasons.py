"""Compares two seasons of a campaign: rule by rule, then people by age and group.

Absolute days differ everywhere between two seasons, and so do the ids of groups. This comparison
shifts the calendar by the years between the seasons and pairs groups of two lists by their names.
The rules are compared completely. The people are examples: for each group and each year of birth
people at both ends of the year and around the season's first day. For an exact answer in absolute
days there is `vaxpolicy.analysis.diff`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

import attrs
from attrs import field, frozen

from vaxpolicy._values import (
    FIRST_BIRTH,
    FIRST_DAY,
    FIRST_DOSE,
    LAST_DAY,
    AnyDay,
    Between,
    DoseNumber,
    Prose,
    Text,
    checked,
    not_before,
    require_type,
)
from vaxpolicy.analysis.joint import Days
from vaxpolicy.analysis.partition import days_of
from vaxpolicy.days import DaySet
from vaxpolicy.rules.compiled import compile_policy, edges_of
from vaxpolicy.rules.conditions import (
    AllOf,
    AnyCondition,
    AnyOf,
    InAnyGroup,
    InGroup,
    NotThat,
    PolicyError,
    with_whole,
    written,
)
from vaxpolicy.rules.people import Dose, Person
from vaxpolicy.rules.policy import Policy, VaccinationDays

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxpolicy.rules.compiled import BoundCondition, CompiledPolicy
    from vaxpolicy.rules.policy import Rule, Stage

Fate: TypeAlias = Literal["added", "dropped", "changed"]


_MOST_YEARS: Final = 200
"""The most years between two seasons."""


@frozen(field_transformer=checked)
class StageChange:
    """A stage that is new, that is gone, or whose days differ after the shift of the calendar.

    Attributes:
        stage: its id.
        fate: what became of it.
        old: its days in the old season; None where it is new.
        new: its days in the new season; None where it is gone.
    """

    stage: str
    fate: Fate
    old: VaccinationDays | None
    new: VaccinationDays | None


@frozen(field_transformer=checked)
class RuleChange:
    """A rule that is new, that is gone, or whose content differs.

    Attributes:
        stage: the id of its stage.
        rule: its id.
        fate: what became of it.
        dose: the dose that it offers.
        vaccines_dropped: the vaccines that it no longer offers.
        vaccines_added: the vaccines that it offers for the first time.
        dropped: the conditions that are gone; all of them where the rule is gone.
        added: the conditions that are new; all of them where the rule is new.
        changed: pairs of conditions of one kind that differ: the old one and the new one.
    """

    stage: str
    rule: str
    fate: Fate
    dose: DoseNumber
    vaccines_dropped: tuple[str, ...] = ()
    vaccines_added: tuple[str, ...] = ()
    dropped: tuple[AnyCondition, ...] = ()
    added: tuple[AnyCondition, ...] = ()
    changed: tuple[tuple[AnyCondition, AnyCondition], ...] = ()


@frozen(field_transformer=checked)
class PeopleChange:
    """People of the new season who are offered a dose, or from another day on than people as old.

    People as old are those who had their age in the old season. If only the last day differs,
    the days of a stage differ, and the comparison says so there.

    Attributes:
        born_from: the earliest of their birth dates.
        born_to: the latest one.
        groups: the groups, as the new season names them; the change holds for each of them. "" are
            people in no group.
        had_dose: whether they had a dose in the season before; None: the change is the same.
        dose: the dose that changes.
        old: the days of the first of them in the old season, shifted into the new one.
        new: the days of the first of them in the new season.
    """

    born_from: AnyDay
    born_to: AnyDay = field(validator=not_before("born_from"))
    groups: tuple[Text, ...]
    had_dose: bool | None
    dose: DoseNumber
    old: Days
    new: Days


@frozen(field_transformer=checked)
class SeasonDiff:
    """The difference between two seasons; false where there is none.

    Attributes:
        years: the number of years by which the calendar is shifted.
        stages: the stages that differ.
        rules: the rules that differ.
        groups_added: groups that only the new season names.
        groups_dropped: groups that only the old season names.
        people: the people whose days differ.
    """

    years: Annotated[int, Between(-200, 200)]
    stages: tuple[StageChange, ...]
    rules: tuple[RuleChange, ...]
    groups_added: tuple[Prose, ...]
    groups_dropped: tuple[Prose, ...]
    people: tuple[PeopleChange, ...]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.stages or self.rules or self.people)


def are_seasons(old: Policy, new: Policy) -> bool:
    """Whether both policies count doses by season, from different days."""
    return None not in {old.counts_from, new.counts_from} and old.counts_from != new.counts_from


def season_diff(old: Policy, new: Policy, names: Mapping[str, str]) -> SeasonDiff:
    """The difference between two seasons of one campaign.

    Args:
        old: the policy of the old season.
        new: the policy of the new season.
        names: the names of groups by id: two groups of one name are the same in both seasons.

    Raises PolicyError for policies against different diseases, or that do not count by season.
    """
    require_type("old", Policy, old)
    require_type("new", Policy, new)
    if old.disease != new.disease:
        raise PolicyError(
            f"cannot compare policies against different diseases: {old.disease} and {new.disease}"
        )
    if old.counts_from is None or new.counts_from is None:
        raise PolicyError("cannot compare seasons: a policy without counts_from has none")
    years = new.counts_from.year - old.counts_from.year
    if abs(years) > _MOST_YEARS:
        raise PolicyError(f"cannot compare seasons that are more than {_MOST_YEARS} years apart")
    pairs = _same_groups(_groups(old), _groups(new), names)
    shift = _Shift(years, pairs)
    later = (new.counts_from - shift.day(old.counts_from)).days
    start = old.counts_from + timedelta(days=max(0, later))  # a day of both seasons
    before = [(stage, rule) for stage in old.stages for rule in stage.rules]
    after = [(stage, rule) for stage in new.stages for rule in stage.rules]
    return SeasonDiff(
        years,
        tuple(_stage_changes(old, new, shift)),
        tuple(_rule_changes(before, after, shift)),
        tuple(sorted(_groups(new) - set(pairs.values()))),
        tuple(sorted(_groups(old) - pairs.keys())),
        tuple(_people(_Season(old, start), _Season(new, shift.day(start)), shift)),
    )


def _in_year(day: date, year: int) -> date:
    """The day of another year; 1 March for 29 February where the year has none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


@frozen
class _Shift:
    """Moves the old season into the new one: days by years, groups to those of the same name."""

    years: int
    groups: Mapping[str, str]

    def day(self, day: date) -> date:
        return _in_year(day, min(max(day.year + self.years, FIRST_DAY.year), LAST_DAY.year))

    def days(self, days: VaccinationDays) -> VaccinationDays:
        until = days.sure_until
        return attrs.evolve(
            days,
            first=self.day(days.first),
            last=self.day(days.last),
            sure_until=None if until is None else self.day(until),
        )

    def day_set(self, days: DaySet) -> DaySet:
        return DaySet.of_spans(
            (
                self.day(date.fromordinal(low)).toordinal(),
                self.day(date.fromordinal(high)).toordinal(),
            )
            for low, high in days.spans
        )

    def of(self, days: Days) -> Days:
        return Days(self.day_set(days.sure), self.day_set(days.possible))

    def condition(self, condition: AnyCondition) -> AnyCondition:
        match condition:
            case AllOf(parts) | AnyOf(parts):
                return type(condition)(tuple(map(self.condition, parts)))
            case NotThat(inner):
                return NotThat(self.condition(inner))
            case InGroup(group):
                return type(condition)(self.groups.get(group, group))
            case InAnyGroup(groups):
                return InAnyGroup(tuple(self.groups.get(group, group) for group in groups))
            case _:
                changed = {
                    field.name: self.day(value)
                    for field in attrs.fields(type(condition))
                    if type(value := getattr(condition, field.name)) is date
                }
                return attrs.evolve(condition, **changed)


def _groups(policy: Policy) -> set[str]:
    """The groups that a policy's rules name."""
    return {
        group for stage in policy.stages for rule in stage.rules for group in _groups_of(rule.all)
    }


def _groups_of(conditions: Iterable[AnyCondition]) -> Iterator[str]:
    for condition in written(conditions):
        match condition:
            case InGroup(group):
                yield group
            case InAnyGroup(groups):
                yield from groups


def _same_groups(old: set[str], new: set[str], names: Mapping[str, str]) -> dict[str, str]:
    """The groups of the new season that are those of the old one: by id, name, or end of the id."""
    pairs = {group: group for group in old & new}
    for how in (lambda group: names.get(group, group), _end_of_id):
        left = {how(group): group for group in sorted(new - set(pairs.values()), reverse=True)}
        for group in sorted(old - pairs.keys()):
            if how(group) in left:
                pairs[group] = left.pop(how(group))
    return pairs


def _end_of_id(group: str) -> str:
    """The id without the name of its list; an id that names no list is whole."""
    return group.partition("/")[2] or group


def _stage_changes(old: Policy, new: Policy, shift: _Shift) -> Iterator[StageChange]:
    before, after = ({stage.id: stage.vaccination_days for stage in it.stages} for it in (old, new))
    for stage in dict.fromkeys((*before, *after)):
        was, now = before.get(stage), after.get(stage)
        if was is None or now is None:
            yield StageChange(stage, "added" if was is None else "dropped", was, now)
        elif shift.days(was) != now:
            yield StageChange(stage, "changed", was, now)


_InStage: TypeAlias = "tuple[Stage, Rule]"


def _rule_changes(old: list[_InStage], new: list[_InStage], shift: _Shift) -> Iterator[RuleChange]:
    left = list(old)
    for stage, rule in new:
        same = next((it for it in left if it[1].id == rule.id and it[1].dose == rule.dose), None)
        if same is None:
            yield RuleChange(
                stage.id,
                rule.id,
                "added",
                rule.dose,
                vaccines_added=rule.vaccines,
                added=rule.all,
            )
            continue
        left.remove(same)
        change = _changed_rule(stage, rule, same[1], shift)
        if change is not None:
            yield change
    for stage, rule in left:
        yield RuleChange(
            stage.id,
            rule.id,
            "dropped",
            rule.dose,
            vaccines_dropped=rule.vaccines,
            dropped=rule.all,
        )


def _changed_rule(stage: Stage, rule: Rule, was: Rule, shift: _Shift) -> RuleChange | None:
    """The differences between two versions of a rule; None if they are equal."""
    before = [shift.condition(condition) for condition in was.all]
    dropped = [condition for condition in before if condition not in rule.all]
    added = [condition for condition in rule.all if condition not in before]
    changed = []
    for condition in list(dropped):
        other = next((it for it in added if _are_of_one_kind(condition, it)), None)
        if other is not None:
            changed.append((condition, other))
            dropped.remove(condition)
            added.remove(other)
    vaccines_dropped = tuple(code for code in was.vaccines if code not in rule.vaccines)
    vaccines_added = tuple(code for code in rule.vaccines if code not in was.vaccines)
    if not (dropped or added or changed or vaccines_dropped or vaccines_added):
        return None
    return RuleChange(
        stage.id,
        rule.id,
        "changed",
        rule.dose,
        vaccines_dropped,
        vaccines_added,
        tuple(dropped),
        tuple(added),
        tuple(changed),
    )


def _are_of_one_kind(one: AnyCondition, other: AnyCondition) -> bool:
    return type(one) is type(other) and not isinstance(one, AllOf | AnyOf | NotThat | InGroup)


_OLDEST: Final = 105
_MONTHS: Final = 24
_NATIONAL: Final = "status/national"
"""The group that every programme asks of most people: the examples belong to it."""


def _births(season: date) -> list[date]:
    """Birth dates at both ends of each year and on the season's first day; infants by month."""
    births = {season - timedelta(days=30 * months) for months in range(_MONTHS)}
    for year in range(season.year - _OLDEST, season.year):
        births |= {date(year, 1, 1), _in_year(season, year), date(year, 12, 31)}
    return sorted(births)


@frozen
class _History:
    """Doses that the examples had: in the season before, and in this one."""

    had_dose: bool
    dose: int

    def doses(self, season: date, vaccine: str) -> tuple[Dose, ...]:
        days = [season + timedelta(days=number) for number in range(self.dose - 1)]
        if self.had_dose:
            days.insert(0, season - _HALF_A_YEAR)
        return tuple(Dose(vaccine, day) for day in days if FIRST_DOSE <= day <= LAST_DAY)


_HALF_A_YEAR: Final = timedelta(days=182)


def _people(old: _Season, new: _Season, shift: _Shift) -> Iterator[PeopleChange]:
    births = [
        it
        for it in _births(old.first)
        if all(FIRST_BIRTH <= born <= LAST_DAY for born in (it, shift.day(it)))
    ]
    later = [shift.day(born) for born in births]
    own = {"": ""} | {
        before: after for before, after in sorted(shift.groups.items()) if before != _NATIONAL
    }
    doses = sorted(old.doses | new.doses)
    histories = [_History(had_dose, dose) for dose in doses for had_dose in (False, True)]
    found: dict[object, list[PeopleChange]] = {}
    for before, after in own.items():
        for history in histories:
            pairs = zip(
                (shift.of(days) for days in old.days(births, before, history)),
                new.days(later, after, history),
                strict=True,
            )
            runs = groupby(zip(later, pairs, strict=True), key=lambda it: tuple(map(_gist, it[1])))
            for (was, now), same in runs:
                if was == now:
                    continue
                run = list(same)
                change = PeopleChange(
                    run[0][0],
                    run[-1][0],
                    (after,),
                    history.had_dose,
                    history.dose,
                    *run[0][1],
                )
                key = run[0][0], run[-1][0], history, was, now
                found.setdefault(key, []).append(change)
    merged: dict[PeopleChange, PeopleChange] = {}
    for changes in found.values():
        groups = tuple(group for change in changes for group in change.groups)
        change = attrs.evolve(changes[0], groups=groups)
        either = attrs.evolve(change, had_dose=None)
        merged[either] = either if either in merged else change
    yield from merged.values()


def _gist(days: Days) -> tuple[int, date | None]:
    """Whether a dose is offered, and from which day on."""
    return days.rank, (days.sure or days.possible).first


class _Season:
    """A policy of one season, applied to examples of people.

    People for whom every condition gives the same answer are decided once: those who belong to the
    same groups as far as the policy names them, with the same doses, born between two birth dates
    at which an answer changes.
    """

    def __init__(self, policy: Policy, first: date) -> None:
        self.first, self.plan = first, compile_policy(policy)
        self.doses = {entry.rule.dose for entry in self.plan.entries}
        self.vaccine = min(self.plan.vaccines)
        self.by_dose = {
            dose: attrs.evolve(
                self.plan,
                entries=tuple(it for it in self.plan.entries if it.rule.dose == dose),
            )
            for dose in self.doses
        }
        self.named = {
            dose: frozenset(
                group for leaf in _leaves(plan) for group in _groups_of([leaf.condition])
            )
            for dose, plan in self.by_dose.items()
        }
        self.edges = {dose: _birth_edges(plan) for dose, plan in self.by_dose.items()}
        self.decided: dict[tuple[frozenset[str], _History], list[Days]] = {}

    def days(self, births: list[date], group: str, history: _History) -> list[Days]:
        """The days of the next dose for somebody of a group, for each of the birth dates."""
        named = self.named.get(history.dose, frozenset())
        members = with_whole({_NATIONAL, group} - {""}) & named
        key = members, history
        if key not in self.decided:
            self.decided[key] = list(self._decide(births, members, history))
        return self.decided[key]

    def _decide(
        self, births: list[date], members: frozenset[str], history: _History
    ) -> Iterator[Days]:
        plan = self.by_dose.get(history.dose)
        if plan is None:
            yield from (Days(DaySet.none(), DaySet.none()) for _ in births)
            return
        doses, edges = history.doses(self.first, self.vaccine), self.edges[history.dose]
        place: tuple[int, int] | None = None
        for born in births:
            given = tuple(dose for dose in doses if dose.on >= born)
            # without edges each birth date is a place of its own
            at = born.toordinal() if edges is None else bisect_left(edges, born.toordinal())
            if place != (at, len(given)):
                place = at, len(given)
                found = days_of(plan, plan.read(Person(born, given, members)).facts)
            yield found


def _leaves(plan: CompiledPolicy) -> list[BoundCondition]:
    """The conditions of the plan's entries."""
    numbers = {leaf for entry in plan.entries for each in entry.alternatives for leaf in each}
    return [plan.leaves[number] for number in sorted(numbers)]


def _birth_edges(plan: CompiledPolicy) -> list[int] | None:
    """The last birth date before each change of an answer; None where doses decide by their age."""
    if plan.by_product or plan.validity is not None:
        return None
    found = (edges_of(leaf.condition, leaf.context) for leaf in _leaves(plan))
    return sorted(frozenset[int]().union(*(edges.births for edges in found)))
