"""The command line keeps to what it was told, to the day, and to what its answer rests on."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers import run
from vaxpolicy import catalog
from vaxpolicy.cli import person
from vaxpolicy.cli.person import person_of
from vaxpolicy.eligibility import Outcome, decide
from vaxpolicy.rules.conditions import implies

if TYPE_CHECKING:
    from pathlib import Path

FLU = "tw/influenza/2026"
ROUND_19 = "tw/covid19-1922/round-19"
TWO_DOSES = ("--dose", "AZ@2021-07-01", "--dose", "AZ@2021-10-28")
ADULT = ("--born", "1986-05-05", "--no-doses")


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day of the machine."""
    monkeypatch.setattr(person, "today", lambda: date(2026, 11, 27))


def answer(*words: str) -> Any:
    result = run("check", *words, "--json")
    assert result.exit_code in {0, 1, 3}, result.output
    (decision,) = json.loads(result.stdout)
    return decision


def test_a_group_is_a_yes_and_leaves_the_others_unknown() -> None:
    decision = answer("-p", FLU, *ADULT, "--group", "status/national")
    assert decision["outcome"] == "undetermined"
    assert "groups/flu-2026/chronic" in decision["missing"]
    assert "groups/status/national" not in decision["missing"]


def test_a_group_that_is_not_is_a_no() -> None:
    words = ("--group", "status/national", "--not-group", "flu-2026/chronic")
    missing = answer("-p", FLU, *ADULT, *words)["missing"]
    assert "groups/flu-2026/chronic" not in missing
    assert "groups/flu-2026/bmi-30" in missing


def test_no_target_group_never_denies_nationality() -> None:
    elder = ("--born", "1950-05-05", "--no-doses", "--no-groups")
    decision = answer("-p", FLU, *elder)
    assert decision["outcome"] == "undetermined"
    assert decision["missing"] == ["groups/status/national"]
    assert answer("-p", FLU, *elder, "--group", "status/national")["outcome"] == "eligible"
    assert answer("-p", FLU, *ADULT, "--no-groups", "--group", "status/national")["outcome"] == (
        "ineligible"
    )


def test_the_list_is_closed_only_when_it_is_said() -> None:
    words = ("--only-groups", "--group", "status/national")
    decision = answer("-p", FLU, *ADULT, *words)
    assert (decision["outcome"], decision["missing"]) == ("ineligible", [])
    foreigner = answer("-p", FLU, "--born", "1950-05-05", "--no-doses", "--only-groups")
    assert foreigner["outcome"] != "eligible"
    assert "groups/status/national" not in foreigner["missing"]


def test_a_part_that_is_denied_leaves_the_other_parts_open() -> None:
    policy = catalog.load(FLU)
    facts: dict[str, Any] = dict.fromkeys(
        (
            "born",
            "registered_in",
            "lives_in",
            "no_doses",
            "only_groups",
            "no_groups",
            "wants_none",
            "sex",
        )
    )
    facts |= {"doses": (), "groups": (), "wants": (), "facts": ()}
    whole = "flu-2026/phase-1"
    part = next(it for it in catalog.groups() if implies(it, whole) and it != whole)
    known = person_of(None, {**facts, "not_groups": (part,)}, [policy])
    assert known.groups == frozenset()
    assert whole not in known.unknown_groups
    assert part not in known.unknown_groups
    assert any(implies(it, whole) for it in known.unknown_groups)
    denied = person_of(None, {**facts, "not_groups": (whole,)}, [policy])
    assert not any(implies(it, whole) for it in denied.unknown_groups)
    assert decide(policy, known).outcome is Outcome.UNDETERMINED


def test_a_campaign_that_is_running_is_asked_from_today_on() -> None:
    words = ("--born", "1950-05-05", "--group", "status/national", "--dose", "Influenza@2026-10-15")
    decision = answer("-p", FLU, *words)
    assert (decision["from_day"], decision["in_retrospect"]) == ("2026-11-27", False)
    assert decision["outcome"] != "eligible"
    text = run("check", "-p", FLU, *words).stdout
    assert "Counting the days from 27 November 2026 on." in text
    assert "Doses on record that count here: Influenza vaccine on 15 October 2026" in text
    assert "Choose" not in text


