"""Pictures of policies and answers, as SVG: birth dates against days, booking windows, a timeline.

A picture is text: it holds no script, loads nothing and is the same for the same input. It takes
the colour of the text around it where it is part of a page, so that it can be read on light and
dark ground, and tells sure from open by hatching and outline, never by colour alone.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from attrs import evolve, field, frozen

from vaxpolicy.days import FIRST, LAST, TAIWAN, DaySet, latest_birth
from vaxpolicy.eligibility import Effect, Outcome
from vaxpolicy.picture.labels import ENGLISH, Labels
from vaxpolicy.rules.compiled import birth_ranges, compile_policy
from vaxpolicy.rules.conditions import InBand, PreviousDoseBeforeAge, read_facts
from vaxpolicy.rules.people import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vaxpolicy.eligibility import Decision
    from vaxpolicy.rules.compiled import CompiledOffer, CompiledPolicy
    from vaxpolicy.rules.policy import Moment, Policy, Rule, Stage, VaccinationDays, Window

WIDTH: Final = 480
"""Every picture's width in its own units; it scales to the width that it is given."""

_MARGIN: Final = 8
_STRIP: Final = 24
_LABEL: Final = 76
"""The room that a date takes."""
_OLDEST: Final = date(1920, 1, 1)
_DAY: Final = timedelta(days=1)


# -- drawing ---------------------------------------------------------------------------------------


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@frozen
class _Drawing:
    """Shapes from the top down; `y` is where the next one goes."""

    title: str
    name: str
    parts: list[str] = field(factory=list)
    y: list[float] = field(factory=lambda: [4.0])

    def down(self, by: float) -> float:
        """Go down, and say from where."""
        self.y[0] += by
        return self.y[0] - by

    def text(
        self, text: str, x: float = _MARGIN, *, anchor: str = "start", bold: bool = False
    ) -> None:
        """A line of text on the present height."""
        weight = ' font-weight="bold"' * bold
        at = f'x="{_number(x)}" y="{_number(self.y[0])}" text-anchor="{anchor}"'
        self.parts.append(f"<text {at}{weight}>{escape(text)}</text>")

    def line(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """A line through points."""
        path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" {style}/>')

    def shape(self, points: Iterable[tuple[float, float]], *, sure: bool) -> None:
        """A closed shape: hatched and in full lines where sure, else dotted and in dashes."""
        path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        fill = f"url(#{self.name}-{'sure' if sure else 'open'})"
        dashes = "" if sure else ' stroke-dasharray="3 2"'
        self.parts.append(f'<polygon points="{path}" fill="{fill}" stroke="currentColor"{dashes}/>')

    def box(self, left: float, right: float, top: float, height: float, *, sure: bool) -> None:
        """A rectangle as a shape; at least two units wide, to be seen."""
        right = max(right, left + 2)
        corners = ((left, top), (right, top), (right, top + height), (left, top + height))
        self.shape(corners, sure=sure)

    def legend(self, sure: str, open_: str) -> None:
        """What the two kinds of shapes mean."""
        for text, is_sure in ((sure, True), (open_, False)):
            self.box(_MARGIN, _MARGIN + 24, self.down(16), 11, sure=is_sure)
            self.parts.append(
                f'<text x="{_MARGIN + 32}" y="{_number(self.y[0] - 6)}">{escape(text)}</text>'
            )

    def svg(self) -> str:
        """The whole picture."""
        height = _number(self.y[0] + _MARGIN)
        hatch = (
            f'<pattern id="{self.name}-sure" width="5" height="5" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><rect width="5" height="5" fill="currentColor" '
            'fill-opacity="0.12"/><rect width="1.5" height="5" fill="currentColor" '
            'fill-opacity="0.55"/></pattern>'
            f'<pattern id="{self.name}-open" width="5" height="5" patternUnits="userSpaceOnUse">'
            '<circle cx="2.5" cy="2.5" r="0.8" fill="currentColor" fill-opacity="0.6"/></pattern>'
        )
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" aria-label={quoteattr(self.title)} '
            'font-family="sans-serif" font-size="12" fill="currentColor" stroke-width="0.8">'
        )
        body = "\n".join(self.parts)
        title = f"<title>{escape(self.title)}</title>"
        return f"{head}\n{title}\n<defs>{hatch}</defs>\n{body}\n</svg>\n"


