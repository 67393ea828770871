"""How much work a decision takes: counted as its limit counts it, not timed.

A decision about partly known facts goes through cases. The work is the same on every machine, so a
change that makes a decision do more shows here, and so does one that makes it do less than it
counts. `tests/data/work/decide.json` keeps the figures. To write them anew, after reading why:

    python -m tests.rules.test_work
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from vaxpolicy import catalog, eligibility
from vaxpolicy.eligibility import Dose, PartialDate, Person, decide
from vaxpolicy.rules.every_case import LIMIT, EveryCase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEPT: Final = Path(__file__).parents[1] / "data" / "work" / "decide.json"
BORN: Final = date(1990, 1, 1)
PEOPLE: Final[Mapping[str, Person]] = {
    "nothing known": Person(),
    "born in 1960": Person(PartialDate(1960)),
    "born in 2023, in no group": Person(PartialDate(2023), groups=()),
    "doses unknown": Person(date(1955, 3, 1), groups=()),
    "groups unknown": Person(BORN, doses=()),
    "one dose, the groups unknown": Person(BORN, [Dose("AZ", date(2021, 7, 1))]),
    "a dose of influenza": Person(date(1950, 6, 30), [Dose("Influenza", date(2026, 10, 5))]),
    "born in May 2026": Person(PartialDate(2026, 5), groups=("status/national",)),
}


def work_of(policy_id: str, patch: pytest.MonkeyPatch) -> dict[str, int]:
    """The work of the decision about each of the people."""
    made: list[EveryCase] = []

    def every_case(*args: Any) -> EveryCase:
        made.append(EveryCase(*args))
        return made[-1]

    def decided(person: Person) -> Iterator[int]:
        made.clear()
        with patch.context() as within:
            within.setattr(eligibility, "EveryCase", every_case)
            decide(policy, person)
        for cases in made:
            untouched = EveryCase(cases.plan, cases.facts, cases.from_day)
            yield untouched.whole.budget.left - cases.whole.budget.left

    policy = catalog.load(policy_id)
    return {name: sum(decided(person)) for name, person in PEOPLE.items()}


@pytest.mark.parametrize("policy_id", catalog.ids())
def test_a_decision_takes_the_work_that_it_took(
    policy_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = json.loads(KEPT.read_text("utf-8"))[policy_id]
    assert work_of(policy_id, monkeypatch) == kept, (
        "if it is meant: python -m tests.rules.test_work"
    )


def test_the_figures_are_of_all_policies_and_within_the_limit() -> None:
    kept = json.loads(KEPT.read_text("utf-8"))
    assert [*kept] == [*catalog.ids()]
    figures = [work for its in kept.values() for work in its.values()]
    # the step that passes the limit is counted whole
    assert LIMIT // 2 < max(figures) < LIMIT + LIMIT // 100
    assert all(max(its.values()) > 0 for its in kept.values())


if __name__ == "__main__":
    figures = {policy_id: work_of(policy_id, pytest.MonkeyPatch()) for policy_id in catalog.ids()}
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
