"""The words that programs compare: values of enumerations and kinds of numbers, which never change.

Logs, records and other systems have them, so a word may be added to `tests/data/words.txt`, and none of
those that a release has brought may be changed or taken away. To write the file anew:

    python -m tests.values.test_words_of_programs
"""

from __future__ import annotations

import enum
import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import vaxpolicy
from vaxpolicy.numbers.reading import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = Path(__file__).parents[1] / "data" / "words.txt"


def kinds_of(cls: type[Number]) -> Iterator[str]:
    if isinstance(kind := getattr(cls, "kind", None), str):
        yield f"{cls.__name__}.kind = {kind}"
    for under in cls.__subclasses__():
        if under.__module__.startswith("vaxpolicy."):
            yield from kinds_of(under)


def words() -> list[str]:
    """All of them, one a line."""
    modules = [
        import_module(found.name)
        for found in pkgutil.walk_packages(vaxpolicy.__path__, "vaxpolicy.")
        if not any(f".{it}" in found.name for it in ("_", "cli", "postgres"))
    ]
    enums: set[type[enum.Enum]] = {
        it
        for module in modules
        for it in vars(module).values()
        if isinstance(it, type)
        and issubclass(it, enum.Enum)
        and it.__module__.startswith("vaxpolicy.")
    }
    members = {
        f"{it.__name__}.{name} = {member.value}"
        for it in enums
        if not it.__name__.startswith("_") and not issubclass(it, enum.Flag)
        for name, member in it.__members__.items()
        if isinstance(member.value, str)
    }
    return sorted(members | set(kinds_of(Number)))


def test_the_words_of_programs_are_those_that_are_written_down() -> None:
    assert words() == WORDS.read_text("utf-8").splitlines()


if __name__ == "__main__":
    WORDS.write_text("".join(f"{it}\n" for it in words()), encoding="utf-8")
