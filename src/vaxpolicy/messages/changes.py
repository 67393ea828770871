"""Describes the changes between two policies: the people, and their days before and after."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from vaxpolicy._values import Prose, checked, front_door
from vaxpolicy.analysis.profiles import Counties
from vaxpolicy.days import DaySet
from vaxpolicy.messages.decisions import (
    county_name,
    dated_fact_name,
    group_name,
    sure_and_possible,
    vaccine_name,
)
from vaxpolicy.messages.language import Words, words
from vaxpolicy.rules.people import PartialDate, Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from vaxpolicy.analysis.diff import Days, DaysChange
    from vaxpolicy.analysis.profiles import (
        AgeThen,
        DoseGiven,
        DoseNumber,
        FactGiven,
        Profile,
        Registered,
    )
    from vaxpolicy.days import DayRange
    from vaxpolicy.rules.people import DatedFact


@frozen(field_transformer=checked)
class ChangeInWords:
    """A change, or the same change for several vaccines, in words.

    Attributes:
        what: the change of one dose of these vaccines.
        who: the people, fact by fact; every fact holds for each of them.
        example: one of them, fact by fact.
        before: the example's days under the old policy.
        now: the example's days under the new one.
    """

    what: Prose
    who: tuple[Prose, ...]
    example: tuple[Prose, ...]
    before: Prose
    now: Prose


@front_door
def describe_changes(changes: Iterable[DaysChange], lang: str = "en") -> tuple[ChangeInWords, ...]:
    """Describe changes. Changes that differ only in the vaccine become one."""
    together: dict[tuple[object, ...], list[DaysChange]] = {}
    for it in changes:
        who = evolve(it.who, vaccine="", against=frozenset())
        key = it.kind, it.dose, it.had_it, who, it.old_days, it.new_days
        together.setdefault(key, []).append(it)
    return tuple(_change(same, words(lang)) for same in together.values())


@front_door
def describe_change(change: DaysChange, lang: str = "en") -> ChangeInWords:
    """Describe one change."""
    return _change([change], words(lang))


def _change(same: list[DaysChange], say: Words) -> ChangeInWords:
    change, lang = same[0], say.lang
    vaccines = say.listed([vaccine_name(it.vaccine, lang) for it in same], style="or")
    return ChangeInWords(
        say(f"change/{change.kind.value}", dose=change.dose, vaccines=vaccines),
        describe_whom(change.who, lang),
        describe_person(change.example, lang),
        describe_changed_days(change.old_days, lang),
        describe_changed_days(change.new_days, lang),
    )


@front_door
def describe_changed_days(days: Days, lang: str = "en") -> str:
    """The certain and the possible days of a dose."""
    say = words(lang)
    if not days.possible:
        return say("change/days-none")
    possible = DaySet.none() if days.sure == days.possible else days.possible
    return sure_and_possible(days.sure, possible, say)


@front_door
def describe_whom(whom: Profile, lang: str = "en") -> tuple[str, ...]:
    """The people, fact by fact, or "everybody" if no fact matters."""
    say = words(lang)
    births = () if whom.births is None else (_born(whom.births, say),)
    registered, residence = whom.registered_county, whom.residence_county
    facts = (
        *births,
        *(_count(count, say) for count in whom.counts),
        *(_dose(dose, say) for dose in whom.doses),
        *(say("change/in-group", item=group_name(it, lang)) for it in whom.members),
        *(say("change/not-in-group", item=group_name(it, lang)) for it in whom.not_members),
        *(() if registered is None else (_counties("registered", registered, say),)),
        *(() if residence is None else (_counties("lives", residence, say),)),
        *(() if whom.registered is None else (_wanted(whom.registered, say),)),
        *(() if whom.sex is None else (say(f"condition/sex/{whom.sex}"),)),
        *(_happened(fact, say) for fact in whom.dated_facts),
    )
    return facts or (say("change/everybody"),)


def _happened(fact: FactGiven, say: Words) -> str:
    """The days on which something happened, or that it never did."""
    item = dated_fact_name(fact.fact, say.lang)
    if fact.days == DaySet.every():
        texts = [say("change/fact-happened-once", item=item)]
    else:
        days = fact.days.ranges
        texts = [say("change/fact-happened", when=_when(it, say), item=item) for it in days]
    if fact.never:
        texts.append(say("change/fact-never", item=item))
    return say.listed(texts, style="or")


def _born(days: DaySet, say: Words) -> str:
    born = [say("change/born", when=_when(one, say)) for one in days.ranges]
    return say.listed(born, style="or")


def _when(days: DayRange, say: Words) -> str:
    """A range of past days."""
    first = "" if days.first is None else say.date(days.first)
    last = "" if days.last is None else say.date(days.last)
    if not (first or last):
        return say("frame/days-every")
    if first == last:
        return say("change/when-on", day=first)
    key = "between" if first and last else "from" if first else "until"
    return say(f"change/when-{key}", first=first, last=last)


def _count(count: DoseNumber, say: Words) -> str:
    if count.or_more:
        doses = say("change/doses-or-more", n=count.number)
    else:
        doses = say("change/doses", n=count.number) if count.number else say("change/doses-none")
    since = "" if count.since is None else say.date(count.since)
    before = "" if count.before is None else say.date(count.before)
    ends = "-".join(name for name, day in (("since", since), ("before", before)) if day)
    return say(f"change/counted-{ends or 'so-far'}", doses=doses, since=since, before=before)


def _dose(dose: DoseGiven, say: Words) -> str:
    text = _which(dose, say)
    if dose.vaccines is not None:
        names = [vaccine_name(code, say.lang) for code in sorted(dose.vaccines)]
        text = say("change/dose-of", dose=text, vaccines=say.listed(names, style="or"))
    if dose.days != DaySet.every():
        when = say.listed([_when(one, say) for one in dose.days.ranges], style="or")
        text = say("change/dose-given", dose=text, when=when)
    return text if dose.age is None else _at_an_age(text, dose.age, say)


def _at_an_age(dose: str, age: AgeThen, say: Words) -> str:
    years, months = divmod(age.months, 12)
    old = say("change/age-months", n=age.months) if months else say("change/age-years", n=years)
    key = "change/dose-old" if age.attained else "change/dose-young"
    if age.days:
        key += "-later"
    return say(key, dose=dose, n=age.days, age=old)


def _which(dose: DoseGiven, say: Words) -> str:
    if dose.season is None:
        return say("change/dose", number=dose.number)
    day = say.date(dose.season)
    if dose.number > 0:
        return say("change/dose-since", number=dose.number, day=day)
    if dose.number == 0:
        return say("change/dose-before", day=day)
    return say("change/dose-back", number=1 - dose.number, day=day)


def _counties(verb: str, counties: Counties, say: Words) -> str:
    where = "elsewhere" if counties.others else "in"
    names = [county_name(name, say.lang) for name in counties.names]
    return say(f"change/{verb}-{where}", counties=say.listed(names, style="or"))


_STEP: Final = timedelta(microseconds=1)


def _wanted(registered: Registered, say: Words) -> str:
    texts = [_wanted_when(after, by, say) for after, by in registered.ranges]
    if registered.never:
        texts.append(say("change/wants-not"))
    return say.listed(texts, style="or")


def _wanted_when(after: datetime | None, by: datetime | None, say: Words) -> str:
    """The time after one instant and up to another.

    A policy's bound is a full second. An instant one step before it is written as that second.
    """
    ends = []
    if after is not None:
        key = "change/moment-from" if after.microsecond else "change/moment-after"
        ends.append(say(key, moment=say.moment(_full_second(after))))
    if by is not None:
        key = "change/moment-before" if by.microsecond else "change/moment-by"
        ends.append(say(key, moment=say.moment(_full_second(by))))
    if not ends:
        return say("change/wants")
    first, *rest = ends
    when = say("change/moment-both", first=first, second=rest[0]) if rest else first
    return say("change/wants-when", when=when)


def _full_second(instant: datetime) -> datetime:
    return instant + _STEP if instant.microsecond else instant


@front_door
def describe_person(person: Person, lang: str = "en") -> tuple[str, ...]:
    """The known facts of a person, one by one; never the key."""
    say = words(lang)
    return tuple(_facts(person, say)) or (say("change/nothing-known"),)


def _facts(person: Person, say: Words) -> Iterator[str]:
    if person.birth_date is not None:
        yield _birth(person, say)
    if person.doses is not None:
        given = [
            say("change/had", vaccine=vaccine_name(dose.vaccine, say.lang), day=say.date(dose.on))
            for dose in person.doses
        ]
        none = say("change/counted-so-far", doses=say("change/doses-none"))
        yield say.listed(given) if given else none
    for group in sorted(person.groups or ()):
        yield say("change/in-group", item=group_name(group, say.lang))
    for group in sorted(person.unknown_groups):
        yield say("change/perhaps-in-group", item=group_name(group, say.lang))
    if person.groups is not None and not (person.groups or person.unknown_groups):
        yield say("change/in-no-group")
    if person.registered_county:
        yield _counties("registered", Counties((person.registered_county,)), say)
    if person.residence_county:
        yield _counties("lives", Counties((person.residence_county,)), say)
    if person.willingness is not None:
        yield from _wishes(person.willingness.wanted.items(), say)
    yield from _other_facts(person, say)


def _other_facts(person: Person, say: Words) -> Iterator[str]:
    if person.sex is not None:
        yield say(f"condition/sex/{person.sex}")
    for fact in person.dated_facts:
        yield _dated_fact(fact, say)


def _dated_fact(fact: DatedFact, say: Words) -> str:
    item, on = dated_fact_name(fact.fact, say.lang), fact.on
    if isinstance(on, PartialDate):
        return say("change/fact-happened-in", when=_month_or_year(on, say), item=item)
    if isinstance(on, str):
        return say("change/fact-never", item=item)
    return say("change/fact-happened", when=say("change/when-on", day=say.date(on)), item=item)


def _birth(person: Person, say: Words) -> str:
    birth = person.birth_date
    if isinstance(birth, PartialDate):
        known = "year" if birth.month is None else "month"
        return say(f"change/born-in-{known}", when=_month_or_year(birth, say))
    return _born(DaySet.between(birth, birth), say)


def _month_or_year(known: PartialDate, say: Words) -> str:
    from babel.dates import format_skeleton  # noqa: PLC0415  # large: loaded where it is needed

    fields = "y" if known.month is None else "yMMMM"
    return format_skeleton(fields, known.earliest, locale=say.locale)


def _wishes(wanted: Iterable[tuple[str, datetime]], say: Words) -> Iterator[str]:
    wishes = [
        say("change/wants-since", vaccine=vaccine_name(code, say.lang), moment=say.moment(since))
        for code, since in sorted(wanted)
    ]
    yield from wishes or [say("change/wants-none")]
