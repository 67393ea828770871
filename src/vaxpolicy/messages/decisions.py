"""Describes a decision: its outcome, its offers, its reasons and the missing facts."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import frozen

from vaxpolicy import catalog
from vaxpolicy._values import Prose, checked, front_door
from vaxpolicy.catalog.bundled import bundled_group
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Effect, Offer, Outcome, Reason
from vaxpolicy.messages import texts
from vaxpolicy.messages.language import Words, words
from vaxpolicy.messages.texts import NEXT, QUESTIONS, TEXTS
from vaxpolicy.rules.conditions import (
    Age,
    AgeAtLeastDays,
    AgeAtLeastMonths,
    AgeAtMostDays,
    AgeAtMostMonths,
    ByProduct,
    Condition,
    DoseDue,
    DosesAtLeast,
    DosesOf,
    InAnyGroup,
    InBand,
    InGroup,
    NotStated,
    OfDatedFact,
    Question,
    RegisteredIn,
    ResidentIn,
)
from vaxpolicy.rules.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vaxpolicy.days import DaySet
    from vaxpolicy.rules.moments import WrittenMoment
    from vaxpolicy.rules.policy import Policy, Window

OUTCOMES: Final[Mapping[Outcome, str]] = MappingProxyType(
    {outcome: texts.OUTCOMES[outcome.value] for outcome in Outcome}
)
"""The outcomes in English."""

_ENDS: Final = frozenset({"too-old", "no-longer", "interval-too-long", "dose-already-given"})
"""The reasons whose day is the first day on which they hold."""
_INTERVALS: Final = frozenset({"interval-too-short", "too-close-to-other-vaccine"})
"""The reasons whose day only the advice names."""
_ONE_DAY: Final = timedelta(1)
_SOON: Final = timedelta(2 * 365)
"""Nobody is advised to look for a round that is further away."""
_BY_PRODUCT: Final = {
    "interval-too-short": "interval-after",
    "too-old-at-previous-dose": "too-old-at-dose-of",
    "too-young-at-previous-dose": "too-young-at-dose-of",
}
"""The texts of reasons about a dose of given vaccines, by `Reason.code`."""
_OWN: Final[ContextVar[tuple[Policy, ...]]] = ContextVar("policies_of_ones_own", default=())
"""The policies whose own names are used; see `names_of`."""


@front_door
def describe_from_day(from_day: date | None, lang: str = "en") -> str:
    """Say from which day on a decision counts days; for None, that it is in retrospect."""
    say = words(lang)
    if from_day is None:
        return say("command-line/in-retrospect")
    return say("command-line/from-day", day=say.date(from_day))


@contextmanager
@front_door
def names_of(*policies: Policy) -> Iterator[None]:
    """Use the names that your own policies give to their groups and vaccines.

    Inside the block every text of this package uses these names instead of ids and codes.
    """
    before = _OWN.set((*policies, *_OWN.get()))
    try:
        yield
    finally:
        _OWN.reset(before)


@front_door
def describe_outcome(outcome: Outcome | Decision, lang: str = "en") -> str:
    """Describe the outcome in one or two words.

    Of a decision it says also whether it is open because no source states what decides it.
    """
    if isinstance(outcome, Outcome):
        return words(lang)(f"outcome/{outcome.value}")
    if outcome.outcome is Outcome.UNDETERMINED and not outcome.missing:
        codes = {reason.code for reason in outcome.reasons if reason.effect is Effect.OPEN}
        if "too-many-cases" not in codes:
            return words(lang)("frame/outcome-not-stated")
    return describe_outcome(outcome.outcome, lang)


@frozen(field_transformer=checked)
class ReasonInWords:
    """Several reasons that have the same text.

    Attributes:
        text: the sentences.
        about: the rules, with the vaccine if it is about one; empty: the whole policy.
        reasons: the reasons.
    """

    text: Prose
    about: tuple[Prose, ...]
    reasons: tuple[Reason, ...]


@front_door
def describe_reasons(
    reasons: Iterable[Reason], lang: str = "en", from_day: date | None = None
) -> tuple[ReasonInWords, ...]:
    """Describe reasons in their order; each text appears once, with all its rules.

    With the `Decision.from_day` of the decision, or today, the advice names no earlier day.
    """
    found: dict[str, list[Reason]] = {}
    for reason in reasons:
        found.setdefault(_sentences(reason, words(lang), from_day), []).append(reason)
    return tuple(
        ReasonInWords(
            text,
            tuple(dict.fromkeys(filter(None, (_about(it, lang) for it in same)))),
            tuple(same),
        )
        for text, same in found.items()
    )


@front_door
def describe_reason(reason: Reason, lang: str = "en", from_day: date | None = None) -> str:
    """Describe a reason in sentences: its rule and vaccine, the reason, and what to do next.

    With the `Decision.from_day` of the decision, or today, the advice names no earlier day.
    """
    say = words(lang)
    text, about = _sentences(reason, say, from_day), _about(reason, lang)
    return say("number-frame/problem", field=about, problem=text) if about else text


def _about(reason: Reason, lang: str) -> str:
    vaccine = reason.vaccine and vaccine_name(reason.vaccine, lang)
    return " ".join(filter(None, (reason.rule_id, vaccine)))


def _sentences(reason: Reason, say: Words, from_day: date | None) -> str:
    return say.sentences(
        say("detail/narrows") if reason.effect is Effect.NARROWS else "",
        _because(reason, say),
        _detail(reason, say),
        say("detail/licence") if reason.basis == "licence" else "",
        _also(reason, say),
        _next(reason, say, from_day),
    )


def _came_later(reason: Reason) -> bool:
    """Whether the dose before was given after the days of the rule."""
    return reason.code == "earlier-dose-missing" and reason.day is not None


def _lacks_product(reason: Reason) -> bool:
    """Whether a dose of certain vaccines is missing before the first dose that a rule counts."""
    is_missing = reason.code == "earlier-dose-missing" and reason.dose == 1
    return is_missing and isinstance(reason.condition, ByProduct)


def _because(reason: Reason, say: Words) -> str:  # noqa: PLR0911  # a text each
    before, day = reason.dose - 1, "" if reason.day is None else say.date(reason.day)
    if isinstance(reason.condition, ByProduct):
        names = (vaccine_name(code, say.lang) for code in reason.condition.products)
        vaccines = say.listed(names, style="or")
        if _lacks_product(reason):
            if reason.day is None:
                return say("detail/no-dose-of", vaccines=vaccines)
            given = say("detail/dose-day", day=day)  # after the days of the rule
            return say.sentences(say("detail/dose-of", vaccines=vaccines), given)
        one_is_enough = isinstance(reason.condition, DosesOf) and reason.condition.at_least == 1
        if reason.code == "dose-already-given" and one_is_enough:
            return say("detail/dose-of", vaccines=vaccines)
        if reason.code in _BY_PRODUCT:
            return say(f"detail/{_BY_PRODUCT[reason.code]}", vaccines=vaccines)
    elif reason.code == "interval-too-short" and not before:
        return say("detail/interval-after-last")
    if _came_later(reason):
        return say("detail/dose-later", before=before, day=day)
    item = _item(Question.read(reason.fact or ""), say.lang)
    return say(f"reason/{reason.code}", dose=reason.dose, before=before, item=item, day=day)


def _also(reason: Reason, say: Words) -> str:
    """The other facts that would have to change, in words."""
    if not reason.also:
        return ""
    facts = [
        say("detail/your-groups") if it == "groups" else describe_fact(it, say.lang)
        for it in reason.also
        if not it.startswith("?")
    ]
    return say("detail/also-facts", facts=say.listed(facts)) if facts else say("detail/also")


def _detail(reason: Reason, say: Words) -> str:  # noqa: PLR0911  # a text each
    """The group, counties or question of a reason, or the day on which it changes."""
    if reason.code == "not-stated" and reason.fact:
        question = describe_question(reason.fact.removeprefix("?"), say.lang)
        return say("detail/question", question=question)
    match reason.condition:
        case InGroup(group) | InBand(group):
            return say("detail/group", item=group_name(group, say.lang))
        case InAnyGroup(groups):
            names = [group_name(group, say.lang) for group in groups]
            return say("detail/groups", groups=say.listed(names, style="or"))
        case OfDatedFact() as fact:
            return say("detail/fact", item=dated_fact_name(fact.dated_fact, say.lang))
        case RegisteredIn(counties) | ResidentIn(counties):
            names = [county_name(county, say.lang) for county in counties]
            return say("detail/counties", counties=say.listed(names))
        case NotStated(question):
            return say("detail/question", question=describe_question(question, say.lang))
        case condition if reason.day is not None:
            return _turning(reason, condition, reason.day, say)
    return ""


def _turning(  # noqa: PLR0911  # a text each
    reason: Reason, condition: Condition | None, on: date, say: Words
) -> str:
    day = say.date(on)
    match condition:
        case AgeAtLeastDays(days):
            return say("detail/age-days", n=days, day=day)
        case AgeAtMostDays(days):
            return say("detail/age-days", n=days + 1, day=day)
        case Age() as age:
            by_year = "-by-year" if age.on == "calendar-year" else ""
            if isinstance(age, AgeAtLeastMonths | AgeAtMostMonths):
                return say("detail/age-months", n=age.months, day=day)
            return say(f"detail/age-years{by_year}", n=age.months // 12, day=day)
        case DoseDue(days):
            given = say.date(on - timedelta(days=days))
            key = "interval" if reason.dose > 1 else "last-dose"
            return say(f"detail/{key}", before=reason.dose - 1, given=given, n=days)
        case DosesAtLeast() | DosesOf() if not _came_later(reason):
            return say("detail/dose-day", day=day)
    return ""


def _next(reason: Reason, say: Words, from_day: date | None) -> str:
    """The advice. It names no day before `from_day`."""
    on = reason.day
    if (
        on is not None
        and from_day is not None
        and on < from_day + _ONE_DAY * (reason.code in _ENDS)
    ):
        on = None
    day = None if on is None else say.date(on)
    advice = "later-round" if _came_later(reason) else NEXT[reason.code]
    if advice == "earlier-dose" and (reason.also or _lacks_product(reason)):
        advice = "correct-doses"  # that dose alone would change nothing
    if reason.effect is Effect.NARROWS:
        if day is None:
            return ""
        advice = "earlier-day" if reason.code in _ENDS else "later-day"
    elif advice == "wait-until" and on is not None and from_day is not None:
        advice = "later-round" if on > from_day + _SOON else advice
    elif advice == "wait-until" and day is None:
        return say.sentences(_over_on(reason, say), say("advice/later-round"))
    return say(f"advice/{advice}", day=day, before=reason.dose - 1)


def _over_on(reason: Reason, say: Words) -> str:
    """The day on which an interval was over, where the advice does not name it."""
    if reason.day is None or reason.code not in _INTERVALS:
        return ""
    return say("detail/interval-over", day=say.date(reason.day))


@front_door
def describe_fact(fact: str, lang: str = "en") -> str:
    """Describe a missing fact, as in `Decision.missing`."""
    question = Question.read(fact)
    return words(lang)(f"fact/{question.fact}", item=_item(question, lang))


def _item(question: Question, lang: str) -> str:
    """The group, vaccine or event of a fact."""
    match question:
        case Question("groups", item):
            return group_name(item, lang)
        case Question("dated_facts", item):
            return dated_fact_name(item, lang)
        case Question("willingness", item):
            return vaccine_name(item, lang)
    return question.item


_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_QUESTION_KEYS: Final = {text: f"question/{name}" for name, text in QUESTIONS.items()}


@front_door
def describe_question(question: str, lang: str = "en") -> str:
    """Describe an open question of a policy file; unchanged if no bundled file has it."""
    say = words(lang)
    key = _QUESTION_KEYS.get(_DAY.sub("{day}", question))
    if key is None:
        return question
    day = _DAY.search(question)
    return say(key, day="" if day is None else say.date(date.fromisoformat(day[0])))


@front_door
def county_name(county: str, lang: str = "en") -> str:
    """The name of a county or city of Taiwan; any other name is unchanged."""
    say = words(lang)
    key = f"county/{county}"
    return say(key) if key in TEXTS else county


@front_door
def vaccine_name(code: str, lang: str = "en") -> str:
    """The name of a vaccine; its code if only your own policy has it.

    See `names_of` for the names that such a policy gives.
    """
    vaccine = catalog.vaccines().get(code)
    if vaccine is not None:
        return vaccine.names[lang]
    own = next((it.vaccines[code] for it in _OWN.get() if code in it.vaccines), None)
    return (own and (own.names.get(lang) or " ".join(own.names.values()))) or code


@front_door
def group_name(group: str, lang: str = "en") -> str:
    """The name of a group and its id, which shows the version of the list and the number.

    The bundled lists name every group in every language. If another (see `names_of`) has no name
    in the language, all the names that it has are shown: for people at a counter, who can point at
    it.
    """
    found = bundled_group(group)
    if found is None:
        found = next((it.groups[group] for it in _OWN.get() if group in it.groups), None)
    if found is None:
        return group
    name = found.name.get(lang) or " ".join(found.name.values())
    return f"{name}（{group}）" if lang == "zh-Hant" else f"{name} ({group})"


@front_door
def dated_fact_name(fact: str, lang: str = "en") -> str:
    """The name of a dated fact; its id if only your own policy has it.

    See `names_of` for the names that such a policy gives.
    """
    found = catalog.dated_facts().get(fact)
    if found is None:
        found = next((it.facts[fact] for it in _OWN.get() if fact in it.facts), None)
    return fact if found is None else found.name.get(lang) or " ".join(found.name.values())


@front_door
def policy_title(policy: Policy, lang: str = "en") -> str:
    """The name of a policy: in Chinese from its announcement, otherwise from its programme.

    A policy that is not bundled has its own title in every language.
    """
    if lang == "zh-Hant" or policy.id not in catalog.ids():
        return policy.title
    programme, _, last = policy.id.removeprefix("tw/").partition("/")
    if f"policy/{programme}" in TEXTS:
        return words(lang)(f"policy/{programme}", year=last)
    part, _, number = last.partition("-")
    return words(lang)(f"policy/{programme}/{part}", number=number.lstrip("0"))


@front_door
def disease_name(disease: str, lang: str = "en") -> str:
    """The name of a disease; its code if it is not bundled."""
    key = f"disease/{disease}"
    return words(lang)(key) if key in TEXTS else disease


@front_door
def describe_days(days: DaySet, lang: str = "en") -> str:
    """The days, with the first and the last of each range."""
    return words(lang).days(days)


@front_door
def describe_window(window: Window, lang: str = "en") -> str:
    """The start and end of a booking window, in Taiwan's time."""
    say = words(lang)
    return say(
        "frame/window", opens=moment_text(window.opens, say), closes=moment_text(window.closes, say)
    )


