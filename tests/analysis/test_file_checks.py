"""The lint of names, sources, days and windows: one fault, one finding, with its place and line."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from tests.helpers import VACCINES, small_policy
from vaxpolicy import catalog
from vaxpolicy._near import county_spellings, did_you_mean, near
from vaxpolicy._values import InvalidValue
from vaxpolicy.analysis.file_checks import Known
from vaxpolicy.analysis.file_lines import FileLines
from vaxpolicy.analysis.findings import Finding, Spot
from vaxpolicy.analysis.lint import lint
from vaxpolicy.days import TAIWAN
from vaxpolicy.rules.conditions import DosesOf, InAnyGroup, InGroup, RegisteredIn, ResidentIn
from vaxpolicy.rules.policy import (
    FirstGiven,
    Group,
    Interval,
    Licence,
    Policy,
    Rule,
    Source,
    Stage,
    VaccinationDays,
    Vaccine,
    Waiver,
    Window,
)
from vaxpolicy.rules.validity import Minimum, Spacing

if TYPE_CHECKING:
    from vaxpolicy.rules.conditions import AnyCondition

ANNOUNCED, FIRST, LAST = date(2022, 1, 10), date(2022, 1, 17), date(2022, 1, 23)
SOURCE = Source("a paper", "https://example.org/", ANNOUNCED, "press")
KNOWN = Known({"list/1"}, ("臺北市", "新北市", "澎湖縣"), {("test", "1"): {"aa"}})
NOON = datetime(2022, 1, 15, 12, tzinfo=TAIWAN)
DAY = timedelta(days=1)
WINDOW = Window(NOON, NOON + DAY)


def policy(*conditions: AnyCondition, **more: Any) -> Policy:
    window = more.pop("window", WINDOW)
    vaccines = more.pop("offered", ("AZ",))
    stage = more.pop("stage", {})
    rule = Rule(id="a", dose=1, vaccines=vaccines, cites=("paper",), all=conditions)
    its: dict[str, Any] = {"id": "base", "vaccination_days": VaccinationDays(FIRST, LAST)}
    known = {"id": "test", "announced": ANNOUNCED, "sources": {"paper": SOURCE}}
    stages = more.pop("stages", (Stage(rules=(rule,), windows=(window,), **(its | stage)),))
    return small_policy(*stages, **(known | more))


def found(tested: Policy) -> list[Finding]:
    """The findings about the file itself, without those about people."""
    about_people = {"window-without-rule", "admits-nobody"}
    return [it for it in lint(tested, KNOWN) if it.code not in about_people]


def only(tested: Policy) -> Finding:
    (finding,) = found(tested)
    return finding


def test_a_policy_without_a_fault_has_no_finding() -> None:
    assert found(policy(InGroup("list/1"), RegisteredIn(("臺北市",)))) == []


@pytest.mark.parametrize("condition", [RegisteredIn, ResidentIn])
@pytest.mark.parametrize(
    ("written", "meant"),
    [("台北市", ("臺北市",)), ("新北", ("新北市",)), ("澎湖县", ("澎湖縣",)), ("示範鄉", ())],
)
def test_a_county_that_does_not_exist_is_named_with_what_was_meant(
    written: str, meant: tuple[str, ...], condition: type[RegisteredIn | ResidentIn]
) -> None:
    finding = only(policy(condition(("臺北市", written))))
    assert (finding.code, finding.where) == ("unknown-county", f"a/{written}")
    assert finding.near == meant
    key = "registered_in" if condition is RegisteredIn else "resident_in"
    assert finding.spot == Spot(rule="a", key=key, value=written)
    assert finding.text.startswith(f"rule a, {key}: {written} is not a county")
    assert finding.text.endswith("did you mean 臺北市?") is (meant == ("臺北市",))


def test_counties_are_not_checked_where_none_are_given() -> None:
    assert lint(policy(RegisteredIn(("示範市",))), Known({"list/1"})) == ()


def test_each_name_of_a_list_is_checked() -> None:
    (finding,) = found(policy(InAnyGroup(("list/1", "list/9"))))
    assert (finding.code, finding.where) == ("unknown-group", "a/list/9")
    (finding,) = found(policy(DosesOf(("AZ", "XX"))))
    assert (finding.code, finding.spot.key) == ("unknown-vaccine", "doses_of")


def test_every_unknown_group_is_found_and_a_waiver_covers_the_one_it_names() -> None:
    asked = InGroup("own/1"), InGroup("lits/1"), InGroup("list/1")
    groups = found(policy(*asked))
    assert [(it.where, it.near) for it in groups] == [
        ("a/own/1", ()),
        ("a/lits/1", ("list/1",)),
    ]
    waived = policy(*asked, explained=(Waiver("unknown-group", "a/own/1", "our own"),))
    assert [(it.where, it.explained) for it in found(waived)] == [
        ("a/own/1", "our own"),
        ("a/lits/1", ""),
    ]


def test_two_waivers_of_nothing_at_one_place_are_two_findings() -> None:
    waivers = tuple(Waiver(code, "a", "why") for code in ("covered", "age-gap"))
    assert [it.code for it in found(policy(explained=waivers))] == ["explains-nothing"] * 2


def test_a_vaccine_twice_and_two_that_are_unknown_are_three_findings() -> None:
    findings = found(policy(offered=("AZ", "AZ", "ZA", "BTN")))
    assert [(it.code, it.where, it.near) for it in findings] == [
        ("named-twice", "a/AZ", ()),
        ("unknown-vaccine", "a/ZA", ()),
        ("unknown-vaccine", "a/BTN", ("BNT",)),
    ]
    assert [it.where for it in found(policy(RegisteredIn(("臺北市", "臺北市"))))] == ["a/臺北市"]
    windowed = found(policy(window=attrs.evolve(WINDOW, vaccines=("AZ", "BNTX"))))
    assert [it.where for it in windowed] == ["base/windows/1/BNTX"]
    assert windowed[0].text.startswith("window 1 of base, vaccines: BNTX is not a vaccine")


def test_a_disease_without_a_vaccine_is_named_with_those_that_have_one() -> None:
    flu = {"Influenza": Vaccine("Influenza", ("influenza",))}
    findings = found(policy(disease="flu", vaccines=flu, offered=("Influenza",)))
    assert [it.code for it in findings] == ["unknown-disease", "unknown-vaccine"]
    assert "did you mean influenza?" in findings[0].text


@pytest.mark.parametrize("changes", [{"id": ""}, {"version": " "}])
def test_an_empty_text_makes_no_policy(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="expected a text that is not blank"):
        policy(**changes)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.cdc.gov.tw/Bulletin/Detail/x?typeid=9",
        "http://example.org",
        "https://example.org:8080/a",
        "urn:isbn:0451450523",
    ],
)
def test_addresses(url: str) -> None:
    assert found(policy(sources={"paper": attrs.evolve(SOURCE, url=url)})) == []


@pytest.mark.parametrize(
    "url", ["not a url", "example.org", "https://", "https://a b.org/", "urn:x"]
)
def test_an_address_that_is_none_is_a_finding(url: str) -> None:
    finding = only(policy(sources={"paper": attrs.evolve(SOURCE, url=url)}))
    assert (finding.code, finding.where) == ("not-an-address", "sources/paper")


def test_a_source_is_read_on_the_day_of_the_announcement_or_later() -> None:
    early = attrs.evolve(SOURCE, checked=ANNOUNCED - DAY)
    assert only(policy(sources={"paper": early})).code == "checked-too-early"


def test_days_begin_with_the_announcement_of_the_first_version_or_later() -> None:
    assert (
        found(policy(announced=FIRST, sources={"paper": attrs.evolve(SOURCE, checked=FIRST)})) == []
    )
    assert only(policy(stage={"since": FIRST + DAY})).code == "days-before-announcement"
    (stage,) = policy().stages
    later = attrs.evolve(stage, since=FIRST + 2 * DAY)
    first = attrs.evolve(stage, until=FIRST + 2 * DAY)
    assert found(policy(stages=(first, later))) == []


def test_doses_count_from_the_first_day_of_each_stage_or_before() -> None:
    assert found(policy(counts_from=FIRST)) == []
    finding = only(policy(counts_from=FIRST + DAY))
    assert (finding.code, finding.where) == ("counted-too-late", "base")
    assert finding.spot == Spot(key="counts_from")


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=TAIWAN)


@pytest.mark.parametrize(
    ("window", "codes"),
    [
        (Window(NOON, NOON), ["window-never-open"]),
        (Window(FIRST, FIRST), []),
        (Window(NOON, "not-stated"), []),
        (Window("not-stated", NOON), []),
        (Window(midnight(LAST + DAY), "not-stated"), ["window-too-late"]),
        (Window(midnight(LAST + DAY) - timedelta(microseconds=1), "not-stated"), []),
        (Window(LAST + DAY, LAST + 2 * DAY), ["window-too-late"]),
        (Window(LAST, LAST + 2 * DAY), []),
        (Window(midnight(FIRST - 365 * DAY), FIRST), ["window-too-early"]),
        (Window(midnight(FIRST - 364 * DAY), FIRST), []),
        (Window(FIRST - 366 * DAY, FIRST), ["window-too-early"]),
        (Window(FIRST - 365 * DAY, FIRST), []),
    ],
)
def test_when_a_window_can_hardly_be_meant(window: Window, codes: list[str]) -> None:
    findings = found(policy(window=window))
    assert [it.code for it in findings] == codes
    assert all(it.where == "base/windows/1" and it.spot.key == "opens" for it in findings)


def test_an_id_and_version_with_other_content_is_a_finding() -> None:
    assert found(policy(digest="aa")) == found(policy(digest="")) == []
    assert found(policy(digest="bb", version="2")) == []
    assert only(policy(digest="bb")).code == "version-taken"


def test_a_bundled_policy_in_a_file_is_itself_and_changed_it_is_another(tmp_path: Path) -> None:
    bundled = Path(catalog.__file__).parents[1] / "policies/tw/covid19-1922/round-19.toml"
    file, text = tmp_path / "own.toml", bundled.read_text("utf-8")
    file.write_text(text, "utf-8")
    assert catalog.lint(catalog.load_file(file)) == ()
    changed = text.replace("age_at_least = 18", "age_at_least = 19", 1)
    assert changed != text
    file.write_text(changed, "utf-8")
    taken = next(
        it
        for it in catalog.lint(catalog.load_file(file), text=changed)
        if it.code == "version-taken"
    )
    assert taken.line is not None
    assert changed.split("\n")[taken.line - 1].startswith("version =")


FILE = """\
id = "test"   # the campaign
version = "1"

