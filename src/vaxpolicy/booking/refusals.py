"""All refusals of a reservation, each with a stable code and advice.

A code never changes its meaning and is never reused, so programs can rely on it. The texts are for
people. The manual shows the whole table; there are no other codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

from vaxpolicy._values import Prose, checked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from vaxpolicy.days import DaySet
    from vaxpolicy.eligibility import Reason

__all__ = ["CODES", "Help", "Rejected"]


@frozen(field_transformer=checked)
class Help:
    """The meaning of a code, and the advice for the person.

    Attributes:
        means: the reason.
        do: the advice for the person, or for the portal if only it can act.
        retry: whether the same command may succeed later, because only an answer was missing.
    """

    means: Prose
    do: Prose
    retry: bool = False


CODES: Final[Mapping[str, Help]] = {
    # any command
    "command-id-reused": Help(
        "This command's id was used before, with other content.",
        "Nothing was done. The portal must give every new command a new id.",
    ),
    "other-person": Help(
        "The command is for another person than the journey.",
        "Nothing was done. The portal must find the journey by the person's own pseudonym.",
    ),
    "actor-not-allowed": Help(
        "The sender may not send this command.",
        "Ask the one whose task it is: the vaccination site, or the programme.",
    ),
    "journey-closed": Help(
        "The journey through this programme has ended.",
        "Ask the programme, if that is not so.",
    ),
    "clock-behind": Help(
        "The instant is earlier than the last event of the stream.",
        "Check the clock of the portal, then send the command again.",
        retry=True,
    ),
    "clock-ahead": Help(
        "The instant is years after anything that this stream is about.",
        "Check the clock of the portal, then send the command again.",
        retry=True,
    ),
    # identity and willingness
    "identity-not-verified": Help(
        "No verified claim came with the registration.",
        "Fill in the form with the numbers of your documents.",
    ),
    "not-matched": Help(
        "The registry does not know a person with these numbers.",
        "Compare the form with your documents; if they agree, ask the office that issued them.",
    ),
    "registry-unavailable": Help(
        "The registry has not answered, so nothing is known.",
        "Try again later.",
        retry=True,
    ),
    "mobile-missing": Help(
        "There is no mobile number to send messages to.",
        "Give a number that can receive messages; it need not be your own.",
    ),
    "other-journey-unknown": Help(
        "The claim names a second number, and the journey under its pseudonym was not given.",
        "The portal must read that journey too, then send the command again.",
        retry=True,
    ),
    "registration-not-open": Help(
        "Registration is closed at this time.",
        "Register, amend or withdraw when it is open.",
    ),
    "registration-not-stated": Help(
        "No source says whether registration is open at this time.",
        "Ask the programme.",
    ),
    "registration-gate-unchecked": Help(
        "Whether registration is open to this person has not been decided.",
        "The portal must bring the decision of the programme's gate for this person.",
        retry=True,
    ),
    "registration-gate-closed": Help(
        "Registration is not open to this person yet.",
        "Wait until it opens to your group or age.",
    ),
    "registration-gate-undetermined": Help(
        "The known facts do not show whether registration is open to this person.",
        "Give the facts that are missing.",
    ),
    "already-registered": Help(
        "The person has registered before; one registration covers all doses.",
        "Amend the registration instead.",
    ),
    "not-registered": Help(
        "The person has not registered, or has withdrawn.",
        "Register first.",
    ),
    "vaccine-not-in-programme": Help(
        "The programme does not give one of these vaccines.",
        "Choose among the programme's vaccines.",
    ),
    "vaccine-already-added": Help(
        "The registration has this vaccine already.",
        "Nothing needs to be done.",
    ),
    "vaccine-fixed": Help(
        "The second dose is of the same vaccine as the first.",
        "Choose the vaccine of the first dose.",
    ),
    "vaccine-booked": Help(
        "There is a booking for the vaccine that is no longer ticked.",
        "Cancel the booking first, or keep the vaccine.",
    ),
    "too-many-districts": Help(
        "These are more districts than one may choose.",
        "Choose fewer.",
    ),
    "edit-locked": Help(
        "The registration is locked because of a booking or a notification.",
        "Amend or withdraw after the time given; while booked, cancel first.",
    ),
    "edit-lock-not-stated": Help(
        "No source says whether a registration may be edited now.",
        "Wait until the round is over, or ask the programme.",
    ),
    # decisions and rounds
    "other-policy": Help(
        "The command is for another round than the one in hand.",
        "The portal must bring the policy of the round that the command names.",
    ),
    "other-programme": Help(
        "The round vaccinates against another disease than this journey.",
        "The portal must use the journey for that disease.",
    ),
    "not-decided": Help(
        "No decision on the person's eligibility came with the command.",
        "The portal must decide first, then send the command again.",
        retry=True,
    ),
    "decision-of-another-person": Help(
        "The decision is about someone else.",
        "The portal must decide for this person.",
    ),
    "decision-of-another-policy": Help(
        "The decision rests on another policy, or another version of it.",
        "The portal must decide again under the policy in force.",
        retry=True,
    ),
    "not-eligible": Help(
        "It is not the person's turn in this round.",
        "See the reasons; a later round may be yours.",
    ),
    "eligibility-undetermined": Help(
        "The known facts do not show whether it is the person's turn.",
        "Give the missing facts; a vaccination site or health bureau can correct the record.",
    ),
    # notification
    "no-notification": Help(
        "This round notifies nobody.",
        "Book without waiting for a message.",
    ),
    "already-notified": Help(
        "The person was notified of this round.",
        "Nothing needs to be sent again.",
    ),
    "no-longer-bookable": Help(
        "No day of the offer can be booked any more.",
        "Wait for the next round.",
    ),
    "notification-failed": Help(
        "The message could not be delivered.",
        "Send it again; check the mobile number.",
        retry=True,
    ),
    "notification-unknown": Help(
        "It is not known whether the message was delivered.",
        "Ask the gateway, or send it again.",
        retry=True,
    ),
    "not-notified": Help(
        "This round may be booked after a notification only, and there was none.",
        "Wait for the message.",
    ),
    "notification-not-stated": Help(
        "No source says whether this round may be booked without a notification.",
        "Wait for the message, or ask the programme.",
    ),
    "nothing-to-carry-over": Help(
        "The person is not waiting with a notification that led to no booking.",
        "Nothing needs to be done.",
    ),
    "round-still-open": Help(
        "The round's booking is not over, or no source says when it is.",
        "Book while it is open.",
    ),
    # booking
    "already-booked": Help(
        "There is a booking; one person has one at a time.",
        "Change the booking, or cancel it.",
    ),
    "no-booking": Help(
        "There is no booking.",
        "Book first.",
    ),
    "other-booking": Help(
        "The command names a booking other than the live one.",
        "Look the booking up again.",
    ),
    "same-slot": Help(
        "The booking is for this very slot.",
        "Nothing needs to be done, or choose another slot.",
    ),
    "other-round": Help(
        "The booking belongs to another round.",
        "Cancel the booking, then book in the other round.",
    ),
    "booking-over": Help(
        "The day of the booking is over.",
        "Record the vaccination or the missed day; then the person may book again.",
    ),
    "booked-elsewhere": Help(
        "The person has a booking in a local system.",
        "Keep that booking, or cancel it there first.",
    ),
    "elsewhere-unknown": Help(
        "The local booking systems have not answered.",
        "Try again later.",
        retry=True,
    ),
    "vaccine-not-registered": Help(
        "The person has not registered for this vaccine.",
        "Choose a registered vaccine, or amend the registration.",
    ),
    "dose-already-given": Help(
        "This dose has been given.",
        "Have the records looked at, if that is not so.",
    ),
    "not-offered": Help(
        "The person is offered no such dose of this vaccine in this round.",
        "Choose among the vaccines and doses of the offers.",
    ),
    "day-not-offered": Help(
        "The slot's day is not among the days offered.",
        "Choose a slot on one of the days given.",
    ),
    "day-over": Help(
        "The slot's day is over.",
        "Choose a later day.",
    ),
    "session-over": Help(
        "The session of the slot is over.",
        "Choose a later session or day.",
    ),
    "window-not-open": Help(
        "The person's booking window is not open at this time.",
        "Book or change while your own window is open, even where another's is.",
    ),
    "window-not-stated": Help(
        "No source says whether the person's booking window is open at this time.",
        "Try again when your window is surely open.",
    ),
    "books-no-places": Help(
        "The round has no booking window, and the programme does not book without one.",
        "Walk in, or book with a vaccination site.",
    ),
    "slot-full": Help(
        "The slot has no place left.",
        "Choose another session, day or site.",
    ),
    "slot-closed": Help(
        "The site has closed this slot.",
        "Choose another session, day or site.",
    ),
    "capacity-unknown": Help(
        "It is not known that a place is kept for this booking.",
        "Try again; no place counts as taken before it is known to be.",
        retry=True,
    ),
    "other-place": Help(
        "The place that was kept is of another slot, or for another booking.",
        "The portal must take a place in this slot for this booking.",
    ),
    "move-changes-dose": Help(
        "A move keeps the vaccine and the dose of the booking.",
        "Choose a slot for the same vaccine and dose.",
    ),
    "one-dose-at-a-time": Help(
        "The programme books the next dose when the one before has been given.",
        "Book the next dose after the vaccination.",
    ),
    "not-next-dose": Help(
        "The slot is not for the dose after the booked one, or its day is not later.",
        "Choose a slot for the next dose, on a later day.",
    ),
    "supposes-another-dose": Help(
        "The decision on the next dose does not suppose the booked dose on its day.",
        "The portal must decide again, as if the booked dose had been given, then send the command "
        "again.",
        retry=True,
    ),
    "next-dose-booked": Help(
        "The next dose is booked as well, and its day was chosen by the day of this booking.",
        "Cancel the booking of the next dose first; book it again afterwards.",
    ),
    "cancel-too-late": Help(
        "A booking can no longer be cancelled at this time.",
        "Tell the site; who does not come may book in the next round.",
    ),
    # the day
    "already-arrived": Help(
        "The person has checked in for this booking.",
        "Speak to the staff of the site.",
    ),
    "not-the-day": Help(
        "It is not the day of the booking.",
        "Come at any hour of that day.",
    ),
    "day-not-over": Help(
        "The day of the booking is not over; one may come until its end.",
        "Record who has missed it on the next day.",
    ),
    "dose-in-future": Help(
        "The dose is dated after today.",
        "Correct the date.",
    ),
    "dose-recorded": Help(
        "This dose is on record.",
        "Nothing needs to be done.",
    ),
    "dose-of-another-disease": Help(
        "The vaccine is not one against the disease of the round.",
        "Record the dose in the journey for its own disease.",
    ),
    "dose-number": Help(
        "The number of the dose does not follow from the doses on record.",
        "Record the earlier doses first, or correct the number.",
    ),
    "not-correctable": Help(
        "No event with this number can be taken back now.",
        "Look the journey up again; take back only the last step, or a dose on record.",
    ),
    # capacity
    "slot-not-open": Help(
        "The slot has not been opened.",
        "The site must open it with a number of places.",
    ),
    "slot-already-open": Help(
        "The slot has been opened.",
        "Change its capacity instead.",
    ),
    "hold-over": Help(
        "The place was held until a time that has passed, or was never held.",
        "Take a place again.",
    ),
    "hold-ends-early": Help(
        "The hold would be over at once.",
        "Give a later end.",
    ),
    "hold-too-long": Help(
        "A place is not held this long.",
        "Give an earlier end; confirm the place within the time given.",
    ),
    "already-held": Help(
        "The person holds a place of this slot.",
        "Confirm or release that place first.",
    ),
    "others-wait": Help(
        "The places left are for bookings on the waiting list.",
        "Join the waiting list, or choose another slot.",
    ),
    "already-waiting": Help(
        "The booking is on the waiting list.",
        "Nothing needs to be done.",
    ),
    "places-left": Help(
        "The slot has places left; nobody needs to wait.",
        "Take a place.",
    ),
    "place-taken": Help(
        "The place is this booking's already, for good.",
        "Nothing needs to be done.",
    ),
    "no-such-place": Help(
        "No place of this slot is kept for this booking.",
        "Nothing needs to be returned.",
    ),
    "below-taken": Help(
        "More places are taken than the new capacity has.",
        "Move the bookings named, or close the slot.",
    ),
}


class Rejected(Exception):  # noqa: N818  # an outcome, named as such
    """A command was refused; nothing has changed.

    Attributes:
        code: stable and language-free; the key in `CODES`.
        help: what the code means and what to do.
        version: the version of the stream that was judged; a store that has moved on since may be
            asked again.
        possible_from: the instant from which it may be possible, if that is known.
        days: the days that the person may choose, if the day was refused.
        reasons: the reasons for which the person is not eligible, the most useful first.
        affected: the bookings that are in the way; of several commands decided together, the one
            that was refused.
    """

    def __init__(
        self,
        code: str,
        *,
        version: int = 0,
        possible_from: datetime | None = None,
        days: DaySet | None = None,
        reasons: tuple[Reason, ...] = (),
        affected: tuple[object, ...] = (),
    ) -> None:
        super().__init__(code)
        self.code = code
        self.help: Help = CODES[code]
        self.version = version
        self.possible_from = possible_from
        self.days = days
        self.reasons = reasons
        self.affected = affected

    def for_booking(self, booking: object) -> Rejected:
        """The refusal of one command among several."""
        return Rejected(
            self.code,
            version=self.version,
            possible_from=self.possible_from,
            days=self.days,
            reasons=self.reasons,
            affected=(booking,),
        )

    @property
    def retry(self) -> bool:
        """Whether the same command may succeed later by itself."""
        return self.help.retry

    def __str__(self) -> str:
        """The code, its meaning and the advice; never a fact about the person."""
        return f"{self.code}: {self.help.means} {self.help.do}"
