"""A stand-in for the registries: who has which documents, and the facts about each person.

A real portal asks the household and the insurance registry here. The people are made up; their
numbers are synthetic and are in `data/people.toml`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from vaxpolicy import identity, wire
from vaxpolicy.eligibility import Person
from vaxpolicy.identity import Claim, NhiClaim, PermitClaim, RegistryAnswer

DATA = Path(__file__).parent / "data"


class Registry:
    """Numbers and facts by pseudonym; no number can be read out of it."""

    def __init__(self, key: bytes) -> None:
        self._documents: dict[str, str] = {}
        self.people: dict[str, Person] = {}
        for entry in tomllib.loads((DATA / "people.toml").read_text(encoding="utf-8"))["people"]:
            subject = identity.pseudonym(identity.parse_id_number(entry["id_number"]), key)
            self._documents[subject] = entry["document"]
            self.people[subject] = wire.load(Person, {**entry["facts"], "key": subject})

    def answer(self, claim: Claim, subject: str) -> RegistryAnswer:
        """Whether person and document belong together; it does not say which of them is wrong."""
        matched = self._documents.get(subject) == _document(claim)
        return RegistryAnswer.MATCHED if matched else RegistryAnswer.NOT_MATCHED


def _document(claim: Claim) -> str:
    if isinstance(claim, NhiClaim):
        return claim.nhi_card.value
    return claim.permit.value if isinstance(claim, PermitClaim) else claim.passport.value
