"""Decisions about people of whom something is not known, against all that they may be.

    python -m tools.brute_force                        # a few people for each bundled policy
    python -m tools.brute_force --people 1000          # the long run: `nox -s brute-force`
    python -m tools.brute_force --people 100 --rounds 10   # the same, ten rounds over all policies
    python -m tools.brute_force -p tw/covid19/2024     # one policy

For each bundled policy it draws people near the edges of the rules and takes facts away: the birth
date or its day and month, the doses, groups, counties, registrations, dated facts or their days,
the sex. Then it decides twice.
`decide` looks at the person once. Brute force decides for every way in which the facts may turn
out, on a small universe that has a few days on either side of every edge. Outcome, sure days,
possible days, offers and missing facts must be equal. For some people it also goes from nothing
known to everything known, one fact at a time: more knowledge must take nothing back. It prints each
difference, the number of cases, and the slowest decision; it exits with 1 where there is a
difference. A difference names the seed and the number of people with which a run ends with it. It
names the known facts of the person, and none of their values.

Where a policy looks at the doses of given products, `decide` says that it is not exact
(``too-many-cases``). Then brute force checks that the answer is safe: it calls nothing sure that
is not, nothing impossible that is possible, and decides nothing that is open.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache, reduce
from itertools import combinations, pairwise, product
from math import prod
from random import Random
from time import process_time
from typing import Any, Final, NamedTuple, TypeAlias, get_args

import attrs

from vaxpolicy import catalog
from vaxpolicy._values import unchecked
from vaxpolicy.days import FIRST, LAST, TAIWAN, DaySet
from vaxpolicy.eligibility import (
    DatedFact,
    Decision,
    Dose,
    Offer,
    Outcome,
    PartialDate,
    Person,
    Policy,
    Willingness,
    decide,
)
from vaxpolicy.rules.compiled import BoundCondition, CompiledPolicy, compile_policy
from vaxpolicy.rules.conditions import (
    ByProduct,
    DoseDue,
    Facts,
    FromDay,
    InAnyGroup,
    InGroup,
    NotStated,
    OfDatedFact,
)
from vaxpolicy.rules.dose_histories import are_countable, histories
from vaxpolicy.rules.people import Sex

MOST_CASES: Final = 3_000
"""In how many ways the facts of one person may turn out at most."""
MOST_KEPT: Final = 20_000
"""The number of answers that are kept for a policy."""
SEED: Final = 1922
BEGINNING: Final = date(1905, 1, 1).toordinal()
SOME_MONTHS: Final = 150
A_MONTH: Final = 31
SOME_INSTANT: Final = datetime(2021, 7, 1, tzinfo=TAIWAN)
LONG_AGO: Final = date(2015, 1, 1).toordinal()
MOST_DOSES: Final = 4
MOST_ANYWHERE: Final = 2
"""With more doses than this, only the most telling days are taken."""
FEW: Final = 20
FAST: Final = 0.005
TIMES: Final = 3
END: Final = date(2035, 12, 31).toordinal()
"""Births and doses lie between these two days."""


class Universe:
    """The facts that a policy asks for, and the few values of each that can make a difference."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.plan: CompiledPolicy = compile_policy(policy)
        asked: set[str] = set()
        for leaf in self.plan.leaves:
            condition = leaf.condition
            if isinstance(condition, InGroup):
                asked.add(condition.group)
            elif isinstance(condition, InAnyGroup):
                asked.update(condition.any_group)
        self.groups = sorted(asked)
        edges = self.plan.edges
        self.dated = {
            fact: sorted({*near(set(days)), *self._often_enough(fact, days), *self._turns(fact)})
            for fact, days in self.plan.dated_edges.items()
        }
        self.sexes = (
            list(get_args(Sex)) if "sex" in {it.condition.fact for it in self.plan.leaves} else []
        )
        self.births = near(edges.births)
        if self.plan.by_product:  # an age of a few months has few days: together they give all
            first, last = self.births[0], self.births[-1]
            self.births = sorted({*self.births, *range(first, last, SOME_MONTHS)})
        self.births = sorted({*self.births, *self._between_ages()})
        self.doses = near(edges.doses)
        self.key_days, self.dose_days = self._days_of_doses()
        self.vaccines = sorted(edges.vaccines & self.plan.vaccines)
        self.vaccines += sorted(self.plan.vaccines - edges.vaccines)[:1]
        self.counties = [*sorted(edges.counties), "臺北市"] if edges.counties else []
        wishes = {leaf.context.vaccine for leaf in self.plan.leaves if is_about_wish(leaf)}
        self.instants = {
            vaccine: [None, *instants_near(self.plan.instants.get(vaccine, frozenset()))]
            for vaccine in sorted(wishes)
        }
        numbers = [it for each in self.plan.dose_numbers.values() for it in each]
        by_product = [*self.plan.by_order.values()]
        numbers += [1 + (it.which or 1) for it in by_product]
        shapes = histories(self.plan) if by_product else ()
        kinds = {vaccine for shape in shapes for vaccine in shape.vaccines}
        self.kinds = sorted(kinds) if are_countable(self.plan) else []
        before = 1 if self.plan.season > FIRST else 0
        self.most_doses = min(max([1, *numbers]) + before, MOST_DOSES)
        self._left_open = [
            number
            for number in sorted(self.plan.asking("?"))
            if not isinstance(self.plan.leaves[number].condition, NotStated)
        ]
        self._decided: dict[object, Answer] = {}

    def decided(self, whole: Person, from_day: date | None) -> Answer | None:
        """The answer about somebody of whom everything is known; None: nobody can be so.

        Two people are decided once if every condition has the same days for both, whatever the
        answers to what the policy leaves open.
        """
        facts, problem, _ = self.plan.read(whole)
        if problem is not None:
            return None
        key = from_day, *(span(facts) for span in self.plan.spans), *self._whatever(facts)
        answer = self._decided.get(key)
        if answer is None:
            if len(self._decided) == MOST_KEPT:
                self._decided.clear()
            answer = said(decide(self.policy, whole, from_day=from_day, explain=False))
            self._decided[key] = answer
        return answer

    def _whatever(self, facts: Facts) -> Iterator[object]:
        """The days of each condition with each answer to what the policy leaves open in it."""
        for number in self._left_open:
            asked = self.plan.leaves[number].open_questions(facts)
            questions = [it for it in asked if it.is_about_policy]
            for answers in product((0, 1), repeat=len(questions)) if questions else ():
                assumed = dict(zip(questions, answers, strict=True))
                yield number, *answers, self.plan.spans[number](facts.but(assumed=assumed))

    def _days_of_doses(self) -> tuple[list[int], list[int]]:
        """The days at which what a dose does changes: the most telling ones, and all of them."""
        first_days = self.plan.first_days
        long_ago = LONG_AGO if first_days is None else max(LONG_AGO, first_days.latest)
        few, all_ = {long_ago}, set(self.doses if len(self.doses) < FEW else ())
        if self.plan.season > FIRST:
            few |= {self.plan.season - 50, self.plan.season - 1, self.plan.season}
        for entry in self.plan.entries:
            few |= {entry.first, entry.first + 1}
            all_ |= {entry.first - 1, entry.first, entry.last, entry.last + 1}
        for leaf in self.plan.leaves:
            if isinstance(leaf.condition, DoseDue):
                days = leaf.condition.dose_due_after_days
                for day in (leaf.context.first, leaf.context.last):
                    all_ |= {day - days, day - days + 1}
            if isinstance(leaf.condition, ByProduct) and leaf.condition.wait:
                for entry in self.plan.entries:
                    for day in (entry.first, entry.last):
                        all_ |= {day - leaf.condition.wait, day - leaf.condition.wait + 1}
        return sorted(few), sorted(few | all_)

    def waits(self, fact: str) -> list[int]:
        """The numbers of days after a dated fact at which an answer changes."""
        conditions = [leaf.condition for leaf in self.plan.leaves]
        dated = (it for it in conditions if isinstance(it, OfDatedFact) and it.dated_fact == fact)
        return sorted({it.wait for it in dated})

    def _often_enough(self, fact: str, edges: Sequence[int]) -> Iterator[int]:
        """Days of a dated fact after which some days are given: together they give every day."""
        for one, other in pairwise(self.waits(fact)):
            yield from range(edges[0], edges[-1] + 1, other - one)

    def _turns(self, fact: str) -> Iterator[int]:
        """Days of a dated fact after which it decides on a day on which another condition turns."""
        turns = {day for entry in self.plan.entries for day in (entry.first, entry.last + 1)}
        turns |= {
            leaf.condition.from_day.toordinal()
            for leaf in self.plan.leaves
            if isinstance(leaf.condition, FromDay)
        }
        for wait in self.waits(fact):
            for turn in turns:
                yield from (turn - wait - 1, turn - wait)

    def _between_ages(self) -> Iterator[int]:
        """Births between two others, for the days that an age gives to neither of these two.

        An age of a few days is left out: it would take a birth on every day.
        """
        bound = {
            tuple(sorted(self.plan.on_birth.intersection(way))): None
            for entry in self.plan.entries
            for way in entry.alternatives
        }
        for leaves in bound:
            pairs = [*pairwise(self.births)]
            while pairs:
                low, high = pairs.pop()
                middle = (low + high) // 2
                start, end = self._at_age(leaves, low)
                begin, _ = self._at_age(leaves, high)
                if end - start > A_MONTH and end < begin - 1 < LAST:
                    yield middle
                    pairs += [(low, middle), (middle, high)]

    def _at_age(self, leaves: Sequence[int], birth: int) -> tuple[int, int]:
        """The first and the last day on which somebody born on a day has all these ages."""
        facts = Facts(birth=birth, birth_to=birth)
        spans = [self.plan.spans[number](facts) for number in leaves]
        return (
            max([FIRST, *(span.possible_first for span in spans)]),
            min([LAST, *(span.possible_last for span in spans)]),
        )

    def days_of_age(self, birth: PartialDate | date) -> set[int]:
        """The days of a dose around those on which its age decides, for such a birth date."""
        ends = (birth,) if isinstance(birth, date) else (birth.earliest, birth.latest)
        found: set[int] = set()
        for condition in self.plan.ages_at_dose.values():
            for born in {end.toordinal() for end in ends}:
                days = condition.days(born, born)
                turn = bisect_left(days, born, key=lambda day: condition.births(day, day)[0])
                found |= {days[0] + turn - 1, days[0] + turn}
        return found

    def births_turning(self, facts: Sequence[DatedFact]) -> set[int]:
        """The birth dates with which an age turns while a wait may be over, or may not yet be."""
        partly = [(it.fact, it.on) for it in facts if isinstance(it.on, PartialDate)]
        ranges = [
            (on.earliest.toordinal() + wait, on.latest.toordinal() + wait)
            for fact, on in partly
            for wait in self.waits(fact)
        ]
        days = {(low + high) // 2 for low, high in ranges}
        return {birth for day in days for birth in self._births_by_turn.get(day, ())}

    @cached_property
    def _births_by_turn(self) -> dict[int, set[int]]:
        """By the day on which an age turns the birth dates of those who attain it then."""
        found: dict[int, set[int]] = {}
        for birth in self.plan.edges.births:
            facts = Facts(birth=birth, birth_to=birth)
            for number in self.plan.on_birth:
                first, last, _, _ = self.plan.spans[number](facts)
                for turn in (first, last + 1):
                    found.setdefault(turn, set()).add(birth)
        return found

    def births_of_age(self, doses: Sequence[Dose]) -> set[int]:
        """The birth dates at which the age at one of these doses decides, or whether it counts."""
        days = [dose.on.toordinal() for dose in doses]
        found = {
            birth
            for condition in self.plan.ages_at_dose.values()
            for day in days
            for birth in condition.births(day, day)
        }
        validity = self.plan.validity
        if validity is not None and doses:
            facts = self.plan.read(Person(birth_date=None, doses=doses)).facts
            if facts.undecided:
                found.update(validity.edges(facts))
        return {day for birth in found for day in (birth, birth + 1)}

    def turning_days(self, birth: PartialDate) -> set[int]:
        """The vaccination days on which an age turns for somebody born on such a date."""
        found: set[int] = set()
        for day in (birth.earliest, birth.latest):
            facts = self.plan.read(Person(birth_date=day)).facts
            for number in self.plan.on_birth:
                for turn in self.plan.spans[number](facts):
                    if any(entry.first < turn < entry.last for entry in self.plan.entries):
                        found |= {turn - 1, turn, turn + 1}
        return found


def near(edges: frozenset[int] | set[int]) -> list[int]:
    """The days at the ends of each run of edges, those around them, and one in the middle."""
    inside = sorted(edge for edge in edges if BEGINNING < edge < END)
    runs: list[list[int]] = []
    for edge in inside:
        if runs and edge == runs[-1][-1] + 1:
            runs[-1].append(edge)
        else:
            runs.append([edge])
    found = {
        day
        for run in runs
        for day in (run[0] - 1, run[0], run[0] + 1, run[len(run) // 2], run[-1], run[-1] + 1)
    }
    return sorted(found) or [date(1980, 6, 15).toordinal()]


def instants_near(edges: frozenset[datetime]) -> list[datetime]:
    """An instant in each range between two edges, and each edge."""
    inner = sorted(edges)
    return [*inner, inner[-1] + timedelta(hours=1)] if inner else [SOME_INSTANT]


def is_about_wish(leaf: BoundCondition) -> bool:
    """Whether a condition asks for the registration for a vaccine."""
    return leaf.condition.fact == "willingness"


def somebody(universe: Universe, chance: Random) -> Person:
    """A person with every fact known, near the edges of the policy."""
    count = chance.randrange(universe.most_doses + 1)
    days = sorted(chance.sample(universe.doses, min(count, len(universe.doses))))
    births = [day for day in universe.births if not days or day <= days[0]]
    birth = chance.choice(births) if births else days[0]
    groups = {group for group in universe.groups if _now_and_then(chance)}
    wanted = {vaccine: chance.choice(its) for vaccine, its in universe.instants.items()}
    return Person(
        birth_date=date.fromordinal(birth),
        doses=tuple(Dose(chance.choice(universe.vaccines), date.fromordinal(day)) for day in days),
        groups=groups,
        registered_county=chance.choice(universe.counties) if universe.counties else "臺北市",
        residence_county=chance.choice(universe.counties) if universe.counties else "臺北市",
        willingness=Willingness({code: at for code, at in wanted.items() if at is not None}),
        dated_facts=[
            _dated(fact, chance.choice([None, *days])) for fact, days in universe.dated.items()
        ],
        sex=chance.choice(universe.sexes) if universe.sexes else None,
    )


def _dated(fact: str, day: int | None) -> DatedFact:
    return DatedFact(fact, "never" if day is None else date.fromordinal(day))


def _now_and_then(chance: Random) -> bool:
    """True in two of five."""
    return chance.choice((True, True, False, False, False))


def birth_date(person: Person) -> date:
    """The birth date of a person of whom it is known."""
    if isinstance(person.birth_date, date):
        return person.birth_date
    raise TypeError("person: expected a birth date")


def drawing(seed: str) -> Random:
    """The same people each time."""
    return Random(seed)  # noqa: S311  # a sample, nothing secret


def family(groups: Sequence[str], group: str) -> frozenset[str]:
    """The groups of which one is a part, and their parts: they are not known together."""
    wholes = [it for it in groups if group == it or group.startswith(f"{it}/")]
    largest = min(wholes, key=len, default=group)
    return frozenset(it for it in groups if it == largest or it.startswith(f"{largest}/"))


def blanked(universe: Universe, person: Person, chance: Random) -> Person:
    """The person with some facts not known, or known in part."""
    birth = birth_date(person)
    changes: dict[str, Any] = {}
    how_birth = chance.choice(["known", "known", "month", "year", "unknown"])
    if how_birth == "month":
        changes["birth_date"] = PartialDate(birth.year, birth.month)
    elif how_birth == "year":
        changes["birth_date"] = PartialDate(birth.year)
    elif how_birth == "unknown":
        changes["birth_date"] = None
    if _now_and_then(chance):
        changes["doses"] = None
    if universe.groups and not _now_and_then(chance):
        if _now_and_then(chance):
            changes["groups"] = None
        else:
            some = chance.sample(universe.groups, min(2, len(universe.groups)))
            unknown = frozenset[str]().union(*(family(universe.groups, it) for it in some))
            changes |= {"groups": (person.groups or frozenset()) - unknown}
            changes |= {"unknown_groups": unknown}
    changes |= _blanked_others(universe, person, chance)
    return attrs.evolve(person, **changes)


def _blanked_others(universe: Universe, person: Person, chance: Random) -> dict[str, Any]:
    """Counties, registrations, dated facts and the sex: some of them not known."""
    changes: dict[str, Any] = {}
    for fact in ("registered_county", "residence_county"):
        if universe.counties and _now_and_then(chance):
            changes[fact] = None
    if universe.instants and _now_and_then(chance):
        changes["willingness"] = None
    if universe.dated:
        changes["dated_facts"] = [it for it in map(partly(chance), person.dated_facts) if it]
    if universe.sexes and _now_and_then(chance):
        changes["sex"] = None
    return changes


def partly(chance: Random) -> Callable[[DatedFact], DatedFact | None]:
    """Takes away a dated fact (None), or its day; or leaves it."""

    def less(fact: DatedFact) -> DatedFact | None:
        if _now_and_then(chance):
            return None
        if isinstance(fact.on, date) and _now_and_then(chance):
            return DatedFact(fact.fact, PartialDate(fact.on.year, fact.on.month))
        return fact

    return less


FIELDS: Final = tuple(field.name for field in attrs.fields(Person))

Turn: TypeAlias = Mapping[str, Any]
"""One way in which a fact may turn out: a field of the person, or an answer about a group."""


def ways(universe: Universe, person: Person) -> dict[str, list[Turn]]:
    """The ways in which each unknown fact may turn out, by the name under which it is missing."""
    found: dict[str, list[Turn]] = {}
    if not isinstance(person.birth_date, date):
        found["birth_date"] = [{"birth_date": day} for day in _births(universe, person)]
    if person.doses is None:
        found["doses"] = [{"doses": history} for history in _histories(universe, person)]
    for group in universe.groups:
        if person.groups is None or group in person.unknown_groups:
            found[f"groups/{group}"] = [{group: False}, {group: True}]
    for fact in ("registered_county", "residence_county"):
        if universe.counties and getattr(person, fact) is None:
            found[fact] = [{fact: county} for county in universe.counties]
    if universe.sexes and person.sex is None:
        found["sex"] = [{"sex": sex} for sex in universe.sexes]
    found |= dict(_ways_of_dated(universe, person))
    if person.willingness is None:
        for vaccine, instants in universe.instants.items():
            found[f"willingness/{vaccine}"] = [{vaccine: instant} for instant in instants]
    return found


def _ways_of_dated(universe: Universe, person: Person) -> Iterator[tuple[str, list[Turn]]]:
    known = {it.fact: it.on for it in person.dated_facts}
    for fact, near_edges in universe.dated.items():
        on = known.get(fact)
        days: Sequence[int | None] = []
        if isinstance(on, PartialDate):
            days = range(on.earliest.toordinal(), on.latest.toordinal() + 1)
        elif on is None:
            days = [None, *near_edges]
        if days:
            yield f"dated_facts/{fact}", [{fact: _dated(fact, day)} for day in days]


def _births(universe: Universe, person: Person) -> list[date]:
    last = min([END, *(dose.on.toordinal() for dose in person.doses or ())])
    if isinstance(person.birth_date, PartialDate):
        first = person.birth_date.earliest.toordinal()
        last = min(last, person.birth_date.latest.toordinal())
        days: Sequence[int] = range(first, last + 1)
    else:
        turns = universe.births_of_age(person.doses or ())
        turns |= universe.births_turning(person.dated_facts)
        every = sorted({BEGINNING, *universe.births, *turns, last})
        days = [day for day in every if day <= last]
    return [date.fromordinal(day) for day in days]


def _histories(universe: Universe, person: Person) -> list[tuple[Dose, ...]]:
    """No dose; one or two on any of the days at which something changes; more on a few of them."""
    found: list[tuple[Dose, ...]] = [()]
    anywhere, born = universe.dose_days, person.birth_date
    if isinstance(born, PartialDate):
        anywhere = sorted({*anywhere, *universe.turning_days(born)})
    if born is not None:  # the earliest days of a first and of a second dose
        first = born.earliest if isinstance(born, PartialDate) else born
        ages = universe.days_of_age(born)
        anywhere = sorted({*anywhere, *ages, first.toordinal(), first.toordinal() + 1})
    for fact in person.dated_facts:  # a dose between the earliest day of a fact and a later one
        if isinstance(fact.on, PartialDate):
            day = fact.on.earliest.toordinal() + 1
            anywhere = sorted({*anywhere, *(day + wait for wait in universe.waits(fact.fact))})
    for count in range(1, universe.most_doses + 1):
        days = anywhere if count <= MOST_ANYWHERE else universe.key_days
        is_much = len(universe.kinds) > 1 and len(days) > FEW
        telling = set(universe.key_days if is_much else days)
        found += [
            tuple([_dose(vaccine, day) for vaccine, day in zip(vaccines, chosen, strict=True)])
            for chosen in combinations(days, count)
            for vaccines in (
                product(universe.kinds, repeat=count)
                if universe.kinds
                else ((vaccine,) * count for vaccine in universe.vaccines)
            )
            if len(telling.union(chosen)) <= len(telling) + 1
        ]
    return found


@lru_cache(maxsize=4096)
def _dose(vaccine: str, day: int) -> Dose:
    """A dose, made once."""
    return Dose(vaccine, date.fromordinal(day))


@lru_cache(maxsize=4096)
def _willingness(*wanted: tuple[str, datetime]) -> Willingness:
    """The registrations, made once."""
    return Willingness(dict(wanted))


_a_person: Final = unchecked(Person)
"""Makes a person of facts that were checked: checks take longer than the decision."""


def completed(person: Person, turns: Mapping[str, Turn]) -> Person | None:
    """The person with the facts as they turn out; None where they contradict each other."""
    changes: dict[str, Any] = {}
    members = {group for group in person.groups or () if group not in person.unknown_groups}
    others: set[str] = set()
    wanted: dict[str, datetime] = {}
    dated = {it.fact: it for it in person.dated_facts}
    for name, turn in turns.items():
        kind = name.partition("/")[0]
        if kind == "groups":
            ((group, is_member),) = turn.items()
            (members if is_member else others).add(group)
        elif kind == "dated_facts":
            dated |= turn
        elif kind == "willingness":
            wanted |= {code: at for code, at in turn.items() if at is not None}
        else:
            changes |= turn
    if any(its == no or its.startswith(f"{no}/") for its in members for no in others):
        return None
    changes |= {"groups": frozenset(members), "unknown_groups": frozenset()}
    changes["dated_facts"] = tuple(dated.values())
    if person.willingness is None:
        changes["willingness"] = _willingness(*wanted.items())
    its = {field: getattr(person, field) for field in FIELDS} | changes
    return _a_person(*its.values())


class Answer(NamedTuple):
    """The parts that are compared: the outcome, and the days of each offer, alone and together."""

    outcome: Outcome
    sure: dict[tuple[str, str, int], DaySet]
    possible: dict[tuple[str, str, int], DaySet]
    together: dict[tuple[str, int], DaySet]
    missing: frozenset[str]


def _key(offer: Offer) -> tuple[str, str, int]:
    return offer.rule_id, offer.vaccine, offer.dose


def said(decision: Decision) -> Answer:
    """The parts of a decision that are compared."""
    sure: dict[tuple[str, str, int], DaySet] = {}
    possible: dict[tuple[str, str, int], DaySet] = {}
    together: dict[tuple[str, int], DaySet] = {}
    for offer in (*decision.offers, *decision.possible_offers):
        pair = (offer.vaccine, offer.dose)
        together[pair] = together.get(pair, DaySet.none()) | offer.days
        if "|" not in offer.rule_id:
            key = _key(offer)
            sure[key] = sure.get(key, DaySet.none()) | offer.days
            possible[key] = possible.get(key, DaySet.none()) | offer.possible_days
    return Answer(decision.outcome, sure, possible, together, frozenset(decision.missing))


def by_force(universe: Universe, person: Person, from_day: date | None = None) -> Answer | None:
    """The answer that follows from every way in which the facts turn out.

    None if there are too many ways, or if the known facts contradict each other.
    """
    facts = ways(universe, person)
    if prod(map(len, facts.values())) > MOST_CASES:
        return None
    names = list(facts)
    outcomes: dict[tuple[int, ...], Outcome] = {}
    found: dict[int, Answer] = {}
    for picks in product(*(range(len(facts[name])) for name in names)):
        turns = {name: facts[name][at] for name, at in zip(names, picks, strict=True)}
        whole = completed(person, turns)
        answer = None if whole is None else universe.decided(whole, from_day)
        if answer is not None:
            outcomes[picks] = answer.outcome
            found[id(answer)] = answer
    if not found:
        return None
    every = [*found.values()]
    seen = set(outcomes.values())
    missing = frozenset(name for place, name in enumerate(names) if _decides(place, outcomes))
    return Answer(
        seen.pop() if len(seen) == 1 else Outcome.UNDETERMINED,
        _in_all([it.sure for it in every]),
        _in_some([it.possible for it in every]),
        _in_all([it.together for it in every]),
        missing,
    )


def _decides(place: int, outcomes: Mapping[tuple[int, ...], Outcome]) -> bool:
    """Whether two people who differ in one fact alone have different outcomes."""
    by_rest: dict[tuple[int, ...], Outcome] = {}
    for picks, outcome in outcomes.items():
        if by_rest.setdefault((*picks[:place], *picks[place + 1 :]), outcome) is not outcome:
            return True
    return False


def _in_all(each: list[Any]) -> dict[Any, DaySet]:
    days = dict(each[0])
    for one in each[1:]:
        days = {key: days[key] & one.get(key, DaySet.none()) for key in days}
    return {key: its for key, its in days.items() if its}


def _in_some(each: list[Any]) -> dict[Any, DaySet]:
    days: dict[Any, DaySet] = {}
    for one in each:
        for key, its in one.items():
            days[key] = days.get(key, DaySet.none()) | its
    return {key: its for key, its in days.items() if its}


def is_not_exact(decision: Decision) -> bool:
    """Whether a decision says that it could not look at every case."""
    return any(reason.code == "too-many-cases" for reason in decision.reasons)


def differences(found: Decision, forced: Answer) -> list[str]:
    """The differences between a decision and brute force."""
    answer = said(found)
    if is_not_exact(found):
        return list(_unsafe(answer, forced))
    wrong = []
    if answer.outcome is not forced.outcome:
        wrong.append(f"outcome {answer.outcome.value}, by force {forced.outcome.value}")
    if {key: days for key, days in answer.sure.items() if days} != forced.sure:
        wrong.append("sure days")
    if {key: days for key, days in answer.possible.items() if days} != forced.possible:
        wrong.append("possible days")
    if {pair: days for pair, days in answer.together.items() if days} != forced.together:
        wrong.append("days that several rules give together")
    if answer.missing != forced.missing:
        more, fewer = answer.missing - forced.missing, forced.missing - answer.missing
        wrong.append(f"missing: too many {sorted(more)}, too few {sorted(fewer)}")
    return wrong


def _unsafe(answer: Answer, forced: Answer) -> Iterator[str]:
    """The faults of an answer that is not exact."""
    if answer.outcome not in {forced.outcome, Outcome.UNDETERMINED}:
        yield f"outcome {answer.outcome.value}, by force {forced.outcome.value}"
    for key, days in answer.sure.items():
        if not days <= forced.sure.get(key, DaySet.none()):
            yield "days called sure that are not"
    for key, days in forced.possible.items():
        if not days <= answer.possible.get(key, DaySet.none()):
            yield "days called impossible that are possible"
    if answer.outcome is Outcome.UNDETERMINED and not forced.missing <= answer.missing:
        yield "a fact that is missing is not named"


def chain(universe: Universe, whole: Person, chance: Random) -> Iterator[Person]:
    """The knowledge about a person, from nothing to everything, one fact more each time."""
    birth = birth_date(whole)
    births: list[date | PartialDate] = [
        PartialDate(birth.year),
        PartialDate(birth.year, birth.month),
        birth,
    ]
    known: dict[str, Any] = {}
    open_groups, members = frozenset(universe.groups), frozenset(whole.groups or ())
    steps = ["birth_date"] * 3
    steps += ["doses", "registered_county", "residence_county", "willingness", "sex"]
    dated = {it.fact: by_steps(it) for it in whole.dated_facts}
    steps += [fact for fact, its in dated.items() for _ in its]
    steps += universe.groups
    chance.shuffle(steps)
    yield Person()
    for step in steps:
        if step == "birth_date":
            known[step] = births.pop(0)
        elif step in universe.groups:
            open_groups -= family(universe.groups, step)
            known |= {"groups": members - open_groups, "unknown_groups": open_groups}
        elif step in dated:
            others = (it for it in known.get("dated_facts", ()) if it.fact != step)
            known["dated_facts"] = (*others, dated[step].pop(0))
        else:
            known[step] = getattr(whole, step)
        yield Person(**known)


def by_steps(fact: DatedFact) -> list[DatedFact]:
    """What is known of a dated fact: its year, then its month, then its day; or "never" at once."""
    on = fact.on
    if not isinstance(on, date):
        return [fact]
    parts = (PartialDate(on.year), PartialDate(on.year, on.month))
    return [*(DatedFact(fact.fact, part) for part in parts), fact]


def taken_back(before: Decision, after: Decision) -> list[str]:
    """The answers that more knowledge took back: an outcome, a sure day, or an impossible day.

    An answer that is not exact may call a day possible that is not.
    """
    less, more = said(before), said(after)
    wrong = []
    if less.outcome not in {more.outcome, Outcome.UNDETERMINED}:
        wrong.append(f"{less.outcome.value} became {more.outcome.value}")
    for pair, days in less.together.items():
        if not days <= more.together.get(pair, DaySet.none()):
            wrong.append("a sure day became unsure")
    for key, days in more.possible.items() if not is_not_exact(after) else ():
        if not days <= less.possible.get(key, DaySet.none()):
            wrong.append("a day that was impossible became possible")
    return wrong


def go_back(policy: Policy, whole: Person, seed: int = SEED) -> list[str]:
    """The places where the answers about one person take something back as more is known."""
    universe = Universe(policy)
    people = list(chain(universe, whole, drawing(f"{seed} {policy.id}")))
    decided = [decide(policy, person) for person in people]
    return [wrong for before, after in pairwise(decided) for wrong in taken_back(before, after)]


def pattern(universe: Universe, person: Person) -> tuple[str, ...]:
    """The facts of a person as a pattern: known, known in part, or unknown."""
    birth = person.birth_date
    dated = {it.fact: it.on for it in person.dated_facts}
    groups = "unknown" if person.groups is None else "in part" if person.unknown_groups else "known"
    return (
        f"birth date {birth.__class__.__name__} {getattr(birth, 'month', None) is not None}",
        f"doses {person.doses is not None}",
        f"groups {groups}",
        *(
            f"{fact} {getattr(person, fact) is not None}"
            for fact in ("registered_county", "residence_county", "willingness", "sex")
        ),
        *(f"{fact} {dated.get(fact).__class__.__name__}" for fact in universe.dated),
    )


@attrs.define
class Tally:
    """The numbers of people and cases, the time of the slowest, and the differences.

    `not_exact` counts the decisions that say of themselves that they are not exact. `patterns` are
    the patterns of known, partly known and unknown facts that the people had.
    """

    people: int = 0
    cases: int = 0
    not_exact: int = 0
    patterns: frozenset[tuple[str, ...]] = frozenset()
    slowest: float = 0.0
    wrong: list[str] = attrs.field(factory=list)

    def and_of(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            self.people + other.people,
            self.cases + other.cases,
            self.not_exact + other.not_exact,
            self.patterns | other.patterns,
            max(self.slowest, other.slowest),
            [*self.wrong, *other.wrong],
        )

    def __str__(self) -> str:
        """The line about it."""
        return (
            f"{self.people} people of {len(self.patterns)} patterns, {self.cases} cases,"
            f" {len(self.wrong)} differences, {self.not_exact} not exact,"
            f" slowest decision {self.slowest * 1e3:.1f} ms"
        )


def timed(policy: Policy, person: Person) -> tuple[Decision, float]:
    """A decision and its CPU time; the best of three if it is not fast at once.

    The first time may have to work out what is kept for a policy, or to collect garbage.
    """
    spent: list[float] = []
    while True:
        start = process_time()
        found = decide(policy, person)
        spent.append(process_time() - start)
        if spent[0] < FAST or len(spent) == TIMES:
            return found, min(spent)


def compare(policy: Policy, people: int, seed: int = SEED) -> Tally:
    """Decide for people of whom something is not known, once and by force."""
    universe, chance, tally = Universe(policy), drawing(f"{seed} {policy.id}"), Tally()
    decide(policy, Person())  # what is worked out once for a policy is not part of a decision
    while tally.people < people:
        person = blanked(universe, somebody(universe, chance), chance)
        facts = ways(universe, person)
        if not facts:
            continue
        forced = by_force(universe, person)
        if forced is None:
            continue
        found, seconds = timed(policy, person)
        tally.slowest = max(tally.slowest, seconds)
        tally.people += 1
        tally.cases += prod(map(len, facts.values()))
        tally.not_exact += is_not_exact(found)
        tally.patterns |= {pattern(universe, person)}
        again = f"--seed {seed} --people {tally.people} -p {policy.id}"
        tally.wrong += [f"{it}: {person}, {again}" for it in differences(found, forced)]
    for number in range(people // 10):
        wrong = go_back(policy, somebody(universe, chance), seed + number)
        again = f"--seed {seed} --people {people} -p {policy.id}"
        tally.wrong += [f"{it}: chain {number + 1}, {again}" for it in wrong]
    return tally


def main(arguments: Sequence[str]) -> int:
    """Compare for each policy, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m tools.brute_force")
    parser.add_argument("--people", type=int, default=20, help="how many for each policy")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("-p", "--policy", action="append", choices=catalog.ids(), metavar="ID")
    parser.add_argument("--rounds", type=int, default=1, help="how often, each with other people")
    asked = parser.parse_args(arguments)
    tallies: dict[str, Tally] = {}
    for seed in range(asked.seed, asked.seed + asked.rounds):
        for name in asked.policy or catalog.ids():
            tally = compare(catalog.load(name), asked.people, seed)
            found = tallies[name] = tallies.get(name, Tally()).and_of(tally)
            print(f"{name}: {found}", flush=True)
            for line in tally.wrong[:5]:
                print(f"  {line}")
        print(f"all: {reduce(Tally.and_of, tallies.values())}", flush=True)
    return 1 if any(it.wrong for it in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
