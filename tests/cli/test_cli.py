"""The command line answers in words, in JSON and by its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

import vaxpolicy
from tests.helpers import run
from vaxpolicy import __main__ as entry
from vaxpolicy import catalog
from vaxpolicy.cli import visitors
from vaxpolicy.cli.parameters import INSTANT
from vaxpolicy.days import TAIWAN

if TYPE_CHECKING:
    from pathlib import Path

ROUND_19 = ("--policy", "tw/covid19-1922/round-19")
TWO_DOSES = ("--dose", "AZ@2021-07-01", "--dose", "AZ@2021-10-28")


def answer(*words: str) -> Any:
    return json.loads(run("check", *words, "--json").stdout)


def test_an_offer_in_words() -> None:
    known = ("--born", "1990-01-01", *TWO_DOSES, "--on", "2022-01-14")
    result = run("check", *ROUND_19, *known)
    assert result.exit_code == 0
    assert "eligible" in result.stdout
    assert "Counting the days from 14 January 2022 on." in result.stdout
    assert "19a: Pfizer-BioNTech, dose 3, 20 January 2022 to 23 January 2022" in result.stdout
    assert "booked from 15 January 2022, 14:00 to 16 January 2022, 12:00" in result.stdout
    assert (
        "28 October 2021, and 84 days must pass after it. Choose 20 January 2022" in result.stdout
    )


def test_a_programme_without_booking_offers_days_alone() -> None:
    known = ("--born", "1950-01-01", "--no-doses", "--group", "status/national")
    result = run("check", "-p", "tw/influenza/2025", *known)
    assert result.exit_code == 0
    assert "Influenza vaccine, dose 1, " in result.stdout
    assert "to be booked" not in result.stdout


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh-Hant", "2022年1月20日（民國111年）"), ("th", "(พ.ศ. 2565)"), ("vi", "ngày 20 tháng 1")],
)
def test_check_and_demo_speak_the_chosen_language(lang: str, said: str) -> None:
    words = (*ROUND_19, "--born", "1990-01-01", *TWO_DOSES, "--lang", lang)
    assert said in run("check", *words).stdout
    assert said in answer(*words)[0]["reasons"][0]["text"]
    assert said in run("demo", "--lang", lang).stdout
    assert run("demo", "--lang", "fr").exit_code == 2


def test_a_refusal_and_an_open_question_have_their_own_exit_codes() -> None:
    refused = run("check", *ROUND_19, "--born", "2010-01-01", *TWO_DOSES)
    assert refused.exit_code == 1
    assert "You are 18 years old from 1 January 2028 on." in refused.stdout
    unknown = run("check", *ROUND_19, "--born", "1990-01-01")
    assert unknown.exit_code == 3
    assert "To decide, find out: your doses so far" in unknown.stdout


def test_no_reason_is_printed_twice() -> None:
    words = ("-p", "tw/covid19-1922/round-01", "--born", "1990")
    lines = run("check", *words).stdout.splitlines()
    assert sum("Your county is not known" in line for line in lines) == 1
    codes = [reason["code"] for reason in answer(*words)[0]["reasons"]]
    assert codes.count("county-unknown") == 2


@pytest.mark.parametrize(
    ("now", "answered", "said"),
    [
        ("2022-01-15T13:59", False, "no"),
        ("2022-01-15T14:00", True, "yes"),
        ("2022-01-15T06:00+00:00", True, "yes"),
    ],
)
def test_whether_it_can_be_booked_now(now: str, answered: bool, said: str) -> None:
    words = (*ROUND_19, "--born", "1990-01-01", *TWO_DOSES, "--now", now)
    assert {offer["bookable"] for offer in answer(*words)[0]["offers"]} == {answered}
    assert f": {said}" in run("check", *words).stdout


def test_json_holds_the_whole_decision() -> None:
    (decision,) = answer(*ROUND_19, "--born", "1990-01-01", *TWO_DOSES)
    assert decision["policy"] == "tw/covid19-1922/round-19"
    assert decision["outcome"] == "eligible"
    assert decision["digest"] == catalog.load("tw/covid19-1922/round-19").digest
    offer = decision["offers"][0]
    assert offer["days"] == [{"first": "2022-01-20", "last": "2022-01-23"}]
    assert offer["windows"][0]["closes"] == "2022-01-16 12:00:00+08:00"
    assert decision["reasons"][0]["code"] == "interval-too-short"
    assert decision["reasons"][0]["day"] == "2022-01-20"
    assert decision["missing"] == []


def test_without_a_policy_all_bundled_ones_can_be_asked() -> None:
    decisions = answer("--all", "--born", "1990-01-01", "--no-doses", "--no-groups", "--wants-none")
    assert sorted(decision["policy"] for decision in decisions) == list(catalog.ids())


def test_the_exit_code_is_the_best_answer_of_several() -> None:
    both = ("-p", "tw/covid19-1922/round-13", *ROUND_19)
    assert run("check", *both, "--born", "1990-01-01", *TWO_DOSES).exit_code == 0
    assert run("check", *both, "--born", "2020-01-01").exit_code == 1


def test_facts_come_from_a_file_and_options_go_before_it(tmp_path: Path) -> None:
    file = tmp_path / "person.json"
    file.write_text(
        '{"birth_date": "2010-01-01", "groups": [], "doses": [{"vaccine": "AZ", "on": "2021-07-01"}]}',
        encoding="utf-8",
    )
    assert run("check", *ROUND_19, "--person", str(file)).exit_code == 1
    words = ("--person", str(file), "--born", "1990", *TWO_DOSES)
    assert run("check", *ROUND_19, *words).exit_code == 0


def test_every_fact_has_its_option() -> None:
    (decision,) = answer(
        *("--policy", "tw/covid19-1922/round-13", "--born", "1960-05", "--no-doses"),
        *("--group", "status/national", "--registered-in", "澎湖縣", "--lives-in", "臺北市"),
        *("--wants", "AZ@2021-10-26T12:00", "--wants", "BNT@2021-10-26T12:01"),
    )
    assert [offer["rule"] for offer in decision["offers"]] == ["13c"]


def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("id = 1", encoding="utf-8")
    wrong = run("check", "-p", str(file))
    assert wrong.exit_code == 2
    assert "expected text, found a whole number at $.id" in wrong.stderr
    assert run("check", "-p", "nowhere.toml").exit_code == 2
    assert "no bundled policy" in run("check", "-p", "nowhere").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--born", "1990-13-01"), "month must be in 1..12"),
        (("--born", "90"), "Invalid value for '--born': expected YYYY-MM-DD"),
        (("--born", "1990-1-1-1"), "expected YYYY-MM-DD, YYYY-MM or YYYY"),
        (("--born", "spring"), "expected YYYY-MM-DD, YYYY-MM or YYYY"),
        (("--dose", "AZ"), "expected VACCINE@YYYY-MM-DD, such as AZ@2021-10-28"),
        (("--dose", "AZ@2021-13-01"), "expected VACCINE@YYYY-MM-DD: month must be in 1..12"),
        (("--dose", "AZ@spring"), "expected VACCINE@YYYY-MM-DD\n"),
        (("--dose", "Elixir@2021-01-01"), "with one of AZ"),
        (("--wants", "AZ"), "expected VACCINE@INSTANT"),
        (("--wants", "AZ@soon"), "expected YYYY-MM-DDTHH:MM"),
        (("--now", "soon"), "expected YYYY-MM-DDTHH:MM (Taiwan's time)"),
        (("--no-doses", "--dose", "AZ@2021-01-01"), "--dose and --no-doses contradict"),
        (("--no-groups", "--group", "flu-2026/chronic"), "--group and --no-groups contradict"),
        (("--no-groups", "--only-groups"), "--no-groups says less than --only-groups"),
        (
            ("--group", "status/national", "--not-group", "status/national"),
            "--group and --not-group contradict",
        ),
        (("--not-group", "status/nationals"), "did you mean status/national"),
        (("--born", "79-05-01"), "add 1911 to a ROC year"),
        (("--born", "0079-05-01"), "add 1911 to a ROC year"),
        (("--born", "民國79年5月1日"), "add 1911 to a ROC year"),
        (("--dose", "AZ@0110-07-01"), "add 1911 to a ROC year"),
        (("--dose", "AZ@1100701"), "add 1911 to a ROC year"),
        (("--on", "110.7.1"), "add 1911 to a ROC year"),
        (("--wants-none", "--wants", "AZ@2021-01-01T10:00"), "--wants and --wants-none contradict"),
        (("--now", "2022-01-15"), "expected YYYY-MM-DDTHH:MM"),
        (("--now", "9999-12-31T23:59-14:00"), "expected YYYY-MM-DDTHH:MM"),
        (("--person", "nowhere.json"), "nowhere.json"),
    ],
)
def test_a_wrong_call_says_what_was_expected(words: tuple[str, ...], said: str) -> None:
    result = run("check", *ROUND_19, *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_file_that_is_no_person_is_a_wrong_call(tmp_path: Path) -> None:
    file = tmp_path / "person.json"
    file.write_text("{", encoding="utf-8")
    assert run("check", "--person", str(file)).exit_code == 2


def test_the_command_is_there_by_name_and_as_a_module() -> None:
    ran = subprocess.run(  # our own
        [sys.executable, "-m", "vaxpolicy", "--version"], capture_output=True, text=True, check=True
    )
    assert "version" in ran.stdout


def test_the_entry_runs_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["vaxpolicy", "--version"])
    with pytest.raises(SystemExit) as left:
        entry.main()
    assert left.value.code == 0


def test_it_writes_to_whatever_stands_for_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["vaxpolicy", "policy", "list"])
    monkeypatch.setattr(sys, "stdout", StringIO())
    with pytest.raises(SystemExit) as left:
        entry.main()
    assert left.value.code == 0


def test_without_its_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry, "find_spec", lambda _: None)
    with pytest.raises(SystemExit) as left:
        entry.main()
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        "vaxpolicy: the command line needs: pip install 'vaxpolicy[cli]'\n"
    )


def test_the_demo_goes_from_the_form_to_the_booking_or_the_refusal() -> None:
    result = run("demo")
    assert result.exit_code == 0
    people = [part.splitlines() for part in result.stdout.strip().split("\n\n")]
    ends = [lines[-1].strip() for lines in people]
    assert [end.rpartition(". ")[2] for end in ends[:3]] == ["Now: vaccinated"] * 3
    by_name = {lines[0]: "\n".join(lines) for lines in people}
    leap, again = (
        text for name, text in by_name.items() if "29 February" in name or "same" in name
    )
    assert "18 years old from 1 March 2022 on" in leap
    assert "Refused (not-eligible)" in leap
    assert "1 March 2022. Now: booked" in again
    middle = next(text for name, text in by_name.items() if "middle" in name)
    assert "18 January 2022. Refused (day-not-offered)" in middle
    assert "20 January 2022. Now: booked" in middle
    unknown = next(text for name, text in by_name.items() if "not known" in name)
    assert "dose 3, 18 January 2022. Refused (eligibility-undetermined)" in unknown
    assert "Perhaps E20000**** is meant" in by_name[people[-1][0]]


def test_the_demo_shows_no_number() -> None:
    shown = run("demo").stdout
    for visitor in visitors.VISITORS:
        form = visitor.form
        card = "".join(form.nhi_card or ())
        for typed in (form.id_number, form.permit, form.passport, visitor.mobile, card, card[-4:]):
            assert not typed or typed not in shown


def test_rooms_are_there_when_they_are_asked_for() -> None:
    assert vaxpolicy.catalog is catalog
    assert "reservation" in dir(vaxpolicy)
    with pytest.raises(AttributeError, match="has no attribute 'nowhere'"):
        _ = vaxpolicy.nowhere


def test_a_value_that_is_parsed_already_is_taken_as_it_is() -> None:
    now = datetime(2022, 1, 15, 14, tzinfo=TAIWAN)
    assert INSTANT.convert(now, None, None) is now


def test_without_a_day_the_answer_is_for_today() -> None:
    (decision,) = answer("-p", "tw/childhood/2025", "--born", "2026-01-05", "--no-doses")
    day = datetime.now(TAIWAN).date()  # noqa: TID251  # the command reads the clock
    assert date.fromisoformat(decision["from_day"]) in {day, day - timedelta(days=1)}
