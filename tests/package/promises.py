"""What a release leaves to the later ones, kept when it is made: `python -m tests.package.promises`.

`tests/data/released/VERSION` has what that version of the library wrote: what its policies decided
for their boundary people, values of each class as JSON, histories with their states, records, a
database of a desk, a campaign file, a pseudonym, the codes, and what a digest of a policy leaves
out. A test reads all of it with the present version. Nothing in such a folder is ever changed.

    python -m tests.package.promises 1.0.0    # for a release; `tools.release prepare` calls it
"""

from __future__ import annotations

import json
import lzma
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import evolve
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from tests.analysis.test_boundary import in_short
from tests.values.test_every_class import CLASSES, made
from tests.wire.test_every_class_crosses import NOT_SENT
from tools import boundary
from vaxpolicy import catalog, desk, eligibility, identity, record, reservation, testing, wire
from vaxpolicy.booking import event_json, slots, snapshots
from vaxpolicy.catalog.bundled import groups, vaccines
from vaxpolicy.cli import app
from vaxpolicy.days import TAIWAN
from vaxpolicy.messages.texts import TEXTS
from vaxpolicy.reservation import Actor, Book, Cancel, Change, Programme, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hypothesis.strategies import SearchStrategy

RELEASED: Final = Path(__file__).parents[1] / "data" / "released"
CODES: Final = (
    *("outcome", "reason", "fact", "form", "number", "field", "kind", "residency", "slip"),
    *("refusal", "status", "close-reason", "slot-status", "keeping", "finding", "value"),
    *("difference", "change", "county", "disease"),
)
"""The kinds of text whose names are codes that programs compare."""
KEY: Final = bytes(range(32))
WHO: Final = identity.pseudonym(identity.NationalId.parse("A123456789"), KEY)
AT: Final = datetime(2022, 1, 15, 15, tzinfo=TAIWAN)
ROUND: Final = "tw/covid19-1922/round-19"
BETTER: Final = ("decision.reasons", "decision.missing")
"""Where a later version may differ from a record: reasons become better."""


# Keeping


def keep(release: str, folder: Path = RELEASED, ids: Iterable[str] = ()) -> Path:
    """Write the folder of a release; `ids` are the policies, all where none is named."""
    ids = tuple(ids) or catalog.ids()
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in _decided(ids, folder))
    place = folder / release
    place.mkdir(parents=True)
    (place / "decisions.jsonl.xz").write_bytes(lzma.compress(lines.encode(), preset=9))
    text = json.dumps(promises(ids), ensure_ascii=False, indent=1)
    (place / "promises.json").write_text(f"{text}\n", encoding="utf-8")
    return place


def promises(ids: Iterable[str]) -> dict[str, Any]:
    """What is kept beside the decisions, as JSON's own types."""
    return {
        "codes": {kind: sorted(_codes(kind)) for kind in CODES},
        "vaccines": {code: _left_out(code) for code in vaccines()},
        "groups": sorted(groups()),
        "pseudonym": WHO,
        "commands": {name: sorted(options) for name, options in _commands(app)},
        "values": [
            [name, json.loads(json.dumps(wire.dump(made(CLASSES[name]))))]
            for name in sorted(CLASSES.keys() - NOT_SENT)
        ],
        "journeys": _histories(testing.journeys()),
        "slots": _histories(testing.slots().flatmap(testing.slot_histories)),
        "records": [record.make(catalog.load(it), _somebody(), at=AT).to_json() for it in ids],
        "campaign": _campaign(),
        "desk": _desk(),
    }


def _codes(kind: str) -> set[str]:
    return {name.partition("/")[2] for name in TEXTS if name.startswith(f"{kind}/")}


def _left_out(code: str) -> dict[str, Any]:
    """What decides about a vaccine, and is in no digest of a policy that does not offer it."""
    found = vaccines()[code]
    first = found.first_given
    return {
        "diseases": list(found.diseases),
        "first_given": None if first is None else first.on.isoformat(),
    }


def _commands(command: click.Command, name: str = "vaxpolicy") -> Iterator[tuple[str, set[str]]]:
    """Each command with its options; an argument is called by its place."""
    yield name, {option for it in command.params for option in it.opts if option.startswith("-")}
    if isinstance(command, click.Group):
        for each in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), each)
            if found is not None:
                yield from _commands(found, f"{name} {each}")


def _somebody() -> eligibility.Person:
    doses = [eligibility.Dose("AZ", date(2021, 7, 1)), eligibility.Dose("AZ", date(2021, 10, 5))]
    return eligibility.Person(birth_date=date(1990, 5, 5), doses=doses, groups=[], key=WHO)


