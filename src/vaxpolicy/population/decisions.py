"""Decides for a batch of people: as columns if everything is known, otherwise one by one.

A row is a combination of classes of facts. Columns (`vaxpolicy.population.evaluation`) settle the
outcome and the days of most combinations. `vaxpolicy.eligibility.decide` gives the rest: the first
reason, once for all combinations in which every condition has the same answer; and the open cases,
once for each combination. Its answers are kept for later batches. If the days of each person decide
which reason comes first, `vaxpolicy.population.first_reasons` compares these days as columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
from attrs import evolve, frozen

from vaxpolicy import catalog
from vaxpolicy._values import OneOf, checked, unchecked
from vaxpolicy.days import FIRST, day_number
from vaxpolicy.eligibility import Effect, Outcome, decide
from vaxpolicy.population.arrays import Flags, Int64, filled, numbers_of, unflagged, zeros
from vaxpolicy.population.columns import read_people
from vaxpolicy.population.equal_facts import (
    FactClasses,
    Numbers,
    combined,
    first_rows,
    groups_asked,
    numbered,
)
from vaxpolicy.population.evaluation import Alike, ColumnEvaluation, LeafTables
from vaxpolicy.population.first_reasons import ExactFacts, FirstReasons
from vaxpolicy.population.layout import Known, Table, columns_of, passed_through
from vaxpolicy.population.people import People
from vaxpolicy.population.schema import DECISIONS, OFFER, PROBLEMS
from vaxpolicy.population.texts_and_days import EPOCH
from vaxpolicy.rules.changes import Contest, contest
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date

    from vaxpolicy.eligibility import Decision, Policy
    from vaxpolicy.rules.people import Person

__all__ = ["Answers", "BadRow", "BadRowError", "Decider", "Learned"]

MOST_KEPT: Final = 1 << 18
"""The most single decisions that are kept."""


@frozen(field_transformer=checked)
class BadRow:
    """A row that could not be read: its number, counted from 0, and a code from `PROBLEMS`."""

    row: int
    code: Annotated[str, OneOf(tuple(filter(None, PROBLEMS)))]


new_bad_row: Final = unchecked(BadRow)
"""Make a `BadRow` of a row and a code of this library; it checks nothing."""


class BadRowError(ValueError):
    """A row could not be read, and the caller asked to stop at the first such row."""

    def __init__(self, bad: BadRow) -> None:
        super().__init__(f"row {bad.row}: {bad.code}")
        self.bad = bad
        """The row."""

    def __reduce__(self) -> tuple[type[BadRowError], tuple[BadRow]]:
        """Pickle the row alone, so that a worker can send the error."""
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
        """The unreadable rows, with their codes."""
        for row in np.flatnonzero(self.people.problems).tolist():
            yield row, PROBLEMS[self.people.problems[row]]


def _known(policy: Policy) -> Known:
    """The names of the policy and of the lists of the library."""
    plan = compile_policy(policy)
    return Known(
        frozenset({*catalog.vaccines(), *policy.vaccines, *plan.vaccines}),
        frozenset({*catalog.dated_facts(), *policy.facts, *plan.dated_facts}),
        frozenset({*catalog.groups(), *policy.groups, *groups_asked(plan)}),
    )


_Offer = tuple[str, str, int, int, int, int]


@frozen
class _Row:
    """The content of a single decision, as a row."""

    outcome: str | None
    offers: tuple[_Offer, ...]
    reason: str | None
    missing: tuple[str, ...]
    is_refused: bool = False
    """Whether the first reason refuses."""
    contest: Contest = ()
    """The changes among which the missed days decide which reason comes first."""
    singly: bool = False
    """Whether each person needs a separate decision."""

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


class Learned:
    """The answers that the deciders of one policy share, each in its own thread."""

    def __init__(self) -> None:
        self.alike: Alike = Alike()
        self.by_answers: dict[tuple[int, ...], _Row] = {}


class Decider:
    """Decides for batch after batch of people under one policy, in one thread at a time.

    `also` names further facts to read, besides those that the policy asks for. Deciders of one
    policy with the same `from_day` can share `learned`. Raises `ColumnError` if a column of facts
    has the wrong type.
    """

    def __init__(
        self,
        policy: Policy,
        schema: Any,
        *,
        from_day: date | None = None,
        keep: Sequence[str] | None = None,
        also: Collection[str] = (),
        learned: Learned | None = None,
    ) -> None:
        learned = learned or Learned()
        self._policy = policy
        self._from_day = FIRST if from_day is None else day_number(from_day)
        self._options: dict[str, Any] = {} if from_day is None else {"from_day": from_day}
        self._plan = plan = compile_policy(policy)
        self._tables = LeafTables(plan, learned.alike)
        facts = self._tables.facts
        # doses narrow a birth date that is known in part, and they may contradict it or each other
        self._facts = facts | {"birth_date", "doses"}
        self._read = self._facts | {*also}
        # whoever was born too late for an unknown dose has not had it
        asked = facts | {"birth_date"} if "doses" in facts else facts
        self._classes = FactClasses(plan, asked)
        self._table = Table.of(schema, self._classes.asked_groups, keep, _known(policy))
        self._by_classes: dict[tuple[int, ...], _Row] = {}
        self._by_answers = learned.by_answers
        self._first_reasons = FirstReasons(plan)
        self._singles: dict[int, _Row] = {}
        self._exact = Numbers()
        self._vaccines: dict[str, int] = {}
        self._asked_singly = 0
        # Conditions on products, and doses that may not count, have no edges to class by; a policy
        # without rules has no columns.
        self._no_classes = (
            bool(plan.on_whole_history) or plan.validity is not None or not plan.entries
        )
        self._entries = [(entry.rule.id, entry.vaccine, entry.rule.dose) for entry in plan.entries]
        self.schema: Any = pa.schema(
            [*DECISIONS, *(schema.field(name) for name in self._table.kept)]
        )
        """The columns that each batch of decisions has."""
        self.columns: list[str] = columns_of(self._table, self._read)
        """The columns to read."""
        nothing = pa.RecordBatch.from_arrays(
            [pa.nulls(0, column.type) for column in schema], schema=schema
        )
        read_people(self._table, nothing, self._classes.asked_groups, self._read)

    def decide(self, batch: Any, bad_row: Callable[[int, str], None] | None = None) -> Any:
        """The decisions of a batch, row for row; `bad_row` is called with each unreadable row."""
        found = self.answers(batch)
        if bad_row is not None:
            for row, code in found.bad_rows():
                bad_row(row, code)
        return self.as_rows(found, batch)

    def as_rows(self, found: Answers, batch: Any) -> Any:
        """The answers, row for row, with the columns that are passed through."""
        columns = found.answers.take(pa.array(found.chosen)).columns
        return pa.RecordBatch.from_arrays(
            [found.people.key, *columns, *passed_through(self._table, batch)], schema=self.schema
        )

    def answers(self, batch: Any) -> Answers:
        """The distinct answers to a batch, and the place of each row's answer."""
        people = read_people(self._table, batch, self._classes.asked_groups, self._read)
        classes, doubtful = self._classes.of(people)
        bad = people.problems != 0
        read = _Classed.of(people, classes, ~(doubtful | bad))
        columns, chosen, singly_too = self._by_columns(read)
        singly = np.flatnonzero((doubtful | singly_too) & ~bad)
        others: list[_Row] = []
        if len(singly):
            chosen[singly] = len(columns) + self._singly(read, singly, others)
        if bad.any():
            chosen[bad] = len(columns) + len(others) + people.problems[bad] - 1
        answers = pa.concat_batches([columns, _batch_of(others), _UNREADABLE])
        return Answers(people, answers, chosen)

    def _by_columns(self, read: _Classed) -> tuple[Any, Int64, Flags]:
        """The decisions of the combinations of classes, and the place of each row's own.

        The last value has the rows that need a separate decision.
        """
        first, rows = read.first, read.places
        size = len(first)
        if self._no_classes or not size:
            return _batch_of([]), zeros(len(rows)), ~unflagged(len(rows))
        own = {fact: column[first] for fact, column in read.classes.items()}

        def person_of(place: int, facts: frozenset[str]) -> Person:
            return read.people.person(int(first[place]), facts)

        leaves, alike = self._tables.look_up(own, person_of)
        found = ColumnEvaluation(self._tables, leaves, size, self._from_day)
        settled, places = self._each_settled(read, found.is_open, list(own.values()), alike)
        answers = self._batch_of_columns(found, size, [row.reason for row in settled], places)
        chosen = np.arange(size)
        opened = np.flatnonzero(found.is_open)
        if len(opened):
            chosen[opened] = size + np.arange(len(opened))
            rest = [settled[place] for place in places[opened]]
            answers = pa.concat_batches([answers, _batch_of(rest)])
        chosen = chosen[rows]
        singly = np.array([row.singly for row in settled])[places[rows]]
        if any(row.contest and not row.singly for row in settled):
            answers = self._by_days(read, settled, places, answers, chosen)
        return answers, chosen, singly

    def _each_settled(
        self, read: _Classed, is_open: Flags, own: list[Int64], alike: list[Int64]
    ) -> tuple[list[_Row], Int64]:
        """The single decisions for the combinations, and for each the place of its decision."""
        settled: list[_Row] = []
        places = zeros(len(is_open))
        for which, parts, kept in (
            (np.flatnonzero(~is_open), alike, self._by_answers),
            (np.flatnonzero(is_open), own, self._by_classes),
        ):
            codes = [part[which] for part in parts] or [zeros(len(which))]
            distinct, place_of = numbered(combined(codes))
            some = first_rows(place_of, len(distinct))
            places[which] = place_of + len(settled)
            columns = *(each[some].tolist() for each in codes), read.first[which[some]].tolist()
            settled += [
                self._settled(read.people, tuple(key), row, kept)
                for *key, row in zip(*columns, strict=True)
            ]
        return settled, places

    def _settled(
        self,
        people: People,
        key: tuple[int, ...],
        row: int,
        kept: dict[tuple[int, ...], _Row],
    ) -> _Row:
        """The decision of a combination, for the parts that the columns leave open."""
        found = kept.get(key)
        if found is None:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            person = people.person(row, self._facts)
            found = self._decided(person)
            if found.is_refused:
                evaluation = Evaluation(
                    self._plan, self._plan.read(person).facts, from_day=self._from_day
                )
                among = contest(evaluation)
                singly = bool(among) and (
                    kept is self._by_classes or not self._first_reasons.knows(among)
                )
                found = evolve(found, contest=among, singly=singly)
            kept[key] = found
        return found

    def _by_days(
        self, read: _Classed, settled: list[_Row], places: Int64, answers: Any, chosen: Int64
    ) -> Any:
        """The answers, with the first reason of the rows whose days decide it."""
        contests: dict[Contest, int] = {}
        number = np.full(len(settled), -1)
        for at, row in enumerate(settled):
            if row.contest and not row.singly:
                number[at] = contests.setdefault(row.contest, len(contests))
        of_contest = np.where(read.whole, number[places[read.places]], -1)
        some = np.flatnonzero(of_contest >= 0)
        facts = self._facts_of(read, some)
        reasons = self._first_reasons.of_rows(list(contests), of_contest[some], facts)
        size = len(reasons.dictionary)
        codes = numbers_of(reasons.indices)
        pairs, place_of = numbered(chosen[some] * size + codes)
        more = answers.take(pa.array(pairs // size))
        reasons = reasons.dictionary.take(pa.array(pairs % size))
        place = _ANSWERS.get_field_index("reason")
        columns = [*more.columns[:place], reasons, *more.columns[place + 1 :]]
        chosen[some] = len(answers) + place_of
        return pa.concat_batches([answers, pa.RecordBatch.from_arrays(columns, schema=_ANSWERS)])

    def _singly(self, read: _Classed, rows: Int64, others: list[_Row]) -> Int64:
        """Decide rows with all their facts; returns their places among the others."""
        if len(self._exact) >= MOST_KEPT:
            self._exact = Numbers()
            self._singles.clear()
        facts = self._facts_of(read, rows)
        parts = facts.everything(self._facts, self._vaccine_number, self._asked_singly)
        self._asked_singly += len(rows)
        distinct, places = numbered(self._exact.of(parts))
        for number, place in zip(distinct.tolist(), first_rows(places, len(distinct)), strict=True):
            if number not in self._singles:
                person = read.people.person(int(rows[place]), self._facts)
                self._singles[number] = self._decided(person)
            others.append(self._singles[number])
        return places

    def _facts_of(self, read: _Classed, rows: Int64) -> ExactFacts:
        doses = read.people.doses
        in_order = None if doses is None else self._classes.in_order(doses)
        return ExactFacts(read.people, rows, read.classes, self._classes.instants, in_order)

    def _vaccine_number(self, text: str) -> int:
        """A number for each vaccine; 0 for those that the policy knows but does not count."""
        if text in self._plan.known_vaccines - self._plan.vaccines - self._plan.others:
            return 0
        return self._vaccines.setdefault(text, len(self._vaccines) + 1)

    def _decided(self, person: Person) -> _Row:
        return _Row.of(decide(self._policy, person, **self._options))

    def _batch_of_columns(
        self, found: ColumnEvaluation, size: int, reasons: list[str | None], places: Int64
    ) -> Any:
        """The decisions of the columns, as a batch; `places` are the places of the reasons."""
        outcomes = [Outcome.INELIGIBLE.value, Outcome.ELIGIBLE.value]
        outcome = pa.array(outcomes).take(pa.array(found.eligible.astype(np.int8)))
        sure = np.stack([entry.sure for entry in found.entries], axis=1)
        counts = sure.sum(axis=1)
        offsets = filled(size + 1, 0)
        np.cumsum(counts, out=offsets[1:])
        place, which = np.nonzero(sure)
        numbers = pa.array(which)
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
                *(pa.array(column).take(numbers) for column in zip(*self._entries, strict=True)),
                *map(pa.array, day_columns),
            ],
            [each.name for each in OFFER],
        ).cast(OFFER)
        reason = pa.array(reasons).take(pa.array(places))
        nothing = pa.ListArray.from_arrays(pa.array(filled(size + 1, 0)), pa.nulls(0))
        lists = pa.ListArray.from_arrays(pa.array(offsets), offers)
        return pa.RecordBatch.from_arrays(
            [outcome, lists.cast(pa.list_(OFFER)), reason, nothing], schema=_ANSWERS
        )


