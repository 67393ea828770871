"""People as a table, the decisions about them as rows, and people who may be anybody."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tests.helpers import COUNTIES, policy_of
from vaxpolicy.catalog.persons import write_fact_date
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import (
    DatedFact,
    Dose,
    PartialDate,
    Person,
    Policy,
    Willingness,
    decide,
)
from vaxpolicy.population.equal_facts import groups_asked
from vaxpolicy.population.schema import PEOPLE
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtMost,
    AllOf,
    AnyOf,
    BornOnOrAfter,
    DoseDue,
    FromDay,
    InAnyGroup,
    InGroup,
    NotThat,
    PreviousDoseOf,
    PreviousDoseOnOrBefore,
    RegisteredIn,
)
from vaxpolicy.rules.policy import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def birth_text(birth: date | PartialDate | None) -> str | None:
    if isinstance(birth, PartialDate):
        return f"{birth.year:04}" if birth.month is None else f"{birth.year:04}-{birth.month:02}"
    return None if birth is None else birth.isoformat()


def row_of(person: Person) -> dict[str, Any]:
    wishes = person.willingness
    return {
        "key": person.key,
        "birth_date": birth_text(person.birth_date),
        "doses": None
        if person.doses is None
        else [{"vaccine": dose.vaccine, "on": dose.on} for dose in person.doses],
        "groups": None if person.groups is None else sorted(person.groups),
        "unknown_groups": sorted(person.unknown_groups),
        "registered_county": person.registered_county,
        "residence_county": person.residence_county,
        "willingness": None
        if wishes is None
        else [{"vaccine": it, "since": at.astimezone(UTC)} for it, at in wishes.wanted.items()],
        "dated_facts": [
            {"fact": it.fact, "on": write_fact_date(it.on)} for it in person.dated_facts
        ],
        "sex": person.sex,
    }


SCHEMA = PEOPLE.set(1, pa.field("birth_date", pa.string()))


def batch_of(people: Sequence[Person]) -> Any:
    return pa.RecordBatch.from_pylist([row_of(person) for person in people], schema=SCHEMA)


def expected(policy: Policy, person: Person, **options: Any) -> dict[str, Any]:
    """The row that the table should have about a person."""
    decision = decide(policy, person, **options)
    return {
        "key": person.key,
        "outcome": decision.outcome.value,
        "offers": [
            {
                "rule_id": offer.rule_id,
                "vaccine": offer.vaccine,
                "dose": offer.dose,
                "first_day": offer.days.first,
                "last_day": offer.days.last,
                "days": len(list(offer.days)),
            }
            for offer in decision.offers
        ],
        "reason": decision.reasons[0].code if decision.reasons else None,
        "missing": list(decision.missing),
    }


def anybody(policy: Policy, count: int, seed: int) -> Iterator[Person]:
    """People near the edges of a policy, with facts that are unknown or partly known."""
    chance = random.Random(seed)  # noqa: S311 - made-up people
    plan = compile_policy(policy)
    births = sorted(plan.edges.births) or [date(1990, 1, 1).toordinal()]
    doses = sorted(plan.edges.doses) or [date(2021, 7, 1).toordinal()]
    groups = sorted(groups_asked(plan))
    groups += [f"{group}/a-part" for group in groups[:3]] + ["elsewhere/1"]
    counties = [*sorted(plan.edges.counties), "臺北市"]
    instants = [at for each in plan.instants.values() for at in each]
    instants += [datetime(2021, 8, 1, tzinfo=TAIWAN)]
    vaccines = [*sorted(plan.vaccines), "Influenza", "AZ"]

    def near(edges: list[int]) -> date:
        spread = chance.choice((0, 0, 1, -1, 7, 400, -400))
        return date.fromordinal(chance.choice(edges) + spread)

    def birth() -> date | PartialDate | None:
        kind = chance.randrange(12)
        day = near(births)
        if kind == 0:
            return None
        if kind == 1:
            return PartialDate(day.year)
        return PartialDate(day.year, day.month) if kind == 2 else day

    for number in range(count):
        history = [
            Dose(chance.choice(vaccines), near(doses))
            for _ in range(chance.choice((0, 1, 1, 2, 3)))
        ]
        wanted = {
            it: chance.choice(instants) + timedelta(microseconds=chance.choice((-1, 0, 1)))
            for it in chance.sample(vaccines, 2)
        }
        known = chance.randrange(8)
        yield Person(
            key=f"person {number}",
            birth_date=birth(),
            doses=None if known == 0 else history,
            groups=None
            if known == 1
            else chance.sample(groups, chance.randrange(min(3, len(groups)) + 1)),
            unknown_groups=chance.sample(groups, 1) if known == 2 else (),
            registered_county=None if known == 3 else chance.choice(counties),
            residence_county=None if known == 4 else chance.choice(counties),
            willingness=None if known == 5 else Willingness(wanted),
            dated_facts=[
                DatedFact(fact, chance.choice((near(edges), "never", PartialDate(2026, 9))))
                for fact, edges in plan.dated_edges.items()
                if chance.randrange(8)
            ],
            sex=chance.choice(("female", "female", "male", None)),
        )


CONDITIONS: list[Any] = [
    AgeAtLeast(18, "day"),
    AgeAtMost(17, "day"),
    DoseDue(3, "day"),
    PreviousDoseOnOrBefore(date(2021, 12, 28)),
    PreviousDoseOf(("AZ", "BNT")),
    BornOnOrAfter(date(2004, 1, 2)),
    InGroup("list/1"),
    AnyOf((InGroup("list/2"), AllOf((AgeAtLeast(18, "day"), FromDay(date(2022, 1, 1)))))),
    AnyOf((AgeAtLeast(18, "day"), DoseDue(2, "day"), FromDay(date(2022, 1, 2)))),
    NotThat(InAnyGroup(("list/1", "list/3"))),
    RegisteredIn((COUNTIES[0],)),
]
"""Conditions whose days begin or end within the stage of `policy_of`, and some beside them."""


def rivals(season: date | None = None) -> Iterator[Policy]:
    """Policies of two rules each, in which every condition competes with some others."""
    size = len(CONDITIONS)
    for place, condition in enumerate(CONDITIONS):
        beside, other = CONDITIONS[(place + 1) % size], CONDITIONS[(place + 3) % size]
        yield policy_of(
            Rule("both", 2, ("AZ", "BNT"), (), (condition, other)),
            Rule("first", 1, ("Moderna",), (), (beside,)),
            Rule("one", 3, ("AZ",), (), (condition,)),
            season=season,
        )
