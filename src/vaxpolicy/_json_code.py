"""Makes the code that writes the JSON data of a class, and that reads data without a fault fast.

`Readers` makes a function for a class that takes JSON data for what it is, or raises an exception
as soon as it has a doubt. It names no problem: its caller then asks the strict reader
(`vaxpolicy._strict`), which lists all problems. It must not accept data that the strict reader
refuses, nor make another value of it. `Writers` makes a function for a class that writes its
values.

The functions are made from the annotations of a class, as its checks are (`vaxpolicy._values`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import Enum
from itertools import count
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin
from weakref import ref

import attrs
from cattrs.errors import BaseValidationError, StructureHandlerNotFoundError

from vaxpolicy._strict import DEEPEST, InvalidDocument, depth_exceeds, write_instant
from vaxpolicy._values import (
    CHECKED,
    FIRST_DAY,
    LAST_DAY,
    MOST,
    OWN,
    Between,
    Text,
    Unchanging,
    check_of,
    field_types,
    unchecked,
)

Read: TypeAlias = Callable[[Any], Any]
Write: TypeAlias = Callable[[Any], Any]


class Doubt(Exception):  # noqa: N818  # not an error: the strict reader decides
    """Something is not as it usually is."""


DOUBTS: Final = (
    *(Doubt, LookupError, TypeError, ValueError, BaseValidationError, InvalidDocument),
    StructureHandlerNotFoundError,
)
"""The exceptions of a reader that has a doubt."""

_INSTANT: Final = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{3}([0-9]{3})?)?"
    "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_PUBLIC: Final = frozenset(
    {
        *("cites", "code", "fact", "groups", "policy_id", "registered_county", "residence_county"),
        *("rule_id", "unknown_groups", "vaccine", "vaccines", "wanted"),
    }
)
"""The fields whose texts are names of a programme, which recur; those of a person are not kept."""
MOST_NAMES: Final = 2000
_LONGEST_NAME: Final = 64
_SHALLOW: Final = DEEPEST - 16
"""The deepest part that the strict reader reads, so that the whole is not too deep."""


class Readers:
    """The readers of classes, each made when it is first asked for.

    `strict` reads a part of a kind that no code is made for. `hooks` are the readers of some kinds.
    `is_special` says which classes are not read by their fields.
    """

    def __init__(
        self,
        strict: Callable[[Any, Any], Any],
        hooks: Mapping[Any, Read],
        is_special: Callable[[type], bool],
    ) -> None:
        self.strict: Callable[[Any, Any], Any] = strict
        self.hooks: Mapping[Any, Read] = hooks
        self.is_special: Callable[[type], bool] = is_special
        self._made: dict[type, Read] = {}
        self._names: set[str] = set()
        self._texts: dict[Any, tuple[set[str], Callable[[str], bool]]] = {}

    def of(self, kind: type) -> Read | None:
        """The reader of a class; None if it is not read by its fields."""
        found = self._made.get(kind)
        if found is None:
            if not attrs.has(kind) or self.is_special(kind):
                return None
            found = self._made[kind] = _ReaderCode(self).of(kind)
        return found

    def is_unknown(self, name: str) -> bool:
        """Whether a text is not a name; a name of a programme is then known."""
        if _NAME(name) is not None:
            return True
        self._keep(name, self._names)
        return False

    @staticmethod
    def _keep(text: str, known: set[str]) -> None:
        if len(text) <= _LONGEST_NAME and len(known) < MOST_NAMES:
            known.add(text)

    def known_texts(self, kind: Any) -> tuple[set[str], Callable[[str], bool]]:
        """The texts of a kind that are known, and whether another one does not pass its check."""
        if kind not in self._texts:
            known: set[str] = set()
            check = check_of(kind)

            def is_unfit(text: str) -> bool:
                if check(text) is not None:
                    return True
                self._keep(text, known)
                return False

            self._texts[kind] = known, is_unfit
        return self._texts[kind]

    @property
    def names(self) -> set[str]:
        """The names that are known."""
        return self._names


_NAME: Final = check_of(str)


def _unmarked(kind: Any) -> Any:
    """A kind without what its annotation says beside it."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_optional(parts: tuple[Any, ...]) -> bool:
    return NoneType in parts and len(parts) == 2  # noqa: PLR2004  # the type and None


