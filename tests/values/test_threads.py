"""Sixteen threads begin at the same moment, in a process that has loaded nothing yet.

Each of them calls what the library loads, compiles or keeps for all threads, and each begins with
another call. All get the answers that one thread gets alone.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

THREADS = r'''
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier

COUNT = 16
CAMPAIGN = sys.argv[1]
IDS = ["tw/covid19-1922/round-19", "tw/influenza/2025", "tw/hpv/2025"]
ON = date(2026, 11, 28)
KEY = "0f" * 32
IMMUNIZATION = {
    "resourceType": "Immunization",
    "status": "completed",
    "patient": {"reference": "Patient/p"},
    "occurrenceDateTime": "2024-12-01",
    "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "197"}]},
}


def decisions():
    from vaxpolicy import catalog, eligibility, messages, wire

    for name in IDS:
        policy = catalog.load(name)
        yield policy.digest
        for born in (None, date(1950, 2, 28)):
            person = eligibility.Person(birth_date=born, doses=())
            decision = eligibility.decide(policy, person)
            yield wire.dump(decision)
        for lang in messages.LANGUAGES:
            yield messages.describe_reasons(decision.reasons, lang)


def numbers():
    from vaxpolicy import identity

    yield identity.MobileNumber.parse("+886 912-345-678").value
    yield identity.MobileNumber.is_valid("0999999999")
    yield identity.is_valid_id_number("A800000014")
    form = identity.IdentityForm(
        id_number="A123456789", nhi_card="000012345678", captcha_passed=True
    )
    yield identity.pseudonyms(identity.check_form(form, on=ON), key=b"k" * 32)


def values():
    from vaxpolicy import eligibility, reservation, wire

    person = eligibility.Person(birth_date=ON, doses=())
    yield wire.load(eligibility.Person, wire.dump(person)) == person
    yield wire.read(eligibility.Person, '{"key": "person-1"}')
    yield wire.dump(reservation.initial())
    yield wire.schema(eligibility.Person)
    yield wire.schema(reservation.State)


def campaigns():
    from vaxpolicy import catalog

    policy = catalog.load_campaign(CAMPAIGN).policy
    yield policy.digest
    yield [str(each) for each in catalog.lint(policy, ON)]


def days():
    from vaxpolicy import catalog, eligibility, record, wire

    yield [it.load().digest for it in record.digests() if it.id == IDS[0]]
    yield catalog.load(IDS[2], as_of=date(2025, 9, 1)).digest
    person = eligibility.Person(birth_date=date(1950, 2, 28), doses=())
    for decision in catalog.timeline(person, IDS, from_day=date(2025, 10, 1)):
        yield wire.dump(decision)


def records():
    from vaxpolicy import catalog, eligibility, record
    from vaxpolicy.days import TAIWAN

    person = eligibility.Person(key=KEY, birth_date=date(1950, 2, 28), doses=())
    policy = catalog.load(IDS[1])
    made = record.make(policy, person, at=datetime(2025, 10, 1, 9, tzinfo=TAIWAN))
    yield made.to_json()
    yield record.verify(made)
    yield record.verify(made.to_json().replace("1950", "1951"))
    yield record.schema()


def health_records():
    from vaxpolicy import catalog, eligibility, fhir

    found = fhir.person(IMMUNIZATION, history_complete=True)
    yield found
    decision = eligibility.decide(catalog.load(IDS[1]), found.person)
    yield fhir.recommendation(decision, patient="Patient/p", date=ON)


def tables():
    import pyarrow as pa

    from vaxpolicy import catalog, population

    policy = catalog.load(IDS[0])
    people = population.sample_people(20, seed=1)
    yield pa.table(population.decide_table(policy, people, workers=1)).to_pylist()
    yield population.valid_id_numbers(pa.array(["A123456789", "A123456788", None])).to_pylist()
    own = catalog.load_campaign(CAMPAIGN).policy
    yield population.where(own, on=date(2027, 2, 6), dialect="sqlite")


def pictures():
    from vaxpolicy import catalog, eligibility, messages, picture

    policy = catalog.load(IDS[0])
    yield picture.windows_svg(policy, messages.picture_labels("zh-Hant"))
    yield picture.timeline_svg([eligibility.decide(policy, eligibility.Person())])
    yield picture.policy_svg(policy)


def streams():
    from vaxpolicy.booking import event_json, slots, snapshots
    from vaxpolicy.days import TAIWAN
    from vaxpolicy.reservation import Actor, initial

    slot = slots.Slot("site", date(2021, 11, 6), "morning", "BNT", 1)
    opening = slots.Open(id="open", actor=Actor.SITE, slot=slot, places=1)
    now = datetime(2021, 11, 3, 10, tzinfo=TAIWAN)
    events = slots.decide(slots.initial(), opening, now=now)
    texts = [event_json.to_json(each) for each in events]
    yield texts
    yield [event_json.read_slot_event(each) for each in texts]
    kept = snapshots.to_snapshot(slots.replay(events))
    yield snapshots.slot_from_snapshot(kept, lambda: events)
    yield snapshots.journey_from_snapshot(snapshots.to_snapshot(initial()), tuple)


def packages():
    import stdnum

    yield stdnum.get_cc_module.__name__  # the package runs when this name is first used


CALLS = [
    *(decisions, numbers, values, campaigns, days, records, health_records, tables, pictures),
    *(streams, packages),
]


def work(number):
    """Call everything, from another call on in each thread."""
    begin.wait(timeout=60)
    first = number % len(CALLS)
    return {call.__name__: list(call()) for call in CALLS[first:] + CALLS[:first]}


sys.setswitchinterval(1e-5)
begin = Barrier(COUNT)
with ThreadPoolExecutor(COUNT) as pool:
    found = list(pool.map(work, range(COUNT)))
begin = Barrier(1)
alone = work(0)
for each in found:
    for name in alone:
        if each[name] != alone[name]:
            raise SystemExit(f"{name}: threads get another answer")
print(*(len(each) for each in alone.values()))
'''

CAMPAIGN = """
id = "example/everybody-2027"
version = "1.0.0"
announced = 2027-01-04
disease = "influenza"
notification = "none"

[sources.notice]
publisher = "Example City Health Bureau, 2027-01-04"
url = "https://health.example/notice"
checked = 2027-01-05
support = "official"

[[stages]]
id = "everybody"
vaccination_days = { first = 2027-02-01, last = 2027-02-28 }

[[stages.rules]]
id = "first"
dose = 1
vaccines = ["Influenza"]
cites = ["notice"]
all = [{ age_at_least = 65, on = "day" }]
"""
ANSWERS = {
    "decisions": 3 * (1 + 2 + 5),
    "numbers": 4,
    "values": 5,
    "campaigns": 2,
    "days": 5,
    "records": 4,
    "health_records": 2,
    "tables": 3,
    "pictures": 3,
    "streams": 4,
    "packages": 1,
}
"""How many answers each call gives, so that none of them ends early."""


def test_what_is_shared_is_loaded_compiled_and_used_by_sixteen_threads_at_once(
    tmp_path: Path,
) -> None:
    campaign = tmp_path / "everybody.toml"
    campaign.write_text(CAMPAIGN, encoding="utf-8")
    command = [sys.executable, "-W", "error", "-c", THREADS, str(campaign)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == [str(count) for count in ANSWERS.values()]