@frozen(eq=False)
class _Classed:
    """A batch of people by the classes of their facts.

    Attributes:
        people: the people.
        classes: the class of each fact of each row.
        whole: the readable rows whose doses are plausible.
        first: the first whole row of each distinct combination of classes.
        places: for each whole row the place of its combination; 0 for the others.
    """

    people: People
    classes: dict[str, Int64]
    whole: Flags
    first: Int64
    places: Int64

    @classmethod
    def of(cls, people: People, classes: dict[str, Int64], whole: Flags) -> _Classed:
        rows = np.flatnonzero(whole)
        parts = [zeros(people.rows), *classes.values()]
        codes = combined(part[rows] for part in parts)
        distinct, its_places = numbered(codes)
        places = zeros(people.rows)
        places[rows] = its_places
        return cls(people, classes, whole, rows[first_rows(its_places, len(distinct))], places)


_ANSWERS: Final = pa.schema([field for field in DECISIONS if field.name != "key"])


def _batch_of(rows: Sequence[_Row]) -> Any:
    """Single decisions as a batch."""
    names = [each.name for each in OFFER]
    offers = [[dict(zip(names, offer, strict=True)) for offer in row.offers] for row in rows]
    return pa.record_batch(
        [
            [row.outcome for row in rows],
            offers,
            [row.reason for row in rows],
            [row.missing for row in rows],
        ],
        schema=_ANSWERS,
    )


_UNREADABLE: Final = _batch_of([_Row(None, (), code, ()) for code in PROBLEMS[1:]])
"""An unreadable row: it has no outcome, and its reason is the problem."""
