"""Advice for people who have no UI number."""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import frozen

from vaxpolicy._values import Prose, checked
from vaxpolicy.numbers.id_numbers import ResidencyStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


class Application(Enum):
    """The ways to apply for a UI number."""

    ONLINE = "online"
    SERVICE_CENTRE = "service-centre"
    """At a service centre of the National Immigration Agency, in any county."""


@frozen(field_transformer=checked)
class Advice:
    """The way in which a person without a UI number gets one."""

    how: Application
    address: Prose | None
    """The address for applications, as published in November 2021."""
    bring: Prose
    """The documents that the person needs, in English."""
    sources: tuple[Prose, ...]


_PLATFORM = "https://github.com/PDIS/1922.gov.tw/issues/11"
_NEWS = "https://health.udn.com/health/story/121833/5636292"
_TAIPEI = (
    "https://english.doh.gov.taipei/News_Content.aspx"
    "?n=F5BA5E70C0846DE7&sms=DFFA119D1FD5602C&s=DEFC3BF2ECF1FD43"
)
_AT_A_SERVICE_CENTRE = Advice(
    Application.SERVICE_CENTRE,
    None,
    "the passport and a copy of it",
    ("https://www.immigration.gov.tw/5385/12162/12197/51567/", _TAIPEI, _PLATFORM),
)
_ONLINE = Advice(
    Application.ONLINE,
    "https://egate.immigration.gov.tw/NIA_OnlineApply_inter/foreignApply/foreignApplyForm.action",
    "the entry/exit permit; that of a longer stay may show the UI number among its remarks (附記)",
    (_TAIPEI, _NEWS, _PLATFORM),
)
WITHOUT_UI_NUMBER: Mapping[ResidencyStatus, Advice] = MappingProxyType(
    {
        ResidencyStatus.FOREIGN_OR_STATELESS: _AT_A_SERVICE_CENTRE,
        ResidencyStatus.NATIONAL_WITHOUT_HOUSEHOLD: _ONLINE,
        ResidencyStatus.HK_MACAU: _ONLINE,
        ResidencyStatus.PRC: _ONLINE,
    }
)
"""The advice by status; every status has a way to get a UI number."""
