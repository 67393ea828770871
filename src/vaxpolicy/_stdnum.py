"""The exceptions of python-stdnum, without the rest of its package.

The errors of numbers are also errors of python-stdnum. Its package loads ``ssl``, ``socket`` and
``pydoc`` when it is imported, because some of its modules ask registries over the network. An
auditor of this library should not find these in `sys.modules`. So this module imports the package
without running it; it runs when somebody first uses one of its names. If the package is imported
already, nothing is changed. Modules below it, such as ``stdnum.tw.ubn``, can be imported in both
cases, and the exceptions are the same classes.
Where several threads use such names at the same time, one runs the package and the others wait.
"""

from __future__ import annotations

import sys
from _thread import RLock  # what threading has; that module is not needed for it
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec

__all__ = ["exceptions"]

_RUNNING = RLock()


class _Waiting(ModuleType):
    """A package that runs when one of its names is first used."""

    def __getattr__(self, name: str) -> Any:
        with _RUNNING:
            spec = self.__spec__
            if type(self) is _Waiting and spec is not None and spec.loader is not None:
                self.__class__ = _Ran
                spec.loader.exec_module(self)
        if name not in self.__dict__:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return self.__dict__[name]


class _Ran(_Waiting):
    """The package after it ran."""


class Later:
    """Finds and loads a package whose code runs later: when one of its names is first used."""

    def __init__(self, name: str) -> None:
        self.name: str = name
        self.loader: Loader | None = None

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of the package, or None for another module."""
        spec = PathFinder.find_spec(name) if name == self.name else None
        if spec is None or spec.loader is None:
            return None
        self.loader = spec.loader
        spec.loader = self  # type: ignore[assignment]  # all that a Loader has to have
        return spec

    def create_module(self, _spec: ModuleSpec) -> None:
        """The module is an ordinary one."""

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing; the package's own loader will."""
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        module.__class__ = _Waiting


def put_off(name: str) -> None:
    """Import a package without running it, unless it was imported.

    It is imported as any other one, under its lock: whoever imports it at the same time waits.
    """
    finder = Later(name)
    sys.meta_path.insert(0, finder)
    try:
        import_module(name)
    finally:
        sys.meta_path.remove(finder)


put_off("stdnum")

if TYPE_CHECKING:
    from stdnum import exceptions
else:
    exceptions = import_module("stdnum.exceptions")
