"""Boundary people: for each edge of each rule a person just before, on and after it.

They are tests for a system that implements a policy: if a portal decides all of them like the
policy, none of its bounds is wrong by a day. Each way to satisfy a rule has one person to whom the
rule offers its vaccine; the other people differ from this person in one fact. They are made from
the policy alone, and always in the same order.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs
from attrs import evolve, frozen

from vaxpolicy._values import Prose, checked, require_type
from vaxpolicy.analysis.coverage import gives_more
from vaxpolicy.analysis.deciding_people import deciding_people
from vaxpolicy.analysis.diff import Everybody, found_in
from vaxpolicy.analysis.joint import Days, JointPolicy, new_days
from vaxpolicy.analysis.partition import LongSearchError, partitions
from vaxpolicy.analysis.possible_people import if_possible
from vaxpolicy.analysis.product_people import products_around, sex_asked, with_fact, with_products
from vaxpolicy.analysis.regions import SEXES, elsewhere
from vaxpolicy.analysis.validity_people import people_of_tables
from vaxpolicy.analysis.witness import at_most
from vaxpolicy.days import FIRST, LAST, DaySet, latest_birth
from vaxpolicy.rules.compiled import BoundCondition, CompiledPolicy, compile_policy
from vaxpolicy.rules.conditions import (
    ByProduct,
    Condition,
    DoseDue,
    DosesAtLeast,
    EarlierDosesAtLeast,
    FromDay,
    InAnyGroup,
    InGroup,
    OfDatedFact,
    OfSex,
    PreviousDoseBeforeAge,
    PreviousDoseOf,
    RegisteredIn,
    ResidentIn,
    Wanted,
)
from vaxpolicy.rules.evaluation import Evaluation
from vaxpolicy.rules.people import DatedFact, Dose, PartialDate, Person, Willingness
from vaxpolicy.rules.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vaxpolicy.analysis.history_shapes import Shape
    from vaxpolicy.analysis.regions import Region
    from vaxpolicy.rules.compiled import CompiledOffer


@frozen(field_transformer=checked)
class BoundaryPerson:
    """A person at an edge of a rule.

    Attributes:
        name: what is tested, such as ``19a AZ, age_at_least 18 (last-day): born a day too late``.
        rule_id: the rule.
        vaccine: the vaccine that it offers.
        person: the person.
    """

    name: Prose
    rule_id: str
    vaccine: str
    person: Person


def boundary_people(policy: Policy) -> tuple[BoundaryPerson, ...]:
    """The boundary people of a policy, each once, rule by rule."""
    require_type("policy", Policy, policy)
    plan = compile_policy(policy)
    found: dict[Person, BoundaryPerson] = {}
    names = Counter[str]()
    bases: list[Person] = []
    of_entries: dict[CompiledOffer, Person] = {}

    def keep(entry: CompiledOffer, name: str, person: Person) -> None:
        if person not in found:
            names[name] += 1
            distinct = name if names[name] == 1 else f"{name} ({names[name]})"
            found[person] = BoundaryPerson(distinct, entry.rule.id, entry.vaccine, person)

    for entry in plan.entries:
        tested: set[int] = set()
        for alternative in entry.alternatives:
            one = evolve(plan, entries=(evolve(entry, alternatives=(alternative,)),))
            others = tuple(it for it in entry.alternatives if it is not alternative)
            beside = evolve(plan, entries=(evolve(entry, alternatives=others),))
            base = with_products(one, beside) if plan.by_product else _somebody(beside, one, bases)
            if base is None:
                continue
            bases.append(base)
            of_entries.setdefault(entry, base)
            new = [leaf for leaf in alternative if leaf not in tested]
            days = _days(one, base)
            for leaf, name, person in _people(one, base, new):
                # an edge that makes no difference here may make one in another alternative
                if leaf is not None and leaf not in tested and _days(one, person) != days:
                    tested.add(leaf)
                keep(entry, name, person)
        for name, person in _deciding(plan, entry, found.values()):
            keep(entry, name, person)
    for entry, name, person in people_of_tables(plan, of_entries):
        keep(entry, f"{entry.rule.id} {entry.vaccine}, {name}", person)
    return tuple(found.values())


def somebody_offered(plan: CompiledPolicy, number: int) -> Person | None:
    """Somebody to whom an entry of a policy offers its vaccine; None if it is nobody.

    It is one person of many, found in a fraction of a second.
    """
    entry = plan.entries[number]
    nothing = evolve(plan, entries=(evolve(entry, alternatives=()),))
    nobody = evolve(plan, entries=())
    for alternative in entry.alternatives:
        one = evolve(plan, entries=(evolve(entry, alternatives=(alternative,)),))
        person = with_products(one, nothing) if plan.by_product else _most_offered(nobody, one, ())
        if person is not None:
            return person
    return None


def _people(
    one: CompiledPolicy, base: Person, tested: Sequence[int]
) -> Iterator[tuple[int | None, str, Person]]:
    """Somebody to whom an entry offers its vaccine, and the people at the edges to be tested.

    Each comes with the number of the condition at whose edge they are.
    """
    (entry,) = one.entries
    edges = _Edges(one, base)
    title = f"{entry.rule.id} {entry.vaccine}"
    leaves = [one.leaves[number] for number in tested]
    asked = [one.leaves[number] for use in entry.windows for number in use.leaves]
    for number, leaf in zip(tested, leaves, strict=True):
        for what, person in edges.of(leaf):
            yield number, f"{title}, {_label(leaf)}: {what}", person
    for leaf in asked:
        for what, person in edges.births(leaf, always=True):
            yield None, f"{title}, window, {_label(leaf)}: {what}", person
    for what, person in _unknown(base, leaves):
        yield None, f"{title}: {what} not known", person
    yield None, f"{title}: offered", base


def _deciding(
    plan: CompiledPolicy, entry: CompiledOffer, found: Iterable[BoundaryPerson]
) -> Iterator[Variant]:
    """The people at edges of an entry that none of those found shows."""
    own_first = sorted(found, key=lambda it: it.rule_id != entry.rule.id)
    known = [it.person for it in own_first if "not known" not in it.name]
    for leaf, person in deciding_people(plan, entry, known, _offered_beside):
        yield f"{entry.rule.id} {entry.vaccine}, {_label(leaf)}: born {person.birth_date}", person


def _offered_beside(one: CompiledPolicy, beside: CompiledPolicy) -> Person | None:
    """Somebody to whom an entry with one way offers more than the entry beside it."""
    return with_products(one, beside) if one.by_product else _most_offered(beside, one, ())


def _somebody(
    beside: CompiledPolicy, one: CompiledPolicy, known: Iterable[Person]
) -> Person | None:
    """Somebody to whom an alternative offers most: surely if possible, on as many days as possible.

    Somebody to whom the other alternatives of the entry, in `beside`, offer less, if there is
    somebody. One of those `known` already, where nobody has more.
    """
    if beside.entries[0].alternatives:
        person = _most_offered(beside, one, ())
        if person is None and _asks_for_age_at_dose(one):
            with suppress(LongSearchError):
                person = _offered_more(beside, one)
        if person is not None:
            return person
    return _most_offered(evolve(beside, entries=()), one, known)


def _most_offered(
    beside: CompiledPolicy, one: CompiledPolicy, known: Iterable[Person]
) -> Person | None:
    """Somebody to whom an entry offers most, of those to whom the entries beside it offer less."""
    (entry,) = one.entries
    joint = JointPolicy((beside, one), entry.vaccine, entry.rule.dose)
    best: tuple[int, int] = (0, 0)
    person: Person | None = None
    for shape in joint.shapes(in_retrospect=False):
        everybody = Everybody(joint, shape)
        for region in _enough(joint, shape):
            for someone in everybody.some_of(region):
                if _worth(someone.new) > best:
                    best, person = _worth(someone.new), someone.person
            if best == (2, entry.last - entry.first + 1):
                break
        if best[0] > 1:
            break
    if person is None:
        return None
    whole = _whole(one, person)
    return next((it for it in known if _worth(_days(one, it)) >= best), whole)


def _enough(joint: JointPolicy, shape: Shape) -> Iterator[Region]:
    """The first regions for whose people something changes, as far as a search may go."""
    with suppress(LongSearchError):
        for _, region in islice(found_in(joint, shape), _ENOUGH):
            yield region


def _asks_for_age_at_dose(one: CompiledPolicy) -> bool:
    """Whether an entry asks for an age at the dose before, which ties the births to the doses."""
    ((alternative,),) = [entry.alternatives for entry in one.entries]
    return any(isinstance(one.leaves[it].condition, PreviousDoseBeforeAge) for it in alternative)


def _offered_more(beside: CompiledPolicy, one: CompiledPolicy) -> Person | None:
    """Somebody to whom an entry offers more than the entry beside it, the first that is found.

    It looks through those alone to whom the entry may offer more. Among all people with different
    offers there may be too many to whom it offers less. Raises LongSearchError after many regions.
    """
    (entry,) = one.entries
    joint = JointPolicy((beside, one), entry.vaccine, entry.rule.dose)
    verdict = at_most(_MANY, gives_more(joint))
    for shape in joint.shapes(in_retrospect=False):
        everybody = Everybody(joint, shape)
        for partition in partitions(joint, shape):
            for region, _ in partition.some(partition.everybody(), verdict):
                for someone in everybody.some_of(region):
                    old, new = someone.old, someone.new
                    if not (new.sure <= old.sure and new.possible <= old.possible):
                        return _whole(one, someone.person)
    return None


_MANY: Final = 300
"""The number of regions to look through for somebody to whom an entry offers more."""

_ENOUGH: Final = 10
"""The number of offering regions to examine; the best of them is a good start."""


def _worth(days: Days) -> tuple[int, int]:
    return days.rank, sum(b - a + 1 for a, b in (days.sure or days.possible).spans)


def _days(one: CompiledPolicy, person: Person) -> Days:
    """The days that an entry gives, in the one alternative that is looked at."""
    evaluation = Evaluation(one, one.read(person).facts)
    return new_days(DaySet.of_spans(evaluation.sure[0]), DaySet.of_spans(evaluation.possible[0]))


_USUAL_GAP: Final = timedelta(days=90)


def _whole(one: CompiledPolicy, person: Person) -> Person:
    """The person with all known that the policy asks, and doses apart where that is the same."""
    has = {it.fact for it in person.dated_facts}
    whole = evolve(
        person,
        sex=person.sex or sex_asked(one),
        dated_facts=(
            *person.dated_facts,
            *(DatedFact(fact, "never") for fact in one.dated_facts if fact not in has),
        ),
    )
    if one.edges.counties:
        county = elsewhere(one.edges.counties)
        whole = evolve(
            whole,
            registered_county=person.registered_county or county,
            residence_county=person.residence_county or county,
        )
    spaced = if_possible(partial(_spaced, whole))
    return whole if spaced is None or _days(one, spaced) != _days(one, whole) else spaced


def _spaced(person: Person) -> Person:
    """The person with the last dose on its day, and those before it some months apart."""
    doses = list(person.doses or ())
    for place in reversed(range(len(doses) - 1)):
        doses[place] = evolve(doses[place], on=doses[place + 1].on - _USUAL_GAP)
    return evolve(person, doses=doses)


Variant: TypeAlias = tuple[str, Person]
"""A test: its name, and the person."""


class _Edges:
    """The people who differ from one in a single fact, at the edges of a condition."""

    def __init__(self, one: CompiledPolicy, base: Person) -> None:
        self.one, self.base = one, base
        (self.entry,) = one.entries
        history = sorted((it for it in base.doses or () if it.vaccine in one.vaccines), key=_day)
        self.history = history
        self.season = date.min if one.season == FIRST else date.fromordinal(one.season)
        self.before = sum(it.on < self.season for it in history)

    def of(  # noqa: C901, PLR0912  # a kind each
        self, leaf: BoundCondition
    ) -> Iterator[Variant]:
        """The people at the edges of one condition."""
        condition = leaf.condition
        if isinstance(condition, InGroup):
            yield from self._group(condition.group)
        elif isinstance(condition, InAnyGroup):
            for group in condition.any_group:
                yield from self._group(group)
        elif isinstance(condition, ByProduct):
            yield from products_around(self.one, self.base, condition)
        elif isinstance(condition, RegisteredIn | ResidentIn):
            yield from self._counties(condition)
        elif isinstance(condition, Wanted):
            yield from self._instants(leaf)
        elif isinstance(condition, OfDatedFact):
            yield from self._happened(leaf, condition)
        elif isinstance(condition, OfSex):
            for sex in SEXES:
                yield sex, evolve(self.base, sex=sex)
        elif isinstance(condition, EarlierDosesAtLeast):
            yield from self._earlier(condition.earlier_doses_at_least)
        elif isinstance(condition, DosesAtLeast):
            yield from self._counts(leaf, condition.doses_at_least)
        elif isinstance(condition, PreviousDoseOf):
            yield from self._vaccines(condition.previous_dose_of)
        elif condition.fact == "doses":
            yield from self._dose_before(leaf)
        yield from self.births(leaf, always=False)
        if isinstance(condition, PreviousDoseBeforeAge):
            yield from self._ages_at_dose(condition.previous_dose_before_age)

    def _ages_at_dose(self, years: int) -> Iterator[Variant]:
        """People who reach the age just before, on and after the day of the dose before."""
        place = self.before + self.entry.rule.dose - 2
        edge = latest_birth(years, self.history[place].on).toordinal()
        make = lambda day: evolve(self.base, birth_date=date.fromordinal(day))  # noqa: E731  # short
        yield from self._around("born", [edge], make, always=True)

    def births(self, leaf: BoundCondition, *, always: bool) -> Iterator[Variant]:
        """Births around each edge; `always`: though they make no difference to the rule's days."""
        edges = leaf.condition.edges(leaf.context).births
        if self.one.by_product and edges:
            edges = frozenset({min(edges), max(edges)})
        yield from self._around("born", _telling(edges), self._born, always=always)

    def _born(self, day: int) -> Person:
        """The person with another birth date, and without the doses before it."""
        birth, doses = date.fromordinal(day), self.base.doses
        if self.one.by_product and doses and any(it.on < birth for it in doses):
            return self._grown(birth, doses)
        kept = None if doses is None else tuple(it for it in doses if it.on >= birth)
        return evolve(self.base, birth_date=birth, doses=kept)

    def _grown(self, birth: date, doses: Iterable[Dose]) -> Person:
        """The person with another birth date, and each dose at the same age."""
        before = self.base.birth_date
        later = birth - before if isinstance(before, date) else timedelta(0)
        moved = tuple(evolve(it, on=it.on + later) for it in doses)
        return evolve(self.base, birth_date=birth, doses=moved)

    def _around(
        self, verb: str, edges: Iterable[int], make: Callable[[int], Person | None], *, always: bool
    ) -> Iterator[Variant]:
        """For each edge that matters, someone the day before, on that day and the day after."""
        for edge in edges:
            people = [if_possible(partial(make, day)) for day in (edge - 1, edge, edge + 1)]
            offers = [person and _days(self.one, person) for person in people]
            if not always and all(offer == offers[0] for offer in offers):
                continue
            words = _words([bool(offer and offer.possible) for offer in offers])
            for day, person, word in zip((edge - 1, edge, edge + 1), people, words, strict=True):
                if person is not None:
                    yield f"{verb} {date.fromordinal(day)}, {word}", person

    def _with(self, doses: Iterable[Dose]) -> Person:
        return evolve(self.base, doses=tuple(sorted(doses, key=_day)))

    def _dose_before(self, leaf: BoundCondition) -> Iterator[Variant]:
        """The dose before on other days; and without it."""
        place = self.before + self.entry.rule.dose - 2
        every = leaf.condition.edges(leaf.context).doses
        edges = _telling(every)
        if isinstance(leaf.condition, DoseDue):
            wait = leaf.condition.dose_due_after_days
            edges = sorted({*edges, *({turn - wait for turn in self._turns()} & every)})
        make = lambda day: self._moved(place, day)  # noqa: E731  # short
        yield from self._around("dose before on", edges, make, always=False)
        if 0 <= place < len(self.history):
            yield "without the dose before", self._with(self.history[:place])

    def _moved(self, place: int, day: int) -> Person | None:
        """The person with the dose of that place on another day, and those before it before that.

        Someone without one has it then; None where it would fall out of its season.
        """
        on = date.fromordinal(day)
        if (on < self.season) is not (place < self.before or place < 0):
            return None
        if place < 0:
            return self._with([Dose(self._some_vaccine(), on), *self.history])
        doses = list(self.history)
        doses[place] = evolve(doses[place], on=on)
        for number in reversed(range(place)):
            own, after = doses[number].on, doses[number + 1].on
            earlier = min(own, after - _USUAL_GAP)
            if earlier < self.season <= own:  # it stays in its season
                earlier = min(own, after - timedelta(days=1))
            doses[number] = evolve(doses[number], on=earlier)
        return self._with(doses)

    def _some_vaccine(self) -> str:
        return min(self.one.vaccines)

    def _counts(self, leaf: BoundCondition, number: int) -> Iterator[Variant]:
        """One dose too few; the next dose just before and in the days of the stage."""
        place = self.before + number - 1
        if place < len(self.history):
            fewer = self.history[:place] if number else self.history
            yield f"with {_doses(len(fewer))}", self._with(fewer)
            return
        vaccine = self.history[-1].vaccine if self.history else self._some_vaccine()
        last = self.history[-1].on if self.history else date.min
        days = [self.entry.first - 1, self.entry.first, self.entry.last, self.entry.last + 1]
        if self.one.season > FIRST:
            days = [self.one.season - 1, self.one.season, *days]
        for day in dict.fromkeys(days):
            on = date.fromordinal(day)
            dose = if_possible(partial(Dose, vaccine, on))
            if dose is not None and on > last and (on >= self.season or number == 1):
                yield f"dose {number} on {on}", self._with([*self.history, dose])

    def _earlier(self, number: int) -> Iterator[Variant]:
        """One dose too few before the season, and just enough."""
        kept = [it for it in self.history if it.on >= self.season]
        for count in range(max(number - 1, 0), number + 1):
            days = (self.season - timedelta(days=200 + 100 * n) for n in range(count))
            given = map(partial(Dose, self._some_vaccine()), days)
            earlier = if_possible(partial(list[Dose], given))
            if earlier is not None:
                yield f"{_doses(count)} before the season", self._with([*earlier, *kept])

    def _vaccines(self, named: tuple[str, ...]) -> Iterator[Variant]:
        """Each vaccine as the dose before, and one that is not named."""
        place = self.before + self.entry.rule.dose - 2
        if not 0 <= place < len(self.history):
            return  # there is no dose before
        others = sorted(self.one.vaccines.difference(named))[:1]
        for vaccine in (*named, *others):
            doses = list(self.history)
            doses[place] = evolve(doses[place], vaccine=vaccine)
            yield f"dose before with {vaccine}", self._with(doses)

    def _group(self, group: str) -> Iterator[Variant]:
        groups = self.base.groups or frozenset()
        inside = {own for own in groups if own == group or own.startswith(f"{group}/")}
        if inside:
            yield "not a member", evolve(self.base, groups=groups - inside)
        else:
            yield "a member", evolve(self.base, groups=groups | {group})

    def _counties(self, condition: RegisteredIn | ResidentIn) -> Iterator[Variant]:
        for county in (*condition.counties, elsewhere(condition.counties)):
            if isinstance(condition, RegisteredIn):
                yield county, evolve(self.base, registered_county=county)
            else:
                yield county, evolve(self.base, residence_county=county)

    def _happened(self, leaf: BoundCondition, condition: OfDatedFact) -> Iterator[Variant]:
        """Somebody to whom it happened around an edge that matters, or never.

        The first and the last edge matter, and those that lead to the end of the person's days or
        to the day from which a rule differs.
        """
        fact = condition.dated_fact
        edges = {day for _, day in leaf.condition.edges(leaf.context).dated}
        led = {turn - condition.wait for turn in self._turns()} & edges

        def make(day: int) -> Person:
            return with_fact(self.base, DatedFact(fact, date.fromordinal(day)))

        telling = sorted({min(edges), max(edges), *led})
        yield from self._around(f"{fact} on", telling, make, always=False)
        yield f"{fact} never", with_fact(self.base, DatedFact(fact, "never"))

    def _turns(self) -> set[int]:
        """The days on which the person's days end, or from which a rule differs."""
        return {
            *(last for _, last in _days(self.one, self.base).possible.spans),
            *(
                it.condition.from_day.toordinal()
                for it in self.one.leaves
                if isinstance(it.condition, FromDay)
            ),
        }

    def _instants(self, leaf: BoundCondition) -> Iterator[Variant]:
        vaccine = self.entry.vaccine
        step = timedelta(microseconds=1)
        for edge in sorted(leaf.condition.edges(leaf.context).instants):
            for instant in (edge - step, edge, edge + step):
                wish = Willingness({vaccine: instant})
                yield f"registered {instant}", evolve(self.base, willingness=wish)
        yield "not registered", evolve(self.base, willingness=Willingness({}))


