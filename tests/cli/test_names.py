"""`groups`, `counties` and `vaccines` list and search names; `policy new` makes a file to start from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from tests.helpers import NEEDS_DOCSTRINGS, run
from vaxpolicy import catalog
from vaxpolicy.messages.texts import COUNTIES
from vaxpolicy.wire import campaign_schema, document

if TYPE_CHECKING:
    from pathlib import Path


def ids(*words: str) -> list[str]:
    return [it["id"] for it in json.loads(run(*words, "--json").stdout)]


def test_without_a_word_all_are_listed() -> None:
    assert ids("groups") == list(catalog.groups())
    assert ids("counties") == list(COUNTIES)
    assert ids("vaccines") == list(catalog.vaccines())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("groups", "孕婦"), "flu-2026/phase-1/pregnant"),
        (("groups", "PREGNANT"), "flu-2026/phase-1/pregnant"),
        (("groups", "flu-2026/chronic"), "flu-2026/chronic"),
        (("counties", "台北"), "臺北市"),
        (("counties", "taipei"), "新北市"),
        (("vaccines", "流感"), "Influenza"),
        (("vaccines", "covid"), "AZ"),
        (("vaccines", "pcv"), "PCV20"),
    ],
)
def test_a_word_is_looked_for_in_ids_and_in_names_of_every_language(
    words: tuple[str, ...], found: str
) -> None:
    assert found in ids(*words)
    assert found in run(*words).stdout


def test_names_are_in_the_language_that_is_asked_for() -> None:
    assert "臺北市 Taipei City\n" in run("counties", "台北").stdout
    assert "AZ " in run("vaccines", "AZ", "--lang", "zh-Hant").stdout
    assert "孕婦" in run("groups", "pregnant", "--lang", "zh-Hant").stdout


@pytest.mark.parametrize("command", ["groups", "counties", "vaccines"])
def test_a_word_that_nothing_has_is_a_wrong_call(command: str) -> None:
    result = run(command, "zzzz")
    assert result.exit_code == 2
    assert "has 'zzzz' in its name" in result.stderr


def test_a_misspelt_word_gets_a_hint() -> None:
    assert "did you mean Medigen?" in run("vaccines", "medigan").stderr


def test_a_new_file_is_printed_or_written_with_its_schema(tmp_path: Path) -> None:
    file = tmp_path / "next.toml"
    text = run("policy", "new").stdout
    assert text.startswith("#:schema ./campaign.schema.json\n")
    assert json.loads(run("policy", "new", "--json").stdout)["text"] == text
    assert run("policy", "new", str(file)).exit_code == 0
    assert file.read_text("utf-8") == text
    assert json.loads((tmp_path / "campaign.schema.json").read_text("utf-8")) == campaign_schema()
    assert run("policy", "lint", str(file), "--today", "2027-01-05").exit_code == 0


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    file, schema = tmp_path / "next.toml", tmp_path / "campaign.schema.json"
    file.write_text("mine", "utf-8")
    schema.write_text("mine", "utf-8")
    said = run("policy", "new", str(file))
    assert said.exit_code == 2
    assert "it is there already" in said.stderr
    made = json.loads(run("policy", "new", str(tmp_path / "other.toml"), "--json").stdout)
    assert made == {"file": str(tmp_path / "other.toml"), "schema": str(schema)}
    assert (file.read_text("utf-8"), schema.read_text("utf-8")) == ("mine", "mine")


def test_a_name_that_cannot_be_written_is_a_wrong_call(tmp_path: Path) -> None:
    assert "ends in .toml" in run("policy", "new", str(tmp_path / "next.txt")).stderr
    assert "No such file" in run("policy", "new", str(tmp_path / "no" / "next.toml")).stderr


def test_the_schema_of_campaigns_takes_campaigns_and_refuses_other_keys() -> None:
    schema = campaign_schema()
    assert json.loads(run("policy", "schema", "--campaign").stdout) == schema
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    policy = document(catalog.parse_campaign(run("policy", "new").stdout).policy)
    own = {
        "groups": [{"id": "example/carers", "name": {"en": "Carers"}, "cites": ["notice"]}],
        "vaccines": [{"code": "TickVax", "diseases": ["tick-fever"], "names": {"en": "x"}}],
        "programme": {"registration": "none", "cancel": {"days_before": 1, "at": "18:00:00"}},
    }
    assert list(validator.iter_errors({**policy, **own})) == []
    for table, wrong in (
        ("groups", [{"id": "example/carers"}]),
        ("vaccines", [{"code": "TickVax", "diseases": []}]),
        ("programme", {"registration": "None"}),
        ("programme", {"cancel": "never"}),
        ("other", {}),
    ):
        assert list(validator.iter_errors({**policy, **own, table: wrong}))


@NEEDS_DOCSTRINGS
def test_the_schema_of_campaigns_describes_the_tables_that_policies_lack() -> None:
    for table in ("groups", "vaccines", "programme"):
        assert campaign_schema()["properties"][table]["description"]
