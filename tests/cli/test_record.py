"""`vaxpolicy record` makes records that it verifies, and says in words and JSON what differs."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)

from tests.helpers import run as run_app
from tests.keys import write_key
from vaxpolicy.record import read

if TYPE_CHECKING:
    from pathlib import Path

WHO = "ab" * 32
ROUND_19 = ("-p", "tw/covid19-1922/round-19", "--at", "2022-01-15T14:00", "--subject", WHO)
ADULT = ("--born", "1990-01-01", "--dose", "AZ@2021-07-01", "--dose", "AZ@2021-10-28")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


run = partial(run_app, "record")


def append(file: Path, *words: object) -> None:
    result = run("make", *words)
    assert result.exit_code == 0, result.stderr
    with file.open("ab") as records:
        records.write(result.stdout_bytes)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three records in a chain."""
    path = tmp_path / "records.jsonl"
    append(path, *ROUND_19, *ADULT)
    append(path, *ROUND_19, "--born", "2010-01-01", "--no-doses", "--follows", path)
    append(path, *ROUND_19, "--follows", path)
    return path


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return write_key(KEY, tmp_path)


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def said(*words: object) -> Any:
    return json.loads(run("verify", *words, "--json").stdout)


def test_records_are_appended_to_a_chain_that_verifies(file: Path) -> None:
    found = [read(line.removesuffix(b"\n")) for line in lines(file)]
    assert [it.predecessor for it in found] == [None, found[0].digest, found[1].digest]
    assert [it.decision.outcome.value for it in found] == ["eligible", "ineligible", "undetermined"]
    assert found[0].instant.isoformat() == "2022-01-15T14:00:00+08:00"
    result = run("verify", file, "--head", found[-1].digest)
    assert (result.exit_code, result.stdout) == (0, "decision records: 3; with differences: 0\n")


def test_an_altered_record_is_named_by_file_and_line(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"2010-01-01", b"1910-01-01"))
    result = run("verify", file)
    assert result.exit_code == 1
    assert f"{file}:2: facts was altered" in result.stdout
    assert "decision records: 3; with differences: 1" in result.stdout
    (altered, *_) = said(file)["differences"]
    assert altered["where"] == f"{file}:2"
    assert (altered["code"], altered["at"], altered["position"]) == ("altered", "facts", 1)
    assert altered["text"].startswith("facts was altered")


def test_a_line_that_was_taken_out_is_missed(file: Path) -> None:
    first, second, third = lines(file)
    head = json.loads(third)["digest"]
    file.write_bytes(first + third)
    (difference,) = said(file)["differences"]
    assert difference["code"] == "predecessor-missing"
    assert difference["recorded"] == json.loads(second)["digest"]
    file.write_bytes(first + second)
    assert run("verify", file).exit_code == 0
    result = run("verify", file, "--head", head)
    assert result.exit_code == 1
    assert "the chain: The end of the chain is missing" in result.stdout
    assert said(file, "--head", head)["differences"][0]["where"] is None


@pytest.mark.parametrize("option", ["--head", "--after"])
@pytest.mark.parametrize("digest", ["A123456789", "", "nothing"])
def test_what_is_no_digest_is_a_wrong_call(file: Path, option: str, digest: str) -> None:
    result = run("verify", file, option, digest)
    assert result.exit_code == 2
    assert f"'{option}': digest: expected 64 lower-case hex digits" in result.stderr


def test_a_chain_may_go_over_several_files(file: Path, tmp_path: Path) -> None:
    first, second, third = lines(file)
    file.write_bytes(first)
    later = tmp_path / "later.jsonl"
    later.write_bytes(second + third)
    assert run("verify", file, later).exit_code == 0
    assert run("verify", later).exit_code == 1
    assert run("verify", later, "--after", json.loads(first)["digest"]).exit_code == 0


