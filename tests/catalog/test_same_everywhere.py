"""The same question has the same answer in every process: no order of a set, no clock's zone and no locale shows in it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASK = """
from datetime import date

from vaxpolicy import catalog
from vaxpolicy.analysis.diff import diff
from vaxpolicy.eligibility import Dose, PartialDate, Person, decide

people = [
    Person(key="someone"),
    Person(key="someone", birth_date=PartialDate(1950)),
    Person(key="someone", birth_date=date(2016, 12, 30), doses=()),
    Person(key="someone", birth_date=date(1975, 1, 9), groups=()),
    Person(key="someone", doses=[Dose("AZ", date(2021, 7, 1))]),
]
for policy in map(catalog.load, catalog.ids()):
    for person in people:
        decision = decide(policy, person)
        print(policy.id, [(it.code, it.rule_id, it.fact) for it in decision.reasons])
        print(decision.missing, [(it.rule_id, it.vaccine) for it in decision.possible_offers])
for name in ("tw/influenza/2025", "tw/covid19-1922/round-10"):
    policy = catalog.load(name)
    for person in people:
        print(decide(policy, person))
old, new = (catalog.load(f"tw/covid19-1922/round-{number}") for number in (10, 11))
for change in diff(old, new).changes:
    print(change.kind, change.vaccine, change.dose, change.who.births, change.who.doses)
"""


def answers(*options: str, **environment: str) -> list[str]:
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own code
        [sys.executable, *options, "-c", ASK],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
    )
    return done.stdout.decode().splitlines()


@pytest.mark.slow
def test_answers_hang_neither_on_hashes_nor_on_time_zone_locale_or_options() -> None:
    first = answers(PYTHONHASHSEED="1")
    assert any("reckoning-not-stated" in line for line in first)
    assert answers("-OO", PYTHONHASHSEED="2", TZ="America/New_York", LC_ALL="C") == first
    strict = ("-X", "dev", "-W", "error")
    there = {"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"}
    assert answers(*strict, PYTHONHASHSEED="3", **there) == first
