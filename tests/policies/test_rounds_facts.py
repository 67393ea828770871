"""The 28 rounds against the facts that were collected about them, entry by entry and null by null.

`tests/data/rounds_expected.json` holds the facts (figures, dates, instants; None: no source found).
Here a fact must be in the policy, a missing one must be visibly unknown, and nothing else may be
asked. The printed bounds are then proved by deciding for people on and beyond each of them.
"""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import attrs
import pytest

from vaxpolicy import catalog
from vaxpolicy.eligibility import Dose, Outcome, Person, Willingness, decide
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    AllOf,
    AnyOf,
    Condition,
    DoseDue,
    InGroup,
    NotStated,
    NotThat,
    PreviousDoseOf,
    PreviousDoseOnOrAfter,
    PreviousDoseOnOrBefore,
    RegisteredIn,
    ResidentIn,
    Wanted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxpolicy.eligibility import Offer
    from vaxpolicy.rules.conditions import AnyCondition
    from vaxpolicy.rules.policy import Policy, Rule, Stage

Row: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str, str]
"""Policy, rule and kind of bound."""
C = TypeVar("C", bound=Condition)
T = TypeVar("T")

FACTS = json.loads(
    (Path(__file__).parent.parent / "data" / "rounds_expected.json").read_text("utf-8")
)["rounds"]
ENTRIES = [(facts, entry) for facts in FACTS for entry in facts["rules"]]
EACH_ENTRY = pytest.mark.parametrize(
    ("facts", "entry"), ENTRIES, ids=[entry["id"] for _, entry in ENTRIES]
)
EACH_ROUND = pytest.mark.parametrize("facts", FACTS, ids=[f"{it['round']:02}" for it in FACTS])

AGES_BY_CATEGORY = {"1a"}
"""The entry whose printed ages are those of its categories."""
STATUSES = {
    "4b": {"status/typhoon-cancelled-round-3"},
    "4c": {"status/invited-round-3-not-booked"},
    **{key: {"status/registered-before"} for key in ("11d", "11e")},
    **{key: {"status/mix-and-match"} for key in ("14f", "15f", "16d", "17d", "18c")},
}
"""The further facts that a portal must know for an entry that the facts describe in words."""
WHOLE_DAY = {"8b"}
"""The entry whose last day is printed as included (含): no hour is missing, the whole day counts."""
CUTOFF_OF_THE_ROUND = {"11x2", "11x3"}
"""The entries of a version that has one cut-off for all its lines."""
DISPUTED_MESSAGE, MESSAGE_BY_THE_WAY = {4}, {8, 10}
"""The round whose sources differ about the message, and those where only facts beside it tell."""
NOT_ASKED_TO_REGISTER = 19
"""From this round on nobody registers a willingness."""


def policy_id(facts: Row) -> str:
    return f"tw/covid19-1922/round-{facts['round']:02}"


def policy_for(facts: Row, entry: Row) -> Policy:
    """The version in which the entry was in force."""
    if entry["superseded"] is None:
        return catalog.load(policy_id(facts))
    eve = date.fromisoformat(entry["superseded"]) - timedelta(days=1)
    return catalog.load(policy_id(facts), as_of=eve)


def found(facts: Row, entry: Row) -> tuple[Stage, list[Rule]]:
    """The stage and the rules for an entry: one, or one for each part of it."""
    matches = [
        (stage, rule)
        for stage in policy_for(facts, entry).stages
        for rule in stage.rules
        if rule.id.partition("-")[0] == entry["id"]
    ]
    assert matches, "no rule for it"
    assert len({stage.id for stage, _ in matches}) == 1
    return matches[0][0], [rule for _, rule in matches]


def leaves(condition: AnyCondition, *, negated: bool = False) -> list[tuple[Condition, bool]]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return [leaf for part in parts for leaf in leaves(part, negated=negated)]
        case NotThat(inner):
            return leaves(inner, negated=not negated)
    return [(condition, negated)]


