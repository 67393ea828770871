"""The JSON Schemas of policy files and events, made from the classes that they are read into.

They are for editors, for programs that write files (as JSON, with dates and instants as ISO 8601
text), and for readers in other languages. They refuse every structure that the loader refuses. Only
the loader checks whether a file makes sense: it finds a last day before the first day, or a missing
source. JSON does not distinguish a date from a text that looks like one, nor 1.0 from 1; TOML does.

The package carries them as ``policies/policy.schema.json``, ``policies/campaign.schema.json`` and
``schemas/event.schema.json``; ``vaxpolicy policy schema`` prints the first two.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import attrs

from vaxpolicy._values import (
    LAST_DAY,
    MOST,
    MOST_OF_A_NAME,
    MOST_OF_A_TEXT,
    Between,
    Form,
    Kind,
    OneOf,
    Text,
    front_door,
)
from vaxpolicy.booking.event_json import FORMS
from vaxpolicy.booking.programme import Programme
from vaxpolicy.booking.slots import BookingRef, Slot
from vaxpolicy.booking.streams import Command, Event
from vaxpolicy.catalog.campaigns import CampaignTables
from vaxpolicy.days import DaySet
from vaxpolicy.rules.conditions import (
    LEAVES,
    AgeAtDoseOf,
    AgeAtLeastMonths,
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    DaysSinceFact,
    DoseDue,
    NotThat,
    Reckoning,
)
from vaxpolicy.rules.moments import WrittenMoment
from vaxpolicy.rules.people import Dose, PartialDate
from vaxpolicy.rules.policy import Policy, PolicyFile, Rule, Stage
from vaxpolicy.rules.validity import Spacing

Schema = dict[str, Any]

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_YEAR: Final = "(1[89][0-9]{2}|[2-8][0-9]{3}|9000)"
"""The years that a value may have; a field may allow fewer."""
_MONTH_AND_DAY: Final = "(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_DATE: Final = f"{_YEAR}-{_MONTH_AND_DAY}"
_TIME: Final = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?"
_HOUR: Final = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
_OFFSET: Final = "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_ANY_DAY: Final[Mapping[str, str]] = {
    "type": "string",
    "format": "date",
    "pattern": f"^[0-9]{{4}}-{_MONTH_AND_DAY}$",
}
"""A day of the calendar, which may be outside the range of a fact."""
_DAYS: Final[Mapping[str, Schema]] = {
    "date": {"type": "string", "format": "date", "pattern": f"^{_DATE}$"},
    "instant": {
        "description": "An instant with its offset from UTC.",
        "type": "string",
        "format": "date-time",
        "pattern": f"^{_DATE}[Tt ]{_TIME}{_OFFSET}$",
    },
}

_PLAIN: Final[Mapping[object, Schema]] = {
    Any: {},
    str: {"type": "string", "pattern": "^\\S(.*\\S)?$", "maxLength": MOST_OF_A_NAME},
    int: {"type": "integer", "minimum": 0, "maximum": MOST},
    bool: {"type": "boolean"},
    date: {"$ref": "#/$defs/date"},
    datetime: {"$ref": "#/$defs/instant"},
    AnyCondition: {"$ref": "#/$defs/condition"},
    Condition: {"$ref": "#/$defs/condition"},
    time: {"type": "string", "pattern": f"^{_HOUR}$"},
    PartialDate: {
        "description": "A year, or a year and a month: the part of a date that is known.",
        "type": "string",
        "pattern": "^(18[89][0-9]|19[0-9]{2}|[2-8][0-9]{3}|9000)(-(0[1-9]|1[0-2]))?$",
    },
    DaySet: {
        "description": "A set of days, as ranges in order; null is an open end.",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "first": {"anyOf": [_ANY_DAY, {"type": "null"}]},
                "last": {"anyOf": [_ANY_DAY, {"type": "null"}]},
            },
            "required": ["first", "last"],
            "additionalProperties": False,
        },
    },
    WrittenMoment: {"$ref": "#/$defs/moment"},
    Reckoning: {"$ref": "#/$defs/reckoning"},
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


_SHARED: Final[Mapping[str, Schema]] = {
    **_DAYS,
    "moment": {
        "description": "An instant; a date where no source states the hour; or `not-stated`.",
        "anyOf": [_ref("instant"), _ref("date"), {"enum": ["not-stated"]}],
    },
    "reckoning": {
        "description": "The day on which the age is reckoned: the vaccination day itself "
        "(`day`), the first or the last of the stage, or a date; or by calendar year, which is "
        "the year of the vaccination day less the year of birth; or `not-stated`, where no "
        "source says: by calendar year or on the first day.",
        "anyOf": [
            {"enum": ["day", "first-day", "last-day", "calendar-year", "not-stated"]},
            _ref("date"),
        ],
    },
    "reckoning-day": {
        "description": "The day on which it is reckoned: the vaccination day itself (`day`), "
        "the first or the last of the stage, or a date.",
        "anyOf": [{"enum": ["day", "first-day", "last-day"]}, _ref("date")],
    },
}
"""The definitions that several schemas share."""


def policy_schema() -> Schema:
    """The schema (draft 2020-12) of a policy file."""
    definitions: dict[str, Schema] = dict(_SHARED)
    schemas = _Schemas(definitions, null=False)
    definitions["condition"] = schemas.condition()
    top = schemas.table(PolicyFile)
    title = "A policy of vaxpolicy"
    return {"$schema": _DRAFT, "title": title, **top, "$defs": dict(sorted(definitions.items()))}


def campaign_schema() -> Schema:
    """The schema (draft 2020-12) of a campaign: a policy with its own groups, vaccines, programme.

    It is the schema of one file, or of all files of a folder together.
    """
    definitions: dict[str, Schema] = dict(_SHARED)
    schemas = _Schemas(definitions, null=False)
    definitions["condition"] = schemas.condition()
    policy, own = schemas.table(PolicyFile), schemas.table(CampaignTables)
    return {
        "$schema": _DRAFT,
        "title": "A campaign of vaxpolicy",
        **policy,
        "description": "A policy, and the groups, vaccines and settings that it brings.",
        "properties": {**policy["properties"], **own["properties"]},
        "$defs": dict(sorted(definitions.items())),
    }


def event_schema() -> Schema:
    """The schema (draft 2020-12) of an event as JSON, in the form that is written now.

    It refuses every structure that `vaxpolicy.booking.event_json` refuses. Only the reader notices
    that a name is an ID number, or that a day such as 30 February does not exist.
    """
    definitions: dict[str, Schema] = dict(_DAYS)
    schemas = _Schemas(definitions, null=True)
    for name, (kind, form) in FORMS.items():
        definitions[name] = schemas.event(name, form, kind)
    return {
        "$schema": _DRAFT,
        "$id": "urn:vaxpolicy:event:1",
        "title": "An event of vaxpolicy",
        "description": "An event of a reservation or of a slot; one line of an event log.",
        "type": "object",
        "required": ["type"],
        "oneOf": [_ref(name) for name in FORMS],
        "$defs": definitions,
    }


_OF_KINDS: Final[Mapping[str, Schema]] = {
    "prose": {"pattern": "\\S", "maxLength": MOST_OF_A_TEXT},
    "text": {"maxLength": MOST_OF_A_TEXT},
    "typed": {},
    "written": {"pattern": "\\S"},
    "json": {},
    "some": {"minItems": 1},
    "distinct": {"uniqueItems": True},
}

_SOME_CONDITIONS: Final[Schema] = {"type": "array", "items": _ref("condition"), "minItems": 1}
_NAMED_POLICY: Final[Schema] = {
    "description": "A policy, by its id, its version and the digest of its content.",
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("id", "version", "digest")},
    "required": ["id", "version", "digest"],
    "additionalProperties": False,
}
_STRICTER: Final[Mapping[tuple[type, str], Schema]] = {
    (AgeAtLeastMonths, "on"): _ref("reckoning-day"),
    (DoseDue, "on"): _ref("reckoning-day"),
    (Programme, "gate"): {"anyOf": [_NAMED_POLICY, {"type": "null"}]},
    (AllOf, "all"): _SOME_CONDITIONS,
    (AnyOf, "any"): _SOME_CONDITIONS,
    (Rule, "cites"): {"type": "array", "items": _PLAIN[str], "minItems": 1},
    (Spacing, "vaccines"): {"type": "array", "items": _PLAIN[str], "minItems": 2},
}
"""The schemas of fields for which the loader asks more than their type says."""

_KEYS: Final = {"not_": "not"}
"""The keys that cannot be names in Python."""

_ONE_OF: Final[Mapping[type, tuple[str, ...]]] = {
    AgeAtDoseOf: ("at_least_months", "at_least_days"),
}
"""The tables that need exactly one of some keys."""
_SOME_OF: Final[Mapping[type, tuple[str, ...]]] = {DaysSinceFact: ("at_least", "at_most")}
"""The tables that need at least one of some keys."""

_OF_EVENTS: Final[Mapping[str, str]] = {
    "version": "its place in its stream, from 1 and without a gap.",
    "at": "when it was accepted.",
    "command": "what was asked, and by whom.",
    "id": "the id of the command, which no other of its stream has.",
    "actor": "who asked: the person, a helper, the site or the programme.",
    "subject": "the person's pseudonym, never a number.",
    "vaccines": "the codes of the vaccines, none of them twice.",
    "districts": "the districts, none of them twice.",
    "vaccine": "the code of the vaccine.",
    "policy_id": "the id of the round's policy.",
    "booking": "the booking that is meant, by the id of the command that made it.",
    "slot": "what is booked.",
    "site": "the vaccination site.",
    "day": "the vaccination day.",
    "session": "the session of that day.",
    "dose": "the number of the dose, from 1.",
    "given": "what was given, and when.",
    "on": "the day on which it was given.",
    "ends": "the time of day, Taiwan's, at which the session ends; null: at the end of the day.",
    "stage": "the stage of the round of which the person is notified.",
    "event": "the version of the event that is taken back.",
    "reason": "why.",
    "record": "the digest of the decision record.",
    "places": "how many places there are.",
    "until": "before when the place is kept.",
    "affected": "the bookings that have lost their places.",
    "policy_version": "the version of the round's policy.",
    "disease": "what the round vaccinates against.",
    "closes": "when the window closes in which it was booked.",
    "round_ends": "the last vaccination day of the round.",
}
"""The meaning of the fields of events, unless the docstring of the class explains them."""

_IN_EVENTS: Final = {Slot, BookingRef, Dose}

_BESIDE: Final = {
    "by": "at this instant at the latest; a date where no source states the hour.",
    "after": "at this instant at the earliest; a date where no source states the hour.",
    "at_least": "how many doses, or how many days.",
    "at_most": "how many days.",
    "or_never": "whether it also holds if that never happened.",
    "since": "only doses from this day on count.",
    "number": "the number of the dose among those of these vaccines; absent: the last one.",
    "or_none": "whether it also holds without such a dose.",
    "days": "how many days.",
    "at_least_months": "the age in completed months.",
    "at_least_days": "the age in days.",
}
"""The further keys of conditions, besides the key that names the condition."""


def value_schema(kind: type, written_as: Mapping[type, type]) -> Schema:
    """The schema of the JSON data of a value, as `vaxpolicy.wire` writes and reads it.

    `written_as` has the classes whose values are written as those of another class.
    """
    definitions: dict[str, Schema] = {}
    schemas = _Schemas(definitions, null=True, written_as=written_as)
    if kind in {Rule, Stage, PolicyFile}:  # only whole policies are asked for a citation
        schemas.not_stricter = frozenset({(Rule, "cites")})
    top = schemas.of(kind)
    while missing := _named_in((top, definitions)) - definitions.keys():
        for name in missing:
            definitions[name] = _SHARED[name] if name in _SHARED else schemas.condition()
    return {"$schema": _DRAFT, **top, "$defs": dict(sorted(definitions.items()))}


def _named_in(part: object) -> set[str]:
    """The definitions to which a schema refers."""
    if isinstance(part, Mapping):
        own = (
            {part["$ref"].removeprefix("#/$defs/")} if isinstance(part.get("$ref"), str) else set()
        )
        return own.union(*map(_named_in, part.values()))
    if isinstance(part, list | tuple):
        return set().union(*map(_named_in, part))
    return set()


_FROM: Final[Mapping[int, str]] = {
    1800: "1[89]",
    1880: "18[89]|19",
    1900: "19",
}
"""Patterns for the years from a given year to 1999, by that year."""


def _between(mark: Between) -> Schema:
    """A range of numbers; of days, the range of their years."""
    if not isinstance(mark.low, date):
        return {"minimum": mark.low, "maximum": mark.high}
    return {"pattern": f"^({_FROM[mark.low.year]}|[2-8]|9000)"}


def _beyond(mark: Between) -> Schema | None:
    """The schema of days of which some are later than any fact; None for another range."""
    low, high = mark.low, mark.high
    if not isinstance(low, date) or not isinstance(high, date) or high <= LAST_DAY:
        return None
    if low == date.min:
        return {**_ANY_DAY}
    years = f"(?={_FROM[low.year]}|[2-9])[0-9]{{4}}"
    return {**_ANY_DAY, "pattern": f"^{years}-{_MONTH_AND_DAY}$"}


_EVENT_NAMES: Final = {kind: (name, form) for name, (kind, form) in FORMS.items()}


class _Schemas:
    """Makes the schemas of types, and collects those of tables as definitions.

    With `null`, an absent value is written, as in JSON but not in TOML.
    """

    def __init__(
        self,
        definitions: dict[str, Schema],
        *,
        null: bool,
        written_as: Mapping[type, type] = MappingProxyType({}),
    ) -> None:
        self.definitions, self.null, self.written_as = definitions, null, written_as
        self.not_stricter: frozenset[tuple[type, str]] = frozenset()

    def of(self, kind: Any) -> Schema:
        """The schema of a type."""
        if kind in _PLAIN:
            return _PLAIN[kind]
        return self._of_class(kind) if isinstance(kind, type) else self._of_several(kind)

    def condition(self) -> Schema:
        """The schema of any condition."""
        return {
            "description": "A condition, known by its key.",
            "anyOf": [self.of(kind) for kind in (AllOf, AnyOf, NotThat, *LEAVES)],
        }

    def _of_class(self, kind: Any) -> Schema:
        if issubclass(kind, Enum):
            return {"enum": [member.value for member in kind]}
        if kind in _EVENT_NAMES:
            name, form = _EVENT_NAMES[kind]
            self.definitions[name] = self.event(name, form, kind)
            return _ref(name)
        if issubclass(kind, Command):  # each belongs to one event, and two commands share a name
            return self.table(kind)
        name = kind.__name__.removeprefix("_")
        self.definitions[name] = self.table(self.written_as.get(kind, kind))
        return _ref(name)

    def _of_several(self, kind: Any) -> Schema:
        origin, parts = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._annotated(parts[0], parts[1:])
        if origin is Literal:
            return {"enum": list(parts)}
        if origin in {tuple, frozenset}:
            found: Schema = {"type": "array", "items": self.of(parts[0])}
            return found if origin is tuple else {**found, "uniqueItems": True}
        if origin in {dict, Mapping}:
            table: Schema = {"type": "object", "additionalProperties": self.of(parts[1])}
            if get_origin(parts[0]) is Annotated:
                table["propertyNames"] = self.of(parts[0])
            return table
        if origin not in {Union, UnionType}:
            raise TypeError(f"a field of the type {kind} has no form in JSON")
        some = [self.of(part) for part in parts if part is not NoneType]
        if self.null and NoneType in parts:
            some.append({"type": "null"})
        return some[0] if len(some) == 1 else {"anyOf": some}

    def _annotated(self, kind: Any, marks: tuple[Between | Form | OneOf | Kind, ...]) -> Schema:
        """The schema of a type with its annotation: a range of numbers, or a form of text."""
        found = {"type": "string"} if kind is str else dict(self.of(kind))
        for mark in marks:
            if isinstance(mark, Between):
                found = _beyond(mark) or found | _between(mark)
            elif isinstance(mark, Form):
                found |= {"pattern": f"^(?:{mark.pattern})$"}
            elif isinstance(mark, OneOf):
                found |= {"enum": list(mark.names)}
            elif mark.name == "some" and found.get("type") == "object":
                found |= {"minProperties": 1}
            else:
                found |= _OF_KINDS[mark.name]
        return found

    def table(self, kind: type[attrs.AttrsInstance]) -> Schema:
        """A table whose keys are the fields of a class."""
        fields = attrs.fields(attrs.resolve_types(kind))
        return {
            "description": _first_line(kind),
            "type": "object",
            "properties": {_KEYS.get(it.name, it.name): self._field(kind, it) for it in fields},
            "required": [
                _KEYS.get(it.name, it.name) for it in fields if it.default is attrs.NOTHING
            ],
            **_together("oneOf", _ONE_OF.get(kind)),
            **_together("anyOf", _SOME_OF.get(kind)),
            "additionalProperties": False,
        }

    def _field(self, kind: type[attrs.AttrsInstance], its: attrs.Attribute[Any]) -> Schema:
        of_type = Text if its.type is str and its.default == "" else its.type
        stricter = (
            None if (kind, its.name) in self.not_stricter else _STRICTER.get((kind, its.name))
        )
        found = stricter or self.of(of_type)
        meaning = _meanings(kind).get(its.name)
        if meaning and "properties" not in found:
            found = {"description": meaning[0].upper() + meaning[1:], **found}
        if _is_written(its.default):
            found = {**found, "default": plain(its.default)}
        return found

    def event(self, name: str, form: int, kind: type[Event]) -> Schema:
        """The schema of an event with its name and the number of its form."""
        found = self.table(kind)
        own = {
            "type": {"description": "The kind of event.", "const": name},
            "form": {"description": "The version of how that is written.", "const": form},
        }
        return {
            **found,
            "properties": {**own, **found["properties"]},
            "required": [*own, *found["required"]],
        }


def _together(how: str, keys: tuple[str, ...] | None) -> Schema:
    """The requirement for exactly one, or at least one, of several keys of a table."""
    return {how: [{"required": [key]} for key in keys]} if keys else {}


def _is_written(default: object) -> bool:
    made: Any = attrs.Factory
    return not isinstance(default, made) and default not in {attrs.NOTHING, None}


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


_ATTRIBUTE: Final = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)


def _meanings(kind: type) -> dict[str, str]:
    """The meaning of the fields of a class: from its docstring, or else by their names."""
    if issubclass(kind, Condition | AllOf | AnyOf | NotThat):
        key, *beside = (it.name for it in attrs.fields(kind))
        return {key: _first_line(kind)} | {name: _BESIDE[name] for name in beside if name != "on"}
    said = inspect.getdoc(Policy if kind is PolicyFile else kind) or ""
    found = {
        name: " ".join(text.replace("``", "`").replace("None", "null").split())
        for name, text in _ATTRIBUTE.findall(said.partition("Attributes:\n")[2])
    }
    by_name = _OF_EVENTS if kind in _IN_EVENTS or issubclass(kind, Event | Command) else {}
    return {**by_name, **found}


@front_door
def document(policy: Policy) -> dict[str, Any]:
    """The parts of the policy that are in force, as a JSON document of this schema."""
    found = {it.name: getattr(policy, it.name) for it in attrs.fields(PolicyFile)}
    return {
        it.name: plain(found[it.name])
        for it in attrs.fields(PolicyFile)
        if found[it.name] != it.default
    }


def plain(value: object, *, keep_dates: bool = False) -> Any:
    """A value of a policy as JSON data; a key with the default value is left out.

    With `keep_dates`, dates and instants are not turned into text, because TOML has both.
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
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [plain(its, keep_dates=keep_dates) for its in value]
    return value.isoformat() if isinstance(value, date) and not keep_dates else value
