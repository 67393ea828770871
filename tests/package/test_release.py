"""A released policy never changes: its digest is in a list, which is empty until version 1.0.0."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

import vaxpolicy
from tools import release
from tools.release import (
    LIST,
    faults,
    frozen,
    main,
    read,
    with_release,
    with_status,
    with_version,
    write,
)
from tools.reports import ROOT
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


def test_a_version_a_changelog_and_a_classifier_are_set() -> None:
    assert with_version('a = 1\n__version__ = "0.1.0.dev0"\n', "1.0.0").endswith('__ = "1.0.0"\n')
    with pytest.raises(ValueError, match=r"not the normal form of a version: 1\.0\.0"):
        with_version("", "v1.0.0")
    before = "# Changelog\n\n## Unreleased\n\n### Library\n\n- New.\n\n### Policies\n\n- One.\n"
    after = with_release(before, "1.0.0", "2026-12-01")
    assert after.startswith(
        "# Changelog\n\n## Unreleased\n\n## 1.0.0 - 2026-12-01\n\n### Library\n"
    )
    assert after.endswith("### Policies\n\n- One.\n")
    with pytest.raises(ValueError, match="no entry under Unreleased"):
        with_release(after, "1.0.1", "2026-12-02")
    with pytest.raises(ValueError, match=r"has 1\.0\.0 already"):
        with_release(after.replace("d\n\n", "d\n\n- More.\n\n", 1), "1.0.0", "2026-12-02")
    alpha = '  "Development Status :: 3 - Alpha",\n'
    assert with_status(alpha, "0.9.0") == alpha
    assert with_status(alpha, "1.0.0") == '  "Development Status :: 5 - Production/Stable",\n'


def test_the_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("src/vaxpolicy/__init__.py", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "CHANGELOG.md").write_text("## Unreleased\n\n### Library\n\n- New.\n")
    (tmp_path / "tests" / "package").mkdir(parents=True)
    promises = "import sys, vaxpolicy; print(sys.argv[1], vaxpolicy.__version__)"
    (tmp_path / "tests" / "package" / "promises.py").write_text(promises)
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "LIST", tmp_path / "released.toml")
    monkeypatch.setattr(release, "compute_digests", lambda: (ONE, EARLIER))
    release.LIST.write_text(write({}))
    assert main(["freeze", "0.9.0"]) == 1
    assert main(["start", "v1"]) == 1
    assert main(["start", "0.9.1.dev0"]) == 0
    assert main(["prepare", "1.0.0", "--day", "2026-12-01"]) == main(["check"]) == 0
    assert main(["prepare", "1.0.0"]) == 1
    assert '__version__ = "1.0.0"' in (tmp_path / "src/vaxpolicy/__init__.py").read_text()
    assert "## 1.0.0 - 2026-12-01\n" in (tmp_path / "CHANGELOG.md").read_text()
    assert "5 - Production/Stable" in (tmp_path / "pyproject.toml").read_text()
    monkeypatch.setattr(release, "compute_digests", lambda: (CHANGED, EARLIER))
    assert main(["check"]) == 1
    said = capsys.readouterr().out
    assert "2 states added" in said
    assert "has changed since 1.0.0" in said
