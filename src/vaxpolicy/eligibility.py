"""Is a person eligible? On which days, for which vaccine and dose, and why?

`decide` takes a policy and a person. A policy has rules; a rule offers a dose of one or more
vaccines on the vaccination days of its stage, to everybody who meets its conditions. Each condition
is met on some days and not on others: "18 or older" from the 18th birthday on, "84 days after the
last dose" from that day plus 84 on. A rule offers its dose on the days on which all of its
conditions are met. Somebody to whom a rule offers a day is eligible.

A fact about the person may be unknown. Then there are several cases, one for each answer that the
fact may have. A day is *sure* if a rule offers it in every case, and *possible* if a rule offers it
in some case. Somebody who has a day in every case is eligible; if the days differ from case to
case, no single day is sure. Somebody who has no day in any case is not eligible. Otherwise the
outcome is undetermined, and the decision names the missing facts.

`decide` counts all vaccination days of the policy: an answer in retrospect. With `from_day`, such
as today, it counts only the days from that day on. It reads no clock, so the same question always
has the same answer.

The words of a programme: a *policy* has the rules of one round of booking, or of one season's
campaign. Its *stages* are periods with separate days and rules. A *booking window* is the time in
which people may book. A *group* is a set of people that the programme names, such as health
workers. An *interval* is the time between two doses. A *licence* says for which ages a vaccine is
authorised by law. A *reckoning* is a way to count an age: in completed years on the vaccination
day, or by the calendar year.

The functions below `decide` are about the compiled policy, whose words (plan, entry, leaf,
alternative, question) are in `vaxpolicy.rules.compiled`. An *entry* is one vaccine of one rule, and
a *leaf* is one condition.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from enum import Enum
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import evolve, frozen

from vaxpolicy._values import (
    DoseCount,
    DoseNumber,
    InvalidType,
    Prose,
    Text,
    TurningDay,
    changing,
    checked,
    unchecked,
)
from vaxpolicy.days import (
    FIRST,
    TAIWAN,
    DaySet,
    day_number,
    day_set,
    require_day,
    require_instant,
)
from vaxpolicy.rules.changes import NeededChange, Ranking, smallest_changes
from vaxpolicy.rules.compiled import Basis, CompiledOffer, CompiledPolicy, OfferKind, compile_policy
from vaxpolicy.rules.conditions import (
    Condition,
    PolicyError,
    Question,
)
from vaxpolicy.rules.dose_histories import are_countable
from vaxpolicy.rules.evaluation import Evaluation, Found, Outcome, WindowCases
from vaxpolicy.rules.every_case import EveryCase
from vaxpolicy.rules.people import DatedFact, Dose, PartialDate, Person, Willingness
from vaxpolicy.rules.policy import Policy, Window
from vaxpolicy.rules.unknowns import TooManyCasesError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vaxpolicy.rules.conditions.facts import VoidDose

__all__ = [
    "DatedFact",
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


class Effect(Enum):
    """The effect of a reason: it refuses a rule's offer, narrows its days, or leaves it open."""

    REFUSES = "refuses"
    NARROWS = "narrows"
    OPEN = "open"


@frozen(weakref_slot=False, field_transformer=checked)
class Reason:
    """The reason for which a rule refuses its vaccine, offers it on fewer days, or may offer it.

    Attributes:
        code: stable and language-free, such as ``too-young``.
        rule_id: the rule.
        effect: whether it refuses, narrows or leaves open.
        dose: the dose that the rule offers.
        vaccine: the vaccine for which it holds; None: for all vaccines of the rule.
        basis: whether the rule asks it, or the vaccine's licence.
        condition: the condition as the policy writes it.
        negated: whether the rule asks the opposite of the condition.
        day: the day on which the condition changes for this person by itself, such as a birthday,
            or the dose before plus the interval; the day of a dose that does not count; or the last
            vaccination day, if the days are over.
        fact: the unknown fact, if that is the reason.
        also: the other facts that would have to change as well; empty if this one is enough.
        cites: the keys of the sources: of the policy, or of the vaccine's licences if the basis is
            the licence.
    """

    code: str
    rule_id: Text
    effect: Effect
    dose: DoseCount
    vaccine: str | None = None
    basis: Basis = "rule"
    condition: Condition | None = None
    negated: bool = False
    day: TurningDay | None = None
    fact: Prose | None = None
    also: tuple[Prose, ...] = ()
    cites: tuple[Prose, ...] = ()