def _doses(count: int) -> str:
    return "1 dose" if count == 1 else f"{count} doses"


def _day(dose: Dose) -> date:
    return dose.on


def _words(offered: list[bool]) -> tuple[str, str, str]:
    """The words for the day before an edge, the edge, and the day after."""
    match offered:
        case [_, True, False]:
            return "the day before the last", "the last day", "a day too late"
        case [False, False, True]:
            return "two days too early", "a day too early", "the first day"
        case [False, True, True]:
            return "a day too early", "the first day", "a day later"
    return "two days before a change", "the last day before it", "the first day after it"


_FEBRUARY: Final = 2


def _telling(edges: Iterable[int]) -> list[int]:
    """Of each run of days the first and the last, the ends of months, and 28 and 29 February."""
    ordered = sorted(edge for edge in edges if FIRST < edge < LAST)
    runs: list[list[int]] = []
    for before, edge in pairwise([FIRST - 1, *ordered]):
        if edge == before + 1:
            runs[-1].append(edge)
        else:
            runs.append([edge])
    return [
        edge for run in runs for edge in run if edge in {run[0], run[-1]} or _ends_a_month(edge)
    ]


def _ends_a_month(edge: int) -> bool:
    day, after = date.fromordinal(edge), date.fromordinal(edge + 1)
    return day.month != after.month or (after.month, after.day) == (_FEBRUARY, 29)


