"""Policy files are read strictly: what is wrong is named with its file, its place and what was expected."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from attrs import evolve

from vaxpolicy import catalog
from vaxpolicy.catalog import bundled
from vaxpolicy.catalog.bundled import UnknownPolicyError
from vaxpolicy.catalog.digest import digest_of
from vaxpolicy.catalog.files import PolicyFileError, parse, structure
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import DatedFact, Dose, Outcome, PartialDate, Person, Willingness, decide
from vaxpolicy.rules.conditions import (
    LEAVES,
    AgeAtLeast,
    AgeBand,
    AllOf,
    AnyOf,
    InGroup,
    NotThat,
    PolicyError,
    Wanted,
)
from vaxpolicy.rules.policy import FactKind, Group, Policy, PolicyFile, Vaccine, Waiver
from vaxpolicy.rules.validity import Minimum, Spacing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = """
id = "test/one"
version = "1.0.0"
announced = 2022-01-01
disease = "covid19"
notification = "none"

[sources.a]
publisher = "A"
url = "https://example.org/a"
checked = 2026-11-23
support = "official"

[[stages]]
id = "base"
vaccination_days = { first = 2022-02-01, last = 2022-02-10 }

[[stages.rules]]
id = "1a"
dose = 1
vaccines = ["AZ"]
cites = ["a"]
all = [
  { age_at_least = 18, on = "first-day" },
  { any = [{ group = "list/1" }, { not = { group = "list/2" } }] },
  { all = [{ wanted = true, by = 2022-01-10T12:00:00+08:00 }] },
]

[[stages.windows]]
opens = 2022-01-20T10:00:00+08:00
closes = "not-stated"
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_becomes_the_values_that_it_spells(write: Any) -> None:
    policy = catalog.load_file(write(GOOD))
    (stage,) = policy.stages
    (rule,) = stage.rules
    assert rule.all == (
        AgeAtLeast(18, "first-day"),
        AnyOf((InGroup("list/1"), NotThat(InGroup("list/2")))),
        AllOf((Wanted(True, datetime(2022, 1, 10, 12, tzinfo=TAIWAN)),)),  # noqa: FBT003
    )
    assert stage.windows[0].closes == "not-stated"
    assert policy.sources["a"].support == "official"


WRONG = [
    ("version = ", "versoin = ", r"unknown key versoin: expected one of id, version,.* at \$"),
    ('version = "1.0.0"', "version = 1", r"expected text, found a whole number at \$\.version"),
    ('id = "test/one"\n', "", r"the key id is missing at \$"),
    ("announced = 2022-01-01", 'announced = "2022"', r"expected a date, found text: write it without quotes, at \$\.announced"),
    ("announced = 2022-01-01", "announced = 2022-01-01T00:00:00", "expected a date, found a date with a time"),
    ('"none"', '"maybe"', r"expected required or reminder or none or not-stated at \$\.notification"),
    ("[sources.a]", "[sources]\na = 1\n[x]", r"expected a table, found a whole number at \$\.sources\.a"),
    ("dose = 1\n", "dose = true\n", r"expected a whole number, found true or false at .*rules\[0\]\.dose"),
    ("dose = 1\n", "dose = 1.5\n", r"expected a whole number, found a number with a point"),
    ("age_at_least = 18", "age_at_lest = 18", r"expected a condition by one of its keys; did you mean age_at_least\? at .*\.all\[0\]"),
    ("age_at_least = 18", "min = 18", r"expected a condition by one of the keys .*age_at_least,.* at .*\.all\[0\]"),
    ('on = "first-day"', 'on = "frist-day"', r"expected a date or one of day, first-day,.* at .*all\[0\]\.on"),
    ("{ age_at_least = 18, on", "{ age_at_least = 18, onn", r"unknown key onn: expected one of age_at_least, on; did you mean on\?"),
    ("{ age_at_least = 18, ", "{ age_at_least = [18], ", r"expected a whole number, found an array"),
    ('{ group = "list/1" }', '"list/1"', r"expected a condition \(a table\), found text at .*any\[0\]"),
    ("by = 2022-01-10T12:00:00+08:00", "by = 2022-01-10T12:00:00", "expected an instant with its UTC offset"),
    ("by = 2022-01-10T12:00:00+08:00", 'by = "noon"', "expected an instant with its UTC offset such as .*, found text"),
    ("wanted = true", "wanted = false", "expected true at"),
    ('"not-stated"\n', '"noon"\n', r'expected an instant, a date or "not-stated", found text at .*closes'),
    ("opens = 2022-01-20T10:00:00+08:00", "opens = 2022-01-20T10:00:00", "expected an instant with its UTC offset"),
    ('cites = ["a"]', "cites = []", "stage base, rule 1a: cites no source"),
    ('cites = ["a"]', 'cites = ["b"]', "stage base, rule 1a: cites b, which is not under sources"),
    ("opens = ", 'cites = ["c"]\nopens = ', "a window: cites c, which is not under sources"),
    ('vaccines = ["AZ"]', 'vaccines = ["Elixir"]', "rule 1a: unknown vaccine 'Elixir'"),
    ("last = 2022-02-10", "last = 2022-01-10", r"expected a day or an instant that is not before `first` at .*vaccination_days"),
    ('support = "official"', 'support = "rumour"', r"expected official or press or secondary at \$\.sources\.a\.support"),
    ('id = "test/one"', "id = ", "not TOML: "),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "problem"), WRONG)
