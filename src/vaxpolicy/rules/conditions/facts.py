"""The facts about one person in the form that conditions read: day numbers, sets and open facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from attrs import define, field

from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.conditions.base import NEVER, Question
from vaxpolicy.rules.people import PartialDate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from vaxpolicy.rules.people import DatedFact, Person

_NO_GROUPS: Final[frozenset[str]] = frozenset()
_NOTHING_DATED: Final[Mapping[str, tuple[int, int]]] = {}
_NOTHING_ASSUMED: Final[Mapping[Question, int]] = {}
_NOTHING_WANTED: Final[Mapping[str, datetime | None]] = {}


Vaccines: TypeAlias = str | frozenset[str]
"""One vaccine, or several."""


def these_vaccines(codes: Collection[str]) -> Vaccines:
    """These vaccines, in the form in which `DosesByVaccine` takes them."""
    return next(iter(codes)) if len(codes) == 1 else frozenset(codes)


class DosesByVaccine(dict[Vaccines, Sequence[int]]):
    """The days of doses by vaccine, in order, and by several vaccines where a condition asks so.

    Those of several vaccines are put together once: many conditions ask for the same ones.
    """

    __slots__ = ()

    def __init__(self, doses: Iterable[tuple[int, str]]) -> None:
        """Sort doses by vaccine; they are in the order of their days."""
        found: dict[str, list[int]] = {}
        for day, vaccine in doses:
            if vaccine in found:
                found[vaccine].append(day)
            else:
                found[vaccine] = [day]
        self.update(found)

    def __missing__(self, vaccines: Vaccines) -> Sequence[int]:
        """The days of several vaccines together, or those of a vaccine that was not given."""
        days: Sequence[int] = ()
        if not isinstance(vaccines, str):
            for code in vaccines:
                if code in self:
                    days = sorted([*days, *self[code]]) if days else self[code]
        self[vaccines] = days
        return days


@define(eq=False, slots=False)
class Facts:
    """The facts about one person, read once for one programme.

    Attributes:
        birth: the earliest day on which the person may have been born.
        birth_to: the latest such day; the same day if the birth date is known.
        doses: the days of the doses that count, in order; None if they are not known.
        vaccines: the vaccine of each dose.
        before_season: how many of the doses were given before the season.
        groups: the groups that the person belongs to, and the groups that contain them.
        not_groups: groups that the person does not belong to, and to no part of them either.
        open_groups: the unknown groups, if the other groups are known.
        groups_closed: whether the person belongs to no further group.
        counties: the counties of registration and of residence; None if not known.
        void: the day and the vaccine of each dose that the programme does not count.
        wanted: the instant since which each vaccine has been registered for; None: it is not.
        wanted_closed: whether the person has registered for no further vaccine.
        dated: the first and the last possible day of each dated fact; both are `NEVER` if it has
            not happened.
        sex: the sex; None if not known.
        counted: the days of the doses that count, by vaccine; None: nobody asked yet (`count`).
        given: the days of all doses, by vaccine; None: nobody asked yet (`count_all`).
        others: the day and the vaccine of each dose against another disease for which a condition
            or a spacing asks, in order. They are never counted among the doses.
        undecided: the day and the vaccine of each dose, if the birth date decides which of them the
            programme counts. Then `doses` is None.
        assumed: the answers that are tried for questions that the policy leaves open.
    """

    birth: int = FIRST
    birth_to: int = LAST
    doses: tuple[int, ...] | None = None
    vaccines: tuple[str, ...] = ()
    before_season: int = 0
    groups: frozenset[str] = _NO_GROUPS
    not_groups: frozenset[str] = _NO_GROUPS
    open_groups: frozenset[str] = _NO_GROUPS
    groups_closed: bool = False
    counties: tuple[str | None, str | None] = (None, None)
    wanted: Mapping[str, datetime | None] = _NOTHING_WANTED
    wanted_closed: bool = False
    assumed: Mapping[Question, int] = _NOTHING_ASSUMED
    void: tuple[tuple[int, str], ...] = ()
    dated: Mapping[str, tuple[int, int]] = _NOTHING_DATED
    sex: str | None = None
    others: tuple[tuple[int, str], ...] = ()
    undecided: tuple[tuple[int, str], ...] = ()
    counted: DosesByVaccine | None = field(default=None, repr=False)
    given: DosesByVaccine | None = field(default=None, repr=False)

    def but(self, **changes: object) -> Facts:
        """A copy with these fields changed."""
        twin = Facts.__new__(Facts)
        twin.__dict__.update(self.__dict__, counted=None, given=None, **changes)
        return twin

    def count(self) -> DosesByVaccine:
        """Look up the doses that count, for `counted`."""
        its = zip(self.doses or (), self.vaccines, strict=True)
        self.counted = DosesByVaccine(chain(its, self.others) if self.others else its)
        return self.counted

    def count_all(self) -> DosesByVaccine:
        """Look up all doses, whether they count or not, for `given`."""
        if self.void:
            its = zip(self.doses or (), self.vaccines, strict=True)
            self.given = DosesByVaccine(sorted([*its, *self.void, *self.others]))
        else:
            self.given = self.counted or self.count()
        return self.given

    def member(self, group: str) -> bool | None:
        """Whether the person belongs to the group; None if that is not known."""
        if group in self.groups:
            return True
        if self.not_groups and not self.not_groups.isdisjoint(_wholes(group)):
            return False
        if not self.groups_closed:
            return None
        return None if self.open_groups and any(self.open_parts(group)) else False

    def open_parts(self, group: str) -> Iterable[str]:
        """The unknown groups that decide whether the person belongs to this one.

        That is the group itself, if nothing is known about it, or else its unknown parts.
        """
        if not self.groups_closed or not self.open_groups.isdisjoint(_wholes(group)):
            return [group]
        parts = [other for other in self.open_groups if implies(other, group)]
        return sorted(it for it in parts if self.not_groups.isdisjoint(with_whole([it])))


def implies(part: str, group: str) -> bool:
    """Whether members of `part` belong to `group`: the id of a part begins with the group's id."""
    return part == group or part.startswith(group + "/")


