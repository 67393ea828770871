"""The pages of the file formats: they leave nothing out, and everything on them is tried.

The record's format is held by a second implementation, written from its page and without the library.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import json
import re
from collections import Counter
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.helpers import run
from tools.site import formats
from vaxpolicy import catalog
from vaxpolicy import record as records
from vaxpolicy.booking import events
from vaxpolicy.booking import slots as slot_stream
from vaxpolicy.booking.event_json import (
    FORMS,
    UnreadableEvent,
    from_json,
    structure,
    to_json,
    unstructure,
)
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Person
from vaxpolicy.rules.conditions import LEAVES, AllOf, AnyOf, NotThat
from vaxpolicy.testing import SlotStep, Step, journeys, slot_histories, slots
from vaxpolicy.wire import event_schema, policy_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


PAGES = {name: (formats.REFERENCE / name).read_text("utf-8") for name in formats.PAGES}
POLICIES, EVENTS, _ = PAGES.values()
EXAMPLE = formats.EXAMPLE.read_text("utf-8")
EVENT = Draft202012Validator(event_schema())


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def test_the_committed_pages_and_schemas_are_those_of_the_classes() -> None:
    assert formats.stale() == [], "run: python -m tools.site write"


def test_every_part_stands_on_one_page() -> None:
    found = Counter(it["name"] for page in PAGES.values() for it in formats.PART.finditer(page))
    assert found == dict.fromkeys(formats.parts(), 1)


@pytest.mark.parametrize("was", ["", "old\n", "\nold\n\nold\n\n"])
def test_a_part_is_written_anew_and_nothing_beside_it(was: str) -> None:
    page = f"before\n\n<!-- formats: x -->\n{was}<!-- end -->\n\nafter\n<!-- end -->\n"
    now = "before\n\n<!-- formats: x -->\n\nnew\n\n<!-- end -->\n\nafter\n<!-- end -->\n"
    assert formats.filled(page, {"x": "new"}) == now
    assert formats.filled(now, {"x": "new"}) == now


def test_a_file_that_differs_is_stale_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {tmp_path / "a.md": "A\n", tmp_path / "b.json": "{}\n"}
    monkeypatch.setattr(formats, "ROOT", tmp_path)
    monkeypatch.setattr(formats, "texts", lambda: wanted)
    (tmp_path / "a.md").write_text("old\n")
    assert formats.stale() == ["a.md", "b.json"]
    formats.write()
    assert formats.stale() == []


def every_property(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for inner in schema.values():
            yield from every_property(inner)


@pytest.mark.parametrize("schema", [policy_schema(), event_schema(), records.schema()])
def test_every_key_says_what_it_means(schema: dict[str, Any]) -> None:
    definitions = schema["$defs"]
    for name, its in every_property(schema):
        meant = definitions.get(its.get("$ref", "").rpartition("/")[2], {})
        text = its.get("description") or meant.get("description", "")
        assert re.fullmatch(r"[A-Z\"].*\.", text), name


def test_every_table_of_a_policy_file_is_on_its_page() -> None:
    conditions = {kind.__name__ for kind in (*LEAVES, AllOf, AnyOf, NotThat)}
    words = {"condition", "date", "instant", "moment", "reckoning", "reckoning-day"}
    assert set(policy_schema()["$defs"]) == conditions | words | set(formats.TABLES)


def test_every_key_is_on_the_page_of_its_format() -> None:
    for page, schema in zip(
        PAGES.values(), (policy_schema(), event_schema(), records.schema()), strict=True
    ):
        for name, _ in every_property(schema):
            assert re.search(rf'[`. {{"]{name}(?:[`"]| =)', page), name


def test_every_anchor_of_a_type_is_on_the_page_that_uses_it() -> None:
    for page in PAGES.values():
        slugs = {
            re.sub(r"[^a-z0-9]+", "-", heading.lower())
            for heading in re.findall(r"^##+ (.+)$", page, re.MULTILINE)
        }
        assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= slugs


INDEX = (formats.REFERENCE / "index.md").read_text("utf-8")


def test_every_page_of_the_reference_can_be_found() -> None:
    there = {path.name for path in formats.REFERENCE.glob("*.md")} - {"index.md"}
    assert there - set(re.findall(r"\]\(([a-z-]+\.md)", INDEX)) == set()


@pytest.mark.parametrize("name", re.findall(r"\| `([a-z_]+\.[A-Za-z_]+)` \|$", INDEX, re.MULTILINE))
def test_what_to_start_with_is_there(name: str) -> None:
    module, _, attribute = name.partition(".")
    assert hasattr(importlib.import_module(f"vaxpolicy.{module}"), attribute)


def test_the_example_has_one_finding_that_it_explains() -> None:
    policy = catalog.load_file(formats.EXAMPLE)
    (finding,) = catalog.lint(policy, date(2026, 11, 23))
    assert (finding.code, finding.explained) == ("unknown-county", "The city is made up.")
    assert blocks(POLICIES, "toml")[0] == EXAMPLE


@pytest.mark.parametrize("block", blocks(POLICIES, "toml")[1:])
def test_every_other_piece_of_policy_on_the_page_can_follow_the_example(
    block: str, tmp_path: Path
) -> None:
    path = tmp_path / "more.toml"
    path.write_text(f"{EXAMPLE}\n{block}", "utf-8")
    policy = catalog.load_file(path)
    assert all(finding.explained for finding in catalog.lint(policy, date(2026, 11, 23)))
    ids = {rule.id for stage in policy.written for rule in stage.rules}
    assert ids > {rule.id for rule in catalog.load_file(formats.EXAMPLE).stages[0].rules}


def test_versions_on_the_page_are_in_force_one_after_the_other(tmp_path: Path) -> None:
    (block,) = (it for it in blocks(POLICIES, "toml") if "\nsince = " in it)
    path = tmp_path / "more.toml"
    path.write_text(f"{EXAMPLE}\n{block}", "utf-8")
    for day, age in ((date(2026, 11, 30), 16), (date(2026, 12, 1), 15)):
        (stage,) = catalog.load_file(path, as_of=day).stages
        (rule,) = (it for it in stage.rules if it.id == "teenagers")
        assert str(age) in str(rule.all[0])


def test_no_age_counts_on_a_last_day_that_is_not_stated(tmp_path: Path) -> None:
    (block,) = (it for it in blocks(POLICIES, "toml") if "sure_until" in it)
    path = tmp_path / "more.toml"
    path.write_text(
        f"{EXAMPLE}\n{block}".replace('65, on = "first-day"', '65, on = "last-day"'), "utf-8"
    )
    with pytest.raises(PolicyFileError, match="reckoned on 'last-day'"):
        catalog.load_file(path)


KINDS = {attrs.fields(kind)[0].name.rstrip("_"): kind for kind in (AllOf, AnyOf, NotThat, *LEAVES)}


def test_every_condition_has_an_example() -> None:
    assert list(formats.CONDITIONS) == list(KINDS)


@pytest.mark.parametrize("key", KINDS)
def test_the_example_of_a_condition_is_loaded_as_one(key: str, tmp_path: Path) -> None:
    path = tmp_path / "with.toml"
    before = "{ previous_dose_before_age = 9 }"
    assert before in EXAMPLE
    path.write_text(EXAMPLE.replace(before, formats.CONDITIONS[key]), "utf-8")
    (stage,) = catalog.load_file(path).stages
    assert type(stage.rules[1].all[1]) is KINDS[key]


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        (0, "born_on_or_before", "born_before"),
        (1, 'cites = ["notice"]\nall', 'cites = ["ntice"]\nall'),
    ],
)
def test_a_mistake_is_told_as_the_page_has_it(
    place: int, old: str, new: str, tmp_path: Path
) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(EXAMPLE.replace(old, new), "utf-8")
    with pytest.raises(PolicyFileError) as refused:
        catalog.load_file(path)
    assert refused.value.problems[0] == blocks(POLICIES, "text")[place].rstrip()


@pytest.mark.parametrize("line", "".join(blocks(POLICIES, "sh")).replace("\\\n", "").splitlines())
def test_every_command_on_the_page_runs(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    name, *arguments = line.split()
    assert name == "vaxpolicy"
    assert run(*arguments).exit_code == 0


LINES = {json.loads(line)["type"]: line.rstrip() for line in blocks(EVENTS, "json")}


def test_every_event_has_its_section_with_an_example() -> None:
    sections = re.findall(r"^### ([a-z-]+)$", EVENTS, re.MULTILINE)
    assert sections == list(LINES) == list(FORMS)


@pytest.mark.parametrize("name", FORMS)
def test_an_example_is_read_and_written_and_somebodys_task(name: str) -> None:
    event = from_json(LINES[name])
    assert to_json(event) == LINES[name]
    assert event.actor in events.ACTORS.get(type(event.command), {event.actor})
    assert EVENT.is_valid(json.loads(LINES[name]))


@pytest.mark.parametrize("name", FORMS)
def test_the_section_of_an_event_has_all_of_its_fields_and_where_it_leads(name: str) -> None:
    section = EVENTS.partition(f"### {name}\n")[2].partition("\n##")[0]
    shared = EVENTS.partition("## Every event")[2].partition("\n### ")[0]
    written = unstructure(from_json(LINES[name]))
    places = {*(set(written) - {"command"}), *(f"command.{it}" for it in written["command"])}
    for place in places:
        assert f"| `{place}` |" in section + shared
    command = type(from_json(LINES[name]).command)
    table: Any = events.TRANSITIONS if command in events.EVENTS else slot_stream.TRANSITIONS
    leads = [(before, after) for (before, it), after in table.items() if it is command]
    assert leads
    for statuses in leads:
        assert all(f"*{status.value}*" in section for status in statuses)


def test_the_schema_of_events_comes_with_the_package() -> None:
    text = (files("vaxpolicy") / "schemas" / "event.schema.json").read_text("utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    assert json.loads(text) == event_schema()


@pytest.mark.slow
@given(journeys())
def test_every_event_of_a_journey_is_one_of_the_schema(steps: tuple[Step, ...]) -> None:
    for event in steps[-1].after.history if steps else ():
        assert EVENT.is_valid(json.loads(to_json(event)))


@pytest.mark.slow
@given(slots().flatmap(slot_histories))
def test_every_event_of_a_slot_is_one_of_the_schema(steps: tuple[SlotStep, ...]) -> None:
    for event in steps[-1].after.history if steps else ():
        assert EVENT.is_valid(json.loads(to_json(event)))


def inner(document: Any, path: tuple[Any, ...]) -> Any:
    for at in path:
        document = document[at]
    return document


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document but the whole."""
    pairs: Any = value.items() if isinstance(value, dict) else ()
    for at, its in enumerate(value) if isinstance(value, list) else pairs:
        yield (*path, at)
        yield from places(its, (*path, at))


