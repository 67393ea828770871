"""Whether it is a person's turn: the one function that decides, and what it answers.

`decide` maps a policy and a person to the days on which the person may be vaccinated. If there are
such days, the person is eligible. If there are none, however the unknown facts may turn out, the
person is not. Otherwise the cases are told apart, fact by fact: if all give the same outcome, that
is the outcome; if not, the question stays open, and the decision says which facts would close it.

Nothing here reads a clock: whether a window is open is asked with the instant in hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cached_property
from itertools import combinations_with_replacement, pairwise, product
from typing import Final, Literal

from attrs import frozen

from vaxpolicy.conditions import (
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    Context,
    DosesAtLeast,
    Edges,
    Facts,
    FromDay,
    NotThat,
    PolicyError,
    Span,
    Term,
    alternatives,
    opposite,
    read_facts,
    with_whole,
)
from vaxpolicy.days import FIRST, LAST, DaySet, day_number
from vaxpolicy.people import Dose, PartialDate, Person, Willingness
from vaxpolicy.policy import Policy, Rule, Stage, VaccinationDays, Window

__all__ = [
    "Decision",
    "Dose",
    "Effect",
    "Offer",
    "Outcome",
    "PartialDate",
    "Person",
    "Policy",
    "PolicyError",
    "Reason",
    "Willingness",
    "decide",
]

# -- answers ---------------------------------------------------------------------------------------


class Outcome(Enum):
    """Whether the person may be vaccinated under the policy."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


class Effect(Enum):
    """What a reason does: refuse a rule's offer, narrow its days, or leave it open."""

    REFUSES = "refuses"
    NARROWS = "narrows"
    OPEN = "open"


@frozen
class Reason:
    """Why a rule does not offer its vaccine, not on all its days, or not for sure.

    Attributes:
        code: stable and language-free, such as ``too-young``.
        rule_id: the rule.
        effect: whether it refuses, narrows or leaves open.
        dose: the dose that the rule offers.
        vaccine: the vaccine for which it holds; None: for all vaccines of the rule.
        basis: whether the rule itself asks it or the vaccine's licence.
        condition: the condition as it stands in the policy.
        negated: whether its opposite is asked.
        day: the day on which the condition turns for this person by itself: a birthday, or the dose
            before plus the interval.
        fact: what is not known, where that is the reason.
    """

    code: str
    rule_id: str
    effect: Effect
    dose: int
    vaccine: str | None = None
    basis: Literal["rule", "licence"] = "rule"
    condition: Condition | None = None
    negated: bool = False
    day: date | None = None
    fact: str | None = None


@frozen
class Offer:
    """A dose of a vaccine that a rule gives the person.

    Attributes:
        rule_id: the rule.
        vaccine: the code of the vaccine.
        dose: the number of the dose.
        days: the days on which the person surely may have it.
        possible_days: the days on which the person may have it if what is not known is so.
        window_cases: the booking windows for this person, once for each way in which what is not
            known may turn out.
    """

    rule_id: str
    vaccine: str
    dose: int
    days: DaySet
    possible_days: DaySet
    window_cases: tuple[tuple[Window, ...], ...]

    @property
    def windows(self) -> tuple[Window, ...]:
        """Every booking window that is, or may be, for this person."""
        return tuple(dict.fromkeys(window for case in self.window_cases for window in case))

    def bookable(self, now: datetime) -> bool | None:
        """Whether a window is open for this person: ``opens <= now < closes``.

        None where the announcement does not say, or not how it reckons this person's age. Raises
        ValueError for an instant without its UTC offset.
        """
        if now.utcoffset() is None:
            raise ValueError("expected a datetime with its UTC offset")
        answers = {_any_open(case, now) for case in self.window_cases}
        return answers.pop() if len(answers) == 1 else None


def _any_open(windows: Iterable[Window], now: datetime) -> bool | None:
    answers = {window.is_open(now) for window in windows}
    return True if True in answers else None if None in answers else False


