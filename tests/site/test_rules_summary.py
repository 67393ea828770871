"""The summary that opens the page of a policy, and what is in force on the stated day."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from tools.site import nav, rules_pages, rules_summary, rules_text
from vaxpolicy import catalog
from vaxpolicy.rules.conditions import (
    AgeAtLeast,
    AgeAtLeastDays,
    AgeAtMost,
    AllOf,
    AnyCondition,
    AnyOf,
    BornOnOrBefore,
    DaysSinceFact,
    DoseDue,
    EarlierDosesAtLeast,
    InAnyGroup,
    InGroup,
    NotStated,
    NotThat,
    OfSex,
    ResidentIn,
)
from vaxpolicy.rules.policy import Policy

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = list(rules_text.ROOTS)
NATIVE = "status/indigenous"
NATIONAL = "status/national"


def summary(policy: Policy, lang: str = "en") -> str:
    return rules_summary.summary(policy, rules_text.Page(lang, rules_text.policy_page(policy.id)))


def asking(*rules: tuple[AnyCondition, ...]) -> Policy:
    """Round 19 with rules that ask this."""
    policy = catalog.load("tw/covid19-1922/round-19")
    (stage,) = policy.stages
    made = [evolve(stage.rules[0], id=str(at), all=asked) for at, asked in enumerate(rules)]
    return evolve(policy, stages=(evolve(stage, rules=tuple(made)),))


def who(*rules: tuple[AnyCondition, ...]) -> str:
    said: str = re.findall(r"\*\*Who\*\*: (.*)", summary(asking(*rules)))[0]
    return said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_policy_opens_with_a_summary_before_anything_else(lang: str) -> None:
    for name in catalog.ids():
        page = rules_text.Page(lang, rules_text.policy_page(name))
        text = (DOCS / page.path).read_text("utf-8")
        first, second, *_ = re.findall(r"^## .*\{ #(.*) \}$", text, re.MULTILINE)
        assert (first, second) == ("in-short", "facts")
        opening = text.partition("{ #facts }")[0]
        for key in ("who", "which", "wait", "when", "bring", "open", "sure"):
            assert f"**{page.say(f'short/{key}')}**" in opening
        assert str(rules_summary.AS_OF) in opening
        assert len(opening) < 4000


def test_a_summary_says_who_which_when_what_to_bring_and_what_is_not_known() -> None:
    assert (
        summary(catalog.load("tw/covid19-1922/round-19"))
        == """\
## In short { #in-short }

- **Who**: 18 years or older
- **Which vaccine**: dose 3: AZ, Moderna, BNT, Medigen
- **How long to wait**: dose 3 of AZ, Moderna, BNT, Medigen: at least 84 days after dose 2 on the \
vaccination day; the [licence of a vaccine](../../vaccines/index.md) may ask for more
- **Which days**: 2022-01-17 to 2022-01-23. On 2026-11-27 these days are over.
- **What to bring**: [a document with your number and birth date](../../../identity/index.md); \
the record of your earlier doses: which vaccine, on which day. The policy file has no list of \
papers: ask the place where you are vaccinated.
- **What is not known**: how the ages for which it is open are reckoned: 65 years or older, 50 to \
64 years, 49 years or younger
- **How sure this is**: verified: somebody read the announcements, or reports of them ([1 \
official text, 2 press reports, 1 secondary source](#sources)).

This is a summary. [The rules themselves](#rules-in-words) decide."""
    )


def test_a_policy_that_is_not_verified_says_so_in_its_summary() -> None:
    for name in catalog.ids():
        policy = catalog.load(name)
        assert ("**not verified**" in summary(policy)) is not policy.verified


def test_what_is_open_is_named_and_the_rest_counted() -> None:
    text = summary(catalog.load("tw/covid19-1922/registration"))
    assert re.search(r"\*\*What is not known\*\*: .*; \[\d+ more\]\(#what-no-source-states\)", text)
    none = evolve(asking((AgeAtLeast(18, "calendar-year"),)), written=(), notification="none")
    assert "**What is not known**: nothing that the rules ask." in summary(none)


ADULT = AgeAtLeast(18, "calendar-year")
OPEN = NotStated("which-foreigners")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([(ADULT, AgeAtMost(64, "calendar-year"))], "18 to 64 years"),
        ([(DoseDue(84, "day"),)], "for some doses, people of any age and group"),
        ([(AgeAtLeastDays(0, "day"), NotThat(ADULT))], "not: 18 years or older"),
        ([(NotThat(DoseDue(84, "day")), ADULT)], "18 years or older"),
        (
            [(InGroup(NATIVE), ADULT), (ADULT,)],
            (
                "in the group “Indigenous person”; for some doses, no more than what is asked of "
                "all. Asked of all: 18 years or older"
            ),
        ),
        (
            [(AnyOf((InGroup(NATIVE), AllOf((InGroup(NATIONAL), ADULT)))),)],
            (
                "in the group “Indigenous person” or (18 years or older and in the group “National "
                "of the Republic of China (Taiwan)”)"
            ),
        ),
        (
            [(AnyOf((InGroup(NATIVE), OPEN)),)],
            "in the group “Indigenous person” (perhaps others too: not known)",
        ),
        (
            [(AnyOf((InGroup(NATIVE), AllOf((ADULT, OPEN)))),)],
            "in the group “Indigenous person” (perhaps others too: not known)",
        ),
        ([(AnyOf((ADULT, OPEN)),), (ADULT,)], "18 years or older (perhaps others too: not known)"),
        (
            [(AnyOf((InGroup(NATIVE), DoseDue(84, "day"))), AllOf((DoseDue(84, "day"),)))],
            "for some doses, people of any age and group",
        ),
        (
            [(InAnyGroup((NATIVE, NATIONAL)), ResidentIn(("澎湖縣",)))],
            (
                "in the group “Indigenous person” or “National of the Republic of China (Taiwan)” "
                "and lives in Penghu County"
            ),
        ),
        ([(InGroup("own/1"),)], "in the group “`own/1`”"),
        ([(NotThat(InGroup("own/1")),)], "not in the group “`own/1`”"),
        (
            [(AnyOf((InGroup(NATIVE), InAnyGroup(("own/1", NATIVE)))),)],
            "in the group “Indigenous person” or “`own/1`”",
        ),
        (
            [(OfSex("female"), NotThat(EarlierDosesAtLeast(1)))],
            "female and no dose in earlier seasons",
        ),
        (
            [(DaysSinceFact("pregnancy", at_most=7),)],
            "within 7 days of: Pregnancy (first day of week 0)",
        ),
        ([(AgeAtLeast(12, "day"),), (InGroup("own/1"),), (ADULT,)], "any of these"),
        ([(BornOnOrBefore(date(2003, 12, 31)),)], "born on or before 31 December 2003"),
    ],
)
def test_people_are_named_in_plain_words(rules: list[tuple[AnyCondition, ...]], said: str) -> None:
    assert who(*rules) == said


