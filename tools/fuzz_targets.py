"""The parsers and loaders that `tools.fuzz` tries, with their seeds and documented errors.

A target takes bytes, reads something from them, and checks what it can. It raises `Finding` where
the library raises an error that its documentation does not name, where an error or the text of a
value repeats a number from the input, or where two readings of the same input differ. The seeds are
made from the library's own examples and from the files of the tests; a small corpus of inputs that
long runs have found is kept beside them, in tests/data/corpus.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import pyarrow as pa
from attrs import evolve, frozen
from hypothesis import given, settings

from vaxpolicy import catalog, fhir, messages, population, record, testing, wire
from vaxpolicy.booking import event_json, journey, slots, snapshots
from vaxpolicy.booking.events import COMMANDS, EVENTS
from vaxpolicy.booking.programme import Programme
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.streams import BrokenStream
from vaxpolicy.catalog import PolicyFileError
from vaxpolicy.eligibility import Decision, Dose, Offer, PartialDate, Person, Reason, decide
from vaxpolicy.identity import (
    EntryDocumentNumber,
    EntryPermitNumber,
    IdentityForm,
    IdNumber,
    InvalidForm,
    MobileNumber,
    NationalId,
    NhiCardNumber,
    Number,
    NumberError,
    PassportNumber,
    ResidencyStatus,
    UiNumber,
    check_form,
    is_valid_id_number,
)
from vaxpolicy.population.jobs import JobError, read_summary
from vaxpolicy.rules.policy import Policy

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

ROOT: Final = Path(__file__).parents[1]
ON: Final = date(2026, 11, 1)
ROUND: Final = "tw/covid19-1922/round-19"
DEEP: Final = 100_000
"""The depth of the documents that try the stack of a reader."""


class Finding(Exception):  # noqa: N818  # what it is
    """A target has found a fault; the message says which, with the place in the library."""


class Refused(NamedTuple):
    """The input was refused with a documented error."""

    error: Exception


Errors: TypeAlias = "tuple[type[Exception], ...]"


@frozen
class Target:
    """A parser or loader.

    Attributes:
        name: the name on the command line.
        read: reads the input and returns the values that it holds.
        errors: the errors that the documentation names.
        made: makes the inputs to begin with.
        hides_numbers: whether neither an error nor the text of a value may repeat a number.
    """

    name: str
    read: Callable[[bytes], object]
    errors: Errors
    made: Callable[[], Iterable[bytes]]
    hides_numbers: bool = True

    def seeds(self) -> Iterator[bytes]:
        """The inputs that are made, then those of the corpus."""
        yield from self.made()
        if self.corpus.exists():
            yield from map(bytes.fromhex, json.loads(self.corpus.read_text("ascii")))

    @property
    def corpus(self) -> Path:
        """The file of inputs that long runs have found, in hexadecimal digits."""
        return ROOT / "tests/data/corpus" / f"{self.name}.json"

    def check(self, data: bytes) -> Refused | None:
        """Read the input. Raises `Finding` for a fault; says whether the input was refused."""
        shown: list[str]
        refused = None
        try:
            found = self.read(data)
        except self.errors as error:
            refused = Refused(error)
            shown = [text for each in _chain(error) for text in (str(each), repr(each))]
        except Finding:
            raise
        except Exception as error:
            raise Finding(f"{type(error).__name__} in {_place(error)}") from error
        else:
            shown = [str(found), repr(found)] if self.hides_numbers else []
        if self.hides_numbers and (numbers := _numbers(data)):
            for text in shown:
                if any(number in text for number in numbers):
                    where = _place(refused.error) if refused else "the text of a value"
                    raise Finding(f"a number is repeated in {where}")
        return refused


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those that a traceback shows with it."""
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def _place(error: BaseException) -> str:
    """The innermost line of the library that the error has passed."""
    found, at = "the target", error.__traceback__
    while at is not None:
        file = Path(at.tb_frame.f_code.co_filename)
        if "vaxpolicy" in file.parts:
            inside = file.parts[file.parts.index("vaxpolicy") + 1 :]
            found = f"{'/'.join(inside)}:{at.tb_frame.f_code.co_name}"
        at = at.tb_next
    return found


