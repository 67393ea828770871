"""What every module of the rules keeps to."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any, Final

import attrs

from vaxpolicy import rules
from vaxpolicy._values import CHECKED
from vaxpolicy.rules.conditions import Facts

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES: Final = [
    import_module(it.name) for it in walk_packages(rules.__path__, "vaxpolicy.rules.")
]


def classes_of(package: str) -> Iterator[type[Any]]:
    for module in MODULES:
        for it in vars(module).values():
            named = isinstance(it, type) and it.__module__ == module.__name__
            if named and module.__name__.startswith(package):
                yield it


def test_no_function_keeps_results_without_end() -> None:
    """A program that decides for weeks about many policies would fill the memory."""
    spaces = [vars(it) for it in (*MODULES, *classes_of("vaxpolicy.rules"))]
    keeping = {it for space in spaces for it in space.values() if hasattr(it, "cache_parameters")}
    most = {
        f"{it.__module__}.{it.__qualname__}": it.cache_parameters()["maxsize"] for it in keeping
    }
    assert len(most) > 10
    assert not {name for name, its in most.items() if its is None}


def test_every_field_of_a_condition_and_of_its_parts_is_checked() -> None:
    """A base class and a class within a module too; facts are made for each person, unchecked."""
    classes = [it for it in classes_of("vaxpolicy.rules.conditions") if attrs.has(it)]
    fields = [(it, field) for it in classes if it is not Facts for field in attrs.fields(it)]
    assert len(fields) > 50
    assert not [
        (it, field.name) for it, field in fields if field.init and CHECKED not in field.metadata
    ]
