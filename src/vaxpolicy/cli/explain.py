"""``vaxpolicy explain``: a decision condition by condition, in the language of the person.

It shows the basis of the decision. A rule has one or more ways to meet it, and each way has
conditions that must all hold. Each condition is shown with its answer for this person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import attrs
import click
from attrs import frozen

from vaxpolicy.cli.escapes import escaped
from vaxpolicy.cli.output import (
    COLOURS,
    all_option,
    cited,
    console,
    describe_booking_of,
    describe_slot,
    head_lines,
    json_option,
    plain_day,
    plain_days,
    plain_sources,
    print_json,
    print_left_out,
    reason_lines,
    source_lines,
    styled,
    with_sources,
)
from vaxpolicy.cli.person import (
    answer_day,
    asked_policies,
    lang_option,
    on_option,
    person_of,
    person_options,
    policy_option,
    today,
)
from vaxpolicy.days import FIRST, DaySet
from vaxpolicy.eligibility import Decision, decide
from vaxpolicy.messages import (
    Wording,
    Words,
    describe_fact,
    describe_outcome,
    describe_reason,
    policy_title,
    vaccine_name,
    words,
)
from vaxpolicy.rules.compiled import CompiledOffer, OfferKind, compile_policy
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from vaxpolicy.cli.output import Console
    from vaxpolicy.rules.people import Person
    from vaxpolicy.rules.policy import Policy

_EXAMPLES: Final = """\b
Examples:
  vaxpolicy explain -p tw/covid19-1922/round-19 --lang zh-Hant --born 2004-01-23 \\
    --dose AZ@2021-07-01 --dose AZ@2021-10-28
  vaxpolicy explain -p tw/pneumococcal/2026 --born 1950-05-05 --dose PPV23@2025-03-01
  vaxpolicy explain -p own.toml --person person.json --json"""

Answer = Literal["yes", "no", "some-days", "unknown"]
_COLOURS: Final[dict[Answer, str]] = {
    "yes": "green",
    "no": "red",
    "some-days": "yellow",
    "unknown": "yellow",
}


@frozen
class ConditionAnswer:
    """One condition and its answer for the person.

    Attributes:
        text: the condition in words.
        answer: whether it holds on every vaccination day, on none, on some, or is unknown.
        days: the vaccination days on which it surely holds.
        holds: the days on which it surely holds, before and after the vaccination days as well.
    """

    text: str
    answer: Answer
    days: DaySet
    holds: DaySet


@frozen
class RuleAnswer:
    """The conditions of a rule for some of its vaccines, and the result for the person.

    Attributes:
        rule_id: the rule.
        vaccines: the codes of these vaccines.
        dose: the dose that the rule offers.
        kind: the kind of the rule's days.
        cites: the keys of the sources.
        first_to_last: the vaccination days; None if no source states them.
        ways: the ways, each with its conditions; one way must hold. Empty: there is no licence.
        days: the sure days.
        possible_days: the possible days.
    """

    rule_id: str
    vaccines: tuple[str, ...]
    dose: int
    kind: OfferKind
    cites: tuple[str, ...]
    first_to_last: DaySet | None
    ways: tuple[tuple[ConditionAnswer, ...], ...]
    days: DaySet
    possible_days: DaySet


def rule_answers(
    policy: Policy, person: Person, lang: str = "en", from_day: date | None = None
) -> tuple[RuleAnswer, ...]:
    """Every rule of the policy, condition by condition, for the person.

    Vaccines of one rule are together if the same conditions have the same answers.
    """
    plan = compile_policy(policy)
    since = FIRST if from_day is None else from_day.toordinal()
    evaluation = Evaluation(plan, plan.read(person).facts, from_day=since)
    found: dict[RuleAnswer, list[str]] = {}
    for entry, sure, possible in zip(
        plan.entries, evaluation.sure, evaluation.possible, strict=True
    ):
        ways = tuple(
            tuple(_condition(evaluation, entry, leaf, lang) for leaf in way)
            for way in entry.alternatives
        )
        stage = DaySet.of_spans([(entry.first, entry.last)]) if entry.days_stated else None
        days, as_possible = DaySet.of_spans(sure), DaySet.of_spans(possible)
        rule = entry.rule
        answer = RuleAnswer(
            *(rule.id, (), rule.dose, entry.kind, rule.cites, stage, ways, days, as_possible)
        )
        found.setdefault(answer, []).append(entry.vaccine)
    return tuple(attrs.evolve(it, vaccines=tuple(codes)) for it, codes in found.items())


def _condition(
    evaluation: Evaluation, entry: CompiledOffer, number: int, lang: str
) -> ConditionAnswer:
    leaf, span = evaluation.plan.leaves[number], evaluation.spans[number]
    by_season = evaluation.plan.season > FIRST
    wording = Wording(lang, entry.rule.dose, entry.vaccine, by_season=by_season)
    text = wording.phrase(leaf.condition, negated=leaf.negated)
    if entry.whose[number][1] == "licence":
        text = words(lang)("command-line/licence", condition=text)
    sure, possible = (
        DaySet.of_spans([(max(first, entry.first), min(last, entry.last))])
        if first <= entry.last and last >= entry.first
        else DaySet.none()
        for first, last in (span.sure, span.possible)
    )
    answer: Answer = "some-days"
    if sure != possible:
        answer = "unknown"
    elif not possible:
        answer = "no"
    elif sure == DaySet.of_spans([(entry.first, entry.last)]):
        answer = "yes"
    return ConditionAnswer(text, answer, sure, DaySet.of_spans([span.sure]))


@click.command("explain", short_help="Explain a decision condition by condition.", epilog=_EXAMPLES)
@policy_option
@person_options
@lang_option
@on_option
@all_option
@json_option
def explain_command(
    *,
    policies: tuple[str, ...],
    person: Path | None,
    lang: str,
    on: date | None,
    every: bool,
    as_json: bool,
    **facts: Any,
) -> None:
    """Explain a decision condition by condition: the rules, and the person's answers.

    A fact that you leave out is unknown, and never counts as a yes. The answer is for today, or for
    the day of --on. If the days of a policy are over, it is in retrospect, and says so. Without
    --policy it answers for the policies that are announced and not over.
    """
    chosen, left_out = asked_policies(policies, on, every=every)
    known = person_of(person, facts, chosen)
    out = console()
    plain = []
    for policy in chosen:
        day = answer_day(policy, on)
        decision, steps = (
            decide(policy, known, from_day=day),
            rule_answers(policy, known, lang, day),
        )
        if as_json:
            plain.append(_plain(policy, decision, steps, lang))
            continue
        out.print(f"{styled('bold', policy.id)} {escaped(policy_title(policy, lang))}")
        out.print(f"  {styled(COLOURS[decision.outcome], describe_outcome(decision, lang))}")
        for line in head_lines(policy, known, decision, words(lang)):
            out.print(f"  {escaped(line)}")
        _print(out, policy, decision, steps, words(lang))
        for line in _after(policy, decision, words(lang), on or today(), every=every):
            out.print(f"  {escaped(line)}")
    if as_json:
        print_json(plain)
    else:
        print_left_out(out, left_out, words(lang))


def _print(
    console: Console, policy: Policy, decision: Decision, steps: tuple[RuleAnswer, ...], say: Words
) -> None:
    for offer in decision.offers:
        slot = with_sources(policy, describe_slot(offer, say.lang), [offer], say)
        console.print(f"  {escaped(slot)}")
        if offer.windows:
            booking = describe_booking_of(policy, offer, decision, say)
            console.print(f"    {escaped(booking)}")
    for rule in steps:
        console.print()
        _print_rule(console, rule, say)
    console.print()


def _after(
    policy: Policy, decision: Decision, say: Words, day: date, *, every: bool
) -> Iterator[str]:
    """Print the part after the rules: the reasons, the missing facts and the sources."""
    if decision.reasons:
        yield say("command-line/reasons")
    yield from reason_lines(policy, decision, say, day, every=every)
    if decision.missing:
        found = say.listed([describe_fact(fact, say.lang) for fact in decision.missing])
        yield say("command-line/missing", facts=found)
    yield from source_lines(policy, decision, say)


def _print_rule(console: Console, rule: RuleAnswer, say: Words) -> None:
    console.print(f"  {styled('bold', _heading(rule, say))}")
    if not rule.ways:
        console.print(f"    {escaped(say('command-line/unlicensed'))}")
        return
    sources = say("command-line/cites", sources=", ".join(rule.cites))
    console.print(f"    {styled('dim', sources)}")
    several = len(rule.ways) > 1
    how = say("command-line/ways", n=len(rule.ways)) if several else say("command-line/all")
    console.print(f"    {escaped(how)}")
    for number, way in enumerate(rule.ways, start=1):
        if several:
            console.print(f"    {escaped(say('command-line/way', number=number))}")
        for step in way:
            answer = styled(_COLOURS[step.answer], _answer(step, say))
            said = say("command-line/condition", condition=escaped(step.text), answer=answer)
            console.print(f"      - {said}")
    console.print(f"    {escaped(_result(rule, say))}")


def _heading(rule: RuleAnswer, say: Words) -> str:
    names = say.listed([vaccine_name(code, say.lang) for code in rule.vaccines], style="or")
    key = "command-line/rule-days-not-stated"
    if rule.first_to_last is not None:
        is_registration = rule.kind == "registration"
        key = "command-line/rule-registration" if is_registration else "command-line/rule"
    days = "" if rule.first_to_last is None else say.days(rule.first_to_last)
    return say(key, rule=rule.rule_id, vaccine=names, dose=rule.dose, days=days)


def _answer(step: ConditionAnswer, say: Words) -> str:
    """The answer; a no with the days on which the condition holds, if there are any."""
    if step.answer == "some-days":
        return say.days(step.days)
    answer = say(f"command-line/answer-{step.answer}")
    if step.answer == "no" and step.holds:
        return say("frame/aside", text=answer, aside=say.days(step.holds))
    return answer


def _result(rule: RuleAnswer, say: Words) -> str:
    if rule.days:
        return say("command-line/offered", days=say.days(rule.days))
    if rule.possible_days:
        return say("command-line/possible", days=say.days(rule.possible_days))
    return say("command-line/not-offered")


def _plain(
    policy: Policy, decision: Decision, steps: tuple[RuleAnswer, ...], lang: str
) -> dict[str, Any]:
    """The decision and the answers of its rules as JSON values."""
    return {
        "policy": decision.policy_id,
        "version": decision.policy_version,
        "outcome": decision.outcome.value,
        "text": describe_outcome(decision, lang),
        "verified": decision.verified,
        "in_retrospect": decision.from_day is None,
        "from_day": plain_day(decision.from_day),
        "rules": [
            {
                "rule": rule.rule_id,
                "vaccines": list(rule.vaccines),
                "dose": rule.dose,
                "kind": rule.kind,
                "cites": list(rule.cites),
                "ways": [
                    [
                        {
                            "text": step.text,
                            "answer": step.answer,
                            "days": plain_days(step.days),
                            "holds": plain_days(step.holds),
                        }
                        for step in way
                    ]
                    for way in rule.ways
                ],
                "days": plain_days(rule.days),
                "possible_days": plain_days(rule.possible_days),
            }
            for rule in steps
        ],
        "reasons": [
            {
                "code": reason.code,
                "text": describe_reason(reason, lang, decision.from_day),
                "cites": cited(policy, reason),
            }
            for reason in decision.reasons
        ],
        "missing": list(decision.missing),
        "sources": plain_sources(policy, decision),
    }