@pytest.mark.parametrize("command", ["check", "explain"])
def test_what_is_over_is_answered_in_retrospect_and_says_so(command: str) -> None:
    words = ("-p", ROUND_19, "--born", "1990-01-01", *TWO_DOSES)
    text = run(command, *words).stdout
    assert "These days ended on 23 January 2022. The answer is in retrospect." in text
    assert "84 days must pass after it." in text
    assert "Choose" not in text  # no advice names a past day
    (plain,) = json.loads(run(command, *words, "--json").stdout)
    assert plain["in_retrospect"] is True
    then = run(command, *words, "--on", "2022-01-18").stdout
    assert "Choose 20 January 2022 or a later day." in then
    assert "in retrospect" not in then


def test_an_age_that_has_come_by_today_gives_no_advice_to_wait() -> None:
    words = ("-p", ROUND_19, "--born", "2005-01-01", *TWO_DOSES)
    assert "Look for a round" not in run("check", *words).stdout
    assert "Look for a round" in run("check", *words, "--on", "2022-01-18").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("check", "-p", "tw/rotavirus/2027", "--born", "2027-01-01"),
        ("explain", "-p", "tw/rotavirus/2027", "--born", "2027-01-01"),
        ("timeline", "-p", "tw/rotavirus/2027", "--born", "2027-01-01"),
        ("policy", "show", "tw/rotavirus/2027"),
        ("policy", "list"),
        ("policy", "people", "tw/rotavirus/2027"),
        ("policy", "diff", "tw/rotavirus/2027", "tw/rotavirus/2027"),
    ],
)
def test_every_answer_of_an_unverified_policy_says_so(words: tuple[str, ...]) -> None:
    result = run(*words)
    assert "not verified" in (result.stdout + result.stderr).lower()


def test_json_says_it_too() -> None:
    assert answer("-p", "tw/rotavirus/2027", "--born", "2027-01-01")["verified"] is False
    assert answer("-p", FLU, *ADULT)["verified"] is True
    (one,) = json.loads(run("timeline", "-p", "tw/rotavirus/2027", "--json").stdout)
    assert one["verified"] is False


def test_offers_windows_and_reasons_cite_their_sources() -> None:
    words = ("-p", ROUND_19, "--born", "1990-01-01", *TWO_DOSES)
    decision = answer(*words)
    (offer, *_) = decision["offers"]
    window, reason = offer["windows"][0], decision["reasons"][0]
    for part in (offer, window, reason):
        assert part["cites"]
        assert set(part["cites"]) <= set(decision["sources"])
    source = decision["sources"][window["cites"][0]]
    assert set(source) == {"publisher", "url", "support", "checked"}
    text = run("check", *words).stdout
    assert f"[{', '.join(sorted(offer['cites']))}]" in text
    assert f"{window['cites'][0]}: {source['publisher']}" in text


def test_a_refusal_by_the_licence_cites_the_sources_of_the_vaccine() -> None:
    words = ("-p", "tw/covid19-1922/round-05", "--born", "2015-01-01", "--no-doses", "--no-groups")
    decision = answer(*words, "--wants-none", "--not-group", "status/no-nhi-card")
    licence = next(it for it in decision["reasons"] if it["basis"] == "licence")
    assert "vaccines/taiwannews-moderna" in licence["cites"]
    assert decision["sources"]["vaccines/taiwannews-moderna"]["url"].startswith("https://")


