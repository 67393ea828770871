"""Describes the problems of forms and numbers, and the ways to get a UI number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vaxpolicy._values import front_door
from vaxpolicy.identity import BOXES, FieldWarning
from vaxpolicy.messages.language import Words, words
from vaxpolicy.messages.texts import FORM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaxpolicy.identity import FieldError
    from vaxpolicy.numbers.id_numbers import ResidencyStatus
    from vaxpolicy.numbers.reading import Number, NumberError, Suggestion
    from vaxpolicy.numbers.ui_number_advice import Advice


@front_door
def describe_problem(problem: FieldError | FieldWarning, lang: str = "en") -> str:
    """Describe an error or a warning of a form: the box, the problem and what to do."""
    say = words(lang)
    if problem.code not in FORM:
        text = _number_problem(problem.code, BOXES[problem.field], say)
    elif isinstance(problem, FieldWarning) or not problem.belongs_in:
        text = say(f"form/{problem.code}", boxes="")
    else:
        boxes = say.listed([say(f"field/{box}") for box in problem.belongs_in], style="or")
        text = say(f"form/{problem.code}", boxes=boxes)
    suggestions = () if isinstance(problem, FieldWarning) else problem.suggestions
    text = say.sentences(text, *_suggested(suggestions, say))
    return say("number-frame/problem", field=say(f"field/{problem.field}"), problem=text)


@front_door
def describe_number_error(error: NumberError, kind: type[Number], lang: str = "en") -> str:
    """Describe why a text is not such a number, and what to do; never what was typed."""
    say = words(lang)
    place = "" if error.position is None else say("number-frame/position", place=error.position + 1)
    text = _number_problem(error.code, kind, say)
    return say.sentences(text, place, *_suggested(error.suggestions, say))


def _number_problem(code: str, kind: type[Number], say: Words) -> str:
    text = say(f"number/{code}", name=say(f"kind/{kind.kind}"))
    if code != "invalid-length":
        return text
    fewest, most = kind.lengths
    if fewest == most:
        return say.sentences(text, say("number-frame/length", n=most))
    return say.sentences(text, say("number-frame/length-range", fewest=fewest, most=most))


_FEW: Final = 2
"""More suggestions than this are not shown."""


def _suggested(suggestions: Iterable[Suggestion], say: Words) -> list[str]:
    found = dict.fromkeys(
        say("number-frame/suggestion", masked=it.masked, slip=say(f"slip/{it.change.value}"))
        for it in suggestions
    )
    return list(found) if len(found) <= _FEW else []


@front_door
def describe_number(number: Number | type[Number], lang: str = "en") -> str:
    """The kind of a number, without any character of it."""
    return words(lang)(f"kind/{number.kind}")


@front_door
def describe_residency(status: ResidencyStatus, lang: str = "en") -> str:
    """The legal status of a UI-number holder in Taiwan."""
    return words(lang)(f"residency/{status.value}")


@front_door
def describe_advice(advice: Advice, lang: str = "en") -> str:
    """Describe a way to get a UI number."""
    return words(lang)(f"ui-number/{advice.how.value}", address=advice.address)
