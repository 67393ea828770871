"""Reads policy files: TOML becomes policies, or every problem at once."""

from __future__ import annotations

import re
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

import attrs
from attrs import field, frozen

from vaxpolicy import _strict
from vaxpolicy._near import Hints, did_you_mean, near
from vaxpolicy._strict import (
    MOST_PROBLEMS,
    ExpectedError,
    InvalidDocument,
    exactly,
    is_type,
    kind_of,
)
from vaxpolicy._values import shown, unchanging
from vaxpolicy.days import is_instant
from vaxpolicy.rules.conditions import (
    LEAVES,
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    NotThat,
    PolicyError,
    Reckoning,
)
from vaxpolicy.rules.moments import WrittenMoment
from vaxpolicy.rules.policy import FactKind, Source, Vaccine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cattrs import Converter

    from vaxpolicy._strict import Problem

T = TypeVar("T")


class PolicyFileError(PolicyError):
    """A policy file was refused; `problems` lists every problem with its place, up to 1,000."""

    def __init__(self, file: str, problems: Iterable[str]) -> None:
        self.file: str = shown(file)
        self.problems: tuple[str, ...] = tuple(islice(problems, MOST_PROBLEMS))
        super().__init__(self.file, self.problems)

    def __str__(self) -> str:
        """The file and every problem."""
        return f"{self.file}: " + "; ".join(self.problems)


@frozen
class VaccinesFile:
    """The file of all vaccines."""

    sources: dict[str, Source] = field(converter=unchanging)
    vaccines: tuple[Vaccine, ...]


@frozen
class FactsFile:
    """The file of all dated facts."""

    facts: tuple[FactKind, ...]


_LEAF_BY_KEY: Final[Mapping[str, type[Condition]]] = {
    attrs.fields(leaf)[0].name: leaf for leaf in LEAVES
}
_KEYS: Final = tuple(sorted([*_LEAF_BY_KEY, "all", "any", "not"]))
_FIELDS: Final = frozenset(it.name for leaf in LEAVES for it in attrs.fields(leaf))


def add_policy_hooks(  # noqa: C901  # one short hook for each part
    converter: Converter, read_day: Callable[[Any], date], read_instant: Callable[[Any], datetime]
) -> None:
    """Teach a converter the parts of a policy: moments, reckonings and conditions."""

    def either(value: Any) -> date:
        try:
            return read_day(value)
        except ExpectedError:
            return read_instant(value)

    def moment(value: Any, _: Any) -> WrittenMoment:
        if value == "not-stated":
            return "not-stated"
        try:
            return either(value)
        except ExpectedError:
            if isinstance(value, str):
                raise ExpectedError('an instant, a date or "not-stated", found text') from None
            raise

    def reckoning(value: Any, _: Any) -> Reckoning:
        names = [name for part in get_args(Reckoning) for name in get_args(part)]
        if value in names:
            known: Reckoning = value
            return known
        try:
            return read_day(value)
        except ExpectedError:
            raise ExpectedError(f"a date or one of {', '.join(names)}", "unknown-value") from None

    def condition(value: Any, _: Any) -> AnyCondition:
        if not isinstance(value, dict):
            raise ExpectedError(f"a condition (a table), found {kind_of(value)}")
        for key, kind in (("all", AllOf), ("any", AnyOf), ("not", NotThat)):
            if key in value:
                fields = {"not_" if name == "not" else name: part for name, part in value.items()}
                if kind is not NotThat and fields[key] == []:
                    raise ExpectedError(f"at least one condition under {key}", "empty")
                combined: type[AllOf | AnyOf | NotThat] = kind
                return converter.structure(fields, combined)
        for key, leaf in _LEAF_BY_KEY.items():
            if key in value:
                single: AnyCondition = converter.structure(value, leaf)
                return single
        raise ExpectedError(_one_of_the_keys(value), "unknown-condition")

    for union, hook in (
        (WrittenMoment, moment),
        (Reckoning, reckoning),
        (datetime | date | None, lambda value, _: None if value is None else either(value)),
        (AnyCondition, condition),
        (Condition, condition),
    ):
        converter.register_structure_hook_func(is_type(union), hook)


def _one_of_the_keys(table: Mapping[str, Any]) -> str:
    wrong = [str(key) for key in table if key not in _FIELDS]
    meant = [key for it in wrong[:_MOST_WRONG] for key in near(it, {key: key for key in _KEYS})]
    if meant:
        return f"a condition by one of its keys{did_you_mean(dict.fromkeys(meant))}"
    return f"a condition by one of the keys {', '.join(_KEYS)}"


_MOST_WRONG: Final = 5
"""The most keys of a condition that are compared to the keys that it may have."""


