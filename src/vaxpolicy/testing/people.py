"""Draws people: the numbers on their documents, the forms that they fill in, and their facts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, get_args

from attrs import evolve
from hypothesis import strategies as st

from vaxpolicy.analysis.boundary import somebody_offered
from vaxpolicy.days import TAIWAN
from vaxpolicy.identity import IdentityForm, NationalId, ResidencyStatus, UiNumber
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import InBand, InGroup, with_whole
from vaxpolicy.rules.people import (
    DatedFact,
    Dose,
    FactDate,
    PartialDate,
    Person,
    Sex,
    Willingness,
)

if TYPE_CHECKING:
    from vaxpolicy.eligibility import Policy
    from vaxpolicy.rules.compiled import CompiledPolicy

__all__ = ["forms", "id_numbers", "persons"]

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS: Final = "0123456789"
_GAPS: Final = ("", "", "", " ", "-")


def _numbers(kind: type[NationalId | UiNumber], second: str) -> st.SearchStrategy[str]:
    """Numbers of a kind, of random characters with the right check digit."""

    def completed(text: str) -> str:
        return next(text + digit for digit in _DIGITS if kind.is_valid(text + digit))

    return st.builds(
        lambda letter, sex, rest: completed(letter + sex + rest),
        st.sampled_from(_LETTERS),
        st.sampled_from(second),
        st.text(_DIGITS, min_size=7, max_size=7),
    )


def id_numbers() -> st.SearchStrategy[str]:
    """Made-up national ID and UI numbers with the right check digit.

    A number that is drawn may still belong to somebody. So do not write it down, neither in a log
    nor in a test.
    """
    return _numbers(NationalId, "12") | _numbers(UiNumber, "89")


@st.composite
def forms(draw: st.DrawFn) -> IdentityForm:
    """Forms as people fill them in: mostly right, with blanks and hyphens, and with slips.

    `vaxpolicy.identity.check_form` returns a claim for such a form, or raises `InvalidForm`.
    """
    number = draw(id_numbers())
    gap = draw(st.sampled_from(_GAPS))
    typed = gap.join((number[:4], number[4:7], number[7:]))
    slip = draw(st.integers(0, 3)) == 3  # noqa: PLR2004  # one in four
    if slip:
        typed = draw(st.sampled_from((typed[:-1], typed.lower(), typed[1:], f"{typed}0", "")))
    card = draw(st.text(_DIGITS, min_size=12, max_size=12))
    groups = (card[:4], card[4:8], card[8:])
    return IdentityForm(
        id_number=typed,
        nhi_card=draw(st.sampled_from((card, groups, " ".join(groups), None))),
        status=draw(st.none() | st.sampled_from(ResidencyStatus)),
        passport=draw(st.sampled_from((None, None, None, "X1234567"))),
        captcha_passed=draw(st.sampled_from((True, True, True, False, None))),
    )


@st.composite
def persons(draw: st.DrawFn, policy: Policy) -> Person:
    """People near the edges of a policy, a quarter of them with unknown facts.

    Half of them come from somebody to whom a rule offers its dose: some as they are, most with one
    fact of somebody else, or with the last dose on another day. So every rule has people on either
    side of its edges: about three in ten of all people are eligible. The facts of the other half
    do not depend on any rule.

    Births and doses are on or beside the days at which an answer changes. Groups, counties and
    vaccines are those of the policy, and some others. Most doses are plausible: each is after the
    birth, after the first day of its vaccine, and on a separate day. Some people have doses that
    contradict each other.
    """
    plan = compile_policy(policy)
    other = draw(_anybody(policy, plan))
    entries = range(len(plan.entries))
    offered = draw(st.none() | st.sampled_from(entries)) if entries else None
    person = None if offered is None else _offered(plan, offered)
    if person is None:
        return other
    fact = draw(st.sampled_from(("nothing", "nothing", "last dose", *_FACTS)))
    if fact == "nothing":
        return person
    if fact != "last dose":
        return evolve(person, **{fact: getattr(other, fact)})
    if not person.doses:
        return person
    *earlier, last = person.doses
    until = max(stage.vaccination_days.last for stage in policy.stages)
    since = earlier[-1].on if earlier else last.on - _USUAL_GAP
    day = draw(_days(plan.edges.doses, min(since + timedelta(days=1), until), until))
    return evolve(person, doses=(*earlier, evolve(last, on=day)))


_FACTS: Final = (
    "birth_date",
    "doses",
    "groups",
    "unknown_groups",
    "registered_county",
    "residence_county",
    "willingness",
)
_USUAL_GAP: Final = timedelta(days=90)
_offered: Final = lru_cache(maxsize=512)(somebody_offered)


@st.composite
def _anybody(draw: st.DrawFn, policy: Policy, plan: CompiledPolicy) -> Person:
    """People whose facts do not depend on any rule."""
    last = max(stage.vaccination_days.last for stage in policy.stages)
    births = _days(plan.edges.births, date(1920, 1, 1), last)
    given = _days(plan.edges.doses, date(2000, 1, 1), last)
    vaccines = st.sampled_from([*sorted(policy.vaccines), "other"])
    any_doses = st.lists(st.builds(Dose, vaccines, given), max_size=4)
    conditions = [leaf.condition for leaf in plan.leaves]
    named = with_whole(it.group for it in conditions if isinstance(it, InGroup | InBand))
    is_known = draw(st.sampled_from((True, True, True, False)))
    unknown = st.nothing() if is_known else st.none()
    groups = st.frozensets(st.sampled_from([*sorted(named), "own/1"]))
    counties = unknown | st.sampled_from([*sorted(plan.edges.counties), "臺北市"])
    partial = st.builds(
        lambda day, month: PartialDate(day.year, month), births, st.none() | st.integers(1, 12)
    )
    since = st.builds(lambda day: datetime.combine(day, time(12), TAIWAN), given)
    happened = {
        fact: _days(frozenset(edges), date(2000, 1, 1), last)
        for fact, edges in plan.dated_edges.items()
    }
    birth = draw(unknown | births | births | (st.nothing() if is_known else partial))
    born = birth.earliest if isinstance(birth, PartialDate) else birth
    usual = _usual_doses(plan, policy, born, last)
    return Person(
        birth_date=birth,
        doses=draw(unknown | usual | usual | usual | any_doses),
        groups=draw(unknown | groups),
        unknown_groups=frozenset() if is_known else draw(groups),
        registered_county=draw(counties),
        residence_county=draw(counties),
        willingness=draw(
            unknown | st.builds(Willingness, st.dictionaries(vaccines, since, max_size=2))
        ),
        dated_facts=[
            DatedFact(fact, on)
            for fact, days in happened.items()
            if (on := draw(days | _NEVER if is_known else _any_time(days))) is not None
        ],
        sex=draw(unknown | st.sampled_from(get_args(Sex))),
    )


@st.composite
def _usual_doses(
    draw: st.DrawFn, plan: CompiledPolicy, policy: Policy, born: date | None, last: date
) -> list[Dose]:
    """Plausible doses, mostly of vaccines that the policy offers, and before an offered dose."""
    first_days = {} if plan.first_days is None else plan.first_days.of
    since = {code: date.fromordinal(first_days.get(code, _LONG_AGO)) for code in policy.vaccines}
    counted = sorted(plan.vaccines)
    first = max(min(since[code] for code in counted), born or date.min)
    if first > last:
        return []
    before = sorted({rule.dose - 1 for stage in policy.stages for rule in stage.rules})
    size = min(draw(st.sampled_from([*before, *range(5)])), (last - first).days + 1)
    each = _days(plan.edges.doses, first, last)
    days = draw(st.lists(each, min_size=size, max_size=size, unique=True))
    every = [*counted, *counted, *counted, *sorted(policy.vaccines)]
    return [
        Dose(draw(st.sampled_from([code for code in every if since[code] <= day])), day)
        for day in days
    ]


_LONG_AGO: Final = date(2000, 1, 1).toordinal()
_NEVER: Final[st.SearchStrategy[FactDate]] = st.just("never")


def _any_time(days: st.SearchStrategy[date]) -> st.SearchStrategy[FactDate | None]:
    """Dates of an event: exact, in part, that it never happened, or unknown."""
    return days | days.map(_month) | _NEVER | st.none()


def _month(day: date) -> PartialDate:
    return PartialDate(day.year, day.month)


def _days(edges: frozenset[int], first: date, last: date) -> st.SearchStrategy[date]:
    """Days of a range: those beside edges, and any others."""
    low, high = first.toordinal(), last.toordinal()
    near = sorted({it + step for it in edges for step in (0, 1) if low <= it <= high - 1})
    others = st.dates(first, last)
    if not near:
        return others
    return st.sampled_from(near).map(date.fromordinal) | others
