"""Broken campaign files, one fault each: the message names the fault, its place and the mend.

Each starts from the file that `vaxpolicy policy new` makes. The loader refuses faults of structure;
the lint finds files that are well formed and cannot be meant.
"""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files

import pytest

from vaxpolicy import catalog
from vaxpolicy.analysis import lint

TEMPLATE = (files("vaxpolicy") / "policies" / "new-campaign.toml").read_text("utf-8")
TODAY = date(2027, 1, 5)

FIRST = 'id = "first"\ndose = 1\nvaccines = ["TickVax"]\ncites = ["notice"]\nall = ['
SECOND_DOSE = "dose = 2"
DAYS = "vaccination_days = { first = 2027-02-01, last = 2027-03-31 }"
SPRING = 'id = "spring"\n'
A_STAGE = "# A stage is one opening"
OPENS, CLOSES = "opens = 2027-01-20T10:00:00+08:00", "closes = 2027-03-30T12:00:00+08:00"

REFUSED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "no id": (
        'id = "example/tick-fever-2027"',
        "",
        ("the key id is missing at $ (the top of the file)",),
    ),
    "number for a text": (
        'version = "1.0.0"',
        "version = 1",
        ("$.version", "expected text, found a whole number"),
    ),
    "blank title of a group": ('en = "Carers"', 'en = " "', ("$.groups[0].name", "blank")),
    "thirteenth month": (
        "announced = 2027-01-04",
        "announced = 2027-13-04",
        ("line 13", "calendar"),
    ),
    "day in quotes": (
        "announced = 2027-01-04",
        'announced = "2027-01-04"',
        ("$.announced", "expected a date, found text: write it without quotes"),
    ),
    "30 February": ("checked = 2027-01-05", "checked = 2027-02-30", ("line 24", "calendar")),
    "unknown word": (
        'notification = "none"',
        'notification = "never"',
        ("$.notification", "required", "reminder", "not-stated"),
    ),
    "misspelt key": ("review_by =", "review_on =", ("unknown key review_on", "review_by")),
    "misspelt condition": (
        "age_at_least = 18",
        "age_at_leest = 18",
        ("rule first", "did you mean age_at_least"),
    ),
    "age in words": (
        "age_at_least = 18",
        'age_at_least = "18"',
        ("rule first", "a whole number", "age_at_least"),
    ),
    "negative age": ("age_at_least = 18", "age_at_least = -18", ("rule first", "age_at_least")),
    "age of a thousand": ("age_at_least = 18", "age_at_least = 1000", ("rule first",)),
    "reckoning that is none": (
        'age_at_least = 18, on = "day"',
        'age_at_least = 18, on = "birthday"',
        ("rule first", "calendar-year"),
    ),
    "condition without a reckoning": (
        'age_at_least = 18, on = "day"',
        "age_at_least = 18",
        ("rule first", "the key on is missing"),
    ),
    "dose zero": ("dose = 1", "dose = 0", ("rule first", "dose")),
    "dose in quotes": (SECOND_DOSE, 'dose = "2"', ("rule second", "a whole number")),
    "no vaccines": (
        'dose = 1\nvaccines = ["TickVax"]',
        "dose = 1\nvaccines = []",
        ("rule first", "vaccines"),
    ),
    "misspelt vaccine": (
        'dose = 1\nvaccines = ["TickVax"]',
        'dose = 1\nvaccines = ["TickVaz"]',
        ("rule first", "TickVaz", "TickVax", "line 36"),
    ),
    "empty any": (
        '{ any = [{ group = "example/carers" }, { group = "example/pensioners" }] },\n]\nreading',
        "{ any = [] },\n]\nreading",
        ("rule first", "at least one condition under any"),
    ),
    "negative interval": (
        "dose_due_after_days = 28",
        "dose_due_after_days = -28",
        ("rule second", "dose_due_after_days"),
    ),
    "cites a source that is not there": (
        FIRST,
        FIRST.replace('cites = ["notice"]', 'cites = ["notcie"]'),
        ("rule first", "notcie", "not under sources", "did you mean notice"),
    ),
    "cites nothing": (
        FIRST,
        FIRST.replace('cites = ["notice"]', "cites = []"),
        ("rule first", "cites no source"),
    ),
    "first day of a vaccine cites nothing": (
        "licences = [{ since = 2026-01-01",
        "first_given = { on = 2025-01-01, cites = [] }\nlicences = [{ since = 2026-01-01",
        ("vaccine TickVax", "cites no source"),
    ),
    "group cites nothing": (
        'id = "example/carers"\ncites = ["notice"]',
        'id = "example/carers"\ncites = []',
        ("group example/carers", "cites no source"),
    ),
    "days in the wrong order": (
        DAYS,
        DAYS.replace("2027-03-31", "2027-01-31"),
        ("vaccination_days", "not before `first`"),
    ),
    "window that closes before it opens": (
        CLOSES,
        CLOSES.replace("2027-03-30", "2027-01-10"),
        ("windows", "not before `opens`"),
    ),
    "instant without an offset": (
        OPENS,
        OPENS.replace("+08:00", ""),
        ("windows", "offset such as", "found one without it"),
    ),
    "support that is none": (
        '"official"                #',
        '"rumour"                  #',
        ("$.sources.notice.support", "official", "press", "secondary"),
    ),
    "name of a bundled group": (
        'id = "example/carers"\ncites',
        'id = "status/national"\ncites',
        ("group status/national", "a bundled group", "choose another"),
    ),
    "name of a bundled vaccine": (
        'code = "TickVax"',
        'code = "AZ"',
        ("vaccine AZ", "a bundled vaccine", "choose another"),
    ),
    "the same group twice": (
        'id = "example/pensioners"\ncites',
        'id = "example/carers"\ncites',
        ("group example/carers", "2 times"),
    ),
    "a vaccine against nothing": (
        'diseases = ["tick-fever"]',
        "diseases = []",
        ("$.vaccines[0].diseases",),
    ),
    "a gate that is not there": (
        'registration = "none"',
        'registration = "none"\ngate = "tw/covid19-1922/registraton"',
        ("programme", "gate", "did you mean tw/covid19-1922/registration"),
    ),
    "a time in quotes": (
        "at = 18:00:00",
        'at = "18:00"',
        ("$.programme.cancel.at", "a time of day"),
    ),
    "a misspelt setting": (
        'registration = "none"',
        'registration = "None"',
        ("$.programme.registration", "required", "none"),
    ),
    "a vaccine of the programme that is not there": (
        'registration = "none"',
        'registration = "required"\nvaccines = ["TikVax"]',
        ("programme: vaccines", "did you mean TickVax"),
    ),
    "a misspelt table": (
        "[programme]",
        "[program]",
        ("unknown key program", "did you mean programme"),
    ),
    "two conditions in one pair of braces": (
        '{ age_at_least = 18, on = "day" }',
        '{ age_at_least = 18, age_at_most = 60, on = "day" }',
        ("rule first", "unknown key age_at_most", "put each condition in its own braces"),
    ),
    "a bare word": (
        'disease = "tick-fever"',
        "disease = tick-fever",
        ("not TOML", "line", "write text in quotes"),
    ),
    "a bracket that is not closed": (DAYS, DAYS.replace(" }", ""), ("not TOML", "line")),
    "curly quotes": (
        'disease = "tick-fever"',
        "disease = “tick-fever”",
        ("not TOML", "line 14", 'write " instead of “'),
    ),
    "a comma of Chinese texts": (
        DAYS,
        DAYS.replace("2027-02-01,", "2027-02-01，"),
        ("not TOML", "line 30", "write , instead of ，"),
    ),
    "a day with slashes": (
        "announced = 2027-01-04",
        "announced = 2027/01/04",
        ("not TOML", "line 13", "write a day with hyphens, such as 2027-01-04"),
    ),
    "a year of the Republic of China": (
        "announced = 2027-01-04",
        "announced = 116-01-04",
        ("not TOML", "line 13", "year 116 of the Republic of China is 2027"),
    ),
    "sources in a list": (
        "[sources.notice]",
        "[[sources]]",
        ("expected a table, found an array at $.sources (line 21)",),
    ),
    "a minimum that cites a source that is not there": (
        A_STAGE,
        f'[[minimums]]\nvaccines = ["TickVax"]\ndose = 1\ncites = ["notcie"]\n{A_STAGE}',
        ("minimums 1: cites notcie", "did you mean notice? (line 27)"),
    ),
    "a spacing of one vaccine": (
        A_STAGE,
        f'[[spacings]]\nvaccines = ["TickVax"]\ndays = 28\ncites = ["notice"]\n{A_STAGE}',
        ("expected at least two vaccines at $.spacings[0].vaccines (line 28)",),
    ),
    "a group without a name": (
        'name = { en = "Carers", zh-Hant = "照顧者" }',
        "name = {}",
        ("expected at least one at $.groups[0].name (group example/carers, line 67)",),
    ),
    "a language that is none": (
        'zh-Hant = "照顧者"',
        'zh_TW = "照顧者"',
        ("the tag of a language, such as en or zh-Hant", "(group example/carers, line 67)"),
    ),
    "no district at most": (
        'registration = "none"',
        'registration = "required"\nmost_districts = 0',
        ("expected 1 to 1000 at $.programme.most_districts (line 90)",),
    ),
    "windows for registering where nobody registers": (
        'registration = "none"',
        f'registration = "none"\nregistration_windows = [{{ {OPENS}, {CLOSES} }}]',
        ("programme: registration_windows", "leave the windows out", "(line 90)"),
    ),
    "a rule without a name": (
        'id = "first"\n',
        'id = ""\n',
        ("a text that is not blank at $.stages[0].rules[0].id (rule 1)",),
    ),
    "a key twice": (SPRING, SPRING * 2, ("not TOML", "line", "the key is there twice")),
}

