"""Finds faults of rules and windows that were in force together.

The answers about people hold for all people (see `vaxpolicy.analysis.coverage`). Each set of rules
that was in force on some day is looked at.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations
from typing import TYPE_CHECKING

from attrs import define, evolve, field

from vaxpolicy.analysis.coverage import (
    Admitted,
    Gap,
    ShutOut,
    admitted_by,
    age_gaps,
    can_be_booked,
    offers_more,
    shut_out,
)
from vaxpolicy.analysis.findings import Finding, Spot
from vaxpolicy.analysis.printed_bounds import bounds
from vaxpolicy.rules.conditions import Facts
from vaxpolicy.rules.moments import Moment
from vaxpolicy.rules.policy import in_force, is_in_force

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from vaxpolicy.rules.policy import Policy, Rule, Stage, Window


def rule_findings(policy: Policy) -> Iterator[Finding]:
    """All faults of rules and windows, on any day on which they were in force."""
    stages = tuple(_known_alone(policy, stage) for stage in policy.written or policy.stages)
    policy = evolve(policy, stages=stages, written=stages)
    yield from _never_in_force(stages, policy.announced)
    for bound in bounds(policy):
        if bound.status == "refuted":
            gives = ", ".join(str(one or "no bound") for one in bound.found)
            text = (
                f"rule {bound.rule_id}, {bound.kind}: printed is {bound.printed},"
                f" the rule gives {gives}"
            )
            spot = Spot(rule=bound.rule_id, key=bound.kind)
            yield Finding("printed-refuted", bound.rule_id, text, spot=spot)
    booking = policy.notification in {"required", "reminder"} or any(it.windows for it in stages)
    known = _Answers()
    for edition in _editions(stages, policy.announced):
        yield from _Edition(policy, edition, known, booking=booking).findings()


def _known_alone(policy: Policy, stage: Stage) -> Stage:
    """The stage with the vaccines that are known, each once: the others have findings already."""
    rules = []
    for rule in stage.rules:
        known = tuple(code for code in dict.fromkeys(rule.vaccines) if code in policy.vaccines)
        if known:
            rules.append(rule if known == rule.vaccines else evolve(rule, vaccines=known))
    return evolve(stage, rules=tuple(rules))


def _days_of_change(stages: Iterable[Stage], announced: date) -> list[date]:
    """Every day on which something came into force or ended."""
    parts: list[Stage | Rule | Window] = []
    for stage in stages:
        parts += [stage, *stage.rules, *stage.windows]
    days = {announced, *(part.since for part in parts), *(part.until for part in parts)}
    return sorted(day for day in days if day is not None)


def _editions(stages: tuple[Stage, ...], announced: date) -> list[tuple[Stage, ...]]:
    """The parts in force after each change."""
    days = _days_of_change(stages, announced)
    return list(dict.fromkeys(in_force(stages, day, announced) for day in days))


def _never_in_force(stages: tuple[Stage, ...], announced: date) -> Iterator[Finding]:
    days = _days_of_change(stages, announced)
    for stage in stages:
        held = [day for day in days if is_in_force(stage, day, announced)]
        parts: list[tuple[str, Spot, Rule | Window]] = [
            *((rule.id, Spot(rule=rule.id, key="until"), rule) for rule in stage.rules),
            *(
                (f"{stage.id}/windows/{at}", Spot(stage=stage.id, window=at, key="until"), window)
                for at, window in enumerate(stage.windows, start=1)
            ),
        ]
        for where, spot, part in parts:
            if not any(is_in_force(part, day, announced) for day in held):
                text = f"{where}: there is no day on which this version is in force"
                yield Finding("never-in-force", where, text, spot=spot)


def _clash(one: Window, other: Window) -> bool:
    """Whether both are for the same people, and the same or surely open at one instant."""
    if (one.vaccines, one.doses, one.ages) != (other.vaccines, other.doses, other.ages):
        return False
    if (one.opens, one.closes) == (other.opens, other.closes):
        return True
    instants = [Moment.of(window.opens).past for window in (one, other)]
    return any(it is not None and one.is_open(it) and other.is_open(it) for it in instants)


@define
class _Answers:
    """Answers about rules and stages, kept for the sets of rules that were in force later."""

    alone: dict[object, Admitted] = field(factory=dict)
    people: dict[object, list[Facts]] = field(factory=dict)
    yes: dict[object, bool] = field(factory=dict)
    gaps: dict[object, tuple[Gap, ...]] = field(factory=dict)


class _Edition:
    """The stages that were in force together.

    `known` holds the answers about rules; sets that were in force later share them.
    """

    def __init__(
        self, policy: Policy, stages: tuple[Stage, ...], known: _Answers, *, booking: bool
    ) -> None:
        self.policy, self.stages, self.known, self.booking = policy, stages, known, booking
        self.rules = [(stage, rule) for stage in stages for rule in stage.rules]
        self.windows = {
            id(window): Spot(stage=stage.id, window=number)
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
        """Versions of a rule, stage or window that are in force together."""
        names = Counter(
            [
                *(("stage", stage.id) for stage in self.stages),
                *(("rule", rule.id) for _, rule in self.rules),
            ]
        )
        for (kind, name), count in names.items():
            if count > 1:
                text = f"{kind} {name}: {count} versions are in force on one day"
                spot = Spot(rule=name) if kind == "rule" else Spot(stage=name)
                yield Finding("overlapping-versions", name, text, spot=spot)
        for stage in self.stages:
            for one, other in combinations(stage.windows, 2):
                if _clash(one, other):
                    where = f"{self._window(one)}|{self._window(other)}"
                    text = f"{where}: two windows for the same people are open at one time"
                    spot = self.windows[id(other)]
                    yield Finding("overlapping-versions", where, text, spot=spot)

    def _window(self, window: Window) -> str:
        spot = self.windows[id(window)]
        return f"{spot.stage}/windows/{spot.window}"

    def _admitted(self, stage: Stage, rule: Rule, vaccine: str) -> Admitted:
        key = (stage.vaccination_days, rule, vaccine)
        if key not in self.known.alone:
            people = self.known.people.setdefault((vaccine, rule.dose), [])
            self.known.alone[key] = admitted_by(self.policy, stage, rule, vaccine, people)
        return self.known.alone[key]

    def _offers_more(
        self, one: tuple[Stage, Rule], other: tuple[Stage, Rule], vaccine: str
    ) -> bool:
        days = [stage.vaccination_days for stage, _ in (one, other)]
        key = (*days, one[0] is other[0], one[1], other[1], vaccine)
        if key not in self.known.yes:
            both = (self._admitted(*each, vaccine) for each in (one, other))
            self.known.yes[key] = offers_more(self.policy, *both)
        return self.known.yes[key]

    def _admits_nobody(self) -> Iterator[Finding]:
        for stage, rule in self.rules:
            vaccines = [
                vaccine
                for vaccine in rule.vaccines
                if not self._admitted(stage, rule, vaccine).is_possible
            ]
            for where in _where(rule, vaccines):
                text = f"rule {where}: nobody can ever satisfy it"
                yield Finding("admits-nobody", where, text, spot=Spot(rule=rule.id))

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
                and self._admitted(*one, vaccine).is_possible
                and not self._offers_more(one, other, vaccine)
            ]
            for where in _where(rule, vaccines):
                text = (
                    f"rule {where}: rule {beside.id} offers the same to the same people on the"
                    " same days"
                )
                spot = Spot(rule=rule.id)
                yield Finding("covered", f"{where}|{beside.id}", text, spot=spot)

    def _age_gaps(self) -> Iterator[Finding]:
        for stage in self.stages:
            for vaccine in sorted({it for rule in stage.rules for it in rule.vaccines}):
                for gap in self._gaps(stage, vaccine):
                    where = f"{gap.older}|{gap.younger}"
                    text = (
                        f"stage {stage.id}: no rule is for people {gap.births}, who lie between"
                        f" rules {gap.older} and {gap.younger}"
                    )
                    yield Finding("age-gap", where, text, spot=Spot(rule=gap.older))

    def _gaps(self, stage: Stage, vaccine: str) -> tuple[Gap, ...]:
        key = (stage.vaccination_days, stage.rules, vaccine)
        if key not in self.known.gaps:
            self.known.gaps[key] = tuple(age_gaps(self.policy, stage, vaccine))
        return self.known.gaps[key]

    def _without_window(self) -> Iterator[Finding]:
        for stage, rule in self.rules:
            vaccines = [
                vaccine
                for vaccine in rule.vaccines
                if not any(_is_for(window, rule, vaccine) for window in stage.windows)
            ]
            for where in _where(rule, vaccines):
                text = f"rule {where}: no booking window is for it"
                yield Finding("rule-without-window", where, text, spot=Spot(rule=rule.id))

    def _outside_windows(self) -> Iterator[Finding]:
        for stage, rule in self.rules:
            found: dict[ShutOut, list[str]] = {}
            for vaccine in rule.vaccines:
                if any(_is_for(window, rule, vaccine) for window in stage.windows):
                    for people in shut_out(self.policy, stage, rule, vaccine):
                        found.setdefault(people, []).append(vaccine)
            for people, vaccines in found.items():
                code = "age-gap" if people.is_between else "outside-windows"
                for where in _where(rule, vaccines):
                    text = (
                        f"rule {where}: no booking window is for people {people.births} whom it"
                        " admits"
                    )
                    yield Finding(code, where, text, spot=Spot(rule=rule.id))

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
                    where = self._window(window)
                    text = f"{where}: nobody whom a rule of its stage admits can book in it"
                    spot = self.windows[id(window)]
                    yield Finding("window-without-rule", where, text, spot=spot)


def _where(rule: Rule, vaccines: list[str]) -> list[str]:
    """The rule, where all its vaccines are concerned; else the rule with each such vaccine."""
    if set(vaccines) == set(rule.vaccines):
        return [rule.id]
    return [f"{rule.id}/{vaccine}" for vaccine in vaccines]


def _is_for(window: Window, rule: Rule, vaccine: str) -> bool:
    return (not window.vaccines or vaccine in window.vaccines) and (
        not window.doses or rule.dose in window.doses
    )
