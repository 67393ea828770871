"""The calls from the playground to the library, and the content of its archive."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from tools import playground
from tools.site import playground_app as app
from vaxpolicy import catalog
from vaxpolicy.messages import policy_title

PERSON = {
    "birth_date": "1990-01-01",
    "doses": [{"vaccine": "AZ", "on": "2021-07-01"}, {"vaccine": "AZ", "on": "2021-10-28"}],
}
ROUND_19 = "tw/covid19-1922/round-19"


def ask(call: str, *arguments: object) -> dict[str, object]:
    found: dict[str, object] = json.loads(app.run(call, json.dumps(arguments)))
    return found


@pytest.mark.parametrize("lang", ["zh-Hant", "en", "id", "vi", "th"])
def test_an_answer_has_days_reasons_and_sources(lang: str) -> None:
    found = app.answer(PERSON, ROUND_19, lang)
    assert found["outcome"] == "eligible"
    assert found["offers"][0]["days"] == [["2022-01-20", "2022-01-23"]]
    assert found["codes"] == ["interval-too-short"]
    assert found["sources"]
    assert found["notes"]


def test_a_reason_of_many_rules_is_said_once() -> None:
    person = {"birth_date": "1990-01-01", "doses": []}
    reasons = app.answer(person, "tw/childhood/2025", "en")["reasons"]
    assert reasons[0].startswith("bcg, hepb-1, pcv-1 and ")
    assert " more: You are too old for this rule." in reasons[0]
    texts = [it.partition(": ")[2] for it in reasons]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("lang", ["zh-Hant", "en", "th"])
def test_the_form_names_what_can_be_chosen(lang: str) -> None:
    offered = app.start(lang)
    policies = {it["id"]: it for it in offered["policies"]}
    assert list(policies) == list(catalog.ids())
    assert policies[ROUND_19]["name"] == policy_title(catalog.load(ROUND_19), lang)
    assert (policies[ROUND_19]["first"], policies[ROUND_19]["last"]) == ("2022-01-17", "2022-01-23")
    assert all(it["name"] != it["id"] for it in offered["groups"])
    assert len(offered["counties"]) == 22
    assert [it["id"] for it in offered["facts"]] == list(catalog.dated_facts())


def test_an_answer_says_which_days_count() -> None:
    seasonal = "tw/influenza/2026"
    person = {"birth_date": "1950-05-05", "groups": ["status/national"], "doses": []}
    later = app.answer(person, seasonal, "en", "2026-11-27")
    assert "In retrospect" not in later["notes"][0]
    assert later["offers"][0]["days"][0][0] == "2026-11-27"
    for on in (None, "2031-01-01"):
        assert "In retrospect" in app.answer(person, seasonal, "en", on)["notes"][0]
    unverified = app.answer(person, "tw/pneumococcal/2026", "en")
    assert len(unverified["notes"]) == 2


def test_the_archive_holds_the_list_of_policies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = app.start("en")
    kept = tmp_path / "list.json"
    kept.write_text(json.dumps(app.listed()), "utf-8")
    app.listed.cache_clear()
    monkeypatch.setattr(app, "LISTED", kept)
    try:
        assert app.start("en") == wanted
    finally:
        app.listed.cache_clear()


def test_what_is_missing_is_named() -> None:
    assert app.answer({}, ROUND_19, "en")["missing"]


def test_a_number_is_read_for_its_form_alone() -> None:
    assert ask("number", "A123456789", "en")["valid"] is True
    found = ask("number", "A123456788", "en")
    assert found["code"] == "invalid-checksum"
    assert "123456788" not in json.dumps(found)


def test_an_edited_policy_is_checked_and_drawn() -> None:
    text = app.policy_file(ROUND_19)["text"]
    found = app.edited(text, "en")
    assert not found["problems"]
    assert found["count"] >= len(found["people"]) > 10
    assert "<svg" in found["picture"]
    broken = app.edited(text.replace("age_at_least", "age_at_lest"), "en")
    assert "age_at_least" in json.dumps(broken["problems"])


def test_the_archive_has_the_library_and_little_else(tmp_path: Path) -> None:
    files = dict(playground.packages())
    assert "vaxpolicy/eligibility.py" in files
    assert "vaxpolicy/locale/vi/LC_MESSAGES/vaxpolicy.mo" in files
    assert "playground_app.py" in files
    assert not [at for at in files if re.match("vaxpolicy/(cli|desk|population)/|.*[.]po$", at)]
    held = playground.archive(tmp_path / "one.zip")
    assert held < 8_000_000
    playground.archive(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    packed = zipfile.ZipFile(io.BytesIO((tmp_path / "one.zip").read_bytes()))
    assert set(packed.namelist()) == {*files, app.LISTED.name}
    assert (tmp_path / "one.zip").stat().st_size < 2_500_000


def test_every_package_that_is_served_names_its_licence(tmp_path: Path) -> None:
    lines = playground.licences().splitlines()
    assert len(lines) == len(playground.KEPT) + 2
    assert all(line.partition(": ")[2] for line in lines)
    for name in playground.RUNTIME:
        (tmp_path / "node" / "pyodide").mkdir(parents=True, exist_ok=True)
        (tmp_path / "node" / "pyodide" / name).write_text("x")
    sizes = playground.build(tmp_path / "out", tmp_path / "node")
    assert sizes["download"] == sizes["packages"] + 4
    assert json.loads((tmp_path / "out" / "sizes.json").read_text()) == sizes
