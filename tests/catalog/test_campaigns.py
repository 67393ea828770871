"""A campaign of one's own: one file, a folder, text, bytes or a mapping; every problem at once."""

from __future__ import annotations

import tomllib
from datetime import date, time
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import pytest
from attrs import evolve

from tests.helpers import own_policy
from vaxpolicy import catalog
from vaxpolicy.booking.programme import WHILE_WINDOW_OPEN, CancelUntil, EditLock
from vaxpolicy.catalog import (
    Campaign,
    PolicyFileError,
    UnknownPolicyError,
    load_campaign,
    load_file,
    parse_campaign,
)
from vaxpolicy.eligibility import DatedFact, Dose, Outcome, Person, Willingness, decide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vaxpolicy.rules.policy import Policy

TEMPLATE = (files("vaxpolicy") / "policies" / "new-campaign.toml").read_text("utf-8")
POLICY = """
id = "example/meningitis-2027"
version = "1.0.0"
announced = 2027-01-04
disease = "meningitis"
notification = "none"

[sources.notice]
publisher = "Example City Health Bureau, 2027-01-04"
url = "https://health.example/notice"
checked = 2027-01-05
support = "official"

[[stages]]
id = "teachers"
vaccination_days = { first = 2027-02-01, last = 2027-02-28 }

[[stages.rules]]
id = "first"
dose = 1
vaccines = ["MenB"]
cites = ["notice"]
all = [{ group = "example/teachers" }]

[[stages.rules]]
id = "second"
dose = 2
vaccines = ["MenB"]
cites = ["notice"]
all = [{ group = "example/teachers" }, { dose_due_after_days = 14, on = "day" }]
"""
LISTS = """
[[groups]]
id = "example/teachers"
cites = ["notice"]
name = { en = "Teachers", zh-Hant = "教師" }

[[groups]]
id = "example/pensioners"
cites = ["notice"]
name = { en = "Pensioners" }
ages = { at_least = 65, on = "day" }

[[vaccines]]
code = "MenB"
diseases = ["meningitis"]
names = { en = "Meningitis B vaccine" }
licences = [{ since = 2026-01-01, all = [{ age_at_least = 18, on = "day" }], cites = ["notice"] }]
"""
PROGRAMME = """
[programme]
registration = "none"
gate = "tw/covid19-1922/registration"
vaccines = ["MenB"]
most_districts = 3
edit_lock = { days_after = 1, at = 17:00:00, notified = true }
cancel = { days_before = 1, at = 18:00:00 }
"""
WHOLE = POLICY + LISTS + PROGRAMME


def answer(campaign: Campaign, *doses: Dose) -> Outcome:
    groups = frozenset({"example/teachers"})
    return decide(campaign.policy, Person(date(1990, 1, 1), doses, groups)).outcome


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyFileError) as caught:
        parse_campaign(text)
    return caught.value.problems


def test_text_bytes_a_mapping_a_file_and_a_folder_are_the_same_campaign(tmp_path: Path) -> None:
    file, folder = tmp_path / "campaign.toml", tmp_path / "parts"
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.encode())
    folder.mkdir()
    for name, part in (("a", POLICY), ("b", LISTS), ("c", PROGRAMME)):
        (folder / f"{name}.toml").write_text(part, encoding="utf-8")
    found = [
        parse_campaign(WHOLE),
        parse_campaign("\ufeff" + WHOLE),
        parse_campaign(WHOLE.encode()),
        parse_campaign(tomllib.loads(WHOLE)),
        load_campaign(file),
        load_campaign(str(folder)),
    ]
    assert len({campaign.policy.digest for campaign in found}) == 1
    assert all(campaign == found[0] for campaign in found)


