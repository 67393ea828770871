"""Decides which doses of a person count. This happens once, when the facts are read.

A dose does not count if it was given too early, by more than the days of grace, or too soon after
another vaccine. Conditions read only the doses that count. An interval starts at the last dose that
was given, whether it counts or not.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # the class is asked for its annotations
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from attrs import frozen

from vaxpolicy._values import SOME, Days, DoseNumber, InvalidValue, checked
from vaxpolicy.days import FIRST
from vaxpolicy.rules.conditions.facts import Facts, Reading, VoidDose

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@frozen(field_transformer=checked)
class Minimum:
    """The least age and the least intervals for a dose to count.

    If a dose has several of these, one of them is enough.

    Attributes:
        vaccines: the vaccines of the series.
        dose: the number of the dose in the series.
        cites: the keys of the sources, at least one.
        age_days: the least age, in days.
        after_last_days: the least number of days since the dose before.
        after_first_days: the least number of days since the first dose.
        first_at_days: it applies only to people who were at least this many days old at the first
            dose.
        grace_days: a dose may be this many days too early.
        grace_for_age: whether the grace applies to the age as well as to the intervals.
        reading: the interpretation of an unclear text, with its reason.
    """

    vaccines: Annotated[tuple[str, ...], SOME]
    dose: DoseNumber
    cites: tuple[str, ...]
    age_days: Days = 0
    after_last_days: Days = 0
    after_first_days: Days = 0
    first_at_days: Days = 0
    grace_days: Days = 0
    grace_for_age: bool = True
    reading: str = ""

    def is_met(self, birth: int, day: int, given: Sequence[int], first: int | None) -> str:
        """The code of the fault of a dose on that day; "" if it counts.

        `given` has the earlier doses of the series, `first` the first of them that counts.
        """
        age_grace = self.grace_days if self.grace_for_age else 0
        if day - birth < self.age_days - age_grace:
            return "dose-too-young"
        if given and day - given[-1] < self.after_last_days - self.grace_days:
            return "dose-too-soon"
        if first is not None and day - first < self.after_first_days - self.grace_days:
            return "dose-too-soon"
        return ""

    def is_for(self, birth: int, first: int | None) -> bool:
        """Whether it applies to somebody with this first dose."""
        return not self.first_at_days or (first is not None and first - birth >= self.first_at_days)


@frozen(field_transformer=checked)
class Spacing:
    """Vaccines that are given on one day or this many days apart; otherwise the later one is void.

    Attributes:
        vaccines: the vaccines, each with a separate series.
        days: the least number of days between two of them.
        cites: the keys of the sources, at least one.
        reading: the interpretation of an unclear text, with its reason.
    """

    vaccines: Annotated[tuple[str, ...], SOME]
    days: Days
    cites: tuple[str, ...]
    reading: str = ""

    def __attrs_post_init__(self) -> None:
        """Require two vaccines: a spacing is between them."""
        if len(self.vaccines) < _A_PAIR:
            raise InvalidValue("out-of-range", "vaccines", "at least two vaccines")


_A_PAIR: Final = 2


@frozen(field_transformer=checked)
class Validity:
    """The tables by which a programme decides which doses count."""

    minimums: tuple[Minimum, ...]
    spacings: tuple[Spacing, ...]

    def apply(self, reading: Reading, season: int) -> Reading:
        """The facts, with only the doses that count.

        If too little of the birth date is known to decide this, the doses become undecided.
        """
        facts = reading.facts
        if not facts.doses:
            return reading
        void = self._void(facts, facts.birth)
        if facts.birth != facts.birth_to and any(
            void != self._void(facts, edge + 1) for edge in self._edges(facts)
        ):
            given = tuple(zip(facts.doses, facts.vaccines, strict=True))
            changes = {"doses": None, "vaccines": (), "before_season": 0, "undecided": given}
            return Reading(facts.but(**changes), reading.problem)
        if not void:
            return reading
        dropped = {(it.day, it.vaccine) for it in void}
        every = zip(facts.doses, facts.vaccines, strict=True)
        kept = [dose for dose in every if dose not in dropped]
        changed = facts.but(
            doses=tuple(day for day, _ in kept),
            vaccines=tuple(vaccine for _, vaccine in kept),
            before_season=sum(day < season for day, _ in kept),
            void=tuple(sorted(dropped)),
        )
        return Reading(changed, reading.problem, void)

    def again(self, facts: Facts, season: int) -> Facts:
        """The facts about undecided doses, now that more of the birth date is known."""
        return self.apply(Reading(_with_all(facts, season), None), season).facts

    def edges(self, facts: Facts) -> list[int]:
        """The last birth dates before undecided doses may count in another way, in order."""
        return self._edges(_with_all(facts, FIRST))

    def _edges(self, facts: Facts) -> list[int]:
        """Those of them among the birth dates that are possible."""
        found: set[int] = set()
        for day, vaccine in zip(facts.doses or (), facts.vaccines, strict=True):
            for minimum in self._minimums_by_vaccine.get(vaccine, ()):
                grace = minimum.grace_days if minimum.grace_for_age else 0
                found |= {day - minimum.age_days + grace, day - minimum.first_at_days}
        return sorted(edge for edge in found if facts.birth <= edge < facts.birth_to)

    @cached_property
    def _minimums_by_vaccine(self) -> Mapping[str, tuple[Minimum, ...]]:
        """The minimums of the series of each vaccine."""
        found: dict[str, list[Minimum]] = {}
        for minimum in self.minimums:
            for vaccine in minimum.vaccines:
                found.setdefault(vaccine, []).append(minimum)
        return {vaccine: tuple(its) for vaccine, its in found.items()}

    @cached_property
    def _rules(self) -> Mapping[str, _RulesOfVaccine]:
        """The rules for each vaccine that has some."""
        series: dict[str, tuple[str, ...]] = {}
        minimums: dict[str, dict[int, list[Minimum]]] = {}
        for minimum in self.minimums:
            for vaccine in minimum.vaccines:
                series.setdefault(vaccine, minimum.vaccines)
                its = minimums.setdefault(vaccine, {})
                its.setdefault(minimum.dose, []).append(minimum)
        apart: dict[str, list[tuple[str, int]]] = {}
        for spacing in self.spacings:
            for one, other in permutations(spacing.vaccines, 2):
                apart.setdefault(one, []).append((other, spacing.days))
        return {
            vaccine: _RulesOfVaccine(
                series.get(vaccine, (vaccine,)), minimums.get(vaccine, {}), apart.get(vaccine, ())
            )
            for vaccine in (*series, *apart)
        }

    def _void(self, facts: Facts, birth: int) -> tuple[VoidDose, ...]:
        """The doses that do not count for a person born on that day, in order."""
        rules = self._rules
        histories: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
        seen: list[tuple[int, str]] = []
        found: list[VoidDose] = []
        doses: Iterable[tuple[int, str]] = zip(facts.doses or (), facts.vaccines, strict=True)
        if facts.others:
            doses = sorted([*doses, *facts.others])
        others = {vaccine for _, vaccine in facts.others}
        for day, vaccine in doses:
            if vaccine not in rules:
                continue
            series, minimums, apart = rules[vaccine]
            if vaccine in others:  # the programme does not say which of these count
                seen.append((day, vaccine))
                continue
            if series not in histories:
                histories[series] = [], []
            given, counted = histories[series]
            number = len(counted) + 1
            code = ""
            if number in minimums:
                code = _problem(minimums[number], birth, day, given, counted)
            if apart:
                code = code or _too_close(apart, day, seen)
                seen.append((day, vaccine))
            given.append(day)
            if code:
                found.append(VoidDose(code, number, vaccine, day))
            else:
                counted.append(day)
        return tuple(found)


class _RulesOfVaccine(NamedTuple):
    """By what rules the doses of a vaccine count.

    Attributes:
        series: the vaccines of its series.
        minimums: the minimums of each dose, by its number.
        apart: the other vaccines from which it is kept apart, and by how many days.
    """

    series: tuple[str, ...]
    minimums: Mapping[int, Sequence[Minimum]]
    apart: Sequence[tuple[str, int]]


def _too_close(apart: Sequence[tuple[str, int]], day: int, seen: Sequence[tuple[int, str]]) -> str:
    for other, days in apart:
        for other_day, given in seen:
            if given == other and 0 < day - other_day < days:
                return "dose-too-close"
    return ""


def _problem(
    minimums: Sequence[Minimum], birth: int, day: int, given: Sequence[int], counted: Sequence[int]
) -> str:
    """The code of what is wrong with a dose; "" where one of its minimums is met."""
    first = counted[0] if counted else None
    worst = ""
    for minimum in minimums:
        if minimum.first_at_days and not minimum.is_for(birth, first):
            continue
        code = minimum.is_met(birth, day, given, first)
        if not code:
            return ""
        worst = worst or code
    return worst


def _with_all(facts: Facts, season: int) -> Facts:
    """The facts with all doses that are undecided."""
    return facts.but(
        doses=tuple(day for day, _ in facts.undecided),
        vaccines=tuple(vaccine for _, vaccine in facts.undecided),
        before_season=sum(day < season for day, _ in facts.undecided),
        undecided=(),
    )
