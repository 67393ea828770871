"""Strict reading of TOML and JSON: nothing is taken for what it is not."""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class _ExpectedError(ValueError):
    """A value of the wrong kind; the text says which was expected."""


def _exactly(kind: type[T], name: str) -> Callable[[Any, Any], T]:
    def take(value: Any, _: Any) -> T:
        if type(value) is not kind:
            raise _ExpectedError(f"expected {name}, found {_kind(value)}")
        return value

    return take


def _kind(value: object) -> str:
    names = {dict: "a table", list: "an array", str: "text", bool: "true or false"}
    return names.get(type(value), f"{type(value).__name__} {value}")


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _one_of(value: Any, kind: Any) -> Any:
    names = get_args(kind)
    if any(value is name or (isinstance(name, str) and value == name) for name in names):
        return value
    raise _ExpectedError(f"expected {' or '.join(str(name).lower() for name in names)}")


def _table(kind: type[T], converter: Converter) -> Callable[[Any, Any], T]:
    """Structure a class from a table, and say so where there is none."""
    structure = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True)

    def take(value: Any, _: Any) -> T:
        if not isinstance(value, dict):
            raise _ExpectedError(f"expected a table, found {_kind(value)}")
        return structure(value, kind)

    return take


def _strict() -> Converter:
    """A converter that takes nothing for what it is not, and knows every key."""
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(int, _exactly(int, "a whole number"))
    converter.register_structure_hook(str, _exactly(str, "text"))
    converter.register_structure_hook_func(_is_literal, _one_of)
    converter.register_structure_hook_factory(attrs.has, _table)
    converter.register_structure_hook_factory(_is_array, _array)
    return converter


def _is_array(kind: Any) -> bool:
    return get_origin(kind) in {tuple, frozenset}


def _array(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Structure a tuple or a set from an array alone: text is no array of its characters."""
    collection: Any = get_origin(kind)
    each: Any = GenericAlias(list, get_args(kind)[:1])

    def take(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise _ExpectedError(f"expected an array, found {_kind(value)}")
        return collection(converter.structure(value, each))

    return take


def _is(union: object) -> Callable[[object], bool]:
    return lambda kind: kind == union


def _explain(error: BaseException, _: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        known = ", ".join(attribute.alias for attribute in attrs.fields(error.cl))
        return f"unknown key {', '.join(sorted(error.extra_fields))}: expected one of {known}"
    if isinstance(error, KeyError):
        return f"the key {error.args[0]} is missing"
    return str(error)


def _iso(value: object, parse: Callable[[str], T]) -> T:
    if isinstance(value, str):
        try:
            return parse(value)
        except ValueError:
            pass
    raise _ExpectedError("expected a date or an instant as ISO 8601 text")
