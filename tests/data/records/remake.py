"""Write the golden records of the present format: `python tests/data/records/remake.py`.

Only before a release: what a released version wrote must be read, and hold, as it is for ever.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vaxpolicy import catalog
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, PartialDate, Person, Willingness
from vaxpolicy.identity import NationalId, pseudonym
from vaxpolicy.record import FORMAT, Record, make

WHO = pseudonym(NationalId.parse("A123456789"), b"a key of thirty-two bytes, no less")
NOW = datetime(2022, 1, 15, 14, tzinfo=TAIWAN)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ADULT = Person(
    birth_date=date(1990, 1, 1),
    doses=[Dose("AZ", date(2021, 7, 1)), Dose("AZ", date(2021, 10, 28))],
    key=WHO,
)


def chain() -> tuple[Record, ...]:
    """Five records: all outcomes, every kind of fact, signed, each after the one before."""
    round_19 = catalog.load("tw/covid19-1922/round-19")
    wish = Willingness({"AZ": datetime(2021, 10, 26, 12, tzinfo=TAIWAN)})
    willing = Person(birth_date=PartialDate(1960, 5), doses=(), willingness=wish, key=WHO)
    islander = Person(birth_date=date(2010, 1, 1), doses=(), registered_county="澎湖縣", key=WHO)
    grouped = attrs.evolve(
        ADULT,
        birth_date=PartialDate(1990),
        groups={"status/indigenous", "status/other"},
        unknown_groups={"flu-2026/chronic"},
    )
    asked = [
        (round_19, ADULT),
        (catalog.load("tw/covid19-1922/round-01"), islander),
        (round_19, attrs.evolve(ADULT, doses=None)),
        (catalog.load("tw/covid19-1922/round-13"), willing),
        (catalog.load("tw/influenza/2026"), grouped),
    ]
    made: list[Record] = []
    for minute, (policy, person) in enumerate(asked):
        at = NOW + timedelta(minutes=minute)
        before = made[-1] if made else None
        made.append(make(policy, person, at=at, predecessor=before, sign_with=KEY))
    return tuple(made)


if __name__ == "__main__":
    lines = b"".join(record.to_json().encode() + b"\n" for record in chain())
    Path(__file__).with_name(f"format-{FORMAT}.jsonl").write_bytes(lines)