def test_what_is_wrong_is_named_with_its_place(
    write: Any, right: str, wrong: str, problem: str
) -> None:
    assert right in GOOD
    path = write(GOOD.replace(right, wrong, 1))
    with pytest.raises(PolicyFileError) as caught:
        catalog.load_file(path)
    assert caught.value.file == str(path)
    assert any(re.search(problem, found) for found in caught.value.problems), caught.value.problems
    assert isinstance(caught.value, PolicyError)


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        (
            'cites = ["a"]',
            'cites = ["b"]',
            "stage base, rule 1a: cites b, which is not under sources",
        ),
        ('vaccines = ["AZ"]', 'vaccines = ["Elixir"]', "rule 1a: unknown vaccine 'Elixir'"),
    ],
)
def test_a_policy_file_whose_parts_contradict_each_other_is_refused_by_name(
    right: str, wrong: str, problem: str
) -> None:
    found = structure(parse(GOOD.replace(right, wrong), "x.toml"), PolicyFile, "x.toml")
    with pytest.raises(PolicyFileError) as caught:
        bundled.policy_of(found, "x.toml")
    assert str(caught.value).startswith(f"x.toml: {problem}")


def test_every_problem_of_a_file_is_named_at_once(write: Any) -> None:
    broken = GOOD.replace("dose = 1", "dose = '1'").replace("age_at_least = 18", "age = 18")
    with pytest.raises(PolicyFileError) as caught:
        catalog.load_file(write(broken))
    assert len(caught.value.problems) == 2


def test_every_condition_has_a_key_of_its_own() -> None:
    keys = [attrs.fields(leaf)[0].name for leaf in LEAVES]
    assert len(set(keys)) == len(keys)


KEYS = ("all", "any", "not", *(attrs.fields(leaf)[0].name for leaf in LEAVES))


def problems_of(write: Any, condition: str) -> str:
    with pytest.raises(PolicyFileError) as caught:
        catalog.load_file(write(GOOD.replace('{ age_at_least = 18, on = "first-day" }', condition)))
    return " ".join(caught.value.problems)


def test_a_condition_without_a_key_is_told_every_key(write: Any) -> None:
    said = problems_of(write, "{ zzzzzzzz = 18 }")
    assert f"by one of the keys {', '.join(sorted(KEYS))} at" in said


@pytest.mark.parametrize("key", KEYS)
def test_a_misspelt_key_of_a_condition_is_told_the_right_one(write: Any, key: str) -> None:
    meant = re.search(r"did you mean (.*?)\?", problems_of(write, f"{{ {key}x = 18 }}"))
    assert meant is not None
    assert key in re.split(", | or ", meant[1])


@pytest.mark.parametrize("key", KEYS[3:])
@pytest.mark.parametrize("whole", ['all = [{ group = "x" }]', 'any = [{ group = "x" }]', 'not = { group = "x" }'])  # fmt: skip
def test_two_conditions_in_one_pair_of_braces_are_told_to_be_in_their_own(
    write: Any, key: str, whole: str
) -> None:
    assert "put each condition in its own braces" in problems_of(write, f"{{ {key} = 1, {whole} }}")


