"""The lint finds mistakes about two ranges at once without going through every pair of days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.helpers import policy_of
from vaxpolicy import catalog
from vaxpolicy.analysis import coverage, witness
from vaxpolicy.analysis.lint import Known, lint
from vaxpolicy.analysis.partition import LongSearchError, Partition
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    DaysSinceFact,
    DoseDue,
    DosesAtLeast,
    Facts,
    InGroup,
    NotThat,
    PreviousDoseBeforeAge,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
)
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays

if TYPE_CHECKING:
    from vaxpolicy.eligibility import Policy

YEAR = VaccinationDays(date(2026, 10, 1), date(2027, 9, 30))
ELDER, DUE = AgeAtLeast(65, "day"), DoseDue(84, "day")


def of(*rules: tuple[Any, ...]) -> Policy:
    """A policy about dose 2 of a season of a year: births and days of dose 1 are two ranges."""
    made = (Rule(f"r{number}", 2, ("AZ",), (), asked) for number, asked in enumerate(rules))
    return policy_of(*made, days=YEAR, season=YEAR.first)


NOBODY: dict[str, tuple[Any, ...]] = {
    "an age and a lower one": (ELDER, AgeAtMost(64, "day"), DUE),
    "an age and not that age": (ELDER, NotThat(ELDER), DUE),
    "no dose before dose 2": (NotThat(DosesAtLeast(1)),),
    "the dose that it offers": (DosesAtLeast(2), ELDER),
    "a wait and not that wait": (DUE, NotThat(DUE), ELDER),
    "a wait and not a shorter one": (DUE, NotThat(DoseDue(83, "day")), ELDER),
    "a wait of more than the days": (DoseDue(400, "day"), ELDER),
    "a dose after and before a day": (
        PreviousDoseOnOrAfter(date(2027, 1, 1)),
        PreviousDoseOnOrBefore(date(2026, 12, 31)),
        ELDER,
    ),
    "an age at the dose before": (PreviousDoseBeforeAge(9), ELDER),
    "a group and not its whole": (InGroup("g/a"), NotThat(InGroup("g")), ELDER, DUE),
    "an infection long ago and lately": (
        DaysSinceFact("infection", at_least=90),
        DaysSinceFact("infection", at_most=80),
        ELDER,
        DUE,
    ),
}
COVERED: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "an older age and a longer wait": ((ELDER, DUE), (AgeAtLeast(64, "day"), DoseDue(83, "day"))),
    "one more condition": ((ELDER, DUE, InGroup("g")), (ELDER, DUE)),
    "a band within another": (
        (ELDER, AgeAtMost(70, "day"), DUE),
        (AgeAtLeast(60, "day"), AgeAtMost(75, "day"), DUE),
    ),
}
NOT_COVERED: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "a longer wait": ((ELDER, DoseDue(83, "day")), (ELDER, DUE)),
    "an older age for less time": ((ELDER, DoseDue(83, "day")), (AgeAtLeast(64, "day"), DUE)),
    "a group besides": ((ELDER, DUE), (AgeAtLeast(64, "day"), DoseDue(83, "day"), InGroup("g"))),
}


@pytest.fixture(name="regions")
def _regions(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The regions of people through which a search goes."""
    seen: list[object] = []
    corners = Partition.corners

    def noted(self: Partition, region: Any) -> Any:
        seen.append(region)
        return corners(self, region)

    monkeypatch.setattr(Partition, "corners", noted)
    return seen


def found(policy: Policy) -> set[tuple[str, str]]:
    known = Known(frozenset({"g", "g/a"}), counties=(), facts={"infection"})
    return {(it.code, it.where) for it in lint(policy, known)}


@pytest.mark.parametrize("name", NOBODY)
def test_a_rule_for_nobody_is_found_in_few_regions(name: str, regions: list[object]) -> None:
    assert ("admits-nobody", "r0") in found(of(NOBODY[name]))
    assert len(regions) < 5_000  # it was 70,000 and more


@pytest.mark.parametrize("name", COVERED)
def test_a_rule_that_another_one_covers_is_found_in_few_regions(
    name: str, regions: list[object]
) -> None:
    findings = found(of(*COVERED[name]))
    assert ("covered", "r0|r1") in findings
    assert ("admits-nobody", "r0") not in findings
    assert len(regions) < 10_000


@pytest.mark.parametrize("name", NOT_COVERED)
def test_a_rule_that_offers_more_is_not_covered(name: str) -> None:
    findings = found(of(*NOT_COVERED[name]))
    assert ("covered", "r0|r1") not in findings


@pytest.mark.parametrize("policy_id", ["tw/influenza/2025", "tw/covid19-1922/round-12"])
def test_a_long_search_finds_what_a_short_one_finds(
    policy_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = catalog.load(policy_id)
    short = catalog.lint(policy)
    monkeypatch.setattr(witness, "FEW_REGIONS", 3)
    assert catalog.lint(policy) == short


@pytest.mark.parametrize(
    "days",
    [
        attrs.evolve(YEAR, last=date(2027, 9, 29)),
        attrs.evolve(YEAR, first=date(2026, 10, 2)),
        attrs.evolve(YEAR, stated=False),
    ],
)
def test_a_rule_on_fewer_days_or_on_days_that_no_source_states_covers_none(
    days: VaccinationDays,
) -> None:
    policy = of((ELDER, DUE), (AgeAtLeast(64, "day"), DoseDue(83, "day")))
    (stage,) = policy.stages
    more, other = stage.rules
    both = [(stage, more), (Stage("other", days, (other,)), other)]
    assert not coverage._asks_more(coverage._plan(policy, both, "AZ"))  # noqa: SLF001  # a shortcut


def test_a_search_is_long_after_a_number_of_regions() -> None:
    plan = compile_policy(policy_of(Rule("r", 1, ("AZ",), ())))
    evaluation = Evaluation(plan, Facts())
    verdict = witness.at_most(3, lambda sure, possible: sure is possible)
    assert [verdict(evaluation, evaluation) for _ in range(3)] == [True] * 3
    with pytest.raises(LongSearchError):
        verdict(evaluation, evaluation)
