"""The JSON Schema of policy files, made from the classes into which they are read.

It is for editors and for files that are written by programs, as JSON with dates and instants as
ISO 8601 text. What the loader refuses for its structure it refuses too; whether a file makes sense
(a last day before the first, a source that is not there) only the loader says. Two things JSON
cannot tell apart and TOML can: a date from text that looks like one, and 1.0 from 1.

The package carries it as ``policies/policy.schema.json``; ``vaxpolicy policy schema`` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs

from vaxpolicy.catalog import PolicyFile
from vaxpolicy.conditions import (
    LEAVES,
    AgeAtLeastMonths,
    AllOf,
    AnyCondition,
    AnyOf,
    DoseDue,
    NotThat,
)
from vaxpolicy.policy import Policy, Rule

Schema = dict[str, Any]

_DATE: Final = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME: Final = "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]+)?"
_OFFSET: Final = "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"

_PLAIN: Final[dict[object, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    date: {"$ref": "#/$defs/date"},
    datetime: {"$ref": "#/$defs/instant"},
    AnyCondition: {"$ref": "#/$defs/condition"},
}

_OWN_DAY: Final[Schema] = {
    "anyOf": [{"enum": ["day", "first-day", "last-day"]}, {"$ref": "#/$defs/date"}]
}
_STRICTER: Final[dict[tuple[type, str], Schema]] = {
    (AgeAtLeastMonths, "on"): _OWN_DAY,
    (DoseDue, "on"): _OWN_DAY,
    (Rule, "cites"): {"type": "array", "items": {"type": "string"}, "minItems": 1},
}
"""Where the loader asks for more than the type of a field says."""


_KEYS: Final = {"not_": "not"}
"""The keys that are no names in Python."""


def policy_schema() -> Schema:
    """The schema (draft 2020-12) of a policy file."""
    definitions: dict[str, Schema] = {
        "date": {"type": "string", "format": "date", "pattern": f"^{_DATE}$"},
        "instant": {
            "description": "An instant with its offset from UTC.",
            "type": "string",
            "format": "date-time",
            "pattern": f"^{_DATE}[Tt ]{_TIME}{_OFFSET}$",
        },
    }
    conditions = (AllOf, AnyOf, NotThat, *LEAVES)
    definitions["condition"] = {"anyOf": [_of(kind, definitions) for kind in conditions]}
    top = _table(PolicyFile, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A policy of vaxpolicy",
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def _of(kind: Any, definitions: dict[str, Schema]) -> Schema:
    """The schema of a type; those of its classes go to the definitions."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if attrs.has(kind):
        name = kind.__name__
        definitions[name] = _table(kind, definitions)
        return {"$ref": f"#/$defs/{name}"}
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(parts)}
    if origin is tuple:
        return {"type": "array", "items": _of(parts[0], definitions)}
    if origin in {dict, Mapping}:
        return {"type": "object", "additionalProperties": _of(parts[1], definitions)}
    assert origin in {Union, UnionType}  # noqa: S101  # no field of a policy file is anything else
    some = [_of(part, definitions) for part in parts if part is not NoneType]
    return some[0] if len(some) == 1 else {"anyOf": some}


def _table(kind: type[attrs.AttrsInstance], definitions: dict[str, Schema]) -> Schema:
    """A table with the keys that are the fields of a class, and no others."""
    fields = attrs.fields(attrs.resolve_types(kind))
    properties = {
        _KEYS.get(it.name, it.name): _STRICTER.get((kind, it.name)) or _of(it.type, definitions)
        for it in fields
    }
    return {
        "description": (kind.__doc__ or "").partition("\n")[0],
        "type": "object",
        "properties": properties,
        "required": [_KEYS.get(it.name, it.name) for it in fields if it.default is attrs.NOTHING],
        "additionalProperties": False,
    }


def document(policy: Policy) -> dict[str, Any]:
    """The policy, with what of it is in force, as a JSON document of this schema."""
    found = {it.name: getattr(policy, it.name) for it in attrs.fields(PolicyFile)}
    return {
        it.name: plain(found[it.name])
        for it in attrs.fields(PolicyFile)
        if found[it.name] != it.default
    }


def plain(value: object, *, keep_dates: bool = False) -> Any:
    """A value of a policy as JSON holds it; a key whose value is the default is left out.

    With `keep_dates` dates and instants stay what they are, as TOML holds them.
    """
    kind: Any = type(value)
    if attrs.has(kind):
        return {
            _KEYS.get(it.name, it.name): plain(its, keep_dates=keep_dates)
            for it in attrs.fields(kind)
            if (its := getattr(value, it.name)) != it.default
        }
    if isinstance(value, Mapping):
        return {name: plain(its, keep_dates=keep_dates) for name, its in value.items()}
    if isinstance(value, tuple):
        return [plain(its, keep_dates=keep_dates) for its in value]
    return value.isoformat() if isinstance(value, date) and not keep_dates else value
