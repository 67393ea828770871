"""Finds people whom rules and booking windows leave out, and rules that repeat others.

Each question is about all people, and its answer is exact (see `vaxpolicy.analysis.witness`). If
the policy leaves a point open that no source states, an answer counts if some reading gives it.
"""

from __future__ import annotations

from datetime import date
from functools import partial, reduce
from itertools import accumulate, groupby, pairwise, product
from operator import or_
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from vaxpolicy.analysis.joint import JointPolicy, live
from vaxpolicy.analysis.partition import days_of
from vaxpolicy.analysis.regions import Range, Ranges, joined
from vaxpolicy.analysis.witness import (
    admits,
    admitted,
    anybody,
    covers,
    has_a_day,
    is_offered,
    is_uncovered,
    plan_of,
    ranges_of,
    somebody,
    unlicensed,
)
from vaxpolicy.days import FIRST, LAST, DaySet
from vaxpolicy.rules.compiled import CompiledPolicy, birth_ranges, edges_of, ranges_between
from vaxpolicy.rules.conditions import (
    Age,
    BornOnOrAfter,
    BornOnOrBefore,
    Facts,
    InGroup,
    with_whole,
)
from vaxpolicy.rules.policy import Rule, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vaxpolicy.analysis.partition import Verdict
    from vaxpolicy.analysis.witness import Readings
    from vaxpolicy.rules.compiled import CompiledOffer, WindowUse
    from vaxpolicy.rules.conditions import AnyCondition, Question, Span
    from vaxpolicy.rules.evaluation import Evaluation
    from vaxpolicy.rules.policy import Policy


@frozen
class Births:
    """A range of birth dates, as day numbers, both included."""

    first: int
    last: int

    def terms(self) -> tuple[AnyCondition, ...]:
        """The range as conditions."""
        after = BornOnOrAfter(date.fromordinal(self.first))
        return after, BornOnOrBefore(date.fromordinal(self.last))

    def __str__(self) -> str:
        """In words."""
        first, last = (date.fromordinal(number) for number in (self.first, self.last))
        if self.first == FIRST:
            return "of any birth date" if self.last == LAST else f"born by {last}"
        return f"born from {first} on" if self.last == LAST else f"born from {first} to {last}"


@frozen
class Gap:
    """The births between two rules that differ in their ages only, which neither takes in."""

    older: str
    younger: str
    births: Births


@frozen(eq=False)
class Admitted:
    """A rule alone, for one vaccine, with the days that it gives to some people.

    Attributes:
        stage: the stage of the rule.
        rule: the rule.
        vaccine: the vaccine.
        plan: the rule in the form in which it is applied.
        is_possible: whether it gives anybody a day.
        people: people who have a day by some rule for this vaccine and dose.
        days: the days on which this rule can give it to them.
    """

    stage: Stage
    rule: Rule
    vaccine: str
    plan: CompiledPolicy
    is_possible: bool
    people: list[Facts]
    days: list[DaySet] = field(factory=list)

    def gives_more_than(self, other: Admitted) -> bool:
        """Whether it can give one of the people a day that the other rule cannot give."""
        for rule in (self, other):
            new = rule.people[len(rule.days) :]
            rule.days.extend([days_of(rule.plan, person).possible for person in new])
        # most people have no day by a rule: to ask that first takes the least time
        days = zip(self.days, other.days, strict=True)
        return any(mine and mine != its and not mine <= its for mine, its in days)


def admitted_by(
    policy: Policy, stage: Stage, rule: Rule, vaccine: str, people: list[Facts]
) -> Admitted:
    """The rule alone. Somebody whom it can give this vaccine joins the people."""
    plan = _plan(policy, [(stage, rule)], vaccine)
    if plan.by_product:  # too many histories to go through
        return Admitted(stage, rule, vaccine, plan, bool(anybody(plan).possible[0]), people)
    person = somebody(plan, has_a_day, is_offered)
    if person is not None:
        people.append(person)
    return Admitted(stage, rule, vaccine, plan, person is not None, people)


