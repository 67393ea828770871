"""From claim to person: what the registry said, and keys that stand for a number.

Nothing here asks a registry: what it said is an argument. "Unavailable" is an answer of its own and
never counts as a match; booking backends that took a failed read for a success booked people into
nothing.
"""

from __future__ import annotations

import hmac
from enum import Enum

from attrs import frozen

from vaxpolicy.documents import MobileNumber
from vaxpolicy.forms import Claim, NhiClaim, PassportClaim, PermitClaim
from vaxpolicy.numbers import Number

__all__ = [
    "SHORTEST_KEY",
    "MatchedClaim",
    "NotMatched",
    "RegistryAnswer",
    "match_claim",
    "pseudonym",
    "pseudonyms",
]

SHORTEST_KEY = 32
"""Bytes that a key must have at least: as many as SHA-256 gives."""


class RegistryAnswer(Enum):
    """What the registry said of a claim."""

    MATCHED = "matched"
    NOT_MATCHED = "not-matched"
    UNAVAILABLE = "unavailable"
    """No answer, or none that can be relied on; to be asked again later."""


class NotMatched(Exception):  # noqa: N818  # an outcome, named as such
    """The registry has not confirmed a claim.

    `code` is "not-matched" (the person should compare the form with the documents) or
    "registry-unavailable" (nothing is known; ask again later).
    """

    code: str

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@frozen
class MatchedClaim:
    """A claim that the registry has confirmed; made by `match_claim`."""

    claim: Claim


def match_claim(claim: Claim, answer: RegistryAnswer) -> MatchedClaim:
    """The confirmed claim; raises `NotMatched` for every other answer.

    `TypeError` for anything but a claim and a `RegistryAnswer`: no truth value will do.
    """
    if not isinstance(claim, NhiClaim | PermitClaim | PassportClaim):
        raise TypeError(f"expected a claim, found {type(claim).__name__}")
    if not isinstance(answer, RegistryAnswer):
        raise TypeError(f"expected RegistryAnswer, found {type(answer).__name__}")
    if answer is RegistryAnswer.NOT_MATCHED:
        raise NotMatched("not-matched")
    if answer is RegistryAnswer.UNAVAILABLE:
        raise NotMatched("registry-unavailable")
    return MatchedClaim(claim)


def pseudonym(number: Number, key: bytes) -> str:
    """A stable name for a number that does not tell it: 64 hexadecimal digits.

    HMAC-SHA-256 (RFC 2104) of kind and number. Who has the key can try all numbers, so that it is
    kept apart from what it names. A mobile number, which may be someone else's and changes hands,
    is a `TypeError`; a key of under 32 bytes a `ValueError`.
    """
    if isinstance(number, MobileNumber) or not isinstance(number, Number):
        raise TypeError(f"expected an identity document's number, found {type(number).__name__}")
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"expected a key of at least {SHORTEST_KEY} bytes, found {len(key)}")
    # No kind has a colon, so that no two numbers share a message.
    message = f"vaxpolicy:pseudonym:1:{number.kind}:{number.value}"
    return hmac.digest(key, message.encode("ascii"), "sha256").hex()


def pseudonyms(claim: Claim, key: bytes) -> tuple[str, ...]:
    """The pseudonyms of whoever makes a claim: of the ID or UI number, then of the other one.

    A person with an old and a new UI number has two, and is the same if any of them is.
    """
    numbers = (claim.id_number, claim.also_known_as)
    return tuple(pseudonym(number, key) for number in numbers if number is not None)