def test_its_own_groups_vaccines_and_diseases_are_used() -> None:
    campaign = parse_campaign(WHOLE)
    assert set(campaign.groups) == {"example/teachers", "example/pensioners"}
    assert campaign.groups["example/teachers"].name["zh-Hant"] == "教師"
    assert set(campaign.vaccines) == {"MenB"}
    assert "example/pensioners" in campaign.policy.bands
    assert answer(campaign) is Outcome.ELIGIBLE
    assert answer(campaign, Dose("MenB", date(2027, 2, 1))) is Outcome.ELIGIBLE
    assert answer(campaign, Dose("AZ", date(2021, 7, 1))) is Outcome.ELIGIBLE
    child = Person(date(2012, 1, 1), (), frozenset({"example/teachers"}))
    assert decide(campaign.policy, child).outcome is Outcome.INELIGIBLE


def test_its_own_dated_facts_are_asked_for_and_named() -> None:
    fact = '[[facts]]\nid = "tick-bite"\nname = { en = "Bitten by a tick" }\n'
    bitten = '{ group = "example/teachers" }, { has_fact = "tick-bite" }'
    text = POLICY.replace('{ group = "example/teachers" }', bitten, 1) + LISTS + fact
    campaign = parse_campaign(text)
    assert {it.id: it.name["en"] for it in campaign.facts.values()} == {
        "tick-bite": "Bitten by a tick"
    }
    assert campaign.policy.facts == campaign.facts
    teacher = Person(date(1990, 1, 1), (), frozenset({"example/teachers"}))
    said: dict[date | Literal["never"], Outcome] = {
        date(2027, 1, 10): Outcome.ELIGIBLE,
        "never": Outcome.INELIGIBLE,
    }
    for on, outcome in said.items():
        person = evolve(teacher, dated_facts=(DatedFact("tick-bite", on),))
        assert decide(campaign.policy, person).outcome is outcome
    assert catalog.lint(campaign.policy) == catalog.lint(parse_campaign(WHOLE).policy)


def test_its_reservation_settings_make_a_programme() -> None:
    programme = parse_campaign(WHOLE).programme
    assert (programme.registration, programme.most_districts) == ("none", 3)
    assert programme.gate == catalog.load("tw/covid19-1922/registration")
    assert programme.vaccines == frozenset({"MenB"})
    assert programme.edit_lock == EditLock(1, time(17), notified=True)
    assert programme.cancel == CancelUntil(1, time(18))
    plain = parse_campaign(POLICY + LISTS).programme
    assert (plain.gate, plain.vaccines) == (None, None)
    assert (plain.cancel, plain.edit_lock) == (WHILE_WINDOW_OPEN, "not-stated")
    never = parse_campaign(POLICY + LISTS + '[programme]\nedit_lock = "none"\n').programme
    assert never.edit_lock is None
    words = '[programme]\ncancel = "while-window-open"\n'
    assert parse_campaign(POLICY + LISTS + words).programme.cancel == WHILE_WINDOW_OPEN


def test_every_problem_is_named_at_once_with_its_rule_and_line() -> None:
    broken = (
        WHOLE.replace('dose = 2\nvaccines = ["MenB"]', 'dose = "2"\nvaccines = ["MenB"]')
        .replace("most_districts = 3", 'most_districts = "3"')
        .replace('code = "MenB"', 'codes = "MenB"')
    )
    found = problems(broken)
    assert any("(rule second, line 25)" in it and "whole number" in it for it in found)
    assert any("most_districts" in it for it in found)
    assert any("unknown key codes" in it for it in found)
    mapping = tomllib.loads(broken)
    with pytest.raises(PolicyFileError, match=r"\(rule second\)"):
        parse_campaign(mapping)
    del mapping["stages"][0]["rules"][1]["id"]
    with pytest.raises(PolicyFileError, match="the key id is missing"):
        parse_campaign(mapping)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "example/teachers"\ncites', 'id = "status/national"\ncites', "a bundled group"),
        ('code = "MenB"', 'code = "AZ"', "a bundled vaccine"),
        ('"example/pensioners"', '"example/teachers"', "defined 2 times"),
        ('name = { en = "Pensioners" }', "name = {}\ncites = []", "not TOML"),
        ('gate = "tw/covid19-1922/registration"', 'gate = "tw/nothing"', "no bundled policy"),
        ('on = "day" }], cites = ["notice"]', 'on = "day" }], cites = ["x"]', "vaccine MenB"),
        ("17:00:00", '"17:00"', "a time of day"),
        ('vaccines = ["MenB"]\ncites', 'vaccines = ["MenC"]\ncites', "MenC"),
    ],
)
def test_what_does_not_fit_together_is_named(old: str, new: str, said: str) -> None:
    assert old in WHOLE
    assert said in " ".join(problems(WHOLE.replace(old, new)))


