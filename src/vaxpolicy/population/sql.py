"""Writes a policy as a predicate in SQL, so that a database finds the eligible people.

The predicate says whether somebody may be vaccinated on one day. The rules are not read a second
time: each condition is asked about every class of facts between two edges, as for columns, and the
ranges in which it holds become comparisons. NULL means unknown, with SQL's own logic.

A condition that reads several doses at once, or a dose and the birth date, cannot be written like
this. It is left open: the predicate may then be NULL although `decide` has an answer, but it is
never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise, permutations
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs
from attrs import field, frozen

from vaxpolicy._values import Written, checked, front_door, unchanging
from vaxpolicy.days import FIRST, LAST, day_number
from vaxpolicy.eligibility import Person
from vaxpolicy.population.equal_facts import groups_asked, groups_of
from vaxpolicy.population.people import SEXES
from vaxpolicy.population.texts_and_days import BIRTHS, EVENTS
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import ByProduct, InBand, implies
from vaxpolicy.rules.people import COMMON_SPELLINGS

if TYPE_CHECKING:
    from vaxpolicy.eligibility import Policy
    from vaxpolicy.rules.compiled import BoundCondition, CompiledPolicy
    from vaxpolicy.rules.conditions import Facts

__all__ = ["Dialect", "Predicate", "where"]

Dialect: TypeAlias = Literal["postgresql", "sqlite", "duckdb"]
_PLACEHOLDERS: Final = {"postgresql": "%({})s", "sqlite": ":{}", "duckdb": "${}"}
_Truth: TypeAlias = "bool | None"
_NULL: Final = "CAST(NULL AS BOOLEAN)"
_WORDS: Final = {True: "TRUE", False: "FALSE", None: _NULL}


@frozen(field_transformer=checked)
class Predicate:
    """A policy on one day as SQL, for a WHERE clause.

    Attributes:
        surely: true for people who may certainly be vaccinated on that day.
        possibly: true for people who may be vaccinated if the unknown facts allow it.
        parameters: the values of the named parameters of both.
        columns: the columns that both read, with their types.
        left_open: the conditions that SQL cannot express, as in a policy file; they count as
            unknown.
    """

    surely: Written
    possibly: Written
    parameters: Mapping[Written, object] = field(converter=unchanging)
    columns: Mapping[Written, Written] = field(converter=unchanging)
    left_open: tuple[Written, ...]


@front_door
def where(policy: Policy, *, on: date, dialect: Dialect, doses: int = 5) -> Predicate:
    """Write the policy on one day as a predicate over a table of people in flat columns.

    Args:
        policy: the policy.
        on: the day of the vaccination.
        dialect: the database; parameters of PostgreSQL are written for psycopg.
        doses: the number of dose columns of the table. The doses of people with more doses count
            as unknown.

    The columns are those that `decide_table` takes: `birth_date` (whole dates only), `dose_count`,
    `dose_1_on`, `dose_1_vaccine` and so on (only doses against the policy's disease, by day), a
    boolean named as each group, `registered_county`, `residence_county`, `sex`, and `wants_AZ` and
    so on. A condition on a dated fact, or on doses against another disease, is left open. If the
    policy says which doses count, the doses of people who have any count as unknown.
    A row with a text that is not a fact, such as an empty text for a date, a birth after the day,
    or a `dose_count` that is not the number of its doses, is never surely one of them.
    SQLite has dates as 2004-01-23 and instants as 2021-07-10T04:00:00.000000Z, both as text.
    """
    if dialect not in _PLACEHOLDERS:
        raise ValueError(f"dialect: expected one of {', '.join(_PLACEHOLDERS)}")
    if doses < 1:
        raise ValueError("doses: expected 1 or more")
    return _Writer(compile_policy(policy), day_number(on), dialect, doses).predicate()


class _Writer:
    def __init__(self, plan: CompiledPolicy, on: int, dialect: Dialect, doses: int) -> None:
        self.plan, self.on, self.dialect, self.most = plan, on, dialect, doses
        self.nobody = plan.read(Person()).facts
        self.parameters: dict[str, Any] = {}
        self.names: dict[Any, str] = {}
        self.columns: dict[str, str] = {}
        self.left_open: list[str] = []
        self.written: dict[int, str] = {}
        self.asked = sorted(groups_asked(plan))
        self.wishes = sorted(
            {
                leaf.context.vaccine
                for leaf in plan.leaves
                if leaf.condition.reads == {"willingness"}
            }
        )

    def predicate(self) -> Predicate:
        found = []
        for entry in self.plan.entries:
            if not entry.first <= self.on <= entry.last:
                continue
            for alternative in entry.alternatives:
                terms = list(self._alternative(alternative))
                if not entry.days_stated:
                    terms.append(_NULL)
                found.append(_all(terms))
        text = _any(found)
        if found:  # a row that a table would call unreadable is never sure
            text = f"({text} AND CASE WHEN {self._readable()} THEN TRUE END)"
        return Predicate(
            text, f"COALESCE({text}, TRUE)", self.parameters, self.columns, tuple(self.left_open)
        )

    def _is_read(self, name: str, kind: str) -> str:
        """Whether a column is null or has a fact of its kind."""
        column = self._column(name, kind)
        is_fact = "TRUE"
        if name == "birth_date":
            return self._is_day(name, BIRTHS[0], min(BIRTHS[1], self.on))
        if name.startswith("dose_") and name.endswith("_on"):
            return self._is_day(name, *EVENTS)
        if name == "sex":
            is_fact = f"{column} IN ({', '.join(map(self._value, SEXES))})"
        elif name in {"registered_county", "residence_county"}:
            is_fact = f"({column} = TRIM({column}) AND {column} <> '')"
        elif name.startswith("wants_") and self.dialect == "sqlite":
            is_fact = self._is_instant(column)
        elif kind == "boolean" and self.dialect == "sqlite":  # it keeps any value
            is_fact = f"{column} IN (0, 1)"
        return is_fact if is_fact == "TRUE" else f"({column} IS NULL OR {is_fact})"

    def _readable(self) -> str:
        """Whether a row has facts in all columns, as `decide_table` would read them."""
        found = [self._is_read(name, kind) for name, kind in list(self.columns.items())]
        for whole, part in permutations(self.asked, 2):
            if implies(part, whole) and {whole, part} <= self.columns.keys():
                wide, narrow = (self._column(name, "boolean") for name in (whole, part))
                found.append(f"({wide} IS NULL OR {narrow} IS NULL OR {wide} OR NOT {narrow})")
        count = self._column("dose_count", "integer")
        for place in range(1, self.most + 1):
            empty = f"({self._column(f'dose_{place}_vaccine', 'text')} IS NULL"
            found.append(f"({count} >= {place} OR {empty} AND {self._on(place)} IS NULL))")
        return _all(found)

    def _is_day(self, name: str, low: int, high: int) -> str:
        """Whether a column is null or one of these days; SQLite keeps any text as a date."""
        column = self._column(name, "date")
        ends = (self._value(date.fromordinal(end)) for end in (low, high))
        within = "{} BETWEEN {} AND {}".format(column, *ends)
        if self.dialect == "sqlite":
            within = f"{column} = date({column}, '+0 days') AND {within}"
        return f"({column} IS NULL OR ({within}))"

    @staticmethod
    def _is_instant(column: str) -> str:
        """Whether a column of SQLite is an instant of the documented shape."""
        second = f"substr({column}, 1, 19)"
        shape = f"{column} GLOB '*.[0-9][0-9][0-9][0-9][0-9][0-9]Z' AND length({column}) = 27"
        is_second = f"strftime('%Y-%m-%dT%H:%M:%S', {second}, '+0 seconds') = {second}"
        return f"({shape} AND {is_second})"

    def _alternative(self, leaves: Iterable[int]) -> Iterator[str]:
        on_doses = []
        for number in leaves:
            leaf = self.plan.leaves[number]
            about_doses = leaf.condition.reads == {"doses"}
            if number not in self.written:
                self.written[number] = self._of_doses(leaf) if about_doses else self._leaf(leaf)
            if about_doses:
                on_doses.append(self.written[number])
            else:
                yield self.written[number]
        yield f"CASE WHEN {self._trusted()} THEN {_all(on_doses)} END"

    def _leaf(self, leaf: BoundCondition) -> str:
        reads = leaf.condition.reads
        if not reads:
            return _WORDS[self._truth(leaf, self.nobody)]
        if isinstance(leaf.condition, InBand):
            known = f"WHEN {self._column('birth_date', 'date')} IS NOT NULL"
            return f"CASE {known} THEN {self._of_birth(leaf)} ELSE {self._of_group(leaf)} END"
        of_one_fact: dict[frozenset[str], Callable[[BoundCondition], str]] = {
            frozenset({"birth_date"}): self._of_birth,
            frozenset({"groups"}): self._of_group,
            frozenset({"willingness"}): self._of_wish,
            frozenset({"registered_county"}): self._of_county,
            frozenset({"residence_county"}): self._of_county,
            frozenset({"sex"}): self._of_sex,
        }
        return of_one_fact.get(reads, self._open)(leaf)

    def _truth(self, leaf: BoundCondition, facts: Facts) -> _Truth:
        """Whether the condition holds on the day; None if unknown."""
        first, last, possibly_first, possibly_last = leaf.span(facts)
        if first <= self.on <= last:
            return True
        return None if possibly_first <= self.on <= possibly_last else False

    def _open(self, leaf: BoundCondition) -> str:
        fields = attrs.asdict(leaf.condition, recurse=False)
        name = ", ".join(f"{key} = {value}" for key, value in fields.items())
        text = f"not ({name})" if leaf.negated else name
        if text not in self.left_open:
            self.left_open.append(text)
        return _NULL

    # the parts of the statement

    def _value(self, value: Any) -> str:
        if self.dialect == "sqlite" and isinstance(value, datetime):
            value = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        elif self.dialect == "sqlite" and isinstance(value, date):
            value = value.isoformat()
        key = type(value), value
        if key not in self.names:
            self.names[key] = f"p{len(self.names) + 1}"
            self.parameters[self.names[key]] = value
        return _PLACEHOLDERS[self.dialect].format(self.names[key])

    def _column(self, name: str, kind: str) -> str:
        text = self.dialect == "sqlite" and kind in {"date", "timestamptz"}
        self.columns[name] = "text" if text else kind
        if self.dialect == "sqlite":  # in double quotes, a name that no column has is a text
            quoted = name.replace("`", "``")
            return f"`{quoted}`"
        quoted = name.replace('"', '""')
        if self.dialect == "postgresql":
            quoted = quoted.replace("%", "%%")
        return f'"{quoted}"'

    def _within(self, column: str, ranges: list[tuple[Any, Any]]) -> str:
        """Whether the column is in one of the ranges; None is an open end."""
        found = []
        for low, high in ranges:
            ends = []
            if low is not None:
                ends.append(f"{column} >= {self._value(low)}")
            if high is not None:
                ends.append(f"{column} <= {self._value(high)}")
            found.append(_all(ends) if ends else f"{column} IS NOT NULL")
        return _any(found)

    def _by_ranges(self, column: str, cells: list[tuple[Any, Any, _Truth]]) -> str:
        """The truth values of all ranges of a column as one expression."""
        runs = [(truth, list(group)) for truth, group in groupby(cells, key=lambda cell: cell[2])]
        ranges: dict[_Truth, list[tuple[Any, Any]]] = {True: [], False: [], None: []}
        for truth, run in runs:
            ranges[truth].append((run[0][0], run[-1][1]))
        if not ranges[True] and not ranges[None]:
            return f"CASE WHEN {column} IS NULL THEN {_NULL} ELSE FALSE END"
        if not ranges[None]:
            if not ranges[False]:
                return f"CASE WHEN {column} IS NULL THEN {_NULL} ELSE TRUE END"
            return self._within(column, ranges[True])
        holds = f"WHEN {self._within(column, ranges[True])} THEN TRUE " if ranges[True] else ""
        fails = f"WHEN {self._within(column, ranges[False])} THEN FALSE " if ranges[False] else ""
        return f"CASE {holds}{fails}ELSE {_NULL} END"

    # conditions, by what they read

    def _of_birth(self, leaf: BoundCondition) -> str:
        edges = sorted(leaf.condition.edges(leaf.context).births)
        cells = [
            (low, high, self._truth(leaf, self.nobody.but(birth=day, birth_to=day)))
            for low, high, day in _days_between(edges)
        ]
        return self._by_ranges(self._column("birth_date", "date"), cells)

    def _of_group(self, leaf: BoundCondition) -> str:
        groups = groups_of(leaf.condition)
        yes = self.nobody.but(groups=frozenset(groups), groups_closed=True)
        no = self.nobody.but(groups_closed=True)
        member = _any([self._member(group) for group in groups])
        truths = self._truth(leaf, yes), self._truth(leaf, no)
        if truths == (True, False):
            return member
        if truths == (False, True):
            return f"NOT {member}"
        each = " ".join(
            f"WHEN {text} THEN {_WORDS[truth]}"
            for text, truth in zip((member, f"NOT {member}"), truths, strict=True)
        )
        return f"CASE {each} ELSE {_NULL} END"

    def _member(self, group: str) -> str:
        """Whether somebody belongs to a group or to one of its parts, as in `Facts.member`."""
        found = [self._column(asked, "boolean") for asked in self.asked if implies(asked, group)]
        wholes = [it for it in self.asked if it != group and implies(group, it)]
        found += [
            f"CASE WHEN {self._column(whole, 'boolean')} IS NULL THEN {_NULL} ELSE FALSE END"
            for whole in wholes
        ]
        return _any(found)

    def _of_county(self, leaf: BoundCondition) -> str:
        place = leaf.condition.fact
        at = ("registered_county", "residence_county").index(place)

        def truth(county: str) -> _Truth:
            counties = [None, None]
            counties[at] = county  # type: ignore[call-overload]  # one of two
            return self._truth(leaf, self.nobody.but(counties=tuple(counties)))

        others = truth("")
        named = sorted(leaf.condition.edges(leaf.context).counties)
        differ = [self._value(county) for county in named if truth(county) is not others]
        column = self._column(place, "text")
        spelled = [it for it in COMMON_SPELLINGS.items() if not {*it}.isdisjoint(named)]
        if spelled:
            each = (f"WHEN {self._value(it)} THEN {self._value(name)}" for it, name in spelled)
            column = f"CASE {column} {' '.join(each)} ELSE {column} END"
        return f"{column} {'NOT ' if others else ''}IN ({', '.join(differ)})"

    def _of_sex(self, leaf: BoundCondition) -> str:
        column = self._column("sex", "text")
        held = [sex for sex in SEXES if self._truth(leaf, self.nobody.but(sex=sex))]
        return f"{column} IN ({', '.join(map(self._value, held))})"

    def _of_wish(self, leaf: BoundCondition) -> str:
        vaccine = leaf.context.vaccine
        edges = sorted(self.plan.instants[vaccine])
        cells = [
            (low, high, self._truth(leaf, self._wanting({vaccine: instant})))
            for low, high, instant in _instants_between(edges)
        ]
        column = self._column(f"wants_{vaccine}", "timestamptz")
        others = [
            f"{self._column(f'wants_{other}', 'timestamptz')} IS NOT NULL"
            for other in self.wishes
            if other != vaccine
        ]
        wanted = f"WHEN {column} IS NOT NULL THEN {self._by_ranges(column, cells)}"
        without = _WORDS[self._truth(leaf, self._wanting({}))]
        unwanted = f" WHEN {_any(others)} THEN {without}" if others else ""
        return f"CASE {wanted}{unwanted} ELSE {_NULL} END"

    def _wanting(self, wanted: dict[str, datetime]) -> Facts:
        return self.nobody.but(wanted=wanted, wanted_closed=True)

    # doses

    def _on(self, place: int) -> str:
        return self._column(f"dose_{place}_on", "date")

    def _trusted(self) -> str:
        """Whether the doses are plausible; `decide` treats others as unknown."""
        count = self._column("dose_count", "integer")
        if self.plan.validity is not None:  # which doses count depends on all of them
            return f"{count} = 0"
        codes = sorted(self.plan.vaccines)
        known = ", ".join(self._value(code) for code in codes)
        birth = self._column("birth_date", "date")
        days = {} if self.plan.first_days is None else self.plan.first_days.of
        firsts = [
            (code, self._value(date.fromordinal(days[code]))) for code in codes if code in days
        ]
        found = []
        for place in range(1, self.most + 1):
            vaccine = self._column(f"dose_{place}_vaccine", "text")
            before = self._on(place - 1) if place > 1 else None
            order = (
                f"{self._on(place)} > {before}"
                if before
                else (f"({birth} IS NULL OR {self._on(place)} >= {birth})")
            )
            existed = "".join(
                f" AND ({vaccine} <> {self._value(code)} OR {self._on(place)} >= {first})"
                for code, first in firsts
            )
            found.append(f"({count} < {place} OR ({vaccine} IN ({known}) AND {order}{existed}))")
        return _all([*found, f"{count} BETWEEN 0 AND {self.most}"])

    def _of_doses(self, leaf: BoundCondition) -> str:
        """The answer by the number of doses, in all and before the season."""
        by_case: dict[tuple[int, str], list[int]] = {}
        asked = leaf.condition
        if isinstance(asked, ByProduct) and not self.plan.others.isdisjoint(asked.products):
            return self._open(leaf)  # the columns do not have these doses
        for count in range(self.most + 1):
            for before in range(count + 1 if self.plan.season > FIRST else 1):
                text = self._with_doses(leaf, count, before)
                if text is None:
                    return self._open(leaf)
                if text != "FALSE":
                    by_case.setdefault((before, text), []).append(count)
        cases = []
        number = self._column("dose_count", "integer")
        for (before, text), counts in by_case.items():
            terms = [f"{number} IN ({', '.join(map(str, counts))})"]
            terms += self._before_season(before, counts)
            cases.append(_all([*terms, *([] if text == "TRUE" else [text])]))
        return _any(cases) if cases else f"CASE WHEN {number} IS NULL THEN {_NULL} ELSE FALSE END"

    def _before_season(self, before: int, counts: list[int]) -> Iterator[str]:
        if self.plan.season == FIRST:
            return
        season = self._value(date.fromordinal(self.plan.season))
        if before:
            yield f"{self._on(before)} < {season}"
        after = [count for count in counts if count > before]
        if after:
            number = self._column("dose_count", "integer")
            first = f"{self._on(before + 1)} >= {season}"
            yield first if len(after) == len(counts) else f"({number} = {before} OR {first})"

    def _with_doses(self, leaf: BoundCondition, count: int, before: int) -> str | None:
        """The condition for this number of doses; None if it reads more than one of them."""
        vaccines = [*sorted(self.plan.edges.vaccines & self.plan.vaccines), ""]
        season = self.plan.season
        edges = sorted(self.plan.edges.doses | ({season - 1} if season > FIRST else set()))
        cells = list(_days_between(edges))

        def truth(days: list[int], codes: list[str]) -> _Truth:
            facts = self.nobody.but(doses=tuple(days), vaccines=tuple(codes), before_season=before)
            return self._truth(leaf, facts)

        def of_place(place: int, others: tuple[int, str]) -> dict[tuple[int, str], _Truth]:
            """The truth values by the day and the vaccine of one dose, the others being equal."""
            found = {}
            for cell, (_, _, day) in enumerate(cells):
                for vaccine in vaccines:
                    days, codes = [others[0]] * count, [others[1]] * count
                    days[place], codes[place] = day, vaccine
                    found[cell, vaccine] = truth(days, codes)
            return found

        ends = (cells[0][2], vaccines[0]), (cells[-1][2], vaccines[-1])
        reads = [
            place
            for place in range(count)
            if any(len(set(of_place(place, others).values())) > 1 for others in ends)
        ]
        if not reads:
            return _WORDS[truth([ends[0][0]] * count, [ends[0][1]] * count)]
        (place, *more), own = reads, of_place(reads[0], ends[0])
        if more or own != of_place(place, ends[1]):
            return None
        return self._of_one_dose(place, cells, vaccines, own)

    def _of_one_dose(
        self,
        place: int,
        cells: list[tuple[date | None, date | None, int]],
        vaccines: list[str],
        truths: Mapping[tuple[int, str], _Truth],
    ) -> str:
        by_vaccine: dict[str, list[str]] = {}
        for vaccine in vaccines:
            own = [(low, high, truths[at, vaccine]) for at, (low, high, _) in enumerate(cells)]
            by_vaccine.setdefault(self._by_ranges(self._on(place + 1), own), []).append(vaccine)
        if len(by_vaccine) == 1:
            (text,) = by_vaccine
            return text
        column = self._column(f"dose_{place + 1}_vaccine", "text")
        told_apart = [self._value(code) for code in vaccines if code]
        found = []
        for text, codes in by_vaccine.items():
            named = [self._value(code) for code in codes if code]
            which = f"{column} IN ({', '.join(named)})"
            if "" in codes:
                others = [code for code in told_apart if code not in named]
                which = f"{column} NOT IN ({', '.join(others)})"
            found.append(_all([which, text]))
        return _any(found)


def _all(terms: list[str]) -> str:
    kept = [term for term in dict.fromkeys(terms) if term != "TRUE"]
    if "FALSE" in kept:
        return "FALSE"
    return f"({' AND '.join(kept)})" if kept else "TRUE"


def _any(terms: list[str]) -> str:
    kept = [term for term in dict.fromkeys(terms) if term != "FALSE"]
    return f"({' OR '.join(kept)})" if kept else "FALSE"


def _days_between(edges: list[int]) -> Iterator[tuple[date | None, date | None, int]]:
    """The ranges of days between edges, each with one day of it."""
    inner = [edge for edge in edges if FIRST <= edge < LAST] or [day_number(date(2000, 1, 1))]
    yield None, date.fromordinal(inner[0]), inner[0]
    for low, high in pairwise(inner):
        yield date.fromordinal(low + 1), date.fromordinal(high), high
    yield date.fromordinal(inner[-1] + 1), None, inner[-1] + 1


def _instants_between(
    edges: list[datetime],
) -> Iterator[tuple[datetime | None, datetime | None, datetime]]:
    """The ranges of instants between edges, each with one instant of it."""
    inner = edges or [datetime(2000, 1, 1, tzinfo=UTC)]
    tick = timedelta(microseconds=1)
    yield None, inner[0], inner[0]
    for low, high in pairwise(inner):
        yield low + tick, high, high
    yield inner[-1] + tick, None, inner[-1] + tick
