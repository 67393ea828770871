"""A refusal names at most a thousand problems, whatever was read, and its time is linear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from vaxpolicy import catalog, fhir, record, wire
from vaxpolicy.booking import event_json
from vaxpolicy.catalog import PolicyFileError
from vaxpolicy.catalog import campaigns as campaign_files
from vaxpolicy.eligibility import Decision, Person, Policy
from vaxpolicy.fhir.problems import PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Callable

FAULTS: Final = 2_000
"""The faults of each document."""
MOST: Final = 1_000
NUMBERS: Final = range(FAULTS)
ROOT: Final = Path(__file__).parents[2]
NEW: Final = (ROOT / "docs/reference/example-campaign.toml").read_text("utf-8")

POLICIES: Final[dict[str, str]] = {
    "keys at the top": "".join(f"key{n} = 1\n" for n in NUMBERS),
    "tables at the top": "".join(f"[key{n}]\n" for n in NUMBERS),
    "impossible dates": "".join(f"a{n} = 2022-02-30\n" for n in NUMBERS),
    "stages of one name": "[[stages]]\nid = 'x'\n" * FAULTS,
    "stages": "".join(f"[[stages]]\nid = 'x{n}'\nkey{n} = 1\n" for n in NUMBERS),
    "keys of a stage": "[[stages]]\nid = 'x'\n" + "".join(f"key{n} = 1\n" for n in NUMBERS),
    "windows": "[[stages]]\nid = 'x'\n" + "[[stages.windows]]\n" * FAULTS,
    "rules": "[[stages]]\nid = 'x'\n" + "[[stages.rules]]\nid = 'y'\n" * FAULTS,
    "conditions": "[[stages]]\nid = 'x'\n[[stages.rules]]\nid = 'y'\nall = ["
    + "{}, " * FAULTS
    + "]",
    "keys of a condition": "[[stages]]\nid = 'x'\n[[stages.rules]]\nid = 'y'\nall = [{ "
    + ", ".join(f"key{n} = 1" for n in NUMBERS)
    + " }]",
    "groups": "[[groups]]\nid = 'x'\n" * FAULTS,
    "vaccines": "[[vaccines]]\ncode = 'x'\n" * FAULTS,
    "facts": "[[facts]]\nid = 'x'\n" * FAULTS,
    "sources": "".join(f"[sources.s{n}]\nkey = 1\n" for n in NUMBERS),
    "sources that nobody lists": NEW
    + "".join(
        f"[[groups]]\nid = 'g{n}'\nname = {{ en = 'a', zh-Hant = 'b' }}\ncites = ['s{n}']\n"
        for n in NUMBERS
    ),
    "names that are used twice": NEW
    + "".join(
        f"[[groups]]\nid = 'g{n % FAULTS}'\nname = {{ en = 'a', zh-Hant = 'b' }}\ncites = ['s']\n"
        for n in range(2 * FAULTS)
    ),
    "vaccines of the programme": NEW
    + f"[programme]\nvaccines = {json.dumps([f'AZ{n}' for n in NUMBERS])}\n",
    "a text with a line that is like a header": "a = '''\n[" + " " * 20_000 + "\n'''\n",
    "a key of dollars": '"' + "$" * 20_000 + '" = 1\n',
    "a key of dots": '"' + "$.a" * 10_000 + '" = 1\n',
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_file_has_at_most_a_thousand_problems(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(POLICIES[name])
    for read in (catalog.parse_campaign, lambda _: catalog.load_campaign(tmp_path)):
        with pytest.raises(PolicyFileError) as refused:
            read(POLICIES[name])
        problems = refused.value.problems
        assert 0 < len(problems) <= MOST
        assert len(str(refused.value)) < 2_000_000


def test_the_problems_of_all_files_of_a_folder_are_bounded(tmp_path: Path) -> None:
    for file in ("a", "b", "c"):
        (tmp_path / f"{file}.toml").write_text(POLICIES["keys at the top"])
    with pytest.raises(PolicyFileError) as refused:
        catalog.load_campaign(tmp_path)
    assert len(refused.value.problems) == MOST


def test_a_folder_has_a_bound_on_its_files_and_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in ("a", "b", "c"):
        (tmp_path / f"{file}.toml").write_text("x = 1\n")
    for bound, most in (("_MOST_FILES", 2), ("LONGEST", 17)):
        with monkeypatch.context() as patched:
            patched.setattr(campaign_files, bound, most)
            with pytest.raises(PolicyFileError, match=rf"expected at most .*\b{most}\b"):
                catalog.load_campaign(tmp_path)
            patched.setattr(campaign_files, bound, most + 1)
            with pytest.raises(PolicyFileError, match="in another file"):
                catalog.load_campaign(tmp_path)


WRONG: Final = [{"vaccine": 1}] * FAULTS
KEYS: Final = {f"key{n}": 1 for n in NUMBERS}
READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "person": catalog.person_from,
    "event": lambda it: event_json.from_json(json.dumps(it)),
    "journey event": lambda it: event_json.read_journey_event(json.dumps(it)),
    "slot event": lambda it: event_json.read_slot_event(json.dumps(it)),
    "record": lambda it: record.read(json.dumps(it)),
    "wire text": lambda it: wire.read(Person, json.dumps(it)),
    "wire person": lambda it: wire.load(Person, it),
    "wire policy": lambda it: wire.load(Policy, it),
    "wire decision": lambda it: wire.load(Decision, it),
    "campaign": catalog.parse_campaign,
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("key", ["", "doses", "stages", "reasons", "sources", "groups", "type"])
def test_a_document_has_at_most_a_thousand_problems(name: str, key: str) -> None:
    for faulty in (WRONG, KEYS):
        document = {"type": "booked", "form": 3, key: faulty} if key else KEYS
        with pytest.raises(ValueError, match=r".") as refused:
            READERS[name](document)
        error = refused.value
        named = error.differences if isinstance(error, record.RecordError) else error.problems  # type: ignore[attr-defined]  # each of them has it
        assert 0 < len(named) <= MOST


def test_a_resource_has_at_most_a_thousand_problems_and_no_unknown_fact_becomes_known() -> None:
    patient = {"resourceType": "Patient", "id": "1", "birthDate": "1950-01-01"}
    not_done = {"resourceType": "Immunization", "status": "not-done"}
    not_done["patient"] = {"reference": "Patient/1"}  # type: ignore[assignment]  # plain data
    open_history = {**not_done, "status": "what"}
    entries = [{"resource": it} for it in (patient, *[not_done] * FAULTS)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    found = fhir.person(bundle, history_complete=True)
    assert MOST - len(PROBLEMS) <= len(found.problems) <= MOST
    assert found.person.doses == ()
    bundle["entry"] = [*entries, {"resource": open_history}]
    found = fhir.person(bundle, history_complete=True)
    assert "status-not-known" in {it.code for it in found.problems}
    assert len(found.problems) <= MOST
    assert found.person.doses is None


def test_a_bundle_of_wrong_entries_has_at_most_a_thousand_problems() -> None:
    parameters = {"resourceType": "Parameters", "parameter": [1] * FAULTS}
    for key in ("entry", "link"):
        bundle = {"resourceType": "Bundle", key: [1] * FAULTS}
        assert len(fhir.person(bundle).problems) <= MOST
    assert len(fhir.person(parameters).problems) <= MOST
    with pytest.raises(fhir.InvalidParameters) as refused:
        fhir.immds_forecast(parameters, [])
    assert 0 < len(refused.value.problems) <= MOST


def test_a_value_with_too_many_levels_is_not_written_as_json() -> None:
    value: Any = {}
    for _ in range(100_000):
        value = {"a": value}
    with pytest.raises(wire.InvalidData, match="at most 64 levels"):
        wire.plain(value)