class _Code:
    """Lines of code, and the names of what they use."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}
        self._numbers = count()

    def add(self, depth: int, *lines: str) -> None:
        self.lines += ["    " * depth + line for line in lines]

    def named(self, value: object) -> str:
        """A new name for a value."""
        new = self.new()
        self.names[new] = value
        return new

    def new(self) -> str:
        """A name that nothing else in the code has."""
        return f"_{next(self._numbers)}"

    def function(self, head: str) -> Any:
        """The function of the lines."""
        exec("\n".join((head, *self.lines)), self.names)  # noqa: S102  # our own annotations
        return self.names[head.removeprefix("def ").partition("(")[0]]


class _ReaderCode(_Code):
    def __init__(self, readers: Readers) -> None:
        super().__init__()
        self.readers = readers
        self.names |= {"Doubt": Doubt, "known": readers.names, "is_unknown": readers.is_unknown}
        self.names |= {"is_name": _NAME, "day_of": date.fromisoformat}
        self.names |= {"instant_of": datetime.fromisoformat, "instant": _INSTANT.fullmatch}

    def of(self, kind: Any) -> Read:
        """The reader of a class."""
        self.add(1, "if type(data) is not dict: raise Doubt", "size = len(data)")
        fields = [it for it in attrs.fields(kind) if it.init]
        types = field_types(kind)
        plain = _is_checked_by_fields(kind)
        for it in fields:
            self._field(it, types[it.name], checked=plain and CHECKED in it.metadata)
        self.add(1, "if size != 0: raise Doubt")
        make = self.named(unchecked(kind) if plain else kind)
        given = [it.name if plain else f"{it.alias}={it.name}" for it in fields]
        self.add(1, f"made = {make}({', '.join(given)})")
        for it in fields:
            if plain and it.metadata[OWN] is not None:
                own, its = self.named(it.metadata[OWN]), self.named(it)
                self.add(1, f"{own}(made, {its}, {it.name})")
        if plain and hasattr(kind, "__attrs_post_init__"):
            self.add(1, "made.__attrs_post_init__()")
        self.add(1, "return made")
        made: Read = self.function("def read(data):")
        return made

    def _field(self, it: attrs.Attribute[Any], kind: Any, *, checked: bool) -> None:
        name, depth = it.name, 1
        if it.default is attrs.NOTHING:
            self.add(1, f"{name} = data[{name!r}]; size -= 1")
        else:
            made: Any = it.default
            is_made = hasattr(made, "factory")
            default = self.named(made.factory if is_made else made)
            self.add(1, f"if {name!r} not in data: {name} = {default}{'()' if is_made else ''}")
            self.add(1, "else:")
            self.add(2, f"{name} = data[{name!r}]; size -= 1")
            depth = 2
        of_type = Text if kind is str and it.default == "" and checked else kind
        self._read(of_type, name, depth, checked=checked, public=name in _PUBLIC)
        if it.converter is not None and _collection_of(kind) not in {tuple, frozenset}:
            is_made = hasattr(it.default, "factory")
            self.add(1 if is_made else depth, f"{name} = {self.named(it.converter)}({name})")

    def _read(self, kind: Any, v: str, depth: int, *, checked: bool, public: bool) -> None:  # noqa: C901, PLR0912  # one for each kind
        """Read a variable as a kind, in place."""
        if kind in self.readers.hooks:
            self.add(depth, f"{v} = {self.named(self.readers.hooks[kind])}({v})")
            return
        origin, parts = get_origin(kind), get_args(kind)
        if origin is Annotated:
            self._annotated(kind, v, depth, checked=checked, public=public)
        elif kind is str:
            self._name(v, depth, checked=checked, public=public)
        elif kind is bool:
            self.add(depth, f"if {v} is not True and {v} is not False: raise Doubt")
        elif kind is int:
            self._number(v, depth, (0, MOST) if checked else None)
        elif kind is date:
            self._day(v, depth, (FIRST_DAY, LAST_DAY) if checked else None)
        elif kind is datetime:
            self.add(depth, f"if type({v}) is not str or instant({v}) is None: raise Doubt")
            self.add(depth, f"{v} = instant_of({v})")
            if checked:
                years = f"{FIRST_DAY.year} <= {v}.year <= {LAST_DAY.year}"
                self.add(depth, f"if not {years}: raise Doubt")
        elif origin in {Union, UnionType} and _is_optional(parts):
            (inner,) = (part for part in parts if part is not NoneType)
            self.add(depth, f"if {v} is not None:")
            self._read(inner, v, depth + 1, checked=checked, public=public)
        elif origin in {tuple, frozenset} and parts[1:] in {(), (...,)}:
            self._many(origin, parts[0], v, depth, checked=checked, public=public)
        elif isinstance(origin, type) and issubclass(origin, Mapping):
            self._mapping(parts, v, depth, checked=checked, public=public)
        elif origin is Literal and all(isinstance(part, str) for part in parts):
            names = self.named(frozenset(parts))
            self.add(depth, f"if type({v}) is not str or {v} not in {names}: raise Doubt")
        elif isinstance(kind, type) and issubclass(kind, Enum):
            members = self.named({it.value: it for it in kind})
            self.add(depth, f"if type({v}) is not str: raise Doubt", f"{v} = {members}[{v}]")
        elif isinstance(kind, type) and (reader := self.readers.of(kind)) is not None:
            self.add(depth, f"{v} = {self.named(reader)}({v})")
        else:
            self._strictly(kind, v, depth, checked=checked)

    def _annotated(self, kind: Any, v: str, depth: int, *, checked: bool, public: bool) -> None:
        base, *marks = get_args(kind)
        between = next((it for it in marks if isinstance(it, Between)), None)
        if between is not None and base in {int, date}:
            bounds = (between.low, between.high) if checked else None
            (self._day if base is date else self._number)(v, depth, bounds)
            return
        if base is str and checked and public:
            known, is_unfit = self.readers.known_texts(kind)
            texts, unfit = self.named(known), self.named(is_unfit)
            wrong = f"type({v}) is not str or {v} not in {texts} and {unfit}({v})"
            self.add(depth, f"if {wrong}: raise Doubt")
            return
        if base is str:
            self.add(depth, f"if type({v}) is not str: raise Doubt")
        else:
            self._read(base, v, depth, checked=checked, public=public)
        if checked:
            check = self.named(check_of(kind))
            self.add(depth, f"if {check}({v}) is not None: raise Doubt")

    def _name(self, v: str, depth: int, *, checked: bool, public: bool) -> None:
        wrong = f"type({v}) is not str"
        if checked and public:
            wrong += f" or {v} not in known and is_unknown({v})"
        elif checked:
            wrong += f" or is_name({v}) is not None"
        self.add(depth, f"if {wrong}: raise Doubt")

    def _number(self, v: str, depth: int, bounds: tuple[Any, Any] | None) -> None:
        wrong = f"type({v}) is not int"
        if bounds is not None:
            wrong += f" or not {bounds[0]} <= {v} <= {bounds[1]}"
        self.add(depth, f"if {wrong}: raise Doubt")

    def _day(self, v: str, depth: int, bounds: tuple[Any, Any] | None) -> None:
        form = f"type({v}) is not str or len({v}) != 10 or {v}[4] != '-' or {v}[7] != '-'"
        self.add(depth, f"if {form}: raise Doubt", f"{v} = day_of({v})")
        if bounds is not None:
            low, high = (self.named(it) for it in bounds)
            self.add(depth, f"if not {low} <= {v} <= {high}: raise Doubt")

    def _many(
        self, origin: Any, item: Any, v: str, depth: int, *, checked: bool, public: bool
    ) -> None:
        each, several = self.new(), self.new()
        self.add(depth, f"if type({v}) is not list: raise Doubt", f"{several} = []")
        self.add(depth, f"for {each} in {v}:")
        self._read(item, each, depth + 1, checked=checked, public=public)
        self.add(depth + 1, f"{several}.append({each})")
        self.add(depth, f"{v} = {self.named(origin)}({several})")
        self.add(depth, f"if len({v}) != len({several}): raise Doubt")

    def _mapping(
        self, parts: tuple[Any, ...], v: str, depth: int, *, checked: bool, public: bool
    ) -> None:
        key, each, several = self.new(), self.new(), self.new()
        self.add(depth, f"if type({v}) is not dict: raise Doubt", f"{several} = {{}}")
        self.add(depth, f"for {key}, {each} in {v}.items():")
        self._read(parts[0], key, depth + 1, checked=checked, public=public)
        self._read(parts[1], each, depth + 1, checked=checked, public=public)
        self.add(depth + 1, f"{several}[{key}] = {each}")
        self.add(depth, f"{v} = {several}")

    def _strictly(self, kind: Any, v: str, depth: int, *, checked: bool) -> None:
        strict, check = self.readers.strict, check_of(kind) if checked else None

        def read(value: Any) -> Any:
            if depth_exceeds(value, _SHALLOW):
                raise Doubt
            found = strict(value, kind)
            if check is not None and check(found) is not None:
                raise Doubt
            return found

        self.add(depth, f"{v} = {self.named(read)}({v})")


def _collection_of(kind: Any) -> Any:
    """The collection of a kind that may be absent; a converter leaves a value of it as it is."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _collection_of(parts[0])
    if origin in {Union, UnionType} and _is_optional(parts):
        return _collection_of(next(part for part in parts if part is not NoneType))
    return origin


