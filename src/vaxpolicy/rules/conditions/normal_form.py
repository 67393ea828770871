"""Rules in normal form: any-of(all-of(...)), with "not" pushed to the leaves."""

from __future__ import annotations

from itertools import chain, product
from math import prod
from typing import TYPE_CHECKING, Final

from vaxpolicy.rules.conditions.base import (
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    Context,
    NotThat,
    PolicyError,
    Term,
)
from vaxpolicy.rules.conditions.dated import DaysSinceFact, OfDatedFact
from vaxpolicy.rules.conditions.groups import InGroup
from vaxpolicy.rules.conditions.products import ApartFrom

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


MOST_WAYS: Final = 1_000
"""In how many ways the conditions of a rule can be met at most."""


def _bounded(number: int, ways: Iterable[tuple[Term, ...]]) -> tuple[tuple[Term, ...], ...]:
    """The ways, without those that contradict themselves if there are others.

    Raises PolicyError if there are too many.
    """
    if number > MOST_WAYS:
        raise PolicyError(
            f"the conditions can be met in {number} ways, and {MOST_WAYS} are the most: write"
            " several rules instead"
        )
    every = tuple(ways)
    return tuple(way for way in every if not _contradicts_itself(way)) or every


def _together(choice: tuple[tuple[Term, ...], ...]) -> tuple[Term, ...]:
    """One way for each condition, as one way for all of them; each term once."""
    terms = dict.fromkeys(term for way in choice for term in way)
    for condition, negated in [(it.condition, it.negated) for it in terms]:
        if isinstance(condition, OfDatedFact) and not negated:
            from_its_day = _from_its_day(condition.dated_fact)
            if condition != from_its_day:  # it says more
                terms.pop(Term(from_its_day), None)
    return tuple(terms)


def _from_its_day(fact: str) -> DaysSinceFact:
    """From the day of the dated fact on, or on every day if it never happened.

    Only the last event of a kind is known. Whether there was another one before a day that is
    earlier than this event is not known, so on these days the opposite of a condition on the fact
    does not hold either.
    """
    return DaysSinceFact(fact, at_least=0, or_never=True)


def _contradicts_itself(way: tuple[Term, ...]) -> bool:
    """Whether a condition and its opposite are asked."""
    return any(not term.negated and Term(term.condition, negated=True) in way for term in way)


def written(conditions: Iterable[AnyCondition]) -> Iterator[Condition]:
    """The conditions inside "all", "any" and "not", each as often as it is written."""
    for condition in conditions:
        match condition:
            case AllOf(parts) | AnyOf(parts):
                yield from written(parts)
            case NotThat(inner):
                yield from written((inner,))
            case _:
                yield condition


def alternatives(
    condition: AnyCondition, context: Context, *, negated: bool = False
) -> tuple[tuple[Term, ...], ...]:
    """The condition as any-of(all-of(...)), with "not" pushed to the leaves."""
    match condition:
        case NotThat(inner):
            return alternatives(inner, context, negated=not negated)
        case AllOf(parts) | AnyOf(parts):
            each = [alternatives(part, context, negated=negated) for part in parts]
            if isinstance(condition, AnyOf) is not negated:
                return _bounded(sum(map(len, each)), chain.from_iterable(each))
            return _bounded(prod(map(len, each)), map(_together, product(*each)))
        case ApartFrom() if not negated:
            return alternatives(condition.spelled_out(), context)
        case InGroup() | DaysSinceFact():
            spelled_out = condition.spelled_out(context)
            if spelled_out is not condition:
                return alternatives(spelled_out, context, negated=negated)
    way = [Term(condition, negated)]
    if negated and isinstance(condition, OfDatedFact):
        way.append(Term(_from_its_day(condition.dated_fact)))
    return (tuple(way),)