def leaves_of(rules: Iterable[Rule], kind: type[C], *, negated: bool = False) -> set[C]:
    return {
        leaf
        for rule in rules
        for leaf, no in leaves(AllOf(rule.all))
        if type(leaf) is kind and no is negated
    }


def only(values: Iterable[T]) -> T:
    (value,) = values
    return value


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def moment(text: str | None) -> date | None:
    """An instant, or a date where no source gives the hour."""
    if text is None:
        return None
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def wanted_by(facts: Row, entry: Row) -> date | None:
    """The last moment of registering that counts for the entry."""
    if entry["id"] in CUTOFF_OF_THE_ROUND:
        assert entry["willingness_by"] is None
        return moment(facts["willingness_cutoff"])
    if entry["id"] in WHOLE_DAY:
        return datetime.fromisoformat(f"{entry['willingness_by']}T23:59:59+08:00")
    return moment(entry["willingness_by"])


@EACH_ENTRY
def test_the_entry_is_a_rule_of_its_stage_dose_and_vaccines(facts: Row, entry: Row) -> None:
    stage, rules = found(facts, entry)
    assert stage.id == entry["stage"]
    assert {rule.dose for rule in rules} == {entry["dose"]}
    assert entry["unvaccinated_required"] in (None, entry["dose"] == 1)
    if entry["vaccines"] is None:
        assert leaves_of(rules, NotStated)
    else:
        assert {code for rule in rules for code in rule.vaccines} == set(entry["vaccines"])
        assert not leaves_of(rules, NotStated)


@EACH_ENTRY
def test_its_ages_are_asked_and_reckoned_as_printed_or_not_stated(facts: Row, entry: Row) -> None:
    _, rules = found(facts, entry)
    for kind, name, age, bound in (
        (AgeAtLeast, "age_at_least", entry["min_age"], entry["born_on_or_before"]),
        (AgeAtMost, "age_at_most", entry["max_age"], entry["born_on_or_after"]),
    ):
        asked = leaves_of(rules, kind)
        if age is None or entry["id"] in AGES_BY_CATEGORY:
            assert not asked
        else:
            assert {getattr(leaf, name) for leaf in asked} == {age}
            assert {leaf.on == "not-stated" for leaf in asked} == {bound is None}
    printed = rules[0].printed
    assert printed.born_on_or_before == day(entry["born_on_or_before"])
    assert printed.born_on_or_after == day(entry["born_on_or_after"])


@EACH_ENTRY
def test_its_categories_and_exclusions_are_groups(facts: Row, entry: Row) -> None:
    _, rules = found(facts, entry)
    asked = {leaf.group for leaf in leaves_of(rules, InGroup)}
    assert asked == set(entry["categories"] or ()) | STATUSES.get(entry["id"], set())
    excluded = {leaf.group for leaf in leaves_of(rules, InGroup, negated=True)}
    assert excluded == set(entry["excludes"] or ())
    assert asked | excluded <= set(catalog.groups())


@EACH_ENTRY
def test_its_counties_are_asked(facts: Row, entry: Row) -> None:
    _, rules = found(facts, entry)
    asked = [
        set(counties)
        for kind in (RegisteredIn, ResidentIn)
        for leaf in leaves_of(rules, kind)
        for counties in [leaf.counties]
    ]
    if entry["id"] == "4b":  # where the session was, not where the person lives: in the status
        status = catalog.groups()[only(STATUSES["4b"])].name["zh-Hant"]
        assert all(county in status for county in entry["region"])
        assert not asked
    else:
        assert asked == [set(entry["region"])] * 2 if entry["region"] else not asked