[sources."paper"]
url = "nowhere"

[[stages]]
id = "one"
vaccination_days = { first = 2022-01-17, last = 2022-01-23 }

[[stages.rules]]
id = "a"
all = [
  { registered_in = [
    "臺北市",
    "台北市",
  ] },
]

[[stages.windows]]
opens = 2022-01-15

[[stages]]
id = "two"

[[stages.rules]]
id = 'a'
all = [{ group = 'own/1' }]

[[stages.windows]]
closes = 2022-01-15

[[stages.windows]]
opens = 2022-01-14
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("spot", "line"),
    [
        (Spot(key="version"), 2),
        (Spot(source="paper"), 4),
        (Spot(source="paper", key="url"), 5),
        (Spot(stage="one", key="vaccination_days"), 9),
        (Spot(rule="a"), 11),
        (Spot(rule="a", key="registered_in", value="台北市"), 16),
        (Spot(rule="a", key="group", value="own/1"), 28),
        (Spot(stage="one", window=1, key="opens"), 21),
        (Spot(stage="two", window=1, key="opens"), 30),
        (Spot(stage="two", window=2, key="opens"), 34),
        (Spot(stage="three", key="vaccination_days"), None),
        (Spot(key="disease"), 1),
    ],
)
def test_the_line_of_a_finding(spot: Spot, line: int | None, ends: str) -> None:
    assert FileLines(FILE.replace("\n", ends)).line_of(spot) == line


