"""Boundary people notice it when any number or day of a bundled policy is changed by one.

Every number of a rule, a stage, a booking window, an age band, a minimum and a spacing is changed,
and every age of a licence; an instant by a minute. The exceptions are listed with their reasons.
The day of an announcement and the days of sources and licences are not changed: they decide which
version is loaded, and no answer.
"""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs
import pytest

from tools import boundary
from vaxpolicy import catalog
from vaxpolicy.eligibility import Person, Policy, decide
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import AllOf, AnyOf, ByProduct, NotThat, PolicyError, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vaxpolicy.rules.conditions import AnyCondition
    from vaxpolicy.rules.policy import Rule, Stage


STEPS: dict[type, Any] = {int: 1, date: timedelta(days=1), datetime: timedelta(minutes=1)}


def by_one(value: Any, *fields: str) -> Iterator[tuple[str, Any]]:
    """The value with one of its numbers and days changed by one, each way."""
    for name in fields or [field.name for field in attrs.fields(type(value))]:
        number = getattr(value, name)
        if type(number) not in STEPS:
            continue
        for step in (-1, 1):
            by = STEPS[type(number)] * step
            change: dict[str, Any] = {name: number + by}
            try:
                yield f"{name} {number} -> {number + by}", attrs.evolve(value, **change)
            except (PolicyError, ValueError):  # not a value of the format
                continue


def mutants(condition: AnyCondition) -> Iterator[tuple[str, AnyCondition]]:
    """The condition with one number or day changed by one."""
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for changed in replaced(parts, mutants):
                yield changed[0], type(condition)(changed[1])
        case NotThat(inner):
            for name, changed_inner in mutants(inner):
                yield f"not {name}", NotThat(changed_inner)
        case _:
            yield from by_one(condition)