@frozen
class Decision:
    """The answer of one policy for one person.

    Attributes:
        policy_id: the policy.
        policy_version: its version.
        policy_digest: the digest of its content.
        subject: the pseudonym that the portal gave the person (`Person.key`).
        outcome: eligible, not eligible, or undetermined.
        offers: one for each rule and vaccine with days that are sure.
        possible_offers: those with days that are possible and none that is sure.
        reasons: most useful first.
        missing: the facts of the person each of which can change the outcome: a field of `Person`,
            or field and item, as in ``groups/cecc-2021-06-21/9``.
    """

    policy_id: str
    policy_version: str
    policy_digest: str
    subject: str | None
    outcome: Outcome
    offers: tuple[Offer, ...]
    possible_offers: tuple[Offer, ...]
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]


# -- a policy made ready ---------------------------------------------------------------------------


class _Leaf:
    """One distinct term of a policy, bound; it is evaluated once per decision."""

    __slots__ = ("by_vaccine", "condition", "context", "negated", "span")

    def __init__(self, term: Term, context: Context) -> None:
        self.condition, self.negated, self.context = term.condition, term.negated, context
        self.by_vaccine = "vaccine" in term.condition.setting
        bound = term.condition.bind(context)
        self.span: Callable[[Facts], Span] = (
            (lambda facts: opposite(bound(facts))) if term.negated else bound
        )

    def code(self, facts: Facts) -> str:
        if self.negated:
            return self.condition.code_negated
        return self.condition.refusal(facts, self.context)

    def day(self, facts: Facts) -> date | None:
        number = self.condition.turning_day(facts, self.context)
        return date.fromordinal(number) if number and FIRST <= number <= LAST else None

    def open_questions(self, facts: Facts) -> Iterator[str]:
        return self.condition.open_questions(facts, self.context)


@frozen(eq=False)
class _WindowUse:
    """A window that is for an entry, and the leaves of the ages that it asks."""

    window: Window
    leaves: tuple[int, ...]


@frozen(eq=False)
class _Entry:
    """One vaccine of one rule: its days, its conditions in normal form, its windows."""

    rule: Rule
    vaccine: str
    first: int
    last: int
    days_stated: bool
    alternatives: tuple[tuple[int, ...], ...]
    rule_leaves: frozenset[int]
    windows: tuple[_WindowUse, ...]
    always: tuple[tuple[Window, ...], ...] | None
    """The one case of the booking windows, where no window asks an age."""


@frozen(eq=False)
class _Plan:
    """A policy in the form in which it is applied: distinct conditions once, rules by number."""

    entries: tuple[_Entry, ...]
    leaves: tuple[_Leaf, ...]
    spans: tuple[Callable[[Facts], Span], ...]
    vaccines: frozenset[str]
    known_vaccines: frozenset[str]
    season: int

    @cached_property
    def edges(self) -> Edges:
        """Every birth date, dose date, vaccine and county at which an answer changes."""
        each = [leaf.condition.edges(leaf.context) for leaf in self.leaves]
        return Edges(
            births=frozenset[int]().union(*(edges.births for edges in each)),
            doses=frozenset[int]().union(*(edges.doses for edges in each)),
            vaccines=frozenset[str]().union(*(edges.vaccines for edges in each)),
            counties=frozenset[str]().union(*(edges.counties for edges in each)),
        )

    @cached_property
    def instants(self) -> dict[str, frozenset[datetime]]:
        """The instants of registration at which an answer changes, by vaccine."""
        found: dict[str, frozenset[datetime]] = {}
        for leaf in self.leaves:
            vaccine, edges = leaf.context.vaccine, leaf.condition.edges(leaf.context)
            found[vaccine] = found.get(vaccine, frozenset()) | edges.instants
        return found


def prepare(policy: Policy) -> _Plan:
    """The policy made ready, once; raises PolicyError where its rules cannot be applied."""
    if policy.prepared is None:
        object.__setattr__(policy, "prepared", _Planner(policy).plan())
    assert isinstance(policy.prepared, _Plan)  # noqa: S101  # nothing else ever sets it
    return policy.prepared