GONE = object()
VALUES: tuple[object, ...] = (
    GONE,
    None,
    0,
    1,
    7,
    -1,
    1.5,
    "",
    " ",
    "text",
    True,
    [],
    ["text"],
    ["a", "a"],
    [1],
    {},
    {"text": 1},
)


OLDER_FORMS = [(name, form) for name, (_, current) in FORMS.items() for form in range(1, current)]


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_whatever_stands_in_place_of_a_field_reader_and_schema_agree(name: str) -> None:
    written = json.loads(LINES[name])
    schema = EVENT.evolve(schema={**event_schema(), "oneOf": [{"$ref": f"#/$defs/{name}"}]})
    refused = 0
    for place in places(written):
        for value in VALUES:
            if place == ("form",) and (name, value) in OLDER_FORMS:
                continue  # the reader takes it; the schema is that of the current form
            changed = copy.deepcopy(written)
            *way, last = place
            if value is GONE:
                del inner(changed, tuple(way))[last]
            else:
                inner(changed, tuple(way))[last] = value
            try:
                structure(changed)
                taken = True
            except UnreadableEvent:
                taken = False
            assert schema.is_valid(changed) == taken, (place, value)
            refused += not taken
    assert refused


@pytest.mark.parametrize("name", FORMS)
def test_a_field_that_is_not_known_is_refused_by_reader_and_schema(name: str) -> None:
    written = json.loads(LINES[name])
    for place in ((), *places(written)):
        changed = copy.deepcopy(written)
        if isinstance(inner(changed, place), dict):
            inner(changed, place)["more"] = 1
            assert not EVENT.is_valid(changed)
            with pytest.raises(UnreadableEvent, match="unknown key"):
                structure(changed)