def _is_checked_by_fields(kind: type[Any]) -> bool:
    """Whether the constructor checks each field as its annotation says."""
    return all(CHECKED in it.metadata for it in attrs.fields(kind) if it.init)


class Writers:
    """The writers of classes, each made when it is first asked for.

    `hook_of` gives the writers of classes that are not written by their fields. `head_of` gives the
    keys that are written before the fields of a class. Of the classes in `sparse` a field that has
    its default is not written. Values of the classes in `kept` recur.
    """

    def __init__(
        self,
        hook_of: Callable[[type], Write | None],
        head_of: Callable[[type], Mapping[str, Any]],
        sparse: frozenset[type],
        kept: frozenset[type],
    ) -> None:
        self.hook_of, self.head_of, self.sparse, self.kept = hook_of, head_of, sparse, kept
        several: Write = self._several
        table: Write = self._table
        self.made = _Made(
            self._new,
            {
                **_SCALARS,
                tuple: several,
                frozenset: sorted,
                dict: table,
                MappingProxyType: table,
                Unchanging: table,
            },
        )

    def _several(self, values: Any) -> Any:
        return [self.made[type(value)](value) for value in values]

    def _table(self, values: Any) -> Any:
        return {key: self.made[type(value)](value) for key, value in values.items()}

    def write(self, value: Any) -> Any:
        """The JSON data of a value; TypeError if values of its class are not written."""
        return self.made[type(value)](value)

    def _new(self, kind: type) -> Write:
        """The writer of a class."""
        found = self.hook_of(kind)
        if found is not None:
            return found
        if issubclass(kind, Enum):
            return _value_of
        if not attrs.has(kind):
            raise TypeError(f"cannot dump a {kind.__name__}")
        made = _WriterCode(self).of(kind)
        return recurring(made) if kind in self.kept else made