def test_records_without_links_are_looked_at_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    append(path, *ROUND_19, *ADULT)
    append(path, *ROUND_19)
    assert said(path) == {"records": 2, "differences": []}
    path.write_bytes(path.read_bytes() + b"{}\n")
    assert {it["position"] for it in said(path)["differences"]} == {2}


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it[:-1],
        lambda it: it + b"\n",
        lambda it: it.replace(b"\n", b"\r\n"),
        lambda it: b"\n" + it,
    ],
)
def test_line_ends_are_part_of_the_file(file: Path, change: Any) -> None:
    file.write_bytes(change(file.read_bytes()))
    assert run("verify", file).exit_code == 1


def test_an_empty_file_holds_no_record_and_can_be_followed(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"")
    verified = run("verify", path)
    assert (verified.exit_code, "no record in" in verified.stderr) == (2, True)
    assert run("make", *ROUND_19, "--follows", path).exit_code == 0


def test_signatures_are_made_and_asked_for_with_keys_in_files(
    keys: tuple[Path, Path], tmp_path: Path
) -> None:
    private, public = keys
    path = tmp_path / "records.jsonl"
    append(path, *ROUND_19, "--sign-with", private)
    assert run("verify", path, "--public-key", public).exit_code == 0
    path.write_bytes(b"")
    append(path, *ROUND_19)
    assert [it["code"] for it in said(path, "--public-key", public)["differences"]] == [
        "not-signed"
    ]


def test_a_key_of_another_kind_is_a_wrong_call(keys: tuple[Path, Path], file: Path) -> None:
    private, public = keys
    assert "expected an Ed25519 key" in run("verify", file, "--public-key", other(public)).stderr
    assert run("verify", file, "--public-key", private).exit_code == 2
    assert run("make", *ROUND_19, "--sign-with", public).exit_code == 2


def other(public: Path) -> Path:
    key = X25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
    path = public.with_name("other.pem")
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def test_without_the_extra_a_key_says_what_to_install(
    keys: tuple[Path, Path], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    result = run("verify", file, "--public-key", keys[1])
    assert result.exit_code == 2
    assert "--public-key needs: pip install 'vaxpolicy[records]'" in result.stderr
    assert run("verify", file).exit_code == 0


def test_policies_of_ones_own_are_given(tmp_path: Path) -> None:
    policy, path = tmp_path / "own.toml", tmp_path / "records.jsonl"
    policy.write_text(
        """
id = "own/one"
version = "1"
announced = 2021-01-01
disease = "covid19"
notification = "none"
sources.s = { publisher = "x", url = "x", checked = 2021-01-01, support = "official" }
[[stages]]
id = "base"
vaccination_days = { first = 2022-01-01, last = 2022-01-31 }
[[stages.rules]]
id = "a"
dose = 3
vaccines = ["AZ"]
cites = ["s"]
""",
        encoding="utf-8",
    )
    append(path, "-p", policy, *ROUND_19[2:], *ADULT)
    assert run("verify", path, "--policy", policy).exit_code == 0
    assert [it["code"] for it in said(path)["differences"]] == ["policy-unknown"]


def test_the_person_may_come_from_a_file(tmp_path: Path) -> None:
    person = tmp_path / "person.json"
    person.write_text(json.dumps({"key": WHO, "birth_date": "1990"}), encoding="utf-8")
    made = run("make", *ROUND_19[:4], "--person", person, "--no-doses")
    found = read(made.stdout.removesuffix("\n"))
    assert found.subject == WHO
    assert json.loads(made.stdout)["facts"] == {"birth_date": "1990", "doses": []}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (ROUND_19[:4], "expected a keyed pseudonym"),
        ((*ROUND_19[:4], "--subject", "A123456789"), "expected a pseudonym, code or name"),
        (ROUND_19[2:], "Missing option '--policy'"),
        (ROUND_19[:2], "Missing option '--at'"),
        (("-p", "nowhere", *ROUND_19[2:]), "no bundled policy"),
        ((*ROUND_19, "--follows", "nowhere.jsonl"), "does not exist"),
    ],
)
def test_a_wrong_call_says_what_was_expected(words: tuple[str, ...], problem: str) -> None:
    result = run("make", *words)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert "A123456789" not in result.stderr


def test_what_is_no_record_cannot_be_followed(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"{}\n")
    result = run("make", *ROUND_19, "--follows", path)
    assert result.exit_code == 2
    assert "the last line is not a record" in result.stderr
