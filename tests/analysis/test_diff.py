"""The diff of two policies: held against deciding for people one by one under both."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from tests.helpers import (
    COUNTIES,
    FIRST,
    LAST,
    NEEDS_DOCSTRINGS,
    NOON,
    conditions,
    leaves,
    policy_of,
)
from vaxpolicy import catalog
from vaxpolicy.analysis import partition
from vaxpolicy.analysis.diff import Days, DaysChange, Kind, PolicyDiff, diff
from vaxpolicy.analysis.profiles import (
    AgeThen,
    Counties,
    DoseGiven,
    DoseNumber,
    Profile,
    Registered,
)
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import Dose, PartialDate, Person, Policy, Willingness, decide
from vaxpolicy.rules.compiled import CompiledPolicy, compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    AgeBand,
    BornOnOrAfter,
    BornOnOrBefore,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    InGroup,
    NotStated,
    NotThat,
    PolicyError,
    PreviousDoseBeforeAge,
    PreviousDoseOnOrBefore,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.rules.policy import Rule, Source, VaccinationDays, Window, WindowAges

SEASON = date(2021, 12, 28)


def rule(*conditions: Any, dose: int = 1, vaccines: tuple[str, ...] = ("AZ",)) -> Rule:
    return Rule("r", dose, vaccines, (), conditions)


def days_of(policy: Policy, person: Person) -> dict[tuple[str, int], Days]:
    """The days that the rules of each vaccine and dose, taken alone, give the person."""
    found = {}
    entries = {(entry.vaccine, entry.rule.dose) for entry in compile_policy(policy).entries}
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
    """The change for one person: decided twice."""
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
        if change.who.matches(person):
            key = change.vaccine, change.dose
            assert key not in kinds, "two entries for one person"
            kinds[key] = change.kind
    return kinds


def assert_proved(found: PolicyDiff, old: Policy, new: Policy) -> None:
    """Every example is one of those whom its entry covers, and shows what it says."""
    for change in found.changes:
        key = change.vaccine, change.dose
        assert change.who.matches(change.example)
        assert kinds_of(old, new, change.example)[key] is change.kind
        assert days_of(old, change.example).get(key, NOTHING) == change.old_days
        assert days_of(new, change.example).get(key, NOTHING) == change.new_days


RECKONINGS = ["day", "first-day", "last-day", "calendar-year", "not-stated", FIRST]
LEAVES = st.one_of(
    leaves(RECKONINGS, date(2021, 12, 24)),
    st.builds(NotStated, st.sampled_from(["x", "y"])),
    st.sampled_from(
        [
            Wanted(True, by, after)  # noqa: FBT003
            for by in (None, *NOON, date(2021, 12, 2))
            for after in (None, *NOON[:2])
            if None in (by, after) or (by, after) != (NOON[0], NOON[1])
        ]
    ),
)
SEASONAL = st.builds(EarlierDosesAtLeast, st.integers(0, 2)) | st.builds(
    PreviousDoseBeforeAge, st.just(18)
)


@st.composite
def policies(draw: st.DrawFn, season: date | None = None) -> Policy:
    rules = []
    for number in range(draw(st.integers(0, 2))):
        dose = draw(st.integers(1, 2))
        some = LEAVES
        if season:
            some |= SEASONAL if dose > 1 else st.builds(EarlierDosesAtLeast, st.integers(0, 2))
        chosen = draw(st.lists(conditions(some), max_size=3))
        rules.append(Rule(f"r{number}", dose, ("AZ",), (), tuple(chosen)))
    last = draw(st.sampled_from([LAST, date(2022, 1, 1)]))
    until = draw(st.sampled_from([None, date(2021, 12, 31)]))
    policy = policy_of(*rules, season=season, days=VaccinationDays(FIRST, last, sure_until=until))
    try:
        compile_policy(policy)
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


@pytest.mark.slow
@SLOW
@given(st.data())
def test_it_covers_just_those_for_whom_the_decisions_differ(data: st.DataObject) -> None:
    seasons = st.sampled_from([None, SEASON])
    old, new = (data.draw(policies(data.draw(seasons))) for _ in range(2))
    found = diff(old, new, in_retrospect=True)
    for _ in range(6):
        person = data.draw(people())
        assert covering(found, person) == kinds_of(old, new, person)


@pytest.mark.slow
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


def mirrored(change: DaysChange) -> DaysChange:
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


ROUNDS = [name for name in catalog.ids() if "/round-" in name]
SINCE = [datetime(2021, month, 1, 12, tzinfo=TAIWAN) for month in (7, 8, 9, 10, 11, 12)]


@st.composite
def people_of_2021(draw: st.DrawFn) -> Person:
    days = draw(st.sets(st.dates(date(2021, 5, 1), date(2022, 2, 28)), max_size=3))
    vaccine = draw(st.sampled_from(["AZ", "BNT", "Moderna", "Medigen"]))
    wanted = st.dictionaries(st.sampled_from(["AZ", "BNT", "Moderna"]), st.sampled_from(SINCE))
    return Person(
        birth_date=draw(st.dates(date(1945, 1, 1), date(2015, 1, 1))),
        doses=[Dose(vaccine, day) for day in days],
        groups=draw(
            st.sets(
                st.sampled_from(["cecc-2021-06-21/9", "cecc-2021-06-21/6", "status/mix-and-match"])
            )
        ),
        registered_county="臺北市",
        residence_county=draw(st.sampled_from(["臺北市", "澎湖縣"])),
        willingness=Willingness(draw(wanted)),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("older", "newer"), list(pairwise(ROUNDS)))
def test_neighbouring_rounds_differ_as_their_decisions_do(older: str, newer: str) -> None:
    old, new = catalog.load(older), catalog.load(newer)
    found = diff(old, new)
    assert_proved(found, old, new)

    @settings(SLOW, max_examples=10)
    @given(people_of_2021())
    def differences_are_covered(person: Person) -> None:
        count = len(person.doses or ())
        kinds = kinds_of(old, new, person)
        had = {key for key in kinds if key[1] <= count}
        assert covering(found, person) == {k: it for k, it in kinds.items() if k not in had}

    differences_are_covered()


CHILDHOOD = [date(2007, 9, 10), date(2015, 11, 1), date(2016, 12, 30), date(2017, 2, 28)]


@st.composite
def children_of_two_seasons(draw: st.DrawFn, groups: list[str]) -> Person:
    born = draw(st.sampled_from(CHILDHOOD)) + timedelta(days=draw(st.integers(-3, 3)))
    given_ = st.one_of(
        st.dates(date(2023, 10, 1), date(2026, 9, 30)),
        # near a birthday: at nine a child has one dose, however the season began
        st.builds(
            lambda day, years: date(day.year + years, day.month, day.day),
            st.dates(born - timedelta(days=2), born + timedelta(days=2)).filter(
                lambda day: (day.month, day.day) != (2, 29)
            ),
            st.sampled_from([8, 9, 18]),
        ).filter(lambda day: day < date(2026, 10, 1)),
    )
    return Person(
        birth_date=born,
        doses=[Dose("Influenza", day) for day in draw(st.sets(given_, max_size=3))],
        groups=draw(st.sets(st.sampled_from(groups), max_size=3)),
    )


@pytest.mark.slow
def test_two_seasons_differ_as_their_decisions_do_in_few_words() -> None:
    """Those under nine by the first dose have two: one entry for all birth dates, not one each."""
    old, new = (catalog.load(f"tw/influenza/{year}") for year in (2024, 2025))
    found = diff(old, new)
    assert len(found.changes) < 100
    ages = {dose.age for change in found.changes for dose in change.who.doses}
    assert AgeThen(9 * 12, attained=False) in ages
    assert_proved(found, old, new)
    asked = sorted({it for plan in map(compile_policy, (old, new)) for it in groups_of(plan)})

    @settings(SLOW, max_examples=200)
    @given(children_of_two_seasons(asked))
    def differences_are_covered(person: Person) -> None:
        count = sum(dose.on >= date(2024, 10, 1) for dose in person.doses or ())
        kinds = kinds_of(old, new, person)
        had = {key for key in kinds if key[1] <= count}
        assert covering(found, person) == {k: it for k, it in kinds.items() if k not in had}

    differences_are_covered()


def groups_of(plan: CompiledPolicy) -> set[str]:
    return {it.condition.group for it in plan.leaves if isinstance(it.condition, InGroup)}


def test_round_20_takes_up_who_was_too_young_or_too_early_for_round_19() -> None:
    found = diff(*(catalog.load(f"tw/covid19-1922/round-{number}") for number in (19, 20)))
    gains = [it for it in found.changes if (it.kind, it.vaccine) == (Kind.GAINS, "AZ")]
    assert [(it.who.births, it.who.doses[0].days) for it in gains] == [
        (
            DaySet.between(None, date(2004, 1, 23)),
            DaySet.between(date(2021, 11, 1), date(2021, 11, 7)),
        ),
        (
            DaySet.between(date(2004, 1, 24), date(2004, 1, 30)),
            DaySet.between(None, date(2021, 11, 7)),
        ),
    ]


def test_seasons_that_divide_everybody_too_far_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two COVID-19 seasons cut births, earlier doses and infections at once; that would take hours."""
    old, new = (catalog.load(f"tw/covid19/{year}") for year in (2025, 2026))
    monkeypatch.setattr(partition, "MOST_PARTS", 500)
    with pytest.raises(
        PolicyError, match="cannot compare everybody for dose 1 of Moderna: they fall"
    ):
        diff(old, new)
    rounds = [catalog.load(f"tw/covid19-1922/round-{number}") for number in (18, 19)]
    assert diff(*rounds)


