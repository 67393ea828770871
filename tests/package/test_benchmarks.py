"""How the benchmarks are put together; the runs themselves are `python -m benchmarks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import __main__ as suite
from tools.reports import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SAID = """CPython 3.11
| what | ratio |
|---|---:|
| a | 1.00 |

bare check: 8 times
  ## Others
| other |
|---|

| another |
|---|
"""


def test_tables_and_other_lines_stay_in_their_order() -> None:
    assert suite.blocks(SAID) == [
        ["CPython 3.11"],
        ["| what | ratio |", "|---|---:|", "| a | 1.00 |"],
        ["bare check: 8 times"],
        ["## Others"],
        ["| other |", "|---|"],
        ["| another |", "|---|"],
    ]


def test_every_benchmark_has_a_script() -> None:
    for it in suite.BENCHMARKS.values():
        assert (ROOT / "benchmarks" / f"{it.script}.py").is_file()


def test_a_run_at_the_smallest_size_is_printed_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suite, "RESULTS", tmp_path / "results.json")
    assert suite.main(["--tiny", "import"]) == 0
    assert "| `import attrs, cattrs` |" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_what_was_measured_is_kept_and_the_page_has_a_section_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results, page = tmp_path / "results.json", tmp_path / "page.md"
    page.write_text("# Benchmarks\n")
    monkeypatch.setattr(suite, "RESULTS", results)
    monkeypatch.setattr(suite, "PAGE", page)

    def measured(name: str, **_: bool) -> dict[str, Any]:
        if name == "desk":
            raise RuntimeError("desk: no database")
        said = [["## Both"], ["| a | b |", "|---|---|"], ["met"]]
        told = {"said": said, "machine": "a machine"}
        more = {"command": "python", "day": "2026-11-28", "commit": "abc1234"}
        return {**told, **more, "versions": "click 8" if name == "command-line" else ""}

    monkeypatch.setattr(suite, "measure", measured)
    assert suite.main(["command-line", "wire", "desk"]) == 1
    assert "no database" in capsys.readouterr().out
    assert set(suite.read_results()) == {"command-line", "wire"}
    text = page.read_text()
    assert text.count("\n## ") == len(suite.BENCHMARKS)
    assert (
        "### Both\n\n| a | b |\n|---|---|\n\nmet\n\n2026-11-28, commit `abc1234`, `python`; a machine; click 8."
        in text
    )
    assert suite.main(["--page"]) == 0
    assert page.read_text() == text


def test_a_benchmark_that_prints_no_table_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = suite.Benchmark("nothing", "no_such_script")
    monkeypatch.setattr(suite, "BENCHMARKS", {"broken": broken})
    with pytest.raises(RuntimeError, match="broken: "):
        suite.measure("broken", tiny=True)
    with pytest.raises(SystemExit):
        suite.main(["unknown"])


def test_a_package_that_is_not_here_is_said_to_be_pinned() -> None:
    assert suite.versions(["no-such-package"]) == "no-such-package as pinned in benchmarks/"