def recurring(write: Write) -> Write:
    """A writer of values that recur, such as parts of a policy: it writes each of them once.

    The text that it keeps for a value is dropped with the value.
    """
    kept: dict[int, tuple[ref[Any], Callable[[], Any]]] = {}

    def written(value: Any) -> Any:
        key = id(value)
        found = kept.get(key)
        if found is None or found[0]() is not value:
            found = ref(value, lambda _: kept.pop(key, None)), _copies(write(value))
            kept[key] = found
        return found[1]()

    return written


def _copies(data: Any) -> Callable[[], Any]:
    """A function that makes JSON data anew."""
    plain = json.loads(json.dumps(data))
    made: Callable[[], Any] = eval(f"lambda: {plain!r}", {})  # noqa: S307  # JSON data is a literal
    return made


class _Made(dict[type, Write]):
    """The writers that were made; another one is made when it is asked for."""

    def __init__(self, make: Callable[[type], Write], made: Mapping[type, Write]) -> None:
        super().__init__(made)
        self._make = make

    def __missing__(self, kind: type) -> Write:
        found = self[kind] = self._make(kind)
        return found


def _same(value: Any) -> Any:
    return value


def _value_of(member: Any) -> Any:
    return member.value


_SCALARS: Final[Mapping[type, Write]] = {
    str: _same,
    int: _same,
    bool: _same,
    NoneType: _same,
    date: date.isoformat,
    datetime: write_instant,
    time: time.isoformat,
}