WINDOW = "[[stages.windows]]\n"


def rule(name: str, ages: str) -> str:
    """A rule as the first one, for other ages."""
    anyone = '{ any = [{ group = "example/carers" }, { group = "example/pensioners" }] }'
    head = f'[[stages.rules]]\nid = "{name}"\ndose = 1\nvaccines = ["TickVax"]\n'
    return f'{head}cites = ["notice"]\nall = [{ages}, {anyone}]\n\n'


FOUND: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "misspelt group": (
        'all = [\n  { any = [{ group = "example/carers" }',
        'all = [\n  { any = [{ group = "example/carer" }',
        "unknown-group",
        ("example/carer", "example/carers"),
    ),
    "county in another spelling": (
        'all = [\n  { any = [{ group = "example/carers" }',
        'all = [\n  { resident_in = ["台北市"] },\n  { any = [{ group = "example/carers" }',
        "unknown-county",
        ("台北市", "臺北市"),
    ),
    "county by its English name": (
        'all = [\n  { any = [{ group = "example/carers" }',
        'all = [\n  { resident_in = ["Taipei City"] },\n  { any = [{ group = "example/carers" }',
        "unknown-county",
        ("Taipei City", "臺北市"),
    ),
    "group by its Chinese name": (
        'all = [\n  { any = [{ group = "example/carers" }',
        'all = [\n  { any = [{ group = "照顧者" }',
        "unknown-group",
        ("照顧者", "example/carers"),
    ),
    "vaccine against another disease": (
        'dose = 2\nvaccines = ["TickVax"]',
        'dose = 2\nvaccines = ["Influenza"]',
        "unknown-vaccine",
        ("Influenza",),
    ),
    "days before the announcement": (
        DAYS,
        DAYS.replace("2027-02-01", "2026-12-01"),
        "days-before-announcement",
        ("2026-12-01",),
    ),
    "window after the days": (
        f"{OPENS}\n{CLOSES}",
        "opens = 2027-04-01T10:00:00+08:00\ncloses = 2027-04-02T12:00:00+08:00",
        "window-too-late",
        ("2027-04-01",),
    ),
    "window a year too early": (
        OPENS,
        OPENS.replace("2027", "2026"),
        "window-too-early",
        ("2026-01-20",),
    ),
    "address that is none": (
        'url = "https://health.example/notices/2027-01-04"',
        'url = "health bureau"',
        "not-an-address",
        ("notice",),
    ),
    "read before it was announced": (
        "checked = 2027-01-05",
        "checked = 2026-01-05",
        "checked-too-early",
        ("notice",),
    ),
    "doses counted after the days": (
        "# counts_from = 2027-01-01",
        "counts_from = 2027-06-01",
        "counted-too-late",
        ("2027-06-01",),
    ),
    "the same vaccine twice": (
        'dose = 1\nvaccines = ["TickVax"]',
        'dose = 1\nvaccines = ["TickVax", "TickVax"]',
        "named-twice",
        ("TickVax",),
    ),
    "a source that nothing cites": (
        "# A stage is one opening",
        '[sources.other]\npublisher = "x"\nurl = "https://x.example"\nchecked = 2027-01-05\nsupport = "press"\n# A stage is one opening',
        "source-unused",
        ("other",),
    ),
    "nobody can satisfy it": (
        "{ age_at_least = 18, on",
        '{ age_at_most = 3, on = "day" },\n  { age_at_least = 18, on',
        "admits-nobody",
        ("first",),
    ),
    "id and version of a bundled policy": (
        'id = "example/tick-fever-2027"',
        'id = "tw/rotavirus/2027"',
        "version-taken",
        ("1.0.0",),
    ),
    "a misspelt vaccine whose doses are counted": (
        SECOND_DOSE,
        f'{SECOND_DOSE}\ncounts = ["TickVx"]',
        "unknown-vaccine",
        ("second", "TickVx", "TickVax"),
    ),
    "a misspelt disease of several": (
        'disease = "tick-fever"',
        'disease = "spring"\ndiseases = ["tick-fever", "tick-fevr"]',
        "unknown-disease",
        ("diseases", "tick-fevr", "tick-fever"),
    ),
    "a stage twice": (
        "# Groups of your own",
        f"[[stages]]\n{SPRING}{DAYS}\n"
        + rule("third", '{ age_at_least = 90, on = "day" }')
        + "# Groups of your own",
        "overlapping-versions",
        ("stage spring", "2 versions"),
    ),
    "review that is due": (
        "review_by = 2027-06-30",
        "review_by = 2027-01-04",
        "review-due",
        ("2027-01-04",),
    ),
    "misspelt dated fact": (
        "{ age_at_least = 18, on",
        '{ has_fact = "blood-produc" },\n  { age_at_least = 18, on',
        "unknown-fact",
        ("blood-produc", "blood-product"),
    ),
    "ages that are left out": (
        WINDOW,
        rule("young", '{ age_at_least = 16, on = "day" }, { age_at_most = 16, on = "day" }')
        + WINDOW,
        "age-gap",
        ("first", "young"),
    ),
    "a rule that another one makes superfluous": (
        WINDOW,
        rule("older", '{ age_at_least = 20, on = "day" }') + WINDOW,
        "covered",
        ("older", "first"),
    ),
    "the same rule twice": (
        WINDOW,
        rule("first", '{ age_at_least = 20, on = "day" }') + WINDOW,
        "overlapping-versions",
        ("first",),
    ),
    "a reason for what is not found": (
        WINDOW,
        '[[explained]]\nfinding = "covered"\nat = "a|b"\nwhy = "x"\n\n' + WINDOW,
        "explains-nothing",
        ("a|b",),
    ),
    "replaced before it is announced": (
        'id = "second"\n',
        'id = "second"\nuntil = 2027-01-04\n',
        "never-in-force",
        ("second",),
    ),
    "a window for fewer ages than a rule": (
        CLOSES,
        f'{CLOSES}\nages = {{ at_least = 60, on = "day" }}',
        "outside-windows",
        ("first",),
    ),
    "a window for fewer doses than there are": (
        CLOSES,
        f"{CLOSES}\ndoses = [1]",
        "rule-without-window",
        ("second",),
    ),
    "a window for a dose that no rule gives": (
        WINDOW,
        f'{WINDOW}{OPENS}\n{CLOSES}\ndoses = [3]\ncites = ["notice"]\n\n{WINDOW}',
        "window-without-rule",
        ("spring/windows/1",),
    ),
    "a window that closes when it opens": (
        f"{OPENS}\n{CLOSES}",
        f"{OPENS}\n{OPENS.replace('opens', 'closes')}",
        "window-never-open",
        ("spring/windows/1",),
    ),
    "a printed bound that does not follow": (
        'dose = 1\nvaccines = ["TickVax"]',
        'dose = 1\nvaccines = ["TickVax"]\nprinted = { born_on_or_before = 2001-01-01 }',
        "printed-refuted",
        ("first", "2001-01-01"),
    ),
    "a misspelt disease": (
        'disease = "tick-fever"',
        'disease = "tick-fevr"',
        "unknown-disease",
        ("tick-fevr", "tick-fever"),
    ),
}


