"""Rules of public vaccination programmes: who you are, whether it is your turn, your booking.

The rooms are modules: `vaxpolicy.identity`, `vaxpolicy.eligibility`, `vaxpolicy.catalog` and
`vaxpolicy.reservation`. Each is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

__version__ = "0.1.0.dev0"

_ROOMS: Final = ("catalog", "days", "eligibility", "identity", "messages", "record", "reservation")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"vaxpolicy.{name}")
    raise AttributeError(f"module 'vaxpolicy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