_new_reason = unchecked(Reason)

# Before Python 3.12, looking up a member of an enum costs as much as a comparison of days.
_ELIGIBLE: Final = Outcome.ELIGIBLE
_INELIGIBLE: Final = Outcome.INELIGIBLE
_NARROWS: Final = Effect.NARROWS


@frozen(weakref_slot=False, field_transformer=checked)
class Offer:
    """A dose of a vaccine that a rule offers the person.

    Attributes:
        rule_id: the rule. If two rules together offer it in every case, both ids: ``a|b``.
        vaccine: the code of the vaccine.
        dose: the number of the dose.
        days: the sure days.
        possible_days: the possible days, including the sure ones.
        window_cases: the booking windows for this person, in each case that unknown facts allow.
        kind: whether the dose is accepted, recommended or overdue on these days, or whether people
            may register for it.
        cites: the keys of the policy's sources for the rule.
    """

    rule_id: str
    vaccine: str
    dose: DoseNumber
    days: DaySet
    possible_days: DaySet
    window_cases: tuple[tuple[Window, ...], ...]
    kind: OfferKind = "accepted"
    cites: tuple[Prose, ...] = ()

    @property
    def windows(self) -> tuple[Window, ...]:
        """Every booking window that is for this person, or may be."""
        return tuple(dict.fromkeys(window for case in self.window_cases for window in case))

    def bookable(self, now: datetime) -> bool | None:
        """Whether a booking window is open now, and a possible day is left.

        A window is open if ``opens <= now < closes``. A day is left if a possible day is today in
        Taiwan, or later. Free places, registration and notification are for
        `vaxpolicy.reservation`. The answer is None if an unknown fact decides it, or an hour or a
        reckoning of age that the announcement does not state. Raises ValueError for a datetime
        without a UTC offset.
        """
        if now.__class__ is not datetime or now.utcoffset() is None:
            require_instant("now", now)
        spans = self.possible_days.spans
        # the day of an offset differs from Taiwan's by one at most, and is found faster
        if (
            spans
            and spans[-1][1] <= now.toordinal() + 1
            and spans[-1][1] < now.astimezone(TAIWAN).toordinal()
        ):
            return False
        if len(self.window_cases) == 1:
            return _any_open(self.window_cases[0], now)
        answers = {_any_open(case, now) for case in self.window_cases}
        return answers.pop() if len(answers) == 1 else None


_new_offer = unchecked(Offer)


def _any_open(windows: Iterable[Window], now: datetime) -> bool | None:
    unclear = False
    for window in windows:
        answer = window.is_open(now)
        if answer:
            return True
        unclear = unclear or answer is None
    return None if unclear else False


