"""Evaluates a compiled policy for one person: the sure days and the possible ones."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from itertools import combinations, product
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from vaxpolicy.days import FIRST, LAST
from vaxpolicy.rules.compiled import birth_cell
from vaxpolicy.rules.conditions import EVERY_DAY, NO_DAY, Span, implies, new_span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from vaxpolicy.rules.compiled import BirthCell, CompiledOffer, CompiledPolicy, WindowUse
    from vaxpolicy.rules.conditions import Facts, Question
    from vaxpolicy.rules.policy import Window


class Outcome(Enum):
    """Whether the person may be vaccinated under the policy."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


Found: TypeAlias = tuple[tuple[int, int], ...]
"""Ranges of day numbers, in no particular order."""

_NO_DAYS: Final[Found] = ()

# Before Python 3.12, looking up a member of an enum costs as much as comparing several spans.
_ELIGIBLE: Final = Outcome.ELIGIBLE
_INELIGIBLE: Final = Outcome.INELIGIBLE

Obstacles: TypeAlias = tuple[int, int, int]
"""For one period of a policy the conditions that matter, as a bit each: those that hold on none of
its days, those that begin to hold after its first day, those that cease to before its last."""

OVER: Final = (-1, 0, 0)
"""The days are over."""

_DEEPEST: Final = 2
"""The level of the rows of a block in a period: they are a part of two other steps at most."""

_Start: TypeAlias = "tuple[int, int, int, int, list[list[Span]] | None]"
"""The days that a step leaves: the first and the last sure day, the first and the last possible
one, and the spans of each choice whose days are not one range."""

_Open: TypeAlias = tuple[int, int, int]
"""Open conditions, as bits, and the first and the last of the days that depend on them."""

WindowCases: TypeAlias = "tuple[tuple[Window, ...], ...]"
"""The booking windows of an offer for a person, in each possible case."""


