"""Conditions on registration: the vaccine, and the instant."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from attrs import field, frozen

from vaxpolicy._values import checked, not_after
from vaxpolicy.rules.conditions.base import (
    EVERY_DAY,
    NO_DAY,
    NOT_KNOWN,
    Condition,
    Context,
    Edges,
    Question,
    Span,
)
from vaxpolicy.rules.moments import Moment, surely_precedes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vaxpolicy.rules.conditions.facts import Facts


class _Bound(NamedTuple):
    """One bound: the question which end counts, and both ends, which are equal if it is stated."""

    question: Question
    ends: tuple[datetime, datetime]
    is_by: bool


@frozen(field_transformer=checked)
class Wanted(Condition):
    """The person has registered for the vaccine on offer, by and after given instants (inclusive).

    A date without an hour means that no source states the hour. People who registered on that day
    are then undetermined.
    """

    fact = "willingness"
    code = "not-wanted"
    code_negated = "wanted"
    setting: ClassVar[tuple[str, ...]] = ("vaccine",)

    wanted: Literal[True]
    by: datetime | date | None = None
    after: datetime | date | None = field(default=None, validator=not_after("by", surely_precedes))

    @cached_property
    def _bounds(self) -> tuple[_Bound, ...]:
        """The bounds that the policy names."""
        return tuple(self._written())

    def _written(self) -> Iterator[_Bound]:
        for name, value in (("by", self.by), ("after", self.after)):
            moment = Moment.of("not-stated" if value is None else value)
            if moment.earliest is not None and moment.latest is not None:
                question = Question("?hour", f"{name}/{value}")
                yield _Bound(question, (moment.earliest, moment.latest), is_by=name == "by")

    def _held(self, instant: datetime, assumed: Mapping[Question, int]) -> list[bool]:
        """Whether the bounds hold, for each case that is open."""
        held = [True]
        for bound in self._bounds:
            which = assumed.get(bound.question)
            ends = bound.ends if which is None else (bound.ends[which],)
            found = {instant <= end if bound.is_by else instant >= end for end in ends}
            held = [one and other for one in held for other in found]
        return held

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        vaccine = context.vaccine
        by = self.by if isinstance(self.by, datetime) else None
        simple = self.after is None and by is not None

        def span(facts: Facts) -> Span:
            instant = facts.wanted.get(vaccine)
            if instant is None:
                known = facts.wanted_closed or vaccine in facts.wanted
                return NO_DAY if known else NOT_KNOWN
            if simple and by is not None:
                return EVERY_DAY if instant <= by else NO_DAY
            held = self._held(instant, facts.assumed)
            return EVERY_DAY if all(held) else NOT_KNOWN if any(held) else NO_DAY

        return span

    def item(self, context: Context) -> str:
        """The vaccine."""
        return context.vaccine

    def missed_by(self, facts: Facts, context: Context) -> int:
        """The days between the registration and the bound that it misses."""
        instant = facts.wanted.get(context.vaccine)
        if instant is None:
            return 0
        return max(
            [
                abs(instant - bound.ends[bound.is_by]).days
                for bound in self._bounds
                if (instant > bound.ends[1] if bound.is_by else instant < bound.ends[0])
            ],
            default=0,
        )

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The registration for this vaccine, and an hour that no source states."""
        instant = facts.wanted.get(context.vaccine)
        if instant is None:
            yield Question("willingness", context.vaccine)
            return
        for bound in self._bounds:
            start, end = bound.ends
            if start != end and start <= instant <= end and bound.question not in facts.assumed:
                yield bound.question

    def opening_answers(self, context: Context) -> Mapping[Question, int]:
        """The later end of a last day, and the earlier end of a first one."""
        return {it.question: int(it.is_by) for it in self._bounds if it.ends[0] != it.ends[1]}

    def edges(self, context: Context) -> Edges:
        """The last instants before each change."""
        before = timedelta(microseconds=1)
        return Edges(
            instants=frozenset(
                end if bound.is_by else end - before for bound in self._bounds for end in bound.ends
            )
        )

    def refusal(self, facts: Facts, context: Context) -> str:
        """The code for no registration, or for one that is too late or too early."""
        instant = facts.wanted.get(context.vaccine)
        if instant is None:
            return self.code
        late = any(bound.is_by and instant > bound.ends[1] for bound in self._bounds)
        return "wanted-too-late" if late else "wanted-too-early"
