"""Verifies records: digests, signatures, the decision itself, and chains."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any

import attrs

from vaxpolicy._values import InvalidType, Sha256, front_door, require
from vaxpolicy.catalog.bundled import ids
from vaxpolicy.eligibility import decide
from vaxpolicy.record.differences import Difference, DifferenceCode, RecordError
from vaxpolicy.record.format import (
    PartDigests,
    Record,
    digest_of,
    is_canonical,
    parse,
    part_digests,
    plain,
    to_sign,
)
from vaxpolicy.record.policy_digests import PolicyDigest, digests, states, versions
from vaxpolicy.record.recording import facts_used, recorded
from vaxpolicy.rules.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@front_door
def verify(
    record: Record | str | bytes,
    *,
    policies: Iterable[Policy] = (),
    public_key: Ed25519PublicKey | None = None,
) -> tuple[Difference, ...]:
    """Every fault of a record; empty if it is correct.

    The decision is run again under the policy whose digest the record names: one of `policies`, or
    a bundled one, in any version and as of any day. If there is none, that is the difference, and
    the answer is not checked.

    Args:
        record: a record, or the text that should be one.
        policies: your own policies that are not bundled.
        public_key: the key of the expected signature; without it, signatures are not checked.

    Raises:
        TypeError: an argument has another type. There is no other error.
    """
    _, differences = _verified(record, _own(policies, public_key), public_key)
    return differences


def _verified(
    record: Record | str | bytes, own: Sequence[Policy], public_key: Ed25519PublicKey | None
) -> tuple[Record | None, tuple[Difference, ...]]:
    """The record, if the text has one, and its differences."""
    if not isinstance(record, Record | str | bytes):
        raise InvalidType("record", "a record or its text")
    text = record.to_json() if isinstance(record, Record) else record
    try:
        found = parse(text)
    except RecordError as error:
        return None, error.differences
    return found, (
        *([] if is_canonical(text, found) else [Difference("not-canonical")]),
        *_seals(found),
        *_signature(found, public_key),
        *_decided(found, own),
    )


def _own(policies: Iterable[Policy], public_key: object) -> tuple[Policy, ...]:
    given: tuple[object, ...] = tuple(policies)
    own = tuple(it for it in given if isinstance(it, Policy))
    if len(own) < len(given):
        raise InvalidType("policies", "policies")
    if public_key is not None:
        from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 - of an extra
            ed25519,
        )

        if not isinstance(public_key, ed25519.Ed25519PublicKey):
            raise InvalidType("public_key", "an Ed25519 public key")
    return own


def _seals(record: Record) -> Iterator[Difference]:
    """Check the digests of the parts, then that of the whole."""
    now = part_digests(record)
    for part in attrs.fields(PartDigests):
        said, is_now = getattr(record.parts, part.name), getattr(now, part.name)
        if said != is_now:
            yield Difference("altered", part.name, said, is_now)
    if record.digest != (digest := digest_of(record)):
        yield Difference("digest-does-not-match", "digest", record.digest, digest)


def _signature(record: Record, public_key: Ed25519PublicKey | None) -> Iterator[Difference]:
    if public_key is None:
        return
    if record.signature is None:
        yield Difference("not-signed", "signature")
        return
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - of an extra

    try:
        public_key.verify(bytes.fromhex(record.signature), to_sign(record))
    except InvalidSignature:
        yield Difference("signature-does-not-match", "signature", record.signature)


def _decided(record: Record, own: Sequence[Policy]) -> Iterator[Difference]:
    named = record.policy
    policy = _policy_of_digest(record, own)
    if policy is None:
        yield _not_found(record, own)
        return
    for name, is_now in (("id", policy.id), ("version", policy.version)):
        if (said := getattr(named, name)) != is_now:
            yield Difference("policy-not-the-one-named", f"policy.{name}", said, is_now)
    person = attrs.evolve(record.facts.person, key=record.subject)
    yield from _compare("facts", plain(record.facts), plain(facts_used(policy, person)))
    try:
        from_day = record.decision.from_day
        now = recorded(decide(policy, person, from_day=from_day), record.instant)
    except (ArithmeticError, ValueError) as error:  # such as a day beyond the calendar
        yield Difference("not-decidable", "facts", now=str(error))
        return
    yield from _compare("decision", plain(record.decision), plain(now))


def _policy_of_digest(record: Record, own: Sequence[Policy]) -> Policy | None:
    """The policy of the digest that the record names; if several have it, the one of that name."""
    digest = record.policy.digest
    named = (it.load() for it in _states(record) if it.digest == digest)
    given = [policy for policy in own if policy.digest == digest]
    same = (it for it in given if (it.id, it.version) == _name(record))
    others = (it.load() for it in digests() if it.digest == digest)
    return next((it for it in chain(named, same, given, others) if it.digest == digest), None)


def _name(record: Record) -> tuple[str, str]:
    return record.policy.id, record.policy.version


def _states(record: Record) -> tuple[PolicyDigest, ...]:
    """The bundled policy with the record's name, as it is and as it was."""
    policy_id, version = _name(record)
    known = policy_id in ids() and version in versions(policy_id)
    return states(policy_id, version) if known else ()