def _instant(value: Any, _: Any = None) -> datetime:
    if not is_instant(value):
        found = "one without it" if isinstance(value, datetime) else kind_of(value)
        example = "2027-01-20T10:00:00+08:00"
        raise ExpectedError(
            f"an instant with its UTC offset such as {example}, found {found}", "no-offset"
        )
    return value


def _converter() -> Converter:
    converter = _strict.converter()
    day = exactly(date, "a date")
    converter.register_structure_hook(date, day)
    converter.register_structure_hook(datetime, _instant)
    add_policy_hooks(converter, lambda value: day(value, None), _instant)
    return converter


CONVERTER: Final = _converter()
"""Makes the values of a document of TOML."""


def structure(document: object, kind: type[T], file: str) -> T:
    """Make the value of a parsed document. Raises PolicyFileError with every problem."""
    try:
        found: T = _strict.structure(CONVERTER, document, kind)
    except InvalidDocument as error:
        hints = Hints()
        problems = [_with_hint(it, hints) for it in error.problems]
    else:
        return found
    raise PolicyFileError(file, problems)


def _with_hint(problem: Problem, hints: Hints) -> str:
    """The problem in words, with what to do about it where that is not plain."""
    reason, place = problem.reason, problem.place
    if problem.code == "unknown-key":
        reason += _meant_by(problem, hints)
    elif problem.expected in _BARE:
        reason += ": write it without quotes,"
    return f"{reason} at {place}{' (the top of the file)' if place == '$' else ''}"


_BARE: Final = tuple(
    f"{kind}, found text" for kind in ("a date", "a time of day", "a whole number", "true or false")
)
"""The types that TOML writes without quotes, as an error names them where it found text."""


def _meant_by(problem: Problem, hints: Hints) -> str:
    """The key that an unknown one may have been meant for, as the end of a message."""
    key = problem.path.rpartition(".")[2]
    known = problem.expected.removeprefix("one of ").split(", ")
    if key in _KEYS and not set(_KEYS).isdisjoint(known):
        return "; put each condition in its own braces,"
    return hints.hint(key, known)


_HINTS: Final = {
    "Invalid value": "write text in quotes, and dates, numbers, true and false without",
    "Cannot overwrite a value": "the key is there twice",
    "Unclosed inline table": "close it with a brace on the same line",
    "Unclosed array": "close it with a bracket",
}
"""The remedy for an error of the TOML parser."""


_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_QUOTED: Final = re.compile(r"""\"(?:\\.|[^"\\])*+\"|'[^']*+'|#.*|(?P<unclosed>["'].*)""")
_INSTEAD: Final = {
    **dict.fromkeys("“”„「」『』", '"'),
    **dict.fromkeys("‘’", "'"),
    **dict(zip("，、：＝［］｛｝．－／＃\u3000", ",,:=[]{}.-/# ", strict=True)),
}
"""The signs of Chinese texts and of word processors, and those that TOML has in their place."""
_SLASHED: Final = re.compile(r"=\s*\d{1,4}[/.]\d{1,2}[/.]\d{1,4}\b")
_SHORT_YEAR: Final = re.compile(r"=\s*(\d{2,3})-\d{2}-\d{2}\b")


def parse(text: str | bytes, file: str) -> dict[str, Any]:
    """Parse a TOML text. Raises PolicyFileError if it is not TOML."""
    try:
        return _strict.read_toml(text)
    except InvalidDocument as error:
        said = [str(it).removesuffix(" at $") for it in error.problems]
    written = text if isinstance(text, str) else text.decode("utf-8-sig", "replace")
    raise PolicyFileError(file, [_of_toml(it, written.split("\n")) for it in said])


def _of_toml(problem: str, lines: Sequence[str]) -> str:
    hint = next((hint for said, hint in _HINTS.items() if f": {said}" in problem), None)
    place = _AT_LINE.search(problem)
    if place is not None:
        hint = _meant_in(lines[int(place[1]) - 1]) or hint
    return problem if hint is None else f"{problem}: {hint}"


def _meant_in(line: str) -> str | None:
    """The text to write instead in a line that is not TOML, if that is clear."""
    bare = _QUOTED.sub(r"\g<unclosed>", line)
    wrong = next((sign for sign in bare if sign in _INSTEAD), None)
    if wrong is not None:
        instead = _INSTEAD[wrong]
        return f"write {'a blank' if instead == ' ' else instead} instead of {wrong}"
    if _SLASHED.search(bare):
        return "write a day with hyphens, such as 2027-01-04"
    if (found := _SHORT_YEAR.search(bare)) is not None:
        year = int(found[1]) + 1911
        return f"write a year with four digits; year {found[1]} of the Republic of China is {year}"
    return None