@NEEDS_DOCSTRINGS
def test_the_documentation_says_how_many_parts_are_too_many() -> None:
    assert f"into more than {partition.MOST_PARTS:,} parts" in " ".join(str(diff.__doc__).split())


def test_those_under_an_age_at_the_dose_before_are_one_entry() -> None:
    births = BornOnOrAfter(date(2004, 12, 20)), BornOnOrBefore(date(2005, 1, 9))
    young = rule(PreviousDoseBeforeAge(17), *births, dose=2)
    (change,) = diff(policy_of(), policy_of(young, season=SEASON)).changes
    assert [it.age for it in change.who.doses] == [AgeThen(17 * 12, attained=False)]


def test_an_example_is_forty_and_had_a_dose_two_months_ago_where_days_change_nothing() -> None:
    (change,) = diff(policy_of(), policy_of(rule(dose=3))).changes
    eve = FIRST - timedelta(days=1)
    assert change.example.birth_date == eve - timedelta(days=40 * 365)
    assert (change.example.doses or ())[0].on == eve - timedelta(days=60)


@pytest.mark.parametrize("name", catalog.ids())
def test_no_bundled_policy_differs_from_itself(name: str) -> None:
    policy = catalog.load(name)
    if compile_policy(policy).on_whole_history or policy.minimums or policy.spacings:
        with pytest.raises(PolicyError, match="look at the doses of given vaccines"):
            diff(policy, attrs.evolve(policy))
        return
    found = diff(policy, attrs.evolve(policy))
    assert not found
    assert found.changes == ()


