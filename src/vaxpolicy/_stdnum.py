"""The exceptions of python-stdnum, without the rest of its package.

The errors of numbers are also errors of python-stdnum. Its package loads ``ssl``, ``socket`` and
``pydoc`` when it is imported, because some of its modules ask registries over the network. An
auditor of this library should not find these in `sys.modules`. So this module puts a placeholder
for the package into `sys.modules`, which runs the package when somebody first uses one of its
names. If the package is imported already, nothing is changed. Modules below it, such as
``stdnum.tw.ubn``, can be imported in both cases, and the exceptions are the same classes.
Where several threads use such names at the same time, one runs the package and the others wait.
"""

from __future__ import annotations

import sys
from _thread import RLock  # what threading has; that module is not needed for it
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

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


def put_off(name: str) -> None:
    """Put a placeholder for a package into `sys.modules`, unless it was imported."""
    spec = None if name in sys.modules else PathFinder.find_spec(name)
    if spec is None:
        return
    package = _Waiting(name)
    package.__spec__ = spec
    package.__path__ = list(spec.submodule_search_locations or ())
    package.__file__ = spec.origin
    package.__package__ = name
    package.__loader__ = spec.loader
    sys.modules[name] = package


put_off("stdnum")

if TYPE_CHECKING:
    from stdnum import exceptions
else:
    exceptions = import_module("stdnum.exceptions")
