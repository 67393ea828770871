"""Whether it is a person's turn: the one function that decides, and what it answers.

`decide` maps a policy and a person to the days on which the person may be vaccinated. If there are
such days, the person is eligible. If there are none, however the unknown facts may turn out, the
person is not. Otherwise the cases are told apart, fact by fact: if all give the same outcome, that
is the outcome; if not, the question stays open, and the decision says which facts would close it.

Nothing here reads a clock: whether a window is open is asked with the instant in hand.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vaxpolicy._values import DoseCount, DoseNumber, Prose, Text, checked, unchecked
from vaxpolicy.days import DaySet
from vaxpolicy.rules.compiled import Basis, BoundCondition, CompiledOffer, WindowUse, compile_policy
from vaxpolicy.rules.conditions import Condition, PolicyError, Question
from vaxpolicy.rules.evaluation import Evaluation, Found, Outcome
from vaxpolicy.rules.people import Dose, PartialDate, Person, Willingness
from vaxpolicy.rules.policy import Policy, Window
from vaxpolicy.rules.unknowns import (
    adjacent_births,
    completions,
    next_question,
    open_facts,
    open_questions,
    questions_of,
    representatives,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

DOSES: Final = Question("doses")

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


class Effect(Enum):
    """What a reason does: refuse a rule's offer, narrow its days, or leave it open."""

    REFUSES = "refuses"
    NARROWS = "narrows"
    OPEN = "open"


@frozen(field_transformer=checked)
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
    rule_id: Text
    effect: Effect
    dose: DoseCount
    vaccine: str | None = None
    basis: Basis = "rule"
    condition: Condition | None = None
    negated: bool = False
    day: date | None = None
    fact: Prose | None = None


_new_reason = unchecked(Reason)


@frozen(field_transformer=checked)
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
    dose: DoseNumber
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
            raise ValueError("now: expected a datetime with a UTC offset")
        answers = {_any_open(case, now) for case in self.window_cases}
        return answers.pop() if len(answers) == 1 else None


_offer = unchecked(Offer)


def _any_open(windows: Iterable[Window], now: datetime) -> bool | None:
    answers = {window.is_open(now) for window in windows}
    return True if True in answers else None if None in answers else False


@frozen(field_transformer=checked)
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
    policy_digest: Text
    subject: str | None
    outcome: Outcome
    offers: tuple[Offer, ...]
    possible_offers: tuple[Offer, ...]
    reasons: tuple[Reason, ...]
    missing: tuple[Prose, ...]


_decision = unchecked(Decision)


# -- deciding --------------------------------------------------------------------------------------


def decide(policy: Policy, person: Person) -> Decision:
    """Whether, on which days and for which vaccine and dose it is the person's turn, and why.

    Facts that contradict each other (a dose before birth, two doses on one day) or that the policy
    cannot place (a dose of a vaccine that it does not know) count as not known: never as a yes.
    """
    if not isinstance(policy, Policy):
        raise TypeError(f"policy: expected a Policy, got {type(policy).__name__}")
    if not isinstance(person, Person):
        raise TypeError(f"person: expected a Person, got {type(person).__name__}")
    plan = compile_policy(policy)
    facts, problem = plan.read(person)
    sweep = Evaluation(plan, facts)
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
            missing = tuple(str(fact) for fact in open_facts(sweep) if _can_change(sweep, fact))
    reasons = _reasons(sweep)
    if problem is not None:
        reasons = (_new_reason(problem, "", Effect.OPEN, 0, fact="doses"), *reasons)
    return _decision(
        policy_id=policy.id,
        policy_version=policy.version,
        policy_digest=policy.digest,
        subject=person.key,
        outcome=outcome,
        offers=offers,
        possible_offers=possible_offers,
        reasons=reasons,
        missing=missing,
    )


def _outcome(sweep: Evaluation) -> Outcome:
    """The outcome that all cases share; undetermined where they differ or one stays open."""
    if sweep.verdict is not None:
        return sweep.verdict
    questions = open_questions(sweep)
    if not questions:
        return Outcome.UNDETERMINED
    shared: Outcome | None = None
    for case in representatives(sweep, next_question(questions)):
        outcome = _outcome(case)
        if outcome is Outcome.UNDETERMINED or (shared is not None and outcome is not shared):
            return Outcome.UNDETERMINED
        shared = outcome
    return shared or Outcome.UNDETERMINED