_LIKE_A_NUMBER: Final = re.compile(r"(?:[A-Z][A-D1289]|(?<![0-9])09)[0-9]{8}(?![0-9])")
"""Numbers that no more digits follow: a longer run of digits is no number."""


def _numbers(data: bytes) -> set[str]:
    """The national IDs, UI numbers and mobile numbers in the input."""
    texts = _LIKE_A_NUMBER.findall(data.decode("utf-8", "replace"))
    return {each for each in texts if each[0] == "0" or is_valid_id_number(each, strict=True)}


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise Finding(what)


# Numbers and forms


def _reads_number(kind: type[Number]) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        flags, text = data[:1] or b"\0", data[1:].decode("utf-8", "surrogateescape")
        strict, on = bool(flags[0] & 1), ON if flags[0] & 2 else None
        valid = kind.is_valid(text, strict=strict, on=on)
        try:
            number = kind.parse(text, strict=strict, on=on)
        except NumberError as error:
            _expect(not valid, "is_valid accepts what parse refuses")
            for each in error.suggestions:
                _expect(kind.is_valid(each.number.value, on=on), "a suggestion is not valid")
            _expect(len(text) < _SHORT or text not in f"{error!r}", "the text is repeated")
            raise
        _expect(valid, "is_valid refuses what parse accepts")
        _expect(kind.parse(number.value, strict=True) == number, "its value is another number")
        _expect(kind.parse(number.formatted) == number, "its written form is another number")
        _expect(number.value not in f"{number!r}{number}", "the text of a number shows it")
        return number

    return read


_SHORT: Final = 8
"""A text with fewer characters may be in a message by chance."""


def _number_seeds() -> Iterator[bytes]:
    numbers = [
        *("A123456789", "a-123 456 789", "A800000014", "AC01234567", "AB12345677", "Z596839485"),
        *("000012345678", "0000-1234-5678", "102012345678", "12345678", "1234567890"),
        *("0912345678", "+886 912-345-678", "0912 345 678 ext 9", "tel:+886-912-345-678"),
        *(
            "300123456",
            "MA0123456",
            "X12345678901",
            "A12345678O",
            "A1234567８９",
            "Ａ１２３４５６７８９",
        ),
        *("", " ", "\u200bA123456789", "A" * 300, "A12345678\u0661", "\U0001d7d8" * 10),
    ]
    for text in numbers:
        for flags in b"\0\1\2\3":
            yield bytes((flags,)) + text.encode()
    yield b"\0\xff\xfeA123456789"


_STATUSES: Final = (None, *ResidencyStatus)


def _read_form(data: bytes) -> object:
    flags, *boxes = data.decode("utf-8", "surrogateescape").split("\n") or [""]
    first, second, third, *_ = (*map(ord, flags), 0, 0, 0)
    texts = [*boxes, "", "", "", ""]
    card: Any = texts[1] or None
    if card and "|" in card:
        card = tuple(card.split("|"))
    form = IdentityForm(
        id_number=texts[0],
        nhi_card=card,
        permit=texts[2] or None,
        passport=texts[3] or None,
        status=_STATUSES[first % len(_STATUSES)],
        captcha_passed=bool(third % 2 == 0),
    )
    try:
        return form, check_form(form, on=ON, strict_status=bool(second % 2))
    except InvalidForm as refused:
        codes = {fhir.niis_code(it, ui_number=bool(third % 3)) for it in refused.errors}
        _expect(codes <= _NIIS, "a code that is not one of the registry")
        raise


_NIIS: Final = {None, "E00018", "E00023", "E00041", "E00042"}