@frozen
class _Scale:
    """Where a number lies between the left and the right margin."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return _MARGIN + share * (WIDTH - 2 * _MARGIN)


# -- birth dates against vaccination days ----------------------------------------------------------


@frozen
class _Births:
    """A range of birth dates (day numbers) and the days on which those born then may come."""

    first: int
    last: int
    sure: DaySet
    possible: DaySet


def policy_svg(policy: Policy, labels: Labels = ENGLISH) -> str:
    """For each rule: who may come by birth date (left to right), on which days (top to bottom).

    Ages and days alone, with the licences of the vaccines: what else a rule asks is left aside.
    Where a rule offers several vaccines, it shows the days of any of them.
    """
    drawing = _Drawing(labels.births_title.format(policy=policy.id), "days")
    drawing.legend(labels.births_sure, labels.births_open)
    last = max(stage.vaccination_days.last for stage in policy.stages)
    across = _Scale(_OLDEST.toordinal(), date(last.year, 12, 31).toordinal())
    for stage in policy.stages:
        drawing.down(20)
        days = labels.days(stage.vaccination_days)
        drawing.text(labels.stage.format(stage=stage.id, days=days), bold=True)
        for rule in stage.rules:
            drawing.down(18)
            drawing.text(labels.doses(rule.id, rule.dose, rule.vaccines))
            births = _births(policy, stage, rule)
            _draw_births(drawing, across, stage, births)
            for text in _births_texts(births, labels):
                drawing.down(14)
                drawing.text(text)
    drawing.down(18)
    _years(drawing, across, last.year)
    drawing.text(labels.birth_year, WIDTH / 2, anchor="middle")
    return drawing.svg()


def _births(policy: Policy, stage: Stage, rule: Rule) -> list[_Births]:
    """What the rule gives each range of birth dates, neighbours with the same days as one."""
    alone = evolve(policy, stages=(evolve(stage, rules=(rule,)),))
    plan = compile_policy(alone)
    cells = [_Births(*cell, *_days_of(plan, cell)) for cell in birth_ranges(plan)]
    return [
        evolve(same[0], last=same[-1].last)
        for _, group in groupby(cells, key=lambda cell: (cell.sure, cell.possible))
        for same in [list(group)]
    ]


def _days_of(plan: CompiledPolicy, cell: tuple[int, int]) -> tuple[DaySet, DaySet]:
    """The days that are sure and those that are possible, as far as age decides."""
    low, high = cell
    born = date.fromordinal(low if high == LAST else high)
    facts = read_facts(Person(born), plan.vaccines, plan.season)
    sure: list[tuple[int, int]] = []
    possible: list[tuple[int, int]] = []
    for entry in plan.entries:
        for alternative in entry.alternatives:
            if any(_was_too_old(plan, leaf, born) for leaf in alternative):
                continue
            spans = [plan.spans[leaf](facts) for leaf in alternative if _is_of_age(plan, leaf)]
            sure.append(_common(entry, [span[:2] for span in spans]))
            possible.append(_common(entry, [span[2:] for span in spans]))
    stated = all(entry.days_stated for entry in plan.entries)
    return DaySet.of_spans(sure if stated else []), DaySet.of_spans(possible)


def _is_of_age(plan: CompiledPolicy, leaf: int) -> bool:
    """Whether a term asks the birth date or nothing of the person."""
    condition = plan.leaves[leaf].condition
    return condition.fact in {"", "birth_date"} or isinstance(condition, InBand)


def _was_too_old(plan: CompiledPolicy, leaf: int, born: date) -> bool:
    """Whether the dose before, on whatever day of the season, was given at too high an age."""
    term = plan.leaves[leaf].condition
    if not isinstance(term, PreviousDoseBeforeAge):
        return False
    return born <= latest_birth(term.previous_dose_before_age, date.fromordinal(plan.season))


def _common(entry: CompiledOffer, spans: list[tuple[int, int]]) -> tuple[int, int]:
    first = max([entry.first, *(low for low, _ in spans)])
    return first, min([entry.last, *(high for _, high in spans)])


def _draw_births(drawing: _Drawing, across: _Scale, stage: Stage, births: list[_Births]) -> None:
    top = drawing.down(_STRIP + 5) + 5
    days = stage.vaccination_days
    low, high = days.first.toordinal(), days.last.toordinal() + 1

    def height(day: int) -> float:
        return top + (day - low) / (high - low) * _STRIP

    corners = ((_MARGIN, top), (WIDTH - _MARGIN, top))
    for y in (0, _STRIP):
        drawing.line([(x, at + y) for x, at in corners], _FAINT)
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
            drawing.shape(_thinned([*upper, *lower]), sure=name == "sure")


_FAINT: Final = 'fill="none" stroke="currentColor" stroke-opacity="0.35"'


def _runs(
    births: list[_Births], name: str
) -> Iterator[list[tuple[_Births, tuple[tuple[int, int], ...]]]]:
    """Neighbouring births with days of that kind; "possible" leaves out what is as sure."""

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


def _births_texts(births: list[_Births], labels: Labels) -> list[str]:
    sure = [part for part in births if part.sure]
    open_ = [part for part in births if part.possible and not part.sure]
    texts = [
        text.format(days=labels.ranges(DaySet.of_spans((it.first, it.last) for it in parts)))
        for text, parts in ((labels.born, sure), (labels.born_open, open_))
        if parts
    ]
    return texts or [labels.nobody]


def _years(drawing: _Drawing, across: _Scale, last: int) -> None:
    """The scale of the years of birth."""
    y = drawing.y[0] - 12
    for year in range(_OLDEST.year, last, 10):
        x = across(date(year, 1, 1).toordinal())
        drawing.line([(x, y), (x, y + 4)], _FAINT)
        if year % 20 == 0:
            anchor = "start" if year == _OLDEST.year else "end" if year + 5 > last else "middle"
            drawing.text(str(year), x, anchor=anchor)
    drawing.down(15)


# -- a calendar ------------------------------------------------------------------------------------


@frozen
class _Bar:
    """A stretch of time."""

    first: datetime
    last: datetime
    sure: bool = True


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, TAIWAN)


def _bars(days: DaySet, *, sure: bool) -> Iterator[_Bar]:
    for low, high in days.spans:
        first, last = date.fromordinal(max(low, FIRST)), date.fromordinal(high)
        yield _Bar(_midnight(first), _midnight(last) + _DAY, sure)


@frozen
class _Row:
    """A line of a calendar: what it says, and its stretches."""

    text: str
    bars: tuple[_Bar, ...] = ()
    note: str = ""
    bold: bool = False


def _calendar(drawing: _Drawing, rows: Sequence[_Row]) -> None:
    """The rows, each with its bars beneath its text, and the scale of days."""
    bars = [bar for row in rows for bar in row.bars]
    if not bars:
        for row in rows:
            _row_text(drawing, row)
        return
    across = _Scale(
        min(bar.first for bar in bars).timestamp(), max(bar.last for bar in bars).timestamp()
    )
    heights = []
    for row in rows:
        _row_text(drawing, row)
        if row.bars:
            heights.append(drawing.down(20) + 4)
            for bar in row.bars:
                ends = across(bar.first.timestamp()), across(bar.last.timestamp())
                drawing.box(*ends, heights[-1], 12, sure=bar.sure)
    drawing.down(20)
    _days_scale(drawing, across, heights)


def _row_text(drawing: _Drawing, row: _Row) -> None:
    drawing.down(20 if row.bold else 17)
    drawing.text(row.text, bold=row.bold)
    if row.note:
        drawing.text(row.note, WIDTH - _MARGIN, anchor="end")


def _days_scale(drawing: _Drawing, across: _Scale, heights: Iterable[float]) -> None:
    """Up to five days beneath the bars, at whole steps, marked on the height of each bar."""
    first = datetime.fromtimestamp(across.low, TAIWAN).date()
    length = (datetime.fromtimestamp(across.high, TAIWAN).date() - first).days + 1
    step = -(-length // 5)
    for number in range(0, length, step):
        day = first + number * _DAY
        x = across(_midnight(day).timestamp())
        for top in heights:
            drawing.line([(x, top - 2), (x, top + 14)], _FAINT)
        if x < WIDTH - _LABEL:  # no room for another date at the end
            drawing.text(str(day), x)


# -- booking windows -------------------------------------------------------------------------------


def windows_svg(policy: Policy, labels: Labels = ENGLISH) -> str:
    """Each stage's booking windows on a calendar, with its vaccination days."""
    drawing = _Drawing(labels.windows_title.format(policy=policy.id), "windows")
    drawing.legend(labels.windows_sure, labels.windows_open)
    rows = [row for stage in policy.stages for row in _stage_rows(stage, labels)]
    _calendar(drawing, rows)
    return drawing.svg()