def _unknown(base: Person, leaves: Iterable[BoundCondition]) -> Iterator[Variant]:
    """The person with one fact not known, for each fact that the rule asks for."""
    facts = {leaf.condition.fact for leaf in leaves}
    birth = base.birth_date
    if "birth_date" in facts and isinstance(birth, date):
        yield "birth date", evolve(base, birth_date=None)
        yield "month of birth", evolve(base, birth_date=PartialDate(birth.year))
        yield "day of birth", evolve(base, birth_date=PartialDate(birth.year, birth.month))
    groups = {it.condition.group for it in leaves if isinstance(it.condition, InGroup)}
    for group in sorted(groups):
        yield f"membership of {group}", evolve(base, unknown_groups={group})
    without = {
        "doses": evolve(base, doses=None),
        "registered_county": evolve(base, registered_county=None),
        "residence_county": evolve(base, residence_county=None),
        "willingness": evolve(base, willingness=None),
        "sex": evolve(base, sex=None),
    }
    for fact, person in without.items():
        if fact in facts:
            yield fact.replace("_", " "), person
    asked = {it.condition.dated_fact for it in leaves if isinstance(it.condition, OfDatedFact)}
    for known in base.dated_facts:
        if known.fact in asked:
            rest = (it for it in base.dated_facts if it is not known)
            yield known.fact, evolve(base, dated_facts=rest)
            if isinstance(known.on, date):
                in_part = PartialDate(known.on.year, known.on.month)
                yield f"day of {known.fact}", with_fact(base, DatedFact(known.fact, in_part))


def _label(leaf: BoundCondition) -> str:
    """The condition, much as in the policy file."""
    it = leaf.condition
    parts = [
        f"{field.name} {_text(value)}"
        for field in attrs.fields(type(it))
        if (value := getattr(it, field.name)) is not None
    ]
    return ("not " if leaf.negated else "") + ", ".join(parts)


def _text(value: object) -> str:
    if isinstance(value, Condition):
        fields = attrs.fields(type(value))
        return " ".join(f"{it.name} {_text(getattr(value, it.name))}" for it in fields)
    return "/".join(value) if isinstance(value, tuple) else str(value)