class Evaluation:
    """The days of every entry for one person, with each condition judged alone.

    Its sure days are sure. Its possible days may still be impossible if two conditions read the
    same unknown fact; `vaxpolicy.rules.every_case` settles that.

    Attributes:
        plan: the policy.
        facts: the person.
        from_day: the number of the day from which on days count.
        sure: the sure days of each entry.
        possible: the possible days of each entry.
        offered: the numbers of the entries with possible days, in order.
        verdict: the outcome, if sure and possible days settle it; else None.
        is_open: whether the sure days of some entry are not its possible ones.
    """

    __slots__ = (
        "_bounds",
        "_cell",
        "_obstacles",
        "_open_parts",
        "_parts",
        "_questions",
        "_spans",
        "_turning",
        "_whole",
        "_windows",
        "facts",
        "from_day",
        "is_open",
        "offered",
        "plan",
        "possible",
        "sure",
        "verdict",
    )

    def __init__(  # noqa: C901, PLR0912, PLR0915  # a call each would cost more
        self,
        plan: CompiledPolicy,
        facts: Facts,
        spans: Sequence[Span] | None = None,
        from_day: int = FIRST,
        *,
        whole: bool = True,
    ) -> None:
        """Evaluate a policy.

        Args:
            plan: the policy.
            facts: the person.
            spans: the days of each condition, where they are known.
            from_day: the number of the day from which on days count.
            whole: look at every condition at once; else at those alone that decide, which costs
                less where nobody asks for the others.
        """
        self.plan: CompiledPolicy = plan
        self.facts: Facts = facts
        self.from_day: int = from_day
        self._windows: dict[tuple[WindowUse, ...], WindowCases | None] = {}
        self._turning: dict[int, date | None] = {}
        self._obstacles: tuple[Obstacles, ...] | None = None
        self._bounds: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}
        self._questions: dict[int, frozenset[Question]] = {}
        self._open_parts: dict[int, Sequence[_Open]] = {}
        cell: BirthCell = plan.cell_of(facts) if spans is None else birth_cell(plan, -1)
        self._cell = cell
        self._whole = spans
        values: list[Span | list[Span] | None] = [*cell.parts]
        if spans is not None:
            values[: len(spans)] = spans
        self._parts = values
        known = cast("list[Span | None]", values)  # the first ones, of one condition each
        self._spans = known
        bound, leaves = plan.spans, len(plan.leaves)
        blocked = [bits for bits, _, _ in self.obstacles] if whole else [0] * len(cell.periods)
        rows = len(plan.rows)
        all_sure: list[Found] = [_NO_DAYS] * rows
        all_possible: list[Found] = [_NO_DAYS] * rows
        self.sure: list[Found] = all_sure
        self.possible: list[Found] = all_possible
        offered: list[int] = []
        any_sure = is_open = False
        since = from_day
        if plan.admits_the_unborn and facts.birth > since:  # nobody is vaccinated before birth
            since = facts.birth
        for period, begin, closing, steps in plan.blocks:
            if since > begin:
                begin = since  # noqa: PLW2901  # a copy would cost more
            if begin > closing:
                continue
            refused = blocked[period]
            start: _Start = (begin, closing, begin, closing, None)
            starts = [start, start, start]
            failed = _DEEPEST
            for level, number, parts, bits, days_stated in steps:
                if level > failed:
                    continue
                failed = level
                if bits & refused:
                    continue
                sure_first, sure_last, first, last, choices = starts[level]
                for part in parts:
                    if part < leaves:
                        span = known[part]
                        if span is None:
                            span = known[part] = bound[part](facts)
                    else:
                        value = values[part]
                        if value is None:
                            value = values[part] = self._choice(part)
                        if isinstance(value, list):
                            choices = [*(choices or ()), value]
                            continue
                        span = value
                    if span is EVERY_DAY:
                        continue
                    a, b, c, d = span
                    if a > sure_first:  # comparisons: this loop is what a decision costs
                        sure_first = a
                    if b < sure_last:
                        sure_last = b
                    if c > first:
                        first = c
                        if first > last:
                            break
                    if d < last:
                        last = d
                        if first > last:
                            break
                if first > last:
                    continue
                failed = _DEEPEST
                if number < 0:
                    starts[level + 1] = sure_first, sure_last, first, last, choices
                    continue
                if choices is None:
                    possible: Found = ((first, last),)
                    if sure_first == first and sure_last == last and days_stated:
                        sure = possible
                        any_sure = True
                    else:
                        is_open = True
                        if sure_first > sure_last or not days_stated:
                            sure = _NO_DAYS
                        else:
                            sure = ((sure_first, sure_last),)
                            any_sure = True
                else:
                    within = sure_first, sure_last, first, last
                    sure, possible = _of_choices(within, choices, days_stated=days_stated)
                    if not possible:
                        continue
                    if sure:
                        any_sure = True
                    if sure is not possible:
                        is_open = True
                offered.append(number)
                all_sure[number] = sure
                all_possible[number] = possible
        if whole and since != from_day and not offered and self._has_days_before_birth():
            self.from_day, self._obstacles = since, None
        offered.sort()
        self.offered: list[int] = offered
        self.is_open: bool = is_open
        self.verdict: Outcome | None = _ELIGIBLE if any_sure else None if offered else _INELIGIBLE

    def _has_days_before_birth(self) -> bool:
        """Whether the conditions alone give a day: then only the birth is in the way."""
        spans = self.spans
        return any(
            max([entry.first, self.from_day, *(spans[leaf].possible_first for leaf in way)])
            <= min([entry.last, *(spans[leaf].possible_last for leaf in way)])
            for entry in self.plan.entries
            for way in entry.alternatives
        )

    def _choice(self, number: int) -> Span | list[Span]:
        """The days of a choice: one span if that says it all, else one for each option."""
        known, bound, facts = self._spans, self.plan.spans, self.facts
        found: list[Span] = []
        for option in self.plan.parts[number]:
            its = EVERY_DAY
            for leaf in option:
                span = known[leaf]
                if span is None:
                    span = known[leaf] = bound[leaf](facts)
                its = span if its is EVERY_DAY else _both(its, span)
                if its[2] > its[3]:  # the possible days
                    break
            else:
                if its is EVERY_DAY:
                    return EVERY_DAY
                found.append(its)
        if len(found) > 1:
            return as_one(found) or found
        return found[0] if found else NO_DAY

    @property
    def spans(self) -> Sequence[Span]:
        """The days of each condition."""
        if self._whole is not None:
            return self._whole
        spans, bound, facts = self._spans, self.plan.spans, self.facts
        for leaf in self._cell.others:
            if spans[leaf] is None:
                spans[leaf] = bound[leaf](facts)
        self._whole = cast("Sequence[Span]", spans[: len(bound)])  # none of them is None now
        return self._whole

    def bounds_within(self, first: int, last: int) -> Mapping[int, tuple[int, int]]:
        """The first and the last sure day of each condition that does not have all of these."""
        kept = self._bounds.get((first, last))
        if kept is None:
            kept = self._bounds[first, last] = {
                leaf: (begin, end)
                for leaf, (begin, end, _, _) in enumerate(self.spans)
                if begin > first or end < last
            }
        return kept

    @property
    def obstacles(self) -> tuple[Obstacles, ...]:  # noqa: C901  # a call each would cost more
        """For each period of the policy the conditions that matter."""
        if self._obstacles is not None:
            return self._obstacles
        spans, from_day = self.spans, self.from_day
        found: list[Obstacles] = []
        for start, end, blocked, rest in self._cell.periods:
            if start < from_day:
                start = from_day  # noqa: PLW2901  # a copy would cost more
            if start > end:
                found.append(OVER)
                continue
            begins = ends = 0
            for leaf, bit in rest:
                span = spans[leaf]
                if span is EVERY_DAY:
                    continue
                if span is NO_DAY:
                    blocked |= bit  # noqa: PLW2901  # as above
                    continue
                _, _, first, last = span
                if first > end or last < start:
                    blocked |= bit  # noqa: PLW2901  # as above
                else:
                    if first > start:
                        begins |= bit
                    if last < end:
                        ends |= bit
            found.append((blocked, begins, ends))
        self._obstacles = tuple(found)
        return self._obstacles

    def turning_day(self, leaf: int) -> date | None:
        """The day on which a condition's answer for this person changes by itself."""
        turning = self._turning
        if leaf in turning:
            return turning[leaf]
        day = turning[leaf] = self.plan.leaves[leaf].turning_day(self.facts)
        return day

    @property
    def is_separable(self) -> bool:
        """Whether the open conditions of each alternative ask for unrelated things.

        The possible days of each entry are then exact: the answers may be combined at will.
        """
        facts, leaves = self.facts, self.plan.leaves
        if facts.doses is None or facts.birth != facts.birth_to:
            return False
        open_ = {
            leaf: set(leaves[leaf].open_questions(facts))
            for leaf, span in enumerate(self.spans)
            if span.is_open
        }
        pairs = {
            pair
            for number, entry in enumerate(self.plan.entries)
            for alternative in (entry.alternatives if self.possible[number] else ())
            for pair in combinations([leaf for leaf in alternative if leaf in open_], 2)
        }
        return not any(_are_related(open_[one], open_[other]) for one, other in pairs)

    @property
    def asks_the_sources_alone(self) -> bool:
        """Whether nothing is open but what no source states, and a yes to it can only add days.

        The days of each entry are then exact, and so are those of several together: if all of it
        is a no, the sure days are left; if all of it is a yes, the possible days are there.
        """
        doses_known = self.facts.doses is not None
        stated = _stated(self.plan, tuple(self.offered), doses_known=doses_known)
        if stated is None:
            return False
        known = self._spans
        for leaf in stated:
            a, b, c, d = known[leaf] or self._span(leaf)
            if a != c or b != d:
                break
        else:
            return True
        plan, values = self.plan, self._parts
        rows = [plan.rows[number] for number in self.offered]
        for part in set[int]().union(*[row.parts for row in rows]):
            value = values[part]
            if value is EVERY_DAY or value is None:
                continue
            if isinstance(value, Span) and not value.is_open:
                continue
            for option in plan.parts[part]:
                if self._is_asked(option):
                    return False
        return True

    def _is_asked(self, option: Sequence[int]) -> bool:
        """Whether a source states an open condition of an option that is possible."""
        stated, is_asked = self.plan.stated, False
        for leaf in option:
            span = self._spans[leaf] or self._span(leaf)
            if span is EVERY_DAY:
                continue
            if span is NO_DAY:
                return False
            a, b, c, d = span
            if (a != c or b != d) and leaf in stated:
                is_asked = True
        return is_asked

    def _span(self, leaf: int) -> Span:
        span = self._spans[leaf]
        if span is None:
            span = self._spans[leaf] = self.plan.spans[leaf](self.facts)
        return span

    def windows_of(self, entry: CompiledOffer) -> WindowCases | None:
        """The booking windows of an entry for this person; None where something open decides."""
        if entry.always is not None:
            return entry.always
        windows = self._windows
        if entry.windows not in windows:
            windows[entry.windows] = self._admitting(entry)
        return windows[entry.windows]

    def _admitting(self, entry: CompiledOffer) -> WindowCases | None:
        first, last = entry.first, entry.last
        admitted = []
        for use in entry.windows:
            is_sure = is_possible = True
            for leaf in use.leaves:
                a, b, c, d = self.spans[leaf]
                if c > first or d < last:
                    is_possible = False
                    break
                if a > first or b < last:
                    is_sure = False
            if is_possible:
                if not is_sure:
                    return None
                admitted.append(use.window)
        return (tuple(admitted),)

    def questions_of(self, numbers: Iterable[int]) -> frozenset[Question]:
        """The unknown facts that decide whether these offers together have a day."""
        open_ = 0
        for bits in self._open_leaves(numbers):
            open_ |= bits
        asked = self._questions.get(open_)
        if asked is None:  # many offers leave the same open
            leaves = self.plan.leaves
            asked = self._questions[open_] = frozenset(
                [
                    question
                    for leaf in range(open_.bit_length())
                    if open_ >> leaf & 1
                    for question in leaves[leaf].open_questions(self.facts)
                ]
            )
        return asked

    def _open_leaves(self, numbers: Iterable[int]) -> set[int]:  # noqa: C901  # as above
        """The open conditions, as bits, of each alternative that adds days to what others give."""
        found: dict[_Open, None] = {}
        leaves, known = len(self.plan.leaves), self._spans
        for number in numbers:
            row = self.plan.rows[number]
            bits = 0 if row.days_stated else 1 << leaves
            first, last = row.first, row.last
            if first < self.from_day:
                first = self.from_day
            several: list[Sequence[_Open]] = []
            for part in row.parts:
                if part >= leaves:
                    if self._parts[part] is EVERY_DAY:
                        continue
                    options = self._open_parts.get(part)
                    if options is None:
                        options = self._open_parts[part] = self._open_choice(part)
                    if len(options) != 1:
                        several.append(options)
                        continue
                    more, start, end = options[0]
                    bits |= more
                else:
                    a, b, start, end = known[part] or self._span(part)
                    if a != start or b != end:
                        bits |= 1 << part
                if start > first:
                    first = start
                if end < last:
                    last = end
            ways = [(bits, first, last)]
            for options in several:
                ways = [
                    (bits | more, max(first, start), min(last, end))
                    for bits, first, last in ways
                    for more, start, end in options
                ]
            found.update(dict.fromkeys([way for way in ways if way[1] <= way[2]]))
        within = (1 << leaves) - 1
        return {bits & within for bits, _, _ in _undominated([*found])}

    def _open_choice(self, number: int) -> Sequence[_Open]:
        """The options of a choice that have possible days, each with its open conditions."""
        found = []
        for option in self.plan.parts[number]:
            bits, first, last = 0, FIRST, LAST
            for leaf in option:
                a, b, c, d = self._span(leaf)
                first, last = max(first, c), min(last, d)
                if a != c or b != d:
                    bits |= 1 << leaf
            if first <= last:
                found.append((bits, first, last))
        return _undominated(found)


