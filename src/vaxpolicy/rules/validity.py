"""Decides which doses of a person count. This happens once, when the facts are read.

A dose does not count if it was given too early, by more than the days of grace, or too soon after
another vaccine. Conditions read only the doses that count. An interval starts at the last dose that
was given, whether it counts or not.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # the class is asked for its annotations
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Annotated, Final

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
        if len(set(self.vaccines)) < _A_PAIR:
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
    def _series(self) -> Mapping[str, tuple[str, ...]]:
        """The vaccines of the series of each vaccine that has one."""
        found: dict[str, tuple[str, ...]] = {}
        for minimum in self.minimums:
            for vaccine in minimum.vaccines:
                found.setdefault(vaccine, minimum.vaccines)
        return found

    @cached_property
    def _minimums_of(self) -> Mapping[tuple[str, int], tuple[Minimum, ...]]:
        """The minimums of each vaccine and number of a dose."""
        found: dict[tuple[str, int], list[Minimum]] = {}
        for minimum in self.minimums:
            for vaccine in minimum.vaccines:
                found.setdefault((vaccine, minimum.dose), []).append(minimum)
        return {key: tuple(its) for key, its in found.items()}

    @cached_property
    def _apart(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """For each vaccine the others from which it is kept apart, and by how many days."""
        found: dict[str, list[tuple[str, int]]] = {}
        for spacing in self.spacings:
            for one, other in permutations(spacing.vaccines, 2):
                found.setdefault(one, []).append((other, spacing.days))
        return {vaccine: tuple(its) for vaccine, its in found.items()}

    def _void(self, facts: Facts, birth: int) -> tuple[VoidDose, ...]:
        """The doses that do not count for a person born on that day, in order."""
        given: dict[object, list[int]] = {}
        counted: dict[object, list[int]] = {}
        seen: list[tuple[int, str]] = []
        found: list[VoidDose] = []
        doses: Iterable[tuple[int, str]] = zip(facts.doses or (), facts.vaccines, strict=True)
        if facts.others:
            doses = sorted([*doses, *facts.others])
        others = {vaccine for _, vaccine in facts.others}
        for day, vaccine in doses:
            if vaccine in others:  # the programme does not say which of these count
                seen.append((day, vaccine))
                continue
            series = self._series.get(vaccine, vaccine)
            before = given.setdefault(series, [])
            valid = counted.setdefault(series, [])
            number = len(valid) + 1
            code = ""
            if (vaccine, number) in self._minimums_of:
                code = self._problem((vaccine, number), birth, day, before, valid)
            if not code and vaccine in self._apart:
                code = self._too_close(vaccine, day, seen)
            before.append(day)
            seen.append((day, vaccine))
            if code:
                found.append(VoidDose(code, number, vaccine, day))
            else:
                valid.append(day)
        return tuple(found)

    def _problem(
        self,
        dose: tuple[str, int],
        birth: int,
        day: int,
        given: Sequence[int],
        counted: Sequence[int],
    ) -> str:
        """The code of what is wrong with a dose; "" where one of its minimums is met."""
        first = counted[0] if counted else None
        worst = None
        for minimum in self._minimums_of[dose]:
            if minimum.is_for(birth, first):
                code = minimum.is_met(birth, day, given, first)
                if not code:
                    return ""
                worst = worst or code
        return worst or ""

    def _too_close(self, vaccine: str, day: int, seen: Sequence[tuple[int, str]]) -> str:
        for other, days in self._apart[vaccine]:
            for other_day, given in seen:
                if given == other and 0 < day - other_day < days:
                    return "dose-too-close"
        return ""


def _with_all(facts: Facts, season: int) -> Facts:
    """The facts with all doses that are undecided."""
    return facts.but(
        doses=tuple(day for day, _ in facts.undecided),
        vaccines=tuple(vaccine for _, vaccine in facts.undecided),
        before_season=sum(day < season for day, _ in facts.undecided),
        undecided=(),
    )