@EACH_ENTRY
def test_its_dose_before_is_asked_in_the_announcements_terms(facts: Row, entry: Row) -> None:
    _, rules = found(facts, entry)
    before = leaves_of(rules, PreviousDoseOf)
    if entry["vaccine_of_first_dose"] is None:
        assert not before
    else:
        assert only(before).previous_dose_of == (entry["vaccine_of_first_dose"],)
    intervals = leaves_of(rules, DoseDue)
    if entry["interval_days"] is None:
        assert not intervals
    else:
        interval = only(intervals)
        assert interval.dose_due_after_days == entry["interval_days"]
        if entry["interval_complete_by"]:
            assert interval.on == day(entry["interval_complete_by"])
        if entry["previous_dose_before_derived"]:
            assert isinstance(interval.on, date)
            latest = interval.on - timedelta(days=interval.dose_due_after_days)
            assert latest == day(entry["previous_dose_before_derived"])
    upper, lower = day(entry["previous_dose_before"]), day(entry["previous_dose_after"])
    printed = rules[0].printed
    assert printed.previous_dose_on_or_before == upper
    assert printed.previous_dose_on_or_after == lower
    restated = upper if entry["interval_days"] is None else None
    assert leaves_of(rules, PreviousDoseOnOrBefore) == (
        {PreviousDoseOnOrBefore(restated)} if restated else set()
    )
    assert leaves_of(rules, PreviousDoseOnOrAfter) == (
        {PreviousDoseOnOrAfter(lower)} if lower else set()
    )


@EACH_ENTRY
def test_its_willingness_is_asked_with_the_stated_instants(facts: Row, entry: Row) -> None:
    _, rules = found(facts, entry)
    asked = leaves_of(rules, Wanted)
    if facts["round"] >= NOT_ASKED_TO_REGISTER:
        assert not asked
    else:
        assert {leaf.by for leaf in asked} == {wanted_by(facts, entry)}
        assert {leaf.after for leaf in asked} == {moment(entry["willingness_after"])}


@EACH_ENTRY
def test_what_had_to_be_interpreted_is_said(facts: Row, entry: Row) -> None:
    _, rules = found(facts, entry)
    interpreted = (
        any(leaf.on == "not-stated" for kind in (AgeAtLeast, AgeAtMost) for leaf in leaves_of(rules, kind))
        or any(type(leaf.by) is date for leaf in leaves_of(rules, Wanted))
        or entry["id"] in STATUSES
        or leaves_of(rules, NotStated)
    )  # fmt: skip
    assert not interpreted or any(rule.reading for rule in rules)


@EACH_ROUND
def test_every_window_is_there_and_no_other(facts: Row) -> None:
    for entry in facts["rules"]:
        stage, rules = found(facts, entry)
        expected = {
            (
                moment(window["closes"]),
                moment(window["opens"]),
                window["min_age"],
                window["max_age"],
            )
            for window in facts["windows"]
            if entry["id"] in window["applies_to"]
        }
        if entry["superseded"]:  # it has the windows of the rules that replaced it
            expected = {
                (moment(window["original_closes"]), moment(window["opens"]), None, None)
                for window in facts["windows"]
                for later in window["applies_to"]
                if window["original_closes"]
                and set(entry["vaccines"])
                == {v for it in facts["rules"] if it["id"] == later for v in it["vaccines"]}
            }
        windows = {
            (
                None if window.closes == "not-stated" else window.closes,
                None if window.opens == "not-stated" else window.opens,
                window.ages and (window.ages.at_least or 18),
                window.ages and window.ages.at_most,
            )
            for rule in rules
            for window in stage.windows
            if not window.vaccines or set(window.vaccines) & set(rule.vaccines)
            if not window.doses or rule.dose in window.doses
        }
        assert windows == expected, entry["id"]
        assert all(w.ages is None or w.ages.on == "not-stated" for w in stage.windows)


