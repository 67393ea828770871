"""Splits all people with one shape of dose history until each region has one answer.

A region has its answer where the days that all of its people have and the days that some of them
have (`vaxpolicy.analysis.joint`) settle who gains and who loses. A region without an answer is cut
at an edge of either policy, or into the answers to an open question.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import evolve

from vaxpolicy.analysis.history_shapes import ascending
from vaxpolicy.analysis.joint import (
    NEVER_REGISTERED,
    NO,
    Corners,
    Days,
    Dimension,
    JointPolicy,
    Kind,
    about_person,
    kind_of,
    kind_of_ranks,
    live,
)
from vaxpolicy.analysis.regions import Range, Ranges, Region, numbers
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.rules.conditions import Facts, Question, with_whole
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vaxpolicy.analysis.history_shapes import Shape
    from vaxpolicy.rules.compiled import CompiledPolicy

    Verdict: TypeAlias = Callable[[Evaluation, Evaluation], bool | None]
    """Whether something holds for all people of a region (True), for nobody (False), or for some.

    The evaluations give the days by the conditions that surely and that possibly hold.
    """

_Place: TypeAlias = int | None
"""A range that can be cut: of the dose in that place of the history, or (None) of the births."""


class Partition:
    """The search through the people of one shape of history, with these vaccines before."""

    def __init__(
        self, overlay: JointPolicy, shape: Shape, vaccines: Mapping[int, frozenset[str]]
    ) -> None:
        self.overlay: JointPolicy = overlay
        self.shape: Shape = shape
        self.vaccines: Mapping[int, frozenset[str]] = vaccines
        others = overlay.vaccine_sets[-1] if overlay.vaccine_sets else overlay.against
        self.given: tuple[str, ...] = tuple(
            min(vaccines.get(at, others)) for at in range(len(shape.places))
        )
        self.edges: dict[_Place, list[int]] = {None: sorted(overlay.births)}
        self.places: dict[Dimension, _Place] = {None: None}
        for dose, edges in overlay.doses.items():
            place = shape.before[dose.season] + dose.number - 1
            if 0 <= place < len(shape.places):
                self.places[dose] = place
                self.edges[place] = sorted({*self.edges.get(place, ()), *edges})

    def everybody(self) -> Region:
        """All people who have such a history."""
        every_vaccine = ((0, len(self.overlay.vaccines) - 1),)
        every_county = ((0, len(self.overlay.counties) - 1),)
        return Region(
            births=((FIRST, LAST),),
            doses=tuple(((place.low, place.high),) for place in self.shape.places),
            vaccines=tuple(
                self.overlay.positions(self.vaccines[at]) if at in self.vaccines else every_vaccine
                for at in range(len(self.shape.places))
            ),
            registered=every_county,
            resident=every_county,
            since=((NEVER_REGISTERED, len(self.overlay.instants)),),
        )

    def search(self, region: Region) -> Iterator[tuple[Kind, Region]]:
        """The parts of a region for whose people something changes, and the kind of change."""
        corners = self._corners(region)
        if corners is None:
            return
        overlay = self.overlay
        possible = overlay.possibly(corners)
        if overlay.is_same_for(possible):
            return
        sure = overlay.surely(corners)
        old, new = (overlay.bounds(side, sure, possible) for side in (overlay.old, overlay.new))
        if old.rank is not None and new.rank is not None:
            neither = old.rank == new.rank == NO
            changed = old.rank != new.rank or (not neither and old.differs(new))
            if changed:
                yield kind_of_ranks(old.rank, new.rank), region
            if changed or neither:
                return
        parts = self._parts(region, sure, possible)
        for part in parts:
            yield from self.search(part)
        if not parts:
            kind = kind_of(*self._days_at(corners))
            if kind is not None:
                yield kind, region

    def some(self, region: Region, verdict: Verdict) -> Iterator[Facts]:
        """People of a region for whom a verdict may be true, until the search is stopped.

        Each stands for a part of the region. The verdict is true for all people of the part, or
        only a point that the policies leave open decides it.
        """
        corners = self._corners(region)
        if corners is None:
            return
        sure, possible = self.overlay.surely(corners), self.overlay.possibly(corners)
        answer = verdict(sure, possible)
        if answer is False:
            return
        parts = [] if answer else self._parts(region, sure, possible)
        for part in parts:
            yield from self.some(part, verdict)
        if not parts:
            yield _all_known(corners.first)

    def days_of_one(self, person: Region) -> tuple[Days, Days]:
        """The days of one person under both policies."""
        ((born, _),) = person.births
        doses = tuple(day for ((day, _),) in person.doses)
        return self._days_at(self._at_ends(person, [(born, doses)]))

    def _days_at(self, corners: Corners) -> tuple[Days, Days]:
        old, new = self.overlay.old, self.overlay.new
        return (
            days_of(old.plan, corners.by_season[old.plan.season][0]),
            days_of(new.plan, corners.by_season[new.plan.season][0]),
        )

    def _corners(self, region: Region) -> Corners | None:
        """The people at the ends of a region; None where each dose cannot follow the one before."""
        (births,) = region.births
        bounds = ascending(births, [days for (days,) in region.doses])
        if bounds is None:
            return None
        lows, highs = bounds
        born, born_to = births
        ends = [(born, lows), (born_to, highs), (born, highs), (born_to, lows)]
        return self._at_ends(region, ends)

    def _at_ends(self, region: Region, ends: list[tuple[int, tuple[int, ...]]]) -> Corners:
        return Corners(
            {
                season: tuple(
                    self._person(region, birth, doses, self.shape.before[season])
                    for birth, doses in ends
                )
                for season in self.overlay.seasons
            }
        )

    def _person(self, region: Region, birth: int, doses: tuple[int, ...], before: int) -> Facts:
        overlay, since = self.overlay, only(region.since)
        return Facts(
            birth=birth,
            birth_to=birth,
            doses=doses,
            vaccines=self.given,
            before_season=before,
            groups=with_whole(region.members),
            not_groups=region.not_members,
            counties=(self._county(region.registered), self._county(region.resident)),
            wanted={} if since is None else {overlay.vaccine: overlay.instant(since)},
        )

    def _county(self, positions: Ranges) -> str | None:
        """The county; None where it is not known."""
        if not self.has_counties:
            return None
        position = only(positions)
        return None if position is None else self.overlay.counties[position]

    @property
    def has_counties(self) -> bool:
        """Whether the policies name any county."""
        return len(self.overlay.counties) > 1

    def _parts(self, region: Region, sure: Evaluation, possible: Evaluation) -> list[Region]:
        """The region, cut where an open condition changes; empty where there is no such place."""
        cuts: dict[_Place, list[int]] = {}
        questions: set[Question] = set()
        for sweep in (sure, possible):
            for leaf in _open_leaves(sweep):
                dims = self.overlay.dims[leaf]
                for dim in dims:
                    if dim in self.places and self.places[dim] not in cuts:
                        place = self.places[dim]
                        cuts[place] = self._cuts(region, place)
                if not dims:
                    leaf_questions = self.overlay.leaves[leaf].open_questions(sure.facts)
                    questions.update(about_person(leaf_questions))
        # the range with most places to cut; of equal ones the last dose
        place = max(cuts, key=lambda at: (len(cuts[at]), -1 if at is None else at), default=None)
        number = len(cuts.get(place, ()))
        if questions and number <= _FEW:
            return self._answered(region, min(questions))
        if not number:
            return []
        ((low, high),) = _ranges(region, place)
        middle = cuts[place][number // 2]
        return [_with(region, place, (low, middle)), _with(region, place, (middle + 1, high))]

    def _cuts(self, region: Region, place: _Place) -> list[int]:
        ((low, high),) = _ranges(region, place)
        return [edge for edge in self.edges[place] if low <= edge < high]

    def _answered(self, region: Region, question: Question) -> list[Region]:
        """The region once for each answer to a question."""
        match question.fact:
            case "groups":
                group = frozenset({question.item})
                return [
                    evolve(region, not_members=region.not_members | group),
                    evolve(region, members=region.members | group),
                ]
            case "willingness":
                return [evolve(region, since=((at, at),)) for at in numbers(region.since)]
            case "registered_county":
                return [evolve(region, registered=((at, at),)) for at in numbers(region.registered)]
        return [evolve(region, resident=((at, at),)) for at in numbers(region.resident)]


def partitions(overlay: JointPolicy, shape: Shape) -> Iterator[Partition]:
    """A search for each set of vaccines that the doses before may have been."""
    places = {shape.before[season] + overlay.dose - 2 for season in overlay.seasons}
    asked = sorted(at for at in places if overlay.vaccine_sets and 0 <= at < len(shape.places))
    for choice in product(overlay.vaccine_sets, repeat=len(asked)):
        yield Partition(overlay, shape, dict(zip(asked, choice, strict=True)))


def _ranges(region: Region, place: _Place) -> Ranges:
    return region.births if place is None else region.doses[place]


def _with(region: Region, place: _Place, span: Range) -> Region:
    return evolve(region, births=(span,)) if place is None else region.with_dose(place, (span,))


_FEW: Final = 100
"""With at most this many places to cut, a question is answered first: that takes less time."""


def only(positions: Ranges) -> int | None:
    """The one position; None where there are several."""
    (low, high), *others = positions
    return None if others or low != high else low


def _open_leaves(sweep: Evaluation) -> Iterator[int]:
    """The open conditions of entries whose days some people have and others do not."""
    for number, entry in enumerate(sweep.plan.entries):
        for_all, for_some = sweep.sure[number], sweep.possible[number]
        if for_all == for_some or DaySet.of_spans(for_all) == DaySet.of_spans(for_some):
            continue
        for alternative in live(sweep, entry):
            for leaf in entry.alternatives[alternative]:
                span = sweep.spans[leaf]
                if span.is_open:
                    yield leaf


def days_of(plan: CompiledPolicy, person: Facts) -> Days:
    """The days as a decision has them.

    Rules are asked together only where no rule alone makes a day sure.
    """
    sweep = Evaluation(plan, _all_known(person))
    days = _days(sweep)
    if days.sure or not days.possible:
        return days
    return Days(_in_every_case(sweep), days.possible)


def _all_known(person: Facts) -> Facts:
    """The person with everything else known: in no other group or county, nothing else wanted."""
    registered, residence = person.counties
    return person.but(
        groups_closed=True, wanted_closed=True, counties=(registered or "", residence or "")
    )


def _days(sweep: Evaluation) -> Days:
    return Days(
        DaySet.of_spans(span for spans in sweep.sure for span in spans),
        DaySet.of_spans(span for spans in sweep.possible for span in spans),
    )


def _in_every_case(sweep: Evaluation) -> DaySet:
    """The days that are sure under every answer to the questions that no source answers."""
    days = _days(sweep)
    open_ = (
        question
        for leaf in _open_leaves(sweep)
        for question in sweep.plan.leaves[leaf].open_questions(sweep.facts)
    )
    question = min(open_, default=None)
    if question is None or days.sure == days.possible:
        return days.sure
    sure = DaySet.every()
    for answer in (0, 1):
        case = sweep.facts.but(assumed={**sweep.facts.assumed, question: answer})
        sure &= _in_every_case(Evaluation(sweep.plan, case))
    return sure