SHORT = {8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: '"', 92: "\\"}


def spelt(value: Any) -> str:
    """The canonical JSON of a value, by the six rules of the page."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(map(letter, value)) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(spelt, value)) + "]"
    assert isinstance(value, dict)
    keys = sorted(value, key=lambda key: [ord(it) for it in key])
    return "{" + ",".join(f"{spelt(key)}:{spelt(value[key])}" for key in keys) + "}"


def letter(it: str) -> str:
    code = ord(it)
    if code in SHORT:
        return "\\" + SHORT[code]
    return f"\\u00{code:02x}" if code < 32 else it


def sha256(value: Any) -> str:
    return hashlib.sha256(spelt(value).encode("utf-8")).hexdigest()


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: its for name, its in record.items() if name not in names}


def assert_intact(line: str, key: Ed25519PrivateKey | None = None) -> str:
    """Hold a record to its page; its digest."""
    record = json.loads(line)
    assert spelt(record) == line
    assert set(record["parts"]) == {*without(record, "parts", "digest", "format", "signature")}
    assert {name: sha256(record[name]) for name in record["parts"]} == record["parts"]
    assert sha256(without(record, "digest")) == record["digest"]
    if key is not None:
        signed = b"vaxpolicy record\n" + spelt(without(record, "digest", "signature")).encode()
        key.public_key().verify(bytes.fromhex(record["signature"]), signed)
    digest: str = record["digest"]
    return digest


KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WHO = "5e" * 32
NOW = datetime(2022, 1, 15, 14, tzinfo=TAIWAN)


def test_published_records_are_as_the_page_says() -> None:
    lines = (ROOT / "tests/data/records/format-1.jsonl").read_text("utf-8").splitlines()
    before = None
    for line in lines:
        assert json.loads(line)["predecessor"] == before
        before = assert_intact(line)
    assert before is not None


@pytest.mark.parametrize("policy_id", catalog.ids())
def test_a_record_of_every_policy_is_as_the_page_says(policy_id: str) -> None:
    policy = catalog.load(policy_id)
    someone = Person(birth_date=date(1950, 2, 28), doses=[Dose("AZ", date(2021, 7, 1))], key=WHO)
    first = records.make(policy, someone, at=NOW, sign_with=KEY)
    second = records.make(policy, Person(key=WHO), at=NOW, predecessor=first, sign_with=KEY)
    assert_intact(second.to_json(), KEY)
    assert second.predecessor == assert_intact(first.to_json(), KEY)


LETTERS = st.characters(exclude_categories=["C", "N", "Z"])  # printable, and not like a number


@given(st.text(LETTERS, min_size=1), st.text(LETTERS, min_size=1))
def test_any_text_is_spelt_as_the_page_says(vaccine: str, group: str) -> None:
    """In a code of a vaccine that the policy does not know, which is recorded."""
    policy = catalog.load("tw/covid19-1922/round-11")
    doses = [Dose(vaccine, date(2021, 7, 1))]
    own = [f"cecc-2021-06-21/9/{group}"]
    someone = Person(birth_date=date(1950, 2, 28), doses=doses, groups=own, key=WHO)
    line = records.make(policy, someone, at=NOW).to_json()
    assert_intact(line)
    facts = json.loads(line)["facts"]
    assert (facts["doses"][0]["vaccine"], facts["groups"]) == (vaccine, own)
