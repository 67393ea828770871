"""Deciding with reasons beside rule engines and a function written by hand: rounds 13, 15 and 19.

    python -m pip install -r benchmarks/requirements-decide.txt
    python benchmarks/decide.py
    python benchmarks/decide.py child    # the child of the childhood schedule alone

All candidates get the same people, in turn, so that a busy moment of the machine meets all of them.
First each must give the same offers as `decide` for these people and for a few thousand made-up
ones. The comparison favours them: they know the bounds as numbers beforehand, know
nothing of unknown facts, days, licences apart from the rules, or booking windows; zen-engine
traces which rows matched, the others give no reasons at all.
"""

import gc
import json
import random
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from importlib import import_module
from itertools import pairwise, product
from statistics import median
from time import perf_counter, process_time
from typing import Any

from attrs import frozen

from vaxpolicy.catalog.bundled import load
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import DatedFact, Dose, Person, Willingness, decide
from vaxpolicy.rules.compiled import compile_policy

SEED = 1922
TURNS = 15
REPEATS = 5
BATCH_SECONDS = 0.002
TARGET = 25.0  # microseconds
SHARE = 1 / 3  # of rule-engine's time, without reasons
ROUNDS = (13, 15, 19)
BOOSTERS = 19
CHILDHOOD = "tw/childhood/2025"
CHILD_TARGET = 100.0  # microseconds, without reasons
CHILD_TIMES = 3000
VACCINES = ("AZ", "BNT", "Moderna", "Medigen")
MIX = "status/mix-and-match"

Offers = set[tuple[str, str]]
"""Rule and vaccine."""


@frozen
class Row:
    """A row of a decision table: what a rule asks for one vaccine, as bounds."""

    rule: str
    vaccine: str
    doses: int
    born_by: date
    born_from: date | None = None
    last_by: date | None = None
    last_of: str | None = None
    wanted_by: datetime | None = None
    mix: bool = False


BY_13 = datetime(2021, 10, 26, 12, tzinfo=TAIWAN)
BY_15 = datetime(2021, 11, 18, 16, tzinfo=TAIWAN)
DUE_15 = date(2021, 9, 30)
DUE_19 = date(2021, 10, 31)
SAME_15 = (("15b", "BNT"), ("15d", "Moderna"))
SECOND = 2
ROWS = {
    13: (
        Row("13a", "BNT", 0, date(2009, 11, 5), wanted_by=BY_13),
        Row("13b", "BNT", 1, date(2003, 12, 31), None, date(2021, 10, 8), "BNT", BY_13),
        Row("13c", "AZ", 0, date(1971, 12, 31), wanted_by=BY_13),
        Row("13d", "AZ", 1, date(2003, 11, 5), None, date(2021, 8, 27), "AZ", BY_13),
        Row("13e", "AZ", 0, date(2003, 11, 6), date(1972, 1, 1), wanted_by=BY_13),
    ),
    15: (
        Row("15a", "BNT", 0, date(2009, 11, 25), wanted_by=BY_15),
        Row("15b", "BNT", 1, date(2003, 12, 31), None, date(2021, 10, 28), "BNT", BY_15),
        Row("15c", "Moderna", 0, date(2003, 12, 31), wanted_by=BY_15),
        Row("15d", "Moderna", 1, date(2003, 12, 31), None, date(2021, 10, 28), "Moderna", BY_15),
        Row("15e", "AZ", 1, date(2003, 11, 25), None, DUE_15, "AZ", BY_15),
        Row("15f", "BNT", 1, date(2003, 11, 25), None, DUE_15, "AZ", BY_15, mix=True),
        Row("15f", "Moderna", 1, date(2003, 11, 25), None, DUE_15, "AZ", BY_15, mix=True),
    ),
    19: (
        Row("19a", "AZ", 2, date(2004, 1, 23), last_by=DUE_19),
        Row("19a", "Moderna", 2, date(2004, 1, 23), last_by=DUE_19),
        Row("19a", "BNT", 2, date(2004, 1, 23), last_by=DUE_19),
        Row("19a", "Medigen", 2, date(2002, 1, 23), last_by=DUE_19),
    ),
}