def test_what_is_given_by_registration_says_registration() -> None:
    words = ("-p", "tw/covid19-1922/registration", "--born", "1950-01-01", "--no-doses")
    for command in ("check", "explain"):
        text = run(command, *words, "--no-groups").stdout
        assert "registration for AstraZeneca, " in text
        assert "to be registered for from " in text
        assert "dose 1, " not in text
    shown = run("policy", "show", "tw/covid19-1922/registration").stdout
    assert ": registration for " in shown
    assert ": registration " in shown
    assert answer(*words, "--no-groups")["offers"][0]["kind"] == "registration"


def test_a_campaign_without_booking_says_walk_in() -> None:
    words = ("-p", FLU, "--born", "1950-05-05", "--no-doses", "--group", "status/national")
    now = ("--now", "2026-11-27T10:00")
    text = run("check", *words, *now).stdout
    assert "no booking: walk in" in text
    assert "can be booked" not in text
    assert answer(*words, *now)["offers"][0]["walk_in"] is True


def test_what_no_source_states_is_not_a_missing_fact() -> None:
    words = ("-p", FLU, "--born", "1950-05-05", "--no-doses", "--only-groups")
    decision = answer(*words)
    assert (decision["outcome"], decision["missing"]) == ("undetermined", [])
    assert decision["text"] == "undetermined: no source states what decides it"
    assert "a fact is missing" not in run("check", *words).stdout


def test_equal_reasons_are_said_once_and_the_rest_on_request() -> None:
    words = ("-p", "tw/childhood/2025", "--born", "2026-01-05", "--no-doses", "--no-groups")
    few, every = (run("check", *words, *more).stdout.splitlines() for more in ((), ("--all",)))
    reasons = [line for line in few if line.startswith("  - ")]
    assert len(reasons) == 5
    assert any(" more reasons: --all" in line for line in few)
    assert not any("--all" in line for line in every)
    texts = [line.partition(": ")[2] for line in every if line.startswith("  - ")]
    assert len(texts) == len(set(texts)) > 5
    assert any(" and " in line and " more: " in line for line in reasons)


def test_the_example_in_an_error_works() -> None:
    for option, wrong in (("--dose", "AZ"), ("--wants", "AZ"), ("--dose", "@"), ("--wants", "")):
        said = run("check", "-p", ROUND_19, option, wrong).stderr
        example = said.partition("such as ")[2].split()[0]
        assert run("check", "-p", ROUND_19, option, example).exit_code in {0, 1, 3}


OWN = """
id = "example/meningitis-2026"
version = "1.0.0"
announced = 2026-10-01
disease = "meningitis"
notification = "none"
[sources.notice]
publisher = "Example City Health Bureau, 2026-10-01"
url = "https://health.example/notice"
checked = 2026-10-02
support = "official"
[[stages]]
id = "teachers"
vaccination_days = { first = 2026-11-01, last = 2026-12-31 }
cites = ["notice"]
[[stages.rules]]
id = "first"
dose = 1
vaccines = ["MenB"]
cites = ["notice"]
all = [{ group = "example/teachers" }]
[[groups]]
id = "example/teachers"
cites = ["notice"]
name = { en = "Teachers", zh-Hant = "教師" }
[[vaccines]]
code = "MenB"
diseases = ["meningitis"]
names = { en = "Meningitis B vaccine" }
"""


def test_a_whole_campaign_is_a_policy_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, "utf-8")
    for where in (str(file), str(tmp_path)):
        text = run("check", "-p", where, "--no-doses", "--group", "example/teachers").stdout
        assert "first: Meningitis B vaccine, dose 1, 27 November 2026" in text
    words = ("-p", str(file), "--dose", "MenB@2026-11-20", "--only-groups")
    assert "Teachers (example/teachers)" in run("check", *words, "--all").stdout
    assert "教師（example/teachers）" in run("explain", *words, "--lang", "zh-Hant").stdout
    assert "Teachers 教師 (example/teachers)" in run("explain", *words, "--lang", "vi").stdout
    assert run("policy", "lint", str(file)).exit_code == 0
    wrong = run("check", "-p", str(file), "--dose", "MenC@2026-11-20")
    assert wrong.exit_code == 2
    assert "did you mean MenB" in wrong.stderr