def test_a_file_in_another_form_gives_no_line() -> None:
    assert FileLines('stages = [{ id = "one" }]').line_of(Spot(stage="one")) is None


def test_each_table_of_a_kind_has_its_own_line() -> None:
    text = '[[vaccines]]\ncode = "A"\n[[vaccines]]\ncode = "B"\n[[minimums]]\n[[minimums]]\n'
    for table, lines in {"vaccines": (1, 3), "minimums": (5, 6)}.items():
        for number, line in enumerate(lines, start=1):
            assert FileLines(text).line_of(Spot(table=table, number=number)) == line
        assert FileLines(text).line_of(Spot(table=table, number=3)) is None


def test_names_that_are_near() -> None:
    assert near("", {"a": "a"}) == ()
    assert near("x" * 300, {"x" * 300: "x"}) == ()
    assert near("1", {"list/1": "list/1", "list/12": "list/12"}) == ("list/1",)
    assert did_you_mean(()) == ""
    assert did_you_mean(("a", "b")) == "; did you mean a or b?"
    assert county_spellings(("臺中市",)) == {"台中市": "臺中市", "臺中市": "臺中市"}


def test_names_in_other_languages_lead_to_the_names_of_files() -> None:
    spellings = {"Penghu County": "澎湖縣", "護理人員": "list/1", "elsewhere": "list/2"}
    known = Known({"list/1"}, ("臺北市", "澎湖縣"), spellings=spellings)
    asked = policy(RegisteredIn(("Penghu",)), InGroup("護理人員"))
    near = {it.where: it.near for it in lint(asked, known)}
    assert near == {"a/Penghu": ("澎湖縣",), "a/護理人員": ("list/1",)}