def _form_seeds() -> Iterator[bytes]:
    for status in "\0\1\2\3\4":
        for boxes in (
            ("A123456789", "000012345678"),
            ("A123456789", "0000|1234|5678"),
            ("A800000014", "", "12345678", ""),
            ("A800000014", "", "", "300123456"),
            ("Ａ１２３４５６７８９", "0000-1234-5678", "A123456789", "0912345678"),
            ("", "", "", ""),
        ):
            yield "\n".join((f"{status}\0\0", *boxes)).encode()


# Policies and campaigns


def _read_policy(data: bytes) -> object:
    campaign = catalog.parse_campaign(data)
    _expect(
        catalog.parse_campaign(tomllib.loads(data.decode("utf-8-sig"))).policy == campaign.policy,
        "the mapping of the text is another policy",
    )
    text = data.decode("utf-8-sig")
    plain, placed = catalog.lint(campaign.policy), catalog.lint(campaign.policy, text=text)
    _expect([it.code for it in plain] == [it.code for it in placed], "the findings differ")
    lines = text.count("\n") + 1
    _expect(all(it.line is None or 0 < it.line <= lines for it in placed), "a line is not there")
    return campaign.policy


@cache
def _folder() -> Path:
    found = tempfile.TemporaryDirectory(prefix="vaxpolicy-fuzz-")
    _KEPT.append(found)
    return Path(found.name)


_KEPT: Final[list[tempfile.TemporaryDirectory[str]]] = []
_APART: Final = b"\0"
_MOST_FILES: Final = 4


def _read_campaign(data: bytes) -> object:
    folder = _folder() / "campaign"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for place, part in enumerate(data.split(_APART, _MOST_FILES)):
        (folder / f"{place}.toml").write_bytes(part)
    return catalog.load_campaign(folder, as_of=ON)


def _policy_files() -> Iterator[bytes]:
    yield (ROOT / "docs/reference/example-campaign.toml").read_bytes()
    folder = ROOT / "src/vaxpolicy/policies"
    files = sorted((it for it in folder.rglob("*.toml")), key=lambda it: it.stat().st_size)
    yield from (it.read_bytes() for it in files[::6] if it.stat().st_size < _LONG_SEED)
    yield b"a = " + b"[" * DEEP
    yield b"a = " + b"9" * 5_000
    yield b'id = "x"\nannounced = 2022-02-30\n'
    yield b"[[stages]]\nid = 'x'\n" * 800
    yield b"".join(b"key%d = 1\n" % number for number in range(1_200))
    quotes = b"'" * 3
    yield b"a = " + quotes + b"\n[" + b" " * 10_000 + b"\n" + quotes + b"\n"
    yield b'"' + b"$" * 10_000 + b'" = 1\n'


_LONG_SEED: Final = 12_000


def _campaign_seeds() -> Iterator[bytes]:
    for text in _policy_files():
        yield text
        parts = re.split(rb"\n(?=\[\[stages)", text, maxsplit=1)
        yield _APART.join(parts)


# JSON


def _read_person(data: bytes) -> object:
    document = _data(data)
    person = catalog.person_from(document)
    written = json.loads(json.dumps(catalog.person_as_json(person)))
    _expect(
        catalog.person_from(written) == evolve(person, key=None),
        "the person that is written is another one",
    )
    return person


def _object(data: bytes) -> dict[str, Any]:
    """An object of JSON as a caller's parser gives it, whose own errors are not a finding."""
    found = _data(data)
    if not isinstance(found, dict):
        raise _NotJson
    return found


