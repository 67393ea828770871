"""Rules in normal form: any-of(all-of(...)), with "not" pushed to the leaves."""

from __future__ import annotations

from itertools import product

from vaxpolicy.rules.conditions.base import AllOf, AnyCondition, AnyOf, Context, NotThat, Term
from vaxpolicy.rules.conditions.groups import InGroup
from vaxpolicy.rules.conditions.products import ApartFrom


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
                return tuple(one for part in each for one in part)
            return tuple(
                tuple(dict.fromkeys(literal for part in choice for literal in part))
                for choice in product(*each)
            )
        case ApartFrom() if not negated:
            return alternatives(condition.spelled_out(), context)
        case InGroup():
            spelled_out = condition.spelled_out(context)
            if spelled_out is not condition:
                return alternatives(spelled_out, context, negated=negated)
    return ((Term(condition, negated),),)
