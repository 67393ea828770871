"""Documents that cannot go stale: their Python runs, and no module lacks its reference page.

That links, anchors and the navigation hold is `mkdocs build --strict`'s business.
"""

import doctest
import pkgutil
import re
import shlex
from pathlib import Path

import pytest
from attrs import frozen

import vaxpolicy
from tests.helpers import run as run_app
from tools.site import hooks

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"(?P<no_run>^[ ]*<!-- no-run -->\n\s*)?"
    r"^(?P<indent>[ ]*)```[ ]*(?:python3?|py|pycon)\b[^\n]*\n(?P<code>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
MOST_NOT_RUN = 3


@frozen
class Block:
    """A fenced Python block of a page."""

    line: int
    code: str
    runs: bool


def blocks(text: str) -> list[Block]:
    return [
        Block(
            line=text.count("\n", 0, found.start("code")),
            code=re.sub(rf"^{found['indent']}", "", found["code"], flags=re.MULTILINE),
            runs=found["no_run"] is None,
        )
        for found in FENCE.finditer(text)
    ]


def run(name: str, page: list[Block]) -> None:
    """Run the blocks of one page in one namespace, as a reader would type them."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in page:
        if not block.runs:
            continue
        if ">>>" in block.code:
            test = doctest.DocTestParser().get_doctest(
                block.code, namespace, name, name, block.line
            )
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            runner.run(test, clear_globs=False)
            assert runner.failures == 0
            namespace = test.globs
        else:
            code = compile("\n" * block.line + block.code, name, "exec")
            exec(code, namespace)  # noqa: S102 - our own pages


def pages_with_python() -> list[Path]:
    return [path for path in PAGES if blocks(path.read_text(encoding="utf-8"))]


def test_blocks_are_found_with_their_marks_and_lines() -> None:
    text = (
        "intro\n\n```python\nx = 1\n```\n\n    ```py title='t'\n    y = x\n    ```\n"
        "<!-- no-run -->\n```python\n1 / 0\n```\n\n```sh\nls\n```\n"
    )
    assert blocks(text) == [
        Block(line=3, code="x = 1\n", runs=True),
        Block(line=7, code="y = x\n", runs=True),
        Block(line=11, code="1 / 0\n", runs=False),
    ]
    run("intro", blocks(text))


@pytest.mark.parametrize("code", ["1 / 0\n", "x = 1\nassert x == 2\n", ">>> 1 + 1\n3\n"])
def test_a_block_that_is_wrong_fails(code: str) -> None:
    with pytest.raises((ZeroDivisionError, AssertionError)):
        run("page", [Block(line=0, code=code, runs=True)])


def test_blocks_of_a_page_share_their_names() -> None:
    lines = ["x = 1\n", ">>> y = x + 1\n>>> y\n2\n", "assert y == 2\n"]
    run("page", [Block(line=0, code=code, runs=True) for code in lines])


@pytest.mark.parametrize(
    "path", pages_with_python(), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_the_python_on_the_page_runs(path: Path) -> None:
    run(path.relative_to(ROOT).as_posix(), blocks(path.read_text(encoding="utf-8")))


SHELL = re.compile(r"^[ ]*```sh\n(?P<code>.*?)^[ ]*```[ ]*$", re.MULTILINE | re.DOTALL)
LEFT_TO_OTHERS = re.compile(r"records\.jsonl|june\.jsonl|policy lint$")
"""Files that a reader has, and a run that takes long: the examples in the help have them as well."""


def shell_commands(text: str) -> list[str]:
    """The command lines of vaxpolicy in the sh blocks of a page, each in one line."""
    code = "".join(found["code"] for found in SHELL.finditer(text)).replace("\\\n", " ")
    lines = [line.strip() for line in code.splitlines()]
    return [
        line for line in lines if line.startswith("vaxpolicy ") and not LEFT_TO_OTHERS.search(line)
    ]


def pages_with_commands() -> list[Path]:
    return [path for path in PAGES if shell_commands(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    "path", pages_with_commands(), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_the_commands_on_the_page_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    for line in shell_commands(path.read_text(encoding="utf-8")):
        command, _, written = line.replace("$WHO", "ab" * 32).partition(" > ")
        result = run_app(*shlex.split(command)[1:])
        assert result.exit_code in {0, 1, 3}, f"{line}: {result.output}"
        assert result.stdout, line
        if written:
            (tmp_path / written).write_text(result.stdout, encoding="utf-8")


def test_few_blocks_are_left_out() -> None:
    left_out = [
        block
        for path in pages_with_python()
        for block in blocks(path.read_text(encoding="utf-8"))
        if not block.runs
    ]
    assert len(left_out) <= MOST_NOT_RUN


@pytest.mark.parametrize(
    "name",
    [
        found.name
        for found in pkgutil.iter_modules(vaxpolicy.__path__)
        if not found.name.startswith("_")
    ],
)
def test_every_room_has_its_reference_page(name: str) -> None:
    pages = (ROOT / "docs/reference").rglob("*.md")
    directive = re.compile(rf"^::: vaxpolicy\.{name}\b", re.MULTILINE)
    assert any(directive.search(page.read_text(encoding="utf-8")) for page in pages)


def test_every_command_has_a_page_with_its_help() -> None:
    rows = list(hooks.commands(ROOT / "docs"))
    assert (
        "| [`vaxpolicy record verify`](records.md#vaxpolicy-record-verify){ #vaxpolicy-record-verify } | "
        "Run recorded decisions again and show the differences. |"
    ) in rows
    helped = "\n".join(hooks.helps_of(["record"]))
    assert re.findall("^## (.*)$", helped, re.MULTILINE) == [
        f"vaxpolicy record{below}" for below in ("", " make", " verify")
    ]
    page = (ROOT / "docs/reference/cli/index.md").read_text("utf-8")
    assert hooks.COMMANDS in page