def _data(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        pass
    raise _NotJson


class _NotJson(Exception):  # noqa: N818  # what it is
    """The input is not JSON."""


def _as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@cache
def _people() -> tuple[Person, ...]:
    return (
        Person(),
        Person(key="p-1", birth_date=date(1950, 2, 28), doses=()),
        Person(birth_date=PartialDate(1950, 3), doses=(Dose(vaccine="AZ", on=date(2021, 7, 1)),)),
        Person(
            birth_date=PartialDate(1990),
            groups=frozenset({"cecc-2021-06-21/9"}),
            unknown_groups=frozenset({"cecc-2021-06-21/1"}),
            registered_county="澎湖縣",
            residence_county="金門縣",
        ),
    )


def _person_seeds() -> Iterator[bytes]:
    for person in _people():
        yield _as_json(catalog.person_as_json(person))
    yield b'{"key": "A123456789"}'
    yield b'{"birth_date": "A123456789", "doses": [{"vaccine": "0912345678", "on": 5}]}'
    yield b'{"A123456789": {"A123456789": []}}'


_HOSTILE_JSON: Final = (
    b"[" * DEEP,
    b'{"a":' * DEEP,
    b'{"a": 1, "a": 2}',
    b"1e400",
    b"NaN",
    b'"\\ud800"',
    b"9" * 5_000,
    b"\xef\xbb\xbf{}",
    b"null",
    b'{"type": "A123456789", "form": 1}',
)


def _files(folder: str) -> Iterator[bytes]:
    for file in sorted((ROOT / "tests/data" / folder).glob("*.json*")):
        yield from (
            file.read_bytes().splitlines() if file.suffix == ".jsonl" else [file.read_bytes()]
        )


def _event_seeds() -> Iterator[bytes]:
    yield from _files("events")
    yield from _HOSTILE_JSON


def _read_event(data: bytes) -> object:
    event = event_json.from_json(data)
    _expect(event_json.from_json(event_json.to_json(event)) == event, "the event is another one")
    return event


def _history(data: bytes, read: Callable[[bytes], Any], replay: Callable[[Any], Any]) -> object:
    return replay([read(line) for line in data.split(b"\n")[:_MOST_EVENTS]])


_MOST_EVENTS: Final = 20


def _read_journey(data: bytes) -> object:
    return _history(data, event_json.read_journey_event, journey.replay)


def _read_slot(data: bytes) -> object:
    return _history(data, event_json.read_slot_event, slots.replay)


@cache
def _drawn(strategy: SearchStrategy[tuple[Any, ...]]) -> tuple[bytes, ...]:
    """The events of drawn histories, the same in every run."""
    found: list[bytes] = []

    @settings(max_examples=15, derandomize=True, database=None, deadline=None)
    @given(strategy)
    def draw(steps: tuple[Any, ...]) -> None:
        events = [event for step in steps for event in step.events][:_MOST_EVENTS]
        found.append("\n".join(map(event_json.to_json, events)).encode())

    draw()
    return tuple(dict.fromkeys(found))


_JOURNEYS: Final = testing.journeys()
_SLOTS: Final = testing.slots().flatmap(testing.slot_histories)


def _journey_seeds() -> Iterator[bytes]:
    yield from _drawn(_JOURNEYS)
    yield b"\n".join(_files("events"))


def _slot_seeds() -> Iterator[bytes]:
    yield from _drawn(_SLOTS)
    yield b"\n".join(_files("events"))


def _read_snapshot(data: bytes) -> object:
    kind, text = data[:1], data[1:].decode("utf-8", "replace")
    read: Callable[..., Any] = snapshots.journey_from_snapshot
    if kind == b"s":
        read = snapshots.slot_from_snapshot
    found = read(text, tuple)
    again = snapshots.to_snapshot(found)
    _expect(_kept_in(again) == _kept_in(text), "the snapshot that is written is another one")
    _expect(snapshots.to_snapshot(read(again, tuple)) == again, "the second reading is another one")
    return found, found.history.notes()


def _kept_in(snapshot: str) -> str:
    """The parts of a snapshot but its events, which can be of an older form."""
    written = json.loads(snapshot.removeprefix("\ufeff"))
    parts = {name: written[name] for name in ("status", "version", "commands", "values")}
    return json.dumps(parts, sort_keys=True)


def _snapshot_seeds() -> Iterator[bytes]:
    for state in (journey.initial(), slots.initial()):
        for kind in (b"j", b"s"):
            yield kind + snapshots.to_snapshot(state).encode()
    for lines, kind, replay in (
        (_journey_seeds(), b"j", _read_journey),
        (_slot_seeds(), b"s", _read_slot),
    ):
        for each in lines:
            try:
                state_of: Any = replay(each)
            except ValueError:
                continue
            yield kind + snapshots.to_snapshot(state_of).encode()
    yield from (kind + each for each in _HOSTILE_JSON for kind in (b"j", b"s"))


def _read_record(data: bytes) -> object:
    found = record.read(data)
    _expect(record.read(found.to_json()) == found, "the record that is written is another one")
    return found


def _verify_record(data: bytes) -> object:
    return record.verify(data)


def _verify_chain(data: bytes) -> object:
    texts = data.split(b"\n")[:_MOST_EVENTS]
    found = record.verify_chain(texts, head="0" * 64)
    _expect({it.position for it in found} <= {None, *range(len(texts))}, "a place is not there")
    return found


def _chain_seeds() -> Iterator[bytes]:
    records = list(_files("records"))
    yield b"\n".join(records)
    yield b"\n".join(reversed(records))
    yield from _record_seeds()


# Languages


def _negotiate(data: bytes) -> object:
    found = messages.negotiate(data.decode("latin-1"))
    _expect(found in messages.LANGUAGES, "a language that this library does not have")
    return found


def _header_seeds() -> Iterator[bytes]:
    yield from (b"", b"*", b"fr, zh-TW;q=0.9, en;q=0.5", b"zh-Hant-TW;q=1.000", b"in;q=0, th;q=.5")
    yield b"," * DEEP
    yield b"zh-" * DEEP
    yield b"vi;q=" + b"0" * DEEP


# The summaries of parts


def _read_summary(data: bytes) -> object:
    place = _folder() / "part-00000.parquet"
    place.with_name("_part-00000.json").write_bytes(data)
    return read_summary(place)


def _summary_seeds() -> Iterator[bytes]:
    empty = {"rows": 0, "kinds": [], "birth_years": [], "counties": [], "groups": []}
    yield _as_json({**empty, "bad_rows": []})
    yield _as_json(
        {
            "rows": 3,
            "kinds": [["eligible", 2], ["unreadable", 1]],
            "birth_years": [["eligible", 1950, 1], ["eligible", None, 1]],
            "counties": [["eligible", "澎湖縣", 2]],
            "groups": [["eligible", "status/national", 1]],
            "bad_rows": [[2, "invalid-birth-date"]],
        }
    )
    yield from _HOSTILE_JSON


def _record_seeds() -> Iterator[bytes]:
    yield from _files("records")
    yield from _HOSTILE_JSON


@cache
def _kinds() -> tuple[type, ...]:
    return (Person, Policy, Decision, *sorted(_classes(), key=lambda kind: kind.__name__))


def _classes() -> set[type]:
    return {
        *(Offer, Reason, Programme, Rejected, InvalidForm, IdentityForm, PartialDate),
        *(journey.State, slots.Capacity, slots.Slot, record.Record),
        *(*COMMANDS, *EVENTS.values()),
    }


def _read_wire(data: bytes) -> object:
    kinds = _kinds()
    kind: Any = kinds[(data[0] if data else 0) % len(kinds)]
    found = wire.read(kind, data[1:])
    if kind not in {IdentityForm, InvalidForm, slots.Capacity, journey.State}:
        written = json.loads(json.dumps(wire.dump(found)))
        again = wire.load(kind, written)
        _expect(wire.dump(again) == wire.dump(found), "the value that is written is another one")
    return found


def _wire_seeds() -> Iterator[bytes]:
    places = {kind: bytes((place,)) for place, kind in enumerate(_kinds())}
    policy = catalog.load(ROUND)
    decisions = [decide(policy, person) for person in _people()]
    values: list[Any] = [*_people(), policy, *decisions]
    values += [offer for each in decisions for offer in (*each.offers, *each.possible_offers)]
    values += [reason for each in decisions for reason in each.reasons]
    values += [event_json.from_json(each) for each in _files("events")]
    values += [it.command for it in values if hasattr(it, "command")]
    for value in values:
        if (place := places.get(type(value))) is not None:
            yield place + _as_json(wire.dump(value))
    form = {"id_number": "A123456789", "nhi_card": "000012345678", "captcha_passed": True}
    yield places[IdentityForm] + _as_json(form)
    for hostile in _HOSTILE_JSON:
        yield places[Person] + hostile


# FHIR


def _read_resource(data: bytes) -> object:
    resource = _object(data)
    found = fhir.person(resource, history_complete=True)
    decide(catalog.load(ROUND), found.person_for(catalog.load(ROUND)))
    return found


def _read_forecast(data: bytes) -> object:
    return fhir.immds_forecast(_object(data), [ROUND], history_complete=True)


def _read_resources_of_ours(data: bytes) -> object:
    resource = _object(data)
    found: list[object] = [fhir.niis_errors(resource), fhir.niis_answer(resource)]
    for read in (fhir.read_recommendation, fhir.read_slots, fhir.read_slot):
        try:
            found.append(read(resource))
        except ValueError as error:  # documented, but its own subclasses would say too much
            _expect(type(error) is ValueError, f"{type(error).__name__} of {read.__name__}")
            found.append(str(error))
    return found


def _resources() -> Iterator[dict[str, Any]]:
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "birthDate": "1950-02-28",
        "gender": "female",
        "identifier": [{"system": "http://www.moi.gov.tw", "value": "A123456789"}],
    }
    dose = {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "210"}]},
        "patient": {"reference": "Patient/1"},
        "occurrenceDateTime": "2021-07-01T09:00:00+08:00",
    }
    entries = [{"fullUrl": f"urn:{n}", "resource": it} for n, it in enumerate((patient, dose))]
    yield {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    for person in _people():
        yield fhir.bundle(person)
    yield {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "assessmentDate", "valueDate": "2022-01-17"},
            {"name": "patient", "resource": patient},
            {"name": "immunization", "resource": dose},
        ],
    }
    yield from (patient, dose)


