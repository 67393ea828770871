"""The JSON Schema of policy files: what the loader takes it takes, and what it refuses, it refuses."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.helpers import NEEDS_DOCSTRINGS
from vaxpolicy import catalog
from vaxpolicy.catalog import files as policy_files
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.rules.policy import PolicyFile
from vaxpolicy.wire import document, policy_schema

if TYPE_CHECKING:
    from pathlib import Path

VALIDATOR = Draft202012Validator(policy_schema())
POLICIES = files("vaxpolicy") / "policies"

WHOLE = """
id = "test"
version = "1"
title = "Every key that there is"
announced = 2022-01-10
disease = "covid19"
notification = "none"
counts_from = 2021-10-01
verified = false
review_by = 2023-01-01

[sources.paper]
publisher = "a paper"
url = "https://example.org/"
checked = 2022-01-01
support = "press"
note = "read twice"

[[explained]]
finding = "age-gap"
at = "a|b"
why = "It is so."

[[stages]]
id = "base"
since = 2022-01-11
until = 2022-02-01
cites = ["paper"]
reading = "as printed"
vaccination_days = { first = 2022-01-17, last = 2022-01-23, sure_until = 2022-01-20 }

[[stages.rules]]
id = "a"
dose = 2
kind = "accepted"
vaccines = ["AZ", "BNT"]
counts = ["AZ", "BNT"]
cites = ["paper"]
since = 2022-01-11
until = 2022-02-01
reading = "as printed"
printed = { born_on_or_before = 2004-01-17, previous_dose_on_or_after = 2021-10-01 }
all = [
  { age_at_least = 18, on = "first-day" },
  { age_at_most = 64, on = 2022-01-01 },
  { age_at_least_months = 6, on = "day" },
  { age_at_most_months = 800, on = "day" },
  { age_at_least_days = 200, on = "day" },
  { age_at_most_days = 25000, on = "day" },
  { born_on_or_before = 2004-01-17 },
  { born_on_or_after = 1950-01-01 },
  { group = "status/national" },
  { any_group = ["status/national", "status/insured"] },
  { registered_in = ["臺北市"] },
  { resident_in = ["臺北市", "新北市"] },
  { doses_at_least = 1 },
  { earlier_doses_at_least = 1 },
  { dose_due_after_days = 28, on = "day" },
  { previous_dose_of = ["AZ"] },
  { previous_dose_on_or_before = 2022-01-01 },
  { previous_dose_on_or_after = 2021-10-02 },
  { previous_dose_before_age = 65 },
  { doses_of = ["AZ", "BNT"], at_least = 1, since = 2021-10-01 },
  { days_since_dose_of = ["AZ"], at_least = 28, number = 1, or_none = true },
  { days_since_fact = "covid19-infection", at_least = 84, at_most = 400, or_never = true },
  { has_fact = "pregnancy" },
  { sex = "female" },
  { apart_from = ["BNT"], days = 28 },
  { age_at_dose_of = ["AZ"], number = 1, at_least_months = 12 },
  { age_at_dose_of = ["AZ"], at_least_days = 365 },
  { wanted = true, by = 2022-01-11T12:00:00+08:00, after = 2022-01-01 },
  { from_day = 2022-01-18 },
  { not_stated = "the supply" },
  { any = [{ all = [{ group = "status/national" }] }, { not = { doses_at_least = 2 } }] },
]

[[stages.windows]]
opens = 2022-01-15T10:00:00+08:00
closes = "not-stated"
vaccines = ["AZ"]
doses = [2]
ages = { at_least = 18, at_most = 64, on = "not-stated" }
cites = ["paper"]
reading = "as printed"
since = 2022-01-11
until = 2022-02-01

[[stages.windows]]
opens = 2022-01-15
closes = 2022-01-16T12:00:00Z

[[minimums]]
vaccines = ["AZ", "BNT"]
dose = 2
cites = ["paper"]
age_days = 200
after_last_days = 28
after_first_days = 28
first_at_days = 100
grace_days = 4
grace_for_age = false
reading = "as printed"