@EACH_ROUND
def test_vaccination_days_are_the_stated_ones(facts: Row) -> None:
    policy = catalog.load(policy_id(facts))
    days = [stage.vaccination_days for stage in policy.stages]
    if facts["vaccination_dates"] is None:
        assert not any(it.stated for it in days)
        return
    first, last = map(day, facts["vaccination_dates"])
    assert all(it.stated for it in days)
    assert (min(it.first for it in days), max(it.last for it in days)) in {
        (first, last),
        (first, date(2021, 9, 12)),  # round 7's added stage went on after the round's own days
    }
    for window in facts["windows"]:
        for entry in facts["rules"]:
            if window["vaccination_dates"] and entry["id"] in window["applies_to"]:
                stage, _ = found(facts, entry)
                own = (stage.vaccination_days.first, stage.vaccination_days.last)
                assert own == tuple(map(day, window["vaccination_dates"]))


@EACH_ROUND
def test_the_rounds_own_facts_are_those_of_its_rules(facts: Row) -> None:
    policy = catalog.load(policy_id(facts))
    rules = [rule for stage in policy.stages for rule in stage.rules]
    if facts["vaccines"] is None:
        assert all(leaves_of([rule], NotStated) for rule in rules)
    else:
        assert {code for rule in rules for code in rule.vaccines} == set(facts["vaccines"])
    assert {rule.dose for rule in rules} == set(facts["doses"])
    if facts["willingness_cutoff"]:
        assert moment(facts["willingness_cutoff"]) in {it.by for it in leaves_of(rules, Wanted)}
    notified = {None: {"not-stated"}, False: {"none"}, True: {"required", "reminder"}}
    expected = notified[facts["notified"]]
    if facts["round"] in DISPUTED_MESSAGE:
        expected = {"not-stated"}
    elif facts["round"] in MESSAGE_BY_THE_WAY:
        assert facts["notified"] is None
        expected = {"reminder"}
    assert policy.notification in expected


@EACH_ROUND
def test_no_rule_and_no_condition_is_asked_that_the_facts_do_not_have(facts: Row) -> None:
    known = {entry["id"] for entry in facts["rules"] if entry["superseded"] is None}
    rules = [rule for stage in catalog.load(policy_id(facts)).stages for rule in stage.rules]
    assert {rule.id.partition("-")[0] for rule in rules} == known
    kinds = {
        *(AgeAtLeast, AgeAtMost, InGroup, RegisteredIn, ResidentIn, DoseDue, PreviousDoseOf),
        *(PreviousDoseOnOrBefore, PreviousDoseOnOrAfter, Wanted, NotStated),
    }  # each of which one of the tests above compares
    assert {type(leaf) for rule in rules for leaf, _ in leaves(AllOf(rule.all))} <= kinds


def versions(name: str) -> list[Policy]:
    """The policy as it was at each of its announcements, and as it is."""
    text = files("vaxpolicy").joinpath("policies", f"{name}.toml").read_text("utf-8")
    parts = list(tomllib.loads(text)["stages"])
    parts += [part for stage in parts for part in (*stage["rules"], *stage.get("windows", ()))]
    turns = {part[key] for part in parts for key in ("since", "until") if key in part}
    announced = catalog.load(name).announced
    return [catalog.load(name, as_of=turn) for turn in sorted({announced, *turns})]


def printed_bounds() -> dict[Key, tuple[Policy, Stage, Rule, date]]:
    """Every printed bound once, with the stage and rule that must reproduce it."""
    bounds = {}
    for name in catalog.ids():
        if not name.startswith("tw/covid19-1922/"):
            continue
        for policy in versions(name):
            for stage in policy.stages:
                for rule in stage.rules:
                    for kind, bound in attrs.asdict(rule.printed).items():
                        if bound is not None:
                            bounds[name, rule.id, kind] = (policy, stage, rule, bound)
    return bounds


BOUNDS = printed_bounds()
BIRTHS = {key: it for key, it in BOUNDS.items() if key[2].startswith("born")}
DOSES = {key: it for key, it in BOUNDS.items() if not key[2].startswith("born")}