def _fhir_seeds() -> Iterator[bytes]:
    yield from map(_as_json, _resources())
    yield from _HOSTILE_JSON


def _ours_seeds() -> Iterator[bytes]:
    for person in _people():
        decision = decide(catalog.load(ROUND), person)
        yield _as_json(fhir.recommendation(decision, patient="Patient/1", date=ON))
    slot = {"system": "urn:vaxpolicy:slot", "value": "clinic 2021-07-10 am AZ 1"}
    yield _as_json({"resourceType": "Slot", "identifier": [slot]})
    coding = {"system": "https://niis.cdc.gov.tw", "code": "E001"}
    yield _as_json(
        {"resourceType": "OperationOutcome", "issue": [{"details": {"coding": [coding]}}]}
    )


# Arrow


def _read_id_column(data: bytes) -> object:
    texts = [None if it == "-" else it for it in data.decode("utf-8", "replace").split("\n")]
    expected = [None if it is None else is_valid_id_number(it) for it in texts]
    for kind in (pa.string(), pa.large_string(), pa.string_view()):
        found = population.valid_id_numbers(pa.array(texts, kind)).to_pylist()
        _expect(found == expected, "the column and the function differ")
        part = population.valid_id_numbers(pa.array(texts, kind)[1:]).to_pylist()
        _expect(part == expected[1:], "a part of the column and the function differ")
    return None