def test_a_round_that_was_widened_shows_whom_it_took_in() -> None:
    """On 8 October 2021 round 11 went down from 47 to 45 years, by calendar year, for BNT."""
    old, new = (
        catalog.load("tw/covid19-1922/round-11", as_of=day)
        for day in (date(2021, 10, 7), date(2021, 10, 8))
    )
    (gain,) = [it for it in diff(old, new).changes if (it.kind, it.vaccine) == (Kind.GAINS, "BNT")]
    assert gain.who.births == DaySet.between(date(1975, 1, 1), date(1976, 12, 31))
    assert gain.who.not_members == ("cecc-2021-06-21/9",)
    registered = Registered(((None, datetime(2021, 10, 6, 12, tzinfo=TAIWAN)),))
    assert gain.who.registered == registered


def test_seasons_that_count_doses_from_different_days_are_compared() -> None:
    first, second = date(2021, 12, 25), date(2021, 12, 29)
    old = policy_of(rule(EarlierDosesAtLeast(1)), season=first)
    new = policy_of(rule(EarlierDosesAtLeast(1)), season=second)
    found = diff(old, new, in_retrospect=True)
    person = Person(birth_date=date(1980, 1, 1), doses=[Dose("AZ", date(2021, 12, 26))])
    assert covering(found, person) == kinds_of(old, new, person) == {("AZ", 1): Kind.GAINS}