def _decided(ids: Iterable[str], folder: Path) -> Iterator[list[Any]]:
    """Policy, version, person and decision, for the versions that no earlier release has kept."""
    known = {tuple(row[:2]) for place in _releases(folder) for row in _rows(place)}
    for policy_id in ids:
        policy = catalog.load(policy_id)
        if (policy.id, policy.version) in known:
            continue
        for _, person, _ in json.loads(boundary.file_of(policy_id).read_text("utf-8"))["people"]:
            decision = eligibility.decide(policy, catalog.person_from(person))
            if all(it.code != "too-many-cases" for it in decision.reasons):
                yield [policy.id, policy.version, person, _in_short(decision)]


def _in_short(decision: eligibility.Decision) -> str:
    """The outcome and the offers; reasons may become better."""
    return in_short(decision).rpartition("; ")[0]


def _histories(steps: SearchStrategy[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Histories with the state and the snapshot at their ends, the same in every run."""
    found: dict[str, dict[str, Any]] = {}

    @settings(max_examples=25, derandomize=True, database=None, deadline=None)
    @given(steps)
    def draw(drawn: tuple[Any, ...]) -> None:
        events = [event_json.to_json(event) for step in drawn for event in step.events]
        if events:
            state = _replayed(events)
            found["\n".join(events)] = {
                "events": events,
                "state": wire.dump(state),
                "snapshot": snapshots.to_snapshot(state),
            }

    draw()
    return list(found.values())


def _replayed(lines: Sequence[str]) -> Any:
    events: list[Any] = [event_json.from_json(line) for line in lines]
    of_slot = lines[0].startswith('{"type":"slot-')
    return slots.replay(events) if of_slot else reservation.replay(events)


def _campaign() -> dict[str, Any]:
    text = (resources.files("vaxpolicy") / "policies" / "new-campaign.toml").read_text("utf-8")
    found = catalog.parse_campaign(text)
    return {
        "text": text,
        "digest": found.policy.digest,
        "programme": wire.dump(found.programme),
    }


@cache
def _round() -> eligibility.Policy:
    return catalog.load(ROUND, version="1.0.0")


def _service(store: desk.Store) -> desk.BookingService:
    return desk.BookingService(store, policies=[_round()], programme=Programme(registration="none"))


def _desk() -> dict[str, Any]:
    """A database with a booking that was changed, as SQL, and what is read from it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "desk.db"
        store = desk.SQLiteStore(place)
        service = _service(store)
        slot = slots.Slot("taipei-1", date(2022, 1, 20), "morning", "BNT", 3)
        for each in (slot, evolve(slot, session="evening")):
            opening = slots.Open(id="open", actor=Actor.SITE, slot=each, places=1)
            service.manage(each, opening, now=AT)
        form = identity.IdentityForm(
            id_number="A123456789", nhi_card="000012345678", captcha_passed=True
        )
        claim = identity.check_form(form, on=AT.date())
        brought: dict[str, Any] = {
            "person": _somebody(),
            "claim": claim,
            "registry": identity.RegistryAnswer.MATCHED,
        }
        asked: dict[str, Any] = {"actor": Actor.PERSON, "subject": WHO, "policy_id": ROUND}
        service.book(Book(id="b1", slot=slot, **asked), now=AT, **brought)
        other = evolve(slot, session="evening")
        service.change(Change(id="b2", booking="b1", slot=other, **asked), now=AT, **brought)
        found = _seen(store)
        store.close()
        with closing(sqlite3.connect(place)) as connection:
            return {"sql": "\n".join(connection.iterdump()), "seen": found}


def _seen(store: desk.SQLiteStore) -> dict[str, Any]:
    """What a desk reads from a store."""
    service = _service(store)
    on = datetime(2022, 1, 20, 18, tzinfo=TAIWAN)
    return {
        "versions": store.versions(),
        "come": [it.booking.id for it in service.attendance("taipei-1", on.date(), now=on)],
        "settled": not service.unsettled(now=on),
        "journey": wire.dump(service.journey(WHO)),
    }


# Holding


def broken(folder: Path = RELEASED) -> list[str]:
    """Every promise of every release that the present version does not keep."""
    return [
        f"{place.name}: {fault}"
        for place in _releases(folder)
        for fault in (
            *_broken_promises(json.loads((place / "promises.json").read_text("utf-8"))),
            *_other_decisions(place),
        )
    ]


def _releases(folder: Path) -> list[Path]:
    return sorted(it for it in folder.glob("*") if it.is_dir())


def _rows(place: Path) -> Iterator[list[Any]]:
    text = lzma.decompress((place / "decisions.jsonl.xz").read_bytes()).decode()
    yield from map(json.loads, text.splitlines())


def _other_decisions(place: Path) -> Iterator[str]:
    for policy_id, version, person, then in _rows(place):
        try:
            policy = catalog.load(policy_id, version=version)
            now = _in_short(eligibility.decide(policy, catalog.person_from(person), explain=False))
        except (LookupError, ValueError) as error:
            now = str(error)
        if now != then:
            yield f"{policy_id} {version} decides {person}: {now}; it was {then}"


def _broken_promises(then: dict[str, Any]) -> Iterator[str]:
    for kind, codes in then["codes"].items():
        yield from (f"the code {kind}/{it} is gone" for it in sorted({*codes} - _codes(kind)))
    yield from (f"the group {it} is gone" for it in sorted({*then["groups"]} - {*groups()}))
    for code, facts in then["vaccines"].items():
        now = _left_out(code) if code in vaccines() else {}
        if any(now.get(name) != was for name, was in facts.items() if was is not None):
            yield f"the vaccine {code} is {now}; it was {facts}"
    yield from _other_commands(then["commands"])
    if then["pseudonym"] != WHO:
        yield "the pseudonym of a number is another one"
    for name, data in then["values"]:
        yield from _unreadable(name, data)
    for history in (*then["journeys"], *then["slots"]):
        yield from _other_history(history)
    for line in then["records"]:
        for it in record.verify(line):
            if not it.at.startswith(BETTER):
                yield f"a record: {it.code} at {it.at}"
    yield from _other_campaign(then["campaign"])
    yield from _other_desk(then["desk"])


def _other_commands(then: dict[str, list[str]]) -> Iterator[str]:
    commands = dict(_commands(app))
    for command, options in then.items():
        if gone := {*options} - commands.get(command, set()):
            yield f"{command} {' '.join(sorted(gone))} is gone"
        elif command not in commands:
            yield f"{command} is gone"


def _unreadable(name: str, data: Any) -> Iterator[str]:
    """A value that is not read any more, has another meaning, or does not fit the schema."""
    last = name.rpartition(".")[2]
    kind: Any = CLASSES.get(name) or next(
        (it for path, it in CLASSES.items() if path.endswith(f".{last}")), None
    )
    if kind is None:
        yield f"the class {name} is gone"
        return
    try:
        now = json.loads(json.dumps(wire.dump(wire.load(kind, data))))
    except ValueError as error:
        yield f"a value of {name} is not read: {error}"
        return
    if not _holds(now, data):
        yield f"a value of {name} is {now}; it was {data}"
    if not Draft202012Validator(wire.schema(kind)).is_valid(data):
        yield f"a value of {name} does not fit its schema"


def _holds(now: Any, then: Any) -> bool:
    """Whether JSON has all that it had; a newer version may add keys and raise a form."""
    if isinstance(now, dict) and isinstance(then, dict):
        if not then.keys() <= now.keys():
            return False
        return all(
            _holds(now[it], then[it]) or (it == "form" and now[it] > then[it]) for it in then
        )
    if isinstance(now, list) and isinstance(then, list):
        return len(now) == len(then) and all(map(_holds, now, then))
    return bool(now == then)


def _other_history(history: dict[str, Any]) -> Iterator[str]:
    first = history["events"][0][:60]
    try:
        state = _replayed(history["events"])
        read: Any = snapshots.slot_from_snapshot
        if isinstance(state, reservation.State):
            read = snapshots.journey_from_snapshot
        earlier = [event_json.from_json(line) for line in history["events"]]
        found = read(history["snapshot"], lambda: earlier)
    except ValueError as error:
        yield f"a history from {first} on is not read: {error}"
        return
    if not _holds(json.loads(json.dumps(wire.dump(state))), history["state"]):
        yield f"a history from {first} on gives another state"
    if found != state:
        yield f"the snapshot of a history from {first} on gives another state than its events"


def _other_campaign(then: dict[str, Any]) -> Iterator[str]:
    try:
        found = catalog.parse_campaign(then["text"])
    except ValueError as error:
        yield f"a campaign file is not read: {error}"
        return
    if found.policy.digest != then["digest"]:
        yield "a campaign file has another digest"
    if not _holds(wire.dump(found.programme), then["programme"]):
        yield "the settings of a campaign file are other ones"


def _other_desk(then: dict[str, Any]) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "desk.db"
        with closing(sqlite3.connect(place)) as connection:
            connection.executescript(then["sql"]).close()
        try:
            store = desk.SQLiteStore(place)
        except desk.WrongTables as error:
            yield f"a database is not opened: {error}"
            return
        try:
            seen = json.loads(json.dumps(_seen(store)))
        except ValueError as error:
            yield f"a database is not read: {error}"
        else:
            if not _holds(seen, then["seen"]):
                yield f"a desk reads {seen}; it was {then['seen']}"
            yield from _not_writable(store)
        finally:
            store.close()


def _not_writable(store: desk.SQLiteStore) -> Iterator[str]:
    """The next command on a database of the release, which has to be stored."""
    cancel = Cancel(id="b3", actor=Actor.PERSON, subject=WHO, booking="b2")
    try:
        _service(store).cancel(cancel, now=AT)
    except (Rejected, desk.Unavailable) as error:
        yield f"a database takes no further event: {error}"


if __name__ == "__main__":
    sys.stdout.write(f"{keep(sys.argv[1]).name} is kept\n")
