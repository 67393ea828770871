"""Draws the days on which people may come, by birth date."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import evolve, frozen

from vaxpolicy._values import front_door, unchecked
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.picture.labels import ENGLISH, Labels
from vaxpolicy.picture.svg import FAINT, MARGIN, WIDTH, Canvas, Scale
from vaxpolicy.rules.compiled import birth_ranges, compile_policy
from vaxpolicy.rules.conditions import InBand, PreviousDoseBeforeAge
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.people import Dose, Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.policy import Policy, Rule, Stage

_STRIP: Final = 24
_OLDEST: Final = date(1920, 1, 1)


@front_door
def policy_svg(policy: Policy, labels: Labels = ENGLISH) -> str:
    """Draw each rule: birth dates from left to right, and their days from top to bottom.

    The picture shows only ages and days, including the licences of the vaccines. It leaves out
    other conditions. If a rule offers several vaccines, it shows the days of any of them.
    """
    labels = labels.about(policy)
    canvas = Canvas(labels.births_title.format(policy=policy.id), "days")
    canvas.legend(labels.births_sure, labels.births_open)
    last, across = _last_day(policy), _scale(policy)
    drawings = iter(_drawings(policy))
    for stage in policy.stages:
        canvas.down(20)
        days = labels.days(stage.vaccination_days)
        canvas.paragraph(labels.stage.format(stage=stage.id, days=days), bold=True)
        for rule in stage.rules:
            canvas.down(18)
            canvas.paragraph(labels.doses(rule.id, rule.dose, rule.vaccines))
            drawing = next(drawings)
            _draw(canvas, drawing)
            for text in _texts(drawing, labels):
                canvas.down(14)
                canvas.paragraph(text)
    canvas.down(18)
    _years(canvas, across, last.year)
    canvas.text(labels.birth_year, WIDTH / 2, anchor="middle")
    return canvas.svg()


def _last_day(policy: Policy) -> date:
    return max(stage.vaccination_days.last for stage in policy.stages)


def _scale(policy: Policy) -> Scale:
    last = date(_last_day(policy).year, 12, 31)
    return Scale(_OLDEST.toordinal(), last.toordinal())


Points: TypeAlias = "tuple[tuple[float, float], ...]"


@frozen
class _Drawing:
    """The drawing of a rule: its shapes, measured from their top, and its birth dates."""

    sure_shapes: tuple[Points, ...]
    open_shapes: tuple[Points, ...]
    sure: DaySet
    open: DaySet


@lru_cache(maxsize=64)
def _drawings(policy: Policy) -> tuple[_Drawing, ...]:
    """The drawing of each rule in order, cached: a long schedule takes seconds."""
    across = _scale(policy)
    return tuple(
        _drawing(across, stage, _births(policy, stage, rule))
        for stage in policy.stages
        for rule in stage.rules
    )


@frozen
class _Births:
    """A range of birth dates (day numbers) and the days on which these people may come."""

    first: int
    last: int
    sure: DaySet
    possible: DaySet


def _births(policy: Policy, stage: Stage, rule: Rule) -> list[_Births]:
    """The days for each range of birth dates; neighbouring ranges with equal days are joined."""
    plan = _ages_alone(compile_policy(evolve(policy, stages=(evolve(stage, rules=(rule,)),))))
    each = [_of_range(plan, rule, first, last) for first, last in birth_ranges(plan)]
    groups = groupby(each, key=lambda births: (births.sure, births.possible))
    return [_joined(list(group)) for _, group in groups]


def _joined(births: list[_Births]) -> _Births:
    """Neighbouring ranges with equal days as one range."""
    return evolve(births[0], last=births[-1].last)


def _ages_alone(plan: CompiledPolicy) -> CompiledPolicy:
    """The rules with only their conditions on ages and days."""
    entries = tuple(
        evolve(
            entry,
            alternatives=tuple(
                tuple(leaf for leaf in alternative if _is_of_age(plan, leaf))
                for alternative in entry.alternatives
            ),
        )
        for entry in plan.entries
    )
    return evolve(plan, entries=entries)


def _is_of_age(plan: CompiledPolicy, leaf: int) -> bool:
    """Whether a term reads the birth date, or no fact about the person."""
    condition = plan.leaves[leaf].condition
    return condition.fact in {"", "birth_date"} or isinstance(
        condition, InBand | PreviousDoseBeforeAge
    )


_person = unchecked(Person)
"""Unchecked, because a rule for all birth dates is drawn from the calendar's first day on."""