def test_the_last_of_many_doses_before_a_season_is_named_back_from_it() -> None:
    """The interval to the first dose of a season starts there, however many there were before."""
    first, second = date(2021, 12, 25), date(2021, 12, 29)
    old = policy_of(rule(), season=first)
    new = policy_of(rule(DoseDue(8, "day")), season=second)
    found = diff(old, new, in_retrospect=True)
    kinds = set()
    for days in ((25,), (25, 26), (25, 27), (25, 26, 28), (25, 26, 27), (23, 24, 25, 26)):
        doses = [Dose("AZ", date(2021, 12, day)) for day in days]
        person = Person(birth_date=date(1980, 1, 1), doses=doses)
        assert covering(found, person) == kinds_of(old, new, person)
        kinds |= {*kinds_of(old, new, person).values(), len(kinds_of(old, new, person))}
    assert {Kind.GAINS, 0} <= kinds


def test_whoever_has_the_dose_on_record_is_compared_up_to_its_day() -> None:
    old, new = policy_of(), policy_of(rule(dose=2))
    found = diff(old, new, in_retrospect=True)
    assert_proved(found, old, new)
    assert {it.had_it for it in found.changes} == {False, True}
    doses = [Dose("AZ", date(2021, 12, 1)), Dose("AZ", FIRST)]
    in_time = Person(birth_date=date(1980, 1, 1), doses=[doses[0], Dose("AZ", LAST)])
    too_late = Person(birth_date=date(1980, 1, 1), doses=doses)
    assert covering(found, in_time) == {("AZ", 2): Kind.GAINS}
    assert covering(found, too_late) == {}
    rounds = [catalog.load(f"tw/covid19-1922/round-{number}") for number in ("05", "06")]
    assert_proved(diff(*rounds, in_retrospect=True), *rounds)


def test_from_no_to_undetermined_is_a_gain_and_from_yes_a_loss() -> None:
    nobody = policy_of(rule(NotThat(DosesAtLeast(0))))
    perhaps, everybody = policy_of(rule(NotStated("x"))), policy_of(rule())
    assert [it.kind for it in diff(nobody, perhaps).changes] == [Kind.GAINS]
    assert [it.kind for it in diff(everybody, perhaps).changes] == [Kind.LOSES]
    (change,) = diff(perhaps, everybody).changes
    assert (change.kind, change.old_days.rank, change.new_days.rank) == (Kind.GAINS, 1, 2)


def test_two_rules_that_together_leave_no_gap_are_sure_however_age_is_reckoned() -> None:
    """From 18 on, or up to 17, by whatever reckoning: everybody, as without a bound."""
    both = (rule(AgeAtLeast(18, "not-stated")), rule(AgeAtMost(17, "not-stated")))
    days = VaccinationDays(date(2022, 1, 1), LAST)
    old, new = policy_of(*both, days=days), policy_of(rule(), days=days)
    assert not diff(old, new, in_retrospect=True)


def test_a_band_and_an_age_that_leave_no_gap_are_sure_however_age_is_reckoned() -> None:
    member = Person(birth_date=date(2004, 1, 2), groups={"list/2"})
    everybody = {"list/2": AgeBand("calendar-year", at_least=0)}
    adults = {"list/2": AgeBand("not-stated", at_least=18)}
    of_group = rule(InGroup("list/2"))
    days = VaccinationDays(date(2022, 1, 1), LAST)
    old = policy_of(of_group, days=days, bands=everybody)
    new = policy_of(of_group, rule(AgeAtMost(17, "not-stated")), days=days, bands=adults)
    assert covering(diff(old, new), member) == kinds_of(old, new, member) == {}


@pytest.mark.parametrize(
    "asked",
    [
        (AgeAtLeast(18, "not-stated"), AgeAtMost(17, "not-stated")),
        (NotStated("x"), NotThat(NotStated("x"))),
    ],
)
def test_two_conditions_that_no_answer_meets_together_are_for_nobody(asked: Any) -> None:
    nobody, other = policy_of(rule(*asked)), policy_of(rule(NotStated("x")))
    assert not diff(policy_of(), nobody)
    found = diff(nobody, other)
    assert [it.kind for it in found.changes] == [Kind.GAINS]
    assert found.changes[0].old_days == NOTHING
    assert_proved(found, nobody, other)


def test_nobody_has_a_dose_before_birth() -> None:
    born, given_ = BornOnOrAfter(date(2022, 1, 2)), PreviousDoseOnOrBefore(date(2022, 1, 1))
    assert not diff(policy_of(), policy_of(rule(born, given_, dose=2)))


