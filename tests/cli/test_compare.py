"""``policy diff``, ``policy people`` and ``timeline``: in words and as JSON."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers import run as run_app
from vaxpolicy import catalog
from vaxpolicy.analysis import partition
from vaxpolicy.analysis.boundary import boundary_people
from vaxpolicy.cli.timeline import earliest_day
from vaxpolicy.eligibility import decide

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

ROUND = "tw/covid19-1922/round-"


def run(command: str, *arguments: str) -> Result:
    return run_app(*command.split(), *arguments)


def as_json(command: str, *arguments: str) -> Any:
    return json.loads(run(command, *arguments, "--json").output)


DIFF, PEOPLE, TIMELINE = "policy diff", "policy people", "timeline"


HEAD = """
id = "{id}"
version = "1"
announced = 2022-01-01
disease = "covid19"
notification = "{notification}"
licences_apply = false
{season}
[sources.{source}]
publisher = "CECC"
url = "https://example.org/{source}"
checked = 2026-11-23
support = "official"

[[stages]]
id = "base"
vaccination_days = {{ first = 2022-02-01, last = 2022-02-07 }}
"""
RULE = """
[[stages.rules]]
id = "r"
dose = {dose}
vaccines = [{vaccines}]
cites = ["{source}"]
all = [{conditions}]
"""


@pytest.fixture
def policy_file(tmp_path: Path) -> Any:
    def write(
        name: str,
        conditions: str = "",
        *,
        dose: int = 1,
        vaccines: str = '"AZ"',
        source: str = "a",
        notification: str = "none",
        season: str = "",
    ) -> str:
        path = tmp_path / f"{name}.toml"
        head = HEAD.format(
            id=f"test/{name}", source=source, notification=notification, season=season
        )
        rule = RULE.format(dose=dose, vaccines=vaccines, source=source, conditions=conditions)
        path.write_text(head + rule, "utf-8")
        return str(path)

    return write


def test_diff_says_who_gains_and_shows_somebody() -> None:
    result = run(DIFF, f"{ROUND}19", f"{ROUND}20")
    assert result.exit_code == 1
    assert (
        "Newly offered, surely or possibly: dose 3 of AstraZeneca, Pfizer-BioNTech or Moderna\n"
        "  - born on or before 23 January 2004\n"
        "  - 2 doses so far\n"
        "  - dose 2, given from 1 November 2021 to 7 November 2021\n"
        "  for instance: born on 23 January 2004; AstraZeneca on " in result.output
    )
    assert "    before: not offered; now: 24 January 2022 to 30 January 2022\n" in result.output
    assert "booking windows of stage base\n  - from 15 January 2022, 10:00 to " in result.output
    assert "\nyahoo0118\n  + https://tw.news.yahoo.com/" in result.output


def test_diff_of_a_policy_with_itself_is_none() -> None:
    result = run(DIFF, f"{ROUND}19", f"{ROUND}19")
    assert (result.exit_code, result.output) == (
        0,
        f"{ROUND}19 1.0.0 → {ROUND}19 1.0.0\n  no difference\n",
    )


def test_diff_shows_its_progress_on_a_terminal_and_nowhere_else(
    policy_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = policy_file("old"), policy_file("new", '{ age_at_least = 18, on = "day" }')
    assert run(DIFF, old, new).stderr == ""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True)
    assert run(DIFF, old, new).stderr == "\r1/1\n"


def test_diff_as_json_has_the_days_and_the_example_that_check_takes() -> None:
    found = as_json(DIFF, f"{ROUND}19", f"{ROUND}20")
    assert found["old"] == {"policy": f"{ROUND}19", "version": "1.0.0"}
    change = found["changes"][0]
    assert (change["kind"], change["vaccine"], change["dose"]) == ("gains", "AZ", 3)
    assert change["who"][0] == "born on or before 23 January 2004"
    assert change["old_days"] == {"sure": [], "possible": []}
    week = [{"first": "2022-01-24", "last": "2022-01-30"}]
    assert change["new_days"] == {"sure": week, "possible": week}
    person = catalog.person_from(change["example"])
    assert decide(catalog.load(f"{ROUND}20"), person).offers
    assert found["windows"][0]["about"] == "windows of base"
    assert found["notification"] is None


def test_diff_takes_files_and_lists_notification_and_sources(policy_file: Any) -> None:
    old = policy_file("old")
    new = policy_file("new", source="b", notification="required")
    result = run(DIFF, old, new)
    assert "\na\n  - https://example.org/a\n" in result.output
    assert "\nb\n  + https://example.org/b\n" in result.output
    assert "\nnotification before booking\n  - none\n  + required\n" in result.output
    notification = as_json(DIFF, old, new)["notification"]
    assert notification == {"about": "notification", "old": ["none"], "new": ["required"]}


def test_diff_in_retrospect_tells_of_those_who_have_the_dose(policy_file: Any) -> None:
    old, new = policy_file("old", "{ age_at_least = 60, on = 'first-day' }"), policy_file("new")
    assert [it["had_it"] for it in as_json(DIFF, old, new)["changes"]] == [False]
    both = as_json(DIFF, old, new, "--in-retrospect")["changes"]
    assert [it["had_it"] for it in both] == [False, True]
    assert both[1]["who"] == [
        "born on or after 2 February 1962",
        "at least 1 dose so far",
        "dose 1, given on or after 2 February 2022",
    ]


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ("{ registered_in = ['澎湖縣', '金門縣'] }", "戶籍在澎湖縣或金門縣"),
        ("{ not = { resident_in = ['澎湖縣'] } }", "居住地不在澎湖縣"),
        ("{ wanted = true }", "已登記這種疫苗"),
        (
            "{ wanted = true, after = 2022-01-01T12:00:00+08:00 }",
            "已登記這種疫苗，時間不早於2022年1月1日（民國111年）12:00",
        ),
        (
            "{ born_on_or_after = 2000-01-01 }, { born_on_or_before = 2000-01-01 }",
            "2000年1月1日（民國89年）出生",
        ),
    ],
)
def test_the_people_are_told_by_the_facts_that_matter_in_the_language_asked_for(
    policy_file: Any, conditions: str, words: str
) -> None:
    nobody = policy_file("old", "{ not = { doses_at_least = 0 } }")
    new = policy_file("new", conditions)
    (change,) = as_json(DIFF, nobody, new, "--lang", "zh-Hant")["changes"]
    assert words in change["who"]
    assert change["text"] == "新列入（確定或可能）：AZ（阿斯特捷利康）第1劑"


def test_vaccines_of_the_dose_before_are_named(policy_file: Any) -> None:
    nobody = policy_file("old", "{ not = { doses_at_least = 0 } }")
    new = policy_file("new", "{ previous_dose_of = ['AZ', 'BNT'] }", dose=2)
    (change,) = as_json(DIFF, nobody, new)["changes"]
    assert change["who"] == [
        "1 dose so far",
        "dose 1: AstraZeneca or Pfizer-BioNTech, given on or before 7 February 2022",
    ]


def test_seasons_and_the_doses_before_them_are_named(policy_file: Any) -> None:
    season = "counts_from = 2022-02-01"
    nobody = policy_file("old", "{ not = { doses_at_least = 0 } }", season=season)
    new = policy_file("new", "{ dose_due_after_days = 30, on = 'first-day' }", season=season)
    changes = as_json(DIFF, nobody, new)["changes"]
    assert [it["who"] for it in changes] == [
        ["no dose before 1 February 2022", "no dose since 1 February 2022"],
        [
            "at least 1 dose before 1 February 2022",
            "no dose since 1 February 2022",
            "the last dose before 1 February 2022, given on or before 2 January 2022",
        ],
    ]
    later = policy_file(
        "later", "{ age_at_least = 60, on = 'first-day' }", season="counts_from = 2022-02-03"
    )
    old = policy_file("old", season=season)
    words = {text for it in as_json(DIFF, "--exact", old, later)["changes"] for text in it["who"]}
    assert "no dose since 1 February 2022 and before 3 February 2022" in words


def test_a_dose_of_a_season_is_named_by_it(policy_file: Any) -> None:
    season = "counts_from = 2022-01-01"
    nobody = policy_file("old", "{ not = { doses_at_least = 0 } }", season=season)
    new = policy_file("new", "{ dose_due_after_days = 28, on = 'last-day' }", dose=2, season=season)
    (change,) = as_json(DIFF, nobody, new)["changes"]
    assert (
        "dose 1 since 1 January 2022, given from 1 January 2022 to 10 January 2022" in change["who"]
    )


def test_what_may_be_is_told_from_what_is_sure(policy_file: Any) -> None:
    sure, perhaps = policy_file("sure"), policy_file("perhaps", "{ not_stated = 'the brand' }")
    output = run(DIFF, sure, perhaps).output
    assert "No longer offered, or no longer surely: dose 1 of AstraZeneca\n" in output
    assert "now: possibly 1 February 2022 to 7 February 2022" in output
    partly = "{ any = [{ not_stated = 'the brand' }, { from_day = 2022-02-07 }] }"
    output = run(DIFF, perhaps, policy_file("partly", partly)).output
    assert "now: surely 7 February 2022, possibly 1 February 2022 to 7 February 2022" in output


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2, 29))
def test_the_windows_that_are_printed_are_those_that_differ(number: int) -> None:
    both = [f"{ROUND}{it:02}" for it in (number - 1, number)]
    printed = run(DIFF, *both).output
    for note in as_json(DIFF, *both)["windows"]:
        stage = note["about"].removeprefix("windows of ")
        _, _, rest = printed.partition(f"booking windows of stage {stage}\n")
        lines = rest.partition("\n\n")[0].splitlines()
        assert sum(line.startswith("  - ") for line in lines) == len(note["old"])
        assert sum(line.startswith("  + ") for line in lines) == len(note["new"])
    assert printed.count("booking windows of stage") == len(as_json(DIFF, *both)["windows"])


def test_policies_that_cannot_be_compared_or_read_are_a_wrong_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(DIFF, f"{ROUND}19", "tw/influenza/2024")
    assert result.exit_code == 2
    assert (
        "cannot compare policies against different diseases: covid19 and influenza" in result.output
    )
    assert run(DIFF, f"{ROUND}19", "tw/nothing").exit_code == 2
    monkeypatch.setattr(partition, "MOST_PARTS", 500)
    result = run(DIFF, "tw/covid19/2025", "tw/covid19/2026", "--exact")
    assert result.exit_code == 2
    assert "compare the policies as two seasons" in " ".join(result.output.split())
    assert run(DIFF, f"{ROUND}19", str(tmp_path / "none.toml")).exit_code == 2


def test_people_are_listed_with_what_they_test_and_what_is_decided() -> None:
    output = run(PEOPLE, f"{ROUND}19").output
    lines = output.splitlines()
    at = next(n for n, line in enumerate(lines) if line.endswith("a day too late"))
    assert lines[at] == "19a AZ, age_at_least 18, on last-day: born 2004-01-24, a day too late"
    assert lines[at + 1].startswith("  born on 24 January 2004; AstraZeneca on ")
    assert lines[at + 2] == "  not eligible"
    assert "  eligible\n    19a: AstraZeneca, dose 3, " in output


def test_people_as_json_can_be_fed_to_check(policy_file: Any) -> None:
    file = policy_file("young", "{ age_at_least = 18, on = 'first-day' }")
    found = as_json(PEOPLE, file)
    policy = catalog.load_file(file)
    people = boundary_people(policy)
    assert [it["name"] for it in found] == [it.name for it in people]
    for one, it in zip(found, people, strict=True):
        assert catalog.person_from(one["person"]) == it.person
        decision = decide(policy, it.person)
        assert one["outcome"] == decision.outcome.value
        assert len(one["offers"]) == len(decision.offers)


FACTS = (
    "--born",
    "1980-05-01",
    "--no-groups",
    "--dose",
    "AZ@2021-07-20",
    "--dose",
    "AZ@2021-10-20",
)


def test_a_timeline_says_when_what_was_offered_or_why_not() -> None:
    output = run(
        TIMELINE, "-p", f"{ROUND}18", "-p", f"{ROUND}19", "-p", f"{ROUND}20", *FACTS
    ).output
    assert f"{ROUND}18: not eligible\n  18b: You have already had dose 2." in output
    assert (
        f"{ROUND}19: eligible\n  19a: AstraZeneca, dose 3, 17 January 2022 to 23 January 2022\n"
        in output
    )
    assert output.endswith("\nearliest day: 17 January 2022\n")


def test_a_timeline_without_an_offer_has_no_earliest_day() -> None:
    assert "earliest day" not in run(TIMELINE, "-p", f"{ROUND}18", *FACTS).output
    assert earliest_day([]) is None


def test_a_timeline_as_json_goes_through_all_policies_in_order() -> None:
    found = as_json(TIMELINE, *FACTS)
    assert len(found) == len(catalog.ids())
    (nineteen,) = [it for it in found if it["policy"] == f"{ROUND}19"]
    assert nineteen["outcome"] == "eligible"
    assert nineteen["earliest_day"] == "2022-01-17"
    assert nineteen["why"] == []
    (eighteen,) = [it for it in found if it["policy"] == f"{ROUND}18"]
    assert eighteen["earliest_day"] is None
    assert len(eighteen["why"]) == 1


def test_a_timeline_takes_files_and_a_person_from_a_file(policy_file: Any, tmp_path: Path) -> None:
    person = tmp_path / "person.json"
    person.write_text('{"birth_date": "1980-05-01", "doses": []}', "utf-8")
    found = as_json(TIMELINE, "-p", policy_file("own"), "--person", str(person))
    assert [(it["policy"], it["outcome"]) for it in found] == [("test/own", "eligible")]


def test_a_timeline_speaks_the_language_that_is_asked_for() -> None:
    output = run(TIMELINE, "-p", f"{ROUND}19", *FACTS, "--lang", "zh-Hant").output
    assert "2022年1月17日" in output


def test_two_seasons_as_json_have_typed_fields() -> None:
    words = ("policy", "diff", "tw/influenza/2025", "tw/influenza/2026", "--json")
    found = json.loads(run(*words).stdout)
    assert found["new"] == {"policy": "tw/influenza/2026", "version": "1.0.0", "verified": True}
    stage, rule, people = (found[name][0] for name in ("stages", "rules", "people"))
    assert set(stage) == {"stage", "fate", "old", "new"}
    assert rule["fate"] in {"added", "dropped", "changed"}
    conditions = [it for change in found["rules"] for it in (*change["added"], *change["dropped"])]
    assert any("age_at_least" in json.dumps(it) for it in conditions)
    assert date.fromisoformat(people["born_from"]) <= date.fromisoformat(people["born_to"])
    assert set(people["old"]) == set(people["new"]) == {"sure", "possible"}
    assert len(found["lines"]) < 60
