"""Drawings of policies and decisions as SVG text, with their labels in any language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vaxpolicy._lazy import names_from

if TYPE_CHECKING:
    from vaxpolicy.picture.births import policy_svg
    from vaxpolicy.picture.calendars import timeline_svg, windows_svg
    from vaxpolicy.picture.labels import ENGLISH, Labels

__all__ = ["ENGLISH", "Labels", "policy_svg", "timeline_svg", "windows_svg"]

_HOMES: Final = {
    "vaxpolicy.picture.births": ("policy_svg",),
    "vaxpolicy.picture.calendars": ("timeline_svg", "windows_svg"),
    "vaxpolicy.picture.labels": ("ENGLISH", "Labels"),
}
"""The names by the module that defines them; it is loaded when a name is first used."""

if not TYPE_CHECKING:
    __getattr__ = names_from(__name__, _HOMES)