def _stage_rows(stage: Stage, labels: Labels) -> Iterator[_Row]:
    yield _Row(stage.id, bold=True)
    for window in stage.windows:
        ends = {"first": labels.moment(window.opens), "last": labels.moment(window.closes)}
        note = labels.days_range.format_map(ends)
        yield _Row(labels.whom(window), tuple(_window_bars(window)), note)
    yield _vaccination(stage.vaccination_days, labels)


def _vaccination(days: VaccinationDays, labels: Labels) -> _Row:
    sure_until = days.sure_until or days.last
    stretch = _Bar(_midnight(days.first), _midnight(sure_until) + _DAY, days.stated)
    rest = _Bar(_midnight(sure_until) + _DAY, _midnight(days.last) + _DAY, sure=False)
    bars = (stretch, rest) if days.sure_until else (stretch,)
    note = labels.days_range.format(first=days.first, last=days.last)
    return _Row(labels.vaccination_days, bars, note)


def _window_bars(window: Window) -> Iterator[_Bar]:
    """The stretch that is surely open, and those before and after it that may be."""
    opens = _ends(window.opens)
    closes = _ends(window.closes)
    if opens is None:
        opens = closes and (closes[0] - _DAY, closes[0])
    if closes is None:
        closes = opens and (opens[1], opens[1] + _DAY)
    if opens is None or closes is None:
        return
    for first, last, sure in (
        (*opens, False),
        (opens[1], closes[0], True),
        (*closes, False),
    ):
        if first < last:
            yield _Bar(first, last, sure)


