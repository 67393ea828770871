"""The exceptions of python-stdnum, without the rest of its package.

Each error of a number is ours and python-stdnum's at once. When its package is imported, it loads
what it needs to ask registries over the network (``ssl``, ``socket``, ``pydoc``). An auditor of
this library should not find that in `sys.modules`. So its package waits: the module `stdnum` is
there, and runs when somebody first asks for one of its names. If it is imported already, nothing is
done. Modules below it, such as ``stdnum.tw.ubn``, can be imported in either case, and the
exceptions are the same classes.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["exceptions"]


class _Waiting(ModuleType):
    """A package that runs when it is first asked for a name that it does not have yet."""

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        if type(self) is not _Waiting or spec is None or spec.loader is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        self.__class__ = _Ran
        spec.loader.exec_module(self)
        return getattr(self, name)


class _Ran(_Waiting):
    """The same package once it runs."""


def put_off(name: str) -> None:
    """Put a package in its place without running it, unless it runs already."""
    spec = None if name in sys.modules else find_spec(name)
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