class _WriterCode(_Code):
    def __init__(self, writers: Writers) -> None:
        super().__init__()
        self.writers = writers
        self.names |= {"made": writers.made, "instant": write_instant}

    def of(self, kind: Any) -> Write:
        """The writer of a class."""
        types = field_types(kind)
        fields = [it for it in attrs.fields(kind) if it.init]
        head = [f"{name!r}: {value!r}" for name, value in self.writers.head_of(kind).items()]
        if kind in self.writers.sparse:
            self.add(1, f"found = {{{', '.join(head)}}}")
            for it in fields:
                default = self.named(it.default)
                given = "is not None" if it.default is None else f"!= {default}"
                self.add(1, f"v = value.{it.name}", f"if v {given}:")
                self.add(2, f"found[{it.name!r}] = {self._written(types[it.name], 'v')}")
            self.add(1, "return found")
        else:
            each = (
                f"{it.name!r}: {self._written(types[it.name], f'value.{it.name}')}" for it in fields
            )
            self.add(1, f"return {{{', '.join((*head, *each))}}}")
        made: Write = self.function("def write_fields(value):")
        return made

    def _written(self, kind: Any, v: str) -> str:  # noqa: PLR0911  # one for each kind
        """The expression that writes an expression of a kind."""
        origin, parts = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._written(parts[0], v)
        if kind in {str, int, bool} or origin is Literal:
            return v
        if kind is date:
            return f"{v}.isoformat()"
        if kind is datetime:
            return f"instant({v})"
        if origin in {Union, UnionType} and _is_optional(parts):
            (inner,) = (part for part in parts if part is not NoneType)
            each = self.new()
            written = self._written(inner, each)
            return v if written == each else f"None if ({each} := {v}) is None else {written}"
        if origin is tuple:
            return self._several(parts, v)
        if origin is frozenset:
            return f"sorted({v})"
        if isinstance(origin, type) and issubclass(origin, Mapping):
            if _unmarked(parts[0]) is not str:
                raise TypeError(f"cannot dump a {origin.__name__}: its keys are not texts")
            each = self.new()
            key = self._written(parts[0], "key")
            item = parts[1] if parts[1:] else int  # a Counter
            return f"{{{key}: {self._written(item, each)} for key, {each} in {v}.items()}}"
        each = self.new()
        return f"made[type({each} := {v})]({each})"

    def _several(self, parts: tuple[Any, ...], v: str) -> str:
        if parts[1:] not in {(), (...,)}:
            items = (self._written(part, f"{v}[{at}]") for at, part in enumerate(parts))
            return f"[{', '.join(items)}]"
        each = self.new()
        written = self._written(parts[0], each)
        return f"list({v})" if written == each else f"[{written} for {each} in {v}]"