def _id_column_seeds() -> Iterator[bytes]:
    texts = [each[1:] for each in _number_seeds() if b"\xff" not in each]
    yield b"\n".join(texts)
    yield b"A123456789\n-\nA800000014"
    yield b"\n".join(texts[::3])


_COLUMNS: Final = (
    *("birth_date", "registered_county", "residence_county", "sex", "key", "birth_year"),
    *("dose_1_vaccine", "dose_1_on", "dose_2_vaccine", "dose_2_on", "doses_count", "wants_AZ"),
    *("doses", "groups", "unknown_groups", "willingness", "fact_pregnancy", "cecc-2021-06-21/9"),
)


def _column(kind: int, texts: list[str]) -> Any:
    """A column of one of several types, with the bytes of the input for values."""
    numbers = [int.from_bytes(text.encode()[:4], "little", signed=True) for text in texts]
    missing = [None if text == "-" else text for text in texts]
    plain = (
        pa.array(missing),
        pa.array(numbers, pa.int32()).cast(pa.date32()),
        pa.array([n % 2 == 0 for n in numbers]),
        pa.array(numbers, pa.int64()),
        pa.array([text.split(",") for text in texts], pa.list_(pa.string())),
    )
    if kind < len(plain):
        return plain[kind]
    if kind == len(plain):
        rows = [[{"vaccine": text, "on": n}] for text, n in zip(missing, numbers, strict=True)]
        dose = pa.struct([("vaccine", pa.string()), ("on", pa.int32())])
        date_of = pa.struct([("vaccine", pa.string()), ("on", pa.date32())])
        return pa.array(rows, pa.list_(dose)).cast(pa.list_(date_of))
    instants = pa.array([n * 1_000_000_007 for n in numbers], pa.int64())
    return instants.cast(pa.timestamp("us", tz="UTC"))


