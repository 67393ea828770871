"""The search through everybody for those whose days differ between two policies.

It goes from all people with one shape of dose history to ranges of them, by way of an
`vaxpolicy.analysis.joint.Overlay`. Where what holds for all and what holds for some settle who
gains and
who loses, the range is one answer; where they do not, it is cut at an edge of either policy, or a
fact is told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from vaxpolicy.analysis.history_shapes import ascending
from vaxpolicy.analysis.joint import (
    NEVER_REGISTERED,
    NO,
    Days,
    JointPolicy,
    Kind,
    RegionFacts,
    about_person,
    kind_of,
    kind_of_ranks,
    live,
)
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.rules.conditions import Facts, Question, with_whole
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vaxpolicy.analysis.history_shapes import Shape
    from vaxpolicy.analysis.regions import Region, Spans, Values
    from vaxpolicy.rules.compiled import CompiledPolicy

_COUNTIES: Final = {"registered_county": "county/0", "residence_county": "county/1"}


class Partition:
    """The search through the people of one shape of history, with these vaccines before."""

    def __init__(
        self, overlay: JointPolicy, shape: Shape, vaccines: Mapping[int, frozenset[str]]
    ) -> None:
        self.overlay, self.shape = overlay, shape
        others = overlay.told_apart[-1] if overlay.told_apart else overlay.against
        self.vaccines = tuple(
            min(vaccines.get(place, others)) for place in range(len(shape.places))
        )
        self.edges: dict[str, list[int]] = {"birth": sorted(overlay.births)}
        self.names: dict[object, str] = {"birth": "birth"}
        for (season, number), edges in overlay.doses.items():
            place = shape.before[season] + number - 1
            if 0 <= place < len(shape.places):
                self.names[season, number] = name = f"dose/{place}"
                self.edges[name] = sorted({*self.edges.get(name, ()), *edges})

    def everybody(self) -> Region:
        """All who have such a history."""
        doses = enumerate(self.shape.places)
        cell: Region = {f"dose/{at}": ((place.low, place.high),) for at, place in doses}
        return {"birth": ((FIRST, LAST),), **cell}

    def search(self, cell: Region) -> Iterator[tuple[Kind, Region]]:
        """What changes for the people of a cell, who are told apart where need be."""
        region = self._region(cell)
        if region is None:
            return
        overlay = self.overlay
        possible = Evaluation(overlay.possible, region)
        if overlay.is_same_for(possible):
            return
        sure = Evaluation(overlay.sure, region)
        old, new = (overlay.bounds(side, sure, possible) for side in (overlay.old, overlay.new))
        if old.rank is not None and new.rank is not None:
            neither = old.rank == new.rank == NO
            changed = old.rank != new.rank or (not neither and old.differs(new))
            if changed:
                yield kind_of_ranks(old.rank, new.rank), cell
            if changed or neither:
                return
        parts = self._parts(cell, sure, possible)
        for part in parts:
            yield from self.search(part)
        if not parts:
            kind = kind_of(*self.answers(cell))
            if kind is not None:
                yield kind, cell

    def answers(self, cell: Region) -> tuple[Days, Days]:
        """The days of both policies for one of a cell of people who do not differ."""
        region = self._region(cell)
        assert region is not None  # noqa: S101  # whoever asks has looked
        old, new = self.overlay.old, self.overlay.new
        return _answer(old.plan, region.corners[old.plan.season][0]), _answer(
            new.plan, region.corners[new.plan.season][0]
        )

    # -- one cell --

    def _region(self, cell: Region) -> RegionFacts | None:
        """The people of a cell; None where there can be none: each dose after the one before."""
        ((born, born_to),) = cast("Spans", cell["birth"])
        ranges = [cast("Spans", cell[f"dose/{at}"])[0] for at in range(len(self.shape.places))]
        bounds = ascending((born, born_to), ranges)
        if bounds is None:
            return None
        lows, highs = bounds
        region = RegionFacts.__new__(RegionFacts)
        region.corners = {
            season: tuple(
                self._person(cell, birth, doses, self.shape.before[season])
                for birth, doses in (
                    (born, lows),
                    (born_to, highs),
                    (born, highs),
                    (born_to, lows),
                )
            )
            for season in self.overlay.seasons
        }
        return region

    def _person(self, cell: Region, birth: int, doses: tuple[int, ...], before: int) -> Facts:
        facts = Facts(birth, birth)
        facts.doses, facts.vaccines, facts.before_season = doses, self.vaccines, before
        groups = {name[6:]: it for name, it in cell.items() if name.startswith("group/")}
        facts.groups = with_whole(group for group, it in groups.items() if True in it)
        facts.not_groups = frozenset(group for group, it in groups.items() if False in it)
        facts.groups_closed, facts.open_groups = False, frozenset()
        facts.counties = only(cell.get("county/0")), only(cell.get("county/1"))
        since = cell.get("since")
        facts.wanted_closed, facts.wanted = False, {}
        if since is not None:
            (number,) = cast("frozenset[int]", since)
            facts.wanted = {self.overlay.vaccine: self.overlay.instant(number)}
        facts.assumed = {}
        return facts

    def _parts(self, cell: Region, sure: Evaluation, possible: Evaluation) -> list[Region]:
        """The cell, cut where an open condition changes; none where there is no such place."""
        cuts: dict[str, list[int]] = {}
        questions: set[Question] = set()
        person = next(iter(cast("RegionFacts", sure.facts).corners.values()))[0]
        for sweep in (sure, possible):
            for leaf in _open_leaves(sweep):
                for dim in self.overlay.dims[leaf]:
                    name = self.names.get(dim)
                    if name is not None and name not in cuts:
                        cuts[name] = self._cuts(cell, name)
                if not self.overlay.dims[leaf]:
                    questions.update(about_person(self.overlay.leaves[leaf].open_questions(person)))
        name = max(cuts, key=lambda name: (len(cuts[name]), name), default="birth")
        few = len(cuts.get(name, ()))
        if questions and few <= _FEW:
            return self._told_apart(cell, min(questions))
        if not few:
            return []
        ((low, high),) = cast("Spans", cell[name])
        middle = cuts[name][len(cuts[name]) // 2]
        return [{**cell, name: ((low, middle),)}, {**cell, name: ((middle + 1, high),)}]

    def _cuts(self, cell: Region, name: str) -> list[int]:
        ((low, high),) = cast("Spans", cell[name])
        return [edge for edge in self.edges[name] if low <= edge < high]

    def _told_apart(self, cell: Region, question: Question) -> list[Region]:
        kind, item = question
        values: list[Values]
        if kind == "groups":
            name, values = f"group/{item}", [frozenset({False}), frozenset({True})]
        elif kind == "willingness":
            ranges = range(NEVER_REGISTERED, len(self.overlay.instants) + 1)
            name, values = "since", [frozenset({number}) for number in ranges]
        else:
            name = _COUNTIES[kind]
            values = [frozenset({county}) for county in self.overlay.counties]
        return [{**cell, name: value} for value in values]


_FEW: Final = 100
"""With fewer places to cut than this, the other facts are told apart first: it takes less time."""


def only(values: Values | None) -> str | None:
    """The one value of a fact; None where it does not matter."""
    if values is None:
        return None
    (value,) = cast("frozenset[str]", values)
    return value


def _open_leaves(sweep: Evaluation) -> Iterator[int]:
    """The conditions that leave open who has the days of an entry that some have and others not."""
    for number, entry in enumerate(sweep.plan.entries):
        for_all, for_some = sweep.sure[number], sweep.possible[number]
        if for_all == for_some or DaySet.of_spans(for_all) == DaySet.of_spans(for_some):
            continue
        for alternative in live(sweep, entry):
            for leaf in entry.alternatives[alternative]:
                span = sweep.spans[leaf]
                if span.is_open:
                    yield leaf


def _answer(plan: CompiledPolicy, person: Facts) -> Days:
    """The days, as a decision has them: rules together are asked only where none alone is sure."""
    registered, residence = person.counties
    whole = person.but(
        groups_closed=True, wanted_closed=True, counties=(registered or "", residence or "")
    )
    sweep = Evaluation(plan, whole)
    days = _days(sweep)
    if days.sure or not days.possible:
        return days
    return Days(_in_every_case(sweep), days.possible)


def _days(sweep: Evaluation) -> Days:
    return Days(
        DaySet.of_spans(span for spans in sweep.sure for span in spans),
        DaySet.of_spans(span for spans in sweep.possible for span in spans),
    )


def _in_every_case(sweep: Evaluation) -> DaySet:
    """The days that are sure however what no source states turns out."""
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
