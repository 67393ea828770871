"""Decides which doses of a person count. This happens once, when the facts are read.

A dose does not count if it was given too early, by more than the days of grace, or too soon after
another vaccine. Conditions read only the doses that count. An interval starts at the last dose that
was given, whether it counts or not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping  # noqa: TC003  # the class is asked for its annotations
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from attrs import frozen

from vaxpolicy._values import SOME, Days, DoseNumber, InvalidValue, checked
from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.conditions.facts import Facts, Reading, VoidDose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


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
        if birth > _last_birth(self, day):
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

    def apply(
        self, reading: Reading, season: int, spend: Callable[[int], None] | None = None
    ) -> Reading:
        """The facts, with only the doses that count.

        If too little of the birth date is known to decide this, the doses become undecided. `spend`
        is told how many doses were looked at, each time that they are; without it they become
        undecided as well if they would have to be looked at too often.
        """
        facts = reading.facts
        if not facts.doses:
            return reading
        void, same_until = self._void(facts, facts.birth)
        if spend is not None:
            spend(len(facts.doses))
        tries = 0
        while same_until < facts.birth_to:
            tries += 1
            if spend is not None:
                spend(len(facts.doses))
            other, same_until = self._void(facts, same_until + 1)
            if other != void or (spend is None and tries > _MOST_TRIES):
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

    def again(self, facts: Facts, season: int, spend: Callable[[int], None]) -> Facts:
        """The facts about undecided doses, now that more of the birth date is known."""
        return self.apply(Reading(_with_all(facts, season), None), season, spend).facts

    def edges(self, facts: Facts) -> list[int]:
        """The last birth dates before undecided doses may count in another way, in order."""
        return self._edges(_with_all(facts, FIRST))

    def _edges(self, facts: Facts) -> list[int]:
        """Those of them among the birth dates that are possible."""
        found: set[int] = set()
        for day, vaccine in zip(facts.doses or (), facts.vaccines, strict=True):
            for minimum in self._minimums_by_vaccine.get(vaccine, ()):
                found |= {_last_birth(minimum, day), day - minimum.first_at_days}
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

    def _void(self, facts: Facts, birth: int) -> tuple[tuple[VoidDose, ...], int]:
        """The doses that do not count for a person born on that day, in order.

        And the last birth date from then on up to which they surely are the same.
        """
        rules = self._rules
        histories: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
        seen: dict[str, list[int]] = {}
        same_until = LAST
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
                seen.setdefault(vaccine, []).append(day)
                continue
            if series not in histories:
                histories[series] = [], []
            given, counted = histories[series]
            number = len(counted) + 1
            code = ""
            if number in minimums:
                code, until = _problem(minimums[number], birth, day, given, counted)
                if until < same_until:
                    same_until = until
            if apart:
                code = code or _too_close(apart, day, seen)
                seen.setdefault(vaccine, []).append(day)
            given.append(day)
            if code:
                found.append(VoidDose(code, number, vaccine, day))
            else:
                counted.append(day)
        return tuple(found), same_until


_MOST_TRIES: Final = 64
"""The birth dates for which doses are looked at before there is a limit of work."""


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


def _last_birth(minimum: Minimum, day: int) -> int:
    """The last birth date of somebody who is old enough for a dose on that day."""
    return day - minimum.age_days + (minimum.grace_days if minimum.grace_for_age else 0)


def _too_close(
    apart: Sequence[tuple[str, int]], day: int, seen: Mapping[str, Sequence[int]]
) -> str:
    for other, days in apart:
        given = seen.get(other, ())
        earlier = bisect_left(given, day)
        if earlier and day - given[earlier - 1] < days:
            return "dose-too-close"
    return ""


def _problem(
    minimums: Sequence[Minimum], birth: int, day: int, given: Sequence[int], counted: Sequence[int]
) -> tuple[str, int]:
    """The code of what is wrong with a dose; "" where one of its minimums is met.

    And the last birth date from this one on up to which that surely is the same.
    """
    first = counted[0] if counted else None
    worst, same_until = "", LAST
    for minimum in minimums:
        if minimum.first_at_days:
            if first is None or not minimum.is_for(birth, first):
                continue
            same_until = min(same_until, first - minimum.first_at_days)
        last_birth = _last_birth(minimum, day)
        if birth <= last_birth < same_until:
            same_until = last_birth
        code = minimum.is_met(birth, day, given, first)
        if not code:
            return "", same_until
        worst = worst or code
    return worst, same_until


def _with_all(facts: Facts, season: int) -> Facts:
    """The facts with all doses that are undecided."""
    return facts.but(
        doses=tuple(day for day, _ in facts.undecided),
        vaccines=tuple(vaccine for _, vaccine in facts.undecided),
        before_season=sum(day < season for day, _ in facts.undecided),
        undecided=(),
    )