def test_a_folder_whose_files_say_one_thing_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "b.toml").write_text('id = "other"\n', encoding="utf-8")
    with pytest.raises(PolicyFileError, match=r"b\.toml: id is in another file"):
        load_campaign(tmp_path)
    (tmp_path / "b.toml").write_text(
        '[[groups]]\nid = "example/teachers"\ncites = ["notice"]\nname = { en = "Teachers" }\n',
        encoding="utf-8",
    )
    with pytest.raises(PolicyFileError, match="defined 2 times"):
        load_campaign(tmp_path)
    (tmp_path / "b.toml").write_text("[sources.more]\nx = 1\n", encoding="utf-8")
    with pytest.raises(PolicyFileError, match="unknown key x"):
        load_campaign(tmp_path)


def test_the_day_as_of_which_a_campaign_is_read_is_a_date(tmp_path: Path) -> None:
    day: Any = "2027-01-04"
    with pytest.raises(TypeError, match=r"^as_of: expected a date"):
        load_campaign(tmp_path, as_of=day)
    with pytest.raises(TypeError, match=r"^as_of: expected a date"):
        parse_campaign(WHOLE, as_of=day)


AMENDED = own_policy("""dose = 1
until = 2022-01-17
[[stages.rules]]
id = "b"
since = 2022-01-17
dose = 1
vaccines = ["BNT"]
cites = ["s"]
""")


def test_each_way_to_read_a_campaign_takes_the_day_as_of_which_it_is_read(tmp_path: Path) -> None:
    file, folder = tmp_path / "own.toml", tmp_path / "own"
    folder.mkdir()
    for path in (file, folder / "part.toml"):
        path.write_text(AMENDED, encoding="utf-8")
    ways: list[Callable[[date | None], Policy]] = [
        lambda day: load_file(file, as_of=day),
        lambda day: load_campaign(file, as_of=day).policy,
        lambda day: load_campaign(folder, as_of=day).policy,
        lambda day: parse_campaign(AMENDED, as_of=day).policy,
        lambda day: parse_campaign(AMENDED.encode(), as_of=day).policy,
        lambda day: parse_campaign(tomllib.loads(AMENDED), as_of=day).policy,
    ]
    for way in ways:
        for day, rules in ((None, "b"), (date(2022, 1, 16), "a"), (date(2022, 1, 17), "b")):
            (stage,) = way(day).stages
            assert [it.id for it in stage.rules] == [rules]
        assert way(date(2022, 1, 16)).digest != way(None).digest == way(date(2022, 1, 17)).digest
    early = date(2022, 1, 9)  # the day before it was announced
    assert load_campaign(file, as_of=early).policy.stages == ()
    with pytest.raises(UnknownPolicyError, match="nothing of own was in force on 2022-01-09"):
        load_file(file, as_of=early)


def test_problems_of_a_folder_name_the_folder(tmp_path: Path) -> None:
    with pytest.raises(
        PolicyFileError, match="expected a TOML file, or a folder of TOML files"
    ) as empty:
        load_campaign(tmp_path)
    assert empty.value.file == str(tmp_path)
    broken = WHOLE.replace('vaccines = ["MenB"]', 'vaccines = ["MenC"]', 1)
    (tmp_path / "a.toml").write_text(broken, encoding="utf-8")
    with pytest.raises(PolicyFileError) as wrong:
        load_campaign(tmp_path)
    assert wrong.value.file == str(tmp_path)
    assert any("MenC" in it and "line" not in it for it in wrong.value.problems)
    with pytest.raises(PolicyFileError) as named:
        parse_campaign(
            WHOLE.replace("dose_due_after_days = 14", "dose_due_after_days = -1"), file="mine"
        )
    assert named.value.file == "mine"