def _can_change(sweep: Evaluation, fact: Question) -> bool:
    """Whether the outcome can depend on this fact alone, however the others turn out."""
    if sweep.verdict is not None:
        return False
    facts = open_facts(sweep)
    if fact not in facts:
        return False
    others = [other for other in facts if other != fact]
    if (
        fact.fact == "birth_date"
        and DOSES in others
        and sweep.facts.birth_to > sweep.facts.birth + 1
    ):
        undosed = next(representatives(sweep, DOSES))
        return _can_change(undosed, fact) or any(
            _can_change(pair, fact) for pair in adjacent_births(sweep)
        )
    if others:
        question = next_question(others)
        return any(_can_change(case, fact) for case in representatives(sweep, question))
    seen: set[Outcome] = set()
    for case in representatives(sweep, fact):
        seen.add(_outcome(case))
        if len(seen) > 1:
            return True
    return False


# -- offers ----------------------------------------------------------------------------------------


def _offers(sweep: Evaluation) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """The offers with days that are sure, and those that have only possible ones."""
    certain: list[Offer] = []
    open_: list[Offer] = []
    completions: dict[tuple[WindowUse, ...], tuple[tuple[Window, ...], ...]] = {}
    for number, entry in enumerate(sweep.plan.entries):
        sure, possible = sweep.sure[number], sweep.possible[number]
        if not possible:
            continue
        windows = entry.always or completions.get(entry.windows)
        if windows is None:
            windows = completions[entry.windows] = _window_cases(sweep, entry)
        rule = entry.rule
        days = _day_set(sure) if sure else DaySet.none()
        as_possible = days if sure == possible else _day_set(possible)
        offer = _offer(rule.id, entry.vaccine, rule.dose, days, as_possible, windows)
        (certain if sure else open_).append(offer)
    return tuple(certain), tuple(open_)


def _day_set(spans: Found) -> DaySet:
    return DaySet((spans[0],)) if len(spans) == 1 else DaySet.of_spans(spans)


def _offers_in_every_case(sweep: Evaluation) -> tuple[Offer, ...]:
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
            completions = [case for entry in entries for case in _window_cases(sweep, entry)]
            rules = "|".join(dict.fromkeys(entry.rule.id for entry in entries))
            days = DaySet.of_spans(possible)
            offers.append(
                _offer(rules, vaccine, dose, sure, days, tuple(dict.fromkeys(completions)))
            )
    return tuple(offers)


def _sure_in_every_case(sweep: Evaluation, numbers: list[int]) -> DaySet:
    questions = [] if sweep.verdict is Outcome.ELIGIBLE else open_questions(sweep)
    if not questions:
        return DaySet.of_spans(span for number in numbers for span in sweep.sure[number])
    sure = DaySet.every()
    for case in completions(sweep, questions[0]):
        sure &= _sure_in_every_case(case, numbers)
    return sure


def _window_cases(sweep: Evaluation, entry: CompiledOffer) -> tuple[tuple[Window, ...], ...]:
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


def _window_cases_apart(
    sweep: Evaluation, entry: CompiledOffer, leaf: int
) -> tuple[tuple[Window, ...], ...]:
    question = next(sweep.plan.leaves[leaf].open_questions(sweep.facts))
    each = (_window_cases(case, entry) for case in completions(sweep, question))
    return tuple(dict.fromkeys(windows for case in each for windows in case))


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


def _reasons(sweep: Evaluation) -> tuple[Reason, ...]:
    """What narrows an offer, what is open, and what refuses: the nearest to an offer first."""
    narrowing: dict[object, Reason] = {}
    open_: dict[object, Reason] = {}
    near: dict[object, Reason] = {}
    far: dict[object, Reason] = {}
    for entry, sure, possible in zip(sweep.plan.entries, sweep.sure, sweep.possible, strict=True):
        if sure:
            if sure[0][0] > entry.first or sure[-1][1] < entry.last:
                leaves = _bounds(sweep, entry, sure, possible)
                _note(narrowing, sweep, entry, leaves, Effect.NARROWS)
            if sure != possible:
                _note_open(open_, sweep, entry)
        elif possible:
            _note_open(open_, sweep, entry)
        elif not entry.alternatives:
            _note_not_licensed(far, entry)
        else:
            leaves = _blockers(sweep, entry)
            _note(near if len(leaves) == 1 else far, sweep, entry, leaves, Effect.REFUSES)
    refusals = {**near, **far, **near} if near and far else near or far
    return (*narrowing.values(), *open_.values(), *refusals.values())