_TYPES: Final = 7


def _decided(table: Any) -> object:
    try:
        reader = population.decide_table(catalog.load(ROUND), table, batch_rows=64, workers=1)
    except ValueError as error:
        if type(error) is ValueError and "column" in str(error):
            raise _WrongColumnsError from error
        raise
    return reader.read_all().num_rows


class _WrongColumnsError(Exception):
    """The names of the columns contradict each other, which is documented as a ValueError."""


def _read_columns(data: bytes) -> object:
    columns: dict[str, Any] = {}
    rows = 0
    for place, part in enumerate(data.split(_APART)[:6]):
        head, body = part[:2].ljust(2, b"\0"), part[2:]
        texts = body.decode("utf-8", "replace").split("\n")
        rows = rows or len(texts)
        texts = [*texts, *["-"] * rows][:rows]
        name = _COLUMNS[(head[0] + place) % len(_COLUMNS)]
        columns[name] = _column(head[1] % _TYPES, texts)
    _expect(_decided(pa.table(columns)) == rows, "rows are lost")
    return rows


def _columns_seeds() -> Iterator[bytes]:
    for kind in range(_TYPES):
        for place in range(len(_COLUMNS)):
            head = bytes((place, kind))
            yield head + b"1950-02-28\n-\nAZ\nA123456789\n" + "澎湖縣".encode() + b"\n2021-13-01"
    born, dose = bytes((0, 0)) + b"1990-01-01\n1800-01-01", bytes((11, 5)) + b"AZ\nA\tZ"
    yield born + _APART + dose


def _read_ipc(data: bytes) -> object:
    try:
        table = pa.ipc.open_stream(io.BytesIO(data)).read_all()
        table.validate(full=True)
        table.to_pylist()  # decodes every name and text
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError):
        raise _NotJson from None  # Arrow's own reader has refused the bytes
    if table.num_rows > _MOST_ROWS:
        raise _NotJson
    _expect(_decided(table) == table.num_rows, "rows are lost")
    return table.num_rows


_MOST_ROWS: Final = 1_000


def _ipc_seeds() -> Iterator[bytes]:
    batch = next(iter(population.sample_batches(20, seed=1)))
    for table in (batch, batch.select(["key", "birth_date"])):
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_batch(table)
        yield sink.getvalue()


