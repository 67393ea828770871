"""Policies from TOML: the bundled ones by their ids, and anybody's own by their paths.

A file is read strictly: an unknown key, a value of the wrong type, a rule that cites no source or a
source that is not there is a `PolicyFileError`, which names the file, the place in it and what was
expected. What a file may hold is what the classes of `vaxpolicy.policy` and
`vaxpolicy.conditions` hold, key by key.

The bundled policies are package data; they never change in meaning under the same version.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, cast, get_args, get_origin

import attrs
from attrs import frozen
from cattrs import Converter
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.gen import make_dict_structure_fn
from cattrs.v import transform_error

from vaxpolicy.compare import PolicyDiff, diff
from vaxpolicy.conditions import (
    LEAVES,
    AgeBand,
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    InGroup,
    NotThat,
    PolicyError,
    Reckoning,
    implies,
)
from vaxpolicy.eligibility import Decision, decide
from vaxpolicy.people import PartialDate, Person, parse_birth_date
from vaxpolicy.plan import prepare
from vaxpolicy.policy import (
    Explained,
    Group,
    GroupList,
    Moment,
    Notification,
    Policy,
    Source,
    Stage,
    Vaccine,
    in_force,
)
from vaxpolicy.review import Finding, review

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from importlib.resources.abc import Traversable

__all__ = [
    "PolicyDiff",
    "PolicyFileError",
    "UnknownPolicyError",
    "diff",
    "group_lists",
    "groups",
    "ids",
    "lint",
    "load",
    "load_file",
    "person_from",
    "timeline",
    "vaccines",
]

T = TypeVar("T")


class PolicyFileError(PolicyError):
    """A policy file that cannot be taken; `problems` lists every one with its place."""

    def __init__(self, file: str, problems: list[str]) -> None:
        super().__init__(f"{file}: " + "; ".join(problems))
        self.file, self.problems = file, tuple(problems)


class UnknownPolicyError(LookupError):
    """No bundled policy of that id, or none of that version or in force on that day."""


# -- what a file holds -----------------------------------------------------------------------------


@frozen
class PolicyFile:
    """A public announcement, or several about one round or campaign, as rules."""

    id: str
    version: str
    announced: date
    disease: str
    notification: Notification
    sources: dict[str, Source]
    stages: tuple[Stage, ...]
    title: str = ""
    counts_from: date | None = None
    verified: bool = True
    licences_apply: bool = True
    explained: tuple[Explained, ...] = ()
    review_by: date | None = None


@frozen
class _VaccinesFile:
    sources: dict[str, Source]
    vaccines: tuple[Vaccine, ...]


# -- strict reading --------------------------------------------------------------------------------

_LEAF_BY_KEY: Final[Mapping[str, type[Condition]]] = {
    attrs.fields(leaf)[0].name: leaf for leaf in LEAVES
}


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


def _instant(value: Any, _: Any = None) -> datetime:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise _ExpectedError(f"expected an instant with its UTC offset, found {_kind(value)}")
    return value


def _moment(value: Any, _: Any) -> Moment:
    if value == "not-stated" or type(value) is date:
        return cast("Moment", value)
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


def _converter() -> Converter:
    converter = _strict()
    converter.register_structure_hook(bool, _exactly(bool, "true or false"))
    converter.register_structure_hook(date, _exactly(date, "a date"))
    converter.register_structure_hook(datetime, _instant)
    for union, hook in (
        (Moment, _moment),
        (Reckoning, _reckoning),
        (datetime | date | None, _time_or_day),
        (AnyCondition, _condition),
    ):
        converter.register_structure_hook_func(_is(union), hook)
    return converter


def _is(union: object) -> Callable[[object], bool]:
    return lambda kind: kind == union


_CONVERTER: Final = _converter()


def _explain(error: BaseException, _: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        known = ", ".join(attribute.alias for attribute in attrs.fields(error.cl))
        return f"unknown key {', '.join(sorted(error.extra_fields))}: expected one of {known}"
    if isinstance(error, KeyError):
        return f"the key {error.args[0]} is missing"
    return str(error)


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


def person_from(document: object, file: str = "person") -> Person:
    """The person that a JSON document describes, with the fields of `Person`.

    Dates and instants are ISO 8601 text, a birth date may be cut short (2004-02, 2004). What is
    left out is not known. Raises PolicyFileError, which names what is wrong with which field, not
    the value.
    """
    try:
        return _JSON.structure(document, Person)
    except (ClassValidationError, IterableValidationError) as error:
        problems = transform_error(error, path="$", format_exception=_explain)
    except _ExpectedError as error:
        problems = [f"{error} @ $"]
    raise PolicyFileError(file, [" at ".join(problem.rsplit(" @ ", 1)) for problem in problems])


def _json_converter() -> Converter:
    converter = _strict()
    converter.register_structure_hook(date, lambda value, _: _iso(value, date.fromisoformat))
    converter.register_structure_hook(
        datetime, lambda value, _: _iso(value, datetime.fromisoformat)
    )
    converter.register_structure_hook_func(_is(date | PartialDate | None), _birth_date)
    return converter


def _iso(value: object, parse: Callable[[str], T]) -> T:
    if isinstance(value, str):
        try:
            return parse(value)
        except ValueError:
            pass
    raise _ExpectedError("expected a date or an instant as ISO 8601 text")


def _birth_date(value: Any, _: Any) -> date | PartialDate | None:
    """A whole date, or the year, or the year and the month."""
    return None if value is None else _iso(value, parse_birth_date)


_JSON: Final = _json_converter()


# -- the bundled data ------------------------------------------------------------------------------

_ROOT: Final = "policies"


def _bundled() -> Traversable:
    return files("vaxpolicy") / _ROOT


@cache
def vaccines() -> Mapping[str, Vaccine]:
    """All vaccines by code."""
    file = "vaccines.toml"
    found = _structure(_parse((_bundled() / file).read_text("utf-8"), file), _VaccinesFile, file)
    cited = [
        (vaccine.code, cites)
        for vaccine in found.vaccines
        for cites in (
            *(licence.cites for licence in vaccine.licences),
            *(interval.cites for interval in vaccine.intervals),
        )
    ]
    if problems := _uncited(cited, found.sources):
        raise PolicyFileError(file, problems)
    return {vaccine.code: vaccine for vaccine in found.vaccines}


@cache
def group_lists() -> tuple[GroupList, ...]:
    """All versions of the lists of target groups, in order of their ids; group ids are whole."""
    return tuple(
        _group_list(entry)
        for entry in sorted((_bundled() / "groups").iterdir(), key=lambda entry: entry.name)
    )


def _group_list(entry: Traversable) -> GroupList:
    file = f"groups/{entry.name}"
    found = _structure(_parse(entry.read_text("utf-8"), file), GroupList, file)
    cited = [(group.id, group.cites) for group in found.groups]
    if problems := _uncited(cited, found.sources):
        raise PolicyFileError(file, problems)
    whole = (attrs.evolve(group, id=f"{found.id}/{group.id}") for group in found.groups)
    return attrs.evolve(found, groups=tuple(whole))


@cache
def groups() -> Mapping[str, Group]:
    """All groups and parts of groups by id."""
    return {group.id: group for found in group_lists() for group in found.groups}


@cache
def _bands() -> Mapping[str, AgeBand]:
    return {name: group.ages for name, group in groups().items() if group.ages is not None}


@cache
def ids() -> tuple[str, ...]:
    """The ids of all bundled policies, in order."""
    return tuple(sorted(_walk(_bundled(), "")))


def _walk(folder: Traversable, prefix: str) -> list[str]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "groups":
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif prefix and entry.name.endswith(".toml") and "@" not in entry.name:
            found.append(prefix + entry.name.removesuffix(".toml"))
    return found


@cache
def load(policy_id: str, *, version: str | None = None, as_of: date | None = None) -> Policy:
    """The bundled policy of that id: its newest version, or the one that is asked for.

    With `as_of`, only what had been announced by that day and was not yet replaced. Raises
    UnknownPolicyError.
    """
    if policy_id not in ids():
        raise UnknownPolicyError(f"no bundled policy has the id {policy_id!r}")
    file = f"{policy_id}.toml"
    policy = _read(_bundled().joinpath(*file.split("/")).read_text("utf-8"), file, as_of)
    if version not in {None, policy.version}:
        older = _bundled().joinpath(*f"{policy_id}@{version}.toml".split("/"))
        if not older.is_file():
            raise UnknownPolicyError(f"{policy_id} has no version {version!r}")
        policy = _read(older.read_text("utf-8"), f"{policy_id}@{version}.toml", as_of)
    if not policy.stages:
        raise UnknownPolicyError(f"nothing of {policy_id} was in force on {as_of}")
    return policy


def load_file(path: str | Path, *, as_of: date | None = None) -> Policy:
    """The policy in a file of one's own; raises PolicyFileError, or OSError for an unread file."""
    return _read(Path(path).read_text("utf-8"), str(path), as_of)