class _Planner:
    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.numbers: dict[tuple[Term, tuple[object, ...]], int] = {}
        self.leaves: list[_Leaf] = []

    def plan(self) -> _Plan:
        policy = self.policy
        entries = tuple(
            self._entry(stage, rule, vaccine)
            for stage in policy.stages
            for rule in stage.rules
            for vaccine in rule.vaccines
        )
        return _Plan(
            entries=entries,
            leaves=tuple(self.leaves),
            spans=tuple(leaf.span for leaf in self.leaves),
            vaccines=frozenset(
                code for code, it in policy.vaccines.items() if it.disease == policy.disease
            ),
            known_vaccines=frozenset(policy.vaccines),
            season=FIRST if policy.counts_from is None else day_number(policy.counts_from),
        )

    def _entry(self, stage: Stage, rule: Rule, vaccine: str) -> _Entry:
        if vaccine not in self.policy.vaccines:
            raise PolicyError(f"rule {rule.id}: unknown vaccine {vaccine!r}")
        days = stage.vaccination_days
        context = Context(
            first=day_number(days.first),
            last=day_number(days.last),
            days_stated=days.stated,
            dose=rule.dose,
            vaccine=vaccine,
            bands=self.policy.bands,
        )
        own = self._leaves(AllOf((*_exactly(rule.dose - 1), *rule.all)), context)
        licence = self._leaves(self._licence(rule, vaccine, days), context)
        uses = tuple(
            _WindowUse(window, self._ages(window, context))
            for window in stage.windows
            if (not window.vaccines or vaccine in window.vaccines)
            and (not window.doses or rule.dose in window.doses)
        )
        one_case = all(not use.leaves for use in uses)
        return _Entry(
            rule=rule,
            vaccine=vaccine,
            first=context.first,
            last=context.last,
            days_stated=days.stated,
            alternatives=tuple(
                tuple(dict.fromkeys((*mine, *legal))) for mine in own for legal in licence
            ),
            rule_leaves=frozenset(leaf for leaves in own for leaf in leaves),
            windows=uses,
            always=(tuple(use.window for use in uses),) if one_case else None,
        )

    def _licence(self, rule: Rule, vaccine: str, days: VaccinationDays) -> AnyCondition:
        """What the vaccine's licences ask on the days of the stage: one of those in force."""
        licences = self.policy.vaccines[vaccine].licences
        in_force: list[AnyCondition] = []
        for licence in licences:
            if licence.doses and rule.dose not in licence.doses:
                continue
            until = licence.until or date.max
            if licence.since > days.last or until <= days.first:
                continue
            starts = [FromDay(licence.since)] if licence.since > days.first else []
            ends = [NotThat(FromDay(until))] if until <= days.last else []
            in_force.append(AllOf((*starts, *ends, *licence.all)))
        return AnyOf(tuple(in_force)) if licences else AllOf(())

    def _ages(self, window: Window, context: Context) -> tuple[int, ...]:
        if window.ages is None:
            return ()
        (leaves,) = self._leaves(AllOf(window.ages.conditions()), context)
        return leaves

    def _leaves(self, condition: AnyCondition, context: Context) -> list[tuple[int, ...]]:
        return [
            tuple(self._leaf(term, context) for term in terms)
            for terms in alternatives(condition, context)
        ]

    def _leaf(self, term: Term, context: Context) -> int:
        """The number of the term's leaf; the same term in the same setting is one leaf."""
        key = (term, tuple(getattr(context, name) for name in term.condition.setting))
        if key not in self.numbers:
            self.numbers[key] = len(self.leaves)
            self.leaves.append(_Leaf(term, context))
        return self.numbers[key]


def _exactly(doses: int) -> tuple[AnyCondition, ...]:
    """Exactly so many doses so far: from that dose on, until the next."""
    fewer = NotThat(DosesAtLeast(doses + 1))
    return (DosesAtLeast(doses), fewer) if doses else (fewer,)


# -- deciding --------------------------------------------------------------------------------------

_Found = list[tuple[int, int]]