def person(born: date, *doses: tuple[str, date], wants: dict[str, datetime], mix: bool) -> Person:
    given = tuple(Dose(vaccine, day) for vaccine, day in doses)
    groups = frozenset({MIX}) if mix else frozenset[str]()
    return Person(birth_date=born, doses=given, groups=groups, willingness=Willingness(wants))


def typical(number: int) -> list[Person]:
    """Eligible and refused people, with and without doses, for every vaccine of the round."""
    early = datetime(2021, 10, 20, 9, tzinfo=TAIWAN)
    late = datetime(2021, 12, 1, 9, tzinfo=TAIWAN)
    both = {"AZ": early, "BNT": early}
    if number == BOOSTERS:
        return [
            person(born, ("AZ", date(2021, 6, 20)), (second, day), wants={}, mix=False)
            for born, second, day in product(
                (date(1950, 5, 5), date(1980, 5, 5), date(2005, 5, 5)),
                ("AZ", "Moderna"),
                (date(2021, 9, 9), date(2021, 10, 28), date(2021, 12, 12)),
            )
        ] + [person(date(1980, 5, 5), wants={}, mix=False)]
    return [
        person(date(2009, 1, 1), wants={"BNT": early}, mix=False),
        person(date(1960, 5, 5), wants=both, mix=False),
        person(date(1990, 5, 5), wants={"BNT": late}, mix=False),
        person(date(2012, 5, 5), wants={"BNT": early}, mix=False),
        person(date(1990, 5, 5), wants={"Moderna": early}, mix=False),
        person(date(1990, 5, 5), ("AZ", date(2021, 8, 1)), wants={"AZ": early}, mix=False),
        person(date(1990, 5, 5), ("AZ", date(2021, 11, 1)), wants={"AZ": early}, mix=False),
        person(date(1990, 5, 5), ("AZ", date(2021, 8, 1)), wants={"BNT": early}, mix=True),
        person(date(1990, 5, 5), ("BNT", date(2021, 9, 22)), wants={"BNT": early}, mix=False),
        person(date(2006, 5, 5), ("BNT", date(2021, 9, 22)), wants={"BNT": early}, mix=False),
        person(
            date(1960, 5, 5),
            *(("AZ", date(2021, 6, 20)), ("AZ", date(2021, 9, 20))),
            wants=both,
            mix=False,
        ),
        person(date(1960, 5, 5), wants={}, mix=False),
    ]


def made_up(count: int) -> Iterator[Person]:
    """People near the edges, their doses given before the rounds."""
    chance = random.Random(SEED)
    for _ in range(count):
        day = date(2021, 8, 20) + timedelta(days=chance.randrange(76))
        history = [(chance.choice(VACCINES), day - timedelta(days=70 * back)) for back in (0, 1, 2)]
        born = date(chance.choice((1957, 1971, 1972, 2001, 2002, 2003, 2004, 2009)), 1, 1)
        wished = chance.sample(VACCINES, chance.randrange(4))
        yield person(
            born + timedelta(days=chance.randrange(365)),
            *history[: chance.randrange(4)],
            wants={
                it: datetime(2021, 10, 1, tzinfo=TAIWAN) + timedelta(days=chance.randrange(60))
                for it in wished
            },
            mix=chance.choice((True, False)),
        )


NEVER = 10**11


def flat(one: Person) -> dict[str, Any]:
    """The person as an engine takes one: plain numbers and text."""
    assert isinstance(one.birth_date, date)
    assert one.doses is not None
    wanted = one.willingness.wanted if one.willingness else {}
    last = max(one.doses, key=lambda dose: dose.on, default=None)
    return {
        "born": one.birth_date.toordinal(),
        "doses": len(one.doses),
        "last_of": last.vaccine if last else "",
        "last_day": last.on.toordinal() if last else 0,
        "mix": MIX in (one.groups or ()),
        **{
            f"wants_{it}": int(wanted[it].timestamp()) if it in wanted else NEVER for it in VACCINES
        },
    }