@lru_cache(maxsize=4096)
def _wholes(group: str) -> frozenset[str]:
    """The group of a policy, and the groups that contain it: members of it belong to these."""
    return with_whole([group])


def with_whole(groups: Iterable[str]) -> frozenset[str]:
    """The groups, and the groups that contain them."""
    found = set(groups)
    for group in tuple(found):
        end = group.rfind("/")
        while end >= 0:
            found.add(group[:end])
            end = group.rfind("/", 0, end)
    return frozenset(found)


class VoidDose(NamedTuple):
    """A dose that does not count: its number in the series, its vaccine, its day and the code."""

    code: str
    number: int
    vaccine: str
    day: int


class FirstDays(NamedTuple):
    """The days on which vaccines were first given: of each vaccine, and the latest of them."""

    of: Mapping[str, int]
    latest: int


class Reading(NamedTuple):
    """The facts about a person as one programme reads them.

    Attributes:
        facts: the facts.
        problem: the code of a contradiction in the doses: a vaccine that the policy does not know,
            a dose before birth or before its vaccine was first given, or two doses on one day. The
            doses then count as unknown. None: no contradiction was found.
        void: the doses that do not count.
    """

    facts: Facts
    problem: str | None
    void: tuple[VoidDose, ...] = ()


_reading: Final = partial(tuple.__new__, Reading)  # it costs less than the constructor