def _note(
    notes: dict[object, Reason],
    sweep: Evaluation,
    entry: CompiledOffer,
    leaves: Iterable[int],
    effect: Effect,
) -> None:
    """Note a reason for each leaf; one that all vaccines of a rule share is noted once.

    What the rule refuses, a licence need not refuse again.
    """
    turns, on_doses = sweep.turns, sweep.plan.on_doses
    make = _refusal if effect is Effect.REFUSES else _narrowing
    dose_missing = False
    for number in leaves:
        if dose_missing and number in on_doses:
            continue  # what else is asked of a dose that is not there says nothing new
        leaf = sweep.plan.leaves[number]
        turn = turns.get(number)
        if turn is None:
            turn = turns[number] = leaf.turn(sweep.facts)
        code, day = turn
        dose_missing = dose_missing or code == "earlier-dose-missing"
        of_rule = code, entry.rule.id
        if of_rule in notes:
            continue
        vaccine = entry.whose[number][0]
        key = of_rule if vaccine is None else (code, entry.rule.id, vaccine)
        if key not in notes:
            notes[key] = make(entry, leaf, entry.whose[number], code, day)


@lru_cache(maxsize=4096)
def _refusal(
    entry: CompiledOffer,
    leaf: BoundCondition,
    whose: tuple[str | None, Basis],
    code: str,
    day: date | None,
) -> Reason:
    """The reason that a condition gives for refusing an offer; people often share it."""
    return _reason(entry, leaf, whose, code, day, Effect.REFUSES)


@lru_cache(maxsize=4096)
def _narrowing(
    entry: CompiledOffer,
    leaf: BoundCondition,
    whose: tuple[str | None, Basis],
    code: str,
    day: date | None,
) -> Reason:
    """The reason that a condition gives for narrowing an offer."""
    return _reason(entry, leaf, whose, code, day, Effect.NARROWS)


def _reason(  # noqa: PLR0917  # what a reason is made of
    entry: CompiledOffer,
    leaf: BoundCondition,
    whose: tuple[str | None, Basis],
    code: str,
    day: date | None,
    effect: Effect,
) -> Reason:
    vaccine, basis = whose
    return _new_reason(
        code,
        entry.rule.id,
        effect,
        entry.rule.dose,
        vaccine=vaccine,
        basis=basis,
        condition=leaf.condition,
        negated=leaf.negated,
        day=day,
    )


def _note_not_licensed(notes: dict[object, Reason], entry: CompiledOffer) -> None:
    rule, code = entry.rule, "not-licensed"
    reason = _new_reason(code, rule.id, Effect.REFUSES, rule.dose, entry.vaccine, "licence")
    notes[code, rule.id, entry.vaccine] = reason


def _note_open(notes: dict[object, Reason], sweep: Evaluation, entry: CompiledOffer) -> None:
    rule = entry.rule
    for question in questions_of(sweep, entry):
        code = _OPEN_CODES.get(question.fact, "not-stated")
        notes.setdefault(
            (rule.id, question),
            _new_reason(code, rule.id, Effect.OPEN, rule.dose, fact=str(question)),
        )
    if not entry.days_stated:
        code = "vaccination-days-not-stated"
        notes.setdefault((rule.id, code), _new_reason(code, rule.id, Effect.OPEN, rule.dose))


def _blockers(sweep: Evaluation, entry: CompiledOffer) -> list[int]:
    """What refuses: in the alternative that comes nearest, the terms that leave no day."""
    nearest: list[int] | None = None
    for alternative in entry.alternatives:
        blockers = [
            leaf
            for leaf in alternative
            if (span := sweep.spans[leaf])[2] > entry.last or span[3] < entry.first
        ] or _ends(sweep, alternative)
        if nearest is None or len(blockers) < len(nearest):
            nearest = blockers
    assert nearest is not None  # noqa: S101  # an entry without alternatives is not asked
    return nearest


def _bounds(sweep: Evaluation, entry: CompiledOffer, sure: Found, possible: Found) -> list[int]:
    """What narrows: the terms that cut short the alternative with the earliest sure days.

    Not those beyond which days are possible: what is open there is told as such.
    """
    earliest = entry.last + 1
    opens = min(first for first, _ in possible) < min(first for first, _ in sure)
    goes_on = max(last for _, last in possible) > max(last for _, last in sure)
    narrowing: list[int] = []
    for alternative in entry.alternatives:
        first, last = entry.first, entry.last
        begins = ends = -1
        for leaf in alternative:
            sure_first, sure_last, _, _ = sweep.spans[leaf]
            if sure_first > first:
                first, begins = sure_first, leaf
            if sure_last < last:
                last, ends = sure_last, leaf
        if first <= last and first < earliest:
            cut = (-1 if opens else begins, -1 if goes_on else ends)
            earliest, narrowing = first, [leaf for leaf in cut if leaf >= 0]
    return narrowing


def _ends(sweep: Evaluation, alternative: tuple[int, ...]) -> list[int]:
    """The terms that give the latest first day and the earliest last day that are possible."""
    spans = sweep.spans
    return [
        max(alternative, key=lambda leaf: spans[leaf][2]),
        min(alternative, key=lambda leaf: spans[leaf][3]),
    ]
