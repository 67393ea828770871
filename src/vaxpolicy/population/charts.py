"""Draws how many people are eligible, by birth year; needs Matplotlib (extra ``charts``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vaxpolicy.population.comparison import OUTCOMES

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from vaxpolicy.population.comparison import Comparison
    from vaxpolicy.population.tallies import Tally

__all__ = ["CHART_ENDINGS", "comparison_chart", "outcome_chart", "save_chart"]

CHART_ENDINGS: Final = (".svg", ".png")
"""The file endings under which a chart can be saved."""
_COLOURS: Final = {
    "eligible": "#1a7f37",
    "undetermined": "#bf8700",
    "ineligible": "#c9ced6",
    "unreadable": "#cf222e",
}


def _figure(title: str) -> Figure:
    from matplotlib.figure import Figure  # noqa: PLC0415 - of an extra, and slow to import

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, loc="left")
    axes.set_xlabel("birth year")
    axes.set_ylabel("people")
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    return figure


def _years(tally: Tally, kind: str) -> dict[int, int]:
    return {
        year: count
        for (own, year), count in tally.birth_years.items()
        if own == kind and year is not None
    }


def outcome_chart(tally: Tally, title: str) -> Figure:
    """Draw the people by birth year, each bar divided by outcome."""
    figure = _figure(title)
    (axes,) = figure.axes
    bottom: dict[int, int] = {}
    for outcome in OUTCOMES:
        found = _years(tally, outcome)
        if found:
            years = sorted(found)
            counts = [found[year] for year in years]
            below = [bottom.get(year, 0) for year in years]
            axes.bar(years, counts, bottom=below, label=outcome, color=_COLOURS[outcome], width=1)
            for year in years:
                bottom[year] = bottom.get(year, 0) + found[year]
    if bottom:
        axes.legend(frameon=False)
    return figure


def comparison_chart(found: Comparison) -> Figure:
    """Draw the eligible people by birth year, under the old and the new policy."""
    figure = _figure("Eligible people, before and after")
    (axes,) = figure.axes
    before, after = _years(found.before, "eligible"), _years(found.after, "eligible")
    if either := sorted({*before, *after}):
        years = range(either[0], either[-1] + 1)
        axes.bar(
            years,
            [before.get(year, 0) for year in years],
            label=f"before: {found.old}",
            color=_COLOURS["ineligible"],
            width=1,
        )
        axes.stairs(
            [after.get(year, 0) for year in years],
            [*(year - 0.5 for year in years), years[-1] + 0.5],
            label=f"after: {found.new}",
            color=_COLOURS["eligible"],
            linewidth=2,
        )
        axes.legend(frameon=False)
    return figure


def save_chart(figure: Figure, path: Path) -> None:
    """Write a chart as SVG or PNG, according to the ending of the name."""
    # no date and no random ids: the same chart is the same file
    from matplotlib import rc_context  # noqa: PLC0415 - of an extra, and slow to import

    with rc_context({"svg.hashsalt": "vaxpolicy", "svg.fonttype": "none"}):
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
        figure.savefig(path, dpi=150, metadata=metadata)