@pytest.mark.parametrize("condition", [RegisteredIn, ResidentIn])
def test_counties_are_told_by_the_policies_that_name_them(
    condition: type[RegisteredIn | ResidentIn],
) -> None:
    """The example is from one of the counties, or from another that neither policy names."""
    fact = condition.fact
    old = policy_of(rule(condition(("澎湖縣", "金門縣"))))
    new = policy_of(rule(condition(("金門縣", "連江縣"))))
    told = {}
    for change in diff(old, new).changes:
        counties = getattr(change.who, fact)
        assert counties is not None
        assert not counties.others
        assert getattr(change.example, fact) in counties
        told[change.kind] = counties.names
    assert told == {Kind.LOSES: ("澎湖縣",), Kind.GAINS: ("連江縣",)}
    (change,) = diff(policy_of(rule(condition(("澎湖縣",)))), policy_of(rule())).changes
    assert getattr(change.who, fact) == Counties(("澎湖縣",), others=True)
    assert getattr(change.example, fact) not in {"澎湖縣", None}


NOON_TO_NOON = Window(NOON[0], NOON[1])


def with_windows(*windows: Window) -> Policy:
    policy = policy_of(rule())
    return attrs.evolve(policy, stages=(attrs.evolve(policy.stages[0], windows=windows),))


def test_windows_that_differ_are_listed_apart() -> None:
    ages = WindowAges("not-stated", at_least=65)
    other = Window("not-stated", NOON[1], vaccines=("AZ",), doses=(1,), ages=ages)
    found = diff(with_windows(NOON_TO_NOON), with_windows(NOON_TO_NOON, other))
    assert found
    assert found.changes == ()
    (note,) = found.windows
    assert (note.about, note.old) == ("windows of base", ())
    assert note.new == (f"not-stated to {NOON[1]}, AZ, dose 1, ages 65 to any (not-stated)",)
    reordered = with_windows(other, NOON_TO_NOON), with_windows(NOON_TO_NOON, other)
    assert not diff(*reordered)


def test_windows_of_a_stage_that_is_new_are_listed() -> None:
    old = with_windows()
    stage = attrs.evolve(with_windows(NOON_TO_NOON).stages[0], id="added")
    (note,) = diff(old, attrs.evolve(old, stages=(*old.stages, stage))).windows
    assert note.about == "windows of added"


def test_sources_and_notification_are_listed_apart() -> None:
    source = Source("CECC", "https://example.org/a", FIRST, "official")
    moved = attrs.evolve(source, url="https://example.org/b")
    old = policy_of(rule(), sources={"a": source, "same": source}, notification="none")
    new = policy_of(rule(), sources={"b": moved, "same": source}, notification="required")
    found = diff(old, new)
    assert found.changes == ()
    assert [(it.about, it.old, it.new) for it in found.sources] == [
        ("a", ("https://example.org/a",), ()),
        ("b", (), ("https://example.org/b",)),
    ]
    assert found.notification is not None
    assert (found.notification.old, found.notification.new) == (("none",), ("required",))


def test_policies_against_different_diseases_are_not_compared() -> None:
    other = attrs.evolve(policy_of(), disease="influenza")
    with pytest.raises(PolicyError, match=r"cannot compare policies .* covid19 and influenza"):
        diff(policy_of(), other)


def test_what_is_found_says_of_which_policies() -> None:
    found = diff(policy_of(), attrs.evolve(policy_of(), id="test/other", version="2"))
    assert (found.old_id, found.old_version) == ("test/small", "1")
    assert (found.new_id, found.new_version) == ("test/other", "2")


ANYBODY = Profile("AZ", frozenset({"AZ", "BNT"}))


@pytest.mark.parametrize(
    ("fact", "who"),
    [
        ("birth_date", attrs.evolve(ANYBODY, births=DaySet.of(FIRST))),
        ("doses", attrs.evolve(ANYBODY, counts=(DoseNumber(None, None, 1),))),
        ("doses", attrs.evolve(ANYBODY, doses=(DoseGiven(1, None, DaySet.every()),))),
        ("groups", attrs.evolve(ANYBODY, members=("list/1",))),
        ("groups", attrs.evolve(ANYBODY, not_members=("list/1",))),
        ("registered_county", attrs.evolve(ANYBODY, registered_county=Counties(("澎湖縣",)))),
        ("residence_county", attrs.evolve(ANYBODY, residence_county=Counties(("澎湖縣",)))),
        ("willingness", attrs.evolve(ANYBODY, registered=Registered(()))),
        ("sex", attrs.evolve(ANYBODY, sex="female")),
    ],
)
def test_whether_somebody_is_meant_is_not_said_where_the_fact_is_not_known(
    fact: str, who: Profile
) -> None:
    for person in (Person(), Person(birth_date=PartialDate(2004))):
        with pytest.raises(ValueError, match=rf"^matches\(\) needs {fact}, which is not known"):
            who.matches(person)
        assert ANYBODY.matches(person)