@lru_cache(maxsize=4096)
def _stated(
    plan: CompiledPolicy, numbers: tuple[int, ...], *, doses_known: bool
) -> tuple[int, ...] | None:
    """The conditions of these offers that may be open though a source states them.

    None: of some of them no source states the days. A condition that reads nothing but the doses is
    not open if they are known.
    """
    entries = [plan.entries[number] for number in numbers]
    if not all(entry.days_stated for entry in entries):
        return None
    asked = {leaf for entry in entries for way in entry.alternatives for leaf in way}
    closed = {leaf for leaf in asked if plan.leaves[leaf].condition.reads == {"doses"}}
    return tuple(sorted((asked & plan.stated) - (closed if doses_known else set())))


def _undominated(ways: Sequence[_Open]) -> Sequence[_Open]:
    """Those beside which there is not another that has all of their days with fewer conditions."""
    sizes = {way[0].bit_count() for way in ways}
    if len(sizes) == 1:
        return ways
    kept: list[_Open] = []
    for size in sorted(sizes):
        smaller = [*kept]
        for way in [way for way in ways if way[0].bit_count() == size]:
            bits, first, last = way
            for fewer, start, end in smaller:
                if fewer & bits == fewer and start <= first and last <= end:
                    break
            else:
                kept.append(way)
    return kept