def _not_found(record: Record, own: Sequence[Policy]) -> Difference:
    """The difference for a missing policy: other content under the name, or an unknown name."""
    digest = record.policy.digest
    known = [
        *(it.digest for it in own if (it.id, it.version) == _name(record)),
        *(it.digest for it in _states(record)),
    ]
    if not known:
        return Difference("policy-unknown", "policy", digest)
    return Difference("policy-not-the-one-named", "policy.digest", digest, known[0])


def _compare(at: str, said: Any, now: Any) -> Iterator[Difference]:
    """The differences between two JSON values, as deep as possible."""
    if isinstance(said, dict) and isinstance(now, dict):
        for name in sorted({*said, *now}):
            if name in said and name in now:
                yield from _compare(f"{at}.{name}", said[name], now[name])
            else:
                each = (it.get(name, "absent") for it in (said, now))
                yield Difference("differs", f"{at}.{name}", *each)
    elif isinstance(said, list) and isinstance(now, list) and len(said) == len(now):
        for index, (one, other) in enumerate(zip(said, now, strict=True)):
            yield from _compare(f"{at}[{index}]", one, other)
    elif said != now:
        yield Difference("differs", at, said, now)


@front_door
def verify_chain(
    records: Iterable[Record | str | bytes],
    *,
    policies: Iterable[Policy] = (),
    public_key: Ed25519PublicKey | None = None,
    after: str | None = None,
    head: str | None = None,
) -> tuple[Difference, ...]:
    """Every fault of records in their order, including the links between them.

    Args:
        records: the records, or the texts that should be some, the first one first.
        policies: as with `verify`.
        public_key: as with `verify`.
        after: the digest of the record before the first one; None: the chain begins here.
        head: the digest of the last record, kept elsewhere: only this shows that records at the end
            were cut off. None: not checked.

    Raises:
        TypeError: an argument has another type.
        ValueError: `after` or `head` is not a digest. There is no other error.
    """
    for name, digest in (("after", after), ("head", head)):
        if digest is not None:
            require(name, Sha256, digest)
    own = _own(policies, public_key)
    found: list[Record | None] = []
    differences: list[Difference] = []
    for position, record in enumerate(records):
        read, said = _verified(record, own, public_key)
        differences += (attrs.evolve(it, position=position) for it in said)
        found.append(read)
    return (*differences, *_links(found, after), *_end(found, after, head))


def _links(records: Sequence[Record | None], after: str | None) -> Iterator[Difference]:
    """The records that do not follow the one before: a record is missing or was moved."""
    there = Counter(record.digest for record in records if record is not None)
    before = after
    for position, record in enumerate(records):
        if record is None:
            before = None
            continue
        follows = record.predecessor
        if follows != before:
            at_hand = follows is None or follows == after or there[follows]
            code: DifferenceCode = "out-of-order" if at_hand else "predecessor-missing"
            yield Difference(code, "predecessor", follows, before, position)
        before = record.digest


def _end(
    records: Sequence[Record | None], after: str | None, head: str | None
) -> Iterator[Difference]:
    last = records[-1] if records else None
    ends_with = last.digest if last is not None else None if records else after
    if head is not None and head != ends_with:
        yield Difference("end-missing", "digest", head, ends_with)
