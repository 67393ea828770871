"""The facts about a person that a programme may know. In every field, None means unknown.

A portal fills in the facts from its registers and leaves the others None. An unknown fact is never
treated as "no".
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

from attrs import field, fields, frozen

from vaxpolicy._values import (
    Between,
    BirthDay,
    DoseDay,
    FactDay,
    InvalidValue,
    as_set,
    as_tuple,
    checked,
    unchanging,
)
from vaxpolicy.days import parse_day

if TYPE_CHECKING:
    from collections.abc import Iterable


@frozen(field_transformer=checked)
class PartialDate:
    """A date of which only the year, or only the year and the month, is known."""

    year: Annotated[int, Between(1880, 9000)]
    month: Annotated[int, Between(1, 12)] | None = None

    @property
    def earliest(self) -> date:
        """The first day that it can be."""
        return date(self.year, self.month or 1, 1)

    @property
    def latest(self) -> date:
        """The last day that it can be."""
        month = self.month or 12
        return date(self.year, month, monthrange(self.year, month)[1])

    def presumed_by_civil_code(self) -> date:
        """The birthday that Taiwan's Civil Code presumes: 1 July, or the 15th of the month.

        See article 124, paragraph 2. No rule of this library uses the presumption by itself. Call
        this method if the programme uses it.
        """
        return date(self.year, 7, 1) if self.month is None else date(self.year, self.month, 15)


BirthDate: TypeAlias = BirthDay | PartialDate | None
"""A birth date, the known part of one, or None."""


def parse_birth_date(text: str) -> date | PartialDate:
    """Read YYYY-MM-DD, or the known part, YYYY-MM or YYYY. Raises ValueError for anything else."""
    if len(text) == len("YYYY-MM-DD"):
        return parse_day(text)
    if re.fullmatch("[0-9]{4}(-[0-9]{2})?", text):
        return PartialDate(*map(int, text.split("-")))
    raise ValueError("expected YYYY-MM-DD, YYYY-MM or YYYY")


@frozen(weakref_slot=False, field_transformer=checked)
class Dose:
    """One vaccination: a vaccine's code (see `vaxpolicy.catalog.vaccines`) and its day."""

    vaccine: str
    on: DoseDay


FactDate: TypeAlias = FactDay | PartialDate | Literal["never"]
"""The day of an event, the known part of that day, or ``never``."""


@frozen(field_transformer=checked)
class DatedFact:
    """The day on which something last happened to a person, such as an infection.

    Attributes:
        fact: the id of the fact; a campaign may declare facts of its own.
        on: its day, or the known part of it; ``never`` if it has not happened.
    """

    fact: str
    on: FactDate


Sex: TypeAlias = Literal["female", "male"]
"""A person's sex, as the household registry has it."""


def _wanted(wanted: Mapping[str, datetime]) -> Mapping[str, datetime]:
    return unchanging(wanted)


@frozen(weakref_slot=False, field_transformer=checked)
class Willingness:
    """The vaccines that the person has registered for, and the instant since which without a break.

    The person has not registered for a vaccine that is missing. ``Willingness({})`` has no vaccine.
    """

    wanted: Mapping[str, datetime] = field(converter=_wanted, hash=False)


def _doses(doses: Iterable[Dose] | None) -> tuple[Dose, ...] | None:
    return None if doses is None else as_tuple(doses)


def _groups(groups: Iterable[str] | None) -> frozenset[str] | None:
    return None if groups is None else as_set(groups)


def _unknown_groups(groups: Iterable[str]) -> frozenset[str]:
    return as_set(groups)


def _dated_facts(facts: Iterable[DatedFact]) -> tuple[DatedFact, ...]:
    return facts if type(facts) is tuple else as_tuple(facts)


COMMON_SPELLINGS: Final[Mapping[str, str]] = {
    f"台{rest}": f"臺{rest}" for rest in ("北市", "中市", "南市", "東縣", "中縣", "南縣")
}
"""The counties that are often written with 台, and their names in the household registry."""


def _county(county: str | None) -> str | None:
    """The county as the household registry writes it. Anything else is returned unchanged."""
    return COMMON_SPELLINGS.get(county, county) if isinstance(county, str) else county


@frozen(weakref_slot=False, field_transformer=checked)
class Person:
    """The facts about one person; an unknown fact is None.

    Attributes:
        birth_date: the date of birth, or the known part of it.
        doses: every earlier dose, against any disease, in any order; an empty tuple: no dose.
        groups: the ids of all groups that the person belongs to.
        unknown_groups: the ids of groups whose membership is unknown, whatever `groups` says.
        registered_county: county or city of the household registration, by its Chinese name. 台北市
            becomes 臺北市, as the registry writes it; so do the others that are written with 臺.
        residence_county: county or city where the person lives.
        willingness: the vaccines that the person has registered for.
        key: the portal's pseudonym for the person. A decision carries it as its `subject`, so that
            a booking can check whose decision it is. It never changes the answer.
        dated_facts: when something last happened, once for each kind of event; a kind that is not
            among them is unknown.
        sex: the person's sex.
    """

    birth_date: BirthDate = field(default=None, repr=False)
    doses: tuple[Dose, ...] | None = field(default=None, converter=_doses, repr=False)
    groups: frozenset[str] | None = field(default=None, converter=_groups, repr=False)
    unknown_groups: frozenset[str] = field(
        default=frozenset(), converter=_unknown_groups, repr=False
    )
    registered_county: str | None = field(default=None, converter=_county, repr=False)
    residence_county: str | None = field(default=None, converter=_county, repr=False)
    willingness: Willingness | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    dated_facts: tuple[DatedFact, ...] = field(default=(), converter=_dated_facts, repr=False)
    sex: Sex | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse two dates for one dated fact: it has the last one."""
        facts = self.dated_facts
        if facts and len({it.fact for it in facts}) < len(facts):
            raise InvalidValue("repeated", "dated_facts", "each fact once, with its last day")

    def __repr__(self) -> str:
        """The names of the known facts, without their values."""
        known = [it.name for it in fields(Person) if getattr(self, it.name) != it.default]
        return f"<Person: {', '.join(known) or 'nothing known'}>"