[[spacings]]
vaccines = ["AZ", "BNT"]
days = 28
cites = ["paper"]
reading = "as printed"
"""

BROKEN = {
    "an age at a dose without an age": (", at_least_months = 12", ""),
    "an age at a dose in both units": ("months = 12", "months = 12, at_least_days = 365"),
    "an unknown key": ('title = "', 'titel = "'),
    "a key that is missing": ('version = "1"\n', ""),
    "a number for text": ('id = "test"', "id = 19"),
    "text for a date": ("announced = 2022-01-10", 'announced = "soon"'),
    "an instant for a date": ("announced = 2022-01-10", "announced = 2022-01-10T00:00:00Z"),
    "a number for a date": ("counts_from = 2021-10-01", "counts_from = 2021"),
    "text for true or false": ("verified = false", 'verified = "no"'),
    "a number for true or false": ("verified = false", "verified = 0"),
    "an unknown notification": ('"none"', '"perhaps"'),
    "an unknown support": ('support = "press"', 'support = "rumour"'),
    "a source without an address": ('url = "https://example.org/"\n', ""),
    "a key that no source has": ('note = "read', 'remark = "read'),
    "an explanation without a reason": ('why = "It is so."', ""),
    "a table for an array": ("[[explained]]", "[explained]"),
    "days without a last one": (", last = 2022-01-23", ""),
    "days that are true": ("vaccination_days = {", "vaccination_days = true\nreading2 = {"),
    "a key that no stage has": ('reading = "as', 'reeding = "as'),
    "a rule without a source": ('cites = ["paper"]\nsince', "cites = []\nsince"),
    "a rule without a dose": ("dose = 2\n", ""),
    "a dose in text": ("dose = 2\n", 'dose = "2"\n'),
    "a dose that is not a whole number": ("dose = 2\n", "dose = 2.5\n"),
    "a dose that is true": ("dose = 2\n", "dose = true\n"),
    "one vaccine without its brackets": ('vaccines = ["AZ", "BNT"]', 'vaccines = "AZ"'),
    "a vaccine that is a number": ('vaccines = ["AZ", "BNT"]', 'vaccines = ["AZ", 1]'),
    "a key that no printed bound has": ("born_on_or_before = 2004-01-17,", "born_before = 2004-01-17,"),
    "an age without its reckoning": ('{ age_at_least = 18, on = "first-day" }', "{ age_at_least = 18 }"),
    "an unknown reckoning": ('"first-day"', '"firstday"'),
    "a reckoning that is a number": ('"first-day"', "1"),
    "an age in text": ("age_at_most = 64, on", 'age_at_most = "64", on'),
    "an age in months by calendar year": ('6, on = "day"', '6, on = "calendar-year"'),
    "an age in months not stated how": ('6, on = "day"', '6, on = "not-stated"'),
    "an interval by calendar year": ('28, on = "day"', '28, on = "calendar-year"'),
    "an interval not stated how": ('28, on = "day"', '28, on = "not-stated"'),
    "an unknown condition": ("{ doses_at_least = 1 }", "{ doses_at_most = 1 }"),
    "a condition that is text": ("{ doses_at_least = 1 }", '"doses_at_least = 1"'),
    "an empty condition": ("{ doses_at_least = 1 }", "{}"),
    "two conditions in one": ("{ doses_at_least = 1 }", "{ doses_at_least = 1, from_day = 2022-01-18 }"),
    "a condition with a key of another": ("{ doses_at_least = 1 }", '{ doses_at_least = 1, on = "day" }'),
    "a group that is a list": ('{ group = "status/national" },\n', '{ group = ["status/national"] },\n'),
    "a county without its brackets": ('registered_in = ["臺北市"]', 'registered_in = "臺北市"'),
    "a willingness that is none": ("wanted = true", "wanted = false"),
    "a willingness that is one": ("wanted = true", "wanted = 1"),
    "an instant without its offset": ("2022-01-11T12:00:00+08:00", "2022-01-11T12:00:00"),
    "an hour without a day": ("2022-01-11T12:00:00+08:00", "12:00:00"),
    "any of no list": ("{ any = [", "{ any = 1 }, { any = ["),
    "all and any in one": ("{ any = [", "{ all = [], any = ["),
    "not of a list": ("not = { doses_at_least = 2 }", "not = [{ doses_at_least = 2 }]"),
    "a broken condition deep inside": ("not = { doses_at_least = 2 }", "not = { dosis = 2 }"),
    "a window without its end": ('closes = "not-stated"\n', ""),
    "a window that opens some time": ("opens = 2022-01-15\n", 'opens = "soon"\n'),
    "a window that opens without an offset": ("opens = 2022-01-15\n", "opens = 2022-01-15T10:00:00\n"),
    "a window's doses in text": ("doses = [2]", 'doses = ["2"]'),
    "a window's ages without a reckoning": (', on = "not-stated" }', " }"),
    "a key that no window has": ("since = 2022-01-11\nuntil = 2022-02-01\n\n[[stages.windows]]", "form = 1\n[[stages.windows]]"),
}  # fmt: skip


def as_json(value: Any) -> Any:
    """A TOML document in JSON: dates and instants as ISO 8601 text."""
    return json.loads(json.dumps(value, default=lambda day: day.isoformat()))


def accepts(text: str) -> bool:
    return VALIDATOR.is_valid(as_json(tomllib.loads(text)))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(policy_schema())


@NEEDS_DOCSTRINGS
def test_the_schema_in_the_package_is_the_one_that_the_classes_make() -> None:
    assert json.loads((POLICIES / "policy.schema.json").read_text("utf-8")) == policy_schema()


@pytest.mark.parametrize("policy_id", catalog.ids())
def test_every_bundled_file_is_valid(policy_id: str) -> None:
    errors = VALIDATOR.iter_errors(as_json(tomllib.loads(bundled(policy_id))))
    assert [error.json_path for error in errors] == []


def bundled(policy_id: str) -> str:
    return POLICIES.joinpath(*f"{policy_id}.toml".split("/")).read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("policy_id", catalog.ids())
def test_a_policy_is_a_document_of_the_schema_and_loses_nothing(policy_id: str) -> None:
    policy = catalog.load(policy_id)
    shown = document(policy)
    assert VALIDATOR.is_valid(shown)
    again = policy_files.structure(_with_dates(shown), PolicyFile, "shown")
    assert again.stages == policy.stages
    assert again.sources == policy.sources


def _with_dates(value: Any) -> Any:
    """The document with dates and instants in place of their text, as TOML has them."""
    if isinstance(value, dict):
        return {key: _with_dates(its) for key, its in value.items()}
    if isinstance(value, list):
        return [_with_dates(its) for its in value]
    for kind in ("date", "instant"):
        if isinstance(value, str) and VALIDATOR.evolve(
            schema=policy_schema()["$defs"][kind]
        ).is_valid(value):
            return tomllib.loads(f"it = {value}")["it"]
    return value


def test_a_file_with_every_key_there_is_passes_loader_and_schema(tmp_path: Path) -> None:
    (tmp_path / "whole.toml").write_text(WHOLE, "utf-8")
    assert catalog.load_file(tmp_path / "whole.toml", as_of=date(2022, 1, 12)).stages
    assert accepts(WHOLE)


def test_the_file_with_every_key_has_every_key_of_the_schema() -> None:
    definitions = policy_schema()["$defs"]
    used = {key for place in PLACES for key in place}
    for name, definition in definitions.items():
        beside = {"Printed": 2, "VaccinationDays": 1}.get(name, 0)  # what excludes another key
        assert len(definition.get("properties", {}).keys() - used) <= beside, name


@pytest.mark.parametrize("what", BROKEN)
def test_what_the_loader_refuses_the_schema_refuses(what: str, tmp_path: Path) -> None:
    old, new = BROKEN[what]
    assert old in WHOLE
    broken = WHOLE.replace(old, new, 1)
    (tmp_path / "broken.toml").write_text(broken, "utf-8")
    with pytest.raises(PolicyFileError):
        catalog.load_file(tmp_path / "broken.toml")
    assert not accepts(broken)


def numbers(schema: Any) -> list[dict[str, Any]]:
    """Every part of a schema that takes a number."""
    below = schema.values() if isinstance(schema, dict) else schema
    if not isinstance(schema, dict | list):
        return []
    kinds = schema.get("type", ()) if isinstance(schema, dict) else ()
    is_number = {"integer", "number"}.intersection([kinds] if isinstance(kinds, str) else kinds)
    own = [schema] if is_number and isinstance(schema, dict) else []
    return [*own, *(it for part in below for it in numbers(part))]


def test_every_number_of_the_schema_has_a_lower_and_an_upper_bound() -> None:
    found = numbers(policy_schema())
    assert len(found) > 20
    assert [it for it in found if not {"minimum", "maximum"} <= it.keys()] == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("previous_dose_before_age", "2500"),
        ("dose_due_after_days", f"-{10**30}"),
        ("doses_at_least", f"{10**9}"),
        ("first", "1799-12-31"),
        ("last", "9001-01-01"),
    ],
)
def test_a_number_or_day_out_of_range_is_refused_by_loader_and_schema(
    place: str, value: str, tmp_path: Path
) -> None:
    broken, count = re.subn(rf"(?m)\b{place} = [0-9-]+", f"{place} = {value}", WHOLE, count=1)
    assert count
    (tmp_path / "broken.toml").write_text(broken, "utf-8")
    with pytest.raises(PolicyFileError):
        catalog.load_file(tmp_path / "broken.toml")
    assert not accepts(broken)


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    (None, 5, 1.5, "text", True, False, [], {}, [{}], ["text"], {"text": 1})
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, from the outside in."""
    below: Any = ()
    if isinstance(value, dict):
        below = value.items()
    elif isinstance(value, list):
        below = enumerate(value)
    each = [places(its, (*path, at)) for at, its in below]
    return [path, *(place for one in each for place in one)]


DOCUMENT = tomllib.loads(WHOLE)
PLACES = places(DOCUMENT)[1:]


@pytest.mark.slow
@settings(max_examples=300)
@given(place=st.sampled_from(PLACES), value=VALUES)
def test_whatever_is_put_in_place_of_a_part_loader_and_schema_agree(
    place: tuple[Any, ...], value: object
) -> None:
    changed = copy.deepcopy(DOCUMENT)
    inner: Any = changed
    for at in place[:-1]:
        inner = inner[at]
    if value is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    try:
        found = policy_files.structure(changed, PolicyFile, "changed")
        # the loader asks for sources once the structure is right
        taken = all(rule.cites for stage in found.stages for rule in stage.rules)
    except PolicyFileError:
        taken = False
    assert VALIDATOR.is_valid(as_json(changed)) == taken