def test_a_licence_has_the_sources_of_the_campaign_that_brings_the_vaccine_or_the_bundled_ones() -> (
    None
):
    own, child = parse_campaign(WHOLE).policy, Person(date(2015, 1, 1), (), {"example/teachers"})
    mine, *_ = (it for it in decide(own, child).reasons if it.basis == "licence")
    assert catalog.cited_sources(own, mine) == {"notice": own.sources["notice"]}
    bundled = catalog.load("tw/covid19-1922/round-05")
    young = Person(date(2015, 1, 1), (), (), willingness=Willingness({}))
    theirs, *_ = (it for it in decide(bundled, young).reasons if it.basis == "licence")
    found = catalog.cited_sources(bundled, theirs)
    assert "vaccines/taiwannews-moderna" in found
    assert list(found.values()) == [catalog.vaccine_sources()[it] for it in theirs.cites]


def test_groups_without_a_chinese_name_are_the_same_if_they_have_the_same_id() -> None:
    old = WHOLE.replace(', zh-Hant = "教師"', "").replace(
        "[sources", "counts_from = 2027-01-01\n[sources", 1
    )
    new = old.replace("example/teachers", "example/tutors").replace("2027", "2028")
    found = catalog.season_diff(parse_campaign(old).policy, parse_campaign(new).policy)
    assert (found.groups_added, found.groups_dropped) == (
        ("example/tutors",),
        ("example/teachers",),
    )


def test_groups_of_one_chinese_name_are_the_same_whatever_their_ids_and_other_names() -> None:
    old = WHOLE.replace("[sources", "counts_from = 2027-01-01\n[sources", 1)
    new = old.replace("example/teachers", "example/tutors").replace("2027", "2028")
    for text in (new, new.replace('en = "Teachers"', 'en = "Tutors"')):
        found = catalog.season_diff(parse_campaign(old).policy, parse_campaign(text).policy)
        assert (found.groups_added, found.groups_dropped, found.rules) == ((), (), ())


def test_text_that_is_not_utf_8_and_other_values_are_refused() -> None:
    with pytest.raises(PolicyFileError, match="UTF-8"):
        parse_campaign("教師".encode("big5"))
    with pytest.raises(TypeError, match="campaign: expected text"):
        parse_campaign(5)  # type: ignore[arg-type]  # the point


def test_a_mapping_has_no_lines_and_a_text_has_them() -> None:
    broken = TEMPLATE.replace('vaccines = ["TickVax"]', 'vaccines = ["TickVas"]', 1)
    for campaign, end in ((broken, " (line 36)"), (tomllib.loads(broken), "")):
        with pytest.raises(PolicyFileError) as caught:
            parse_campaign(campaign)
        hint = "did you mean TickVax?"
        assert caught.value.problems == (f"rule first: unknown vaccine 'TickVas'; {hint}{end}",)


def test_a_bound_that_is_null_in_a_mapping_is_a_bound_that_is_not_there() -> None:
    document = tomllib.loads(TEMPLATE)
    rules = document["stages"][0]["rules"]
    rules[0]["all"].append({"wanted": True})
    without = parse_campaign(document)
    rules[0]["all"][-1] |= {"by": None, "after": None}
    assert parse_campaign(document) == without


def test_the_vaccines_of_a_programme_are_bundled_or_its_own() -> None:
    text = TEMPLATE.replace('registration = "none"', 'vaccines = ["TickVax", "AZ"]')
    assert parse_campaign(text).programme.vaccines == frozenset({"TickVax", "AZ"})
