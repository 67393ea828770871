"""How many workers decide, for tests of tables and of jobs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

for_each_core = pytest.mark.parametrize(
    ("workers", "cores", "count"), [(None, 3, 3), (None, None, 1), (2, 3, 2)]
)
"""The workers that are asked for, the cores of the machine, and how many workers there are then."""


def counted_threads(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, cores: int | None
) -> list[int]:
    """The numbers of threads with which a module decides from now on; nothing is decided."""
    counts: list[int] = []

    def counted(_: object, deciders: list[Any], *__: object) -> Any:
        counts.append(len(deciders))
        return iter(())

    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(module, "decided", counted)
    return counts
