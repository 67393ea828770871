"""Decides for a batch of people: as columns where all is known, one by one where it is not.

A row is the combination of the classes of its facts. The outcome and the days of each combination
come from columns (`vaxpolicy.population.evaluation`) where that settles them. What the columns do
not say, reasons and what something unknown leaves open, comes from `vaxpolicy.eligibility.decide`,
once for each combination; its answers are kept for the batches to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from attrs import evolve, frozen

from vaxpolicy.days import FIRST, day_number
from vaxpolicy.eligibility import Effect, Outcome, decide
from vaxpolicy.population.columns import read_people
from vaxpolicy.population.equal_facts import FactClasses, combined, first_rows, numbered
from vaxpolicy.population.evaluation import ColumnEvaluation, LeafTables
from vaxpolicy.population.layout import Table, columns_of, passed_through
from vaxpolicy.population.people import People
from vaxpolicy.population.schema import DECISIONS, OFFER, PROBLEMS
from vaxpolicy.population.texts_and_days import EPOCH, Flags, Int64
from vaxpolicy.rules.changes import codes_in_the_way
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date

    from vaxpolicy.eligibility import Decision, Policy
    from vaxpolicy.rules.people import Person

__all__ = ["Answers", "BadRow", "BadRowError", "Decider"]

MOST_KEPT: Final = 1 << 18
"""How many single decisions are kept at most."""


@frozen
class BadRow:
    """A row that could not be read: its number, counted from 0, and a code from `PROBLEMS`."""

    row: int
    code: str


class BadRowError(ValueError):
    """A row could not be read, and the run was to stop at the first such row."""

    def __init__(self, bad: BadRow) -> None:
        super().__init__(f"row {bad.row}: {bad.code}")
        self.bad = bad
        """The row."""

    def __reduce__(self) -> tuple[type[BadRowError], tuple[BadRow]]:
        """Pickle by the row, so that a worker can send it."""
        return type(self), (self.bad,)


@frozen(eq=False)
class Answers:
    """The answers to a batch of people.

    Attributes:
        people: the people.
        answers: the distinct answers, as the columns of `DECISIONS` without the key.
        chosen: for each row the place of its answer.
    """

    people: People
    answers: Any
    chosen: Int64

    def bad_rows(self) -> Iterator[tuple[int, str]]:
        """The rows that cannot be read, with their codes."""
        for row in np.flatnonzero(self.people.problems).tolist():
            yield row, PROBLEMS[self.people.problems[row]]


_Offer = tuple[str, str, int, int, int, int]


@frozen
class _Row:
    """What a single decision says, as a row."""

    outcome: str
    offers: tuple[_Offer, ...]
    reason: str | None
    missing: tuple[str, ...]
    is_refused: bool = False
    """Whether the first reason refuses."""
    by_days: bool = False
    """Whether the number of days that are missed decides which reason comes first."""

    @classmethod
    def of(cls, decision: Decision) -> _Row:
        return cls(
            decision.outcome.value,
            tuple(
                (
                    *(offer.rule_id, offer.vaccine, offer.dose),
                    *(offer.days.spans[0][0] - EPOCH, offer.days.spans[-1][1] - EPOCH),
                    sum(last - first + 1 for first, last in offer.days.spans),
                )
                for offer in decision.offers
            ),
            decision.reasons[0].code if decision.reasons else None,
            decision.missing,
            bool(decision.reasons) and decision.reasons[0].effect is Effect.REFUSES,
        )


class Decider:
    """Decides for batch after batch of people under one policy; not for two threads at once.

    `also` names facts to read besides those that the policy asks for. Raises `ColumnError` for a
    column of facts that is of the wrong type.
    """

    def __init__(
        self,
        policy: Policy,
        schema: Any,
        *,
        from_day: date | None = None,
        keep: Sequence[str] | None = None,
        also: Collection[str] = (),
    ) -> None:
        self._policy = policy
        self._from_day = FIRST if from_day is None else day_number(from_day)
        self._options: dict[str, Any] = {} if from_day is None else {"from_day": from_day}
        self._plan = plan = compile_policy(policy)
        self._tables = LeafTables(plan)
        facts = self._tables.facts
        # with a birth date that is known in part, the doses say what it cannot be
        self._facts = facts | {"doses"} if "birth_date" in facts else facts
        self._read = self._facts | {*also}
        self._classes = FactClasses(plan, facts)
        self._table = Table.of(schema, self._classes.asked_groups, keep)
        self._by_classes: dict[tuple[int, ...], _Row] = {}
        self._entries = [(entry.rule.id, entry.vaccine, entry.rule.dose) for entry in plan.entries]
        self.schema: Any = pa.schema(
            [*DECISIONS, *(schema.field(name) for name in self._table.kept)]
        )
        """The columns that each batch of decisions has."""
        self.columns: list[str] = columns_of(self._table, self._read)
        """The columns that it reads."""
        nothing = pa.RecordBatch.from_pylist([], schema=schema)
        read_people(self._table, nothing, self._classes.asked_groups, self._read)

    def decide(self, batch: Any, bad_row: Callable[[int, str], None] | None = None) -> Any:
        """The decisions of a batch, row for row; `bad_row` is told of rows that cannot be read."""
        found = self.answers(batch)
        if bad_row is not None:
            for row, code in found.bad_rows():
                bad_row(row, code)
        return self.as_rows(found, batch)

    def as_rows(self, found: Answers, batch: Any) -> Any:
        """The answers, row for row, with what is passed through."""
        columns = found.answers.take(pa.array(found.chosen)).columns
        return pa.RecordBatch.from_arrays(
            [found.people.key, *columns, *passed_through(self._table, batch)], schema=self.schema
        )

    def answers(self, batch: Any) -> Answers:
        """The distinct answers to a batch, and which of them each row gets."""
        people = read_people(self._table, batch, self._classes.asked_groups, self._read)
        classes, doubtful = self._classes.of(people)
        bad = people.problems != 0
        rows = _Rows.of(classes)
        columns, chosen, by_days = self._by_columns(people, classes, rows)
        singly = np.flatnonzero((doubtful | by_days) & ~bad)
        others: list[_Row] = []
        if len(singly):
            chosen[singly] = len(columns) + np.array(self._singly(people, singly, others))
        if bad.any():
            chosen[bad] = len(columns) + len(others) + people.problems[bad] - 1
        answers = pa.concat_batches([columns, _batch_of(others), _UNREADABLE])
        return Answers(people, answers, chosen)

    def _by_columns(
        self, people: People, classes: dict[str, Int64], rows: _Rows
    ) -> tuple[Any, Int64, Flags]:
        """The decisions of the combinations of classes, and for each row the place of its own.

        And the rows whose first reason depends on how many days they miss, not on their class.
        """
        first = rows.first
        own = {fact: column[first] for fact, column in classes.items()}
        size = len(first)

        def person_of(place: int, facts: frozenset[str]) -> Person:
            return people.person(int(first[place]), facts)

        leaves = self._tables.look_up(own, person_of)
        found = ColumnEvaluation(self._tables, leaves, size, self._from_day)
        keys = list(zip(*(column.tolist() for column in own.values()), strict=True)) or [()] * size
        closed = np.flatnonzero(~found.is_open).tolist()
        reasons: list[str | None] = [None] * size
        by_days = np.zeros(size, bool)
        for place in closed:
            settled = self._settled(people, keys[place], int(first[place]))
            reasons[place], by_days[place] = settled.reason, settled.by_days
        batch = self._batch_of_columns(found, size, reasons)
        places = np.arange(size)
        opened = np.flatnonzero(found.is_open)
        if len(opened):
            rest = [self._settled(people, keys[at], int(first[at])) for at in opened]
            by_days[opened] = [row.by_days for row in rest]
            places[opened] = size + np.arange(len(opened))
            batch = pa.concat_batches([batch, _batch_of(rest)])
        if self._plan.on_whole_history or self._plan.validity is not None:
            # Conditions on products, and doses that may not count, have no edges to class by.
            by_days[:] = True
        return batch, places[rows.places], by_days[rows.places]

    def _settled(self, people: People, key: tuple[int, ...], row: int) -> _Row:
        """The decision of a combination of classes, for what the columns do not say."""
        found = self._by_classes.get(key)
        if found is None:
            if len(self._by_classes) >= MOST_KEPT:
                self._by_classes.clear()
            person = people.person(row, self._facts)
            found = self._decided(person)
            if found.is_refused:
                evaluation = Evaluation(
                    self._plan, self._plan.read(person).facts, from_day=self._from_day
                )
                found = evolve(found, by_days=len(codes_in_the_way(evaluation)) > 1)
            self._by_classes[key] = found
        return found

    def _singly(self, people: People, rows: Int64, others: list[_Row]) -> list[int]:
        """The places, among the others, of rows that are decided with all their facts."""
        places: dict[Person, int] = {}
        found = []
        for row in rows.tolist():
            person = people.person(row, self._facts)
            if person not in places:
                places[person] = len(others)
                others.append(self._decided(person))
            found.append(places[person])
        return found

    def _decided(self, person: Person) -> _Row:
        return _Row.of(decide(self._policy, person, **self._options))

    def _batch_of_columns(
        self, found: ColumnEvaluation, size: int, reasons: list[str | None]
    ) -> Any:
        """The decisions that the columns give, as a batch."""
        outcomes = [Outcome.INELIGIBLE.value, Outcome.ELIGIBLE.value]
        outcome = pa.array(outcomes).take(pa.array(found.eligible.astype(np.int8)))
        sure = np.stack([entry.sure for entry in found.entries], axis=1)
        counts = sure.sum(axis=1)
        offsets = np.zeros(size + 1, np.int32)
        np.cumsum(counts, out=offsets[1:])
        place, which = np.nonzero(sure)
        numbers = pa.array(which)
        rules, vaccines, doses = zip(*self._entries, strict=True)
        day_columns = [
            np.stack(column, axis=1)[place, which]
            for column in (
                [entry.first - EPOCH for entry in found.entries],
                [entry.last - EPOCH for entry in found.entries],
                [entry.days for entry in found.entries],
            )
        ]
        offers = pa.StructArray.from_arrays(
            [
                pa.array(rules, pa.string()).take(numbers),
                pa.array(vaccines, pa.string()).take(numbers),
                pa.array(doses, pa.int32()).take(numbers),
                *(pa.array(column, pa.int32()) for column in day_columns[:2]),
                pa.array(day_columns[2], pa.int32()),
            ],
            [each.name for each in OFFER],
        ).cast(OFFER)
        reason = pa.array(reasons, pa.string())
        nothing = pa.ListArray.from_arrays(
            pa.array(np.zeros(size + 1, np.int32)), pa.array([], pa.string())
        )
        lists = pa.ListArray.from_arrays(pa.array(offsets), offers)
        return pa.RecordBatch.from_arrays(
            [outcome, lists.cast(pa.list_(OFFER)), reason, nothing], schema=_ANSWERS
        )


@frozen(eq=False)
class _Rows:
    """The distinct combinations of classes in a batch, and the place of each row's own."""

    first: Int64
    places: Int64

    @classmethod
    def of(cls, classes: dict[str, Int64]) -> _Rows:
        distinct, places = numbered(combined(classes.values()))
        return cls(first_rows(places, len(distinct)), places)


