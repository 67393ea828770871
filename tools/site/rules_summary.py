"""The summary that opens the page of a policy, in plain words, and what is in force on a day.

The pages are written by ``python -m tools.site write``; see there.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from attrs import frozen

from tools.site.rules_lists import gaps
from tools.site.rules_text import (
    Page,
    days_in_words,
    group_name,
    heading,
    leaves,
    wording,
)
from vaxpolicy import catalog
from vaxpolicy.messages import Wording, dated_fact_name, describe_ages
from vaxpolicy.rules.conditions import (
    Age,
    AgeAtLeast,
    AgeAtLeastDays,
    AgeAtMost,
    AgeBand,
    AllOf,
    AnyCondition,
    AnyOf,
    BornOnOrAfter,
    BornOnOrBefore,
    Condition,
    DaysSinceDoseOf,
    DaysSinceFact,
    DoseDue,
    EarlierDosesAtLeast,
    HasFact,
    InAnyGroup,
    InBand,
    InGroup,
    NotStated,
    NotThat,
    OfDatedFact,
    OfSex,
    PreviousDoseOnOrBefore,
    RegisteredIn,
    ResidentIn,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vaxpolicy.rules.policy import Policy, Rule

AS_OF: Final = date(2026, 11, 27)
"""The day on which the committed pages say what is in force: the pages stay as they are until
somebody sets another day here. It is that of the last review of the policies."""

MOST: Final = 6
"""As many waits or open points as a summary names; the rest is further down on the page."""
FEW: Final = 2
"""More alternatives than these are put one below the other."""
MOST_EXACT: Final = 12
"""With more different people than these, ages in years are named alone."""
MOST_PEOPLE: Final = 16
"""More than the ten groups of a campaign: nobody is left out of the summary for want of room."""

BIRTHS: Final = (Age, BornOnOrBefore, BornOnOrAfter)
VACCINES: Final = "rules/vaccines/index.md"

PLATFORM: Final = "covid19-1922"
IDENTITY: Final = "identity/index.md"

State: TypeAlias = Literal["running", "to-come", "over"]
Section: TypeAlias = Literal["in-force", "to-come", "seasons", "platform"]


@frozen
class Term:
    """The questions to people, in words; `several` if the words have "and" or "or" in them."""

    text: str
    several: bool = False

    def closed(self, page: Page) -> str:
        """The words, in brackets where they would run into those beside them."""
        return page.say("short/closed", who=self.text) if self.several else self.text


def span(policy: Policy) -> tuple[date, date]:
    """The first and the last vaccination day of a policy, at the widest."""
    days = [stage.vaccination_days for stage in policy.stages]
    return min(it.first for it in days), max(it.last for it in days)


def state(policy: Policy, day: date = AS_OF) -> State:
    """Whether the vaccination days of a policy have come on that day, and whether they are over."""
    first, last = span(policy)
    return "to-come" if day < first else "over" if last < day else "running"


def section(policy: Policy, day: date = AS_OF) -> Section:
    """The section of the table of contents that a policy belongs to."""
    match state(policy, day):
        case "running":
            return "in-force"
        case "to-come":
            return "to-come"
    return "platform" if PLATFORM in policy.id else "seasons"


def whole_span(policy: Policy, page: Page) -> str:
    """The vaccination days of all stages, in words."""
    first, last = span(policy)
    stated = all(stage.vaccination_days.stated for stage in policy.stages)
    return page.say("days/range" if stated else "days/widest", first=first, last=last)


def offers(policy: Policy, page: Page) -> Iterator[str]:
    """The doses that a policy offers, each with its vaccines."""
    doses: dict[int, dict[str, None]] = {}
    for rule in _rules(policy):
        doses.setdefault(rule.dose, {}).update(dict.fromkeys(rule.vaccines))
    for dose, codes in sorted(doses.items()):
        yield page.say("dose/offers", dose=dose, vaccines=page.vaccines(codes))


def summary(policy: Policy, page: Page) -> str:
    """The summary: a heading, and a line for each question."""
    lines = (
        ("who", _who(policy, page)),
        ("which", page.listed(offers(policy, page), "semicolon")),
        ("wait", _wait(policy, page)),
        ("when", _days(policy, page)),
        ("bring", _bring(policy, page)),
        ("open", _open(policy, page)),
        ("sure", _sure(policy, page)),
    )
    said = (page.say("fact", name=page.say(f"short/{key}"), text=text) for key, text in lines)
    return "\n\n".join(
        [
            heading(2, page.say("short"), "in-short"),
            "\n".join(f"- {line}" for line in said),
            page.say("short/decides", there="#rules-in-words"),
        ]
    )


def _rules(policy: Policy) -> Iterator[Rule]:
    for stage in policy.stages:
        yield from stage.rules


def _leaves(policy: Policy) -> Iterator[Condition]:
    for rule in _rules(policy):
        yield from leaves(rule.all)


def _who(policy: Policy, page: Page) -> str:
    """The people of each rule; what all rules ask is named once, at the end."""
    exact = [_terms(rule.all, page) for rule in _rules(policy)]
    if many := len(dict.fromkeys(exact)) > MOST_EXACT:  # a schedule has an age for each dose
        exact = [_terms(rule.all, page, exact=False) for rule in _rules(policy)]
    common = [it for it in exact[0] if all(it in terms for terms in exact)]
    own: dict[tuple[Term, ...], dict[str, None]] = {}
    for terms, days in zip(exact, _days_of_rules(policy, page), strict=True):
        own.setdefault(tuple(it for it in terms if it not in common), {})[days] = None
    if list(own) == [()]:
        return _both(common, page) or page.say("short/everyone")
    rest = page.say("short/only-common" if common else "short/everyone")
    usual = next(iter(next(iter(own.values()))))
    said = []
    for terms, when in own.items():
        who = _both(terms, page) or rest
        other = page.listed(when, "semicolon") if usual not in when and len(when) <= MOST else ""
        said.append(page.say("short/at", who=who, days=other) if other else who)
    perhaps = [page.say("short/perhaps", who=it) for it in said]  # which takes in the sure ones
    said = [it for it, wider in zip(said, perhaps, strict=True) if wider not in said]
    text, items = _lines(said, page, "short/any-of", MOST_PEOPLE)
    if many:
        text = page.say("short/each-dose", who=text, there="#rules-in-words")
    if common:
        text = page.say("short/all-of-them", who=text, terms=_both(common, page))
    return text + items


def _days_of_rules(policy: Policy, page: Page) -> Iterator[str]:
    for stage in policy.stages:
        yield from [days_in_words(stage.vaccination_days, page)] * len(stage.rules)


def _both(terms: Iterable[Term], page: Page) -> str:
    """Questions that are asked together; alternatives among them are in brackets."""
    found = list(terms)
    said = [it.text if len(found) == 1 else it.closed(page) for it in found]
    return page.say("short/and").join(said)


def _terms(
    conditions: Iterable[AnyCondition], page: Page, *, exact: bool = True
) -> tuple[Term, ...]:
    """The questions of conditions about who somebody is, ages first; not how an age is reckoned."""
    asked = list(conditions)
    least = [it.age_at_least for it in asked if isinstance(it, AgeAtLeast)]
    most = [it.age_at_most for it in asked if isinstance(it, AgeAtMost)]
    ages = AgeBand("not-stated", max(least, default=None), min(most, default=None))
    said = [Term(describe_ages(ages, page.lang, reckoned=False))] if least or most else []
    said += [
        term
        for it in asked
        if not isinstance(it, AgeAtLeast | AgeAtMost)
        and (exact or not isinstance(it, BIRTHS))
        and (term := _term(it, page))
    ]
    return tuple(dict.fromkeys(said))


def _term(  # noqa: PLR0911  # a kind of condition each
    condition: AnyCondition, page: Page
) -> Term | None:
    """The question of one condition about who somebody is; None if it asks about something else."""
    match condition:
        case AllOf(parts):
            terms = _terms(parts, page)
            return Term(_both(terms, page), several=len(terms) > 1) if terms else None
        case AnyOf(parts):
            return _one_of(parts, page)
        case NotThat(inner):
            return _not(inner, page)
        case InAnyGroup() | InBand() | InGroup():
            return Term(page.say("short/group", names=_names([condition], page)))
        case AgeAtLeast() | AgeAtMost():
            return _terms([condition], page)[0]
        case AgeAtLeastDays(0):
            return None
        case EarlierDosesAtLeast() | HasFact() | OfSex() | RegisteredIn() | ResidentIn():
            return Term(Wording(page.lang).phrase(condition))
        case Age() | BornOnOrBefore() | BornOnOrAfter():
            return Term(Wording(page.lang).phrase(condition))
        case DaysSinceFact(fact, _, int(most)):
            return Term(page.say("short/within", n=most, fact=dated_fact_name(fact, page.lang)))
    return None


def _not(inner: AnyCondition, page: Page) -> Term | None:
    """The opposite of what a condition asks about who somebody is."""
    match inner:
        case InAnyGroup() | InBand() | InGroup():
            return Term(page.say("short/not-group", names=_names([inner], page)))
        case EarlierDosesAtLeast() | HasFact():
            return Term(Wording(page.lang).phrase(inner, negated=True))
    term = _term(inner, page)
    return Term(page.say("short/not", who=term.closed(page))) if term else None


def _one_of(parts: tuple[AnyCondition, ...], page: Page) -> Term | None:
    """Alternatives, groups together; where one of them is open to anybody, nothing is asked."""
    known = [part for part in parts if not _is_open(part)]
    groups = [part for part in known if isinstance(part, InAnyGroup | InBand | InGroup)]
    said = [_term(part, page) for part in known if part not in groups]
    if groups:
        said.insert(0, Term(page.say("short/group", names=_names(groups, page))))
    terms = dict.fromkeys(term for term in said if term)
    if not terms or None in said:
        return None
    several = len(terms) > 1
    text = page.one_of(it.closed(page) if several else it.text for it in terms)
    if len(known) == len(parts):
        return Term(text, several)
    return Term(page.say("short/perhaps", who=text))


def _names(conditions: Iterable[InAnyGroup | InBand | InGroup], page: Page) -> str:
    """The names of the groups that are asked for, in quotation marks."""
    groups: dict[str, None] = {}
    for it in conditions:
        groups.update(dict.fromkeys(it.any_group if isinstance(it, InAnyGroup) else (it.group,)))
    return page.one_of(page.say("short/quoted", name=_group(it, page)) for it in groups)


def _is_open(condition: AnyCondition) -> bool:
    """Whether no source states that the condition holds for anybody."""
    if isinstance(condition, AllOf):
        return any(map(_is_open, condition.all))
    return isinstance(condition, NotStated)


def _group(group: str, page: Page) -> str:
    known = catalog.groups().get(group)
    return group_name(known, page.lang) if known else f"`{group}`"


def _wait(policy: Policy, page: Page) -> str:
    """The waits that the rules ask for: by dose and vaccine, then after other events."""
    offered: dict[tuple[str, int], dict[str, None]] = {}
    for rule in _rules(policy):
        words = wording(page, rule.dose, by_season=policy.counts_from is not None)
        if term := _wait_of(AllOf(rule.all), words, page):
            vaccines = offered.setdefault((term.text, rule.dose), {})
            vaccines.update(dict.fromkeys(rule.vaccines))
    found: dict[tuple[str, str], list[int]] = {}
    for (wait, dose), vaccines in offered.items():
        found.setdefault((page.vaccines(vaccines), wait), []).append(dose)
    said = [
        page.say("short/wait-of", doses=_doses(doses, vaccines, page), wait=wait)
        for (vaccines, wait), doses in found.items()
    ]
    said += dict.fromkeys(
        page.say("short/after", n=it.at_least, fact=dated_fact_name(it.days_since_fact, page.lang))
        for it in _leaves(policy)
        if isinstance(it, DaysSinceFact) and it.at_least is not None
    )
    text, items = _lines(said, page, "short/by-dose") if said else (page.say("short/no-wait"), "")
    if policy.licences_apply:
        text = page.say("short/wait-licences", waits=text, there=page.place(VACCINES))
    return text + items


def _doses(doses: list[int], vaccines: str, page: Page) -> str:
    if len(doses) == 1:
        return page.say("dose/of", dose=doses[0], vaccines=vaccines)
    return page.say("short/doses-of", doses=page.listed(map(str, doses)), vaccines=vaccines)


def _wait_of(condition: AnyCondition, words: Wording, page: Page) -> Term | None:
    """The waits that a condition asks for; its opposite asks for none."""
    match condition:
        case AllOf(parts):
            terms = _waits_of(parts, words, page)
            return Term(_both(terms, page), several=len(terms) > 1) if terms else None
        case AnyOf(parts):
            terms = _waits_of(parts, words, page)
            several = len(terms) > 1
            text = page.one_of(it.closed(page) if several else it.text for it in terms)
            return Term(text, several) if terms else None
        case DoseDue() | DaysSinceDoseOf() | PreviousDoseOnOrBefore():
            return Term(words.phrase(condition))
    return None


def _waits_of(parts: Iterable[AnyCondition], words: Wording, page: Page) -> list[Term]:
    found = (_wait_of(part, words, page) for part in parts)
    return list(dict.fromkeys(it for it in found if it))


def _days(policy: Policy, page: Page) -> str:
    days = dict.fromkeys(days_in_words(stage.vaccination_days, page) for stage in policy.stages)
    said = page.listed(days, "semicolon") if len(days) <= MOST else whole_span(policy, page)
    return page.say(f"short/{state(policy)}", days=said, day=AS_OF)


def _bring(policy: Policy, page: Page) -> str:
    """The facts of a person that the answer needs: those that the rules read."""
    asked = list(_leaves(policy))
    read = {fact for leaf in asked for fact in leaf.reads}
    needs = [
        page.say(f"bring/{key}")
        for key, facts in (
            ("groups", {"groups"}),
            ("doses", {"doses"}),
            ("county", {"registered_county", "residence_county"}),
            ("willingness", {"willingness"}),
        )
        if read & facts
    ]
    dated = dict.fromkeys(it.dated_fact for it in asked if isinstance(it, OfDatedFact))
    if dated:
        names = page.listed(dated_fact_name(it, page.lang) for it in dated)
        needs.append(page.say("bring/facts", facts=names))
    identity = page.link(page.say("bring/identity"), IDENTITY)
    key = "short/papers" if policy.licences_apply else "short/form"
    return page.say(key, needs=page.listed([identity, *needs], "semicolon"))


def _open(policy: Policy, page: Page) -> str:
    by = page.say("list/colon")
    found: dict[str, dict[str, None]] = {}
    for gap in gaps(policy, page):  # the same question about several ages is asked once
        what, _, about = gap.text.partition(by)
        found.setdefault(what, {})[about] = None
    said = [f"{what}{by * any(about)}{page.listed(about)}" for what, about in found.items()]
    return _first(said, page, "what-no-source-states") if said else page.say("short/nothing-open")


def _lines(texts: list[str], page: Page, key: str, most: int = MOST) -> tuple[str, str]:
    """A few texts in a row; of many, what they are, and a list of them."""
    if len(texts) <= FEW:
        return page.listed(texts, "semicolon"), ""
    shown = texts[:most]
    if len(texts) > most:
        shown.append(page.say("short/more", n=len(texts) - most, there="#rules-in-words"))
    return page.say(key), "".join(f"\n    - {it}" for it in shown)


def _first(texts: Iterable[str], page: Page, anchor: str, most: int = MOST) -> str:
    """The first of them, and how many more there are further down."""
    found = list(texts)
    if len(found) <= most:
        return page.listed(found, "semicolon")
    more = page.say("short/more", n=len(found) - most, there=f"#{anchor}")
    return page.listed([*found[:most], more], "semicolon")


def _sure(policy: Policy, page: Page) -> str:
    """Whether the policy is verified, and of which kinds its sources are."""
    kinds = Counter(source.support for source in policy.sources.values())
    tiers = page.listed(
        page.say(f"tier/{kind}", n=kinds[kind])
        for kind in ("official", "press", "secondary")
        if kinds[kind]
    )
    key = "verified" if policy.verified else "unverified"
    return page.say(f"short/{key}", sources=page.link(tiers, page.at, "sources"))
