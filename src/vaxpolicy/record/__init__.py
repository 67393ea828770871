"""Decision records: the facts and the answer of a decision, so that it can be checked later.

A record is one line of canonical JSON: keys sorted, no blanks, UTF-8, no floats (the form of RFC
8785 for what a record holds). It has a digest of each of its parts and one of the whole, may hold
the digest of the record before it (a chain), and may be signed (Ed25519, RFC 8032).

`verify` reads a record, compares the digests, runs the decision again under the policy version that
the record names by its digest, and reports every difference. A digest alone proves little against
somebody who can write records, because they can compute it again. The second run finds each answer
that does not follow from the facts. The chain shows each record that was exchanged or left out, if
its last digest is kept elsewhere. The signature shows every change.

About the person a record holds only a keyed pseudonym (`vaxpolicy.identity.pseudonym`) and the
facts that the policy reads; it never holds a number.
"""

from __future__ import annotations

from vaxpolicy.record.differences import CODES, Difference, DifferenceCode, RecordError
from vaxpolicy.record.format import (
    FORMAT,
    FactsUsed,
    PartDigests,
    PolicyNamed,
    Record,
    RecordedDecision,
    RecordedOffer,
    RecordedReason,
    RecordedWindow,
    read,
    schema,
)
from vaxpolicy.record.policy_digests import PolicyDigest, compute_digests, digests
from vaxpolicy.record.recording import facts_used, make
from vaxpolicy.record.verification import verify, verify_chain

__all__ = [
    "CODES",
    "FORMAT",
    "Difference",
    "DifferenceCode",
    "FactsUsed",
    "PartDigests",
    "PolicyDigest",
    "PolicyNamed",
    "Record",
    "RecordError",
    "RecordedDecision",
    "RecordedOffer",
    "RecordedReason",
    "RecordedWindow",
    "compute_digests",
    "digests",
    "facts_used",
    "make",
    "read",
    "schema",
    "verify",
    "verify_chain",
]
