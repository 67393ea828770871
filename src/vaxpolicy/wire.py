"""Writes values as JSON data and reads them back: people, decisions, refusals, bookings.

`dump` gives plain JSON data: dictionaries, lists, texts, whole numbers, true, false and null. Days
are written YYYY-MM-DD, instants as in RFC 3339, a set of days as a list of ranges, a policy as its
file (a `Programme` names its gate by id, version and digest). `load` reads such data strictly and
reports every problem at once: its path, a code, and what was expected, never the value. `read` does
the same for a text or for bytes. `schema` gives the JSON Schema of a class.

A value that is dumped and loaded again is equal to the original, with one exception: the
suggestions of an `InvalidForm` are left out, because they are probably somebody's numbers. Claims
and numbers cannot be dumped. A form can be loaded but not dumped. A record is written as in its
file.

>>> from vaxpolicy.eligibility import Person, PartialDate
>>> dump(Person(birth_date=PartialDate(1950, 3), doses=()))
{'birth_date': '1950-03', 'doses': []}
>>> load(Person, {"birth_date": "1950-13", "doses": 5})
Traceback (most recent call last):
vaxpolicy.wire.InvalidData: expected a date as ISO 8601 text, ... at $.birth_date; ...
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar, get_args

import attrs
from cattrs.errors import StructureHandlerNotFoundError

from vaxpolicy import _schema, _strict
from vaxpolicy._json_code import DOUBTS, Doubt, Readers, Write, Writers, recurring
from vaxpolicy._schema import campaign_schema, document, event_schema, policy_schema
from vaxpolicy._schema import plain as policy_data
from vaxpolicy._strict import (
    TOO_DEEP,
    ExpectedError,
    InvalidDocument,
    Problem,
    read_instant,
    read_json,
)
from vaxpolicy._values import BirthDay, InvalidType, OneOf, Prose, check_of, checked
from vaxpolicy.booking import journey, slots, snapshots
from vaxpolicy.booking.event_json import FORMS, UPCASTS
from vaxpolicy.booking.events import AnyEvent
from vaxpolicy.booking.programme import Programme
from vaxpolicy.booking.refusals import CODES, Rejected
from vaxpolicy.booking.request import Request
from vaxpolicy.booking.slots import BookingRef, Capacity, SlotEvent
from vaxpolicy.booking.streams import Event
from vaxpolicy.catalog.bundled import UnknownPolicyError, ids, policy_of
from vaxpolicy.catalog.bundled import load as load_policy
from vaxpolicy.catalog.files import add_policy_hooks
from vaxpolicy.catalog.persons import add_person_hooks, read_birth_date, write_birth_date
from vaxpolicy.days import FIRST, LAST, DaySet, day_number, day_set, parse_day
from vaxpolicy.eligibility import Reason
from vaxpolicy.identity import FieldError, IdentityForm, InvalidForm
from vaxpolicy.numbers.reading import Number
from vaxpolicy.record.format import Record, record_of
from vaxpolicy.record.format import plain as record_as_json
from vaxpolicy.record.format import schema as record_schema
from vaxpolicy.rules.conditions import (
    LEAVES,
    AllOf,
    AnyOf,
    Condition,
    InBand,
    NotThat,
    PolicyError,
    Reckoning,
)
from vaxpolicy.rules.moments import WrittenMoment
from vaxpolicy.rules.people import BirthDate, PartialDate, Person
from vaxpolicy.rules.policy import Policy, PolicyFile, Window, WindowAges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cattrs import Converter

__all__ = [
    "InvalidData",
    "Problem",
    "campaign_schema",
    "document",
    "dump",
    "event_schema",
    "load",
    "plain",
    "policy_schema",
    "read",
    "schema",
]

T = TypeVar("T")
_StateT = TypeVar("_StateT", journey.State, Capacity)
Data = Any
"""JSON data: dictionaries, lists, texts, whole numbers, true, false and None."""


class InvalidData(InvalidDocument):
    """JSON data was refused; `problems` has every problem."""


def plain(value: object, *, keep_dates: bool = False) -> Any:
    """A value of a policy as JSON data; a key with the default value is left out.

    With `keep_dates`, dates and instants are not turned into text, because TOML has both. Raises
    `InvalidData` for a value with more levels than can be read.
    """
    try:
        return policy_data(value, keep_dates=keep_dates)
    except RecursionError:
        pass
    raise InvalidData((TOO_DEEP,))


def dump(value: object) -> Data:
    """Write a value as JSON data. Raises TypeError for other values, such as numbers."""
    kind: Any = type(value)
    return _writer_of(kind)(value)


def load(kind: type[T], data: Data, *, policies: Iterable[Policy] = ()) -> T:
    """Read a value from JSON data. Raises `InvalidData` with every problem.

    `policies` are further policies that a `Programme` may name as its gate.
    """
    if not isinstance(kind, type):
        raise InvalidType("kind", "a class")
    reader = FAST_READERS.of(kind)
    if reader is not None:
        try:
            found: T = reader(data)
        except DOUBTS:
            pass  # the strict reader says what is wrong, if anything is
        else:
            return found
    try:
        if kind is Programme:
            return _programme(data, tuple(policies))  # type: ignore[return-value]  # it is T
        if issubclass(kind, _CONDITIONS):
            return _condition(data, kind)  # type: ignore[no-any-return]  # it is T
        found = _strict.structure(STRICT_CONVERTER, data, kind)
    except InvalidDocument as error:
        problems = error.problems
    except StructureHandlerNotFoundError:
        raise TypeError(f"cannot load a {kind.__name__}") from None
    else:
        return found
    raise InvalidData(problems)


def read(kind: type[T], text: str | bytes, *, policies: Iterable[Policy] = ()) -> T:
    """Read a value from JSON text, like `load`; a key that appears twice is refused too."""
    try:
        data = read_json(text)
    except InvalidDocument as error:
        problems = error.problems
    else:
        return load(kind, data, policies=policies)
    raise InvalidData(problems)


def schema(kind: type) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the data of a class; OpenAPI 3.1 takes it as it is.

    The schema refuses what `load` refuses, with four exceptions: texts that look like a person's
    number, names with characters that cannot be seen or printed, days that do not exist, and fields
    that contradict each other.
    """
    if not isinstance(kind, type):
        raise InvalidType("kind", "a class")
    return _schema_of(kind)