def offers_more(policy: Policy, one: Admitted, other: Admitted) -> bool:
    """Whether somebody has a day by the one rule that the other does not give.

    People who are known to have a day are tried first. People who are found join them.
    """
    if one.gives_more_than(other):
        return True
    parts = [(one.stage, one.rule), (other.stage, other.rule)]
    both = _plan(policy, parts, one.vaccine)
    if both.by_product:
        return True
    mine, beside = both.entries
    apart = _without_groups_of(both, mine, beside)
    person = None
    if apart:
        alone = evolve(both, entries=(evolve(mine, alternatives=apart),))
        person = somebody(alone, has_a_day, is_offered)
    if person is None:
        asks_more = partial(_asks_more, both)
        person = somebody(both, gives_more, is_uncovered, is_nobody=asks_more)
    if person is not None:
        one.people.append(person)
    return person is not None


def _asks_more(both: CompiledPolicy) -> bool:
    """Whether each alternative of the first entry clearly asks all that one of the second asks.

    It asks for the same, or for more on the range that a condition is about: for an age of 65 where
    the other one asks for 60. A search through several ranges finds that out anew for each part of
    the others.
    """
    mine, beside = both.entries
    if not (beside.first <= mine.first and mine.last <= beside.last and beside.days_stated):
        return False
    ranges = ranges_of(both, mine) | ranges_of(both, beside)
    known: dict[tuple[frozenset[int], int], bool] = {}

    def implies(leaves: frozenset[int], asked: int) -> bool:
        key = leaves, asked
        if key not in known:
            entries = (
                evolve(mine, alternatives=(tuple(sorted(leaves)),)),
                evolve(beside, alternatives=((asked,),)),
            )
            alone = evolve(both, entries=entries)
            known[key] = somebody(alone, gives_more, is_uncovered) is None
        return known[key]

    def is_asked(alternative: tuple[int, ...], asked: int) -> bool:
        if asked in alternative:
            return True
        its = ranges[asked]
        leaves = frozenset(leaf for leaf in alternative if ranges[leaf] == its)
        return len(its) == 1 and bool(leaves) and implies(leaves, asked)

    return all(
        any(all(is_asked(ours, asked) for asked in theirs) for theirs in beside.alternatives)
        for ours in mine.alternatives
    )


def gives_more(joint: JointPolicy) -> Verdict:
    """The verdict on a region: whether the newer side has a day that the older side has not."""
    (mine,), others = joint.new.numbers, joint.old.numbers
    stated = [number for number in others if joint.is_stated(number)]

    def verdict(sure: Evaluation, possible: Evaluation) -> bool | None:
        some = possible.possible[mine]
        if not some or covers([span for it in stated for span in sure.sure[it]], some):
            return False
        if any(_is_implied(joint.plan, sure, possible, mine, it) for it in stated):
            return False
        given = [span for it in others for span in possible.possible[it]]
        return None if covers(given, sure.sure[mine]) else True

    return verdict


def _is_implied(
    plan: CompiledPolicy, sure: Evaluation, possible: Evaluation, first: int, second: int
) -> bool:
    """Whether each live alternative of the first entry implies one of the second.

    The second may ask more where that surely holds for all people of the region, on all days.
    """
    mine, beside = plan.entries[first], plan.entries[second]
    if not (beside.first <= mine.first and mine.last <= beside.last):
        return False
    asked = [
        frozenset(
            leaf
            for leaf in alternative
            if sure.spans[leaf].first > mine.first or sure.spans[leaf].last < mine.last
        )
        for alternative in beside.alternatives
    ]
    return all(
        any(leaves.issubset(mine.alternatives[number]) for leaves in asked)
        for number in live(possible, mine)
    )


def _without_groups_of(
    plan: CompiledPolicy, mine: CompiledOffer, beside: CompiledOffer
) -> tuple[tuple[int, ...], ...]:
    """The alternatives whose own groups do not satisfy any alternative of the other entry.

    A person with no other groups than these has no day by the other entry.
    """
    needed = [_groups(plan, alternative) for alternative in beside.alternatives]
    return tuple(
        alternative
        for alternative in mine.alternatives
        if all(groups - with_whole(_groups(plan, alternative)) for groups in needed)
    )


