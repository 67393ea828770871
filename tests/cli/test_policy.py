"""``vaxpolicy policy``: list, show, lint, bounds and schema, for people and as JSON."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.helpers import run as run_app
from vaxpolicy import catalog
from vaxpolicy.messages import describe_window
from vaxpolicy.wire import policy_schema

if TYPE_CHECKING:
    from pathlib import Path

ROUND_3 = "tw/covid19-1922/round-03"
ROUND_11 = "tw/covid19-1922/round-11"
ROUND_19 = "tw/covid19-1922/round-19"

OWN = """
id = "own"
version = "1"
announced = 2022-01-10
disease = "covid19"
notification = "none"
review_by = 2023-01-01

[sources.paper]
publisher = "a paper"
url = "https://example.org/"
checked = 2022-01-11
support = "press"

[[stages]]
id = "base"
vaccination_days = { first = 2022-01-17, last = 2022-01-23 }

[[stages.rules]]
id = "a"
dose = 1
vaccines = ["AZ"]
cites = ["paper"]
all = [{ age_at_least = 18, on = "last-day" }, { wanted = true, by = 2022-01-11T12:00:00+08:00 }]
printed = { born_on_or_before = 2004-01-23 }

[[stages.windows]]
opens = 2022-01-15T10:00:00+08:00
closes = 2022-01-16
vaccines = ["AZ"]
doses = [1, 2]
ages = { at_least = 12, on = 2022-01-01 }
"""


run = partial(run_app, "policy")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.toml"
    file.write_text(OWN, "utf-8")
    return file


def test_list_gives_every_bundled_policy_a_line() -> None:
    result = run("list")
    lines = result.output.splitlines()
    assert [line.partition(" ")[0] for line in lines] == list(catalog.ids())
    assert re.search(rf"^{ROUND_19} +1.0.0, 2022-01-14: Round 19", result.output, re.MULTILINE)
    assert "2022-01-14: 第19期" in run("list", "--lang", "zh-Hant").output
    unverified = [line.partition(" ")[0] for line in lines if "not verified" in line]
    assert unverified == [name for name in catalog.ids() if not catalog.load(name).verified]


def test_list_as_json_holds_the_digests() -> None:
    found = {it["id"]: it for it in json.loads(run("list", "--json").output)}
    assert found[ROUND_19]["digest"] == catalog.load(ROUND_19).digest
    assert found[ROUND_19]["announced"] == "2022-01-14"


def test_show_writes_conditions_as_they_stand_in_the_file(own: Path) -> None:
    output = run("show", str(own)).output
    assert '{ age_at_least = 18, on = "last-day" }' in output
    assert "{ wanted = true, by = 2022-01-11T12:00:00+08:00 }" in output
    (window,) = catalog.load_file(own).stages[0].windows
    assert f"  to be booked {describe_window(window)}: AstraZeneca, dose 1 or dose 2 and " in output
    assert "cites: paper" in output
    assert "paper: a paper (press), https://example.org/" in output
    assert "read as:" not in output
    assert "- at least 18 years old on the last vaccination day\n" in output


def test_show_says_what_was_read_and_which_days_are_sure(own: Path) -> None:
    assert 'previous_dose_of = ["AZ"]' in run("show", ROUND_11).output
    assert "read as: The interval is counted to the slot's own day" in run("show", ROUND_19).output
    own.write_text(
        OWN.replace("23 }", "23, sure_until = 2022-01-20 }", 1).replace("last-day", "day")
    )
    assert (
        "vaccination days 17 January 2022 to 20 January 2022, possibly until 23 January 2022"
        in run("show", str(own)).output
    )
    own.write_text(OWN.replace("23 }", "23, stated = false }", 1).replace("last-day", "day"))
    output = run("show", str(own)).output
    assert "vaccination days not stated, within 17 January 2022 to 23 January 2022" in output


def test_show_gives_what_was_in_force_on_a_day() -> None:
    assert "11x1" not in run("show", ROUND_11).output
    assert "11x1" in run("show", ROUND_11, "--as-of", "2021-10-07").output


def test_show_as_json_is_a_document_of_the_format() -> None:
    shown = json.loads(run("show", ROUND_3, "--json").output)
    assert shown["stages"][0]["rules"][0]["printed"] == {"born_on_or_before": "1973-12-31"}
    assert shown.keys() <= policy_schema()["properties"].keys()


@pytest.mark.parametrize("named", ["no/such/policy", "no-such-file.toml"])
def test_a_policy_that_there_is_not_is_a_wrong_call(named: str) -> None:
    for command in ("show", "lint", "bounds"):
        result = run(command, named)
        assert result.exit_code == 2
        assert "Invalid value for 'ID|FILE.toml'" in result.output


def test_a_broken_file_is_a_wrong_call_that_names_the_place(own: Path) -> None:
    own.write_text(OWN.replace("dose = 1", 'dose = "1"'), "utf-8")
    result = run("lint", str(own))
    assert result.exit_code == 2
    assert "$.stages[0].rules[0].dose" in re.sub(r"\s+", "", result.output)


def test_lint_is_silent_and_exits_with_0_where_nothing_is_wrong() -> None:
    result = run("lint", ROUND_3, ROUND_19)
    assert (result.exit_code, result.output) == (
        0,
        "policies checked: 2; findings: 0; explained: 0\n",
    )


def test_lint_exits_with_1_for_a_finding_and_names_it(own: Path) -> None:
    own.write_text(OWN.replace("at_least = 12", "at_least = 19"), "utf-8")
    result = run("lint", str(own), "--today", "2022-06-01")
    assert result.exit_code == 1
    assert (
        "outside-windows own a: people whom a rule admits and no booking window does\n"
        "  line 19: rule a: no booking window is for people born from" in result.output
    )
    assert "policies checked: 1; findings: 1; explained: 0" in result.output


def test_lint_of_a_folder_names_the_finding_and_no_line(own: Path) -> None:
    own.write_text(OWN.replace("at_least = 12", "at_least = 19"), "utf-8")
    by_file = run("lint", str(own), "--today", "2022-06-01")
    by_folder = run("lint", str(own.parent), "--today", "2022-06-01")
    assert by_folder.exit_code == by_file.exit_code == 1
    assert "line 19: " in by_file.output
    assert by_folder.output == re.sub(r"line \d+: ", "", by_file.output)


def test_lint_shows_the_explanation_and_exits_with_0(own: Path) -> None:
    explained = '[[explained]]\nfinding = "outside-windows"\nat = "a"\nwhy = "So it was."\n'
    own.write_text(OWN.replace("at_least = 12", "at_least = 19") + explained, "utf-8")
    result = run("lint", str(own), "--today", "2022-06-01")
    assert result.exit_code == 0
    assert "So it was." in result.output
    assert "policies checked: 1; findings: 0; explained: 1" in result.output


def test_lint_goes_by_the_day_of_the_machine_unless_told_another(own: Path) -> None:
    assert run("lint", str(own), "--today", "2023-01-01").exit_code == 0
    result = run("lint", str(own))
    assert result.exit_code == 1
    assert "review-due" in result.output


def test_lint_as_json_gives_every_finding_with_its_policy(own: Path) -> None:
    result = run("lint", str(own), "--today", "2023-01-02", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output) == [
        {
            "policy": "own",
            "version": "1",
            "code": "review-due",
            "where": "review_by",
            "rule": "",
            "key": "review_by",
            "line": 7,
            "text": "a policy that should have been looked at again",
            "detail": "review_by: it was to be reviewed by 2023-01-01",
            "near": [],
            "explained": "",
        }
    ]


def test_bounds_counts_and_lists_all_that_was_printed() -> None:
    result = run("bounds")
    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert len(lines) == 69 + 30 + 14 + 2
    assert lines[-2:] == [
        "birth date bounds: 69 proved, 0 restated, 0 refuted",
        "previous dose bounds: 30 proved, 14 restated, 0 refuted",
    ]
    assert f"proved {ROUND_19} 19a born_on_or_before 2004-01-23" in lines


def test_bounds_as_json_holds_counts_and_list() -> None:
    found = json.loads(run("bounds", ROUND_11, "--json").output)
    assert found["counts"]["previous_dose"] == {"proved": 0, "restated": 4, "refuted": 0}
    assert len(found["bounds"]) == sum(found["counts"]["birth"].values()) + 4
    assert found["bounds"][0] == {
        "policy": ROUND_11,
        "rule_id": "11x1",
        "stage_id": "base",
        "kind": "born_on_or_before",
        "printed": "1974-12-31",
        "status": "proved",
        "found": [],
        "text": "proved",
    }


@pytest.mark.parametrize(
    ("old", "new", "gives"),
    [
        ("2004-01-23", "2004-01-22", "2004-01-23"),
        ("age_at_least = 18", "age_at_least = 19", "2003-01-23"),
        ('on = "last-day"', 'on = "first-day"', "2004-01-17"),
        ("age_at_least = 18", "age_at_most = 17", "no bound"),
    ],
)
def test_a_changed_bound_or_rule_makes_bounds_fail(
    own: Path, old: str, new: str, gives: str
) -> None:
    assert run("bounds", str(own)).exit_code == 0
    own.write_text(OWN.replace(old, new), "utf-8")
    result = run("bounds", str(own))
    assert result.exit_code == 1
    assert f": the rule gives {gives}" in result.output
    refuted = json.loads(run("bounds", str(own), "--json").output)["bounds"]
    assert [bound["status"] for bound in refuted] == ["refuted"]


def test_schema_prints_the_schema() -> None:
    assert json.loads(run("schema").output) == policy_schema()