def test_a_version_of_a_bundled_policy_is_named_after_its_id() -> None:
    found = run("check", "-p", f"{FLU}@1.0.0", "--born", "1950-01-01", "--json")
    assert json.loads(found.stdout)[0]["version"] == "1.0.0"
    refused = run("check", "-p", f"{FLU}@9", "--born", "1950-01-01")
    assert refused.exit_code == 2
    assert "has no version '9'; there is 1.0.0" in refused.stderr


def test_dated_facts_and_the_sex_are_options() -> None:
    asked = ("check", "-p", "tw/mmr-women/2026", "--born", "1990-01-01", "--no-doses", "--json")
    woman = (*asked, "--group", "status/national", "--sex", "female", "--on", "2026-11-27")
    test = ("--fact", "rubella-antibody-negative=2026-11-01")
    assert json.loads(run(*woman, *test).stdout)[0]["outcome"] == "eligible"
    for wrong, said in (
        ("rubella=2026-11-01", "no dated fact is called 'rubella'"),
        ("rubella-antibody-negative", "rubella-antibody-negative=2026-09-01"),
        ("blood-product=1.11.2026", "expected FACT=YYYY-MM-DD"),
    ):
        refused = run(*woman, "--fact", wrong)
        assert refused.exit_code == 2
        assert said in refused.stderr
    both = ("--fact", "blood-product=never", "--fact", "blood-product=2026-11-01")
    assert "each fact once" in run(*woman, *both).stderr


def test_dated_facts_are_listed_and_searched() -> None:
    assert "blood-product" in run("facts").stdout
    found = json.loads(run("facts", "輸血", "--json").stdout)
    assert [it["id"] for it in found] == ["blood-product"]
    assert run("facts", "xyz").exit_code == 2


def answered_for(*words: str) -> list[str]:
    return [it["policy"] for it in json.loads(run("check", *ADULT, *words, "--json").stdout)]


def test_without_a_policy_those_that_run_are_answered_for_and_then_those_to_come() -> None:
    found = answered_for()
    assert found[-1] == "tw/rotavirus/2027"
    assert set(found[:-1]) >= {"tw/covid19/2026", FLU, "tw/pneumococcal/2026"}
    assert not any("1922" in name or name.endswith("/2024") for name in found)
    left_out = len(catalog.ids()) - len(found)
    for command in ("check", "explain"):
        assert run(command, *ADULT).stdout.splitlines()[-1] == (
            f"{left_out} more policies, which are over or not yet announced: --all"
        )
        assert "not yet announced" not in run(command, *ADULT, "-p", FLU).stdout
    every = answered_for("--all")
    assert (every[: len(found)], sorted(every)) == (found, list(catalog.ids()))


def test_without_a_policy_a_day_decides_which_policies_are_answered_for() -> None:
    found = answered_for("--on", "2021-08-15")
    assert found == [f"tw/covid19-1922/{name}" for name in ("registration", "round-05", "round-06")]
    result = run("check", *ADULT, "--on", "2019-01-01")
    assert result.exit_code == 1
    assert result.stdout == (
        f"{len(catalog.ids())} more policies, which are over or not yet announced: --all\n"
    )


def test_after_the_last_day_the_answer_says_when_it_was() -> None:
    words = ("--born", "1950-05-05", "--no-doses", "--group", "status/national")
    text = run("check", "-p", FLU, *words, "--on", "2027-10-05").stdout
    assert "The vaccination days ended on 30 September 2027." in text


def test_reasons_about_a_missing_fact_come_first() -> None:
    words = ("--born", "1950-05-05", "--no-doses", "--group", "status/national")
    text = run("check", "-p", "tw/covid19/2026", *words).stdout
    first = next(line for line in text.splitlines() if line.startswith("  - "))
    assert first.startswith("  - 1-listed, 1-elders, 1-indigenous and 1 more: ")
    assert "Infection with COVID-19" in first