class _Sweep:
    """Every entry's days for one person: those that are sure and those that are possible."""

    __slots__ = ("facts", "plan", "possible", "spans", "sure", "verdict")

    def __init__(self, plan: _Plan, facts: Facts) -> None:
        self.plan, self.facts = plan, facts
        self.spans = spans = [span(facts) for span in plan.spans]
        self.sure: list[_Found] = []
        self.possible: list[_Found] = []
        any_sure = any_possible = False
        for entry in plan.entries:
            sure: _Found = []
            possible: _Found = []
            for alternative in entry.alternatives:
                sure_first = first = entry.first
                sure_last = last = entry.last
                for leaf in alternative:
                    a, b, c, d = spans[leaf]
                    if a > sure_first:  # comparisons: this loop is what a decision costs
                        sure_first = a
                    if b < sure_last:
                        sure_last = b
                    if c > first:
                        first = c
                    if d < last:
                        last = d
                if first <= last:
                    possible.append((first, last))
                    any_possible = True
                    if sure_first <= sure_last and entry.days_stated:
                        sure.append((sure_first, sure_last))
                        any_sure = True
            self.sure.append(sure)
            self.possible.append(possible)
        self.verdict: Outcome | None = (
            Outcome.ELIGIBLE if any_sure else None if any_possible else Outcome.INELIGIBLE
        )


def decide(policy: Policy, person: Person) -> Decision:
    """Whether, on which days and for which vaccine and dose it is the person's turn, and why.

    Facts that contradict each other (a dose before birth, two doses on one day) or that the policy
    cannot place (a dose of a vaccine that it does not know) count as not known: never as a yes.
    """
    plan = policy.prepared
    if plan.__class__ is not _Plan:
        plan = prepare(policy)
    facts = read_facts(person, plan.vaccines, plan.season)
    problem = _distrust(plan, facts, person) if person.doses else None
    sweep = _Sweep(plan, facts)
    outcome = sweep.verdict
    missing: tuple[str, ...] = ()
    if outcome is not None:
        offers, possible_offers = _offers(sweep)
    else:
        outcome = _outcome(sweep)
        offers, possible_offers = _offers(sweep)
        if outcome is Outcome.ELIGIBLE:
            offers = _offers_in_every_case(sweep)
        elif outcome is Outcome.UNDETERMINED:
            missing = tuple(fact for fact in _open_facts(sweep) if _can_change(sweep, fact))
    reasons = _reasons(sweep)
    return Decision(
        policy.id,
        policy.version,
        policy.digest,
        person.key,
        outcome,
        offers,
        possible_offers,
        reasons if problem is None else (problem, *reasons),
        missing,
    )


def _distrust(plan: _Plan, facts: Facts, person: Person) -> Reason | None:
    """Why the dose history cannot be so; what it says is then not known."""
    doses = facts.doses or ()
    code = None
    if any(dose.vaccine not in plan.known_vaccines for dose in person.doses or ()):
        code = "vaccine-not-known"
    elif doses and doses[0] < facts.birth:
        code = "dose-before-birth"
    elif len(set(doses)) < len(doses):
        code = "doses-on-one-day"
    if code is None:
        return None
    facts.doses, facts.vaccines, facts.before_season = None, (), 0
    return Reason(code, "", Effect.OPEN, 0, fact="doses")


# -- offers ----------------------------------------------------------------------------------------


def _offers(sweep: _Sweep) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """The offers with days that are sure, and those that have only possible ones."""
    certain: list[Offer] = []
    open_: list[Offer] = []
    cases: dict[tuple[_WindowUse, ...], tuple[tuple[Window, ...], ...]] = {}
    for number, entry in enumerate(sweep.plan.entries):
        sure, possible = sweep.sure[number], sweep.possible[number]
        if not possible:
            continue
        windows = entry.always or cases.get(entry.windows)
        if windows is None:
            windows = cases[entry.windows] = _window_cases(sweep, entry)
        rule = entry.rule
        days = _day_set(sure) if sure else DaySet.none()
        as_possible = days if sure == possible else _day_set(possible)
        offer = Offer(rule.id, entry.vaccine, rule.dose, days, as_possible, windows)
        (certain if sure else open_).append(offer)
    return tuple(certain), tuple(open_)


def _day_set(spans: _Found) -> DaySet:
    return DaySet((spans[0],)) if len(spans) == 1 else DaySet.of_spans(spans)


