"""The faults of a record, and the canonical form of JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from attrs import field, frozen

from vaxpolicy._values import Json, Text, checked

if TYPE_CHECKING:
    from collections.abc import Mapping


def canonical(value: object) -> str:
    """Write JSON values in their canonical form: sorted keys, no blanks (RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


DifferenceCode: TypeAlias = Literal[
    "not-a-record",
    "not-canonical",
    "altered",
    "digest-does-not-match",
    "not-signed",
    "signature-does-not-match",
    "policy-unknown",
    "policy-not-the-one-named",
    "not-decidable",
    "differs",
    "predecessor-missing",
    "out-of-order",
    "end-missing",
]

_TEXTS: Final[Mapping[DifferenceCode, str]] = {
    "not-a-record": "not a record: {at}: {now}",
    "not-canonical": "the bytes are not those of the canonical form",
    "altered": "{at}: altered, for it does not match its own digest",
    "digest-does-not-match": "the digest does not match: recorded {recorded}, now {now}",
    "not-signed": "the record is not signed",
    "signature-does-not-match": "the signature does not match",
    "policy-unknown": "no policy has the digest {recorded}, nor the id and version beside it",
    "policy-not-the-one-named": "the policy is not the one named: {at} recorded {recorded}, "
    "now {now}",
    "not-decidable": "nothing can be decided on these facts: {now}",
    "differs": "{at} differs: recorded {recorded}, now {now}",
    "predecessor-missing": "the predecessor is missing: the record follows {recorded}, "
    "and the one before it is {now}",
    "out-of-order": "the record is in the wrong place: it follows {recorded}, "
    "and the one before it is {now}",
    "end-missing": "the end of the chain is missing: it should end with {recorded}, "
    "and ends with {now}",
}

CODES: Final[tuple[DifferenceCode, ...]] = tuple(_TEXTS)
"""All codes of differences."""


@frozen(field_transformer=checked)
class Difference:
    """A fault of a record or of a chain of records.

    Attributes:
        code: its kind, as a stable code.
        at: the place in the record, such as ``decision.outcome``; "" for the whole.
        recorded: the recorded value, as JSON.
        now: the correct value, as JSON; with ``not-a-record``: the expected type.
        position: the place of the record in its chain, from 0; None if it was checked alone.
    """

    code: DifferenceCode
    at: Text = ""
    recorded: Json = field(default=None, hash=False)
    now: Json = field(default=None, hash=False)
    position: int | None = None

    def __str__(self) -> str:
        """One line in English, for a terminal or an audit log."""
        recorded, now = (
            it if isinstance(it, str) else canonical(it) for it in (self.recorded, self.now)
        )
        text = _TEXTS[self.code].format(at=self.at or "the whole", recorded=recorded, now=now)
        return text if self.position is None else f"record {self.position + 1}: {text}"


class RecordError(ValueError):
    """A text is not a record; `differences` lists every fault with its place, without values."""

    def __init__(self, differences: tuple[Difference, ...]) -> None:
        super().__init__("; ".join(map(str, differences)))
        self.differences = differences

    def __reduce__(self) -> tuple[type[RecordError], tuple[tuple[Difference, ...]]]:
        """Pickle and copy by way of the differences."""
        return type(self), (self.differences,)