def test_a_name_in_a_licence_is_checked() -> None:
    licence = Licence(FIRST, (InGroup("lits/1"), DosesOf(("BNTT",))), ("paper",))
    mine = Vaccine("Mine", ("covid19",), {"en": "Mine"}, licences=(licence,))
    findings = found(policy(vaccines={**VACCINES, "Mine": mine}))
    assert [(it.code, it.where, it.near) for it in findings] == [
        ("unknown-group", "vaccines/Mine/lits/1", ("list/1",)),
        ("unknown-vaccine", "vaccines/Mine/BNTT", ("BNT",)),
    ]
    assert findings[0].text.startswith("vaccine Mine, licences, group: lits/1 is on no list")
    assert findings[0].spot == Spot(vaccine="Mine", key="group", value="lits/1")


def test_a_vaccine_in_a_table_of_doses_is_checked() -> None:
    spacing = Spacing(("AZ", "Nil"), 28, ("paper",))
    tables = {"minimums": (Minimum(("AZ",), 1, ("paper",)),), "spacings": (spacing,)}
    finding = only(policy(**tables))
    assert (finding.code, finding.where) == ("unknown-vaccine", "spacings/1/Nil")
    assert finding.text == "spacings 1, vaccines: Nil is not a known vaccine"
    finding = only(policy(minimums=(Minimum(("Nil",), 1, ("paper",)),)))
    assert finding.text == "minimums 1, vaccines: Nil is not a vaccine against covid19"


def test_a_vaccine_whose_doses_a_rule_counts_is_checked() -> None:
    rule = Rule("a", 1, ("AZ",), ("paper",), (), counts=("AZZ",))
    stage = Stage("base", VaccinationDays(FIRST, LAST), (rule,), (WINDOW,))
    finding = only(policy(stages=(stage,)))
    assert (finding.code, finding.where, finding.near) == ("unknown-vaccine", "a/AZZ", ("AZ",))
    assert finding.spot == Spot(rule="a", key="counts", value="AZZ")


def test_each_disease_of_a_programme_is_checked() -> None:
    finding = only(policy(disease="winter", diseases=("covid19", "covid20")))
    assert (finding.code, finding.near) == ("unknown-disease", ("covid19",))
    assert finding.text == "diseases: there is no vaccine against covid20; did you mean covid19?"


def test_a_source_may_be_cited_by_a_table_alone() -> None:
    keys = ("minimum", "spacing", "group", "licence", "interval", "first")
    sources = {"paper": SOURCE, **dict.fromkeys(keys, SOURCE)}
    mine = Vaccine(
        "Mine",
        ("covid19",),
        {"en": "Mine"},
        licences=(Licence(FIRST, (), ("licence",)),),
        intervals=(Interval(FIRST, 1, 28, ("interval",)),),
        first_given=FirstGiven(FIRST, ("first",)),
    )
    tested = policy(
        sources=sources,
        vaccines={**VACCINES, "Mine": mine},
        minimums=(Minimum(("AZ",), 1, ("minimum",)),),
        spacings=(Spacing(("AZ", "BNT"), 28, ("spacing",)),),
        groups={"own/1": Group("own/1", {"en": "One"}, ("group",))},
    )
    assert found(tested) == []
    assert [it.where for it in found(attrs.evolve(tested, groups={}))] == ["sources/group"]


def test_a_finding_in_a_table_has_its_line() -> None:
    text = """\
[[vaccines]]
code = "Other"

[[vaccines]]
code = "Mine"

[[vaccines.licences]]
all = [
  { group = "lits/1" },
]

[[spacings]]
vaccines = ["AZ"]

[[spacings]]
vaccines = ["Nil"]

[[explained]]
finding = "age-gap"
"""
    spot = Spot(vaccine="Mine", key="group", value="lits/1")
    assert FileLines(text).line_of(spot) == 9
    assert FileLines(text).line_of(Spot(vaccine="Other", key="group")) == 1
    assert (
        FileLines(text).line_of(Spot(table="spacings", number=2, key="vaccines", value="Nil")) == 16
    )
    waived = (Waiver("age-gap", "a|b", "not so"),)
    (finding,) = lint(policy(explained=waived), KNOWN, text=text)
    assert (finding.code, finding.line) == ("explains-nothing", 18)