def replaced(parts: tuple[Any, ...], change: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The parts with one of them changed."""
    for at, part in enumerate(parts):
        for name, changed in change(part):
            yield name, (*parts[:at], changed, *parts[at + 1 :])


def of_rule(rule: Any) -> Iterator[tuple[str, Any]]:
    for name, asked in replaced(rule.all, mutants):
        yield f"{rule.id}: {name}", attrs.evolve(rule, all=asked)
    for name, changed in by_one(rule, "dose"):
        yield f"{rule.id}: {name}", changed


def of_window(window: Any) -> Iterator[tuple[str, Any]]:
    if window.ages is not None:
        for name, ages in by_one(window.ages):
            yield f"window {name}", attrs.evolve(window, ages=ages)
    for name, changed in by_one(window, "opens", "closes"):
        yield f"window {name}", changed


def of_days(stage: Any) -> Iterator[tuple[str, Any]]:
    """The stage with other days or windows: a change for all of its rules."""
    for name, windows in replaced(stage.windows, of_window):
        yield f"{stage.id}: {name}", attrs.evolve(stage, windows=windows)
    for name, days in by_one(stage.vaccination_days):
        yield f"{stage.id}: {name}", attrs.evolve(stage, vaccination_days=days)


def of_licence(licence: Any) -> Iterator[tuple[str, Any]]:
    """The licence with other ages. Its days are days of the catalogue and not of a policy."""
    for name, asked in replaced(licence.all, mutants):
        yield name, attrs.evolve(licence, all=asked)


class Change(NamedTuple):
    """A policy with one number or day changed by one.

    Attributes:
        name: what is changed, and how.
        policy: the changed policy.
        touches: whether the change touches a rule.
        doses_of: only people with a dose of these vaccines can notice it; empty: anybody can.
    """

    name: str
    policy: Policy
    touches: Callable[[Stage, Rule], bool]
    doses_of: frozenset[str] = frozenset()


def every_rule(_stage: Stage, _rule: Rule) -> bool:
    return True


def mutated(policy: Policy) -> Iterator[Change]:
    """The policy with one number or day changed by one, at any place."""
    for name, stages in replaced(policy.stages, of_days):
        (changed,) = [it for it, old in zip(stages, policy.stages, strict=True) if it is not old]
        yield Change(
            name,
            attrs.evolve(policy, stages=stages),
            touching_stage(changed),
        )
    for at, stage in enumerate(policy.stages):
        for number, rule in enumerate(stage.rules):
            for name, changed in of_rule(rule):
                rules = (*stage.rules[:number], changed, *stage.rules[number + 1 :])
                stages = (
                    *policy.stages[:at],
                    attrs.evolve(stage, rules=rules),
                    *policy.stages[at + 1 :],
                )
                yield Change(
                    name,
                    attrs.evolve(policy, stages=stages),
                    touching_rule(rule, changed),
                )
    for name, changed in by_one(policy, "counts_from"):
        yield Change(name, changed, every_rule)
    yield from other_tables(policy)
    written = repr(policy.stages)
    for key, band in policy.bands.items():
        for name, changed in by_one(band) if f"InGroup(group='{key}'" in written else ():
            bands = {**policy.bands, key: changed}
            yield Change(f"{key}: {name}", attrs.evolve(policy, bands=bands), every_rule)


def with_field(policy: Policy, field: str, value: object) -> Policy:
    changes: dict[str, Any] = {field: value}
    return attrs.evolve(policy, **changes)


def touching_stage(stage: Stage) -> Callable[[Stage, Rule], bool]:
    return lambda it, _: it.id == stage.id


def touching_rule(*rules: Rule) -> Callable[[Stage, Rule], bool]:
    return lambda _, it: any(it is rule for rule in rules)


def touching_vaccines(vaccines: frozenset[str]) -> Callable[[Stage, Rule], bool]:
    return lambda _, rule: looks_at(rule, vaccines)


def touching_offers(code: str) -> Callable[[Stage, Rule], bool]:
    return lambda _, rule: code in rule.vaccines


def other_tables(policy: Policy) -> Iterator[Change]:
    """The policy with other minimums and spacings, which decide which doses count."""
    for field in ("minimums", "spacings"):
        its = getattr(policy, field)
        for at, one in enumerate(its):
            vaccines = frozenset(one.vaccines)
            written = [
                it.name for it in attrs.fields(type(one)) if getattr(one, it.name) != it.default
            ]
            for name, changed in by_one(one, *written):
                yield Change(
                    f"{field} {'/'.join(one.vaccines)}: {name}",
                    with_field(policy, field, (*its[:at], changed, *its[at + 1 :])),
                    touching_vaccines(vaccines),
                    vaccines,
                )


def other_licences(policy: Policy) -> Iterator[Change]:
    """The policy with one age of a licence changed by one, of a vaccine that it offers."""
    offered = {code for it in policy.stages for rule in it.rules for code in rule.vaccines}
    for code in sorted(offered) if policy.licences_apply else ():
        vaccine = policy.vaccines[code]
        for name, licences in replaced(vaccine.licences, of_licence):
            vaccines = {**policy.vaccines, code: attrs.evolve(vaccine, licences=licences)}
            yield Change(
                f"{code}: {name}",
                attrs.evolve(policy, vaccines=vaccines),
                touching_offers(code),
            )


def looks_at(rule: Rule, vaccines: frozenset[str]) -> bool:
    """Whether a rule looks at doses of these vaccines."""
    return not rule.counts or not vaccines.isdisjoint(
        {*rule.counts, *rule.vaccines, *products(rule.all)}
    )


def products(conditions: Iterable[AnyCondition]) -> Iterator[str]:
    """The vaccines that conditions name."""
    for condition in written(conditions):
        if isinstance(condition, ByProduct):
            yield from condition.products


def cut(policy: Policy, touches: Callable[[Stage, Rule], bool]) -> Policy:
    """The policy with the rules alone that a change touches."""
    stages = []
    for stage in policy.stages:
        rules = tuple(rule for rule in stage.rules if touches(stage, rule))
        if rules:
            stages.append(attrs.evolve(stage, rules=rules))
    return attrs.evolve(policy, stages=tuple(stages))


def unnoticed(
    policy: Policy, people: Iterable[boundary.Kept], changes: Iterable[Change]
) -> list[str]:
    """The changes under which every boundary person gets the same answer.

    An offer depends on its own rule alone. So they are decided under those rules alone that a
    change touches: a test shows that this is the same.
    """
    known: dict[object, tuple[Policy, dict[Person, object]]] = {}
    found = []
    for name, changed, touches, doses_of in changes:
        try:
            compile_policy(new := cut(changed, touches))
        except PolicyError:  # such a policy cannot be loaded
            continue
        places = [
            (place, number)
            for place, stage in enumerate(policy.stages)
            for number, rule in enumerate(stage.rules)
            if touches(stage, rule)
        ]
        old, answers = known.setdefault(tuple(places), (cut(policy, touches), {}))
        ids = {policy.stages[place].rules[number].id for place, number in places}
        touched = people
        if doses_of:
            touched = [
                it for it in people if any(d.vaccine in doses_of for d in it.person.doses or ())
            ]
        # those of the rules first, and those of whom everything is known: they are decided fast
        for it in sorted(touched, key=lambda it: (rule_of(it) not in ids, "not known" in it.name)):
            if it.person not in answers:
                answers[it.person] = answer(old, it.person)
            if answer(new, it.person) != answers[it.person]:
                break
        else:
            found.append(name)
    return found


def rule_of(one: boundary.Kept) -> str:
    """The rule at whose edge somebody is: the first word of the name."""
    return one.name.partition(" ")[0]


def answer(policy: Policy, person: Person) -> tuple[object, ...]:
    decision = decide(policy, person, explain=False)
    return decision.outcome, decision.offers, decision.possible_offers


LICENCE = "the licence of the vaccine asks the same age"
OVER = "84 days after a dose before the season are over before the stage begins"
MORE = "another condition of the rule asks for a higher age, or a lower one"
LONGER = "for those who are tried the wait after the dose before is over later"
VOID = "for those who are tried the wait after a dose that does not count is over earlier"
BORN = "those born from 2017 on are not that old on any day of the stage"
ITS_OWN = "whoever has had the vaccine has had the dose that the rule is for"
NEVER_SURE = "what no source states leaves every day unsure anyway"
OLDER = "its rule takes everybody from 48 on, so that the ages of its groups decide nothing"
EXCEPTIONS: dict[str, dict[str, str]] = {
    "tw/covid19-1922/round-03": {
        f"cecc-2021-06-21/{group}: {bound}": OLDER
        for group, bounds in {
            "8": ("at_least 65 -> 64", "at_least 65 -> 66", "at_most 74 -> 73", "at_most 74 -> 75"),
            "10": (
                *("at_least 50 -> 49", "at_least 50 -> 51"),
                *("at_most 64 -> 63", "at_most 64 -> 65"),
            ),
        }.items()
        for bound in bounds
    },
    "tw/childhood/2025": {
        "bcg-recommended: age_at_least_days 0 -> 1": MORE,
        "bcg-recommended: age_at_most 6 -> 5": MORE,
        "bcg-recommended: age_at_most 6 -> 7": MORE,
        "hepb-1-recommended: age_at_most 6 -> 5": MORE,
        "hepb-1-recommended: age_at_most 6 -> 7": MORE,
        "hepb-3-recommended: at_least 112 -> 111": LONGER,
        "hepb-3-recommended: at_least 112 -> 113": LONGER,
        "five-in-one-1-recommended: age_at_least_days 42 -> 41": MORE,
        "five-in-one-1-recommended: age_at_least_days 42 -> 43": MORE,
        "five-in-one-4-recommended: age_at_least_days 365 -> 364": MORE,
        "five-in-one-4-recommended: age_at_least_days 365 -> 366": MORE,
        "pcv-1-recommended: age_at_least_days 42 -> 41": MORE,
        "pcv-1-recommended: age_at_least_days 42 -> 43": MORE,
        "pcv-3-recommended: age_at_least_months 12 -> 11": MORE,
        "pcv-3-recommended: age_at_least_days 365 -> 364": MORE,
        "varicella-recommended: age_at_least_days 360 -> 359": MORE,
        "varicella-recommended: age_at_least_days 360 -> 361": MORE,
        "mmr-1-recommended: age_at_least_days 360 -> 359": MORE,
        "mmr-1-recommended: age_at_least_days 360 -> 361": MORE,
        "je-live-1-recommended: age_at_least_days 360 -> 359": MORE,
        "je-live-1-recommended: age_at_least_days 360 -> 361": MORE,
        "je-live-2-recommended: at_least 28 -> 27": VOID,
        "je-live-2-recommended: at_least 28 -> 29": VOID,
        "je-inactivated-1-recommended: age_at_least_days 360 -> 359": MORE,
        "je-inactivated-1-recommended: age_at_least_days 360 -> 361": MORE,
        "je-inactivated-4-recommended: age_at_least_days 1460 -> 1459": MORE,
        "je-inactivated-4-recommended: age_at_least_days 1460 -> 1461": MORE,
        "preschool-booster-recommended: age_at_least_days 1460 -> 1459": MORE,
        "preschool-booster-recommended: age_at_least_days 1460 -> 1461": MORE,
        "hepa-1: age_at_most 17 -> 16": BORN,
        "hepa-1: age_at_most 17 -> 18": BORN,
        "hepa-1-recommended: born_on_or_after 2017-01-01 -> 2016-12-31": MORE,
        "hepa-1-recommended: born_on_or_after 2017-01-01 -> 2017-01-02": MORE,
        "hepa-1-recommended: age_at_least_days 360 -> 359": MORE,
        "hepa-1-recommended: age_at_least_days 360 -> 361": MORE,
        "hepa-2: age_at_most 17 -> 16": BORN,
        "hepa-2: age_at_most 17 -> 18": BORN,
        "hepa-2-recommended: born_on_or_after 2017-01-01 -> 2016-12-31": MORE,
        "hepa-2-recommended: born_on_or_after 2017-01-01 -> 2017-01-02": MORE,
    },
    "tw/covid19/2024": {
        "1-listed: age_at_least_months 6 -> 5": LICENCE,
        "1-children: age_at_least_months 6 -> 5": LICENCE,
        "everyone: age_at_least_months 6 -> 5": LICENCE,
        "novavax: age_at_least 12 -> 11": LICENCE,
        "second-immunocompromised: age_at_least_months 6 -> 5": LICENCE,
    },
    "tw/covid19/2025": {
        "1-listed: age_at_least_months 6 -> 5": LICENCE,
        "1-infant-parents: age_at_least_months 6 -> 5": LICENCE,
        "1-children: age_at_least_months 6 -> 5": LICENCE,
        "novavax-listed: age_at_least 12 -> 11": LICENCE,
        "novavax-infant-parents: age_at_least 12 -> 11": LICENCE,
        "everyone: age_at_least_months 6 -> 5": LICENCE,
        "everyone: dose_due_after_days 84 -> 83": OVER,
        "everyone: dose_due_after_days 84 -> 85": OVER,
        "second-immunocompromised: age_at_least_months 6 -> 5": LICENCE,
    },
    "tw/covid19/2026": {
        "1-listed: age_at_least_months 6 -> 5": LICENCE,
        "1-children: age_at_least_months 6 -> 5": LICENCE,
        "second-immunocompromised: age_at_least_months 6 -> 5": LICENCE,
    },
    "tw/pneumococcal/2026": {
        "again-at-65: not at_least 1 -> 2": ITS_OWN,
        "august-again-at-65: not at_least 1 -> 2": ITS_OWN,
    },
    "tw/rotavirus/2027": {
        "infants: sure_until 2027-12-31 -> 2027-12-30": NEVER_SURE,
        "infants: sure_until 2027-12-31 -> 2028-01-01": NEVER_SURE,
    },
}
"""Changes that no boundary person notices, by policy, each with its reason.

Nobody at all notices them, of thousands of people drawn at random.
"""


EVERY_NUMBER = bool(os.environ.get("VAXPOLICY_EVERY_NUMBER"))
ONE_OF = {} if EVERY_NUMBER else {"tw/childhood/2025": 6, "tw/covid19/2024": 3}
"""For the policies that take minutes: one change in this many. `nox -s policy-numbers` makes all."""


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", catalog.ids())
def test_no_number_of_a_policy_changes_unnoticed(policy_id: str) -> None:
    policy = catalog.load(policy_id)
    changes = list(mutated(policy))[:: ONE_OF.get(policy_id, 1)]
    found = unnoticed(policy, boundary.kept(policy_id), changes)
    made = {it.name for it in changes}
    assert sorted(found) == sorted(made & EXCEPTIONS.get(policy_id, {}).keys())


HIGHER = "each rule that offers the vaccine under this licence asks for a higher age"
OLD_LICENCES = dict.fromkeys(
    [
        "BNT: age_at_least 12 -> 11",
        "BNT: age_at_least 5 -> 4",
        "BNT: age_at_least 5 -> 6",
        "BNT: age_at_least_months 6 -> 5",
        "BNT: age_at_least_months 6 -> 7",
        "Medigen: age_at_least 20 -> 19",
        "Medigen: age_at_least 20 -> 21",
        "Moderna: age_at_least 12 -> 11",
        "Moderna: age_at_least 12 -> 13",
        "Moderna: age_at_least 6 -> 5",
        "Moderna: age_at_least 6 -> 7",
        "Novavax: age_at_least 18 -> 17",
        "Novavax: age_at_least 18 -> 19",
    ],
    HIGHER,
)
"""Ages of licences that no boundary person of any policy notices, each with its reason."""


@pytest.mark.slow
def test_no_age_of_a_licence_changes_unnoticed() -> None:
    """Each age of a licence matters under some policy that offers the vaccine."""
    left: set[str] = set()
    noticed: set[str] = set()
    for policy_id in catalog.ids():
        policy = catalog.load(policy_id)
        changes = [it for it in other_licences(policy) if it.name not in noticed]
        missed = unnoticed(policy, boundary.kept(policy_id), changes) if changes else []
        noticed |= {it.name for it in changes} - {*missed}
        left |= {*missed}
    assert sorted(left - noticed) == sorted(OLD_LICENCES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy_id", "step"), [("tw/covid19-1922/round-15", 7), ("tw/hpv/2025", 5)]
)
def test_a_change_of_one_rule_is_noticed_under_that_rule_as_under_the_whole_policy(
    policy_id: str, step: int
) -> None:
    policy = catalog.load(policy_id)
    people = [it.person for it in boundary.kept(policy_id)]
    for _, changed, touches, _ in [*mutated(policy)][::step]:
        old, new = cut(policy, touches), cut(changed, touches)
        for person in people:
            under_the_rules = answer(old, person) != answer(new, person)
            assert under_the_rules == (answer(policy, person) != answer(changed, person))


@pytest.mark.slow
def test_the_age_at_the_dose_before_does_not_change_unnoticed() -> None:
    policy = catalog.load("tw/influenza/2025")
    people = [
        one.person for one in boundary.kept(policy.id) if "previous_dose_before_age" in one.name
    ]
    changes = [it for it in mutated(policy) if "previous_dose_before_age 9" in it.name]
    assert len(changes) == 2
    for change in changes:
        new = change.policy
        assert any(answer(new, person) != answer(policy, person) for person in people)
