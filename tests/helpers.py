"""Helpers that several tests share. `tests/conftest.py` makes this importable.

The made-up rules are small and dense with edges, for tests that hold them against a second reading:
a stage that crosses New Year, ages that turn within it, doses a few days apart, groups one of which
is a part of another and one an age band.
"""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from click.testing import CliRunner, Result
from hypothesis import strategies as st

from vaxpolicy.cli import app
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Policy
from vaxpolicy.reservation import Rejected
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtLeastMonths,
    AgeAtMost,
    AgeBand,
    AllOf,
    AnyOf,
    BornOnOrAfter,
    BornOnOrBefore,
    DoseDue,
    DosesAtLeast,
    FromDay,
    InGroup,
    NotThat,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    RegisteredIn,
    ResidentIn,
)
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays, Vaccine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vaxpolicy.desk import Store

NEEDS_DOCSTRINGS = pytest.mark.skipif(sys.flags.optimize > 1, reason="-OO leaves no docstrings")
FIRST, LAST = date(2021, 12, 30), date(2022, 1, 3)
STAGE = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
VACCINES = {code: Vaccine(code, ("covid19",)) for code in ("AZ", "BNT", "Moderna")}
BANDS = {"list/2": AgeBand("calendar-year", at_least=18, at_most=18)}
NOON = [datetime(2021, 12, day, 12, tzinfo=TAIWAN) for day in (1, 2, 3)]
COUNTIES = ["澎湖縣", "金門縣"]


def small_policy(*stages: Stage, **fields: Any) -> Policy:
    """A policy against COVID-19 of these stages, announced when the first of them begins."""
    known: dict[str, Any] = {
        "id": "test/small",
        "version": "1",
        "announced": stages[0].vaccination_days.first,
        "disease": "covid19",
        "notification": "none",
        "sources": {},
        "vaccines": VACCINES,
    }
    return Policy(stages=stages, **(known | fields))


def policy_of(*rules: Rule, season: date | None = None, **changes: Any) -> Policy:
    days = changes.pop("days", VaccinationDays(FIRST, LAST))
    policy = small_policy(Stage("base", days, rules), bands=BANDS, counts_from=season)
    return attrs.evolve(policy, **changes)


def own_policy(rule: str) -> str:
    """The file of a policy of one's own, whose only rule says this."""
    return f"""
id = "own"
version = "1"
announced = 2022-01-10
disease = "covid19"
notification = "none"
sources.s = {{ publisher = "x", url = "https://example.org", checked = 2022-01-10, support = "press" }}
[[stages]]
id = "base"
vaccination_days = {{ first = 2022-01-17, last = 2022-01-23 }}
[[stages.rules]]
id = "a"
vaccines = ["AZ"]
cites = ["s"]
{rule.strip()}
"""


def leaves(reckonings: list[Any], first_dose: date) -> st.SearchStrategy[Any]:
    """Conditions about everything but registrations, ages by one of these reckonings.

    What is said of the dose before is about days from `first_dose` on.
    """
    ages, fixed = st.sampled_from(reckonings), st.sampled_from(["day", "first-day", "last-day"])
    births = st.dates(date(2003, 12, 28), date(2004, 1, 5))
    dose_days = st.dates(first_dose, date(2022, 1, 4))
    return st.one_of(
        st.builds(AgeAtLeast, st.just(18), ages),
        st.builds(AgeAtMost, st.just(17), ages),
        st.builds(AgeAtLeastMonths, st.just(216), fixed),
        st.builds(BornOnOrBefore, births),
        st.builds(BornOnOrAfter, births),
        st.builds(InGroup, st.sampled_from(["list/1", "list/1/a", "list/2", "list/3"])),
        st.builds(RegisteredIn, st.sampled_from([tuple(COUNTIES), (COUNTIES[0],)])),
        st.builds(ResidentIn, st.just((COUNTIES[1],))),
        st.builds(DosesAtLeast, st.integers(0, 3)),
        st.builds(DoseDue, st.integers(1, 4), fixed),
        st.builds(PreviousDoseOf, st.sampled_from([("AZ",), ("AZ", "BNT"), ("BNT",)])),
        st.builds(PreviousDoseOnOrBefore, dose_days),
        st.builds(PreviousDoseOnOrAfter, dose_days),
        st.builds(FromDay, st.sampled_from(STAGE)),
    )


def conditions(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The leaves alone, and put together by all, any and not."""
    few = st.lists(leaves, min_size=1, max_size=2).map(tuple)
    return (
        leaves
        | st.builds(AnyOf, few)
        | st.builds(NotThat, leaves)
        | st.builds(NotThat, st.builds(AllOf, few))
        | st.builds(AllOf, st.tuples(leaves, st.builds(AnyOf, few)))
    )


def append(store: Store, changes: Mapping[str, Sequence[Any]]) -> None:
    """Append to each stream, all or none, at the version for which its events were decided."""
    store.append(
        [(stream, events[0].version - 1, events) for stream, events in changes.items() if events]
    )


def at(text: str) -> datetime:
    """An instant in Taiwan."""
    return datetime.fromisoformat(text).replace(tzinfo=TAIWAN)


def run(*words: object, stdin: bytes | str = "") -> Result:
    """Run the command line with these words, in this process."""
    return CliRunner().invoke(app, [str(word) for word in words], stdin, catch_exceptions=False)


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    """The code with which a command is refused; the test fails if it is not."""
    with pytest.raises(Rejected) as refused:
        call(*args, **kwargs)
    return refused.value.code