_ANSWERS: Final = pa.schema([field for field in DECISIONS if field.name != "key"])


def _batch_of(rows: Sequence[_Row]) -> Any:
    """Single decisions as a batch."""
    names = [each.name for each in OFFER]
    offers = [[dict(zip(names, offer, strict=True)) for offer in row.offers] for row in rows]
    numbers = pa.struct(
        [
            each if each.name not in {"first_day", "last_day"} else (each.name, pa.int32())
            for each in OFFER
        ]
    )
    return pa.RecordBatch.from_arrays(
        [
            pa.array([row.outcome for row in rows], pa.string()),
            pa.array(offers, pa.list_(numbers)).cast(pa.list_(OFFER)),
            pa.array([row.reason for row in rows], pa.string()),
            pa.array([list(row.missing) for row in rows], pa.list_(pa.string())),
        ],
        schema=_ANSWERS,
    )


_UNREADABLE: Final = pa.RecordBatch.from_arrays(
    [
        pa.nulls(len(PROBLEMS) - 1, pa.string()),
        pa.array([[] for _ in PROBLEMS[1:]], pa.list_(OFFER)),
        pa.array(PROBLEMS[1:], pa.string()),
        pa.array([[] for _ in PROBLEMS[1:]], pa.list_(pa.string())),
    ],
    schema=_ANSWERS,
)
"""A row that could not be read: it has no outcome, and its reason is what is wrong."""