def cells(row: Row) -> dict[str, str]:
    """The comparisons that a row makes, by field."""
    born = f"<= {row.born_by.toordinal()}"
    found = {"doses": f"== {row.doses}", "born": born}
    if row.born_from:
        found["born_since"] = f">= {row.born_from.toordinal()}"
    if row.last_by:
        found["last_day"] = f"<= {row.last_by.toordinal()}"
    if row.last_of:
        found["last_of"] = f'== "{row.last_of}"'
    if row.wanted_by:
        found[f"wants_{row.vaccine}"] = f"<= {int(row.wanted_by.timestamp())}"
    if row.mix:
        found["mix"] = "== true"
    return found


def zen(number: int) -> Callable[[Any], Offers]:
    """GoRules' engine (Rust) with a decision table, and a trace of what matched."""
    fields = list(dict.fromkeys(field for row in ROWS[number] for field in cells(row)))
    table = {
        "hitPolicy": "collect",
        "inputs": [
            {"id": it, "name": it, "field": "born" if it == "born_since" else it} for it in fields
        ],
        "outputs": [{"id": it, "name": it, "field": it} for it in ("rule", "vaccine")],
        "rules": [
            {
                "_id": f"{row.rule}/{row.vaccine}",
                **{it: cells(row).get(it, "").removeprefix("== ") for it in fields},
                "rule": json.dumps(row.rule),
                "vaccine": json.dumps(row.vaccine),
            }
            for row in ROWS[number]
        ],
    }
    names = ("inputNode", "decisionTableNode", "outputNode")
    nodes: list[dict[str, Any]] = [{"id": it, "type": it, "name": it} for it in names]
    nodes[1]["content"] = table
    edges = [
        {"id": f"{a}-{b}", "type": "edge", "sourceId": a, "targetId": b} for a, b in pairwise(names)
    ]
    engine = import_module("zen").ZenEngine()
    decision = engine.create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    options = {"trace": True}

    def offers(facts: dict[str, Any]) -> Offers:
        found = decision.evaluate(facts, options)
        assert found["trace"]
        return {(it["rule"], it["vaccine"]) for it in found["result"]}

    return offers


def rule_engine(number: int) -> Callable[[Any], Offers]:
    """zeroSteiner's rule-engine (Python), one expression a row."""
    module = import_module("rule_engine")
    context = module.Context(resolver=module.resolve_item)
    rules = []
    for row in ROWS[number]:
        text = " and ".join(
            f"{field.replace('born_since', 'born')} {asked}" for field, asked in cells(row).items()
        )
        rules.append(((row.rule, row.vaccine), module.Rule(text, context=context)))

    def offers(facts: dict[str, Any]) -> Offers:
        return {name for name, rule in rules if rule.matches(facts)}

    return offers


def by_hand(number: int) -> Callable[[Any], Offers]:
    """A function of the kind that is written for one round and thrown away after it."""
    return {13: by_hand_13, 15: by_hand_15, 19: by_hand_19}[number]


def by_hand_13(one: Any) -> Offers:
    offers: Offers = set()
    wanted = one.willingness.wanted
    bnt = "BNT" in wanted and wanted["BNT"] <= BY_13
    az = "AZ" in wanted and wanted["AZ"] <= BY_13
    born = one.birth_date
    if not one.doses:
        if bnt and born <= date(2009, 11, 5):
            offers.add(("13a", "BNT"))
        if az and born <= date(1971, 12, 31):
            offers.add(("13c", "AZ"))
        if az and date(1972, 1, 1) <= born <= date(2003, 11, 6):
            offers.add(("13e", "AZ"))
    elif len(one.doses) == 1:
        last = one.doses[0]
        of, on = last.vaccine, last.on
        if of == "BNT" and bnt and born <= date(2003, 12, 31) and on <= date(2021, 10, 8):
            offers.add(("13b", "BNT"))
        if of == "AZ" and az and born <= date(2003, 11, 5) and on <= date(2021, 8, 27):
            offers.add(("13d", "AZ"))
    return offers


