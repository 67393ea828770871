"""The format of a record."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import attrs
from attrs import frozen
from cattrs.gen import make_dict_unstructure_fn, override

from vaxpolicy import _strict
from vaxpolicy._strict import (
    ExpectedError,
    InvalidDocument,
    Problem,
    read_json,
    structure,
    write_instant,
)
from vaxpolicy._values import DoseCount, DoseNumber, Form, Prose, Sha256, Text, TurningDay, checked
from vaxpolicy.catalog.persons import add_person_hooks, write_birth_date, write_fact_date
from vaxpolicy.days import DaySet
from vaxpolicy.eligibility import Outcome
from vaxpolicy.record.differences import Difference, RecordError, canonical
from vaxpolicy.rules.people import Person

if TYPE_CHECKING:
    from cattrs import Converter

FORMAT: Final = 1
"""The version of the format of new records; every published version stays readable."""

Subject: TypeAlias = Annotated[
    str, Form("[0-9a-f]{64}", "a keyed pseudonym, 64 lower-case hex digits")
]
Signature: TypeAlias = Annotated[str, Form("[0-9a-f]{128}", "128 lower-case hex digits")]
_NO_DIGEST: Final = "0" * 64
"""The text in the place of a digest until it is computed."""


@frozen(field_transformer=checked)
class PolicyNamed:
    """The policy of the decision, with the digest of its content."""

    id: str
    version: str
    digest: Sha256


@frozen(field_transformer=checked)
class FactsUsed:
    """The facts of the decision: those facts about the person that the policy reads.

    `asked` has the names of the fields of `Person` that the policy asks for; of these, None in
    `person` means not known. Doses are those against the policy's disease and those of vaccines
    that it does not know, groups and willingness those that its conditions name.
    """

    person: Person
    asked: frozenset[str]


@frozen(field_transformer=checked)
class RecordedWindow:
    """A booking window: when it opens and closes, as ISO 8601 text or ``not-stated``."""

    opens: str
    closes: str


@frozen(field_transformer=checked)
class RecordedOffer:
    """An offer; `bookable` is the answer for the instant of the record."""

    rule: str
    vaccine: str
    dose: DoseNumber
    days: DaySet
    possible_days: DaySet
    windows: tuple[RecordedWindow, ...]
    bookable: bool | None


@frozen(field_transformer=checked)
class RecordedReason:
    """A reason, without the text of its condition, which is in the policy."""

    code: str
    rule: Text
    effect: str
    dose: DoseCount
    vaccine: str | None
    basis: str
    day: TurningDay | None
    fact: Prose | None


@frozen(field_transformer=checked)
class RecordedDecision:
    """The answer of `vaxpolicy.eligibility.decide`.

    `from_day` is the first day that counted; it is not written if it is None, for an answer in
    retrospect. `verified` says whether the policy is verified; it is written only if it is false.
    """

    outcome: Outcome
    offers: tuple[RecordedOffer, ...]
    possible_offers: tuple[RecordedOffer, ...]
    reasons: tuple[RecordedReason, ...]
    missing: tuple[Prose, ...]
    from_day: date | None = None
    verified: bool = True


@frozen(field_transformer=checked)
class PartDigests:
    """The SHA-256 of each part in canonical JSON; it shows which part was changed."""

    decision: Sha256
    facts: Sha256
    instant: Sha256
    library: Sha256
    policy: Sha256
    predecessor: Sha256
    subject: Sha256

    @classmethod
    def none(cls) -> PartDigests:
        """Digests of nothing, until those of the parts are computed."""
        return cls(*[_NO_DIGEST] * len(attrs.fields(cls)))


@frozen(field_transformer=checked)
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
    subject: Subject
    instant: datetime
    library: str
    policy: PolicyNamed
    facts: FactsUsed
    decision: RecordedDecision
    predecessor: Sha256 | None
    parts: PartDigests
    signature: Signature | None
    digest: Sha256

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
    person = _CONVERTER.structure(value, Person)
    if "key" in value:
        expected = "the facts alone; the pseudonym is the subject"
        raise InvalidDocument((Problem("$.key", "unknown-key", expected),))
    return FactsUsed(person, frozenset(value))


def _plain_facts(facts: FactsUsed) -> dict[str, Any]:
    person = facts.person
    birth, doses, wanted = person.birth_date, person.doses, person.willingness
    known: dict[str, Any] = {
        "birth_date": None if birth is None else write_birth_date(birth),
        "doses": None
        if doses is None
        else [{"on": dose.on.isoformat(), "vaccine": dose.vaccine} for dose in doses],
        "groups": None if person.groups is None else sorted(person.groups),
        "unknown_groups": sorted(person.unknown_groups),
        "registered_county": person.registered_county,
        "residence_county": person.residence_county,
        "willingness": None
        if wanted is None
        else {"wanted": {code: write_instant(since) for code, since in wanted.wanted.items()}},
        "dated_facts": [
            {"fact": it.fact, "on": write_fact_date(it.on)} for it in person.dated_facts
        ],
        "sex": person.sex,
    }
    return {name: known.get(name) for name in facts.asked}


def _false(value: Any, _: Any) -> bool:
    """The one truth value that is written, `verified`; true is left out."""
    if value is not False:
        raise ExpectedError("false")
    return False


def _bookable(value: Any, _: Any) -> bool | None:
    if value is not None and type(value) is not bool:
        raise ExpectedError("true or false or null")
    return value


def _converter() -> Converter:
    converter = _strict.json_converter()
    add_person_hooks(converter)
    converter.register_structure_hook(bool, _false)
    converter.register_structure_hook_func(_strict.is_type(bool | None), _bookable)
    converter.register_structure_hook(DaySet, _days)
    converter.register_structure_hook(FactsUsed, _facts)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(datetime, write_instant)
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


def record_of(data: object) -> Record:
    """The record of JSON data. Raises InvalidDocument with every problem."""
    found: Record = structure(_CONVERTER, data, Record)
    return found


def parse(text: str | bytes) -> Record:
    """Read a record from a text, canonical or not. Raises RecordError."""
    try:
        found = record_of(read_json(text))
    except InvalidDocument as error:
        problems = error.problems
    else:
        return found
    raise RecordError(
        tuple(Difference("not-a-record", it.place.lstrip("$."), now=it.reason) for it in problems)
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
