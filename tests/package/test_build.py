"""What the step `wheel` notices: stray and missing files, another tag, a README that says too much."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

import vaxpolicy
from tools import build, check_readme
from tools.build import ADDED_TO_SDIST, ADDED_TO_WHEEL, faults, tracked

TRACKED = frozenset({"README.md", "src/a/__init__.py", "src/a/py.typed", "tests/test_a.py"})
ADDED = frozenset(f"a-1.0.dist-info/{it}" for it in ADDED_TO_WHEEL)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    return Found(tmp_path)


class Found:
    """Says what is found in an sdist and a wheel with these files."""

    def __init__(self, folder: Path) -> None:
        self.sdist, self.wheel = folder / "a-1.0.tar.gz", folder / "a-1.0-py3-none-any.whl"

    def __call__(self, in_sdist: frozenset[str], in_wheel: frozenset[str]) -> list[str]:
        with tarfile.open(self.sdist, "w:gz") as packed:
            for name in in_sdist:
                packed.addfile(tarfile.TarInfo(f"a-1.0/{name}"), io.BytesIO())
        with ZipFile(self.wheel, "w") as zipped:
            for name in in_wheel:
                zipped.writestr(name, "")
        return list(faults(self.sdist, self.wheel, TRACKED))


SDIST = TRACKED | ADDED_TO_SDIST
WHEEL = frozenset({"a/__init__.py", "a/py.typed"}) | ADDED


def test_the_files_that_git_tracks_are_what_is_wanted(found: Found) -> None:
    assert found(SDIST, WHEEL) == []


def test_a_stray_file_is_noticed(found: Found) -> None:
    said = found(SDIST | {"tests/data/leftover.sqlite"}, WHEEL | {"a/notes.txt", "top.pth"})
    assert said == [
        "the sdist has tests/data/leftover.sqlite, which git does not track",
        "the wheel has a/notes.txt, which git does not track",
        "the wheel has top.pth, which git does not track",
    ]


def test_a_missing_file_is_noticed(found: Found) -> None:
    said = found(SDIST - {"tests/test_a.py"}, WHEEL - {"a/py.typed", "a-1.0.dist-info/RECORD"})
    assert said == [
        "the sdist lacks tests/test_a.py",
        "the wheel lacks a-1.0.dist-info/RECORD",
        "the wheel lacks a/py.typed",
    ]


def test_what_git_tracks_has_no_file_that_was_left_over(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("")
    (tmp_path / "left.txt").write_text("")
    for command in (["init", "-q"], ["add", "kept.txt"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)  # noqa: S603, S607 - our own
    assert tracked(tmp_path) == {"kept.txt"}


def test_another_tag_and_a_folder_with_files_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build.main([str(tmp_path / "dist"), "--tag", "v0.0.0"]) == 1
    assert "the tag is v0.0.0" in capsys.readouterr().out
    assert not (tmp_path / "dist").exists()
    (tmp_path / "there").write_text("")
    assert build.main([str(tmp_path), "--tag", f"v{vaxpolicy.__version__}"]) == 1
    assert "is not empty" in capsys.readouterr().out


def test_a_release_is_built_with_the_versions_that_the_checks_use() -> None:
    dev, own = (
        {line for line in (ROOT / "requirements" / name).read_text("utf-8").splitlines() if line}
        for name in ("dev.txt", "build.txt")
    )
    assert own <= dev
    assert any(line.startswith("hatchling==") for line in own)


def test_each_command_of_the_readme_is_known() -> None:
    calls, others = check_readme.commands((ROOT / "README.md").read_text("utf-8"))
    assert [it.split()[1] for it in calls] == ["check", "demo", "check"]
    assert others == []
    assert check_readme.commands("```sh\nvaxpolicy a \\\n    b\nrm x\n```\n") == (
        ["vaxpolicy a      b"],
        ["rm x"],
    )


def test_a_readme_that_promises_something_else_is_noticed() -> None:
    program = "```python\nprint('eligible DaySet(2022-01-20..2022-01-23)')  # {}\n```\n"
    text = program.format("eligible DaySet(2022-01-20..2022-01-24)")
    said = check_readme.problems(f"{text}```sh\nrm x\n```\n")
    assert said[0] == "not known how to run: rm x"
    assert "calls of check and demo" in said[1]
    assert said[2].startswith("exit code 0: print(")
    assert check_readme.in_words("eligible DaySet(2022-01-20..2022-01-24)") == [
        "\n  eligible\n",
        " 20 January 2022",
        " 24 January 2022",
    ]