def by_hand_15(one: Any) -> Offers:
    wanted = {it for it, since in one.willingness.wanted.items() if since <= BY_15}
    born = one.birth_date
    if not one.doses:
        offers: Offers = set()
        if "BNT" in wanted and born <= date(2009, 11, 25):
            offers.add(("15a", "BNT"))
        if "Moderna" in wanted and born <= date(2003, 12, 31):
            offers.add(("15c", "Moderna"))
        return offers
    return second_by_hand_15(one, wanted) if len(one.doses) == 1 else set()


def second_by_hand_15(one: Any, wanted: set[str]) -> Offers:
    offers: Offers = set()
    born, last = one.birth_date, one.doses[0]
    if last.vaccine == "AZ" and born <= date(2003, 11, 25) and last.on <= DUE_15:
        if "AZ" in wanted:
            offers.add(("15e", "AZ"))
        if MIX in one.groups:
            offers |= {("15f", it) for it in ("BNT", "Moderna") if it in wanted}
    elif last.vaccine in wanted and born <= date(2003, 12, 31) and last.on <= date(2021, 10, 28):
        offers |= {(rule, it) for rule, it in SAME_15 if it == last.vaccine}
    return offers


def by_hand_19(one: Any) -> Offers:
    if len(one.doses) != SECOND or one.birth_date > date(2004, 1, 23):
        return set()
    if max(dose.on for dose in one.doses) > DUE_19:
        return set()
    offers = {("19a", "AZ"), ("19a", "Moderna"), ("19a", "BNT")}
    if one.birth_date <= date(2002, 1, 23):
        offers.add(("19a", "Medigen"))
    return offers


def ours(number: int) -> Callable[[Person], Any]:
    policy = load(f"tw/covid19-1922/round-{number}")
    return lambda one: decide(policy, one)


def without_reasons(number: int) -> Callable[[Person], Any]:
    policy = load(f"tw/covid19-1922/round-{number}")
    return lambda one: decide(policy, one, explain=False)


BARE = "no reasons"
CANDIDATES: dict[str, Callable[[int], Callable[[Any], Any]]] = {
    "vaxpolicy": ours,
    BARE: without_reasons,
    "zen-engine, trace": zen,
    "rule-engine": rule_engine,
    "by hand": by_hand,
}
TAKES_FLAT = {"zen-engine, trace", "rule-engine"}


OURS = {"vaxpolicy", BARE}


def agree(number: int) -> None:
    """Every candidate gives the same offers."""
    people = [*typical(number), *made_up(4000)]
    policy = load(f"tw/covid19-1922/round-{number}")
    truth = [
        {(offer.rule_id, offer.vaccine) for offer in decide(policy, one).offers} for one in people
    ]
    assert all(any(offer[0] == row.rule for it in truth for offer in it) for row in ROWS[number])
    for name in set(CANDIDATES) - OURS:
        offers = CANDIDATES[name](number)
        for one, expected in zip(people, truth, strict=True):
            given = offers(flat(one) if name in TAKES_FLAT else one)
            assert given == expected, (number, name, one, given, expected)


def batch_of(name: str, number: int) -> tuple[Callable[[Any], Any], list[Any]]:
    people = typical(number)
    return CANDIDATES[name](number), [flat(it) for it in people] if name in TAKES_FLAT else people


def microseconds(run: Callable[[Any], Any], one: Any, times: int) -> float:
    start = perf_counter()
    for _ in range(times):
        run(one)
    return (perf_counter() - start) / times * 1e6


