"""What a journey and a slot have in common: streams of events, and commands that are told apart.

An event is an accepted command: it keeps what was asked, by whom and when, and what was decided.
Events are the record, and a state is what they add up to. A command is known by its id within its
stream: seen again, it has been done; seen with other content, something is wrong.

No event and no command holds a number of a document, a mobile number or a group: people are named
by pseudonyms (see `vaxpolicy.identity.pseudonym`).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from attrs import frozen

from vaxpolicy._values import StreamVersion, checked, require
from vaxpolicy.booking.refusals import Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Actor",
    "BrokenStream",
    "Command",
    "Event",
    "answered",
    "as_instant",
    "require_instant",
]


class Actor(Enum):
    """Who sends a command. Which clerk or device it was is for the portal's own log, by cause."""

    PERSON = "person"
    HELPER = "helper"
    """Someone who acts for the person: a health centre, the call centre, a relative."""
    SITE = "site"
    """The vaccination site."""
    PROGRAMME = "programme"
    """The programme's own office or a job of the portal."""


class BrokenStream(ValueError):  # noqa: N818  # what it is
    """Events that no journey or slot can have given: one is missing, doubled, or another's."""


def require_instant(name: str, value: object) -> None:
    """Refuse anything but a datetime with a UTC offset."""
    require(name, datetime, value)


def as_instant(value: datetime, name: str = "now") -> datetime:
    """The instant itself, where it is one."""
    require_instant(name, value)
    return value


@frozen(kw_only=True, field_transformer=checked)
class Command:
    """Something that somebody wants done; `id` is its name within the stream."""

    id: str
    actor: Actor


@frozen(field_transformer=checked)
class Event:
    """A command that was accepted, and when; subclasses add what was decided with it.

    Attributes:
        version: its place in the stream, from 1; to be stored only where the one before is the
            stream's last, so that a store can compare and swap.
        at: when.
        command: what was asked, and by whom.
    """

    version: StreamVersion
    at: datetime
    command: Command

    @property
    def actor(self) -> Actor:
        """Who wanted it."""
        return self.command.actor

    @property
    def cause(self) -> str:
        """The id of the command."""
        return self.command.id


def answered(history: Sequence[Event], command: Command) -> bool:
    """Whether this very command has been done before.

    Raises `Rejected` ("command-id-reused") where its id belongs to a command of other content.
    """
    for event in history:
        if event.command.id == command.id:
            if event.command == command:
                return True
            raise Rejected("command-id-reused", version=len(history))
    return False
