"""Describes a reservation: its status and its refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxpolicy._values import front_door
from vaxpolicy.messages.language import words

if TYPE_CHECKING:
    from vaxpolicy.booking.events import CloseReason, Status
    from vaxpolicy.booking.refusals import Rejected
    from vaxpolicy.booking.slots import Allocation, SlotStatus
    from vaxpolicy.identity import NotMatched


@front_door
def describe_refusal(refusal: Rejected | NotMatched, lang: str = "en") -> str:
    """Describe a refusal and the advice, with the days or the instant at which it is possible.

    `describe_reason` describes the reasons for which somebody is not eligible.
    """
    say = words(lang)
    days = getattr(refusal, "days", None)
    since = getattr(refusal, "possible_from", None)
    return say.sentences(
        say(f"refusal/{refusal.code}"),
        "" if not days else say("refusal-frame/days", days=say.days(days)),
        "" if since is None else say("refusal-frame/from", moment=say.moment(since)),
    )


@front_door
def describe_status(status: Status, lang: str = "en") -> str:
    """Describe the last step of a journey."""
    return words(lang)(f"status/{status.value}")


@front_door
def describe_close_reason(reason: CloseReason, lang: str = "en") -> str:
    """Why a journey has ended."""
    return words(lang)(f"close-reason/{reason.value}")


@front_door
def describe_slot_status(status: SlotStatus, lang: str = "en") -> str:
    """Whether a slot is open."""
    return words(lang)(f"slot-status/{status.value}")


@front_door
def describe_keeping(keeping: Allocation, lang: str = "en") -> str:
    """Describe the kind of place that a booking has."""
    return words(lang)(f"keeping/{keeping.value}")
