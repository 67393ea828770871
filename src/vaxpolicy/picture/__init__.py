"""Drawings of policies and decisions as SVG text, with their labels in any language."""

from vaxpolicy.picture.births import policy_svg
from vaxpolicy.picture.calendars import timeline_svg, windows_svg
from vaxpolicy.picture.labels import ENGLISH, Labels

__all__ = ["ENGLISH", "Labels", "policy_svg", "timeline_svg", "windows_svg"]