def as_one(spans: Sequence[Span]) -> Span | None:
    """The span that has the days of any of these; None if there is none.

    If two of them are open, different facts may open them: then they are kept apart.
    """
    one = spans[0]
    for other in spans[1:]:
        a, b, c, d = one
        e, f, g, h = other
        if (a != c or b != d) and (e != g or f != h):
            return None
        sure, possible = _joined(a, b, e, f), _joined(c, d, g, h)
        if sure is None or possible is None:
            return None
        one = new_span(sure + possible)
    return one


def _both(one: Span, other: Span) -> Span:
    """The days of both spans."""
    a, b, c, d = one
    e, f, g, h = other
    return new_span((max(a, e), min(b, f), max(c, g), min(d, h)))


def _joined(start: int, end: int, first: int, last: int) -> tuple[int, int] | None:
    """The range of the days of two ranges; None if there is a gap between them."""
    if start > end:
        return first, last
    if first > last:
        return start, end
    if start > last + 1 or first > end + 1:
        return None
    return min(start, first), max(end, last)


def _of_choices(
    within: tuple[int, int, int, int], choices: Sequence[Sequence[Span]], *, days_stated: bool
) -> tuple[Found, Found]:
    """The sure and the possible days of an offer within those of its other parts.

    They are one object if all possible days are sure.
    """
    sure: list[tuple[int, int]] = []
    possible: list[tuple[int, int]] = []
    row_open = False
    for options in product(*choices):
        sure_first, sure_last, first, last = within
        for a, b, c, d in options:
            if a > sure_first:  # comparisons: calls of a function would cost more
                sure_first = a
            if b < sure_last:
                sure_last = b
            if c > first:
                first = c
            if d < last:
                last = d
        if first > last:
            continue
        possible.append((first, last))
        if sure_first <= sure_last and days_stated:
            sure.append((sure_first, sure_last))
            row_open = row_open or sure_first != first or sure_last != last
        else:
            row_open = True
    every_sure, every_possible = tuple(sure), tuple(possible)
    if not row_open or _covers(every_sure, every_possible):
        return every_sure, every_sure
    return every_sure, every_possible


def _covers(sure: Found, possible: Found) -> bool:
    """Whether each range of possible days lies within one of sure days."""
    for first, last in possible:
        for start, end in sure:
            if start <= first and last <= end:
                break
        else:
            return False
    return True


def _are_related(one: Collection[Question], other: Collection[Question]) -> bool:
    """Whether an answer to a question of one condition may answer one of another condition."""
    return any(
        mine == its
        or (
            mine.fact == its.fact == "groups"
            and (implies(mine.item, its.item) or implies(its.item, mine.item))
        )
        for mine in one
        for its in other
    )