@frozen(weakref_slot=False, field_transformer=checked)
class Decision:
    """The answer of one policy to one person.

    Attributes:
        policy_id: the policy.
        policy_version: its version.
        policy_digest: the SHA-256 digest of its content, which shows every change.
        subject: the pseudonym that the portal gave the person (`Person.key`).
        outcome: eligible, not eligible, or undetermined.
        offers: the offers with sure days: one for each rule and vaccine, or for rules (``a|b``)
            that offer the day only together. Empty if the sure day differs from case to case.
        possible_offers: the offers with possible days but no sure day.
        reasons: first the doses that do not count and a contradiction among the facts, then the
            reasons that narrow an offer, then those that leave one open, then those that refuse
            one. Among the last the smallest change comes first, then the one that misses by the
            fewest days.
        missing: the unknown facts that can each change the outcome: a field of `Person`, or a
            field and an item, such as ``groups/cecc-2021-06-21/9``.
        from_day: the first day that counts; None: all days of the policy count, in retrospect.
        verified: whether somebody read the announcements, or reports of them, for this policy.
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
    from_day: date | None = None
    verified: bool = True


_decision = unchecked(Decision)


def decide(
    policy: Policy, person: Person, *, from_day: date | None = None, explain: bool = True
) -> Decision:
    """Decide whether it is the person's turn: on which days, for which vaccine and dose, and why.

    Facts that contradict each other count as unknown (a dose before birth or before its vaccine
    existed, two doses on one day), and so does a dose of a vaccine that the policy does not know.
    An unknown fact never becomes a yes.

    Args:
        policy: the policy.
        person: the facts about the person.
        from_day: the first day that counts; None: all days count, in retrospect.
        explain: whether to give reasons; without them the answer comes faster.

    Raises:
        TypeError: an argument has another type.
    """
    if not isinstance(policy, Policy):
        raise InvalidType("policy", "a Policy")
    if not isinstance(person, Person):
        raise InvalidType("person", "a Person")
    plan = compile_policy(policy)
    facts, problem, void = plan.read(person)
    since = FIRST if from_day is None else _day(from_day)
    evaluation = Evaluation(plan, facts, from_day=since, whole=explain)
    answer = _settled(evaluation) if not evaluation.is_open else _in_every_case(evaluation)
    reasons: tuple[Reason, ...] = ()
    if explain:
        reasons = _reasons(evaluation, answer)
        if problem is not None:
            reasons = (_new_reason(problem, "", Effect.OPEN, 0, fact="doses"), *reasons)
        if void:
            reasons = (*map(_does_not_count, void), *reasons)
    if facts.doses is None and problem is None and person.doses is not None:
        # the doses are known, but without the birth date not which of them count
        answer, reasons = _asking_for_birth(answer, reasons)
    return _decision(  # by place: names would cost more
        policy.id,
        policy.version,
        policy.digest,
        person.key,
        answer.outcome,
        answer.offers,
        answer.possible_offers,
        reasons,
        answer.missing,
        from_day,
        policy.verified,
    )


def _day(from_day: date) -> int:
    require_day("from_day", from_day)
    return day_number(from_day)


def _asking_for_birth(
    answer: _Answer, reasons: tuple[Reason, ...]
) -> tuple[_Answer, tuple[Reason, ...]]:
    """Ask for the birth date instead of the doses, if it decides which known doses count."""
    missing = dict.fromkeys("birth_date" if fact == "doses" else fact for fact in answer.missing)
    asked = (
        evolve(reason, code="birth-date-unknown", fact="birth_date")
        if reason.fact == "doses"
        else reason
        for reason in reasons
    )
    return answer._replace(missing=tuple(missing)), tuple(dict.fromkeys(asked))


def _does_not_count(dose: VoidDose) -> Reason:
    """The reason that names a dose that the programme does not count."""
    day = date.fromordinal(dose.day)
    return _new_reason(dose.code, "", Effect.NARROWS, dose.number, dose.vaccine, day=day)


class _Answer(NamedTuple):
    """The answer before its reasons.

    Attributes:
        outcome: the outcome.
        offers: the offers with sure days.
        possible_offers: the offers with possible days only.
        missing: the facts that can change the outcome.
        sure: the sure days of each entry.
        possible: the possible days of each entry.
        all_cases_examined: whether the answer takes every case into account. If there are too many
            cases, it is false: a sure day may be missing among the sure days, an impossible day may
            be among the possible ones, and a fact may be named that changes nothing.
    """

    outcome: Outcome
    offers: tuple[Offer, ...]
    possible_offers: tuple[Offer, ...]
    missing: tuple[str, ...]
    sure: Sequence[Found]
    possible: Sequence[Found]
    all_cases_examined: bool = True


_new_answer: Final = partial(tuple.__new__, _Answer)  # it costs less than the constructor


def _settled(evaluation: Evaluation) -> _Answer:
    """The answer if all possible days are sure."""
    if evaluation.verdict is _INELIGIBLE:
        return _new_answer((_INELIGIBLE, (), (), (), evaluation.sure, evaluation.sure, True))
    days = evaluation.sure
    offers = []
    for number, spans in enumerate(days):
        if spans:
            entry = evaluation.plan.entries[number]
            its = day_set(spans) if len(spans) == 1 else DaySet.of_spans(spans)
            windows = evaluation.windows_of(entry)
            if windows is None:
                windows = _every_case_of(evaluation).window_cases(entry)
            offers.append(_offer_of(entry, its, its, windows))
            if len(spans) > 1:
                days = [*days[:number], its.spans, *days[number + 1 :]]
    return _new_answer((_ELIGIBLE, tuple(offers), (), (), days, days, True))


def _day_set(spans: Found) -> DaySet:
    if not spans:
        return _NO_DAYS
    return day_set(spans) if len(spans) == 1 else DaySet.of_spans(spans)


_NO_DAYS: Final = DaySet.none()


def _every_case_of(evaluation: Evaluation) -> EveryCase:
    return EveryCase(evaluation.plan, evaluation.facts, evaluation.from_day)


def _in_every_case(evaluation: Evaluation) -> _Answer:
    """The answer if a fact is unknown: every case is examined.

    If there are too many cases, each condition is judged alone. Then some sure days may be reported
    as only possible, and some impossible days as possible, but never the other way round.
    """
    if evaluation.asks_the_sources_alone:
        return _of_bounds(evaluation)
    cases = _every_case_of(evaluation)
    known = evaluation.facts
    if known.doses is not None or known.undecided or are_countable(evaluation.plan):
        with suppress(TooManyCasesError):
            return _exact_answer(evaluation, cases)
    open_ = {*cases.open_facts(), *evaluation.questions_of(evaluation.offered)}
    about_person = [question for question in open_ if not question.is_about_policy]
    facts = sorted(about_person, key=_rank)
    missing = tuple(map(str, facts)) if evaluation.verdict is None else ()
    return _of_bounds(evaluation, missing, all_cases_examined=False)


def _of_bounds(
    evaluation: Evaluation, missing: tuple[str, ...] = (), *, all_cases_examined: bool = True
) -> _Answer:
    """The answer by the sure and the possible days of the evaluation."""
    sure, possible = [*evaluation.sure], [*evaluation.possible]
    entries = evaluation.plan.entries
    offers: list[Offer] = []
    possible_offers: list[Offer] = []
    for number in evaluation.offered:
        entry, its_sure, its_possible = entries[number], sure[number], possible[number]
        if len(its_possible) == 1:
            days = as_possible = day_set(its_possible)
            if its_sure is not its_possible:
                days = day_set(its_sure)
        else:
            as_possible, days = DaySet.of_spans(its_possible), DaySet.of_spans(its_sure)
            sure[number], possible[number] = days.spans, as_possible.spans
        windows = entry.always
        if windows is None:
            cases = _every_case_of(evaluation) if all_cases_examined else None
            windows = _windows(evaluation, cases, entry)
        its = offers if its_sure else possible_offers
        its.append(_offer_of(entry, days, as_possible, windows))
    return _Answer(
        outcome=evaluation.verdict or Outcome.UNDETERMINED,
        offers=tuple(offers),
        possible_offers=tuple(possible_offers),
        missing=missing,
        sure=sure,
        possible=possible,
        all_cases_examined=all_cases_examined,
    )


def _exact_answer(evaluation: Evaluation, cases: EveryCase) -> _Answer:
    numbers = range(len(evaluation.plan.entries))
    is_separable = evaluation.is_separable
    possible = [
        _day_set(as_possible)
        if is_separable or evaluation.sure[number] == as_possible
        else cases.possible_days(number)
        for number, as_possible in enumerate(evaluation.possible)
    ]
    outcome = evaluation.verdict
    if outcome is None:
        outcome = Outcome.INELIGIBLE if not any(possible) else Outcome.UNDETERMINED
        if outcome is Outcome.UNDETERMINED and cases.is_always_offered():
            outcome = Outcome.ELIGIBLE
    missing, all_cases_examined = _missing(cases) if outcome is Outcome.UNDETERMINED else ((), True)
    # if some case has no day, no day is sure
    sure = [
        _sure_days(evaluation, cases, number, possible[number], is_separable=is_separable)
        if outcome is Outcome.ELIGIBLE
        else _NO_DAYS
        for number in numbers
    ]
    offers, possible_offers = _offers(evaluation, cases, sure, possible)
    if outcome is Outcome.ELIGIBLE:
        offers = (*offers, *_offers_together(evaluation, cases, sure, possible))
    return _Answer(
        outcome=outcome,
        offers=offers,
        possible_offers=possible_offers,
        missing=missing,
        sure=[days.spans for days in sure],
        possible=[days.spans for days in possible],
        all_cases_examined=all_cases_examined,
    )


def _missing(cases: EveryCase) -> tuple[tuple[str, ...], bool]:
    """The facts that can change the outcome, and whether each of them surely can.

    Each fact has an equal share of the cases that are left. Facts that would need more share what
    the others did not use. If a fact cannot be ruled out in this way, it is kept.
    """
    facts = sorted(cases.open_facts(), key=_rank)
    answers: dict[Question, bool] = {}
    open_ = facts
    for _ in range(2):
        for place, fact in enumerate(open_):
            with suppress(TooManyCasesError):
                answers[fact] = cases.can_change(fact, share=len(open_) - place)
        open_ = [fact for fact in facts if fact not in answers]
    return tuple(str(fact) for fact in facts if answers.get(fact, True)), not open_


def _sure_days(
    evaluation: Evaluation, cases: EveryCase, number: int, possible: DaySet, *, is_separable: bool
) -> DaySet:
    """The days that an offer has in every case, given its possible days."""
    sure = _day_set(evaluation.sure[number])
    # if a single alternative is open and depends on no other answer, its sure days are right
    if sure == possible or (is_separable and len(evaluation.possible[number]) == 1):
        return sure
    return cases.sure_days([number])


_ORDER: Final = (
    "groups",
    "registered_county",
    "residence_county",
    "willingness",
    "sex",
    "dated_facts",
    "doses",
    "birth_date",
)


def _rank(question: Question) -> tuple[int, Question]:
    """The order in which facts are named; questions about the policy come last."""
    place = _ORDER.index(question.fact) if question.fact in _ORDER else len(_ORDER)
    return place, question


def _offers(
    evaluation: Evaluation,
    cases: EveryCase,
    sure: Sequence[DaySet],
    possible: Sequence[DaySet],
) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """The offers with sure days, and those with possible days only."""
    offers: list[Offer] = []
    possible_offers: list[Offer] = []
    for entry, days, as_possible in zip(evaluation.plan.entries, sure, possible, strict=True):
        if as_possible:
            offer = _offer_of(entry, days, as_possible, _windows(evaluation, cases, entry))
            (offers if days else possible_offers).append(offer)
    return tuple(offers), tuple(possible_offers)


def _offer_of(
    entry: CompiledOffer, days: DaySet, possible: DaySet, windows: tuple[tuple[Window, ...], ...]
) -> Offer:
    rule = entry.rule
    return _new_offer(
        rule.id, entry.vaccine, rule.dose, days, possible, windows, entry.kind, rule.cites
    )


def _windows(evaluation: Evaluation, cases: EveryCase | None, entry: CompiledOffer) -> WindowCases:
    """The booking windows of an offer in every case; all of them if not every case is examined."""
    if cases is None:
        return entry.always or (tuple(use.window for use in entry.windows), ())
    windows = evaluation.windows_of(entry)
    return cases.window_cases(entry) if windows is None else windows


def _offers_together(
    evaluation: Evaluation,
    cases: EveryCase,
    sure: Sequence[DaySet],
    possible: Sequence[DaySet],
) -> Iterator[Offer]:
    """The doses that several rules offer together in every case, on days that none offers alone."""
    together: dict[tuple[str, int], list[int]] = {}
    for number, entry in enumerate(evaluation.plan.entries):
        if possible[number]:
            together.setdefault((entry.vaccine, entry.rule.dose), []).append(number)
    for (vaccine, dose), numbers in together.items():
        if len(numbers) == 1:
            continue
        alone = DaySet.of_spans(span for number in numbers for span in sure[number].spans)
        every = DaySet.of_spans(span for number in numbers for span in possible[number].spans)
        if alone == every:
            continue
        days = cases.sure_days(numbers)
        if not days <= alone:
            entries = [evaluation.plan.entries[number] for number in numbers]
            windows = [case for entry in entries for case in _windows(evaluation, cases, entry)]
            rules = "|".join(dict.fromkeys(entry.rule.id for entry in entries))
            cites = dict.fromkeys(key for entry in entries for key in entry.rule.cites)
            yield _new_offer(
                *(rules, vaccine, dose, days, every, tuple(dict.fromkeys(windows))),
                *(entries[0].kind, tuple(cites)),
            )


OPEN_CODES: Final = {
    "groups": "group-unknown",
    "registered_county": "county-unknown",
    "residence_county": "county-unknown",
    "willingness": "willingness-unknown",
    "dated_facts": "fact-unknown",
    "sex": "sex-unknown",
    "doses": "doses-unknown",
    "birth_date": "birth-date-unknown",
    "?age": "reckoning-not-stated",
    "?hour": "hour-not-stated",
}
"""The code of the reason that asks for an unknown fact, by fact."""


def _reasons(evaluation: Evaluation, answer: _Answer) -> tuple[Reason, ...]:
    """The reasons: those that narrow an offer, leave one open, and refuse one."""
    if answer.outcome is _INELIGIBLE and answer.all_cases_examined:
        return tuple(_refusing(evaluation, range(len(evaluation.plan.entries))))
    narrowing: dict[object, Reason] = {}
    open_: dict[object, Reason] = {}
    refused: list[int] = []
    if not answer.all_cases_examined:
        open_["too-many-cases"] = _new_reason("too-many-cases", "", Effect.OPEN, 0)
    from_day, sure_days, entries = evaluation.from_day, answer.sure, evaluation.plan.entries
    for number, possible in enumerate(answer.possible):
        if not possible:
            refused.append(number)
            continue
        entry, sure = entries[number], sure_days[number]
        if sure and (entry.first < sure[0][0] > from_day or sure[-1][1] < entry.last):
            _note_bounds(narrowing, evaluation, entry, sure, possible)
        if sure is not possible and sure != possible:
            _note_open(open_, evaluation, number)
    refusing = _refusing(evaluation, refused) if refused else ()
    return (*narrowing.values(), *open_.values(), *refusing)


@frozen(eq=False)
class _Shared:
    """A reason that many people share; only its day differs.

    Attributes:
        leaf: the number of the condition that gives the day; -1 if no day is given.
        reason: the reason, without that day.
    """

    leaf: int
    reason: Reason


_on_day: Final = changing(Reason, "day")
"""A shared reason with the day of one person."""


def _refusing(evaluation: Evaluation, refused: Sequence[int]) -> list[Reason]:
    """The reasons that refuse: the conditions that would have to change, for each offer."""
    ranking = smallest_changes(evaluation, refused)
    leaves, facts = evaluation.plan.leaves, evaluation.facts
    codes = tuple([leaves[leaf].code(facts) for leaf in ranking.by_person])
    turning_day = evaluation.turning_day
    return [
        shared.reason
        if shared.leaf < 0 or (day := turning_day(shared.leaf)) is None
        else _on_day(shared.reason, day)
        for shared in _refusals(ranking, codes)
    ]


@lru_cache(maxsize=4096)
def _refusals(ranking: Ranking, codes: tuple[str, ...]) -> tuple[_Shared, ...]:
    """A reason for each condition that refuses; a reason that all vaccines share is given once.

    If an earlier dose is missing, other conditions on that dose are left out.
    """
    plan = ranking.plan
    by_person = dict(zip(ranking.by_person, codes, strict=True))
    notes: dict[object, _Shared] = {}
    for change in ranking.changes:
        entry = change.entry
        if not change.conditions:
            reason = _without_days(change)
            notes.setdefault((reason.code, reason.rule_id, reason.vaccine), _Shared(-1, reason))
        dose_missing = False
        for leaf in change.conditions:
            if dose_missing and leaf in plan.on_doses:
                continue
            code = by_person.get(leaf) or plan.leaves[leaf].fixed_code or ""
            dose_missing = dose_missing or code == "earlier-dose-missing"
            key, is_noted = _key(notes, entry, leaf, code)
            if not is_noted:
                also = change.besides(plan.fact_of[leaf])
                notes[key] = _shared(plan, entry, leaf, code, Effect.REFUSES, also)
    return tuple(notes.values())


def _note_open(notes: dict[object, Reason], evaluation: Evaluation, number: int) -> None:
    """Note the unknown facts of an offer that is possible but not sure."""
    entry = evaluation.plan.entries[number]
    rule_id = entry.rule.id
    for question in _in_order(evaluation.questions_of([number])):
        if (rule_id, question) not in notes:
            notes[rule_id, question] = _open(entry, question)
    if not entry.days_stated:
        code = "vaccination-days-not-stated"
        rule = entry.rule
        reason = _new_reason(code, rule.id, Effect.OPEN, rule.dose, cites=rule.cites)
        notes.setdefault((rule.id, code), reason)


@lru_cache(maxsize=1024)
def _in_order(questions: frozenset[Question]) -> tuple[Question, ...]:
    return tuple(sorted(questions, key=_rank))


@lru_cache(maxsize=4096)
def _open(entry: CompiledOffer, question: Question) -> Reason:
    """The reason that asks for an unknown fact."""
    rule = entry.rule
    code = OPEN_CODES.get(question.fact, "not-stated")
    return _new_reason(code, rule.id, Effect.OPEN, rule.dose, fact=str(question), cites=rule.cites)


def _note_bounds(
    notes: dict[object, Reason],
    evaluation: Evaluation,
    entry: CompiledOffer,
    sure: Sequence[tuple[int, int]],
    possible: Sequence[tuple[int, int]],
) -> None:
    """Note the conditions that narrow the alternative with the earliest sure days.

    An end beyond which further days are possible is left out: another reason says that it is open.
    """
    start = max(entry.first, evaluation.from_day)
    opens, goes_on = possible[0][0] < sure[0][0], possible[-1][1] > sure[-1][1]
    if goes_on and (opens or sure[0][0] <= start):
        return
    earliest, bounds = entry.last + 1, evaluation.bounds_within(start, entry.last)
    narrowing: list[int] = []
    for alternative in entry.alternatives:
        first, last = start, entry.last
        begins = ends = -1
        for leaf in [leaf for leaf in alternative if leaf in bounds]:
            begin, end = bounds[leaf]
            if begin > first:
                first, begins = begin, leaf
            if end < last:
                last, ends = end, leaf
        if first <= last and first < earliest:
            cut = (-1 if opens else begins, -1 if goes_on else ends)
            earliest, narrowing = first, [leaf for leaf in cut if leaf >= 0]
    plan = evaluation.plan
    for leaf in narrowing:
        code = plan.leaves[leaf].code(evaluation.facts)
        key, is_noted = _key(notes, entry, leaf, code)
        if not is_noted:
            shared = _shared(plan, entry, leaf, code, _NARROWS)
            day = None if shared.leaf < 0 else evaluation.turning_day(leaf)
            notes[key] = shared.reason if day is None else _on_day(shared.reason, day)


def _key(
    notes: Mapping[object, object], entry: CompiledOffer, leaf: int, code: str
) -> tuple[object, bool]:
    """The key of a reason, and whether it is noted already for the vaccine or for the rule."""
    of_rule = code, entry.rule.id
    vaccine = entry.whose[leaf][0]
    key = of_rule if vaccine is None else (code, entry.rule.id, vaccine)
    return key, of_rule in notes or key in notes


def _without_days(change: NeededChange) -> Reason:
    """The reason if no fact can help: the days are over, or the vaccine has no licence."""
    entry, rule = change.entry, change.entry.rule
    if change.is_over:
        over = date.fromordinal(entry.last)
        return _new_reason(
            "days-over", rule.id, Effect.REFUSES, rule.dose, day=over, cites=rule.cites
        )
    return _new_reason(
        *("not-licensed", rule.id, Effect.REFUSES, rule.dose, entry.vaccine, "licence"),
        cites=entry.licence_cites,
    )


@lru_cache(maxsize=4096)
def _shared(  # noqa: PLR0917  # all that a reason is made of
    plan: CompiledPolicy,
    entry: CompiledOffer,
    leaf: int,
    code: str,
    effect: Effect,
    also: tuple[str, ...] = (),
) -> _Shared:
    """The reason for which a condition refuses an offer or narrows its days."""
    bound = plan.leaves[leaf]
    vaccine, basis = entry.whose[leaf]
    reason = _new_reason(
        code=code,
        rule_id=entry.rule.id,
        effect=effect,
        dose=entry.rule.dose,
        vaccine=vaccine,
        basis=basis,
        condition=bound.condition.as_written,
        negated=bound.negated,
        also=also,
        cites=entry.rule.cites if basis == "rule" else entry.licence_cites,
    )
    return _Shared(leaf if bound.turns else -1, reason)
