"""A released policy never changes: its digest is in a list, which is empty until version 1.0.0."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

import vaxpolicy
from tools import release
from tools.release import LIST, faults, frozen, main, read, write
from vaxpolicy.record import PolicyDigest, compute_digests

if TYPE_CHECKING:
    from pathlib import Path

ONE = PolicyDigest("a/policy", "1.0.0", None, "1" * 64)
EARLIER = PolicyDigest("a/policy", "1.0.0", date(2026, 1, 2), "2" * 64)
NEXT = PolicyDigest("a/policy", "1.1.0", None, "3" * 64)
CHANGED = PolicyDigest("a/policy", "1.0.0", None, "4" * 64)
RELEASED = frozen({}, (ONE, EARLIER), "1.0.0")


def test_every_released_policy_is_there_with_its_digest() -> None:
    released = read(LIST.read_text("utf-8"))
    assert faults(released, compute_digests()) == []
    assert write(released) == LIST.read_text("utf-8")


def test_nothing_is_released_before_version_1() -> None:
    assert vaxpolicy.__version__.startswith("0.") is (read(LIST.read_text("utf-8")) == {})


def test_a_list_is_read_as_it_was_written() -> None:
    assert read(write(RELEASED)) == RELEASED
    assert RELEASED["a/policy", "1.0.0", "2026-01-02"] == ("2" * 64, "1.0.0")


def test_a_changed_policy_and_one_that_is_gone_are_named() -> None:
    assert faults(RELEASED, (NEXT, EARLIER, ONE)) == []
    assert faults(RELEASED, (CHANGED,)) == [
        "a/policy 1.0.0 has changed since 1.0.0: give it a new version",
        "a/policy 1.0.0 as of 2026-01-02 is gone; 1.0.0 released it",
    ]


def test_a_release_adds_its_policies_and_keeps_what_others_brought() -> None:
    later = frozen(RELEASED, (ONE, EARLIER, NEXT), "1.1.0")
    assert [since for _, since in later.values()].count("1.0.0") == 2
    assert later["a/policy", "1.1.0", ""] == ("3" * 64, "1.1.0")
    with pytest.raises(ValueError, match="has changed since"):
        frozen(RELEASED, (CHANGED, EARLIER), "1.1.0")
    with pytest.raises(ValueError, match="corrected in place until"):
        frozen({}, (ONE,), "0.9.0")


def test_the_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(release, "LIST", tmp_path / "released.toml")
    monkeypatch.setattr(release, "compute_digests", lambda: (ONE, EARLIER))
    release.LIST.write_text(write({}))
    monkeypatch.setattr(vaxpolicy, "__version__", "0.9.0")
    assert main(["freeze"]) == 1
    monkeypatch.setattr(vaxpolicy, "__version__", "1.0.0")
    assert main(["freeze"]) == main(["check"]) == 0
    monkeypatch.setattr(release, "compute_digests", lambda: (CHANGED, EARLIER))
    assert main(["check"]) == 1
    assert "has changed since 1.0.0" in capsys.readouterr().out