def test_a_file_that_is_not_there_is_an_error_of_the_system() -> None:
    with pytest.raises(FileNotFoundError):
        catalog.load_file("nowhere.toml")


def test_all_bundled_policies_load_under_their_own_ids() -> None:
    assert "tw/covid19-1922/round-19" in catalog.ids()
    assert list(catalog.ids()) == sorted(catalog.ids())
    for name in catalog.ids():
        policy = catalog.load(name)
        assert policy.id == name
        assert re.fullmatch("[0-9a-f]{64}", policy.digest)


def test_a_policy_has_all_that_its_file_says() -> None:
    for name in catalog.ids():
        file, policy = f"{name}.toml", catalog.load(name)
        text = (bundled.policies_folder() / file).read_bytes()
        written = structure(parse(text, file), PolicyFile, file)
        for it in attrs.fields(PolicyFile):
            said = getattr(written, it.name)
            assert getattr(policy, "written" if it.name == "stages" else it.name) == said


def test_a_policy_is_found_by_version_or_not_at_all() -> None:
    newest = catalog.load("tw/covid19-1922/round-19")
    assert catalog.load("tw/covid19-1922/round-19", version=newest.version) == newest
    with pytest.raises(UnknownPolicyError, match=r"no version '0\.0\.1'; there is 1\.0\.0"):
        catalog.load("tw/covid19-1922/round-19", version="0.0.1")
    with pytest.raises(UnknownPolicyError, match="no bundled policy"):
        catalog.load("tw/covid19-1922/round-99")
    with pytest.raises(UnknownPolicyError, match="was in force on 2021-01-01"):
        catalog.load("tw/covid19-1922/round-19", as_of=date(2021, 1, 1))


def test_a_pinned_digest_is_compared_by_the_loader() -> None:
    newest = catalog.load("tw/covid19-1922/round-19")
    assert catalog.load(newest.id, version="1.0.0", digest=newest.digest) == newest
    with pytest.raises(
        UnknownPolicyError, match=r"round-19 1\.0\.0 has not the digest .* but ac1a"
    ):
        catalog.load(newest.id, digest="0" * 64)


AZ = '[[vaccines]]\ncode = "AZ"\ndiseases = ["covid19"]\n'
A_SOURCE = (
    '[sources.a]\npublisher = "A"\nurl = "urn:a"\nchecked = 2026-11-23\nsupport = "official"\n'
)
A_LIST = f"""id = "list"
title = "X"
announced = 2021-01-01
{A_SOURCE}
[[groups]]
id = "old"
name = {{ en = "Old" }}
ages = {{ at_least = 65, on = "day" }}
cites = ["a"]
"""


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Writes a file of a folder of bundled policies that takes the place of the library's own."""
    cached: tuple[Any, ...] = (
        *(catalog.ids, bundled.loaded, catalog.vaccines, catalog.groups, catalog.group_lists),
        *(bundled.vaccines_file, bundled.group_list, bundled.named_by_licences),
        *(catalog.dated_facts, bundled.released),
    )

    def write(file: str, text: str) -> None:
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    write("test/one.toml", GOOD.replace("1.0.0", "2.0.0"))
    write("test/one@1.0.0.toml", GOOD)
    write("vaccines.toml", AZ + "[sources]\n")
    write("groups/list.toml", A_LIST)
    write("facts.toml", "facts = []\n")
    monkeypatch.setattr(bundled, "policies_folder", lambda: tmp_path)
    for function in cached:
        function.cache_clear()
    yield write
    for function in cached:
        function.cache_clear()


@pytest.mark.usefixtures("bundle")
def test_an_older_version_stays_beside_the_newest() -> None:
    assert catalog.ids() == ("test/one",)
    assert catalog.load("test/one").version == "2.0.0"
    assert catalog.load("test/one", version="1.0.0").version == "1.0.0"


@pytest.mark.parametrize(
    "file",
    ["test/one.toml", "test/one@1.0.0.toml", "vaccines.toml", "groups/list.toml", "facts.toml"],
)
@pytest.mark.parametrize("text", ["id = ", "x = 1", "facts = 1"])
def test_a_bundled_file_that_is_refused_is_named(bundle: Any, file: str, text: str) -> None:
    bundle(file, text)
    refused = []
    for load in (lambda: catalog.load("test/one", version="1.0.0"), catalog.dated_facts):
        try:
            load()
        except PolicyFileError as error:
            refused.append(error.file)
    assert refused == [file]


