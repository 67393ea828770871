"""Measures the lint and the comparison of two seasons: CPU time, best of three.

    python benchmarks/lint.py

It lints every bundled policy, policies of a year of days whose mistakes once made the lint hang, and
compares seasons. It exits with 1 where a lint takes more than half a second or a comparison more
than two seconds.
"""

import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from time import process_time
from typing import Any

from vaxpolicy import catalog
from vaxpolicy.catalog import load
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    NotThat,
    PreviousDoseBeforeAge,
)
from vaxpolicy.rules.policy import Policy, Rule, Stage, VaccinationDays, Vaccine

LINT, COMPARISON = 0.5, 2.0  # seconds
A_YEAR = VaccinationDays(date(2026, 10, 1), date(2027, 9, 30))
MISTAKES: dict[str, list[Any]] = {
    "asks for the dose that it offers": [DosesAtLeast(2), AgeAtLeast(65, "day")],
    "asks for 99 doses before": [EarlierDosesAtLeast(99), AgeAtLeast(5, "day")],
    "an age at the dose before": [DoseDue(28, "day"), PreviousDoseBeforeAge(9)],
    "few doses before": [DoseDue(28, "day"), NotThat(EarlierDosesAtLeast(2))],
}
SEASONS = [
    ("tw/influenza/2024", "tw/influenza/2025"),
    ("tw/influenza/2025", "tw/influenza/2026"),
    ("tw/covid19/2024", "tw/covid19/2025"),
]


def of_a_year(asked: list[Any]) -> Policy:
    """A policy of two rules for a year of days, the second without the first condition."""
    rules = tuple(
        Rule(name, 2, ("AZ",), (), tuple(conditions))
        for name, conditions in (("a", asked), ("b", asked[1:]))
    )
    return Policy(
        id="own/year",
        version="1",
        announced=date(2026, 9, 1),
        disease="covid19",
        notification="none",
        sources={},
        stages=(Stage("base", A_YEAR, rules),),
        vaccines={"AZ": Vaccine("AZ", ("covid19",))},
        counts_from=A_YEAR.first,
    )


def lint_a_year(asked: list[Any]) -> object:
    return catalog.lint(of_a_year(asked))


def seconds(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(3):
        start = process_time()
        work()
        spent.append(process_time() - start)
    return min(spent)


def main() -> int:
    works: list[tuple[str, float, Callable[[], object]]] = [
        *((f"lint {name}", LINT, partial(catalog.lint, load(name))) for name in catalog.ids()),
        *((f"lint: {what}", LINT, partial(lint_a_year, asked)) for what, asked in MISTAKES.items()),
        *(
            (f"{old} and {new}", COMPARISON, partial(catalog.season_diff, load(old), load(new)))
            for old, new in SEASONS
        ),
    ]
    missed = 0
    for what, target, work in works:
        spent = seconds(work)
        missed += spent > target
        print(f"{spent * 1e3:8.1f} ms  {what}{'  MISSED' if spent > target else ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
