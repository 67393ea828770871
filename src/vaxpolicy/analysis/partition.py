"""Splits all people with one shape of dose history until each region has one answer.

A region has its answer where the days that all of its people have and the days that some of them
have (`vaxpolicy.analysis.joint`) settle who gains and who loses. A region without an answer is cut
at an edge of either policy, or into the answers to an open question.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import evolve

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
    new_days,
)
from vaxpolicy.analysis.regions import ANY_TIME, SEXES, Range, Ranges, Region, numbers
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.rules.conditions import NEVER, Facts, Question, with_whole
from vaxpolicy.rules.dose_histories import in_order
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vaxpolicy.analysis.history_shapes import Shape
    from vaxpolicy.rules.compiled import CompiledPolicy

    Verdict: TypeAlias = Callable[[Evaluation, Evaluation], bool | None]
    """Whether something holds for all people of a region (True), for nobody (False), or for some.

    The evaluations give the days by the conditions that surely and that possibly hold.
    """

_Place: TypeAlias = int | None
"""A range that can be cut: of the dose in that place of the history, or (None) of the births."""


MOST_PARTS: Final = 150_000
"""How many parts of all people a search for changes goes through, in about a minute."""


class LongSearchError(Exception):
    """A search went through many parts of all people."""


class Partition:
    """The search through the people of one shape of history, with these vaccines before.

    The `readings` are answers to questions that no source answers.
    """

    def __init__(
        self,
        joint: JointPolicy,
        shape: Shape,
        vaccines: Mapping[int, frozenset[str]],
        readings: Mapping[Question, int] | None = None,
    ) -> None:
        self.readings: Mapping[Question, int] = readings or {}
        self.joint: JointPolicy = joint
        self.shape: Shape = shape
        self.vaccines: Mapping[int, frozenset[str]] = vaccines
        others = joint.vaccine_sets[-1] if joint.vaccine_sets else joint.against
        self.given: tuple[str, ...] = tuple(
            min(vaccines.get(at, others), default="") for at in range(len(shape.places))
        )
        self.edges: dict[_Place, list[int]] = {None: sorted(joint.births)}
        self.places: dict[Dimension, _Place] = {None: None}
        for dose, edges in joint.doses.items():
            place = shape.before[dose.season] + dose.number - 1
            if 0 <= place < len(shape.places):
                self.places[dose] = place
                self.edges[place] = sorted({*self.edges.get(place, ()), *edges})

    def everybody(self) -> Region:
        """All people who have such a history."""
        every_vaccine = ((0, len(self.joint.vaccines) - 1),)
        every_county = ((0, len(self.joint.counties) - 1),)
        return Region(
            births=((FIRST, LAST),),
            doses=tuple(((place.low, place.high),) for place in self.shape.places),
            vaccines=tuple(
                self.joint.positions(self.vaccines[at]) if at in self.vaccines else every_vaccine
                for at in range(len(self.shape.places))
            ),
            registered=every_county,
            resident=every_county,
            since=((NEVER_REGISTERED, len(self.joint.instants)),),
            dated=tuple((ANY_TIME,) for _ in self.joint.dated_edges),
        )

    def search(self, region: Region) -> Iterator[tuple[Kind, Region]]:
        """The parts of a region for whose people something changes, and the kind of change.

        Raises LongSearchError once the searches for this vaccine and dose have gone through many
        parts.
        """
        self.joint.parts += 1
        if self.joint.parts > MOST_PARTS:
            raise LongSearchError
        corners = self.corners(region)
        if corners is None:
            return
        joint = self.joint
        possible = joint.possibly(corners)
        if joint.is_same_for(possible):
            return
        sure = joint.surely(corners)
        old, new = (joint.bounds(side, sure, possible) for side in (joint.old, joint.new))
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

    def some(
        self,
        region: Region,
        verdict: Verdict,
        is_new: Callable[[Region], bool] = lambda _: True,
    ) -> Iterator[tuple[Region, Facts]]:
        """The parts of a region for which a verdict may be true, each with one of its people.

        The verdict is true for all people of the part, or only a point that the policies leave open
        decides it. Parts that are not new are left out. The search goes on as long as it is asked.
        """
        corners = self.corners(region) if is_new(region) else None
        if corners is None:
            return
        sure, possible = self.joint.surely(corners), self.joint.possibly(corners)
        answer = verdict(sure, possible)
        if answer is False:
            return
        parts = [] if answer else self._parts(region, sure, possible)
        for part in parts:
            yield from self.some(part, verdict, is_new)
        if not parts:
            yield region, _all_known(corners.first, self.joint.dated_edges)

    def days_of_one(self, person: Region) -> tuple[Days, Days]:
        """The days of one person under both policies."""
        ((born, _),) = person.births
        doses = tuple(day for ((day, _),) in person.doses)
        return self._days_at(self._at_ends(person, [(born, doses)]))

    def _days_at(self, corners: Corners) -> tuple[Days, Days]:
        old, new = self.joint.old, self.joint.new
        return (
            days_of(old.plan, corners.by_season[old.plan.season][0]),
            days_of(new.plan, corners.by_season[new.plan.season][0]),
        )

    def corners(self, region: Region) -> Corners | None:
        """The people at the ends of a region; None where each dose cannot follow the one before."""
        (births,) = region.births
        bounds = in_order(births[0], tuple(days for (days,) in region.doses))
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
                for season in self.joint.seasons
            }
        )

    def _person(self, region: Region, birth: int, doses: tuple[int, ...], before: int) -> Facts:
        joint, since, sex = self.joint, only(region.since), only(region.sex)
        dated = zip(joint.dated_edges, region.dated, strict=True)
        return Facts(
            birth=birth,
            birth_to=birth,
            doses=doses,
            vaccines=self.given,
            before_season=before,
            groups=with_whole(region.members),
            not_groups=region.not_members,
            counties=(self._county(region.registered), self._county(region.resident)),
            wanted={} if since is None else {joint.vaccine: joint.instant(since)},
            assumed=self.readings,
            dated={fact: days for fact, (days,) in dated if days != ANY_TIME},
            sex=None if sex is None else SEXES[sex],
        )

    def _county(self, positions: Ranges) -> str | None:
        """The county; None where it is not known."""
        if not self.has_counties:
            return None
        position = only(positions)
        return None if position is None else self.joint.counties[position]

    @property
    def has_counties(self) -> bool:
        """Whether the policies name any county."""
        return len(self.joint.counties) > 1

    def _parts(self, region: Region, sure: Evaluation, possible: Evaluation) -> list[Region]:
        """The region, cut where an open condition changes; empty where there is no such place."""
        cuts: dict[_Place, list[int]] = {}
        questions: set[Question] = set()
        for evaluation in (sure, possible):
            for leaf in _open_leaves(evaluation):
                dims = self.joint.dims[leaf]
                for dim in dims:
                    if dim in self.places and self.places[dim] not in cuts:
                        place = self.places[dim]
                        cuts[place] = self._cuts(region, place)
                if not dims:
                    leaf_questions = self.joint.leaves[leaf].open_questions(sure.facts)
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

    def _dated_parts(self, region: Region, question: Question) -> list[Range]:
        """The parts of the days of a dated fact: ever and never, or those beside an edge."""
        edges = self.joint.dated_edges
        ((low, high),) = region.dated[list(edges).index(question.item)]
        if (low, high) == ANY_TIME:
            return [(low, LAST), (NEVER, NEVER)]
        # a condition on it is open, so there is an edge within the days
        inner = [edge for edge in edges[question.item] if low <= edge < high]
        middle = inner[len(inner) // 2]
        return [(low, middle), (middle + 1, high)]

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
            case "dated_facts":
                at = list(self.joint.dated_edges).index(question.item)
                parts = self._dated_parts(region, question)
                before, after = region.dated[:at], region.dated[at + 1 :]
                return [evolve(region, dated=(*before, (part,), *after)) for part in parts]
            case "sex":
                return [evolve(region, sex=((at, at),)) for at in numbers(region.sex)]
            case "registered_county":
                return [evolve(region, registered=((at, at),)) for at in numbers(region.registered)]
        return [evolve(region, resident=((at, at),)) for at in numbers(region.resident)]


def partitions(
    joint: JointPolicy, shape: Shape, readings: Mapping[Question, int] | None = None
) -> Iterator[Partition]:
    """A search for each set of vaccines that the doses before may have been."""
    places = {shape.before[season] + joint.dose - 2 for season in joint.seasons}
    asked = sorted(at for at in places if joint.vaccine_sets and 0 <= at < len(shape.places))
    for choice in product(joint.vaccine_sets, repeat=len(asked)):
        yield Partition(joint, shape, dict(zip(asked, choice, strict=True)), readings)


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


def _open_leaves(evaluation: Evaluation) -> Iterator[int]:
    """The open conditions of entries whose days some people have and others do not."""
    for number, entry in enumerate(evaluation.plan.entries):
        for_all, for_some = evaluation.sure[number], evaluation.possible[number]
        if for_all == for_some or DaySet.of_spans(for_all) == DaySet.of_spans(for_some):
            continue
        for alternative in live(evaluation, entry):
            for leaf in entry.alternatives[alternative]:
                span = evaluation.spans[leaf]
                if span.is_open:
                    yield leaf


def days_of(plan: CompiledPolicy, person: Facts) -> Days:
    """The days as a decision has them: sure in every case, possible in some case."""
    return _in_every_case(Evaluation(plan, _all_known(person, plan.dated_facts)))


def _all_known(person: Facts, dated_facts: Iterable[str]) -> Facts:
    """The person with everything else known: in no other group or county, nothing else wanted.

    None of the other dated facts has happened; each one has the last of its possible days.
    """
    registered, residence = person.counties
    dated = dict.fromkeys(dated_facts, (NEVER, NEVER))
    return person.but(
        groups_closed=True,
        wanted_closed=True,
        counties=(registered or "", residence or ""),
        dated=dated | {fact: (last, last) for fact, (_, last) in person.dated.items()},
        sex=person.sex or SEXES[0],
    )


def _days(evaluation: Evaluation) -> Days:
    return new_days(
        DaySet.of_spans(span for spans in evaluation.sure for span in spans),
        DaySet.of_spans(span for spans in evaluation.possible for span in spans),
    )


def _in_every_case(evaluation: Evaluation) -> Days:
    """The days under every answer to the questions that no source answers, and under some one."""
    days = _days(evaluation)
    open_ = (
        question
        for leaf in _open_leaves(evaluation)
        for question in evaluation.plan.leaves[leaf].open_questions(evaluation.facts)
    )
    question = min(open_, default=None)
    if question is None or days.sure == days.possible:
        return days
    assumed = evaluation.facts.assumed
    one, other = (
        _in_every_case(
            Evaluation(evaluation.plan, evaluation.facts.but(assumed={**assumed, question: answer}))
        )
        for answer in (0, 1)
    )
    return new_days(one.sure & other.sure, one.possible | other.possible)