def test_an_age_band_that_only_a_licence_names_is_known_to_a_policy(bundle: Any) -> None:
    licence = '{ since = 2021-01-01, all = [{ group = "list/old" }], cites = ["a"] }'
    bundle("vaccines.toml", f"{AZ}licences = [{licence}]\n{A_SOURCE}")
    bundle("test/one.toml", re.sub(r"(?s)all = \[.*?\n\]\n", "", GOOD))
    policy = catalog.load("test/one")
    assert set(policy.bands) == {"list/old"}
    for born, outcome in ((1950, Outcome.ELIGIBLE), (1990, Outcome.INELIGIBLE)):
        person = Person(birth_date=date(born, 1, 1), doses=(), groups=())
        assert decide(policy, person).outcome is outcome


def test_the_digest_changes_with_the_content_and_only_then(write: Any) -> None:
    one = catalog.load_file(write(GOOD)).digest
    assert catalog.load_file(write("# a remark\n" + GOOD)).digest == one
    assert catalog.load_file(write(GOOD.replace("= 18", "= 19"))).digest != one
    assert catalog.load_file(write(GOOD.replace("first-day", "last-day"))).digest != one
    assert catalog.load_file(write(GOOD.replace("{ not = { group", "{ all = [{ group").replace(
        'list/2" } }', 'list/2" }] }'))).digest != one  # fmt: skip


DAY = date(2022, 1, 2)
OF_ANOTHER_POLICY: dict[str, Any] = {
    "id": "test/two", "version": "2", "announced": DAY, "disease": "influenza", "notification": "reminder",
    "sources": {}, "stages": (), "vaccines": {}, "bands": {"list/1": AgeBand("calendar-year", at_least=5)},
    "counts_from": DAY, "verified": False, "licences_apply": False, "diseases": ("influenza",),
    "minimums": (Minimum(("AZ",), 1, ("a",)),), "spacings": (Spacing(("AZ", "BNT"), 28, ("a",)),), "title": "x",
}  # fmt: skip
BESIDE_A_POLICY: dict[str, Any] = {
    "written": (), "explained": (Waiver("age-gap", "x", "x"),), "review_by": DAY, "digest": "",
    "groups": {"own/1": Group("own/1", {"en": "x"}, ("a",))}, "facts": {"x": FactKind("x", {"en": "x"})},
}  # fmt: skip
OF_ANOTHER_VACCINE: dict[str, Any] = {
    "code": "BNT", "diseases": ("covid19", "influenza"), "licences": (),
}  # fmt: skip
BESIDE_A_VACCINE: dict[str, Any] = {
    "names": {}, "cvx": (1,), "intervals": (), "note": "x", "first_given": None,
}  # fmt: skip


def test_the_digest_has_each_part_that_decides_and_no_other(write: Any) -> None:
    policy = catalog.load_file(write(GOOD))
    assert digest_of(policy) == policy.digest
    assert {it.name for it in attrs.fields(Policy)} == {*OF_ANOTHER_POLICY, *BESIDE_A_POLICY}
    for name, part in (OF_ANOTHER_POLICY | BESIDE_A_POLICY).items():
        changed = digest_of(evolve(policy, **{name: part})) != policy.digest
        assert changed == (name in OF_ANOTHER_POLICY), name
    assert {it.name for it in attrs.fields(Vaccine)} == {*OF_ANOTHER_VACCINE, *BESIDE_A_VACCINE}
    vaccine = policy.vaccines["AZ"]
    for name, part in (OF_ANOTHER_VACCINE | BESIDE_A_VACCINE).items():
        assert getattr(vaccine, name) != part
        other = {**policy.vaccines, "AZ": evolve(vaccine, **{name: part})}
        changed = digest_of(evolve(policy, vaccines=other)) != policy.digest
        assert changed == (name in OF_ANOTHER_VACCINE), name


