"""The hand-written Chinese pages: each says what its English page says, and falls behind none."""

import re
import shutil
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify  # type: ignore[import-untyped]  # it has none

from tools.site import zh_pages

DOCS = Path(__file__).parents[2] / "docs"

NAMES = zh_pages.names()
TABLE = "identity/check-digit.md"
PAGE = "identity/passport.md"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """The pairs of pages, to be changed."""
    for root in ("", "zh-hant/"):
        shutil.copytree(DOCS / f"{root}identity", tmp_path / f"{root}identity")
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_what_has_to_be_the_same(name: str) -> None:
    assert zh_pages.differences(name) == []


def test_no_english_page_has_changed_since_it_was_translated() -> None:
    assert zh_pages.stale() == [], (
        "mend the Chinese page, then: python -m tools.site.zh_pages --accept PAGE"
    )
    assert len(NAMES) == len(list((DOCS / "identity").glob("*.md"))) > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_page_leads_to_its_twin_and_back(name: str) -> None:
    there, back = f"](../zh-hant/{name}){{ lang=zh-Hant", f"](../../{name}){{ lang=en "
    assert there in (DOCS / name).read_text("utf-8").splitlines()[2]
    assert back in (DOCS / "zh-hant" / name).read_text("utf-8").splitlines()[2]


@pytest.mark.parametrize("name", NAMES)
def test_a_chinese_page_is_written_as_in_taiwan(name: str) -> None:
    text = (DOCS / "zh-hant" / name).read_text("utf-8")
    text = re.sub(r"<!--.*?-->", "", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|\{[^}]*\}|^\[English.*$", "", text, flags=re.MULTILINE)
    assert not re.search("[这们说时约种证间关开号无对请为从发点进还没过后]", text)
    assert not re.search(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]", text)
    assert not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", text)  # English words in a row


@pytest.mark.parametrize("name", NAMES)
def test_headings_have_the_anchors_that_mkdocs_gives_them(name: str) -> None:
    text = re.sub(r"```.*?```", "", (DOCS / name).read_text("utf-8"), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    assert [zh_pages.slug(it) for it in titles] == [slugify(it, "-") for it in titles]
    assert titles


@pytest.mark.parametrize(
    ("name", "old", "new", "kind"),
    [
        (PAGE, "{ #layout }", "{ #lay-out }", "headings"),
        (PAGE, "## 檢查碼", "### 檢查碼", "headings"),
        (PAGE, "| 權數 | 7 | 3 |", "| 權數 | 7 | 8 |", "table rows"),
        (PAGE, "| 權數 | 7 | 3 |", "| 權數 | 7 3 |", "table rows"),
        (PAGE, "- 各國", "各國", "list items"),
        (PAGE, "= 316：", "= 317：", "numbers lost"),
        (PAGE, "issues/33", "issues/34", "links"),
        (
            PAGE,
            "vaxpolicy.numbers.documents.PassportNumber",
            "vaxpolicy.numbers.documents.Number",
            "links",
        ),
        (PAGE, "`unusual-shape`", "不尋常", "code"),
        (PAGE, '== "6"', '== "7"', "fenced code"),
        (TABLE, "606／650", "605／650", "table rows"),
        (TABLE, "<!-- computed -->\n", "", "comments"),
        (TABLE, "(index.md#from", "(ui-number.md#from", "links"),
        ("identity/index.md", "2021年7月29日", "2021年7月30日", "dates"),
        ("identity/libraries.md", "是[^ui]", "是", "footnotes"),
    ],
)
def test_what_a_translation_loses_or_changes_is_found(
    docs: Path, name: str, old: str, new: str, kind: str
) -> None:
    change(docs / "zh-hant" / name, old, new)
    assert kind in {it.partition(":")[0] for it in zh_pages.differences(name, docs)}
    with pytest.raises(ValueError, match=f"^{name}: .*{kind}"):
        zh_pages.accept(name, docs)


def test_a_number_may_be_a_word_in_english_alone() -> None:
    assert zh_pages.lost_numbers("twelve digits", "12位數字") == {}
    assert zh_pages.lost_numbers("12 digits, 1,000 cards", "十二位數字、1000張卡") == {"12": 1}


def test_dates_are_the_same_however_they_are_written() -> None:
    written = ("on 29 July 2021", "2021年7月29日", "2021-07-29")
    found = [zh_pages.facts(text, "x.md")["dates"] for text in written]
    assert found == [{(2021, 7, 29): 1}] * 3


def test_a_changed_english_page_is_told_until_its_translation_is_accepted(
    docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert zh_pages.main([], docs) == 0
    assert capsys.readouterr().out == ""
    change(docs / PAGE, "The document number", "The number")
    assert zh_pages.main([], docs) == 1
    assert capsys.readouterr().out == f"{PAGE}: changed since it was translated\n"
    assert zh_pages.stale(docs) == [PAGE]
    assert zh_pages.main(["--accept", PAGE], docs) == 0
    text = (docs / "zh-hant" / PAGE).read_text("utf-8")
    assert len(zh_pages.STAMPED.findall(text)) == 1
    assert text.endswith(f"。\n\n{zh_pages.stamp(PAGE, docs)}\n")


def test_a_page_without_its_digest_is_stale(docs: Path) -> None:
    change(docs / "zh-hant" / PAGE, zh_pages.stamp(PAGE, docs), "")
    assert zh_pages.stale(docs) == [PAGE]


def test_a_page_without_its_twin_is_told(docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (docs / "zh-hant" / PAGE).unlink()
    (docs / TABLE).unlink()
    assert zh_pages.main([], docs) == 1
    assert capsys.readouterr().out == f"{TABLE}: no English page\n{PAGE}: no Chinese page\n"
