"""The facts about one person, as conditions read them: numbers of days, sets, and what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.people import PartialDate, Person

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime


class Facts:
    """The facts about one person, read once for one programme.

    `assumed` holds what is taken for granted about the *policy* while its open questions are gone
    through case by case (which reading of a reckoning, which hour of a day).
    """

    __slots__ = (
        "assumed",
        "before_season",
        "birth",
        "birth_to",
        "counties",
        "doses",
        "groups",
        "groups_closed",
        "not_groups",
        "open_groups",
        "vaccines",
        "wanted",
        "wanted_closed",
    )

    birth: int
    birth_to: int
    doses: tuple[int, ...] | None
    vaccines: tuple[str, ...]
    before_season: int
    groups: frozenset[str]
    not_groups: frozenset[str]
    open_groups: frozenset[str]
    groups_closed: bool
    counties: tuple[str | None, str | None]
    wanted: Mapping[str, datetime | None]
    wanted_closed: bool
    assumed: Mapping[str, int]

    def copy(self) -> Facts:
        """A second record of the same facts, to be changed."""
        twin = Facts.__new__(Facts)
        for name in Facts.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    def set_doses(self, doses: Iterable[tuple[int, str]], season: int) -> None:
        """Take these doses (day number, vaccine) for the whole history."""
        history = sorted(doses)
        self.doses = tuple([day for day, _ in history])
        self.vaccines = tuple([vaccine for _, vaccine in history])
        self.before_season = 0
        if season > FIRST:
            self.before_season = sum(day < season for day in self.doses)

    def member(self, group: str) -> bool | None:
        """Whether the person belongs to the group; None where that is not known."""
        if group in self.groups:
            return True
        if self.not_groups and any(implies(group, other) for other in self.not_groups):
            return False
        if not self.groups_closed:
            return None
        if self.open_groups and any(
            implies(group, other) or implies(other, group) for other in self.open_groups
        ):
            return None
        return False


def implies(part: str, group: str) -> bool:
    """Whether a member of `part` is one of `group`: a part's id begins with the group's."""
    return part == group or part.startswith(group + "/")


def with_whole(groups: Iterable[str]) -> frozenset[str]:
    """The groups and all that they are parts of."""
    return frozenset(
        group[:end]
        for group in groups
        for end in (*(at for at, sign in enumerate(group) if sign == "/"), len(group))
    )


_NO_GROUPS: Final[frozenset[str]] = frozenset()
_NOTHING_ASSUMED: Final[Mapping[str, int]] = {}
_NOTHING_WANTED: Final[Mapping[str, datetime | None]] = {}


def read_facts(person: Person, vaccines: Collection[str], season: int = FIRST) -> Facts:
    """What the person's facts say to a programme against one disease.

    `vaccines` are the codes of the vaccines against that disease; `season` is the number of the day
    from which the programme counts doses.
    """
    facts = Facts.__new__(Facts)
    birth = person.birth_date
    if birth is None:
        facts.birth, facts.birth_to = FIRST, LAST
    elif isinstance(birth, PartialDate):
        facts.birth, facts.birth_to = birth.earliest.toordinal(), birth.latest.toordinal()
    else:
        facts.birth = facts.birth_to = birth.toordinal()
    doses = person.doses
    if doses:
        against_it = [
            (dose.on.toordinal(), dose.vaccine) for dose in doses if dose.vaccine in vaccines
        ]
        facts.set_doses(against_it, season)
    else:
        facts.doses, facts.vaccines, facts.before_season = (None if doses is None else ()), (), 0
    facts.groups_closed = person.groups is not None
    facts.open_groups = person.unknown_groups
    known = person.groups
    facts.groups = with_whole(known - person.unknown_groups) if known else _NO_GROUPS
    facts.not_groups = _NO_GROUPS
    facts.counties = (person.registered_county, person.residence_county)
    facts.wanted_closed = person.willingness is not None
    facts.wanted = _NOTHING_WANTED if person.willingness is None else person.willingness.wanted
    facts.assumed = _NOTHING_ASSUMED
    return facts