def _groups(plan: CompiledPolicy, alternative: tuple[int, ...]) -> frozenset[str]:
    """The groups to which an alternative asks people to belong."""
    leaves = [plan.leaves[number] for number in alternative]
    return frozenset(
        leaf.condition.group
        for leaf in leaves
        if isinstance(leaf.condition, InGroup) and not leaf.negated
    )


def _plan(policy: Policy, parts: Iterable[tuple[Stage, Rule]], vaccine: str) -> CompiledPolicy:
    return plan_of(policy, [(stage, evolve(rule, vaccines=(vaccine,))) for stage, rule in parts])


def age_gaps(policy: Policy, stage: Stage, vaccine: str) -> Iterator[Gap]:
    """The gaps between rules of a stage for one vaccine that differ in their ages only.

    Somebody falls through who is neither taken in by these nor by any other rule of the stage, on a
    day on which someone older and someone younger are.
    """
    families: dict[tuple[int, frozenset[AnyCondition]], list[Rule]] = {}
    rules = [rule for rule in stage.rules if vaccine in rule.vaccines]
    for rule in rules:
        families.setdefault((rule.dose, frozenset(_rest(rule))), []).append(rule)
    for (dose, _), family in families.items():
        if len(family) == 1:  # one band leaves nobody out between its ends
            continue
        bands = [(stage, evolve(rule, all=tuple(filter(_is_age, rule.all)))) for rule in family]
        by_age = _plan(unlicensed(policy), bands, vaccine)
        beside = [(stage, rule) for rule in rules if rule.dose == dose]
        for readings in _readings(by_age):
            for gap in _between(by_age, readings, [rule.id for rule in family]):
                asked = evolve(family[0], all=(*_rest(family[0]), *gap.births.terms()))
                plan = _plan(policy, [(stage, asked), *beside], vaccine)
                found = plan.by_product or somebody(plan, gives_more, is_uncovered, readings)
                if found:
                    yield gap


def _is_age(part: AnyCondition) -> bool:
    return isinstance(part, (Age, BornOnOrBefore, BornOnOrAfter))


def _rest(rule: Rule) -> tuple[AnyCondition, ...]:
    return tuple(part for part in rule.all if not _is_age(part))


def _readings(plan: CompiledPolicy) -> Iterator[dict[Question, int]]:
    """The ways to read the ages whose reckoning no source states."""
    questions = sorted(
        {
            leaf.condition.question
            for leaf in plan.leaves
            if isinstance(leaf.condition, Age) and leaf.condition.on == "not-stated"
        }
    )
    for answers in product((0, 1), repeat=len(questions)):
        yield dict(zip(questions, answers, strict=True))


def _between(by_age: CompiledPolicy, readings: Readings, names: Sequence[str]) -> Iterator[Gap]:
    """The gaps: days that bands give to older and younger people, but not to those between.

    Days are bits of a number: there are many ranges of births to compare.
    """
    cells: list[Births] = []
    given: list[list[int]] = []
    base = min(entry.first for entry in by_age.entries)
    facts = anybody(by_age, readings=readings).facts
    spans = [span(facts) for span in by_age.spans]
    for first, last in birth_ranges(by_age):
        born = facts.but(birth=first, birth_to=first)
        for leaf in by_age.on_birth:
            spans[leaf] = by_age.spans[leaf](born)
        days = [_bits(_possible(entry, spans), base) for entry in by_age.entries]
        if given and given[-1] == days:
            cells[-1] = Births(cells[-1].first, last)
        else:
            cells.append(Births(first, last))
            given.append(days)
    each = [reduce(or_, days) for days in given]
    to_older = list(accumulate(each, or_))
    to_younger = list(accumulate(reversed(each), or_))[::-1]
    found: list[Gap] = []
    for at in range(1, len(cells) - 1):
        missing = to_older[at - 1] & to_younger[at + 1] & ~each[at]
        if missing:
            older = next(it for it in reversed(range(at)) if each[it] & missing)
            younger = next(it for it in range(at + 1, len(each)) if each[it] & missing)
            name_of_older, name_of_younger = (
                next(name for name, days in zip(names, given[it], strict=True) if days & missing)
                for it in (older, younger)
            )
            found.append(Gap(name_of_older, name_of_younger, cells[at]))
    yield from _joined(found)


