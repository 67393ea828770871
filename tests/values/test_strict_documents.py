"""Documents that a strict reader refuses or reads: TOML and JSON at their edges."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from vaxpolicy import catalog
from vaxpolicy._strict import (
    CODES,
    DEEPEST,
    ExpectedError,
    InvalidDocument,
    json_converter,
    problems_of,
    read_json,
    read_toml,
    structure,
)
from vaxpolicy._values import CODES as VALUE_CODES
from vaxpolicy._values import InvalidValue
from vaxpolicy.catalog.files import PolicyFileError
from vaxpolicy.eligibility import Person

if TYPE_CHECKING:
    from pathlib import Path

TOML: list[tuple[str, str | bytes, str]] = [
    ("bare carriage return in a comment", "a = 1 # x\rb = 2\n", "not-toml"),
    ("bare carriage return in a string", 'a = "x\ry"', "not-toml"),
    ("bare carriage return between lines", "a = 1\rb = 2", "not-toml"),
    ("Big5", 'title = "疫苗"'.encode("big5"), "not-utf-8"),
    ("UTF-16", "a = 1".encode("utf-16"), "not-utf-8"),
    ("half a pair", b'a = "\xed\xa0\x80"', "not-utf-8"),
    ("an escaped surrogate", 'a = "\\ud800"', "not-toml"),
    ("deep keys", "a" + ".a" * 64 + " = 1", "too-deep"),
    ("deep quoted keys", '"=,"' + '."#"' * 64 + " = 1", "too-deep"),
    ("deep headers", "[" + "a." * 64 + "a]", "too-deep"),
    ("deep inline", "a = { b = '.', " + "c . " * 64 + "c = 1 }", "too-deep"),
    ("deep arrays", "a = " + "[" * 5_000 + "]" * 5_000, "too-deep"),
    ("a long integer", "a = " + "9" * 5_000, "not-toml"),
    ("a key twice", "a = 1\na = 2", "not-toml"),
    ("a table twice", "[a]\n[a]", "not-toml"),
    ("month 13", "a = 2027-13-01", "not-a-date"),
    ("30 February", "a = 2027-02-30", "not-a-date"),
    ("a control character", 'a = "\x00"', "not-toml"),
    ("no value", "a =", "not-toml"),
    ("a dotted key over a value", "a = 1\na.b = 2", "not-toml"),
    ("an open string", 'a = "', "not-toml"),
    ("a leading zero", "a = 01", "not-toml"),
    ("two on a line", "a = 1 b = 2", "not-toml"),
]
JSON: list[tuple[str, str | bytes, str]] = [
    ("nothing", "", "not-json"),
    ("a comma at the end", "[1,]", "not-json"),
    ("single quotes", "{'a': 1}", "not-json"),
    ("a comment", "[1] // x", "not-json"),
    ("two documents", "[1][2]", "not-json"),
    ("a leading zero", "[01]", "not-json"),
    ("a plus sign", "[+1]", "not-json"),
    ("a hexadecimal number", "[0x1]", "not-json"),
    ("NaN", "[NaN]", "not-whole"),
    ("Infinity", "[-Infinity]", "not-whole"),
    ("an exponent", "[1e3]", "not-whole"),
    ("a huge exponent", "[1e400]", "not-whole"),
    ("a control character", '["\x01"]', "not-json"),
    ("a lone surrogate", '["\\udc00"]', "not-utf-8"),
    ("an overlong form", b'["\xc0\x80"]', "not-utf-8"),
    ("Latin-1", '["é"]'.encode("latin-1"), "not-utf-8"),
    ("a key twice", '{"a": 1, "a": 1}', "said-twice"),
    ("a key twice, once escaped", '{"a": 1, "\\u0061": 1}', "said-twice"),
    ("a long number", "9" * 21, "out-of-range"),
    ("deep arrays", "[" * 100_000, "too-deep"),
    ("deep objects", '{"a":' * 100_000, "too-deep"),
]


@pytest.mark.parametrize(("text", "code"), [it[1:] for it in TOML], ids=[it[0] for it in TOML])
def test_what_is_not_strict_toml_is_refused_with_a_code(text: str | bytes, code: str) -> None:
    with pytest.raises(InvalidDocument) as raised:
        read_toml(text)
    assert {it.code for it in raised.value.problems} == {code}
    with pytest.raises(PolicyFileError):
        catalog.parse_campaign(text)


@pytest.mark.parametrize(("text", "code"), [it[1:] for it in JSON], ids=[it[0] for it in JSON])
def test_what_is_not_strict_json_is_refused_with_a_code(text: str | bytes, code: str) -> None:
    with pytest.raises(InvalidDocument) as raised:
        read_json(text)
    assert [it.code for it in raised.value.problems] == [code]


@pytest.mark.parametrize(
    "value", [None, True, 0, -1, "", "\u0000", "😀", [], {}, {"": {"a": [1]}}, 10**19]
)
def test_strict_json_is_read(value: Any) -> None:
    assert read_json(json.dumps(value)) == value
    assert read_json(b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode()) == value
    assert DEEPEST > 3


def test_a_byte_order_mark_and_line_ends_of_windows_are_read_in_toml() -> None:
    assert read_toml(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n") == {"a": 1, "b": 2}


def test_no_code_of_a_reader_is_one_of_a_constructor() -> None:
    assert not set(CODES) & set(VALUE_CODES)


def test_an_expectation_reads_as_a_sentence() -> None:
    assert str(ExpectedError("a day", "not-a-day")) == "expected a day"


def test_whatever_a_converter_raises_is_a_problem_with_a_path_and_a_code() -> None:
    raised = [InvalidValue("blank", "key", "a text"), ValueError("an odd fault"), KeyError("x")]
    found = [next(problems_of(it, "$.here")) for it in raised]
    assert [(it.path, it.code) for it in found] == [
        ("$.here.key", "blank"),
        ("$.here", "invalid"),
        ("$.here", "missing"),
    ]


def test_an_array_where_a_table_belongs_is_named() -> None:
    with pytest.raises(InvalidDocument, match="a table, found an array"):
        structure(json_converter(), [], dict[str, int])


def test_dots_in_texts_and_comments_are_no_deep_key() -> None:
    dots = "." * 100
    text = f"# {dots}\na = '{dots}'\nb = \"{dots}\"\nc = '''\n{dots}'\n'''\nd = \"\"\"\n\\\"{dots}\"\"\""
    assert set(read_toml(text)) == {"a", "b", "c", "d"}
    assert read_toml("a" + ".a" * 63 + " = 1")


def test_a_refusal_names_a_thousand_problems_at_most() -> None:
    data: dict[str, Any] = {"doses": [{}] * 5_000}
    with pytest.raises(InvalidDocument) as raised:
        structure(json_converter(), data, Person)
    assert len(raised.value.problems) == 1_000
    assert {it.code for it in raised.value.problems} == {"missing"}


def test_of_a_file_that_is_too_large_only_the_beginning_is_read(tmp_path: Path) -> None:
    large = tmp_path / "large.toml"
    with large.open("wb") as file:
        file.truncate(6_000_000_000)
    with pytest.raises(PolicyFileError, match="at most 16000000 bytes"):
        catalog.load_file(large)