def _of_range(plan: CompiledPolicy, rule: Rule, first: int, last: int) -> _Births:
    """The days of a person born in the range.

    If doses count by season, the person had the earlier doses as early as the season allows. The
    person was youngest then. So a rule about the age at the dose before excludes only people who
    were too old even then.
    """
    born = first if last == LAST else last
    doses: list[Dose] = []
    if plan.season > FIRST:
        earliest = max(plan.season, born)
        days = (date.fromordinal(earliest + number) for number in range(rule.dose - 1))
        doses = [Dose(rule.vaccines[0], day) for day in days]
    person = _person(date.fromordinal(born), tuple(doses))
    evaluation = Evaluation(plan, plan.read(person).facts)
    sure, possible = (
        DaySet.of_spans(span for spans in each for span in spans)
        for each in (evaluation.sure, evaluation.possible)
    )
    return _Births(first, last, sure, possible)


def _drawing(across: Scale, stage: Stage, births: list[_Births]) -> _Drawing:
    days = stage.vaccination_days
    low, high = days.first.toordinal(), days.last.toordinal() + 1

    def height(day: int) -> float:
        return (day - low) / (high - low) * _STRIP

    def shapes(spans_of: list[_Spans]) -> tuple[Points, ...]:
        runs = groupby(range(len(births)), key=lambda at: bool(spans_of[at]))
        return tuple(
            _outline(across, height, births, spans_of, list(run)) for drawn, run in runs if drawn
        )

    sure = [it for it in births if it.sure]
    open_ = [it for it in births if it.possible and not it.sure]
    return _Drawing(
        shapes([it.sure.spans for it in births]),
        shapes([(it.possible - it.sure).spans for it in births]),
        DaySet.of_spans((it.first, it.last) for it in sure),
        DaySet.of_spans((it.first, it.last) for it in open_),
    )


_Spans: TypeAlias = "tuple[tuple[int, int], ...]"


def _outline(
    across: Scale,
    height: Callable[[int], float],
    births: list[_Births],
    spans_of: list[_Spans],
    run: list[int],
) -> Points:
    """The outline of neighbouring birth dates that have days."""
    upper = [
        (across(x), height(spans_of[at][0][0]))
        for at in run
        for x in (births[at].first, births[at].last + 1)
    ]
    lower = [
        (across(x), height(spans_of[at][-1][1] + 1))
        for at in reversed(run)
        for x in (births[at].last + 1, births[at].first)
    ]
    return _thinned([*upper, *lower])


def _thinned(points: list[tuple[float, float]]) -> Points:
    """The points, without those at the same place as the one before."""
    drawn = [(round(x, 1), round(y, 1)) for x, y in points]
    return tuple(point for point, _ in groupby(drawn))


def _draw(canvas: Canvas, drawing: _Drawing) -> None:
    top = canvas.down(_STRIP + 5) + 5
    for y in (top, top + _STRIP):
        canvas.line([(MARGIN, y), (WIDTH - MARGIN, y)], FAINT)
    for shapes, is_sure in ((drawing.open_shapes, False), (drawing.sure_shapes, True)):
        for points in shapes:
            canvas.shape([(x, top + y) for x, y in points], sure=is_sure)


def _texts(drawing: _Drawing, labels: Labels) -> list[str]:
    texts = [
        text.format(days=labels.ranges(births))
        for text, births in ((labels.born, drawing.sure), (labels.born_open, drawing.open))
        if births
    ]
    return texts or [labels.nobody]


def _years(canvas: Canvas, across: Scale, last: int) -> None:
    """The scale of the years of birth."""
    y = canvas.y - 12
    for year in range(_OLDEST.year, last, 10):
        x = across(date(year, 1, 1).toordinal())
        canvas.line([(x, y), (x, y + 4)], FAINT)
        if year % 20 == 0:
            canvas.text(str(year), x, anchor=_anchor(year, last))
    canvas.down(15)


def _anchor(year: int, last: int) -> str:
    """The start of the text of a year, inside the picture at both ends."""
    if year == _OLDEST.year:
        return "start"
    return "end" if year + 5 > last else "middle"