@cache
def _schema_of(kind: type) -> dict[str, Any]:
    if kind is Policy:
        return policy_schema()
    if kind is Record:
        return record_schema()
    return _schema.value_schema(kind, _WRITTEN_AS)


@lru_cache(maxsize=4096)
def _day_text(number: int) -> str | None:
    """The day of a number as text; None: an open end."""
    return None if number in {FIRST, LAST} else date.fromordinal(number).isoformat()


def _ranges(days: DaySet) -> list[dict[str, str | None]]:
    return [{"first": _day_text(first), "last": _day_text(last)} for first, last in days.spans]


@attrs.frozen
class _Range:
    first: date | None
    last: date | None


def _day_set(value: Any, _: Any) -> DaySet:
    found = STRICT_CONVERTER.structure(value, tuple[_Range, ...])
    for it in found:
        if it.first and it.last and day_number(it.first) > day_number(it.last):
            raise ExpectedError("a first day that is not after the last", "wrong-order")
    days = DaySet.none()
    for it in found:
        days |= DaySet.between(it.first, it.last)
    return days


@lru_cache(maxsize=4096)
def _number_of(text: str) -> int:
    """The number of a day that is written as text."""
    return parse_day(text).toordinal()


def _days_at_once(value: Any) -> DaySet:
    """The set of days, or a doubt."""
    if type(value) is not list:
        raise Doubt
    spans = []
    for it in value:
        if type(it) is not dict or len(it) != len(("first", "last")):
            raise Doubt
        first, last = it["first"], it["last"]
        low = FIRST if first is None else _number_of(first)
        high = LAST if last is None else _number_of(last)
        if low > high:
            raise Doubt
        spans.append((low, high))
    return day_set((spans[0],)) if len(spans) == 1 else DaySet.of_spans(spans)


def _birth_at_once(value: Any) -> BirthDate:
    """The birth date, or a doubt."""
    if value is None:
        return None
    if type(value) is str and len(value) == len("YYYY-MM-DD") and value[4] == value[7] == "-":
        found: BirthDate = date.fromisoformat(value)
    else:
        found = read_birth_date(value)
    if isinstance(found, date) and not _FIRST_BIRTH <= found <= _LAST_BIRTH:
        raise Doubt
    return found


