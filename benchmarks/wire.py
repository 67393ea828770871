"""`wire.load(Person)` and `wire.dump(Decision)` beside pydantic models of the same shape, in one run.

    python benchmarks/wire.py

Each line has the best of several rounds in microseconds of processor time, and the ratio. pydantic comes with FastAPI,
which the extra `dev` names. Its models here have the types and the literal values of ours, and refuse
unknown keys. They do not have our ranges, nor the guard against people's numbers.
"""

from __future__ import annotations

import timeit
from datetime import date, datetime
from time import process_time
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from vaxpolicy import catalog, wire
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Decision, Dose, Person, Willingness, decide

if TYPE_CHECKING:
    from collections.abc import Callable


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DoseModel(Model):
    vaccine: str
    on: date


class WillingnessModel(Model):
    wanted: dict[str, AwareDatetime]


class PersonModel(Model):
    birth_date: date | None = None
    doses: tuple[DoseModel, ...] | None = None
    groups: frozenset[str] | None = None
    unknown_groups: frozenset[str] = frozenset()
    registered_county: str | None = None
    residence_county: str | None = None
    willingness: WillingnessModel | None = None
    key: str | None = None


class RangeModel(Model):
    first: date | None
    last: date | None


class WindowModel(Model):
    model_config = ConfigDict(extra="ignore")
    opens: str
    closes: str


class OfferModel(Model):
    rule_id: str
    vaccine: str
    dose: int
    days: tuple[RangeModel, ...]
    possible_days: tuple[RangeModel, ...]
    window_cases: tuple[tuple[WindowModel, ...], ...]
    kind: str
    cites: tuple[str, ...]


class ReasonModel(Model):
    model_config = ConfigDict(extra="ignore")
    code: str
    rule_id: str
    effect: str
    dose: int
    vaccine: str | None
    basis: str
    condition: dict[str, Any] | None
    negated: bool
    day: date | None
    fact: str | None
    also: tuple[str, ...]


class DecisionModel(Model):
    policy_id: str
    policy_version: str
    policy_digest: str
    subject: str | None
    outcome: Literal["eligible", "ineligible", "undetermined"]
    offers: tuple[OfferModel, ...]
    possible_offers: tuple[OfferModel, ...]
    reasons: tuple[ReasonModel, ...]
    missing: tuple[str, ...]
    from_day: date | None
    verified: bool


def microseconds(call: Callable[[], object]) -> float:
    number = 500
    return min(timeit.repeat(call, timer=process_time, number=number, repeat=15)) / number * 1e6


def line(what: str, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    mine, pydantic = microseconds(ours), microseconds(theirs)
    print(f"| {what} | {mine:.1f} | {pydantic:.1f} | {mine / pydantic:.2f} |")


def main() -> None:
    person = Person(
        date(1950, 5, 5),
        (Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 10, 1))),
        frozenset({"status/national", "cecc-2021-06-21/9"}),
        registered_county="澎湖縣",
        willingness=Willingness({"AZ": datetime(2021, 7, 6, 10, tzinfo=TAIWAN)}),
        key="someone",
    )
    written: dict[str, Any] = wire.dump(person)
    decision = decide(catalog.load("tw/covid19-1922/round-19"), person)
    answer = wire.dump(decision)
    people, decisions = TypeAdapter(PersonModel), TypeAdapter(DecisionModel)
    same_person, same = people.validate_python(written), decisions.validate_python(answer)
    print("| | vaxpolicy, µs | pydantic, µs | ratio |\n|---|---:|---:|---:|")
    line(
        "load a Person",
        lambda: wire.load(Person, written),
        lambda: people.validate_python(written),
    )
    line(
        "dump a Person",
        lambda: wire.dump(person),
        lambda: people.dump_python(same_person, mode="json", exclude_defaults=True),
    )
    line(
        "dump a Decision",
        lambda: wire.dump(decision),
        lambda: decisions.dump_python(same, mode="json"),
    )
    line(
        "load a Decision",
        lambda: wire.load(Decision, answer),
        lambda: decisions.validate_python(answer),
    )


if __name__ == "__main__":
    main()
