"""Answers that were wrong once, one test a case, and for each kind a law or a list.

The laws of knowledge are in `test_knowledge`; that any change of a number is noticed is in
`tests/analysis/test_mutations`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, get_args, get_type_hints

import attrs
import pytest

from tests.helpers import FIRST, LAST, policy_of, small_policy
from tools import boundary, brute_force
from vaxpolicy import catalog, messages
from vaxpolicy._values import Between
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.analysis.lint import Known, lint
from vaxpolicy.days import TAIWAN, DaySet
from vaxpolicy.eligibility import (
    Dose,
    Effect,
    Outcome,
    PartialDate,
    Person,
    Policy,
    PolicyError,
    Willingness,
    decide,
)
from vaxpolicy.rules import every_case
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    LEAVES,
    AgeAtLeast,
    AgeAtMost,
    AnyOf,
    Condition,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    InGroup,
    NotThat,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
)
from vaxpolicy.rules.policy import Rule, Stage, VaccinationDays
from vaxpolicy.rules.validity import Minimum

NATIONAL = frozenset({"status/national"})
NOW = date(2026, 11, 27)
DAY = timedelta(days=1)


def one(*conditions: Any, dose: int = 1, **changes: Any) -> Policy:
    return policy_of(Rule("r", dose, ("AZ",), (), conditions), **changes)


def az(*days: date) -> tuple[Dose, ...]:
    return tuple(Dose("AZ", day) for day in days)


# From today on


def test_somebody_who_was_vaccinated_in_october_is_offered_nothing_in_november() -> None:
    person = Person(date(1950, 5, 5), (Dose("Influenza", date(2026, 10, 15)),), groups=NATIONAL)
    decision = decide(catalog.load("tw/influenza/2026"), person, from_day=NOW)
    assert decision.outcome is Outcome.INELIGIBLE
    assert decision.offers == decision.possible_offers == ()
    words = [messages.describe_reason(it, "en", decision.from_day) for it in decision.reasons]
    assert not any("Choose a day" in text or "from 15 October" in text for text in words)
    (timeline,) = catalog.timeline(person, ["tw/influenza/2026"], from_day=NOW)
    assert timeline == decision


def test_a_round_that_is_over_offers_nothing() -> None:
    person = Person(date(1990, 1, 1), az(date(2021, 6, 1), date(2021, 9, 1)), groups=())
    policy = catalog.load("tw/covid19-1922/round-19")
    assert decide(policy, person).outcome is Outcome.ELIGIBLE  # in retrospect
    decision = decide(policy, person, from_day=NOW)
    assert decision.outcome is Outcome.INELIGIBLE
    assert {reason.code for reason in decision.reasons} == {"days-over"}


def test_an_offer_cannot_be_booked_once_its_days_are_over() -> None:
    days = VaccinationDays(date(2026, 10, 1), date(2026, 12, 31))
    window = attrs.evolve(
        catalog.load("tw/covid19-1922/round-19").stages[0].windows[0],
        opens=date(2026, 9, 1),
        closes=date(2026, 12, 31),
        ages=None,
        vaccines=(),
        doses=(),
    )
    policy = one(days=days)
    stage = attrs.evolve(policy.stages[0], windows=(window,))
    policy = attrs.evolve(policy, stages=(stage,))
    (offer,) = decide(policy, Person(date(1990, 1, 1), az(date(2026, 10, 5)))).offers
    assert offer.bookable(datetime(2026, 10, 4, 12, tzinfo=TAIWAN)) is True
    assert offer.bookable(datetime(2026, 10, 6, 12, tzinfo=TAIWAN)) is False


@pytest.mark.parametrize("policy_id", catalog.ids())
def test_from_a_day_on_there_are_the_days_of_retrospect_but_for_those_that_are_over(
    policy_id: str,
) -> None:
    policy = catalog.load(policy_id)
    universe, chance = brute_force.Universe(policy), brute_force.drawing(policy_id)
    stages = [stage.vaccination_days for stage in policy.stages]
    first, last = min(it.first for it in stages), max(it.last for it in stages)
    for from_day in (first, first + (last - first) / 2, last, last + DAY):
        left = DaySet.between(from_day, None)
        for _ in range(5):
            person = brute_force.somebody(universe, chance)
            whole, later = decide(policy, person), decide(policy, person, from_day=from_day)
            assert brute_force.said(later).together == {
                pair: days & left
                for pair, days in brute_force.said(whole).together.items()
                if days & left
            } | {
                pair: DaySet.none()
                for pair, days in brute_force.said(later).together.items()
                if not days
            }
            no_past_day_is_advised(later.reasons, from_day)


def no_past_day_is_advised(reasons: Any, from_day: date) -> None:
    """Advice with a day differs by that day: it is moved to before `from_day`, and not named."""
    for reason in reasons:
        if reason.day is not None and reason.day < from_day:
            text = messages.describe_reason(reason, "en", from_day)
            assert "Choose" not in text
            assert "vaccination days from" not in text


# Partly known is not unknown


@pytest.mark.parametrize(
    ("year", "outcome", "missing"),
    [
        (1965, Outcome.ELIGIBLE, ()),
        (2000, Outcome.INELIGIBLE, ()),
        (1971, Outcome.UNDETERMINED, ("birth_date",)),  # 50 on some day of the round, or not yet
    ],
)
def test_a_birth_year_decides_an_age_band_where_it_can(
    year: int, outcome: Outcome, missing: tuple[str, ...]
) -> None:
    wish = Willingness({"AZ": datetime(2021, 7, 10, tzinfo=TAIWAN)})
    person = Person(PartialDate(year), (), groups=(), willingness=wish)
    decision = decide(catalog.load("tw/covid19-1922/round-02"), person)
    assert (decision.outcome, decision.missing) == (outcome, missing)


def test_a_known_dose_leaves_only_births_before_it() -> None:
    doses = (Dose("Moderna", date(2024, 5, 28)), Dose("Moderna", date(2025, 4, 24)))
    decision = decide(catalog.load("tw/covid19/2024"), Person(PartialDate(2024), doses))
    assert "birth_date" not in decision.missing


@pytest.mark.parametrize(
    ("born", "outcome"),
    [
        (PartialDate(2019), Outcome.INELIGIBLE),  # the dose counts
        (PartialDate(2020, 8), Outcome.ELIGIBLE),  # it does not, so that it is given anew
        (PartialDate(2020, 7), Outcome.UNDETERMINED),
        (PartialDate(2020), Outcome.UNDETERMINED),
        (None, Outcome.UNDETERMINED),
    ],
)
def test_the_birth_date_decides_which_doses_count(
    born: PartialDate | None, outcome: Outcome
) -> None:
    at_one_year = Minimum(("AZ",), 1, ("x",), age_days=365)
    policy = one(minimums=(at_one_year,))
    decision = decide(policy, Person(born, az(date(2021, 7, 10))))
    assert not brute_force.is_not_exact(decision)
    assert decision.outcome is outcome
    assert decision.missing == (("birth_date",) if outcome is Outcome.UNDETERMINED else ())


def test_where_the_birth_date_decides_which_doses_count_the_doses_are_not_asked_for() -> None:
    doses = (Dose("MMR", date(2025, 1, 10)),)  # it counts from the first birthday on
    decision = decide(catalog.load("tw/childhood/2025"), Person(PartialDate(2024, 1), doses))
    assert decision.outcome is Outcome.UNDETERMINED
    assert "doses" not in decision.missing
    assert all(reason.fact != "doses" for reason in decision.reasons)
    asking = [reason for reason in decision.reasons if reason.code == "birth-date-unknown"]
    assert {reason.fact for reason in asking} == {"birth_date"}


def test_a_part_of_a_group_is_missing_only_if_it_matters_for_members_of_the_group() -> None:
    rules = (
        Rule("group", 1, ("AZ",), (), (AnyOf((InGroup("g"), InGroup("g/b"))),)),
        Rule("part", 1, ("Moderna",), (), (InGroup("g/b"), AgeAtLeast(18, "day"))),
        Rule("others", 1, ("BNT",), (), (NotThat(InGroup("g/a")), AgeAtMost(17, "day"))),
    )
    unknown = Person(None, (), groups=(), unknown_groups={"g", "g/a", "g/b"})
    # whoever belongs to the part belongs to the group, which has its own offer
    assert decide(policy_of(*rules), unknown).missing == ("groups/g", "birth_date")


def test_nobody_of_66_is_asked_about_a_child_or_offered_its_dose() -> None:
    person = Person(date(1960, 1, 29), groups=NATIONAL)
    decision = decide(catalog.load("tw/covid19/2024"), person)
    offers = (*decision.offers, *decision.possible_offers)
    assert offers
    assert not any("children" in offer.rule_id for offer in offers)
    assert not any("children" in (reason.fact or "") for reason in decision.reasons)


@pytest.mark.parametrize("policy_id", catalog.ids())
def test_somebody_who_is_not_eligible_has_no_possible_offer(policy_id: str) -> None:
    policy = catalog.load(policy_id)
    universe, chance = brute_force.Universe(policy), brute_force.drawing(policy_id)
    for _ in range(10):
        person = brute_force.blanked(universe, brute_force.somebody(universe, chance), chance)
        decision = decide(policy, person, explain=False)
        if decision.outcome is Outcome.INELIGIBLE:
            assert decision.possible_offers == ()


@pytest.mark.parametrize("extra", [False, True])
def test_what_two_rules_offer_together_does_not_depend_on_a_third(*, extra: bool) -> None:
    rules = [
        Rule("a", 1, ("AZ",), (), (InGroup("g"),)),
        Rule("b", 1, ("AZ",), (), (NotThat(InGroup("g")),)),
        Rule("c", 1, ("BNT",), (), (AgeAtLeast(18, "day"),)),
    ]
    policy = policy_of(*rules[: 3 if extra else 2])
    decision = decide(policy, Person(date(1990, 1, 1), ()))
    (offer,) = [it for it in decision.offers if it.vaccine == "AZ"]
    assert (offer.rule_id, offer.days) == ("a|b", DaySet.between(FIRST, LAST))


def test_days_that_two_rules_give_together_are_offered_beside_those_of_one_alone() -> None:
    at_once = AnyOf((InGroup("g"), DoseDue(28, "day")))
    rules = [
        Rule("a", 2, ("AZ",), (), (at_once,)),
        Rule("b", 2, ("AZ",), (), (NotThat(InGroup("g")),)),
    ]
    doses = az(FIRST + DAY - timedelta(days=28))  # 28 days are over on the second day
    decision = decide(policy_of(*rules), Person(date(1990, 1, 1), doses))
    days = {offer.rule_id: offer.days for offer in decision.offers}
    assert days == {
        "a": DaySet.between(FIRST + DAY, LAST),
        "a|b": DaySet.between(FIRST, LAST),
    }


# Bounded: how many cases a decision looks at is counted, so that no clock decides


@pytest.mark.parametrize(
    "person",
    [Person(PartialDate(2020)), Person(PartialDate(1960), groups=()), Person()],
)
def test_a_decision_looks_at_so_many_cases_and_says_when_there_are_more(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[every_case.EveryCase] = []
    made = every_case.EveryCase.__init__

    def noted(self: Any, *args: Any, **more: Any) -> None:
        seen.append(self)
        made(self, *args, **more)

    monkeypatch.setattr(every_case.EveryCase, "__init__", noted)
    decision = decide(catalog.load("tw/covid19/2024"), person)
    assert decision.outcome is Outcome.UNDETERMINED
    (cases,) = seen
    is_exact = not brute_force.is_not_exact(decision)
    assert is_exact or cases.whole.budget.left < every_case.LIMIT // 2


def any_of_groups(rules: int, groups: int) -> tuple[AnyOf, ...]:
    return tuple(
        AnyOf(tuple(InGroup(f"{name}{number}") for name in "abc"[:groups]))
        for number in range(rules)
    )


@pytest.mark.parametrize(("rules", "groups", "ways"), [(7, 3, 3**7), (20, 2, 2**20)])
def test_rules_with_too_many_ways_are_refused_in_words(rules: int, groups: int, ways: int) -> None:
    with pytest.raises(PolicyError, match=f"rule r: the conditions can be met in {ways} ways"):
        compile_policy(one(*any_of_groups(rules, groups)))


def test_a_thousand_ways_are_taken_and_one_more_is_not() -> None:
    def ways(*sizes: int) -> tuple[AnyOf, ...]:
        return tuple(
            AnyOf(tuple(InGroup(f"{each}/{number}") for number in range(size)))
            for each, size in enumerate(sizes)
        )

    compile_policy(one(*ways(10, 10, 10)))
    with pytest.raises(PolicyError, match="in 1001 ways, and 1000 are the most"):
        compile_policy(one(*ways(7, 11, 13)))


def test_rules_with_too_many_ways_together_are_refused_in_words() -> None:
    rules = [Rule(f"r{it}", it, ("AZ",), (), any_of_groups(6, 3)) for it in (1, 2)]
    with pytest.raises(PolicyError, match=r"rule r2: .* can be met in more than 1000"):
        compile_policy(policy_of(*rules))


def test_the_most_ways_are_decided_with_every_group_unknown() -> None:
    policy = one(*any_of_groups(6, 3))  # 729 ways
    decision = decide(policy, Person(date(1990, 1, 1), ()))
    assert decision.outcome is Outcome.UNDETERMINED
    assert len(decision.missing) == 18


def test_the_lint_finds_at_once_that_a_rule_excludes_its_own_dose() -> None:
    days = VaccinationDays(date(2026, 10, 1), date(2027, 9, 30))
    policy = one(DosesAtLeast(2), AgeAtLeast(65, "day"), dose=2, days=days, season=days.first)
    found = {(it.code, it.where) for it in lint(policy, Known(frozenset(), counties=()))}
    assert ("admits-nobody", "r") in found


# Reasons


def test_the_interval_and_the_dose_come_before_a_group_that_would_not_help() -> None:
    person = Person(
        date(2019, 11, 1),
        (Dose("Moderna", date(2024, 9, 29)), Dose("Moderna", date(2024, 12, 14))),
        groups={"flu-2024/preschool"},
    )
    decision = decide(catalog.load("tw/covid19/2024"), person)
    assert decision.outcome is Outcome.INELIGIBLE
    first = decision.reasons[0]
    assert (first.code, first.rule_id, first.also) == ("interval-too-short", "1-children", ())
    assert [it.code for it in decision.reasons[:2]] == ["interval-too-short", "dose-already-given"]
    # to be a national would change nothing: the doses are in the way of every such rule as well
    for reason in decision.reasons:
        if reason.code == "not-in-group" and "status/national" in str(reason.condition):
            assert "doses" in reason.also
    national = attrs.evolve(person, groups={"flu-2024/preschool", *NATIONAL})
    assert decide(catalog.load("tw/covid19/2024"), national).outcome is Outcome.INELIGIBLE


@pytest.mark.parametrize("policy_id", catalog.ids())
def test_the_fewest_facts_come_first_and_no_reason_is_given_twice(policy_id: str) -> None:
    policy = catalog.load(policy_id)
    universe, chance = brute_force.Universe(policy), brute_force.drawing(policy_id)
    for _ in range(20):
        reasons = decide(policy, brute_force.somebody(universe, chance)).reasons
        assert len(set(reasons)) == len(reasons)
        refusing = [it for it in reasons if it.effect is Effect.REFUSES and it.condition]
        facts = [len(it.also) for it in refusing]
        assert facts == sorted(facts)


def test_of_equal_changes_that_which_misses_by_fewer_days_comes_first() -> None:
    wish = Willingness({"AZ": datetime(2021, 7, 19, 12, tzinfo=TAIWAN)})
    groups = frozenset({"cecc-2021-06-21/9"})
    person = Person(date(2003, 9, 12), (), groups=groups, willingness=wish)
    reasons = decide(catalog.load("tw/covid19-1922/round-07"), person).reasons
    assert [reason.rule_id for reason in reasons] == ["7b", "7c", "7a"]  # 2021, 2026 and 2032


SEASONS = (2024, 2025, 2026)
HAVE_IT = "Have dose 1 first, if it is offered to you."


@pytest.mark.parametrize(
    ("asks", "person", "code", "fact"),
    [
        (AgeAtMost(17, "day"), Person(date(1960, 1, 1), ()), "too-old", "birth_date"),
        (AgeAtLeast(65, "day"), Person(date(2000, 1, 1), ()), "too-young", "birth_date"),
        (InGroup("g"), Person(date(1960, 1, 1), (), ()), "not-in-group", "groups/g"),
    ],
)
def test_somebody_to_whom_a_first_dose_is_refused_is_not_sent_to_have_it(
    asks: Condition, person: Person, code: str, fact: str
) -> None:
    rules = (
        Rule("second", 2, ("AZ",), (), (DoseDue(28, "day"),)),
        Rule("third", 3, ("AZ",), (), (DoseDue(28, "day"),)),
        Rule("first", 1, ("AZ",), (), (asks,)),
    )
    reasons = {it.rule_id: it for it in decide(policy_of(*rules), person).reasons}
    assert next(iter(reasons)) == "first"
    assert reasons["first"].code == code
    for rule in ("second", "third"):
        assert reasons[rule].code == "earlier-dose-missing"
        assert reasons[rule].also == (fact,)
        words = messages.describe_reason(reasons[rule])
        assert "This alone is not enough." in words
        assert "If the record of your doses is wrong" in words
        assert "Have dose" not in words


@pytest.mark.parametrize(
    "first",
    [
        (),  # another round may offer it
        (Rule("first", 1, ("AZ",), (), (AgeAtLeast(18, "day"),)),),  # it is offered
        (  # by one rule at least
            Rule("children", 1, ("AZ",), (), (AgeAtMost(17, "day"),)),
            Rule("others", 1, ("BNT",), (), (AgeAtLeast(18, "day"),)),
        ),
    ],
)
def test_somebody_to_whom_a_first_dose_is_not_refused_is_told_to_have_it(first: Any) -> None:
    second = Rule("second", 2, ("AZ",), (), (DoseDue(28, "day"),))
    reasons = decide(policy_of(second, *first), Person(date(1960, 1, 1), ())).reasons
    words = {it.rule_id: messages.describe_reason(it) for it in reasons}
    assert HAVE_IT in words["second"]


def test_a_first_dose_whose_days_are_over_is_not_asked_about() -> None:
    first = Rule("first", 1, ("AZ",), (), (AgeAtMost(17, "day"),))
    second = Rule("second", 2, ("AZ",), (), (DoseDue(28, "day"),))
    stages = [
        Stage("first", VaccinationDays(FIRST, FIRST), (first,)),
        Stage("second", VaccinationDays(LAST, LAST), (second,)),
    ]
    policy, adult = small_policy(*stages), Person(date(1960, 1, 1), ())
    assert decide(policy, adult).reasons[0].code == "too-old"
    later = decide(policy, adult, from_day=LAST).reasons
    assert [it.code for it in later] == ["earlier-dose-missing", "days-over"]
    assert HAVE_IT in messages.describe_reason(later[0])


def test_a_dose_that_another_dose_excludes_is_not_asked_for() -> None:
    person = Person(date(2027, 1, 1), (Dose("RV1", date(2027, 3, 5)),))
    reasons = decide(catalog.load("tw/rotavirus/2027"), person, from_day=date(2027, 3, 10)).reasons
    (reason,) = (it for it in reasons if it.rule_id == "rv5-2")
    assert (reason.code, reason.also) == ("earlier-dose-missing", ("doses",))
    words = messages.describe_reason(reason)
    assert "This alone is not enough. It is also about your doses so far." in words
    assert "Have dose" not in words


MANY_PEOPLE = {
    "tw/childhood/2025",
    *(f"tw/{it}/{n}" for it in ("covid19", "influenza") for n in SEASONS),
}


@pytest.mark.parametrize(
    "policy_id",
    [
        pytest.param(it, marks=pytest.mark.slow) if it in MANY_PEOPLE else it
        for it in catalog.ids()
        if "1922" not in it or it.endswith(("13", "24"))
    ],
)
def test_nobody_is_sent_to_have_a_dose_that_the_policy_refuses_them(policy_id: str) -> None:
    policy = catalog.load(policy_id)
    plan = compile_policy(policy)
    vaccines: dict[str, set[str]] = {}
    for entry in plan.entries:
        vaccines.setdefault(entry.rule.id, set()).add(entry.vaccine)
    for it in boundary.kept(policy_id):
        decision = decide(policy, it.person)
        offered = {(each.dose, each.vaccine) for each in decision.offers}
        offered |= {(each.dose, each.vaccine) for each in decision.possible_offers}
        missing = [each for each in decision.reasons if each.code == "earlier-dose-missing"]
        too_late = {each.dose for each in missing if each.day}  # such a dose comes after the days
        for reason in missing:
            if reason.also or {reason.dose, reason.dose - 1} & too_late:
                continue
            its = vaccines[reason.rule_id or ""] if plan.by_product else plan.vaccines
            given = {each.rule.dose for each in plan.entries if each.vaccine in its}
            if reason.dose - 1 in given:
                assert any(n < reason.dose and vaccine in its for n, vaccine in offered), it.name


def test_an_adult_who_has_the_dose_of_the_season_is_told_so_first() -> None:
    person = Person(date(1960, 1, 1), (Dose("Influenza", date(2026, 10, 15)),), groups=None)
    decision = decide(catalog.load("tw/influenza/2026"), person, from_day=NOW)
    assert decision.outcome is Outcome.INELIGIBLE
    assert decision.reasons[0].code == "dose-already-given"
    assert "too-old-at-previous-dose" in {it.code for it in decision.reasons}  # by decades


# Policies


@pytest.mark.parametrize("asked", [EarlierDosesAtLeast(1), NotThat(EarlierDosesAtLeast(1))])
def test_nothing_is_earlier_where_all_doses_count(asked: Any) -> None:
    with pytest.raises(PolicyError, match=r"rule r: earlier_doses_at_least: without counts_from"):
        compile_policy(one(asked))
    assert compile_policy(one(asked, season=FIRST)).entries


def test_boundary_people_of_a_first_dose_after_no_other_vaccine() -> None:
    assert boundary_people(one(NotThat(PreviousDoseOf(("AZ",)))))


def test_a_group_id_of_120_kilobytes_is_refused() -> None:
    long = "g" + "/g" * 60_000
    with pytest.raises(ValueError, match=r"groups: expected at most 256 characters"):
        Person(groups={long})
    with pytest.raises(ValueError, match=r"group: expected at most 256 characters"):
        InGroup(long)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: PreviousDoseBeforeAge(2500), "previous_dose_before_age: expected 0 to 150"),
        (lambda: DoseDue(-(10**30), "day"), "dose_due_after_days: expected 0 to 54787"),
        (lambda: DosesAtLeast(10**9), "doses_at_least: expected 0 to 99"),
        (lambda: VaccinationDays(date(1799, 1, 1), date(9001, 1, 1)), "first: expected"),
    ],
)
def test_numbers_and_days_out_of_range_are_refused(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_number_of_a_condition_has_a_range(leaf: type[Condition]) -> None:
    hints = get_type_hints(leaf, include_extras=True)
    for field in attrs.fields(leaf):
        each = [hints[field.name], *get_args(hints[field.name])]
        if int in each:  # a number is an Annotated[int, Between(...)], or that or None
            marks = [mark for hint in each for mark in getattr(hint, "__metadata__", ())]
            assert any(isinstance(mark, Between) for mark in marks), field.name
