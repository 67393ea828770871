"""Policy files: TOML in, policies out, every problem at once."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, cast, get_args

import attrs
from attrs import frozen
from cattrs.errors import ClassValidationError, IterableValidationError
from cattrs.v import transform_error

from vaxpolicy._strict import T, _exactly, _ExpectedError, _explain, _is, _kind, _strict
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
from vaxpolicy.rules.policy import (
    Source,
    Vaccine,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cattrs import Converter


class PolicyFileError(PolicyError):
    """A policy file that cannot be taken; `problems` lists every one with its place."""

    def __init__(self, file: str, problems: list[str]) -> None:
        super().__init__(f"{file}: " + "; ".join(problems))
        self.file, self.problems = file, tuple(problems)


@frozen
class _VaccinesFile:
    sources: dict[str, Source]
    vaccines: tuple[Vaccine, ...]


# -- strict reading --------------------------------------------------------------------------------

_LEAF_BY_KEY: Final[Mapping[str, type[Condition]]] = {
    attrs.fields(leaf)[0].name: leaf for leaf in LEAVES
}


def _instant(value: Any, _: Any = None) -> datetime:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise _ExpectedError(f"expected an instant with its UTC offset, found {_kind(value)}")
    return value


def _moment(value: Any, _: Any) -> WrittenMoment:
    if value == "not-stated" or type(value) is date:
        return cast("WrittenMoment", value)
    if isinstance(value, str):
        raise _ExpectedError('expected an instant, a date or "not-stated", found text')
    return _instant(value)


def _reckoning(value: Any, _: Any) -> Reckoning:
    names = [name for part in get_args(Reckoning) for name in get_args(part)]
    if type(value) is date or value in names:
        return cast("Reckoning", value)
    raise _ExpectedError(f"expected a date or one of {', '.join(names)}")


def _time_or_day(value: Any, _: Any) -> date | None:
    return value if type(value) is date or value is None else _instant(value)


def _condition(value: Any, _: Any) -> AnyCondition:
    if not isinstance(value, dict):
        raise _ExpectedError(f"expected a condition (a table), found {_kind(value)}")
    for key, kind in (("all", AllOf), ("any", AnyOf), ("not", NotThat)):
        if key in value:
            fields = {"not_" if name == "not" else name: part for name, part in value.items()}
            return cast("AnyCondition", _CONVERTER.structure(fields, kind))
    for key, leaf in _LEAF_BY_KEY.items():
        if key in value:
            return cast("AnyCondition", _CONVERTER.structure(value, leaf))
    known = ", ".join(sorted([*_LEAF_BY_KEY, "all", "any", "not"]))
    raise _ExpectedError(f"expected a condition by one of the keys {known}")


def _converter() -> Converter:
    converter = _strict()
    converter.register_structure_hook(bool, _exactly(bool, "true or false"))
    converter.register_structure_hook(date, _exactly(date, "a date"))
    converter.register_structure_hook(datetime, _instant)
    for union, hook in (
        (WrittenMoment, _moment),
        (Reckoning, _reckoning),
        (datetime | date | None, _time_or_day),
        (AnyCondition, _condition),
    ):
        converter.register_structure_hook_func(_is(union), hook)
    return converter


_CONVERTER: Final = _converter()


def _structure(document: object, kind: type[T], file: str) -> T:
    try:
        return _CONVERTER.structure(document, kind)
    except (ClassValidationError, IterableValidationError) as error:
        problems = transform_error(error, path="$", format_exception=_explain)
    raise PolicyFileError(file, [" at ".join(problem.rsplit(" @ ", 1)) for problem in problems])


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"not TOML: {error}"
    raise PolicyFileError(file, [problem])
