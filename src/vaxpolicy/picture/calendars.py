"""Draws booking windows and the days of one person on a calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vaxpolicy._values import front_door
from vaxpolicy.days import FIRST, TAIWAN, DaySet, in_taiwan
from vaxpolicy.eligibility import Effect, Outcome
from vaxpolicy.picture.labels import ENGLISH, Labels
from vaxpolicy.picture.svg import FAINT, MARGIN, WIDTH, Canvas, Scale
from vaxpolicy.rules.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vaxpolicy.eligibility import Decision
    from vaxpolicy.rules.moments import WrittenMoment
    from vaxpolicy.rules.policy import Policy, Stage, VaccinationDays, Window

_LABEL: Final = 76
"""The width of a date."""
_DAY: Final = timedelta(days=1)


@front_door
def windows_svg(policy: Policy, labels: Labels = ENGLISH) -> str:
    """Draw each stage's booking windows and vaccination days on a calendar."""
    labels = labels.about(policy)
    canvas = Canvas(labels.windows_title.format(policy=policy.id), "windows")
    canvas.legend(labels.windows_sure, labels.windows_open)
    rows = [row for stage in policy.stages for row in _stage_rows(stage, labels)]
    _calendar(canvas, rows)
    return canvas.svg()


def _stage_rows(stage: Stage, labels: Labels) -> Iterator[_Row]:
    yield _Row(stage.id, bold=True)
    for window in stage.windows:
        ends = {"first": labels.moment(window.opens), "last": labels.moment(window.closes)}
        note = labels.days_range.format_map(ends)
        yield _Row(labels.whom(window), tuple(_window_bars(window)), note)
    yield _vaccination(stage.vaccination_days, labels)


def _vaccination(days: VaccinationDays, labels: Labels) -> _Row:
    sure_until = days.sure_until or days.last
    stretch = _Bar(in_taiwan(days.first), in_taiwan(sure_until) + _DAY, days.stated)
    rest = _Bar(in_taiwan(sure_until) + _DAY, in_taiwan(days.last) + _DAY, sure=False)
    bars = (stretch, rest) if days.sure_until else (stretch,)
    note = labels.days_range.format(first=days.first, last=days.last)
    return _Row(labels.vaccination_days, bars, note)


def _window_bars(window: Window) -> Iterator[_Bar]:
    """The time that is surely open, and the times before and after it that may be open."""
    opens, closes = _ends(window.opens), _ends(window.closes)
    if opens is None:
        if closes is None:
            return
        opens = closes[0] - _DAY, closes[0]
    if closes is None:
        closes = opens[1], opens[1] + _DAY
    for first, last, sure in (
        (*opens, False),
        (opens[1], closes[0], True),
        (*closes, False),
    ):
        if first < last:
            yield _Bar(first, last, sure)


def _ends(written: WrittenMoment) -> tuple[datetime, datetime] | None:
    """The earliest instant meant, and when it is surely past; None where nothing is stated."""
    moment = Moment.of(written)
    if moment.earliest is None or moment.past is None:
        return None
    return moment.earliest, moment.past


@front_door
def timeline_svg(decisions: Iterable[Decision], labels: Labels = ENGLISH) -> str:
    """Draw one person's sure days and possible days, policy by policy."""
    canvas = Canvas(labels.timeline_title, "timeline")
    canvas.legend(labels.timeline_sure, labels.timeline_open)
    outcomes = {
        Outcome.ELIGIBLE: labels.eligible,
        Outcome.INELIGIBLE: labels.ineligible,
        Outcome.UNDETERMINED: labels.undetermined,
    }
    rows: list[_Row] = []
    for decision in decisions:
        rows.append(_Row(decision.policy_id, (), outcomes[decision.outcome], bold=True))
        rows += _answers(decision, labels)
    _calendar(canvas, rows)
    return canvas.svg()


def _answers(decision: Decision, labels: Labels) -> Iterator[_Row]:
    together: dict[tuple[str, int, DaySet, DaySet], list[str]] = {}
    for offer in (*decision.offers, *decision.possible_offers):
        same = (offer.rule_id, offer.dose, offer.days, offer.possible_days)
        together.setdefault(same, []).append(offer.vaccine)
    for (rule_id, dose, days, possible), vaccines in together.items():
        bars = (*_bars(days, sure=True), *_bars(possible - days, sure=False))
        yield _Row(labels.doses(rule_id, dose, vaccines), bars)
    if decision.outcome is Outcome.INELIGIBLE:
        refused = (it for it in decision.reasons if it.effect is Effect.REFUSES)
        reason = next(refused, None)
        if reason is not None:
            yield _Row(labels.refused.format(rule=reason.rule_id, code=reason.code))


@frozen
class _Bar:
    """A period of time."""

    first: datetime
    last: datetime
    sure: bool = True


def _bars(days: DaySet, *, sure: bool) -> Iterator[_Bar]:
    for low, high in days.spans:
        first, last = date.fromordinal(max(low, FIRST)), date.fromordinal(high)
        yield _Bar(in_taiwan(first), in_taiwan(last) + _DAY, sure)


@frozen
class _Row:
    """A line of a calendar: its text and its periods."""

    text: str
    bars: tuple[_Bar, ...] = ()
    note: str = ""
    bold: bool = False


def _calendar(canvas: Canvas, rows: Sequence[_Row]) -> None:
    """The rows, each with its bars beneath its text, and the scale of days."""
    bars = [bar for row in rows for bar in row.bars]
    if not bars:
        for row in rows:
            _row_text(canvas, row)
        return
    across = Scale(
        min(bar.first for bar in bars).timestamp(), max(bar.last for bar in bars).timestamp()
    )
    heights = []
    for row in rows:
        _row_text(canvas, row)
        if row.bars:
            heights.append(canvas.down(20) + 4)
            for bar in row.bars:
                ends = across(bar.first.timestamp()), across(bar.last.timestamp())
                canvas.box(*ends, heights[-1], 12, sure=bar.sure)
    canvas.down(20)
    _days_scale(canvas, across, heights)


def _row_text(canvas: Canvas, row: _Row) -> None:
    canvas.down(20 if row.bold else 17)
    canvas.text(row.text, bold=row.bold)
    if row.note:
        canvas.text(row.note, WIDTH - MARGIN, anchor="end")


def _days_scale(canvas: Canvas, across: Scale, heights: Iterable[float]) -> None:
    """Up to five days beneath the bars, at equal steps, marked at the height of each bar."""
    first = datetime.fromtimestamp(across.low, TAIWAN).date()
    length = (datetime.fromtimestamp(across.high, TAIWAN).date() - first).days + 1
    step = -(-length // 5)
    for number in range(0, length, step):
        day = first + number * _DAY
        x = across(in_taiwan(day).timestamp())
        for top in heights:
            canvas.line([(x, top - 2), (x, top + 14)], FAINT)
        if x < WIDTH - _LABEL:  # no room for another date at the end
            canvas.text(str(day), x)
