"""Regions of people: products of ranges of facts, and how to merge many regions into few.

A region holds the range of every fact that a comparison looks at. Birth dates and days of doses are
ranges of day numbers. Counties, registrations and vaccines are ranges of numbers as well: positions
in the ordered lists that `vaxpolicy.analysis.joint.JointPolicy` keeps. A group is a yes, a no, or
does not matter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, get_args

from attrs import evolve, frozen

from vaxpolicy.days import FIRST
from vaxpolicy.rules.conditions import NEVER
from vaxpolicy.rules.people import Sex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Range: TypeAlias = tuple[int, int]
"""A first and a last number, both included."""
Ranges: TypeAlias = tuple[Range, ...]
"""Ranges in ascending order; no two of them touch."""


EITHER: Final = ((0, 1),)
"""Both of two answers."""
SEXES: Final = get_args(Sex)
ANY_TIME: Final = (FIRST, NEVER)
"""The days of a dated fact about which nothing is known: it may not have happened at all."""


@frozen
class Region:
    """The people whose every fact lies in its range.

    Attributes:
        births: the birth dates, as day numbers.
        doses: the days of each dose of the history, as day numbers.
        vaccines: the vaccines of each dose of the history, as positions.
        registered: the county of the household registration, as a position.
        resident: the county of residence, as a position.
        since: the instant of registration for the vaccine, as a position.
        members: groups that the people belong to.
        not_members: groups that the people do not belong to.
        sex: the sex, as a position in `SEXES`.
        dated: the days of each dated fact, as day numbers; `NEVER` if it has not happened.
    """

    births: Ranges
    doses: tuple[Ranges, ...]
    vaccines: tuple[Ranges, ...]
    registered: Ranges
    resident: Ranges
    since: Ranges
    members: frozenset[str] = frozenset()
    not_members: frozenset[str] = frozenset()
    sex: Ranges = EITHER
    dated: tuple[Ranges, ...] = ()

    def with_dose(self, place: int, days: Ranges) -> Region:
        """The region with other days for one dose."""
        return evolve(self, doses=(*self.doses[:place], days, *self.doses[place + 1 :]))


def numbers(ranges: Ranges) -> range:
    """The numbers from the lowest to the highest one."""
    return range(ranges[0][0], ranges[-1][1] + 1)


def is_in(number: int, ranges: Ranges) -> bool:
    """Whether one of the ranges holds the number."""
    return any(low <= number <= high for low, high in ranges)


def ranges_of(positions: Iterable[int]) -> Ranges:
    """These positions as ranges."""
    return joined((position, position) for position in positions)


def joined(ranges: Iterable[Range]) -> Ranges:
    """The union of ranges."""
    union: list[Range] = []
    for low, high in sorted(ranges):
        if union and low <= union[-1][1] + 1:
            union[-1] = union[-1][0], max(union[-1][1], high)
        else:
            union.append((low, high))
    return tuple(union)


# A row has the ranges of every fact in one fixed order: merging treats all facts alike.

_Row: TypeAlias = tuple[Ranges, ...]
_NO: Final = ((0, 0),)
_YES: Final = ((1, 1),)


class _Columns(NamedTuple):
    """The order of facts in a row."""

    doses: int
    groups: list[str]

    def row(self, region: Region) -> _Row:
        return (
            region.births,
            region.registered,
            region.resident,
            *region.doses,
            *(self._member(region, group) for group in self.groups),
            region.since,
            region.sex,
            *region.vaccines,
            *region.dated,
        )

    def region(self, row: _Row) -> Region:
        births, registered, resident, *rest = row
        doses, rest = rest[: self.doses], rest[self.doses :]
        answers, (since, sex, *rest) = rest[: len(self.groups)], rest[len(self.groups) :]
        by_group = dict(zip(self.groups, answers, strict=True))
        return Region(
            births=births,
            doses=tuple(doses),
            vaccines=tuple(rest[: self.doses]),
            registered=registered,
            resident=resident,
            since=since,
            members=frozenset(group for group, answer in by_group.items() if answer == _YES),
            not_members=frozenset(group for group, answer in by_group.items() if answer == _NO),
            sex=sex,
            dated=tuple(rest[self.doses :]),
        )

    @staticmethod
    def _member(region: Region, group: str) -> Ranges:
        if group in region.members:
            return _YES
        return _NO if group in region.not_members else EITHER


def merged(regions: list[Region], everybody: Region) -> list[Region]:
    """The same people in few regions, however they were cut.

    Merges the facts in one order and in the reverse order, and takes the shorter result.
    """
    groups = {group for region in regions for group in region.members | region.not_members}
    columns = _Columns(len(everybody.doses), sorted(groups))
    rows = [columns.row(region) for region in regions]
    whole = columns.row(everybody)
    asked = [at for at, ranges in enumerate(whole) if any(row[at] != ranges for row in rows)]
    results = []
    for order in (asked, asked[::-1]):
        found = _merged([tuple(row[at] for at in order) for row in rows])
        results.append([_put_back(row, order, whole) for row in found])
    return [columns.region(row) for row in min(results, key=len)]


def _put_back(row: _Row, order: list[int], whole: _Row) -> _Row:
    """A full row: the columns that were merged, and everything in the others."""
    full = list(whole)
    for at, ranges in zip(order, row, strict=True):
        full[at] = ranges
    return tuple(full)


def _merged(rows: Collection[_Row]) -> tuple[_Row, ...]:
    """The union of the rows: cut by the first column, then each part by the next one.

    Parts of a column that go on with the same rows become one, so that equal unions give equal
    rows.
    """
    if not rows or not next(iter(rows)):
        return tuple(dict.fromkeys(rows))
    together: dict[tuple[_Row, ...], list[Range]] = {}
    rests: dict[tuple[_Row, ...], tuple[_Row, ...]] = {}
    for part, rest in _parts(rows):
        if rest not in rests:
            rests[rest] = _merged(rest)
        together.setdefault(rests[rest], []).append(part)
    return tuple((joined(parts), *row) for rest, parts in together.items() for row in rest)


def _parts(rows: Collection[_Row]) -> list[tuple[Range, tuple[_Row, ...]]]:
    """The ranges of the first column between any two ends, and how the rows with each go on."""
    spans = [span for ranges, *_ in rows for span in ranges]
    starts = sorted({low for low, _ in spans} | {high + 1 for _, high in spans})
    places = {start: place for place, start in enumerate(starts)}
    by_place: list[dict[_Row, None]] = [{} for _ in starts[1:]]
    for ranges, *rest in rows:
        for low, high in ranges:
            for place in range(places[low], places[high + 1]):
                by_place[place][tuple(rest)] = None
    return [
        ((low, after - 1), tuple(found))
        for (low, after), found in zip(pairwise(starts), by_place, strict=True)
    ]


def elsewhere(counties: Collection[str]) -> str:
    """A county that is not among these."""
    return next((it for it in _SOME_COUNTIES if it not in counties), "elsewhere")


_SOME_COUNTIES: Final = ("臺北市", "新北市", "桃園市", "臺中市", "臺南市", "高雄市")