def is_restated(rule: Rule, kind: str) -> bool:
    asked = {type(leaf) for leaf, _ in leaves(AllOf(rule.all))}
    return (
        PreviousDoseOnOrBefore if kind == "previous_dose_on_or_before" else PreviousDoseOnOrAfter
    ) in asked


def test_all_printed_bounds_of_the_28_rounds_are_recorded() -> None:
    upper = sum(kind == "previous_dose_on_or_before" for _, _, kind in DOSES)
    assert (len(BIRTHS), upper, len(DOSES) - upper) == (67, 42, 2)


def test_thirty_dose_bounds_follow_from_an_interval_and_fourteen_are_restated() -> None:
    restated = [key for key, (_, _, rule, _) in DOSES.items() if is_restated(rule, key[2])]
    assert (len(DOSES) - len(restated), len(restated)) == (30, 14)


def test_no_rule_names_a_birth_date() -> None:
    for _, _, rule, _ in BIRTHS.values():
        assert not any(
            "born" in attrs.fields(type(leaf))[0].name for leaf, _ in leaves(AllOf(rule.all))
        )


def alone(policy: Policy, stage: Stage, rule: Rule) -> Policy:
    """The rule by itself, without windows and without licences."""
    return attrs.evolve(
        policy,
        stages=(attrs.evolve(stage, rules=(rule,), windows=()),),
        vaccines={code: attrs.evolve(it, licences=()) for code, it in policy.vaccines.items()},
    )


def typical(stage: Stage, rule: Rule, **known: date) -> Person:
    """Someone who meets all that a rule asks, of the `birth` or with the `dose_before` given."""
    at = datetime.fromisoformat("2021-07-07T12:00:00+08:00")
    for wanted in leaves_of([rule], Wanted):
        at = wanted.by if isinstance(wanted.by, datetime) else at
    birth = date(stage.vaccination_days.first.year - 70, 1, 1)
    for oldest in leaves_of([rule], AgeAtMost):
        birth = date(stage.vaccination_days.first.year - oldest.age_at_most, 1, 2)
    latest = rule.printed.previous_dose_on_or_before or date(2021, 7, 1)
    days = [date(2021, 3, 22), known.get("dose_before", latest)][-(rule.dose - 1) :]
    of = [vaccine for it in leaves_of([rule], PreviousDoseOf) for vaccine in it.previous_dose_of]
    return Person(
        birth_date=known.get("birth", birth),
        doses=[Dose((of or ["AZ"])[0], on) for on in days] if rule.dose > 1 else (),
        groups=frozenset(it.group for it in rule.all if isinstance(it, InGroup)),
        willingness=Willingness(dict.fromkeys(rule.vaccines, at)),
    )


@pytest.mark.parametrize("key", BIRTHS, ids=lambda key: f"{key[1]}-{key[2]}")
def test_a_printed_birth_bound_is_the_last_birth_date_that_the_rule_admits(key: Key) -> None:
    policy, stage, rule, bound = BIRTHS[key]
    beyond = timedelta(days=1 if key[2] == "born_on_or_before" else -1)
    policy = alone(policy, stage, rule)
    at = decide(policy, typical(stage, rule, birth=bound))
    past = decide(policy, typical(stage, rule, birth=bound + beyond))
    assert (at.outcome, past.outcome) == (Outcome.ELIGIBLE, Outcome.INELIGIBLE)


@pytest.mark.parametrize("key", DOSES, ids=lambda key: f"{key[1]}-{key[2]}")
def test_a_printed_dose_bound_is_the_last_day_that_the_rule_admits(key: Key) -> None:
    policy, stage, rule, bound = DOSES[key]
    beyond = timedelta(days=1 if key[2] == "previous_dose_on_or_before" else -1)
    policy = alone(policy, stage, rule)
    at = decide(policy, typical(stage, rule, dose_before=bound))
    past = decide(policy, typical(stage, rule, dose_before=bound + beyond))
    assert (at.outcome, past.outcome) == (Outcome.ELIGIBLE, Outcome.INELIGIBLE)


