"""The generated pages of the reservation: they are those of the tables, and leave nothing out."""

import re
from pathlib import Path

import pytest

from tools.site import reservation_pages
from vaxpolicy import reservation
from vaxpolicy.booking import slots
from vaxpolicy.booking.events import COMMANDS, TRANSITIONS, WAITING, Status
from vaxpolicy.booking.guards import refusal
from vaxpolicy.booking.refusals import CODES, Rejected
from vaxpolicy.messages import describe_refusal
from vaxpolicy.testing.journey_laws import REFUSAL_ASSERTIONS
from vaxpolicy.testing.slot_laws import SLOT_REFUSAL_ASSERTIONS

DOCS = Path(__file__).parents[2] / "docs"


ARROW = re.compile(r"^    (\w+) --> (\w+): (.+)$", re.MULTILINE)


def test_the_committed_pages_are_those_of_the_tables() -> None:
    assert reservation_pages.stale() == [], "run: python -m tools.site write"


def test_a_page_that_differs_is_stale_and_written_anew(tmp_path: Path) -> None:
    reservation_pages.write(tmp_path)
    assert reservation_pages.stale(tmp_path) == []
    (tmp_path / "reservation/codes.md").write_text("old\n")
    (tmp_path / "reservation/gone.md").write_text("gone\n")
    (tmp_path / "reservation/index.md").unlink()
    (tmp_path / "zh-hant/reservation/slots.md").write_text("old\n")
    assert reservation_pages.stale(tmp_path) == [
        "reservation/codes.md",
        "reservation/gone.md",
        "reservation/index.md",
        "zh-hant/reservation/slots.md",
    ]


@pytest.mark.parametrize(
    ("path", "lang", "together"),
    [
        ("reservation/index.md", "en", "waiting"),
        ("zh-hant/reservation/index.md", "zh-Hant", "等候中"),
    ],
)
def test_the_diagram_is_the_table(path: str, lang: str, together: str) -> None:
    page = reservation_pages.pages()[path]
    words = reservation_pages.Words(lang)

    def node(status: Status) -> str:
        return words.status(status).replace(" ", "_")

    assert len(set(map(node, Status))) == len(Status)
    drawn = set()
    for before, after, names in ARROW.findall(page):
        inside = list(map(node, WAITING)) if before == together else [before]
        for source in inside:
            drawn |= {(source, it, after) for it in names.split(", ")}
    table = {
        (node(before), command.__name__, node(after))
        for (before, command), after in TRANSITIONS.items()
        if command.__name__ not in {"Amend", "AddVaccine", "Correct"}
    }
    assert drawn == table
    for name in ("Amend", "AddVaccine", "Correct"):
        assert f"`{name}`" in page
    assert all(
        before is after
        for (before, command), after in TRANSITIONS.items()
        if command.__name__ in {"Amend", "AddVaccine", "Correct"}
    )


def test_every_code_is_explained_and_every_explained_code_is_used() -> None:
    pages = reservation_pages.pages()
    for path in ("reservation/codes.md", "zh-hant/reservation/codes.md"):
        assert re.findall(r"^\| `([a-z-]+)` \|", pages[path], re.MULTILINE) == list(CODES)
    assert set(CODES) == set(REFUSAL_ASSERTIONS) | set(SLOT_REFUSAL_ASSERTIONS)


@pytest.mark.parametrize("code", CODES)
def test_a_refusal_says_what_it_means_and_what_to_do(code: str) -> None:
    refused = Rejected(code)
    assert refused.help.means in str(refused)
    assert refused.help.do in str(refused)
    assert str(refused).startswith(f"{code}: ")
    assert refused.help.means.endswith(".")
    assert refused.help.do.endswith(".")


def test_no_refusal_has_a_code_of_its_own_making() -> None:
    with pytest.raises(KeyError):
        Rejected("no-such-code")


@pytest.mark.parametrize("status", Status)
def test_every_pair_is_in_the_table_or_has_a_code(status: Status) -> None:
    for command in COMMANDS:
        assert (status, command) in TRANSITIONS or refusal(status, command) in CODES


ENGLISH = [path for path in reservation_pages.pages() if not path.startswith("zh-hant/")]


@pytest.mark.parametrize("path", ENGLISH)
def test_both_languages_have_the_same_anchors_rows_lists_and_links(path: str) -> None:
    pages = reservation_pages.pages()
    texts = [re.sub(r"\]\(\S*\)\{ lang=", "", pages[it]) for it in (path, f"zh-hant/{path}")]
    for what in (
        r"^(#+) .*\{ #([a-z-]+) \}$",
        r"^(?:\||1\.|- )",
        r"\]\(([^\s)]+)\)",
        r"–|<!--.*-->",
    ):
        english, chinese = (re.findall(what, text, re.MULTILINE) for text in texts)
        assert english == chinese
    codes = [sorted(re.findall(r"`[A-Za-z.-]+`", text)) for text in texts]
    named = sorted(f"`{it.__name__}`" for it in COMMANDS) if "transitions" in path else []
    assert sorted([*codes[0], *named]) == codes[1]  # the Chinese headings have names and commands


@pytest.mark.parametrize("path", ENGLISH)
def test_a_page_leads_to_its_twin_and_back(path: str) -> None:
    pages = reservation_pages.pages()
    assert f"](../zh-hant/{path}){{ lang=zh-Hant hreflang=zh-Hant }}" in pages[path]
    assert f"](../../{path}){{ lang=en hreflang=en }}" in pages[f"zh-hant/{path}"]


def test_refusals_say_in_chinese_what_people_are_told() -> None:
    page = reservation_pages.pages()["zh-hant/reservation/codes.md"]
    for code, help_ in CODES.items():
        told = describe_refusal(Rejected(code), "zh-Hant")
        assert f"| `{code}` | {told} | {'是' if help_.retry else ''} |" in page


def test_a_text_that_is_reworded_has_no_translation() -> None:
    words = reservation_pages.Words("zh-Hant")
    assert words.say("The slot") == "時段"
    with pytest.raises(KeyError, match="A slot"):
        words.say("A slot")
    with pytest.raises(KeyError):
        words.what(test_a_text_that_is_reworded_has_no_translation)


def test_no_translation_is_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[tuple[str, str]] = set()
    known = reservation_pages.chinese()

    class Section(dict[str, str]):
        def __init__(self, name: str) -> None:
            super().__init__(known[name])
            self.name = name

        def __getitem__(self, english: str) -> str:
            asked.add((self.name, english))
            return super().__getitem__(english)

    monkeypatch.setattr(reservation_pages, "chinese", lambda: {it: Section(it) for it in known})
    reservation_pages.pages()
    assert asked == {(name, english) for name in known for english in known[name]}


@pytest.mark.parametrize(
    "text", [it for each in reservation_pages.chinese().values() for it in each.values()]
)
def test_a_translation_is_written_as_in_taiwan(text: str) -> None:
    plain = re.sub(r"`[^`]*`|\]\([^)]*\)|\{\w+\}", "", text)
    assert not re.search(r"[,;:?!()]", plain)
    assert not re.search("[这们说时约种证间关开号无对请为从发点进还没过后]", plain)


def test_every_public_name_is_there() -> None:
    for room in (reservation, slots):
        assert [name for name in room.__all__ if not hasattr(room, name)] == []