def test_each_finding_has_a_broken_file() -> None:
    by_the_loader = {"rule-uncited"}  # a file without a source is refused before
    assert {code for _, _, code, _ in FOUND.values()} == lint.CODES.keys() - by_the_loader


def broken(old: str, new: str) -> str:
    assert TEMPLATE.count(old) >= 1, old
    return TEMPLATE.replace(old, new, 1)


def test_the_file_to_start_from_is_whole_and_clean() -> None:
    campaign = catalog.parse_campaign(TEMPLATE)
    assert catalog.lint(campaign.policy, TODAY, text=TEMPLATE) == ()
    assert len(REFUSED) + len(FOUND) >= 45


@pytest.mark.parametrize(("old", "new", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_named_with_its_place_and_mend(
    old: str, new: str, said: tuple[str, ...]
) -> None:
    with pytest.raises(catalog.PolicyFileError) as caught:
        catalog.parse_campaign(broken(old, new), file="x.toml")
    assert str(caught.value).startswith("x.toml: ")
    (problem,) = caught.value.problems
    for part in said:
        assert part in problem


@pytest.mark.parametrize(("old", "new", "code", "said"), FOUND.values(), ids=FOUND)
def test_what_the_lint_finds_is_named_with_its_place(
    old: str, new: str, code: str, said: tuple[str, ...]
) -> None:
    text = broken(old, new)
    policy = catalog.parse_campaign(text).policy
    found = [it for it in catalog.lint(policy, TODAY, text=text) if it.code == code]
    assert found
    words = " ".join(f"{it.where} {it.text} {it.spot.rule} {' '.join(it.near)}" for it in found)
    for part in said:
        assert part in words
    assert found[0].line is not None
    assert text.splitlines()[found[0].line - 1].strip()


BITE = '[[facts]]\nid = "bite"\nname = { en = "Bite" }\n'


@pytest.mark.parametrize(
    ("old", "new", "end"),
    [
        ('id = "example/tick-fever-2027"', "", "missing at $ (the top of the file)"),
        (SPRING, "", "the key id is missing at $.stages[0]"),
        (DAYS, f"{DAYS}\nday = 1", " at $.stages[0] (stage spring, line 28)"),
        ('cites = ["notice"]\n\n# A rule', 'cites = ["no"]\n\n# A rule', "notice? (line 28)"),
        (OPENS, "opens = 1", " at $.stages[0].windows[0].opens (window 1 of spring, line 59)"),
        ('code = "TickVax"\n', "", "the key code is missing at $.vaccines[0] (line 76)"),
        (
            'id = "example/pensioners"\ncites',
            'id = "example/carers"\ncites',
            "group example/carers: it is defined 2 times (line 64)",
        ),
        ('support = "official"', "support = 1", " at $.sources.notice.support (line 25)"),
        ("review_by = 2027-06-30", "review_by = 1", " at $.review_by (line 18)"),
        ("cancel = {", "cancel = 1  # {", " at $.programme.cancel (line 90)"),
        ("[programme]", "[[programme]]", " at $.programme (line 88)"),
        ("[programme]", "facts = 1\n[programme]", None),
        ("[programme]", f"{BITE}{BITE}[programme]", "fact bite: it is defined 2 times (line 88)"),
        (
            "[programme]",
            BITE.replace("bite", "covid19-infection") + "[programme]",
            "the name of a bundled fact; choose another one (line 88)",
        ),
        (
            "[programme]",
            BITE.replace('en = "Bite"', "") + "[programme]",
            " at $.facts[0].name (fact bite, line 90)",
        ),
        ("[programme]", '[[explained]]\nfinding = 1\nat = "x"\nwhy = "x"\n[programme]', None),
        ("# counts_from = 2027-01-01", "diseases = 1", " at $.diseases (line 16)"),
        ("# counts_from = 2027-01-01", "diseases = []\nminimums = 1", " at $.minimums (line 17)"),
    ],
)
def test_a_problem_ends_with_its_place_in_the_file(old: str, new: str, end: str | None) -> None:
    with pytest.raises(catalog.PolicyFileError) as caught:
        catalog.parse_campaign(broken(old, new))
    if end is not None:
        assert any(problem.endswith(end) for problem in caught.value.problems), caught.value


@pytest.mark.parametrize("name", [7, True, ["x"], {"x": "y"}, date(2027, 1, 4)])
@pytest.mark.parametrize(
    ("table", "key", "end"),
    [
        ("stages", "id", ""),
        ("rules", "id", " (rule 1)"),
        ("groups", "id", ""),
        ("vaccines", "code", ""),
        ("facts", "id", ""),
    ],
)
def test_a_name_that_is_no_text_names_nothing(table: str, key: str, end: str, name: object) -> None:
    document = tomllib.loads(TEMPLATE) | tomllib.loads(BITE)
    owner = document["stages"][0] if table == "rules" else document
    owner[table][0][key] = name
    with pytest.raises(catalog.PolicyFileError) as caught:
        catalog.parse_campaign(document)
    place = "stages[0].rules[0]" if table == "rules" else f"{table}[0]"
    said = [it for it in caught.value.problems if it.startswith("expected text")]
    assert [it.partition(" at ")[2] for it in said] == [f"$.{place}.{key}{end}"]


def test_a_mapping_has_names_and_no_lines() -> None:
    document = tomllib.loads(TEMPLATE)
    document["groups"][0]["name"] = {}
    with pytest.raises(catalog.PolicyFileError) as caught:
        catalog.parse_campaign(document)
    (problem,) = caught.value.problems
    assert problem == "expected at least one at $.groups[0].name (group example/carers)"


def test_other_signs_of_chinese_texts_and_other_faults_of_toml() -> None:
    for old, new, said in (
        ("version =", "version\u3000=", "write a blank instead of \u3000"),
        ("version =", "version：=", "write : instead of ："),
        ('version = "1.0.0"', "version == 1", "not TOML"),
        ('version = "1.0.0"', 'version = "，" “', 'write " instead of “'),
    ):
        with pytest.raises(catalog.PolicyFileError) as caught:
            catalog.parse_campaign(broken(old, new))
        assert said in caught.value.problems[0]


def test_each_sign_that_is_not_of_toml_has_its_own_mend() -> None:
    signs, instead = "“”„「」『』‘’，、：＝［］｛｝．－／＃", '"""""""\'\',,:=[]{}.-/#'
    for sign, meant in zip(signs, instead, strict=True):
        with pytest.raises(catalog.PolicyFileError) as caught:
            catalog.parse_campaign(broken("version =", f"version {sign}"))
        assert f"write {meant} instead of {sign}" in caught.value.problems[0]