def someone(facts: Row, entry: Row) -> dict[str, Any]:
    """A person of the entry, made from the facts alone, as the keywords of `Person`."""
    stage, _ = found(facts, entry)
    year = stage.vaccination_days.first.year
    oldest = entry["max_age"] or (entry["min_age"] or 40) + 1
    youngest = day(entry["born_on_or_before"]) or date(year - oldest, 1, 2)
    before = (
        day(entry["previous_dose_before"])
        or day(entry["previous_dose_before_derived"])
        or date(2021, 8, 1)
    )
    first = entry["vaccine_of_first_dose"] or "AZ"
    days = [date(2021, 4, 1), before][-(entry["dose"] - 1) :] if entry["dose"] > 1 else []
    at = wanted_by(facts, entry)
    if at is None:
        at = datetime.fromisoformat("2021-07-08T12:00:00+08:00")
    elif not isinstance(at, datetime):
        at = datetime.combine(at - timedelta(days=1), datetime.min.time()).astimezone()
    groups = {*(entry["categories"] or ())[:1], *STATUSES.get(entry["id"], ())}
    return {
        "birth_date": youngest,
        "doses": tuple(Dose(first, on) for on in days),
        "groups": frozenset(groups),
        "registered_county": (entry["region"] or ["臺北市"])[0],
        "residence_county": "臺北市",
        "willingness": Willingness(dict.fromkeys(entry["vaccines"] or ["AZ", "Moderna"], at)),
    }


def verdict(facts: Row, entry: Row, **person: Any) -> bool | None:
    """Whether the entry's rules offer something to the person: True, False, or None for open."""
    decision = decide(policy_for(facts, entry), Person(**person))

    def by_the_entry(offers: Iterable[Offer]) -> bool:
        return any(
            part.partition("-")[0] == entry["id"]
            for offer in offers
            for part in offer.rule_id.split("|")
        )

    if by_the_entry(decision.offers):
        return True
    return None if by_the_entry(decision.possible_offers) else False


@EACH_ENTRY
def test_a_person_of_the_entry_is_offered_it(facts: Row, entry: Row) -> None:
    unknown = entry["vaccines"] is None
    assert verdict(facts, entry, **someone(facts, entry)) is (None if unknown else True)


@EACH_ENTRY
def test_a_day_beyond_a_birth_bound_it_is_not_offered(facts: Row, entry: Row) -> None:
    person = someone(facts, entry)
    for bound, beyond in (("born_on_or_before", 1), ("born_on_or_after", -1)):
        if entry[bound]:
            person["birth_date"] = day(entry[bound])
            assert verdict(facts, entry, **person) is True
            person["birth_date"] += timedelta(days=beyond)
            person["groups"] -= set(entry["categories"] or ()) if entry["id"] == "3a" else set()
            assert verdict(facts, entry, **person) is False


@EACH_ENTRY
def test_a_day_beyond_a_dose_bound_it_is_not_offered(facts: Row, entry: Row) -> None:
    person = someone(facts, entry)
    for name, beyond in (
        ("previous_dose_before", 1),
        ("previous_dose_before_derived", 1),
        ("previous_dose_after", -1),
    ):
        if entry[name]:
            *earlier, last = person["doses"]
            at = attrs.evolve(last, on=day(entry[name]))
            past = attrs.evolve(at, on=at.on + timedelta(days=beyond))
            assert verdict(facts, entry, **{**person, "doses": (*earlier, at)}) is True
            assert verdict(facts, entry, **{**person, "doses": (*earlier, past)}) is False


@EACH_ENTRY
def test_with_a_dose_too_many_or_of_another_vaccine_it_is_not_offered(
    facts: Row, entry: Row
) -> None:
    person = someone(facts, entry)
    more = (*person["doses"], Dose("Moderna", date(2021, 4, 2)))
    assert verdict(facts, entry, **{**person, "doses": more}) is False
    if entry["vaccine_of_first_dose"]:
        other = tuple(attrs.evolve(it, vaccine="Novavax") for it in person["doses"])
        assert verdict(facts, entry, **{**person, "doses": other}) is False


