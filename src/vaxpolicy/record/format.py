"""The format of a record."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs
from attrs import Attribute, field, frozen
from cattrs import Converter
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.v import transform_error

from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.catalog.persons import person_from
from vaxpolicy.days import DaySet, is_instant
from vaxpolicy.eligibility import Outcome
from vaxpolicy.record.differences import Difference, RecordError, canonical
from vaxpolicy.rules.people import PartialDate, Person

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

FORMAT: Final = 1
"""The version of the format of new records; every published version stays readable."""

_HEX: Final = re.compile("[0-9a-f]*")
_SHA256: Final = 64
_ED25519: Final = 128


def _hexadecimal(digits: int) -> Callable[[object, Attribute[Any], object], None]:
    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if value is None and attribute.name in {"predecessor", "signature"}:
            return
        if not isinstance(value, str) or len(value) != digits or not _HEX.fullmatch(value):
            what = "a keyed pseudonym, " if attribute.name == "subject" else ""
            raise ValueError(f"{attribute.name}: expected {what}{digits} lower-case hex digits")

    return check


def _aware(_: object, __: object, value: datetime) -> None:
    if not is_instant(value):
        raise ValueError("instant: expected a datetime with its UTC offset")


@frozen
class PolicyNamed:
    """The policy of the decision, with the digest of its content."""

    id: str
    version: str
    digest: str = field(validator=_hexadecimal(_SHA256))


@frozen
class FactsUsed:
    """The facts of the decision: those facts about the person that the policy reads.

    `asked` has the names of the fields of `Person` that the policy asks for; of these, None in
    `person` means not known. Doses are those against the policy's disease and those of vaccines
    that it does not know, groups and willingness those that its conditions name.
    """

    person: Person
    asked: frozenset[str]


@frozen
class RecordedWindow:
    """A booking window: when it opens and closes, as ISO 8601 text or ``not-stated``."""

    opens: str
    closes: str


@frozen
class RecordedOffer:
    """An offer; `bookable` is the answer for the instant of the record."""

    rule: str
    vaccine: str
    dose: int
    days: DaySet
    possible_days: DaySet
    windows: tuple[RecordedWindow, ...]
    bookable: bool | None


@frozen
class RecordedReason:
    """A reason, without the text of its condition, which is in the policy."""

    code: str
    rule: str
    effect: str
    dose: int
    vaccine: str | None
    basis: str
    day: date | None
    fact: str | None


@frozen
class RecordedDecision:
    """The answer of `vaxpolicy.eligibility.decide`.

    `from_day` is the first day that counted; it is not written if it is None, for an answer in
    retrospect. `verified` says whether the policy is verified; it is written only if it is false.
    """

    outcome: Outcome
    offers: tuple[RecordedOffer, ...]
    possible_offers: tuple[RecordedOffer, ...]
    reasons: tuple[RecordedReason, ...]
    missing: tuple[str, ...]
    from_day: date | None = None
    verified: bool = True


@frozen
class PartDigests:
    """The SHA-256 of each part in canonical JSON; it shows which part was changed."""

    decision: str
    facts: str
    instant: str
    library: str
    policy: str
    predecessor: str
    subject: str


@frozen
class Record:
    """One decision as it was made; see `make` and `read`.

    Attributes:
        format: the version of the format.
        subject: the keyed pseudonym of the person.
        instant: the instant of the decision, as the caller gave it.
        library: the version of this library.
        policy: the policy.
        facts: the facts that it reads.
        decision: the answer.
        predecessor: the digest of the record before it in its chain.
        parts: the digests of the parts.
        signature: Ed25519 over all but signature and digest, in hexadecimal.
        digest: SHA-256 over all but itself, in hexadecimal.
    """

    format: Literal[1]
    subject: str = field(validator=_hexadecimal(_SHA256))
    instant: datetime = field(validator=_aware)
    library: str
    policy: PolicyNamed
    facts: FactsUsed
    decision: RecordedDecision
    predecessor: str | None = field(validator=_hexadecimal(_SHA256))
    parts: PartDigests
    signature: str | None = field(validator=_hexadecimal(_ED25519))
    digest: str

    def to_json(self) -> str:
        """The record in canonical JSON, without a line feed at its end."""
        return canonical(plain(self))


def _sha256(value: object) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def digest_of(record: Record) -> str:
    """The correct digest."""
    return _sha256({name: it for name, it in plain(record).items() if name != "digest"})


def to_sign(record: Record) -> bytes:
    """The bytes that are signed."""
    beside = {"digest", "signature"}
    content = {name: it for name, it in plain(record).items() if name not in beside}
    return b"vaxpolicy record\n" + canonical(content).encode()


def part_digests(record: Record) -> PartDigests:
    """The correct digests of the parts."""
    document = plain(record)
    return PartDigests(**{it.name: _sha256(document[it.name]) for it in attrs.fields(PartDigests)})


class _ExpectedError(ValueError):
    """A value has a wrong type; the text says what was expected."""


def _exactly(kind: type[T], name: str) -> Callable[[Any, Any], T]:
    def take(value: Any, _: Any) -> T:
        if type(value) is not kind:
            raise _ExpectedError(f"expected {name}")
        return value

    return take


def _iso(value: Any, kind: type[date]) -> date:
    if isinstance(value, str):
        try:
            return kind.fromisoformat(value)
        except ValueError:
            pass
    raise _ExpectedError(f"expected a {kind.__name__} as ISO 8601 text")


def _one_of(value: Any, *known: object) -> Any:
    if any(type(value) is type(it) and value == it for it in known):
        return value
    raise _ExpectedError(f"expected {' or '.join(map(canonical, known))}")


def _table(kind: type[T], converter: Converter) -> Callable[[Any, Any], T]:
    structure = make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True)

    def take(value: Any, _: Any) -> T:
        if not isinstance(value, dict):
            raise _ExpectedError("expected an object")
        return structure(value, kind)

    return take


def _array(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    (item, _) = kind.__args__

    def take(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise _ExpectedError("expected an array")
        return tuple(converter.structure(it, item) for it in value)

    return take


def _is_array(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple


@frozen
class _DayRange:
    first: date
    last: date


def _days(value: Any, _: Any) -> DaySet:
    ranges = _CONVERTER.structure(value, tuple[_DayRange, ...])
    return DaySet.of_spans((it.first.toordinal(), it.last.toordinal()) for it in ranges)


def _plain_days(days: DaySet) -> list[dict[str, Any]]:
    return [
        {"first": date.fromordinal(low).isoformat(), "last": date.fromordinal(high).isoformat()}
        for low, high in days.spans
    ]


def _facts(value: Any, _: Any) -> FactsUsed:
    problems: tuple[str, ...]
    try:
        person = person_from(value)
    except PolicyFileError as error:
        problems = error.problems
    else:
        if "key" in value:
            raise _ExpectedError("the pseudonym is no fact: it stands under subject")
        return FactsUsed(person, frozenset(value))
    raise _ExpectedError("; ".join(problems))


def _plain_facts(facts: FactsUsed) -> dict[str, Any]:
    person = facts.person
    doses, wanted = person.doses, person.willingness
    known: dict[str, Any] = {
        "birth_date": _plain_birth_date(person.birth_date),
        "doses": None
        if doses is None
        else [{"on": dose.on.isoformat(), "vaccine": dose.vaccine} for dose in doses],
        "groups": None if person.groups is None else sorted(person.groups),
        "unknown_groups": sorted(person.unknown_groups),
        "registered_county": person.registered_county,
        "residence_county": person.residence_county,
        "willingness": None
        if wanted is None
        else {"wanted": {code: since.isoformat() for code, since in wanted.wanted.items()}},
    }
    return {name: known[name] for name in facts.asked}


def _plain_birth_date(birth: date | PartialDate | None) -> str | None:
    if not isinstance(birth, PartialDate):
        return birth.isoformat() if birth else None
    return f"{birth.year:04}" if birth.month is None else f"{birth.year:04}-{birth.month:02}"


_BOOKABLE: Final = (True, False, None)
_VERIFIED: Final = (False,)


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook_factory(attrs.has, _table)
    converter.register_structure_hook_factory(_is_array, _array)
    for kind, name in ((int, "a whole number"), (str, "text")):
        converter.register_structure_hook(kind, _exactly(kind, name))
    # only `verified` is one, and it is not written where it is true
    converter.register_structure_hook(bool, lambda value, _: _one_of(value, *_VERIFIED))
    converter.register_structure_hook(date, _iso)
    converter.register_structure_hook(datetime, _iso)
    converter.register_structure_hook(DaySet, _days)
    converter.register_structure_hook(FactsUsed, _facts)
    converter.register_structure_hook_func(
        lambda kind: kind == Literal[1], lambda value, _: _one_of(value, FORMAT)
    )
    converter.register_structure_hook_func(
        lambda kind: kind == bool | None, lambda value, _: _one_of(value, *_BOOKABLE)
    )
    outcomes = [outcome.value for outcome in Outcome]
    converter.register_structure_hook(Outcome, lambda value, _: Outcome(_one_of(value, *outcomes)))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_unstructure_hook(DaySet, _plain_days)
    converter.register_unstructure_hook(FactsUsed, _plain_facts)
    converter.register_unstructure_hook(
        RecordedDecision,
        make_dict_unstructure_fn(
            RecordedDecision,
            converter,
            from_day=override(omit_if_default=True),
            verified=override(omit_if_default=True),
        ),
    )
    return converter


_CONVERTER: Final = _converter()


def plain(value: object) -> Any:
    """A record, or a part of one, as JSON values."""
    return _CONVERTER.unstructure(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_float(_: str) -> Any:
    raise ValueError("a number is not whole")


def _explain(error: BaseException, _: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown fields; known are {', '.join(it.name for it in attrs.fields(error.cl))}"
    if isinstance(error, KeyError):
        return f"the field {error.args[0]} is missing"
    return str(error)


def parse(text: str | bytes) -> Record:
    """Read a record from a text, canonical or not. Raises RecordError."""
    try:
        decoded = text if isinstance(text, str) else text.decode()
        document = json.loads(
            decoded, object_pairs_hook=_object, parse_float=_no_float, parse_constant=_no_float
        )
        canonical(document).encode()  # half a surrogate pair is no character
        return _CONVERTER.structure(document, Record)
    except ClassValidationError as error:
        problems = transform_error(error, path="$", format_exception=_explain)
    except json.JSONDecodeError as error:
        problems = [f"expected JSON ({error.msg} in column {error.colno}) @ $"]
    except UnicodeError:
        problems = ["expected UTF-8 @ $"]
    except RecursionError:
        problems = ["nested too deeply @ $"]
    except ValueError as error:
        problems = [f"{error} @ $"]
    split = (problem.rpartition(" @ ") for problem in problems)
    raise RecordError(
        tuple(
            Difference("not-a-record", place.lstrip("$."), now=problem)
            for problem, _, place in split
        )
    )


def read(text: str | bytes) -> Record:
    """Read a record from canonical JSON. Raises RecordError for anything else.

    Unknown fields and unknown versions of the format are refused. `verify` checks whether the
    record is correct.
    """
    record = parse(text)
    if not is_canonical(text, record):
        raise RecordError((Difference("not-canonical"),))
    return record


def is_canonical(text: str | bytes, record: Record) -> bool:
    """Whether these are the canonical bytes of the record."""
    return (text.encode() if isinstance(text, str) else text) == record.to_json().encode()


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a record (draft 2020-12)."""
    text = (files("vaxpolicy") / "schemas" / "record.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
