"""The settings of reservations across the rounds of a programme.

A round's policy says who may be vaccinated, when, and when to book. The rest is here: when one may
register, when an edit is locked, until when one may cancel. Nothing is guessed that a programme
does not say; each interpretation is a constant with a name.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Final, Literal

from attrs import frozen

from vaxpolicy._values import SOME, Between, Days, checked
from vaxpolicy.eligibility import Policy
from vaxpolicy.rules.policy import NOT_STATED, Window

__all__ = ["ROUND_4_EDIT_LOCK", "WHILE_WINDOW_OPEN", "CancelUntil", "EditLock", "Programme"]


@frozen(field_transformer=checked)
class EditLock:
    """When a registration cannot be edited because of a round.

    Attributes:
        days_after: the number of days after the round's last vaccination day on which people who
            had a booking may edit again; before, and while they are booked, they may not.
        at: the time of that day (Taiwan's) from which on they may.
        notified: whether people who were notified and have not booked may edit only until that
            round's booking closes.
    """

    days_after: Days
    at: time
    notified: bool


ROUND_4_EDIT_LOCK: Final = EditLock(days_after=1, at=time(17), notified=True)
"""As announced on 2021-07-28 for round 4, whose last vaccination day was 2021-08-06: people with a
booking may edit again from 2021-08-07 17:00; people notified without one, until their window closes
(https://www.taipeitimes.com/News/taiwan/archives/2021/07/29/2003761671)."""

WHILE_WINDOW_OPEN: Final = "while-window-open"
"""Our reading, for no source states it: one may cancel while the round's booking is open; where no
source says when it closes, until the booked day begins."""


@frozen(field_transformer=checked)
class CancelUntil:
    """One may cancel before a time of day (Taiwan's), a number of days before the slot's day."""

    days_before: Days
    at: time


@frozen(field_transformer=checked)
class Programme:
    """The settings of reservations across rounds. What a programme does not say is not guessed.

    Attributes:
        registration: whether one has to register before one can book. Rounds 1 to 18 of 1922 asked
            for it, rounds 19 to 28 did not.
        registration_windows: when one may register, amend and withdraw; none given: in the booking
            windows of the gate, and without a gate it is not stated.
        gate: the policy that says to whom registration is open: to whom it offers the vaccine on
            that day, in an open window; None: to everyone.
        vaccines: the vaccines that one may register for; None: any.
        most_districts: how many districts one may choose; None: not stated, not limited.
        same_vaccine: whether the second dose is of the first dose's vaccine.
        edit_lock: when an edit is locked; None: never; not-stated: booked and notified people may
            not edit, for nobody can tell.
        cancel: until when one may cancel.
        asks_elsewhere: whether a booking in a local system counts as this person's booking.
        identity_at_booking: whether a person who books or changes is identified again, by a
            verified claim and the registry's answer. 1922 did so at its reservation page.
        books_without_window: whether a round without booking windows is booked here all the same,
            on any of its days. Rounds 1 to 28 had windows; seasonal campaigns have none.
    """

    registration: Literal["required", "none"] = "required"
    registration_windows: tuple[Window, ...] = ()
    gate: Policy | None = None
    vaccines: Annotated[frozenset[str], SOME] | None = None
    most_districts: Annotated[int, Between(1, 1_000)] | None = None
    same_vaccine: bool = False
    edit_lock: EditLock | Literal["not-stated"] | None = NOT_STATED
    cancel: CancelUntil | Literal["while-window-open"] = WHILE_WINDOW_OPEN
    asks_elsewhere: bool = False
    identity_at_booking: bool = True
    books_without_window: bool = False
