"""The settings of reservations across the rounds of a programme.

A round's policy says who may be vaccinated, on which days, and when people may book. This module
has the other settings: when people may register, when edits are locked, and until when people may
cancel. Unstated settings are never guessed; each interpretation is a named constant.
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
    """The time in which a round locks the registration.

    Attributes:
        days_after: the number of days after the round's last vaccination day on which people who
            had a booking may edit again; before, and while they are booked, they may not.
        at: the time of that day in Taiwan from which they may edit.
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
    """The end of cancelling: a time in Taiwan, a number of days before the slot's day."""

    days_before: Days
    at: time


@frozen(field_transformer=checked)
class Programme:
    """The settings of reservations across rounds. Unstated settings are never guessed.

    Attributes:
        registration: whether people must register before they book. Rounds 1 to 18 of 1922 asked
            for it, rounds 19 to 28 did not.
        registration_windows: the windows for registering, amending and withdrawing; empty: the
            booking windows of the gate, or not stated without a gate.
        gate: the policy that says who may register: people to whom it offers the vaccine on that
            day, in an open window; None: everybody.
        vaccines: the vaccines that people may register for; None: any.
        most_districts: the most districts that people may choose; None: not stated, not limited.
        same_vaccine: whether the second dose is of the first dose's vaccine.
        edit_lock: the lock of edits; None: no lock; not-stated: booked and notified people may not
            edit, because no source says when they may.
        cancel: the end of cancelling.
        asks_elsewhere: whether a booking in a local system counts as this person's booking.
        identity_at_booking: whether a person who books or changes is identified again, by a
            verified claim and the registry's answer. 1922 did so at its reservation page.
        books_without_window: whether people book here even in a round without booking windows, on
            any of its days. Rounds 1 to 28 had windows; seasonal campaigns have none.
        books_next_dose: whether people may book the next dose as well, before the booked one is
            given. No source says so of a programme here.
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
    books_next_dose: bool = False
