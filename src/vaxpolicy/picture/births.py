"""Draws who may come by birth date, on which days."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from vaxpolicy._values import unchecked
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.picture.labels import ENGLISH, Labels
from vaxpolicy.picture.svg import FAINT, MARGIN, WIDTH, Canvas, Scale
from vaxpolicy.rules.compiled import birth_ranges, compile_policy
from vaxpolicy.rules.conditions import InBand, PreviousDoseBeforeAge
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.people import Dose, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaxpolicy.rules.compiled import CompiledPolicy
    from vaxpolicy.rules.policy import Policy, Rule, Stage

_STRIP: Final = 24
_OLDEST: Final = date(1920, 1, 1)


def policy_svg(policy: Policy, labels: Labels = ENGLISH) -> str:
    """For each rule: who may come by birth date (left to right), on which days (top to bottom).

    The picture shows ages and days alone, with the licences of the vaccines, and leaves aside what
    else a rule asks. Where a rule offers several vaccines, it shows the days of any of them.
    """
    canvas = Canvas(labels.births_title.format(policy=policy.id), "days")
    canvas.legend(labels.births_sure, labels.births_open)
    last = max(stage.vaccination_days.last for stage in policy.stages)
    across = Scale(_OLDEST.toordinal(), date(last.year, 12, 31).toordinal())
    for stage in policy.stages:
        canvas.down(20)
        days = labels.days(stage.vaccination_days)
        canvas.text(labels.stage.format(stage=stage.id, days=days), bold=True)
        for rule in stage.rules:
            canvas.down(18)
            canvas.text(labels.doses(rule.id, rule.dose, rule.vaccines))
            births = _births(policy, stage, rule)
            _draw(canvas, across, stage, births)
            for text in _texts(births, labels):
                canvas.down(14)
                canvas.text(text)
    canvas.down(18)
    _years(canvas, across, last.year)
    canvas.text(labels.birth_year, WIDTH / 2, anchor="middle")
    return canvas.svg()


@frozen
class _Births:
    """A range of birth dates (day numbers) and the days on which those born then may come."""

    first: int
    last: int
    sure: DaySet
    possible: DaySet


def _births(policy: Policy, stage: Stage, rule: Rule) -> list[_Births]:
    """What the rule gives each range of birth dates; neighbours with the same days are one."""
    plan = _ages_alone(compile_policy(evolve(policy, stages=(evolve(stage, rules=(rule,)),))))
    each = [_of_range(plan, rule, first, last) for first, last in birth_ranges(plan)]
    return [
        evolve(same[0], last=same[-1].last)
        for _, group in groupby(each, key=lambda births: (births.sure, births.possible))
        for same in [list(group)]
    ]


def _ages_alone(plan: CompiledPolicy) -> CompiledPolicy:
    """The rules with nothing but what they ask of ages and days."""
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
    """Whether a term asks for the birth date, or nothing of the person."""
    condition = plan.leaves[leaf].condition
    return condition.fact in {"", "birth_date"} or isinstance(
        condition, InBand | PreviousDoseBeforeAge
    )


_person = unchecked(Person)
"""A rule for births on any day is drawn from the first day of the calendar on."""


def _of_range(plan: CompiledPolicy, rule: Rule, first: int, last: int) -> _Births:
    """The days of a person born in the range.

    Where doses count by season, the person has had the doses before as early as the season allows.
    At that time the person was youngest: a rule that asks for the age at the dose before leaves out
    only people who were too old even then.
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


def _draw(canvas: Canvas, across: Scale, stage: Stage, births: list[_Births]) -> None:
    top = canvas.down(_STRIP + 5) + 5
    days = stage.vaccination_days
    low, high = days.first.toordinal(), days.last.toordinal() + 1

    def height(day: int) -> float:
        return top + (day - low) / (high - low) * _STRIP

    for y in (top, top + _STRIP):
        canvas.line([(MARGIN, y), (WIDTH - MARGIN, y)], FAINT)
    for name in ("possible", "sure"):
        for run in _runs(births, name):
            upper = [
                (across(x), height(spans[0][0]))
                for part, spans in run
                for x in (part.first, part.last + 1)
            ]
            lower = [
                (across(x), height(spans[-1][1] + 1))
                for part, spans in reversed(run)
                for x in (part.last + 1, part.first)
            ]
            canvas.shape(_thinned([*upper, *lower]), sure=name == "sure")


def _runs(
    births: list[_Births], name: str
) -> Iterator[list[tuple[_Births, tuple[tuple[int, int], ...]]]]:
    """Neighbouring births with days of that kind; "possible" leaves out the days that are sure."""

    def spans(part: _Births) -> tuple[tuple[int, int], ...]:
        if name == "sure":
            return part.sure.spans
        return (part.possible - part.sure).spans

    for drawn, group in groupby(births, key=lambda part: bool(spans(part))):
        if drawn:
            yield [(part, spans(part)) for part in group]


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points without those that are drawn at the same place as the one before."""
    drawn = [(round(x, 1), round(y, 1)) for x, y in points]
    return [point for point, _ in groupby(drawn)]


def _texts(births: list[_Births], labels: Labels) -> list[str]:
    sure = [part for part in births if part.sure]
    open_ = [part for part in births if part.possible and not part.sure]
    texts = [
        text.format(days=labels.ranges(DaySet.of_spans((it.first, it.last) for it in parts)))
        for text, parts in ((labels.born, sure), (labels.born_open, open_))
        if parts
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
    """Where the text of a year begins: within the picture at both ends."""
    if year == _OLDEST.year:
        return "start"
    return "end" if year + 5 > last else "middle"