def _offers_in_every_case(sweep: _Sweep) -> tuple[Offer, ...]:
    """What is offered in every case, though by one rule in one case and by another in the next."""
    together: dict[tuple[str, int], list[int]] = {}
    for number, entry in enumerate(sweep.plan.entries):
        if sweep.possible[number]:
            together.setdefault((entry.vaccine, entry.rule.dose), []).append(number)
    offers = []
    for (vaccine, dose), numbers in together.items():
        sure = _sure_in_every_case(sweep, numbers)
        if sure:
            entries = [sweep.plan.entries[number] for number in numbers]
            possible = [span for number in numbers for span in sweep.possible[number]]
            cases = [case for entry in entries for case in _window_cases(sweep, entry)]
            rules = "|".join(dict.fromkeys(entry.rule.id for entry in entries))
            days = DaySet.of_spans(possible)
            offers.append(Offer(rules, vaccine, dose, sure, days, tuple(dict.fromkeys(cases))))
    return tuple(offers)


def _sure_in_every_case(sweep: _Sweep, numbers: list[int]) -> DaySet:
    questions = [] if sweep.verdict is Outcome.ELIGIBLE else _open_questions(sweep)
    if not questions:
        return DaySet.of_spans(span for number in numbers for span in sweep.sure[number])
    sure = DaySet.every()
    for case in _cases(sweep, questions[0]):
        sure &= _sure_in_every_case(case, numbers)
    return sure


def _window_cases(sweep: _Sweep, entry: _Entry) -> tuple[tuple[Window, ...], ...]:
    """The entry's windows for this person, once for each way in which what is open turns out."""
    certain: list[Window] = []
    for use in entry.windows:
        admitted = True
        for leaf in use.leaves:
            first, last, possibly_first, possibly_last = sweep.spans[leaf]
            if first <= entry.first and last >= entry.last:
                continue
            admitted = False
            if first != possibly_first or last != possibly_last:
                return _window_cases_apart(sweep, entry, leaf)
        if admitted:
            certain.append(use.window)
    return (tuple(certain),)


def _window_cases_apart(sweep: _Sweep, entry: _Entry, leaf: int) -> tuple[tuple[Window, ...], ...]:
    question = next(sweep.plan.leaves[leaf].open_questions(sweep.facts))
    each = (_window_cases(case, entry) for case in _cases(sweep, question))
    return tuple(dict.fromkeys(windows for case in each for windows in case))


# -- what is not known -----------------------------------------------------------------------------

_ORDER: Final = ("groups", "registered_county", "residence_county", "willingness", "doses", "birth")


def _rank(question: str) -> int:
    """The order in which questions are told apart: few cases first, those of the policy last."""
    return next((rank for rank, it in enumerate(_ORDER) if question.startswith(it)), len(_ORDER))


def _open_questions(sweep: _Sweep) -> list[str]:
    """What is not known and bears on an offer that is possible and not sure."""
    found: set[str] = set()
    for number, entry in enumerate(sweep.plan.entries):
        if sweep.possible[number] and not sweep.sure[number]:
            found |= _questions_of(sweep, entry)
    return sorted(found, key=lambda question: (_rank(question), question))


def _questions_of(sweep: _Sweep, entry: _Entry) -> set[str]:
    return {
        question
        for alternative in entry.alternatives
        for leaf in alternative
        if sweep.spans[leaf][:2] != sweep.spans[leaf][2:]
        for question in sweep.plan.leaves[leaf].open_questions(sweep.facts)
    }


def _open_facts(sweep: _Sweep) -> list[str]:
    return [question for question in _open_questions(sweep) if not question.startswith("?")]


def _outcome(sweep: _Sweep) -> Outcome:
    """The outcome that all cases share; undetermined where they differ or one stays open."""
    if sweep.verdict is not None:
        return sweep.verdict
    questions = _open_questions(sweep)
    if not questions:
        return Outcome.UNDETERMINED
    shared: Outcome | None = None
    for case in _cases(sweep, questions[0]):
        outcome = _outcome(case)
        if outcome is Outcome.UNDETERMINED or (shared is not None and outcome is not shared):
            return Outcome.UNDETERMINED
        shared = outcome
    return shared or Outcome.UNDETERMINED