def measure(number: int) -> dict[str, float]:
    """Microseconds by candidate: the median of the people, each the median of the turns."""
    batches = {name: batch_of(name, number) for name in CANDIDATES}
    taken: dict[tuple[str, int], list[float]] = {}
    times = {}
    for name, (run, people) in batches.items():
        each = sum(microseconds(run, one, 10) for one in people) / len(people)
        times[name] = max(1, int(BATCH_SECONDS * 1e6 / each))
    gc.collect()
    gc.disable()  # as timeit does: it would fall on whoever happens to be measured
    for _ in range(TURNS):
        for at in range(len(typical(number))):
            for name, (run, people) in batches.items():
                spent = microseconds(run, people[at], times[name])
                taken.setdefault((name, at), []).append(spent)
    gc.enable()
    return {
        name: median(median(spent) for (whose, _), spent in taken.items() if whose == name)
        for name in CANDIDATES
    }


def child() -> Person:
    """A child with ten doses; it never had what the schedule asks about beside them."""
    born = date(2024, 1, 10)
    given = (
        *(("HepB", 0), ("HepB", 31), ("DTaP-Hib-IPV", 62), ("PCV13", 62), ("DTaP-Hib-IPV", 123)),
        *(("PCV13", 123), ("BCG", 155), ("DTaP-Hib-IPV", 185), ("HepB", 185), ("MMR", 367)),
    )
    return Person(
        birth_date=born,
        doses=[Dose(vaccine, born + timedelta(days=days)) for vaccine, days in given],
        groups=frozenset({"status/national"}),
        sex="male",
        dated_facts=[DatedFact(it, "never") for it in compile_policy(load(CHILDHOOD)).dated_facts],
    )


def of_child(*, explain: bool) -> float:
    """Microseconds of the processor for this child: the least of many, each measured alone."""
    policy, one = load(CHILDHOOD), child()
    least = 1.0
    for _ in range(CHILD_TIMES):
        start = process_time()
        decide(policy, one, explain=explain)
        least = min(least, process_time() - start)
    return least * 1e6


def measure_child() -> bool:
    """Print the times of the child; whether they are as short as is aimed at."""
    bare, reasons = of_child(explain=False), of_child(explain=True)
    count = len(decide(load(CHILDHOOD), child()).reasons)
    print(f"childhood schedule, ten doses: {bare:.0f} µs (at most {CHILD_TARGET:.0f}),", end=" ")
    print(f"with {count} reasons {reasons:.0f} µs")
    return bare <= CHILD_TARGET


def main() -> int:
    if sys.argv[1:] == ["child"]:
        return 0 if measure_child() else 1
    for number in ROUNDS:
        agree(number)
    others = list(CANDIDATES)[1:]
    times = [f"{it}, µs" for it in CANDIDATES]
    ratios = [f"{it}, times ours" for it in others]
    print(f"| round | {' | '.join([*times, *ratios, 'no reasons, of rule-engine'])} |")
    print("|---|" + "---:|" * (2 * len(CANDIDATES)))
    slowest = share = 0.0
    for number in ROUNDS:
        runs = [measure(number) for _ in range(REPEATS)]
        best = {name: min(run[name] for run in runs) for name in CANDIDATES}
        mine = best["vaxpolicy"]
        slowest = max(slowest, mine)
        columns = [f"{best[it]:.2f}" for it in CANDIDATES]
        columns += [f"{best[it] / mine:.2f}" for it in others]
        shares = [run[BARE] / run["rule-engine"] for run in runs]
        share = max(share, median(shares))
        print(f"| {number} | {' | '.join(columns)} | {median(shares):.2f} |")
    print(f"\nslowest round: {slowest:.1f} µs (at most {TARGET:.0f})")
    print(f"without reasons: {share:.2f} of rule-engine's time (at most {SHARE:.2f})")
    fast_child = measure_child()
    return 0 if slowest <= TARGET and share <= SHARE and fast_child else 1


if __name__ == "__main__":
    sys.exit(main())
