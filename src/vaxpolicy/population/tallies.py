"""Counts people by birth year, county and group, batch after batch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np
from attrs import field, frozen

from vaxpolicy._values import checked, looks_like_a_number
from vaxpolicy.population.texts_and_days import EPOCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vaxpolicy.population.arrays import Int64
    from vaxpolicy.population.people import Items, People
    from vaxpolicy.population.texts_and_days import Coded

__all__ = ["ALSO", "Tally"]

ALSO: Final = frozenset({"birth_date", "groups", "residence_county"})
"""The facts by which people are counted."""


@frozen(field_transformer=checked)
class Tally:
    """The number of people of each kind: in all, by birth year, by county and by group.

    Each key is a kind and a birth year, county or group; None means unknown.
    """

    kinds: Counter[str] = field(factory=Counter)
    birth_years: Counter[tuple[str, int | None]] = field(factory=Counter)
    counties: Counter[tuple[str, str | None]] = field(factory=Counter)
    groups: Counter[tuple[str, str]] = field(factory=Counter)

    def is_sound(self) -> bool:
        """Whether keys and counts are of the right kinds, and no key could be a person's number."""
        of_years, of_names = (int, type(None)), (str, type(None))
        keyed = ((self.birth_years, of_years), (self.counties, of_names), (self.groups, of_names))
        return (
            all(map(_is_name, self.kinds))
            and all(
                _is_name(kind) and type(item) in kinds and (type(item) is not str or _is_name(item))
                for counter, kinds in keyed
                for kind, item in counter
            )
            and all(
                type(count) is int and count >= 0
                for counter in (self.kinds, *(counter for counter, _ in keyed))
                for count in counter.values()
            )
        )

    def add(self, people: People, kinds: Sequence[str], kind: Int64) -> None:
        """Count a batch; `kind` has the place of each row's kind among the kinds."""
        size = len(kinds)
        for place, count in enumerate(np.bincount(kind, minlength=size).tolist()):
            self.kinds[kinds[place]] += count
        self._count_years(people, kinds, kind)
        county = people.counties[1]
        if county is not None:
            codes = np.bincount((county.codes + 1) * size + kind)
            names = (None, *county.texts)
            for place in np.flatnonzero(codes).tolist():
                own = kinds[place % size], names[place // size]
                self.counties[own] += int(codes[place])
        if people.groups is not None:
            self._count_groups(people.groups.listed, people.groups.group, kinds, kind)
            for name, column in people.groups.columns.items():
                found = np.bincount(kind[column == 1], minlength=size).tolist()
                for place, count in enumerate(found):
                    self.groups[kinds[place], name] += count

    def _count_years(self, people: People, kinds: Sequence[str], kind: Int64) -> None:
        if people.birth is None:
            return
        first, last = (
            (days - EPOCH).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
            for days in (people.birth.first, people.birth.last)
        )
        years = np.where(first == last, first, 0)
        found = np.bincount(years * len(kinds) + kind)
        for place in np.flatnonzero(found).tolist():
            year = place // len(kinds)
            self.birth_years[kinds[place % len(kinds)], year or None] += int(found[place])

    def _count_groups(self, items: Items, names: Coded, kinds: Sequence[str], kind: Int64) -> None:
        codes = np.bincount(names.codes * len(kinds) + kind[items.row])
        for place in np.flatnonzero(codes).tolist():
            own = kinds[place % len(kinds)], names.texts[place // len(kinds)]
            self.groups[own] += int(codes[place])

    def join(self, other: Tally) -> None:
        """Add the counts of another tally."""
        self.kinds.update(other.kinds)
        self.birth_years.update(other.birth_years)
        self.counties.update(other.counties)
        self.groups.update(other.groups)


def _is_name(key: object) -> bool:
    return type(key) is str and not looks_like_a_number(key)