def _can_change(sweep: _Sweep, fact: str) -> bool:
    """Whether the outcome can depend on this fact alone, however the others turn out."""
    if sweep.verdict is not None:
        return False
    facts = _open_facts(sweep)
    if fact not in facts:
        return False
    others = [other for other in facts if other != fact]
    if others:
        return any(_can_change(case, fact) for case in _cases(sweep, others[0]))
    seen: set[Outcome] = set()
    for case in _cases(sweep, fact):
        seen.add(_outcome(case))
        if len(seen) > 1:
            return True
    return False


def _cases(sweep: _Sweep, question: str) -> Iterator[_Sweep]:
    """The ways in which a question may turn out, one for each that conditions can tell apart."""
    plan, facts = sweep.plan, sweep.facts
    kind, _, item = question.partition("/")
    for change in _answers(plan, facts, kind, item, question):
        case = facts.copy()
        for name, value in change.items():
            setattr(case, name, value)
        yield _Sweep(plan, case)


def _answers(
    plan: _Plan, facts: Facts, kind: str, item: str, question: str
) -> Iterable[dict[str, object]]:
    if kind.startswith("?"):
        return ({"assumed": {**facts.assumed, question: value}} for value in (0, 1))
    if kind == "groups":
        return (
            {"not_groups": facts.not_groups | {item}},
            {"groups": facts.groups | with_whole([item])},
        )
    if kind == "willingness":
        return ({"wanted": {**facts.wanted, item: at}} for at in _instants(plan, item))
    if kind == "doses":
        return _histories(plan)
    if kind == "birth_date":
        return ({"birth": day, "birth_to": day} for day in _births(plan, facts))
    place = ("registered_county", "residence_county").index(kind)
    return (
        {"counties": tuple(name if place == at else facts.counties[at] for at in (0, 1))}
        for name in ("", *sorted(plan.edges.counties))
    )


def _births(plan: _Plan, facts: Facts) -> Iterator[int]:
    """A birth date in each range within which no condition changes its answer."""
    yield facts.birth
    for edge in sorted(plan.edges.births):
        if facts.birth <= edge < facts.birth_to:
            yield edge + 1


def _instants(plan: _Plan, vaccine: str) -> Iterator[datetime | None]:
    """Never, and an instant in each range within which no condition changes its answer."""
    yield None
    edges = sorted(plan.instants.get(vaccine, ()))
    yield from edges
    if edges:
        yield edges[-1] + timedelta(microseconds=1)


def _histories(plan: _Plan) -> Iterator[dict[str, object]]:
    """A dose history of each kind that conditions can tell apart, the shortest first."""
    seasonal = plan.season > FIRST
    edges = sorted(plan.edges.doses | ({plan.season - 1} if seasonal else set()))
    room = dict(zip(edges, [LAST, *(b - a for a, b in pairwise(edges))], strict=True))
    room[edges[-1] + 1] = LAST
    told_apart = sorted(plan.edges.vaccines & plan.vaccines)
    others = sorted(plan.vaccines - plan.edges.vaccines)[:1]
    asked = {entry.rule.dose for entry in plan.entries}
    first_asked = 0 if seasonal else max(min(asked) - 2, 0)
    for count in range(max(asked) + 1 + seasonal):
        before = min(first_asked, count)
        for days in combinations_with_replacement(room, count - before):
            if any(days.count(day) > room[day] for day in days):
                continue
            for vaccines in product([*told_apart, *others], repeat=count - before):
                history = (edges[0],) * before + days
                yield {
                    "doses": history,
                    "vaccines": (*(told_apart + others)[:1] * before, *vaccines),
                    "before_season": sum(day < plan.season for day in history),
                }


# -- reasons ---------------------------------------------------------------------------------------

_OPEN_CODES: Final = {
    "groups": "group-unknown",
    "registered_county": "county-unknown",
    "residence_county": "county-unknown",
    "willingness": "willingness-unknown",
    "doses": "doses-unknown",
    "birth_date": "birth-date-unknown",
    "?age": "reckoning-not-stated",
    "?hour": "hour-not-stated",
}