def _moment_at_once(value: Any) -> WrittenMoment:
    """An instant, a day or that none is stated, or a doubt."""
    if type(value) is not str:
        raise Doubt
    return _moment_of(value)


@lru_cache(maxsize=1024)
def _moment_of(text: str) -> WrittenMoment:
    """The moment of a text; those of a policy recur."""
    if text == "not-stated":
        return "not-stated"
    found = parse_day(text) if len(text) == len("YYYY-MM-DD") else read_instant(text)
    return _fit(WrittenMoment, found)


def _reckoning_at_once(value: Any) -> Reckoning:
    """The reckoning of an age, or a doubt."""
    if type(value) is str and value in _RECKONINGS:
        return value  # type: ignore[return-value]  # it is one of the texts
    return _fit(Reckoning, parse_day(value))


def _fit(kind: Any, value: T) -> T:
    """The value, or a doubt about one that a constructor refuses."""
    if check_of(kind)(value) is not None:
        raise Doubt
    return value


def _condition_at_once(value: Any) -> Any:
    """A condition by its key, or a doubt: also where conditions lie in one another."""
    if type(value) is dict:
        for key in value:
            kind = _LEAF_OF.get(key)
            if kind is not None:
                return FAST_READERS.of(kind)(value)  # type: ignore[misc]  # it is read by its fields
    raise Doubt


_RECKONINGS: Final = frozenset(name for part in get_args(Reckoning) for name in get_args(part))
_LEAF_OF: Final[Mapping[Any, type]] = {attrs.fields(kind)[0].name: kind for kind in LEAVES}
_BETWEEN: Final = get_args(BirthDay)[1]
_FIRST_BIRTH: Final[date] = _BETWEEN.low
_LAST_BIRTH: Final[date] = _BETWEEN.high


def _partial(value: Any, _: Any) -> PartialDate:
    found = read_birth_date(value)
    if not isinstance(found, PartialDate):
        raise ExpectedError("YYYY or YYYY-MM", "not-a-date")
    return found


def _problems_of_form(form: InvalidForm) -> dict[str, Any]:
    plain = ("field", "code", "hint", "belongs_in")
    return {
        "errors": [
            {name: _WRITERS.write(getattr(error, name)) for name in plain} for error in form.errors
        ]
    }


@attrs.frozen(field_transformer=checked)
class _FieldProblem:
    """One problem of a form."""

    field: str
    code: str
    hint: Prose
    belongs_in: tuple[str, ...] = ()


@attrs.frozen
class _Form:
    """A form was refused, with every problem."""

    errors: tuple[_FieldProblem, ...]


def _invalid_form(value: Any, _: Any) -> InvalidForm:
    errors = STRICT_CONVERTER.structure(value, _Form).errors
    return InvalidForm(tuple(FieldError(*attrs.astuple(it)) for it in errors))


def _rejected_as_json(error: Rejected) -> dict[str, Any]:
    return {
        "code": error.code,
        "version": error.version,
        "possible_from": _WRITERS.write(error.possible_from),
        "days": None if error.days is None else _ranges(error.days),
        "reasons": [_WRITERS.write(it) for it in error.reasons],
        "affected": [_WRITERS.write(it) for it in error.affected],
    }


@attrs.frozen(field_transformer=checked)
class _Refused:
    """A command that was refused; it has changed nothing."""

    code: Annotated[str, OneOf(tuple(CODES))]
    version: int = 0
    possible_from: datetime | None = None
    days: DaySet | None = None
    reasons: tuple[Reason, ...] = ()
    affected: tuple[BookingRef, ...] = ()


def _rejected(value: Any, _: Any) -> Rejected:
    said = STRICT_CONVERTER.structure(value, _Refused)
    return Rejected(
        said.code,
        version=said.version,
        possible_from=said.possible_from,
        days=said.days,
        reasons=said.reasons,
        affected=said.affected,
    )


_NAMES: Final = {kind: (name, form) for name, (kind, form) in FORMS.items()}


