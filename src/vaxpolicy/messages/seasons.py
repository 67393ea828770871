"""The comparison of two seasons in words, a line for each difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vaxpolicy._values import front_door
from vaxpolicy.days import DaySet
from vaxpolicy.messages.changes import describe_changed_days
from vaxpolicy.messages.conditions import Wording
from vaxpolicy.messages.decisions import group_name, vaccine_name
from vaxpolicy.messages.language import Words, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxpolicy.analysis.seasons import PeopleChange, RuleChange, SeasonDiff, StageChange
    from vaxpolicy.rules.conditions import AnyCondition
    from vaxpolicy.rules.policy import VaccinationDays

_SIGNS: Final = {"added": "+", "dropped": "-"}


@front_door
def describe_season(found: SeasonDiff, lang: str = "en") -> tuple[str, ...]:
    """The differences, a line each: ``+`` new, ``-`` gone, ``~`` changed.

    A line that is indented belongs to the one above it.
    """
    return tuple(_lines(found, words(lang)))


def _lines(found: SeasonDiff, say: Words) -> Iterator[str]:
    for stage in found.stages:
        yield from _stage(stage, say)
    if found.rules:
        yield say("command-line/season-rules")
        yield from _rules(found.rules, say)
    if found.people:
        yield say("command-line/season-people", years=found.years)
        for people in found.people:
            yield from _people(people, say)


def _stage(change: StageChange, say: Words) -> Iterator[str]:
    for sign, days in (("-", change.old), ("+", change.new)):
        if days is not None:
            text = say("command-line/stage", stage=change.stage, days=_days(days, say))
            yield f"{sign} {text}"


def _days(days: VaccinationDays, say: Words) -> str:
    return say.days(DaySet.between(days.first, days.last))


def _rules(changes: Iterable[RuleChange], say: Words) -> Iterator[str]:
    """New and old rules with their conditions, then the changes, each once for all rules."""
    together: dict[tuple[str, ...], list[str]] = {}
    for change in changes:
        if change.fate == "changed":
            for lines in _changed(change, say):
                together.setdefault(lines, []).append(change.rule)
            continue
        codes = change.vaccines_added or change.vaccines_dropped
        conditions = change.added or change.dropped
        what = say(
            "command-line/show-rule", rule=change.rule, vaccines=_of(codes, say), dose=change.dose
        )
        asked = _in_a_line(conditions, change.dose, say)
        line = say("number-frame/problem", field=what, problem=asked)
        yield f"{_SIGNS[change.fate]} {line}"
    by_rules: dict[tuple[str, ...], list[str]] = {}
    for lines, rules in together.items():
        by_rules.setdefault(tuple(rules), []).extend(lines)
    for names, texts in by_rules.items():
        yield f"~ {say.listed(names)}"
        yield from (f"    {text}" for text in texts)


def _changed(change: RuleChange, say: Words) -> Iterator[tuple[str, ...]]:
    """The differences between two versions of a rule, each as its lines."""
    for old, new in change.changed:
        yield (
            f"- {_in_a_line([old], change.dose, say)}",
            f"+ {_in_a_line([new], change.dose, say)}",
        )
    for sign, codes in (("-", change.vaccines_dropped), ("+", change.vaccines_added)):
        if codes:
            yield (f"{sign} {_of(codes, say)}",)
    for sign, conditions in (("-", change.dropped), ("+", change.added)):
        for condition in conditions:
            yield (f"{sign} {_in_a_line([condition], change.dose, say)}",)


def _in_a_line(conditions: Iterable[AnyCondition], dose: int, say: Words) -> str:
    wording = Wording(say.lang, dose, by_season=True)
    return " / ".join(line.text for line in wording.lines(conditions))


def _of(codes: Iterable[str], say: Words) -> str:
    return say.listed([vaccine_name(code, say.lang) for code in codes], style="or")


def _people(change: PeopleChange, say: Words) -> Iterator[str]:
    first, last = say.date(change.born_from), say.date(change.born_to)
    when = say("change/when-between", first=first, last=last)
    groups = [
        group_name(group, say.lang) if group else say("change/in-no-group")
        for group in change.groups
    ]
    facts = [say("change/born", when=when), say.listed(groups, style="or")]
    facts.append(say("change/dose", number=change.dose))
    if change.had_dose:
        facts.append(say("command-line/season-had-dose"))
    yield f"~ {' / '.join(facts)}"
    old, new = (describe_changed_days(days, say.lang) for days in (change.old, change.new))
    yield f"    {say('command-line/before-and-now', before=old, now=new)}"
