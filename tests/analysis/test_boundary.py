"""Boundary people: every edge is tested, every rule decides somebody, and no decision moves unseen.

The decisions of the bundled policies for their boundary people are in ``data/boundary``. After a
policy has a new version, or is new, write it anew with ``python -m tests.analysis.test_boundary``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.helpers import small_policy
from tools import boundary
from vaxpolicy import catalog
from vaxpolicy.analysis import partition
from vaxpolicy.analysis.boundary import BoundaryPerson, boundary_people, somebody_offered
from vaxpolicy.catalog.persons import person_as_json
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Dose, Outcome, PartialDate, Person, Policy, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtDoseOf,
    AgeAtLeast,
    AgeAtMost,
    AgeBand,
    AllOf,
    AnyOf,
    BornOnOrAfter,
    DaysSinceDoseOf,
    DoseDue,
    DosesOf,
    EarlierDosesAtLeast,
    FromDay,
    HasFact,
    InAnyGroup,
    InGroup,
    NotStated,
    NotThat,
    OfSex,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays, Vaccine, Window, WindowAges
from vaxpolicy.rules.validity import Minimum, Spacing

if TYPE_CHECKING:
    from pathlib import Path


@cache
def people_of(policy_id: str) -> tuple[BoundaryPerson, ...]:
    return boundary_people(catalog.load(policy_id))


@cache
def decided(policy_id: str) -> tuple[tuple[Person, Decision], ...]:
    policy = catalog.load(policy_id)
    return tuple((one.person, decide(policy, one.person)) for one in people_of(policy_id))


def in_short(decision: Decision) -> str:
    """Outcome and offers in full, the codes of the reasons and what is missing as a digest."""
    offers = [
        f"{it.rule_id} {it.vaccine} {it.dose}: {_days(it.days)}" for it in decision.offers
    ] + [
        f"perhaps {it.rule_id} {it.vaccine} {it.dose}: {_days(it.possible_days)}"
        for it in decision.possible_offers
    ]
    reasons = {f"{it.code} {it.rule_id} {it.vaccine}" for it in decision.reasons}
    rest = "\n".join([*sorted(reasons), *decision.missing])
    return "; ".join(
        [decision.outcome.value, *offers, hashlib.sha256(rest.encode()).hexdigest()[:8]]
    )


def _days(days: Any) -> str:
    return repr(days).removeprefix("DaySet(").removesuffix(")")


def snapshot(policy: Policy, people: tuple[BoundaryPerson, ...]) -> str:
    """One line a person, so that a difference can be read."""
    lines = [
        json.dumps(
            [one.name, person_as_json(one.person), in_short(decide(policy, one.person))],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for one in people
    ]
    head = f'{{"policy": "{policy.id}", "version": "{policy.version}", "people": ['
    return head + "\n" + ",\n".join(lines) + "\n]}\n"


def write(ids: list[str]) -> None:
    for policy_id in ids or catalog.ids():
        file = boundary.file_of(policy_id)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(snapshot(catalog.load(policy_id), people_of(policy_id)), "utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", catalog.ids())
def test_a_policy_decides_its_boundary_people_as_its_version_did(policy_id: str) -> None:
    file, policy = boundary.file_of(policy_id), catalog.load(policy_id)
    assert file.is_file(), f"{policy_id} is new: {boundary.WRITE} {policy_id}"
    kept = json.loads(file.read_text("utf-8"))
    known = dict(decided(policy_id))

    def decision(person: Person) -> Decision:
        return known.get(person) or decide(policy, person)

    moved = [
        f"{name}: {before} is now {now}"
        for name, facts, before in kept["people"]
        if (now := in_short(decision(catalog.person_from(facts)))) != before
    ]
    if kept["version"] == policy.version:
        assert not moved, (
            f"{policy_id} {policy.version} decides differently; it needs a new version"
        )
    assert kept["version"] == policy.version, (
        f"{policy_id} has a new version: {boundary.WRITE} {policy_id}"
    )


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", catalog.ids())
def test_all_boundary_people_are_kept(policy_id: str) -> None:
    kept = json.loads(boundary.file_of(policy_id).read_text("utf-8"))
    now = [[one.name, person_as_json(one.person)] for one in people_of(policy_id)]
    assert [one[:2] for one in kept["people"]] == now, (
        f"others are tested now: {boundary.WRITE} {policy_id}"
    )


def test_the_kept_people_are_those_of_the_version_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy_id = "tw/hpv/2025"
    found = people_of(policy_id)
    assert [(it.name, it.person) for it in boundary.kept(policy_id)] == [
        (it.name, it.person) for it in found
    ]
    old = attrs.evolve(catalog.load(policy_id), version="0.1.0")
    monkeypatch.setattr(boundary, "FOLDER", tmp_path)
    boundary.file_of(policy_id).parent.mkdir(parents=True)
    boundary.file_of(policy_id).write_text(snapshot(old, found), "utf-8")
    boundary.kept.cache_clear()
    with pytest.raises(ValueError, match="tw/hpv/2025 has a new version: write it anew"):
        boundary.kept(policy_id)


def test_no_snapshot_is_of_a_policy_that_is_gone() -> None:
    kept = {
        file.relative_to(boundary.FOLDER).with_suffix("").as_posix()
        for file in boundary.FOLDER.rglob("*.json")
    }
    assert kept == set(catalog.ids())


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", catalog.ids())
def test_every_rule_offers_each_vaccine_to_somebody_and_refuses_it_to_another(
    policy_id: str,
) -> None:
    policy = catalog.load(policy_id)
    every = {
        (rule.id, vaccine)
        for stage in policy.stages
        for rule in stage.rules
        for vaccine in rule.vaccines
    }
    offered, refused = set(), set()
    for _, decision in decided(policy_id):
        found = {
            (rule, it.vaccine)
            for it in (*decision.offers, *decision.possible_offers)
            for rule in it.rule_id.split("|")
        }
        offered |= found
        refused |= every - found
    assert every - offered == set(), "nobody is offered these"
    assert every - refused == set(), "nobody is refused these"


FIRST, LAST = date(2022, 2, 25), date(2022, 3, 2)
NOON = datetime(2022, 2, 1, 12, tzinfo=TAIWAN)


def policy_of(
    *conditions: Any, dose: int = 1, season: date | None = None, windows: tuple[Window, ...] = ()
) -> Policy:
    rule = Rule("r", dose, ("AZ",), (), conditions)
    stage = Stage("base", VaccinationDays(FIRST, LAST), (rule,), windows)
    vaccines = {code: Vaccine(code, ("covid19",)) for code in ("AZ", "BNT")}
    return small_policy(stage, vaccines=vaccines, counts_from=season)


def outcomes(policy: Policy, part: str) -> dict[str, Outcome]:
    """The outcome of the people whose name holds the part, by the rest of their name."""
    return {
        one.name.partition(": ")[2]: decide(policy, one.person).outcome
        for one in boundary_people(policy)
        if part in one.name
    }


YES, NO, OPEN = Outcome.ELIGIBLE, Outcome.INELIGIBLE, Outcome.UNDETERMINED


def test_an_age_at_the_dose_before_and_a_band_have_people_at_their_edges() -> None:
    season = date(2021, 10, 1)
    young = (PreviousDoseBeforeAge(9), InGroup("band"), DoseDue(28, "day"))
    bands = {"band": AgeBand("calendar-year", at_least=5, at_most=8)}
    policy = attrs.evolve(policy_of(*young, dose=2, season=season), bands=bands)
    assert outcomes(policy, "previous_dose_before_age 9: born") == {
        "born 2012-09-30, two days before a change": NO,
        "born 2012-10-01, the last day before it": NO,
        "born 2012-10-02, the first day after it": NO,
    }
    assert outcomes(policy, "group band, age age_at_most 8 on calendar-year") == {
        "born 2013-12-30, two days too early": NO,
        "born 2013-12-31, a day too early": NO,
    }


def test_an_age_at_the_dose_before_is_tested_beside_an_alternative_that_takes_most() -> None:
    policy = catalog.load("tw/influenza/2026")
    ((stage, rule),) = [
        (stage, rule)
        for stage in policy.stages
        for rule in stage.rules
        if rule.id == "1-children-second"
    ]
    alone = attrs.evolve(policy, stages=(attrs.evolve(stage, rules=(rule,)),))
    found = outcomes(alone, "previous_dose_before_age 3: ")
    assert set(found.values()) == {YES, NO}


def test_a_search_that_is_too_long_leaves_the_people_found_so_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = catalog.load("tw/covid19-1922/round-16")
    names = [it.name for it in boundary_people(policy)]
    monkeypatch.setattr(partition, "MOST_PARTS", 12)
    found = [it.name for it in boundary_people(policy)]
    assert 0 < len(found) < len(names)
    assert set(found) <= set(names)


def test_births_just_before_on_and_after_the_last_that_counts() -> None:
    policy = policy_of(AgeAtLeast(18, "last-day"))
    assert outcomes(policy, "age_at_least 18, on last-day") == {
        "born 2004-03-01, the day before the last": YES,
        "born 2004-03-02, the last day": YES,
        "born 2004-03-03, a day too late": NO,
    }
    assert outcomes(policy_of(AgeAtMost(17, "first-day")), "age_at_most 17") == {
        "born 2004-02-24, two days too early": NO,
        "born 2004-02-25, a day too early": NO,
        "born 2004-02-26, the first day": YES,
    }


def test_a_moving_age_is_tested_at_its_ends_at_the_end_of_the_month_and_in_a_leap_february() -> (
    None
):
    births = [it.person.birth_date for it in boundary_people(policy_of(AgeAtLeast(18, "day")))]
    assert {
        *(date(2004, 2, day) for day in (24, 25, 26, 27, 28, 29)),
        *(date(2004, 3, day) for day in (1, 2, 3)),
    } <= set(births)


def test_an_edge_beside_another_is_named_after_the_first_of_them() -> None:
    policy = policy_of(BornOnOrAfter(date(2004, 2, 25)), AgeAtLeast(18, "day"))
    found = outcomes(policy, "age_at_least 18, on day")
    assert found["born 2004-02-26, a day later"] is YES


def test_doses_before_are_tested_at_their_edges_and_missing() -> None:
    policy = policy_of(DoseDue(28, "last-day"), PreviousDoseOf(("AZ",)), dose=2)
    assert outcomes(policy, "dose_due_after_days 28") == {
        "dose before on 2022-02-01, the day before the last": YES,
        "dose before on 2022-02-02, the last day": YES,
        "dose before on 2022-02-03, a day too late": NO,
    }
    assert outcomes(policy, "previous_dose_of") == {"dose before with BNT": NO}
    assert outcomes(policy, "r AZ, doses_at_least 1") == {"with 0 doses": NO}
    assert outcomes(policy, "not doses_at_least 2") == {
        "dose 2 on 2022-02-24": NO,
        "dose 2 on 2022-02-25": NO,
        "dose 2 on 2022-03-02": YES,
        "dose 2 on 2022-03-03": YES,
    }


def test_earlier_doses_keep_their_distance() -> None:
    policy = policy_of(DoseDue(28, "last-day"), dose=3)
    for one in boundary_people(policy):
        days = sorted(dose.on for dose in one.person.doses or ())
        assert all(b - a >= timedelta(days=60) for a, b in pairwise(days[:2]))


def test_earlier_doses_of_a_season_stay_in_it() -> None:
    season = date(2021, 12, 1)
    policy = policy_of(DoseDue(28, "last-day"), dose=3, season=season)
    for one in boundary_people(policy):
        if "dose_due" in one.name:
            first, second = (dose.on for dose in one.person.doses or ())
            assert season <= first < second
    assert set(outcomes(policy, "dose_due").values()) == {YES, NO}


def test_the_last_dose_of_an_earlier_season_is_tested_too() -> None:
    policy = policy_of(DoseDue(200, "first-day"), season=FIRST)
    assert outcomes(policy, "dose_due_after_days") == {
        "dose before on 2021-08-08, the day before the last": YES,
        "dose before on 2021-08-09, the last day": YES,
        "dose before on 2021-08-10, a day too late": NO,
    }
    first_ever = policy_of(NotThat(EarlierDosesAtLeast(1)), season=FIRST)
    assert outcomes(first_ever, "not earlier_doses_at_least 1") == {
        "0 doses before the season": YES,
        "1 dose before the season": NO,
    }


def test_groups_counties_and_registrations_are_tested_either_way() -> None:
    policy = policy_of(
        InGroup("list/1"),
        NotThat(InGroup("list/2")),
        RegisteredIn(("澎湖縣",)),
        NotThat(ResidentIn(("澎湖縣",))),
        Wanted(True, NOON),  # noqa: FBT003
    )
    assert outcomes(policy, "r AZ, group list/1") == {"not a member": NO}
    assert outcomes(policy, "r AZ, not group list/2") == {"a member": NO}
    assert outcomes(policy, "registered_in") == {"澎湖縣": YES, "臺北市": NO}
    assert outcomes(policy, "resident_in") == {"澎湖縣": NO}
    assert outcomes(policy, "wanted") == {
        f"registered {NOON - timedelta(microseconds=1)}": YES,
        f"registered {NOON + timedelta(microseconds=1)}": NO,
        "not registered": NO,
    }
    assert outcomes(policy, "r AZ: ") == {
        "membership of list/1 not known": OPEN,
        "membership of list/2 not known": OPEN,
        "doses not known": OPEN,
        "registered county not known": OPEN,
        "residence county not known": OPEN,
        "willingness not known": OPEN,
    }


def test_each_group_of_a_list_is_tested() -> None:
    assert outcomes(policy_of(InAnyGroup(("list/1", "list/2"))), "any_group") == {
        "not a member": NO,
        "a member": YES,
    }


def test_each_sex_is_tested_and_none_and_all_else_with_the_sex_that_is_asked() -> None:
    policy = policy_of(OfSex("female"), AgeAtLeast(18, "last-day"))
    found = outcomes(policy, "r AZ")
    assert (found["female"], found["male"], found["sex not known"]) == (YES, NO, OPEN)
    assert set(outcomes(policy, "age_at_least 18").values()) == {YES, NO}


def test_a_day_not_known_of_a_dated_fact_is_known_by_its_month() -> None:
    (day,) = [
        it.person.dated_facts[0].on
        for it in boundary_people(policy_of(HasFact("infection")))
        if it.name.endswith("day of infection not known")
    ]
    assert isinstance(day, PartialDate)
    assert day.month is not None


def test_births_not_known_and_known_in_part() -> None:
    policy = policy_of(AgeAtLeast(18, "last-day"))
    people = {it.name.partition(": ")[2]: it.person for it in boundary_people(policy)}
    assert people["birth date not known"].birth_date is None
    assert people["month of birth not known"].birth_date == PartialDate(2004)
    assert people["day of birth not known"].birth_date == PartialDate(2004, 3)


def test_windows_are_tested_at_the_ages_that_they_ask() -> None:
    opens, closes = NOON, NOON + timedelta(days=1)
    windows = (Window(opens, closes, ages=WindowAges("first-day", at_least=65)),)
    assert outcomes(policy_of(windows=windows), "window, age_at_least 65") == {
        "born 1957-02-24, two days before a change": YES,
        "born 1957-02-25, the last day before it": YES,
        "born 1957-02-26, the first day after it": YES,
    }


def test_each_way_to_satisfy_a_rule_is_tested() -> None:
    young, old = AgeAtMost(11, "first-day"), AgeAtLeast(65, "first-day")
    names = [it.name for it in boundary_people(policy_of(AnyOf((young, old))))]
    assert any("age_at_most 11" in name for name in names)
    assert any("age_at_least 65" in name for name in names)


def test_what_no_source_states_is_tested_with_somebody_who_may_be_offered_it() -> None:
    assert outcomes(policy_of(NotStated("the brand")), "offered") == {"offered": OPEN}


def test_a_rule_that_nobody_can_satisfy_has_no_people() -> None:
    nobody = AllOf((AgeAtLeast(18, "first-day"), AgeAtMost(11, "first-day")))
    assert boundary_people(policy_of(nobody)) == ()


def test_nobody_is_tested_twice_and_all_come_in_the_same_order() -> None:
    policy = catalog.load("tw/covid19-1922/round-12")
    people = boundary_people(policy)
    assert len({it.person for it in people}) == len({it.name for it in people}) == len(people)
    assert boundary_people(policy) == people


def test_a_printed_bound_is_among_them() -> None:
    births = {it.person.birth_date for it in people_of("tw/covid19-1922/round-19")}
    assert {date(2004, 1, 23), date(2004, 1, 24)} <= births


@pytest.mark.parametrize(
    "person",
    [
        Person(),
        Person(birth_date=PartialDate(2004)),
        Person(birth_date=PartialDate(2004, 2), unknown_groups={"list/1"}),
        Person(birth_date=FIRST, doses=[Dose("AZ", FIRST)], groups={"b", "a"}),
        Person(registered_county="澎湖縣", residence_county="金門縣"),
    ],
)
def test_a_person_as_json_is_read_back(person: Person) -> None:
    assert catalog.person_from(json.loads(json.dumps(person_as_json(person)))) == person


def test_a_first_dose_after_no_other_vaccine_has_boundary_people() -> None:
    days = VaccinationDays(date(2022, 1, 17), date(2022, 1, 23))
    asked = NotThat(PreviousDoseOf(("BNT",)))
    first = Rule("a", 1, ("AZ",), ("paper",), (asked,))
    policy = Policy(
        id="test",
        version="1",
        announced=date(2022, 1, 10),
        disease="covid19",
        notification="none",
        sources={},
        stages=(Stage("base", days, (first,)),),
        vaccines={code: Vaccine(code, ("covid19",)) for code in ("AZ", "BNT")},
    )
    assert [one.name for one in boundary_people(policy)][-1] == "a AZ: offered"


@pytest.mark.parametrize("policy_id", ["tw/hpv/2025", "tw/mpox/2026", "tw/pneumococcal/2026"])
def test_somebody_is_offered_each_vaccine_by_each_rule_of_a_policy_by_products(
    policy_id: str,
) -> None:
    policy = catalog.load(policy_id)
    plan = compile_policy(policy)
    for number, entry in enumerate(plan.entries):
        person = somebody_offered(plan, number)
        assert person is not None
        decision = decide(policy, person)
        assert (entry.rule.id, entry.vaccine) in {
            (it.rule_id, it.vaccine) for it in decision.offers
        }


def test_days_since_a_dose_of_a_product_are_tested_with_that_dose_around_the_last_day() -> None:
    policy = policy_of(DaysSinceDoseOf(("BNT",), 28), AgeAtLeast(18, "day"), dose=2)
    found = outcomes(policy, "days_since_dose_of")
    assert {name: it for name, it in found.items() if name.startswith("BNT")} == {
        "BNT on 2022-02-01": YES,
        "BNT on 2022-02-02": YES,
        "BNT on 2022-02-03": NO,
    }


def test_a_wait_that_nobody_needs_who_had_no_dose_is_tested_with_a_dose() -> None:
    policy = policy_of(DaysSinceDoseOf(("BNT",), 28, or_none=True), AgeAtLeast(18, "day"))
    assert outcomes(policy, "days_since_dose_of") == {f"with BNT on {FIRST}": NO}
    assert YES in outcomes(policy, "age_at_least").values()  # without any dose


def test_groups_and_dated_facts_beside_the_doses_of_a_product_are_given() -> None:
    policy = policy_of(
        DosesOf(("BNT",)),
        InGroup("list/1"),
        InAnyGroup(("list/2", "list/3")),
        HasFact("infection"),
        dose=2,
    )
    members = outcomes(policy, "any_group")
    assert members == {"not a member": NO, "a member": YES}
    assert outcomes(policy, "r AZ, group list/1") == {"not a member": NO}
    facts = outcomes(policy, "has_fact")
    assert facts["infection on 2022-03-02, the last day"] is YES
    assert facts["infection on 2022-03-03, a day too late"] is NO
    assert facts["infection never"] is NO


def test_counties_and_registrations_beside_the_doses_of_a_product_are_given() -> None:
    wanted = Wanted(wanted=True, by=datetime(2022, 1, 20, 12, tzinfo=TAIWAN))
    policy = policy_of(DosesOf(("BNT",)), ResidentIn(("澎湖縣", "金門縣")), wanted, dose=2)
    assert outcomes(policy, "resident_in") == {"金門縣": YES, "澎湖縣": YES, "臺北市": NO}
    # whoever registered at the last instant is the person from whom the others differ
    assert list(outcomes(policy, "wanted").values()) == [YES, NO, NO]
    elsewhere = policy_of(DosesOf(("BNT",)), NotThat(RegisteredIn(("臺北市",))), dose=2)
    assert outcomes(elsewhere, "registered_in") == {"臺北市": NO, "新北市": YES}


@pytest.mark.parametrize(
    ("condition", "dose", "births"),
    [
        (AgeAtDoseOf(("BNT",), at_least_days=30), 2, [YES, YES, NO]),
        (AgeAtDoseOf(("BNT",), at_least_months=12, number=1), 2, [YES, YES, NO]),
        (NotThat(AgeAtDoseOf(("BNT",), at_least_months=12)), 1, []),  # nobody has such a dose
    ],
)
def test_the_age_at_the_dose_of_a_product_is_tested_around_its_edge(
    condition: Any, dose: int, births: list[Outcome]
) -> None:
    found = outcomes(policy_of(condition, dose=dose), "age_at_dose_of")
    assert [it for name, it in found.items() if name.startswith("born")] == births


@pytest.mark.parametrize("age", [{"at_least_days": 1461}, {"at_least_months": 48}])
def test_the_age_at_a_dose_that_excludes_is_tested_with_as_many_doses_as_it_takes(
    age: dict[str, int],
) -> None:
    asked = NotThat(AgeAtDoseOf(("BNT",), number=2, **age))
    policy = policy_of(AgeAtLeast(5, "day"), asked)
    rule = attrs.evolve(policy.stages[0].rules[0], counts=("AZ",))
    policy = attrs.evolve(policy, stages=(attrs.evolve(policy.stages[0], rules=(rule,)),))
    found = outcomes(policy, "not age_at_dose_of")
    assert [it for name, it in found.items() if name.startswith("BNT 2")] == [YES, NO, NO]


def test_a_wait_after_the_first_of_two_doses_is_tested_by_moving_the_whole_life() -> None:
    policy = policy_of(DosesOf(("BNT",), 2), DaysSinceDoseOf(("BNT",), 184, number=1), dose=3)
    found = outcomes(policy, "days_since_dose_of")
    assert [*found.values()] == [YES, YES, NO]
    assert all(name.startswith("born") for name in found)


def test_a_wait_that_ends_too_early_in_a_life_is_tested_with_another_birth() -> None:
    policy = policy_of(AgeAtLeast(3, "day"), DaysSinceDoseOf(("BNT",), 28), dose=2)
    found = outcomes(policy, "days_since_dose_of")
    # the birth does not move along: she would be just born when she had the dose
    assert [it for name, it in found.items() if name.startswith("born")] == [YES, YES, NO]


def test_the_dose_before_is_tested_around_the_day_from_which_a_rule_differs() -> None:
    policy = policy_of(DoseDue(84, "day"), FromDay(FIRST + timedelta(days=2)), dose=2)
    names = outcomes(policy, "dose_due_after_days")
    edge = FIRST + timedelta(days=2 - 84)
    assert any(f"on {edge}," in name for name in names)


def with_tables(minimums: Any = (), spacings: Any = ()) -> Policy:
    """A policy with three doses of one vaccine, one of another, and these tables."""
    asked: dict[str, Any] = {"cites": ("x",), "vaccines": ("AZ",), "counts": ("AZ",)}
    rules = (
        Rule("a", 1, all=(AgeAtLeast(6, "day"),), **asked),
        Rule("b", 2, all=(DosesOf(("AZ",)),), **asked),
        Rule("d", 3, all=(DosesOf(("AZ",), 2),), **asked),
        Rule("c", 1, ("BNT",), ("x",), (NotThat(DosesOf(("Moderna",))),), counts=("BNT",)),
    )
    stage = Stage("base", VaccinationDays(FIRST, LAST), rules)
    vaccines = {code: Vaccine(code, ("covid19",)) for code in ("AZ", "BNT", "Moderna")}
    return small_policy(stage, vaccines=vaccines, minimums=minimums, spacings=spacings)


def edges_of_tables(minimums: Any = (), spacings: Any = ()) -> dict[str, bool]:
    """Whether the next dose is offered to the people at the edges of tables, by their names."""
    policy = with_tables(minimums, spacings)
    return {
        it.name.partition(", ")[2]: any(
            offer.rule_id == "c"
            or offer.dose > sum(d.vaccine == "AZ" for d in it.person.doses or ())
            for offer in decide(policy, it.person).offers
        )
        for it in boundary_people(policy)
        if it.name.endswith(("a day too early", "the first day")) and "born" not in it.name
    }


def test_each_number_of_a_minimum_is_tested_a_day_too_early_and_on_the_first_day() -> None:
    found = edges_of_tables(
        minimums=(
            Minimum(("AZ",), 1, ("x",), age_days=360, grace_days=4),
            Minimum(("AZ",), 2, ("x",), 900, 28, 60, grace_days=4, grace_for_age=False),
            Minimum(("AZ",), 2, ("x",), after_last_days=14, first_at_days=2000),
            Minimum(("AZ",), 3, ("x",), after_last_days=28),
            Minimum(("BNT",), 5, ("x",), after_last_days=3),  # no rule offers it
        )
    )
    numbers = {name.partition(":")[0] for name in found}
    assert numbers == {
        "age_days 360",
        "age_days 900",
        "after_first_days 60",
        "first_at_days 2000",
        "after_last_days 28",
    }


def test_a_number_is_tested_where_no_other_minimum_of_the_dose_lets_it_count() -> None:
    found = edges_of_tables(
        minimums=(
            Minimum(("AZ",), 2, ("x",), age_days=900),
            Minimum(("AZ",), 2, ("x",), age_days=1200),
        )
    )
    assert set(found) == {"age_days 900: a day too early", "age_days 900: the first day"}


def test_whoever_is_at_the_edge_of_a_number_meets_the_others_with_a_day_to_spare() -> None:
    minimums = (
        Minimum(("AZ",), 1, ("x",), age_days=360),
        Minimum(("AZ",), 2, ("x",), age_days=387, after_last_days=28),
    )
    ages = [
        one.person.doses[-1].on - one.person.birth_date
        for one in boundary_people(with_tables(minimums))
        if "after_last_days 28" in one.name
        and one.person.doses
        and isinstance(one.person.birth_date, date)
    ]
    assert len(ages) == 2
    assert min(ages) > timedelta(days=387)


def test_a_child_on_either_side_of_an_age_at_the_dose_before_is_found_beside_other_ways() -> None:
    # by another alternative of the rule, most children get the second dose at any age
    people = [
        it for it in people_of("tw/influenza/2026") if "previous_dose_before_age 3" in it.name
    ]
    policy = catalog.load("tw/influenza/2026")
    outcomes = {it.person.birth_date: decide(policy, it.person).outcome for it in people}
    assert outcomes[date(2023, 10, 1)] is Outcome.INELIGIBLE
    assert outcomes[date(2023, 10, 2)] is Outcome.ELIGIBLE


def test_each_pair_of_vaccines_that_are_kept_apart_is_tested() -> None:
    found = edges_of_tables(spacings=(Spacing(("AZ", "BNT", "Moderna"), 28, ("x",)),))
    assert set(found) == {
        "28 days after BNT: a day too early",
        "28 days after BNT: the first day",
        "28 days after AZ: a day too early",
        "28 days after AZ: the first day",
        "28 days after Moderna: a day too early",
        "28 days after Moderna: the first day",
    }


if __name__ == "__main__":
    write(sys.argv[1:])
