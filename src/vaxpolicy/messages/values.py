"""Values that were refused, in words: the field or the path, and why; never the value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxpolicy._values import front_door
from vaxpolicy.messages.language import words

if TYPE_CHECKING:
    from vaxpolicy._strict import Problem
    from vaxpolicy._values import InvalidValue


@front_door
def describe_value_problem(problem: InvalidValue | Problem, lang: str = "en") -> str:
    """Why a constructor or a reader refused a value, with the field or the path before it."""
    say = words(lang)
    field = getattr(problem, "field", None) or getattr(problem, "path", "")
    return say("number-frame/problem", field=field, problem=say(f"value/{problem.code}"))
