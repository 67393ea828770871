"""How much work the analyses take: the sets of people for whom rules are evaluated, counted.

The count is the same on every machine, so a search that goes on where nothing can be found any more
shows here, though what it finds is the same. `tests/data/work/analysis.json` keeps the figures. To
write them anew, after reading why:

    python -m tests.analysis.test_work
"""

from __future__ import annotations

import json
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from vaxpolicy import catalog
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEPT: Final = Path(__file__).parents[1] / "data" / "work" / "analysis.json"
ROUNDS: Final = [f"tw/covid19-1922/round-{number:02}" for number in range(2, 29)]
SEASONS: Final = ("tw/influenza/2025", "tw/influenza/2026"), ("tw/covid19/2025", "tw/covid19/2026")


def two(
    compare: Callable[..., object], old: str, new: str, **options: bool
) -> Callable[[], object]:
    return partial(compare, catalog.load(old), catalog.load(new), **options)


def analyses() -> Mapping[str, Callable[[], object]]:
    """What is counted, by name."""
    found: dict[str, Callable[[], object]] = {}
    for policy_id in catalog.ids():
        found[f"lint {policy_id}"] = partial(catalog.lint, catalog.load(policy_id))
    for old, new in pairwise(ROUNDS):
        found[f"diff {old} {new}"] = two(catalog.diff, old, new)
    for old, new in (ROUNDS[13:15], ROUNDS[17:19]):
        found[f"diff {old} {new} in retrospect"] = two(catalog.diff, old, new, in_retrospect=True)
    for old, new in SEASONS:
        found[f"season-diff {old} {new}"] = two(catalog.season_diff, old, new)
    for policy_id in ("tw/hpv/2025", "tw/mpox/2026", "tw/covid19-1922/round-16"):
        found[f"people {policy_id}"] = partial(boundary_people, catalog.load(policy_id))
    return found


ANALYSES: Final = analyses()


def evaluations(analysis: Callable[[], object], patch: pytest.MonkeyPatch) -> int:
    """How many evaluations an analysis makes."""
    made = 0
    make = Evaluation.__init__

    def counting(evaluation: Evaluation, *args: Any, **options: Any) -> None:
        nonlocal made
        made += 1
        make(evaluation, *args, **options)

    with patch.context() as within:
        within.setattr(Evaluation, "__init__", counting)
        analysis()
    return made


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_makes_the_evaluations_that_it_made(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = json.loads(KEPT.read_text("utf-8"))
    assert evaluations(ANALYSES[name], monkeypatch) == kept[name], (
        "if it is meant: python -m tests.analysis.test_work"
    )


def test_the_figures_are_of_all_analyses() -> None:
    kept = json.loads(KEPT.read_text("utf-8"))
    assert [*kept] == [*ANALYSES]
    assert min(kept.values()) > 0


if __name__ == "__main__":
    figures = {name: evaluations(it, pytest.MonkeyPatch()) for name, it in ANALYSES.items()}
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