def read_facts(  # noqa: C901, PLR0912  # a call each would cost more
    person: Person,
    vaccines: Collection[str],
    season: int = FIRST,
    known_vaccines: frozenset[str] | None = None,
    diseases: Mapping[str, tuple[str, ...]] | None = None,
    *,
    first_days: FirstDays | None = None,
    others: Collection[str] = (),
) -> Reading:
    """Read a person's facts for a programme.

    Args:
        person: the person.
        vaccines: the codes of the vaccines against that disease.
        season: the number of the day from which the programme counts doses.
        known_vaccines: the codes of all vaccines; a dose of another vaccine is a problem. None:
            every vaccine is accepted.
        diseases: the diseases of each vaccine, if the programme is against several diseases. Two
            doses on one day are then a problem only if they are against a common disease.
        first_days: the days on which the vaccines were first given, where that is known.
        others: the codes of vaccines against other diseases for which the programme asks. Their
            doses are kept apart.
    """
    birth = person.birth_date
    if birth is None:
        first, last = FIRST, LAST
    elif isinstance(birth, PartialDate):
        first, last = birth.earliest.toordinal(), birth.latest.toordinal()
    else:
        first = last = birth.toordinal()
    problem = None
    given = person.doses
    days: tuple[int, ...] | None = None if given is None else ()
    codes: tuple[str, ...] = ()
    before_season = 0
    beside: Sequence[tuple[int, str]] = ()
    if given:
        history = [(dose.on.toordinal(), dose.vaccine) for dose in given]
        if known_vaccines is not None and not known_vaccines.issuperset(
            [vaccine for _, vaccine in history]
        ):
            days, problem = None, "vaccine-not-known"
        else:
            if others:
                beside = sorted([dose for dose in history if dose[1] in others])
            history = sorted([dose for dose in history if dose[1] in vaccines])
            days = tuple([day for day, _ in history])
            codes = tuple([vaccine for _, vaccine in history])
            every = days
            if beside:
                history = sorted([*history, *beside])
                every = tuple([day for day, _ in history])
            if every:
                problem = _contradiction(history, every, first, diseases, first_days)
            if problem is not None:
                days, codes, beside = None, (), ()
            elif every:
                if season > FIRST:
                    before_season = sum([day < season for day in days])
                if last > every[0]:  # nobody is vaccinated before birth
                    last = every[0]
    groups, open_groups, willingness = person.groups, person.unknown_groups, person.willingness
    facts = Facts(
        first,
        last,
        days,
        codes,
        before_season,
        with_whole(groups - open_groups) if groups else _NO_GROUPS,
        _NO_GROUPS,
        open_groups,
        groups is not None,
        (person.registered_county, person.residence_county),
        _NOTHING_WANTED if willingness is None else willingness.wanted,
        willingness is not None,
        _NOTHING_ASSUMED,
    )
    if beside:
        facts.others = tuple(beside)
    if person.sex is not None:
        facts.sex = person.sex
    if person.dated_facts:
        facts.dated = {it.fact: _days_of(it) for it in person.dated_facts}
    return _reading((facts, problem, ()))


def _contradiction(
    history: Sequence[tuple[int, str]],
    days: Sequence[int],
    birth: int,
    diseases: Mapping[str, tuple[str, ...]] | None,
    first_days: FirstDays | None,
) -> str | None:
    """The code of what is wrong with doses, which are in order; None: they can be so."""
    if days[0] < birth:
        return "dose-before-birth"
    if first_days is not None and days[0] < first_days.latest:
        first_day_of = first_days.of
        if any(day < first_day_of.get(vaccine, FIRST) for day, vaccine in history):
            return "dose-before-vaccine"
    if len(days) == 1 or len(set(days)) == len(days):
        return None
    if diseases is None or _share_a_disease(history, diseases):
        return "doses-on-one-day"
    return None


def _days_of(fact: DatedFact) -> tuple[int, int]:
    """The first and the last possible day of a dated fact."""
    on = fact.on
    if isinstance(on, PartialDate):
        return on.earliest.toordinal(), on.latest.toordinal()
    day = NEVER if isinstance(on, str) else on.toordinal()
    return day, day


def _share_a_disease(
    history: Sequence[tuple[int, str]], diseases: Mapping[str, tuple[str, ...]]
) -> bool:
    """Whether two doses on one day are against a common disease; the doses are in order."""
    last_day, against = 0, tuple[str, ...]()
    for day, vaccine in history:
        its = diseases[vaccine]
        if day != last_day:
            last_day, against = day, its
        elif set(against).isdisjoint(its):
            against = (*against, *its)
        else:
            return True
    return False