def test_waits_are_named_by_dose_and_what_happened_after_them() -> None:
    text = summary(catalog.load("tw/childhood/2025"))
    waits = text.partition("**How long to wait**: by dose, as follows")[2].partition("**")[0]
    assert waits.count("\n    - ") == rules_summary.MOST + 1
    assert (
        "dose 3 of HepB: at least 56 days after the last dose of Hepatitis B vaccine and at least "
        "112 days after dose 1 of Hepatitis B vaccine\n"
    ) in waits
    assert "doses 2, 3 of DTaP-Hib-IPV: at least 28 days" in waits
    assert "[12 more](#rules-in-words)" in waits
    text = summary(catalog.load("tw/covid19/2026"))
    assert (
        "    - at least 84 days after: Infection with COVID-19 (onset or positive test)\n" in text
    )
    assert "the day of what follows, if it has happened: Infection with COVID-19" in text
    either = AnyOf((DoseDue(84, "day"), DoseDue(28, "day")))
    assert (
        "at least 84 days after dose 2 on the vaccination day or at least 28 days after dose 2"
    ) in summary(asking((either, NotThat(DoseDue(84, "day")))))


def test_many_ages_are_named_as_years_alone() -> None:
    text = summary(catalog.load("tw/childhood/2025"))
    assert "6 years or younger" in text
    assert "days old" not in text


def test_many_different_days_are_named_as_one_span() -> None:
    policy = asking((ADULT,))
    (stage,) = policy.stages
    days = stage.vaccination_days
    stages = tuple(
        evolve(stage, vaccination_days=evolve(days, last=days.last + timedelta(days=more)))
        for more in range(rules_summary.MOST + 1)
    )
    assert "**Which days**: 2022-01-17 to 2022-01-29. On" in summary(evolve(policy, stages=stages))


@pytest.mark.parametrize(
    ("day", "state", "section"),
    [
        (date(2022, 1, 16), "to-come", "to-come"),
        (date(2022, 1, 17), "running", "in-force"),
        (date(2022, 1, 23), "running", "in-force"),
        (date(2022, 1, 24), "over", "platform"),
    ],
)
def test_a_policy_is_in_force_while_its_vaccination_days_run(
    day: date, state: str, section: str
) -> None:
    policy = catalog.load("tw/covid19-1922/round-19")
    assert rules_summary.state(policy, day) == state
    assert rules_summary.section(policy, day) == section


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_in_force_comes_first_on_the_index_and_in_the_navigation(lang: str) -> None:
    index = rules_pages.index(lang)
    sections = re.findall(r"^## .*\{ #(.*) \}$", index, re.MULTILINE)
    assert sections[0] == "in-force"
    first = index.partition("{ #in-force }")[2].partition("\n## ")[0]
    running = [
        name for name in catalog.ids() if rules_summary.state(catalog.load(name)) == "running"
    ]
    assert running
    assert [f"{name}.md" in first for name in catalog.ids()] == [
        name in running for name in catalog.ids()
    ]
    say = rules_text.Page(lang, rules_text.INDEX).say
    titles = [say(f"nav/{key}") for key in ("in-force", "seasons", "platform")]
    filled = nav.complete([{title: []} for title in titles])
    assert [next(iter(it)) for it in filled] == titles
    pages = [page for it in filled for entry in it[next(iter(it))] for page in entry.values()]
    assert len(set(pages)) == len(pages) == len(catalog.ids())