def _event_hook(kind: type[Event], converter: Converter) -> Callable[[Any, Any], Any]:
    """Read an event by its type and form; a base class accepts each of its events."""
    own = {name: each for each, (name, _) in _NAMES.items() if issubclass(each, kind)}
    rest = {each: _strict.table_hook(each, converter) for each in own.values()}

    def take(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise ExpectedError(f"an object, found {_strict.kind_of(value)}")
        fields = dict(value)
        name, form = fields.pop("type", None), fields.pop("form", None)
        if not isinstance(name, str) or name not in own:
            said = Problem("$.type", "unknown-value", " or ".join(own))
            raise InvalidDocument((said,))
        current = _NAMES[own[name]][1]
        if type(form) is not int or not 1 <= form <= current:
            raise InvalidDocument((Problem("$.form", "unknown-value", f"1 to {current}"),))
        for older in range(form, current):
            fields = UPCASTS[name, older](fields)
        return rest[own[name]](fields, own[name])

    return take


def _stream_as_json(state: journey.State | Capacity) -> dict[str, Any]:
    return snapshots.snapshot_of(state, map(_WRITERS.write, state.history))


@attrs.frozen
class _Journey:
    """A journey: the form of the snapshot, its status, its version, and every event in order."""

    status: str
    version: int
    events: tuple[AnyEvent, ...]
    form: Literal[2] = 2  # a snapshot of the first form does not say its form


@attrs.frozen
class _Slot:
    """The places of a slot: the form of the snapshot, and as for a journey."""

    status: str
    version: int
    events: tuple[SlotEvent, ...]
    form: Literal[2] = 2  # a snapshot of the first form does not say its form


def _journey(value: Any, _: Any) -> journey.State:
    return _replayed(STRICT_CONVERTER.structure(snapshots.newest(value), _Journey), journey.replay)


def _slot(value: Any, _: Any) -> Capacity:
    return _replayed(STRICT_CONVERTER.structure(snapshots.newest(value), _Slot), slots.replay)


def _replayed(said: Any, replay: Callable[[Any], _StateT]) -> _StateT:
    """The state that the events lead to, if it is the one that is written beside them."""
    try:
        state = replay(said.events)
    except ValueError:
        raise ExpectedError("events that follow one another", "contradiction") from None
    if (state.status.value, state.version) != (said.status, said.version):
        raise ExpectedError(
            "the status and the version that follow from the events", "contradiction"
        )
    return state


def _gate_as_json(policy: Policy) -> dict[str, str]:
    return {"id": policy.id, "version": policy.version, "digest": policy.digest}


def _programme_as_json(programme: Programme) -> dict[str, Any]:
    gate = programme.gate
    return {
        it.name: _WRITERS.write(getattr(programme, it.name))
        for it in attrs.fields(Programme)
        if it.name != "gate"
    } | {"gate": None if gate is None else _gate_as_json(gate)}


def _programme(data: Data, policies: tuple[Policy, ...]) -> Programme:
    if not isinstance(data, dict) or data.get("gate") is None:
        found: Programme = _strict.structure(STRICT_CONVERTER, data, Programme)
        return found
    gate, problems = data["gate"], list[Problem]()
    named = next((it for it in (*policies, *_bundled(gate)) if _gate_as_json(it) == gate), None)
    if named is None:
        expected = "the id, version and digest of a policy that is at hand"
        problems.append(Problem("$.gate", "unknown-value", expected))
    rest = {name: it for name, it in data.items() if name != "gate"}
    try:
        found = _strict.structure(STRICT_CONVERTER, rest, Programme)
    except InvalidDocument as invalid:
        problems += invalid.problems
    if problems:
        raise InvalidDocument(tuple(problems))
    return attrs.evolve(found, gate=named)


def _bundled(gate: object) -> tuple[Policy, ...]:
    name, version = (
        (gate.get("id"), gate.get("version")) if isinstance(gate, dict) else (None, None)
    )
    if name not in ids() or not isinstance(version, str):
        return ()
    try:
        return (load_policy(name, version=version),)
    except UnknownPolicyError:
        return ()


def _policy(value: Any, _: Any) -> Policy:
    found = STRICT_CONVERTER.structure(value, PolicyFile)
    try:
        return policy_of(found, "policy")
    except PolicyError as error:
        problem = Problem("$", "contradiction", f"a policy without this fault: {error}")
    raise InvalidDocument((problem,))


def _no_number(value: Any) -> Any:
    raise TypeError(f"cannot dump a {type(value).__name__}: it holds a person's number")


def _no_base(value: Any) -> Any:
    raise TypeError(f"cannot dump a {type(value).__name__}: it is only the base of what is written")


def _converter() -> Converter:
    converter = _strict.json_converter()
    add_policy_hooks(converter, _strict.read_day, _strict.read_instant)
    add_person_hooks(converter)
    take = converter.register_structure_hook
    take(DaySet, _day_set)
    take(PartialDate, _partial)
    take(InvalidForm, _invalid_form)
    take(Rejected, _rejected)
    take(journey.State, _journey)
    take(Capacity, _slot)
    take(Policy, _policy)
    take(Record, lambda value, _: record_of(value))
    converter.register_structure_hook_func(_is_any_event, _any_event)
    converter.register_structure_hook_factory(_is_event, _event_hook)
    return converter


def _is_event(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Event)


def _is_any_event(kind: Any) -> bool:
    same: bool = kind in (AnyEvent, SlotEvent)
    return same


def _any_event(value: Any, _: Any) -> Any:
    return STRICT_CONVERTER.structure(value, Event)


def _condition(data: Data, kind: type[Any]) -> Any:
    """A condition, which is known by its key; it must be of the kind that is asked for."""
    found = _strict.structure(STRICT_CONVERTER, data, Condition)
    if isinstance(found, kind):
        return found
    raise InvalidDocument((Problem("$", "unknown-condition", f"a condition {kind.__name__}"),))


_CONDITIONS: Final = (Condition, AllOf, AnyOf, NotThat)
_CONCRETE: Final = frozenset({AllOf, AnyOf, NotThat, InBand, *LEAVES})
"""The conditions that a policy may have; the others are their bases."""
_WITH_NUMBERS: Final = (Number, IdentityForm, Request)
"""The classes that hold people's numbers; they are never written."""
_WRITTEN_BY: Final[Mapping[type, Write]] = {
    DaySet: _ranges,
    PartialDate: write_birth_date,
    InvalidForm: _problems_of_form,
    Rejected: _rejected_as_json,
    journey.State: _stream_as_json,
    Capacity: _stream_as_json,
    Policy: document,
    Programme: _programme_as_json,
    Record: record_as_json,
}


_condition_as_json: Final = recurring(policy_data)


def _write_hook(kind: type) -> Write | None:
    """The writers of classes whose values are not written by their fields."""
    if issubclass(kind, _CONDITIONS):
        return _condition_as_json if kind in _CONCRETE else _no_base
    if issubclass(kind, Event) and kind not in _NAMES:
        return _no_base
    return _no_number if issubclass(kind, _WITH_NUMBERS) else _WRITTEN_BY.get(kind)


def _head_of(kind: type) -> Mapping[str, Any]:
    """The type and the form of an event, which are written before its fields."""
    if kind not in _NAMES:
        return {}
    name, form = _NAMES[kind]
    return {"type": name, "form": form}


_WRITERS: Final = Writers(
    _write_hook,
    _head_of,
    sparse=frozenset({Person, Window, WindowAges}),
    kept=frozenset({Window}),
)


@cache
def _writer_of(kind: type) -> Write:
    """The writer of a class; TypeError for a class whose values are not written."""
    if kind not in _WRITTEN_BY and not attrs.has(kind):
        raise TypeError(f"cannot dump a {kind.__name__}")
    return _WRITERS.made[kind]


def _is_read_otherwise(kind: type) -> bool:
    """Whether a class is not read by its fields."""
    if kind in LEAVES:
        return False
    return kind in _WRITTEN_BY or issubclass(kind, (Event, Number, *_CONDITIONS))


STRICT_CONVERTER: Final = _converter()
_WRITTEN_AS: Final[Mapping[type, type]] = {
    Policy: PolicyFile,
    Rejected: _Refused,
    InvalidForm: _Form,
    journey.State: _Journey,
    Capacity: _Slot,
}
FAST_READERS: Final = Readers(
    STRICT_CONVERTER.structure,
    {
        DaySet: _days_at_once,
        BirthDate: _birth_at_once,
        WrittenMoment: _moment_at_once,
        Reckoning: _reckoning_at_once,
        Condition: _condition_at_once,
    },
    _is_read_otherwise,
)
