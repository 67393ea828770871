"""The rules of public vaccination programmes: identity, eligibility and reservation.

Start with `vaxpolicy.identity`, `vaxpolicy.eligibility`, `vaxpolicy.reservation` and
`vaxpolicy.catalog`. Each public module is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import ModuleType

__version__ = "1.0.0"

_MODULES: Final = (
    "analysis",
    "booking",
    "catalog",
    "cli",
    "days",
    "desk",
    "eligibility",
    "fhir",
    "identity",
    "messages",
    "numbers",
    "picture",
    "population",
    "record",
    "reservation",
    "rules",
    "testing",
    "wire",
)
"""The public modules and packages."""


def __getattr__(name: str) -> ModuleType:
    """Import a public module when it is first asked for."""
    if name in _MODULES:
        return import_module(f"vaxpolicy.{name}")
    raise AttributeError(f"module 'vaxpolicy' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The names of the public modules."""
    return list(_MODULES)