def _ends(moment: Moment) -> tuple[datetime, datetime] | None:
    """The earliest and the latest instant meant; None where nothing is stated."""
    if isinstance(moment, datetime):
        return moment, moment
    if isinstance(moment, date):
        return _midnight(moment), _midnight(moment) + _DAY
    return None


# -- a person's timeline ---------------------------------------------------------------------------


def timeline_svg(decisions: Iterable[Decision], labels: Labels = ENGLISH) -> str:
    """One person's answers, policy by policy: the days that are sure, those that are possible."""
    drawing = _Drawing(labels.timeline_title, "timeline")
    drawing.legend(labels.timeline_sure, labels.timeline_open)
    outcomes = {
        Outcome.ELIGIBLE: labels.eligible,
        Outcome.INELIGIBLE: labels.ineligible,
        Outcome.UNDETERMINED: labels.undetermined,
    }
    rows: list[_Row] = []
    for decision in decisions:
        rows.append(_Row(decision.policy_id, (), outcomes[decision.outcome], bold=True))
        rows += _answers(decision, labels)
    _calendar(drawing, rows)
    return drawing.svg()


def _answers(decision: Decision, labels: Labels) -> Iterator[_Row]:
    together: dict[tuple[str, int, DaySet, DaySet], list[str]] = {}
    for offer in (*decision.offers, *decision.possible_offers):
        same = (offer.rule_id, offer.dose, offer.days, offer.possible_days)
        together.setdefault(same, []).append(offer.vaccine)
    for (rule_id, dose, days, possible), vaccines in together.items():
        bars = (*_bars(days, sure=True), *_bars(possible - days, sure=False))
        yield _Row(labels.doses(rule_id, dose, vaccines), bars)
    if decision.outcome is Outcome.INELIGIBLE:
        refused = [it for it in decision.reasons if it.effect is Effect.REFUSES]
        yield from (
            _Row(labels.refused.format(rule=it.rule_id, code=it.code)) for it in refused[:1]
        )