def _possible(entry: CompiledOffer, spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """The ranges of days that each alternative of an entry may give."""
    for alternative in entry.alternatives:
        first, last = entry.first, entry.last
        for leaf in alternative:
            _, _, begins, ends = spans[leaf]
            if begins > first:  # comparisons: it is asked of every range of births
                first = begins
            if ends < last:
                last = ends
        if first <= last:
            yield first, last


def _bits(spans: Iterable[tuple[int, int]], base: int) -> int:
    """Days as bits of a number, the first of them at 0."""
    bits = 0
    for first, last in spans:
        bits |= ((1 << (last - first + 1)) - 1) << (first - base)
    return bits


def _joined(gaps: list[Gap]) -> Iterator[Gap]:
    """The gaps, with neighbouring ones joined."""
    for (older, younger), same in groupby(gaps, key=lambda gap: (gap.older, gap.younger)):
        yield from (Gap(older, younger, births) for births in _together(it.births for it in same))


def _together(cells: Iterable[Births]) -> list[Births]:
    return [Births(*span) for span in joined((it.first, it.last) for it in cells)]


@frozen
class ShutOut:
    """People whom a rule admits and no booking window of its stage does.

    `is_between`: whether there are windows for older people and for younger ones.
    """

    births: Births
    is_between: bool


def shut_out(policy: Policy, stage: Stage, rule: Rule, vaccine: str) -> Iterator[ShutOut]:
    """The people whom the rule admits and no window does, by birth date.

    A window admits people who have its ages on all days of the stage, as for `Offer.windows`.
    """
    plan = _plan(policy, [(stage, rule)], vaccine)
    (entry,) = plan.entries
    left_out: list[Range] = []
    between: list[Range] = []
    for readings in _readings(plan):
        let_in = joined(
            span for use in entry.windows for span in _let_in(plan, entry, use, readings)
        )
        for births in _gaps(let_in):
            found = admitted(plan, births=births, readings=readings)
            left_out += found
            if let_in and let_in[0] < births < let_in[-1]:
                between += found
    for first, last in joined(left_out):
        is_between = any(first <= low <= last for low, _ in between)
        yield ShutOut(Births(first, last), is_between)


def can_be_booked(policy: Policy, stage: Stage, rule: Rule, vaccine: str) -> bool:
    """Whether somebody is admitted by the rule and by a booking window of the stage."""
    plan = _plan(policy, [(stage, rule)], vaccine)
    (entry,) = plan.entries
    return any(
        admits(plan, births, readings)
        for readings in _readings(plan)
        for use in entry.windows
        for births in _let_in(plan, entry, use, readings)
    )


def _let_in(
    plan: CompiledPolicy, entry: CompiledOffer, use: WindowUse, readings: Readings
) -> Ranges:
    """The births that a window admits: those of its ages on all days of the entry."""
    leaves = [plan.leaves[leaf] for leaf in use.leaves]
    edges = [edge for leaf in leaves for edge in edges_of(leaf.condition, leaf.context).births]
    found: list[Range] = []
    for births in ranges_between(edges):
        facts = anybody(plan, (births[0], births[0]), readings).facts
        spans = [leaf.span(facts) for leaf in leaves]
        if all(first <= entry.first and last >= entry.last for first, last, _, _ in spans):
            found.append(births)
    return joined(found)


def _gaps(ranges: Ranges) -> list[Range]:
    """The ranges of births between, before and after some ranges."""
    ends = [(FIRST - 1, FIRST - 1), *ranges, (LAST + 1, LAST + 1)]
    return [
        (before[1] + 1, after[0] - 1)
        for before, after in pairwise(ends)
        if before[1] + 1 < after[0]
    ]