@EACH_ENTRY
def test_registered_an_instant_too_late_or_too_early_it_is_not_offered(
    facts: Row, entry: Row
) -> None:
    person = someone(facts, entry)
    vaccines = entry["vaccines"] or ["AZ", "Moderna"]
    unknown = None if entry["vaccines"] is None else True
    instant = timedelta(microseconds=1)
    bounds = ((wanted_by(facts, entry), instant), (moment(entry["willingness_after"]), -instant))
    for at, beyond in bounds:
        if at is None:
            continue
        if isinstance(at, datetime):
            cases = {at: unknown, at + beyond: False}
        else:  # the hour is not stated: that day is open, and the next one too late
            midnight = datetime.fromisoformat(f"{at}T00:00:00+08:00")
            next_day = midnight + timedelta(days=1)
            noon = midnight.replace(hour=12)
            cases = {midnight: True, noon: None, next_day - instant: None, next_day: False}
        for then, expected in cases.items():
            person["willingness"] = Willingness(dict.fromkeys(vaccines, then))
            assert verdict(facts, entry, **person) is expected
    if facts["round"] < NOT_ASKED_TO_REGISTER:
        person["willingness"] = Willingness({})
        person["groups"] -= {"status/registered-before"}
        assert verdict(facts, entry, **person) is False


@EACH_ENTRY
def test_outside_the_groups_and_counties_it_is_not_offered(facts: Row, entry: Row) -> None:
    person = someone(facts, entry)
    asked = {*(entry["categories"] or ()), *STATUSES.get(entry["id"], ())}
    asked -= {"status/registered-before"}
    if asked and entry["id"] not in {"3a", "17d"}:  # where it is one way among others
        outside = {**person, "groups": frozenset()}
        if "cecc-2021-06-21/10" in asked:  # the age is the category
            outside["birth_date"] = date(1990, 1, 2)
        assert verdict(facts, entry, **outside) is False
    for group in entry["excludes"] or ():
        inside = {**person, "groups": person["groups"] | {group}}
        assert verdict(facts, entry, **inside) is False
    if entry["region"] and entry["id"] != "4b":
        elsewhere = {**person, "registered_county": "臺北市", "residence_county": "臺北市"}
        assert verdict(facts, entry, **elsewhere) is False
        assert verdict(facts, entry, **{**elsewhere, "residence_county": "澎湖縣"}) is None


@EACH_ENTRY
def test_where_no_birth_bound_was_printed_the_two_reckonings_differ_visibly(
    facts: Row, entry: Row
) -> None:
    """Born after the first vaccination day in the year of the age: open, if nothing else refuses."""
    if entry["min_age"] is None or entry["born_on_or_before"] or entry["id"] in AGES_BY_CATEGORY:
        return
    stage, rules = found(facts, entry)
    rule = rules[0]
    first = stage.vaccination_days.first
    policy = alone(policy_for(facts, entry), stage, rule)
    born = first.replace(year=first.year - entry["min_age"])
    outcomes = [
        decide(policy, Person(**{**someone(facts, entry), "birth_date": birth})).outcome
        for birth in (born, born + timedelta(days=1), date(born.year, 12, 31), date(born.year + 1, 1, 1))
    ]  # fmt: skip
    assert outcomes == [
        Outcome.ELIGIBLE,
        Outcome.UNDETERMINED,
        Outcome.UNDETERMINED,
        Outcome.INELIGIBLE,
    ]


def test_every_source_that_the_facts_rest_on_for_rules_is_an_address_we_cite() -> None:
    """Each round cites at least one of the collected addresses."""
    for facts in FACTS:
        cited = {
            source.url
            for policy in versions(policy_id(facts))
            for source in policy.sources.values()
        }
        assert cited & set(facts["sources"])