def test_the_digest_has_the_vaccines_that_are_offered_and_the_age_bands_that_are_named(
    write: Any,
) -> None:
    policy = catalog.load_file(write(GOOD))
    for code in policy.vaccines:
        others = {name: it for name, it in policy.vaccines.items() if name != code}
        assert (digest_of(evolve(policy, vaccines=others)) != policy.digest) == (code == "AZ")
    for group, named in (("list/1", True), ("list/2/a", True), ("list/3", False), ("list", False)):
        bands = {group: AgeBand("calendar-year", at_least=5)}
        assert (digest_of(evolve(policy, bands=bands)) != policy.digest) == named, group


def test_vaccines_and_groups_are_cited_data() -> None:
    assert set(catalog.vaccines()) >= {"AZ", "BNT", "Moderna", "Medigen", "Novavax", "Influenza"}
    assert catalog.vaccines()["Influenza"].diseases == ("influenza",)


def test_a_group_is_found_by_its_id_or_not_at_all() -> None:
    for group_id, group in catalog.groups().items():
        assert bundled.bundled_group(group_id) == group
    some = next(iter(catalog.groups()))
    assert bundled.bundled_group(f"{some}/no-such-part") is None
    assert bundled.bundled_group("no-such-list/1") is None


def test_a_vaccine_has_a_code_for_each_of_its_formulations() -> None:
    found = catalog.vaccines()
    assert found["Moderna"].cvx == (207, 221, 227, 228, 229, 230, 311, 312, 519)
    assert found["BNT"].cvx[:5] == (208, 217, 218, 219, 300)
    assert found["Medigen"].cvx == (515,)
    assert found["Influenza"].cvx[:3] == (15, 16, 88)
    assert found["Novavax"].cvx == (211, 313)


def test_bnt_is_given_in_the_intervals_of_the_day() -> None:
    first, adults, adolescents = catalog.vaccines()["BNT"].intervals[:3]
    assert (first.since, first.days, first.ages) == (date(2021, 8, 4), 28, None)
    assert (adults.since, adults.days) == (date(2021, 11, 29), 28)
    assert (adolescents.since, adolescents.days) == (date(2021, 11, 29), 84)
    assert adults.ages == AgeBand("day", 18)
    assert adolescents.ages == AgeBand("day", 12, 17)


def test_novavax_is_for_12_and_over_since_16_september_2022(write: Any) -> None:
    young, grown = date(2010, 6, 1), date(2004, 6, 1)
    text = """
id = "test/novavax"
version = "1.0.0"
announced = 2022-09-01
disease = "covid19"
notification = "none"
[sources.x]
publisher = "X"
url = "urn:x"
checked = 2026-11-27
support = "secondary"
[[stages]]
id = "one"
vaccination_days = { first = 2022-09-01, last = 2022-10-31 }
[[stages.rules]]
id = "a"
dose = 1
vaccines = ["Novavax"]
cites = ["x"]
"""
    policy = catalog.load_file(write(text))
    for born, opens in ((young, date(2022, 9, 16)), (grown, date(2022, 9, 1))):
        (offer,) = decide(policy, Person(birth_date=born, doses=())).offers
        assert offer.days.first == opens
    assert all(name.count("/") >= 1 for name in catalog.groups())
    assert [found.id for found in catalog.group_lists()] == sorted(
        found.id for found in catalog.group_lists()
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("vaccines.toml", '[[vaccines]]\ncode = "AZ"\ndiseases = ["x"]\nlicences = [{ since = 2021-01-01, all = [], cites = ["x"] }]\n[sources]\n'),
        ("vaccines.toml", '[[vaccines]]\ncode = "AZ"\ndiseases = ["x"]\nintervals = [{ since = 2021-01-01, after = 1, days = 28, cites = [] }]\n[sources]\n'),
        ("groups/x.toml", 'id = "x"\ntitle = "X"\nannounced = 2021-01-01\nsources = {}\n[[groups]]\nid = "1"\nname = { en = "One" }\ncites = ["x"]\n'),
    ],
)  # fmt: skip
def test_vaccines_and_groups_without_a_source_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str
) -> None:
    (tmp_path / "groups").mkdir()
    (tmp_path / file).write_text(text, encoding="utf-8")
    monkeypatch.setattr(bundled, "policies_folder", lambda: tmp_path)
    read: Any = catalog.group_lists if file.startswith("groups") else catalog.vaccines
    cached: tuple[Any, ...] = (read, bundled.group_list, bundled.vaccines_file)
    for function in cached:
        function.cache_clear()
    try:
        with pytest.raises(PolicyFileError, match=r"cites (x, which is not|no source)"):
            read()
    finally:
        for function in cached:
            function.cache_clear()


