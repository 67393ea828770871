"""A stand-in for the registries: who has which documents, and the facts about each person.

A real portal asks the household and the insurance registry here. The people are made up; their
numbers are synthetic and are in `data/people.toml`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vaxpolicy import identity
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.identity import Claim, NhiClaim, PermitClaim, RegistryAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parent / "data"


def _person(entry: Mapping[str, Any], key: str) -> Person:
    doses = tuple(Dose(vaccine, on) for vaccine, on in entry.get("doses", ()))
    return Person(
        birth_date=entry["birth_date"], doses=doses, groups=frozenset(entry.get("groups", ())),
        residence_county=entry["county"], key=key,
    )  # fmt: skip


class Registry:
    """Numbers and facts by pseudonym; no number can be read out of it."""

    def __init__(self, key: bytes) -> None:
        self._documents: dict[str, str] = {}
        self.people: dict[str, Person] = {}
        for entry in tomllib.loads((DATA / "people.toml").read_text(encoding="utf-8"))["people"]:
            subject = identity.pseudonym(identity.parse_id_number(entry["id_number"]), key)
            self._documents[subject] = entry["document"]
            self.people[subject] = _person(entry, subject)

    def answer(self, claim: Claim, subject: str) -> RegistryAnswer:
        """Whether person and document belong together; it does not say which of them is wrong."""
        matched = self._documents.get(subject) == _document(claim)
        return RegistryAnswer.MATCHED if matched else RegistryAnswer.NOT_MATCHED


def _document(claim: Claim) -> str:
    if isinstance(claim, NhiClaim):
        return claim.nhi_card.value
    return claim.permit.value if isinstance(claim, PermitClaim) else claim.passport.value