def _read(text: str, file: str, as_of: date | None) -> Policy:
    found = _structure(_parse(text, file), PolicyFile, file)
    if problems := _uncited(_cited(found.stages), found.sources):
        raise PolicyFileError(file, problems)
    policy = Policy(
        id=found.id,
        version=found.version,
        title=found.title,
        announced=found.announced,
        disease=found.disease,
        notification=found.notification,
        sources=found.sources,
        stages=in_force(found.stages, as_of or date.max, found.announced),
        vaccines=vaccines(),
        bands=_bands(),
        counts_from=found.counts_from,
        verified=found.verified,
        licences_apply=found.licences_apply,
        written=found.stages,
        explained=found.explained,
        review_by=found.review_by,
    )
    policy = attrs.evolve(policy, digest=_digest(policy))
    try:
        prepare(policy)
    except PolicyError as error:
        problem = str(error)
    else:
        return policy
    raise PolicyFileError(file, [problem])


def _cited(stages: tuple[Stage, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for stage in stages:
        if stage.cites:
            yield f"stage {stage.id}", stage.cites
        yield from ((f"stage {stage.id}, rule {rule.id}", rule.cites) for rule in stage.rules)
        windows = (window for window in stage.windows if window.cites)
        yield from ((f"stage {stage.id}, a window", window.cites) for window in windows)


def _uncited(
    cited: Iterable[tuple[str, tuple[str, ...]]], sources: Mapping[str, Source]
) -> list[str]:
    problems = []
    for where, keys in cited:
        if not keys:
            problems.append(f"{where}: cites no source")
        problems += [
            f"{where}: cites {key}, which is not under sources"
            for key in keys
            if key not in sources
        ]
    return problems


def lint(policy: Policy, today: date | None = None) -> tuple[Finding, ...]:
    """What is wrong with the policy, or looks so and is explained in its file.

    Dates to review by are compared to `today` where it is given. See `vaxpolicy.review`.
    """
    return review(policy, groups(), today)


def timeline(
    person: Person, policies: Iterable[str | Policy] | None = None
) -> tuple[Decision, ...]:
    """What each policy says to one person, in the order in which they are named.

    Policies are named by bundled id or given as such; without any, all bundled ones in the order of
    their first vaccination days. Each decision is made on the person's facts as they stand: an
    offer of an earlier policy that came before a later dose is still told, for doses have days.
    """
    found = [
        load(it) if isinstance(it, str) else it
        for it in (_in_time() if policies is None else policies)
    ]
    return tuple(decide(policy, person) for policy in found)


def _in_time() -> list[Policy]:
    return sorted(
        map(load, ids()),
        key=lambda it: (min(stage.vaccination_days.first for stage in it.stages), it.id),
    )


_BESIDE_DECISIONS: Final = {"digest", "prepared", "written", "explained", "review_by"}


def _digest(policy: Policy) -> str:
    """SHA-256 over all that can bear on a decision, and over the sources, in canonical JSON.

    Not over what a later release may add beside it: other vaccines and group lists, names, notes.
    """
    offered = {
        vaccine for stage in policy.stages for rule in stage.rules for vaccine in rule.vaccines
    }
    vaccines = {code: it for code, it in policy.vaccines.items() if code in offered}
    named = {*_groups_named(policy.stages), *_groups_named(tuple(vaccines.values()))}
    own = attrs.evolve(
        policy,
        vaccines={
            code: attrs.evolve(it, names={}, cvx=None, intervals=(), note="")
            for code, it in vaccines.items()
        },
        bands={
            band: ages
            for band, ages in policy.bands.items()
            if any(implies(band, group) for group in named)
        },
    )
    content = attrs.asdict(
        own,
        filter=lambda attribute, _: attribute.name not in _BESIDE_DECISIONS,
        value_serializer=_plain,
    )
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _groups_named(part: object) -> Iterator[str]:
    """The groups that conditions name, however deep inside."""
    kind = type(part)
    if isinstance(part, InGroup):
        yield part.group
    elif isinstance(part, tuple):
        yield from (group for item in part for group in _groups_named(item))
    elif attrs.has(kind):
        inside = tuple(getattr(part, field.name) for field in attrs.fields(kind))
        yield from _groups_named(inside)


def _plain(_: object, __: object, value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
