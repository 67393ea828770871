"""The diff of two policies: held against deciding for people one by one under both."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from vaxpolicy import catalog
from vaxpolicy.compare import Change, Days, Kind, PolicyDiff, diff
from vaxpolicy.conditions import (
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
    EarlierDosesAtLeast,
    FromDay,
    InGroup,
    NotStated,
    NotThat,
    PolicyError,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Dose, PartialDate, Person, Policy, Willingness, decide
from vaxpolicy.plan import prepare
from vaxpolicy.policy import Rule, Source, Stage, VaccinationDays, Vaccine, Window, WindowAges
from vaxpolicy.whom import Counties, DoseGiven, DoseNumber, Registered, Whom

FIRST, LAST = date(2021, 12, 30), date(2022, 1, 3)
VACCINES = {code: Vaccine(code, "covid19") for code in ("AZ", "BNT", "Moderna")}
BANDS = {"list/2": AgeBand("calendar-year", at_least=18, at_most=18)}
NOON = [datetime(2021, 12, day, 12, tzinfo=TAIWAN) for day in (1, 2, 3)]
SEASON = date(2021, 12, 28)


def policy_of(*rules: Rule, season: date | None = None, **changes: Any) -> Policy:
    days = changes.pop("days", VaccinationDays(FIRST, LAST))
    policy = Policy(
        id="test/small",
        version="1",
        announced=FIRST,
        disease="covid19",
        notification="none",
        sources={},
        stages=(Stage("base", days, rules),),
        vaccines=VACCINES,
        bands=BANDS,
        counts_from=season,
    )
    return attrs.evolve(policy, **changes)


def rule(*conditions: Any, dose: int = 1, vaccines: tuple[str, ...] = ("AZ",)) -> Rule:
    return Rule("r", dose, vaccines, (), conditions)


# -- deciding one by one ---------------------------------------------------------------------------


def days_of(policy: Policy, person: Person) -> dict[tuple[str, int], Days]:
    """What the rules of each vaccine and dose, taken alone, give the person."""
    found = {}
    entries = {(entry.vaccine, entry.rule.dose) for entry in prepare(policy).entries}
    for vaccine, dose in entries:
        stages = tuple(
            attrs.evolve(
                stage,
                rules=tuple(
                    attrs.evolve(it, vaccines=(vaccine,))
                    for it in stage.rules
                    if it.dose == dose and vaccine in it.vaccines
                ),
            )
            for stage in policy.stages
        )
        decision = decide(attrs.evolve(policy, stages=stages), person)
        sure = possible = DaySet.none()
        for offer in (*decision.offers, *decision.possible_offers):
            sure, possible = sure | offer.days, possible | offer.possible_days
        found[vaccine, dose] = Days(sure, possible)
    return found


NOTHING = Days(DaySet.none(), DaySet.none())


def kinds_of(old: Policy, new: Policy, person: Person) -> dict[tuple[str, int], Kind]:
    """What changes for one person: decided twice."""
    was, now = days_of(old, person), days_of(new, person)
    kinds = {}
    for key in was.keys() | now.keys():
        before, after = was.get(key, NOTHING), now.get(key, NOTHING)
        if before != after:
            gains, loses = before.rank < after.rank, before.rank > after.rank
            kinds[key] = Kind.GAINS if gains else Kind.LOSES if loses else Kind.MOVES
    return kinds


def covering(found: PolicyDiff, person: Person) -> dict[tuple[str, int], Kind]:
    kinds: dict[tuple[str, int], Kind] = {}
    for change in found.changes:
        if change.who.covers(person):
            key = change.vaccine, change.dose
            assert key not in kinds, "two entries for one person"
            kinds[key] = change.kind
    return kinds


def assert_proved(found: PolicyDiff, old: Policy, new: Policy) -> None:
    """Every example is one of those whom its entry covers, and shows what it says."""
    for change in found.changes:
        key = change.vaccine, change.dose
        assert change.who.covers(change.example)
        assert kinds_of(old, new, change.example)[key] is change.kind
        assert days_of(old, change.example).get(key, NOTHING) == change.old_days
        assert days_of(new, change.example).get(key, NOTHING) == change.new_days


# -- made-up rules ---------------------------------------------------------------------------------

RECKONINGS = st.sampled_from(["day", "first-day", "last-day", "calendar-year", "not-stated", FIRST])
FIXED = st.sampled_from(["day", "first-day", "last-day"])
DOSE_DAYS = st.dates(date(2021, 12, 24), date(2022, 1, 4))
COUNTIES = ["澎湖縣", "金門縣"]
LEAVES = st.one_of(
    st.builds(AgeAtLeast, st.just(18), RECKONINGS),
    st.builds(AgeAtMost, st.just(17), RECKONINGS),
    st.builds(AgeAtLeastMonths, st.just(216), FIXED),
    st.builds(BornOnOrBefore, st.dates(date(2003, 12, 28), date(2004, 1, 5))),
    st.builds(BornOnOrAfter, st.dates(date(2003, 12, 28), date(2004, 1, 5))),
    st.builds(InGroup, st.sampled_from(["list/1", "list/1/a", "list/2", "list/3"])),
    st.builds(RegisteredIn, st.sampled_from([tuple(COUNTIES), (COUNTIES[0],)])),
    st.builds(ResidentIn, st.just((COUNTIES[1],))),
    st.builds(DosesAtLeast, st.integers(0, 3)),
    st.builds(DoseDue, st.integers(1, 4), FIXED),
    st.builds(PreviousDoseOf, st.sampled_from([("AZ",), ("AZ", "BNT"), ("BNT",)])),
    st.builds(PreviousDoseOnOrBefore, DOSE_DAYS),
    st.builds(PreviousDoseOnOrAfter, DOSE_DAYS),
    st.builds(FromDay, st.dates(FIRST, LAST)),
    st.builds(NotStated, st.sampled_from(["x", "y"])),
    st.builds(
        Wanted,
        st.just(True),  # noqa: FBT003
        st.none() | st.sampled_from([*NOON, date(2021, 12, 2)]),
        st.none() | st.sampled_from(NOON[:2]),
    ),
)
SEASONAL = st.builds(EarlierDosesAtLeast, st.integers(0, 2)) | st.builds(
    PreviousDoseBeforeAge, st.just(18)
)


def conditions(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    few = st.lists(leaves, min_size=1, max_size=2).map(tuple)
    return (
        leaves
        | st.builds(AnyOf, few)
        | st.builds(NotThat, leaves)
        | st.builds(NotThat, st.builds(AllOf, few))
        | st.builds(AllOf, st.tuples(leaves, st.builds(AnyOf, few)))
    )


@st.composite
def policies(draw: st.DrawFn, season: date | None = None) -> Policy:
    rules = []
    for number in range(draw(st.integers(0, 2))):
        dose = draw(st.integers(1, 2))
        leaves = LEAVES
        if season:
            leaves |= SEASONAL if dose > 1 else st.builds(EarlierDosesAtLeast, st.integers(0, 2))
        chosen = draw(st.lists(conditions(leaves), max_size=3))
        rules.append(Rule(f"r{number}", dose, ("AZ",), (), tuple(chosen)))
    last = draw(st.sampled_from([LAST, date(2022, 1, 1)]))
    until = draw(st.sampled_from([None, date(2021, 12, 31)]))
    policy = policy_of(*rules, season=season, days=VaccinationDays(FIRST, last, sure_until=until))
    try:
        prepare(policy)
    except PolicyError:  # an age on a last day that is not stated
        reject()
    return policy


@st.composite
def people(draw: st.DrawFn) -> Person:
    days = draw(st.sets(st.dates(date(2021, 12, 22), date(2022, 1, 5)), max_size=4))
    vaccines = st.sampled_from(["AZ", "BNT", "Moderna"])
    wanted = st.dictionaries(
        st.just("AZ"),
        st.sampled_from([moment + timedelta(microseconds=n) for moment in NOON for n in (-1, 0, 1)])
        | st.sampled_from([datetime(2021, 12, 2, 0, tzinfo=TAIWAN), NOON[2] + timedelta(days=9)]),
    )
    return Person(
        birth_date=draw(st.dates(date(2003, 12, 27), date(2004, 1, 6))),
        doses=[Dose(draw(vaccines), day) for day in days],
        groups=draw(st.sets(st.sampled_from(["list/1", "list/1/a", "list/2", "list/3"]))),
        registered_county=draw(st.sampled_from([*COUNTIES, "臺北市"])),
        residence_county=draw(st.sampled_from([*COUNTIES, "臺北市"])),
        willingness=Willingness(draw(wanted)),
    )


SLOW = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None
)


@SLOW
@given(st.data())
def test_it_covers_just_those_for_whom_the_decisions_differ(data: st.DataObject) -> None:
    seasons = st.sampled_from([None, SEASON])
    old, new = (data.draw(policies(data.draw(seasons))) for _ in range(2))
    found = diff(old, new, in_retrospect=True)
    for _ in range(6):
        person = data.draw(people())
        assert covering(found, person) == kinds_of(old, new, person)


@SLOW
@given(st.data())
def test_each_example_proves_its_entry_and_the_other_way_round_it_is_mirrored(
    data: st.DataObject,
) -> None:
    season = data.draw(st.sampled_from([None, SEASON]))
    old, new = data.draw(policies(season)), data.draw(policies(season))
    found, back = diff(old, new), diff(new, old)
    assert_proved(found, old, new)
    assert sorted(map(repr, back.changes)) == sorted(repr(mirrored(it)) for it in found.changes)


MIRROR = {Kind.GAINS: Kind.LOSES, Kind.LOSES: Kind.GAINS, Kind.MOVES: Kind.MOVES}


def mirrored(change: Change) -> Change:
    return attrs.evolve(
        change,
        kind=MIRROR[change.kind],
        old_days=change.new_days,
        new_days=change.old_days,
    )


@SLOW
@given(st.data())
def test_a_policy_does_not_differ_from_itself(data: st.DataObject) -> None:
    policy = data.draw(policies(data.draw(st.sampled_from([None, SEASON]))))
    assert not diff(policy, attrs.evolve(policy))
    # the same rules, written twice
    doubled = tuple(it for stage in policy.stages for it in (*stage.rules, *stage.rules))
    days = policy.stages[0].vaccination_days
    twice = policy_of(*doubled, season=policy.counts_from, days=days)
    assert not diff(policy, twice, in_retrospect=True)


_ = (Counties, DoseGiven, DoseNumber, PartialDate, PolicyError, Registered, Source, Whom, Window)
_2 = (WindowAges, catalog, pairwise, pytest)
