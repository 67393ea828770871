"""Which vaccine has been registered for, and when."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from vaxpolicy.days import TAIWAN
from vaxpolicy.rules.conditions.base import (
    EVERY_DAY,
    NO_DAY,
    NOT_KNOWN,
    Condition,
    Context,
    Edges,
    PolicyError,
    Span,
)
from vaxpolicy.rules.people import is_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vaxpolicy.rules.conditions.facts import Facts


def _moment(value: date) -> tuple[datetime, datetime]:
    """The earliest and the latest instant meant: a date without an hour is the whole day."""
    if isinstance(value, datetime):
        if not is_instant(value):
            raise PolicyError("an instant needs its UTC offset")
        return value, value
    start = datetime.combine(value, time.min, TAIWAN)
    return start, start + timedelta(days=1, microseconds=-1)


@frozen
class Wanted(Condition):
    """The vaccine on offer has been registered for, by and after given instants (both included).

    A date without an hour means that no source states the hour: whoever registered on that very day
    is undetermined.
    """

    fact = "willingness"
    code = "not-wanted"
    code_negated = "wanted"
    setting = ("vaccine",)

    wanted: Literal[True]
    by: datetime | date | None = None
    after: datetime | date | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse an instant without its offset, and a bound that is no yes."""
        if self.wanted is not True:
            raise PolicyError("wanted: expected true (write the opposite with not)")
        list(self._bounds())

    def _bounds(self) -> Iterator[tuple[str, tuple[datetime, datetime]]]:
        """The bounds that there are, each with its open question."""
        for name, value in (("by", self.by), ("after", self.after)):
            if value is not None:
                yield f"?hour/{name}/{value}", _moment(value)

    def _held(self, instant: datetime, assumed: Mapping[str, int]) -> list[bool]:
        """Whether the bounds hold, in every case that is left open."""
        held = [True]
        for question, bound in self._bounds():
            which = assumed.get(question)
            ends = bound if which is None else (bound[which],)
            is_by = question.startswith("?hour/by")
            found = {instant <= end if is_by else instant >= end for end in ends}
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

    def open_questions(self, facts: Facts, context: Context) -> Iterator[str]:
        """The willingness for this vaccine, and the hour where no source states it."""
        instant = facts.wanted.get(context.vaccine)
        if instant is None:
            yield f"willingness/{context.vaccine}"
            return
        for question, (start, end) in self._bounds():
            if start != end and start <= instant <= end and question not in facts.assumed:
                yield question

    def edges(self, context: Context) -> Edges:
        """The last instants before each change."""
        before = timedelta(microseconds=1)
        return Edges(
            instants=frozenset(
                end if question.startswith("?hour/by") else end - before
                for question, bound in self._bounds()
                for end in bound
            )
        )

    def refusal(self, facts: Facts, context: Context) -> str:
        """Not wanted at all, or registered too late or too early."""
        instant = facts.wanted.get(context.vaccine)
        if instant is None:
            return self.code
        by = self.by
        late = by is not None and instant > (by if isinstance(by, datetime) else _moment(by)[1])
        return "wanted-too-late" if late else "wanted-too-early"