def moment_text(written: WrittenMoment, say: Words) -> str:
    """A moment as an announcement states it, in words."""
    moment = Moment.of(written)
    if moment.earliest is None:
        return say("frame/moment-not-stated")
    if moment.stated:
        return say.moment(moment.earliest)
    return say("frame/moment-without-hour", day=say.date(moment.earliest.date()))


@front_door
def describe_offered_days(offer: Offer, lang: str = "en") -> str:
    """The days of an offer: the sure days, and those that are only possible."""
    return sure_and_possible(offer.days, offer.possible_days - offer.days, words(lang))


def sure_and_possible(sure: DaySet, possible: DaySet, say: Words) -> str:
    """The sure days and the possible days; a kind without days is left out."""
    if not possible:
        return say.days(sure)
    if not sure:
        return say("change/days-possible", days=say.days(possible))
    return say("change/days-sure-and-possible", sure=say.days(sure), possible=say.days(possible))


@front_door
def describe_offer(offer: Offer, lang: str = "en", *, from_day: date | None = None) -> str:
    """Describe an offer: vaccine, dose, days and booking windows.

    Args:
        offer: the offer.
        lang: the language.
        from_day: the day from which the decision counts the days; a window that closes before it is
            over. None: in retrospect.
    """
    say = words(lang)
    text = say(
        "frame/offer" if offer.kind == "accepted" else f"frame/offer-{offer.kind}",
        vaccine=vaccine_name(offer.vaccine, lang),
        dose=offer.dose,
        days=describe_offered_days(offer, lang),
    )
    if not offer.windows:
        return text
    booking = describe_booking(
        offer.windows, lang, is_registration=offer.kind == "registration", from_day=from_day
    )
    return say("frame/offer-with-booking", offer=text, booking=booking)


@front_door
def describe_booking(
    windows: Iterable[Window],
    lang: str = "en",
    *,
    is_registration: bool = False,
    from_day: date | None = None,
) -> str:
    """Say when people may book or register: in any of these windows.

    Args:
        windows: the booking windows.
        lang: the language.
        is_registration: whether people register in them.
        from_day: a window that closes before this day is over, and is named only if all are.
            None: in retrospect.
    """
    say = words(lang)
    every = list(windows)
    left = [it for it in every if not _closes_before(from_day, it)]
    each = say.listed([describe_window(it, lang) for it in left or every], style="or")
    kind = "registering" if is_registration else "booking"
    return say(f"frame/{kind}" if left else f"frame/{kind}-over", windows=each)


def _closes_before(day: date | None, window: Window) -> bool:
    """Whether a window surely closes before a day begins."""
    if day is None:
        return False
    return Moment.of(window.closes).has_come(datetime.combine(day, time(), TAIWAN)) is True
