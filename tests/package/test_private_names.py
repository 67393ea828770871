"""Private names stay inside the module that defines them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def private_imports(file: Path) -> Iterator[str]:
    """Private names, other than modules, that a file imports from this package."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vaxpolicy."):
            yield from (it.name for it in node.names if it.name.startswith("_"))


def private_patches(file: Path) -> Iterator[str]:
    """Private names that a file replaces for a test."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="setattr"), args=[*_, ast.Constant(value=str(it)), _]
            ):
                if it.rpartition(".")[2].startswith("_") and not it.endswith("__"):
                    yield it


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["src", "tests", "tools", "benchmarks", "examples"])
def test_no_module_uses_the_private_names_of_another(folder: str) -> None:
    found = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for name in (*private_imports(file), *private_patches(file))
    }
    assert found == set()
