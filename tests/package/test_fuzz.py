"""The targets of the fuzzer on their seeds, and what runs them; atheris itself runs in `nox -s fuzz`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tools import fuzz
from tools.fuzz import Place, Tally, limit, main, read_tally, try_once, words_of
from tools.fuzz_targets import ROOT, TARGETS, Finding, Refused, Target
from vaxpolicy._values import looks_like_a_number

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found_on_the_seeds_and_some_of_them_are_read(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())
    few = [*seeds[:: len(seeds) // 40 + 1], *seeds[-10:]]
    assert None in [target.check(seed) for seed in few]


def test_the_corpus_is_small_and_holds_nothing_like_a_number_of_a_person() -> None:
    files = sorted((ROOT / "tests/data/corpus").iterdir())
    assert {it.stem for it in files} <= set(TARGETS)
    assert sum(it.stat().st_size for it in files) < 30_000
    for file in files:
        kept = [bytes.fromhex(it) for it in json.loads(file.read_text("ascii"))]
        assert set(kept) <= set(TARGETS[file.stem].seeds())
        for data in kept:
            TARGETS[file.stem].check(data)
            assert not looks_like_a_number(data.decode("utf-8", "replace"))
            assert not re.search(rb"[0-9]{6}", data)


def target_that(read: Any, *errors: type[Exception], **more: Any) -> Target:
    return Target("made-up", read, errors, list, **more)


def fails(error: Exception) -> Any:
    def read(_: bytes) -> object:
        raise error

    return read


NUMBER = b"A123456789"


def test_an_error_that_is_not_documented_is_a_finding() -> None:
    with pytest.raises(Finding, match="KeyError in the target"):
        target_that(fails(KeyError("x")), OSError).check(b"")


def test_an_error_that_repeats_a_number_is_a_finding() -> None:
    for error in (ValueError(NUMBER.decode()), ValueError("found 0912345678")):
        target = target_that(fails(error), ValueError)
        with pytest.raises(Finding, match="a number is repeated"):
            target.check(NUMBER + b" 0912345678")
        assert isinstance(target.check(b"another text"), Refused)
        public = target_that(fails(error), ValueError, hides_numbers=False)
        assert isinstance(public.check(NUMBER), Refused)


def test_a_number_in_the_error_that_led_to_another_is_a_finding() -> None:
    def read(data: bytes) -> object:
        try:
            return dict[str, object]()[data.decode()]
        except KeyError as error:
            raise ValueError("refused") from (error if data[-1:] == b"!" else None)

    assert isinstance(target_that(read, ValueError).check(NUMBER), Refused)
    with pytest.raises(Finding, match="a number is repeated"):
        target_that(read, ValueError).check(NUMBER + b"!")


def test_a_value_that_shows_a_number_is_a_finding() -> None:
    with pytest.raises(Finding, match="the text of a value"):
        target_that(bytes.decode).check(NUMBER)
    assert target_that(len).check(NUMBER) is None


def test_a_run_counts_and_keeps_each_finding_once() -> None:
    tally = Tally("made-up")
    bad = target_that(fails(KeyError("x")))
    assert try_once(bad, b"1", tally) == "KeyError in the target"
    assert try_once(bad, b"2", tally) is None
    assert try_once(target_that(fails(OSError()), OSError), b"3", tally) is None
    assert (tally.executions, tally.refused) == (3, 1)
    assert tally.findings == {"KeyError in the target": "31"}


def test_an_input_that_takes_longer_than_its_size_allows_is_a_finding() -> None:
    times = iter([0.0, limit(3) + 0.1, 0.0, limit(3)])
    tally = Tally("made-up")
    for _ in range(2):
        try_once(target_that(len), b"abc", tally, clock=lambda: next(times))
    assert tally.findings == {"takes too long": b"abc".hex()}


def test_the_words_of_the_seeds_are_the_dictionary() -> None:
    assert words_of([b'{"birth_date": 5}', b"x = birth_date"]) == '"birth_date"\n'


def test_a_process_that_died_is_a_finding(tmp_path: Path) -> None:
    place = Place(tmp_path, "policy")
    died = read_tally(place, 77, b"x\n==1== ERROR: libFuzzer: out-of-memory\nmore")
    assert list(died.findings) == [
        "the process ended with 77: ==1== ERROR: libFuzzer: out-of-memory"
    ]
    place.tally.write_text(json.dumps({"target": "policy", "executions": 12}))
    (place.corpus / "one").write_bytes(b"")
    ended = read_tally(place, 0, b"")
    assert (ended.executions, ended.corpus, ended.findings) == (12, 1, {})


def test_the_last_run_of_each_target_is_a_line_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n")
    monkeypatch.setattr(fuzz, "PAGE", page)
    monkeypatch.setattr(fuzz, "RESULTS", tmp_path / "fuzz.json")
    monkeypatch.setattr(fuzz, "commit", lambda: "abc1234")
    monkeypatch.setattr(fuzz, "today", lambda: "2026-11-28")
    made = iter([[Tally("policy", 12345, 5, 7)], [Tally("wire", 9, 8, 7, {"a fault": "00"})]])
    monkeypatch.setattr(fuzz, "run", lambda *_: next(made))
    assert main(["--page", "--seconds", "120", "policy"]) == 0
    assert main(["--page", "--seconds", "60", "wire"]) == 1
    said = capsys.readouterr().out
    assert "| policy | 12,345 | 5 | 7 | 0 |" in said
    assert "wire: a fault; the input begins with 00" in said
    text = page.read_text()
    assert text.startswith("# Page\n")
    assert "All targets together had 3 minutes" in text
    assert "| `policy` | 120 | 12,345 | 5 | 7 | 0 | 2026-11-28 | `abc1234` |" in text
    assert "| `wire` | 60 | 9 | 8 | 7 | 1 | 2026-11-28 | `abc1234` |" in text
    assert "| `person` | not run |" in text


def test_the_page_names_every_target() -> None:
    page = fuzz.PAGE.read_text("utf-8")
    assert [name for name in TARGETS if f"`{name}`" not in page] == []


def test_a_target_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["polices"])
    assert "unknown: polices" in capsys.readouterr().err