def _reasons(sweep: _Sweep) -> tuple[Reason, ...]:
    """What narrows an offer, what is open, and what refuses: the nearest to an offer first."""
    narrowing: dict[object, Reason] = {}
    open_: dict[object, Reason] = {}
    near: dict[object, Reason] = {}
    far: dict[object, Reason] = {}
    for entry, sure, possible in zip(sweep.plan.entries, sweep.sure, sweep.possible, strict=True):
        if sure:
            if sure[0][0] > entry.first or sure[-1][1] < entry.last:
                leaves = _bounds(sweep, entry)
                _note(narrowing, sweep, entry, leaves, Effect.NARROWS)
        elif possible:
            _note_open(open_, sweep, entry)
        elif not entry.alternatives:
            _note_not_licensed(far, entry)
        else:
            leaves = _blockers(sweep, entry)
            _note(near if len(leaves) == 1 else far, sweep, entry, leaves, Effect.REFUSES)
    return (*narrowing.values(), *open_.values(), *near.values(), *far.values())


def _note(
    notes: dict[object, Reason],
    sweep: _Sweep,
    entry: _Entry,
    leaves: Iterable[int],
    effect: Effect,
) -> None:
    """Note a reason for each leaf; one that all vaccines of a rule share is noted once."""
    rule, facts = entry.rule, sweep.facts
    for number in leaves:
        leaf = sweep.plan.leaves[number]
        of_rule = number in entry.rule_leaves
        vaccine = None if of_rule and not leaf.by_vaccine else entry.vaccine
        code = leaf.code(facts)
        key = (code, rule.id, vaccine)
        if key not in notes:
            basis: Literal["rule", "licence"] = "rule" if of_rule else "licence"
            condition, negated, day = leaf.condition, leaf.negated, leaf.day(facts)
            notes[key] = Reason(
                code, rule.id, effect, rule.dose, vaccine, basis, condition, negated, day
            )


def _note_not_licensed(notes: dict[object, Reason], entry: _Entry) -> None:
    rule, code = entry.rule, "not-licensed"
    reason = Reason(code, rule.id, Effect.REFUSES, rule.dose, entry.vaccine, "licence")
    notes[code, rule.id, entry.vaccine] = reason


def _note_open(notes: dict[object, Reason], sweep: _Sweep, entry: _Entry) -> None:
    rule = entry.rule
    for question in sorted(_questions_of(sweep, entry), key=_rank):
        code = _OPEN_CODES.get(question.partition("/")[0], "not-stated")
        notes.setdefault(
            (rule.id, question), Reason(code, rule.id, Effect.OPEN, rule.dose, fact=question)
        )
    if not entry.days_stated:
        code = "vaccination-days-not-stated"
        notes.setdefault((rule.id, code), Reason(code, rule.id, Effect.OPEN, rule.dose))


def _blockers(sweep: _Sweep, entry: _Entry) -> list[int]:
    """What refuses: in the alternative that comes nearest, the terms that leave no day."""
    nearest: list[int] | None = None
    for alternative in entry.alternatives:
        blockers = [
            leaf
            for leaf in alternative
            if (span := sweep.spans[leaf])[2] > entry.last or span[3] < entry.first
        ] or _ends(sweep, alternative, 2)
        if nearest is None or len(blockers) < len(nearest):
            nearest = blockers
    assert nearest is not None  # noqa: S101  # an entry without alternatives is not asked
    return nearest


def _bounds(sweep: _Sweep, entry: _Entry) -> list[int]:
    """What narrows: in the first alternative with sure days, the terms that cut its days short."""
    for alternative in entry.alternatives:
        first = max(entry.first, *(sweep.spans[leaf][0] for leaf in alternative))
        last = min(entry.last, *(sweep.spans[leaf][1] for leaf in alternative))
        if first <= last:
            latest, earliest = _ends(sweep, alternative, 0)
            return [latest] * (first > entry.first) + [earliest] * (last < entry.last)
    raise AssertionError("an offer has an alternative with days")


def _ends(sweep: _Sweep, alternative: tuple[int, ...], side: int) -> list[int]:
    """The terms that give the latest first day and the earliest last day."""
    spans = sweep.spans
    return [
        max(alternative, key=lambda leaf: spans[leaf][side]),
        min(alternative, key=lambda leaf: spans[leaf][side + 1]),
    ]
