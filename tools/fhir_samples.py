"""Writes FHIR resources for a validator: `python -m tools.fhir_samples FOLDER`, one file each.

The boundary people of some policies, as Bundles, recommendations and forecasts; slots and
appointments of a short journey; an OperationOutcome. `.ci/run fhir` has `tools/check_fhir.cjs`
check them; the validator of HL7 reads the same files.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools import boundary
from vaxpolicy import catalog, eligibility, fhir
from vaxpolicy.booking import slots
from vaxpolicy.booking.events import Book, Booked, Cancel, Cancelled, Miss, Missed
from vaxpolicy.booking.journey import evolve, initial
from vaxpolicy.booking.streams import Actor
from vaxpolicy.days import TAIWAN

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICIES = ("tw/covid19-1922/round-19", "tw/covid19-1922/round-10", "tw/influenza/2025")
SLOT = slots.Slot("site-1", date(2022, 1, 20), "morning", "Moderna", 3)
START = datetime(2022, 1, 20, 9, tzinfo=TAIWAN)
HOURS = {"start": START, "end": START + timedelta(hours=3)}
NOW = datetime(2022, 1, 15, 9, tzinfo=TAIWAN)


def resources() -> Iterator[dict[str, Any]]:
    """Every kind of resource that `vaxpolicy.fhir` writes."""
    for policy_id in POLICIES:
        policy = catalog.load(policy_id)
        for each in boundary.kept(policy_id):
            decision = eligibility.decide(policy, each.person)
            yield fhir.recommendation(decision, patient="Patient/1", date=date(2022, 1, 15))
            bundle = fhir.bundle(each.person)
            yield bundle
            yield forecast(bundle)
    yield from slots_and_appointments()


def forecast(bundle: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request about the people of a Bundle."""
    parameters = [
        {"name": "assessmentDate", "valueDate": "2022-01-15"},
        *({"name": "patient", "resource": it["resource"]} for it in bundle["entry"][:1]),
        *({"name": "immunization", "resource": it["resource"]} for it in bundle["entry"][1:]),
    ]
    request = {"resourceType": "Parameters", "parameter": parameters}
    return fhir.immds_forecast(request, POLICIES[:1])


def slots_and_appointments() -> Iterator[dict[str, Any]]:
    """A slot that fills and closes, and an appointment that is kept, cancelled or missed."""
    opened = slots.Open(id="1", actor=Actor.SITE, slot=SLOT, places=1)
    booking = slots.BookingRef("someone", "b")
    taken = slots.Take(id="2", actor=Actor.PERSON, booking=booking)
    state = slots.initial()
    for command in (opened, taken, slots.Close(id="3", actor=Actor.SITE)):
        for event in slots.decide(state, command, now=NOW):
            state = slots.evolve(state, event)
        yield fhir.slot(state, now=NOW, schedule="Schedule/1", **HOURS)
    who: dict[str, Any] = {"actor": Actor.PERSON, "subject": "someone"}
    book = Book(id="b", policy_id=POLICIES[0], slot=SLOT, **who)
    booked = evolve(initial(), Booked(1, NOW, book, "1.0.0", "covid19", NOW, SLOT.day, None))
    cancelled = Cancelled(2, NOW, Cancel(id="c", booking="b", **who))
    by_site: dict[str, Any] = {**who, "actor": Actor.SITE}
    missed = Missed(2, NOW, Miss(id="c", booking="b", **by_site))
    for journey in (booked, evolve(booked, cancelled), evolve(booked, missed)):
        found = fhir.appointment(journey, patient="Patient/1", **HOURS)
        if found is not None:
            yield found


def main(folder: Path) -> None:
    """Write the resources into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, resource in enumerate(resources()):
        file = folder / f"{number:04}-{resource['resourceType']}.json"
        file.write_text(json.dumps(resource, ensure_ascii=False, indent=1), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
