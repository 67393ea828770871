"""Finds faults in the names, sources, days and windows of a policy file.

These checks read each version of each part as it is written; `vaxpolicy.analysis.rule_checks` looks
at what was in force together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import attrs
from attrs import frozen

from vaxpolicy._near import county_spellings, did_you_mean, near
from vaxpolicy.analysis.findings import Finding, Spot
from vaxpolicy.days import in_taiwan
from vaxpolicy.rules.conditions import (
    ByProduct,
    InAnyGroup,
    InGroup,
    OfDatedFact,
    PreviousDoseOf,
    RegisteredIn,
    ResidentIn,
    written,
)
from vaxpolicy.rules.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxpolicy.rules.conditions import AnyCondition
    from vaxpolicy.rules.policy import Policy, Rule, Stage, Window


@frozen
class Known:
    """The names and contents to which a policy is compared.

    Attributes:
        groups: the ids of all groups.
        counties: the counties and cities; None: they are not checked.
        facts: the ids of all dated facts; None: they are not checked.
        released: the digests of the contents that already have an id and version.
        spellings: ids of groups and names of counties by their names in other languages.
    """

    groups: Collection[str]
    counties: Collection[str] | None = None
    released: Mapping[tuple[str, str], Collection[str]] = attrs.field(factory=dict)
    facts: Collection[str] | None = None
    spellings: Mapping[str, str] = attrs.field(factory=dict)

    def near(self, name: str, names: Mapping[str, str]) -> tuple[str, ...]:
        """The names that may have been meant; those in other languages lead to them."""
        wanted = {*names.values()}
        others = {spelling: it for spelling, it in self.spellings.items() if it in wanted}
        return near(name, {**others, **names})


def file_findings(policy: Policy, known: Known) -> Iterator[Finding]:
    """All faults of names, sources, days and windows."""
    stages = policy.written or policy.stages
    yield from _version(policy, known)
    yield from _sources(policy, stages)
    yield from _disease(policy)
    yield from _days(policy, stages)
    yield from _licences(policy, known)
    yield from _tables(policy)
    for stage in stages:
        for rule in stage.rules:
            yield from _names(policy, rule, known)
        for number, window in enumerate(stage.windows, start=1):
            where = f"{stage.id}/windows/{number}"
            spot = Spot(stage=stage.id, window=number)
            yield from _vaccines(policy, window.vaccines, where, attrs.evolve(spot, key="vaccines"))
            yield from _window(stage, window, where, spot)


def _version(policy: Policy, known: Known) -> Iterator[Finding]:
    """An id and version that other content has."""
    taken = known.released.get((policy.id, policy.version), ())
    if policy.digest and taken and policy.digest not in taken:
        text = f"version: {policy.id} {policy.version} has been released with other content"
        yield Finding("version-taken", "version", text, spot=Spot(key="version"))


_ADDRESS: Final = re.compile(
    r"https?://[^\s/.]+(\.[^\s/.]+)+(:\d+)?(/\S*)?|urn:[a-z0-9][a-z0-9-]{0,31}:\S+", re.IGNORECASE
)


def _sources(policy: Policy, stages: Iterable[Stage]) -> Iterator[Finding]:
    """Rules without a source, sources that nothing cites, and what is wrong with a source."""
    cited = _cited_by_tables(policy)
    for stage in stages:
        cited |= {*stage.cites, *(key for window in stage.windows for key in window.cites)}
        for rule in stage.rules:
            cited |= {*rule.cites}
            if not rule.cites:
                spot = Spot(rule=rule.id, key="cites")
                text = f"rule {rule.id}, cites: it cites no source"
                yield Finding("rule-uncited", rule.id, text, spot=spot)
    for key, source in policy.sources.items():
        where = f"sources/{key}"
        if key not in cited:
            text = f"source {key}: nothing cites it"
            yield Finding("source-unused", where, text, spot=Spot(source=key))
        if not _ADDRESS.fullmatch(source.url):
            text = f"source {key}, url: expected an address that begins with https:// or urn:"
            yield Finding("not-an-address", where, text, spot=Spot(source=key, key="url"))
        if source.checked < policy.announced:
            text = (
                f"source {key}, checked: {source.checked} is before the announcement"
                f" on {policy.announced}"
            )
            yield Finding("checked-too-early", where, text, spot=Spot(source=key, key="checked"))


def _cited_by_tables(policy: Policy) -> set[str]:
    """The keys of the sources that its tables cite: of its doses, its groups and its vaccines."""
    cited = {key for minimum in policy.minimums for key in minimum.cites}
    cited |= {key for spacing in policy.spacings for key in spacing.cites}
    cited |= {key for group in policy.groups.values() for key in group.cites}
    for vaccine in policy.vaccines.values():
        cited |= {key for licence in vaccine.licences for key in licence.cites}
        cited |= {key for interval in vaccine.intervals for key in interval.cites}
        if vaccine.first_given is not None:
            cited |= {*vaccine.first_given.cites}
    return cited


def _disease(policy: Policy) -> Iterator[Finding]:
    """A disease against which no vaccine is known."""
    known = sorted({name for it in policy.vaccines.values() for name in it.diseases})
    key = "diseases" if policy.diseases else "disease"
    for disease in policy.diseases or (policy.disease,):
        if disease not in known:
            names = near(disease, {name: name for name in known})
            text = f"{key}: there is no vaccine against {disease}{did_you_mean(names)}"
            yield Finding("unknown-disease", key, text, spot=Spot(key=key), near=names)


def _names(policy: Policy, rule: Rule, known: Known) -> Iterator[Finding]:
    """Vaccines, groups, dated facts and counties of a rule that do not exist, each by itself."""
    yield from _vaccines(
        policy, rule.vaccines, rule.id, Spot(rule=rule.id, key="vaccines", value="")
    )
    spot = Spot(rule=rule.id, key="counts")
    yield from _vaccines(policy, rule.counts, _where(spot), spot)
    yield from _conditions(policy, rule.all, known, Spot(rule=rule.id))


def _licences(policy: Policy, known: Known) -> Iterator[Finding]:
    """Names in the licences of vaccines that do not exist."""
    for code, vaccine in policy.vaccines.items():
        for licence in vaccine.licences:
            yield from _conditions(policy, licence.all, known, Spot(vaccine=code))


def _tables(policy: Policy) -> Iterator[Finding]:
    """Vaccines that do not exist in the tables of doses that count."""
    for table, lists in (
        ("minimums", [it.vaccines for it in policy.minimums]),
        ("spacings", [it.vaccines for it in policy.spacings]),
    ):
        of_any = table == "spacings"
        for number, vaccines in enumerate(lists, start=1):
            spot = Spot(table=table, number=number, key="vaccines")
            yield from _vaccines(policy, vaccines, f"{table}/{number}", spot, of_any=of_any)


def _conditions(
    policy: Policy, conditions: Iterable[AnyCondition], known: Known, at: Spot
) -> Iterator[Finding]:
    """Names in these conditions that do not exist."""
    for leaf in written(conditions):
        spot = attrs.evolve(at, key=attrs.fields(type(leaf))[0].name)
        match leaf:
            case PreviousDoseOf(vaccines):
                yield from _vaccines(policy, vaccines, _where(spot), spot)
            case InGroup(group):
                yield from _groups((group,), known, spot)
            case InAnyGroup(groups):
                yield from _groups(groups, known, spot)
            case ByProduct():
                yield from _vaccines(policy, leaf.products, _where(spot), spot, of_any=True)
            case OfDatedFact():
                yield from _dated_fact(leaf.dated_fact, known, spot)
            case RegisteredIn(counties) | ResidentIn(counties):
                yield from _counties(counties, known, spot)


def _groups(groups: tuple[str, ...], known: Known, spot: Spot) -> Iterator[Finding]:
    for group in groups:
        if group not in known.groups:
            names = known.near(group, {name: name for name in known.groups})
            yield _unknown("group", group, "is on no list of groups", names, spot)


def _dated_fact(fact: str, known: Known, spot: Spot) -> Iterator[Finding]:
    if known.facts is not None and fact not in known.facts:
        names = near(fact, {name: name for name in known.facts})
        yield _unknown("fact", fact, "is on no list of dated facts", names, spot)


def _vaccines(
    policy: Policy, codes: tuple[str, ...], where: str, spot: Spot, *, of_any: bool = False
) -> Iterator[Finding]:
    """Vaccines that do not exist or are there twice; or are against another disease, if asked."""
    against = {policy.disease, *policy.diseases}
    known = {
        code for code, it in policy.vaccines.items() if of_any or against.intersection(it.diseases)
    }
    problem = "is not a known vaccine" if of_any else f"is not a vaccine against {policy.disease}"
    for code, count in Counter(codes).items():
        at = attrs.evolve(spot, value=code)
        if count > 1:
            text = f"{_at(at)}: {code} is in the list {count} times"
            yield Finding("named-twice", f"{where}/{code}", text, spot=at)
        if code not in known:
            names = near(code, {name: name for name in known})
            text = f"{_at(at)}: {code} {problem}"
            yield Finding(
                "unknown-vaccine",
                f"{where}/{code}",
                text + did_you_mean(names),
                spot=at,
                near=names,
            )


def _counties(counties: tuple[str, ...], known: Known, spot: Spot) -> Iterator[Finding]:
    for county, count in Counter(counties).items():
        at = attrs.evolve(spot, value=county)
        if count > 1:
            text = f"{_at(at)}: {county} is in the list {count} times"
            yield Finding("named-twice", f"{_where(spot)}/{county}", text, spot=at)
        if known.counties is not None and county not in known.counties:
            names = known.near(county, county_spellings(known.counties))
            yield _unknown("county", county, "is not a county or city of Taiwan", names, spot)


def _unknown(kind: str, name: str, problem: str, names: tuple[str, ...], spot: Spot) -> Finding:
    at = attrs.evolve(spot, value=name)
    text = f"{_at(at)}: {name} {problem}{did_you_mean(names)}"
    return Finding(f"unknown-{kind}", f"{_where(spot)}/{name}", text, spot=at, near=names)


def _where(spot: Spot) -> str:
    """The place by which a waiver names a finding about a rule or a vaccine."""
    return f"vaccines/{spot.vaccine}" if spot.vaccine else spot.rule


def _at(spot: Spot) -> str:
    """The place, as the texts of findings begin."""
    if spot.vaccine:
        return f"vaccine {spot.vaccine}, licences, {spot.key}"
    if spot.table:
        return f"{spot.table} {spot.number}, {spot.key}"
    if spot.rule:
        return f"rule {spot.rule}, {spot.key}"
    return f"window {spot.window} of {spot.stage}, {spot.key}"


def _days(policy: Policy, stages: tuple[Stage, ...]) -> Iterator[Finding]:
    """Vaccination days before the announcement, or before doses count.

    A later version of a stage may begin before its own announcement: it continues an earlier one.
    """
    announced: dict[str, date] = {}
    for stage in stages:
        day = stage.since or policy.announced
        announced[stage.id] = min(day, announced.get(stage.id, day))
    for stage in stages:
        first, since = stage.vaccination_days.first, announced[stage.id]
        if first < since:
            spot = Spot(stage=stage.id, key="vaccination_days")
            text = f"stage {stage.id}, vaccination_days: {first} is before the announcement on "
            yield Finding("days-before-announcement", stage.id, f"{text}{since}", spot=spot)
        if policy.counts_from is not None and first < policy.counts_from:
            spot = Spot(key="counts_from")
            text = (
                f"counts_from: doses count from {policy.counts_from} on, but stage {stage.id}"
                f" begins on {first}"
            )
            yield Finding("counted-too-late", stage.id, text, spot=spot)


_A_YEAR: Final = timedelta(days=365)
_DAY: Final = timedelta(days=1)


def _window(stage: Stage, window: Window, where: str, spot: Spot) -> Iterator[Finding]:
    """A window that never opens, or that opens at a time that can hardly be meant."""
    opens, closes = Moment.of(window.opens), Moment.of(window.closes)
    days = stage.vaccination_days
    at = attrs.evolve(spot, key="opens")
    if opens.earliest is None or opens.latest is None:
        return
    if closes.latest is not None and closes.latest <= opens.earliest:
        text = f"{_at(at)}: it opens on {window.opens} and closes on {window.closes}"
        yield Finding("window-never-open", where, text, spot=at)
    if opens.earliest >= in_taiwan(days.last) + _DAY:
        text = f"{_at(at)}: it opens on {window.opens}, the last vaccination day is {days.last}"
        yield Finding("window-too-late", where, text, spot=at)
    if opens.latest <= in_taiwan(days.first) - _A_YEAR:
        text = f"{_at(at)}: it opens on {window.opens}, the first vaccination day is {days.first}"
        yield Finding("window-too-early", where, text, spot=at)