def test_a_person_from_json() -> None:
    document = json.loads(
        """{"birth_date": "2004-02-29", "doses": [{"vaccine": "AZ", "on": "2021-07-01"}],
            "groups": ["list/1"], "registered_county": "澎湖縣",
            "willingness": {"wanted": {"AZ": "2021-07-06T10:00:00+08:00"}}}"""
    )
    assert catalog.person_from(document) == Person(
        birth_date=date(2004, 2, 29),
        doses=(Dose("AZ", date(2021, 7, 1)),),
        groups=frozenset({"list/1"}),
        registered_county="澎湖縣",
        willingness=Willingness({"AZ": datetime(2021, 7, 6, 10, tzinfo=TAIWAN)}),
    )
    assert catalog.person_from({}) == Person()
    assert catalog.person_from({"birth_date": None}) == Person()
    assert catalog.person_from({"birth_date": "2004"}).birth_date == PartialDate(2004)
    assert catalog.person_from({"birth_date": "2004-02"}).birth_date == PartialDate(2004, 2)


def test_a_person_is_written_as_it_is_read_and_without_the_key() -> None:
    document: dict[str, Any] = {
        "birth_date": "2004-02",
        "doses": [{"vaccine": "AZ", "on": "2021-07-01"}],
        "groups": ["list/1", "list/2"],
        "unknown_groups": ["list/3", "list/4"],
        "registered_county": "澎湖縣",
        "residence_county": "臺北市",
        "willingness": {"wanted": {"AZ": "2021-07-06T10:00:00+08:00"}},
        "dated_facts": [{"fact": "infection", "on": "never"}],
        "sex": "male",
    }
    person = catalog.person_from(document)
    assert catalog.person_as_json(evolve(person, key="somebody")) == document
    for birth_date in ("2004", "2004-02-29"):
        one = {"birth_date": birth_date}
        assert catalog.person_as_json(catalog.person_from(one)) == one
    assert catalog.person_as_json(Person()) == {}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"born": "2004-02-29"}, "unknown key born"),
        ({"birth_date": "29.2.2004"}, "expected a date as ISO 8601 text"),
        ({"birth_date": 2004}, "expected a date"),
        ({"birth_date": "2004-13"}, "expected a date"),
        ({"doses": [{"vaccine": "AZ", "on": "soon"}]}, r"at \$\.doses\[0\]\.on"),
        ({"doses": [{"vaccine": 1, "on": "2021-07-01"}]}, "expected text, found a whole number"),
        ({"willingness": {"wanted": {"AZ": "2021-07-06T10:00:00"}}}, "UTC offset"),
        ({"willingness": {"wanted": {2004: "2021-07-06T10:00:00+08:00"}}}, r"wanted\.\(key\)"),
        ([], "expected"),
        (1, "expected"),
    ],
)
def test_a_wrong_person_is_named_by_field_not_by_value(document: object, problem: str) -> None:
    with pytest.raises(PolicyFileError) as caught:
        catalog.person_from(document, "me.json")
    assert re.search(problem, str(caught.value)), str(caught.value)
    assert "2004" not in str(caught.value)


def test_dated_facts_of_a_person_are_read_and_written() -> None:
    facts: dict[str, Any] = {
        "dated_facts": [
            {"fact": "infection", "on": "2021-12"},
            {"fact": "pregnancy", "on": "2021-12-24"},
            {"fact": "transfusion", "on": "never"},
        ],
        "sex": "female",
    }
    person = catalog.person_from(facts)
    assert person.dated_facts == (
        DatedFact("infection", PartialDate(2021, 12)),
        DatedFact("pregnancy", date(2021, 12, 24)),
        DatedFact("transfusion", "never"),
    )
    assert catalog.person_as_json(person) == facts
    for on in ("once", 2021):
        with pytest.raises(ValueError, match="or a year or a month of one, or never"):
            catalog.person_from({"dated_facts": [{"fact": "infection", "on": on}]})
