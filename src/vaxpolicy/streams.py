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
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from attrs import Attribute, field, fields, frozen

from vaxpolicy.identity import is_valid_id_number
from vaxpolicy.people import is_instant
from vaxpolicy.refusals import Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Actor",
    "BrokenStream",
    "Command",
    "Event",
    "answered",
    "as_instant",
    "content",
    "is_key",
    "record",
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


def is_key(_: object, attribute: Attribute[Any], value: object) -> None:
    """Refuse what is no name for a thing: an empty text, or a person's ID number."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{attribute.name}: expected a text that is not empty")
    if is_valid_id_number(value):
        raise ValueError(f"{attribute.name}: expected a pseudonym, found an ID number")


def as_instant(now: datetime) -> datetime:
    """The instant itself; ValueError where it lacks its UTC offset."""
    if not is_instant(now):
        raise ValueError("expected a datetime with its UTC offset")
    return now


@frozen(kw_only=True)
class Command:
    """Something that somebody wants done; `id` is its name within the stream."""

    id: str = field(validator=is_key)
    actor: Actor


@frozen(kw_only=True)
class Event:
    """Something that was done.

    Attributes:
        version: its place in the stream, from 1; to be stored only where the one before is the
            stream's last, so that a store can compare and swap.
        at: when.
        actor: who wanted it.
        cause: the id of the command.
    """

    command: ClassVar[type[Command]]

    version: int
    at: datetime
    actor: Actor
    cause: str


_E = TypeVar("_E", bound=Event)


_CONTENT: Final[dict[type[Command], tuple[str, ...]]] = {}


def content(command: type[Command]) -> tuple[str, ...]:
    """The names of what a type of command asks: its fields but for the id."""
    if command not in _CONTENT:
        _CONTENT[command] = tuple(each.name for each in fields(command) if each.name != "id")
    return _CONTENT[command]


def record(kind: type[_E], command: Command, *, version: int, at: datetime, **decided: Any) -> _E:
    """The event of an accepted command: what was asked, and what was decided with it."""
    asked = {name: getattr(command, name) for name in content(type(command))}
    return kind(version=version, at=at, cause=command.id, **asked, **decided)


def answered(history: Sequence[Event], command: Command) -> bool:
    """Whether the command has been done before.

    Raises `Rejected` ("command-id-reused") where its id belongs to a command of other content.
    """
    for event in history:
        if event.cause == command.id:
            kind = type(command)
            if kind is event.command and all(
                getattr(event, name) == getattr(command, name) for name in content(kind)
            ):
                return True
            raise Rejected("command-id-reused", version=len(history))
    return False
