"""What is wrong with a policy, or looks so: the findings of the lint.

Whatever is said here about people holds for all people: it is found by going through the cells into
which the rules' edges divide them (`vaxpolicy.analysis.witness`), never by trying some. It is said
of every version of the policy: of what was in force on each day on which something changed.

A finding that is meant to be so is explained in the policy's own file::

    [[explained]]
    finding = "age-gap"
    at = "10c|10e"
    why = "The announcement names just these two bands."

A programme without booking (no stage has a window, and nobody is notified before booking) needs no
windows; one with booking needs them in every stage.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from vaxpolicy.analysis.coverage import (
    ShutOut,
    admits_somebody,
    age_gaps,
    can_be_booked,
    offers_more,
    shut_out,
)
from vaxpolicy.analysis.printed_bounds import bounds
from vaxpolicy.days import TAIWAN
from vaxpolicy.rules.conditions import AllOf, AnyOf, InGroup, NotThat, PreviousDoseOf
from vaxpolicy.rules.policy import in_force, is_in_force

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vaxpolicy.rules.conditions import AnyCondition, Condition
    from vaxpolicy.rules.policy import Policy, Rule, Stage, Window

CODES: Final = {
    "admits-nobody": "a rule that no one can satisfy",
    "age-gap": "people between two neighbouring age bands whom none of them takes in",
    "covered": "a rule that offers nothing that another one does not offer",
    "explains-nothing": "an explanation of a finding that there is not",
    "never-in-force": "a version that is replaced before it is announced",
    "outside-windows": "people whom a rule admits and no booking window does",
    "overlapping-versions": "two versions of one thing in force on the same day",
    "printed-refuted": "a printed bound that the rule does not give",
    "review-due": "a policy that should have been looked at again",
    "rule-uncited": "a rule that cites no source",
    "rule-without-window": "a rule that nobody can book, though the programme has booking",
    "source-unused": "a source that nothing cites",
    "unknown-group": "a group that is on no list",
    "unknown-vaccine": "a vaccine that is not known, or against another disease",
    "window-without-rule": "a booking window in which nobody can book anything",
}
"""Every code that a `Finding` can carry, and what it means."""


@frozen
class Finding:
    """Something that is wrong with a policy, or that its file explains.

    Attributes:
        code: what kind of finding; one of `CODES`.
        where: the rule, with its vaccine where only that one is concerned; two rules as ``a|b``;
            ``stage/windows/2`` for a window, ``sources/key`` for a source.
        text: what was found, in English.
        explained: the reason that the file gives for it; "" where it gives none: an error.
    """

    code: str
    where: str
    text: str
    explained: str = ""


def lint(policy: Policy, groups: Collection[str], today: date | None = None) -> tuple[Finding, ...]:
    """All findings, explained ones included.

    `groups` are the ids of all groups there are; `today` is the day to which a date to review by is
    compared, if it should be.
    """
    found: dict[tuple[str, str], Finding] = {}
    for finding in _findings(policy, groups, today):
        found.setdefault((finding.code, finding.where), finding)
    for it in policy.explained:
        key = (it.finding, it.at)
        if key in found:
            found[key] = evolve(found[key], explained=it.why)
        else:
            text = f"there is no finding {it.finding} at {it.at}"
            found[key] = Finding("explains-nothing", it.at, text)
    return tuple(found.values())


def _findings(policy: Policy, groups: Collection[str], today: date | None) -> Iterator[Finding]:
    stages = policy.written or policy.stages
    yield from _sources(policy, stages)
    yield from _names(policy, stages, groups)
    yield from _never_in_force(stages, policy.announced)
    if today is not None and policy.review_by is not None and today > policy.review_by:
        yield Finding("review-due", "review_by", f"it was to be reviewed by {policy.review_by}")
    for bound in bounds(policy):
        if bound.status == "refuted":
            gives = ", ".join(str(one or "no bound") for one in bound.found)
            text = f"{bound.kind}: printed is {bound.printed}, the rule gives {gives}"
            yield Finding("printed-refuted", bound.rule_id, text)
    booking = policy.notification in {"required", "reminder"} or any(it.windows for it in stages)
    known: dict[object, bool] = {}
    for edition in _editions(stages, policy.announced):
        yield from _Edition(policy, edition, known, booking=booking).findings()


# -- what stands in the file -----------------------------------------------------------------------


def _sources(policy: Policy, stages: Iterable[Stage]) -> Iterator[Finding]:
    """Rules without a source, and sources without a rule."""
    cited: set[str] = set()
    for stage in stages:
        cited |= {*stage.cites, *(key for window in stage.windows for key in window.cites)}
        for rule in stage.rules:
            cited |= {*rule.cites}
            if not rule.cites:
                yield Finding("rule-uncited", rule.id, "it cites no source")
    for key in policy.sources:
        if key not in cited:
            yield Finding("source-unused", f"sources/{key}", "nothing cites it")


def _names(policy: Policy, stages: Iterable[Stage], groups: Collection[str]) -> Iterator[Finding]:
    """Names that stand for nothing."""
    vaccines = {code for code, it in policy.vaccines.items() if it.disease == policy.disease}
    for stage in stages:
        for rule in stage.rules:
            named = list(rule.vaccines)
            for leaf in _leaves(rule.all):
                if isinstance(leaf, PreviousDoseOf):
                    named += leaf.previous_dose_of
                if isinstance(leaf, InGroup) and leaf.group not in groups:
                    text = f"{leaf.group} is on no list of groups"
                    yield Finding("unknown-group", rule.id, text)
            yield from _unknown_vaccines(named, vaccines, rule.id)
        for number, window in enumerate(stage.windows, start=1):
            where = f"{stage.id}/windows/{number}"
            yield from _unknown_vaccines(window.vaccines, vaccines, where)


def _unknown_vaccines(
    named: Iterable[str], vaccines: Collection[str], where: str
) -> Iterator[Finding]:
    for code in named:
        if code not in vaccines:
            text = f"{code} is no vaccine against the policy's disease"
            yield Finding("unknown-vaccine", where, text)


def _leaves(conditions: Iterable[AnyCondition]) -> Iterator[Condition]:
    for condition in conditions:
        match condition:
            case AllOf(parts) | AnyOf(parts):
                yield from _leaves(parts)
            case NotThat(inner):
                yield from _leaves((inner,))
            case _:
                yield condition


# -- versions --------------------------------------------------------------------------------------


def _days_of_change(stages: Iterable[Stage], announced: date) -> list[date]:
    """Every day on which something came into force or ended."""
    parts: list[Stage | Rule | Window] = []
    for stage in stages:
        parts += [stage, *stage.rules, *stage.windows]
    days = {announced, *(part.since for part in parts), *(part.until for part in parts)}
    return sorted(day for day in days if day is not None)


def _editions(stages: tuple[Stage, ...], announced: date) -> list[tuple[Stage, ...]]:
    """What was in force, each time that it changed."""
    days = _days_of_change(stages, announced)
    return list(dict.fromkeys(in_force(stages, day, announced) for day in days))


def _never_in_force(stages: tuple[Stage, ...], announced: date) -> Iterator[Finding]:
    days = _days_of_change(stages, announced)
    for stage in stages:
        held = [day for day in days if is_in_force(stage, day, announced)]
        parts: list[tuple[str, Stage | Rule | Window]] = [
            *((rule.id, rule) for rule in stage.rules),
            *((f"{stage.id}/windows/{at}", it) for at, it in enumerate(stage.windows, start=1)),
        ]
        for where, part in parts:
            if not any(is_in_force(part, day, announced) for day in held):
                yield Finding("never-in-force", where, "there is no day on which it is in force")


def _clash(one: Window, other: Window) -> bool:
    """Whether both are for the same people, and the same or surely open at one instant."""
    if (one.vaccines, one.doses, one.ages) != (other.vaccines, other.doses, other.ages):
        return False
    if (one.opens, one.closes) == (other.opens, other.closes):
        return True
    instants = [_surely_open_from(window) for window in (one, other)]
    return any(it is not None and one.is_open(it) and other.is_open(it) for it in instants)


def _surely_open_from(window: Window) -> datetime | None:
    match window.opens:
        case datetime() as instant:
            return instant
        case date() as day:
            return datetime.combine(day + timedelta(days=1), time.min, TAIWAN)
    return None


# -- what was in force on a day --------------------------------------------------------------------


class _Edition:
    """The stages that were in force together; what is `known` of rules holds for later ones too."""

    def __init__(
        self, policy: Policy, stages: tuple[Stage, ...], known: dict[object, bool], *, booking: bool
    ) -> None:
        self.policy, self.stages, self.known, self.booking = policy, stages, known, booking
        self.rules = [(stage, rule) for stage in stages for rule in stage.rules]
        self.names = {
            id(window): f"{stage.id}/windows/{number}"
            for stage in policy.written or policy.stages
            for number, window in enumerate(stage.windows, start=1)
        }

    def findings(self) -> Iterator[Finding]:
        yield from self._overlaps()
        yield from self._admits_nobody()
        yield from self._covered()
        yield from self._age_gaps()
        if self.booking:
            yield from self._without_window()
            yield from self._outside_windows()
            yield from self._without_rule()

    def _overlaps(self) -> Iterator[Finding]:
        """The same rule, stage or window twice."""
        names = Counter(
            [
                *(("stage", stage.id) for stage in self.stages),
                *(("rule", rule.id) for _, rule in self.rules),
            ]
        )
        for (kind, name), count in names.items():
            if count > 1:
                text = f"{count} versions of this {kind} are in force on one day"
                yield Finding("overlapping-versions", name, text)
        for stage in self.stages:
            for one, other in combinations(stage.windows, 2):
                if _clash(one, other):
                    where = f"{self.names[id(one)]}|{self.names[id(other)]}"
                    text = "two windows for the same people are open at one time"
                    yield Finding("overlapping-versions", where, text)

    def _admits(self, stage: Stage, rule: Rule, vaccine: str) -> bool:
        key = (stage.vaccination_days, rule, vaccine)
        if key not in self.known:
            self.known[key] = admits_somebody(self.policy, stage, rule, vaccine)
        return self.known[key]

    def _offers_more(
        self, one: tuple[Stage, Rule], other: tuple[Stage, Rule], vaccine: str
    ) -> bool:
        days = [stage.vaccination_days for stage, _ in (one, other)]
        key = (*days, one[0] is other[0], one[1], other[1], vaccine)
        if key not in self.known:
            self.known[key] = offers_more(self.policy, one, other, vaccine)
        return self.known[key]

    def _admits_nobody(self) -> Iterator[Finding]:
        for stage, rule in self.rules:
            vaccines = [
                vaccine for vaccine in rule.vaccines if not self._admits(stage, rule, vaccine)
            ]
            for where in _where(rule, vaccines):
                yield Finding("admits-nobody", where, "nobody can ever satisfy it")

    def _covered(self) -> Iterator[Finding]:
        """Every rule beside every other one for the same dose and vaccine."""
        for one, other in permutations(self.rules, 2):
            rule, beside = one[1], other[1]
            if rule.dose != beside.dose:
                continue
            vaccines = [
                vaccine
                for vaccine in rule.vaccines
                if vaccine in beside.vaccines
                and self._admits(*one, vaccine)
                and not self._offers_more(one, other, vaccine)
            ]
            for where in _where(rule, vaccines):
                text = f"what it offers, {beside.id} offers to the same people on the same days"
                yield Finding("covered", f"{where}|{beside.id}", text)

    def _age_gaps(self) -> Iterator[Finding]:
        for stage in self.stages:
            for vaccine in sorted({it for rule in stage.rules for it in rule.vaccines}):
                for gap in age_gaps(self.policy, stage, vaccine):
                    where = f"{gap.older}|{gap.younger}"
                    text = f"no rule of the stage is for people {gap.births}, who lie between these"
                    yield Finding("age-gap", where, text)

    def _without_window(self) -> Iterator[Finding]:
        for stage, rule in self.rules:
            vaccines = [
                vaccine
                for vaccine in rule.vaccines
                if not any(_is_for(window, rule, vaccine) for window in stage.windows)
            ]
            for where in _where(rule, vaccines):
                yield Finding("rule-without-window", where, "no booking window is for it")

    def _outside_windows(self) -> Iterator[Finding]:
        for stage, rule in self.rules:
            found: dict[ShutOut, list[str]] = {}
            for vaccine in rule.vaccines:
                if any(_is_for(window, rule, vaccine) for window in stage.windows):
                    for people in shut_out(self.policy, stage, rule, vaccine):
                        found.setdefault(people, []).append(vaccine)
            for people, vaccines in found.items():
                code = "age-gap" if people.is_between else "outside-windows"
                text = f"no booking window is for people {people.births} whom it admits"
                for where in _where(rule, vaccines):
                    yield Finding(code, where, text)

    def _without_rule(self) -> Iterator[Finding]:
        for stage in self.stages:
            for window in stage.windows:
                alone = evolve(stage, windows=(window,))
                if not any(
                    can_be_booked(self.policy, alone, rule, vaccine)
                    for rule in stage.rules
                    for vaccine in rule.vaccines
                    if _is_for(window, rule, vaccine)
                ):
                    text = "nobody whom a rule of its stage admits can book in it"
                    yield Finding("window-without-rule", self.names[id(window)], text)


def _where(rule: Rule, vaccines: list[str]) -> list[str]:
    """The rule, where all its vaccines are concerned; else the rule with each that is."""
    if set(vaccines) == set(rule.vaccines):
        return [rule.id]
    return [f"{rule.id}/{vaccine}" for vaccine in vaccines]


def _is_for(window: Window, rule: Rule, vaccine: str) -> bool:
    return (not window.vaccines or vaccine in window.vaccines) and (
        not window.doses or rule.dose in window.doses
    )