def test_whoever_lives_in_a_county_is_meant() -> None:
    who = attrs.evolve(ANYBODY, residence_county=Counties(("澎湖縣",)))
    assert who.matches(Person(residence_county="澎湖縣"))
    assert not who.matches(Person(residence_county="金門縣"))
    others = attrs.evolve(ANYBODY, residence_county=Counties(("澎湖縣",), others=True))
    assert others.matches(Person(residence_county="金門縣"))


def test_an_age_at_a_dose_needs_the_birth_date() -> None:
    born_late = DoseGiven(1, None, DaySet.every(), age=AgeThen(12, attained=False))
    who = attrs.evolve(ANYBODY, doses=(born_late,))
    assert who.matches(Person(birth_date=FIRST, doses=[Dose("AZ", FIRST)]))
    with pytest.raises(ValueError, match="birth_date"):
        who.matches(Person(doses=[Dose("AZ", FIRST)]))


def test_an_age_is_attained_at_a_dose_on_the_birthday() -> None:
    person = Person(birth_date=date(2004, 1, 1), doses=[Dose("AZ", date(2022, 1, 1))])
    for attained in (True, False):
        adult = DoseGiven(1, None, DaySet.every(), age=AgeThen(18 * 12, attained))
        assert attrs.evolve(ANYBODY, doses=(adult,)).matches(person) is attained


def test_doses_are_counted_between_two_days_and_of_the_vaccines_that_count() -> None:
    history = [Dose("AZ", FIRST), Dose("Influenza", FIRST), Dose("BNT", LAST)]
    person = Person(doses=history)

    def matches(*counts: DoseNumber) -> bool:
        return attrs.evolve(ANYBODY, counts=counts).matches(person)

    assert matches(DoseNumber(None, None, 2), DoseNumber(None, LAST, 1), DoseNumber(LAST, None, 1))
    assert matches(DoseNumber(None, None, 1, or_more=True))
    assert not matches(DoseNumber(None, None, 1))
    assert not matches(DoseNumber(None, None, 3, or_more=True))


def test_a_dose_is_named_by_its_number_in_the_season_or_back_from_it() -> None:
    person = Person(doses=[Dose("AZ", FIRST), Dose("BNT", LAST)])

    def matches(number: int, season: date | None, *vaccines: str) -> bool:
        given_ = DoseGiven(number, season, DaySet.every(), frozenset(vaccines) or None)
        return attrs.evolve(ANYBODY, doses=(given_,)).matches(person)

    assert matches(2, None, "BNT")
    assert matches(1, LAST, "BNT")
    assert matches(0, LAST, "AZ")
    assert not matches(0, LAST, "BNT")
    assert not matches(-1, LAST)
    assert not matches(3, None)
    on = DoseGiven(1, None, DaySet.of(LAST))
    assert not attrs.evolve(ANYBODY, doses=(on,)).matches(person)


def test_a_member_of_a_part_is_a_member_of_the_whole() -> None:
    person = Person(groups={"list/1/a"})
    assert attrs.evolve(ANYBODY, members=("list/1",)).matches(person)
    assert not attrs.evolve(ANYBODY, not_members=("list/1",)).matches(person)


def test_counties_and_registrations_are_ranges_or_what_is_outside_them() -> None:
    assert "澎湖縣" in Counties(("澎湖縣",))
    assert "澎湖縣" not in Counties(("澎湖縣",), others=True)
    assert "臺北市" in Counties(("澎湖縣",), others=True)
    assert NOON[1] in Registered(((NOON[0], NOON[1]),))
    assert NOON[0] not in Registered(((NOON[0], NOON[1]),))
    assert NOON[2] in Registered(((None, NOON[0]), (NOON[1], None)))
    assert None not in Registered(((None, None),))
    assert None in Registered((), never=True)
