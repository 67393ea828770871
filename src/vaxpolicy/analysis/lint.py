"""The lint: finds every fault of a policy, and everything that looks like a fault.

A finding about people is exact: the lint examines the regions into which the edges of the rules
divide all people (`vaxpolicy.analysis.witness`), and never a sample. It examines every version in
the file: the rules in force on each day of a change.

A policy file can explain a finding that is intended::

    [[explained]]
    finding = "age-gap"
    at = "10c|10e"
    why = "The announcement names just these two bands."

A programme with booking needs windows in every stage. A programme without booking needs none: no
stage has a window, and nobody is notified before booking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from vaxpolicy._values import require_type
from vaxpolicy.analysis.file_checks import Known, file_findings
from vaxpolicy.analysis.file_lines import FileLines
from vaxpolicy.analysis.findings import CODES, Finding, Spot
from vaxpolicy.analysis.rule_checks import rule_findings
from vaxpolicy.rules.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date


__all__ = ["CODES", "Finding", "Known", "Spot", "lint"]


def lint(
    policy: Policy, known: Known, today: date | None = None, *, text: str | None = None
) -> tuple[Finding, ...]:
    """All findings, explained ones included.

    Args:
        policy: the policy.
        known: the names that exist, and the contents that have been released.
        today: the day to which the date to review by is compared; None: it is not compared.
        text: the text of the policy's file, for the line of each finding.
    """
    require_type("policy", Policy, policy)
    found: dict[tuple[str, str], Finding] = {}
    for finding in _findings(policy, known, today):
        found.setdefault((finding.code, finding.where), finding)
    for number, it in enumerate(policy.explained, start=1):
        key = (it.finding, it.at)
        if key in found:
            found[key] = evolve(found[key], explained=it.why)
        else:
            problem = f"there is no finding {it.finding} at {it.at}"
            found["explains-nothing", f"{it.finding} {it.at}"] = Finding(
                "explains-nothing", it.at, problem, spot=Spot(table="explained", number=number)
            )
    if text is None:
        return tuple(found.values())
    lines = FileLines(text)
    return tuple(evolve(it, line=lines.line_of(it.spot)) for it in found.values())


def _findings(policy: Policy, known: Known, today: date | None) -> Iterator[Finding]:
    yield from file_findings(policy, known)
    if today is not None and policy.review_by is not None and today > policy.review_by:
        due = f"review_by: it was to be reviewed by {policy.review_by}"
        yield Finding("review-due", "review_by", due, spot=Spot(key="review_by"))
    yield from rule_findings(policy)