def _reads_file(ending: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        file = _folder() / f"people{ending}"
        file.write_bytes(data)
        return _decided(file)

    return read


def _csv_seeds() -> Iterator[bytes]:
    yield b"key,birth_date,dose_1_vaccine,dose_1_on\np1,1950-02-28,AZ,2021-07-01\np2,,,\n"
    yield "key,registered_county,sex\np1,澎湖縣,female\n".encode()
    yield b'birth_date\n"A123456789"\n'
    yield b"birth_date\nA123456789,A123456789\n"
    yield b"birth_date,birth_date\n1950-01-01,1950-01-01\n"


def _jsonl_seeds() -> Iterator[bytes]:
    yield b"\n".join(_as_json(catalog.person_as_json(person)) for person in _people())
    yield b'{"key": "p1", "doses": [{"vaccine": "AZ", "on": "2021-07-01"}]}'
    yield b'{"birth_date": {"A123456789": 1}}\n{"birth_date": []}\n'
    yield b'{"key": "p1", "note": ' + b"[" * DEEP + b"]" * DEEP + b"}\n"
    for start, end in ((b"[", b"]"), (b'{"a": ', b"}")):
        for levels in (30, 31, 500):
            yield b'{"key": "p1", "note": ' + start * levels + b"1" + end * levels + b"}\n"


_TABLE: Final = (population.ColumnError, _WrongColumnsError)

NUMBERS: Final[dict[str, type[Number]]] = {
    "id-number": IdNumber,
    "national-id": NationalId,
    "ui-number": UiNumber,
    "nhi-card": NhiCardNumber,
    "entry-permit": EntryPermitNumber,
    "entry-document": EntryDocumentNumber,
    "passport": PassportNumber,
    "mobile": MobileNumber,
}

TARGETS: Final[dict[str, Target]] = {
    target.name: target
    for target in (
        *(Target(n, _reads_number(k), (NumberError,), _number_seeds) for n, k in NUMBERS.items()),
        Target("form", _read_form, (InvalidForm,), _form_seeds),
        Target("policy", _read_policy, (PolicyFileError,), _policy_files, hides_numbers=False),
        Target(
            "campaign", _read_campaign, (PolicyFileError,), _campaign_seeds, hides_numbers=False
        ),
        Target("person", _read_person, (_NotJson, PolicyFileError), _person_seeds),
        Target("event", _read_event, (event_json.UnreadableEvent,), _event_seeds),
        Target(
            "journey", _read_journey, (event_json.UnreadableEvent, BrokenStream), _journey_seeds
        ),
        Target("slot", _read_slot, (event_json.UnreadableEvent, BrokenStream), _slot_seeds),
        Target("snapshot", _read_snapshot, (snapshots.UnreadableSnapshot,), _snapshot_seeds),
        Target("record", _read_record, (record.RecordError,), _record_seeds),
        Target("verify", _verify_record, (), _record_seeds),
        Target("chain", _verify_chain, (), _chain_seeds),
        Target("language", _negotiate, (), _header_seeds),
        Target("summary", _read_summary, (JobError,), _summary_seeds),
        Target("wire", _read_wire, (wire.InvalidData,), _wire_seeds),
        Target("fhir-person", _read_resource, (_NotJson,), _fhir_seeds),
        Target("fhir-forecast", _read_forecast, (_NotJson, fhir.InvalidParameters), _fhir_seeds),
        Target("fhir-ours", _read_resources_of_ours, (_NotJson,), _ours_seeds),
        Target("id-column", _read_id_column, (), _id_column_seeds),
        Target("columns", _read_columns, _TABLE, _columns_seeds),
        Target("arrow-ipc", _read_ipc, (_NotJson, *_TABLE), _ipc_seeds),
        Target(
            "csv",
            _reads_file(".csv"),
            (population.UnreadableError, *_TABLE),
            _csv_seeds,
        ),
        Target(
            "json-lines",
            _reads_file(".jsonl"),
            (population.UnreadableError, *_TABLE),
            _jsonl_seeds,
        ),
    )
}
"""Every target by its name."""
